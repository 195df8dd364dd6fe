"""What the detail of a cycle of internal monitoring offers a person is what is decided there, in every state."""

from typing import Any

import pytest

from chassis.decider import Command
from chassis.testing import guards_tell_the_truth
from services.monitoring.contract import CarriedMeasure
from services.monitoring.domain import internal_cycle as of
from services.monitoring.domain.internal_cycle import INTERNAL_CYCLE, internal_cycle_id
from services.monitoring.domain.internal_rules import ARTKI
from services.monitoring.domain.internal_state import InternalCycle
from tests.monitoring.internals import (
    REF,
    analysing,
    at,
    closing,
    collecting,
    controlling,
    determining,
    drafting,
    finalising,
    finding,
    improving,
    measure,
    meeting,
    moving,
    opened,
    planning,
)

CARRIED = CarriedMeasure(measure_id="m-0", cycle_id="before", measure="Old.", responsible="daniyar")


@pytest.mark.clause(ARTKI, "3.3", "4.1", "4.2", "4.3.s2")
@pytest.mark.parametrize("carried", [(), (CARRIED,)], ids=["first", "carried"])
def test_a_command_is_open_exactly_where_some_body_is_accepted(carried: tuple[CarriedMeasure, ...]) -> None:
    opening = of.OpenInternalCycle(**at(), cycle_id=internal_cycle_id(2026, 1), rulebook=REF, year=2026, number=1)

    def commands(state: InternalCycle) -> list[Command]:
        some = next((each.measure_id for each in state.open_measures), "m-1")
        return [
            opening,
            planning(reason="Again."),
            finding(),
            determining(),
            determining("m-0", degree="Not at all."),
            collecting(),
            analysing(),
            drafting(),
            finalising(),
            meeting(),
            improving(measure("m-1", *(each.finding_id for each in state.findings)) if state.findings else _improvement()),
            controlling(some),
            moving(some, responsible="daniyar" if _whose(state, some) == "cholpon" else "cholpon"),
            closing(),
        ]

    def alike(state: InternalCycle) -> tuple[Any, ...]:
        return (
            state.stage,
            bool(state.drafts),
            bool(state.findings),
            len(state.open_measures),
            "m-0" in state.fulfilments,
            bool(state.plan),
        )

    states = guards_tell_the_truth(INTERNAL_CYCLE, [opened(carried=carried)], commands, alike=alike)
    assert {state.stage for state in states} >= {"planning", "collecting", "analysing", "reporting", "discussion", "control", "closed"}


def _improvement() -> Any:
    return measure("m-1").model_copy(update={"removes": ()})


def _whose(state: InternalCycle, id_: str) -> str | None:
    known = state.measures.get(id_)
    return known.responsible if known else None
