"""Sealing personal data and forgetting it."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import pytest
import pytest_asyncio
from pydantic import BaseModel, Field

from chassis.privacy import (
    FORGOTTEN,
    SEALED,
    KeyRing,
    Personal,
    SealBroken,
    SubjectForgotten,
    has_personal,
    open_fields,
    open_sealed,
    seal,
    seal_fields,
)
from chassis.settings import Settings
from chassis.subject_keys import MasterKeyMissing, PostgresSubjectKeys, master_key
from chassis.text import ShortText
from tests.chassis.memory_keys import MemorySubjectKeys
from tests.chassis.servers import scratch_postgres

KEY = bytes(range(32))


class Member(BaseModel):
    member_id: str
    name: Annotated[ShortText, Personal("member_id")]
    group: str = "academic"


class Panel(BaseModel):
    expert_id: str
    name: Annotated[ShortText, Personal("expert_id")]
    email: Annotated[ShortText | None, Personal("expert_id")] = None
    members: tuple[Member, ...] = ()
    by_role: dict[str, Member] = {}
    chair: Member | None = None


class Plain(BaseModel):
    case_id: str
    tags: list[str] = []


DATA: dict[str, Any] = {
    "expert_id": "e1",
    "name": "Айгуль Осмонова",
    "email": None,
    "members": [
        {"member_id": "m1", "name": "Бакыт", "group": "academic"},
        {"member_id": "m2", "name": "Сауле", "group": "employers"},
    ],
    "by_role": {"secretary": {"member_id": "m1", "name": "Бакыт", "group": "academic"}},
    "chair": {"member_id": "m2", "name": "Сауле", "group": "employers"},
}


def test_what_is_sealed_opens_with_its_key() -> None:
    sealed = seal(KEY, "e1", "name", "Айгуль")

    assert set(sealed["$sealed"]) == {"subject", "v", "nonce", "data"}
    assert "Айгуль" not in str(sealed)
    assert open_sealed(KEY, "name", sealed) == "Айгуль"


def test_sealing_twice_tells_nothing_of_equality() -> None:
    assert seal(KEY, "e1", "name", "Айгуль") != seal(KEY, "e1", "name", "Айгуль")


def _flipped(text: str) -> str:
    raw = bytearray(base64.b64decode(text))
    raw[0] ^= 1
    return base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    "change",
    [
        {"data": lambda v: _flipped(v)},
        {"nonce": lambda v: _flipped(v)},
        {"subject": lambda _: "e2"},
        {"v": lambda _: 2},
        {"data": lambda _: "not base64!"},
        {"data": lambda _: ""},
        {"nonce": lambda _: ""},
        {"nonce": lambda _: None},
    ],
)
def test_a_changed_value_does_not_open(change: dict[str, Any]) -> None:
    sealed = seal(KEY, "e1", "name", "Айгуль")
    for part, changed in change.items():
        sealed["$sealed"][part] = changed(sealed["$sealed"][part])

    with pytest.raises(SealBroken):
        open_sealed(KEY, "name", sealed)


def test_a_value_moved_to_another_field_or_key_does_not_open() -> None:
    sealed = seal(KEY, "e1", "name", "Айгуль")

    with pytest.raises(SealBroken):
        open_sealed(KEY, "email", sealed)
    with pytest.raises(SealBroken):
        open_sealed(bytes(32), "name", sealed)


async def test_personal_fields_are_sealed_at_every_depth_and_come_back() -> None:
    keys = MemorySubjectKeys()

    sealed = await seal_fields(Panel, DATA, agency="iqaa", keys=keys)

    assert not any(word in str(sealed) for word in ("Айгуль", "Бакыт", "Сауле"))
    assert sealed["members"][1]["group"] == "employers"
    assert sealed["email"] is None
    assert DATA["name"] == "Айгуль Осмонова"
    assert await open_fields(Panel, sealed, agency="iqaa", keys=keys) == DATA


async def test_a_tuple_is_sealed_like_a_list() -> None:
    keys = MemorySubjectKeys()
    dumped = Panel.model_validate(DATA).model_dump()

    opened = await open_fields(Panel, await seal_fields(Panel, dumped, agency="iqaa", keys=keys), agency="iqaa", keys=keys)

    assert Panel.model_validate(opened) == Panel.model_validate(DATA)


async def test_a_forgotten_subject_is_unreadable_for_ever_and_the_others_are_not() -> None:
    keys = MemorySubjectKeys()
    sealed = await seal_fields(Panel, DATA, agency="iqaa", keys=keys)

    await keys.forget("iqaa", "m1")

    opened = Panel.model_validate(await open_fields(Panel, sealed, agency="iqaa", keys=keys))
    assert [member.name for member in opened.members] == [FORGOTTEN, "Сауле"]
    again = await seal_fields(Panel, DATA, agency="iqaa", keys=keys)
    assert again["members"][0]["name"] == FORGOTTEN


async def test_another_agencys_or_services_value_reads_sealed() -> None:
    sealed = await seal_fields(Panel, DATA, agency="iqaa", keys=MemorySubjectKeys())
    others = MemorySubjectKeys()
    await others.get_or_create("iqaa", "e1")

    assert (await open_fields(Panel, sealed, agency="iqaa", keys=None))["name"] == SEALED
    assert (await open_fields(Panel, sealed, agency="iqaa", keys=others))["name"] == SEALED


async def test_the_same_subject_of_another_agency_has_another_key() -> None:
    keys = MemorySubjectKeys()

    assert await keys.get_or_create("iqaa", "e1") != await keys.get_or_create("aaopo", "e1")


async def test_an_older_shape_is_opened_too() -> None:
    keys = MemorySubjectKeys()
    old = {"expert_id": "e1", "full_name": seal(await keys.get_or_create("iqaa", "e1"), "e1", "full_name", "Айгуль")}

    assert (await open_fields(Panel, old, agency="iqaa", keys=keys))["full_name"] == "Айгуль"


async def test_a_model_without_personal_fields_passes_untouched() -> None:
    data = {"case_id": "c1", "tags": ["$sealed"]}

    assert not has_personal(Plain)
    assert await seal_fields(Plain, data, agency="iqaa", keys=MemorySubjectKeys()) is data
    assert await open_fields(Plain, data, agency="iqaa", keys=None) is data


async def test_personal_data_of_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="expert_id"):
        await seal_fields(Panel, {"name": "Айгуль"}, agency="iqaa", keys=MemorySubjectKeys())


def test_a_marker_that_cannot_work_is_refused_when_first_used() -> None:
    class NoSibling(BaseModel):
        name: Annotated[str, Personal("nobody")]

    class TooNarrow(BaseModel):
        expert_id: str
        phone: Annotated[str, Field(pattern=r"^\+\d+$"), Personal("expert_id")]

    class Within(BaseModel):
        expert_id: str
        names: list[Annotated[str, Personal("expert_id")]]

    for model, words in ((NoSibling, "no field"), (TooNarrow, "must accept"), (Within, "whole field")):
        with pytest.raises(TypeError, match=words):
            has_personal(model)


def test_a_model_may_contain_itself() -> None:
    class Node(BaseModel):
        expert_id: str
        name: Annotated[str, Personal("expert_id")]
        below: list["Node"] = []

    Node.model_rebuild(_types_namespace={"Node": Node})

    assert has_personal(Node)


class Counting(MemorySubjectKeys):
    asked = 0

    async def get(self, agency: str, subject: str) -> bytes | None:
        self.asked += 1
        return await super().get(agency, subject)


async def test_a_key_ring_asks_once_and_forgets_at_once() -> None:
    source = Counting()
    ring = KeyRing(source)
    made = await ring.get_or_create("iqaa", "e1")

    assert [await ring.get("iqaa", "e1") for _ in range(3)] == [made] * 3
    assert source.asked == 0
    await ring.forget("iqaa", "e1")
    assert await ring.get("iqaa", "e1") is None
    with pytest.raises(SubjectForgotten):
        await ring.get_or_create("iqaa", "e1")


async def test_a_key_ring_notices_what_another_process_forgot_after_its_time() -> None:
    source = MemorySubjectKeys()
    ring = KeyRing(source, ttl_seconds=0.0)
    await ring.get_or_create("iqaa", "e1")

    await source.forget("iqaa", "e1")

    assert await ring.get("iqaa", "e1") is None


async def test_a_key_ring_keeps_no_more_than_its_size() -> None:
    source = Counting()
    ring = KeyRing(source, size=2)
    for subject in ("e1", "e2", "e3"):
        await ring.get_or_create("iqaa", subject)

    await ring.get("iqaa", "e1")

    assert source.asked == 1


def test_development_makes_one_master_key_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path)

    key = master_key(settings)

    assert len(key) == 32
    assert master_key(settings) == key
    assert (tmp_path / "privacy" / "master.key").stat().st_mode & 0o777 == 0o600


def test_production_has_its_master_key_or_does_not_start(tmp_path: Path) -> None:
    given = os.urandom(32)

    assert (
        master_key(
            Settings(env="production", postgres_password="not-the-published-one", privacy_master_key=base64.b64encode(given).decode())
        )
        == given
    )
    for bad in (None, "", "c2hvcnQ=", "not base64!"):
        with pytest.raises(MasterKeyMissing):
            master_key(Settings(env="production", postgres_password="not-the-published-one", state_dir=tmp_path, privacy_master_key=bad))


@pytest_asyncio.fixture
async def pool() -> AsyncIterator[asyncpg.Pool]:
    async with scratch_postgres() as pool:
        yield pool


async def test_keys_in_postgres_are_wrapped_walled_and_forgotten(pool: asyncpg.Pool) -> None:
    keys = PostgresSubjectKeys(pool, KEY)

    key = await keys.get_or_create("iqaa", "e1")

    assert await keys.get_or_create("iqaa", "e1") == await keys.get("iqaa", "e1") == key
    assert await keys.get("aaopo", "e1") is None
    assert await keys.get("iqaa", "e2") is None
    async with pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM subject_keys") == 0, "without an agency there are no rows"
        await connection.execute("SELECT set_config('app.agency', 'iqaa', false)")
        assert key not in await connection.fetchval("SELECT wrapped FROM subject_keys")
        await connection.execute("RESET app.agency")
    with pytest.raises(MasterKeyMissing):
        await PostgresSubjectKeys(pool, bytes(32)).get("iqaa", "e1")
    await keys.forget("iqaa", "e1")
    await keys.forget("iqaa", "e1")
    await keys.forget("iqaa", "never-seen")
    assert await keys.get("iqaa", "e1") is None
    for subject in ("e1", "never-seen"):
        with pytest.raises(SubjectForgotten):
            await keys.get_or_create("iqaa", subject)


async def test_two_who_make_the_same_key_at_once_get_the_same(pool: asyncpg.Pool) -> None:
    made = await asyncio.gather(*(PostgresSubjectKeys(pool, KEY).get_or_create("iqaa", "e9") for _ in range(8)))

    assert len(set(made)) == 1


async def test_a_single_connection_will_do(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        assert len(await PostgresSubjectKeys(connection, KEY).get_or_create("iqaa", "e5")) == 32
