"""The lifecycle of an appeal against a decision: filed, decided, and what was sent back taken up (order 109, p. 27; IQAA, S3.e).

The case's own lifecycle hears of the outcome too, and goes back itself where it still follows the decision. This one begins it anew
where it was closed already: the case keeps one address, its id, to which every fact of it is told.
"""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from regulations import enforces
    from services.council import contract as council
    from workflows.facts import keyed
    from workflows.messages import BEGIN_AGAIN, TASK_QUEUE, AccreditationCase, Fact, Memory, PendingAppeal

from workflows.accreditation import ENDS, latest_ending
from workflows.following import REMITTED, remittal_of
from workflows.lifecycle import Answering, Lifecycle
from workflows.requests import Overtaken

BODY_OF_APPEAL = "appeal_body"


@enforces("kz-109-2008-accreditation", "27")
@enforces("iqaa-accreditation", "S3.e")
@workflow.defn
class AppealLifecycle(Answering):
    """Workflow id = appeal id. Returns the appeal's outcome, or what ended the case before there was one."""

    @workflow.init
    def __init__(self, appeal: PendingAppeal) -> None:
        self._appeal = appeal
        self._life = Lifecycle(appeal, workflow_id=appeal.appeal_id, ended_by=tuple(ENDS))

    @workflow.run
    async def run(self, appeal: PendingAppeal) -> str:
        """Until the appeal is decided; no text gives a term for it."""
        async with self._life as life:
            try:
                decided = await life.fact(council.AppealDecided, stage="appeal", waiting_on=BODY_OF_APPEAL)
                outcome = str(decided.data["outcome"])
                if outcome == REMITTED:
                    await self._take_up(decided)
            except Overtaken:
                _, outcome = latest_ending(life)
            life.enter(outcome, "")
            return outcome

    async def _take_up(self, decided: Fact) -> None:
        appeal = self._appeal
        question = council.ReadCase(agency=appeal.agency, case_id=appeal.case_id)
        known: council.CaseBeforeCouncil = await self._life.once(
            council.TASK_QUEUE, council.READ_CASE, question, council.CaseBeforeCouncil, because=decided.traceparent
        )
        if not known.remitted:
            return
        case = AccreditationCase(
            agency=appeal.agency,
            case_id=appeal.case_id,
            institution_id=known.institution_id,
            scopes=known.scopes,
            rulebook=known.rulebook,
            standards="",
            standards_version="",
            filed_on=known.filed_on,
            registered_on=known.registered_on,
            remitted=remittal_of(decided),
            certified=known.certified,
            traceparent=decided.traceparent,
            memory=Memory(round=known.appeals + 1, remittal=remittal_of(decided), settled=[keyed(council.AppealDecided, appeal.appeal_id)]),
        )
        await self._life.ask(TASK_QUEUE, BEGIN_AGAIN, case, because=decided.traceparent)
