"""Cases of order 109 driven over REST by a limited number of portals at once, as far as they go on one day; and what
the logs hold of them."""

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg
import orjson

from bench.client import Client
from bench.exactly import Step
from bench.subject import institution
from chassis.auth import Role
from chassis.ids import new_id
from chassis.issuer import development_token
from chassis.migrations import admin_connection
from chassis.settings import Settings

SERVICES = ("intake", "review", "visits", "council", "monitoring")
RULEBOOK = {"rulebook_id": "kz-109-2008-accreditation", "rulebook_version": "2008-03-05"}
_CHAIR = "expert.chair"
_LOOK_SECONDS = 0.05
_PATIENCE = 300.0

# A deadline's id tells nothing of its case's, and of its rule nothing either: both are in its first event.
_STEPS = """
SELECT type || coalesce(' ' || (data->>'rule'), '') AS kind, data->>'case_id' AS case_id, count(*) AS times, min(recorded_at) AS first
FROM events WHERE agency = $1 AND data->>'case_id' IS NOT NULL GROUP BY 1, 2
"""
_OPENED = "SELECT data->>'case_id' AS case_id FROM events WHERE agency = $1 AND type = $2"


@dataclass
class Case:
    """One case; `version` is its application's."""

    officer: str
    institution_id: str
    case_id: str = ""
    version: int = 0


@dataclass
class Portals:
    """So many commands at once and no more; keeps how long each took from its first byte to the last of its answer."""

    using: Settings
    agency: str
    at_once: int
    took: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._turn = asyncio.Semaphore(self.at_once)
        self._idle: dict[str, list[Client]] = {service: [] for service in SERVICES}
        self._tokens = {role: self._token(role) for role in (Role.coordinator, Role.director)}

    def officer(self, institution_id: str) -> str:
        """A token of the institution's officer."""
        return self._token(Role.institution_officer, institution_id)

    def _token(self, role: Role, institution_id: str | None = None) -> str:
        return development_token(self.using, subject=f"bench.{role}", roles=[role], agency=self.agency, institution=institution_id)

    async def command(self, who: Role | str, service: str, path: str, body: Any, *, version: int | None = None) -> dict[str, Any]:
        """The answer of a command that must be accepted, sent with a role's token or the given one."""
        token = self._tokens[who] if isinstance(who, Role) else who
        async with self._turn:
            client = self._idle[service].pop() if self._idle[service] else Client(self.using.url(service))
            began = time.perf_counter()
            answer = await client.post(path, body, token, version=version)
            self.took.append(time.perf_counter() - began)
            self._idle[service].append(client)
        if answer.status not in (200, 201):
            raise RuntimeError(f"{service} answered {answer.status} to {path}: {answer.body.decode()}")
        return dict(orjson.loads(answer.body))

    def close(self) -> None:
        """Ends the connections."""
        for clients in self._idle.values():
            for client in clients:
                client.close()


def paper(kind: str) -> dict[str, str]:
    """A reference to a document that nobody else has."""
    return {"kind": kind, "name": f"{kind}.pdf", "sha256": hashlib.sha256(new_id().encode()).hexdigest()}


async def prepare(portals: Portals, count: int) -> list[Case]:
    """An agency with so many institutions, each of which has filed a complete application."""
    await portals.command(Role.director, "intake", "/v1/rulebook-adoptions", {**RULEBOOK, "reason": "The agency's own procedure"})
    expert = {"expert_id": _CHAIR, "name": "Chair of the commission", "email": "chair@example.org"}
    await portals.command(Role.coordinator, "visits", "/v1/experts", expert)
    cases = [Case(portals.officer(institution_id), institution_id) for institution_id in (new_id() for _ in range(count))]
    await asyncio.gather(*(_file(portals, case) for case in cases))
    return cases


async def _file(portals: Portals, case: Case) -> None:
    await portals.command(Role.coordinator, "intake", "/v1/institutions", institution(case.institution_id))
    application = {
        **RULEBOOK,
        "institution_id": case.institution_id,
        "kind": "institutional",
        "levels": ["higher"],
        "standards": "Standards of the agency",
        "standards_version": "2026",
        "documents": [paper(kind) for kind in ("application", "state_licence", "licence_annexes")],
    }
    filed = await portals.command(case.officer, "intake", "/v1/applications", application)
    case.case_id, case.version = filed["id"], filed["version"]


async def register(portals: Portals, case: Case) -> None:
    """The command that a lifecycle begins with."""
    path = f"/v1/applications/{case.case_id}/registration"
    number = {"number": case.case_id}
    case.version = (await portals.command(Role.coordinator, "intake", path, number, version=case.version))["version"]


async def drive(portals: Portals, case: Case, opened: "Opened") -> None:
    """From the contract to the formed panel; where the lifecycle has the next step, its portal waits for it."""
    signature = {"contract_number": case.case_id, "signatory_name": "Rector"}
    for who in (case.officer, Role.director):
        path = f"/v1/applications/{case.case_id}/contract-signatures"
        case.version = (await portals.command(who, "intake", path, signature, version=case.version))["version"]
    await opened.wait("SelfAssessmentOpened", case.case_id)
    version = 1
    steps: list[tuple[Role | str, str, Any]] = [
        (case.officer, "electronic", paper("self_assessment_report")),
        (Role.coordinator, "paper", {"incoming_number": "209"}),
        (Role.coordinator, "review", {"findings": "It follows the standards."}),
        (Role.coordinator, "recommendations", {"recommendations": ["Publish the graduate surveys."]}),
    ]
    for who, step, body in steps:
        version = (await portals.command(who, "review", f"/v1/reports/{case.case_id}/{step}", body, version=version))["version"]
    await opened.wait("VisitOpened", case.case_id)
    panel = {"statute_act": "Order No. 21", "members": [{"expert_id": _CHAIR, "role": "chair"}]}
    await portals.command(Role.coordinator, "visits", f"/v1/visits/{case.case_id}/panel", panel, version=1)


class Logs:
    """The logs of all services, read as their owner."""

    def __init__(self, connections: Mapping[str, asyncpg.Connection], agency: str) -> None:
        self._connections = connections
        self._agency = agency

    async def steps(self) -> tuple[dict[Step, int], dict[Step, datetime]]:
        """How often each step of each case stands in the logs, and when it was recorded first."""
        times: Counter[Step] = Counter()
        first: dict[Step, datetime] = {}
        for service, connection in self._connections.items():
            for row in await connection.fetch(_STEPS, self._agency):
                step = (service, row["kind"], row["case_id"])
                times[step] = row["times"]
                first[step] = row["first"]
        return dict(times), first

    async def having(self, service: str, kind: str) -> set[str]:
        """The cases in which this has happened."""
        return {row["case_id"] for row in await self._connections[service].fetch(_OPENED, self._agency, kind)}

    async def until(self, service: str, kind: str, cases: Collection[str]) -> None:
        """Until it has happened in all; TimeoutError with how many are missing."""
        end = time.monotonic() + _PATIENCE
        while missing := set(cases) - await self.having(service, kind):
            if time.monotonic() > end:
                raise TimeoutError(f"{kind} was lost in {len(missing)} of {len(cases)} cases, such as {min(missing)}")
            await asyncio.sleep(_LOOK_SECONDS)


@asynccontextmanager
async def open_logs(using: Settings, agency: str) -> AsyncIterator[Logs]:
    """A connection to each service's database."""
    connections = {service: await admin_connection(using, service) for service in SERVICES}
    try:
        yield Logs(connections, agency)
    finally:
        for connection in connections.values():
            await connection.close()


class Opened:
    """What lifecycles open, looked for in the logs by one reader for all portals, so that no portal asks again and again."""

    KINDS: Mapping[str, str] = {"SelfAssessmentOpened": "review", "VisitOpened": "visits"}

    def __init__(self, logs: Logs, cases: Collection[str]) -> None:
        self._logs = logs
        self._events = {(kind, case_id): asyncio.Event() for kind in self.KINDS for case_id in cases}

    async def wait(self, kind: str, case_id: str) -> None:
        """Until the lifecycle of the case has opened it; TimeoutError if it never does."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._events[kind, case_id].wait()
        except TimeoutError:
            raise TimeoutError(f"{kind} of case {case_id} is lost: not there after {_PATIENCE:.0f} s") from None

    async def look(self) -> None:
        """Until all is open or this is cancelled."""
        while not all(event.is_set() for event in self._events.values()):
            for kind, service in self.KINDS.items():
                for case_id in await self._logs.having(service, kind):
                    self._events[kind, case_id].set()
            await asyncio.sleep(_LOOK_SECONDS)
