"""Commands and facts of the agency's monitoring of itself, for tests."""

from datetime import UTC, date, datetime, time
from typing import Any

from chassis.decider import Command, Decider
from chassis.events import Event
from chassis.problems import Problem
from regulations import Rulebook, load
from services.monitoring.contract import ImprovementMeasure, InternalCycleOpened, PlannedActivity, ReportPart, StageDate, UnusedMethod
from services.monitoring.domain import internal_cycle as of
from services.monitoring.domain.internal_cycle import INTERNAL_CYCLE, internal_cycle_id
from services.monitoring.domain.internal_rules import ARTKI, Body, required
from services.monitoring.domain.internal_state import InternalCycle

RULES = load(ARTKI)
REF = RULES.ref
OPENED, TODAY = date(2026, 1, 1), date(2026, 6, 1)
STAFF = frozenset({"aida", "bakyt", "cholpon", "daniyar"})
BODY = Body(STAFF, frozenset({"aida", "bakyt"}))
CYCLE_ID = internal_cycle_id(2026, 1)
METHODS = ("document_analysis", "survey", "interview")
GROUPS = ("institution", "teacher", "student", "public_organisation")
GOALS = ("2.1.1", "2.1.2", "2.1.3", "2.1.4", "2.2.1", "2.2.2", "2.2.3", "2.2.4")


def at(day: date = TODAY) -> dict[str, Any]:
    return {"at": datetime.combine(day, time(6), UTC), "by": "agency.coordinator"}


def opened(**fields: Any) -> InternalCycleOpened:
    told = {"cycle_id": CYCLE_ID, "rulebook": REF, "year": 2026, "number": 1, "opened_on": OPENED}
    return InternalCycleOpened(**{**told, **fields})


def activity(method: str | None, **fields: Any) -> PlannedActivity:
    told = {"activity_id": f"a-{method}", "activity": "Ask.", "object": "Expert visits", "method": method, "due_on": date(2026, 4, 1)}
    return PlannedActivity(**{**told, "responsible": "aida", "goals": ("2.1.1",), **fields})


def stage(name: str, month: int) -> StageDate:
    return StageDate(stage=name, due_on=date(2026, month, 1))


def planning(*activities: PlannedActivity, unused: dict[str, str] | None = None, **fields: Any) -> of.AdoptInternalPlan:
    reasons = tuple(UnusedMethod(method=method, reason=reason) for method, reason in (unused or {}).items())
    told = {"activities": activities or tuple(activity(method) for method in METHODS), "unused_methods": reasons, "body": BODY}
    return of.AdoptInternalPlan(**at(), **{**told, **fields})


def finding(id_: str = "f-1", kind: str = "shortcoming", **fields: Any) -> of.RecordInternalFinding:
    return of.RecordInternalFinding(**at(), **{"finding_id": id_, "kind": kind, "goals": ("2.1.2",), "text": "Letters go late.", **fields})


def determining(id_: str = "r-1", **fields: Any) -> of.DetermineFulfilment:
    return of.DetermineFulfilment(**at(), **{"recommendation_id": id_, "degree": "In part.", "source": "external_check", **fields})


def collecting(uses: dict[str, int] | None = None, groups: tuple[str, ...] = GROUPS) -> of.EndCollecting:
    return of.EndCollecting(**at(), uses=dict.fromkeys(METHODS, 1) if uses is None else uses, groups=groups)


def analysing() -> of.ConcludeInternalAnalysis:
    return of.ConcludeInternalAnalysis(**at(), key_problems="Letters.", trends="Slower.")


def drafting(*sections: str, text: str = "So.") -> of.DraftInternalReport:
    named = sections or required(RULES, "final_report")
    return of.DraftInternalReport(**at(), sections=tuple(ReportPart(section=each, text=text) for each in named))


def finalising(day: date = TODAY, **fields: Any) -> of.FinaliseInternalReport:
    return of.FinaliseInternalReport(**at(day), **fields)


def meeting(**fields: Any) -> of.HoldGeneralMeeting:
    told = {"held_on": TODAY, "attendance": ("aida", "cholpon"), "outcome": "Letters within a day.", "body": BODY}
    return of.HoldGeneralMeeting(**at(), **{**told, **fields})


def measure(id_: str = "m-1", *removes: str, **fields: Any) -> ImprovementMeasure:
    told = {"measure": "A second clerk.", "responsible": "cholpon", "due_on": date(2026, 9, 1)}
    return ImprovementMeasure(measure_id=id_, removes=removes or ("f-1",), **{**told, **fields})


def improving(*measures: ImprovementMeasure, **fields: Any) -> of.AdoptImprovementPlan:
    return of.AdoptImprovementPlan(**at(), **{"measures": measures or (measure(),), "body": BODY, **fields})


def controlling(id_: str = "m-1", status: str = "done", **fields: Any) -> of.ControlImprovementMeasure:
    told = {"measure_id": id_, "status": status, "note": "Seen.", "controlled_by": "aida", "body": BODY}
    return of.ControlImprovementMeasure(**at(), **{**told, **fields})


def moving(id_: str = "m-1", **fields: Any) -> of.MoveImprovementMeasure:
    told = {"responsible": "daniyar", "due_on": date(2026, 10, 1), "reason": "The clerk is ill.", "body": BODY}
    return of.MoveImprovementMeasure(**at(), **{"measure_id": id_, **told, **fields})


def closing(**fields: Any) -> of.CloseInternalCycle:
    return of.CloseInternalCycle(**at(), **{"outcome": "done", **fields})


#: A whole cycle, act by act.
ACTS: tuple[Command, ...] = (
    planning(),
    finding(),
    collecting(),
    analysing(),
    drafting(),
    finalising(),
    meeting(),
    improving(),
    controlling(),
)


def past(*commands: Command, rules: Rulebook = RULES, **opening: Any) -> list[Event]:
    """The facts of an open cycle after these commands."""
    facts: list[Event] = [opened(**opening)]
    for command in commands:
        facts += INTERNAL_CYCLE.decide(command, INTERNAL_CYCLE.fold(facts), rules)
    return facts


def until(kind: type[Command]) -> list[Event]:
    """The facts of a whole cycle until just before an act."""
    return past(*ACTS[: next(place for place, act in enumerate(ACTS) if isinstance(act, kind))])


def variant(setting: str, value: Any) -> Rulebook:
    """The rulebook with a setting as another agency would have it."""
    return RULES.revised({f"settings.{setting}": {"value": value}}, "variant")


def decided(command: Command, facts: list[Event], rules: Rulebook = RULES, decider: Decider[Any, Any] = INTERNAL_CYCLE) -> Any:
    """What follows from a command, or its refusal, by these rules."""
    try:
        return decider.decide(command, decider.fold(facts), rules)
    except Problem as problem:
        return problem


def folded(facts: list[Event]) -> InternalCycle:
    return INTERNAL_CYCLE.fold(facts)
