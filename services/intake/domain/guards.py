"""What the state of a case alone says against a command, whatever its body: asked before every decision, and of every detail that tells
which commands are open."""

from collections.abc import Iterable

from chassis.documents import Document
from chassis.problems import Conflict, Refused
from regulations import Rulebook, enforces
from services.intake.domain.agreement import required_parts
from services.intake.domain.preparation import COORDINATOR, SEMINARS, TRIP, check_order
from services.intake.domain.state import OPEN, UNDECIDED, Application

_ORDER_109 = "kz-109-2008-accreditation"
_IQAA = "iqaa-accreditation"

_ENDED = {
    "withdrawn": "the institution has withdrawn this application",
    "terminated": "the contract of this case was terminated",
    "discontinued": "the director has discontinued this case",
}


def missing_documents(rules: Rulebook, kind: str, documents: Iterable[Document]) -> list[dict[str, str]]:
    """The required documents that are not there: kind, clause and English name of each."""
    present = {document.kind for document in documents}
    return [
        {"kind": required.id, "clause": required.clause or "", "name": required.names.en}
        for required in rules.documents.values()
        if kind in required.required_for and required.id not in present
    ]


def _not_ended(state: Application) -> None:
    if state.without_decision:
        raise Conflict(_ENDED[state.without_decision])


def _not_suspended(state: Application) -> None:
    still = state.suspended
    if still is not None:
        raise Conflict(
            f"the case is suspended since {still.suspended_on}: {still.reason}",
            accepts="its resumption, withdrawal, termination of its contract, or discontinuation",
        )


def _running(state: Application) -> None:
    _not_ended(state)
    _not_suspended(state)


def filing(state: Application, _rules: Rulebook) -> None:
    """Once."""
    _running(state)
    if state.stage:
        raise Conflict(f"application {state.case_id} is filed already")


def attachment(state: Application, _rules: Rulebook) -> None:
    """Before the registration."""
    _running(state)
    if state.stage != "filed":
        raise Conflict("documents are added before the application is registered")


@enforces(_ORDER_109, "8.1", "8.2", "8 (a)", "10")
@enforces(_IQAA, "S1.a")
def registration(state: Application, rules: Rulebook) -> None:
    """Once, and with every document that the rulebook requires."""
    _running(state)
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


def _before_contract(state: Application) -> None:
    _running(state)
    if state.stage != "registered":
        raise Conflict("the contract is concluded after the registration, and once")


def contract_text(state: Application, _rules: Rulebook) -> None:
    """Before the first signature."""
    _before_contract(state)
    if state.contract.signed:
        raise Conflict("the contract is signed by one side; its text stands")


@enforces(_IQAA, "S1.b.3")
def procurement(state: Application, _rules: Rulebook) -> None:
    """Before the first signature."""
    _before_contract(state)
    if state.contract.signed:
        raise Conflict("the contract is signed by one side; the procurement comes before it")


@enforces(_IQAA, "S1.b.2")
def signature(state: Application, rules: Rulebook) -> None:
    """Where the rulebook says what a contract holds, only under one that is drawn up."""
    _before_contract(state)
    required = required_parts(rules)
    if state.contract.draft is None and required:
        raise Refused(
            "the contract is not drawn up: nothing shows what it says",
            clause=next(iter(required.values())).clause or "",
            rulebook=rules.id,
            accepts=f"a signature after a contract with {', '.join(required)} is drawn up",
        )


def _prepared(state: Application) -> None:
    _running(state)
    if state.stage not in OPEN:
        raise Conflict("this belongs to an open case: registered and not closed")


@enforces(_IQAA, "S1.c.1")
def coordinator(state: Application, rules: Rulebook) -> None:
    """After the steps that the rulebook puts before it."""
    _prepared(state)
    check_order(rules, COORDINATOR, state.preparation, state.stage == "contracted")


@enforces(_IQAA, "S1.c.2")
def first_time(state: Application, _rules: Rulebook) -> None:
    """Where the rulebook asks it, and until the trip."""
    _prepared(state)
    if state.preparation.first_time is None:
        raise Conflict("whether it is the first time is told with the contract, where the rulebook asks it")
    if state.preparation.trip:
        raise Conflict("the preliminary trip is made already")


@enforces(_IQAA, "S1.c.2")
def trip(state: Application, rules: Rulebook) -> None:
    """Once, to an institution that is new to the agency."""
    _prepared(state)
    if not state.preparation.first_time:
        raise Conflict("no preliminary trip is due: the agency has worked with the institution, or the rulebook asks for none")
    if state.preparation.trip:
        raise Conflict("the preliminary trip is made already")
    check_order(rules, TRIP, state.preparation, state.stage == "contracted")


@enforces(_IQAA, "S1.d")
def seminar(state: Application, rules: Rulebook) -> None:
    """After the steps that the rulebook puts before it."""
    _prepared(state)
    check_order(rules, SEMINARS, state.preparation, state.stage == "contracted")


def place(state: Application, _rules: Rulebook) -> None:
    """Of an open case."""
    _running(state)
    if state.stage not in OPEN:
        raise Conflict("only an open case has a place in the schedule")


def suspension(state: Application, _rules: Rulebook) -> None:
    """Of an open case."""
    _running(state)
    if state.stage not in OPEN:
        raise Conflict("only an open case is suspended: registered and not closed")


def resumption(state: Application, _rules: Rulebook) -> None:
    """Of a suspended case."""
    _not_ended(state)
    if state.suspended is None:
        raise Conflict("the case is not suspended")


def undecided(state: Application, _rules: Rulebook) -> None:
    """For what ends a case, suspended or not, that has not come to its end."""
    _not_ended(state)
    if state.stage not in UNDECIDED:
        raise Conflict("the case is closed")


def termination(state: Application, _rules: Rulebook) -> None:
    """Of a concluded contract."""
    undecided(state, _rules)
    if state.stage != "contracted":
        raise Conflict("no contract is concluded that could be terminated", accepts="the withdrawal of the application")


def end(state: Application, _rules: Rulebook) -> None:
    """A case that stands still is not closed."""
    if state.stage != "closed":
        _not_suspended(state)
