"""By when an organisation is attested next, and why: once in so many years from the last time (attestation, p. 4). Pure."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from regulations import Rulebook, RulebookRef, compute, enforces, resolve
from services.intake.contract import ATTESTATION

#: The term by which attestations recur.
PLANNED = "planned_attestation"

#: The setting that says from when the first one is counted, and the word by which it is from the founding.
FIRST, FOUNDING = "first_attestation", "founding"


@dataclass(frozen=True)
class NextPlanned:
    """The day by which the next planned attestation falls due. `due_by` None: a person must say."""

    due_by: date | None
    year: int | None
    why: str
    clause: str | None


@enforces(ATTESTATION, "4")
def next_planned(rules: Rulebook, last_attested_on: date | None, founded_on: date | None) -> NextPlanned:
    """Counted from the last attestation. Of the first time the text says nothing: where the agency's setting says nothing either, a person
    schedules it; `founding` counts from the founding."""
    if PLANNED not in rules.terms:
        return NextPlanned(None, None, f"{rules.id} has no attestation that recurs", None)
    term = rules.terms[PLANNED]
    from_founding = rules.setting(FIRST) == FOUNDING if FIRST in rules.settings else False
    anchor = last_attested_on or (founded_on if from_founding else None)
    every = f"once in {term.amount} {term.unit}"
    if anchor is None:
        return NextPlanned(None, None, f"{every}, and of the first time the text says nothing: a person schedules it", term.clause)
    due_by = compute(rules, PLANNED, anchor).due_on
    since = f"attested last on {anchor}" if last_attested_on else f"founded on {anchor}, by the agency's setting {FIRST}"
    return NextPlanned(due_by, due_by.year, f"{every}; {since}", term.clause)


@enforces(ATTESTATION, "9")
def apart(rules: Rulebook) -> frozenset[str]:
    """The levels at which the organisation is attested by specialty besides as a whole (p. 9)."""
    return frozenset(rules.vocabularies.get("attested_by_specialty", {}))


@lru_cache(maxsize=4096)
def due_of(rulebook: RulebookRef, last_attested_on: date | None, founded_on: date | None) -> date | None:
    """The day alone, for who has many to reckon."""
    return next_planned(resolve(rulebook), last_attested_on, founded_on).due_by
