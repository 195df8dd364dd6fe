"""Bodies and answers of intake's routes about documents."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from chassis.actions import Action
from chassis.documents import ScanState, Sha256
from chassis.text import Text
from services.intake.contract import DocumentKind, ErasureGround

_IN = ConfigDict(extra="forbid", frozen=True)
_OUT = ConfigDict(frozen=True)


class DocumentErasure(BaseModel):
    """Why personal evidence is erased."""

    model_config = _IN

    ground: ErasureGround
    reason: Text


class DocumentItem(BaseModel):
    """A document as it was filed once."""

    model_config = _OUT

    filing_id: str
    document_id: Sha256
    name: str | None = Field(description="As it is shown, never a path; null once it is erased")
    institution_id: str | None
    case_id: str | None
    kind: DocumentKind | None
    personal: bool
    size: Annotated[int, Field(ge=1)]
    media_type: str
    scan: ScanState
    stored_by: str = Field(description="The role of who filed it")
    stored_on: date
    erased_on: date | None


class DocumentDetail(BaseModel):
    """A document: what its bytes are, and for whom it was filed. An institution's officer is told of its own filings alone."""

    model_config = _OUT

    document_id: Sha256
    sha256: Sha256
    size: Annotated[int, Field(ge=1)]
    media_type: str
    scan: ScanState
    scan_signature: str | None = Field(description="What the antivirus has found in it")
    personal: bool
    stored_on: date
    kept_until: date | None = Field(description="The last day of the agency's term for personal evidence, where it has set one")
    erased_on: date | None
    erasure_ground: ErasureGround | None
    erasure_reason: str | None
    filings: list[DocumentItem]
    allowed_actions: list[Action] = []


class DocumentReading(BaseModel):
    """That somebody was given the bytes of a document."""

    model_config = _OUT

    number: int
    read_by: str = Field(description="The subject of the reader's token")
    purpose: str | None
    read_at: datetime
    read_on: date
