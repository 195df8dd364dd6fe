"""What council knows of the documents and credentials that it has given out."""

from sqlalchemy import Column, Date, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Recorded
from chassis.readmodels import ReadModel, Write
from services.council.contract import CertificateDocumentMade, CredentialIssued

certificate_documents = ReadModel(
    "certificate_documents",
    Column("document_id", Text, primary_key=True),
    Column("certificate_id", Text),
    Column("case_id", Text),
    Column("institution_id", Text),
    Column("language", Text),
    Column("number", Text),
    Column("blank_number", Text),
    Column("duplicate", Integer),
    Column("sha256", Text),
    Column("size", Integer),
    Column("signer", Text),
    Column("made_on", Date),
    indexes=[["certificate_id"], ["sha256"], ["number"]],
)

credentials = ReadModel(
    "credentials",
    Column("certificate_id", Text, primary_key=True),
    Column("case_id", Text),
    Column("institution_id", Text),
    Column("status_list", Integer),
    Column("status_index", Integer),
    Column("issued_on", Date),
    unique=[["status_list", "status_index"]],
)

#: How the agency calls itself; filled from notices' events alone (consumers.py).
#: How each agency calls itself: on its papers, and so to everybody.
agency_names = ReadModel("agency_names", Column("letterhead_id", Text, primary_key=True), Column("names", JSONB), public=True)

ALL = [certificate_documents, credentials, agency_names]


@certificate_documents.on(CertificateDocumentMade)
def _made(e: Recorded[CertificateDocumentMade]) -> Write:
    return certificate_documents.upsert(e, **e.event.model_dump())


@credentials.on(CredentialIssued)
def _issued(e: Recorded[CredentialIssued]) -> Write:
    return credentials.upsert(e, **e.event.model_dump())
