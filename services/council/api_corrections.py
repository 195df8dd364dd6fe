"""Council's routes that put a wrongly recorded fact right. The history keeps both."""

from fastapi import APIRouter

from chassis.auth import Role
from chassis.context import Accepted
from chassis.corrections import Correction
from chassis.web import Commanding, Id, post
from services.council import handlers_corrections as handlers

router = APIRouter(prefix="/v1")

DIRECTOR = [Role.director]


@post(router, "/councils/{council_id}/corrections", roles=DIRECTOR)
async def correct_council(ctx: Commanding, council_id: Id, body: Correction) -> Accepted:
    """Corrects the acts on a council's composition and statute."""
    return await handlers.correct_council(ctx, council_id, body)


@post(router, "/meetings/{meeting_id}/corrections", roles=DIRECTOR)
async def correct_meeting(ctx: Commanding, meeting_id: Id, body: Correction) -> Accepted:
    """Corrects number and day of a meeting's minutes; the decisions under that number are corrected each in its case."""
    return await handlers.correct_meeting(ctx, meeting_id, body)


@post(router, "/considerations/{case_id}/corrections", roles=DIRECTOR)
async def correct_case(ctx: Commanding, case_id: Id, body: Correction) -> Accepted:
    """Corrects numbers of papers and days of letters; never a vote, an outcome, or a day from which a term runs."""
    return await handlers.correct_case(ctx, case_id, body)


@post(router, "/complaints/{complaint_id}/corrections", roles=DIRECTOR)
async def correct_complaint(ctx: Commanding, complaint_id: Id, body: Correction) -> Accepted:
    """Corrects the day of the decision on a complaint."""
    return await handlers.correct_complaint(ctx, complaint_id, body)


@post(router, "/certificates/{certificate_id}/corrections", roles=DIRECTOR)
async def correct_certificate(ctx: Commanding, certificate_id: Id, body: Correction) -> Accepted:
    """Corrects a certificate's number, its early end, letters and payments; never its term."""
    return await handlers.correct_certificate(ctx, certificate_id, body)
