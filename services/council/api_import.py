"""Council's routes for the import of an agency's existing certificates."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import select
from starlette.background import BackgroundTask

from chassis.auth import Role
from chassis.columns import Language, template
from chassis.problems import NotFound
from chassis.sorting import Order, sorting
from chassis.spreadsheet import Upload
from chassis.text import ShortText
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Reading, etag, get, history, page_model, page_of, upload
from services.council import imports as importing
from services.council.domain.importing import IMPORT
from services.council.import_columns import COLUMNS
from services.council.readmodels_imports import imports
from services.council.schemas_import import ColumnItem, ImportItem, ImportReport, ImportTemplate

router = APIRouter(prefix="/v1")

PATH = "/certificates/imports"
#: What `app` lets take more than a body usually may.
UPLOADS = [f"{router.prefix}{PATH}"]
MEDIA = ["text/csv", "text/tab-separated-values"]
KEEPERS = [Role.coordinator, Role.director, Role.auditor]

_C = imports.c
IMPORTS_BY = sorting("imported_on", [_C.imported_on, _C.created, _C.lines, _C.import_id], _C.import_id)

RulebookQuery = Annotated[
    str | None,
    Query(
        pattern=r"^[a-z0-9][a-z0-9-]{0,79}(@[0-9A-Za-z][0-9A-Za-z.-]{0,39})?$",
        description="The rulebook, `id` or `id@version`, of rows that name none",
        examples=["aakr-monitoring-2024"],
    ),
]


@upload(router, PATH, roles=[Role.coordinator, Role.director], media=MEDIA, response_model=ImportReport)
async def import_certificates(
    ctx: Commanding,
    request: Request,
    dry_run: Annotated[bool, Query(description="Only report what would become of each line; nothing is written")] = False,
    rulebook: RulebookQuery = None,
    file_name: Annotated[ShortText | None, Query(description="What the file is called, for people")] = None,
) -> Any:
    """Records certificates that were issued before, with their recommendations, from a table; reports line by line.

    Columns and headings are told by `GET /v1/certificates/imports/template`. A certificate is recorded whole or not at all, under the same
    rules as a single one. What is recorded already is left as it is, so a file may be sent again, as it was or completed: with the same
    Idempotency-Key too, whose lines are `same` then.
    """
    upload = Upload()
    try:
        await upload.take(request.stream(), _charset(request))
        if not dry_run:
            await ctx.given(upload.hash, rulebook or "")
        report = await importing.run(ctx, upload, rulebook=rulebook, dry_run=dry_run, file_name=file_name)
    finally:
        upload.close()
    return StreamingResponse(report.chunks(), media_type="application/json", background=BackgroundTask(report.close))


def _charset(request: Request) -> str | None:
    _, _, charset = request.headers.get("content-type", "").lower().partition("charset=")
    return charset.partition(";")[0].strip() or None


@get(router, PATH, roles=KEEPERS, response_model=page_model(ImportItem))
async def list_imports(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(IMPORTS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The files from which certificates were recorded."""
    query = select(imports.table)
    return await page_of(ctx, query, keys=order, model=ImportItem, cursor=cursor, limit=limit, request=request, response=response)


@get(
    router,
    f"{PATH}/template",
    roles=KEEPERS,
    response_model=ImportTemplate,
)
async def import_template(
    request: Request, ctx: Reading, language: Annotated[Language, Query(description="Of the headings of the empty table")] = "en"
) -> Any:
    """The columns that an import takes, with what stands in each; asked for as `text/csv`, the empty table to fill in."""
    if "text/csv" in request.headers.get("accept", ""):
        attached = {"Content-Disposition": 'attachment; filename="certificates.csv"'}
        return Response(template(COLUMNS, language), media_type="text/csv", headers=attached)
    columns = [
        ColumnItem(name=c.name, headings=dict(c.headings), required=c.required, meaning=c.meaning, example=c.example) for c in COLUMNS
    ]
    return ImportTemplate(columns=columns)


@get(router, f"{PATH}/{{import_id}}", roles=KEEPERS, response_model=ImportItem)
async def read_import(ctx: Reading, import_id: Id, response: Response) -> Any:
    """One file from which certificates were recorded."""
    found = await ctx.row(select(imports.table).where(imports.c.import_id == import_id))
    if found is None:
        raise NotFound(f"there is no import {import_id}")
    etag(response, found["version"])
    return ImportItem.model_validate(dict(found))


@get(router, f"{PATH}/{{import_id}}/history", roles=KEEPERS, response_model=list[HistoryEntry])
async def import_history(ctx: Reading, import_id: Id) -> Any:
    """Every time that a file has added certificates, oldest first."""
    _, version = await ctx.load(IMPORT, import_id)
    if not version:
        raise NotFound(f"there is no import {import_id}")
    return await history(ctx, IMPORT, import_id)
