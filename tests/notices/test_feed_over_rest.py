"""The feeds: what arrives, in its order, once by once, to whoever comes back and whoever stays."""

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
import pytest

from chassis.migrations import admin_connection
from chassis.rebuild import Rebuild
from chassis.service import key_ring
from services.notices.app import SERVICE
from services.notices.readmodels_timeline import timeline
from tests.notices.house import COORDINATOR, OFFICER, House
from tests.notices.published import envelope, publish
from tests.waiting import eventually


@pytest.fixture
def house(heard: House) -> House:
    return heard


async def everything(house: House, query: str = "", limit: int = 3) -> list[dict]:
    """What the feed has, from its beginning to its end."""
    found: list[dict] = []
    after = ""
    while True:
        page = (await house.read(f"/v1/events?limit={limit}{query}{after}", COORDINATOR)).json()
        found += page["items"]
        after = f"&after={page['next']}"
        if not page["items"] and not page["more"]:
            return found


async def end(house: House) -> str:
    """The position of the end."""
    return str((await house.read("/v1/events?after=end", COORDINATOR)).json()["next"])


@asynccontextmanager
async def following(house: House, path: str, role: str = COORDINATOR, **more: str) -> AsyncIterator[asyncio.Queue[dict]]:
    """A stream that is read all the while; it stands when this begins."""
    came: asyncio.Queue[dict] = asyncio.Queue()
    stands = asyncio.Event()

    async def read() -> None:
        headers = house.headers(role) | more
        async with house.http.stream("GET", house.stack.urls["notices"] + path, headers=headers) as answer:
            fields: dict[str, str] = {}
            async for line in answer.aiter_lines():
                stands.set()
                name, _, value = line.partition(": ")
                if not line and "data" in fields:
                    came.put_nowait({"id": fields["id"], **json.loads(fields["data"])})
                fields = {**fields, name: value} if line else {}

    reading = asyncio.create_task(read())
    try:
        await asyncio.wait_for(stands.wait(), 10)
        yield came
    finally:
        reading.cancel()


async def test_the_feed_has_every_event_of_the_timeline_once_and_each_stream_in_its_order(house: House) -> None:
    case_id = await house.files()
    sent = [envelope(house.agency, "review", "ReportOutlineSet", f"report-{case_id}", number, case_id=case_id) for number in range(1, 6)]
    await publish(house.stack, *sent)

    async def all_there() -> list[dict] | None:
        found = await everything(house)
        return found if {each.id for each in sent} <= {each["event_id"] for each in found} else None

    found = await eventually(all_there, "the feed has what was published")
    assert found is not None
    ids = [each["event_id"] for each in found]
    assert len(ids) == len(set(ids))
    assert set(ids) == {each["event_id"] for each in await house.items("/v1/timeline?limit=200", COORDINATOR)}
    assert [each["version"] for each in found if each["service"] == "review"] == [1, 2, 3, 4, 5]
    assert {each["name"] for each in found if each["case_id"] == case_id} >= {"ApplicationFiled", "ReportOutlineSet"}
    of_case = await everything(house, f"&case_id={case_id}&type=kepil.review")
    assert [each["event_id"] for each in of_case] == [each.id for each in sent]


async def test_whoever_waits_is_told_as_soon_as_something_comes(house: House) -> None:
    after = await end(house)
    asked = asyncio.create_task(house.read(f"/v1/events?after={after}&wait=20&type=kepil.intake.application", COORDINATOR))
    await asyncio.sleep(0)
    began = time.monotonic()
    case_id = await house.files()
    page = (await asked).json()
    assert [(each["name"], each["case_id"]) for each in page["items"]] == [("ApplicationFiled", case_id)]
    assert time.monotonic() - began < 4.5, "it was told, and did not look by itself"


async def test_whoever_waits_in_vain_is_told_where_to_go_on(house: House) -> None:
    after = await end(house)
    page = (await house.read(f"/v1/events?after={after}&wait=1&type=kepil.intake.application", COORDINATOR)).json()
    assert page["items"] == []
    assert page["more"] is False
    case_id = await house.files()
    later = (await house.read(f"/v1/events?after={page['next']}&wait=20&type=kepil.intake.application", COORDINATOR)).json()
    assert [each["case_id"] for each in later["items"]] == [case_id]


async def test_a_stream_tells_what_comes_and_goes_on_where_it_was_left(house: House) -> None:
    earlier = await house.files()

    async def known() -> bool:
        return (await house.read(f"/v1/cases/{earlier}/timeline", COORDINATOR)).status_code == 200

    await eventually(known, "the first case has arrived")
    async with following(house, "/v1/events/stream?type=kepil.intake.application") as came:
        first = await house.files()
        told = await asyncio.wait_for(came.get(), 10)
        assert (told["name"], told["case_id"], told["position"]) == ("ApplicationFiled", first, told["id"])
        assert came.empty(), "nothing of before is told"
    second, third = await house.files(), await house.files()
    async with following(house, "/v1/events/stream?type=kepil.intake.application", **{"last-event-id": told["id"]}) as came:
        assert [(await asyncio.wait_for(came.get(), 10))["case_id"] for _ in range(2)] == [second, third]
    async with following(house, f"/v1/events/stream?case_id={third}&after={told['id']}") as came:
        assert (await asyncio.wait_for(came.get(), 10))["case_id"] == third
        await house.attaches(second)
        await house.attaches(third)
        later = await asyncio.wait_for(came.get(), 10)
        assert (later["name"], later["case_id"]) == ("DocumentAttached", third)


async def test_an_institution_follows_what_it_is_told_of_alone(house: House) -> None:
    async with following(house, "/v1/events/stream", OFFICER) as came:
        await house.files("other")
        mine = await house.files()
        draft = envelope(house.agency, "council", "ConclusionDrafted", f"consideration-{mine}", 2, case_id=mine)
        await publish(house.stack, draft)
        await house.attaches(mine)
        told = [await asyncio.wait_for(came.get(), 15) for _ in range(2)]
        assert {(each["name"], each["case_id"]) for each in told} == {("ApplicationFiled", mine), ("DocumentAttached", mine)}
        assert {each["actor"] for each in told} == {None}
        assert came.empty()


async def test_an_event_of_a_case_not_known_yet_comes_to_its_institution_when_it_is(house: House) -> None:
    """Intake may be read later than another."""
    case_id = uuid4().hex
    async with following(house, "/v1/events/stream", OFFICER) as came:
        await publish(house.stack, envelope(house.agency, "review", "ReportOutlineSet", f"report-{case_id}", 2, case_id=case_id))

        async def arrived() -> list[dict]:
            return await house.items(f"/v1/timeline?case_id={case_id}", COORDINATOR)

        await eventually(arrived, "it has arrived")
        assert came.empty()
        admin = await admin_connection(house.stack.settings(), "notices")
        try:
            await admin.execute(
                "INSERT INTO streams (agency, source, stream, case_id, institution_id) VALUES ($1, 'intake', $2, $3, 'kaznu')",
                house.agency,
                f"application-{case_id}",
                case_id,
            )
        finally:
            await admin.close()
        told = await asyncio.wait_for(came.get(), 15)
        assert (told["name"], told["case_id"]) == ("ReportOutlineSet", case_id)


async def test_nothing_is_skipped_that_is_committed_late(house: House) -> None:
    after = await end(house)
    late = envelope(house.agency, "review", "ReportOutlineSet", f"report-{uuid4().hex}", case_id=uuid4().hex)
    admin = await admin_connection(house.stack.settings(), "notices")
    try:
        transaction = admin.transaction()
        await transaction.start()
        await admin.execute(
            "INSERT INTO inbox (source, agency, event_id, type, envelope) VALUES ('review', $1, $2::text::uuid, $3, $4)",
            house.agency,
            late.id,
            late.type_name,
            late.model_dump(mode="json"),
        )
        await admin.execute(
            "INSERT INTO timeline (agency, event_id, source, stream, nth, type, occurred_at, recorded_at, case_id)"
            " VALUES ($1, $2::text::uuid, 'review', $3, 1, $4, $5, $5, $6)",
            house.agency,
            late.id,
            late.subject,
            late.type,
            late.time,
            late.data["case_id"],
        )
        case_id = uuid4().hex
        await publish(house.stack, envelope(house.agency, "council", "ConclusionDrafted", f"consideration-{case_id}", case_id=case_id))

        async def arrived() -> list[dict]:
            return await house.items(f"/v1/timeline?case_id={case_id}", COORDINATOR)

        await eventually(arrived, "what came later is in the timeline")
        page = (await house.read(f"/v1/events?after={after}&wait=1", COORDINATOR)).json()
        assert page["items"] == [], "what came later waits for what may be before it"
        await transaction.commit()
    finally:
        await admin.close()
    page = (await house.read(f"/v1/events?after={page['next']}&wait=20", COORDINATOR)).json()
    assert [each["name"] for each in page["items"]] == ["ReportOutlineSet", "ConclusionDrafted"]


async def test_a_stream_goes_on_over_a_rebuild(house: House) -> None:
    using = house.stack.settings()
    async with following(house, "/v1/events/stream?type=kepil.intake.application") as came:
        first = await house.files()
        assert (await asyncio.wait_for(came.get(), 10))["case_id"] == first
        await Rebuild(using, SERVICE.events, SERVICE.catalogues, lambda pool: key_ring(using, pool)).rebuild(timeline)
        second = await house.files()
        assert (await asyncio.wait_for(came.get(), 10))["case_id"] == second
        assert came.empty()


@pytest.mark.parametrize("after", ["start", "1", "1.2.3", "-1.0", "9223372036854775808.0"])
async def test_what_is_no_position_is_refused(house: House, after: str) -> None:
    for path in ("/v1/events", "/v1/events/stream"):
        answer = await house.read(f"{path}?after={after}", COORDINATOR)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "#/query/after"


async def test_a_strange_last_event_id_is_refused(house: House) -> None:
    headers = house.headers(COORDINATOR) | {"last-event-id": "nonsense"}
    answer = await house.http.get(house.stack.urls["notices"] + "/v1/events/stream", headers=headers)
    assert answer.status_code == 422


async def test_a_process_that_is_to_end_does_not_wait_for_whoever_follows_it(house: House) -> None:
    """An answer that goes on and on would hold it up for as long as it lets requests end, ten seconds."""
    before = house.stack.pids["notices"]
    async with following(house, "/v1/events/stream"):
        began = time.monotonic()
        await house.stack.kill("notices", signal.SIGTERM)

        async def gone() -> bool:
            return house.stack.pids.get("notices") != before

        await eventually(gone, "the process has ended")
        assert time.monotonic() - began < 8

    async def serves() -> bool:
        try:
            return (await house.read("/v1/events?after=end", COORDINATOR)).status_code == 200
        except httpx.HTTPError:
            return False

    await eventually(serves, "notices serves again", 60)
