"""A webhook endpoint of the finished case's institution, which is no more: its deliveries are still to be seen."""

from typing import Any

from chassis.auth import Role
from tests.api.journey import Journey
from tests.notices.receivers import receiving
from tests.waiting import eventually

OFFICER = Role.institution_officer


async def notified(journey: Journey) -> None:
    """Two endpoints were registered and removed; one answered two test events. No command is open to them any more."""
    endpoint = "/v1/webhook-endpoints/{endpoint_id}"
    async with receiving() as receiver:
        named = {"institution_id": journey.institution, "url": receiver.url, "types": ["kepil.council.certificate"]}
        await journey.post(Role.coordinator, "notices", "/v1/webhook-endpoints", {**named, "types": []})
        journey.ids["endpoint_id"] = (await journey.post(OFFICER, "notices", "/v1/webhook-endpoints", named))["id"]

        async def delivered() -> list[dict[str, Any]]:
            answer = await journey.get(OFFICER, "notices", f"{endpoint}/deliveries?status=delivered")
            return list(answer.json()["items"])

        [ping] = await eventually(delivered, "the test event has arrived")
        journey.ids["delivery_id"] = ping["delivery_id"]
        await journey.time.settle()
        await journey.post(OFFICER, "notices", f"{endpoint}/test-event")

        async def again() -> bool:
            return len(await delivered()) == 2

        await eventually(again, "another has arrived")
        await journey.time.settle()
        listed = (await journey.get(OFFICER, "notices", "/v1/webhook-endpoints")).json()["items"]
        own = journey.ids["endpoint_id"]
        others = [each["endpoint_id"] for each in listed if each["endpoint_id"] != own]
        for endpoint_id in [*others, own]:
            journey.ids["endpoint_id"] = endpoint_id
            await journey.post(OFFICER, "notices", f"{endpoint}/removal")


async def lettered(journey: Journey) -> None:
    """The agency has its letterhead, and a letter to the institution of the case was drawn up."""
    head = "/v1/letterhead"
    headers = journey.headers(Role.director, version=0)  # nothing is set yet
    answer = await journey.http.post(journey.url("notices", head), json=letter_bodies()[head], headers=headers)
    assert answer.status_code == 200, answer.text

    async def drawn_up() -> list[dict[str, Any]]:
        answer = await journey.get(Role.coordinator, "notices", f"/v1/letters?case_id={journey.ids['case_id']}&limit=200")
        return [each for each in answer.json()["items"] if each["institution_id"] == journey.institution]

    journey.ids["letter_id"] = (await eventually(drawn_up, "a letter to the institution"))[0]["letter_id"]


def letter_bodies() -> dict[str, Any]:
    """What is asked of letters and of what heads them."""
    letter, day = "/v1/letters/{letter_id}", "2000-01-01"
    signed = {"signatory_posts": {"en": "Director"}, "signatory_id": "agency.director", "signatory_name": "Name"}
    return {
        f"{letter}/dispatch": {"channel": "post", "language": "en", "dispatched_on": day, "reference": "RR 1"},
        f"{letter}/receipt": {"received_on": day, "dispatch": 99, "note": "So."},
        "/v1/letterhead": {"names": {"en": "The agency"}, **signed},
    }


def webhook_bodies(institution_id: str) -> dict[str, Any]:
    """What is asked of endpoints; the address is one that resolves to nothing but this machine."""
    url = "http://127.0.0.1:9/hook"
    endpoint = "/v1/webhook-endpoints/{endpoint_id}"
    return {
        "/v1/webhook-endpoints": {"institution_id": institution_id, "url": url, "types": ["kepil.council"], "algorithm": "hmac"},
        f"{endpoint}/change": {"url": url, "types": ["kepil.council"], "description": "The portal"},
        f"{endpoint}/rotation": {"overlap_hours": 24},
        f"{endpoint}/disabling": {"note": "Why."},
        f"{endpoint}/recovery": {"since": "2020-01-01T00:00:00Z"},
    }
