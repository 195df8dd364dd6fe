"""The development issuer: its tokens are taken, and it is not there in production."""

import multiprocessing
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from chassis.auth import Authenticator, Principal, Role
from chassis.issuer import DEVELOPMENT_SECRET, IssuerRefused, development_token, issuer_app
from chassis.problems import Unauthenticated
from chassis.secretfile import read_or_make
from chassis.settings import Settings
from tests.chassis.servers import free_port, serving

FORM = {"grant_type": "client_credentials", "client_id": "coordinator", "client_secret": DEVELOPMENT_SECRET, "agency": "iqaa"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path, ports={"issuer": free_port()})


async def test_a_token_from_the_endpoint_and_one_made_on_the_spot_are_both_taken(settings: Settings) -> None:
    authenticator = Authenticator(settings)
    async with serving(issuer_app(settings), settings.port("issuer")), httpx.AsyncClient() as http:
        answer = (await http.post(settings.url("issuer") + "/token", data=FORM)).json()
        issued = await authenticator.verify(answer["access_token"])
        local = await authenticator.verify(
            development_token(settings, subject="aigul", roles=[Role.institution_officer], agency="iqaa", institution="osh-su")
        )
    await authenticator.aclose()

    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
    assert issued == Principal("coordinator", frozenset({Role.coordinator}), "iqaa", None, "coordinator")
    assert (local.subject, local.institution) == ("aigul", "osh-su")


async def test_a_development_token_expires(settings: Settings) -> None:
    authenticator = Authenticator(settings)
    token = development_token(settings, subject="a", roles=["expert"], agency="iqaa", ttl=timedelta(minutes=-2))
    async with serving(issuer_app(settings), settings.port("issuer")):
        with pytest.raises(Unauthenticated, match="expired"):
            await authenticator.verify(token)
    await authenticator.aclose()


def test_the_published_keys_are_public(settings: Settings) -> None:
    client = TestClient(issuer_app(settings))

    keys = client.get("/jwks").json()["keys"]

    assert len(keys) == 1
    assert "d" not in keys[0]
    assert client.get("/.well-known/openid-configuration").json()["issuer"] == settings.url("issuer")
    assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_secret": "guess"}, 401, "invalid_client"),
        ({"client_secret": "қате"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"agency": ""}, 400, "invalid_request"),
        ({"client_id": "institution-officer"}, 400, "invalid_request"),
    ],
)
def test_a_wrong_request_is_refused_as_oauth_says(settings: Settings, change: dict[str, str], status: int, error: str) -> None:
    answer = TestClient(issuer_app(settings)).post("/token", data={**FORM, **change})

    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_client_may_use_basic_authentication_and_must_send_a_form(settings: Settings) -> None:
    client = TestClient(issuer_app(settings))
    form = {"grant_type": "client_credentials", "agency": "iqaa"}

    assert client.post("/token", data=form, auth=("director", DEVELOPMENT_SECRET)).status_code == 200
    assert client.post("/token", data=form, headers={"Authorization": "Basic %%%"}).status_code == 401
    assert client.post("/token", json=FORM).status_code == 400
    assert client.post("/token", data={**FORM, "x": "y" * 20_000}).status_code == 400


def test_it_is_refused_in_production_and_away_from_loopback(tmp_path: Path) -> None:
    for settings in (
        Settings(state_dir=tmp_path, env="production", postgres_password="not-the-published-one", auth_issuer="https://issuer.example"),
        Settings(state_dir=tmp_path, host="0.0.0.0"),
    ):
        with pytest.raises(IssuerRefused):
            issuer_app(settings)
        with pytest.raises(IssuerRefused):
            development_token(settings, subject="a", roles=["director"], agency="iqaa")
    assert not (tmp_path / "issuer").exists()


def _made(path: Path, number: int) -> bytes:
    return read_or_make(path, lambda: f"{number}".encode() * 1_000)


def test_many_processes_make_one_secret_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "issuer" / "key.json"
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        made = pool.starmap(_made, [(path, number) for number in range(16)])

    assert len(set(made)) == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["key.json"]


def test_the_page_on_which_one_chooses_runs_nothing_and_repeats_what_was_wrong(settings: Settings) -> None:
    client = TestClient(issuer_app(settings))
    asked = {
        "client_id": "console",
        "redirect_uri": settings.console_url() + "/signin/back",
        "response_type": "code",
        "scope": "openid",
        "state": '"><script>',
        "code_challenge": "x",
        "code_challenge_method": "S256",
    }

    page = client.get("/authorize", params=asked)
    wrong = client.post("/authorize", data={**asked, "role": "institution_officer", "agency": "iqaa"})
    nobody = client.post("/authorize", data={**asked, "role": "service", "agency": "iqaa"})

    assert page.status_code == 200
    assert "<script" not in page.text
    assert "script-src" not in page.headers["content-security-policy"]
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert (wrong.status_code, "needs an institution" in wrong.text) == (422, True)
    assert (nobody.status_code, "Choose a role" in nobody.text) == (422, True)


def test_a_refresh_token_is_no_access_token_and_an_access_token_no_refresh_token(settings: Settings) -> None:
    client = TestClient(issuer_app(settings))
    access = development_token(settings, subject="a", roles=["expert"], agency="iqaa")
    form = {"grant_type": "refresh_token", "client_id": "console", "client_secret": DEVELOPMENT_SECRET, "refresh_token": access}

    answer = client.post("/token", data=form)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert client.post("/token", data={**form, "client_id": "coordinator"}).status_code == 401
