"""Facts of blanks and certificates. `contract` has all of them: nobody else imports this module."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from chassis.corrected import FactCorrected
from chassis.documents import Document
from chassis.events import Event
from chassis.text import ShortText, Text
from regulations import RulebookRef
from services.council.contract_meetings import ORDER_109

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
