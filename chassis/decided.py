"""What a command was and what came of it, told to the span of the request or activity: a command costs no span of its own."""

from collections.abc import Iterable, Sequence
from typing import Any

from chassis import telemetry
from chassis.commit import StoredEvent
from chassis.events import Event


def tell(agency: str, stream: str, command: object, rules: Any, events: Iterable[Event], stored: Sequence[StoredEvent]) -> None:
    """Case, command, events, and the rulebook with the clauses that the events record."""
    told = {"stream": stream, "agency": agency, "command": type(command).__name__, "event_type": ", ".join(e.type for e in stored)}
    case_id = stored[0].data.get("case_id")
    if isinstance(case_id, str):
        told["case_id"] = case_id
    rulebook = getattr(rules, "id", None)
    if isinstance(rulebook, str):
        told["rulebook"] = rulebook
        clauses = dict.fromkeys(clause for event in events for clause in event.clauses_of(rulebook))
        if clauses:
            told["clause"] = ", ".join(clauses)
    telemetry.annotate(**told)
