"""What visits shows: the pool of experts, every visit, and who sits in which commission."""

from sqlalchemy import Column, Date, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Event, Recorded
from chassis.readmodels import ReadModel, Write
from services.visits.contract import (
    ExpertRegistered,
    PanelFormed,
    ReportStudied,
    VisitAnnounced,
    VisitCompleted,
    VisitOpened,
    VisitReportSubmitted,
    VisitStarted,
)

experts = ReadModel(
    "experts",
    Column("expert_id", Text, primary_key=True),
    Column("name", Text),
    Column("email", Text),
    Column("competences", JSONB),
    Column("languages", JSONB),
    Column("affiliations", JSONB),
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
    Column("starts_on", Date),
    Column("ends_on", Date),
    Column("announced_on", Date),
    Column("waiver", JSONB),
    Column("started_on", Date),
    Column("ended_on", Date),
    Column("document", JSONB),
    Column("findings", Text),
    Column("recommendations", JSONB),
    Column("submitted_on", Date),
    Column("version", Integer),
    indexes=[["opened_on", "case_id"], ["institution_id"], ["stage"]],
)

panel_members = ReadModel(
    "panel_members",
    Column("case_id", Text, primary_key=True),
    Column("expert_id", Text, primary_key=True),
    Column("role", Text),
    Column("studied_on", Date),
    indexes=[["expert_id"]],
)

ALL = [experts, visits, panel_members]


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
    )


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
        submitted_on=fact.submitted_on,
    )


def _change(e: Recorded[Event], case_id: str, **values: object) -> Write:
    return visits.update(e, {"case_id": case_id}, **values, version=e.version)


@panel_members.on(PanelFormed)
def _members(e: Recorded[PanelFormed]) -> list[Write]:
    return [panel_members.upsert(e, case_id=e.event.case_id, expert_id=member.expert_id, role=member.role) for member in e.event.members]


@panel_members.on(ReportStudied)
def _member_studied(e: Recorded[ReportStudied]) -> Write:
    where = {"case_id": e.event.case_id, "expert_id": e.event.expert_id}
    return panel_members.update(e, where, studied_on=e.event.studied_on)
