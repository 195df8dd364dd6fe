"""Dates of a scenario, and references to names in its data."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from string import Formatter
from typing import Any

from cli.scenario import Amount, DateRule
from regulations import Rulebook, calendar_for, compute, possible_from
from regulations.deadlines import add_months

_ALONE = re.compile(r"\{([a-z0-9_.]+)\}")


def reckon(rule: DateRule, known: Mapping[str, Any], rulebook: Rulebook) -> date:
    """The date of a rule, given those that are known by name."""
    day: date = rule.day or known[rule.after]
    if rule.next is not None:
        month, of_month = map(int, rule.next.split("-"))
        this_year = day.replace(month=month, day=of_month)
        day = this_year if this_year >= day else this_year.replace(year=day.year + 1)
    if rule.term is not None:
        bars = rulebook.terms[rule.term].nature == "not_before"
        day = possible_from(rulebook, rule.term, day) if bars else compute(rulebook, rule.term, day).due_on
    return later(day, rule, rulebook)


def later(day: date, by: Amount, rulebook: Rulebook) -> date:
    """The day that comes so much after `day`: years and months, then calendar days, then working days."""
    calendar = calendar_for(rulebook.country)
    day = add_months(day, by.years * 12 + by.months) + timedelta(days=by.days)
    if by.working_days:
        day = calendar.add_working_days(day, by.working_days)
    return calendar.next_working_day(day) if by.working else day


class _Names(Formatter):
    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Any, str]:
        """A name, or a part of it: of a date its year, of a document its hash."""
        name, _, part = field_name.partition(".")
        found = kwargs[name]
        return (found[part] if part and isinstance(found, dict) else getattr(found, part) if part else found), name


def filled(value: Any, names: Mapping[str, Any]) -> Any:
    """`value` with every `{name}` and `{date.year}` in its strings replaced; a string that is one name alone takes the value's own type."""
    if isinstance(value, dict):
        return {key: filled(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, names) for item in value]
    if not isinstance(value, str):
        return value
    alone = _ALONE.fullmatch(value)
    if alone is None:
        return _Names().vformat(value, (), names)
    found, _ = _Names().get_field(alone[1], (), names)
    return found.isoformat() if isinstance(found, date) else found


def member(content: Any, path: str) -> Any:
    """What stands at a path such as `items.0.number`; None where there is nothing."""
    for part in path.split("."):
        if isinstance(content, list):
            content = content[int(part)] if part.isdigit() and int(part) < len(content) else None
        else:
            content = content.get(part) if isinstance(content, dict) else None
        if content is None:
            return None
    return content


def alike(expected: Any, seen: Any) -> bool:
    """Whether what is seen is what was expected: of keys with values only those that are named count."""
    if isinstance(expected, dict):
        return isinstance(seen, dict) and all(key in seen and alike(value, seen[key]) for key, value in expected.items())
    if isinstance(expected, list):
        return isinstance(seen, list) and len(expected) == len(seen) and all(map(alike, expected, seen))
    return bool(expected == seen) or (not isinstance(expected, bool | dict | list) and str(expected) == str(seen))
