"""What every part of a follow-up has: its terms by the rulebook that is in force for it, its stages, and the director's alerts."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from chassis.events import Event
    from services.monitoring import contract as monitoring
    from workflows.facts import keyed
    from workflows.messages import Fact, FollowedUp, Watched

from workflows.lifecycle import Lifecycle
from workflows.procedure import Way

#: The same fact, as it comes in each round.
Kind = type[Event] | str


class Referred(Exception):
    """Something of the cycle comes before the council, whatever stage it is in."""

    def __init__(self, fact: Fact) -> None:
        super().__init__(fact.event_id)
        self.fact = fact


class FollowUp:
    """The follow-up as one part of it knows it. What it says of the rulebook is asked anew where the director adopts another."""

    def __init__(self, of: FollowedUp, life: Lifecycle) -> None:
        self.of = of
        self.life = life

    async def terms(self) -> monitoring.FollowUpTerms:
        """What the rulebook asks for by the follow-up's kind."""
        question = monitoring.ReadFollowUp(agency=self.of.agency, followup_id=self.of.case_id)
        terms: monitoring.FollowUpTerms = await self.life.once(
            monitoring.TASK_QUEUE,
            monitoring.READ_FOLLOWUP,
            question,
            monitoring.FollowUpTerms,
            because=self.of.traceparent,
            round=self.of.edition,
        )
        return terms

    async def way(self) -> Way:
        """The stages of the rulebook."""
        question = monitoring.ReadProcedure(agency=self.of.agency, rulebook=self.of.rulebook)
        procedure = await self.life.once(
            monitoring.TASK_QUEUE,
            monitoring.READ_PROCEDURE,
            question,
            monitoring.Procedure,
            because=self.of.traceparent,
            round=self.of.edition,
        )
        return Way(procedure)

    async def enter(self, *stages: str) -> None:
        """The first of these stages that the rulebook has begins."""
        self.life.enter(*(await self.way()).acted(*stages))

    async def fact(self, kind: Kind, *stages: str) -> Fact:
        """Waits for a fact, in the first of these stages that the rulebook has; raises `Referred`."""
        return await self.any_of((kind,), *stages)

    async def any_of(self, kinds: tuple[Kind, ...], *stages: str) -> Fact:
        """Waits for any of these facts; the first of them that is there, in this order. Raises `Referred`."""
        life = self.life
        if stages and not life.has(*kinds):
            await self.enter(*stages)
        await life.when(lambda: life.has(monitoring.DecisionReferred, *kinds))
        if life.has(monitoring.DecisionReferred):
            raise self.referral()
        return next(life.memory.facts[named(kind)] for kind in kinds if life.has(kind))

    def referral(self) -> "Referred":
        """What was referred to the council and is not before it yet."""
        return Referred(self.life.memory.facts[monitoring.DecisionReferred.type_name()])

    async def set(self, rule: str | None, since: Fact, day: str, *met_by: Kind, round: int = 1, anchor: type[Event] | None = None) -> None:
        """A deadline that any of these facts meets; none where the text gives no term."""
        if rule is None:
            return
        await self.life.deadlines.set(
            rule,
            since=since.day(day),
            met_by=met_by,
            any_of=True,
            because=since.traceparent,
            round=round,
            anchor=None if anchor is None else (anchor, day),
        )

    async def set_by_person(self, since: Fact, day: str, stages: tuple[str, ...], *met_by: Kind, round: int) -> str | None:
        """The last day that a person gave (`due_on` of the fact), if one was given; the rule under which it is kept."""
        if not since.data.get("due_on"):
            return None
        rule = f"{monitoring.CONTRACT}{(await self.way()).acted(*stages)[0]}"
        await self.life.deadlines.set(
            rule,
            since=since.day(day),
            met_by=met_by,
            any_of=True,
            because=since.traceparent,
            round=round,
            due_on=since.day("due_on"),
        )
        return rule

    async def meet(self, rule: str | None, fact: Fact, day: str, *, round: int = 1) -> None:
        """What was due by this rule is done, where there was such a deadline."""
        if rule is not None and self.life.deadlines.has(rule, round):
            await self.life.deadlines.meet(rule, fact.day(day), because=fact.traceparent, round=round)


class Alerts:
    """The director hears of every day that has ended without what was due; of alternatives, when none of them is left."""

    def __init__(self, followup: FollowUp) -> None:
        self._followup = followup
        self.alternatives: tuple[str, ...] = ()

    async def keep(self) -> None:
        """For as long as the lifecycle runs."""
        life, of = self._followup.life, self._followup.of
        while True:
            await life.when(lambda: bool(self._untold()))
            missed = self._untold()[0]
            alert = monitoring.AlertDirector(agency=of.agency, followup_id=of.case_id, deadline_id=missed.deadline_id)
            await life.ask(monitoring.TASK_QUEUE, monitoring.ALERT_DIRECTOR, alert)
            life.memory.done[_told(missed)] = None

    def settled(self) -> bool:
        """Whether nothing is left to tell."""
        return not self._untold()

    def _untold(self) -> list[Watched]:
        memory = self._followup.life.memory
        missed = [watched for watched in memory.deadlines.values() if watched.state == "missed" and _told(watched) not in memory.done]
        open_still = any(watched.rule in self.alternatives and watched.state == "open" for watched in memory.deadlines.values())
        return [watched for watched in missed if watched.rule not in self.alternatives or not open_still]


def _told(watched: Watched) -> str:
    return f"{monitoring.ALERT_DIRECTOR}:{watched.deadline_id}"


def named(kind: Kind) -> str:
    """The name under which a lifecycle keeps a fact."""
    return kind if isinstance(kind, str) else kind.type_name()


def of_round(kind: type[Event], number: int) -> str:
    """A fact that comes in rounds: that of one round."""
    return keyed(kind, number)
