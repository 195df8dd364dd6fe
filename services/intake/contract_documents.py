"""Facts of the documents whose bytes the agency keeps. `contract` has all of them.

The bytes live in the store of documents (`chassis.storage`); an event holds their hash, which is also the document's id within its agency.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from chassis.documents import ScanState, Sha256
from chassis.events import Event
from chassis.privacy import Personal
from chassis.text import ShortText, Text

DocumentKind = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]{1,60}$", max_length=61, description="A word of the rulebook's `documents`", examples=["licence_copies"]
    ),
]
ErasureGround = Annotated[
    Literal["term_ended", "person_asked", "filed_by_mistake", "court_or_authority"],
    Field(description="`term_ended`: the agency's setting of how long personal evidence is kept"),
]


class DocumentStored(Event):
    """A document was filed: for an institution, a case, as a kind of paper. The same bytes filed anew elsewhere are the same document."""

    document_id: Sha256
    sha256: Sha256
    size: int
    media_type: str
    name: Annotated[ShortText, Personal("document_id")] = Field(description="As it is shown; sealed, for it may name people")
    institution_id: str | None = None
    case_id: str | None = None
    kind: DocumentKind | None = None
    personal: bool = Field(default=False, description="Evidence about a person, which is erased one day")
    scan: ScanState = Field(description="What the antivirus said; `unscanned` where the agency has none")
    stored_by: str = Field(description="The role of who filed it")
    stored_on: date


class DocumentScanned(Event):
    """The antivirus was asked again; an infected document is not given out any more."""

    document_id: Sha256
    scan: ScanState
    signature: Annotated[str | None, Field(max_length=200, description="What was found in it")] = None
    scanned_on: date


class DocumentErased(Event):
    """The bytes of personal evidence were erased, and its name with them; that it was there, and why it is not, stays."""

    document_id: Sha256
    ground: ErasureGround
    reason: Text
    erased_on: date


class DocumentRead(Event):
    """Somebody was given the bytes of a document; who it was is the actor of the event. In a stream of its own for each document."""

    document_id: Sha256
    purpose: Annotated[ShortText | None, Field(description="As the reader told it")] = None
    read_on: date


#: Erases the personal evidence whose term is over: `chassis.due`.
RUN_DUE = "intake.run_due"

DOCUMENT_EVENTS = (DocumentStored, DocumentScanned, DocumentErased)
READING_EVENTS = (DocumentRead,)
