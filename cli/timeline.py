"""The timeline of a scenario: every event and refusal with its legal date, who, what, clause and the state of deadlines."""

import json
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from chassis.events import Catalogue
from chassis.messaging import Envelope
from chassis.privacy import SEALED

_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SHOWN = (
    "number", "contract_number", "side", "blank_number", "starts_on", "ends_on", "closes_on", "valid_until", "outcome", "vote", "scope",
    "reason",
)  # fmt: skip


@dataclass
class Timeline:
    """Prints what happens and counts it. `machine` writes JSON lines instead."""

    console: Console
    zone: ZoneInfo
    catalogues: dict[str, Catalogue]
    names: dict[str, str]
    rulebook: str = ""
    machine: bool = False
    label: str = ""
    show_traces: bool = False
    events: int = 0
    deadlines: Counter[str] = field(default_factory=Counter)
    refusals: int = 0
    first: datetime | None = None
    last: datetime | None = None
    traces: dict[str, str] = field(default_factory=dict)
    first_of: dict[str, dict[str, Any]] = field(default_factory=dict)

    def event(self, envelope: Envelope) -> None:
        """One published event."""
        self.events += 1
        self.first = self.first or envelope.time
        self.last = envelope.time
        if envelope.traceparent:
            self.traces.setdefault(envelope.type_name, envelope.traceparent.split("-")[1])
        self._count(envelope)
        if envelope.type_name == "DeadlineSet":
            self.first_of[envelope.data["deadline_id"]] = envelope.data
        clause = self.clause_of(envelope)
        if self.machine:
            self._line(
                kind="event",
                date=self._day(envelope.time),
                who=self._who(envelope.actor),
                service=envelope.service,
                event=envelope.type_name,
                clause=clause,
                data=envelope.data,
                trace_id=(envelope.traceparent or "--").split("-")[1] or None,
            )
            return
        self._row(self._day(envelope.time), self._who(envelope.actor), self._what(envelope, clause))

    def step(self, name: str) -> None:
        """The words of the scenario before what follows from them."""
        if name and not self.machine:
            self.console.print(Text(f"  {name}", style="italic cyan"))

    def traced(self, place: str, name: str, traces: list[str]) -> None:
        """The traces of a step that is done."""
        if not self.show_traces or not traces:
            return
        if self.machine:
            self._line(kind="step", place=place, name=name, trace_ids=traces)
        else:
            self._row("", "trace", Text("  ".join(traces), style="dim"))

    def expectation(self, place: str, expected: str, seen: str, holds: bool) -> None:
        """One expectation that was looked at; only one that fails is shown to people."""
        if self.machine:
            self._line(kind="expectation", place=place, holds=holds, expected=expected, seen=seen)
        elif not holds:
            what = Text("✗ Not as expected", style="bold red").append(f"  {place}\n", style="not bold dim")
            what.append(f"expected {expected}\n", style="not bold red").append(f"seen     {seen}", style="not bold red")
            self._row("", "", what)

    def deadline(self, known: dict[str, Any]) -> None:
        """How a deadline stands at the end, as the register has it. For machines: people have seen it come."""
        if self.machine:
            names = (
                "deadline_id",
                "case_id",
                "rule",
                "clause",
                "binds",
                "anchor_on",
                "due_on",
                "state",
                "met_on",
                "missed_on",
                "late_days",
            )
            self._line(kind="deadline", **{name: known.get(name) for name in names})

    def refused(self, at: datetime, actor: str, problem: dict[str, Any]) -> None:
        """A request that was refused, as the scenario expects."""
        self.refusals += 1
        if self.machine:
            self._line(kind="refusal", date=self._day(at), who=self._who(actor), problem=problem)
            return
        clause = f"  p. {problem['clause']}" if problem.get("clause") else ""
        what = Text("✗ Refused", style="bold red").append(clause, style="not bold magenta")
        what.append(f"  {problem['detail']}", style="not bold red")
        if problem.get("accepts"):
            what.append(f" → possible: {problem['accepts']}", style="not bold yellow")
        self._row(self._day(at), self._who(actor), what)

    def note(self, at: datetime, words: str) -> None:
        """Something that was looked at and is neither event nor refusal."""
        if self.machine:
            self._line(kind="note", date=self._day(at), words=words)
        else:
            self._row(self._day(at), "", Text(words, style="dim"))

    def summary(self, **figures: Any) -> None:
        """The end of the story, in figures."""
        years = (self.last - self.first).days / 365.25 if self.first and self.last else 0.0
        told = {
            "events": self.events,
            "refusals": self.refusals,
            "deadlines_set": self.deadlines["set"],
            "deadlines_met": self.deadlines["met"],
            "deadlines_met_late": self.deadlines["late"],
            "deadlines_missed": self.deadlines["missed"],
            "years_passed": round(years, 1),
            **figures,
        }
        if self.machine:
            self._line(kind="summary", **told)
            return
        table = Table(title="Summary", show_header=False, title_justify="left")
        for name, value in told.items():
            table.add_row(name.replace("_", " "), str(value))
        self.console.print(table)

    def clause_of(self, envelope: Envelope) -> str:
        """The clause behind an event: its own, else those of the scenario's rulebook that its definition names."""
        known = envelope.data.get("clause") or self.first_of.get(envelope.data.get("deadline_id", ""), {}).get("clause")
        if known:
            return str(known)
        event_type = self.catalogues[envelope.service].types.get(envelope.type_name)
        return ", ".join(event_type.under.get(self.rulebook, ())) if event_type else ""

    def _count(self, envelope: Envelope) -> None:
        match envelope.type_name:
            case "DeadlineSet":
                self.deadlines["set"] += 1
            case "DeadlineMissed":
                self.deadlines["missed"] += 1
            case "DeadlineMet":
                self.deadlines["late" if envelope.data["late_days"] else "met"] += 1

    def _state(self, envelope: Envelope) -> Text:
        data = envelope.data
        match envelope.type_name:
            case "DeadlineSet":
                return Text(f"○ due {data['due_on']}", style="blue")
            case "DeadlineMet" if data["late_days"]:
                return Text(f"✓ met {data['late_days']} days late", style="yellow")
            case "DeadlineMet":
                return Text("✓ met", style="green")
            case "DeadlineMissed":
                return Text("✗ missed", style="bold red")
            case "DeadlineReminded":
                return Text(f"reminder, due {data['due_on']}", style="magenta")
            case "DeadlineSuspended":
                return Text("‖ suspended", style="yellow")
            case "DeadlineResumed":
                return Text(f"○ due {data['due_on']}, {data['lost_days']} days later", style="blue")
            case "DeadlineExtended" | "DeadlineRecomputed":
                return Text(f"○ due {data['due_on']}, before {data['previous_due_on']}", style="blue")
        return Text("")

    def _what(self, envelope: Envelope, clause: str) -> Text:
        what = Text(_WORDS.sub(" ", envelope.type_name), style="bold")
        state = self._state(envelope)
        if clause:
            what.append(f"  p. {clause}", style="not bold magenta")
        if state:
            what.append("  ").append_text(state)
        details = [self._rule(envelope)] if "deadline_id" in envelope.data else []
        told = {name: _told(envelope.data.get(name)) for name in _SHOWN}
        details += [f"{name.replace('_', ' ')} {value}" for name, value in told.items() if value not in (None, "")]
        return what.append("  " + ", ".join(details), style="not bold dim") if details else what

    def _rule(self, envelope: Envelope) -> str:
        """The term of a deadline and whom it binds, which only its first event names."""
        first = self.first_of.get(envelope.data["deadline_id"], {})
        return f"{first['rule']} ({first['binds']})".replace("_", " ") if first else ""

    def _who(self, actor: str) -> str:
        return "lifecycle" if actor.startswith("workflow:") else self.names.get(actor, actor)

    def _day(self, at: datetime) -> str:
        return at.astimezone(self.zone).date().isoformat()

    def _row(self, day: str, who: str, what: Text) -> None:
        grid = Table.grid(padding=(0, 1), expand=True)
        grid.add_column(width=10, style="dim")
        grid.add_column(width=11, style="cyan", no_wrap=True)
        grid.add_column(ratio=1)
        grid.add_row(day, who, what)
        self.console.print(grid)

    def _line(self, **content: Any) -> None:
        if self.label:
            content = {"scenario": self.label, **content}
        sys.stdout.write(json.dumps(content, ensure_ascii=False, default=str) + "\n")
        sys.stdout.flush()


def _told(value: Any) -> Any:
    """Personal data leaves a service sealed; who may read it reads it there."""
    return SEALED if isinstance(value, dict) else value
