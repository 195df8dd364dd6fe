"""The deadlines that a lifecycle waits with: reminded, moved, withdrawn, missed; and what a service that refuses or is away does to it."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from chassis.problems import Refused
from regulations import AnnouncedDay, DecreedDay, calendar_for, compute
from regulations.deadlines import add_months
from services.monitoring import contract as monitoring
from services.monitoring.domain import deadline as domain
from services.review import contract as review
from services.visits import contract as visits
from tests.waiting import eventually
from tests.workflows import cases
from tests.workflows.cases import ALMATY, DAY, RULES, Running, World
from tests.workflows.story import to_decision, to_visit
from workflows import lifecycle
from workflows.messages import Watched

ORDER_109 = "kz-109-2008-accreditation"


def _midnight(day: date) -> datetime:
    """The beginning of a local day."""
    return datetime.combine(day, time(), ALMATY).astimezone(UTC)


async def _watched(case: Running, rule: str) -> Watched:
    return next(deadline for deadline in (await case.view()).deadlines if deadline.rule == rule)


def _asked_at(case: Running, activity: str) -> list[datetime]:
    return [request.at for request in case.world.services.requests(case.id, activity)]


@pytest.mark.clause(ORDER_109, "11")
async def test_reminders_go_out_at_their_distances_once_each(world: World) -> None:
    case = await world.case()
    due = compute(RULES, "overall", await world.today())
    await world.until(due.due_on)

    reminded = _asked_at(case, monitoring.REMIND)
    assert [(due.due_on - at.astimezone(ALMATY).date()).days for at in reminded] == [365, 180, 90, 30, 7]
    assert all(at - _midnight(at.astimezone(ALMATY).date()) < timedelta(minutes=1) for at in reminded)
    facts = case.deadline_facts("overall")
    assert [fact.reminded_on for fact in facts if isinstance(fact, monitoring.DeadlineReminded)] == list(due.reminders_on)
    assert case.requests(monitoring.MISS_DEADLINE) == []


@pytest.mark.clause(ORDER_109, "17")
async def test_a_deadline_is_missed_when_its_last_local_day_ends_and_not_before(world: World) -> None:
    case = await world.case()
    await to_visit(case)
    due = compute(RULES, "visit_report", await world.today())
    await world.time.advance_to(_midnight(due.due_on + DAY) - timedelta(seconds=5))
    assert case.requests(monitoring.MISS_DEADLINE) == []
    await world.until(due.due_on + DAY, hour=1)
    [missed_at] = _asked_at(case, monitoring.MISS_DEADLINE)
    assert timedelta() <= missed_at - _midnight(due.due_on + DAY) < timedelta(minutes=1)


async def test_what_was_done_in_time_is_neither_reminded_of_nor_missed(world: World) -> None:
    case = await world.case()
    await to_visit(case)
    today = await world.today()
    await case.tell(cases.visit_report(case.id, today))
    await world.until(compute(RULES, "visit_report", today).due_on + 2 * DAY)
    assert [fact.type_name() for fact in case.deadline_facts("visit_report")] == ["DeadlineSet", "DeadlineMet"]


async def test_a_deadline_that_a_person_extends_is_missed_at_its_new_end(world: World) -> None:
    case = await world.case()
    await to_visit(case)
    before = await _watched(case, "visit_report")
    assert before.due_on is not None
    new_end = before.due_on + 10 * DAY
    await case.tell(await world.services.extend(before.deadline_id, new_end))

    moved = await _watched(case, "visit_report")
    assert (moved.due_on, moved.due_at) == (new_end, _midnight(new_end + DAY))
    await world.until(before.due_on + 2 * DAY)
    assert case.requests(monitoring.MISS_DEADLINE) == []
    await world.until(new_end + DAY)
    assert len(case.requests(monitoring.MISS_DEADLINE)) == 1
    reminded = [fact.reminded_on for fact in case.deadline_facts("visit_report") if isinstance(fact, monitoring.DeadlineReminded)]
    assert reminded == [new_end - DAY]


@pytest.mark.clause(ORDER_109, "17")
async def test_a_visit_whose_last_day_was_recorded_wrongly_moves_the_end_of_the_term_of_its_report(world: World) -> None:
    case = await world.case()
    await to_visit(case, completed=False)
    today = await world.today()
    completed = await case.tell(cases.visit_completed(case.id, today))
    before = await _watched(case, "visit_report")
    right = today + 20 * DAY
    await case.tell(
        visits.VisitCorrected(
            case_id=case.id,
            corrects=completed.event_id,
            fact="VisitCompleted",
            version=7,
            previous={"ended_on": today.isoformat()},
            corrected={"ended_on": right.isoformat()},
            reason="It was read from the wrong paper.",
            corrected_on=today,
        )
    )
    moved = await _watched(case, "visit_report")
    assert (before.due_on, moved.due_on) == (compute(RULES, "visit_report", today).due_on, compute(RULES, "visit_report", right).due_on)
    [request] = world.services.requests(case.id, monitoring.MOVE_ANCHOR)
    assert request.argument.anchor_on == right


async def test_an_extension_whose_message_is_still_under_way_is_learnt_from_monitoring(world: World) -> None:
    case = await world.case()
    await to_visit(case)
    before = await _watched(case, "visit_report")
    assert before.due_on is not None
    await world.until(before.due_on)
    new_end = before.due_on + 10 * DAY
    extended = await world.services.extend(before.deadline_id, new_end)
    await world.until(before.due_on + 2 * DAY)

    assert len(case.requests(monitoring.MISS_DEADLINE)) == 1
    assert (await _watched(case, "visit_report")).due_on == new_end
    await case.tell(extended)
    await world.until(new_end + DAY)
    facts = [fact.type_name() for fact in case.deadline_facts("visit_report")]
    assert facts.count("DeadlineMissed") == 1
    assert facts.index("DeadlineMissed") > facts.index("DeadlineExtended")


def _closed(monkeypatch: pytest.MonkeyPatch, first: date, days: int) -> None:
    """By decree nobody works on these days."""
    decreed = tuple(DecreedDay(date=first + DAY * n, kind="off", instrument="Decree 4") for n in range(days))
    monkeypatch.setattr(domain, "calendar_for", lambda country: calendar_for(country, decreed))


async def test_a_deadline_that_a_changed_calendar_moves_later_is_reminded_of_and_missed_at_its_new_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await world.case()
    await to_visit(case)
    before = await _watched(case, "visit_report")
    assert before.due_on is not None
    _closed(monkeypatch, before.due_on, 7)
    recomputed = await world.services.recompute(before.deadline_id)
    new_end = recomputed.due_on
    assert new_end >= before.due_on + 7 * DAY
    await case.tell(recomputed)

    moved = await _watched(case, "visit_report")
    assert (moved.due_on, moved.due_at) == (new_end, _midnight(new_end + DAY))
    assert await case.shows(lifecycle.NEXT_DEADLINE) is not None
    await world.until(new_end)
    assert case.requests(monitoring.MISS_DEADLINE) == []
    reminded = [fact.reminded_on for fact in case.deadline_facts("visit_report") if isinstance(fact, monitoring.DeadlineReminded)]
    assert reminded == [new_end - DAY]
    await world.until(new_end + DAY)
    [missed_at] = _asked_at(case, monitoring.MISS_DEADLINE)
    assert timedelta() <= missed_at - _midnight(new_end + DAY) < timedelta(minutes=1)


async def test_a_deadline_that_a_changed_calendar_moves_earlier_is_reminded_of_and_missed_at_its_new_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await world.case()
    _closed(monkeypatch, await world.today(), 140)
    await to_visit(case)
    before = await _watched(case, "visit_report")
    monkeypatch.undo()
    recomputed = await world.services.recompute(before.deadline_id)
    new_end = recomputed.due_on
    assert before.due_on is not None
    assert before.due_on >= new_end + 5 * DAY
    await case.tell(recomputed)

    assert (await _watched(case, "visit_report")).due_on == new_end
    await world.time.advance_to(_midnight(new_end + DAY) - timedelta(seconds=5))
    assert case.requests(monitoring.MISS_DEADLINE) == []
    reminded = [fact.reminded_on for fact in case.deadline_facts("visit_report") if isinstance(fact, monitoring.DeadlineReminded)]
    assert reminded == [new_end - DAY]
    await world.until(new_end + DAY, hour=1)
    [missed_at] = _asked_at(case, monitoring.MISS_DEADLINE)
    assert timedelta() <= missed_at - _midnight(new_end + DAY) < timedelta(minutes=1)
    assert [fact.type_name() for fact in case.deadline_facts("visit_report")][-1] == "DeadlineMissed"


async def test_a_deadline_that_moves_to_a_day_that_has_passed_is_missed_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case = await world.case()
    _closed(monkeypatch, await world.today(), 140)
    await to_visit(case)
    before = await _watched(case, "visit_report")
    monkeypatch.undo()
    new_end = compute(RULES, "visit_report", await world.today()).due_on
    await world.until(new_end + 2 * DAY)
    assert case.requests(monitoring.MISS_DEADLINE) == []
    await case.tell(await world.services.recompute(before.deadline_id))

    assert len(case.requests(monitoring.MISS_DEADLINE)) == 1
    [missed] = [fact for fact in case.deadline_facts("visit_report") if isinstance(fact, monitoring.DeadlineMissed)]
    assert missed.missed_on == new_end + DAY
    assert (await _watched(case, "visit_report")).state == "missed"


async def test_of_two_moves_that_arrive_in_the_wrong_order_the_newer_holds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case = await world.case()
    await to_visit(case)
    before = await _watched(case, "visit_report")
    assert before.due_on is not None
    _closed(monkeypatch, before.due_on, 7)
    later = await world.services.recompute(before.deadline_id)
    monkeypatch.undo()
    back = await world.services.recompute(before.deadline_id)
    assert back.due_on == before.due_on < later.due_on
    await case.tell(back)
    await case.tell(later)
    assert (await _watched(case, "visit_report")).due_on == before.due_on


async def test_a_recomputation_that_moves_nothing_leaves_the_timer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case = await world.case()
    await to_visit(case)
    before = await _watched(case, "visit_report")
    told = AnnouncedDay(estimated=date(2099, 1, 1), date=date(2099, 1, 1), instrument="Announcement", dated=date(2098, 12, 1))
    monkeypatch.setattr(domain, "calendar_for", lambda country: calendar_for(country, (), (told,)))
    await case.tell(await world.services.recompute(before.deadline_id))
    after = await _watched(case, "visit_report")
    assert (after.due_at, after.reminders_at, after.state) == (before.due_at, before.reminders_at, "open")


async def test_a_deadline_that_a_person_withdraws_is_dropped(world: World) -> None:
    case = await world.case()
    await to_visit(case)
    watched = await _watched(case, "visit_report")
    assert watched.due_on is not None
    await case.tell(await world.services.withdraw(watched.deadline_id))

    assert (await _watched(case, "visit_report")).state == "withdrawn"
    await world.until(watched.due_on + 2 * DAY)
    assert case.requests(monitoring.MISS_DEADLINE, monitoring.REMIND) == []
    await case.tell(cases.visit_report(case.id, await world.today()))
    assert case.requests(monitoring.MEET_DEADLINE) == []
    assert await case.stage() == "council"


async def test_deadlines_that_end_on_the_same_day_are_each_missed_once(world: World) -> None:
    case = await world.case()
    await to_decision(case)
    due_on = compute(RULES, "certificate_issue", await world.today()).due_on
    await world.until(due_on + DAY)
    for rule in ("certificate_issue", "report_publication"):
        assert [fact.type_name() for fact in case.deadline_facts(rule)].count("DeadlineMissed") == 1
    assert await case.shows(lifecycle.NEXT_DEADLINE) is None


async def test_what_was_done_in_time_is_not_missed_while_another_deadline_waits_for_its_answer(world: World) -> None:
    case = await world.case()
    await to_decision(case)
    today = await world.today()
    due_on = compute(RULES, "certificate_issue", today).due_on
    world.services.fail(case.id, monitoring.MISS_DEADLINE, Refused("the register is closed", clause="20"))
    await world.time.advance_to(_midnight(due_on + DAY) + timedelta(seconds=10))
    await case.tell(cases.published(case.id, today))
    await case.handle.signal("resume")
    await world.time.settle()
    assert [fact.type_name() for fact in case.deadline_facts("report_publication")][-1] == "DeadlineMet"
    assert len(case.requests(monitoring.MISS_DEADLINE)) == 1


async def test_a_request_that_is_refused_shows_its_trouble_and_resume_asks_again(world: World) -> None:
    case = await world.case()
    world.services.fail(case.id, review.OPEN_SELF_ASSESSMENT, Refused("the standards are not in force", clause="9.2"))
    await case.tell(cases.contract(case.id, await world.today()))

    trouble = (await case.view()).trouble
    assert trouble is not None
    assert review.OPEN_SELF_ASSESSMENT in trouble
    assert "not in force" in trouble
    assert await case.shows(lifecycle.WAITING_ON) == "operator"
    await case.handle.signal("resume")
    await world.time.settle()
    assert (await case.view()).trouble is None
    assert await case.shows(lifecycle.WAITING_ON) == "institution"
    assert world.services.tries(case.id, review.OPEN_SELF_ASSESSMENT) == 2
    assert await case.stage() == "self_assessment"


async def test_a_refused_request_is_asked_again_soon_and_then_every_day(world: World) -> None:
    case = await world.case()
    refusals = [Refused("not yet", clause="9.2") for _ in range(3)]
    world.services.fail(case.id, review.OPEN_SELF_ASSESSMENT, *refusals)
    asked = await world.time.now()
    await case.tell(cases.contract(case.id, await world.today()))

    tries = []
    for at in (asked, asked + timedelta(minutes=2), asked + timedelta(days=1, minutes=3), asked + timedelta(days=2, minutes=4)):
        await world.time.advance_to(at)
        tries.append(world.services.tries(case.id, review.OPEN_SELF_ASSESSMENT))
    assert tries == [1, 2, 3, 4]
    assert await case.stage() == "self_assessment"


async def test_two_troubles_at_once_are_each_shown_until_it_is_over(world: World) -> None:
    today = await world.today()
    case = await world.case(registered_on=add_months(today, -36) + 3 * DAY)
    due_at = (await _watched(case, "overall")).due_at
    assert due_at is not None
    lasting = [Refused("the standards are not in force", clause="9.2") for _ in range(9)]
    world.services.fail(case.id, review.OPEN_SELF_ASSESSMENT, *lasting)
    world.services.fail(case.id, monitoring.MISS_DEADLINE, Refused("the register is closed", clause="11"))
    await case.tell(cases.contract(case.id, today))

    await world.time.advance_to(due_at + timedelta(seconds=30))
    both = str((await case.view()).trouble)
    assert "the register is closed" in both
    assert "not in force" in both
    await world.time.advance_to(due_at + timedelta(seconds=90))
    one = str((await case.view()).trouble)
    assert "the register is closed" not in one
    assert "not in force" in one


async def test_a_failure_that_is_no_refusal_is_tried_again_at_once(world: World) -> None:
    case = await world.case()
    world.services.fail(case.id, review.OPEN_SELF_ASSESSMENT, OSError("the database is away"), OSError("still away"))
    await case.signal(cases.contract(case.id, await world.today()))

    async def opened() -> bool:
        return bool(case.requests(review.OPEN_SELF_ASSESSMENT))

    await eventually(opened, "the third try succeeds")
    assert world.services.requests(case.id, review.OPEN_SELF_ASSESSMENT)[0].attempt == 3
    await world.time.settle()
    assert (await case.view()).trouble is None


async def test_monitoring_whose_clock_is_far_behind_is_asked_once_a_minute(world: World) -> None:
    case = await world.case()
    await to_visit(case)
    watched = await _watched(case, "visit_report")
    assert watched.due_on is not None
    world.services.behind = timedelta(hours=1)
    try:
        await world.time.advance_to(_midnight(watched.due_on + DAY) + timedelta(minutes=10))
        assert 5 <= len(case.requests(monitoring.MISS_DEADLINE)) <= 12
    finally:
        world.services.behind = timedelta()
    await world.time.advance_to(_midnight(watched.due_on + DAY) + timedelta(minutes=20))
    assert [fact.type_name() for fact in case.deadline_facts("visit_report")].count("DeadlineMissed") == 1
