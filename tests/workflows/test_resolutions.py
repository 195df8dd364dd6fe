"""What a council of Sapattuu Bilim makes of a cycle: extension, information, suspension, restoration, withdrawal; and of no report."""

from datetime import date
from typing import Any

import pytest

from chassis.events import Event
from regulations.deadlines import add_months
from services.council import contract as council
from services.monitoring import contract as monitoring
from tests.workflows.cases import DAY, Running, World
from tests.workflows.followups import SAPATTUU, Followed, missed, names, shown

S = "sapattuu-bilim-monitoring"
CONDITIONAL = "conditional_3y"
EXTENSION: dict[str, Any] = {"word": "extend_accreditation", "term": "extension_2y"}


async def _to_the_council(followed: Followed, cycle: Running, *, visit: bool = False) -> date:
    today = await cycle.world.today()
    for fact in (followed.report(today), followed.studied(today), followed.analysed(today), followed.visit_decided(today, holds=visit)):
        await cycle.tell(fact)
    return today


@pytest.mark.clause(S, "2.7", "2.9.s1", "2.9.s2", "2.9.s3", "2.11.p1.s1", "3.1", "3.2.s1", "3.2.s2", "3.4")
async def test_a_conditional_accreditation_is_extended_by_the_council_after_analysis_visit_and_act(world: World) -> None:
    followed, today = Followed(world, SAPATTUU, CONDITIONAL), await world.today()
    cycle = await followed.cycle(valid_until=today + 150 * DAY)
    way: list[tuple[tuple[str, str], Event]] = [
        (("report_submission", "institution"), followed.report(today, complete=False)),
        (("report_review", "agency"), followed.report_changes(today, today + 5 * DAY)),
        (("report_revision", "institution"), followed.report(today, 2)),
        (("report_review", "agency"), followed.studied(today, 2)),
        (("analysis", "experts_and_case_officer"), followed.analysed(today)),
        (("trip_decision", "director"), followed.visit_decided(today, holds=True)),
        (("panel_formation", "director"), followed.group(today)),
        (("visit_notice", "agency"), followed.told(today)),
        (("visit_notice", "agency"), followed.dates(today)),
        (("visit", "experts"), followed.held(today)),
        (("visit_act", "experts"), followed.visit_report(today)),
        (("council_study", "agency"), followed.file(today)),
        (("council_study", "accreditation_council"), followed.adopted(today, EXTENSION)),
        (("decision_notice", "agency"), followed.delivered(today)),
        (("extension", "agency"), followed.extended(today)),
    ]
    for stage, fact in way:
        assert await shown(cycle) == stage
        await cycle.tell(fact)
    assert await cycle.result() == "extended"
    [opened] = world.services.requests(cycle.id, council.OPEN_RESOLUTION)
    assert (opened.argument.decision_id, opened.argument.ground) == (followed.decision_id(), None)
    assert opened.argument.fulfilment == (("r1", "fulfilled"),)
    assert names(cycle.deadline_facts("decision_notice")) == ["DeadlineSet", "DeadlineMet"]
    assert names(cycle.deadline_facts("report_review")) == ["DeadlineSet", "DeadlineMet"] * 2


@pytest.mark.clause(S, "2.9.s1", "3.4")
async def test_without_a_trip_nobody_is_told_of_one_and_a_late_notice_of_the_decision_is_alerted(world: World) -> None:
    followed, today = Followed(world, SAPATTUU, CONDITIONAL), await world.today()
    cycle = await followed.cycle(valid_until=today + 150 * DAY)
    await _to_the_council(followed, cycle)
    await cycle.tell(followed.file(today))
    await cycle.tell(followed.adopted(today, EXTENSION))
    await cycle.tell(followed.extended(today))
    await world.until(today + 20 * DAY)
    assert await missed(cycle, "decision_notice")
    assert await shown(cycle) == ("decision_notice", "agency")
    await cycle.tell(followed.delivered(await world.today()))
    assert await cycle.result() == "extended"
    assert cycle.requests(monitoring.ALERT_DIRECTOR) == [monitoring.ALERT_DIRECTOR]


@pytest.mark.clause(S, "2.5.p3", "2.5.p4", "3.3", "3.3.b.s1", "3.3.b.s2")
async def test_a_missing_report_is_referred_only_when_both_days_have_passed_and_a_restored_certificate_goes_on(world: World) -> None:
    followed, today = Followed(world, SAPATTUU, CONDITIONAL), await world.today()
    expiry = today + 150 * DAY
    cycle = await followed.cycle(valid_until=expiry)
    await cycle.tell(followed.expected(today, expiry - 10 * DAY))
    await world.until(add_months(expiry, -3) + 2 * DAY)
    assert await missed(cycle, "report_before_expiry")
    assert not await missed(cycle, "report_before_visit")
    assert cycle.requests(monitoring.ALERT_DIRECTOR, monitoring.REFER_DECISION) == []

    await world.until(add_months(expiry - 10 * DAY, -2) + DAY)
    assert await missed(cycle, "report_before_visit")
    assert cycle.requests(monitoring.ALERT_DIRECTOR) == [monitoring.ALERT_DIRECTOR] * 2
    [referred] = world.services.requests(cycle.id, monitoring.REFER_DECISION)
    assert referred.argument.ground == "report_not_submitted"
    today = await world.today()
    await cycle.tell(followed.referred(today, "report_not_submitted"))
    assert await shown(cycle) == ("sanction", "agency")
    [opened] = world.services.requests(cycle.id, council.OPEN_RESOLUTION)
    assert opened.argument.ground == "report_not_submitted"

    suspension = {"word": "suspend_accreditation", "until": today + 30 * DAY}
    await cycle.tell(followed.adopted(today, suspension, ground="report_not_submitted"))
    [suspended] = world.services.requests(cycle.id, council.SUSPEND_CERTIFICATE)
    assert suspended.argument.until == today + 30 * DAY
    await cycle.tell(followed.delivered(today))
    assert await shown(cycle) == ("correction", "institution")
    await cycle.tell(followed.report(today))
    for rule in ("report_before_expiry", "report_before_visit"):
        assert names(cycle.deadline_facts(rule))[-2:] == ["DeadlineMissed", "DeadlineMet"]
    await cycle.tell(followed.restored(today, expiry + 5 * DAY))
    assert await shown(cycle) == ("report_review", "agency")
    for fact in (followed.studied(today), followed.analysed(today), followed.visit_decided(today, holds=False), followed.file(today)):
        await cycle.tell(fact)
    await cycle.tell(followed.adopted(today, EXTENSION, number=2))
    await cycle.tell(followed.delivered(today, 2))
    await cycle.tell(followed.extended(today, 2))
    assert await cycle.result() == "extended"
    assert [request.argument.suspended_before for request in world.services.requests(cycle.id, council.OPEN_RESOLUTION)] == [False, True]


@pytest.mark.clause(S, "3.3", "3.3.a", "3.3.b.s3", "3.3.c")
async def test_a_suspension_whose_term_ends_without_correction_leads_to_withdrawal_and_the_national_register(world: World) -> None:
    followed, today = Followed(world, SAPATTUU, CONDITIONAL), await world.today()
    cycle = await followed.cycle(valid_until=today + 150 * DAY)
    await _to_the_council(followed, cycle)
    await cycle.tell(followed.file(today))
    ground = "recommendations_not_fulfilled"
    decisions: list[dict[str, Any]] = [
        {"word": "suspend_accreditation", "until": today + 30 * DAY},
        {"word": "publish_information", "text": "Not fulfilled."},
    ]
    for fact in (followed.adopted(today, *decisions, ground=ground), followed.published(today), followed.delivered(today)):
        await cycle.tell(fact)
    assert await shown(cycle) == ("correction", "institution")
    await cycle.tell(followed.term_ended(today))
    first, second = world.services.requests(cycle.id, council.OPEN_RESOLUTION)
    assert (first.argument.ground, second.argument.ground) == (None, "repeated_failure")
    assert second.argument.decision_id == followed.decision_id(2)
    await cycle.tell(followed.adopted(today, {"word": "withdraw_accreditation"}, number=2, ground="repeated_failure"))
    [revoked] = world.services.requests(cycle.id, council.REVOKE_CERTIFICATE)
    assert (revoked.argument.ground, revoked.argument.until) == ("repeated_failure", None)
    await cycle.tell(followed.delivered(today, 2))
    assert await shown(cycle) == ("withdrawal", "agency")
    await cycle.tell(followed.register_told(today))
    assert await cycle.result() == "withdrawn"


@pytest.mark.clause(S, "2.5.p4")
async def test_a_report_counts_as_missing_once_the_certificate_has_expired_and_the_council_may_leave_it_to_its_day(world: World) -> None:
    followed, today = Followed(world, SAPATTUU, "conditional_1y"), await world.today()
    expiry = today + 20 * DAY
    cycle = await followed.cycle(valid_until=expiry, expected_on=expiry + 100 * DAY)
    await world.until(expiry)
    assert cycle.requests(monitoring.REFER_DECISION) == []
    await world.until(expiry + DAY)
    assert cycle.requests(monitoring.REFER_DECISION) == [monitoring.REFER_DECISION]
    await cycle.tell(followed.referred(expiry + DAY, "report_not_submitted"))
    await cycle.tell(followed.ended(expiry + DAY))
    assert await shown(cycle) == ("sanction", "agency")
    await cycle.tell(followed.adopted(expiry + DAY))
    assert await cycle.result() == "ended"


@pytest.mark.clause(S, "2.5.p4", "3.3")
async def test_after_the_council_left_a_missing_report_without_a_sanction_the_certificate_lapses_on_its_day(world: World) -> None:
    followed, today = Followed(world, SAPATTUU, CONDITIONAL), await world.today()
    cycle = await followed.cycle(valid_until=today + 60 * DAY)
    await world.until(today + DAY)
    await cycle.tell(followed.referred(await world.today(), "report_not_submitted"))
    await cycle.tell(followed.adopted(await world.today()))
    assert await shown(cycle) == ("report_submission", "institution")
    await world.until(today + 61 * DAY)
    assert await cycle.result() == "lapsed"
    assert cycle.requests(council.OPEN_RESOLUTION, monitoring.REFER_DECISION) == [monitoring.REFER_DECISION, council.OPEN_RESOLUTION]


@pytest.mark.clause(S, "3.3", "3.3.a")
async def test_the_director_refers_a_failure_from_any_stage_and_information_alone_ends_the_cycle(world: World) -> None:
    followed, today = Followed(world, SAPATTUU, CONDITIONAL), await world.today()
    cycle = await followed.cycle(valid_until=today + 150 * DAY)
    for fact in (followed.report(today), followed.studied(today)):
        await cycle.tell(fact)
    await cycle.tell(followed.referred(today, "recommendations_not_fulfilled"))
    assert await shown(cycle) == ("sanction", "agency")
    await cycle.tell(followed.adopted(today, {"word": "publish_information", "text": "Not fulfilled."}))
    assert await shown(cycle) == ("sanction", "agency")
    await cycle.tell(followed.published(today))
    assert await cycle.result() == "published"
    assert cycle.deadline_facts("decision_notice") == []


@pytest.mark.clause(S, "2.5.p4")
async def test_what_monitoring_does_not_find_missing_yet_is_referred_the_day_after(world: World) -> None:
    followed, today = Followed(world, SAPATTUU, CONDITIONAL), await world.today()
    world.services.not_missing.add(followed.cycle_id)
    cycle = await followed.cycle(valid_until=today + 20 * DAY)
    await world.until(today + 2 * DAY)
    world.services.not_missing.clear()
    await world.until(today + 4 * DAY)
    tries = len(cycle.requests(monitoring.REFER_DECISION))
    assert 2 <= tries <= 4
    await world.until(today + 6 * DAY)
    assert len(cycle.requests(monitoring.REFER_DECISION)) == tries


@pytest.mark.clause(S, "3.3.b.s2", "3.3.b.s3")
async def test_a_correction_that_is_recorded_after_the_term_takes_the_repeated_failure_from_the_council(world: World) -> None:
    followed, today = Followed(world, SAPATTUU, CONDITIONAL), await world.today()
    cycle = await followed.cycle(valid_until=today + 150 * DAY)
    await cycle.tell(followed.referred(today, "report_not_submitted"))
    suspension = {"word": "suspend_accreditation", "until": today + 30 * DAY}
    facts = (followed.adopted(today, suspension), followed.delivered(today), followed.term_ended(today))
    for fact in facts:
        await cycle.tell(fact)
    assert len(cycle.requests(council.OPEN_RESOLUTION)) == 2
    await cycle.tell(followed.restored(today, today + 180 * DAY))
    assert await shown(cycle) == ("report_submission", "institution")
    await cycle.tell(followed.ended(today))
    assert await cycle.result() == "ended"


@pytest.mark.clause(S, "3.2.s1", "3.2.s2")
async def test_a_certificate_that_expires_while_its_report_is_studied_is_extended_all_the_same(world: World) -> None:
    followed, today = Followed(world, SAPATTUU, CONDITIONAL), await world.today()
    cycle = await followed.cycle(valid_until=today + 10 * DAY)
    await cycle.tell(followed.report(today))
    await world.until(today + 11 * DAY)
    today = await world.today()
    await cycle.tell(followed.ended(today))
    for fact in (followed.studied(today), followed.analysed(today), followed.visit_decided(today, holds=False), followed.file(today)):
        await cycle.tell(fact)
    for fact in (followed.adopted(today, EXTENSION), followed.delivered(today), followed.extended(today)):
        await cycle.tell(fact)
    assert await cycle.result() == "extended"


@pytest.mark.clause(S, "3.3.c", "3.2.s1")
@pytest.mark.parametrize(("item", "outcome"), [(EXTENSION, "extended"), ({"word": "withdraw_accreditation"}, "withdrawn")])
async def test_what_can_no_longer_be_done_to_a_certificate_that_ended_is_not_waited_for(
    world: World, item: dict[str, Any], outcome: str
) -> None:
    followed, today = Followed(world, SAPATTUU, CONDITIONAL), await world.today()
    cycle = await followed.cycle(valid_until=today + 150 * DAY)
    await _to_the_council(followed, cycle)
    for fact in (followed.file(today), followed.adopted(today, item), followed.delivered(today)):
        await cycle.tell(fact)
    await cycle.tell(followed.ended(today, why="ended"))
    assert await cycle.result() == "ended"


@pytest.mark.clause(S, "2.5.p4")
async def test_what_was_referred_comes_before_the_council_though_the_certificate_is_over_at_once(world: World) -> None:
    followed, today = Followed(world, SAPATTUU, CONDITIONAL), await world.today()
    cycle = await followed.cycle(valid_until=today + 150 * DAY)
    await cycle.signal(followed.referred(today, "report_not_submitted"))
    await cycle.signal(followed.ended(today))
    await world.time.settle()
    assert await shown(cycle) == ("sanction", "agency")
