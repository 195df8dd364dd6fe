"""The import of the organisations that are attested: read a table, decide each line as a single entry is decided, append them together.

A line is taken whole or not at all. What is known so already is left as it is, so a file can be sent again; what differs is described anew.
"""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import islice
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select

from chassis.columns import headings
from chassis.context import Context
from chassis.problems import Conflict, Invalid, Problem, Refused, Unavailable
from chassis.spreadsheet import Row, Sheet, Upload, plain
from chassis.tables import DAY_ACCEPTS, Fault, Institutions, Words, day, several
from regulations import Rulebook, load
from services.intake.attested_columns import COLUMNS
from services.intake.domain.attested import ATTESTED, Attested, EnterSubject
from services.intake.domain.attested_due import due_of
from services.intake.domain.attested_import import SUBJECT_IMPORT, RecordSubjectImport, import_id
from services.intake.handlers_attested import attested_rulebook, is_adopted
from services.intake.readmodels import institutions
from services.intake.readmodels_attested import attested_subjects
from services.intake.schemas_attested import NewSubject, SubjectImportReport, SubjectLine, SubjectOutcome, SubjectProblem

_TOGETHER = 512
_REQUIRED = tuple(column.name for column in COLUMNS if column.required)
_DAYS = ("founded_on", "last_attested_on")
_FLAGS = ("state_owned", "arts", "foreign_branch")
_YES = {"yes", "1", "true", "да", "иә", "ооба"}
_NO = {"no", "0", "false", "нет", "жоқ", "жок"}
_SPECIALTY = re.compile(r"(?P<code>\S+)\s+(?P<name>[^\[\]]+?)\s*(?:\[(?P<level>[^\[\]]+)\])?")
_SPECIALTY_ACCEPTS = "`code name [level]`, several by `;`"


@dataclass
class _Known:
    """What is known before the file: institutions, which of them are closed, and Kepil's own attestations of them."""

    institutions: Institutions
    closed_on: Mapping[str, date | None]
    attested_here_on: Mapping[str, date | None]


@dataclass
class _Candidate:
    institution_id: str
    command: EnterSubject
    rules: Rulebook


@dataclass
class Reader:
    """Reads the organisations of one file. `rulebook` is the file's own, `id` or `id@version`, where a row names none."""

    ctx: Context
    known: _Known
    rulebook: str | None
    _rules: dict[str, tuple[Rulebook, Words, bool]] = field(default_factory=dict)

    async def read(self, row: Row) -> _Candidate | list[Fault]:
        """The organisation, or everything that is wrong with its line."""
        if row.fault is not None:
            return [Fault(row.line, None, row.fault)]
        faults = [Fault(row.line, name, f"{name} is missing") for name in _REQUIRED if name not in row.cells]
        told = {"institution_id": self._institution(row, faults), **_days(row, faults), **_flags(row, faults), **_number(row, faults)}
        told |= {name: row.cells[name] for name in ("authority", "profile", "treaty") if name in row.cells}
        of_file = await self._of_rulebook(row, faults)
        if of_file is None:
            return faults
        rules, words, adopted = of_file
        told |= _words(row, rules, words, faults)
        if faults:
            return faults
        try:
            body = NewSubject(rulebook_id=rules.id, **told)
        except ValidationError as error:
            return [_shape(row.line, each) for each in error.errors()]
        fields = body.model_dump(exclude={"rulebook_id", "rulebook_version", "specialties"})
        known = {
            "attested_here_on": self.known.attested_here_on.get(body.institution_id),
            "institution_closed_on": self.known.closed_on.get(body.institution_id),
        }
        command = self.ctx.command(EnterSubject, rulebook=rules.ref, adopted=adopted, specialties=body.specialties, **known, **fields)
        return _Candidate(body.institution_id, command, rules)

    def _institution(self, row: Row, faults: list[Fault]) -> str:
        cell = row.cells.get("institution")
        found = self.known.institutions.named(cell) if cell else ()
        if len(found) == 1 or cell is None:
            return found[0] if found else ""
        if found:
            accepts = f"an id: {', '.join(found)}"
            faults.append(Fault(row.line, "institution", f"{len(found)} institutions are called {cell!r}", accepts=accepts))
            return ""
        accepts = "the id, national id or name of an institution that is registered; POST /v1/institutions registers one"
        faults.append(Fault(row.line, "institution", f"no institution {cell!r} is registered", accepts=accepts))
        return ""

    async def _of_rulebook(self, row: Row, faults: list[Fault]) -> tuple[Rulebook, Words, bool] | None:
        named = row.cells.get("rulebook") or self.rulebook or ""
        if named not in self._rules:
            rulebook_id, _, version = named.partition("@")
            try:
                ref = attested_rulebook(rulebook_id, version or None)
            except (Invalid, OSError, ValueError):
                problem = f"{named[:80]!r} is no rulebook of an attestation" if named else "no rulebook is named"
                faults.append(Fault(row.line, "rulebook", problem, accepts="a rulebook's `id` or `id@version`, here or for the whole file"))
                return None
            rules = load(ref.id, ref.version)
            self._rules[named] = (rules, Words(rules), await is_adopted(self.ctx, ref))
        return self._rules[named]


def _days(row: Row, faults: list[Fault]) -> dict[str, date | None]:
    found = {name: day(row.cells[name]) for name in _DAYS if name in row.cells}
    for name, read in found.items():
        if read is None:
            faults.append(Fault(row.line, name, f"{row.cells[name][:40]!r} is no day", accepts=DAY_ACCEPTS))
    return found


def _flags(row: Row, faults: list[Fault]) -> dict[str, bool]:
    found = {}
    for name in _FLAGS:
        if (cell := row.cells.get(name)) is None:
            continue
        if plain(cell) not in _YES | _NO:
            faults.append(Fault(row.line, name, f"{cell[:40]!r} is neither yes nor no", accepts="yes or no"))
        found[name] = plain(cell) in _YES
    return found


def _number(row: Row, faults: list[Fault]) -> dict[str, int]:
    cell = re.sub(r"[\s\u00a0]", "", row.cells.get("learners", ""))
    if not cell:
        return {}
    if not cell.isdecimal() or len(cell) > 9:
        faults.append(Fault(row.line, "learners", f"{cell[:40]!r} is no number of learners", accepts="a whole number"))
        return {}
    return {"learners": int(cell)}


def _words(row: Row, rules: Rulebook, words: Words, faults: list[Fault]) -> dict[str, Any]:
    """What stands in the rulebook's own words, which are known by their names too."""

    def each(name: str, vocabulary: str, cells: Iterable[str]) -> tuple[str, ...]:
        found = []
        for cell in cells:
            word = words.word(cell, vocabulary)
            if word is None:
                faults.append(words.fault(row.line, name, cell, vocabulary))
            else:
                found.append(word)
        return tuple(found)

    levels = each("levels", "education_levels", several(row.cells.get("levels", "")))
    languages = each("languages", "working_languages", several(row.cells.get("languages", "")))
    apart = [level for level in levels if level in rules.vocabularies.get("attested_by_specialty", {})]
    specialties = []
    for cell in several(row.cells.get("specialties", "")):
        match = _SPECIALTY.fullmatch(cell)
        if match is None or not (match["level"] or len(apart) == 1):
            problem = f"{cell[:60]!r} is no specialty" if match is None else f"{cell[:60]!r} has no level, and there are several or none"
            faults.append(Fault(row.line, "specialties", problem, accepts=_SPECIALTY_ACCEPTS))
            continue
        level = each("specialties", "education_levels", [match["level"]] if match["level"] else apart)
        specialties += [{"code": match["code"], "name": match["name"], "level": word} for word in level]
    return {"levels": levels, "languages": languages, "specialties": specialties}


#: What a field of the body is called in the table.
_COLUMN = {"institution_id": "institution"}


def _shape(line: int, error: Any) -> Fault:
    place = str(error["loc"][0]) if error["loc"] else ""
    return Fault(line, _COLUMN.get(place, place) or None, str(error["msg"]))


@dataclass
class SubjectImport:
    """One run over one file."""

    ctx: Context
    sheet: Sheet
    reader: Reader
    dry_run: bool
    seen: dict[str, int] = field(default_factory=dict)
    report: list[SubjectLine] = field(default_factory=list)

    async def run(self) -> None:
        """Every line, some hundreds at a time."""
        rows = iter(self.sheet.rows())
        while together := list(islice(rows, _TOGETHER)):
            await self._settle(together)

    async def _settle(self, together: Sequence[Row]) -> None:
        read = [self._once(row, await self.reader.read(row)) for row in together]
        states = await self._states([each.institution_id for each in read if isinstance(each, _Candidate)])
        self.report += await asyncio.gather(*(self._line(row, each, states) for row, each in zip(together, read, strict=True)))

    def _once(self, row: Row, read: _Candidate | list[Fault]) -> _Candidate | list[Fault]:
        """An organisation has one line in a file."""
        if not isinstance(read, _Candidate):
            return read
        first = self.seen.setdefault(read.institution_id, row.line)
        if first == row.line:
            return read
        return [Fault(row.line, "institution", f"{read.institution_id} stands on line {first} already", accepts="one line for each")]

    async def _states(self, ids: Sequence[str]) -> dict[str, Attested]:
        found = await self.ctx.histories(ATTESTED, ids)
        return {key: ATTESTED.fold(each.event for each in events) for key, events in found.items()}

    async def _line(self, row: Row, read: _Candidate | list[Fault], states: Mapping[str, Attested]) -> SubjectLine:
        if not isinstance(read, _Candidate):
            return self._told(row, None, "refused", read)
        state = states.get(read.institution_id, ATTESTED.initial)
        try:
            events = ATTESTED.decide(read.command, state, read.rules)
            if events and not self.dry_run:
                create = read.institution_id not in states
                accepted = await self.ctx.apart().execute(ATTESTED, read.institution_id, read.command, create=create)
                return self._told(row, read, "entered" if accepted.events else "same")
        except Unavailable:
            raise
        except Problem as problem:
            return self._told(row, read, "refused", [_fault_of(problem, row.line)])
        return self._told(row, read, "entered" if events else "same")

    def _told(self, row: Row, read: _Candidate | None, outcome: SubjectOutcome, faults: Sequence[Fault] = ()) -> SubjectLine:
        due_by = None
        if read is not None and outcome != "refused":
            told = read.command
            last = max((each for each in (told.last_attested_on, told.attested_here_on) if each), default=None)
            due_by = due_of(told.rulebook, last, told.founded_on)
        problems = [SubjectProblem(**asdict(fault), heading=self.sheet.headings.get(fault.field or "")) for fault in faults]
        institution_id = read.institution_id if read else None
        line = {"line": row.line, "row": row.row, "institution": row.cells.get("institution"), "institution_id": institution_id}
        return SubjectLine(**line, outcome=outcome, due_by=due_by, problems=problems)


def _fault_of(problem: Problem, line: int) -> Fault:
    if isinstance(problem, Refused):
        return Fault(line, None, problem.reason, problem.clause, problem.rulebook, problem.accepts)
    said = problem.extensions.get("errors") if isinstance(problem, Invalid) else None
    more = "".join(f": {each['detail']}" for each in said or ())
    accepts = problem.extensions.get("accepts") if isinstance(problem, Conflict) else None
    return Fault(line, None, f"{problem.detail}{more}", accepts=accepts)


async def run(ctx: Context, upload: Upload, *, rulebook: str | None, dry_run: bool) -> SubjectImportReport:
    """Imports a file, or only says what would become of it. Invalid where it is no table of organisations."""
    sheet = Sheet(upload, headings(COLUMNS))
    c, s = institutions.c, attested_subjects.c
    rows = await ctx.rows(select(c.institution_id, c.names, c.national_id, c.closed_on))
    here = await ctx.rows(select(s.institution_id, s.attested_here_on).where(s.attested_here_on.is_not(None)))
    known = _Known(
        Institutions([dict(row) for row in rows]),
        {row["institution_id"]: row["closed_on"] for row in rows},
        {row["institution_id"]: row["attested_here_on"] for row in here},
    )
    made = SubjectImport(ctx, sheet, Reader(ctx, known, rulebook), dry_run)
    await made.run()
    outcomes = [each.outcome for each in made.report]
    counts = {"entered": outcomes.count("entered"), "same": outcomes.count("same"), "refused": outcomes.count("refused")}
    told = {"import_id": import_id(upload.hash), "file_hash": upload.hash, "lines": len(outcomes), **counts}
    if counts["entered"] and not dry_run:
        await ctx.execute(SUBJECT_IMPORT, import_id(upload.hash), ctx.command(RecordSubjectImport, **told), create=True)
    return SubjectImportReport(**told, dry_run=dry_run, encoding=sheet.encoding, delimiter=sheet.delimiter, report=made.report)
