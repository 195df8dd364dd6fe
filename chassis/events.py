"""Events as a service publishes them: typed facts, their catalogue, and upcasters for the shapes they once had."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

Json = dict[str, Any]
Upcaster = Callable[[Json], Json]


class Event(BaseModel):
    """A fact in the past tense. Adding an optional field keeps `schema_version`; any other change raises it and needs an upcaster.

    `under` says which clauses of each rulebook the fact records.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    schema_version: ClassVar[int] = 1
    correctable: ClassVar[frozenset[str]] = frozenset()
    under: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def clauses_of(self, rulebook: str) -> tuple[str, ...]:
        """The clauses of a rulebook that this fact records; an event that carries its own clause adds it here."""
        return self.under.get(rulebook, ())

    @classmethod
    def type_name(cls) -> str:
        """The name under which the event is stored and published."""
        return cls.__name__


E_co = TypeVar("E_co", bound=Event, covariant=True)


@dataclass(frozen=True, slots=True)
class Recorded(Generic[E_co]):
    """An event with its place in its stream. `occurred_at` is legal time, `recorded_at` wall clock, both UTC."""

    event: E_co
    event_id: str
    source: str
    agency: str
    stream: str
    version: int
    occurred_at: datetime
    recorded_at: datetime
    metadata: Json

    @property
    def subject_id(self) -> str:
        """The aggregate's id: the stream without its category."""
        return self.stream.partition("-")[2]

    @property
    def actor(self) -> str:
        """Who caused the event: the subject of the token, or a workflow."""
        return str(self.metadata.get("actor", ""))


class UnknownEvent(LookupError):
    """An event type that no catalogue knows."""


class Catalogue:
    """Every event that one service publishes, by aggregate, with the upcasters of older shapes."""

    def __init__(
        self,
        service: str,
        aggregates: Mapping[str, Sequence[type[Event]]],
        upcasters: Mapping[tuple[type[Event], int], Upcaster] | None = None,
    ) -> None:
        self.service = service
        self.aggregates = {name: tuple(types) for name, types in aggregates.items()}
        self.types: dict[str, type[Event]] = {}
        self._aggregate_of: dict[str, str] = {}
        for aggregate, types in self.aggregates.items():
            for event_type in types:
                name = event_type.type_name()
                if name in self.types:
                    raise ValueError(f"{name} is published twice by {service}")
                self.types[name] = event_type
                self._aggregate_of[name] = aggregate
        self._upcasters = {(t.type_name(), version): up for (t, version), up in (upcasters or {}).items()}
        for name, event_type in self.types.items():
            for version in range(1, event_type.schema_version):
                if (name, version) not in self._upcasters:
                    raise ValueError(f"{name} has schema version {event_type.schema_version} but no upcaster from {version}")

    def subject(self, type_name: str) -> str:
        """The NATS subject `kepil.<service>.<aggregate>.<EventType>`."""
        return f"kepil.{self.service}.{self._aggregate_of[type_name]}.{type_name}"

    def type_of(self, type_name: str) -> type[Event]:
        """The event type of a name; UnknownEvent for one never published."""
        event_type = self.types.get(type_name)
        if event_type is None:
            raise UnknownEvent(f"{self.service} publishes no event {type_name}")
        return event_type

    def parse(self, type_name: str, schema_version: int, data: Json) -> Event:
        """The event of stored `data`, brought to its present shape; UnknownEvent for a type never published."""
        event_type = self.type_of(type_name)
        while schema_version < event_type.schema_version:
            data = self._upcasters[type_name, schema_version](data)
            schema_version += 1
        return event_type.model_validate(data)
