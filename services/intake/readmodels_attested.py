"""What intake shows of the register of organisations that are attested: when each falls due, and the limits of the interim control.

The attestations of an organisation write into its row too: which one is open, and from which day the next years run.
"""

from datetime import date

from sqlalchemy import Boolean, Column, Date, Integer, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Recorded
from chassis.readmodels import ReadModel, Write
from services.intake.contract import (
    AttestationCancelled,
    AttestationClosed,
    AttestationScheduled,
    InterimControlLimitSet,
    InterimControlRecorded,
    SubjectEntered,
    SubjectRemoved,
    SubjectsImported,
)
from services.intake.domain.attested_due import due_of

#: Where nobody knows by when an organisation falls due, it stands after all others.
NEVER = date.max
_NO_GROUND = dict.fromkeys(("extraordinary_year", "extraordinary_ground", "extraordinary_specialties", "extraordinary_control"))

#: `subject`: attested at all, and not removed. `due_by`: None where a person must say. `attested_here_on`: the last attestation of Kepil's
#: own from which the years run; `last_attested_on` is that, or the earlier one that was told. `version` is that of the register's stream.
attested_subjects = ReadModel(
    "attested_subjects",
    Column("institution_id", Text, primary_key=True),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("authority", Text),
    Column("levels", JSONB),
    Column("specialties", JSONB),
    Column("state_owned", Boolean),
    Column("arts", Boolean),
    Column("profile", Text),
    Column("languages", JSONB),
    Column("foreign_branch", Boolean),
    Column("treaty", Text),
    Column("learners", Integer),
    Column("founded_on", Date),
    Column("last_attested_on", Date),
    Column("attested_here_on", Date),
    Column("due_by", Date),
    Column("due_order", Date),
    Column("extraordinary_year", Integer),
    Column("extraordinary_ground", Text),
    Column("extraordinary_specialties", JSONB),
    Column("extraordinary_control", Integer),
    Column("open_attestation_id", Text),
    Column("subject", Boolean),
    Column("entered_on", Date),
    Column("removed_on", Date),
    Column("removal_act", Text),
    Column("removal_reason", Text),
    Column("version", Integer),
    indexes=[["authority", "due_order"], ["due_order"]],
)

interim_controls = ReadModel(
    "interim_controls",
    Column("institution_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("year", Integer),
    Column("limit_id", Text),
    Column("level", Text),
    Column("took_part", Integer),
    Column("failed", Integer),
    Column("below_threshold", JSONB),
    Column("ground", Text),
    Column("extraordinary_year", Integer),
    Column("source", Text),
    Column("recorded_on", Date),
)

control_limits = ReadModel(
    "control_limits",
    Column("limit_id", Text, primary_key=True),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("year", Integer),
    Column("level", Text),
    Column("most_failed", Numeric),
    Column("unit", Text),
    Column("act", Text),
    Column("set_on", Date),
    Column("version", Integer),
    indexes=[["year"]],
)

subject_imports = ReadModel(
    "subject_imports",
    Column("import_id", Text, primary_key=True),
    Column("file_hash", Text),
    Column("lines", Integer),
    Column("entered", Integer),
    Column("same", Integer),
    Column("refused", Integer),
    Column("imported_on", Date),
    Column("version", Integer),
)

ALL = [attested_subjects, interim_controls, control_limits, subject_imports]


@attested_subjects.on(SubjectEntered)
def _entered(e: Recorded[SubjectEntered]) -> Write:
    fact = e.event
    due_by = due_of(fact.rulebook, fact.last_attested_on, fact.founded_on)
    return attested_subjects.upsert(
        e,
        **fact.model_dump(mode="json", include={"institution_id", "rulebook", "levels", "specialties", "languages"}),
        **fact.model_dump(include={"authority", "state_owned", "arts", "profile", "foreign_branch", "treaty", "learners", "subject"}),
        **fact.model_dump(include={"founded_on", "last_attested_on", "entered_on"}),
        rulebook_id=fact.rulebook.id,
        due_by=due_by,
        due_order=due_by or NEVER,
        removed_on=None,
        removal_act=None,
        removal_reason=None,
        version=e.version,
    )


@attested_subjects.on(SubjectRemoved)
def _removed(e: Recorded[SubjectRemoved]) -> Write:
    fact = e.event
    told = {"subject": False, "removed_on": fact.removed_on, "removal_act": fact.act, "removal_reason": fact.reason}
    return attested_subjects.update(e, {"institution_id": fact.institution_id}, **told, version=e.version)


@attested_subjects.on(InterimControlRecorded)
def _controlled(e: Recorded[InterimControlRecorded]) -> list[Write]:
    """Where nothing follows from the controls of a year, what followed from an earlier record of that year is undone."""
    fact, where = e.event, {"institution_id": e.event.institution_id}
    due = fact.due
    seen = attested_subjects.update(e, where, version=e.version)
    if due is None:
        return [seen, attested_subjects.update(e, where | {"extraordinary_control": fact.year}, **_NO_GROUND)]
    told = {"extraordinary_year": due.year, "extraordinary_ground": due.ground, "extraordinary_specialties": list(due.specialties)}
    return [seen, attested_subjects.update(e, where, **told, extraordinary_control=fact.year)]


@attested_subjects.on(AttestationScheduled)
def _scheduled(e: Recorded[AttestationScheduled]) -> Write:
    """An extraordinary one has its place: nothing more is to be scheduled on that ground."""
    fact, where = e.event, {"institution_id": e.event.institution_id}
    if fact.ground is None:
        return attested_subjects.update(e, where, open_attestation_id=fact.attestation_id)
    return attested_subjects.update(e, where, open_attestation_id=fact.attestation_id, **_NO_GROUND)


@attested_subjects.on(AttestationCancelled)
def _cancelled(e: Recorded[AttestationCancelled]) -> Write:
    return attested_subjects.update(e, {"open_attestation_id": e.event.attestation_id}, open_attestation_id=None)


@attested_subjects.on(AttestationClosed)
def _closed(e: Recorded[AttestationClosed]) -> list[Write]:
    """The next years run from it where `next_due_by` says so; else by when the organisation falls due stays as it was."""
    fact, where = e.event, {"institution_id": e.event.institution_id}
    ended = attested_subjects.update(e, {"open_attestation_id": fact.attestation_id}, open_attestation_id=None)
    if fact.attested_on is None or fact.next_due_by is None:
        return [ended]
    days = {"last_attested_on": fact.attested_on, "attested_here_on": fact.attested_on}
    return [ended, attested_subjects.update(e, where, **days, due_by=fact.next_due_by, due_order=fact.next_due_by)]


@interim_controls.on(InterimControlRecorded)
def _control(e: Recorded[InterimControlRecorded]) -> Write:
    """Its number is its place in the history."""
    told = e.event.model_dump(exclude={"rulebook", "below_threshold", "due"})
    return interim_controls.upsert(e, number=e.version, below_threshold=list(e.event.below_threshold), **told)


@control_limits.on(InterimControlLimitSet)
def _limit(e: Recorded[InterimControlLimitSet]) -> Write:
    fact = e.event
    told = fact.model_dump(exclude={"rulebook"})
    return control_limits.upsert(e, **told, rulebook=fact.rulebook.model_dump(), rulebook_id=fact.rulebook.id, version=e.version)


@subject_imports.on(SubjectsImported)
def _imported(e: Recorded[SubjectsImported]) -> Write:
    return subject_imports.upsert(e, **e.event.model_dump(), version=e.version)
