"""Which code enforces each clause and which tests show it: read once from the sources that the console runs beside."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from regulations.clauses import TESTS, Marks, Trace, marks_in, traces
from regulations.rulebook import Rulebook

ROOT = Path(__file__).parents[1]


@cache
def _marks() -> Marks:
    return marks_in(ROOT)


def with_tests() -> bool:
    """Whether the tests lie beside the code: an installation may leave them out, and then says nothing of them."""
    return (ROOT / TESTS).is_dir()


async def traced(books: Sequence[Rulebook]) -> dict[str, tuple[Trace, ...]]:
    """Every clause of each rulebook with what keeps it, by the rulebook's id. The first time takes seconds: not on the event loop."""
    return await asyncio.to_thread(lambda: {book.id: traces(book, _marks()) for book in books})


def figures(found: Sequence[Trace]) -> Mapping[str, int]:
    """How many clauses there are, are held by a value, enforced by code, shown by a test, and both of these."""
    return {
        "clauses": len(found),
        "held": sum(bool(trace.held) for trace in found),
        "enforced": sum(bool(trace.enforced) for trace in found),
        "tested": sum(bool(trace.tested) for trace in found),
        "complete": sum(not trace.gaps for trace in found),
    }
