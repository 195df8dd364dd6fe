"""What a deadline's detail offers a person is what is decided there, in every state, by both rulebooks and for a contract's day."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from chassis.decider import Command
from chassis.testing import guards_tell_the_truth
from regulations import load
from services.monitoring.contract import DeadlineSet
from services.monitoring.domain.deadline import (
    DEADLINE,
    AdoptVersion,
    ExtendDeadline,
    MeetDeadline,
    MissDeadline,
    MoveAnchor,
    RecomputeDeadline,
    RemindOfDeadline,
    ResumeDeadline,
    SetDeadline,
    SuspendDeadline,
    WithdrawDeadline,
)
from services.monitoring.domain.state import Deadline

ORDER_109, IQAA = "kz-109-2008-accreditation", "iqaa-accreditation"
ANCHOR, DAY = date(2026, 3, 16), timedelta(days=1)
IDS = {"deadline_id": "d-1", "case_id": "case-1", "workflow_id": "case-1", "institution_id": "kaznu"}


def at(day: date) -> dict[str, Any]:
    return {"at": datetime.combine(day, time(6), UTC), "by": "somebody"}


def setting(rulebook: str, rule: str, anchor_on: date = ANCHOR) -> SetDeadline:
    due_on = ANCHOR + 20 * DAY if rule.startswith("contract:") else None
    return SetDeadline(**at(ANCHOR), **IDS, rulebook=load(rulebook).ref, rule=rule, anchor_on=anchor_on, due_on=due_on)


@pytest.mark.clause(ORDER_109, "17", "21")
@pytest.mark.clause(IQAA, "S1.b.2", "S2.d")
@pytest.mark.parametrize(
    ("rulebook", "rule", "anchor_on"),
    [
        (ORDER_109, "visit_report", ANCHOR),
        (ORDER_109, "renewal_application", ANCHOR + 400 * DAY),
        (IQAA, "materials_to_experts", ANCHOR + 90 * DAY),
        (IQAA, "contract:first_version", ANCHOR),
    ],
)
def test_a_command_is_open_exactly_where_some_body_is_accepted(rulebook: str, rule: str, anchor_on: date) -> None:
    first = setting(rulebook, rule, anchor_on)
    (fact,) = DEADLINE.decide(first, DEADLINE.initial, DEADLINE.rules(first, DEADLINE.initial))
    assert isinstance(fact, DeadlineSet)

    def commands(state: Deadline) -> list[Command]:
        return [
            first,
            RemindOfDeadline(**at(ANCHOR + DAY)),
            MeetDeadline(**at(ANCHOR), on=ANCHOR),
            MissDeadline(at=state.due_at, by="somebody"),
            ExtendDeadline(**at(ANCHOR), due_on=state.due_on + DAY, reason="Ill."),
            RecomputeDeadline(**at(ANCHOR)),
            MoveAnchor(**at(ANCHOR), anchor_on=anchor_on + DAY),
            AdoptVersion(**at(ANCHOR), rulebook=load(rulebook).ref, reason="The same version."),
            SuspendDeadline(**at(ANCHOR), on=ANCHOR, reason="A flood."),
            ResumeDeadline(**at(ANCHOR), on=state.suspended_on or ANCHOR),
            WithdrawDeadline(**at(ANCHOR), reason="Void."),
        ]

    def alike(state: Deadline) -> tuple[Any, ...]:
        return state.standing, state.extended_to is None, state.moved_anchor_on, bool(state.reminded)

    states = guards_tell_the_truth(DEADLINE, [fact], commands, alike=alike)
    assert {state.standing for state in states} == {"open", "suspended", "missed", "met", "withdrawn"}


def test_nobody_recomputes_a_day_of_the_contract() -> None:
    first = setting(IQAA, "contract:first_version")
    state = DEADLINE.fold(DEADLINE.decide(first, DEADLINE.initial, load(IQAA)))
    refusals = DEADLINE.refusals(state, load(IQAA))
    assert "the contract sets" in str(refusals[RecomputeDeadline])
    assert refusals[ExtendDeadline] is refusals[WithdrawDeadline] is None
