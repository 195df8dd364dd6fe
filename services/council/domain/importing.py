"""The import of a file of certificates: what it has added. The certificates themselves are aggregates of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.decider import Command, Decider, Guard, always, no_rules
from chassis.events import Event
from chassis.ids import derived_id
from services.council.contract import CertificatesImported


class RecordImport(Command):
    """Records what a file has added: `created` certificates in all, with those of earlier times."""

    records = (CertificatesImported,)

    import_id: str
    file_hash: str
    file_name: str | None
    lines: int
    created: int
    same: int
    differs: int
    refused: int


@dataclass(frozen=True)
class Import:
    """A file as it was imported so far."""

    created: int = 0


def import_id(file_hash: str) -> str:
    """A file is known by its content, whatever it is called."""
    return derived_id("import", file_hash)


def decide(command: RecordImport, state: Import, _rules: None) -> Sequence[Event]:
    """A fact where the file has added something that was not told yet."""
    if command.created <= state.created:
        return []
    told = command.model_dump(exclude={"at", "by"})
    return [CertificatesImported(**told, imported_on=command.at.date())]


def evolve(_state: Import, event: Any) -> Import:
    """The state after a fact."""
    return Import(created=event.created)


GUARDS: Mapping[type[Command], Guard] = {RecordImport: always}

IMPORT: Decider[Import, None] = Decider("import", Import(), decide, evolve, no_rules, GUARDS)
