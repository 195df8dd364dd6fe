"""Review's routes: parse, call a handler or a query, answer. No rule lives here."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.engine import RowMapping

from chassis.auth import Role
from chassis.context import Accepted, Context
from chassis.documents import Document
from chassis.problems import NotFound
from chassis.text import InstitutionId
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Reading, etag, get, history, page_model, page_of, post
from regulations import load
from services.review import handlers
from services.review.domain.report import REPORT, Form, Report, Stage, awaited
from services.review.readmodels import readers, reports
from services.review.schemas import PaperReceipt, Recommendations, ReportDetail, ReportItem, Review

router = APIRouter(prefix="/v1")

AGENCY = [Role.coordinator, Role.director, Role.auditor]
INVOLVED = [Role.institution_officer, Role.expert, *AGENCY]


@post(router, "/reports/{case_id}/electronic", roles=[Role.institution_officer])
async def submit_electronic_report(ctx: Commanding, case_id: Id, body: Document) -> Accepted:
    """Submits the electronic form of the self-assessment report (order 109, p. 9.3, 13)."""
    return await handlers.receive_electronic_report(ctx, case_id, body)


@post(router, "/reports/{case_id}/paper", roles=[Role.coordinator])
async def receive_paper_report(ctx: Commanding, case_id: Id, body: PaperReceipt) -> Accepted:
    """Records the receipt of the report on paper (order 109, p. 13)."""
    return await handlers.receive_paper_report(ctx, case_id, body)


@post(router, "/reports/{case_id}/review", roles=[Role.coordinator])
async def review_report(ctx: Commanding, case_id: Id, body: Review) -> Accepted:
    """Records the body's review of the report (order 109, p. 9.4)."""
    return await handlers.review_report(ctx, case_id, body)


@post(router, "/reports/{case_id}/recommendations", roles=[Role.coordinator])
async def issue_recommendations(ctx: Commanding, case_id: Id, body: Recommendations) -> Accepted:
    """Sends the body's recommendations on the report to the institution (order 109, p. 9.5)."""
    return await handlers.issue_recommendations(ctx, case_id, body)


@get(router, "/reports", roles=INVOLVED, response_model=page_model(ReportItem))
async def list_reports(
    ctx: Reading,
    request: Request,
    response: Response,
    stage: Stage | None = None,
    institution_id: InstitutionId | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Reports by opening date; an institution's officer sees its own, an expert those of the commissions he sits in."""
    c = reports.c
    query = select(reports.table).where(_visible(ctx))
    for column, wanted in ((c.stage, stage), (c.institution_id, institution_id)):
        if wanted is not None:
            query = query.where(column == wanted)
    keys = [c.opened_on, c.case_id]
    return await page_of(ctx, query, keys=keys, model=ReportItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/reports/{case_id}", roles=INVOLVED, response_model=ReportDetail)
async def read_report(ctx: Reading, case_id: Id, response: Response) -> Any:
    """One report with what is awaited."""
    found = await _report(ctx, case_id)
    forms: dict[str, Form] = {"paper_on": "paper", "electronic_on": "electronic"}
    state = Report(stage=found["stage"], forms=frozenset(form for column, form in forms.items() if found[column]))
    rulebook = load(found["rulebook"]["id"], found["rulebook"]["version"])
    etag(response, found["version"])
    return ReportDetail.model_validate({**found, "awaited": [asdict(step) for step in awaited(state, rulebook)]})


@get(router, "/reports/{case_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def report_history(ctx: Reading, case_id: Id) -> Any:
    """Every fact of a report, oldest first."""
    await _report(ctx, case_id)
    return await history(ctx, REPORT, case_id)


async def _report(ctx: Context, case_id: str) -> RowMapping:
    found = await ctx.row(select(reports.table).where(reports.c.case_id == case_id, _visible(ctx)))
    if found is None:
        raise NotFound(f"there is no report of case {case_id}")
    return found


def _visible(ctx: Context) -> ColumnElement[bool]:
    who = ctx.principal
    if who is None or who.has(*AGENCY):
        return true()
    own = reports.c.institution_id == (who.institution or "") if who.has(Role.institution_officer) else false()
    mine = select(readers.c.case_id).where(readers.c.expert_id == ctx.actor)
    return or_(own, reports.c.case_id.in_(mine) if who.has(Role.expert) else false())
