"""What a plan's detail offers a person is what is decided there, in every state, by both regulations."""

from typing import Any

import pytest

from chassis.decider import Command
from chassis.testing import guards_tell_the_truth
from services.monitoring.domain.plan import PLAN
from services.monitoring.domain.plan_state import Plan
from tests.monitoring.plans import (
    AAKR,
    KINDS,
    MEASURES,
    SAPATTUU,
    amending,
    awaited,
    awaiting,
    progressing,
    receiving,
    requesting,
    reviewing,
    submitting,
)


@pytest.mark.clause(AAKR, "II.4.c", "II.4.d")
@pytest.mark.clause(SAPATTUU, "2.3", "2.4", "2.5.p1")
@pytest.mark.parametrize("rulebook", list(KINDS))
def test_a_command_is_open_exactly_where_some_body_is_accepted(rulebook: str) -> None:
    def commands(state: Plan) -> list[Command]:
        return [
            awaiting(rulebook),
            receiving(),
            submitting(rulebook),
            requesting(),
            reviewing(),
            amending(act=f"Protocol No. {len(state.amendments) + 10}"),
            amending(*MEASURES, act=f"Protocol No. {len(state.amendments) + 10}"),
            progressing("m-1", "under_way"),
            progressing("m-1", "done"),
        ]

    def alike(state: Plan) -> tuple[Any, ...]:
        latest = state.latest("m-1")
        return state.standing, bool(state.documents), bool(state.amendments), len(state.measures), latest and latest.progress

    states = guards_tell_the_truth(PLAN, [awaited(rulebook)], commands, alike=alike)
    expected = {"awaited", "submitted", *(("returned", "reviewed") if rulebook == AAKR else ())}
    assert {state.standing for state in states} == expected
