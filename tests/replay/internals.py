"""What is recorded of internal monitoring."""

from datetime import date

from tests.workflows.cases import DAY, Running, World
from tests.workflows.internals import Internal


async def internal_done(world: World, name: str) -> Running:
    """Two rounds of the plan, a stage that is late, measures that are moved and looked at until they are done."""
    internal, today = Internal(world, 2030), await world.today()
    cycle = await internal.opened(Internal(world, 2029).carried("m0", today + 40 * DAY), previous_report_on=date(2029, 3, 15))
    first = {"collecting": today + 30 * DAY, "analysing": today + 60 * DAY, "control": today + 300 * DAY}
    await cycle.tell(internal.planned(today, first))
    await cycle.tell(internal.planned(today, {**first, "collecting": today + 35 * DAY}, 2))
    await world.until(today + 50 * DAY)
    today = await world.today()
    for fact in (internal.collected(today), internal.analysed(today), internal.reported(today), internal.discussed(today)):
        await cycle.tell(fact)
    await cycle.tell(internal.improvement(today, m1=today + 20 * DAY, m2=None))
    await cycle.tell(internal.controlled(today, "m1", "under_way"))
    await cycle.tell(internal.moved(today, "m1", today + 30 * DAY))
    await world.until(today + 25 * DAY)
    for measure_id in ("m0", "m1", "m2"):
        await cycle.tell(internal.controlled(await world.today(), measure_id))
    return cycle


async def internal_carried(world: World, name: str) -> Running:
    """The year is missed; the next cycle takes over what is left."""
    internal, today = Internal(world, 2030), await world.today()
    cycle = await internal.opened()
    for fact in (internal.planned(today, {}), internal.collected(today), internal.analysed(today)):
        await cycle.tell(fact)
    await world.until(date(2031, 1, 2))
    today = await world.today()
    await cycle.tell(internal.reported(today))
    await cycle.tell(internal.discussed(today))
    await cycle.tell(internal.improvement(today, m1=today + 20 * DAY))
    internal.stands("m1")
    await cycle.tell(Internal(world, 2031, 2).opening(today, internal.carried("m1", today + 20 * DAY)))
    return cycle


async def internal_closed(world: World, name: str) -> Running:
    """A person closes it while information is collected."""
    internal, today = Internal(world, 2030), await world.today()
    cycle = await internal.opened()
    await cycle.tell(internal.planned(today, {"collecting": today + 30 * DAY}))
    await cycle.tell(internal.closed(today))
    return cycle


INTERNALS = (internal_done, internal_carried, internal_closed)
