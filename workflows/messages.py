"""What crosses the border of a lifecycle: its input, its one signal, and the memory that it carries through continue-as-new.

Everything here has defaults where a field was added later, so that a message of an older Kepil still loads.
"""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from regulations import RulebookRef
from services.monitoring.contract import DeadlineTerms
from services.visits.contract import AttestedSpecialty

TASK_QUEUE = "kepil-workflows"

#: The activity that begins the lifecycle of a closed case anew.
BEGIN_AGAIN = "workflows.begin_again"


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

    met_by: tuple[str, ...] = Field((), description="The facts that meet it, all of them; none: a person alone ends it")
    any_of: bool = Field(False, description="One of them is enough")
    anchor: tuple[str, str] | None = Field(None, description="The fact and its day from which it runs; where that moves, so does the end")
    anchor_on: date | None = None
    anchor_shift: int = Field(0, description="It runs from so many days after that day")
    by_itself: bool = Field(False, description="Nobody does anything for it: it is met when its day has passed")
    judged_by: tuple[str, ...] = Field((), description="The facts of which any tells whether it was done: no clock alone misses it")
    stood: str = Field("", description="The suspension for which its clock was asked to stand still")


class Turn(BaseModel):
    """A suspension of the case, or its end."""

    event_id: str
    occurred_at: datetime
    suspends: bool
    stops_clock: bool
    on: date
    traceparent: str | None = None


class Remittal(BaseModel):
    """An appeal that sends a decision back: which scopes, and whether the experts go once more."""

    appeal_id: str
    scopes: tuple[str, ...]
    new_visit: bool
    traceparent: str | None = None


class Memory(BaseModel):
    """What a lifecycle knows. Run from the top with it, the sequence of stages passes what is done and waits where it stood."""

    facts: dict[str, Fact] = {}
    seen: list[str] = []
    done: dict[str, Any] = Field({}, description="Activities that are done, with their answers")
    deadlines: dict[str, Watched] = {}
    milestones: list[str] = []
    turns: list[Turn] = Field([], description="Suspensions and their ends that are still to be carried out, in order")
    turn: Turn | None = Field(None, description="The one that is in force")
    held: list[str] = Field([], description="The services in which the case is suspended")
    settled: list[str] = Field([], description="The appeals whose outcome was taken up")
    round: int = Field(1, description="2 and on: there was a decision before; an appeal, or a suspension that ended, led to another")
    remittal: Remittal | None = Field(None, description="The appeal that led to it")
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
    standards: str = Field("", description="Empty where it begins anew, long after the self-assessment")
    standards_version: str = ""
    filed_on: date
    registered_on: date
    kind: str | None = Field(None, description="A word of the rulebook's `kinds`; None: begun by a Kepil of one rulebook")
    remitted: Remittal | None = Field(None, description="The case was closed already; it begins anew with what was remitted")
    certified: tuple[str, ...] = Field((), description="The scopes with a certificate in force from before it begins anew")
    traceparent: str | None = None
    memory: Memory = Field(default_factory=Memory)


class PendingAppeal(BaseModel):
    """Starts an `AppealLifecycle` (order 109, p. 27; IQAA, S3.e). The workflow's id is `appeal_id`."""

    agency: str
    appeal_id: str
    case_id: str
    institution_id: str
    scopes: tuple[str, ...]
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
    edition: int = Field(1, description="2 and on: its last day has moved")
    traceparent: str | None = None
    memory: Memory = Field(default_factory=Memory)


class FollowedUp(BaseModel):
    """Starts a `MonitoringLifecycle`: one part of the follow-up of a certificate, its action plan or one cycle of it.

    The workflow's id is `part_id`, the plan's or the cycle's; its deadlines belong to the follow-up, here as elsewhere `case_id`.
    """

    agency: str
    part: Literal["plan", "cycle"]
    part_id: str
    case_id: str = Field(description="The follow-up")
    certificate_id: str
    institution_id: str
    rulebook: RulebookRef = Field(description="In force for this part; another one where the director adopts it")
    edition: int = Field(1, description="2 and on: another rulebook was adopted")
    kind: str | None = Field(None, description="A word of the rulebook's `kinds`; None: a person has not classified the certificate")
    counts_from: date | None = Field(None, description="The plan's term runs from this day; None: not known yet")
    expected_on: date | None = Field(None, description="When the monitoring is expected")
    valid_until: date | None = Field(None, description="The certificate's last day when the cycle was opened")
    traceparent: str | None = None
    memory: Memory = Field(default_factory=Memory)


class ScheduledAttestation(BaseModel):
    """Starts an `AttestationLifecycle`: a place in an approved schedule (attestation, p. 11). The workflow's id is `workflow_id`."""

    agency: str
    case_id: str = Field(description="The attestation")
    institution_id: str
    rulebook: RulebookRef
    kind: str = Field(description="A word of the rulebook's `kinds`")
    levels: tuple[str, ...]
    specialties: tuple[AttestedSpecialty, ...] = ()
    whole: bool = Field(True, description="False: these specialties alone")
    state_owned: bool
    arts: bool = False
    profile: Literal["ordinary", "out_of_school", "special"] = "ordinary"
    starts_on: date = Field(description="As it was scheduled; amendments move it")
    ends_on: date
    traceparent: str | None = None
    memory: Memory = Field(default_factory=Memory)

    @property
    def workflow_id(self) -> str:
        """Of its lifecycle."""
        return within(self.agency, self.case_id)


class DueMeasure(BaseModel):
    """A measure of an improvement plan, and its last day."""

    measure_id: str
    due_on: date | None = None


class InternalCycle(BaseModel):
    """Starts an `InternalMonitoringCycle`: the agency monitors itself (ARTKI, 3.1). The workflow's id is `workflow_id`."""

    agency: str
    case_id: str = Field(description="The cycle")
    institution_id: str = Field(description="The agency: it is what is monitored")
    rulebook: RulebookRef
    year: int
    number: int = Field(description="2 and on: another one of the same year")
    carried: tuple[DueMeasure, ...] = Field((), description="What earlier cycles left undone")
    previous_report_on: date | None = None
    opened_on: date
    traceparent: str | None = None
    memory: Memory = Field(default_factory=Memory)

    @property
    def workflow_id(self) -> str:
        """Of its lifecycle."""
        return within(self.agency, self.case_id)


#: What a lifecycle begins with.
Begun = AccreditationCase | FollowedUp | InternalCycle | IssuedCertificate | PendingAppeal | ScheduledAttestation


class LifecycleView(BaseModel):
    """The query `view`: what a lifecycle waits for, for people who look at it."""

    stage: str
    phase: str = Field("", description="The word of the rulebook's `procedure_stages` under which the stage stands")
    waiting_on: str
    suspended_on: date | None = Field(None, description="The case stands still since this day")
    next_timer: datetime | None
    deadlines: tuple[Watched, ...]
    facts: dict[str, dict[str, Any]]
    trouble: str | None


class AgencyCalendar(BaseModel):
    """Starts a `CertificateCalendar`. The workflow's id is `calendar_id(agency)`."""

    agency: str
    seen: dict[str, str] = Field(default_factory=dict, description="As in `Look`: what no service has answered for yet")
    evidence: bool = Field(default=False, description="Whether the agency has filed personal evidence, so that intake is asked too")


class Look(BaseModel):
    """The signal `look`: something has happened that may move a certificate or its follow-up."""

    seen: dict[str, str] = Field(default_factory=dict, description="Service to the position in its log of the newest such event")
    traceparent: str | None = None


class CalendarView(BaseModel):
    """The query `view` of a calendar."""

    next_at: dict[str, datetime | None] = Field(description="Service to when something of it moves by itself; None: nothing will")
    seen: dict[str, str] = Field(description="What the services are still to see")
    trouble: str | None


def within(agency: str, id_: str) -> str:
    """The workflow id of what has the same id in every agency: the cycle of a year, the attestation of an institution."""
    return f"{agency}:{id_}"


def calendar_id(agency: str) -> str:
    """The workflow id of an agency's calendar."""
    return f"calendar:{agency}"
