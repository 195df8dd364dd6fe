"""Intake's routes for attestations and their places in the schedule. No rule lives here."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import select
from sqlalchemy.engine import RowMapping

from chassis.actions import allowed_actions, problem_of
from chassis.auth import Role
from chassis.context import Accepted, Context
from chassis.corrections import Correction
from chassis.problems import NotFound
from chassis.sorting import Order, sorting
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Named, Reading, etag, get, history, narrowed, page_model, page_of, post
from regulations import load
from services.intake import handlers_attestation as handlers
from services.intake.domain.attestation import (
    ATTESTATION_PLACE,
    AmendSchedule,
    AnnounceAttestation,
    CancelAttestation,
    DeclineScheduleChange,
    RequestScheduleChange,
    TellAttestationDates,
    check_not_begun,
)
from services.intake.domain.attestation_rules import rules_of
from services.intake.domain.attestation_state import AttestationStage
from services.intake.readmodels_attestation import attestations, requests
from services.intake.schemas_attestation import (
    Amendment,
    Announcement,
    AttestationDetail,
    AttestationItem,
    Cancellation,
    ChangeRefusal,
    ChangeRequest,
    DatesNotice,
    NewAttestation,
    ScheduleRequest,
)

router = APIRouter(prefix="/v1/attestations")

APPROVING = [Role.authorised_body_officer, Role.director]
BODY = [Role.authorised_body_officer, Role.coordinator, Role.director]
ORGANISATION = [Role.institution_officer, Role.coordinator]
INVOLVED = [Role.institution_officer, *BODY, Role.auditor]

_A = attestations.c
ATTESTATIONS_BY = sorting(
    "starts_on", [_A.starts_on, _A.institution_id, _A.authority, _A.year, _A.stage, _A.kind, _A.attestation_id], _A.attestation_id
)


@post(router, "", roles=APPROVING, status=201, if_match=False)
async def schedule_attestation(ctx: Commanding, body: NewAttestation) -> Accepted:
    """Brings one attestation into an approved schedule by an amendment (attestation, p. 13.2, 13.3)."""
    return await handlers.schedule_attestation(ctx, body)


@post(router, "/{attestation_id}/dates-notice", roles=BODY, command=TellAttestationDates)
async def tell_attestation_dates(ctx: Commanding, attestation_id: Id, body: DatesNotice) -> Accepted:
    """Records that the organisation was told of its dates (attestation, p. 12), or of the amended ones (p. 14)."""
    return await handlers.tell_attestation_dates(ctx, attestation_id, body)


@post(router, "/{attestation_id}/change-requests", roles=ORGANISATION, command=RequestScheduleChange)
async def request_schedule_change(ctx: Commanding, attestation_id: Id, body: ChangeRequest) -> Accepted:
    """Records the organisation's reasoned request for other dates (attestation, p. 13.1)."""
    return await handlers.request_schedule_change(ctx, attestation_id, body)


@post(router, "/{attestation_id}/change-refusals", roles=APPROVING, command=DeclineScheduleChange)
async def decline_schedule_change(ctx: Commanding, attestation_id: Id, body: ChangeRefusal) -> Accepted:
    """Leaves the schedule as it is, with reasons (attestation, p. 13.1)."""
    return await handlers.decline_schedule_change(ctx, attestation_id, body)


@post(router, "/{attestation_id}/amendments", roles=APPROVING, command=AmendSchedule)
async def amend_schedule(ctx: Commanding, attestation_id: Id, body: Amendment) -> Accepted:
    """Amends the schedule on one of its grounds, in time for the organisation to be told (attestation, p. 13.1-13.3, 14)."""
    return await handlers.amend_schedule(ctx, attestation_id, body)


@post(router, "/{attestation_id}/cancellation", roles=APPROVING, command=CancelAttestation)
async def cancel_attestation(ctx: Commanding, attestation_id: Id, body: Cancellation) -> Accepted:
    """Takes the attestation of an organisation that is no more out of the schedule (attestation, p. 13.2)."""
    return await handlers.cancel_attestation(ctx, attestation_id, body)


@post(router, "/{attestation_id}/announcement", roles=ORGANISATION, command=AnnounceAttestation)
async def announce_attestation(ctx: Commanding, attestation_id: Id, body: Announcement) -> Accepted:
    """Records that the organisation's head announced the commission's work (attestation, p. 21)."""
    return await handlers.announce_attestation(ctx, attestation_id, body)


@post(router, "/{attestation_id}/corrections", roles=[Role.director])
async def correct_attestation(ctx: Commanding, attestation_id: Id, body: Correction) -> Accepted:
    """Puts a wrongly recorded fact of an attestation's place right, for a reason; the history keeps both."""
    return await handlers.correct_attestation(ctx, attestation_id, body)


@get(router, "", roles=INVOLVED, response_model=page_model(AttestationItem))
async def list_attestations(
    ctx: Reading,
    request: Request,
    response: Response,
    stage: AttestationStage | None = None,
    year: Annotated[int | None, Query(ge=2000, le=2110)] = None,
    kind: Named = None,
    authority: Named = None,
    institution_id: Named = None,
    schedule_id: Named = None,
    *,
    order: Annotated[Order, Depends(ATTESTATIONS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Attestations by the day on which they begin; an institution's officer sees its own."""
    wanted = ((_A.stage, stage), (_A.year, year), (_A.kind, kind), (_A.authority, authority), (_A.institution_id, institution_id))
    query = narrowed(select(attestations.table), (*wanted, (_A.schedule_id, schedule_id), (_A.institution_id, ctx.own_institution)))
    return await page_of(ctx, query, keys=order, model=AttestationItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/{attestation_id}", roles=INVOLVED, response_model=AttestationDetail)
async def read_attestation(ctx: Reading, attestation_id: Id, request: Request, response: Response) -> Any:
    """One attestation's place in the schedule, the requests for another one, and what the caller may do."""
    found = await _attestation(ctx, attestation_id)
    etag(response, found["version"])
    mine = requests.c.attestation_id == attestation_id
    asked = [ScheduleRequest.model_validate(dict(row)) for row in await ctx.rows(select(requests.table).where(mine).order_by("request"))]
    state, _ = await ctx.load(ATTESTATION_PLACE, attestation_id)
    rules = rules_of(state.rulebook)
    began_on = await handlers.began_on(ctx, attestation_id)
    begun = problem_of(check_not_begun, began_on)
    actions = allowed_actions(
        request,
        router,
        ATTESTATION_PLACE,
        state,
        rules,
        ids={"attestation_id": attestation_id},
        regulation=rules.rulebook,
        barred={AmendSchedule: begun, CancelAttestation: begun},
    )
    return AttestationDetail.model_validate({**found, "requests": asked, "began_on": began_on, "allowed_actions": actions})


@get(router, "/{attestation_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def attestation_history(ctx: Reading, attestation_id: Id) -> Any:
    """Every fact of an attestation's place in the schedule, oldest first."""
    found = await _attestation(ctx, attestation_id)
    return await history(ctx, ATTESTATION_PLACE, attestation_id, load(found["rulebook"]["id"], found["rulebook"]["version"]))


async def _attestation(ctx: Context, attestation_id: str) -> RowMapping:
    found = await ctx.row(select(attestations.table).where(_A.attestation_id == attestation_id))
    if found is None or not ctx.owns(found["institution_id"]):
        raise NotFound(f"there is no attestation {attestation_id}")
    return found
