"""Routes of official letters: parse, call a handler or a query, answer. No rule lives here."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import Field
from sqlalchemy import select

from chassis.actions import allowed_actions
from chassis.auth import Role
from chassis.context import Accepted
from chassis.sorting import Order, sorting
from chassis.text import Identifier, InstitutionId
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Reading, etag, get, history, narrowed, page_model, page_of, post
from regulations import load
from services.notices import handlers_letters
from services.notices.contract_letters import Language
from services.notices.domain.letter import LETTER, LETTERHEAD, LETTERHEAD_ID, DispatchLetter, RecordReceipt, SetLetterhead
from services.notices.domain.letter_kind import ITS_OWN
from services.notices.domain.letter_kinds import KINDS
from services.notices.letters_pages import LANGUAGES, own_language, words
from services.notices.readmodels_letters import letters
from services.notices.schemas_letters import (
    LetterDetail,
    LetterDispatchNote,
    LetterheadBody,
    LetterheadDetail,
    LetterItem,
    LetterKindOut,
    LetterReceiptNote,
    LetterStatus,
)

router = APIRouter(prefix="/v1")

STAFF = [Role.coordinator, Role.director, Role.auditor]
READERS = [Role.institution_officer, *STAFF]

Year = Annotated[int | None, Field(ge=2000, le=2100)]
LetterLanguage = Annotated[Language | None, Field(description="Without it the state language where the rulebook is in force")]

_L = letters.c
LETTERS_BY = sorting("-drawn_up_at", [_L.drawn_up_at, _L.dated_on, _L.kind, _L.status, _L.letter_id], _L.letter_id)


@get(router, "/letters", roles=READERS, response_model=page_model(LetterItem))
async def list_letters(
    ctx: Reading,
    request: Request,
    response: Response,
    kind: Identifier | None = None,
    status: LetterStatus | None = None,
    addressee: Identifier | None = None,
    institution_id: InstitutionId | None = None,
    case_id: Identifier | None = None,
    event_id: Identifier | None = None,
    year: Year = None,
    *,
    order: Annotated[Order, Depends(LETTERS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Letters, the latest first; an institution's officer sees those to its own institution."""
    query = narrowed(
        select(letters.table),
        (
            (_L.kind, kind),
            (_L.status, status),
            (_L.addressee, addressee),
            (_L.institution_id, institution_id),
            (_L.institution_id, ctx.own_institution),
            (_L.case_id, case_id),
            (_L.event_id, event_id),
            (_L.year, year),
        ),
    )
    if ctx.own_institution is not None:
        query = query.where(_L.addressee.in_(ITS_OWN))
    return await page_of(ctx, query, keys=order, model=LetterItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/letter-kinds", roles=READERS, response_model=list[LetterKindOut])
async def list_letter_kinds(ctx: Reading) -> Any:
    """Every kind of letter: upon which event, to whom, by which clauses of each rulebook."""
    return [
        LetterKindOut(
            kind=each.name,
            event_type=each.on,
            addressee=each.to,
            clauses={rulebook: list(clauses) for rulebook, clauses in each.clauses.items()},
            names={language: words(language)["kinds"][each.name][0] for language in LANGUAGES},
        )
        for each in KINDS.values()
    ]


@get(router, "/letters/{letter_id}", roles=READERS, response_model=LetterDetail)
async def read_letter(ctx: Reading, letter_id: Id, request: Request, response: Response) -> Any:
    """One letter: the facts of its text, where it went, and what the caller may do."""
    state, version = await handlers_letters.letter_of(ctx, letter_id)
    drawn = state.drawn
    assert drawn is not None
    row = await ctx.row(select(letters.table).where(_L.letter_id == letter_id))
    assert row is not None
    book = load(drawn.rulebook.id, drawn.rulebook.version) if drawn.rulebook else None
    etag(response, version)
    return LetterDetail.model_validate(
        {
            **row,
            **drawn.model_dump(include={"source", "institution", "rulebook", "letterhead_version", "facts"}),
            "subjects": {each: words(each)["kinds"][drawn.kind][0] for each in LANGUAGES},
            "own_language": own_language(drawn),
            "dispatches": [vars(each) for each in state.dispatches],
            "allowed_actions": allowed_actions(request, router, LETTER, state, None, ids={"letter_id": letter_id}, regulation=book),
        }
    )


@get(router, "/letters/{letter_id}/pdf", roles=READERS, media=["application/pdf"], response_class=Response)
async def read_letter_pdf(ctx: Reading, letter_id: Id, language: LetterLanguage = None) -> Response:
    """The letter as PDF/A; the same bytes whenever it is asked for."""
    made, name = await handlers_letters.typeset_letter(ctx, letter_id, language)
    return Response(made, media_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})


@get(router, "/letters/{letter_id}/text", roles=READERS, media=["text/plain"], response_class=PlainTextResponse)
async def read_letter_text(ctx: Reading, letter_id: Id, language: LetterLanguage = None) -> PlainTextResponse:
    """The letter as plain text."""
    return PlainTextResponse(await handlers_letters.letter_text(ctx, letter_id, language))


@get(router, "/letters/{letter_id}/history", roles=READERS, response_model=list[HistoryEntry])
async def letter_history(ctx: Reading, letter_id: Id) -> Any:
    """Every fact of a letter, oldest first."""
    state, _ = await handlers_letters.letter_of(ctx, letter_id)
    assert state.drawn is not None
    rulebook = state.drawn.rulebook
    return await history(ctx, LETTER, letter_id, load(rulebook.id, rulebook.version) if rulebook else None)


@post(router, "/letters/{letter_id}/dispatch", roles=[Role.coordinator, Role.director], command=DispatchLetter)
async def dispatch_letter(ctx: Commanding, letter_id: Id, body: LetterDispatchNote) -> Accepted:
    """Records that a person sent the letter; it may go by several ways."""
    return await handlers_letters.dispatch(ctx, letter_id, body)


@post(router, "/letters/{letter_id}/receipt", roles=[Role.institution_officer, Role.coordinator, Role.director], command=RecordReceipt)
async def record_letter_receipt(ctx: Commanding, letter_id: Id, body: LetterReceiptNote) -> Accepted:
    """Records that the letter arrived; the institution may say so itself."""
    return await handlers_letters.receipt(ctx, letter_id, body)


@get(router, "/letterhead", roles=STAFF, response_model=LetterheadDetail)
async def read_letterhead(ctx: Reading, request: Request, response: Response) -> Any:
    """How the agency heads and signs its letters; version 0 where nothing is set yet."""
    state, version = await ctx.load(LETTERHEAD, LETTERHEAD_ID)
    blank: dict[str, Any] = {
        "names": {},
        "addresses": {},
        "contacts": None,
        "signatory_posts": {},
        "signatory_id": None,
        "signatory_name": None,
    }
    told = state.present.model_dump() if state.present else {**blank, "set_at": None}
    etag(response, version)
    actions = allowed_actions(request, router, LETTERHEAD, state, None, ids={})
    return LetterheadDetail.model_validate({**told, "version": version, "allowed_actions": actions})


@post(router, "/letterhead", roles=[Role.director], command=SetLetterhead)
async def set_letterhead(ctx: Commanding, body: LetterheadBody) -> Accepted:
    """Sets how letters are headed and signed from now on; those that are drawn up keep theirs."""
    return await handlers_letters.head(ctx, body)


@get(router, "/letterhead/history", roles=STAFF, response_model=list[HistoryEntry])
async def letterhead_history(ctx: Reading) -> Any:
    """Every letterhead that the agency had, oldest first."""
    return await history(ctx, LETTERHEAD, LETTERHEAD_ID)
