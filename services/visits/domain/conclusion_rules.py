"""What a rulebook says of the conclusion of an attestation commission: its contents, its attachments, who signs it (order 109 of 2008,
p. 9, 30-32). What a rulebook lacks is not required."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict

from chassis.problems import Forbidden, Invalid, NotFound, Refused
from regulations import Cited, Rulebook, RulebookRef, enforces
from regulations.values import Section
from services.visits.contract import ConclusionAttachment, ConclusionSection, ControlFigures, SpecialtyRecommendation
from services.visits.domain.dates import clause_of

ATTESTATION = "kz-109-2008-attestation"
CONCLUSION, ATTACHMENTS = "conclusion", "conclusion_attachments"
ATTEST = "attest"
INCOMPLETE, SECOND_COPY = "incomplete_conclusion", "second_copy"


class Attested(BaseModel):
    """What the work of the commission tells its conclusion: who sits in it by now, what it studied, and until when."""

    model_config = ConfigDict(frozen=True)

    attestation_id: str
    institution_id: str
    rulebook: RulebookRef
    arts: bool = False
    specialties: tuple[str, ...] = ()
    whole: bool = True
    testing_replaced: bool = False
    chair_id: str | None = None
    members: tuple[str, ...] = ()
    ended_on: date | None = None


#: To whom a section with a condition applies; one whose condition is not known here is left to the chair.
CONDITIONS: Mapping[str, Callable[[Attested], bool]] = {
    "creative_activity": lambda of: of.arts,
    "specialties": lambda of: bool(of.specialties),
}


def sections_for(of: Attested, book: Rulebook) -> dict[str, Section]:
    """The sections that the conclusion of this attestation must have."""
    asked = book.contents.get(CONCLUSION, {})
    return {word: section for word, section in asked.items() if section.when is None or (word in CONDITIONS and CONDITIONS[word](of))}


@enforces(ATTESTATION, "9", "30.1", "30.2", "30.3", "30.4", "30.5", "30.6", "30.7", "30.8", "30.9", "30.10", "30.11", "30.12", "30.13")
@enforces(ATTESTATION, "30.14", "30.15", "30.16")
def check_complete(
    sections: Sequence[ConclusionSection], specialties: Sequence[SpecialtyRecommendation], of: Attested, book: Rulebook
) -> tuple[str, ...]:
    """Every section that applies, and of each specialty that is attested apart a recommendation; answers with what is missing where the
    agency has that flagged, and refuses it otherwise."""
    found = {each.section for each in sections}
    asked = sections_for(of, book)
    missing = [word for word in asked if word not in found]
    unsaid = sorted(set(of.specialties) - {each.specialty for each in specialties})
    if not missing and not (unsaid and "specialties" in asked):
        return ()
    if book.setting_if_any(INCOMPLETE) == "flagged":
        return tuple(missing)
    lacks = [f"{word} (p. {clause_of(asked[word])})" for word in missing]
    lacks += [f"a recommendation on specialty {code}" for code in unsaid]
    raise Refused(
        f"the conclusion lacks: {', '.join(lacks)}",
        clause=clause_of(asked[missing[0] if missing else "specialties"]),
        rulebook=book.id,
        accepts="a conclusion with every section that applies, and a recommendation on each specialty that is attested apart",
        missing=missing,
        specialties=unsaid or None,
    )


@enforces(ATTESTATION, "32.1", "32.2", "32.3", "32.4", "32.5", "32.6", "32.7", "32.8")
def missing_attachments(attachments: Sequence[ConclusionAttachment], book: Rulebook) -> tuple[str, ...]:
    """The attachments that are not there: told, and no ground of refusal."""
    found = {each.attachment for each in attachments}
    return tuple(word for word in book.contents.get(ATTACHMENTS, {}) if word not in found)


def check_words(
    sections: Sequence[ConclusionSection],
    recommendation: str,
    specialties: Sequence[SpecialtyRecommendation],
    attachments: Sequence[ConclusionAttachment],
    of: Attested,
    book: Rulebook,
) -> None:
    """Invalid for words that the rulebook does not have, or that stand twice."""
    words = book.vocabularies.get("recommendations", {})
    faults = [
        *_strange("#/sections", "section", [each.section for each in sections], book.contents.get(CONCLUSION, {})),
        *_strange("#/specialties", "specialty", [each.specialty for each in specialties], of.specialties),
        *_strange("#/attachments", "attachment", [each.attachment for each in attachments], book.contents.get(ATTACHMENTS, {})),
        *_unknown("#/recommendation", recommendation, words),
    ]
    for n, each in enumerate(specialties):
        faults += _unknown(f"#/specialties/{n}/recommendation", each.recommendation, words)
    if faults:
        raise Invalid("; ".join(fault["detail"] for fault in faults), errors=faults)


def _strange(pointer: str, field: str, words: Sequence[str], known: Iterable[str]) -> list[dict[str, str]]:
    accepted = ", ".join(known) or "none"
    return [
        {"pointer": f"{pointer}/{n}/{field}", "detail": f"{word} is named twice or unknown; accepted: {accepted}"}
        for n, word in enumerate(words)
        if word not in known or word in words[:n]
    ]


def _unknown(pointer: str, word: str, known: Iterable[str]) -> list[dict[str, str]]:
    return [] if word in known else [{"pointer": pointer, "detail": f"{word} is not known; accepted: {', '.join(known)}"}]


def check_studied(of: Attested, book: Rulebook) -> None:
    """Refused before the commission has ended its work, where the rulebook has the conclusion come after the study."""
    stage = book.stage(CONCLUSION)
    if stage is None or "study" not in stage.after or of.ended_on is not None:
        return
    raise Refused(
        "the commission has not ended its work at the organisation: the conclusion sums up all that was studied",
        clause=clause_of(stage),
        rulebook=book.id,
        accepts="a conclusion once the end of the work is recorded",
    )


@enforces(ATTESTATION, "35")
def check_figured(sampled: Mapping[str, str], figures: Iterable[ControlFigures], book: Rulebook) -> None:
    """Refused while the figures of a control whose sample is drawn are not in the conclusion: the decision rests on every one of them.

    `sampled` are those controls by id, with what was controlled.
    """
    told = {each.control_id for each in figures}
    missing = {control_id: unit for control_id, unit in sampled.items() if control_id not in told}
    if not missing:
        return
    raise Refused(
        f"the figures are not in the conclusion of the control of: {', '.join(missing.values())}",
        clause=next((clause_of(found) for name in ("participation", "positive_marks") if (found := book.thresholds.get(name))), ""),
        rulebook=book.id,
        accepts="the conclusion of these controls, and then a draft",
        controls=list(missing),
    )


@enforces(ATTESTATION, "24 (a)", "27", "35")
def check_controlled(
    recommendation: str, specialties: Iterable[SpecialtyRecommendation], figures: Iterable[ControlFigures], of: Attested, book: Rulebook
) -> None:
    """Refused where "attest" is recommended of what nobody has controlled the knowledge of, unless questionnaires stand in its place."""
    told = {each.specialty for each in figures}
    bare = [each.specialty for each in specialties if each.recommendation == ATTEST and each.specialty not in told]
    if of.testing_replaced or (not bare and (told or not of.whole or recommendation != ATTEST)):
        return
    forms = book.vocabularies.get("control_forms", {})
    raise Refused(
        f"nobody has controlled the knowledge of: {', '.join(bare) or 'the learners'}",
        clause=next((form.clause or "" for form in forms.values()), ""),
        rulebook=book.id,
        accepts="a control with its figures, or another recommendation",
        specialties=bare,
    )


def must_chair(of: Attested, expert_id: str) -> None:
    """The chair of the commission as it is now."""
    must_belong(of, expert_id)
    if expert_id != of.chair_id:
        raise Forbidden("of the commission, its chair alone draws up the conclusion")


def must_belong(of: Attested, expert_id: str) -> None:
    """A member of the commission as it is now, its chair among them."""
    if expert_id not in of.members:
        raise NotFound("there is no attestation in whose commission you sit")


def signing_clause(book: Rulebook) -> str:
    """The clause on signatures and copies."""
    cited: tuple[Cited | None, ...] = (book.thresholds.get("conclusion_copies"), book.settings.get(SECOND_COPY), book.stage("signing"))
    return next((clause_of(each) for each in cited if each), "")


def copies(book: Rulebook) -> int:
    """In how many copies the conclusion is signed; one where the rulebook does not say."""
    found = book.thresholds.get("conclusion_copies")
    return int(found.minimum) if found and found.minimum else 1
