"""The council's resolutions in a cycle: adopted, carried out, delivered; a suspension that ends without correction leads to the next one.

Sapattuu Bilim, 2.5.p4, 3.2-3.4. Nothing is sanctioned but by what a council has adopted.
"""

import asyncio
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from chassis.ids import derived_id
    from services.council import contract as council
    from services.monitoring import contract as monitoring
    from workflows.facts import keyed
    from workflows.messages import Fact, Memory

from workflows.followup import FollowUp

_STUDY, _SANCTION = "council_study", "sanction"

#: What a word of the rulebook's `decisions` brings about → the outcome of the cycle. The first of them counts.
_OUTCOMES = {"withdrawn": "withdrawn", "extended": "extended", "agency_site": "published"}
UNDECIDED = "left_to_its_day"

#: What comes about no longer once the certificate is over in one of these ways, and what of a decision it would have carried out.
_VOID = {
    council.CertificateExtended.type_name(): ("extended", ("ended", "reissued", "revoked")),
    council.NationalRegisterTold.type_name(): ("withdrawn", ("ended", "reissued")),
}

#: The follow-up ended while a matter was before the council.
ENDED_MEANWHILE = "FollowUpEnded:meanwhile"


class Resolutions:
    """One resolution after the other; `memory.round` counts them. What is before the council stands in the memory."""

    def __init__(self, followup: FollowUp) -> None:
        self._followup = followup
        self._of = followup.of
        self._life = followup.life

    def take_up(self, referred: Fact | None) -> None:
        """A matter comes before the council: the result of the cycle, or what was referred."""
        ground = None if referred is None else referred.data["ground"]
        self._life.memory.done[_matter(self._life.memory.round)] = {"ground": ground, "referred": referred is not None}
        self._life.forget(monitoring.DecisionReferred.type_name())

    async def decided(self) -> str | None:
        """The cycle's outcome; None where it goes on, or where something comes before the council once more."""
        life, memory = self._life, self._life.memory
        number, decision_id = memory.round, derived_id("resolution", self._of.part_id, str(memory.round))
        matter: dict[str, Any] = memory.done[_matter(number)]
        adopted = await self._adopted(matter["ground"], decision_id, number)
        if adopted is None:
            memory.round += 1
            return None
        await life.milestone(f"resolution:{number}")
        asked = await self._carried_out(adopted, decision_id, number)
        outcome = next((word for what, word in _OUTCOMES.items() if what in asked), None)
        again = None
        if "suspended" in asked and outcome not in ("withdrawn", "extended"):
            outcome, again = None, await self._after_the_suspension(adopted, decision_id)
        elif outcome is None and not matter["referred"] and not life.has(ENDED_MEANWHILE):
            outcome = UNDECIDED
        memory.round += 1
        if again is not None:
            memory.done[_matter(memory.round)] = again
        return outcome

    async def _adopted(self, ground: str | None, decision_id: str, number: int) -> Fact | None:
        """3.2.s1: the council has what a person judged of each recommendation. None: what was held against the certificate is corrected."""
        followup, of, life = self._followup, self._of, self._life
        name = keyed(council.ResolutionAdopted, decision_id)
        if life.has(name):
            return await life.fact(name)
        question = monitoring.ReadCycle(agency=of.agency, cycle_id=of.part_id)
        standing: monitoring.CycleStanding = await life.once(
            monitoring.TASK_QUEUE, monitoring.READ_CYCLE, question, monitoring.CycleStanding, round=number
        )
        resolution = council.OpenResolution(
            agency=of.agency,
            decision_id=decision_id,
            followup_id=of.case_id,
            cycle_id=of.part_id,
            certificate_id=of.certificate_id,
            institution_id=of.institution_id,
            rulebook=of.rulebook,
            kind=standing.kind,
            ground=ground,
            fulfilment=standing.fulfilment,
            valid_until=standing.valid_until,
            suspended_before=any(_suspension(earlier) in life.memory.done for earlier in range(1, number)),
        )
        await life.once(council.TASK_QUEUE, council.OPEN_RESOLUTION, resolution, round=number)
        await followup.enter(*((_STUDY, _SANCTION) if ground is None else (_SANCTION, _STUDY)))
        before = keyed(council.SuspensionTermEnded, derived_id("resolution", of.part_id, str(number - 1)))
        await life.when(lambda: life.has(name) or (life.has(before) and self._restored(life.memory.facts[before])))
        return life.memory.facts.get(name)

    async def _carried_out(self, adopted: Fact, decision_id: str, number: int) -> set[str]:
        """3.3, 3.4: what follows from the decided words; all of it is there in the end."""
        life, terms, way = self._life, await self._followup.terms(), await self._followup.way()
        asked = self._brought_about(adopted, way.follows(item["word"] for item in adopted.data["decisions"]))
        if "suspended" in asked:
            await self._sanction(council.SUSPEND_CERTIFICATE, adopted, decision_id, number)
            life.memory.done[_suspension(number)] = None
        if "withdrawn" in asked:
            await self._sanction(council.REVOKE_CERTIFICATE, adopted, decision_id, number)
        notice = keyed(council.ResolutionDelivered, decision_id)
        stages = {
            notice: ("decision_notice" in asked, "decision_notice"),
            keyed(council.CertificateExtended, decision_id): ("extended" in asked, "extension"),
            keyed(council.InformationPublished, decision_id): ("agency_site" in asked, _SANCTION),
            council.NationalRegisterTold.type_name(): (
                "national_register" in asked and "national_register" in terms.registers,
                "withdrawal",
            ),
        }
        awaited = {name: stage for name, (is_asked, stage) in stages.items() if is_asked}
        if notice in awaited:
            await self._followup.set(terms.decision_rule, adopted, "adopted_on", notice, round=number)
        await self._show(awaited)
        steps = [self._came(name, awaited, terms.decision_rule if name == notice else None, number) for name in awaited]
        for failed in await asyncio.gather(*steps, return_exceptions=True):
            if isinstance(failed, BaseException):
                raise failed
        return asked - {what for name, (what, _) in _VOID.items() if self._void(name, decision_id)}

    def _brought_about(self, adopted: Fact, follows: set[str]) -> set[str]:
        """An extension is what has a term; a suspension what has a last day."""
        extends = any(item.get("term") for item in adopted.data["decisions"])
        return follows | ({"extended"} if extends else set())

    async def _sanction(self, activity: str, adopted: Fact, decision_id: str, number: int) -> None:
        life = self._life
        until = next((item["until"] for item in adopted.data["decisions"] if item.get("until")), None)
        sanction = council.CertificateSanction(
            agency=self._of.agency,
            certificate_id=self._of.certificate_id,
            decision_id=decision_id,
            cycle_id=self._of.part_id,
            ground=adopted.data["ground"] or life.memory.done[_matter(number)]["ground"] or "",
            reasons=f"Resolution of the council, protocol {adopted.data['protocol_number']} of {adopted.data['adopted_on']}",
            until=until if activity == council.SUSPEND_CERTIFICATE else None,
        )
        await life.once(council.TASK_QUEUE, activity, sanction, because=adopted.traceparent, round=number)

    async def _came(self, name: str, awaited: dict[str, str], rule: str | None, number: int) -> None:
        """3.4: of the notice of the decision the day of delivery counts. What a certificate that ended is past is not waited for."""
        kind = name.partition(":")[0]
        await self._life.when(lambda: self._life.has(name) or self._void(kind))
        if not self._life.has(name):
            return
        fact = self._life.memory.facts[name]
        if rule is not None:
            await self._followup.meet(rule, fact, "delivered_on", round=number)
        await self._show(awaited)

    def _void(self, kind: str, decision_id: str | None = None) -> bool:
        """Whether the certificate is over in a way that leaves nothing of this to be done, and it was not done before."""
        ended = self._life.memory.facts.get(ENDED_MEANWHILE)
        done = decision_id is not None and self._life.has(kind, f"{kind}:{decision_id}")
        return ended is not None and not done and kind in _VOID and ended.data.get("why") in _VOID[kind][1]

    async def _show(self, awaited: dict[str, str]) -> None:
        still = [stage for name, stage in awaited.items() if not self._life.has(name)]
        if still:
            await self._followup.enter(still[0])

    async def _after_the_suspension(self, adopted: Fact, decision_id: str) -> dict[str, Any] | None:
        """3.3.b.s2, 3.3.b.s3: what comes before the council next; None where it is corrected and restored, or over with its certificate."""
        followup, life, terms = self._followup, self._life, await self._followup.terms()
        ended = keyed(council.SuspensionTermEnded, decision_id)
        if not self._restored(adopted) and not life.has(ended, monitoring.DecisionReferred, ENDED_MEANWHILE):
            await followup.enter("correction")
        await life.when(lambda: self._restored(adopted) or life.has(ended, monitoring.DecisionReferred, ENDED_MEANWHILE))
        if self._restored(adopted) or not life.has(ended, monitoring.DecisionReferred):
            return None
        referred = life.memory.facts.get(monitoring.DecisionReferred.type_name())
        life.forget(monitoring.DecisionReferred.type_name())
        if referred is not None:
            return {"ground": referred.data["ground"], "referred": True}
        # 3.3.b.s3 is of what is not fulfilled again; of a report that never came the text is silent, and the council is asked anew (2.5.p4)
        missing = adopted.data["ground"] == terms.report_missing_ground and terms.report_missing_ground is not None
        return {"ground": terms.report_missing_ground if missing else terms.repeated_failure_ground, "referred": True}

    def _restored(self, adopted: Fact) -> bool:
        restored = self._life.memory.facts.get(council.CertificateRestored.type_name())
        return restored is not None and restored.later_than(adopted)


def before_the_council(memory: Memory) -> bool:
    """Whether a matter of this cycle is before the council."""
    return _matter(memory.round) in memory.done


def _matter(number: int) -> str:
    return f"before the council:{number}"


def _suspension(number: int) -> str:
    return f"suspended:{number}"
