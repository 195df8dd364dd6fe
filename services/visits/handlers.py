"""Visits' commands: load, decide, append. What a commission needs to know of the pool is given to the decision as facts."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select

from chassis.auth import Role
from chassis.context import Accepted, Context
from chassis.problems import Forbidden, NotFound
from services.visits import contract
from services.visits.contract import Employment, PanelMember, PurposeFinding
from services.visits.domain.expert import EXPERT, RegisterExpert
from services.visits.domain.panel import DecideObjection, DropOut, FormPanel, ObjectToExpert, ReplaceExpert, TellComposition
from services.visits.domain.preparation import ConfirmReportStudied, HoldBriefing, HoldWebinar, SendMaterials
from services.visits.domain.report import AnswerFactualCheck, CloseFactualCheck, SendForFactualCheck, SubmitVisitReport
from services.visits.domain.state import Visit
from services.visits.domain.visit import VISIT, AnnounceVisit, CompleteVisit, OpenVisit, StartVisit
from services.visits.readmodels import experts, panel_members
from services.visits.schemas import (
    Announcement,
    Attendance,
    CheckAnswer,
    CheckClosing,
    DropOutNotice,
    Materials,
    NewExpert,
    NewPanel,
    NewSeat,
    Objection,
    ObjectionRuling,
    Replacement,
    VisitReport,
    Webinar,
)


async def register_expert(ctx: Context, body: NewExpert) -> Accepted:
    """Enters an expert into the pool under the id that the expert's tokens carry."""
    return await ctx.execute(EXPERT, body.expert_id, ctx.command(RegisterExpert, **body.model_dump()), create=True)


async def open_visit(ctx: Context, request: contract.OpenVisit) -> Accepted:
    """Opens the visit of a case; once."""
    command = ctx.command(OpenVisit, case_id=request.case_id, institution_id=request.institution_id, rulebook=request.rulebook)
    return await ctx.execute(VISIT, request.case_id, command, create=True)


async def form_panel(ctx: Context, case_id: str, body: NewPanel) -> Accepted:
    """Forms the commission of experts of the pool."""
    members = tuple(_seat(seat) for seat in body.members)
    known = await _known(ctx, [member.expert_id for member in members])
    command = ctx.command(FormPanel, members=members, statute_act=body.statute_act, despite_conflicts=body.despite_conflicts, **known)
    return await ctx.execute(VISIT, case_id, command)


async def tell_composition(ctx: Context, case_id: str) -> Accepted:
    """Records that the institution was told who is in the panel."""
    return await ctx.execute(VISIT, case_id, ctx.command(TellComposition))


async def object_to_expert(ctx: Context, case_id: str, body: Objection) -> Accepted:
    """Takes the institution's objection, from itself or as it came on paper."""
    command = ctx.command(ObjectToExpert, expert_id=body.expert_id, grounds=body.grounds, document=body.document)
    return await ctx.execute(VISIT, case_id, command, guard=ctx.guard_institution)


async def decide_objection(ctx: Context, case_id: str, body: ObjectionRuling) -> Accepted:
    """Records the agency's decision on an objection."""
    command = ctx.command(DecideObjection, expert_id=body.expert_id, upheld=body.outcome == "upheld", reasons=body.reasons)
    return await ctx.execute(VISIT, case_id, command)


async def drop_out(ctx: Context, case_id: str, body: DropOutNotice) -> Accepted:
    """Records that an expert cannot take part or go on."""
    return await ctx.execute(VISIT, case_id, ctx.command(DropOut, **body.model_dump()))


async def replace_expert(ctx: Context, case_id: str, body: Replacement) -> Accepted:
    """Seats another expert of the pool; the others are looked up with him, for the panel is judged whole."""
    sitting = await ctx.rows(select(panel_members.c.expert_id).where(panel_members.c.case_id == case_id))
    known = await _known(ctx, [body.successor.expert_id, *(row["expert_id"] for row in sitting)])
    successor = _seat(body.successor)
    fields = {"expert_id": body.expert_id, "despite_conflicts": body.despite_conflicts}
    return await ctx.execute(VISIT, case_id, ctx.command(ReplaceExpert, successor=successor, **fields, **known))


async def announce_visit(ctx: Context, case_id: str, body: Announcement) -> Accepted:
    """Tells the institution the dates, or moves them."""
    fields = body.model_dump(exclude={"waiver"})
    return await ctx.execute(VISIT, case_id, ctx.command(AnnounceVisit, waiver=body.waiver, **fields))


async def send_materials(ctx: Context, case_id: str, body: Materials) -> Accepted:
    """Records that the materials went to every expert who had none."""
    return await ctx.execute(VISIT, case_id, ctx.command(SendMaterials, documents=body.documents))


async def hold_webinar(ctx: Context, case_id: str, body: Webinar) -> Accepted:
    """Records the webinar of the day."""
    return await ctx.execute(VISIT, case_id, ctx.command(HoldWebinar, attended=body.attended, topics=body.topics))


async def hold_briefing(ctx: Context, case_id: str, body: Attendance) -> Accepted:
    """Records the briefing of the day."""
    return await ctx.execute(VISIT, case_id, ctx.command(HoldBriefing, attended=body.attended))


async def confirm_report_studied(ctx: Context, case_id: str) -> Accepted:
    """Records that the calling expert has studied the report."""
    command = ctx.command(ConfirmReportStudied, expert_id=ctx.actor)
    return await ctx.execute(VISIT, case_id, command, guard=_of_the_panel(ctx))


async def start_visit(ctx: Context, case_id: str) -> Accepted:
    """Records that the commission is at the institution."""
    return await ctx.execute(VISIT, case_id, ctx.command(StartVisit), guard=_coordinator_or_chair(ctx))


async def complete_visit(ctx: Context, case_id: str) -> Accepted:
    """Records that the visit has ended."""
    return await ctx.execute(VISIT, case_id, ctx.command(CompleteVisit), guard=_coordinator_or_chair(ctx))


async def submit_visit_report(ctx: Context, case_id: str, body: VisitReport) -> Accepted:
    """Takes the panel's report from its chair; from any of its experts where nobody chairs it."""
    fields = body.model_dump(include={"findings", "recommendations", "remarks", "good_practice"})
    purposes = tuple(PurposeFinding(purpose=each.purpose, finding=each.finding) for each in body.purposes)
    command = ctx.command(SubmitVisitReport, document=body.document, purposes=purposes, **fields)
    return await ctx.execute(VISIT, case_id, command, guard=_chair(ctx))


async def send_for_factual_check(ctx: Context, case_id: str) -> Accepted:
    """Records that the report went to the institution."""
    return await ctx.execute(VISIT, case_id, ctx.command(SendForFactualCheck))


async def answer_factual_check(ctx: Context, case_id: str, body: CheckAnswer) -> Accepted:
    """Takes the institution's answer, from itself or as it came on paper."""
    command = ctx.command(AnswerFactualCheck, corrections=body.corrections)
    return await ctx.execute(VISIT, case_id, command, guard=ctx.guard_institution)


async def close_factual_check(ctx: Context, case_id: str, body: CheckClosing) -> Accepted:
    """Records what became of each correction."""
    command = ctx.command(CloseFactualCheck, rulings=body.rulings, report=body.report, without_answer=body.without_answer)
    return await ctx.execute(VISIT, case_id, command)


def _seat(seat: NewSeat) -> PanelMember:
    return PanelMember(expert_id=seat.expert_id, role=seat.role, category=seat.category)


async def _known(ctx: Context, expert_ids: Sequence[str]) -> dict[str, Any]:
    """What the pool knows of these, by expert."""
    c = experts.c
    query = select(c.expert_id, c.affiliations, c.categories, c.employments).where(c.expert_id.in_(expert_ids))
    rows = await ctx.rows(query)
    return {
        "affiliations": {row["expert_id"]: tuple(row["affiliations"]) for row in rows},
        "categories": {row["expert_id"]: tuple(row["categories"]) for row in rows},
        "employments": {row["expert_id"]: tuple(map(Employment.model_validate, row["employments"])) for row in rows},
    }


def _of_the_panel(ctx: Context) -> Callable[[Visit], None]:
    def guard(visit: Visit) -> None:
        if ctx.actor not in visit.expert_ids:
            raise NotFound("there is no visit of this case in whose commission you sit")

    return guard


def _chair(ctx: Context) -> Callable[[Visit], None]:
    sits = _of_the_panel(ctx)

    def guard(visit: Visit) -> None:
        sits(visit)
        if visit.has_seat_of_chair and ctx.actor != visit.chair_id:
            raise Forbidden("of the commission, its chair alone may do this")

    return guard


def _coordinator_or_chair(ctx: Context) -> Callable[[Visit], None] | None:
    coordinates = ctx.principal is not None and ctx.principal.has(Role.coordinator)
    return None if coordinates else _chair(ctx)
