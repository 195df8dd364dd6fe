"""Bodies and answers of monitoring's REST interface."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.actions import Action
from chassis.text import Day, Text
from regulations import RulebookRef
from services.monitoring.contract import Source

_IN = ConfigDict(extra="forbid", frozen=True)

DeadlineState = Literal["open", "suspended", "met", "missed", "met_late", "withdrawn"]


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
    rulebook: RulebookRef
    rule: str = Field(description="The id of the rulebook's term; `contract:<step>` for a day that the contract sets")
    clause: str | None
    source: Source = Field(description="`practice`: the agency's own setting, never a rule of the text; `contract`: a day of the contract")
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
    suspended_on: date | None = Field(None, description="Since this day the clock stands still")
    lost_days: int = Field(0, description="Calendar days on which the clock stood still, of every suspension")
    version: int


class DeadlineDetail(DeadlineItem):
    """A deadline with all that it was computed from."""

    allowed_actions: list[Action]
    anchor: str
    anchor_on: date = Field(description="By now: an anchor may move")
    first_due_on: date = Field(description="As first set, before any extension, standstill or recomputation")
    falls_on_day_off: bool
    reminders: list[date]
    reminded_on: date | None = Field(description="The last reminder that went out")
    extension_reason: str | None
    recomputation_reason: str | None = Field(description="What had changed in the calendar, or why the anchor moved")
    suspension_reason: str | None
    withdrawal_reason: str | None
    names: dict[str, str] = Field(description="The name of the term, or of the contract's step, by language")
    quote: dict[str, str] = Field(description="The wording of the regulation by language; empty for a practice")
