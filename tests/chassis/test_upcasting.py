"""An event is stored once and read for ever: an old shape loads as the new one, by every way that an event is read."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

import pytest
import pytest_asyncio
from pydantic import ValidationError
from sqlalchemy import select

from chassis.commit import Append, StoredEvent
from chassis.events import Catalogue, Event, UnknownEvent
from chassis.eventstore import EventStore, read_log, verify_chains
from chassis.hashchain import GENESIS, link
from chassis.ids import new_id
from chassis.messaging import Envelope, envelope_json, recorded
from chassis.privacy import Personal, seal_fields
from cli.supervisor import Stack
from tests.chassis.ledger import ACCOUNT, AccountOpened, Ledger, accounts, ledger

OLD = {"account_id": "old", "owner": "Meerim", "number": "1"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def books(servers: Stack) -> AsyncIterator[Ledger]:
    """A ledger of this module's own."""
    async with ledger(servers.settings()) as made:
        yield made


async def store(books: Ledger, agency: str, kind: str, data: dict[str, Any], schema_version: int) -> None:
    """The first event of an account, as a version of the service stored it then."""
    now = datetime.now(UTC)
    event_id = new_id()
    stream = "account-old"
    metadata = {"actor": "aigul", "agency": agency}
    digest = link(
        GENESIS,
        agency=agency,
        stream=stream,
        version=1,
        event_id=event_id,
        type_name=kind,
        schema_version=schema_version,
        data=data,
        metadata=metadata,
        occurred_at=now,
        recorded_at=now,
    )
    stored = StoredEvent(1, event_id, kind, schema_version, data, metadata, now, now, digest)
    await books.ledger.machinery.committer.commit(Append(agency, stream, [stored]))


async def entry_of(books: Ledger, agency: str) -> Any:
    """The log entry of an agency's only event."""
    async with books.ledger.system.acquire() as connection:
        (entry,) = [e for e in await read_log(connection) if e.row["agency"] == agency]
    return entry


async def test_an_old_event_loads_in_the_new_shape(books: Ledger, agency: str) -> None:
    await store(books, agency, "AccountOpened", OLD, 1)
    (event,), _ = await books.ledger.machinery.store.stream(agency, "account-old")
    assert event.event == AccountOpened(account_id="old", holder="Meerim", number="1", currency="KGS")
    state, version = await (await books.context(agency)).load(ACCOUNT, "old")
    assert (state.holder, state.currency, version) == ("Meerim", "KGS", 1)


async def test_commands_go_on_from_an_old_event_and_its_chain_holds(books: Ledger, agency: str) -> None:
    await store(books, agency, "AccountOpened", OLD, 1)
    assert (await books.deposit(agency, "old", 5)).version == 2
    async with books.ledger.system.acquire() as connection:
        _, broken = await verify_chains(connection)
    assert [b for b in broken if b.agency == agency] == [], "what is hashed is what was stored, not what is read"


async def test_an_old_event_is_projected_in_the_new_shape(books: Ledger, agency: str) -> None:
    await store(books, agency, "AccountOpened", OLD, 1)
    await books.ledger.service.rebuild(books.settings).rebuild(accounts)
    (row,) = await (await books.context(agency)).rows(select(accounts.table))
    assert (row["holder"], row["currency"]) == ("Meerim", "KGS")


async def test_an_old_event_travels_as_stored_and_is_read_in_the_new_shape(books: Ledger, agency: str) -> None:
    await store(books, agency, "AccountOpened", OLD, 1)
    catalogue = books.ledger.service.events
    envelope = Envelope.model_validate_json(envelope_json(await entry_of(books, agency), catalogue))
    assert (envelope.schemaversion, envelope.data) == (1, OLD)
    assert envelope.dataschema.endswith(":AccountOpened:1")
    read = await recorded(envelope, {catalogue.service: catalogue})
    assert read.event == AccountOpened(account_id="old", holder="Meerim", number="1", currency="KGS")


async def test_a_new_event_is_stored_with_its_schema_version_and_not_upcast(books: Ledger, agency: str) -> None:
    await books.open(agency, "new", f"{agency}-new")
    entry = await entry_of(books, agency)
    assert entry.row["schema_version"] == 2
    assert books.ledger.service.events.parse("AccountOpened", 2, entry.row["data"]).model_dump()["holder"] == "Aigul"


async def test_an_event_that_was_never_published_is_said_to_be_unknown(books: Ledger, agency: str) -> None:
    await store(books, agency, "AccountPainted", {}, 1)
    with pytest.raises(UnknownEvent, match="AccountPainted"):
        await books.ledger.machinery.store.stream(agency, "account-old")


class Signed(Event):
    """Schema 1 had one name, schema 2 split it, schema 3 names the person's id otherwise."""

    schema_version: ClassVar[int] = 3
    signatory_id: str
    given: Annotated[str, Personal("signatory_id")]
    family: Annotated[str, Personal("signatory_id")]


def _split(data: dict[str, Any]) -> dict[str, Any]:
    given, _, family = data["name"].partition(" ")
    return {"person": data["person"], "given": given, "family": family or given}


UPCASTERS = {(Signed, 1): _split, (Signed, 2): lambda d: {"signatory_id": d["person"], "given": d["given"], "family": d["family"]}}
SIGNED = Catalogue("signing", {"paper": [Signed]}, UPCASTERS)


def test_upcasters_follow_one_another() -> None:
    expected = Signed(signatory_id="p", given="Aida", family="Asanova")
    assert SIGNED.parse("Signed", 1, {"person": "p", "name": "Aida Asanova"}) == expected
    assert SIGNED.parse("Signed", 2, {"person": "p", "given": "Aida", "family": "Asanova"}) == expected
    assert SIGNED.parse("Signed", 3, expected.model_dump()) == expected


def test_an_upcaster_leaves_the_stored_data_alone() -> None:
    data = {"person": "p", "name": "Aida Asanova"}
    SIGNED.parse("Signed", 1, data)
    assert data == {"person": "p", "name": "Aida Asanova"}


async def test_personal_data_sealed_in_an_old_shape_is_opened_before_it_is_upcast(books: Ledger, agency: str) -> None:
    class SignedOnce(Event):
        person: str
        name: Annotated[str, Personal("person")]

    keys = books.ledger.machinery.keys
    sealed = await seal_fields(SignedOnce, {"person": "p", "name": "Aida Asanova"}, agency=agency, keys=keys)
    assert "Aida" not in str(sealed)
    await store(books, agency, "Signed", sealed, 1)
    reading = EventStore(books.ledger.pool, SIGNED, keys)
    (event,), _ = await reading.stream(agency, "account-old")
    assert event.event == Signed(signatory_id="p", given="Aida", family="Asanova")
    await keys.forget(agency, "p")
    (event,), _ = await reading.stream(agency, "account-old")
    assert event.event.given == "[forgotten]"


def test_a_catalogue_without_a_needed_upcaster_is_refused_when_it_is_made() -> None:
    with pytest.raises(ValueError, match="no upcaster from 2"):
        Catalogue("signing", {"paper": [Signed]}, {(Signed, 1): _split})


def test_a_shape_of_the_future_is_refused_rather_than_guessed() -> None:
    with pytest.raises(ValidationError):
        SIGNED.parse("Signed", 4, {"signatory_id": "p", "given": "a", "family": "b", "patronymic": "c"})
