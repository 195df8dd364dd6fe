"""The figures of internal monitoring over what the agency's own services told (ARTKI, 2.1.1, 2.2.2)."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Select, case, func, select

from chassis.context import Context
from services.monitoring.domain.figures import Days, Fact, Period, Share, figures
from services.monitoring.readmodels import deadlines
from services.monitoring.readmodels_figures import facts
from services.monitoring.schemas_figures import (
    DaysFigure,
    DeadlineFigure,
    InternalFigures,
    RoundsFigure,
    RulingsFigure,
    ShareFigure,
)

_D, _F = deadlines.c, facts.c
_COLUMNS = (_F.fact_id, _F.what, _F.case_id, _F.happened_on, _F.key, _F.word, _F.counted, _F.out_of)


async def internal_figures(ctx: Context, first: date, last: date) -> InternalFigures:
    """The figures of a period, of every procedure that the agency runs."""
    ended_within = select(_F.case_id).where(_F.happened_on.between(first, last)).distinct()
    rows = await ctx.rows(select(*_COLUMNS, _F.rulebook_id).where(_F.case_id.in_(ended_within)))
    procedures = {row["case_id"]: row["rulebook_id"] for row in rows if row["rulebook_id"]}
    told = [Fact(**{name.key: row[name.key] for name in _COLUMNS}) for row in rows]
    found = figures(told, procedures, Period(first, last))
    return InternalFigures(
        first=first,
        last=last,
        reckoned_at=ctx.at,
        cases=len({fact.case_id for fact in told}),
        deadlines=[_deadline(dict(row)) for row in await ctx.rows(_deadlines(first, last))],
        stages=_spans(found.stages),
        letters=_spans(found.letters),
        rounds=[
            RoundsFigure(rulebook_id=of, name=name, n=each.n, mean=each.mean, most=each.most) for (of, name), each in found.rounds.items()
        ],
        rulings=[
            RulingsFigure(rulebook_id=of, name=name, filed=each.filed, outcomes=dict(each.outcomes))
            for (of, name), each in found.rulings.items()
        ],
        factual_corrections=_shares(found.corrections),
        deviations=_shares(found.deviations),
    )


def _spans(found: Mapping[tuple[str, str], Days]) -> list[DaysFigure]:
    return [
        DaysFigure(rulebook_id=of, name=name, n=each.n, median=each.median, p90=each.p90, shortest=each.shortest, longest=each.longest)
        for (of, name), each in found.items()
    ]


def _shares(found: Mapping[str, Share]) -> list[ShareFigure]:
    return [ShareFigure(rulebook_id=of, counted=each.counted, out_of=each.out_of) for of, each in found.items()]


def _deadlines(first: date, last: date) -> Select[Any]:
    """By term: what fell due in the period, as it stands now."""
    rulebook = _D.rulebook["id"].astext.label("rulebook_id")
    by = (rulebook, _D.rule, _D.clause, _D.binds)

    def counted(name: str, states: Iterable[str]) -> Any:
        return func.count(case((_D.state.in_(list(states)), 1))).label(name)

    return (
        select(
            *by,
            counted("met", ["met"]),
            counted("met_late", ["met_late"]),
            counted("missed", ["missed"]),
            counted("open", ["open", "suspended"]),
            counted("withdrawn", ["withdrawn"]),
            func.count(case((_D.extended, 1))).label("extended"),
        )
        .where(_D.due_on.between(first, last))
        .group_by(*by)
        .order_by(*by)
    )


def _deadline(row: Mapping[str, Any]) -> DeadlineFigure:
    decided = row["met"] + row["met_late"] + row["missed"]
    return DeadlineFigure(**row, due=decided + row["open"], in_time=round(row["met"] / decided, 4) if decided else None)
