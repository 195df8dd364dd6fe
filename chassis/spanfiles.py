"""Spans as compact JSON lines in a file of bounded size, and the wrapper that keeps personal data out of every exporter."""

import fcntl
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status, StatusCode

from chassis.spannames import readable, with_case

#: Who called and with what words: what instrumentation adds and nobody needs.
_DROPPED = frozenset(
    {
        "client.address",
        "client.port",
        "exception.message",
        "exception.stacktrace",
        "http.client_ip",
        "http.target",
        "http.user_agent",
        "net.peer.ip",
        "net.peer.port",
        "network.peer.address",
        "network.peer.port",
        "url.query",
        "user_agent.original",
    }
)
_URLS = ("url.full", "http.url")


def discreet(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    """The attributes without those that tell who called and with what words."""
    kept = {name: value for name, value in (attributes or {}).items() if name not in _DROPPED}
    for name in _URLS:
        if name in kept:
            kept[name] = str(kept[name]).partition("?")[0]
    return kept


class Discreet(SpanExporter):
    """Passes spans on without addresses, user agents, queries and the words of exceptions."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Called by the span processor, in its own thread."""
        return self._exporter.export([_copy(span) for span in spans])

    def shutdown(self) -> None:
        """Called once at the end."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Called on a flush."""
        return self._exporter.force_flush(timeout_millis)


def _copy(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=readable(span.name),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=with_case(discreet(span.attributes)),
        events=[Event(event.name, discreet(event.attributes), event.timestamp) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


class SpanFile(SpanExporter):
    """Appends to `path`, discreetly; at `most_bytes` the file becomes `<path>.1`, over the one before. Several processes may share it."""

    def __init__(self, path: Path, *, most_bytes: int = 8_000_000) -> None:
        self._path = path
        self._most_bytes = most_bytes

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """One write for all spans. A full disk costs spans, never a request."""
        lines = b"".join(_line(span) for span in spans)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                if file.tell() + len(lines) > self._most_bytes and file.tell():
                    self._rotate(os.fstat(file.fileno()).st_ino)
                    with self._path.open("ab") as fresh:
                        fresh.write(lines)
                else:
                    file.write(lines)
        except OSError:
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS

    def _rotate(self, inode: int) -> None:
        if self._path.stat().st_ino == inode:  # else another process has just done it
            self._path.replace(self._path.with_suffix(self._path.suffix + ".1"))

    def shutdown(self) -> None:
        """Nothing is held open."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing is held back."""
        return True


def _line(span: ReadableSpan) -> bytes:
    context = span.context
    attributes = with_case(discreet(span.attributes))
    for event in span.events:
        if event.name == "exception" and event.attributes:
            attributes["exception.type"] = event.attributes.get("exception.type", "")
    told = {
        "trace": f"{context.trace_id:032x}" if context else "",
        "span": f"{context.span_id:016x}" if context else "",
        "parent": f"{span.parent.span_id:016x}" if span.parent else None,
        "service": span.resource.attributes.get("service.name", ""),
        "name": readable(span.name),
        "kind": span.kind.name.lower(),
        "start": span.start_time,
        "end": span.end_time,
        "error": span.status.status_code is StatusCode.ERROR,
        "attributes": attributes,
        "links": [f"{link.context.trace_id:032x}" for link in span.links],
    }
    return orjson.dumps(told, default=str, option=orjson.OPT_APPEND_NEWLINE)
