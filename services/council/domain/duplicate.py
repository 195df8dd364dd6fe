"""A duplicate of a lost certificate: requested in writing, paid for by the institution, issued on a blank (order 109, p. 28)."""

from dataclasses import dataclass
from datetime import date

from chassis.documents import Document
from chassis.problems import Conflict, Refused
from regulations import Rulebook, enforces
from services.council.contract import CertificateIssued, CertificateReissued, DuplicateIssued, DuplicatePaid, DuplicateRequested
from services.council.domain.clauses import KZ, PAYMENT_FOR_DUPLICATE, term_clause

Issue = CertificateIssued | CertificateReissued


@dataclass(frozen=True)
class Duplicates:
    """How many were requested, and the one that is under way."""

    rounds: int = 0
    requested: DuplicateRequested | None = None
    paid: DuplicatePaid | None = None


@enforces(KZ, "28 (a)")
def request(rules: Rulebook, issued: Issue, state: Duplicates, in_force: bool, application: Document, today: date) -> DuplicateRequested:
    """A written application for a duplicate of a certificate that is in force; one at a time."""
    if state.requested:
        raise Conflict(f"a duplicate was requested on {state.requested.requested_on} and is not issued yet")
    _in_force(rules, in_force)
    return DuplicateRequested(
        certificate_id=issued.certificate_id,
        case_id=issued.case_id,
        institution_id=issued.institution_id,
        round=state.rounds + 1,
        application=application,
        requested_on=today,
    )


@enforces(KZ, "28 (b)")
def pay(rules: Rulebook, state: Duplicates, payment_reference: str, paid_on: date, today: date) -> DuplicatePaid:
    """The institution's payment, as the agency received it."""
    requested = _requested(rules, state)
    if state.paid:
        raise Conflict(f"the duplicate was paid for on {state.paid.paid_on}")
    if paid_on > today:
        raise Refused(
            f"{paid_on} is still to come; today is {today}",
            clause=PAYMENT_FOR_DUPLICATE,
            rulebook=rules.id,
            accepts="a payment that was made",
        )
    return DuplicatePaid(
        certificate_id=requested.certificate_id,
        case_id=requested.case_id,
        round=requested.round,
        payment_reference=payment_reference,
        paid_on=paid_on,
    )


@enforces(KZ, "28 (a)", "28 (b)")
def issue(rules: Rulebook, state: Duplicates, in_force: bool, blank_number: str, today: date) -> DuplicateIssued:
    """The duplicate, once it is paid for. One that is late is issued all the same."""
    requested = _requested(rules, state)
    _in_force(rules, in_force)
    if state.paid is None:
        raise Refused(
            "the duplicate is not paid for",
            clause=PAYMENT_FOR_DUPLICATE,
            rulebook=rules.id,
            accepts="the duplicate after the institution's payment for it",
        )
    return DuplicateIssued(
        certificate_id=requested.certificate_id,
        case_id=requested.case_id,
        institution_id=requested.institution_id,
        round=requested.round,
        blank_number=blank_number,
        issued_on=today,
    )


def _requested(rules: Rulebook, state: Duplicates) -> DuplicateRequested:
    if state.requested is None:
        raise Refused(
            "no duplicate is requested",
            clause=term_clause(rules, "duplicate"),
            rulebook=rules.id,
            accepts="a duplicate on the institution's written application",
        )
    return state.requested


def _in_force(rules: Rulebook, in_force: bool) -> None:
    if not in_force:
        raise Refused(
            "the certificate is no longer in force",
            clause=term_clause(rules, "duplicate"),
            rulebook=rules.id,
            accepts="a duplicate of a certificate that is in force",
        )
