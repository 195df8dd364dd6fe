"""The report of a cycle of internal monitoring (ARTKI, 3.3.4): written from the agency's own events and what was collected, and shown."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from chassis.context import Context
from regulations import Rulebook, local_date, resolve
from services.monitoring.contract import ReportPart
from services.monitoring.domain.internal_state import InternalCycle
from services.monitoring.domain.survey import SURVEY
from services.monitoring.domain.training import TRAINING
from services.monitoring.handlers_gathering import results_of
from services.monitoring.internal_figures import internal_figures
from services.monitoring.readmodels_gathering import (
    agency_recommendations,
    case_samples,
    document_analyses,
    focus_groups,
    surveys,
    trainings,
)
from services.monitoring.report import page as rendering
from services.monitoring.report.text import (
    AnalysisTold,
    Collected,
    FocusGroupTold,
    SampleTold,
    SurveyTold,
    TrainingTold,
    sections,
)
from services.monitoring.report.words import Words
from services.monitoring.schemas_figures import InternalFigures

_MOST = 500


async def generate(ctx: Context, state: InternalCycle, language: str | None) -> tuple[tuple[ReportPart, ...], InternalFigures]:
    """The sections of a report on the cycle's year until today, and the figures that they rest on."""
    rules = resolve(state.terms.rulebook)
    first, last = date(state.terms.year, 1, 1), min(local_date(ctx.at, rules.zone), date(state.terms.year, 12, 31))
    figures = await internal_figures(ctx, first, max(first, last))
    collected = await _collected(ctx, state, first, last)
    return sections(rules, figures, collected, language or rules.languages[0]), figures


def shown(state: InternalCycle, language: str | None, *, html: bool) -> str:
    """The last version of the report as a page, or as Markdown. Pictures are of the figures that were last reckoned for it."""
    rules = resolve(state.terms.rulebook)
    spoken = language or rules.languages[0]
    draft, heading = state.drafts[-1], _heading(state, rules, spoken)
    if not html:
        return rendering.markdown(draft.sections, rules, heading, spoken)
    reckoned = next((each.figures for each in reversed(state.drafts) if each.figures), None)
    return rendering.page(draft.sections, InternalFigures.model_validate(reckoned) if reckoned else None, rules, heading, spoken)


def _heading(state: InternalCycle, rules: Rulebook, language: str) -> str:
    words = Words(language)
    standing = words("final") if state.final is not None else words("draft")
    return f"{words('title')}, {state.terms.year} ({standing}, {words('version')} {len(state.drafts)})"


async def _collected(ctx: Context, state: InternalCycle, first: date, last: date) -> Collected:
    cycle_id = state.terms.cycle_id
    a, f, s = document_analyses.c, focus_groups.c, case_samples.c
    within = (a.cycle_id == cycle_id) | (a.cycle_id.is_(None) & a.analysed_on.between(first, last))
    analysed = await ctx.rows(select(a.subject, a.analysed_on, a.conforms, a.findings).where(within).order_by(a.analysed_on).limit(_MOST))
    focus = select(f.held_on, f.participants, f.expectations, f.needs, f.satisfaction).where(f.cycle_id == cycle_id)
    sampled = select(s.seed, s.population, s.size).where(s.cycle_id == cycle_id).order_by(s.drawn_at)
    return Collected(
        findings=state.findings,
        gathered=state.collected,
        fulfilments=tuple(state.fulfilments.values()),
        recommendations=await _recommended(ctx, state),
        key_problems=state.analysed.key_problems if state.analysed else None,
        trends=state.analysed.trends if state.analysed else None,
        surveys=await _surveys(ctx, cycle_id, local_date(ctx.at, resolve(state.terms.rulebook).zone)),
        focus_groups=[FocusGroupTold(**row) for row in await ctx.rows(focus.order_by(f.held_on))],
        analyses=[AnalysisTold(**row) for row in analysed],
        samples=[SampleTold(**row) for row in await ctx.rows(sampled)],
        trainings=await _trainings(ctx, cycle_id, first, last),
    )


async def _recommended(ctx: Context, state: InternalCycle) -> dict[str, str]:
    """What the fulfilled ones said: those of the register, and measures that were carried into the cycle."""
    r = agency_recommendations.c
    known = await ctx.rows(select(r.recommendation_id, r.text).where(r.recommendation_id.in_(list(state.fulfilments))))
    carried = {each.measure_id: each.measure for each in state.terms.carried}
    return carried | {row["recommendation_id"]: row["text"] for row in known}


async def _surveys(ctx: Context, cycle_id: str, today: date) -> Sequence[SurveyTold]:
    """Those that have something to tell by now."""
    found = await ctx.rows(
        select(surveys.c.survey_id).where(surveys.c.cycle_id == cycle_id).order_by(surveys.c.opened_on, surveys.c.survey_id)
    )
    told: list[SurveyTold] = []
    for row in found:
        state, _ = await ctx.load(SURVEY, row["survey_id"])
        for whole in (await results_of(ctx, state, today))[:1]:
            told.append(SurveyTold(state.asked.title, state.asked.questions, whole))
    return told


async def _trainings(ctx: Context, cycle_id: str, first: date, last: date) -> Sequence[TrainingTold]:
    """Those of the period, and earlier ones that were used in the cycle."""
    t = trainings.c
    told: list[TrainingTold] = []
    for row in await ctx.rows(select(t.training_id).where(t.held_on <= last).order_by(t.held_on.desc(), t.training_id).limit(_MOST)):
        state, _ = await ctx.load(TRAINING, row["training_id"])
        uses = [each.use for each in state.uses if each.cycle_id == cycle_id]
        held = state.fact
        if uses or held.held_on >= first:
            told.append(TrainingTold(held.topic, held.held_on, len(held.attendance), uses, within=held.held_on >= first))
    return told[::-1]


def kept(figures: InternalFigures) -> dict[str, Any]:
    """The figures as a version of the report keeps them."""
    return figures.model_dump(mode="json")
