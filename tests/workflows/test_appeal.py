"""Appeals: what becomes of a decision that follows, or that was followed already (order 109, p. 27; IQAA, S3.e)."""

import pytest
from temporalio.client import WorkflowExecutionStatus

from services.council import contract as council
from services.intake import contract as intake
from services.review import contract as review
from services.visits import contract as visits
from tests.workflows import cases, iqaa
from tests.workflows.cases import DAY, Running, World
from tests.workflows.story import to_decision
from workflows import lifecycle

IQAA = "iqaa-accreditation"
ORDER_109 = "kz-109-2008-accreditation"

A_NEW_VISIT = [fact for _, _, fact in iqaa.WAY][11:24]


async def _decided(world: World, *, closed: bool) -> Running:
    """A case of IQAA that was accredited; closed, or in what follows the decision."""
    case = await iqaa.begin(world, f"case-of-{world.agency}")
    await iqaa.to(case, "decision_notice")
    if closed:
        await _followed(case)
        assert await case.result() == "accredit"
    world.services.knows(case.id, iqaa.RULES)
    return case


async def _followed(case: Running) -> None:
    for fact in iqaa.AFTER:
        await case.tell(fact(case.id, await case.world.today()))


def _rounds(world: World, case: Running) -> list[int]:
    return [request.argument.round for request in world.services.requests(case.id, visits.OPEN_VISIT)]


def _outcomes(world: World, case: Running) -> list[str]:
    return [request.argument.outcome for request in world.services.requests(case.id, intake.CLOSE_CASE)]


@pytest.mark.clause(IQAA, "S3.e")
@pytest.mark.clause(ORDER_109, "27")
async def test_an_appeal_has_a_lifecycle_of_its_own_which_ends_with_its_outcome(world: World) -> None:
    case = await _decided(world, closed=True)
    today = await world.today()
    appeal = await world.begin(iqaa.appeal(case.id, today))
    assert (await appeal.stage(), await appeal.shows(lifecycle.WAITING_ON)) == ("appeal", "appeal_body")
    await world.publish(iqaa.appeal_decided(case.id, today, "upheld"))
    assert await appeal.result() == "upheld"
    assert appeal.requests() == []
    assert await case.status() is WorkflowExecutionStatus.COMPLETED


@pytest.mark.clause(IQAA, "S3.e")
async def test_a_closed_case_whose_decision_is_sent_back_is_reopened_visited_again_decided_and_closed_again(world: World) -> None:
    case = await _decided(world, closed=True)
    today = await world.today()
    await world.publish(iqaa.appeal(case.id, today))
    await world.publish(iqaa.appeal_decided(case.id, today, "remitted", new_visit=True))

    assert case.requests(intake.REOPEN_CASE) == [intake.REOPEN_CASE]
    assert _rounds(world, case) == [1, 2]
    assert await case.stage() == "panel_formation"
    for fact in A_NEW_VISIT:
        await case.tell(fact(case.id, today))
    assert await case.stage() == "decision"
    assert case.requests(council.OPEN_CONSIDERATION, review.OPEN_SELF_ASSESSMENT).count(council.OPEN_CONSIDERATION) == 1
    await case.tell(iqaa.decision(case.id, today, {"institution": "not_accredit"}))
    assert await case.stage() == "decision_notice"
    await _followed(case)
    assert await case.result() == "not_accredit"
    assert _outcomes(world, case) == ["accredit", "not_accredit"]
    assert len(case.deadline_facts("materials_to_experts")) == 4  # one in each round, set and met


@pytest.mark.clause(IQAA, "S3.e")
async def test_what_is_told_twice_of_an_appeal_reopens_a_case_once(world: World) -> None:
    case = await _decided(world, closed=True)
    today = await world.today()
    appeal = await world.begin(iqaa.appeal(case.id, today))
    decided = iqaa.appeal_decided(case.id, today, "remitted")
    await world.publish(decided)
    assert await appeal.result() == "remitted"
    await case.tell(iqaa.decision(case.id, today))
    await _followed(case)
    assert await case.result() == "accredit"
    await world.publish(decided)
    assert await case.status() is WorkflowExecutionStatus.COMPLETED
    assert case.requests(intake.REOPEN_CASE) == [intake.REOPEN_CASE]
    assert _rounds(world, case) == [1]


@pytest.mark.clause(IQAA, "S3.e")
async def test_a_case_that_the_council_has_decided_anew_meanwhile_is_not_reopened(world: World) -> None:
    case = await _decided(world, closed=True)
    world.services.knows(case.id, iqaa.RULES, remitted=False)
    today = await world.today()
    appeal = await world.begin(iqaa.appeal(case.id, today))
    await world.publish(iqaa.appeal_decided(case.id, today, "remitted"))
    assert await appeal.result() == "remitted"
    assert await case.status() is WorkflowExecutionStatus.COMPLETED


@pytest.mark.clause(IQAA, "S3.e")
@pytest.mark.parametrize("new_visit", [True, False])
async def test_a_case_that_still_follows_its_decision_goes_back_itself_and_closes_once(world: World, new_visit: bool) -> None:
    case = await _decided(world, closed=False)
    today = await world.today()
    await case.tell(iqaa.published(case.id, today))
    appeal = await world.begin(iqaa.appeal(case.id, today))
    await world.publish(iqaa.appeal_decided(case.id, today, "remitted", new_visit=new_visit))
    assert await appeal.result() == "remitted"
    assert await case.stage() == ("panel_formation" if new_visit else "decision")
    if new_visit:
        for fact in A_NEW_VISIT:
            await case.tell(fact(case.id, today))
    await case.tell(iqaa.decision(case.id, today))

    # what was published is published anew: the council's decision is another one
    for fact in (iqaa.notice, iqaa.entered, iqaa.deqar, iqaa.ministry, iqaa.follow_up):
        await case.tell(fact(case.id, today))
    await case.tell(iqaa.notice(case.id, today, "expert_panel"))
    assert await case.stage() == "site_publication"
    await case.tell(iqaa.published(case.id, today))
    assert await case.result() == "accredit"
    assert _outcomes(world, case) == ["accredit"]
    assert _rounds(world, case) == ([1, 2] if new_visit else [1])


@pytest.mark.clause(ORDER_109, "27")
async def test_an_overturned_decision_is_no_longer_followed_and_its_deadlines_fall(world: World) -> None:
    case = await world.case()
    await to_decision(case)
    today = await world.today()
    assert {d.rule for d in (await case.view()).deadlines if d.state == "open"} == {"report_publication", "certificate_issue"}
    appeal = await world.begin(iqaa.appeal(case.id, today, ["programme:0"]))
    await world.publish(iqaa.appeal_decided(case.id, today, "overturned", ["programme:0"]))
    assert await appeal.result() == "overturned"
    assert await case.result() == "overturned"
    for rule in ("report_publication", "certificate_issue"):
        assert [fact.type_name() for fact in case.deadline_facts(rule)] == ["DeadlineSet", "DeadlineWithdrawn"]
    assert _outcomes(world, case) == ["overturned"]


@pytest.mark.clause(ORDER_109, "22 (a)", "27")
async def test_what_follows_for_the_scopes_that_nobody_appeals_against_is_still_waited_for(world: World) -> None:
    case = await world.case(scopes=("programme:0", "programme:1"))
    await to_decision(case, "accredit", "refuse")
    today = await world.today()
    await world.publish(iqaa.appeal(case.id, today, ["programme:0"]))
    await world.publish(iqaa.appeal_decided(case.id, today, "overturned", ["programme:0"]))
    open_ = {d.rule for d in (await case.view()).deadlines if d.state == "open"}
    assert open_ == {"report_publication", "refusal_notice"}
    await case.tell(cases.published(case.id, today))
    await case.tell(cases.refusal_notice(case.id, today))
    assert await case.result() == "refuse"


@pytest.mark.clause(ORDER_109, "20", "27")
async def test_a_refusal_that_is_sent_back_and_turned_leads_to_a_certificate_within_terms_of_its_own(world: World) -> None:
    case = await world.case()
    await to_decision(case, "refuse")
    world.services.knows(case.id, cases.RULES)
    today = await world.today()
    await world.publish(iqaa.appeal(case.id, today, ["programme:0"]))
    await world.publish(iqaa.appeal_decided(case.id, today, "remitted", ["programme:0"]))
    assert await case.stage() == "council"
    assert not [d for d in (await case.view()).deadlines if d.state == "open"]
    await world.until(today + 5 * DAY)
    later = await world.today()
    await case.tell(cases.decision(case.id, later))
    for fact in (
        cases.published(case.id, later),
        cases.issue("c-1", case.id, later, later.replace(year=later.year + 5)),
        cases.registered("c-1", case.id, later),
    ):
        await case.tell(fact)
    assert await case.status() is WorkflowExecutionStatus.RUNNING
    await case.tell(cases.notified("c-1", case.id, later))
    assert await case.result() == "accredit"
    issue = case.deadline_facts("certificate_issue")
    assert [fact.type_name() for fact in issue] == ["DeadlineSet", "DeadlineMet"]
    assert case.deadline_facts("refusal_notice")[-1].type_name() == "DeadlineWithdrawn"


async def test_an_appeal_in_a_case_that_is_discontinued_has_nothing_to_be_decided_on(world: World) -> None:
    case = await _decided(world, closed=False)
    today = await world.today()
    appeal = await world.begin(iqaa.appeal(case.id, today))
    await case.tell(iqaa.appeal(case.id, today))
    await case.tell(iqaa.discontinued(case.id, today))
    assert await case.result() == "discontinued"
    assert await appeal.result() == "discontinued"


async def test_a_reopened_case_may_be_withdrawn(world: World) -> None:
    case = await _decided(world, closed=True)
    today = await world.today()
    await world.publish(iqaa.appeal(case.id, today))
    await world.publish(iqaa.appeal_decided(case.id, today, "remitted", new_visit=True))
    await case.tell(iqaa.discontinued(case.id, today))
    assert await case.result() == "discontinued"
    assert case.requests(review.CLOSE, visits.CLOSE, council.CLOSE) == [review.CLOSE, visits.CLOSE, council.CLOSE]
