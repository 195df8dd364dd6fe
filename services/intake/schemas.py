"""Bodies and answers of intake's REST interface."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from chassis.documents import Document
from chassis.text import Day, InstitutionId, ShortText, Text
from regulations import RulebookRef
from services.intake.contract import CaseKind, Language, Level, Programme

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


class Institution(BaseModel):
    """An institution as registered."""

    institution_id: str
    names: dict[str, str]
    kind: str
    city: str
    country: str
    website: str | None
    version: int


class ApplicationItem(BaseModel):
    """An application in a list."""

    case_id: str
    institution_id: str
    kind: str
    rulebook_id: str
    stage: str
    number: str | None
    filed_on: date
    registered_on: date | None
    outcome: str | None
    closed_on: date | None
    version: int


class Missing(BaseModel):
    """A required document that is not there, with the clause that requires it."""

    kind: str
    clause: str
    name: str


class ApplicationDetail(ApplicationItem):
    """An application whole, with what is still missing for registration."""

    programmes: list[Programme]
    levels: list[str]
    rulebook: RulebookRef
    standards: str
    standards_version: str
    renews_certificate_id: str | None
    contract_number: str | None
    contracted_on: date | None
    scheduled_year: int | None
    scheduled_month: int | None
    documents: list[Document]
    missing: list[Missing]
