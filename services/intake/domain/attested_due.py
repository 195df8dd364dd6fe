"""By when an organisation is attested next, and why: once in so many years from the last time (attestation, p. 4). Pure."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from regulations import Rulebook, RulebookRef, compute, enforces, resolve
from services.intake.contract import ATTESTATION

#: The term by which attestations recur, and the setting that says from where the first one's years run.
PLANNED = "planned_attestation"
FIRST = "first_attestation"


@dataclass(frozen=True)
class NextPlanned:
    """The day by which the next planned attestation falls due. `due_by` None: a person must say."""

    due_by: date | None
    year: int | None
    why: str
    clause: str | None


@enforces(ATTESTATION, "4")
def next_planned(rules: Rulebook, last_attested_on: date | None, founded_on: date | None) -> NextPlanned:
    """Counted from the last attestation; of an organisation that was never attested from its founding.

    The latter is a reading: the text says nothing of the first time, and where the agency's settings say nothing either, a person may
    schedule it for another day.
    """
    if PLANNED not in rules.terms:
        return NextPlanned(None, None, f"{rules.id} has no attestation that recurs", None)
    term = rules.terms[PLANNED]
    anchor = last_attested_on or founded_on
    every = f"once in {term.amount} {term.unit}"
    if anchor is None:
        return NextPlanned(None, None, f"{every}: nobody has told when it was attested last or founded, so a person must", term.clause)
    due_by = compute(rules, PLANNED, anchor).due_on
    since = f"attested last on {anchor}" if last_attested_on else f"never attested, founded on {anchor} (reading: the text is silent)"
    return NextPlanned(due_by, due_by.year, f"{every}; {since}", term.clause)


@enforces(ATTESTATION, "9")
def apart(rules: Rulebook) -> frozenset[str]:
    """The levels at which the organisation is attested by specialty besides as a whole (p. 9)."""
    return frozenset(rules.vocabularies.get("attested_by_specialty", {}))


@lru_cache(maxsize=4096)
def due_of(rulebook: RulebookRef, last_attested_on: date | None, founded_on: date | None) -> date | None:
    """The day alone, for who has many to reckon."""
    return next_planned(resolve(rulebook), last_attested_on, founded_on).due_by
