"""What is given out about a certificate: a signed document, made once of the same words; a credential's place in a status list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.decider import Command, Decider, Guard, always, no_rules
from chassis.events import Event
from chassis.ids import derived_id
from chassis.problems import Conflict
from services.council.contract import CertificateDocumentMade, CredentialIssued, PaperLanguage
from services.council.domain.standing import Certificate

#: The last index of a status list, and how full one becomes before the next is begun: a free place is found by chance.
LIST_SIZE = 131_072
LIST_FULL = LIST_SIZE // 2

_WHY = {
    "revoked": "the certificate is revoked",
    "ended": "the certificate has ended before its term",
    "expired": "the term of the certificate is over",
    "suspended": "the certificate is suspended",
}


class RecordDocument(Command):
    """Records a document that was made and kept."""

    records = (CertificateDocumentMade,)

    document_id: str
    certificate_id: str
    case_id: str
    institution_id: str
    language: PaperLanguage
    number: str
    blank_number: str
    duplicate: int
    sha256: str
    size: int
    signer: str
    made_on: date


class IssueCredential(Command):
    """Gives the certificate a place in a status list."""

    records = (CredentialIssued,)

    certificate_id: str
    case_id: str
    institution_id: str
    status_list: int
    status_index: int
    issued_on: date


@dataclass(frozen=True)
class Paper:
    """A document as it was made."""

    made: CertificateDocumentMade | None = None


@dataclass(frozen=True)
class Credential:
    """A certificate's place."""

    issued: CredentialIssued | None = None


def document_id(certificate_id: str, language: str, words: str) -> str:
    """The same words in the same language are the same document."""
    return derived_id("paper", certificate_id, language, words)


def check_issuable(state: Certificate, day: date) -> None:
    """Nothing is given out that says that a certificate is in force which is not, or is not any more."""
    why = _WHY.get(state.standing(day))
    if why is not None:
        raise Conflict(f"{why}: nothing is given out that says otherwise; it can be verified by its number")


def check_printable(state: Certificate) -> None:
    """A certificate that was given on paper, outside, is not printed anew: its words are not known."""
    if state.recorded is not None:
        raise Conflict("the certificate was given on paper before it was recorded here; it can be verified by its number")


def _record(command: RecordDocument, state: Paper, _rules: None) -> Sequence[Event]:
    """Once: who comes second is given the first one."""
    return [] if state.made else [CertificateDocumentMade(**command.model_dump(exclude={"at", "by"}))]


def _issue(command: IssueCredential, state: Credential, _rules: None) -> Sequence[Event]:
    return [] if state.issued else [CredentialIssued(**command.model_dump(exclude={"at", "by"}))]


def _made(_state: Paper, event: Any) -> Paper:
    return Paper(event)


def _issued(_state: Credential, event: Any) -> Credential:
    return Credential(event)


_PAPER_GUARDS: Mapping[type[Command], Guard] = {RecordDocument: always}
_CREDENTIAL_GUARDS: Mapping[type[Command], Guard] = {IssueCredential: always}

PAPER: Decider[Paper, None] = Decider("paper", Paper(), _record, _made, no_rules, _PAPER_GUARDS)
CREDENTIAL: Decider[Credential, None] = Decider("credential", Credential(), _issue, _issued, no_rules, _CREDENTIAL_GUARDS)
