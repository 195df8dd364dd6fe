"""Monitoring's routes for cycles: report, study, visit or no visit, assessment, the council's file. No rule lives here."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import select

from chassis.actions import allowed_actions, problem_of
from chassis.auth import Role
from chassis.context import Accepted
from chassis.corrections import Correction
from chassis.decider import Command
from chassis.problems import NotFound, Problem
from chassis.sorting import Order, sorting
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Named, Reading, etag, get, history, narrowed, page_model, page_of, post
from regulations import local_date, resolve
from services.monitoring import due
from services.monitoring import handlers_cycle as handlers
from services.monitoring.domain import cycle as of
from services.monitoring.domain.assessment import check_answered, check_director, check_visited
from services.monitoring.domain.cycle import CYCLE
from services.monitoring.followed import facts_of
from services.monitoring.readmodels_cycle import cycles
from services.monitoring.schemas_cycle import (
    CycleDetail,
    CycleItem,
    NewAnalysis,
    NewAssessment,
    NewChangeRequest,
    NewCouncilFile,
    NewCycle,
    NewExperts,
    NewInformation,
    NewInformationRequest,
    NewNotice,
    NewReferral,
    NewRejection,
    NewReport,
    NewRuling,
    NewStudy,
    NewVisitDecision,
)

router = APIRouter(prefix="/v1")

INVOLVED = [Role.institution_officer, Role.coordinator, Role.director, Role.council_member, Role.auditor]
INSTITUTION = [Role.institution_officer, Role.coordinator]
AGENCY = [Role.coordinator, Role.director]
COORDINATOR = [Role.coordinator]
DIRECTOR = [Role.director]

_C = cycles.c
BY = sorting("opened_on", [_C.opened_on, _C.period_until, _C.valid_until, _C.institution_id, _C.stage, _C.cycle, _C.late_days], _C.cycle_id)


@get(router, "/cycles", roles=INVOLVED, response_model=page_model(CycleItem))
async def list_cycles(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(BY)],
    followup_id: Named = None,
    certificate_id: Named = None,
    institution_id: Named = None,
    rulebook_id: Named = None,
    stage: Named = None,
    late: Annotated[bool | None, Query(description="Whether the last report came late")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The monitoring cycles; an institution's officer sees its own."""
    wanted = (
        (_C.followup_id, followup_id),
        (_C.certificate_id, certificate_id),
        (_C.institution_id, institution_id),
        (_C.institution_id, ctx.own_institution),
        (_C.rulebook_id, rulebook_id),
        (_C.stage, stage),
    )
    query = narrowed(select(cycles.table), wanted)
    if late is not None:
        query = query.where(_C.late_days > 0 if late else _C.late_days == 0)
    return await page_of(ctx, query, keys=order, model=CycleItem, cursor=cursor, limit=limit, request=request, response=response)


@post(router, "/cycles", roles=INSTITUTION, status=201, if_match=False)
async def begin_cycle(ctx: Commanding, body: NewCycle) -> Accepted:
    """Opens the next cycle of a follow-up before its window: the texts say how late a report may come, and not how early."""
    return await due.begin_cycle(ctx, body)


@get(router, "/cycles/{cycle_id}", roles=INVOLVED, response_model=CycleDetail)
async def read_cycle(ctx: Reading, cycle_id: Id, request: Request, response: Response) -> Any:
    """One cycle with its reports and all that was made of them."""
    found = await ctx.row(select(cycles.table).where(_C.cycle_id == cycle_id))
    if found is None or not ctx.owns(found["institution_id"]):
        raise NotFound(f"there is no cycle {cycle_id}")
    etag(response, found["version"])
    state, _ = await ctx.load(CYCLE, cycle_id)
    facts = await facts_of(ctx, state)
    rules = resolve(facts.rulebook or state.terms.rulebook)
    today = local_date(ctx.at, rules.zone)
    waits = problem_of(check_visited, rules, state, facts.followed) or problem_of(check_answered, state, today)
    barred: dict[type[Command], Problem | None] = {
        of.DecideVisit: problem_of(check_director, rules, Role.director in request.state.principal.roles),
        of.AssessResult: waits,
        of.SendCouncilFile: waits,
    }
    actions = allowed_actions(request, router, CYCLE, state, rules, ids={"cycle_id": cycle_id}, regulation=rules, barred=barred)
    return CycleDetail(
        **found,
        allowed_actions=actions,
        reports=list(state.reports),
        requests=list(state.requests),
        provided=list(state.provided),
        engaged=list(state.engaged),
        analysed=state.analysed,
        visit_decision=state.visit,
        visit_notice=state.told,
        assessment=state.assessed,
        acceptance_notice=state.accepted,
        ruling=state.ruled,
        council_file=state.file,
        referrals=list(state.referred),
    )


@get(router, "/cycles/{cycle_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def cycle_history(ctx: Reading, cycle_id: Id) -> Any:
    """Every fact of a cycle, oldest first."""
    state, version = await ctx.load(CYCLE, cycle_id)
    if not version or not ctx.owns(state.institution_id):
        raise NotFound(f"there is no cycle {cycle_id}")
    return await history(ctx, CYCLE, cycle_id, resolve(state.terms.rulebook))


@post(router, "/cycles/{cycle_id}/reports", roles=INSTITUTION, command=of.SubmitReport)
async def submit_report(ctx: Commanding, cycle_id: Id, body: NewReport) -> Accepted:
    """Submits the institution's report (AAKR, II.4.e; Sapattuu Bilim, 2.5.p3); what it lacks is told at once."""
    return await handlers.submit_report(ctx, cycle_id, body)


@post(router, "/cycles/{cycle_id}/rejection", roles=AGENCY, command=of.RejectReport)
async def reject_report(ctx: Commanding, cycle_id: Id, body: NewRejection) -> Accepted:
    """Rejects a report that does not meet the requirements on content or layout (AAKR, III.i); a new one is due."""
    return await handlers.reject_report(ctx, cycle_id, body)


@post(router, "/cycles/{cycle_id}/change-request", roles=COORDINATOR, command=of.RequestChanges)
async def request_changes(ctx: Commanding, cycle_id: Id, body: NewChangeRequest) -> Accepted:
    """Tells the institution which changes or additions the report needs (Sapattuu Bilim, 2.7)."""
    return await handlers.request_changes(ctx, cycle_id, body)


@post(router, "/cycles/{cycle_id}/study", roles=COORDINATOR, command=of.StudyReport)
async def study_report(ctx: Commanding, cycle_id: Id, body: NewStudy) -> Accepted:
    """Records the study of the report (AAKR, II.4.g; Sapattuu Bilim, 2.7)."""
    return await handlers.study_report(ctx, cycle_id, body)


@post(router, "/cycles/{cycle_id}/information-requests", roles=COORDINATOR, command=of.RequestInformation)
async def request_information(ctx: Commanding, cycle_id: Id, body: NewInformationRequest) -> Accepted:
    """Asks the institution for additional information (AAKR, II.1)."""
    return await handlers.request_information(ctx, cycle_id, body)


@post(router, "/cycles/{cycle_id}/information", roles=INSTITUTION, command=of.ProvideInformation)
async def provide_information(ctx: Commanding, cycle_id: Id, body: NewInformation) -> Accepted:
    """Gives the information that was asked for (AAKR, II.1)."""
    return await handlers.provide_information(ctx, cycle_id, body)


@post(router, "/cycles/{cycle_id}/experts", roles=AGENCY, command=of.EngageExperts)
async def engage_experts(ctx: Commanding, cycle_id: Id, body: NewExperts) -> Accepted:
    """Brings in experts for the study, former members of the commission among them (Sapattuu Bilim, 2.8)."""
    return await handlers.engage_experts(ctx, cycle_id, body)


@post(router, "/cycles/{cycle_id}/analysis", roles=COORDINATOR, command=of.AnalyseMeasures)
async def analyse_measures(ctx: Commanding, cycle_id: Id, body: NewAnalysis) -> Accepted:
    """Records the analysis by experts and referent, with the check of the facts (Sapattuu Bilim, 2.9.s3)."""
    return await handlers.analyse_measures(ctx, cycle_id, body)


@post(router, "/cycles/{cycle_id}/visit-decision", roles=AGENCY, command=of.DecideVisit)
async def decide_visit(ctx: Commanding, cycle_id: Id, body: NewVisitDecision) -> Accepted:
    """Records whether the institution is visited (AAKR, II.4.h; Sapattuu Bilim, 2.9.s2: by the Director)."""
    return await handlers.decide_visit(ctx, cycle_id, body)


@post(router, "/cycles/{cycle_id}/visit-decision-notice", roles=COORDINATOR, command=of.TellVisitDecision)
async def tell_visit_decision(ctx: Commanding, cycle_id: Id, body: NewNotice) -> Accepted:
    """Records that the institution was told of it (AAKR, II.4.h; Sapattuu Bilim, 2.9.s1)."""
    return await handlers.tell_visit_decision(ctx, cycle_id, body)


@post(router, "/cycles/{cycle_id}/assessment", roles=AGENCY, command=of.AssessResult)
async def assess_result(ctx: Commanding, cycle_id: Id, body: NewAssessment) -> Accepted:
    """Assesses the result by each criterion (AAKR, III.0)."""
    return await handlers.assess_result(ctx, cycle_id, body)


@post(router, "/cycles/{cycle_id}/acceptance-notice", roles=COORDINATOR, command=of.TellAcceptance)
async def tell_acceptance(ctx: Commanding, cycle_id: Id, body: NewNotice) -> Accepted:
    """Records the notice that the report is accepted (AAKR, II.4.j)."""
    return await handlers.tell_acceptance(ctx, cycle_id, body)


@post(router, "/cycles/{cycle_id}/outcome", roles=DIRECTOR, command=of.RuleOutcome)
async def rule_outcome(ctx: Commanding, cycle_id: Id, body: NewRuling) -> Accepted:
    """Rules what follows a result that is not positive, of which the text says nothing (AAKR, II.4.j)."""
    return await handlers.rule_outcome(ctx, cycle_id, body)


@post(router, "/cycles/{cycle_id}/council-file", roles=COORDINATOR, command=of.SendCouncilFile)
async def send_council_file(ctx: Commanding, cycle_id: Id, body: NewCouncilFile) -> Accepted:
    """Sends report, materials and act to the council, with a verdict on each recommendation (Sapattuu Bilim, 3.1, 3.2.s1)."""
    return await handlers.send_council_file(ctx, cycle_id, body)


@post(router, "/cycles/{cycle_id}/referral", roles=DIRECTOR, command=of.ReferDecision)
async def refer(ctx: Commanding, cycle_id: Id, body: NewReferral) -> Accepted:
    """Lays a failure before those who may decide on a sanction (Sapattuu Bilim, 2.5.p4, 3.3)."""
    return await handlers.refer(ctx, cycle_id, body.ground)


@post(router, "/cycles/{cycle_id}/corrections", roles=DIRECTOR)
async def correct_cycle(ctx: Commanding, cycle_id: Id, body: Correction) -> Accepted:
    """Corrects numbers and days of letters and the words of findings; never a day from which a term runs."""
    return await handlers.correct(ctx, cycle_id, body)
