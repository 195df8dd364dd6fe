"""What a detail tells besides its own row. Nothing is decided here."""

from datetime import date

from chassis.actions import problem_of
from chassis.auth import Principal, Role
from chassis.decider import Command
from chassis.problems import Problem
from services.visits.domain.callers import must_have_to_study, must_lead
from services.visits.domain.dates import Rules
from services.visits.domain.panel import FormPanel, check_report_in
from services.visits.domain.preparation import ConfirmReportStudied, SendMaterials, final_version_in
from services.visits.domain.report import SubmitVisitReport
from services.visits.domain.state import Visit
from services.visits.domain.visit import CompleteVisit, InterruptVisit, StartVisit


def barred(caller: Principal, state: Visit, rules: Rules, final_version_on: date | None) -> dict[type[Command], Problem | None]:
    """What facts beyond the visit say against a command: the self-assessment report's final version, the caller's seat in the panel."""
    leads = problem_of(must_lead, state, caller.subject)
    tells_the_course = None if caller.has(Role.coordinator) else leads
    return {
        FormPanel: problem_of(check_report_in, final_version_on, rules),
        SendMaterials: problem_of(final_version_in, final_version_on, rules),
        ConfirmReportStudied: problem_of(must_have_to_study, state, caller.subject),
        StartVisit: tells_the_course,
        InterruptVisit: tells_the_course,
        CompleteVisit: tells_the_course,
        SubmitVisitReport: leads,
    }
