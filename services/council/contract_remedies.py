"""Facts that follow a decision, appeals against it, and complaints before it. `contract` has them all: nobody else imports this."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.corrected import FactCorrected
from chassis.documents import Document
from chassis.events import Event
from chassis.privacy import Personal
from chassis.text import ShortText, Text
from regulations import RulebookRef
from services.council.contract_meetings import IQAA, ORDER_109

Channel = Annotated[str, Field(pattern=r"^[a-z_]{2,40}$", description="A word of the channels of the register `decision_notice`")]
AppealOutcome = Literal["upheld", "remitted", "overturned"]


class RefusalNoticeSent(Event):
    """The institution was told of a refusal in writing, with reasons (order 109, p. 22)."""

    correctable: ClassVar = frozenset({"sent_on"})
    under: ClassVar = {ORDER_109: ("22 (a)",)}
    case_id: str
    reasons: Text
    reapplication_from: date
    sent_on: date


class AppealFiled(Event):
    """A decision is appealed against (order 109, p. 27; IQAA, S3.e). `suspends` by the agency's readings: what rests meanwhile."""

    under: ClassVar = {ORDER_109: ("27",), IQAA: ("S3.e",)}
    appeal_id: str
    case_id: str
    institution_id: str
    scopes: tuple[str, ...] = Field(description="The scopes whose decision is appealed against")
    addressed_to: ShortText = Field(description="Who decides the appeal: under the law, by the agency's setting, or as a person stated")
    document: Document
    grounds: Text
    suspends: tuple[str, ...] = Field(description="The scopes whose decision is not in force until the appeal is decided")
    filed_on: date


class Commissioner(BaseModel):
    """A member of the commission that decides an appeal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    member_id: str
    name: Annotated[ShortText, Personal("member_id")]


class AppealCommissionFormed(Event):
    """The agency formed the commission that decides an appeal within it (IQAA, S3.e): nobody who took part in the case is in it.

    Formed anew before the appeal is decided, it takes the place of the earlier one.
    """

    correctable: ClassVar = frozenset({"act"})
    under: ClassVar = {IQAA: ("S3.e",)}
    appeal_id: str
    case_id: str
    members: tuple[Commissioner, ...]
    act: ShortText
    formed_on: date


class AppealDecided(Event):
    """An appeal was decided (order 109, p. 27; IQAA, S3.e): the decision is upheld, remitted to the council, or overturned.

    What is remitted the council decides anew by new votes; with `new_visit` on new materials too, after another visit.
    """

    correctable: ClassVar = frozenset({"act"})
    under: ClassVar = {ORDER_109: ("27",), IQAA: ("S3.e",)}
    appeal_id: str
    case_id: str
    institution_id: str
    scopes: tuple[str, ...]
    outcome: AppealOutcome
    decided_by: ShortText
    act: ShortText
    reasons: Text
    decided_on: date = Field(description="By the act; it may be recorded later")
    new_visit: bool = False


class ReportPublished(Event):
    """The report stands on the body's website (order 109, p. 9.10; IQAA, S3.f.1: with the results, at an address)."""

    correctable: ClassVar = frozenset({"address", "published_on"})
    under: ClassVar = {ORDER_109: ("9.10",), IQAA: ("S3.f.1",)}
    case_id: str
    document: Document
    published_on: date
    results: Document | None = None
    address: ShortText | None = Field(default=None, description="Where on the site")
    during_appeal: bool = Field(default=False, description="An appeal was open when it was published")


class DecisionNoticeSent(Event):
    """The institution, or the panel, was told of the decision (IQAA, S3.d)."""

    correctable: ClassVar = frozenset({"outgoing_number", "sent_on"})
    under: ClassVar = {IQAA: ("S3.d",)}
    case_id: str
    channel: Channel
    outgoing_number: ShortText
    sent_on: date


class DecisionEntered(Event):
    """The accredited organisation or programme stands in the register of decisions and reports (IQAA, S3.f.2)."""

    under: ClassVar = {IQAA: ("S3.f.2",)}
    case_id: str
    institution_id: str
    scopes: tuple[str, ...]
    entered_on: date


class DeqarSubmitted(Event):
    """The external report was submitted to DEQAR (IQAA, S3.g). `submission` is DEQAR's own number of it."""

    correctable: ClassVar = frozenset({"submission", "submitted_on"})
    under: ClassVar = {IQAA: ("S3.g",)}
    case_id: str
    institution_id: str
    submission: ShortText
    document: Document | None = None
    submitted_on: date


class MinistryInformed(Event):
    """The ministry was told of the accredited institution, for the National register (IQAA, S3.h)."""

    correctable: ClassVar = frozenset({"informed_on", "outgoing_number"})
    under: ClassVar = {IQAA: ("S3.h",)}
    case_id: str
    institution_id: str
    outgoing_number: ShortText
    informed_on: date
    ministry: ShortText | None = Field(default=None, description="Its name by the agency's setting")
    scopes: tuple[str, ...] = Field(default=(), description="About which of the accredited scopes, by the agency's reading")


class FollowUpAgreed(Event):
    """The accredited scopes pass to the monitoring after accreditation (IQAA, S4.a). A `reason` stands where no setting has the period."""

    under: ClassVar = {IQAA: ("S4.a",)}
    case_id: str
    institution_id: str
    scopes: tuple[str, ...]
    period_months: Annotated[int, Field(ge=1)]
    reason: Text | None = None
    agreed_on: date


class ComplaintFiled(Event):
    """The institution complains of the conduct or of the report of the visit (IQAA, S2.i). It stays nothing of itself."""

    under: ClassVar = {IQAA: ("S2.i",)}
    complaint_id: str
    case_id: str
    institution_id: str
    rulebook: RulebookRef
    against: ShortText
    document: Document
    grounds: Text
    filed_on: date


class ComplaintDecided(Event):
    """A complaint was decided (IQAA, S2.i) by the body of the agency's setting, or by the one that a person named."""

    correctable: ClassVar = frozenset({"decided_on"})
    under: ClassVar = {IQAA: ("S2.i",)}
    complaint_id: str
    case_id: str
    institution_id: str
    upheld: bool
    decided_by: ShortText
    reasons: Text
    decided_on: date


class ComplaintCorrected(FactCorrected):
    """A fact of a complaint was recorded wrongly."""

    complaint_id: str
