"""Bodies and answers of intake's routes about the register of organisations that are attested."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from chassis.actions import Action
from chassis.columns import Language
from chassis.text import Day, Identifier, InstitutionId, IsoDate, ShortText, Text, Word
from regulations import RulebookRef
from services.intake.contract import Profile, Specialty, SpecialtyCode
from services.intake.schemas import RulebookId, RulebookVersion

_IN = ConfigDict(extra="forbid", frozen=True)
_OUT = ConfigDict(frozen=True)

Year = Annotated[int, Field(strict=True, ge=2000, le=2100)]
Learners = Annotated[int, Field(strict=True, ge=0, le=10_000_000)]
Founded = Annotated[
    IsoDate,
    Field(ge=date(1200, 1, 1), le=date(2100, 12, 31)),
    WithJsonSchema({"type": "string", "format": "date", "description": "A local day from 1200 to 2100"}),
]
SubjectOutcome = Literal["entered", "same", "refused"]


class NewSubject(BaseModel):
    """An organisation as it is entered in the register, or described anew: what is told takes the place of what was known."""

    model_config = _IN

    institution_id: InstitutionId
    rulebook_id: RulebookId
    rulebook_version: RulebookVersion | None = None
    authority: Identifier = Field(description="The authorised body that attests it: the ministry, an oblast, a city, a rayon")
    levels: Annotated[tuple[Word, ...], Field(max_length=20, description="Words of `education_levels`")]
    specialties: Annotated[tuple[Specialty, ...], Field(max_length=500)] = ()
    state_owned: bool
    arts: bool = False
    profile: Profile = "ordinary"
    languages: Annotated[tuple[Word, ...], Field(max_length=10, description="Words of `working_languages`")] = ()
    foreign_branch: bool = False
    treaty: Text | None = Field(default=None, description="The ratified treaty by which a foreign branch is not attested")
    learners: Learners | None = None
    founded_on: Founded | None = None
    last_attested_on: Day | None = Field(default=None, description="The day of the last decision; the next years run from it")


class SubjectRemoval(BaseModel):
    """Why an organisation leaves the register."""

    model_config = _IN

    act: ShortText
    reason: Text
    removed_on: Day


class NewControlLimit(BaseModel):
    """How many learners may fail the interim state control of a year."""

    model_config = _IN

    rulebook_id: RulebookId
    rulebook_version: RulebookVersion | None = None
    year: Year
    level: Word | None = Field(default=None, description="A word of `education_levels`; null: all that have no limit of their own")
    most_failed: Annotated[
        Decimal,
        Field(ge=0, le=10_000_000, max_digits=12, decimal_places=4, description="More than this is too many"),
        WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0, "maximum": 10_000_000}, {"type": "string", "maxLength": 20}]}),
    ]
    unit: Literal["learners", "percent"]
    act: ShortText
    set_on: Day


class InterimControl(BaseModel):
    """What the interim state control of a year found in an organisation, as a whole or at one of its levels."""

    model_config = _IN

    year: Year
    level: Word | None = None
    took_part: Learners
    failed: Learners
    below_threshold: Annotated[tuple[SpecialtyCode, ...], Field(max_length=500, description="Of higher education, by code")] = ()
    source: ShortText


class Planned(BaseModel):
    """The next planned attestation."""

    model_config = _OUT

    due_by: date | None = Field(description="null: a person must say")
    year: int | None
    why: str
    clause: str | None


class Extraordinary(BaseModel):
    """An extraordinary attestation that follows from a control and is not scheduled yet."""

    model_config = _OUT

    year: int
    ground: str
    specialties: list[str] = Field(description="Only these; none: the whole organisation")
    control_year: int


class ControlItem(BaseModel):
    """A recorded interim control."""

    model_config = _OUT

    year: int
    level: str | None
    limit_id: str
    took_part: int
    failed: int
    below_threshold: list[str]
    ground: str | None
    extraordinary_year: int | None
    source: str
    recorded_on: date


class SubjectItem(BaseModel):
    """An organisation in the register."""

    model_config = _OUT

    institution_id: str
    rulebook: RulebookRef
    authority: str
    levels: list[str]
    state_owned: bool
    learners: int | None
    subject: bool = Field(description="Whether it is attested: not by a treaty's exception, and not removed")
    last_attested_on: date | None
    due_by: date | None = Field(description="null: nobody knows by when it falls due, so a person must say")
    due_order: date = Field(description="`due_by`, or after all others where there is none")
    extraordinary_year: int | None
    open_attestation_id: str | None
    entered_on: date
    version: int


class SubjectDetail(SubjectItem):
    """An organisation with everything that is known of it and what comes next."""

    specialties: list[Specialty]
    attested_apart: list[str] = Field(description="The codes of the specialties that are attested apart (p. 9)")
    arts: bool
    profile: Profile
    languages: list[str]
    foreign_branch: bool
    treaty: str | None
    founded_on: date | None
    removed_on: date | None
    removal_act: str | None
    removal_reason: str | None
    next_planned: Planned
    extraordinary: Extraordinary | None
    interim_controls: list[ControlItem]
    allowed_actions: list[Action]


class ControlLimitItem(BaseModel):
    """A limit of the interim control."""

    model_config = _OUT

    limit_id: str
    rulebook: RulebookRef
    year: int
    level: str | None
    most_failed: Decimal
    unit: Literal["learners", "percent"]
    act: str
    set_on: date
    version: int


class ControlLimitDetail(ControlLimitItem):
    """One of them, with what the caller may do."""

    allowed_actions: list[Action]


class SubjectProblem(BaseModel):
    """What is wrong with a line."""

    model_config = _OUT

    line: int
    field: str | None = Field(description="The column by its English heading; null for the line as a whole")
    heading: str | None = Field(description="The column's heading in the file")
    problem: str
    clause: str | None = None
    rulebook: str | None = None
    accepts: str | None = None


class SubjectLine(BaseModel):
    """What became of one organisation of the file."""

    model_config = _OUT

    line: int = Field(description="The headings are line 1")
    row: int
    institution: str | None = Field(description="As the file has it")
    institution_id: str | None
    outcome: SubjectOutcome
    due_by: date | None = None
    problems: list[SubjectProblem] = []


class SubjectImportReport(BaseModel):
    """What became of a file, line by line; of a dry run what would become of it."""

    model_config = _OUT

    import_id: str
    file_hash: str
    dry_run: bool
    encoding: str
    delimiter: str
    lines: int
    entered: int = Field(description="Entered, or described anew")
    same: int = Field(description="Known already, with the same content")
    refused: int
    report: list[SubjectLine]


class SubjectImportItem(BaseModel):
    """A file from which organisations were entered, as it went when it last added something."""

    model_config = _OUT

    import_id: str
    file_hash: str
    lines: int
    entered: int
    same: int
    refused: int
    imported_on: date
    version: int


class SubjectColumn(BaseModel):
    """A column of the table."""

    model_config = _OUT

    name: str
    headings: dict[Language, str]
    required: bool
    meaning: str
    example: str


class SubjectTemplate(BaseModel):
    """The table that is taken: CSV with `,`, `;` or tab between, in UTF-8 or Windows-1251, and a line of headings."""

    model_config = _OUT

    columns: Annotated[list[SubjectColumn], Field(min_length=1)]
