"""The commission of a state attestation, as the control of knowledge sees it: who sits there, what is attested, whether a joint commission
marks works. Nothing is decided of it here."""

from collections.abc import Sequence
from typing import Any, ClassVar

from chassis.decider import Decider, no_rules
from chassis.events import Event
from chassis.problems import Forbidden
from services.visits.domain.commission_guards import open_still as open_still
from services.visits.domain.commission_state import AttestationVisit, evolve


class _Seen(Decider[AttestationVisit, None]):
    """Only read, and never remembered: the stream is another decider's."""

    remembered: ClassVar[bool] = False


def _nothing(_command: Any, _state: AttestationVisit, _rules: None) -> Sequence[Event]:
    return []


COMMISSION: Decider[AttestationVisit, None] = _Seen("attestation", AttestationVisit(), _nothing, evolve, no_rules)


def must_be_of_commission(visit: AttestationVisit, expert_id: str) -> None:
    """Forbidden for somebody who does not sit in the commission of this attestation."""
    if expert_id not in visit.expert_ids:
        raise Forbidden("of the commission of this attestation, its members alone may do this")
