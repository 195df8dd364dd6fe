"""Facts of monitoring visits, beside those of accreditation. `contract` has all of them: nobody else imports this module.

A monitoring visit has the id of its cycle. Its group is apart from the commission of the accreditation, whose members may sit in it.
"""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from chassis.corrected import FactCorrected
from chassis.documents import Document
from chassis.events import Event
from chassis.privacy import Personal
from chassis.text import ShortText, Text
from regulations import RulebookRef
from services.visits.parts import ConflictFound, ProgrammeItem

AAKR, SAPATTUU = "aakr-monitoring-2024", "sapattuu-bilim-monitoring"

Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,60}$", description="A word of the rulebook")]
Money = Annotated[
    str, Field(pattern=r"^(0|[1-9][0-9]{0,11})(\.[0-9]{1,2})?$", description="Exact, in units of the currency", examples=["48000.00"])
]
CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217", examples=["KGS"])]

_PART = ConfigDict(frozen=True, extra="forbid")


class GroupMember(BaseModel):
    """An expert of a monitoring visit's group, and whether he sat in the commission of the accreditation."""

    model_config = _PART

    expert_id: str
    former_member: bool


class VisitFinding(BaseModel):
    """What the act or report on the visit says in one section, a word of the rulebook's contents of that document."""

    model_config = _PART

    section: Word
    text: Text


class VisitVerdict(BaseModel):
    """What the group saw of one measure of the plan, or of one recommendation; `fulfilment` is a word of the rulebook, where it has any."""

    model_config = _PART

    measure_id: ShortText | None = None
    recommendation_id: ShortText | None = None
    fulfilment: Word | None = None
    note: Text


class MonitoringVisitOpened(Event):
    """A visit was decided, and its group is to be formed (AAKR, II.4.h; Sapattuu Bilim, 2.11.p1.s1).

    `panel` are the experts of the commission that took part in the accreditation (none: nobody recorded who they were), `case_officer`
    the referent who did. `kind` is a word of the rulebook's `kinds`; for five years no visit is provided for (Sapattuu Bilim, 2.6.s2).
    """

    under: ClassVar = {AAKR: ("II.4.h",), SAPATTUU: ("2.6.s2", "2.11.p1.s1")}
    cycle_id: str
    followup_id: str
    certificate_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: Word | None = None
    panel: tuple[str, ...] = ()
    case_officer: str | None = None
    opened_on: date


class GroupFormed(Event):
    """The group of the visit exists (AAKR, II.4.h; Sapattuu Bilim, 2.11.p1.s1), with its leader (2.11.p1.s2).

    Members of the earlier commission are told from others (2.8). `flags` are words for what a person is to see; `conflicts` were found
    by the check and left to a person, who seated these experts for the reasons in `despite_conflicts`.
    """

    under: ClassVar = {AAKR: ("II.4.h",), SAPATTUU: ("2.8", "2.11.p1.s1", "2.11.p1.s2")}
    correctable: ClassVar = frozenset({"order_number", "formed_on"})
    cycle_id: str
    followup_id: str
    institution_id: str
    members: tuple[GroupMember, ...]
    leader_id: str | None = Field(default=None, description="The expert who leads the group; None where the referent does, or nobody")
    case_officer_leads: bool = False
    case_officer: str | None = Field(default=None, description="The referent who goes with the group, beside its experts")
    order_number: ShortText | None = None
    formed_on: date
    flags: tuple[Word, ...] = ()
    conflicts: tuple[ConflictFound, ...] = ()
    despite_conflicts: Text | None = None


class GroupTold(Event):
    """The institution was told of the visit, its programme and its experts (AAKR, II.4.h; Sapattuu Bilim, 2.9.s1); again after a change."""

    under: ClassVar = {AAKR: ("II.4.h",), SAPATTUU: ("2.9.s1",)}
    correctable: ClassVar = frozenset({"outgoing_number", "told_on"})
    cycle_id: str
    followup_id: str
    institution_id: str
    experts: tuple[str, ...]
    programme: tuple[ProgrammeItem, ...] = ()
    outgoing_number: ShortText | None = None
    document: Document | None = None
    told_on: date


class GroupMemberObjected(Event):
    """The institution does not agree to an expert of the group (AAKR, II.4.h; Sapattuu Bilim, 2.9.s1 tells it of them and is silent)."""

    under: ClassVar = {AAKR: ("II.4.h",), SAPATTUU: ("2.9.s1",)}
    cycle_id: str
    followup_id: str
    institution_id: str
    expert_id: str
    grounds: Annotated[Text, Personal("expert_id")]
    document: Document | None = None
    objected_on: date


class GroupObjectionDecided(Event):
    """The agency decided on the objection, with reasons (AAKR, II.4.h; Sapattuu Bilim, 2.9.s1). Upheld, it leaves the seat vacant."""

    under: ClassVar = {AAKR: ("II.4.h",), SAPATTUU: ("2.9.s1",)}
    cycle_id: str
    followup_id: str
    institution_id: str
    expert_id: str
    upheld: bool
    reasons: Annotated[Text, Personal("expert_id")]
    decided_on: date


class GroupMemberReplaced(Event):
    """An expert left the group, and another took his place (AAKR, II.4.h; Sapattuu Bilim, 2.11.p1.s1); nobody, where enough are left.

    `leader_id` is the expert who leads the group since then.
    """

    under: ClassVar = {AAKR: ("II.4.h",), SAPATTUU: ("2.8", "2.11.p1.s1")}
    cycle_id: str
    followup_id: str
    institution_id: str
    expert_id: str
    successor: GroupMember | None = None
    leader_id: str | None = None
    reason: Annotated[Text, Personal("expert_id")]
    flags: tuple[Word, ...] = ()
    conflicts: tuple[ConflictFound, ...] = ()
    despite_conflicts: Text | None = None
    replaced_on: date


class VisitDatesAgreed(Event):
    """Both sides agreed to the days of the visit (AAKR, II.4.h; Sapattuu Bilim, 2.9.s1), each on a day of its own.

    `experts` are the group as it was then: by AAKR it is agreed together with the days.
    """

    under: ClassVar = {AAKR: ("II.4.h",), SAPATTUU: ("2.9.s1", "2.11.p2")}
    correctable: ClassVar = frozenset({"agreed_by_agency_on", "agreed_by_institution_on"})
    cycle_id: str
    followup_id: str
    institution_id: str
    starts_on: date
    ends_on: date
    experts: tuple[str, ...] = ()
    agreed_by_agency_on: date
    agreed_by_institution_on: date


class VisitOrdered(Event):
    """An order of the director approved the composition of the group and the days of the visit (Sapattuu Bilim, 2.11.p1.s3)."""

    under: ClassVar = {SAPATTUU: ("2.11.p1.s3", "2.11.p2")}
    correctable: ClassVar = frozenset({"order_number", "ordered_on"})
    cycle_id: str
    followup_id: str
    institution_id: str
    order_number: ShortText
    experts: tuple[str, ...]
    leader_id: str | None = None
    case_officer: str | None = None
    case_officer_leads: bool = False
    starts_on: date
    ends_on: date
    document: Document | None = None
    ordered_on: date


class VisitCostsInvoiced(Event):
    """The costs of the visit were invoiced (Sapattuu Bilim, 2.10: the organisation bears all of them). `payer` is a party's word."""

    under: ClassVar = {SAPATTUU: ("2.10",)}
    correctable: ClassVar = frozenset({"amount", "currency", "invoiced_on"})
    cycle_id: str
    followup_id: str
    institution_id: str
    amount: Money
    currency: CurrencyCode
    payer: Word
    invoice_number: ShortText
    document: Document | None = None
    invoiced_on: date


class MonitoringVisitHeld(Event):
    """The group was at the institution (AAKR, II.4.h; Sapattuu Bilim, 2.11.p2). The term of its act or report runs from the last day."""

    under: ClassVar = {AAKR: ("II.4.h",), SAPATTUU: ("2.11.p2",)}
    correctable: ClassVar = frozenset({"started_on", "ended_on"})
    cycle_id: str
    followup_id: str
    institution_id: str
    started_on: date
    ended_on: date


class MonitoringVisitReported(Event):
    """The group's report or act on the visit (AAKR, II.4.i; Sapattuu Bilim, 3.1). `findings` are its sections, where there are any."""

    under: ClassVar = {AAKR: ("II.4.i",), SAPATTUU: ("3.1",)}
    correctable: ClassVar = frozenset({"submitted_on"})
    cycle_id: str
    followup_id: str
    institution_id: str
    document: Document
    findings: tuple[VisitFinding, ...] = ()
    verdicts: tuple[VisitVerdict, ...] = ()
    signed_by: tuple[str, ...] = ()
    submitted_on: date


class MonitoringVisitCorrected(FactCorrected):
    """A fact of a monitoring visit was recorded wrongly."""

    cycle_id: str
    followup_id: str


MONITORING_VISIT: tuple[type[Event], ...] = (
    MonitoringVisitOpened,
    GroupFormed,
    GroupTold,
    GroupMemberObjected,
    GroupObjectionDecided,
    GroupMemberReplaced,
    VisitDatesAgreed,
    VisitOrdered,
    VisitCostsInvoiced,
    MonitoringVisitHeld,
    MonitoringVisitReported,
    MonitoringVisitCorrected,
)


class OpenMonitoringVisit(BaseModel):
    """Activity `visits.open_monitoring_visit`: a visit of the cycle was decided."""

    agency: str
    cycle_id: str
    followup_id: str
    certificate_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: str | None = None
    panel: tuple[str, ...] = ()
    case_officer: str | None = None


OPEN_MONITORING_VISIT = "visits.open_monitoring_visit"
