"""Bodies and answers of review's routes about the self-assessment materials of state attestations."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.actions import Action
from chassis.documents import Document
from chassis.text import Day, ShortText, Text
from regulations import RulebookRef
from services.review.contract import MaterialPart

_IN = ConfigDict(extra="forbid", frozen=True)
_OUT = ConfigDict(frozen=True)

MaterialsStage = Literal["awaited", "incomplete", "complete", "analysed", "closed"]


class MaterialsReceipt(BaseModel):
    """What came: characteristics and copies of documents."""

    model_config = _IN

    parts: Annotated[tuple[MaterialPart, ...], Field(max_length=50)] = ()
    documents: Annotated[tuple[Document, ...], Field(max_length=100)] = ()
    received_on: Day | None = Field(default=None, description="Where it came on paper before today; the organisation itself sends it now")


class MissingNotice(BaseModel):
    """The letter that names what lacks."""

    model_config = _IN

    outgoing_number: ShortText
    due_on: Day | None = Field(default=None, description="By when it is to come: the text is silent, a person may say")


class MaterialsAnalysis(BaseModel):
    """What the authorised body found in the materials."""

    model_config = _IN

    analysis: Text
    document: Document | None = None


class MaterialsItem(BaseModel):
    """The materials of an attestation in a list."""

    model_config = _OUT

    attestation_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: str
    stage: MaterialsStage
    complete: bool
    missing: list[str]
    rounds: int
    starts_on: date
    awaited_on: date
    received_on: date | None
    analysed_on: date | None
    closed_on: date | None
    version: int


class MissingPart(BaseModel):
    """A part or a document that lacks."""

    model_config = _OUT

    part: str
    clause: str
    name: str


class MaterialsRound(BaseModel):
    """What came together."""

    model_config = _OUT

    round: int
    parts: list[MaterialPart]
    documents: list[Document]
    missing: list[str] = Field(description="What lacked still after it")
    received_on: date


class MaterialsDetail(MaterialsItem):
    """The materials with every round, and what the caller may do."""

    parts_awaited: list[str]
    documents_awaited: list[str]
    due_on: date | None = Field(description="The last day for the materials (p. 15), as the attestation is scheduled now")
    lacking: list[MissingPart]
    received: list[MaterialsRound]
    missing_told_on: date | None
    missing_due_on: date | None
    missing_outgoing_number: str | None
    analysis: str | None
    analysis_document: Document | None
    closed_because: str | None = Field(description="Why nothing is taken any more")
    allowed_actions: list[Action]
