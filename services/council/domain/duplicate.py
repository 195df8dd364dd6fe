"""A duplicate of a lost certificate: requested in writing, paid for by the institution, issued on a blank (order 109, p. 28)."""

from dataclasses import dataclass
from datetime import date

from chassis.documents import Document
from chassis.problems import Conflict, Refused
from regulations import Rulebook, enforces
from services.council.contract import DuplicateIssued, DuplicatePaid, DuplicateRequested
from services.council.domain.clauses import KZ, duplicates, pays_for_duplicate
from services.council.domain.ending import Issue


@dataclass(frozen=True)
class Duplicates:
    """How many were requested, and the one that is under way."""

    rounds: int = 0
    requested: DuplicateRequested | None = None
    paid: DuplicatePaid | None = None


@enforces(KZ, "28 (a)")
def may_request(rules: Rulebook, state: Duplicates) -> None:
    """One at a time, where the rulebook knows duplicates."""
    if state.requested:
        raise Conflict(f"a duplicate was requested on {state.requested.requested_on} and is not issued yet")
    if "duplicate" not in rules.terms:
        accepts = "another certificate in the place of the lost one, if the agency so decides"
        raise Refused("the rulebook knows no duplicate", clause=duplicates(rules), rulebook=rules.id, accepts=accepts)


@enforces(KZ, "28 (b)")
def may_pay(rules: Rulebook, state: Duplicates) -> None:
    """Once, for one that was requested."""
    _requested(rules, state)
    if state.paid:
        raise Conflict(f"the duplicate was paid for on {state.paid.paid_on}")


@enforces(KZ, "28 (a)", "28 (b)")
def may_issue(rules: Rulebook, state: Duplicates) -> None:
    """One that was requested and paid for."""
    _requested(rules, state)
    if state.paid is None:
        raise Refused(
            "the duplicate is not paid for",
            clause=pays_for_duplicate(rules),
            rulebook=rules.id,
            accepts="the duplicate after the institution's payment for it",
        )


@enforces(KZ, "28 (a)")
def request(rules: Rulebook, issued: Issue, state: Duplicates, in_force: bool, application: Document, today: date) -> DuplicateRequested:
    """A written application for a duplicate of a certificate that is in force."""
    check_in_force(rules, in_force)
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
    if paid_on > today:
        raise Refused(
            f"{paid_on} is still to come; today is {today}",
            clause=pays_for_duplicate(rules),
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
    """The duplicate. One that is late is issued all the same."""
    requested = _requested(rules, state)
    check_in_force(rules, in_force)
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
            clause=duplicates(rules),
            rulebook=rules.id,
            accepts="a duplicate on the institution's written application",
        )
    return state.requested


def check_in_force(rules: Rulebook, in_force: bool) -> None:
    """Refused for a certificate that is not."""
    if not in_force:
        raise Refused(
            "the certificate is no longer in force",
            clause=duplicates(rules),
            rulebook=rules.id,
            accepts="a duplicate of a certificate that is in force",
        )
