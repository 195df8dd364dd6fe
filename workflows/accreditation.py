"""The lifecycle of an accreditation, from the registered application to the closed case, by the procedure of its rulebook.

Order 109, p. 9-11; IQAA, S1-S4. What can go otherwise: the case is withdrawn, terminated or discontinued, stands still for a time, is
decided anew upon an appeal.
"""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from chassis.events import Event
    from regulations import enforces
    from services.council import contract as council
    from services.intake import contract as intake
    from services.monitoring import contract as monitoring
    from workflows.messages import AccreditationCase, EventReceived, Fact

from workflows.following import Following, SetAside, latest
from workflows.lifecycle import Answering, Lifecycle
from workflows.procedure import Way
from workflows.requests import Overtaken
from workflows.stages import Stages
from workflows.standstill import Standstill, whenever
from workflows.terms import ContractTerms

KZ = "kz-109-2008-accreditation"
IQAA = "iqaa-accreditation"

#: What ends a case without a decision, or after it without all that follows; and the outcome with which it closes.
ENDS: dict[type[Event], str] = {
    intake.ApplicationWithdrawn: "withdrawn",
    intake.ContractTerminated: "terminated",
    intake.CaseDiscontinued: "discontinued",
}


@enforces(KZ, "9.1", "9.2", "9.3", "9.4", "9.5", "9.6", "9.7", "9.8", "9.9", "9.10", "10", "11", "17", "20", "22 (a)", "24", "27")
@enforces(IQAA, "P.3", "S1.b.2", "S1.c.1", "S1.c.2", "S1.d", "S1.e", "S1.f.1", "S1.f.2", "S1.g", "S1.h", "S2.a", "S2.b", "S2.c.1", "S2.d")
@enforces(IQAA, "S2.e.1", "S2.e.2", "S2.f.1", "S2.g", "S2.h", "S3.a", "S3.b", "S3.c.1", "S3.d", "S3.e", "S3.f.1", "S3.f.2", "S3.g", "S3.h")
@enforces(IQAA, "S4.a")
@workflow.defn
class AccreditationLifecycle(Answering):
    """Workflow id = case id. Returns the outcome with which the case closes."""

    @workflow.init
    def __init__(self, case: AccreditationCase) -> None:
        self._case = case
        self._life = Lifecycle(case, workflow_id=case.case_id, ended_by=tuple(ENDS))
        self._standstill = Standstill(case, self._life)
        self._contract: ContractTerms | None = None

    @workflow.run
    async def run(self, case: AccreditationCase) -> str:
        """The stages, or what ends them before their time."""
        async with self._life as life:
            life.beside(self._standstill.keep())
            life.beside(whenever(life, lambda: bool(life.deadlines.moved()), life.deadlines.follow_anchors))
            try:
                return await self._stages(case)
            except Overtaken:
                return await self._ended_otherwise()

    async def _stages(self, case: AccreditationCase) -> str:
        life, memory = self._life, self._life.memory
        way = await self._way()
        life.phases = way.phases
        stages, following = Stages(case, life, way), Following(case, life, way)

        # order 109, p. 11: documents, visit and decision take no longer than three years
        if way.times("overall") and case.remitted is None:
            await life.deadlines.set("overall", since=case.registered_on, met_by=(council.DecisionAdopted,), because=case.traceparent)

        # p. 9.1; IQAA, S1.b: the bilateral contract, and the last days that it sets
        if case.remitted is None:
            stage, waiting_on = way.shown("contract")
            contract = await life.fact(intake.ContractConcluded, stage=stage, waiting_on=waiting_on)
            if contract.data.get("due_dates"):
                self._contract = ContractTerms(life, contract, way)
                life.beside(self._contract.keep())

        remittal = memory.remittal
        decision = await (stages.again(remittal) if remittal else stages.to_the_decision(contract))
        while True:
            try:
                last = await following.done(decision)
                outcome = await self._close(following.outcome(decision), last)
            except SetAside:
                pass
            if not following.unsettled():
                life.enter("closed", "")
                return outcome
            remittal = await following.take_up()
            if remittal:
                decision = await stages.again(remittal)

    async def _way(self) -> Way:
        case, life = self._case, self._life
        if case.kind is None and case.remitted is None:  # begun when there was one rulebook; so it goes on
            words = monitoring.ReadOutcomes(agency=case.agency, rulebook=case.rulebook)
            outcomes = await life.once(
                monitoring.TASK_QUEUE, monitoring.READ_OUTCOMES, words, monitoring.Outcomes, because=case.traceparent
            )
            return Way.former(outcomes)
        question = monitoring.ReadProcedure(agency=case.agency, rulebook=case.rulebook)
        procedure = await life.once(
            monitoring.TASK_QUEUE, monitoring.READ_PROCEDURE, question, monitoring.Procedure, because=case.traceparent
        )
        return Way(procedure)

    async def _close(self, outcome: str, last: Fact) -> str:
        """Everything that follows is done: what is open still no longer binds anybody."""
        case, life = self._case, self._life
        if life.suspended_on() is not None:
            await life.when(lambda: life.suspended_on() is None)
        if self._contract is not None:
            await life.when(self._contract.settled)
        await life.deadlines.withdraw_all("the case is closed", because=last.traceparent)
        close = intake.CloseCase(agency=case.agency, case_id=case.case_id, outcome=outcome)
        await life.once(intake.TASK_QUEUE, intake.CLOSE_CASE, close, because=last.traceparent, round=life.memory.round)
        return outcome

    async def _ended_otherwise(self) -> str:
        """The case ends at whatever stage it stands: nothing of it is waited for, and nothing is done in it any more."""
        case, life = self._case, self._life
        life.close()
        ending, outcome = latest_ending(life)
        reason = f"the case was {outcome}"
        await self._standstill.close(reason, ending.traceparent)
        await life.deadlines.withdraw_all(reason, because=ending.traceparent)
        close = intake.CloseCase(agency=case.agency, case_id=case.case_id, outcome=outcome)
        await life.once(intake.TASK_QUEUE, intake.CLOSE_CASE, close, because=ending.traceparent, round=life.memory.round)
        await self._tell_the_appeal(ending, outcome)
        life.enter(outcome, "")
        return outcome

    async def _tell_the_appeal(self, ending: Fact, outcome: str) -> None:
        """An appeal that is not decided yet has nothing to be decided on."""
        facts = self._life.memory.facts
        filed, decided = (facts.get(kind.type_name()) for kind in (council.AppealFiled, council.AppealDecided))
        if filed is None or (decided is not None and decided.later_than(filed)):
            return
        kind = next(kind for kind, word in ENDS.items() if word == outcome)
        told = EventReceived(
            event_id=ending.event_id, type=kind.type_name(), source=self._case.case_id, occurred_at=ending.occurred_at, data=ending.data
        )
        await signalled(filed.data["appeal_id"], told)


def latest_ending(life: Lifecycle) -> tuple[Fact, str]:
    """What ended the case, and as what."""
    facts = life.memory.facts
    found = [(facts[kind.type_name()], word) for kind, word in ENDS.items() if kind.type_name() in facts]
    first = latest(fact for fact, _ in found)
    return next((fact, word) for fact, word in found if fact is first)


async def signalled(workflow_id: str, event: EventReceived) -> None:
    """Tells another lifecycle; one that is over needs no telling."""
    try:
        await workflow.get_external_workflow_handle(workflow_id).signal("event", event)
    except Exception as error:
        workflow.logger.info("%s was not told: %s", workflow_id, error)
