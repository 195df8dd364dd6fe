"""Traces read back from the span files of the services, without any collector, and drawn as a waterfall."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from rich.console import Group
from rich.table import Table
from rich.text import Text

from chassis.spannames import TAKES_SIGNAL
from chassis.telemetry import CASE_ID, CLAUSE, STREAM

_BAR = 24
_COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "bright_red", "bright_cyan", "bright_green")
_LEGAL_TIME = 3_600_000_000_000  # an hour, in nanoseconds: no request takes so long
_SHOWN = (
    *("http.response.status_code", "error.type", "exception.type", "kepil.event_type"),
    *("kepil.problem", CLAUSE, "messaging.consumer.group.name"),
)


@dataclass(frozen=True, slots=True)
class SpanRecord:
    """One span as a file holds it; times in nanoseconds since 1970, UTC."""

    trace: str
    span: str
    parent: str | None
    service: str
    name: str
    kind: str
    start: int
    end: int
    error: bool
    attributes: dict[str, Any] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)

    @property
    def milliseconds(self) -> float:
        """How long it took."""
        return (self.end - self.start) / 1e6


@dataclass(frozen=True, slots=True)
class Trace:
    """The spans of one trace in the order of a tree walk, each with its depth; 0 too for one whose parent is not there."""

    trace_id: str
    spans: list[tuple[int, SpanRecord]]

    @property
    def start(self) -> int:
        """When the first span began."""
        return min(span.start for _, span in self.spans)

    @property
    def end(self) -> int:
        """When the last span ended."""
        return max(span.end for _, span in self.spans)

    @property
    def services(self) -> list[str]:
        """The services that took part, by first appearance."""
        return list(dict.fromkeys(span.service for _, span in sorted(self.spans, key=lambda s: s[1].start)))


def read(folder: Path, *, containing: str | None = None) -> list[SpanRecord]:
    """Every span of the files in `folder`, or those whose line contains a text. Lines cut short by a crash are passed over."""
    wanted = containing.encode() if containing else b""
    return [span for line in _lines(folder) if wanted in line and (span := _parsed(line))]


def _lines(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.glob("*.jsonl*")):
        with path.open("rb") as file:
            yield from file


def _parsed(line: bytes) -> SpanRecord | None:
    try:
        return SpanRecord(**orjson.loads(line))
    except (orjson.JSONDecodeError, TypeError):
        return None


def latest(spans: Iterable[SpanRecord]) -> str | None:
    """The trace that began last; one that a caller began goes before those of timers and polls."""
    roots = [span for span in spans if span.parent is None]
    newest = max(roots, key=lambda span: (span.kind == "server", span.start), default=None)
    return newest.trace if newest else None


def of_case(spans: Iterable[SpanRecord], case_id: str) -> list[str]:
    """The traces in which a case was touched, oldest first."""
    began: dict[str, int] = {}
    for span in spans:
        stream = str(span.attributes.get(STREAM, ""))
        if span.attributes.get(CASE_ID) == case_id or stream.partition("-")[2] == case_id:
            began[span.trace] = min(began.get(span.trace, span.start), span.start)
    return sorted(began, key=lambda trace_id: began[trace_id])


def assemble(spans: Iterable[SpanRecord], trace_id: str) -> Trace | None:
    """One trace; None if no span of it is there."""
    mine = {span.span: span for span in spans if span.trace == trace_id}
    if not mine:
        return None
    children: dict[str | None, list[SpanRecord]] = {}
    for span in sorted(mine.values(), key=lambda s: s.start, reverse=True):
        children.setdefault(span.parent if span.parent in mine else None, []).append(span)
    walked: list[tuple[int, SpanRecord]] = []
    waiting = [(0, span) for span in children.get(None, [])]
    while waiting:
        depth, span = waiting.pop()
        walked.append((depth, span))
        waiting += [(depth + 1, child) for child in children.get(span.span, [])]
    return Trace(trace_id, walked)


def render(trace: Trace) -> Group:
    """The waterfall: a line for each span with its service, time, bar, and what is worth knowing of it."""
    colours = {service: _COLOURS[index % len(_COLOURS)] for index, service in enumerate(trace.services)}
    real = is_real(trace)
    table = Table(box=None, pad_edge=False, show_header=False, expand=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="ellipsis", no_wrap=True, ratio=1)
    table.add_column(justify="right", no_wrap=True)
    if real:
        table.add_column(min_width=_BAR, no_wrap=True)
    folded = Counter(span.parent for _, span in trace.spans if _is_later(span))
    for depth, span in trace.spans:
        if _is_later(span):
            continue
        colour = colours[span.service]
        name = Text("  " * depth + ("✗ " if span.error else "") + span.name, style="bold red" if span.error else "")
        for key in _SHOWN:
            if key in span.attributes:
                name.append(f"  {'clause ' * (key == CLAUSE)}{span.attributes[key]}", style="not bold dim")
        if folded[span.span]:
            name.append(f"  {folded[span.span]} later signals, in traces of their own", style="not bold dim")
        cells: list[Text | str] = [Text(span.service, style=colour), name, f"{span.milliseconds:.1f} ms"]
        table.add_row(*cells, *([Text(_bar(trace, span), style=colour)] if real else []))
    began = datetime.fromtimestamp(trace.start / 1e9, UTC)
    faults = sum(span.error for _, span in trace.spans)
    counts = ", ".join(f"{service} {n}" for service, n in Counter(span.service for _, span in trace.spans).items())
    took = f"{(trace.end - trace.start) / 1e6:.1f} ms" if real else "over years of legal time"
    head = f"[bold]{trace.trace_id}[/]  {began:%Y-%m-%d %H:%M:%S} UTC  {took}  [dim]{counts}[/]"
    return Group(Text.from_markup(head + (f"  [bold red]{faults} failed[/]" if faults else "")), table)


def is_real(trace: Trace) -> bool:
    """Whether its times are of the machine. A lifecycle's spans tell legal time: a bar of years says nothing."""
    return trace.end - trace.start < _LEGAL_TIME


def _is_later(span: SpanRecord) -> bool:
    """A signal that a lifecycle took from another trace: the SDK shows it in both, and here it would bury the rest."""
    return bool(span.links) and span.name.startswith(TAKES_SIGNAL)


def _bar(trace: Trace, span: SpanRecord) -> str:
    scale = _BAR / max(trace.end - trace.start, 1)
    left = min(int((span.start - trace.start) * scale), _BAR - 1)
    width = max(1, min(round((span.end - span.start) * scale), _BAR - left))
    return " " * left + "━" * width
