"""Metrics that are asked for when somebody reads them, and `GET /metrics`: every metric of the process in Prometheus' text format.

No loop measures anything. The names stand in `chassis.telemetry`; attributes have few values, and never a case, a person or an agency.
"""

import asyncio
import hmac
import ipaddress
import logging
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics.export import HistogramDataPoint, Metric, MetricsData, NumberDataPoint, Sum
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from chassis import telemetry
from chassis.settings import Settings

log = logging.getLogger(__name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PATIENCE = 3.0
_UNITS = {"s": "seconds", "ms": "milliseconds", "By": "bytes", "1": "ratio"}

Value = tuple[float, Mapping[str, str]]


@dataclass(frozen=True)
class Measure:
    """A gauge whose values are read when metrics are: `read` gives each value with its attributes, and none where it cannot tell."""

    name: str
    unit: str
    description: str
    read: Callable[[], Awaitable[Iterable[Value]]]


def watch(measures: Sequence[Measure]) -> None:
    """From now on these are among the process's metrics. To be called in the loop in which they are to be read."""
    loop = asyncio.get_running_loop()
    meter = telemetry.meter()
    for measure in measures:
        meter.create_observable_gauge(measure.name, [_callback(measure, loop)], measure.unit, measure.description)


def _callback(measure: Measure, loop: asyncio.AbstractEventLoop) -> Callable[[CallbackOptions], list[Observation]]:
    async def patient() -> Iterable[Value]:
        async with asyncio.timeout(_PATIENCE):
            return await measure.read()

    def observe(_: CallbackOptions) -> list[Observation]:  # in a reader's thread
        if loop.is_closed():
            return []
        reading = patient()
        try:
            found = asyncio.run_coroutine_threadsafe(reading, loop).result(_PATIENCE + 1)
        except Exception as error:
            reading.close() if loop.is_closed() else None
            log.warning("%s cannot be told: %s", measure.name, type(error).__name__)
            return []
        return [Observation(value, attributes) for value, attributes in found]

    return observe


async def exposed(request: Request) -> Response:
    """`GET /metrics`, for scrapers of this machine, or those with the token that is set. For others the page is not there."""
    if not _may_scrape(request, request.app.state.scraping):
        return PlainTextResponse("Not Found", 404)
    return Response(await asyncio.to_thread(lambda: exposition(telemetry.collected())), media_type=CONTENT_TYPE)


def expose(app: Starlette, using: Settings) -> None:
    """Puts `GET /metrics` into a Starlette or FastAPI application."""
    app.state.scraping = using
    app.router.routes.append(Route("/metrics", exposed, methods=["GET"], include_in_schema=False))


def _may_scrape(request: Request, using: Settings) -> bool:
    if using.metrics_token is not None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), using.metrics_token.get_secret_value().encode())
    if "forwarded" in request.headers or "x-forwarded-for" in request.headers:
        return False  # a proxy on the machine hands on somebody else's request
    # one that tells nothing of it passes the name on by which it was asked
    return request.client is not None and _is_here(request.client.host) and _is_here(request.url.hostname or "")


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def exposition(data: MetricsData | None) -> str:
    """Prometheus' text format 0.0.4."""
    lines: list[str] = []
    by_name: dict[str, Metric] = {}
    for resource in data.resource_metrics if data else ():
        for scope in resource.scope_metrics:
            by_name.update({_name(metric): metric for metric in scope.metrics})
    for name, metric in sorted(by_name.items()):
        points = list(metric.data.data_points)
        kind = "histogram" if any(isinstance(point, HistogramDataPoint) for point in points) else "counter" if _counts(metric) else "gauge"
        lines.append(f"# HELP {name} {_escaped(metric.description or metric.name)}")
        lines.append(f"# TYPE {name} {kind}")
        for point in points:
            if isinstance(point, HistogramDataPoint):
                lines += _histogram(name, point)
            elif isinstance(point, NumberDataPoint):
                lines.append(f"{name}{_labels(point.attributes)} {_number(point.value)}")
    return "".join(f"{line}\n" for line in lines)


def _counts(metric: Metric) -> bool:
    return isinstance(metric.data, Sum) and metric.data.is_monotonic


def _name(metric: Metric) -> str:
    """As Prometheus names it: the unit as a word at its end, `_total` behind what only grows."""
    name = metric.name.replace(".", "_")
    given = metric.unit or ""
    unit = "" if given.startswith("{") else _UNITS.get(given, given)
    name += f"_{unit}" if unit and not name.endswith(unit) else ""
    return f"{name}_total" if _counts(metric) else name


def _histogram(name: str, point: HistogramDataPoint) -> list[str]:
    lines, seen = [], 0
    for bound, count in zip((*point.explicit_bounds, math.inf), point.bucket_counts, strict=True):
        seen += count
        lines.append(f"{name}_bucket{_labels(point.attributes, le=_number(bound))} {seen}")
    labels = _labels(point.attributes)
    return [*lines, f"{name}_sum{labels} {_number(point.sum)}", f"{name}_count{labels} {point.count}"]


def _labels(attributes: Mapping[str, object] | None, **more: str) -> str:
    told = {key.replace(".", "_"): str(value) for key, value in (attributes or {}).items()} | more
    return "{" + ",".join(f'{key}="{_escaped(value)}"' for key, value in sorted(told.items())) + "}" if told else ""


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
