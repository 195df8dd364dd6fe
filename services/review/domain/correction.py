"""What a corrected self-assessment must still be: one whose steps follow each other (order 109, p. 13; IQAA, S1.h)."""

from datetime import date
from itertools import pairwise

from chassis.problems import Conflict, Refused
from regulations import enforces, resolve
from services.review.domain.guards import must_follow_final
from services.review.domain.questions import ORDER_109, clause_of
from services.review.domain.state import Report


def check_right(state: Report, on: date) -> None:
    """Conflict or Refused for a report that could not have come about by the day `on`. It sees the report as it would be read."""
    days = [*state.course, *state.forms.values(), *([state.audited_on] if state.audited_on else [])]
    if max(days) > on:
        raise Conflict(f"{max(days)} has not come: what is recorded has happened", accepts=f"a day up to {on}")
    for before, after in pairwise(state.course):
        if after < before:
            raise Conflict(
                f"a step of the report would come on {after}, and the one before it on {before}",
                accepts="days in the order of the steps; where several are wrong, the one that makes room is corrected first",
            )
    _check_forms(state)
    if state.audited_on is not None and state.rulebook is not None:
        must_follow_final(state.audited_on, state, resolve(state.rulebook))


@enforces(ORDER_109, "13")
def _check_forms(state: Report) -> None:
    """The report counts as submitted when the later of its forms is there."""
    opened_on, received_on = state.course[0], state.course[1] if len(state.course) > 1 else None
    for form, day in state.forms.items():
        if day < opened_on:
            raise Conflict(f"the {form} form would have come on {day}, before the self-assessment was opened on {opened_on}")
        if received_on is not None and received_on < day and state.rulebook is not None:
            rules = resolve(state.rulebook)
            raise Refused(
                f"the report would count as submitted on {received_on}, and its {form} form came on {day}",
                clause=clause_of(rules.vocabulary("report_media")[form]),
                rulebook=rules.id,
                accepts="a day of submission on which every form was there; it is corrected first",
            )
