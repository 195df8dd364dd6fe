"""The cycle of internal monitoring of a local year opens by itself, each year from the first, once a regulation is adopted."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta

from sqlalchemy import select

from chassis.context import Context
from regulations import Rulebook, enforces, local_date, resolve
from regulations.calendar import end_of_local_day
from services.monitoring.contract_internal import ARTKI
from services.monitoring.domain.internal_cycle import internal_cycle_id
from services.monitoring.domain.internal_procedure import INTERNAL_ID, INTERNAL_PROCEDURE
from services.monitoring.handlers_internal_cycle import open_cycle
from services.monitoring.readmodels_internal import internal_cycles


@enforces(ARTKI, "3.1")
async def cycles_to_open(ctx: Context) -> list[Callable[[], Awaitable[int]]]:
    """That of the current year, where it is not there yet."""
    state, _ = await ctx.load(INTERNAL_PROCEDURE, INTERNAL_ID)
    if state.adopted is None or state.rulebook is None:
        return []
    rulebook, year = state.rulebook, local_date(ctx.at, resolve(state.rulebook).zone).year
    if year < state.adopted.first_year:
        return []
    known = select(internal_cycles.c.cycle_id).where(internal_cycles.c.cycle_id == internal_cycle_id(year, 1))
    if await ctx.row(known) is not None:
        return []

    async def open_() -> int:
        return len((await open_cycle(ctx.apart(), rulebook, year, 1)).events)

    return [open_]


async def next_cycle_at(ctx: Context) -> datetime | None:
    """When the next year begins that has a cycle, by the agency's clock; None where no regulation is adopted."""
    state, _ = await ctx.load(INTERNAL_PROCEDURE, INTERNAL_ID)
    if state.adopted is None or state.rulebook is None:
        return None
    rules: Rulebook = resolve(state.rulebook)
    year = max(local_date(ctx.at, rules.zone).year + 1, state.adopted.first_year)
    return end_of_local_day(date(year, 1, 1) - timedelta(days=1), rules.zone)
