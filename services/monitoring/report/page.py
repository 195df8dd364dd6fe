"""The report as a page of its own: nothing is fetched, it prints, and beside each picture stand the same figures as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template
from markdown_it import MarkdownIt

from regulations import Rulebook
from services.monitoring.contract import ReportPart
from services.monitoring.report.text import procedure_name, term_name
from services.monitoring.report.words import Words
from services.monitoring.schemas_figures import DaysFigure, InternalFigures

_MOST_BARS = 30


@dataclass(frozen=True)
class Bar:
    """A bar: what it tells, the value as written, and how much of the width it has, from 0 to 1."""

    label: str
    value: str
    share: float


@dataclass(frozen=True)
class Chart:
    """Bars under one heading."""

    heading: str
    bars: Sequence[Bar]


def markdown(parts: Sequence[ReportPart], rules: Rulebook, heading: str, language: str) -> str:
    """The whole report as Markdown."""
    written = [f"# {heading}"]
    written += [f"## {_heading(part.section, rules, language)}\n\n{part.text}" for part in parts]
    return "\n\n".join(written) + "\n"


def page(parts: Sequence[ReportPart], figures: InternalFigures | None, rules: Rulebook, heading: str, language: str) -> str:
    """The whole report as HTML. What people wrote is text: HTML in it is shown, not run."""
    charts = _charts(figures, Words(language)) if figures else {}
    told = [(_heading(part.section, rules, language), _reader().render(part.text), charts.get(part.section, ())) for part in parts]
    return _template().render(language=language, heading=heading, sections=told)


def _heading(section: str, rules: Rulebook, language: str) -> str:
    known = rules.contents.get("final_report", {}).get(section)
    names = known.names.model_dump() if known is not None and known.names is not None else {}
    name = names.get(language) or section
    return name[:1].upper() + name[1:]


def _charts(figures: InternalFigures, words: Words) -> dict[str, tuple[Chart, ...]]:
    """By section: medians of stages, shares met in time, medians of letters."""
    in_time = [
        Bar(
            f"{term_name(words, each.rulebook_id, each.rule)}, {procedure_name(words, each.rulebook_id)}",
            f"{each.in_time:.0%}",
            each.in_time,
        )
        for each in figures.deadlines
        if each.in_time is not None
    ]
    found = {
        "accreditation_procedures": Chart(words("median"), _medians(figures.stages, words)),
        "conformity": Chart(words("in_time"), sorted(in_time, key=lambda bar: bar.share)[:_MOST_BARS]),
        "service_quality": Chart(words("median"), _medians(figures.letters, words)),
    }
    return {section: (chart,) for section, chart in found.items() if chart.bars}


def _medians(figures: Sequence[DaysFigure], words: Words) -> list[Bar]:
    most = max((each.median for each in figures), default=0) or 1
    longest = sorted(figures, key=lambda each: -each.median)[:_MOST_BARS]
    return [
        Bar(f"{words(each.name)}, {procedure_name(words, each.rulebook_id)}", f"{each.median:g}", each.median / most) for each in longest
    ]


@cache
def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string((files(__package__) / "page.html.jinja").read_text("utf-8"))
