"""What notices shows of letters, and what it must know to write them: institutions' names, and by which rulebook a matter goes."""

from typing import Any

from sqlalchemy import Column, Date, DateTime, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Recorded
from chassis.readmodels import ReadModel, Write
from services.council.contract import CertificateExtended, CertificateIssued, CertificateRecorded, CertificateReissued
from services.intake.contract import (
    ApplicationFiled,
    ApplicationRegistered,
    AttestationScheduled,
    InstitutionCorrected,
    InstitutionRegistered,
)
from services.monitoring.contract import (
    DeadlineExtended,
    DeadlineRecomputed,
    DeadlineResumed,
    DeadlineSet,
    FollowUpOpened,
    FollowUpRulebookAdopted,
    InternalCommissionFormed,
    InternalCycleOpened,
)
from services.notices.contract_letters import LetterDispatched, LetterDrawnUp, LetterheadSet, LetterNumbered, LetterReceived

letters = ReadModel(
    "letters",
    Column("letter_id", Text, primary_key=True),
    Column("kind", Text),
    Column("year", Integer),
    Column("number", Integer),
    Column("dated_on", Date),
    Column("addressee", Text),
    Column("institution_id", Text),
    Column("case_id", Text),
    Column("event_id", Text),
    Column("event_type", Text),
    Column("rulebook_id", Text),
    Column("clauses", JSONB),
    Column("status", Text),
    Column("dispatched_on", Date),
    Column("received_on", Date),
    Column("drawn_up_at", DateTime(timezone=True)),
    Column("version", Integer),
    indexes=[["institution_id"], ["case_id"], ["drawn_up_at"], ["status"]],
    unique=[["year", "number"]],
)

letter_numbers = ReadModel(
    "letter_numbers",
    Column("letter_id", Text, primary_key=True),
    Column("year", Integer),
    Column("number", Integer),
)

letterheads = ReadModel("letterheads", Column("letterhead_id", Text, primary_key=True), Column("version", Integer))

letter_institutions = ReadModel(
    "letter_institutions",
    Column("institution_id", Text, primary_key=True),
    Column("names", JSONB),
    Column("city", Text),
)

#: By the field of an event that names the matter, and its id there.
letter_matters = ReadModel(
    "letter_matters",
    Column("field", Text, primary_key=True),
    Column("matter_id", Text, primary_key=True),
    Column("institution_id", Text),
    Column("rulebook", JSONB),
    Column("number", Text),
    Column("about", JSONB),
    Column("due_on", Date),
)

ALL = [letters, letter_numbers, letterheads, letter_institutions, letter_matters]


@letter_numbers.on(LetterNumbered)
def _numbered(e: Recorded[LetterNumbered]) -> Write:
    return letter_numbers.upsert(e, **e.event.model_dump())


@letters.on(LetterDrawnUp)
def _drawn_up(e: Recorded[LetterDrawnUp]) -> Write:
    fact = e.event
    told = fact.model_dump(include={"letter_id", "kind", "year", "number", "dated_on", "addressee", "case_id", "drawn_up_at"})
    return letters.upsert(
        e,
        **told,
        institution_id=fact.institution.institution_id if fact.institution else None,
        event_id=fact.source.event_id,
        event_type=fact.source.type,
        rulebook_id=fact.rulebook.id if fact.rulebook else None,
        clauses=list(fact.clauses),
        status="drawn_up",
        version=e.version,
    )


@letters.on(LetterDispatched)
def _dispatched(e: Recorded[LetterDispatched]) -> list[Write]:
    fact = e.event
    known = {"letter_id": fact.letter_id}
    first = letters.update(e, {**known, "status": "drawn_up"}, status="dispatched", dispatched_on=fact.dispatched_on)
    return [first, letters.update(e, known, version=e.version)]


@letters.on(LetterReceived)
def _received(e: Recorded[LetterReceived]) -> list[Write]:
    fact = e.event
    known = {"letter_id": fact.letter_id}
    first = letters.update(e, {**known, "status": "dispatched"}, status="received", received_on=fact.received_on)
    return [first, letters.update(e, known, version=e.version)]


@letterheads.on(LetterheadSet)
def _headed(e: Recorded[LetterheadSet]) -> Write:
    return letterheads.upsert(e, letterhead_id=e.subject_id, version=e.version)


@letter_institutions.on(InstitutionRegistered)
def _registered(e: Recorded[InstitutionRegistered]) -> Write:
    fact = e.event
    return letter_institutions.upsert(e, institution_id=fact.institution_id, names=fact.model_dump(mode="json")["names"], city=fact.city)


@letter_institutions.on(InstitutionCorrected)
def _corrected(e: Recorded[InstitutionCorrected]) -> Write | None:
    right = {name: value for name, value in e.event.corrected.items() if name in ("names", "city")}
    if e.event.fact != InstitutionRegistered.type_name() or not right:
        return None
    return letter_institutions.update(e, {"institution_id": e.event.institution_id}, **right)


@letter_matters.on(ApplicationFiled)
def _filed(e: Recorded[ApplicationFiled]) -> Write:
    return _matter(e, "case_id")


@letter_matters.on(ApplicationRegistered)
def _case(e: Recorded[ApplicationRegistered]) -> Write:
    return _matter(e, "case_id", number=e.event.number)


@letter_matters.on(AttestationScheduled)
def _attestation(e: Recorded[AttestationScheduled]) -> Write:
    return _matter(e, "attestation_id")


@letter_matters.on(CertificateIssued, CertificateReissued, CertificateRecorded, CertificateExtended)
def _certificate(e: Recorded[CertificateIssued | CertificateReissued | CertificateRecorded | CertificateExtended]) -> Write:
    return _matter(e, "certificate_id", number=e.event.number)


@letter_matters.on(FollowUpOpened)
def _followup(e: Recorded[FollowUpOpened]) -> Write:
    return _matter(e, "followup_id", number=e.event.number)


@letter_matters.on(FollowUpRulebookAdopted)
def _readopted(e: Recorded[FollowUpRulebookAdopted]) -> Write:
    known = {"field": "followup_id", "matter_id": e.event.followup_id}
    return letter_matters.update(e, known, rulebook=e.event.rulebook.model_dump(mode="json"))


@letter_matters.on(DeadlineSet)
def _deadline(e: Recorded[DeadlineSet]) -> Write:
    fact = e.event
    told = fact.model_dump(mode="json", include={"rule", "clause", "source", "binds", "case_id"})
    return _matter(e, "deadline_id", about=told, due_on=fact.due_on)


@letter_matters.on(DeadlineExtended, DeadlineRecomputed, DeadlineResumed)
def _moved(e: Recorded[DeadlineExtended | DeadlineRecomputed | DeadlineResumed]) -> Write:
    return letter_matters.update(e, {"field": "deadline_id", "matter_id": e.event.deadline_id}, due_on=e.event.due_on)


@letter_matters.on(InternalCycleOpened)
def _internal_cycle(e: Recorded[InternalCycleOpened]) -> Write:
    return letter_matters.upsert(e, field="cycle_id", matter_id=e.event.cycle_id, rulebook=e.event.rulebook.model_dump(mode="json"))


@letter_matters.on(InternalCommissionFormed)
def _internal(e: Recorded[InternalCommissionFormed]) -> Write:
    return letter_matters.upsert(e, field="agency", matter_id="internal", rulebook=e.event.rulebook.model_dump(mode="json"))


def _matter(e: Recorded[Any], field: str, **values: Any) -> Write:
    fact = e.event
    told = {"institution_id": fact.institution_id, "rulebook": fact.rulebook.model_dump(mode="json")}
    return letter_matters.upsert(e, field=field, matter_id=getattr(fact, field), **told, **values)
