"""Review's commands: load, decide, append."""

from chassis.context import Accepted, Context
from chassis.documents import Document
from services.review import contract
from services.review.domain.report import (
    REPORT,
    IssueRecommendations,
    OpenSelfAssessment,
    ReceiveElectronicReport,
    ReceivePaperReport,
    ReviewReport,
)
from services.review.schemas import PaperReceipt, Recommendations, Review


async def open_self_assessment(ctx: Context, request: contract.OpenSelfAssessment) -> Accepted:
    """Opens the self-assessment of a case; once."""
    command = ctx.command(OpenSelfAssessment, **request.model_dump(exclude={"agency"}))
    return await ctx.execute(REPORT, request.case_id, command, create=True)


async def receive_electronic_report(ctx: Context, case_id: str, body: Document) -> Accepted:
    """Takes the electronic form from the institution's own officer."""
    command = ctx.command(ReceiveElectronicReport, document=body)
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
