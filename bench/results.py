"""What a measurement yields: both sides, their ratio, and whether the target is met. No I/O."""

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any, Literal

KINDS = ("store", "relay", "http", "latency", "lifecycles")

#: Measured only when asked for by name: they make stacks of their own, stop and start them, and take their time.
ALONE = ("certificates", "attestations", "webhooks", "register", "console")


@dataclass(frozen=True)
class Sizes:
    """How much is measured: seconds and rounds of each rate, events of a relay's backlog, offered load of the latency,
    cases that are open at once and commands under way at once; certificates in force, those of them that expire at one midnight, how
    many there are of each other design; organisations that are attested; and endpoints of webhooks,
    with the events a second that they are told of; entries of the public register, and how often each question is asked of it;
    events of a case whose page is asked for."""

    seconds: float = 1.0
    rounds: int = 3
    writers: tuple[int, ...] = (1, 8, 32)
    backlog: int = 4000
    latency_seconds: float = 10.0
    latency_rate: int = 200
    cases: int = 500
    clients: int = 16
    certificates: int = 100_000
    expiring: int = 1_000
    designs: int = 5_000
    organisations: int = 7_000
    endpoints: int = 1_000
    webhook_rate: int = 5
    webhook_seconds: float = 20.0
    entries: int = 1_000_000
    questions: int = 50
    events: int = 300


@dataclass(frozen=True)
class Result:
    """One line. A rate is judged by its ratio to the peer's, a latency by itself: `target` is the least ratio or the most milliseconds."""

    what: str
    kepil: float
    peer: float | None
    peer_name: str
    unit: Literal[
        "events/s", "requests/s", "lifecycles/s", "certificates/s", "certificates", "lifecycles", "steps", "ms", "s", "MiB", "times"
    ]
    target: float | None

    @property
    def ratio(self) -> float | None:
        """Kepil's rate over the peer's."""
        return self.kepil / self.peer if self.peer else None

    @property
    def met(self) -> bool | None:
        """None where nothing is promised."""
        if self.target is None:
            return None
        if self.unit == "ms":
            return self.kepil <= self.target
        return self.ratio is not None and self.ratio >= self.target

    def as_json(self) -> dict[str, Any]:
        """With what follows from the figures."""
        return {**asdict(self), "ratio": self.ratio, "met": self.met}


def middle(rates: Sequence[float]) -> float:
    """The median of the rounds."""
    return statistics.median(rates)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * int(share * 1000) // 1000) - 1)]


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "asyncpg": version("asyncpg"),
        "nats-py": version("nats-py"),
        "fastapi": version("fastapi"),
        "uvicorn": version("uvicorn"),
        "uvloop": version("uvloop"),
        "temporalio": version("temporalio"),
        "dbos": version("dbos"),
    }
