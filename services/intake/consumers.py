"""What intake takes from council: certificates that may be renewed, and refusals that bar a repeated application."""

from chassis.events import Recorded
from chassis.readmodels import Write
from regulations import resolve
from services.council.contract import CertificateExpired, CertificateIssued, DecisionAdopted
from services.intake.readmodels import certificates, refusals

#: What a decision brings about in its rulebook when it bars a repeated application: the name of the term.
BAR = "reapplication_bar"


@certificates.on(CertificateIssued)
def _issued(e: Recorded[CertificateIssued]) -> Write:
    fact = e.event
    return certificates.upsert(
        e,
        certificate_id=fact.certificate_id,
        case_id=fact.case_id,
        institution_id=fact.institution_id,
        valid_until=fact.valid_until,
        expired=False,
    )


@certificates.on(CertificateExpired)
def _expired(e: Recorded[CertificateExpired]) -> Write:
    return certificates.update(e, {"certificate_id": e.event.certificate_id}, expired=True)


@refusals.on(DecisionAdopted)
def _decided(e: Recorded[DecisionAdopted]) -> list[Write]:
    fact, words = e.event, resolve(e.event.rulebook).vocabulary("decisions")
    return [
        refusals.upsert(e, case_id=fact.case_id, scope=each.scope, institution_id=fact.institution_id, refused_on=fact.adopted_on)
        for each in fact.decisions
        if BAR in words[each.outcome].follows
    ]
