"""One measurement in a process of its own: `python -m bench store '{"seconds": 1}'` prints its results as JSON."""

import asyncio
import os
import sys
from importlib import import_module

import orjson
import uvloop

from bench.results import ALONE, KINDS, Sizes
from chassis.settings import settings


def main(kind: str, sizes: str = "{}") -> None:
    """Runs one kind against the stack that the environment names."""
    if kind not in (*KINDS, *ALONE):
        raise SystemExit(f"{kind!r} is none of {', '.join((*KINDS, *ALONE))}")
    given = orjson.loads(sizes)
    if "writers" in given:
        given["writers"] = tuple(given["writers"])
    # uvloop cannot start a process as another user, as the stacks of those who make their own do where root runs them
    loop = None if kind in ALONE else uvloop.new_event_loop
    with asyncio.Runner(loop_factory=loop) as runner:
        results = runner.run(import_module(f"bench.{kind}").measure(settings(), Sizes(**given)))
    print(orjson.dumps([result.as_json() for result in results]).decode(), flush=True)
    os._exit(0)  # the Temporal SDK may abort an interpreter that finalizes


if __name__ == "__main__":
    main(*sys.argv[1:])
