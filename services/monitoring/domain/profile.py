"""What a rulebook of follow-ups has, by presence: plan, report, study, visit, council, assessment. What it lacks nobody waits for."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from regulations import Clause, Entry, Rulebook, compute
from regulations.values import Competence
from services.monitoring.contract import FollowedRecommendation, FollowUpTerms
from services.monitoring.domain import cycle_rules as of

PLAN, PLAN_TERM, PLAN_REVIEW, PLAN_REVISION = "action_plan", "plan_submission", "plan_review", "plan_revision"
LETTER = "decision_letter"
FOLLOW_UP = "post_accreditation_monitoring"

_APPROVAL, _VALIDITY = "plan_approval", "validity"
_OBJECTS = ("objects", "scopes")
_PROGRAMME, _INSTITUTION = "programme", "institution"
_WITH, _WITHOUT = "with_recommendations", "without_recommendations"
_BY_VISIT = ("monitoring_expected", "expected_visit")
_DAY = timedelta(days=1)


def kinds(rules: Rulebook) -> dict[str, Entry]:
    """The kinds of accreditation that it tells apart."""
    return dict(of.words(rules, "kinds"))


def kind_of(rules: Rulebook, issued_on: date, valid_until: date) -> str | None:
    """The kind that a certificate's term tells; None where terms tell nothing, or nothing of this one: a person classifies it."""
    ends = {
        kind: compute(rules, term, issued_on).due_on
        for kind, entry in kinds(rules).items()
        for term in entry.follows
        if term in rules.terms and rules.terms[term].nature == _VALIDITY and term.startswith(_VALIDITY)
    }
    return next((kind for kind, end in ends.items() if end in (valid_until, valid_until + _DAY)), None)


def object_of(rules: Rulebook, scopes: Sequence[str]) -> str:
    """The rulebook's word for what was accredited, from the scopes of a certificate."""
    words = next((of.words(rules, name) for name in _OBJECTS if name in rules.vocabularies), {})
    named = next((scope for scope in scopes if scope in words), None)
    whole = any(scope.startswith(_INSTITUTION) for scope in scopes)
    other = next((word for word in words if (word != _PROGRAMME) == whole), _INSTITUTION if whole else _PROGRAMME)
    return named or other


def check_classified(rules: Rulebook, kind: str, recommendations: Sequence[FollowedRecommendation]) -> None:
    """The kind is a word of the rulebook's; one that is named by its recommendations has some, or has none. Invalid, Refused."""
    of.check_words(rules, "kinds", [kind], "#/kind")
    wanted = {_WITH: True, _WITHOUT: False}.get(kind.partition("_")[2])
    if wanted is not None and wanted != bool(recommendations):
        accepts = "the commission's recommendations" if wanted else "no recommendations, or another kind"
        of.refuse(rules, kinds(rules)[kind].clause, f"the kind is {kind}, and recommendations: {len(recommendations)}", accepts)


def plan_is_due(rules: Rulebook, kind: str | None, recommendations: Sequence[FollowedRecommendation]) -> bool:
    """Whether a certificate of this kind needs a plan; None is of no kind yet."""
    plan = rules.documents.get(PLAN)
    if plan is None or kind not in plan.required_for:
        return False
    setting = rules.settings.get("plan_without_remarks")
    only_with_remarks = setting is not None and setting.value == "not_required" and setting.clause == kinds(rules)[kind].clause
    return not only_with_remarks or any(each.remark or each.nonconformity for each in recommendations)


def plan_clause(rules: Rulebook, part: str) -> str:
    """The clause that asks for a part of the plan, or for the plan."""
    section = rules.contents.get(PLAN, {}).get(part)
    plan = rules.documents.get(PLAN)
    return (section and section.clause) or (plan and plan.clause) or of.looked(rules)


def approval(rules: Rulebook, kind: str | None) -> Competence | None:
    """Who approves a plan in the institution: of several the one of the kind's own clause, else that of the plan's."""
    found = [each for name, each in rules.competences.items() if name.startswith(_APPROVAL)]
    own = kinds(rules)[kind].clause if kind in kinds(rules) else None
    plan = rules.documents.get(PLAN)
    wanted = [own, plan.clause if plan else None]
    return next((each for clause in wanted for each in found if each.clause == clause), None)


def reviewed(rules: Rulebook) -> bool:
    """Whether the agency reviews a plan; where it does not, a submitted plan stands."""
    return rules.stage(PLAN_REVIEW) is not None


def report_rules(rules: Rulebook, kind: str | None) -> tuple[str, ...]:
    """The terms of the report: several are alternatives. Empty where no report is due."""
    if not of.reports(rules, kind):
        return ()
    choice = rules.choices.get(of.report_kind(rules))
    return choice.of if choice else tuple(name for name in of.REPORT_TERMS if name in rules.terms)


def by_visit(rules: Rulebook, rule: str) -> bool:
    """Whether a term runs from the expected date; else from the expiry."""
    return rules.terms[rule].anchor in _BY_VISIT


def every_year(rules: Rulebook) -> bool:
    """Whether there is a cycle in each year, and not one for each certificate."""
    return rules.setting_if_any("cycle_repeats") == "every_year"


def basis(rules: Rulebook) -> tuple[Clause, ...]:
    """The clauses that say what the procedure is about, what it rests on and what it aims at: they bind nobody by themselves."""
    assessed = {entry.clause for entry in of.words(rules, of.CRITERIA).values()}
    told = ("scope", "criterion")
    return tuple(clause for clause in rules.clauses.values() if clause.level in told and clause.id not in assessed)


def terms_of(rules: Rulebook, kind: str | None, recommendations: Sequence[FollowedRecommendation] = ()) -> dict[str, Any]:
    """The fields of `FollowUpTerms` that the rulebook alone tells."""

    def term(*names: str) -> str | None:
        return next((name for name in names if name in rules.terms), None)

    def has(stage: str) -> bool:
        return rules.stage(stage) is not None

    def ground(word: str) -> str | None:
        return word if word in of.words(rules, of.GROUNDS) else None

    plan_due, reports = plan_is_due(rules, kind, recommendations), report_rules(rules, kind)
    by = [rules.competences[name].decided_by for name in of.VISIT_COMPETENCES if name in rules.competences]
    told = {word: of.told_of(rules, word) for word in of.visit_words(rules)}
    without = [tells for word, tells in told.items() if not of.holds_visit(of.visit_words(rules)[word])]
    fields = {
        "plan_rule": term(PLAN_TERM) if plan_due else None,
        "plan_reviewed": plan_due and reviewed(rules),
        "plan_review_rule": term(PLAN_REVIEW),
        "plan_revision_rule": term(PLAN_REVISION),
        "report_rules": reports,
        "report_rules_by_visit": tuple(rule for rule in reports if by_visit(rules, rule)),
        "report_missing_ground": ground(of.NO_REPORT),
        "study_rule": term(*of.STUDY_STAGES),
        "study_of_complete_report": rules.setting_if_any("study_starts_with") == "complete_report",
        "analysed": bool(reports) and has(of.ANALYSIS),
        "visit_decided_by": next(iter(by), ""),
        "visit_notice": any(told.values()),
        "visit_notice_without_visit": any(without),
        "visit_report_rule": term(*of.VISIT_REPORTS),
        "council": has(of.COUNCIL),
        "assessed": has(of.ASSESSMENT),
        "acceptance_rule": term(of.ACCEPTANCE),
        "acceptance_rule_without_visit": term(f"{of.ACCEPTANCE}_without_visit"),
        "decision_rule": term("decision_notice"),
        "repeated_failure_ground": ground(of.REPEATED),
        "registers": tuple(rules.registers),
    }
    assert set(fields) <= set(FollowUpTerms.model_fields)
    return fields
