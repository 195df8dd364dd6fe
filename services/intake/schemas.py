"""Bodies of the commands of intake's REST interface; what it answers is in `answers`."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.documents import Document
from chassis.text import Day, Identifier, InstitutionId, ShortText, Text
from services.intake.contract import (
    Amount,
    CaseKind,
    Currency,
    DeqarId,
    DiscontinuationGround,
    EterId,
    Language,
    Level,
    NationalId,
    Ownership,
    Programme,
    Reference,
    StandardArea,
    Terminator,
)

_IN = ConfigDict(extra="forbid", frozen=True)

RulebookId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$", examples=["kz-109-2008-accreditation"])]
RulebookVersion = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.-]{0,39}$", examples=["2008-03-05"])]


class NewInstitution(BaseModel):
    """An institution to enter; its id is the one that tokens of its officers carry."""

    model_config = _IN

    institution_id: InstitutionId
    names: Annotated[dict[Language, ShortText], Field(min_length=1, max_length=4)]
    kind: ShortText
    city: ShortText
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    website: ShortText | None = None
    ownership: Ownership | None = None
    levels: Annotated[tuple[Level, ...], Field(max_length=20)] = ()
    eter_id: EterId | None = None
    deqar_id: DeqarId | None = None
    national_id: NationalId | None = None


class InstitutionDetails(BaseModel):
    """Everything that is known of an institution besides its name: it replaces what was known, and null is not known."""

    model_config = _IN

    ownership: Ownership | None
    levels: Annotated[tuple[Level, ...], Field(max_length=20)]
    eter_id: EterId | None
    deqar_id: DeqarId | None
    national_id: NationalId | None


class Succession(BaseModel):
    """The institution that took the place of this one, and the act of the reorganisation."""

    model_config = _IN

    successor_id: InstitutionId
    act: ShortText
    succeeded_on: Day


class Closing(BaseModel):
    """The act by which an institution ceased to be, and the day by it."""

    model_config = _IN

    act: ShortText
    closed_on: Day


class NewStandards(BaseModel):
    """A version of the standards for one kind of accreditation: areas with their criteria, each mapped to the ESG."""

    model_config = _IN

    rulebook_id: RulebookId
    rulebook_version: RulebookVersion
    standards: ShortText
    version: ShortText
    kind: CaseKind
    areas: Annotated[tuple[StandardArea, ...], Field(min_length=1, max_length=100)]
    references: Annotated[tuple[Reference, ...], Field(max_length=20)] = ()
    act: ShortText
    adopted_on: Day


class NewAdoption(BaseModel):
    """The rulebook to adopt, and why."""

    model_config = _IN

    rulebook_id: RulebookId
    rulebook_version: RulebookVersion
    reason: Text


class NewSchedule(BaseModel):
    """A year's schedule and the act that adopts it."""

    model_config = _IN

    year: Annotated[int, Field(ge=2000, le=2100, strict=True)]
    act: ShortText
    adopted_on: Day


class NewApplication(BaseModel):
    """An application, complete or not; what is missing can be attached before registration."""

    model_config = _IN

    institution_id: InstitutionId
    kind: CaseKind
    programmes: Annotated[tuple[Programme, ...], Field(max_length=200)] = ()
    levels: Annotated[tuple[Level, ...], Field(min_length=1, max_length=20)]
    rulebook_id: RulebookId
    rulebook_version: RulebookVersion
    standards: ShortText
    standards_version: ShortText
    documents: Annotated[tuple[Document, ...], Field(max_length=100)] = ()
    renews_certificate_id: Annotated[str, Field(max_length=80)] | None = None


class Registration(BaseModel):
    """The number in the body's book."""

    model_config = _IN

    number: ShortText


class ContractText(BaseModel):
    """What the contract says, by the parts that the rulebook requires; the amount is the cost in figures."""

    model_config = _IN

    contract_number: ShortText
    parts: Annotated[dict[str, Text], Field(max_length=20, description="By the words of the rulebook's `contents.contract`")]
    amount: Amount | None = None
    currency: Currency | None = None
    due_dates: Annotated[dict[str, Day], Field(max_length=60, description="By the rulebook's stages: the last day of each")] = {}
    document: Document | None = None


class Procurement(BaseModel):
    """A public procurement, as the electronic portal shows it."""

    model_config = _IN

    reference: ShortText
    completed_on: Day


class ContractSignature(BaseModel):
    """A signature under the contract of this number."""

    model_config = _IN

    contract_number: ShortText
    signatory_name: ShortText


class Place(BaseModel):
    """A place in the yearly schedule: the planned month of the visit."""

    model_config = _IN

    year: Annotated[int, Field(ge=2000, le=2100, strict=True)]
    month: Annotated[int, Field(ge=1, le=12, strict=True)]
    ground: Annotated[str, Field(pattern=r"^[a-z][a-z_]{1,60}$", max_length=62)] | None = None
    reason: Text | None = None


class Appointment(BaseModel):
    """The coordinator of a case; `reason` says why another one is replaced."""

    model_config = _IN

    coordinator_id: Identifier
    coordinator_name: ShortText
    act: ShortText
    reason: Text | None = None


class FirstTime(BaseModel):
    """Whether the institution is a new client of the agency or a known one, against what the history tells."""

    model_config = _IN

    client: Literal["new", "known"]
    reason: Text


class Trip(BaseModel):
    """The preliminary trip that was made."""

    model_config = _IN

    traveller_id: Identifier
    starts_on: Day
    ends_on: Day
    note: Text | None = None


class NewSeminar(BaseModel):
    """A seminar that was held; `attended` counts those of the institution's working groups."""

    model_config = _IN

    subject: ShortText
    held_on: Day
    attended: Annotated[int, Field(ge=1, le=100_000, strict=True)]
    attendance_list: Document | None = None


class Suspension(BaseModel):
    """Why the agency suspends a case, and whether its clock stops: null leaves it to the agency's setting, where there is one."""

    model_config = _IN

    reason: Text
    act: ShortText | None = None
    clock: Literal["stops", "runs"] | None = None


class Resumption(BaseModel):
    """Why a suspended case goes on."""

    model_config = _IN

    reason: Text


class Termination(BaseModel):
    """Who terminated the concluded contract, on what grounds, and by what document."""

    model_config = _IN

    by: Terminator
    grounds: Text
    document: Document | None = None


class Discontinuation(BaseModel):
    """Why the director ends an open case; `institution_closed` needs the closing of the institution to be recorded."""

    model_config = _IN

    ground: DiscontinuationGround
    reason: Text
    act: ShortText | None = None


class Withdrawal(BaseModel):
    """Why the institution takes its application back, and its letter."""

    model_config = _IN

    reason: Text
    document: Document | None = None
