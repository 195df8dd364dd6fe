"""Bodies and answers of monitoring's routes for what internal monitoring collects."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from chassis.actions import Action
from chassis.context import Accepted
from chassis.documents import Document
from chassis.text import Day, Identifier, ShortText, Text, Word
from services.monitoring.contract import Answer, Question, SampledCase, TrainingResultUsed
from services.monitoring.contract_gathering import Language
from services.monitoring.contract_internal import Goal

_IN = ConfigDict(extra="forbid", frozen=True)

Group = Annotated[Word, Field(description="A word of the rulebook's `stakeholder_groups`, or `staff`")]
Groups = Annotated[tuple[Group, ...], Field(min_length=1, max_length=20)]
Goals = Annotated[tuple[Goal, ...], Field(max_length=50, description="Clauses of the goals and tasks that it serves (2.1, 2.2)")]
People = Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=200)]
Cycle = Annotated[Identifier, Field(description="The cycle of internal monitoring that it belongs to")]


class AskedQuestion(Question):
    """A question of a survey."""

    model_config = _IN

    choices: Annotated[tuple[ShortText, ...], Field(max_length=50)] = ()
    goals: Goals = ()


class NewSurvey(BaseModel):
    """A survey to be opened."""

    model_config = _IN

    cycle_id: Cycle
    title: dict[Language, ShortText] = Field(min_length=1)
    groups: Groups
    anonymous: bool = Field(description="No answer tells who gave it, by which link, or when on its day")
    additional: bool = Field(default=False, description="A further survey among stakeholders, of expectations, needs, satisfaction (6.2)")
    questions: Annotated[tuple[AskedQuestion, ...], Field(min_length=1, max_length=200)]
    closes_on: Day = Field(description="The last day on which it takes answers")


class NewSurveyLink(BaseModel):
    """A link for people without an account."""

    model_config = _IN

    group: Group
    single: bool = Field(default=False, description="It serves one answer; an anonymous survey has none such")


class SurveyLinkAnswer(Accepted):
    """The link, with the secret that is shown this once. A repetition of the request has none."""

    link_id: str
    secret: str | None = None


class SurveyLinkRevocation(BaseModel):
    """Which link serves no more, and why."""

    model_config = _IN

    link_id: Identifier
    reason: Text


class GivenAnswer(Answer):
    """What was answered to one question."""

    model_config = _IN

    value: int | None = Field(default=None, ge=1, le=100, strict=True)
    text: Annotated[Text, Field(max_length=4_000)] | None = None


class NewSurveyAnswer(BaseModel):
    """What somebody with a link answers."""

    model_config = _IN

    secret: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{20,100}$", description="Of the link")]
    language: Language
    answers: Annotated[tuple[GivenAnswer, ...], Field(min_length=1, max_length=200)]
    respondent: ShortText | None = Field(default=None, description="Who answers, if he wants to say; an anonymous survey takes no name")


class OpenSurveyPage(BaseModel):
    """What a survey asks, for whoever has a link to it."""

    survey_id: str
    title: dict[Language, str]
    anonymous: bool
    questions: list[Question]
    closes_on: date
    takes_answers: bool


class SurveyItem(BaseModel):
    """A survey in a list."""

    survey_id: str
    cycle_id: str
    title: dict[Language, str]
    groups: list[str]
    anonymous: bool
    additional: bool
    stage: str = Field(description="`open` or `closed`")
    opened_on: date
    closes_on: date
    closed_on: date | None
    version: int


class SurveyLinkItem(BaseModel):
    """A link of a survey, without its secret."""

    link_id: str
    group: str
    single: bool
    issued_on: date
    revoked: bool


class SurveyDetail(SurveyItem):
    """A survey with its questions and its links."""

    questions: list[Question]
    links: list[SurveyLinkItem]
    answers: int
    allowed_actions: list[Action]


class QuestionResult(BaseModel):
    """What was answered to a question: how often each value was given, or the texts in alphabetical order."""

    question_id: str
    answered: int
    counts: dict[int, int]
    mean: str | None = Field(description="Of a scale, to two digits")
    texts: list[str]


class SurveyGroupResult(BaseModel):
    """What a group said."""

    group: str | None = Field(description="null: all whose answers are told")
    answers: int
    suppressed: bool = Field(description="Too few have answered for what they said to be told of an anonymous survey")
    questions: list[QuestionResult]


class SurveyResults(BaseModel):
    """Counts of a survey. Of an anonymous one they are told once it takes no more answers: else one could watch each answer come."""

    survey_id: str
    anonymous: bool
    final: bool
    answers: int
    results: list[SurveyGroupResult]


class SurveyAnswerItem(BaseModel):
    """An answer to a survey that is not anonymous."""

    answer_id: str
    group: str
    language: str
    answers: list[Answer]
    respondent_id: str | None = Field(description="The link, where it was for one person")
    respondent: str | None
    answered_on: date


class NewInterview(BaseModel):
    """An interview; who was interviewed is told by post or role."""

    model_config = _IN

    cycle_id: Cycle
    group: Group
    interviewee: Annotated[ShortText, Field(description="Post or role, and no name")]
    notes: Text
    goals: Goals = ()
    held_by: People
    held_on: Day


class InterviewItem(BaseModel):
    """An interview."""

    interview_id: str
    cycle_id: str
    group: str
    interviewee: str
    notes: str
    goals: list[str]
    held_by: list[str]
    held_on: date
    version: int


class NewFocusGroup(BaseModel):
    """A focus group among stakeholders."""

    model_config = _IN

    cycle_id: Cycle
    groups: Groups
    participants: int = Field(strict=True, ge=1, le=10_000)
    expectations: Text
    needs: Text
    satisfaction: Text
    held_by: People
    held_on: Day


class FocusGroupItem(BaseModel):
    """A focus group."""

    focus_group_id: str
    cycle_id: str
    groups: list[str]
    participants: int
    expectations: str
    needs: str
    satisfaction: str
    held_by: list[str]
    held_on: date
    version: int


class NewDocumentAnalysis(BaseModel):
    """An analysed document, report or case; in a cycle, or logged through the year."""

    model_config = _IN

    cycle_id: Cycle | None = None
    subject: ShortText
    case_id: Identifier | None = None
    sample_id: Identifier | None = Field(default=None, description="The sample in which the case was drawn")
    findings: Text
    conforms: bool | None = Field(default=None, description="Whether procedures and standards were observed (2.2.2)")
    analysed_by: Identifier
    analysed_on: Day


class DocumentAnalysisItem(BaseModel):
    """An analysed document."""

    analysis_id: str
    cycle_id: str | None
    subject: str
    case_id: str | None
    sample_id: str | None
    findings: str
    conforms: bool | None
    analysed_by: str
    analysed_on: date
    version: int


class NewCaseSample(BaseModel):
    """A random sample of the agency's real cases."""

    model_config = _IN

    cycle_id: Cycle
    size: int = Field(strict=True, ge=1, le=1_000)
    opened_from: Day
    opened_until: Day
    rulebooks: Annotated[tuple[Identifier, ...], Field(max_length=50)] = ()
    seed: ShortText | None = Field(default=None, description="Anything; without it one is made at random")


class CaseSampleItem(BaseModel):
    """A sample of cases."""

    sample_id: str
    cycle_id: str
    seed: str
    seed_given: bool
    rulebooks: list[str]
    opened_from: date
    opened_until: date
    population: int
    population_hash: str
    size: int
    drawn_at: datetime
    version: int


class CaseSampleDetail(CaseSampleItem):
    """A sample with its cases, and how anybody draws it again."""

    drawn: list[SampledCase]
    method: str
    repeats: bool = Field(description="The same cases are drawn from what is known of the window now")


class NewAgencyRecommendation(BaseModel):
    """A recommendation to the agency from a check."""

    model_config = _IN

    source: Word = Field(description="A word of the rulebook's `check_sources`")
    source_detail: ShortText
    text: Text
    received_on: Day


class AgencyRecommendationItem(BaseModel):
    """A recommendation to the agency."""

    recommendation_id: str
    source: str
    source_detail: str
    text: str
    received_on: date
    version: int


class NewTraining(BaseModel):
    """A training or seminar of the staff."""

    model_config = _IN

    kind: Word = Field(description="A word of the rulebook's `training_kinds`")
    topic: ShortText
    attendance: People
    results: Text | None = None
    document: Document | None = None
    held_on: Day


class NewTrainingUse(BaseModel):
    """What of a training went into a cycle."""

    model_config = _IN

    cycle_id: Cycle
    use: Text


class TrainingItem(BaseModel):
    """A training."""

    training_id: str
    kind: str
    topic: str
    attendance: list[str]
    results: str | None
    held_on: date
    version: int


class TrainingDetail(TrainingItem):
    """A training with its uses."""

    document: Document | None
    uses: list[TrainingResultUsed]
    allowed_actions: list[Action]
