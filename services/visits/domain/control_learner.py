"""Who a pseudonym of a control is: a stream for each learner, sealed under his own key, and said once."""

from collections.abc import Sequence
from typing import Any

from chassis.decider import Command, Decider, no_rules
from chassis.events import Event
from services.visits.contract import LearnerNamed


class NameLearner(Command):
    """The organisation said who a pseudonym is."""

    records = (LearnerNamed,)

    learner_id: str
    control_id: str
    attestation_id: str
    institution_id: str
    code: str
    name: str | None = None


def decide(command: NameLearner, named: bool, _rules: None) -> Sequence[Event]:
    """Once."""
    return [] if named else [LearnerNamed(**command.model_dump(exclude={"at", "by"}))]


def _named(_state: bool, _event: Any) -> bool:
    return True


LEARNER: Decider[bool, None] = Decider("learner", False, decide, _named, no_rules)
