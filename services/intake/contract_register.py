"""Facts of what the agency keeps besides cases: institutions, adopted rulebooks, yearly schedules, standards. `contract` has all of
them: nobody else imports this module."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.corrected import FactCorrected
from chassis.events import Event
from chassis.text import Day, ShortText, Text
from regulations import RulebookRef

ORDER_109, IQAA = "kz-109-2008-accreditation", "iqaa-accreditation"

Language = Literal["ky", "kk", "ru", "en"]
CaseKind = Annotated[str, Field(pattern=r"^[a-z_]{2,40}$", description="A word of the rulebook's `kinds`", examples=["institutional"])]
Level = Annotated[str, Field(pattern=r"^[a-z_]{2,40}$", description="A word of the rulebook's `education_levels`")]
Ownership = Annotated[str, Field(pattern=r"^[a-z_]{2,40}$", description="A word of the `ownership` of the rulebooks that ask for it")]
EterId = Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9]{4}$", description="Identifier in ETER", examples=["KZ0012"])]
DeqarId = Annotated[str, Field(pattern=r"^DEQARINST[0-9]{4,6}$", description="Identifier in DEQAR", examples=["DEQARINST4102"])]
NationalId = Annotated[
    str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z./-]{0,39}$", description="Identifier in the country's register of organisations")
]
Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,39}$", description="Of an area or a criterion", examples=["1.2"])]
EsgStandard = Annotated[str, Field(pattern=r"^1\.([1-9]|10)$", description="A standard of part 1 of the ESG 2015", examples=["1.3"])]
Reference = Annotated[str, Field(pattern=r"^[a-z_]{2,40}$", description="A word of the rulebook's `references`")]


class InstitutionRegistered(Event):
    """An education organisation became known to the agency."""

    correctable: ClassVar = frozenset({"names", "kind", "city", "country", "website"})
    institution_id: str
    names: dict[Language, ShortText]
    kind: ShortText
    city: ShortText
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    website: ShortText | None = None
    ownership: Ownership | None = None
    levels: tuple[Level, ...] = ()
    eter_id: EterId | None = None
    deqar_id: DeqarId | None = None
    national_id: NationalId | None = None


class InstitutionDescribed(Event):
    """What the agency now knows of an institution besides its name; it takes the place of what was known (`ownership`: IQAA S1.b.3)."""

    under: ClassVar = {IQAA: ("S1.b.3",)}
    institution_id: str
    ownership: Ownership | None = None
    levels: tuple[Level, ...] = ()
    eter_id: EterId | None = None
    deqar_id: DeqarId | None = None
    national_id: NationalId | None = None


class InstitutionSucceeded(Event):
    """Another institution took the place of this one."""

    correctable: ClassVar = frozenset({"act", "succeeded_on"})
    institution_id: str
    successor_id: str
    act: ShortText = Field(description="The act of the reorganisation")
    succeeded_on: Day = Field(description="By the act; it may be recorded later")


class InstitutionClosed(Event):
    """An institution ceased to be, by an act; its open cases are the director's to discontinue."""

    correctable: ClassVar = frozenset({"act", "closed_on"})
    institution_id: str
    act: ShortText
    closed_on: Day = Field(description="By the act; it may be recorded later")


class InstitutionCorrected(FactCorrected):
    """A fact of an institution was recorded wrongly."""

    institution_id: str


class RulebookAdopted(Event):
    """The director took a rulebook as the agency's own; needed for one that its authority has repealed."""

    rulebook: RulebookRef
    reason: Text
    adopted_on: date


class ScheduleAdopted(Event):
    """The agency adopted its accreditation schedule of a year (order 109, p. 12). Stream: `schedule-<agency>-<year>`."""

    under: ClassVar = {ORDER_109: ("12",)}
    correctable: ClassVar = frozenset({"act", "adopted_on"})
    year: int
    act: ShortText
    adopted_on: Day


class ScheduleCorrected(FactCorrected):
    """The adoption of a yearly schedule was recorded wrongly."""

    year: int


class StandardArea(BaseModel):
    """An area of a set of standards: its criteria, and the standards of the ESG with which it is in line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Code
    title: ShortText
    criteria: Annotated[tuple[Code, ...], Field(max_length=200)] = ()
    esg: Annotated[tuple[EsgStandard, ...], Field(max_length=10)] = ()


class StandardsAdopted(Event):
    """The agency adopted a version of a set of standards, mapped to the ESG (IQAA P.1), and named what else it takes into account (P.2)."""

    under: ClassVar = {IQAA: ("P.1", "P.2")}
    correctable: ClassVar = frozenset({"act", "adopted_on"})
    standards_id: str
    standards: ShortText
    version: ShortText
    kind: CaseKind
    rulebook: RulebookRef
    areas: tuple[StandardArea, ...]
    references: tuple[Reference, ...] = ()
    act: ShortText
    adopted_on: Day = Field(description="By the act; it may be recorded later")


class StandardsCorrected(FactCorrected):
    """The adoption of a version of the standards was recorded wrongly."""

    standards_id: str
