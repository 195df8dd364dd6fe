"""Council's commands before the decision besides those of `handlers`: composition, dossier, secret ballot, minutes, resting."""

from chassis.context import Accepted, Context
from chassis.documents import Document
from chassis.problems import NotFound
from services.council.contract import CaseStep, CouncilMember, Proposal
from services.council.domain import consideration as case
from services.council.domain.consideration import CONSIDERATION
from services.council.domain.council import COUNCIL, ChangeComposition
from services.council.domain.dossier import Check, Draft
from services.council.domain.meeting import MEETING, SignMinutes
from services.council.domain.resolution import RESOLUTION
from services.council.domain.voting import Sitting
from services.council.handlers_remedies import visits_reported
from services.council.schemas import CompositionChange
from services.council.schemas_dossier import BallotCount, ConclusionDraft, ReportCheck, SignedMinutes


async def change_composition(ctx: Context, council_id: str, body: CompositionChange) -> Accepted:
    """Changes who sits in a council, by an act."""
    joined = tuple(CouncilMember(**member.model_dump()) for member in body.joined)
    command = ctx.command(ChangeComposition, joined=joined, left=body.left, act=body.act, changed_on=body.changed_on)
    return await ctx.execute(COUNCIL, council_id, command)


async def check_report(ctx: Context, case_id: str, body: ReportCheck) -> Accepted:
    """Records the department's edited version of the panel's report."""
    check = Check(
        document=body.document,
        changes=body.changes,
        checked_by=body.checked_by or ctx.actor,
        experts_council_protocol=body.experts_council_protocol or "",
        panel_version=body.panel_version,
    )
    command = ctx.command(case.CheckReport, check=check, visits_reported=await visits_reported(ctx, case_id))
    return await ctx.execute(CONSIDERATION, case_id, command)


async def draft_conclusion(ctx: Context, case_id: str, body: ConclusionDraft) -> Accepted:
    """Records the conclusion for the council."""
    proposals = tuple(Proposal(**each.model_dump()) for each in body.proposals)
    draft = Draft(document=body.document, text=body.text, proposals=proposals, references=body.references)
    return await ctx.execute(CONSIDERATION, case_id, ctx.command(case.DraftConclusion, draft=draft))


async def prepare_presentation(ctx: Context, case_id: str, body: Document) -> Accepted:
    """Records the presentation for the council."""
    return await ctx.execute(CONSIDERATION, case_id, ctx.command(case.PreparePresentation, document=body))


async def count_secret_ballot(ctx: Context, case_id: str, body: BallotCount) -> Accepted:
    """Records the tellers' count on one scope."""
    sitting = await sitting_of(ctx, body.meeting_id)
    command = ctx.command(case.CountSecretBallot, sitting=sitting, **body.model_dump(exclude={"meeting_id"}))
    return await ctx.execute(CONSIDERATION, case_id, command)


async def sign_minutes(ctx: Context, meeting_id: str, body: SignedMinutes) -> Accepted:
    """Records the minutes of a meeting."""
    decided_under = await protocols_of(ctx, meeting_id)
    command = ctx.command(SignMinutes, decided_under=decided_under, **dict(body))
    return await ctx.execute(MEETING, meeting_id, command)


async def suspend(ctx: Context, step: CaseStep) -> None:
    """The case stands still; nothing where it is not before the council."""
    await _step(ctx, step.case_id, ctx.command(case.Suspend, reason=step.reason or "No reason was given."))


async def resume(ctx: Context, step: CaseStep) -> None:
    """The case goes on."""
    await _step(ctx, step.case_id, ctx.command(case.Resume))


async def close(ctx: Context, step: CaseStep) -> None:
    """The case has ended."""
    await _step(ctx, step.case_id, ctx.command(case.Close, reason=step.reason or "No reason was given."))


async def sitting_of(ctx: Context, meeting_id: str, *, deciding: bool = False) -> Sitting:
    """What the meeting says; its protocol's numbers too, if a decision is to be taken."""
    state, _ = await ctx.load(MEETING, meeting_id)
    if state.convened is None:
        raise NotFound(f"there is no meeting {meeting_id}")
    met = state.convened
    numbers = await protocols_of(ctx, meeting_id) if deciding else ()
    return Sitting(meeting_id, met.members, met.agenda, state.present, state.quorate, met.ballot, numbers)


async def protocols_of(ctx: Context, meeting_id: str) -> tuple[str, ...]:
    """The numbers under which the meeting's minutes and decisions stand so far: one, or none yet."""
    state, _ = await ctx.load(MEETING, meeting_id)
    numbers = [state.minutes.protocol_number] if state.minutes else []
    for case_id in state.convened.agenda if state.convened else ():
        considered, _ = await ctx.load(CONSIDERATION, case_id)
        if considered.decision is not None and considered.decision.meeting_id == meeting_id:
            numbers.append(considered.decision.protocol_number)
        followed, _ = await ctx.load(RESOLUTION, case_id)
        if followed.adopted is not None and followed.adopted.meeting_id == meeting_id:
            numbers.append(followed.adopted.protocol_number)
    return tuple(dict.fromkeys(numbers))


async def _step(ctx: Context, case_id: str, command: case.Step) -> None:
    _, version = await ctx.load(CONSIDERATION, case_id)
    if version:
        await ctx.execute(CONSIDERATION, case_id, command)
