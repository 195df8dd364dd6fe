"""What a cycle's detail offers a person is what is decided there, in every state, by both regulations."""

from typing import Any

import pytest

from chassis.decider import Command
from chassis.testing import guards_tell_the_truth
from services.monitoring.domain.cycle import CYCLE
from services.monitoring.domain.cycle_state import Cycle
from tests.monitoring.cycles import (
    AAKR,
    EXPIRES,
    KINDS,
    SAPATTUU,
    accepting,
    analysing,
    answering,
    asking,
    assessing,
    closing,
    deciding,
    engaging,
    filing,
    incomplete,
    opened,
    opening,
    referring,
    rejecting,
    requesting_changes,
    ruling,
    studying,
    submitting,
    telling,
)


@pytest.mark.clause(AAKR, "II.4.h", "II.4.j", "III.i")
@pytest.mark.clause(SAPATTUU, "2.7", "2.9.s3")
@pytest.mark.parametrize("rulebook", list(KINDS))
def test_a_command_is_open_exactly_where_some_body_is_accepted(rulebook: str) -> None:
    def commands(state: Cycle) -> list[Command]:
        latest = max((each.request for each in state.unanswered), default=1)
        late = {"at": opening(rulebook).at.replace(year=EXPIRES.year + 1)}
        return [
            opening(rulebook),
            submitting(rulebook),
            incomplete(rulebook),
            rejecting(),
            requesting_changes(),
            studying(rulebook, reading_departure="It will do."),
            asking(),
            answering(latest),
            engaging(f"expert.{len(state.engaged)}"),
            analysing("fulfilled"),
            analysing("not_fulfilled"),
            deciding("visit"),
            deciding("no_visit"),
            telling(),
            assessing(True).model_copy(update=late),
            assessing(False).model_copy(update=late),
            accepting(max(opening(rulebook).at, late["at"]).date()),
            ruling(),
            filing().model_copy(update=late),
            *(referring(ground).model_copy(update=late) for ground in ("report_not_submitted", "recommendations_not_fulfilled")),
            referring("repeated_failure"),
            closing(),
        ]

    def alike(state: Cycle) -> tuple[Any, ...]:
        report = state.report
        once = [state.analysed, state.told, state.accepted, state.ruled, state.file, state.closed]
        failed = state.analysed.verdicts[0].fulfilment if state.analysed else ""
        told = [state.visit and state.visit.word, state.assessed and state.assessed.positive, failed]
        grounds = frozenset(each.ground for each in state.referred)
        asked = (bool(state.unanswered), bool(state.engaged))
        return state.standing, report and report.complete, *(each is None for each in once), *told, grounds, *asked

    states = guards_tell_the_truth(CYCLE, [opened(rulebook)], commands, alike=alike)
    assert {state.standing for state in states} == {"awaited", "submitted", "returned", "studied"}
    assert {state.closed is None for state in states} == {True, False}
