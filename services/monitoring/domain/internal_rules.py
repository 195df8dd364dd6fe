"""What the agency's monitoring of itself asks of its rulebook: words, settings, contents, and the clause to name in a refusal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NoReturn

from chassis.problems import Invalid, Refused
from regulations import Cited, Rulebook, enforces
from services.monitoring.contract_internal import ARTKI
from services.monitoring.domain.cycle_rules import check_words, words

__all__ = ["ARTKI", "check_words", "words"]

PROCEDURE = "internal_monitoring"
PLAN, REPORT, IMPROVEMENT, MEETING, INFORMATION = (
    "monitoring_plan",
    "final_report",
    "improvement_plan",
    "discussion_record",
    "information_collected",
)
METHODS, MEANS, GROUPS, STATES = "collection_methods", "additional_means", "stakeholder_groups", "cycle_states"
REFUSED, FLAGGED, INCOMPLETE = "refused", "flagged", "incomplete"


@dataclass(frozen=True)
class Body:
    """Who works for the agency, and who of them sits in the commission, on the day of a command."""

    staff: frozenset[str] = frozenset()
    commission: frozenset[str] = frozenset()


def clause(rules: Rulebook, *cited: Cited | None) -> str:
    """The clause of the first of these that has one; else the first of the rulebook."""
    return next((each.clause for each in cited if each is not None and each.clause), next(iter(rules.clauses)))


def setting_clause(rules: Rulebook, name: str) -> str:
    """The clause of a setting."""
    return clause(rules, rules.settings.get(name))


def document_clause(rules: Rulebook, name: str) -> str:
    """The clause that asks for a document."""
    return clause(rules, rules.documents.get(name))


def stage_clause(rules: Rulebook, name: str) -> str:
    """The clause of a stage of the cycle."""
    return clause(rules, words(rules, STATES).get(name))


def staff_clause(rules: Rulebook, composition: str) -> str | None:
    """The clause by which a body is made up of staff; None where the rulebook does not ask for it."""
    found = rules.compositions.get(composition)
    needed = found.requires.get("staff") if found else None
    return needed.clause if needed else None


@enforces(ARTKI, "2.1", "2.2")
def goals(rules: Rulebook) -> tuple[str, ...]:
    """The goals and tasks that a cycle is planned for: the parts of a clause that is itself an aim."""
    aims = {each.id for each in rules.clauses.values() if each.level == "criterion"}
    return tuple(each for each in rules.clauses if each.rpartition(".")[0] in aims)


@enforces(ARTKI, "2.1", "2.1.1", "2.1.2", "2.1.3", "2.1.4", "2.2")
def check_goals(rules: Rulebook, given: Iterable[str], at: str) -> None:
    """Goals and tasks of the rulebook alone."""
    known = goals(rules)
    strange = sorted(set(given) - set(known))
    if strange:
        raise invalid(at, f"no such goals: {', '.join(strange)}", f"clauses of goals and tasks: {', '.join(known)}")


def check_staff(body: Body, given: Iterable[str], at: str) -> None:
    """People of the register of staff alone."""
    strange = sorted(set(given) - body.staff)
    if strange:
        raise invalid(at, f"not of the staff: {', '.join(strange)}", "ids of the register of staff, of those who work there by now")


@enforces(ARTKI, "3.2.s1", "3.2.s2", "4.3.s2")
def check_commission(rules: Rulebook, body: Body) -> None:
    """What the commission plans and controls needs one that stands, where the text has one."""
    if not body.commission and "commission" in rules.compositions:
        told = clause(rules, rules.compositions["commission"])
        refuse(rules, told, "no commission of internal monitoring stands", "a commission of the agency's staff first")


def check_once(given: Sequence[str], at: str) -> None:
    """Each named once."""
    twice = sorted({each for each in given if given.count(each) > 1})
    if twice:
        raise invalid(at, f"named twice: {', '.join(twice)}", "each once")


def check_past(day: date, today: date, at: str) -> None:
    """A day on which something was done is not to come."""
    if day > today:
        raise invalid(at, f"{day} is still to come", f"a day until {today}")


def required(rules: Rulebook, document: str) -> tuple[str, ...]:
    """What a document has in every case."""
    return tuple(name for name, section in rules.contents.get(document, {}).items() if section.when is None)


@enforces(ARTKI, "2.2.3")
def refuse_undetermined(rules: Rulebook, left: Sequence[str]) -> NoReturn:
    """The final report tells how far each earlier recommendation was fulfilled."""
    reason = f"how far they were fulfilled is not determined: {', '.join(left)}"
    told = clause(rules, rules.registers.get("recommendations"))
    refuse(rules, told, reason, "the degree of fulfilment of each earlier recommendation, in words", left)


def refuse(rules: Rulebook, clause_id: str, reason: str, accepts: str, missing: Sequence[str] = ()) -> NoReturn:
    """Raises the refusal by a rule."""
    raise Refused(reason, clause=clause_id, rulebook=rules.id, accepts=accepts, missing=list(missing) or None)


def invalid(at: str, reason: str, accepts: str) -> Invalid:
    """What is wrong with a member of the body."""
    return Invalid(reason, errors=[{"pointer": at, "detail": accepts}])
