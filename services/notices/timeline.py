"""Events of every service as people read them: found by where they stand, told as the log has them, cut to who asks."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Integer,
    MetaData,
    RowMapping,
    Select,
    Table,
    Text,
    and_,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from chassis.citations import Citation, cited
from chassis.context import Context
from chassis.documents import Document
from chassis.events import Event, Json, UnknownEvent
from chassis.privacy import open_fields
from regulations import Rulebook, RulebookUnknown, load
from services.notices.catalogues import CATALOGUES
from services.notices.contract import EVENTS
from services.notices.domain.told import IDS, TYPES
from services.notices.readmodels_timeline import streams, timeline

#: The services that know of cases and of certificates, first.
CASES, CERTIFICATES = "intake", "council"

inbox = Table(
    "inbox",
    MetaData(),
    Column("agency", Text),
    Column("source", Text),
    Column("event_id", UUID(as_uuid=False)),
    Column("arrival", BigInteger),
    Column("envelope", JSONB),
)
own_log = Table(
    "events",
    MetaData(),
    Column("agency", Text),
    Column("event_id", UUID(as_uuid=False)),
    Column("position", BigInteger),
    Column("stream", Text),
    Column("version", Integer),
    Column("schema_version", Integer),
    Column("data", JSONB),
    Column("metadata", JSONB),
)

_T, _S = timeline.c, streams.c


@dataclass(frozen=True, slots=True)
class Placed:
    """An event where it stands, with whose it is: by its own word, or by that of its stream, of its certificate or of its case."""

    row: RowMapping
    case_id: str | None
    institution_id: str | None
    rulebook: Json | None


def events(ctx: Context) -> Select[Any]:
    """All that the caller may read."""
    query, own = select(timeline.table), ctx.own_institution
    return query if own is None else query.where(_T.type.in_(sorted(TYPES)), of_institution(ctx, own))


def of_case(ctx: Context, case_id: str) -> ColumnElement[bool]:
    """That an event is of a case: by its own word, or by its stream's or its certificate's."""
    certificates = select(_S.certificate_id).where(_S.agency == ctx.agency, _S.case_id == case_id, _S.certificate_id.is_not(None))
    return _T.event_id.in_(
        union_all(
            _itself(ctx, _T.case_id == case_id),
            _by_stream(ctx, _S.case_id == case_id),
            _by_stream(ctx, _S.certificate_id.in_(certificates)),
        )
    )


def of_institution(ctx: Context, institution_id: str) -> ColumnElement[bool]:
    """That an event is an institution's: by its own word, or where it names none by its case's or its stream's."""
    cases = select(_S.case_id).where(_S.agency == ctx.agency, _S.institution_id == institution_id, _S.source == CASES)
    names_none = _T.institution_id.is_(None)
    return _T.event_id.in_(
        union_all(
            _itself(ctx, _T.institution_id == institution_id),
            _itself(ctx, names_none, _T.case_id.in_(cases)),
            _by_stream(ctx, _S.institution_id == institution_id, names_none),
        )
    )


def of_attestation(ctx: Context, attestation_id: str) -> ColumnElement[bool]:
    """That an event is of an attestation, by its own word or its stream's."""
    mine = (_itself(ctx, _T.attestation_id == attestation_id), _by_stream(ctx, _S.attestation_id == attestation_id))
    return _T.event_id.in_(union_all(*mine))


def of_type(name: str) -> ColumnElement[bool]:
    """That an event is of a type, or of one of those that begin so up to a dot."""
    return or_(_T.type == name, _T.type.startswith(f"{name}.", autoescape=True))


def _itself(ctx: Context, *conditions: ColumnElement[bool]) -> Select[Any]:
    """Each way to an event is asked by itself: one index finds it, where together they would make PostgreSQL look at every event."""
    return select(_T.event_id).where(_T.agency == ctx.agency, *conditions).correlate(None)


def _by_stream(ctx: Context, *conditions: ColumnElement[bool]) -> Select[Any]:
    same = and_(_S.agency == _T.agency, _S.source == _T.source, _S.stream == _T.stream)
    return select(_T.event_id).join_from(streams.table, timeline.table, same).where(_S.agency == ctx.agency, *conditions).correlate(None)


async def placed(ctx: Context, rows: Sequence[RowMapping]) -> list[Placed]:
    """Whose these events are. It is asked step by step with what is known by then: of joins PostgreSQL uses no index under row-level
    security, where a key is made of another."""
    known: dict[tuple[str, str], RowMapping] = {}
    await _look(ctx, known, {(row["source"], row["stream"]) for row in rows})
    certificates = [_first("certificate_id", row, known.get((row["source"], row["stream"]))) for row in rows]
    await _look(ctx, known, {(CERTIFICATES, f"certificate-{each}") for each in certificates if each})
    found = []
    for row, certificate_id in zip(rows, certificates, strict=True):
        stream, certificate = known.get((row["source"], row["stream"])), known.get((CERTIFICATES, f"certificate-{certificate_id}"))
        found.append((row, stream, certificate, _first("case_id", row, stream, certificate)))
    await _look(ctx, known, {(CASES, f"application-{case_id}") for *_, case_id in found if case_id})
    all_placed = []
    for row, stream, certificate, case_id in found:
        case = known.get((CASES, f"application-{case_id}"))
        institution_id = _first("institution_id", row, case, stream, certificate)
        all_placed.append(Placed(row, case_id, institution_id, _first("rulebook", stream, case, certificate)))
    return all_placed


async def _look(ctx: Context, known: dict[tuple[str, str], RowMapping], wanted: set[tuple[str, str]]) -> None:
    """Reads those of the streams that were not read yet."""
    missing = wanted - known.keys()
    if missing:
        query = select(streams.table).where(
            _S.source.in_(sorted({source for source, _ in missing})), _S.stream.in_(sorted({stream for _, stream in missing}))
        )
        known.update({(row["source"], row["stream"]): row for row in await ctx.rows(query)})


def _first(column: str, *rows: RowMapping | None) -> Any:
    return next((row[column] for row in rows if row is not None and row[column] is not None), None)


async def told(ctx: Context, places: Sequence[Placed]) -> list[dict[str, Any]]:
    """These events as a TimelineEvent tells them, cut to who asks."""
    ids = [place.row["event_id"] for place in places]
    arrived = await ctx.rows(select(inbox).where(inbox.c.source.in_(sorted(CATALOGUES)), inbox.c.event_id.in_(ids))) if ids else []
    logged = {str(row["event_id"]): _arrived(row["envelope"]) for row in arrived}
    mine = [place.row["stream"] for place in places if place.row["source"] == EVENTS.service]
    own = await ctx.rows(select(own_log).where(own_log.c.stream.in_(sorted(set(mine))), own_log.c.event_id.in_(ids))) if mine else []
    logged |= {str(row["event_id"]): (row["data"], row["metadata"], row["schema_version"]) for row in own}
    officer = ctx.own_institution is not None
    return [await _told(place, *logged[place.row["event_id"]], officer=officer) for place in places if place.row["event_id"] in logged]


async def _told(place: Placed, published: Json, metadata: Json, schema_version: int, *, officer: bool) -> dict[str, Any]:
    row = place.row
    name = row["type"].rpartition(".")[2]
    kind = CATALOGUES[row["source"]].types.get(name)
    data, event = await _present(row["source"], name, kind, published, schema_version)
    rulebook = data.get("rulebook") if isinstance(data.get("rulebook"), dict) else place.rulebook
    trace = metadata.get("traceparent") or "--"
    return {
        "event_id": row["event_id"],
        "service": row["source"],
        "type": row["type"],
        "name": name,
        "stream": row["stream"],
        "version": row["nth"],
        "occurred_at": row["occurred_at"],
        "recorded_at": row["recorded_at"],
        "case_id": place.case_id,
        "institution_id": place.institution_id,
        "actor": None if officer else row["actor"],
        "roles": [] if officer else metadata.get("roles", []),
        "rulebook": rulebook["id"] if rulebook else None,
        "clauses": _clauses(kind, event, rulebook),
        "documents": [] if officer else list(documents(data)),
        "data": {key: data[key] for key in IDS if isinstance(data.get(key), str)} if officer else data,
        "trace_id": None if officer else trace.split("-")[1] or None,
    }


def documents(value: Any) -> Iterator[Json]:
    """Every reference to a document within what an event says."""
    if isinstance(value, dict):
        if value.keys() == Document.model_fields.keys():
            yield value
        else:
            for each in value.values():
                yield from documents(each)
    elif isinstance(value, list):
        for each in value:
            yield from documents(each)


def _arrived(envelope: Json) -> tuple[Json, Json, int]:
    """What was published, what is known of it, and the version of its shape."""
    roles = envelope.get("actorroles")
    return envelope["data"], {**envelope, "roles": roles.split(",") if roles else []}, envelope["schemaversion"]


async def _present(source: str, name: str, kind: type[Event] | None, published: Json, shape: int) -> tuple[Json, Event | None]:
    """An event in its present shape; as it was published, where this version cannot read it. It is parsed only where that is needed."""
    if kind is None:
        return await open_fields(Event, published, agency="", keys=None), None
    data = await open_fields(kind, published, agency="", keys=None)
    own_clauses = kind.clauses_of is not Event.clauses_of
    if shape == kind.schema_version and not own_clauses:
        return data, None
    try:
        event = CATALOGUES[source].parse(name, shape, data)
    except (UnknownEvent, ValidationError):
        return data, None
    return event.model_dump(mode="json"), event


def _clauses(kind: type[Event] | None, event: Event | None, rulebook: Json | None) -> list[Citation]:
    rules = _rules(rulebook)
    if rules is None or kind is None:
        return []
    named: Iterable[str] = event.clauses_of(rules.id) if event is not None else kind.under.get(rules.id, ())
    return cited(rules, lambda _: named)


def _rules(rulebook: Json | None) -> Rulebook | None:
    """The rulebook of an event; None without one, and of one that is not on this shelf."""
    if not rulebook:
        return None
    try:
        return load(rulebook["id"], rulebook["version"])
    except RulebookUnknown:
        return None
