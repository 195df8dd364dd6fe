"""A deadline as its facts have made it."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from chassis.problems import NotFound
from regulations import RulebookRef
from regulations.standstill import Standstill
from services.monitoring.contract import (
    DeadlineExtended,
    DeadlineMet,
    DeadlineMissed,
    DeadlineRecomputed,
    DeadlineReminded,
    DeadlineResumed,
    DeadlineSet,
    DeadlineSuspended,
    DeadlineWithdrawn,
)


@dataclass(frozen=True)
class Deadline:
    """A deadline as it stands. `terms` is the fact that set it; `due_on` and what follows may have moved since.

    `extended_to` is the last day that a person gave; `moved_anchor_on` the anchor, where it has moved; `standstills` lie in order;
    `adopted` the version that it goes on under, where that is another.
    """

    terms: DeadlineSet | None = None
    standing: Literal["", "open", "suspended", "missed", "met", "withdrawn"] = ""
    due_on: date = date.min
    due_at: datetime = datetime.min
    reminders: tuple[date, ...] = ()
    reminded: frozenset[date] = frozenset()
    extended_to: date | None = None
    calendar_version: str = ""
    moved_anchor_on: date | None = None
    suspended_on: date | None = None
    standstills: tuple[Standstill, ...] = ()
    lost_days: int = 0
    adopted: RulebookRef | None = None

    @property
    def institution_id(self) -> str:
        """Whose case it belongs to."""
        return self.terms.institution_id if self.terms else ""

    @property
    def set_terms(self) -> DeadlineSet:
        """The fact that set it; NotFound if none did."""
        if self.terms is None:
            raise NotFound("there is no such deadline")
        return self.terms

    @property
    def rulebook(self) -> RulebookRef:
        """The version that it runs under by now."""
        return self.adopted or self.set_terms.rulebook

    @property
    def by_contract(self) -> bool:
        """Whether the contract set the day: no calendar and no anchor moves it."""
        return self.set_terms.source == "contract"

    @property
    def clock_since(self) -> date:
        """What stood still before this day has been counted, or lies before the anchor that the term runs from by now."""
        return max([day for _, day in self.standstills] + [self.moved_anchor_on or date.min])


def evolve(state: Deadline, event: Any) -> Deadline:
    """The state after a fact."""
    match event:
        case DeadlineSet():
            return Deadline(event, "open", event.due_on, event.due_at, event.reminders, calendar_version=event.calendar_version)
        case DeadlineReminded():
            return replace(state, reminded=state.reminded | {event.reminded_on})
        case DeadlineMet():
            return replace(state, standing="met")
        case DeadlineMissed():
            return replace(state, standing="missed")
        case DeadlineExtended():
            return replace(state, due_on=event.due_on, due_at=event.due_at, reminders=event.reminders, extended_to=event.due_on)
        case DeadlineRecomputed():
            return replace(
                state,
                due_on=event.due_on,
                due_at=event.due_at,
                reminders=event.reminders,
                extended_to=state.extended_to if event.extended else None,
                calendar_version=event.calendar_version,
                moved_anchor_on=event.anchor_on or state.moved_anchor_on,
                adopted=event.rulebook or state.adopted,
            )
        case DeadlineSuspended():
            return replace(state, standing="suspended", suspended_on=event.suspended_on)
        case DeadlineResumed():
            return replace(
                state,
                standing="open",
                due_on=event.due_on,
                due_at=event.due_at,
                reminders=event.reminders,
                extended_to=event.due_on if state.extended_to else None,
                standstills=(*state.standstills, (state.suspended_on or event.resumed_on, event.resumed_on)),
                suspended_on=None,
                lost_days=event.lost_days_in_all,
            )
        case DeadlineWithdrawn():
            return replace(state, standing="withdrawn")
    return state
