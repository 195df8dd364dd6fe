"""What notices publishes of official letters. A letter's event holds the facts that its text needs, and no prose: the page is made of them
whenever it is asked for, in each language, and comes out the same."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.events import Event
from chassis.privacy import Personal
from chassis.text import ShortText, Text
from regulations import RulebookRef

Language = Literal["ky", "kk", "ru", "en"]
LetterWord = Annotated[str, Field(pattern=r"^[a-z][a-z_]{2,60}$")]
LetterChannel = Literal["post", "courier", "by_hand", "email", "electronic_document", "portal"]


class LetterSource(BaseModel):
    """The event that a letter is drawn up upon."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event_id: str
    type: str
    stream: str
    version: int
    occurred_at: datetime


class LetterInstitution(BaseModel):
    """The institution that a letter is to, or is about, as it was known then."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    institution_id: str
    names: dict[Language, str]
    city: str | None = None


class LetterNumbered(Event):
    """The next number of a year was given to a letter; no number is left out and none given twice."""

    letter_id: str
    year: int
    number: int


class LetterDrawnUp(Event):
    """An official letter, upon something that happened. `facts` are what its text says, by the names of its kind."""

    letter_id: str
    kind: LetterWord
    year: int
    number: int
    dated_on: date
    source: LetterSource
    addressee: LetterWord
    institution: LetterInstitution | None = None
    case_id: str | None = None
    rulebook: RulebookRef | None = None
    clauses: tuple[str, ...] = ()
    letterhead_version: int = Field(description="The version of the agency's letterhead that it is written on; 0: there was none")
    facts: dict[str, Any]
    drawn_up_at: datetime

    def clauses_of(self, rulebook: str) -> tuple[str, ...]:
        """Those by which the regulation asks for the letter."""
        return self.clauses if self.rulebook is not None and self.rulebook.id == rulebook else ()


class LetterDispatched(Event):
    """A person sent a letter; the same letter may go by several ways."""

    letter_id: str
    institution_id: str | None = None
    dispatch: int
    channel: LetterChannel
    language: Language
    dispatched_on: date
    reference: ShortText | None = None


class LetterReceived(Event):
    """A letter arrived."""

    letter_id: str
    institution_id: str | None = None
    dispatch: int
    received_on: date
    note: ShortText | None = None


class LetterheadSet(Event):
    """How the agency heads and signs its letters from now on."""

    names: dict[Language, ShortText]
    addresses: dict[Language, ShortText]
    contacts: ShortText | None = None
    signatory_posts: dict[Language, ShortText]
    signatory_id: str
    signatory_name: Annotated[Text, Personal("signatory_id")]
    set_at: datetime
