"""What a plan is told of the certificate's follow-up: facts, gathered from its stream."""

from dataclasses import dataclass

from chassis.context import Context
from regulations import RulebookRef
from services.monitoring.domain.followup import FOLLOWUP
from services.monitoring.domain.plan_measures import Certified


@dataclass(frozen=True)
class Followed:
    """What is known of the certificate, and the rulebook that the follow-up runs under by now; None: the one it was opened under."""

    certified: Certified
    rulebook: RulebookRef | None = None


async def followed(ctx: Context, followup_id: str) -> Followed:
    """For a plan: the kind, what was recommended and remarked, and the certificate's end, as they are by now."""
    facts, _ = await ctx.load(FOLLOWUP, followup_id)
    valid_until = facts.valid_until if facts.opened else None
    certified = Certified(kind=facts.kind, recommendations=facts.recommendations, valid_until=valid_until)
    return Followed(certified, facts.rulebook)
