"""Monitoring's routes for follow-ups of certificates, and for the rulebook that they run under. No rule lives here."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import select

from chassis.actions import allowed_actions
from chassis.auth import Role
from chassis.citations import Citation
from chassis.context import Accepted, Context
from chassis.corrections import Correction
from chassis.problems import NotFound
from chassis.sorting import Order, sorting
from chassis.text import IsoDate
from chassis.web import Commanding, Cursor, HistoryEntry, Id, Limit, Named, Reading, etag, get, history, narrowed, page_model, page_of, post
from regulations import Rulebook, enforces, resolve
from services.monitoring import handlers_followup as handlers
from services.monitoring.domain import followup as of
from services.monitoring.domain import profile
from services.monitoring.domain.cycle_rules import SAPATTUU
from services.monitoring.domain.followup import FOLLOWUP
from services.monitoring.domain.followup_state import FollowUp
from services.monitoring.domain.plan import PLAN, plan_id
from services.monitoring.domain.plan_state import Plan
from services.monitoring.readmodels_followup import followups, procedures
from services.monitoring.schemas_followup import (
    CriterionFollowed,
    FollowUpDetail,
    FollowUpItem,
    NewAdoption,
    NewClassification,
    NewExpectedDate,
    NewLetter,
    NewProcedure,
    ProcedureItem,
)

router = APIRouter(prefix="/v1")

INVOLVED = [Role.institution_officer, Role.coordinator, Role.director, Role.council_member, Role.auditor]
STAFF = [Role.coordinator, Role.director, Role.auditor]
AGENCY = [Role.coordinator, Role.director]
COORDINATOR = [Role.coordinator]
DIRECTOR = [Role.director]

_C = followups.c
BY = sorting("opened_on", [_C.opened_on, _C.valid_until, _C.issued_on, _C.institution_id, _C.rulebook_id, _C.status], _C.followup_id)
ACCREDITATIONS = sorting("accreditation", [procedures.c.accreditation, procedures.c.chosen_on], procedures.c.accreditation)


@post(router, "/follow-up-procedure", roles=DIRECTOR, if_match=False)
async def choose_procedure(ctx: Commanding, body: NewProcedure) -> Accepted:
    """Has certificates of accreditation rulebooks followed up under a rulebook of follow-ups, from now on and those in force."""
    return await handlers.choose_procedure(ctx, body)


@get(router, "/follow-up-procedure", roles=STAFF, response_model=page_model(ProcedureItem))
async def list_procedures(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(ACCREDITATIONS)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Under which rulebook certificates of each accreditation rulebook are followed up."""
    query = select(procedures.table)
    return await page_of(ctx, query, keys=order, model=ProcedureItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/follow-ups", roles=INVOLVED, response_model=page_model(FollowUpItem))
async def list_followups(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(BY)],
    certificate_id: Named = None,
    institution_id: Named = None,
    rulebook_id: Named = None,
    kind: Named = None,
    status: Named = None,
    classified: Annotated[bool | None, Query(description="Whether it is known of what kind the accreditation is")] = None,
    ended: bool | None = None,
    valid_before: Annotated[IsoDate | None, Query(description="The certificate's last day is an earlier one")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The follow-ups of certificates; an institution's officer sees its own."""
    wanted = (
        (_C.certificate_id, certificate_id),
        (_C.institution_id, institution_id),
        (_C.institution_id, ctx.own_institution),
        (_C.rulebook_id, rulebook_id),
        (_C.kind, kind),
        (_C.status, status),
    )
    query = narrowed(select(followups.table), wanted)
    for present, column in ((classified, _C.kind), (ended, _C.ended_on)):
        if present is not None:
            query = query.where(column.is_not(None) if present else column.is_(None))
    if valid_before is not None:
        query = query.where(_C.valid_until < valid_before)
    return await page_of(ctx, query, keys=order, model=FollowUpItem, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/follow-ups/{followup_id}", roles=INVOLVED, response_model=FollowUpDetail)
async def read_followup(ctx: Reading, followup_id: Id, request: Request, response: Response) -> Any:
    """One follow-up: what is recommended, what comes next, under which clauses."""
    found = await ctx.row(select(followups.table).where(_C.followup_id == followup_id))
    if found is None or not ctx.owns(found["institution_id"]):
        raise NotFound(f"there is no follow-up {followup_id}")
    etag(response, found["version"])
    state, _ = await ctx.load(FOLLOWUP, followup_id)
    plan, planned = await ctx.load(PLAN, plan_id(followup_id))
    rules = resolve(state.rules)
    opened = state.terms
    return FollowUpDetail(
        **found,
        allowed_actions=allowed_actions(request, router, FOLLOWUP, state, rules, ids={"followup_id": followup_id}, regulation=rules),
        needs=_needs(state, rules),
        criteria=by_criterion(state, plan),
        panel=list(opened.panel),
        case_officer=opened.case_officer,
        plan_id=plan_id(followup_id) if planned else None,
        plan_received_on=opened.plan_received_on,
        plan_accepted_on=opened.plan_accepted_on,
        windows=await _still_to_open(ctx, state),
        expected=[state.expected[cycle] for cycle in sorted(state.expected)],
        letter=state.letter,
        alerts=list(state.alerts),
        adoptions=list(state.adopted),
        terms=handlers.terms_of(state),
        basis=basis(rules),
    )


def _needs(state: FollowUp, rules: Rulebook) -> list[str]:
    """What nobody has told yet, and what waits for it."""
    lacking = {
        "classification": state.kind is None,
        "receipt": state.received_on is None and profile.every_year(rules),
        "contract": state.contract_reference is None,
    }
    return [name for name, is_lacking in lacking.items() if is_lacking and state.ended is None]


@enforces(SAPATTUU, "I.3.a", "I.3.b", "I.3.c", "2.5.p1")
def by_criterion(state: FollowUp, plan: Plan) -> list[CriterionFollowed]:
    """What was recommended on each criterion, in the order of the recommendations, and how much of what was planned is done."""
    done = {each.measure_id for each in plan.done}
    names = dict.fromkeys([*(each.criterion for each in state.recommendations), *(each.criterion for each in plan.measures)])
    return [
        CriterionFollowed(
            criterion=name,
            recommendations=[each for each in state.recommendations if each.criterion == name],
            measures=sum(each.criterion == name for each in plan.measures),
            done=sum(each.criterion == name and each.measure_id in done for each in plan.measures),
        )
        for name in names
    ]


@enforces(SAPATTUU, "I.1", "I.2", "I.2.a", "I.2.b", "I.2.c", "I.3")
def basis(rules: Rulebook) -> list[Citation]:
    """What the regulation is about, what it rests on, what it aims at."""
    return [Citation(id=clause.id, rule=clause.rule) for clause in profile.basis(rules)]


async def _still_to_open(ctx: Context, state: FollowUp) -> list[Any]:
    begun = (await handlers.parts_of(ctx, state.terms.followup_id)).begun
    return [window for window in state.windows if window.cycle > begun]


@get(router, "/follow-ups/{followup_id}/history", roles=INVOLVED, response_model=list[HistoryEntry])
async def followup_history(ctx: Reading, followup_id: Id) -> Any:
    """Every fact of a follow-up, oldest first."""
    state, version = await ctx.load(FOLLOWUP, followup_id)
    if not version or not ctx.owns(state.institution_id):
        raise NotFound(f"there is no follow-up {followup_id}")
    return await history(ctx, FOLLOWUP, followup_id, resolve(state.rules))


@post(router, "/follow-ups/{followup_id}/classification", roles=AGENCY, command=of.Classify)
async def classify_followup(ctx: Commanding, followup_id: Id, body: NewClassification) -> Accepted:
    """Says of what kind the accreditation is and what was recommended: what is due follows from it."""
    return await handlers.classify(ctx, followup_id, body)


@post(router, "/follow-ups/{followup_id}/decision-letter", roles=COORDINATOR, command=of.SendLetter)
async def send_decision_letter(ctx: Commanding, followup_id: Id, body: NewLetter) -> Accepted:
    """Records the agency's official letter on the council's decision."""
    return await handlers.send_letter(ctx, followup_id, body)


@post(router, "/follow-ups/{followup_id}/expected-date", roles=AGENCY, command=of.SetExpectedDate)
async def set_expected_date(ctx: Commanding, followup_id: Id, body: NewExpectedDate) -> Accepted:
    """Sets the day on which the monitoring of a cycle is expected: the report is due before it."""
    return await handlers.set_expected_date(ctx, followup_id, body)


@post(router, "/follow-ups/{followup_id}/rulebook-adoption", roles=DIRECTOR, command=of.AdoptRulebook)
async def adopt_version(ctx: Commanding, followup_id: Id, body: NewAdoption) -> Accepted:
    """Has an open follow-up go on under another version of its rulebook; its open deadlines are computed anew."""
    return await handlers.adopt_rulebook(ctx, followup_id, body)


@post(router, "/follow-ups/{followup_id}/corrections", roles=DIRECTOR)
async def correct_followup(ctx: Commanding, followup_id: Id, body: Correction) -> Accepted:
    """Corrects a wrongly recorded fact of a follow-up."""
    return await handlers.correct(ctx, followup_id, body)
