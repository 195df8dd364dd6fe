"""What is asked of the public register: which entries, as they stand now or stood on a day, and how many of each sort."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    Text,
    and_,
    case,
    cast,
    column,
    extract,
    false,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.context import Context
from chassis.sorting import Order
from services.council.domain.lettering import parts
from services.council.readmodels_register import register_entries

E = register_entries.c

#: Entries that are counted for the facets; of more the counts are of as many, and said to be.
MOST_COUNTED = 10_000

#: Entries that are looked through in their order before the index of words is asked.
MOST_LOOKED_AT = 4_000

STATES = ("ended", "revoked", "expired", "not_yet_valid", "suspended", "valid")


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for; None asks nothing. `q` is looked for in everything that is written in an entry."""

    agency: str | None = None
    q: str | None = None
    institution: str | None = None
    programme: str | None = None
    institution_id: str | None = None
    number: str | None = None
    scope: str | None = None
    decision: str | None = None
    kind: str | None = None
    level: str | None = None
    rulebook_id: str | None = None
    country: str | None = None
    year: int | None = None
    state: str | None = None
    as_of: date | None = None
    certificate_id: str | None = None


def entries(wanted: Wanted, at: datetime) -> Select[Any]:
    """The entries that are wanted. A revoked one is off the list (Sapattuu Bilim, 3.3.c): shown where its state or name is asked for."""
    return select(*_shown(wanted.as_of, at)).where(*_conditions(wanted, at))


async def first_of(ctx: Context, wanted: Wanted, order: Order, cursor: str | None, limit: int) -> list[Any] | None:
    """A page of a search for words, where they are frequent: its rows and one more. None where that is not found out by a few entries.

    The database keeps no statistics for who is under row-level security: it takes every word for a rare one, and would gather all that
    a frequent one is in before it sorts them.
    """
    others = replace(wanted, q=None, institution=None, programme=None)
    sought = [*_words(wanted)]
    if not sought:
        return None
    near = order.page(entries(others, ctx.at), cursor).limit(MOST_LOOKED_AT).subquery("near")
    found = select(near).where(*(near.c[str(column.key)].like(part) for column, part in sought))
    keys = [near.c[str(key.key)] for key in order.keys]
    rows = await ctx.rows(found.order_by(*(key.desc() if order.descending else key for key in keys)).limit(limit + 1))
    return list(rows) if len(rows) > limit else None


async def facets(ctx: Context, wanted: Wanted) -> dict[str, Any]:
    """How many entries of each sort there are among those that are wanted, the most frequent first."""
    year = extract("year", E.issued_on)
    by: dict[str, ColumnElement[Any]] = {
        "agency": E.agency,
        "country": E.country,
        "decision": E.decision,
        "kind": E.kind,
        "level": E.level,
        "rulebook_id": E.rulebook_id,
        "year": cast(year, Text),
        "state": _standing(wanted.as_of, ctx.at),
    }
    told = [each.label(name) for name, each in by.items()]
    found = select(*told).select_from(register_entries.table).where(*_conditions(wanted, ctx.at)).limit(MOST_COUNTED + 1).cte("found")
    sets = func.grouping_sets(tuple_(), *(tuple_(found.c[name]) for name in by))
    which = func.grouping(*(found.c[name] for name in by)).label("which")
    rows = await ctx.rows(select(*(found.c[name] for name in by), func.count().label("entries"), which).group_by(sets))
    return _told_facets(list(by), rows)


def _told_facets(names: Sequence[str], rows: Sequence[Mapping[Any, Any]]) -> dict[str, Any]:
    """`which` has a bit for each column that a row is not of, the last column's is the lowest."""
    total, counted = 0, {name: list[dict[str, Any]]() for name in names}
    for row in rows:
        of = [name for place, name in enumerate(reversed(names)) if not row["which"] >> place & 1]
        if not of:
            total = row["entries"]
        elif row[of[0]] is not None:
            counted[of[0]].append({"value": row[of[0]], "entries": row["entries"]})
    for each in counted.values():
        each.sort(key=lambda one: (-one["entries"], one["value"]))
    return {"entries": min(total, MOST_COUNTED), "exact": total <= MOST_COUNTED, "facets": counted}


def _conditions(wanted: Wanted, at: datetime) -> Iterator[ColumnElement[bool]]:
    same = {
        E.agency: wanted.agency,
        E.institution_id: wanted.institution_id,
        E.number: wanted.number,
        E.certificate_id: wanted.certificate_id,
        E.decision: wanted.decision,
        E.kind: wanted.kind,
        E.level: wanted.level,
        E.rulebook_id: wanted.rulebook_id,
        E.country: wanted.country,
    }
    yield from (each == value for each, value in same.items() if value is not None)
    yield from (words.like(part) for words, part in _words(wanted))
    if any(text is not None and not parts(text) for text in (wanted.q, wanted.institution, wanted.programme)):
        yield false()
    if wanted.scope is not None:
        yield E.scopes.contains([wanted.scope])
    if wanted.year is not None:
        yield E.issued_on.between(date(wanted.year, 1, 1), date(wanted.year, 12, 31))
    if wanted.as_of is not None:  # what was recorded stood on paper before
        yield or_(E.entered_on <= wanted.as_of, E.recorded_on.is_not(None))
        yield E.issued_on <= wanted.as_of
    states = dict(_states(wanted.as_of, at))
    if wanted.state is not None:
        yield from (not_(states[each]) for each in STATES[: STATES.index(wanted.state)])
        yield states[wanted.state]
        yield from _at_most(wanted.state, wanted.as_of, at)
    elif wanted.number is None and wanted.certificate_id is None:
        yield or_(states["ended"], not_(states["revoked"]))


def _words(wanted: Wanted) -> Iterator[tuple[ColumnElement[str], str]]:
    """Each word that is looked for, and in what."""
    for words, text in ((E.words, wanted.q), (E.institution_words, wanted.institution), (E.programme_words, wanted.programme)):
        yield from ((words, part) for part in parts(text or ""))


def _at_most(state: str, as_of: date | None, at: datetime) -> Iterator[ColumnElement[bool]]:
    """What is true of every entry in a state and is found within an index. Now is within a day of every zone's today."""
    day = timedelta(days=1)
    if state == "expired":
        yield E.lapses_from <= (as_of or at.date() + day)
        if as_of is None:
            yield E.valid_until <= at.date() + day
    elif state in ("valid", "suspended", "not_yet_valid"):
        yield E.lapses_until >= (as_of or at.date() - day)


def _shown(as_of: date | None, at: datetime) -> list[Any]:
    """The columns of an entry; what came after the day that is asked about is not told."""
    plain = {each.key: each for each in register_entries.table.columns}
    if as_of is None:
        return [*plain.values(), _standing(None, at).label("state")]
    later = {
        E.ended_on: [E.ended_on, E.end_ground],
        E.revoked_on: [E.revoked_on, E.revocation_ground],
        E.followed_on: [E.extended_as, E.reissued_as],
        E.suspended_on: [E.suspended_on, E.suspended_until],
        E.report_published_on: [E.report, E.report_published_on, E.report_address],
    }
    told = {each: case((day <= as_of, each), else_=null()).label(each.key) for day, columns in later.items() for each in columns}
    told[E.valid_until] = _valid_until(as_of).label("valid_until")
    return [*(told.get(each, each) for each in plain.values()), _standing(as_of, at).label("state")]


def _standing(as_of: date | None, at: datetime) -> ColumnElement[str]:
    """The state of an entry: the first that is so."""
    *others, _ = _states(as_of, at)
    return case(*((condition, literal(state)) for state, condition in others), else_=literal(STATES[-1]))


def _states(as_of: date | None, at: datetime) -> list[tuple[str, ColumnElement[bool]]]:
    """Each state with what makes it so, if none before it is; never null.

    Now by the clock, not by the recorded expiry: a certificate lapses on time though nobody acts (order 109, p. 25). On a day by all that
    is known by now of it, past or to come: a suspension lasts until it is lifted (Sapattuu Bilim, 3.3.b).
    """
    if as_of is None:
        conditions: list[ColumnElement[bool]] = [
            E.ended_on.is_not(None),
            E.revoked_on.is_not(None),
            E.lapses_at <= at,
            and_(E.begins_at.is_not(None), E.begins_at > at),
            E.suspended_on.is_not(None),
        ]
    else:
        conditions = [
            and_(E.ended_on.is_not(None), E.ended_on <= as_of),
            and_(E.revoked_on.is_not(None), E.revoked_on <= as_of),
            _last_day(as_of) < as_of,
            E.valid_from > as_of,
            and_(E.stays.is_not(None), _stay(as_of, "until").is_not(None)),
        ]
    return list(zip(STATES, [*conditions, true()], strict=True))


def _valid_until(as_of: date) -> ColumnElement[date]:
    """The last day as it was known on a day: a restoration extends it from its own day on."""
    each = _each_stay()
    was, to = each.c.value.op("->>")("was"), each.c.value.op("->>")("to")
    later = select(cast(was, Date)).select_from(each).where(was.is_not(None), cast(to, Date) > as_of).order_by(to).limit(1)
    before = later.correlate(register_entries.table).scalar_subquery()
    return case((E.stays.is_(None), E.valid_until), else_=func.coalesce(before, E.valid_until))


def _last_day(as_of: date) -> ColumnElement[date]:
    """A suspension whose term is longer than the certificate's puts its lapse off."""
    return case((E.stays.is_(None), E.valid_until), else_=func.greatest(_valid_until(as_of), _stay(as_of, "until")))


def _stay(as_of: date, what: str) -> ColumnElement[Any]:
    """Of the suspension that was on on a day."""
    each = _each_stay()
    since, over = each.c.value.op("->>")("from"), each.c.value.op("->>")("to")
    on = and_(cast(since, Date) <= as_of, or_(over.is_(None), cast(over, Date) > as_of))
    found = select(cast(each.c.value.op("->>")(what), Date)).select_from(each).where(on).limit(1)
    return found.correlate(register_entries.table).scalar_subquery()


def _each_stay() -> Any:
    return func.jsonb_array_elements(E.stays).table_valued(column("value", JSONB))
