"""What the decision on a state attestation says by itself against each step that follows."""

from chassis.problems import Conflict, Refused
from regulations import Rulebook, enforces
from services.council.domain.attestation_rules import ATTESTATION, stage_clause
from services.council.domain.attestation_state import Attestation


def deciding(state: Attestation, book: Rulebook) -> None:
    """Once."""
    if state.decided:
        raise Conflict(f"order {state.decided.order_number} of {state.decided.decided_on} has decided on this attestation")


def telling(state: Attestation, book: Rulebook) -> None:
    """Once, and of a decision."""
    if state.decided is None:
        raise Conflict("nothing is decided on this attestation", accepts="the decision first")
    if state.told_on:
        raise Conflict(f"the organisation was told on {state.told_on}", accepts="a correction, where the day is wrong")


@enforces(ATTESTATION, "34")
def refused(state: Attestation, book: Rulebook) -> None:
    """Licence and fine are a matter of the decision not to attest alone."""
    if not state.is_refused:
        raise Refused(
            "there is no decision not to attest",
            clause=stage_clause(book, "suspension"),
            rulebook=book.id,
            accepts="the decision not to attest first",
        )


def suspending(state: Attestation, book: Rulebook) -> None:
    """Once."""
    refused(state, book)
    if state.suspended:
        raise Conflict(f"the licence was suspended on {state.suspended.suspended_on} until {state.suspended.until}")


def suspended(state: Attestation, book: Rulebook) -> None:
    """Only what was suspended ends, is restored or taken away."""
    if state.suspended is None:
        raise Conflict("the licence was not suspended", accepts="the suspension first")


def following(state: Attestation, book: Rulebook) -> None:
    """One of the two, once."""
    suspended(state, book)
    if state.restored_on:
        raise Conflict(f"the licence was restored on {state.restored_on}")
    if state.referred_on:
        raise Conflict(f"the licence was referred to the procedure of the law on {state.referred_on}")
