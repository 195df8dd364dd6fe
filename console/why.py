"""Why a deadline is on its day: what it counts from, the clause, every step of the counting, what has moved it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from console import deadlines, labels
from console.i18n import N_, day_text
from regulations import calendar_for, compute
from regulations.rulebook import Rulebook
from regulations.values import fold

#: What each kind of step is called; `%(day)s` and `%(until)s` are days, `%(why)s` a holiday or a day of the week.
STEPS = {
    "anchor": N_("It counts from %(day)s."),
    "not_counted": N_("The day of the event itself is not counted."),
    "skipped": N_("%(day)s is a day off and is not counted: %(why)s."),
    "skipped_run": N_("%(day)s to %(until)s are days off and are not counted."),
    "worked": N_("%(day)s is a working day by decree and is counted."),
    "worked_run": N_("%(day)s to %(until)s are working days by decree and are counted."),
    "counted": N_("Counted: %(day)s."),
    "counted_run": N_("Counted: %(day)s to %(until)s."),
    "clipped": N_("That month has no such day: its last day, %(day)s."),
    "day_off": N_("%(day)s is a day off: %(why)s."),
    "rolled": N_("The end moves to the next working day, %(day)s."),
    "stays": N_("%(day)s is a day off (%(why)s), but this term never moves."),
    "estimated": N_("It rests on a religious holiday whose date is not announced yet, and may still move."),
    "ends": N_("It ends at the end of %(day)s."),
}
WEEKDAYS = (N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"))

SOURCES = {
    "text": N_("The regulation says so."),
    "reading": N_("The regulation is understood so."),
    "practice": N_("The agency's own setting; the regulation is silent."),
    "contract": N_("A day of the contract."),
}


@dataclass(frozen=True)
class Why:
    """The reasons of one deadline. `steps` are pairs of a message and its values; `quotes` are by language."""

    anchor: Mapping[str, str]
    anchor_on: str
    clause: str | None
    rule: str
    source: str
    quotes: Mapping[str, str]
    steps: list[tuple[str, dict[str, Any]]]
    moved: list[tuple[str, dict[str, Any], str]]
    calendar: str


def why(detail: Mapping[str, Any], language: str) -> Why:
    """The reasons of a deadline, out of its detail."""
    book = deadlines.rulebook_of(detail)
    anchor = book.anchors[detail["anchor"]].model_dump() if book and detail["anchor"] in book.anchors else {}
    clause = book.clauses.get(detail["clause"] or "") if book else None
    return Why(
        anchor=anchor,
        anchor_on=detail["anchor_on"],
        clause=detail["clause"],
        rule=clause.rule if clause else "",
        source=SOURCES.get(detail["source"], ""),
        quotes={name: fold(text) for name, text in (detail.get("quote") or {}).items()},
        steps=_steps(book, detail, language) if book else [],
        moved=_moved(detail, language),
        calendar=detail["calendar_version"],
    )


def _steps(book: Rulebook, detail: Mapping[str, Any], language: str) -> list[tuple[str, dict[str, Any]]]:
    """The counting, made again by the rules in force; none where the contract or a person set the day."""
    term = detail["rule"]
    if term not in book.terms:
        return []
    try:
        due = compute(book, term, date.fromisoformat(detail["anchor_on"]), variant=detail.get("variant"))
    except (OverflowError, ValueError, LookupError):
        return []
    told = []
    for step in due.steps:
        named = f"{step.what}_run" if step.until and f"{step.what}_run" in STEPS else step.what
        until = day_text(step.until, language) if step.until else ""
        told.append((STEPS[named], {"day": day_text(step.on, language), "until": until, "why": _off(book, step.on, language)}))
    return told


def _off(book: Rulebook, day: date, language: str) -> str:
    """Why nobody works on a day: the holiday, or the day of the week, which is to be translated."""
    calendar = calendar_for(book.country)
    english, named = calendar.holiday_name(day), calendar.holiday_name(day, language)
    if english is None or named is None:
        return WEEKDAYS[day.weekday()]
    return labels.holiday(english, language) if named == english else named


def _moved(detail: Mapping[str, Any], language: str) -> list[tuple[str, dict[str, Any], str]]:
    """What came after it was first set: a message, its values, and the reason in the words of whoever decided."""
    first = day_text(date.fromisoformat(detail["first_due_on"]), language)
    now = day_text(date.fromisoformat(detail["due_on"]), language)
    found: list[tuple[str, dict[str, Any], str]] = []
    if detail["extended"]:
        found.append((N_("Extended from %(first)s to %(now)s."), {"first": first, "now": now}, detail.get("extension_reason") or ""))
    if detail.get("lost_days"):
        reason = detail.get("suspension_reason") or ""
        found.append((N_("The clock stood still for %(days)s days."), {"days": detail["lost_days"]}, reason))
    if detail.get("recomputation_reason"):
        found.append((N_("Computed anew: first it was %(first)s."), {"first": first}, detail["recomputation_reason"]))
    if detail.get("withdrawal_reason"):
        found.append((N_("Withdrawn."), {}, detail["withdrawal_reason"]))
    return found
