"""Monitoring's commands on cycles. What they need to know of the follow-up, its plan and its visit they are given as facts."""

from typing import Any

from chassis.auth import Role
from chassis.context import Accepted, Context
from chassis.corrections import Correction
from chassis.problems import Conflict, Forbidden, NotFound, Refused
from regulations import local_date, resolve
from services.monitoring.contract import CycleStanding, CycleStep
from services.monitoring.domain import cycle
from services.monitoring.domain.assessment import Analysis, Assessment
from services.monitoring.domain.cycle import CYCLE, CycleCommand, corrections, cycle_id
from services.monitoring.domain.cycle_state import Cycle
from services.monitoring.domain.report import Rejection, Report, Study
from services.monitoring.followed import Facts, facts_of
from services.monitoring.schemas_cycle import (
    NewAnalysis,
    NewAssessment,
    NewChangeRequest,
    NewCouncilFile,
    NewExperts,
    NewInformation,
    NewInformationRequest,
    NewNotice,
    NewRejection,
    NewReport,
    NewRuling,
    NewStudy,
    NewVisitDecision,
    OpenCycleRequest,
)


async def open_cycle(ctx: Context, request: OpenCycleRequest) -> Accepted:
    """Opens a cycle once: for one that is open nothing follows. Refused for a certificate of which no report is due."""
    id_ = cycle_id(request.followup_id, request.cycle)
    return await ctx.execute(CYCLE, id_, ctx.command(cycle.OpenCycle, cycle_id=id_, **dict(request)), create=True)


async def submit_report(ctx: Context, id_: str, body: NewReport) -> Accepted:
    """Records a report with what it lacks; an institution's officer of its own institution, today."""
    if body.received_on is not None and ctx.own_institution is not None:
        raise Forbidden("the agency says on which day a report came to it")
    report = Report(**{name: value for name, value in body if name != "received_on"})
    facts = await _facts(ctx, id_)
    return await _execute(ctx, id_, facts, cycle.SubmitReport, report=report, known=facts.known, received_on=body.received_on)


async def reject_report(ctx: Context, id_: str, body: NewRejection) -> Accepted:
    """Rejects the report under study."""
    return await _execute(ctx, id_, None, cycle.RejectReport, rejection=Rejection(**dict(body)))


async def request_changes(ctx: Context, id_: str, body: NewChangeRequest) -> Accepted:
    """Asks for changes of the report under study."""
    return await _execute(ctx, id_, None, cycle.RequestChanges, **dict(body))


async def study_report(ctx: Context, id_: str, body: NewStudy) -> Accepted:
    """Records the study of the report."""
    return await _execute(ctx, id_, None, cycle.StudyReport, study=Study(**dict(body)))


async def request_information(ctx: Context, id_: str, body: NewInformationRequest) -> Accepted:
    """Asks for additional information."""
    return await _execute(ctx, id_, None, cycle.RequestInformation, **dict(body))


async def provide_information(ctx: Context, id_: str, body: NewInformation) -> Accepted:
    """Records what an institution gave."""
    return await _execute(ctx, id_, None, cycle.ProvideInformation, **dict(body))


async def engage_experts(ctx: Context, id_: str, body: NewExperts) -> Accepted:
    """Brings in experts; who sat in the accrediting commission the follow-up tells."""
    facts = await _facts(ctx, id_)
    return await _execute(ctx, id_, facts, cycle.EngageExperts, **dict(body), panel=facts.followed.panel)


async def analyse_measures(ctx: Context, id_: str, body: NewAnalysis) -> Accepted:
    """Records the analysis by experts and referent."""
    facts = await _facts(ctx, id_)
    return await _execute(ctx, id_, facts, cycle.AnalyseMeasures, analysis=Analysis(**dict(body)), followed=facts.followed)


async def decide_visit(ctx: Context, id_: str, body: NewVisitDecision) -> Accepted:
    """Records the decision on a visit."""
    director = ctx.principal is not None and Role.director in ctx.principal.roles
    return await _execute(ctx, id_, None, cycle.DecideVisit, **dict(body), director=director)


async def tell_visit_decision(ctx: Context, id_: str, body: NewNotice) -> Accepted:
    """Records the notice of that decision."""
    return await _execute(ctx, id_, None, cycle.TellVisitDecision, **dict(body))


async def assess_result(ctx: Context, id_: str, body: NewAssessment) -> Accepted:
    """Records the assessment of the result."""
    facts = await _facts(ctx, id_)
    return await _execute(ctx, id_, facts, cycle.AssessResult, assessment=Assessment(**dict(body)), followed=facts.followed)


async def tell_acceptance(ctx: Context, id_: str, body: NewNotice) -> Accepted:
    """Records the notice of acceptance."""
    return await _execute(ctx, id_, None, cycle.TellAcceptance, **dict(body))


async def rule_outcome(ctx: Context, id_: str, body: NewRuling) -> Accepted:
    """Records a person's ruling on a result that is not positive."""
    return await _execute(ctx, id_, None, cycle.RuleOutcome, ruling=body.ruling)


async def send_council_file(ctx: Context, id_: str, body: NewCouncilFile) -> Accepted:
    """Sends the file to the council."""
    facts = await _facts(ctx, id_)
    return await _execute(ctx, id_, facts, cycle.SendCouncilFile, **dict(body), followed=facts.followed)


async def refer(ctx: Context, id_: str, ground: str) -> Accepted:
    """Lays a failure before those who may decide on a sanction."""
    facts = await _facts(ctx, id_)
    return await _execute(ctx, id_, facts, cycle.ReferDecision, ground=ground, known=facts.known)


async def _facts(ctx: Context, id_: str) -> Facts:
    state, _ = await ctx.load(CYCLE, id_)
    return await facts_of(ctx, state)


async def _execute(ctx: Context, id_: str, facts: Facts | None, kind: type[CycleCommand], **fields: Any) -> Accepted:
    """Decides by the rulebook that the follow-up runs under by now; another institution's cycle is as good as absent."""
    facts = facts or await _facts(ctx, id_)
    return await ctx.execute(CYCLE, id_, ctx.command(kind, rulebook=facts.rulebook, **fields), guard=ctx.guard_institution)


async def correct(ctx: Context, id_: str, body: Correction) -> Accepted:
    """Corrects a fact of a cycle."""
    state, version = await ctx.load(CYCLE, id_)
    if not version:
        raise NotFound(f"there is no cycle {id_}")
    today = local_date(ctx.at, resolve(state.terms.rulebook).zone)
    return await ctx.correct(corrections(today), id_, body, today)


async def refer_for_lifecycle(ctx: Context, step: CycleStep) -> CycleStanding:
    """Refers, unless there is nothing to refer by now: the answer tells."""
    try:
        await refer(ctx, step.cycle_id, step.ground or "")
    except (Conflict, Refused):
        pass
    return await standing(ctx, step.cycle_id)


async def close_for_lifecycle(ctx: Context, step: CycleStep) -> CycleStanding:
    """Closes, once."""
    await _execute(ctx, step.cycle_id, None, cycle.CloseCycle, outcome=step.outcome or "No outcome was given.")
    return await standing(ctx, step.cycle_id)


async def standing(ctx: Context, id_: str) -> CycleStanding:
    """How a cycle stands, with the last day that the certificate has by now; NotFound if there is none."""
    state, _ = await ctx.load(CYCLE, id_)
    found, known = standing_of(state), (await facts_of(ctx, state)).known
    return found.model_copy(update={"valid_until": known.valid_until or found.valid_until})


def standing_of(state: Cycle) -> CycleStanding:
    """What a lifecycle needs to know of a cycle."""
    opened = state.terms
    judged = state.file or state.analysed or state.assessed
    return CycleStanding(
        **opened.model_dump(include=set(CycleStanding.model_fields) & set(type(opened).model_fields), exclude={"rulebook"}),
        rulebook=opened.rulebook,
        round=state.round,
        complete=state.report is not None and state.report.complete,
        studied=state.standing == "studied",
        visit=state.visit.holds if state.visit else None,
        positive=state.assessed.positive if state.assessed else None,
        fulfilment=tuple(
            (each.recommendation_id, each.fulfilment)
            for each in (judged.verdicts if judged else ())
            if each.recommendation_id and each.fulfilment
        ),
        ground=state.referred[-1].ground if state.referred else None,
        closed=state.closed is not None,
    )
