"""Certificates that are followed up, by the two rulebooks of a follow-up, for the tests of this folder."""

from datetime import date
from typing import Any

from chassis.events import Event
from chassis.testing import Given, given
from regulations import Rulebook, load
from services.council.contract import CertificateRecorded, CertificateSuspended, Recommendation, ResolutionAdopted, ResolutionItem
from services.council.domain.certificate import CERTIFICATE
from services.council.domain.followed import ExtendCertificate, RecordCertificate, extended_id
from services.council.domain.sanctions import RestoreCertificate, RevokeCertificate, SuspendCertificate
from services.council.domain.standing import Certificate
from tests.council.cases import at
from tests.council.resolutions import EXTENDED, RULES, SUSPENDED, UNFULFILLED, WITHDRAWN, adopted

AAKR = load("aakr-monitoring-2024")
ISSUED_ON, LAST_DAY, RECORDED_ON = date(2023, 5, 31), date(2026, 5, 31), date(2025, 11, 3)
DECIDED_ON, UNTIL = date(2026, 2, 9), date(2026, 4, 30)
IDS = {"certificate_id": "cert-1", "case_id": "cert-1", "institution_id": "oshgu"}
ADVICE = (Recommendation(recommendation_id="r-1", criterion="Standard 2", text="Renew the aims."),)
STANDS: dict[str, Any] = {
    "certificate_id": "cert-1",
    "institution_id": "oshgu",
    "rulebook": RULES.ref,
    "number": "KG-1",
    "object": "programme",
    "kind": "conditional_3y",
    "issued_on": ISSUED_ON,
    "valid_until": LAST_DAY,
    "recommendations": ADVICE,
    "origin": "The paper register",
}
RECORDED = CertificateRecorded(**STANDS, case_id="cert-1", scopes=(), recorded_on=RECORDED_ON)


def record(on: date = RECORDED_ON, **fields: Any) -> RecordCertificate:
    return RecordCertificate(**at(on), **{**STANDS, **fields})


def certificate(*past: Event) -> Given[Certificate]:
    """A recorded certificate that has lived through `past`."""
    return given(CERTIFICATE, [RECORDED, *past])


def resolution(*items: ResolutionItem, **fields: Any) -> ResolutionAdopted:
    return adopted(*items, **{"certificate_id": "cert-1", "ground": UNFULFILLED, "adopted_on": DECIDED_ON, **fields})


def suspend(on: date = DECIDED_ON, adopted: ResolutionAdopted | None = None, **fields: Any) -> SuspendCertificate:
    decided = adopted or resolution(SUSPENDED, **fields)
    return SuspendCertificate(**at(on), rulebook=RULES.ref, decision_id=decided.decision_id, adopted=decided, reasons="As decided")


def revoke(on: date = DECIDED_ON, adopted: ResolutionAdopted | None = None, **fields: Any) -> RevokeCertificate:
    decided = adopted or resolution(WITHDRAWN, **fields)
    return RevokeCertificate(**at(on), rulebook=RULES.ref, decision_id=decided.decision_id, adopted=decided, reasons="As decided")


def restore(on: date, corrected_on: date, valid_until: date | None = None) -> RestoreCertificate:
    return RestoreCertificate(**at(on), corrected_on=corrected_on, valid_until=valid_until, reason="The act of the check")


def extend(on: date = DECIDED_ON, rules: Rulebook = RULES, **fields: Any) -> ExtendCertificate:
    decided = resolution(EXTENDED, ground=None, adopted_on=on)
    known = {
        "certificate_id": extended_id("cert-1", "d-1"),
        "rulebook": rules.ref,
        "earlier": RECORDED,
        "adopted": decided,
        "number": "KG-2",
    }
    return ExtendCertificate(**at(on), **{**known, **fields})


def suspended(**fields: Any) -> CertificateSuspended:
    known = {"decision_id": "d-1", "cycle_id": "c-1", "ground": UNFULFILLED, "reasons": "As decided", "rulebook": RULES.ref}
    return CertificateSuspended(**{**IDS, **known, "suspended_on": DECIDED_ON, "until": UNTIL, **fields})
