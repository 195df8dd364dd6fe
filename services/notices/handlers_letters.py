"""Commands about letters, and the page of one."""

import asyncio
from datetime import UTC, date

from chassis.context import Accepted, Context
from chassis.problems import NotFound
from regulations import load, local_date
from services.notices.contract_letters import Language, LetterheadSet
from services.notices.domain.letter import (
    LETTER,
    LETTERHEAD,
    LETTERHEAD_ID,
    DispatchLetter,
    Letter,
    RecordReceipt,
    SetLetterhead,
)
from services.notices.domain.letter_kind import ITS_OWN
from services.notices.letters_pages import own_language, page, plain
from services.notices.schemas_letters import LetterDispatchNote, LetterheadBody, LetterReceiptNote


async def letter_of(ctx: Context, letter_id: str) -> tuple[Letter, int]:
    """A letter that the caller may read, and its version; NotFound."""
    state, version = await ctx.load(LETTER, letter_id)
    if state.drawn is None:
        raise NotFound(f"there is no letter {letter_id}")
    if ctx.own_institution is not None:
        _guard(ctx, state)
    return state, version


async def dispatch(ctx: Context, letter_id: str, body: LetterDispatchNote) -> Accepted:
    """A person sent it."""
    today = _today(ctx, (await letter_of(ctx, letter_id))[0])
    return await ctx.execute(LETTER, letter_id, ctx.command(DispatchLetter, **body.model_dump(), today=today))


async def receipt(ctx: Context, letter_id: str, body: LetterReceiptNote) -> Accepted:
    """It arrived."""
    today = _today(ctx, (await letter_of(ctx, letter_id))[0])
    return await ctx.execute(LETTER, letter_id, ctx.command(RecordReceipt, **body.model_dump(), today=today))


async def head(ctx: Context, body: LetterheadBody) -> Accepted:
    """How letters are headed from now on."""
    return await ctx.execute(LETTERHEAD, LETTERHEAD_ID, ctx.command(SetLetterhead, **body.model_dump()), create=True)


async def typeset_letter(ctx: Context, letter_id: str, language: Language | None) -> tuple[bytes, str]:
    """The letter as PDF/A and the name of its file."""
    state, _ = await letter_of(ctx, letter_id)
    drawn = state.drawn
    assert drawn is not None
    chosen = language or own_language(drawn)
    made = await asyncio.to_thread(page, drawn, await _head(ctx, drawn.letterhead_version), ctx.agency, chosen)
    return made, f"letter-{drawn.year}-{drawn.number}-{chosen}.pdf"


async def letter_text(ctx: Context, letter_id: str, language: Language | None) -> str:
    """The letter as text."""
    state, _ = await letter_of(ctx, letter_id)
    drawn = state.drawn
    assert drawn is not None
    return plain(drawn, await _head(ctx, drawn.letterhead_version), ctx.agency, language or own_language(drawn))


async def _head(ctx: Context, version: int) -> LetterheadSet | None:
    """The letterhead of a version of it."""
    if not version:
        return None
    past = await ctx.history(LETTERHEAD, LETTERHEAD_ID)
    event: LetterheadSet = past[version - 1].event
    return event


def _guard(ctx: Context, state: Letter) -> None:
    drawn = state.drawn
    if drawn is None or drawn.addressee not in ITS_OWN or state.institution_id is None or not ctx.owns(state.institution_id):
        raise NotFound("there is no such letter for your institution")


def _today(ctx: Context, state: Letter) -> date:
    """The day where the rulebook is in force."""
    if state.drawn is None or state.drawn.rulebook is None:
        return ctx.at.astimezone(UTC).date()
    return local_date(ctx.at, load(state.drawn.rulebook.id, state.drawn.rulebook.version).zone)
