"""What follows a decision of the council: notices, publication, registers, DEQAR, the ministry, the hand-over to monitoring.

Order 109, p. 9.10, 22; IQAA, S3.d to S4.a. Which of them a case has, the rulebook says by its registers and by what its decisions bring
about. Each is done once for a decision; on what was decided anew after an appeal all begin afresh. What the state alone says against a
step is in `aftermath`, and is asked first.
"""

from collections.abc import Sequence
from datetime import date

from chassis.decider import Command
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict
from regulations import Rulebook, enforces
from services.council.contract import (
    DecisionEntered,
    DecisionNoticeSent,
    DeqarSubmitted,
    FollowUpAgreed,
    MinistryInformed,
    RefusalNoticeSent,
    ReportPublished,
)
from services.council.domain.aftermath import (
    DECISIONS,
    FOLLOW_UP,
    NOTICE,
    RESULTS,
    SITE,
    Decided,
    accredited,
    clause_of,
    follow_up_stage,
    refused,
    register_of,
    told_to_ministry,
)
from services.council.domain.clauses import IQAA, KZ, notice_of_refusal, reapplication_from, setting_clause


class SendRefusalNotice(Command):
    """Tells the institution of a refusal in writing."""

    records = (RefusalNoticeSent,)

    reasons: str = ""


class PublishReport(Command):
    """Places the report on the body's website; with the results and the address, where the rulebook asks for them."""

    records = (ReportPublished,)

    document: Document
    results: Document | None = None
    address: str | None = None


class SendDecisionNotice(Command):
    """Tells the institution, or the panel, of the decision."""

    records = (DecisionNoticeSent,)

    channel: str
    outgoing_number: str


class EnterDecision(Command):
    """Enters what is accredited in the register of decisions and reports."""

    records = (DecisionEntered,)


class SubmitToDeqar(Command):
    """Records the submission of the report to DEQAR."""

    records = (DeqarSubmitted,)

    submission: str
    document: Document | None = None


class InformMinistry(Command):
    """Records the letter to the ministry."""

    records = (MinistryInformed,)

    outgoing_number: str


class AgreeFollowUp(Command):
    """Hands the accredited scopes over to monitoring; a period with a reason where the agency has set none."""

    records = (FollowUpAgreed,)

    period_months: int | None = None
    reason: str = ""


AnyCommand = SendRefusalNotice | PublishReport | SendDecisionNotice | EnterDecision | SubmitToDeqar | InformMinistry | AgreeFollowUp


def decide(command: AnyCommand, case: Decided, rules: Rulebook, today: date) -> Sequence[Event]:
    """The fact that follows, or a refusal with its clause."""
    match command:
        case SendRefusalNotice():
            return [_notify(command, case, rules, today)]
        case PublishReport():
            return [_publish(command, case, rules, today)]
        case SendDecisionNotice():
            return [_tell(command, case, rules, today)]
        case EnterDecision():
            return [_enter(case, rules, today)]
        case SubmitToDeqar():
            return [_submit(command, case, today)]
        case InformMinistry():
            return [_inform(command, case, rules, today)]
        case AgreeFollowUp():
            return [_agree(command, case, rules, today)]


@enforces(KZ, "22 (a)", "22 (b)")
def _notify(command: SendRefusalNotice, case: Decided, rules: Rulebook, today: date) -> RefusalNoticeSent:
    if not command.reasons.strip():
        raise refused(rules, notice_of_refusal(rules), "a notice of refusal gives the reasons", "the reasons of the refusal")
    return RefusalNoticeSent(
        case_id=case.opened.case_id,
        reasons=command.reasons,
        reapplication_from=reapplication_from(rules, case.opened.filed_on),
        sent_on=today,
    )


@enforces(KZ, "9.10")
@enforces(IQAA, "S3.f.1")
def _publish(command: PublishReport, case: Decided, rules: Rulebook, today: date) -> ReportPublished:
    results = rules.registers.get(RESULTS)
    if results is not None and command.results is None:
        raise refused(rules, clause_of(results, rules), "the report is published with the results", "the report and the results")
    if results is not None and SITE in results.channels and not command.address:
        raise refused(rules, clause_of(results, rules), "the publication has no address", "the address on the site where it stands")
    return ReportPublished(
        case_id=case.opened.case_id,
        document=command.document,
        published_on=today,
        results=command.results,
        address=command.address,
        during_appeal=case.appeals.pending is not None,
    )


@enforces(IQAA, "S3.d")
def _tell(command: SendDecisionNotice, case: Decided, rules: Rulebook, today: date) -> DecisionNoticeSent:
    register = register_of(NOTICE, rules)
    if command.channel not in register.channels:
        accepts = f"one of: {', '.join(register.channels)}"
        raise refused(rules, clause_of(register, rules), f"the decision is not told to {command.channel}", accepts)
    before = next((each for each in case.after.told if each.channel == command.channel), None)
    if before:
        raise Conflict(f"{command.channel} was told on {before.sent_on}, under No. {before.outgoing_number}")
    return DecisionNoticeSent(case_id=case.opened.case_id, channel=command.channel, outgoing_number=command.outgoing_number, sent_on=today)


@enforces(IQAA, "S3.f.2")
def _enter(case: Decided, rules: Rulebook, today: date) -> DecisionEntered:
    scopes = accredited(case, rules, DECISIONS, register_of(DECISIONS, rules))
    return DecisionEntered(case_id=case.opened.case_id, institution_id=case.opened.institution_id, scopes=scopes, entered_on=today)


@enforces(IQAA, "S3.g")
def _submit(command: SubmitToDeqar, case: Decided, today: date) -> DeqarSubmitted:
    return DeqarSubmitted(
        case_id=case.opened.case_id,
        institution_id=case.opened.institution_id,
        submission=command.submission,
        document=command.document,
        submitted_on=today,
    )


@enforces(IQAA, "S3.h")
def _inform(command: InformMinistry, case: Decided, rules: Rulebook, today: date) -> MinistryInformed:
    name = rules.setting_if_any("ministry_name")
    return MinistryInformed(
        case_id=case.opened.case_id,
        institution_id=case.opened.institution_id,
        outgoing_number=command.outgoing_number,
        informed_on=today,
        ministry=name if isinstance(name, str) else None,
        scopes=told_to_ministry(case, rules),
    )


@enforces(IQAA, "S4.a")
def _agree(command: AgreeFollowUp, case: Decided, rules: Rulebook, today: date) -> FollowUpAgreed:
    stage = follow_up_stage(rules)
    period, reason = rules.setting_if_any("follow_up_period_months"), command.reason.strip()
    if isinstance(period, int):
        if command.period_months not in (None, period):
            accepts = f"a period of {period} months, or none in the request"
            raise refused(rules, setting_clause(rules, "follow_up_period_months"), "the agency has set the period", accepts)
        months = period
    elif command.period_months is None or not reason:
        accepts = "a period in months that a person states with a reason, or one in the agency's settings"
        raise refused(rules, clause_of(stage, rules), '"regular" names no period and the agency has set none', accepts)
    else:
        months = command.period_months
    return FollowUpAgreed(
        case_id=case.opened.case_id,
        institution_id=case.opened.institution_id,
        scopes=accredited(case, rules, FOLLOW_UP, stage),
        period_months=months,
        reason=reason or None,
        agreed_on=today,
    )
