"""Facts of what internal monitoring collects: surveys, focus groups, interviews, analysed documents, samples of cases; and of the registers
that it lives on: recommendations, trainings. `contract` has all of them."""

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.corrected import FactCorrected
from chassis.documents import Document
from chassis.events import Event
from chassis.privacy import Personal
from chassis.text import Day, Identifier, ShortText, Text, Word
from services.monitoring.contract_internal import ARTKI, Goal

_FROZEN = ConfigDict(frozen=True, extra="forbid")

Language = Literal["ky", "kk", "ru", "en"]


class Question(BaseModel):
    """A question of a survey in every language in which it is asked."""

    model_config = _FROZEN

    question_id: Identifier
    text: dict[Language, ShortText]
    kind: Literal["scale", "choice", "text"] = Field(description="scale: from 1 to `most`; choice: one of `choices`; text: free")
    most: int | None = Field(default=None, ge=2, le=10)
    choices: tuple[ShortText, ...] = ()
    goals: tuple[Goal, ...] = ()
    required: bool = False


class Answer(BaseModel):
    """What was answered to one question: a number of the scale, the place of a choice from 1, or text."""

    model_config = _FROZEN

    question_id: Identifier
    value: int | None = None
    text: Text | None = None


class SampledCase(BaseModel):
    """A real case that was drawn for the analysis of its documents."""

    model_config = _FROZEN

    case_id: str
    rulebook: ShortText
    opened_on: date | None = None


class SurveyOpened(Event):
    """A survey among stakeholders or staff was opened (3.3.2, 6.1.s1, 6.2). `anonymous`: then no answer tells who gave it.

    A link holds a secret that is shown once; the event holds its hash.
    """

    under: ClassVar = {ARTKI: ("3.3.2", "6.1.s1", "6.2", "2.1.3")}
    correctable: ClassVar = frozenset({"title"})
    survey_id: str
    cycle_id: str
    title: dict[Language, ShortText]
    groups: tuple[Word, ...] = Field(description="Words of `stakeholder_groups`, or staff")
    anonymous: bool
    additional: bool = Field(default=False, description="A further survey, of expectations, needs and satisfaction (6.2)")
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=200)]
    closes_on: date
    opened_on: date


class SurveyLinkIssued(Event):
    """A link to a survey for one group: who has it answers without an account. `single`: it serves one answer."""

    survey_id: str
    link_id: str
    group: Word
    single: bool = False
    secret_hash: ShortText = Field(description="SHA-256 of the secret, lower-case hex")
    issued_on: date


class SurveyLinkRevoked(Event):
    """A link serves no more."""

    survey_id: str
    link_id: str
    reason: Text
    revoked_on: date


class SurveyAnswered(Event):
    """Somebody answered (6.1.s2). Anonymous: no respondent, no link, no time finer than the day. Stream: one for each answer."""

    under: ClassVar = {ARTKI: ("6.1.s2", "6.2")}
    survey_id: str
    cycle_id: str
    answer_id: str
    group: Word
    language: Language
    answers: tuple[Answer, ...]
    respondent_id: str | None = Field(default=None, description="Only where the survey is not anonymous")
    respondent: Annotated[ShortText | None, Personal("answer_id")] = None
    answered_on: date


class SurveyClosed(Event):
    """The survey takes no more answers."""

    survey_id: str
    cycle_id: str
    answers: int
    closed_on: date


class SurveyCorrected(FactCorrected):
    """A fact of a survey was recorded wrongly."""

    survey_id: str


class InterviewHeld(Event):
    """An interview with staff or a stakeholder (3.3.2, 6.1.s1); who was interviewed is told by group and post, not by name."""

    under: ClassVar = {ARTKI: ("3.3.2", "6.1.s1", "6.1.s2")}
    correctable: ClassVar = frozenset({"notes", "held_on"})
    interview_id: str
    cycle_id: str
    group: Word = Field(description="A word of `stakeholder_groups`, or staff")
    interviewee: ShortText = Field(description="Post or role")
    notes: Text
    goals: tuple[Goal, ...] = ()
    held_by: tuple[Identifier, ...]
    held_on: Day


class FocusGroupHeld(Event):
    """A focus group among stakeholders (6.2): expectations, needs, satisfaction."""

    under: ClassVar = {ARTKI: ("6.2", "6.1.s1", "2.1.3")}
    correctable: ClassVar = frozenset({"expectations", "needs", "satisfaction", "held_on"})
    focus_group_id: str
    cycle_id: str
    groups: Annotated[tuple[Word, ...], Field(min_length=1)]
    participants: int = Field(ge=1)
    expectations: Text
    needs: Text
    satisfaction: Text
    held_by: tuple[Identifier, ...]
    held_on: Day


class DocumentAnalysed(Event):
    """A document, a report or a case was analysed (2.2.1, 3.3.2): without break through the year, summed up in the cycle."""

    under: ClassVar = {ARTKI: ("2.2.1", "2.2.2", "3.3.2")}
    correctable: ClassVar = frozenset({"findings"})
    analysis_id: str
    cycle_id: str | None = Field(default=None, description="None: logged through the year, outside a cycle")
    subject: ShortText = Field(description="What was analysed")
    case_id: str | None = None
    sample_id: str | None = None
    findings: Text
    conforms: bool | None = Field(default=None, description="Whether procedures and standards were observed (2.2.2)")
    analysed_by: Identifier
    analysed_on: Day


class CaseSampleDrawn(Event):
    """Real cases were drawn at random for the analysis of their documents (3.3.2). Anybody can repeat it: seed and population are told."""

    under: ClassVar = {ARTKI: ("3.3.2", "2.2.2")}
    sample_id: str
    cycle_id: str
    seed: ShortText
    seed_given: bool = Field(default=False, description="A person gave it; False: it was made at random for this draw")
    rulebooks: tuple[ShortText, ...] = Field(default=(), description="Of these procedures only; none: all")
    opened_from: date
    opened_until: date
    population: int
    population_hash: ShortText = Field(description="SHA-256 over the case ids in order")
    drawn: tuple[SampledCase, ...]
    drawn_at: datetime


class AgencyRecommendationReceived(Event):
    """A check of the agency, its own or of others, left a recommendation (2.2.3)."""

    under: ClassVar = {ARTKI: ("2.2.3",)}
    correctable: ClassVar = frozenset({"text", "source_detail"})
    recommendation_id: str
    source: Word = Field(description="A word of `check_sources`")
    source_detail: ShortText
    text: Text
    received_on: Day


class AgencyRecommendationCorrected(FactCorrected):
    """A recommendation was recorded wrongly."""

    recommendation_id: str


class TrainingHeld(Event):
    """Staff were trained (7.1.s1, 7.1.s2)."""

    under: ClassVar = {ARTKI: ("7.1.s1", "7.1.s2")}
    correctable: ClassVar = frozenset({"topic", "held_on"})
    training_id: str
    kind: Word = Field(description="A word of `training_kinds`")
    topic: ShortText
    attendance: tuple[Identifier, ...]
    results: Text | None = None
    document: Document | None = None
    held_on: Day


class TrainingResultUsed(Event):
    """What a training taught went into a cycle (7.2)."""

    under: ClassVar = {ARTKI: ("7.2",)}
    training_id: str
    cycle_id: str
    use: Text
    used_on: date


class TrainingCorrected(FactCorrected):
    """A training was recorded wrongly."""

    training_id: str


class GatheringCorrected(FactCorrected):
    """An interview, a focus group or an analysis was recorded wrongly."""

    gathering_id: str


SURVEY_EVENTS = (SurveyOpened, SurveyLinkIssued, SurveyLinkRevoked, SurveyClosed, SurveyCorrected)
SURVEY_ANSWER_EVENTS = (SurveyAnswered,)
GATHERING_EVENTS = (InterviewHeld, FocusGroupHeld, DocumentAnalysed, CaseSampleDrawn, GatheringCorrected)
RECOMMENDATION_EVENTS = (AgencyRecommendationReceived, AgencyRecommendationCorrected)
TRAINING_EVENTS = (TrainingHeld, TrainingResultUsed, TrainingCorrected)
