"""A panel that somebody left: whether it goes on without him (order 109, p. 14; IQAA, S2.a). The texts do not say; the director does."""

from collections.abc import Mapping, Sequence
from datetime import date

from chassis.decider import Command
from chassis.events import Event
from chassis.problems import Invalid, Refused
from regulations import enforces
from services.visits.contract import PanelContinued, PanelMember
from services.visits.domain.conflicts import PANEL, panel_clause
from services.visits.domain.dates import IQAA, ORDER_109, Rules
from services.visits.domain.panel import beyond, chair_faults, check_composition, missing_of
from services.visits.domain.state import Visit


class ContinueWithout(Command):
    """The director states why the panel goes on without those who left it; `chair_id` is who chairs it, where its chair left.

    `categories` holds what the pool knows of the members.
    """

    records = (PanelContinued,)

    reasons: str
    chair_id: str | None = None
    categories: Mapping[str, tuple[str, ...]] = {}


@enforces(ORDER_109, "14 (a)")
@enforces(IQAA, "S2.a")
def continue_without(command: ContinueWithout, state: Visit, rules: Rules, on: date) -> Sequence[Event]:
    """Before the visit the panel is what the rulebook asks for all the same; once it has begun, what is missing is recorded."""
    _check_chair(command.chair_id, state, rules)
    if state.started_on is None:
        check_composition(state.members, command.categories, rules)
    without = tuple(seat.expert_id for seat in state.vacancies)
    missing = _missing(state.members, command.categories, rules)
    fields = {"without": without, "missing": missing, "chair_id": command.chair_id, "reasons": command.reasons}
    return [PanelContinued(case_id=state.case_id, stated_on=on, **fields)]


def _check_chair(chair_id: str | None, state: Visit, rules: Rules) -> None:
    if chair_id is not None and chair_id not in state.expert_ids:
        raise Invalid("the chair is of the panel", errors=[{"pointer": "#/chair_id", "detail": f"{chair_id} holds no seat in this panel"}])
    chairs = {state.chair_id, chair_id} - {None}
    faults = chair_faults(len(chairs), rules, "#/chair_id")
    if faults:
        raise Invalid(faults[0]["detail"], errors=faults)


def check_minimum(state: Visit, rules: Rules) -> None:
    """Refused for fewer members than the agency asks for."""
    if _below_minimum(state, rules):
        raise Refused(
            f"the panel would have {len(state.members)} members",
            clause=panel_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts="the replacement of the experts who left",
        )


def _below_minimum(state: Visit, rules: Rules) -> bool:
    minimum = rules.rulebook.setting_if_any("panel_size_minimum")
    return isinstance(minimum, int) and len(state.members) < minimum


def _missing(seats: Sequence[PanelMember], carried: Mapping[str, tuple[str, ...]], rules: Rules) -> dict[str, int]:
    composition = rules.rulebook.compositions.get(PANEL)
    return missing_of(composition, seats, carried, rules) if composition else {}


@enforces(ORDER_109, "14 (a)")
@enforces(IQAA, "S2.a")
def whole_for_report(state: Visit, rules: Rules) -> None:
    """A report is the work of a panel as the rulebook composes it, or of one that goes on by the director's statement."""
    if not state.vacancies:
        return
    missing = beyond(state.lacking, _missing(state.members, {}, rules))
    leaderless = any(seat.role == "chair" for seat in state.vacancies) and state.chair_id is None
    if missing or leaderless or _below_minimum(state, rules):
        left = [seat.expert_id for seat in state.vacancies]
        raise Refused(
            f"the panel is not whole since {', '.join(left)} left it",
            clause=panel_clause(rules.rulebook),
            rulebook=rules.rulebook.id,
            accepts="the replacement of the expert, or the director's statement that the panel goes on without him",
            experts=left,
            missing=missing,
        )
