"""What monitoring tells of itself as metrics: deadlines whose hour has come and that no lifecycle has dealt with."""

from collections.abc import Sequence

from chassis import telemetry
from chassis.metrics import Measure, Value
from chassis.service import Runtime

_UNRUN = """
SELECT count(*) AS unrun, coalesce(extract(epoch FROM $1 - min(due_at)), 0) AS lag FROM deadlines
WHERE state = 'open' AND workflow_id IS NOT NULL AND due_at < $1
"""


def measures(runtime: Runtime) -> Sequence[Measure]:
    """Gauges of the deadlines, in legal time."""

    async def column(name: str) -> list[Value]:
        row = await runtime.system.fetchrow(_UNRUN, await runtime.clock.now())
        return [(float(row[name]), {})] if row else []

    async def unrun() -> list[Value]:
        return await column("unrun")

    async def lag() -> list[Value]:
        return await column("lag")

    return [
        Measure(telemetry.DEADLINES_UNRUN, "{deadlines}", "Deadlines that have passed and are neither met nor missed", unrun),
        Measure(telemetry.DEADLINES_LAG, "s", "How long ago the oldest of them passed", lag),
    ]
