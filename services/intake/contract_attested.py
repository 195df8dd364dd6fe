"""Facts of the register of organisations that are attested, and of the interim state control. `contract` has all of them."""

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.corrected import FactCorrected
from chassis.events import Event
from chassis.text import Day, Identifier, ShortText, Text, Word
from regulations import RulebookRef

ATTESTATION = "kz-109-2008-attestation"

_FROZEN = ConfigDict(frozen=True, extra="forbid")

SpecialtyCode = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,39}$", description="Of a specialty", examples=["5B011700"])]
Profile = Annotated[
    Literal["ordinary", "out_of_school", "special"],
    Field(description="Whose knowledge is controlled in other forms (attestation, p. 27): out-of-school and special organisations"),
]


class Specialty(BaseModel):
    """A specialty that an organisation teaches, at a level (a word of `education_levels`)."""

    model_config = _FROZEN

    code: SpecialtyCode
    name: ShortText
    level: Word


class ExtraordinaryDue(BaseModel):
    """An extraordinary attestation that is to be: in which year, on which ground, of which specialties; none: of the whole organisation."""

    model_config = _FROZEN

    year: int
    ground: Word = Field(description="A word of `extraordinary_grounds`")
    specialties: tuple[SpecialtyCode, ...] = ()


class SubjectEntered(Event):
    """An organisation entered the register of those that are attested, or is described anew there (attestation, p. 2, 3, 4).

    The stream is the institution's own; what a later one says takes the place of what was known. `treaty`: a ratified treaty that says
    otherwise takes a branch of a foreign organisation out (p. 3).
    """

    under: ClassVar = {ATTESTATION: ("2", "3", "4", "9", "18.2", "27", "30.12")}
    correctable: ClassVar = frozenset({"last_attested_on", "founded_on"})
    institution_id: str
    rulebook: RulebookRef
    authority: Identifier = Field(description="The authorised body that attests it: the ministry, an oblast, a city, a rayon")
    levels: tuple[Word, ...] = Field(description="Words of `education_levels`")
    specialties: tuple[Specialty, ...] = ()
    state_owned: bool = Field(description="Then the body in charge of it sits in the commission (p. 18.2)")
    arts: bool = Field(default=False, description="Then the conclusion has the section on creative activity (p. 30.12)")
    profile: Profile = "ordinary"
    languages: tuple[Word, ...] = Field(default=(), description="Words of `working_languages`")
    foreign_branch: bool = False
    treaty: Text | None = None
    learners: int | None = Field(default=None, ge=0)
    founded_on: date | None = None
    last_attested_on: date | None = Field(default=None, description="Before Kepil; later ones are known by themselves")
    subject: bool = Field(description="Whether it is attested at all: False for a treaty's exception")
    entered_on: date


class SubjectRemoved(Event):
    """An organisation left the register: it is closed, or joined another."""

    institution_id: str
    act: ShortText
    reason: Text
    removed_on: date


class InterimControlRecorded(Event):
    """What the interim state control of a year found in an organisation (attestation, p. 5). Above the limit it is attested extraordinarily
    in the following calendar year; one of higher education by the specialties below the threshold."""

    under: ClassVar = {ATTESTATION: ("5",)}
    institution_id: str
    rulebook: RulebookRef
    year: int
    limit_id: str
    took_part: int = Field(ge=0)
    failed: int = Field(ge=0)
    below_threshold: tuple[SpecialtyCode, ...] = Field(default=(), description="Specialties that did not reach the threshold")
    ground: Word | None = Field(default=None, description="A word of `extraordinary_grounds`; None: nothing follows")
    extraordinary_year: int | None = Field(default=None, description="The year in which it is attested extraordinarily")
    level: Word | None = Field(default=None, description="A word of `education_levels`; None: the organisation as a whole")
    due: ExtraordinaryDue | None = Field(default=None, description="What follows from all controls of that year together")
    source: ShortText
    recorded_on: date


class SubjectCorrected(FactCorrected):
    """A fact of an organisation in the register was recorded wrongly."""

    institution_id: str


class InterimControlLimitSet(Event):
    """The authorised body set how many learners may fail the interim state control of a year (attestation, p. 5); one a year and level."""

    under: ClassVar = {ATTESTATION: ("5",)}
    correctable: ClassVar = frozenset({"act"})
    limit_id: str
    rulebook: RulebookRef
    year: int
    level: Word | None = Field(default=None, description="A word of `education_levels`; None: all that have no limit of their own")
    most_failed: Annotated[Decimal, Field(ge=0, description="More than this is too many")]
    unit: Literal["learners", "percent"]
    act: ShortText
    set_on: Day


class InterimControlLimitCorrected(FactCorrected):
    """A limit was recorded wrongly."""

    limit_id: str


class SubjectsImported(Event):
    """A file of organisations was read into the register, line by line."""

    import_id: str
    file_hash: str
    lines: int
    entered: int
    same: int
    refused: int
    imported_on: date


SUBJECT_EVENTS = (SubjectEntered, SubjectRemoved, InterimControlRecorded, SubjectCorrected)
LIMIT_EVENTS = (InterimControlLimitSet, InterimControlLimitCorrected)
SUBJECT_IMPORT_EVENTS = (SubjectsImported,)
