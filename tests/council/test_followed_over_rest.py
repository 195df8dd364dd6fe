"""Certificates that are followed up, over REST and by the activities of lifecycles: recorded, received, suspended, restored, revoked,
extended, moved by the time alone; as of any day; rebuilt they are the same."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from chassis.auth import Role
from chassis.postgres import open_connection
from chassis.rebuild import compare
from chassis.service import key_ring
from regulations import end_of_local_day
from services.council import handlers_followed
from services.council.app import SERVICE
from services.council.contract import CertificateSanction, Due, RunDue
from services.council.readmodels_certificates import certificates
from services.council.readmodels_followed import suspensions
from tests.council.resolutions import EXTENDED, RULES, SAPATTUU, SUSPENDED, UNFULFILLED, WITHDRAWN
from tests.council.test_resolution_over_rest import Desk, desk, motion

__all__ = ["desk"]

DAY = timedelta(days=1)
INSTITUTIONS = "INSERT INTO institutions (agency, institution_id, names, city, country) VALUES ($1, $2, $3, 'Osh', 'KG')"


class Keeper:
    """Who keeps certificates, at a council's desk."""

    def __init__(self, at: Desk) -> None:
        self.desk = at
        self.today = at.today

    def standing(self, **fields: Any) -> dict[str, Any]:
        """What a paper certificate says: of three years, most of which are over."""
        issued_on = date(self.today.year - 2, 3, 16)
        return {
            "rulebook_id": RULES.id,
            "rulebook_version": RULES.version,
            "institution_id": "oshgu",
            "number": f"KG-{uuid4().hex[:6]}",
            "object": "programme",
            "programme": "710100 Informatics",
            "level": "higher_professional",
            "kind": "conditional_3y",
            "issued_on": issued_on.isoformat(),
            "valid_until": issued_on.replace(year=issued_on.year + 3).isoformat(),
            "recommendations": [{"recommendation_id": "r-1", "criterion": "Standard 2", "text": "Renew the aims."}],
            "panel": ["expert-1"],
            "origin": "The paper register",
            **fields,
        }

    async def recorded(self, **fields: Any) -> dict[str, Any]:
        return await self.read(await self.record(self.standing(**fields)))

    async def record(self, body: dict[str, Any]) -> str:
        answer = await self.post("certificates/recordings", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def post(self, path: str, body: Any, role: Role = Role.coordinator, institution: str = "oshgu") -> Any:
        """A command without version, or with that of a certificate."""
        headers = {**self.desk.headers(role, institution), "idempotency-key": str(uuid4())}
        if path.count("/") == 2:
            resource = await self.desk.http.get(f"/v1/{path.rpartition('/')[0]}", headers=self.desk.headers(Role.auditor))
            headers["if-match"] = resource.headers["etag"]
        return await self.desk.http.post(f"/v1/{path}", json=body, headers=headers)

    async def did(self, path: str, body: Any, role: Role = Role.coordinator) -> str:
        answer = await self.post(path, body, role)
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json()["id"])

    async def refused(self, path: str, body: Any, clause: str | None, role: Role = Role.coordinator) -> None:
        answer = await self.post(path, body, role)
        assert (answer.status_code, answer.json().get("clause")) == (409, clause), answer.text

    async def read(self, certificate_id: str, as_of: date | None = None, role: Role = Role.director) -> dict[str, Any]:
        query = f"?as_of={as_of}" if as_of else ""
        return dict(await self.desk.get(f"certificates/{certificate_id}{query}", role))

    async def register(self, **params: Any) -> list[dict[str, Any]]:
        answer = await self.desk.http.get("/v1/register", params={"agency": self.desk.agency, "limit": 200, **params})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    async def resolved(self, certificate: dict[str, Any], *items: Any, days_ago: int = 0, **fields: Any) -> str:
        """A resolution of the council on a certificate."""
        last = date.fromisoformat(certificate["valid_until"])
        about = {"certificate_id": certificate["certificate_id"], "valid_until": last}
        decision = await self.desk.brought(days_ago, **about, **fields)
        met = await self.desk.met(decision, held_on=self.today - days_ago * DAY)
        decided = [item.model_dump(exclude_none=True, mode="json") for item in items]
        stated = {"presided_by": "aigul", "outcome": items[0].word, "reasons": "Four of five."}
        await self.desk.accepted(
            f"resolutions/{decision}/adoption", motion(self.desk, met, decisions=decided, presiding_statement=stated), Role.director
        )
        return decision

    async def sanction(self, certificate: dict[str, Any], decision: str, suspends: bool = True) -> None:
        """As a lifecycle does it: it may ask twice."""
        asked = CertificateSanction(
            agency=self.desk.agency,
            certificate_id=certificate["certificate_id"],
            decision_id=decision,
            ground=UNFULFILLED,
            reasons="As decided",
        )
        handler = handlers_followed.suspend_certificate if suspends else handlers_followed.revoke_certificate
        for _ in range(2):
            await handler(await self.desk.context(), asked)

    async def due(self, on: date | None = None) -> Due:
        """What comes about by the beginning of a day."""
        ctx = await self.desk.context()
        if on is not None:
            ctx.at = end_of_local_day(on - DAY, RULES.zone)
        return await handlers_followed.run_due(ctx, RunDue(agency=self.desk.agency))

    async def types(self, certificate_id: str) -> list[str]:
        return [each["type"] for each in await self.desk.get(f"certificates/{certificate_id}/history")]


@pytest_asyncio.fixture
async def keeper(desk: Desk) -> Keeper:
    """An agency that knows two institutions, as intake's events leave them."""
    connection = await open_connection(desk.runtime.settings, "kepil_system", "council")
    for name in ("oshgu", "second"):
        await connection.execute(INSTITUTIONS, desk.agency, name, {"ky": name})
    await connection.close()
    return Keeper(desk)


async def rebuilt(at: Desk) -> None:
    catalogues = {each.service: each for each in (SERVICE.events, *SERVICE.foreign)}
    for model in (certificates, suspensions):
        served, again = await compare(
            at.runtime.settings, SERVICE.events, catalogues, model, lambda pool: key_ring(at.runtime.settings, pool)
        )
        assert served == again


@pytest.mark.clause(SAPATTUU, "I.3.a", "2.5.p1")
async def test_a_certificate_from_outside_is_recorded_once(keeper: Keeper) -> None:
    body = keeper.standing()
    id_ = await keeper.record(body)
    assert await keeper.record({**body, "origin": "Another list"}) == id_
    assert await keeper.types(id_) == ["CertificateRecorded"]
    await keeper.refused("certificates/recordings", {**body, "programme": "Law"}, None)
    await keeper.refused("certificates/recordings", keeper.standing(valid_until=keeper.today.isoformat()), "2.5.p1")
    unknown = await keeper.post("certificates/recordings", keeper.standing(institution_id="nobody"))
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "#/institution_id")
    assert (await keeper.post("certificates/recordings", keeper.standing(rulebook_version="1"))).status_code == 422
    assert (await keeper.post("certificates/recordings", keeper.standing(), Role.institution_officer)).status_code == 403
    found = await keeper.read(id_)
    assert (found["state"], found["kind"], found["case_id"], found["origin"]) == ("valid", "conditional_3y", id_, "The paper register")
    assert found["recommendations"][0]["criterion"] == "Standard 2"
    [entry] = await keeper.register(number=body["number"])
    assert (entry["state"], entry["programme"], entry["decision"]) == ("valid", "710100 Informatics", None)


@pytest.mark.clause("aakr-monitoring-2024", "II.3")
async def test_the_institution_records_the_receipt_of_its_own_certificate(keeper: Keeper) -> None:
    found = await keeper.recorded()
    id_, body = found["certificate_id"], {"received_on": found["issued_on"]}
    answer = await keeper.post(f"certificates/{id_}/receipt", body, Role.institution_officer, institution="second")
    assert answer.status_code == 404
    assert "receive_certificate" in {each["name"] for each in (await keeper.read(id_, role=Role.coordinator))["allowed_actions"]}
    await keeper.did(f"certificates/{id_}/receipt", body, Role.institution_officer)
    assert (await keeper.read(id_))["received_on"] == found["issued_on"]
    await keeper.refused(f"certificates/{id_}/receipt", body, None)
    wrong = {"version": 2, "corrected": {"received_on": "2001-01-01"}, "reason": "A slip."}
    await keeper.refused(f"certificates/{id_}/corrections", wrong, "2.5.p2.s1", Role.director)
    later = (date.fromisoformat(found["issued_on"]) + DAY).isoformat()
    await keeper.did(f"certificates/{id_}/corrections", {**wrong, "corrected": {"received_on": later}}, Role.director)
    assert (await keeper.read(id_))["received_on"] == later
    await rebuilt(keeper.desk)


@pytest.mark.clause(SAPATTUU, "2.5.p4", "3.3.b.s1", "3.3.b.s2")
async def test_a_suspension_ends_in_a_longer_certificate_and_every_day_of_it_can_be_asked(keeper: Keeper) -> None:
    found = await keeper.recorded()
    id_, number = found["certificate_id"], found["number"]
    since, until = keeper.today - 20 * DAY, keeper.today + 10 * DAY
    decision = await keeper.resolved(found, SUSPENDED.model_copy(update={"until": until}), days_ago=20)
    assert await keeper.types(id_) == ["CertificateRecorded"]  # nothing happens before the lifecycle asks
    await keeper.sanction(found, decision)
    told = await keeper.read(id_)
    assert (told["state"], told["suspended_on"], told["suspended_until"]) == ("suspended", since.isoformat(), until.isoformat())
    assert {each["name"] for each in told["allowed_actions"]} >= {"restore_certificate"}
    days = {since - DAY: "valid", since: "suspended", keeper.today: "suspended", until + 30 * DAY: "suspended"}
    assert {day: (await keeper.read(id_, day))["standing"] for day in days} == days
    for day, state in days.items():
        assert [each["number"] for each in await keeper.register(as_of=day.isoformat(), state=state)] == [number]
    assert [each["state"] for each in await keeper.register()] == ["suspended"]

    path, act = f"certificates/{id_}/restoration", {"corrected_on": keeper.today.isoformat(), "reason": "The act of the check."}
    await keeper.refused(path, {**act, "valid_until": found["valid_until"]}, "3.3.b.s2", Role.director)
    assert (await keeper.post(path, act, Role.coordinator)).status_code == 403
    await keeper.did(path, act, Role.director)
    last = date.fromisoformat(found["valid_until"]) + 20 * DAY
    told = await keeper.read(id_)
    assert (told["state"], told["valid_until"], told["suspended_on"]) == ("valid", last.isoformat(), None)
    [stay] = told["suspensions"]
    assert (stay["restored_on"], stay["lost_days"], stay["ground"]) == (keeper.today.isoformat(), 20, UNFULFILLED)
    days = {
        since - DAY: "valid",
        since: "suspended",
        keeper.today - DAY: "suspended",
        keeper.today: "valid",
        last: "valid",
        last + DAY: "expired",
    }
    assert {day: (await keeper.read(id_, day))["standing"] for day in days} == days
    for day, state in days.items():
        assert [each["state"] for each in await keeper.register(as_of=day.isoformat())] == [state]
    assert (await keeper.due(until + DAY)).done == 0  # its term is no matter any more
    assert (await keeper.due(last)).done == 0
    assert (await keeper.due(last + DAY)).done == 1
    await rebuilt(keeper.desk)


@pytest.mark.clause(SAPATTUU, "3.3.b.s3", "3.3.c")
async def test_a_revoked_certificate_is_off_the_list_and_the_national_register_is_told(keeper: Keeper) -> None:
    found, other = await keeper.recorded(), await keeper.recorded()
    id_, number = found["certificate_id"], found["number"]
    until = keeper.today + 10 * DAY
    await keeper.sanction(found, await keeper.resolved(found, SUSPENDED.model_copy(update={"until": until}), days_ago=20))
    assert (await keeper.due(until)).done == 0
    due = await keeper.due()
    assert due.next_at == end_of_local_day(until, RULES.zone)
    assert (await keeper.due(until + DAY)).done == 1
    assert (await keeper.due(until + DAY)).done == 0
    assert (await keeper.types(id_))[-1] == "SuspensionTermEnded"
    assert (await keeper.read(id_))["state"] == "suspended"

    notice = {"outgoing_number": "01-17/9", "told_on": keeper.today.isoformat()}
    await keeper.refused(f"certificates/{id_}/national-register-notice", notice, None)
    await keeper.sanction(found, await keeper.resolved(found, WITHDRAWN), suspends=False)
    told = await keeper.read(id_, role=Role.coordinator)
    assert (told["state"], told["revoked_on"], told["revocation_ground"]) == ("revoked", keeper.today.isoformat(), UNFULFILLED)
    assert "tell_national_register" in {each["name"] for each in told["allowed_actions"]}
    await keeper.did(f"certificates/{id_}/national-register-notice", notice)
    assert (await keeper.read(id_))["national_register_told_on"] == keeper.today.isoformat()
    assert [each["number"] for each in await keeper.register()] == [other["number"]]
    assert [each["number"] for each in await keeper.register(state="revoked")] == [number]
    assert [each["state"] for each in await keeper.register(number=number)] == ["revoked"]
    before = (keeper.today - 21 * DAY).isoformat()
    assert {each["number"] for each in await keeper.register(as_of=before, state="valid")} == {number, other["number"]}
    [entry] = await keeper.register(as_of=before, number=number)
    assert entry["revoked_on"] is None
    assert (await keeper.read(id_, keeper.today))["standing"] == "revoked"
    assert (await keeper.types(id_))[-2:] == ["CertificateRevoked", "NationalRegisterTold"]
    await rebuilt(keeper.desk)


@pytest.mark.clause(SAPATTUU, "3.2.s1", "3.2.s2")
async def test_an_extension_is_another_certificate_that_goes_on_after_the_first(keeper: Keeper) -> None:
    found = await keeper.recorded()
    last = date.fromisoformat(found["valid_until"])
    fulfilled = {"fulfilment": (("r-1", "fulfilled"),)}
    decision = await keeper.resolved(found, EXTENDED, **fulfilled)
    path = f"certificates/{found['certificate_id']}/extension"
    assert (await keeper.post(path, {"decision_id": "nothing", "number": "KG-2"})).status_code == 404
    taken = await keeper.post(path, {"decision_id": decision, "number": found["number"]})
    assert (taken.status_code, "number" in taken.json()["detail"]) == (409, True)
    body = {"decision_id": decision, "number": f"KG-{uuid4().hex[:6]}"}
    stale = {**keeper.desk.headers(Role.coordinator), "idempotency-key": str(uuid4()), "if-match": '"7"'}
    assert (await keeper.desk.http.post(f"/v1/{path}", json=body, headers=stale)).status_code == 412
    new = await keeper.read(await keeper.did(path, body))
    assert (new["extends"], new["valid_from"], new["gap_days"]) == (found["certificate_id"], (last + DAY).isoformat(), 0)
    assert new["valid_until"] == last.replace(year=last.year + 2).isoformat()
    assert (new["state"], new["programme"], new["extension_term"]) == ("not_yet_valid", found["programme"], "extension_2y")
    assert (await keeper.read(found["certificate_id"]))["extended_as"] == new["certificate_id"]
    await keeper.refused(path, body, None)
    again = await keeper.resolved(found, EXTENDED, **fulfilled)
    await keeper.refused(path, {"decision_id": again, "number": f"KG-{uuid4().hex[:6]}"}, None)
    for day, valid in ((last, found), (last + DAY, new)):
        assert [each["number"] for each in await keeper.register(as_of=day.isoformat(), state="valid")] == [valid["number"]]

    assert (await keeper.due()).next_at == end_of_local_day(last, RULES.zone)
    due = await keeper.due(last + DAY)
    assert (due.done, due.more, due.next_at) == (1, False, end_of_local_day(date.fromisoformat(new["valid_until"]), RULES.zone))
    assert (await keeper.types(found["certificate_id"]))[-1] == "CertificateExpired"
    assert await keeper.types(new["certificate_id"]) == ["CertificateExtended"]
    await rebuilt(keeper.desk)


async def test_what_is_due_is_done_in_batches_and_of_one_agency_alone(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        await keeper.recorded(kind="conditional_1y", valid_until=keeper.standing()["issued_on"].replace(*_next_year(keeper)))
    stranger = await keeper.desk.runtime.context(agency=f"{keeper.desk.agency}-2", actor="workflow:test")
    assert await handlers_followed.run_due(stranger, RunDue(agency=f"{keeper.desk.agency}-2")) == Due(done=0)
    monkeypatch.setattr(handlers_followed, "TOGETHER", 2)
    seen = []
    while (due := await keeper.due()).done:
        seen.append((due.done, due.more))
    assert seen == [(2, True), (2, True), (1, False)]
    assert {each["state"] for each in (await keeper.desk.get("certificates?limit=100"))["items"]} == {"expired"}


def _next_year(keeper: Keeper) -> tuple[str, str]:
    return str(keeper.today.year - 2), str(keeper.today.year - 1)


@pytest.mark.clause(SAPATTUU, "3.3.b.s2")
async def test_a_suspension_that_outlasts_the_certificate_puts_off_its_lapse_so_that_it_can_be_corrected(keeper: Keeper) -> None:
    last = keeper.today - 5 * DAY
    body = {"kind": "conditional_3y", "valid_until": last.isoformat(), "term_reason": "As on paper."}
    found = await keeper.recorded(**body)
    id_, until = found["certificate_id"], keeper.today + 10 * DAY
    decision = await keeper.resolved(found, SUSPENDED.model_copy(update={"until": until}), days_ago=20)
    await keeper.sanction(found, decision)
    assert (await keeper.due(keeper.today)).done == 0
    assert (await keeper.due(until)).next_at == end_of_local_day(until, RULES.zone)
    assert (await keeper.read(id_))["state"] == "suspended"
    days = {last + DAY: "suspended", until: "suspended", until + DAY: "expired"}
    assert {day: (await keeper.read(id_, day))["standing"] for day in days} == days
    for day, state in days.items():
        assert [each["state"] for each in await keeper.register(as_of=day.isoformat())] == [state]
    act = {"corrected_on": keeper.today.isoformat(), "reason": "The act of the check."}
    await keeper.did(f"certificates/{id_}/restoration", act, Role.director)
    told = await keeper.read(id_)
    assert (told["state"], told["valid_until"]) == ("valid", (last + 20 * DAY).isoformat())
    assert (await keeper.due(last + 20 * DAY)).done == 0
    assert (await keeper.due(last + 21 * DAY)).done == 1
    await rebuilt(keeper.desk)


async def test_what_was_refused_for_now_is_due_still(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    found = await keeper.recorded(kind="conditional_1y", valid_until=keeper.standing()["issued_on"].replace(*_next_year(keeper)))

    async def busy(*_: Any) -> bool:
        return False

    with monkeypatch.context() as patch:
        patch.setattr(handlers_followed, "_moved", busy)
        due = await keeper.due()
    assert (due.done, due.next_at) == (0, end_of_local_day(date.fromisoformat(found["valid_until"]), RULES.zone))
    due = await keeper.due()
    assert (due.done, due.next_at) == (1, None)
