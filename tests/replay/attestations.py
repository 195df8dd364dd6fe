"""What is recorded of state attestations."""

from regulations.deadlines import add_months
from tests.workflows.attested import Attested
from tests.workflows.cases import DAY, Running, World


async def attestation_attested(world: World, name: str) -> Running:
    """Amended twice, once before and once after the dates were told; materials that lack something; work that begins a day later."""
    attested, today = Attested(world), await world.today()
    starts_on = today + 200 * DAY
    attestation = await attested.scheduled(starts_on)
    await attestation.tell(attested.rescheduled(today, starts_on + 20 * DAY))
    await attestation.tell(attested.told(today, starts_on + 20 * DAY))
    await attestation.tell(attested.rescheduled(today, starts_on + 50 * DAY, 2))
    starts_on += 50 * DAY
    await attestation.tell(attested.told(await world.today(), starts_on, changed=True))
    await world.until(today + 60 * DAY)
    today = await world.today()
    await attestation.tell(attested.materials(today, complete=False))
    await attestation.tell(attested.missing(today, today + 10 * DAY))
    await attestation.tell(attested.materials(today, 2))
    await world.until(starts_on - 5 * DAY)
    await attestation.tell(attested.commission(await world.today()))
    await world.until(starts_on)
    await attestation.tell(attested.began(starts_on))
    await attestation.tell(attested.began(starts_on + DAY))
    await world.until(starts_on + 4 * DAY)
    today = await world.today()
    for fact in (attested.ended(today), attested.concluded(today), attested.decided(today)):
        await attestation.tell(fact)
    return attestation


async def attestation_restored(world: World, name: str) -> Running:
    """Not attested: half a year without licence, to the check that finds the defects gone."""
    attested, attestation = await _not_attested(world, months=6)
    today = await world.today()
    await attestation.tell(attested.rechecked(today, "removed"))
    await attestation.tell(attested.restored(today))
    return attestation


async def attestation_referred(world: World, name: str) -> Running:
    """One specialty is not attested, and what lacked is not removed in two months nor in six."""
    attested, attestation = await _not_attested(world, months=2, whole="attest")
    await attestation.tell(attested.rechecked(await world.today(), "not_removed"))
    await world.until(await world.today() + 130 * DAY)
    await attestation.tell(attested.referred(await world.today()))
    return attestation


async def attestation_cancelled(world: World, name: str) -> Running:
    """Taken out of the schedule when its materials and its commission are waited for."""
    attested, today = Attested(world), await world.today()
    attestation = await attested.scheduled(today + 200 * DAY)
    await attestation.tell(attested.told(today, today + 200 * DAY))
    await attestation.tell(attested.cancelled(today))
    return attestation


async def _not_attested(world: World, *, months: int, whole: str = "not_attest") -> tuple[Attested, Running]:
    attested, starts_on = Attested(world), await world.today() + 100 * DAY
    attestation = await attested.scheduled(starts_on)
    await attested.to_the_conclusion(attestation, starts_on, whole)
    await attestation.tell(attested.decided(starts_on, whole, whole, "not_attest"))
    until = add_months(starts_on, months)
    await attestation.tell(attested.suspended(starts_on, until))
    await world.until(until + DAY)
    return attested, attestation


ATTESTATIONS = (attestation_attested, attestation_restored, attestation_referred, attestation_cancelled)
