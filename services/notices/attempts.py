"""One attempt of a delivery: looked up, signed, sent, written down; and what follows for the endpoint."""

import hashlib
import logging
import time
from asyncio import Semaphore
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from weakref import WeakValueDictionary

from opentelemetry.trace import SpanKind

from chassis import telemetry
from chassis.context import Context
from chassis.decider import Command
from chassis.problems import NotFound
from chassis.service import Runtime
from chassis.subject_keys import master_key
from chassis.version import VERSION
from services.notices.contract import AttemptDelivery, Attempted, GiveUp
from services.notices.deliveries import Deliveries, Ending
from services.notices.domain.endpoint import ENDPOINT, CutOffEndpoint, VerifyEndpoint
from services.notices.domain.told import PING
from services.notices.egress import Answer, Egress, Forbidden, NotSent
from services.notices.keys import EndpointKeys
from services.notices.signing import signed_headers

log = logging.getLogger(__name__)

#: An endpoint that has answered nothing well for so long is disabled.
PATIENCE = timedelta(days=5)

_GONE = 410
_LONGEST_RETRY_AFTER = timedelta(days=1).total_seconds()
_BUSY_SECONDS = 2.0
_EARLY_SECONDS = 1.0  # the clocks of two processes may differ by as much
_NO_WORD = "the attempt ended without a word"


@dataclass(frozen=True)
class Outcome:
    """What came back, or why nothing did."""

    answer: Answer | None = None
    trouble: str | None = None
    duration_ms: int = 0

    @property
    def well(self) -> bool:
        """Whether the receiver took the message."""
        return self.answer is not None and self.answer.well


class Rooms:
    """How many attempts a process makes to one endpoint at the same time."""

    def __init__(self, each: int) -> None:
        self._each = each
        self._rooms: dict[tuple[str, str], Semaphore] = {}
        self._users: Counter[tuple[str, str]] = Counter()

    def full(self, place: tuple[str, str]) -> bool:
        """Whether one more would have to wait."""
        room = self._rooms.get(place)
        return room is not None and room.locked()

    @asynccontextmanager
    async def within(self, place: tuple[str, str]) -> AsyncIterator[None]:
        """For an attempt to one endpoint, when it is its turn."""
        room = self._rooms.setdefault(place, Semaphore(self._each))
        self._users[place] += 1
        try:
            async with room:
                yield
        finally:
            self._users[place] -= 1
            if not self._users[place]:
                del self._users[place], self._rooms[place]


class Sender:
    """The attempts of one process."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._rows = Deliveries(runtime.system)
        self._keys = EndpointKeys(runtime.system, master_key(runtime.settings))
        self._egress = Egress.of(runtime.settings)
        self.rooms = Rooms(runtime.settings.webhooks_at_once_each)
        meter = telemetry.meter()
        self._made = meter.create_counter(telemetry.WEBHOOKS_ATTEMPTS, description="Attempts by what came of them")
        for outcome in ("delivered", "waiting", "failed"):
            self._made.add(0, {"outcome": outcome})

    @classmethod
    def of(cls, runtime: Runtime) -> "Sender":
        """The one of a running service: who reads events and who is asked by workflows share its rooms."""
        found = _SENDERS.get(id(runtime))
        if found is None:
            found = _SENDERS[id(runtime)] = cls(runtime)
        return found

    async def attempt(self, ask: AttemptDelivery, context: Callable[[], Awaitable[Context]]) -> Attempted:
        """Makes an attempt, unless the delivery is done with, it is too early for it, somebody else makes one, or its endpoint has its
        hands full. `context` is for what follows."""
        now = await self._runtime.clock.now()
        row = await self._rows.find(ask.agency, ask.delivery_id, now)
        if row is None or row["status"] != "waiting":
            return Attempted(over=True)
        usable = ("active", "unverified") if row["type"] == PING else ("active",)
        if row["endpoint_status"] not in usable:
            await self._rows.move(ask.agency, ask.delivery_id, await self._unsent(row))
            return Attempted(over=True)
        if row["leased_seconds"] > 0:
            return Attempted(busy=True, wait=row["leased_seconds"])
        early = (row["next_at"] - now).total_seconds() if row["next_at"] is not None else 0.0
        if early > _EARLY_SECONDS:  # who read the event made an attempt meanwhile
            return Attempted(wait=early)
        place = (ask.agency, row["endpoint_id"])
        if self.rooms.full(place):
            return Attempted(busy=True, wait=_BUSY_SECONDS)
        async with self.rooms.within(place):
            return await self.send(ask, row, context)

    async def give_up(self, ask: GiveUp) -> None:
        """The last attempt was lost with its sender."""
        now = await self._runtime.clock.now()
        await self._rows.move(ask.agency, ask.delivery_id, Ending("failed", now, trouble=_NO_WORD))

    async def _unsent(self, row: Any) -> Ending:
        now = await self._runtime.clock.now()
        if row["endpoint_status"] == "unverified":
            return Ending("held", now, trouble="unverified")
        return Ending("stopped", now, trouble=f"endpoint {row['endpoint_status']}")

    async def send(self, ask: AttemptDelivery, row: Any, context: Callable[[], Awaitable[Context]]) -> Attempted:
        """Makes an attempt at a delivery as it was found, within its endpoint's room."""
        now = await self._runtime.clock.now()
        body: bytes = row["body"].encode()
        keys = await self._keys.open(ask.agency, row["keys"])
        headers = {
            "content-type": "application/json",
            "user-agent": f"Kepil-Webhooks/{VERSION}",
            **signed_headers(keys, row["event_id"], int(self._runtime.clock.wall().timestamp()), body),
        }
        number = await self._rows.begin(ask.agency, ask.delivery_id, now, row["url"], headers, hashlib.sha256(body).hexdigest())
        outcome = await self._sent(ask.agency, row, body, headers)
        wait = None if outcome.well else _wait(outcome, ask.following)
        status = "delivered" if outcome.well else "waiting" if wait is not None else "failed"
        done = await self._runtime.clock.now()
        answer = outcome.answer
        ending = Ending(
            status,
            done,
            http_status=answer.status if answer else None,
            trouble=outcome.trouble,
            next_at=done + timedelta(seconds=wait) if wait is not None else None,
        )
        await self._rows.end(
            ask.agency,
            ask.delivery_id,
            number,
            ending,
            address=answer.address if answer else None,
            response=answer.text if answer else None,
            duration_ms=outcome.duration_ms,
        )
        self._made.add(1, {"outcome": status})
        await self._follow(ask, row, outcome, context)
        return Attempted(over=wait is None, wait=wait)

    async def _sent(self, agency: str, row: Any, body: bytes, headers: dict[str, str]) -> Outcome:
        began = time.perf_counter()
        trouble: str | None = None
        answer: Answer | None = None
        with telemetry.span(
            "POST webhook", kind=SpanKind.CLIENT, kepil__agency=agency, kepil__event_type=row["type"], kepil__case_id=row["case_id"]
        ) as span:
            traceparent = telemetry.current_traceparent()
            try:
                answer = await self._egress.post(row["url"], body, {**headers, **({"traceparent": traceparent} if traceparent else {})})
                span.set_attribute("http.response.status_code", answer.status)
                if not answer.well:
                    trouble = f"answered {answer.status}"
            except (NotSent, Forbidden) as error:
                trouble = str(error)
        return Outcome(answer, trouble, round((time.perf_counter() - began) * 1000))

    async def _follow(self, ask: AttemptDelivery, row: Any, outcome: Outcome, context: Callable[[], Awaitable[Context]]) -> None:
        agency, endpoint_id = ask.agency, row["endpoint_id"]
        if outcome.well:
            if row["failing_since"] is not None:
                await self._rows.well(agency, endpoint_id)
            if row["endpoint_status"] == "unverified":
                await self._tell(await context(), endpoint_id, VerifyEndpoint, url=row["url"])
            return
        now = await self._runtime.clock.now()
        since = await self._rows.failed(agency, endpoint_id, now)
        if outcome.answer is not None and outcome.answer.status == _GONE:
            await self._tell(await context(), endpoint_id, CutOffEndpoint, why="gone_410", note="it answered 410 Gone")
        elif now - since >= PATIENCE:
            note = f"nothing arrived since {since:%Y-%m-%d %H:%M} UTC; last: {outcome.trouble}"[:500]
            await self._tell(await context(), endpoint_id, CutOffEndpoint, why="failing", note=note)

    async def _tell(self, ctx: Context, endpoint_id: str, kind: type[Command], **fields: Any) -> None:
        try:
            await ctx.execute(ENDPOINT, endpoint_id, ctx.command(kind, **fields))
        except NotFound:
            log.warning("endpoint %s is not there", endpoint_id)


_SENDERS: WeakValueDictionary[int, Sender] = WeakValueDictionary()  # a sender keeps its runtime, so no other gets that id


def _wait(outcome: Outcome, following: float | None) -> float | None:
    """Seconds to the next attempt: as planned, or as long as the receiver asks for; None: there is no next one."""
    answer = outcome.answer
    if following is None or (answer is not None and answer.status == _GONE):
        return None
    asked = answer.retry_after if answer is not None and answer.retry_after is not None else 0.0
    return max(following, min(asked, _LONGEST_RETRY_AFTER))
