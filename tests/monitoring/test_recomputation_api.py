"""What a person does when a religious date was announced: find what another calendar computed, and have it computed anew."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest_asyncio

from chassis.auth import Role
from chassis.issuer import development_token, issuer_app
from chassis.service import Runtime, build_app, migrate_all, open_runtime
from cli.supervisor import Stack
from regulations import calendar_for, compute
from services.monitoring.app import SERVICE
from services.monitoring.domain import deadline as domain
from services.monitoring.domain.deadline import DEADLINE, SetDeadline
from services.monitoring.recomputation import ACTOR, recompute_outdated
from tests.chassis.servers import free_port, serving
from tests.monitoring.test_recomputation import ANNOUNCED, KURBAN_AIT, RULES


class Register:
    """The deadline register of one agency over HTTP."""

    def __init__(self, runtime: Runtime, http: httpx.AsyncClient, agency: str) -> None:
        self.runtime = runtime
        self._http = http
        self.agency = agency

    async def set(self, anchor_on: date) -> str:
        """A deadline, computed by whatever the calendar is."""
        context = await self.runtime.context(agency=self.agency, actor="workflow:case-1")
        id_ = str(uuid4())
        ids = {"deadline_id": id_, "case_id": "case-1", "workflow_id": "case-1", "institution_id": "kaznu"}
        command = context.command(SetDeadline, **ids, rulebook=RULES.ref, rule="visit_report", anchor_on=anchor_on)
        await context.execute(DEADLINE, id_, command, create=True)
        return id_

    async def get(self, path: str, as_: Role = Role.auditor, **query: Any) -> httpx.Response:
        """As an auditor, unless somebody else asks."""
        return await self._http.get(path, params=query, headers=self._headers(as_))

    async def outdated(self, value: bool) -> list[str]:
        """The ids of the deadlines that are, or are not, outdated."""
        return [item["deadline_id"] for item in (await self.get("/v1/deadlines", outdated=value)).json()["items"]]

    async def recompute(self, id_: str, etag: str | None, role: Role = Role.coordinator, key: str | None = None) -> httpx.Response:
        """The command."""
        headers = {**self._headers(role), "idempotency-key": key or str(uuid4()), **({"if-match": etag} if etag else {})}
        return await self._http.post(f"/v1/deadlines/{id_}/recomputation", headers=headers)

    def _headers(self, role: Role) -> dict[str, str]:
        token = development_token(self.runtime.settings, subject=role, roles=[role], agency=self.agency, institution="kaznu")
        return {"authorization": f"Bearer {token}"}


@pytest_asyncio.fixture
async def register(servers: Stack, agency: str) -> AsyncIterator[Register]:
    """Monitoring in this process, before real servers and a real issuer."""
    settings = servers.settings()
    settings = settings.model_copy(update={"ports": {**settings.ports, "issuer": free_port()}})
    await migrate_all([SERVICE], settings)
    app = build_app(SERVICE, settings)
    async with open_runtime(SERVICE, settings) as runtime, serving(issuer_app(settings), settings.port("issuer")):
        app.state.runtime, app.state.authenticator = runtime, runtime.authenticator
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://monitoring") as http:
            yield Register(runtime, http, agency)


async def test_what_an_estimate_set_is_found_and_recomputed(register: Register, monkeypatch: Any) -> None:
    monkeypatch.setattr(domain, "calendar_for", lambda country: ANNOUNCED)
    old = await register.set(KURBAN_AIT)
    monkeypatch.undo()
    present = await register.set(KURBAN_AIT)
    assert (await register.outdated(True), await register.outdated(False)) == ([old], [present])

    before = await register.get(f"/v1/deadlines/{old}")
    answer = await register.recompute(old, before.headers["etag"], key="one")
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    assert [event["type"] for event in answer.json()["events"]] == ["DeadlineRecomputed"]
    assert (await register.recompute(old, before.headers["etag"], key="one")).json() == answer.json()

    shown = (await register.get(f"/v1/deadlines/{old}")).json()
    expected = compute(RULES, "visit_report", KURBAN_AIT)
    assert (before.json()["due_on"], shown["due_on"], shown["first_due_on"]) == ("2026-06-02", "2026-06-01", "2026-06-02")
    assert shown["due_on"] == expected.due_on.isoformat()
    assert (shown["calendar_version"], shown["estimated"]) == (calendar_for("KZ").version, True)
    assert shown["recomputation_reason"].startswith(f"The calendar {ANNOUNCED.version} has become")
    assert await register.outdated(True) == []
    again = await register.recompute(old, '"2"')
    assert (again.status_code, again.json()["events"]) == (200, [])


async def test_it_needs_the_version_that_was_read_and_a_coordinator_or_director(register: Register) -> None:
    id_ = await register.set(KURBAN_AIT)
    assert (await register.recompute(id_, None)).status_code == 428
    assert (await register.recompute(id_, '"7"')).status_code == 412
    assert (await register.recompute(str(uuid4()), '"1"')).status_code == 404
    answers = {role: (await register.recompute(id_, '"1"', role)).status_code for role in Role}
    assert {role for role, status in answers.items() if status == 200} == {Role.coordinator, Role.director}
    assert {status for role, status in answers.items() if role not in (Role.coordinator, Role.director)} == {403}


async def test_a_release_with_another_calendar_recomputes_what_is_open_when_it_starts(register: Register, monkeypatch: Any) -> None:
    monkeypatch.setattr(domain, "calendar_for", lambda country: ANNOUNCED)
    old = await register.set(KURBAN_AIT)
    monkeypatch.undo()

    assert await recompute_outdated(register.runtime) >= 1

    found = (await register.get(f"/v1/deadlines/{old}")).json()
    assert (found["calendar_version"], found["state"]) == (calendar_for(RULES.country).version, "open")
    history = (await register.get(f"/v1/deadlines/{old}/history")).json()
    assert [(each["type"], each["actor"]) for each in history][-1] == ("DeadlineRecomputed", ACTOR)
    assert await recompute_outdated(register.runtime) == 0
