"""The conductor between a real JetStream stream and a real Temporal server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from nats.aio.client import Client as Nats
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from chassis.events import Catalogue
from chassis.messaging import connect_nats
from chassis.temporal import connect_temporal, described
from cli.supervisor import Stack
from services.intake import contract as intake
from services.review import contract as review
from tests.waiting import eventually
from tests.workflows import cases
from tests.workflows.cases import Running, World
from tests.workflows.wire import Wire
from workflows.conductor import Conductor, tell_calendar
from workflows.facts import FIELDS
from workflows.messages import Look, calendar_id

TODAY = date(2026, 3, 2)


@asynccontextmanager
async def conducting(conductor: Conductor) -> AsyncIterator[None]:
    """It reads while the block lasts."""
    stop = asyncio.Event()
    reading = asyncio.create_task(conductor.run(stop))
    try:
        yield
    finally:
        stop.set()
        await reading


@pytest.fixture
def conductor(nats: Nats, world: World, wire: Wire) -> Conductor:
    return Conductor(nats, world.client, catalogues=wire.catalogues)


@pytest.fixture
def case_id() -> str:
    return f"case-{uuid4()}"


async def _begun(world: World, workflow_id: str) -> Running:
    """The lifecycle that the conductor starts."""

    async def there() -> bool:
        try:
            await described(world.client, workflow_id)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return True

    await eventually(there, f"{workflow_id} has begun")
    running = Running(world, workflow_id)
    world.running.append(running)
    world.time.follow(workflow_id)
    await world.time.settle()
    return running


async def test_a_registered_application_begins_its_lifecycle_and_facts_reach_it(
    world: World, wire: Wire, conductor: Conductor, case_id: str
) -> None:
    async with conducting(conductor):
        await wire.publish(cases.registration(case_id, TODAY))
        await wire.publish(cases.contract(case_id, TODAY))
        case = await _begun(world, case_id)
        await wire.read()
        await world.time.settle()
    assert await case.stage() == "self_assessment"


async def test_an_event_that_is_delivered_twice_begins_one_lifecycle(world: World, wire: Wire, conductor: Conductor, case_id: str) -> None:
    async with conducting(conductor):
        registered = cases.registration(case_id, TODAY)
        first = await wire.publish(registered)
        case = await _begun(world, case_id)
        run_id = await case.run_id()
        await wire.publish(registered, event_id=first)
        signalled = await wire.publish(cases.visit_announced(case_id, TODAY))
        await wire.publish(cases.visit_announced(case_id, TODAY), event_id=signalled)
        await wire.read()
        await world.time.settle()
    assert await case.run_id() == run_id
    assert len(await case.runs()) == 1


async def test_a_lifecycle_that_is_over_is_not_begun_again_and_takes_no_more_facts(
    world: World, wire: Wire, conductor: Conductor, case_id: str
) -> None:
    async with conducting(conductor):
        registered = cases.registration(case_id, TODAY)
        first = await wire.publish(registered)
        case = await _begun(world, case_id)
        await case.handle.terminate("over")
        await wire.publish(registered, event_id=first)
        await wire.publish(cases.contract(case_id, TODAY))
        await wire.read()
    assert await case.status() is WorkflowExecutionStatus.TERMINATED


async def test_a_fact_that_comes_before_its_lifecycle_is_kept_until_it_has_begun(
    world: World, wire: Wire, conductor: Conductor, case_id: str
) -> None:
    async with conducting(conductor):
        await wire.publish(cases.contract(case_id, TODAY))

        async def tried_again() -> bool:
            return (await wire.unread())[2] > 0

        await eventually(tried_again, "the fact has been delivered a second time")
        await wire.publish(cases.registration(case_id, TODAY))
        case = await _begun(world, case_id)
        await wire.read()
        await world.time.settle()
    assert await case.stage() == "self_assessment"


async def test_a_fact_whose_lifecycle_never_begins_is_given_up_in_the_end(nats: Nats, world: World, wire: Wire, case_id: str) -> None:
    async with conducting(Conductor(nats, world.client, catalogues=wire.catalogues, looks=3)):
        await wire.publish(cases.contract(case_id, TODAY))
        await wire.read()
    with pytest.raises(RPCError):
        await described(world.client, case_id)


async def test_events_that_nobody_knows_are_passed_over(
    world: World, wire: Wire, conductor: Conductor, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FIELDS, "HeardButNeverPublished", ("certificate_id",))
    async with conducting(conductor):
        await wire.publish_raw("SomethingOfTomorrow", {"case_id": case_id})
        await wire.publish_raw("HeardButNeverPublished", {"certificate_id": "certificate-1"})
        await wire.publish(cases.registration(case_id, TODAY))
        await _begun(world, case_id)
        await wire.read()


async def test_an_event_of_a_newer_shape_waits_and_holds_nothing_up(world: World, wire: Wire, conductor: Conductor, case_id: str) -> None:
    async with conducting(conductor):
        await wire.publish_raw("ContractConcluded", {"case_id": case_id, "a_field_of_tomorrow": 1})
        await wire.publish(cases.registration(case_id, TODAY))
        await wire.publish(cases.contract(case_id, TODAY))
        case = await _begun(world, case_id)

        async def only_that_one() -> bool:
            return (await wire.unread())[:2] == (0, 1)

        await eventually(only_that_one, "all but the unreadable event are read")
        await world.time.settle()
    assert await case.stage() == "self_assessment"


async def test_a_renewal_reaches_the_certificate_and_begins_a_case(world: World, wire: Wire, conductor: Conductor, case_id: str) -> None:
    today = await world.today()
    certificate = await world.certificate(today.replace(day=1, year=today.year + 2))
    async with conducting(conductor):
        await wire.publish(cases.registration(case_id, today, renews=certificate.id))
        await _begun(world, case_id)
        await wire.read()
        await world.time.settle()
    assert [fact.type_name() for fact in certificate.deadline_facts("renewal_application")] == ["DeadlineSet", "DeadlineMet"]


async def test_two_conductors_share_the_work_and_tell_everything_once(nats: Nats, world: World, wire: Wire) -> None:
    ids = [f"case-{uuid4()}" for _ in range(30)]
    two = [Conductor(nats, world.client, catalogues=wire.catalogues) for _ in range(2)]
    async with conducting(two[0]), conducting(two[1]):
        for case_id in ids:
            await wire.publish(cases.registration(case_id, TODAY), stream=case_id)
            await wire.publish(cases.contract(case_id, TODAY), stream=case_id)
        begun = [await _begun(world, case_id) for case_id in ids]
        await wire.read()
        await world.time.settle()
    for case in begun:
        assert case.requests(review.OPEN_SELF_ASSESSMENT) == [review.OPEN_SELF_ASSESSMENT]


async def test_a_conductor_that_stops_is_followed_by_one_that_goes_on_where_it_stood(
    nats: Nats, world: World, wire: Wire, case_id: str
) -> None:
    async with conducting(Conductor(nats, world.client, catalogues=wire.catalogues)):
        await wire.publish(cases.registration(case_id, TODAY))
        case = await _begun(world, case_id)
        await wire.read()
    await wire.publish(cases.contract(case_id, TODAY))
    async with conducting(Conductor(nats, world.client, catalogues=wire.catalogues)):
        await wire.read()
        await world.time.settle()
    assert await case.stage() == "self_assessment"


async def _looks(world: World, calendar: Running) -> list[Look]:
    """The signals that an agency's calendar was sent."""
    return [
        Look.model_validate_json(event.workflow_execution_signaled_event_attributes.input.payloads[0].data)
        for run in await calendar.runs()
        for event in run.events
        if event.HasField("workflow_execution_signaled_event_attributes")
    ]


async def test_many_events_of_certificates_are_one_word_to_the_agencys_calendar(world: World, wire: Wire, conductor: Conductor) -> None:
    for n in range(1, 201):
        await wire.publish_raw("FollowUpOpened", {}, stream=f"follow-up-{n}", position=f"{90 + n // 10}.{n}")
    async with conducting(conductor):
        calendar = await _begun(world, calendar_id(world.agency))
        await wire.read()
        await world.time.settle()
    looks = await _looks(world, calendar)
    assert len(looks) <= 3
    assert looks[-1].seen == {wire.service: "110.200"}


async def test_a_certificate_begins_its_lifecycle_and_is_a_word_to_the_calendar_too(world: World, wire: Wire, conductor: Conductor) -> None:
    id_, today = f"certificate-{uuid4()}", await world.today()
    async with conducting(conductor):
        await wire.publish(cases.reissue(id_, today, today.replace(day=1, year=today.year + 2)))
        certificate = await _begun(world, id_)
        calendar = await _begun(world, calendar_id(world.agency))
        await wire.read()
    assert await certificate.stage()
    assert len(await _looks(world, calendar)) == 1


async def test_a_certificate_is_not_done_with_before_the_calendar_has_heard_of_it(
    world: World, wire: Wire, conductor: Conductor, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_, today, lost = f"certificate-{uuid4()}", await world.today(), []

    async def lost_once(*look: Any) -> None:
        if not lost:
            lost.append(look)
            raise ConnectionError("the connection to Temporal broke")
        await tell_calendar(*look)

    monkeypatch.setattr("workflows.conductor.tell_calendar", lost_once)
    async with conducting(conductor):
        await wire.publish(cases.reissue(id_, today, today.replace(day=1, year=today.year + 2)))
        await _begun(world, id_)
        await _begun(world, calendar_id(world.agency))
        await wire.read()
    assert lost


async def test_what_a_lifecycle_is_not_told_yet_stays_unacknowledged_whatever_the_calendar_knows(
    world: World, wire: Wire, conductor: Conductor, case_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    id_, today = f"certificate-{uuid4()}", await world.today()
    async with conducting(conductor):
        await wire.publish(cases.issue(id_, case_id, today, today.replace(day=1, year=today.year + 2)))
        await _begun(world, id_)  # what is begun ends with the test
        await _begun(world, calendar_id(world.agency))

        async def tried_again() -> bool:
            return (await wire.unread())[2] > 0

        await eventually(tried_again, "the case's lifecycle is looked for again")
        await wire.publish(cases.registration(case_id, today))
        await _begun(world, case_id)
        await wire.read()
    assert "will come again" not in caplog.text


async def test_a_fact_of_the_same_name_from_another_service_is_passed_over(nats: Nats, world: World, agency: str, case_id: str) -> None:
    wire, adopted = Wire(nats, agency), intake.RulebookAdopted(rulebook=cases.RULES.ref, reason="our own", adopted_on=TODAY)
    wire.catalogue = Catalogue(wire.service, {"any": [intake.RulebookAdopted, intake.ApplicationRegistered]})
    wire.catalogues = {wire.service: wire.catalogue}
    await wire.open()
    try:
        async with conducting(Conductor(nats, world.client, catalogues=wire.catalogues)):
            await wire.publish(adopted)
            await wire.publish(cases.registration(case_id, TODAY))
            await _begun(world, case_id)
            await wire.read()
    finally:
        await wire.close()


@pytest.mark.slow
async def test_a_calendar_hears_of_what_came_while_temporal_was_down(cluster: Stack, agency: str) -> None:
    nats = await connect_nats(cluster.settings(), "tests")
    temporal = await connect_temporal(cluster.settings())
    wire = Wire(nats, agency)
    await wire.open()
    try:
        async with conducting(Conductor(nats, temporal, catalogues=wire.catalogues)):
            await cluster.kill("temporal")
            await wire.publish_raw("FollowUpOpened", {}, position="7.1")

            async def refused() -> bool:
                if "temporal" in cluster.pids:
                    await cluster.kill("temporal")
                return (await wire.unread())[2] > 0

            await eventually(refused, "a delivery came to nothing and came again", seconds=60)
            await cluster.wait_ready("temporal")
            await wire.read()
        handle: WorkflowHandle[Any, Any] = temporal.get_workflow_handle(calendar_id(agency))
        assert "7.1" in str((await handle.fetch_history()).events)
        await handle.terminate("the test is over")
    finally:
        await wire.close()
        await nats.close()


@pytest.mark.slow
async def test_events_that_come_while_temporal_is_down_are_told_when_it_is_back(cluster: Stack, agency: str, case_id: str) -> None:
    nats = await connect_nats(cluster.settings(), "tests")
    temporal = await connect_temporal(cluster.settings())
    wire = Wire(nats, agency)
    await wire.open()
    try:
        async with conducting(Conductor(nats, temporal, catalogues=wire.catalogues)):
            await cluster.kill("temporal")
            await wire.publish(cases.registration(case_id, TODAY))
            contract = await wire.publish(cases.contract(case_id, TODAY))

            async def refused() -> bool:
                if "temporal" in cluster.pids:
                    await cluster.kill("temporal")
                return (await wire.unread())[2] > 0

            await eventually(refused, "a delivery came to nothing and came again", seconds=60)
            await cluster.wait_ready("temporal")
            await wire.read()
        handle: WorkflowHandle[Any, Any] = temporal.get_workflow_handle(case_id)
        history = await handle.fetch_history()
        signals = [event for event in history.events if event.HasField("workflow_execution_signaled_event_attributes")]
        assert contract in str(signals[0].workflow_execution_signaled_event_attributes.input.payloads[0].data)
        await handle.terminate("the test is over")
    finally:
        await wire.close()
        await nats.close()


async def test_of_a_certificate_without_a_lifecycle_nothing_is_told_and_nothing_is_lost(
    world: World, wire: Wire, conductor: Conductor, caplog: pytest.LogCaptureFixture
) -> None:
    async with conducting(conductor):
        await wire.publish(cases.revoked(f"recorded-{uuid4()}", await world.today()))
        await _begun(world, calendar_id(world.agency))
        await wire.read()
        await world.time.settle()
    assert "has no lifecycle" not in caplog.text
