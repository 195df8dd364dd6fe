"""The same lifecycle by IQAA's procedure, on the time-skipping server (IQAA, S1-S4)."""

from datetime import timedelta

import pytest
from temporalio.client import WorkflowExecutionStatus

from chassis.problems import Refused
from services.council import contract as council
from services.intake import contract as intake
from services.monitoring import contract as monitoring
from services.review import contract as review
from services.visits import contract as visits
from tests.workflows import cases, iqaa
from tests.workflows.cases import DAY, World
from workflows import lifecycle

IQAA = "iqaa-accreditation"
OPENS = (review.OPEN_SELF_ASSESSMENT, visits.OPEN_VISIT, council.OPEN_CONSIDERATION)


@pytest.mark.clause(IQAA, "P.3", "S1.c.1", "S1.d", "S1.e", "S1.f.1", "S1.f.2", "S1.g", "S1.h", "S2.a", "S2.c.1", "S2.d", "S2.e.1", "S2.e.2")
@pytest.mark.clause(IQAA, "S2.f.1", "S2.g", "S2.h", "S3.a", "S3.b", "S3.c.1", "S3.d", "S3.f.1", "S3.f.2", "S3.g", "S3.h", "S4.a")
async def test_an_institutional_case_shows_the_rulebooks_stages_and_closes_with_what_follows_the_decision(world: World) -> None:
    case = await iqaa.begin(world, f"case-of-{world.agency}")
    today = await world.today()
    phases = []
    for stage, waiting_on, fact in iqaa.WAY:
        view = await case.view()
        assert (view.stage, view.waiting_on) == (stage, waiting_on)
        assert await case.shows(lifecycle.STAGE) == stage
        phases += [view.phase] if view.phase not in phases else []
        await case.tell(fact(case.id, today))

    assert await case.result() == "accredit"
    assert phases == ["stage_1", "stage_2", "stage_3", "stage_4"]
    assert case.requests(*OPENS) == list(OPENS)
    [opened] = world.services.requests(case.id, review.OPEN_SELF_ASSESSMENT)
    assert opened.argument.kind == "institutional"
    assert [request.argument.outcome for request in world.services.requests(case.id, intake.CLOSE_CASE)] == ["accredit"]
    assert [fact.type_name() for fact in case.deadline_facts("materials_to_experts")] == ["DeadlineSet", "DeadlineMet"]


@pytest.mark.clause(IQAA, "S1.h", "S3.h")
async def test_a_programme_has_no_preliminary_audit_and_the_ministry_is_not_told_of_it(world: World) -> None:
    case = await iqaa.begin(world, f"case-of-{world.agency}", kind="programme", scopes=("programme:1",))
    await iqaa.to(case, "final_version")
    today = await world.today()
    await case.tell(iqaa.accepted(case.id, today, audit_needed=False))
    assert await case.stage() == "panel_formation"
    passed = [fact for stage, _, fact in iqaa.WAY]
    for fact in passed[passed.index(iqaa.panel) : passed.index(iqaa.decision)]:
        await case.tell(fact(case.id, today))
    await case.tell(iqaa.decision(case.id, today, {"programme:1": "accredit"}))
    for after in iqaa.AFTER:
        assert await case.status() is WorkflowExecutionStatus.RUNNING
        if after is not iqaa.ministry:
            await case.tell(after(case.id, today))
    assert await case.result() == "accredit"


@pytest.mark.clause(IQAA, "S3.f.1", "S3.f.2", "S3.g", "S3.h", "S4.a")
async def test_a_case_that_is_not_accredited_waits_for_notices_publication_and_deqar_alone(world: World) -> None:
    case = await iqaa.begin(world, f"case-of-{world.agency}")
    await iqaa.to(case, "decision")
    today = await world.today()
    await case.tell(iqaa.decision(case.id, today, {"institution": "not_accredit"}))
    for fact in (iqaa.notice, iqaa.published, iqaa.deqar):
        await case.tell(fact(case.id, today))
    assert await case.stage() == "decision_notice"  # the panel is not told yet
    await case.tell(iqaa.notice(case.id, today, "expert_panel"))
    assert await case.result() == "not_accredit"


@pytest.mark.clause(IQAA, "S1.c.2")
async def test_the_preliminary_trip_is_waited_for_where_the_agency_works_with_the_institution_for_the_first_time(world: World) -> None:
    case = await iqaa.begin(world, f"case-of-{world.agency}")
    today = await world.today()
    await case.tell(iqaa.contract(case.id, today, first_time=True))
    await case.tell(iqaa.coordinator(case.id, today))
    assert await case.stage() == "preliminary_trip"
    await case.tell(iqaa.trip(case.id, today))
    assert await case.stage() == "seminars"


@pytest.mark.clause(IQAA, "S1.c.2")
async def test_a_person_who_states_that_it_is_not_the_first_time_spares_the_trip(world: World) -> None:
    case = await iqaa.begin(world, f"case-of-{world.agency}")
    today = await world.today()
    await case.tell(iqaa.contract(case.id, today, first_time=True))
    await case.tell(iqaa.coordinator(case.id, today))
    await case.tell(iqaa.not_first_time(case.id, today))
    assert await case.stage() == "seminars"


@pytest.mark.clause(IQAA, "S2.b")
async def test_the_panel_may_be_formed_while_the_first_version_is_examined(world: World) -> None:
    case = await iqaa.begin(world, f"case-of-{world.agency}")
    await iqaa.to(case, "technical_examination")
    assert case.requests(visits.OPEN_VISIT) == [visits.OPEN_VISIT]
    today = await world.today()
    await case.tell(iqaa.panel(case.id, today))
    await case.tell(iqaa.told(case.id, today))
    assert await case.stage() == "technical_examination"
    await case.tell(iqaa.examined(case.id, today))
    await case.tell(iqaa.results(case.id, today))
    await case.tell(iqaa.version(case.id, today, 2))
    await case.tell(iqaa.accepted(case.id, today))
    await case.tell(iqaa.audit(case.id, today))
    assert await case.stage() == "materials"


@pytest.mark.clause(IQAA, "S2.d")
async def test_a_visit_that_is_moved_moves_the_last_day_for_the_materials(world: World) -> None:
    case = await iqaa.begin(world, f"case-of-{world.agency}")
    await iqaa.to(case, "materials")
    today = await world.today()
    await case.tell(iqaa.announced(case.id, today, in_days=40))
    [deadline] = [d for d in (await case.view()).deadlines if d.rule == "materials_to_experts"]
    assert deadline.due_on == today + 26 * DAY

    await case.tell(iqaa.announced(case.id, today, in_days=60))
    [moved] = [d for d in (await case.view()).deadlines if d.rule == "materials_to_experts"]
    assert moved.due_on == today + 46 * DAY
    assert len(case.requests(monitoring.MOVE_ANCHOR)) == 1
    await world.until(today + 30 * DAY)
    assert case.requests(monitoring.MISS_DEADLINE) == []
    await world.until(today + 47 * DAY)
    assert case.requests(monitoring.MISS_DEADLINE) == [monitoring.MISS_DEADLINE]
    await case.tell(iqaa.announced(case.id, await world.today(), in_days=90))
    assert len(case.requests(monitoring.MOVE_ANCHOR)) == 1  # what was missed stays missed


@pytest.mark.clause(IQAA, "S1.b.2")
async def test_the_contracts_last_days_are_deadlines_that_the_facts_of_their_steps_meet(world: World) -> None:
    case = await iqaa.begin(world, f"case-of-{world.agency}")
    today = await world.today()
    days = {"contract": 1, "coordinator": 5, "seminars": 20, "rework": 50, "expert_replacement": 60, "decision_notice": 300}
    await case.tell(iqaa.contract(case.id, today, due_dates={step: today + n * DAY for step, n in days.items()}))
    rules = {deadline.rule: deadline for deadline in (await case.view()).deadlines}
    assert set(rules) == {f"contract:{step}" for step in days if step != "contract"}  # what is behind is not due any more
    assert rules["contract:coordinator"].due_on == today + 5 * DAY
    set_fact = case.deadline_facts("contract:coordinator")[0]
    assert isinstance(set_fact, monitoring.DeadlineSet)
    assert (set_fact.source, set_fact.anchor_on) == ("contract", today)

    await case.tell(iqaa.coordinator(case.id, today))
    await world.until(today + 22 * DAY)
    late_on = await world.today()
    await case.tell(iqaa.seminar(case.id, late_on))
    assert [fact.type_name() for fact in case.deadline_facts("contract:coordinator")] == ["DeadlineSet", "DeadlineMet"]
    assert [fact.type_name() for fact in case.deadline_facts("contract:seminars")][-2:] == ["DeadlineMissed", "DeadlineMet"]

    # the first version needs no rework: what the contract says of it falls
    for fact in (iqaa.version(case.id, late_on), iqaa.accepted(case.id, late_on, 1)):
        await case.tell(fact)
    assert case.deadline_facts("contract:rework")[-1].type_name() == "DeadlineWithdrawn"

    # of a step that lifecycles hear nothing of only a person can say that it was done
    await world.until(today + 61 * DAY)
    assert case.deadline_facts("contract:expert_replacement")[-1].type_name() == "DeadlineMissed"


@pytest.mark.clause(IQAA, "S1.b.2", "S3.d")
async def test_a_contracts_deadline_of_the_notice_is_met_with_the_last_channel_before_the_case_closes(world: World) -> None:
    case = await iqaa.begin(world, f"case-of-{world.agency}")
    today = await world.today()
    due_dates = {"decision_notice": today + 300 * DAY, "follow_up": today + 400 * DAY, "complaint": today + 500 * DAY}
    await case.tell(iqaa.contract(case.id, today, due_dates=due_dates))
    for _, _, fact in iqaa.WAY[1:]:
        await case.tell(fact(case.id, today))
    assert await case.result() == "accredit"
    ends = {step: case.deadline_facts(f"contract:{step}")[-1].type_name() for step in due_dates}
    assert ends == {"decision_notice": "DeadlineMet", "follow_up": "DeadlineMet", "complaint": "DeadlineWithdrawn"}


@pytest.mark.parametrize("stops_clock", [True, False])
async def test_a_suspended_case_rests_in_every_service_that_has_it_and_its_clock_where_that_was_said(
    world: World, stops_clock: bool
) -> None:
    case = await iqaa.begin(world, f"case-of-{world.agency}")
    await iqaa.to(case, "panel_notice")
    today = await world.today()
    await case.tell(iqaa.told(case.id, today))
    await case.tell(iqaa.announced(case.id, today, in_days=40))
    await case.tell(iqaa.suspended(case.id, today, stops_clock=stops_clock))
    assert case.requests(review.SUSPEND, visits.SUSPEND, council.SUSPEND) == [review.SUSPEND, visits.SUSPEND]
    view = await case.view()
    assert view.suspended_on == today
    assert await case.shows(lifecycle.WAITING_ON) == "resumption"
    assert [d.state for d in view.deadlines] == (["suspended"] if stops_clock else ["open"])

    await world.until(today + 30 * DAY)
    assert case.requests(monitoring.MISS_DEADLINE) == ([] if stops_clock else [monitoring.MISS_DEADLINE])
    later = await world.today()
    await case.tell(iqaa.resumed(case.id, today, later, stopped_clock=stops_clock))
    assert case.requests(review.RESUME, visits.RESUME, council.RESUME) == [review.RESUME, visits.RESUME]
    view = await case.view()
    assert view.suspended_on is None
    if stops_clock:
        assert [(d.state, d.due_on) for d in view.deadlines] == [("open", today + 56 * DAY)]
    await case.tell(iqaa.materials(case.id, later))
    assert await case.stage() == "webinar"


async def test_a_case_may_be_suspended_again_and_while_nobody_listened(world: World) -> None:
    case = await iqaa.begin(world, f"case-of-{world.agency}")
    await iqaa.to(case, "panel_notice")
    today, now = await world.today(), await world.time.now()
    await case.tell(iqaa.told(case.id, today))
    await case.tell(iqaa.announced(case.id, today, in_days=40))
    turns = [
        iqaa.suspended(case.id, today),
        iqaa.resumed(case.id, today, today + 3 * DAY),
        iqaa.suspended(case.id, today + 5 * DAY),
        iqaa.resumed(case.id, today + 5 * DAY, today + 9 * DAY),
    ]
    for number, turn in enumerate(turns):
        await case.signal(turn, at=now + timedelta(minutes=number))
    await world.time.settle()
    [deadline] = (await case.view()).deadlines
    assert (deadline.state, deadline.due_on) == ("open", today + (26 + 3 + 4) * DAY)
    assert case.requests(review.SUSPEND, review.RESUME) == [review.SUSPEND, review.RESUME] * 2


@pytest.mark.parametrize("ending", [iqaa.withdrawn, iqaa.terminated, iqaa.discontinued])
@pytest.mark.parametrize("stage", ["contract", "technical_examination", "webinar", "decision", "site_publication"])
async def test_a_case_that_ends_without_its_stages_is_closed_in_every_service_that_has_it(world: World, stage: str, ending: object) -> None:
    case = await iqaa.begin(world, f"case-of-{world.agency}")
    await iqaa.to(case, stage)
    today = await world.today()
    await case.tell(ending(case.id, today))  # type: ignore[operator]

    word = ending.__name__  # type: ignore[attr-defined]
    assert await case.result() == word
    opened = case.requests(*OPENS)
    closes = {review.OPEN_SELF_ASSESSMENT: review.CLOSE, visits.OPEN_VISIT: visits.CLOSE, council.OPEN_CONSIDERATION: council.CLOSE}
    assert case.requests(review.CLOSE, visits.CLOSE, council.CLOSE) == [closes[name] for name in opened]
    assert [request.argument.outcome for request in world.services.requests(case.id, intake.CLOSE_CASE)] == [word]
    assert await case.shows(lifecycle.STAGE) == word


async def test_a_case_that_ends_takes_its_open_deadlines_with_it_suspended_ones_too(world: World) -> None:
    case = await iqaa.begin(world, f"case-of-{world.agency}")
    today = await world.today()
    await case.tell(iqaa.contract(case.id, today, due_dates={"seminars": today + 20 * DAY}))
    await case.tell(iqaa.suspended(case.id, today))
    assert [d.state for d in (await case.view()).deadlines] == ["suspended"]
    await case.tell(iqaa.withdrawn(case.id, today))
    assert await case.result() == "withdrawn"
    withdrawn = case.deadline_facts("contract:seminars")[-1]
    assert isinstance(withdrawn, monitoring.DeadlineWithdrawn)
    assert withdrawn.reason == "the case was withdrawn"


async def test_what_a_service_refuses_does_not_hold_up_the_end_of_a_case(world: World) -> None:
    case = await iqaa.begin(world, f"case-of-{world.agency}")
    await iqaa.to(case, "self_assessment")
    today = await world.today()
    world.services.fail(case.id, visits.OPEN_VISIT, Refused("not now", clause="S2.b"))
    await case.tell(iqaa.version(case.id, today))
    assert "not now" in str((await case.view()).trouble)
    await case.tell(iqaa.withdrawn(case.id, today))
    assert await case.result() == "withdrawn"
    assert case.requests(visits.OPEN_VISIT, visits.CLOSE) == []  # what was never opened is neither opened now nor closed


async def test_a_withdrawal_of_a_case_of_order_109_ends_it_too(world: World) -> None:
    case = await world.case()
    await case.tell(cases.contract(case.id, await world.today()))
    await case.tell(iqaa.withdrawn(case.id, await world.today()))
    assert await case.result() == "withdrawn"
    assert case.deadline_facts("overall")[-1].type_name() == "DeadlineWithdrawn"
    assert case.requests(review.CLOSE, visits.CLOSE) == [review.CLOSE]
