"""The sections of the report as Markdown, from figures, collected information and what the commission found. Pure.

A rulebook's sections that no maker knows are left to the commission; what a maker has nothing for says so.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from textwrap import shorten
from typing import Any

from regulations import Rulebook
from regulations.library import library
from services.monitoring.contract import (
    CONTRACT,
    FulfilmentDetermined,
    InternalFindingRecorded,
    InternalInformationCollected,
    Question,
    ReportPart,
)
from services.monitoring.domain.internal_rules import GROUPS, MEANS, METHODS
from services.monitoring.domain.internal_rules import words as vocabulary
from services.monitoring.domain.survey_results import GroupResult
from services.monitoring.report.words import Words
from services.monitoring.schemas_figures import DaysFigure, InternalFigures, ShareFigure

_MOST_LETTERS = 90


@dataclass(frozen=True)
class SurveyTold:
    """A survey with what all told groups said together."""

    title: Mapping[Any, str]
    questions: Sequence[Question]
    whole: GroupResult


@dataclass(frozen=True)
class FocusGroupTold:
    """What a focus group said."""

    held_on: date
    participants: int
    expectations: str
    needs: str
    satisfaction: str


@dataclass(frozen=True)
class AnalysisTold:
    """A document that was analysed."""

    subject: str
    analysed_on: date
    conforms: bool | None
    findings: str


@dataclass(frozen=True)
class SampleTold:
    """A random sample of cases: anybody can draw it again."""

    seed: str
    population: int
    size: int


@dataclass(frozen=True)
class TrainingTold:
    """A training. `within`: of the period, and not only used in it."""

    topic: str
    held_on: date
    attended: int
    uses: Sequence[str]
    within: bool = True


@dataclass(frozen=True)
class Collected:
    """Everything that the report tells besides the figures."""

    findings: Sequence[InternalFindingRecorded] = ()
    gathered: InternalInformationCollected | None = None
    fulfilments: Sequence[FulfilmentDetermined] = ()
    recommendations: Mapping[str, str] | None = None
    key_problems: str | None = None
    trends: str | None = None
    surveys: Sequence[SurveyTold] = ()
    focus_groups: Sequence[FocusGroupTold] = ()
    analyses: Sequence[AnalysisTold] = ()
    samples: Sequence[SampleTold] = ()
    trainings: Sequence[TrainingTold] = ()


@dataclass(frozen=True)
class _Told:
    rules: Rulebook
    words: Words
    figures: InternalFigures
    collected: Collected


def sections(rules: Rulebook, figures: InternalFigures, collected: Collected, language: str) -> tuple[ReportPart, ...]:
    """The rulebook's sections in its order."""
    told = _Told(rules, Words(language), figures, collected)
    known = rules.contents.get("final_report", {})
    return tuple(ReportPart(section=name, text=_MAKERS[name](told)) for name in known if name in _MAKERS)


def _results(told: _Told) -> str:
    words, figures = told.words, told.figures
    met, decided = sum(each.met for each in figures.deadlines), sum(each.met + each.met_late + each.missed for each in figures.deadlines)
    lines = [f"- {words('period')}: {figures.first} – {figures.last}", f"- {words('cases')}: {figures.cases}"]
    if decided:
        lines.append(f"- {words('in_time')}: {_out_of(words, met, decided)} ({_percent(met / decided)})")
    lines += _shares(words, "deviations", figures.deviations)
    lines += _shares(words, "corrections", figures.factual_corrections)
    lines += _gathered(told)
    strengths = _findings(told, ("strength",))
    return "\n".join(lines) + (f"\n\n**{words('strengths')}**\n\n{strengths}" if strengths else "")


def _gathered(told: _Told) -> list[str]:
    """Which methods were used how often (3.3.2), and which groups were not reached (6.1.s1)."""
    words, gathered = told.words, told.collected.gathered
    if gathered is None:
        return []
    used = [f"{_word(told, (METHODS, MEANS), name)}: {count}" for name, count in gathered.uses.items() if count]
    missed = [_word(told, (GROUPS,), name) for name in gathered.not_reached]
    lines = [f"- {words('gathered')}: {', '.join(used) or '–'}"]
    return lines + ([f"- {words('not_reached')}: {', '.join(missed)}"] if missed else [])


def _word(told: _Told, vocabularies: Sequence[str], name: str) -> str:
    known = {word: entry for each in vocabularies for word, entry in vocabulary(told.rules, each).items()}
    return _of(known[name].names.model_dump(), told.words.language) if name in known else name


def _procedures(told: _Told) -> str:
    words, figures = told.words, told.figures
    rounds = [[procedure_name(words, each.rulebook_id), words(each.name), each.n, each.mean, each.most] for each in figures.rounds]
    rulings = [
        [
            procedure_name(words, each.rulebook_id),
            words(each.name),
            each.filed,
            ", ".join(f"{words.outcome(each.name, word)}: {times}" for word, times in each.outcomes.items()) or "–",
        ]
        for each in figures.rulings
    ]
    parts = [
        _table([words(name) for name in ("procedure", "stage", "n", "median", "p90", "longest")], _days(words, figures.stages)),
        _table([words(name) for name in ("procedure", "rounds", "n", "mean", "most")], rounds),
        _table([words(name) for name in ("procedure", "subject", "filed", "outcomes")], rulings),
    ]
    return "\n\n".join(part for part in parts if part) or words("none")


def _conformity(told: _Told) -> str:
    words = told.words
    rows = [
        [
            procedure_name(words, each.rulebook_id),
            term_name(words, each.rulebook_id, each.rule) + (f" ({each.clause})" if each.clause else ""),
            _party(words, each.rulebook_id, each.binds),
            each.due,
            each.met if each.in_time is None else f"{each.met} ({_percent(each.in_time)})",
            each.met_late,
            each.missed,
            each.extended,
        ]
        for each in told.figures.deadlines
    ]
    heads = [words(name) for name in ("procedure", "term", "binds", "due", "met", "met_late", "missed", "extended")]
    judged = [each.conforms for each in told.collected.analyses if each.conforms is not None]
    lines = [_table(heads, rows) or words("none")]
    if judged:
        lines.append(f"{words('analysed')}: {len(judged)}, {words('conforming')}: {sum(judged)}.")
    lines.append(_findings(told, ("conformity",)))
    return "\n\n".join(line for line in lines if line)


def _service(told: _Told) -> str:
    words, collected = told.words, told.collected
    heads = [words(name) for name in ("procedure", "letter", "n", "median", "p90", "longest")]
    parts = [_table(heads, _days(words, told.figures.letters)), words("webhooks")]
    for survey in collected.surveys:
        parts.append(f"**{words('survey')}: {_of(survey.title, words.language)}** ({words('answers')}: {survey.whole.answers})")
        if survey.whole.suppressed:
            parts.append(words("few_answers"))
            continue
        text = {question.question_id: _of(question.text, words.language) for question in survey.questions}
        rows = [[text[each.question_id], each.answered, each.mean or "–"] for each in survey.whole.questions]
        parts.append(_table([words(name) for name in ("question", "answers", "average")], rows))
    for group in collected.focus_groups:
        said = [f"- {words(name)}: {_line(getattr(group, name))}" for name in ("expectations", "needs", "satisfaction")]
        parts.append("\n".join([f"**{words('focus_group')}, {group.held_on}** ({group.participants})", "", *said]))
    return "\n\n".join(part for part in parts if part)


def _documents(told: _Told) -> str:
    words, collected = told.words, told.collected
    lines = [f"- {each.analysed_on}: {_line(each.subject)} – {_line(each.findings)}" for each in collected.analyses]
    lines += [
        f"- {words('samples')}: {_out_of(words, each.size, each.population)} (seed `{_line(each.seed).replace('`', '')}`)"
        for each in collected.samples
    ]
    return "\n".join(lines) or words("none")


def _fulfilled(told: _Told) -> str:
    known = told.collected.recommendations or {}
    lines = [
        f"- {_line(known.get(each.recommendation_id, each.recommendation_id))} – {_line(each.degree)}"
        for each in told.collected.fulfilments
    ]
    return "\n".join(lines) or told.words("none")


def _problems(told: _Told) -> str:
    collected = told.collected
    parts = [part for part in (collected.key_problems, collected.trends, _findings(told, ("key_problem", "trend"))) if part]
    return "\n\n".join(parts) or told.words("no_findings")


def _used(told: _Told) -> str:
    lines = [f"- {_line(each.topic)}: {_line(use)}" for each in told.collected.trainings for use in each.uses]
    return "\n".join(lines) or told.words("none")


def _trainings(told: _Told) -> str:
    words, held = told.words, [each for each in told.collected.trainings if each.within]
    lines = [f"- {each.held_on}: {_line(each.topic)} ({words('attendance')}: {each.attended})" for each in held]
    return "\n".join([f"{words('trainings')}: {len(held)}", *(["", *lines] if lines else [])])


def _found(*kinds: str) -> Callable[[_Told], str]:
    return lambda told: _findings(told, kinds) or told.words("no_findings")


_MAKERS: Mapping[str, Callable[[_Told], str]] = {
    "results": _results,
    "proposals": _found("proposal"),
    "accreditation_procedures": _procedures,
    "weaknesses": _found("weakness", "shortcoming"),
    "service_quality": _service,
    "conformity": _conformity,
    "documents_analysed": _documents,
    "earlier_recommendations": _fulfilled,
    "key_problems": _problems,
    "training_results": _used,
    "trainings_held": _trainings,
}


def _findings(told: _Told, kinds: Sequence[str]) -> str:
    found = [each for each in told.collected.findings if each.kind in kinds]
    return "\n".join(
        f"- {_line(each.text)}" + (f" ({told.words('goals')}: {', '.join(each.goals)})" if each.goals else "") for each in found
    )


def _days(words: Words, figures: Iterable[DaysFigure]) -> list[list[object]]:
    return [
        [procedure_name(words, each.rulebook_id), words(each.name), each.n, f"{each.median:g}", each.p90, each.longest] for each in figures
    ]


def _shares(words: Words, name: str, figures: Iterable[ShareFigure]) -> list[str]:
    return [
        f"- {words(name)} ({procedure_name(words, each.rulebook_id)}): {_out_of(words, each.counted, each.out_of)}"
        for each in figures
        if each.out_of
    ]


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    if not rows:
        return ""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(_line(str(cell)).replace("|", r"\|") for cell in line) + " |" for line in lines)


def procedure_name(words: Words, rulebook_id: str) -> str:
    """A procedure by the short form of its title."""
    versions = library().get(rulebook_id)
    return rulebook_id or "–" if versions is None else _short(_of(versions[-1].title.model_dump(), words.language))


def term_name(words: Words, rulebook_id: str, rule: str) -> str:
    """A term by its name; a day that a person set by that of its step, and of the thing in it."""
    versions = library().get(rulebook_id)
    if not versions:
        return rule
    step, _, which = rule.removeprefix(CONTRACT).partition("/")
    stages = {stage.id: stage for stage in versions[-1].stages} if rule.startswith(CONTRACT) else {}
    named = stages.get(step) or versions[-1].terms.get(rule)
    return rule if named is None else _of(named.names.model_dump(), words.language) + (f": {which}" if which else "")


def _party(words: Words, rulebook_id: str, party: str) -> str:
    versions = library().get(rulebook_id)
    known = versions[-1].parties.get(party) if versions else None
    return party if known is None else _of(known.model_dump(), words.language)


def _short(title: str) -> str:
    """Without what stands in brackets at its end, and cut between words."""
    return shorten(title.partition(" (")[0], _MOST_LETTERS, placeholder=" …")


def _of(names: Mapping[Any, Any], language: str) -> str:
    return str(names.get(language) or next(told for told in names.values() if told))


def _line(text: str) -> str:
    return " ".join(text.split())


def _out_of(words: Words, part: int, whole: int) -> str:
    return words("of").format(part=part, whole=whole)


def _percent(share: float) -> str:
    return f"{share * 100:.1f}%"
