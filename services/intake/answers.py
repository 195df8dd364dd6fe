"""Answers of intake's REST interface."""

from datetime import date

from pydantic import BaseModel, Field

from chassis.actions import Action
from chassis.documents import Document
from regulations import RulebookRef
from services.intake.contract import Programme, StandardArea


class Institution(BaseModel):
    """An institution as registered."""

    institution_id: str
    names: dict[str, str]
    kind: str
    city: str
    country: str
    website: str | None
    ownership: str | None
    levels: list[str]
    eter_id: str | None
    deqar_id: str | None
    national_id: str | None
    successor_id: str | None
    succeeded_on: date | None
    closed_on: date | None
    closing_act: str | None
    version: int


class OpenCase(BaseModel):
    """A case of an institution that has not come to its end."""

    case_id: str
    kind: str
    rulebook_id: str
    stage: str
    filed_on: date
    suspended_on: date | None
    scopes: list[str]


class InstitutionDetail(Institution):
    """An institution with those whose place it took and its open cases; those of a closed one are the director's to discontinue."""

    predecessors: list[str]
    open_cases: list[OpenCase]
    allowed_actions: list[Action]


class AdoptionItem(BaseModel):
    """An adopted rulebook in a list."""

    adoption_id: str
    rulebook_id: str
    rulebook_version: str
    adopted_on: date
    version: int


class AdoptionDetail(AdoptionItem):
    """An adopted rulebook, why it was adopted, and the hash of what was adopted."""

    allowed_actions: list[Action]
    rulebook: RulebookRef
    reason: str


class ScheduleItem(BaseModel):
    """A year's schedule in a list."""

    schedule_id: str
    year: int
    act: str
    adopted_on: date
    version: int


class ScheduledCase(BaseModel):
    """A case with the planned month of its visit."""

    case_id: str
    institution_id: str
    kind: str
    stage: str
    month: int


class ScheduleDetail(ScheduleItem):
    """A year's schedule with the cases that have their place in it, by month."""

    allowed_actions: list[Action]
    cases: list[ScheduledCase]


class StandardsItem(BaseModel):
    """Adopted standards in a list."""

    standards_id: str
    standards: str
    standards_version: str
    kind: str
    rulebook_id: str
    act: str
    adopted_on: date
    version: int


class StandardsDetail(StandardsItem):
    """Adopted standards whole; `esg_without_area` are the standards of the ESG, part 1, to which no area is mapped."""

    allowed_actions: list[Action]
    rulebook: RulebookRef
    areas: list[StandardArea]
    references: list[str]
    esg_without_area: list[str]


class Seminar(BaseModel):
    """A training seminar that was held for a case."""

    subject: str
    held_on: date
    attended: int


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
    suspended_on: date | None
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

    allowed_actions: list[Action]
    programmes: list[Programme]
    levels: list[str]
    rulebook: RulebookRef
    standards: str
    standards_version: str
    renews_certificate_id: str | None
    contract_number: str | None
    contract_parts: dict[str, str] | None
    contract_amount: str | None
    contract_currency: str | None
    contract_due_dates: dict[str, date] | None
    procurement_reference: str | None
    procurement_completed_on: date | None
    contracted_on: date | None
    first_time: bool | None
    coordinator_id: str | None
    coordinator_appointed_on: date | None
    trip_starts_on: date | None
    trip_ends_on: date | None
    seminars: list[Seminar]
    scheduled_year: int | None
    scheduled_month: int | None
    suspension_reason: str | None
    suspension_stops_clock: bool | None
    withdrawn_on: date | None
    withdrawal_reason: str | None
    terminated_on: date | None
    terminated_by: str | None
    termination_grounds: str | None
    discontinued_on: date | None
    discontinuation_ground: str | None
    discontinuation_reason: str | None
    reopened_on: date | None
    reopened_for: str | None = Field(description="The appeal that opened the closed case again")
    procedure_stage: str | None = Field(description="A word of the rulebook's `procedure_stages`, as far as intake knows; null at the end")
    open_cases_of_scope: list[OpenCase] = Field(description="Other open cases of the institution, each with the scopes that are here too")
    documents: list[Document]
    missing: list[Missing]
