"""What intake shows of proposed and approved schedules of attestation, and of each attestation's place in them."""

from typing import Any

from sqlalchemy import Boolean, Column, Date, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Recorded
from chassis.readmodels import ReadModel, Write
from services.intake.contract import (
    AttestationAnnounced,
    AttestationCancelled,
    AttestationClosed,
    AttestationDatesTold,
    AttestationRescheduled,
    AttestationScheduleApproved,
    AttestationScheduled,
    ScheduleChangeDeclined,
    ScheduleChangeRequested,
    ScheduleProposalPart,
    ScheduleProposed,
)

proposals = ReadModel(
    "attestation_proposals",
    Column("proposal_id", Text, primary_key=True),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("first_year", Integer),
    Column("years", Integer),
    Column("entries", Integer),
    Column("loads", JSONB),
    Column("overdue", Integer),
    Column("approval_on", Date),
    Column("reason", Text),
    Column("proposed_on", Date),
    Column("version", Integer),
    indexes=[["proposed_on", "proposal_id"]],
)

proposed = ReadModel(
    "proposed_attestations",
    Column("proposal_id", Text, primary_key=True),
    Column("institution_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("authority", Text),
    Column("ground", Text),
    Column("specialties", JSONB),
    Column("year", Integer),
    Column("starts_on", Date),
    Column("due_by", Date),
    indexes=[["proposal_id", "starts_on"]],
)

schedules = ReadModel(
    "attestation_schedules",
    Column("schedule_id", Text, primary_key=True),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("year", Integer),
    Column("proposal_id", Text),
    Column("act", Text),
    Column("entries", Integer),
    Column("changes", JSONB),
    Column("despite_notice", Text),
    Column("approved_on", Date),
    Column("version", Integer),
    indexes=[["year"]],
)

attestations = ReadModel(
    "attestations",
    Column("attestation_id", Text, primary_key=True),
    Column("institution_id", Text),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("schedule_id", Text),
    Column("authority", Text),
    Column("kind", Text),
    Column("ground", Text),
    Column("year", Integer),
    Column("levels", JSONB),
    Column("specialties", JSONB),
    Column("whole", Boolean),
    Column("state_owned", Boolean),
    Column("arts", Boolean),
    Column("profile", Text),
    Column("languages", JSONB),
    Column("stage", Text),
    Column("starts_on", Date),
    Column("ends_on", Date),
    Column("act", Text),
    Column("amendment", Text),
    Column("reasons", Text),
    Column("amendments", Integer),
    Column("notify_by", Date),
    Column("late", Boolean),
    Column("scheduled_on", Date),
    Column("told_on", Date),
    Column("outgoing_number", Text),
    Column("notice", JSONB),
    Column("announcement", Text),
    Column("announced_on", Date),
    Column("cancelled_on", Date),
    Column("outcome", Text),
    Column("attested_on", Date),
    Column("closed_on", Date),
    Column("version", Integer),
    indexes=[["starts_on", "attestation_id"], ["institution_id"], ["schedule_id"], ["year"]],
)

requests = ReadModel(
    "schedule_change_requests",
    Column("attestation_id", Text, primary_key=True),
    Column("request", Integer, primary_key=True),
    Column("reasons", Text),
    Column("document", JSONB),
    Column("wished_on", Date),
    Column("requested_on", Date),
    Column("answer", Text),
    Column("answer_reasons", Text),
    Column("answered_on", Date),
)

#: What visits says of whose work has begun.
begun = ReadModel(
    "attestations_begun",
    Column("attestation_id", Text, primary_key=True),
    Column("started_on", Date),
)

ALL = [proposals, proposed, schedules, attestations, requests, begun]


@proposals.on(ScheduleProposed)
def _proposed(e: Recorded[ScheduleProposed]) -> Write:
    """Its parts follow in the same append; so the version is that of the last."""
    fact = e.event
    told = fact.model_dump(exclude={"rulebook", "loads"})
    loads = [load.model_dump() for load in fact.loads]
    return proposals.upsert(e, **told, rulebook=fact.rulebook.model_dump(), rulebook_id=fact.rulebook.id, loads=loads, version=e.version)


@proposals.on(ScheduleProposalPart)
def _another_part(e: Recorded[ScheduleProposalPart]) -> Write:
    return proposals.update(e, {"proposal_id": e.event.proposal_id}, version=e.version)


@proposed.on(ScheduleProposalPart)
def _part(e: Recorded[ScheduleProposalPart]) -> list[Write]:
    return [
        proposed.upsert(
            e,
            proposal_id=e.event.proposal_id,
            institution_id=each.institution_id,
            kind=each.kind,
            authority=each.authority,
            ground=each.ground,
            specialties=list(each.specialties),
            year=each.year,
            starts_on=each.starts_on,
            due_by=each.due_by,
        )
        for each in e.event.entries
    ]


@schedules.on(AttestationScheduleApproved)
def _approved(e: Recorded[AttestationScheduleApproved]) -> Write:
    fact = e.event
    told = fact.model_dump(exclude={"rulebook", "changes"})
    changes = [each.model_dump(mode="json") for each in fact.changes]
    return schedules.upsert(
        e, **told, rulebook=fact.rulebook.model_dump(), rulebook_id=fact.rulebook.id, changes=changes, version=e.version
    )


@attestations.on(AttestationScheduled)
def _scheduled(e: Recorded[AttestationScheduled]) -> Write:
    fact = e.event
    lists = fact.model_dump(mode="json", include={"rulebook", "levels", "specialties", "languages"})
    told = fact.model_dump(exclude={"rulebook", "levels", "specialties", "languages"})
    return attestations.upsert(e, **told, **lists, rulebook_id=fact.rulebook.id, stage="scheduled", amendments=0, version=e.version)


@attestations.on(AttestationDatesTold)
def _told(e: Recorded[AttestationDatesTold]) -> Write:
    fact = e.event
    notice = fact.document.model_dump() if fact.document else None
    return _changed(e, told_on=fact.told_on, outgoing_number=fact.outgoing_number, notice=notice)


@attestations.on(ScheduleChangeRequested, ScheduleChangeDeclined)
def _discussed(e: Recorded[ScheduleChangeRequested | ScheduleChangeDeclined]) -> Write:
    return _changed(e)


@attestations.on(AttestationRescheduled)
def _rescheduled(e: Recorded[AttestationRescheduled]) -> Write:
    """Of the new dates nobody was told yet."""
    fact = e.event
    told = {name: getattr(fact, name) for name in ("starts_on", "ends_on", "year", "act", "reasons", "notify_by", "late")}
    untold = {"told_on": None, "outgoing_number": None, "notice": None}
    return _changed(e, amendment=fact.ground, amendments=fact.amendment, **told, **untold)


@attestations.on(AttestationCancelled)
def _cancelled(e: Recorded[AttestationCancelled]) -> Write:
    fact = e.event
    why = {"amendment": fact.ground, "reasons": fact.reasons, "act": fact.act}
    return _changed(e, stage="cancelled", cancelled_on=fact.cancelled_on, **why)


@attestations.on(AttestationAnnounced)
def _announced(e: Recorded[AttestationAnnounced]) -> Write:
    return _changed(e, announcement=e.event.announcement, announced_on=e.event.announced_on)


@attestations.on(AttestationClosed)
def _closed(e: Recorded[AttestationClosed]) -> Write:
    fact = e.event
    return _changed(e, stage="closed", outcome=fact.outcome, attested_on=fact.attested_on, closed_on=fact.closed_on)


def _changed(e: Recorded[Any], **values: object) -> Write:
    return attestations.update(e, {"attestation_id": e.event.attestation_id}, **values, version=e.version)


@requests.on(ScheduleChangeRequested)
def _requested(e: Recorded[ScheduleChangeRequested]) -> Write:
    fact = e.event
    document = fact.document.model_dump() if fact.document else None
    told = fact.model_dump(exclude={"institution_id", "document"})
    return requests.upsert(e, **told, document=document)


@requests.on(ScheduleChangeDeclined)
def _declined(e: Recorded[ScheduleChangeDeclined]) -> Write:
    fact = e.event
    return _answered(e, fact.attestation_id, fact.request, answer="declined", answer_reasons=fact.reasons, answered_on=fact.declined_on)


@requests.on(AttestationRescheduled)
def _granted(e: Recorded[AttestationRescheduled]) -> Write | None:
    fact = e.event
    if fact.request is None:
        return None
    return _answered(e, fact.attestation_id, fact.request, answer="granted", answer_reasons=fact.reasons, answered_on=fact.amended_on)


def _answered(e: Recorded[ScheduleChangeDeclined] | Recorded[AttestationRescheduled], id_: str, request: int, **values: object) -> Write:
    return requests.update(e, {"attestation_id": id_, "request": request}, **values)
