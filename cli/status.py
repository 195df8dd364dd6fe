"""The health of a running stack: each part's state, process, memory and readiness."""

import asyncio
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil
from rich.table import Table

from cli import probes
from cli.running import describe

_MIB = 1024 * 1024
_MARK = {"ready": "[green]ready[/]", "done": "[green]done[/]", "failed": "[red]failed[/]"}


@dataclass(frozen=True)
class PartHealth:
    """One line of `kepil status`. Memory in bytes over the part's whole process tree; PSS counts shared pages once."""

    name: str
    state: str
    answers: bool
    pid: int | None
    restarts: int
    port: int | None
    url: str | None
    rss: int
    pss: int | None
    log: str


@dataclass(frozen=True)
class Health:
    """The stack as a whole; healthy when all its parts are ready and answer."""

    state_dir: str
    started_at: str
    healthy: bool
    rss: int
    pss: int | None
    parts: list[PartHealth]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def memory(pid: int | None, *, children: bool = True) -> tuple[int, int | None]:
    """RSS and PSS of a process and its children; PSS is None where the system does not tell."""
    if pid is None:
        return 0, 0
    rss, pss, known = 0, 0, True
    try:
        process = psutil.Process(pid)
        tree = [process, *(process.children(recursive=True) if children else [])]
    except psutil.Error:
        return 0, 0
    for process in tree:
        try:
            rss += process.memory_info().rss
            full = process.memory_full_info()
            known = known and hasattr(full, "pss")
            pss += getattr(full, "pss", 0)
        except psutil.NoSuchProcess:
            continue
        except psutil.AccessDenied:
            known = False
    return rss, pss if known else None


async def health(state_dir: Path) -> Health:
    """Asks every part now. NotRunning."""
    content = describe(state_dir)
    parts = content["parts"]
    answers = await asyncio.gather(*(_answers(part, content) for part in parts))
    lines = []
    for part, good in zip(parts, answers, strict=True):
        rss, pss = memory(part["pid"])
        url = part["url"] if part["name"] != "postgres" else _without_password(part["url"])
        lines.append(PartHealth(**{**part, "url": url}, answers=good, rss=rss, pss=pss))
    pid = content["supervisor"]["pid"]
    rss, pss = memory(pid, children=False)
    lines.append(PartHealth("supervisor", "ready" if content["ready"] else "starting", True, pid, 0, None, None, rss, pss, ""))
    shares = [line.pss for line in lines]
    return Health(
        state_dir=str(state_dir),
        started_at=content["started_at"],
        healthy=content["ready"] and all(line.answers for line in lines),
        rss=sum(line.rss for line in lines),
        pss=None if None in shares else sum(share or 0 for share in shares),
        parts=lines,
    )


async def _answers(part: dict[str, Any], content: dict[str, Any]) -> bool:
    if part["state"] == "done":
        return True
    url = part["url"] or ""
    host = content["environment"]["KEPIL_HOST"]
    checks = {
        "postgres": partial(probes.postgres_ok, url),
        "nats": partial(probes.http_ok, f"http://{host}:{content['ports'].get('nats-monitor')}/healthz"),
        "temporal": partial(probes.temporal_ok, url),
    }
    return part["pid"] is not None and await checks.get(part["name"], partial(probes.http_ok, f"{url}/readyz"))()


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def table(found: Health) -> Table:
    """For people."""
    view = Table(title=f"Kepil on {found.state_dir}, since {found.started_at}", title_justify="left")
    for column in ("part", "state", "answers", "process", "restarts", "port", "RSS MiB", "PSS MiB"):
        view.add_column(column, justify="left" if column in ("part", "state") else "right", no_wrap=True)
    for part in found.parts:
        view.add_row(
            part.name,
            _MARK.get(part.state, f"[yellow]{part.state}[/]"),
            "[green]yes[/]" if part.answers else "[red]no[/]",
            str(part.pid or ""),
            str(part.restarts),
            str(part.port or ""),
            _mib(part.rss),
            _mib(part.pss),
        )
    view.add_section()
    view.add_row("total", "", "", "", "", "", _mib(found.rss), _mib(found.pss), style="bold")
    return view


def _mib(size: int | None) -> str:
    return "–" if size is None else f"{size / _MIB:.0f}"
