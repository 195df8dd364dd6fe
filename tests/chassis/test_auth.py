"""Tokens that are taken, tokens that are refused, and an issuer that changes its keys or is down."""

import base64
import hmac
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
import pytest_asyncio
from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chassis.auth import Allow, Authenticator, Principal, Role, allow
from chassis.jwks import Jwks
from chassis.problem_handlers import install
from chassis.problems import Unauthenticated, Unavailable
from chassis.settings import Settings
from tests.chassis.servers import free_port, serving


class Issuer:
    """A real issuer over HTTP whose keys the test chooses."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.keys: list[Key] = [ECKey.generate_key("P-256", {"kid": "one"})]
        self.asked = 0
        self.broken = False

    def app(self) -> Starlette:
        async def discovery(_: Request) -> Response:
            return JSONResponse({"issuer": self.url, "jwks_uri": f"{self.url}/keys"})

        async def keys(_: Request) -> Response:
            self.asked += 1
            if self.broken:
                return Response("<html>", 200)
            return JSONResponse({"keys": [key.as_dict(private=False) for key in self.keys]})

        return Starlette(routes=[Route("/.well-known/openid-configuration", discovery), Route("/keys", keys)])

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        claims = {"iss": self.url, "aud": "kepil", "sub": "aigul", "roles": ["coordinator"], "agency": "iqaa", "exp": now + 300}
        return {name: value for name, value in {**claims, **changes}.items() if value is not None}

    def token(self, *, key: Key | None = None, alg: str = "ES256", header: dict[str, Any] | None = None, **changes: Any) -> str:
        signer = key or self.keys[0]
        told = {"alg": alg, "typ": "at+jwt", "kid": signer.kid, **(header or {})}
        told = {name: value for name, value in told.items() if value is not None}
        return jwt.encode(told, self.claims(**changes), signer, algorithms=[alg], default_type=None)


@pytest_asyncio.fixture
async def issuer() -> AsyncIterator[Issuer]:
    made = Issuer()
    async with serving(made.app(), made.port):
        yield made


@pytest_asyncio.fixture
async def authenticator(issuer: Issuer) -> AsyncIterator[Authenticator]:
    made = Authenticator(Settings(auth_issuer=issuer.url))
    yield made
    await made.aclose()


async def test_a_good_token_names_its_caller(issuer: Issuer, authenticator: Authenticator) -> None:
    token = issuer.token(roles=["coordinator", "auditor", "offline_access"], client_id="portal")

    assert await authenticator.verify(token) == Principal("aigul", frozenset({Role.coordinator, Role.auditor}), "iqaa", None, "portal")


@pytest.mark.parametrize(
    ("key", "alg"),
    [
        (RSAKey.generate_key(2048, {"kid": "rsa"}), "RS256"),
        (OKPKey.generate_key("Ed25519", {"kid": "ed"}), "EdDSA"),
        (OKPKey.generate_key("Ed25519", {"kid": "ed"}), "Ed25519"),
    ],
)
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
async def test_the_other_asymmetric_algorithms_are_taken(issuer: Issuer, authenticator: Authenticator, key: Key, alg: str) -> None:
    issuer.keys.append(key)

    assert (await authenticator.verify(issuer.token(key=key, alg=alg))).subject == "aigul"


def _encoded(part: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(part)).decode().rstrip("=")


async def test_an_unsigned_token_is_refused(issuer: Issuer, authenticator: Authenticator) -> None:
    for alg in ("none", "None", "NONE", "nOnE"):
        forged = f"{_encoded({'alg': alg, 'typ': 'at+jwt', 'kid': 'one'})}.{_encoded(issuer.claims())}."
        with pytest.raises(Unauthenticated, match="not accepted"):
            await authenticator.verify(forged)


async def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(issuer: Issuer, authenticator: Authenticator) -> None:
    signer = issuer.keys[0]
    assert isinstance(signer, ECKey)
    public = signer.as_pem(private=False)
    signed = f"{_encoded({'alg': 'HS256', 'typ': 'at+jwt', 'kid': 'one'})}.{_encoded(issuer.claims())}"
    mac = base64.urlsafe_b64encode(hmac.digest(public, signed.encode(), "sha256")).decode().rstrip("=")

    with pytest.raises(Unauthenticated, match="not accepted"):
        await authenticator.verify(f"{signed}.{mac}")


async def test_a_key_is_not_used_for_another_algorithm(issuer: Issuer, authenticator: Authenticator) -> None:
    rsa = RSAKey.generate_key(2048, {"kid": "one"})

    with pytest.raises(Unauthenticated, match="unknown key"):
        await authenticator.verify(issuer.token(key=rsa, alg="RS256"))


@pytest.mark.filterwarnings("ignore:Key size")
async def test_a_weak_rsa_key_is_not_used(issuer: Issuer, authenticator: Authenticator) -> None:
    weak = RSAKey.generate_key(1024, {"kid": "weak"})
    issuer.keys.append(weak)

    with pytest.raises(Unauthenticated, match="unknown key"):
        await authenticator.verify(issuer.token(key=weak, alg="RS256"))


async def test_another_key_under_a_known_name_is_refused(issuer: Issuer, authenticator: Authenticator) -> None:
    with pytest.raises(Unauthenticated, match="not valid"):
        await authenticator.verify(issuer.token(key=ECKey.generate_key("P-256", {"kid": "one"})))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"exp": 1}, "expired"),
        ({"exp": None}, "not valid"),
        ({"exp": "tomorrow"}, "not valid"),
        ({"exp": True}, "not valid"),
        ({"aud": "other"}, "not valid"),
        ({"aud": None}, "not valid"),
        ({"iss": "http://evil.example"}, "not valid"),
        ({"iss": None}, "not valid"),
        ({"sub": None}, "not valid"),
        ({"sub": ""}, "not valid"),
        ({"sub": "a\nb"}, "`sub`"),
        ({"sub": "x" * 201}, "`sub`"),
        ({"nbf": 99_999_999_999}, "not valid"),
        ({"iat": 99_999_999_999}, "not valid"),
        ({"agency": None}, "`agency`"),
        ({"agency": "IQAA"}, "`agency`"),
        ({"agency": "iqaa\n"}, "`agency`"),
        ({"agency": "'; drop table events; --"}, "`agency`"),
        ({"institution": "../x"}, "`institution`"),
        ({"roles": "coordinator"}, "`roles`"),
        ({"roles": None}, "`roles`"),
        ({"roles": ["institution_officer"]}, "`institution`"),
    ],
)
async def test_a_token_with_wrong_claims_is_refused(
    issuer: Issuer, authenticator: Authenticator, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(Unauthenticated, match=words):
        await authenticator.verify(issuer.token(**changes))


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ({"typ": "dpop+jwt"}, "not an access token"),
        ({"typ": "logout+jwt"}, "not an access token"),
        ({"kid": None}, "does not name its key"),
        ({"kid": "two"}, "unknown key"),
        ({"crit": ["exp2"], "exp2": 1}, "not valid"),
    ],
)
async def test_a_token_with_a_wrong_header_is_refused(
    issuer: Issuer, authenticator: Authenticator, header: dict[str, Any], words: str
) -> None:
    signed = jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": "one"}, issuer.claims(), issuer.keys[0], algorithms=["ES256"])
    _, payload, signature = signed.split(".")
    told = {"alg": "ES256", "typ": "at+jwt", "kid": "one", **header}
    forged = ".".join((_encoded({k: v for k, v in told.items() if v is not None}), payload, signature))

    with pytest.raises(Unauthenticated, match=words):
        await authenticator.verify(forged)


@pytest.mark.parametrize("typ", ["at+jwt", "application/at+jwt", "JWT", None])
async def test_access_tokens_are_taken_under_each_of_their_types(issuer: Issuer, authenticator: Authenticator, typ: str | None) -> None:
    assert (await authenticator.verify(issuer.token(header={"typ": typ}))).agency == "iqaa"


@pytest.mark.parametrize("token", ["", "x", "a.b", "a.b.c", "é.b.c", "....", "W10.e30.x", "x" * 9_000, "a.b.c.d.e", "\ud800.b.c"])
async def test_what_is_no_jwt_is_refused(authenticator: Authenticator, token: str) -> None:
    with pytest.raises(Unauthenticated):
        await authenticator.verify(token)


async def test_a_changed_payload_is_refused(issuer: Issuer, authenticator: Authenticator) -> None:
    header, _, signature = issuer.token().split(".")

    with pytest.raises(Unauthenticated, match="not valid"):
        await authenticator.verify(f"{header}.{_encoded(issuer.claims(roles=['director']))}.{signature}")


class MovedClock:
    """A clock that stands where the test puts it."""

    def __init__(self) -> None:
        self.seconds = time.time()

    async def now(self) -> datetime:
        return self.wall()

    def wall(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)


async def test_a_remembered_token_still_expires_after_its_leeway(issuer: Issuer) -> None:
    clock = MovedClock()
    authenticator = Authenticator(Settings(auth_issuer=issuer.url), clock)
    token = issuer.token(exp=int(clock.seconds) + 60)
    await authenticator.verify(token)

    clock.seconds += 80
    assert (await authenticator.verify(token)).subject == "aigul"
    clock.seconds += 20
    with pytest.raises(Unauthenticated, match="expired"):
        await authenticator.verify(token)
    await authenticator.aclose()


async def test_a_remembered_token_costs_microseconds(issuer: Issuer, authenticator: Authenticator) -> None:
    token = issuer.token()
    await authenticator.verify(token)

    began = time.perf_counter()
    for _ in range(1_000):
        await authenticator.verify(token)

    assert (time.perf_counter() - began) / 1_000 < 100e-6


async def test_a_new_key_is_fetched_when_a_token_names_it(issuer: Issuer) -> None:
    jwks = Jwks(issuer.url, min_interval=0.0)
    assert await jwks.key("one", "ES256") is not None

    issuer.keys = [ECKey.generate_key("P-256", {"kid": "two"})]

    assert await jwks.key("two", "ES256") is not None
    assert await jwks.key("one", "ES256") is None, "a withdrawn key is gone"
    await jwks.aclose()


async def test_made_up_keys_do_not_make_us_ask_the_issuer_each_time(issuer: Issuer, authenticator: Authenticator) -> None:
    for number in range(20):
        forged = issuer.token(key=ECKey.generate_key("P-256", {"kid": f"made-up-{number}"}))
        with pytest.raises(Unauthenticated, match="unknown key"):
            await authenticator.verify(forged)

    assert issuer.asked == 1


async def test_the_last_good_keys_are_kept_while_the_issuer_is_down_or_talks_nonsense() -> None:
    issuer = Issuer()
    jwks = Jwks(issuer.url, ttl=0.0, min_interval=0.0)
    async with serving(issuer.app(), issuer.port):
        assert await jwks.key("one", "ES256") is not None
        issuer.broken = True
        assert await jwks.key("one", "ES256") is not None
        issuer.broken, issuer.keys = False, []
        assert await jwks.key("one", "ES256") is not None

    assert await jwks.key("one", "ES256") is not None
    assert await jwks.key("two", "ES256") is None
    await jwks.aclose()


async def test_an_issuer_that_was_never_seen_is_an_outage_and_not_a_bad_token() -> None:
    issuer = Issuer()
    authenticator = Authenticator(Settings(auth_issuer=issuer.url))

    with pytest.raises(Unavailable):
        await authenticator.verify(issuer.token())
    assert not await authenticator.ready()
    await authenticator.aclose()


async def test_an_issuer_that_recovers_is_heard_again() -> None:
    issuer = Issuer()
    jwks = Jwks(issuer.url, min_interval=0.0)
    assert not await jwks.ready()

    async with serving(issuer.app(), issuer.port):
        assert await jwks.ready()
    await jwks.aclose()


async def test_a_discovery_document_of_another_issuer_is_not_believed(issuer: Issuer) -> None:
    jwks = Jwks(issuer.url.replace("127.0.0.1", "localhost"))

    assert not await jwks.ready()
    await jwks.aclose()


async def test_keys_come_from_the_set_url_where_one_is_configured(issuer: Issuer) -> None:
    jwks = Jwks("https://issuer.example", f"{issuer.url}/keys")

    assert await jwks.ready()
    await jwks.aclose()


def test_production_needs_an_issuer_of_its_own() -> None:
    with pytest.raises(RuntimeError, match="KEPIL_AUTH_ISSUER"):
        Authenticator(Settings(env="production", postgres_password="not-the-published-one"))


def _app(authenticator: Any) -> FastAPI:
    app = FastAPI()
    install(app)
    app.state.authenticator = authenticator

    @app.get("/decisions")
    async def decisions(caller: Principal = Depends(allow(Role.director, Role.council_member))) -> str:  # noqa: B008
        return caller.subject

    @app.get("/mine", dependencies=[Depends(allow())])
    async def mine(request: Request) -> str:
        return str(request.state.principal.agency)

    return app


class OneToken:
    """Knows two tokens; routes are tested here, not signatures."""

    async def verify(self, token: str) -> Principal:
        roles = {"director": {Role.director}, "expert": {Role.expert}}.get(token)
        if roles is None:
            raise Unauthenticated("The access token is not valid.")
        return Principal("bakyt", frozenset(roles), "iqaa")


@pytest.fixture
def client() -> TestClient:
    return TestClient(_app(OneToken()))


def test_a_route_lets_in_its_roles_and_names_them_to_the_others(client: TestClient) -> None:
    assert client.get("/decisions", headers={"Authorization": "Bearer director"}).json() == "bakyt"
    assert client.get("/mine", headers={"Authorization": "bearer expert"}).json() == "iqaa"

    answer = client.get("/decisions", headers={"Authorization": "Bearer expert"})

    assert answer.status_code == 403
    assert answer.json()["detail"] == "This needs the role council_member or director."


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic ZGlyZWN0b3I=", "director"])
def test_a_caller_without_a_token_is_challenged(client: TestClient, header: str | None) -> None:
    answer = client.get("/mine", headers={"Authorization": header} if header is not None else {})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="kepil"'
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_bad_token_is_told_so(client: TestClient) -> None:
    answer = client.get("/mine", headers={"Authorization": "Bearer forged"})

    assert answer.headers["www-authenticate"] == 'Bearer realm="kepil", error="invalid_token"'
    assert "forged" not in answer.text


def test_routes_show_their_roles_and_their_scheme() -> None:
    app = _app(None)

    roles = {
        route.path: dependency.call.roles
        for route in app.routes
        if isinstance(route, APIRoute)
        for dependency in route.dependant.dependencies
        if isinstance(dependency.call, Allow)
    }

    assert roles == {"/decisions": {Role.director, Role.council_member}, "/mine": set()}
    document = app.openapi()
    assert document["paths"]["/decisions"]["get"]["security"] == [{"accessToken": []}]
    assert document["components"]["securitySchemes"]["accessToken"]["scheme"] == "bearer"


def test_production_refuses_the_published_password() -> None:
    with pytest.raises(ValueError, match="KEPIL_POSTGRES_PASSWORD"):
        Settings(env="production")
