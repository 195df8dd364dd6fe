"""Forms in a browser's hands: what is offered can be done, a refusal keeps what was written, a double click is one command."""

import re

import pytest

from chassis.auth import Role
from cli.supervisor import Stack
from console.i18n import translations
from tests.console.filing import UNIVERSITY, action, adopt, application, attached, register, registered, shown
from tests.console.signing import hidden, signed_in


async def test_an_institution_and_its_case_are_made_and_led_on_by_forms_alone(stack: Stack, agency: str) -> None:
    await adopt(stack, agency)
    async with signed_in(stack, Role.coordinator, agency=agency) as client:
        made = await register(client)
        assert (made.status_code, made.url.path) == (200, "/en/records/intake/institutions/kaznu"), made.text[:4_000]
        assert "Recorded: Register an institution." in made.text
        filed = await application(client)
        assert filed.status_code == 200, filed.text[:6_000]
        assert re.fullmatch(r"/en/cases/[\w-]+", filed.url.path), filed.text[:4_000]
        case = filed.url.path
        assert "Attach a document" in filed.text
        for kind in ("application", "state_licence", "licence_annexes"):
            kept = await attached(client, case, kind)
            assert (kept.status_code, kept.url.path) == (200, case), kept.text[:6_000]
        page = await client.get(case)
        assert "Application filed" in page.text
        assert "licence_annexes.txt" in page.text
        way = action(page, "register_application")
        fields = {**await shown(client, way), "number": "14-A"}
        first, again = [await client.post(way, data=fields) for _ in range(2)]
        assert [each.url.path for each in (first, again)] == [case, case], again.text[:4_000]
        assert "Case 14-A" in again.text
        assert again.text.count(">Application registered</a>") == 1


async def test_a_refusal_keeps_what_was_written_and_says_what_is_wrong_at_its_field(stack: Stack, agency: str) -> None:
    async with signed_in(stack, Role.coordinator, agency=agency, language="ru") as client:
        path = "/ru/new/intake/register_institution"
        fields = {**await shown(client, path), **UNIVERSITY, "city": "", "country": "Kazakhstan"}
        page = await client.post(path, data=fields)
        assert page.status_code == 422
        assert 'value="КазНУ"' in page.text
        assert '<a href="#f-city">Город или село</a>' in page.text
        assert "Нужно заполнить" in page.text
        refused = await client.post(path, data={**hidden(page.text), **UNIVERSITY, "country": "Kazakhstan"})
        assert refused.status_code == 422
        assert 'id="w-country"' in refused.text
        assert 'value="КазНУ"' in refused.text
        done = await client.post(path, data={**hidden(refused.text), **UNIVERSITY})
        assert done.url.path == "/ru/records/intake/institutions/kaznu"


@pytest.mark.parametrize("language", ["ky", "kk", "ru"])
async def test_what_a_service_refuses_by_is_said_in_the_language_of_the_page(stack: Stack, agency: str, language: str) -> None:
    async with signed_in(stack, Role.coordinator, agency=agency, language=language) as client:
        path = f"/{language}/new/intake/register_institution"
        await client.post(path, data={**await shown(client, path), **UNIVERSITY})
        refused = await client.post(path, data={**await shown(client, path), **UNIVERSITY})
        said = translations(language).gettext("institution {institution_id} is registered already").format(institution_id="kaznu")
        assert refused.status_code == 409
        assert f"<p>{said}</p>" in refused.text
        assert "is registered already" not in refused.text


async def test_one_more_row_is_asked_for_without_a_script_and_sends_nothing(stack: Stack, agency: str) -> None:
    async with signed_in(stack, Role.coordinator, agency=agency) as client:
        await register(client)
        more = await application(client, _more="programmes", standards="Kept words")
        assert more.status_code == 200
        assert 'name="programmes.0.code"' in more.text
        assert 'value="Kept words"' in more.text
        path = "/en/new/intake/file_application"
        two = await client.post(path, data={**hidden(more.text), "programmes.0.code": "6B01", "_more": "programmes"})
        assert 'name="programmes.1.code"' in two.text
        assert 'value="6B01"' in two.text
        one = await client.post(
            path, data={**hidden(two.text), "programmes.0.code": "6B01", "programmes.1.code": "7M01", "_less": "programmes.0"}
        )
        assert 'value="7M01"' in one.text
        assert 'name="programmes.1.code"' not in one.text


@pytest.mark.parametrize("language", ["ky", "kk", "ru", "en"])
async def test_the_words_to_choose_from_are_the_rulebooks_own(stack: Stack, agency: str, language: str) -> None:
    async with signed_in(stack, Role.coordinator, agency=agency, language=language) as client:
        text = (await client.get(f"/{language}/new/intake/file_application")).text
        higher = {"ky": "жогорку", "kk": "жоғары", "ru": "высшее", "en": "higher"}
        assert higher[language] in text.lower()
        assert 'value="institutional"' in text


async def test_an_officer_begins_with_his_own_institution_chosen(stack: Stack, agency: str) -> None:
    async with signed_in(stack, Role.coordinator, agency=agency) as client:
        await register(client)
    async with signed_in(stack, Role.institution_officer, agency=agency, institution="kaznu") as client:
        text = (await client.get("/en/new/intake/file_application")).text
        assert re.search(r'<option value="kaznu" selected>', text), text[:6_000]
        assert text.count('name="levels" value="higher"') == 1


async def test_a_contract_is_drawn_up_under_a_regulation_that_names_no_parts(stack: Stack, agency: str) -> None:
    await adopt(stack, agency)
    async with signed_in(stack, Role.coordinator, agency=agency) as client:
        case = await registered(client)
        way = action(await client.get(case), "draw_up_contract")
        page = await client.get(way)
        assert "The regulation names no parts of it" in page.text
        assert '<option value="state_licence"' not in page.text
        done = await client.post(way, data={**hidden(page.text), "contract_number": "K-5"})
        assert (done.status_code, done.url.path) == (200, case), done.text[:6_000]
        assert "Recorded: Draw up the contract." in done.text


async def test_nobody_is_sent_to_a_page_of_others(stack: Stack, agency: str) -> None:
    async with signed_in(stack, Role.coordinator, agency=agency) as client:
        for back in ("//evil.example", "https://evil.example/x", "\\\\evil.example"):
            done = await register(client, _back=back, institution_id=f"inst-{abs(hash(back)) % 1000}")
            assert done.url.path.startswith("/en/records/intake/institutions/")


async def test_a_command_that_is_not_there_is_not_found(stack: Stack, agency: str) -> None:
    async with signed_in(stack, Role.coordinator, agency=agency) as client:
        for path in ("/en/new/intake/nothing", "/en/new/nowhere/nothing", "/en/act/visits/form_panel/a/b", "/en/act/visits/form_panel/"):
            assert (await client.get(path)).status_code == 404
