"""A reference to a document: what it is and the hash of its bytes. The bytes themselves live outside the events."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.text import ShortText

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the document's bytes, lower-case hex")]
ScanState = Literal["unscanned", "clean", "infected"]


class Document(BaseModel):
    """`kind` is a word of the rulebook's `documents`; `name` is shown to people and never used as a path."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,60}$")]
    name: ShortText
    sha256: Sha256
