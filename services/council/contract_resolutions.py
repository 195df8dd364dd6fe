"""Facts of the council's resolutions on a follow-up. `contract` has all of them: nobody else imports this module."""

from datetime import date
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from chassis.corrected import FactCorrected
from chassis.events import Event
from chassis.text import ShortText, Text, Word
from regulations import RulebookRef
from services.council.contract_cases import PresidingStatement

SAPATTUU = "sapattuu-bilim-monitoring"


class ResolutionItem(BaseModel):
    """One decision of a resolution. `term` stands with an extension, `until` with a suspension, `text` with a publication."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    word: Word = Field(description="A word of the rulebook's `decisions`")
    term: Word | None = Field(default=None, description="The extension's term, by the rulebook's `terms`")
    until: date | None = Field(default=None, description="The last local day of the suspension")
    text: Text | None = Field(default=None, description="What is to stand on the site")


class ResolutionOpened(Event):
    """A follow-up is before the council (Sapattuu Bilim, I.3.a, 3.1, 3.2.s1), or a failure to report or to fulfil is (2.5.p4, 3.3).

    `fulfilment` is what a person judged of each recommendation and remark that the council had endorsed; `ground` is None where nothing
    is held against the institution.
    """

    under: ClassVar = {SAPATTUU: ("I.3.a", "2.5.p4", "3.1", "3.2.s1", "3.3")}
    decision_id: str
    followup_id: str
    cycle_id: str
    certificate_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: Word | None = Field(default=None, description="A word of the rulebook's `kinds`; None: nobody has classified the certificate")
    ground: Word | None = Field(default=None, description="A word of the rulebook's `sanction_grounds`")
    fulfilment: tuple[tuple[str, Word], ...] = Field(default=(), description="Recommendation by recommendation: its id and its word")
    valid_until: date = Field(description="The certificate's last day when the matter came before the council")
    suspended_before: bool = False
    opened_on: date


class ResolutionAdopted(Event):
    """The council decided: to extend (Sapattuu Bilim, 3.2.s1), to publish, suspend or withdraw (2.5.p4, 3.3.a-3.3.c), or nothing of it.

    No decision at all: the certificate is left to its day. `reading_departure` is why the council left a reading of the text, or did what
    the text leaves to a person; `presiding_statement` stands where the votes decided nothing by the agency's settings.
    """

    correctable: ClassVar = frozenset({"protocol_number"})
    under: ClassVar = {SAPATTUU: ("2.5.p4", "3.2.s1", "3.3", "3.3.a", "3.3.b.s1", "3.3.b.s3", "3.3.c")}
    decision_id: str
    followup_id: str
    cycle_id: str
    certificate_id: str
    institution_id: str
    rulebook: RulebookRef
    meeting_id: str
    protocol_number: ShortText
    decisions: tuple[ResolutionItem, ...]
    grounds: Text
    ground: Word | None = None
    votes_for: int
    votes_against: int
    abstained: int
    recused: tuple[str, ...] = Field(default=(), description="Members who were present and took no part for an interest in it")
    presiding_statement: PresidingStatement | None = None
    adopted_on: date
    reading_departure: Text | None = None


class ResolutionDelivered(Event):
    """The institution has the council's decision (Sapattuu Bilim, 3.4): the day of delivery counts, that of sending is kept beside it."""

    correctable: ClassVar = frozenset({"delivered_on", "outgoing_number", "sent_on"})
    under: ClassVar = {SAPATTUU: ("3.4",)}
    decision_id: str
    followup_id: str
    cycle_id: str
    institution_id: str
    outgoing_number: ShortText
    sent_on: date
    delivered_on: date


class InformationPublished(Event):
    """The information that the council decided to publish stands on the agency's site (Sapattuu Bilim, 3.3.a); a person approved it."""

    correctable: ClassVar = frozenset({"published_on"})
    under: ClassVar = {SAPATTUU: ("3.3.a",)}
    decision_id: str
    followup_id: str
    cycle_id: str
    institution_id: str
    text: Text
    approved_by: str
    published_on: date


class ResolutionCorrected(FactCorrected):
    """A fact of a resolution was recorded wrongly."""

    decision_id: str


class OpenResolution(BaseModel):
    """Activity `council.open_resolution`: a follow-up comes before the council; asked again, nothing new follows."""

    agency: str
    decision_id: str
    followup_id: str
    cycle_id: str
    certificate_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: str | None = None
    ground: str | None = None
    fulfilment: tuple[tuple[str, str], ...] = ()
    valid_until: date
    suspended_before: bool = False


OPEN_RESOLUTION = "council.open_resolution"
