"""What an antivirus says of a file, over clamd's own protocol."""

import io
import os
from pathlib import Path

import pytest

from chassis.antivirus import Verdict, scan
from chassis.problems import Unavailable
from chassis.settings import Settings
from tests.chassis.clamd import EICAR, clamd


def settings(address: str | None, seconds: float = 10) -> Settings:
    return Settings(documents_antivirus=address, documents_antivirus_seconds=seconds)


@pytest.mark.parametrize("by", ["tcp", "unix"])
async def test_a_file_is_clean_or_infected(by: str, tmp_path: Path) -> None:
    async with clamd(tmp_path / "clamd.ctl" if by == "unix" else None) as daemon:
        using, content = settings(daemon.address), os.urandom(1_000_000)
        file = io.BytesIO(content)
        file.seek(500)
        assert await scan(file, using) == Verdict("clean")
        assert daemon.seen == [content]
        assert await scan(io.BytesIO(b"before" + EICAR), using) == Verdict("infected", "Eicar-Test-Signature")
        assert await scan(io.BytesIO(b""), using) == Verdict("clean")


async def test_without_an_antivirus_nothing_is_scanned() -> None:
    assert await scan(io.BytesIO(EICAR), settings(None)) == Verdict("unscanned")


async def test_one_that_does_not_answer_lets_nothing_pass() -> None:
    async with clamd() as daemon:
        daemon.silent = True
        with pytest.raises(Unavailable, match="try again"):
            await scan(io.BytesIO(b"text"), settings(daemon.address, 0.2))
        address = daemon.address
    with pytest.raises(Unavailable):
        await scan(io.BytesIO(b"text"), settings(address))


async def test_one_that_refuses_the_file_lets_it_not_pass() -> None:
    async with clamd() as daemon:
        daemon.most = 100_000
        with pytest.raises(Unavailable):
            await scan(io.BytesIO(os.urandom(5_000_000)), settings(daemon.address))


@pytest.mark.parametrize("answer", [b"stream: OK but", b"", b"stream: x ERROR", b"other: y FOUND", b"stream: OK\nstream: OK"])
async def test_an_answer_that_is_not_understood_lets_nothing_pass(answer: bytes) -> None:
    async with clamd() as daemon:
        daemon.answer = answer
        with pytest.raises(Unavailable):
            await scan(io.BytesIO(b"text"), settings(daemon.address))
