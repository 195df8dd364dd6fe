"""The process in which a file is read: `python -m chassis.content.child`. What is needed for one kind of file is loaded for that alone."""

import json
import os
import resource
import sys
from contextlib import suppress


def main() -> None:
    """Reads the file on the standard input; tells on the standard output what it is."""
    asked = json.loads(sys.argv[1])
    confine(asked["memory"], asked["seconds"])
    from chassis.content.examine import examine
    from chassis.content.kinds import Limits, Unfit

    with os.fdopen(0, "rb", closefd=False) as file:
        try:
            answer = {"kind": examine(file, asked["name"], asked["declared"], Limits(**asked["limits"])).word}
        except Unfit as unfit:
            answer = {"word": unfit.word, "why": unfit.why}
    sys.stdout.write(json.dumps(answer))


def confine(memory: int, seconds: int) -> None:
    """Limits of this process, where the system knows such limits: memory, seconds of work, no file to write, no image of the memory."""
    for limit, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (most, most))


if __name__ == "__main__":
    main()
