"""Meetings of the council, panels, certificates, letters and documents: over a real case, in four languages and in a browser."""

import re
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import nats
import pytest
import pytest_asyncio
from playwright.async_api import Browser
from temporalio.client import Client

from chassis.auth import Role
from cli.skipping import LegalTime
from cli.supervisor import Stack
from console.i18n import LANGUAGES
from console.views.actions import page_of
from console.views.meetings import tallies
from console.views.panels import bound, replaced
from tests.api.journey import MEMBERS, SERVICES, Journey
from tests.console.access import checked, sitting_at
from tests.console.filing import action, shown
from tests.console.signing import csrf, hidden, signed_in
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(300)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def case(stack: Stack) -> AsyncIterator[Journey]:
    """A case from its application to the certificate."""
    connection = await nats.connect(stack.urls["nats"])
    async with httpx.AsyncClient(timeout=30) as http:
        time = LegalTime(
            await Client.connect(stack.urls["temporal"]), connection.jetstream(), http, {name: stack.urls[name] for name in SERVICES}
        )
        made = await Journey(stack, http, time, f"council-{uuid4().hex[:8]}").to("certified")

        async def written() -> str | None:
            listed = await made.get(Role.coordinator, "notices", "/v1/letters?case_id={case_id}")
            return next((each["letter_id"] for each in listed.json()["items"] if each["addressee"] == "institution"), None)

        made.ids["letter_id"] = await eventually(written, "a letter to the institution", 60)
        yield made
    await connection.close()


def pages(case: Journey) -> list[str]:
    """Every page of these areas."""
    ids = case.ids
    return [
        "meetings",
        f"meetings/{ids['meeting_id']}",
        f"meetings/{ids['meeting_id']}/minutes",
        "panels",
        f"panels/{ids['case_id']}",
        "pool",
        "certificates",
        f"certificates/{ids['certificate_id']}",
        "letters",
        f"letters/{ids['letter_id']}",
        "documents",
        f"documents/{ids['document_id']}/about",
    ]


#: Words of the pages' source that no page in another language may show.
ENGLISH = (
    "Meeting of the council", "Attendance and quorum", "Takes no part in", "Decided", "Panels of experts", "Who sits in it",
    "Pool of experts", "Certificates", "Sheets and verification", "All letters", "How it went", "File a document", "Who was given it",
    "Show everything", "What has happened", "the institution as a whole", "What you may do now", "This list as",
)  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_is_told_in_each_language(stack: Stack, case: Journey, language: str) -> None:
    async with signed_in(stack, Role.director, agency=case.agency, language=language) as client:
        for path in pages(case):
            page = await client.get(f"/{language}/{path}")
            assert page.status_code == 200, (path, page.text[:3_000])
            assert page.text.count("<h1>") == 1, path
            if language != "en":
                assert [words for words in ENGLISH if words in page.text] == [], path


async def test_a_meeting_tells_who_came_who_stood_aside_what_was_voted_and_decided(stack: Stack, case: Journey) -> None:
    async with signed_in(stack, Role.auditor, agency=case.agency) as client:
        listed = (await client.get("/en/meetings")).text
        assert f"/en/meetings/{case.ids['meeting_id']}" in listed
        assert "5 of 5" in listed
        text = (await client.get(f"/en/meetings/{case.ids['meeting_id']}")).text
        assert re.search(r'<span class="clause[^"]*">clause [0-9A-Z]', text)
        assert not re.search(r'(· |</a> )<span class="clause[^>]*>[0-9]', text), "a clause is called one"
    assert "more than 1/2" in text
    assert "quorum</span>" in text
    assert "Taught there." in text
    assert f"Name of {MEMBERS[4]}" in text
    assert "Who voted how" in text
    assert "Protocol No. 4" in text
    assert 'href="/en/act/' not in text  # an auditor does nothing


async def test_the_minutes_are_a_sheet_to_print(stack: Stack, case: Journey, browser: Browser) -> None:
    path = f"/en/meetings/{case.ids['meeting_id']}/minutes"
    async with sitting_at(browser, stack, Role.director, agency=case.agency, path=path) as page:
        await page.emulate_media(media="print")
        assert await page.locator("header.top").is_hidden()
        assert await page.get_by_text("Print this page").is_hidden()
        assert await page.get_by_role("heading", level=1).is_visible()
        assert (await page.pdf())[:5] == b"%PDF-"


def test_a_record_leads_to_the_page_made_for_it() -> None:
    assert page_of("council", "/v1/meetings/m") == "meetings/m"
    assert page_of("council", "/v1/certificates/c") == "certificates/c"
    assert page_of("council", "/v1/certificates/imports") == "records/council/certificates/imports"
    assert page_of("notices", "/v1/letters/l") == "letters/l"
    assert page_of("intake", "/v1/documents/d") == "documents/d/about"
    assert page_of("council", "/v1/considerations/c") == "cases/c"


def test_of_a_secret_ballot_nothing_but_counts_is_shown() -> None:
    ballot = {"meeting_id": "m", "scope": "institution", "votes_for": 3, "votes_against": 1, "abstained": 0, "counted_by": ["a"]}
    vote = {"meeting_id": "m", "scope": "institution", "member_id": "a", "vote": "for"}
    secret = {"meeting_id": "m", "ballot": "secret"}
    (one,) = tallies(secret, {"scopes": ["institution"], "secret_ballots": [ballot], "votes": [vote]})
    assert (one.counts, one.cast, one.counted_by) == ({"for": 3, "against": 1, "abstained": 0}, (), ("a",))
    (one,) = tallies(secret, {"scopes": ["institution"], "votes": [vote]})
    assert (one.counts["for"], one.cast) == (1, ())
    (one,) = tallies({"meeting_id": "m", "ballot": "open"}, {"scopes": ["institution"], "votes": [vote]})
    assert one.cast == (vote,)
    assert tallies({"meeting_id": "another", "ballot": "open"}, {"scopes": ["institution"], "votes": [vote]}) == ()


def test_who_took_whose_seat_and_what_binds_an_expert() -> None:
    event = {"type": "ExpertReplaced", "data": {"expert_id": "a", "successor": {"expert_id": "b"}, "replaced_on": "2026-05-04"}}
    assert replaced([{"type": "PanelFormed", "data": {}}, event]) == [{"expert_id": "a", "successor": "b", "on": "2026-05-04"}]
    assert bound({"affiliations": ["u"], "employments": []}, "u") == "affiliation"
    assert bound({"affiliations": [], "employments": [{"institution_id": "u"}]}, "u") == "employment"
    assert bound({"affiliations": ["u"], "employments": []}, "v") == ""


async def test_names_of_experts_are_for_the_agency_alone(stack: Stack, case: Journey) -> None:
    path = f"/en/panels/{case.ids['case_id']}"
    async with signed_in(stack, Role.coordinator, agency=case.agency) as client:
        text = (await client.get(path)).text
        assert "Name of expert.chair" in text
        assert "What the check found" in text
        assert "Name of expert.member" in (await client.get("/en/pool")).text
    async with signed_in(stack, Role.institution_officer, agency=case.agency, institution=case.institution) as client:
        text = (await client.get(path)).text
        assert "expert.chair" in text
        assert "Name of expert.chair" not in text
        assert "What the check found" not in text
        assert (await client.get("/en/pool")).status_code == 403


async def test_a_certificate_is_filtered_and_given_out_as_a_signed_sheet(stack: Stack, case: Journey) -> None:
    number = f"KZ-A-{case.blank}"
    async with signed_in(stack, Role.coordinator, agency=case.agency) as client:
        assert number in (await client.get("/en/certificates", params={"state": "valid", "sort": "valid_until"})).text
        none = await client.get("/en/certificates", params={"state": "revoked"})
        assert number not in none.text
        assert "No certificate fits" in none.text
        page = await client.get(f"/en/certificates/{case.ids['certificate_id']}")
        assert f"/verify/{case.agency}/{number}" in page.text
        assert '<svg role="img"' in page.text
        assert 'viewBox="0 0 ' in page.text
        for language in LANGUAGES:
            assert f"/pdf?in={language}" in page.text
        sheet = await client.get(f"/en/certificates/{case.ids['certificate_id']}/pdf", params={"in": "kk"})
        assert (sheet.headers["content-type"], sheet.content[:5]) == ("application/pdf", b"%PDF-")
        credential = await client.get(f"/en/certificates/{case.ids['certificate_id']}/credential")
        assert credential.headers["content-type"].startswith("application/vc+jwt")
        assert credential.text.count(".") == 2
        assert (await client.get(f"/en/certificates/{case.ids['certificate_id']}/pdf", params={"in": "xx"})).status_code == 404


async def test_a_letter_is_read_in_four_languages_sent_and_received(stack: Stack, case: Journey) -> None:
    path = f"/en/letters/{case.ids['letter_id']}"
    async with signed_in(stack, Role.coordinator, agency=case.agency) as client:
        assert case.ids["letter_id"] in (await client.get("/en/letters", params={"status": "drawn_up"})).text
        texts = {each: (await client.get(path, params={"in": each})).text for each in LANGUAGES}
        found = [re.search(r'<div class="letter" lang="(\w+)">(.*?)</div>', text, re.DOTALL) for text in texts.values()]
        assert [each and each[1] for each in found] == list(LANGUAGES)
        assert len({each and each[2] for each in found}) == 4
        sheet = await client.get(f"{path}/pdf", params={"in": "ky"})
        assert sheet.content[:5] == b"%PDF-"
        way = action(await client.get(path), "dispatch_letter")
        today = (await case.today()).isoformat()
        given = {"channel": "post", "language": "ru", "dispatched_on": today, "reference": "RR 77"}
        done = await client.post(way, data={**await shown(client, way), **given})
        assert done.url.path == path, done.text[:4_000]
        assert "RR 77" in done.text
    async with signed_in(stack, Role.institution_officer, agency=case.agency, institution=case.institution) as client:
        assert "receipt" in action(await client.get(path), "record_letter_receipt")


async def test_a_document_is_filed_by_a_plain_form_and_its_readings_are_told(stack: Stack, case: Journey) -> None:
    async with signed_in(stack, Role.coordinator, agency=case.agency, subject="Aigul") as client:
        form = await client.get("/en/documents", params={"case_id": case.ids["case_id"]})
        given = {**hidden(form.text), "case_id": case.ids["case_id"], "kind": "licence_copies"}
        content = f"A licence {uuid4()}\n".encode()
        filed = await client.post("/en/documents", data=given, files={"file": ("Licence.txt", content, "text/plain")})
        assert filed.url.path.endswith("/about"), filed.text[:4_000]
        assert "Licence.txt" in filed.text
        assert "Nobody has been given it yet." in filed.text
        again = await client.post("/en/documents", data=given, files={"file": ("Licence.txt", content, "text/plain")})
        assert again.url == filed.url  # the same key: one command
        assert (await client.get(filed.url.path.removesuffix("/about"))).content == content
        assert "Aigul" in (await client.get(filed.url.path)).text
        assert "Licence.txt" in (await client.get("/en/documents", params={"kind": "licence_copies"})).text


async def test_a_file_that_is_not_taken_and_none_at_all_are_said_above_the_form(stack: Stack, case: Journey) -> None:
    async with signed_in(stack, Role.coordinator, agency=case.agency) as client:
        token = csrf((await client.get("/en/documents")).text)
        none = await client.post("/en/documents", data={"csrf": token})
        assert none.status_code == 422
        assert "Choose a file first." in none.text
        refused = await client.post(
            "/en/documents", data={"csrf": token, "kind": "licence_copies"}, files={"file": ("a.pdf", b"<html></html>", "application/pdf")}
        )
        assert refused.status_code == 422
        assert 'id="problem"' in refused.text
        assert '<option value="licence_copies" selected>' in refused.text


async def test_what_an_institution_may_not_read_it_does_not_find(stack: Stack, case: Journey) -> None:
    async with signed_in(stack, Role.institution_officer, agency=case.agency, institution="another") as client:
        assert (await client.get("/en/meetings")).status_code == 403
        for path in (f"certificates/{case.ids['certificate_id']}", f"letters/{case.ids['letter_id']}", f"panels/{case.ids['case_id']}"):
            assert (await client.get(f"/en/{path}")).status_code == 404
        assert "There is no panel that you may see." in (await client.get("/en/panels")).text


@pytest.mark.parametrize("name", ["meetings", "panels", "certificates", "letters", "documents"])
async def test_a_list_is_there_for_spreadsheets_and_programs(stack: Stack, case: Journey, name: str) -> None:
    async with signed_in(stack, Role.director, agency=case.agency) as client:
        items = (await client.get(f"/en/{name}.json")).json()["items"]
        table = (await client.get(f"/en/{name}.csv")).text
        assert items
        assert len(table.strip().splitlines()) == len(items) + 1
        assert (await client.get(f"/en/{name}.xml")).status_code == 404


@pytest.mark.parametrize("language", ["en", "kk"])
async def test_the_pages_are_for_everybody(stack: Stack, case: Journey, browser: Browser, language: str) -> None:
    async with sitting_at(browser, stack, Role.director, agency=case.agency, path=f"/{language}/meetings") as page:
        for path in pages(case):
            await page.goto(f"{stack.urls['console']}/{language}/{path}")
            await checked(page)
