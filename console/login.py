"""Signing in: OpenID Connect authorization code with PKCE. The person's roles are read from the access token, as the services read them."""

import asyncio
import hmac
import secrets
import time
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry, extract_compact
from joserfc.jwt import JWTClaimsRegistry

from chassis.auth import LEEWAY_SECONDS, Authenticator
from chassis.issuer import DEVELOPMENT_SECRET
from chassis.jwks import ALGORITHMS, Jwks
from chassis.logs import logger
from chassis.problems import Problem
from chassis.settings import Settings
from console.i18n import N_
from console.session import Person, Seal, Session

CALLBACK = "/signin/back"
ATTEMPT_SECONDS = 900
_EARLY_SECONDS = 30  # a token this near its end is renewed before it is used
_METADATA_SECONDS = 300.0
_REMEMBERED = 1_000
_log = logger("kepil.console")


class NotSignedIn(Exception):
    """The sign-in did not come to its end. `words` say why, for the person."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in that has begun: where to send the person, and the sealed memory of it that their browser keeps meanwhile."""

    url: str
    state: str
    sealed: str


class Login:
    """One issuer, and this console as its client."""

    def __init__(self, using: Settings, http: httpx.AsyncClient, master: bytes) -> None:
        self._issuer = using.auth_issuer or using.url("issuer")
        self._client_id = using.console_client_id
        secret = using.console_client_secret
        self._secret = secret if secret or using.auth_issuer else DEVELOPMENT_SECRET
        self._scope = using.console_scope
        self._callback = using.console_url() + CALLBACK
        self._http = http
        self._seal = Seal(master, "signing in")
        self._form_key = hmac.digest(master, b"kepil console forms", "sha256")
        self._access = Authenticator(using)
        self._jwks = Jwks(self._issuer, using.auth_jwks_url)
        self._metadata: tuple[float, dict[str, Any]] | None = None
        self._renewed: OrderedDict[str, asyncio.Task[Session | None]] = OrderedDict()

    async def begin(self, to: str, language: str, purpose: str = "") -> Attempt:
        """The way to the issuer; NotSignedIn if it does not answer. A `purpose` is told again at the end: the sign-in is for it alone."""
        metadata = await self._configuration()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._callback,
            "scope": self._scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("="),
            "code_challenge_method": "S256",
            "ui_locales": language,
        }
        url = f"{metadata['authorization_endpoint']}{'&' if '?' in metadata['authorization_endpoint'] else '?'}{urlencode(asked)}"
        sealed = self._seal.close({"state": state, "nonce": nonce, "verifier": verifier, "to": to, "for": purpose, "at": int(time.time())})
        return Attempt(url, state, sealed)

    async def finish(self, answer: Mapping[str, str], sealed: str | None) -> tuple[Session, str, str]:
        """The session that the issuer's answer opens, the page that the person wanted, and the purpose; NotSignedIn."""
        attempt = self._seal.open(sealed) if sealed else None
        if not attempt or not secrets.compare_digest(attempt["state"].encode(), answer.get("state", "").encode()):
            raise NotSignedIn(N_("This sign-in did not begin in this browser, or it began too long ago. Please sign in again."))
        if attempt["at"] + ATTEMPT_SECONDS < time.time():
            raise NotSignedIn(N_("This sign-in did not begin in this browser, or it began too long ago. Please sign in again."))
        if answer.get("iss", self._issuer) != self._issuer or "code" not in answer:
            raise NotSignedIn(N_("The sign-in was not completed."))
        metadata = await self._configuration()
        try:
            token = await self._token(
                metadata,
                grant_type="authorization_code",
                code=answer["code"],
                code_verifier=attempt["verifier"],
                redirect_uri=self._callback,
            )
            claims = await self._id_claims(str(token["id_token"]), attempt["nonce"])
            session = await self._session(token, claims)
        except (JoseError, Problem, httpx.HTTPError, KeyError, ValueError) as error:
            _log.warning("sign-in refused", error=type(error).__name__, detail=str(error))
            raise NotSignedIn(N_("The sign-in was not completed.")) from error
        if session.person.subject != claims["sub"]:
            raise NotSignedIn(N_("The sign-in was not completed."))
        return session, str(attempt["to"]), str(attempt.get("for", ""))

    async def fresh(self, session: Session | None) -> Session | None:
        """The session with an access token that is still good; None if it has ended."""
        if session is None or session.expires_at - _EARLY_SECONDS > time.time():
            return session
        if session.refresh is None:
            return session if session.expires_at > time.time() else None
        task = self._renewed.get(session.refresh)
        if task is None or _spent(task):  # requests of one page come at the same time, and the issuer may take a refresh token only once
            task = self._renewed[session.refresh] = asyncio.create_task(self._renew(session), name=session.refresh)
            while len(self._renewed) > _REMEMBERED:
                self._renewed.popitem(last=False)
        renewed = await asyncio.shield(task)
        if renewed is None:
            self._renewed.pop(session.refresh, None)
            return session if session.expires_at > time.time() else None
        return replace(renewed, said=session.said)

    async def leave(self) -> str | None:
        """Where the person ends the session at the issuer too, if it has such a page."""
        try:
            endpoint = (await self._configuration()).get("end_session_endpoint")
        except NotSignedIn:
            return None
        return f"{endpoint}?{urlencode({'client_id': self._client_id})}" if endpoint else None

    async def ready(self) -> bool:
        """Whether people can sign in now."""
        try:
            await self._configuration()
        except NotSignedIn:
            return False
        return True

    async def aclose(self) -> None:
        """Closes the connections to the issuer."""
        await self._access.aclose()
        await self._jwks.aclose()

    async def _token(self, metadata: Mapping[str, Any], **form: str) -> Mapping[str, Any]:
        """The token endpoint's answer; HTTPError or ValueError."""
        auth = httpx.BasicAuth(quote(self._client_id, safe=""), quote(self._secret, safe="")) if self._secret else None
        content = form if auth else {**form, "client_id": self._client_id}
        answer = await self._http.post(metadata["token_endpoint"], data=content, auth=auth or httpx.USE_CLIENT_DEFAULT)
        if answer.status_code != 200:
            raise ValueError(f"the token endpoint answers {answer.status_code}: {answer.text[:300]}")
        token = answer.json()
        if not isinstance(token, dict):
            raise ValueError("the token endpoint answers with no object")
        return token

    async def _configuration(self) -> dict[str, Any]:
        if self._metadata is None or self._metadata[0] < time.monotonic():
            try:
                answer = await self._http.get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
                found = answer.raise_for_status().json()
                if found["issuer"] != self._issuer or "authorization_endpoint" not in found or "token_endpoint" not in found:
                    raise ValueError("the issuer's configuration is another issuer's, or has no sign-in")
                self._metadata = (time.monotonic() + _METADATA_SECONDS, found)
            except (httpx.HTTPError, KeyError, TypeError, ValueError) as error:
                _log.warning("issuer", error=type(error).__name__, detail=str(error))
                if self._metadata is None:
                    raise NotSignedIn(N_("The sign-in service does not answer just now. Please try again in a minute.")) from error
        return self._metadata[1]

    async def _id_claims(self, token: str, nonce: str) -> dict[str, Any]:
        header = jwt_header(token)
        key = await self._jwks.key(str(header.get("kid")), str(header.get("alg")))
        if key is None:
            raise ValueError("the id token is signed with an unknown key")
        decoded = jwt.decode(token, key, registry=JWSRegistry(algorithms=sorted(ALGORITHMS), strict_check_header=False))
        JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._client_id},
            exp={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        ).validate(decoded.claims)
        audience = decoded.claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and decoded.claims.get("azp") != self._client_id:
            raise ValueError("the id token is another client's")
        return decoded.claims

    async def _session(self, token: Mapping[str, Any], claims: Mapping[str, Any], before: Session | None = None) -> Session:
        principal = await self._access.verify(str(token["access_token"]))
        name = claims.get("name") or (before.person.name if before else None)
        person = Person(
            principal.subject,
            tuple(sorted(role.value for role in principal.roles)),
            principal.agency,
            principal.institution,
            str(name)[:200] if name else None,
        )
        now = int(time.time())
        return Session(
            person=person,
            access=str(token["access_token"]),
            refresh=token.get("refresh_token") or (before.refresh if before else None),
            expires_at=now + int(token.get("expires_in") or 300),
            csrf=self._form_token(person),
            began_at=before.began_at if before else now,
        )

    def _form_token(self, person: Person) -> str:
        """The same in every session of a person, so that a form which outlived its session can be sent in the next."""
        return hmac.new(self._form_key, f"{person.agency}\n{person.subject}".encode(), sha256).hexdigest()[:32]

    async def _renew(self, session: Session) -> Session | None:
        try:
            metadata = await self._configuration()
            token = await self._token(metadata, grant_type="refresh_token", refresh_token=session.refresh or "")
            renewed = await self._session(token, {}, session)
        except (Problem, NotSignedIn, httpx.HTTPError, KeyError, ValueError) as error:
            _log.info("session not renewed", error=type(error).__name__, detail=str(error))
            return None
        return renewed if renewed.person.subject == session.person.subject else None


def _spent(task: "asyncio.Task[Session | None]") -> bool:
    """Whether a renewal is to be made again: it failed, or what it gave ends, and the issuer let the refresh token stay the same."""
    if not task.done():
        return False
    given = None if task.cancelled() or task.exception() else task.result()
    return given is None or (given.refresh == task.get_name() and given.expires_at - _EARLY_SECONDS <= time.time())


def jwt_header(token: str) -> Mapping[str, Any]:
    """The header of a JWT, not verified; ValueError."""
    return dict(extract_compact(token.encode()).headers())


def local_path(to: str | None) -> str:
    """A path of this console to return to; `/` for anything else."""
    if not to or not to.startswith("/") or to.startswith(("//", "/\\")) or any(ord(each) < 32 for each in to):
        return "/"
    return to[:2_000]
