"""What a caller may do to each of council's resources now: what its own facts allow, unless other facts or the caller are against it."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request

from chassis.actions import Action, allowed_actions, command_routes, problem_of
from chassis.auth import Principal, Role
from chassis.context import Context
from chassis.decider import Command, Decider
from chassis.problems import Problem
from regulations import Rulebook, local_date, resolve
from services.council import handlers_followed, handlers_remedies
from services.council.domain import complaint, dossier, duplicate, ending, voting
from services.council.domain.appeal import DecideAppeal, FormAppealCommission
from services.council.domain.blanks import BLANKS, Blanks
from services.council.domain.certificate import CERTIFICATE, EndCertificate, IssueDuplicate, RequestDuplicate
from services.council.domain.complaint import COMPLAINT, Complaint
from services.council.domain.consideration import CONSIDERATION, AdoptDecision, CastVote, CheckReport, PrepareMaterials, RecuseMember
from services.council.domain.council import COUNCIL, Council
from services.council.domain.followed import ExtendCertificate
from services.council.domain.meeting import MEETING, Meeting, RecordAttendance, check_held
from services.council.domain.resolution import RESOLUTION, Resolution
from services.council.domain.sanctions import RestoreCertificate
from services.council.domain.standing import Certificate
from services.council.domain.state import Consideration

Barred = Mapping[type[Command], Problem | None]
#: Commands on a case that are about its pending appeal.
OF_APPEAL = (FormAppealCommission, DecideAppeal)


def _listed(
    request: Request,
    routers: Sequence[APIRouter],
    decider: Decider[Any, Any],
    state: Any,
    rules: Rulebook,
    ids: Mapping[str, str],
    barred: Barred | None = None,
) -> list[Action]:
    return [
        action
        for router in routers
        for action in allowed_actions(request, router, decider, state, rules, ids=ids, barred=barred, regulation=rules)
    ]


def of_council(request: Request, routers: Sequence[APIRouter], state: Council) -> list[Action]:
    """Of a council."""
    if state.rulebook is None:
        return []
    return _listed(request, routers, COUNCIL, state, resolve(state.rulebook), {"council_id": state.council_id})


def of_meeting(request: Request, routers: Sequence[APIRouter], ctx: Context, state: Meeting) -> list[Action]:
    """Of a meeting; attendance not before its day."""
    if state.convened is None:
        return []
    rules = resolve(state.convened.rulebook)
    barred: Barred = {RecordAttendance: problem_of(check_held, rules, state.convened, local_date(ctx.at, rules.zone))}
    return _listed(request, routers, MEETING, state, rules, {"meeting_id": state.convened.meeting_id}, barred)


async def of_case(request: Request, routers: Sequence[APIRouter], ctx: Context, case_id: str, state: Consideration) -> list[Action]:
    """Of a case: a member's own interest and votes, an open complaint, a visit whose report is not there yet."""
    if state.opened is None:
        return []
    rules = resolve(state.opened.rulebook)
    reported = await handlers_remedies.visits_reported(ctx, case_id)
    stay = problem_of(complaint.require_no_stay, rules, await handlers_remedies.open_complaints(ctx, case_id))
    barred = _of_member(request.state.principal, ctx.actor, rules, state)
    barred[AdoptDecision] = stay
    if (unreported := problem_of(dossier.check_visited, rules, state.visits, reported)) is not None:
        barred[CheckReport] = barred[PrepareMaterials] = unreported
    return _listed(request, routers, CONSIDERATION, state, rules, {"case_id": case_id}, barred)


def _of_member(caller: Principal, member_id: str, rules: Rulebook, state: Consideration) -> dict[type[Command], Problem | None]:
    """A member votes while he or she has no interest and has not voted; a coordinator recuses others too."""
    interest = problem_of(voting.check_interest, rules, state.recused, member_id)
    against: dict[type[Command], Problem | None] = {
        CastVote: interest or problem_of(voting.check_unvoted, state.votes, state.scopes, member_id)
    }
    if not caller.has(Role.coordinator):
        against[RecuseMember] = interest or problem_of(voting.check_silent, state.votes, member_id)
    return against


async def of_appeal(request: Request, routers: Sequence[APIRouter], ctx: Context, appeal: Mapping[Any, Any]) -> list[Action]:
    """Of an appeal: those of its case that are about it, until it is decided."""
    state, _ = await ctx.load(CONSIDERATION, appeal["case_id"])
    if state.appeals.pending is None or state.appeals.pending.appeal_id != appeal["appeal_id"]:
        return []
    about = {route.name for router in routers for route in command_routes(router) if route.command in OF_APPEAL}
    return [action for action in await of_case(request, routers, ctx, appeal["case_id"], state) if action.name in about]


def of_complaint(request: Request, routers: Sequence[APIRouter], state: Complaint) -> list[Action]:
    """Of a complaint."""
    if state.filed is None:
        return []
    return _listed(request, routers, COMPLAINT, state, resolve(state.filed.rulebook), {"complaint_id": state.filed.complaint_id})


def of_resolution(request: Request, routers: Sequence[APIRouter], state: Resolution) -> list[Action]:
    """Of a resolution on a follow-up."""
    if state.opened is None:
        return []
    return _listed(request, routers, RESOLUTION, state, resolve(state.opened.rulebook), {"decision_id": state.decision_id})


def of_blanks(request: Request, routers: Sequence[APIRouter], state: Blanks) -> list[Action]:
    """Of the book of blanks."""
    if not state.received:
        return []
    return _listed(request, routers, BLANKS, state, resolve(state.received[-1].rulebook), {})


async def of_certificate(request: Request, routers: Sequence[APIRouter], ctx: Context, state: Certificate) -> list[Action]:
    """Of a certificate; by the clock, for it lapses though nobody acts. What extends it is another one."""
    if state.issued is None:
        return []
    rules = resolve(state.issued.rulebook)
    today = local_date(ctx.at, rules.zone)
    lapsed = problem_of(duplicate.check_in_force, rules, state.in_force(today))
    over = problem_of(ending.check_running, state.issued, today)
    barred: Barred = {RequestDuplicate: lapsed, IssueDuplicate: lapsed, EndCertificate: over, RestoreCertificate: over}
    ids = {"certificate_id": state.issued.certificate_id}
    listed = _listed(request, routers, CERTIFICATE, state, rules, ids, barred)
    if not await handlers_followed.can_be_extended(ctx, state):
        return listed
    further = {route.name for router in routers for route in command_routes(router) if route.command is ExtendCertificate}
    return listed + [each for each in _listed(request, routers, CERTIFICATE, CERTIFICATE.initial, rules, ids) if each.name in further]
