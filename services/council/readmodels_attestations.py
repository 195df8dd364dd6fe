"""What council shows of decisions on state attestations and of what followed; `rechecked` is what visits told of the check (p. 36)."""

from sqlalchemy import Boolean, Column, Date, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Event, Recorded
from chassis.readmodels import ReadModel, Write
from services.council.contract import (
    AttestationDecided,
    AttestationDecisionOpened,
    AttestationDecisionTold,
    DeprivationReferred,
    FineReferred,
    LicenceRestored,
    LicenceSuspended,
    LicenceSuspensionEnded,
)
from services.visits.contract import RecheckHeld

decisions = ReadModel(
    "attestation_decisions",
    Column("attestation_id", Text, primary_key=True),
    Column("institution_id", Text),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("kind", Text),
    Column("stage", Text),
    Column("whole", Boolean),
    Column("specialties", JSONB),
    Column("recommendation", Text),
    Column("recommended", JSONB),
    Column("figures", JSONB),
    Column("conclusion_signed_on", Date),
    Column("opened_on", Date),
    Column("decision", Text),
    Column("decided", JSONB),
    Column("conforms", Boolean),
    Column("below", JSONB),
    Column("grounds", Text),
    Column("reading_departure", Text),
    Column("order_number", Text),
    Column("document", JSONB),
    Column("decided_on", Date),
    Column("outgoing_number", Text),
    Column("notice", JSONB),
    Column("told_on", Date),
    Column("suspended_specialties", JSONB),
    Column("suspension_order", Text),
    Column("suspension_reasons", Text),
    Column("suspended_on", Date),
    Column("suspended_until", Date),
    Column("suspension_ended_on", Date),
    Column("restoration_order", Text),
    Column("restored_on", Date),
    Column("referred_to", Text),
    Column("referral_number", Text),
    Column("referral_reasons", Text),
    Column("referral", JSONB),
    Column("referred_on", Date),
    Column("version", Integer),
    indexes=[["opened_on", "attestation_id"], ["institution_id"], ["stage"]],
)

fines = ReadModel(
    "fine_referrals",
    Column("attestation_id", Text, primary_key=True),
    Column("outgoing_number", Text, primary_key=True),
    Column("referred_to", Text),
    Column("addressee", Text),
    Column("referred_on", Date),
)

rechecked = ReadModel(
    "attestation_rechecks",
    Column("attestation_id", Text, primary_key=True),
    Column("recheck_id", Text),
    Column("verdict", Text),
    Column("held_on", Date),
)

ALL = [decisions, fines, rechecked]


@decisions.on(AttestationDecisionOpened)
def _opened(e: Recorded[AttestationDecisionOpened]) -> Write:
    fact = e.event
    days = {"conclusion_signed_on": fact.conclusion_signed_on, "opened_on": fact.opened_on}
    told = fact.model_dump(mode="json", exclude=set(days))
    return decisions.upsert(e, **told, **days, rulebook_id=fact.rulebook.id, stage="opened", version=e.version)


@decisions.on(AttestationDecided)
def _decided(e: Recorded[AttestationDecided]) -> Write:
    fact = e.event
    told = fact.model_dump(include={"decision", "conforms", "grounds", "reading_departure", "order_number", "decided_on"})
    return _change(
        e,
        fact.attestation_id,
        stage="decided",
        decided=[each.model_dump() for each in fact.specialties],
        below=list(fact.below),
        document=fact.document.model_dump() if fact.document else None,
        **told,
    )


@decisions.on(AttestationDecisionTold)
def _told(e: Recorded[AttestationDecisionTold]) -> Write:
    fact = e.event
    notice = fact.document.model_dump() if fact.document else None
    return _change(e, fact.attestation_id, outgoing_number=fact.outgoing_number, notice=notice, told_on=fact.told_on)


@decisions.on(LicenceSuspended)
def _suspended(e: Recorded[LicenceSuspended]) -> Write:
    fact = e.event
    return _change(
        e,
        fact.attestation_id,
        stage="suspended",
        suspended_specialties=list(fact.specialties),
        suspension_order=fact.order_number,
        suspension_reasons=fact.reasons,
        suspended_on=fact.suspended_on,
        suspended_until=fact.until,
    )


@decisions.on(FineReferred)
def _fined(e: Recorded[FineReferred]) -> Write:
    return _change(e, e.event.attestation_id)


@decisions.on(LicenceSuspensionEnded)
def _ended(e: Recorded[LicenceSuspensionEnded]) -> list[Write]:
    """The stage goes on only where nothing followed before: a fact of the licence may be recorded late."""
    fact = e.event
    still = {"attestation_id": fact.attestation_id, "stage": "suspended"}
    return [
        decisions.update(e, still, stage="suspension_ended"),
        _change(e, fact.attestation_id, suspension_ended_on=fact.ended_on),
    ]


@decisions.on(LicenceRestored)
def _restored(e: Recorded[LicenceRestored]) -> Write:
    fact = e.event
    told = {"restoration_order": fact.order_number, "restored_on": fact.restored_on}
    return _change(e, fact.attestation_id, stage="restored", **told)


@decisions.on(DeprivationReferred)
def _referred(e: Recorded[DeprivationReferred]) -> Write:
    fact = e.event
    return _change(
        e,
        fact.attestation_id,
        stage="referred",
        referred_to=fact.referred_to,
        referral_number=fact.outgoing_number,
        referral_reasons=fact.reasons,
        referral=fact.document.model_dump() if fact.document else None,
        referred_on=fact.referred_on,
    )


def _change(e: Recorded[Event], attestation_id: str, **values: object) -> Write:
    return decisions.update(e, {"attestation_id": attestation_id}, **values, version=e.version)


@fines.on(FineReferred)
def _fine(e: Recorded[FineReferred]) -> Write:
    told = e.event.model_dump(include={"attestation_id", "outgoing_number", "referred_to", "addressee", "referred_on"})
    return fines.upsert(e, **told)


@rechecked.on(RecheckHeld)
def _rechecked(e: Recorded[RecheckHeld]) -> Write:
    fact = e.event
    told = fact.model_dump(include={"attestation_id", "recheck_id", "verdict", "held_on"})
    return rechecked.upsert(e, **told)
