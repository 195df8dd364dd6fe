"""Bodies and answers of council's routes for complaints, appeal commissions and what follows a decision."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.actions import Action
from chassis.documents import Document
from chassis.text import Day, Identifier, ShortText, Text

_IN = ConfigDict(extra="forbid", frozen=True)


class NewComplaint(BaseModel):
    """A complaint about the visit or its report (IQAA, S2.i)."""

    model_config = _IN

    case_id: Identifier
    against: ShortText
    document: Document
    grounds: Text


class ComplaintRuling(BaseModel):
    """What was decided on the complaint; `decided_by` may be left out where the agency's setting names the body."""

    model_config = _IN

    outcome: Literal["upheld", "rejected"]
    decided_by: ShortText | None = None
    reasons: Text
    decided_on: Day


class ComplaintItem(BaseModel):
    """A complaint; `upheld` is null until it is decided."""

    complaint_id: str
    case_id: str
    institution_id: str
    rulebook_id: str
    against: str
    document: Document
    grounds: str
    filed_on: date
    upheld: bool | None
    decided_by: str | None
    reasons: str | None
    decided_on: date | None
    version: int


class ComplaintDetail(ComplaintItem):
    """A complaint, and what the caller may do to it."""

    allowed_actions: list[Action]


class NewCommissioner(BaseModel):
    """A member of the commission; `member_id` is the subject of his or her tokens."""

    model_config = _IN

    member_id: Identifier
    name: ShortText


class NewAppealCommission(BaseModel):
    """The commission for the pending appeal and the act that forms it (IQAA, S3.e)."""

    model_config = _IN

    members: Annotated[tuple[NewCommissioner, ...], Field(min_length=1, max_length=100)]
    act: ShortText


class Publication(Document):
    """The report as it stands on the site; with the results and the address where the rulebook asks for them (IQAA, S3.f.1)."""

    results: Document | None = None
    address: ShortText | None = None


class NewDecisionNotice(BaseModel):
    """A letter on the decision to one of the rulebook's channels (IQAA, S3.d)."""

    model_config = _IN

    channel: Annotated[str, Field(pattern=r"^[a-z_]{2,40}$", examples=["institution"])]
    outgoing_number: ShortText


class NewDeqarSubmission(BaseModel):
    """DEQAR's own number of the submission (IQAA, S3.g)."""

    model_config = _IN

    submission: ShortText
    document: Document | None = None


class NewMinistryLetter(BaseModel):
    """The letter to the ministry (IQAA, S3.h)."""

    model_config = _IN

    outgoing_number: ShortText


class NewFollowUp(BaseModel):
    """The hand-over to monitoring; a period with a reason where the agency's settings have none (IQAA, S4.a)."""

    model_config = _IN

    period_months: Annotated[int, Field(ge=1, le=240, strict=True)] | None = None
    reason: Text | None = None


class NoticeItem(BaseModel):
    """A letter on the decision."""

    channel: str
    outgoing_number: str
    sent_on: date


class AfterDecision(BaseModel):
    """What was done since the council decided."""

    results: Document | None = None
    address: str | None = None
    during_appeal: bool | None = None
    entered_on: date | None = None
    entered_scopes: list[str] | None = None
    deqar_submission: str | None = None
    deqar_document: Document | None = None
    deqar_submitted_on: date | None = None
    ministry: str | None = None
    ministry_number: str | None = None
    ministry_scopes: list[str] | None = None
    ministry_informed_on: date | None = None
    follow_up_scopes: list[str] | None = None
    follow_up_months: int | None = None
    follow_up_reason: str | None = None
    follow_up_on: date | None = None


class Commission(BaseModel):
    """The commission of an appeal, without its members' names: they are sealed in the event."""

    members: list[str]
    act: str
    formed_on: date


class PublicDecision(BaseModel):
    """What the public may know of a decision on one scope. `set_aside_on`: since when an appeal took it out of force, and how."""

    case_id: str
    institution_id: str
    institution_names: dict[str, str] | None
    rulebook_id: str
    scope: str
    outcome: str
    round: int
    decided_on: date
    published_on: date | None
    entered_on: date | None
    report: Document | None
    results: Document | None
    address: str | None
    during_appeal: bool | None
    set_aside_by: str | None
    set_aside_on: date | None
    in_force: bool


class DeqarActivity(BaseModel):
    """The activity by the agency's own word for it."""

    local_identifier: str


class DeqarLink(BaseModel):
    """A page about the report."""

    link: str
    link_display_name: str


class DeqarFile(BaseModel):
    """A file of the report. Where it can be fetched, and in which language it is, a person adds."""

    display_name: str


class DeqarIdentifier(BaseModel):
    """An identifier that is not DEQAR's, and whose it is."""

    identifier: str
    resource: str


class DeqarInstitution(BaseModel):
    """An institution by the identifiers that are known of it."""

    deqar_id: str | None = None
    eter_id: str | None = None
    identifiers: list[DeqarIdentifier] | None = None


class DeqarProgramme(BaseModel):
    """A programme; `degree_outcome` is not known here, a person adds it."""

    identifiers: list[DeqarIdentifier]
    name_primary: str
    qf_ehea_level: Literal["short cycle", "first cycle", "second cycle", "third cycle"] | None = None


class DeqarReport(BaseModel):
    """A submission object of DEQAR's API v2, with what Kepil knows: what it does not know is absent, and a person adds it.

    Required by DEQAR and never known here: `status` (obligatory or voluntary), where a file can be fetched, its language.
    """

    agency: str
    local_identifier: str
    activities: list[DeqarActivity]
    decision: Literal["positive", "negative"]
    summary: str | None = None
    valid_from: str
    valid_to: str | None = None
    date_format: str
    report_links: list[DeqarLink] | None = None
    report_files: list[DeqarFile] | None = None
    institutions: list[DeqarInstitution]
    programmes: list[DeqarProgramme] | None = None


Row = dict[str, Any]
