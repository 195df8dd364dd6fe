"""`kepil rulebook graph`: the stages of a procedure with the clause at each step, as Mermaid and as an SVG picture.

The picture is a small layered drawing of its own: stages in rows, each below those it follows, long edges bent around the rows between.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from itertools import pairwise
from pathlib import Path
from textwrap import wrap
from typing import Literal

from cli.errors import Explained
from cli.shelf import find, print_json, reference, unknown
from cli.wording import LANGUAGES, Language, spoken
from regulations.rulebook import Rulebook

START, END = "(start)", "(end)"

_WIDTH, _LINE, _PAD, _GAP_X, _GAP_Y, _DOT = 270, 17, 12, 36, 46, 9
_CHARACTERS = 34
_SWEEPS = 8


@dataclass(frozen=True)
class Step:
    """A stage as it is drawn. `condition` says in which case it comes."""

    id: str
    name: str
    clause: str
    actor: str
    optional: bool
    condition: str


@dataclass(frozen=True)
class Edge:
    """From a stage to one that follows; dashed where the one that follows is optional."""

    source: str
    target: str
    optional: bool
    condition: str = ""


@dataclass(frozen=True)
class Flow:
    """The procedure as a graph, from START to END."""

    title: str
    steps: tuple[Step, ...]
    edges: tuple[Edge, ...]


def run(rulebook: str, svg: Path | None = None, version: str | None = None, language: str = "en", json: bool = False) -> int:
    """Prints Mermaid, or the graph for machines; `svg` also draws it into a file."""
    chosen = next((known for known in LANGUAGES if known == language), None)
    if chosen is None:
        raise Explained(unknown("language", language, LANGUAGES))
    book = find(rulebook, version)
    flow = flow_of(book, chosen)
    if svg is not None:
        svg.write_text(picture(flow), encoding="utf-8")
    if json:
        steps = [{**asdict(step), "clause": step.clause or None, "condition": step.condition or None} for step in flow.steps]
        edges = [{"from": edge.source, "to": edge.target, "optional": edge.optional} for edge in flow.edges]
        print_json({"rulebook": reference(book), "stages": steps, "edges": edges, "svg": str(svg) if svg else None})
    elif svg is None:
        print(mermaid(flow))
    else:
        print(f"drawn: {svg}")
    return 0


def flow_of(book: Rulebook, language: Language = "en") -> Flow:
    """The procedure as the stages say it. It ends after a stage that always comes and that nothing must follow."""
    steps = tuple(
        Step(
            id=stage.id,
            name=spoken(stage.names, language),
            clause=stage.clause or "",
            actor=spoken(book.parties.get(stage.actor), language),
            optional=stage.optional,
            condition=spoken(stage.when, language),
        )
        for stage in book.stages
    )
    edges = [Edge(source, step.id, step.optional, step.condition) for step in steps for source in _followed(book, step.id)]
    followed = {edge.source for edge in edges if not edge.optional}
    ends = [Edge(step.id, END, optional=False) for step in steps if not step.optional and step.id not in followed]
    return Flow(spoken(book.title, language), steps, (*edges, *ends))


def _followed(book: Rulebook, stage_id: str) -> list[str]:
    """What a stage comes after: what it names, else the one before; and where that one is optional, what it comes after itself."""
    order = [stage.id for stage in book.stages]
    stages = {stage.id: stage for stage in book.stages}

    def named(stage: str) -> list[str]:
        place = order.index(stage)
        return list(stages[stage].after) or ([order[place - 1]] if place else [START])

    found = named(stage_id)
    if not stages[stage_id].after and not stages[stage_id].optional:
        for each in found:  # grows as it goes
            if each != START and stages[each].optional:
                found += [earlier for earlier in named(each) if earlier not in found]
    return found


# Mermaid


def mermaid(flow: Flow) -> str:
    """A flowchart; optional stages and the ways to them are dashed, with their condition."""
    names = {START: "start", END: "finish", **{step.id: f"s_{step.id}" for step in flow.steps}}
    lines = ["---", f"title: {_quoted(flow.title)}", "---", "flowchart TD", "    start(( ))"]
    for step in flow.steps:
        said = (f"<b>{_text(step.name)}</b>", f"clause {_text(step.clause)}" if step.clause else "", _text(step.actor))
        told = "<br/>".join(filter(None, said))
        lines.append(f'    {names[step.id]}["{told}"]{":::optional" if step.optional else ""}')
    lines.append("    finish((( )))")
    for edge in flow.edges:
        arrow = "-.->" if edge.optional else "-->"
        label = f'|"{_text(edge.condition)}"|' if edge.condition else ""
        lines.append(f"    {names[edge.source]} {arrow}{label} {names[edge.target]}")
    lines.append("    classDef optional stroke-dasharray: 6 4")
    return "\n".join(lines)


def _text(text: str) -> str:
    """Text within a Mermaid label: its own signs as entities."""
    return "".join(f"#{ord(sign)};" if sign in '"#<>&`' else sign for sign in text)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# The drawing


@dataclass
class _Box:
    """A stage, a dot, or the place where a long edge passes a row; x and y are its centre."""

    id: str
    row: int
    width: float = 0
    height: float = 0
    x: float = 0
    y: float = 0
    lines: list[tuple[str, str]] = field(default_factory=list)
    kind: Literal["stage", "dot", "bend"] = "bend"


def picture(flow: Flow) -> str:
    """The procedure as an SVG document of its own, without scripts and fonts from elsewhere."""
    forward = [(edge.source, edge.target) for edge in _forward(flow)]
    rows = _rows(flow, forward)
    boxes = {name: _box(name, row, flow) for name, row in rows.items()}
    ways = _ways(forward, boxes)
    grid = _ordered(boxes, ways)
    _place(grid, ways)
    return _drawn(flow, boxes, ways)


def _forward(flow: Flow) -> Iterator[Edge]:
    """The edges without those that lead back up; these are drawn, and place nobody."""
    order = {name: number for number, name in enumerate((START, *(step.id for step in flow.steps), END))}
    return (edge for edge in flow.edges if order[edge.source] < order[edge.target])


def _rows(flow: Flow, edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Each stage one row below the lowest that it follows."""
    rows = {START: 0}
    for name in (*(step.id for step in flow.steps), END):
        rows[name] = 1 + max((rows[source] for source, target in edges if target == name), default=0)
    rows[END] = max(rows.values()) if rows[END] == max(rows.values()) else 1 + max(rows.values())
    return rows


def _box(name: str, row: int, flow: Flow) -> _Box:
    step = next((step for step in flow.steps if step.id == name), None)
    if step is None:
        return _Box(name, row, 2 * _DOT, 2 * _DOT, kind="dot")
    lines = [("name", line) for line in wrap(step.name, _CHARACTERS)]
    lines += [("clause", f"{step.clause}")] if step.clause else []
    lines += [("actor", line) for line in wrap(step.actor, _CHARACTERS + 4)]
    lines += [("condition", line) for line in wrap(step.condition, _CHARACTERS + 4)]
    return _Box(name, row, _WIDTH, len(lines) * _LINE + 2 * _PAD, lines=lines, kind="stage")


def _ways(edges: Sequence[tuple[str, str]], boxes: dict[str, _Box]) -> dict[tuple[str, str], list[_Box]]:
    """Every edge as the boxes it passes: a bend in each row that it crosses."""
    ways: dict[tuple[str, str], list[_Box]] = {}
    for source, target in edges:
        first, last = boxes[source], boxes[target]
        bends = [_Box(f"{source}>{target}@{row}", row, 10, 0) for row in range(first.row + 1, last.row)]
        boxes.update({bend.id: bend for bend in bends})
        ways[source, target] = [first, *bends, last]
    return ways


def _neighbours(ways: Mapping[tuple[str, str], list[_Box]]) -> dict[str, list[_Box]]:
    found: dict[str, list[_Box]] = {}
    for way in ways.values():
        for upper, lower in pairwise(way):
            found.setdefault(upper.id, []).append(lower)
            found.setdefault(lower.id, []).append(upper)
    return found


def _ordered(boxes: Mapping[str, _Box], ways: Mapping[tuple[str, str], list[_Box]]) -> list[list[_Box]]:
    """The rows, each in the order that crosses few edges: by the mean place of the neighbours, down and up again."""
    grid: list[list[_Box]] = [[] for _ in range(1 + max(box.row for box in boxes.values()))]
    for box in boxes.values():
        grid[box.row].append(box)
    near = _neighbours(ways)
    for sweep in range(_SWEEPS):
        for row in grid if sweep % 2 == 0 else reversed(grid):
            place = {box.id: number for other in grid for number, box in enumerate(other)}
            wanted = {box.id: _mean([place[other.id] for other in near.get(box.id, [])], place[box.id]) for box in row}
            row.sort(key=lambda box: wanted[box.id])
    return grid


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _place(grid: Sequence[Sequence[_Box]], ways: Mapping[tuple[str, str], list[_Box]]) -> None:
    """Coordinates: rows under each other; within a row each box near its neighbours' mean, none upon another."""
    top = 30.0
    for row in grid:
        height = max(box.height for box in row)
        left = 0.0
        for box in row:
            box.y = top + height / 2
            box.height = height if box.kind == "bend" else box.height
            box.x = left + box.width / 2
            left += box.width + _GAP_X
        for box in row:
            box.x -= (left - _GAP_X) / 2
        top += height + _GAP_Y
    near = _neighbours(ways)
    for sweep in range(_SWEEPS):
        for row in grid if sweep % 2 == 0 else reversed(grid):
            _spread(row, [_mean([other.x for other in near.get(box.id, []) for _ in range(_pull(box, other))], box.x) for box in row])


def _pull(box: _Box, other: _Box) -> int:
    """How much a neighbour counts: the bends of one edge keep together, so that it runs straight."""
    return 12 if box.kind == other.kind == "bend" else 1


def _spread(row: Sequence[_Box], wanted: Sequence[float]) -> None:
    """Each box where it is wanted, as far as the boxes beside it let it; pushed apart evenly to both sides."""
    right = list(wanted)
    for number in range(1, len(row)):
        apart = (row[number - 1].width + row[number].width) / 2 + _GAP_X
        right[number] = max(right[number], right[number - 1] + apart)
    left = list(wanted)
    for number in range(len(row) - 2, -1, -1):
        apart = (row[number + 1].width + row[number].width) / 2 + _GAP_X
        left[number] = min(left[number], left[number + 1] - apart)
    for box, low, high in zip(row, left, right, strict=True):
        box.x = (low + high) / 2


_CSS = """
text { font: 13px system-ui, "DejaVu Sans", sans-serif; text-anchor: middle; fill: #1b2733; }
.title { font-weight: 600; font-size: 15px; } .name { font-weight: 600; }
.clause { fill: #8a2f6b; } .actor { fill: #4a5a6a; font-size: 12px; } .condition { fill: #7a5a00; font-style: italic; font-size: 12px; }
rect { fill: #f4f7fa; stroke: #34506b; stroke-width: 1.4; }
path { fill: none; stroke: #34506b; stroke-width: 1.4; }
.optional { stroke-dasharray: 6 4; } .paper { fill: #ffffff; stroke: none; }
circle { fill: #34506b; } .ring { fill: none; stroke: #34506b; }
"""


def _drawn(flow: Flow, boxes: Mapping[str, _Box], ways: Mapping[tuple[str, str], list[_Box]]) -> str:
    heading = wrap(flow.title, 70)
    back = [edge for edge in flow.edges if (edge.source, edge.target) not in ways]
    left = min(box.x - box.width / 2 for box in boxes.values()) - 30
    right = max(box.x + box.width / 2 for box in boxes.values()) + 30 + 24 * len(back)
    middle, room = (left + right) / 2, max(right - left, 600.0)
    top, bottom = -20.0 * len(heading), max(box.y + box.height / 2 for box in boxes.values()) + 30
    place = f'viewBox="{middle - room / 2:.0f} {top:.0f} {room:.0f} {bottom - top:.0f}" width="{room:.0f}" height="{bottom - top:.0f}"'
    optional = {(edge.source, edge.target): edge.optional for edge in flow.edges}
    dashed = {step.id for step in flow.steps if step.optional}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {place}>',
        f"<title>{escape(flow.title)}</title><style>{_CSS}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse">'
        '<path d="M0 0 8 4 0 8z" style="fill:#34506b;stroke:none"/></marker></defs>',
        f'<rect class="paper" x="{middle - room / 2:.0f}" y="{top:.0f}" width="{room:.0f}" height="{bottom - top:.0f}"/>',
        *(_said("title", line, middle, top + 20 * number) for number, line in enumerate(heading, start=1)),
        *(_curve(way, optional[edge]) for edge, way in ways.items()),
        *(_back(boxes[edge.source], boxes[edge.target], right - 30 - 24 * number) for number, edge in enumerate(back)),
        *(part for box in boxes.values() for part in _shape(box, box.id in dashed)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _said(style: str, text: str, x: float, y: float) -> str:
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def _shape(box: _Box, optional: bool) -> Iterator[str]:
    if box.kind == "dot":
        yield f'<circle cx="{box.x:.1f}" cy="{box.y:.1f}" r="{_DOT - (4 if box.id == END else 0)}"/>'
        if box.id == END:
            yield f'<circle class="ring" cx="{box.x:.1f}" cy="{box.y:.1f}" r="{_DOT}"/>'
    elif box.kind == "stage":
        x, y = box.x - box.width / 2, box.y - box.height / 2
        style = ' class="optional"' if optional else ""
        yield f'<rect{style} x="{x:.1f}" y="{y:.1f}" width="{box.width}" height="{box.height}" rx="7"/>'
        for number, (kind, text) in enumerate(box.lines, start=1):
            yield _said(kind, text, box.x, y + _PAD + number * _LINE - 4)


def _curve(way: Sequence[_Box], optional: bool) -> str:
    """From the lower edge of the first box through the bends to the upper edge of the last."""
    points = [(way[0].x, way[0].y + way[0].height / 2)]
    for bend in way[1:-1]:
        points += [(bend.x, bend.y - bend.height / 2), (bend.x, bend.y + bend.height / 2)]
    points.append((way[-1].x, way[-1].y - way[-1].height / 2))
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for (x1, y1), (x2, y2) in pairwise(points):
        half = (y1 + y2) / 2
        path += f" V{y2:.1f}" if x1 == x2 else f" C{x1:.1f} {half:.1f} {x2:.1f} {half:.1f} {x2:.1f} {y2:.1f}"
    return f'<path{_dashes(optional)} d="{path}" marker-end="url(#tip)"/>'


def _back(source: _Box, target: _Box, x: float) -> str:
    """A way that leads back up: between the rows to the right margin and there up."""
    below, above = source.y + source.height / 2, target.y - target.height / 2
    out, into = source.x + source.width / 3, target.x + target.width / 3
    turns = f"M{out:.1f} {below:.1f} V{below + _GAP_Y / 3:.1f} H{x:.1f} V{above - _GAP_Y / 3:.1f} H{into:.1f} V{above:.1f}"
    return f'<path d="{turns}" marker-end="url(#tip)"/>'


def _dashes(optional: bool) -> str:
    return ' class="optional"' if optional else ""
