"""What review shows of the self-assessment materials of state attestations: what is awaited, what came, what lacks."""

from sqlalchemy import Boolean, Column, Date, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Event, Recorded
from chassis.readmodels import ReadModel, Write
from services.intake.contract import AttestationRescheduled
from services.review.contract import MaterialsAnalysed, MaterialsAwaited, MaterialsClosed, MaterialsReceived, MissingPartsTold

materials = ReadModel(
    "materials",
    Column("attestation_id", Text, primary_key=True),
    Column("institution_id", Text),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("kind", Text),
    Column("stage", Text),
    Column("parts_awaited", JSONB),
    Column("documents_awaited", JSONB),
    Column("missing", JSONB),
    Column("complete", Boolean),
    Column("rounds", Integer),
    Column("starts_on", Date),
    Column("awaited_on", Date),
    Column("received_on", Date),
    Column("missing_told_on", Date),
    Column("missing_due_on", Date),
    Column("missing_outgoing_number", Text),
    Column("analysis", Text),
    Column("analysis_document", JSONB),
    Column("analysed_on", Date),
    Column("closed_because", Text),
    Column("closed_on", Date),
    Column("version", Integer),
    indexes=[["starts_on", "attestation_id"], ["institution_id"]],
)

#: What came in each round; none is ever replaced.
material_rounds = ReadModel(
    "material_rounds",
    Column("attestation_id", Text, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("parts", JSONB),
    Column("documents", JSONB),
    Column("missing", JSONB),
    Column("received_on", Date),
)

ALL = [materials, material_rounds]


@materials.on(MaterialsAwaited)
def _awaited(e: Recorded[MaterialsAwaited]) -> Write:
    fact = e.event
    return materials.upsert(
        e,
        **fact.model_dump(include={"attestation_id", "institution_id", "kind", "starts_on", "awaited_on"}),
        rulebook=fact.rulebook.model_dump(),
        rulebook_id=fact.rulebook.id,
        stage="awaited",
        parts_awaited=list(fact.parts),
        documents_awaited=list(fact.documents),
        missing=[*fact.parts, *fact.documents],
        complete=False,
        rounds=0,
        version=e.version,
    )


@materials.on(MaterialsReceived)
def _received(e: Recorded[MaterialsReceived]) -> Write:
    fact = e.event
    told = {"missing": list(fact.missing), "complete": fact.complete, "rounds": fact.round, "received_on": fact.received_on}
    return _change(e, stage="complete" if fact.complete else "incomplete", **told)


@materials.on(MissingPartsTold)
def _told(e: Recorded[MissingPartsTold]) -> Write:
    fact = e.event
    told = {"missing_told_on": fact.told_on, "missing_due_on": fact.due_on, "missing_outgoing_number": fact.outgoing_number}
    return _change(e, **told)


@materials.on(MaterialsAnalysed)
def _analysed(e: Recorded[MaterialsAnalysed]) -> Write:
    fact = e.event
    document = fact.document.model_dump() if fact.document else None
    return _change(e, stage="analysed", analysis=fact.analysis, analysis_document=document, analysed_on=fact.analysed_on)


@materials.on(MaterialsClosed)
def _closed(e: Recorded[MaterialsClosed]) -> Write:
    return _change(e, stage="closed", closed_because=e.event.reason, closed_on=e.event.closed_on)


@materials.on(AttestationRescheduled)
def _rescheduled(e: Recorded[AttestationRescheduled]) -> Write:
    """Intake moved the attestation, and with it the day by which its materials are awaited."""
    return materials.update(e, {"attestation_id": e.event.attestation_id}, starts_on=e.event.starts_on)


def _change(e: Recorded[Event], **values: object) -> Write:
    return materials.update(e, {"attestation_id": e.subject_id}, **values, version=e.version)


@material_rounds.on(MaterialsReceived)
def _round(e: Recorded[MaterialsReceived]) -> Write:
    fact = e.event
    told = fact.model_dump(mode="json", include={"parts", "documents", "missing"})
    return material_rounds.upsert(e, **fact.model_dump(include={"attestation_id", "round", "received_on"}), **told)
