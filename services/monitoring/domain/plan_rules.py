"""What a rulebook asks of the contents of a plan of measures, and from which day its term runs. The rest of it `profile` tells."""

from collections.abc import Sequence
from datetime import date

from regulations import Rulebook
from services.monitoring.domain import cycle_rules as of
from services.monitoring.domain.profile import PLAN

COUNTED_FROM, ORDER = "plan_counted_from", "order_received"

#: One thing that a plan holds, under the ids that rulebooks give it.
AGAINST = ("remark", "recommendation")
MEASURE = ("measure",)
TERM = ("term_of_removal", "planned_date")


def looked(rules: Rulebook) -> str:
    """The clause on the plan: where one would have looked for what the text does not say."""
    found = rules.documents.get(PLAN)
    return found.clause if found and found.clause else of.looked(rules)


def asked(rules: Rulebook, names: Sequence[str]) -> str | None:
    """The clause by which the text itself asks that a plan holds something; None where that is a reading or a practice."""
    found = rules.contents.get(PLAN, {})
    held = next((found[name] for name in names if name in found), None)
    return held.clause if held is not None and held.kind == "text" else None


def content(rules: Rulebook, names: Sequence[str]) -> str:
    """The clause to name when a plan lacks something: that which asks for it, else that on the plan."""
    return asked(rules, names) or looked(rules)


def counts_from(rules: Rulebook, order_received_on: date, conclusion_received_on: date) -> date:
    """The day from which the plan's term runs: the later of both receipts, unless the setting says that of the order alone."""
    if rules.setting_if_any(COUNTED_FROM) == ORDER:
        return order_received_on
    return max(order_received_on, conclusion_received_on)
