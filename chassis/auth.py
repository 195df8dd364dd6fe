"""Who asks, by an OAuth 2 access token (JWT, RFC 9068), and which roles may call a route.

What a role may do to one case is not decided here: that is a rule of the case.
"""

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn

import orjson
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry
from joserfc.util import urlsafe_b64decode
from starlette.requests import Request

from chassis import telemetry
from chassis.clock import Clock, SystemClock
from chassis.jwks import ALGORITHMS, Jwks
from chassis.problems import Forbidden, Unauthenticated
from chassis.settings import Settings
from chassis.text import AGENCY_PATTERN

LEEWAY_SECONDS = 30
_TRUST_SECONDS = 300  # how long a verified token is taken without looking at the keys again
_MOST_TOKENS = 10_000
_LONGEST_TOKEN = 8_192
_TYPES = {"at+jwt", "application/at+jwt", "jwt"}
_SCOPE_ID = re.compile(AGENCY_PATTERN.removesuffix("$") + r"\Z")
_SUBJECT = re.compile(r"[\x21-\x7e]{1,200}\Z")


class Role(StrEnum):
    """The roles that a token can carry in its claim `roles`; words that are none of these are passed over."""

    institution_officer = "institution_officer"
    coordinator = "coordinator"
    expert = "expert"
    expert_council_member = "expert_council_member"
    council_member = "council_member"
    director = "director"
    authorised_body_officer = "authorised_body_officer"
    auditor = "auditor"
    operator = "operator"
    service = "service"


_ROLES = {role.value: role for role in Role}


class _Everybody(tuple[Role, ...]):
    """See PUBLIC."""


#: For `roles=` of a route that needs no token: whoever comes. The route's path or query names the agency.
PUBLIC: Sequence[Role] = _Everybody()


def is_public(roles: Sequence[Role]) -> bool:
    """Whether a route is open to everybody. One that merely names no role wants a token."""
    return isinstance(roles, _Everybody)


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller: always of one agency; an institution's officer of one institution besides."""

    subject: str
    roles: frozenset[Role]
    agency: str
    institution: str | None = None
    client: str | None = None

    def has(self, *roles: Role) -> bool:
        """Whether the caller has one of these roles."""
        return not self.roles.isdisjoint(roles)


class Authenticator:
    """Verifies access tokens of one issuer for one audience. A token that was verified lately costs a look into a dictionary."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        if settings.auth_issuer is None and settings.env == "production":
            raise RuntimeError("KEPIL_AUTH_ISSUER is needed in production: the development issuer is not for it")
        self._issuer = settings.auth_issuer or settings.url("issuer")
        self._clock = clock or SystemClock()
        self._jwks = Jwks(self._issuer, settings.auth_jwks_url)
        self._registry = JWSRegistry(algorithms=sorted(ALGORITHMS), strict_check_header=False)
        self._claims = JWTClaimsRegistry(
            now=self._now,
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": settings.auth_audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        self._verified: OrderedDict[str, tuple[float, Principal]] = OrderedDict()

    async def verify(self, token: str) -> Principal:
        """The caller that a token names; Unauthenticated, or Unavailable while the issuer's keys were never seen."""
        now = self._clock.wall().timestamp()
        known = self._verified.get(token)
        if known is not None and known[0] > now:
            self._verified.move_to_end(token)
            return known[1]
        self._verified.pop(token, None)
        claims = await self._verified_claims(token)
        principal = _principal(claims)
        self._verified[token] = (min(claims["exp"] + LEEWAY_SECONDS, now + _TRUST_SECONDS), principal)
        if len(self._verified) > _MOST_TOKENS:
            self._verified.popitem(last=False)
        return principal

    async def ready(self) -> bool:
        """Whether tokens can be verified now."""
        return await self._jwks.ready()

    async def aclose(self) -> None:
        """Closes the connection to the issuer."""
        await self._jwks.aclose()

    def _now(self) -> int:
        return int(self._clock.wall().timestamp())

    async def _verified_claims(self, token: str) -> dict[str, Any]:
        header = _header(token)
        kid, algorithm = header.get("kid"), header.get("alg")
        if not isinstance(kid, str):
            raise Unauthenticated("The access token does not name its key.")
        if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
            raise Unauthenticated("The access token is signed in a way that is not accepted.")
        if str(header.get("typ", "JWT")).lower() not in _TYPES:
            raise Unauthenticated("The token is not an access token.")
        key = await self._jwks.key(kid, algorithm)
        if key is None:
            raise Unauthenticated("The access token is signed with an unknown key.")
        try:
            decoded = jwt.decode(token, key, registry=self._registry)
            self._claims.validate(decoded.claims)
        except ExpiredTokenError as error:
            raise Unauthenticated("The access token has expired.") from error
        except (JoseError, ValueError) as error:
            raise Unauthenticated("The access token is not valid.") from error
        return decoded.claims


def _header(token: str) -> Mapping[str, Any]:
    if len(token) > _LONGEST_TOKEN or token.count(".") != 2:
        raise Unauthenticated("The access token is not a signed JWT.")
    try:
        header = orjson.loads(urlsafe_b64decode(token.partition(".")[0].encode("ascii")))
    except ValueError as error:
        raise Unauthenticated("The access token is not a signed JWT.") from error
    if not isinstance(header, dict):
        raise Unauthenticated("The access token is not a signed JWT.")
    return header


def _principal(claims: Mapping[str, Any]) -> Principal:
    subject, agency, institution = claims["sub"], claims.get("agency"), claims.get("institution")
    if not _SUBJECT.match(subject):
        _refuse("sub")
    if not isinstance(agency, str) or not _SCOPE_ID.match(agency):
        _refuse("agency")
    if institution is not None and not (isinstance(institution, str) and _SCOPE_ID.match(institution)):
        _refuse("institution")
    named = claims.get("roles")
    if not isinstance(named, list):
        _refuse("roles")
    roles = frozenset(_ROLES[name] for name in named if isinstance(name, str) and name in _ROLES)
    if Role.institution_officer in roles and institution is None:
        _refuse("institution")
    client = claims.get("client_id") or claims.get("azp")
    return Principal(subject, roles, agency, institution, client if isinstance(client, str) and _SUBJECT.match(client) else None)


def _refuse(claim: str) -> NoReturn:
    raise Unauthenticated(f"The claim `{claim}` of the access token is missing or not usable here.")


async def principal(request: Request) -> Principal:
    """FastAPI dependency: the caller, also kept in `request.state.principal`. Needs `app.state.authenticator`."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Send an access token: Authorization: Bearer …", error=None)
    authenticator: Authenticator = request.app.state.authenticator
    caller = await authenticator.verify(token.strip())
    request.state.principal = caller
    case_id = request.path_params.get("case_id")
    telemetry.annotate(agency=caller.agency, **({"case_id": str(case_id)[:80]} if case_id else {}))
    return caller


class Allow(SecurityBase):
    """FastAPI dependency: the caller, if it has one of `roles`. Shows in OpenAPI as a bearer token."""

    def __init__(self, roles: frozenset[Role]) -> None:
        self.roles = roles
        self.scheme_name = "accessToken"
        self.model = HTTPBearer(bearerFormat="JWT", description="An access token of the agency's issuer (RFC 9068)")
        self._needed = " or ".join(sorted(roles))

    async def __call__(self, request: Request) -> Principal:
        """The caller; Unauthenticated, or Forbidden naming the roles that are needed."""
        caller = await principal(request)
        if self.roles and caller.roles.isdisjoint(self.roles):
            raise Forbidden(f"This needs the role {self._needed}.", roles=sorted(self.roles))
        return caller


def allow(*roles: Role) -> Allow:
    """A dependency that lets these roles in, or every caller with a token where none is named; `.roles` tells which."""
    return Allow(frozenset(roles))
