"""What monitoring does when it starts: the calendar changes with a release, and open deadlines then rest on an older one."""

import logging
from typing import get_args

from chassis.ids import derived_id
from chassis.problems import Problem
from chassis.service import Runtime
from regulations import calendar_for
from regulations.values import Country
from services.monitoring import handlers

log = logging.getLogger(__name__)

ACTOR = "service:monitoring"
_OUTDATED = """
SELECT agency, deadline_id FROM deadlines
WHERE state = 'open' AND source <> 'contract' AND calendar_version <> ALL($1)
ORDER BY due_on, deadline_id
"""


async def recompute_outdated(runtime: Runtime) -> int:
    """Recomputes every open deadline of every agency that rests on another calendar; how many. What is refused is left to a person."""
    versions = [calendar_for(country).version for country in get_args(Country)]
    outdated = await runtime.system.fetch(_OUTDATED, versions)
    done = 0
    for row in outdated:
        command_id = derived_id("recomputation", row["deadline_id"], *versions)
        ctx = await runtime.context(agency=row["agency"], actor=ACTOR, command_id=command_id)
        try:
            await handlers.recompute_deadline(ctx, row["deadline_id"])
            done += 1
        except Problem as problem:
            log.warning("deadline %s was not recomputed: %s", row["deadline_id"], problem.detail)
    if outdated:
        log.info("%d of %d deadlines recomputed by the present calendars", done, len(outdated))
    return done
