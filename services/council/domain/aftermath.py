"""What the case's state and its rulebook alone say against a step after the decision, whatever the body says of it (order 109, p. 9.10,
22; IQAA, S3.d to S4.a). The steps themselves are in `notices`."""

from dataclasses import dataclass, replace
from typing import Any

from chassis.problems import Conflict, Refused
from regulations import Register, Rulebook, Stage, enforces
from services.council.contract import (
    ConsiderationOpened,
    DecisionAdopted,
    DecisionEntered,
    DecisionNoticeSent,
    DeqarSubmitted,
    FollowUpAgreed,
    MinistryInformed,
    RefusalNoticeSent,
    ReportPublished,
)
from services.council.domain.appeal import Appeals
from services.council.domain.clauses import (
    IQAA,
    KZ,
    adopts,
    may_be_appealed,
    notice_of_refusal,
    outcomes,
    publishes,
    setting_clause,
)

#: Registers and consequences of a decision, by the words of the rulebooks.
NOTICE, RESULTS, DECISIONS, DEQAR, NATIONAL = "decision_notice", "site_results", "decision_register", "deqar", "national_register"
FOLLOW_UP, SITE = "follow_up", "agency_site"
INSTITUTION = "institution"


@dataclass(frozen=True)
class Aftermath:
    """What was done since the council decided."""

    refusal: RefusalNoticeSent | None = None
    published: ReportPublished | None = None
    told: tuple[DecisionNoticeSent, ...] = ()
    entered: DecisionEntered | None = None
    deqar: DeqarSubmitted | None = None
    informed: MinistryInformed | None = None
    follow_up: FollowUpAgreed | None = None


@dataclass(frozen=True)
class Decided:
    """The case as these deciders see it."""

    opened: ConsiderationOpened
    decision: DecisionAdopted | None
    appeals: Appeals
    after: Aftermath


def evolve(state: Aftermath, event: Any) -> Aftermath:
    """What was done, after one more fact."""
    match event:
        case RefusalNoticeSent():
            return replace(state, refusal=event)
        case ReportPublished():
            return replace(state, published=event)
        case DecisionNoticeSent():
            return replace(state, told=(*state.told, event))
        case DecisionEntered():
            return replace(state, entered=event)
        case DeqarSubmitted():
            return replace(state, deqar=event)
        case MinistryInformed():
            return replace(state, informed=event)
        case FollowUpAgreed():
            return replace(state, follow_up=event)
    return state


@enforces(KZ, "22 (a)")
def refusal_notice(case: Decided, rules: Rulebook) -> None:
    """Once, after a refusal, where the rulebook has such a notice."""
    if "refusal_notice" not in rules.terms:
        raise refused(rules, notice_of_refusal(rules), "the rulebook has no notice of a refusal apart", _consequences(rules))
    words = outcomes(rules)
    overruled = [scope for scope, why in case.appeals.resting.items() if why != "suspended"]
    decisions = case.decision.decisions if case.decision else ()
    if all(each.outcome == words.positive or each.scope in overruled for each in decisions):
        accepts = "a notice after a decision that refuses the accreditation of at least one scope"
        raise refused(rules, notice_of_refusal(rules), "the council has refused nothing in this case", accepts)
    if case.after.refusal:
        raise Conflict(f"the notice was sent on {case.after.refusal.sent_on}")


@enforces(KZ, "9.10")
@enforces(IQAA, "S3.f.1")
def publication(case: Decided, rules: Rulebook) -> None:
    """Once, after the decision, unless an appeal suspends it or the agency's readings hold it back."""
    if case.decision is None:
        accepts = "the publication once the council's decision is adopted"
        raise refused(rules, publishes(rules), "the full report is published after the decision", accepts)
    if "suspended" in case.appeals.resting.values():
        raise refused(rules, may_be_appealed(rules), "an appeal suspends the decision", "the publication once the appeal is decided")
    _may_be_public(case, rules)
    if case.after.published:
        raise Conflict(f"the report was published on {case.after.published.published_on}")


@enforces(IQAA, "S3.d")
def decision_notice(case: Decided, rules: Rulebook) -> None:
    """Until everybody whom the rulebook names was told."""
    register = register_of(NOTICE, rules)
    _standing(case, rules, register)
    told = {each.channel: each for each in case.after.told}
    if told and all(channel in told for channel in register.channels):
        raise Conflict("; ".join(f"{each.channel} was told on {each.sent_on}, under No. {each.outgoing_number}" for each in told.values()))


@enforces(IQAA, "S3.f.2")
def entry(case: Decided, rules: Rulebook) -> None:
    """Once, of what is accredited."""
    accredited(case, rules, DECISIONS, register_of(DECISIONS, rules))
    if case.after.entered:
        raise Conflict(f"the decision was entered on {case.after.entered.entered_on}")


@enforces(IQAA, "S3.g")
def submission(case: Decided, rules: Rulebook) -> None:
    """Once, of a report on a decision that stands."""
    _standing(case, rules, register_of(DEQAR, rules))
    _may_be_public(case, rules)
    if case.after.deqar:
        raise Conflict(f"the report was submitted on {case.after.deqar.submitted_on} as {case.after.deqar.submission}")


@enforces(IQAA, "S3.h")
def ministry(case: Decided, rules: Rulebook) -> None:
    """Once, about what the agency's reading tells it of."""
    if not told_to_ministry(case, rules):
        accepts = "the information on an accredited institution; on its programmes, if the agency's setting includes them"
        clause, scopes = setting_clause(rules, "ministry_information_for"), accredited(case, rules, NATIONAL, register_of(NATIONAL, rules))
        raise refused(rules, clause, f"by the agency's setting the ministry is not told about {', '.join(scopes)}", accepts)
    if case.after.informed:
        raise Conflict(f"the ministry was informed on {case.after.informed.informed_on}, under No. {case.after.informed.outgoing_number}")


@enforces(IQAA, "S4.a")
def follow_up(case: Decided, rules: Rulebook) -> None:
    """Once, of what is accredited, where the procedure has a monitoring after it."""
    accredited(case, rules, FOLLOW_UP, follow_up_stage(rules))
    if case.after.follow_up:
        raise Conflict(f"the monitoring was agreed on {case.after.follow_up.agreed_on}")


def told_to_ministry(case: Decided, rules: Rulebook) -> tuple[str, ...]:
    """What is accredited and told to the ministry by the agency's reading."""
    scopes = accredited(case, rules, NATIONAL, register_of(NATIONAL, rules))
    return scopes if rules.setting_if_any("ministry_information_for") != INSTITUTION else tuple(s for s in scopes if s == INSTITUTION)


def follow_up_stage(rules: Rulebook) -> Stage:
    """The rulebook's monitoring after accreditation; Refused where it has none."""
    stage = next((each for each in rules.stages if each.id == FOLLOW_UP), None)
    if stage is None or stage.clause is None:
        raise refused(rules, adopts(rules), "the rulebook has no monitoring after accreditation", _consequences(rules))
    return stage


@enforces(IQAA, "S3.f.1", "S3.g")
def _may_be_public(case: Decided, rules: Rulebook) -> None:
    """By the agency's readings: whether a negative outcome is published, and what an open appeal does to a publication."""
    positive = outcomes(rules).positive
    if rules.setting_if_any("negative_outcome_published") is False and case.decision and case.decision.outcome != positive:
        clause = setting_clause(rules, "negative_outcome_published")
        raise refused(rules, clause, "by the agency's setting a negative outcome is not published", "what is accredited")
    if rules.setting_if_any("publication_during_appeal") == "held" and (case.appeals.pending or case.appeals.remitted):
        clause = setting_clause(rules, "publication_during_appeal")
        raise refused(rules, clause, "by the agency's setting an open appeal holds the publication", "it once the appeal is settled")


def register_of(name: str, rules: Rulebook) -> Register:
    """A register of the rulebook; Refused where it has none of that name: then something else follows its decisions."""
    found = rules.registers.get(name)
    if found is None:
        raise refused(rules, adopts(rules), f"the rulebook has no {name.replace('_', ' ')}", _consequences(rules))
    return found


def _consequences(rules: Rulebook) -> str:
    words = dict.fromkeys(word for entry in rules.vocabulary("decisions").values() for word in entry.follows)
    return f"what follows its decisions: {', '.join(words)}"


def _standing(case: Decided, rules: Rulebook, register: Any) -> DecisionAdopted:
    """The decision; Refused before there is one, and while the council has to decide anew."""
    if case.decision is None:
        raise refused(rules, clause_of(register, rules), "the council has not decided the case", "this after the council's decision")
    if case.appeals.remitted:
        reason = f"an appeal has remitted the decision on {', '.join(case.appeals.remitted)} to the council"
        raise refused(rules, may_be_appealed(rules), reason, "this after the council's new decision")
    return case.decision


def accredited(case: Decided, rules: Rulebook, consequence: str, cited: Any) -> tuple[str, ...]:
    """The scopes whose decision is in force and brings this about; Refused if there is none."""
    decision = _standing(case, rules, cited)
    words = {word for word, entry in rules.vocabulary("decisions").items() if consequence in entry.follows}
    scopes = tuple(each.scope for each in decision.decisions if each.outcome in words)
    in_force = tuple(scope for scope in scopes if scope not in case.appeals.resting)
    if scopes and not in_force:
        accepts = "this on a decision that is in force"
        raise refused(rules, may_be_appealed(rules), "an appeal suspends the decision, or it was overturned", accepts)
    if not in_force:
        raise refused(rules, clause_of(cited, rules), "nothing is accredited in this case", "this after a decision to accredit")
    return in_force


def clause_of(cited: Any, rules: Rulebook) -> str:
    return cited.clause or adopts(rules)


def refused(rules: Rulebook, clause: str, reason: str, accepts: str) -> Refused:
    return Refused(reason, clause=clause, rulebook=rules.id, accepts=accepts)
