"""Monitoring's commands on what internal monitoring collects. The cycle, the regulation and the population are gathered here as facts."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from hmac import compare_digest
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from chassis.context import Accepted, Context
from chassis.corrections import Correction
from chassis.ids import derived_id, new_id
from chassis.problems import NotFound, VersionConflict
from chassis.rate import Rate
from regulations import RulebookRef, local_date, resolve
from services.monitoring.contract import Answer, CaseSampleDrawn, Question, SampledCase, SurveyLinkIssued
from services.monitoring.domain import agency_recommendation, gathering, survey, training
from services.monitoring.domain.gathering import GATHERING
from services.monitoring.domain.gathering_rules import invalid
from services.monitoring.domain.survey import SURVEY, Survey
from services.monitoring.domain.survey_answer import SURVEY_ANSWER, AnswerSurvey
from services.monitoring.domain.survey_results import Given, GroupResult, results
from services.monitoring.handlers_internal import adopted
from services.monitoring.readmodels_gathering import known_cases, survey_answers
from services.monitoring.readmodels_internal import internal_cycles, staff
from services.monitoring.schemas_gathering import (
    NewAgencyRecommendation,
    NewCaseSample,
    NewDocumentAnalysis,
    NewFocusGroup,
    NewInterview,
    NewSurvey,
    NewSurveyAnswer,
    NewSurveyLink,
    NewTraining,
    NewTrainingUse,
    SurveyLinkAnswer,
    SurveyLinkRevocation,
)

#: Who answers an anonymous survey.
NOBODY = "anonymous"

_BY_LINK = Rate(per_minute=120, burst=120)
_STRANGERS = Rate(per_minute=60, burst=60)


@dataclass(frozen=True)
class CycleFacts:
    """What a cycle says to what is collected in it."""

    rulebook: RulebookRef
    is_closed: bool


async def open_survey(ctx: Context, body: NewSurvey) -> Accepted:
    """Opens a survey in a cycle."""
    cycle, survey_id = await cycle_of(ctx, body.cycle_id), new_id()
    told = {**dict(body), "questions": tuple(Question(**dict(each)) for each in body.questions)}
    command = ctx.command(survey.OpenSurvey, survey_id=survey_id, rulebook=cycle.rulebook, cycle_closed=cycle.is_closed, **told)
    return await ctx.execute(SURVEY, survey_id, command, create=True)


async def issue_link(ctx: Context, survey_id: str, body: NewSurveyLink) -> SurveyLinkAnswer:
    """Issues a link. Its secret is in this answer and nowhere else; the answer to a repetition is without it."""
    secret = secrets.token_urlsafe(32)
    link_id = derived_id("survey-link", survey_id, ctx.actor, ctx.key)
    told = {"link_id": link_id, "secret_hash": _hash(secret), "rulebook": await _rulebook_of(ctx, survey_id)}
    accepted = await ctx.execute(SURVEY, survey_id, ctx.command(survey.IssueLink, **told, **dict(body)))
    state, _ = await ctx.load(SURVEY, survey_id)
    shown = state.links[link_id].secret_hash == told["secret_hash"]
    return SurveyLinkAnswer(**dict(accepted), link_id=link_id, secret=secret if shown else None)


async def revoke_link(ctx: Context, survey_id: str, body: SurveyLinkRevocation) -> Accepted:
    """Revokes a link."""
    rulebook = await _rulebook_of(ctx, survey_id)
    return await ctx.execute(SURVEY, survey_id, ctx.command(survey.RevokeLink, rulebook=rulebook, **dict(body)))


async def close_survey(ctx: Context, survey_id: str) -> Accepted:
    """Closes a survey, with the number of answers that came."""
    command = ctx.command(survey.CloseSurvey, rulebook=await _rulebook_of(ctx, survey_id), answers=await count_answers(ctx, survey_id))
    return await ctx.execute(SURVEY, survey_id, command)


async def correct_survey(ctx: Context, survey_id: str, body: Correction) -> Accepted:
    """Corrects a fact of a survey."""
    return await ctx.correct(survey.corrections(), survey_id, body, await _today(ctx, await _rulebook_of(ctx, survey_id)))


async def answer_survey(ctx: Context, survey_id: str, body: NewSurveyAnswer) -> Accepted:
    """Takes an answer from whoever has a link that serves.

    To an anonymous survey it is recorded as if nobody had given it, at the beginning of its day; its id follows from the key that the
    caller alone has, so that a repetition is found without anything being kept of him. What stays is its place in the log.
    """
    state, _ = await ctx.load(SURVEY, survey_id)
    link = _link_of(ctx, survey_id, state, body.secret)
    asked = state.asked
    rules = resolve(await _rulebook_of(ctx, survey_id))
    survey.taking(state, rules)
    told: dict[str, Any] = {"asked": asked, "rulebook": rules.ref, "group": link.group, "single": link.single}
    told |= {"language": body.language, "respondent": body.respondent, "answers": tuple(Answer(**dict(each)) for each in body.answers)}
    if asked.anonymous:
        day = datetime.combine(local_date(ctx.at, rules.zone), time(), ZoneInfo(rules.zone)).astimezone(UTC)
        answer_id = derived_id("survey-answer", survey_id, ctx.key)
        ctx = ctx.nameless(NOBODY, day)
    else:
        answer_id = derived_id("survey-answer", survey_id, link.link_id, "" if link.single else ctx.key)
        told["respondent_id"] = link.link_id if link.single else None
        ctx.actor = f"link:{link.link_id}"
    return await ctx.execute(SURVEY_ANSWER, answer_id, ctx.command(AnswerSurvey, answer_id=answer_id, **told), create=True)


def _link_of(ctx: Context, survey_id: str, state: Survey, secret: str) -> SurveyLinkIssued:
    """The link of a secret, while it serves. NotFound, TooManyRequests."""
    wanted = _hash(secret)
    found = [link for link in state.links.values() if compare_digest(link.secret_hash, wanted) and link.link_id not in state.revoked]
    if not found:
        _STRANGERS.take(f"{ctx.agency}/{survey_id}")
        raise NotFound("there is no such survey for this link")
    _BY_LINK.take(f"{ctx.agency}/{found[0].link_id}")
    return found[0]


def takes_answers(state: Survey, today: date) -> bool:
    """Whether the survey is neither closed nor over."""
    return state.closed is None and today <= state.asked.closes_on


async def opened(ctx: Context, survey_id: str) -> tuple[Survey, date]:
    """A survey and the present local day; NotFound."""
    state, version = await ctx.load(SURVEY, survey_id)
    if not version:
        raise NotFound(f"there is no survey {survey_id}")
    return state, await _today(ctx, await _rulebook_of(ctx, survey_id))


async def count_answers(ctx: Context, survey_id: str) -> int:
    """How many answers a survey has."""
    counted = select(func.count().label("answers")).select_from(survey_answers.table).where(survey_answers.c.survey_id == survey_id)
    found = await ctx.row(counted)
    return int(found["answers"]) if found else 0


async def results_of(ctx: Context, state: Survey, today: date) -> tuple[GroupResult, ...]:
    """What a survey has shown by now; none of an anonymous one that still takes answers, for nobody is to see a count move by one."""
    asked, c = state.asked, survey_answers.c
    if asked.anonymous and takes_answers(state, today):
        return ()
    rows = await ctx.rows(select(c.answered_by, c.answers).where(c.survey_id == asked.survey_id))
    given = [Given(row["answered_by"], tuple(Answer.model_validate(each) for each in row["answers"])) for row in rows]
    return results(asked.questions, asked.groups, given, asked.anonymous)


async def hold_interview(ctx: Context, body: NewInterview) -> Accepted:
    """Records an interview."""
    return await _gather(ctx, gathering.HoldInterview, "interview_id", **dict(body))


async def hold_focus_group(ctx: Context, body: NewFocusGroup) -> Accepted:
    """Records a focus group."""
    return await _gather(ctx, gathering.HoldFocusGroup, "focus_group_id", **dict(body))


async def analyse_document(ctx: Context, body: NewDocumentAnalysis) -> Accepted:
    """Records an analysis, in a cycle or through the year."""
    drawn = await _drawn(ctx, body.sample_id) if body.sample_id else None
    return await _gather(ctx, gathering.AnalyseDocument, "analysis_id", drawn=drawn, **dict(body))


async def draw_case_sample(ctx: Context, body: NewCaseSample) -> Accepted:
    """Draws a sample of the cases known by now."""
    population = await population_of(ctx, body.rulebooks, body.opened_from, body.opened_until)
    told = {**dict(body), "seed": body.seed or secrets.token_hex(16), "seed_given": body.seed is not None, "population": population}
    return await _gather(ctx, gathering.DrawCaseSample, "sample_id", **told)


async def population_of(ctx: Context, rulebooks: Sequence[str], since: date, until: date) -> tuple[SampledCase, ...]:
    """The agency's cases of these procedures (none named: of all) that were opened in the window."""
    c = known_cases.c
    query = select(c.case_id, c.rulebook_id, c.opened_on).where(c.opened_on.between(since, until))
    if rulebooks:
        query = query.where(c.rulebook_id.in_(rulebooks))
    rows = await ctx.rows(query)
    return tuple(SampledCase(case_id=row["case_id"], rulebook=row["rulebook_id"], opened_on=row["opened_on"]) for row in rows)


async def correct_gathering(ctx: Context, gathering_id: str, body: Correction) -> Accepted:
    """Corrects an interview, a focus group or an analysis."""
    state, version = await ctx.load(GATHERING, gathering_id)
    if not version or state.fact is None:
        raise NotFound(f"there is no record {gathering_id} of what was gathered")
    today = await _today(ctx, (await ground(ctx, state.fact.cycle_id)).rulebook)
    return await ctx.correct(gathering.corrections(gathering_id, today), gathering_id, body, today)


async def receive_recommendation(ctx: Context, body: NewAgencyRecommendation) -> Accepted:
    """Enters a recommendation to the agency."""
    id_ = new_id()
    told = {"recommendation_id": id_, "rulebook": await adopted(ctx), **dict(body)}
    command = ctx.command(agency_recommendation.ReceiveAgencyRecommendation, **told)
    return await ctx.execute(agency_recommendation.AGENCY_RECOMMENDATION, id_, command, create=True)


async def correct_recommendation(ctx: Context, recommendation_id: str, body: Correction) -> Accepted:
    """Corrects a recommendation."""
    return await ctx.correct(agency_recommendation.CORRECTIONS, recommendation_id, body, await _today(ctx, await adopted(ctx)))


async def hold_training(ctx: Context, body: NewTraining) -> Accepted:
    """Records a training."""
    id_, c = new_id(), staff.c
    known = {row["staff_id"] for row in await ctx.rows(select(c.staff_id).where(c.staff_id.in_(body.attendance)))}
    unknown = tuple(each for each in body.attendance if each not in known)
    command = ctx.command(training.HoldTraining, training_id=id_, rulebook=await adopted(ctx), unknown=unknown, **dict(body))
    return await ctx.execute(training.TRAINING, id_, command, create=True)


async def use_training(ctx: Context, training_id: str, body: NewTrainingUse) -> Accepted:
    """Records what of a training went into a cycle."""
    _, held = await ctx.load(training.TRAINING, training_id)
    if not held:
        raise NotFound(f"there is no training {training_id}")
    if ctx.expected_version not in (None, held):
        raise VersionConflict(f"you expect version {ctx.expected_version}, it stands at {held}")
    cycle = await cycle_of(ctx, body.cycle_id)
    command = ctx.command(training.UseTrainingResult, rulebook=cycle.rulebook, cycle_closed=cycle.is_closed, **dict(body))
    return await ctx.execute(training.TRAINING, training_id, command)


async def correct_training(ctx: Context, training_id: str, body: Correction) -> Accepted:
    """Corrects a training."""
    today = await _today(ctx, await adopted(ctx))
    return await ctx.correct(training.corrections(today), training_id, body, today)


async def cycle_of(ctx: Context, cycle_id: str) -> CycleFacts:
    """A cycle of internal monitoring; Invalid where there is none."""
    c = internal_cycles.c
    found = await ctx.row(select(c.rulebook, c.closed_on).where(c.cycle_id == cycle_id))
    if found is None:
        raise invalid("#/cycle_id", f"there is no cycle of internal monitoring {cycle_id}", "a cycle of the agency")
    return CycleFacts(RulebookRef.model_validate(found["rulebook"]), found["closed_on"] is not None)


async def ground(ctx: Context, cycle_id: str | None) -> CycleFacts:
    """What the rules of something gathered come from: its cycle, or outside one the agency's regulation."""
    return await cycle_of(ctx, cycle_id) if cycle_id else CycleFacts(await adopted(ctx), False)


async def _gather(ctx: Context, kind: Any, own_id: str, **told: Any) -> Accepted:
    facts, id_ = await ground(ctx, told["cycle_id"]), new_id()
    command = ctx.command(kind, rulebook=facts.rulebook, cycle_closed=facts.is_closed, **{own_id: id_}, **told)
    return await ctx.execute(GATHERING, id_, command, create=True)


async def _drawn(ctx: Context, sample_id: str) -> tuple[str, ...]:
    state, _ = await ctx.load(GATHERING, sample_id)
    if not isinstance(state.fact, CaseSampleDrawn):
        raise invalid("#/sample_id", f"there is no sample {sample_id}", "a sample of cases")
    return tuple(case.case_id for case in state.fact.drawn)


async def _rulebook_of(ctx: Context, survey_id: str) -> RulebookRef:
    state, version = await ctx.load(SURVEY, survey_id)
    if not version:
        raise NotFound(f"there is no survey {survey_id}")
    return (await cycle_of(ctx, state.asked.cycle_id)).rulebook


async def _today(ctx: Context, rulebook: RulebookRef) -> date:
    return local_date(ctx.at, resolve(rulebook).zone)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
