"""A case before the council: materials, votes, decision, notice, publication, appeals (order 109, p. 9.7-9.10, 18, 19, 22, 27)."""

from collections.abc import Mapping, Sequence
from datetime import date

from chassis.decider import Command, Decider, Guard, always
from chassis.documents import Document
from chassis.events import Event
from regulations import Rulebook, RulebookRef, local_date, resolve
from services.council.contract import (
    ConclusionDrafted,
    ConsiderationClosed,
    ConsiderationOpened,
    ConsiderationResumed,
    ConsiderationSuspended,
    DecisionAdopted,
    MaterialsPrepared,
    MemberRecused,
    PresentationPrepared,
    ReportChecked,
    ScopeDecision,
    SecretBallotCounted,
    Vote,
    VoteCast,
)
from services.council.domain import adoption, aftermath, appeal, dossier, guards, notices, voting
from services.council.domain.adoption import Protocol, Statement
from services.council.domain.deviation import Grounds
from services.council.domain.dossier import Check, Draft
from services.council.domain.state import Consideration, evolve
from services.council.domain.voting import Sitting


class Open(Command):
    """Opens the consideration of a case; asked again, nothing new follows."""

    records = (ConsiderationOpened,)

    case_id: str
    institution_id: str
    rulebook: RulebookRef
    scopes: tuple[str, ...]
    filed_on: date
    registered_on: date


class PrepareMaterials(Command):
    """The council's materials with the body's conclusion on both reports. `visits_reported`: on how many visits a report is there."""

    records = (MaterialsPrepared,)

    documents: tuple[Document, ...] = ()
    conclusion: str = ""
    visits_reported: int = 1


class CheckReport(Command):
    """The department checks and edits the panel's report with the experts' council. `visits_reported` as with the materials."""

    records = (ReportChecked,)

    check: Check
    visits_reported: int = 1


class DraftConclusion(Command):
    """The department drafts the conclusion for the council."""

    records = (ConclusionDrafted,)

    draft: Draft


class PreparePresentation(Command):
    """The coordinator prepares the presentation for the council."""

    records = (PresentationPrepared,)

    document: Document


class RecuseMember(Command):
    """A member of the council that sits takes no part in the case."""

    records = (MemberRecused,)

    sitting: Sitting
    member_id: str
    reason: str


class CastVote(Command):
    """A member's vote on one scope: for accreditation, against it, or abstained."""

    records = (VoteCast,)

    sitting: Sitting
    member_id: str
    scope: str
    vote: Vote


class CountSecretBallot(Command):
    """The tellers' count of a secret ballot on one scope."""

    records = (SecretBallotCounted,)

    sitting: Sitting
    scope: str
    votes_for: int
    votes_against: int
    abstained: int
    counted_by: tuple[str, ...]


class AdoptDecision(Command):
    """Counts the votes of the meeting and records the decision under its protocol."""

    records = (DecisionAdopted,)

    sitting: Sitting
    protocol_number: str
    reasons: str = ""
    presiding_statements: tuple[Statement, ...] = ()
    grounds: tuple[Grounds, ...] = ()


class Suspend(Command):
    """The case is suspended; nothing new follows if it is so already or is closed."""

    records = (ConsiderationSuspended,)

    reason: str


class Resume(Command):
    """The case goes on; nothing new follows if it was not suspended."""

    records = (ConsiderationResumed,)


class Close(Command):
    """The case ended; nothing new follows if it is so already."""

    records = (ConsiderationClosed,)

    reason: str


Step = Suspend | Resume | Close
Preparation = PrepareMaterials | CheckReport | DraftConclusion | PreparePresentation
Voting = RecuseMember | CastVote | CountSecretBallot | AdoptDecision


AnyCommand = Open | Step | Preparation | Voting | notices.AnyCommand | appeal.AnyCommand


def decide(command: AnyCommand, state: Consideration, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow, or a refusal with its clause."""
    today = local_date(command.at, rules.zone)
    if isinstance(command, Open):
        return _open(command, state, today)
    assert state.opened is not None
    if isinstance(command, Step):
        return _step(command, state.opened, state, today)
    match command:
        case PrepareMaterials() | CheckReport() | DraftConclusion() | PreparePresentation():
            return _lay_before(command, state.opened, state, rules, today)
        case RecuseMember():
            matter = _matter(state)
            return [voting.recuse(rules, matter, command.sitting, command.member_id, command.reason, state.docket)]
        case CastVote():
            matter = _matter(state)
            return [voting.cast(rules, matter, command.sitting, command.member_id, command.scope, command.vote, state.docket)]
        case CountSecretBallot():
            matter, counts = _matter(state), (command.votes_for, command.votes_against, command.abstained)
            return [voting.count(rules, matter, command.sitting, command.scope, counts, command.counted_by, state.docket)]
        case AdoptDecision():
            matter = _matter(state)
            kept = tuple(each for each in state.decision.decisions if each.scope not in matter.scopes) if state.decision else ()
            protocol = Protocol(command.protocol_number, command.reasons, command.presiding_statements, command.grounds)
            adopted = adoption.adopt(rules, matter, command.sitting, state.docket, protocol, today, state.dossier.proposals, kept)
            return [_numbered(adopted, kept, state.rounds + 1)]
        case appeal.FileAppeal() | appeal.FormAppealCommission() | appeal.DecideAppeal():
            return appeal.act(command, state.decision, state.appeals, rules, today)
        case _:
            return notices.decide(command, state.outcome, rules, today)


def _numbered(adopted: DecisionAdopted, kept: Sequence[ScopeDecision], number: int) -> DecisionAdopted:
    """With the round in which each scope was decided; what an appeal has not remitted keeps its own."""
    decisions = tuple(each if each in kept else each.model_copy(update={"round": number}) for each in adopted.decisions)
    return adopted.model_copy(update={"decisions": decisions})


def _matter(state: Consideration) -> ConsiderationOpened:
    """The case as the council votes on it."""
    assert state.opened is not None
    return state.opened.model_copy(update={"scopes": state.scopes})


def _open(command: Open, state: Consideration, today: date) -> Sequence[Event]:
    if state.opened:
        return []
    return [ConsiderationOpened(**command.model_dump(exclude={"at", "by"}), opened_on=today)]


def _step(command: Step, opened: ConsiderationOpened, state: Consideration, today: date) -> Sequence[Event]:
    match command:
        case Suspend() if not state.stopped:
            return [ConsiderationSuspended(case_id=opened.case_id, reason=command.reason, suspended_on=today)]
        case Resume() if state.suspended and not state.closed:
            return [ConsiderationResumed(case_id=opened.case_id, resumed_on=today)]
        case Close() if not state.closed:
            return [ConsiderationClosed(case_id=opened.case_id, reason=command.reason, closed_on=today)]
    return []


def _lay_before(command: Preparation, opened: ConsiderationOpened, state: Consideration, rules: Rulebook, today: date) -> Sequence[Event]:
    if isinstance(command, CheckReport | PrepareMaterials):
        dossier.check_visited(rules, state.visits, command.visits_reported)
    match command:
        case CheckReport():
            return [dossier.check(rules, opened, command.check, today)]
        case DraftConclusion():
            return [dossier.draft(rules, opened.case_id, state.scopes, command.draft, today)]
        case PreparePresentation():
            return [dossier.present(rules, opened, command.document, today)]
        case PrepareMaterials():
            return [dossier.prepare(rules, opened, state.dossier, command.documents, command.conclusion, today)]


def _rules(command: AnyCommand, state: Consideration) -> Rulebook:
    source = command if isinstance(command, Open) else state.opened
    assert source is not None
    return resolve(source.rulebook)


GUARDS: Mapping[type[Command], Guard] = {
    Open: always,
    CheckReport: guards.report_check,
    DraftConclusion: guards.conclusion,
    PreparePresentation: guards.presentation,
    PrepareMaterials: guards.materials,
    RecuseMember: guards.recusal,
    CastVote: guards.vote,
    CountSecretBallot: guards.ballot,
    AdoptDecision: guards.decision,
    notices.SendRefusalNotice: guards.after(aftermath.refusal_notice),
    notices.PublishReport: guards.after(aftermath.publication),
    notices.SendDecisionNotice: guards.after(aftermath.decision_notice),
    notices.EnterDecision: guards.after(aftermath.entry),
    notices.SubmitToDeqar: guards.after(aftermath.submission),
    notices.InformMinistry: guards.after(aftermath.ministry),
    notices.AgreeFollowUp: guards.after(aftermath.follow_up),
    appeal.FileAppeal: guards.filing,
    appeal.FormAppealCommission: guards.commission,
    appeal.DecideAppeal: guards.ruling,
    Suspend: always,
    Resume: always,
    Close: always,
}

CONSIDERATION: Decider[Consideration, Rulebook] = Decider("consideration", Consideration(), decide, evolve, _rules, GUARDS)
