"""Documents over intake's REST interface: files come in, are examined, kept once, given out to those who may see them, and erased."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO
from uuid import uuid4

import pytest
import pytest_asyncio

from chassis.antivirus import Verdict, scan
from chassis.auth import Role
from chassis.settings import Settings
from chassis.storage import key_of
from cli.supervisor import Stack
from services.intake.app import SERVICE
from services.intake.handlers_documents import finish_erasures
from services.intake.readmodels_documents import document_filings, document_readings, documents
from tests.chassis import files
from tests.chassis.clamd import EICAR, clamd
from tests.chassis.test_content import BAD
from tests.intake.documents import DOCUMENTS, NAME, OFFICER, PDF, SHA, STAFF, Counter, counter_of


@pytest_asyncio.fixture
async def counter(servers: Stack, agency: str, tmp_path: Path) -> AsyncIterator[Counter]:
    async with counter_of(servers, agency, tmp_path) as made:
        yield made


async def test_a_document_is_kept_and_given_out_as_a_file_and_the_reading_is_recorded(counter: Counter) -> None:
    answer = await counter.send(kind="self_assessment_report")
    assert (answer.status_code, answer.headers["location"]) == (201, f"{DOCUMENTS}/{SHA}"), answer.text
    told = answer.json()
    assert (told["document_id"], told["size"], told["media_type"], told["scan"]) == (SHA, len(PDF), "application/pdf", "unscanned")
    filing = told["filings"][0]
    assert (filing["name"], filing["institution_id"], filing["stored_by"]) == (NAME, "kaznu", "institution_officer")
    assert await counter.kept() == [key_of(counter.desk.agency, SHA)]

    given = await counter.get(f"/{SHA}/content", STAFF, purpose="Technical review")
    assert (given.status_code, given.content) == (200, PDF)
    headers = given.headers
    assert headers["content-disposition"].startswith('attachment; filename="')
    assert "filename*=UTF-8''%D0%9E%D1%82" in headers["content-disposition"]
    assert headers["content-type"] == "application/pdf"
    assert (headers["x-content-type-options"], headers["content-length"]) == ("nosniff", str(len(PDF)))
    assert headers["content-security-policy"].startswith("sandbox")
    assert (await counter.get(f"/{SHA}/content", OFFICER)).content == PDF
    readings = (await counter.get(f"/{SHA}/readings", Role.auditor)).json()["items"]
    assert [(each["read_by"], each["purpose"]) for each in readings] == [
        ("the.coordinator", "Technical review"),
        ("the.institution_officer", None),
    ]
    assert await counter.log() == ["DocumentStored", "DocumentRead", "DocumentRead"]
    for model in (documents, document_filings, document_readings):
        served, rebuilt = await counter.desk.served_and_rebuilt(model)
        assert served == rebuilt, model.name


@pytest.mark.parametrize(("content", "name", "word"), [BAD[each] for each in BAD], ids=list(BAD))
async def test_nothing_is_kept_of_what_is_refused(shared: Counter, content: bytes, name: str, word: str) -> None:
    media = "application/pdf" if word != "wrong_type" else "text/plain"
    answer = await shared.send(content, name=name, media=media)
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert problem["fault"] == word or word == "bomb", problem
    assert problem["errors"][0]["detail"]
    assert await shared.kept() == []
    assert await shared.log() == []


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(servers: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Counter]:
    """For many refusals, of which none leaves anything."""
    async with counter_of(servers, f"agency-{uuid4().hex[:12]}", tmp_path_factory.mktemp("documents")) as made:
        yield made


async def test_a_file_that_is_too_large_is_not_read_to_its_end(shared: Counter) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(20):
            sent += 1_000_000
            yield b"x" * 1_000_000

    answer = await shared.send(endless(), media="text/plain", name="a.txt")
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:kepil:problem:body-too-large")
    answer = await shared.send(b"x" * 5_000_001, media="text/plain", name="a.txt")
    assert answer.status_code == 413
    assert await shared.kept() == []


@pytest.mark.parametrize("name", ["../../etc/passwd.pdf", "a/b.pdf", "a\\b.pdf", ".pdf", "a\u202efdp.pdf", "a.exe", "a"])
async def test_a_name_is_no_path(shared: Counter, name: str) -> None:
    answer = await shared.send(name=name)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/query/name"
    assert await shared.kept() == []


async def test_another_media_type_no_key_and_a_strange_parameter_are_refused(shared: Counter) -> None:
    assert (await shared.send(media="text/html")).status_code == 415
    assert (await shared.send(media="application/zip")).status_code == 415
    assert (await shared.send(key="two words")).status_code == 400
    assert (await shared.send(path="x")).status_code == 422
    assert (await shared.send(media="image/png")).json()["fault"] == "wrong_type"
    assert await shared.kept() == []


async def test_roles_that_file_and_read_are_those_that_may(counter: Counter) -> None:
    """A document of no case: those of a council see none, others what they have filed themselves."""
    filed = {role: (await counter.send(role=role, kind=f"by_{role}")).status_code for role in Role}
    assert {role for role, status in filed.items() if status == 201} == {
        *(OFFICER, STAFF, Role.director, Role.expert, Role.authorised_body_officer)
    }
    assert set(filed.values()) == {201, 403}
    read = {role: (await counter.get(f"/{SHA}/content", role)).status_code for role in Role}
    assert {role for role, status in read.items() if status == 403} == {Role.operator, Role.service}
    assert {role for role, status in read.items() if status == 404} == {Role.council_member, Role.expert_council_member}
    assert (await counter.desk.http.get(f"{DOCUMENTS}/{SHA}/content")).status_code == 401


async def test_the_same_bytes_are_the_same_document_and_a_repeated_key_does_nothing_twice(counter: Counter) -> None:
    key = uuid4().hex
    for _ in range(2):
        assert (await counter.send(key=key, kind="licence")).status_code == 201
    again = await counter.send(key=key, kind="other")
    assert (again.status_code, again.json()["type"]) == (422, "urn:kepil:problem:idempotency-key-reused")
    assert (await counter.send(files.pdf(lambda made: made.add_blank_page()), key=key, kind="licence")).status_code == 422
    await counter.stored(kind="licence", name="Другое имя.pdf")
    assert await counter.log() == ["DocumentStored"]
    await counter.stored(kind="other")
    assert await counter.log() == ["DocumentStored"] * 2
    assert len(await counter.kept()) == 1
    listed = (await counter.get(role=STAFF, kind="licence")).json()["items"]
    assert [(each["document_id"], each["name"]) for each in listed] == [(SHA, NAME)]


async def test_many_at_once_file_and_read_the_same(counter: Counter) -> None:
    answers = await asyncio.gather(*(counter.send(kind="licence") for _ in range(5)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert await counter.log() == ["DocumentStored"]
    given = await asyncio.gather(*(counter.get(f"/{SHA}/content", Role.auditor) for _ in range(20)))
    assert [each.status_code for each in given] == [200] * 20
    assert (await counter.log()).count("DocumentRead") == 20


async def test_an_institution_sees_its_own_and_learns_nothing_of_others(counter: Counter) -> None:
    await counter.stored()
    assert (await counter.get(f"/{SHA}", OFFICER, "kbtu")).status_code == 404
    assert (await counter.get(f"/{SHA}/content", OFFICER, "kbtu")).status_code == 404
    assert (await counter.get("", OFFICER, "kbtu")).json()["items"] == []
    assert (await counter.get("", OFFICER, "kbtu", institution_id="kaznu")).json()["items"] == []
    assert (await counter.send(institution="kbtu", institution_id="kaznu")).status_code == 404
    told = await counter.stored(institution="kbtu", name="Ours.pdf")
    assert [each["institution_id"] for each in told["filings"]] == ["kbtu"]
    answer = await counter.get(f"/{SHA}", OFFICER, "kbtu")
    assert ("etag" in answer.headers, [each["name"] for each in answer.json()["filings"]]) == (False, ["Ours.pdf"])
    assert "Ours.pdf" in (await counter.get(f"/{SHA}/content", OFFICER, "kbtu")).headers["content-disposition"]
    both = await counter.get(f"/{SHA}", STAFF)
    assert (both.headers["etag"], len(both.json()["filings"])) == ('"2"', 2)
    assert await counter.log() == ["DocumentStored", "DocumentStored", "DocumentRead"]


async def test_another_agency_sees_nothing_and_keeps_its_own(counter: Counter) -> None:
    await counter.stored()
    mine, counter.desk.agency = counter.desk.agency, f"other-{uuid4().hex[:8]}"
    for path in ("", "/content", "/history", "/readings"):
        assert (await counter.get(f"/{SHA}{path}", Role.director)).status_code == 404
    assert (await counter.get(role=STAFF)).json()["items"] == []
    assert (await counter.post(f"/{SHA}/erasure", body={"ground": "person_asked", "reason": "Asked."})).status_code == 404
    await counter.stored(role=STAFF)
    assert await counter.kept() == [key_of(counter.desk.agency, SHA)]
    counter.desk.agency = mine
    assert await counter.kept() == [key_of(mine, SHA)]


async def test_a_document_of_a_case_is_of_its_institution(counter: Counter) -> None:
    case_id = (await counter.desk.filed("institutional")).rpartition("/")[2]
    assert (await counter.send(case_id=case_id, institution="kbtu")).status_code == 404
    assert (await counter.send(role=STAFF, case_id=case_id, institution_id="kbtu")).status_code == 404
    assert (await counter.send(role=STAFF, case_id="nothing")).status_code == 404
    assert (await counter.send(role=STAFF, institution_id="nobody")).status_code == 404
    assert await counter.kept() == []
    told = await counter.stored(role=STAFF, case_id=case_id)
    assert [(each["institution_id"], each["stored_by"]) for each in told["filings"]] == [("kaznu", "coordinator")]
    assert len((await counter.get(role=STAFF, case_id=case_id)).json()["items"]) == 1


async def test_personal_evidence_is_erased_with_its_name_and_not_kept_again(counter: Counter) -> None:
    reason = {"ground": "person_asked", "reason": "She asked for it in writing."}
    await counter.stored(name="Diploma.pdf")
    refused = await counter.post(f"/{SHA}/erasure", body=reason)
    assert (refused.status_code, refused.json()["accepts"]) == (409, "personal=true")
    detail = (await counter.get(f"/{SHA}", Role.director)).json()
    assert "erase_document" not in {each["name"] for each in detail["allowed_actions"]}
    await counter.stored(name="Diploma of A. Asanova.pdf", personal=True)
    assert "erase_document" in {each["name"] for each in (await counter.get(f"/{SHA}", Role.director)).json()["allowed_actions"]}
    assert (await counter.post(f"/{SHA}/erasure", STAFF, reason)).status_code == 403
    refused = await counter.post(f"/{SHA}/erasure", body={**reason, "ground": "term_ended"})
    assert (refused.status_code, "no term" in refused.text) == (409, True)
    assert (await counter.post(f"/{SHA}/erasure", body=reason)).status_code == 200
    assert await counter.kept() == []
    assert (await counter.post(f"/{SHA}/erasure", body=reason)).status_code == 409
    told = (await counter.get(f"/{SHA}", STAFF)).json()
    assert (told["erasure_ground"], {each["name"] for each in told["filings"]}) == ("person_asked", {None})
    assert (await counter.get(f"/{SHA}/content", STAFF)).status_code == 409
    assert "Asanova" not in (await counter.get(f"/{SHA}/history", STAFF)).text
    assert (await counter.send(name="Again.pdf")).status_code == 409
    assert await counter.kept() == []
    for model in (documents, document_filings, document_readings):
        served, rebuilt = await counter.desk.served_and_rebuilt(model)
        assert served == rebuilt, model.name


async def test_what_is_erased_while_it_is_filed_again_is_not_kept(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    await counter.stored(personal=True)
    erased = False

    async def erased_meanwhile(file: IO[bytes], using: Settings) -> Verdict:
        nonlocal erased
        answer = await counter.post(f"/{SHA}/erasure", body={"ground": "person_asked", "reason": "Asked."})
        erased = answer.status_code == 200
        return await scan(file, using)

    monkeypatch.setattr("services.intake.handlers_documents.scan", erased_meanwhile)
    assert (await counter.send(kind="licence")).status_code == 409
    assert (erased, await counter.kept()) == (True, [])


async def test_what_was_left_of_an_erasure_is_gone_when_a_process_starts(counter: Counter) -> None:
    await counter.stored(personal=True)
    content = (await counter.storage.get(counter.desk.agency, SHA)).file.read()
    await counter.post(f"/{SHA}/erasure", body={"ground": "filed_by_mistake", "reason": "Another person's."})
    place = Path(counter.settings.documents_url.removeprefix("file://")) / key_of(counter.desk.agency, SHA)  # type: ignore[union-attr]
    place.write_bytes(content)
    await finish_erasures(counter.desk._runtime)
    assert await counter.kept() == []


async def test_a_term_of_the_agency_ends(servers: Stack, agency: str, tmp_path: Path) -> None:
    async with counter_of(servers, agency, tmp_path, documents_personal_days=400) as counter:
        told = await counter.stored(personal=True)
        assert told["kept_until"] > told["stored_on"]
        refused = await counter.post(f"/{SHA}/erasure", body={"ground": "term_ended", "reason": "As the agency has set it."})
        assert (refused.status_code, told["kept_until"] in refused.text) == (409, True)
        assert (await counter.get(role=STAFF, beyond_term=True)).json()["items"] == []
        since = "UPDATE documents SET stored_on = stored_on - 401 WHERE agency = $1"
        await counter.desk._runtime.system.execute(since, agency)
        assert len((await counter.get(role=STAFF, beyond_term=True)).json()["items"]) == 1


async def test_a_damaged_document_is_not_given_out_and_no_reading_is_recorded(counter: Counter, tmp_path: Path) -> None:
    await counter.stored()
    (tmp_path / key_of(counter.desk.agency, SHA)).write_bytes(PDF + b"\n")
    assert (await counter.get(f"/{SHA}/content", STAFF)).status_code == 500
    (tmp_path / key_of(counter.desk.agency, SHA)).unlink()
    assert (await counter.get(f"/{SHA}/content", STAFF)).status_code == 404
    assert await counter.log() == ["DocumentStored"]


async def test_the_antivirus_is_asked_before_anything_is_kept_and_again_later(servers: Stack, agency: str, tmp_path: Path) -> None:
    async with clamd() as daemon, counter_of(servers, agency, tmp_path, documents_antivirus=daemon.address) as counter:
        infected = await counter.send(b"text " + EICAR + b"\n", name="a.txt", media="text/plain")
        assert (infected.status_code, infected.json()["fault"]) == (422, "infected")
        assert await counter.kept() == []
        assert (await counter.stored())["scan"] == "clean"
        assert (await counter.post(f"/{SHA}/scan", STAFF)).json()["events"] == []
        daemon.signatures[PDF[-60:]] = "New-Signature"
        assert [each["type"] for each in (await counter.post(f"/{SHA}/scan", STAFF)).json()["events"]] == ["DocumentScanned"]
        told = (await counter.get(f"/{SHA}", STAFF)).json()
        assert (told["scan"], told["scan_signature"], told["filings"][0]["scan"]) == ("infected", "New-Signature", "infected")
        assert (await counter.get(f"/{SHA}/content", STAFF)).status_code == 409
        assert (await counter.send(kind="other")).status_code == 409
        daemon.silent = True
        counter.desk._runtime.settings = counter.settings.model_copy(update={"documents_antivirus_seconds": 0.3})
        other = files.pdf(lambda made: made.add_blank_page())
        assert (await counter.send(other)).status_code == 503
        assert len(await counter.kept()) == 1


async def test_an_agency_may_hold_what_no_antivirus_has_seen(servers: Stack, agency: str, tmp_path: Path) -> None:
    async with counter_of(servers, agency, tmp_path, documents_unscanned="hold") as counter:
        await counter.stored()
        assert (await counter.get(f"/{SHA}/content", STAFF)).status_code == 409
        assert (await counter.post(f"/{SHA}/scan", STAFF)).status_code == 409
        async with clamd() as daemon:
            counter.desk._runtime.settings = counter.settings.model_copy(update={"documents_antivirus": daemon.address})
            assert (await counter.post(f"/{SHA}/scan", STAFF)).status_code == 200
            assert (await counter.get(f"/{SHA}/content", STAFF)).status_code == 200


async def test_a_large_document_comes_back_as_it_was(servers: Stack, agency: str, tmp_path: Path) -> None:
    content = files.office("pptx", {f"ppt/media/image{number}.bin": os.urandom(3_000_000) for number in range(10)})
    media = f"{files.OOXML}.presentationml.presentation"
    async with counter_of(servers, agency, tmp_path, documents_max_bytes=40_000_000) as counter:
        told = await counter.stored(content, media=media, name="Слайды.pptx")
        given = await counter.get(f"/{told['document_id']}/content", STAFF)
        assert hashlib.sha256(given.content).hexdigest() == told["sha256"] == hashlib.sha256(content).hexdigest()


def test_the_route_of_files_alone_takes_more_than_a_body() -> None:
    assert DOCUMENTS in SERVICE.uploads
