"""The figures of internal monitoring, as they are shown and as a report keeps them."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

_FROZEN = ConfigDict(frozen=True)


class DeadlineFigure(BaseModel):
    """The deadlines of one term that fell due in the period, as they stand now."""

    model_config = _FROZEN

    rulebook_id: str
    rule: str = Field(description="The rulebook's term; `contract:<step>` where a person or a contract set the day")
    clause: str | None
    binds: str
    due: int = Field(description="All of them but those that were withdrawn")
    met: int = Field(description="In time")
    met_late: int
    missed: int = Field(description="The day is over and it is not done")
    open: int
    extended: int = Field(description="Of all of them, those whose day a person moved")
    withdrawn: int
    in_time: float | None = Field(description="The share that was met in time of those that are decided, from 0 to 1; None: none is")


class DaysFigure(BaseModel):
    """How many days something took that ended in the period."""

    model_config = _FROZEN

    rulebook_id: str
    name: str
    n: int
    median: float
    p90: int = Field(description="Nine of ten took no longer")
    shortest: int
    longest: int


class RoundsFigure(BaseModel):
    """In how many rounds something was done that was done in the period."""

    model_config = _FROZEN

    rulebook_id: str
    name: str
    n: int
    mean: float
    most: int


class RulingsFigure(BaseModel):
    """What was asked for in the period, and what was decided in it, by outcome."""

    model_config = _FROZEN

    rulebook_id: str
    name: str
    filed: int
    outcomes: dict[str, int]


class ShareFigure(BaseModel):
    """`counted` of `out_of`."""

    model_config = _FROZEN

    rulebook_id: str
    counted: int
    out_of: int


class InternalFigures(BaseModel):
    """What the agency's own events tell of its work in a period (ARTKI, 2.1.1, 2.2.2). Days are calendar days.

    A span begins with the last fact of its beginning before its end. Webhooks are not measured here yet: `webhooks` is None.
    """

    model_config = _FROZEN

    first: date = Field(description="The first local day of the period")
    last: date = Field(description="Its last one")
    reckoned_at: datetime
    cases: int = Field(description="How many cases something counted happened in")
    deadlines: list[DeadlineFigure]
    stages: list[DaysFigure]
    letters: list[DaysFigure]
    rounds: list[RoundsFigure]
    rulings: list[RulingsFigure]
    factual_corrections: list[ShareFigure] = Field(description="Accepted, of those that institutions asked for")
    deviations: list[ShareFigure] = Field(description="Otherwise than the conclusion proposed, of all that was decided")
    webhooks: None = Field(default=None, description="No figures: no service delivers webhooks")


class ShownReport(BaseModel):
    """The report of a cycle as it stands: its last version, rendered."""

    cycle_id: str
    number: int
    final: bool
    markdown: str
