"""Bodies and answers of council's routes for councils, meetings and cases."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.actions import Action
from chassis.documents import Document
from chassis.text import Day, Identifier, ShortText, Text
from regulations import RulebookRef
from services.council.contract import AppealOutcome, BallotKind, CouncilMember, Deviation, Outcome, ScopeDecision, Seat, Vote
from services.council.schemas_dossier import BallotItem, CheckItem, ConclusionItem, PresentationItem
from services.council.schemas_remedies import AfterDecision, Commission, NoticeItem

_IN = ConfigDict(extra="forbid", frozen=True)

RulebookId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$", examples=["kz-109-2008-accreditation"])]
RulebookVersion = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.-]{0,39}$", examples=["2008-03-05"])]
Stage = Literal["opened", "prepared", "decided"]


class NewCouncilMember(BaseModel):
    """A member; `member_id` is the subject of his or her tokens."""

    model_config = _IN

    member_id: Identifier
    name: ShortText
    group: Annotated[str, Field(pattern=r"^[a-z_]{2,40}$")] | None = None
    from_on: Day | None = None
    until_on: Day | None = None


class NewCouncil(BaseModel):
    """A council and the two acts that approve it (order 109, p. 6, 7)."""

    model_config = _IN

    rulebook_id: RulebookId
    rulebook_version: RulebookVersion
    members: Annotated[tuple[NewCouncilMember, ...], Field(min_length=1, max_length=100)]
    composition_act: ShortText | None = None
    statute_act: ShortText | None = None


class CompositionChange(BaseModel):
    """Who joins and who leaves the council from a day on, by an act (order 109, p. 6, 7)."""

    model_config = _IN

    joined: Annotated[tuple[NewCouncilMember, ...], Field(max_length=100)] = ()
    left: Annotated[tuple[Identifier, ...], Field(max_length=100)] = ()
    act: ShortText
    changed_on: Day


class NewMeeting(BaseModel):
    """A meeting, the cases on its agenda, and how it votes."""

    model_config = _IN

    council_id: Identifier
    held_on: Day
    agenda: Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=100)]
    ballot: BallotKind = "open"


class Attendance(BaseModel):
    """Who is present; a statement of the presiding person where neither text nor agency sets a quorum."""

    model_config = _IN

    present: Annotated[tuple[Identifier, ...], Field(max_length=100)]
    presiding_statement: Text | None = None
    presided_by: Identifier | None = None


class Materials(BaseModel):
    """The materials for the council (order 109, p. 18; IQAA, S3.c.2). A conclusion drafted as such stands there already."""

    model_config = _IN

    documents: Annotated[tuple[Document, ...], Field(min_length=1, max_length=100)]
    conclusion: Text | None = None


class Recusal(BaseModel):
    """A member's interest in a case. A member recuses himself; a coordinator names the member."""

    model_config = _IN

    meeting_id: Identifier
    member_id: Identifier | None = None
    reason: Text


class Ballot(BaseModel):
    """The caller's vote on one scope: for accreditation, against it, or abstained."""

    model_config = _IN

    meeting_id: Identifier
    scope: ShortText
    vote: Vote


class Statement(BaseModel):
    """The presiding person's statement on a scope that the votes alone did not decide."""

    model_config = _IN

    scope: ShortText
    presided_by: Identifier
    outcome: Outcome
    reasons: Text


class Departure(BaseModel):
    """Why the decision on a scope differs from the conclusion (IQAA, S3.c.3)."""

    model_config = _IN

    scope: ShortText
    grounds: Text
    opinions: Text | None = None
    information: Text | None = None


class Protocol(BaseModel):
    """The protocol of the meeting at which the case was decided; reasons are needed for a refusal, grounds for what differs."""

    model_config = _IN

    meeting_id: Identifier
    protocol_number: ShortText
    reasons: Text | None = None
    presiding_statements: Annotated[tuple[Statement, ...], Field(max_length=100)] = ()
    deviations: Annotated[tuple[Departure, ...], Field(max_length=100)] = ()


class RefusalNotice(BaseModel):
    """The notice to the institution; without reasons it is refused (order 109, p. 22)."""

    model_config = _IN

    reasons: Text | None = None


class NewAppeal(BaseModel):
    """An appeal against the decision (order 109, p. 27; IQAA, S3.e): on these scopes, or on all of them.

    `addressed_to` decides it: under the law, or as a person states where the agency's settings name no body.
    """

    model_config = _IN

    scopes: Annotated[tuple[ShortText, ...], Field(max_length=100)] = ()
    addressed_to: ShortText | None = None
    document: Document
    grounds: Text


class AppealRuling(BaseModel):
    """What was decided on the pending appeal: the decision is upheld, remitted to the council, or overturned."""

    model_config = _IN

    outcome: AppealOutcome
    decided_by: ShortText
    act: ShortText
    reasons: Text
    decided_on: Day
    new_visit: bool = Field(default=False, description="With `remitted`: the council decides after another visit")


class CouncilItem(BaseModel):
    """A council in a list."""

    council_id: str
    rulebook_id: str
    seats: list[Seat]
    composition_act: str | None
    statute_act: str | None
    composed_on: date
    changed_on: date | None
    version: int


class CouncilDetail(CouncilItem):
    """A council with the names of its members."""

    rulebook: RulebookRef
    members: list[CouncilMember]
    allowed_actions: list[Action]


class MeetingItem(BaseModel):
    """A meeting; `quorate` is null until attendance was recorded."""

    meeting_id: str
    council_id: str
    held_on: date
    agenda: list[str]
    members: list[str]
    present: list[str] | None
    quorate: bool | None
    presiding_statement: str | None
    presided_by: str | None
    ballot: BallotKind
    protocol_number: str | None
    minutes: Document | None
    signed_by: list[str] | None
    signed_on: date | None
    version: int


class MeetingDetail(MeetingItem):
    """A meeting, and what the caller may do to it."""

    allowed_actions: list[Action]


class ConsiderationItem(BaseModel):
    """A case before the council, in a list."""

    case_id: str
    institution_id: str
    rulebook_id: str
    scopes: list[str]
    stage: Stage
    filed_on: date
    opened_on: date
    outcome: str | None
    adopted_on: date | None
    version: int


class VoteItem(BaseModel):
    """One member's vote on one scope."""

    scope: str
    member_id: str
    meeting_id: str
    vote: Vote


class RecusalItem(BaseModel):
    """A member who takes no part."""

    member_id: str
    meeting_id: str
    reason: str


class AppealFacts(BaseModel):
    """An appeal; `outcome` is null until it is decided, and until then the decision on the scopes `suspends` is not in force."""

    appeal_id: str
    scopes: list[str]
    addressed_to: str
    document: Document
    grounds: str
    suspends: list[str]
    filed_on: date
    outcome: AppealOutcome | None
    decided_by: str | None
    act: str | None
    reasons: str | None
    decided_on: date | None
    new_visit: bool | None


class AppealItem(AppealFacts):
    """An appeal, and the commission that was formed for it."""

    commission: Commission | None


class AppealOfCase(AppealFacts):
    """An appeal, and whose it is."""

    case_id: str
    institution_id: str
    version: int = Field(description="Of its case: commands on an appeal are commands on the case, with the case's ETag")


class AppealDetail(AppealOfCase):
    """An appeal, the commission that was formed for it, and what the caller may do to it."""

    commission: Commission | None
    allowed_actions: list[Action]


class ConsiderationDetail(ConsiderationItem):
    """A case before the council, whole. An institution sees the decision, not what was proposed nor who voted how."""

    rulebook: RulebookRef
    registered_on: date
    materials: list[Document] | None
    conclusion: str | None
    prepared_on: date | None
    meeting_id: str | None
    protocol_number: str | None
    decisions: list[ScopeDecision] | None
    reasons: str | None
    before_first_year: bool | None
    notice_sent_on: date | None
    reapplication_from: date | None
    report: Document | None
    published_on: date | None
    appeals: list[AppealItem]
    after_decision: AfterDecision | None
    decision_notices: list[NoticeItem]
    open_complaints: list[str] = Field(description="Their ids: they stay nothing, and are shown to the council (IQAA, S2.i)")
    deviations: list[Deviation] | None
    suspended_on: date | None = None
    suspension_reason: str | None = None
    closed_on: date | None = None
    closing_reason: str | None = None
    report_check: CheckItem | None = None
    drafted_conclusion: ConclusionItem | None = None
    presentation: PresentationItem | None = None
    secret_ballots: list[BallotItem] | None = None
    votes: list[VoteItem] | None = None
    recusals: list[RecusalItem] | None = None
    allowed_actions: list[Action]
