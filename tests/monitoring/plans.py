"""Commands and facts of a plan of measures for tests, by either regulation."""

from datetime import UTC, date, datetime, time
from typing import Any

from chassis.decider import Command
from chassis.documents import Document
from chassis.events import Event
from regulations import load
from services.monitoring.contract import FollowedRecommendation, Measure, PlanAwaited
from services.monitoring.domain.plan import (
    PLAN,
    AmendPlan,
    AwaitPlan,
    Draft,
    ReceiveDocuments,
    ReportProgress,
    RequestPlanChanges,
    ReviewPlan,
    SubmitPlan,
)
from services.monitoring.domain.plan_measures import Certified

AAKR, SAPATTUU = "aakr-monitoring-2024", "sapattuu-bilim-monitoring"
KINDS = {AAKR: "conditional", SAPATTUU: "conditional_3y"}
APPROVERS = {"conditional": None, "conditional_3y": "collegial_body", "full_5y": "institution_management"}
AWAITED, TODAY, EXPIRES = date(2026, 3, 2), date(2026, 4, 6), date(2029, 2, 27)
RECOMMENDED = (
    FollowedRecommendation(recommendation_id="r-1", criterion="Standard 1", text="Write down the policy."),
    FollowedRecommendation(recommendation_id="r-2", criterion="Standard 3", text="Too few teachers.", remark=True),
)
OWN = "m-3"


def at(day: date = TODAY) -> dict[str, Any]:
    return {"at": datetime.combine(day, time(6), UTC), "by": "jasu.officer"}


def document(kind: str = "action_plan", mark: str = "a") -> Document:
    return Document(kind=kind, name=f"{kind}.pdf", sha256=mark * 64)


def measure(id_: str, against: str | None, **fields: Any) -> Measure:
    told = {"criterion": "Standard 1", "measure": "A policy.", "responsible": "Vice-rector", "due_on": date(2026, 10, 1)}
    return Measure(measure_id=id_, recommendation_id=against, **{**told, **fields})


M1, M2 = measure("m-1", "r-1"), measure("m-2", "r-2", criterion="Standard 3", measure="Six posts.", due_on=date(2027, 9, 1))
M3 = measure(OWN, None, criterion="Standard 7", measure="A survey of graduates.")
MEASURES = (M1, M2)


def certified(kind: str | None = None, **fields: Any) -> Certified:
    return Certified(**{"kind": kind, "recommendations": RECOMMENDED, "valid_until": EXPIRES, **fields})


def awaited(rulebook: str, kind: str | None = None, **fields: Any) -> PlanAwaited:
    kind = kind or KINDS[rulebook]
    told = {
        "plan_id": "plan-1",
        "followup_id": "f-1",
        "certificate_id": "c-1",
        "institution_id": "jasu",
        "rulebook": load(rulebook).ref,
        "kind": kind,
        "approved_by": APPROVERS[kind],
        "awaited_on": AWAITED,
    }
    return PlanAwaited(**{**told, **fields})


def awaiting(rulebook: str, kind: str | None = None, **fields: Any) -> AwaitPlan:
    told = awaited(rulebook).model_dump(exclude={"awaited_on", "approved_by", "rulebook", "kind"})
    named = {"rulebook": load(rulebook).ref, "kind": kind or KINDS[rulebook], "recommendations": RECOMMENDED}
    return AwaitPlan(**at(AWAITED), **{**told, **named, **fields})


def receiving(order: date = date(2026, 3, 5), conclusion: date = date(2026, 3, 9)) -> ReceiveDocuments:
    return ReceiveDocuments(**at(), order_received_on=order, conclusion_received_on=conclusion)


def submitting(rulebook: str, day: date = TODAY, known: Certified | None = None, kind: str | None = None, **fields: Any) -> SubmitPlan:
    """A plan that stands every check, but for `fields`."""
    approver = APPROVERS[kind or KINDS[rulebook]]
    approval = {"approved_by": approver, "approval_act": "Protocol No. 4", "approved_on": date(2026, 4, 1)} if approver else {}
    draft = Draft(**{"measures": MEASURES, "document": document(), **approval, **fields})
    return SubmitPlan(**at(day), draft=draft, certified=known or certified())


def requesting(**fields: Any) -> RequestPlanChanges:
    return RequestPlanChanges(**at(), **{"changes": "Name the terms.", **fields})


def reviewing() -> ReviewPlan:
    return ReviewPlan(**at())


def amending(*measures: Measure, act: str | None = "Protocol No. 9", known: Certified | None = None) -> AmendPlan:
    given = measures or (*MEASURES, M3)
    return AmendPlan(**at(), measures=given, reason="The budget came later.", approval_act=act, certified=known or certified())


def progressing(measure_id: str = "m-1", progress: str = "done", **fields: Any) -> ReportProgress:
    told: dict[str, Any] = {"measure_id": measure_id, "progress": progress, "evidence": (document("orders", "b"),)}
    return ReportProgress(**at(), **{**told, **fields})


def standing(rulebook: str) -> list[Command]:
    """What makes a plan stand."""
    return [submitting(rulebook), reviewing()] if rulebook == AAKR else [submitting(rulebook)]


def lived(rulebook: str, *commands: Command) -> list[Event]:
    """The facts of a plan in which these commands were accepted one after the other."""
    past: list[Event] = [awaited(rulebook)]
    for command in commands:
        state = PLAN.fold(past)
        past += PLAN.decide(command, state, PLAN.rules(command, state))
    return past
