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
CaseKind = Annotated[str, Field(pattern=r"^[a-z_]{2,40}$", description="A word of the rulebook's `kinds`", examples=["institutional"])]
Level = Annotated[str, Field(pattern=r"^[a-z_]{2,40}$", description="A word of the rulebook's `education_levels`")]
Ownership = Annotated[str, Field(pattern=r"^[a-z_]{2,40}$", description="A word of the `ownership` of the rulebooks that ask for it")]
Part = Annotated[str, Field(pattern=r"^[a-z][a-z_]{1,60}$", description="A word of the rulebook's `contents.contract`")]
Step = Annotated[str, Field(pattern=r"^[a-z][a-z_]{1,60}$", description="A stage of the rulebook")]
Amount = Annotated[
    str, Field(pattern=r"^(0|[1-9][0-9]{0,11})(\.[0-9]{1,2})?$", description="Exact, in units of the currency", examples=["1250000.00"])
]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217", examples=["KZT"])]
Cycle = Literal["short_cycle", "first_cycle", "second_cycle", "third_cycle"]
IscedField = Annotated[str, Field(pattern=r"^[0-9]{2,4}$", description="ISCED-F 2013: broad, narrow or detailed field", examples=["0541"])]
EterId = Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9]{4}$", description="Identifier in ETER", examples=["KZ0012"])]
DeqarId = Annotated[str, Field(pattern=r"^DEQARINST[0-9]{4,6}$", description="Identifier in DEQAR", examples=["DEQARINST4102"])]
NationalId = Annotated[
    str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z./-]{0,39}$", description="Identifier in the country's register of organisations")
]


class Programme(BaseModel):
    """An education programme as the licence names it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: ShortText
    name: ShortText
    level: Level
    qf_ehea_cycle: Annotated[Cycle | None, Field(description="Level in the qualifications framework of the EHEA")] = None
    isced_field: IscedField | None = None


class InstitutionRegistered(Event):
    """An education organisation became known to the agency."""

    institution_id: str
    names: dict[Language, ShortText]
    kind: ShortText
    city: ShortText
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    website: ShortText | None = None
    ownership: Ownership | None = None
    levels: tuple[Level, ...] = ()
    eter_id: EterId | None = None
    deqar_id: DeqarId | None = None
    national_id: NationalId | None = None


class InstitutionDescribed(Event):
    """What the agency now knows of an institution besides its name; it takes the place of what was known (`ownership`: IQAA S1.b.3)."""

    institution_id: str
    ownership: Ownership | None = None
    levels: tuple[Level, ...] = ()
    eter_id: EterId | None = None
    deqar_id: DeqarId | None = None
    national_id: NationalId | None = None


class InstitutionSucceeded(Event):
    """Another institution took the place of this one."""

    institution_id: str
    successor_id: str
    act: ShortText = Field(description="The act of the reorganisation")
    succeeded_on: date = Field(description="By the act; it may be recorded later")


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


class ContractDrawnUp(Event):
    """The contract's text was settled for signing (IQAA S1.b.2); it takes the place of an earlier draft."""

    case_id: str
    contract_number: ShortText
    parts: dict[Part, Text] = Field(description="What the contract says, by the parts that the rulebook requires")
    amount: Amount | None = None
    currency: Currency | None = None
    due_dates: dict[Step, date] = Field(default_factory=dict, description="The contract's own last day of each step that it names")
    document: Document | None = None
    drawn_up_on: date


class ProcurementCompleted(Event):
    """The public procurement on the electronic portal came to its end (IQAA S1.b.3)."""

    case_id: str
    reference: ShortText = Field(description="The number of the procurement on the portal")
    completed_on: date
    recorded_on: date


class ContractSigned(Event):
    """One side signed the bilateral contract."""

    case_id: str
    contract_number: ShortText
    side: Literal["institution", "accreditation_body"]
    signatory_id: str
    signatory_name: Annotated[ShortText, Personal("signatory_id")]
    signed_on: date


class ContractConcluded(Event):
    """Both sides have signed (order 109, p. 9.1; IQAA S1.b.1). `first_time` is computed from the agency's own history (IQAA S1.c.2)."""

    case_id: str
    contract_number: ShortText
    concluded_on: date
    first_time: Annotated[bool | None, Field(description="Whether the agency works with the institution for the first time")] = None


class FirstTimeStated(Event):
    """A person states, with a reason, otherwise than the history tells whether it is the first time (IQAA S1.c.2)."""

    case_id: str
    first_time: bool
    reason: Text
    stated_on: date


class CoordinatorAppointed(Event):
    """The case has its coordinator (IQAA S1.c.1); `reason` says why another one was replaced."""

    case_id: str
    coordinator_id: str
    coordinator_name: Annotated[ShortText, Personal("coordinator_id")]
    act: ShortText
    reason: Text | None = None
    appointed_on: date


class PreliminaryTripMade(Event):
    """The preliminary trip to an institution that is new to the agency (IQAA S1.c.2)."""

    case_id: str
    traveller_id: str
    starts_on: date
    ends_on: date
    note: Text | None = None
    recorded_on: date


class TrainingSeminarHeld(Event):
    """A seminar for the institution's working groups (IQAA S1.d)."""

    case_id: str
    subject: ShortText
    held_on: date
    attended: Annotated[int, Field(ge=1, description="How many of the working groups took part")]
    attendance_list: Document | None = None
    recorded_on: date


class ScheduleAdopted(Event):
    """The agency adopted its accreditation schedule of a year (order 109, p. 12). Stream: `schedule-<agency>-<year>`."""

    year: int
    act: ShortText
    adopted_on: date


class CaseScheduled(Event):
    """A case took its place in the yearly schedule, or another one: then `ground` is the rulebook's, where it has them."""

    case_id: str
    year: int
    month: Annotated[int, Field(ge=1, le=12, description="Planned month of the visit")]
    ground: Annotated[str | None, Field(pattern=r"^[a-z][a-z_]{1,60}$", description="A word of `schedule_change_grounds`")] = None
    reason: Text | None = None


class ApplicationWithdrawn(Event):
    """The institution withdrew its application; the case ends without a decision."""

    case_id: str
    institution_id: str
    stage: Annotated[Literal["filed", "registered", "contracted"], Field(description="How far intake had brought the case")]
    reason: Text
    document: Document | None = None
    withdrawn_on: date


class CaseClosed(Event):
    """The council has decided and what follows is done (order 109, p. 10)."""

    case_id: str
    outcome: str
    closed_on: date


EVENTS = Catalogue(
    "intake",
    {
        "institution": [InstitutionRegistered, InstitutionDescribed, InstitutionSucceeded],
        "rulebook": [RulebookAdopted],
        "application": [
            ApplicationFiled,
            DocumentAttached,
            ApplicationRegistered,
            ContractDrawnUp,
            ProcurementCompleted,
            ContractSigned,
            ContractConcluded,
            FirstTimeStated,
            CoordinatorAppointed,
            PreliminaryTripMade,
            TrainingSeminarHeld,
            CaseScheduled,
            ApplicationWithdrawn,
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
