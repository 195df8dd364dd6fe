"""Webhooks from the registration of an endpoint to the last attempt: real services, real receivers, others' verification."""

import json
import time
from base64 import b64decode
from datetime import timedelta

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook

from chassis.auth import Role
from chassis.migrations import admin_connection
from tests.notices.house import COORDINATOR, ENDPOINTS, OFFICER, House
from tests.notices.receivers import Message, Reply, receiving
from tests.waiting import eventually

FILED, ATTACHED, PING = "ApplicationFiled", "DocumentAttached", "ping"


def failing(*statuses: int, of: str = FILED, **headers: str) -> object:
    """Answers events of a type with these statuses, one after another, the last one for ever; all others well."""
    left = list(statuses)

    def reply(message: Message) -> Reply:
        if not message.told["type"].endswith(of):
            return Reply()
        return Reply(left.pop(0) if len(left) > 1 else left[0], headers, b"So it is.")

    return reply


async def test_an_event_arrives_signed_thin_and_once(house: House) -> None:
    async with receiving() as receiver:
        made = await house.endpoint(receiver)
        [ping] = receiver.of_type(PING)
        Webhook(made["secret"]).verify(ping.body, ping.headers)
        case_id = await house.files()
        await house.attaches(case_id)
        [filed] = await receiver.receives(FILED)
        [attached] = await receiver.receives(ATTACHED)
        detail = await house.delivery(made["id"], FILED, "delivered")
        events = await house.deliveries(made["id"])
    verified = Webhook(made["secret"]).verify(filed.body, filed.headers)
    assert verified == json.loads(filed.body)
    assert verified["type"] == "kepil.intake.application.ApplicationFiled"
    assert verified["data"] == {
        "institution_id": "kaznu",
        "case_id": case_id,
        "resource": f"application-{case_id}",
        "sequence": 1,
    }
    assert attached.told["data"]["sequence"] > 1, "its institution is known by its case"
    assert len(receiver.got) == len({message.headers["webhook-id"] for message in receiver.got}) == len(events) == 3
    [attempt] = detail["attempts_made"]
    assert detail["body"].encode() == filed.body
    assert attempt["http_status"] == 204
    assert attempt["address"] == "127.0.0.1"
    assert attempt["request_headers"]["webhook-signature"] == filed.headers["webhook-signature"]


async def test_a_secret_is_shown_once_and_stands_nowhere(house: House) -> None:
    async with receiving() as receiver:
        made = await house.endpoint(receiver, key="first")
        again = await house.do(ENDPOINTS, {"institution_id": "kaznu", "url": receiver.url, "types": []}, key="first")
        shown = await house.read(f"{ENDPOINTS}/{made['id']}")
        told = await house.read(f"{ENDPOINTS}/{made['id']}/history")
    assert (again["id"], again["secret"]) == (made["id"], None)
    secret = made["secret"].removeprefix("whsec_")
    assert secret not in shown.text + told.text
    database: asyncpg.Connection = await admin_connection(house.stack.settings(), "notices")
    try:
        for table in ("events", "webhook_secrets", "idempotency_keys", "webhook_attempts", "webhook_deliveries"):
            rows = await database.fetch(f"SELECT t::text AS row FROM {table} t WHERE agency = $1", house.agency)
            assert rows
            assert not any(secret in row["row"] or b64decode(secret).hex() in row["row"] for row in rows), table
    finally:
        await database.close()


async def test_a_filter_and_an_institution_get_what_is_theirs(house: House) -> None:
    async with receiving() as receiver, receiving() as certificates:
        await house.endpoint(receiver, "kepil.intake.application.ApplicationFiled")
        await house.endpoint(certificates, "kepil.council.certificate")
        await house.files("other")
        case_id = await house.files()
        await house.attaches(case_id)
        second = await house.files()
        got = await receiver.receives(FILED, 2)
    assert {message.told["data"]["case_id"] for message in got} == {case_id, second}
    assert len(receiver.got) == 3, "and the test event"
    assert len(certificates.got) == 1, "the test event"


async def test_a_pair_of_keys_signs_so_that_nothing_secret_need_be_shown(house: House) -> None:
    async with receiving() as receiver:
        made = await house.endpoint(receiver, algorithm="ed25519")
        [ping] = receiver.of_type(PING)
        shown = (await house.read(f"{ENDPOINTS}/{made['id']}")).json()
    assert made["secret"] is None
    assert [key["public_key"] for key in shown["keys"]] == [made["public_key"]]
    scheme, _, signature = ping.headers["webhook-signature"].partition(",")
    assert scheme == "v1a"
    key = Ed25519PublicKey.from_public_bytes(b64decode(made["public_key"].removeprefix("whpk_")))
    content = f"{ping.headers['webhook-id']}.{ping.headers['webhook-timestamp']}.".encode() + ping.body
    key.verify(b64decode(signature), content)


async def test_after_a_rotation_both_secrets_verify_until_the_overlap_ends(house: House) -> None:
    async with receiving() as receiver:
        made = await house.endpoint(receiver)
        path = f"{ENDPOINTS}/{made['id']}"
        rotated = await house.do(f"{path}/rotation", {"overlap_hours": 24})
        await house.do(f"{path}/test-event")
        [_, during] = await receiver.receives(PING, 2)
        for secret in (made["secret"], rotated["secret"]):
            Webhook(secret).verify(during.body, during.headers)
        keys = (await house.read(path)).json()["keys"]
        await house.time.skip(timedelta(hours=25))
        await house.do(f"{path}/test-event")
        [*_, after] = await receiver.receives(PING, 3)
    assert len(keys) == 2
    Webhook(rotated["secret"]).verify(after.body, after.headers)
    assert len(after.headers["webhook-signature"].split()) == 1


async def test_what_fails_is_tried_again_and_every_attempt_is_shown(house: House) -> None:
    async with receiving(failing(500, 302, 200)) as receiver:  # type: ignore[arg-type]
        made = await house.endpoint(receiver)
        await house.files()
        waiting = await house.delivery(made["id"], FILED, "waiting")
        assert waiting["next_at"] is not None
        assert waiting["trouble"] == "answered 500"
        await house.passes(waiting, timedelta(minutes=10))
        detail = await house.delivery(made["id"], FILED, "delivered", attempts=3)
        got = receiver.of_type(FILED)
    assert [attempt["http_status"] for attempt in detail["attempts_made"]] == [500, 302, 200]
    assert detail["attempts_made"][0]["response"] == "So it is."
    assert len({message.headers["webhook-id"] for message in got}) == 1
    for message in got:
        Webhook(made["secret"]).verify(message.body, message.headers)


async def test_a_receiver_that_asks_for_time_gets_it(house: House) -> None:
    async with receiving(failing(503, 200, **{"retry-after": "3600"})) as receiver:  # type: ignore[arg-type]
        made = await house.endpoint(receiver)
        await house.files()
        waiting = await house.delivery(made["id"], FILED, "waiting")
        await house.passes(waiting, timedelta(minutes=50))
        await house.delivery(made["id"], FILED, "waiting")
        await house.passes(waiting, timedelta(minutes=15))
        await house.delivery(made["id"], FILED, "delivered", attempts=2)


async def test_an_endpoint_that_is_gone_is_disabled_and_what_it_missed_is_recovered(house: House) -> None:
    gone = [True]

    def reply(message: Message) -> Reply:
        return Reply(410 if gone[0] and not message.told["type"].endswith(PING) else 204)

    async with receiving(reply) as receiver:
        made = await house.endpoint(receiver)
        path = f"{ENDPOINTS}/{made['id']}"
        since = (await house.time.now()).isoformat()
        case_id = await house.files()
        disabled = await house.stands(made["id"], "disabled")
        assert disabled["why"] == "gone_410"
        listed = await house.items(f"{ENDPOINTS}?status=disabled", COORDINATOR)
        assert [(each["endpoint_id"], each["note"]) for each in listed] == [(made["id"], "it answered 410 Gone")]
        assert listed[0]["disabled_at"] is not None
        await house.attaches(case_id)
        await house.delivery(made["id"], ATTACHED, "held", attempts=0)
        assert (await house.ask(f"{path}/recovery", {"since": since})).status_code == 409
        gone[0] = False
        await house.do(f"{path}/enabling")
        await house.stands(made["id"], "active")
        assert len(receiver.of_type(PING)) == 2
        await house.do(f"{path}/recovery", {"since": since})
        await receiver.receives(ATTACHED)
        await house.delivery(made["id"], FILED, "delivered", attempts=2)
        await house.delivery(made["id"], ATTACHED, "delivered")


async def test_an_endpoint_that_fails_for_five_days_is_disabled(house: House) -> None:
    async with receiving(failing(500, of="")) as receiver:  # type: ignore[arg-type]
        made = await house.endpoint(receiver, verified=False)
        ping = await house.delivery(made["id"], PING, "waiting")
        await house.passes(ping, timedelta(days=4))
        assert (await house.delivery(made["id"], PING, "failed", attempts=10))["ended_at"] is not None
        assert (await house.read(f"{ENDPOINTS}/{made['id']}")).json()["status"] == "unverified"
        await house.time.skip(timedelta(days=1, hours=1))
        await house.do(f"{ENDPOINTS}/{made['id']}/test-event")
        disabled = await house.stands(made["id"], "disabled")
    assert disabled["why"] == "failing"
    assert disabled["failures"] >= 11


async def test_what_happens_before_an_endpoint_has_answered_is_kept_for_it(house: House) -> None:
    async with receiving(failing(500, 200, of=PING)) as receiver:  # type: ignore[arg-type]
        made = await house.endpoint(receiver, verified=False)
        ping = await house.delivery(made["id"], PING, "waiting")
        await house.files()
        await house.delivery(made["id"], FILED, "held", attempts=0)
        await house.passes(ping, timedelta(seconds=10))
        await house.stands(made["id"], "active")
        await receiver.receives(FILED)


async def test_a_person_has_a_delivery_made_again(house: House) -> None:
    async with receiving() as receiver:
        made = await house.endpoint(receiver)
        await house.files()
        sent = await house.delivery(made["id"], FILED, "delivered")
        await house.do(f"{ENDPOINTS}/{made['id']}/deliveries/{sent['delivery_id']}/resend")
        first, second = await receiver.receives(FILED, 2)
        await house.delivery(made["id"], FILED, "delivered", attempts=2)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


async def test_a_person_need_not_wait_for_the_next_attempt(house: House) -> None:
    async with receiving(failing(500, 200)) as receiver:  # type: ignore[arg-type]
        made = await house.endpoint(receiver)
        await house.files()
        waiting = await house.delivery(made["id"], FILED, "waiting")
        await house.do(f"{ENDPOINTS}/{made['id']}/deliveries/{waiting['delivery_id']}/resend")
        await house.delivery(made["id"], FILED, "delivered", attempts=2)


async def test_to_a_removed_endpoint_nothing_goes(house: House) -> None:
    async with receiving() as receiver, receiving() as other:
        made = await house.endpoint(receiver)
        await house.endpoint(other)
        await house.do(f"{ENDPOINTS}/{made['id']}/removal")
        await house.files()
        await other.receives(FILED)
        assert receiver.of_type(FILED) == []
        assert (await house.ask(f"{ENDPOINTS}/{made['id']}/test-event")).status_code == 409


@pytest.mark.parametrize(
    "url",
    [
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://100.64.0.1/",
        "http://8.8.8.8/",
        "https://8.8.8.8:22/",
        "https://user:secret@8.8.8.8/",
        "https://nobody.invalid/",
        "ftp://8.8.8.8/",
    ],
)
async def test_an_address_of_the_inside_is_no_endpoint(house: House, url: str) -> None:
    answer = await house.ask(ENDPOINTS, {"institution_id": "kaznu", "url": url})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/url"


async def test_an_institution_keeps_its_own_endpoints_and_sees_no_others(house: House) -> None:
    async with receiving() as receiver:
        made = await house.endpoint(receiver)
        path = f"{ENDPOINTS}/{made['id']}"
        body = {"institution_id": "kaznu", "url": receiver.url}
        assert (await house.ask(ENDPOINTS, body, OFFICER, institution="other")).status_code == 404
        for read in (path, f"{path}/history", f"{path}/deliveries"):
            assert (await house.read(read, OFFICER, institution="other")).status_code == 404
            assert (await house.read(read, COORDINATOR, agency="another-agency")).status_code == 404
            assert (await house.read(read, COORDINATOR)).status_code == 200
        for act, sent in (("rotation", {}), ("removal", None), ("disabling", {}), ("test-event", None)):
            assert (await house.ask(f"{path}/{act}", sent, OFFICER, institution="other")).status_code == 404
            assert (await house.ask(f"{path}/{act}", sent, Role.expert)).status_code == 403
        assert await house.items(ENDPOINTS, OFFICER, institution="other") == []
        assert len(await house.items(ENDPOINTS, COORDINATOR)) == 1
        assert (await house.ask(f"{path}/test-event", role=COORDINATOR)).status_code == 200


async def test_dead_and_slow_endpoints_hold_up_nobody(house: House) -> None:
    """The slow ones never answer, the dead ones refuse; twenty events reach the healthy one while all of them are tried."""
    async with (
        receiving() as healthy,
        receiving(lambda message: Reply(hangs=not message.told["type"].endswith(PING))) as slow,
        receiving() as dying,
    ):
        await house.endpoint(healthy)
        await house.endpoint(slow)
        await house.endpoint(dying)
        dying.reply = lambda _: Reply(hangs=True)
        case_id = await house.files()
        began = time.monotonic()
        for _ in range(20):
            await house.attaches(case_id)
        await healthy.receives(ATTACHED, 20, seconds=10)
        took = time.monotonic() - began
        assert len(slow.of_type(ATTACHED)) + len(slow.of_type(FILED)) <= 4, "as many at once as one endpoint gets, and no more"
    assert took < 10


async def test_nothing_is_lost_when_notices_is_killed(house: House) -> None:
    async with receiving() as receiver:
        made = await house.endpoint(receiver)
        case_id = await house.files()
        for _ in range(3):
            await house.attaches(case_id)
        await house.stack.kill("notices")
        for _ in range(3):
            await house.attaches(case_id)
        await house.stack.wait_ready("notices", timeout=60)

        async def all_there() -> bool:
            return len({message.headers["webhook-id"] for message in receiver.of_type(ATTACHED)}) == 6

        await eventually(all_there, "all six have arrived", 90)
        assert len(await house.deliveries(made["id"], ATTACHED)) == 6


async def test_the_types_that_a_filter_may_name_are_listed(house: House) -> None:
    listed = (await house.read("/v1/webhook-event-types")).json()
    assert {"type", "summary"} == set(listed[0])
    assert "kepil.council.certificate.CertificateIssued" in {each["type"] for each in listed}
    assert not any("VoteCast" in each["type"] for each in listed)
