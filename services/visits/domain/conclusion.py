"""The conclusion of an attestation commission: drawn up by the chair, signed by all, its second copy handed over (order 109 of 2008,
p. 30-32). It has the id of its attestation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from chassis.decider import Command, Decider, Guard
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, NotFound, Refused
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.visits.contract import (
    ConclusionAttachment,
    ConclusionCompleted,
    ConclusionDrawnUp,
    ConclusionSection,
    ConclusionSigned,
    ControlFigures,
    SecondCopyHandedOver,
    SpecialtyRecommendation,
)
from services.visits.domain.conclusion_rules import (
    ATTESTATION,
    SECOND_COPY,
    Attested,
    check_complete,
    check_controlled,
    check_figured,
    check_studied,
    check_words,
    copies,
    missing_attachments,
    signing_clause,
)
from services.visits.domain.dates import check_between


class DrawUpConclusion(Command):
    """The chair drew up the conclusion, or another one in the place of what was not signed by all. `sampled` are the controls, by id, whose
    sample is drawn; `figures` are of those that are concluded."""

    records = (ConclusionDrawnUp,)

    attested: Attested
    sections: tuple[ConclusionSection, ...]
    recommendation: str
    specialties: tuple[SpecialtyRecommendation, ...] = ()
    attachments: tuple[ConclusionAttachment, ...] = ()
    figures: tuple[ControlFigures, ...] = ()
    sampled: Mapping[str, str] = {}
    document: Document
    drawn_up_on: date | None = None


class SignConclusion(Command):
    """A member of the commission as it is now signed it. `sampled` is as in the draft's command."""

    records = (ConclusionSigned, ConclusionCompleted)

    expert_id: str
    members: tuple[str, ...]
    sampled: Mapping[str, str] = {}
    signed_on: date | None = None


class HandOverSecondCopy(Command):
    """The second copy went to the head of the organisation."""

    records = (SecondCopyHandedOver,)

    confirmed: bool
    document: Document | None = None
    received_on: date | None = None


@dataclass(frozen=True)
class Conclusion:
    """The conclusion as it stands; `signed` has who signed the last draft, and when."""

    attestation_id: str = ""
    institution_id: str = ""
    rulebook: RulebookRef | None = None
    round: int = 0
    drawn: ConclusionDrawnUp | None = None
    signed: Mapping[str, date] | None = None
    completed: ConclusionCompleted | None = None
    received_on: date | None = None

    @property
    def ids(self) -> dict[str, str]:
        """What every later fact carries."""
        return {"attestation_id": self.attestation_id, "institution_id": self.institution_id}


def evolve(state: Conclusion, event: Any) -> Conclusion:
    """The conclusion after a fact."""
    match event:
        case ConclusionDrawnUp():
            return Conclusion(
                attestation_id=event.attestation_id,
                institution_id=event.institution_id,
                rulebook=event.rulebook,
                round=event.round,
                drawn=event,
                signed={},
            )
        case ConclusionSigned():
            return replace(state, signed={**(state.signed or {}), event.expert_id: event.signed_on})
        case ConclusionCompleted():
            return replace(state, completed=event)
        case SecondCopyHandedOver():
            return replace(state, received_on=event.received_on)
    return state


def decide(command: DrawUpConclusion | SignConclusion | HandOverSecondCopy, state: Conclusion, book: Rulebook) -> Sequence[Event]:
    """The facts that follow; Refused with the clause, Invalid for words that the rulebook does not have."""
    on = local_date(command.at, book.zone)
    match command:
        case DrawUpConclusion():
            return _draw_up(command, state, book, on)
        case SignConclusion():
            return _sign(command, state, book, on)
        case HandOverSecondCopy():
            return _hand_over(command, state, book, on)


def _draw_up(command: DrawUpConclusion, state: Conclusion, book: Rulebook, on: date) -> Sequence[Event]:
    of = command.attested
    check_studied(of, book)
    check_figured(command.sampled, command.figures, book)
    drawn_up_on = command.drawn_up_on or on
    check_between(of.ended_on or date.min, drawn_up_on, on, "#/drawn_up_on")
    check_words(command.sections, command.recommendation, command.specialties, command.attachments, of, book)
    missing = check_complete(command.sections, command.specialties, of, book)
    check_controlled(command.recommendation, command.specialties, command.figures, of, book)
    fields = command.model_dump(include={"recommendation"})
    return [
        ConclusionDrawnUp(
            attestation_id=of.attestation_id,
            institution_id=of.institution_id,
            rulebook=of.rulebook,
            round=state.round + 1,
            sections=command.sections,
            missing_sections=missing,
            specialties=command.specialties,
            attachments=command.attachments,
            missing_attachments=missing_attachments(command.attachments, book),
            figures=command.figures,
            document=command.document,
            drawn_up_on=drawn_up_on,
            **fields,
        )
    ]


@enforces(ATTESTATION, "31")
def _sign(command: SignConclusion, state: Conclusion, book: Rulebook, on: date) -> Sequence[Event]:
    """Each for himself. The last of the commission as it is now completes it; so does a second signature, where who had not signed has
    left since."""
    assert state.drawn is not None
    assert state.signed is not None
    check_figured(command.sampled, state.drawn.figures, book)
    who = command.expert_id
    if who not in command.members:
        raise Refused(
            f"{who} is not of the commission as it is now",
            clause=signing_clause(book),
            rulebook=book.id,
            accepts=f"the signature of: {', '.join(command.members)}",
        )
    signed_on = command.signed_on or on
    check_between(state.drawn.drawn_up_on, signed_on, on, "#/signed_on")
    signed = {who: signed_on, **state.signed}
    unsigned = [member for member in command.members if member not in signed]
    if who in state.signed and unsigned:
        raise Conflict(f"{who} has signed this draft", accepts=f"the signature of: {', '.join(unsigned)}")
    facts: list[Event] = (
        [] if who in state.signed else [ConclusionSigned(**state.ids, round=state.round, expert_id=who, signed_on=signed_on)]
    )
    if unsigned:
        return facts
    done = ConclusionCompleted(
        **state.ids,
        round=state.round,
        copies=copies(book),
        recommendation=state.drawn.recommendation,
        specialties=state.drawn.specialties,
        figures=state.drawn.figures,
        signed_on=max(signed.values()),
    )
    return [*facts, done]


@enforces(ATTESTATION, "31")
def _hand_over(command: HandOverSecondCopy, state: Conclusion, book: Rulebook, on: date) -> Sequence[Event]:
    """By the Russian text the head confirms it by signature; by the Kazakh the copy goes to the organisation."""
    assert state.completed is not None
    received_on = command.received_on or on
    check_between(state.completed.signed_on, received_on, on, "#/received_on")
    if book.setting_if_any(SECOND_COPY) == "institution_head" and not command.confirmed:
        raise Refused(
            "the head of the organisation has not confirmed by signature that the second copy was handed over",
            clause=signing_clause(book),
            rulebook=book.id,
            accepts="a second copy that the head has signed for",
        )
    return [SecondCopyHandedOver(**state.ids, confirmed=command.confirmed, document=command.document, received_on=received_on)]


def check_right(state: Conclusion, on: date) -> None:
    """Conflict for a second copy that was received before all had signed, or is still to come."""
    if state.completed and state.received_on and not state.completed.signed_on <= state.received_on <= on:
        raise Conflict(f"the second copy was received on a day from {state.completed.signed_on} to {on}")


def _open(state: Conclusion, book: Rulebook) -> None:
    if state.completed:
        raise Conflict("all have signed the conclusion: it stands", accepts="the handing over of the second copy, and the decision")


def _signed_by_all(state: Conclusion, book: Rulebook) -> None:
    if state.completed is None:
        raise Refused(
            "the conclusion is not signed by all of the commission",
            clause=signing_clause(book),
            rulebook=book.id,
            accepts="the second copy of a conclusion that all have signed",
        )
    if state.received_on:
        raise Conflict(f"the second copy was handed over on {state.received_on}")


def _signable(state: Conclusion, book: Rulebook) -> None:
    if state.drawn is None:
        raise Conflict("no conclusion is drawn up", accepts="the chair's draft first")
    _open(state, book)


def _rules(command: Any, state: Conclusion) -> Rulebook:
    ref = command.attested.rulebook if isinstance(command, DrawUpConclusion) else state.rulebook
    if ref is None:
        raise NotFound("no conclusion of this attestation is drawn up")
    return resolve(ref)


GUARDS: Mapping[type[Command], Guard] = {DrawUpConclusion: _open, SignConclusion: _signable, HandOverSecondCopy: _signed_by_all}

CONCLUSION: Decider[Conclusion, Rulebook] = Decider("conclusion", Conclusion(), decide, evolve, _rules, GUARDS)
