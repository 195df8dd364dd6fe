"""A visit as it stands, and how each fact changes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
    PanelContinued,
    PanelFormed,
    PanelMember,
    ReportSentForCheck,
    ReportStudied,
    VisitAnnounced,
    VisitClosed,
    VisitCompleted,
    VisitInterrupted,
    VisitOpened,
    VisitReportSubmitted,
    VisitResumed,
    VisitStarted,
    VisitSuspended,
    WebinarHeld,
)

Stage = Literal["opened", "panel_formed", "announced", "started", "interrupted", "completed", "reported"]
Standing = Literal["open", "suspended", "closed"]

BEFORE_THE_START = ("opened", "panel_formed", "announced", "interrupted")


@dataclass(frozen=True)
class FactualCheck:
    """The check of the report by the institution; `corrections` is None until it answers."""

    sent_on: date
    corrections: tuple[Inaccuracy, ...] | None = None
    closed: bool = False


@dataclass(frozen=True)
class Visit:
    """A visit as it stands: its stage, None before it is opened, the commission and who of it has studied the report.

    `vacancies` are seats whose holder left; `excluded` are those whom an objection removed for good. `round` counts visits, of which a
    later one begins afresh; `took_part` are the experts of this one once it started, `earlier` those of the ones before it. What is not
    `open` stands still, for a reason and since a day. `lacking` is what the panel goes on without by the director's statement. `course` has
    the days of all steps in their order, `outings` each start with the days that were announced for it: of every round.
    """

    case_id: str = ""
    institution_id: str = ""
    rulebook: RulebookRef | None = None
    stage: Stage | None = None
    members: tuple[PanelMember, ...] = ()
    announced: VisitAnnounced | None = None
    studied: frozenset[str] = frozenset()
    vacancies: tuple[PanelMember, ...] = ()
    lacking: Mapping[str, int] = field(default_factory=dict)
    excluded: frozenset[str] = frozenset()
    told: frozenset[str] | None = None
    told_on: date | None = None
    objected: tuple[str, ...] = ()
    objections: int = 0
    supplied: frozenset[str] = frozenset()
    webinar_on: date | None = None
    briefing_on: date | None = None
    check: FactualCheck | None = None
    round: int = 1
    started_on: date | None = None
    course: tuple[date, ...] = ()
    outings: tuple[tuple[date, VisitAnnounced | None], ...] = ()
    took_part: frozenset[str] = frozenset()
    earlier: frozenset[str] = frozenset()
    standing: Standing = "open"
    standing_reason: str | None = None
    standing_since: date | None = None

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


def _after(state: Visit, day: date, **changes: Any) -> Visit:
    return replace(state, course=(*state.course, day), **changes)


def evolve(state: Visit, event: Any) -> Visit:
    """The visit after a fact."""
    match event:
        case VisitOpened():
            afresh = Visit(event.case_id, event.institution_id, event.rulebook, "opened", round=event.round)
            afresh = replace(afresh, course=state.course, outings=state.outings)
            return _after(afresh, event.opened_on, excluded=state.excluded, earlier=state.earlier | state.took_part)
        case VisitAnnounced():  # a briefing is held right before the trip: not before the dates that do not stand
            return _after(state, event.announced_on, stage="announced", announced=event, briefing_on=None)
        case ReportStudied():
            return replace(state, studied=state.studied | {event.expert_id})
        case VisitStarted():
            took_part = state.took_part | set(state.expert_ids)
            told = {"took_part": took_part, "outings": (*state.outings, (event.started_on, state.announced))}
            return _after(state, event.started_on, stage="started", started_on=event.started_on, **told)
        case VisitInterrupted():  # the dates stand no more, and the experts prepare again
            return _after(state, event.interrupted_on, stage="interrupted", announced=None, briefing_on=None, studied=frozenset())
        case VisitCompleted():
            return _after(state, event.ended_on, stage="completed")
        case VisitReportSubmitted():
            return _after(state, event.submitted_on, stage="reported")
        case MaterialsSent():
            return replace(state, supplied=state.supplied | set(event.experts))
        case WebinarHeld():
            return replace(state, webinar_on=event.held_on)
        case BriefingHeld():
            return replace(state, briefing_on=event.held_on)
    return _evolve_standing(_evolve_check(_evolve_panel(state, event), event), event)


def _evolve_standing(state: Visit, event: Any) -> Visit:
    match event:
        case VisitSuspended():
            return replace(state, standing="suspended", standing_reason=event.reason, standing_since=event.suspended_on)
        case VisitResumed():
            return replace(state, standing="open", standing_reason=None, standing_since=None)
        case VisitClosed():
            return replace(state, standing="closed", standing_reason=event.reason, standing_since=event.closed_on)
    return state


def _evolve_panel(state: Visit, event: Any) -> Visit:
    match event:
        case PanelFormed():
            return _after(state, event.formed_on, stage="panel_formed", members=event.members)
        case CompositionTold():
            return replace(state, told=frozenset(event.experts), told_on=event.told_on)
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
            members = (*state.members, event.successor)
            under_way = state.stage in ("started", "completed")
            took_part = state.took_part | {event.successor.expert_id} if under_way else state.took_part
            return replace(state, members=members, vacancies=vacant, took_part=took_part)
        case PanelContinued():
            chaired = tuple(_chaired(seat, event.chair_id) for seat in state.members)
            return replace(state, members=chaired, vacancies=(), lacking=event.missing)
    return state


def _chaired(seat: PanelMember, chair_id: str | None) -> PanelMember:
    return seat.model_copy(update={"role": "chair"}) if seat.expert_id == chair_id else seat


def _vacated(state: Visit, expert_id: str) -> Visit:
    left = tuple(seat for seat in state.members if seat.expert_id == expert_id)
    stay = tuple(seat for seat in state.members if seat.expert_id != expert_id)
    return replace(state, members=stay, vacancies=(*state.vacancies, *left))


def _evolve_check(state: Visit, event: Any) -> Visit:
    match event:
        case ReportSentForCheck():
            return _after(state, event.sent_on, check=FactualCheck(event.sent_on))
        case FactualCheckAnswered() if state.check:
            return _after(state, event.answered_on, check=replace(state.check, corrections=event.corrections))
        case FactualCheckClosed() if state.check:
            return _after(state, event.closed_on, check=replace(state.check, closed=True))
    return state
