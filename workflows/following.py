"""What follows a decision, in whatever order it comes, as the decided words of the rulebook have it; and what an appeal does to it.

Order 109, p. 9.10, 20, 22 (a), 24, 27; IQAA, S3.d-S4.a.
"""

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from chassis.events import Event
    from services.council import contract as council
    from workflows.facts import keyed
    from workflows.messages import AccreditationCase, Fact, Remittal

from workflows.deadlines import UNMET
from workflows.lifecycle import Lifecycle
from workflows.procedure import SITE_LIST, Way

OVERTURNED, REMITTED = "overturned", "remitted"
SET_ASIDE = "an appeal has set aside the decision that asked for it"

_CERTIFICATE = "certificate"
_OF_THE_CERTIFICATE = ("certificate_issue", "register_notice")


class SetAside(Exception):
    """An appeal was decided otherwise than by upholding: what follows is to be looked at anew."""


@dataclass(frozen=True)
class Step:
    """What somebody does after a decision: asked for by any of `words`, within the term `rule`, shown by a fact with its day."""

    words: tuple[str, ...]
    kind: type[Event]
    rule: str
    day: str
    stage: str = ""


_PUBLICATION = Step(
    ("full_report", "site_report", "site_results"), council.ReportPublished, "report_publication", "published_on", "site_publication"
)
_REFUSAL = Step(("refusal_notice",), council.RefusalNoticeSent, "refusal_notice", "sent_on")
_NOTICE = Step(("decision_notice",), council.DecisionNoticeSent, "decision_notice", "sent_on", "decision_notice")
_AFTER = (
    _REFUSAL,
    _NOTICE,
    Step(("decision_register",), council.DecisionEntered, "decision_register", "entered_on", "decision_register"),
    Step(("deqar",), council.DeqarSubmitted, "deqar", "submitted_on", "deqar_publication"),
    Step(("national_register",), council.MinistryInformed, "national_register", "informed_on", "ministry_information"),
    Step(("follow_up",), council.FollowUpAgreed, "follow_up", "agreed_on", "follow_up"),
)
_STEPS = (_PUBLICATION, *_AFTER)

#: In the order of the procedure, for what is shown.
_SHOWN = (_NOTICE, _PUBLICATION, *_AFTER[2:])


class Following:
    """Each thing that follows is waited for beside the others; an appeal that sets the decision aside ends the wait."""

    def __init__(self, case: AccreditationCase, life: Lifecycle, way: Way) -> None:
        self._case = case
        self._life = life
        self._way = way

    async def done(self, decision: Fact) -> Fact:
        """Waits until all has come that follows what is decided and stands; the last of it. Raises `SetAside`."""
        asked = self._asked(decision)
        await self._withdraw_unless(asked)
        self._show(decision)
        came = await asyncio.gather(*self._what_follows(decision, asked), return_exceptions=True)
        for one in came:
            if isinstance(one, BaseException):
                raise one
        return latest([decision, *(one for one in came if isinstance(one, Fact))])

    def outcome(self, decision: Fact) -> str:
        """The case's outcome: the decision's, as far as it stands."""
        words = [scope["outcome"] for scope in self._standing(decision)]
        decided = str(decision.data["outcome"])
        return decided if decided in words else (words[0] if words else OVERTURNED)

    def unsettled(self) -> list[tuple[str, Fact]]:
        """Appeals that set something aside and were not taken up yet, in the order in which they were decided."""
        memory, prefix = self._life.memory, keyed(council.AppealDecided, "")
        found = [
            (name, fact)
            for name, fact in memory.facts.items()
            if name.startswith(prefix) and name not in memory.settled and fact.data["outcome"] in (OVERTURNED, REMITTED)
        ]
        return sorted(found, key=lambda each: (each[1].occurred_at, each[1].event_id))

    async def take_up(self) -> Remittal | None:
        """What the appeals that were decided since have sent back to the council; None where nothing was."""
        memory, remittal = self._life.memory, None
        for name, appeal in self.unsettled():
            memory.settled.append(name)
            if appeal.data["outcome"] == REMITTED:
                keeps = self._keeps_certificate(appeal)
                remittal = memory.remittal = remittal_of(appeal)
                memory.round += 1
                self._forget_before(appeal)
                await self._withdraw_unless({_CERTIFICATE} if keeps else set())
        return remittal

    def _asked(self, decision: Fact, without: Iterable[str] = ()) -> set[str]:
        """The words of what follows for the scopes whose decision stands."""
        standing = [scope for scope in self._standing(decision) if scope["scope"] not in without]
        asked = self._way.follows(scope["outcome"] for scope in standing)
        bound = self._way.bound_to(asked)
        return {what for what in asked if what not in bound or bound[what] & {scope["scope"] for scope in standing}}

    def _standing(self, decision: Fact) -> list[dict[str, Any]]:
        facts, prefix = self._life.memory.facts, keyed(council.AppealDecided, "")
        overturned = {
            scope
            for name, appeal in facts.items()
            if name.startswith(prefix) and appeal.data["outcome"] == OVERTURNED and appeal.later_than(decision)
            for scope in appeal.data["scopes"]
        }
        return [scope for scope in decision.data["decisions"] if scope["scope"] not in overturned]

    def _keeps_certificate(self, appeal: Fact) -> bool:
        """Whether a scope that was not remitted was certified; its certificate may still come meanwhile."""
        decision = self._life.memory.facts.get(council.DecisionAdopted.type_name())
        return decision is not None and _CERTIFICATE in self._asked(decision, without=appeal.data["scopes"])

    def _what_follows(self, decision: Fact, asked: set[str]) -> list[Coroutine[Any, Any, Fact]]:
        follows = [self._step(_PUBLICATION, decision)] if asked.intersection(_PUBLICATION.words) else []
        if _CERTIFICATE in asked and (self._uncertified(decision) or self._life.has(council.CertificateIssued)):
            follows.append(self._certificate(decision))
        return follows + [self._step(step, decision) for step in _AFTER if asked.intersection(step.words)]

    async def _certificate(self, decision: Fact) -> Fact:
        """The certificate (order 109, p. 20), then the register and the word to the authorised body (p. 4, 24)."""
        issue = Step((), council.CertificateIssued, "certificate_issue", "issued_on")
        issued = await self._due(issue, (issue.kind.type_name(),), decision, "adopted_on")
        came = await asyncio.gather(*self._told_of_certificates(decision, issued), return_exceptions=True)
        for one in came:
            if isinstance(one, BaseException):
                raise one
        return latest([issued, *(one for one in came if isinstance(one, Fact))])

    def _told_of_certificates(self, decision: Fact, issued: Fact) -> list[Coroutine[Any, Any, Fact]]:
        """Each certificate of this case stands in the body's list, and the authorised body knows of it."""
        told = [self._came(self._of_certificates(council.RegisterEntryMade))] if SITE_LIST in self._way.channels else []
        if "register_notice" in self._asked(decision):
            notice = Step((), council.AuthorisedBodyNotified, "register_notice", "notified_on")
            told.append(self._due(notice, self._of_certificates(notice.kind), issued, "issued_on"))
        return told

    def _uncertified(self, decision: Fact) -> set[str]:
        """The scopes that are to have a certificate and have none."""
        standing = self._standing(decision)
        wanted = {scope["scope"] for scope in standing if _CERTIFICATE in self._way.follows([scope["outcome"]])}
        certified = [fact.data.get("scopes", wanted) for fact in self._certificates()]  # all of them, as an older Kepil had told it
        return wanted.difference(self._case.certified, *certified)

    def _certificates(self) -> list[Fact]:
        facts, prefix = self._life.memory.facts, keyed(council.CertificateIssued, "")
        several = [fact for name, fact in facts.items() if name.startswith(prefix)]
        return several or [facts[name] for name in (council.CertificateIssued.type_name(),) if name in facts]

    def _of_certificates(self, kind: type[Event]) -> tuple[str, ...]:
        """What is told of each certificate; of one that an older Kepil told of without its scopes, by the kind alone."""
        named = [fact for fact in self._certificates() if "scopes" in fact.data]
        return tuple(keyed(kind, fact.data["certificate_id"]) for fact in named) or (kind.type_name(),)

    async def _step(self, step: Step, decision: Fact) -> Fact:
        fact = await self._due(step, self._names(step), decision, "adopted_on")
        self._show(decision)
        return fact

    async def _due(self, step: Step, names: tuple[str, ...], after: Fact, since: str) -> Fact:
        """Waits for what is due, by a term where the procedure gives one."""
        life, number = self._life, self._round(step.rule)
        if not self._way.times(step.rule):
            return await self._came(names)
        await life.deadlines.set(step.rule, since=after.day(since), met_by=names, because=after.traceparent, round=number)
        fact = await self._came(names)
        await life.deadlines.meet(step.rule, fact.day(step.day), because=fact.traceparent, round=number)
        return fact

    async def _came(self, names: tuple[str, ...]) -> Fact:
        facts = self._life.memory.facts
        await self._life.when(lambda: bool(self.unsettled()) or all(name in facts for name in names))
        if self.unsettled():
            raise SetAside
        return latest(facts[name] for name in names)

    def _names(self, step: Step) -> tuple[str, ...]:
        """The facts that show a step done: one on each channel where there are several."""
        channels = self._way.channels.get(_NOTICE.words[0], ()) if step is _NOTICE else ()
        return tuple(keyed(step.kind, channel) for channel in channels) or (step.kind.type_name(),)

    def _round(self, rule: str) -> int:
        """A certificate that is still waited for keeps its deadline through another decision; all else is due anew."""
        deadlines, number = self._life.deadlines, self._life.memory.round
        unmet = [n for n in range(1, number) if deadlines.has(rule, n) and deadlines.of(rule, n).state in UNMET]
        return unmet[-1] if unmet and rule in _OF_THE_CERTIFICATE else number

    def _show(self, decision: Fact) -> None:
        asked, facts = self._asked(decision), self._life.memory.facts
        to_come = [
            step.stage
            for step in _SHOWN
            if asked.intersection(step.words) and self._way.has(step.stage) and any(name not in facts for name in self._names(step))
        ]
        self._life.enter(*self._way.shown(*to_come[:1], "follow_up"))

    def _forget_before(self, appeal: Fact) -> None:
        """The council decides anew, and what follows is done anew; certificates that there are stay known by their ids."""
        facts = self._life.memory.facts
        again = {
            council.DecisionAdopted.type_name(),
            council.CertificateIssued.type_name(),
            *(name for step in _STEPS for name in (step.kind.type_name(), *self._names(step))),
        }
        self._life.forget(*(name for name in again if name in facts and appeal.later_than(facts[name])))

    async def _withdraw_unless(self, asked: set[str]) -> None:
        rules = [step.rule for step in _STEPS if not asked.intersection(step.words)]
        rules += [] if _CERTIFICATE in asked else _OF_THE_CERTIFICATE
        appeals = [fact for name, fact in self._life.memory.facts.items() if name in self._life.memory.settled]
        because = latest(appeals).traceparent if appeals else None
        for rule in rules:
            for number in range(1, self._life.memory.round + 1):
                if self._life.deadlines.runs(rule, number):
                    await self._life.deadlines.withdraw(rule, SET_ASIDE, because=because, round=number)


def remittal_of(appeal: Fact) -> Remittal:
    """What an appeal has sent back."""
    data = appeal.data
    return Remittal(
        appeal_id=data["appeal_id"],
        scopes=tuple(data["scopes"]),
        new_visit=bool(data.get("new_visit")),
        traceparent=appeal.traceparent,
    )


def latest(facts: Iterable[Fact]) -> Fact:
    """The one that came last."""
    return max(facts, key=lambda fact: (fact.occurred_at, fact.event_id))
