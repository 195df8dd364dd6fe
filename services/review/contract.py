"""What review publishes. A self-assessment report has the id of its case."""

from datetime import date

from pydantic import BaseModel

from chassis.documents import Document
from chassis.events import Catalogue, Event
from chassis.text import ShortText, Text
from regulations import RulebookRef

TASK_QUEUE = "kepil-review"


class SelfAssessmentOpened(Event):
    """The contract is concluded: the institution carries out its self-assessment (order 109, p. 9.2)."""

    case_id: str
    institution_id: str
    rulebook: RulebookRef
    standards: ShortText
    standards_version: ShortText
    opened_on: date


class ElectronicReportReceived(Event):
    """The self-assessment report arrived electronically (order 109, p. 13)."""

    case_id: str
    document: Document
    received_on: date


class PaperReportReceived(Event):
    """The self-assessment report arrived on paper (order 109, p. 13)."""

    case_id: str
    incoming_number: ShortText
    received_on: date


class SelfAssessmentReportReceived(Event):
    """Both forms are there: the report counts as submitted (order 109, p. 9.3, 13)."""

    case_id: str
    received_on: date


class ReportReviewed(Event):
    """The body reviewed the report (order 109, p. 9.4)."""

    case_id: str
    findings: Text
    reviewed_on: date


class RecommendationsIssued(Event):
    """The body's recommendations on the report went to the institution (order 109, p. 9.5)."""

    case_id: str
    recommendations: tuple[Text, ...]
    issued_on: date


EVENTS = Catalogue(
    "review",
    {
        "report": [
            SelfAssessmentOpened,
            ElectronicReportReceived,
            PaperReportReceived,
            SelfAssessmentReportReceived,
            ReportReviewed,
            RecommendationsIssued,
        ]
    },
)


class OpenSelfAssessment(BaseModel):
    """Activity `review.open_self_assessment`: the contract is concluded."""

    agency: str
    case_id: str
    institution_id: str
    rulebook: RulebookRef
    standards: str
    standards_version: str


OPEN_SELF_ASSESSMENT = "review.open_self_assessment"
