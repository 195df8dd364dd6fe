"""From what a table says of a certificate to the command that records it, decided as a single one is; and in what two differ."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import ValidationError

from chassis.context import Context
from chassis.problems import Problem, Refused
from chassis.tables import DAY_ACCEPTS, Fault, Institutions, Words, day, several
from regulations import Rulebook, RulebookUnknown, load
from services.council.contract import CertificateRecorded, Recommendation
from services.council.domain.certificate import CERTIFICATE
from services.council.domain.followed import WORDS, RecordCertificate, recorded_id
from services.council.import_columns import OF_RECOMMENDATIONS
from services.council.import_rows import Entry

_DAYS = ("issued_on", "received_on", "valid_until", "plan_received_on", "plan_accepted_on")
_REQUIRED = ("number", "institution", "object", "issued_on", "valid_until")
_TEXTS = ("programme", "case_officer", "contract_reference", "term_reason")
_ORIGIN = "A table of certificates that the agency imported"
_SHOWN = 120

#: What is part of another column, and what two recordings of one certificate may differ in.
_NOT_COMPARED = ("criterion", "rulebook", "origin")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A certificate that reads well and that no rule refuses; `event` is what would be recorded."""

    entry: Entry
    certificate_id: str
    number: str
    command: RecordCertificate
    event: CertificateRecorded


class Reader:
    """Reads the certificates of one file. `rulebook` is the file's own, `id` or `id@version`, where a row names none."""

    def __init__(self, ctx: Context, known: Institutions, rulebook: str | None, import_id: str) -> None:
        self._ctx = ctx
        self.known = known
        self._rulebook = rulebook
        self._import_id = import_id
        self._words: dict[str, Words] = {}

    def read(self, entry: Entry) -> Candidate | Sequence[Fault]:
        """The certificate, or everything that is wrong with it."""
        if not entry.rows:
            return entry.faults
        faults = list(entry.faults)
        fields = self._fields(entry, faults)
        rules = self._rules(entry, faults)
        if rules is not None:
            fields |= self._of_rulebook(entry, rules, faults)
        if rules is None or faults:
            return sorted(faults, key=lambda fault: fault.line)
        number = entry.cells["number"]
        certificate_id = recorded_id(self._ctx.agency, rules.id, number)
        try:
            advice = tuple(Recommendation(recommendation_id=f"r{n}", **asdict(each)) for n, each in enumerate(entry.advice, 1))
            told = {**fields, "certificate_id": certificate_id, "rulebook": rules.ref, "recommendations": advice}
            command = self._ctx.command(RecordCertificate, **told)
            [event] = CERTIFICATE.decide(command, CERTIFICATE.initial, rules)
            assert isinstance(event, CertificateRecorded)
        except ValidationError as error:
            return [_shape(entry.line, each) for each in error.errors()]
        except Refused as refusal:
            return [Fault(entry.line, None, refusal.reason, refusal.clause, refusal.rulebook, refusal.accepts)]
        except Problem as problem:
            return [Fault(entry.line, None, problem.detail)]
        return Candidate(entry, certificate_id, number, command, event)

    def _fields(self, entry: Entry, faults: list[Fault]) -> dict[str, Any]:
        cells, line = entry.cells, entry.line
        faults += [Fault(line, name, f"{name} is missing") for name in _REQUIRED if name not in cells]
        days = {name: day(cells[name]) for name in _DAYS if name in cells}
        faults += [
            Fault(line, name, f"{cells[name][:40]!r} is no day", accepts=DAY_ACCEPTS) for name, found in days.items() if found is None
        ]
        institution_id = self._institution(entry, faults)
        return {
            "institution_id": institution_id,
            "number": cells.get("number"),
            **{name: cells.get(name) for name in _TEXTS},
            **{name: days.get(name) for name in _DAYS},
            "panel": several(cells.get("panel", "")),
            "origin": cells.get("origin", _ORIGIN),
            "import_id": self._import_id,
        }

    def _institution(self, entry: Entry, faults: list[Fault]) -> str:
        cell = entry.cells.get("institution")
        if cell is None:
            return ""
        found = self.known.named(cell)
        if len(found) == 1:
            return found[0]
        if found:
            faults.append(
                Fault(entry.line, "institution", f"{len(found)} institutions are called {cell!r}", accepts=f"an id: {', '.join(found)}")
            )
        else:
            accepts = "the id, national id or name of an institution that is registered; intake's POST /v1/institutions registers one"
            faults.append(Fault(entry.line, "institution", f"no institution {cell!r} is registered", accepts=accepts))
        return ""

    def _named(self, entry: Entry) -> str:
        return entry.cells.get("rulebook") or self._rulebook or ""

    def _rules(self, entry: Entry, faults: list[Fault]) -> Rulebook | None:
        named = self._named(entry)
        accepts = "a rulebook's `id` or `id@version`, here or for the whole file"
        if not named:
            faults.append(Fault(entry.line, "rulebook", "no rulebook is named", accepts=accepts))
            return None
        rulebook_id, _, version = named.partition("@")
        try:
            return load(rulebook_id, version or None)
        except (RulebookUnknown, OSError, ValueError):
            faults.append(Fault(entry.line, "rulebook", f"there is no rulebook {named[:80]!r}", accepts=accepts))
            return None

    def _of_rulebook(self, entry: Entry, rules: Rulebook, faults: list[Fault]) -> dict[str, Any]:
        """What stands in the rulebook's own words, which are known by their names too."""
        words = self._words.setdefault(rules.id, Words(rules))
        found: dict[str, Any] = {}
        for name, vocabularies in WORDS.items():
            written = entry.cells.get(name)
            found[name] = words.word(written, *vocabularies) if written else None
            if written and found[name] is None:
                faults.append(words.fault(entry.line, name, written, *vocabularies))
        scopes = several(entry.cells.get("scopes", ""))
        return {**found, "scopes": tuple(words.word(each, "scopes") or each for each in scopes)}


def content_of(event: CertificateRecorded) -> dict[str, Any]:
    """What a certificate is recorded with, by the columns of the table."""
    told = event.model_dump(mode="json")
    advice = told.pop("recommendations")
    told["institution"] = told.pop("institution_id")
    for name in OF_RECOMMENDATIONS[1:]:
        told[name] = [f"{a['criterion']} | {a['text']}" for a in advice if _column_of(a) == name]
    return told


def _column_of(advice: Mapping[str, Any]) -> str:
    return "remark" if advice["remark"] else "nonconformity" if advice["nonconformity"] else "recommendation"


def differences(candidate: Candidate, other: Mapping[str, Any], place: str, headings: Mapping[str, str]) -> list[Fault]:
    """In which of the file's columns a certificate has another content than `other`, which stands in `place`."""
    here, faults = content_of(candidate.event), []
    for name in headings:
        if name in _NOT_COMPARED or here[name] == other[name]:
            continue
        problem = f"{place} has {_shown(other[name])}; this line has {_shown(here[name])}"
        faults.append(Fault(candidate.entry.line, name, problem, accepts="what is recorded, or a correction of it"))
    return faults


def _shown(value: Any) -> str:
    if value in (None, "", []):
        return "nothing"
    text = "; ".join(value) if isinstance(value, list) else str(value)
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


#: What a field of the command is called in the table.
_COLUMNS = {"institution_id": "institution", **dict.fromkeys(("recommendations", "criterion", "text"), "recommendation")}


def _shape(line: int, error: Mapping[str, Any]) -> Fault:
    """A value that has not the shape of its field."""
    place = str(error["loc"][0]) if error["loc"] else ""
    column = _COLUMNS.get(place, place) or None
    message = error["msg"] if error["type"] != "string_pattern_mismatch" else f"{str(error['input'])[:40]!r} is not written as it must be"
    return Fault(line, column, str(message))
