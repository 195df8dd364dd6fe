"""What is recorded of follow-ups, and of certificates that they lead to something else with."""

from regulations.deadlines import add_months
from tests.workflows import cases
from tests.workflows.cases import DAY, Running, World
from tests.workflows.followups import AAKR, SAPATTUU, Followed


async def certificate_restored(world: World, name: str) -> Running:
    """Suspended and restored, extended by another, and run to the end that moved."""
    until = add_months(await world.today(), 20)
    certificate = await world.certificate(until, name)
    await certificate.tell(cases.restored(name, await world.today(), until + 40 * DAY, until))
    await certificate.tell(cases.extended(name, await world.today()))
    await world.until(until + 41 * DAY)
    return certificate


async def certificate_revoked(world: World, name: str) -> Running:
    """The council cancels it, with its deadline open."""
    certificate = await world.certificate(add_months(await world.today(), 60), name)
    await certificate.tell(cases.revoked(name, await world.today()))
    return certificate


async def plan_revised(world: World, name: str) -> Running:
    """Two rounds of review, with a person's day that is missed and alerted."""
    followed = Followed(world, AAKR, "full_with_recommendations", name)
    plan, today = await followed.plan(), await world.today()
    await plan.tell(followed.plan_submitted(today))
    await plan.tell(followed.changes_requested(today, due_on=today + 10 * DAY))
    await world.until(today + 12 * DAY)
    await plan.tell(followed.plan_submitted(await world.today(), 2))
    await plan.tell(followed.plan_reviewed(await world.today(), 2))
    return plan


async def plan_in_its_month(world: World, name: str) -> Running:
    """Its month runs from the order and the conclusion, which are put right."""
    followed = Followed(world, SAPATTUU, "conditional_3y", name)
    plan, today = await followed.plan(), await world.today()
    await plan.tell(followed.documents_received(today))
    await plan.tell(followed.documents_received(today + 3 * DAY))
    await world.until(today + 20 * DAY)
    await plan.tell(followed.plan_submitted(await world.today()))
    return plan


async def cycle_accepted(world: World, name: str) -> Running:
    """A year of AAKR: the expected date moves, the report is rejected once, there is a visit, its report is late, the result positive."""
    followed, today = Followed(world, AAKR, "full_with_recommendations", name), await world.today()
    cycle = await followed.cycle(valid_until=today + 1000 * DAY, expected_on=today + 100 * DAY)
    await cycle.tell(followed.expected(today, today + 130 * DAY))
    await cycle.tell(followed.report(today))
    await cycle.tell(followed.rejected(today, today + 20 * DAY))
    await world.until(today + 15 * DAY)
    today = await world.today()
    before = (followed.report(today, 2), followed.studied(today, 2), followed.visit_decided(today, holds=True))
    for fact in (*before, followed.told(today), followed.group(today), followed.dates(today), followed.held(today)):
        await cycle.tell(fact)
    await world.until(today + 20 * DAY)
    today = await world.today()
    for fact in (followed.visit_report(today), followed.assessed(today, positive=True), followed.acceptance(today)):
        await cycle.tell(fact)
    return cycle


async def cycle_not_positive(world: World, name: str) -> Running:
    """Without a visit; the director rules what follows."""
    followed, today = Followed(world, AAKR, "conditional", name), await world.today()
    cycle = await followed.cycle(valid_until=today + 1000 * DAY, expected_on=today + 100 * DAY)
    await cycle.tell(followed.report(today))
    for fact in (followed.studied(today), followed.visit_decided(today, holds=False), followed.told(today)):
        await cycle.tell(fact)
    await cycle.tell(followed.assessed(today, positive=False))
    await cycle.tell(followed.ruled(today))
    return cycle


async def cycle_extended(world: World, name: str) -> Running:
    """Sapattuu Bilim: analysis, visit and act, and the council's extension."""
    followed, today = Followed(world, SAPATTUU, "conditional_3y", name), await world.today()
    cycle = await followed.cycle(valid_until=today + 150 * DAY)
    before = (followed.report(today), followed.studied(today), followed.analysed(today), followed.visit_decided(today, holds=True))
    visit = (followed.group(today), followed.told(today), followed.dates(today), followed.held(today), followed.visit_report(today))
    for fact in (*before, *visit, followed.file(today)):
        await cycle.tell(fact)
    await cycle.tell(followed.adopted(today, {"word": "extend_accreditation", "term": "extension_2y"}))
    await cycle.tell(followed.delivered(today))
    await cycle.tell(followed.extended(today))
    return cycle


async def cycle_withdrawn(world: World, name: str) -> Running:
    """No report on either day: suspended, not corrected in its term, withdrawn."""
    followed, today = Followed(world, SAPATTUU, "conditional_3y", name), await world.today()
    cycle = await followed.cycle(valid_until=today + 150 * DAY)
    await cycle.tell(followed.expected(today, today + 140 * DAY))
    await world.until(today + 90 * DAY)
    today = await world.today()
    await cycle.tell(followed.referred(today, "report_not_submitted"))
    suspension = {"word": "suspend_accreditation", "until": today + 30 * DAY}
    await cycle.tell(followed.adopted(today, suspension, ground="report_not_submitted"))
    await world.until(today + 31 * DAY)
    today = await world.today()
    await cycle.tell(followed.delivered(today))
    await cycle.tell(followed.term_ended(today))
    await cycle.tell(followed.adopted(today, {"word": "withdraw_accreditation"}, number=2, ground="repeated_failure"))
    await cycle.tell(followed.delivered(today, 2))
    await cycle.tell(followed.register_told(today))
    return cycle


async def cycle_ended(world: World, name: str) -> Running:
    """Suspended and restored, and then over with its certificate."""
    followed, today = Followed(world, SAPATTUU, "conditional_3y", name), await world.today()
    cycle = await followed.cycle(valid_until=today + 150 * DAY)
    await cycle.tell(followed.referred(today, "report_not_submitted"))
    await cycle.tell(followed.adopted(today, {"word": "suspend_accreditation", "until": today + 30 * DAY}))
    await cycle.tell(followed.delivered(today))
    await cycle.tell(followed.restored(today, today + 180 * DAY))
    await cycle.tell(followed.report(today))
    await cycle.tell(followed.ended(today, "ended"))
    return cycle


async def cycle_adopted(world: World, name: str) -> Running:
    """The director adopts another rulebook while the report is studied: the stages from there on are those of that one."""
    followed, today = Followed(world, AAKR, "conditional", name), await world.today()
    cycle = await followed.cycle(valid_until=today + 1000 * DAY, expected_on=today + 100 * DAY)
    await cycle.tell(followed.report(today))
    world.services.follows(followed.followup_id, SAPATTUU, "conditional_3y")
    await cycle.tell(followed.adoption(today, SAPATTUU.ref))
    for fact in (followed.studied(today), followed.analysed(today), followed.visit_decided(today, holds=False), followed.file(today)):
        await cycle.tell(fact)
    await cycle.tell(followed.adopted(today))
    return cycle


FOLLOW_UPS = (
    certificate_restored,
    certificate_revoked,
    plan_revised,
    plan_in_its_month,
    cycle_accepted,
    cycle_not_positive,
    cycle_extended,
    cycle_withdrawn,
    cycle_ended,
    cycle_adopted,
)
