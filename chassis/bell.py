"""Wakes the relay after a commit: the one in this process directly, one elsewhere by NOTIFY, some hundred times a second at most.

NOTIFY stays out of the transactions of commands, since PostgreSQL lets only one transaction that notifies commit at a time. A ring that
is lost costs a relay's idle time, never an event.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

import asyncpg

log = logging.getLogger(__name__)

CHANNEL = "events"
_GATHER_SECONDS = 0.002


class Bell:
    """`near` wakes a relay of this process and says whether that one leads; `connect` opens a connection for NOTIFY when none does."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]], near: Callable[[], bool]) -> None:
        self._connect = connect
        self._near = near
        self._connection: asyncpg.Connection | None = None
        self._ringing: asyncio.Task[None] | None = None
        self._again = False

    def ring(self) -> None:
        """Something was committed. Returns at once."""
        if self._near():
            return
        self._again = True
        if self._ringing is None:
            self._ringing = asyncio.create_task(self._notify())

    async def close(self) -> None:
        """Rings what is still to be rung, then closes the connection."""
        if self._ringing is not None:
            await self._ringing
        if self._connection is not None:
            await self._connection.close(timeout=2)

    async def _notify(self) -> None:
        try:
            while self._again:
                await asyncio.sleep(_GATHER_SECONDS)
                self._again = False
                if self._connection is None or self._connection.is_closed():
                    self._connection = await self._connect()
                await self._connection.execute(f"NOTIFY {CHANNEL}")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.info("the relay was not woken, and will look by itself: %s", str(error) or type(error).__name__)
            with contextlib.suppress(Exception):
                if self._connection is not None:
                    self._connection.terminate()
            self._connection = None
        finally:
            self._ringing = None
