"""What council publishes. A consideration has the id of its case; a certificate's id is derived from it, so a case has one for each
time that it is decided. The facts stand in `contract_*.py`; others import this module alone."""

from datetime import date

from pydantic import BaseModel, Field

from chassis.events import Catalogue
from regulations import RulebookRef

# What is published again, alias by alias.
# isort: off
from chassis.due import Due as Due, RunDue as RunDue
from services.council.contract_cases import (
    ConclusionDrafted as ConclusionDrafted,
    ConsiderationClosed as ConsiderationClosed,
    ConsiderationCorrected as ConsiderationCorrected,
    ConsiderationOpened as ConsiderationOpened,
    ConsiderationResumed as ConsiderationResumed,
    ConsiderationSuspended as ConsiderationSuspended,
    DecisionAdopted as DecisionAdopted,
    Deviation as Deviation,
    MaterialsPrepared as MaterialsPrepared,
    MemberRecused as MemberRecused,
    PresentationPrepared as PresentationPrepared,
    PresidingStatement as PresidingStatement,
    Proposal as Proposal,
    ReportChecked as ReportChecked,
    ScopeDecision as ScopeDecision,
    SecretBallotCounted as SecretBallotCounted,
    VoteCast as VoteCast,
)
from services.council.contract_certificates import (
    OVERTURNED as OVERTURNED,
    REVOKE_CERTIFICATE as REVOKE_CERTIFICATE,
    RUN_DUE as RUN_DUE,
    SUSPEND_CERTIFICATE as SUSPEND_CERTIFICATE,
    AuthorisedBodyNotified as AuthorisedBodyNotified,
    BlankNumber as BlankNumber,
    BlankSpoiled as BlankSpoiled,
    BlanksReceived as BlanksReceived,
    CertificateCorrected as CertificateCorrected,
    CertificateEnded as CertificateEnded,
    CertificateExpired as CertificateExpired,
    CertificateExtended as CertificateExtended,
    CertificateIssued as CertificateIssued,
    CertificateReceived as CertificateReceived,
    CertificateRecorded as CertificateRecorded,
    CertificateReissued as CertificateReissued,
    CertificateRestored as CertificateRestored,
    CertificateRevoked as CertificateRevoked,
    CertificateSanction as CertificateSanction,
    CertificateSuspended as CertificateSuspended,
    DuplicateIssued as DuplicateIssued,
    DuplicatePaid as DuplicatePaid,
    DuplicateRequested as DuplicateRequested,
    NationalRegisterTold as NationalRegisterTold,
    Recommendation as Recommendation,
    RegisterEntryMade as RegisterEntryMade,
    RenewalWindowClosed as RenewalWindowClosed,
    RenewalWindowOpened as RenewalWindowOpened,
    SuspensionTermEnded as SuspensionTermEnded,
)
from services.council.contract_imports import CertificatesImported as CertificatesImported
from services.council.contract_meetings import (
    AttendanceRecorded as AttendanceRecorded,
    BallotKind as BallotKind,
    CompositionChanged as CompositionChanged,
    CouncilComposed as CouncilComposed,
    CouncilCorrected as CouncilCorrected,
    CouncilMember as CouncilMember,
    Group as Group,
    MeetingConvened as MeetingConvened,
    MeetingCorrected as MeetingCorrected,
    MinutesSigned as MinutesSigned,
    Outcome as Outcome,
    Seat as Seat,
    Vote as Vote,
)
from services.council.contract_papers import (
    CertificateDocumentMade as CertificateDocumentMade,
    CredentialIssued as CredentialIssued,
    PaperLanguage as PaperLanguage,
)
from services.council.contract_remedies import (
    AppealCommissionFormed as AppealCommissionFormed,
    AppealDecided as AppealDecided,
    AppealFiled as AppealFiled,
    AppealOutcome as AppealOutcome,
    Channel as Channel,
    Commissioner as Commissioner,
    ComplaintCorrected as ComplaintCorrected,
    ComplaintDecided as ComplaintDecided,
    ComplaintFiled as ComplaintFiled,
    DecisionEntered as DecisionEntered,
    DecisionNoticeSent as DecisionNoticeSent,
    DeqarSubmitted as DeqarSubmitted,
    FollowUpAgreed as FollowUpAgreed,
    MinistryInformed as MinistryInformed,
    RefusalNoticeSent as RefusalNoticeSent,
    ReportPublished as ReportPublished,
)
from services.council.contract_resolutions import (
    OPEN_RESOLUTION as OPEN_RESOLUTION,
    InformationPublished as InformationPublished,
    OpenResolution as OpenResolution,
    ResolutionAdopted as ResolutionAdopted,
    ResolutionCorrected as ResolutionCorrected,
    ResolutionDelivered as ResolutionDelivered,
    ResolutionItem as ResolutionItem,
    ResolutionOpened as ResolutionOpened,
)
from services.council.contract_attestations import (
    ATTESTATION_DECISION_EVENTS as ATTESTATION_DECISION_EVENTS,
    END_LICENCE_SUSPENSION as END_LICENCE_SUSPENSION,
    OPEN_ATTESTATION_DECISION as OPEN_ATTESTATION_DECISION,
    AttestationDecided as AttestationDecided,
    AttestationDecisionCorrected as AttestationDecisionCorrected,
    AttestationDecisionOpened as AttestationDecisionOpened,
    AttestationDecisionTold as AttestationDecisionTold,
    DeprivationReferred as DeprivationReferred,
    EndLicenceSuspension as EndLicenceSuspension,
    FineReferred as FineReferred,
    KnowledgeFigures as KnowledgeFigures,
    LicenceRestored as LicenceRestored,
    LicenceSuspended as LicenceSuspended,
    LicenceSuspensionEnded as LicenceSuspensionEnded,
    OpenAttestationDecision as OpenAttestationDecision,
    SpecialtyDecision as SpecialtyDecision,
    SpecialtyProposal as SpecialtyProposal,
)
# isort: on

TASK_QUEUE = "kepil-council"

EVENTS = Catalogue(
    "council",
    {
        "council": [CouncilComposed, CompositionChanged, CouncilCorrected],
        "meeting": [MeetingConvened, AttendanceRecorded, MinutesSigned, MeetingCorrected],
        "consideration": [
            ConsiderationOpened,
            ReportChecked,
            ConclusionDrafted,
            PresentationPrepared,
            MaterialsPrepared,
            MemberRecused,
            VoteCast,
            SecretBallotCounted,
            DecisionAdopted,
            RefusalNoticeSent,
            ReportPublished,
            AppealFiled,
            AppealCommissionFormed,
            AppealDecided,
            DecisionNoticeSent,
            DecisionEntered,
            DeqarSubmitted,
            MinistryInformed,
            FollowUpAgreed,
            ConsiderationSuspended,
            ConsiderationResumed,
            ConsiderationClosed,
            ConsiderationCorrected,
        ],
        "resolution": [ResolutionOpened, ResolutionAdopted, ResolutionDelivered, InformationPublished, ResolutionCorrected],
        "complaint": [ComplaintFiled, ComplaintDecided, ComplaintCorrected],
        "blanks": [BlanksReceived, BlankSpoiled],
        "import": [CertificatesImported],
        "certificate": [
            CertificateIssued,
            RegisterEntryMade,
            AuthorisedBodyNotified,
            RenewalWindowOpened,
            RenewalWindowClosed,
            CertificateExpired,
            CertificateEnded,
            CertificateReissued,
            DuplicateRequested,
            DuplicatePaid,
            DuplicateIssued,
            CertificateRecorded,
            CertificateReceived,
            CertificateSuspended,
            SuspensionTermEnded,
            CertificateRestored,
            CertificateRevoked,
            NationalRegisterTold,
            CertificateExtended,
            CertificateCorrected,
        ],
        "paper": [CertificateDocumentMade],
        "credential": [CredentialIssued],
        "attestation": list(ATTESTATION_DECISION_EVENTS),
    },
)


class OpenConsideration(BaseModel):
    """Activity `council.open_consideration`: both reports are there."""

    agency: str
    case_id: str
    institution_id: str
    rulebook: RulebookRef
    scopes: tuple[str, ...]
    filed_on: date
    registered_on: date


class CaseStep(BaseModel):
    """Activities `council.suspend`, `council.resume`, `council.close`: nothing where no such case is before it, or it is so already."""

    agency: str
    case_id: str
    reason: str = ""


class ReadCase(BaseModel):
    """Activity `council.read_case`: a question about a decided case; no fact follows."""

    agency: str
    case_id: str


class CaseBeforeCouncil(BaseModel):
    """What the council knows of a case whose decision an appeal has sent back."""

    institution_id: str
    rulebook: RulebookRef
    scopes: tuple[str, ...]
    filed_on: date
    registered_on: date
    appeals: int = Field(description="How many there were, with the last")
    remitted: bool = Field(description="Whether it still has to be decided anew")
    certified: tuple[str, ...] = Field((), description="The scopes that stand on a certificate in force")


class CertificateStep(BaseModel):
    """Activities on one certificate: `council.open_renewal_window`, `council.close_renewal_window`, `council.expire_certificate`."""

    agency: str
    certificate_id: str


OPEN_CONSIDERATION = "council.open_consideration"
SUSPEND = "council.suspend"
RESUME = "council.resume"
CLOSE = "council.close"
READ_CASE = "council.read_case"
OPEN_RENEWAL_WINDOW = "council.open_renewal_window"
CLOSE_RENEWAL_WINDOW = "council.close_renewal_window"
EXPIRE_CERTIFICATE = "council.expire_certificate"
