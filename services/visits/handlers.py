"""Visits' commands: load, decide, append. What a commission needs to know of the pool is given to the decision as facts."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from chassis.auth import Role
from chassis.context import Accepted, Context
from chassis.corrections import Correctable, Correction
from chassis.problems import NotFound
from regulations import local_date, resolve
from services.visits import contract
from services.visits.contract import Employment, PanelMember
from services.visits.domain.callers import must_lead, must_sit
from services.visits.domain.correction import check_right
from services.visits.domain.expert import EXPERT, RegisterExpert
from services.visits.domain.panel import DecideObjection, DropOut, FormPanel, ObjectToExpert, ReplaceExpert, TellComposition
from services.visits.domain.preparation import ConfirmReportStudied, HoldBriefing, HoldWebinar, SendMaterials
from services.visits.domain.report import AnswerFactualCheck, CloseFactualCheck, SendForFactualCheck, SubmitVisitReport
from services.visits.domain.standing import Close, Resume, StandingCommand, Suspend
from services.visits.domain.state import Visit
from services.visits.domain.vacancy import ContinueWithout
from services.visits.domain.visit import VISIT, AnnounceVisit, CompleteVisit, InterruptVisit, OpenVisit, StartVisit
from services.visits.readmodels import experts, self_assessments
from services.visits.readmodels_panel import panel_members
from services.visits.schemas import (
    Announcement,
    Attendance,
    CheckAnswer,
    CheckClosing,
    DropOutNotice,
    Interruption,
    Materials,
    NewExpert,
    NewPanel,
    NewSeat,
    Objection,
    ObjectionRuling,
    PanelStatement,
    Replacement,
    VisitReport,
    Webinar,
)


async def register_expert(ctx: Context, body: NewExpert) -> Accepted:
    """Enters an expert into the pool under the id that the expert's tokens carry."""
    return await ctx.execute(EXPERT, body.expert_id, ctx.command(RegisterExpert, **body.model_dump()), create=True)


async def open_visit(ctx: Context, request: contract.OpenVisit) -> Accepted:
    """Opens the visit of a case; once for each round."""
    fields = {"institution_id": request.institution_id, "rulebook": request.rulebook, "round": request.round}
    return await ctx.execute(VISIT, request.case_id, ctx.command(OpenVisit, case_id=request.case_id, **fields), create=True)


async def suspend(ctx: Context, step: contract.CaseStep) -> None:
    """The case stands still, and its visit with it; nothing where there is none."""
    await _stand(ctx, step, ctx.command(Suspend, reason=step.reason))


async def resume(ctx: Context, step: contract.CaseStep) -> None:
    """The case goes on."""
    await _stand(ctx, step, ctx.command(Resume))


async def close(ctx: Context, step: contract.CaseStep) -> None:
    """The case has ended."""
    await _stand(ctx, step, ctx.command(Close, reason=step.reason))


async def _stand(ctx: Context, step: contract.CaseStep, command: StandingCommand) -> None:
    _, version = await ctx.load(VISIT, step.case_id)
    if version:
        await ctx.execute(VISIT, step.case_id, command)


async def form_panel(ctx: Context, case_id: str, body: NewPanel) -> Accepted:
    """Forms the commission of experts of the pool."""
    members = tuple(_seat(seat) for seat in body.members)
    known = await known_to_pool(ctx, [member.expert_id for member in members])
    fields = {"statute_act": body.statute_act, "despite_conflicts": body.despite_conflicts}
    accepted_on = await final_version_on(ctx, case_id)
    command = ctx.command(FormPanel, members=members, final_version_on=accepted_on, **fields, **known)
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
    known = await known_to_pool(ctx, [body.successor.expert_id, *await _sitting(ctx, case_id)])
    successor = _seat(body.successor)
    fields = {"expert_id": body.expert_id, "despite_conflicts": body.despite_conflicts}
    return await ctx.execute(VISIT, case_id, ctx.command(ReplaceExpert, successor=successor, **fields, **known))


async def continue_without(ctx: Context, case_id: str, body: PanelStatement) -> Accepted:
    """Records the director's statement that the panel goes on without those who left it."""
    known = await known_to_pool(ctx, await _sitting(ctx, case_id))
    command = ctx.command(ContinueWithout, reasons=body.reasons, chair_id=body.chair_id, categories=known["categories"])
    return await ctx.execute(VISIT, case_id, command)


async def announce_visit(ctx: Context, case_id: str, body: Announcement) -> Accepted:
    """Tells the institution the dates, or moves them."""
    return await ctx.execute(VISIT, case_id, ctx.command(AnnounceVisit, **dict(body)))


async def send_materials(ctx: Context, case_id: str, body: Materials) -> Accepted:
    """Records that the materials went to every expert who had none."""
    accepted_on = await final_version_on(ctx, case_id)
    command = ctx.command(SendMaterials, documents=body.documents, final_version_on=accepted_on)
    return await ctx.execute(VISIT, case_id, command)


async def hold_webinar(ctx: Context, case_id: str, body: Webinar) -> Accepted:
    """Records the webinar of the day."""
    return await ctx.execute(VISIT, case_id, ctx.command(HoldWebinar, attended=body.attended, topics=body.topics))


async def hold_briefing(ctx: Context, case_id: str, body: Attendance) -> Accepted:
    """Records the briefing of the day."""
    return await ctx.execute(VISIT, case_id, ctx.command(HoldBriefing, attended=body.attended))


async def confirm_report_studied(ctx: Context, case_id: str) -> Accepted:
    """Records that the calling expert has studied the report."""
    command = ctx.command(ConfirmReportStudied, expert_id=ctx.actor)
    return await ctx.execute(VISIT, case_id, command, guard=_speaking(ctx, must_sit))


async def start_visit(ctx: Context, case_id: str) -> Accepted:
    """Records that the commission is at the institution."""
    return await ctx.execute(VISIT, case_id, ctx.command(StartVisit), guard=_coordinator_or_chair(ctx))


async def interrupt_visit(ctx: Context, case_id: str, body: Interruption) -> Accepted:
    """Records that the visit was broken off."""
    command = ctx.command(InterruptVisit, reason=body.reason, interrupted_on=body.interrupted_on)
    return await ctx.execute(VISIT, case_id, command, guard=_coordinator_or_chair(ctx))


async def complete_visit(ctx: Context, case_id: str) -> Accepted:
    """Records that the visit has ended."""
    return await ctx.execute(VISIT, case_id, ctx.command(CompleteVisit), guard=_coordinator_or_chair(ctx))


async def submit_visit_report(ctx: Context, case_id: str, body: VisitReport) -> Accepted:
    """Takes the panel's report from its chair; from any of its experts where nobody chairs it."""
    command = ctx.command(SubmitVisitReport, **body.model_dump())
    return await ctx.execute(VISIT, case_id, command, guard=_speaking(ctx, must_lead))


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


async def correct_visit(ctx: Context, case_id: str, body: Correction) -> Accepted:
    """Puts a wrongly recorded fact right, where the visit could have come about so."""
    state, _ = await ctx.load(VISIT, case_id)
    if state.rulebook is None:
        raise NotFound(f"there is no visit of case {case_id}")
    on = local_date(ctx.at, resolve(state.rulebook).zone)
    how = Correctable(VISIT, contract.VisitCorrected, lambda right: {"case_id": right.case_id}, lambda right: check_right(right, on))
    return await ctx.correct(how, case_id, body, on)


async def correct_expert(ctx: Context, expert_id: str, body: Correction) -> Accepted:
    """Puts right what the pool knows of an expert; the pool has no rulebook and so no zone of its own, its day is UTC's."""
    how = Correctable(EXPERT, contract.ExpertCorrected, lambda right: {"expert_id": right.expert_id})
    return await ctx.correct(how, expert_id, body, ctx.at.date())


def _seat(seat: NewSeat) -> PanelMember:
    return PanelMember(expert_id=seat.expert_id, role=seat.role, category=seat.category)


async def _sitting(ctx: Context, case_id: str) -> Sequence[str]:
    """Everybody who holds or held a seat in the panel."""
    rows = await ctx.rows(select(panel_members.c.expert_id).where(panel_members.c.case_id == case_id))
    return [row["expert_id"] for row in rows]


async def final_version_on(ctx: Context, case_id: str) -> date | None:
    """When the final version of the self-assessment report was accepted, as review told; None if it was not."""
    found = await ctx.row(select(self_assessments.c.final_version_on).where(self_assessments.c.case_id == case_id))
    return found["final_version_on"] if found else None


async def known_to_pool(ctx: Context, expert_ids: Sequence[str]) -> dict[str, Any]:
    """What the pool knows of these, by expert."""
    c = experts.c
    query = select(c.expert_id, c.affiliations, c.categories, c.employments).where(c.expert_id.in_(expert_ids))
    rows = await ctx.rows(query)
    return {
        "affiliations": {row["expert_id"]: tuple(row["affiliations"]) for row in rows},
        "categories": {row["expert_id"]: tuple(row["categories"]) for row in rows},
        "employments": {row["expert_id"]: tuple(map(Employment.model_validate, row["employments"])) for row in rows},
    }


def _speaking(ctx: Context, check: Callable[[Visit, str], None]) -> Callable[[Visit], None]:
    return lambda visit: check(visit, ctx.actor)


def _coordinator_or_chair(ctx: Context) -> Callable[[Visit], None] | None:
    coordinates = ctx.principal is not None and ctx.principal.has(Role.coordinator)
    return None if coordinates else _speaking(ctx, must_lead)
