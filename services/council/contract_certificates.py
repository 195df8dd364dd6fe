"""Facts of blanks and certificates. `contract` has all of them: nobody else imports this module."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.corrected import FactCorrected
from chassis.documents import Document
from chassis.events import Event
from chassis.text import Identifier, ShortText, Text, Word
from regulations import RulebookRef
from services.council.contract_meetings import ORDER_109

AAKR, SAPATTUU = "aakr-monitoring-2024", "sapattuu-bilim-monitoring"


BlankNumber = Annotated[ShortText | Literal[""], Field(description="Empty where the rulebook keeps no blanks")]

#: The ground on which a certificate ends besides the words of `register_changes`: its decision was overturned (order 109, p. 27).
OVERTURNED = "overturned"


class BlanksReceived(Event):
    """Certificate blanks came into the body's keeping (order 109, p. 23): `series` and the numbers from `first` to `last`."""

    under: ClassVar = {ORDER_109: ("23",)}
    rulebook: RulebookRef
    series: ShortText
    first: int
    last: int
    digits: int = Field(description="To how many digits a number is padded: `<series> <number>`")
    received_on: date


class BlankSpoiled(Event):
    """A blank can no longer be used (order 109, p. 23). A blank that was used is told by `CertificateIssued`."""

    under: ClassVar = {ORDER_109: ("23",)}
    blank_number: ShortText
    reason: Text
    spoiled_on: date


class CertificateIssued(Event):
    """A certificate on a positive decision (order 109, p. 20). Valid to the end of the local day `valid_until`.

    `term_reason` is why a person set that day, where neither the text nor the agency has a term.
    """

    correctable: ClassVar = frozenset({"number"})
    under: ClassVar = {ORDER_109: ("20",)}
    certificate_id: str
    case_id: str
    institution_id: str
    rulebook: RulebookRef
    number: ShortText
    blank_number: BlankNumber = ""
    scopes: tuple[str, ...]
    issued_on: date
    valid_until: date
    term_reason: Text | None = None


class RegisterEntryMade(Event):
    """The accreditation stands in the body's public register (order 109, p. 24)."""

    under: ClassVar = {ORDER_109: ("24",)}
    certificate_id: str
    case_id: str
    entered_on: date


class AuthorisedBodyNotified(Event):
    """The authorised body was told of the certified institution, for its Register (order 109, p. 4, 24)."""

    correctable: ClassVar = frozenset({"notified_on", "outgoing_number"})
    under: ClassVar = {ORDER_109: ("4", "24")}
    certificate_id: str
    case_id: str
    outgoing_number: ShortText
    notified_on: date


class RenewalWindowOpened(Event):
    """The institution may apply to extend its certificate; last day `closes_on` (order 109, p. 21)."""

    under: ClassVar = {ORDER_109: ("21",)}
    certificate_id: str
    institution_id: str
    opened_on: date
    closes_on: date


class RenewalWindowClosed(Event):
    """An application filed from now on is a new case, not an extension (order 109, p. 21)."""

    under: ClassVar = {ORDER_109: ("21",)}
    certificate_id: str
    institution_id: str
    closed_on: date


class CertificateExpired(Event):
    """The certificate lapsed at the end of its term (order 109, p. 25)."""

    under: ClassVar = {ORDER_109: ("25",)}
    certificate_id: str
    case_id: str
    institution_id: str
    expired_on: date


class CertificateEnded(Event):
    """The certificate ended before its term (order 109, p. 26, 27). From the local day `ended_on` on it is no longer in force."""

    correctable: ClassVar = frozenset({"act", "ended_on"})
    under: ClassVar = {ORDER_109: ("26", "27")}
    certificate_id: str
    case_id: str
    institution_id: str
    ground: Annotated[str, Field(pattern=r"^[a-z_]{2,40}$", description="A word of the rulebook's `register_changes`, or `overturned`")]
    act: ShortText = Field(description="The act by which it ended")
    successor_id: str | None = Field(default=None, description="The institution to which the certificate may be re-issued")
    ended_on: date


class CertificateReissued(Event):
    """A certificate of the successor in the place of one that ended by reorganisation (order 109, p. 26); it keeps the expiry."""

    correctable: ClassVar = frozenset({"number"})
    under: ClassVar = {ORDER_109: ("26",)}
    certificate_id: str
    reissued_from: str = Field(description="The earlier certificate")
    case_id: str
    institution_id: str = Field(description="The successor")
    rulebook: RulebookRef
    number: ShortText
    blank_number: BlankNumber = ""
    scopes: tuple[str, ...]
    issued_on: date
    valid_until: date


class DuplicateRequested(Event):
    """The institution lost its certificate and applied in writing for a duplicate (order 109, p. 28)."""

    under: ClassVar = {ORDER_109: ("28 (a)",)}
    certificate_id: str
    case_id: str
    institution_id: str
    round: int = Field(description="1 for the first duplicate of a certificate, then 2, ...")
    application: Document
    requested_on: date


class DuplicatePaid(Event):
    """The institution paid for the duplicate (order 109, p. 28)."""

    correctable: ClassVar = frozenset({"paid_on", "payment_reference"})
    under: ClassVar = {ORDER_109: ("28 (b)",)}
    certificate_id: str
    case_id: str
    round: int
    payment_reference: ShortText
    paid_on: date


class DuplicateIssued(Event):
    """A duplicate on a blank of its own (order 109, p. 28). Whether it was late the deadline register tells."""

    under: ClassVar = {ORDER_109: ("28 (a)",)}
    certificate_id: str
    case_id: str
    institution_id: str
    round: int
    blank_number: BlankNumber = ""
    issued_on: date


class CertificateCorrected(FactCorrected):
    """A fact of a certificate was recorded wrongly."""

    certificate_id: str


class Recommendation(BaseModel):
    """What the accrediting commission recommended or remarked on one criterion, and the council endorsed (Sapattuu Bilim, I.3.a)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recommendation_id: Identifier
    criterion: ShortText
    text: Text
    remark: bool = Field(default=False, description="A remark, and no recommendation")
    nonconformity: bool = Field(default=False, description="The commission showed non-conformity with the criterion")


class CertificateRecorded(Event):
    """A certificate that was given outside Kepil is kept here from now on (Sapattuu Bilim, I.3.a, 2.6.s1; AAKR, I.1).

    `rulebook` is that of its follow-up. `received_on` is when the institution received it, where that is known (AAKR, II.3).
    """

    under: ClassVar = {AAKR: ("I.1",), SAPATTUU: ("I.3.a", "2.5.p1", "2.6.s1")}
    correctable: ClassVar = frozenset({"contract_reference", "number", "programme", "received_on"})
    certificate_id: str
    case_id: str = Field(description="The certificate's own id: Kepil has no case of it")
    institution_id: str
    rulebook: RulebookRef
    number: ShortText
    object: Word = Field(description="A word of `scopes` or `objects`")
    programme: ShortText | None = None
    level: Word | None = Field(default=None, description="A word of `education_levels`, where the rulebook has them")
    kind: Word | None = Field(default=None, description="A word of `kinds`; None: a person is to say which")
    scopes: tuple[str, ...]
    issued_on: date
    received_on: date | None = None
    valid_until: date
    recommendations: tuple[Recommendation, ...] = ()
    panel: tuple[str, ...] = Field(default=(), description="The experts of the accrediting commission")
    case_officer: str | None = Field(default=None, description="The agency's officer (referent) of the accreditation")
    contract_reference: ShortText | None = None
    plan_received_on: date | None = None
    plan_accepted_on: date | None = None
    origin: Text = Field(description="Where the record comes from")
    term_reason: Text | None = Field(default=None, description="Why its last day is another than the term of its kind gives")
    import_id: str | None = None
    recorded_on: date


class CertificateReceived(Event):
    """The institution received its certificate: the period of its reports runs from here (AAKR, II.3; Sapattuu Bilim, 2.5.p2.s1)."""

    under: ClassVar = {AAKR: ("II.3",), SAPATTUU: ("2.5.p2.s1",)}
    correctable: ClassVar = frozenset({"received_on"})
    certificate_id: str
    case_id: str
    institution_id: str
    received_on: date


class CertificateSuspended(Event):
    """The council suspended the certificate for a definite term, to the end of the local day `until` (Sapattuu Bilim, 2.5.p4, 3.3.b.s1).

    It is not in force from `suspended_on` on until it is restored, though the term be over.
    """

    under: ClassVar = {SAPATTUU: ("2.5.p4", "3.3.b.s1")}
    certificate_id: str
    case_id: str
    institution_id: str
    decision_id: str
    cycle_id: str | None = None
    ground: Word
    reasons: Text
    suspended_on: date
    until: date
    rulebook: RulebookRef | None = Field(default=None, description="Of the resolution; None: that under which the certificate stands")
    replaces: str | None = Field(default=None, description="The resolution on an earlier suspension that was still on")
    lapses_on: date | None = Field(default=None, description="Its term is longer than the certificate's, which lapses after this day")


class SuspensionTermEnded(Event):
    """The term of the suspension is over and the certificate was not restored: a person decides (Sapattuu Bilim, 3.3.b.s3)."""

    under: ClassVar = {SAPATTUU: ("3.3.b.s3",)}
    certificate_id: str
    case_id: str
    institution_id: str
    decision_id: str
    cycle_id: str | None = None
    ended_on: date


class CertificateRestored(Event):
    """The shortcomings are corrected: the certificate is in force again and its validity extended (Sapattuu Bilim, 3.3.b.s2)."""

    under: ClassVar = {SAPATTUU: ("3.3.b.s2",)}
    certificate_id: str
    case_id: str
    institution_id: str
    cycle_id: str | None = None
    corrected_on: date
    restored_on: date
    previous_valid_until: date
    lost_days: Annotated[int, Field(ge=0)]
    proposed_valid_until: date = Field(description="The earlier last day and the days of the suspension")
    valid_until: date = Field(description="As the person entered it")
    reason: Text
    decision_id: str | None = Field(default=None, description="The resolution that had suspended it")
    rulebook: RulebookRef | None = Field(default=None, description="Under which the certificate stands: its days are those of its zone")


class CertificateRevoked(Event):
    """The certificate is cancelled and off the agency's list (Sapattuu Bilim, 2.5.p4, 3.3.b.s3, 3.3.c).

    From the local day `revoked_on` on it is no longer in force.
    """

    under: ClassVar = {SAPATTUU: ("2.5.p4", "3.3.b.s3", "3.3.c")}
    certificate_id: str
    case_id: str
    institution_id: str
    decision_id: str
    cycle_id: str | None = None
    ground: Word
    reasons: Text
    revoked_on: date
    rulebook: RulebookRef | None = Field(default=None, description="Of the resolution; None: that under which the certificate stands")


class NationalRegisterTold(Event):
    """The body that keeps the national register was told of the cancellation (Sapattuu Bilim, 3.3.c)."""

    under: ClassVar = {SAPATTUU: ("3.3.c",)}
    correctable: ClassVar = frozenset({"outgoing_number", "told_on"})
    certificate_id: str
    case_id: str
    institution_id: str
    cycle_id: str | None = None
    outgoing_number: ShortText
    told_on: date


class CertificateExtended(Event):
    """A certificate for a further term on the council's positive decision, linked to the earlier (Sapattuu Bilim, 3.2.s1, 3.2.s2).

    In force from `counts_from` on: the day after the earlier one's last, or that of the decision where it came later.
    """

    under: ClassVar = {SAPATTUU: ("3.2.s1", "3.2.s2")}
    correctable: ClassVar = frozenset({"number"})
    certificate_id: str
    extends: str = Field(description="The earlier certificate")
    case_id: str
    institution_id: str
    cycle_id: str | None = None
    decision_id: str
    rulebook: RulebookRef
    number: ShortText
    blank_number: BlankNumber = ""
    object: Word | None = Field(default=None, description="None: the earlier certificate is told by its scopes alone")
    programme: ShortText | None = None
    scopes: tuple[str, ...]
    term: Word = Field(description="The rulebook's term, such as `extension_2y`")
    counts_from: date
    issued_on: date
    valid_until: date
    gap_days: Annotated[int, Field(ge=0, description="Days between the earlier expiry and `counts_from` on which nothing was in force")]
    reason: Text | None = None


class CertificateSanction(BaseModel):
    """Activities `council.suspend_certificate` and `council.revoke_certificate`, upon an adopted resolution."""

    agency: str
    certificate_id: str
    decision_id: str
    cycle_id: str | None = None
    ground: str
    reasons: str
    until: date | None = None


SUSPEND_CERTIFICATE = "council.suspend_certificate"
REVOKE_CERTIFICATE = "council.revoke_certificate"
RUN_DUE = "council.run_due"
