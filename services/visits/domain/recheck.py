"""The check at the end of a licence's suspension whether the defects are gone: its commission, and what it found (order 109 of 2008,
p. 36-38)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from chassis.decider import Command, Decider, Guard, always
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Forbidden, Invalid, NotFound, Refused
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.visits.contract import Commissioner, RecheckCommissionFormed, RecheckHeld, RecheckOpened
from services.visits.domain.dates import check_between, clause_of

ATTESTATION = "kz-109-2008-attestation"
FORMED = "recheck_commission_formed"


class OpenRecheck(Command):
    """A licence is suspended until a day."""

    records = (RecheckOpened,)

    recheck_id: str
    attestation_id: str
    institution_id: str
    rulebook: RulebookRef
    suspension_ends_on: date
    specialties: tuple[str, ...] = ()


class FormRecheckCommission(Command):
    """The authorised body formed the commission, or another one by another order. `known` are those of the members whom the pool has."""

    records = (RecheckCommissionFormed,)

    members: tuple[Commissioner, ...]
    chair_id: str
    known: frozenset[str]
    order_number: str
    sits_on: date | None = None
    formed_on: date | None = None


class HoldRecheck(Command):
    """The commission checked, and gave its recommendation."""

    records = (RecheckHeld,)

    verdict: str
    findings: str
    document: Document
    held_on: date | None = None


@dataclass(frozen=True)
class Recheck:
    """The check as it stands. `suspension_ends_on` is the last day of the suspension."""

    opened: RecheckOpened | None = None
    commission: RecheckCommissionFormed | None = None
    orders: tuple[str, ...] = ()
    held: RecheckHeld | None = None

    @property
    def institution_id(self) -> str:
        """Whose licence it is."""
        return self.opened.institution_id if self.opened else ""

    @property
    def ids(self) -> dict[str, str]:
        """What every later fact carries."""
        of = self.opened
        return {"recheck_id": of.recheck_id, "attestation_id": of.attestation_id, "institution_id": of.institution_id} if of else {}


def evolve(state: Recheck, event: Any) -> Recheck:
    """The check after a fact."""
    match event:
        case RecheckOpened():
            return Recheck(opened=event)
        case RecheckCommissionFormed():
            return replace(state, commission=event, orders=(*state.orders, event.order_number))
        case RecheckHeld():
            return replace(state, held=event)
    return state


def decide(command: OpenRecheck | FormRecheckCommission | HoldRecheck, state: Recheck, book: Rulebook) -> Sequence[Event]:
    """The facts that follow; Refused with the clause, Invalid for what is no commission."""
    on = local_date(command.at, book.zone)
    match command:
        case OpenRecheck():
            return [] if state.opened else [RecheckOpened(**command.model_dump(exclude={"at", "by"}), opened_on=on)]
        case FormRecheckCommission():
            return _form(command, state, book, on)
        case HoldRecheck():
            return _hold(command, state, book, on)


def recheck_clause(book: Rulebook) -> str:
    """The clause on the check."""
    found = book.stage("recheck")
    return clause_of(found) if found else ""


@enforces(ATTESTATION, "36")
def _form(command: FormRecheckCommission, state: Recheck, book: Rulebook, on: date) -> Sequence[Event]:
    """Before the end of the suspension by the reading, after it by the letter; who sits in it the text does not say."""
    assert state.opened is not None
    ends_on = state.opened.suspension_ends_on
    _check_members(command, book)
    if command.order_number in state.orders:
        raise Conflict(f"the commission of order {command.order_number} is recorded already")
    formed_on = command.formed_on or on
    check_between(state.opened.opened_on, formed_on, on, "#/formed_on")
    if book.setting_if_any(FORMED) == "after_the_end" and formed_on <= ends_on:
        raise Refused(
            f"the suspension ends on {ends_on}, and the commission would be formed on {formed_on}",
            clause=recheck_clause(book),
            rulebook=book.id,
            accepts=f"a commission formed after {ends_on}",
        )
    if command.sits_on and command.sits_on <= ends_on:
        raise _too_early(ends_on, command.sits_on, book)
    told = command.model_dump(include={"order_number", "chair_id", "sits_on"})
    return [RecheckCommissionFormed(**state.ids, members=command.members, formed_on=formed_on, **told)]


def _check_members(command: FormRecheckCommission, book: Rulebook) -> None:
    groups = book.vocabularies.get("member_groups", {})
    names = [member.expert_id for member in command.members]
    faults = []
    for n, member in enumerate(command.members):
        if member.expert_id not in command.known or member.expert_id in names[:n]:
            faults.append({"pointer": f"#/members/{n}/expert_id", "detail": f"{member.expert_id} is named twice or not in the pool"})
        faults += [
            {"pointer": f"#/members/{n}/groups", "detail": f"{word} is no group; accepted: {', '.join(groups)}"}
            for word in member.groups
            if word not in groups
        ]
    if command.chair_id not in names:
        faults.append({"pointer": "#/chair_id", "detail": "the chair is one of the members"})
    if faults:
        raise Invalid("; ".join(fault["detail"] for fault in faults), errors=faults)


@enforces(ATTESTATION, "36")
def _hold(command: HoldRecheck, state: Recheck, book: Rulebook, on: date) -> Sequence[Event]:
    """Once the suspension is over; its recommendation is a word of the rulebook (p. 37, 38)."""
    assert state.opened is not None
    assert state.commission is not None
    verdicts = book.vocabularies.get("recheck_verdicts", {})
    if command.verdict not in verdicts:
        detail = f"{command.verdict} is no verdict; accepted: {', '.join(verdicts)}"
        raise Invalid(detail, errors=[{"pointer": "#/verdict", "detail": detail}])
    held_on = command.held_on or on
    if held_on <= state.opened.suspension_ends_on:
        raise _too_early(state.opened.suspension_ends_on, held_on, book)
    check_between(state.commission.formed_on, held_on, on, "#/held_on")
    told = command.model_dump(include={"verdict", "findings"})
    return [RecheckHeld(**state.ids, document=command.document, held_on=held_on, **told)]


def _too_early(ends_on: date, day: date, book: Rulebook) -> Refused:
    return Refused(
        f"the suspension ends on {ends_on}: whether the defects are gone is not checked on {day}",
        clause=recheck_clause(book),
        rulebook=book.id,
        accepts=f"a day after {ends_on}",
    )


def must_chair(state: Recheck, expert_id: str) -> None:
    """The chair of the commission that stands."""
    members = {member.expert_id for member in state.commission.members} if state.commission else set()
    if expert_id not in members:
        raise NotFound("there is no check in whose commission you sit")
    if state.commission is None or expert_id != state.commission.chair_id:
        raise Forbidden("of the commission, its chair alone records what it found")


def check_right(state: Recheck) -> None:
    """Conflict where two commissions would be of one order."""
    if len(set(state.orders)) < len(state.orders):
        raise Conflict("another commission of this check is of that order")


def _unheld(state: Recheck, book: Rulebook) -> None:
    if state.held:
        raise Conflict(f"the check was held on {state.held.held_on}")


def _formed(state: Recheck, book: Rulebook) -> None:
    _unheld(state, book)
    if state.commission is None:
        raise Refused(
            "no commission is formed that could check",
            clause=recheck_clause(book),
            rulebook=book.id,
            accepts="the authorised body's commission first",
        )


def _rules(command: Any, state: Recheck) -> Rulebook:
    ref = command.rulebook if isinstance(command, OpenRecheck) else state.opened.rulebook if state.opened else None
    if ref is None:
        raise NotFound("no check is opened")
    return resolve(ref)


GUARDS: Mapping[type[Command], Guard] = {OpenRecheck: always, FormRecheckCommission: _unheld, HoldRecheck: _formed}

RECHECK: Decider[Recheck, Rulebook] = Decider("recheck", Recheck(), decide, evolve, _rules, GUARDS)
