"""What council's deciders ask of a rulebook: words, terms, settings, and the clause to name in a refusal."""

from dataclasses import dataclass
from datetime import date

from regulations import Cited, Rulebook, compute, latest_day, possible_from

KZ = "kz-109-2008-accreditation"

# Points on which the rulebook has no value of its own.
COMPOSITION_ACTS = "6"
LAPSE = "25"
PAYMENT_FOR_DUPLICATE = "28 (b)"


@dataclass(frozen=True)
class Outcomes:
    """The two decisions of the regulation."""

    positive: str
    negative: str


def materials(rules: Rulebook) -> str:
    """The clause on the materials for the council."""
    return _stage(rules, "council_materials")


def considers(rules: Rulebook) -> str:
    """The clause on the council's consideration."""
    return _stage(rules, "council_consideration")


def adopts(rules: Rulebook) -> str:
    """The clause on the adoption of decisions."""
    return _stage(rules, "decision")


def publishes(rules: Rulebook) -> str:
    """The clause on the publication of the full report."""
    return _stage(rules, "report_publication")


def keeps_blanks(rules: Rulebook) -> str:
    """The clause on the accounting of blanks."""
    return _clause(rules.registers["certificate_blanks"])


def both_decided(rules: Rulebook) -> str:
    """The clause on a case of two scopes."""
    return _clause(rules.settings["combined_decided_together"])


def notice_of_refusal(rules: Rulebook) -> str:
    """The clause on the written, reasoned notice."""
    return _clause(rules.terms["refusal_notice"])


def register_changes(rules: Rulebook) -> tuple[str, ...]:
    """The changes of an institution that end its certificate (order 109, p. 26)."""
    return tuple(rules.vocabulary("register_changes"))


def changes_register(rules: Rulebook) -> str:
    """The clause on those changes."""
    return _clause(next(iter(rules.vocabulary("register_changes").values())))


def may_be_appealed(rules: Rulebook) -> str:
    """The clause on appeals."""
    return _clause(rules.settings["appeal_suspends_refusal"])


def outcomes(rules: Rulebook) -> Outcomes:
    """The positive and the negative decision: a certificate follows from the positive one alone."""
    entries = rules.vocabulary("decisions")
    positive = next(word for word, entry in entries.items() if "certificate" in entry.follows)
    return Outcomes(positive, next(word for word in entries if word != positive))


def earliest_decision(rules: Rulebook, registered_on: date) -> date:
    """The first day of a decision that needs no flag (order 109, p. 11)."""
    return possible_from(rules, "earliest_decision", registered_on)


def reapplication_from(rules: Rulebook, filed_on: date) -> date:
    """The first day on which a refused institution may apply again (order 109, p. 22)."""
    return possible_from(rules, "reapplication_bar", filed_on)


def valid_until(rules: Rulebook, issued_on: date) -> date:
    """The last day of a certificate (order 109, p. 20)."""
    return compute(rules, "certificate_validity", issued_on).due_on


def renewal_closes(rules: Rulebook, expires_on: date) -> date:
    """The last day to apply to extend a certificate (order 109, p. 21)."""
    return latest_day(rules, "renewal_application", expires_on)


def term_clause(rules: Rulebook, term: str) -> str:
    """The clause of a term."""
    return _clause(rules.terms[term])


def setting_clause(rules: Rulebook, setting: str) -> str:
    """The clause of a setting; of a practice, the place where one would have looked, else that on the council's consideration."""
    return rules.settings[setting].clause or considers(rules)


def _stage(rules: Rulebook, name: str) -> str:
    return _clause(next(stage for stage in rules.stages if stage.id == name))


def _clause(cited: Cited) -> str:
    assert cited.clause is not None, "a value on which a refusal rests is cited"
    return cited.clause
