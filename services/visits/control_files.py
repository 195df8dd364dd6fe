"""The tables of a control: a list of learners, and results. Read here line by line; what they mean is decided where bodies are."""

from collections.abc import AsyncIterable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from chassis.problems import Invalid
from chassis.spreadsheet import Row, Sheet, Upload, plain
from regulations import Rulebook
from services.visits.schemas_control import MOST_LEARNERS, LearnerResult, NewLearner

MEDIA = ["text/csv", "text/tab-separated-values"]
MOST_FAULTS = 200

LEARNER_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "code": ("code", "коду", "код", "коды"),
    "name": ("name", "аты-жөнү", "ФИО", "аты-жөні"),
    "standing": ("standing", "баасы", "успеваемость", "үлгерімі"),
}
RESULT_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "code": LEARNER_COLUMNS["code"],
    "learner_id": ("learner_id", "псевдоним", "бүркеншік аты", "жашыруун аты"),
    "took_part": ("took_part", "катышты", "участвовал", "қатысты"),
    "right": ("right", "туура жооптор", "правильных ответов", "дұрыс жауаптар"),
    "questions": ("questions", "суроолор", "вопросов", "сұрақтар"),
    "mark": ("mark", "баа", "оценка", "баға"),
}
_YES = frozenset(map(plain, ("yes", "true", "1", "да", "ооба", "иә", "ия")))
_NO = frozenset(map(plain, ("no", "false", "0", "нет", "жок", "жоқ")))

B = TypeVar("B", bound=BaseModel)


@dataclass(frozen=True)
class Table(Generic[B]):
    """The lines of a file that all read well, the line of each, and the SHA-256 of the file."""

    bodies: tuple[B, ...]
    lines: tuple[int, ...]
    hash: str


async def read_learners(chunks: AsyncIterable[bytes], book: Rulebook) -> Table[NewLearner]:
    """A list of learners. Invalid, with every line that cannot be taken, where there is one."""
    marks = words(book)
    return await _read(chunks, LEARNER_COLUMNS, NewLearner, lambda cells: {**cells, **_word(cells, "standing", marks)})


async def read_results(chunks: AsyncIterable[bytes], book: Rulebook) -> Table[LearnerResult]:
    """Results. Invalid, with every line that cannot be taken, where there is one."""
    marks = words(book)

    def body(cells: Mapping[str, str]) -> dict[str, Any]:
        numbers = {name: int(cells[name]) if cells[name].isdecimal() else cells[name] for name in ("right", "questions") if name in cells}
        return {**cells, **numbers, **_word(cells, "mark", marks), "took_part": _took_part(cells.get("took_part"))}

    return await _read(chunks, RESULT_COLUMNS, LearnerResult, body)


async def _read(
    chunks: AsyncIterable[bytes], columns: Mapping[str, tuple[str, ...]], kind: type[B], body: Callable[[Mapping[str, str]], Any]
) -> Table[B]:
    upload = Upload()
    try:
        await upload.take(chunks)
        names = {plain(heading): name for name, headings in columns.items() for heading in headings}
        rows = list(Sheet(upload, names).rows())
    finally:
        upload.close()
    if not 0 < len(rows) <= MOST_LEARNERS:
        raise Invalid(f"The table has {len(rows)} lines.", [{"pointer": "#", "detail": f"From 1 to {MOST_LEARNERS} are taken."}])
    bodies, faults = [], []
    for row in rows:
        try:
            bodies.append(_one(row, kind, body))
        except Invalid as found:
            faults += found.errors
    if faults:
        raise Invalid("Some lines cannot be taken; nothing is recorded.", faults[:MOST_FAULTS])
    return Table(tuple(bodies), tuple(row.line for row in rows), upload.hash)


def _one(row: Row, kind: type[B], body: Callable[[Mapping[str, str]], Any]) -> B:
    """What a cell says is not repeated: it may be somebody's name."""
    if row.fault:
        raise Invalid("A line cannot be read.", [{"pointer": f"#/line/{row.line}", "detail": row.fault}])
    try:
        return kind.model_validate(body(row.cells))
    except ValidationError as error:
        found = [{"pointer": "/".join([f"#/line/{row.line}", *map(str, e["loc"])]), "detail": e["msg"]} for e in error.errors()]
        raise Invalid("A line cannot be taken.", found) from None


def words(book: Rulebook) -> dict[str, str]:
    """The marks as people write them, in every language."""
    marks = book.vocabularies.get("marks", {})
    return {plain(name): word for word, entry in marks.items() for name in (word, *entry.names.model_dump().values())}


def _word(cells: Mapping[str, str], column: str, marks: Mapping[str, str]) -> dict[str, str]:
    return {column: marks.get(plain(cells[column]), cells[column])} if column in cells else {}


def _took_part(cell: str | None) -> bool | str | None:
    said = plain(cell or "")
    return True if said in _YES else False if said in _NO else cell
