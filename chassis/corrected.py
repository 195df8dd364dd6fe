"""A wrongly recorded fact put right: the compensating event, and a history read as if the fact had been recorded right. Pure."""

from collections.abc import Iterable
from datetime import date

from pydantic import Field

from chassis.events import Event, Json
from chassis.privacy import personal_fields
from chassis.text import Text


class FactCorrected(Event):
    """An earlier fact of the same stream was recorded wrongly; it stays in the log, and what is read from now on is what is right.

    Each aggregate that can be corrected publishes a subclass of its own, with its ids.
    """

    corrects: str = Field(description="The id of the wrong event")
    fact: str = Field(description="Its type")
    version: int = Field(ge=1, description="Its place in the stream")
    previous: Json = Field(description="The fields as they were read until now")
    corrected: Json = Field(description="The fields as they are right")
    reason: Text
    corrected_on: date


def as_corrected(event: Event, corrected: Json) -> Event:
    """The fact with some of its fields put right; pydantic's ValidationError where it could not be such a fact."""
    return type(event).model_validate({**event.model_dump(mode="json"), **corrected})


def right_history(events: Iterable[Event]) -> list[Event]:
    """A whole stream, oldest first, every fact as it was corrected last. The corrections keep their places."""
    history = list(events)
    for correction in [event for event in history if isinstance(event, FactCorrected)]:
        history[correction.version - 1] = as_corrected(history[correction.version - 1], correction.corrected)
    return history


def correctable_fields(kind: type[Event]) -> frozenset[str]:
    """The fields of an event type that may be corrected: never personal ones, which a correction would hold in clear."""
    return kind.correctable - personal_fields(kind)
