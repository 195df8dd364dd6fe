"""The questions of the follow-up picture to the read models. Each is a select; what its words mean, the rulebooks say."""

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
    distinct,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)

from regulations.library import library
from services.monitoring.domain import profile
from services.monitoring.readmodels import deadlines
from services.monitoring.readmodels_cycle import cycles
from services.monitoring.readmodels_followup import agenda, followups
from services.monitoring.readmodels_picture import alerts, matters

A, C, D, F, L = agenda.c, cycles.c, deadlines.c, followups.c, alerts.c

HORIZONS = (30, 90, 365)
_DAY = _FURTHEST_ZONE = timedelta(days=1)
_SUSPENDED = "suspended"


class Asked:
    """Of which agency, at what moment, on which day if not today, and whether of one institution or rulebook."""

    def __init__(self, agency: str, at: datetime, as_of: date | None, *wanted: tuple[str, str | None]) -> None:
        self.agency = agency
        self.at = at
        self.as_of = as_of and min(max(as_of, date.min + _DAY), date.max - _DAY)  # the very first and last are infinities in the driver
        self._wanted = [(name, value) for name, value in wanted if value is not None]

    def day(self, zone: ColumnElement[str]) -> ColumnElement[date]:
        """The day asked for: today where the zone is."""
        return literal(self.as_of, Date) if self.as_of else cast(func.timezone(zone, self.at), Date)

    @property
    def at_most(self) -> ColumnElement[date]:
        """A day not before that of any zone, for an index."""
        return literal(self.as_of or (self.at + _FURTHEST_ZONE).date(), Date)

    @property
    def is_past(self) -> bool:
        """Whether what was done since the day asked for was not done yet."""
        return self.as_of is not None and self.as_of < (self.at + _FURTHEST_ZONE).date()

    def open(self) -> ColumnElement[bool]:
        """That a follow-up is open on the day, and one of those asked for."""
        still: ColumnElement[bool] = F.ended_on.is_(None)
        if self.is_past:
            still = and_(F.opened_on <= self.as_of, or_(still, F.ended_on > self.as_of))
        return and_(F.agency == self.agency, still, *self.only(F))

    def only(self, columns: Any) -> list[ColumnElement[bool]]:
        """The filters that these columns have."""
        return [columns[name] == value for name, value in self._wanted if name in columns]


def zones() -> ColumnElement[str]:
    """The zone of a follow-up's rulebook."""
    return case({id_: versions[-1].zone for id_, versions in library().items()}, value=F.rulebook_id)


def open_followups(asked: Asked) -> Select[Any]:
    """How many are open, by rulebook, kind and what the certificate has become."""
    by = (F.rulebook_id, F.kind, F.status.label("state"))
    counted = select(*by, func.count().label("followups")).where(asked.open())
    return counted.group_by(F.rulebook_id, F.kind, F.status).order_by(F.rulebook_id, F.kind, F.status)


def pending(asked: Asked) -> Select[Any]:
    """The deadlines of open follow-ups that nobody has met by the day. What was due in a closed cycle nobody waits for any more."""
    of = deadlines.table.join(followups.table, and_(F.agency == D.agency, F.followup_id == D.case_id)).outerjoin(
        cycles.table, and_(C.agency == D.agency, C.cycle_id == D.workflow_id)
    )
    not_met: ColumnElement[bool] = D.state.in_(["open", "missed"])
    waiting: ColumnElement[bool] = C.closed_on.is_(None)
    if asked.is_past:
        not_met, waiting = or_(not_met, D.met_on > asked.as_of), or_(waiting, C.closed_on > asked.as_of)
    return select(*_SHOWN).select_from(of).where(D.agency == asked.agency, not_met, waiting, asked.open())


_SHOWN: tuple[Any, ...] = (
    D.deadline_id,
    D.case_id.label("followup_id"),
    D.institution_id,
    F.number,
    F.programme,
    F.kind,
    F.rulebook_id,
    D.rulebook,
    D.rule,
    D.clause,
    D.source,
    D.binds,
    D.due_on,
    D.state,
)


def late(asked: Asked) -> Select[Any]:
    """The deadlines whose day has ended without what was due, each with its days and when the director was told of it."""
    day = asked.day(D.zone)
    told = select(L.alerted_on).where(L.agency == D.agency, L.deadline_id == D.deadline_id).scalar_subquery()
    return pending(asked).add_columns((day - D.due_on).label("late_days"), told.label("alerted_on")).where(_late(asked))


def _late(asked: Asked) -> ColumnElement[bool]:
    return and_(D.due_on < asked.at_most, D.due_on < asked.day(D.zone))


def late_by_party(asked: Asked) -> Select[Any]:
    """By whom they bind: how many are how late."""
    days = asked.day(D.zone) - D.due_on
    counted = (
        D.binds,
        func.count().filter(days <= 7).label("up_to_7"),
        func.count().filter(and_(days > 7, days <= 30)).label("up_to_30"),
        func.count().filter(days > 30).label("over_30"),
        func.max(days).label("most_days"),
    )
    return pending(asked).with_only_columns(*counted).where(_late(asked)).group_by(D.binds).order_by(D.binds)


def coming_deadlines(asked: Asked, within: int) -> Select[Any]:
    """The deadlines that end on the day or within so many days after it."""
    day = asked.day(D.zone)
    return pending(asked).where(D.due_on >= day, D.due_on <= day + within, D.due_on <= asked.at_most + within)


def coming_windows(asked: Asked, within: int) -> Select[Any]:
    """The windows that nobody has opened yet and that open within so many days. A cycle's change may have shown its window again."""
    of = agenda.table.join(followups.table, and_(F.agency == A.agency, F.followup_id == A.followup_id))
    begun = select(C.cycle_id).where(C.agency == A.agency, C.followup_id == A.followup_id, C.cycle == A.cycle).exists()
    soon = func.timezone("UTC", cast(asked.at_most + within + 2, Date) + literal(timedelta()))
    query = select(A.followup_id, A.cycle).select_from(of).where(A.agency == asked.agency, asked.open(), ~begun)
    return query.where(A.opens_at < soon, opens_on() <= asked.day(zones()) + within)


_OF_FOLLOWUP = ("followup_id", "institution_id", "number", "programme", "kind", "rulebook_id")
_COMING = ("what", "on", "item_id", *_OF_FOLLOWUP, "rulebook", "rule", "clause", "binds", "cycle", "report_due_on", "expected_on")


def opens_on() -> ColumnElement[date]:
    """The local day on which a window opens."""
    return cast(func.timezone(zones(), A.opens_at), Date)


def coming_counts(asked: Asked) -> Select[Any]:
    """Deadlines and windows within each horizon, in one row."""
    most, due = max(HORIZONS), D.due_on - asked.day(D.zone)
    counts = [func.count().filter(due <= days).label(f"deadlines_{days}") for days in HORIZONS]
    by_day = coming_deadlines(asked, most).with_only_columns(*counts).subquery()
    opens = opens_on() - asked.day(zones())
    counts = [func.count().filter(opens <= days).label(f"windows_{days}") for days in HORIZONS]
    by_window = coming_windows(asked, most).with_only_columns(*counts).subquery()
    return select(*by_day.c, *by_window.c).select_from(by_day.join(by_window, true()))


def coming(asked: Asked, within: int, what: str | None) -> Select[Any]:
    """Deadlines and windows together, each by its day."""
    of_followup = [F[name] for name in _OF_FOLLOWUP]
    rule = [D.rule, D.clause, D.binds]
    opened: list[Any] = [A.cycle, A.report_due_on, A.expected_on]
    item = A.followup_id + ":" + cast(A.cycle, Text)
    nothing = [[cast(null(), each.type) for each in some] for some in (opened, rule)]
    both = {
        "deadline": (coming_deadlines(asked, within), [D.due_on, D.deadline_id, *of_followup, D.rulebook, *rule, *nothing[0]]),
        "window": (coming_windows(asked, within), [opens_on(), item, *of_followup, F.rulebook, *nothing[1], *opened]),
    }
    wanted = {name: of for name, of in both.items() if what in (None, name)}
    parts = [query.with_only_columns(*_named([literal(name), *columns])) for name, (query, columns) in wanted.items()]
    found = union_all(*parts).subquery()
    return select(*found.c)


def _named(columns: list[Any]) -> list[Any]:
    return [each.label(name) for each, name in zip(columns, _COMING, strict=True)]


def awaiting(asked: Asked) -> Select[Any]:
    """Open follow-ups in which a person decides what is next, in one row."""
    with_kinds = [id_ for id_, versions in library().items() if profile.kinds(versions[-1])]
    unclassified = select(func.count()).where(asked.open(), F.kind.is_(None), F.rulebook_id.in_(with_kinds))
    suspended = select(func.count()).where(asked.open(), F.status == _SUSPENDED)
    told = select(L.deadline_id).where(L.agency == D.agency, L.deadline_id == D.deadline_id).exists()
    alerted = pending(asked).with_only_columns(func.count(distinct(D.case_id))).where(D.state == "missed", told)
    matter = matters.table.join(followups.table, and_(F.agency == matters.c.agency, F.followup_id == matters.c.followup_id))
    before = select(func.count(distinct(F.followup_id))).select_from(matter).where(asked.open(), matters.c.adopted_on.is_(None))
    return select(
        unclassified.scalar_subquery().label("unclassified"),
        alerted.scalar_subquery().label("alerted"),
        before.scalar_subquery().label("before_council"),
        suspended.scalar_subquery().label("suspended"),
    )
