"""An application and its case: filing, documents, registration, contract, place in the schedule, end (order 109, p. 2-12, 21, 22)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from pydantic import Field

from chassis.decider import Command, Decider
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, NotFound, Refused
from regulations import Rulebook, RulebookRef, compute, enforces, local_date, possible_from, resolve
from services.intake.contract import (
    ApplicationFiled,
    ApplicationRegistered,
    CaseClosed,
    CaseKind,
    CaseScheduled,
    ContractConcluded,
    ContractSigned,
    DocumentAttached,
    Programme,
)

Side = Literal["institution", "accreditation_body"]
SIDES: tuple[Side, ...] = ("institution", "accreditation_body")

_ORDER_109 = "kz-109-2008-accreditation"


@dataclass(frozen=True)
class Application:
    """An application as it stands. `stage` is one of filed, registered, contracted, closed; empty before the filing."""

    stage: Literal["", "filed", "registered", "contracted", "closed"] = ""
    filed: ApplicationFiled | None = None
    documents: tuple[Document, ...] = ()
    contract_number: str = ""
    signed: tuple[Side, ...] = ()
    scheduled: tuple[int, int] | None = None

    @property
    def institution_id(self) -> str:
        """Whose application it is."""
        return self.filed.institution_id if self.filed else ""

    @property
    def case_id(self) -> str:
        """The id of the case in every service."""
        return self.filed.case_id if self.filed else ""


@dataclass(frozen=True)
class CertificateFacts:
    """What the application to extend a certificate rests on."""

    certificate_id: str
    institution_id: str
    valid_until: date
    expired: bool


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


class SignContract(Command):
    """One side signs the bilateral contract; the other must name the same number."""

    contract_number: str
    side: Side
    signatory_id: str
    signatory_name: str


class ScheduleCase(Command):
    """Gives the case its place in an adopted yearly schedule."""

    year: int
    month: int
    schedule_adopted: bool


class EndCase(Command):
    """Closes the case."""

    outcome: str


AnyCommand = FileApplication | AttachDocument | RegisterApplication | SignContract | ScheduleCase | EndCase


def decide(command: AnyCommand, state: Application, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow, or a refusal with its clause."""
    match command:
        case FileApplication():
            return _file(command, state, rules)
        case AttachDocument():
            return _attach(command, state)
        case RegisterApplication():
            return _register(command, state, rules)
        case SignContract():
            return _sign(command, state, rules)
        case ScheduleCase():
            return _schedule(command, state, rules)
        case EndCase():
            if state.stage == "closed":
                return []
            return [CaseClosed(case_id=state.case_id, outcome=command.outcome, closed_on=local_date(command.at, rules.zone))]


def evolve(state: Application, event: Any) -> Application:
    """The state after a fact."""
    match event:
        case ApplicationFiled():
            return Application(stage="filed", filed=event, documents=event.documents)
        case DocumentAttached():
            return replace(state, documents=(*state.documents, event.document))
        case ApplicationRegistered():
            return replace(state, stage="registered")
        case ContractSigned():
            return replace(state, contract_number=event.contract_number, signed=(*state.signed, event.side))
        case ContractConcluded():
            return replace(state, stage="contracted")
        case CaseScheduled():
            return replace(state, scheduled=(event.year, event.month))
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
        _check_renewal(command.certificate, command.institution_id, rules, on)
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
    return next(iter(rules.vocabulary("education_levels").values())).clause or ""


@enforces(_ORDER_109, "2")
def _check_scope(command: FileApplication, rules: Rulebook) -> None:
    levels = rules.vocabularies["education_levels"]
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
    kind = rules.vocabularies["kinds"][command.kind]
    if "specialised" in _parts(rules, command.kind) and not command.programmes:
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
    if not repeated:
        return
    scope, filed_on = max(repeated.items(), key=lambda each: each[1])
    possible = possible_from(rules, "reapplication_bar", filed_on)
    if on < possible:
        raise Refused(
            f"the application of {filed_on} for {scope} was refused; a repeated one is not possible yet",
            clause=rules.terms["reapplication_bar"].clause or "",
            rulebook=rules.id,
            accepts=f"an application from {possible} on",
        )


@enforces(_ORDER_109, "21")
def _check_renewal(certificate: CertificateFacts, institution_id: str, rules: Rulebook, on: date) -> None:
    if certificate.institution_id != institution_id:
        raise Conflict(f"certificate {certificate.certificate_id} is another institution's")
    last = compute(rules, "renewal_application", certificate.valid_until).due_on
    if certificate.expired or on > last:
        raise Refused(
            f"the certificate is valid until {certificate.valid_until}; its extension could be applied for until {last}",
            clause=rules.terms["renewal_application"].clause or "",
            rulebook=rules.id,
            accepts="a new application that renews no certificate",
        )


def _attach(command: AttachDocument, state: Application) -> Sequence[Event]:
    if state.stage != "filed":
        raise Conflict("documents are added before the application is registered")
    if any((d.kind, d.sha256) == (command.document.kind, command.document.sha256) for d in state.documents):
        raise Conflict(f"this {command.document.kind} is attached already")
    return [DocumentAttached(case_id=state.case_id, document=command.document)]


@enforces(_ORDER_109, "8.1", "8.2", "8 (a)", "10")
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
    parts = _parts(rules, filed.kind)
    institution = ("institution",) if "institutional" in parts else ()
    return institution + tuple(f"programme:{p.code}" for p in filed.programmes if "specialised" in parts)


@enforces(_ORDER_109, "9.1")
def _sign(command: SignContract, state: Application, rules: Rulebook) -> Sequence[Event]:
    if state.stage != "registered":
        raise Conflict("the contract is concluded after the registration, and once")
    if command.side in state.signed:
        raise Conflict("this side has signed already")
    if state.contract_number and state.contract_number != command.contract_number:
        raise Conflict(f"the other side has signed contract {state.contract_number}")
    on = local_date(command.at, rules.zone)
    signature = ContractSigned(
        case_id=state.case_id,
        contract_number=command.contract_number,
        side=command.side,
        signatory_id=command.signatory_id,
        signatory_name=command.signatory_name,
        signed_on=on,
    )
    if len(state.signed) + 1 < len(SIDES):
        return [signature]
    return [signature, ContractConcluded(case_id=state.case_id, contract_number=command.contract_number, concluded_on=on)]


@enforces(_ORDER_109, "12")
def _schedule(command: ScheduleCase, state: Application, rules: Rulebook) -> Sequence[Event]:
    if state.stage not in ("registered", "contracted"):
        raise Conflict("only an open case has a place in the schedule")
    if not command.schedule_adopted:
        raise Refused(
            f"there is no schedule of {command.year}",
            clause=rules.registers["schedule"].clause or "",
            rulebook=rules.id,
            accepts=f"the case's place after the schedule of {command.year} is adopted",
        )
    if state.scheduled == (command.year, command.month):
        raise Conflict("the case has that place already")
    return [CaseScheduled(case_id=state.case_id, year=command.year, month=command.month)]


def _rules(command: AnyCommand, state: Application) -> Rulebook:
    if isinstance(command, FileApplication):
        return resolve(command.rulebook)
    if state.filed is None:
        raise NotFound("there is no such application")
    return resolve(state.filed.rulebook)


APPLICATION: Decider[Application, Rulebook] = Decider("application", Application(), decide, evolve, _rules)
