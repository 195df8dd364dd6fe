"""What review's deciders ask of a rulebook: its steps, media, settings and required parts, each with the clause to name in a refusal."""

from collections.abc import Sequence

from chassis.problems import Conflict
from regulations import Cited, Rulebook, Stage
from services.review.domain.state import Form, Report

ORDER_109 = "kz-109-2008-accreditation"
IQAA = "iqaa-accreditation"

#: The document of the rulebook whose `contents` name what a report must have.
DOCUMENT = "self_assessment_report"
FORMS: tuple[Form, ...] = ("paper", "electronic")


def clause_of(cited: Cited) -> str:
    """The clause of a rulebook's value, for a refusal."""
    return cited.clause or ""


def needed_step(rules: Rulebook, stage_id: str) -> Stage:
    """A stage of the procedure; Conflict where the rulebook has no such step."""
    found = rules.stage(stage_id)
    if found is None:
        raise Conflict(f"the procedure of {rules.id} has no such step ({stage_id.replace('_', ' ')})")
    return found


def media(rules: Rulebook) -> tuple[Form, ...]:
    """The forms in which the rulebook wants a report; none where it is silent on them."""
    wanted = rules.vocabularies.get("report_media", {})
    return tuple(form for form in FORMS if form in wanted)


def missing_forms(state: Report, rules: Rulebook) -> tuple[Form, ...]:
    """The forms that the rulebook asks for and that are not in, in its order."""
    return tuple(form for form in media(rules) if form not in state.forms)


def missing_parts(state: Report, rules: Rulebook) -> Sequence[tuple[str, str]]:
    """What the rulebook's contents of a report and the agency's outline ask for and the newest version lacks: words and clause."""
    met = {
        "standards_and_criteria": bool(state.sections),
        "first_version": state.number > 0,
        "examination_results": state.rounds > 0,
        "annexes": state.annexed,
    }
    standards = {standard for standard, _ in state.sections}
    contents = rules.contents.get(DOCUMENT, {})
    found = [
        (part.names.en, clause_of(part))
        for name, part in contents.items()
        if part.when is None and not met.get(name, name in standards)
    ]  # fmt: skip
    outlined = contents.get("standards_and_criteria") or rules.stage("self_assessment")
    clause = clause_of(outlined) if outlined else ""
    for standard, criterion in state.outline:
        if (standard, criterion) not in state.sections and not (criterion is None and standard in standards):
            found.append((f"section {standard}" if criterion is None else f"section {standard}, {criterion}", clause))
    return found


def audit_needed(state: Report, rules: Rulebook) -> bool | None:
    """Whether the case has a preliminary audit; None where the kind of the case was not told, so that a person decides.

    The kinds that have one are those whose wording stands in the clause on the audit, and those that include such a kind.
    """
    audit = rules.stage("preliminary_audit")
    if audit is None:
        return False
    kinds = rules.vocabularies.get("kinds", {})
    named = {word for word, entry in kinds.items() if audit.clause in (entry.clause, *entry.see_also)}
    if not audit.optional or not named:
        return True
    if state.kind is None:
        return None
    entry = kinds.get(state.kind)
    return bool(named & {state.kind, *(entry.includes if entry else ())})
