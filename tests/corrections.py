"""A day of the past put right, in tests that let an aggregate live through a random life."""

from datetime import date, timedelta
from typing import Any

from chassis.corrected import right_history
from chassis.corrections import Correctable, CorrectFact
from chassis.events import Event
from chassis.problems import Problem


def days_put_right(how: Correctable, history: list[Event], number: int, days: int, now: dict[str, Any], today: date) -> list[Event]:
    """Moves every day of one fact that can be corrected, each by so many days: the first such fact from place `number` on, round and round.

    What is refused leaves no trace; what is not is appended to `history`, which is answered.
    """
    past = right_history(history)
    version = next(place for place in range(number, number + len(past)) if past[place % len(past)].correctable) % len(past) + 1
    wrong = past[version - 1]
    for name in sorted(name for name in wrong.correctable if name.endswith("_on")):
        right = {name: (getattr(wrong, name) + timedelta(days=days)).isoformat()}
        command = CorrectFact(**now, corrects="e", version=version, corrected=right, reason="Typed", corrected_on=today)
        try:
            history += how.decider.decide(command, tuple(history), None)
        except Problem:
            continue
    return history
