"""The time in which an institution may apply to extend its certificate: it opens, and it closes before the expiry (order 109, p. 21)."""

from collections.abc import Sequence
from datetime import date

from chassis.events import Event
from chassis.problems import Refused
from regulations import Rulebook, enforces
from services.council.contract import RenewalWindowClosed, RenewalWindowOpened
from services.council.domain.clauses import KZ, renewal_closes, term_clause
from services.council.domain.ending import Issue
from services.council.domain.standing import Certificate


@enforces(KZ, "21")
def closed_before(issued: Issue, rules: Rulebook, today: date) -> Sequence[Event]:
    """A certificate that is re-issued in its last year can no longer be extended: nobody is to wait for an application."""
    if "renewal_application" not in rules.terms or today <= (last := renewal_closes(rules, issued.valid_until)):
        return []
    return [RenewalWindowClosed(certificate_id=issued.certificate_id, institution_id=issued.institution_id, closed_on=last)]


@enforces(KZ, "21")
def open_window(state: Certificate, issued: Issue, rules: Rulebook, today: date) -> Sequence[Event]:
    """The last day is counted back from the expiry; a window whose last day is over, or that the rulebook has not, is not opened."""
    if "renewal_application" not in rules.terms:
        return []
    last = renewal_closes(rules, issued.valid_until)
    if state.window or state.window_closed or state.over or today > last:
        return []
    return [
        RenewalWindowOpened(certificate_id=issued.certificate_id, institution_id=issued.institution_id, opened_on=today, closes_on=last)
    ]


@enforces(KZ, "21")
def close_window(state: Certificate, issued: Issue, rules: Rulebook, today: date) -> Sequence[Event]:
    """After its last day; once."""
    if state.window_closed or state.over or "renewal_application" not in rules.terms:
        return []
    last = renewal_closes(rules, issued.valid_until)
    if today <= last:
        raise Refused(
            f"the institution may apply to extend the certificate to the end of {last}",
            clause=term_clause(rules, "renewal_application"),
            rulebook=rules.id,
            accepts=f"the close after {last}",
        )
    return [RenewalWindowClosed(certificate_id=issued.certificate_id, institution_id=issued.institution_id, closed_on=last)]
