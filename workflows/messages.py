"""What crosses the border of a lifecycle: its input, its one signal, and the memory that it carries through continue-as-new.

Everything here has defaults where a field was added later, so that a message of an older Kepil still loads.
"""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from chassis.text import ShortText
from regulations import RulebookRef
from services.monitoring.contract import DeadlineTerms

TASK_QUEUE = "kepil-workflows"


class EventReceived(BaseModel):
    """The signal `event`: a fact that some service published, thinned to what lifecycles need (`workflows.facts`)."""

    event_id: str
    type: str
    source: str
    occurred_at: datetime
    data: dict[str, Any]
    version: int = Field(0, description="Of the stream that the fact is in; 0: told by an older Kepil")
    traceparent: str | None = Field(None, description="So that what follows from the fact joins its trace")


class Fact(BaseModel):
    """What a lifecycle keeps of an event."""

    event_id: str
    occurred_at: datetime
    data: dict[str, Any]
    traceparent: str | None = None

    def day(self, name: str) -> date:
        """A legal date of the fact."""
        return date.fromisoformat(self.data[name])

    def later_than(self, other: "Fact | None") -> bool:
        """Whether this fact replaces `other`: by legal time, then by its time-ordered id."""
        return other is None or (self.occurred_at, self.event_id) > (other.occurred_at, other.event_id)


class Watched(DeadlineTerms):
    """A deadline that a lifecycle waits with; `reminders_at` holds those still to come."""

    model_config = ConfigDict(frozen=False)

    met_by: tuple[str, ...] = Field((), description="The event types that meet it, all of them")


class Memory(BaseModel):
    """What a lifecycle knows. Run from the top with it, the sequence of stages passes what is done and waits where it stood."""

    facts: dict[str, Fact] = {}
    seen: list[str] = []
    done: dict[str, Any] = Field({}, description="Activities that are done, with their answers")
    deadlines: dict[str, Watched] = {}
    milestones: list[str] = []
    stage: str = ""
    waiting_on: str = ""
    trouble: str | None = Field(None, description="Why a service refused; somebody must look")


class AccreditationCase(BaseModel):
    """Starts an `AccreditationLifecycle`: the case as it was registered (order 109, p. 10). The workflow's id is `case_id`."""

    agency: str
    case_id: str
    institution_id: str
    scopes: tuple[str, ...]
    rulebook: RulebookRef
    standards: ShortText
    standards_version: ShortText
    filed_on: date
    registered_on: date
    traceparent: str | None = None
    memory: Memory = Field(default_factory=Memory)


class IssuedCertificate(BaseModel):
    """Starts a `CertificateLifecycle` (order 109, p. 20). The workflow's id is `certificate_id`."""

    agency: str
    certificate_id: str
    case_id: str
    institution_id: str
    rulebook: RulebookRef
    issued_on: date
    valid_until: date
    traceparent: str | None = None
    memory: Memory = Field(default_factory=Memory)


class LifecycleView(BaseModel):
    """The query `view`: what a lifecycle waits for, for people who look at it."""

    stage: str
    waiting_on: str
    next_timer: datetime | None
    deadlines: tuple[Watched, ...]
    facts: dict[str, dict[str, Any]]
    trouble: str | None
