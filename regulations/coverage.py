"""Which code enforces which clause: the code's half of the clause trace. Tests carry `@pytest.mark.clause(rulebook, clause)`."""

import sys
from collections.abc import Callable
from typing import TypeVar

F = TypeVar("F", bound=Callable[..., object])

_places: dict[tuple[str, str], set[str]] = {}


def enforces(rulebook: str, *clauses: str) -> Callable[[F], F]:
    """Mark the decorated function, or the line of a bare call, as enforcing clauses of a rulebook."""
    caller = sys._getframe(1)
    line = f"{caller.f_globals['__name__']}:{caller.f_lineno}"
    for clause in clauses:
        _places.setdefault((rulebook, clause), set()).add(line)

    def mark(function: F) -> F:
        for clause in clauses:
            _places[(rulebook, clause)].discard(line)
            _places[(rulebook, clause)].add(f"{function.__module__}:{function.__qualname__}")
        return function

    return mark


def enforced(rulebook: str) -> dict[str, frozenset[str]]:
    """The places (`module:function` or `module:line`) that enforce each clause, as far as their modules are imported."""
    return {clause: frozenset(places) for (book, clause), places in _places.items() if book == rulebook}
