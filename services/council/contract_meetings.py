"""Facts of councils and their meetings. `contract` has all of them: nobody else imports this module."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.corrected import FactCorrected
from chassis.documents import Document
from chassis.events import Event
from chassis.privacy import Personal
from chassis.text import ShortText, Text
from regulations import RulebookRef

ORDER_109, IQAA = "kz-109-2008-accreditation", "iqaa-accreditation"

Outcome = Annotated[str, Field(pattern=r"^[a-z_]{2,40}$", description="A word of the rulebook's `decisions`")]
Vote = Literal["for", "against", "abstained"]
BallotKind = Literal["open", "secret"]
Group = Annotated[str, Field(pattern=r"^[a-z_]{2,40}$", description="A word of the rulebook's `council_groups`")]


class CouncilMember(BaseModel):
    """A member of the council: the group represented (order 109, p. 7; None where the rulebook has no groups) and the term of office."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    member_id: str
    name: Annotated[ShortText, Personal("member_id")]
    group: Group | None = None
    from_on: date | None = Field(default=None, description="First day of the term of office; None: from the composition on")
    until_on: date | None = Field(default=None, description="Last day of the term of office; None: no end is set")


class Seat(BaseModel):
    """A member's place in the council, without the name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    member_id: str
    group: Group | None = None
    from_on: date | None = None
    until_on: date | None = None


class CouncilComposed(Event):
    """The council's composition (order 109, p. 6, 7: approved with its statute by acts of the body; other rulebooks may know no act)."""

    correctable: ClassVar = frozenset({"composition_act", "statute_act"})
    under: ClassVar = {ORDER_109: ("6", "7")}
    council_id: str
    rulebook: RulebookRef
    members: tuple[CouncilMember, ...]
    composition_act: ShortText | None = None
    statute_act: ShortText | None = None
    missing_groups: tuple[str, ...] = Field(default=(), description="Empty, unless the agency reads p. 7 as a flag")
    composed_on: date


class CompositionChanged(Event):
    """Members joined or left the council by an act (order 109, p. 6, 7). `seats` are those of the council, past ones included."""

    correctable: ClassVar = frozenset({"act"})
    under: ClassVar = {ORDER_109: ("6", "7")}
    council_id: str
    joined: tuple[CouncilMember, ...] = ()
    left: tuple[str, ...] = Field(default=(), description="They sat until the day before `changed_on`")
    seats: tuple[Seat, ...]
    act: ShortText
    missing_groups: tuple[str, ...] = ()
    changed_on: date = Field(description="The first day of the new composition")


class CouncilCorrected(FactCorrected):
    """A fact of a council was recorded wrongly."""

    council_id: str


class MeetingConvened(Event):
    """A meeting of the council with its agenda. `members` are those of the council on the meeting's day."""

    under: ClassVar = {ORDER_109: ("9.8",), IQAA: ("S3.c.1",)}
    meeting_id: str
    council_id: str
    rulebook: RulebookRef
    members: tuple[str, ...]
    held_on: date
    agenda: tuple[str, ...]
    ballot: BallotKind = "open"


class AttendanceRecorded(Event):
    """Who of the council is present. `quorate` by the agency's setting, or `presiding_statement` where it has none."""

    under: ClassVar = {ORDER_109: ("9.8",), IQAA: ("S3.c.1",)}
    meeting_id: str
    present: tuple[str, ...]
    quorate: bool
    presiding_statement: Text | None = None
    presided_by: str | None = Field(default=None, description="Who made the statement")


class MinutesSigned(Event):
    """The minutes of a meeting, signed by who presided and by its secretary (order 109, p. 9.8; IQAA, S3.c.1)."""

    correctable: ClassVar = frozenset({"protocol_number", "signed_on"})
    under: ClassVar = {ORDER_109: ("9.8",), IQAA: ("S3.c.1",)}
    meeting_id: str
    protocol_number: ShortText
    document: Document
    signed_by: tuple[str, ...]
    signed_on: date


class MeetingCorrected(FactCorrected):
    """A fact of a meeting was recorded wrongly."""

    meeting_id: str
