"""The lifecycle of an accreditation on the time-skipping server (order 109, p. 9-11, 17, 20, 22, 24)."""

import asyncio
import json
from datetime import datetime
from typing import Any

import pytest
from temporalio.client import WorkflowExecutionStatus

from chassis.events import Event
from services.council import contract as council
from services.intake import contract as intake
from services.monitoring import contract as monitoring
from services.review import contract as review
from services.visits import contract as visits
from tests.workflows import cases
from tests.workflows.cases import DAY, World
from tests.workflows.story import to_decision, to_visit, to_visit_report
from workflows import lifecycle

ORDER_109 = "kz-109-2008-accreditation"


def _names(facts: list[Event]) -> list[str]:
    return [fact.type_name() for fact in facts]


@pytest.mark.clause(ORDER_109, "9.1", "9.2", "9.3", "9.4", "9.5", "9.6", "9.7", "9.8", "9.9", "9.10", "10")
async def test_stages_come_in_the_order_of_point_nine_and_show_who_is_waited_for(world: World) -> None:
    case = await world.case()
    today = await world.today()
    seen = []

    async def look() -> None:
        seen.append((await case.stage(), await case.shows(lifecycle.STAGE), await case.shows(lifecycle.WAITING_ON)))

    await look()
    for fact in (
        cases.contract,
        cases.report_received,
        cases.recommendations,
        cases.visit_announced,
        cases.visit_started,
        cases.visit_completed,
        cases.visit_report,
        cases.decision,
    ):
        await case.tell(fact(case.id, today))
        await look()

    assert seen == [
        (stage, stage, whom)
        for stage, whom in [
            ("contract", "institution"),
            ("self_assessment", "institution"),
            ("recommendations", "accreditation_body"),
            ("visit_announcement", "accreditation_body"),
            ("visit_preparation", "expert_commission"),
            ("visit", "expert_commission"),
            ("visit_report", "expert_commission"),
            ("council", "accreditation_council"),
            ("follow_up", "accreditation_body"),
        ]
    ]
    assert case.requests(review.OPEN_SELF_ASSESSMENT, visits.OPEN_VISIT, council.OPEN_CONSIDERATION) == [
        review.OPEN_SELF_ASSESSMENT,
        visits.OPEN_VISIT,
        council.OPEN_CONSIDERATION,
    ]


async def test_a_case_shows_its_agency_its_institution_its_rulebook_and_its_next_deadline(world: World) -> None:
    case = await world.case()
    overall = (await case.view()).deadlines[0].due_at
    assert overall is not None
    assert await case.shows(lifecycle.AGENCY) == world.agency
    assert await case.shows(lifecycle.INSTITUTION) == "kaznu"
    assert await case.shows(lifecycle.RULEBOOK) == f"{ORDER_109}@{cases.RULES.version}"
    assert datetime.fromisoformat(await case.shows(lifecycle.NEXT_DEADLINE)) == overall

    await to_decision(case)
    follow_up = min(d.due_at for d in (await case.view()).deadlines if d.state == "open" and d.due_at)
    assert datetime.fromisoformat(await case.shows(lifecycle.NEXT_DEADLINE)) == follow_up


@pytest.mark.clause(ORDER_109, "9.10", "10", "20", "24")
async def test_an_accredited_case_closes_when_everything_that_follows_the_decision_is_done(world: World) -> None:
    case = await world.case()
    await to_decision(case)
    today = await world.today()
    for fact in (
        cases.published(case.id, today),
        cases.issue("c-1", case.id, today, today.replace(year=today.year + 5)),
        cases.registered("c-1", case.id, today),
    ):
        await case.tell(fact)
        assert await case.status() is WorkflowExecutionStatus.RUNNING
    await case.tell(cases.notified("c-1", case.id, today))

    assert await case.result() == "accredit"
    assert [request.argument.outcome for request in world.services.requests(case.id, intake.CLOSE_CASE)] == ["accredit"]
    for rule in ("overall", "report_publication", "certificate_issue", "register_notice"):
        assert _names(case.deadline_facts(rule)) == ["DeadlineSet", "DeadlineMet"]
    assert await case.shows(lifecycle.STAGE) == "closed"
    assert await case.shows(lifecycle.NEXT_DEADLINE) is None


@pytest.mark.clause(ORDER_109, "22 (a)")
async def test_a_refused_case_waits_for_the_notice_and_for_no_certificate(world: World) -> None:
    case = await world.case()
    await to_decision(case, "refuse")
    today = await world.today()
    await case.tell(cases.published(case.id, today))
    assert {deadline.rule for deadline in (await case.view()).deadlines} == {
        "overall",
        "visit_report",
        "report_publication",
        "refusal_notice",
    }
    await case.tell(cases.refusal_notice(case.id, today))

    assert await case.result() == "refuse"
    assert _names(case.deadline_facts("refusal_notice")) == ["DeadlineSet", "DeadlineMet"]
    assert case.deadline_facts("certificate_issue") == []


@pytest.mark.clause(ORDER_109, "19.1", "19.2", "20", "22 (a)")
async def test_a_decision_that_differs_by_scope_leads_to_a_certificate_and_to_a_notice(world: World) -> None:
    case = await world.case(scopes=("programme:0", "programme:1"))
    await to_decision(case, "accredit", "refuse")
    today = await world.today()
    await case.tell(cases.published(case.id, today))
    await case.tell(cases.issue("c-1", case.id, today, today.replace(year=today.year + 5)))
    await case.tell(cases.registered("c-1", case.id, today))
    await case.tell(cases.notified("c-1", case.id, today))
    assert await case.stage() == "follow_up"
    await case.tell(cases.refusal_notice(case.id, today))

    assert await case.result() == "accredit"
    assert {"certificate_issue", "refusal_notice"} <= {
        d.rule for d in world.services.facts(case.id) if isinstance(d, monitoring.DeadlineSet)
    }


async def test_what_follows_the_decision_may_come_in_any_order(world: World) -> None:
    case = await world.case()
    await to_decision(case)
    today = await world.today()
    await case.tell(cases.notified("c-1", case.id, today))
    await case.tell(cases.registered("c-1", case.id, today))
    await case.tell(cases.issue("c-1", case.id, today, today.replace(year=today.year + 5)))
    await case.tell(cases.published(case.id, today))
    assert await case.result() == "accredit"


async def test_facts_that_come_before_their_stage_count(world: World) -> None:
    case = await world.case()
    today = await world.today()
    for early in (cases.decision, cases.visit_report, cases.visit_completed, cases.visit_started, cases.recommendations):
        await case.tell(early(case.id, today))
    assert await case.stage() == "contract"
    await case.tell(cases.contract(case.id, today))
    assert await case.stage() == "self_assessment"
    await case.tell(cases.report_received(case.id, today))
    assert await case.stage() == "visit_announcement"
    await case.tell(cases.visit_announced(case.id, today))
    assert await case.stage() == "follow_up"
    assert _names(case.deadline_facts("visit_report")) == ["DeadlineSet", "DeadlineMet"]


async def test_a_signal_that_comes_twice_counts_once(world: World) -> None:
    case = await world.case()
    today = await world.today()
    contract = await case.signal(cases.contract(case.id, today))
    await case.repeat(contract)
    await world.time.settle()
    announced = await case.tell(cases.visit_announced(case.id, today))
    await case.repeat(contract)
    await case.repeat(announced)
    for fact in (cases.report_received, cases.recommendations, cases.visit_started, cases.visit_completed, cases.visit_report):
        await case.tell(fact(case.id, today))

    [*_, last] = await case.runs()
    memory = json.loads(last.events[0].workflow_execution_started_event_attributes.input.payloads[0].data)["memory"]
    assert len(memory["seen"]) == len(set(memory["seen"])) == 7
    assert len(case.requests(review.OPEN_SELF_ASSESSMENT)) == 1


async def test_an_older_fact_does_not_replace_a_newer_one_of_its_type(world: World) -> None:
    case = await world.case()
    today = await world.today()
    now = await world.time.now()
    await case.tell(cases.visit_announced(case.id, today), at=now)
    await case.tell(cases.visit_announced(case.id, today - DAY), at=now - DAY)
    assert (await case.view()).facts["VisitAnnounced"]["announced_on"] == today.isoformat()


async def test_each_milestone_begins_a_new_run_that_remembers_everything(world: World) -> None:
    case = await world.case()
    await to_decision(case)
    runs = await case.runs()
    assert len(runs) == 4  # contract, visit report, decision
    view = await case.view()
    assert set(view.facts) == {
        "ContractConcluded",
        "SelfAssessmentReportReceived",
        "RecommendationsIssued",
        "VisitAnnounced",
        "VisitStarted",
        "VisitCompleted",
        "VisitReportSubmitted",
        "DecisionAdopted",
    }
    assert {deadline.rule: deadline.state for deadline in view.deadlines} == {
        "overall": "met",
        "visit_report": "met",
        "report_publication": "open",
        "certificate_issue": "open",
    }
    once = [name for name in case.requests() if name != monitoring.SET_DEADLINE and name != monitoring.MEET_DEADLINE]
    assert len(once) == len(set(once))


@pytest.mark.parametrize(
    ("before", "trigger", "after"),
    [("start", cases.contract, "self_assessment"), ("visit", cases.visit_report, "council"), ("council", cases.decision, "follow_up")],
)
async def test_no_signal_is_lost_around_a_milestone(world: World, before: str, trigger: Any, after: str) -> None:
    case = await world.case()
    if before != "start":
        await (to_visit if before == "visit" else to_visit_report)(case)
    today, now = await world.today(), await world.time.now()
    run_id = await case.run_id()
    sent: list[str] = []

    async def storm() -> None:
        while len(sent) < 150:
            numbers = range(len(sent), len(sent) + 5)
            facts = [cases.visit_announced(case.id, today + number * DAY) for number in numbers]
            sent.extend(signal.event_id for signal in await asyncio.gather(*(case.signal(fact, at=now) for fact in facts)))

    storming = asyncio.create_task(storm())
    while len(sent) < 40:
        await asyncio.sleep(0)
    await case.signal(trigger(case.id, today))
    await storming
    await world.time.settle()

    assert await case.run_id() != run_id
    assert await case.stage() == after
    newest = max(range(150), key=lambda number: sent[number])
    assert (await case.view()).facts["VisitAnnounced"]["announced_on"] == (today + newest * DAY).isoformat()
    taken = await _taken(case)
    assert sorted(taken) == sorted(set(taken))
    assert set(sent) <= set(taken)


async def test_what_follows_from_a_fact_joins_its_trace(world: World) -> None:
    case = await world.case()
    traceparent = f"00-{'ab' * 16}-{'cd' * 8}-01"
    await case.tell(cases.contract(case.id, await world.today()), traceparent=traceparent)
    [opened] = world.services.requests(case.id, review.OPEN_SELF_ASSESSMENT)
    assert opened.traceparent is not None
    assert opened.traceparent.split("-")[1] == "ab" * 16


@pytest.mark.clause(ORDER_109, "17")
async def test_a_report_that_comes_late_is_missed_and_then_met_late_once_each(world: World) -> None:
    case = await world.case()
    await to_visit(case)
    due_on = _due_on(case, "visit_report")
    await world.until(due_on + 6 * DAY)
    assert await case.stage() == "visit_report"
    late_on = await world.today()
    await case.tell(cases.visit_report(case.id, late_on))

    facts = case.deadline_facts("visit_report")
    assert _names(facts) == ["DeadlineSet", "DeadlineReminded", "DeadlineMissed", "DeadlineMet"]
    missed, met = facts[2], facts[3]
    assert isinstance(missed, monitoring.DeadlineMissed)
    assert missed.missed_on == due_on + DAY
    assert isinstance(met, monitoring.DeadlineMet)
    assert met.late_days == 6
    assert await case.stage() == "council"
    assert world.services.tries(case.id, monitoring.MISS_DEADLINE) == 1


@pytest.mark.clause(ORDER_109, "11")
async def test_three_years_without_a_decision_are_missed_and_the_case_goes_on(world: World) -> None:
    case = await world.case()
    due_on = _due_on(case, "overall")
    await to_visit_report(case)
    await world.until(due_on + DAY)
    assert _names(case.deadline_facts("overall"))[-1] == "DeadlineMissed"
    await case.tell(cases.decision(case.id, await world.today()))
    met = case.deadline_facts("overall")[-1]
    assert isinstance(met, monitoring.DeadlineMet)
    assert met.late_days == 1
    assert await case.stage() == "follow_up"


def _due_on(case: cases.Running, rule: str) -> Any:
    [deadline, *_] = case.deadline_facts(rule)
    assert isinstance(deadline, monitoring.DeadlineSet)
    return deadline.due_on


async def _taken(case: cases.Running) -> list[str]:
    """The ids of the events that the last run was begun with and those that were signalled to it."""
    [*_, last] = await case.runs()
    started = last.events[0].workflow_execution_started_event_attributes
    ids: list[str] = json.loads(started.input.payloads[0].data)["memory"]["seen"]
    for event in last.events:
        if event.HasField("workflow_execution_signaled_event_attributes"):
            payload = event.workflow_execution_signaled_event_attributes.input.payloads[0]
            ids.append(json.loads(payload.data)["event_id"])
    return ids
