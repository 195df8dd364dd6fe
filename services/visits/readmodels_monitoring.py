"""What visits shows of monitoring visits: each as it stands, its group, the institution's objections and the invoices."""

from collections.abc import Sequence

from sqlalchemy import Boolean, Column, Date, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Event, Recorded
from chassis.readmodels import ReadModel, Write
from services.visits.contract import (
    ConflictFound,
    GroupFormed,
    GroupMember,
    GroupMemberObjected,
    GroupMemberReplaced,
    GroupObjectionDecided,
    GroupTold,
    MonitoringVisitHeld,
    MonitoringVisitOpened,
    MonitoringVisitReported,
    VisitCostsInvoiced,
    VisitDatesAgreed,
    VisitOrdered,
)

monitoring_visits = ReadModel(
    "monitoring_visits",
    Column("cycle_id", Text, primary_key=True),
    Column("followup_id", Text),
    Column("certificate_id", Text),
    Column("institution_id", Text),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("kind", Text),
    Column("stage", Text),
    Column("accreditation_panel", JSONB),
    Column("accreditation_officer", Text),
    Column("opened_on", Date),
    Column("leader_id", Text),
    Column("case_officer", Text),
    Column("case_officer_leads", Boolean),
    Column("formation_order", Text),
    Column("formed_on", Date),
    Column("flags", JSONB),
    Column("told_on", Date),
    Column("told_experts", JSONB),
    Column("programme", JSONB),
    Column("starts_on", Date),
    Column("ends_on", Date),
    Column("agreed_by_agency_on", Date),
    Column("agreed_by_institution_on", Date),
    Column("agreed_experts", JSONB),
    Column("order_number", Text),
    Column("ordered_on", Date),
    Column("ordered_experts", JSONB),
    Column("ordered_starts_on", Date),
    Column("ordered_ends_on", Date),
    Column("started_on", Date),
    Column("ended_on", Date),
    Column("document", JSONB),
    Column("findings", JSONB),
    Column("verdicts", JSONB),
    Column("signed_by", JSONB),
    Column("submitted_on", Date),
    Column("version", Integer),
    indexes=[["opened_on", "cycle_id"], ["institution_id"], ["followup_id"], ["stage"]],
)

group_members = ReadModel(
    "group_members",
    Column("cycle_id", Text, primary_key=True),
    Column("expert_id", Text, primary_key=True),
    Column("former_member", Boolean),
    Column("conflicts", JSONB),
    Column("left_on", Date),
    indexes=[["expert_id"]],
)

group_objections = ReadModel(
    "group_objections",
    Column("cycle_id", Text, primary_key=True),
    Column("expert_id", Text, primary_key=True),
    Column("grounds", Text),
    Column("document", JSONB),
    Column("objected_on", Date),
    Column("upheld", Boolean),
    Column("reasons", Text),
    Column("decided_on", Date),
)

visit_invoices = ReadModel(
    "visit_invoices",
    Column("cycle_id", Text, primary_key=True),
    Column("invoice_number", Text, primary_key=True),
    Column("amount", Text),
    Column("currency", Text),
    Column("payer", Text),
    Column("document", JSONB),
    Column("invoiced_on", Date),
)

ALL = [monitoring_visits, group_members, group_objections, visit_invoices]


@monitoring_visits.on(MonitoringVisitOpened)
def _opened(e: Recorded[MonitoringVisitOpened]) -> Write:
    fact = e.event
    return monitoring_visits.upsert(
        e,
        cycle_id=fact.cycle_id,
        followup_id=fact.followup_id,
        certificate_id=fact.certificate_id,
        institution_id=fact.institution_id,
        rulebook=fact.rulebook.model_dump(),
        rulebook_id=fact.rulebook.id,
        kind=fact.kind,
        stage="opened",
        accreditation_panel=list(fact.panel),
        accreditation_officer=fact.case_officer,
        opened_on=fact.opened_on,
        version=e.version,
    )


@monitoring_visits.on(GroupFormed)
def _formed(e: Recorded[GroupFormed]) -> Write:
    fact = e.event
    return _change(
        e,
        fact.cycle_id,
        stage="group_formed",
        leader_id=fact.leader_id,
        case_officer=fact.case_officer,
        case_officer_leads=fact.case_officer_leads,
        formation_order=fact.order_number,
        formed_on=fact.formed_on,
        flags=list(fact.flags),
    )


@monitoring_visits.on(GroupTold)
def _told(e: Recorded[GroupTold]) -> Write:
    fact = e.event
    programme = [item.model_dump(mode="json") for item in fact.programme]
    return _change(e, fact.cycle_id, told_on=fact.told_on, told_experts=list(fact.experts), programme=programme)


@monitoring_visits.on(GroupMemberObjected)
def _objected(e: Recorded[GroupMemberObjected]) -> Write:
    return _change(e, e.event.cycle_id)


@monitoring_visits.on(GroupObjectionDecided)
def _decided(e: Recorded[GroupObjectionDecided]) -> list[Write]:
    """Who leaves leads no more."""
    fact = e.event
    seen = [_change(e, fact.cycle_id)]
    where = {"cycle_id": fact.cycle_id, "leader_id": fact.expert_id}
    return [*seen, monitoring_visits.update(e, where, leader_id=None)] if fact.upheld else seen


@monitoring_visits.on(GroupMemberReplaced)
def _replaced(e: Recorded[GroupMemberReplaced]) -> Write:
    return _change(e, e.event.cycle_id, leader_id=e.event.leader_id, flags=list(e.event.flags))


@monitoring_visits.on(VisitDatesAgreed)
def _agreed(e: Recorded[VisitDatesAgreed]) -> Write:
    fact = e.event
    return _change(
        e,
        fact.cycle_id,
        starts_on=fact.starts_on,
        ends_on=fact.ends_on,
        agreed_by_agency_on=fact.agreed_by_agency_on,
        agreed_by_institution_on=fact.agreed_by_institution_on,
        agreed_experts=list(fact.experts),
    )


@monitoring_visits.on(VisitOrdered)
def _ordered(e: Recorded[VisitOrdered]) -> Write:
    fact = e.event
    return _change(
        e,
        fact.cycle_id,
        order_number=fact.order_number,
        ordered_on=fact.ordered_on,
        ordered_experts=list(fact.experts),
        ordered_starts_on=fact.starts_on,
        ordered_ends_on=fact.ends_on,
    )


@monitoring_visits.on(VisitCostsInvoiced)
def _charged(e: Recorded[VisitCostsInvoiced]) -> Write:
    return _change(e, e.event.cycle_id)


@monitoring_visits.on(MonitoringVisitHeld)
def _held(e: Recorded[MonitoringVisitHeld]) -> Write:
    return _change(e, e.event.cycle_id, stage="held", started_on=e.event.started_on, ended_on=e.event.ended_on)


@monitoring_visits.on(MonitoringVisitReported)
def _reported(e: Recorded[MonitoringVisitReported]) -> Write:
    fact = e.event
    return _change(
        e,
        fact.cycle_id,
        stage="reported",
        document=fact.document.model_dump(),
        findings=[each.model_dump() for each in fact.findings],
        verdicts=[each.model_dump() for each in fact.verdicts],
        signed_by=list(fact.signed_by),
        submitted_on=fact.submitted_on,
    )


def _change(e: Recorded[Event], cycle_id: str, **values: object) -> Write:
    return monitoring_visits.update(e, {"cycle_id": cycle_id}, **values, version=e.version)


@group_members.on(GroupFormed)
def _members(e: Recorded[GroupFormed]) -> list[Write]:
    return [_seated(e, e.event.cycle_id, member, e.event.conflicts) for member in e.event.members]


@group_members.on(GroupMemberReplaced)
def _successor(e: Recorded[GroupMemberReplaced]) -> list[Write]:
    fact = e.event
    writes = [_left(e, fact.cycle_id, fact.expert_id, fact.replaced_on)]
    return writes + ([_seated(e, fact.cycle_id, fact.successor, fact.conflicts)] if fact.successor else [])


@group_members.on(GroupObjectionDecided)
def _removed(e: Recorded[GroupObjectionDecided]) -> Write | None:
    fact = e.event
    return _left(e, fact.cycle_id, fact.expert_id, fact.decided_on) if fact.upheld else None


def _seated(e: Recorded[Event], cycle_id: str, member: GroupMember, conflicts: Sequence[ConflictFound]) -> Write:
    return group_members.upsert(
        e,
        cycle_id=cycle_id,
        expert_id=member.expert_id,
        former_member=member.former_member,
        conflicts=[each.model_dump() for each in conflicts if each.expert_id == member.expert_id],
        left_on=None,
    )


def _left(e: Recorded[Event], cycle_id: str, expert_id: str, day: object) -> Write:
    return group_members.update(e, {"cycle_id": cycle_id, "expert_id": expert_id}, left_on=day)


@group_objections.on(GroupMemberObjected)
def _objection(e: Recorded[GroupMemberObjected]) -> Write:
    fact = e.event
    return group_objections.upsert(
        e,
        cycle_id=fact.cycle_id,
        expert_id=fact.expert_id,
        grounds=fact.grounds,
        document=fact.document.model_dump() if fact.document else None,
        objected_on=fact.objected_on,
        upheld=None,
        reasons=None,
        decided_on=None,
    )


@group_objections.on(GroupObjectionDecided)
def _ruled(e: Recorded[GroupObjectionDecided]) -> Write:
    fact = e.event
    where = {"cycle_id": fact.cycle_id, "expert_id": fact.expert_id}
    return group_objections.update(e, where, upheld=fact.upheld, reasons=fact.reasons, decided_on=fact.decided_on)


@visit_invoices.on(VisitCostsInvoiced)
def _invoiced(e: Recorded[VisitCostsInvoiced]) -> Write:
    fact = e.event
    return visit_invoices.upsert(
        e,
        cycle_id=fact.cycle_id,
        invoice_number=fact.invoice_number,
        amount=fact.amount,
        currency=fact.currency,
        payer=fact.payer,
        document=fact.document.model_dump() if fact.document else None,
        invoiced_on=fact.invoiced_on,
    )
