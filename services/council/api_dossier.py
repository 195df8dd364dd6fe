"""Council's routes for what comes before a decision: composition, dossier, secret ballot, minutes. No rule lives here."""

from fastapi import APIRouter

from chassis.auth import Role
from chassis.context import Accepted
from chassis.documents import Document
from chassis.web import Commanding, Id, post
from services.council import handlers_dossier as handlers
from services.council.domain.consideration import CheckReport, CountSecretBallot, DraftConclusion, PreparePresentation
from services.council.domain.council import ChangeComposition
from services.council.domain.meeting import SignMinutes
from services.council.schemas import CompositionChange
from services.council.schemas_dossier import BallotCount, ConclusionDraft, ReportCheck, SignedMinutes

router = APIRouter(prefix="/v1")

DEPARTMENT = [Role.coordinator, Role.expert_council_member]


@post(router, "/councils/{council_id}/composition", roles=[Role.director], command=ChangeComposition)
async def change_composition(ctx: Commanding, council_id: Id, body: CompositionChange) -> Accepted:
    """Changes who sits in a council from a day on, by an act; every group stays represented (order 109, p. 6, 7)."""
    return await handlers.change_composition(ctx, council_id, body)


@post(router, "/considerations/{case_id}/report-check", roles=DEPARTMENT, command=CheckReport)
async def check_report(ctx: Commanding, case_id: Id, body: ReportCheck) -> Accepted:
    """Records the report as the department edited it with the experts' council; the panel's own version is kept (IQAA, S3.a)."""
    return await handlers.check_report(ctx, case_id, body)


@post(router, "/considerations/{case_id}/conclusion", roles=DEPARTMENT, command=DraftConclusion)
async def draft_conclusion(ctx: Commanding, case_id: Id, body: ConclusionDraft) -> Accepted:
    """Records the conclusion with a proposal on every scope and the references applied (IQAA, P.2, S3.a)."""
    return await handlers.draft_conclusion(ctx, case_id, body)


@post(router, "/considerations/{case_id}/presentation", roles=[Role.coordinator], command=PreparePresentation)
async def prepare_presentation(ctx: Commanding, case_id: Id, body: Document) -> Accepted:
    """Records the coordinator's presentation for the council (IQAA, S3.b)."""
    return await handlers.prepare_presentation(ctx, case_id, body)


@post(router, "/considerations/{case_id}/secret-ballots", roles=[Role.coordinator], command=CountSecretBallot)
async def count_secret_ballot(ctx: Commanding, case_id: Id, body: BallotCount) -> Accepted:
    """Records the count of a secret ballot on one scope by its tellers."""
    return await handlers.count_secret_ballot(ctx, case_id, body)


@post(router, "/meetings/{meeting_id}/minutes", roles=[Role.coordinator], command=SignMinutes)
async def sign_minutes(ctx: Commanding, meeting_id: Id, body: SignedMinutes) -> Accepted:
    """Records the signed minutes of a meeting; its decisions bear the number of its protocol."""
    return await handlers.sign_minutes(ctx, meeting_id, body)
