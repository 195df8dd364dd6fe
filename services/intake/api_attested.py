"""Intake's routes about the register of organisations that are attested and their interim controls. No rule lives here."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import extract, select

from chassis.actions import allowed_actions
from chassis.auth import Role
from chassis.columns import Language, template
from chassis.context import Accepted, Context
from chassis.corrections import Correction
from chassis.problems import NotFound
from chassis.sorting import Order, sorting
from chassis.spreadsheet import Upload
from chassis.text import Identifier, Word
from chassis.web import (
    Commanding,
    Cursor,
    HistoryEntry,
    Id,
    Limit,
    Reading,
    etag,
    get,
    history,
    narrowed,
    page_model,
    page_of,
    post,
    upload,
)
from regulations import RulebookRef, resolve
from services.intake import attested_imports, handlers_attested
from services.intake.attested_columns import COLUMNS
from services.intake.domain.attested import ATTESTED, RecordInterimControl, RemoveSubject
from services.intake.domain.attested_due import apart, next_planned
from services.intake.domain.attested_import import SUBJECT_IMPORT
from services.intake.domain.interim_control import CONTROL_LIMIT
from services.intake.readmodels_attested import attested_subjects, control_limits, interim_controls, subject_imports
from services.intake.schemas_attested import (
    ControlLimitDetail,
    ControlLimitItem,
    InterimControl,
    NewControlLimit,
    NewSubject,
    SubjectColumn,
    SubjectDetail,
    SubjectImportItem,
    SubjectImportReport,
    SubjectItem,
    SubjectRemoval,
    SubjectTemplate,
)

router = APIRouter(prefix="/v1")

IMPORTS = "/attestation-subjects/imports"
#: What `app` lets take more than a body usually may.
UPLOADS = [f"{router.prefix}{IMPORTS}"]
MEDIA = ["text/csv", "text/tab-separated-values"]

BODY = [Role.authorised_body_officer, Role.coordinator, Role.director]
READERS = [*BODY, Role.auditor]
INVOLVED = [Role.institution_officer, *READERS]

_S, _L, _I = attested_subjects.c, control_limits.c, subject_imports.c
SUBJECTS_BY = sorting("institution_id", [_S.institution_id, _S.authority, _S.due_order, _S.entered_on, _S.rulebook_id], _S.institution_id)
LIMITS_BY = sorting("year", [_L.year, _L.set_on, _L.rulebook_id], _L.limit_id)
SUBJECT_IMPORTS_BY = sorting("imported_on", [_I.imported_on, _I.entered, _I.lines, _I.import_id], _I.import_id)

Needs = Literal["person", "schedule"]
RulebookQuery = Annotated[
    str | None,
    Query(
        pattern=r"^[a-z0-9][a-z0-9-]{0,79}(@[0-9A-Za-z][0-9A-Za-z.-]{0,39})?$",
        description="The rulebook, `id` or `id@version`, of rows that name none",
        examples=["kz-109-2008-attestation"],
    ),
]


@post(router, "/attestation-subjects", roles=BODY, status=201, if_match=False)
async def enter_subject(ctx: Commanding, body: NewSubject) -> Accepted:
    """Enters an organisation that is to be attested, or describes it anew (attestation, p. 2, 3, 4)."""
    return await handlers_attested.enter_subject(ctx, body)


@upload(router, IMPORTS, roles=BODY, media=MEDIA, response_model=SubjectImportReport)
async def import_subjects(
    ctx: Commanding,
    request: Request,
    dry_run: Annotated[bool, Query(description="Only report what would become of each line; nothing is written")] = False,
    rulebook: RulebookQuery = None,
) -> Any:
    """Enters the organisations of a table, under the same rules as a single one; reports line by line.

    Columns and headings are told by `GET /v1/attestation-subjects/imports/template`. What is known so already is left as it is, so a file
    may be sent again; what differs is described anew.
    """
    file = Upload()
    try:
        await file.take(request.stream(), _charset(request))
        if not dry_run:
            await ctx.given(file.hash, rulebook or "")
        return await attested_imports.run(ctx, file, rulebook=rulebook, dry_run=dry_run)
    finally:
        file.close()


def _charset(request: Request) -> str | None:
    _, _, charset = request.headers.get("content-type", "").lower().partition("charset=")
    return charset.partition(";")[0].strip() or None


@get(router, IMPORTS, roles=READERS, response_model=page_model(SubjectImportItem))
async def list_subject_imports(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(SUBJECT_IMPORTS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The files from which organisations were entered."""
    query = select(subject_imports.table)
    return await page_of(ctx, query, keys=order, model=SubjectImportItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, f"{IMPORTS}/template", roles=READERS, response_model=SubjectTemplate)
async def subject_template(
    request: Request, ctx: Reading, language: Annotated[Language, Query(description="Of the headings of the empty table")] = "en"
) -> Any:
    """The columns that an import takes, with what stands in each; asked for as `text/csv`, the empty table to fill in."""
    if "text/csv" in request.headers.get("accept", ""):
        attached = {"Content-Disposition": 'attachment; filename="attested.csv"'}
        return Response(template(COLUMNS, language), media_type="text/csv", headers=attached)
    told = [
        SubjectColumn(name=c.name, headings=dict(c.headings), required=c.required, meaning=c.meaning, example=c.example) for c in COLUMNS
    ]
    return SubjectTemplate(columns=told)


@get(router, f"{IMPORTS}/{{subject_import_id}}", roles=READERS, response_model=SubjectImportItem)
async def read_subject_import(ctx: Reading, subject_import_id: Id, response: Response) -> Any:
    """One file from which organisations were entered."""
    found = await ctx.row(select(subject_imports.table).where(_I.import_id == subject_import_id))
    if found is None:
        raise NotFound(f"there is no import {subject_import_id}")
    etag(response, found["version"])
    return SubjectImportItem.model_validate(dict(found))


@get(router, f"{IMPORTS}/{{subject_import_id}}/history", roles=READERS, response_model=list[HistoryEntry])
async def subject_import_history(ctx: Reading, subject_import_id: Id) -> Any:
    """Every time that a file has added something, oldest first."""
    _, version = await ctx.load(SUBJECT_IMPORT, subject_import_id)
    if not version:
        raise NotFound(f"there is no import {subject_import_id}")
    return await history(ctx, SUBJECT_IMPORT, subject_import_id)


@get(router, "/attestation-subjects", roles=INVOLVED, response_model=page_model(SubjectItem))
async def list_attestation_subjects(
    ctx: Reading,
    request: Request,
    response: Response,
    authority: Identifier | None = None,
    level: Word | None = None,
    due_year: Annotated[int | None, Query(ge=2000, le=2100, description="Who falls due in it, as planned or extraordinarily")] = None,
    needs: Annotated[Needs | None, Query(description="Who needs a person to say by when they fall due, or an extraordinary place")] = None,
    subject: Annotated[bool | None, Query(description="Only those that are attested, or that are not")] = None,
    *,
    order: Annotated[Order, Depends(SUBJECTS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The organisations in the register; an institution's officer sees its own."""
    query = narrowed(select(attested_subjects.table), ((_S.authority, authority), (_S.subject, subject)))
    query = narrowed(query, ((_S.institution_id, ctx.own_institution),))
    if level is not None:
        query = query.where(_S.levels.contains([level]))
    if due_year is not None:
        query = query.where((extract("year", _S.due_by) == due_year) | (_S.extraordinary_year == due_year))
    if needs == "person":
        query = query.where(_S.subject, _S.due_by.is_(None), _S.extraordinary_year.is_(None))
    elif needs == "schedule":
        query = query.where(_S.subject, _S.extraordinary_year.is_not(None))
    return await page_of(ctx, query, keys=order, model=SubjectItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/attestation-subjects/{institution_id}", roles=INVOLVED, response_model=SubjectDetail)
async def read_attestation_subject(ctx: Reading, institution_id: Id, request: Request, response: Response) -> Any:
    """One organisation: by when it is attested next and why (p. 4), what follows from controls (p. 5), what is attested apart (p. 9)."""
    found = await _subject(ctx, institution_id)
    etag(response, found["version"])
    state, _ = await ctx.load(ATTESTED, institution_id)
    rules = resolve(RulebookRef.model_validate(found["rulebook"]))
    controls = select(interim_controls.table).where(interim_controls.c.institution_id == institution_id)
    due = None
    if found["extraordinary_year"] is not None:
        due = {
            "year": found["extraordinary_year"],
            "ground": found["extraordinary_ground"],
            "specialties": found["extraordinary_specialties"],
            "control_year": found["extraordinary_control"],
        }
    planned = next_planned(rules, found["last_attested_on"], found["founded_on"])
    told = {
        "next_planned": {**asdict(planned), "due_by": found["due_by"], "year": found["due_by"].year if found["due_by"] else None},
        "attested_apart": [each["code"] for each in found["specialties"] if each["level"] in apart(rules)],
        "extraordinary": due,
        "interim_controls": [dict(row) for row in await ctx.rows(controls.order_by(interim_controls.c.number))],
        "allowed_actions": allowed_actions(
            request, router, ATTESTED, state, rules, ids={"institution_id": institution_id}, regulation=rules
        ),
    }
    return SubjectDetail.model_validate({**found, **told})


@get(router, "/attestation-subjects/{institution_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def attestation_subject_history(ctx: Reading, institution_id: Id) -> Any:
    """Every fact of an organisation's place in the register, oldest first."""
    found = await _subject(ctx, institution_id)
    return await history(ctx, ATTESTED, institution_id, resolve(RulebookRef.model_validate(found["rulebook"])))


@post(router, "/attestation-subjects/{institution_id}/removal", roles=BODY, command=RemoveSubject)
async def remove_subject(ctx: Commanding, institution_id: Id, body: SubjectRemoval) -> Accepted:
    """Takes an organisation out of the register that is closed or has joined another."""
    return await handlers_attested.remove_subject(ctx, institution_id, body)


@post(router, "/attestation-subjects/{institution_id}/interim-controls", roles=BODY, command=RecordInterimControl)
async def record_interim_control(ctx: Commanding, institution_id: Id, body: InterimControl) -> Accepted:
    """Records what the interim state control of a year found; above the limit an extraordinary attestation follows (attestation, p. 5)."""
    return await handlers_attested.record_interim_control(ctx, institution_id, body)


@post(router, "/attestation-subjects/{institution_id}/corrections", roles=[Role.director])
async def correct_subject(ctx: Commanding, institution_id: Id, body: Correction) -> Accepted:
    """Puts a day that was told of an organisation right; what else changed is described anew."""
    return await handlers_attested.correct_subject(ctx, institution_id, body)


@post(router, "/interim-control-limits", roles=[Role.authorised_body_officer, Role.director], status=201, if_match=False)
async def set_interim_control_limit(ctx: Commanding, body: NewControlLimit) -> Accepted:
    """Sets how many learners may fail the interim state control of a year (attestation, p. 5)."""
    return await handlers_attested.set_interim_control_limit(ctx, body)


@get(router, "/interim-control-limits", roles=READERS, response_model=page_model(ControlLimitItem))
async def list_interim_control_limits(
    ctx: Reading,
    request: Request,
    response: Response,
    year: Annotated[int | None, Query(ge=2000, le=2100)] = None,
    *,
    order: Annotated[Order, Depends(LIMITS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The limits of the interim state control, by year."""
    query = narrowed(select(control_limits.table), ((_L.year, year),))
    return await page_of(ctx, query, keys=order, model=ControlLimitItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/interim-control-limits/{limit_id}", roles=READERS, response_model=ControlLimitDetail)
async def read_interim_control_limit(ctx: Reading, limit_id: Id, request: Request, response: Response) -> Any:
    """The limit of one year, and of one level where it has its own (attestation, p. 5)."""
    found = await ctx.row(select(control_limits.table).where(_L.limit_id == limit_id))
    if found is None:
        raise NotFound(f"there is no limit {limit_id}")
    etag(response, found["version"])
    state, _ = await ctx.load(CONTROL_LIMIT, limit_id)
    rules = resolve(RulebookRef.model_validate(found["rulebook"]))
    actions = allowed_actions(request, router, CONTROL_LIMIT, state, rules, ids={"limit_id": limit_id}, regulation=rules)
    return ControlLimitDetail.model_validate({**found, "allowed_actions": actions})


@get(router, "/interim-control-limits/{limit_id}/history", roles=READERS, response_model=list[HistoryEntry])
async def interim_control_limit_history(ctx: Reading, limit_id: Id) -> Any:
    """Every fact of a limit, oldest first."""
    state, _ = await ctx.load(CONTROL_LIMIT, limit_id)
    if state.fact is None:
        raise NotFound(f"there is no limit {limit_id}")
    return await history(ctx, CONTROL_LIMIT, limit_id, resolve(state.fact.rulebook))


@post(router, "/interim-control-limits/{limit_id}/corrections", roles=[Role.director])
async def correct_interim_control_limit(ctx: Commanding, limit_id: Id, body: Correction) -> Accepted:
    """Puts the act of a limit right."""
    return await handlers_attested.correct_limit(ctx, limit_id, body)


async def _subject(ctx: Context, institution_id: str) -> Any:
    found = await ctx.row(select(attested_subjects.table).where(_S.institution_id == institution_id))
    if found is None or not ctx.owns(institution_id):
        raise NotFound(f"there is no organisation {institution_id} in the register")
    return found
