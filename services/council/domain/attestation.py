"""The authorised body's decision on a state attestation, and what follows where it is not to attest: the licence suspended, restored, or
referred to the law (order 109 of 2008, p. 33-38). It has the id of the attestation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.decider import Command, Decider, Guard, always
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Invalid, NotFound, Refused
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.council.contract import (
    AttestationDecided,
    AttestationDecisionOpened,
    AttestationDecisionTold,
    DeprivationReferred,
    FineReferred,
    KnowledgeFigures,
    LicenceRestored,
    LicenceSuspended,
    LicenceSuspensionEnded,
    SpecialtyDecision,
    SpecialtyProposal,
)
from services.council.domain import attestation_guards as guards
from services.council.domain.attestation_rules import (
    ATTEST,
    ATTESTATION,
    REMOVAL,
    below,
    check_addressee,
    check_conforms,
    check_departure,
    check_figures,
    check_objects,
    removed_by,
    stage_clause,
    suspended_until,
    switched_on,
)
from services.council.domain.attestation_state import Attestation, evolve


@dataclass(frozen=True)
class Rechecked:
    """What visits told of the check at the end of the suspension."""

    recheck_id: str
    verdict: str
    held_on: date


class OpenAttestationDecision(Command):
    """All have signed the conclusion."""

    records = (AttestationDecisionOpened,)

    attestation_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: str
    whole: bool = True
    specialties: tuple[str, ...] = ()
    recommendation: str
    recommended: tuple[SpecialtyProposal, ...] = ()
    figures: tuple[KnowledgeFigures, ...] = ()
    conclusion_signed_on: date


class DecideAttestation(Command):
    """The order on the organisation and on each specialty."""

    records = (AttestationDecided,)

    decision: str | None = None
    specialties: tuple[SpecialtyDecision, ...] = ()
    conforms: bool
    grounds: str
    reading_departure: str | None = None
    order_number: str
    document: Document | None = None
    decided_on: date | None = None


class TellAttestationDecision(Command):
    """The organisation was told of the decision."""

    records = (AttestationDecisionTold,)

    outgoing_number: str
    document: Document | None = None
    told_on: date | None = None


class SuspendLicence(Command):
    """The licence is suspended, wholly or for specialties."""

    records = (LicenceSuspended,)

    specialties: tuple[str, ...] = ()
    order_number: str
    reasons: str
    suspended_on: date | None = None
    until: date | None = None


class ReferFine(Command):
    """The matter of a fine was referred."""

    records = (FineReferred,)

    referred_to: str
    addressee: str
    outgoing_number: str
    referred_on: date | None = None


class EndLicenceSuspension(Command):
    """Its last day is over."""

    records = (LicenceSuspensionEnded,)


class RestoreLicence(Command):
    """The licence is restored, as the check found that the defects are gone."""

    records = (LicenceRestored,)

    rechecked: Rechecked | None
    order_number: str | None = None
    restored_on: date | None = None


class ReferDeprivation(Command):
    """The licence is for the procedure of the law."""

    records = (DeprivationReferred,)

    rechecked: Rechecked | None
    referred_to: str
    outgoing_number: str
    reasons: str
    document: Document | None = None
    referred_on: date | None = None


Deciding = OpenAttestationDecision | DecideAttestation | TellAttestationDecision
Following = SuspendLicence | ReferFine | EndLicenceSuspension | RestoreLicence | ReferDeprivation


def decide(command: Deciding | Following, state: Attestation, book: Rulebook) -> Sequence[Event]:
    """The facts that follow; Refused with the clause, Invalid for words that the rulebook does not have."""
    on = local_date(command.at, book.zone)
    match command:
        case OpenAttestationDecision():
            return [] if state.opened else [AttestationDecisionOpened(**command.model_dump(exclude={"at", "by"}), opened_on=on)]
        case DecideAttestation():
            return _decide(command, state, book, on)
        case TellAttestationDecision():
            return _tell(command, state, on)
        case SuspendLicence():
            return _suspend(command, state, book, on)
        case ReferFine():
            return _refer_fine(command, state, book, on)
        case EndLicenceSuspension():
            return _end_suspension(state, book, on)
        case RestoreLicence():
            return _restore(command, state, book, on)
        case ReferDeprivation():
            return _refer_deprivation(command, state, book, on)


@enforces(ATTESTATION, "9", "33", "35")
def _decide(command: DecideAttestation, state: Attestation, book: Rulebook, on: date) -> Sequence[Event]:
    """On the conclusion, by order. Attested is what conforms and stands above both thresholds.

    Reading: one finding of conformity is on the organisation, and on the specialties where these alone were attested (p. 5).
    """
    of = state.opened
    assert of is not None
    decided_on = _between(of.conclusion_signed_on, command.decided_on or on, on, "#/decided_on")
    check_objects(command.decision, command.specialties, of, book)
    attested = [each.specialty for each in command.specialties if each.decision == ATTEST]
    check_conforms(command.decision == ATTEST or (not of.whole and bool(attested)), command.conforms, book)
    if command.decision == ATTEST:
        check_figures("the organisation", of.figures, book)
    for specialty in attested:
        check_figures(f"specialty {specialty}", [each for each in of.figures if each.specialty == specialty], book)
    departure = check_departure(command.decision, command.specialties, command.reading_departure, of, book)
    return [
        AttestationDecided(
            **state.ids,
            rulebook=of.rulebook,
            kind=of.kind,
            figures=of.figures,
            below=below(of.figures, book),
            specialties=command.specialties,
            reading_departure=departure,
            document=command.document,
            decided_on=decided_on,
            **command.model_dump(include={"decision", "conforms", "grounds", "order_number"}),
        )
    ]


def _tell(command: TellAttestationDecision, state: Attestation, on: date) -> Sequence[Event]:
    assert state.decided is not None
    told_on = _between(state.decided.decided_on, command.told_on or on, on, "#/told_on")
    told = {"outgoing_number": command.outgoing_number, "document": command.document}
    return [AttestationDecisionTold(**state.ids, **told, told_on=told_on)]


@enforces(ATTESTATION, "34")
def _suspend(command: SuspendLicence, state: Attestation, book: Rulebook, on: date) -> Sequence[Event]:
    """For up to six months. Reading: where the organisation itself was not refused, only for specialties that were."""
    assert state.decided is not None
    suspended_on = _between(state.decided.decided_on, command.suspended_on or on, on, "#/suspended_on")
    strange = [code for code in command.specialties if code not in state.refused]
    if strange or (not command.specialties and state.decided.decision != "not_attest"):
        raise Refused(
            f"not refused was: {', '.join(strange) or 'the organisation'}",
            clause=stage_clause(book, "suspension"),
            rulebook=book.id,
            accepts=f"a suspension for: {', '.join(state.refused) or 'the whole licence'}",
        )
    until = suspended_until(suspended_on, command.until, book)
    told = command.model_dump(include={"specialties", "order_number", "reasons"})
    return [LicenceSuspended(**state.ids, **told, suspended_on=suspended_on, until=until)]


@enforces(ATTESTATION, "34")
def _refer_fine(command: ReferFine, state: Attestation, book: Rulebook, on: date) -> Sequence[Event]:
    """To whom the law on administrative offences names: no amount is decided here."""
    assert state.decided is not None
    check_addressee(command.addressee, book)
    if command.outgoing_number in state.fines:
        raise Conflict(f"the referral {command.outgoing_number} is recorded already")
    referred_on = _between(state.decided.decided_on, command.referred_on or on, on, "#/referred_on")
    told = command.model_dump(include={"referred_to", "addressee", "outgoing_number"})
    return [FineReferred(**state.ids, **told, referred_on=referred_on)]


@enforces(ATTESTATION, "36")
def _end_suspension(state: Attestation, book: Rulebook, on: date) -> Sequence[Event]:
    """Once, when its last day is over."""
    assert state.suspended is not None
    if state.suspension_ended_on:
        return []
    until = state.suspended.until
    if on <= until:
        raise Refused(
            f"the licence is suspended until {until}",
            clause=stage_clause(book, "recheck"),
            rulebook=book.id,
            accepts=f"a day after {until}",
        )
    return [LicenceSuspensionEnded(**state.ids, ended_on=until)]


@enforces(ATTESTATION, "37")
def check_removed(rechecked: Rechecked | None, book: Rulebook) -> None:
    """Refused unless the commission of the check found the defects gone."""
    if rechecked is not None and rechecked.verdict == "removed":
        return
    raise Refused(
        "no check has found that the defects are gone" if rechecked is None else "the check has found that the defects are not gone",
        clause=stage_clause(book, "restoration"),
        rulebook=book.id,
        accepts="the positive recommendation of the commission that checks",
    )


@enforces(ATTESTATION, "37")
def _restore(command: RestoreLicence, state: Attestation, book: Rulebook, on: date) -> Sequence[Event]:
    """On the positive recommendation; by the Kazakh text also by a decision, that is by an order."""
    check_removed(command.rechecked, book)
    assert command.rechecked is not None
    if command.order_number is None and switched_on(book, "restoration_needs_decision"):
        raise Refused(
            "the licence is restored by a decision",
            clause=stage_clause(book, "restoration"),
            rulebook=book.id,
            accepts="the number of the order",
        )
    restored_on = _between(command.rechecked.held_on, command.restored_on or on, on, "#/restored_on")
    told = {"recheck_id": command.rechecked.recheck_id, "order_number": command.order_number}
    return [LicenceRestored(**state.ids, **told, restored_on=restored_on)]


@enforces(ATTESTATION, "38")
def check_unremoved(rechecked: Rechecked | None, suspended_on: date, on: date, book: Rulebook) -> None:
    """Refused unless the check found the defects still there, or the six months are over without a check that found them gone.

    Reading: the referral is not the deprivation itself, on which the law decides: a check that found them there is enough for it.
    """
    if rechecked is not None:
        if rechecked.verdict != "removed":
            return
        why, accepts = "the check has found that the defects are gone", "the restoration of the licence"
    else:
        last = removed_by(suspended_on, book) if REMOVAL in book.terms else date.max
        if on > last:
            return
        why, accepts = f"the violations can be removed until {last}", f"a check that finds them not removed, or a day after {last}"
    raise Refused(why, clause=stage_clause(book, "deprivation_referral"), rulebook=book.id, accepts=accepts)


@enforces(ATTESTATION, "38")
def _refer_deprivation(command: ReferDeprivation, state: Attestation, book: Rulebook, on: date) -> Sequence[Event]:
    assert state.suspended is not None
    rechecked = command.rechecked
    first = rechecked.held_on if rechecked else state.suspended.suspended_on
    referred_on = _between(first, command.referred_on or on, on, "#/referred_on")
    check_unremoved(rechecked, state.suspended.suspended_on, referred_on, book)
    told = command.model_dump(include={"referred_to", "outgoing_number", "reasons"})
    recheck_id = rechecked.recheck_id if rechecked else None
    return [DeprivationReferred(**state.ids, **told, recheck_id=recheck_id, document=command.document, referred_on=referred_on)]


def _between(first: date, day: date, on: date, pointer: str) -> date:
    if first <= day <= on:
        return day
    raise Invalid(f"{day} is no day from {first} to {on}", errors=[{"pointer": pointer, "detail": f"a day from {first} to {on}"}])


def check_right(state: Attestation, on: date) -> None:
    """Conflict for a notice that would be told before the decision, or is still to come."""
    if state.decided and state.told_on and not state.decided.decided_on <= state.told_on <= on:
        raise Conflict(f"the organisation was told on a day from {state.decided.decided_on} to {on}, not on {state.told_on}")


def _rules(command: Any, state: Attestation) -> Rulebook:
    ref = command.rulebook if isinstance(command, OpenAttestationDecision) else state.opened.rulebook if state.opened else None
    if ref is None:
        raise NotFound("no decision on this attestation is awaited")
    return resolve(ref)


GUARDS: Mapping[type[Command], Guard] = {
    OpenAttestationDecision: always,
    DecideAttestation: guards.deciding,
    TellAttestationDecision: guards.telling,
    SuspendLicence: guards.suspending,
    ReferFine: guards.refused,
    EndLicenceSuspension: guards.suspended,
    RestoreLicence: guards.following,
    ReferDeprivation: guards.following,
}

ATTESTATION_DECISION: Decider[Attestation, Rulebook] = Decider("attestation", Attestation(), decide, evolve, _rules, GUARDS)
