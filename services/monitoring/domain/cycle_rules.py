"""What the decider of a monitoring cycle asks of a rulebook: words, terms, settings, and the clause to name in a refusal.

One code serves every regulation on monitoring: a step has its clause by the rulebook's own stage, document, vocabulary or setting.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NoReturn

from chassis.documents import Document
from chassis.problems import Invalid, Refused
from regulations import Cited, Entry, Rulebook, compute

AAKR = "aakr-monitoring-2024"
SAPATTUU = "sapattuu-bilim-monitoring"

#: One thing under the ids that rulebooks give it.
REPORTS = ("interim_report", "monitoring_report")
REPORT_TERMS = ("interim_report", "report_before_expiry", "report_before_visit")
VISIT_REPORTS = ("visit_report", "visit_act")
VISIT_NOTICES = ("visit_decision_notice", "visit_notice")
VISIT_STAGES = ("visit_decision", "trip_decision")
VISIT_WORDS = ("visit_decisions", "trip_decisions")
VISIT_COMPETENCES = ("visit_decision", "trip")
STUDY_STAGES = ("report_study", "report_review")

REJECTION, REVISION, EXPERTS, ANALYSIS, ASSESSMENT, COUNCIL = (
    "report_rejection",
    "report_revision",
    "experts_brought_in",
    "analysis",
    "assessment",
    "council_study",
)
ACCEPTANCE, COUNCIL_FILE = "acceptance_notice", "council_file"
CRITERIA, FULFILMENT, GROUNDS, REASONS, MEDIA, STATES, QUALITIES = (
    "criteria",
    "fulfilment",
    "sanction_grounds",
    "rejection_reasons",
    "report_media",
    "attachment_states",
    "report_qualities",
)
NO_REPORT = "report_not_submitted"
REPEATED = "repeated_failure"
UNCHANGED = "unchanged"

#: Of what a report holds: the kinds of supporting documents, which the text gives as examples; what is there only where there was
#: non-conformity; where the table proves what it says.
SUPPORT = ("orders", "regulations", "instructions", "other_materials")
OF_NONCONFORMITY = "changes_by_criterion"
OF_TABLE, PROOFS = "table_measures", "table_evidence"

_ANCHORS = {"certificate_expiry": "expiry", "monitoring_expected": "expected", "expected_visit": "expected"}


def words(rules: Rulebook, vocabulary: str) -> Mapping[str, Entry]:
    """A vocabulary; empty where the rulebook has none of that name."""
    return rules.vocabularies.get(vocabulary, {})


def need_stage(rules: Rulebook, *names: str) -> str:
    """The clause of a stage; refused where the procedure has no such stage."""
    found = rules.stage(*names)
    if found is None or found.clause is None:
        refuse(rules, looked(rules), f"the procedure has no stage {names[0]}", "the stages of this procedure")
    return found.clause


def report_kind(rules: Rulebook) -> str:
    """The document that the institution submits."""
    return next((kind for kind in REPORTS if kind in rules.documents), REPORTS[0])


def looked(rules: Rulebook) -> str:
    """Where one would have looked for what the text does not say: the clause on the report."""
    found = rules.documents.get(report_kind(rules))
    return found.clause if found and found.clause else next(iter(rules.clauses))


def reports(rules: Rulebook, kind: str | None) -> bool:
    """Whether a report is due for such a certificate."""
    found = rules.documents.get(report_kind(rules))
    return found is not None and kind in found.required_for


def report_due(rules: Rulebook, valid_until: date, expected_on: date | None) -> date | None:
    """The last day for the report: of alternatives the latest whose anchor is known, for it is missed when all have passed."""
    anchors = {"expiry": valid_until, "expected": expected_on}
    ends = []
    for name in REPORT_TERMS:
        term = rules.terms.get(name)
        anchor = anchors.get(_ANCHORS.get(term.anchor, "")) if term else None
        if anchor is not None:
            ends.append(compute(rules, name, anchor).due_on)
    last = max(ends, default=None)
    return min(last, valid_until) if last and rules.setting_if_any("report_missed_at_expiry") is True else last


def visit_words(rules: Rulebook) -> Mapping[str, Entry]:
    """The words of the decision whether the institution is visited."""
    return next((words(rules, name) for name in VISIT_WORDS if name in rules.vocabularies), {})


def holds_visit(entry: Entry) -> bool:
    """Whether a visit follows from a decision: then a report on it does."""
    return bool(set(entry.follows).intersection(VISIT_REPORTS))


def told_of(rules: Rulebook, word: str) -> bool:
    """Whether the institution is told of a decision on a visit before anything else follows."""
    return bool(set(visit_words(rules)[word].follows).intersection(VISIT_NOTICES))


def by_director(rules: Rulebook) -> str | None:
    """The clause by which the Director alone decides on a visit; None where somebody else of the agency may."""
    found = [rules.competences[name] for name in VISIT_COMPETENCES if name in rules.competences]
    return next((each.clause for each in found if each.decided_by == "director"), None)


def medium_stands(rules: Rulebook, medium: str | None) -> bool:
    """Whether a report came on what the text names, or on what the agency accepts besides."""
    known = words(rules, MEDIA)
    if not known:
        return True
    return medium is not None and medium in known and (known[medium].kind == "text" or rules.setting_if_any("upload_accepted") is True)


def medium_clause(rules: Rulebook) -> str | None:
    """The clause on the medium, which is that on being in time as well; None where the text has none."""
    return next((entry.clause for entry in words(rules, MEDIA).values()), None)


def requirements(rules: Rulebook, reasons: Sequence[str]) -> tuple[str, ...]:
    """The clauses with requirements that a rejection for such reasons may name."""
    known = words(rules, REASONS)
    return tuple(dict.fromkeys(clause for reason in reasons for clause in known[reason].see_also))


def accepting(rules: Rulebook, positive: bool) -> str | None:
    """The word of `decisions` for a result: from the positive one follows the notice, from the other nothing."""
    known = words(rules, "decisions").items()
    if positive:
        return next((word for word, entry in known if ACCEPTANCE in entry.follows), None)
    return next((word for word, entry in known if not entry.follows), None)


def check_kind(rules: Rulebook, document: Document, kinds: Sequence[str]) -> None:
    """A document of a kind that the rulebook has is filed as that kind."""
    known = [kind for kind in kinds if kind in rules.documents]
    if known and document.kind not in known:
        wanted = rules.documents[known[0]]
        refuse(rules, wanted.clause, f"the document is a {document.kind}", f"a document of the kind {known[0]}")


def check_words(rules: Rulebook, vocabulary: str, given: Sequence[str], at: str) -> None:
    """Every word is one of the vocabulary's."""
    known = words(rules, vocabulary)
    unknown = sorted(set(given) - set(known))
    if unknown:
        accepts = f"words of {vocabulary}: {', '.join(known)}" if known else f"nothing: the rulebook has no {vocabulary}"
        raise Invalid(f"no such words: {', '.join(unknown)}", errors=[{"pointer": at, "detail": accepts}])


def clause_of(cited: Cited | None, rules: Rulebook) -> str:
    """The clause of a value, or where one would have looked."""
    return cited.clause if cited is not None and cited.clause else looked(rules)


def refuse(rules: Rulebook, clause: str | None, reason: str, accepts: str, missing: Sequence[str] = ()) -> NoReturn:
    """Raises the refusal by a rule."""
    raise Refused(reason, clause=clause or looked(rules), rulebook=rules.id, accepts=accepts, missing=list(missing) or None)
