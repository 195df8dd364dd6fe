"""The lifecycle of a certificate on the time-skipping server (order 109, p. 20, 21, 25, 26, 28).

The certificates of these tests were issued years ago: what is shown lies in their last two years.
"""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from temporalio.client import WorkflowExecutionStatus

from chassis.problems import Refused
from regulations import compute, load
from regulations.deadlines import add_months
from services.council import contract as council
from services.monitoring import contract as monitoring
from tests.workflows import cases
from tests.workflows.cases import ALMATY, DAY, RULES, Running, World
from workflows import lifecycle
from workflows.certificate import DUPLICATE, RULE

ORDER_109 = "kz-109-2008-accreditation"
MOMENT = timedelta(minutes=1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ALMATY).astimezone(UTC)


async def _certificate(world: World, *, months: int = 20) -> tuple[Running, date]:
    """One that is still valid for so many months, and its last day."""
    valid_until = add_months(await world.today(), months)
    return await world.certificate(valid_until), valid_until


def _asked_at(certificate: Running, activity: str) -> datetime:
    [request] = certificate.world.services.requests(certificate.id, activity)
    return request.at


@pytest.mark.clause(ORDER_109, "20", "21", "25")
async def test_a_certificate_passes_its_window_its_last_year_and_its_end(world: World) -> None:
    certificate, valid_until = await _certificate(world)
    closes_on = compute(RULES, RULE, valid_until).due_on
    opens_on = compute(RULES, "renewal_window_opening", closes_on).due_on
    assert await certificate.stage() == "valid"

    await world.until(opens_on)
    assert await certificate.stage() == await certificate.shows(lifecycle.STAGE) == "renewal_window"
    assert await certificate.shows(lifecycle.WAITING_ON) == "institution"
    await world.until(closes_on + DAY)
    assert await certificate.stage() == "last_year"
    assert await certificate.shows(lifecycle.WAITING_ON) is None
    await world.until(valid_until)
    assert await certificate.status() is WorkflowExecutionStatus.RUNNING
    await world.until(valid_until + DAY)

    assert await certificate.result() == "expired"
    assert await certificate.shows(lifecycle.STAGE) == "expired"
    steps = (council.OPEN_RENEWAL_WINDOW, council.CLOSE_RENEWAL_WINDOW, council.EXPIRE_CERTIFICATE)
    assert certificate.requests(*steps) == list(steps)
    assert timedelta() <= _asked_at(certificate, council.OPEN_RENEWAL_WINDOW) - _midnight(opens_on) < MOMENT
    assert len(await certificate.runs()) == 3


@pytest.mark.clause(ORDER_109, "21")
async def test_the_window_closes_one_year_before_the_end_and_the_application_is_missed(world: World) -> None:
    certificate, valid_until = await _certificate(world, months=13)
    last_day = add_months(valid_until, -12)
    await world.time.advance_to(_midnight(last_day + DAY) - timedelta(seconds=5))
    assert certificate.requests(council.CLOSE_RENEWAL_WINDOW, monitoring.MISS_DEADLINE) == []
    await world.until(last_day + DAY, hour=1)

    for activity in (council.CLOSE_RENEWAL_WINDOW, monitoring.MISS_DEADLINE):
        assert timedelta() <= _asked_at(certificate, activity) - _midnight(last_day + DAY) < MOMENT
    [missed] = [fact for fact in certificate.deadline_facts(RULE) if isinstance(fact, monitoring.DeadlineMissed)]
    assert missed.missed_on == last_day + DAY


@pytest.mark.clause(ORDER_109, "25")
async def test_a_certificate_lapses_at_the_end_of_its_last_day_in_almaty(world: World) -> None:
    certificate, valid_until = await _certificate(world, months=2)
    assert await certificate.stage() == "last_year"
    await world.time.advance_to(_midnight(valid_until + DAY) - timedelta(seconds=5))
    assert certificate.requests(council.EXPIRE_CERTIFICATE) == []
    await world.until(valid_until + DAY, hour=1)
    expired_at = _asked_at(certificate, council.EXPIRE_CERTIFICATE)
    assert timedelta() <= expired_at - _midnight(valid_until + DAY) < MOMENT
    assert expired_at.date() == valid_until  # 24:00 in Almaty is 19:00 UTC of the same day
    assert await certificate.result() == "expired"


@pytest.mark.clause(ORDER_109, "21")
async def test_an_application_to_extend_in_time_meets_the_deadline(world: World) -> None:
    certificate, valid_until = await _certificate(world, months=15)
    filed_on = await world.today()
    await certificate.tell(cases.registration("renewal", filed_on, renews=certificate.id))
    facts = certificate.deadline_facts(RULE)
    assert [fact.type_name() for fact in facts] == ["DeadlineSet", "DeadlineMet"]
    assert isinstance(facts[1], monitoring.DeadlineMet)
    assert (facts[1].met_on, facts[1].late_days) == (filed_on, 0)

    await world.until(valid_until + DAY)
    assert await certificate.result() == "expired"
    assert [fact.type_name() for fact in certificate.deadline_facts(RULE)] == ["DeadlineSet", "DeadlineMet"]


async def test_an_application_is_in_time_by_the_day_it_was_filed_however_late_it_was_registered(world: World) -> None:
    certificate, valid_until = await _certificate(world, months=13)
    filed_on = add_months(valid_until, -12)
    await world.until(filed_on + 5 * DAY)
    await certificate.tell(cases.registration("renewal", filed_on, renews=certificate.id))
    facts = certificate.deadline_facts(RULE)
    assert [fact.type_name() for fact in facts if "Reminded" not in fact.type_name()] == ["DeadlineSet", "DeadlineMissed", "DeadlineMet"]
    assert isinstance(facts[-1], monitoring.DeadlineMet)
    assert facts[-1].late_days == 0


async def test_the_institution_is_reminded_of_the_application_at_its_distances(world: World) -> None:
    certificate, valid_until = await _certificate(world)
    closes_on = compute(RULES, RULE, valid_until).due_on
    await world.until(closes_on)
    reminded = [fact.reminded_on for fact in certificate.deadline_facts(RULE) if isinstance(fact, monitoring.DeadlineReminded)]
    assert [(closes_on - day).days for day in reminded] == [180, 90, 30, 7]


async def test_an_extended_deadline_keeps_the_window_open(world: World) -> None:
    certificate, _ = await _certificate(world, months=13)
    [deadline] = (await certificate.view()).deadlines
    assert deadline.due_on is not None
    later = deadline.due_on + 60 * DAY
    await certificate.tell(await world.services.extend(deadline.deadline_id, later))
    await world.until(deadline.due_on + 2 * DAY)
    assert await certificate.stage() == "renewal_window"
    await world.until(later + DAY)
    assert await certificate.stage() == "last_year"
    assert _asked_at(certificate, council.CLOSE_RENEWAL_WINDOW) >= _midnight(later + DAY)


@pytest.mark.clause(ORDER_109, "25")
async def test_no_extension_of_the_window_lengthens_the_certificate(world: World) -> None:
    certificate, valid_until = await _certificate(world, months=13)
    [deadline] = (await certificate.view()).deadlines
    await certificate.tell(await world.services.extend(deadline.deadline_id, valid_until + 90 * DAY))
    await world.until(valid_until + DAY)
    assert _asked_at(certificate, council.EXPIRE_CERTIFICATE) - _midnight(valid_until + DAY) < MOMENT
    assert await certificate.result() == "expired"


@pytest.mark.clause(ORDER_109, "26")
@pytest.mark.parametrize("months", [20, 15, 6])
async def test_a_certificate_that_ends_early_withdraws_what_is_still_due(world: World, months: int) -> None:
    certificate, _ = await _certificate(world, months=months)
    states = {deadline.state for deadline in (await certificate.view()).deadlines}
    await certificate.tell(cases.ended(certificate.id, await world.today()))

    assert await certificate.result() == "ended"
    assert await certificate.shows(lifecycle.STAGE) == "ended"
    withdrawn = [fact for fact in certificate.deadline_facts(RULE) if isinstance(fact, monitoring.DeadlineWithdrawn)]
    assert len(withdrawn) == (1 if states == {"open"} else 0)
    assert certificate.requests(council.EXPIRE_CERTIFICATE) == []


@pytest.mark.clause(ORDER_109, "21", "26")
@pytest.mark.parametrize("months", [20, 6])
async def test_a_certificate_that_is_re_issued_in_its_last_year_cannot_be_extended_and_misses_nothing(world: World, months: int) -> None:
    valid_until = add_months(await world.today(), months)
    certificate = await world.reissued(valid_until)
    over = compute(RULES, RULE, valid_until).due_on < await world.today()
    assert over is (months == 6)
    assert [deadline.rule for deadline in (await certificate.view()).deadlines] == ([] if over else [RULE])
    assert await certificate.stage() == ("last_year" if over else "valid")
    if over:
        await world.until(valid_until + DAY)
        assert await certificate.result() == "expired"
        assert certificate.requests() == [monitoring.READ_CERTIFICATE_TERM, council.EXPIRE_CERTIFICATE]


@pytest.mark.clause(ORDER_109, "25")
async def test_a_certificate_of_a_rulebook_that_knows_no_renewal_is_valid_to_its_end(world: World) -> None:
    valid_until = add_months(await world.today(), 6)
    certificate = await world.reissued(valid_until, rulebook=load("iqaa-accreditation").ref)
    assert await certificate.stage() == "valid"
    await certificate.tell(cases.registration("case-2", await world.today(), renews=certificate.id))
    await world.until(valid_until + DAY)
    assert await certificate.result() == "expired"
    assert certificate.requests() == [monitoring.READ_CERTIFICATE_TERM, council.EXPIRE_CERTIFICATE]


async def test_a_certificate_whose_step_is_refused_asks_again_when_somebody_resumes_it(world: World) -> None:
    certificate, valid_until = await _certificate(world, months=2)
    refusal = Refused("the certificate is suspended", clause="25")
    world.services.fail(certificate.id, council.EXPIRE_CERTIFICATE, refusal, refusal)
    await world.time.advance_to(_midnight(valid_until + DAY) + timedelta(hours=1))
    assert world.services.tries(certificate.id, council.EXPIRE_CERTIFICATE) == 2
    assert "the certificate is suspended" in str((await certificate.view()).trouble)
    assert await certificate.shows(lifecycle.WAITING_ON) == "operator"
    await certificate.handle.signal("resume")
    assert await certificate.result() == "expired"


@pytest.mark.clause(ORDER_109, "28 (a)")
async def test_a_duplicate_is_due_ten_calendar_days_after_its_application(world: World) -> None:
    certificate, _ = await _certificate(world)
    requested_on = await world.today()
    await certificate.tell(cases.duplicate_requested(certificate.id, requested_on))
    [deadline] = _duplicate_deadlines(certificate)
    assert (deadline.clause, deadline.binds, deadline.anchor_on) == ("28 (a)", "accreditation_body", requested_on)
    assert deadline.due_on == compute(RULES, DUPLICATE, requested_on).due_on >= requested_on + 10 * DAY

    await world.until(requested_on + 2 * DAY)
    await certificate.tell(cases.duplicate_issued(certificate.id, await world.today()))
    *_, met = certificate.deadline_facts(DUPLICATE)
    assert isinstance(met, monitoring.DeadlineMet)
    assert (met.met_on, met.late_days) == (requested_on + 2 * DAY, 0)
    assert await certificate.stage() == "valid"


@pytest.mark.clause(ORDER_109, "28 (a)")
async def test_a_late_duplicate_is_missed_and_then_met_late_and_the_certificate_goes_on(world: World) -> None:
    certificate, valid_until = await _certificate(world, months=2)
    await certificate.tell(cases.duplicate_requested(certificate.id, await world.today()))
    [deadline] = _duplicate_deadlines(certificate)
    await world.until(deadline.due_on + 3 * DAY)
    await certificate.tell(cases.duplicate_issued(certificate.id, await world.today()))
    facts = certificate.deadline_facts(DUPLICATE)
    assert [f.type_name() for f in facts if "Reminded" not in f.type_name()] == ["DeadlineSet", "DeadlineMissed", "DeadlineMet"]
    assert isinstance(facts[-1], monitoring.DeadlineMet)
    assert facts[-1].late_days == 3
    await world.until(valid_until + DAY)
    assert await certificate.result() == "expired"


@pytest.mark.clause(ORDER_109, "28 (a)")
async def test_every_duplicate_of_a_certificate_has_a_deadline_of_its_own(world: World) -> None:
    certificate, _ = await _certificate(world)
    today = await world.today()
    for number in (1, 2):  # both are told before the lifecycle has answered to the first
        await certificate.signal(cases.duplicate_requested(certificate.id, today, number))
        await certificate.signal(cases.duplicate_issued(certificate.id, today, number))
    await world.time.settle()
    await certificate.tell(cases.duplicate_requested(certificate.id, today, 3))
    states = [deadline.state for deadline in (await certificate.view()).deadlines if deadline.rule == DUPLICATE]
    assert states == ["met", "met", "open"]
    third = _duplicate_deadlines(certificate)[-1]
    await world.until(third.due_on + DAY)
    assert [d.state for d in (await certificate.view()).deadlines if d.rule == DUPLICATE] == ["met", "met", "missed"]


async def test_a_duplicate_that_is_still_due_falls_with_its_certificate(world: World) -> None:
    for months, ending in ((20, "ended"), (1, "expired")):
        certificate, valid_until = await _certificate(world, months=months)
        if ending == "expired":
            await world.until(valid_until - 3 * DAY)
        await certificate.tell(cases.duplicate_requested(certificate.id, await world.today()))
        if ending == "ended":
            await certificate.tell(cases.ended(certificate.id, await world.today()))
        else:
            await world.until(valid_until + DAY)
        assert await certificate.result() == ending
        *_, withdrawn = certificate.deadline_facts(DUPLICATE)
        assert isinstance(withdrawn, monitoring.DeadlineWithdrawn)


def _duplicate_deadlines(certificate: Running) -> list[monitoring.DeadlineSet]:
    return [
        fact
        for fact in certificate.world.services.facts(certificate.id)
        if isinstance(fact, monitoring.DeadlineSet) and fact.rule == DUPLICATE
    ]


@pytest.mark.clause("sapattuu-bilim-monitoring", "3.3.c")
async def test_a_certificate_that_the_council_revokes_ends_at_once(world: World) -> None:
    certificate, _ = await _certificate(world)
    await certificate.tell(cases.revoked(certificate.id, await world.today()))
    assert await certificate.result() == "revoked"
    assert await certificate.shows(lifecycle.STAGE) == "revoked"
    assert [type(fact) for fact in certificate.deadline_facts(RULE)] == [monitoring.DeadlineSet, monitoring.DeadlineWithdrawn]
    assert certificate.requests(council.EXPIRE_CERTIFICATE) == []


@pytest.mark.clause("sapattuu-bilim-monitoring", "3.3.b.s2")
async def test_the_days_that_a_suspension_took_move_the_window_and_the_end(world: World) -> None:
    certificate, valid_until = await _certificate(world)
    longer = valid_until + 40 * DAY
    await certificate.tell(cases.restored(certificate.id, await world.today(), longer, valid_until))
    closes_on = compute(RULES, RULE, longer).due_on
    [deadline] = (await certificate.view()).deadlines
    assert deadline.due_on == closes_on
    await world.until(closes_on)
    assert await certificate.stage() == "renewal_window"
    await world.until(valid_until + DAY)
    assert await certificate.status() is WorkflowExecutionStatus.RUNNING
    await certificate.tell(cases.restored(certificate.id, await world.today(), longer + DAY, longer))
    await world.until(longer + DAY)
    assert await certificate.status() is WorkflowExecutionStatus.RUNNING
    await world.until(longer + 2 * DAY)
    assert await certificate.result() == "expired"


@pytest.mark.clause("sapattuu-bilim-monitoring", "3.2.s2")
async def test_nobody_need_apply_to_extend_a_certificate_that_the_council_has_extended(world: World) -> None:
    certificate, valid_until = await _certificate(world)
    await certificate.tell(cases.extended(certificate.id, await world.today()))
    assert [type(fact) for fact in certificate.deadline_facts(RULE)] == [monitoring.DeadlineSet, monitoring.DeadlineWithdrawn]
    await world.until(valid_until + DAY)
    assert await certificate.result() == "expired"
