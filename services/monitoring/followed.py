"""What a cycle's command is given of its follow-up, its plan and its visit."""

from dataclasses import dataclass

from sqlalchemy import select

from chassis.context import Context
from chassis.documents import Document
from regulations import RulebookRef, resolve
from services.monitoring.domain import profile
from services.monitoring.domain.assessment import Followed
from services.monitoring.domain.cycle_state import Cycle
from services.monitoring.domain.followup import FOLLOWUP
from services.monitoring.domain.plan import PLAN, plan_id
from services.monitoring.domain.report import Known
from services.monitoring.readmodels_cycle import cycle_visits


@dataclass(frozen=True)
class Facts:
    """For a report `known`, for verdicts `followed`; `rulebook` is what the follow-up runs under by now."""

    known: Known
    followed: Followed
    rulebook: RulebookRef | None = None


async def facts_of(ctx: Context, state: Cycle) -> Facts:
    """The facts by now; what is not in Kepil, such as a plan on paper, is empty."""
    if state.opened is None:
        return Facts(Known(), Followed())
    opened = state.opened
    followup, _ = await ctx.load(FOLLOWUP, opened.followup_id)
    plan, _ = await ctx.load(PLAN, plan_id(opened.followup_id))
    row = await ctx.row(select(cycle_visits.table).where(cycle_visits.c.cycle_id == opened.cycle_id))
    recommendations = followup.recommendations
    return Facts(
        known=Known(
            measures=tuple((each.measure_id, each.due_on) for each in plan.measures),
            nonconformity=any(each.nonconformity for each in recommendations),
            expected_on=followup.expected_days.get(opened.cycle),
            valid_until=followup.valid_until if followup.opened else None,
            due=followup.opened is None or bool(profile.report_rules(resolve(followup.rules), followup.kind)),
        ),
        followed=Followed(
            recommendations=tuple(each.recommendation_id for each in recommendations),
            panel=followup.opened.panel if followup.opened else (),
            visit_report=Document.model_validate(row["document"]) if row else None,
        ),
        rulebook=followup.rulebook,
    )
