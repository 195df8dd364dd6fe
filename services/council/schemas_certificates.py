"""Bodies and answers of council's routes for blanks, certificates and the public register."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.actions import Action
from chassis.documents import Document
from chassis.text import Day, Identifier, InstitutionId, ShortText, Text
from regulations import RulebookRef
from services.council.contract import Recommendation
from services.council.schemas import RulebookId, RulebookVersion
from services.council.schemas_followed import SuspensionItem

_IN = ConfigDict(extra="forbid", frozen=True)

State = Literal["not_yet_valid", "valid", "suspended", "revoked", "expired", "ended"]
BlankNumber = Annotated[str, Field(pattern=r"^[0-9A-Za-zА-Яа-яЁё-]{1,20} [0-9]{1,9}$", examples=["KZ 000123"])]


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
    """A certificate to issue: its number; its blank, if the rulebook keeps them; its last day with a reason, if nothing sets a term."""

    model_config = _IN

    case_id: Identifier
    number: ShortText
    blank_number: BlankNumber | None = None
    valid_until: Day | None = None
    term_reason: Text | None = None


class AuthorisedBodyNotice(BaseModel):
    """The letter to the authorised body."""

    model_config = _IN

    outgoing_number: ShortText


class CertificateEnding(BaseModel):
    """Why a certificate ends before its term: a word of the rulebook's `register_changes`, or `overturned` after such an appeal."""

    model_config = _IN

    ground: Annotated[str, Field(pattern=r"^[a-z_]{2,40}$", examples=["liquidation"])]
    act: ShortText
    ended_on: Day
    successor_id: InstitutionId | None = None


class NewReissue(BaseModel):
    """The successor's certificate in the place of `certificate_id`: its own number and blank."""

    model_config = _IN

    certificate_id: Identifier
    number: ShortText
    blank_number: BlankNumber | None = None


class DuplicateApplication(BaseModel):
    """The institution's written application for a duplicate (order 109, p. 28)."""

    model_config = _IN

    application: Document


class DuplicatePayment(BaseModel):
    """The institution's payment for the duplicate (order 109, p. 28)."""

    model_config = _IN

    payment_reference: ShortText
    paid_on: Day


class NewDuplicate(BaseModel):
    """The blank on which the duplicate stands."""

    model_config = _IN

    blank_number: BlankNumber | None = None


class BlankBatch(BaseModel):
    """A batch of blanks as received."""

    series: str
    first: int
    last: int
    digits: int
    received_on: date


class BookOfBlanks(BaseModel):
    """The agency's book of blanks: what was received, how many are left, and what the caller may do to it."""

    batches: list[BlankBatch]
    received: int
    used: int
    spoiled: int
    version: int
    allowed_actions: list[Action]


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
    object: str | None
    programme: str | None
    kind: str | None
    issued_on: date
    valid_until: date
    state: State
    version: int


class DuplicateItem(BaseModel):
    """A duplicate, from the application to the blank on which it was issued. Its due day stands in the register of deadlines."""

    round: int
    application: Document
    requested_on: date
    payment_reference: str | None
    paid_on: date | None
    blank_number: str | None
    issued_on: date | None


class CertificateDetail(CertificateItem):
    """A certificate whole, and whether it is valid on the day `as_of` (a local day; today if none was asked for), or what it is then.

    Of a day to come by what is known. What was recorded from outside is told of such a certificate alone.
    """

    rulebook: RulebookRef
    blank_number: str
    term_reason: str | None
    entered_on: date | None
    notified_on: date | None
    outgoing_number: str | None
    window_opened_on: date | None
    window_closes_on: date | None
    window_closed_on: date | None
    expired_on: date | None
    ended_on: date | None
    end_ground: str | None
    end_act: str | None
    successor_id: str | None
    reissued_from: str | None
    reissued_as: str | None
    level: str | None
    received_on: date | None
    recommendations: list[Recommendation] | None
    panel: list[str] | None
    case_officer: str | None
    contract_reference: str | None
    plan_received_on: date | None
    plan_accepted_on: date | None
    origin: str | None
    import_id: str | None
    recorded_on: date | None
    valid_from: date
    suspended_on: date | None
    suspended_until: date | None
    revoked_on: date | None
    revocation_ground: str | None
    national_register_told_on: date | None
    national_register_outgoing_number: str | None
    extends: str | None
    extended_as: str | None
    extension_term: str | None
    gap_days: int | None
    duplicates: list[DuplicateItem]
    suspensions: list[SuspensionItem]
    as_of: date
    valid: bool
    standing: State
    allowed_actions: list[Action]
