"""What the state of a follow-up alone says against a command, whatever its body."""

from chassis.problems import Conflict
from regulations import Rulebook, enforces
from services.monitoring.domain import profile
from services.monitoring.domain.cycle_rules import AAKR, SAPATTUU, looked, need_stage, refuse
from services.monitoring.domain.followup_state import FollowUp


def there(state: FollowUp, _rules: Rulebook) -> None:
    """Of what is there; NotFound."""
    _ = state.terms


def still_open(state: FollowUp, _rules: Rulebook) -> None:
    """While it goes on."""
    _ = state.terms
    if state.ended is not None:
        raise Conflict(f"the follow-up has ended: the certificate is {state.ended.why}")


@enforces(AAKR, "II.4.a")
def letter(state: FollowUp, rules: Rulebook) -> None:
    """Once, where the text knows the letter."""
    still_open(state, rules)
    need_stage(rules, profile.LETTER)
    if state.letter is not None:
        raise Conflict(f"the letter went out on {state.letter.sent_on}; a slip in it is corrected")


@enforces(AAKR, "II.4.e")
@enforces(SAPATTUU, "2.6.s1", "2.6.s2")
def expected_date(state: FollowUp, rules: Rulebook) -> None:
    """Where a report is due, and so a monitoring."""
    still_open(state, rules)
    if state.kind is None:
        raise Conflict("nobody has said of what kind the accreditation is; classify it first")
    if not profile.report_rules(rules, state.kind):
        clause = profile.kinds(rules)[state.kind].clause if state.kind in profile.kinds(rules) else None
        refuse(rules, clause or looked(rules), "no monitoring is held for such an accreditation", "a kind for which a report is due")
