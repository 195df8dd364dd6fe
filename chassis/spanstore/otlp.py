"""OTLP spans, as protobuf or JSON, read into records. What a sender should not have told is left out here once more."""

import zlib
from base64 import b64encode
from collections.abc import Iterable, Iterator
from typing import Any

import orjson
from google.protobuf.json_format import MessageToJson, ParseDict, ParseError
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from chassis.spanfiles import discreet
from chassis.traces import SpanRecord

PROTOBUF, JSON = "application/x-protobuf", "application/json"

_MOST_ATTRIBUTES = 64
_LONGEST_TEXT = 400
_MOST_LINKS = 20
_KINDS = ("internal", "internal", "server", "client", "producer", "consumer")  # by SpanKind's number
_LAST = 2**63 - 1


class Unreadable(ValueError):
    """The body is no export request."""


class TooMuch(ValueError):
    """The body unpacks to more than is taken."""


def unpacked(body: bytes, encoding: str, most: int) -> bytes:
    """The body without its content encoding, of at most `most` bytes; Unreadable or TooMuch."""
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "deflate"):
        raise Unreadable(f"the content encoding {encoding!r} is not taken")
    reader = zlib.decompressobj(wbits=47)  # either header
    try:
        found = reader.decompress(body, most + 1)
    except zlib.error as error:
        raise Unreadable(f"the body is no {encoding}") from error
    if len(found) > most:
        raise TooMuch
    if not reader.eof:
        raise Unreadable(f"the body's {encoding} is cut short")
    return found


def read(body: bytes, media: str) -> tuple[list[SpanRecord], int]:
    """The spans of an export request and how many of it are none; Unreadable."""
    request = ExportTraceServiceRequest()
    try:
        if media == JSON:
            document = orjson.loads(body)
            _ids_as_protobuf_wants_them(document)
            ParseDict(document, request, ignore_unknown_fields=True, max_recursion_depth=30)
        else:
            request.ParseFromString(body)
    except (orjson.JSONDecodeError, ParseError, DecodeError, TypeError, ValueError, AttributeError, KeyError) as error:
        raise Unreadable("the body is no ExportTraceServiceRequest") from error
    records = [_record(span, service) for service, span in _spans(request)]
    good = [record for record in records if record is not None]
    return good, len(records) - len(good)


def answer(refused: int, media: str) -> bytes:
    """What is answered to an export request of which so many spans were none."""
    response = ExportTraceServiceResponse()
    if refused:
        response.partial_success.rejected_spans = refused
        response.partial_success.error_message = "spans without usable ids or times"
    return MessageToJson(response).encode() if media == JSON else response.SerializeToString()


def _spans(request: ExportTraceServiceRequest) -> Iterator[tuple[str, Span]]:
    for resource in request.resource_spans:
        named = next((each.value.string_value for each in resource.resource.attributes if each.key == "service.name"), "")
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield _text(named) or "unknown", span


def _record(span: Span, service: str) -> SpanRecord | None:
    start, end = span.start_time_unix_nano, span.end_time_unix_nano
    if len(span.trace_id) != 16 or len(span.span_id) != 8 or not 0 < start <= _LAST or end > _LAST:
        return None
    attributes = _attributes(span.attributes)
    for event in span.events:
        if event.name == "exception":
            attributes["exception.type"] = _attributes(event.attributes).get("exception.type", "")
    return SpanRecord(
        trace=span.trace_id.hex(),
        span=span.span_id.hex(),
        parent=span.parent_span_id.hex() if len(span.parent_span_id) == 8 else None,
        service=service,
        name=_text(span.name),
        kind=_KINDS[span.kind] if 0 <= span.kind < len(_KINDS) else "internal",
        start=start,
        end=max(start, end),
        error=span.status.code == Status.STATUS_CODE_ERROR,
        attributes=attributes,
        links=[link.trace_id.hex() for link in span.links[:_MOST_LINKS] if len(link.trace_id) == 16],
    )


def _attributes(given: Iterable[KeyValue]) -> dict[str, Any]:
    told = {_text(each.key): _value(each.value) for each in list(given)[:_MOST_ATTRIBUTES]}
    return {name: value for name, value in discreet(told).items() if value is not None}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return _text(value.string_value)
    if kind in ("bool_value", "int_value"):
        return getattr(value, kind)
    if kind == "double_value":
        return value.double_value if abs(value.double_value) < 1e300 else None  # JSON has no infinity
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values[:_MOST_LINKS]]
    return None


def _text(text: str) -> str:
    return text[:_LONGEST_TEXT].replace("\0", "")


def _ids_as_protobuf_wants_them(document: Any) -> None:
    """OTLP's JSON has ids in hex, where JSON of protobuf has base64."""
    for resource in document.get("resourceSpans", []):
        for scope in resource.get("scopeSpans", []):
            for span in scope.get("spans", []):
                for holder in (span, *span.get("links", [])):
                    for name in ("traceId", "spanId", "parentSpanId"):
                        if holder.get(name):
                            holder[name] = b64encode(bytes.fromhex(holder[name])).decode()
