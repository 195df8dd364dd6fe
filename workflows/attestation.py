"""The lifecycle of a state attestation, from its place in an approved schedule until nothing more is asked of anybody in it.

Attestation, p. 12-19, 31-38. What is studied, controlled and noted on the spot the services keep; here are the steps between them.
"""

from datetime import date, datetime, timedelta

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
    from workflows.messages import EventReceived, Fact, ScheduledAttestation

from workflows.kept import Kept, SetByPersons, Wanted, by_person
from workflows.lifecycle import Answering, Lifecycle
from workflows.procedure import INSTITUTION, Way
from workflows.requests import Overtaken
from workflows.standstill import whenever

KZ = "kz-109-2008-attestation"

#: What the words of a rulebook's decisions and verdicts bring about.
_ATTESTED, _SUSPENDS, _RESTORES = "planned_attestation", "licence_suspension", "licence_restoration"

_REMOVAL, _NOTICE, _MATERIALS, _SUSPENSION = "removal_of_violations", "amendment_notice", "self_assessment", "suspension"
_CANCELLED, _TAKEN_OUT = "cancelled", "the attestation was taken out of the schedule"

#: What ends an attestation whose organisation was not attested → how it closes.
_ENDS: dict[type[Event], str] = {council.LicenceRestored: "restored", council.DeprivationReferred: "referred"}

_DAYS: dict[type[Event], str] = {
    intake.AttestationDatesTold: "told_on",
    review.MaterialsReceived: "received_on",
    visits.AttestationCommissionFormed: "approved_on",
    visits.AttestationWorkEnded: "ended_on",
    council.AttestationDecided: "decided_on",
    visits.RecheckHeld: "held_on",
    council.LicenceRestored: "restored_on",
}


@enforces(KZ, "12", "14", "15", "17 (a)", "19", "33", "34", "36", "38")
@workflow.defn
class AttestationLifecycle(Answering):
    """Workflow id = `agency:attestation id`. Returns the outcome with which the attestation closes."""

    @workflow.init
    def __init__(self, of: ScheduledAttestation) -> None:
        self._of = of
        self._life = Lifecycle(of, workflow_id=of.workflow_id, ended_by=(intake.AttestationCancelled,))
        self._kept = Kept(self._life, _DAYS, self._removed_by)
        self._by_persons = SetByPersons(self._life, self._set_by_persons)

    @workflow.run
    async def run(self, of: ScheduledAttestation) -> str:
        """The stages, or the amendment that takes the organisation out of the schedule."""
        async with self._life as life:
            life.beside(whenever(life, lambda: bool(life.deadlines.moved()), life.deadlines.follow_anchors))
            life.beside(self._kept.keep())
            life.beside(self._by_persons.keep())
            life.beside(whenever(life, self._is_amended, self._take_up_amendment))
            try:
                return await self._stages()
            except Overtaken:
                return await self._cancelled()

    @workflow.signal
    def event(self, event: EventReceived) -> None:
        """A fact that a service published. Whatever tells the dates after an amendment tells the amended ones."""
        self._life.receive(event)
        facts = self._life.memory.facts
        told, amendment = (facts.get(kind.type_name()) for kind in (intake.AttestationDatesTold, intake.AttestationRescheduled))
        if told is not None and amendment is not None and told.later_than(amendment):
            facts.setdefault(keyed(intake.AttestationDatesTold, amendment.data["amendment"]), told)

    async def _cancelled(self) -> str:
        """p. 13.2: nothing is due of anybody any more, and nothing is taken; a part that was never opened has nothing to close."""
        life, of = self._life, self._of
        life.close()
        because = life.memory.facts[intake.AttestationCancelled.type_name()].traceparent
        materials = review.CloseMaterials(agency=of.agency, attestation_id=of.case_id, reason=_TAKEN_OUT)
        await life.once(review.TASK_QUEUE, review.CLOSE_MATERIALS, materials, because=because)
        visit = visits.CloseAttestationVisit(agency=of.agency, attestation_id=of.case_id, reason=_TAKEN_OUT)
        await life.once(visits.TASK_QUEUE, visits.CLOSE_ATTESTATION_VISIT, visit, because=because)
        await life.deadlines.withdraw_all(_TAKEN_OUT, because=because)
        life.enter(_CANCELLED, "")
        return _CANCELLED

    async def _stages(self) -> str:
        life, of = self._life, self._of
        question = monitoring.ReadProcedure(agency=of.agency, rulebook=of.rulebook)
        way = Way(await life.once(monitoring.TASK_QUEUE, monitoring.READ_PROCEDURE, question, monitoring.Procedure, because=of.traceparent))
        began = await self._to_the_start(way)
        await life.milestone("began")

        # p. 19: the length of the work has its first day in it, so it is counted from the eve
        await life.deadlines.set(
            "commission_work",
            since=began.day("started_on") - timedelta(days=1),
            anchor=(visits.AttestationWorkBegan, "started_on"),
            anchor_shift=-1,
            met_by=(visits.AttestationWorkEnded,),
            because=began.traceparent,
        )
        await self._came(way, "study", visits.AttestationWorkEnded)

        # p. 30, 31: the conclusion, signed by all
        concluded = await self._came(way, "conclusion", visits.ConclusionCompleted)
        await life.once(council.TASK_QUEUE, council.OPEN_ATTESTATION_DECISION, self._decision(concluded), because=concluded.traceparent)

        # p. 33: the decision
        await life.deadlines.set(
            "decision", since=concluded.day("signed_on"), met_by=(council.AttestationDecided,), because=concluded.traceparent
        )
        decided = await self._came(way, "decision", council.AttestationDecided)
        words = _words(decided)
        outcome, last = words[0], decided
        if _SUSPENDS in way.follows(words):
            await life.milestone("not attested")
            outcome, last = await self._not_attested(way, decided)
        return await self._close(way, outcome, decided, last)

    async def _to_the_start(self, way: Way) -> Fact:
        """What is due before the start of the work. It moves with the start; late, it is still waited for beside the work."""
        life, of, began = self._life, self._of, visits.AttestationWorkBegan

        # p. 12: three months before, the organisation knows its dates
        await self._due_before_start("dates_notice", intake.AttestationDatesTold)
        told = await self._came(way, "dates_notice", intake.AttestationDatesTold)

        # p. 15: a month before, the materials of its self-assessment are there
        materials = review.OpenMaterials(
            agency=of.agency,
            attestation_id=of.case_id,
            institution_id=of.institution_id,
            rulebook=of.rulebook,
            kind=of.kind,
            starts_on=self._starts_on(),
        )
        await life.once(review.TASK_QUEUE, review.OPEN_MATERIALS, materials, because=told.traceparent)
        await self._due_before_start("self_assessment_materials", review.MaterialsReceived)

        # p. 16, 17 (a): ten days before, the commission is approved
        await self._open_visit(told.traceparent)
        await self._due_before_start("commission_approval", visits.AttestationCommissionFormed)

        await self._came(way, _MATERIALS, review.MaterialsReceived, began)
        await self._came(way, "commission_formation", visits.AttestationCommissionFormed, began)
        return await self._came(way, "presentation", began)

    async def _due_before_start(self, rule: str, kind: type[Event]) -> None:
        amendment = self._amendment()
        await self._life.deadlines.set(
            rule,
            since=self._starts_on(),
            anchor=(intake.AttestationRescheduled, "starts_on"),
            met_by=(kind,),
            because=amendment.traceparent if amendment is not None else self._of.traceparent,
        )

    async def _came(self, way: Way, stage: str, *kinds: type[Event]) -> Fact:
        """Waits for any of these facts, in this stage: the first of them that is there."""
        life = self._life
        if not life.has(*kinds):
            life.enter(*way.acted(stage))
        await life.when(lambda: life.has(*kinds))
        return next(life.memory.facts[kind.type_name()] for kind in kinds if life.has(kind))

    def _amendment(self) -> Fact | None:
        return self._life.memory.facts.get(intake.AttestationRescheduled.type_name())

    def _starts_on(self) -> date:
        amendment = self._amendment()
        return amendment.day("starts_on") if amendment is not None else self._of.starts_on

    def _number(self) -> int:
        amendment = self._amendment()
        return int(amendment.data["amendment"]) if amendment is not None else 0

    def _is_amended(self) -> bool:
        number = self._number()
        return bool(number) and (not self._life.deadlines.has(_NOTICE, number) or self._is_of_other_days())

    def _is_of_other_days(self) -> bool:
        """Whether the visit was opened for days that have moved since, and has not begun."""
        done, number = self._life.memory.done, self._number()
        opened = any(_opened(before) in done for before in range(number))
        return opened and _opened(number) not in done and not self._life.has(visits.AttestationWorkBegan)

    async def _take_up_amendment(self) -> None:
        """p. 14: the organisation is told three months before the new start; what told of earlier dates is due no more."""
        life, number, amendment = self._life, self._number(), self._amendment()
        assert amendment is not None, "there is one where it is taken up"
        because = amendment.traceparent
        if not life.deadlines.has(_NOTICE, number):
            for before in range(1, number):
                await life.deadlines.withdraw(_NOTICE, "the schedule was amended anew", because=because, round=before)
            notice = keyed(intake.AttestationDatesTold, number)
            await life.deadlines.set(_NOTICE, since=amendment.day("starts_on"), met_by=(notice,), because=because, round=number)
        if self._is_of_other_days():
            await self._open_visit(because)

    async def _open_visit(self, because: str | None) -> None:
        of, amendment, number = self._of, self._amendment(), self._number()
        visit = visits.OpenAttestationVisit(
            agency=of.agency,
            attestation_id=of.case_id,
            institution_id=of.institution_id,
            rulebook=of.rulebook,
            kind=of.kind,
            levels=of.levels,
            specialties=of.specialties,
            whole=of.whole,
            state_owned=of.state_owned,
            arts=of.arts,
            profile=of.profile,
            starts_on=self._starts_on(),
            ends_on=amendment.day("ends_on") if amendment is not None else of.ends_on,
        )
        await self._life.once(visits.TASK_QUEUE, visits.OPEN_ATTESTATION_VISIT, visit, because=because, round=number + 1)

    def _set_by_persons(self) -> dict[str, Wanted]:
        """p. 15: by when the organisation sends what its materials lack, where a person has said so."""
        told = self._life.memory.facts.get(review.MissingPartsTold.type_name())
        if told is None or not told.data.get("due_on"):
            return {}
        answer = keyed(review.MaterialsReceived, told.data["round"] + 1)
        return {by_person(_MATERIALS): Wanted(told.day("due_on"), told.day("told_on"), (answer,), told.traceparent)}

    def _decision(self, concluded: Fact) -> council.OpenAttestationDecision:
        of, data = self._of, concluded.data
        return council.OpenAttestationDecision(
            agency=of.agency,
            attestation_id=of.case_id,
            institution_id=of.institution_id,
            rulebook=of.rulebook,
            kind=of.kind,
            whole=of.whole,
            specialties=tuple(specialty.code for specialty in of.specialties),
            recommendation=data["recommendation"],
            recommended=tuple(council.SpecialtyProposal.model_validate(each) for each in data["specialties"]),
            figures=tuple(council.KnowledgeFigures.model_validate(each) for each in data["figures"]),
            conclusion_signed_on=concluded.day("signed_on"),
        )

    async def _not_attested(self, way: Way, decided: Fact) -> tuple[str, Fact]:
        """p. 34-38: the licence is suspended, and at the end it is checked whether the defects are gone. The fine is for another law."""
        life = self._life
        await self._came(way, _SUSPENSION, council.LicenceSuspended, *_ENDS)
        if life.has(council.LicenceSuspended):
            await self._suspended(way, decided)
        while not life.has(*_ENDS):
            verdict = self._verdict()
            restores = verdict in way.after_recheck(_RESTORES)
            stage = "recheck" if verdict is None else "restoration" if restores else "deprivation_referral"
            life.enter(*way.acted(stage))
            await life.when(lambda before=verdict: life.has(*_ENDS) or self._verdict() != before)  # type: ignore[misc]
        return next((outcome, life.memory.facts[kind.type_name()]) for kind, outcome in _ENDS.items() if life.has(kind))

    async def _suspended(self, way: Way, decided: Fact) -> None:
        life, of = self._life, self._of
        suspended = await life.fact(council.LicenceSuspended)
        since, until, because = suspended.day("suspended_on"), suspended.day("until"), suspended.traceparent

        # p. 34: its last day is what the authorised body has set
        rule = by_person(_SUSPENSION)
        await life.deadlines.set(rule, since=since, due_on=until, met_by=(), because=because, by_itself=True)

        # p. 38: the six months run on where the suspension is shorter; whether they were kept only the check can tell, that sits after them
        found: tuple[type[Event], ...] = (visits.RecheckHeld, *_ENDS)
        removed: tuple[type[Event] | str, ...]
        removed = (*(keyed(visits.RecheckHeld, word) for word in way.after_recheck(_RESTORES)), council.LicenceRestored)
        await life.deadlines.set(_REMOVAL, since=since, met_by=removed, any_of=True, because=because, judged_by=found)

        # p. 36: the commission of the check is formed before the end, so that it can sit at once
        recheck = visits.OpenRecheck(
            agency=of.agency,
            attestation_id=of.case_id,
            institution_id=of.institution_id,
            rulebook=of.rulebook,
            suspension_ends_on=until,
            specialties=_not_attested_apart(decided, way),
        )
        await life.once(visits.TASK_QUEUE, visits.OPEN_RECHECK, recheck, because=because)

        def ends_at() -> datetime | None:
            return life.deadlines.of(rule).due_at

        stage, _ = way.acted(_SUSPENSION)
        if not await life.until(ends_at, unless=(visits.RecheckHeld, *_ENDS), stage=stage, waiting_on=INSTITUTION):
            return
        step = council.EndLicenceSuspension(agency=of.agency, attestation_id=of.case_id)
        await life.once(council.TASK_QUEUE, council.END_LICENCE_SUSPENSION, step)
        ended_on = life.deadlines.of(rule).due_on or until
        await life.deadlines.set("recheck", since=ended_on, met_by=(visits.RecheckHeld,), because=None)

    def _verdict(self) -> str | None:
        held = self._life.memory.facts.get(visits.RecheckHeld.type_name())
        return None if held is None else str(held.data["verdict"])

    def _removed_by(self, rule: str) -> date | None:
        """p. 36, 38: what the check finds removed was removed by the end of the suspension, for then it is checked."""
        suspension = by_person(_SUSPENSION)
        return self._life.deadlines.of(suspension).due_on if rule == _REMOVAL and self._life.deadlines.has(suspension) else None

    async def _close(self, way: Way, outcome: str, decided: Fact, last: Fact) -> str:
        """Nothing more is asked of anybody. The next five years run from the decision where the organisation itself is attested (p. 4)."""
        life, of = self._life, self._of
        await life.when(lambda: self._kept.settled() and not life.deadlines.overdue())
        await life.deadlines.withdraw_all(f"the attestation is over: {outcome}", because=last.traceparent)
        word = decided.data["decision"]
        attested = word is not None and _ATTESTED in way.follows((word,))
        close = intake.CloseAttestation(
            agency=of.agency, attestation_id=of.case_id, outcome=outcome, attested_on=decided.day("decided_on") if attested else None
        )
        await life.once(intake.TASK_QUEUE, intake.CLOSE_ATTESTATION, close, because=last.traceparent)
        life.enter(outcome, "")
        return outcome


def _words(decided: Fact) -> list[str]:
    """What was decided, of the organisation first and then of each specialty (p. 9)."""
    whole: str | None = decided.data["decision"]
    return [*([whole] if whole is not None else []), *(each["decision"] for each in decided.data["specialties"])]


def _not_attested_apart(decided: Fact, way: Way) -> tuple[str, ...]:
    """The specialties that were not attested; none where the organisation itself was not."""
    whole: str | None = decided.data["decision"]
    if whole is not None and _SUSPENDS in way.follows((whole,)):
        return ()
    return tuple(each["specialty"] for each in decided.data["specialties"] if _SUSPENDS in way.follows((each["decision"],)))


def _opened(amendment: int) -> str:
    """Under which key it stands that the visit was opened for the days of an amendment; 0: for those of the schedule."""
    return visits.OPEN_ATTESTATION_VISIT if amendment == 0 else f"{visits.OPEN_ATTESTATION_VISIT}:{amendment + 1}"
