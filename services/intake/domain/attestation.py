"""An attestation's place in the schedule: told, asked to be moved, amended, taken out, announced, closed (attestation, p. 4, 5, 9-14, 21).

It is paid from the budget (p. 10): there is no contract here and no invoice, and nothing that could become one.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from chassis.corrections import Correctable
from chassis.decider import Command, Decider, Guard, always
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Invalid, NotFound, Refused
from regulations import RulebookRef, enforces, local_date
from services.intake.contract import (
    ATTESTATION,
    AttestationAnnounced,
    AttestationCancelled,
    AttestationClosed,
    AttestationCorrected,
    AttestationDatesTold,
    AttestationRescheduled,
    AttestationScheduled,
    ScheduleChangeDeclined,
    ScheduleChangeRequested,
)
from services.intake.domain import attestation_guards as guards
from services.intake.domain.adoption import check_in_force
from services.intake.domain.attestation_rules import (
    BEFORE,
    CONTROL,
    REORGANISATION,
    REQUEST,
    Rules,
    Subject,
    check_day,
    check_extraordinary,
    check_ground,
    check_order,
    check_subject,
    described,
    end_of_work,
    notify_by,
    past,
    refused_ground,
    rules_of,
)
from services.intake.domain.attestation_state import Attestation, evolve
from services.intake.domain.attested_due import next_planned
from services.intake.domain.scheduling import PLANNED


class ScheduleAttestation(Command):
    """Gives an organisation its place in an approved schedule. `amendment`: the ground, where the schedule is amended by it.

    `schedule_act` None: there is no approved schedule of that year.
    """

    records = (AttestationScheduled,)

    attestation_id: str
    rulebook: RulebookRef
    schedule_id: str
    schedule_act: str | None
    act: str
    subject: Subject
    kind: str
    year: int
    starts_on: date
    ends_on: date | None = None
    amendment: str | None = None
    reasons: str | None = None
    adopted: bool = False


class TellAttestationDates(Command):
    """The organisation was told; today, unless it was earlier."""

    records = (AttestationDatesTold,)

    outgoing_number: str
    document: Document | None = None
    told_on: date | None = None


class RequestScheduleChange(Command):
    """The organisation asks for other dates."""

    records = (ScheduleChangeRequested,)

    reasons: str
    document: Document | None = None
    wished_on: date | None = None
    requested_on: date | None = None


class DeclineScheduleChange(Command):
    """The request is not followed."""

    records = (ScheduleChangeDeclined,)

    reasons: str


class AmendSchedule(Command):
    """Other dates. `control_found`: the register has a result of the interim control from which an attestation follows."""

    records = (AttestationRescheduled,)

    ground: str
    reasons: str
    starts_on: date
    ends_on: date | None = None
    act: str
    document: Document | None = None
    control_found: bool = False
    began_on: date | None = None


class CancelAttestation(Command):
    """The attestation leaves the schedule."""

    records = (AttestationCancelled,)

    ground: str
    reasons: str
    act: str
    began_on: date | None = None


class AnnounceAttestation(Command):
    """The head of the organisation announces the commission's work."""

    records = (AttestationAnnounced,)

    announcement: str
    document: Document | None = None
    announced_on: date | None = None


class EndAttestation(Command):
    """Nothing more is asked of anybody."""

    records = (AttestationClosed,)

    outcome: str
    attested_on: date | None = None


Course = TellAttestationDates | RequestScheduleChange | DeclineScheduleChange | AmendSchedule | CancelAttestation | AnnounceAttestation


def decide(command: ScheduleAttestation | Course | EndAttestation, state: Attestation, rules: Rules) -> Sequence[Event]:
    """The facts that follow; Refused with the clause, Invalid for what is no date or no ground, Conflict for what has been done."""
    on = local_date(command.at, rules.rulebook.zone)
    match command:
        case ScheduleAttestation():
            return _schedule(command, state, rules, on)
        case TellAttestationDates():
            return _tell(command, state, on)
        case RequestScheduleChange():
            return _request(command, state, rules, on)
        case DeclineScheduleChange():
            assert state.request is not None
            return [ScheduleChangeDeclined(**state.ids, request=state.request.request, reasons=command.reasons, declined_on=on)]
        case AmendSchedule():
            return _amend(command, state, rules, on)
        case CancelAttestation():
            return _cancel(command, state, rules, on)
        case AnnounceAttestation():
            told = command.model_dump(include={"announcement", "document"})
            return [AttestationAnnounced(**state.ids, **told, announced_on=past(command.announced_on, on, "#/announced_on"))]
        case EndAttestation():
            return _end(command, state, rules, on)


@enforces(ATTESTATION, "3", "4", "5", "9", "10", "11", "13.2", "13.3")
def _schedule(command: ScheduleAttestation, state: Attestation, rules: Rules, on: date) -> Sequence[Event]:
    """Into the schedule of the year, once that is approved; again with the same dates: nothing."""
    book = rules.rulebook
    if state.scheduled is not None:
        if (state.scheduled.starts_on, state.scheduled.act) == (command.starts_on, command.act) and command.amendment is None:
            return []
        raise Conflict(f"the organisation has its place in {state.year} already: {state.starts_on}", attestation_id=state.attestation_id)
    check_in_force(book, on, command.adopted, BEFORE)
    check_subject(command.subject, book)
    check_extraordinary(command.subject, command.kind, command.year, book)
    check_day(command.starts_on, rules)
    if command.starts_on.year != command.year:
        raise Invalid(f"{command.starts_on} is not in {command.year}", [{"pointer": "#/starts_on", "detail": f"a day of {command.year}"}])
    ends_on = end_of_work(command.starts_on, command.ends_on, rules)
    if command.schedule_act is None:
        raise Refused(
            f"there is no approved schedule of {command.year}",
            clause="11",
            rulebook=book.id,
            accepts=f"a place in it after the schedule of {command.year} is approved",
        )
    late = _check_amendment(command, rules, on) if command.amendment is not None else False
    fields = command.model_dump(include={"attestation_id", "rulebook", "schedule_id", "act", "kind", "year", "starts_on"})
    told = {"amendment": command.amendment, "reasons": command.reasons, "late": late, "ends_on": ends_on, "scheduled_on": on}
    known = described(command.subject, command.kind, book)
    return [AttestationScheduled(**fields, **told, **known, institution_id=command.subject.institution_id)]


@enforces(ATTESTATION, "13.1", "13.2", "13.3", "14")
def _check_amendment(command: ScheduleAttestation, rules: Rules, on: date) -> bool:
    """A place comes in as that of a new legal entity, or by the results of an interim control; a request only moves one."""
    ground = command.amendment or ""
    clause = check_ground(ground, rules.rulebook)
    if ground == REQUEST:
        raise refused_ground("a request moves an attestation that has its place, and makes none", clause, rules.rulebook, "another ground")
    if (ground == CONTROL) != (command.kind != PLANNED):
        accepts = "interim_control for an extraordinary attestation, reorganisation for the planned one of a new legal entity"
        raise refused_ground(f"{ground} is no ground for a {command.kind} attestation here", clause, rules.rulebook, accepts)
    return notify_by(command.starts_on, on, rules.rulebook, pointer="#/starts_on")[1]


def _tell(command: TellAttestationDates, state: Attestation, on: date) -> Sequence[Event]:
    """Of the dates as they are. How many months before, is the deadline's matter: the text draws no consequence (p. 12)."""
    assert state.starts_on is not None
    told_on = past(command.told_on, on, "#/told_on", since=state.placed_on)
    fields = command.model_dump(include={"outgoing_number", "document"})
    return [AttestationDatesTold(**state.ids, starts_on=state.starts_on, changed=bool(state.amendments), told_on=told_on, **fields)]


@enforces(ATTESTATION, "13.1")
def _request(command: RequestScheduleChange, state: Attestation, rules: Rules, on: date) -> Sequence[Event]:
    if command.wished_on is not None:
        _check_move(command.wished_on, state, rules, "#/wished_on")
    requested_on = past(command.requested_on, on, "#/requested_on", since=state.scheduled.scheduled_on if state.scheduled else None)
    fields = command.model_dump(include={"reasons", "document", "wished_on"})
    return [ScheduleChangeRequested(**state.ids, request=state.requests + 1, requested_on=requested_on, **fields)]


@enforces(ATTESTATION, "13.1")
def _check_move(to: date, state: Attestation, rules: Rules, pointer: str) -> None:
    """By the Kazakh text a request only puts an attestation off (`schedule_move`)."""
    assert state.starts_on is not None
    if to == state.starts_on:
        raise Conflict(f"the attestation starts on {to} already", pointer=pointer)
    if rules.rulebook.setting("schedule_move") == "later_only" and to < state.starts_on:
        raise Refused(
            f"a request puts an attestation off, and {to} is before {state.starts_on}",
            clause="13.1",
            rulebook=rules.rulebook.id,
            accepts=f"a start after {state.starts_on}",
            pointer=pointer,
        )


@enforces(ATTESTATION, "13.1", "13.2", "13.3", "14")
def _amend(command: AmendSchedule, state: Attestation, rules: Rules, on: date) -> Sequence[Event]:
    """On one of three grounds alone, and in time for the organisation to be told."""
    book = rules.rulebook
    assert state.starts_on is not None
    clause = check_ground(command.ground, book)
    if command.ground == REQUEST and state.request is None:
        raise refused_ground("the organisation has not asked for other dates", clause, book, "its reasoned request in writing first")
    if command.ground == CONTROL and not command.control_found:
        accepts = "the result of the control in the register first"
        raise refused_ground("the register has no interim control whose limit was exceeded", clause, book, accepts)
    check_not_begun(command.began_on)
    check_day(command.starts_on, rules)
    if command.ground == REQUEST:
        _check_move(command.starts_on, state, rules, "#/starts_on")
    elif command.starts_on == state.starts_on:
        raise Conflict(f"the attestation starts on {state.starts_on} already", pointer="#/starts_on")
    ends_on = end_of_work(command.starts_on, command.ends_on, rules)
    last, late = notify_by(command.starts_on, on, book, pointer="#/starts_on")
    answers = state.request.request if state.request and command.ground == REQUEST else None
    fields = command.model_dump(include={"ground", "reasons", "starts_on", "act", "document"})
    return [
        AttestationRescheduled(
            **state.ids,
            **fields,
            amendment=state.amendments + 1,
            request=answers,
            previous_starts_on=state.starts_on,
            ends_on=ends_on,
            year=command.starts_on.year,
            notify_by=last,
            late=late,
            amended_on=on,
        )
    ]


@enforces(ATTESTATION, "13.2")
def _cancel(command: CancelAttestation, state: Attestation, rules: Rules, on: date) -> Sequence[Event]:
    """Only an organisation that is no more leaves the schedule."""
    check_ground(command.ground, rules.rulebook)
    if command.ground != REORGANISATION:
        raise refused_ground(f"{command.ground} takes no attestation out of the schedule", "13.2", rules.rulebook, REORGANISATION)
    check_not_begun(command.began_on)
    return [AttestationCancelled(**state.ids, **command.model_dump(include={"ground", "reasons", "act"}), cancelled_on=on)]


def check_not_begun(began_on: date | None) -> None:
    """Conflict once the commission has said that its work began."""
    if began_on is not None:
        raise Conflict(f"the commission began its work on {began_on}: its dates are no plan any more")


@enforces(ATTESTATION, "4")
def _end(command: EndAttestation, state: Attestation, rules: Rules, on: date) -> Sequence[Event]:
    """Once. A planned one begins new years; whether an extraordinary one does, the agency's settings say, else a person."""
    if state.stage != "scheduled":
        return []
    planned = state.scheduled is not None and state.scheduled.kind == PLANNED
    whole = state.scheduled is not None and state.scheduled.whole
    restarts = planned or (whole and rules.rulebook.setting("extraordinary_restarts_cycle") is True)
    due = next_planned(rules.rulebook, command.attested_on, None).due_by if command.attested_on and restarts else None
    told = {"outcome": command.outcome, "attested_on": command.attested_on, "next_due_by": due}
    return [AttestationClosed(**state.ids, **told, closed_on=on)]


def _rules(command: Any, state: Attestation) -> Rules:
    return rules_of(command.rulebook if isinstance(command, ScheduleAttestation) else state.rulebook)


def corrections(on: date) -> Correctable:
    """How a fact of an attestation is put right on a day: what is recorded has happened, and after what it rests on."""

    def check(state: Attestation) -> None:
        if state.stage is None:
            raise NotFound("there is no such attestation")
        check_order(state.days, on)
        if state.told is not None and state.placed_on is not None and state.told.told_on < state.placed_on:
            raise Conflict(
                f"the organisation would have been told on {state.told.told_on} of dates of {state.placed_on}",
                accepts=f"a day from {state.placed_on} on",
            )

    return Correctable(ATTESTATION_PLACE, AttestationCorrected, lambda state: {"attestation_id": state.attestation_id}, check)


GUARDS: Mapping[type[Command], Guard] = {
    ScheduleAttestation: guards.scheduling,
    TellAttestationDates: guards.telling,
    RequestScheduleChange: guards.requesting,
    DeclineScheduleChange: guards.declining,
    AmendSchedule: guards.amending,
    CancelAttestation: guards.cancelling,
    AnnounceAttestation: guards.announcing,
    EndAttestation: always,
}

ATTESTATION_PLACE: Decider[Attestation, Rules] = Decider("attestation", Attestation(), decide, evolve, _rules, GUARDS)
