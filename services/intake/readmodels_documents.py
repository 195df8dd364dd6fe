"""What intake shows of the documents whose bytes the agency keeps: each with its filings, and who was given it."""

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Integer, Text

from chassis.events import Recorded
from chassis.readmodels import ReadModel, Write
from services.intake.contract import DocumentErased, DocumentRead, DocumentScanned, DocumentStored

documents = ReadModel(
    "documents",
    Column("document_id", Text, primary_key=True),
    Column("sha256", Text),
    Column("size", BigInteger),
    Column("media_type", Text),
    Column("scan", Text),
    Column("scan_signature", Text),
    Column("personal", Boolean),
    Column("stored_on", Date),
    Column("erased_on", Date),
    Column("erasure_ground", Text),
    Column("erasure_reason", Text),
    Column("version", Integer),
    partial=[(["erased_on"], "erased_on IS NOT NULL"), (["stored_on"], "personal AND erased_on IS NULL")],
)

#: One row each time that a document was filed. What belongs to the document alone stands here again, so that a list needs one table.
document_filings = ReadModel(
    "document_filings",
    Column("filing_id", Text, primary_key=True),
    Column("document_id", Text),
    Column("name", Text),
    Column("institution_id", Text),
    Column("case_id", Text),
    Column("kind", Text),
    Column("personal", Boolean),
    Column("size", BigInteger),
    Column("media_type", Text),
    Column("scan", Text),
    Column("stored_by", Text),
    Column("filed_by", Text),
    Column("stored_on", Date),
    Column("erased_on", Date),
    indexes=[["document_id"], ["institution_id", "stored_on"], ["case_id"], ["filed_by"], ["stored_on", "filing_id"]],
)

document_readings = ReadModel(
    "document_readings",
    Column("document_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("read_by", Text),
    Column("purpose", Text),
    Column("read_at", DateTime(timezone=True)),
    Column("read_on", Date),
)

#: Who sits in the panel or the commission of a case (consumers_documents.py).
case_members = ReadModel("document_case_members", Column("case_id", Text, primary_key=True), Column("expert_id", Text, primary_key=True))

ALL = [documents, document_filings, document_readings, case_members]


@documents.on(DocumentStored)
def _stored(e: Recorded[DocumentStored]) -> Write:
    fact = e.event
    told = {name: getattr(fact, name) for name in ("document_id", "sha256", "size", "media_type", "scan", "stored_on")}
    personal = {"personal": True} if fact.personal else {"personal": False} if e.version == 1 else {}  # once it is, it stays so
    return documents.upsert(e, **told, **personal, version=e.version)


@documents.on(DocumentScanned)
def _scanned(e: Recorded[DocumentScanned]) -> Write:
    fact = e.event
    return documents.update(e, {"document_id": fact.document_id}, scan=fact.scan, scan_signature=fact.signature, version=e.version)


@documents.on(DocumentErased)
def _erased(e: Recorded[DocumentErased]) -> Write:
    fact = e.event
    told = {"erased_on": fact.erased_on, "erasure_ground": fact.ground, "erasure_reason": fact.reason}
    return documents.update(e, {"document_id": fact.document_id}, **told, version=e.version)


@document_filings.on(DocumentStored)
def _filed(e: Recorded[DocumentStored]) -> list[Write]:
    """The antivirus was asked at this filing too, so that the earlier ones show what it says now."""
    fact = e.event
    told = fact.model_dump(exclude={"sha256"})
    return [
        document_filings.update(e, {"document_id": fact.document_id}, scan=fact.scan),
        document_filings.upsert(e, filing_id=e.event_id, filed_by=e.actor, **told),
    ]


@document_filings.on(DocumentScanned)
def _filings_scanned(e: Recorded[DocumentScanned]) -> Write:
    return document_filings.update(e, {"document_id": e.event.document_id}, scan=e.event.scan)


@document_filings.on(DocumentErased)
def _filings_erased(e: Recorded[DocumentErased]) -> Write:
    return document_filings.update(e, {"document_id": e.event.document_id}, name=None, erased_on=e.event.erased_on)


@document_readings.on(DocumentRead)
def _read(e: Recorded[DocumentRead]) -> Write:
    fact = e.event
    told = {"read_by": e.actor, "purpose": fact.purpose, "read_at": e.occurred_at, "read_on": fact.read_on}
    return document_readings.upsert(e, document_id=fact.document_id, number=e.version, **told)
