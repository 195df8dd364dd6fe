"""What council publishes. A consideration has the id of its case; a certificate's id is derived from it, so a case has one."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.documents import Document
from chassis.events import Catalogue, Event
from chassis.privacy import Personal
from chassis.text import ShortText, Text
from regulations import RulebookRef

TASK_QUEUE = "kepil-council"

Outcome = Annotated[str, Field(pattern=r"^[a-z_]{2,40}$", description="A word of the rulebook's `decisions`")]
Vote = Literal["for", "against", "abstained"]
AppealOutcome = Literal["upheld", "remitted", "overturned"]

#: The ground on which a certificate ends besides the words of `register_changes`: its decision was overturned (order 109, p. 27).
OVERTURNED = "overturned"


class CouncilMember(BaseModel):
    """A member of the council and the group of order 109, p. 7, that he or she represents."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    member_id: str
    name: Annotated[ShortText, Personal("member_id")]
    group: Annotated[str, Field(pattern=r"^[a-z_]{2,40}$", description="A word of the rulebook's `council_groups`")]


class ScopeDecision(BaseModel):
    """The decision on one scope of a case, with the count of its vote."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scope: str
    outcome: Outcome
    votes_for: int
    votes_against: int
    abstained: int


class CouncilComposed(Event):
    """The body approved the council's composition and statute (order 109, p. 6, 7)."""

    council_id: str
    rulebook: RulebookRef
    members: tuple[CouncilMember, ...]
    composition_act: ShortText
    statute_act: ShortText
    missing_groups: tuple[str, ...] = Field(default=(), description="Empty, unless the agency reads p. 7 as a flag")
    composed_on: date


class ConsiderationOpened(Event):
    """The visit's report is in: materials for the council are to be prepared (order 109, p. 9.7, 18)."""

    case_id: str
    institution_id: str
    rulebook: RulebookRef
    scopes: tuple[str, ...]
    filed_on: date = Field(description="Of the application: the bar of p. 22 runs from it")
    registered_on: date
    opened_on: date


class MaterialsPrepared(Event):
    """Both reports were studied and the council's materials are ready (order 109, p. 9.7, 18)."""

    case_id: str
    documents: tuple[Document, ...]
    conclusion: Text
    prepared_on: date


class MeetingConvened(Event):
    """A meeting of the council with its agenda. `members` are those of the council when it was convened."""

    meeting_id: str
    council_id: str
    rulebook: RulebookRef
    members: tuple[str, ...]
    held_on: date
    agenda: tuple[str, ...]


class AttendanceRecorded(Event):
    """Who of the council is present. `quorate` by the agency's setting, or `presiding_statement` where it has none."""

    meeting_id: str
    present: tuple[str, ...]
    quorate: bool
    presiding_statement: Text | None = None


class MemberRecused(Event):
    """A member takes no part in a case for an interest in it."""

    case_id: str
    meeting_id: str
    member_id: str
    reason: Text


class VoteCast(Event):
    """A member's vote on one scope of a case."""

    case_id: str
    meeting_id: str
    member_id: str
    scope: str
    vote: Vote


class DecisionAdopted(Event):
    """The council decided every scope of the case (order 109, p. 9.8, 9.9, 19). `before_first_year` flags p. 11."""

    case_id: str
    institution_id: str
    rulebook: RulebookRef
    meeting_id: str
    protocol_number: ShortText
    decisions: tuple[ScopeDecision, ...]
    outcome: Outcome = Field(description="The case's outcome: positive if any scope is accredited")
    reasons: Text | None = Field(default=None, description="Always given where a scope is refused (order 109, p. 22)")
    before_first_year: bool
    adopted_on: date


class RefusalNoticeSent(Event):
    """The institution was told of a refusal in writing, with reasons (order 109, p. 22)."""

    case_id: str
    reasons: Text
    reapplication_from: date
    sent_on: date


class AppealFiled(Event):
    """A decision is appealed against (order 109, p. 27). `suspends` by the agency's readings: whether the decision rests meanwhile."""

    appeal_id: str
    case_id: str
    institution_id: str
    scopes: tuple[str, ...] = Field(description="The scopes whose decision is appealed against")
    addressed_to: ShortText = Field(description="Who decides the appeal under the law")
    document: Document
    grounds: Text
    suspends: tuple[str, ...] = Field(description="The scopes whose decision is not in force until the appeal is decided")
    filed_on: date


class AppealDecided(Event):
    """An appeal was decided (order 109, p. 27): the decision is upheld, remitted to the council, or overturned."""

    appeal_id: str
    case_id: str
    institution_id: str
    scopes: tuple[str, ...]
    outcome: AppealOutcome
    decided_by: ShortText
    act: ShortText
    reasons: Text
    decided_on: date = Field(description="By the act; it may be recorded later")


class ReportPublished(Event):
    """The full report stands on the body's website (order 109, p. 9.10)."""

    case_id: str
    document: Document
    published_on: date


class BlanksReceived(Event):
    """Certificate blanks came into the body's keeping (order 109, p. 23): `series` and the numbers from `first` to `last`."""

    rulebook: RulebookRef
    series: ShortText
    first: int
    last: int
    digits: int = Field(description="To how many digits a number is padded: `<series> <number>`")
    received_on: date


class BlankSpoiled(Event):
    """A blank can no longer be used (order 109, p. 23). A blank that was used is told by `CertificateIssued`."""

    blank_number: ShortText
    reason: Text
    spoiled_on: date


class CertificateIssued(Event):
    """A certificate on a positive decision (order 109, p. 20). Valid to the end of the local day `valid_until`."""

    certificate_id: str
    case_id: str
    institution_id: str
    rulebook: RulebookRef
    number: ShortText
    blank_number: ShortText
    scopes: tuple[str, ...]
    issued_on: date
    valid_until: date


class RegisterEntryMade(Event):
    """The accreditation stands in the body's public register (order 109, p. 24)."""

    certificate_id: str
    case_id: str
    entered_on: date


class AuthorisedBodyNotified(Event):
    """The authorised body was told of the certified institution, for its Register (order 109, p. 4, 24)."""

    certificate_id: str
    case_id: str
    outgoing_number: ShortText
    notified_on: date


class RenewalWindowOpened(Event):
    """The institution may apply to extend its certificate; last day `closes_on` (order 109, p. 21)."""

    certificate_id: str
    institution_id: str
    opened_on: date
    closes_on: date


class RenewalWindowClosed(Event):
    """An application filed from now on is a new case, not an extension (order 109, p. 21)."""

    certificate_id: str
    institution_id: str
    closed_on: date


class CertificateExpired(Event):
    """The certificate lapsed at the end of its term (order 109, p. 25)."""

    certificate_id: str
    case_id: str
    institution_id: str
    expired_on: date


class CertificateEnded(Event):
    """The certificate ended before its term (order 109, p. 26, 27). From the local day `ended_on` on it is no longer in force."""

    certificate_id: str
    case_id: str
    institution_id: str
    ground: Annotated[str, Field(pattern=r"^[a-z_]{2,40}$", description="A word of the rulebook's `register_changes`, or `overturned`")]
    act: ShortText = Field(description="The act by which it ended")
    successor_id: str | None = Field(default=None, description="The institution to which the certificate may be re-issued")
    ended_on: date


class CertificateReissued(Event):
    """A certificate of the successor in the place of one that ended by reorganisation (order 109, p. 26); it keeps the expiry."""

    certificate_id: str
    reissued_from: str = Field(description="The earlier certificate")
    case_id: str
    institution_id: str = Field(description="The successor")
    rulebook: RulebookRef
    number: ShortText
    blank_number: ShortText
    scopes: tuple[str, ...]
    issued_on: date
    valid_until: date


class DuplicateRequested(Event):
    """The institution lost its certificate and applied in writing for a duplicate (order 109, p. 28)."""

    certificate_id: str
    case_id: str
    institution_id: str
    round: int = Field(description="1 for the first duplicate of a certificate, then 2, ...")
    application: Document
    requested_on: date


class DuplicatePaid(Event):
    """The institution paid for the duplicate (order 109, p. 28)."""

    certificate_id: str
    case_id: str
    round: int
    payment_reference: ShortText
    paid_on: date


class DuplicateIssued(Event):
    """A duplicate on a blank of its own (order 109, p. 28). Whether it was late the deadline register tells."""

    certificate_id: str
    case_id: str
    institution_id: str
    round: int
    blank_number: ShortText
    issued_on: date


EVENTS = Catalogue(
    "council",
    {
        "council": [CouncilComposed],
        "meeting": [MeetingConvened, AttendanceRecorded],
        "consideration": [
            ConsiderationOpened,
            MaterialsPrepared,
            MemberRecused,
            VoteCast,
            DecisionAdopted,
            RefusalNoticeSent,
            ReportPublished,
            AppealFiled,
            AppealDecided,
        ],
        "blanks": [BlanksReceived, BlankSpoiled],
        "certificate": [
            CertificateIssued,
            RegisterEntryMade,
            AuthorisedBodyNotified,
            RenewalWindowOpened,
            RenewalWindowClosed,
            CertificateExpired,
            CertificateEnded,
            CertificateReissued,
            DuplicateRequested,
            DuplicatePaid,
            DuplicateIssued,
        ],
    },
)


class OpenConsideration(BaseModel):
    """Activity `council.open_consideration`: both reports are there."""

    agency: str
    case_id: str
    institution_id: str
    rulebook: RulebookRef
    scopes: tuple[str, ...]
    filed_on: date
    registered_on: date


class CertificateStep(BaseModel):
    """Activities on one certificate: `council.open_renewal_window`, `council.close_renewal_window`, `council.expire_certificate`."""

    agency: str
    certificate_id: str


OPEN_CONSIDERATION = "council.open_consideration"
OPEN_RENEWAL_WINDOW = "council.open_renewal_window"
CLOSE_RENEWAL_WINDOW = "council.close_renewal_window"
EXPIRE_CERTIFICATE = "council.expire_certificate"
