"""What a rulebook says of the decision on a state attestation: its thresholds, its words, what follows from it (order 109 of 2008, p. 9,
33-38). What a rulebook lacks is not required."""

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from chassis.problems import Invalid, Refused
from regulations import Cited, Rulebook, calendar_for, compute, enforces
from regulations.deadlines import add_months
from services.council.contract import AttestationDecisionOpened, KnowledgeFigures, SpecialtyDecision

ATTESTATION = "kz-109-2008-attestation"
ATTEST, NOT_ATTEST = "attest", "not_attest"
SUSPENSION, REMOVAL = "licence_suspension", "removal_of_violations"
#: Whom the texts have fined.
FINED = {"official_or_legal_person": ("official", "legal_person"), "legal_or_natural_person": ("legal_person", "natural_person")}


def switched_on(book: Rulebook, name: str) -> bool:
    """Whether a setting of yes or no says yes; an alternative is told as a word."""
    return book.setting_if_any(name) in (True, "true")


def clause_of(*cited: Cited | None) -> str:
    """The clause of the first of these that the rulebook has."""
    return next((each.clause for each in cited if each and each.clause), "")


def stage_clause(book: Rulebook, stage_id: str) -> str:
    """The clause of a stage."""
    return clause_of(*(stage for stage in book.stages if stage.id == stage_id))


def below(figures: Iterable[KnowledgeFigures], book: Rulebook) -> tuple[str, ...]:
    """The controls that are under a threshold, each by itself."""
    return tuple(each.control_id for each in figures if not _met([each], book))


def _met(figures: Sequence[KnowledgeFigures], book: Rulebook) -> bool:
    return not figures or all(shown["met"] for shown in measured(figures, book))


def measured(figures: Sequence[KnowledgeFigures], book: Rulebook) -> list[dict[str, Any]]:
    """The shares of these controls together, exact, beside what each threshold asks for; those that the rulebook has."""
    counts = {
        "participation": (sum(each.took_part for each in figures), sum(each.sample for each in figures)),
        "positive_marks": (sum(each.positive for each in figures), sum(each.base for each in figures)),
    }
    shown = []
    for name, (part, whole) in counts.items():
        threshold = book.thresholds.get(name)
        if threshold is None:
            continue
        share = Fraction(100 * part, whole) if whole else Fraction(0)
        shown.append({"of": name, "part": part, "whole": whole, "asked": threshold.minimum, "met": threshold.holds(share)})
    return shown


@enforces(ATTESTATION, "35")
def check_figures(what: str, figures: Sequence[KnowledgeFigures], book: Rulebook) -> None:
    """Refused for "attest" below 95 percent taking part or 70 percent with positive marks, unless the agency has that flagged.

    Reading: a specialty stands on its own controls, the organisation on all of them together, learner by learner. Where nothing was
    controlled (pre-school, p. 27) there is nothing to be below.
    """
    if not figures or _met(figures, book) or book.setting_if_any("attest_below_threshold") == "flagged":
        return
    shown = measured(figures, book)
    unmet = [
        f"{each['of']} {each['part']} of {each['whole']}, and {each['asked']} percent are asked for" for each in shown if not each["met"]
    ]
    raise Refused(
        f"{what} is below a threshold: {'; '.join(unmet)}",
        clause=clause_of(book.thresholds.get("participation"), book.settings.get("attest_below_threshold")),
        rulebook=book.id,
        accepts=f"the decision {NOT_ATTEST} on {what}",
        figures=shown,
        controls=list(below(figures, book)),
    )


@enforces(ATTESTATION, "35")
def check_conforms(attests: bool, conforms: bool, book: Rulebook) -> None:
    """Refused for "attest" where the activity does not conform to the standards; by the Russian text fully."""
    conformity = book.settings.get("conformity")
    if not attests or conforms or conformity is None:
        return
    full = "fully " if conformity.value == "full" else ""
    raise Refused(
        f"the activity does not {full}conform to the state compulsory standards",
        clause=clause_of(conformity),
        rulebook=book.id,
        accepts=f"the decision {NOT_ATTEST}, or the finding that it does conform",
    )


@enforces(ATTESTATION, "9", "33")
def check_objects(decision: str | None, specialties: Sequence[SpecialtyDecision], of: AttestationDecisionOpened, book: Rulebook) -> None:
    """A decision on the organisation, where it was attested as a whole, and on each specialty that is attested apart."""
    words = book.vocabularies.get("decisions", {})
    faults = []
    if of.whole is not (decision is not None):
        faults.append(("#/decision", "decided where the organisation is attested as a whole, and only then"))
    if decision is not None and decision not in words:
        faults.append(("#/decision", f"{decision} is no decision; accepted: {', '.join(words)}"))
    codes = [each.specialty for each in specialties]
    for n, each in enumerate(specialties):
        if each.specialty not in of.specialties or each.specialty in codes[:n]:
            faults.append((f"#/specialties/{n}/specialty", f"{each.specialty} is named twice or not attested apart"))
        if each.decision not in words:
            faults.append((f"#/specialties/{n}/decision", f"{each.decision} is no decision; accepted: {', '.join(words)}"))
    if faults:
        raise Invalid("; ".join(detail for _, detail in faults), errors=[{"pointer": place, "detail": told} for place, told in faults])
    apart = book.settings.get("decision_per_specialty")
    undecided = [code for code in of.specialties if code not in codes]
    if undecided and (switched_on(book, "decision_per_specialty") or not of.whole):
        raise Refused(
            f"nothing is decided on: {', '.join(undecided)}",
            clause=clause_of(apart) or stage_clause(book, "decision"),
            rulebook=book.id,
            accepts="a decision on each specialty that is attested apart",
            specialties=undecided,
        )


@enforces(ATTESTATION, "33")
def check_departure(
    decision: str | None,
    specialties: Sequence[SpecialtyDecision],
    reason: str | None,
    of: AttestationDecisionOpened,
    book: Rulebook,
) -> str | None:
    """The reason of a decision that departs from the conclusion on which it rests, Refused where it is missing; none of one that does not:
    it would be counted as a deviation."""
    recommended = {each.specialty: each.recommendation for each in of.recommended}
    otherwise = [f"the organisation ({of.recommendation})"] if decision not in (None, of.recommendation) else []
    otherwise += [
        f"{each.specialty} ({recommended[each.specialty]})"
        for each in specialties
        if recommended.get(each.specialty, each.decision) != each.decision
    ]
    if not otherwise or reason:
        return reason if otherwise else None
    raise Refused(
        f"the commission recommended otherwise on: {', '.join(otherwise)}",
        clause=stage_clause(book, "decision"),
        rulebook=book.id,
        accepts="the reason for departing from the conclusion",
    )


@enforces(ATTESTATION, "34")
def suspended_until(suspended_on: date, until: date | None, book: Rulebook) -> date:
    """The last day of a suspension, at most six months long. Who suspends says it, unless the agency has set a length."""
    clause = clause_of(book.terms.get(SUSPENSION), book.settings.get("suspension_length")) or stage_clause(book, "suspension")
    months = book.setting_if_any("suspension_length")
    if until is None and isinstance(months, int):
        until = add_months(suspended_on, months)
    if until is None:
        raise Refused("how long it is suspended, a person says", clause=clause, rulebook=book.id, accepts="the last day of the suspension")
    longest = compute(book, SUSPENSION, suspended_on).due_on if SUSPENSION in book.terms else date.max
    if not suspended_on <= until <= longest:
        raise Refused(
            f"a suspension of {suspended_on} does not last until {until}",
            clause=clause,
            rulebook=book.id,
            accepts=f"a last day from {suspended_on} to {longest}",
        )
    return until


@enforces(ATTESTATION, "34")
def check_addressee(addressee: str, book: Rulebook) -> None:
    """The texts differ on who is fined: the agency follows one of them."""
    fined = book.settings.get("fined")
    accepted = FINED.get(str(fined.value)) if fined else None
    if fined and accepted and addressee not in accepted:
        raise Refused(
            f"by the text that the agency follows the fine is not for: {addressee}",
            clause=clause_of(fined),
            rulebook=book.id,
            accepts=f"one of: {', '.join(accepted)}",
        )


def removed_by(suspended_on: date, book: Rulebook) -> date:
    """The last day on which the violations can be removed (p. 38)."""
    return compute(book, REMOVAL, suspended_on, calendar=calendar_for(book.country)).due_on
