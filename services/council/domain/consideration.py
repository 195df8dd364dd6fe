"""A case before the council: materials, votes, decision, notice, publication, appeals (order 109, p. 9.7-9.10, 18, 19, 22, 27)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from chassis.decider import Command, Decider
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Refused
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.council.contract import (
    AppealDecided,
    AppealFiled,
    AppealOutcome,
    ConsiderationOpened,
    DecisionAdopted,
    MaterialsPrepared,
    MemberRecused,
    RefusalNoticeSent,
    ReportPublished,
    Vote,
    VoteCast,
)
from services.council.domain import adoption, appeal, voting
from services.council.domain.appeal import Appeals
from services.council.domain.clauses import KZ, may_be_appealed, notice_of_refusal, outcomes, publishes, reapplication_from
from services.council.domain.voting import Sitting


@dataclass(frozen=True)
class Consideration:
    """A case before the council, as it stands."""

    opened: ConsiderationOpened | None = None
    materials: MaterialsPrepared | None = None
    recused: frozenset[str] = frozenset()
    votes: tuple[VoteCast, ...] = ()
    decision: DecisionAdopted | None = None
    notice: RefusalNoticeSent | None = None
    published: ReportPublished | None = None
    appeals: Appeals = field(default_factory=Appeals)

    @property
    def decided(self) -> bool:
        """Whether the council has nothing more to decide."""
        return self.decision is not None and not self.appeals.remitted

    @property
    def institution_id(self) -> str:
        """Whose case it is."""
        return self.opened.institution_id if self.opened else ""

    @property
    def scopes(self) -> tuple[str, ...]:
        """What must be decided, each."""
        return self.opened.scopes if self.opened else ()


class Open(Command):
    """Opens the consideration of a case; asked again, nothing new follows."""

    case_id: str
    institution_id: str
    rulebook: RulebookRef
    scopes: tuple[str, ...]
    filed_on: date
    registered_on: date


class PrepareMaterials(Command):
    """The council's materials with the body's conclusion on both reports."""

    documents: tuple[Document, ...]
    conclusion: str


class RecuseMember(Command):
    """A member of the council that sits takes no part in the case."""

    sitting: Sitting
    member_id: str
    reason: str


class CastVote(Command):
    """A member's vote on one scope: for accreditation, against it, or abstained."""

    sitting: Sitting
    member_id: str
    scope: str
    vote: Vote


class AdoptDecision(Command):
    """Counts the votes of the meeting and records the decision under its protocol."""

    sitting: Sitting
    protocol_number: str
    reasons: str = ""


class SendRefusalNotice(Command):
    """Tells the institution of a refusal in writing."""

    reasons: str = ""


class PublishReport(Command):
    """Places the full report on the body's website."""

    document: Document


class FileAppeal(Command):
    """An appeal against the decision on these scopes; on all of them, if none is named."""

    scopes: tuple[str, ...] = ()
    addressed_to: str
    document: Document
    grounds: str


class DecideAppeal(Command):
    """Records what was decided on the pending appeal."""

    outcome: AppealOutcome
    decided_by: str
    act: str
    reasons: str
    decided_on: date


AnyCommand = (
    Open | PrepareMaterials | RecuseMember | CastVote | AdoptDecision | SendRefusalNotice | PublishReport | FileAppeal | DecideAppeal
)


def decide(command: AnyCommand, state: Consideration, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow, or a refusal with its clause."""
    today = local_date(command.at, rules.zone)
    if isinstance(command, Open):
        return _open(command, state, today)
    assert state.opened is not None
    match command:
        case PrepareMaterials():
            return _prepare(command, state.opened, state, today)
        case RecuseMember():
            matter = _before_council(state, state.opened)
            return [voting.recuse(rules, matter, command.sitting, command.member_id, command.reason, _docket(state))]
        case CastVote():
            matter = _before_council(state, state.opened)
            return [voting.cast(rules, matter, command.sitting, command.member_id, command.scope, command.vote, _docket(state))]
        case AdoptDecision():
            matter, docket = _before_council(state, state.opened), _docket(state)
            kept = tuple(each for each in state.decision.decisions if each.scope not in matter.scopes) if state.decision else ()
            return [adoption.adopt(rules, matter, command.sitting, docket, command.protocol_number, command.reasons, today, kept)]
        case SendRefusalNotice():
            return _notify(command, state.opened, state, rules, today)
        case PublishReport():
            return _publish(command, state.opened, state, rules, today)
        case FileAppeal():
            appealed = (command.scopes, command.addressed_to, command.document, command.grounds)
            return [appeal.file(rules, state.decision, state.appeals, *appealed, today)]
        case DecideAppeal():
            ruling = (command.outcome, command.decided_by, command.act, command.reasons, command.decided_on)
            return [appeal.decide(rules, state.appeals, *ruling, today)]


def _before_council(state: Consideration, opened: ConsiderationOpened) -> ConsiderationOpened:
    """What the council votes on: every scope of the case, or those that an appeal has remitted to it."""
    return opened.model_copy(update={"scopes": state.appeals.remitted}) if state.appeals.remitted else opened


def _docket(state: Consideration) -> voting.Docket:
    return voting.Docket(prepared=state.materials is not None, recused=state.recused, votes=state.votes, decided=state.decided)


def _open(command: Open, state: Consideration, today: date) -> Sequence[Event]:
    if state.opened:
        return []
    return [ConsiderationOpened(**command.model_dump(exclude={"at", "by"}), opened_on=today)]


@enforces(KZ, "9.7", "18")
def _prepare(command: PrepareMaterials, opened: ConsiderationOpened, state: Consideration, today: date) -> Sequence[Event]:
    if state.decided or state.votes:
        raise Conflict("the council votes on the materials that it has; they no longer change")
    return [MaterialsPrepared(case_id=opened.case_id, documents=command.documents, conclusion=command.conclusion, prepared_on=today)]


@enforces(KZ, "22 (a)", "22 (b)")
def _notify(command: SendRefusalNotice, opened: ConsiderationOpened, state: Consideration, rules: Rulebook, today: date) -> Sequence[Event]:
    words = outcomes(rules)
    overruled = [scope for scope, why in state.appeals.resting.items() if why != "suspended"]
    decisions = state.decision.decisions if state.decision else ()
    if all(each.outcome == words.positive or each.scope in overruled for each in decisions):
        raise Refused(
            "the council has refused nothing in this case",
            clause=notice_of_refusal(rules),
            rulebook=rules.id,
            accepts="a notice after a decision that refuses the accreditation of at least one scope",
        )
    if state.notice:
        raise Conflict(f"the notice was sent on {state.notice.sent_on}")
    if not command.reasons.strip():
        raise Refused(
            "a notice of refusal gives the reasons",
            clause=notice_of_refusal(rules),
            rulebook=rules.id,
            accepts="the reasons of the refusal",
        )
    return [
        RefusalNoticeSent(
            case_id=opened.case_id,
            reasons=command.reasons,
            reapplication_from=reapplication_from(rules, opened.filed_on),
            sent_on=today,
        )
    ]


@enforces(KZ, "9.10")
def _publish(command: PublishReport, opened: ConsiderationOpened, state: Consideration, rules: Rulebook, today: date) -> Sequence[Event]:
    if state.decision is None:
        raise Refused(
            "the full report is published after the decision",
            clause=publishes(rules),
            rulebook=rules.id,
            accepts="the publication once the council's decision is adopted",
        )
    if "suspended" in state.appeals.resting.values():
        raise Refused(
            "an appeal suspends the decision",
            clause=may_be_appealed(rules),
            rulebook=rules.id,
            accepts="the publication once the appeal is decided",
        )
    if state.published:
        raise Conflict(f"the report was published on {state.published.published_on}")
    return [ReportPublished(case_id=opened.case_id, document=command.document, published_on=today)]


def evolve(state: Consideration, event: Any) -> Consideration:
    """The state after a fact."""
    match event:
        case ConsiderationOpened():
            return Consideration(opened=event)
        case MaterialsPrepared():
            return replace(state, materials=event)
        case MemberRecused():
            return replace(state, recused=state.recused | {event.member_id})
        case VoteCast():
            return replace(state, votes=(*state.votes, event))
        case DecisionAdopted():
            return replace(state, decision=event, appeals=state.appeals.after_reconsideration())
        case RefusalNoticeSent():
            return replace(state, notice=event)
        case ReportPublished():
            return replace(state, published=event)
        case AppealFiled():
            return replace(state, appeals=state.appeals.after_filing(event))
        case AppealDecided():
            appeals = state.appeals.after_decision(event)
            if event.outcome != "remitted":
                return replace(state, appeals=appeals)
            return replace(state, appeals=appeals, votes=(), notice=None)
    return state


def _rules(command: AnyCommand, state: Consideration) -> Rulebook:
    source = command if isinstance(command, Open) else state.opened
    assert source is not None
    return resolve(source.rulebook)


CONSIDERATION: Decider[Consideration, Rulebook] = Decider("consideration", Consideration(), decide, evolve, _rules)
