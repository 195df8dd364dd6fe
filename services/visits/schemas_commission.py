"""Bodies and answers of the REST interface of attestation commissions."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from chassis.actions import Action
from chassis.documents import Document
from chassis.text import Day, ShortText, Text, Word
from chassis.web import Id
from regulations import RulebookRef
from services.visits.contract import AttestedSpecialty, Commissioner, InvitedOrganisation, Respondents, Shortcoming, Task
from services.visits.domain.commission_state import CommissionStage, Profile

_IN = ConfigDict(extra="forbid", frozen=True)

_TODAY = "Today, unless it was earlier"
_ACT = "The kind of act; `commission_approval_act` of the rulebook says which is asked for"


class NewCommission(BaseModel):
    """The commission as the authorised body approves it."""

    model_config = _IN

    members: Annotated[tuple[Commissioner, ...], Field(min_length=1, max_length=100)]
    chair_id: Id
    order_number: ShortText
    approved_by: Word = Field(default="order", description=_ACT)
    approved_on: Day | None = Field(default=None, description=_TODAY)
    document: Document | None = None


class CommissionChange(BaseModel):
    """Who leaves, who comes, who chairs from now on; and by which act. What the one was to study goes to the other."""

    model_config = _IN

    left: Id | None = None
    joined: Commissioner | None = None
    chair_id: Id | None = Field(default=None, description="The chair from now on, if that changes")
    reasons: Text
    order_number: ShortText
    approved_by: Word = Field(default="order", description=_ACT)
    changed_on: Day | None = Field(default=None, description=_TODAY)


class NewTasks(BaseModel):
    """What each member studies, the meeting at which the chair said so, and the acts that he provided."""

    model_config = _IN

    meeting: ShortText = Field(description="Which council met, at an extended extraordinary meeting: academic or pedagogical")
    meeting_on: Day | None = Field(default=None, description=_TODAY)
    tasks: Annotated[tuple[Task, ...], Field(min_length=1, max_length=500)]
    acts: Annotated[tuple[ShortText, ...], Field(max_length=200)]


class WorkBeginning(BaseModel):
    """When the work began, and in which languages it is done."""

    model_config = _IN

    started_on: Day | None = Field(default=None, description=_TODAY)
    languages: Annotated[tuple[Word, ...], Field(max_length=5)] = ()


class Progress(BaseModel):
    """How a member's study goes. `expert_id` is named by a coordinator alone: an expert speaks for himself."""

    model_config = _IN

    expert_id: Id | None = None
    progress: Text
    informed_on: Day | None = Field(default=None, description=_TODAY)


class Note(BaseModel):
    """A member's note on an object of study. No shortcomings at all are an empty list; `expert_id` is named by a coordinator alone."""

    model_config = _IN

    object: Word
    expert_id: Id | None = None
    methods: Annotated[tuple[Word, ...], Field(max_length=20)]
    indicators: Text | None = None
    shortcomings: Annotated[tuple[Shortcoming, ...], Field(max_length=200)] | None = None
    recommendations: Text | None = None
    conclusions: Text | None = None
    conforms: bool = Field(description="Whether what was studied conforms to the state compulsory standards")
    document: Document | None = None
    handed_over_on: Day | None = Field(default=None, description=_TODAY)


class NewJointCommission(BaseModel):
    """Who marks other works with the chair: a member, and a teacher of the organisation."""

    model_config = _IN

    chair_id: Id | None = Field(default=None, description="The chair of the commission, and nobody else")
    member_id: Id
    teacher_id: Id
    teacher: ShortText
    approved_on: Day | None = Field(default=None, description=_TODAY)


class Questionnaires(BaseModel):
    """Questionnaires, by group of respondents, and the organisations that were involved."""

    model_config = _IN

    respondents: Annotated[tuple[Respondents, ...], Field(min_length=1, max_length=50)]
    organisations: Annotated[tuple[InvitedOrganisation, ...], Field(max_length=50)] = ()
    conducted_by: ShortText
    replaces_testing: bool | None = Field(default=None, description="None: as the levels of the organisation say")
    document: Document | None = None
    held_on: Day | None = Field(default=None, description=_TODAY)


class ResultsAnalysis(BaseModel):
    """The commission's analysis of testing, other control and questionnaires."""

    model_config = _IN

    analysis: Text
    document: Document | None = None
    analysed_on: Day | None = Field(default=None, description=_TODAY)


class WorkEnd(BaseModel):
    """When the work ended."""

    model_config = _IN

    ended_on: Day | None = Field(default=None, description=_TODAY)


class AttestationVisitItem(BaseModel):
    """The commission of an attestation in a list."""

    attestation_id: str
    institution_id: str
    rulebook_id: str
    kind: str
    stage: CommissionStage
    starts_on: date
    ends_on: date
    approved_on: date | None
    started_on: date | None
    ended_on: date | None
    closed_on: date | None
    notes: int = Field(description="Objects of study on which a note was handed over")
    version: int


class CommissionSeat(BaseModel):
    """A member, or one who left."""

    expert_id: str
    groups: list[str]
    of_authorised_body: bool
    directions: list[str]
    left_on: date | None


class TaskSeen(Task):
    """A task, and when its note came."""

    note_on: date | None


class NoteSeen(BaseModel):
    """The last note of a member on an object of study."""

    object: str
    expert_id: str
    methods: list[str]
    indicators: str
    shortcomings: list[Shortcoming]
    recommendations: str
    conclusions: str
    conforms: bool
    document: Document | None
    handed_over_on: date


class QuestionnairesSeen(BaseModel):
    """Questionnaires that were held."""

    round: int
    respondents: list[Respondents]
    organisations: list[InvitedOrganisation]
    uninvited: list[str] = Field(description="Kinds of organisations that the commission should involve and that nobody came from")
    conducted_by: str
    replaces_testing: bool
    document: Document | None
    held_on: date


class JointSeen(BaseModel):
    """Who marks other works."""

    chair_id: str
    member_id: str
    teacher_id: str
    teacher: str | None = Field(description="For the commission and the authorised body")
    approved_on: date


class AttestationVisitDetail(AttestationVisitItem):
    """The commission of an attestation, and its work."""

    rulebook: RulebookRef
    levels: list[str]
    specialties: list[AttestedSpecialty]
    whole: bool
    state_owned: bool
    arts: bool
    profile: Profile
    opened_on: date
    members: list[CommissionSeat]
    chair_id: str | None
    order_number: str | None
    approved_by: str | None
    lacking: list[str] = Field(description="What the composition asks for and the commission has not")
    approval_due_on: date | None = Field(description="The last day on which the commission is approved in time")
    approved_late: bool
    meeting: str | None
    meeting_on: date | None
    acts: list[str]
    languages: list[str]
    tasks: list[TaskSeen]
    unassigned: list[str] = Field(description="Objects of study that nobody has, and on which there is no note")
    not_conforming: list[str] | None = Field(description="Objects of study that do not conform to the standards, by their notes")
    written: list[NoteSeen] | None = Field(description="The notes; for the commission and the authorised body")
    questionnaires: list[QuestionnairesSeen] | None
    joint_commission: JointSeen | None
    analysis: str | None
    analysed_on: date | None
    closed_because: str | None = Field(description="Why nothing is done here any more")
    awaits: str | None = Field(description="What stands between now and the end of the work; None where nothing does, or it has ended")
    allowed_actions: list[Action]
