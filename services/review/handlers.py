"""Review's commands: load, decide, append."""

from sqlalchemy import select

from chassis.context import Accepted, Context
from chassis.corrections import Correctable, Correction
from chassis.documents import Document
from chassis.problems import NotFound
from regulations import RulebookRef, local_date, resolve
from services.review import contract
from services.review.domain.correction import check_right
from services.review.domain.report import (
    REPORT,
    IssueRecommendations,
    OpenSelfAssessment,
    ReceiveElectronicReport,
    ReceivePaperReport,
    ReviewReport,
    must_be_concluded,
    must_be_unopened,
)
from services.review.domain.standing import Close, Resume, StandingCommand, Suspend
from services.review.domain.versions import (
    AcceptReport,
    ExamineVersion,
    HoldPreliminaryAudit,
    ResubmitVersion,
    SendResults,
    SetOutline,
    SubmitVersion,
)
from services.review.readmodels import cases
from services.review.schemas import (
    ElectronicReport,
    Examination,
    FinalVersion,
    Opening,
    Outline,
    PaperReceipt,
    PreliminaryAudit,
    Recommendations,
    ReportVersion,
    Review,
)


async def open_self_assessment(ctx: Context, request: contract.OpenSelfAssessment) -> Accepted:
    """Opens the self-assessment of a case; once."""
    command = ctx.command(OpenSelfAssessment, **request.model_dump(exclude={"agency"}))
    return await ctx.execute(REPORT, request.case_id, command, create=True)


async def open_concluded(ctx: Context, body: Opening) -> Accepted:
    """Opens the self-assessment of a case whose contract is concluded, as intake told of both; Conflict if it is open."""
    case = await ctx.row(select(cases.table).where(cases.c.case_id == body.case_id))
    if case is None or case["institution_id"] is None:
        raise NotFound(f"no case {body.case_id} is registered")
    rules = resolve(RulebookRef.model_validate(case["rulebook"]))
    must_be_concluded(case["concluded_on"], rules)
    named = ("case_id", "institution_id", "kind", "standards", "standards_version")
    command = ctx.command(OpenSelfAssessment, rulebook=rules.ref, **{name: case[name] for name in named})
    return await ctx.execute(REPORT, body.case_id, command, create=True, guard=must_be_unopened)


async def suspend(ctx: Context, step: contract.CaseStep) -> None:
    """The case stands still, and its self-assessment with it; nothing where there is none."""
    await _stand(ctx, step, ctx.command(Suspend, reason=step.reason))


async def resume(ctx: Context, step: contract.CaseStep) -> None:
    """The case goes on."""
    await _stand(ctx, step, ctx.command(Resume))


async def close(ctx: Context, step: contract.CaseStep) -> None:
    """The case has ended."""
    await _stand(ctx, step, ctx.command(Close, reason=step.reason))


async def _stand(ctx: Context, step: contract.CaseStep, command: StandingCommand) -> None:
    _, version = await ctx.load(REPORT, step.case_id)
    if version:
        await ctx.execute(REPORT, step.case_id, command)


async def receive_electronic_report(ctx: Context, case_id: str, body: ElectronicReport) -> Accepted:
    """Takes the electronic form from the institution's own officer."""
    document = Document(kind=body.kind, name=body.name, sha256=body.sha256)
    command = ctx.command(ReceiveElectronicReport, document=document, sections=body.sections)
    return await ctx.execute(REPORT, case_id, command, guard=ctx.guard_institution)


async def receive_paper_report(ctx: Context, case_id: str, body: PaperReceipt) -> Accepted:
    """Records that the paper form arrived."""
    return await ctx.execute(REPORT, case_id, ctx.command(ReceivePaperReport, incoming_number=body.incoming_number))


async def review_report(ctx: Context, case_id: str, body: Review) -> Accepted:
    """Records the body's review."""
    return await ctx.execute(REPORT, case_id, ctx.command(ReviewReport, findings=body.findings))


async def issue_recommendations(ctx: Context, case_id: str, body: Recommendations) -> Accepted:
    """Sends the body's recommendations to the institution."""
    return await ctx.execute(REPORT, case_id, ctx.command(IssueRecommendations, recommendations=body.recommendations))


async def set_outline(ctx: Context, case_id: str, body: Outline) -> Accepted:
    """Records the sections that the agency's standards and criteria ask for."""
    return await ctx.execute(REPORT, case_id, ctx.command(SetOutline, sections=body.sections))


async def submit_version(ctx: Context, case_id: str, body: ReportVersion) -> Accepted:
    """Takes a version of the report from the institution's own officer."""
    command = ctx.command(SubmitVersion, sections=body.sections, documents=body.documents, annexes=body.annexes)
    return await ctx.execute(REPORT, case_id, command, guard=ctx.guard_institution)


async def examine_version(ctx: Context, case_id: str, body: Examination) -> Accepted:
    """Records the technical examination of the newest version."""
    command = ctx.command(ExamineVersion, summary=body.summary, findings=body.findings, rework_needed=body.rework == "needed")
    return await ctx.execute(REPORT, case_id, command)


async def send_results(ctx: Context, case_id: str) -> Accepted:
    """Sends the results of the examination to the institution."""
    return await ctx.execute(REPORT, case_id, ctx.command(SendResults))


async def resubmit_version(ctx: Context, case_id: str, body: FinalVersion) -> Accepted:
    """Takes the examined version as the final one from the institution's own officer."""
    return await ctx.execute(REPORT, case_id, ctx.command(ResubmitVersion, annexes=body.annexes), guard=ctx.guard_institution)


async def accept_report(ctx: Context, case_id: str) -> Accepted:
    """Takes the newest version as final for the agency."""
    return await ctx.execute(REPORT, case_id, ctx.command(AcceptReport))


async def hold_preliminary_audit(ctx: Context, case_id: str, body: PreliminaryAudit) -> Accepted:
    """Records the preliminary audit."""
    command = ctx.command(HoldPreliminaryAudit, held_on=body.held_on, note=body.note, document=body.document)
    return await ctx.execute(REPORT, case_id, command)


async def correct_report(ctx: Context, case_id: str, body: Correction) -> Accepted:
    """Puts a wrongly recorded fact right, where the report could have come about so."""
    state, _ = await ctx.load(REPORT, case_id)
    if state.rulebook is None:
        raise NotFound(f"there is no report of case {case_id}")
    on = local_date(ctx.at, resolve(state.rulebook).zone)
    how = Correctable(REPORT, contract.ReportCorrected, lambda right: {"case_id": right.case_id}, lambda right: check_right(right, on))
    return await ctx.correct(how, case_id, body, on)
