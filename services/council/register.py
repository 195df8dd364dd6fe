"""What is asked of the public register: which entries, as they stand now or stood on a day, and how many of each sort."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    RowMapping,
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
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from chassis.context import Context
from chassis.sorting import Order
from services.council.domain.lettering import parts
from services.council.readmodels_register import register_entries

E = register_entries.c

#: Entries that are counted for the facets; of more the counts are of as many, and said to be.
MOST_COUNTED = 10_000

#: Entries that show how frequent the words of a search are, and those that are looked through in their order if these are frequent:
#: of all agencies, and of one agency or institution, whose entries lie further apart.
_OF_ALL, _OF_ONE = (4_000, 30_000), (2_000, 12_000)

#: Entries that are looked through, in any order, to count as many as are counted.
_LOOKED_THROUGH_TO_COUNT = 100_000

#: A word is rare that fewer than one entry of as many has.
_RARE = 100

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


@dataclass(frozen=True)
class Word:
    """A word that is looked for, as a pattern, and the column in which it is."""

    place: str
    pattern: str

    def of(self, columns: ReadOnlyColumnCollection[str, Any]) -> ColumnElement[bool]:
        """That the column has it."""
        found: ColumnElement[bool] = columns[self.place].like(self.pattern)
        return found

    def unindexed(self) -> ColumnElement[bool]:
        """The same, for an entry that is found otherwise."""
        return (E[self.place] + "").like(self.pattern)


@dataclass(frozen=True)
class Scope:
    """A scope that is looked for among those of an entry. It has no index: its code is looked for as a word too."""

    scope: str
    place = "scopes"

    def of(self, columns: ReadOnlyColumnCollection[str, Any]) -> ColumnElement[bool]:
        """That it is one of them."""
        found: ColumnElement[bool] = columns[self.place].contains([self.scope])
        return found

    def unindexed(self) -> ColumnElement[bool]:
        """The same."""
        return self.of(E)


Sought = Word | Scope


@dataclass(frozen=True)
class Sample:
    """Of the first entries: how many there are, how many of them have all the words of a search, and how many have each."""

    entries: int
    found: int
    having: Mapping[Sought, int]

    def promises(self, wanted: int, most: int) -> bool:
        """Whether more than `wanted` are to be expected among `most` entries."""
        return self.found * most > wanted * self.entries

    def looked_up(self) -> list[ColumnElement[bool]]:
        """That an entry has the words, the rare ones looked up in the index: it has a list for each part of each word, all to be read."""
        rare = [word for word, many in self.having.items() if isinstance(word, Word) and many * _RARE < self.entries] or self.having
        return [word.of(E) if word in rare else word.unindexed() for word in self.having]


def entries(wanted: Wanted, at: datetime) -> Select[Any]:
    """The entries that are wanted. A revoked one is off the list (Sapattuu Bilim, 3.3.c): shown where its state or name is asked for."""
    return _entries(wanted, at).where(*(word.of(E) for word in _words(wanted)))


def _entries(wanted: Wanted, at: datetime) -> Select[Any]:
    return select(*_shown(wanted.as_of, at)).where(*_conditions(wanted, at))


async def page(ctx: Context, wanted: Wanted, order: Order, cursor: str | None, limit: int) -> Sequence[RowMapping]:
    """A page of what is wanted: its rows, and one more where another page follows.

    The database keeps no statistics for who is under row-level security: it takes every word for a rare one and gathers all that a
    frequent one is in before it sorts them. So the first entries tell how frequent the words are; with frequent ones the page is filled
    in the order of the entries.
    """
    words = [*_words(wanted)]
    if not words:
        return await ctx.rows(order.page(_entries(wanted, ctx.at), cursor).limit(limit + 1))
    least, most = _sizes(wanted)
    near = order.page(select(*_known(words, *order.keys)).where(*_conditions(wanted, ctx.at)), cursor)
    sample = await _sample(ctx, near.limit(least), words)
    whole = sample.entries < least
    if whole or sample.promises(limit, most):
        rows = await ctx.rows(_looked_through(near.limit(most), words, wanted.as_of, order, limit, ctx.at))
        if whole or len(rows) > limit:
            return rows
    return await ctx.rows(order.page(_entries(wanted, ctx.at).where(*sample.looked_up()), cursor).limit(limit + 1))


def _sizes(wanted: Wanted) -> tuple[int, int]:
    return _OF_ALL if wanted.agency is None and wanted.institution_id is None else _OF_ONE


def _known(words: Sequence[Sought], *more: ColumnElement[Any]) -> Iterable[ColumnElement[Any]]:
    """What an entry is known by, and the columns in which words are looked for."""
    return dict.fromkeys((*more, E.agency, E.certificate_id, *(E[word.place] for word in words)))


async def _sample(ctx: Context, first: Select[Any], words: Sequence[Sought]) -> Sample:
    near = first.subquery("first")
    each = [word.of(near.c) for word in words]
    counts: list[ColumnElement[Any]] = [func.count(), func.count().filter(*each), *(func.count().filter(one) for one in each)]
    (row,) = await ctx.rows(select(*(one.label(f"of_{number}") for number, one in enumerate(counts))).select_from(near))
    looked_at, found, *having = (int(each) for each in row.values())
    return Sample(looked_at, found, dict(zip(words, having, strict=True)))


def _looked_through(many: Select[Any], words: Sequence[Sought], as_of: date | None, order: Order, limit: int, at: datetime) -> Select[Any]:
    """The first entries that have all words, and one more than `limit`."""
    near = many.subquery("many")
    among = replace(order, keys=tuple(near.c[str(key.key)] for key in order.keys))
    having = select(near.c.agency, near.c.certificate_id).where(*(word.of(near.c) for word in words))
    found = among.page(having, None).limit(limit + 1).subquery("found")
    same = and_(E.agency == found.c.agency, E.certificate_id == found.c.certificate_id)
    return order.page(select(*_shown(as_of, at)).select_from(register_entries.table.join(found, same)), None)


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
    words, wholly = [*_words(wanted)], [*_conditions(wanted, ctx.at)]
    if words:
        sample = await _sample(ctx, select(*_known(words)).where(*wholly).limit(_sizes(wanted)[0]), words)
        frequent = sample.promises(MOST_COUNTED, _LOOKED_THROUGH_TO_COUNT)
        wholly += (word.unindexed() for word in words) if frequent else sample.looked_up()
    found = select(*told).select_from(register_entries.table).where(*wholly).limit(MOST_COUNTED + 1).cte("found")
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
    """What is true of an entry that is wanted, but for its words and its scope."""
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
    if any(text is not None and not parts(text) for text in (wanted.q, wanted.institution, wanted.programme)):
        yield false()
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


def _words(wanted: Wanted) -> Iterator[Sought]:
    for place, text in (("words", wanted.q), ("institution_words", wanted.institution), ("programme_words", wanted.programme)):
        yield from (Word(place, part) for part in parts(text or ""))
    if wanted.scope is not None:
        kind, _, code = wanted.scope.partition(":")
        yield from (Word("programme_words", part) for part in parts(code) if kind == "programme")
        yield Scope(wanted.scope)


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
