"""The Accreditation Council: who sits in it, for which group, from when until when, by which acts (order 109, p. 6, 7; IQAA, S3.c.1)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from chassis.corrections import Correctable
from chassis.decider import Command, Decider, Guard, always
from chassis.events import Event
from chassis.problems import Conflict, Refused
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.council.contract import CompositionChanged, CouncilComposed, CouncilCorrected, CouncilMember, Seat
from services.council.domain.clauses import KZ, approves_council, considers, setting_clause


@dataclass(frozen=True)
class Council:
    """A council as it was composed and changed since. `members` are all who sit or sat in it, each with the term of office.

    `acts` are those on its composition and on its statute.
    """

    council_id: str = ""
    rulebook: RulebookRef | None = None
    members: tuple[CouncilMember, ...] = ()
    acts: tuple[str | None, str | None] = (None, None)

    def seated_on(self, day: date) -> tuple[CouncilMember, ...]:
        """Whose term of office the day lies in, in the order of the composition."""
        return tuple(member for member in self.members if _in_office(member, day))

    def member_ids_on(self, day: date) -> tuple[str, ...]:
        """The members of that day."""
        return tuple(dict.fromkeys(member.member_id for member in self.seated_on(day)))


class ComposeCouncil(Command):
    """Composes a council; by two acts of the body, on its composition and on its statute, where the rulebook knows them."""

    records = (CouncilComposed,)

    council_id: str
    rulebook: RulebookRef
    members: tuple[CouncilMember, ...]
    composition_act: str = ""
    statute_act: str = ""


class ChangeComposition(Command):
    """Changes who sits in the council from a day on, by an act."""

    records = (CompositionChanged,)

    joined: tuple[CouncilMember, ...] = ()
    left: tuple[str, ...] = ()
    act: str
    changed_on: date


AnyCommand = ComposeCouncil | ChangeComposition


def decide(command: AnyCommand, state: Council, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow, or a refusal with its clause."""
    match command:
        case ComposeCouncil():
            return _compose(command, rules)
        case ChangeComposition():
            return _change(command, state, rules)


def _composition(state: Council, _rules: Rulebook) -> None:
    """A council is composed once."""
    if state.council_id:
        raise Conflict(f"council {state.council_id} is composed already")


def _compose(command: ComposeCouncil, rules: Rulebook) -> Sequence[Event]:
    """With every group, and with both acts where the text asks for them."""
    _acts(command.composition_act, command.statute_act, rules)
    missing = _missing_groups(command.members, rules)
    _seated_once(command.members)
    _terms(command.members, rules)
    return [
        CouncilComposed(
            council_id=command.council_id,
            rulebook=command.rulebook,
            members=command.members,
            composition_act=command.composition_act.strip() or None,
            statute_act=command.statute_act.strip() or None,
            missing_groups=missing,
            composed_on=local_date(command.at, rules.zone),
        )
    ]


@enforces(KZ, "6", "7")
def _change(command: ChangeComposition, state: Council, rules: Rulebook) -> Sequence[Event]:
    """By an act; the council keeps every group, and who sat in it before stays known."""
    if not command.joined and not command.left:
        raise _refused(rules, "nobody joins and nobody leaves", "members who join, members who leave, or both")
    seated = set(state.member_ids_on(command.changed_on))
    strangers = sorted(set(command.left) - seated)
    if strangers:
        raise _refused(
            rules,
            f"not members of the council on {command.changed_on}: {', '.join(strangers)}",
            f"those who sit in it: {', '.join(sorted(seated))}",
        )
    there = sorted({member.member_id for member in command.joined} & (seated - set(command.left)))
    if there:
        raise Conflict(f"members already: {', '.join(there)}")
    _seated_once(command.joined)
    joined = tuple(_from(member, command.changed_on) for member in command.joined)
    _terms(joined, rules)
    after = _after(state.members, joined, command.left, command.changed_on)
    missing = _missing_groups([member for member in after if _in_office(member, command.changed_on)], rules)
    return [
        CompositionChanged(
            council_id=state.council_id,
            joined=joined,
            left=tuple(dict.fromkeys(command.left)),
            seats=tuple(Seat(**member.model_dump(exclude={"name"})) for member in after),
            act=command.act,
            missing_groups=missing,
            changed_on=command.changed_on,
        )
    ]


@enforces(KZ, "6")
def _acts(composition: str | None, statute: str | None, rules: Rulebook) -> None:
    clause = approves_council(rules)
    acts = {"the act on its composition": composition, "the act on its statute": statute}
    missing = [name for name, act in acts.items() if not (act or "").strip()]
    if missing and clause is not None:
        raise Refused(
            f"the body approves the council's composition and statute; not named: {' and '.join(missing)}",
            clause=clause,
            rulebook=rules.id,
            accepts="the numbers and dates of both acts",
        )


@enforces(KZ, "7")
def _missing_groups(members: Sequence[CouncilMember], rules: Rulebook) -> tuple[str, ...]:
    """The groups that nobody represents; Refused if there are any, unless the agency reads p. 7 as a flag."""
    if "council_groups" not in rules.vocabularies:
        return ()
    needed = tuple(rules.vocabulary("council_groups"))
    clause, accepts = setting_clause(rules, "missing_council_group"), f"members of every group: {', '.join(needed)}"
    groupless = sorted(member.member_id for member in members if member.group is None)
    if groupless:
        raise Refused(f"no group is named for: {', '.join(groupless)}", clause=clause, rulebook=rules.id, accepts=accepts)
    unknown = sorted({member.group for member in members if member.group} - set(needed))
    if unknown:
        raise Refused(f"the council has no such group: {', '.join(unknown)}", clause=clause, rulebook=rules.id, accepts=accepts)
    missing = groups_missing(rules, members)
    if missing and rules.setting_if_any("missing_council_group") == "cannot_decide":
        raise Refused(
            f"a council that lacks a group cannot decide; nobody represents: {', '.join(missing)}",
            clause=clause,
            rulebook=rules.id,
            accepts=accepts,
            missing=list(missing),
        )
    return missing


def groups_missing(rules: Rulebook, members: Sequence[CouncilMember]) -> tuple[str, ...]:
    """The groups of the rulebook that none of these represents."""
    seated = {member.group for member in members}
    return tuple(group for group in rules.vocabularies.get("council_groups", {}) if group not in seated)


def _seated_once(members: Sequence[CouncilMember]) -> None:
    repeated = [member for member, times in Counter(m.member_id for m in members).items() if times > 1]
    if repeated:
        raise Conflict(f"a member sits in a council once; repeated: {', '.join(sorted(repeated))}")


def _terms(members: Sequence[CouncilMember], rules: Rulebook) -> None:
    """The texts set no term of office; one that is stated must have a day in it."""
    backwards = sorted(m.member_id for m in members if m.from_on and m.until_on and m.until_on < m.from_on)
    if backwards:
        raise _refused(rules, f"a term of office ends before it begins: {', '.join(backwards)}", "a last day on or after the first")


def _from(member: CouncilMember, day: date) -> CouncilMember:
    return member.model_copy(update={"from_on": max(member.from_on or day, day)})


def _after(
    members: Sequence[CouncilMember], joined: Sequence[CouncilMember], left: Sequence[str], changed_on: date
) -> tuple[CouncilMember, ...]:
    """Who sits and sat; those who leave, until the day before the change."""
    last = changed_on - timedelta(days=1)
    leaving = (m.model_copy(update={"until_on": last}) if m.member_id in left and _in_office(m, changed_on) else m for m in members)
    return (*leaving, *joined)


def _in_office(member: CouncilMember, day: date) -> bool:
    return (member.from_on is None or member.from_on <= day) and (member.until_on is None or day <= member.until_on)


def _refused(rules: Rulebook, reason: str, accepts: str) -> Refused:
    return Refused(reason, clause=approves_council(rules) or considers(rules), rulebook=rules.id, accepts=accepts)


def evolve(state: Council, event: Any) -> Council:
    """The state after a fact."""
    match event:
        case CouncilComposed():
            return Council(event.council_id, event.rulebook, event.members, (event.composition_act, event.statute_act))
        case CompositionChanged():
            return replace(state, members=_after(state.members, event.joined, event.left, event.changed_on))
    return state


def _rules(command: AnyCommand, state: Council) -> Rulebook:
    source = command.rulebook if isinstance(command, ComposeCouncil) else state.rulebook
    assert source is not None
    return resolve(source)


GUARDS: Mapping[type[Command], Guard] = {ComposeCouncil: _composition, ChangeComposition: always}

COUNCIL: Decider[Council, Rulebook] = Decider("council", Council(), decide, evolve, _rules, GUARDS)


def _corrected(state: Council) -> None:
    """The acts that the text asks for are still named."""
    if state.rulebook is not None:
        _acts(*state.acts, resolve(state.rulebook))


CORRECTIONS = Correctable(COUNCIL, CouncilCorrected, lambda state: {"council_id": state.council_id}, _corrected)
