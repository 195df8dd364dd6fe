"""What monitoring publishes: the deadline register. A deadline's id is derived from its workflow, rule and round."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.events import Catalogue, Event
from chassis.text import Text
from regulations import RulebookRef

TASK_QUEUE = "kepil-monitoring"

Source = Literal["text", "reading", "practice"]
State = Literal["open", "missed", "met", "withdrawn", "unset"]


class DeadlineSet(Event):
    """Somebody is bound to do something by the end of a local day. `due_at` is that end as an instant (UTC)."""

    deadline_id: str
    case_id: str
    workflow_id: str = Field(description="The lifecycle that waits for it: the case's, or the certificate's")
    institution_id: str
    rulebook: RulebookRef
    rule: str = Field(description="The id of the rulebook's term")
    clause: str | None = Field(None, description="None: the text is silent and the term a practice")
    source: Source
    binds: str
    anchor: str
    anchor_on: date
    due_on: date
    due_at: datetime
    zone: str
    calendar_version: str
    estimated: bool = Field(description="Rests on a religious holiday whose date is not announced yet")
    falls_on_day_off: bool
    reminders: tuple[date, ...] = ()


class DeadlineReminded(Event):
    """A reminder's day came and the deadline was still open."""

    deadline_id: str
    case_id: str
    reminded_on: date
    due_on: date


class DeadlineMet(Event):
    """What was due was done; `late_days` > 0 where it came after the due date."""

    deadline_id: str
    case_id: str
    met_on: date
    late_days: Annotated[int, Field(ge=0, description="Calendar days after the due date")]


class DeadlineMissed(Event):
    """The due day ended without what was due. Nothing is sanctioned by it: a person decides."""

    deadline_id: str
    case_id: str
    missed_on: date


class DeadlineExtended(Event):
    """A person moved an open deadline, with a reason. The waiting workflow moves its timer."""

    deadline_id: str
    case_id: str
    workflow_id: str
    previous_due_on: date
    due_on: date
    due_at: datetime
    reason: Text
    reminders: tuple[date, ...] = ()
    reminders_at: tuple[datetime, ...] = ()


class DeadlineRecomputed(Event):
    """An open deadline, computed anew from the same anchor by the same rulebook, since the calendar has changed: a religious date was
    announced, a day was moved by decree. It may end later, earlier, or as before. The waiting workflow moves its timer."""

    deadline_id: str
    case_id: str
    workflow_id: str
    previous_due_on: date
    due_on: date
    due_at: datetime
    previous_calendar_version: str
    calendar_version: str
    estimated: bool = Field(description="Still rests on a religious holiday whose date is not announced yet")
    falls_on_day_off: bool
    extended: bool = Field(description="A person's extension holds: the rules alone would end it no later")
    reason: Text = Field(description="What has changed in the calendar")
    reminders: tuple[date, ...] = ()
    reminders_at: tuple[datetime, ...] = ()


class DeadlineWithdrawn(Event):
    """The deadline no longer binds anybody."""

    deadline_id: str
    case_id: str
    workflow_id: str
    reason: Text


EVENTS = Catalogue(
    "monitoring",
    {"deadline": [DeadlineSet, DeadlineReminded, DeadlineMet, DeadlineMissed, DeadlineExtended, DeadlineRecomputed, DeadlineWithdrawn]},
)


class SetDeadline(BaseModel):
    """Activity `monitoring.set_deadline`: computes the due date by the rulebook and the calendar of today, and records it."""

    agency: str
    case_id: str
    workflow_id: str
    institution_id: str
    rulebook: RulebookRef
    rule: str
    anchor_on: date
    round: int = 1


class DeadlineTerms(BaseModel):
    """How a deadline stands; what every activity on it answers. `unset`: a practice to which the agency has given no term."""

    model_config = ConfigDict(frozen=True)

    rule: str
    state: State
    deadline_id: str = ""
    due_on: date | None = None
    due_at: datetime | None = None
    reminders_at: tuple[datetime, ...] = ()
    version: int = Field(0, description="Of the deadline's stream; what is older changes nothing. 0: told by an older Kepil")


class DeadlineStep(BaseModel):
    """Activities `monitoring.remind`, `.meet_deadline` (`on` = the day it was done), `.miss_deadline`, `.withdraw_deadline`."""

    agency: str
    deadline_id: str
    on: date | None = None
    reason: str = ""


class ReadOutcomes(BaseModel):
    """Activity `monitoring.read_outcomes`: a question to the rulebook; no fact follows."""

    agency: str
    rulebook: RulebookRef


class Outcomes(BaseModel):
    """Which words of the rulebook's decisions lead to a certificate, and which to a notice of refusal."""

    certified: tuple[str, ...]
    refused: tuple[str, ...]


class ReadCertificateTerm(BaseModel):
    """Activity `monitoring.read_certificate_term`: the instants of a certificate's life by its rulebook; no fact follows."""

    agency: str
    rulebook: RulebookRef
    valid_until: date


class CertificateTerm(BaseModel):
    """Instants (UTC) at which local days begin or end. `renewal_opens_at` is a practice and may be unset."""

    renewal_opens_at: datetime | None
    expires_at: datetime


SET_DEADLINE = "monitoring.set_deadline"
REMIND = "monitoring.remind"
MEET_DEADLINE = "monitoring.meet_deadline"
MISS_DEADLINE = "monitoring.miss_deadline"
WITHDRAW_DEADLINE = "monitoring.withdraw_deadline"
READ_OUTCOMES = "monitoring.read_outcomes"
READ_CERTIFICATE_TERM = "monitoring.read_certificate_term"
