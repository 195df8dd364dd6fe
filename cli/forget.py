"""`kepil forget`: the key of a person is deleted in every service, and with it the name in every copy of every event."""

from contextlib import AsyncExitStack
from pathlib import Path

from rich.console import Console

from chassis.postgres import open_connection
from chassis.privacy import has_personal
from chassis.settings import Settings, settings
from chassis.subject_keys import PostgresSubjectKeys, master_key
from cli.errors import Explained
from cli.projections import Projection, projections
from cli.running import adopt
from cli.serve import SERVICES

console = Console()


async def run(agency: str, subject: str, state: Path) -> int:
    """Forgets one subject of one agency on a running stack."""
    adopt(state)
    try:
        rebuilt = await forget(settings(), agency, subject)
    except LookupError as unknown:
        raise Explained(str(unknown)) from None
    for line in (
        f"{subject} of {agency} is forgotten: no event, here or in a stream, can be read for it any more.",
        f"Read models made anew without it: {', '.join(rebuilt) or 'none shows personal data'}.",
        "Services drop the key from memory within a minute; backups of the databases made before hold it until they expire.",
    ):
        console.print(line, highlight=False, soft_wrap=True)
    return 0


async def forget(using: Settings, agency: str, subject: str) -> list[str]:
    """Deletes the subject's keys, then rebuilds the read models that show personal data; their names. Safe to repeat.

    LookupError where no service has ever had a key of the subject, and nothing is done.
    """
    master = master_key(using)
    async with AsyncExitStack() as stack:
        connections = []
        for name in SERVICES:
            connections.append(await open_connection(using, "kepil_system", name))
            stack.push_async_callback(connections[-1].close)
        known = "SELECT EXISTS (SELECT FROM subject_keys WHERE agency = $1 AND subject = $2)"
        if not any([await connection.fetchval(known, agency, subject) for connection in connections]):
            raise LookupError(f"no service knows personal data of {subject!r} in agency {agency!r}: is the id right? Nothing was changed")
        for connection in connections:
            await PostgresSubjectKeys(connection, master).forget(agency, subject)
    shown = [projection for projection in projections() if _shows_people(projection)]
    for projection in shown:
        await projection.service.rebuild(using).rebuild(projection.model)
    return [projection.name for projection in shown]


def _shows_people(projection: Projection) -> bool:
    own = projection.service.events.types.values()
    return any(has_personal(kind) for kind in projection.model.projectors if kind in own)
