"""How often something may be done from one side."""

import pytest

from chassis.problems import TooManyRequests
from chassis.rate import Rate


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_up_to_a_burst_at_once_and_then_as_often_as_the_minute_gives_it_back() -> None:
    clock = Clock()
    rate = Rate(per_minute=6, burst=3, now=clock)
    for _ in range(3):
        rate.take("a")
    with pytest.raises(TooManyRequests) as refusal:
        rate.take("a")
    assert refusal.value.headers == {"Retry-After": "10"}
    clock.seconds = 9.9
    with pytest.raises(TooManyRequests):
        rate.take("a")
    clock.seconds = 10.1
    rate.take("a")
    with pytest.raises(TooManyRequests):
        rate.take("a")
    clock.seconds = 10_000
    for _ in range(3):
        rate.take("a")
    with pytest.raises(TooManyRequests):
        rate.take("a")


def test_one_side_takes_nothing_from_another_and_only_the_latest_are_remembered() -> None:
    rate = Rate(per_minute=1, burst=1, most=2, now=Clock())
    rate.take("a")
    rate.take("b")
    with pytest.raises(TooManyRequests):
        rate.take("a")
    rate.take("c")  # b, seen least lately, is let go
    with pytest.raises(TooManyRequests):
        rate.take("a")
    rate.take("b")
