"""Waiting for a condition, never for a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(condition: Callable[[], Awaitable[T]], what: str, seconds: float = 30.0) -> T:
    """The first true answer of `condition`; fails with `what` and the last answer when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        answer = await condition()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what} (last: {answer!r})"
        await asyncio.sleep(0.02)
