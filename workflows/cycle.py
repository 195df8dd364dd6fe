"""One cycle of a follow-up: the report, its study, the visit, and what the agency or its council makes of the result.

AAKR, I.2, II.4.e-III.i; Sapattuu Bilim, 2.5.p3-3.4. Stages that a rulebook lacks are passed.
"""

from datetime import date, datetime
from itertools import count

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from chassis.events import Event
    from services.council import contract as council
    from services.monitoring import contract as monitoring
    from services.visits import contract as visits
    from workflows.messages import Fact

from workflows.followup import Alerts, FollowUp, Referred, of_round
from workflows.requests import LATER_PAUSE
from workflows.resolution import ENDED_MEANWHILE, Resolutions, before_the_council
from workflows.standstill import whenever

_REPORT = ("interim_report", "report_submission")
_AGAIN = ("report_revision", *_REPORT)
_STUDY = ("report_study", "report_review")
_DECISION_ON_A_VISIT = ("visit_decision", "trip_decision")
_AGREEMENT = ("visit_agreement", "visit_notice")
_VISIT_REPORT = ("visit_report", "visit_act")
_COUNCIL = "council_study"

#: In which fact of a study its day stands.
_ANSWERED_ON: dict[type[Event], str] = {
    monitoring.ReportStudied: "studied_on",
    monitoring.InterimReportRejected: "rejected_on",
    monitoring.ReportChangesRequested: "requested_on",
}

DIRECTOR = "director"
LAPSED = "lapsed"


class Cycle:
    """The stages in the order of the regulation; a matter that is referred to the council meanwhile goes there, and they go on after it."""

    def __init__(self, followup: FollowUp, alerts: Alerts) -> None:
        self._followup = followup
        self._alerts = alerts
        self._resolutions = Resolutions(followup)
        self._of = followup.of
        self._life = followup.life

    async def run(self) -> str:
        """The outcome with which the cycle closes."""
        first, known = of_round(monitoring.InterimReportSubmitted, 1), self._life.memory.deadlines.values()
        self._alerts.alternatives = tuple(watched.rule for watched in known if first in watched.met_by)  # that an earlier run has set
        self._life.beside(whenever(self._life, self._came_meanwhile, self._meet_report))
        while True:
            outcome = None if before_the_council(self._life.memory) else await self._stages()
            if outcome is None:
                outcome = await self._resolutions.decided()
            if outcome is None and self._life.has(ENDED_MEANWHILE) and not before_the_council(self._life.memory):
                outcome = "ended"
            if outcome is not None:
                return outcome

    async def _stages(self) -> str | None:
        """The outcome; None where the council is to decide."""
        try:
            # AAKR, II.4.e; Sapattuu Bilim, 2.5.p3: the report of the institution
            if not await self._reported():
                return LAPSED

            # AAKR, II.4.g, III.i; Sapattuu Bilim, 2.7: its study, in as many rounds as it takes; 2.9.s3: the experts' analysis
            if not await self._studied():
                return LAPSED
            if (await self._followup.terms()).analysed:
                await self._followup.fact(monitoring.MeasuresAnalysed, "analysis")
            await self._life.milestone("studied")

            # AAKR, II.4.h, II.4.i; Sapattuu Bilim, 2.9.s1-3.1: a visit or none
            visited = await self._visited()

            # AAKR, II.4.j, III.0; Sapattuu Bilim, 3.2: what is made of the result
            terms = await self._followup.terms()
            outcome = await self._assessed(visited) if terms.assessed else "studied"
            if not terms.council:
                return outcome
            await self._council_file()
            self._resolutions.take_up(None)
        except Referred as referred:
            self._resolutions.take_up(referred.fact)
        return None

    async def _reported(self) -> bool:
        """Whether a report came; where none does, that is referred to the council, or the certificate ends without one."""
        followup, life, first = self._followup, self._life, of_round(monitoring.InterimReportSubmitted, 1)
        terms = await followup.terms()
        if not life.has(first):
            await self._set_alternatives()
            if self._expected_on() is None:
                life.beside(self._set_once_expected())
            await followup.enter(*_REPORT)
        if terms.report_missing_ground is not None and not life.has(first) and await self._is_missing(first):
            if life.memory.round > 1:
                return False  # Sapattuu Bilim is silent: the council has had the matter, and the certificate ends on its day
            await self._refer(first, terms.report_missing_ground)
        await followup.fact(first, *_REPORT)
        await self._meet_report()
        return True

    def _came_meanwhile(self) -> bool:
        """Whether the report came while its lack is before the council: it is there, whatever is decided."""
        rules = self._alerts.alternatives
        return before_the_council(self._life.memory) and any(self._life.deadlines.reached(rule) for rule in rules)

    async def _meet_report(self) -> None:
        report = self._life.memory.facts[of_round(monitoring.InterimReportSubmitted, 1)]
        for rule in (await self._followup.terms()).report_rules:
            await self._followup.meet(rule, report, "submitted_on")

    async def _refer(self, first: str, ground: str) -> None:
        """Has the missing report referred; where monitoring does not find it missing yet, every day anew until it does or one comes."""
        life, step = self._life, monitoring.CycleStep(agency=self._of.agency, cycle_id=self._of.part_id, ground=ground)
        came = (first, monitoring.DecisionReferred)
        while not life.has(*came, *life.ended_by):
            standing: monitoring.CycleStanding = await life.ask(
                monitoring.TASK_QUEUE, monitoring.REFER_DECISION, step, monitoring.CycleStanding
            )
            if standing.ground is not None or standing.round:
                await life.when(lambda: life.has(*came))
            else:
                tomorrow = workflow.now() + LATER_PAUSE
                await life.until(
                    lambda at=tomorrow: at,  # type: ignore[misc]
                    unless=(*came, *life.ended_by),
                    stage=life.memory.stage,
                    waiting_on=life.memory.waiting_on,
                )

    async def _set_alternatives(self) -> None:
        """Each alternative whose day is known has its deadline, which moves with that day."""
        terms = await self._followup.terms()
        self._alerts.alternatives = terms.report_rules
        for rule in terms.report_rules:
            by_visit = rule in terms.report_rules_by_visit
            since = self._expected_on() if by_visit else self._of.valid_until
            if since is not None:
                await self._life.deadlines.set(
                    rule,
                    since=since,
                    met_by=(of_round(monitoring.InterimReportSubmitted, 1),),
                    because=self._of.traceparent,
                    anchor=(monitoring.ExpectedDateSet, "expected_on") if by_visit else None,
                )

    async def _set_once_expected(self) -> None:
        await self._life.when(lambda: self._expected_on() is not None)
        if not self._life.has(of_round(monitoring.InterimReportSubmitted, 1)):
            await self._set_alternatives()

    def _expected_on(self) -> date | None:
        told = self._life.memory.facts.get(monitoring.ExpectedDateSet.type_name())
        return told.day("expected_on") if told is not None else self._of.expected_on

    async def _is_missing(self, first: str) -> bool:
        """Whether the days of all alternatives have passed, or the certificate has ended, and there is no report (2.5.p3, 2.5.p4)."""
        life = self._life
        restored = life.memory.facts.get(council.CertificateRestored.type_name())
        valid_until = restored.day("valid_until") if restored is not None else self._of.valid_until
        if valid_until is None:
            return False
        question = monitoring.ReadCertificateTerm(agency=self._of.agency, rulebook=self._of.rulebook, valid_until=valid_until)
        term: monitoring.CertificateTerm = await life.once(
            monitoring.TASK_QUEUE, monitoring.READ_CERTIFICATE_TERM, question, monitoring.CertificateTerm, round=life.memory.round
        )
        missing = await life.until(
            lambda: self._last_moment(term.expires_at),
            unless=(first, monitoring.DecisionReferred, *life.ended_by),
            stage=life.memory.stage,
            waiting_on=life.memory.waiting_on,
        )
        await life.when(self._none_is_about_to_be_missed)
        return missing

    def _last_moment(self, expires_at: datetime) -> datetime:
        """Once the council has had the matter, a report is waited for until the certificate ends."""
        watched = [self._life.deadlines.of(rule) for rule in self._alerts.alternatives if self._life.deadlines.has(rule)]
        ends = [each.due_at for each in watched if each.due_at is not None and each.state != "withdrawn"]
        return min(max(ends), expires_at) if ends and self._life.memory.round == 1 else expires_at

    def _none_is_about_to_be_missed(self) -> bool:
        timer = self._life.deadlines.next_timer()
        return timer is None or timer > workflow.now()

    async def _studied(self) -> bool:
        """Whether a report was studied; not where one that was sent back did not come again before the certificate was over."""
        followup, terms = self._followup, await self._followup.terms()
        for number in count(1):
            report = await followup.fact(of_round(monitoring.InterimReportSubmitted, number), *_AGAIN)
            answers = {of_round(kind, number): day for kind, day in _ANSWERED_ON.items()}
            if report.data["complete"] or not terms.study_of_complete_report:
                await followup.set(terms.study_rule, report, "submitted_on", *answers, round=number)
            newer = of_round(monitoring.InterimReportSubmitted, number + 1)
            answer = await followup.any_of((*answers, newer), *_STUDY)
            name = next((name for name in answers if self._life.has(name)), None)
            if name is None:
                if terms.study_rule is not None:
                    reason = "the institution has completed its report before it was studied"
                    await self._life.deadlines.withdraw(terms.study_rule, reason, because=answer.traceparent, round=number)
                continue
            await followup.meet(terms.study_rule, answer, answers[name], round=number)
            if name == of_round(monitoring.ReportStudied, number):
                return True
            rule = await followup.set_by_person(answer, answers[name], _AGAIN, newer, round=number)
            if not await self._comes_again(newer, rule, number):
                return False
            await followup.meet(rule, await followup.fact(newer), "submitted_on", round=number)
        raise AssertionError("rounds end only by a study, or without a report")

    async def _comes_again(self, revised: str, rule: str | None, number: int) -> bool:
        """Late, it is still waited for while the certificate is in force; after that until the day that the person set."""
        followup, life = self._followup, self._life

        def given_up() -> bool:
            return life.has(ENDED_MEANWHILE) and (rule is None or not life.deadlines.runs(rule, number))

        if not life.has(revised):
            await followup.enter(*_AGAIN)
        await life.when(lambda: life.has(revised, monitoring.DecisionReferred) or given_up())
        return life.has(revised, monitoring.DecisionReferred)

    async def _visited(self) -> Fact | None:
        """The report on the visit, where there was one."""
        followup, life, terms = self._followup, self._life, await self._followup.terms()
        decision = await followup.fact(monitoring.VisitDecided, *_DECISION_ON_A_VISIT)
        if not decision.data["holds"]:
            if terms.visit_notice_without_visit:
                await followup.fact(monitoring.VisitDecisionTold, *_DECISION_ON_A_VISIT)
            return None
        await life.once(visits.TASK_QUEUE, visits.OPEN_MONITORING_VISIT, self._visit(terms), because=decision.traceparent)
        for kind, stages in (
            (visits.GroupFormed, ("panel_formation", *_AGREEMENT)),
            (monitoring.VisitDecisionTold, _AGREEMENT),
            (visits.VisitDatesAgreed, _AGREEMENT),
        ):
            if not (kind is monitoring.VisitDecisionTold and not terms.visit_notice) and not life.has(kind, visits.MonitoringVisitHeld):
                await followup.any_of((kind, visits.MonitoringVisitHeld), *stages)
        held = await followup.fact(visits.MonitoringVisitHeld, "visit")
        reported = visits.MonitoringVisitReported
        await followup.set(terms.visit_report_rule, held, "ended_on", reported, anchor=visits.MonitoringVisitHeld)
        report = await followup.fact(reported, *_VISIT_REPORT)
        await followup.meet(terms.visit_report_rule, report, "submitted_on")
        await life.milestone("visited")
        return report

    def _visit(self, terms: monitoring.FollowUpTerms) -> visits.OpenMonitoringVisit:
        of = self._of
        return visits.OpenMonitoringVisit(
            agency=of.agency,
            cycle_id=of.part_id,
            followup_id=of.case_id,
            certificate_id=of.certificate_id,
            institution_id=of.institution_id,
            rulebook=of.rulebook,
            kind=terms.kind,
            panel=terms.panel,
            case_officer=terms.case_officer,
        )

    async def _assessed(self, visited: Fact | None) -> str:
        """AAKR, III.0, II.4.j. What follows a result that is not positive the director says: the text is silent."""
        followup, life, terms = self._followup, self._life, await self._followup.terms()
        rule, told = terms.acceptance_rule, monitoring.AcceptanceTold
        if visited is not None:
            await followup.set(rule, visited, "submitted_on", told, anchor=visits.MonitoringVisitReported)
        result = await followup.fact(monitoring.ResultAssessed, "assessment")
        if not result.data["positive"]:
            if rule is not None:
                await life.deadlines.withdraw(rule, "the result is not positive", because=result.traceparent)
            life.enter((await followup.way()).acted("assessment")[0], DIRECTOR)
            await followup.fact(monitoring.OutcomeRuled)
            return str(result.data["word"] or "not_positive")
        if visited is None:
            rule = terms.acceptance_rule_without_visit
            await followup.set(rule, result, "assessed_on", told, anchor=monitoring.ResultAssessed)
        await followup.meet(rule, await followup.fact(told, "acceptance_notice"), "told_on")
        return str(result.data["word"] or "positive")

    async def _council_file(self) -> None:
        """Sapattuu Bilim, 3.1, 3.2.s1: the agency gives the council what it studies."""
        followup, way = self._followup, await self._followup.way()
        if not self._life.has(monitoring.CouncilFileSent):
            self._life.enter(way.acted(_COUNCIL)[0], way.acted(*_STUDY)[1])
        await followup.fact(monitoring.CouncilFileSent)
