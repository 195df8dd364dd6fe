"""What visits shows of conclusions of attestation commissions and of checks at the end of a suspension."""

from sqlalchemy import Boolean, Column, Date, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Event, Recorded
from chassis.readmodels import ReadModel, Write
from services.visits.contract import (
    ConclusionCompleted,
    ConclusionDrawnUp,
    ConclusionSigned,
    RecheckCommissionFormed,
    RecheckHeld,
    RecheckOpened,
    SecondCopyHandedOver,
)

conclusions = ReadModel(
    "conclusions",
    Column("attestation_id", Text, primary_key=True),
    Column("institution_id", Text),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("stage", Text),
    Column("round", Integer),
    Column("sections", JSONB),
    Column("missing_sections", JSONB),
    Column("recommendation", Text),
    Column("specialties", JSONB),
    Column("attachments", JSONB),
    Column("missing_attachments", JSONB),
    Column("figures", JSONB),
    Column("document", JSONB),
    Column("drawn_up_on", Date),
    Column("copies", Integer),
    Column("signed_on", Date),
    Column("confirmed", Boolean),
    Column("receipt", JSONB),
    Column("received_on", Date),
    Column("version", Integer),
    indexes=[["drawn_up_on", "attestation_id"], ["institution_id"], ["stage"]],
)

signatures = ReadModel(
    "conclusion_signatures",
    Column("attestation_id", Text, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("expert_id", Text, primary_key=True),
    Column("signed_on", Date),
)

rechecks = ReadModel(
    "rechecks",
    Column("recheck_id", Text, primary_key=True),
    Column("attestation_id", Text),
    Column("institution_id", Text),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("stage", Text),
    Column("suspension_ends_on", Date),
    Column("specialties", JSONB),
    Column("opened_on", Date),
    Column("members", JSONB),
    Column("chair_id", Text),
    Column("order_number", Text),
    Column("sits_on", Date),
    Column("formed_on", Date),
    Column("verdict", Text),
    Column("findings", Text),
    Column("document", JSONB),
    Column("held_on", Date),
    Column("version", Integer),
    indexes=[["suspension_ends_on", "recheck_id"], ["attestation_id"], ["institution_id"], ["stage"]],
)

ALL = [conclusions, signatures, rechecks]


@conclusions.on(ConclusionDrawnUp)
def _drawn(e: Recorded[ConclusionDrawnUp]) -> Write:
    """A later draft is without what was done with the earlier one."""
    fact = e.event
    told = fact.model_dump(mode="json", exclude={"drawn_up_on"})
    return conclusions.upsert(e, **told, rulebook_id=fact.rulebook.id, stage="drawn_up", drawn_up_on=fact.drawn_up_on, version=e.version)


@conclusions.on(ConclusionSigned)
def _signed(e: Recorded[ConclusionSigned]) -> Write:
    return _change(e, e.event.attestation_id)


@conclusions.on(ConclusionCompleted)
def _completed(e: Recorded[ConclusionCompleted]) -> Write:
    return _change(e, e.event.attestation_id, stage="signed", copies=e.event.copies, signed_on=e.event.signed_on)


@conclusions.on(SecondCopyHandedOver)
def _handed(e: Recorded[SecondCopyHandedOver]) -> Write:
    fact = e.event
    receipt = fact.document.model_dump() if fact.document else None
    told = {"confirmed": fact.confirmed, "receipt": receipt, "received_on": fact.received_on}
    return _change(e, fact.attestation_id, stage="handed_over", **told)


def _change(e: Recorded[Event], attestation_id: str, **values: object) -> Write:
    return conclusions.update(e, {"attestation_id": attestation_id}, **values, version=e.version)


@signatures.on(ConclusionSigned)
def _signature(e: Recorded[ConclusionSigned]) -> Write:
    fact = e.event
    return signatures.upsert(e, attestation_id=fact.attestation_id, round=fact.round, expert_id=fact.expert_id, signed_on=fact.signed_on)


@rechecks.on(RecheckOpened)
def _opened(e: Recorded[RecheckOpened]) -> Write:
    fact = e.event
    told = {**fact.model_dump(exclude={"specialties"}), "specialties": list(fact.specialties)}
    return rechecks.upsert(e, **told, rulebook_id=fact.rulebook.id, stage="opened", version=e.version)


@rechecks.on(RecheckCommissionFormed)
def _formed(e: Recorded[RecheckCommissionFormed]) -> Write:
    fact = e.event
    told = fact.model_dump(include={"chair_id", "order_number", "sits_on", "formed_on"})
    members = [member.model_dump(mode="json") for member in fact.members]
    where = {"recheck_id": fact.recheck_id}
    return rechecks.update(e, where, **told, members=members, stage="commission_formed", version=e.version)


@rechecks.on(RecheckHeld)
def _held(e: Recorded[RecheckHeld]) -> Write:
    fact = e.event
    told = fact.model_dump(include={"verdict", "findings", "held_on"})
    document = fact.document.model_dump()
    return rechecks.update(e, {"recheck_id": fact.recheck_id}, **told, document=document, stage="held", version=e.version)
