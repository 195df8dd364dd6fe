"""Answers of council's routes for the import of certificates."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.columns import Language

_OUT = ConfigDict(frozen=True)

Outcome = Literal["created", "same", "differs", "refused"]


class ImportProblem(BaseModel):
    """What is wrong with a line, or in what it differs from what is recorded."""

    model_config = _OUT

    line: int = Field(description="Where it stands, if the certificate has several rows")
    field: str | None = Field(description="The column by its English heading; null for the line as a whole")
    heading: str | None = Field(description="The column's heading in the file")
    problem: str
    clause: str | None = Field(None, description="The clause of the rulebook that refuses")
    rulebook: str | None = None
    accepts: str | None = Field(None, description="What would be accepted instead")


class ImportLine(BaseModel):
    """What became of one certificate of the file."""

    model_config = _OUT

    line: int = Field(description="The line of the file where it begins; the headings are line 1")
    row: int = Field(description="Its row in a spreadsheet, where a cell may have several lines")
    number: str | None
    outcome: Outcome
    certificate_id: str | None = None
    recommendations: int = 0
    problems: list[ImportProblem] = []


class UnknownInstitution(BaseModel):
    """An institution of the file that the agency has not registered: intake's `POST /v1/institutions` does."""

    model_config = _OUT

    institution: str = Field(description="As the file has it")
    lines: int = Field(description="How many certificates it has")
    first_line: int
    similar: list[str] = Field(description="Registered names that are written much alike")


class ImportCounts(BaseModel):
    """How many certificates a file has, and what became of them."""

    lines: int = 0
    created: int = 0
    same: int = Field(0, description="Recorded already, with the same content")
    differs: int = Field(0, description="Recorded already, with other content; nothing was changed")
    refused: int = 0


class ImportReport(ImportCounts):
    """What became of a file, certificate by certificate; of a dry run what would become of it."""

    import_id: str
    file_hash: str
    dry_run: bool
    encoding: str
    delimiter: str
    unknown_institutions: list[UnknownInstitution]
    report: list[ImportLine]


class ImportItem(BaseModel):
    """A file from which certificates were recorded, as it went when it last added something."""

    model_config = _OUT

    import_id: str
    file_hash: str
    file_name: str | None
    lines: int
    created: int = Field(description="How many certificates it has added in all")
    same: int
    differs: int
    refused: int
    imported_on: date
    version: int


class ColumnItem(BaseModel):
    """A column of the table."""

    model_config = _OUT

    name: str
    headings: dict[Language, str] = Field(description="Under which headings it is known, by language")
    required: bool
    meaning: str
    example: str


class ImportTemplate(BaseModel):
    """The table that is taken: CSV with `,`, `;` or tab between, in UTF-8 or Windows-1251, and a line of headings."""

    model_config = _OUT

    columns: Annotated[list[ColumnItem], Field(min_length=1)]
