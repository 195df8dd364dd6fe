"""A certificate as its facts leave it, whether it is in force on a day, and what that alone says against a command
(order 109, p. 20, 23-28; Sapattuu Bilim, 3.2.s1, 3.3)."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

from chassis.problems import Conflict
from regulations import Rulebook, enforces
from services.council.contract import (
    AuthorisedBodyNotified,
    CertificateEnded,
    CertificateExpired,
    CertificateExtended,
    CertificateIssued,
    CertificateReceived,
    CertificateRecorded,
    CertificateReissued,
    CertificateRestored,
    CertificateRevoked,
    CertificateSuspended,
    DuplicateIssued,
    DuplicatePaid,
    DuplicateRequested,
    NationalRegisterTold,
    RegisterEntryMade,
    RenewalWindowClosed,
    RenewalWindowOpened,
    SuspensionTermEnded,
)
from services.council.domain import duplicate, issuing
from services.council.domain.clauses import KZ, SAPATTUU
from services.council.domain.duplicate import Duplicates
from services.council.domain.ending import Issue

#: What a certificate is on a day.
Standing = Literal["not_yet_valid", "valid", "suspended", "revoked", "expired", "ended"]


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
    recorded: CertificateRecorded | None = None
    received_on: date | None = None
    suspended: CertificateSuspended | None = None
    suspended_since: date | None = None
    term_ended: bool = False
    stays: tuple[tuple[date, date], ...] = ()
    revoked: CertificateRevoked | None = None
    register_told_on: date | None = None
    done: frozenset[str] = frozenset()

    @property
    def certificate_id(self) -> str:
        """Which certificate it is."""
        return self.issued.certificate_id if self.issued else ""

    @property
    def institution_id(self) -> str:
        """Whose certificate it is."""
        return self.issued.institution_id if self.issued else ""

    @property
    def over(self) -> str:
        """What has put an end to it, if anything has by now."""
        if self.revoked:
            return f"was revoked on {self.revoked.revoked_on}"
        if self.ended:
            return f"ended on {self.ended.ended_on}"
        return f"lapsed after {self.issued.valid_until}" if self.expired and self.issued else ""

    @property
    @enforces(SAPATTUU, "3.3.b.s2")
    def lapses_on(self) -> date:
        """The day after which it lapses: while the set term of a suspension runs it may be corrected, and its validity must be extended."""
        assert self.issued is not None
        return max(self.issued.valid_until, self.suspended.until) if self.suspended else self.issued.valid_until

    def in_force(self, day: date) -> bool:
        """Whether it holds on a local day."""
        return self.issued is not None and self.standing(day) == "valid"

    @enforces(SAPATTUU, "3.3.b.s1", "3.3.c")
    def standing(self, day: date) -> Standing:
        """What it is on a local day; of a day to come by what is known.

        A suspension lasts until it is restored, though its term be over.
        """
        assert self.issued is not None
        if self.ended and day >= self.ended.ended_on:
            return "ended"
        if self.revoked and day >= self.revoked.revoked_on:
            return "revoked"
        if day > self.lapses_on:
            return "expired"
        if not valid_on(day, valid_from(self.issued), self.lapses_on):
            return "not_yet_valid"
        stayed = any(first <= day < restored for first, restored in self.stays)
        return "suspended" if stayed or (self.suspended_since and day >= self.suspended_since) else "valid"


def valid_from(issued: Issue) -> date:
    """The first day of a certificate's term."""
    return issued.counts_from if isinstance(issued, CertificateExtended) else issued.issued_on


@enforces(KZ, "20", "25", "26")
def valid_on(day: date, issued_on: date, last_day: date, ended_on: date | None = None) -> bool:
    """Whether a certificate is in force on a local day: its first and its last day included, the day of an early end not."""
    return issued_on <= day <= last_day and (ended_on is None or day < ended_on)


def evolve(state: Certificate, event: Any) -> Certificate:
    """The state after a fact."""
    match event:
        case CertificateIssued() | CertificateReissued() | CertificateExtended():
            return Certificate(issued=event)
        case CertificateRecorded():
            return Certificate(issued=event, recorded=event, received_on=event.received_on)
        case CertificateReceived():
            return replace(state, received_on=event.received_on)
        case CertificateSuspended():
            since = state.suspended_since or event.suspended_on
            return replace(state, suspended=event, suspended_since=since, term_ended=False, done=state.done | {event.decision_id})
        case SuspensionTermEnded():
            return replace(state, term_ended=True)
        case CertificateRestored():
            return _restored(state, event)
        case CertificateRevoked():
            return replace(state, revoked=event, done=state.done | {event.decision_id})
        case NationalRegisterTold():
            return replace(state, register_told_on=event.told_on)
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


def _restored(state: Certificate, event: CertificateRestored) -> Certificate:
    """From now on its term is the longer one."""
    stay = ((state.suspended_since, event.restored_on),) if state.suspended_since else ()
    issued = state.issued.model_copy(update={"valid_until": event.valid_until}) if state.issued else None
    return replace(state, issued=issued, suspended=None, suspended_since=None, term_ended=False, stays=(*state.stays, *stay))


def first(state: Certificate, _rules: Rulebook) -> None:
    """A certificate is issued once."""
    if isinstance(state.issued, CertificateReissued):
        raise Conflict(f"the certificate is re-issued already, as {state.issued.number}")
    if isinstance(state.issued, CertificateExtended):
        raise Conflict(f"the certificate is extended already, by {state.issued.number}")
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
    if state.revoked:
        raise Conflict(f"the certificate {state.over}")
    if state.ended:
        raise Conflict(f"the certificate ended on {state.ended.ended_on}")
    if state.expired and state.issued:
        raise Conflict(f"the certificate lapsed after {state.issued.valid_until}")


def duplicate_request(state: Certificate, rules: Rulebook) -> None:
    """Of a certificate that was not ended, one at a time."""
    duplicate.may_request(rules, state.duplicates)
    duplicate.check_in_force(rules, not (state.over or state.suspended))


def duplicate_payment(state: Certificate, rules: Rulebook) -> None:
    """For a duplicate that was requested."""
    duplicate.may_pay(rules, state.duplicates)


def duplicate_issue(state: Certificate, rules: Rulebook) -> None:
    """Of a certificate that was not ended, once the duplicate is paid for."""
    duplicate.may_issue(rules, state.duplicates)
    duplicate.check_in_force(rules, not (state.over or state.suspended))
