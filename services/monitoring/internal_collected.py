"""What there is by now for a cycle of internal monitoring: uses of each method and means, groups that were reached, earlier
recommendations, trainings of a year."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import extract, func, select

from chassis.context import Context
from regulations import enforces, resolve
from services.monitoring.domain.internal_rules import ARTKI
from services.monitoring.domain.internal_state import InternalCycle
from services.monitoring.gathered import gathered
from services.monitoring.readmodels_gathering import agency_recommendations, document_analyses, trainings
from services.monitoring.readmodels_internal import fulfilments

ANALYSIS, LOGGED = "document_analysis", "logged"


@dataclass(frozen=True)
class Collected:
    """How often each method and means was used, and which groups were asked."""

    uses: dict[str, int]
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Recommended:
    """Where each recommendation of the register comes from; and those of before the cycle that nobody has looked at in any cycle."""

    sources: Mapping[str, str]
    undetermined: tuple[str, ...]


@enforces(ARTKI, "2.2.1", "3.3.2", "6.1.s1", "6.2")
async def collected(ctx: Context, state: InternalCycle) -> Collected:
    """Of this cycle, whenever it came. What was analysed through the year outside a cycle counts for that year, as the log is summed up."""
    cycle = state.terms
    found = await gathered(ctx, cycle.cycle_id)
    uses = dict(found.uses)
    if resolve(cycle.rulebook).setting_if_any("continuous_analysis") == LOGGED:
        uses[ANALYSIS] = uses.get(ANALYSIS, 0) + await _logged(ctx, cycle.year)
    return Collected(uses, tuple(sorted(found.reached)))


async def _logged(ctx: Context, year: int) -> int:
    c = document_analyses.c
    outside = select(func.count().label("count")).select_from(document_analyses.table).where(c.cycle_id.is_(None))
    found = await ctx.row(outside.where(extract("year", c.analysed_on) == year))
    return int(found["count"]) if found else 0


@enforces(ARTKI, "2.2.3")
async def recommended(ctx: Context, state: InternalCycle) -> Recommended:
    """The register of recommendations as this cycle needs it; in a first cycle there may be none."""
    c = agency_recommendations.c
    rows = await ctx.rows(select(c.recommendation_id, c.source, c.received_on).order_by(c.received_on, c.recommendation_id))
    told = {row["recommendation_id"] for row in await ctx.rows(select(fulfilments.c.recommendation_id))}
    only = resolve(state.terms.rulebook).setting_if_any("earlier_checks")
    counted = [row for row in rows if only in (None, "all", row["source"]) and row["received_on"] <= state.terms.opened_on]
    left = tuple(row["recommendation_id"] for row in counted if row["recommendation_id"] not in told)
    return Recommended({row["recommendation_id"]: row["source"] for row in rows}, left)


@enforces(ARTKI, "7.1.s1", "7.1.s2")
async def trained(ctx: Context) -> Counter[int]:
    """How many trainings and seminars were held in each year; how many there should be the text does not say."""
    return Counter(row["held_on"].year for row in await ctx.rows(select(trainings.c.held_on)))
