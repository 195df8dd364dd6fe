"""The council's resolution on a follow-up: it comes before the council, is adopted at a meeting, delivered, and published where the
council said so (Sapattuu Bilim, I.3.a, 2.5.p4, 3.1-3.4). What it does to the certificate is done there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from chassis.corrections import Correctable
from chassis.decider import Command, Decider, Guard, always
from chassis.events import Event
from chassis.problems import Conflict, Refused
from regulations import Due, Rulebook, RulebookRef, compute, enforces, local_date, resolve
from services.council.contract import (
    InformationPublished,
    ResolutionAdopted,
    ResolutionCorrected,
    ResolutionDelivered,
    ResolutionItem,
    ResolutionOpened,
)
from services.council.domain import powers
from services.council.domain.clauses import SAPATTUU, adopts, considers, setting_clause
from services.council.domain.resolution_adoption import Motion, adopt
from services.council.domain.voting import Sitting

NOTICE = "decision_notice"


@dataclass(frozen=True)
class Resolution:
    """A resolution as it stands."""

    opened: ResolutionOpened | None = None
    adopted: ResolutionAdopted | None = None
    delivered: ResolutionDelivered | None = None
    published: InformationPublished | None = None

    @property
    def decision_id(self) -> str:
        """Which resolution it is."""
        return self.opened.decision_id if self.opened else ""

    @property
    def institution_id(self) -> str:
        """Whose certificate it is about."""
        return self.opened.institution_id if self.opened else ""


class Open(Command):
    """A follow-up comes before the council; asked again, nothing new follows."""

    records = (ResolutionOpened,)

    decision_id: str
    followup_id: str
    cycle_id: str
    certificate_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: str | None = None
    ground: str | None = None
    fulfilment: tuple[tuple[str, str], ...] = ()
    valid_until: date
    suspended_before: bool = False


class AdoptResolution(Command):
    """Records what the meeting decided."""

    records = (ResolutionAdopted,)

    sitting: Sitting
    held_on: date
    motion: Motion


class DeliverResolution(Command):
    """Records that the institution has the decision."""

    records = (ResolutionDelivered,)

    outgoing_number: str
    sent_on: date
    delivered_on: date


class PublishInformation(Command):
    """Records that the information stands on the site: as the council worded it, or as `by` approved it."""

    records = (InformationPublished,)

    text: str = ""
    published_on: date | None = None


AnyCommand = Open | AdoptResolution | DeliverResolution | PublishInformation


def decide(command: AnyCommand, state: Resolution, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow, or a refusal with its clause."""
    today = local_date(command.at, rules.zone)
    match command:
        case Open():
            return [] if state.opened else [_open(command, rules, today)]
        case AdoptResolution():
            assert state.opened is not None
            return [adopt(rules, state.opened, command.motion, command.sitting, command.held_on, today)]
        case DeliverResolution():
            return [_deliver(command, state, rules, today)]
        case PublishInformation():
            return [_publish(command, state, rules, today)]


@enforces(SAPATTUU, "I.3.a", "2.5.p4", "3.1", "3.2.s1", "3.3")
def _open(command: Open, rules: Rulebook, today: date) -> ResolutionOpened:
    """By the rulebook's words; each of the recommendations that the council endorsed is judged once."""
    if not powers.powers(rules):
        raise _refused(rules, "the council decides nothing in this follow-up", "a follow-up under a rulebook that names its decisions")
    named = {"kinds": command.kind, "sanction_grounds": command.ground}
    unknown = [word for vocabulary, word in named.items() if word is not None and word not in rules.vocabularies.get(vocabulary, {})]
    unknown += [word for _, word in command.fulfilment if word not in rules.vocabularies.get("fulfilment", {})]
    if unknown:
        raise _refused(rules, f"not words of this rulebook: {', '.join(dict.fromkeys(unknown))}", "its kinds, grounds and fulfilment")
    judged = [recommendation for recommendation, _ in command.fulfilment]
    if len(set(judged)) < len(judged):
        raise _refused(rules, "a recommendation is judged twice", "each recommendation once")
    return ResolutionOpened(**command.model_dump(exclude={"at", "by"}), opened_on=today)


@enforces(SAPATTUU, "3.4")
def _deliver(command: DeliverResolution, state: Resolution, rules: Rulebook, today: date) -> ResolutionDelivered:
    """What counts is the delivery: a letter that was sent and did not come yet meets nothing."""
    assert state.adopted is not None
    if not state.adopted.adopted_on <= command.sent_on <= command.delivered_on <= today:
        clause = notice_clause(rules)
        reason = f"a decision of {state.adopted.adopted_on} was not sent on {command.sent_on} and delivered on {command.delivered_on}"
        accepts = f"the days of sending and of delivery, in this order, from {state.adopted.adopted_on} to {today}"
        raise Refused(reason, clause=clause, rulebook=rules.id, accepts=accepts)
    return ResolutionDelivered(**_ids(state), **command.model_dump(include={"outgoing_number", "sent_on", "delivered_on"}))


@enforces(SAPATTUU, "3.3.a")
def _publish(command: PublishInformation, state: Resolution, rules: Rulebook, today: date) -> InformationPublished:
    """By a person who approves the text."""
    assert state.adopted is not None
    on, item = command.published_on or today, _to_publish(state, rules)
    assert item is not None
    if not state.adopted.adopted_on <= on <= today:
        clause, accepts = powers.clause_of(rules, item.word), f"a day from {state.adopted.adopted_on} to {today}"
        raise Refused(f"the information was not published on {on}", clause=clause, rulebook=rules.id, accepts=accepts)
    text = command.text.strip() or item.text or ""
    return InformationPublished(**_ids(state), text=text, approved_by=command.by, published_on=on)


def notice_due(rules: Rulebook, adopted_on: date) -> Due | None:
    """When the institution must have the decision; None where the rulebook has no such term."""
    return compute(rules, NOTICE, adopted_on) if NOTICE in rules.terms else None


def notice_clause(rules: Rulebook) -> str:
    """The clause on the notice of the decision."""
    return (rules.terms[NOTICE].clause if NOTICE in rules.terms else None) or setting_clause(rules, "notice_met_by")


def _ids(state: Resolution) -> dict[str, str]:
    assert state.opened is not None
    return state.opened.model_dump(include={"decision_id", "followup_id", "cycle_id", "institution_id"})


def _to_publish(state: Resolution, rules: Rulebook) -> ResolutionItem | None:
    known = powers.powers(rules)
    items = state.adopted.decisions if state.adopted else ()
    return next((item for item in items if known.get(item.word) == "publication"), None)


def _refused(rules: Rulebook, reason: str, accepts: str) -> Refused:
    return Refused(reason, clause=considers(rules), rulebook=rules.id, accepts=accepts)


def _adoption(state: Resolution, _rules: Rulebook) -> None:
    """Once."""
    if state.adopted:
        raise Conflict(f"the council decided this on {state.adopted.adopted_on}, under No. {state.adopted.protocol_number}")


@enforces(SAPATTUU, "3.4")
def _delivery(state: Resolution, rules: Rulebook) -> None:
    """Once, of what is decided."""
    if state.adopted is None:
        raise Refused("nothing is decided yet", clause=notice_clause(rules), rulebook=rules.id, accepts="the delivery of a decision")
    if state.delivered:
        raise Conflict(f"the decision was delivered on {state.delivered.delivered_on}")


@enforces(SAPATTUU, "3.3.a")
def _publication(state: Resolution, rules: Rulebook) -> None:
    """Once, of what the council decided to publish."""
    if state.published:
        raise Conflict(f"the information was published on {state.published.published_on}")
    if _to_publish(state, rules) is None:
        word = next((word for word, power in powers.powers(rules).items() if power == "publication"), None)
        clause = powers.clause_of(rules, word) if word else adopts(rules)
        raise Refused("the council did not decide to publish", clause=clause, rulebook=rules.id, accepts="what it decided to publish")


def evolve(state: Resolution, event: Any) -> Resolution:
    """The state after a fact."""
    match event:
        case ResolutionOpened():
            return Resolution(opened=event)
        case ResolutionAdopted():
            return replace(state, adopted=event)
        case ResolutionDelivered():
            return replace(state, delivered=event)
        case InformationPublished():
            return replace(state, published=event)
    return state


def _rules(command: AnyCommand, state: Resolution) -> Rulebook:
    source = command if isinstance(command, Open) else state.opened
    assert source is not None
    return resolve(source.rulebook)


GUARDS: Mapping[type[Command], Guard] = {
    Open: always,
    AdoptResolution: _adoption,
    DeliverResolution: _delivery,
    PublishInformation: _publication,
}

RESOLUTION: Decider[Resolution, Rulebook] = Decider("resolution", Resolution(), decide, evolve, _rules, GUARDS)


def corrections(today: date) -> Correctable:
    """How a resolution is corrected on a day: nothing follows a decision before it, nor before it happened."""

    def check(state: Resolution) -> None:
        adopted, delivered, published = state.adopted, state.delivered, state.published
        if adopted and delivered and not adopted.adopted_on <= delivered.sent_on <= delivered.delivered_on <= today:
            raise Conflict(f"a decision of {adopted.adopted_on} is sent and delivered in this order, from that day to {today}")
        if adopted and published and not adopted.adopted_on <= published.published_on <= today:
            raise Conflict(f"the information was published on a day from {adopted.adopted_on} to {today}")

    return Correctable(RESOLUTION, ResolutionCorrected, lambda state: {"decision_id": state.decision_id}, check)
