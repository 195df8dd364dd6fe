"""What a detail tells besides its own row: open cases, and what they have in common. Nothing is decided here."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import RowMapping

from chassis.actions import problem_of
from chassis.auth import Principal
from chassis.context import Context
from chassis.decider import Command
from chassis.problems import Problem
from regulations import Rulebook, load, local_date
from services.intake.contract import Programme
from services.intake.domain.agreement import SignContract, check_procurement, check_side
from services.intake.domain.application import scopes_of
from services.intake.domain.institution import INSTITUTION
from services.intake.domain.preparation import Preparation, procedure_stage
from services.intake.domain.standing import TerminateContract, WithdrawApplication, check_undecided
from services.intake.domain.state import UNDECIDED, Application
from services.intake.handlers import decided_on, side_of
from services.intake.readmodels import applications


def scopes_of_row(row: RowMapping) -> tuple[str, ...]:
    """What the council must decide of an application."""
    rules = load(row["rulebook"]["id"], row["rulebook"]["version"])
    return scopes_of(row["kind"], [Programme.model_validate(each) for each in row["programmes"]], rules)


async def open_cases(ctx: Context, institution_id: str) -> list[dict[str, Any]]:
    """The cases of an institution that have not come to their end, oldest first, with their scopes."""
    c = applications.c
    query = select(applications.table).where(c.institution_id == institution_id, c.stage.in_(UNDECIDED))
    return [{**row, "scopes": list(scopes_of_row(row))} for row in await ctx.rows(query.order_by(c.filed_on, c.case_id))]


async def open_cases_of_scope(ctx: Context, found: RowMapping) -> list[dict[str, Any]]:
    """Other open cases of the same institution, with those of their scopes that this application asks for too."""
    mine = set(scopes_of_row(found))
    others = [case for case in await open_cases(ctx, found["institution_id"]) if case["case_id"] != found["case_id"]]
    shared = [{**case, "scopes": [scope for scope in case["scopes"] if scope in mine]} for case in others]
    return [case for case in shared if case["scopes"]]


async def scheduled_cases(ctx: Context, year: int) -> list[dict[str, Any]]:
    """The cases that have their place in the schedule of a year, by month."""
    c = applications.c
    columns = select(c.case_id, c.institution_id, c.kind, c.stage, c.scheduled_month.label("month"))
    rows = await ctx.rows(columns.where(c.scheduled_year == year).order_by(c.scheduled_month, c.case_id))
    return [dict(row) for row in rows]


async def procedure_stage_of(ctx: Context, found: RowMapping, seminars: int) -> str | None:
    """In which of the procedure's stages an application stands, as far as intake knows."""
    done = Preparation(
        first_time=found["first_time"],
        coordinator_id=found["coordinator_id"] or "",
        trip=found["trip_ends_on"] is not None,
        seminars=(("", found["filed_on"]),) * seminars,
    )
    rules = load(found["rulebook"]["id"], found["rulebook"]["version"])
    return procedure_stage(found["stage"], done, await decided_on(ctx, found["case_id"]) is not None, rules)


async def barred(ctx: Context, caller: Principal, state: Application, rules: Rulebook) -> dict[type[Command], Problem | None]:
    """What facts beyond the case say against a command: the council's decision, the side that the caller speaks for, the ownership."""
    decision = problem_of(check_undecided, await decided_on(ctx, state.case_id))
    signature = problem_of(check_side, state.contract, side_of(caller))
    if signature is None and "ownership" in rules.vocabularies:
        institution, _ = await ctx.load(INSTITUTION, state.institution_id)
        on = local_date(ctx.at, rules.zone)
        signature = problem_of(check_procurement, institution.ownership, state.contract.procurement, rules, on)
    return {WithdrawApplication: decision, TerminateContract: decision, SignContract: signature}
