"""Commands through the handler against raw inserts, at some concurrencies."""

from bench.rates import Step, rate, raw_writers
from bench.results import Result, Sizes, middle
from bench.subject import open_subject, telemetry_as_in_a_service
from chassis.settings import Settings

TARGET = 0.6


async def measure(using: Settings, sizes: Sizes) -> list[Result]:
    """Events a second at each number of writers; the rounds of both sides take turns."""
    results = []
    async with telemetry_as_in_a_service(using), open_subject(using) as subject:

        async def step() -> None:
            await subject.append("bench")

        for writers in sizes.writers:
            async with raw_writers(using, writers) as bare, raw_writers(using, writers, same_table=True) as same:
                sides: list[list[Step]] = [[step] * writers, bare, same]
                rounds = [[await rate(side, sizes.seconds) for side in sides] for _ in range(sizes.rounds + 1)][1:]  # the first warms up
            ours, theirs, alike = (middle(rates) for rates in zip(*rounds, strict=True))
            name = f"store: commands, {writers} at once"
            results.append(Result(name, ours, theirs, f"asyncpg, bare table ×{writers}", "events/s", TARGET))
            results.append(Result(name, ours, alike, f"asyncpg, same table ×{writers}", "events/s", None))
    return results
