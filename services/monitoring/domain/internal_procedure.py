"""The agency's regulation on monitoring itself: adopted, amended; and which years it was held in."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from chassis.corrections import Correctable
from chassis.decider import Command, Decider, Guard
from chassis.events import Event
from chassis.problems import Conflict
from regulations import Rulebook, RulebookRef, compute, enforces, local_date, resolve
from services.monitoring.contract import InternalMonitoringAdopted, InternalProcedureCorrected, InternalRegulationAmended
from services.monitoring.domain import internal_rules as of
from services.monitoring.domain.internal_rules import ARTKI

INTERNAL_ID = "internal-monitoring"
SINCE_REPORT = "year_since_report"


@dataclass(frozen=True)
class InternalProcedure:
    """The regulation that the agency has adopted, and as it was amended."""

    adopted: InternalMonitoringAdopted | None = None
    amendments: tuple[InternalRegulationAmended, ...] = ()

    @property
    def rulebook(self) -> RulebookRef | None:
        """The version by now; None where nothing was adopted."""
        return (self.amendments or (self.adopted,))[-1].rulebook if self.adopted else None


@dataclass(frozen=True)
class YearOfMonitoring:
    """How a calendar year stands: held, still open, or missed."""

    year: int
    standing: Literal["held", "open", "missed"]
    reports: int


class AdoptInternalMonitoring(Command):
    """The agency takes a regulation as its own."""

    records = (InternalMonitoringAdopted,)

    rulebook: RulebookRef
    approved_on: date
    act: str
    first_year: int


class AmendInternalRegulation(Command):
    """The regulation was changed."""

    records = (InternalRegulationAmended,)

    rulebook: RulebookRef
    reason: str | None
    change: str
    act: str
    approved_on: date


def decide(command: AdoptInternalMonitoring | AmendInternalRegulation, state: InternalProcedure, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow."""
    today = local_date(command.at, rules.zone)
    match command:
        case AdoptInternalMonitoring():
            return [_adopt(command, rules, today)]
        case AmendInternalRegulation():
            return [_amend(command, state, rules, today)]


@enforces(ARTKI, "1.1", "3.1", "5.2", "5.end")
def _adopt(command: AdoptInternalMonitoring, rules: Rulebook, today: date) -> InternalMonitoringAdopted:
    """In force from its approval, and so not before it. Whether the year of approval needs a cycle a person says, where it is unset."""
    if rules.procedure != of.PROCEDURE:
        raise of.invalid("#/rulebook_id", f"{rules.id} is no regulation on internal monitoring", of.PROCEDURE)
    in_force = rules.settings.get("approval_date")
    if command.approved_on > today:
        reason = f"it is approved only on {command.approved_on}, and in force from then on"
        of.refuse(rules, of.clause(rules, in_force), reason, f"a day of approval until {today}")
    year = command.approved_on.year
    fixed = {"year_of_approval": year, "year_after_approval": year + 1}.get(str(rules.setting_if_any("first_cycle_year")))
    if fixed is not None and command.first_year != fixed:
        of.refuse(rules, of.setting_clause(rules, "first_cycle_year"), f"the first cycle is not that of {command.first_year}", str(fixed))
    last = max(year, today.year) + 1
    if not year <= command.first_year <= last:
        raise of.invalid("#/first_year", f"no first year is {command.first_year}", f"a year from {year} to {last}")
    return InternalMonitoringAdopted(
        rulebook=command.rulebook, approved_on=command.approved_on, act=command.act, first_year=command.first_year, adopted_on=today
    )


@enforces(ARTKI, "5.1", "5.2")
def _amend(command: AmendInternalRegulation, state: InternalProcedure, rules: Rulebook, today: date) -> InternalRegulationAmended:
    """For any reason that is recorded, unless the agency lets in the two that the text names alone. In force from its approval."""
    assert state.adopted
    if rules.procedure != of.PROCEDURE:
        raise of.invalid("#/rulebook_id", f"{rules.id} is no regulation on internal monitoring", of.PROCEDURE)
    if command.reason is not None:
        of.check_words(rules, "amendment_reasons", [command.reason], "#/reason")
    elif rules.setting_if_any("amendment_reason") == "listed_only":
        known = ", ".join(of.words(rules, "amendment_reasons"))
        of.refuse(rules, of.setting_clause(rules, "amendment_reason"), "the regulation is not amended for another reason", known)
    before = (state.amendments or (state.adopted,))[-1].approved_on
    if not before <= command.approved_on <= today:
        raise of.invalid("#/approved_on", f"no amendment was approved on {command.approved_on}", f"a day from {before} to {today}")
    return InternalRegulationAmended(
        amendment=len(state.amendments) + 1,
        rulebook=command.rulebook,
        reason=command.reason,
        change=command.change,
        act=command.act,
        approved_on=command.approved_on,
        amended_on=today,
    )


def _adoption(state: InternalProcedure, _rules: Rulebook) -> None:
    if state.adopted is not None:
        raise Conflict(f"a regulation on internal monitoring is adopted since {state.adopted.adopted_on}; it is amended")


def _amendment(state: InternalProcedure, _rules: Rulebook) -> None:
    if state.adopted is None:
        raise Conflict("no regulation on internal monitoring is adopted yet")


def evolve(state: InternalProcedure, event: Any) -> InternalProcedure:
    """The state after a fact."""
    match event:
        case InternalMonitoringAdopted():
            return InternalProcedure(event)
        case InternalRegulationAmended():
            return replace(state, amendments=(*state.amendments, event))
    return state


@enforces(ARTKI, "3.1")
def years(rules: Rulebook, first: int, today: date, reported: Collection[int], opened: Collection[int] = ()) -> list[YearOfMonitoring]:
    """Each calendar year since the first: held with as many final reports of that year as the text asks for. `reported` has the year of
    each report, `opened` that of each cycle. A missed year is told and nothing more: the text names no consequence."""
    held_when = str(rules.setting_if_any("cycle_held_when"))
    counted = list(opened) if held_when == "started" else list(reported)
    needed = rules.thresholds.get("cycles_per_year")
    found = []
    for year in range(first, today.year + 1):
        count = counted.count(year)
        held = count > 0 if needed is None else needed.holds(count)
        found.append(YearOfMonitoring(year, "held" if held else "open" if year == today.year else "missed", list(reported).count(year)))
    return found


@enforces(ARTKI, "3.1")
def warns_from(rules: Rulebook, last_report_on: date | None) -> date | None:
    """The day on which a year has passed since the last final report: a warning, no breach while the calendar year lasts."""
    if last_report_on is None or SINCE_REPORT not in rules.terms:
        return None
    return compute(rules, SINCE_REPORT, last_report_on).due_on


def _rules(command: AdoptInternalMonitoring | AmendInternalRegulation, _state: InternalProcedure) -> Rulebook:
    return resolve(command.rulebook)


GUARDS: Mapping[type[Command], Guard] = {AdoptInternalMonitoring: _adoption, AmendInternalRegulation: _amendment}

INTERNAL_PROCEDURE: Decider[InternalProcedure, Rulebook] = Decider(
    "internal_procedure", InternalProcedure(), decide, evolve, _rules, GUARDS
)

INTERNAL_PROCEDURE_CORRECTIONS = Correctable(INTERNAL_PROCEDURE, InternalProcedureCorrected, lambda _state: {"procedure_id": INTERNAL_ID})
