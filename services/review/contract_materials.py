"""Facts of the self-assessment materials of a state attestation. `contract` has all of them."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from chassis.corrected import FactCorrected
from chassis.documents import Document
from chassis.events import Event
from chassis.text import ShortText, Text, Word
from regulations import RulebookRef

ATTESTATION = "kz-109-2008-attestation"


class MaterialPart(BaseModel):
    """One characteristic of the self-assessment (attestation, p. 15): a word of the contents of the materials, and where it stands."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    part: Word
    document: Document


class MaterialsAwaited(Event):
    """The organisation is to send its self-assessment materials (attestation, p. 15)."""

    under: ClassVar = {ATTESTATION: ("15",)}
    attestation_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: Word
    parts: tuple[Word, ...] = Field(description="The characteristics that they hold")
    documents: tuple[Word, ...] = Field(description="The documents, by word of the rulebook's `documents`, that they hold")
    starts_on: date
    awaited_on: date


class MaterialsReceived(Event):
    """Materials came (attestation, p. 15). Later rounds add to earlier ones; `missing` is what still lacks in all."""

    under: ClassVar = {ATTESTATION: ("15",)}
    correctable: ClassVar = frozenset({"received_on"})
    attestation_id: str
    institution_id: str
    round: int = Field(ge=1)
    parts: tuple[MaterialPart, ...] = ()
    documents: Annotated[tuple[Document, ...], Field(max_length=100)] = ()
    missing: tuple[Word, ...] = ()
    complete: bool
    received_on: date


class MissingPartsTold(Event):
    """The organisation was told what its materials lack (attestation, p. 15: the text names every part and no consequence)."""

    under: ClassVar = {ATTESTATION: ("15",)}
    correctable: ClassVar = frozenset({"outgoing_number"})
    attestation_id: str
    institution_id: str
    round: int
    missing: tuple[Word, ...]
    outgoing_number: ShortText
    due_on: date | None = Field(default=None, description="The text is silent; a person may set it")
    told_on: date


class MaterialsAnalysed(Event):
    """The authorised body analysed the materials (attestation, p. 15)."""

    under: ClassVar = {ATTESTATION: ("15",)}
    correctable: ClassVar = frozenset({"analysis"})
    attestation_id: str
    institution_id: str
    round: int
    analysis: Text
    lacking: tuple[Word, ...] = Field(default=(), description="What they lacked all the same")
    document: Document | None = None
    analysed_on: date


class MaterialsClosed(Event):
    """The attestation was taken out of the schedule: no materials are awaited any more."""

    attestation_id: str
    institution_id: str
    reason: Text
    closed_on: date


class MaterialsCorrected(FactCorrected):
    """A fact of the materials was recorded wrongly."""

    attestation_id: str


class OpenMaterials(BaseModel):
    """Activity `review.open_materials`: the organisation knows its dates. Open already: nothing."""

    agency: str
    attestation_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: str
    starts_on: date


OPEN_MATERIALS = "review.open_materials"


class CloseMaterials(BaseModel):
    """Activity `review.close_materials`: nothing more is asked of the organisation. Closed or never awaited: nothing."""

    agency: str
    attestation_id: str
    reason: str


CLOSE_MATERIALS = "review.close_materials"

MATERIALS_EVENTS = (MaterialsAwaited, MaterialsReceived, MissingPartsTold, MaterialsAnalysed, MaterialsClosed, MaterialsCorrected)
