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
from services.intake.readmodels import application_documents, applications, institutions
from services.intake.schemas import (
    ApplicationDetail,
    ApplicationItem,
    ContractSignature,
    Institution,
    NewAdoption,
    NewApplication,
    NewInstitution,
    NewSchedule,
    Place,
    Registration,
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


@get(router, "/institutions/{institution_id}", roles=INVOLVED, response_model=Institution)
async def read_institution(ctx: Reading, institution_id: Id, response: Response) -> Any:
    """One institution."""
    found = await ctx.row(select(institutions.table).where(institutions.c.institution_id == institution_id))
    if found is None or not ctx.owns(institution_id):
        raise NotFound(f"there is no institution {institution_id}")
    etag(response, found["version"])
    return Institution.model_validate(dict(found))


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


@post(router, "/applications/{case_id}/contract-signatures", roles=[Role.institution_officer, Role.director])
async def sign_contract(ctx: Commanding, case_id: Id, body: ContractSignature) -> Accepted:
    """Signs the bilateral contract for the caller's side (order 109, p. 9.1)."""
    return await handlers.sign_contract(ctx, case_id, body)


@post(router, "/applications/{case_id}/schedule", roles=[Role.coordinator])
async def schedule_case(ctx: Commanding, case_id: Id, body: Place) -> Accepted:
    """Gives the case its place in the yearly schedule (order 109, p. 12)."""
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
    """One application with its documents and what is still missing."""
    found = await ctx.row(select(applications.table).where(applications.c.case_id == case_id))
    if found is None or not ctx.owns(found["institution_id"]):
        raise NotFound(f"there is no application {case_id}")
    rows = await ctx.rows(select(application_documents.table).where(application_documents.c.case_id == case_id))
    documents = [Document(kind=row["kind"], name=row["name"], sha256=row["sha256"]) for row in rows]
    rulebook = load(found["rulebook"]["id"], found["rulebook"]["version"])
    missing = missing_documents(rulebook, found["kind"], documents)
    etag(response, found["version"])
    return ApplicationDetail.model_validate({**found, "documents": documents, "missing": missing})


@get(router, "/applications/{case_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def application_history(ctx: Reading, case_id: Id) -> Any:
    """Every fact of an application, oldest first."""
    state, version = await ctx.load(APPLICATION, case_id)
    if not version or not ctx.owns(state.institution_id):
        raise NotFound(f"there is no application {case_id}")
    return await history(ctx, APPLICATION, case_id)
