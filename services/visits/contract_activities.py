"""What lifecycles ask of visits in an accreditation. `contract` has all of it: nobody else imports this module."""

from pydantic import BaseModel

from regulations import RulebookRef


class OpenVisit(BaseModel):
    """Activity `visits.open_visit`: the case needs its commission."""

    agency: str
    case_id: str
    institution_id: str
    rulebook: RulebookRef
    round: int = 1


OPEN_VISIT = "visits.open_visit"


class CaseStep(BaseModel):
    """Activities `visits.suspend`, `visits.resume` and `visits.close`: nothing where there is no such visit, or it is so already."""

    agency: str
    case_id: str
    reason: str = ""


SUSPEND = "visits.suspend"
RESUME = "visits.resume"
CLOSE = "visits.close"
