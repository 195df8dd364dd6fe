"""A real S3 server of the test's own: SeaweedFS on free ports, in a folder that goes with it."""

import json
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chassis.servers import free_port

_MAKE_BUCKET = "s3.bucket.create -name documents\n"


@contextmanager
def object_server(weed: str) -> Iterator[str]:
    """The endpoint of a running server with a bucket `documents`, whose one user is `kepil`."""
    keys = [{"accessKey": "kepil", "secretKey": "kepil-secret"}]
    users = {"identities": [{"name": "kepil", "credentials": keys, "actions": ["Admin", "Read", "Write", "List"]}]}
    master, volume, filer, s3 = (free_port() for _ in range(4))
    with tempfile.TemporaryDirectory(prefix="kepil-s3-") as folder:
        config = Path(folder) / "s3.json"
        config.write_text(json.dumps(users))
        places = [f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-volume.max=5", "-filer", "-s3", f"-s3.config={config}"]
        ports = [f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}", f"-s3.port={s3}"]
        quiet = subprocess.DEVNULL
        server = subprocess.Popen([weed, "server", *places, *ports], stdout=quiet, stderr=quiet)
        try:
            shell = [weed, "shell", f"-master=127.0.0.1:{master}", f"-filer=127.0.0.1:{filer}"]
            deadline = time.monotonic() + 60
            for there in (lambda: _bucket_made(shell), lambda: _listens(s3)):
                while not there():
                    assert time.monotonic() < deadline, "the S3 server does not come up"
                    time.sleep(0.2)
            yield f"http://127.0.0.1:{s3}"
        finally:
            server.kill()
            server.wait()


def _bucket_made(shell: list[str]) -> bool:
    try:
        told = subprocess.run(shell, input=_MAKE_BUCKET, capture_output=True, text=True, timeout=10).stdout
    except subprocess.TimeoutExpired:
        return False
    return "created bucket" in told


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
