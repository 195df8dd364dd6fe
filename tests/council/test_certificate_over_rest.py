"""What befalls a certificate after it was issued, over REST: appeal, duplicate, end, re-issue (order 109, p. 26, 27, 28)."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import httpx
import nats
import pytest
from temporalio.client import Client

from chassis.auth import Role
from cli.skipping import LegalTime
from cli.supervisor import Stack
from tests.api.journey import SERVICES, Journey, document
from tests.waiting import eventually

ORDER_109 = "kz-109-2008-accreditation"
CASE, CERTIFICATE = "/v1/considerations/{case_id}", "/v1/certificates/{certificate_id}"
DAY = timedelta(days=1)


@pytest.fixture
async def case(stack: Stack, agency: str) -> AsyncIterator[Journey]:
    """A certified case of an agency of its own."""
    client = await Client.connect(stack.urls["temporal"])
    connection = await nats.connect(stack.urls["nats"])
    async with httpx.AsyncClient(timeout=30) as http:
        time = LegalTime(client, connection.jetstream(), http, {name: stack.urls[name] for name in SERVICES})
        yield await Journey(stack, http, time, agency=agency).to("certified")
    await connection.close()


async def _read(case: Journey, path: str, role: Role = Role.coordinator) -> dict[str, Any]:
    answer = await case.get(role, "council", path)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _refusal(case: Journey, path: str, body: Any, clause: str, role: Role = Role.coordinator) -> str:
    resource = path.rpartition("/")[0]
    version = await case.version("council", resource) if "{" in resource else None
    answer = await case.http.post(case.url("council", path), json=body, headers=case.headers(role, version=version))
    problem = answer.json()
    assert (answer.status_code, problem["type"], problem["clause"]) == (409, "urn:kepil:problem:refused", clause), answer.text
    return str(problem["detail"])


async def _deadline(case: Journey, rule: str, state: str) -> dict[str, Any]:
    async def there() -> dict[str, Any] | None:
        listed = await case.get(Role.coordinator, "monitoring", "/v1/deadlines?case_id={case_id}&limit=200")
        return next((each for each in listed.json()["items"] if each["rule"] == rule and each["state"] == state), None)

    return await eventually(there, f"a deadline {rule} that is {state}", 60)


async def _register(case: Journey) -> list[dict[str, Any]]:
    answer = await case.http.get(f"{case.stack.urls['council']}/v1/register", params={"agency": case.agency, "limit": 200})
    return list(answer.json()["items"])


@pytest.mark.clause(ORDER_109, "27")
async def test_an_appeal_is_filed_by_the_institution_and_what_was_decided_on_it_is_recorded(case: Journey) -> None:
    appeal = {"addressed_to": "The court", "document": document("appeal"), "grounds": "Annex 4 was not read."}
    await case.post(Role.institution_officer, "council", f"{CASE}/appeals", appeal)
    [filed] = (await _read(case, CASE, Role.institution_officer))["appeals"]
    assert (filed["scopes"], filed["suspends"], filed["outcome"]) == (["institution"], [], None)

    overturned = {"ground": "overturned", "act": "No. 3-211", "ended_on": (await case.today()).isoformat()}
    await _refusal(case, f"{CERTIFICATE}/end", overturned, "27")
    ruling = {
        "outcome": "overturned",
        "decided_by": "The court",
        "act": "No. 3-211",
        "reasons": "So.",
        "decided_on": overturned["ended_on"],
    }
    await case.post(Role.director, "council", f"{CASE}/appeal-outcome", ruling)
    assert (await _read(case, CASE))["appeals"][0]["outcome"] == "overturned"
    assert (await _read(case, CERTIFICATE))["state"] == "valid"  # until a person ends it
    await case.post(Role.director, "council", f"{CERTIFICATE}/end", overturned)
    assert (await _read(case, CERTIFICATE))["end_ground"] == "overturned"


@pytest.mark.clause(ORDER_109, "27")
async def test_what_an_appeal_remits_is_voted_on_anew(case: Journey) -> None:
    appeal = {"addressed_to": "The court", "document": document("appeal"), "grounds": "Annex 4 was not read."}
    await case.post(Role.coordinator, "council", f"{CASE}/appeals", appeal)
    ruling = {"outcome": "remitted", "decided_by": "The court", "act": "No. 3", "reasons": "So."}
    await case.post(Role.director, "council", f"{CASE}/appeal-outcome", {**ruling, "decided_on": (await case.today()).isoformat()})
    remitted = await _read(case, CASE)
    assert (remitted["stage"], remitted["votes"]) == ("prepared", [])
    again = {"council_id": case.ids["council_id"], "held_on": (await case.today()).isoformat(), "agenda": [case.ids["case_id"]]}
    await case.post(Role.coordinator, "council", "/v1/meetings", again)


@pytest.mark.clause(ORDER_109, "28 (a)", "28 (b)")
async def test_a_duplicate_is_asked_for_paid_for_and_issued_in_its_term(case: Journey) -> None:
    lost = {"application": document("duplicate_application")}
    stranger = case.headers(Role.institution_officer, version=3, institution="second-university")
    answer = await case.http.post(case.url("council", f"{CERTIFICATE}/duplicate-application"), json=lost, headers=stranger)
    assert answer.status_code == 404
    requested_on = await case.today()
    await case.post(Role.institution_officer, "council", f"{CERTIFICATE}/duplicate-application", lost)
    due = await _deadline(case, "duplicate", "open")
    assert date.fromisoformat(due["due_on"]) >= requested_on + 10 * DAY
    assert due["clause"] == "28 (a)"

    blank = {"blank_number": "KZ 000050"}
    await _refusal(case, f"{CERTIFICATE}/duplicate", blank, "28 (b)")
    payment = {"payment_reference": "No. 448", "paid_on": requested_on.isoformat()}
    await case.post(Role.coordinator, "council", f"{CERTIFICATE}/duplicate-payment", payment)
    used = (await _read(case, CERTIFICATE))["blank_number"]
    assert "used or spoiled" in await _refusal(case, f"{CERTIFICATE}/duplicate", {"blank_number": used}, "23")
    await case.post(Role.coordinator, "council", f"{CERTIFICATE}/duplicate", blank)
    [made] = (await _read(case, CERTIFICATE, Role.institution_officer))["duplicates"]
    assert (made["blank_number"], made["payment_reference"], made["round"]) == ("KZ 000050", "No. 448", 1)
    await _deadline(case, "duplicate", "met")
    assert "used or spoiled" in await _refusal(case, "/v1/blanks/spoilage", {**blank, "reason": "Torn."}, "23")


@pytest.mark.clause(ORDER_109, "26")
async def test_a_reorganised_institution_s_certificate_ends_and_is_re_issued_to_its_successor(case: Journey) -> None:
    today = await case.today()
    change = {"ground": "reorganisation", "act": "No. 641", "ended_on": today.isoformat(), "successor_id": "successor"}
    reissue = {"certificate_id": case.ids["certificate_id"], "number": "KZ-A-900", "blank_number": "KZ 000060"}
    assert "successor" in await _refusal(case, f"{CERTIFICATE}/end", change, "26")
    await case.post(Role.coordinator, "intake", "/v1/institutions", case.university("successor"))
    await case.time.settle()
    await _refusal(case, "/v1/certificates/reissues", reissue, "26")
    await case.post(Role.coordinator, "council", f"{CERTIFICATE}/end", change)

    ended = await _read(case, CERTIFICATE)
    assert (ended["state"], ended["valid"], ended["ended_on"]) == ("ended", False, today.isoformat())
    assert not (await _read(case, f"{CERTIFICATE}?as_of={today + DAY}"))["valid"]
    assert (await _read(case, "/v1/certificates?state=valid"))["items"] == []
    await _deadline(case, "renewal_application", "withdrawn")
    new_id = (await case.post(Role.director, "council", "/v1/certificates/reissues", reissue))["id"]
    earlier = dict(case.ids)
    case.ids["certificate_id"] = new_id
    case.time.follow(new_id)
    new = await _read(case, CERTIFICATE)
    assert (new["institution_id"], new["valid_until"], new["valid"]) == ("successor", ended["valid_until"], True)
    assert (new["reissued_from"], new["number"], new["blank_number"]) == (earlier["certificate_id"], "KZ-A-900", "KZ 000060")
    await case.post(Role.coordinator, "council", f"{CERTIFICATE}/register-entry")

    entries = {entry["certificate_id"]: entry for entry in await _register(case)}
    old = entries[earlier["certificate_id"]]
    assert (old["state"], old["end_ground"], old["reissued_as"]) == ("ended", "reorganisation", new_id)
    assert (entries[new_id]["state"], entries[new_id]["institution_id"]) == ("valid", "successor")
    await _deadline(case, "renewal_application", "open")  # of the successor's certificate
