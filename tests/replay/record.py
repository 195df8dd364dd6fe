"""Records lifecycles from the time-skipping server: `python -m tests.replay.record [NAME ...]`, all of them where none is named.

A recorded history is what a running case looks like to the next version of its code. Histories are only ever added: one is
recorded again when the code that made it runs nowhere any more (docs/adr/0003-lifecycles-and-worker-versioning.md).
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from temporalio.client import Client
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.contrib.pydantic import pydantic_data_converter

from chassis.clock import TemporalTestClock
from chassis.problems import Refused
from cli.supervisor import Stack, StackOptions
from regulations.deadlines import add_months
from services.monitoring import contract as monitoring
from services.monitoring.contract import DeadlineSet
from tests.replay.attestations import ATTESTATIONS
from tests.replay.followups import FOLLOW_UPS
from tests.replay.internals import INTERNALS
from tests.replay.replaying import write
from tests.replay.webhooks import WEBHOOKS
from tests.workflows import cases, iqaa
from tests.workflows.cases import ALMATY, DAY, Running, World
from tests.workflows.recording import Services
from tests.workflows.story import to_decision, to_visit
from workflows.conductor import tell_calendar
from workflows.messages import Look, calendar_id
from workflows.worker import ensure_search_attributes, make_worker

#: A Monday on which every recording begins, so that legal dates are the same whenever it is made.
BEGINNING = date(2030, 2, 4)

Story = Callable[[World, str], Awaitable[Running]]


async def accredited(world: World, name: str) -> Running:
    """To the closed case, everything in time."""
    case = await world.case(name)
    await to_decision(case)
    await _certified(case)
    return case


async def refused(world: World, name: str) -> Running:
    """The council refuses; the institution gets its notice."""
    case = await world.case(name)
    await to_decision(case, "refuse")
    await case.tell(cases.published(name, await world.today()))
    await case.tell(cases.refusal_notice(name, await world.today()))
    return case


async def mixed(world: World, name: str) -> Running:
    """One programme is accredited, one refused."""
    case = await world.case(name, scopes=("programme:0", "programme:1"))
    await to_decision(case, "accredit", "refuse")
    await case.tell(cases.refusal_notice(name, await world.today()))
    await _certified(case)
    return case


async def late_report(world: World, name: str) -> Running:
    """The commission's report is missed and then met late; the case goes on to the council."""
    case = await world.case(name)
    await to_visit(case)
    await world.until(_due_on(case, "visit_report") + 6 * DAY)
    await case.tell(cases.visit_report(name, await world.today()))
    return case


async def deadline_extended(world: World, name: str) -> Running:
    """A person gives the commission ten days more, and it uses them."""
    case = await world.case(name)
    await to_visit(case)
    deadline = next(d for d in (await case.view()).deadlines if d.rule == "visit_report")
    new_end = _due_on(case, "visit_report") + 10 * DAY
    await case.tell(await world.services.extend(deadline.deadline_id, new_end))
    await world.until(new_end)
    await case.tell(cases.visit_report(name, await world.today()))
    return case


async def certificate_expired(world: World, name: str) -> Running:
    """From the issue to the end of the last day; nobody applies to extend it."""
    certificate = await world.certificate(add_months(await world.today(), 60), name)
    await world.until(add_months(BEGINNING, 60) + DAY)
    return certificate


async def certificate_renewed(world: World, name: str) -> Running:
    """The institution applies in the window; the old certificate runs to its end."""
    certificate = await world.certificate(add_months(await world.today(), 60), name)
    await world.until(add_months(BEGINNING, 45))
    await certificate.tell(cases.registration("case-renewal", await world.today(), renews=name))
    await world.until(add_months(BEGINNING, 60) + DAY)
    return certificate


async def certificate_ended(world: World, name: str) -> Running:
    """It ends before its term, with its deadline open."""
    certificate = await world.certificate(add_months(await world.today(), 60), name)
    await certificate.tell(cases.ended(name, await world.today()))
    return certificate


async def certificate_duplicated(world: World, name: str) -> Running:
    """It is lost twice: one duplicate comes in time, one late; before a third comes it ends, with its deadline open."""
    certificate = await world.certificate(add_months(await world.today(), 60), name)
    for number, days in ((1, 3), (2, 20)):
        await certificate.tell(cases.duplicate_requested(name, await world.today(), number))
        await world.until(await world.today() + days * DAY)
        await certificate.tell(cases.duplicate_issued(name, await world.today(), number))
    await certificate.tell(cases.duplicate_requested(name, await world.today(), 3))
    await certificate.tell(cases.ended(name, await world.today()))
    return certificate


async def certificate_reissued(world: World, name: str) -> Running:
    """The certificate of a successor, when nobody may apply to extend it any more."""
    certificate = await world.reissued(add_months(await world.today(), 6), name)
    await world.until(add_months(BEGINNING, 6) + DAY)
    return certificate


async def calendar(world: World, name: str) -> Running:
    """What is due at once in batches, later, and never done; a refusal; a word that comes in between."""
    found, now = Running(world, calendar_id(world.agency)), await world.time.now()
    council_, monitoring_ = (world.services.registers.of[service, world.agency] for service in ("council", "monitoring"))
    council_.due = {"certificate-1": now - DAY, "certificate-2": now - DAY, "certificate-3": now + 400 * DAY}
    council_.batch = 1
    monitoring_.due, monitoring_.refused = {"follow-up-1": now + 90 * DAY, "follow-up-2": now + 100 * DAY}, {"follow-up-2"}
    world.services.fail(found.id, monitoring.RUN_DUE, Refused("the rulebook has changed", clause="1"))
    await tell_calendar(world.client, world.agency, Look(seen={"council": "90.7"}))
    world.running.append(found)
    world.time.follow(found.id)
    await world.time.advance_to(now + 100 * DAY + timedelta(minutes=10))
    monitoring_.refused.clear()
    await tell_calendar(world.client, world.agency, Look(seen={"council": "100.2"}))
    await world.time.advance_to(now + 401 * DAY)
    return found


async def calendar_evidence(world: World, name: str) -> Running:
    """The first evidence of an agency whose calendar has run for long: intake is asked from then on."""
    found, now = Running(world, calendar_id(world.agency)), await world.time.now()
    await tell_calendar(world.client, world.agency, Look(seen={"council": "90.7"}))
    world.running.append(found)
    world.time.follow(found.id)
    await world.time.advance_to(now + 10 * DAY)
    world.services.registers.of["intake", world.agency].due = {"diploma": now + 50 * DAY}
    await tell_calendar(world.client, world.agency, Look(seen={"intake": "5.5"}))
    await world.time.advance_to(now + 51 * DAY)
    return found


async def iqaa_accredited(world: World, name: str) -> Running:
    """By IQAA's procedure to the closed case: with the contract's own last days, one of them missed, and a visit that is moved."""
    case = await iqaa.begin(world, name)
    today = await world.today()
    due_dates = {"coordinator": today + 5 * DAY, "seminars": today + 3 * DAY, "complaint": today + 300 * DAY}
    await case.tell(iqaa.contract(name, today, due_dates=due_dates))
    await case.tell(iqaa.coordinator(name, today))
    await world.until(today + 5 * DAY)
    for _, _, fact in iqaa.WAY[2:]:
        await case.tell(fact(name, await world.today()))
        if fact is iqaa.announced:
            await case.tell(iqaa.announced(name, await world.today(), in_days=60))
    return case


async def iqaa_suspended(world: World, name: str) -> Running:
    """Twice suspended, with the clock and without it, when every service has a part of the case."""
    case = await iqaa.begin(world, name)
    today = await world.today()
    await case.tell(iqaa.contract(name, today, due_dates={"decision": today + 30 * DAY}))
    for _, _, fact in iqaa.WAY[1:23]:
        await case.tell(fact(name, today))
    for stops_clock in (True, False):
        since = await world.today()
        await case.tell(iqaa.suspended(name, since, stops_clock=stops_clock))
        await world.until(since + 10 * DAY)
        await case.tell(iqaa.resumed(name, since, await world.today(), stopped_clock=stops_clock))
    for _, _, fact in iqaa.WAY[23:]:
        await case.tell(fact(name, await world.today()))
    return case


async def iqaa_withdrawn(world: World, name: str) -> Running:
    """Before the council decides, with a deadline open and the case suspended."""
    case = await iqaa.begin(world, name)
    today = await world.today()
    await case.tell(iqaa.contract(name, today, due_dates={"decision": today + 30 * DAY}))
    for _, _, fact in iqaa.WAY[1:23]:
        await case.tell(fact(name, today))
    await case.tell(iqaa.suspended(name, today))
    await case.tell(iqaa.withdrawn(name, today))
    return case


async def appeal(world: World, name: str) -> Running:
    """The decision of a closed case is sent back: the lifecycle of the appeal begins that of the case anew."""
    case, today = await _closed(world, f"case-{name}"), await world.today()
    appeal = await world.begin(iqaa.appeal(case.id, today))
    await world.publish(iqaa.appeal_decided(case.id, today, "remitted", new_visit=True))
    return appeal


async def reopened(world: World, name: str) -> Running:
    """A closed case that is visited and decided anew, and closed again."""
    case, today = await _closed(world, name), await world.today()
    await world.publish(iqaa.appeal(name, today))
    await world.publish(iqaa.appeal_decided(name, today, "remitted", new_visit=True))
    for _, _, fact in iqaa.WAY[11:25]:
        await case.tell(fact(name, today))
    for after in iqaa.AFTER:
        await case.tell(after(name, today))
    return case


async def remitted(world: World, name: str) -> Running:
    """A refusal of order 109 that is sent back while its notice is due, and turned; a second appeal changes nothing."""
    case = await world.case(name)
    await to_decision(case, "refuse")
    today = await world.today()
    world.services.knows(name, cases.RULES)
    await world.publish(iqaa.appeal(name, today, ["programme:0"]))
    await world.publish(iqaa.appeal_decided(name, today, "remitted", ["programme:0"]))
    await case.tell(cases.decision(name, today))
    await world.publish(iqaa.appeal(name, today, ["programme:0"], number=2))
    await world.publish(iqaa.appeal_decided(name, today, "upheld", ["programme:0"], number=2))
    await _certified(case)
    return case


async def overturned(world: World, name: str) -> Running:
    """One of two decisions is overturned while it is followed."""
    case = await world.case(name, scopes=("programme:0", "programme:1"))
    await to_decision(case, "accredit", "refuse")
    today = await world.today()
    await world.publish(iqaa.appeal(name, today, ["programme:0"]))
    await world.publish(iqaa.appeal_decided(name, today, "overturned", ["programme:0"]))
    await case.tell(cases.published(name, today))
    await case.tell(cases.refusal_notice(name, today))
    return case


async def discontinued(world: World, name: str) -> Running:
    """In what follows the decision, with an appeal pending."""
    case = await world.case(name)
    await to_decision(case)
    today = await world.today()
    await world.publish(iqaa.appeal(name, today, ["programme:0"]))
    await case.tell(iqaa.discontinued(name, today))
    return case


async def _closed(world: World, case_id: str) -> Running:
    case = await iqaa.begin(world, case_id)
    today = await world.today()
    for _, _, fact in iqaa.WAY:
        await case.tell(fact(case_id, today))
    world.services.knows(case_id, iqaa.RULES)
    return case


STORIES: dict[str, Story] = {
    story.__name__.replace("_", "-"): story
    for story in (
        accredited,
        refused,
        mixed,
        late_report,
        deadline_extended,
        certificate_expired,
        certificate_renewed,
        certificate_ended,
        certificate_duplicated,
        certificate_reissued,
        *FOLLOW_UPS,
        *ATTESTATIONS,
        *INTERNALS,
        *WEBHOOKS,
        calendar,
        calendar_evidence,
        iqaa_accredited,
        iqaa_suspended,
        iqaa_withdrawn,
        appeal,
        reopened,
        remitted,
        overturned,
        discontinued,
    )
}


async def record(names: list[str]) -> None:
    """Each story on a server of its own, since time there only goes forward."""
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            options = StackOptions(state_dir=Path(folder), time_skipping=True, services=[], ports="free")
            async with Stack(options) as stack:
                client = await _connected(stack.urls["temporal"])
                services = Services(client, TemporalTestClock(client))
                world = World(client, services, "agency")
                begins = datetime(BEGINNING.year, BEGINNING.month, BEGINNING.day, 10, tzinfo=ALMATY)
                await world.time.skip(begins.astimezone(UTC) - await world.time.now())
                async with services.working(), make_worker(client, versioned=False):
                    lifecycle = await STORIES[name](world, name)
                    write(name, await lifecycle.runs())
                    await world.close()
        print(name)


async def _connected(address: str) -> Client:
    """A client that leaves no name of a machine in a history."""
    client = await Client.connect(address, identity="recorder", data_converter=pydantic_data_converter, interceptors=[TracingInterceptor()])
    await ensure_search_attributes(client)
    return client


async def _certified(case: Running) -> None:
    today = await case.world.today()
    certificate_id = f"certificate-of-{case.id}"
    for fact in (
        cases.published(case.id, today),
        cases.issue(certificate_id, case.id, today, add_months(today, 60)),
        cases.registered(certificate_id, case.id, today),
        cases.notified(certificate_id, case.id, today),
    ):
        await case.tell(fact)


def _due_on(case: Running, rule: str) -> date:
    [deadline, *_] = case.deadline_facts(rule)
    assert isinstance(deadline, DeadlineSet)
    return deadline.due_on


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1:] or list(STORIES)))
