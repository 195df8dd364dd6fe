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
from services.visits.domain.dates import IQAA, ORDER_109, Rules, clause_of, setting_of, stage_of
from services.visits.domain.state import BEFORE_THE_START, Visit

NOTICE_OF_PANEL = "panel_notice"

Faults = list[dict[str, str]]


class FormPanel(Command):
    """Forms the commission; `affiliations` holds, for every member that the pool knows, the institutions he is bound to.

    What else the pool knows stands beside it. `despite_conflicts` is why experts are seated in spite of what the check finds.
    """

    members: tuple[PanelMember, ...]
    statute_act: str | None = None
    affiliations: Mapping[str, tuple[str, ...]]
    categories: Mapping[str, tuple[str, ...]] = {}
    employments: Mapping[str, tuple[Employment, ...]] = {}
    despite_conflicts: str | None = None


class TellComposition(Command):
    """Tells the institution who is in the panel."""


class ObjectToExpert(Command):
    """The institution asks for another expert, in writing and with grounds."""

    expert_id: str
    grounds: str
    document: Document


class DecideObjection(Command):
    """The agency's decision on the objection."""

    expert_id: str
    upheld: bool
    reasons: str


class DropOut(Command):
    """An expert cannot take part or go on."""

    expert_id: str
    reason: str


class ReplaceExpert(Command):
    """Seats `successor` where `expert_id` left; what the pool knows comes as for the whole panel."""

    expert_id: str
    successor: PanelMember
    affiliations: Mapping[str, tuple[str, ...]]
    categories: Mapping[str, tuple[str, ...]] = {}
    employments: Mapping[str, tuple[Employment, ...]] = {}
    despite_conflicts: str | None = None


def known_to(command: FormPanel | ReplaceExpert) -> Known:
    """The facts that came with a command. Who forms a panel co-ordinates the case."""
    return Known(command.affiliations, command.categories, command.employments, frozenset({command.by}))


@enforces(ORDER_109, "14 (a)")
@enforces(IQAA, "S2.a")
def form(command: FormPanel, state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    """The commission: experts of the pool in the seats that the rulebook asks for, without a conflict that nobody answers for."""
    if state.formed:
        raise Conflict("the commission of this visit is formed already")
    faults = _faults(command.members, command, rules)
    if PANEL not in rules.rulebook.compositions and not command.statute_act:
        faults.append({"pointer": "#/statute_act", "detail": "the act that approves the statute of the commission is not named"})
    _raise(faults)
    check_composition(command.members, command.categories, rules)
    experts = [member.expert_id for member in command.members]
    conflicts = judge(experts, state.institution_id, known_to(command), command.despite_conflicts, rules, on)
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
    faults += _chair_faults(sum(member.role == "chair" for member in members), rules, "#/members")
    minimum = setting_of(rules.rulebook, "panel_size_minimum")
    if isinstance(minimum, int) and len(seen) < minimum:
        faults.append({"pointer": "#/members", "detail": f"the agency's commissions have at least {minimum} members"})
    return faults


def _chair_faults(chairs: int, rules: Rules, pointer: str) -> Faults:
    """One member chairs; the agency's setting may leave that open."""
    optional = setting_of(rules.rulebook, "panel_chair_required") is False
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
def check_composition(seats: Sequence[PanelMember], carried: Mapping[str, tuple[str, ...]], rules: Rules) -> None:
    """Every category of the rulebook's composition has the members that it asks for; Refused with those that are missing."""
    composition = rules.rulebook.compositions.get(PANEL)
    if composition is None:
        return
    _check_size(composition, len(seats), rules)
    once = setting_of(rules.rulebook, "panel_member_counts_once") is not False
    standing = [{seat.category} if once else {seat.category, *carried.get(seat.expert_id, ())} for seat in seats]
    missing = {
        category: required.at_least - count
        for category, required in composition.requires.items()
        if (count := sum(category in stands for stands in standing)) < required.at_least
    }
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


def _check_size(composition: Composition, size: int, rules: Rules) -> None:
    least, most = composition.minimum or 0, composition.maximum or size
    if not least <= size <= most:
        raise Refused(
            f"the panel would have {size} members",
            clause=clause_of(composition),
            rulebook=rules.rulebook.id,
            accepts=f"a panel of {f'at least {least}' if size < least else f'at most {most}'} members",
        )


@enforces(IQAA, "S2.c.1")
def tell(state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    """The institution is told the composition, and again whenever it has changed; a panel with a vacant seat is none to be told."""
    book = rules.rulebook
    stage = stage_of(book, NOTICE_OF_PANEL)
    clause = clause_of(stage) if stage else panel_clause(book)
    if not state.formed:
        raise Refused(
            "there is no panel yet whose composition could be told", clause=clause, rulebook=book.id, accepts="the formation of the panel"
        )
    if state.stage == "reported":
        raise Conflict("the report is submitted already: the panel's work is done")
    no_vacancy(state, rules)
    if state.told == frozenset(state.expert_ids):
        raise Conflict("the institution was told this composition already")
    return [CompositionTold(case_id=state.case_id, experts=state.expert_ids, told_on=on)]


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
    """The institution may ask for another expert in the place of each whom it was told of, until the visit starts."""
    book = rules.rulebook
    clause = conflict_clause(book)
    if command.expert_id not in state.expert_ids or command.expert_id not in (state.told or ()):
        raise Refused(
            f"{command.expert_id} is none of the experts of whom the institution was told",
            clause=clause,
            rulebook=book.id,
            accepts="an objection to an expert of the composition that was told",
        )
    if state.stage not in BEFORE_THE_START:
        raise Conflict(f"the visit is {state.stage} already")
    if command.expert_id in state.objected:
        raise Conflict(f"an objection to {command.expert_id} awaits its decision")
    if setting_of(book, "replacement_requests") == "one_request" and state.objections:
        raise Refused(
            "the agency reads the clause as one request, and one was made",
            clause=clause,
            rulebook=book.id,
            accepts="no further objection in this case",
        )
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
    """An expert may leave until the report is submitted, during the visit too."""
    if state.stage == "reported":
        raise Conflict("the report is submitted already: the panel's work is done")
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
    if state.stage == "reported":
        raise Conflict("the report is submitted already: the panel's work is done")
    if vacant == state.vacancies:
        raise Conflict(f"no seat of {command.expert_id} is vacant in this panel")
    if successor.expert_id in state.excluded:
        raise Refused(
            f"{successor.expert_id} left this panel upon an objection that was upheld",
            clause=conflict_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts="another expert",
        )
    seats = (*state.members, *vacant, successor)
    faults = _category_faults(successor, command.categories, rules, "#/successor/category")
    if successor.expert_id in state.expert_ids:
        faults.append({"pointer": "#/successor/expert_id", "detail": f"{successor.expert_id} sits in the panel already"})
    elif successor.expert_id not in command.affiliations:
        faults.append({"pointer": "#/successor/expert_id", "detail": f"{successor.expert_id} is not in the pool of experts"})
    faults += _chair_faults(sum(seat.role == "chair" for seat in seats), rules, "#/successor/role")
    _raise(faults)
    check_composition(seats, command.categories, rules)
    conflicts = judge([successor.expert_id], state.institution_id, known_to(command), command.despite_conflicts, rules, on)
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
