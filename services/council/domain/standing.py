"""A certificate as its facts leave it, whether it is in force, and what that alone says against a command
(order 109, p. 20, 23-28)."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from chassis.problems import Conflict
from regulations import Rulebook, enforces
from services.council.contract import (
    AuthorisedBodyNotified,
    CertificateEnded,
    CertificateExpired,
    CertificateIssued,
    CertificateReissued,
    DuplicateIssued,
    DuplicatePaid,
    DuplicateRequested,
    RegisterEntryMade,
    RenewalWindowClosed,
    RenewalWindowOpened,
)
from services.council.domain import duplicate, issuing
from services.council.domain.clauses import KZ
from services.council.domain.duplicate import Duplicates
from services.council.domain.ending import Issue


@dataclass(frozen=True)
class Certificate:
    """A certificate as it stands."""

    issued: Issue | None = None
    entered: bool = False
    notified_on: date | None = None
    window: RenewalWindowOpened | None = None
    window_closed: bool = False
    expired: bool = False
    ended: CertificateEnded | None = None
    duplicates: Duplicates = field(default_factory=Duplicates)

    @property
    def certificate_id(self) -> str:
        """Which certificate it is."""
        return self.issued.certificate_id if self.issued else ""

    @property
    def institution_id(self) -> str:
        """Whose certificate it is."""
        return self.issued.institution_id if self.issued else ""

    def in_force(self, day: date) -> bool:
        """Whether it holds on a local day."""
        ended_on = self.ended.ended_on if self.ended else None
        return self.issued is not None and valid_on(day, self.issued.issued_on, self.issued.valid_until, ended_on)


@enforces(KZ, "20", "25", "26")
def valid_on(day: date, issued_on: date, last_day: date, ended_on: date | None = None) -> bool:
    """Whether a certificate is in force on a local day: its first and its last day included, the day of an early end not."""
    return issued_on <= day <= last_day and (ended_on is None or day < ended_on)


def evolve(state: Certificate, event: Any) -> Certificate:
    """The state after a fact."""
    match event:
        case CertificateIssued() | CertificateReissued():
            return Certificate(issued=event)
        case RegisterEntryMade():
            return replace(state, entered=True)
        case AuthorisedBodyNotified():
            return replace(state, notified_on=event.notified_on)
        case RenewalWindowOpened():
            return replace(state, window=event)
        case RenewalWindowClosed():
            return replace(state, window_closed=True)
        case CertificateExpired():
            return replace(state, expired=True)
        case CertificateEnded():
            return replace(state, ended=event)
        case DuplicateRequested():
            return replace(state, duplicates=Duplicates(event.round, event))
        case DuplicatePaid():
            return replace(state, duplicates=replace(state.duplicates, paid=event))
        case DuplicateIssued():
            return replace(state, duplicates=Duplicates(event.round))
    return state


def first(state: Certificate, _rules: Rulebook) -> None:
    """A certificate is issued once."""
    if isinstance(state.issued, CertificateReissued):
        raise Conflict(f"the certificate is re-issued already, as {state.issued.number}")
    if state.issued:
        raise Conflict(f"the case has certificate {state.issued.number} already")


@enforces(KZ, "24")
def entry(state: Certificate, rules: Rulebook) -> None:
    """Once, where the rulebook has such a register."""
    issuing.require_register(rules, "body_site_list")
    if state.entered:
        raise Conflict("the certificate stands in the register already")


@enforces(KZ, "4", "24")
def notice(state: Certificate, rules: Rulebook) -> None:
    """Once, where the rulebook has such a notice."""
    issuing.require_register(rules, "authorised_body_notice")
    if state.notified_on:
        raise Conflict("the authorised body was told already")


def end(state: Certificate, _rules: Rulebook) -> None:
    """Once, before its term is over."""
    if state.ended:
        raise Conflict(f"the certificate ended on {state.ended.ended_on}")
    if state.expired and state.issued:
        raise Conflict(f"the certificate lapsed after {state.issued.valid_until}")


def duplicate_request(state: Certificate, rules: Rulebook) -> None:
    """Of a certificate that was not ended, one at a time."""
    duplicate.may_request(rules, state.duplicates)
    duplicate.check_in_force(rules, not (state.ended or state.expired))


def duplicate_payment(state: Certificate, rules: Rulebook) -> None:
    """For a duplicate that was requested."""
    duplicate.may_pay(rules, state.duplicates)


def duplicate_issue(state: Certificate, rules: Rulebook) -> None:
    """Of a certificate that was not ended, once the duplicate is paid for."""
    duplicate.may_issue(rules, state.duplicates)
    duplicate.check_in_force(rules, not (state.ended or state.expired))
