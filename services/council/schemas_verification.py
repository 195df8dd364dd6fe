"""Answers of council's routes by which everybody verifies a certificate."""

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, Field

from chassis.citations import Citation
from services.council.contract import PaperLanguage
from services.council.schemas_certificates import State

#: `replaced`: it ended and passed to a successor by another certificate.
Verified = State | Literal["replaced"]
Verdict = Literal["genuine", "altered", "unknown", "unsigned"]


class CertificateDocumentItem(BaseModel):
    """A document that was made of a certificate."""

    document_id: str
    certificate_id: str
    case_id: str
    institution_id: str
    language: PaperLanguage
    number: str
    blank_number: str
    duplicate: int = Field(description="0: the certificate itself; else the round of the duplicate")
    sha256: str
    size: int
    signer: str
    made_on: date


class VerifiedScope(BaseModel):
    """What is accredited: `institution`, or a programme with its name, where it is known."""

    scope: str
    name: str | None


class VerifiedStay(BaseModel):
    """A suspension of the certificate."""

    suspended_on: date
    until: date
    restored_on: date | None
    ground: str
    ground_names: dict[str, str] | None


class VerifiedDuplicate(BaseModel):
    """A duplicate that was issued in the place of a certificate that was lost."""

    round: int
    issued_on: date


class VerifiedFact(BaseModel):
    """One fact of the certificate's history."""

    type: str
    on: date
    clauses: list[Citation]


class Verification(BaseModel):
    """What the record says of a certificate on the day `as_of`. It rules: what a sheet says otherwise is not so.

    `number` is its number now; `asked` another one, where that was corrected.
    """

    agency: str
    agency_names: dict[str, str]
    number: str
    asked: str
    state: Verified
    in_force: bool
    as_of: date
    certificate_id: str
    institution_id: str
    institution_names: dict[str, str] | None
    city: str | None
    country: str | None
    scopes: list[VerifiedScope]
    object: str | None
    programme: str | None
    rulebook_id: str
    rulebook_title: dict[str, str]
    decided_on: date | None
    issued_on: date
    valid_from: date
    valid_until: date
    entered_on: date | None
    suspensions: list[VerifiedStay]
    revoked_on: date | None
    revocation_ground: str | None
    revocation_ground_names: dict[str, str] | None
    ended_on: date | None
    end_ground: str | None
    end_ground_names: dict[str, str] | None
    replaced_by: str | None = Field(description="Number of the successor's certificate")
    replaces: str | None
    extended_by: str | None = Field(description="Number of the certificate for a further term")
    extends: str | None
    duplicates: list[VerifiedDuplicate]
    history: list[VerifiedFact] = Field(description="Oldest first")


class VerifiedDocument(BaseModel):
    """Which document of ours it is, byte for byte."""

    language: PaperLanguage
    number: str
    duplicate: int
    made_on: date
    superseded: bool = Field(description="A duplicate was issued after it, or the certificate says something else by now")


class DocumentVerification(BaseModel):
    """What a PDF is: `genuine`, one of ours byte for byte; `altered`, signed and changed after that; `unknown`, signed, but none that was
    given out here; `unsigned`, without a signature. Only of a genuine one is told what it says, and what the record says by now."""

    verdict: Verdict
    sha256: str
    size: int
    signed: bool
    intact: bool
    trusted: bool
    signer: str | None
    signed_at: str | None
    document: VerifiedDocument | None
    certificate: Verification | None


class PublishedKeys(BaseModel):
    """The public keys of those who sign here (RFC 7517), each with its certificates."""

    keys: list[dict[str, Any]]
