"""The lifecycle of an accreditation under order 109, from the registered application to the closed case (p. 9-11)."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from chassis.events import Event
    from regulations import enforces
    from services.council import contract as council
    from services.intake import contract as intake
    from services.monitoring import contract as monitoring
    from services.review import contract as review
    from services.visits import contract as visits
    from workflows.messages import AccreditationCase, Fact

from workflows.lifecycle import Answering, Lifecycle

KZ = "kz-109-2008-accreditation"
BODY, INSTITUTION, COMMISSION, COUNCIL = "accreditation_body", "institution", "expert_commission", "accreditation_council"


@enforces(KZ, "9.1", "9.2", "9.3", "9.4", "9.5", "9.6", "9.7", "9.8", "9.9", "9.10", "10", "11", "17", "20", "22 (a)", "24")
@workflow.defn
class AccreditationLifecycle(Answering):
    """Workflow id = case id. Returns the council's outcome."""

    @workflow.init
    def __init__(self, case: AccreditationCase) -> None:
        self._case = case
        self._life = Lifecycle(case, workflow_id=case.case_id)

    @workflow.run
    async def run(self, case: AccreditationCase) -> str:
        """The ten stages of p. 9, and what is due within them."""
        async with self._life as life:
            registered = case.traceparent
            words = monitoring.ReadOutcomes(agency=case.agency, rulebook=case.rulebook)
            outcomes = await life.once(monitoring.TASK_QUEUE, monitoring.READ_OUTCOMES, words, monitoring.Outcomes, because=registered)

            # p. 11: documents, visit and decision take no longer than three years
            await life.deadlines.set("overall", since=case.registered_on, met_by=(council.DecisionAdopted,), because=registered)

            # p. 9.1: the bilateral contract; p. 9.2: the institution assesses itself
            contract = await life.fact(intake.ContractConcluded, stage="contract", waiting_on=INSTITUTION)
            await life.once(review.TASK_QUEUE, review.OPEN_SELF_ASSESSMENT, self._self_assessment(), because=contract.traceparent)
            await life.milestone("contract")

            # p. 9.3, 13: its report, on paper and electronically; p. 9.4, 9.5: the recommendations on it
            await life.fact(review.SelfAssessmentReportReceived, stage="self_assessment", waiting_on=INSTITUTION)
            advice = await life.fact(review.RecommendationsIssued, stage="recommendations", waiting_on=BODY)

            # p. 14: the commission, and the dates of its visit; p. 15, 16: the visit itself
            await life.once(visits.TASK_QUEUE, visits.OPEN_VISIT, self._visit(), because=advice.traceparent)
            await life.fact(visits.VisitAnnounced, stage="visit_announcement", waiting_on=BODY)
            await life.fact(visits.VisitStarted, stage="visit_preparation", waiting_on=COMMISSION)
            visit = await life.fact(visits.VisitCompleted, stage="visit", waiting_on=COMMISSION)

            # p. 9.6, 17: the report on the visit
            report = await life.due(
                visits.VisitReportSubmitted,
                "visit_report",
                since=visit.day("ended_on"),
                done="submitted_on",
                because=visit.traceparent,
                stage="visit_report",
                waiting_on=COMMISSION,
            )

            # p. 9.7, 18: materials for the council; p. 9.8, 9.9, 19: its decision ends what p. 11 limits
            await life.once(council.TASK_QUEUE, council.OPEN_CONSIDERATION, self._consideration(), because=report.traceparent)
            await life.milestone("visit_report")
            decision = await life.fact(council.DecisionAdopted, stage="council", waiting_on=COUNCIL)
            await life.deadlines.meet("overall", decision.day("adopted_on"), because=decision.traceparent)
            await life.milestone("decision")

            # p. 9.10, 20, 22 (a), 24: what follows the decision, in whatever order it comes
            life.enter("follow_up", BODY)
            last = await asyncio.gather(*self._what_follows(decision, outcomes))
            outcome = str(decision.data["outcome"])
            close = intake.CloseCase(agency=case.agency, case_id=case.case_id, outcome=outcome)
            await life.once(intake.TASK_QUEUE, intake.CLOSE_CASE, close, because=_latest(last).traceparent)
            life.enter("closed", "")
            return outcome

    def _what_follows(self, decision: Fact, outcomes: monitoring.Outcomes) -> list[Coroutine[Any, Any, Fact]]:
        decided = {scope["outcome"] for scope in decision.data["decisions"]}
        follows = [self._publication(decision)]
        if decided & set(outcomes.certified):
            follows.append(self._certificate(decision))
        if decided & set(outcomes.refused):
            follows.append(self._refusal(decision))
        return follows

    async def _publication(self, decision: Fact) -> Fact:
        """The full report on the body's website (p. 9.10); the text names no term, the agency's practice may."""
        return await self._follow_up(council.ReportPublished, "report_publication", decision, "adopted_on", "published_on")

    async def _certificate(self, decision: Fact) -> Fact:
        """The certificate (p. 20), then the register and the word to the authorised body (p. 4, 24)."""
        issued = await self._follow_up(council.CertificateIssued, "certificate_issue", decision, "adopted_on", "issued_on")
        entry, notice = await asyncio.gather(
            self._life.fact(council.RegisterEntryMade),
            self._follow_up(council.AuthorisedBodyNotified, "register_notice", issued, "issued_on", "notified_on"),
        )
        return _latest([entry, notice])

    async def _refusal(self, decision: Fact) -> Fact:
        """The written notice with reasons (p. 22 a)."""
        return await self._follow_up(council.RefusalNoticeSent, "refusal_notice", decision, "adopted_on", "sent_on")

    async def _follow_up(self, kind: type[Event], rule: str, after: Fact, since: str, done: str) -> Fact:
        return await self._life.due(kind, rule, since=after.day(since), done=done, because=after.traceparent)

    def _self_assessment(self) -> review.OpenSelfAssessment:
        case = self._case
        return review.OpenSelfAssessment(
            agency=case.agency,
            case_id=case.case_id,
            institution_id=case.institution_id,
            rulebook=case.rulebook,
            standards=case.standards,
            standards_version=case.standards_version,
        )

    def _visit(self) -> visits.OpenVisit:
        case = self._case
        return visits.OpenVisit(agency=case.agency, case_id=case.case_id, institution_id=case.institution_id, rulebook=case.rulebook)

    def _consideration(self) -> council.OpenConsideration:
        case = self._case
        return council.OpenConsideration(
            agency=case.agency,
            case_id=case.case_id,
            institution_id=case.institution_id,
            rulebook=case.rulebook,
            scopes=case.scopes,
            filed_on=case.filed_on,
            registered_on=case.registered_on,
        )


def _latest(facts: Iterable[Fact]) -> Fact:
    return max(facts, key=lambda fact: (fact.occurred_at, fact.event_id))
