"""For operators: the traces of the agency, and one of them as a waterfall across all services."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from chassis.auth import Role
from chassis.telemetry import CLAUSE
from chassis.traces import SpanRecord, Trace, assemble, is_real
from console.client import Refused
from console.nav import STAFF
from console.visit import SignedIn

router = APIRouter()

READERS = STAFF | {Role.operator}
#: The parts that traces come from, in the order in which a case meets them.
PARTS = ("console", "intake", "review", "visits", "council", "monitoring", "notices", "workflows")
_WIDTH = 1000
_SHOWN_IN_A_ROW = ("http.response.status_code", "error.type", "kepil.event_type", "kepil.problem", CLAUSE)
Few = Annotated[str | None, Query(max_length=80)]


@router.get("/{language}/operations/traces")
async def traces(
    visit: SignedIn, case_id: Few = None, service: Few = None, error: Few = None, min_ms: Few = None, cursor: Few = None
) -> Response:
    """The newest first, narrowed by what the address asks for."""
    asked = {"case_id": case_id, "service": service, "error": "true" if error else None, "min_ms": min_ms}
    found: dict[str, Any] = {"items": [], "next": None}
    problem = None
    try:
        found = (await visit.services.get("traces", "/v1/traces", **{k: v or None for k, v in asked.items()}, after=cursor)).data
    except Refused as refused:
        if refused.status not in (422, 502, 503):
            raise
        problem = refused.problem
    return visit.page(
        "operations/traces.html.jinja",
        problem["status"] if problem else 200,
        asked={name: value or "" for name, value in asked.items()},
        narrowed=any(asked.values()),
        parts=PARTS,
        items=found["items"],
        following=found["next"],
        problem=problem,
    )


@router.get("/{language}/operations/traces/{trace_id}")
async def trace(visit: SignedIn, trace_id: Annotated[str, Path(pattern="^[0-9a-f]{32}$")]) -> Response:
    """One trace: a row for each span, its bar beside it, everything it tells behind it."""
    told = (await visit.services.get("traces", f"/v1/traces/{trace_id}")).data
    spans = [SpanRecord(trace_id, each.pop("span_id"), each.pop("parent_id"), **each) for each in told["spans"]]
    whole = assemble(spans, trace_id)
    assert whole is not None  # the service answers 404 where there is no span
    services = whole.services
    return visit.page(
        "operations/trace.html.jinja",
        trace=whole,
        rows=_rows(whole),
        real=is_real(whole),
        colours={name: index % 6 for index, name in enumerate(services)},
        cases=sorted({str(case) for span in spans if (case := span.attributes.get("kepil.case_id"))}),
        milliseconds=(whole.end - whole.start) / 1e6,
        failed=sum(span.error for span in spans),
    )


def _rows(trace: Trace) -> list[dict[str, Any]]:
    scale = _WIDTH / max(trace.end - trace.start, 1)
    return [
        {
            "span": span,
            "depth": min(depth, 12),
            "x": round(min((span.start - trace.start) * scale, _WIDTH - 4), 1),
            "width": round(max((span.end - span.start) * scale, 4), 1),
            "told": ", ".join(_words(span)),
            "attributes": sorted(span.attributes.items()),
        }
        for depth, span in trace.spans
    ]


def _words(span: SpanRecord) -> list[str]:
    told = [(name, span.attributes[name]) for name in _SHOWN_IN_A_ROW if span.attributes.get(name) not in (None, "")]
    return [f"clause {value}" if name == CLAUSE else str(value) for name, value in told]
