"""The rules of a document whose bytes are kept: filed for several, scanned again, erased where it is about a person."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from chassis.decider import Command
from chassis.problems import Conflict
from chassis.testing import given, guards_tell_the_truth
from services.intake.api_documents import content_disposition
from services.intake.contract import DocumentErased, DocumentRead, DocumentScanned, DocumentStored
from services.intake.domain.document import (
    DOCUMENT,
    READINGS,
    EraseDocument,
    RecordReading,
    ScanDocument,
    Stored,
    StoreDocument,
    kept_until,
    readable,
)

SHA = "ab" * 32
TODAY = date(2026, 11, 21)
NOW: dict[str, Any] = {"at": datetime(2026, 11, 21, 6, tzinfo=UTC), "by": "somebody"}


def facts(**changes: Any) -> dict[str, Any]:
    told = {"institution_id": "kaznu", "case_id": None, "kind": None, "personal": False, "scan": "clean", "stored_by": "coordinator"}
    return {"document_id": SHA, "size": 9, "media_type": "text/plain", "name": "a.txt", "stored_on": TODAY, **told, **changes}


def store(**changes: Any) -> StoreDocument:
    return StoreDocument(**NOW, **facts(**changes))


def stored(**changes: Any) -> DocumentStored:
    return DocumentStored(sha256=SHA, **facts(**changes))


def scan(state: str) -> ScanDocument:
    return ScanDocument(**NOW, scan=state, signature="X" if state == "infected" else None, scanned_on=TODAY)


def erase(ground: str = "person_asked", kept_days: int | None = None, on: date = TODAY) -> EraseDocument:
    return EraseDocument(**NOW, ground=ground, reason="Asked.", kept_days=kept_days, erased_on=on)


def test_the_same_bytes_for_the_same_purpose_are_filed_once_and_for_another_again() -> None:
    given(DOCUMENT).when(store()).then(stored())
    given(DOCUMENT, [stored()]).when(store(name="b.txt")).then()
    for change in ({"institution_id": "kbtu"}, {"institution_id": None}, {"case_id": "case-1"}, {"kind": "licence"}):
        given(DOCUMENT, [stored()]).when(store(**change)).then(stored(**change))


def test_what_was_filed_as_none_can_be_filed_as_personal_evidence_and_not_back() -> None:
    given(DOCUMENT, [stored()]).when(store(personal=True)).then(stored(personal=True))
    given(DOCUMENT, [stored(personal=True)]).when(store()).then()
    given(DOCUMENT, [stored(), stored(personal=True), stored(kind="licence")]).when(erase()).then_types(DocumentErased)


def test_only_personal_evidence_is_erased() -> None:
    given(DOCUMENT, [stored()]).when(erase()).then_refused(words="only personal evidence")


def test_a_term_is_the_agency_s_and_runs_from_the_latest_filing() -> None:
    past = [stored(personal=True, stored_on=date(2025, 1, 1)), stored(kind="licence", stored_on=date(2026, 1, 1))]
    assert kept_until(date(2026, 1, 1), 30) == date(2026, 1, 31)
    given(DOCUMENT, past).when(erase("term_ended")).then_refused(words="no term")
    given(DOCUMENT, past).when(erase("term_ended", 30, date(2026, 1, 31))).then_refused(words="2026-01-31")
    given(DOCUMENT, past).when(erase("term_ended", 30, date(2026, 2, 1))).then_types(DocumentErased)


def test_what_is_erased_stays_erased() -> None:
    past = [stored(personal=True), DocumentErased(document_id=SHA, ground="person_asked", reason="Asked.", erased_on=TODAY)]
    for command in (store(), store(institution_id="kbtu"), scan("clean"), erase()):
        given(DOCUMENT, past).when(command).then_refused(words="2026-11-21")


def test_an_infected_document_is_neither_given_out_nor_filed_again() -> None:
    found = DocumentScanned(document_id=SHA, scan="infected", signature="X", scanned_on=TODAY)
    given(DOCUMENT, [stored()]).when(scan("infected")).then(found)
    given(DOCUMENT, [stored(), found]).when(scan("infected")).then()
    given(DOCUMENT, [stored(), found]).when(store(kind="licence")).then_refused(words="antivirus")


@pytest.mark.parametrize(
    ("state", "unscanned", "open_"),
    [
        (Stored(scan="clean"), False, True),
        (Stored(scan="unscanned"), True, True),
        (Stored(scan="unscanned"), False, False),
        (Stored(scan="infected"), True, False),
        (Stored(scan="clean", erased_on=TODAY), True, False),
    ],
)
def test_what_is_given_out(state: Stored, unscanned: bool, open_: bool) -> None:
    if open_:
        readable(state, unscanned=unscanned)
    else:
        with pytest.raises(Conflict):
            readable(state, unscanned=unscanned)


def test_every_reading_is_a_fact_of_its_own() -> None:
    read = RecordReading(**NOW, document_id=SHA, purpose=None, read_on=TODAY)
    fact = DocumentRead(document_id=SHA, purpose=None, read_on=TODAY)
    given(READINGS, [fact, fact]).when(read).then(fact)


def test_the_guards_of_a_document_tell_the_truth() -> None:
    def fitting(state: Stored) -> list[Command]:
        other = "infected" if state.scan == "clean" else "clean"
        return [store(personal=True), store(kind="licence"), scan(other), erase()]

    assert len(guards_tell_the_truth(DOCUMENT, [stored()], fitting)) >= 8
    read = RecordReading(**NOW, document_id=SHA, purpose=None, read_on=TODAY)
    assert len(guards_tell_the_truth(READINGS, [], lambda _: [read], alike=lambda _: 0)) == 1


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a b-1.pdf", "attachment; filename=\"a b-1.pdf\"; filename*=UTF-8''a%20b-1.pdf"),
        ('a"; x=".pdf', "attachment; filename=\"a__ x__.pdf\"; filename*=UTF-8''a%22%3B%20x%3D%22.pdf"),
        ("Ң.pdf", "attachment; filename=\"_.pdf\"; filename*=UTF-8''%D2%A2.pdf"),
        ("100%.pdf", "attachment; filename=\"100_.pdf\"; filename*=UTF-8''100%25.pdf"),
    ],
)
def test_the_name_of_a_file_is_told_as_rfc_6266_has_it(name: str, header: str) -> None:
    assert content_disposition(name) == header
    header.encode("ascii")
