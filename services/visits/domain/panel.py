"""The panel of a visit: its seats by the rulebook, the institution's objections, those who leave and who takes their seats
(order 109, p. 14; IQAA, S2.a, S2.c)."""

from collections.abc import Mapping, Sequence
from datetime import date

from chassis.decider import Command
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Invalid, Refused
from regulations import enforces
from regulations.values import Composition
from services.visits.contract import (
    CompositionTold,
    Employment,
    ExpertDroppedOut,
    ExpertObjected,
    ExpertReplaced,
    ObjectionDecided,
    PanelFormed,
    PanelMember,
)
from services.visits.domain.conflicts import PANEL, Known, conflict_clause, judge, panel_clause
from services.visits.domain.dates import IQAA, ORDER_109, Rules, clause_of
from services.visits.domain.state import Visit

FORMED_FROM = "panel_formation_from"
FINAL_VERSION = "final_version"

Faults = list[dict[str, str]]


class FormPanel(Command):
    """Forms the commission; `affiliations` holds, for every member that the pool knows, the institutions he is bound to.

    What else the pool knows stands beside it. `despite_conflicts` is why experts are seated in spite of what the check finds,
    `final_version_on` the day on which the final version of the self-assessment report was accepted, if it was.
    """

    records = (PanelFormed,)

    members: tuple[PanelMember, ...]
    statute_act: str | None = None
    affiliations: Mapping[str, tuple[str, ...]]
    categories: Mapping[str, tuple[str, ...]] = {}
    employments: Mapping[str, tuple[Employment, ...]] = {}
    despite_conflicts: str | None = None
    final_version_on: date | None = None


class TellComposition(Command):
    """Tells the institution who is in the panel."""

    records = (CompositionTold,)


class ObjectToExpert(Command):
    """The institution asks for another expert, in writing and with grounds."""

    records = (ExpertObjected,)

    expert_id: str
    grounds: str
    document: Document


class DecideObjection(Command):
    """The agency's decision on the objection."""

    records = (ObjectionDecided,)

    expert_id: str
    upheld: bool
    reasons: str


class DropOut(Command):
    """An expert cannot take part or go on."""

    records = (ExpertDroppedOut,)

    expert_id: str
    reason: str


class ReplaceExpert(Command):
    """Seats `successor` where `expert_id` left; what the pool knows comes as for the whole panel."""

    records = (ExpertReplaced,)

    expert_id: str
    successor: PanelMember
    affiliations: Mapping[str, tuple[str, ...]]
    categories: Mapping[str, tuple[str, ...]] = {}
    employments: Mapping[str, tuple[Employment, ...]] = {}
    despite_conflicts: str | None = None


def known_to(command: FormPanel | ReplaceExpert, state: Visit) -> Known:
    """The facts that came with a command, and who took part in an earlier visit. Who forms a panel co-ordinates the case."""
    return Known(command.affiliations, command.categories, command.employments, frozenset({command.by}), state.earlier)


@enforces(ORDER_109, "14 (a)")
@enforces(IQAA, "S2.a")
def form(command: FormPanel, state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    """The commission: experts of the pool in the seats that the rulebook asks for, without a conflict that nobody answers for."""
    check_report_in(command.final_version_on, rules)
    faults = _faults(command.members, command, rules)
    if PANEL not in rules.rulebook.compositions and not command.statute_act:
        faults.append({"pointer": "#/statute_act", "detail": "the act that approves the statute of the commission is not named"})
    _raise(faults)
    check_composition(command.members, command.categories, rules)
    experts = [member.expert_id for member in command.members]
    _not_excluded(experts, state, rules)
    conflicts = judge(experts, state.institution_id, known_to(command, state), command.despite_conflicts, rules, on)
    return [
        PanelFormed(
            case_id=state.case_id,
            members=command.members,
            statute_act=command.statute_act,
            formed_on=on,
            conflicts=conflicts,
            despite_conflicts=command.despite_conflicts if conflicts else None,
        )
    ]


@enforces(IQAA, "S2.b")
def check_report_in(final_version_on: date | None, rules: Rules) -> None:
    """The panel is formed while the report is examined, from the first version on: with it the visit was opened.

    An agency may read the clause as an examination by the experts; then the final version comes first.
    """
    book = rules.rulebook
    if book.setting_if_any(FORMED_FROM) == FINAL_VERSION and final_version_on is None:
        raise Refused(
            "the final version of the self-assessment report is not accepted yet",
            clause=clause_of(book.settings[FORMED_FROM]),
            rulebook=book.id,
            accepts="the acceptance of the final version, then the formation of the panel",
        )


@enforces(IQAA, "S2.c.2")
def _not_excluded(experts: Sequence[str], state: Visit, rules: Rules) -> None:
    """Whom an objection removed does not come back, nor in a later visit of the same case."""
    out = [expert_id for expert_id in experts if expert_id in state.excluded]
    if out:
        raise Refused(
            f"{', '.join(out)} left the panel of this case upon an objection that was upheld",
            clause=conflict_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts="another expert",
            experts=out,
        )


def _raise(faults: Faults) -> None:
    """No clause speaks of these: a list that is no commission is an invalid request, not a refusal under a rulebook."""
    if faults:
        raise Invalid("; ".join(fault["detail"] for fault in faults), errors=faults)


def _faults(members: Sequence[PanelMember], known: FormPanel, rules: Rules) -> Faults:
    faults: Faults = []
    seen: set[str] = set()
    for index, member in enumerate(members):
        place = f"#/members/{index}"
        if member.expert_id in seen:
            faults.append({"pointer": f"{place}/expert_id", "detail": f"{member.expert_id} is named twice"})
        elif member.expert_id not in known.affiliations:
            faults.append({"pointer": f"{place}/expert_id", "detail": f"{member.expert_id} is not in the pool of experts"})
        else:
            faults += _category_faults(member, known.categories, rules, f"{place}/category")
        seen.add(member.expert_id)
    faults += chair_faults(sum(member.role == "chair" for member in members), rules, "#/members")
    minimum = rules.rulebook.setting_if_any("panel_size_minimum")
    if isinstance(minimum, int) and len(seen) < minimum:
        faults.append({"pointer": "#/members", "detail": f"the agency's commissions have at least {minimum} members"})
    return faults


def chair_faults(chairs: int, rules: Rules, pointer: str) -> Faults:
    """One member chairs; the agency's setting may leave that open."""
    optional = rules.rulebook.setting_if_any("panel_chair_required") is False
    if chairs == 1 or (optional and chairs == 0):
        return []
    most = "at most" if optional else "exactly"
    return [{"pointer": pointer, "detail": f"{most} one member chairs the commission; {chairs} are named as chair"}]


def _category_faults(member: PanelMember, carried: Mapping[str, tuple[str, ...]], rules: Rules, pointer: str) -> Faults:
    """Where the rulebook composes the panel, everybody sits in a category that he carries; elsewhere there are none."""
    composition = rules.rulebook.compositions.get(PANEL)
    if composition is None:
        unknown = f"this rulebook composes no panel of categories such as {member.category}"
        return [{"pointer": pointer, "detail": unknown}] if member.category else []
    if member.category is None:
        return []
    if member.category not in composition.requires:
        words = ", ".join(composition.requires)
        return [{"pointer": pointer, "detail": f"{member.category} is none of the rulebook's categories: {words}"}]
    if member.category not in carried.get(member.expert_id, ()):
        return [{"pointer": pointer, "detail": f"{member.expert_id} is not in the pool as {member.category}"}]
    return []


@enforces(IQAA, "S2.a")
def check_composition(
    seats: Sequence[PanelMember], carried: Mapping[str, tuple[str, ...]], rules: Rules, stated: Mapping[str, int] | None = None
) -> None:
    """Every category of the rulebook's composition has the members that it asks for; Refused with those that are missing.

    `stated` is what the panel goes on without by the director's statement.
    """
    composition = rules.rulebook.compositions.get(PANEL)
    if composition is None:
        return
    without = stated or {}
    _check_size(composition, len(seats) + sum(without.values()), rules)
    missing = beyond(without, missing_of(composition, seats, carried, rules))
    if missing:
        lacking = ", ".join(f"{count} of {composition.requires[category].names.en}" for category, count in missing.items())
        raise Refused(
            f"the panel lacks {lacking}",
            clause=clause_of(composition.requires[next(iter(missing))]),
            rulebook=rules.rulebook.id,
            accepts="a panel with at least "
            + ", ".join(f"{required.at_least} of {required.names.en}" for required in composition.requires.values()),
            missing=missing,
        )


def beyond(stated: Mapping[str, int], missing: Mapping[str, int]) -> dict[str, int]:
    """What is missing besides what the director has stated."""
    return {category: count - stated.get(category, 0) for category, count in missing.items() if count > stated.get(category, 0)}


def missing_of(
    composition: Composition, seats: Sequence[PanelMember], carried: Mapping[str, tuple[str, ...]], rules: Rules
) -> dict[str, int]:
    """How many members of each category the seats lack."""
    once = rules.rulebook.setting_if_any("panel_member_counts_once") is not False
    standing = [{seat.category} if once else {seat.category, *carried.get(seat.expert_id, ())} for seat in seats]
    return {
        category: required.at_least - count
        for category, required in composition.requires.items()
        if (count := sum(category in stands for stands in standing)) < required.at_least
    }


def _check_size(composition: Composition, size: int, rules: Rules) -> None:
    least, most = composition.minimum or 0, composition.maximum or size
    if not least <= size <= most:
        raise Refused(
            f"the panel would have {size} members",
            clause=clause_of(composition),
            rulebook=rules.rulebook.id,
            accepts=f"a panel of {f'at least {least}' if size < least else f'at most {most}'} members",
        )


@enforces(IQAA, "S2.a")
def no_vacancy(state: Visit, rules: Rules) -> None:
    """Refused while a seat is vacant."""
    if state.vacancies:
        left = ", ".join(seat.expert_id for seat in state.vacancies)
        raise Refused(
            f"a seat of the panel is vacant since {left} left it",
            clause=panel_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts="the replacement of the expert first",
            experts=[seat.expert_id for seat in state.vacancies],
        )


@enforces(IQAA, "S2.c.2")
def object_to(command: ObjectToExpert, state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    """The institution may ask for another expert in the place of each whom it was told of."""
    book = rules.rulebook
    if command.expert_id not in state.expert_ids or command.expert_id not in (state.told or ()):
        raise Refused(
            f"{command.expert_id} is none of the experts of whom the institution was told",
            clause=conflict_clause(book),
            rulebook=book.id,
            accepts="an objection to an expert of the composition that was told",
        )
    if command.expert_id in state.objected:
        raise Conflict(f"an objection to {command.expert_id} awaits its decision")
    fields = command.model_dump(include={"expert_id", "grounds"})
    return [ExpertObjected(case_id=state.case_id, document=command.document, objected_on=on, **fields)]


@enforces(IQAA, "S2.c.2")
def decide_objection(command: DecideObjection, state: Visit, on: date) -> Sequence[Event]:
    """The agency decides each objection, with reasons."""
    if command.expert_id not in state.objected:
        raise Conflict(f"no objection to {command.expert_id} awaits a decision")
    fields = command.model_dump(include={"expert_id", "upheld", "reasons"})
    return [ObjectionDecided(case_id=state.case_id, decided_on=on, **fields)]


@enforces(IQAA, "S2.c.2")
def no_open_objection(state: Visit, rules: Rules) -> None:
    """Refused while an objection awaits its decision."""
    if state.objected:
        raise Refused(
            f"the institution's objection to {', '.join(state.objected)} is not decided yet",
            clause=conflict_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts="the decision on it first",
            experts=list(state.objected),
        )


def drop_out(command: DropOut, state: Visit, on: date) -> Sequence[Event]:
    """An expert may leave, during the visit too."""
    if command.expert_id not in state.expert_ids:
        raise Conflict(f"{command.expert_id} holds no seat in this panel")
    fields = command.model_dump(include={"expert_id", "reason"})
    return [ExpertDroppedOut(case_id=state.case_id, dropped_on=on, **fields)]


@enforces(ORDER_109, "14 (a)")
@enforces(IQAA, "S2.a", "S2.c.2")
def replace_expert(command: ReplaceExpert, state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    """The successor is judged as the first panel was, and the panel with him; one removed by an objection does not come back."""
    successor = command.successor
    vacant = tuple(seat for seat in state.vacancies if seat.expert_id != command.expert_id)
    if vacant == state.vacancies:
        raise Conflict(f"no seat of {command.expert_id} is vacant in this panel")
    _not_excluded([successor.expert_id], state, rules)
    seats = (*state.members, *vacant, successor)
    faults = _category_faults(successor, command.categories, rules, "#/successor/category")
    if successor.expert_id in state.expert_ids:
        faults.append({"pointer": "#/successor/expert_id", "detail": f"{successor.expert_id} sits in the panel already"})
    elif successor.expert_id not in command.affiliations:
        faults.append({"pointer": "#/successor/expert_id", "detail": f"{successor.expert_id} is not in the pool of experts"})
    faults += chair_faults(sum(seat.role == "chair" for seat in seats), rules, "#/successor/role")
    _raise(faults)
    check_composition(seats, command.categories, rules, state.lacking)
    conflicts = judge([successor.expert_id], state.institution_id, known_to(command, state), command.despite_conflicts, rules, on)
    return [
        ExpertReplaced(
            case_id=state.case_id,
            expert_id=command.expert_id,
            successor=successor,
            conflicts=conflicts,
            despite_conflicts=command.despite_conflicts if conflicts else None,
            replaced_on=on,
        )
    ]
