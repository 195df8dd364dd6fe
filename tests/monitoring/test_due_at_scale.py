"""What the calendar asks for costs the same however many certificates there are: only those that something is due of are looked at."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event

from chassis.context import Context
from chassis.migrations import admin_connection
from chassis.service import Runtime, Service, migrate_all, open_runtime
from cli.supervisor import Stack
from services.council import handlers_followed
from services.council.app import SERVICE as COUNCIL
from services.council.contract import RunDue
from services.monitoring import due
from services.monitoring.app import SERVICE as MONITORING

MANY = 5_000

_CERTIFICATES = """
INSERT INTO certificates (agency, certificate_id, number, by_calendar, lapses_at, window_opens_at, window_closes_at, expired_on)
SELECT $1, 'c-' || n, $1 || n, true, now() - n * interval '1 day', now() - n * interval '9 days', now() - n * interval '3 days', now()
FROM generate_series(1, $2) AS n
"""
_KNOWN = """
INSERT INTO known_certificates (agency, certificate_id, rulebook_id, valid_until, is_over, version, followup_id, followed, followed_status,
    followed_version, status)
SELECT $1, 'c-' || n, 'aakr-monitoring-2024', now() + interval '1 year', false, 1, 'f-' || n, 'open', 'in_force', 1, 'in_force'
FROM generate_series(1, $2) AS n
"""
_FOLLOWUPS = """
INSERT INTO followups (agency, followup_id, certificate_id, awaits_plan, rulebook) SELECT $1, 'f-' || n, 'c-' || n, false, '{}'
FROM generate_series(1, $2) AS n
"""
_AGENDA = """
INSERT INTO followup_agenda (agency, followup_id, cycle, opens_at) SELECT $1, 'f-' || n, 1, now() + n * interval '1 day'
FROM generate_series(1, $2) AS n
"""
_DEADLINES = """
INSERT INTO deadlines (agency, deadline_id, case_id, state, source, rulebook) SELECT $1, 'd-' || n, 'f-' || n, 'open', 'rule', '{"id": "x"}'
FROM generate_series(1, $2) AS n
"""


@asynccontextmanager
async def plans(
    servers: Stack, agency: str, service: Service, filled: dict[str, str], ask: Callable[[Context], Awaitable[Any]]
) -> AsyncIterator[list[str]]:
    """How PostgreSQL does each select that `ask` makes, over tables with many rows of which nothing is due."""
    using = servers.settings()
    await migrate_all([service], using)
    async with open_runtime(service, using) as runtime:
        admin = await admin_connection(using, service.name)
        try:
            async with runtime.system.acquire() as connection:
                for statement in filled.values():
                    await connection.execute(statement, agency, MANY)
            for table in filled:
                await admin.execute(f"VACUUM ANALYZE {table}")
            asked = await _asked(runtime, agency, ask)
            found = [await admin.fetch(f"EXPLAIN {statement}", *arguments) for statement, arguments in asked]
            yield ["\n".join(row[0] for row in plan) for plan in found]
        finally:
            for table in filled:
                await admin.execute(f"DELETE FROM {table} WHERE agency = '{agency}'")
            await admin.close()


async def _asked(runtime: Runtime, agency: str, ask: Callable[[Context], Awaitable[Any]]) -> list[tuple[str, tuple[Any, ...]]]:
    seen: list[tuple[str, tuple[Any, ...]]] = []

    def keep(_connection: Any, _cursor: Any, statement: str, arguments: tuple[Any, ...], *_: Any) -> None:
        if statement.startswith("SELECT") and "FROM" in statement:
            seen.append((statement, arguments))

    engine = runtime.machinery.engine.sync_engine
    event.listen(engine, "before_cursor_execute", keep)
    try:
        await ask(await runtime.context(agency=agency, actor="workflow:calendar"))
    finally:
        event.remove(engine, "before_cursor_execute", keep)
    return seen


async def test_council_finds_what_is_due_among_those_that_still_move(servers: Stack, agency: str) -> None:
    async def ask(ctx: Context) -> None:
        await handlers_followed.run_due(ctx, RunDue(agency=agency))

    async with plans(servers, agency, COUNCIL, {"certificates": _CERTIFICATES}, ask) as found:
        for index in ("certificates_lapses_at_some", "certificates_window_closes_at_some", "certificates_window_opens_at_some"):
            assert sum(index in plan for plan in found) == 2, "\n\n".join(found)


async def test_monitoring_finds_what_is_due_and_reads_no_follow_up_that_rests(servers: Stack, agency: str) -> None:
    filled = {"known_certificates": _KNOWN, "followups": _FOLLOWUPS, "followup_agenda": _AGENDA, "deadlines": _DEADLINES}
    async with plans(servers, agency, MONITORING, filled, due.run_due) as found:
        for index in (
            "known_certificates_rulebook_id_certificate_id_some",
            "followups_followup_id_some",
            "followups_certificate_id_some",
            "followup_agenda_opens_at",
        ):
            assert any(index in plan for plan in found), "\n\n".join(found)
        read_whole = [plan for plan in found if any(f"Seq Scan on {table}" in plan for table in filled)]
        assert not read_whole, "\n\n".join(read_whole)
