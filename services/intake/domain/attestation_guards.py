"""What the state of an attestation alone says against a step, whatever its body."""

from chassis.problems import Conflict, Refused
from regulations import enforces
from services.intake.contract import ATTESTATION
from services.intake.domain.attestation_rules import Rules
from services.intake.domain.attestation_state import Attestation


def scheduling(state: Attestation, _rules: Rules) -> None:
    """Once for an organisation, a kind and a year."""
    if state.stage == "cancelled":
        raise Conflict(f"this attestation of {state.year} was taken out of the schedule")


def _open(state: Attestation) -> None:
    if state.stage != "scheduled":
        raise Conflict(f"this attestation is {state.stage}")


@enforces(ATTESTATION, "12", "14")
def telling(state: Attestation, _rules: Rules) -> None:
    """Once of the dates, and once more of each amendment."""
    _open(state)
    if state.told is not None:
        raise Conflict(f"the organisation was told of {state.told.starts_on} on {state.told.told_on}")


@enforces(ATTESTATION, "13.1")
def requesting(state: Attestation, _rules: Rules) -> None:
    """One request at a time."""
    _open(state)
    if state.request is not None:
        raise Conflict(f"request {state.request.request} of {state.request.requested_on} is not answered yet")


@enforces(ATTESTATION, "13.1")
def declining(state: Attestation, rules: Rules) -> None:
    """Of a request that awaits its answer."""
    _open(state)
    if state.request is None:
        raise Refused(
            "no request of the organisation awaits an answer", clause="13.1", rulebook=rules.rulebook.id, accepts="a request first"
        )


def amending(state: Attestation, _rules: Rules) -> None:
    """Of an attestation that has its place."""
    _open(state)


def cancelling(state: Attestation, _rules: Rules) -> None:
    """Of an attestation that has its place."""
    _open(state)


@enforces(ATTESTATION, "21")
def announcing(state: Attestation, _rules: Rules) -> None:
    """Once, and anew when the dates have changed."""
    _open(state)
    if state.announced is not None and (state.placed_on is None or state.announced.announced_on >= state.placed_on):
        raise Conflict(f"the commission's work was announced on {state.announced.announced_on}")
