"""Answers of monitoring's follow-up picture."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from regulations import RulebookRef

_NAMES: dict[str, str] = Field(default_factory=dict, description="The name of the term by language")


class OpenFollowUps(BaseModel):
    """How many open follow-ups there are of one kind under one rulebook, by what their certificate has become."""

    rulebook_id: str
    kind: str | None = Field(description="None: a person is to classify them")
    state: str
    followups: int


class LateBound(BaseModel):
    """How many days have passed without what somebody was bound to do; each deadline stands in one of the three."""

    binds: str = Field(description="A word of the rulebook's `parties`")
    up_to_7: int = Field(description="1 to 7 calendar days late")
    up_to_30: int = Field(description="8 to 30 calendar days late")
    over_30: int
    most_days: int = Field(description="The calendar days of the latest")


class ComingDue(BaseModel):
    """What comes due within so many days, the last of them included."""

    days: int
    deadlines: int
    windows: int = Field(description="Cycles whose window opens by then")


class AwaitingPerson(BaseModel):
    """Open follow-ups in which a person decides what is next; one may stand in several of these."""

    unclassified: int = Field(description="Of no kind yet, under a rulebook that tells kinds apart")
    alerted: int = Field(description="The director was told of a missed day, and what was due has not come")
    before_council: int = Field(description="A matter is before the council, and no resolution is adopted")
    suspended: int = Field(description="The certificate is suspended")


class FollowUpPicture(BaseModel):
    """The agency's follow-ups at one look."""

    as_of: date | None = Field(description="The day that was asked for; None: today, by the zone of each rulebook")
    open: list[OpenFollowUps]
    late: list[LateBound]
    due: list[ComingDue]
    awaiting: AwaitingPerson


class LateItem(BaseModel):
    """A day that has ended without what was due in an open follow-up."""

    deadline_id: str
    followup_id: str
    institution_id: str
    number: str | None = Field(description="The certificate's")
    programme: str | None
    rulebook_id: str
    rulebook: RulebookRef
    rule: str
    names: dict[str, str] = _NAMES
    clause: str | None
    source: str
    binds: str
    due_on: date
    late_days: int = Field(description="Calendar days from the due day to the day asked for")
    state: Literal["open", "missed", "met_late"]
    alerted_on: date | None = Field(description="When the director was told")


class DueItem(BaseModel):
    """What comes next in an open follow-up: a deadline by its last day, or the window of a cycle by the day on which it opens."""

    item_id: str = Field(description="The deadline's id; of a window the follow-up's and the number of the cycle")
    what: Literal["deadline", "window"]
    on: date
    followup_id: str
    institution_id: str
    number: str | None = Field(description="The certificate's")
    programme: str | None
    kind: str | None
    rulebook_id: str
    rulebook: RulebookRef
    rule: str | None = Field(description="The rulebook's term; of a window that of the report")
    names: dict[str, str] = _NAMES
    clause: str | None
    binds: str | None = Field(description="None: the rulebook does not say who opens it")
    cycle: int | None = None
    report_due_on: date | None = Field(None, description="Of a window: the last day for the report, the earliest of alternatives")
    expected_on: date | None = Field(None, description="Of a window: when the monitoring is expected")


class CriterionPicture(BaseModel):
    """What was recommended and remarked on one criterion, and by the last verdict on each whether it is fulfilled."""

    criterion: str
    recommendations: int
    remarks: int
    fulfilled: int
    partly_fulfilled: int
    not_fulfilled: int
    noted: int = Field(description="Judged without a word: the rulebook has no scale of fulfilment")
    not_judged: int


class YearPicture(BaseModel):
    """What happened in one calendar year."""

    year: int
    reports_in_time: int = Field(description="First reports of a cycle that came by their day, or for which no day was known")
    reports_late: int
    reports_missed: int = Field(description="Cycles whose last day for the report has ended in this year, and no report has come")
    mean_days_late: float | None = Field(None, description="Of the late reports")
    median_days_late: float | None = Field(None, description="Of the late reports")
    reports_again: int = Field(description="Reports that came again after a rejection or a request for changes")
    rejections: int
    change_requests: int
    visits: int
    acceptances: int
    extensions: int
    suspensions: int
    restorations: int
    revocations: int
    recommendations_judged: int = Field(description="Judged in this year by a word of the rulebook, each once")
    recommendations_fulfilled: int = Field(description="Of these by the last verdict of the year")
    share_fulfilled: float | None


class Trends(BaseModel):
    """The years, oldest first; a year without anything is there."""

    years: list[YearPicture]
