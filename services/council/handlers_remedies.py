"""Council's commands on complaints, appeals and what follows a decision; what they need from elsewhere is gathered here as facts."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from chassis.context import Accepted, Context
from chassis.events import Recorded
from chassis.ids import new_id
from chassis.problems import NotFound
from regulations import RulebookRef, resolve
from services.council.contract import Commissioner, ConclusionDrafted, ReportChecked, SecretBallotCounted, VoteCast
from services.council.domain import appeal, complaint, notices
from services.council.domain.complaint import COMPLAINT
from services.council.domain.consideration import CONSIDERATION
from services.council.readmodels import meetings
from services.council.readmodels_remedies import case_people, cases, complaints
from services.council.schemas import AppealRuling, NewAppeal
from services.council.schemas_remedies import (
    ComplaintRuling,
    NewAppealCommission,
    NewComplaint,
    NewDecisionNotice,
    NewDeqarSubmission,
    NewFollowUp,
    NewMinistryLetter,
    Publication,
)


async def file_complaint(ctx: Context, body: NewComplaint) -> Accepted:
    """Files a complaint; an institution's officer complains in its own cases alone."""
    known = await ctx.row(select(cases.table).where(cases.c.case_id == body.case_id))
    if known is None or known["rulebook"] is None or not ctx.owns(known["institution_id"]):
        raise NotFound(f"there is no case {body.case_id}")
    before, _ = await ctx.load(CONSIDERATION, body.case_id)
    complaint_id = new_id()
    command = ctx.command(
        complaint.FileComplaint,
        complaint_id=complaint_id,
        institution_id=known["institution_id"],
        rulebook=RulebookRef.model_validate(known["rulebook"]),
        visit_started_on=known["visit_started_on"],
        decided_on=before.decision.adopted_on if before.decision else None,
        **dict(body),
    )
    return await ctx.execute(COMPLAINT, complaint_id, command, create=True)


async def decide_complaint(ctx: Context, complaint_id: str, body: ComplaintRuling) -> Accepted:
    """Records the decision on a complaint."""
    command = ctx.command(
        complaint.DecideComplaint,
        upheld=body.outcome == "upheld",
        decided_by=body.decided_by or "",
        reasons=body.reasons,
        decided_on=body.decided_on,
    )
    return await ctx.execute(COMPLAINT, complaint_id, command)


async def require_no_stay(ctx: Context, case_id: str) -> None:
    """Refused while a complaint is open, if the agency reads that it suspends the procedure."""
    state, _ = await ctx.load(CONSIDERATION, case_id)
    if state.opened is not None:
        complaint.require_no_stay(resolve(state.opened.rulebook), await open_complaints(ctx, case_id))


async def open_complaints(ctx: Context, case_id: str) -> tuple[str, ...]:
    """The complaints of a case that are not decided yet, oldest first."""
    c = complaints.c
    query = select(c.complaint_id).where(c.case_id == case_id, c.decided_on.is_(None)).order_by(c.filed_on, c.complaint_id)
    return tuple(row["complaint_id"] for row in await ctx.rows(query))


async def visits_reported(ctx: Context, case_id: str) -> int:
    """On how many visits of a case a report is there; the first is not asked for."""
    known = await ctx.row(select(cases.table).where(cases.c.case_id == case_id))
    if known is None or known["visit_round"] is None:
        return 1
    return max(1, int(known["visit_round"]) if known["visit_reported"] else int(known["visit_round"]) - 1)


async def file_appeal(ctx: Context, case_id: str, body: NewAppeal) -> Accepted:
    """Records an appeal; an institution's officer appeals in its own cases alone."""
    fields = {**dict(body), "addressed_to": body.addressed_to or ""}
    return await ctx.execute(CONSIDERATION, case_id, ctx.command(appeal.FileAppeal, **fields), guard=ctx.guard_institution)


async def form_commission(ctx: Context, case_id: str, body: NewAppealCommission) -> Accepted:
    """Forms the commission of the pending appeal."""
    members = tuple(Commissioner(**member.model_dump()) for member in body.members)
    command = ctx.command(appeal.FormAppealCommission, members=members, act=body.act, took_part=await _took_part(ctx, case_id))
    return await ctx.execute(CONSIDERATION, case_id, command)


async def decide_appeal(ctx: Context, case_id: str, body: AppealRuling) -> Accepted:
    """Records what was decided on the appeal."""
    return await ctx.execute(CONSIDERATION, case_id, ctx.command(appeal.DecideAppeal, **body.model_dump()))


async def publish_report(ctx: Context, case_id: str, body: Publication) -> Accepted:
    """Records the publication of the report."""
    document = {name: getattr(body, name) for name in ("kind", "name", "sha256")}
    command = ctx.command(notices.PublishReport, document=document, results=body.results, address=body.address)
    return await ctx.execute(CONSIDERATION, case_id, command)


async def send_decision_notice(ctx: Context, case_id: str, body: NewDecisionNotice) -> Accepted:
    """Records a letter on the decision."""
    return await ctx.execute(CONSIDERATION, case_id, ctx.command(notices.SendDecisionNotice, **body.model_dump()))


async def enter_decision(ctx: Context, case_id: str) -> Accepted:
    """Enters what is accredited in the register of decisions and reports."""
    return await ctx.execute(CONSIDERATION, case_id, ctx.command(notices.EnterDecision))


async def submit_to_deqar(ctx: Context, case_id: str, body: NewDeqarSubmission) -> Accepted:
    """Records the submission to DEQAR."""
    return await ctx.execute(CONSIDERATION, case_id, ctx.command(notices.SubmitToDeqar, **dict(body)))


async def inform_ministry(ctx: Context, case_id: str, body: NewMinistryLetter) -> Accepted:
    """Records the letter to the ministry."""
    return await ctx.execute(CONSIDERATION, case_id, ctx.command(notices.InformMinistry, **body.model_dump()))


async def agree_follow_up(ctx: Context, case_id: str, body: NewFollowUp) -> Accepted:
    """Hands the accredited scopes over to monitoring."""
    command = ctx.command(notices.AgreeFollowUp, period_months=body.period_months, reason=body.reason or "")
    return await ctx.execute(CONSIDERATION, case_id, command)


async def _took_part(ctx: Context, case_id: str) -> dict[str, str]:
    """Everybody who took part in a case, in what: its panel, its coordinator, the council that sat, who checked the report."""
    people = {row["person_id"]: row["part"] for row in await ctx.rows(select(case_people.table).where(case_people.c.case_id == case_id))}
    for sat in await ctx.rows(select(meetings.table).where(meetings.c.agenda.contains([case_id]))):
        people |= dict.fromkeys(sat["present"] or (), f"present in the council on {sat['held_on']}")
    return people | parts_of(await ctx.history(CONSIDERATION, case_id))


def parts_of(history: Iterable[Recorded[Any]]) -> dict[str, str]:
    """Who took part in a case by its own facts, votes that an appeal has set aside included."""
    people: dict[str, str] = {}
    for recorded in history:
        match recorded.event:
            case VoteCast(member_id=member):
                people[member] = "voted in the council"
            case ReportChecked(checked_by=person):
                people[person] = "checked the report"
            case ConclusionDrafted():
                people.setdefault(recorded.actor, "drafted the conclusion")
            case SecretBallotCounted(counted_by=tellers):
                people |= {teller: "counted the votes" for teller in tellers if teller not in people}
    return people
