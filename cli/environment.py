"""What children of the supervisor find in their environment: the final addresses as `KEPIL_…` settings."""

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from chassis.settings import Settings
from cli.state import ROOT, StateDir

if TYPE_CHECKING:
    from cli.supervisor import StackOptions

_SERVER_PORTS = {
    "postgres": "KEPIL_POSTGRES_PORT",
    "nats": "KEPIL_NATS_PORT",
    "nats-monitor": "KEPIL_NATS_MONITOR_PORT",
    "temporal": "KEPIL_TEMPORAL_PORT",
    "temporal-ui": "KEPIL_TEMPORAL_UI_PORT",
}
_SERVER_URLS = {"postgres": "KEPIL_POSTGRES_URL", "nats": "KEPIL_NATS_URL", "temporal": "KEPIL_TEMPORAL_ADDRESS"}


def child_environment(
    given: Settings, options: "StackOptions", state: StateDir, ports: Mapping[str, int], urls: Mapping[str, str]
) -> dict[str, str]:
    """Settings as given, with the addresses of what the supervisor starts; absolute paths, so that any folder will do."""
    external = {"postgres": given.postgres_url, "nats": given.nats_url, "temporal": given.temporal_address}
    addresses = {name: urls.get(name) or external[name] for name in _SERVER_URLS}
    http = given.ports | {name: port for name, port in ports.items() if name not in _SERVER_PORTS}
    environment = dict(options.environment) | {
        "KEPIL_STATE_DIR": str(state.path),
        "KEPIL_HOST": given.host,
        "KEPIL_PORTS": json.dumps(http),
        **{key: str(ports[name]) for name, key in _SERVER_PORTS.items() if name in ports},
        **{key: url for name, key in _SERVER_URLS.items() if (url := addresses[name])},
        **({"KEPIL_TRACES_URL": f"http://{given.host}:{ports['traces']}"} if "traces" in ports and not given.traces_url else {}),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        "PYTHONUNBUFFERED": "1",
    }
    if options.time_skipping:
        environment |= {"KEPIL_CLOCK": "temporal-test-server", "KEPIL_TEMPORAL_VERSIONING": "false"}
    return environment
