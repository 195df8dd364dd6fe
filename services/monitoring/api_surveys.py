"""Monitoring's routes for surveys: the agency's own, and those for whoever has a link. No rule lives here."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import select

from chassis.actions import allowed_actions
from chassis.auth import PUBLIC, Role
from chassis.context import Accepted
from chassis.corrections import Correction
from chassis.problems import NotFound
from chassis.sorting import Order, sorting
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Named, Reading, etag, get, history, narrowed, page_model, page_of, post
from regulations import resolve
from services.monitoring import handlers_gathering as handlers
from services.monitoring.domain import survey as of
from services.monitoring.domain.survey import SURVEY
from services.monitoring.domain.survey_results import GroupResult
from services.monitoring.readmodels_gathering import survey_answers, surveys
from services.monitoring.schemas_gathering import (
    NewSurvey,
    NewSurveyAnswer,
    NewSurveyLink,
    OpenSurveyPage,
    QuestionResult,
    SurveyAnswerItem,
    SurveyDetail,
    SurveyGroupResult,
    SurveyItem,
    SurveyLinkAnswer,
    SurveyLinkItem,
    SurveyLinkRevocation,
    SurveyResults,
)

router = APIRouter(prefix="/v1")

#: What leaves no trace: the requests of those who answer.
UNTRACED = [r"/v1/open-surveys/"]

READERS = [Role.coordinator, Role.director, Role.auditor]
COLLECTORS = [Role.coordinator, Role.director]
DIRECTOR = [Role.director]

_C, _A = surveys.c, survey_answers.c
BY = sorting("opened_on", [_C.opened_on, _C.closes_on, _C.cycle_id, _C.stage, _C.survey_id], _C.survey_id)
ANSWERS_BY = sorting("answered_on", [_A.answered_on, _A.language, _A.answer_id], _A.answer_id)


@get(router, "/surveys", roles=READERS, response_model=page_model(SurveyItem))
async def list_surveys(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(BY)],
    cycle_id: Named = None,
    stage: Named = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The surveys of internal monitoring."""
    query = narrowed(select(surveys.table), ((_C.cycle_id, cycle_id), (_C.stage, stage)))
    return await page_of(ctx, query, keys=order, model=SurveyItem, cursor=cursor, limit=limit, request=request, response=response)


@post(router, "/surveys", roles=COLLECTORS, status=201, if_match=False)
async def open_survey(ctx: Commanding, body: NewSurvey) -> Accepted:
    """Opens a survey among stakeholders or staff, anonymous or not (3.3.2, 6.1.s1, 6.2)."""
    return await handlers.open_survey(ctx, body)


@get(router, "/surveys/{survey_id}", roles=READERS, response_model=SurveyDetail)
async def read_survey(ctx: Reading, survey_id: Id, request: Request, response: Response) -> Any:
    """One survey with its questions, its links without their secrets, and how many answers came."""
    found = await ctx.row(select(surveys.table).where(_C.survey_id == survey_id))
    if found is None:
        raise NotFound(f"there is no survey {survey_id}")
    etag(response, found["version"])
    state, _ = await ctx.load(SURVEY, survey_id)
    rules = resolve((await handlers.cycle_of(ctx, found["cycle_id"])).rulebook)
    links = [
        SurveyLinkItem(**each.model_dump(include={"link_id", "group", "single", "issued_on"}), revoked=each.link_id in state.revoked)
        for each in state.links.values()
    ]
    return SurveyDetail(
        **found,
        questions=list(state.asked.questions),
        links=links,
        answers=await handlers.count_answers(ctx, survey_id),
        allowed_actions=allowed_actions(request, router, SURVEY, state, rules, ids={"survey_id": survey_id}, regulation=rules),
    )


@get(router, "/surveys/{survey_id}/history", roles=READERS, response_model=list[HistoryEntry])
async def survey_history(ctx: Reading, survey_id: Id) -> Any:
    """Every fact of a survey but its answers, oldest first."""
    state, _ = await handlers.opened(ctx, survey_id)
    return await history(ctx, SURVEY, survey_id, resolve((await handlers.cycle_of(ctx, state.asked.cycle_id)).rulebook))


@get(router, "/surveys/{survey_id}/results", roles=READERS, response_model=SurveyResults)
async def read_survey_results(ctx: Reading, survey_id: Id) -> Any:
    """Counts by question, in all and by group; of an anonymous survey once it takes no more answers, and of no group under five."""
    state, today = await handlers.opened(ctx, survey_id)
    asked, final = state.asked, not handlers.takes_answers(state, today)
    told = await handlers.results_of(ctx, state, today)
    answers = await handlers.count_answers(ctx, survey_id)
    return SurveyResults(
        survey_id=survey_id, anonymous=asked.anonymous, final=final, answers=answers, results=[_result(each) for each in told]
    )


@get(router, "/surveys/{survey_id}/answers", roles=READERS, response_model=page_model(SurveyAnswerItem))
async def list_survey_answers(
    ctx: Reading,
    survey_id: Id,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(ANSWERS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The answers one by one, of a survey that is not anonymous."""
    state, _ = await handlers.opened(ctx, survey_id)
    if state.asked.anonymous:
        raise NotFound("the survey is anonymous: what was answered is told as counts alone")
    query = select(survey_answers.table, _A.answered_by.label("group")).where(_A.survey_id == survey_id)
    return await page_of(ctx, query, keys=order, model=SurveyAnswerItem, cursor=cursor, limit=limit, request=request, response=response)


@post(router, "/surveys/{survey_id}/links", roles=COLLECTORS, command=of.IssueLink, answers=SurveyLinkAnswer)
async def issue_survey_link(ctx: Commanding, survey_id: Id, body: NewSurveyLink) -> Accepted:
    """Issues a link for people of one group without an account. Its secret is shown this once."""
    return await handlers.issue_link(ctx, survey_id, body)


@post(router, "/surveys/{survey_id}/link-revocations", roles=COLLECTORS, command=of.RevokeLink)
async def revoke_survey_link(ctx: Commanding, survey_id: Id, body: SurveyLinkRevocation) -> Accepted:
    """Revokes a link; what was answered by it stays."""
    return await handlers.revoke_link(ctx, survey_id, body)


@post(router, "/surveys/{survey_id}/closing", roles=COLLECTORS, command=of.CloseSurvey)
async def close_survey(ctx: Commanding, survey_id: Id) -> Accepted:
    """Closes a survey; its results are final."""
    return await handlers.close_survey(ctx, survey_id)


@post(router, "/surveys/{survey_id}/corrections", roles=DIRECTOR)
async def correct_survey(ctx: Commanding, survey_id: Id, body: Correction) -> Accepted:
    """Corrects a slip in the title of a survey."""
    return await handlers.correct_survey(ctx, survey_id, body)


@get(router, "/open-surveys/{agency}/{survey_id}", roles=PUBLIC, response_model=OpenSurveyPage)
async def read_open_survey(ctx: Reading, survey_id: Id) -> Any:
    """What a survey asks, for those who have a link to it (6.1.s1). Needs no token."""
    state, today = await handlers.opened(ctx, survey_id)
    told = state.asked.model_dump(include={"survey_id", "title", "anonymous", "closes_on"})
    return OpenSurveyPage(**told, questions=list(state.asked.questions), takes_answers=handlers.takes_answers(state, today))


@post(router, "/open-surveys/{agency}/{survey_id}/answers", roles=PUBLIC, if_match=False)
async def answer_survey(ctx: Commanding, survey_id: Id, body: NewSurveyAnswer) -> Accepted:
    """Answers a survey with the secret of a link (6.1.s2, 6.2). Needs no token; of an anonymous one nothing tells who answered."""
    return await handlers.answer_survey(ctx, survey_id, body)


def _result(of_group: GroupResult) -> SurveyGroupResult:
    questions = [
        QuestionResult(question_id=q.question_id, answered=q.answered, counts=q.counts, mean=q.mean, texts=list(q.texts))
        for q in of_group.questions
    ]
    return SurveyGroupResult(group=of_group.group, answers=of_group.answers, suppressed=of_group.suppressed, questions=questions)
