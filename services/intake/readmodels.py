"""What intake shows: institutions, applications, adopted rulebooks, schedules; and what it knows of decisions and certificates."""

from sqlalchemy import Boolean, Column, Date, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Event, Recorded
from chassis.readmodels import ReadModel, Write
from services.intake.contract import (
    ApplicationFiled,
    ApplicationRegistered,
    CaseClosed,
    CaseScheduled,
    ContractConcluded,
    ContractSigned,
    DocumentAttached,
    InstitutionRegistered,
    RulebookAdopted,
    ScheduleAdopted,
)

institutions = ReadModel(
    "institutions",
    Column("institution_id", Text, primary_key=True),
    Column("names", JSONB),
    Column("kind", Text),
    Column("city", Text),
    Column("country", Text),
    Column("website", Text),
    Column("version", Integer),
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
    Column("contracted_on", Date),
    Column("scheduled_year", Integer),
    Column("scheduled_month", Integer),
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

adoptions = ReadModel(
    "adoptions",
    Column("rulebook_id", Text, primary_key=True),
    Column("rulebook_version", Text, primary_key=True),
    Column("content_hash", Text),
    Column("reason", Text),
    Column("adopted_on", Date),
)

schedules = ReadModel(
    "schedules",
    Column("year", Integer, primary_key=True),
    Column("act", Text),
    Column("adopted_on", Date),
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

ALL = [institutions, applications, application_documents, adoptions, schedules, certificates, refusals]


@institutions.on(InstitutionRegistered)
def _institution(e: Recorded[InstitutionRegistered]) -> Write:
    return institutions.upsert(e, **e.event.model_dump(), version=e.version)


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
    return _change(e, stage="contracted", contracted_on=e.event.concluded_on)


@applications.on(CaseScheduled)
def _scheduled(e: Recorded[CaseScheduled]) -> Write:
    return _change(e, scheduled_year=e.event.year, scheduled_month=e.event.month)


@applications.on(CaseClosed)
def _closed(e: Recorded[CaseClosed]) -> Write:
    return _change(e, stage="closed", outcome=e.event.outcome, closed_on=e.event.closed_on)


@applications.on(DocumentAttached)
def _attached(e: Recorded[DocumentAttached]) -> Write:
    return _change(e)


def _change(e: Recorded[Event], **values: object) -> Write:
    return applications.update(e, {"case_id": e.subject_id}, **values, version=e.version)


@application_documents.on(ApplicationFiled)
def _filed_documents(e: Recorded[ApplicationFiled]) -> list[Write]:
    return [application_documents.upsert(e, case_id=e.event.case_id, **d.model_dump()) for d in e.event.documents]


@application_documents.on(DocumentAttached)
def _attached_document(e: Recorded[DocumentAttached]) -> Write:
    return application_documents.upsert(e, case_id=e.event.case_id, **e.event.document.model_dump())


@adoptions.on(RulebookAdopted)
def _adopted(e: Recorded[RulebookAdopted]) -> Write:
    fact = e.event
    return adoptions.upsert(
        e,
        rulebook_id=fact.rulebook.id,
        rulebook_version=fact.rulebook.version,
        content_hash=fact.rulebook.content_hash,
        reason=fact.reason,
        adopted_on=fact.adopted_on,
    )


@schedules.on(ScheduleAdopted)
def _schedule(e: Recorded[ScheduleAdopted]) -> Write:
    return schedules.upsert(e, **e.event.model_dump())
