"""Small pictures of numbers: a bar for a row of a table, columns for years. The numbers themselves always stand beside them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDTH = 120
HEIGHT = 12
#: Each kind has a pattern of its own in the style: never a colour alone.
KINDS = ("good", "soon", "late", "quiet", "plain")


def bar(parts: Sequence[tuple[float, str]], whole: float) -> Markup:
    """A bar of parts `(number, kind)`, as long as they are of `whole`. Hidden from readers: the numbers stand in the same row."""
    drawn, at = Markup(), 0.0
    for number, kind in parts:
        long = min(WIDTH * max(0.0, number) / whole, WIDTH - at) if whole > 0 else 0.0
        if long > 0:
            drawn += Markup('<rect class="{}" x="{}" y="0" width="{}" height="{}"/>').format(kind, _short(at), _short(long), HEIGHT)
        at += long
    return Markup(
        '<svg class="bar" viewBox="0 0 {} {}" width="{}" height="{}" aria-hidden="true" focusable="false">'
        '<rect class="under" x="0" y="0" width="{}" height="{}"/>{}</svg>'
    ).format(WIDTH, HEIGHT, WIDTH, HEIGHT, WIDTH, HEIGHT, drawn)


@dataclass(frozen=True)
class Block:
    """A part of a column, in units of the picture."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True)
class Columns:
    """Columns side by side, the lowest part of each first; `labels` stand in HTML below the picture."""

    labels: tuple[str, ...]
    blocks: tuple[Block, ...]
    width: int
    height: int
    most: int

    @property
    def marks(self) -> tuple[tuple[float, int], ...]:
        """Lines across with their numbers: the whole and its half."""
        numbers = sorted({self.most, self.most // 2} - {0})
        return tuple((round(self.height * (1 - number / self.most), 2), number) for number in numbers)


def columns(series: Iterable[tuple[str, Mapping[str, int]]], names: Mapping[str, str], height: int = 160) -> Columns:
    """A column for each `(label, {kind: number})`, parts in the order of `names`, which say what a kind means."""
    rows = [(label, {kind: max(0, numbers.get(kind, 0)) for kind in names}) for label, numbers in series]
    most = max((sum(numbers.values()) for _, numbers in rows), default=0)
    step, wide = 64, 40
    blocks = []
    for place, (label, numbers) in enumerate(rows):
        top = float(height)
        for kind, number in numbers.items():
            tall = height * number / most if most else 0.0
            top -= tall
            if tall:
                title = f"{label}: {names[kind]} {number}"
                blocks.append(Block(kind, place * step + (step - wide) / 2, round(top, 2), wide, round(tall, 2), title))
    return Columns(tuple(label for label, _ in rows), tuple(blocks), max(step, step * len(rows)), height, most)


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
