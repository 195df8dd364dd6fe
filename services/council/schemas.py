"""Bodies and answers of council's REST interface."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.documents import Document
from chassis.text import Day, Identifier, ShortText, Text
from regulations import RulebookRef
from services.council.contract import CouncilMember, ScopeDecision, Vote

_IN = ConfigDict(extra="forbid", frozen=True)

RulebookId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$", examples=["kz-109-2008-accreditation"])]
RulebookVersion = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.-]{0,39}$", examples=["2008-03-05"])]
Stage = Literal["opened", "prepared", "decided"]
State = Literal["valid", "expired"]
BlankNumber = Annotated[str, Field(pattern=r"^[0-9A-Za-zА-Яа-яЁё-]{1,20} [0-9]{1,9}$", examples=["KZ 000123"])]


class NewCouncilMember(BaseModel):
    """A member; `member_id` is the subject of his or her tokens."""

    model_config = _IN

    member_id: Identifier
    name: ShortText
    group: Annotated[str, Field(pattern=r"^[a-z_]{2,40}$")]


class NewCouncil(BaseModel):
    """A council and the two acts that approve it (order 109, p. 6, 7)."""

    model_config = _IN

    rulebook_id: RulebookId
    rulebook_version: RulebookVersion
    members: Annotated[tuple[NewCouncilMember, ...], Field(min_length=1, max_length=100)]
    composition_act: ShortText | None = None
    statute_act: ShortText | None = None


class NewMeeting(BaseModel):
    """A meeting and the cases on its agenda."""

    model_config = _IN

    council_id: Identifier
    held_on: Day
    agenda: Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=100)]


class Attendance(BaseModel):
    """Who is present; a statement of the presiding person where neither text nor agency sets a quorum."""

    model_config = _IN

    present: Annotated[tuple[Identifier, ...], Field(max_length=100)]
    presiding_statement: Text | None = None


class Materials(BaseModel):
    """The materials for the council (order 109, p. 18)."""

    model_config = _IN

    documents: Annotated[tuple[Document, ...], Field(min_length=1, max_length=100)]
    conclusion: Text


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


class Protocol(BaseModel):
    """The protocol of the meeting at which the case was decided; reasons are needed for a refusal."""

    model_config = _IN

    meeting_id: Identifier
    protocol_number: ShortText
    reasons: Text | None = None


class RefusalNotice(BaseModel):
    """The notice to the institution; without reasons it is refused (order 109, p. 22)."""

    model_config = _IN

    reasons: Text | None = None


class NewBlanks(BaseModel):
    """A batch of blanks: `<series> <number>`, the number padded to `digits`."""

    model_config = _IN

    rulebook_id: RulebookId
    rulebook_version: RulebookVersion
    series: Annotated[str, Field(pattern=r"^[0-9A-Za-zА-Яа-яЁё-]{1,20}$")]
    first: Annotated[int, Field(ge=0, le=999_999_999, strict=True)]
    last: Annotated[int, Field(ge=0, le=999_999_999, strict=True)]
    digits: Annotated[int, Field(ge=1, le=9, strict=True)]


class SpoiledBlank(BaseModel):
    """A blank to write off."""

    model_config = _IN

    blank_number: BlankNumber
    reason: Text


class NewCertificate(BaseModel):
    """A certificate to issue: its number and the blank that it stands on."""

    model_config = _IN

    case_id: Identifier
    number: ShortText
    blank_number: BlankNumber


class AuthorisedBodyNotice(BaseModel):
    """The letter to the authorised body."""

    model_config = _IN

    outgoing_number: ShortText


class Seat(BaseModel):
    """A member's place for a group."""

    member_id: str
    group: str


class CouncilItem(BaseModel):
    """A council in a list."""

    council_id: str
    rulebook_id: str
    seats: list[Seat]
    composition_act: str
    statute_act: str
    composed_on: date
    version: int


class CouncilDetail(CouncilItem):
    """A council with the names of its members."""

    rulebook: RulebookRef
    members: list[CouncilMember]


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
    version: int


class ConsiderationItem(BaseModel):
    """A case before the council, in a list."""

    case_id: str
    institution_id: str
    rulebook_id: str
    scopes: list[str]
    stage: Stage
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


class ConsiderationDetail(ConsiderationItem):
    """A case before the council, whole. An institution sees the decision, not who voted how."""

    rulebook: RulebookRef
    filed_on: date
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
    votes: list[VoteItem] | None = None
    recusals: list[RecusalItem] | None = None


class BlankBatch(BaseModel):
    """A batch of blanks as received."""

    series: str
    first: int
    last: int
    digits: int
    received_on: date


class BlankFate(BaseModel):
    """A blank that was used or spoiled."""

    fate_id: str
    blank_number: str
    fate: Literal["used", "spoiled"]
    certificate_id: str | None
    reason: str | None
    on_date: date


class CertificateItem(BaseModel):
    """A certificate in a list."""

    certificate_id: str
    case_id: str
    institution_id: str
    rulebook_id: str
    number: str
    scopes: list[str]
    issued_on: date
    valid_until: date
    state: State
    version: int


class CertificateDetail(CertificateItem):
    """A certificate whole, and whether it is valid on the day `as_of` (a local day; today if none was asked for)."""

    rulebook: RulebookRef
    blank_number: str
    entered_on: date | None
    notified_on: date | None
    outgoing_number: str | None
    window_opened_on: date | None
    window_closes_on: date | None
    window_closed_on: date | None
    expired_on: date | None
    as_of: date
    valid: bool


class RegisterEntry(BaseModel):
    """What the public may know of an accreditation (order 109, p. 9.10, 24)."""

    certificate_id: str
    number: str
    institution_id: str
    institution_names: dict[str, str] | None
    city: str | None
    country: str | None
    scopes: list[str]
    decision: str
    decided_on: date
    valid_from: date
    valid_until: date
    state: State
    rulebook_id: str
    report: Document | None
    entered_on: date
