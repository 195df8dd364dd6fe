"""The stages of a case up to the council's decision, by whichever procedure its rulebook has (order 109, p. 9.1-9.9; IQAA, S1-S3.c)."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from chassis.events import Event
    from services.council import contract as council
    from services.intake import contract as intake
    from services.review import contract as review
    from services.visits import contract as visits
    from workflows.messages import AccreditationCase, Fact, Remittal

from workflows.lifecycle import Lifecycle
from workflows.procedure import Way

#: What a visit that is held once more tells anew, and what the council is given anew after it.
_OF_A_VISIT: tuple[type[Event], ...] = (
    visits.PanelFormed,
    visits.CompositionTold,
    visits.VisitAnnounced,
    visits.MaterialsSent,
    visits.WebinarHeld,
    visits.BriefingHeld,
    visits.VisitStarted,
    visits.VisitCompleted,
    visits.VisitReportSubmitted,
    visits.FactualCheckClosed,
    council.ReportChecked,
    council.ConclusionDrafted,
    council.PresentationPrepared,
)


class Stages:
    """Each waits for its fact; one that the procedure does not have is passed."""

    def __init__(self, case: AccreditationCase, life: Lifecycle, way: Way) -> None:
        self._case = case
        self._life = life
        self._way = way

    async def to_the_decision(self, contract: Fact) -> Fact:
        """From the concluded contract to the council's decision."""
        life, way, case = self._life, self._way, self._case

        # order 109, p. 9.2: the institution assesses itself; IQAA, S1.c-S1.e: with a coordinator, and after seminars
        last = await self._introduced(contract)
        await life.once(review.TASK_QUEUE, review.OPEN_SELF_ASSESSMENT, self._self_assessment(), because=last.traceparent)
        await life.milestone("contract")

        # p. 9.3-9.5, 13: its report, on paper and electronically, and the recommendations on it; S1.f-S1.h: by versions
        await (self._by_versions() if way.has("first_version") else self._by_forms())

        # p. 9.6, 14-17: the visit and its report; S2: with the panel's preparation, and the factual check
        report = await self._visited()

        # p. 9.7, 18: materials for the council; p. 9.8, 9.9, 19: its decision ends what p. 11 limits; S3.a, S3.b, S3.c
        await life.once(council.TASK_QUEUE, council.OPEN_CONSIDERATION, consideration(case), because=report.traceparent)
        await life.milestone("visit_report")
        await self._before_the_council()
        decision = await self._decision()
        if life.deadlines.has("overall"):
            await life.deadlines.meet("overall", decision.day("adopted_on"), because=decision.traceparent)
        await life.milestone("decision")
        return decision

    async def again(self, remittal: Remittal) -> Fact:
        """An appeal has sent the decision back: the council decides anew, where it was said after another visit."""
        life, case, number = self._life, self._case, self._life.memory.round
        reopen = intake.ReopenCase(agency=case.agency, case_id=case.case_id, appeal_id=remittal.appeal_id)
        await life.once(intake.TASK_QUEUE, intake.REOPEN_CASE, reopen, because=remittal.traceparent, round=number)
        if remittal.new_visit:
            if f"visit:{number}" not in life.memory.milestones:
                life.memory.milestones.append(f"visit:{number}")
                life.forget(*(kind.type_name() for kind in _OF_A_VISIT))
            await self._open_visit(remittal.traceparent)
            await self._visited()
            await self._before_the_council()
        decision = await self._decision()
        await life.milestone(f"decision:{number}")
        return decision

    async def _introduced(self, contract: Fact) -> Fact:
        """IQAA, S1.c, S1.d: the coordinator, the trip to an institution that is new to the agency, the seminars."""
        life, way, last = self._life, self._way, contract
        if way.has("coordinator"):
            last = await self._stage(intake.CoordinatorAppointed, "coordinator")
        if way.has("preliminary_trip"):
            if self._is_new() and not life.has(intake.PreliminaryTripMade):
                life.enter(*way.shown("preliminary_trip"))
            await life.when(lambda: not self._is_new() or life.has(intake.PreliminaryTripMade))
        if way.has("seminars"):
            last = await self._stage(intake.TrainingSeminarHeld, "seminars")
        return last

    def _is_new(self) -> bool:
        """Whether the agency works with the institution for the first time: as the history tells, or as a person has stated since."""
        facts = self._life.memory.facts
        stated = facts.get(intake.FirstTimeStated.type_name()) or facts[intake.ContractConcluded.type_name()]
        return bool(stated.data.get("first_time"))

    async def _by_forms(self) -> None:
        await self._stage(review.SelfAssessmentReportReceived, "self_assessment")
        advice = await self._stage(review.RecommendationsIssued, "recommendations")
        await self._open_visit(advice.traceparent)

    async def _by_versions(self) -> None:
        """IQAA, S1.f-S1.h: examined in any number of rounds; the panel is formed beside it from the first version on (S2.b)."""
        life, way = self._life, self._way
        first = await self._stage(review.ReportVersionSubmitted, "self_assessment")
        await self._open_visit(first.traceparent)
        while not life.has(review.SelfAssessmentReportAccepted):
            shown = self._examination()
            life.enter(*shown)
            await life.when(lambda shown=shown: life.has(review.SelfAssessmentReportAccepted) or self._examination() != shown)  # type: ignore[misc]
        accepted = await life.fact(review.SelfAssessmentReportAccepted)
        if way.has("preliminary_audit") and accepted.data.get("audit_needed"):
            await self._stage(review.PreliminaryAuditHeld, "preliminary_audit")

    def _examination(self) -> tuple[str, str]:
        """Where the newest version stands, and whose turn it is."""
        facts = self._life.memory.facts
        number = facts[review.ReportVersionSubmitted.type_name()].data["number"]
        examined, sent = (facts.get(kind.type_name()) for kind in (review.TechnicalExaminationHeld, review.ExaminationResultsSent))
        if sent is not None and sent.data["number"] == number:
            return self._way.shown("rework" if sent.data["rework_needed"] else "final_version")
        if examined is not None and examined.data["number"] == number:
            return self._way.shown("examination_results")
        if number == 1:
            return self._way.shown("technical_examination")
        return "final_version", self._way.shown("technical_examination")[1]

    async def _visited(self) -> Fact:
        """The panel, the dates, what prepares the panel, the visit, its report and the check of its facts."""
        life, way, number = self._life, self._way, self._life.memory.round
        for stage, formed in (("panel_formation", visits.PanelFormed), ("panel_notice", visits.CompositionTold)):
            if way.has(stage):
                await self._stage(formed, stage)
        announced = await self._stage(visits.VisitAnnounced, "materials", "visit_announcement")
        if way.has("materials"):
            await self._materials(announced)
        for stage, held in (("webinar", visits.WebinarHeld), ("briefing", visits.BriefingHeld)):
            if way.has(stage):
                await self._stage(held, stage)
        await self._stage(visits.VisitStarted, "external_audit", "visit_preparation")
        visit = await self._stage(visits.VisitCompleted, "external_audit", "visit")
        stage, waiting_on = way.shown("external_report", "visit_report")
        if not way.times("visit_report"):
            report = await life.fact(visits.VisitReportSubmitted, stage=stage, waiting_on=waiting_on)
        else:
            report = await life.due(
                visits.VisitReportSubmitted,
                "visit_report",
                since=visit.day("ended_on"),
                anchor=(visits.VisitCompleted, "ended_on"),
                done="submitted_on",
                because=visit.traceparent,
                stage=stage,
                waiting_on=waiting_on,
                round=number,
            )
        return await self._stage(visits.FactualCheckClosed, "factual_check") if way.has("factual_check") else report

    async def _materials(self, announced: Fact) -> None:
        """IQAA, S2.d: some weeks before the first day of the visit, wherever that moves."""
        stage, waiting_on = self._way.shown("materials")
        if not self._way.times("materials_to_experts"):
            await self._life.fact(visits.MaterialsSent, stage=stage, waiting_on=waiting_on)
            return
        await self._life.due(
            visits.MaterialsSent,
            "materials_to_experts",
            since=announced.day("starts_on"),
            anchor=(visits.VisitAnnounced, "starts_on"),
            done="sent_on",
            because=announced.traceparent,
            stage=stage,
            waiting_on=waiting_on,
            round=self._life.memory.round,
        )

    async def _before_the_council(self) -> None:
        """IQAA, S3.a, S3.b; what was decided all the same no longer waits for them."""
        steps = (
            ("report_check", council.ReportChecked),
            ("report_check", council.ConclusionDrafted),
            ("presentation", council.PresentationPrepared),
        )
        for stage, prepared in steps:
            if self._way.has(stage) and not self._life.has(prepared, council.DecisionAdopted):
                self._life.enter(*self._way.shown(stage))
                await self._life.when(lambda prepared=prepared: self._life.has(prepared, council.DecisionAdopted))  # type: ignore[misc]

    async def _decision(self) -> Fact:
        shown = "council" if self._way.has("council_consideration") or not self._way.has("decision") else "decision"
        return await self._stage(council.DecisionAdopted, shown)

    async def _stage(self, kind: type[Event], *names: str) -> Fact:
        stage, waiting_on = self._way.shown(*names)
        return await self._life.fact(kind, stage=stage, waiting_on=waiting_on)

    async def _open_visit(self, because: str | None) -> None:
        case, number = self._case, self._life.memory.round
        visit = visits.OpenVisit(
            agency=case.agency, case_id=case.case_id, institution_id=case.institution_id, rulebook=case.rulebook, round=number
        )
        await self._life.once(visits.TASK_QUEUE, visits.OPEN_VISIT, visit, because=because, round=number)

    def _self_assessment(self) -> review.OpenSelfAssessment:
        case = self._case
        return review.OpenSelfAssessment(
            agency=case.agency,
            case_id=case.case_id,
            institution_id=case.institution_id,
            rulebook=case.rulebook,
            standards=case.standards,
            standards_version=case.standards_version,
            kind=case.kind,
        )


def consideration(case: AccreditationCase) -> council.OpenConsideration:
    """What the council is asked to take up."""
    return council.OpenConsideration(
        agency=case.agency,
        case_id=case.case_id,
        institution_id=case.institution_id,
        rulebook=case.rulebook,
        scopes=case.scopes,
        filed_on=case.filed_on,
        registered_on=case.registered_on,
    )
