"""The way out: to vetted addresses alone, whatever names, redirects, the environment or the receiver say."""

import ssl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from chassis.settings import Settings
from services.notices import egress as module
from services.notices.egress import Egress, Forbidden, NotSent, Policy, Resolve, Vetting
from tests.notices.authority import Authority
from tests.notices.receivers import Reply, receiving

OPEN = Policy(loopback=True)
HEADERS = {"content-type": "application/json", "webhook-id": "e-1"}


def resolving(*answers: Sequence[str]) -> Resolve:
    """A resolver that answers the first time so, the second time so; the last answer stays."""
    left = list(answers)

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


@asynccontextmanager
async def way_out(policy: Policy = OPEN, **options: Any) -> AsyncIterator[Egress]:
    egress = Egress(policy, **options)
    try:
        yield egress
    finally:
        await egress.aclose()


async def test_a_message_arrives_as_it_was_made() -> None:
    async with receiving(lambda _: Reply(200, body=b"thanks")) as receiver, way_out() as egress:
        answer = await egress.post(receiver.url, b'{"a":1}', HEADERS)
    assert (answer.status, answer.text, answer.address, answer.well) == (200, "thanks", "127.0.0.1", True)
    [message] = receiver.got
    assert (message.path, message.body) == ("/hook", b'{"a":1}')
    assert message.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert message.headers["webhook-id"] == "e-1"
    assert "cookie" not in message.headers


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "https://user:secret@example.com/",
        "https://example.com/#part",
        "http://example.com/",
        "https://example.com:22/",
        "https://example.com:5432/",
        "https://",
        "//example.com/",
        "https://exa mple.com/",
        "https://[::1",
        f"https://example.com/{'x' * 2000}",
    ],
)
async def test_a_url_that_no_webhook_has_is_refused(url: str) -> None:
    vetting = Vetting(Policy(), resolving(["8.8.8.8"]))
    with pytest.raises(Forbidden):
        await vetting.check(url)
    await vetting.check("https://example.com/hook?key=1")
    await vetting.check("https://example.com:8443/hook")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "0177.0.0.1", "[::1]", "[::ffff:7f00:1]"])
async def test_the_machine_itself_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises(Forbidden):
        await Vetting(Policy()).check(f"https://{host}/")


async def test_one_bad_answer_of_a_name_is_enough() -> None:
    with pytest.raises(Forbidden, match=r"example\.com has a private address"):
        await Vetting(Policy(), resolving(["8.8.8.8", "10.0.0.1"])).check("https://example.com/")


async def test_a_name_without_an_address_is_refused() -> None:
    with pytest.raises(Forbidden, match="no address"):
        await Vetting(Policy(), resolving([])).check("https://example.com/")
    with pytest.raises(Forbidden, match="no address"):
        await Vetting(Policy()).check("https://nobody.invalid/")


async def test_a_name_is_looked_up_once_and_vetted_at_each_sending() -> None:
    """Rebinding: what the name says after it was vetted is not asked; what it says at the next sending is vetted again."""
    async with receiving() as receiver:
        resolve = resolving(["127.0.0.1"], ["169.254.169.254"])
        async with way_out(resolve=resolve) as egress:
            url = f"http://portal.example.edu:{receiver.port}/hook"
            assert (await egress.post(url, b"{}", HEADERS)).well
            with pytest.raises(Forbidden, match="link-local"):
                await egress.post(url, b"{}", HEADERS)
    [message] = receiver.got
    assert message.headers["host"] == f"portal.example.edu:{receiver.port}"


async def test_with_the_loopback_open_http_goes_nowhere_else() -> None:
    vetting = Vetting(OPEN, resolving(["8.8.8.8"]))
    for url in ("http://example.com/", "https://example.com:9999/"):
        with pytest.raises(Forbidden, match="scheme or port"):
            await vetting.check(url)
    await vetting.check("https://example.com/")


async def test_an_operators_network_is_sent_to() -> None:
    policy = Policy(networks=(ip_network("10.20.0.0/16"),))
    await Vetting(policy, resolving(["10.20.0.9"])).check("https://portal.inside/")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirection_is_an_answer_and_is_not_followed(status: int) -> None:
    async with receiving() as target, receiving(lambda _: Reply(status, {"location": target.url})) as receiver, way_out() as egress:
        answer = await egress.post(receiver.url, b"{}", HEADERS)
    assert (answer.status, answer.well) == (status, False)
    assert target.got == []


async def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving() as proxy, receiving() as receiver:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        async with way_out() as egress:
            assert (await egress.post(receiver.url, b"{}", HEADERS)).well
    assert proxy.got == []


async def test_what_a_receiver_wants_kept_is_not_sent_back() -> None:
    async with receiving(lambda _: Reply(204, {"set-cookie": "a=1"})) as receiver, way_out() as egress:
        for _ in range(2):
            await egress.post(receiver.url, b"{}", HEADERS)
    assert not any("cookie" in message.headers for message in receiver.got)


async def test_of_an_answer_without_an_end_the_beginning_is_read() -> None:
    async with receiving(lambda _: Reply(200, endless=True)) as receiver, way_out() as egress:
        answer = await egress.post(receiver.url, b"{}", HEADERS)
    assert answer.text == "x" * 4096


async def test_an_answer_that_is_no_text_is_kept_as_far_as_it_is() -> None:
    async with receiving(lambda _: Reply(500, body=b"\xff\x00a")) as receiver, way_out() as egress:
        assert (await egress.post(receiver.url, b"{}", HEADERS)).text == "��a"


async def test_who_never_answers_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WHOLE_SECONDS", 0.3)
    async with receiving(lambda _: Reply(hangs=True)) as receiver, way_out() as egress:
        began = time.monotonic()
        with pytest.raises(NotSent):
            await egress.post(receiver.url, b"{}", HEADERS)
        assert time.monotonic() - began < 5


async def test_nobody_there_is_no_answer() -> None:
    async with receiving() as gone:
        pass
    async with way_out() as egress:
        with pytest.raises(NotSent, match="no connection"):
            await egress.post(gone.url, b"{}", HEADERS)


@pytest.mark.parametrize(("header", "seconds"), [("120", 120.0), ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)])
async def test_when_a_receiver_wants_to_be_asked_again_is_heard(header: str, seconds: float | None) -> None:
    async with receiving(lambda _: Reply(503, {"retry-after": header})) as receiver, way_out() as egress:
        assert (await egress.post(receiver.url, b"{}", HEADERS)).retry_after == seconds


class TestTls:
    """The connection goes to an address, the certificate is the name's."""

    async def post(self, folder: Path, asked: str, certified: str, trust: ssl.SSLContext | None = None) -> int:
        authority = Authority(folder)
        async with receiving(tls=authority.server(certified)) as receiver:
            trusted = trust or authority.trusted()
            async with way_out(trust=trusted, resolve=resolving(["127.0.0.1"])) as egress:
                answer = await egress.post(f"https://{asked}:{receiver.port}/hook", b"{}", HEADERS)
        assert receiver.got[0].headers["host"].startswith(asked)
        return answer.status

    async def test_the_certificate_of_the_name_is_good(self, tmp_path: Path) -> None:
        assert await self.post(tmp_path, "portal.example.edu", "portal.example.edu") == 204

    async def test_a_certificate_of_another_name_is_not(self, tmp_path: Path) -> None:
        with pytest.raises(NotSent, match="Hostname mismatch"):
            await self.post(tmp_path, "portal.example.edu", "other.example.edu")

    async def test_an_unknown_authority_is_not_trusted(self, tmp_path: Path) -> None:
        with pytest.raises(NotSent, match="CERTIFICATE_VERIFY_FAILED"):
            await self.post(tmp_path, "portal.example.edu", "portal.example.edu", ssl.create_default_context())

    async def test_an_operators_authority_is_trusted_by_a_setting(self, tmp_path: Path) -> None:
        authority = Authority(tmp_path)
        using = Settings(webhooks_allow_loopback=True, webhooks_ca_file=authority.file)
        async with receiving(tls=authority.server("localhost")) as receiver:
            egress = Egress.of(using)
            assert (await egress.post(f"https://localhost:{receiver.port}/", b"{}", HEADERS)).well
            await egress.aclose()


def test_production_sends_nothing_to_itself() -> None:
    with pytest.raises(ValueError, match="KEPIL_WEBHOOKS_ALLOW_LOOPBACK"):
        Settings(env="production", postgres_password="other", webhooks_allow_loopback=True)
