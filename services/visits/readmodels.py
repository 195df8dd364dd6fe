"""What visits shows: the pool of experts, every visit, and who sits in which commission."""

from collections.abc import Sequence

from sqlalchemy import Boolean, Column, Date, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Event, Recorded
from chassis.readmodels import ReadModel, Write
from services.visits.contract import (
    BriefingHeld,
    CompositionTold,
    ConflictFound,
    ExpertDroppedOut,
    ExpertObjected,
    ExpertRegistered,
    ExpertReplaced,
    FactualCheckAnswered,
    FactualCheckClosed,
    MaterialsSent,
    ObjectionDecided,
    PanelFormed,
    PanelMember,
    ReportSentForCheck,
    ReportStudied,
    VisitAnnounced,
    VisitCompleted,
    VisitOpened,
    VisitReportSubmitted,
    VisitStarted,
    WebinarHeld,
)

experts = ReadModel(
    "experts",
    Column("expert_id", Text, primary_key=True),
    Column("name", Text),
    Column("email", Text),
    Column("competences", JSONB),
    Column("languages", JSONB),
    Column("affiliations", JSONB),
    Column("categories", JSONB),
    Column("employments", JSONB),
    Column("version", Integer),
)

visits = ReadModel(
    "visits",
    Column("case_id", Text, primary_key=True),
    Column("institution_id", Text),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("stage", Text),
    Column("opened_on", Date),
    Column("statute_act", Text),
    Column("formed_on", Date),
    Column("told_on", Date),
    Column("starts_on", Date),
    Column("ends_on", Date),
    Column("announced_on", Date),
    Column("waiver", JSONB),
    Column("length_reason", Text),
    Column("mode", Text),
    Column("mode_reason", Text),
    Column("moved_because", Text),
    Column("materials_sent_on", Date),
    Column("materials_due_on", Date),
    Column("materials_late", Boolean),
    Column("webinar_on", Date),
    Column("briefing_on", Date),
    Column("started_on", Date),
    Column("ended_on", Date),
    Column("document", JSONB),
    Column("findings", Text),
    Column("recommendations", JSONB),
    Column("remarks", JSONB),
    Column("good_practice", JSONB),
    Column("purposes", JSONB),
    Column("submitted_on", Date),
    Column("check_sent_on", Date),
    Column("corrections", JSONB),
    Column("check_answered_on", Date),
    Column("rulings", JSONB),
    Column("corrected_report", JSONB),
    Column("check_without_answer", Text),
    Column("check_closed_on", Date),
    Column("version", Integer),
    indexes=[["opened_on", "case_id"], ["institution_id"], ["stage"]],
)

panel_members = ReadModel(
    "panel_members",
    Column("case_id", Text, primary_key=True),
    Column("expert_id", Text, primary_key=True),
    Column("role", Text),
    Column("category", Text),
    Column("conflicts", JSONB),
    Column("studied_on", Date),
    Column("left_on", Date),
    indexes=[["expert_id"]],
)

objections = ReadModel(
    "objections",
    Column("case_id", Text, primary_key=True),
    Column("expert_id", Text, primary_key=True),
    Column("grounds", Text),
    Column("document", JSONB),
    Column("objected_on", Date),
    Column("upheld", Boolean),
    Column("reasons", Text),
    Column("decided_on", Date),
)

ALL = [experts, visits, panel_members, objections]


@experts.on(ExpertRegistered)
def _expert(e: Recorded[ExpertRegistered]) -> Write:
    fact = e.event
    return experts.upsert(
        e,
        expert_id=fact.expert_id,
        name=fact.name,
        email=fact.email,
        competences=list(fact.competences),
        languages=list(fact.languages),
        affiliations=list(fact.affiliations),
        categories=list(fact.categories),
        employments=[job.model_dump(mode="json") for job in fact.employments],
        version=e.version,
    )


@visits.on(VisitOpened)
def _opened(e: Recorded[VisitOpened]) -> Write:
    fact = e.event
    return visits.upsert(
        e,
        case_id=fact.case_id,
        institution_id=fact.institution_id,
        rulebook=fact.rulebook.model_dump(),
        rulebook_id=fact.rulebook.id,
        stage="opened",
        opened_on=fact.opened_on,
        version=e.version,
    )


@visits.on(PanelFormed)
def _formed(e: Recorded[PanelFormed]) -> Write:
    fact = e.event
    return _change(e, fact.case_id, stage="panel_formed", statute_act=fact.statute_act, formed_on=fact.formed_on)


@visits.on(VisitAnnounced)
def _announced(e: Recorded[VisitAnnounced]) -> Write:
    fact = e.event
    return _change(
        e,
        fact.case_id,
        stage="announced",
        starts_on=fact.starts_on,
        ends_on=fact.ends_on,
        announced_on=fact.announced_on,
        waiver=fact.waiver.model_dump() if fact.waiver else None,
        length_reason=fact.length_reason,
        mode=fact.mode,
        mode_reason=fact.mode_reason,
        moved_because=fact.moved_because,
        briefing_on=None,
    )


@visits.on(CompositionTold)
def _told(e: Recorded[CompositionTold]) -> Write:
    return _change(e, e.event.case_id, told_on=e.event.told_on)


@visits.on(ExpertObjected, ObjectionDecided, ExpertDroppedOut, ExpertReplaced)
def _panel_changed(e: Recorded[ExpertObjected | ObjectionDecided | ExpertDroppedOut | ExpertReplaced]) -> Write:
    return _change(e, e.event.case_id)


@visits.on(MaterialsSent)
def _supplied(e: Recorded[MaterialsSent]) -> Write:
    fact = e.event
    sent = {"materials_sent_on": fact.sent_on, "materials_due_on": fact.due_on, "materials_late": fact.late}
    return _change(e, fact.case_id, **sent)


@visits.on(WebinarHeld)
def _trained(e: Recorded[WebinarHeld]) -> Write:
    return _change(e, e.event.case_id, webinar_on=e.event.held_on)


@visits.on(BriefingHeld)
def _briefed(e: Recorded[BriefingHeld]) -> Write:
    return _change(e, e.event.case_id, briefing_on=e.event.held_on)


@visits.on(ReportStudied)
def _studied(e: Recorded[ReportStudied]) -> Write:
    return _change(e, e.event.case_id)


@visits.on(VisitStarted)
def _started(e: Recorded[VisitStarted]) -> Write:
    return _change(e, e.event.case_id, stage="started", started_on=e.event.started_on)


@visits.on(VisitCompleted)
def _completed(e: Recorded[VisitCompleted]) -> Write:
    return _change(e, e.event.case_id, stage="completed", ended_on=e.event.ended_on)


@visits.on(VisitReportSubmitted)
def _reported(e: Recorded[VisitReportSubmitted]) -> Write:
    fact = e.event
    return _change(
        e,
        fact.case_id,
        stage="reported",
        document=fact.document.model_dump(),
        findings=fact.findings,
        recommendations=list(fact.recommendations),
        remarks=list(fact.remarks),
        good_practice=list(fact.good_practice),
        purposes=[each.model_dump() for each in fact.purposes],
        submitted_on=fact.submitted_on,
    )


@visits.on(ReportSentForCheck)
def _sent_for_check(e: Recorded[ReportSentForCheck]) -> Write:
    return _change(e, e.event.case_id, check_sent_on=e.event.sent_on)


@visits.on(FactualCheckAnswered)
def _answered(e: Recorded[FactualCheckAnswered]) -> Write:
    fact = e.event
    return _change(e, fact.case_id, corrections=[each.model_dump() for each in fact.corrections], check_answered_on=fact.answered_on)


@visits.on(FactualCheckClosed)
def _check_closed(e: Recorded[FactualCheckClosed]) -> Write:
    fact = e.event
    return _change(
        e,
        fact.case_id,
        rulings=[each.model_dump() for each in fact.rulings],
        corrected_report=fact.report.model_dump() if fact.report else None,
        check_without_answer=fact.without_answer,
        check_closed_on=fact.closed_on,
    )


def _change(e: Recorded[Event], case_id: str, **values: object) -> Write:
    return visits.update(e, {"case_id": case_id}, **values, version=e.version)


@panel_members.on(PanelFormed)
def _members(e: Recorded[PanelFormed]) -> list[Write]:
    return [_seated(e, e.event.case_id, member, e.event.conflicts) for member in e.event.members]


@panel_members.on(ExpertReplaced)
def _successor(e: Recorded[ExpertReplaced]) -> Write:
    return _seated(e, e.event.case_id, e.event.successor, e.event.conflicts)


def _seated(e: Recorded[Event], case_id: str, member: PanelMember, conflicts: Sequence[ConflictFound]) -> Write:
    return panel_members.upsert(
        e,
        case_id=case_id,
        expert_id=member.expert_id,
        role=member.role,
        category=member.category,
        conflicts=[each.model_dump() for each in conflicts if each.expert_id == member.expert_id],
        left_on=None,
    )


@panel_members.on(ExpertDroppedOut)
def _left(e: Recorded[ExpertDroppedOut]) -> Write:
    where = {"case_id": e.event.case_id, "expert_id": e.event.expert_id}
    return panel_members.update(e, where, left_on=e.event.dropped_on)


@panel_members.on(ObjectionDecided)
def _removed(e: Recorded[ObjectionDecided]) -> Write | None:
    where = {"case_id": e.event.case_id, "expert_id": e.event.expert_id}
    return panel_members.update(e, where, left_on=e.event.decided_on) if e.event.upheld else None


@panel_members.on(ReportStudied)
def _member_studied(e: Recorded[ReportStudied]) -> Write:
    where = {"case_id": e.event.case_id, "expert_id": e.event.expert_id}
    return panel_members.update(e, where, studied_on=e.event.studied_on)


@objections.on(ExpertObjected)
def _objected(e: Recorded[ExpertObjected]) -> Write:
    fact = e.event
    return objections.upsert(
        e,
        case_id=fact.case_id,
        expert_id=fact.expert_id,
        grounds=fact.grounds,
        document=fact.document.model_dump(),
        objected_on=fact.objected_on,
        upheld=None,
        reasons=None,
        decided_on=None,
    )


@objections.on(ObjectionDecided)
def _ruled(e: Recorded[ObjectionDecided]) -> Write:
    fact = e.event
    where = {"case_id": fact.case_id, "expert_id": fact.expert_id}
    return objections.update(e, where, upheld=fact.upheld, reasons=fact.reasons, decided_on=fact.decided_on)
