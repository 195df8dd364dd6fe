"""The public register and verification without signing in, and an institution's own pages: over a real case, in a browser too."""

import re
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import nats
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect
from temporalio.client import Client

from chassis.auth import Role
from cli.skipping import LegalTime
from cli.supervisor import Stack
from console.i18n import LANGUAGES
from tests.api.journey import SERVICES, Journey
from tests.console.access import checked, sitting_at
from tests.console.filing import action, shown
from tests.console.signing import signed_in, visiting
from tests.notices.receivers import Message, Reply, receiving
from tests.waiting import eventually

NEW_ADDRESS = "/en/new/notices/register_webhook_endpoint"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def case(stack: Stack) -> AsyncIterator[Journey]:
    """A case from its application to the certificate, in the register and in the search of it."""
    connection = await nats.connect(stack.urls["nats"])
    async with httpx.AsyncClient(timeout=30) as http:
        time = LegalTime(
            await Client.connect(stack.urls["temporal"]), connection.jetstream(), http, {name: stack.urls[name] for name in SERVICES}
        )
        made = await Journey(stack, http, time, f"public-{uuid4().hex[:8]}").to("certified")

        async def listed() -> bool:
            answer = await http.get(f"{stack.urls['council']}/v1/register", params={"agency": made.agency})
            return bool(answer.json()["items"] and answer.json()["items"][0]["institution_names"])

        await eventually(listed, "the entry in the register", 60)
        detail = await made.get(Role.coordinator, "council", "/v1/certificates/{certificate_id}")
        made.ids["number"] = detail.json()["number"]
        yield made
    await connection.close()


def public_pages(case: Journey) -> list[str]:
    """Every page that needs no sign-in."""
    entry = f"register/{case.agency}/{case.ids['certificate_id']}"
    own = ["register", f"register/{case.agency}", f"register/{case.agency}?embed=1", f"register/{case.agency}/decisions", entry]
    return [*own, f"{entry}?embed=1", "verify", f"verify/{case.agency}/{case.ids['number']}"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_public_pages_are_there_in_every_language_without_signing_in(stack: Stack, case: Journey, language: str) -> None:
    async with visiting(stack, language) as client:
        for path in public_pages(case):
            page = await client.get(f"/{language}/{path}")
            assert page.status_code == 200, (path, page.text[:3_000])
            assert f'<html lang="{language}">' in page.text
            assert page.text.count("<h1") == 1, path


async def test_the_register_is_searched_counted_and_read_as_of_a_day(stack: Stack, case: Journey) -> None:
    number, today = case.ids["number"], await case.today()
    async with visiting(stack) as client:
        here = f"/en/register/{case.agency}"
        everything, found = (await client.get(here)).text, (await client.get(here, params={"q": number})).text
        nothing = await client.get(here, params={"q": "no-such-word"})
        before = (await client.get(here, params={"as_of": "2001-01-01"})).text
        wrong = await client.get(here, params={"as_of": "yesterday"})
        rows = (await client.get("/en/register.json", params={"agency": case.agency, "as_of": today.isoformat()})).json()["items"]
        sheet = (await client.get("/en/register.csv", params={"agency": case.agency})).text
        other = (await client.get("/en/register/nobody-at-all")).text

    assert number in everything
    assert number in found
    assert "Nothing in the register fits" in nothing.text
    assert number not in before
    assert (wrong.status_code, 'id="problem"' in wrong.text) == (422, True)
    assert [each["number"] for each in rows] == [number]
    assert number in sheet
    assert "The register has no entry yet." in other


async def test_an_entry_tells_its_history_and_an_unknown_one_is_not_found(stack: Stack, case: Journey) -> None:
    async with visiting(stack) as client:
        entry = (await client.get(f"/en/register/{case.agency}/{case.ids['certificate_id']}")).text
        missing = await client.get(f"/en/register/{case.agency}/{uuid4()}")
        told = (await client.get(f"/en/register/{case.agency}/{case.ids['certificate_id']}/entry.json")).json()

    steps = [entry.index(f"<b>{step}</b>") for step in ("Entered in the register", "Certificate issued", "Decided") if step in entry]
    assert len(steps) == 3
    assert steps == sorted(steps), "the latest first"
    assert missing.status_code == 404
    assert told["number"] == case.ids["number"]


async def test_only_the_embedded_register_may_stand_in_a_frame_and_it_has_nobodys_session(stack: Stack, case: Journey) -> None:
    async with signed_in(stack, Role.coordinator, agency=case.agency) as client:
        embedded = await client.get(f"/en/register/{case.agency}", params={"embed": "1"})
        others = [await client.get(f"/en/{path}") for path in (f"register/{case.agency}", "verify?embed=1", "queue?embed=1")]

    assert "frame-ancestors *" in embedded.headers["content-security-policy"]
    assert "Sign out" not in embedded.text
    assert "csrf" not in embedded.text
    assert "coordinator" not in embedded.text
    assert all("frame-ancestors 'none'" in each.headers["content-security-policy"] for each in others)
    assert "/en/register/" + case.agency + "?embed=1" in others[0].text, "the words to copy"


async def test_a_certificate_is_verified_by_its_number_in_the_visitors_language(stack: Stack, case: Journey) -> None:
    number = case.ids["number"]
    async with visiting(stack, "kk") as client:
        scanned = await client.get(f"/verify/{case.agency}/{number}")
        asked = await client.get("/en/verify", params={"number": f" {number} ", "agency": case.agency})
        without = await client.get("/en/verify", params={"number": number})
        missing = await client.get(f"/en/verify/{case.agency}/no-such/number")

    assert (scanned.status_code, scanned.url.path) == (200, f"/kk/verify/{case.agency}/{number}")
    assert 'class="notice good verdict"' in scanned.text
    assert asked.url.path == f"/en/verify/{case.agency}/{number}"
    assert "it is in force today" in asked.text
    assert number in without.text
    assert (missing.status_code, "no-such/number" in missing.text, "Not found" in missing.text) == (404, True, True)


async def test_the_agency_is_called_as_its_letterhead_calls_it(stack: Stack, case: Journey) -> None:
    names, city, post = {"ru": "Агентство качества", "en": "The Quality Agency"}, {"ru": "Алматы"}, {"ru": "Директор"}
    head = {"names": names, "addresses": city, "signatory_posts": post, "signatory_id": "director", "signatory_name": "Aigul A."}
    made = await case.http.post(f"{stack.urls['notices']}/v1/letterhead", json=head, headers=case.headers(Role.director, version=0))
    assert made.status_code in (200, 201), made.text
    one = f"register/{case.agency}/{case.ids['certificate_id']}"
    async with visiting(stack) as client:

        async def named() -> bool:
            return "The Quality Agency" in (await client.get(f"/en/{one}")).text

        await eventually(named, "the agency's name on the page of its entry", 30)
        everywhere = (await client.get("/en/register", params={"q": case.ids["number"]})).text
        russian = (await client.get(f"/ru/register/{case.agency}")).text
        verifying = (await client.get("/ru/verify")).text
    assert '<span class="quiet">The Quality Agency</span>' in everywhere
    assert "Агентство качества</span></h1>" in russian
    assert f'<option value="{case.agency}">Агентство качества</option>' in verifying


async def test_a_sheet_and_a_credential_are_checked_by_dropping_them(stack: Stack, case: Journey) -> None:
    path = "/v1/certificates/{certificate_id}"
    sheet = (await case.get(Role.institution_officer, "council", f"{path}/pdf?language=ru")).content
    credential = (await case.get(Role.institution_officer, "council", f"{path}/credential")).text
    head, claims, signature = credential.split(".")
    forged = ".".join((head, claims, ("B" if signature[0] == "A" else "A") + signature[1:]))

    async with visiting(stack) as client:

        async def dropped(content: bytes, name: str = "sheet.pdf", agency: str = case.agency) -> httpx.Response:
            return await client.post("/en/verify", data={"agency": agency}, files={"file": (name, content, "application/octet-stream")})

        genuine, anywhere = await dropped(sheet), await dropped(sheet, agency="")
        altered = await dropped(sheet.replace(b"/Type", b"/Typo", 1))
        good, bad = await dropped(credential.encode(), "c.vc"), await dropped(forged.encode(), "c.vc")
        pasted = await client.post("/en/verify", data={"agency": case.agency, "credential": credential})
        nothing, other = await client.post("/en/verify", data={"agency": ""}), await dropped(b"Hello", "a.txt")
        foreign = await client.post("/en/verify", data={"credential": credential}, headers={"Origin": "https://elsewhere.example"})

    for page in (genuine, good, pasted):
        assert page.status_code == 200, page.text[:3_000]
        assert ("Genuine" in page.text, case.ids["number"] in page.text, "in force today" in page.text) == (True, True, True)
    assert "Genuine document" in anywhere.text
    assert ("Genuine" in altered.text, 'class="notice bad verdict"' in altered.text) == (False, True)
    assert ("Credential not confirmed" in bad.text, "in force today" in bad.text) == (True, False)
    assert (nothing.status_code, other.status_code, foreign.status_code) == (422, 422, 403)


async def test_an_officer_begins_at_the_institutions_own_page(stack: Stack, case: Journey) -> None:
    async with signed_in(stack, Role.institution_officer, agency=case.agency, institution=case.institution) as client:
        home = await client.get("/en")
        apply = (await client.get("/en/apply")).text
        form = await client.get(re.search(r'href="([^"]+/new/intake/file_application[^"]+)"', apply)[1].replace("&amp;", "&"))  # type: ignore[index]
    async with signed_in(stack, Role.institution_officer, agency=case.agency, institution="another") as stranger:
        elsewhere = (await stranger.get("/en/institution")).text

    assert home.url.path == "/en/institution"
    assert case.ids["number"] in home.text
    assert f"/en/cases/{case.ids['case_id']}" in home.text
    assert "/en/letters/" in home.text
    assert form.status_code == 200
    assert f'value="{case.institution}"' in form.text
    assert case.ids["number"] not in elsewhere
    assert "No case of yours is under way." in elsewhere


def failing(message: Message) -> Reply:
    """Answers tests of the address well and the test event not."""
    return Reply(500 if b"endpoint.test" in message.body.lower() else 204, {}, b"<b>broken</b>")


async def test_an_address_is_named_its_secret_shown_once_and_its_deliveries_read_and_sent_again(stack: Stack, case: Journey) -> None:
    async with (
        receiving() as receiver,
        signed_in(stack, Role.institution_officer, agency=case.agency, institution=case.institution) as client,
    ):
        given = {**await shown(client, NEW_ADDRESS), "institution_id": case.institution, "url": receiver.url, "algorithm": "hmac"}
        made = await client.post(NEW_ADDRESS, data=given)
        again = await client.post(NEW_ADDRESS, data=given)
        found = re.search(r"whsec_[A-Za-z0-9+/=]+", made.text)
        assert found, made.text[:5_000]
        path = re.search(r'href="(/en/webhooks/[^"]+)"', made.text)[1]  # type: ignore[index]
        await receiver.receives("ping")

        async def active() -> httpx.Response | None:
            page = await client.get(path)
            return page if ">active<" in page.text else None

        page = await eventually(active, "the address is active", 60)
        assert page is not None
        listed = (await client.get("/en/webhooks")).text
        test = action(page, "send_webhook_test_event")
        done = await client.post(test, data={**await shown(client, test), "_back": path.removeprefix("/en/")})
        await receiver.receives("ping", 2)

        async def delivered() -> str | None:
            text = (await client.get(path, params={"status": "delivered"})).text
            ways = re.findall(rf'href="({path}/deliveries/[^"]+)"', text)
            return str(ways[0]) if len(ways) > 1 else None

        way = await eventually(delivered, "both deliveries", 60)
        assert way is not None
        delivery = await client.get(way)
        resend = action(delivery, "resend_webhook_delivery")
        await client.post(resend, data={**await shown(client, resend), "_back": way.removeprefix("/en/")})
        await receiver.receives("ping", 3)
        rotation = action(await client.get(path), "rotate_webhook_secret")
        rotated = await client.post(rotation, data={**await shown(client, rotation), "overlap_hours": "24"})
        after = (await client.get(path)).text
        removal = action(await client.get(path), "remove_webhook_endpoint")
        await client.post(removal, data=await shown(client, removal))
    async with signed_in(stack, Role.institution_officer, agency=case.agency, institution="another") as stranger:
        refused = await stranger.get(path)

    assert "The secret was shown already" in again.text
    assert path in again.text, "the same command"
    assert receiver.url in listed
    assert found[0] not in listed + page.text + after
    assert done.url.path == path
    assert "<h1>Test message</h1>" in delivery.text
    assert "webhook-signature" in delivery.text
    assert ">204<" in delivery.text
    assert "whsec_" in rotated.text
    assert found[0] not in rotated.text
    assert refused.status_code == 404


async def see(page: Page, console: str, path: str) -> None:
    """Opens a page and checks it."""
    await page.goto(f"{console}/{path}")
    await checked(page)


@pytest.mark.parametrize(("width", "scheme", "language"), [(1280, "light", "kk"), (360, "dark", "ru")])
async def test_the_public_pages_are_seen_in_a_browser(
    stack: Stack, case: Journey, browser: Browser, width: int, scheme: str, language: str
) -> None:
    context = await browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    page = await context.new_page()
    try:
        for path in public_pages(case):
            await see(page, stack.urls["console"], f"{language}/{path}")
    finally:
        await context.close()


async def test_the_institutions_pages_are_seen_in_a_browser(stack: Stack, case: Journey, browser: Browser) -> None:
    who = {"agency": case.agency, "institution": case.institution, "path": "/ky/institution"}
    async with sitting_at(browser, stack, Role.institution_officer, **who) as page:  # type: ignore[arg-type]
        for path in ("institution", "apply", "webhooks", "new/notices/register_webhook_endpoint"):
            await see(page, stack.urls["console"], f"ky/{path}")


async def test_a_verdict_on_paper_is_the_record_alone(stack: Stack, case: Journey, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(f"{stack.urls['console']}/ru/verify/{case.agency}/{case.ids['number']}")
    await page.emulate_media(media="print")
    await expect(page.locator(".verdict")).to_be_visible()
    for part in ("header.top", ".asking", "footer"):
        await expect(page.locator(part)).not_to_be_visible()
    await page.close()


async def test_the_register_stands_in_a_frame_of_another_page(stack: Stack, case: Journey, browser: Browser) -> None:
    source = f"{stack.urls['console']}/en/register/{case.agency}?embed=1"
    framing = f'<!doctype html><title>T</title><iframe title="r" width="900" height="600" src="{source}"></iframe>'.encode()
    async with receiving(lambda _: Reply(200, {"content-type": "text/html"}, framing)) as another:
        page = await browser.new_page()
        await page.goto(another.url)
        frame = page.frame_locator("iframe")
        await expect(frame.get_by_role("heading", level=1)).to_be_visible()
        await frame.get_by_role("searchbox").fill(case.ids["number"])
        await frame.get_by_role("button", name="Search").click()
        await expect(frame.get_by_text(case.ids["number"])).to_be_visible()
        await page.close()
