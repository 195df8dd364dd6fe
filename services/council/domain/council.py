"""The Accreditation Council: who sits in it, for which group, by which acts (order 109, p. 6, 7)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chassis.decider import Command, Decider
from chassis.events import Event
from chassis.problems import Conflict, Refused
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.council.contract import CouncilComposed, CouncilMember
from services.council.domain.clauses import COMPOSITION_ACTS, KZ, setting_clause


@dataclass(frozen=True)
class Council:
    """A council as it was composed."""

    council_id: str = ""
    rulebook: RulebookRef | None = None
    members: tuple[CouncilMember, ...] = ()

    @property
    def member_ids(self) -> tuple[str, ...]:
        """The members, in the order of the composition."""
        return tuple(member.member_id for member in self.members)


class ComposeCouncil(Command):
    """Composes a council by two acts of the body: on its composition and on its statute."""

    council_id: str
    rulebook: RulebookRef
    members: tuple[CouncilMember, ...]
    composition_act: str = ""
    statute_act: str = ""


def decide(command: ComposeCouncil, state: Council, rules: Rulebook) -> Sequence[Event]:
    """A council is composed once, with both acts and every group."""
    if state.council_id:
        raise Conflict(f"council {state.council_id} is composed already")
    _acts(command)
    missing = _missing_groups(command, rules)
    repeated = [member for member, times in Counter(m.member_id for m in command.members).items() if times > 1]
    if repeated:
        raise Conflict(f"a member sits in a council once; repeated: {', '.join(sorted(repeated))}")
    return [
        CouncilComposed(
            council_id=command.council_id,
            rulebook=command.rulebook,
            members=command.members,
            composition_act=command.composition_act,
            statute_act=command.statute_act,
            missing_groups=missing,
            composed_on=local_date(command.at, rules.zone),
        )
    ]


@enforces(KZ, "6")
def _acts(command: ComposeCouncil) -> None:
    acts = {"the act on its composition": command.composition_act, "the act on its statute": command.statute_act}
    missing = [name for name, act in acts.items() if not act.strip()]
    if missing:
        raise Refused(
            f"the body approves the council's composition and statute; not named: {' and '.join(missing)}",
            clause=COMPOSITION_ACTS,
            rulebook=command.rulebook.id,
            accepts="the numbers and dates of both acts",
        )


@enforces(KZ, "7")
def _missing_groups(command: ComposeCouncil, rules: Rulebook) -> tuple[str, ...]:
    """The groups that nobody represents; Refused if there are any, unless the agency reads p. 7 as a flag."""
    if "council_groups" not in rules.vocabularies:
        return ()
    needed = tuple(rules.vocabulary("council_groups"))
    clause, accepts = setting_clause(rules, "missing_council_group"), f"members of every group: {', '.join(needed)}"
    seated = {member.group for member in command.members}
    unknown = sorted(seated - set(needed))
    if unknown:
        raise Refused(f"the council has no such group: {', '.join(unknown)}", clause=clause, rulebook=rules.id, accepts=accepts)
    missing = tuple(group for group in needed if group not in seated)
    if missing and rules.setting("missing_council_group") == "cannot_decide":
        raise Refused(
            f"a council that lacks a group cannot decide; nobody represents: {', '.join(missing)}",
            clause=clause,
            rulebook=rules.id,
            accepts=accepts,
            missing=list(missing),
        )
    return missing


def evolve(_state: Council, event: Any) -> Council:
    """There is but one fact."""
    return Council(event.council_id, event.rulebook, event.members)


def _rules(command: ComposeCouncil, _state: Council) -> Rulebook:
    return resolve(command.rulebook)


COUNCIL: Decider[Council, Rulebook] = Decider("council", Council(), decide, evolve, _rules)
