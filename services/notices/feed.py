"""What arrives, in the order in which it arrived here, none left out: read from the logs, told when they grow.

A position is a place in the logs of this database, other services' events and its own, which one counter of transactions orders. No
rebuild of a read model moves it.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from sqlalchemy import Select, bindparam, literal_column, select, text, union_all

from chassis.context import Context
from chassis.positions import START, LogPosition
from chassis.postgres import open_connection
from chassis.problems import Invalid
from chassis.service import Runtime
from services.notices.domain.told import TYPES, chosen
from services.notices.readmodels_timeline import timeline
from services.notices.timeline import Placed, inbox, own_log, placed, told

log = logging.getLogger(__name__)

END = "end"

CHANNEL = "timeline"
_LOOK = 200
_UNSETTLED_SECONDS = 0.05
_IDLE_SECONDS = 5.0  # a ring may be lost
#: An event whose institution is not known holds up that of an institution for so long: another service's may say it yet.
_KNOWN_WITHIN = timedelta(seconds=10)

_HORIZON = "pg_snapshot_xmin(pg_current_snapshot())"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of the events that the caller may read."""

    case_id: str | None = None
    institution_id: str | None = None
    type: str | None = None

    def has(self, place: Placed) -> bool:
        """Whether it is one of them."""
        return (
            self.case_id in (None, place.case_id)
            and self.institution_id in (None, place.institution_id)
            and (self.type is None or chosen(place.row["type"], (self.type,)))
        )


@dataclass(frozen=True, slots=True)
class News:
    """Events after a position, and the position to go on after. `waits`: others have come that cannot be told in order yet."""

    items: list[dict[str, Any]]
    after: LogPosition
    more: bool
    waits: bool


async def position(ctx: Context, after: str | None, *, otherwise: LogPosition | None = START) -> LogPosition:
    """The position that a caller names; `otherwise` where he names none, and the end of the logs where that is None. Invalid."""
    if after is None and otherwise is not None:
        return otherwise
    if after in (None, END):
        row = await ctx.row(select(literal_column(f"{_HORIZON}::text").label("xid")))
        assert row is not None
        return LogPosition(int(row["xid"]), 0)
    try:
        there = LogPosition.parse(str(after))
        if not (0 <= there.xid < 2**63 and 0 <= there.position < 2**63):
            raise ValueError(after)
    except ValueError as error:
        raise Invalid("this is no position of the feed", errors=[{"pointer": "#/query/after", "detail": "no position"}]) from error
    return there


async def news(ctx: Context, after: LogPosition, wanted: Wanted, most: int) -> News:
    """At most `most` events after a position; fewer, or none, where many others lie between."""
    own = ctx.own_institution
    arrivals = await ctx.rows(_arrivals(ctx.agency, after))
    rows = await ctx.rows(select(timeline.table).where(timeline.c.event_id.in_([row["id"] for row in arrivals]))) if arrivals else []
    places = {place.row["event_id"]: place for place in await placed(ctx, rows)}
    picked: list[tuple[Placed, LogPosition]] = []
    more, waits = len(arrivals) == _LOOK, False
    for row in arrivals:
        place = places.get(row["id"])  # what nobody is known to have done has none
        waits = not row["settled"] or (own is not None and place is not None and _whose_is_unknown(place))
        if waits or len(picked) == most:
            more = not waits
            break
        after = LogPosition(int(row["xid"]), row["place"])
        if place is not None and wanted.has(place) and (own is None or (place.row["type"] in TYPES and place.institution_id == own)):
            picked.append((place, after))
    positions = {place.row["event_id"]: str(there) for place, there in picked}
    items = await told(ctx, [place for place, _ in picked])
    return News([{**each, "position": positions[each["event_id"]]} for each in items], after, more, waits)


def _arrivals(agency: str, after: LogPosition) -> Select[Any]:
    came = (_after(inbox, "inbox", "arrival", agency), _after(own_log, "events", "position", agency))
    return select(
        union_all(*(select(each.subquery()) for each in came)).order_by(text("num"), text("place")).limit(_LOOK).subquery()
    ).params(after_xid=str(after.xid), after_place=after.position)


def _after(table: Any, name: str, place: str, agency: str) -> Select[Any]:
    """What a log has after a position, of which `xid` is read as text: its type is PostgreSQL's own."""
    later = text(f"({name}.xid, {name}.{place}) > (CAST(CAST(:after_xid AS text) AS xid8), CAST(:after_place AS bigint))")
    query = select(
        literal_column(f"{name}.xid::text").label("xid"),
        literal_column(f"{name}.xid").label("num"),
        table.c[place].label("place"),
        literal_column(f"{name}.xid < {_HORIZON}").label("settled"),
        table.c.event_id.label("id"),
    )
    later = later.bindparams(bindparam("after_xid"), bindparam("after_place"))
    return query.where(table.c.agency == agency, later).order_by(text(f"{name}.xid"), text(f"{name}.{place}")).limit(_LOOK)


def _whose_is_unknown(place: Placed) -> bool:
    """Whether an institution may be told of an event, and which one is not known yet."""
    if place.institution_id is not None or place.row["type"] not in TYPES:
        return False
    return bool(datetime.now(UTC) - place.row["recorded_at"] < _KNOWN_WITHIN)


class Ear:
    """Hears that logs have grown: one connection of a process, for as long as somebody of it listens."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]]) -> None:
        self._connect = connect
        self._heard: set[asyncio.Event] = set()
        self._connection: asyncpg.Connection | None = None
        self._connecting = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[asyncio.Event]:
        """An event that is set whenever something has come."""
        heard = asyncio.Event()
        self._heard.add(heard)
        try:
            await self.attend()
            yield heard
        finally:
            self._heard.discard(heard)
            if not self._heard and self._connection is not None:
                connection, self._connection = self._connection, None
                connection.terminate()

    async def attend(self) -> None:
        """Opens the connection where there is none; without one its holders look by themselves."""
        async with self._connecting:
            if self._connection is not None and not self._connection.is_closed():
                return
            try:
                connection = await self._connect()
                await connection.add_listener(CHANNEL, self._ring)
                self._connection = connection
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.info("nobody says when events come: %s", error or type(error).__name__)

    def _ring(self, *_: object) -> None:
        for heard in self._heard:
            heard.set()


def ear_of(state: Any, runtime: Runtime) -> Ear:
    """The one of this process."""
    if not hasattr(state, "ear"):
        state.ear = Ear(lambda: open_connection(runtime.settings, "kepil_api", runtime.service.name))
    ear: Ear = state.ear
    return ear


async def follow(
    ctx: Context, runtime: Runtime, ear: Ear, after: LogPosition, wanted: Wanted, seconds: float, most: int
) -> AsyncGenerator[News, None]:
    """What comes after a position, as it comes, for so many seconds or until the process ends; every five seconds at least, if nothing."""
    loop = asyncio.get_running_loop()
    over = loop.time() + seconds
    async with ear.listening() as heard:
        while True:
            heard.clear()
            found = await news(ctx, after, wanted, most)
            after = found.after
            yield found
            left = over - loop.time()
            if runtime.ending.is_set() or left <= 0:
                return
            if not found.more:
                await _until((heard, runtime.ending), min(left, _UNSETTLED_SECONDS if found.waits else _IDLE_SECONDS))
                await ear.attend()


async def _until(signs: tuple[asyncio.Event, ...], seconds: float) -> None:
    """Until one of the signs, or the time is over."""
    waiting = [asyncio.create_task(sign.wait()) for sign in signs]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()
