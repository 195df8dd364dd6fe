"""Bodies and answers of the REST interface of the control of learners' knowledge."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chassis.actions import Action
from chassis.text import Day, Identifier, ShortText, Text, Word
from chassis.web import Id
from regulations import RulebookRef
from services.visits.contract import StandingShare
from services.visits.domain.control_drawing import Take
from services.visits.domain.control_state import ControlStage

_IN = ConfigDict(extra="forbid", frozen=True)

MOST_LEARNERS = 5_000
Code = Annotated[ShortText, Field(max_length=100, description="The organisation's own code of a learner; kept sealed")]


class NewControl(BaseModel):
    """What is controlled, and in which form."""

    model_config = _IN

    attestation_id: Id
    specialty: ShortText | None = Field(default=None, description="Its code; none where there are no specialties")
    unit: ShortText = Field(description="The specialty, class or group, as people call it")
    level: Word = Field(description="A word of `education_levels`")
    form: Word = Field(description="A word of `control_forms`, or of `other_control_forms` where the text allows it")


class Disciplines(BaseModel):
    """The basic and profile disciplines that are to be tested."""

    model_config = _IN

    disciplines: Annotated[tuple[ShortText, ...], Field(min_length=1, max_length=100)]
    outgoing_number: ShortText
    proposed_on: Day | None = Field(default=None, description="Today, unless it was earlier")


class DisciplineApproval(BaseModel):
    """The act of the authorised body."""

    model_config = _IN

    act: ShortText
    approved_on: Day | None = Field(default=None, description="Today, unless it was earlier")


class NewLearner(BaseModel):
    """A learner of the graduating course, and with which marks he learns."""

    model_config = _IN

    code: Code
    name: ShortText | None = None
    standing: Word = Field(description="A word of `marks`")


class LearnerList(BaseModel):
    """All learners of the graduating course of the specialty, class or group."""

    model_config = _IN

    learners: Annotated[tuple[NewLearner, ...], Field(min_length=1, max_length=MOST_LEARNERS)]


class Draw(BaseModel):
    """The lot; and, where the text is silent, whom a person decided to take, and why."""

    model_config = _IN

    seed: Annotated[ShortText, Field(max_length=200)] | None = Field(default=None, description="Of the lot; made at random, unless given")
    take: Take | None = Field(
        default=None,
        description="proportional: as of a specialty; all; positive: who has positive marks; filled: they, and others by lot",
    )
    ruling: Text | None = None


class LearnerResult(BaseModel):
    """What one learner of the sample did; he is named by his code or by his pseudonym."""

    model_config = _IN

    code: Code | None = None
    learner_id: Identifier | None = None
    took_part: bool
    right: int | None = Field(default=None, strict=True, ge=0, le=10_000)
    questions: int | None = Field(default=None, strict=True, ge=1, le=10_000)
    mark: Word | None = Field(default=None, description="Of works other than tests: a word of `marks`")

    @model_validator(mode="after")
    def _named(self) -> Self:
        if (self.code is None) == (self.learner_id is None):
            raise ValueError("a learner is named by his code or by his pseudonym, by one of them")
        return self


class Results(BaseModel):
    """What everybody of the sample did, and where it comes from."""

    model_config = _IN

    results: Annotated[tuple[LearnerResult, ...], Field(min_length=1, max_length=MOST_LEARNERS)]
    source: ShortText = Field(description="The protocol, or the system that marked the tests")


class Erasure(BaseModel):
    """Whose names are forgotten, and why; all of the control, where none are named."""

    model_config = _IN

    ground: Text
    learners: Annotated[tuple[Identifier, ...], Field(max_length=MOST_LEARNERS)] = ()


class ControlItem(BaseModel):
    """A control in a list. Its figures are there once it is concluded."""

    control_id: str
    attestation_id: str
    institution_id: str
    rulebook_id: str
    specialty: str | None
    unit: str
    level: str
    form: str
    stage: ControlStage
    opened_on: date
    sample: int | None
    took_part: int | None
    positive: int | None
    base: int | None
    participation: Decimal | None = Field(description="Percent of the sample that took part, to two places, rounded down")
    positive_marks: Decimal | None = Field(description="Percent of the base with positive marks, to two places, rounded down")
    participation_met: bool | None
    positive_met: bool | None
    concluded_on: date | None
    version: int


class ControlDetail(ControlItem):
    """A control whole."""

    rulebook: RulebookRef
    disciplines: list[str] | None
    outgoing_number: str | None
    proposed_on: date | None
    act: str | None
    approved_on: date | None
    learners: int | None
    listed_on: date | None
    whole: bool | None
    ruling: str | None
    drawn_on: date | None
    round: int | None
    source: str | None
    file_hash: str | None
    by_joint_commission: bool | None
    recorded_on: date | None
    marks: dict[str, int] | None
    allowed_actions: list[Action]


class LearnerItem(BaseModel):
    """A learner of a control; his code and name for the authorised body and the commission alone, until they are forgotten."""

    learner_id: str
    standing: str
    drawn: bool
    took_part: bool | None
    right_answers: int | None
    questions: int | None
    mark: str | None
    code: str | None
    name: str | None


class Sample(BaseModel):
    """Who was drawn, and how anybody can draw it again."""

    control_id: str
    algorithm: str
    order: list[str] = Field(description="Of the marks, where remainders are equal")
    seed: str
    seed_given: bool
    whole: bool
    shares: list[StandingShare]
    ruling: str | None
    drawn_on: date
    learners: list[LearnerItem]
    version: int
