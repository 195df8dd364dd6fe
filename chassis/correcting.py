"""What a correction changes in the read models of its own service."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chassis.corrected import FactCorrected, right_history
from chassis.events import Event, Recorded
from chassis.readmodels import ReadModel, Write, project


def correcting_writes(models: Sequence[ReadModel], past: Sequence[Recorded[Any]], correction: Recorded[Any]) -> list[Write]:
    """What a correction changes in read models: the columns that this stream's facts, read right, would have left otherwise.

    `past` is the stream before the correction. Rows that show the stream's version show the correction's from now on.
    """
    plain = [model for model in models if not model.derived]
    before = _left(plain, past, right_history(e.event for e in past))
    after = _left(plain, past, right_history(e.event for e in (*past, correction))[: len(past)])
    if before.keys() != after.keys():
        raise TypeError(f"{correction.event.type_name()} of {correction.stream} moves a row to another key")
    writes = []
    for (model, where), columns in after.items():
        changes = {name: value for name, value in columns.items() if before[model, where].get(name) != value}
        if "version" in columns:
            changes["version"] = correction.version
        if changes:
            writes.append(model.update(correction, dict(where), **changes))
    derived = [model for model in models if model.derived]
    return writes + [write for each in past if not isinstance(each.event, FactCorrected) for write in project(derived, each)]


_Left = dict[tuple[ReadModel, tuple[tuple[str, Any], ...]], dict[str, Any]]


def _left(models: Sequence[ReadModel], past: Sequence[Recorded[Any]], events: Sequence[Event]) -> _Left:
    """What the facts of a stream left in each row that they wrote, by its key; a row that they removed is not there."""
    left: _Left = {}
    for recorded, event in zip(past, events, strict=True):
        if isinstance(event, FactCorrected):
            continue
        for write in project(models, replace(recorded, event=event)):
            shape = write.statement
            named = {name: write.values[name if shape.kind == "upsert" else f"where_{name}"] for name in shape.keys}
            row = (write.model, tuple(sorted(named.items())))
            if shape.kind == "delete":
                left.pop(row, None)
            else:
                left.setdefault(row, {}).update({name: write.values[name] for name in shape.columns})
    return left
