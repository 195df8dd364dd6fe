"""The stages of a regulation as a picture: a row for each stage, a column for whoever acts, a line for what follows what. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from regulations.values import Stage

COLUMN, ROW, RADIUS, HEAD = 56, 46, 15, 34


@dataclass(frozen=True)
class Node:
    """One stage in its place."""

    number: int
    x: int
    y: int
    optional: bool


@dataclass(frozen=True)
class Line:
    """What follows what; `back` where the way returns to an earlier stage."""

    path: str
    back: bool


@dataclass(frozen=True)
class Picture:
    """Everything to draw. `lanes` are the actors in the order in which they first act, each with the middle of its column."""

    width: int
    height: int
    lanes: tuple[tuple[str, int], ...]
    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]


def before(stages: Sequence[Stage]) -> list[tuple[int, ...]]:
    """For each stage the places of those that it follows: the ones that it names, else the one before it."""
    places = {stage.id: place for place, stage in enumerate(stages)}
    ordinary = [((place - 1,) if place else ()) for place in range(len(stages))]
    return [tuple(places[each] for each in stage.after) or ordinary[place] for place, stage in enumerate(stages)]


def picture(stages: Sequence[Stage]) -> Picture:
    """The picture of these stages, in their order from top to bottom."""
    actors = list(dict.fromkeys(stage.actor for stage in stages))
    middle = {actor: COLUMN // 2 + COLUMN * place for place, actor in enumerate(actors)}
    nodes = [Node(place + 1, middle[stage.actor], HEAD + ROW // 2 + ROW * place, stage.optional) for place, stage in enumerate(stages)]
    lines = [_line(nodes[start], nodes[end]) for end, starts in enumerate(before(stages)) for start in starts]
    width, height = COLUMN * max(len(actors), 1), HEAD + ROW * len(stages)
    return Picture(width, height, tuple(middle.items()), tuple(nodes), tuple(lines))


def _line(start: Node, end: Node) -> Line:
    back = end.number <= start.number
    if end.number == start.number + 1:
        return Line(f"M{start.x} {start.y + RADIUS}L{end.x} {end.y - RADIUS - 3}", back)
    way = 1 if back else -1
    near, far = RADIUS * way, (RADIUS + COLUMN // 3) * way
    tip = end.x + near + 4 * way
    return Line(f"M{start.x + near} {start.y}C{start.x + far} {start.y} {end.x + far} {end.y} {tip} {end.y}", back)
