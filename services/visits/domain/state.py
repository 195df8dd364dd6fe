"""A visit as it stands, and how each fact changes it."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from regulations import RulebookRef
from services.visits.contract import (
    BriefingHeld,
    CompositionTold,
    ExpertDroppedOut,
    ExpertObjected,
    ExpertReplaced,
    FactualCheckAnswered,
    FactualCheckClosed,
    Inaccuracy,
    MaterialsSent,
    ObjectionDecided,
    PanelFormed,
    PanelMember,
    ReportSentForCheck,
    ReportStudied,
    VisitAnnounced,
    VisitCompleted,
    VisitOpened,
    VisitReportSubmitted,
    VisitStarted,
    WebinarHeld,
)

Stage = Literal["opened", "panel_formed", "announced", "started", "completed", "reported"]

BEFORE_THE_START = ("opened", "panel_formed", "announced")


@dataclass(frozen=True)
class FactualCheck:
    """The check of the report by the institution; `corrections` is None until it answers."""

    sent_on: date
    corrections: tuple[Inaccuracy, ...] | None = None
    closed: bool = False


@dataclass(frozen=True)
class Visit:
    """A visit as it stands: its stage, None before it is opened, the commission and who of it has studied the report.

    `vacancies` are seats whose holder left; `excluded` are those whom an objection removed for good.
    """

    case_id: str = ""
    institution_id: str = ""
    rulebook: RulebookRef | None = None
    stage: Stage | None = None
    members: tuple[PanelMember, ...] = ()
    announced: VisitAnnounced | None = None
    studied: frozenset[str] = frozenset()
    vacancies: tuple[PanelMember, ...] = ()
    excluded: frozenset[str] = frozenset()
    told: frozenset[str] | None = None
    objected: tuple[str, ...] = ()
    objections: int = 0
    supplied: frozenset[str] = frozenset()
    webinar_on: date | None = None
    briefing_on: date | None = None
    check: FactualCheck | None = None

    @property
    def formed(self) -> bool:
        """Whether the commission is formed, though somebody may have left it since."""
        return self.stage not in (None, "opened")

    @property
    def expert_ids(self) -> tuple[str, ...]:
        """The experts of the commission."""
        return tuple(member.expert_id for member in self.members)

    @property
    def chair_id(self) -> str | None:
        """Who chairs the commission."""
        return next((member.expert_id for member in self.members if member.role == "chair"), None)

    @property
    def has_seat_of_chair(self) -> bool:
        """Whether the commission is one that is chaired, though the seat may be vacant now."""
        return any(seat.role == "chair" for seat in (*self.members, *self.vacancies))


def evolve(state: Visit, event: Any) -> Visit:
    """The visit after a fact."""
    match event:
        case VisitOpened():
            return Visit(event.case_id, event.institution_id, event.rulebook, "opened")
        case VisitAnnounced():  # a briefing is held right before the trip: not before the dates that do not stand
            return replace(state, stage="announced", announced=event, briefing_on=None)
        case ReportStudied():
            return replace(state, studied=state.studied | {event.expert_id})
        case VisitStarted():
            return replace(state, stage="started")
        case VisitCompleted():
            return replace(state, stage="completed")
        case VisitReportSubmitted():
            return replace(state, stage="reported")
        case MaterialsSent():
            return replace(state, supplied=state.supplied | set(event.experts))
        case WebinarHeld():
            return replace(state, webinar_on=event.held_on)
        case BriefingHeld():
            return replace(state, briefing_on=event.held_on)
    return _evolve_check(_evolve_panel(state, event), event)


def _evolve_panel(state: Visit, event: Any) -> Visit:
    match event:
        case PanelFormed():
            return replace(state, stage="panel_formed", members=event.members)
        case CompositionTold():
            return replace(state, told=frozenset(event.experts))
        case ExpertObjected():
            return replace(state, objected=(*state.objected, event.expert_id), objections=state.objections + 1)
        case ObjectionDecided():
            settled = replace(state, objected=tuple(each for each in state.objected if each != event.expert_id))
            if not event.upheld:
                return settled
            return replace(_vacated(settled, event.expert_id), excluded=state.excluded | {event.expert_id})
        case ExpertDroppedOut():
            objected = tuple(each for each in state.objected if each != event.expert_id)
            return replace(_vacated(state, event.expert_id), objected=objected)
        case ExpertReplaced():
            vacant = tuple(seat for seat in state.vacancies if seat.expert_id != event.expert_id)
            return replace(state, members=(*state.members, event.successor), vacancies=vacant)
    return state


def _vacated(state: Visit, expert_id: str) -> Visit:
    left = tuple(seat for seat in state.members if seat.expert_id == expert_id)
    stay = tuple(seat for seat in state.members if seat.expert_id != expert_id)
    return replace(state, members=stay, vacancies=(*state.vacancies, *left))


def _evolve_check(state: Visit, event: Any) -> Visit:
    match event:
        case ReportSentForCheck():
            return replace(state, check=FactualCheck(event.sent_on))
        case FactualCheckAnswered() if state.check:
            return replace(state, check=replace(state.check, corrections=event.corrections))
        case FactualCheckClosed() if state.check:
            return replace(state, check=replace(state.check, closed=True))
    return state
