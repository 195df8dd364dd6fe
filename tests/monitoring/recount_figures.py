"""The figures of internal monitoring counted anew from stored events, one by one: nothing of the service's code is used."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Any

Json = dict[str, Any]
Figures = dict[str, dict[Any, Any]]


@dataclass(frozen=True)
class Stored:
    """A row of some service's table of events."""

    event_id: str
    type: str
    data: Json


def rows(found: Iterable[Any]) -> list[Stored]:
    """As the driver gives them."""
    return [Stored(str(r["event_id"]), r["type"], r["data"] if isinstance(r["data"], dict) else json.loads(r["data"])) for r in found]


#: name: (beginning: type and day, endings: types and their days, the field that both must have alike, what the ending must say)
_STAGES: dict[str, tuple[tuple[str, str], dict[str, str], str | None, tuple[str, Any] | None]] = {
    "registration": (("ApplicationFiled", "filed_on"), {"ApplicationRegistered": "registered_on"}, None, None),
    "contract": (("ApplicationRegistered", "registered_on"), {"ContractConcluded": "concluded_on"}, None, None),
    "self_assessment": (("ContractConcluded", "concluded_on"), {"SelfAssessmentReportReceived": "received_on"}, None, None),
    "first_report_version": (("ContractConcluded", "concluded_on"), {"ReportVersionSubmitted": "submitted_on"}, None, ("number", 1)),
    "report_examination": (("ReportVersionSubmitted", "submitted_on"), {"TechnicalExaminationHeld": "examined_on"}, "number", None),
    "report_review": (("SelfAssessmentReportReceived", "received_on"), {"RecommendationsIssued": "issued_on"}, None, None),
    "report_acceptance": (("ContractConcluded", "concluded_on"), {"SelfAssessmentReportAccepted": "accepted_on"}, None, None),
    "visit": (("VisitStarted", "started_on"), {"VisitCompleted": "ended_on"}, None, None),
    "visit_report": (("VisitCompleted", "ended_on"), {"VisitReportSubmitted": "submitted_on"}, None, None),
    "consideration": (("VisitReportSubmitted", "submitted_on"), {"DecisionAdopted": "adopted_on"}, None, None),
    "application_to_decision": (("ApplicationFiled", "filed_on"), {"DecisionAdopted": "adopted_on"}, None, None),
    "decision_to_certificate": (("DecisionAdopted", "adopted_on"), {"CertificateIssued": "issued_on"}, None, None),
    "plan_review": (
        ("PlanSubmitted", "submitted_on"),
        {"PlanReviewed": "reviewed_on", "PlanChangesRequested": "requested_on"},
        "round",
        None,
    ),
    "cycle_report_study": (
        ("InterimReportSubmitted", "submitted_on"),
        {"ReportStudied": "studied_on", "InterimReportRejected": "rejected_on", "ReportChangesRequested": "requested_on"},
        "round",
        None,
    ),
    "cycle": (("CycleOpened", "opened_on"), {"CycleClosed": "closed_on"}, None, None),
    "monitoring_visit_report": (("MonitoringVisitHeld", "ended_on"), {"MonitoringVisitReported": "submitted_on"}, None, None),
    "attestation_work": (("AttestationWorkBegan", "started_on"), {"AttestationWorkEnded": "ended_on"}, None, None),
    "attestation_conclusion": (("AttestationWorkEnded", "ended_on"), {"ConclusionCompleted": "signed_on"}, None, None),
    "attestation_decision": (("ConclusionCompleted", "signed_on"), {"AttestationDecided": "decided_on"}, None, None),
}
_LETTERS: dict[str, tuple[tuple[str, str], dict[str, str], str | None, tuple[str, Any] | None]] = {
    "composition": (("PanelFormed", "formed_on"), {"CompositionTold": "told_on"}, None, None),
    "examination_results": (("TechnicalExaminationHeld", "examined_on"), {"ExaminationResultsSent": "sent_on"}, "number", None),
    "decision_notice": (("DecisionAdopted", "adopted_on"), {"DecisionNoticeSent": "sent_on"}, None, None),
    "refusal_notice": (("DecisionAdopted", "adopted_on"), {"RefusalNoticeSent": "sent_on"}, None, None),
    "authorised_body_notice": (("CertificateIssued", "issued_on"), {"AuthorisedBodyNotified": "notified_on"}, "certificate_id", None),
    "ministry_notice": (("DecisionAdopted", "adopted_on"), {"MinistryInformed": "informed_on"}, None, None),
    "visit_decision_notice": (("VisitDecided", "decided_on"), {"VisitDecisionTold": "told_on"}, None, None),
    "acceptance_notice": (("ResultAssessed", "assessed_on"), {"AcceptanceTold": "told_on"}, None, None),
    "resolution": (("ResolutionAdopted", "adopted_on"), {"ResolutionDelivered": "delivered_on"}, "decision_id", None),
    "attestation_dates": (("AttestationScheduled", "scheduled_on"), {"AttestationDatesTold": "told_on"}, None, ("changed", False)),
    "attestation_changed_dates": (("AttestationRescheduled", "amended_on"), {"AttestationDatesTold": "told_on"}, None, ("changed", True)),
    "missing_materials": (("MaterialsReceived", "received_on"), {"MissingPartsTold": "told_on"}, "round", None),
    "attestation_second_copy": (("ConclusionCompleted", "signed_on"), {"SecondCopyHandedOver": "received_on"}, None, None),
    "attestation_decision_notice": (("AttestationDecided", "decided_on"), {"AttestationDecisionTold": "told_on"}, None, None),
}
_ROUNDS = {
    "self_assessment_versions": ("SelfAssessmentReportAccepted", "accepted_on", "number"),
    "plan": ("PlanReviewed", "reviewed_on", "round"),
    "cycle_report": ("ReportStudied", "studied_on", "round"),
    "attestation_materials": ("MaterialsAnalysed", "analysed_on", "round"),
}
_RULED = {
    "expert_objections": (("ExpertObjected", "objected_on"), ("ObjectionDecided", "decided_on")),
    "group_objections": (("GroupMemberObjected", "objected_on"), ("GroupObjectionDecided", "decided_on")),
    "appeals": (("AppealFiled", "filed_on"), ("AppealDecided", "decided_on")),
    "complaints": (("ComplaintFiled", "filed_on"), ("ComplaintDecided", "decided_on")),
}
_OPENED_BY = ("ApplicationFiled", "PlanAwaited", "CycleOpened", "AttestationScheduled")
_OF = {"PlanAwaited": "plan_id", "PlanSubmitted": "plan_id", "PlanReviewed": "plan_id", "PlanChangesRequested": "plan_id"}


class Recount:
    """Over the events of one agency and a period, both days included."""

    def __init__(self, stored: Iterable[Stored], first: date, last: date) -> None:
        everything = list(stored)
        right = {each.event_id: dict(each.data) for each in everything}
        for each in everything:
            if "corrects" in each.data and each.data["corrects"] in right:
                right[each.data["corrects"]].update(each.data["corrected"])
        self.first, self.last = first.isoformat(), last.isoformat()
        self.facts = [(each.type, right[each.event_id]) for each in everything]
        self.rulebooks = {self.case(kind, data): data["rulebook"]["id"] for kind, data in self.facts if kind in _OPENED_BY}

    def case(self, kind: str, data: Json) -> str:
        """Whose fact it is."""
        for field in (_OF.get(kind, "?"), "attestation_id", "case_id", "cycle_id"):
            if data.get(field):
                return str(data[field])
        return ""

    def of(self, kind: str, day: str, *, within: bool = True) -> Iterator[Json]:
        """The facts of a type, in the period."""
        for found, data in self.facts:
            if found == kind and (not within or self.first <= data[day] <= self.last):
                yield data

    def procedure(self, kind: str, data: Json) -> str:
        return str(self.rulebooks.get(self.case(kind, data), ""))

    def spans(self, of: dict[str, Any]) -> dict[Any, Any]:
        """Median, 90 %, shortest, longest of the days of each."""
        found: dict[Any, list[int]] = {}
        for name, ((began, began_on), ends, same, saying) in of.items():
            for ended, ended_on in ends.items():
                for end in self.of(ended, ended_on):
                    if saying is not None and end.get(saying[0]) != saying[1]:
                        continue
                    starts = [
                        date.fromisoformat(start[began_on])
                        for start in self.of(began, began_on, within=False)
                        if self.case(began, start) == self.case(ended, end)
                        and start[began_on] <= end[ended_on]
                        and (same is None or start[same] == end[same])
                    ]
                    if starts:
                        days = (date.fromisoformat(end[ended_on]) - sorted(starts)[-1]).days
                        found.setdefault((self.procedure(ended, end), name), []).append(days)
        return {key: self._summary(sorted(days)) for key, days in found.items()}

    def _summary(self, days: list[int]) -> tuple[int, float, int, int, int]:
        half = len(days) // 2
        middle = float(days[half]) if len(days) % 2 else (days[half - 1] + days[half]) / 2
        least = next(day for day in days if sum(other <= day for other in days) >= ceil(0.9 * len(days) - 1e-9))
        return len(days), middle, least, days[0], days[-1]

    def rounds(self) -> dict[Any, Any]:
        found: dict[Any, list[int]] = {}
        for name, (kind, day, field) in _ROUNDS.items():
            for data in self.of(kind, day):
                if field in data:  # the experts of a panel study a report, too, under the same name
                    found.setdefault((self.procedure(kind, data), name), []).append(data[field])
        return {key: (len(each), round(sum(each) / len(each), 2), max(each)) for key, each in found.items()}

    def rulings(self) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for name, ((asked, asked_on), (decided, decided_on)) in _RULED.items():
            for data in self.of(asked, asked_on):
                found.setdefault((self.procedure(asked, data), name), [0, {}])[0] += 1
            for data in self.of(decided, decided_on):
                outcome = data["outcome"] if "outcome" in data else ("upheld" if data["upheld"] else "refused")
                outcomes = found.setdefault((self.procedure(decided, data), name), [0, {}])[1]
                outcomes[outcome] = outcomes.get(outcome, 0) + 1
        return {key: (filed, outcomes) for key, (filed, outcomes) in found.items()}

    def corrections(self) -> dict[Any, Any]:
        found: dict[Any, list[int]] = {}
        for data in self.of("FactualCheckClosed", "closed_on"):
            sums = found.setdefault(self.procedure("FactualCheckClosed", data), [0, 0])
            sums[0] += len([ruling for ruling in data["rulings"] if ruling["accepted"]])
            sums[1] += len(data["rulings"])
        return {key: tuple(each) for key, each in found.items()}

    def deviations(self) -> dict[Any, Any]:
        found: dict[Any, list[int]] = {}
        for data in self.of("DecisionAdopted", "adopted_on"):
            sums = found.setdefault(self.procedure("DecisionAdopted", data), [0, 0])
            sums[0] += len(data.get("deviations", []))
            sums[1] += len(data["decisions"])
        for data in self.of("AttestationDecided", "decided_on"):
            sums = found.setdefault(self.procedure("AttestationDecided", data), [0, 0])
            sums[0] += 1 if data.get("reading_departure") is not None else 0
            sums[1] += 1
        return {key: tuple(each) for key, each in found.items()}

    def deadlines(self) -> dict[Any, Any]:
        """Of each deadline its latest day and what became of it, from its own facts in order."""
        standing: dict[str, Json] = {}
        for kind, data in self.facts:
            if not kind.startswith("Deadline"):
                continue
            if kind == "DeadlineSet":
                standing[data["deadline_id"]] = {**data, "state": "open", "moved": False}
                continue
            one = standing[data["deadline_id"]]
            if kind == "DeadlineMet":
                one["state"] = "met_late" if data["late_days"] else "met"
            elif kind == "DeadlineMissed":
                one["state"] = "missed"
            elif kind == "DeadlineWithdrawn":
                one["state"] = "withdrawn"
            elif kind == "DeadlineExtended":
                one.update(due_on=data["due_on"], moved=True)
            elif kind in ("DeadlineRecomputed", "DeadlineResumed"):
                one["due_on"] = data["due_on"]
                if kind == "DeadlineRecomputed":
                    one["moved"] = data["extended"]
                    one["rulebook"] = data.get("rulebook") or one["rulebook"]
        found: dict[Any, dict[str, int]] = {}
        for one in standing.values():
            if self.first <= one["due_on"] <= self.last:
                key = (one["rulebook"]["id"], one["rule"], one["clause"], one["binds"])
                sums = found.setdefault(key, dict.fromkeys(("met", "met_late", "missed", "open", "withdrawn", "extended"), 0))
                sums[one["state"]] += 1
                sums["extended"] += one["moved"]
        return found

    def all(self) -> Figures:
        """Every figure."""
        return {
            "stages": self.spans(_STAGES),
            "letters": self.spans(_LETTERS),
            "rounds": self.rounds(),
            "rulings": self.rulings(),
            "factual_corrections": self.corrections(),
            "deviations": self.deviations(),
            "deadlines": self.deadlines(),
        }


def told(answer: Json) -> Figures:
    """The answer of the service, in the shape of a recount."""
    days = ("n", "median", "p90", "shortest", "longest")
    counts = ("met", "met_late", "missed", "open", "withdrawn", "extended")
    return {
        **{
            name: {(each["rulebook_id"], each["name"]): tuple(each[day] for day in days) for each in answer[name]}
            for name in ("stages", "letters")
        },
        "rounds": {(each["rulebook_id"], each["name"]): (each["n"], each["mean"], each["most"]) for each in answer["rounds"]},
        "rulings": {(each["rulebook_id"], each["name"]): (each["filed"], each["outcomes"]) for each in answer["rulings"]},
        **{
            name: {each["rulebook_id"]: (each["counted"], each["out_of"]) for each in answer[name]}
            for name in ("factual_corrections", "deviations")
        },
        "deadlines": {
            (each["rulebook_id"], each["rule"], each["clause"], each["binds"]): {name: each[name] for name in counts}
            for each in answer["deadlines"]
        },
    }
