"""Monitoring's routes for the agency's follow-ups as a whole: who is late, what comes, what is fulfilled, the years. Reads alone."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Date, Integer, Text, column, select

from chassis.auth import Role
from chassis.context import Context
from chassis.sorting import Order, sorting
from chassis.text import IsoDate
from chassis.web import Cursor, Limit, Named, Reading, get, narrowed, page_model, page_of
from regulations import RulebookRef, resolve
from services.monitoring import picture, picture_years
from services.monitoring.contract import CONTRACT, step_of
from services.monitoring.domain import profile
from services.monitoring.picture import HORIZONS, Asked, D, F
from services.monitoring.readmodels_picture import (
    ACCEPTANCE,
    CHANGES,
    EXTENSION,
    REJECTION,
    REPORT,
    REPORT_AGAIN,
    RESTORATION,
    REVOCATION,
    SUSPENSION,
    VISIT,
)
from services.monitoring.schemas_picture import (
    AwaitingPerson,
    ComingDue,
    CriterionPicture,
    DueItem,
    FollowUpPicture,
    LateBound,
    LateItem,
    OpenFollowUps,
    Trends,
    YearPicture,
)

router = APIRouter(prefix="/v1/follow-up-picture")

INVOLVED = [Role.institution_officer, Role.coordinator, Role.director, Role.auditor]

AsOf = Annotated[
    IsoDate | None,
    Query(description="The day to reckon for, by what is recorded by now; without it today, by the zone of each rulebook"),
]

LATE = sorting("due_on", [D.due_on, D.institution_id, F.rulebook_id, D.rule, D.binds], D.deadline_id)
DUE = sorting(
    "on",
    [column("on", Date), column("institution_id", Text), column("rulebook_id", Text), column("what", Text)],
    column("item_id", Text),
)
CRITERIA = sorting(
    "criterion",
    [column("criterion", Text), *(column(name, Integer) for name in ("recommendations", "remarks", "not_fulfilled", "not_judged"))],
    column("criterion", Text),
)


def _asked(ctx: Context, as_of: date | None = None, **wanted: str | None) -> Asked:
    """An institution's officer asks for its own, whatever else it asks for."""
    return Asked(ctx.agency, ctx.at, as_of, *wanted.items(), ("institution_id", ctx.own_institution))


@get(router, "", roles=INVOLVED, response_model=FollowUpPicture)
async def read_picture(ctx: Reading, as_of: AsOf = None, institution_id: Named = None, rulebook_id: Named = None) -> Any:
    """The follow-ups at one look: how many, who is late, what comes due, what waits for a person."""
    asked = _asked(ctx, as_of, institution_id=institution_id, rulebook_id=rulebook_id)
    counts = await _one(ctx, picture.coming_counts(asked))
    return FollowUpPicture(
        as_of=as_of,
        open=[OpenFollowUps.model_validate(dict(row)) for row in await ctx.rows(picture.open_followups(asked))],
        late=[LateBound.model_validate(dict(row)) for row in await ctx.rows(picture.late_by_party(asked))],
        due=[ComingDue(days=days, deadlines=counts[f"deadlines_{days}"], windows=counts[f"windows_{days}"]) for days in HORIZONS],
        awaiting=AwaitingPerson.model_validate(await _one(ctx, picture.awaiting(asked))),
    )


@get(router, "/late", roles=INVOLVED, response_model=page_model(LateItem))
async def list_late(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(LATE)],
    as_of: AsOf = None,
    institution_id: Named = None,
    rulebook_id: Named = None,
    binds: Named = None,
    rule: Named = None,
    late_by: Annotated[int | None, Query(ge=1, le=36_500, description="Late by so many days or more")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Who is late, by how much, under which clause; those that are late the longest first."""
    asked = _asked(ctx, as_of, institution_id=institution_id, rulebook_id=rulebook_id)
    query = picture.late(asked)
    query = narrowed(query, ((D.binds, binds), (D.rule, rule)))
    if late_by is not None:
        query = query.where(D.due_on <= asked.day(D.zone) - late_by)
    page = await page_of(ctx, query, keys=order, model=LateItem, cursor=cursor, limit=limit, request=request, response=response)
    return {**page, "items": [item.model_copy(update={"names": _names(item.rulebook, item.rule)}) for item in page["items"]]}


@get(router, "/due", roles=INVOLVED, response_model=page_model(DueItem))
async def list_due(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(DUE)],
    within: Annotated[int, Query(ge=1, le=1830, description="So many days, the last of them included")] = 90,
    what: Annotated[str | None, Query(pattern="^(deadline|window)$")] = None,
    as_of: AsOf = None,
    institution_id: Named = None,
    rulebook_id: Named = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """What comes next: deadlines by their last day, and the windows of cycles that nobody has opened yet by the day they open."""
    query = picture.coming(_asked(ctx, as_of, institution_id=institution_id, rulebook_id=rulebook_id), within, what)
    page = await page_of(ctx, query, keys=order, model=DueItem, cursor=cursor, limit=limit, request=request, response=response)
    return {**page, "items": [_told(item) for item in page["items"]]}


@get(router, "/recommendations", roles=INVOLVED, response_model=page_model(CriterionPicture))
async def list_criteria(
    ctx: Reading,
    request: Request,
    response: Response,
    order: Annotated[Order, Depends(CRITERIA)],
    institution_id: Named = None,
    rulebook_id: Named = None,
    year: Annotated[int | None, Query(ge=1990, le=2200, description="By the verdicts until the end of this year")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """What was recommended on each criterion, and how much of it is fulfilled by the last verdicts, in follow-ups open and ended."""
    asked = _asked(ctx, None, institution_id=institution_id, rulebook_id=rulebook_id)
    counted = picture_years.by_criterion(asked, date(year, 12, 31) if year else None).subquery()
    query = select(*(column(each.key, each.type) for each in counted.c)).select_from(counted)
    return await page_of(ctx, query, keys=order, model=CriterionPicture, cursor=cursor, limit=limit, request=request, response=response)


@get(router, "/trends", roles=INVOLVED, response_model=Trends)
async def read_trends(
    ctx: Reading,
    last: Annotated[int, Query(ge=1, le=30, description="So many years, the present one included")] = 5,
    institution_id: Named = None,
    rulebook_id: Named = None,
) -> Any:
    """Year by year: reports and how late they came, visits, acceptances, what became of certificates, what was fulfilled."""
    asked = _asked(ctx, None, institution_id=institution_id, rulebook_id=rulebook_id)
    years = range(ctx.at.year - last + 1, ctx.at.year + 1)
    since, until = date(years[0], 1, 1), date(years[-1], 12, 31)
    happened = {(row["year"], row["what"]): row for row in await ctx.rows(picture_years.by_year(asked, since, until))}
    lateness = {row["year"]: row for row in await ctx.rows(picture_years.late_by_year(asked, since, until))}
    missed = {row["year"]: row["missed"] for row in await ctx.rows(picture_years.missed_by_year(asked, since, until))}
    judged = {row["year"]: row for row in await ctx.rows(picture_years.judged_by_year(asked, since, until))}

    def of(year: int) -> YearPicture:
        def number(what: str) -> int:
            return int(happened[year, what]["facts"]) if (year, what) in happened else 0

        late, verdicts = lateness.get(year), judged.get(year)
        days_late = {"mean_days_late": round(float(late["mean"]), 2), "median_days_late": late["median"]} if late else {}
        reports_late = late["late"] if late else 0
        return YearPicture(
            year=year,
            reports_in_time=number(REPORT) - reports_late,
            reports_late=reports_late,
            reports_missed=missed.get(year, 0),
            **days_late,
            reports_again=number(REPORT_AGAIN),
            rejections=number(REJECTION),
            change_requests=number(CHANGES),
            visits=number(VISIT),
            acceptances=number(ACCEPTANCE),
            extensions=number(EXTENSION),
            suspensions=number(SUSPENSION),
            restorations=number(RESTORATION),
            revocations=number(REVOCATION),
            recommendations_judged=verdicts["judged"] if verdicts else 0,
            recommendations_fulfilled=verdicts["fulfilled"] if verdicts else 0,
            share_fulfilled=round(verdicts["fulfilled"] / verdicts["judged"], 4) if verdicts else None,
        )

    return Trends(years=[of(year) for year in years])


async def _one(ctx: Context, query: Any) -> dict[str, Any]:
    found: Sequence[Any] = await ctx.rows(query)
    return dict(found[0])


def _names(rulebook: RulebookRef, rule: str) -> dict[str, str]:
    """Of a term; of a day that a person or the contract set, those of the step that it is set for."""
    rules = resolve(rulebook)
    if rule.startswith(CONTRACT):
        return next((stage.names.model_dump() for stage in rules.stages if stage.id == step_of(rule)), {})
    term = rules.terms.get(rule)
    return term.names.model_dump() if term else {}


def _told(item: DueItem) -> DueItem:
    """With the names; a window with the term of the report that it opens for."""
    if item.rule is None:
        rules = resolve(item.rulebook)
        rule = next(iter(profile.report_rules(rules, item.kind)), None)
        if rule is None:
            return item
        term = rules.terms[rule]
        item = item.model_copy(update={"rule": rule, "clause": term.clause, "binds": term.binds})
    assert item.rule is not None
    return item.model_copy(update={"names": _names(item.rulebook, item.rule)})
