"""What a corrected visit must still be: one whose steps follow each other (order 109, p. 14, 15; IQAA, S2.e, S2.f.1)."""

from datetime import date
from itertools import pairwise

from chassis.problems import Conflict, Refused
from regulations import Rulebook, enforces, resolve
from services.visits.domain.dates import IQAA, ORDER_109, visit_clause
from services.visits.domain.preparation import BRIEFING, WEBINAR, step_clause
from services.visits.domain.state import Visit

_UNDER_WAY = ("started", "completed", "reported")


def check_right(state: Visit, on: date) -> None:
    """Conflict or Refused for a visit that could not have come about by the day `on`. It sees the visit as it would be read."""
    days = [*state.course, *(day for day in (state.told_on, state.webinar_on, state.briefing_on) if day)]
    if max(days) > on:
        raise Conflict(f"{max(days)} has not come: what is recorded has happened", accepts=f"a day up to {on}")
    for before, after in pairwise(state.course):
        if after < before:
            raise Conflict(
                f"a step of the visit would come on {after}, and the one before it on {before}",
                accepts="days in the order of the steps; where several are wrong, the one that makes room is corrected first",
            )
    if state.rulebook is not None:
        _check_start(state, resolve(state.rulebook))


@enforces(ORDER_109, "14 (b)")
@enforces(IQAA, "S2.e.1", "S2.e.2", "S2.f.1")
def _check_start(state: Visit, book: Rulebook) -> None:
    """A visit starts in the days of which the institution was told, after webinar and briefing."""
    for started_on, told in state.outings:
        if told and not told.starts_on <= started_on <= told.ends_on:
            raise Refused(
                f"the visit was announced for {told.starts_on} to {told.ends_on}, and would have started on {started_on}",
                clause=visit_clause(book),
                rulebook=book.id,
                accepts=f"a day from {told.starts_on} to {told.ends_on}",
            )
    for stage, held_on in ((WEBINAR, state.webinar_on), (BRIEFING, state.briefing_on)):
        if state.stage in _UNDER_WAY and held_on and state.started_on and held_on > state.started_on:
            raise Refused(
                f"the {stage} would have been held on {held_on}, after the start of the visit",
                clause=step_clause(book, stage),
                rulebook=book.id,
                accepts=f"a day up to {state.started_on}",
            )
