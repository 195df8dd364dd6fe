"""What an agency's calendar asks of each service that keeps things which move by themselves, and what it is answered."""

from datetime import datetime

from pydantic import BaseModel, Field


class RunDue(BaseModel):
    """Activity `<service>.run_due`: everything of the agency that is due by now. `seen`: source to the log's position."""

    agency: str
    seen: dict[str, str] = Field(default_factory=dict)


class Due(BaseModel):
    """What was done, and when something of the agency moves by itself next."""

    done: int
    next_at: datetime | None = None
    more: bool = False
