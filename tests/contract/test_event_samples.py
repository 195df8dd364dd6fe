"""Every event ever published can be read: `events/<service>/<EventType>.v<schema version>[.<variant>].json` holds stored data of each.

A sample is never edited once its version is published; a new shape raises `schema_version`, gets an upcaster and a sample of its own.
Personal fields are sealed as they are stored, with the keys of `SampleKeys`.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chassis.events import Catalogue, Event
from chassis.messaging import Envelope, recorded
from chassis.privacy import FORGOTTEN, SEALED, open_fields, seal_fields
from services.council import contract as council
from services.intake import contract as intake
from services.monitoring import contract as monitoring
from services.notices import contract as notices
from services.review import contract as review
from services.visits import contract as visits

FOLDER = Path(__file__).parent / "events"
AGENCY = "iqaa"
CATALOGUES = {each.EVENTS.service: each.EVENTS for each in (intake, review, visits, council, monitoring, notices)}


class SampleKeys:
    """The keys with which the samples were sealed."""

    async def get_or_create(self, agency: str, subject: str) -> bytes:
        return hashlib.sha256(f"{agency}/{subject}".encode()).digest()

    async def get(self, agency: str, subject: str) -> bytes | None:
        return await self.get_or_create(agency, subject)

    async def forget(self, agency: str, subject: str) -> None:
        raise NotImplementedError


class LostKeys(SampleKeys):
    """Every subject was forgotten."""

    async def get(self, agency: str, subject: str) -> bytes | None:
        return None


@dataclass(frozen=True)
class Sample:
    """One file: data of an event as it was stored under a schema version."""

    file: Path
    type_name: str
    schema_version: int

    @property
    def catalogue(self) -> Catalogue:
        """Of the service in whose folder it lies."""
        return CATALOGUES[self.file.parent.name]

    @property
    def data(self) -> dict[str, Any]:
        """The stored JSON."""
        stored: dict[str, Any] = json.loads(self.file.read_bytes())
        return stored

    @property
    def present(self) -> type[Event]:
        """The type as it is now; a type that was ever published stays in its catalogue."""
        return self.catalogue.types[self.type_name]

    async def opened(self) -> dict[str, Any]:
        """The data with its personal fields readable."""
        return await open_fields(self.present, self.data, agency=AGENCY, keys=SampleKeys())


def sample(file: Path) -> Sample:
    type_name, version, *_ = file.name.split(".")
    return Sample(file, type_name, int(version.removeprefix("v")))


SAMPLES = [sample(file) for file in sorted(FOLDER.glob("*/*.json"))]
every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda each: f"{each.file.parent.name}/{each.file.stem}")


def published() -> Iterator[tuple[str, str, int]]:
    for service, catalogue in CATALOGUES.items():
        for name, event_type in catalogue.types.items():
            for version in range(1, event_type.schema_version + 1):
                yield service, name, version


def kept(stored: Any, present: Any) -> bool:
    """Whether everything that was stored is there unchanged; what is new since may stand beside it."""
    if isinstance(stored, dict) and isinstance(present, dict):
        return all(key in present and kept(value, present[key]) for key, value in stored.items())
    if isinstance(stored, list) and isinstance(present, list):
        return len(stored) == len(present) and all(map(kept, stored, present))
    return bool(stored == present)


def sealed_in(stored: Any) -> list[Any]:
    """Every sealed value."""
    if isinstance(stored, dict):
        return [stored] if "$sealed" in stored else [found for value in stored.values() for found in sealed_in(value)]
    return [found for value in stored for found in sealed_in(value)] if isinstance(stored, list) else []


@pytest.mark.parametrize(("service", "type_name", "version"), list(published()), ids=lambda part: str(part))
def test_every_version_of_every_event_has_a_sample(service: str, type_name: str, version: int) -> None:
    assert (FOLDER / service / f"{type_name}.v{version}.json").is_file()


@every_sample
async def test_a_sample_is_read_in_the_present_shape_and_written_back_unchanged(sample: Sample) -> None:
    stored = await sample.opened()
    event = sample.catalogue.parse(sample.type_name, sample.schema_version, stored)
    written = event.model_dump(mode="json")
    assert sample.present.model_validate(written) == event
    if sample.schema_version == sample.present.schema_version:
        assert kept(stored, written), f"{stored}\n{written}"


@every_sample
async def test_another_service_reads_it_without_the_keys(sample: Sample) -> None:
    envelope = Envelope.model_validate(
        {
            "id": "e-1",
            "source": f"/kepil/{sample.catalogue.service}",
            "type": sample.catalogue.subject(sample.type_name),
            "subject": "stream-1",
            "time": "2020-01-01T00:00:00Z",
            "recordedat": "2020-01-01T00:00:00Z",
            "dataschema": "urn:kepil:schema",
            "data": sample.data,
            "agency": AGENCY,
            "streamversion": 1,
            "schemaversion": sample.schema_version,
            "position": "1-1",
        }
    )
    event = (await recorded(envelope, CATALOGUES)).event
    assert type(event) is sample.present
    assert (SEALED in event.model_dump_json()) is ("$sealed" in sample.file.read_text())


@every_sample
async def test_personal_data_is_sealed_opens_and_can_be_forgotten(sample: Sample) -> None:
    opened = await sample.opened()
    assert SEALED not in json.dumps(opened)
    forgotten = await open_fields(sample.present, sample.data, agency=AGENCY, keys=LostKeys())
    event = sample.catalogue.parse(sample.type_name, sample.schema_version, forgotten)
    assert event.model_dump_json().count(FORGOTTEN) == len(sealed_in(sample.data))
    stored_now = sample.catalogue.parse(sample.type_name, sample.schema_version, opened).model_dump(mode="json")
    sealed_now = await seal_fields(sample.present, stored_now, agency=AGENCY, keys=SampleKeys())
    assert len(sealed_in(sealed_now)) == len(sealed_in(sample.data))


@pytest.mark.parametrize("type_name", [(s, n) for s, c in CATALOGUES.items() for n in c.types], ids=lambda pair: "/".join(pair))
def test_every_field_is_in_some_sample_of_the_present_version(type_name: tuple[str, str]) -> None:
    service, name = type_name
    event_type = CATALOGUES[service].types[name]
    present = [each for each in SAMPLES if (each.file.parent.name, each.type_name) == type_name]
    current = [each.data for each in present if each.schema_version == event_type.schema_version]
    told = {field for data in current for field, value in data.items() if value not in (None, [], {})}
    assert told == set(event_type.model_fields)


async def test_what_was_sealed_is_the_very_text() -> None:
    contract = await sample(FOLDER / "intake" / "ContractSigned.v1.json").opened()
    assert contract["signatory_name"] == "Данияр Сейітов"
    composed = await sample(FOLDER / "council" / "CouncilComposed.v1.json").opened()
    assert [member["name"] for member in composed["members"]][:2] == ["Гүлнара Әбенова", "Ерлан Садыков"]
