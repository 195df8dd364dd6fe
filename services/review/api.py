"""Review's routes: parse, call a handler or a query, answer. No rule lives here."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.engine import RowMapping

from chassis.actions import allowed_actions
from chassis.auth import Role
from chassis.context import Accepted, Context
from chassis.corrections import Correction
from chassis.problems import NotFound
from chassis.sorting import Order, sorting
from chassis.text import InstitutionId
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Reading, etag, get, history, narrowed, page_model, page_of, post
from regulations import load
from services.review import handlers
from services.review.contract import ExaminationResultsSent, TechnicalExaminationHeld
from services.review.domain.questions import missing_parts
from services.review.domain.report import (
    REPORT,
    IssueRecommendations,
    ReceiveElectronicReport,
    ReceivePaperReport,
    ReviewReport,
    Stage,
    Standing,
    awaited,
)
from services.review.domain.versions import (
    AcceptReport,
    ExamineVersion,
    HoldPreliminaryAudit,
    ResubmitVersion,
    SendResults,
    SetOutline,
    SubmitVersion,
)
from services.review.readmodels import readers, report_versions, reports
from services.review.schemas import (
    ElectronicReport,
    Examination,
    FinalVersion,
    Opening,
    Outline,
    PaperReceipt,
    PreliminaryAudit,
    Recommendations,
    ReportDetail,
    ReportItem,
    ReportVersion,
    ReportVersionItem,
    Review,
)

router = APIRouter(prefix="/v1")

AGENCY = [Role.coordinator, Role.director, Role.auditor]
INVOLVED = [Role.institution_officer, Role.expert, *AGENCY]

_R, _V = reports.c, report_versions.c
REPORTS_BY = sorting("opened_on", [_R.opened_on, _R.institution_id, _R.rulebook_id, _R.stage, _R.standing, _R.case_id], _R.case_id)
VERSIONS_BY = sorting("number", [_V.number, _V.submitted_on], _V.number)


@post(router, "/reports", roles=[Role.coordinator], status=201, if_match=False)
async def open_report(ctx: Commanding, body: Opening) -> Accepted:
    """Opens the self-assessment of a case whose contract is concluded, where no lifecycle did (order 109, p. 9.2; IQAA, S1.e)."""
    return await handlers.open_concluded(ctx, body)


@post(router, "/reports/{case_id}/electronic", roles=[Role.institution_officer], command=ReceiveElectronicReport)
async def submit_electronic_report(ctx: Commanding, case_id: Id, body: ElectronicReport) -> Accepted:
    """Submits the electronic form of the self-assessment report (order 109, p. 9.3, 13)."""
    return await handlers.receive_electronic_report(ctx, case_id, body)


@post(router, "/reports/{case_id}/paper", roles=[Role.coordinator], command=ReceivePaperReport)
async def receive_paper_report(ctx: Commanding, case_id: Id, body: PaperReceipt) -> Accepted:
    """Records the receipt of the report on paper (order 109, p. 13)."""
    return await handlers.receive_paper_report(ctx, case_id, body)


@post(router, "/reports/{case_id}/review", roles=[Role.coordinator], command=ReviewReport)
async def review_report(ctx: Commanding, case_id: Id, body: Review) -> Accepted:
    """Records the body's review of the report (order 109, p. 9.4)."""
    return await handlers.review_report(ctx, case_id, body)


@post(router, "/reports/{case_id}/recommendations", roles=[Role.coordinator], command=IssueRecommendations)
async def issue_recommendations(ctx: Commanding, case_id: Id, body: Recommendations) -> Accepted:
    """Sends the body's recommendations on the report to the institution (order 109, p. 9.5)."""
    return await handlers.issue_recommendations(ctx, case_id, body)


@post(router, "/reports/{case_id}/outline", roles=[Role.coordinator], command=SetOutline)
async def set_report_outline(ctx: Commanding, case_id: Id, body: Outline) -> Accepted:
    """Names the sections that the agency's standards and criteria ask of this report (IQAA, S1.e)."""
    return await handlers.set_outline(ctx, case_id, body)


@post(router, "/reports/{case_id}/versions", roles=[Role.institution_officer], command=SubmitVersion)
async def submit_report_version(ctx: Commanding, case_id: Id, body: ReportVersion) -> Accepted:
    """Submits the first version of the report (IQAA, S1.f.1), or a reworked one with its annexes (S1.g)."""
    return await handlers.submit_version(ctx, case_id, body)


@post(router, "/reports/{case_id}/examination", roles=[Role.coordinator], command=ExamineVersion)
async def examine_report_version(ctx: Commanding, case_id: Id, body: Examination) -> Accepted:
    """Records the technical examination of the newest version, finding by finding (IQAA, S1.f.1)."""
    return await handlers.examine_version(ctx, case_id, body)


@post(router, "/reports/{case_id}/examination-results", roles=[Role.coordinator], command=SendResults)
async def send_examination_results(ctx: Commanding, case_id: Id) -> Accepted:
    """Sends the results of the examination to the institution (IQAA, S1.f.2)."""
    return await handlers.send_results(ctx, case_id)


@post(router, "/reports/{case_id}/final-version", roles=[Role.institution_officer], command=ResubmitVersion)
async def resubmit_final_version(ctx: Commanding, case_id: Id, body: FinalVersion) -> Accepted:
    """Submits the examined version as the final one where no rework was needed (IQAA, S1.g)."""
    return await handlers.resubmit_version(ctx, case_id, body)


@post(router, "/reports/{case_id}/acceptance", roles=[Role.coordinator], command=AcceptReport)
async def accept_report(ctx: Commanding, case_id: Id) -> Accepted:
    """Accepts the newest version as the final one (IQAA, S1.g)."""
    return await handlers.accept_report(ctx, case_id)


@post(router, "/reports/{case_id}/preliminary-audit", roles=[Role.coordinator], command=HoldPreliminaryAudit)
async def hold_preliminary_audit(ctx: Commanding, case_id: Id, body: PreliminaryAudit) -> Accepted:
    """Records the preliminary audit of an institutional accreditation (IQAA, S1.h)."""
    return await handlers.hold_preliminary_audit(ctx, case_id, body)


@post(router, "/reports/{case_id}/corrections", roles=[Role.director])
async def correct_report(ctx: Commanding, case_id: Id, body: Correction) -> Accepted:
    """Puts a wrongly recorded fact of a report right, for a reason; the history keeps both."""
    return await handlers.correct_report(ctx, case_id, body)


@get(router, "/reports", roles=INVOLVED, response_model=page_model(ReportItem))
async def list_reports(
    ctx: Reading,
    request: Request,
    response: Response,
    stage: Stage | None = None,
    standing: Standing | None = None,
    institution_id: InstitutionId | None = None,
    *,
    order: Annotated[Order, Depends(REPORTS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Reports by opening date; an institution's officer sees its own, an expert those of the commissions he sits in."""
    c = reports.c
    query = select(reports.table).where(_visible(ctx))
    query = narrowed(query, ((c.stage, stage), (c.standing, standing), (c.institution_id, institution_id)))
    return await page_of(ctx, query, keys=order, model=ReportItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/reports/{case_id}", roles=INVOLVED, response_model=ReportDetail)
async def read_report(ctx: Reading, case_id: Id, request: Request, response: Response) -> Any:
    """One report with what is awaited, and what the caller may do."""
    found = await _report(ctx, case_id)
    state, _ = await ctx.load(REPORT, case_id)
    rules = load(found["rulebook"]["id"], found["rulebook"]["version"])
    missing = [part for part, _ in missing_parts(state, rules)] if state.number else []
    etag(response, found["version"])
    steps = [asdict(each) for each in awaited(state, rules)]
    actions = allowed_actions(request, router, REPORT, state, rules, ids={"case_id": case_id}, regulation=rules)
    told = {"final_on": state.final_on, "missing": missing, "awaited": steps, "allowed_actions": actions}
    return ReportDetail.model_validate({**found, **told})


@get(router, "/reports/{case_id}/versions", roles=INVOLVED, response_model=page_model(ReportVersionItem))
async def list_report_versions(
    ctx: Reading,
    request: Request,
    response: Response,
    case_id: Id,
    order: Annotated[Order, Depends(VERSIONS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Every version of a report with its examination, oldest first; the institution sees of an examination what it was sent (S1.f.2)."""
    await _report(ctx, case_id)
    query = select(report_versions.table).where(report_versions.c.case_id == case_id)
    page = await page_of(ctx, query, keys=order, model=ReportVersionItem, cursor=cursor, limit=limit, request=request, response=response)
    if ctx.own_institution is not None:
        unsent = dict.fromkeys(("round", "summary", "findings", "rework_needed", "examined_on"))
        page["items"] = [each if each.sent_on else each.model_copy(update=unsent) for each in page["items"]]
    return page


@get(router, "/reports/{case_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def report_history(ctx: Reading, case_id: Id) -> Any:
    """Every fact of a report with its clauses, oldest first; to the institution no examination whose results it was not sent (S1.f.2)."""
    found = await _report(ctx, case_id)
    entries = await history(ctx, REPORT, case_id, load(found["rulebook"]["id"], found["rulebook"]["version"]))
    sent = {entry.data["number"] for entry in entries if entry.type == ExaminationResultsSent.type_name()}
    unseen = TechnicalExaminationHeld.type_name() if ctx.own_institution is not None else None
    return [entry for entry in entries if entry.type != unseen or entry.data["number"] in sent]


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
