"""Commands on attestation commissions: load, decide, append. Who of its experts the authorised body knows is given as a fact."""

from collections.abc import Callable, Sequence
from typing import Any

from chassis.auth import Role
from chassis.context import Accepted, Context
from chassis.corrections import Correctable, Correction
from chassis.problems import Invalid, NotFound
from regulations import local_date
from services.visits import contract
from services.visits.domain.commission import (
    ATTESTATION_VISIT,
    BeginWork,
    CloseVisitOfAttestation,
    EndWork,
    OpenVisitOfAttestation,
    check_right,
    must_chair,
    must_sit,
    rules_of,
)
from services.visits.domain.commission_members import ChangeAttestationCommission, FormAttestationCommission, FormJointCommission
from services.visits.domain.commission_state import AttestationVisit
from services.visits.domain.commission_study import AnalyseResults, AssignTasks, HandOverNote, HoldQuestionnaires, InformChair
from services.visits.handlers import known_to_pool
from services.visits.schemas_commission import (
    CommissionChange,
    NewCommission,
    NewJointCommission,
    NewTasks,
    Note,
    Progress,
    Questionnaires,
    ResultsAnalysis,
    WorkBeginning,
    WorkEnd,
)


async def open_attestation_visit(ctx: Context, request: contract.OpenAttestationVisit) -> Accepted:
    """Awaits the commission of an attestation; takes over other days until it has begun."""
    command = ctx.command(OpenVisitOfAttestation, **{name: value for name, value in request if name != "agency"})
    _, version = await ctx.load(ATTESTATION_VISIT, request.attestation_id)
    return await ctx.execute(ATTESTATION_VISIT, request.attestation_id, command, create=not version)


async def close_attestation_visit(ctx: Context, request: contract.CloseAttestationVisit) -> None:
    """The attestation is over before its commission went there."""
    _, version = await ctx.load(ATTESTATION_VISIT, request.attestation_id)
    if version:
        await ctx.execute(ATTESTATION_VISIT, request.attestation_id, ctx.command(CloseVisitOfAttestation, reason=request.reason))


async def form_commission(ctx: Context, attestation_id: str, body: NewCommission) -> Accepted:
    """Records the approval of the commission."""
    pool = await _pool(ctx, [member.expert_id for member in body.members])
    return await ctx.execute(ATTESTATION_VISIT, attestation_id, ctx.command(FormAttestationCommission, **dict(body), pool=pool))


async def change_commission(ctx: Context, attestation_id: str, body: CommissionChange) -> Accepted:
    """Records that the commission is another now."""
    pool = await _pool(ctx, [body.joined.expert_id] if body.joined else [])
    return await ctx.execute(ATTESTATION_VISIT, attestation_id, ctx.command(ChangeAttestationCommission, **dict(body), pool=pool))


async def assign_tasks(ctx: Context, attestation_id: str, body: NewTasks) -> Accepted:
    """Records the tasks, from the chair or as they came on paper."""
    return await ctx.execute(ATTESTATION_VISIT, attestation_id, ctx.command(AssignTasks, **dict(body)), guard=_of(ctx, must_chair))


async def begin_work(ctx: Context, attestation_id: str, body: WorkBeginning) -> Accepted:
    """Records the beginning of the work."""
    return await ctx.execute(ATTESTATION_VISIT, attestation_id, ctx.command(BeginWork, **dict(body)), guard=_of(ctx, must_chair))


async def inform_chair(ctx: Context, attestation_id: str, body: Progress) -> Accepted:
    """Records how a member's study goes."""
    command = ctx.command(InformChair, **{**dict(body), "expert_id": await _speaker(ctx, attestation_id, body.expert_id)})
    return await ctx.execute(ATTESTATION_VISIT, attestation_id, command, guard=_of(ctx, must_sit))


async def hand_over_note(ctx: Context, attestation_id: str, body: Note) -> Accepted:
    """Takes a member's note."""
    command = ctx.command(HandOverNote, **{**dict(body), "expert_id": await _speaker(ctx, attestation_id, body.expert_id)})
    return await ctx.execute(ATTESTATION_VISIT, attestation_id, command, guard=_of(ctx, must_sit))


async def form_joint_commission(ctx: Context, attestation_id: str, body: NewJointCommission) -> Accepted:
    """Records whom the chair approved to mark other works."""
    return await ctx.execute(ATTESTATION_VISIT, attestation_id, ctx.command(FormJointCommission, **dict(body)), guard=_of(ctx, must_chair))


async def hold_questionnaires(ctx: Context, attestation_id: str, body: Questionnaires) -> Accepted:
    """Records questionnaires."""
    return await ctx.execute(ATTESTATION_VISIT, attestation_id, ctx.command(HoldQuestionnaires, **dict(body)), guard=_of(ctx, must_sit))


async def analyse_results(ctx: Context, attestation_id: str, body: ResultsAnalysis) -> Accepted:
    """Records the commission's analysis."""
    return await ctx.execute(ATTESTATION_VISIT, attestation_id, ctx.command(AnalyseResults, **dict(body)), guard=_of(ctx, must_sit))


async def end_work(ctx: Context, attestation_id: str, body: WorkEnd) -> Accepted:
    """Records the end of the work."""
    return await ctx.execute(ATTESTATION_VISIT, attestation_id, ctx.command(EndWork, **dict(body)), guard=_of(ctx, must_chair))


async def correct_visit(ctx: Context, attestation_id: str, body: Correction) -> Accepted:
    """Puts a wrongly recorded fact right, where the work could have come about so."""
    state, _ = await ctx.load(ATTESTATION_VISIT, attestation_id)
    if state.rulebook is None:
        raise NotFound(f"there is no commission of attestation {attestation_id}")
    on = local_date(ctx.at, rules_of(state.rulebook).rulebook.zone)
    how = Correctable(ATTESTATION_VISIT, contract.AttestationVisitCorrected, _own_ids, lambda right: check_right(right, ctx.at))
    return await ctx.correct(how, attestation_id, body, on)


def _own_ids(state: AttestationVisit) -> dict[str, str]:
    return {"attestation_id": state.attestation_id}


def _coordinates(ctx: Context) -> bool:
    return ctx.principal is not None and ctx.principal.has(Role.coordinator)


def _of(ctx: Context, check: Callable[[AttestationVisit, str], None]) -> Callable[[AttestationVisit], None] | None:
    """A coordinator records what came on paper; anybody else speaks from his own place."""
    return None if _coordinates(ctx) else lambda visit: check(visit, ctx.actor)


async def _speaker(ctx: Context, attestation_id: str, named: str | None) -> str:
    """Whose word it is: the expert's own, or of him whom a coordinator names. NotFound where there is no commission to him."""
    state, known = await ctx.load(ATTESTATION_VISIT, attestation_id)
    if not known:
        raise NotFound(f"there is no commission of attestation {attestation_id}")
    if _coordinates(ctx):
        if named is None:
            raise Invalid("say whose it is", errors=[{"pointer": "#/expert_id", "detail": "the member whose word a coordinator records"}])
        return named
    must_sit(state, ctx.actor)
    if named not in (None, ctx.actor):
        raise Invalid("an expert speaks for himself", errors=[{"pointer": "#/expert_id", "detail": f"{ctx.actor}, or nobody"}])
    return ctx.actor


async def _pool(ctx: Context, expert_ids: Sequence[str]) -> frozenset[str]:
    known: dict[str, Any] = await known_to_pool(ctx, expert_ids)
    return frozenset(known["affiliations"])
