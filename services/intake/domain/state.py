"""An application and its case as they stand, folded from their facts. No rule is decided here."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from chassis.documents import Document
from services.intake.contract import (
    ApplicationFiled,
    ApplicationRegistered,
    ApplicationWithdrawn,
    CaseClosed,
    CaseDiscontinued,
    CaseReopened,
    CaseResumed,
    CaseScheduled,
    CaseSuspended,
    ContractConcluded,
    ContractDrawnUp,
    ContractSigned,
    ContractTerminated,
    CoordinatorAppointed,
    DocumentAttached,
    FirstTimeStated,
    PreliminaryTripMade,
    ProcurementCompleted,
    TrainingSeminarHeld,
)
from services.intake.domain.agreement import Contract
from services.intake.domain.preparation import Preparation

Stage = Literal["", "filed", "registered", "contracted", "withdrawn", "terminated", "discontinued", "closed"]

#: The stages of an open case, and with `filed` those in which something is still to come.
OPEN: tuple[Stage, ...] = ("registered", "contracted")
UNDECIDED: tuple[Stage, ...] = ("filed", *OPEN)


@dataclass(frozen=True)
class Application:
    """An application as it stands; `stage` is empty before the filing, `without_decision` tells how a case ended that nobody decided,
    `closed_from` to which stage a reopening leads back."""

    stage: Stage = ""
    filed: ApplicationFiled | None = None
    documents: tuple[Document, ...] = ()
    contract: Contract = field(default_factory=Contract)
    preparation: Preparation = field(default_factory=Preparation)
    scheduled: tuple[int, int] | None = None
    suspended: CaseSuspended | None = None
    without_decision: Stage = ""
    closed_from: Stage = ""

    @property
    def institution_id(self) -> str:
        """Whose application it is."""
        return self.filed.institution_id if self.filed else ""

    @property
    def case_id(self) -> str:
        """The id of the case in every service."""
        return self.filed.case_id if self.filed else ""


def evolve(state: Application, event: Any) -> Application:
    """The state after a fact."""
    match event:
        case ApplicationFiled():
            return Application(stage="filed", filed=event, documents=event.documents)
        case DocumentAttached():
            return replace(state, documents=(*state.documents, event.document))
        case ApplicationRegistered():
            return replace(state, stage="registered")
        case ContractDrawnUp():
            return replace(state, contract=replace(state.contract, draft=event))
        case ProcurementCompleted():
            return replace(state, contract=replace(state.contract, procurement=event))
        case ContractSigned():
            contract = replace(state.contract, number=event.contract_number, signed=(*state.contract.signed, event.side))
            return replace(state, contract=replace(contract, first_signed_on=contract.first_signed_on or event.signed_on))
        case ContractConcluded():
            contract, known = replace(state.contract, number=event.contract_number), replace(state.preparation, first_time=event.first_time)
            return replace(state, stage="contracted", contract=contract, preparation=known)
        case FirstTimeStated():
            return replace(state, preparation=replace(state.preparation, first_time=event.first_time))
        case CoordinatorAppointed():
            return replace(state, preparation=replace(state.preparation, coordinator_id=event.coordinator_id))
        case PreliminaryTripMade():
            return replace(state, preparation=replace(state.preparation, trip=True, trip_days=(event.starts_on, event.ends_on)))
        case TrainingSeminarHeld():
            held = (*state.preparation.seminars, (event.subject, event.held_on))
            return replace(state, preparation=replace(state.preparation, seminars=held))
        case CaseScheduled():
            return replace(state, scheduled=(event.year, event.month))
        case CaseSuspended():
            return replace(state, suspended=event)
        case CaseResumed():
            return replace(state, suspended=None)
        case ApplicationWithdrawn():
            return _ended(state, "withdrawn")
        case ContractTerminated():
            return _ended(state, "terminated")
        case CaseDiscontinued():
            return _ended(state, "discontinued")
        case CaseClosed():
            return replace(state, stage="closed", closed_from=state.stage)
        case CaseReopened():
            return replace(state, stage=state.closed_from)
    return state


def _ended(state: Application, how: Stage) -> Application:
    return replace(state, stage=how, without_decision=how, suspended=None)
