"""What visits shows of attestation commissions: each as it stands, its seats, its notes and the questionnaires."""

from sqlalchemy import Boolean, Column, Date, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Event, Recorded
from chassis.readmodels import ReadModel, Write
from services.visits.contract import (
    AttestationCommissionChanged,
    AttestationCommissionFormed,
    AttestationResultsAnalysed,
    AttestationTasksAssigned,
    AttestationVisitClosed,
    AttestationVisitOpened,
    AttestationWorkBegan,
    AttestationWorkEnded,
    ChairInformed,
    Commissioner,
    JointCommissionFormed,
    NoteHandedOver,
    QuestionnairesHeld,
)

attestation_visits = ReadModel(
    "attestation_visits",
    Column("attestation_id", Text, primary_key=True),
    Column("institution_id", Text),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("kind", Text),
    Column("levels", JSONB),
    Column("specialties", JSONB),
    Column("whole", Boolean),
    Column("state_owned", Boolean),
    Column("arts", Boolean),
    Column("profile", Text),
    Column("stage", Text),
    Column("starts_on", Date),
    Column("ends_on", Date),
    Column("opened_on", Date),
    Column("chair_id", Text),
    Column("order_number", Text),
    Column("approved_by", Text),
    Column("approved_on", Date),
    Column("lacking", JSONB),
    Column("meeting", Text),
    Column("meeting_on", Date),
    Column("acts", JSONB),
    Column("languages", JSONB),
    Column("started_on", Date),
    Column("analysis", Text),
    Column("analysed_on", Date),
    Column("ended_on", Date),
    Column("closed_because", Text),
    Column("closed_on", Date),
    Column("version", Integer),
    indexes=[["starts_on", "attestation_id"], ["institution_id"], ["stage"]],
)

commission_seats = ReadModel(
    "commission_seats",
    Column("attestation_id", Text, primary_key=True),
    Column("expert_id", Text, primary_key=True),
    Column("groups", JSONB),
    Column("of_authorised_body", Boolean),
    Column("directions", JSONB),
    Column("left_on", Date),
    indexes=[["expert_id"]],
)

commission_notes = ReadModel(
    "commission_notes",
    Column("attestation_id", Text, primary_key=True),
    Column("object", Text, primary_key=True),
    Column("expert_id", Text, primary_key=True),
    Column("methods", JSONB),
    Column("indicators", Text),
    Column("shortcomings", JSONB),
    Column("recommendations", Text),
    Column("conclusions", Text),
    Column("conforms", Boolean),
    Column("document", JSONB),
    Column("handed_over_on", Date),
)

commission_questionnaires = ReadModel(
    "commission_questionnaires",
    Column("attestation_id", Text, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("respondents", JSONB),
    Column("organisations", JSONB),
    Column("uninvited", JSONB),
    Column("conducted_by", Text),
    Column("replaces_testing", Boolean),
    Column("document", JSONB),
    Column("held_on", Date),
)

ALL = [attestation_visits, commission_seats, commission_notes, commission_questionnaires]


@attestation_visits.on(AttestationVisitOpened)
def _opened(e: Recorded[AttestationVisitOpened]) -> Write:
    """Opened again, it keeps its commission; its stage is told by what it has."""
    fact = e.event
    told = fact.model_dump(include={"institution_id", "kind", "whole", "state_owned", "arts", "profile", "starts_on", "ends_on"})
    first = {"stage": "opened", "lacking": [], "acts": [], "languages": [], "opened_on": fact.opened_on} if e.version == 1 else {}
    return attestation_visits.upsert(
        e,
        attestation_id=fact.attestation_id,
        rulebook=fact.rulebook.model_dump(),
        rulebook_id=fact.rulebook.id,
        levels=list(fact.levels),
        specialties=[each.model_dump() for each in fact.specialties],
        version=e.version,
        **told,
        **first,
    )


@attestation_visits.on(AttestationCommissionFormed)
def _formed(e: Recorded[AttestationCommissionFormed]) -> Write:
    fact = e.event
    act = {"order_number": fact.order_number, "approved_by": fact.approved_by, "approved_on": fact.approved_on}
    return _change(e, fact.attestation_id, stage="formed", chair_id=fact.chair_id, lacking=list(fact.lacking), **act)


@attestation_visits.on(AttestationCommissionChanged)
def _changed(e: Recorded[AttestationCommissionChanged]) -> Write:
    return _change(e, e.event.attestation_id, chair_id=e.event.chair_id, lacking=list(e.event.lacking))


@attestation_visits.on(AttestationTasksAssigned)
def _assigned(e: Recorded[AttestationTasksAssigned]) -> Write:
    fact = e.event
    return _change(e, fact.attestation_id, meeting=fact.meeting, meeting_on=fact.meeting_on, acts=list(fact.acts))


@attestation_visits.on(AttestationWorkBegan)
def _began(e: Recorded[AttestationWorkBegan]) -> Write:
    fact = e.event
    return _change(e, fact.attestation_id, stage="working", started_on=fact.started_on, languages=list(fact.languages))


@attestation_visits.on(ChairInformed, NoteHandedOver, JointCommissionFormed, QuestionnairesHeld)
def _went_on(e: Recorded[ChairInformed | NoteHandedOver | JointCommissionFormed | QuestionnairesHeld]) -> Write:
    return _change(e, e.event.attestation_id)


@attestation_visits.on(AttestationResultsAnalysed)
def _analysed(e: Recorded[AttestationResultsAnalysed]) -> Write:
    return _change(e, e.event.attestation_id, analysis=e.event.analysis, analysed_on=e.event.analysed_on)


@attestation_visits.on(AttestationWorkEnded)
def _ended(e: Recorded[AttestationWorkEnded]) -> Write:
    return _change(e, e.event.attestation_id, stage="ended", ended_on=e.event.ended_on)


@attestation_visits.on(AttestationVisitClosed)
def _closed(e: Recorded[AttestationVisitClosed]) -> Write:
    return _change(e, e.event.attestation_id, stage="closed", closed_because=e.event.reason, closed_on=e.event.closed_on)


def _change(e: Recorded[Event], attestation_id: str, **values: object) -> Write:
    return attestation_visits.update(e, {"attestation_id": attestation_id}, **values, version=e.version)


@commission_seats.on(AttestationCommissionFormed)
def _seats(e: Recorded[AttestationCommissionFormed]) -> list[Write]:
    return [_seated(e, e.event.attestation_id, member) for member in e.event.members]


@commission_seats.on(AttestationCommissionChanged)
def _reseated(e: Recorded[AttestationCommissionChanged]) -> list[Write]:
    fact, writes = e.event, []
    if fact.left:
        where = {"attestation_id": fact.attestation_id, "expert_id": fact.left}
        writes.append(commission_seats.update(e, where, left_on=fact.changed_on))
    if fact.joined:
        writes.append(_seated(e, fact.attestation_id, fact.joined))
    return writes


def _seated(e: Recorded[Event], attestation_id: str, member: Commissioner) -> Write:
    return commission_seats.upsert(
        e,
        attestation_id=attestation_id,
        expert_id=member.expert_id,
        groups=list(member.groups),
        of_authorised_body=member.of_authorised_body,
        directions=list(member.directions),
        left_on=None,
    )


@commission_notes.on(NoteHandedOver)
def _noted(e: Recorded[NoteHandedOver]) -> Write:
    fact = e.event
    told = fact.model_dump(mode="json", include={"methods", "shortcomings", "document"})
    plain = fact.model_dump(include={"object", "expert_id", "indicators", "recommendations", "conclusions", "conforms", "handed_over_on"})
    return commission_notes.upsert(e, attestation_id=fact.attestation_id, **told, **plain)


@commission_questionnaires.on(QuestionnairesHeld)
def _asked(e: Recorded[QuestionnairesHeld]) -> Write:
    fact = e.event
    told = fact.model_dump(mode="json", include={"respondents", "organisations", "uninvited", "document"})
    plain = fact.model_dump(include={"round", "conducted_by", "replaces_testing", "held_on"})
    return commission_questionnaires.upsert(e, attestation_id=fact.attestation_id, **told, **plain)
