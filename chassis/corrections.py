"""Correcting a wrongly recorded fact: a command like any other, by a compensating event. The event store is never edited.

Which fields may be corrected each event type says (`correctable`). Personal data and keys of read models never may.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chassis.corrected import FactCorrected, as_corrected, correctable_fields, right_history
from chassis.decider import Command, Decider, no_rules
from chassis.events import Event, Json
from chassis.problems import Conflict, Invalid
from chassis.text import Text

Past = tuple[Event, ...]


class Correction(BaseModel):
    """Body of a `POST …/corrections`: which event of the history is wrong, what is right, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = Field(strict=True, ge=1, le=1_000_000, description="The wrong event's place in the history")
    corrected: dict[str, Any] = Field(min_length=1, max_length=20, description="Only the fields that were wrong, as they are right")
    reason: Text


class CorrectFact(Command):
    """A person says that the event `corrects`, at `version` of the stream, was recorded wrongly."""

    corrects: str
    version: int
    corrected: Json
    reason: Text
    corrected_on: date


class _PastDecider(Decider[Past, None]):
    """Its state is the past itself, as it was recorded."""

    remembered: ClassVar[bool] = False

    def fold(self, events: Iterable[Event], state: Past | None = None) -> Past:
        return (*(state or ()), *events)


@dataclass(frozen=True)
class Correctable:
    """How an aggregate is corrected. `kind` is its event; `ids` the ids it carries, of the aggregate as it stands.

    `check` sees the aggregate as it would stand, and refuses what cannot be.
    """

    of: Decider[Any, Any]
    kind: type[FactCorrected]
    ids: Callable[[Any], Mapping[str, str]]
    check: Callable[[Any], None] = lambda _state: None

    @property
    def decider(self) -> Decider[Past, None]:
        """A decider on the same streams, which sees their past and answers with a correction of it."""
        return _PastDecider(self.of.category, (), self._decide, lambda past, event: (*past, event), no_rules)

    def _decide(self, command: CorrectFact, past: Past, _rules: None) -> Sequence[Event]:
        if command.version > len(past):
            raise Invalid("the history has no such event", errors=[{"pointer": "#/version", "detail": f"the last is {len(past)}"}])
        wrong = right_history(past)[command.version - 1]
        _check_fields(wrong, command.corrected)
        try:
            right = as_corrected(wrong, command.corrected)
        except ValidationError as error:
            found = [{"pointer": "/".join(["#/corrected", *map(str, e["loc"])]), "detail": e["msg"]} for e in error.errors()]
            raise Invalid(f"that could not be a {wrong.type_name()}", errors=found) from None
        was, becomes = wrong.model_dump(mode="json"), right.model_dump(mode="json")
        changed = [name for name in command.corrected if was[name] != becomes[name]]
        if not changed:
            return []
        fact = self.kind.model_validate(
            {
                **self.ids(self.of.fold(past)),
                "corrects": command.corrects,
                "fact": wrong.type_name(),
                "version": command.version,
                "previous": {name: was[name] for name in changed},
                "corrected": {name: becomes[name] for name in changed},
                "reason": command.reason,
                "corrected_on": command.corrected_on,
            }
        )
        self.check(self.of.fold((*past, fact)))
        return [fact]


def _check_fields(wrong: Event, corrected: Json) -> None:
    """Invalid for a field that the type does not name; Conflict for a type that names none."""
    kind = type(wrong)
    fields = correctable_fields(kind)
    if not fields:
        raise Conflict(f"a {kind.type_name()} is not corrected: what it says is undone by another act")
    errors = [
        {"pointer": f"#/corrected/{name}", "detail": f"one of {', '.join(sorted(fields))}"} for name in corrected if name not in fields
    ]
    if errors:
        raise Invalid(f"of a {kind.type_name()} other fields are corrected", errors=errors)
