"""What intake shows of institutions and applications, and what it knows of decisions and certificates."""

from sqlalchemy import Boolean, Column, Date, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Event, Recorded
from chassis.readmodels import ReadModel, Write
from services.intake.contract import (
    ApplicationFiled,
    ApplicationRegistered,
    ApplicationWithdrawn,
    CaseClosed,
    CaseDiscontinued,
    CaseReopened,
    CaseResumed,
    CaseScheduled,
    CaseSuspended,
    ContractConcluded,
    ContractDrawnUp,
    ContractSigned,
    ContractTerminated,
    CoordinatorAppointed,
    DocumentAttached,
    FirstTimeStated,
    InstitutionClosed,
    InstitutionDescribed,
    InstitutionRegistered,
    InstitutionSucceeded,
    PreliminaryTripMade,
    ProcurementCompleted,
    TrainingSeminarHeld,
)

institutions = ReadModel(
    "institutions",
    Column("institution_id", Text, primary_key=True),
    Column("names", JSONB),
    Column("kind", Text),
    Column("city", Text),
    Column("country", Text),
    Column("website", Text),
    Column("ownership", Text),
    Column("levels", JSONB),
    Column("eter_id", Text),
    Column("deqar_id", Text),
    Column("national_id", Text),
    Column("successor_id", Text),
    Column("succeeded_on", Date),
    Column("closed_on", Date),
    Column("closing_act", Text),
    Column("version", Integer),
    indexes=[["successor_id"]],
)

applications = ReadModel(
    "applications",
    Column("case_id", Text, primary_key=True),
    Column("institution_id", Text),
    Column("kind", Text),
    Column("programmes", JSONB),
    Column("levels", JSONB),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("standards", Text),
    Column("standards_version", Text),
    Column("renews_certificate_id", Text),
    Column("stage", Text),
    Column("number", Text),
    Column("filed_on", Date),
    Column("registered_on", Date),
    Column("contract_number", Text),
    Column("contract_parts", JSONB),
    Column("contract_amount", Text),
    Column("contract_currency", Text),
    Column("contract_due_dates", JSONB),
    Column("procurement_reference", Text),
    Column("procurement_completed_on", Date),
    Column("contracted_on", Date),
    Column("first_time", Boolean),
    Column("coordinator_id", Text),
    Column("coordinator_appointed_on", Date),
    Column("trip_starts_on", Date),
    Column("trip_ends_on", Date),
    Column("scheduled_year", Integer),
    Column("scheduled_month", Integer),
    Column("suspended_on", Date),
    Column("suspension_reason", Text),
    Column("suspension_stops_clock", Boolean),
    Column("withdrawn_on", Date),
    Column("withdrawal_reason", Text),
    Column("terminated_on", Date),
    Column("terminated_by", Text),
    Column("termination_grounds", Text),
    Column("discontinued_on", Date),
    Column("discontinuation_ground", Text),
    Column("discontinuation_reason", Text),
    Column("reopened_on", Date),
    Column("reopened_for", Text),
    Column("outcome", Text),
    Column("closed_on", Date),
    Column("version", Integer),
    indexes=[["institution_id", "filed_on"], ["stage"]],
    unique=[["number"]],
)

application_documents = ReadModel(
    "application_documents",
    Column("case_id", Text, primary_key=True),
    Column("sha256", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("name", Text),
)

training_seminars = ReadModel(
    "training_seminars",
    Column("case_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("held_on", Date),
    Column("subject", Text),
    Column("attended", Integer),
)

#: Filled from council's events alone (consumers.py).
certificates = ReadModel(
    "certificates",
    Column("certificate_id", Text, primary_key=True),
    Column("case_id", Text),
    Column("institution_id", Text),
    Column("valid_until", Date),
    Column("expired", Boolean),
)

refusals = ReadModel(
    "refusals",
    Column("case_id", Text, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("institution_id", Text),
    Column("refused_on", Date),
    indexes=[["institution_id", "refused_on"]],
)

#: The scopes of which the council's decision stands, from council's events alone.
decided = ReadModel(
    "decided",
    Column("case_id", Text, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("decided_on", Date),
)

ALL = [
    institutions,
    applications,
    application_documents,
    training_seminars,
    certificates,
    refusals,
    decided,
]


@institutions.on(InstitutionRegistered)
def _institution(e: Recorded[InstitutionRegistered]) -> Write:
    return institutions.upsert(e, **e.event.model_dump(), version=e.version)


@institutions.on(InstitutionDescribed)
def _described(e: Recorded[InstitutionDescribed]) -> Write:
    told = e.event.model_dump(exclude={"institution_id"})
    return institutions.update(e, {"institution_id": e.event.institution_id}, **told, version=e.version)


@institutions.on(InstitutionSucceeded)
def _succeeded(e: Recorded[InstitutionSucceeded]) -> Write:
    told = e.event.model_dump(include={"successor_id", "succeeded_on"})
    return institutions.update(e, {"institution_id": e.event.institution_id}, **told, version=e.version)


@institutions.on(InstitutionClosed)
def _institution_closed(e: Recorded[InstitutionClosed]) -> Write:
    told = {"closed_on": e.event.closed_on, "closing_act": e.event.act}
    return institutions.update(e, {"institution_id": e.event.institution_id}, **told, version=e.version)


@applications.on(ApplicationFiled)
def _filed(e: Recorded[ApplicationFiled]) -> Write:
    fact = e.event
    return applications.upsert(
        e,
        case_id=fact.case_id,
        institution_id=fact.institution_id,
        kind=fact.kind,
        programmes=[p.model_dump() for p in fact.programmes],
        levels=list(fact.levels),
        rulebook=fact.rulebook.model_dump(),
        rulebook_id=fact.rulebook.id,
        standards=fact.standards,
        standards_version=fact.standards_version,
        renews_certificate_id=fact.renews_certificate_id,
        stage="filed",
        filed_on=fact.filed_on,
        version=e.version,
    )


@applications.on(ApplicationRegistered)
def _registered(e: Recorded[ApplicationRegistered]) -> Write:
    return _change(e, stage="registered", number=e.event.number, registered_on=e.event.registered_on)


@applications.on(ContractSigned)
def _signed(e: Recorded[ContractSigned]) -> Write:
    return _change(e, contract_number=e.event.contract_number)


@applications.on(ContractConcluded)
def _concluded(e: Recorded[ContractConcluded]) -> Write:
    return _change(e, stage="contracted", contracted_on=e.event.concluded_on, first_time=e.event.first_time)


@applications.on(ContractDrawnUp)
def _drawn_up(e: Recorded[ContractDrawnUp]) -> Write:
    fact = e.event
    return _change(
        e,
        contract_number=fact.contract_number,
        contract_parts=fact.parts,
        contract_amount=fact.amount,
        contract_currency=fact.currency,
        contract_due_dates={step: day.isoformat() for step, day in fact.due_dates.items()},
    )


@applications.on(ProcurementCompleted)
def _procured(e: Recorded[ProcurementCompleted]) -> Write:
    return _change(e, procurement_reference=e.event.reference, procurement_completed_on=e.event.completed_on)


@applications.on(FirstTimeStated)
def _first_time(e: Recorded[FirstTimeStated]) -> Write:
    return _change(e, first_time=e.event.first_time)


@applications.on(CoordinatorAppointed)
def _coordinator(e: Recorded[CoordinatorAppointed]) -> Write:
    return _change(e, coordinator_id=e.event.coordinator_id, coordinator_appointed_on=e.event.appointed_on)


@applications.on(PreliminaryTripMade)
def _trip(e: Recorded[PreliminaryTripMade]) -> Write:
    return _change(e, trip_starts_on=e.event.starts_on, trip_ends_on=e.event.ends_on)


@applications.on(ApplicationWithdrawn)
def _withdrawn(e: Recorded[ApplicationWithdrawn]) -> Write:
    return _in_motion(e, stage="withdrawn", withdrawn_on=e.event.withdrawn_on, withdrawal_reason=e.event.reason)


@applications.on(CaseSuspended)
def _suspended(e: Recorded[CaseSuspended]) -> Write:
    fact = e.event
    return _change(e, suspended_on=fact.suspended_on, suspension_reason=fact.reason, suspension_stops_clock=fact.stops_clock)


@applications.on(CaseResumed)
def _resumed(e: Recorded[CaseResumed]) -> Write:
    return _in_motion(e)


@applications.on(ContractTerminated)
def _terminated(e: Recorded[ContractTerminated]) -> Write:
    fact = e.event
    return _in_motion(e, stage="terminated", terminated_on=fact.terminated_on, terminated_by=fact.by, termination_grounds=fact.grounds)


@applications.on(CaseDiscontinued)
def _discontinued(e: Recorded[CaseDiscontinued]) -> Write:
    fact = e.event
    told = {"discontinued_on": fact.discontinued_on, "discontinuation_ground": fact.ground, "discontinuation_reason": fact.reason}
    return _in_motion(e, stage="discontinued", **told)


@applications.on(CaseReopened)
def _reopened(e: Recorded[CaseReopened]) -> Write:
    told = {"reopened_on": e.event.reopened_on, "reopened_for": e.event.appeal_id}
    return _change(e, stage=e.event.stage or "contracted", outcome=None, closed_on=None, **told)


@applications.on(CaseScheduled)
def _scheduled(e: Recorded[CaseScheduled]) -> Write:
    return _change(e, scheduled_year=e.event.year, scheduled_month=e.event.month)


@applications.on(CaseClosed)
def _closed(e: Recorded[CaseClosed]) -> Write:
    return _change(e, stage="closed", outcome=e.event.outcome, closed_on=e.event.closed_on)


@applications.on(DocumentAttached, TrainingSeminarHeld)
def _added(e: Recorded[DocumentAttached | TrainingSeminarHeld]) -> Write:
    return _change(e)


def _change(e: Recorded[Event], **values: object) -> Write:
    return applications.update(e, {"case_id": e.subject_id}, **values, version=e.version)


def _in_motion(e: Recorded[Event], **values: object) -> Write:
    """A change after which the case is not suspended."""
    return _change(e, suspended_on=None, suspension_reason=None, suspension_stops_clock=None, **values)


@application_documents.on(ApplicationFiled)
def _filed_documents(e: Recorded[ApplicationFiled]) -> list[Write]:
    return [application_documents.upsert(e, case_id=e.event.case_id, **d.model_dump()) for d in e.event.documents]


@application_documents.on(DocumentAttached)
def _attached_document(e: Recorded[DocumentAttached]) -> Write:
    return application_documents.upsert(e, case_id=e.event.case_id, **e.event.document.model_dump())


@training_seminars.on(TrainingSeminarHeld)
def _held(e: Recorded[TrainingSeminarHeld]) -> Write:
    """Its number is its place in the history."""
    return training_seminars.upsert(e, number=e.version, **e.event.model_dump(include={"case_id", "held_on", "subject", "attended"}))
