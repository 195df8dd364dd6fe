"""Which port each part gets, and a clear word when one is taken."""

import errno
import random
import socket
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

import psutil

from chassis.settings import DEFAULT_PORTS, Settings
from cli.errors import Explained

SERVERS = {"postgres": 8132, "nats": 8142, "nats-monitor": 8143, "temporal": 8172, "temporal-ui": 8173}
#: `--port-base N` moves every default of 81xx to N+xx.
_BASE = 8100
_SETTING = {
    "postgres": "KEPIL_POSTGRES_PORT",
    "nats": "KEPIL_NATS_PORT",
    "nats-monitor": "KEPIL_NATS_MONITOR_PORT",
    "temporal": "KEPIL_TEMPORAL_PORT",
    "temporal-ui": "KEPIL_TEMPORAL_UI_PORT",
}
#: Below the usual range of outgoing connections, so that none takes a port between its choice and its use.
_FREE_RANGE = range(12_000, 32_000)


class PortBusy(Explained):
    """A part cannot listen where it was told to."""

    def __init__(self, part: str, port: int, holder: str | None) -> None:
        setting = _SETTING.get(part, f'KEPIL_PORTS={{"{part}": …}}')
        by = f" by {holder}" if holder else ""
        super().__init__(f"port {port} of {part} is taken{by}: free it, set {setting}, or move all ports with --port-base")
        self.part = part
        self.port = port


class FreePorts:
    """Free ports, each for one stack alone from its choice on, when nothing listens there yet.

    A UDP socket of the same number is held: the system gives it to one process and takes it back when that ends.
    """

    def __init__(self) -> None:
        self._held: list[socket.socket] = []

    def take(self, host: str) -> int:
        """A port that nobody listens on and nobody else takes until `release`. OSError where the host is not ours or all are taken."""
        first = random.randrange(len(_FREE_RANGE))  # noqa: S311
        for port in chain(_FREE_RANGE[first:], _FREE_RANGE[:first]):
            claim = socket.socket(_family(host), socket.SOCK_DGRAM)
            try:
                claim.bind((host, port))
            except OSError as error:
                claim.close()
                if error.errno != errno.EADDRINUSE:
                    raise
                continue
            if is_free(host, port):
                self._held.append(claim)
                return port
            claim.close()
        raise OSError(errno.EADDRINUSE, f"no port from {_FREE_RANGE.start} to {_FREE_RANGE.stop - 1} is free on {host}")

    def release(self) -> None:
        """Others may take them, where nothing listens."""
        while self._held:
            self._held.pop().close()


def fixed_ports(using: Settings, services: Iterable[str], base: int | None, free: FreePorts) -> dict[str, int]:
    """The ports of the settings; with `base`, the defaults moved there. A part without a default gets a free one."""
    known = [name for name in services if name in DEFAULT_PORTS]
    if base is None:
        servers = {
            "postgres": using.postgres_port,
            "nats": using.nats_port,
            "nats-monitor": using.nats_monitor_port,
            "temporal": using.temporal_port,
            "temporal-ui": using.temporal_ui_port,
        }
        ports = servers | {name: using.port(name) for name in known}
    else:
        defaults = SERVERS | {name: DEFAULT_PORTS[name] for name in known}
        ports = {name: port - _BASE + base for name, port in defaults.items()}
    return ports | {name: free.take(using.host) for name in services if name not in known}


def is_free(host: str, port: int) -> bool:
    """Nothing listens there."""
    with socket.socket(_family(host)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def check_free(host: str, ports: Mapping[str, int]) -> None:
    """PortBusy for the first port that something else listens on."""
    for part, port in ports.items():
        if not is_free(host, port):
            raise PortBusy(part, port, holder(port))


def listens(pid: int, port: int) -> bool:
    """Whether this process listens there; yes where the system does not tell."""
    try:
        return any(_listening(each, port) for each in psutil.Process(pid).net_connections("tcp"))
    except psutil.NoSuchProcess:
        return False
    except (psutil.Error, OSError):
        return True


def holder(port: int) -> str | None:
    """Who listens there, where the system tells."""
    try:
        for connection in psutil.net_connections("tcp"):
            if _listening(connection, port) and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass
    return None


def _listening(connection: Any, port: int) -> bool:
    return bool(connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
