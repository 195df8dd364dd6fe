"""Facts of the follow-up of a certificate, and of which rulebook it runs under. `contract` has all of them."""

from datetime import date, datetime
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from chassis.corrected import FactCorrected
from chassis.documents import Document
from chassis.events import Event
from chassis.text import Identifier, ShortText, Text, Word
from regulations import RulebookRef

AAKR, SAPATTUU, IQAA = "aakr-monitoring-2024", "sapattuu-bilim-monitoring", "iqaa-accreditation"


class FollowedRecommendation(BaseModel):
    """What the accrediting commission recommended or remarked on a criterion, and the council endorsed (Sapattuu Bilim, I.3.a)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recommendation_id: Identifier
    criterion: ShortText
    text: Text
    remark: bool = False
    nonconformity: bool = False


class CycleWindow(BaseModel):
    """When a cycle opens: at the beginning of the local day of the first reminder of its report."""

    model_config = ConfigDict(frozen=True)

    cycle: Annotated[int, Field(ge=1)]
    opens_at: datetime
    report_due_on: date
    expected_on: date | None = None
    period_from: date
    period_until: date


CertificateVersion = Annotated[int, Field(ge=0, description="Of the certificate's stream, as far as it was followed")]
PlanRequired = Annotated[bool, Field(description="Whether a plan is due that the agency does not have yet")]
Windows = Annotated[tuple[CycleWindow, ...], Field(description="The cycles that are still to open, as computed with this fact")]


class FollowUpProcedureChosen(Event):
    """Certificates of these accreditation rulebooks are followed up under `rulebook` (IQAA, S4.a: the text names no procedure)."""

    under: ClassVar = {IQAA: ("S4.a",)}
    rulebook: RulebookRef
    accreditations: tuple[str, ...]
    reason: Text
    chosen_on: date


class FollowUpOpened(Event):
    """A certificate is followed up from now on (AAKR, I.1, I.2, I.3; Sapattuu Bilim, I.1, I.3.a, 2.1). One follow-up per certificate."""

    under: ClassVar = {AAKR: ("I.1", "I.2", "I.3"), SAPATTUU: ("I.1", "I.3.a", "2.1")}
    followup_id: str
    certificate_id: str
    institution_id: str
    rulebook: RulebookRef
    object: Word
    programme: ShortText | None = None
    level: Word | None = None
    kind: Word | None = Field(default=None, description="A word of `kinds`; None: a person is to classify it")
    scopes: tuple[str, ...] = ()
    recommendations: tuple[FollowedRecommendation, ...] = ()
    panel: tuple[str, ...] = ()
    case_officer: str | None = None
    contract_reference: ShortText | None = None
    issued_on: date
    received_on: date | None = None
    valid_until: date
    plan_received_on: date | None = None
    plan_accepted_on: date | None = None
    opened_on: date
    number: ShortText | None = Field(default=None, description="The certificate's")
    certificate_version: CertificateVersion = 0
    plan_required: PlanRequired = False
    windows: Windows = ()


class FollowUpClassified(Event):
    """A person said of what kind the accreditation is and what is to be followed (AAKR, II.4.b; Sapattuu Bilim, I.3.a, 2.5.p1)."""

    under: ClassVar = {AAKR: ("I.1", "I.3", "II.4.b"), SAPATTUU: ("I.3.a", "2.5.p1", "2.6.s1")}
    followup_id: str
    institution_id: str
    kind: Word
    recommendations: tuple[FollowedRecommendation, ...] = ()
    contract_reference: ShortText | None = None
    reason: Text
    classified_on: date
    plan_required: PlanRequired = False
    windows: Windows = ()


class CertificateFollowed(Event):
    """What became of the certificate meanwhile: received, extended, suspended, restored. Windows follow it."""

    followup_id: str
    institution_id: str
    received_on: date | None = None
    valid_until: date
    status: Word
    certificate_version: CertificateVersion = 0
    contract_reference: ShortText | None = None
    reason: Text
    followed_on: date
    windows: Windows = ()


class DecisionLetterSent(Event):
    """The agency's official letter on the decision went to the institution (AAKR, II.4.a)."""

    under: ClassVar = {AAKR: ("II.4.a",)}
    correctable: ClassVar = frozenset({"outgoing_number", "sent_on"})
    followup_id: str
    institution_id: str
    outgoing_number: ShortText
    document: Document | None = None
    sent_on: date


class ExpectedDateSet(Event):
    """The agency set the expected date of a cycle's monitoring (AAKR, II.4.e; Sapattuu Bilim, 2.5.p3); the proposal stands beside it."""

    under: ClassVar = {AAKR: ("II.4.e",), SAPATTUU: ("2.5.p3",)}
    followup_id: str
    institution_id: str
    cycle: Annotated[int, Field(ge=1)]
    expected_on: date
    proposed_on: date | None = None
    reason: Text | None = None
    set_on: date
    windows: Windows = ()


class FollowUpRulebookAdopted(Event):
    """By the director's decision an open follow-up goes on under another rulebook version. Open deadlines are computed anew."""

    followup_id: str
    institution_id: str
    previous: RulebookRef
    rulebook: RulebookRef
    workflow_ids: tuple[str, ...] = Field(default=(), description="The lifecycles that are under way: the plan's, the open cycle's")
    reason: Text
    adopted_on: date
    plan_required: PlanRequired = False
    windows: Windows = ()


class DirectorAlerted(Event):
    """A deadline of the follow-up was missed, and the director was told: what follows a person decides."""

    followup_id: str
    institution_id: str
    deadline_id: str
    rule: str
    clause: str | None = None
    binds: str
    missed_on: date
    alerted_on: date


class FollowUpEnded(Event):
    """There is nothing more to follow up: the certificate expired, ended, was revoked or extended to the full term."""

    followup_id: str
    institution_id: str
    why: Word
    workflow_ids: tuple[str, ...] = Field(default=(), description="The lifecycles that are under way: the plan's, the open cycle's")
    ended_on: date


class FollowUpCorrected(FactCorrected):
    """A fact of a follow-up was recorded wrongly."""

    followup_id: str


class ReadFollowUp(BaseModel):
    """Activity `monitoring.read_followup`: a question; no fact follows."""

    agency: str
    followup_id: str


class FollowUpTerms(BaseModel):
    """What the follow-up's rulebook has for its kind. None and empty: it does not know the step, and nobody waits for it."""

    rulebook: RulebookRef
    kind: str | None = None
    plan_rule: str | None = None
    plan_reviewed: bool = False
    plan_review_rule: str | None = None
    plan_revision_rule: str | None = None
    report_rules: tuple[str, ...] = ()
    report_rules_by_visit: tuple[str, ...] = Field((), description="Those that run from the expected date; the others from the expiry")
    report_missing_ground: str | None = Field(None, description="A word of `sanction_grounds`; None: nothing follows but the alert")
    study_rule: str | None = None
    study_of_complete_report: bool = Field(False, description="Its term runs from a complete report only (AAKR, A-6)")
    analysed: bool = Field(False, description="Experts and the referent analyse the measures (Sapattuu Bilim, 2.9.s3)")
    visit_decided_by: str = ""
    visit_notice: bool = False
    visit_notice_without_visit: bool = Field(False, description="The institution is told too that there is no visit (AAKR, II.4.h)")
    visit_report_rule: str | None = None
    council: bool = Field(False, description="The council decides (Sapattuu Bilim, 3.2); else the agency assesses (AAKR, III.0)")
    assessed: bool = False
    acceptance_rule: str | None = None
    acceptance_rule_without_visit: str | None = None
    decision_rule: str | None = None
    repeated_failure_ground: str | None = None
    registers: tuple[str, ...] = ()
    panel: tuple[str, ...] = ()
    case_officer: str | None = None
    valid_until: date
    expected: dict[int, date] = Field(default_factory=dict, description="Cycle to its expected date")


class AlertDirector(BaseModel):
    """Activity `monitoring.alert_director`: this deadline of the follow-up was missed."""

    agency: str
    followup_id: str
    deadline_id: str


READ_FOLLOWUP = "monitoring.read_followup"
ALERT_DIRECTOR = "monitoring.alert_director"
RUN_DUE = "monitoring.run_due"

FOLLOWUP_EVENTS = (
    FollowUpOpened,
    FollowUpClassified,
    CertificateFollowed,
    DecisionLetterSent,
    ExpectedDateSet,
    FollowUpRulebookAdopted,
    DirectorAlerted,
    FollowUpEnded,
    FollowUpCorrected,
)
