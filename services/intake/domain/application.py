"""An application and its case: filing, documents, registration, place in the schedule, end (order 109, p. 2-12, 21, 22;
IQAA S1.a). Its contract is in `agreement`, what follows the contract in `preparation`, what can befall it in `standing`."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import assert_never

from pydantic import Field

from chassis.decider import Command, Decider, Guard, always
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Invalid, NotFound, Refused
from regulations import Rulebook, RulebookRef, enforces, local_date, possible_from, resolve
from services.intake.contract import ApplicationFiled, ApplicationRegistered, CaseClosed, CaseKind, DocumentAttached, Programme
from services.intake.domain import agreement, guards, preparation
from services.intake.domain.adoption import check_in_force, scope_clause
from services.intake.domain.agreement import DrawUpContract, RecordProcurement, SignContract
from services.intake.domain.preparation import (
    AnyPreparation,
    AppointCoordinator,
    RecordPreliminaryTrip,
    RecordSeminar,
    StateFirstTime,
)
from services.intake.domain.renewal import CertificateFacts, check_renewal
from services.intake.domain.schedule import ScheduleCase, place
from services.intake.domain.standards import AdoptedStandards, check_adopted
from services.intake.domain.standing import (
    AnyStanding,
    DiscontinueCase,
    ResumeCase,
    SuspendCase,
    TakeUpAgain,
    TerminateContract,
    WithdrawApplication,
    befall,
)
from services.intake.domain.state import Application, evolve

_ORDER_109 = "kz-109-2008-accreditation"
_IQAA = "iqaa-accreditation"
_BAR = "reapplication_bar"


class FileApplication(Command):
    """Files an application. What other aggregates know comes as facts: adoption of the rulebook and of standards under it, the
    certificate to extend, the day on which the institution was closed, and which of its scopes were refused, with the day on which the
    application for each was filed."""

    records = (ApplicationFiled,)

    case_id: str
    institution_id: str
    kind: CaseKind
    programmes: tuple[Programme, ...]
    levels: tuple[str, ...]
    rulebook: RulebookRef
    standards: str
    standards_version: str
    documents: tuple[Document, ...]
    adopted: bool
    certificate: CertificateFacts | None = None
    refused: Mapping[str, date] = Field(default_factory=dict)
    adopted_standards: tuple[AdoptedStandards, ...] = ()
    institution_closed_on: date | None = None


class AttachDocument(Command):
    """Adds a document."""

    records = (DocumentAttached,)

    document: Document


class RegisterApplication(Command):
    """Registers a complete application under a number of the body's book."""

    records = (ApplicationRegistered,)

    number: str


class EndCase(Command):
    """Closes the case."""

    records = (CaseClosed,)

    outcome: str


AnyCommand = (
    FileApplication
    | AttachDocument
    | RegisterApplication
    | DrawUpContract
    | RecordProcurement
    | SignContract
    | AnyPreparation
    | ScheduleCase
    | AnyStanding
    | EndCase
)


def decide(command: AnyCommand, state: Application, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow, or a refusal with its clause."""
    match command:
        case FileApplication():
            return _file(command, state, rules)
        case AttachDocument():
            return _attach(command, state)
        case RegisterApplication():
            return _register(command, state, rules)
        case DrawUpContract() | RecordProcurement() | SignContract():
            return _contract(command, state, rules)
        case AppointCoordinator() | StateFirstTime() | RecordPreliminaryTrip() | RecordSeminar():
            return preparation.prepare(command, state.preparation, state.case_id, rules)
        case ScheduleCase():
            return place(command, state.scheduled, state.case_id, rules)
        case SuspendCase() | ResumeCase() | WithdrawApplication() | TerminateContract() | DiscontinueCase() | TakeUpAgain():
            return befall(command, state, rules)
        case EndCase():
            return _end(command, state, rules)
    assert_never(command)


def _end(command: EndCase, state: Application, rules: Rulebook) -> Sequence[Event]:
    """Once, and once more after a reopening; what ended without a decision is closed too, what stands still is not."""
    if state.stage == "closed":
        return []
    return [CaseClosed(case_id=state.case_id, outcome=command.outcome, closed_on=local_date(command.at, rules.zone))]


@enforces(_ORDER_109, "3", "5", "8 (b)")
def _file(command: FileApplication, state: Application, rules: Rulebook) -> Sequence[Event]:
    on = local_date(command.at, rules.zone)
    _check_institution(command, on)
    check_in_force(rules, on, command.adopted, "the application")
    _check_scope(command, rules)
    check_adopted(command.standards, command.standards_version, command.kind, command.adopted_standards, rules)
    _check_bar(command, rules, on)
    if command.certificate is not None:
        check_renewal(command.certificate, command.institution_id, rules, on)
    return [
        ApplicationFiled(
            case_id=command.case_id,
            institution_id=command.institution_id,
            kind=command.kind,
            programmes=command.programmes,
            levels=command.levels,
            rulebook=command.rulebook,
            standards=command.standards,
            standards_version=command.standards_version,
            documents=command.documents,
            renews_certificate_id=command.certificate.certificate_id if command.certificate else None,
            filed_on=on,
        )
    ]


def _check_institution(command: FileApplication, on: date) -> None:
    closed_on = command.institution_closed_on
    if closed_on is not None and closed_on <= on:
        raise Conflict(
            f"institution {command.institution_id} is closed since {closed_on}",
            accepts="an application of the institution that took its place",
        )


@enforces(_ORDER_109, "2")
def _check_scope(command: FileApplication, rules: Rulebook) -> None:
    kinds, levels = rules.vocabularies.get("kinds", {}), rules.vocabularies.get("education_levels", {})
    if command.kind not in kinds:
        error = {"pointer": "#/kind", "detail": f"The kinds of {rules.id} are {', '.join(kinds)}."}
        raise Invalid(f"{rules.id} knows no accreditation of the kind {command.kind}", [error])
    outside = [level for level in (*command.levels, *(p.level for p in command.programmes)) if level not in levels]
    if outside:
        raise Refused(
            f"outside the scope of the regulation: {', '.join(sorted(set(outside)))}",
            clause=scope_clause(rules),
            rulebook=rules.id,
            accepts=f"education levels {', '.join(levels)}",
        )
    repeated = sorted(code for code, times in Counter(p.code for p in command.programmes).items() if times > 1)
    if repeated:
        raise Conflict(f"a programme is named once; repeated: {', '.join(repeated)}")
    kind = kinds[command.kind]
    if _of_programmes(rules, command.kind) and not command.programmes:
        raise Refused(
            f"{kind.names.en} accreditation is of programmes, and none is named",
            clause=kind.clause or "",
            rulebook=rules.id,
            accepts="at least one programme",
        )


@enforces(_ORDER_109, "22 (b)")
def _check_bar(command: FileApplication, rules: Rulebook, on: date) -> None:
    """A repeated application is one for a scope that was refused; for another programme nothing is repeated (reading)."""
    repeated = {scope: command.refused[scope] for scope in scopes_of(command.kind, command.programmes, rules) if scope in command.refused}
    if not repeated or _BAR not in rules.terms:
        return
    scope, filed_on = max(repeated.items(), key=lambda each: each[1])
    possible = possible_from(rules, _BAR, filed_on)
    if on < possible:
        raise Refused(
            f"the application of {filed_on} for {scope} was refused; a repeated one is not possible yet",
            clause=rules.terms[_BAR].clause or "",
            rulebook=rules.id,
            accepts=f"an application from {possible} on",
        )


def _attach(command: AttachDocument, state: Application) -> Sequence[Event]:
    if any((d.kind, d.sha256) == (command.document.kind, command.document.sha256) for d in state.documents):
        raise Conflict(f"this {command.document.kind} is attached already")
    return [DocumentAttached(case_id=state.case_id, document=command.document)]


@enforces(_ORDER_109, "10")
@enforces(_IQAA, "S1.a")
def _register(command: RegisterApplication, state: Application, rules: Rulebook) -> Sequence[Event]:
    filed = state.filed
    assert filed is not None
    return [
        ApplicationRegistered(
            case_id=filed.case_id,
            institution_id=filed.institution_id,
            kind=filed.kind,
            scopes=scopes_of(filed.kind, filed.programmes, rules),
            rulebook=filed.rulebook,
            standards=filed.standards,
            standards_version=filed.standards_version,
            renews_certificate_id=filed.renews_certificate_id,
            number=command.number,
            filed_on=filed.filed_on,
            registered_on=local_date(command.at, rules.zone),
        )
    ]


def _parts(rules: Rulebook, kind: str) -> tuple[str, ...]:
    """The kinds of accreditation that an application of a kind asks for: itself, or those it combines."""
    return rules.vocabulary("kinds")[kind].includes or (kind,)


def scopes_of(kind: str, programmes: Iterable[Programme], rules: Rulebook) -> tuple[str, ...]:
    """What the council must decide. Programmes of an institutional application are told, and not accredited one by one."""
    institution = ("institution",) if "institutional" in _parts(rules, kind) else ()
    of_programmes = _of_programmes(rules, kind)
    return institution + tuple(f"programme:{p.code}" for p in programmes if of_programmes)


def _of_programmes(rules: Rulebook, kind: str) -> bool:
    """Whether programmes are accredited one by one: every kind but the institutional one is of programmes, whatever a rulebook calls it."""
    return any(part != "institutional" for part in _parts(rules, kind))


def _contract(command: DrawUpContract | RecordProcurement | SignContract, state: Application, rules: Rulebook) -> Sequence[Event]:
    assert state.filed is not None
    match command:
        case DrawUpContract():
            return agreement.draw_up(command, state.contract, state.case_id, rules)
        case RecordProcurement():
            return agreement.record_procurement(command, state.contract, state.case_id, rules)
        case SignContract():
            return agreement.sign(command, state.contract, state.case_id, state.filed.kind, rules)


def _rules(command: AnyCommand, state: Application) -> Rulebook:
    if isinstance(command, FileApplication):
        return resolve(command.rulebook)
    if state.filed is None:
        raise NotFound("there is no such application")
    return resolve(state.filed.rulebook)


GUARDS: Mapping[type[Command], Guard] = {
    FileApplication: guards.filing,
    AttachDocument: guards.attachment,
    RegisterApplication: guards.registration,
    DrawUpContract: guards.contract_text,
    RecordProcurement: guards.procurement,
    SignContract: guards.signature,
    AppointCoordinator: guards.coordinator,
    StateFirstTime: guards.first_time,
    RecordPreliminaryTrip: guards.trip,
    RecordSeminar: guards.seminar,
    ScheduleCase: guards.place,
    SuspendCase: guards.suspension,
    ResumeCase: guards.resumption,
    WithdrawApplication: guards.undecided,
    TerminateContract: guards.termination,
    DiscontinueCase: guards.undecided,
    TakeUpAgain: always,
    EndCase: guards.end,
}

APPLICATION: Decider[Application, Rulebook] = Decider("application", Application(), decide, evolve, _rules, GUARDS)
