"""What visits publishes. A panel and a visit have the id of their case."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from chassis.corrected import FactCorrected
from chassis.documents import Document
from chassis.events import Catalogue, Event
from chassis.privacy import Personal
from chassis.text import ShortText, Text
from regulations import RulebookRef
from services.visits.parts import Category as Category
from services.visits.parts import ConflictFound as ConflictFound
from services.visits.parts import Conflicting as Conflicting
from services.visits.parts import CriterionFinding as CriterionFinding
from services.visits.parts import Employment as Employment
from services.visits.parts import Inaccuracy as Inaccuracy
from services.visits.parts import PanelMember as PanelMember
from services.visits.parts import ProgrammeItem as ProgrammeItem
from services.visits.parts import PurposeFinding as PurposeFinding
from services.visits.parts import Ruling as Ruling
from services.visits.parts import VisitMode as VisitMode

# isort: off
from services.visits.contract_activities import (
    CLOSE as CLOSE,
    OPEN_VISIT as OPEN_VISIT,
    RESUME as RESUME,
    SUSPEND as SUSPEND,
    CaseStep as CaseStep,
    OpenVisit as OpenVisit,
)
from services.visits.contract_monitoring import (
    MONITORING_VISIT as MONITORING_VISIT,
    OPEN_MONITORING_VISIT as OPEN_MONITORING_VISIT,
    CurrencyCode as CurrencyCode,
    GroupFormed as GroupFormed,
    GroupMember as GroupMember,
    GroupMemberObjected as GroupMemberObjected,
    GroupMemberReplaced as GroupMemberReplaced,
    GroupObjectionDecided as GroupObjectionDecided,
    GroupTold as GroupTold,
    Money as Money,
    MonitoringVisitCorrected as MonitoringVisitCorrected,
    MonitoringVisitHeld as MonitoringVisitHeld,
    MonitoringVisitOpened as MonitoringVisitOpened,
    MonitoringVisitReported as MonitoringVisitReported,
    OpenMonitoringVisit as OpenMonitoringVisit,
    VisitCostsInvoiced as VisitCostsInvoiced,
    VisitDatesAgreed as VisitDatesAgreed,
    VisitFinding as VisitFinding,
    VisitOrdered as VisitOrdered,
    VisitVerdict as VisitVerdict,
    Word as Word,
)
from services.visits.contract_commission import (
    COMMISSION_EVENTS as COMMISSION_EVENTS,
    CLOSE_ATTESTATION_VISIT as CLOSE_ATTESTATION_VISIT,
    OPEN_ATTESTATION_VISIT as OPEN_ATTESTATION_VISIT,
    AttestationCommissionChanged as AttestationCommissionChanged,
    AttestationCommissionFormed as AttestationCommissionFormed,
    AttestationResultsAnalysed as AttestationResultsAnalysed,
    AttestationTasksAssigned as AttestationTasksAssigned,
    AttestationVisitClosed as AttestationVisitClosed,
    AttestationVisitCorrected as AttestationVisitCorrected,
    AttestationVisitOpened as AttestationVisitOpened,
    AttestationWorkBegan as AttestationWorkBegan,
    AttestationWorkEnded as AttestationWorkEnded,
    AttestedSpecialty as AttestedSpecialty,
    ChairInformed as ChairInformed,
    Commissioner as Commissioner,
    InvitedOrganisation as InvitedOrganisation,
    JointCommissionFormed as JointCommissionFormed,
    NoteHandedOver as NoteHandedOver,
    CloseAttestationVisit as CloseAttestationVisit,
    OpenAttestationVisit as OpenAttestationVisit,
    QuestionnairesHeld as QuestionnairesHeld,
    Respondents as Respondents,
    Shortcoming as Shortcoming,
    Task as Task,
)
from services.visits.contract_control import (
    CONTROL_EVENTS as CONTROL_EVENTS,
    LEARNER_EVENTS as LEARNER_EVENTS,
    ControlConcluded as ControlConcluded,
    ControlCorrected as ControlCorrected,
    ControlFigures as ControlFigures,
    ControlOpened as ControlOpened,
    DisciplinesApproved as DisciplinesApproved,
    DisciplinesProposed as DisciplinesProposed,
    LearnerNamed as LearnerNamed,
    LearnersForgotten as LearnersForgotten,
    LearnersListed as LearnersListed,
    ListedLearner as ListedLearner,
    ResultsRecorded as ResultsRecorded,
    SampleDrawn as SampleDrawn,
    StandingShare as StandingShare,
    TestResult as TestResult,
)
from services.visits.contract_conclusion import (
    CONCLUSION_EVENTS as CONCLUSION_EVENTS,
    OPEN_RECHECK as OPEN_RECHECK,
    RECHECK_EVENTS as RECHECK_EVENTS,
    ConclusionAttachment as ConclusionAttachment,
    ConclusionCompleted as ConclusionCompleted,
    ConclusionCorrected as ConclusionCorrected,
    ConclusionDrawnUp as ConclusionDrawnUp,
    ConclusionSection as ConclusionSection,
    ConclusionSigned as ConclusionSigned,
    OpenRecheck as OpenRecheck,
    RecheckCommissionFormed as RecheckCommissionFormed,
    RecheckCorrected as RecheckCorrected,
    RecheckHeld as RecheckHeld,
    RecheckOpened as RecheckOpened,
    SecondCopyHandedOver as SecondCopyHandedOver,
    SpecialtyRecommendation as SpecialtyRecommendation,
)
# isort: on

TASK_QUEUE = "kepil-visits"
_ORDER_109, _IQAA = "kz-109-2008-accreditation", "iqaa-accreditation"


class ExpertRegistered(Event):
    """An expert joined the pool. `affiliations` are institution ids, for conflicts of interest."""

    correctable: ClassVar = frozenset({"competences", "languages", "affiliations", "categories", "employments"})

    expert_id: str
    name: Annotated[ShortText, Personal("expert_id")]
    email: Annotated[ShortText | None, Personal("expert_id")] = None
    competences: tuple[ShortText, ...] = ()
    languages: tuple[ShortText, ...] = ()
    affiliations: tuple[str, ...] = ()
    categories: tuple[Category, ...] = Field(default=(), description="Whom the expert may represent in a panel (IQAA, S2.a)")
    employments: tuple[Employment, ...] = ()


class VisitOpened(Event):
    """An external expert commission is to be formed (order 109, p. 14; IQAA, S2.a, S2.b). A later `round` begins it afresh.

    A later round follows an appeal that leads to a new visit; what happened in the earlier one stays in the history.
    """

    under: ClassVar = {_ORDER_109: ("14 (a)",), _IQAA: ("S2.a", "S2.b")}
    case_id: str
    institution_id: str
    rulebook: RulebookRef
    opened_on: date
    round: Annotated[int, Field(ge=1)] = 1


class PanelFormed(Event):
    """The panel exists (order 109, p. 14; IQAA, S2.a). `statute_act` approves its statute, where it has one.

    `conflicts` were found by the check and left to a person, who seated these experts for the reasons in `despite_conflicts`.
    """

    under: ClassVar = {_ORDER_109: ("14 (a)",), _IQAA: ("S2.a",)}
    correctable: ClassVar = frozenset({"statute_act", "formed_on"})
    case_id: str
    members: tuple[PanelMember, ...]
    statute_act: ShortText | None = None
    formed_on: date
    conflicts: tuple[ConflictFound, ...] = ()
    despite_conflicts: Text | None = None


class CompositionTold(Event):
    """The institution was told who is in the panel (IQAA, S2.c.1); again after a replacement."""

    under: ClassVar = {_IQAA: ("S2.c.1",)}
    correctable: ClassVar = frozenset({"told_on"})
    case_id: str
    experts: tuple[str, ...]
    told_on: date


class ExpertObjected(Event):
    """The institution suspects a conflict of interest and asks in writing for another expert (IQAA, S2.c.2)."""

    under: ClassVar = {_IQAA: ("S2.c.2",)}
    case_id: str
    expert_id: str
    grounds: Annotated[Text, Personal("expert_id")]
    document: Document
    objected_on: date


class ObjectionDecided(Event):
    """The agency decided on the objection, with reasons (IQAA, S2.c.2). Upheld, it leaves the expert's seat vacant."""

    under: ClassVar = {_IQAA: ("S2.c.2",)}
    case_id: str
    expert_id: str
    upheld: bool
    reasons: Annotated[Text, Personal("expert_id")]
    decided_on: date


class ExpertDroppedOut(Event):
    """An expert of the panel cannot take part, or cannot go on, and leaves a vacant seat (IQAA, S2.a; order 109, p. 14)."""

    under: ClassVar = {_ORDER_109: ("14 (a)",), _IQAA: ("S2.a",)}
    case_id: str
    expert_id: str
    reason: Annotated[Text, Personal("expert_id")]
    dropped_on: date


class ExpertReplaced(Event):
    """Another expert took a vacant seat (IQAA, S2.a, S2.c.2; order 109, p. 14)."""

    under: ClassVar = {_ORDER_109: ("14 (a)",), _IQAA: ("S2.a", "S2.c.2")}
    case_id: str
    expert_id: str
    successor: PanelMember
    conflicts: tuple[ConflictFound, ...] = ()
    despite_conflicts: Text | None = None
    replaced_on: date


class PanelContinued(Event):
    """The director stated that the panel goes on without those who left it (IQAA, S2.a; order 109, p. 14): the texts are silent.

    `missing` is what the panel lacks by the rulebook's composition since then; `chair_id` is who chairs it now, where the chair left.
    """

    under: ClassVar = {_ORDER_109: ("14 (a)",), _IQAA: ("S2.a",)}
    case_id: str
    without: tuple[str, ...]
    chair_id: str | None = None
    missing: dict[str, int] = Field(default_factory=dict)
    reasons: Text
    stated_on: date


class VisitAnnounced(Event):
    """The institution was told the dates of the visit (order 109, p. 14; IQAA, S2.f.1). `waiver` is its consent to a shorter notice.

    `length_reason` is why the visit lasts otherwise than the rulebook says, `mode_reason` why it is not all at the institution,
    `moved_because` why earlier dates do not stand. The programme is that of these days.
    """

    under: ClassVar = {_ORDER_109: ("14 (b)",), _IQAA: ("S2.f.1",)}
    case_id: str
    starts_on: date
    ends_on: date
    announced_on: date
    waiver: Document | None = None
    length_reason: Text | None = None
    mode: VisitMode | None = None
    mode_reason: Text | None = None
    moved_because: Text | None = None
    programme: tuple[ProgrammeItem, ...] = ()


class MaterialsSent(Event):
    """The coordinator sent each of `experts` the materials (IQAA, S2.d). `due_on` was the last day in time; None where no term says."""

    under: ClassVar = {_IQAA: ("S2.d",)}
    case_id: str
    experts: tuple[str, ...]
    documents: tuple[Document, ...]
    sent_on: date
    due_on: date | None = None
    late: bool = False


class WebinarHeld(Event):
    """The panel was trained and the organisation of the audit discussed (IQAA, S2.e.1). `topics` are words of the rulebook."""

    under: ClassVar = {_IQAA: ("S2.e.1",)}
    correctable: ClassVar = frozenset({"held_on"})
    case_id: str
    attended: tuple[str, ...]
    topics: tuple[str, ...]
    held_on: date


class BriefingHeld(Event):
    """The panel was briefed right before the trip (IQAA, S2.e.2)."""

    under: ClassVar = {_IQAA: ("S2.e.2",)}
    correctable: ClassVar = frozenset({"held_on"})
    case_id: str
    attended: tuple[str, ...]
    held_on: date


class ReportStudied(Event):
    """A member confirmed that he has studied the self-assessment report (order 109, p. 16)."""

    under: ClassVar = {_ORDER_109: ("16",)}
    case_id: str
    expert_id: str
    studied_on: date


class VisitStarted(Event):
    """The commission is at the institution: the first day of the visit (order 109, p. 15; IQAA, S2.f.1)."""

    under: ClassVar = {_ORDER_109: ("15",), _IQAA: ("S2.f.1",)}
    correctable: ClassVar = frozenset({"started_on"})

    case_id: str
    started_on: date


class VisitInterrupted(Event):
    """The visit was broken off, as by force majeure: its dates stand no more, and it is held anew in days that are announced.

    Both texts are silent. The experts prepare again: they confirm their study (order 109, p. 16), they are briefed (IQAA, S2.e.2).
    """

    under: ClassVar = {_ORDER_109: ("16",), _IQAA: ("S2.e.2",)}
    correctable: ClassVar = frozenset({"interrupted_on"})
    case_id: str
    reason: Text
    interrupted_on: date


class VisitCompleted(Event):
    """The visit ended (order 109, p. 15; IQAA, S2.f.1). The report's term runs from here."""

    under: ClassVar = {_ORDER_109: ("15",), _IQAA: ("S2.f.1",)}
    correctable: ClassVar = frozenset({"ended_on"})
    case_id: str
    ended_on: date


class VisitReportSubmitted(Event):
    """The panel's report on the visit (order 109, p. 9.6, 17; IQAA, S2.f.2, S2.g). It is never changed: a corrected one stands apart.

    `signed_by` are the experts who signed it, where that was told; `dissent` is what some of them hold otherwise.
    """

    under: ClassVar = {_ORDER_109: ("9.6", "17"), _IQAA: ("S2.f.2", "S2.g")}
    correctable: ClassVar = frozenset({"submitted_on"})
    case_id: str
    document: Document
    findings: Text
    recommendations: tuple[Text, ...]
    submitted_on: date
    remarks: tuple[Text, ...] = ()
    good_practice: tuple[Text, ...] = ()
    purposes: tuple[PurposeFinding, ...] = ()
    findings_by_criterion: tuple[CriterionFinding, ...] = ()
    signed_by: tuple[str, ...] = ()
    dissent: Text | None = None


class ReportSentForCheck(Event):
    """The coordinator sent the institution the report, so that factual inaccuracies can be removed (IQAA, S2.h)."""

    under: ClassVar = {_IQAA: ("S2.h",)}
    correctable: ClassVar = frozenset({"sent_on"})
    case_id: str
    sent_on: date


class FactualCheckAnswered(Event):
    """The institution named the inaccuracies; none is an answer too (IQAA, S2.h)."""

    under: ClassVar = {_IQAA: ("S2.h",)}
    correctable: ClassVar = frozenset({"answered_on"})
    case_id: str
    corrections: tuple[Inaccuracy, ...]
    answered_on: date


class FactualCheckClosed(Event):
    """Every correction was accepted or not, with reasons (IQAA, S2.h).

    `report` is the corrected one; `without_answer` is why the institution's answer was not awaited.
    """

    under: ClassVar = {_IQAA: ("S2.h",)}
    correctable: ClassVar = frozenset({"closed_on"})
    case_id: str
    rulings: tuple[Ruling, ...] = ()
    report: Document | None = None
    without_answer: Text | None = None
    closed_on: date


class VisitSuspended(Event):
    """The agency suspended the case: until it is resumed nothing is taken and nothing is done. Both rulebooks are silent on it."""

    case_id: str
    reason: Text
    suspended_on: date


class VisitResumed(Event):
    """The case goes on: the visit stands where it stood."""

    case_id: str
    resumed_on: date


class VisitClosed(Event):
    """The case ended without more to do here: withdrawn, terminated, discontinued or decided."""

    case_id: str
    reason: Text
    closed_on: date


class ExpertCorrected(FactCorrected):
    """What is known of an expert was recorded wrongly."""

    expert_id: str


class VisitCorrected(FactCorrected):
    """A fact of a visit was recorded wrongly: a day from which terms run, or the act of the panel."""

    case_id: str


EVENTS = Catalogue(
    "visits",
    {
        "expert": [ExpertRegistered, ExpertCorrected],
        "visit": [
            VisitOpened,
            PanelFormed,
            CompositionTold,
            ExpertObjected,
            ObjectionDecided,
            ExpertDroppedOut,
            ExpertReplaced,
            PanelContinued,
            VisitAnnounced,
            MaterialsSent,
            WebinarHeld,
            BriefingHeld,
            ReportStudied,
            VisitStarted,
            VisitInterrupted,
            VisitCompleted,
            VisitReportSubmitted,
            ReportSentForCheck,
            FactualCheckAnswered,
            FactualCheckClosed,
            VisitSuspended,
            VisitResumed,
            VisitClosed,
            VisitCorrected,
        ],
        "monitoring_visit": MONITORING_VISIT,
        "attestation": list(COMMISSION_EVENTS),
        "control": list(CONTROL_EVENTS),
        "learner": list(LEARNER_EVENTS),
        "conclusion": list(CONCLUSION_EVENTS),
        "recheck": list(RECHECK_EVENTS),
    },
)
