"""Monitoring's routes for the figures of internal monitoring and for its report as people read it. Reads alone."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from chassis.auth import Role
from chassis.problems import Invalid, NotFound
from chassis.text import Day
from chassis.web import Id, Reading, get
from services.monitoring.handlers_internal import local_today
from services.monitoring.handlers_internal_cycle import existing
from services.monitoring.internal_figures import internal_figures
from services.monitoring.internal_report import shown
from services.monitoring.schemas_figures import InternalFigures, ShownReport
from services.monitoring.schemas_internal import ReportLanguage

router = APIRouter(prefix="/v1")

#: Nothing but what the page itself has.
_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

AGENCY = [Role.coordinator, Role.director, Role.auditor]


@get(router, "/internal-figures", roles=AGENCY, response_model=InternalFigures)
async def read_internal_figures(
    ctx: Reading,
    first: Annotated[Day | None, Query(description="The first local day of the period; without it 1 January")] = None,
    last: Annotated[Day | None, Query(description="Its last local day; without it today")] = None,
) -> Any:
    """What the agency's own events tell of its work in a period: deadlines, days, rounds, objections, appeals, deviations, letters
    (ARTKI, 2.1.1, 2.2.2)."""
    last = last or await local_today(ctx)
    first = first or last.replace(month=1, day=1)
    if first > last:
        errors = [{"pointer": "#/query/first", "detail": "The first day is after the last one."}]
        raise Invalid("A period has its first day before its last one, or on it.", errors)
    return await internal_figures(ctx, first, last)


@get(router, "/internal-cycles/{internal_cycle_id}/report", roles=AGENCY, response_model=ShownReport)
async def read_internal_report(
    ctx: Reading,
    internal_cycle_id: Id,
    request: Request,
    language: Annotated[ReportLanguage | None, Query(description="Of headings and pictures; without it the regulation's own")] = None,
) -> Any:
    """The last version of a cycle's report (ARTKI, 3.3.4); asked for as `text/html`, a page with pictures that needs nothing else."""
    state = await existing(ctx, internal_cycle_id)
    if not state.drafts:
        raise NotFound(f"cycle {internal_cycle_id} has no report yet")
    if "text/html" in request.headers.get("accept", ""):
        return Response(shown(state, language, html=True), media_type="text/html", headers={"Content-Security-Policy": _CSP})
    text = shown(state, language, html=False)
    return ShownReport(cycle_id=internal_cycle_id, number=len(state.drafts), final=state.final is not None, markdown=text)
