"""The last days that a contract sets for the steps of its case (IQAA, S1.b.2), and what meets each of them."""

from datetime import date

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from chassis.events import Event
    from regulations import enforces
    from services.council import contract as council
    from services.intake import contract as intake
    from services.monitoring import contract as monitoring
    from services.review import contract as review
    from services.visits import contract as visits
    from workflows.facts import keyed
    from workflows.messages import Fact

from workflows.lifecycle import Lifecycle
from workflows.procedure import Way

_FIRST, _SECOND = keyed(review.ReportVersionSubmitted, 1), keyed(review.ReportVersionSubmitted, 2)

#: A stage → the facts of which any shows that it is done, each with its day. A right (complaint, appeal) is used or not: both are facts.
_STEPS: dict[str, dict[type[Event] | str, str]] = {
    "coordinator": {intake.CoordinatorAppointed: "appointed_on"},
    "preliminary_trip": {intake.PreliminaryTripMade: "ends_on"},
    "seminars": {intake.TrainingSeminarHeld: "held_on"},
    "self_assessment": {_FIRST: "submitted_on", review.SelfAssessmentReportReceived: "received_on"},
    "report_submission": {review.SelfAssessmentReportReceived: "received_on"},
    "recommendations": {review.RecommendationsIssued: "issued_on"},
    "first_version": {_FIRST: "submitted_on"},
    "technical_examination": {keyed(review.TechnicalExaminationHeld, 1): "examined_on"},
    "examination_results": {keyed(review.ExaminationResultsSent, 1): "sent_on"},
    "rework": {_SECOND: "submitted_on"},
    "final_version": {_SECOND: "submitted_on", review.FinalVersionResubmitted: "submitted_on"},
    "preliminary_audit": {review.PreliminaryAuditHeld: "held_on"},
    "panel_formation": {visits.PanelFormed: "formed_on"},
    "panel_notice": {visits.CompositionTold: "told_on"},
    "materials": {visits.MaterialsSent: "sent_on"},
    "webinar": {visits.WebinarHeld: "held_on"},
    "briefing": {visits.BriefingHeld: "held_on"},
    "visit": {visits.VisitCompleted: "ended_on"},
    "external_audit": {visits.VisitCompleted: "ended_on"},
    "external_report": {visits.VisitReportSubmitted: "submitted_on"},
    "factual_check": {visits.FactualCheckClosed: "closed_on"},
    "complaint": {council.ComplaintFiled: "filed_on"},
    "report_check": {council.ConclusionDrafted: "drafted_on"},
    "presentation": {council.PresentationPrepared: "prepared_on"},
    "council_consideration": {council.DecisionAdopted: "adopted_on"},
    "decision": {council.DecisionAdopted: "adopted_on"},
    "appeal": {council.AppealFiled: "filed_on"},
    "report_publication": {council.ReportPublished: "published_on"},
    "site_publication": {council.ReportPublished: "published_on"},
    "decision_register": {council.DecisionEntered: "entered_on"},
    "deqar_publication": {council.DeqarSubmitted: "submitted_on"},
    "ministry_information": {council.MinistryInformed: "informed_on"},
    "follow_up": {council.FollowUpAgreed: "agreed_on"},
}

#: Stages that not every case has → the fact by which it is known whether this one has them.
_NOT_IN_EVERY_CASE: dict[str, type[Event]] = {
    "preliminary_trip": review.ReportVersionSubmitted,
    "rework": review.SelfAssessmentReportAccepted,
    "preliminary_audit": visits.VisitStarted,
}

UNNEEDED = "the case has gone past this step without it"


@enforces("iqaa-accreditation", "S1.b.2")
class ContractTerms:
    """The contract's deadlines. Of a step that lifecycles hear nothing of a person says that it was done, or takes the deadline away."""

    def __init__(self, life: Lifecycle, contract: Fact, way: Way) -> None:
        self._life = life
        self._contract = contract
        ahead = way.after("contract")
        dates: dict[str, str] = contract.data.get("due_dates") or {}
        self._due = {step: date.fromisoformat(day) for step, day in sorted(dates.items()) if step in ahead}
        notices = tuple(keyed(council.DecisionNoticeSent, channel) for channel in way.channels.get("decision_notice", ()))
        self._met_by: dict[str, tuple[type[Event] | str, ...]] = {step: tuple(_STEPS.get(step, ())) for step in self._due}
        if "decision_notice" in self._due:
            self._met_by["decision_notice"] = notices

    async def keep(self) -> None:
        """Sets them, and tells what meets each, for as long as the lifecycle runs."""
        for step, due_on in self._due.items():
            await self._life.deadlines.set(
                _rule(step),
                since=self._contract.day("concluded_on"),
                met_by=self._met_by[step],
                any_of=step in _STEPS,
                because=self._contract.traceparent,
                due_on=due_on,
            )
        while True:
            await self._life.when(lambda: not self.settled())
            for step in self._done():
                fact, day = self._facts(step)[0]
                await self._life.deadlines.meet(_rule(step), fact.day(day), because=fact.traceparent)
            for step in self._passed():
                because = self._life.memory.facts[_NOT_IN_EVERY_CASE[step].type_name()].traceparent
                await self._life.deadlines.withdraw(_rule(step), UNNEEDED, because=because)

    def settled(self) -> bool:
        """Whether every deadline stands as the facts that have come tell."""
        return not self._done() and not self._passed()

    def _done(self) -> list[str]:
        return [step for step in self._due if self._life.deadlines.reached(_rule(step))]

    def _passed(self) -> list[str]:
        """Steps that the case turns out not to have."""
        return [
            step
            for step, passed_with in _NOT_IN_EVERY_CASE.items()
            if step in self._due and self._life.has(passed_with) and not self._facts(step) and self._life.deadlines.runs(_rule(step))
        ]

    def _facts(self, step: str) -> list[tuple[Fact, str]]:
        """Those that show it done; the latest of them shows it whole where all are needed, the first where one is enough."""
        days = {name if isinstance(name, str) else name.type_name(): day for name, day in _STEPS.get(step, {}).items()}
        days |= {str(name): "sent_on" for name in self._met_by[step] if step == "decision_notice"}
        found = [(self._life.memory.facts[name], day) for name, day in days.items() if name in self._life.memory.facts]
        return sorted(found, key=lambda each: each[0].day(each[1]), reverse=step == "decision_notice")


def _rule(step: str) -> str:
    return f"{monitoring.CONTRACT}{step}"
