"""Intake's routes about institutions and applications: parse, call a handler or a query, answer. No rule lives here."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import select

from chassis.actions import allowed_actions
from chassis.auth import Role
from chassis.context import Accepted
from chassis.corrections import Correction
from chassis.documents import Document
from chassis.problems import NotFound
from chassis.sorting import Order, sorting
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Reading, etag, get, history, narrowed, page_model, page_of, post
from regulations import load, resolve
from services.intake import handlers, queries
from services.intake.answers import ApplicationDetail, ApplicationItem, Institution, InstitutionDetail
from services.intake.domain.agreement import DrawUpContract, RecordProcurement, SignContract
from services.intake.domain.application import APPLICATION, AttachDocument, RegisterApplication
from services.intake.domain.guards import missing_documents
from services.intake.domain.institution import INSTITUTION, CloseInstitution, DescribeInstitution, RecordSuccession
from services.intake.domain.preparation import AppointCoordinator, RecordPreliminaryTrip, RecordSeminar, StateFirstTime
from services.intake.domain.schedule import ScheduleCase
from services.intake.domain.standing import DiscontinueCase, ResumeCase, SuspendCase, TerminateContract, WithdrawApplication
from services.intake.readmodels import application_documents, applications, institutions, training_seminars
from services.intake.schemas import (
    Appointment,
    Closing,
    ContractSignature,
    ContractText,
    Discontinuation,
    FirstTime,
    InstitutionDetails,
    NewApplication,
    NewInstitution,
    NewSeminar,
    Place,
    Procurement,
    Registration,
    Resumption,
    Succession,
    Suspension,
    Termination,
    Trip,
    Withdrawal,
)

router = APIRouter(prefix="/v1")

AGENCY = [Role.coordinator, Role.director, Role.auditor]
INVOLVED = [Role.institution_officer, *AGENCY]

_I, _A = institutions.c, applications.c
INSTITUTIONS_BY = sorting("institution_id", [_I.institution_id, _I.kind, _I.city, _I.country], _I.institution_id)
APPLICATIONS_BY = sorting("filed_on", [_A.filed_on, _A.institution_id, _A.kind, _A.rulebook_id, _A.stage, _A.case_id], _A.case_id)


@post(router, "/institutions", roles=[Role.coordinator], status=201, if_match=False)
async def register_institution(ctx: Commanding, body: NewInstitution) -> Accepted:
    """Enters an education organisation."""
    return await handlers.register_institution(ctx, body)


@get(router, "/institutions", roles=INVOLVED, response_model=page_model(Institution))
async def list_institutions(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(INSTITUTIONS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The institutions that the agency knows; an institution's officer sees its own."""
    c = institutions.c
    query = select(institutions.table)
    if ctx.own_institution is not None:
        query = query.where(c.institution_id == ctx.own_institution)
    return await page_of(ctx, query, keys=order, model=Institution, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/institutions/{institution_id}", roles=INVOLVED, response_model=InstitutionDetail)
async def read_institution(ctx: Reading, institution_id: Id, request: Request, response: Response) -> Any:
    """One institution, with those whose place it took and its open cases."""
    found = await ctx.row(select(institutions.table).where(institutions.c.institution_id == institution_id))
    if found is None or not ctx.owns(institution_id):
        raise NotFound(f"there is no institution {institution_id}")
    etag(response, found["version"])
    c = institutions.c
    before = await ctx.rows(select(c.institution_id).where(c.successor_id == institution_id).order_by(c.institution_id))
    lists: dict[str, Any] = {
        "predecessors": [row["institution_id"] for row in before],
        "open_cases": await queries.open_cases(ctx, institution_id),
    }
    state, _ = await ctx.load(INSTITUTION, institution_id)
    lists["allowed_actions"] = allowed_actions(request, router, INSTITUTION, state, None, ids={"institution_id": institution_id})
    return InstitutionDetail.model_validate({**found, **lists})


@get(router, "/institutions/{institution_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def institution_history(ctx: Reading, institution_id: Id) -> Any:
    """Every fact of an institution, oldest first."""
    _, version = await ctx.load(INSTITUTION, institution_id)
    if not version or not ctx.owns(institution_id):
        raise NotFound(f"there is no institution {institution_id}")
    return await history(ctx, INSTITUTION, institution_id)


@post(router, "/institutions/{institution_id}/details", roles=[Role.coordinator], command=DescribeInstitution)
async def describe_institution(ctx: Commanding, institution_id: Id, body: InstitutionDetails) -> Accepted:
    """Replaces what is known of an institution besides its name: ownership (IQAA S1.b.3), levels, identifiers."""
    return await handlers.describe_institution(ctx, institution_id, body)


@post(router, "/institutions/{institution_id}/succession", roles=[Role.coordinator], command=RecordSuccession)
async def record_succession(ctx: Commanding, institution_id: Id, body: Succession) -> Accepted:
    """Records the institution that took this one's place."""
    return await handlers.record_succession(ctx, institution_id, body)


@post(router, "/institutions/{institution_id}/closing", roles=[Role.coordinator, Role.director], command=CloseInstitution)
async def close_institution(ctx: Commanding, institution_id: Id, body: Closing) -> Accepted:
    """Records that an institution ceased to be; its open cases stand in its detail until the director discontinues them."""
    return await handlers.close_institution(ctx, institution_id, body)


@post(router, "/institutions/{institution_id}/corrections", roles=[Role.director])
async def correct_institution(ctx: Commanding, institution_id: Id, body: Correction) -> Accepted:
    """Puts a fact of an institution right that was recorded wrongly: its names, where it is, an act and its day."""
    return await handlers.correct_institution(ctx, institution_id, body)


@post(router, "/applications", roles=[Role.institution_officer, Role.coordinator], status=201, if_match=False)
async def file_application(ctx: Commanding, body: NewApplication) -> Accepted:
    """Files an application (order 109, p. 8, 9.1). Documents that are missing can follow before registration."""
    return await handlers.file_application(ctx, body)


@post(router, "/applications/{case_id}/documents", roles=[Role.institution_officer, Role.coordinator], command=AttachDocument)
async def attach_document(ctx: Commanding, case_id: Id, body: Document) -> Accepted:
    """Adds a document to an application."""
    return await handlers.attach_document(ctx, case_id, body)


@post(router, "/applications/{case_id}/registration", roles=[Role.coordinator], command=RegisterApplication)
async def register_application(ctx: Commanding, case_id: Id, body: Registration) -> Accepted:
    """Registers a complete application: the case opens (order 109, p. 8, 10)."""
    return await handlers.register_application(ctx, case_id, body)


@post(router, "/applications/{case_id}/contract", roles=[Role.coordinator, Role.director], command=DrawUpContract)
async def draw_up_contract(ctx: Commanding, case_id: Id, body: ContractText) -> Accepted:
    """Settles the text of the contract before it is signed (IQAA S1.b.2)."""
    return await handlers.draw_up_contract(ctx, case_id, body)


@post(router, "/applications/{case_id}/procurement", roles=[Role.coordinator], command=RecordProcurement)
async def record_procurement(ctx: Commanding, case_id: Id, body: Procurement) -> Accepted:
    """Records the public procurement that a state organisation's contract needs before it (IQAA S1.b.3)."""
    return await handlers.record_procurement(ctx, case_id, body)


@post(router, "/applications/{case_id}/contract-signatures", roles=[Role.institution_officer, Role.director], command=SignContract)
async def sign_contract(ctx: Commanding, case_id: Id, body: ContractSignature) -> Accepted:
    """Signs the bilateral contract for the caller's side (order 109, p. 9.1; IQAA S1.b.1)."""
    return await handlers.sign_contract(ctx, case_id, body)


@post(router, "/applications/{case_id}/coordinator", roles=[Role.director], command=AppointCoordinator)
async def appoint_coordinator(ctx: Commanding, case_id: Id, body: Appointment) -> Accepted:
    """Appoints the coordinator of the case (IQAA S1.c.1)."""
    return await handlers.appoint_coordinator(ctx, case_id, body)


@post(router, "/applications/{case_id}/first-time", roles=[Role.coordinator, Role.director], command=StateFirstTime)
async def state_first_time(ctx: Commanding, case_id: Id, body: FirstTime) -> Accepted:
    """States, with a reason, otherwise than the history whether it is the first time (IQAA S1.c.2)."""
    return await handlers.state_first_time(ctx, case_id, body)


@post(router, "/applications/{case_id}/preliminary-trip", roles=[Role.coordinator], command=RecordPreliminaryTrip)
async def record_trip(ctx: Commanding, case_id: Id, body: Trip) -> Accepted:
    """Records the preliminary trip to an institution that is new to the agency (IQAA S1.c.2)."""
    return await handlers.record_trip(ctx, case_id, body)


@post(router, "/applications/{case_id}/seminars", roles=[Role.coordinator], command=RecordSeminar)
async def record_seminar(ctx: Commanding, case_id: Id, body: NewSeminar) -> Accepted:
    """Records a training seminar for the institution's working groups (IQAA S1.d)."""
    return await handlers.record_seminar(ctx, case_id, body)


@post(router, "/applications/{case_id}/withdrawal", roles=[Role.institution_officer, Role.coordinator], command=WithdrawApplication)
async def withdraw_application(ctx: Commanding, case_id: Id, body: Withdrawal) -> Accepted:
    """Takes the application back for its institution, at every stage before the council's decision."""
    return await handlers.withdraw_application(ctx, case_id, body)


@post(router, "/applications/{case_id}/suspension", roles=[Role.coordinator, Role.director], command=SuspendCase)
async def suspend_case(ctx: Commanding, case_id: Id, body: Suspension) -> Accepted:
    """Suspends an open case; until its resumption nothing but its end is recorded of it."""
    return await handlers.suspend_case(ctx, case_id, body)


@post(router, "/applications/{case_id}/resumption", roles=[Role.coordinator, Role.director], command=ResumeCase)
async def resume_case(ctx: Commanding, case_id: Id, body: Resumption) -> Accepted:
    """Takes a suspended case up again."""
    return await handlers.resume_case(ctx, case_id, body)


@post(router, "/applications/{case_id}/termination", roles=[Role.coordinator, Role.director], command=TerminateContract)
async def terminate_contract(ctx: Commanding, case_id: Id, body: Termination) -> Accepted:
    """Records the termination of the concluded contract: the case ends before the council's decision."""
    return await handlers.terminate_contract(ctx, case_id, body)


@post(router, "/applications/{case_id}/discontinuation", roles=[Role.director], command=DiscontinueCase)
async def discontinue_case(ctx: Commanding, case_id: Id, body: Discontinuation) -> Accepted:
    """Ends an open case, as when its institution was closed."""
    return await handlers.discontinue_case(ctx, case_id, body)


@post(router, "/applications/{case_id}/schedule", roles=[Role.coordinator], command=ScheduleCase)
async def schedule_case(ctx: Commanding, case_id: Id, body: Place) -> Accepted:
    """Gives the case its place in the yearly schedule, or another one (order 109, p. 12)."""
    return await handlers.schedule_case(ctx, case_id, body)


@post(router, "/applications/{case_id}/corrections", roles=[Role.director])
async def correct_application(ctx: Commanding, case_id: Id, body: Correction) -> Accepted:
    """Puts a fact of a case right that was recorded wrongly: a number, an act, the day of what was done."""
    return await handlers.correct_application(ctx, case_id, body)


@get(router, "/applications", roles=INVOLVED, response_model=page_model(ApplicationItem))
async def list_applications(
    ctx: Reading,
    request: Request,
    response: Response,
    stage: Annotated[str | None, Query(max_length=40)] = None,
    institution_id: Annotated[str | None, Query(max_length=80)] = None,
    *,
    order: Annotated[Order, Depends(APPLICATIONS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Applications by filing date; an institution's officer sees its own."""
    c = applications.c
    query = narrowed(
        select(applications.table), ((c.stage, stage), (c.institution_id, institution_id), (c.institution_id, ctx.own_institution))
    )
    return await page_of(ctx, query, keys=order, model=ApplicationItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/applications/{case_id}", roles=INVOLVED, response_model=ApplicationDetail)
async def read_application(ctx: Reading, case_id: Id, request: Request, response: Response) -> Any:
    """One application with its documents and what is still missing, its seminars, how far it is, and open cases of the same scope."""
    found = await ctx.row(select(applications.table).where(applications.c.case_id == case_id))
    if found is None or not ctx.owns(found["institution_id"]):
        raise NotFound(f"there is no application {case_id}")
    rows = await ctx.rows(select(application_documents.table).where(application_documents.c.case_id == case_id))
    documents = [Document(kind=row["kind"], name=row["name"], sha256=row["sha256"]) for row in rows]
    rulebook = load(found["rulebook"]["id"], found["rulebook"]["version"])
    missing = missing_documents(rulebook, found["kind"], documents)
    held = training_seminars.c
    seminars = await ctx.rows(select(training_seminars.table).where(held.case_id == case_id).order_by(held.held_on, held.subject))
    etag(response, found["version"])
    lists: dict[str, Any] = {"documents": documents, "missing": missing, "seminars": [dict(row) for row in seminars]}
    lists["open_cases_of_scope"] = await queries.open_cases_of_scope(ctx, found)
    state, _ = await ctx.load(APPLICATION, case_id)
    lists["allowed_actions"] = allowed_actions(
        request,
        router,
        APPLICATION,
        state,
        rulebook,
        ids={"case_id": case_id},
        regulation=rulebook,
        barred=await queries.barred(ctx, request.state.principal, state, rulebook),
    )
    lists["procedure_stage"] = await queries.procedure_stage_of(ctx, found, len(seminars))
    return ApplicationDetail.model_validate({**found, **lists})


@get(router, "/applications/{case_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def application_history(ctx: Reading, case_id: Id) -> Any:
    """Every fact of an application, oldest first."""
    state, version = await ctx.load(APPLICATION, case_id)
    if not version or not ctx.owns(state.institution_id):
        raise NotFound(f"there is no application {case_id}")
    return await history(ctx, APPLICATION, case_id, resolve(state.filed.rulebook) if state.filed else None)
