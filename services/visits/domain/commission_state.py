"""The commission of a state attestation and its work on the spot as they stand, and how each fact changes them."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from regulations import RulebookRef
from services.visits.contract import (
    AttestationCommissionChanged,
    AttestationCommissionFormed,
    AttestationResultsAnalysed,
    AttestationTasksAssigned,
    AttestationVisitClosed,
    AttestationVisitOpened,
    AttestationWorkBegan,
    AttestationWorkEnded,
    AttestedSpecialty,
    ChairInformed,
    Commissioner,
    JointCommissionFormed,
    NoteHandedOver,
    QuestionnairesHeld,
    Task,
)

CommissionStage = Literal["opened", "formed", "working", "ended", "closed"]
Profile = Literal["ordinary", "out_of_school", "special"]


@dataclass(frozen=True)
class AttestationVisit:
    """The commission as it stands: its stage, None before anything was opened.

    `members` are those who sit in it now, the chair among them; `notes` the last one of each object of study by each member. `days` has
    every day that a fact told of what had happened.
    """

    attestation_id: str = ""
    institution_id: str = ""
    rulebook: RulebookRef | None = None
    kind: str = ""
    levels: tuple[str, ...] = ()
    specialties: tuple[AttestedSpecialty, ...] = ()
    whole: bool = True
    state_owned: bool = False
    arts: bool = False
    profile: Profile = "ordinary"
    starts_on: date | None = None
    ends_on: date | None = None
    stage: CommissionStage | None = None
    members: tuple[Commissioner, ...] = ()
    chair_id: str | None = None
    lacking: tuple[str, ...] = ()
    approved_on: date | None = None
    tasks: tuple[Task, ...] = ()
    meeting_on: date | None = None
    started_on: date | None = None
    ended_on: date | None = None
    notes: tuple[NoteHandedOver, ...] = ()
    joint: JointCommissionFormed | None = None
    questionnaires: tuple[QuestionnairesHeld, ...] = ()
    analysed_on: date | None = None
    closed: AttestationVisitClosed | None = None
    days: tuple[date, ...] = ()

    @property
    def ids(self) -> dict[str, str]:
        """What every later fact carries."""
        return {"attestation_id": self.attestation_id, "institution_id": self.institution_id}

    @property
    def expert_ids(self) -> tuple[str, ...]:
        """Everybody who sits in the commission, the chair included: those who sign its conclusion."""
        return tuple(member.expert_id for member in self.members)

    @property
    def noted(self) -> frozenset[str]:
        """The objects of study on which there is a note."""
        return frozenset(note.object for note in self.notes)

    @property
    def studied_on(self) -> date | None:
        """The last day of which a note or questionnaires tell; None before there are any."""
        return max((*(note.handed_over_on for note in self.notes), *(each.held_on for each in self.questionnaires)), default=None)

    def assigned_to(self, expert_id: str) -> frozenset[str]:
        """The objects of study that a member was given."""
        return frozenset(task.object for task in self.tasks if task.expert_id == expert_id)


def evolve(state: AttestationVisit, event: Any) -> AttestationVisit:
    """The commission after a fact."""
    match event:
        case AttestationVisitOpened():
            return _opened(state, event)
        case AttestationCommissionFormed():
            seats = {"members": event.members, "chair_id": event.chair_id, "lacking": event.lacking}
            return _after(state, event.approved_on, stage="formed", approved_on=event.approved_on, **seats)
        case AttestationCommissionChanged():
            return _changed(state, event)
        case AttestationTasksAssigned():
            return _after(state, event.meeting_on, event.assigned_on, tasks=event.tasks, meeting_on=event.meeting_on)
        case AttestationWorkBegan():
            return _after(state, event.started_on, stage="working", started_on=event.started_on)
        case AttestationWorkEnded():
            return _after(state, event.ended_on, stage="ended", ended_on=event.ended_on)
        case AttestationVisitClosed():
            return replace(state, stage="closed", closed=event)
    return _at_work(state, event)


def _at_work(state: AttestationVisit, event: Any) -> AttestationVisit:
    match event:
        case ChairInformed():
            return _after(state, event.informed_on)
        case NoteHandedOver():
            others = tuple(note for note in state.notes if (note.object, note.expert_id) != (event.object, event.expert_id))
            return _after(state, event.handed_over_on, notes=(*others, event))
        case JointCommissionFormed():
            return _after(state, event.approved_on, joint=event)
        case QuestionnairesHeld():
            return _after(state, event.held_on, questionnaires=(*state.questionnaires, event))
        case AttestationResultsAnalysed():
            return _after(state, event.analysed_on, analysed_on=event.analysed_on)
    return state


def _opened(state: AttestationVisit, event: AttestationVisitOpened) -> AttestationVisit:
    """Opened once; again, with other days."""
    told = {name: getattr(event, name) for name in AttestationVisitOpened.model_fields if name != "opened_on"}
    return _after(state, event.opened_on, stage=state.stage or "opened", **told)


def _changed(state: AttestationVisit, event: AttestationCommissionChanged) -> AttestationVisit:
    """What a member was to study goes to his successor; to nobody, where he has none. Whom he sat with to mark works, sits with nobody."""
    stay = tuple(member for member in state.members if member.expert_id != event.left)
    joined = event.joined.expert_id if event.joined else None
    tasks = tuple(_handed_on(task, event.left, joined) for task in state.tasks if joined or task.expert_id != event.left)
    joint = state.joint
    broken = joint is not None and (event.left in (joint.chair_id, joint.member_id) or joint.chair_id != event.chair_id)
    return _after(
        state,
        event.changed_on,
        members=(*stay, event.joined) if event.joined else stay,
        chair_id=event.chair_id,
        lacking=event.lacking,
        tasks=tasks,
        joint=None if broken else joint,
    )


def _handed_on(task: Task, left: str | None, joined: str | None) -> Task:
    return task.model_copy(update={"expert_id": joined}) if task.expert_id == left else task


def _after(state: AttestationVisit, *days: date, **changes: Any) -> AttestationVisit:
    return replace(state, days=(*state.days, *days), **changes)
