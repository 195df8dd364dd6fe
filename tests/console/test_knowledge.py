"""Rulebooks, operations, events, simulations and the search: read by everybody they are for, complete, and seen in a browser."""

from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from openapi_spec_validator import validate
from playwright.async_api import Browser, expect

from chassis.auth import Role
from chassis.issuer import development_token
from cli.supervisor import Stack
from console import labels, published, rulebook_stages, simulations
from console.rulebook_words import slug
from console.views.rulebooks import marked
from regulations import load
from regulations.differences import differences
from regulations.library import library
from tests.console.access import checked, sitting_at
from tests.console.signing import csrf, signed_in, visiting
from tests.waiting import eventually

MONITORING = "aakr-monitoring-2024"
RECORD = b"""
{"scenario": "a.yaml", "kind": "event", "date": "2026-01-05", "who": "coordinator", "service": "monitoring", "event": "DeadlineMissed",
 "clause": "II.4.g", "data": {"deadline_id": "d", "due_on": "2026-01-04"}}
{"scenario": "a.yaml", "kind": "refusal", "date": "2026-01-06", "who": "coordinator", "problem": {"clause": "II.4.b", "detail": "no plan"}}
{"scenario": "a.yaml", "kind": "summary", "events": 1}
{"scenario": "b.yaml", "kind": "note", "date": "2026-01-07", "words": "nothing"}
""".replace(b"\n ", b" ")


def test_places_of_clauses_and_values_are_unique_in_their_page() -> None:
    for book in labels.books():
        places = [slug("c", clause) for clause in book.clauses] + [slug("v", path) for path in book.citations()]

        assert len(places) == len(set(places)), book.id


def test_the_picture_of_the_stages_keeps_their_order_and_stays_within_its_frame() -> None:
    for book in labels.books():
        drawn = rulebook_stages.picture(book.stages)

        assert [node.number for node in drawn.nodes] == list(range(1, len(book.stages) + 1))
        assert [node.y for node in drawn.nodes] == sorted({node.y for node in drawn.nodes})
        assert all(0 < node.x < drawn.width and 0 < node.y < drawn.height for node in drawn.nodes)
        assert len(drawn.lines) == sum(len(each) for each in rulebook_stages.before(book.stages))
        assert [actor for actor, _ in drawn.lanes] == list(dict.fromkeys(stage.actor for stage in book.stages))


def test_of_a_long_text_only_the_words_that_changed_are_marked() -> None:
    book = load(MONITORING)
    why = f"{book.terms['monitoring_cycle'].why} <b>"
    changed = book.revised({"terms.monitoring_cycle": {"amount": 2, "why": why}}, version="2027")
    found = {f"{each.path}.{each.field}": marked(each) for each in differences(book, changed)}

    assert found["terms.monitoring_cycle.amount"] == ("1", "2")
    was, now = found["terms.monitoring_cycle.why"]
    assert "<del>" not in was
    assert now.endswith("<ins>&lt;b&gt;</ins>")


def test_a_record_of_simulations_is_told_by_scenario() -> None:
    one, other = simulations.played(RECORD.splitlines())

    assert (one.name, [each["kind"] for each in one.entries], one.summary) == ("a", ["event", "refusal"], {"events": 1})
    assert (other.name, len(other.entries)) == ("b", 1)


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"kind": "other"}', b"\xff\xfe"])
def test_what_is_no_record_says_at_which_line(line: bytes) -> None:
    with pytest.raises(simulations.NotPlayed, match="line 2"):
        simulations.played([b'{"kind": "summary"}', line])


def test_a_schema_within_itself_is_told_once() -> None:
    components = {"Node": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "of": {"$ref": "#/Node"}}}}

    assert [(row.name, row.depth, row.type, row.required) for row in published.rows({"$ref": "#/Node"}, components)] == [
        ("name", 0, "string", True),
        ("of", 0, "object", False),
    ]


async def test_everybody_reads_every_rulebook_clause_by_clause(stack: Stack) -> None:
    async with visiting(stack, "ru") as client:
        shelf = await client.get("/ru/rulebooks")
        for rulebook_id, versions in library().items():
            page = await client.get(f"/ru/rulebooks/{rulebook_id}")
            stages = await client.get(f"/ru/rulebooks/{rulebook_id}/stages")
            compared = await client.get(f"/ru/rulebooks/{rulebook_id}/compare")

            assert f'href="/ru/rulebooks/{rulebook_id}"' in shelf.text
            assert all(f'id="{slug("c", clause)}"' in page.text for clause in versions[-1].clauses), rulebook_id
            assert all(f"<code>{path}</code>" in page.text for path in versions[-1].citations()), rulebook_id
            assert 'role="img"' in stages.text
            assert compared.status_code == 200
        assert (await client.get("/ru/rulebooks/none")).status_code == 404
        assert (await client.get(f"/ru/rulebooks/{MONITORING}", params={"version": "1999"})).status_code == 404


async def test_clauses_are_narrowed_by_words_and_by_what_rests_on_them(stack: Stack) -> None:
    async with visiting(stack) as client:
        by_words = await client.get(f"/en/rulebooks/{MONITORING}", params={"q": "заключенного договора"})
        nothing = await client.get(f"/en/rulebooks/{MONITORING}", params={"q": "<script>"})
        readings = await client.get(f"/en/rulebooks/{MONITORING}", params={"show": "reading"})

    assert [f'id="c-{clause}"' in by_words.text for clause in ("I-3", "I-2")] == [True, False]
    assert "No clause fits" in nothing.text
    assert "<script>alert" not in nothing.text
    assert [f'id="c-{clause}"' in readings.text for clause in ("I-2", "I-3")] == [True, False]


async def test_the_portal_has_every_operation_and_the_whole_document_without_a_sign_in(stack: Stack) -> None:
    async with visiting(stack) as client:
        document = (await client.get("/en/api/openapi.json")).json()
        first = await client.get("/en/api")
        found = await client.get("/en/api", params={"q": "register_application"})
        one = await client.get("/en/api/operations/register_application")
        missing = await client.get("/en/api/operations/none")

    validate(document)
    assert {item["tags"][0] for path in document["paths"].values() for name, item in path.items() if name in published.METHODS} == set(
        published.CATALOGUES
    )
    assert "/v1/applications" in first.text
    assert 'href="/en/api/operations/register_application"' in found.text
    assert all(word in one.text for word in ("Idempotency-Key", "If-Match", "coordinator", "application/json"))
    assert missing.status_code == 404


async def test_the_catalogue_has_every_event_in_four_languages_with_its_clauses(stack: Stack) -> None:
    async with visiting(stack) as client:
        document = (await client.get("/en/api/events/asyncapi.json")).json()
        listed = [await client.get("/en/api/events", params={"service": service}) for service in published.CATALOGUES]
        one = await client.get("/en/api/events/intake/ApplicationRegistered")
        missing = await client.get("/en/api/events/intake/None")

    text = "".join(each.text for each in listed)
    assert all(f'href="/en/api/events/{name.replace(".", "/")}"' in text for name in document["components"]["messages"])
    assert all(labels.event("ApplicationRegistered", language) in one.text for language in ("en", "ru", "ky", "kk"))
    assert 'href="/en/rulebooks/kz-109-2008-accreditation#c-' in one.text
    assert missing.status_code == 404


async def test_the_search_finds_what_the_agency_has_and_leads_to_it(stack: Stack, agency: str) -> None:
    async with signed_in(stack, Role.coordinator, agency=agency) as client:
        await _institution(stack, agency)

        async def page() -> str:
            told = (await client.get("/en/search", params={"q": "манас"})).text
            return told if "records/intake" in told else ""

        found = await eventually(page, "the institution is found")
        nothing = await client.get("/en/search", params={"q": "zzzzzz"})
        short = await client.get("/en/search", params={"q": "m"})

    assert 'href="/en/records/intake/institutions/manas"' in found
    assert "Nothing is called" in nothing.text
    assert "Two letters at least" in short.text
    async with visiting(stack) as client:
        assert (await client.get("/en/search", follow_redirects=False)).status_code == 303


async def _institution(stack: Stack, agency: str) -> None:
    token = development_token(stack.settings(), subject="aigul", roles=[Role.coordinator], agency=agency)
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid4().hex}
    names = {"ky": "Манас университети", "ru": "Университет Манас", "en": "Manas University"}
    body: dict[str, object] = {"institution_id": "manas", "names": names, "kind": "university", "city": "Bishkek", "country": "KG"}
    body |= {"ownership": "other", "levels": ["higher"]}
    async with httpx.AsyncClient(base_url=stack.urls["intake"], headers=headers, timeout=30) as http:
        answer = await http.post("/v1/institutions", json=body)
        assert answer.status_code == 201, answer.text


async def test_scenarios_are_read_and_a_record_is_shown_and_not_kept(stack: Stack, agency: str) -> None:
    async with signed_in(stack, Role.coordinator, agency=agency) as client:
        index = await client.get("/en/simulations")
        one = await client.get("/en/simulations/scenarios/kaznu-accreditation")
        sent = {"data": {"csrf": csrf(index.text)}, "files": {"record": ("a.jsonl", RECORD)}}
        shown = await client.post("/en/simulations", **sent)
        wrong = await client.post("/en/simulations", data=sent["data"], files={"record": ("a.jsonl", b"{}\n")})
        outside = await client.get("/en/simulations/scenarios/..%2F..%2Fpyproject")

    assert 'href="/en/simulations/scenarios/kaznu-accreditation"' in index.text
    assert "intake/v1/applications" in one.text
    assert all(words in shown.text for words in (labels.event("DeadlineMissed", "en"), "no plan", "5 January 2026"))
    assert (wrong.status_code, "Line 1" in wrong.text) == (422, True)
    assert outside.status_code == 404
    assert simulations.kept(stack.settings().state_dir) == []


async def test_a_kept_record_is_shown_by_its_name_to_the_staff_only(stack: Stack, agency: str) -> None:
    folder = Path(stack.settings().state_dir) / simulations.FOLDER
    folder.mkdir(exist_ok=True)
    file = folder / "kept.jsonl"
    file.write_bytes(RECORD)
    try:
        async with signed_in(stack, Role.director, agency=agency) as client:
            shown = await client.get("/en/simulations/played/kept")
            record = await client.get("/en/simulations/played/kept.jsonl")
        async with signed_in(stack, Role.institution_officer, agency=agency, institution="manas") as client:
            refused = await client.get("/en/simulations/played/kept")
    finally:
        file.unlink()

    assert "no plan" in shown.text
    assert record.content == RECORD
    assert refused.status_code == 403


@pytest.mark.parametrize("language", ["ky", "en"])
async def test_the_pages_are_accessible(stack: Stack, browser: Browser, agency: str, language: str) -> None:
    async with sitting_at(browser, stack, Role.coordinator, agency=agency, path=f"/{language}/simulations") as page:
        for path in (
            "simulations",
            "simulations/scenarios/aakr-good-year",
            "search?q=manas",
            "rulebooks",
            f"rulebooks/{MONITORING}",
            "rulebooks/iqaa-accreditation/stages",
            f"rulebooks/{MONITORING}/compare",
            "api",
            "api/operations/register_application",
            "api/events",
            "api/events/intake/ApplicationRegistered",
        ):
            await page.goto(f"{stack.urls['console']}/{language}/{path}")
            await checked(page)


async def test_the_key_slash_leads_to_the_search_and_can_be_switched_off(stack: Stack, browser: Browser, agency: str) -> None:
    async with sitting_at(browser, stack, Role.coordinator, agency=agency, path="/en/simulations") as page:
        await page.keyboard.press("/")
        await page.wait_for_url("**/en/search")
        await page.get_by_role("button", name="Switch the key off").click()
        await page.goto(f"{stack.urls['console']}/en/rulebooks")
        await page.keyboard.press("/")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Rulebooks")


async def test_a_link_to_a_value_opens_it(stack: Stack, browser: Browser, agency: str) -> None:
    place = slug("v", "terms.monitoring_cycle")
    async with sitting_at(browser, stack, Role.coordinator, agency=agency, path="/en/simulations") as page:
        await page.goto(f"{stack.urls['console']}/en/rulebooks/{MONITORING}#{place}")
        await expect(page.locator(f"details:has(> #{place})")).to_have_attribute("open", "")
