"""The self-assessment materials of a state attestation: what is awaited, what came in which round, what lacks, what their analysis says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from chassis.corrections import Correctable
from chassis.decider import Command, Decider, Guard, always
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Invalid, NotFound, Refused
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.review.contract import (
    ATTESTATION,
    MaterialPart,
    MaterialsAnalysed,
    MaterialsAwaited,
    MaterialsClosed,
    MaterialsCorrected,
    MaterialsReceived,
    MissingPartsTold,
)

#: The contents of the rulebook that the materials hold, and the setting of what becomes of incomplete ones.
CONTENTS = "self_assessment_materials"
INCOMPLETE = "incomplete_materials"


@dataclass(frozen=True)
class Materials:
    """The materials of an attestation. `lacking` is what no round has brought yet; `told` the round of the last notice;
    `received_on` the latest day of all rounds."""

    awaited: MaterialsAwaited | None = None
    round: int = 0
    lacking: tuple[str, ...] = ()
    received_on: date | None = None
    told: int | None = None
    analysed: int = 0
    closed: MaterialsClosed | None = None

    @property
    def institution_id(self) -> str:
        """Whose they are."""
        return self.awaited.institution_id if self.awaited else ""


class AwaitMaterials(Command):
    """The organisation knows its dates: its materials are awaited. Awaited already: nothing."""

    records = (MaterialsAwaited,)

    attestation_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: str
    starts_on: date


class ReceiveMaterials(Command):
    """Materials came, whole or in part; they add to what came before. `on` is the day of receipt, today where it is None."""

    records = (MaterialsReceived,)

    parts: tuple[MaterialPart, ...] = ()
    documents: tuple[Document, ...] = ()
    on: date | None = None


class TellMissingParts(Command):
    """The organisation is told what its materials lack."""

    records = (MissingPartsTold,)

    outgoing_number: str
    due_on: date | None = None


class AnalyseMaterials(Command):
    """The authorised body has analysed what came."""

    records = (MaterialsAnalysed,)

    analysis: str
    document: Document | None = None


class CloseMaterials(Command):
    """The attestation was taken out of the schedule. Closed already: nothing."""

    records = (MaterialsClosed,)

    reason: str


AnyCommand = AwaitMaterials | ReceiveMaterials | TellMissingParts | AnalyseMaterials | CloseMaterials


def decide(command: AnyCommand, state: Materials, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow."""
    on = local_date(command.at, rules.zone)
    match command:
        case AwaitMaterials():
            return _await(command, state, rules, on)
        case ReceiveMaterials():
            return _receive(command, state, rules, on)
        case TellMissingParts():
            if command.due_on is not None and command.due_on < on:
                raise Conflict(f"{command.due_on} is past", accepts="a day from today, or none: the text is silent")
            letter = {"outgoing_number": command.outgoing_number, "due_on": command.due_on}
            return [MissingPartsTold(**_ids(state), round=state.round, missing=state.lacking, **letter, told_on=on)]
        case AnalyseMaterials():
            lacks = {"round": state.round, "lacking": state.lacking}
            return [MaterialsAnalysed(**_ids(state), **lacks, analysis=command.analysis, document=command.document, analysed_on=on)]

        case CloseMaterials():
            return [] if state.closed else [MaterialsClosed(**_ids(state), reason=command.reason, closed_on=on)]


def _ids(state: Materials) -> dict[str, str]:
    assert state.awaited is not None
    return {"attestation_id": state.awaited.attestation_id, "institution_id": state.awaited.institution_id}


@enforces(ATTESTATION, "15")
def _await(command: AwaitMaterials, state: Materials, rules: Rulebook, on: date) -> Sequence[Event]:
    """The characteristics and the documents that the rulebook names; a document that is made of characteristics is no document besides."""
    if state.awaited is not None:
        return []
    documents = tuple(each.id for each in rules.documents_for(command.kind) if each.id not in rules.contents)
    told = command.model_dump(exclude={"at", "by", "rulebook"})
    parts = tuple(rules.contents.get(CONTENTS, {}))
    return [MaterialsAwaited(**told, rulebook=command.rulebook, parts=parts, documents=documents, awaited_on=on)]


@enforces(ATTESTATION, "15")
def _receive(command: ReceiveMaterials, state: Materials, rules: Rulebook, on: date) -> Sequence[Event]:
    """Everything that lacks is named; the text draws no consequence, so incomplete materials are received."""
    awaited = state.awaited
    assert awaited is not None
    received_on = command.on or on
    if received_on > on:
        raise Conflict(f"{received_on} has not come yet")
    if not command.parts and not command.documents:
        raise Invalid("nothing came", [{"pointer": "#/parts", "detail": "At least one part or document."}])
    strange = sorted({each.part for each in command.parts} - set(awaited.parts))
    if strange:
        fault = {"pointer": "#/parts", "detail": f"The characteristics are {', '.join(awaited.parts)}."}
        raise Invalid(f"the materials have no part {', '.join(strange)}", [fault])
    brought = {each.part for each in command.parts} | {each.kind for each in command.documents}
    missing = tuple(each for each in state.lacking if each not in brought)
    if missing and rules.settings.get(INCOMPLETE) is not None and rules.setting(INCOMPLETE) == "refused":
        raise Refused(
            "the materials are incomplete: " + ", ".join(missing),
            clause=rules.settings[INCOMPLETE].clause or "",
            rulebook=rules.id,
            accepts="materials with " + ", ".join(missing),
            missing=named_missing(rules, missing),
        )
    told = {"parts": command.parts, "documents": command.documents, "missing": missing, "complete": not missing}
    return [MaterialsReceived(**_ids(state), round=state.round + 1, **told, received_on=received_on)]


def named_missing(rules: Rulebook, missing: Sequence[str]) -> list[dict[str, str]]:
    """Each part or document that lacks, with its clause and English name."""
    parts = rules.contents.get(CONTENTS, {})
    found = []
    for each in missing:
        entry: Any = parts[each] if each in parts else rules.documents[each]
        found.append({"part": each, "clause": entry.clause or "", "name": entry.names.en})
    return found


def evolve(state: Materials, event: Any) -> Materials:
    """The materials after a fact."""
    match event:
        case MaterialsAwaited():
            return Materials(awaited=event, lacking=(*event.parts, *event.documents))
        case MaterialsReceived():
            latest = max(event.received_on, state.received_on or event.received_on)
            return replace(state, round=event.round, lacking=event.missing, received_on=latest)
        case MissingPartsTold():
            return replace(state, told=event.round)
        case MaterialsAnalysed():
            return replace(state, analysed=event.round)
        case MaterialsClosed():
            return replace(state, closed=event)
    return state


def _awaited(state: Materials, _rules: Rulebook) -> None:
    if state.awaited is None:
        raise NotFound("no materials are awaited for this attestation: its organisation was not told its dates")
    if state.closed is not None:
        raise Conflict(f"no materials are awaited since {state.closed.closed_on}: {state.closed.reason}")


@enforces(ATTESTATION, "15")
def _lacking(state: Materials, rules: Rulebook) -> None:
    """Told once of each round what lacks; before the first one, all of it."""
    _awaited(state, rules)
    if not state.lacking:
        raise Conflict("the materials lack nothing")
    if state.told == state.round:
        raise Conflict("the organisation was told what these materials lack", accepts="what it sends next")


@enforces(ATTESTATION, "15")
def _in(state: Materials, rules: Rulebook) -> None:
    """What came is analysed, complete or not; what came later once more."""
    _awaited(state, rules)
    if not state.round:
        raise Refused(
            "no materials came yet that could be analysed",
            clause=next((part.clause or "" for part in rules.contents.get(CONTENTS, {}).values()), ""),
            rulebook=rules.id,
            accepts="the receipt of the materials first",
        )
    if state.analysed == state.round:
        raise Conflict("these materials are analysed already", accepts="what the organisation sends next, or a correction of the analysis")


def _rules(command: AnyCommand, state: Materials) -> Rulebook:
    if isinstance(command, AwaitMaterials):
        return resolve(command.rulebook)
    if state.awaited is None:
        raise NotFound("no materials are awaited for this attestation: its organisation was not told its dates")
    return resolve(state.awaited.rulebook)


GUARDS: Mapping[type[Command], Guard] = {
    AwaitMaterials: always,
    ReceiveMaterials: _awaited,
    TellMissingParts: _lacking,
    AnalyseMaterials: _in,
    CloseMaterials: always,
}

MATERIALS: Decider[Materials, Rulebook] = Decider("materials", Materials(), decide, evolve, _rules, GUARDS)


def corrections(today: date) -> Correctable:
    """How the facts of the materials are put right on a day."""

    def check(state: Materials) -> None:
        if state.received_on is not None and state.received_on > today:
            raise Conflict(f"{state.received_on} has not come yet")

    def ids(state: Materials) -> dict[str, str]:
        return {"attestation_id": state.awaited.attestation_id if state.awaited else ""}

    return Correctable(MATERIALS, MaterialsCorrected, ids, check)
