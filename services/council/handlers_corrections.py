"""Putting wrongly recorded facts of council right; what was decided on them stays a person's matter."""

from datetime import date

from sqlalchemy import select

from chassis.context import Accepted, Context
from chassis.corrections import Correction
from chassis.problems import Conflict, NotFound
from regulations import RulebookRef, local_date, resolve
from services.council.domain import complaint, corrections, council, meeting
from services.council.domain.certificate import CERTIFICATE
from services.council.domain.complaint import COMPLAINT
from services.council.domain.consideration import CONSIDERATION
from services.council.domain.council import COUNCIL
from services.council.domain.meeting import MEETING
from services.council.readmodels_certificates import certificates


async def correct_council(ctx: Context, council_id: str, body: Correction) -> Accepted:
    """Of a council."""
    state, _ = await ctx.load(COUNCIL, council_id)
    return await ctx.correct(council.CORRECTIONS, council_id, body, _today(ctx, state.rulebook, f"council {council_id}"))


async def correct_meeting(ctx: Context, meeting_id: str, body: Correction) -> Accepted:
    """Of a meeting. The decisions under its protocol are corrected each in its case."""
    state, _ = await ctx.load(MEETING, meeting_id)
    rulebook = state.convened.rulebook if state.convened else None
    return await ctx.correct(meeting.CORRECTIONS, meeting_id, body, _today(ctx, rulebook, f"meeting {meeting_id}"))


async def correct_case(ctx: Context, case_id: str, body: Correction) -> Accepted:
    """Of a case before the council."""
    state, _ = await ctx.load(CONSIDERATION, case_id)
    on = _today(ctx, state.opened.rulebook if state.opened else None, f"case {case_id} before the council")
    return await ctx.correct(corrections.of_case(on), case_id, body, on)


async def correct_complaint(ctx: Context, complaint_id: str, body: Correction) -> Accepted:
    """Of a complaint."""
    state, _ = await ctx.load(COMPLAINT, complaint_id)
    on = _today(ctx, state.filed.rulebook if state.filed else None, f"complaint {complaint_id}")
    return await ctx.correct(complaint.corrections(on), complaint_id, body, on)


async def correct_certificate(ctx: Context, certificate_id: str, body: Correction) -> Accepted:
    """Of a certificate; its number stays its own."""
    state, _ = await ctx.load(CERTIFICATE, certificate_id)
    on = _today(ctx, state.issued.rulebook if state.issued else None, f"certificate {certificate_id}")
    assert state.issued is not None
    c, number = certificates.c, body.corrected.get("number")
    if isinstance(number, str):
        same = select(c.certificate_id).where(c.number == number, c.certificate_id != certificate_id)
        if await ctx.row(same) is not None:
            raise Conflict(f"number {number} is given to another certificate")
    decided, _ = await ctx.load(CONSIDERATION, state.issued.case_id)
    how = corrections.of_certificate(on, decided.appeals.overturned_on(state.issued.scopes))
    return await ctx.correct(how, certificate_id, body, on)


def _today(ctx: Context, rulebook: RulebookRef | None, what: str) -> date:
    if rulebook is None:
        raise NotFound(f"there is no {what}")
    return local_date(ctx.at, resolve(rulebook).zone)
