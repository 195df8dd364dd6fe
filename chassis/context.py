"""A unit of work: who asks, for which agency, at which legal time; and the one way of a command: load, decide, append, project."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import uuid4

import asyncpg
import orjson
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, FromClause, Join, Select, Table, or_, text
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import telemetry
from chassis.auth import Principal, Role
from chassis.clock import Clock
from chassis.commit import Append, Committer, Key, KeyTaken, StoredEvent, StreamConflict
from chassis.corrected import FactCorrected
from chassis.correcting import correcting_writes
from chassis.corrections import Correctable, CorrectFact, Correction
from chassis.decided import tell
from chassis.decider import Command, Decider
from chassis.events import Event, Json, Recorded
from chassis.eventstore import EventStore, Loaded, StateCache
from chassis.hashchain import GENESIS, link
from chassis.ids import new_id
from chassis.privacy import KeyRing, has_personal, open_fields, seal_fields
from chassis.problems import ConcurrentChange, IdempotencyKeyReused, NotFound, Problem, Unavailable, VersionConflict
from chassis.readmodels import ReadModel, Write, project

S = TypeVar("S")
C = TypeVar("C", bound=Command)

_ATTEMPTS = 4


class Happened(BaseModel):
    """One event that a command caused."""

    id: str
    type: str


class Accepted(BaseModel):
    """A command's answer: the aggregate, its version after the command (the ETag) and the facts that followed."""

    model_config = ConfigDict(frozen=True)

    id: str
    version: int
    events: tuple[Happened, ...] = ()


@dataclass(frozen=True)
class Machinery:
    """What every unit of work of a service shares."""

    store: EventStore
    committer: Committer
    engine: AsyncEngine
    models: Sequence[ReadModel]
    clock: Clock
    keys: KeyRing
    cache: StateCache = field(default_factory=StateCache)


class Context:
    """One caller's unit of work. `at` is legal time; `actor` the token's subject or `workflow:<id>`."""

    def __init__(
        self,
        machinery: Machinery,
        *,
        agency: str,
        actor: str,
        at: datetime,
        principal: Principal | None = None,
        expected_version: int | None = None,
        key: str | None = None,
        fingerprint: bytes = b"",
        causation_id: str | None = None,
        nameless: bool = False,
    ) -> None:
        self._machinery = machinery
        self._nameless = nameless
        self.agency = agency
        self.actor = actor
        self.at = at
        self.principal = principal
        self.expected_version = expected_version
        self._key = key
        self._fingerprint = fingerprint
        self._causation_id = causation_id

    def command(self, kind: type[C], /, **fields: Any) -> C:
        """A command of this caller at this moment."""
        return kind(at=self.at, by=self.actor, **fields)

    @property
    def own_institution(self) -> str | None:
        """The only institution that the caller may see; None if there is no such limit."""
        who = self.principal
        if who is None or who.roles != {Role.institution_officer}:
            return None
        return who.institution or ""

    def owns(self, institution_id: str) -> bool:
        """Whether the caller may see an institution's matters: an institution's officer only its own."""
        return self.own_institution in (None, institution_id)

    def guard_institution(self, state: Any) -> None:
        """For `execute`: another institution's aggregate is as good as absent."""
        if not self.owns(state.institution_id):
            raise NotFound("there is no such case for your institution")

    async def rows(self, query: Select[Any]) -> Sequence[RowMapping]:
        """The rows of a select over read models: of this agency by the query's own words, and again by row-level security; of public
        ones of whomever the query asks for."""
        query = query.where(*_of_agency(self.agency, query.get_final_froms()))
        async with self._machinery.engine.connect() as connection:
            await connection.execute(text("SELECT set_config('app.agency', :agency, true)"), {"agency": self.agency})
            found: Sequence[RowMapping] = (await connection.execute(query)).mappings().all()
            return found

    async def row(self, query: Select[Any]) -> RowMapping | None:
        """The first row of a select, or None."""
        found = await self.rows(query.limit(1))
        return found[0] if found else None

    async def load(self, decider: Decider[S, Any], aggregate_id: str) -> tuple[S, int]:
        """An aggregate as the store has it now; version 0 where there is none."""
        loaded = await self._load(decider, aggregate_id)
        return loaded.state, loaded.version

    async def history(self, decider: Decider[Any, Any], aggregate_id: str) -> list[Recorded[Any]]:
        """Every event of an aggregate, oldest first."""
        events, _ = await self._machinery.store.stream(self.agency, decider.stream(aggregate_id))
        return events

    async def histories(self, decider: Decider[Any, Any], aggregate_ids: Iterable[str]) -> dict[str, list[Recorded[Any]]]:
        """The events of many aggregates by their ids, in one query; those that are not there are left out."""
        found = await self._machinery.store.streams(self.agency, [decider.stream(each) for each in aggregate_ids])
        return {events[0].subject_id: events for events in found.values()}

    @property
    def key(self) -> str:
        """The caller's idempotency key; empty where he sent none."""
        return self._key or ""

    def nameless(self, actor: str, at: datetime) -> "Context":
        """A unit of work that tells nothing of who caused it: no token, no key, no trace, no ids or times by which to find it.

        `at` is as exact as what it records may be. What follows has the ids that the caller makes: none is kept to repeat an answer.
        """
        return Context(self._machinery, agency=self.agency, actor=actor, at=at, nameless=True)

    def apart(self) -> "Context":
        """The same caller for one command among many of a request: without its key and its version."""
        return Context(self._machinery, agency=self.agency, actor=self.actor, at=self.at, principal=self.principal)

    async def forget(self, subjects: Iterable[str]) -> None:
        """Deletes the keys that this service has of these people: nothing that was sealed for them is read again. Safe to repeat."""
        for subject in subjects:
            await self._machinery.keys.forget(self.agency, subject)

    async def given(self, *body: str) -> Accepted | None:
        """For a request whose body the endpoint reads itself: what makes it the same request, and the answer that its idempotency key
        has got already. IdempotencyKeyReused where that was another request."""
        self._fingerprint = fingerprint_of(self._fingerprint, *body)
        return await self._answer_given()

    async def correct(
        self, how: Correctable, aggregate_id: str, body: Correction, on: date, *, unique: Mapping[str, Problem] | None = None
    ) -> Accepted:
        """Puts a wrongly recorded fact of an aggregate right. NotFound, Invalid, Conflict, what `how` refuses; `unique` as in `execute`."""
        past = await self.history(how.of, aggregate_id)
        corrects = past[body.version - 1].event_id if body.version <= len(past) else ""
        command = self.command(CorrectFact, corrects=corrects, corrected_on=on, **body.model_dump())
        return await self.execute(how.decider, aggregate_id, command, unique=unique)

    async def execute(
        self,
        decider: Decider[S, Any],
        aggregate_id: str,
        command: Command,
        *,
        create: bool = False,
        guard: Callable[[S], None] | None = None,
        unique: Mapping[str, Problem] | None = None,
    ) -> Accepted:
        """Decides `command` and commits what follows, with read models and idempotency key, in one transaction.

        `create` starts from nothing without a look (a stream that exists is found out by the append). `guard` sees the state before the
        decision. `unique` names the problem for each unique constraint of a read model. Raises NotFound, VersionConflict, ConcurrentChange,
        or the decider's own problem; a repeated idempotency key gets the first answer again.
        """
        try:
            return await self._attempt(decider, aggregate_id, command, create, guard, unique or {})
        except Unavailable:
            raise
        except (KeyTaken, Problem) as problem:
            given = await self._answer_given()
            if given is not None:
                return given
            if isinstance(problem, KeyTaken):
                raise ConcurrentChange("a request with this Idempotency-Key is being answered; ask again") from None
            raise

    async def _attempt(
        self,
        decider: Decider[S, Any],
        aggregate_id: str,
        command: Command,
        create: bool,
        guard: Callable[[S], None] | None,
        unique: Mapping[str, Problem],
    ) -> Accepted:
        stream = decider.stream(aggregate_id)
        cache = self._machinery.cache
        known = cache.get(self.agency, stream) if decider.remembered else None
        new = create and known is None
        loaded: Loaded[S] | None = Loaded(decider.initial, 0, GENESIS) if new else known
        for _ in range(_ATTEMPTS):
            assumed = loaded is not None
            if loaded is None:
                loaded = await self._load(decider, aggregate_id)
            try:
                accepted = await self._decide(decider, aggregate_id, command, loaded, create, guard)
                if accepted.events or not assumed or new:
                    return accepted if accepted.events else await self._keep_answer(stream, accepted)
                loaded = None  # "nothing to do" is said of what the store has, not of what is remembered
            except Problem:
                if not assumed or new:
                    raise
                loaded = None  # the remembered state may be stale: ask the store before refusing
            except StreamConflict:
                cache.forget(self.agency, stream)
                if self.expected_version is not None and not assumed:
                    raise VersionConflict("the aggregate has changed since you read it; read it again") from None
                loaded = None
            except asyncpg.UniqueViolationError as violation:
                problem = unique.get(violation.constraint_name or "")
                raise (problem or ConcurrentChange("somebody else took the same place at the same moment")) from None
        raise ConcurrentChange("too many changes of the same aggregate at once; try again")

    async def _decide(
        self,
        decider: Decider[S, Any],
        aggregate_id: str,
        command: Command,
        loaded: Loaded[S],
        create: bool,
        guard: Callable[[S], None] | None,
    ) -> Accepted:
        machinery = self._machinery
        stream = decider.stream(aggregate_id)
        if loaded.version == 0 and not create:
            raise NotFound(f"there is no {decider.category} {aggregate_id}")
        if guard is not None:
            guard(loaded.state)
        if self.expected_version is not None and self.expected_version != loaded.version:
            raise VersionConflict(f"you expect version {self.expected_version}, it stands at {loaded.version}")
        rules = decider.rules(command, loaded.state)
        events = decider.decide(command, loaded.state, rules)
        if not events:
            return Accepted(id=aggregate_id, version=loaded.version)
        stored, recorded, last_hash = await self._record(stream, loaded, events)
        accepted = Accepted(
            id=aggregate_id,
            version=loaded.version + len(events),
            events=tuple(Happened(id=e.event_id, type=e.type) for e in stored),
        )
        if not self._nameless:
            tell(self.agency, stream, command, rules, events, stored)
        writes = [write for each in recorded for write in await self._project(stream, each)]
        key = None
        if self._key is not None:
            key = Key(self.actor, self._key, self._fingerprint, accepted.model_dump(mode="json"))
        await machinery.committer.commit(Append(self.agency, stream, stored, writes, key))
        if any(isinstance(event, FactCorrected) for event in events):
            machinery.cache.forget(self.agency, stream)  # the next who asks reads the whole stream as it is right by now
            return accepted
        personal = loaded.personal or any(has_personal(type(event)) for event in events)
        state = decider.fold(events, loaded.state)
        machinery.cache.put(self.agency, stream, Loaded(state, accepted.version, last_hash, personal))
        return accepted

    async def _project(self, stream: str, recorded: Recorded[Any]) -> list[Write]:
        writes = project(self._machinery.models, recorded)
        if isinstance(recorded.event, FactCorrected):
            past, _ = await self._machinery.store.stream(self.agency, stream)
            return correcting_writes(self._machinery.models, past[: recorded.version - 1], recorded) + writes
        return writes

    async def _keep_answer(self, stream: str, accepted: Accepted) -> Accepted:
        """An answer without events is kept under its key too: the key is used."""
        if self._key is not None:
            key = Key(self.actor, self._key, self._fingerprint, accepted.model_dump(mode="json"))
            await self._machinery.committer.commit(Append(self.agency, stream, (), (), key))
        return accepted

    async def _record(
        self, stream: str, loaded: Loaded[Any], events: Sequence[Event]
    ) -> tuple[list[StoredEvent], list[Recorded[Any]], bytes]:
        machinery = self._machinery
        metadata = self._metadata()
        wall = self.at if self._nameless else machinery.clock.wall()
        previous = loaded.hash
        stored: list[StoredEvent] = []
        recorded: list[Recorded[Any]] = []
        for version, event in enumerate(events, loaded.version + 1):
            event_id = str(uuid4()) if self._nameless else new_id()  # ours tell the time
            fact = event.model_dump(mode="json")
            data = await seal_fields(type(event), fact, agency=self.agency, keys=machinery.keys)
            if data is not fact:  # what a forgotten subject's event says is projected as it will be read
                opened = await open_fields(type(event), data, agency=self.agency, keys=machinery.keys)
                event = type(event).model_validate(opened)
            previous = link(
                previous,
                agency=self.agency,
                stream=stream,
                version=version,
                event_id=event_id,
                type_name=event.type_name(),
                schema_version=event.schema_version,
                data=data,
                metadata=metadata,
                occurred_at=self.at,
                recorded_at=wall,
            )
            stored.append(StoredEvent(version, event_id, event.type_name(), event.schema_version, data, metadata, self.at, wall, previous))
            source = machinery.store.catalogue.service
            recorded.append(Recorded(event, event_id, source, self.agency, stream, version, self.at, wall, metadata))
        return stored, recorded, previous

    def _metadata(self) -> Json:
        metadata: Json = {"actor": self.actor, "agency": self.agency}
        if self._nameless:
            return metadata
        if self.principal is not None:
            metadata["roles"] = sorted(self.principal.roles)
        if self._key is not None:
            metadata["correlation_id"] = self._key
        if self._causation_id is not None:
            metadata["causation_id"] = self._causation_id
        traceparent = telemetry.current_traceparent()
        if traceparent is not None:
            metadata["traceparent"] = traceparent
        return metadata

    async def _load(self, decider: Decider[S, Any], aggregate_id: str) -> Loaded[S]:
        stream = decider.stream(aggregate_id)
        events, last = await self._machinery.store.stream(self.agency, stream)
        if last is None:
            return Loaded(decider.initial, 0, GENESIS)
        personal = any(has_personal(type(e.event)) for e in events)
        loaded = Loaded(decider.fold(e.event for e in events), events[-1].version, last, personal)
        if decider.remembered:
            self._machinery.cache.put(self.agency, stream, loaded)
        return loaded

    async def _answer_given(self) -> Accepted | None:
        if self._key is None:
            return None
        query = text("SELECT fingerprint, answer FROM idempotency_keys WHERE agency = :agency AND client = :client AND key = :key")
        async with self._machinery.engine.connect() as connection:
            await connection.execute(text("SELECT set_config('app.agency', :agency, true)"), {"agency": self.agency})
            found = (await connection.execute(query, {"agency": self.agency, "client": self.actor, "key": self._key})).mappings().first()
        if found is None:
            return None
        if bytes(found["fingerprint"]) != self._fingerprint:
            raise IdempotencyKeyReused("this Idempotency-Key was used for another request; take a new one")
        answer = found["answer"]
        return Accepted.model_validate(orjson.loads(answer) if isinstance(answer, str) else answer)


def _of_agency(agency: str, froms: Iterable[FromClause], absent: bool = False) -> Iterator[ColumnElement[bool]]:
    """That every table's row is of the agency; one of an outer join may be absent."""
    for each in froms:
        if isinstance(each, Join):
            yield from _of_agency(agency, [each.left], absent)
            yield from _of_agency(agency, [each.right], absent or each.isouter)
        elif isinstance(each, Table) and "agency" in each.c and not each.info.get("public"):
            yield or_(each.c.agency == agency, each.c.agency.is_(None)) if absent else each.c.agency == agency


def fingerprint_of(*parts: str | bytes) -> bytes:
    """What makes two requests the same request: method, path and body."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.digest()
