"""Log lines: JSON on standard output, each with the service and the trace it belongs to. Never personal data, never a token."""

import logging
import re
import sys
import traceback
from typing import Any

import orjson
import structlog
from opentelemetry import trace
from pydantic import ValidationError
from structlog.types import EventDict, Processor, WrappedLogger

from chassis.settings import Settings

_SECRET = re.compile(r"(?i)bearer\s+[\w.~+/=-]+|\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)|\bwhs(?:ec|k)_[\w+/=-]+")
_VALUE = re.compile(r"(argument \$\d+: |Key \([^)]*\)=).*")  # how asyncpg and Postgres quote a row
_SECRET_NAMES = {"authorization", "token", "access_token", "password", "secret", "client_secret", "cookie", "email", "phone"}
_configured: set[str] = set()

bind = structlog.contextvars.bind_contextvars
unbind = structlog.contextvars.unbind_contextvars


def logger(name: str | None = None) -> structlog.stdlib.BoundLogger:
    """A logger; usable before `configure` too."""
    return structlog.stdlib.get_logger(name)


def configure(service: str, settings: Settings | None = None) -> None:
    """Sends structlog and the standard library's logging to standard output as JSON. Once a process; more calls do nothing."""
    if _configured:
        return
    _configured.add(service)

    def with_service(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        with_service,
        _with_trace,
        _with_exception,
        redact,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer(_dumps)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    for name in ("uvicorn.access", "httpx", "httpcore", "opentelemetry"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _dumps(value: Any, **_: Any) -> str:
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _with_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = format(context.trace_id, "032x")
        event["span_id"] = format(context.span_id, "016x")
    return event


def _with_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    elif isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["exception"] = describe(error)
    return event


def describe(error: BaseException) -> dict[str, Any]:
    """An exception without the values it was raised over: its type, a first line that quotes no input, and where it passed."""
    if isinstance(error, ValidationError):
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        message = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['type']}" for fault in faults[:10])
    else:
        message = _VALUE.sub(
            r"\1[value]", _SECRET.sub("[secret]", str(error).partition("\n")[0][:500])
        )  # Postgres quotes rows in the lines below
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    described: dict[str, Any] = {"type": type(error).__name__, "message": message, "frames": frames[-30:]}
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        described["cause"] = f"{type(cause).__name__}"
    return described


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Takes out tokens, passwords in URLs, and values under names that hold secrets or personal data."""
    for key, value in event.items():
        if key in _SECRET_NAMES:
            event[key] = "[secret]"
        elif isinstance(value, str):
            event[key] = _SECRET.sub("[secret]", value)
    return event
