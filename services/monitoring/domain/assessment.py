"""What the agency makes of a studied report: experts, analysis, visit or no visit, assessment, the council's file, referral.

Whether a measure is fulfilled and a result positive, a person says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.documents import Document
from chassis.problems import Conflict, Invalid
from regulations import Rulebook, enforces
from services.monitoring.contract import (
    AcceptanceTold,
    CouncilFileSent,
    CriterionFinding,
    DecisionReferred,
    EngagedExpert,
    ExpertsEngaged,
    MeasuresAnalysed,
    MeasureVerdict,
    OutcomeRuled,
    ResultAssessed,
    VisitDecided,
    VisitDecisionTold,
)
from services.monitoring.domain import cycle_rules as of
from services.monitoring.domain.cycle_rules import AAKR, SAPATTUU
from services.monitoring.domain.cycle_state import Cycle
from services.monitoring.domain.report import Known, last_day


@dataclass(frozen=True)
class Analysis:
    """What experts and referent analysed and checked."""

    by: tuple[str, ...]
    case_officer: str
    verdicts: tuple[MeasureVerdict, ...]
    facts_checked: str
    document: Document | None = None


@dataclass(frozen=True)
class Assessment:
    """The result by each criterion, and whether it is positive."""

    findings: tuple[CriterionFinding, ...]
    positive: bool
    verdicts: tuple[MeasureVerdict, ...] = ()


@dataclass(frozen=True)
class Followed:
    """What is known of the follow-up and of its visit: ids of recommendations, the report on the visit if it is there."""

    recommendations: tuple[str, ...] = ()
    panel: tuple[str, ...] = ()
    visit_report: Document | None = None


def _ids(state: Cycle) -> dict[str, Any]:
    opened = state.terms
    return {"cycle_id": opened.cycle_id, "followup_id": opened.followup_id, "institution_id": opened.institution_id}


@enforces(SAPATTUU, "2.8")
def engage(rules: Rulebook, state: Cycle, experts: Sequence[str], reasons: str, panel: Sequence[str], today: date) -> ExpertsEngaged:
    """Experts for the study, members of the accrediting commission or others."""
    of.need_stage(rules, of.EXPERTS)
    if again := sorted({each.expert_id for each in state.engaged}.intersection(experts)):
        raise Conflict(f"engaged already: {', '.join(again)}")
    if len(set(experts)) != len(experts) or not experts:
        raise Invalid("experts are named once each, and one at least", errors=[{"pointer": "#/experts", "detail": "ids of experts"}])
    engaged = tuple(EngagedExpert(expert_id=each, former_member=each in panel) for each in experts)
    return ExpertsEngaged(**_ids(state), experts=engaged, reasons=reasons, engaged_on=today)


@enforces(SAPATTUU, "2.9.s3")
def analyse(rules: Rulebook, state: Cycle, given: Analysis, followed: Followed, today: date) -> MeasuresAnalysed:
    """By an expert and the referent, on every recommendation and remark."""
    clause = of.need_stage(rules, of.ANALYSIS)
    if not set(given.by) - {given.case_officer}:
        of.refuse(rules, clause, "an expert analyses beside the referent", "an expert besides the referent")
    check_verdicts(rules, given.verdicts, followed, clause, every=True)
    return MeasuresAnalysed(
        **_ids(state),
        by=tuple(dict.fromkeys(given.by)),
        case_officer=given.case_officer,
        verdicts=given.verdicts,
        facts_checked=given.facts_checked,
        document=given.document,
        analysed_on=today,
    )


@enforces(AAKR, "II.4.h")
@enforces(SAPATTUU, "2.9.s2")
def decide_visit(rules: Rulebook, state: Cycle, word: str, reasons: str, by: str, director: bool, today: date) -> VisitDecided:
    """Visit or no visit, with reasons; by the Director where the text says so."""
    known = of.visit_words(rules)
    if word not in known:
        raise Invalid(f"no such word: {word}", errors=[{"pointer": "#/word", "detail": f"one of: {', '.join(known)}"}])
    check_director(rules, director)
    return VisitDecided(**_ids(state), word=word, holds=of.holds_visit(known[word]), reasons=reasons, decided_by=by, decided_on=today)


def check_director(rules: Rulebook, director: bool) -> None:
    """Refused for another than the Director, where the Director decides."""
    alone = of.by_director(rules)
    if alone is not None and not director:
        of.refuse(rules, alone, "the Director decides on the trip", "the decision of the Director")


@enforces(AAKR, "II.4.h")
@enforces(SAPATTUU, "2.9.s1")
def tell_visit(rules: Rulebook, state: Cycle, number: str, document: Document | None, told_on: date, today: date) -> VisitDecisionTold:
    """The institution was told of the decision, after it was taken."""
    if document is not None:
        of.check_kind(rules, document, of.VISIT_NOTICES)
    decided_on = state.visit.decided_on if state.visit else today
    _between(told_on, decided_on, today)
    return VisitDecisionTold(**_ids(state), outgoing_number=number, document=document, told_on=told_on)


@enforces(AAKR, "II.1", "III.0", "III.a", "III.b", "III.c")
def assess(rules: Rulebook, state: Cycle, given: Assessment, followed: Followed, today: date) -> ResultAssessed:
    """By each criterion once, on report, additional information and visit."""
    clause = of.need_stage(rules, of.ASSESSMENT)
    check_visited(rules, state, followed)
    check_answered(state, today)
    criteria, found = of.words(rules, of.CRITERIA), [each.criterion for each in given.findings]
    of.check_words(rules, of.CRITERIA, found, "#/findings")
    unfound = [word for word in criteria if found.count(word) != 1]
    if unfound:
        missing = criteria[unfound[0]].clause or clause
        reason, accepts = f"without exactly one finding: {', '.join(unfound)}", f"one finding on each of: {', '.join(criteria)}"
        of.refuse(rules, missing, reason, accepts, unfound)
    check_verdicts(rules, given.verdicts, followed, clause)
    word = of.accepting(rules, given.positive)
    return ResultAssessed(
        **_ids(state), findings=given.findings, verdicts=given.verdicts, positive=given.positive, word=word, assessed_on=today
    )


@enforces(AAKR, "II.4.j")
def tell_acceptance(rules: Rulebook, state: Cycle, number: str, document: Document | None, told_on: date, today: date) -> AcceptanceTold:
    """The institution was told that its report is accepted."""
    if document is not None:
        of.check_kind(rules, document, [of.ACCEPTANCE])
    _between(told_on, state.assessed.assessed_on if state.assessed else today, today)
    return AcceptanceTold(**_ids(state), outgoing_number=number, document=document, told_on=told_on)


def rule(state: Cycle, ruling: str, by: str, today: date) -> OutcomeRuled:
    """A person's ruling on a result that is not positive."""
    return OutcomeRuled(**_ids(state), ruling=ruling, ruled_by=by, ruled_on=today)


@enforces(SAPATTUU, "3.1", "3.2.s1", "3.3")
def send_file(
    rules: Rulebook, state: Cycle, documents: Sequence[Document], verdicts: Sequence[MeasureVerdict], followed: Followed, today: date
) -> CouncilFileSent:
    """Report, additional materials and the act on the visit if there was one, with a verdict on every recommendation and remark."""
    clause = of.need_stage(rules, of.COUNCIL)
    check_visited(rules, state, followed)
    check_answered(state, today)
    judged = tuple(verdicts) or (state.analysed.verdicts if state.analysed else ())
    check_verdicts(rules, judged, followed, clause, every=True)
    report = [state.report.document] if state.report else []
    act = [followed.visit_report] if followed.visit_report and state.visit and state.visit.holds else []
    held = {each.sha256: each for each in (*report, *act, *state.documents(), *documents)}
    return CouncilFileSent(**_ids(state), documents=tuple(held.values()), verdicts=judged, sent_on=today)


@enforces(SAPATTUU, "2.5.p4", "3.3")
def refer(rules: Rulebook, state: Cycle, ground: str, known: Known, today: date) -> list[DecisionReferred]:
    """A failure for a decision on a sanction; referred already, nothing follows. That it is one a person has judged, or the days tell."""
    grounds = of.words(rules, of.GROUNDS)
    if ground not in grounds:
        accepts = f"one of: {', '.join(grounds)}" if grounds else "nothing: the rulebook knows no sanction, a person decides"
        of.refuse(rules, None, f"no such ground: {ground}", accepts)
    if any(each.ground == ground for each in state.referred):
        return []
    clause = grounds[ground].clause
    if ground == of.NO_REPORT:
        _check_no_report(rules, state, known, today)
    elif ground == of.REPEATED:
        if not (state.referred or state.file):
            of.refuse(rules, clause, "nothing has been before the council in this cycle", "a failure after a decision of the council")
    elif not _failed(rules, state, ground):
        of.refuse(rules, clause, "no recommendation is judged not fulfilled", "a verdict that a recommendation is not fulfilled")
    return [DecisionReferred(**_ids(state), ground=ground, referred_on=today)]


def _check_no_report(rules: Rulebook, state: Cycle, known: Known, today: date) -> None:
    clause = of.words(rules, of.GROUNDS)[of.NO_REPORT].clause
    if not known.due:
        of.refuse(rules, clause, "no report is due for such an accreditation, as it is classified by now", "a kind for which one is due")
    if state.standing in ("submitted", "studied"):
        of.refuse(rules, clause, f"the report is there since {state.report.submitted_on if state.report else today}", "a missing report")
    due_on = last_day(rules, state, known) or state.terms.valid_until
    if today <= due_on:
        of.refuse(rules, clause, f"the institution may report until {due_on}", f"this from the day after {due_on}")


def referable(rules: Rulebook, state: Cycle) -> bool:
    """Whether some ground could be there, or is referred already."""
    known = of.words(rules, of.GROUNDS)
    missing = of.NO_REPORT in known and state.standing in ("awaited", "returned")
    repeated = of.REPEATED in known and state.file is not None
    return bool(state.referred) or missing or repeated or any(_failed(rules, state, ground) for ground in known)


def _failed(rules: Rulebook, state: Cycle, ground: str) -> bool:
    known = of.words(rules, of.FULFILMENT)
    verdicts = state.file.verdicts if state.file else state.analysed.verdicts if state.analysed else ()
    return any(each.fulfilment and ground in known[each.fulfilment].follows for each in verdicts)


def check_verdicts(rules: Rulebook, verdicts: Sequence[MeasureVerdict], followed: Followed, clause: str, *, every: bool = False) -> None:
    """Words of the rulebook, on what is followed up; with `every` one on each recommendation, where they are known."""
    known = of.words(rules, of.FULFILMENT)
    of.check_words(rules, of.FULFILMENT, [each.fulfilment for each in verdicts if each.fulfilment], "#/verdicts")
    judged = [each.recommendation_id for each in verdicts if each.recommendation_id]
    foreign = sorted(set(judged) - set(followed.recommendations)) if followed.recommendations else []
    if foreign or len(set(judged)) != len(judged):
        detail = f"each once of: {', '.join(followed.recommendations)}"
        raise Invalid(
            f"judged twice, or not followed up: {', '.join(foreign or judged)}", errors=[{"pointer": "#/verdicts", "detail": detail}]
        )
    if not every or not known:
        return
    if not verdicts:
        of.refuse(rules, clause, "nothing is judged", "a verdict on every recommendation and remark", followed.recommendations)
    worded = {each.recommendation_id for each in verdicts if each.fulfilment}
    if missing := [each for each in followed.recommendations if each not in worded]:
        of.refuse(rules, clause, f"no verdict on: {', '.join(missing)}", f"for each one of: {', '.join(known)}", missing)


def check_visited(rules: Rulebook, state: Cycle, followed: Followed) -> None:
    """After a decision for a visit nothing is concluded before the report on it is there."""
    if state.visit is not None and state.visit.holds and followed.visit_report is None:
        kind = next((name for name in of.VISIT_REPORTS if name in rules.documents), of.VISIT_REPORTS[0])
        of.refuse(rules, of.clause_of(rules.documents.get(kind), rules), "the report on the visit is not there", f"this after the {kind}")


def check_answered(state: Cycle, today: date) -> None:
    """What the institution was asked for is waited for until its day is over."""
    waiting = [each for each in state.unanswered if each.due_on >= today]
    if waiting:
        raise Conflict(f"additional information is expected until {max(each.due_on for each in waiting)}")


def _between(day: date, first: date, today: date) -> None:
    if not first <= day <= today:
        raise Invalid(
            f"{day} is not a day from {first} to {today}", errors=[{"pointer": "#/told_on", "detail": f"from {first} to {today}"}]
        )
