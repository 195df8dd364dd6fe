"""Facts of the control of learners' knowledge at a state attestation. `contract` has all of them.

Learners are pseudonyms here: their names stand sealed in streams of their own and are forgotten with their keys.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from chassis.corrected import FactCorrected
from chassis.events import Event
from chassis.privacy import Personal
from chassis.text import Identifier, ShortText, Text, Word
from regulations import RulebookRef

ATTESTATION = "kz-109-2008-attestation"

_FROZEN = ConfigDict(frozen=True, extra="forbid")

Percent = Annotated[Decimal, Field(ge=0, le=100, description="Exact, or to two places, rounded down, where shown")]


class ListedLearner(BaseModel):
    """A learner of the graduating course: a pseudonym, and with which marks he learns (a word of `marks`)."""

    model_config = _FROZEN

    learner_id: Identifier
    standing: Word


class StandingShare(BaseModel):
    """How many learners with a standing there are, their exact share of the sample, and how many are drawn (attestation, p. 24 (c))."""

    model_config = _FROZEN

    standing: Word
    learners: int = Field(ge=0)
    quota: ShortText = Field(description="The exact share, as a fraction: 25/2")
    drawn: int = Field(ge=0)


class TestResult(BaseModel):
    """What one learner of the sample did (attestation, p. 25, 26). Who did not take part has no mark."""

    __test__ = False  # no test of ours
    model_config = _FROZEN

    learner_id: Identifier
    took_part: bool
    right: int | None = Field(default=None, ge=0)
    questions: int | None = Field(default=None, ge=1)
    mark: Word | None = Field(default=None, description="A word of `marks`")


class ControlOpened(Event):
    """The commission is to control what the graduating course of a specialty, or a class or group, knows (attestation, p. 24 (a), 27)."""

    under: ClassVar = {ATTESTATION: ("24 (a)", "27")}
    control_id: str
    attestation_id: str
    institution_id: str
    rulebook: RulebookRef
    specialty: ShortText | None = Field(default=None, description="Its code; None: where there are none, the unit stands in `unit`")
    unit: ShortText = Field(description="The specialty, class or group, as people call it")
    level: Word
    form: Word = Field(description="A word of `control_forms`, or of `other_control_forms` where p. 27 allows it")
    opened_on: date


class DisciplinesProposed(Event):
    """The teaching-methodical sections proposed to the national testing centre which disciplines are tested (attestation, p. 24 (b))."""

    under: ClassVar = {ATTESTATION: ("24 (b)",)}
    correctable: ClassVar = frozenset({"outgoing_number", "proposed_on"})
    control_id: str
    attestation_id: str
    institution_id: str
    disciplines: Annotated[tuple[ShortText, ...], Field(min_length=1)]
    outgoing_number: ShortText
    proposed_on: date


class DisciplinesApproved(Event):
    """The authorised body approved the list (attestation, p. 24 (b))."""

    under: ClassVar = {ATTESTATION: ("24 (b)",)}
    correctable: ClassVar = frozenset({"act", "approved_on"})
    control_id: str
    attestation_id: str
    institution_id: str
    act: ShortText
    approved_on: date


class LearnersListed(Event):
    """The organisation listed the learners of the graduating course (attestation, p. 24 (c)). Before the draw a later list replaces it."""

    under: ClassVar = {ATTESTATION: ("24 (c)",)}
    control_id: str
    attestation_id: str
    institution_id: str
    learners: tuple[ListedLearner, ...]
    listed_on: date


class SampleDrawn(Event):
    """The commission drew who is controlled (attestation, p. 24 (c), 24 (d)): 50, by largest remainder in proportion to the marks, or all.

    Who was drawn follows from `seed` and the list alone: `regulations`-free arithmetic that anybody can repeat.
    """

    under: ClassVar = {ATTESTATION: ("24 (c)", "24 (d)")}
    control_id: str
    attestation_id: str
    institution_id: str
    seed: ShortText
    seed_given: bool = Field(default=False, description="A person gave it; False: it was made at random for this draw")
    whole: bool = Field(description="True: all of them (p. 24 (d))")
    shares: tuple[StandingShare, ...]
    drawn: tuple[Identifier, ...]
    ruling: Text | None = Field(default=None, description="What a person decided where the text is silent")
    drawn_on: date


class ResultsRecorded(Event):
    """What the learners of the sample did: tests by their right answers (attestation, p. 25), other works as the joint commission marked
    them (p. 26). A later one replaces it, until the control is concluded."""

    under: ClassVar = {ATTESTATION: ("24 (a)", "25", "26 (a)", "26 (b)")}
    correctable: ClassVar = frozenset({"source"})
    control_id: str
    attestation_id: str
    institution_id: str
    round: int = Field(ge=1)
    results: tuple[TestResult, ...]
    file_hash: str | None = Field(default=None, description="SHA-256 of the file that was imported")
    by_joint_commission: bool = False
    source: ShortText
    recorded_on: date


class ControlConcluded(Event):
    """The figures that the decision rests on (attestation, p. 35): who of the sample took part, and who of them has a positive mark."""

    under: ClassVar = {ATTESTATION: ("24 (a)", "35")}
    control_id: str
    attestation_id: str
    institution_id: str
    specialty: ShortText | None = None
    unit: ShortText
    form: Word
    sample: int
    took_part: int
    positive: int
    base: int = Field(description="Of whom the share of positive marks is taken: those who took part, or the sample")
    participation: Percent
    positive_marks: Percent
    participation_met: bool
    positive_met: bool
    marks: dict[Word, int] = Field(description="How many have each mark")
    concluded_on: date


class ControlCorrected(FactCorrected):
    """A fact of a control was recorded wrongly."""

    control_id: str


class LearnerNamed(Event):
    """Who a pseudonym is: sealed under the learner's own key, which is deleted when he is forgotten. Stream: one for each learner."""

    learner_id: str
    control_id: str
    attestation_id: str
    institution_id: str
    code: Annotated[ShortText, Personal("learner_id")]
    name: Annotated[ShortText | None, Personal("learner_id")] = None


class LearnersForgotten(Event):
    """The keys of these learners were deleted: nobody knows any more who they are. The figures stay."""

    control_id: str
    attestation_id: str
    institution_id: str
    learners: tuple[Identifier, ...]
    ground: Text
    forgotten_on: date


class ControlFigures(BaseModel):
    """What a concluded control found; in a question's answer."""

    model_config = _FROZEN

    control_id: str
    specialty: str | None
    unit: str
    form: str
    sample: int
    took_part: int
    positive: int
    base: int
    participation: Percent
    positive_marks: Percent
    participation_met: bool
    positive_met: bool


CONTROL_EVENTS = (
    ControlOpened,
    DisciplinesProposed,
    DisciplinesApproved,
    LearnersListed,
    SampleDrawn,
    ResultsRecorded,
    ControlConcluded,
    LearnersForgotten,
    ControlCorrected,
)
LEARNER_EVENTS = (LearnerNamed,)
