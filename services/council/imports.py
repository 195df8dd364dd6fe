"""The import of an agency's existing certificates: read a table, decide each certificate as a single one is decided, append them together.

A line is recorded whole or not at all. What is recorded already is compared and left as it is, so a file can be sent again.
"""

import asyncio
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Self

import orjson
from sqlalchemy import select

from chassis.columns import headings
from chassis.context import Context
from chassis.corrected import right_history
from chassis.problems import Conflict, Problem, Refused, Unavailable
from chassis.spreadsheet import Sheet, Upload
from chassis.tables import Fault, Institutions
from services.council.domain.certificate import CERTIFICATE
from services.council.domain.importing import IMPORT, RecordImport, import_id
from services.council.import_columns import COLUMNS
from services.council.import_lines import Candidate, Reader, content_of, differences
from services.council.import_rows import Entry, entries
from services.council.readmodels_certificates import certificates, institutions
from services.council.schemas_import import Outcome

_TOGETHER = 512
_MOST_UNKNOWN = 100
_MOST_SIMILAR = 25


@dataclass(slots=True)
class Result:
    """What became of one certificate."""

    outcome: Outcome
    faults: Sequence[Fault] = ()
    own: bool = False


@dataclass
class Totals:
    """The counts of a file; `own` certificates of it carry this import's id, from now or from an earlier time."""

    lines: int = 0
    created: int = 0
    same: int = 0
    differs: int = 0
    refused: int = 0
    own: int = 0

    def count(self, result: Result) -> None:
        """Adds one certificate."""
        self.lines += 1
        self.own += result.own
        setattr(self, result.outcome, getattr(self, result.outcome) + 1)


class Seen:
    """The certificates of a file as they stand so far, on disk: a file may have any number."""

    def __init__(self) -> None:
        self._kept = sqlite3.connect("")  # a database of its own that is gone when it is closed
        self._kept.execute("PRAGMA journal_mode = OFF")
        self._kept.execute("CREATE TABLE seen (number TEXT PRIMARY KEY, certificate_id TEXT, place TEXT, content BLOB) WITHOUT ROWID")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._kept.close()

    def find(self, number: str) -> tuple[str, str, dict[str, Any]] | None:
        """The certificate under a number, where it stands, and its content."""
        found = self._kept.execute("SELECT certificate_id, place, content FROM seen WHERE number = ?", (number,)).fetchone()
        return (found[0], found[1], orjson.loads(found[2])) if found else None

    def keep(self, number: str, certificate_id: str, place: str, content: Mapping[str, Any]) -> None:
        """Remembers a certificate."""
        self._kept.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?, ?)", (number, certificate_id, place, orjson.dumps(content)))


class Report:
    """The report as it is written: in memory while it is small, then on disk."""

    def __init__(self) -> None:
        self._file: IO[bytes] = SpooledTemporaryFile(max_size=1_000_000)  # noqa: SIM115 (closed when it was sent)
        self._file.write(b'{"report":[')
        self._unknown: dict[str, dict[str, Any]] = {}
        self._first = True

    def add(self, entry: Entry, candidate: Candidate | None, result: Result, headings: Mapping[str, str]) -> None:
        """The line of one certificate."""
        problems = [{**asdict(fault), "heading": headings.get(fault.field or "")} for fault in result.faults]
        told = {
            "line": entry.line,
            "row": entry.row,
            "number": entry.cells.get("number"),
            "outcome": result.outcome,
            "certificate_id": candidate.certificate_id if candidate else None,
            "recommendations": len(entry.advice),
            "problems": problems,
        }
        self._file.write((b"" if self._first else b",") + orjson.dumps(told))
        self._first = False

    def unknown(self, entry: Entry, named: str) -> None:
        """An institution that nobody has registered; of very many the first are told."""
        if named in self._unknown:
            self._unknown[named]["lines"] += 1
        elif len(self._unknown) < _MOST_UNKNOWN:
            self._unknown[named] = {"institution": named, "lines": 1, "first_line": entry.line}

    def end(self, known: Institutions, **told: Any) -> None:
        """The counts, and what is unknown with what is written alike."""
        for number, each in enumerate(self._unknown.values()):
            each["similar"] = known.similar(each["institution"]) if number < _MOST_SIMILAR else []
        rest = orjson.dumps({**told, "unknown_institutions": list(self._unknown.values())})
        self._file.write(b"]," + rest[1:])
        self._file.seek(0)

    def close(self) -> None:
        """Drops the file."""
        self._file.close()

    def chunks(self) -> Iterator[bytes]:
        """The document, piece by piece; the file is gone after it."""
        with self._file:
            while piece := self._file.read(64 * 1024):
                yield piece


@dataclass
class Import:
    """One run over one file."""

    ctx: Context
    upload: Upload
    sheet: Sheet
    reader: Reader
    dry_run: bool
    import_id: str
    totals: Totals = field(default_factory=Totals)
    report: Report = field(default_factory=Report)

    async def run(self, file_name: str | None) -> Report:
        """Every line, then the fact of the import."""
        try:
            with Seen() as seen:
                rest = entries(self.sheet.rows())
                while together := list(islice(rest, _TOGETHER)):
                    await self._settle(together, seen)
            await self._record(file_name)
        except BaseException:
            self.report.close()
            raise
        counts = asdict(self.totals)
        del counts["own"]
        told = {"import_id": self.import_id, "file_hash": self.upload.hash, "dry_run": self.dry_run}
        self.report.end(self.reader.known, **told, **counts, encoding=self.sheet.encoding, delimiter=self.sheet.delimiter)
        return self.report

    async def _settle(self, together: Sequence[Entry], seen: Seen) -> None:
        read = [self.reader.read(entry) for entry in together]
        candidates = [each for each in read if isinstance(each, Candidate)]
        recorded = await self._recorded(candidates)
        taken = await self._taken(candidates)
        results: list[Result | None] = []
        for each in read:
            if isinstance(each, Candidate):
                results.append(self._judge(each, recorded, taken, seen))
            else:
                results.append(Result("refused", each))
        new = [each for each, result in zip(read, results, strict=True) if result is None and isinstance(each, Candidate)]
        made = iter(await self._make(new))
        for entry, each, result in zip(together, read, results, strict=True):
            settled = next(made) if result is None else result
            self.totals.count(settled)
            self.report.add(entry, each if isinstance(each, Candidate) else None, settled, self.sheet.headings)
            if (named := entry.cells.get("institution")) and not self.reader.known.named(named):
                self.report.unknown(entry, named)

    def _judge(self, candidate: Candidate, recorded: Mapping[str, Any], taken: Mapping[str, str], seen: Seen) -> Result | None:
        """What becomes of a certificate that reads well; None where it is to be made."""
        line, number = candidate.entry.line, candidate.number
        before, stored = seen.find(number), recorded.get(candidate.certificate_id)
        if before is not None and before[0] == candidate.certificate_id:
            _, place, content = before
            other = differences(candidate, content, place, self.sheet.headings)
            return Result("differs" if other else "same", other)
        if stored is not None:
            content = content_of(stored)
            seen.keep(number, candidate.certificate_id, "what is recorded", content)
            other = differences(candidate, content, "what is recorded", self.sheet.headings)
            return Result("differs" if other else "same", other, own=stored.import_id == self.import_id)
        if before is not None or number in taken:
            where = before[1] if before else f"certificate {taken[number]}"
            problem = f"{where} has the number {number} under another rulebook"
            return Result("refused", [Fault(line, "number", problem, accepts="a number that no other certificate has")])
        seen.keep(number, candidate.certificate_id, f"line {line} of this file", content_of(candidate.event))
        return None

    async def _recorded(self, candidates: Sequence[Candidate]) -> dict[str, Any]:
        """The facts, as they were corrected last, by which those of them that are there were recorded."""
        found = await self.ctx.histories(CERTIFICATE, {each.certificate_id for each in candidates})
        return {key: right_history([e.event for e in events])[0] for key, events in found.items()}

    async def _taken(self, candidates: Sequence[Candidate]) -> dict[str, str]:
        """The certificates with another id that have a number of these."""
        c, own = certificates.c, {each.number: each.certificate_id for each in candidates}
        rows = await self.ctx.rows(select(c.number, c.certificate_id).where(c.number.in_(own)))
        return {row["number"]: row["certificate_id"] for row in rows if row["certificate_id"] != own[row["number"]]}

    async def _make(self, new: Sequence[Candidate]) -> list[Result]:
        if self.dry_run:
            return [Result("created") for _ in new]
        return await asyncio.gather(*(self._make_one(each) for each in new))

    async def _make_one(self, candidate: Candidate) -> Result:
        line = candidate.entry.line
        try:
            accepted = await self.ctx.apart().execute(
                CERTIFICATE,
                candidate.certificate_id,
                candidate.command,
                create=True,
                unique={"certificates_number_once": Conflict("another certificate has taken the number just now")},
            )
        except Unavailable:
            raise
        except Conflict as problem:  # somebody else was faster
            return Result("differs", [Fault(line, "number", str(problem.detail))])
        except Problem as problem:
            return Result("refused", [fault_of(problem, line)])
        return Result("created", own=True) if accepted.events else Result("same")

    async def _record(self, file_name: str | None) -> None:
        if self.dry_run or not self.totals.own:
            return
        counts = asdict(self.totals)
        counts["created"] = counts.pop("own")
        told = {**counts, "import_id": self.import_id, "file_hash": self.upload.hash, "file_name": file_name}
        await self.ctx.execute(IMPORT, self.import_id, self.ctx.command(RecordImport, **told), create=True)


async def run(ctx: Context, upload: Upload, *, rulebook: str | None, dry_run: bool, file_name: str | None) -> Report:
    """Imports a file, or only says what would become of it. Invalid where it is no table of certificates."""
    sheet = Sheet(upload, headings(COLUMNS))
    c = institutions.c
    known = Institutions([dict(row) for row in await ctx.rows(select(c.institution_id, c.names, c.national_id))])
    file_id = import_id(upload.hash)
    return await Import(ctx, upload, sheet, Reader(ctx, known, rulebook, file_id), dry_run, file_id).run(file_name)


def fault_of(problem: Problem, line: int) -> Fault:
    """A problem as the report tells it."""
    if isinstance(problem, Refused):
        return Fault(line, None, problem.reason, problem.clause, problem.rulebook, problem.accepts)
    return Fault(line, None, str(problem.detail))
