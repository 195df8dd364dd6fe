"""Council's routes for decisions on state attestations: parse, call a handler or a query, answer. No rule lives here."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import ColumnElement, select, true
from sqlalchemy.engine import RowMapping

from chassis.actions import allowed_actions, problem_of
from chassis.auth import Role
from chassis.context import Accepted, Context
from chassis.corrections import Correction
from chassis.decider import Command
from chassis.problems import NotFound, Problem
from chassis.sorting import Order, sorting
from chassis.text import InstitutionId
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Reading, etag, get, history, narrowed, page_model, page_of, post
from regulations import Rulebook, load, local_date
from services.council import handlers_attestations as handlers
from services.council.contract import KnowledgeFigures
from services.council.domain.attestation import (
    ATTESTATION_DECISION,
    DecideAttestation,
    Rechecked,
    ReferDeprivation,
    ReferFine,
    RestoreLicence,
    SuspendLicence,
    TellAttestationDecision,
    check_removed,
    check_unremoved,
)
from services.council.domain.attestation_rules import measured
from services.council.readmodels_attestations import decisions, fines
from services.council.schemas_attestations import (
    AttestationDecisionDetail,
    AttestationDecisionItem,
    AttestationNotice,
    AttestationStage,
    LicenceRestoration,
    NewAttestationDecision,
    NewDeprivationReferral,
    NewFineReferral,
    NewLicenceSuspension,
)

router = APIRouter(prefix="/v1/attestation-decisions")

APPROVING = [Role.authorised_body_officer, Role.director]
BODY = [*APPROVING, Role.coordinator]
AGENCY = [*BODY, Role.auditor]
INVOLVED = [Role.institution_officer, *AGENCY]

_C = decisions.c
_COLUMNS = [_C.opened_on, _C.conclusion_signed_on, _C.institution_id, _C.rulebook_id, _C.kind, _C.stage, _C.attestation_id]
DECISIONS_BY = sorting("opened_on", _COLUMNS, _C.attestation_id)


@post(router, "/{attestation_id}/decision", roles=APPROVING, command=DecideAttestation)
async def decide_attestation(ctx: Commanding, attestation_id: Id, body: NewAttestationDecision) -> Accepted:
    """Decides by order to attest or not, on the organisation and on each specialty (order 109 of 2008, p. 9, 33, 35)."""
    return await handlers.decide_attestation(ctx, attestation_id, body)


@post(router, "/{attestation_id}/notice", roles=BODY, command=TellAttestationDecision)
async def tell_attestation_decision(ctx: Commanding, attestation_id: Id, body: AttestationNotice) -> Accepted:
    """Records that the organisation was told of the decision."""
    return await handlers.tell_attestation_decision(ctx, attestation_id, body)


@post(router, "/{attestation_id}/suspension", roles=APPROVING, command=SuspendLicence)
async def suspend_licence(ctx: Commanding, attestation_id: Id, body: NewLicenceSuspension) -> Accepted:
    """Suspends the licence for up to six months after a decision not to attest (order 109 of 2008, p. 34)."""
    return await handlers.suspend_licence(ctx, attestation_id, body)


@post(router, "/{attestation_id}/fine-referral", roles=APPROVING, command=ReferFine)
async def refer_fine(ctx: Commanding, attestation_id: Id, body: NewFineReferral) -> Accepted:
    """Refers the matter of a fine by the law on administrative offences (order 109 of 2008, p. 34)."""
    return await handlers.refer_fine(ctx, attestation_id, body)


@post(router, "/{attestation_id}/restoration", roles=APPROVING, command=RestoreLicence)
async def restore_licence(ctx: Commanding, attestation_id: Id, body: LicenceRestoration) -> Accepted:
    """Restores the licence on the positive recommendation of the commission that checked (order 109 of 2008, p. 37)."""
    return await handlers.restore_licence(ctx, attestation_id, body)


@post(router, "/{attestation_id}/deprivation-referral", roles=APPROVING, command=ReferDeprivation)
async def refer_deprivation(ctx: Commanding, attestation_id: Id, body: NewDeprivationReferral) -> Accepted:
    """Refers the licence to the procedure of the law, as the violations were not removed (order 109 of 2008, p. 38)."""
    return await handlers.refer_deprivation(ctx, attestation_id, body)


@post(router, "/{attestation_id}/corrections", roles=[Role.director])
async def correct_attestation_decision(ctx: Commanding, attestation_id: Id, body: Correction) -> Accepted:
    """Corrects numbers of papers and the day of the letter, never the decision or a day from which a term runs."""
    return await handlers.correct_attestation_decision(ctx, attestation_id, body)


@get(router, "", roles=INVOLVED, response_model=page_model(AttestationDecisionItem))
async def list_attestation_decisions(
    ctx: Reading,
    request: Request,
    response: Response,
    stage: AttestationStage | None = None,
    decision: Annotated[str | None, Query(max_length=100)] = None,
    institution_id: InstitutionId | None = None,
    *,
    order: Annotated[Order, Depends(DECISIONS_BY)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Decisions on attestations, made or awaited, by the day since which they are awaited; an organisation's officer sees its own."""
    query = select(decisions.table).where(_visible(ctx))
    query = narrowed(query, ((_C.stage, stage), (_C.decision, decision), (_C.institution_id, institution_id)))
    return await page_of(
        ctx, query, keys=order, model=AttestationDecisionItem, cursor=cursor, limit=limit, request=request, response=response
    )


@get(router, "/{attestation_id}", roles=INVOLVED, response_model=AttestationDecisionDetail)
async def read_attestation_decision(ctx: Reading, attestation_id: Id, request: Request, response: Response) -> Any:
    """One decision with the figures that it rests on, what followed it, and what the caller may do."""
    found = await _decision(ctx, attestation_id)
    etag(response, found["version"])
    state, _ = await ctx.load(ATTESTATION_DECISION, attestation_id)
    book = _book(found)
    recheck = await handlers.recheck_of(ctx, attestation_id)
    suspended_on = state.suspended.suspended_on if state.suspended else None
    bars: dict[type[Command], Problem | None] = {RestoreLicence: problem_of(check_removed, recheck, book)}
    if suspended_on:
        bars[ReferDeprivation] = problem_of(check_unremoved, recheck, suspended_on, local_date(ctx.at, book.zone), book)
    ids = {"attestation_id": attestation_id}
    figures = [KnowledgeFigures.model_validate(each) for each in found["figures"]]
    of_fines = select(fines.table).where(fines.c.attestation_id == attestation_id).order_by(fines.c.referred_on, fines.c.outgoing_number)
    return AttestationDecisionDetail.model_validate(
        {
            **found,
            "measured": measured(figures, book) if figures else [],
            "recheck": _shown(recheck),
            "fines": [dict(row) for row in await ctx.rows(of_fines)],
            "allowed_actions": allowed_actions(request, router, ATTESTATION_DECISION, state, book, ids=ids, barred=bars),
        }
    )


@get(router, "/{attestation_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def attestation_decision_history(ctx: Reading, attestation_id: Id) -> Any:
    """Every fact of a decision and of what followed, oldest first."""
    return await history(ctx, ATTESTATION_DECISION, attestation_id, _book(await _decision(ctx, attestation_id)))


def _shown(recheck: Rechecked | None) -> dict[str, Any] | None:
    return {"recheck_id": recheck.recheck_id, "verdict": recheck.verdict, "held_on": recheck.held_on} if recheck else None


async def _decision(ctx: Context, attestation_id: str) -> RowMapping:
    found = await ctx.row(select(decisions.table).where(_C.attestation_id == attestation_id, _visible(ctx)))
    if found is None:
        raise NotFound(f"no decision on attestation {attestation_id} is awaited")
    return found


def _book(found: RowMapping) -> Rulebook:
    return load(found["rulebook"]["id"], found["rulebook"]["version"])


def _visible(ctx: Context) -> ColumnElement[bool]:
    who = ctx.principal
    return true() if who is None or who.has(*AGENCY) else _C.institution_id == (who.institution or "")
