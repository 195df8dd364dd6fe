"""One monitoring cycle: report, study, visit or no visit, then the agency's assessment or the council's decision.

What the regulation lacks is not asked for; where it is silent a person decides, and that is recorded.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from chassis.corrections import Correctable
from chassis.decider import Command, Decider, Guard, always
from chassis.documents import Document
from chassis.events import Event
from chassis.ids import derived_id
from chassis.problems import Conflict, Invalid
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.monitoring.contract import (
    AcceptanceTold,
    AdditionalInformationProvided,
    AdditionalInformationRequested,
    CouncilFileSent,
    CycleClosed,
    CycleCorrected,
    CycleOpened,
    DecisionReferred,
    ExpertsEngaged,
    InterimReportRejected,
    InterimReportSubmitted,
    MeasuresAnalysed,
    MeasureVerdict,
    OutcomeRuled,
    ReportChangesRequested,
    ReportStudied,
    ResultAssessed,
    VisitDecided,
    VisitDecisionTold,
)
from services.monitoring.domain import assessment, cycle_guards, report
from services.monitoring.domain import cycle_rules as of
from services.monitoring.domain.assessment import Analysis, Assessment, Followed
from services.monitoring.domain.cycle_rules import AAKR, SAPATTUU
from services.monitoring.domain.cycle_state import Cycle, evolve
from services.monitoring.domain.report import Known, Rejection, Report, Study


class CycleCommand(Command):
    """A command to one cycle. `rulebook`: the version that the follow-up runs under by now, where it adopted another one since."""

    rulebook: RulebookRef | None = None


class OpenCycle(Command):
    """The window of a report has come."""

    records = (CycleOpened,)

    cycle_id: str
    followup_id: str
    certificate_id: str
    institution_id: str
    rulebook: RulebookRef
    kind: str | None
    cycle: int
    period_from: date
    period_until: date
    expected_on: date | None = None
    valid_until: date


class SubmitReport(CycleCommand):
    """The institution hands in its report; `received_on` where it came on an earlier day than it is recorded."""

    records = (InterimReportSubmitted,)

    report: Report
    known: Known = Known()
    received_on: date | None = None


class RejectReport(CycleCommand):
    """The agency rejects it."""

    records = (InterimReportRejected,)

    rejection: Rejection


class RequestChanges(CycleCommand):
    """The agency asks for changes of it."""

    records = (ReportChangesRequested,)

    changes: str
    due_on: date


class StudyReport(CycleCommand):
    """The agency has studied it."""

    records = (ReportStudied,)

    study: Study


class RequestInformation(CycleCommand):
    """The agency asks for more."""

    records = (AdditionalInformationRequested,)

    what: str
    due_on: date


class ProvideInformation(CycleCommand):
    """The institution answers request number `request`."""

    records = (AdditionalInformationProvided,)

    request: int
    information: str
    documents: tuple[Document, ...] = ()


class EngageExperts(CycleCommand):
    """The agency brings in experts; `panel` is the commission that accredited."""

    records = (ExpertsEngaged,)

    experts: tuple[str, ...]
    reasons: str
    panel: tuple[str, ...] = ()


class AnalyseMeasures(CycleCommand):
    """Experts and referent have analysed the measures."""

    records = (MeasuresAnalysed,)

    analysis: Analysis
    followed: Followed = Followed()


class DecideVisit(CycleCommand):
    """Visit or no visit; `director`: the Director asks."""

    records = (VisitDecided,)

    word: str
    reasons: str
    director: bool


class TellVisitDecision(CycleCommand):
    """The institution was told of it."""

    records = (VisitDecisionTold,)

    outgoing_number: str
    document: Document | None = None
    told_on: date


class AssessResult(CycleCommand):
    """The agency assesses the result."""

    records = (ResultAssessed,)

    assessment: Assessment
    followed: Followed = Followed()


class TellAcceptance(CycleCommand):
    """The institution was told that its report is accepted."""

    records = (AcceptanceTold,)

    outgoing_number: str
    document: Document | None = None
    told_on: date


class RuleOutcome(CycleCommand):
    """A person rules what follows a result that is not positive."""

    records = (OutcomeRuled,)

    ruling: str


class SendCouncilFile(CycleCommand):
    """The file goes to the council; without verdicts those of the analysis stand."""

    records = (CouncilFileSent,)

    documents: tuple[Document, ...] = ()
    verdicts: tuple[MeasureVerdict, ...] = ()
    followed: Followed = Followed()


class ReferDecision(CycleCommand):
    """A failure is laid before those who may decide on a sanction."""

    records = (DecisionReferred,)

    ground: str
    known: Known = Known()


class CloseCycle(CycleCommand):
    """Nothing more is asked of anybody."""

    records = (CycleClosed,)

    outcome: str


AnyCommand = (
    OpenCycle
    | SubmitReport
    | RejectReport
    | RequestChanges
    | StudyReport
    | RequestInformation
    | ProvideInformation
    | EngageExperts
    | AnalyseMeasures
    | DecideVisit
    | TellVisitDecision
    | AssessResult
    | TellAcceptance
    | RuleOutcome
    | SendCouncilFile
    | ReferDecision
    | CloseCycle
)


def cycle_id(followup_id: str, cycle: int) -> str:
    """The id of the cycle with this number, from 1 on, of a follow-up."""
    return derived_id("cycle", followup_id, str(cycle))


def decide(command: AnyCommand, state: Cycle, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow; none where what is asked is so already."""
    today = local_date(command.at, rules.zone)
    match command:
        case OpenCycle():
            return [] if state.opened else [_open(command, rules, today)]
        case SubmitReport():
            return [report.submit(rules, state, command.report, command.known, _received(command, state, today))]
        case RejectReport():
            return [report.reject(rules, state, command.rejection, today)]
        case RequestChanges():
            return [report.request_changes(rules, state, command.changes, command.due_on, today)]
        case StudyReport():
            return [report.study(rules, state, command.study, today)]
        case RequestInformation():
            return [_request(command, state, today)]
        case ProvideInformation():
            return [_provide(command, state, today)]
        case EngageExperts():
            return [assessment.engage(rules, state, command.experts, command.reasons, command.panel, today)]
        case AnalyseMeasures():
            return [assessment.analyse(rules, state, command.analysis, command.followed, today)]
        case DecideVisit():
            return [assessment.decide_visit(rules, state, command.word, command.reasons, command.by, command.director, today)]
        case TellVisitDecision():
            return [assessment.tell_visit(rules, state, command.outgoing_number, command.document, command.told_on, today)]
        case AssessResult():
            return [assessment.assess(rules, state, command.assessment, command.followed, today)]
        case TellAcceptance():
            return [assessment.tell_acceptance(rules, state, command.outgoing_number, command.document, command.told_on, today)]
        case RuleOutcome():
            return [assessment.rule(state, command.ruling, command.by, today)]
        case SendCouncilFile():
            return [assessment.send_file(rules, state, command.documents, command.verdicts, command.followed, today)]
        case ReferDecision():
            return assessment.refer(rules, state, command.ground, command.known, today)
        case CloseCycle():
            return [] if state.closed else [_close(command, state, today)]


@enforces(AAKR, "II.3", "II.4.e")
@enforces(SAPATTUU, "2.5.p2.s1")
def _open(command: OpenCycle, rules: Rulebook, today: date) -> CycleOpened:
    """For a certificate of which a report is due, over a period."""
    if not of.reports(rules, command.kind):
        kinds = rules.documents[of.report_kind(rules)].required_for
        of.refuse(
            rules, None, f"no report is due for {command.kind or 'a certificate that nobody has classified'}", f"one of: {', '.join(kinds)}"
        )
    if command.period_until < command.period_from:
        raise Invalid(f"no period runs from {command.period_from} to {command.period_until}")
    fields = command.model_dump(exclude={"at", "by", "rulebook"})
    return CycleOpened(**fields, rulebook=command.rulebook, opened_on=today)


def _received(command: SubmitReport, state: Cycle, today: date) -> date:
    """The day of receipt: today, or an earlier one since the one before came."""
    on = command.received_on or today
    first = state.report.submitted_on if state.report else None
    if on > today or (first is not None and on < first):
        detail = f"a day from {first} to {today}" if first else f"a day until {today}"
        raise Invalid(f"no report came on {on}", errors=[{"pointer": "#/received_on", "detail": detail}])
    return on


@enforces(AAKR, "II.1")
def _request(command: RequestInformation, state: Cycle, today: date) -> AdditionalInformationRequested:
    if command.due_on < today:
        raise Invalid(f"{command.due_on} is over", errors=[{"pointer": "#/due_on", "detail": f"a day from {today} on"}])
    return AdditionalInformationRequested(
        **_ids(state), request=len(state.requests) + 1, what=command.what, due_on=command.due_on, requested_on=today
    )


@enforces(AAKR, "II.1")
def _provide(command: ProvideInformation, state: Cycle, today: date) -> AdditionalInformationProvided:
    if command.request not in (open_ := [each.request for each in state.unanswered]):
        raise Conflict(f"request {command.request} is not open; these are: {', '.join(map(str, open_))}")
    return AdditionalInformationProvided(
        **_ids(state), request=command.request, information=command.information, documents=command.documents, provided_on=today
    )


def _close(command: CloseCycle, state: Cycle, today: date) -> CycleClosed:
    return CycleClosed(**_ids(state), outcome=command.outcome, closed_on=today)


def _ids(state: Cycle) -> dict[str, str]:
    opened = state.terms
    return {"cycle_id": opened.cycle_id, "followup_id": opened.followup_id, "institution_id": opened.institution_id}


def _rules(command: AnyCommand, state: Cycle) -> Rulebook:
    return resolve(command.rulebook or state.terms.rulebook)


GUARDS: Mapping[type[Command], Guard] = {
    OpenCycle: always,
    SubmitReport: cycle_guards.submission,
    RejectReport: cycle_guards.rejection,
    RequestChanges: cycle_guards.change_request,
    StudyReport: cycle_guards.study,
    RequestInformation: cycle_guards.information_request,
    ProvideInformation: cycle_guards.information,
    EngageExperts: cycle_guards.experts,
    AnalyseMeasures: cycle_guards.analysis,
    DecideVisit: cycle_guards.visit_decision,
    TellVisitDecision: cycle_guards.visit_notice,
    AssessResult: cycle_guards.assessed,
    TellAcceptance: cycle_guards.acceptance_notice,
    RuleOutcome: cycle_guards.outcome,
    SendCouncilFile: cycle_guards.council_file,
    ReferDecision: cycle_guards.referral,
    CloseCycle: always,
}

CYCLE: Decider[Cycle, Rulebook] = Decider("cycle", Cycle(), decide, evolve, _rules, GUARDS)


def corrections(today: date) -> Correctable:
    """How a cycle is corrected on a day: nobody is told of a decision before it, nor on a day to come."""

    def check(state: Cycle) -> None:
        pairs = (
            ("the notice of the decision on a visit", state.told, state.visit.decided_on if state.visit else today),
            ("the notice of acceptance", state.accepted, state.assessed.assessed_on if state.assessed else today),
        )
        for name, notice, first in pairs:
            if notice is not None and not first <= notice.told_on <= today:
                raise Conflict(f"{name} was sent on a day from {first} to {today}, not on {notice.told_on}")

    return Correctable(CYCLE, CycleCorrected, lambda state: {"cycle_id": state.terms.cycle_id}, check)
