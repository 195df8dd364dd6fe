"""The signing keys of an OIDC issuer, fetched when needed and kept: an issuer that is down does not lock out its callers."""

import asyncio
import time
import warnings
from typing import Any

import httpx
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key

from chassis.logs import logger
from chassis.problems import Unavailable

#: Signature algorithms that are accepted, and the kind of key that each needs. All are asymmetric: no public key can sign.
ALGORITHMS: dict[str, tuple[type[Key], str | None]] = {
    "ES256": (ECKey, "P-256"),
    "RS256": (RSAKey, None),
    "EdDSA": (OKPKey, "Ed25519"),
    "Ed25519": (OKPKey, "Ed25519"),
}
_LARGEST_ANSWER = 256_000
_log = logger("kepil.auth")

# joserfc says so at every verification: RFC 9864 renames EdDSA, and issuers still send it
warnings.filterwarnings("ignore", category=SecurityWarning, message="EdDSA is deprecated")


class Jwks:
    """Keys by `kid`. Fetched again after `ttl` seconds, or for an unknown `kid`, but never twice within `min_interval`."""

    def __init__(self, issuer: str, url: str | None = None, *, ttl: float = 300.0, min_interval: float = 10.0) -> None:
        self._issuer = issuer
        self._url = url
        self._ttl = ttl
        self._min_interval = min_interval
        self._keys: dict[str, Key] = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._fetching = asyncio.Lock()
        self._client: httpx.AsyncClient | None = None

    async def key(self, kid: str, algorithm: str) -> Key | None:
        """The key, if the issuer has it and it suits the algorithm; Unavailable if no keys were ever seen."""
        if kid not in self._keys or time.monotonic() - self._fetched_at > self._ttl:
            await self._refresh()
        if not self._keys:
            raise Unavailable("The issuer of access tokens does not answer just now.")
        found = self._keys.get(kid)
        return found if found is not None and _suits(found, algorithm) else None

    async def ready(self) -> bool:
        """Whether there are keys, after a try to get some."""
        if not self._keys:
            await self._refresh()
        return bool(self._keys)

    async def aclose(self) -> None:
        """Closes the connection to the issuer."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _refresh(self) -> None:
        async with self._fetching:
            pause = self._min_interval if self._keys else min(self._min_interval, 1.0)  # at the start, the issuer may start too
            if time.monotonic() - self._tried_at < pause:
                return
            self._tried_at = time.monotonic()
            try:
                self._keys = await self._fetch()
                self._fetched_at = time.monotonic()
            except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError, AttributeError) as error:
                fault = type(error).__name__
                _log.warning("issuer does not give its keys", issuer=self._issuer, error=fault, kept=len(self._keys))

    async def _fetch(self) -> dict[str, Key]:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=3.0, follow_redirects=False)
        url = self._url
        if url is None:
            discovered = await self._get(self._issuer.rstrip("/") + "/.well-known/openid-configuration")
            if discovered["issuer"] != self._issuer:
                raise ValueError("the discovery document is another issuer's")
            url = str(discovered["jwks_uri"])
        keys: dict[str, Key] = {}
        for raw in (await self._get(url))["keys"]:
            if raw.get("use", "sig") != "sig" or not isinstance(raw.get("kid"), str):
                continue
            try:
                keys[raw["kid"]] = import_key(raw)
            except (JoseError, ValueError):
                continue  # a kind of key that is not ours to use
        if not keys:
            raise ValueError("the issuer publishes no usable key")
        return keys

    async def _get(self, url: str) -> dict[str, Any]:
        assert self._client is not None
        answer = await self._client.get(url, headers={"Accept": "application/json"})
        answer.raise_for_status()
        if len(answer.content) > _LARGEST_ANSWER:
            raise ValueError("the issuer's answer is too large")
        document = answer.json()
        if not isinstance(document, dict):
            raise ValueError("the issuer's answer is no JSON object")
        return document


def _suits(key: Key, algorithm: str) -> bool:
    kind, curve = ALGORITHMS[algorithm]
    if not isinstance(key, kind):
        return False
    if isinstance(key, RSAKey):
        return key.raw_value.key_size >= 2048
    return isinstance(key, ECKey | OKPKey) and key.curve_name == curve
