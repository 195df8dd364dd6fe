"""OpenTelemetry for one process: traces, metrics and logs, to a collector where one is configured and always to files of its own.

Attribute names stand here and nowhere else; those of messaging follow the semantic conventions (still in development).
"""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from opentelemetry import metrics, propagate, trace
from opentelemetry._logs import LogRecord, set_logger_provider
from opentelemetry.context import Context
from opentelemetry.instrumentation.log_utils import std_to_otel
from opentelemetry.metrics import Meter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricReader, MetricsData, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Link, Span, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from chassis import logs
from chassis.settings import Settings
from chassis.spanfiles import Discreet, SpanFile
from chassis.spannames import CASE_ID as CASE_ID

AGENCY = "kepil.agency"
STREAM = "kepil.stream"
EVENT_TYPE = "kepil.event_type"

RULEBOOK = "kepil.rulebook"
CLAUSE = "kepil.clause"

#: Metrics; where they are measured is where they are used. docs/operations.md tells what each means at three in the morning.
RELAY_LAG = "kepil.relay.lag"
RELAY_OLDEST = "kepil.relay.oldest"
RELAY_LEADING = "kepil.relay.leading"
READER_LAG = "kepil.reader.lag"
DEADLINES_UNRUN = "kepil.deadlines.unrun"
DEADLINES_LAG = "kepil.deadlines.lag"
WEBHOOKS_ATTEMPTS = "kepil.webhooks.attempts"
WEBHOOKS_WAITING = "kepil.webhooks.waiting"
WEBHOOKS_OVERDUE = "kepil.webhooks.overdue"
WORKFLOW_FAILURES = "kepil.workflows.failures"
ACTIVITY_FAILURES = "kepil.activities.failures"
CONDUCTOR_TOLD = "kepil.conductor.told"
CONDUCTOR_LOST = "kepil.conductor.lost"

MESSAGING_SYSTEM = "messaging.system"
MESSAGING_DESTINATION = "messaging.destination.name"
MESSAGING_OPERATION_NAME = "messaging.operation.name"
MESSAGING_OPERATION_TYPE = "messaging.operation.type"
MESSAGING_MESSAGE_ID = "messaging.message.id"
MESSAGING_CONSUMER_GROUP = "messaging.consumer.group.name"
ERROR_TYPE = "error.type"

_SPAN_STORE = "traces"
_PROPAGATOR = TraceContextTextMapPropagator()
_providers: list[TracerProvider | MeterProvider | LoggerProvider] = []
_scraped: InMemoryMetricReader | None = None
_tracer = trace.get_tracer("kepil")
_meter = metrics.get_meter("kepil")


def _collector(signal: str) -> bool:
    return any(os.environ.get(name) for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"))


def setup(service_name: str, settings: Settings) -> None:
    """Starts telemetry and logging of this process; a second call does nothing. The collector comes from the OTEL_… variables."""
    if _providers:
        return
    logs.configure(service_name, settings)
    propagate.set_global_textmap(_PROPAGATOR)
    resource = Resource.create({"service.name": service_name, "service.namespace": "kepil", "deployment.environment.name": settings.env})
    _providers.append(_traces(service_name, settings, resource))
    _providers.append(_metrics(resource))
    if _collector("LOGS"):
        _providers.append(_log_export(resource))


def _traces(service_name: str, settings: Settings, resource: Resource) -> TracerProvider:
    provider = TracerProvider(resource=resource)
    file = SpanFile(settings.state_dir / "traces" / f"{service_name}.jsonl")
    provider.add_span_processor(BatchSpanProcessor(file, schedule_delay_millis=1_000))
    exporter = _span_exporter(service_name, settings)
    if exporter is not None:
        provider.add_span_processor(BatchSpanProcessor(Discreet(exporter), schedule_delay_millis=1_000, export_timeout_millis=3_000))
    trace.set_tracer_provider(provider)
    return provider


def _span_exporter(service_name: str, settings: Settings) -> SpanExporter | None:
    """To the collector that the OTEL_… variables name, else to the span store where there is one. What it does not take is lost."""
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    if _collector("TRACES"):
        return OTLPSpanExporter()
    if settings.traces_url is None or service_name == _SPAN_STORE:
        return None
    from chassis.spanstore.sender import sender_token

    headers = {"authorization": f"Bearer {sender_token(settings)}"}
    return OTLPSpanExporter(f"{settings.traces_url.rstrip('/')}/v1/traces", headers=headers, timeout=2, compression=Compression.Gzip)


def _metrics(resource: Resource) -> MeterProvider:
    global _scraped
    _scraped = InMemoryMetricReader()
    readers: list[MetricReader] = [_scraped]
    if _collector("METRICS"):
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

        readers.append(PeriodicExportingMetricReader(OTLPMetricExporter()))
    provider = MeterProvider(metric_readers=readers, resource=resource)
    metrics.set_meter_provider(provider)
    return provider


def collected() -> MetricsData | None:
    """Every metric of the process as it is now; observable ones are asked, in the calling thread."""
    return _scraped.get_metrics_data() if _scraped else None


def _log_export(resource: Resource) -> LoggerProvider:
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter

    provider = LoggerProvider(resource=resource)
    provider.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
    set_logger_provider(provider)
    root = logging.getLogger()
    handler = _LogExport(provider)
    handler.setFormatter(root.handlers[0].formatter if root.handlers else None)
    root.addHandler(handler)
    return provider


class _LogExport(logging.Handler):
    """Sends the same redacted line that standard output gets."""

    def __init__(self, provider: LoggerProvider) -> None:
        super().__init__()
        self._logger = provider.get_logger("kepil")

    def emit(self, record: logging.LogRecord) -> None:
        """Called by logging."""
        if record.name.startswith(("opentelemetry", "urllib3", "requests")):
            return  # the exporter's own complaints would feed on themselves
        try:
            line = LogRecord(
                timestamp=int(record.created * 1e9),
                severity_text=record.levelname,
                severity_number=std_to_otel(record.levelno),
                body=self.format(record),
                attributes={"logger.name": record.name},
            )
            self._logger.emit(line)
        except Exception:
            self.handleError(record)


def shutdown() -> None:
    """Sends what is still held, and ends. For the end of the process."""
    while _providers:
        _providers.pop(0).shutdown()


def instrument(app: Any, untraced: Sequence[str] = ()) -> None:
    """A span for each request of a FastAPI app, those of health and of the URLs `untraced` (regular expressions) excepted; continues the
    caller's trace."""
    os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "http")
    from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

    excluded = ",".join([r"/healthz$", r"/readyz$", r"/metrics$", *untraced])
    FastAPIInstrumentor.instrument_app(app, excluded_urls=excluded, exclude_spans=["receive", "send"])


def tracer() -> Tracer:
    """The tracer of everything that is ours."""
    return _tracer


def meter() -> Meter:
    """The meter of everything that is ours. Attributes of few values only: never a case or a subject."""
    return _meter


def annotate(**attributes: str | int | bool) -> None:
    """Sets attributes on the current span; `kepil.` is put before each name: annotate(case_id=…) is CASE_ID."""
    span = trace.get_current_span()
    if span.is_recording():
        span.set_attributes({f"kepil.{name}": value for name, value in attributes.items()})


def current_traceparent() -> str | None:
    """The current span as W3C `traceparent`; None outside any trace."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def current_trace_id() -> str | None:
    """The current trace's id in hex; None outside any trace."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None


def context_from(traceparent: str | None) -> Context:
    """A context whose parent is `traceparent`; an empty one if that is missing or malformed."""
    return _PROPAGATOR.extract({"traceparent": traceparent} if traceparent else {}, context=Context())


@contextmanager
def span(name: str, *, kind: SpanKind = SpanKind.INTERNAL, context: Context | None = None, **attributes: Any) -> Iterator[Span]:
    """A current span of ours; dots of attribute names are written `__`. An error is told by its type, never by its words."""
    named = {key.replace("__", "."): value for key, value in attributes.items() if value is not None}
    with _recorded(name, kind, context, named, ()) as opened:
        yield opened


@contextmanager
def _recorded(name: str, kind: SpanKind, context: Context | None, attributes: dict[str, Any], links: tuple[Link, ...]) -> Iterator[Span]:
    with _tracer.start_as_current_span(
        name, context, kind, attributes, links, record_exception=False, set_status_on_exception=False
    ) as opened:
        try:
            yield opened
        except BaseException as error:
            opened.set_attribute(ERROR_TYPE, type(error).__qualname__)
            opened.set_status(StatusCode.ERROR)
            raise


def _message(operation: str, kind: str, subject: str, message_id: str | None, attributes: dict[str, Any]) -> dict[str, Any]:
    told = {
        MESSAGING_SYSTEM: "nats",
        MESSAGING_DESTINATION: subject,
        MESSAGING_OPERATION_NAME: operation,
        MESSAGING_OPERATION_TYPE: kind,
        MESSAGING_MESSAGE_ID: message_id,
        **{key.replace("__", "."): value for key, value in attributes.items()},
    }
    return {name: value for name, value in told.items() if value is not None}


@contextmanager
def producer_span(subject: str, *, traceparent: str | None = None, message_id: str | None = None, **attributes: Any) -> Iterator[Span]:
    """`send <subject>`, current inside; a child of `traceparent` if given (a relay sends later), else of the current span."""
    context = context_from(traceparent) if traceparent else None
    with _recorded(f"send {subject}", SpanKind.PRODUCER, context, _message("send", "send", subject, message_id, attributes), ()) as opened:
        yield opened


@contextmanager
def consumer_span(
    subject: str,
    traceparent: str | None,
    *,
    message_id: str | None = None,
    group: str | None = None,
    linked: bool = False,
    **attributes: Any,
) -> Iterator[Span]:
    """`process <subject>`, a child of `traceparent`; `linked` (replays, old messages): a trace of its own with a link to it."""
    context = context_from(traceparent)
    links: tuple[Link, ...] = ()
    if linked:
        origin = trace.get_current_span(context).get_span_context()
        links = (Link(origin),) if origin.is_valid else ()
        context = Context()
    told = _message("process", "process", subject, message_id, {**attributes, MESSAGING_CONSUMER_GROUP: group})
    with _recorded(f"process {subject}", SpanKind.CONSUMER, context, told, links) as opened:
        yield opened
