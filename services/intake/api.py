"""Intake's routes: parse, call a handler or a query, answer. No rule lives here."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select

from chassis.auth import Role
from chassis.context import Accepted
from chassis.documents import Document
from chassis.problems import NotFound
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Reading, etag, get, history, page_model, page_of, post
from regulations import load
from services.intake import handlers
from services.intake.domain.application import APPLICATION, missing_documents
from services.intake.domain.institution import INSTITUTION
from services.intake.readmodels import application_documents, applications, institutions, training_seminars
from services.intake.schemas import (
    ApplicationDetail,
    ApplicationItem,
    Appointment,
    ContractSignature,
    ContractText,
    FirstTime,
    Institution,
    InstitutionDetail,
    InstitutionDetails,
    NewAdoption,
    NewApplication,
    NewInstitution,
    NewSchedule,
    NewSeminar,
    Place,
    Procurement,
    Registration,
    Succession,
    Trip,
    Withdrawal,
)

router = APIRouter(prefix="/v1")

AGENCY = [Role.coordinator, Role.director, Role.auditor]
INVOLVED = [Role.institution_officer, *AGENCY]


@post(router, "/institutions", roles=[Role.coordinator], status=201, if_match=False)
async def register_institution(ctx: Commanding, body: NewInstitution) -> Accepted:
    """Enters an education organisation."""
    return await handlers.register_institution(ctx, body)


@get(router, "/institutions", roles=INVOLVED, response_model=page_model(Institution))
async def list_institutions(ctx: Reading, request: Request, response: Response, cursor: Cursor = None, limit: Limit = 50) -> Any:
    """The institutions that the agency knows; an institution's officer sees its own."""
    c = institutions.c
    query = select(institutions.table)
    if ctx.own_institution is not None:
        query = query.where(c.institution_id == ctx.own_institution)
    return await page_of(
        ctx, query, keys=[c.institution_id], model=Institution, cursor=cursor, limit=limit, request=request, response=response
    )


@get(router, "/institutions/{institution_id}", roles=INVOLVED, response_model=InstitutionDetail)
async def read_institution(ctx: Reading, institution_id: Id, response: Response) -> Any:
    """One institution, with those whose place it took."""
    found = await ctx.row(select(institutions.table).where(institutions.c.institution_id == institution_id))
    if found is None or not ctx.owns(institution_id):
        raise NotFound(f"there is no institution {institution_id}")
    etag(response, found["version"])
    c = institutions.c
    before = await ctx.rows(select(c.institution_id).where(c.successor_id == institution_id).order_by(c.institution_id))
    return InstitutionDetail.model_validate({**found, "predecessors": [row["institution_id"] for row in before]})


@get(router, "/institutions/{institution_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def institution_history(ctx: Reading, institution_id: Id) -> Any:
    """Every fact of an institution, oldest first."""
    _, version = await ctx.load(INSTITUTION, institution_id)
    if not version or not ctx.owns(institution_id):
        raise NotFound(f"there is no institution {institution_id}")
    return await history(ctx, INSTITUTION, institution_id)


@post(router, "/institutions/{institution_id}/details", roles=[Role.coordinator])
async def describe_institution(ctx: Commanding, institution_id: Id, body: InstitutionDetails) -> Accepted:
    """Replaces what is known of an institution besides its name: ownership (IQAA S1.b.3), levels, identifiers."""
    return await handlers.describe_institution(ctx, institution_id, body)


@post(router, "/institutions/{institution_id}/succession", roles=[Role.coordinator])
async def record_succession(ctx: Commanding, institution_id: Id, body: Succession) -> Accepted:
    """Records the institution that took this one's place."""
    return await handlers.record_succession(ctx, institution_id, body)


@post(router, "/rulebook-adoptions", roles=[Role.director], status=201, if_match=False)
async def adopt_rulebook(ctx: Commanding, body: NewAdoption) -> Accepted:
    """Takes a rulebook as the agency's own; a repealed one can be used after this alone."""
    return await handlers.adopt_rulebook(ctx, body)


@post(router, "/schedules", roles=[Role.director], status=201, if_match=False)
async def adopt_schedule(ctx: Commanding, body: NewSchedule) -> Accepted:
    """Adopts the accreditation schedule of a year (order 109, p. 12)."""
    return await handlers.adopt_schedule(ctx, body)


@post(router, "/applications", roles=[Role.institution_officer, Role.coordinator], status=201, if_match=False)
async def file_application(ctx: Commanding, body: NewApplication) -> Accepted:
    """Files an application (order 109, p. 8, 9.1). Documents that are missing can follow before registration."""
    return await handlers.file_application(ctx, body)


@post(router, "/applications/{case_id}/documents", roles=[Role.institution_officer, Role.coordinator])
async def attach_document(ctx: Commanding, case_id: Id, body: Document) -> Accepted:
    """Adds a document to an application."""
    return await handlers.attach_document(ctx, case_id, body)


@post(router, "/applications/{case_id}/registration", roles=[Role.coordinator])
async def register_application(ctx: Commanding, case_id: Id, body: Registration) -> Accepted:
    """Registers a complete application: the case opens (order 109, p. 8, 10)."""
    return await handlers.register_application(ctx, case_id, body)


@post(router, "/applications/{case_id}/contract", roles=[Role.coordinator, Role.director])
async def draw_up_contract(ctx: Commanding, case_id: Id, body: ContractText) -> Accepted:
    """Settles the text of the contract before it is signed (IQAA S1.b.2)."""
    return await handlers.draw_up_contract(ctx, case_id, body)


@post(router, "/applications/{case_id}/procurement", roles=[Role.coordinator])
async def record_procurement(ctx: Commanding, case_id: Id, body: Procurement) -> Accepted:
    """Records the public procurement that a state organisation's contract needs before it (IQAA S1.b.3)."""
    return await handlers.record_procurement(ctx, case_id, body)


@post(router, "/applications/{case_id}/contract-signatures", roles=[Role.institution_officer, Role.director])
async def sign_contract(ctx: Commanding, case_id: Id, body: ContractSignature) -> Accepted:
    """Signs the bilateral contract for the caller's side (order 109, p. 9.1; IQAA S1.b.1)."""
    return await handlers.sign_contract(ctx, case_id, body)


@post(router, "/applications/{case_id}/coordinator", roles=[Role.director])
async def appoint_coordinator(ctx: Commanding, case_id: Id, body: Appointment) -> Accepted:
    """Appoints the coordinator of the case (IQAA S1.c.1)."""
    return await handlers.appoint_coordinator(ctx, case_id, body)


@post(router, "/applications/{case_id}/first-time", roles=[Role.coordinator, Role.director])
async def state_first_time(ctx: Commanding, case_id: Id, body: FirstTime) -> Accepted:
    """States, with a reason, otherwise than the history whether it is the first time (IQAA S1.c.2)."""
    return await handlers.state_first_time(ctx, case_id, body)


@post(router, "/applications/{case_id}/preliminary-trip", roles=[Role.coordinator])
async def record_trip(ctx: Commanding, case_id: Id, body: Trip) -> Accepted:
    """Records the preliminary trip to an institution that is new to the agency (IQAA S1.c.2)."""
    return await handlers.record_trip(ctx, case_id, body)


@post(router, "/applications/{case_id}/seminars", roles=[Role.coordinator])
async def record_seminar(ctx: Commanding, case_id: Id, body: NewSeminar) -> Accepted:
    """Records a training seminar for the institution's working groups (IQAA S1.d)."""
    return await handlers.record_seminar(ctx, case_id, body)


@post(router, "/applications/{case_id}/withdrawal", roles=[Role.institution_officer, Role.coordinator])
async def withdraw_application(ctx: Commanding, case_id: Id, body: Withdrawal) -> Accepted:
    """Takes the application back for its institution, at every stage before the council's decision."""
    return await handlers.withdraw_application(ctx, case_id, body)


@post(router, "/applications/{case_id}/schedule", roles=[Role.coordinator])
async def schedule_case(ctx: Commanding, case_id: Id, body: Place) -> Accepted:
    """Gives the case its place in the yearly schedule, or another one (order 109, p. 12)."""
    return await handlers.schedule_case(ctx, case_id, body)


@get(router, "/applications", roles=INVOLVED, response_model=page_model(ApplicationItem))
async def list_applications(
    ctx: Reading,
    request: Request,
    response: Response,
    stage: Annotated[str | None, Query(max_length=40)] = None,
    institution_id: Annotated[str | None, Query(max_length=80)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Applications by filing date; an institution's officer sees its own."""
    c = applications.c
    query = select(applications.table)
    for column, wanted in ((c.stage, stage), (c.institution_id, institution_id), (c.institution_id, ctx.own_institution)):
        if wanted is not None:
            query = query.where(column == wanted)
    keys = [c.filed_on, c.case_id]
    return await page_of(ctx, query, keys=keys, model=ApplicationItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/applications/{case_id}", roles=INVOLVED, response_model=ApplicationDetail)
async def read_application(ctx: Reading, case_id: Id, response: Response) -> Any:
    """One application with its documents and what is still missing, its seminars and how far it is."""
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
    lists = {"documents": documents, "missing": missing, "seminars": [dict(row) for row in seminars]}
    return ApplicationDetail.model_validate({**found, **lists})


@get(router, "/applications/{case_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def application_history(ctx: Reading, case_id: Id) -> Any:
    """Every fact of an application, oldest first."""
    state, version = await ctx.load(APPLICATION, case_id)
    if not version or not ctx.owns(state.institution_id):
        raise NotFound(f"there is no application {case_id}")
    return await history(ctx, APPLICATION, case_id)
