"""The draw of a sample is arithmetic that anybody can repeat (attestation, p. 24 (c), 24 (d))."""

from fractions import Fraction
from hashlib import sha256
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.visits.domain.sampling import draw, in_lot, largest_remainder, shares

RULEBOOK = "kz-109-2008-attestation"
MARKS = ("excellent", "good", "satisfactory")
SEATS = 50

sizes = st.fixed_dictionaries({mark: st.integers(0, 400) for mark in MARKS}).filter(lambda found: sum(found.values()) >= SEATS)


def learners(of: dict[str, int]) -> dict[str, list[str]]:
    return {mark: [f"{mark}-{number}" for number in range(size)] for mark, size in of.items()}


@pytest.mark.clause(RULEBOOK, "24 (c)")
@given(sizes)
def test_a_sample_sums_to_its_size_and_nobody_gives_more_than_there_are(of: dict[str, int]) -> None:
    given_to, exact = largest_remainder(of, SEATS, MARKS), shares(of, SEATS)
    assert sum(given_to.values()) == SEATS
    assert all(given_to[mark] <= of[mark] for mark in MARKS)
    assert all(abs(given_to[mark] - exact[mark]) < 1 for mark in MARKS), "the whole part of the share, or one more"
    assert sum(exact.values()) == SEATS


@pytest.mark.clause(RULEBOOK, "24 (c)")
@given(sizes)
def test_who_gets_one_more_has_no_smaller_remainder_than_who_does_not(of: dict[str, int]) -> None:
    given_to, exact = largest_remainder(of, SEATS, MARKS), shares(of, SEATS)
    rest = {mark: exact[mark] - int(exact[mark]) for mark in MARKS}
    more = [mark for mark in MARKS if given_to[mark] > int(exact[mark])]
    less = [mark for mark in MARKS if mark not in more]
    assert all(
        rest[one] > rest[other] or (rest[one] == rest[other] and MARKS.index(one) < MARKS.index(other)) for one in more for other in less
    )


@given(sizes, st.text(max_size=40), st.randoms(use_true_random=False))
def test_the_order_of_the_list_changes_nothing(of: dict[str, int], seed: str, shuffle: Random) -> None:
    listed = learners(of)
    before = {each.standing: set(each.drawn) for each in draw(listed, SEATS, seed, MARKS)}
    for each in listed.values():
        shuffle.shuffle(each)
    assert {each.standing: set(each.drawn) for each in draw(listed, SEATS, seed, MARKS)} == before
    assert all(len(set(drawn)) == len(drawn) for drawn in before.values())


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        ({"excellent": 25, "good": 50, "satisfactory": 25}, (13, 25, 12)),  # 12.5 and 12.5: the better mark first
        ({"excellent": 1, "good": 1, "satisfactory": 98}, (1, 0, 49)),  # 0.5, 0.5 and 49
        ({"excellent": 10, "good": 30, "satisfactory": 20}, (8, 25, 17)),  # 8 1/3, 25, 16 2/3
        ({"excellent": 0, "good": 0, "satisfactory": 51}, (0, 0, 50)),
    ],
)
@pytest.mark.clause(RULEBOOK, "24 (c)")
def test_largest_remainders_are_filled_first_and_the_better_mark_where_they_are_equal(
    of: dict[str, int], expected: tuple[int, ...]
) -> None:
    assert tuple(largest_remainder(of, SEATS, MARKS).values()) == expected


def test_the_other_reading_fills_the_worse_mark_first() -> None:
    of = {"excellent": 25, "good": 50, "satisfactory": 25}
    assert tuple(largest_remainder(of, SEATS, MARKS[::-1]).values()) == (12, 25, 13)


def test_the_lot_is_the_algorithm_that_is_told() -> None:
    names = ["a", "b", "c", "d", "e"]
    by_hand = sorted(names, key=lambda name: sha256(b"2009:" + name.encode()).hexdigest())
    assert in_lot(names, "2009") == by_hand
    assert in_lot(names, "2010") != by_hand
    (drawn,) = draw({"good": names}, 3, "2009", MARKS)
    assert (drawn.drawn, drawn.quota) == (tuple(by_hand[:3]), Fraction(3))


def test_nobody_draws_more_than_there_are() -> None:
    with pytest.raises(ValueError, match="nobody can draw 50"):
        largest_remainder({"good": 49}, SEATS, MARKS)
