"""The public register: whom the agencies accredited and what they decided, today or as of a day. Needs no token.

What is public may be shown on any page: the answers allow every origin.
"""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from sqlalchemy import ColumnElement, Select, case, null, or_, select

from chassis.auth import PUBLIC as EVERYBODY
from chassis.content.kinds import KINDS
from chassis.context import Context
from chassis.problem_handlers import problem_responses
from chassis.problems import NotFound
from chassis.sorting import Order, sorting
from chassis.storage import Storage
from chassis.text import AgencyId, IsoDate
from chassis.web import Cursor, Id, Limit, Reading, checked_query, get, narrowed, page_model, page_of, told_page
from regulations import load, local_date
from services.council.certificate_document import agency_names_of, names_of_agencies
from services.council.readmodels_certificates import institutions
from services.council.readmodels_register import published_files, register_entries
from services.council.readmodels_remedies import decisions
from services.council.register import Wanted, entries, facets, page
from services.council.register_files import ANYWHERE, Format, file_of
from services.council.register_history import steps
from services.council.schemas_certificates import State
from services.council.schemas_register import Facets, RegisterEntry, RegisterEntryDetail
from services.council.schemas_remedies import PublicDecision

router = APIRouter(prefix="/v1")

Agency = Annotated[AgencyId, Query(description="Whose register")]
InstitutionId = Annotated[str | None, Query(max_length=80)]
Scope = Annotated[str | None, Query(max_length=500, description="`institution` or `programme:<code>`")]
Outcome = Annotated[str | None, Query(max_length=40, description="A word of the rulebook's `decisions`")]
AsOf = Annotated[IsoDate | None, Query(description="The local day that is asked about; now without it")]
Words = Annotated[str | None, Query(min_length=1, max_length=200)]
Word = Annotated[str | None, Query(min_length=1, max_length=80)]

_E, _D = register_entries.c, decisions.c
REGISTER_BY = sorting(
    "-issued_on", [_E.issued_on, _E.valid_until, _E.institution_id, _E.number, _E.certificate_id], _E.certificate_id, _E.agency
)
DECISIONS_BY = sorting("decided_on", [_D.decided_on, _D.institution_id, _D.outcome, _D.case_id], _D.case_id, _D.scope, _D.round)


async def _anywhere(response: Response) -> None:
    response.headers.update(ANYWHERE)


PUBLIC: dict[str, Any] = {
    "dependencies": [Depends(checked_query), Depends(_anywhere)],
    "responses": problem_responses(422, 503),
    "openapi_extra": {"security": [], "x-kepil-roles": []},
}


async def _wanted(
    agency: Annotated[AgencyId | None, Query(description="Whose register; of every agency of this installation without it")] = None,
    q: Annotated[Words, Query(description="Words that are all found in the institution's names, the programmes, or the number")] = None,
    institution: Annotated[Words, Query(description="Words of the institution's names in any language, or of its city")] = None,
    programme: Annotated[Words, Query(description="Words of a programme's name, or its code")] = None,
    institution_id: InstitutionId = None,
    number: Annotated[str | None, Query(max_length=500, description="The whole number of a certificate")] = None,
    scope: Scope = None,
    outcome: Outcome = None,
    kind: Annotated[Word, Query(description="A word of the rulebook's `kinds`, or the kind of the case")] = None,
    level: Word = None,
    rulebook_id: Word = None,
    country: Annotated[str | None, Query(pattern=r"^[A-Z]{2}$", max_length=2, description="ISO 3166-1")] = None,
    year: Annotated[int | None, Query(ge=1990, le=2100, description="In which the certificate was issued")] = None,
    state: State | None = None,
    as_of: AsOf = None,
) -> Wanted:
    return Wanted(
        agency, q, institution, programme, institution_id, number, scope, outcome, kind, level, rulebook_id, country, year, state, as_of
    )


Asked = Annotated[Wanted, Depends(_wanted)]


async def _anybody(request: Request, agency: str | None) -> Context:
    context: Context = await request.app.state.runtime.context(agency=agency or "", actor="public")
    return context


@router.get("/register", response_model=page_model(RegisterEntry), **PUBLIC)
async def read_register(
    request: Request,
    response: Response,
    wanted: Asked,
    *,
    order: Annotated[Order, Depends(REGISTER_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The certificates in force and out of it: who is accredited, for what, until when (order 109, p. 9.10, 24; IQAA, S3.f.2). No token."""
    ctx = await _anybody(request, wanted.agency)
    found = await page(ctx, wanted, order, cursor, limit)
    return told_page(found, keys=order, model=RegisterEntry, limit=limit, request=request, response=response)


@router.get("/register/facets", response_model=Facets, **PUBLIC)
async def count_register(request: Request, wanted: Asked) -> Any:
    """How many entries of each sort are found by the same search. Needs no token."""
    ctx = await _anybody(request, wanted.agency)
    counted = await facets(ctx, wanted)
    agencies = counted["facets"]["agency"]
    names = await names_of_agencies(ctx, [each["value"] for each in agencies])
    for each in agencies:
        each["names"] = names.get(each["value"])
    return counted


async def _register_file(request: Request, wanted: Wanted, order: Order, kind: Format) -> StreamingResponse:
    ctx = await _anybody(request, wanted.agency)
    told = {"as_of": wanted.as_of.isoformat() if wanted.as_of else None, "made_at": ctx.at.isoformat()}
    name = "-".join(["register", *([wanted.agency] if wanted.agency else []), (wanted.as_of or ctx.at.date()).isoformat()])
    return file_of(ctx, entries(wanted, ctx.at), order=order, model=RegisterEntry, kind=kind, name=name, told=told)


def _file(media: str, items: type[BaseModel] | None = None, **more: Any) -> dict[str, Any]:
    """How a route is told of that gives a file: of text, or of a JSON object with `items` and what it has besides."""
    schema: dict[str, Any] = {"type": "string"}
    if items is not None:
        day = {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}
        listed = {"type": "array", "items": {"$ref": f"#/components/schemas/{items.__name__}"}}
        members = {**more, "as_of": day, "made_at": {"type": "string", "format": "date-time"}, "items": listed}
        schema = {"type": "object", "properties": members, "required": list(members)}
    files: dict[int | str, Any] = {200: {"content": {media: {"schema": schema}}}}
    return {**PUBLIC, "responses": files | PUBLIC["responses"], "response_class": StreamingResponse, "response_model": None}


@router.get("/register.csv", **_file("text/csv"))
async def download_register_as_csv(request: Request, wanted: Asked, order: Annotated[Order, Depends(REGISTER_BY)]) -> StreamingResponse:
    """Every entry that is found, for a spreadsheet. Needs no token."""
    return await _register_file(request, wanted, order, "csv")


@router.get("/register.json", **_file("application/json", RegisterEntry))
async def download_register_as_json(request: Request, wanted: Asked, order: Annotated[Order, Depends(REGISTER_BY)]) -> StreamingResponse:
    """Every entry that is found: `{as_of, made_at, items}`. Needs no token."""
    return await _register_file(request, wanted, order, "json")


@get(router, "/register/{agency}/{certificate_id}", roles=EVERYBODY, response_model=RegisterEntryDetail)
async def read_register_entry(ctx: Reading, certificate_id: Id, request: Request, response: Response, as_of: AsOf = None) -> Any:
    """One entry with the history of its decisions, and the published report to download. Needs no token."""
    response.headers.update(ANYWHERE)
    found = await _entry(ctx, certificate_id, as_of)
    today = as_of or local_date(ctx.at, load(found["rulebook"]["id"], found["rulebook"]["version"]).zone)
    told = await ctx.rows(select(decisions.table).where(_D.case_id == found["case_id"]))
    history = steps(found, told, today)
    where = f"/v1/register/{ctx.agency}/{certificate_id}/report" if await _report(ctx, request, found) else None
    more = {"as_of": today, "history": history, "report_path": where, "agency_names": await agency_names_of(ctx)}
    return RegisterEntryDetail.model_validate({**found, **more})


@get(
    router,
    "/register/{agency}/{certificate_id}/report",
    roles=EVERYBODY,
    media=[kind.media_type for kind in KINDS.values()],
    response_class=StreamingResponse,
    response_model=None,
)
async def download_published_report(ctx: Reading, certificate_id: Id, request: Request) -> StreamingResponse:
    """The full report on an entry, as it was published (order 109, p. 9.10; IQAA, S3.f.1). Needs no token."""
    found = await _entry(ctx, certificate_id, None)
    report = await _report(ctx, request, found)
    if report is None:
        raise NotFound("the agency does not keep the bytes of a published report on this entry here")
    received = await Storage.of(request.app.state.runtime.settings).get(ctx.agency, report["document_id"])
    headers = {
        **ANYWHERE,
        "Content-Length": str(received.size),
        "Content-Disposition": f'attachment; filename="report-{certificate_id}.{_extension(report["media_type"])}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "ETag": f'"{report["document_id"]}"',
    }
    return StreamingResponse(received.chunks(), media_type=report["media_type"], headers=headers)


def _extension(media_type: str) -> str:
    return next((kind.extensions[0] for kind in KINDS.values() if media_type in kind.media), "bin")


async def _entry(ctx: Context, certificate_id: str, as_of: date | None) -> dict[Any, Any]:
    found = await ctx.row(entries(Wanted(agency=ctx.agency, certificate_id=certificate_id, as_of=as_of), ctx.at))
    if found is None:
        raise NotFound(f"the register of {ctx.agency} has no entry {certificate_id}")
    return dict(found)


async def _report(ctx: Context, request: Request, entry: dict[Any, Any]) -> Any:
    """The file of the published report, where its bytes are kept and may be given out; unscanned ones where the settings give these."""
    if not entry["report"]:
        return None
    f = published_files.c
    given = ["clean", "unscanned"] if request.app.state.runtime.settings.documents_unscanned == "give" else ["clean"]
    mine = (f.document_id == entry["report"]["sha256"], f.erased_on.is_(None), f.personal.is_(None), f.scan.in_(given))
    return await ctx.row(select(published_files.table).where(*mine))


@router.get("/register/decisions", response_model=page_model(PublicDecision), **PUBLIC)
async def read_decisions(
    request: Request,
    response: Response,
    agency: Agency,
    institution_id: InstitutionId = None,
    scope: Scope = None,
    outcome: Outcome = None,
    as_of: AsOf = None,
    *,
    order: Annotated[Order, Depends(DECISIONS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The decisions of an agency that were published or entered (order 109, p. 9.10; IQAA, S3.f.1, S3.f.2). Needs no token."""
    ctx = await _anybody(request, agency)
    query = narrowed(_decisions(as_of), ((_D.institution_id, institution_id), (_D.scope, scope), (_D.outcome, outcome)))
    return await page_of(ctx, query, keys=order, model=PublicDecision, cursor=cursor, limit=limit, request=request, response=response)


async def _decisions_file(request: Request, agency: str, as_of: date | None, order: Order, kind: Format) -> StreamingResponse:
    ctx = await _anybody(request, agency)
    told = {"agency": agency, "as_of": as_of.isoformat() if as_of else None, "made_at": ctx.at.isoformat()}
    name = f"decisions-{agency}-{(as_of or ctx.at.date()).isoformat()}"
    return file_of(ctx, _decisions(as_of), order=order, model=PublicDecision, kind=kind, name=name, told=told)


@router.get("/register/decisions.csv", **_file("text/csv"))
async def download_decisions_as_csv(
    request: Request, agency: Agency, order: Annotated[Order, Depends(DECISIONS_BY)], as_of: AsOf = None
) -> StreamingResponse:
    """Every public decision of an agency, for a spreadsheet. Needs no token."""
    return await _decisions_file(request, agency, as_of, order, "csv")


@router.get("/register/decisions.json", **_file("application/json", PublicDecision, agency={"type": "string"}))
async def download_decisions_as_json(
    request: Request, agency: Agency, order: Annotated[Order, Depends(DECISIONS_BY)], as_of: AsOf = None
) -> StreamingResponse:
    """Every public decision of an agency: `{agency, as_of, made_at, items}`. Needs no token."""
    return await _decisions_file(request, agency, as_of, order, "json")


def _decisions(as_of: date | None) -> Select[Any]:
    c, of_institution = decisions.c, institutions.c
    public = or_(c.published_on.is_not(None), c.entered_on.is_not(None))
    in_force: ColumnElement[bool] = c.set_aside_on.is_(None)
    told = [c.published_on, c.entered_on, c.report, c.results, c.address, c.during_appeal, c.set_aside_by, c.set_aside_on]
    if as_of is not None:
        public, in_force = or_(c.published_on <= as_of, c.entered_on <= as_of), or_(in_force, c.set_aside_on > as_of)
        told = _as_told(as_of)
    return (
        select(c.case_id, c.institution_id, c.rulebook_id, c.scope, c.outcome, c.round, c.decided_on, *told)
        .add_columns(of_institution.names.label("institution_names"), in_force.label("in_force"))
        .select_from(decisions.table)
        .outerjoin(institutions.table, of_institution.institution_id == c.institution_id)
        .where(public)
    )


def _as_told(as_of: Any) -> list[Any]:
    """What was known on a day: nothing of what came later."""
    c = decisions.c
    since = {
        c.published_on: [c.published_on, c.report, c.results, c.address, c.during_appeal],
        c.entered_on: [c.entered_on],
        c.set_aside_on: [c.set_aside_by, c.set_aside_on],
    }
    return [case((day <= as_of, column), else_=null()).label(column.key) for day, columns in since.items() for column in columns]
