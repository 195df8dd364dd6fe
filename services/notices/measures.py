"""What notices tells of itself as metrics: the deliveries that wait. Whoever is asked, it is of all processes."""

from collections.abc import Sequence

from chassis import telemetry
from chassis.metrics import Measure, Value
from chassis.service import Runtime

#: An attempt is made by its workflow at `next_at`; a first one at once.
_WAITING = """
SELECT count(*) AS waiting, coalesce(extract(epoch FROM $1 - min(next_at)), 0) AS overdue FROM webhook_deliveries WHERE status = 'waiting'
"""


def measures(runtime: Runtime) -> Sequence[Measure]:
    """Gauges of the deliveries."""

    async def column(name: str) -> list[Value]:
        row = await runtime.system.fetchrow(_WAITING, await runtime.clock.now())
        return [(max(0.0, float(row[name])), {})] if row else []

    async def waiting() -> list[Value]:
        return await column("waiting")

    async def overdue() -> list[Value]:
        return await column("overdue")

    return [
        Measure(telemetry.WEBHOOKS_WAITING, "{deliveries}", "Deliveries that wait for an attempt", waiting),
        Measure(telemetry.WEBHOOKS_OVERDUE, "s", "How long the attempt that is most overdue is overdue", overdue),
    ]
