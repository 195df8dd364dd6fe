"""Council's routes for complaints, appeal commissions and what follows a decision: parse, call a handler or a query, answer."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import or_, select

from chassis.auth import Role
from chassis.context import Accepted, Context
from chassis.problems import NotFound
from chassis.sorting import Order, sorting
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Reading, etag, get, history, narrowed, page_model, page_of, post
from regulations import resolve
from services.council import actions
from services.council import handlers_remedies as handlers
from services.council.deqar import report_of
from services.council.domain.appeal import FormAppealCommission
from services.council.domain.complaint import COMPLAINT, DecideComplaint
from services.council.domain.notices import (
    AgreeFollowUp,
    EnterDecision,
    InformMinistry,
    PublishReport,
    SendDecisionNotice,
    SubmitToDeqar,
)
from services.council.readmodels import considerations
from services.council.readmodels_certificates import certificates, institutions
from services.council.readmodels_remedies import after_decisions, cases, commissions, complaints, decision_notices
from services.council.schemas_remedies import (
    ComplaintDetail,
    ComplaintItem,
    ComplaintRuling,
    DeqarReport,
    NewAppealCommission,
    NewComplaint,
    NewDecisionNotice,
    NewDeqarSubmission,
    NewFollowUp,
    NewMinistryLetter,
    Publication,
)

router = APIRouter(prefix="/v1")

AGENCY = [Role.coordinator, Role.director, Role.council_member, Role.auditor]
INVOLVED = [Role.institution_officer, *AGENCY]
CASE = "/considerations/{case_id}"

_C = complaints.c
COMPLAINTS_BY = sorting("filed_on", [_C.filed_on, _C.institution_id, _C.case_id, _C.rulebook_id, _C.complaint_id], _C.complaint_id)


@post(router, "/complaints", roles=[Role.institution_officer, Role.coordinator], status=201, if_match=False)
async def file_complaint(ctx: Commanding, body: NewComplaint) -> Accepted:
    """Files a complaint about the visit or its report, from the visit on until the decision (IQAA, S2.i)."""
    return await handlers.file_complaint(ctx, body)


@post(router, "/complaints/{complaint_id}/decision", roles=[Role.director], command=DecideComplaint)
async def decide_complaint(ctx: Commanding, complaint_id: Id, body: ComplaintRuling) -> Accepted:
    """Records what was decided on a complaint, by the agency's body or by the one that a person names (IQAA, S2.i)."""
    return await handlers.decide_complaint(ctx, complaint_id, body)


@get(router, "/complaints", roles=INVOLVED, response_model=page_model(ComplaintItem))
async def list_complaints(
    ctx: Reading,
    request: Request,
    response: Response,
    case_id: Annotated[str | None, Query(max_length=80)] = None,
    institution_id: Annotated[str | None, Query(max_length=80)] = None,
    decided: Annotated[bool | None, Query(description="Only those that are decided, or only those that are not")] = None,
    *,
    order: Annotated[Order, Depends(COMPLAINTS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Complaints by the day of filing; an institution's officer sees its own."""
    c = complaints.c
    query = narrowed(
        select(complaints.table), ((c.case_id, case_id), (c.institution_id, institution_id), (c.institution_id, ctx.own_institution))
    )
    if decided is not None:
        query = query.where(c.decided_on.is_not(None) if decided else c.decided_on.is_(None))
    return await page_of(ctx, query, keys=order, model=ComplaintItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/complaints/{complaint_id}", roles=INVOLVED, response_model=ComplaintDetail)
async def read_complaint(ctx: Reading, complaint_id: Id, request: Request, response: Response) -> Any:
    """One complaint."""
    found = await ctx.row(select(complaints.table).where(complaints.c.complaint_id == complaint_id))
    if found is None or not ctx.owns(found["institution_id"]):
        raise NotFound(f"there is no complaint {complaint_id}")
    etag(response, found["version"])
    state, _ = await ctx.load(COMPLAINT, complaint_id)
    return ComplaintDetail.model_validate({**found, "allowed_actions": actions.of_complaint(request, [router], state)})


@get(router, "/complaints/{complaint_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def complaint_history(ctx: Reading, complaint_id: Id) -> Any:
    """Every fact of a complaint, oldest first."""
    state, known = await ctx.load(COMPLAINT, complaint_id)
    if not known or not ctx.owns(state.institution_id):
        raise NotFound(f"there is no complaint {complaint_id}")
    return await history(ctx, COMPLAINT, complaint_id, resolve(state.filed.rulebook) if state.filed else None)


@post(router, f"{CASE}/appeal-commission", roles=[Role.director], command=FormAppealCommission)
async def form_commission(ctx: Commanding, case_id: Id, body: NewAppealCommission) -> Accepted:
    """Forms the commission of the pending appeal, of people who took no part in the case (IQAA, S3.e)."""
    return await handlers.form_commission(ctx, case_id, body)


@post(router, f"{CASE}/report-publication", roles=[Role.coordinator], command=PublishReport)
async def publish_report(ctx: Commanding, case_id: Id, body: Publication) -> Accepted:
    """Records that the report stands on the body's website (order 109, p. 9.10; IQAA, S3.f.1: with the results)."""
    return await handlers.publish_report(ctx, case_id, body)


@post(router, f"{CASE}/decision-notices", roles=[Role.coordinator], command=SendDecisionNotice)
async def send_decision_notice(ctx: Commanding, case_id: Id, body: NewDecisionNotice) -> Accepted:
    """Records a letter on the decision to the institution or to the panel (IQAA, S3.d)."""
    return await handlers.send_decision_notice(ctx, case_id, body)


@post(router, f"{CASE}/register-entry", roles=[Role.coordinator], command=EnterDecision)
async def enter_decision(ctx: Commanding, case_id: Id) -> Accepted:
    """Enters what is accredited in the register of decisions and reports (IQAA, S3.f.2)."""
    return await handlers.enter_decision(ctx, case_id)


@post(router, f"{CASE}/deqar-submission", roles=[Role.coordinator], command=SubmitToDeqar)
async def submit_to_deqar(ctx: Commanding, case_id: Id, body: NewDeqarSubmission) -> Accepted:
    """Records the submission of the report to DEQAR (IQAA, S3.g)."""
    return await handlers.submit_to_deqar(ctx, case_id, body)


@get(router, f"{CASE}/deqar-export", roles=AGENCY, response_model=DeqarReport, response_model_exclude_none=True)
async def export_for_deqar(ctx: Reading, case_id: Id) -> Any:
    """The report as a submission object of DEQAR's API v2, with what is known here (IQAA, S3.g)."""
    found = await ctx.row(select(considerations.table).where(considerations.c.case_id == case_id))
    if found is None:
        raise NotFound(f"case {case_id} is not before the council")
    return await deqar_report(ctx, dict(found))


async def deqar_report(ctx: Context, found: dict[str, Any]) -> DeqarReport:
    """The submission object of a case before the council, by the certificate that is in force, or else by the one that was."""
    c, case_id = certificates.c, found["case_id"]
    over = or_(c.ended_on.is_not(None), c.revoked_on.is_not(None))
    return report_of(
        ctx.agency,
        found,
        case=await _one(ctx, select(cases.table).where(cases.c.case_id == case_id)),
        institution=await _one(ctx, select(institutions.table).where(institutions.c.institution_id == found["institution_id"])),
        after=await _one(ctx, select(after_decisions.table).where(after_decisions.c.case_id == case_id)),
        certificate=await _one(ctx, select(certificates.table).where(c.case_id == case_id).order_by(over, c.valid_until.desc())),
    )


@post(router, f"{CASE}/ministry-information", roles=[Role.coordinator], command=InformMinistry)
async def inform_ministry(ctx: Commanding, case_id: Id, body: NewMinistryLetter) -> Accepted:
    """Records the letter to the ministry on what is accredited, for the National register (IQAA, S3.h)."""
    return await handlers.inform_ministry(ctx, case_id, body)


@post(router, f"{CASE}/follow-up", roles=[Role.coordinator, Role.director], command=AgreeFollowUp)
async def agree_follow_up(ctx: Commanding, case_id: Id, body: NewFollowUp) -> Accepted:
    """Hands what is accredited over to the monitoring after accreditation (IQAA, S4.a)."""
    return await handlers.agree_follow_up(ctx, case_id, body)


async def afterwards(ctx: Context, case_id: str) -> dict[str, Any]:
    """For the detail of a case: what was done since the decision, the commissions of its appeals, the complaints that are open."""
    after = await ctx.row(select(after_decisions.table).where(after_decisions.c.case_id == case_id))
    told = await ctx.rows(select(decision_notices.table).where(decision_notices.c.case_id == case_id).order_by(decision_notices.c.sent_on))
    return {
        "after_decision": dict(after) if after else None,
        "decision_notices": [dict(row) for row in told],
        "open_complaints": list(await handlers.open_complaints(ctx, case_id)),
    }


async def with_commissions(ctx: Context, appeals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Appeals, each with its commission."""
    ids = [each["appeal_id"] for each in appeals]
    formed = await ctx.rows(select(commissions.table).where(commissions.c.appeal_id.in_(ids)))
    of_appeal = {row["appeal_id"]: dict(row) for row in formed}
    return [{**each, "commission": of_appeal.get(each["appeal_id"])} for each in appeals]


async def _one(ctx: Context, query: Any) -> dict[str, Any]:
    found = await ctx.row(query)
    return dict(found) if found else {}
