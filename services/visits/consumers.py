"""What visits takes from review: which versions of the self-assessment report are in, for the panel relies on them (IQAA, S2.b, S2.d)."""

from datetime import date

from chassis.events import Recorded
from chassis.readmodels import Write
from services.review.contract import ReportCorrected, ReportVersionSubmitted, SelfAssessmentReportAccepted
from services.visits.readmodels import self_assessments


@self_assessments.on(ReportVersionSubmitted)
def _submitted(e: Recorded[ReportVersionSubmitted]) -> Write | None:
    if e.event.number > 1:
        return None
    return self_assessments.upsert(e, case_id=e.event.case_id, first_version=e.version, first_version_on=e.event.submitted_on)


@self_assessments.on(SelfAssessmentReportAccepted)
def _accepted(e: Recorded[SelfAssessmentReportAccepted]) -> Write:
    return self_assessments.upsert(e, case_id=e.event.case_id, final_version_on=e.event.accepted_on)


@self_assessments.on(ReportCorrected)
def _corrected(e: Recorded[ReportCorrected]) -> Write | None:
    """A day of review's, as it is right: of the first version alone, where it is of a version."""
    fact, right = e.event, e.event.corrected
    case = {"case_id": fact.case_id}
    if fact.fact == SelfAssessmentReportAccepted.type_name() and "accepted_on" in right:
        return self_assessments.update(e, case, final_version_on=date.fromisoformat(right["accepted_on"]))
    if fact.fact == ReportVersionSubmitted.type_name() and "submitted_on" in right:
        first = {**case, "first_version": fact.version}
        return self_assessments.update(e, first, first_version_on=date.fromisoformat(right["submitted_on"]))
    return None
