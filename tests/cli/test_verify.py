"""`kepil verify` finds what was changed behind the application's back, and a log that a restore would turn backwards."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest
import pytest_asyncio

from bench.subject import SERVICE, Subject, institution, open_subject, owner
from chassis.auth import Role
from chassis.ids import new_id
from chassis.issuer import development_token
from chassis.migrations import admin_connection
from chassis.settings import Settings
from cli.state import ROOT
from cli.supervisor import Stack
from cli.verify import verify


@pytest_asyncio.fixture
async def subject(servers: Stack) -> AsyncIterator[Subject]:
    """A small service of its own with three streams of one event."""
    using = servers.settings().model_copy(update={"database_prefix": "verified_"})
    async with open_subject(using) as opened:
        for _ in range(3):
            await opened.append("iqaa")
        yield opened


async def behind_the_back(using: Settings, statement: str) -> None:
    """What the owner of the database can do when he turns the triggers off."""
    connection = await owner(using)
    try:
        await connection.execute(f"ALTER TABLE events DISABLE TRIGGER USER; {statement}; ALTER TABLE events ENABLE TRIGGER USER")
    finally:
        await connection.close()


async def first(using: Settings) -> asyncpg.Record:
    connection = await owner(using)
    try:
        row = await connection.fetchrow("SELECT event_id::text, stream, version FROM events ORDER BY position LIMIT 1")
        assert row
        return row
    finally:
        await connection.close()


async def test_chains_are_whole_when_nothing_was_touched(subject: Subject) -> None:
    verdict = await verify(subject.settings, SERVICE)
    assert verdict.whole
    assert verdict.events == 3
    assert 0 < verdict.highest < verdict.next


@pytest.mark.parametrize(
    "change",
    [
        "data = jsonb_set(data, '{city}', '\"Astana\"')",
        "metadata = jsonb_set(metadata, '{actor}', '\"somebody\"')",
        "occurred_at = occurred_at - interval '1 day'",
        "agency = 'another'",
    ],
)
async def test_a_changed_event_is_named(subject: Subject, change: str) -> None:
    victim = await first(subject.settings)
    await behind_the_back(subject.settings, f"UPDATE events SET {change} WHERE event_id = '{victim['event_id']}'")
    verdict = await verify(subject.settings, SERVICE)
    assert not verdict.whole
    assert [(each.stream, each.version, each.event_id) for each in verdict.broken] == [(victim["stream"], 1, victim["event_id"])]
    assert verdict.events == 3


async def test_a_log_from_another_cluster_would_go_backwards(subject: Subject) -> None:
    victim = await first(subject.settings)
    await behind_the_back(subject.settings, f"UPDATE events SET xid = '123456789012' WHERE event_id = '{victim['event_id']}'")
    verdict = await verify(subject.settings, SERVICE)
    assert not verdict.broken  # a place in the log is the server's, not the fact's
    assert verdict.backwards
    assert not verdict.whole
    assert verdict.highest == 123456789012


def kepil(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli", *arguments, "--state", str(stack.state.path)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)


@pytest.mark.slow
async def test_the_command_ends_with_1_when_a_chain_is_broken(stack: Stack, agency: str) -> None:
    using = stack.settings()
    body = institution(new_id())
    headers = {
        "Authorization": f"Bearer {development_token(using, subject='c', roles=[Role.coordinator], agency=agency)}",
        "Idempotency-Key": new_id(),
    }
    async with httpx.AsyncClient(base_url=stack.urls["intake"], headers=headers) as client:
        accepted = (await client.post("/v1/institutions", json=body)).json()
    event_id = accepted["events"][0]["id"]

    whole = json.loads(kepil(stack, "verify", "--json").stdout)
    assert whole["whole"]
    assert {each["service"] for each in whole["services"]} == {"intake", "review", "visits", "council", "monitoring", "notices"}

    connection = await admin_connection(using, "intake")
    try:
        await connection.execute("ALTER TABLE events DISABLE TRIGGER USER")
        hash_before = await connection.fetchval("SELECT hash FROM events WHERE event_id = $1::text::uuid", event_id)
        await connection.execute("UPDATE events SET hash = $2 WHERE event_id = $1::text::uuid", event_id, b"\1" * 32)
        answer = kepil(stack, "verify")
        await connection.execute("UPDATE events SET hash = $2 WHERE event_id = $1::text::uuid", event_id, hash_before)
    finally:
        await connection.execute("ALTER TABLE events ENABLE TRIGGER USER")
        await connection.close()
    assert answer.returncode == 1
    said = f"institution-{body['institution_id']} of {agency} is broken at version 1: InstitutionRegistered {event_id}"
    assert said in answer.stdout
    assert kepil(stack, "verify").returncode == 0
