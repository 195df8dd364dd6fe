"""Bodies and answers about letters."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.actions import Action
from chassis.text import Day, Identifier, ShortText
from regulations import RulebookRef
from services.notices.contract_letters import Language, LetterChannel, LetterInstitution, LetterSource

_IN = ConfigDict(extra="forbid", frozen=True)

LetterStatus = Literal["drawn_up", "dispatched", "received"]
InLanguages = dict[Language, ShortText]


class LetterDispatchNote(BaseModel):
    """How a person sent a letter."""

    model_config = _IN

    channel: LetterChannel
    language: Language = Field(description="In which it was sent")
    dispatched_on: Day
    reference: ShortText | None = Field(default=None, description="Of the post or the carrier")


class LetterReceiptNote(BaseModel):
    """When a letter arrived."""

    model_config = _IN

    received_on: Day
    dispatch: int | None = Field(default=None, strict=True, ge=1, le=1000, description="By which of its dispatches; without it the last")
    note: ShortText | None = None


class LetterheadBody(BaseModel):
    """How the agency heads and signs its letters. What a language lacks is taken of another."""

    model_config = _IN

    names: Annotated[InLanguages, Field(min_length=1)]
    addresses: InLanguages = {}
    contacts: ShortText | None = None
    signatory_posts: Annotated[InLanguages, Field(min_length=1)]
    signatory_id: Identifier
    signatory_name: ShortText


class LetterheadDetail(BaseModel):
    """The letterhead as it is now; without names the agency's id stands on letters."""

    names: dict[str, str]
    addresses: dict[str, str]
    contacts: str | None
    signatory_posts: dict[str, str]
    signatory_id: str | None
    signatory_name: str | None
    set_at: datetime | None
    version: int
    allowed_actions: list[Action]


class LetterItem(BaseModel):
    """A letter in a list."""

    letter_id: str
    kind: str
    year: int
    number: int
    dated_on: date
    addressee: str
    institution_id: str | None
    case_id: str | None
    event_type: str
    rulebook_id: str | None
    clauses: list[str]
    status: LetterStatus
    dispatched_on: date | None
    received_on: date | None
    drawn_up_at: datetime


class LetterDispatchMade(BaseModel):
    """One way that a letter went."""

    number: int
    channel: LetterChannel
    language: Language
    dispatched_on: date
    reference: str | None
    received_on: date | None
    note: str | None


class LetterDetail(LetterItem):
    """A letter with the facts of its text."""

    source: LetterSource
    institution: LetterInstitution | None
    rulebook: RulebookRef | None
    letterhead_version: int
    subjects: dict[Language, str]
    own_language: Language
    facts: dict[str, Any]
    dispatches: list[LetterDispatchMade]
    allowed_actions: list[Action]


class LetterKindOut(BaseModel):
    """A kind of letter: upon what it is drawn up, to whom, and by which clauses."""

    kind: str
    event_type: str
    addressee: str
    clauses: dict[str, list[str]]
    names: dict[Language, str]
