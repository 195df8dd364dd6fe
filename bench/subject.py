"""The service under measurement: intake's institutions in a database and a JetStream stream of their own, gone afterwards."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg

from chassis import telemetry
from chassis.clock import SystemClock
from chassis.commit import Committer
from chassis.context import Context, Machinery
from chassis.events import Catalogue
from chassis.eventstore import EventStore
from chassis.ids import new_id
from chassis.migrations import History, admin_connection, migrate, prepare_cluster
from chassis.postgres import admin_url, open_connection, open_engine, open_pool
from chassis.rebuild import Rebuild
from chassis.service import key_ring, settle_memory
from chassis.settings import Settings
from services.intake.contract import InstitutionRegistered
from services.intake.domain.institution import INSTITUTION, RegisterInstitution
from services.intake.readmodels import institutions

SERVICE = "bench"
CATALOGUE = Catalogue(SERVICE, {"institution": [InstitutionRegistered]})


def institution(institution_id: str) -> dict[str, Any]:
    """What a coordinator enters."""
    return {
        "institution_id": institution_id,
        "names": {"ru": "Казахский национальный университет имени аль-Фараби", "en": "Al-Farabi Kazakh National University"},
        "kind": "university",
        "city": "Almaty",
        "country": "KZ",
        "website": "https://kaznu.example",
    }


@dataclass(frozen=True)
class Subject:
    """The machinery of a service process, without its process."""

    settings: Settings
    machinery: Machinery

    async def append(self, agency: str) -> None:
        """One command through the handler: a new stream with one event, its read model's row and its idempotency key."""
        ctx = Context(self.machinery, agency=agency, actor="bench", at=datetime.now(UTC), key=new_id(), fingerprint=b"\0" * 32)
        body = institution(new_id())
        await ctx.execute(INSTITUTION, body["institution_id"], ctx.command(RegisterInstitution, **body), create=True)


@asynccontextmanager
async def telemetry_as_in_a_service(using: Settings) -> AsyncIterator[None]:
    """As in a service's process after its start, but spans go to a folder that is thrown away."""
    with TemporaryDirectory(prefix="kepil-bench-") as folder:
        telemetry.setup(SERVICE, using.model_copy(update={"state_dir": Path(folder)}))
        settle_memory()
        try:
            yield
        finally:
            telemetry.shutdown()


@asynccontextmanager
async def open_subject(using: Settings) -> AsyncIterator[Subject]:
    """A fresh database of the service `bench`; dropped at the end."""
    await _drop(using)
    await prepare_cluster(using, [SERVICE])
    try:
        await migrate(using, History(SERVICE))
        async with AsyncExitStack() as stack:
            rebuild = Rebuild(using, CATALOGUE, {SERVICE: CATALOGUE}, lambda pool: key_ring(using, pool))
            await rebuild.ensure([institutions])
            pool = await open_pool(using, "kepil_api", SERVICE, size=using.postgres_pool)
            stack.push_async_callback(pool.close)
            system = await open_pool(using, "kepil_system", SERVICE, size=3)
            stack.push_async_callback(system.close)
            engine = open_engine(using, SERVICE)
            stack.push_async_callback(engine.dispose)
            keys = key_ring(using, system)
            committer = Committer(lambda: open_connection(using, "kepil_api", SERVICE))
            stack.push_async_callback(committer.close)
            store = EventStore(pool, CATALOGUE, keys)
            yield Subject(using, Machinery(store, committer, engine, [institutions], SystemClock(), keys))
    finally:
        await _drop(using)


async def _drop(using: Settings) -> None:
    connection = await asyncpg.connect(admin_url(using))
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{using.database_prefix}{SERVICE}" WITH (FORCE)')
    finally:
        await connection.close()


async def owner(using: Settings) -> asyncpg.Connection:
    """A connection of the database's owner, whom row-level security does not hold."""
    return await admin_connection(using, SERVICE)
