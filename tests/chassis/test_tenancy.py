"""One agency sees and changes nothing of another: the second wall, in every table of every service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import select

from chassis.migrations import admin_connection
from chassis.postgres import open_connection
from chassis.service import Service, migrate_all
from chassis.settings import Settings
from cli.supervisor import Stack
from services.council.app import SERVICE as COUNCIL
from services.intake.app import SERVICE as INTAKE
from services.monitoring.app import SERVICE as MONITORING
from services.notices.app import SERVICE as NOTICES
from services.review.app import SERVICE as REVIEW
from services.visits.app import SERVICE as VISITS
from tests.chassis.ledger import ACCOUNT, Ledger, accounts, ledger

SERVICES = [INTAKE, REVIEW, VISITS, COUNCIL, MONITORING, NOTICES]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def migrated(servers: Stack) -> Settings:
    """The six services' databases, new and empty."""
    using = servers.settings().model_copy(update={"database_prefix": f"tenancy_{uuid4().hex[:8]}_"})
    await migrate_all(SERVICES, using)
    return using


@asynccontextmanager
async def owner(using: Settings, service: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the owner of the tables."""
    opened = await admin_connection(using, service)
    try:
        yield opened
    finally:
        await opened.close()


@asynccontextmanager
async def api(using: Settings, service: str, agency: str | None) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the API, for an agency or for none."""
    opened = await open_connection(using, "kepil_api", service)
    try:
        if agency is not None:
            await opened.execute("SELECT set_config('app.agency', $1, false)", agency)
        yield opened
    finally:
        await opened.close()


async def tables_of_agencies(using: Settings, service: Service) -> set[str]:
    """Every table with a column `agency`."""
    async with owner(using, service.name) as opened:
        rows = await opened.fetch(
            "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'agency'"
        )
    return {row["table_name"] for row in rows}


def public_of(service: Service) -> set[str]:
    """What every agency and everybody may read: the public register, and how agencies call themselves."""
    found = {model.name for model in service.read_models if model.public}
    assert found <= {"register_entries", "agency_names"}
    return found


def each_service(test: Any) -> Any:
    """Runs a test for each of the six."""
    return pytest.mark.parametrize("service", SERVICES, ids=lambda s: s.name)(test)


@each_service
async def test_every_table_with_an_agency_has_forced_row_level_security_and_a_policy(migrated: Settings, service: Service) -> None:
    expected = await tables_of_agencies(migrated, service)
    assert expected >= {"events", "idempotency_keys", "inbox", "subject_keys", *(m.name for m in service.read_models)}
    async with owner(migrated, service.name) as opened:
        walls = await opened.fetch(
            "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity FROM pg_class c WHERE c.relname = ANY($1) AND c.relkind = 'r'",
            list(expected),
        )
        policies = await opened.fetch("SELECT tablename, roles::text[], cmd, qual, with_check FROM pg_policies WHERE schemaname = 'public'")
    assert {w["relname"] for w in walls if w["relrowsecurity"] and w["relforcerowsecurity"]} == expected
    own = "(agency = current_setting('app.agency'::text, true))"
    of_api = sorted((p["tablename"], p["cmd"], p["qual"], p["with_check"]) for p in policies if p["roles"] == ["kepil_api"])
    public = public_of(service)
    walls_of_public = (("DELETE", own, None), ("INSERT", None, own), ("SELECT", "true", None), ("UPDATE", own, own))
    told = [(name, "ALL", own, own) for name in expected - public]
    told += [(name, *wall) for name in public for wall in walls_of_public]
    assert of_api == sorted(told), "policies add up: one more would open the wall"
    assert {tuple(p["roles"]) for p in policies} == {("kepil_api",), ("kepil_system",)}, "no policy for everybody"


@each_service
async def test_what_has_no_agency_is_not_the_apis(migrated: Settings, service: Service) -> None:
    async with owner(migrated, service.name) as opened:
        rows = await opened.fetch(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'v', 'm', 'p', 'f')"
            " AND has_table_privilege('kepil_api', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')"
        )
    assert {row["relname"] for row in rows} <= await tables_of_agencies(migrated, service)


@each_service
async def test_the_roles_are_ordinary_ones_and_own_nothing(migrated: Settings, service: Service) -> None:
    async with owner(migrated, service.name) as opened:
        roles = await opened.fetch(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname LIKE 'kepil!_%' ESCAPE '!'"
        )
        owned = await opened.fetchval("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) LIKE 'kepil!_%' ESCAPE '!'")
        memberships = await opened.fetchval("SELECT count(*) FROM pg_auth_members WHERE pg_get_userbyid(member) LIKE 'kepil!_%' ESCAPE '!'")
    assert {r["rolname"] for r in roles} >= {"kepil_api", "kepil_system"}
    assert not any(r["rolsuper"] or r["rolbypassrls"] or r["rolcreaterole"] for r in roles)
    assert (owned, memberships) == (0, 0)


async def fill(using: Settings, service: Service, table: str, agency: str) -> None:
    """One row of an agency, with something in every column that must have something."""
    async with owner(using, service.name) as opened, opened.transaction():
        await opened.execute("SET LOCAL session_replication_role = replica")
        columns = await opened.fetch(
            "SELECT column_name AS name, udt_name AS kind FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1"
            " AND is_identity = 'NO' AND (column_default IS NULL OR column_name = 'agency') AND is_nullable = 'NO'",
            table,
        )
        values = {
            "text": "'x'",
            "varchar": "'x'",
            "int2": "1",
            "int4": "1",
            "int8": "1",
            "uuid": "gen_random_uuid()",
            "jsonb": "'{}'",
            "timestamptz": "now()",
            "date": "current_date",
            "bytea": "''",
            "bool": "true",
            "xid8": "'1'",
        }
        made = {c["name"]: f"'{agency}'" if c["name"] == "agency" else values[c["kind"]] for c in columns}
        await opened.execute(f"INSERT INTO {table} ({', '.join(made)}) VALUES ({', '.join(made.values())}) ON CONFLICT DO NOTHING")


@each_service
async def test_an_agency_sees_and_changes_nothing_of_another(migrated: Settings, service: Service) -> None:
    for table in sorted(await tables_of_agencies(migrated, service)):
        for agency in ("agency-a", "agency-b"):
            await fill(migrated, service, table, agency)
        async with api(migrated, service.name, "agency-a") as mine:
            seen = await mine.fetch(f"SELECT DISTINCT agency FROM {table} ORDER BY 1")
            shown = ["agency-a", "agency-b"] if table in public_of(service) else ["agency-a"]
            assert [row["agency"] for row in seen] == shown, table
            for change in (
                f"UPDATE {table} SET agency = agency WHERE agency = 'agency-b'",
                f"DELETE FROM {table} WHERE agency = 'agency-b'",
            ):
                try:
                    assert (await mine.execute(change)).endswith(" 0"), change
                except asyncpg.InsufficientPrivilegeError:
                    continue  # not even of its own
            try:
                moved = await mine.execute(f"UPDATE {table} SET agency = 'agency-b'")
            except asyncpg.InsufficientPrivilegeError:
                moved = "refused"
            assert moved == "refused", f"{table}: a row was given to another agency"
        async with owner(migrated, service.name) as opened:
            rows = await opened.fetch(f"SELECT agency FROM {table} ORDER BY 1")
            assert [row["agency"] for row in rows] == ["agency-a", "agency-b"], table


@each_service
async def test_without_an_agency_nothing_is_seen(migrated: Settings, service: Service) -> None:
    for agency in (None, "", "nobody"):
        async with api(migrated, service.name, agency) as nobody:
            for table in sorted(await tables_of_agencies(migrated, service) - public_of(service)):
                await fill(migrated, service, table, "agency-a")
                assert await nobody.fetchval(f"SELECT count(*) FROM {table}") == 0, table


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def books(servers: Stack) -> AsyncIterator[Ledger]:
    """A ledger of this module's own."""
    async with ledger(servers.settings()) as made:
        yield made


async def test_an_event_cannot_be_appended_to_another_agencys_stream(books: Ledger, agency: str) -> None:
    await books.open(agency, "acc")
    async with api(books.settings, books.ledger.service.name, f"{agency}-2") as other:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await other.execute(
                "INSERT INTO events"
                " (agency, stream, version, event_id, type, schema_version, data, metadata, occurred_at, recorded_at, hash)"
                " VALUES ($1, 'account-acc', 2, gen_random_uuid(), 'Deposited', 1, '{}', '{}', now(), now(), '')",
                agency,
            )


async def test_two_agencies_have_accounts_of_the_same_name_and_number(books: Ledger, agency: str) -> None:
    other = f"{agency}-2"
    for where, amount in ((agency, 5), (other, 7)):
        assert (await books.open(where, "acc", "1")).version == 1
        await books.deposit(where, "acc", amount)
    assert (await books.balances(agency), await books.balances(other)) == ({"acc": 5}, {"acc": 7})
    for where, amount in ((agency, 5), (other, 7)):
        state, version = await (await books.context(where)).load(ACCOUNT, "acc")
        assert (state.balance, version) == (amount, 2)


async def test_a_query_that_forgets_the_agency_still_shows_only_its_own(books: Ledger, agency: str) -> None:
    for where in (agency, f"{agency}-2"):
        await books.open(where, "acc", "1")
    rows = await (await books.context(agency)).rows(select(accounts.table))
    assert [row["agency"] for row in rows] == [agency]


async def test_connections_go_from_agency_to_agency_without_taking_anything_along(books: Ledger, agency: str) -> None:
    """Many agencies at once over few connections: reads, loads and commits each under their own."""

    async def one(number: int) -> None:
        mine = f"{agency}-{number}"
        await books.open(mine, "acc", "1")
        await books.deposit(mine, "acc", number + 1)
        assert await books.balances(mine) == {"acc": number + 1}
        ctx = await books.context(mine)
        assert [e.agency for e in await ctx.history(ACCOUNT, "acc")] == [mine, mine]

    await asyncio.gather(*(one(n) for n in range(60)))
    async with books.ledger.pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM events") == 0, "a pooled connection is of no agency"
