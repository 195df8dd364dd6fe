"""A proposal of schedules for years, generated from the register; and the schedule of a year, approved (attestation, p. 4, 5, 11, 12)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.corrections import Correctable
from chassis.decider import Command, Decider, Guard, always
from chassis.events import Event
from chassis.problems import Conflict, Invalid, NotFound, Refused
from regulations import RulebookRef, earliest_anchor, enforces, local_date
from services.intake.contract import (
    ATTESTATION,
    ApprovedChange,
    AttestationScheduleApproved,
    AttestationScheduleCorrected,
    ScheduleProposalPart,
    ScheduleProposed,
)
from services.intake.domain.adoption import check_in_force
from services.intake.domain.attestation_rules import BEFORE, Rules, rules_of
from services.intake.domain.scheduling import NOTICE, Candidate, generate

_TERM = "planned_attestation"
_PART = 500
_SHOWN = 20


@dataclass(frozen=True)
class Proposal:
    """A proposal, once it was made."""

    proposal_id: str = ""
    rulebook: RulebookRef | None = None
    made: ScheduleProposed | None = None


class ProposeSchedule(Command):
    """Generates the schedules of so many years. `approval_on`: the day on which the first is meant to be approved."""

    records = (ScheduleProposed, ScheduleProposalPart)

    proposal_id: str
    rulebook: RulebookRef
    first_year: int
    years: int
    candidates: tuple[Candidate, ...]
    adopted: bool
    approval_on: date | None = None
    reason: str | None = None


def propose(command: ProposeSchedule, _state: Proposal, rules: Rules) -> Sequence[Event]:
    """The proposal and its parts."""
    book = rules.rulebook
    on = local_date(command.at, book.zone)
    check_in_force(book, on, command.adopted, BEFORE)
    approval = command.approval_on or on
    _check_years(command, rules, on, approval)
    made = generate(command.candidates, book, rules.calendar, first_year=command.first_year, years=command.years, approved_on=approval)
    entries = made.entries
    parts = [entries[at : at + _PART] for at in range(0, len(entries), _PART)]
    fields = command.model_dump(include={"proposal_id", "rulebook", "first_year", "years", "approval_on", "reason"})
    return [
        ScheduleProposed(**fields, entries=len(entries), loads=made.loads, overdue=made.overdue, proposed_on=on),
        *(ScheduleProposalPart(proposal_id=command.proposal_id, part=number, entries=part) for number, part in enumerate(parts, 1)),
    ]


@enforces(ATTESTATION, "4", "12")
def _check_years(command: ProposeSchedule, rules: Rules, on: date, approval: date) -> None:
    """As far as the attestations of the register reach: what follows from those to come, nobody knows yet."""
    most = rules.rulebook.terms[_TERM].amount if _TERM in rules.rulebook.terms else command.years
    errors = []
    if command.years > most:
        errors.append({"pointer": "#/years", "detail": f"at most {most}: what comes after depends on attestations that are not held yet"})
    if approval < on:
        errors.append({"pointer": "#/approval_on", "detail": f"a day from {on}"})
    first = earliest_anchor(rules.rulebook, NOTICE, approval)
    if command.first_year < first.year:
        detail = f"from {first.year}: approved on {approval}, notice allows a start from {first}"
        errors.append({"pointer": "#/first_year", "detail": detail})
    if errors:
        raise Invalid("no schedule can be proposed for these years", errors)


def _evolve_proposal(state: Proposal, event: Any) -> Proposal:
    return Proposal(event.proposal_id, event.rulebook, event) if isinstance(event, ScheduleProposed) else state


def _once(state: Proposal, _rules: Rules) -> None:
    if state.made is not None:
        raise Conflict("this proposal is made already")


@dataclass(frozen=True)
class YearSchedule:
    """The schedule of a year, once it is approved."""

    schedule_id: str = ""
    rulebook: RulebookRef | None = None
    approved: AttestationScheduleApproved | None = None


class ApproveSchedule(Command):
    """The act on a year's schedule. `starts` has the first day of each entry by its organisation."""

    records = (AttestationScheduleApproved,)

    schedule_id: str
    rulebook: RulebookRef
    year: int
    proposal_id: str | None = None
    act: str
    starts: tuple[tuple[str, date], ...]
    changes: tuple[ApprovedChange, ...] = ()
    despite_notice: str | None = None
    adopted: bool = False
    approved_on: date | None = None


def approve(command: ApproveSchedule, state: YearSchedule, rules: Rules) -> Sequence[Event]:
    """Once for a year; the same again goes on with what is missing of it."""
    on = local_date(command.at, rules.rulebook.zone)
    approved_on = command.approved_on or on
    fields = command.model_dump(include={"schedule_id", "rulebook", "year", "proposal_id", "act", "changes", "despite_notice"})
    if state.approved is not None:
        same = state.approved.model_copy(update={"approved_on": approved_on})
        if AttestationScheduleApproved(**fields, entries=len(command.starts), approved_on=approved_on) == same:
            return []
        raise Conflict(f"the schedule of {command.year} was approved by {state.approved.act}", accepts="an amendment of it (p. 13)")
    check_in_force(rules.rulebook, on, command.adopted, BEFORE)
    if approved_on > on:
        raise Invalid("this has not happened yet", [{"pointer": "#/approved_on", "detail": f"a day up to {on}"}])
    if not command.starts:
        raise Invalid("a schedule has entries", [{"pointer": "#/proposal_id", "detail": f"a proposal with entries of {command.year}"}])
    _check_notice(command, rules, approved_on)
    return [AttestationScheduleApproved(**fields, entries=len(command.starts), approved_on=approved_on)]


@enforces(ATTESTATION, "11", "12")
def _check_notice(command: ApproveSchedule, rules: Rules, approved_on: date) -> None:
    """Who could not be told three months before: that needs a person's word, for the text draws no consequence."""
    first = earliest_anchor(rules.rulebook, NOTICE, approved_on)
    early = sorted({institution_id for institution_id, starts_on in command.starts if starts_on < first})
    if early and command.despite_notice is None:
        raise Refused(
            f"{len(early)} of {len(command.starts)} attestations begin sooner than their organisations can be told three months before",
            clause=rules.rulebook.terms[NOTICE].clause or "12",
            rulebook=rules.rulebook.id,
            accepts=f"starts from {first} on, or a word on why not (`despite_notice`)",
            institutions=early[:_SHOWN],
        )


def _evolve_schedule(_state: YearSchedule, event: Any) -> YearSchedule:
    """There is but one fact."""
    return YearSchedule(event.schedule_id, event.rulebook, event)


def _rules(command: Any, state: Any) -> Rules:
    return rules_of(state.rulebook or command.rulebook)


def corrections(state: YearSchedule) -> Correctable:
    """The act of an approval can be put right."""
    if state.approved is None:
        raise NotFound("there is no such schedule")
    return Correctable(ATTESTATION_SCHEDULE, AttestationScheduleCorrected, lambda each: {"schedule_id": each.schedule_id})


PROPOSAL_GUARDS: Mapping[type[Command], Guard] = {ProposeSchedule: _once}
SCHEDULE_GUARDS: Mapping[type[Command], Guard] = {ApproveSchedule: always}

PROPOSAL: Decider[Proposal, Rules] = Decider("attestation_proposal", Proposal(), propose, _evolve_proposal, _rules, PROPOSAL_GUARDS)
ATTESTATION_SCHEDULE: Decider[YearSchedule, Rules] = Decider(
    "attestation_schedule", YearSchedule(), approve, _evolve_schedule, _rules, SCHEDULE_GUARDS
)
