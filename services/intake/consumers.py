"""What intake takes from council: certificates that may be renewed, refusals that bar a repeated application, and what is decided."""

from chassis.events import Recorded
from chassis.readmodels import Write
from regulations import resolve
from services.council.contract import (
    AppealDecided,
    CertificateEnded,
    CertificateExpired,
    CertificateIssued,
    CertificateReissued,
    CertificateRestored,
    CertificateRevoked,
    DecisionAdopted,
)
from services.intake.readmodels import certificates, decided, refusals

#: What a decision brings about in its rulebook when it bars a repeated application: the name of the term.
BAR = "reapplication_bar"


@certificates.on(CertificateIssued, CertificateReissued)
def _issued(e: Recorded[CertificateIssued | CertificateReissued]) -> Write:
    fact = e.event
    return certificates.upsert(
        e,
        certificate_id=fact.certificate_id,
        case_id=fact.case_id,
        institution_id=fact.institution_id,
        valid_until=fact.valid_until,
        expired=False,
    )


@certificates.on(CertificateExpired, CertificateEnded, CertificateRevoked)
def _expired(e: Recorded[CertificateExpired | CertificateEnded | CertificateRevoked]) -> Write:
    return certificates.update(e, {"certificate_id": e.event.certificate_id}, expired=True)


@certificates.on(CertificateRestored)
def _restored(e: Recorded[CertificateRestored]) -> Write:
    """The days that a suspension took are given back."""
    return certificates.update(e, {"certificate_id": e.event.certificate_id}, valid_until=e.event.valid_until)


@refusals.on(DecisionAdopted)
def _decided(e: Recorded[DecisionAdopted]) -> list[Write]:
    fact, words = e.event, resolve(e.event.rulebook).vocabulary("decisions")
    return [
        refusals.upsert(e, case_id=fact.case_id, scope=each.scope, institution_id=fact.institution_id, refused_on=fact.adopted_on)
        for each in fact.decisions
        if BAR in words[each.outcome].follows
    ]


@refusals.on(AppealDecided)
def _appealed(e: Recorded[AppealDecided]) -> list[Write]:
    """A refusal that an appeal has set aside bars nothing."""
    scopes = () if e.event.outcome == "upheld" else e.event.scopes
    return [refusals.delete(e, {"case_id": e.event.case_id, "scope": scope}) for scope in scopes]


@decided.on(DecisionAdopted)
def _of_case(e: Recorded[DecisionAdopted]) -> list[Write]:
    fact = e.event
    return [decided.upsert(e, case_id=fact.case_id, scope=each.scope, decided_on=fact.adopted_on) for each in fact.decisions]


@decided.on(AppealDecided)
def _undecided(e: Recorded[AppealDecided]) -> list[Write]:
    """What an appeal remits to the council is not decided again yet."""
    scopes = e.event.scopes if e.event.outcome == "remitted" else ()
    return [decided.delete(e, {"case_id": e.event.case_id, "scope": scope}) for scope in scopes]
