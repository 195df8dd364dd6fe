"""A hundred thousand certificates in force at once: what it takes to import them, to keep them, to stop and start, and to end many at once.

Beside them, in the same run, two other designs, bare: a workflow for each certificate, and an entity for each institution. (ADR 11)
"""

import asyncio
import csv
import io
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import httpx
import orjson
from temporalio.client import Client, WorkflowHandle

from bench.cases import SERVICES, Portals
from bench.designs import EACH
from bench.lifecycles import StepsAreWrong, until_told
from bench.memory import on_disk, weights
from bench.midnight import midnight
from bench.results import Result, Sizes, percentile
from bench.subject import institution
from chassis.auth import Role
from chassis.issuer import development_token
from chassis.migrations import admin_connection
from chassis.settings import Settings
from chassis.temporal import connect_temporal
from cli.state import ROOT
from cli.supervisor import Stack, StackOptions
from workflows.messages import CalendarView, calendar_id

RULEBOOK, ZONE = "aakr-monitoring-2024", "Asia/Bishkek"
DESIGNS = {"each": "a workflow each", "institution": "an entity each institution"}

_HEADINGS = (
    *("number", "institution", "object", "programme", "kind", "issued_on", "received_on", "valid_until"),
    *("plan_received_on", "plan_accepted_on", "criterion", "recommendation"),
)
_MEBI = 1024 * 1024
_DAY = timedelta(days=1)
_PATIENCE = 3_600.0
_UNTIL_MIDNIGHT = timedelta(seconds=100)

_COUNT = "SELECT count(*) FROM events WHERE agency = $1 AND type = $2"
_LATE = """
SELECT extract(epoch FROM recorded_at - $3)::float AS late FROM events WHERE agency = $1 AND type = $2 AND recorded_at >= $4
"""
_PLANNED = "SELECT count(DISTINCT followup_id) FROM followup_agenda WHERE agency = $1"
_FIRST = "SELECT min(opens_at) FROM followup_agenda WHERE agency = $1"
_TWICE = "SELECT count(*) FROM (SELECT stream FROM events WHERE agency = $1 AND type = $2 GROUP BY stream HAVING count(*) > 1) AS twice"


@dataclass
class Kept:
    """How many certificates weigh what, and how they end; seconds and bytes."""

    certificates: int
    begun: float = 0.0
    server: int = 0
    worker: int = 0
    disk: int = 0
    restart: float = 0.0
    late: list[float] = field(default_factory=list)

    def a_second(self) -> float:
        """Certificates a second until all are kept."""
        return self.certificates / self.begun

    def each_ten_thousand(self, weight: int) -> float:
        """MiB for every 10,000 certificates."""
        return weight / _MEBI * 10_000 / self.certificates


async def measure(using: Settings, sizes: Sizes) -> list[Result]:
    """The other designs first, then Kepil as it is."""
    others = {name: await bare(design, sizes) for design, name in DESIGNS.items()}
    kepil, services = await run(sizes)
    return [*compared(kepil, others, sizes), *services]


def compared(kepil: Kept, others: dict[str, Kept], sizes: Sizes) -> list[Result]:
    """Both sides of everything that the designs have in common."""
    what = f"certificates: {kepil.certificates:,}"
    results = []
    for name, other in others.items():
        beside = f"{name}, {other.certificates:,}"

        def line(told: str, value: Callable[[Kept], float], unit: Any, beside: str = beside, other: Kept = other) -> None:
            results.append(Result(f"{what}, {told}", value(kepil), value(other), beside, unit, None))

        line("kept", Kept.a_second, "certificates/s")
        line("Temporal's memory, each 10,000", lambda kept: kept.each_ten_thousand(kept.server), "MiB")
        line("worker's memory, each 10,000", lambda kept: kept.each_ten_thousand(kept.worker), "MiB")
        line("Temporal's database, each 10,000", lambda kept: kept.each_ten_thousand(kept.disk), "MiB")
        line("stopped and started, all timers kept", lambda kept: kept.restart, "s")
        for share in (0.5, 0.99, 1.0):
            told = f"{sizes.expiring:,} at one midnight, late, {'most' if share == 1.0 else f'p{share * 100:.0f}'}"
            line(told, lambda kept, share=share: percentile(kept.late, share) * 1000, "ms")  # type: ignore[misc]
    return results


async def bare(design: str, sizes: Sizes) -> Kept:
    """Another design on a Temporal server of its own; its client and worker are one process, begun anew after the server."""
    kept = Kept(sizes.designs)
    with TemporaryDirectory(prefix="kepil-bench-", ignore_cleanup_errors=True) as folder:
        options = StackOptions(state_dir=Path(folder), services=(), ports="free", environment={"KEPIL_TEMPORAL_ADDRESS": ""})
        async with Stack(options) as stack:
            before, disk = weights(stack.pids)["temporal"], on_disk(Path(folder) / "temporal")
            began = await _design(design, "keep", stack, sizes.designs)
            kept.begun, kept.worker = began["seconds"], began["worker"]
            kept.server = weights(stack.pids)["temporal"] - before
            kept.disk = on_disk(Path(folder) / "temporal") - disk
            stopped = time.perf_counter()
        async with Stack(options) as stack:
            client = await Client.connect(stack.urls["temporal"])
            workflows = sizes.designs if design == "each" else -(-sizes.designs // EACH)
            await until(lambda: _running(client, workflows), "all workflows run again")
            kept.restart = time.perf_counter() - stopped
            ended = await _design(design, "expire", stack, sizes.expiring)
            kept.late = ended["late"]
            if len(kept.late) != sizes.expiring or ended["twice"]:
                raise StepsAreWrong(f"{design}: {len(kept.late)} of {sizes.expiring} ended, {ended['twice']} twice")
    return kept


async def _design(design: str, step: str, stack: Stack, count: int) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.designs", design, step, stack.urls["temporal"], str(count)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        output, errors = await process.communicate()
    except BaseException:
        process.kill()
        raise
    if process.returncode:
        raise RuntimeError(f"{design}, {step}, failed:\n{errors.decode(errors='replace').strip()}")
    return dict(orjson.loads(output.decode().strip().splitlines()[-1]))


async def _running(client: Client, count: int) -> bool:
    return (await client.count_workflows("ExecutionStatus = 'Running'")).count == count


async def run(sizes: Sizes) -> tuple[Kept, list[Result]]:
    """Kepil: an import, a restart of everything, and the certificates whose last day is today."""
    kept, agency = Kept(sizes.certificates), f"bench-{uuid4().hex[:12]}"
    with TemporaryDirectory(prefix="kepil-bench-", ignore_cleanup_errors=True) as folder:
        state = Path(folder) / "state"
        async with Stack(StackOptions(state_dir=state, ports="free")) as stack:
            book = Book(stack.settings(), agency)
            await book.open(max(1, sizes.certificates // EACH))
            began_at = datetime.now(UTC)
            before, on = weights(stack.pids), await book.weighs(state)
            began = time.perf_counter()
            await book.take(table("K", sizes.certificates, began_at.date()))
            imported = time.perf_counter() - began
            await book.followed(sizes.certificates)
            kept.begun = time.perf_counter() - began
            after, now_on = weights(stack.pids), await book.weighs(state)
            view = await book.calendar()
            grown = {name: after[name] - before[name] for name in after}
            kept.server, kept.worker = grown["temporal"], grown["workflows"]
            kept.disk = now_on["temporal"] - on["temporal"]
            stopped = time.perf_counter()
        at = (datetime.now(UTC) + _UNTIL_MIDNIGHT).replace(second=0, microsecond=0) + timedelta(minutes=1)
        with midnight(Path(folder) / "zones", ZONE, at) as day:
            async with Stack(StackOptions(state_dir=state, ports="free")) as stack:
                book = Book(stack.settings(), agency)
                again = await book.calendar()
                kept.restart = time.perf_counter() - stopped
                if again.next_at != view.next_at:
                    raise StepsAreWrong(f"before the restart the calendar waited for {view.next_at}, after it for {again.next_at}")
                started = weights(stack.pids)
                await book.take(table("M", sizes.expiring, day, expires=day))
                if datetime.now(UTC) > at:
                    raise StepsAreWrong("the import took too long: midnight was over before it")
                kept.late, ended = await book.ended(sizes.expiring, at)
                await book.check(sizes)
    what = f"certificates: {sizes.certificates:,}"
    parts = [("memory", name, grown[name]) for name in (*SERVICES, "nats", "postgres")]
    parts += [("disk", name, now_on[name] - on[name]) for name in now_on if name != "temporal"]
    return kept, [
        Result(f"{what}, imported", sizes.certificates / imported, None, "", "certificates/s", None),
        Result(f"{what}, follow-ups open, their cycles computed", sizes.certificates, None, "", "certificates", None),
        *(
            Result(f"{what}, {kind} of {name}, each 10,000", kept.each_ten_thousand(grew), None, "", "MiB", None)
            for kind, name, grew in parts
        ),
        *(Result(f"{what}, {name} after the restart", weight / _MEBI, None, "", "MiB", None) for name, weight in started.items()),
        *(
            Result(f"{what}, {sizes.expiring:,} follow-ups ended, late, {told}", percentile(ended, share) * 1000, None, "", "ms", None)
            for told, share in (("p50", 0.5), ("most", 1.0))
        ),
        Result(f"{what}, ended, none lost or twice", sizes.expiring, None, "", "certificates", None),
    ]


@dataclass
class Book:
    """An agency's certificates, in a stack."""

    using: Settings
    agency: str

    async def open(self, institutions: int) -> None:
        """Registers institutions, one after the other from sixteen portals."""
        portals = Portals(self.using, self.agency, 16)
        try:
            bodies = [institution(f"institution-{number}") for number in range(institutions)]
            await asyncio.gather(*(portals.command(Role.coordinator, "intake", "/v1/institutions", body) for body in bodies))
        finally:
            portals.close()
        await until(lambda: self._knows(institutions), "council knows the institutions")

    async def take(self, content: bytes) -> None:
        """Imports a table; every line must be taken."""
        roles = [Role.coordinator]
        token = development_token(self.using, subject="bench.coordinator", roles=roles, agency=self.agency, institution=None)
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid4().hex, "Content-Type": "text/csv"}
        url = f"{self.using.url('council')}/v1/certificates/imports?rulebook={RULEBOOK}"
        async with httpx.AsyncClient(timeout=_PATIENCE) as http:
            answer = await http.post(url, content=content, headers=headers)
        report = answer.json()
        if answer.status_code >= 300 or report["created"] != report["lines"]:
            raise RuntimeError(f"the import was answered with {answer.status_code}: {answer.text[:2000]}")

    async def followed(self, count: int) -> None:
        """Until each has a follow-up with its cycles to come, and the calendar waits for the first of them."""
        await until(lambda: self._counts("monitoring", "FollowUpOpened", count), f"{count:,} follow-ups are open")
        await until_told(self.using)
        await until(self._rests, "the calendar rests")
        planned, first = await self._value("monitoring", _PLANNED), await self._value("monitoring", _FIRST)
        if planned != count or first != (waits := (await self.calendar()).next_at["monitoring"]):
            raise StepsAreWrong(
                f"{planned} of {count} follow-ups have cycles to come, the first at {first}; the calendar waits for {waits}"
            )

    async def ended(self, count: int, at: datetime) -> tuple[list[float], list[float]]:
        """How many seconds after midnight each certificate expired and each follow-up ended."""
        await until(lambda: self._counts("council", "CertificateExpired", count), "all have expired")
        await until(lambda: self._counts("monitoring", "FollowUpEnded", count), "all follow-ups have ended")
        return await self._late("council", "CertificateExpired", at), await self._late("monitoring", "FollowUpEnded", at)

    async def check(self, sizes: Sizes) -> None:
        """Every step of every certificate exactly once, and none before its time."""
        all_, over = sizes.certificates + sizes.expiring, sizes.expiring
        steps = (("council", "CertificateRecorded", all_), ("monitoring", "FollowUpOpened", all_))
        for service, kind, count in (*steps, ("council", "CertificateExpired", over), ("monitoring", "FollowUpEnded", over)):
            if (found := await self._value(service, _COUNT, kind)) != count or (twice := await self._value(service, _TWICE, kind)):
                raise StepsAreWrong(f"{kind}: {found} instead of {count}" + (f", {twice} twice" if found == count else ""))

    async def calendar(self) -> CalendarView:
        """What the agency's calendar waits for, as its workflow says."""
        client = await connect_temporal(self.using)
        handle: WorkflowHandle[Any, Any] = client.get_workflow_handle(calendar_id(self.agency))
        view: CalendarView = await handle.query("view", result_type=CalendarView)
        return view

    async def weighs(self, state: Path) -> dict[str, int]:
        """Bytes of Temporal's and NATS's files, and of the databases of those who keep certificates."""
        found = {name: on_disk(state / name) for name in ("temporal", "nats")}
        for service in ("council", "monitoring"):
            found[service] = await self._value(service, "SELECT pg_database_size(current_database()) WHERE $1 <> ''")
        return found

    async def _late(self, service: str, kind: str, at: datetime) -> list[float]:
        connection = await admin_connection(self.using, service)
        try:
            late = [row["late"] for row in await connection.fetch(_LATE, self.agency, kind, at, at - _DAY)]
        finally:
            await connection.close()
        if min(late) < 0:
            raise StepsAreWrong(f"{service} has a {kind} of {-min(late):.1f} s before midnight")
        return late

    async def _rests(self) -> bool:
        view = await self.calendar()
        return not view.seen and view.trouble is None and all(at is not None for at in (view.next_at.get(name) for name in _KEEPERS))

    async def _counts(self, service: str, kind: str, count: int) -> bool:
        return bool(await self._value(service, _COUNT, kind) >= count)

    async def _knows(self, institutions: int) -> bool:
        return bool(await self._value("council", "SELECT count(*) FROM institutions WHERE agency = $1") >= institutions)

    async def _value(self, service: str, query: str, *arguments: Any) -> Any:
        connection = await admin_connection(self.using, service)
        try:
            return await connection.fetchval(query, self.agency, *arguments)
        finally:
            await connection.close()


_KEEPERS: Sequence[str] = ("council", "monitoring")


def table(prefix: str, count: int, today: date, *, expires: date | None = None) -> bytes:
    """A table as an agency has it. Nothing of its certificates is due soon, except where all expire on one day."""
    content = io.StringIO(newline="")
    rows = csv.writer(content)
    rows.writerow(_HEADINGS)
    for number in range(count):
        issued = today - timedelta(days=20 + number % 120) if expires is None else expires - timedelta(days=4 * 365 + 270)
        rows.writerow(
            (
                f"{prefix}-{number:06}",
                f"institution-{number // EACH}",
                "programme",
                f"{510_000 + number % 900} Programme {number}",
                "full_with_recommendations",
                issued,
                issued + 5 * _DAY,
                expires or issued + timedelta(days=5 * 365),
                issued + 12 * _DAY,
                issued + 15 * _DAY,
                f"Standard {1 + number % 8}",
                "Publish the results of the surveys of graduates and employers, and what follows from them",
            )
        )
    return content.getvalue().encode()


async def until(so: Callable[[], Awaitable[bool]], what: str) -> None:
    """Looks until it is so; StepsAreWrong with `what` if it never is."""
    end = time.monotonic() + _PATIENCE
    while not await so():
        if time.monotonic() > end:
            raise StepsAreWrong(f"not within {_PATIENCE:.0f} s: {what}")
        await asyncio.sleep(0.5)
