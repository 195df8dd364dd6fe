"""Facts of the commission of a state attestation and of its work on the spot. `contract` has all of them."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.corrected import FactCorrected
from chassis.documents import Document
from chassis.events import Event
from chassis.privacy import Personal
from chassis.text import Identifier, ShortText, Text, Word
from regulations import RulebookRef

ATTESTATION = "kz-109-2008-attestation"

_FROZEN = ConfigDict(frozen=True, extra="forbid")

_OBJECTS = tuple(f"7.{number}" for number in range(1, 12))
_METHODS = tuple(f"8.{number}" for number in range(1, 9))


class AttestedSpecialty(BaseModel):
    """A specialty that is attested apart (attestation, p. 9)."""

    model_config = _FROZEN

    code: ShortText
    name: ShortText
    level: Word


class Commissioner(BaseModel):
    """A member of the commission (attestation, p. 17 (b), 18): whom he comes from, and what he knows."""

    model_config = _FROZEN

    expert_id: Identifier
    groups: Annotated[tuple[Word, ...], Field(min_length=1, max_length=50, description="Words of `member_groups`")]
    of_authorised_body: bool = Field(default=False, description="An employee of the authorised body that forms the commission")
    directions: tuple[ShortText, ...] = Field(
        default=(), max_length=100, description="Profile, direction, specialty for which he was chosen (p. 18.3)"
    )


class Task(BaseModel):
    """What a member studies (attestation, p. 20): an object of study, by which methods."""

    model_config = _FROZEN

    object: Word = Field(description="A word of `objects_of_study`")
    expert_id: Identifier
    methods: tuple[Word, ...] = Field(default=(), max_length=50, description="Words of `methods`")


class Shortcoming(BaseModel):
    """A defect, with the very provision that it violates (attestation, p. 23)."""

    model_config = _FROZEN

    text: Text
    provision: ShortText | None = Field(default=None, description="Of a normative act; required by note_names_provision")
    specialty: ShortText | None = None


class Respondents(BaseModel):
    """A group that was asked by questionnaire."""

    model_config = _FROZEN

    group: ShortText = Field(description="learners, teachers, staff, parents, employers …")
    asked: int = Field(ge=0, le=10_000_000)
    answered: int = Field(ge=0, le=10_000_000)
    results: Text


class InvitedOrganisation(BaseModel):
    """An organisation that took part in the questionnaires (attestation, p. 29)."""

    model_config = _FROZEN

    kind: Word = Field(description="A word of `invited_organisations`")
    name: ShortText


class AttestationVisitOpened(Event):
    """A commission is to be formed (attestation, p. 16)."""

    under: ClassVar = {ATTESTATION: ("16",)}
    attestation_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: Word
    levels: tuple[Word, ...]
    specialties: tuple[AttestedSpecialty, ...] = ()
    whole: bool = True
    state_owned: bool
    arts: bool = False
    profile: Literal["ordinary", "out_of_school", "special"] = "ordinary"
    starts_on: date
    ends_on: date
    opened_on: date


class AttestationCommissionFormed(Event):
    """The authorised body approved the commission (attestation, p. 16, 17, 18). `lacking`: what the composition asks for and it has not."""

    under: ClassVar = {ATTESTATION: ("16", "17 (a)", "17 (b)", "18.1", "18.2", "18.3")}
    correctable: ClassVar = frozenset({"order_number", "approved_on"})
    attestation_id: str
    institution_id: str
    members: tuple[Commissioner, ...]
    chair_id: Identifier
    order_number: ShortText
    document: Document | None = None
    lacking: tuple[Word, ...] = Field(default=(), description="Words of the composition's requirements that are not met")
    approved_on: date
    approved_by: Word = Field(default="order", description="The kind of act, as `commission_approval_act` asks for it")


class AttestationCommissionChanged(Event):
    """A member gave way to another, or left (attestation, p. 17 (a), 18). What he was assigned goes with it."""

    under: ClassVar = {ATTESTATION: ("17 (a)", "17 (b)", "18.1", "18.2", "18.3")}
    attestation_id: str
    institution_id: str
    left: Identifier | None = None
    joined: Commissioner | None = None
    chair_id: Identifier
    reasons: Text
    order_number: ShortText
    lacking: tuple[Word, ...] = ()
    changed_on: date
    approved_by: Word = "order"


class AttestationTasksAssigned(Event):
    """The chair presented the members at an extended meeting of the academic (pedagogical) council, gave each a task (attestation, p. 20)
    and provided the normative acts (p. 22). Every object of study has somebody (p. 7)."""

    under: ClassVar = {ATTESTATION: ("20", "22", *_OBJECTS, *_METHODS)}
    correctable: ClassVar = frozenset({"meeting", "meeting_on"})
    attestation_id: str
    institution_id: str
    meeting: ShortText = Field(description="Which council met: academic or pedagogical")
    meeting_on: date
    tasks: tuple[Task, ...]
    acts: tuple[ShortText, ...] = Field(description="The normative acts that the chair provided (p. 22)")
    assigned_on: date


class AttestationWorkBegan(Event):
    """The commission began its work at the organisation (attestation, p. 19), in the languages named (p. 4)."""

    under: ClassVar = {ATTESTATION: ("19", "4")}
    correctable: ClassVar = frozenset({"started_on"})
    attestation_id: str
    institution_id: str
    started_on: date
    languages: tuple[Word, ...] = Field(default=(), description="Words of `working_languages`; none: nobody said it")


class ChairInformed(Event):
    """A member told the chair how the study goes (attestation, p. 23)."""

    under: ClassVar = {ATTESTATION: ("23",)}
    attestation_id: str
    institution_id: str
    expert_id: Identifier
    progress: Text
    informed_on: date


class NoteHandedOver(Event):
    """A member handed over his note on an object of study (attestation, p. 6, 7, 8, 23)."""

    under: ClassVar = {ATTESTATION: ("23", "6", *_OBJECTS, *_METHODS)}
    attestation_id: str
    institution_id: str
    object: Word = Field(description="A word of `objects_of_study`")
    expert_id: Identifier
    methods: Annotated[tuple[Word, ...], Field(min_length=1, description="Words of `methods`: those that were used")]
    indicators: Text
    shortcomings: tuple[Shortcoming, ...] = ()
    recommendations: Text
    conclusions: Text
    conforms: bool = Field(description="Whether what was studied conforms to the state compulsory standards (p. 6)")
    document: Document | None = None
    handed_over_on: date


class JointCommissionFormed(Event):
    """The chair approved the joint commission that marks other works (attestation, p. 26 (a)): himself, a member, a teacher."""

    under: ClassVar = {ATTESTATION: ("26 (a)",)}
    attestation_id: str
    institution_id: str
    chair_id: Identifier
    member_id: Identifier
    teacher_id: Identifier
    teacher: Annotated[ShortText, Personal("teacher_id")]
    approved_on: date


class QuestionnairesHeld(Event):
    """Questionnaires were held (attestation, p. 8.5); in pre-school organisations they stand for the testing (p. 27). Student, youth and
    public organisations were involved (p. 29)."""

    under: ClassVar = {ATTESTATION: ("8.5", "27", "28", "29", "30.14")}
    attestation_id: str
    institution_id: str
    round: int = Field(ge=1)
    respondents: Annotated[tuple[Respondents, ...], Field(min_length=1)]
    organisations: tuple[InvitedOrganisation, ...] = ()
    uninvited: tuple[Word, ...] = Field(default=(), description="Kinds of `invited_organisations` that nobody came from")
    conducted_by: ShortText
    replaces_testing: bool = False
    document: Document | None = None
    held_on: date


class AttestationResultsAnalysed(Event):
    """The commission analysed the results of testing, other control and questionnaires (attestation, p. 28)."""

    under: ClassVar = {ATTESTATION: ("28",)}
    attestation_id: str
    institution_id: str
    analysis: Text
    document: Document | None = None
    analysed_on: date


class AttestationWorkEnded(Event):
    """The commission ended its work at the organisation, in at most seven working days (attestation, p. 19)."""

    under: ClassVar = {ATTESTATION: ("19",)}
    correctable: ClassVar = frozenset({"ended_on"})
    attestation_id: str
    institution_id: str
    started_on: date
    ended_on: date


class AttestationVisitClosed(Event):
    """The attestation was taken out of the schedule: no commission goes there."""

    attestation_id: str
    institution_id: str
    reason: Text
    closed_on: date


class AttestationVisitCorrected(FactCorrected):
    """A fact of the commission's work was recorded wrongly."""

    attestation_id: str


class OpenAttestationVisit(BaseModel):
    """Activity `visits.open_attestation_visit`: a commission is to be formed. Open already: it takes over other days until it has begun."""

    agency: str
    attestation_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: str
    levels: tuple[str, ...]
    specialties: tuple[AttestedSpecialty, ...] = ()
    whole: bool = True
    state_owned: bool
    arts: bool = False
    profile: Literal["ordinary", "out_of_school", "special"] = "ordinary"
    starts_on: date
    ends_on: date


OPEN_ATTESTATION_VISIT = "visits.open_attestation_visit"


class CloseAttestationVisit(BaseModel):
    """Activity `visits.close_attestation_visit`: nothing more is done there, nor in its controls. Closed or never opened: nothing."""

    agency: str
    attestation_id: str
    reason: str


CLOSE_ATTESTATION_VISIT = "visits.close_attestation_visit"

COMMISSION_EVENTS = (
    AttestationVisitOpened,
    AttestationCommissionFormed,
    AttestationCommissionChanged,
    AttestationTasksAssigned,
    AttestationWorkBegan,
    ChairInformed,
    NoteHandedOver,
    JointCommissionFormed,
    QuestionnairesHeld,
    AttestationResultsAnalysed,
    AttestationWorkEnded,
    AttestationVisitClosed,
    AttestationVisitCorrected,
)
