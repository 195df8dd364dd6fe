"""Bodies and answers of monitoring's REST interface."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.text import Day, Text
from regulations import RulebookRef
from services.monitoring.contract import Source

_IN = ConfigDict(extra="forbid", frozen=True)

DeadlineState = Literal["open", "met", "missed", "met_late", "withdrawn"]


class Extension(BaseModel):
    """The new last day, and why."""

    model_config = _IN

    due_on: Day
    reason: Text


class Withdrawal(BaseModel):
    """Why the deadline no longer binds anybody."""

    model_config = _IN

    reason: Text


class DeadlineItem(BaseModel):
    """A deadline of the register."""

    deadline_id: str
    case_id: str
    workflow_id: str
    institution_id: str
    rule: str = Field(description="The id of the rulebook's term")
    clause: str | None
    source: Source = Field(description="`practice` is the agency's own setting and never a rule of the text")
    binds: str
    state: DeadlineState
    extended: bool
    due_on: date = Field(description="The last local day")
    due_at: datetime = Field(description="The end of that day (UTC): the first moment that is too late")
    zone: str
    estimated: bool = Field(description="Rests on a religious holiday whose date is not announced yet")
    calendar_version: str = Field(description="The calendar by which it was last computed")
    met_on: date | None
    missed_on: date | None
    late_days: int = Field(description="Calendar days after the due day; 0 while it is not met")
    version: int


class DeadlineDetail(DeadlineItem):
    """A deadline with all that it was computed from."""

    rulebook: RulebookRef
    anchor: str
    anchor_on: date
    first_due_on: date = Field(description="As first set, before any extension or recomputation")
    falls_on_day_off: bool
    reminders: list[date]
    reminded_on: date | None = Field(description="The last reminder that went out")
    extension_reason: str | None
    recomputation_reason: str | None = Field(description="What had changed in the calendar")
    withdrawal_reason: str | None
    names: dict[str, str] = Field(description="The term's name by language")
    quote: dict[str, str] = Field(description="The wording of the regulation by language; empty for a practice")
