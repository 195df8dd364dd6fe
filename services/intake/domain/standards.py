"""A version of the agency's standards, as it is adopted: mapped to the ESG (IQAA P.1), with what else is taken into account (P.2)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.corrections import Correctable
from chassis.decider import Command, Decider, Guard
from chassis.events import Event
from chassis.ids import derived_id
from chassis.problems import Conflict, Invalid, Refused
from chassis.text import pointer
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from regulations.values import Entry
from services.intake.contract import CaseKind, StandardArea, StandardsAdopted, StandardsCorrected

_IQAA = "iqaa-accreditation"

# The rulebook's words for what its standards go by, and the one of them to which every area is mapped.
REFERENCES, ESG = "references", "esg"

#: Part 1 of the ESG 2015: the standards for internal quality assurance.
ESG_PART_1 = tuple(f"1.{number}" for number in range(1, 11))


@dataclass(frozen=True)
class Standards:
    """The fact by which this version was adopted, if it was."""

    fact: StandardsAdopted | None = None


@dataclass(frozen=True)
class AdoptedStandards:
    """A version that the agency has adopted, as the filing of an application needs it."""

    standards: str
    version: str
    kind: str


class AdoptStandards(Command):
    """The director adopts a version of the standards for one kind of accreditation by an act."""

    records = (StandardsAdopted,)

    standards_id: str
    standards: str
    version: str
    kind: CaseKind
    rulebook: RulebookRef
    areas: tuple[StandardArea, ...]
    references: tuple[str, ...]
    act: str
    adopted_on: date


def standards_id(agency: str, standards: str, version: str) -> str:
    """One adoption for each agency, name and version."""
    return derived_id("standards", agency, standards, version)


def references_of(rules: Rulebook) -> Mapping[str, Entry]:
    """What the standards go by; nothing where the rulebook names nothing."""
    return rules.vocabularies.get(REFERENCES, {})


def esg_without_area(areas: Iterable[StandardArea], rules: Rulebook) -> list[str]:
    """The standards of the ESG to which no area is mapped, where the rulebook asks for the ESG: shown, and no hindrance."""
    mapped = {standard for area in areas for standard in area.esg}
    return [standard for standard in ESG_PART_1 if standard not in mapped] if ESG in references_of(rules) else []


def decide(command: AdoptStandards, state: Standards, rules: Rulebook) -> Sequence[Event]:
    """The fact that follows, or why not."""
    _check_day(command.adopted_on, local_date(command.at, rules.zone))
    _check_words(command, rules)
    _check_references(command, rules)
    _check_mapping(command, rules)
    return [StandardsAdopted(**command.model_dump(exclude={"at", "by"}))]


def _check_day(adopted_on: date, today: date) -> None:
    if adopted_on > today:
        raise Conflict(f"{adopted_on} has not come yet")


def _check_words(command: AdoptStandards, rules: Rulebook) -> None:
    """Kind and references are words of the rulebook; a code stands once."""
    kinds, references = rules.vocabulary("kinds"), references_of(rules)
    errors = []
    if command.kind not in kinds:
        errors.append({"pointer": "#/kind", "detail": f"The kinds of {rules.id} are {', '.join(kinds)}."})
    errors += [
        {"pointer": pointer("references", index), "detail": f"References that {rules.id} names: {', '.join(references) or 'none'}."}
        for index, word in enumerate(command.references)
        if word not in references
    ]
    lists = {"areas": [area.code for area in command.areas], "references": command.references}
    lists |= {f"areas/{index}/criteria": area.criteria for index, area in enumerate(command.areas)}
    lists |= {f"areas/{index}/esg": area.esg for index, area in enumerate(command.areas)}
    errors += [
        {"pointer": f"#/{place}", "detail": f"Named more than once: {', '.join(twice)}."}
        for place, named in lists.items()
        if (twice := _repeated(named))
    ]
    if errors:
        raise Invalid("The standards cannot be read by the rulebook.", errors)


def _repeated(words: Iterable[str]) -> list[str]:
    return sorted(word for word, times in Counter(words).items() if times > 1)


@enforces(_IQAA, "P.1", "P.2")
def _check_references(command: AdoptStandards, rules: Rulebook) -> None:
    """What the rulebook takes into account is named by the set as a whole."""
    missing = [
        {"kind": word, "clause": entry.clause or "", "name": entry.names.en}
        for word, entry in references_of(rules).items()
        if word not in command.references
    ]
    if missing:
        raise Refused(
            "the standards do not name what they go by: " + "; ".join(f"{m['name']} (p. {m['clause']})" for m in missing),
            clause=missing[0]["clause"],
            rulebook=rules.id,
            accepts=f"standards with the references {', '.join(references_of(rules))}",
            missing=missing,
        )


@enforces(_IQAA, "P.1")
def _check_mapping(command: AdoptStandards, rules: Rulebook) -> None:
    esg = references_of(rules).get(ESG)
    unmapped = [area.code for area in command.areas if not area.esg]
    if esg is not None and unmapped:
        raise Refused(
            f"areas without a standard of the ESG: {', '.join(unmapped)}",
            clause=esg.clause or "",
            rulebook=rules.id,
            accepts="areas each of which names the standards 1.1 to 1.10 of the ESG with which it is in line",
            unmapped=unmapped,
        )


@enforces(_IQAA, "P.1")
def check_adopted(standards: str, version: str, kind: str, adopted: Iterable[AdoptedStandards], rules: Rulebook) -> None:
    """An application names standards that the agency has adopted for its kind, where the rulebook says by what they go."""
    references = references_of(rules)
    fitting = sorted((each.standards, each.version) for each in adopted if each.kind == kind)
    if not references or (standards, version) in fitting:
        return
    known = "; ".join(f"{name}, version {number}" for name, number in fitting)
    raise Refused(
        f"the agency has adopted no standards {standards!r} of version {version!r} for the kind {kind}",
        clause=next(iter(references.values())).clause or "",
        rulebook=rules.id,
        accepts=f"an application under: {known}"
        if known
        else f"an application after the director has adopted standards for the kind {kind}",
    )


def evolve(_state: Standards, event: Any) -> Standards:
    """There is but one fact."""
    return Standards(event)


def _once(state: Standards, _rules: Rulebook) -> None:
    """A version is adopted once; another mapping is another version."""
    if state.fact is not None:
        raise Conflict(f"version {state.fact.version} of {state.fact.standards} is adopted already; a changed set has another version")


def _rules(command: AdoptStandards, _state: Standards) -> Rulebook:
    return resolve(command.rulebook)


GUARDS: Mapping[type[Command], Guard] = {AdoptStandards: _once}

STANDARDS: Decider[Standards, Rulebook] = Decider("standards", Standards(), decide, evolve, _rules, GUARDS)


def corrections(today: date) -> Correctable:
    """How the adoption is put right on a day."""

    def check(state: Standards) -> None:
        _check_day(_adopted(state).adopted_on, today)

    return Correctable(STANDARDS, StandardsCorrected, lambda state: {"standards_id": _adopted(state).standards_id}, check)


def _adopted(state: Standards) -> StandardsAdopted:
    assert state.fact is not None
    return state.fact
