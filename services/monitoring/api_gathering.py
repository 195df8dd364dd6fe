"""Monitoring's routes for what is gathered by talking and reading: interviews, focus groups, analyses, samples. No rule lives here."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import Select, select

from chassis.auth import Role
from chassis.context import Accepted
from chassis.corrections import Correction
from chassis.problems import NotFound
from chassis.readmodels import ReadModel
from chassis.sorting import Order, sorting
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Named, Reading, etag, get, history, narrowed, page_model, page_of, post
from regulations import resolve
from services.monitoring import handlers_gathering as handlers
from services.monitoring.contract import SampledCase
from services.monitoring.domain import case_sample
from services.monitoring.domain.gathering import GATHERING
from services.monitoring.readmodels_gathering import case_samples, document_analyses, focus_groups, interviews
from services.monitoring.schemas_gathering import (
    CaseSampleDetail,
    CaseSampleItem,
    DocumentAnalysisItem,
    FocusGroupItem,
    InterviewItem,
    NewCaseSample,
    NewDocumentAnalysis,
    NewFocusGroup,
    NewInterview,
)

router = APIRouter(prefix="/v1")

READERS = [Role.coordinator, Role.director, Role.auditor]
COLLECTORS = [Role.coordinator, Role.director]
DIRECTOR = [Role.director]

_I, _F, _D, _S = interviews.c, focus_groups.c, document_analyses.c, case_samples.c
INTERVIEWS_BY = sorting("held_on", [_I.held_on, _I.cycle_id, _I.interviewee, _I.interview_id], _I.interview_id)
FOCUS_GROUPS_BY = sorting("held_on", [_F.held_on, _F.cycle_id, _F.participants, _F.focus_group_id], _F.focus_group_id)
ANALYSES_BY = sorting("analysed_on", [_D.analysed_on, _D.subject, _D.analysed_by, _D.analysis_id], _D.analysis_id)
SAMPLES_BY = sorting("drawn_at", [_S.drawn_at, _S.cycle_id, _S.population, _S.sample_id], _S.sample_id)

_INTERVIEWS = select(interviews.table, _I.group_word.label("group"))


@get(router, "/interviews", roles=READERS, response_model=page_model(InterviewItem))
async def list_interviews(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(INTERVIEWS_BY)],
    cycle_id: Named = None,
    group: Named = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The interviews of internal monitoring."""
    query = narrowed(_INTERVIEWS, ((_I.cycle_id, cycle_id), (_I.group_word, group)))
    return await page_of(ctx, query, keys=order, model=InterviewItem, cursor=cursor, limit=limit, request=request, response=response)


@post(router, "/interviews", roles=COLLECTORS, status=201, if_match=False)
async def hold_interview(ctx: Commanding, body: NewInterview) -> Accepted:
    """Records an interview with staff or a stakeholder (3.3.2, 6.1.s1)."""
    return await handlers.hold_interview(ctx, body)


@get(router, "/interviews/{interview_id}", roles=READERS, response_model=InterviewItem)
async def read_interview(ctx: Reading, interview_id: Id, response: Response) -> Any:
    """One interview."""
    return InterviewItem.model_validate(dict(await _one(ctx, _INTERVIEWS.where(_I.interview_id == interview_id), interview_id, response)))


@get(router, "/interviews/{interview_id}/history", roles=READERS, response_model=list[HistoryEntry])
async def interview_history(ctx: Reading, interview_id: Id) -> Any:
    """Every fact of an interview, oldest first."""
    return await _history(ctx, interviews, interview_id)


@post(router, "/interviews/{interview_id}/corrections", roles=DIRECTOR)
async def correct_interview(ctx: Commanding, interview_id: Id, body: Correction) -> Accepted:
    """Corrects a slip in what was told of an interview."""
    return await _correct(ctx, interviews, interview_id, body)


@get(router, "/focus-groups", roles=READERS, response_model=page_model(FocusGroupItem))
async def list_focus_groups(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(FOCUS_GROUPS_BY)],
    cycle_id: Named = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The focus groups of internal monitoring."""
    query = narrowed(select(focus_groups.table), ((_F.cycle_id, cycle_id),))
    return await page_of(ctx, query, keys=order, model=FocusGroupItem, cursor=cursor, limit=limit, request=request, response=response)


@post(router, "/focus-groups", roles=COLLECTORS, status=201, if_match=False)
async def hold_focus_group(ctx: Commanding, body: NewFocusGroup) -> Accepted:
    """Records a focus group among stakeholders: expectations, needs, satisfaction (6.2)."""
    return await handlers.hold_focus_group(ctx, body)


@get(router, "/focus-groups/{focus_group_id}", roles=READERS, response_model=FocusGroupItem)
async def read_focus_group(ctx: Reading, focus_group_id: Id, response: Response) -> Any:
    """One focus group."""
    query = select(focus_groups.table).where(_F.focus_group_id == focus_group_id)
    return FocusGroupItem.model_validate(dict(await _one(ctx, query, focus_group_id, response)))


@get(router, "/focus-groups/{focus_group_id}/history", roles=READERS, response_model=list[HistoryEntry])
async def focus_group_history(ctx: Reading, focus_group_id: Id) -> Any:
    """Every fact of a focus group, oldest first."""
    return await _history(ctx, focus_groups, focus_group_id)


@post(router, "/focus-groups/{focus_group_id}/corrections", roles=DIRECTOR)
async def correct_focus_group(ctx: Commanding, focus_group_id: Id, body: Correction) -> Accepted:
    """Corrects a slip in what was told of a focus group."""
    return await _correct(ctx, focus_groups, focus_group_id, body)


@get(router, "/document-analyses", roles=READERS, response_model=page_model(DocumentAnalysisItem))
async def list_document_analyses(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(ANALYSES_BY)],
    cycle_id: Named = None,
    case_id: Named = None,
    sample_id: Named = None,
    conforms: bool | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The documents, reports and cases that were analysed, in cycles and through the year."""
    wanted = ((_D.cycle_id, cycle_id), (_D.case_id, case_id), (_D.sample_id, sample_id), (_D.conforms, conforms))
    query = narrowed(select(document_analyses.table), wanted)
    model = DocumentAnalysisItem
    return await page_of(ctx, query, keys=order, model=model, cursor=cursor, limit=limit, request=request, response=response)


@post(router, "/document-analyses", roles=COLLECTORS, status=201, if_match=False)
async def analyse_document(ctx: Commanding, body: NewDocumentAnalysis) -> Accepted:
    """Records the analysis of a document, a report or a case, in a cycle or through the year (2.2.1, 2.2.2, 3.3.2)."""
    return await handlers.analyse_document(ctx, body)


@get(router, "/document-analyses/{analysis_id}", roles=READERS, response_model=DocumentAnalysisItem)
async def read_document_analysis(ctx: Reading, analysis_id: Id, response: Response) -> Any:
    """One analysis."""
    query = select(document_analyses.table).where(_D.analysis_id == analysis_id)
    return DocumentAnalysisItem.model_validate(dict(await _one(ctx, query, analysis_id, response)))


@get(router, "/document-analyses/{analysis_id}/history", roles=READERS, response_model=list[HistoryEntry])
async def document_analysis_history(ctx: Reading, analysis_id: Id) -> Any:
    """Every fact of an analysis, oldest first."""
    return await _history(ctx, document_analyses, analysis_id)


@post(router, "/document-analyses/{analysis_id}/corrections", roles=DIRECTOR)
async def correct_document_analysis(ctx: Commanding, analysis_id: Id, body: Correction) -> Accepted:
    """Corrects a slip in the findings of an analysis."""
    return await _correct(ctx, document_analyses, analysis_id, body)


@get(router, "/case-samples", roles=READERS, response_model=page_model(CaseSampleItem))
async def list_case_samples(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(SAMPLES_BY)],
    cycle_id: Named = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The samples of real cases."""
    query = narrowed(select(case_samples.table), ((_S.cycle_id, cycle_id),))
    return await page_of(ctx, query, keys=order, model=CaseSampleItem, cursor=cursor, limit=limit, request=request, response=response)


@post(router, "/case-samples", roles=COLLECTORS, status=201, if_match=False)
async def draw_case_sample(ctx: Commanding, body: NewCaseSample) -> Accepted:
    """Draws real cases at random, so that anybody can draw them again, for the analysis of their documents (3.3.2, 2.2.2)."""
    return await handlers.draw_case_sample(ctx, body)


@get(router, "/case-samples/{sample_id}", roles=READERS, response_model=CaseSampleDetail)
async def read_case_sample(ctx: Reading, sample_id: Id, response: Response) -> Any:
    """One sample with its cases, how it was drawn, and whether drawing it now comes to the same."""
    found = await _one(ctx, select(case_samples.table).where(_S.sample_id == sample_id), sample_id, response)
    drawn = [SampledCase.model_validate(each) for each in found["drawn"]]
    population = await handlers.population_of(ctx, found["rulebooks"], found["opened_from"], found["opened_until"])
    again = case_sample.draw(population, found["seed"], found["size"])
    told = {name: found[name] for name in CaseSampleItem.model_fields}
    return CaseSampleDetail(**told, drawn=drawn, method=case_sample.METHOD, repeats=list(again) == drawn)


@get(router, "/case-samples/{sample_id}/history", roles=READERS, response_model=list[HistoryEntry])
async def case_sample_history(ctx: Reading, sample_id: Id) -> Any:
    """Every fact of a sample, oldest first."""
    return await _history(ctx, case_samples, sample_id)


async def _one(ctx: Reading, query: Select[Any], id_: str, response: Response | None = None) -> Any:
    found = await ctx.row(query)
    if found is None:
        raise NotFound(f"there is no {id_}")
    if response is not None:
        etag(response, found["version"])
    return found


async def _history(ctx: Reading, model: ReadModel, id_: str) -> list[HistoryEntry]:
    found = await _one(ctx, _row(model, id_), id_)
    ground = await handlers.ground(ctx, found["cycle_id"])
    return await history(ctx, GATHERING, id_, resolve(ground.rulebook))


async def _correct(ctx: Commanding, model: ReadModel, id_: str, body: Correction) -> Accepted:
    await _one(ctx, _row(model, id_), id_)
    return await handlers.correct_gathering(ctx, id_, body)


def _row(model: ReadModel, id_: str) -> Select[Any]:
    return select(model.table).where(model.c[model.key[0]] == id_)
