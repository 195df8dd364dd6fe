"""What a certificate needs that a rulebook may have or not: a term, a blank, registers that tell of it (order 109, p. 20, 23, 24)."""

from calendar import monthrange
from datetime import date

from chassis.problems import Refused
from regulations import Rulebook, enforces
from services.council.domain.clauses import KZ, adopts, certifies, keeps_blanks, valid_until

YEARS = "certificate_years"


@enforces(KZ, "20")
def last_day(rules: Rulebook, stated: date | None, reason: str | None, issued_on: date) -> date:
    """The last day of a certificate: by the text, by the agency's setting, else as a person states it with a reason.

    Refused where a person states what is set, and where nobody does.
    """
    years = rules.setting_if_any(YEARS)
    if "certificate_validity" in rules.terms or isinstance(years, int):
        if stated is not None or reason is not None:
            raise _refused(rules, "the term of a certificate is set", "a certificate without a last day and a reason of its own")
        return _after(issued_on, years) if isinstance(years, int) else valid_until(rules, issued_on)
    if stated is None or not (reason or "").strip():
        accepts = f"the last day that a person states with a reason, or a number of years in the agency's setting {YEARS}"
        raise _refused(rules, "the text names no term of a certificate and the agency has set none", accepts)
    if stated <= issued_on:
        raise _refused(rules, f"a certificate of {issued_on} is not valid until {stated}", f"a last day after {issued_on}")
    return stated


@enforces(KZ, "23")
def require_blank(rules: Rulebook, number: str, received: bool, spoiled: bool) -> None:
    """Refused without an unused blank from the book, and for any blank where the rulebook keeps none."""
    clause = keeps_blanks(rules)
    if clause is None:
        if number:
            raise _refused(rules, "the rulebook keeps no blanks", "a certificate without a blank's number")
        return
    if received and not spoiled:
        return
    unusable = f"blank {number} was spoiled" if received else f"blank {number} is not in the book of blanks"
    raise Refused(
        unusable if number else "a certificate stands on a blank",
        clause=clause,
        rulebook=rules.id,
        accepts="an unused blank from the book of blanks",
    )


def require_register(rules: Rulebook, name: str) -> None:
    """Refused where the rulebook has no such register for a certificate; the registers that it has follow the decision itself."""
    if name in rules.registers:
        return
    told = ", ".join(rules.registers)
    reason = f"the rulebook has no {name.replace('_', ' ')} for a certificate"
    raise Refused(reason, clause=adopts(rules), rulebook=rules.id, accepts=f"one of its registers: {told}")


def _after(day: date, years: int) -> date:
    """The same day years later; of a leap day, the last day of February."""
    year = day.year + years
    return day.replace(year=year, day=min(day.day, monthrange(year, day.month)[1]))


def _refused(rules: Rulebook, reason: str, accepts: str) -> Refused:
    return Refused(reason, clause=certifies(rules), rulebook=rules.id, accepts=accepts)
