"""What intake publishes. The id of an application is the id of its case in every service and of its lifecycle workflow."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.documents import Document
from chassis.events import Catalogue, Event
from chassis.privacy import Personal
from chassis.text import ShortText, Text
from regulations import RulebookRef

TASK_QUEUE = "kepil-intake"

Language = Literal["ky", "kk", "ru", "en"]
CaseKind = Literal["institutional", "specialised", "combined"]
Level = Annotated[str, Field(pattern=r"^[a-z_]{2,40}$", description="A word of the rulebook's `education_levels`")]


class Programme(BaseModel):
    """An education programme as the licence names it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: ShortText
    name: ShortText
    level: Level


class InstitutionRegistered(Event):
    """An education organisation became known to the agency."""

    institution_id: str
    names: dict[Language, ShortText]
    kind: ShortText
    city: ShortText
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    website: ShortText | None = None


class RulebookAdopted(Event):
    """The director took a rulebook as the agency's own; needed for one that its authority has repealed."""

    rulebook: RulebookRef
    reason: Text
    adopted_on: date


class ApplicationFiled(Event):
    """An application reached the agency; complete or not. `filed_on` starts the bar of order 109, p. 22."""

    case_id: str
    institution_id: str
    kind: CaseKind
    programmes: tuple[Programme, ...] = ()
    levels: tuple[Level, ...]
    rulebook: RulebookRef
    standards: ShortText
    standards_version: ShortText
    documents: tuple[Document, ...] = ()
    renews_certificate_id: str | None = None
    filed_on: date


class DocumentAttached(Event):
    """A document was added to an application."""

    case_id: str
    document: Document


class ApplicationRegistered(Event):
    """The application is complete and registered: the case opens (order 109, p. 10). Starts the lifecycle workflow."""

    case_id: str
    institution_id: str
    kind: CaseKind
    scopes: tuple[str, ...] = Field(description="`institution`, or `programme:<code>`; each must be decided")
    rulebook: RulebookRef
    standards: ShortText
    standards_version: ShortText
    renews_certificate_id: str | None = None
    number: ShortText
    filed_on: date
    registered_on: date


class ContractSigned(Event):
    """One side signed the bilateral contract."""

    case_id: str
    contract_number: ShortText
    side: Literal["institution", "accreditation_body"]
    signatory_id: str
    signatory_name: Annotated[ShortText, Personal("signatory_id")]
    signed_on: date


class ContractConcluded(Event):
    """Both sides have signed (order 109, p. 9.1)."""

    case_id: str
    contract_number: ShortText
    concluded_on: date


class ScheduleAdopted(Event):
    """The agency adopted its accreditation schedule of a year (order 109, p. 12). Stream: `schedule-<agency>-<year>`."""

    year: int
    act: ShortText
    adopted_on: date


class CaseScheduled(Event):
    """A case took its place in the yearly schedule."""

    case_id: str
    year: int
    month: Annotated[int, Field(ge=1, le=12, description="Planned month of the visit")]


class CaseClosed(Event):
    """The council has decided and what follows is done (order 109, p. 10)."""

    case_id: str
    outcome: str
    closed_on: date


EVENTS = Catalogue(
    "intake",
    {
        "institution": [InstitutionRegistered],
        "rulebook": [RulebookAdopted],
        "application": [
            ApplicationFiled,
            DocumentAttached,
            ApplicationRegistered,
            ContractSigned,
            ContractConcluded,
            CaseScheduled,
            CaseClosed,
        ],
        "schedule": [ScheduleAdopted],
    },
)


class CloseCase(BaseModel):
    """Activity `intake.close_case`: the lifecycle tells that the case is at its end."""

    agency: str
    case_id: str
    outcome: str


CLOSE_CASE = "intake.close_case"
