"""By which words institutions, cases, certificates and attestations are found. No person is: whoever is sought by name is so in visits."""

from typing import Any

from sqlalchemy import Column, Text

from chassis.events import Recorded
from chassis.readmodels import ReadModel, Write
from services.council.contract import CertificateExtended, CertificateIssued, CertificateRecorded, CertificateReissued, DuplicateIssued
from services.intake.contract import (
    ApplicationCorrected,
    ApplicationFiled,
    ApplicationRegistered,
    AttestationScheduled,
    ContractDrawnUp,
    InstitutionCorrected,
    InstitutionRegistered,
)

#: One row a word or name; `said` is how it is written, `words` how it is sought.
findings = ReadModel(
    "findings",
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("said", Text),
    Column("words", Text),
    Column("case_id", Text),
    Column("institution_id", Text),
    indexes=[["institution_id"]],
    trigrams=["words"],
)

ALL = [findings]

ID = "id"


def _found(e: Recorded[Any], kind: str, id: str, field: str, said: str, **of: str | None) -> Write:
    return findings.upsert(e, kind=kind, id=id, field=field, said=said, words=said.casefold(), **of)


@findings.on(InstitutionRegistered)
def _institution(e: Recorded[InstitutionRegistered]) -> list[Write]:
    fact = e.event
    return [
        _found(e, "institution", fact.institution_id, ID, fact.institution_id, institution_id=fact.institution_id),
        *_names(e, fact.names),
    ]


@findings.on(InstitutionCorrected)
def _named_otherwise(e: Recorded[InstitutionCorrected]) -> list[Write]:
    names = e.event.corrected.get("names")
    if not names:
        return []
    institution_id = e.event.institution_id
    gone = [language for language in e.event.previous.get("names", {}) if language not in names]
    dropped = [findings.delete(e, {"kind": "institution", "id": institution_id, "field": f"name.{language}"}) for language in gone]
    return [*dropped, *_names(e, names)]


def _names(e: Recorded[Any], names: dict[Any, str]) -> list[Write]:
    institution_id = e.event.institution_id
    return [
        _found(e, "institution", institution_id, f"name.{language}", name, institution_id=institution_id)
        for language, name in names.items()
    ]


@findings.on(ApplicationFiled)
def _case(e: Recorded[ApplicationFiled]) -> Write:
    fact = e.event
    return _found(e, "case", fact.case_id, ID, fact.case_id, case_id=fact.case_id, institution_id=fact.institution_id)


@findings.on(ApplicationRegistered)
def _registered(e: Recorded[ApplicationRegistered]) -> Write:
    fact = e.event
    return _found(e, "case", fact.case_id, "number", fact.number, case_id=fact.case_id, institution_id=fact.institution_id)


@findings.on(ApplicationCorrected)
def _numbered_otherwise(e: Recorded[ApplicationCorrected]) -> Write | None:
    fact = e.event
    number = fact.corrected.get("number")
    return (
        _found(e, "case", fact.case_id, "number", number, case_id=fact.case_id) if fact.fact == "ApplicationRegistered" and number else None
    )


@findings.on(ContractDrawnUp)
def _contract(e: Recorded[ContractDrawnUp]) -> Write:
    return _found(e, "case", e.event.case_id, "contract_number", e.event.contract_number, case_id=e.event.case_id)


@findings.on(CertificateIssued, CertificateRecorded, CertificateReissued, CertificateExtended)
def _certificate(e: Recorded[CertificateIssued | CertificateRecorded | CertificateReissued | CertificateExtended]) -> list[Write]:
    fact = e.event
    of = {"case_id": fact.case_id, "institution_id": fact.institution_id}
    said = {ID: fact.certificate_id, "number": fact.number, "blank_number": getattr(fact, "blank_number", "")}
    return [_found(e, "certificate", fact.certificate_id, field, each, **of) for field, each in said.items() if each]


@findings.on(DuplicateIssued)
def _duplicate(e: Recorded[DuplicateIssued]) -> Write | None:
    fact = e.event
    of = {"case_id": fact.case_id, "institution_id": fact.institution_id}
    if not fact.blank_number:
        return None
    return _found(e, "certificate", fact.certificate_id, f"blank_number.{fact.round}", fact.blank_number, **of)


@findings.on(AttestationScheduled)
def _attestation(e: Recorded[AttestationScheduled]) -> Write:
    fact = e.event
    return _found(e, "attestation", fact.attestation_id, ID, fact.attestation_id, institution_id=fact.institution_id)
