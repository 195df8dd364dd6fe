"""What everybody is told of a certificate by its number and by its bytes; the record rules."""

import asyncio
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio

from chassis.auth import Role
from chassis.rebuild import compare
from chassis.service import key_ring
from chassis.settings import Settings
from chassis.signing import signing_key
from chassis.storage import Storage
from services.council import verification
from services.council.app import SERVICE
from services.council.certificate_document import made, papers_of
from services.council.domain.certificate import CERTIFICATE
from services.council.readmodels_papers import certificate_documents, credentials
from tests.council.papers import LAW, NAMES, ORDER_109, Registry
from tests.council.resolutions import UNFULFILLED
from tests.council.test_certificate_paper import content
from tests.council.test_resolution_over_rest import Desk, desk

__all__ = ["desk"]

DAY = timedelta(days=1)
NUMBER = "KZ-A 12/34"
KZ, SAPATTUU = "kz-109-2008-accreditation", "sapattuu-bilim-monitoring"


@pytest_asyncio.fixture
async def registry(desk: Desk) -> Registry:
    return await Registry(desk).opened()


@pytest.mark.clause(KZ, "9.10", "24")
async def test_a_valid_certificate_is_verified_by_its_number_without_a_token(registry: Registry) -> None:
    id_ = await registry.issued()
    told = await registry.told(quote(NUMBER, safe=""))
    assert (told["state"], told["in_force"], told["number"], told["asked"]) == ("valid", True, NUMBER, NUMBER)
    assert (told["institution_names"], told["city"], told["certificate_id"]) == (NAMES, "Алматы", id_)
    assert told["scopes"] == [{"scope": "institution", "name": None}, {"scope": LAW, "name": "Құқықтану"}]
    assert date.fromisoformat(told["valid_until"]) > registry.today
    assert [each["type"] for each in told["history"]] == ["CertificateIssued"]
    assert told["history"][0]["clauses"][0]["id"] == "20"
    assert told["rulebook_title"]["kk"] == ORDER_109.title.kk
    assert "reasons" not in str(told)
    assert told["agency_names"] == {"kk": "Сапа агенттігі", "en": "The Quality Agency"}


async def test_what_is_not_there_is_not_found(registry: Registry) -> None:
    await registry.issued()
    for number in ("KZ-A%2012", "keys%2F1", "%D1%8F"):
        assert (await registry.verify(number)).status_code == 404
    elsewhere = await registry.desk.http.get(f"/v1/verification/another-agency/{quote(NUMBER, safe='')}")
    assert elsewhere.status_code == 404
    assert (await registry.verify("KZ%00A")).status_code == 422
    assert (await registry.verify(f"{quote(NUMBER)}?x=1")).status_code == 422
    assert (await registry.desk.http.get("/v1/verification/NO_AGENCY/1")).status_code == 422


@pytest.mark.clause(SAPATTUU, "3.3.b.s1", "3.3.c")
async def test_each_state_is_told_with_its_days_and_its_ground(registry: Registry) -> None:
    suspended, revoked = await registry.issued("S-1", days_ago=10), await registry.issued("R-1", days_ago=10)
    ended, earlier = await registry.issued("E-1", days_ago=10), await registry.issued("O-1", days_ago=10)
    await registry.issued("X-1", days_ago=3000)
    today = registry.today.isoformat()
    await registry.suspended(suspended)
    told = await registry.told("S-1")
    [stay] = told["suspensions"]
    assert (told["state"], told["in_force"], stay["suspended_on"], stay["restored_on"]) == ("suspended", False, today, None)
    assert (stay["ground"], set(stay["ground_names"])) == (UNFULFILLED, {"ky", "kk", "ru", "en"})
    await registry.restored(suspended)
    told = await registry.told("S-1")
    assert (told["state"], told["suspensions"][0]["restored_on"]) == ("valid", today)
    assert [each["type"] for each in told["history"]] == ["CertificateIssued", "CertificateSuspended", "CertificateRestored"]

    await registry.revoked(revoked)
    told = await registry.told("R-1")
    assert (told["state"], told["in_force"], told["revoked_on"]) == ("revoked", False, today)
    assert told["revocation_ground"] == UNFULFILLED
    assert set(told["revocation_ground_names"]) == {"ky", "kk", "ru", "en"}

    await registry.ended(ended, on=registry.today)
    told = await registry.told("E-1")
    assert (told["state"], told["end_ground"], told["end_ground_names"]["ru"]) == ("ended", "liquidation", "ликвидация")
    await registry.replaced(earlier, "N-1")
    told, new = await registry.told("O-1"), await registry.told("N-1")
    assert (told["state"], told["replaced_by"], new["replaces"], new["state"]) == ("replaced", "N-1", "O-1", "valid")
    assert new["institution_id"] == "successor"

    told = await registry.told("X-1")
    assert (told["state"], told["in_force"]) == ("expired", False)


@pytest.mark.clause(KZ, "20", "23")
async def test_a_document_is_made_once_of_the_same_words_and_known_again_byte_for_byte(registry: Registry) -> None:
    id_ = await registry.issued()
    first = await registry.pdf(id_)
    assert first == await registry.pdf(id_)
    found = await registry.dropped(first)
    assert (found["verdict"], found["intact"], found["trusted"], found["signed"]) == ("genuine", True, True, True)
    assert found["document"] | {"made_on": None} == {
        "language": "kk",
        "number": NUMBER,
        "duplicate": 0,
        "made_on": None,
        "superseded": False,
    }
    assert found["certificate"]["state"] == "valid"
    other = await registry.pdf(id_, "ky")
    assert (await registry.dropped(other))["document"]["language"] == "ky"
    listed = (await registry.ask(f"certificates/{id_}/documents")).json()["items"]
    assert {each["sha256"] for each in listed} == {found["sha256"], (await registry.dropped(other))["sha256"]}
    settings = registry.desk.runtime.settings
    for model in (certificate_documents, credentials):
        served, again = await compare(settings, SERVICE.events, SERVICE.catalogues, model, lambda pool: key_ring(settings, pool))
        assert served == again


async def test_of_many_who_ask_first_at_once_all_get_the_same(registry: Registry) -> None:
    id_ = await registry.issued()
    documents = await asyncio.gather(*(registry.pdf(id_, "ru") for _ in range(6)))
    assert len(set(documents)) == 1
    listed = (await registry.ask(f"certificates/{id_}/documents")).json()["items"]
    assert len(listed) == 1
    kept = await papers_of(registry.desk.runtime.settings).keys(registry.desk.agency)
    assert [each.rpartition("/")[2] for each in kept] == [listed[0]["sha256"]]


async def test_a_changed_byte_is_told_and_so_is_what_is_none_of_ours(registry: Registry, tmp_path: Any) -> None:
    document = await registry.pdf(await registry.issued())
    changed = bytearray(document)
    changed[len(document) // 2] ^= 1
    found = await registry.dropped(bytes(changed))
    assert (found["verdict"], found["intact"], found["document"], found["certificate"]) == ("altered", False, None, None)
    using = Settings(state_dir=tmp_path)
    now = registry.desk.runtime.machinery.clock.wall()
    forged = await asyncio.to_thread(made, content(using, "kk"), signing_key(using), now)
    found = await registry.dropped(forged)
    assert (found["verdict"], found["intact"], found["trusted"]) == ("unknown", True, False)
    ours = registry.desk.runtime.settings
    unrecorded = await asyncio.to_thread(made, content(ours, "kk"), signing_key(ours), now)
    found = await registry.dropped(unrecorded)
    assert (found["verdict"], found["trusted"], found["certificate"]) == ("unknown", True, None)
    for nothing in (b"", b"%PDF-1.7\n", b"hello", b"\xff" * 5000):
        assert (await registry.dropped(nothing))["verdict"] == "unsigned"


async def test_another_agency_s_document_is_none_of_ours(registry: Registry) -> None:
    document = await registry.pdf(await registry.issued())
    url = f"/v1/verification/{registry.desk.agency}-2/document"
    answer = await registry.desk.http.post(url, content=document, headers={"content-type": "application/pdf"})
    assert (answer.json()["verdict"], answer.json()["certificate"]) == ("unknown", None)


async def test_a_dropped_file_has_its_limits(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await registry.drop(b"%PDF", "text/plain")).status_code == 415
    assert (await registry.drop(b"%PDF" + b"0" * 6_000_000)).status_code == 413
    from chassis.rate import Rate

    monkeypatch.setattr(verification, "_STRANGE", Rate(per_minute=1, burst=1))
    assert (await registry.drop(b"1")).status_code == 200
    assert (await registry.drop(b"2")).status_code == 429
    elsewhere = "/v1/verification/an-agency-that-is-not-there/document"
    for content_, status in ((b"3", 429), (b"1", 200)):  # another name is not another machine; what was examined is not so again
        answer = await registry.desk.http.post(elsewhere, content=content_, headers={"content-type": "application/pdf"})
        assert answer.status_code == status


@pytest.mark.clause(KZ, "28 (a)")
async def test_a_duplicate_says_that_it_is_one_and_the_sheet_before_it_is_superseded(registry: Registry) -> None:
    id_ = await registry.issued()
    original = await registry.pdf(id_, "ru")
    await registry.duplicated(id_)
    duplicate = await registry.pdf(id_, "ru")
    assert duplicate != original
    earlier, later = await registry.dropped(original), await registry.dropped(duplicate)
    assert (earlier["verdict"], earlier["document"]["duplicate"], earlier["document"]["superseded"]) == ("genuine", 0, True)
    assert (later["verdict"], later["document"]["duplicate"], later["document"]["superseded"]) == ("genuine", 1, False)
    assert [each["round"] for each in later["certificate"]["duplicates"]] == [1]
    blanks = {each["duplicate"]: each["blank_number"] for each in (await registry.ask(f"certificates/{id_}/documents")).json()["items"]}
    assert blanks[0] != blanks[1]


@pytest.mark.parametrize("what", ["suspended", "revoked", "ended", "expired", "replaced"])
async def test_nothing_is_given_out_of_what_is_not_in_force_and_the_old_sheet_says_so(registry: Registry, what: str) -> None:
    id_ = await registry.issued(days_ago=3000 if what == "expired" else 10)
    document = None
    if what != "expired":
        document = await registry.pdf(id_)
        change = {"suspended": registry.suspended, "revoked": registry.revoked, "ended": registry.ended}.get(what)
        await (change(id_) if change else registry.replaced(id_, "N-1"))
    for path in ("pdf?language=kk", "pdf?language=en", "credential"):
        answer = await registry.ask(f"certificates/{id_}/{path}")
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:kepil:problem:conflict"), answer.text
    if document is not None:
        found = await registry.dropped(document)
        assert (found["verdict"], found["certificate"]["state"], found["certificate"]["in_force"]) == ("genuine", what, False)
    if what == "suspended":
        await registry.restored(id_)
        longer = await registry.pdf(id_)
        assert longer != document
        assert document is not None
        assert (await registry.dropped(document))["document"]["superseded"]


async def test_a_number_that_was_corrected_leads_to_the_certificate(registry: Registry) -> None:
    id_ = await registry.issued("KZ-WRONG")
    document = await registry.pdf(id_)
    body = {"version": 1, "corrected": {"number": "KZ-RIGHT"}, "reason": "A slip of the pen."}
    answer = await registry.desk.post(f"certificates/{id_}/corrections", body, Role.director)
    assert answer.status_code == 200, answer.text
    told = await registry.told("KZ-WRONG")
    assert (told["number"], told["asked"], told["certificate_id"]) == ("KZ-RIGHT", "KZ-WRONG", id_)
    found = await registry.dropped(document)
    assert (found["document"]["number"], found["certificate"]["number"], found["document"]["superseded"]) == ("KZ-WRONG", "KZ-RIGHT", True)
    other = await registry.issued("KZ-WRONG")
    assert (await registry.told("KZ-WRONG"))["certificate_id"] == other
    assert (await registry.dropped(document))["certificate"]["certificate_id"] == id_, "a sheet is of its own certificate"


async def test_an_institution_has_its_own_documents_alone(registry: Registry) -> None:
    id_ = await registry.issued()
    for path in ("pdf", "documents", "credential"):
        assert (await registry.ask(f"certificates/{id_}/{path}", Role.institution_officer)).status_code == 200
        assert (await registry.ask(f"certificates/{id_}/{path}", Role.institution_officer, "successor")).status_code == 404
        assert (await registry.ask(f"certificates/{id_}/{path}", Role.expert)).status_code == 403
        assert (await registry.desk.http.get(f"/v1/certificates/{id_}/{path}")).status_code == 401
    assert (await registry.ask(f"certificates/{id_}/pdf?language=de")).status_code == 422
    assert (await registry.ask("certificates/nothing/pdf")).status_code == 404


async def test_bytes_that_are_damaged_in_the_store_are_not_given_out(registry: Registry) -> None:
    id_ = await registry.issued()
    await registry.pdf(id_)
    settings = registry.desk.runtime.settings
    [kept] = await papers_of(settings).keys(registry.desk.agency)
    path = settings.state_dir / "documents" / "certificates" / kept
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert (await registry.ask(f"certificates/{id_}/pdf?language=kk")).status_code == 500
    assert isinstance(papers_of(settings), Storage)


async def test_nothing_of_the_certificate_itself_changes_when_it_is_printed(registry: Registry) -> None:
    id_ = await registry.issued()
    await registry.pdf(id_)
    await registry.ask(f"certificates/{id_}/credential")
    _, version = await (await registry.context()).load(CERTIFICATE, id_)
    assert version == 1
