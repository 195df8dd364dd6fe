"""The import of a file of organisations: what it has added. The organisations themselves are aggregates of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.decider import Command, Decider, Guard, always, no_rules
from chassis.events import Event
from chassis.ids import derived_id
from services.intake.contract import SubjectsImported


class RecordSubjectImport(Command):
    """Records what a file has added this time."""

    records = (SubjectsImported,)

    import_id: str
    file_hash: str
    lines: int
    entered: int
    same: int
    refused: int


@dataclass(frozen=True)
class SubjectImport:
    """How often a file has added something."""

    times: int = 0


def import_id(file_hash: str) -> str:
    """A file is known by its content, whatever it is called."""
    return derived_id("attested-import", file_hash)


def decide(command: RecordSubjectImport, _state: SubjectImport, _rules: None) -> Sequence[Event]:
    """A fact where the file has added something."""
    if not command.entered:
        return []
    return [SubjectsImported(**command.model_dump(exclude={"at", "by"}), imported_on=command.at.date())]


def evolve(state: SubjectImport, _event: Any) -> SubjectImport:
    """The state after a fact."""
    return SubjectImport(state.times + 1)


GUARDS: Mapping[type[Command], Guard] = {RecordSubjectImport: always}

SUBJECT_IMPORT: Decider[SubjectImport, None] = Decider("attested_import", SubjectImport(), decide, evolve, no_rules, GUARDS)
