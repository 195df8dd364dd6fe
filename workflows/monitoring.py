"""The lifecycle of a part of a follow-up: an action plan until it stands, or one cycle until nothing more is asked of anybody in it.

Between the parts of a follow-up nothing runs: the calendar opens each when its day has come.
"""

from itertools import count

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from regulations import RulebookRef, enforces
    from services.monitoring import contract as monitoring
    from workflows.messages import EventReceived, FollowedUp

from workflows.cycle import Cycle
from workflows.followup import Alerts, FollowUp, of_round
from workflows.lifecycle import Answering, Lifecycle
from workflows.requests import Overtaken
from workflows.resolution import ENDED_MEANWHILE, before_the_council
from workflows.standstill import whenever

AAKR, SAPATTUU = "aakr-monitoring-2024", "sapattuu-bilim-monitoring"

#: Why a follow-up ends whose certificate has run its term.
EXPIRED = "expired"

_PLAN = ("action_plan", "plan_submission")
_REVISION = ("plan_revision", *_PLAN)


@enforces(AAKR, "I.2", "II.1", "II.4.b", "II.4.c", "II.4.d", "II.4.e", "II.4.f", "II.4.g", "II.4.h", "II.4.i", "II.4.j", "III.0", "III.i")
@enforces(SAPATTUU, "2.2", "2.3", "2.4", "2.5.p3", "2.5.p4", "2.6.s1", "2.7", "2.9.s1", "2.9.s2", "2.9.s3", "2.11.p1.s1", "3.1")
@enforces(SAPATTUU, "3.2.s1", "3.2.s2", "3.3", "3.3.a", "3.3.b.s1", "3.3.b.s2", "3.3.b.s3", "3.3.c", "3.4")
@workflow.defn
class MonitoringLifecycle(Answering):
    """Workflow id = the plan's or the cycle's id. Returns how that part ended."""

    @workflow.init
    def __init__(self, of: FollowedUp) -> None:
        self._of = of
        self._life = Lifecycle(of, workflow_id=of.part_id, ended_by=(monitoring.FollowUpEnded,))
        self._followup = FollowUp(of, self._life)
        self._alerts = Alerts(self._followup)

    @workflow.run
    async def run(self, of: FollowedUp) -> str:
        """The stages of this part, or the end of the follow-up before their time."""
        async with self._life as life:
            life.beside(self._alerts.keep())
            life.beside(whenever(life, lambda: bool(life.deadlines.moved()), life.deadlines.follow_anchors))
            try:
                outcome = await (self._plan() if of.part == "plan" else Cycle(self._followup, self._alerts).run())
                await life.when(self._alerts.settled)
                because = None
            except Overtaken:
                life.close()
                outcome, because = "ended", life.memory.facts[monitoring.FollowUpEnded.type_name()].traceparent
            await life.deadlines.withdraw_all(f"this part of the follow-up is over: {outcome}", because=because)
            if of.part == "cycle":
                step = monitoring.CycleStep(agency=of.agency, cycle_id=of.part_id, outcome=outcome)
                await life.once(monitoring.TASK_QUEUE, monitoring.CLOSE_CYCLE, step, because=because)
            life.enter(outcome, "")
            return outcome

    @workflow.signal
    def event(self, event: EventReceived) -> None:
        """A fact that a service published. The rulebook that the director adopts holds for all that is asked from now on.

        The follow-up ends with its certificate; what is before the council then is decided all the same, and a report that came before
        the certificate expired is brought to its end.
        """
        if event.type == monitoring.FollowUpEnded.type_name() and self._goes_on(event.data.get("why")):
            event = event.model_copy(update={"type": ENDED_MEANWHILE})
        self._life.receive(event)
        adoption = self._life.memory.facts.get(monitoring.FollowUpRulebookAdopted.type_name())
        adopted = RulebookRef.model_validate(adoption.data["rulebook"]) if adoption is not None else self._of.rulebook
        if adopted != self._of.rulebook:
            self._of.rulebook = adopted
            self._of.edition += 1
            self._life.show()

    def _goes_on(self, why: str | None) -> bool:
        reported = self._life.has(of_round(monitoring.InterimReportSubmitted, 1))
        referred = before_the_council(self._life.memory) or self._life.has(monitoring.DecisionReferred)
        return referred or (why == EXPIRED and reported)

    async def _plan(self) -> str:
        """AAKR, II.4.b-II.4.d; Sapattuu Bilim, 2.3, 2.4, 2.6.s1: submitted, and reviewed where the text knows a review, in rounds."""
        followup, life, terms = self._followup, self._life, await self._followup.terms()
        submitted = of_round(monitoring.PlanSubmitted, 1)
        await self._plan_is_due(submitted)
        plan = await followup.fact(submitted, *_PLAN)
        await followup.meet(terms.plan_rule, plan, "submitted_on")
        for number in count(1):
            if not terms.plan_reviewed:
                return "submitted"
            reviewed, changes = (of_round(kind, number) for kind in (monitoring.PlanReviewed, monitoring.PlanChangesRequested))
            await followup.set(terms.plan_review_rule, plan, "submitted_on", reviewed, changes, round=number)
            answer = await followup.any_of((reviewed, changes), "plan_review")
            day = "reviewed_on" if life.has(reviewed) else "requested_on"
            await followup.meet(terms.plan_review_rule, answer, day, round=number)
            if life.has(reviewed):
                return "reviewed"
            revised = of_round(monitoring.PlanSubmitted, number + 1)
            rule = await followup.set_by_person(answer, "requested_on", _REVISION, revised, round=number)
            if rule is None:
                rule = terms.plan_revision_rule
                await followup.set(rule, answer, "requested_on", revised, round=number)
            plan = await followup.fact(revised, *_REVISION)
            await followup.meet(rule, plan, "submitted_on", round=number)
            await life.milestone(f"plan:{number}")
        raise AssertionError("rounds end only by a review")

    async def _plan_is_due(self, submitted: str) -> None:
        """Sapattuu Bilim, 2.3: the term runs from the day on which the institution has both the order and the conclusion."""
        life, received = self._life, monitoring.AccreditationDocumentsReceived
        rule, since = (await self._followup.terms()).plan_rule, self._of.counts_from
        if rule is None:
            return
        if since is None:
            documents = await self._followup.any_of((received, submitted), "measures", *_PLAN)
            since = documents.day("counts_from") if life.has(received) else None
        if since is not None:
            anchor = (received, "counts_from")
            await life.deadlines.set(rule, since=since, met_by=(submitted,), because=self._of.traceparent, anchor=anchor)
