"""Where the bytes of documents are kept: by agency and by their SHA-256, written once, compared with it whenever they are read.

A folder by default, an object store by one setting. Names of files are never part of where they lie.
"""

import asyncio
import hashlib
import os
import re
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Self

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, from_url

from chassis.logs import logger
from chassis.problems import BodyTooLarge, NotFound, Problem, Unavailable
from chassis.settings import Settings
from chassis.text import AGENCY_PATTERN

CHUNK = 256 * 1024
_SHA256 = re.compile(r"[0-9a-f]{64}")
_RETRIES: Any = {"max_retries": 2, "retry_timeout": timedelta(seconds=10)}  # who waits for a file is told soon
_WRITING = asyncio.Semaphore(4)  # a document is written as a whole
_log = logger("kepil.storage")


@dataclass
class Received:
    """A file as it came, or as it was read back: in a file without a name, which is gone when it is closed or the process ends."""

    file: IO[bytes]
    sha256: str
    size: int

    @classmethod
    async def take(cls, chunks: AsyncIterable[bytes], limit: int) -> Self:
        """Keeps what comes and hashes it meanwhile; BodyTooLarge as soon as it is more than `limit` bytes."""
        file, digest, size = TemporaryFile(), hashlib.sha256(), 0  # noqa: SIM115 (closed by `close`)
        try:
            async for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise BodyTooLarge(f"a file may have {limit} bytes here")
                digest.update(chunk)
                file.write(chunk)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return cls(file, digest.hexdigest(), size)

    async def chunks(self, first: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from the first, or as many of them; the file is closed after the last, or when nobody wants more."""
        left = self.size - first if length is None else length
        try:
            self.file.seek(first)
            while left > 0 and (chunk := self.file.read(min(CHUNK, left))):
                left -= len(chunk)
                yield chunk
        finally:
            self.close()

    def close(self) -> None:
        """Drops the file."""
        self.file.close()


class Storage:
    """The documents of every agency. `Unavailable` where the store does not answer."""

    def __init__(self, store: Any) -> None:
        self._store = store

    @classmethod
    def of(cls, using: Settings) -> Self:
        """The store that the settings name; credentials of an object store are those of its own environment variables (`AWS_…`)."""
        if using.documents_url is not None and not using.documents_url.startswith("file://"):
            unsealed = os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true")  # options given here hide the store's own variable
            client: Any = {"connect_timeout": "5s", "timeout": "120s", "allow_http": unsealed}
            return cls(from_url(using.documents_url, client_options=client, retry_config=_RETRIES))
        named = using.documents_url and Path(using.documents_url.removeprefix("file://"))
        folder = (named or using.state_dir / "documents").resolve()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return cls(LocalStore(prefix=folder))

    async def put(self, agency: str, received: Received) -> bool:
        """Writes a file, unless its bytes are there already: then False. What is there is never written over."""
        received.file.seek(0)
        try:
            async with _WRITING:
                content = await asyncio.to_thread(received.file.read)
                await obstore.put_async(self._store, key_of(agency, received.sha256), content, mode="create", use_multipart=False)
        except AlreadyExistsError:
            return False
        except (BaseError, OSError) as error:
            raise _unavailable(error) from error
        return True

    async def get(self, agency: str, sha256: str) -> Received:
        """A file as it was written. NotFound where there is none; a Problem where its bytes have another hash by now."""
        try:
            found = await obstore.get_async(self._store, key_of(agency, sha256))
            received = await Received.take(_bytes_of(found), found.meta["size"])
        except FileNotFoundError:
            raise NotFound("the bytes of this document are not there") from None
        except (BaseError, OSError) as error:
            raise _unavailable(error) from error
        if received.sha256 != sha256:
            received.close()
            _log.error("a document is damaged", agency=agency, sha256=sha256, found=received.sha256)
            raise Problem("The bytes of this document are not what they were when it was stored; restore them from a copy.")
        return received

    async def delete(self, agency: str, sha256: str) -> None:
        """Removes a file; nothing happens where there is none."""
        try:
            await obstore.delete_async(self._store, key_of(agency, sha256))
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise _unavailable(error) from error

    async def keys(self, agency: str | None = None) -> list[str]:
        """Where everything lies, of one agency or of all: for operators and tests."""
        listing = obstore.list(self._store, prefix=None if agency is None else f"{agency}/")
        return sorted([str(each["path"]) async for batch in listing for each in batch])


def key_of(agency: str, sha256: str) -> str:
    """Where a document lies. ValueError for what is no agency's id or no hash: nothing else is ever part of a path."""
    if re.fullmatch(AGENCY_PATTERN, agency) is None or agency.endswith("\n") or _SHA256.fullmatch(sha256) is None:
        raise ValueError("no agency's id, or no SHA-256")
    return f"{agency}/sha256/{sha256[:2]}/{sha256}"


async def _bytes_of(found: Any) -> AsyncIterator[bytes]:
    async for chunk in found.stream(min_chunk_size=CHUNK):
        yield bytes(chunk)


def _unavailable(error: Exception) -> Unavailable:
    _log.error("the store of documents fails", error=str(error)[:500])
    return Unavailable("the store of documents does not answer; try again")
