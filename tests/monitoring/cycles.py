"""Commands and facts of a monitoring cycle for tests, by either regulation. Every day lies in one year."""

from datetime import UTC, date, datetime, time
from typing import Any

from chassis.decider import Command
from chassis.documents import Document
from chassis.events import Event
from regulations import Rulebook, load
from services.monitoring.contract import (
    CriterionFinding,
    CycleOpened,
    MeasureVerdict,
    ReportedMeasure,
)
from services.monitoring.domain.assessment import Analysis, Assessment, Followed
from services.monitoring.domain.cycle import (
    CYCLE,
    AnalyseMeasures,
    AssessResult,
    CloseCycle,
    DecideVisit,
    EngageExperts,
    OpenCycle,
    ProvideInformation,
    ReferDecision,
    RejectReport,
    RequestChanges,
    RequestInformation,
    RuleOutcome,
    SendCouncilFile,
    StudyReport,
    SubmitReport,
    TellAcceptance,
    TellVisitDecision,
)
from services.monitoring.domain.report import Known, Rejection, Report, Study

AAKR, SAPATTUU = "aakr-monitoring-2024", "sapattuu-bilim-monitoring"
KINDS = {AAKR: "conditional", SAPATTUU: "conditional_3y"}
RECEIVED, EXPECTED, EXPIRES = date(2026, 3, 2), date(2027, 3, 2), date(2029, 2, 27)
#: Two months before the expected date; three months before the expiry.
DUE = {AAKR: date(2027, 1, 2), SAPATTUU: date(2028, 11, 27)}
TODAY = date(2026, 12, 14)
FOLLOWED = Followed(recommendations=("r-1", "r-2"), panel=("expert.old",))
PLAN = (("m-1", date(2026, 10, 1)), ("m-2", date(2027, 11, 1)))


def at(day: date = TODAY) -> dict[str, Any]:
    return {"at": datetime.combine(day, time(6), UTC), "by": "agency.coordinator"}


def document(kind: str, mark: str = "a") -> Document:
    return Document(kind=kind, name=f"{kind}.pdf", sha256=mark * 64)


def report_kind(rules: Rulebook) -> str:
    return "interim_report" if rules.id == AAKR else "monitoring_report"


def opened(rulebook: str, **fields: Any) -> CycleOpened:
    told = {
        "cycle_id": "cycle-1",
        "followup_id": "f-1",
        "certificate_id": "c-1",
        "institution_id": "jasu",
        "rulebook": load(rulebook).ref,
        "kind": KINDS[rulebook],
        "cycle": 1,
        "period_from": RECEIVED,
        "period_until": EXPECTED,
        "expected_on": EXPECTED if rulebook == AAKR else None,
        "valid_until": EXPIRES,
        "opened_on": date(2026, 10, 1),
    }
    return CycleOpened(**{**told, **fields})


def opening(rulebook: str, **fields: Any) -> OpenCycle:
    told = {name: getattr(opened(rulebook), name) for name in CycleOpened.model_fields if name != "opened_on"}
    return OpenCycle(**at(date(2026, 10, 1)), **{**told, **fields})


def report(rulebook: str, without: tuple[str, ...] = (), **fields: Any) -> Report:
    """A complete report, without these sections."""
    rules = load(rulebook)
    kind = report_kind(rules)
    told: dict[str, Any] = {
        "document": document(kind),
        "sections": tuple(name for name in rules.contents[kind] if name not in without),
        "table": (
            ReportedMeasure(measure_id="m-1", result="Done.", evidence=(document("evidence", "b"),)),
            ReportedMeasure(measure_id="m-2", result="Under way."),
        ),
        "medium": "flash_drive" if rulebook == AAKR else None,
    }
    return Report(**{**told, **fields})


def submitting(rulebook: str, day: date = TODAY, known: Known | None = None, **fields: Any) -> SubmitReport:
    return SubmitReport(**at(day), report=report(rulebook, **fields), known=known or Known(measures=PLAN))


def incomplete(rulebook: str) -> SubmitReport:
    first = next(iter(load(rulebook).contents[report_kind(load(rulebook))]))
    return submitting(rulebook, without=(first,))


def rejecting(**fields: Any) -> RejectReport:
    told = {
        "grounds": ("content",),
        "unmet": ("III.e",),
        "reasons": "No introduction.",
        "due_on": date(2027, 1, 20),
        "due_reason": "Short.",
    }
    return RejectReport(**at(), rejection=Rejection(**{**told, **fields}))


def studying(rulebook: str, day: date = TODAY, **fields: Any) -> StudyReport:
    qualities = dict.fromkeys(load(rulebook).vocabularies.get("report_qualities", {}), True)
    return StudyReport(**at(day), study=Study(**{"findings": "It holds.", "qualities": qualities, **fields}))


def verdicts(word: str = "fulfilled", *ids: str) -> tuple[MeasureVerdict, ...]:
    return tuple(MeasureVerdict(recommendation_id=each, fulfilment=word) for each in ids or FOLLOWED.recommendations)


def analysing(word: str = "fulfilled", **fields: Any) -> AnalyseMeasures:
    told = {"by": ("expert.old",), "case_officer": "agency.referent", "verdicts": verdicts(word), "facts_checked": "All of them."}
    return AnalyseMeasures(**at(), analysis=Analysis(**{**told, **fields}), followed=FOLLOWED)


def deciding(word: str = "no_visit", director: bool = True) -> DecideVisit:
    return DecideVisit(**at(), word=word, reasons="The papers say enough.", director=director)


def telling(day: date = TODAY) -> TellVisitDecision:
    return TellVisitDecision(**at(day), outgoing_number="17", told_on=day)


def visited(reported: bool = True, rulebook: str = AAKR) -> Followed:
    kind = "visit_report" if rulebook == AAKR else "visit_act"
    return Followed(FOLLOWED.recommendations, FOLLOWED.panel, document(kind, "c") if reported else None)


def assessing(positive: bool = True, reported: bool = True, day: date = TODAY, **fields: Any) -> AssessResult:
    found = tuple(CriterionFinding(criterion=word, finding="As it should be.") for word in load(AAKR).vocabularies["criteria"])
    given = Assessment(**{"findings": found, "positive": positive, **fields})
    return AssessResult(**at(day), assessment=given, followed=visited(reported))


def accepting(day: date = TODAY) -> TellAcceptance:
    return TellAcceptance(**at(day), outgoing_number="18", told_on=day)


def filing(reported: bool = True, day: date = TODAY, **fields: Any) -> SendCouncilFile:
    return SendCouncilFile(**at(day), **fields, followed=visited(reported, SAPATTUU))


def referring(ground: str, day: date = TODAY, **fields: Any) -> ReferDecision:
    return ReferDecision(**at(day), ground=ground, **fields)


def asking(due_on: date = date(2026, 12, 28)) -> RequestInformation:
    return RequestInformation(**at(), what="The orders of 2026.", due_on=due_on)


def answering(request: int = 1) -> ProvideInformation:
    return ProvideInformation(**at(), request=request, information="Here they are.", documents=(document("orders", "d"),))


def requesting_changes(**fields: Any) -> RequestChanges:
    return RequestChanges(**at(), **{"changes": "Add criterion 3.", "due_on": date(2027, 1, 20), **fields})


def engaging(*experts: str) -> EngageExperts:
    return EngageExperts(**at(), experts=experts or ("expert.old", "expert.new"), reasons="Medicine.", panel=FOLLOWED.panel)


def ruling() -> RuleOutcome:
    return RuleOutcome(**at(), ruling="The next report tells how it goes on.")


def closing() -> CloseCycle:
    return CloseCycle(**at(), outcome="accepted")


def lived(rulebook: str, *commands: Command) -> list[Event]:
    """The facts of a cycle in which these commands were accepted one after the other."""
    past: list[Event] = [opened(rulebook)]
    for command in commands:
        state = CYCLE.fold(past)
        past += CYCLE.decide(command, state, CYCLE.rules(command, state))
    return past
