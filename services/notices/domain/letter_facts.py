"""What a letter takes from its event, and what each fact is: by that it is written in each language."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Literal

from pydantic import BaseModel

from chassis.privacy import SEALED
from regulations import Rulebook, working_days_between
from services.notices.domain.letter_kind import LetterKind

How = Literal["text", "texts", "day", "word", "words", "flag", "count", "month", "document", "documents", "items", "names"]

#: How each fact is written. What is not named here is text.
HOW: Mapping[str, How] = {
    **dict.fromkeys(
        (
            "adopted_on",
            "accepted_on",
            "cancelled_on",
            "closed_on",
            "closes_on",
            "concluded_on",
            "counts_from",
            "decided_on",
            "discontinued_on",
            "due_on",
            "ended_on",
            "ends_on",
            "entered_on",
            "expected_on",
            "expired_on",
            "filed_on",
            "issued_on",
            "missed_on",
            "opened_on",
            "previous_starts_on",
            "published_on",
            "reapplication_from",
            "registered_on",
            "reopened_on",
            "restored_on",
            "resumed_on",
            "reviewed_on",
            "revoked_on",
            "signed_on",
            "starts_on",
            "suspended_on",
            "terminated_on",
            "until",
            "valid_until",
        ),
        "day",
    ),
    **dict.fromkeys(
        (
            "accreditation_kind",
            "appeal_outcome",
            "decision",
            "ending_ground",
            "ground",
            "kind",
            "mode",
            "payer",
            "outcome",
            "recommendation",
            "term",
            "why",
        ),
        "word",
    ),
    **dict.fromkeys(("groups", "missing", "papers", "parts", "rejection_grounds", "scopes"), "words"),
    **dict.fromkeys(("disciplines", "experts", "recommendations", "specialties", "unmet"), "texts"),
    **dict.fromkeys(("anonymous", "new_visit", "rework_needed", "upheld", "visit_held"), "flag"),
    **dict.fromkeys(("calendar_days_left", "copies", "cycle", "period_months", "report_version", "working_days_left", "year"), "count"),
    **dict.fromkeys(("decisions", "measures", "programme", "specialty_decisions"), "items"),
    "document": "document",
    "documents": "documents",
    "month": "month",
    "title": "names",
}

#: What is said of each thing of a list, in this order, and how.
OF_AN_ITEM: Mapping[str, How] = {
    "day": "day",
    "begins": "text",
    "scope": "word",
    "specialty": "text",
    "subject": "text",
    "measure": "text",
    "meets": "text",
    "word": "word",
    "outcome": "word",
    "decision": "word",
    "term": "word",
    "until": "day",
    "due_on": "day",
    "text": "text",
    "grounds": "text",
    "responsible": "text",
}


def taken(kind: LetterKind, event: BaseModel) -> dict[str, Any]:
    """The facts that a kind takes from an event, as they are stored; nothing that is sealed, and nothing that is absent."""
    told = event.model_dump(mode="json")
    return {name: value for name, field in kind.taken() if (value := _plain(name, told.get(field))) not in _NOTHING}


def of_deadline(book: Rulebook | None, about: Mapping[str, Any] | None, on: date) -> dict[str, Any]:
    """What is to be said of a deadline: which term, until when, and how many days are left, counted as the rulebook counts them."""
    if book is None or not about:
        return {}
    due_on: date = about["due_on"]
    term = book.terms.get(about["rule"])
    facts: dict[str, Any] = {"term": about["rule"], "due_on": due_on.isoformat()}
    if due_on < on:
        return facts
    if term is not None and term.unit == "working_days":
        left = working_days_between(book, on + timedelta(days=1), due_on) if due_on > on else 0
        return {**facts, "working_days_left": left}
    return {**facts, "calendar_days_left": (due_on - on).days}


_NOTHING: tuple[Any, ...] = (None, "", [], {}, SEALED)


def _plain(name: str, value: Any) -> Any:
    if HOW.get(name) == "items":
        return [{part: each[part] for part in OF_AN_ITEM if each.get(part) not in (None, "", SEALED)} for each in value or ()]
    if HOW.get(name) == "document":
        return value["name"] if value else None
    if HOW.get(name) == "documents":
        return [each["name"] for each in value or ()]
    return value
