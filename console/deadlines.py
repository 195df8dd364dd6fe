"""Deadlines as people read them: the name of what is due, who is waited on, and how near the day is. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from console.i18n import N_
from regulations import RulebookRef, RulebookUnknown, calendar_for, local_date, resolve
from regulations.rulebook import Rulebook

Group = Literal["overdue", "today", "week", "later", "still"]
GROUPS: dict[Group, str] = {
    "overdue": N_("Overdue"),
    "today": N_("Due today"),
    "week": N_("Due within seven days"),
    "later": N_("Later"),
    "still": N_("Suspended: the clock stands still"),
}
NOBODY = N_("nobody")
_CONTRACT = "contract:"


@dataclass(frozen=True)
class Due:
    """One deadline of the register on the day `today` of its own zone. `days_left` counts working days after today up to the due day;
    `days_late` calendar days after it."""

    item: Mapping[str, Any]
    names: Mapping[str, str]
    party: Mapping[str, str]
    due_on: date
    today: date
    group: Group
    days_left: int
    days_late: int

    @property
    def anchor(self) -> str:
        """The anchor of the deadline on its case's page."""
        return f"deadline-{self.item['deadline_id']}"


def due(item: Mapping[str, Any], now: datetime) -> Due:
    """A deadline of the register, read at the legal time `now`."""
    rules = rulebook_of(item)
    today, due_on = local_date(now, item["zone"]), date.fromisoformat(item["due_on"])
    left = 0
    if rules is not None and due_on > today:
        left = calendar_for(rules.country).working_days_between(today, due_on) - calendar_for(rules.country).is_working_day(today)
    group = _group(item, due_on, today)
    return Due(
        item, _names(rules, item["rule"]), _party(rules, item["binds"]), due_on, today, group, left, max(0, (due_on - today).days * -1)
    )


def grouped(items: Iterable[Mapping[str, Any]], now: datetime) -> dict[Group, list[Due]]:
    """Deadlines by how near they are, each group by its day; empty groups are left out."""
    found: dict[Group, list[Due]] = {group: [] for group in GROUPS}
    for each in sorted((due(item, now) for item in items), key=lambda one: (one.due_on, one.item["deadline_id"])):
        found[each.group].append(each)
    return {group: dues for group, dues in found.items() if dues}


def rulebook_of(item: Mapping[str, Any]) -> Rulebook | None:
    """The rulebook of a deadline; None if this console does not have that edition."""
    try:
        return resolve(RulebookRef.model_validate(item["rulebook"]))
    except (RulebookUnknown, LookupError, ValueError):
        return None


def _group(item: Mapping[str, Any], due_on: date, today: date) -> Group:
    if item["state"] == "suspended":
        return "still"
    if due_on < today or item["state"] == "missed":
        return "overdue"
    if due_on == today:
        return "today"
    return "week" if (due_on - today).days <= 7 else "later"


def _names(rules: Rulebook | None, rule: str) -> Mapping[str, str]:
    if rules is not None and rule.startswith(_CONTRACT):
        step = rule.removeprefix(_CONTRACT).partition("/")[0]
        return next((stage.names.model_dump() for stage in rules.stages if stage.id == step), {})
    if rules is not None and rule in rules.terms:
        return rules.terms[rule].names.model_dump()
    return {}


def _party(rules: Rulebook | None, word: str) -> Mapping[str, str]:
    return rules.parties[word].model_dump() if rules is not None and word in rules.parties else {}
