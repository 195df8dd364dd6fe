"""Plans and cycles of follow-ups by two agencies' rulebooks, on the time-skipping server."""

from typing import Any

import pytest

from chassis.events import Event
from regulations.deadlines import add_months
from services.monitoring import contract as monitoring
from services.visits import contract as visits
from tests.workflows.cases import DAY, World
from tests.workflows.followups import AAKR, SAPATTUU, Followed, missed, names, shown
from workflows import lifecycle

A, S = "aakr-monitoring-2024", "sapattuu-bilim-monitoring"
FULL, CONDITIONAL = "full_with_recommendations", "conditional_3y"
EXTENSION: dict[str, Any] = {"word": "extend_accreditation", "term": "extension_2y"}


@pytest.mark.clause(A, "II.4.b", "II.4.c", "II.4.d")
async def test_a_plan_goes_through_as_many_rounds_of_review_as_it_takes_and_a_persons_day_binds_the_revision(world: World) -> None:
    followed = Followed(world, AAKR, FULL)
    plan, today = await followed.plan(), await world.today()
    assert await shown(plan) == ("action_plan", "institution")
    await plan.tell(followed.plan_submitted(today))
    assert await shown(plan) == ("plan_review", "agency")
    await plan.tell(followed.changes_requested(today, due_on=today + 10 * DAY))
    assert await shown(plan) == ("plan_revision", "institution")
    await world.until(today + 12 * DAY)
    await plan.tell(followed.plan_submitted(await world.today(), 2))
    await plan.tell(followed.changes_requested(await world.today(), 2))
    await plan.tell(followed.plan_submitted(await world.today(), 3))
    await plan.tell(followed.plan_reviewed(await world.today(), 3))
    assert await plan.result() == "reviewed"
    assert names(plan.deadline_facts("contract:plan_revision"))[-2:] == ["DeadlineMissed", "DeadlineMet"]
    assert plan.requests(monitoring.ALERT_DIRECTOR) == [monitoring.ALERT_DIRECTOR]
    assert monitoring.CLOSE_CYCLE not in plan.requests()


@pytest.mark.clause(S, "2.3", "2.4")
async def test_the_month_of_a_plan_runs_from_order_and_conclusion_and_a_late_plan_is_alerted_and_still_taken(world: World) -> None:
    followed = Followed(world, SAPATTUU, CONDITIONAL)
    plan, today = await followed.plan(), await world.today()
    assert await shown(plan) == ("measures", "institution")
    await plan.tell(followed.documents_received(today))
    assert await shown(plan) == ("plan_submission", "institution")
    await world.until(add_months(today, 1) + 9 * DAY)
    assert await missed(plan, "plan_submission")
    [alert] = world.services.requests(plan.id, monitoring.ALERT_DIRECTOR)
    assert alert.argument.followup_id == followed.followup_id
    await plan.tell(followed.plan_submitted(await world.today()))
    assert await plan.result() == "submitted"
    [*_, met] = plan.deadline_facts("plan_submission")
    assert isinstance(met, monitoring.DeadlineMet)
    assert met.late_days > 0


@pytest.mark.clause(S, "2.6.s1")
async def test_the_plans_term_runs_at_once_where_its_day_is_known(world: World) -> None:
    followed = Followed(world, SAPATTUU, "full_5y")
    plan = await followed.plan(counts_from=await world.today())
    assert await shown(plan) == ("plan_submission", "institution")
    assert names(plan.deadline_facts("plan_submission")) == ["DeadlineSet"]


@pytest.mark.clause(A, "I.2", "II.1", "II.4.e", "II.4.f", "II.4.g", "II.4.h", "II.4.i", "II.4.j", "III.0")
async def test_a_good_year_with_a_visit_shows_the_rulebooks_stages_and_ends_with_the_notice_of_acceptance(world: World) -> None:
    followed, today = Followed(world, AAKR, FULL), await world.today()
    cycle = await followed.cycle(valid_until=today + 1000 * DAY, expected_on=today + 100 * DAY)
    way: list[tuple[tuple[str, str], Event]] = [
        (("interim_report", "institution"), followed.report(today)),
        (("report_study", "agency"), followed.studied(today)),
        (("visit_decision", "agency"), followed.visit_decided(today, holds=True)),
        (("visit_agreement", "parties"), followed.told(today)),
        (("visit_agreement", "parties"), followed.group(today)),
        (("visit_agreement", "parties"), followed.dates(today)),
        (("visit", "monitoring_panel"), followed.held(today)),
        (("visit_report", "monitoring_panel"), followed.visit_report(today)),
        (("assessment", "agency"), followed.assessed(today, positive=True)),
        (("acceptance_notice", "agency"), followed.acceptance(today)),
    ]
    for stage, fact in way:
        assert await shown(cycle) == stage
        assert await cycle.shows(lifecycle.STAGE) == stage[0]
        await cycle.tell(fact)
    assert await cycle.result() == "report_accepted"
    for rule in ("interim_report", "report_study", "visit_report", "acceptance_notice"):
        assert names(cycle.deadline_facts(rule)) == ["DeadlineSet", "DeadlineMet"]
    [opened] = world.services.requests(cycle.id, visits.OPEN_MONITORING_VISIT)
    assert opened.argument.panel == ("e1", "e2")
    [closed] = world.services.requests(cycle.id, monitoring.CLOSE_CYCLE)
    assert closed.argument.outcome == "report_accepted"


@pytest.mark.clause(A, "II.4.e")
@pytest.mark.parametrize(("days", "told"), [(60, 1), (59, 0), (30, 1), (29, 0)])
async def test_a_cycle_that_opens_on_a_day_of_a_reminder_reminds_at_once(world: World, days: int, told: int) -> None:
    followed, expected_on = Followed(world, AAKR, FULL), add_months(await world.today(), 6)
    opens_on = add_months(expected_on, -2) - days * DAY
    await world.until(opens_on)
    cycle = await followed.cycle(valid_until=expected_on + 1000 * DAY, expected_on=expected_on)
    await world.until(opens_on + DAY)
    assert names(cycle.deadline_facts("interim_report")) == ["DeadlineSet"] + ["DeadlineReminded"] * told


@pytest.mark.clause(A, "II.4.h", "II.4.j")
async def test_without_a_visit_the_notice_of_acceptance_is_due_from_the_positive_assessment(world: World) -> None:
    followed, today = Followed(world, AAKR, FULL), await world.today()
    cycle = await followed.cycle(valid_until=today + 1000 * DAY, expected_on=today + 100 * DAY)
    for fact in (followed.report(today), followed.studied(today), followed.visit_decided(today, holds=False)):
        await cycle.tell(fact)
    assert await shown(cycle) == ("visit_decision", "agency")
    await cycle.tell(followed.told(today))
    await world.until(today + 5 * DAY)
    await cycle.tell(followed.assessed(await world.today(), positive=True))
    [notice] = cycle.deadline_facts("acceptance_notice_without_visit")
    assert isinstance(notice, monitoring.DeadlineSet)
    assert notice.anchor_on == await world.today()
    await cycle.tell(followed.acceptance(await world.today()))
    assert await cycle.result() == "report_accepted"
    assert cycle.deadline_facts("acceptance_notice") == []
    assert visits.OPEN_MONITORING_VISIT not in cycle.requests()


@pytest.mark.clause(A, "II.4.g", "III.i")
async def test_a_report_that_is_rejected_twice_is_due_on_the_days_that_persons_set_and_is_studied_anew(world: World) -> None:
    followed, today = Followed(world, AAKR, FULL), await world.today()
    cycle = await followed.cycle(valid_until=today + 1000 * DAY, expected_on=today + 300 * DAY)
    for number in (1, 2):
        day = await world.today()
        await cycle.tell(followed.report(day, number))
        await cycle.tell(followed.rejected(day, day + 20 * DAY, number))
        assert await shown(cycle) == ("interim_report", "institution")
        await world.until(day + 10 * DAY)
    day = await world.today()
    await cycle.tell(followed.report(day, 3, complete=False))
    assert await shown(cycle) == ("report_study", "agency")
    await cycle.tell(followed.studied(day, 3))
    assert await shown(cycle) == ("visit_decision", "agency")
    states = {(deadline.rule, deadline.state) for deadline in (await cycle.view()).deadlines}
    assert states == {("interim_report", "met"), ("report_study", "met"), ("contract:interim_report", "met")}
    assert names(cycle.deadline_facts("report_study")) == ["DeadlineSet", "DeadlineMet"] * 2


@pytest.mark.clause(A, "II.4.e", "III.h")
async def test_a_late_report_is_alerted_once_and_nothing_is_referred_where_the_text_has_no_sanction(world: World) -> None:
    followed, today = Followed(world, AAKR, FULL), await world.today()
    cycle = await followed.cycle(valid_until=today + 80 * DAY, expected_on=today + 70 * DAY)
    await world.until(today + 90 * DAY)
    assert await missed(cycle, "interim_report")
    assert await shown(cycle) == ("interim_report", "institution")
    await cycle.tell(followed.report(await world.today()))
    assert await shown(cycle) == ("report_study", "agency")
    assert cycle.requests(monitoring.ALERT_DIRECTOR, monitoring.REFER_DECISION) == [monitoring.ALERT_DIRECTOR]


@pytest.mark.clause(A, "II.4.j")
async def test_a_result_that_is_not_positive_waits_for_the_director_and_takes_the_notice_of_acceptance_away(world: World) -> None:
    followed, today = Followed(world, AAKR, "conditional"), await world.today()
    cycle = await followed.cycle(valid_until=today + 1000 * DAY, expected_on=today + 100 * DAY)
    visit = (followed.group(today), followed.told(today), followed.dates(today), followed.held(today), followed.visit_report(today))
    for fact in (followed.report(today), followed.studied(today), followed.visit_decided(today, holds=True), *visit):
        await cycle.tell(fact)
    await cycle.tell(followed.assessed(today, positive=False))
    assert await shown(cycle) == ("assessment", "director")
    assert names(cycle.deadline_facts("acceptance_notice")) == ["DeadlineSet", "DeadlineWithdrawn"]
    await cycle.tell(followed.ruled(today))
    assert await cycle.result() == "not_positive"


@pytest.mark.clause(A, "II.4.e")
async def test_an_expected_date_that_moves_moves_the_day_of_the_report(world: World) -> None:
    followed, today = Followed(world, AAKR, FULL), await world.today()
    cycle = await followed.cycle(valid_until=today + 1000 * DAY, expected_on=today + 100 * DAY)
    await cycle.tell(followed.expected(today, today + 200 * DAY))
    [_, moved] = cycle.deadline_facts("interim_report")
    assert isinstance(moved, monitoring.DeadlineRecomputed)
    assert moved.due_on == add_months(today + 200 * DAY, -2)
    [deadline] = (await cycle.view()).deadlines
    assert deadline.due_on == moved.due_on


async def test_the_rulebook_that_the_director_adopts_holds_for_all_that_is_asked_from_then_on(world: World) -> None:
    followed, today = Followed(world, AAKR, FULL), await world.today()
    cycle = await followed.cycle(valid_until=today + 1000 * DAY, expected_on=today + 100 * DAY)
    await cycle.tell(followed.report(today))
    assert len(cycle.requests(monitoring.READ_FOLLOWUP)) == 1
    world.services.follows(followed.followup_id, SAPATTUU, CONDITIONAL)
    await cycle.tell(followed.adoption(today, SAPATTUU.ref))
    await cycle.tell(followed.studied(today))
    assert await shown(cycle) == ("analysis", "experts_and_case_officer")
    assert await cycle.shows(lifecycle.RULEBOOK) == f"{S}@{SAPATTUU.version}"
    await cycle.tell(followed.adoption(today, SAPATTUU.ref))
    await cycle.tell(followed.analysed(today))
    assert len(cycle.requests(monitoring.READ_FOLLOWUP)) == 2


async def test_a_follow_up_that_ends_closes_what_is_open_in_it(world: World) -> None:
    followed, today = Followed(world, AAKR, FULL), await world.today()
    cycle = await followed.cycle(valid_until=today + 1000 * DAY, expected_on=today + 100 * DAY)
    await cycle.tell(followed.ended(today))
    assert await cycle.result() == "ended"
    assert names(cycle.deadline_facts("interim_report")) == ["DeadlineSet", "DeadlineWithdrawn"]
    [closed] = world.services.requests(cycle.id, monitoring.CLOSE_CYCLE)
    assert closed.argument.outcome == "ended"


@pytest.mark.clause(A, "II.4.g")
async def test_a_report_that_is_completed_before_anybody_answered_it_is_the_one_that_is_studied(world: World) -> None:
    followed, today = Followed(world, AAKR, FULL), await world.today()
    cycle = await followed.cycle(valid_until=today + 1000 * DAY, expected_on=today + 300 * DAY)
    await cycle.tell(followed.report(today, complete=False))
    await cycle.tell(followed.report(today, 2))
    assert names(cycle.deadline_facts("report_study")) == ["DeadlineSet"]
    await cycle.tell(followed.studied(today, 2))
    assert await shown(cycle) == ("visit_decision", "agency")
    assert names(cycle.deadline_facts("report_study")) == ["DeadlineSet", "DeadlineMet"]


@pytest.mark.clause(A, "III.i")
async def test_a_report_that_was_sent_back_does_not_outlive_the_certificate_and_its_last_day(world: World) -> None:
    followed, today = Followed(world, AAKR, FULL), await world.today()
    cycle = await followed.cycle(valid_until=today + 10 * DAY, expected_on=today + 10 * DAY)
    await cycle.tell(followed.report(today))
    await cycle.tell(followed.rejected(today, today + 20 * DAY))
    await world.until(today + 12 * DAY)
    await cycle.tell(followed.ended(await world.today()))
    assert await shown(cycle) == ("interim_report", "institution")
    await world.until(today + 21 * DAY)
    assert await cycle.result() == "lapsed"
