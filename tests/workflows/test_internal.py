"""Cycles of internal monitoring, on the time-skipping server."""

from datetime import date

import pytest
from temporalio.client import Client

from services.monitoring import contract as monitoring
from tests.workflows.cases import DAY, Running, World
from tests.workflows.followups import missed, names, shown
from tests.workflows.internals import Internal
from tests.workflows.recording import Services
from workflows import lifecycle
from workflows.messages import within

A = "artki-internal-monitoring"


async def _begun(world: World) -> tuple[Internal, Running, date]:
    """The cycle of the coming year, opened on its first day."""
    year = (await world.today()).year + 1
    await world.until(date(year, 1, 1))
    internal = Internal(world, year)
    return internal, await internal.opened(), date(year, 1, 1)


@pytest.mark.clause(A, "3.1", "3.3", "3.3.1", "3.3.2", "3.3.3", "3.3.4", "4.1", "4.2", "4.3.s2")
async def test_a_cycle_shows_its_stages_in_order_and_ends_when_every_measure_is_done(world: World) -> None:
    internal, cycle, today = await _begun(world)
    commission = "internal_monitoring_commission"
    assert await cycle.shows(lifecycle.INSTITUTION) == world.agency
    way = (
        (("planning", commission), internal.planned(today, {"collecting": today + 30 * DAY, "control": today + 300 * DAY})),
        (("collecting", commission), internal.collected(today)),
        (("analysing", commission), internal.analysed(today)),
        (("reporting", commission), internal.reported(today)),
        (("discussion", "general_meeting"), internal.discussed(today)),
        (("improvement_plan", "nobody"), internal.improvement(today, m1=today + 60 * DAY, m2=None)),
        (("control", commission), internal.controlled(today, "m1")),
        (("control", commission), internal.controlled(today, "m2", "under_way")),
        (("control", commission), internal.controlled(today, "m2")),
    )
    for stage, fact in way:
        assert await shown(cycle) == stage
        await cycle.tell(fact)
    assert await cycle.result() == "done"
    for rule in ("yearly_cycle", "contract:collecting", "contract:control", "contract:control/m1"):
        assert names(cycle.deadline_facts(rule)) == ["DeadlineSet", "DeadlineMet"]
    [yearly, _] = cycle.deadline_facts("yearly_cycle")
    assert isinstance(yearly, monitoring.DeadlineSet)
    assert (yearly.due_on, yearly.institution_id) == (date(internal.year, 12, 31), world.agency)
    [due, _] = cycle.deadline_facts("contract:control/m1")
    assert isinstance(due, monitoring.DeadlineSet)
    assert due.binds == commission
    [closed] = world.services.requests(cycle.id, monitoring.CLOSE_INTERNAL_CYCLE)
    assert (closed.argument.outcome, closed.argument.carried_into) == ("done", None)


@pytest.mark.clause(A, "3.3")
async def test_what_came_early_counts(world: World) -> None:
    internal, cycle, today = await _begun(world)
    for fact in (internal.discussed(today), internal.analysed(today), internal.collected(today)):
        await cycle.tell(fact)
    assert await cycle.stage() == "planning"
    await cycle.tell(internal.planned(today, {"analysing": today + 30 * DAY}))
    assert await cycle.stage() == "reporting"
    assert cycle.deadline_facts("contract:analysing") == []


@pytest.mark.clause(A, "3.3.1")
async def test_another_round_of_the_plan_moves_the_days_that_it_changes_and_those_alone(world: World) -> None:
    internal, cycle, today = await _begun(world)
    first = {"collecting": today + 30 * DAY, "analysing": today + 60 * DAY, "reporting": today + 90 * DAY}
    await cycle.tell(internal.planned(today, first))
    await cycle.tell(internal.planned(today, {"collecting": today + 40 * DAY, "analysing": today + 60 * DAY}, 2))
    assert names(cycle.deadline_facts("contract:collecting")) == ["DeadlineSet", "DeadlineWithdrawn", "DeadlineSet"]
    assert names(cycle.deadline_facts("contract:analysing")) == ["DeadlineSet"]
    assert names(cycle.deadline_facts("contract:reporting")) == ["DeadlineSet", "DeadlineWithdrawn"]
    await world.until(today + 35 * DAY)
    assert not await missed(cycle, "contract:collecting")
    await world.until(today + 45 * DAY)
    assert await missed(cycle, "contract:collecting")
    await cycle.tell(internal.collected(await world.today()))
    [*_, met] = cycle.deadline_facts("contract:collecting")
    assert isinstance(met, monitoring.DeadlineMet)
    assert met.late_days == 5


@pytest.mark.clause(A, "3.1")
async def test_a_year_without_its_report_is_missed_and_a_report_of_the_next_year_does_not_make_it_good(world: World) -> None:
    internal, cycle, today = await _begun(world)
    for fact in (internal.planned(today, {}), internal.collected(today), internal.analysed(today)):
        await cycle.tell(fact)
    await world.until(date(internal.year + 1, 1, 2))
    assert await missed(cycle, "yearly_cycle")
    await cycle.tell(internal.reported(await world.today()))
    assert names(cycle.deadline_facts("yearly_cycle"))[-1] == "DeadlineMissed"
    assert await cycle.stage() == "discussion"


@pytest.mark.clause(A, "3.1")
async def test_the_report_of_another_cycle_of_the_year_is_the_years_report_and_ends_no_stage_here(world: World) -> None:
    internal, cycle, today = await _begun(world)
    await cycle.tell(Internal(world, internal.year, 2).reported(today))
    assert names(cycle.deadline_facts("yearly_cycle")) == ["DeadlineSet", "DeadlineMet"]
    for fact in (internal.planned(today, {}), internal.collected(today), internal.analysed(today)):
        await cycle.tell(fact)
    assert await cycle.stage() == "reporting"


@pytest.mark.clause(A, "3.1")
async def test_another_cycle_of_the_same_year_has_no_term_and_a_year_since_the_last_report_warns_in_the_first(world: World) -> None:
    year = (await world.today()).year + 1
    await world.until(date(year, 1, 1))
    last = date(year - 1, 3, 15)
    first, second = Internal(world, year), Internal(world, year, 2)
    one, other = await first.opened(previous_report_on=last), await second.opened(previous_report_on=last)
    [since] = one.deadline_facts("year_since_report")
    assert isinstance(since, monitoring.DeadlineSet)
    assert since.due_on == date(year, 3, 15)
    assert other.deadline_facts("year_since_report") == other.deadline_facts("yearly_cycle") == []


@pytest.mark.clause(A, "4.3.s1", "4.3.s2")
async def test_a_measure_that_is_moved_is_due_on_its_new_day_and_one_that_is_not_done_after_all_is_open_again(world: World) -> None:
    internal, cycle, today = await _begun(world)
    await internal.to_the_plan(cycle, m1=today + 10 * DAY, m2=today + 10 * DAY)
    await cycle.tell(internal.moved(today, "m1", today + 50 * DAY))
    await cycle.tell(internal.controlled(today, "m2", "under_way"))
    await world.until(today + 20 * DAY)
    assert not await missed(cycle, "contract:control/m1")
    assert await missed(cycle, "contract:control/m2")
    today = await world.today()
    await cycle.tell(internal.controlled(today, "m2"))
    [*_, met] = cycle.deadline_facts("contract:control/m2")
    assert isinstance(met, monitoring.DeadlineMet)
    assert met.late_days == 10
    await cycle.tell(internal.controlled(today, "m2", "not_done"))
    await cycle.tell(internal.controlled(today, "m1"))
    assert await shown(cycle) == ("control", "internal_monitoring_commission")
    await cycle.tell(internal.controlled(today, "m2"))
    assert await cycle.result() == "done"


@pytest.mark.clause(A, "2.2.3", "4.3.s2")
async def test_what_is_left_goes_on_in_the_next_cycle_and_closes_this_one(world: World) -> None:
    internal, cycle, today = await _begun(world)
    await internal.to_the_plan(cycle, m1=today + 400 * DAY, m2=today + 10 * DAY, m3=None)
    await cycle.tell(internal.controlled(today, "m3"))
    await world.until(date(internal.year + 1, 1, 1))
    coming, new_year = Internal(world, internal.year + 1), await world.today()
    internal.stands("m1", "m2")
    late = (internal.carried("m1", today + 400 * DAY), internal.carried("m2", today + 10 * DAY))
    await world.publish(coming.opening(new_year, *late[:1], takes_over=(internal.cycle_id,)))
    assert await shown(cycle) == ("control", "internal_monitoring_commission")
    another = Internal(world, internal.year + 1, 2)
    await world.publish(another.opening(new_year, *late, takes_over=(internal.cycle_id,)))
    assert await cycle.result() == "carried"
    assert names(cycle.deadline_facts("contract:control/m1"))[-1] == "DeadlineWithdrawn"
    [closed] = world.services.requests(cycle.id, monitoring.CLOSE_INTERNAL_CYCLE)
    assert (closed.argument.outcome, closed.argument.carried_into) == ("carried", another.cycle_id)
    taken = Running(world, within(world.agency, another.cycle_id))
    assert names(taken.deadline_facts("contract:control/m1")) == ["DeadlineSet"]
    assert taken.deadline_facts("contract:control/m2") == []
    await another.to_the_plan(taken)
    for measure_id in ("m1", "m2"):
        assert await shown(taken) == ("control", "internal_monitoring_commission")
        await taken.tell(another.controlled(new_year, measure_id))
    assert await taken.result() == "done"


async def test_two_agencies_have_each_a_cycle_of_the_same_year(world: World, temporal: Client, services: Services) -> None:
    internal, cycle, today = await _begun(world)
    other = World(temporal, services, f"{world.agency}-2")
    elsewhere = await Internal(other, internal.year).opened()
    await cycle.tell(internal.planned(today, {}))
    assert [await cycle.stage(), await elsewhere.stage()] == ["collecting", "planning"]
    await other.close()


async def test_a_cycle_that_a_person_closes_is_over(world: World) -> None:
    internal, cycle, today = await _begun(world)
    await cycle.tell(internal.planned(today, {"collecting": today + 30 * DAY}))
    await cycle.tell(internal.closed(today))
    assert await cycle.result() == "closed"
    assert names(cycle.deadline_facts("contract:collecting"))[-1] == "DeadlineWithdrawn"
    assert names(cycle.deadline_facts("yearly_cycle"))[-1] == "DeadlineWithdrawn"
    assert monitoring.CLOSE_INTERNAL_CYCLE not in cycle.requests()
