"""Who of the learners of a specialty is controlled (attestation, p. 24 (c), 24 (d)): pure arithmetic that anybody can repeat.

How many of each mark: Hamilton's method. The size is shared out in proportion, in exact fractions; everybody gets the whole part of his
share, and the largest remainders one more each until the size is reached; equal remainders go by the order of the marks.
Who of each mark: the learners stand in the order of SHA-256 of `<seed>:<learner_id>` (UTF-8, in hex), and the first ones are drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256

ALGORITHM = (
    "By marks: size times learners of the mark over learners of all marks, as exact fractions; the whole parts, then one more for each of "
    "the largest remainders until the size is reached; equal remainders in the order of the shares. Within a mark: learners in the order "
    "of SHA-256 of '<seed>:<learner_id>' (UTF-8, lower-case hex), the first ones."
)


@dataclass(frozen=True)
class Stratum:
    """The learners of one mark: their exact share of the sample, and who of them is drawn."""

    standing: str
    learners: int
    quota: Fraction
    drawn: tuple[str, ...]


def largest_remainder(sizes: Mapping[str, int], seats: int, order: Sequence[str]) -> dict[str, int]:
    """`seats` shared out among the strata of `sizes`; equal remainders by their place in `order`. ValueError for more seats than people."""
    whole = sum(sizes.values())
    if not 0 <= seats <= whole:
        raise ValueError(f"of {whole} nobody can draw {seats}")
    quotas = shares(sizes, seats)
    given = {name: int(quota) for name, quota in quotas.items()}
    rank = {name: place for place, name in enumerate(order)}
    next_ones = sorted(quotas, key=lambda name: (given[name] - quotas[name], rank[name]))
    for name in next_ones[: seats - sum(given.values())]:
        given[name] += 1
    return given


def shares(sizes: Mapping[str, int], seats: int) -> dict[str, Fraction]:
    """The exact share of each stratum."""
    whole = sum(sizes.values())
    return {name: Fraction(seats * size, whole) if whole else Fraction(0) for name, size in sizes.items()}


def in_lot(learners: Sequence[str], seed: str) -> list[str]:
    """The learners in the order of the lot, whatever order they were listed in."""
    return sorted(learners, key=lambda learner: (sha256(f"{seed}:{learner}".encode()).hexdigest(), learner))


def draw(strata: Mapping[str, Sequence[str]], seats: int, seed: str, order: Sequence[str]) -> tuple[Stratum, ...]:
    """Who is drawn of each stratum, in the order of `strata`. ValueError for more seats than people."""
    sizes = {name: len(learners) for name, learners in strata.items()}
    given, quotas = largest_remainder(sizes, seats, order), shares(sizes, seats)
    return tuple(
        Stratum(name, sizes[name], quotas[name], tuple(in_lot(learners, seed)[: given[name]])) for name, learners in strata.items()
    )


def everybody(strata: Mapping[str, Sequence[str]]) -> tuple[Stratum, ...]:
    """All of them."""
    return tuple(Stratum(name, len(each), Fraction(len(each)), tuple(each)) for name, each in strata.items())
