"""What the rulebook of internal monitoring says of collecting information, for surveys, talks, analyses and registers alike."""

from collections.abc import Iterable

from chassis.problems import Conflict, Refused
from regulations import Rulebook, enforces
from services.monitoring.domain.internal_rules import ARTKI, GROUPS, check_goals, check_past, invalid

STAFF = "staff"
INTERNAL = "internal_monitoring"  # a word of `check_sources`

__all__ = [
    "ARTKI",
    "check_cycle_needed",
    "check_goals",
    "check_groups",
    "check_open",
    "check_past",
    "check_source",
    "check_word",
    "groups",
    "invalid",
]


def groups(rules: Rulebook) -> tuple[str, ...]:
    """Who is asked: the stakeholders that the text names, and the staff (3.3.2, 6.1.s1)."""
    return (*rules.vocabularies.get(GROUPS, {}), STAFF)


@enforces(ARTKI, "6.1.s1")
def check_groups(rules: Rulebook, named: Iterable[str], at: str) -> None:
    """Each is a group of the text or the staff, named once; there is one at least. That one was not reached stops nothing."""
    wanted, known = list(named), groups(rules)
    if not wanted or len(set(wanted)) != len(wanted) or not set(wanted) <= set(known):
        raise invalid(at, f"no such groups: {', '.join(wanted) or 'none is named'}", f"some of {', '.join(known)}, each once")


def check_word(rules: Rulebook, vocabulary: str, word: str, at: str) -> None:
    """A word of a vocabulary of the rulebook."""
    known = rules.vocabularies.get(vocabulary, {})
    if word not in known:
        raise invalid(at, f"no word of {vocabulary}: {word}", f"one of {', '.join(known)}")


def check_open(cycle_closed: bool) -> None:
    """Refused for a cycle in which nothing more is asked of anybody."""
    if cycle_closed:
        raise Conflict("the cycle is closed: what is collected now belongs to a later one")


@enforces(ARTKI, "2.2.1")
def check_cycle_needed(cycle_id: str | None, rules: Rulebook) -> None:
    """Analysis is logged through the year, outside a cycle too, unless the agency reads "regularly" as once in each cycle."""
    setting = rules.settings.get("continuous_analysis")
    if cycle_id is None and setting is not None and setting.value == "in_cycle":
        raise Refused("by this rulebook documents are analysed in a cycle", clause="2.2.1", rulebook=rules.id, accepts="its cycle_id")


@enforces(ARTKI, "2.2.3")
def check_source(source: str, rules: Rulebook) -> None:
    """Recommendations of every earlier check count, unless the agency reads the word as its own monitoring alone."""
    check_word(rules, "check_sources", source, "#/source")
    setting = rules.settings.get("earlier_checks")
    if setting is not None and setting.value == INTERNAL and source != INTERNAL:
        raise Refused(
            "by this rulebook earlier checks are earlier internal monitoring",
            clause="2.2.3",
            rulebook=rules.id,
            accepts=f"source {INTERNAL}",
        )
