"""An attestation's place in the schedule as it stands, and how each fact changes it."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from regulations import RulebookRef
from services.intake.contract import (
    AttestationAnnounced,
    AttestationCancelled,
    AttestationClosed,
    AttestationDatesTold,
    AttestationRescheduled,
    AttestationScheduled,
    ScheduleChangeDeclined,
    ScheduleChangeRequested,
)

AttestationStage = Literal["scheduled", "cancelled", "closed"]


@dataclass(frozen=True)
class Attestation:
    """An attestation as it stands. `told` is the notice of its dates as they are; `placed_on` the day since when they are so.

    `days` has every day that a fact told of what had happened.
    """

    attestation_id: str = ""
    institution_id: str = ""
    rulebook: RulebookRef | None = None
    scheduled: AttestationScheduled | None = None
    stage: AttestationStage | None = None
    year: int = 0
    starts_on: date | None = None
    ends_on: date | None = None
    placed_on: date | None = None
    told: AttestationDatesTold | None = None
    amendments: int = 0
    requests: int = 0
    request: ScheduleChangeRequested | None = None
    announced: AttestationAnnounced | None = None
    days: tuple[date, ...] = ()

    @property
    def ids(self) -> dict[str, str]:
        """What every later fact of the attestation carries."""
        return {"attestation_id": self.attestation_id, "institution_id": self.institution_id}


def evolve(state: Attestation, event: Any) -> Attestation:
    """The attestation after a fact."""
    match event:
        case AttestationScheduled():
            return Attestation(
                attestation_id=event.attestation_id,
                institution_id=event.institution_id,
                rulebook=event.rulebook,
                scheduled=event,
                stage="scheduled",
                year=event.year,
                starts_on=event.starts_on,
                ends_on=event.ends_on,
                placed_on=event.scheduled_on,
                days=(event.scheduled_on,),
            )
        case AttestationDatesTold():
            return replace(state, told=event, days=(*state.days, event.told_on))
        case ScheduleChangeRequested():
            return replace(state, request=event, requests=event.request, days=(*state.days, event.requested_on))
        case ScheduleChangeDeclined():
            return replace(state, request=None, days=(*state.days, event.declined_on))
        case AttestationRescheduled():
            return replace(
                state,
                year=event.year,
                starts_on=event.starts_on,
                ends_on=event.ends_on,
                placed_on=event.amended_on,
                amendments=event.amendment,
                told=None,
                request=None if event.request else state.request,
                days=(*state.days, event.amended_on),
            )
        case AttestationCancelled():
            return replace(state, stage="cancelled", request=None)
        case AttestationAnnounced():
            return replace(state, announced=event, days=(*state.days, event.announced_on))
        case AttestationClosed():
            return replace(state, stage="closed")
    return state
