"""What a follow-up's detail offers a person is what is decided there, in every state, by both regulations."""

from datetime import date
from typing import Any

import pytest

from chassis.decider import Command
from chassis.testing import guards_tell_the_truth
from services.monitoring.domain.followup import FOLLOWUP
from services.monitoring.domain.followup_state import FollowUp
from tests.monitoring.followups import (
    AAKR,
    KINDS,
    SAPATTUU,
    adopting,
    alerting,
    classifying,
    expecting,
    following,
    opened,
    opening,
    sending,
)


@pytest.mark.clause(AAKR, "II.4.a", "II.4.e")
@pytest.mark.clause(SAPATTUU, "2.6.s1", "2.6.s2")
@pytest.mark.parametrize("rulebook", list(KINDS))
def test_a_command_is_open_exactly_where_some_body_is_accepted(rulebook: str) -> None:
    def commands(state: FollowUp) -> list[Command]:
        kinds = ("conditional",) if rulebook == AAKR else ("conditional_3y", "full_5y")
        return [
            opening(rulebook, kind=None, valid_until=date(2030, 6, 1)),
            *(classifying(kind) for kind in kinds),
            following(rulebook, status="suspended", version=state.certificate_version + 1),
            following(rulebook, status="expired", version=state.certificate_version + 1),
            sending(),
            expecting(date(2027, 2, 1)),
            expecting(date(2027, 2, 2)),
            adopting(rulebook),
            alerting(),
        ]

    def alike(state: FollowUp) -> tuple[Any, ...]:
        told = (state.letter is None, bool(state.expected), bool(state.alerts), state.ended is None)
        return state.kind, state.status, state.expected_days.get(1), *told

    unclassified = opened(rulebook, kind=None, valid_until=date(2030, 6, 1))
    states = guards_tell_the_truth(FOLLOWUP, [unclassified], commands, alike=alike)
    assert {state.kind for state in states} >= {None, KINDS[rulebook]}
    assert {state.ended is None for state in states} == {True, False}
