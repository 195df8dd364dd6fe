"""What intake publishes. The id of an application is the id of its case in every service and of its lifecycle workflow."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.corrected import FactCorrected
from chassis.documents import Document
from chassis.events import Catalogue, Event
from chassis.privacy import Personal
from chassis.text import Day, ShortText, Text
from regulations import RulebookRef

# What is published again, alias by alias.
# isort: off
from services.intake.contract_register import (
    IQAA as IQAA,
    ORDER_109 as ORDER_109,
    CaseKind as CaseKind,
    Code as Code,
    DeqarId as DeqarId,
    EsgStandard as EsgStandard,
    EterId as EterId,
    InstitutionClosed as InstitutionClosed,
    InstitutionCorrected as InstitutionCorrected,
    InstitutionDescribed as InstitutionDescribed,
    InstitutionRegistered as InstitutionRegistered,
    InstitutionSucceeded as InstitutionSucceeded,
    Language as Language,
    Level as Level,
    NationalId as NationalId,
    Ownership as Ownership,
    Reference as Reference,
    RulebookAdopted as RulebookAdopted,
    ScheduleAdopted as ScheduleAdopted,
    ScheduleCorrected as ScheduleCorrected,
    StandardArea as StandardArea,
    StandardsAdopted as StandardsAdopted,
    StandardsCorrected as StandardsCorrected,
)
from services.intake.contract_attested import (
    ATTESTATION as ATTESTATION,
    LIMIT_EVENTS as LIMIT_EVENTS,
    SUBJECT_EVENTS as SUBJECT_EVENTS,
    SUBJECT_IMPORT_EVENTS as SUBJECT_IMPORT_EVENTS,
    ExtraordinaryDue as ExtraordinaryDue,
    InterimControlLimitCorrected as InterimControlLimitCorrected,
    InterimControlLimitSet as InterimControlLimitSet,
    InterimControlRecorded as InterimControlRecorded,
    Profile as Profile,
    Specialty as Specialty,
    SpecialtyCode as SpecialtyCode,
    SubjectCorrected as SubjectCorrected,
    SubjectEntered as SubjectEntered,
    SubjectRemoved as SubjectRemoved,
    SubjectsImported as SubjectsImported,
)
from services.intake.contract_attestation import (
    ATTESTATION_EVENTS as ATTESTATION_EVENTS,
    ATTESTATION_SCHEDULE_EVENTS as ATTESTATION_SCHEDULE_EVENTS,
    CLOSE_ATTESTATION as CLOSE_ATTESTATION,
    PROPOSAL_EVENTS as PROPOSAL_EVENTS,
    ApprovedChange as ApprovedChange,
    AttestationAnnounced as AttestationAnnounced,
    AttestationCancelled as AttestationCancelled,
    AttestationClosed as AttestationClosed,
    AttestationCorrected as AttestationCorrected,
    AttestationDatesTold as AttestationDatesTold,
    AttestationRescheduled as AttestationRescheduled,
    AttestationScheduleApproved as AttestationScheduleApproved,
    AttestationScheduleCorrected as AttestationScheduleCorrected,
    AttestationScheduled as AttestationScheduled,
    CloseAttestation as CloseAttestation,
    ProposedEntry as ProposedEntry,
    ScheduleChangeDeclined as ScheduleChangeDeclined,
    ScheduleChangeRequested as ScheduleChangeRequested,
    ScheduleProposalPart as ScheduleProposalPart,
    ScheduleProposed as ScheduleProposed,
    YearLoad as YearLoad,
)
from services.intake.contract_documents import (
    DOCUMENT_EVENTS as DOCUMENT_EVENTS,
    READING_EVENTS as READING_EVENTS,
    RUN_DUE as RUN_DUE,
    DocumentErased as DocumentErased,
    DocumentKind as DocumentKind,
    DocumentRead as DocumentRead,
    DocumentScanned as DocumentScanned,
    DocumentStored as DocumentStored,
    ErasureGround as ErasureGround,
)
# isort: on

TASK_QUEUE = "kepil-intake"

Part = Annotated[str, Field(pattern=r"^[a-z][a-z_]{1,60}$", description="A word of the rulebook's `contents.contract`")]
Step = Annotated[str, Field(pattern=r"^[a-z][a-z_]{1,60}$", description="A stage of the rulebook")]
Amount = Annotated[
    str, Field(pattern=r"^(0|[1-9][0-9]{0,11})(\.[0-9]{1,2})?$", description="Exact, in units of the currency", examples=["1250000.00"])
]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217", examples=["KZT"])]
Cycle = Literal["short_cycle", "first_cycle", "second_cycle", "third_cycle"]
IscedField = Annotated[str, Field(pattern=r"^[0-9]{2,4}$", description="ISCED-F 2013: broad, narrow or detailed field", examples=["0541"])]

Terminator = Literal["institution", "accreditation_body", "both"]
DiscontinuationGround = Literal["institution_closed", "other"]


class Programme(BaseModel):
    """An education programme as the licence names it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: ShortText
    name: ShortText
    level: Level
    qf_ehea_cycle: Annotated[Cycle | None, Field(description="Level in the qualifications framework of the EHEA")] = None
    isced_field: IscedField | None = None


class ApplicationFiled(Event):
    """An application reached the agency; complete or not. `filed_on` starts the bar of order 109, p. 22."""

    under: ClassVar = {ORDER_109: ("8.1", "22 (b)"), IQAA: ("S1.a",)}
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

    under: ClassVar = {ORDER_109: ("8.1", "8.2"), IQAA: ("S1.a",)}
    case_id: str
    document: Document


class ApplicationRegistered(Event):
    """The application is complete and registered: the case opens (order 109, p. 10). Starts the lifecycle workflow."""

    under: ClassVar = {ORDER_109: ("10",), IQAA: ("S1.a",)}
    correctable: ClassVar = frozenset({"number"})
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

    under: ClassVar = {IQAA: ("S1.b.2",)}
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

    under: ClassVar = {IQAA: ("S1.b.3",)}
    correctable: ClassVar = frozenset({"completed_on", "reference"})
    case_id: str
    reference: ShortText = Field(description="The number of the procurement on the portal")
    completed_on: Day
    recorded_on: date


class ContractSigned(Event):
    """One side signed the bilateral contract."""

    under: ClassVar = {ORDER_109: ("9.1",), IQAA: ("S1.b.1",)}
    case_id: str
    contract_number: ShortText
    side: Literal["institution", "accreditation_body"]
    signatory_id: str
    signatory_name: Annotated[ShortText, Personal("signatory_id")]
    signed_on: date


class ContractConcluded(Event):
    """Both sides have signed (order 109, p. 9.1; IQAA S1.b.1). `first_time` is computed from the agency's own history (IQAA S1.c.2)."""

    under: ClassVar = {ORDER_109: ("9.1",), IQAA: ("S1.b.1", "S1.c.2")}
    case_id: str
    contract_number: ShortText
    concluded_on: date
    first_time: Annotated[bool | None, Field(description="Whether the agency works with the institution for the first time")] = None
    due_dates: dict[Step, date] = Field(default_factory=dict, description="The contract's own last day of each step that it names")


class FirstTimeStated(Event):
    """A person states, with a reason, otherwise than the history tells whether it is the first time (IQAA S1.c.2)."""

    under: ClassVar = {IQAA: ("S1.c.2",)}
    case_id: str
    first_time: bool
    reason: Text
    stated_on: date


class CoordinatorAppointed(Event):
    """The case has its coordinator (IQAA S1.c.1); `reason` says why another one was replaced."""

    under: ClassVar = {IQAA: ("S1.c.1",)}
    correctable: ClassVar = frozenset({"act"})
    case_id: str
    coordinator_id: str
    coordinator_name: Annotated[ShortText, Personal("coordinator_id")]
    act: ShortText
    reason: Text | None = None
    appointed_on: date


class PreliminaryTripMade(Event):
    """The preliminary trip to an institution that is new to the agency (IQAA S1.c.2)."""

    under: ClassVar = {IQAA: ("S1.c.2",)}
    correctable: ClassVar = frozenset({"ends_on", "starts_on"})
    case_id: str
    traveller_id: str
    starts_on: Day
    ends_on: Day
    note: Text | None = None
    recorded_on: date


class TrainingSeminarHeld(Event):
    """A seminar for the institution's working groups (IQAA S1.d)."""

    under: ClassVar = {IQAA: ("S1.d",)}
    correctable: ClassVar = frozenset({"attended", "held_on"})
    case_id: str
    subject: ShortText
    held_on: Day
    attended: Annotated[int, Field(ge=1, le=100_000, description="How many of the working groups took part")]
    attendance_list: Document | None = None
    recorded_on: date


class CaseScheduled(Event):
    """A case took its place in the yearly schedule, or another one: then `ground` is the rulebook's, where it has them."""

    under: ClassVar = {ORDER_109: ("12",)}
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


class CaseSuspended(Event):
    """The agency suspended an open case. No text speaks of it: `stops_clock` is the agency's setting, else the word of who suspends."""

    correctable: ClassVar = frozenset({"act"})
    case_id: str
    institution_id: str
    reason: Text
    act: ShortText | None = None
    stops_clock: bool = Field(description="Whether the terms of the case stand still until it is resumed")
    suspended_on: date


class CaseResumed(Event):
    """A suspended case goes on."""

    case_id: str
    institution_id: str
    reason: Text
    suspended_on: date
    resumed_on: date
    stopped_clock: bool = Field(description="Whether the terms of the case stood still between the two days")


class ContractTerminated(Event):
    """A concluded contract was terminated; the case ends without a decision."""

    case_id: str
    institution_id: str
    contract_number: ShortText
    by: Terminator
    grounds: Text
    document: Document | None = None
    terminated_on: date


class CaseDiscontinued(Event):
    """The director ended an open case; `institution_closed` rests on the closing of its institution."""

    correctable: ClassVar = frozenset({"act"})
    case_id: str
    institution_id: str
    ground: DiscontinuationGround
    act: ShortText | None = None
    reason: Text
    stage: Annotated[Literal["filed", "registered", "contracted"] | None, Field(description="How far intake had brought the case")] = None
    discontinued_on: date


class CaseClosed(Event):
    """The council has decided and what follows is done (order 109, p. 10); once more after a reopening."""

    under: ClassVar = {ORDER_109: ("10",)}
    case_id: str
    outcome: str
    closed_on: date


class CaseReopened(Event):
    """An appeal opened a closed case again (order 109, p. 27; IQAA S3.e)."""

    under: ClassVar = {ORDER_109: ("27",), IQAA: ("S3.e",)}
    case_id: str
    institution_id: str
    appeal_id: str
    stage: Annotated[Literal["filed", "registered", "contracted"] | None, Field(description="How far intake had brought the case")] = None
    reopened_on: date


class ApplicationCorrected(FactCorrected):
    """A fact of an application or of its case was recorded wrongly."""

    case_id: str


EVENTS = Catalogue(
    "intake",
    {
        "institution": [InstitutionRegistered, InstitutionDescribed, InstitutionSucceeded, InstitutionClosed, InstitutionCorrected],
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
            CaseSuspended,
            CaseResumed,
            ApplicationWithdrawn,
            ContractTerminated,
            CaseDiscontinued,
            CaseClosed,
            CaseReopened,
            ApplicationCorrected,
        ],
        "schedule": [ScheduleAdopted, ScheduleCorrected],
        "standards": [StandardsAdopted, StandardsCorrected],
        "attested": list(SUBJECT_EVENTS),
        "attested_import": list(SUBJECT_IMPORT_EVENTS),
        "control_limit": list(LIMIT_EVENTS),
        "attestation_proposal": list(PROPOSAL_EVENTS),
        "attestation_schedule": list(ATTESTATION_SCHEDULE_EVENTS),
        "attestation": list(ATTESTATION_EVENTS),
        "document": list(DOCUMENT_EVENTS),
        "document_reading": list(READING_EVENTS),
    },
)


class CloseCase(BaseModel):
    """Activity `intake.close_case`: the lifecycle tells that the case is at its end."""

    agency: str
    case_id: str
    outcome: str


class ReopenCase(BaseModel):
    """Activity `intake.reopen_case`: an appeal takes a closed case up again. Nothing happens to one that is not closed."""

    agency: str
    case_id: str
    appeal_id: str


CLOSE_CASE = "intake.close_case"
REOPEN_CASE = "intake.reopen_case"
