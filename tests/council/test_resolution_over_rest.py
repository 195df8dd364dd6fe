"""A follow-up over REST: it comes before the council, is decided at a meeting, delivered, published, corrected; rebuilt it is the same."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from chassis.auth import Role
from chassis.context import Context
from chassis.issuer import development_token, issuer_app
from chassis.rebuild import compare
from chassis.service import Runtime, build_app, key_ring, migrate_all, open_runtime
from cli.supervisor import Stack
from regulations import local_date
from services.council import handlers_resolutions
from services.council.app import SERVICE
from services.council.contract import OpenResolution
from services.council.readmodels_resolutions import resolutions
from tests.chassis.servers import free_port, serving
from tests.council.resolutions import MEMBERS, PUBLISHED, RULES, SAPATTUU, SUSPENDED, UNFULFILLED

FIVE_DAYS = timedelta(days=5)


class Desk:
    """One agency before council's REST interface."""

    def __init__(self, runtime: Runtime, http: httpx.AsyncClient, agency: str, now: datetime) -> None:
        self.runtime = runtime
        self.http = http
        self.agency = agency
        self.today = local_date(now, RULES.zone)

    def headers(self, role: Role, institution: str = "oshgu") -> dict[str, str]:
        token = development_token(self.runtime.settings, subject=role, roles=[role], agency=self.agency, institution=institution)
        return {"authorization": f"Bearer {token}"}

    async def context(self, days_ago: int = 0) -> Context:
        now = await self.runtime.context(agency=self.agency, actor="workflow:test")
        now.at -= timedelta(days=days_ago)
        return now

    async def get(self, path: str, role: Role = Role.auditor) -> Any:
        answer = await self.http.get(f"/v1/{path}", headers=self.headers(role))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any, role: Role = Role.coordinator) -> httpx.Response:
        headers = {**self.headers(role), "idempotency-key": str(uuid4())}
        if "/" in path:
            resource = await self.http.get(f"/v1/{path.rpartition('/')[0]}", headers=self.headers(Role.auditor))
            headers["if-match"] = resource.headers["etag"]
        return await self.http.post(f"/v1/{path}", json=body, headers=headers)

    async def accepted(self, path: str, body: Any, role: Role = Role.coordinator) -> str:
        answer = await self.post(path, body, role)
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json()["id"])

    async def refused(self, path: str, body: Any, clause: str, role: Role = Role.coordinator) -> dict[str, Any]:
        answer = await self.post(path, body, role)
        assert (answer.status_code, answer.json().get("clause")) == (409, clause), answer.text
        return dict(answer.json())

    async def brought(self, days_ago: int = 0, **fields: Any) -> str:
        """A follow-up comes before the council, as a lifecycle brings it: asked twice."""
        known: dict[str, Any] = {
            "decision_id": str(uuid4()),
            "followup_id": str(uuid4()),
            "cycle_id": str(uuid4()),
            "certificate_id": str(uuid4()),
            "institution_id": "oshgu",
            "rulebook": RULES.ref,
            "kind": "conditional_3y",
            "fulfilment": (("r-1", "fulfilled"), ("r-2", "not_fulfilled")),
            "valid_until": self.today + timedelta(days=90),
        }
        request = OpenResolution(agency=self.agency, **{**known, **fields})
        await handlers_resolutions.open_resolution(await self.context(days_ago), request)
        await handlers_resolutions.open_resolution(await self.context(days_ago), request)
        return request.decision_id

    async def met(self, *agenda: str, council: str = "", held_on: date | None = None) -> str:
        """A meeting of all members, with these matters on its agenda; today, unless it is said that it was earlier."""
        council, day = council or await self.council(), held_on or self.today
        met = await self.accepted("meetings", {"council_id": council, "held_on": day.isoformat(), "agenda": agenda})
        attendance = {"present": MEMBERS, "presiding_statement": "All are present.", "presided_by": "aigul"}
        await self.accepted(f"meetings/{met}/attendance", attendance)
        return met

    async def council(self) -> str:
        members = [{"member_id": member, "name": f"Name of {member}"} for member in MEMBERS]
        book = {"rulebook_id": RULES.id, "rulebook_version": RULES.version}
        return await self.accepted("councils", {**book, "members": members}, Role.director)


@pytest_asyncio.fixture
async def desk(servers: Stack, agency: str) -> AsyncIterator[Desk]:
    """Council in this process, before real servers and a real issuer."""
    settings = servers.settings()
    settings = settings.model_copy(update={"ports": {**settings.ports, "issuer": free_port()}})
    await migrate_all([SERVICE], settings)
    app = build_app(SERVICE, settings)
    async with open_runtime(SERVICE, settings) as runtime, serving(issuer_app(settings), settings.port("issuer")):
        app.state.runtime, app.state.authenticator = runtime, runtime.authenticator
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://council") as http:
            yield Desk(runtime, http, agency, await runtime.clock.now())


def motion(desk: Desk, met: str, **fields: Any) -> dict[str, Any]:
    """Publish and suspend, by four votes of five."""
    until = (desk.today + timedelta(days=60)).isoformat()
    return {
        "meeting_id": met,
        "protocol_number": "4",
        "decisions": [PUBLISHED.model_dump(exclude_none=True), {"word": SUSPENDED.word, "until": until}],
        "grounds": "One recommendation is not fulfilled.",
        "votes_for": 4,
        "votes_against": 1,
        "presiding_statement": {"presided_by": "aigul", "outcome": SUSPENDED.word, "reasons": "Four of five."},
        **fields,
    }


@pytest.mark.clause(SAPATTUU, "I.3.a", "3.1", "3.2.s1", "3.3", "3.3.a", "3.3.b.s1", "3.4")
async def test_a_follow_up_is_decided_delivered_published_and_corrected(desk: Desk) -> None:
    decision = await desk.brought()
    about, today = f"resolutions/{decision}", desk.today.isoformat()
    assert [each["decision_id"] for each in (await desk.get("resolutions?adopted=false"))["items"]] == [decision]
    council = await desk.council()
    met = await desk.met(decision, council=council)
    unstated = motion(desk, met)
    del unstated["presiding_statement"]
    assert (await desk.refused(f"{about}/adoption", unstated, "3.2.s1"))["setting"] == "council_majority"
    endless = motion(desk, met, decisions=[{"word": SUSPENDED.word}])
    await desk.refused(f"{about}/adoption", endless, "3.3.b.s1")
    await desk.refused(f"{about}/delivery", {"outgoing_number": "1", "sent_on": today, "delivered_on": today}, "3.4")
    await desk.accepted(f"{about}/adoption", motion(desk, met), Role.director)
    adopted = await desk.get(about)
    assert (adopted["ground"], adopted["brought_on"], adopted["adopted_on"]) == (UNFULFILLED, None, today)
    assert [each["word"] for each in adopted["decisions"]] == [PUBLISHED.word, SUSPENDED.word]
    assert date.fromisoformat(adopted["notice_due_on"]) >= desk.today + FIVE_DAYS
    assert adopted["in_time"] is None

    minutes = {"document": {"kind": "minutes", "name": "Minutes", "sha256": "a" * 64}, "presided_by": "aigul", "secretary": "saule"}
    assert "number 4" in (await desk.post(f"meetings/{met}/minutes", {**minutes, "protocol_number": "5"})).json()["detail"]
    await desk.accepted(f"meetings/{met}/minutes", {**minutes, "protocol_number": "4"})
    again = {"council_id": council, "held_on": today, "agenda": [decision]}
    assert (await desk.post("meetings", again)).status_code == 409

    await desk.accepted(f"{about}/delivery", {"outgoing_number": "01-7/55", "sent_on": today, "delivered_on": today})
    await desk.accepted(f"{about}/publication", {"text": "Shorter."}, Role.director)
    told = await desk.get(about, Role.institution_officer)
    assert (told["in_time"], told["recused"], told["published_text"], told["approved_by"]) == (True, None, "Shorter.", Role.director)
    history = await desk.get(f"{about}/history")
    kinds = [each["type"] for each in history]
    assert kinds == ["ResolutionOpened", "ResolutionAdopted", "ResolutionDelivered", "InformationPublished"]
    assert [each["id"] for each in history[2]["clauses"]] == ["3.4"]

    wrong = {"version": 3, "corrected": {"sent_on": "2020-01-01"}, "reason": "A slip."}
    assert (await desk.post(f"{about}/corrections", wrong, Role.director)).status_code == 409
    right = {"version": 3, "corrected": {"outgoing_number": "01-7/56"}, "reason": "A slip."}
    await desk.accepted(f"{about}/corrections", right, Role.director)
    assert (await desk.get(about))["outgoing_number"] == "01-7/56"
    using = desk.runtime.settings
    catalogues = {each.service: each for each in (SERVICE.events, *SERVICE.foreign)}
    served, rebuilt = await compare(using, SERVICE.events, catalogues, resolutions, lambda pool: key_ring(using, pool))
    assert served == rebuilt


@pytest.mark.clause(SAPATTUU, "3.4")
async def test_what_is_delivered_after_the_fifth_day_is_shown_late_though_it_was_sent_in_time(desk: Desk) -> None:
    """What was decided twenty days ago and is recorded today."""
    ago = desk.today - timedelta(days=20)
    decision = await desk.brought(days_ago=20)
    about, met = f"resolutions/{decision}", await desk.met(decision, held_on=ago)
    await desk.accepted(f"{about}/adoption", motion(desk, met))
    adopted = await desk.get(about)
    due = date.fromisoformat(adopted["notice_due_on"])
    assert (adopted["adopted_on"], adopted["in_time"]) == (ago.isoformat(), None)
    late = {"outgoing_number": "1", "sent_on": ago.isoformat(), "delivered_on": (due + timedelta(days=1)).isoformat()}
    await desk.accepted(f"{about}/delivery", late)
    assert (await desk.get(about))["in_time"] is False
    right = {"version": 3, "corrected": {"delivered_on": due.isoformat()}, "reason": "A slip."}
    await desk.accepted(f"{about}/corrections", right, Role.director)
    assert (await desk.get(about))["in_time"] is True


async def test_each_role_is_offered_its_own_and_another_institution_sees_nothing(desk: Desk) -> None:
    decision = await desk.brought()
    about = f"resolutions/{decision}"

    async def offered(role: Role) -> set[str]:
        return {action["name"] for action in (await desk.get(about, role))["allowed_actions"]}

    assert await offered(Role.coordinator) == await offered(Role.director) == {"adopt_resolution"}
    assert await offered(Role.institution_officer) == set()
    await desk.accepted(f"{about}/adoption", motion(desk, await desk.met(decision)))
    assert await offered(Role.coordinator) == {"deliver_resolution"}
    assert await offered(Role.director) == {"publish_information"}
    stranger = desk.headers(Role.institution_officer, "other")
    assert (await desk.http.get(f"/v1/{about}", headers=stranger)).status_code == 404
    assert (await desk.http.get("/v1/resolutions", headers=stranger)).json()["items"] == []
    assert (await desk.http.get(f"/v1/{about}/history", headers=stranger)).status_code == 403


async def test_a_matter_that_is_not_before_the_council_is_on_no_agenda(desk: Desk) -> None:
    council = await desk.council()
    agenda = {"council_id": council, "held_on": desk.today.isoformat(), "agenda": [str(uuid4())]}
    assert (await desk.post("meetings", agenda)).status_code == 404
