"""Which of the clauses that a kind of letter may cite an event is about."""

from typing import Any

from regulations import load


def by_change_ground(event: Any, _rulebook: str) -> tuple[str, ...]:
    """Why an attestation is moved (attestation, p. 13)."""
    return ({"reasoned_request": "13.1", "reorganisation": "13.2", "interim_control": "13.3"}.get(event.ground, "13.1"),)


def by_outcome(event: Any, rulebook: str) -> tuple[str, ...]:
    """What the council decided, by the clause of each decision (order 109, p. 19); what else there is to say of a decision always."""
    words = load(rulebook).vocabularies.get("decisions", {})
    outcomes = {each.outcome for each in event.decisions}
    decided = (entry.clause for word, entry in words.items() if word in outcomes and entry.clause)
    return ("9.9", *decided, "27", "S3.d", "S3.e")


def by_ending(event: Any, _rulebook: str) -> tuple[str, ...]:
    """A certificate ends with its institution (order 109, p. 26), or because its decision was overturned (p. 27)."""
    return ("27", "S3.e") if event.ground == "overturned" else ("26",)


def by_sanction(event: Any, _rulebook: str) -> tuple[str, ...]:
    """A certificate is suspended for a report that did not come (2.5), or for recommendations that were not fulfilled (3.3)."""
    return ("2.5.p4",) if event.ground == "report_not_submitted" else ("3.3.b.s1",)


def revoking(event: Any, _rulebook: str) -> tuple[str, ...]:
    """A certificate is cancelled for a report that did not come, for failing again, or for recommendations that were not fulfilled."""
    return ({"report_not_submitted": "2.5.p4", "repeated_failure": "3.3.b.s3"}.get(event.ground, "3.3.c"),)
