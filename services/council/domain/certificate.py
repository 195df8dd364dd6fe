"""A certificate: issued on a positive decision or re-issued to a successor, entered in the registers, duplicated, expired or ended
(order 109, p. 4, 20, 21, 23-28)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from chassis.decider import Command, Decider
from chassis.documents import Document
from chassis.events import Event
from chassis.ids import derived_id
from chassis.problems import Conflict, Refused
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.council.contract import (
    AuthorisedBodyNotified,
    CertificateEnded,
    CertificateExpired,
    CertificateIssued,
    CertificateReissued,
    DecisionAdopted,
    DuplicateIssued,
    DuplicatePaid,
    DuplicateRequested,
    RegisterEntryMade,
    RenewalWindowClosed,
    RenewalWindowOpened,
)
from services.council.domain import duplicate, ending
from services.council.domain.clauses import (
    KZ,
    LAPSE,
    keeps_blanks,
    may_be_appealed,
    outcomes,
    renewal_closes,
    term_clause,
    valid_until,
)
from services.council.domain.duplicate import Duplicates
from services.council.domain.ending import Issue


@dataclass(frozen=True)
class Certificate:
    """A certificate as it stands."""

    issued: Issue | None = None
    entered: bool = False
    notified: bool = False
    window: RenewalWindowOpened | None = None
    window_closed: bool = False
    expired: bool = False
    ended: CertificateEnded | None = None
    duplicates: Duplicates = field(default_factory=Duplicates)

    @property
    def institution_id(self) -> str:
        """Whose certificate it is."""
        return self.issued.institution_id if self.issued else ""

    def in_force(self, day: date) -> bool:
        """Whether it holds on a local day."""
        ended_on = self.ended.ended_on if self.ended else None
        return self.issued is not None and valid_on(day, self.issued.issued_on, self.issued.valid_until, ended_on)


class IssueCertificate(Command):
    """Issues the certificate of a case on a blank. The decision and the book of blanks come as facts."""

    certificate_id: str
    case_id: str
    rulebook: RulebookRef
    decision: DecisionAdopted | None
    not_in_force: tuple[str, ...] = ()
    number: str
    blank_number: str
    blank_received: bool
    blank_spoiled: bool


class ReissueCertificate(Command):
    """Issues the successor's certificate in the place of one that ended. What is known of that one comes as facts."""

    certificate_id: str
    rulebook: RulebookRef
    earlier: Issue
    ended: CertificateEnded | None
    number: str
    blank_number: str
    blank_received: bool
    blank_spoiled: bool


class EndCertificate(Command):
    """Ends the certificate before its term. `overturned_on` is the day on which an appeal overturned its decision."""

    ground: str
    act: str
    ended_on: date
    successor_id: str | None = None
    successor_known: bool = False
    overturned_on: date | None = None


class RequestDuplicate(Command):
    """The institution's written application."""

    application: Document


class PayDuplicate(Command):
    """Records the institution's payment."""

    payment_reference: str
    paid_on: date


class IssueDuplicate(Command):
    """Issues the duplicate on a blank."""

    blank_number: str
    blank_received: bool
    blank_spoiled: bool


class EnterRegister(Command):
    """Enters the accreditation in the body's public register."""


class NotifyAuthorisedBody(Command):
    """Tells the authorised body of the certified institution."""

    outgoing_number: str


class OpenRenewalWindow(Command):
    """From now on an application extends the certificate."""


class CloseRenewalWindow(Command):
    """From now on an application is a new case."""


class ExpireCertificate(Command):
    """The term is over."""


AnyCommand = (
    IssueCertificate
    | ReissueCertificate
    | EnterRegister
    | NotifyAuthorisedBody
    | OpenRenewalWindow
    | CloseRenewalWindow
    | ExpireCertificate
    | EndCertificate
    | RequestDuplicate
    | PayDuplicate
    | IssueDuplicate
)


def certificate_id(case_id: str) -> str:
    """One certificate for each case."""
    return derived_id("certificate", case_id)


def reissued_id(earlier_id: str) -> str:
    """A certificate passes to one successor."""
    return derived_id("certificate", "reissued", earlier_id)


@enforces(KZ, "20", "25", "26")
def valid_on(day: date, issued_on: date, last_day: date, ended_on: date | None = None) -> bool:
    """Whether a certificate is in force on a local day: its first and its last day included, the day of an early end not."""
    return issued_on <= day <= last_day and (ended_on is None or day < ended_on)


def decide(command: AnyCommand, state: Certificate, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow, or a refusal with its clause."""
    today = local_date(command.at, rules.zone)
    if isinstance(command, IssueCertificate):
        return _issue(command, state, rules, today)
    if isinstance(command, ReissueCertificate):
        return _reissue(command, state, rules, today)
    assert state.issued is not None
    match command:
        case EnterRegister():
            return _enter(state, state.issued, today)
        case NotifyAuthorisedBody():
            return _notify(command, state, state.issued, today)
        case OpenRenewalWindow():
            return _open_window(state, state.issued, rules, today)
        case CloseRenewalWindow():
            return _close_window(state, state.issued, rules, today)
        case ExpireCertificate():
            return _expire(state, state.issued, rules, today)
        case EndCertificate():
            return _end(command, state, state.issued, rules, today)
        case RequestDuplicate():
            return [duplicate.request(rules, state.issued, state.duplicates, state.in_force(today), command.application, today)]
        case PayDuplicate():
            return [duplicate.pay(rules, state.duplicates, command.payment_reference, command.paid_on, today)]
        case IssueDuplicate():
            issued = duplicate.issue(rules, state.duplicates, state.in_force(today), command.blank_number, today)
            _blank(command, rules)
            return [issued]


@enforces(KZ, "20", "23")
def _issue(command: IssueCertificate, state: Certificate, rules: Rulebook, today: date) -> Sequence[Event]:
    if state.issued:
        raise Conflict(f"the case has certificate {state.issued.number} already")
    decision, words = command.decision, outcomes(rules)
    if decision is None or decision.outcome != words.positive:
        raise Refused(
            "there is no positive decision of the council on this case",
            clause=term_clause(rules, "certificate_validity"),
            rulebook=rules.id,
            accepts="a certificate after the council's decision to accredit",
        )
    accredited = tuple(each.scope for each in decision.decisions if each.outcome == words.positive)
    in_force = tuple(scope for scope in accredited if scope not in command.not_in_force)
    if not in_force:
        raise Refused(
            "the decision to accredit is not in force: an appeal suspends it, or it was not upheld",
            clause=may_be_appealed(rules),
            rulebook=rules.id,
            accepts="a certificate on a decision to accredit that is in force",
        )
    _blank(command, rules)
    return [
        CertificateIssued(
            certificate_id=command.certificate_id,
            case_id=command.case_id,
            institution_id=decision.institution_id,
            rulebook=decision.rulebook,
            number=command.number,
            blank_number=command.blank_number,
            scopes=in_force,
            issued_on=today,
            valid_until=valid_until(rules, today),
        )
    ]


@enforces(KZ, "23", "26")
def _reissue(command: ReissueCertificate, state: Certificate, rules: Rulebook, today: date) -> Sequence[Event]:
    if state.issued:
        raise Conflict(f"the certificate is re-issued already, as {state.issued.number}")
    new = (command.number, command.blank_number)
    reissued = ending.reissue(rules, command.certificate_id, command.earlier, command.ended, *new, today)
    _blank(command, rules)
    return [reissued]


def _end(command: EndCertificate, state: Certificate, issued: Issue, rules: Rulebook, today: date) -> Sequence[Event]:
    if state.ended:
        raise Conflict(f"the certificate ended on {state.ended.ended_on}")
    if today > issued.valid_until:
        raise Conflict(f"the certificate lapsed after {issued.valid_until}")
    change = command.model_dump(exclude={"at", "by"})
    return [ending.end(rules, issued, **change, today=today)]


def _blank(command: IssueCertificate | ReissueCertificate | IssueDuplicate, rules: Rulebook) -> None:
    if command.blank_received and not command.blank_spoiled:
        return
    why = "was spoiled" if command.blank_received else "is not in the book of blanks"
    raise Refused(
        f"blank {command.blank_number} {why}",
        clause=keeps_blanks(rules),
        rulebook=rules.id,
        accepts="an unused blank from the book of blanks",
    )


@enforces(KZ, "24")
def _enter(state: Certificate, issued: Issue, today: date) -> Sequence[Event]:
    if state.entered:
        raise Conflict("the certificate stands in the register already")
    return [RegisterEntryMade(certificate_id=issued.certificate_id, case_id=issued.case_id, entered_on=today)]


@enforces(KZ, "4", "24")
def _notify(command: NotifyAuthorisedBody, state: Certificate, issued: Issue, today: date) -> Sequence[Event]:
    if state.notified:
        raise Conflict("the authorised body was told already")
    return [
        AuthorisedBodyNotified(
            certificate_id=issued.certificate_id,
            case_id=issued.case_id,
            outgoing_number=command.outgoing_number,
            notified_on=today,
        )
    ]


@enforces(KZ, "21")
def _open_window(state: Certificate, issued: Issue, rules: Rulebook, today: date) -> Sequence[Event]:
    """The last day is counted back from the expiry; a window whose last day is over is no longer opened."""
    last = renewal_closes(rules, issued.valid_until)
    if state.window or state.window_closed or state.ended or today > last:
        return []
    return [
        RenewalWindowOpened(certificate_id=issued.certificate_id, institution_id=issued.institution_id, opened_on=today, closes_on=last)
    ]


@enforces(KZ, "21")
def _close_window(state: Certificate, issued: Issue, rules: Rulebook, today: date) -> Sequence[Event]:
    if state.window_closed or state.ended:
        return []
    last = renewal_closes(rules, issued.valid_until)
    if today <= last:
        raise Refused(
            f"the institution may apply to extend the certificate to the end of {last}",
            clause=term_clause(rules, "renewal_application"),
            rulebook=rules.id,
            accepts=f"the close after {last}",
        )
    return [RenewalWindowClosed(certificate_id=issued.certificate_id, institution_id=issued.institution_id, closed_on=last)]


@enforces(KZ, "25")
def _expire(state: Certificate, issued: Issue, rules: Rulebook, today: date) -> Sequence[Event]:
    if state.expired or state.ended:
        return []
    if today <= issued.valid_until:
        raise Refused(
            f"the certificate is valid to the end of {issued.valid_until}",
            clause=LAPSE,
            rulebook=rules.id,
            accepts=f"the expiry after {issued.valid_until}",
        )
    return [
        CertificateExpired(
            certificate_id=issued.certificate_id,
            case_id=issued.case_id,
            institution_id=issued.institution_id,
            expired_on=issued.valid_until,
        )
    ]


def evolve(state: Certificate, event: Any) -> Certificate:
    """The state after a fact."""
    match event:
        case CertificateIssued() | CertificateReissued():
            return Certificate(issued=event)
        case RegisterEntryMade():
            return replace(state, entered=True)
        case AuthorisedBodyNotified():
            return replace(state, notified=True)
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


def _rules(command: AnyCommand, state: Certificate) -> Rulebook:
    source = command if isinstance(command, IssueCertificate | ReissueCertificate) else state.issued
    assert source is not None
    return resolve(source.rulebook)


CERTIFICATE: Decider[Certificate, Rulebook] = Decider("certificate", Certificate(), decide, evolve, _rules)
