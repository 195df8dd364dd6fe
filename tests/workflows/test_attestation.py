"""State attestations from the schedule to their end, on the time-skipping server."""

from datetime import date

import pytest

from regulations import calendar_for
from regulations.deadlines import add_months
from services.council import contract as council
from services.intake import contract as intake
from services.monitoring import contract as monitoring
from services.review import contract as review
from services.visits import contract as visits
from tests.workflows.attested import LAW, MEDICINE, RULES, Attested
from tests.workflows.cases import DAY, Running, World
from tests.workflows.followups import missed, names, shown
from workflows import lifecycle

A = "kz-109-2008-attestation"


async def _scheduled(world: World, days: int = 200) -> tuple[Attested, Running, date]:
    attested, starts_on = Attested(world), await world.today() + days * DAY
    return attested, await attested.scheduled(starts_on), starts_on


def _working(day: date) -> bool:
    return calendar_for(RULES.country).is_working_day(day)


def _due_on(running: Running, rule: str) -> date:
    due = [fact.due_on for fact in running.deadline_facts(rule) if isinstance(fact, monitoring.DeadlineSet | monitoring.DeadlineRecomputed)]
    return due[-1]


@pytest.mark.clause(A, "12", "15", "16", "17 (a)", "19", "31", "33", "10")
async def test_an_attestation_in_time_shows_the_rulebooks_stages_and_the_next_five_years_run_from_its_decision(world: World) -> None:
    attested, attestation, starts_on = await _scheduled(world)
    today = await world.today()
    assert await shown(attestation) == ("dates_notice", "authorised_body")
    assert attestation.requests(review.OPEN_MATERIALS, visits.OPEN_ATTESTATION_VISIT) == []
    before = (
        (attested.told(today, starts_on), ("self_assessment", "institution")),
        (attested.materials(today), ("commission_formation", "authorised_body")),
        (attested.commission(today), ("presentation", "commission_chair")),
    )
    for fact, stage in before:
        await attestation.tell(fact)
        assert await shown(attestation) == stage
    await world.until(starts_on)
    on_the_spot = (
        (attested.began(starts_on), ("study", "commission")),
        (attested.ended(starts_on), ("conclusion", "commission_chair")),
        (attested.concluded(starts_on), ("decision", "authorised_body")),
    )
    for fact, stage in on_the_spot:
        await attestation.tell(fact)
        assert await shown(attestation) == stage
    assert await attestation.shows(lifecycle.RULEBOOK) == f"{A}@{RULES.version}"
    await attestation.tell(attested.decided(starts_on + 3 * DAY))
    assert await attestation.result() == "attest"
    for rule in ("dates_notice", "self_assessment_materials", "commission_approval", "commission_work", "decision"):
        assert names(attestation.deadline_facts(rule))[-1] == "DeadlineMet"
        assert not await missed(attestation, rule)
    [visit] = world.services.requests(attestation.id, visits.OPEN_ATTESTATION_VISIT)
    assert (visit.argument.starts_on, visit.argument.state_owned) == (starts_on, True)
    [opened] = world.services.requests(attestation.id, council.OPEN_ATTESTATION_DECISION)
    assert opened.argument.specialties == (LAW, MEDICINE)
    assert [figures.positive for figures in opened.argument.figures] == [34]
    [closed] = world.services.requests(attestation.id, intake.CLOSE_ATTESTATION)
    assert (closed.argument.outcome, closed.argument.attested_on) == ("attest", starts_on + 3 * DAY)


@pytest.mark.clause(A, "12", "15", "17 (a)", "19", "33")
async def test_the_terms_run_back_from_the_start_and_the_work_is_counted_with_its_first_day(world: World) -> None:
    attested, starts_on = Attested(world), date((await world.today()).year + 2, 3, 1)
    while not _working(starts_on):
        starts_on += DAY
    attestation = await attested.scheduled(starts_on)
    await attested.to_the_conclusion(attestation, starts_on)
    assert _due_on(attestation, "dates_notice") == add_months(starts_on, -3)
    assert _due_on(attestation, "self_assessment_materials") == add_months(starts_on, -1)
    assert _due_on(attestation, "commission_approval") == starts_on - 10 * DAY
    worked = [starts_on + days * DAY for days in range(30) if _working(starts_on + days * DAY)]
    assert _due_on(attestation, "commission_work") == worked[6]
    assert starts_on + 10 * DAY <= _due_on(attestation, "decision") <= starts_on + 17 * DAY


@pytest.mark.clause(A, "12", "15", "17 (a)")
async def test_what_is_late_before_the_start_is_missed_and_still_taken(world: World) -> None:
    attested, attestation, starts_on = await _scheduled(world, 120)
    await world.until(starts_on - 5 * DAY)
    today = await world.today()
    for fact in (attested.told(today, starts_on), attested.commission(today)):
        await attestation.tell(fact)
    assert await shown(attestation) == ("self_assessment", "institution")
    await world.until(starts_on)
    await attestation.tell(attested.began(starts_on))
    assert await shown(attestation) == ("study", "commission")
    await attestation.tell(attested.materials(starts_on))
    for rule, late_days in (("dates_notice", 1), ("commission_approval", 5), ("self_assessment_materials", 1)):
        *_, before, met = attestation.deadline_facts(rule)
        assert isinstance(before, monitoring.DeadlineMissed | monitoring.DeadlineSet)
        assert isinstance(met, monitoring.DeadlineMet)
        assert met.late_days >= late_days


@pytest.mark.clause(A, "13.1", "14")
async def test_an_amendment_moves_all_that_hangs_on_the_start_and_is_to_be_told_three_months_before_the_new_one(world: World) -> None:
    attested, attestation, starts_on = await _scheduled(world)
    today = await world.today()
    await attestation.tell(attested.told(today, starts_on))
    later = starts_on + 100 * DAY
    await attestation.tell(attested.rescheduled(today, later))
    assert _due_on(attestation, "self_assessment_materials") == add_months(later, -1)
    assert _due_on(attestation, "commission_approval") == later - 10 * DAY
    assert names(attestation.deadline_facts("dates_notice")) == ["DeadlineSet", "DeadlineMet"]
    [notice] = attestation.deadline_facts("amendment_notice")
    assert isinstance(notice, monitoring.DeadlineSet)
    assert notice.due_on == add_months(later, -3)
    days = [request.argument.starts_on for request in world.services.requests(attestation.id, visits.OPEN_ATTESTATION_VISIT)]
    assert days == [starts_on, later]
    await attestation.tell(attested.told(await world.today(), later, changed=True))
    assert names(attestation.deadline_facts("amendment_notice")) == ["DeadlineSet", "DeadlineMet"]


@pytest.mark.clause(A, "12", "14")
async def test_a_schedule_that_is_amended_twice_before_anybody_was_told_is_told_once(world: World) -> None:
    attested, attestation, starts_on = await _scheduled(world)
    today = await world.today()
    await attestation.tell(attested.rescheduled(today, starts_on + 50 * DAY))
    await attestation.tell(attested.rescheduled(today, starts_on, 2))
    assert names(attestation.deadline_facts("dates_notice")) == ["DeadlineSet", "DeadlineRecomputed", "DeadlineRecomputed"]
    assert _due_on(attestation, "dates_notice") == add_months(starts_on, -3)
    assert visits.OPEN_ATTESTATION_VISIT not in attestation.requests()
    await attestation.tell(attested.told(await world.today(), starts_on))
    states = sorted((deadline.rule, deadline.state) for deadline in (await attestation.view()).deadlines)
    assert states == [
        ("amendment_notice", "met"),
        ("amendment_notice", "withdrawn"),
        ("commission_approval", "open"),
        ("dates_notice", "met"),
        ("self_assessment_materials", "open"),
    ]
    [opened] = world.services.requests(attestation.id, visits.OPEN_ATTESTATION_VISIT)
    assert opened.argument.starts_on == starts_on


@pytest.mark.clause(A, "13.2")
async def test_what_is_taken_out_of_the_schedule_binds_nobody_any_more(world: World) -> None:
    attested, attestation, starts_on = await _scheduled(world)
    today = await world.today()
    await attestation.tell(attested.told(today, starts_on))
    await attestation.tell(attested.cancelled(today))
    assert await attestation.result() == "cancelled"
    closing = world.services.requests(attestation.id, review.CLOSE_MATERIALS, visits.CLOSE_ATTESTATION_VISIT)
    assert [(request.activity, request.argument.attestation_id) for request in closing] == [
        (review.CLOSE_MATERIALS, attested.attestation_id),
        (visits.CLOSE_ATTESTATION_VISIT, attested.attestation_id),
    ]
    assert {request.argument.reason for request in closing} == {"the attestation was taken out of the schedule"}
    assert names(attestation.deadline_facts("self_assessment_materials"))[-1] == "DeadlineWithdrawn"
    assert names(attestation.deadline_facts("commission_approval"))[-1] == "DeadlineWithdrawn"
    assert intake.CLOSE_ATTESTATION not in attestation.requests()


@pytest.mark.clause(A, "15")
async def test_a_day_that_a_person_sets_for_what_the_materials_lack_is_met_by_the_next_round(world: World) -> None:
    attested, attestation, starts_on = await _scheduled(world)
    today = await world.today()
    await attestation.tell(attested.told(today, starts_on))
    await attestation.tell(attested.materials(today, complete=False))
    await attestation.tell(attested.missing(today, today + 10 * DAY))
    await attestation.tell(attested.missing(today, today + 20 * DAY))
    await world.until(today + 12 * DAY)
    await attestation.tell(attested.materials(await world.today(), 2))
    facts = attestation.deadline_facts("contract:self_assessment")
    assert sorted(names(facts)) == ["DeadlineMet", "DeadlineSet", "DeadlineSet", "DeadlineWithdrawn"]
    [met] = [fact for fact in facts if isinstance(fact, monitoring.DeadlineMet)]
    assert met.late_days == 0


@pytest.mark.clause(A, "19")
async def test_a_start_that_was_recorded_wrongly_moves_the_end_of_the_work(world: World) -> None:
    attested, attestation, starts_on = await _scheduled(world)
    await attested.to_the_work(attestation, starts_on)
    before = _due_on(attestation, "commission_work")
    began = (await attestation.handle.query("view", result_type=dict))["facts"]["AttestationWorkBegan"]
    assert began["started_on"] == starts_on.isoformat()
    again = attested.began(starts_on + 7 * DAY)
    await attestation.tell(again)
    assert _due_on(attestation, "commission_work") > before
    assert names(attestation.deadline_facts("commission_work")) == ["DeadlineSet", "DeadlineRecomputed"]


async def _suspended(world: World, months: int = 6) -> tuple[Attested, Running, date]:
    attested, attestation, starts_on = await _scheduled(world, 100)
    await attested.to_the_conclusion(attestation, starts_on, "not_attest")
    await attestation.tell(attested.decided(starts_on, "not_attest", "not_attest", "not_attest"))
    assert await shown(attestation) == ("suspension", "authorised_body")
    until = add_months(starts_on, months)
    await attestation.tell(attested.suspended(starts_on, until))
    return attested, attestation, until


@pytest.mark.clause(A, "34", "36", "37", "38")
async def test_a_suspension_ends_by_itself_and_what_the_check_finds_removed_restores_the_licence(world: World) -> None:
    attested, attestation, until = await _suspended(world)
    assert await shown(attestation) == ("suspension", "institution")
    [recheck] = world.services.requests(attestation.id, visits.OPEN_RECHECK)
    assert (recheck.argument.suspension_ends_on, recheck.argument.specialties) == (until, ())
    await world.until(until)
    assert council.END_LICENCE_SUSPENSION not in attestation.requests()
    await world.until(until + DAY)
    assert attestation.requests(council.END_LICENCE_SUSPENSION) == [council.END_LICENCE_SUSPENSION]
    assert names(attestation.deadline_facts("contract:suspension"))[-1] == "DeadlineMet"
    assert not await missed(attestation, "contract:suspension")
    assert await shown(attestation) == ("recheck", "recheck_commission")
    [due] = attestation.deadline_facts("recheck")
    assert isinstance(due, monitoring.DeadlineSet)
    assert due.anchor_on == until
    today = await world.today()
    await attestation.tell(attested.rechecked(today, "removed"))
    assert await shown(attestation) == ("restoration", "authorised_body")
    [met] = [fact for fact in attestation.deadline_facts("removal_of_violations") if isinstance(fact, monitoring.DeadlineMet)]
    assert (met.met_on, met.late_days) == (until, 0)
    await attestation.tell(attested.restored(today))
    assert await attestation.result() == "restored"
    [closed] = world.services.requests(attestation.id, intake.CLOSE_ATTESTATION)
    assert (closed.argument.outcome, closed.argument.attested_on) == ("restored", None)


@pytest.mark.clause(A, "36", "38")
async def test_what_is_not_removed_waits_for_the_referral_and_the_six_months_run_on_after_a_short_suspension(world: World) -> None:
    attested, attestation, until = await _suspended(world, 2)
    await world.until(until + DAY)
    today = await world.today()
    await attestation.tell(attested.rechecked(today, "not_removed"))
    assert await shown(attestation) == ("deprivation_referral", "authorised_body")
    assert not await missed(attestation, "removal_of_violations")
    await world.until(add_months(until, 4) + 5 * DAY)
    assert await missed(attestation, "removal_of_violations")
    await attestation.tell(attested.referred(await world.today()))
    assert await attestation.result() == "referred"


@pytest.mark.clause(A, "36", "38")
async def test_whether_the_six_months_were_kept_the_check_tells_however_late_it_sits(world: World) -> None:
    attested, attestation, until = await _suspended(world)
    await world.until(until + 10 * DAY)
    assert await missed(attestation, "recheck")
    assert names(attestation.deadline_facts("removal_of_violations"))[-1] != "DeadlineMissed"
    await attestation.tell(attested.rechecked(await world.today(), "removed"))
    facts = attestation.deadline_facts("removal_of_violations")
    assert isinstance(facts[-1], monitoring.DeadlineMet)
    assert (facts[-1].met_on, facts[-1].late_days) == (until, 0)
    assert "DeadlineMissed" not in names(facts)


@pytest.mark.clause(A, "36", "38")
async def test_what_the_check_finds_not_removed_after_the_six_months_was_missed(world: World) -> None:
    attested, attestation, until = await _suspended(world)
    await world.until(until + 5 * DAY)
    assert not await missed(attestation, "removal_of_violations")
    await attestation.tell(attested.rechecked(await world.today(), "not_removed"))
    assert await missed(attestation, "removal_of_violations")
    await attestation.tell(attested.referred(await world.today()))
    assert await attestation.result() == "referred"


@pytest.mark.clause(A, "38")
async def test_a_referral_without_a_check_tells_that_nothing_was_removed(world: World) -> None:
    attested, attestation, until = await _suspended(world)
    await world.until(until + 10 * DAY)
    await attestation.tell(attested.referred(await world.today()))
    assert await attestation.result() == "referred"
    assert names(attestation.deadline_facts("removal_of_violations"))[-1] == "DeadlineMissed"


@pytest.mark.clause(A, "37", "38")
async def test_a_licence_that_is_in_force_again_tells_that_the_violations_were_removed(world: World) -> None:
    attested, attestation, until = await _suspended(world)
    await world.until(until + 5 * DAY)
    await attestation.tell(attested.restored(await world.today()))
    assert await attestation.result() == "restored"
    [met] = [fact for fact in attestation.deadline_facts("removal_of_violations") if isinstance(fact, monitoring.DeadlineMet)]
    assert (met.met_on, met.late_days) == (until, 0)


@pytest.mark.clause(A, "9", "34", "4")
async def test_an_organisation_that_is_attested_without_one_specialty_is_suspended_for_that_one_and_stays_attested(world: World) -> None:
    attested, attestation, starts_on = await _scheduled(world, 100)
    await attested.to_the_conclusion(attestation, starts_on)
    await attestation.tell(attested.decided(starts_on, medicine="not_attest"))
    await attestation.tell(attested.suspended(starts_on, starts_on + 30 * DAY))
    [recheck] = world.services.requests(attestation.id, visits.OPEN_RECHECK)
    assert recheck.argument.specialties == (MEDICINE,)
    await world.until(starts_on + 31 * DAY)
    for fact in (attested.rechecked(await world.today(), "removed"), attested.restored(await world.today())):
        await attestation.tell(fact)
    assert await attestation.result() == "restored"
    [closed] = world.services.requests(attestation.id, intake.CLOSE_ATTESTATION)
    assert closed.argument.attested_on == starts_on


@pytest.mark.clause(A, "5", "9")
async def test_an_extraordinary_attestation_of_specialties_alone_begins_no_new_five_years(world: World) -> None:
    attested, starts_on = Attested(world, whole=False), await world.today() + 100 * DAY
    attestation = await attested.scheduled(starts_on)
    await attested.to_the_conclusion(attestation, starts_on)
    await attestation.tell(attested.decided(starts_on, None))
    assert await attestation.result() == "attest"
    [closed] = world.services.requests(attestation.id, intake.CLOSE_ATTESTATION)
    assert closed.argument.attested_on is None
    [visit] = world.services.requests(attestation.id, visits.OPEN_ATTESTATION_VISIT)
    assert visit.argument.whole is False
