"""A plan of measures as its facts have made it."""

from dataclasses import dataclass, replace
from typing import Any, Literal

from chassis.problems import NotFound
from services.monitoring.contract import (
    AccreditationDocumentsReceived,
    Measure,
    MeasureProgressed,
    PlanAmended,
    PlanAwaited,
    PlanChangesRequested,
    PlanReviewed,
    PlanSubmitted,
)

Standing = Literal["", "awaited", "submitted", "returned", "reviewed"]


@dataclass(frozen=True)
class Plan:
    """A plan as it stands. `measures` is the whole of it by now."""

    awaited: PlanAwaited | None = None
    standing: Standing = ""
    documents: AccreditationDocumentsReceived | None = None
    submissions: tuple[PlanSubmitted, ...] = ()
    requests: tuple[PlanChangesRequested, ...] = ()
    reviewed: PlanReviewed | None = None
    amendments: tuple[PlanAmended, ...] = ()
    measures: tuple[Measure, ...] = ()
    progress: tuple[MeasureProgressed, ...] = ()

    @property
    def institution_id(self) -> str:
        """Whose plan it is."""
        return self.awaited.institution_id if self.awaited else ""

    @property
    def terms(self) -> PlanAwaited:
        """The fact with which it began; NotFound if it did not."""
        if self.awaited is None:
            raise NotFound("there is no such plan")
        return self.awaited

    @property
    def round(self) -> int:
        """Of the last submission; 0 where none came."""
        return len(self.submissions)

    @property
    def handed_in(self) -> bool:
        """Whether measures are there that the agency has not asked to change."""
        return self.standing in ("submitted", "reviewed")

    @property
    def acts(self) -> tuple[str, ...]:
        """The acts by which the institution approved it so far."""
        given = [each.approval_act for each in self.submissions] + [each.approval_act for each in self.amendments]
        return tuple(act for act in given if act)

    def latest(self, measure_id: str) -> MeasureProgressed | None:
        """What was told last of a measure."""
        return next((each for each in reversed(self.progress) if each.measure_id == measure_id), None)

    @property
    def done(self) -> tuple[Measure, ...]:
        """The measures that are reported done."""
        latest = {each.measure_id: each.progress for each in self.progress}
        return tuple(each for each in self.measures if latest.get(each.measure_id) == "done")


def evolve(state: Plan, event: Any) -> Plan:
    """The state after a fact."""
    match event:
        case PlanAwaited():
            return Plan(awaited=event, standing="awaited")
        case AccreditationDocumentsReceived():
            return replace(state, documents=event)
        case PlanSubmitted():
            return replace(state, standing="submitted", submissions=(*state.submissions, event), measures=event.measures)
        case PlanChangesRequested():
            return replace(state, standing="returned", requests=(*state.requests, event))
        case PlanReviewed():
            return replace(state, standing="reviewed", reviewed=event)
        case PlanAmended():
            return replace(state, amendments=(*state.amendments, event), measures=event.measures)
        case MeasureProgressed():
            return replace(state, progress=(*state.progress, event))
    return state
