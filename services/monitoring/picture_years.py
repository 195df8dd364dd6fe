"""The questions of the follow-up picture about what was fulfilled, and about years. Each is a select over the read models."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, Subquery, and_, case, cast, collate, extract, func, literal, null, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from regulations.library import library
from services.monitoring.domain.cycle_rules import FULFILMENT, REPORT_TERMS, words
from services.monitoring.picture import Asked, C, D, F
from services.monitoring.readmodels import deadlines
from services.monitoring.readmodels_cycle import cycles
from services.monitoring.readmodels_followup import followups
from services.monitoring.readmodels_picture import (
    EXTENSION,
    REPORT,
    RESTORATION,
    REVOCATION,
    SUSPENSION,
    facts,
    measures,
    recommendations,
    verdicts,
)

M, R, V, X = measures.c, recommendations.c, verdicts.c, facts.c

FULFILLED, PARTLY, NOT = "fulfilled", "partly_fulfilled", "not_fulfilled"
_OF_COUNCIL = (EXTENSION, SUSPENSION, RESTORATION, REVOCATION)


def scale(rulebook_id: str) -> dict[str, str]:
    """How fulfilled each word of a rulebook says something is: the first is wholly, one from which a failure follows not at all."""
    known = words(library()[rulebook_id][-1], FULFILMENT)
    return {word: NOT if entry.follows else FULFILLED if n == 0 else PARTLY for n, (word, entry) in enumerate(known.items())}


def _graded(word: ColumnElement[Any]) -> ColumnElement[Any]:
    """What a verdict's word says, under the rulebook of its follow-up."""
    told = [(and_(F.rulebook_id == id_, word == each), grade) for id_ in library() for each, grade in scale(id_).items()]
    return case(*told) if told else null()


def _worst_first(word: ColumnElement[Any]) -> ColumnElement[int]:
    """Of several measures against one recommendation, judged in one act, the least fulfilled tells how far it is."""
    known = {each: n for id_ in library() for n, each in enumerate(scale(id_))}
    return case(known, value=word, else_=-1) if known else literal(0)


def _last_verdicts(asked: Asked, since: date | None, until: date | None, *, of_each_year: bool = False) -> Subquery:
    """The last verdict on each recommendation, by itself or by a measure against it; one with a word goes before one without."""
    by_measure = and_(M.agency == V.agency, M.followup_id == V.followup_id, M.measure_id == V.measure_id, V.recommendation_id.is_(None))
    on = func.coalesce(V.recommendation_id, M.recommendation_id)
    year = cast(extract("year", V.judged_on), Integer)
    plainly = (collate(V.followup_id, "C"), collate(on, "C"))  # to sort by bytes takes a third of the time
    one = (year, *plainly) if of_each_year else plainly
    act = (V.fulfilment.is_(None), V.judged_on.desc(), V.judged_at.desc(), V.step.desc(), collate(V.cycle_id, "C").desc())
    within_act = (V.recommendation_id.is_(None), _worst_first(V.fulfilment).desc(), V.number)
    query = (
        select(year.label("year"), V.followup_id, on.label("recommendation_id"), V.fulfilment)
        .select_from(verdicts.table.outerjoin(measures.table, by_measure))
        .where(V.agency == asked.agency, on.is_not(None), *asked.only(V))
        .order_by(*one, *act, *within_act)
        .ext(distinct_on(*one))
    )
    if of_each_year:
        query = query.where(V.fulfilment.is_not(None))
    if since is not None:
        query = query.where(V.judged_on >= since)
    return (query if until is None else query.where(V.judged_on <= until)).subquery()


def by_criterion(asked: Asked, until: date | None) -> Select[Any]:
    """How much of what was recommended and remarked is fulfilled, by criterion; by the end of `until`."""
    last = _last_verdicts(asked, None, until)
    of = recommendations.table.join(followups.table, and_(F.agency == R.agency, F.followup_id == R.followup_id)).outerjoin(
        last, and_(last.c.followup_id == R.followup_id, last.c.recommendation_id == R.recommendation_id)
    )
    grade = _graded(last.c.fulfilment)
    counted = (
        R.criterion,
        func.count().filter(~R.remark).label("recommendations"),
        func.count().filter(R.remark).label("remarks"),
        *(func.count().filter(grade == each).label(each) for each in (FULFILLED, PARTLY, NOT)),
        func.count().filter(and_(last.c.followup_id.is_not(None), grade.is_(None))).label("noted"),
        func.count().filter(last.c.followup_id.is_(None)).label("not_judged"),
    )
    query = select(*counted).select_from(of).where(R.agency == asked.agency, *asked.only(F)).group_by(R.criterion)
    return query if until is None else query.where(F.opened_on <= until)


def by_year(asked: Asked, since: date, until: date) -> Select[Any]:
    """How often what happened, year by year; of what the council decided that on followed certificates alone."""
    year = cast(extract("year", X.happened_on), Integer)
    filters = asked.only(F)
    followed = X.followup_id.in_(select(F.followup_id).where(F.agency == asked.agency, *filters))
    wanted = followed if filters else or_(X.what.not_in(_OF_COUNCIL), followed)
    counted = (year.label("year"), X.what, func.count().label("facts"))
    query = select(*counted).where(X.agency == asked.agency, X.happened_on.between(since, until), wanted, *asked.only(X))
    return query.group_by(year, X.what)


def late_by_year(asked: Asked, since: date, until: date) -> Select[Any]:
    """How many first reports came late in each year, and their days in the mean and in the middle."""
    year = cast(extract("year", X.happened_on), Integer)
    late = (X.agency == asked.agency, X.happened_on.between(since, until), X.what == REPORT, X.late_days > 0, *asked.only(X))
    counted = (
        year.label("year"),
        func.count().label("late"),
        func.avg(X.late_days).label("mean"),
        func.percentile_cont(0.5).within_group(X.late_days).label("median"),
    )
    query = select(*counted).where(*late)
    if filters := asked.only(F):
        query = query.where(X.followup_id.in_(select(F.followup_id).where(F.agency == asked.agency, *filters)))
    return query.group_by(year)


def missed_by_year(asked: Asked, since: date, until: date) -> Select[Any]:
    """Cycles without a report whose last day for it has ended, by the year of that day; of alternatives the last to end."""
    other = deadlines.table.alias("other")
    waited_for = (other.c.agency == D.agency, other.c.case_id == D.case_id, other.c.workflow_id == D.workflow_id)
    still = other.c.rule.in_(REPORT_TERMS), other.c.state.in_(["open", "suspended"])
    of = deadlines.table.join(cycles.table, and_(C.agency == D.agency, C.cycle_id == D.workflow_id))
    each = (
        select(func.max(D.missed_on).label("missed_on"))
        .select_from(of)
        .where(D.agency == asked.agency, D.state == "missed", D.rule.in_(REPORT_TERMS), C.round == 0, *asked.only(C))
        .where(~select(other.c.deadline_id).where(*waited_for, *still).exists())
        .group_by(D.workflow_id)
        .subquery()
    )
    year = cast(extract("year", each.c.missed_on), Integer)
    counted: tuple[Any, ...] = (year.label("year"), func.count().label("missed"))
    return select(*counted).where(each.c.missed_on.between(since, until)).group_by(year)


def judged_by_year(asked: Asked, since: date, until: date) -> Select[Any]:
    """Recommendations that were judged by a word in a year, and how many of them by the last verdict of that year are fulfilled."""
    last = _last_verdicts(asked, since, until, of_each_year=True)
    of = followups.table.join(last, last.c.followup_id == F.followup_id).join(
        recommendations.table,
        and_(R.agency == F.agency, R.followup_id == F.followup_id, R.recommendation_id == last.c.recommendation_id),
    )
    grade = _graded(last.c.fulfilment)
    counted = (last.c.year, func.count().label("judged"), func.count().filter(grade == FULFILLED).label("fulfilled"))
    return select(*counted).select_from(of).where(F.agency == asked.agency, grade.is_not(None), *asked.only(F)).group_by(last.c.year)
