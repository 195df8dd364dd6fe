"""Drawing real cases at random, so that anybody with the same cases and the same seed draws the same ones.

The population is put in the order of its ids (code points). Each case gets SHA-256 over the UTF-8 of `<seed>:<case id>`, lower-case hex;
those with the smallest are drawn, in that order.
"""

import hashlib
from collections.abc import Iterable, Sequence

from services.monitoring.contract import SampledCase

#: As the page of a sample tells it.
METHOD = (
    "Of all cases opened in the window, those whose SHA-256 of `<seed>:<case id>` (UTF-8, lower-case hex) is smallest, in that order. "
    "The population's hash is the SHA-256 of its case ids, in the order of their code points, joined by line feeds."
)


def draw(population: Iterable[SampledCase], seed: str, size: int) -> tuple[SampledCase, ...]:
    """`size` cases of the population, all of it where it has no more; whatever order it comes in."""
    return tuple(sorted(population, key=lambda case: (_digest(f"{seed}:{case.case_id}"), case.case_id))[:size])


def population_hash(population: Sequence[SampledCase]) -> str:
    """Tells one population from another."""
    return _digest("\n".join(sorted(case.case_id for case in population)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
