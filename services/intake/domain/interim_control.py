"""The interim state control: the limit that the authorised body sets for a year, and what follows above it (attestation, p. 5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from chassis.corrections import Correctable
from chassis.decider import Command, Decider, Guard
from chassis.events import Event
from chassis.ids import derived_id
from chassis.problems import Conflict, Invalid, Refused
from regulations import Rulebook, RulebookRef, compute, enforces, local_date, resolve
from services.intake.contract import (
    ATTESTATION,
    InterimControlLimitCorrected,
    InterimControlLimitSet,
    InterimControlRecorded,
    SubjectEntered,
)
from services.intake.domain.adoption import check_in_force, scope_clause

#: The words of `extraordinary_grounds`, the level that goes by specialties, the term of what follows, and the setting of the limit.
EXCEEDED, BELOW_THRESHOLD = "limit_exceeded", "specialty_below_threshold"
BY_SPECIALTY = "higher"
EXTRAORDINARY = "extraordinary_attestation"


@dataclass(frozen=True)
class SetLimit:
    """A limit as a control is measured by it."""

    limit_id: str
    most_failed: Decimal
    unit: Literal["learners", "percent"]

    def exceeded_by(self, failed: int, took_part: int) -> bool:
        """Whether more failed: exactly, without rounding."""
        if self.unit == "learners":
            return failed > self.most_failed
        return failed * 100 > self.most_failed * took_part


@dataclass(frozen=True)
class Found:
    """What a control found, and what follows from it alone."""

    limit_id: str
    told: Mapping[str, Any]

    def fact(self, **rest: Any) -> InterimControlRecorded:
        """As it is recorded."""
        return InterimControlRecorded(limit_id=self.limit_id, **self.told, **rest)


@enforces(ATTESTATION, "5")
def found_by(
    entered: SubjectEntered,
    rules: Rulebook,
    *,
    limit: SetLimit | None,
    year: int,
    level: str | None,
    took_part: int,
    failed: int,
    below_threshold: Sequence[str],
    source: str,
) -> Found:
    """Above the limit the organisation is attested extraordinarily in the following calendar year, one that teaches higher programmes by
    its specialties below the threshold.

    Reading: which specialties are below is told by who held the control, since the text has no number for the threshold; where one of
    higher education exceeds the limit and none is told below it, the whole organisation is attested.
    """
    grounds = rules.vocabularies.get("extraordinary_grounds", {})
    clause = grounds[EXCEEDED].clause or "" if EXCEEDED in grounds else scope_clause(rules)
    if limit is None:
        raise Refused(
            f"the authorised body has set no limit of failed learners for {year}" + (f" and the level {level}" if level else ""),
            clause=clause,
            rulebook=rules.id,
            accepts="the limit of that year first: POST /v1/interim-control-limits",
        )
    higher = {each.code for each in entered.specialties if each.level == BY_SPECIALTY and level in (None, BY_SPECIALTY)}
    if not set(below_threshold) <= higher:
        raise Refused(
            "specialties below the threshold are told of higher education alone",
            clause=(grounds[BELOW_THRESHOLD].clause or "") if BELOW_THRESHOLD in grounds else clause,
            rulebook=rules.id,
            accepts="the number of failed learners",
        )
    ground = BELOW_THRESHOLD if below_threshold else EXCEEDED if limit.exceeded_by(failed, took_part) else None
    told = {
        "institution_id": entered.institution_id,
        "rulebook": entered.rulebook,
        "year": year,
        "level": level,
        "took_part": took_part,
        "failed": failed,
        "below_threshold": tuple(below_threshold),
        "ground": ground if ground in grounds else None,
        "extraordinary_year": following_year(rules, year) if ground in grounds else None,
        "source": source,
    }
    return Found(limit.limit_id, told)


def following_year(rules: Rulebook, year: int) -> int:
    """The calendar year in which an attestation follows a control of `year`."""
    return compute(rules, EXTRAORDINARY, date(year, 12, 31)).due_on.year


@dataclass(frozen=True)
class Limit:
    """The limit of a year, once it is set."""

    fact: InterimControlLimitSet | None = None


class SetInterimControlLimit(Command):
    """The authorised body sets how many may fail in a year, of a level or of all that have no limit of their own."""

    records = (InterimControlLimitSet,)

    limit_id: str
    rulebook: RulebookRef
    year: int
    level: str | None = None
    most_failed: Decimal
    unit: Literal["learners", "percent"]
    act: str
    set_on: date
    adopted: bool


def limit_id(agency: str, rulebook: str, year: int, level: str | None) -> str:
    """One limit for each year and level."""
    return derived_id("interim-control-limit", agency, rulebook, str(year), level or "")


@enforces(ATTESTATION, "5")
def decide(command: SetInterimControlLimit, _state: Limit, rules: Rulebook) -> Sequence[Event]:
    """The limit is the authorised body's own: the text has no number."""
    on = local_date(command.at, rules.zone)
    check_in_force(rules, on, command.adopted, "a limit is set")
    levels = rules.vocabularies.get("education_levels", {})
    if command.level is not None and command.level not in levels:
        raise Invalid(f"{rules.id} knows no level {command.level}", [{"pointer": "#/level", "detail": f"One of {', '.join(levels)}."}])
    if command.unit == "percent" and command.most_failed > 100:
        raise Invalid("a limit in percent is 100 at most", [{"pointer": "#/most_failed", "detail": "At most 100."}])
    if command.set_on > on:
        raise Conflict(f"{command.set_on} has not come yet")
    return [InterimControlLimitSet(**command.model_dump(exclude={"at", "by", "adopted"}))]


def evolve(_state: Limit, event: Any) -> Limit:
    """There is but one fact."""
    return Limit(event) if isinstance(event, InterimControlLimitSet) else _state


def _once(state: Limit, _rules: Rulebook) -> None:
    if state.fact is not None:
        raise Conflict(f"the limit of {state.fact.year} is set already: {state.fact.act}", accepts="the correction of its act")


def _rules(command: SetInterimControlLimit, _state: Limit) -> Rulebook:
    return resolve(command.rulebook)


GUARDS: Mapping[type[Command], Guard] = {SetInterimControlLimit: _once}

CONTROL_LIMIT: Decider[Limit, Rulebook] = Decider("control_limit", Limit(), decide, evolve, _rules, GUARDS)

LIMIT_CORRECTIONS = Correctable(
    CONTROL_LIMIT,
    InterimControlLimitCorrected,
    lambda state: {"limit_id": state.fact.limit_id if state.fact else ""},
    lambda _state: None,
)
