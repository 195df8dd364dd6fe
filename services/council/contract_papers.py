"""Facts of what is given out about certificates: signed documents and credentials. `contract` has all of them."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from chassis.documents import Sha256
from chassis.events import Event
from chassis.text import ShortText
from services.council.contract_certificates import BlankNumber

PaperLanguage = Literal["ky", "kk", "ru", "en"]


class CertificateDocumentMade(Event):
    """A certificate was typeset in one language and signed. The bytes are kept by their hash, by which they are known again.

    It is made once of the same words: what the certificate says otherwise by now is another document.
    """

    document_id: str
    certificate_id: str
    case_id: str
    institution_id: str
    language: PaperLanguage
    number: ShortText = Field(description="As it is printed")
    blank_number: BlankNumber = ""
    duplicate: Annotated[int, Field(ge=0, description="0: the certificate itself; else the round of the duplicate")]
    sha256: Sha256
    size: Annotated[int, Field(ge=1)]
    signer: ShortText = Field(description="The name in the certificate of the key")
    made_on: date


class CredentialIssued(Event):
    """A certificate was given out as a verifiable credential for the first time; from now on it has its place in a status list."""

    certificate_id: str
    case_id: str
    institution_id: str
    status_list: Annotated[int, Field(ge=1)]
    status_index: Annotated[int, Field(ge=0, lt=131_072)]
    issued_on: date
