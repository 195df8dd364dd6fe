"""Signing in and out through the real issuer, and what the session is proof against."""

import re
from dataclasses import asdict, replace
from secrets import token_urlsafe
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from chassis.auth import Role
from chassis.settings import Settings
from chassis.subject_keys import master_key
from cli.supervisor import Stack
from console.login import Login
from console.session import Person, Seal, Session, Sessions
from tests.console.signing import csrf, hidden, signed_in, visiting

PERSON = Person("aigul", ("coordinator",), "iqaa", None, "Aigul")
SESSION = Session(PERSON, token_urlsafe(1_200), token_urlsafe(2_000), 2_000_000_000, "token", 1_760_000_000)


def kept(cookies: list[str]) -> dict[str, str]:
    """What a browser keeps of `Set-Cookie` lines."""
    return dict(line.partition(";")[0].split("=", 1) for line in cookies)


def test_a_long_session_is_kept_in_pieces_and_read_whole() -> None:
    sessions = Sessions(b"k" * 32, secure=True, lifetime_seconds=10**9)

    cookies = sessions.cookies({}, SESSION)

    assert all(line.startswith("__Host-kepil-") and "Secure" in line and "HttpOnly" in line for line in cookies)
    assert len(cookies) > 1
    assert all("samesite=lax" in line.lower() and "Path=/" in line and len(line) < 4_096 for line in cookies)
    assert sessions.read(kept(cookies)) == SESSION
    assert sessions.read({name: word[:-1] + ("A" if word[-1] != "A" else "B") for name, word in kept(cookies).items()}) is None
    assert Sessions(b"j" * 32, secure=True, lifetime_seconds=10**9).read(kept(cookies)) is None


@pytest.mark.parametrize("document", [{}, {"began_at": 2_000_000_000}, {**asdict(SESSION), "began_at": 2_000_000_000, "later": 1}])
def test_the_session_of_another_version_is_none(document: dict[str, Any]) -> None:
    word = Seal(b"k" * 32, "session").close(document)

    assert Sessions(b"k" * 32, secure=False, lifetime_seconds=10**9).read({"kepil-0": word[:3_600], "kepil-1": word[3_600:]}) is None


def test_what_was_sealed_for_one_purpose_does_not_open_for_another() -> None:
    word = Seal(b"k" * 32, "signing in").close({"state": "x"})

    assert Seal(b"k" * 32, "session").open(word) is None
    assert Seal(b"k" * 32, "signing in").open(word) == {"state": "x"}


def test_a_session_ends_by_itself() -> None:
    sessions = Sessions(b"k" * 32, secure=False, lifetime_seconds=1)

    assert sessions.read(kept(sessions.cookies({}, SESSION))) is None


async def test_a_refresh_token_that_stays_the_same_renews_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now, asked = 2_000_000_000, 0
    monkeypatch.setattr("console.login.time", SimpleNamespace(time=lambda: now, monotonic=lambda: now))

    async def renewed(session: Session) -> Session:
        nonlocal asked
        asked += 1
        return replace(session, access=f"access {asked}", expires_at=now + 300)

    async with httpx.AsyncClient() as http:
        login = Login(Settings(), http, b"k" * 32)
        monkeypatch.setattr(login, "_renew", renewed)
        session: Session | None = replace(SESSION, expires_at=now)
        for hour in range(1, 4):
            session = await login.fresh(session)
            assert session is not None
            assert (session.access, session.expires_at) == (f"access {hour}", now + 300)
            assert await login.fresh(replace(session, expires_at=now)) == session, "who comes with it a little later gets the same"
            now += 300
        await login.aclose()


async def test_a_person_signs_in_and_comes_to_the_page_that_was_asked_for(stack: Stack, agency: str) -> None:
    async with visiting(stack) as client:
        choosing = await client.get("/ru/queue?binds=institution")
        assert choosing.url.port == urlsplit(stack.urls["issuer"]).port
        back = await client.post(choosing.url, data={**hidden(choosing.text), "role": "director", "agency": agency})

    assert (back.status_code, back.url.path, back.url.query) == (200, "/ru/queue", b"binds=institution")
    assert "директор" in back.text


async def test_an_officer_is_of_the_institution_that_the_token_names(stack: Stack, agency: str) -> None:
    async with signed_in(stack, Role.institution_officer, agency=agency, institution="kaznu") as client:
        text = (await client.get("/en/queue")).text

    assert "kaznu" in text
    assert "institution&#39;s officer" in text


async def test_signing_out_needs_the_sessions_own_form_and_ends_it(stack: Stack, agency: str) -> None:
    async with signed_in(stack, Role.coordinator, agency=agency) as client:
        token = csrf((await client.get("/en/queue")).text)
        refused = [
            await client.post("/en/signout"),
            await client.post("/en/signout", data={"csrf": "guess"}),
            await client.post("/en/signout", data={"csrf": token}, headers={"Origin": "https://evil.example"}),
            await client.post("/en/signout", data={"csrf": token}, headers={"Sec-Fetch-Site": "cross-site"}),
        ]
        assert [answer.status_code for answer in refused] == [403] * 4
        assert (await client.get("/en/queue")).url.path == "/en/queue"

        out = await client.post("/en/signout", data={"csrf": token})
        assert (out.status_code, out.url.path) == (200, "/en/signed-out")
        assert not [name for name in client.cookies if name.startswith("kepil-")]
        assert (await client.get("/en/queue")).url.path == "/authorize"


async def test_a_form_of_somebody_whose_session_has_ended_is_not_sent_and_says_so(stack: Stack) -> None:
    async with visiting(stack) as client:
        answer = await client.post("/en/queue", data={})
        assert answer.status_code == 405
        answer = await client.get("/en/queue", headers={"X-Part": "list"})

    assert answer.status_code == 401
    assert "Your session has ended" in answer.text


async def _answer_of_the_issuer(client: httpx.AsyncClient, agency: str) -> httpx.URL:
    """The callback's address, not yet followed."""
    choosing = await client.get("/signin")
    back = await client.post(choosing.url, data={**hidden(choosing.text), "role": "auditor", "agency": agency}, follow_redirects=False)
    return httpx.URL(back.headers["location"])


async def test_an_answer_of_the_issuer_is_taken_once_and_in_the_browser_that_asked(stack: Stack, agency: str) -> None:
    async with visiting(stack) as client, visiting(stack) as other:
        callback = await _answer_of_the_issuer(client, agency)

        assert (await other.get(callback)).status_code == 400
        assert (await client.get(callback.copy_merge_params({"state": "x" * 43}))).status_code == 400
        assert (await client.get(callback.copy_merge_params({"iss": "https://evil.example"}))).status_code == 400
        assert (await client.get(callback, follow_redirects=False)).status_code == 303
        assert (await client.get(callback)).status_code == 400


@pytest.mark.parametrize("altered", ["nonce", "verifier", None])
async def test_an_id_token_of_another_attempt_opens_no_session(stack: Stack, agency: str, altered: str | None) -> None:
    seal = Seal(master_key(stack.settings()), "signing in")
    async with visiting(stack) as client:
        callback = await _answer_of_the_issuer(client, agency)
        name = next(name for name in client.cookies if name.startswith("kepil-signin-"))
        attempt = seal.open(client.cookies[name])
        client.cookies.set(name, seal.close({**attempt, **({altered: "another"} if altered else {})}), domain="127.0.0.1")
        answer = await client.get(callback, follow_redirects=False)

    assert answer.status_code == (400 if altered else 303)


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "queue"])
async def test_nobody_is_sent_elsewhere_after_signing_in(stack: Stack, agency: str, to: str) -> None:
    async with visiting(stack) as client:
        choosing = await client.get("/signin", params={"to": to})
        back = await client.post(choosing.url, data={**hidden(choosing.text), "role": "auditor", "agency": agency})

    assert str(back.url).startswith(stack.urls["console"])


async def test_the_issuers_code_needs_its_verifier_and_its_address(stack: Stack, agency: str) -> None:
    client_auth = ("console", "kepil-development")
    token = stack.urls["issuer"] + "/token"
    async with visiting(stack) as client:
        for change in ({"code_verifier": "guess"}, {"redirect_uri": "http://127.0.0.1/other"}):
            callback = await _answer_of_the_issuer(client, agency)
            form = {"grant_type": "authorization_code", "code": parse_qs(callback.query.decode())["code"][0]}
            form |= {"redirect_uri": stack.urls["console"] + "/signin/back", "code_verifier": "x" * 43, **change}
            answer = await client.post(token, data=form, auth=client_auth)
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uri": "https://evil.example/"},
        {"client_id": "coordinator"},
        {"code_challenge_method": "plain"},
        {"response_type": "token"},
        {"scope": "profile"},
    ],
)
async def test_the_issuer_does_not_answer_to_a_stranger(stack: Stack, change: dict[str, Any]) -> None:
    async with visiting(stack) as client:
        asked = dict((await client.get("/signin")).url.params)
        answer = await client.get(stack.urls["issuer"] + "/authorize", params={**asked, **change}, follow_redirects=False)

    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_every_page_forbids_what_no_page_needs(stack: Stack, agency: str) -> None:
    async with signed_in(stack, Role.coordinator, agency=agency) as client:
        answers = [
            await client.get(path) for path in ("/en/queue", "/en/nothing", "/xx", "/en/queue.csv", "/static/console.css", "/readyz")
        ]

    assert [answer.status_code for answer in answers] == [200, 404, 404, 200, 200, 200]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
    for answer in answers[:3]:
        assert answer.headers["cache-control"] == "no-store"
        assert not re.search(r"<[^>]+\s(?:style|on[a-z]+)=", answer.text)
        assert not re.search(r"<script(?![^>]+src=)|<style", answer.text)
