"""The one way out: a POST to an address that was vetted, and to no other.

A name is resolved once, every answer is vetted, and the connection goes to a vetted address: what the name says a moment later does not
matter. Nothing of the environment is heeded (proxies), nothing is followed (redirects), nothing is kept (cookies, connections).
"""

import asyncio
import re
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from ipaddress import ip_network
from socket import SOCK_STREAM, getaddrinfo
from typing import Self

import httpx

from chassis.settings import Settings
from services.notices.addresses import Network, parsed, refusal

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

CONNECT_SECONDS, WHOLE_SECONDS = 5.0, 15.0
_MOST_READ, _MOST_KEPT = 64 * 1024, 4096
_LONGEST_URL = 2000

_HOST = re.compile(r"[A-Za-z0-9._-]+|\[?[0-9A-Fa-f:.]+\]?")

# Resolvers may be slow for a name that somebody else controls: they have threads of their own.
_RESOLVERS = ThreadPoolExecutor(64, "webhook-resolver")


class Forbidden(ValueError):
    """Nothing may be sent to this URL."""


class NotSent(Exception):
    """No answer came: no connection, no end in time, or an address that nothing may be sent to."""


@dataclass(frozen=True)
class Answer:
    """What the receiver said. `text` is the beginning of its answer; `retry_after` the seconds that it asks for."""

    status: int
    text: str
    address: str
    retry_after: float | None = None

    @property
    def well(self) -> bool:
        """Whether the message was taken; a redirection is no taking."""
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Policy:
    """Where webhooks may go."""

    schemes: frozenset[str] = frozenset({"https"})
    ports: frozenset[int] = frozenset({443, 8443})
    loopback: bool = False
    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, using: Settings) -> Self:
        """As the settings say."""
        networks = tuple(ip_network(each) for each in using.webhooks_networks)
        return cls(using.webhooks_schemes, using.webhooks_ports, using.webhooks_allow_loopback, networks)


@dataclass(frozen=True)
class Target:
    """A URL taken apart. `checked`: scheme and port are as the policy says; else only a loopback address will do."""

    url: httpx.URL
    host: str
    port: int
    checked: bool


class Vetting:
    """Whether something may be sent to a URL. `resolve` gives the addresses of a name."""

    def __init__(self, policy: Policy, resolve: Resolve | None = None) -> None:
        self._policy = policy
        self._resolve = resolve or _look_up

    async def check(self, url: str) -> None:
        """Whether something could be sent to `url` now; Forbidden otherwise."""
        target = self.target(url)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self.addresses(target)
        except TimeoutError:
            raise Forbidden(f"{target.host} could not be resolved in time") from None

    def target(self, text: str) -> Target:
        """What a URL names; Forbidden where no webhook has such a one."""
        try:
            url = httpx.URL(text)
            host = url.raw_host.decode("ascii")
        except (httpx.InvalidURL, UnicodeError, ValueError):
            raise Forbidden("this is no URL") from None
        if len(text) > _LONGEST_URL or not _HOST.fullmatch(host) or url.userinfo or url.fragment:
            raise Forbidden(f"a URL has a host, no user, no fragment and at most {_LONGEST_URL} characters")
        if url.scheme not in ("http", "https"):
            raise Forbidden("webhooks go over https")
        port = url.port or {"http": 80, "https": 443}[url.scheme]
        checked = url.scheme in self._policy.schemes and port in self._policy.ports
        if not checked and not self._policy.loopback:
            allowed = f"{' or '.join(sorted(self._policy.schemes))} on port {' or '.join(map(str, sorted(self._policy.ports)))}"
            raise Forbidden(f"webhooks go over {allowed}")
        return Target(url, host.strip("[]"), port, checked)

    async def addresses(self, target: Target) -> Sequence[str]:
        """Every address of the name, each fit to be sent to; Forbidden if one is not, or if there is none."""
        try:
            addresses = await self._resolve(target.host, target.port)
        except (OSError, UnicodeError):
            raise Forbidden(f"{target.host} has no address") from None
        if not addresses:
            raise Forbidden(f"{target.host} has no address")
        for each in addresses:
            address = parsed(each)
            why = refusal(address, loopback=self._policy.loopback, networks=self._policy.networks)
            if why is None and not target.checked and refusal(address) != "a loopback address":
                why = "no loopback address, and scheme or port are not as webhooks' are"
            if why is not None:
                raise Forbidden(f"{target.host} has {why}")
        return addresses


async def _look_up(host: str, port: int) -> Sequence[str]:
    call = partial(getaddrinfo, host, port, type=SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_RESOLVERS, call)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


class Egress:
    """Sends to receivers. One for a process; `aclose` it."""

    def __init__(self, policy: Policy, *, trust: ssl.SSLContext | None = None, resolve: Resolve | None = None) -> None:
        self._vetting = Vetting(policy, resolve)
        # kept alive, a connection to one address would serve another name on it without a look at that name's certificate
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._transport = httpx.AsyncHTTPTransport(verify=trust or ssl.create_default_context(), trust_env=False, limits=limits)

    @classmethod
    def of(cls, using: Settings) -> Self:
        """As the settings say."""
        trust = ssl.create_default_context()
        if using.webhooks_ca_file:
            trust.load_verify_locations(using.webhooks_ca_file)
        return cls(Policy.of(using), trust=trust)

    async def aclose(self) -> None:
        """Lets connections go."""
        await self._transport.aclose()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Sends one message and reads the beginning of the answer. NotSent if none came, Forbidden if none may be sent there."""
        target = self._vetting.target(url)
        try:
            async with asyncio.timeout(WHOLE_SECONDS):
                async with asyncio.timeout(CONNECT_SECONDS):
                    addresses = await self._vetting.addresses(target)
                return await self._sent(target, addresses, body, headers)
        except TimeoutError:
            raise NotSent("no answer in time") from None

    async def _sent(self, target: Target, addresses: Sequence[str], body: bytes, headers: Mapping[str, str]) -> Answer:
        trouble = "no connection"
        for address in addresses[:4]:
            try:
                return await self._sent_to(address, target, body, headers)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                trouble = f"no connection: {error or type(error).__name__}"
            except httpx.HTTPError as error:
                raise NotSent(f"{type(error).__name__}: {error}"[:300]) from None
        raise NotSent(trouble[:300])

    async def _sent_to(self, address: str, target: Target, body: bytes, headers: Mapping[str, str]) -> Answer:
        times = httpx.Timeout(WHOLE_SECONDS, connect=CONNECT_SECONDS).as_dict()
        request = httpx.Request(
            "POST",
            target.url.copy_with(host=address),
            headers={"host": target.url.netloc.decode("ascii"), **headers, "accept-encoding": "identity", "connection": "close"},
            content=body,
            extensions={"timeout": times, "sni_hostname": target.host},
        )
        response = await self._transport.handle_async_request(request)
        try:
            taken = bytearray()
            async for chunk in response.stream:  # type: ignore[union-attr]
                taken += chunk
                if len(taken) > _MOST_READ:
                    break
        finally:
            await response.aclose()
        text = bytes(taken[:_MOST_KEPT]).decode("utf-8", "replace").replace("\0", "�")
        return Answer(response.status_code, text, address, _seconds(response.headers.get("retry-after")))


def _seconds(retry_after: str | None) -> float | None:
    """What a Retry-After header asks for; None where it says nothing that can be understood."""
    if retry_after is None:
        return None
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, TypeError):
        return None
