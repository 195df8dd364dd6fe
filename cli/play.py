"""Plays a scenario against a running stack on the time-skipping server, through the public REST interface with tokens of real roles."""

import asyncio
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import nats
from nats.aio.msg import Msg
from temporalio.client import Client

from chassis.issuer import development_token
from chassis.messaging import Envelope
from chassis.settings import Settings
from cli.errors import Explained
from cli.scenario import Actor, Scenario, Step, combinations, filled, reckon
from cli.skipping import LegalTime
from cli.timeline import Timeline

#: Events that begin a lifecycle, and the member that is its workflow's id.
_LIFECYCLES = {"ApplicationRegistered": "case_id", "CertificateIssued": "certificate_id"}


class Unexpected(Explained):
    """A request went otherwise than the scenario says."""


class Play:
    """One playing of one scenario."""

    def __init__(self, scenario: Scenario, settings: Settings, urls: dict[str, str], timeline: Timeline) -> None:
        self._scenario = scenario
        self._settings = settings
        self._urls = urls
        self._timeline = timeline
        self._zone = ZoneInfo(scenario.zone)
        self._names: dict[str, Any] = {alias: paper.reference() for alias, paper in scenario.documents.items()}
        self._tokens: dict[str, str] = {}

    async def run(self) -> dict[str, Any]:
        """Every step in order; the names that the scenario saved. Unexpected."""
        client = await Client.connect(self._urls["temporal"])
        connection = await nats.connect(self._urls["nats"])
        async with httpx.AsyncClient(timeout=30) as http:
            try:
                self._http = http
                services = {name: self._urls[name] for name in self._timeline.catalogues}
                self._time = LegalTime(client, connection.jetstream(), http, services)
                await connection.subscribe("kepil.>", cb=self._received)
                self._flush = connection.flush
                for step in self._scenario.steps:
                    await self._step(step)
                await self._settled()
            finally:
                await connection.close()
        return self._names

    async def _received(self, message: Msg) -> None:
        envelope = Envelope.model_validate_json(message.data)
        lifecycle = _LIFECYCLES.get(envelope.type_name)
        if lifecycle:
            self._time.follow(envelope.data[lifecycle])
        self._timeline.event(envelope)

    async def _settled(self) -> None:
        await self._flush()
        await self._time.settle()
        await self._flush()
        await asyncio.sleep(0)

    async def _step(self, step: Step) -> None:
        await self._settled()
        self._timeline.step(step.name)
        self._names["today"] = (await self._time.now()).astimezone(self._zone).date()
        for name, rule in step.dates.items():
            self._names[name] = reckon(rule, self._names, self._scenario.country)
        if step.until:
            await self._pass_until(self._names[step.until], step.hour)
        for values in combinations(step):
            self._names |= values
            actor = self._scenario.actors[filled(step.actor, self._names)] if step.actor else None
            if step.post and actor:
                await self._post(step, actor, filled(step.post, self._names))
            if step.get:
                await self._get(step, actor, filled(step.get, self._names))

    async def _pass_until(self, day: date, hour: int) -> None:
        await self._time.advance_to(datetime.combine(day, time(hour), self._zone).astimezone(UTC))
        await self._settled()
        self._names["today"] = (await self._time.now()).astimezone(self._zone).date()

    async def _post(self, step: Step, actor: Actor, path: str) -> None:
        url = self._url(path)
        headers = {"authorization": f"Bearer {self._token(actor)}", "idempotency-key": uuid4().hex}
        version = await self._version(actor, url)
        if version:
            headers["if-match"] = version
        answer = await self._http.post(url, json=filled(step.body, self._names), headers=headers)
        if step.refused:
            await self._expect_refusal(step, actor, answer)
            return
        if answer.status_code >= 300:
            raise Unexpected(f"{step.name or path}: {answer.status_code} {answer.text}")
        if step.save:
            self._names[step.save] = answer.json()["id"]
        await self._settled()

    async def _expect_refusal(self, step: Step, actor: Actor, answer: httpx.Response) -> None:
        assert step.refused is not None
        problem = answer.json()
        slug = problem.get("type", "").rpartition(":")[2]
        wanted = step.refused
        if answer.status_code < 400 or slug != wanted.problem or (wanted.clause and problem.get("clause") != wanted.clause):
            raise Unexpected(f"{step.name}: expected a refusal ({wanted}), got {answer.status_code} {answer.text}")
        self._timeline.refused(await self._time.now(), actor.subject, problem)

    async def _get(self, step: Step, actor: Actor | None, path: str) -> None:
        answer = await self._http.get(self._url(path), headers=self._authorization(actor))
        if answer.status_code >= 300:
            raise Unexpected(f"{step.name or path}: {answer.status_code} {answer.text}")
        content = answer.json()
        for name, member in step.keep.items():
            self._names[name] = _dates(_member(content, member))
        kept = ", ".join(f"{name.replace('_', ' ')} {self._names[name]}" for name in step.keep)
        self._timeline.note(await self._time.now(), f"GET {path.partition('?')[0]} → {kept}")

    async def _version(self, actor: Actor, url: str) -> str | None:
        """The ETag of the resource that a command is about: the path without its last part."""
        for reader in (actor, Actor(role="auditor", subject="demo.auditor")):
            answer = await self._http.get(url.rpartition("/")[0], headers=self._authorization(reader))
            if answer.status_code == 200:
                return str(answer.headers["etag"])
        return None

    def _url(self, path: str) -> str:
        service, _, rest = path.partition("/")
        return f"{self._urls[service]}/{rest}"

    def _authorization(self, actor: Actor | None) -> dict[str, str]:
        return {"authorization": f"Bearer {self._token(actor)}"} if actor else {}

    def _token(self, actor: Actor) -> str:
        known = self._tokens.get(actor.subject)
        if known is None:
            known = self._tokens[actor.subject] = development_token(
                self._settings, subject=actor.subject, roles=[actor.role], agency=self._scenario.agency, institution=actor.institution
            )
        return known


def _member(content: Any, path: str) -> Any:
    for part in path.split("."):
        content = content[int(part)] if part.isdigit() else content[part]
    return content


def _dates(value: Any) -> Any:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return value
