"""The development issuer: an OIDC issuer small enough to be started with everything else.

It is refused in production and bound to loopback: whoever reaches it gets any token.
"""

import base64
import binascii
import hmac
import ipaddress
import re
import time
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import orjson
import uvicorn
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from chassis import issuer_people as people
from chassis import metrics, telemetry
from chassis.auth import Role
from chassis.ids import new_id
from chassis.secretfile import read_or_make
from chassis.settings import Settings
from chassis.settings import settings as process_settings
from chassis.text import AGENCY_PATTERN

#: The secret of every development client; no secret at all, and meant so.
DEVELOPMENT_SECRET = "kepil-development"  # noqa: S105
#: One client for each role: `coordinator`, `council-member`, …
DEVELOPMENT_CLIENTS: dict[str, Role] = {role.value.replace("_", "-"): role for role in Role}
_LARGEST_FORM = 10_000
_LIFETIME = timedelta(hours=1)
_REFRESH_LIFETIME = timedelta(hours=12)


class IssuerRefused(RuntimeError):
    """The development issuer is asked to do what it must not."""


def _guard(settings: Settings) -> None:
    if settings.env == "production":
        raise IssuerRefused("the development issuer does not run in production: set KEPIL_AUTH_ISSUER")
    if not _is_loopback(settings.host):
        raise IssuerRefused(f"the development issuer is for this machine alone, not for {settings.host}")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@cache
def _key(path: Path) -> ECKey:
    def made() -> bytes:
        return orjson.dumps(ECKey.generate_key("P-256", {"kid": new_id(), "use": "sig", "alg": "ES256"}).as_dict(private=True))

    return ECKey.import_key(orjson.loads(read_or_make(path, made)))


def _signing_key(settings: Settings) -> ECKey:
    return _key((settings.state_dir / "issuer" / "key.json").resolve())


def development_token(
    settings: Settings,
    *,
    subject: str,
    roles: Iterable[Role | str],
    agency: str,
    institution: str | None = None,
    ttl: timedelta = timedelta(hours=8),
    client: str | None = None,
) -> str:
    """An access token signed on the spot with the development key, as the running issuer would. IssuerRefused in production."""
    _guard(settings)
    now = int(time.time())
    claims = {
        "iss": settings.url("issuer"),
        "aud": settings.auth_audience,
        "sub": subject,
        "roles": sorted(str(role) for role in roles),
        "agency": agency,
        "institution": institution,
        "client_id": client,
        "iat": now,
        "exp": now + int(ttl.total_seconds()),
        "jti": new_id(),
    }
    key = _signing_key(settings)
    header = {"alg": "ES256", "typ": "at+jwt", "kid": str(key.kid)}
    return jwt.encode(header, {name: value for name, value in claims.items() if value is not None}, key)


def issuer_app(settings: Settings) -> Starlette:
    """The issuer as an ASGI app. IssuerRefused in production or away from loopback."""
    _guard(settings)
    issuer = settings.url("issuer")
    codes = people.Codes()

    def redirects(uri: str) -> bool:
        return people.of_this_machine(uri) or uri.startswith(settings.console_url() + "/")

    async def configuration(_: Request) -> Response:
        return JSONResponse(
            {
                "issuer": issuer,
                "jwks_uri": f"{issuer}/jwks",
                "token_endpoint": f"{issuer}/token",
                "authorization_endpoint": f"{issuer}/authorize",
                "end_session_endpoint": f"{issuer}/leave",
                "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "response_types_supported": ["code"],
                "code_challenge_methods_supported": ["S256"],
                "scopes_supported": ["openid", "profile"],
                "authorization_response_iss_parameter_supported": True,
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
            }
        )

    async def jwks(_: Request) -> Response:
        return JSONResponse({"keys": [_signing_key(settings).as_dict(private=False)]})

    async def token(request: Request) -> Response:
        form = await _form(request)
        if form is None:
            return _refusal("invalid_request", "send a form: application/x-www-form-urlencoded")
        if form.get("grant_type") in ("authorization_code", "refresh_token"):
            return _of_a_person(settings, codes, form, *_credentials(request, form))
        if form.get("grant_type") != "client_credentials":
            return _refusal("unsupported_grant_type", "grant_type is authorization_code, refresh_token or client_credentials here")
        client, secret = _credentials(request, form)
        role = DEVELOPMENT_CLIENTS.get(client)
        if role is None or not hmac.compare_digest(secret.encode(), DEVELOPMENT_SECRET.encode()):
            return _refusal("invalid_client", "one client for each role, for example coordinator", 401)
        if not form.get("agency") or (role is Role.institution_officer and not form.get("institution")):
            return _refusal("invalid_request", "send agency=<id>, and institution=<id> for an institution's officer")
        access = development_token(
            settings,
            subject=form.get("subject") or client,
            roles=[role],
            agency=form["agency"],
            institution=form.get("institution"),
            ttl=_LIFETIME,
            client=client,
        )
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": int(_LIFETIME.total_seconds())}
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    async def authorize(request: Request) -> Response:
        form = dict(await _form(request) or {}) if request.method == "POST" else {}
        asked = form if request.method == "POST" else dict(request.query_params)
        try:
            people.check(asked, [settings.console_client_id], redirects)
            if request.method == "GET":
                return _page(people.page(asked, {}))
            chosen = people.choose(asked, form, lambda given: re.match(AGENCY_PATTERN, given) is not None)
        except people.SignInRefused as error:
            return _page(f"<!DOCTYPE html><html lang=en><title>Refused</title><p>{escape(str(error))}", 400)
        except ValueError as error:
            return _page(people.page(asked, form, str(error)), 422)
        return RedirectResponse(people.way_back(asked, issuer, code=codes.give(chosen)), 303, {"Cache-Control": "no-store"})

    async def leave(_: Request) -> Response:
        return _page("<!DOCTYPE html><html lang=en><title>Signed out</title><p>This issuer keeps no session: there is nothing to end.")

    async def healthy(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    app = Starlette(
        routes=[
            Route("/.well-known/openid-configuration", configuration),
            Route("/jwks", jwks),
            Route("/authorize", authorize, methods=["GET", "POST"]),
            Route("/leave", leave),
            Route("/token", token, methods=["POST"]),
            Route("/healthz", healthy),
            Route("/readyz", healthy),
        ]
    )
    metrics.expose(app, settings)
    return app


def _page(text: str, status: int = 200) -> Response:
    policy = f"default-src 'none'; style-src '{people.STYLE_HASH}'; frame-ancestors 'none'; base-uri 'none'"
    return HTMLResponse(text, status, {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


def _of_a_person(settings: Settings, codes: people.Codes, form: Mapping[str, str], client: str, secret: str) -> Response:
    """Tokens for a code, or for the refresh token that came with earlier ones."""
    if client != settings.console_client_id or not hmac.compare_digest(secret.encode(), DEVELOPMENT_SECRET.encode()):
        return _refusal("invalid_client", "the console signs people in here", 401)
    key, now = _signing_key(settings), int(time.time())
    answer: dict[str, Any] = {"token_type": "Bearer", "expires_in": int(_LIFETIME.total_seconds())}
    if form["grant_type"] == "authorization_code":
        chosen = codes.take(form, client)
        if chosen is None:
            return _refusal("invalid_grant", "the code is not known, was used, is too old, or does not fit its verifier")
        who: dict[str, Any] = {"sub": chosen.subject, "roles": list(chosen.roles), "agency": chosen.agency}
        who["institution"] = chosen.institution
        stamp = {"iss": settings.url("issuer"), "aud": client, "iat": now}
        told = {**stamp, "exp": now + 300, **{name: value for name, value in people.claims_of(chosen).items() if value is not None}}
        answer["id_token"] = jwt.encode({"alg": "ES256", "kid": str(key.kid)}, told, key)
        lasting = {**stamp, "exp": now + int(_REFRESH_LIFETIME.total_seconds()), "who": who, "jti": new_id()}
        answer["refresh_token"] = jwt.encode({"alg": "ES256", "typ": "rt+jwt", "kid": str(key.kid)}, lasting, key)
    else:
        try:
            held = jwt.decode(form.get("refresh_token", ""), key)
        except (JoseError, ValueError):
            return _refusal("invalid_grant", "the refresh token is not one of this issuer")
        if held.header.get("typ") != "rt+jwt" or held.claims.get("aud") != client or held.claims.get("exp", 0) < now:
            return _refusal("invalid_grant", "the refresh token is not one of this client, or has ended")
        who = held.claims["who"]
    answer["access_token"] = development_token(
        settings, subject=who["sub"], roles=who["roles"], agency=who["agency"], institution=who["institution"], ttl=_LIFETIME, client=client
    )
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


async def _form(request: Request) -> dict[str, str] | None:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        return None
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_FORM:
            return None
    try:
        return {name: values[0] for name, values in parse_qs(body.decode(), max_num_fields=20).items()}
    except ValueError:
        return None


def _credentials(request: Request, form: Mapping[str, str]) -> tuple[str, str]:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        client, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote(client), unquote(secret)


def _refusal(error: str, description: str, status: int = 400) -> Response:
    headers = {"WWW-Authenticate": 'Basic realm="kepil"'} if status == 401 else {}
    return JSONResponse({"error": error, "error_description": description}, status, {**headers, "Cache-Control": "no-store"})


def main() -> None:
    """Serves the issuer until it is told to stop."""
    settings = process_settings()
    app = issuer_app(settings)
    telemetry.setup("issuer", settings)
    try:
        uvicorn.run(app, host=settings.host, port=settings.port("issuer"), log_config=None, access_log=False)
    finally:
        telemetry.shutdown()


if __name__ == "__main__":
    main()
