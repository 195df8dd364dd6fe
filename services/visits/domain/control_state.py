"""A control of learners' knowledge as it stands, and how each fact changes it. Learners are pseudonyms here."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from regulations import RulebookRef
from services.visits.contract import (
    ControlConcluded,
    ControlOpened,
    DisciplinesApproved,
    DisciplinesProposed,
    LearnersForgotten,
    LearnersListed,
    ListedLearner,
    ResultsRecorded,
    SampleDrawn,
    TestResult,
)

ControlStage = Literal["opened", "listed", "drawn", "recorded", "concluded"]


@dataclass(frozen=True)
class Control:
    """A control as it stands: its stage, None before it is opened. `proposed_on` and `approved_on` are of the list of disciplines;
    `forgotten` are learners whose keys were, or are being, deleted."""

    control_id: str = ""
    attestation_id: str = ""
    institution_id: str = ""
    rulebook: RulebookRef | None = None
    specialty: str | None = None
    unit: str = ""
    level: str = ""
    form: str = ""
    stage: ControlStage | None = None
    proposed_on: date | None = None
    approved_on: date | None = None
    learners: tuple[ListedLearner, ...] = ()
    drawn: tuple[str, ...] = ()
    rounds: int = 0
    results: tuple[TestResult, ...] = ()
    forgotten: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()

    @property
    def ids(self) -> dict[str, str]:
        """What every later fact carries."""
        return {"control_id": self.control_id, "attestation_id": self.attestation_id, "institution_id": self.institution_id}


def evolve(state: Control, event: Any) -> Control:
    """The control after a fact."""
    match event:
        case ControlOpened():
            told = {name: getattr(event, name) for name in ControlOpened.model_fields if name != "opened_on"}
            return Control(stage="opened", **told)
        case DisciplinesProposed():
            return replace(state, proposed_on=event.proposed_on)
        case DisciplinesApproved():
            return replace(state, approved_on=event.approved_on)
        case LearnersListed():
            ids = frozenset(each.learner_id for each in event.learners)
            return replace(state, stage="listed", learners=event.learners, known=state.known | ids)
        case SampleDrawn():
            return replace(state, stage="drawn", drawn=event.drawn)
        case ResultsRecorded():
            return replace(state, stage="recorded", rounds=event.round, results=event.results)
        case ControlConcluded():
            return replace(state, stage="concluded")
        case LearnersForgotten():
            return replace(state, forgotten=state.forgotten | frozenset(event.learners))
    return state
