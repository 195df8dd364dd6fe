"""Which port each part gets, and a clear word when one is taken."""

import random
import socket
from collections.abc import Iterable, Mapping

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


def fixed_ports(using: Settings, services: Iterable[str], base: int | None) -> dict[str, int]:
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
    return ports | free_ports(using.host, [name for name in services if name not in known])


def free_ports(host: str, names: Iterable[str]) -> dict[str, int]:
    """A free port for each name, no two alike."""
    found: dict[str, int] = {}
    for name in names:
        while True:
            port = random.choice(_FREE_RANGE)  # noqa: S311
            if port not in found.values() and is_free(host, port):
                found[name] = port
                break
    return found


def is_free(host: str, port: int) -> bool:
    """Nothing listens there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
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
            raise PortBusy(part, port, _holder(port))


def _holder(port: int) -> str | None:
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass
    return None
