"""An application and its case: filing, documents, registration, place in the schedule, withdrawal, end (order 109, p. 2-12, 21, 22;
IQAA S1.a). Its contract is in `agreement`, what follows the contract in `preparation`."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal, assert_never

from pydantic import Field

from chassis.decider import Command, Decider
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Invalid, NotFound, Refused
from regulations import Rulebook, RulebookRef, enforces, local_date, possible_from, resolve
from services.intake.contract import (
    ApplicationFiled,
    ApplicationRegistered,
    ApplicationWithdrawn,
    CaseClosed,
    CaseKind,
    CaseScheduled,
    ContractConcluded,
    ContractDrawnUp,
    ContractSigned,
    CoordinatorAppointed,
    DocumentAttached,
    FirstTimeStated,
    PreliminaryTripMade,
    ProcurementCompleted,
    Programme,
    TrainingSeminarHeld,
)
from services.intake.domain import agreement, preparation
from services.intake.domain.agreement import Contract, DrawUpContract, RecordProcurement, SignContract
from services.intake.domain.preparation import (
    AnyPreparation,
    AppointCoordinator,
    Preparation,
    RecordPreliminaryTrip,
    RecordSeminar,
    StateFirstTime,
)
from services.intake.domain.renewal import CertificateFacts, check_renewal
from services.intake.domain.schedule import ScheduleCase, place

_ORDER_109 = "kz-109-2008-accreditation"
_IQAA = "iqaa-accreditation"
_BAR = "reapplication_bar"
_OPEN = ("registered", "contracted")


@dataclass(frozen=True)
class Application:
    """An application as it stands; `stage` is empty before the filing."""

    stage: Literal["", "filed", "registered", "contracted", "withdrawn", "closed"] = ""
    filed: ApplicationFiled | None = None
    documents: tuple[Document, ...] = ()
    contract: Contract = field(default_factory=Contract)
    preparation: Preparation = field(default_factory=Preparation)
    scheduled: tuple[int, int] | None = None

    @property
    def institution_id(self) -> str:
        """Whose application it is."""
        return self.filed.institution_id if self.filed else ""

    @property
    def case_id(self) -> str:
        """The id of the case in every service."""
        return self.filed.case_id if self.filed else ""


class FileApplication(Command):
    """Files an application. What other aggregates know comes as facts: adoption, the certificate to extend, and which scopes of the
    institution were refused, with the day on which the application for each was filed."""

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


class AttachDocument(Command):
    """Adds a document."""

    document: Document


class RegisterApplication(Command):
    """Registers a complete application under a number of the body's book."""

    number: str


class WithdrawApplication(Command):
    """The institution takes its application back. Whether the council has decided comes as a fact."""

    reason: str
    document: Document | None = None
    decided_on: date | None = None


class EndCase(Command):
    """Closes the case."""

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
    | WithdrawApplication
    | EndCase
)


def decide(command: AnyCommand, state: Application, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow, or a refusal with its clause."""
    if state.stage == "withdrawn" and not isinstance(command, EndCase):
        raise Conflict("the institution has withdrawn this application")
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
            if state.stage not in _OPEN:
                raise Conflict("this belongs to an open case: registered and not closed")
            return preparation.prepare(command, state.preparation, state.case_id, state.stage == "contracted", rules)
        case ScheduleCase():
            if state.stage not in _OPEN:
                raise Conflict("only an open case has a place in the schedule")
            return place(command, state.scheduled, state.case_id, rules)
        case WithdrawApplication():
            return _withdraw(command, state, rules)
        case EndCase():
            if state.stage == "closed":
                return []
            return [CaseClosed(case_id=state.case_id, outcome=command.outcome, closed_on=local_date(command.at, rules.zone))]
    assert_never(command)


def evolve(state: Application, event: Any) -> Application:
    """The state after a fact."""
    match event:
        case ApplicationFiled():
            return Application(stage="filed", filed=event, documents=event.documents)
        case DocumentAttached():
            return replace(state, documents=(*state.documents, event.document))
        case ApplicationRegistered():
            return replace(state, stage="registered")
        case ContractDrawnUp():
            return replace(state, contract=replace(state.contract, draft=event))
        case ProcurementCompleted():
            return replace(state, contract=replace(state.contract, procurement=event))
        case ContractSigned():
            signed = (*state.contract.signed, event.side)
            return replace(state, contract=replace(state.contract, number=event.contract_number, signed=signed))
        case ContractConcluded() | FirstTimeStated():
            return replace(state, stage="contracted", preparation=replace(state.preparation, first_time=event.first_time))
        case CoordinatorAppointed():
            return replace(state, preparation=replace(state.preparation, coordinator_id=event.coordinator_id))
        case PreliminaryTripMade():
            return replace(state, preparation=replace(state.preparation, trip=True))
        case TrainingSeminarHeld():
            held = (*state.preparation.seminars, (event.subject, event.held_on))
            return replace(state, preparation=replace(state.preparation, seminars=held))
        case CaseScheduled():
            return replace(state, scheduled=(event.year, event.month))
        case ApplicationWithdrawn():
            return replace(state, stage="withdrawn")
        case CaseClosed():
            return replace(state, stage="closed")
    return state


def missing_documents(rules: Rulebook, kind: str, documents: Iterable[Document]) -> list[dict[str, str]]:
    """The required documents that are not there: kind, clause and English name of each."""
    present = {document.kind for document in documents}
    return [
        {"kind": required.id, "clause": required.clause or "", "name": required.names.en}
        for required in rules.documents.values()
        if kind in required.required_for and required.id not in present
    ]


@enforces(_ORDER_109, "3", "5", "8 (b)")
def _file(command: FileApplication, state: Application, rules: Rulebook) -> Sequence[Event]:
    if state.stage:
        raise Conflict(f"application {command.case_id} is filed already")
    on = local_date(command.at, rules.zone)
    _check_in_force(command, rules, on)
    _check_scope(command, rules)
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


def _check_in_force(command: FileApplication, rules: Rulebook, on: date) -> None:
    if rules.in_force_on(on) or command.adopted:
        return
    repeal = rules.repealed_by
    raise Refused(
        f"{rules.id} is not in force on {on}" + (f": repealed on {repeal.day} by {repeal.by}" if repeal else ""),
        clause=_scope_clause(rules),
        rulebook=rules.id,
        accepts="an adoption of the rulebook as the agency's own by the director, with a reason, before the application",
    )


def _scope_clause(rules: Rulebook) -> str:
    """The clause that says to what the regulation applies."""
    return next((level.clause or "" for level in rules.vocabularies.get("education_levels", {}).values()), "")


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
            clause=_scope_clause(rules),
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
    repeated = {scope: command.refused[scope] for scope in _scopes(command, rules) if scope in command.refused}
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
    if state.stage != "filed":
        raise Conflict("documents are added before the application is registered")
    if any((d.kind, d.sha256) == (command.document.kind, command.document.sha256) for d in state.documents):
        raise Conflict(f"this {command.document.kind} is attached already")
    return [DocumentAttached(case_id=state.case_id, document=command.document)]


@enforces(_ORDER_109, "8.1", "8.2", "8 (a)", "10")
@enforces(_IQAA, "S1.a")
def _register(command: RegisterApplication, state: Application, rules: Rulebook) -> Sequence[Event]:
    filed = state.filed
    if filed is None or state.stage != "filed":
        raise Conflict("the application is registered already")
    missing = missing_documents(rules, filed.kind, state.documents)
    if missing:
        raise Refused(
            "the application is incomplete: " + "; ".join(f"{m['name']} (p. {m['clause']}) is missing" for m in missing),
            clause=missing[0]["clause"],
            rulebook=rules.id,
            accepts="registration once " + ", ".join(m["kind"] for m in missing) + " is attached",
            missing=missing,
        )
    return [
        ApplicationRegistered(
            case_id=filed.case_id,
            institution_id=filed.institution_id,
            kind=filed.kind,
            scopes=_scopes(filed, rules),
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


def _scopes(filed: ApplicationFiled | FileApplication, rules: Rulebook) -> tuple[str, ...]:
    """What the council must decide. Programmes of an institutional application are told, and not accredited one by one."""
    institution = ("institution",) if "institutional" in _parts(rules, filed.kind) else ()
    of_programmes = _of_programmes(rules, filed.kind)
    return institution + tuple(f"programme:{p.code}" for p in filed.programmes if of_programmes)


def _of_programmes(rules: Rulebook, kind: str) -> bool:
    """Whether programmes are accredited one by one: every kind but the institutional one is of programmes, whatever a rulebook calls it."""
    return any(part != "institutional" for part in _parts(rules, kind))


def _contract(command: DrawUpContract | RecordProcurement | SignContract, state: Application, rules: Rulebook) -> Sequence[Event]:
    if state.stage != "registered" or state.filed is None:
        raise Conflict("the contract is concluded after the registration, and once")
    match command:
        case DrawUpContract():
            return agreement.draw_up(command, state.contract, state.case_id, rules)
        case RecordProcurement():
            return agreement.record_procurement(command, state.contract, state.case_id, rules)
        case SignContract():
            return agreement.sign(command, state.contract, state.case_id, state.filed.kind, rules)


def _withdraw(command: WithdrawApplication, state: Application, rules: Rulebook) -> Sequence[Event]:
    """No rulebook forbids it, and none says how: until the council's decision, with a reason."""
    if state.stage not in ("filed", *_OPEN):
        raise Conflict("the case is closed")
    if command.decided_on is not None:
        raise Conflict(f"the council decided on {command.decided_on}; what is decided is not withdrawn")
    return [
        ApplicationWithdrawn(
            case_id=state.case_id,
            institution_id=state.institution_id,
            stage=state.stage,
            reason=command.reason,
            document=command.document,
            withdrawn_on=local_date(command.at, rules.zone),
        )
    ]


def _rules(command: AnyCommand, state: Application) -> Rulebook:
    if isinstance(command, FileApplication):
        return resolve(command.rulebook)
    if state.filed is None:
        raise NotFound("there is no such application")
    return resolve(state.filed.rulebook)


APPLICATION: Decider[Application, Rulebook] = Decider("application", Application(), decide, evolve, _rules)
