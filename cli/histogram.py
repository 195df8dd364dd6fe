"""The picture of a what-if: by how many days deadlines move, and how they stand before and after. For the terminal and as SVG."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap

from rich.console import Console
from rich.table import Table
from rich.text import Text

from regulations.whatif import Comparison, State

#: Every state in the order in which it is drawn, with its colour in the terminal and on paper.
STATES: Mapping[State, tuple[str, str]] = {
    "met": ("green", "#2e7d4f"),
    "met_late": ("yellow", "#c98a00"),
    "missed": ("red", "#b3362b"),
    "open": ("blue", "#34659b"),
    "waived": ("cyan", "#3c8c8c"),
    "withdrawn": ("dim", "#8a949e"),
    "possible": ("green", "#2e7d4f"),
    "too_early": ("red", "#b3362b"),
    "waiting": ("blue", "#34659b"),
    "valid": ("green", "#2e7d4f"),
    "lapsed": ("dim", "#8a949e"),
}
#: Earlier is not worse, nor later better: neither has a colour of praise.
EARLIER, LATER, SAME = ("magenta", "#7a4a8a"), ("cyan", "#2f7f8f"), ("dim", "#8a949e")

_BARS = 14
_WIDTHS = (1, 2, 5, 7, 10, 14, 20, 30, 50, 100, 200, 365, 500, 1000)
_CHARACTERS = 36
_HALF = 26


@dataclass(frozen=True)
class Bar:
    """How many deadlines move by `first` to `last` days; negative is earlier."""

    first: int
    last: int
    count: int

    @property
    def label(self) -> str:
        """`+2`, or `+10 … +19`."""
        return _signed(self.first) if self.first == self.last else f"{_signed(self.first)} … {_signed(self.last)}"

    @property
    def middle(self) -> float:
        """Which side of nothing it is on."""
        return (self.first + self.last) / 2

    @property
    def colours(self) -> tuple[str, str]:
        """In the terminal and on paper."""
        return EARLIER if self.middle < 0 else LATER if self.middle > 0 else SAME


def _signed(days: int) -> str:
    return f"{days:+}" if days else "0"


def bars(days: Iterable[int]) -> list[Bar]:
    """A bar for every number of days while they are few, else for spans of one width that leave the sign alone."""
    counted = Counter(days)
    if len(counted) <= _BARS:
        return [Bar(day, day, counted[day]) for day in sorted(counted)]
    reach = max(counted) - min(counted)
    width = next((each for each in _WIDTHS if reach / each <= _BARS), reach // _BARS + 1)
    spans: Counter[int] = Counter()
    for day, count in counted.items():
        spans[(day - 1) // width if day > 0 else -((-day - 1) // width) - 1 if day < 0 else 0] += count if day else 0
    found = [_span(span, width, count) for span, count in spans.items() if count]
    if counted[0]:
        found.append(Bar(0, 0, counted[0]))
    return sorted(found, key=lambda bar: bar.middle)


def _span(span: int, width: int, count: int) -> Bar:
    return Bar(span * width + 1, (span + 1) * width, count) if span >= 0 else Bar(span * width, (span + 1) * width - 1, count)


def states(of: Comparison) -> list[State]:
    """The states that occur on either side."""
    return [state for state in STATES if of.before[state] or of.after[state]]


def draw(console: Console, of: Comparison) -> None:
    """The picture in the terminal; nothing where no deadline moves."""
    if not of.touched:
        return
    shifts = bars(moved.days for moved in of.touched)
    most = max(bar.count for bar in shifts)
    grid = Table.grid(padding=(0, 1))
    for bar in shifts:
        grid.add_row(Text(bar.label, justify="right"), _blocks(bar.count, most, _CHARACTERS, bar.colours[0]))
    console.print(Text("\nDays by which the last day moves", style="bold").append("  (+ is later)", style="not bold dim"))
    console.print(grid)
    most = max((*of.before.values(), *of.after.values()))
    grid = Table.grid(padding=(0, 1))
    grid.add_row("", Text("before", style="dim"), Text("after", style="dim"))
    for state in states(of):
        colour = STATES[state][0]
        name = Text(state.replace("_", " "), justify="right")
        grid.add_row(name, _blocks(of.before[state], most, _HALF, colour), _blocks(of.after[state], most, _HALF, colour))
    console.print(Text("\nHow they stand", style="bold").append("  (every deadline under a rule that moved any)", style="not bold dim"))
    console.print(grid)


def _blocks(count: int, most: int, room: int, colour: str) -> Text:
    length = max(1, round(room * count / most)) if count else 0
    return Text("█" * length, style=colour).append(f" {count:,}" if length else f"{count:,}", style="not dim default")


_CSS = """
text { font: 13px system-ui, "DejaVu Sans", sans-serif; fill: #1b2733; }
.title { font-weight: 600; font-size: 16px; } .head { font-weight: 600; } .small { font-size: 12px; fill: #4a5a6a; }
.label { text-anchor: end; } .axis { stroke: #c9d2da; } .paper { fill: #ffffff; }
"""
_WIDTH, _ROW, _LEFT, _ROOM = 860, 24, 150, 560


def svg(of: Comparison, title: str, changes: Sequence[str], figures: Sequence[str]) -> str:
    """The same picture as a drawing of its own, with what was changed and the figures above it."""
    parts: list[str] = []
    y = 34
    for style, step, told, room in (("title", 21, [title], 92), ("plain", 19, changes, 112), ("small", 18, figures, 125)):
        for line in (short for each in told for short in wrap(each, room)):
            parts.append(_said(20, y, line, style))
            y += step
    if of.touched:
        shifts = bars(moved.days for moved in of.touched)
        rows = [(bar.label, bar.count, bar.colours[1], 1.0) for bar in shifts]
        y = _chart(parts, y + 22, "Days by which the last day moves (+ is later)", rows)
        pairs = [row for state in states(of) for row in _pair(of, state)]
        y = _chart(parts, y + 34, "How they stand: before (pale) and after", pairs)
    else:
        y += 16
        parts.append(_said(20, y, "No deadline moves.", "head"))
    height = y + 24
    head = f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}">'
    paper = f'<rect class="paper" width="{_WIDTH}" height="{height}"/>'
    return "\n".join([head, f"<title>{escape(title)}</title><style>{_CSS}</style>", paper, *parts, "</svg>"]) + "\n"


def _pair(of: Comparison, state: State) -> list[tuple[str, int, str, float]]:
    name, colour = state.replace("_", " "), STATES[state][1]
    return [(name, of.before[state], colour, 0.45), ("", of.after[state], colour, 1.0)]


def _chart(parts: list[str], y: int, heading: str, rows: Sequence[tuple[str, int, str, float]]) -> int:
    """Horizontal bars with their figures; the place below them."""
    parts.append(_said(20, y, heading, "head"))
    most = max(1, *(count for _, count, _, _ in rows))
    top = y + 12
    for number, (label, count, colour, opacity) in enumerate(rows):
        below = top + number * _ROW
        length = _ROOM * count / most
        if label:
            parts.append(_said(_LEFT - 10, below + 16, label, "label"))
        parts.append(f'<rect x="{_LEFT}" y="{below + 3}" width="{length:.1f}" height="{_ROW - 6}" fill="{colour}" opacity="{opacity}"/>')
        parts.append(_said(round(_LEFT + length + 6), below + 16, f"{count:,}", "small"))
    bottom = top + len(rows) * _ROW
    parts.append(f'<line class="axis" x1="{_LEFT}" y1="{top}" x2="{_LEFT}" y2="{bottom}"/>')
    return bottom


def _said(x: int, y: int, text: str, style: str) -> str:
    return f'<text class="{style}" x="{x}" y="{y}">{escape(text)}</text>'
