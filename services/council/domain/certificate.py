"""A certificate: issued on a positive decision or re-issued to a successor, entered in the registers, duplicated, expired or ended
(order 109, p. 4, 20, 21, 23-28). What a follow-up leads to is decided in `followed` and `sanctions`."""

from collections.abc import Mapping, Sequence
from datetime import date

from chassis.decider import Command, Decider, Guard, always
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
    SuspensionTermEnded,
)
from services.council.domain import duplicate, ending, followed, issuing, renewal, sanctions, standing
from services.council.domain.clauses import (
    KZ,
    certifies,
    lapses,
    may_be_appealed,
    outcomes,
)
from services.council.domain.ending import Issue
from services.council.domain.followed import ExtendCertificate, ReceiveCertificate, RecordCertificate
from services.council.domain.sanctions import (
    EndSuspensionTerm,
    RestoreCertificate,
    RevokeCertificate,
    SuspendCertificate,
    TellNationalRegister,
)
from services.council.domain.standing import Certificate, evolve


class IssueCertificate(Command):
    """Issues the certificate of a case: on a blank, where the rulebook keeps them; to a day of a person's, where it has no term.

    The decision and the book of blanks come as facts, and in `certified` which scopes stand on a valid certificate of the case already;
    `stopped` says why nothing is done in the case just now.
    """

    records = (CertificateIssued,)

    certificate_id: str
    case_id: str
    rulebook: RulebookRef
    decision: DecisionAdopted | None
    not_in_force: tuple[str, ...] = ()
    stopped: str = ""
    certified: Mapping[str, str] = {}
    number: str
    blank_number: str = ""
    blank_received: bool = False
    blank_spoiled: bool = False
    valid_until: date | None = None
    term_reason: str | None = None


class ReissueCertificate(Command):
    """Issues the successor's certificate in the place of one that ended. What is known of that one comes as facts."""

    records = (CertificateReissued, RenewalWindowClosed)

    certificate_id: str
    rulebook: RulebookRef
    earlier: Issue
    ended: CertificateEnded | None
    number: str
    blank_number: str = ""
    blank_received: bool = False
    blank_spoiled: bool = False


class EndCertificate(Command):
    """Ends the certificate before its term. `overturned_on` is the day on which an appeal overturned its decision."""

    records = (CertificateEnded,)

    ground: str
    act: str
    ended_on: date
    successor_id: str | None = None
    successor_known: bool = False
    overturned_on: date | None = None


class RequestDuplicate(Command):
    """The institution's written application."""

    records = (DuplicateRequested,)

    application: Document


class PayDuplicate(Command):
    """Records the institution's payment."""

    records = (DuplicatePaid,)

    payment_reference: str
    paid_on: date


class IssueDuplicate(Command):
    """Issues the duplicate on a blank."""

    records = (DuplicateIssued,)

    blank_number: str = ""
    blank_received: bool = False
    blank_spoiled: bool = False


class EnterRegister(Command):
    """Enters the accreditation in the body's public register."""

    records = (RegisterEntryMade,)


class NotifyAuthorisedBody(Command):
    """Tells the authorised body of the certified institution."""

    records = (AuthorisedBodyNotified,)

    outgoing_number: str


class OpenRenewalWindow(Command):
    """From now on an application extends the certificate."""

    records = (RenewalWindowOpened,)


class CloseRenewalWindow(Command):
    """From now on an application is a new case."""

    records = (RenewalWindowClosed,)


class ExpireCertificate(Command):
    """The term is over, and with it that of a suspension that outlasted it."""

    records = (SuspensionTermEnded, CertificateExpired)


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
    | RecordCertificate
    | ReceiveCertificate
    | ExtendCertificate
    | SuspendCertificate
    | EndSuspensionTerm
    | RestoreCertificate
    | RevokeCertificate
    | TellNationalRegister
)


def certificate_id(case_id: str, round_: int = 1) -> str:
    """One certificate for each time that the council decides a case."""
    return derived_id("certificate", case_id, *([str(round_)] if round_ > 1 else []))


def reissued_id(earlier_id: str) -> str:
    """A certificate passes to one successor."""
    return derived_id("certificate", "reissued", earlier_id)


def decide(command: AnyCommand, state: Certificate, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow, or a refusal with its clause."""
    today = local_date(command.at, rules.zone)
    if isinstance(command, IssueCertificate):
        return _issue(command, rules, today)
    if isinstance(command, ReissueCertificate):
        return _reissue(command, rules, today)
    if isinstance(command, RecordCertificate):
        return followed.record(command, state, rules, today)
    if isinstance(command, ExtendCertificate):
        return [followed.extend(command, rules, today)]
    assert state.issued is not None
    match command:
        case EnterRegister():
            return _enter(state.issued, today)
        case NotifyAuthorisedBody():
            return _notify(command, state.issued, today)
        case OpenRenewalWindow():
            return renewal.open_window(state, state.issued, rules, today)
        case CloseRenewalWindow():
            return renewal.close_window(state, state.issued, rules, today)
        case ExpireCertificate():
            return _expire(state, state.issued, rules, today)
        case EndCertificate():
            return _end(command, state.issued, rules, today)
        case RequestDuplicate():
            return [duplicate.request(rules, state.issued, state.duplicates, state.in_force(today), command.application, today)]
        case PayDuplicate():
            return [duplicate.pay(rules, state.duplicates, command.payment_reference, command.paid_on, today)]
        case IssueDuplicate():
            issued = duplicate.issue(rules, state.duplicates, state.in_force(today), command.blank_number, today)
            issuing.require_blank(rules, command.blank_number, command.blank_received, command.blank_spoiled)
            return [issued]
        case ReceiveCertificate():
            return [followed.receive(command, state.issued, rules, today)]
        case SuspendCertificate():
            return sanctions.suspend(command, state, rules)
        case EndSuspensionTerm():
            return sanctions.end_term(state, rules, today)
        case RestoreCertificate():
            return sanctions.restore(command, state, rules, today)
        case RevokeCertificate():
            return sanctions.revoke(command, state, rules)
        case TellNationalRegister():
            return sanctions.tell(command, state, today)


@enforces(KZ, "20", "23")
def _issue(command: IssueCertificate, rules: Rulebook, today: date) -> Sequence[Event]:
    decision, words = command.decision, outcomes(rules)
    if command.stopped:
        raise Conflict(f"the case was {command.stopped}")
    if decision is None or decision.outcome != words.positive:
        raise Refused(
            "there is no positive decision of the council on this case",
            clause=certifies(rules),
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
    new = tuple(scope for scope in in_force if scope not in command.certified)
    if not new:
        raise Conflict(f"what is accredited stands on certificate {', '.join(dict.fromkeys(command.certified.values()))} already")
    issuing.require_blank(rules, command.blank_number, command.blank_received, command.blank_spoiled)
    return [
        CertificateIssued(
            certificate_id=command.certificate_id,
            case_id=command.case_id,
            institution_id=decision.institution_id,
            rulebook=decision.rulebook,
            number=command.number,
            blank_number=command.blank_number,
            scopes=new,
            issued_on=today,
            valid_until=issuing.last_day(rules, command.valid_until, command.term_reason, today),
            term_reason=command.term_reason,
        )
    ]


@enforces(KZ, "23", "26")
def _reissue(command: ReissueCertificate, rules: Rulebook, today: date) -> Sequence[Event]:
    new = (command.number, command.blank_number)
    reissued = ending.reissue(rules, command.certificate_id, command.earlier, command.ended, *new, today)
    issuing.require_blank(rules, command.blank_number, command.blank_received, command.blank_spoiled)
    return [reissued, *renewal.closed_before(reissued, rules, today)]


def _end(command: EndCertificate, issued: Issue, rules: Rulebook, today: date) -> Sequence[Event]:
    ending.check_running(issued, today)
    change = command.model_dump(exclude={"at", "by"})
    return [ending.end(rules, issued, **change, today=today)]


@enforces(KZ, "24")
def _enter(issued: Issue, today: date) -> Sequence[Event]:
    return [RegisterEntryMade(certificate_id=issued.certificate_id, case_id=issued.case_id, entered_on=today)]


@enforces(KZ, "4", "24")
def _notify(command: NotifyAuthorisedBody, issued: Issue, today: date) -> Sequence[Event]:
    return [
        AuthorisedBodyNotified(
            certificate_id=issued.certificate_id,
            case_id=issued.case_id,
            outgoing_number=command.outgoing_number,
            notified_on=today,
        )
    ]


@enforces(KZ, "25")
def _expire(state: Certificate, issued: Issue, rules: Rulebook, today: date) -> Sequence[Event]:
    """Put off while the set term of a suspension runs: the calendar comes again after it."""
    if state.over or issued.valid_until < today <= state.lapses_on:
        return []
    if today <= issued.valid_until:
        raise Refused(
            f"the certificate is valid to the end of {issued.valid_until}",
            clause=lapses(rules),
            rulebook=rules.id,
            accepts=f"the expiry after {issued.valid_until}",
        )
    expired = CertificateExpired(
        certificate_id=issued.certificate_id,
        case_id=issued.case_id,
        institution_id=issued.institution_id,
        expired_on=state.lapses_on,
    )
    return [*(sanctions.end_term(state, rules, today) if state.lapses_on > issued.valid_until else ()), expired]


#: Commands that say under which rulebook they are decided: of what is made, or of the resolution on a follow-up.
_NAMING = (IssueCertificate, ReissueCertificate, RecordCertificate, ExtendCertificate, SuspendCertificate, RevokeCertificate)


def _rules(command: AnyCommand, state: Certificate) -> Rulebook:
    source = command if isinstance(command, _NAMING) else state.issued
    assert source is not None
    return resolve(source.rulebook)


GUARDS: Mapping[type[Command], Guard] = {
    IssueCertificate: standing.first,
    ReissueCertificate: standing.first,
    EnterRegister: standing.entry,
    NotifyAuthorisedBody: standing.notice,
    OpenRenewalWindow: always,
    CloseRenewalWindow: always,
    ExpireCertificate: always,
    EndCertificate: standing.end,
    RequestDuplicate: standing.duplicate_request,
    PayDuplicate: standing.duplicate_payment,
    IssueDuplicate: standing.duplicate_issue,
    RecordCertificate: followed.recording,
    ReceiveCertificate: followed.receipt,
    ExtendCertificate: standing.first,
    SuspendCertificate: always,
    EndSuspensionTerm: always,
    RestoreCertificate: sanctions.restoration,
    RevokeCertificate: always,
    TellNationalRegister: sanctions.telling,
}

CERTIFICATE: Decider[Certificate, Rulebook] = Decider("certificate", Certificate(), decide, evolve, _rules, GUARDS)
