"""What council's deciders ask of a rulebook: words, terms, settings, and the clause to name in a refusal.

One code serves every rulebook of an accreditation: a step has its clause by the rulebook's own stage, register, document or setting.
Where a rulebook does not know a thing, the function says None or the nearest place in which one would have looked.
"""

from dataclasses import dataclass
from datetime import date

from regulations import Cited, Rulebook, Share, compute, latest_day, possible_from

KZ = "kz-109-2008-accreditation"
IQAA = "iqaa-accreditation"
SAPATTUU = "sapattuu-bilim-monitoring"
AAKR = "aakr-monitoring-2024"

#: The documents that the council is given, by the rulebook's words, and the section that lists them.
PACKAGE, REPORT, CONCLUSION, PRESENTATION = "council_package", "external_evaluation_report", "accreditation_conclusion", "presentation"


@dataclass(frozen=True)
class Outcomes:
    """The two decisions of the regulation."""

    positive: str
    negative: str


def materials(rules: Rulebook) -> str:
    """The clause on the materials for the council."""
    return _stage(rules, "council_materials") or _document(rules, PACKAGE) or adopts(rules)


def considers(rules: Rulebook) -> str:
    """The clause on the council's consideration."""
    return _stage(rules, "council_consideration") or adopts(rules)


def adopts(rules: Rulebook) -> str:
    """The clause on the adoption of decisions; in a follow-up on the council's study, else on its last step."""
    return _stage(rules, "decision") or _stage(rules, "council_study") or rules.stages[-1].clause or ""


def publishes(rules: Rulebook) -> str:
    """The clause on the publication of the full report."""
    return _stage(rules, "report_publication") or _stage(rules, "site_publication") or adopts(rules)


def keeps_blanks(rules: Rulebook) -> str | None:
    """The clause on the accounting of blanks; None where the rulebook keeps none."""
    found = rules.registers.get("certificate_blanks")
    return None if found is None else _clause(found)


def certifies(rules: Rulebook) -> str:
    """The clause on a certificate's term; of a practice, the place where one would have looked."""
    term = rules.terms.get("certificate_validity")
    return _clause(term) if term is not None else _setting(rules, "certificate_years") or adopts(rules)


def duplicates(rules: Rulebook) -> str:
    """The clause on duplicates of a certificate, or on certificates where there is none."""
    return _clause(rules.terms["duplicate"]) if "duplicate" in rules.terms else certifies(rules)


def both_decided(rules: Rulebook) -> str:
    """The clause on a case of two scopes."""
    return _setting(rules, "combined_decided_together") or adopts(rules)


def notice_of_refusal(rules: Rulebook) -> str:
    """The clause on the written, reasoned notice."""
    return _clause(rules.terms["refusal_notice"]) if "refusal_notice" in rules.terms else adopts(rules)


def register_changes(rules: Rulebook) -> tuple[str, ...]:
    """The changes of an institution that end its certificate (order 109, p. 26)."""
    return tuple(rules.vocabularies.get("register_changes", {}))


def changes_register(rules: Rulebook) -> str:
    """The clause on those changes, or on certificates where the rulebook lists none."""
    changes = rules.vocabularies.get("register_changes")
    return _clause(next(iter(changes.values()))) if changes else certifies(rules)


def may_be_appealed(rules: Rulebook) -> str:
    """The clause on appeals."""
    return _stage(rules, "appeal") or _setting(rules, "appeal_suspends_refusal") or adopts(rules)


def outcomes(rules: Rulebook) -> Outcomes:
    """The positive and the negative decision: only from the positive follow a certificate or an entry in a register of the accredited."""
    entries = rules.vocabulary("decisions")
    accredited = {"certificate", *(name for name, register in rules.registers.items() if "accredited" in register.upon)}
    positive = next(word for word, entry in entries.items() if accredited.intersection(entry.follows))
    return Outcomes(positive, next(word for word in entries if word != positive))


def approves_council(rules: Rulebook) -> str | None:
    """The clause on the acts that approve the council's composition and statute; None where the text says nothing of how it is made up."""
    return setting_clause(rules, "council_quorum") if "council_groups" in rules.vocabularies else None


def lapses(rules: Rulebook) -> str:
    """The clause on the lapse of a certificate at the end of its term: it stands beside that of the term."""
    term = rules.terms.get("certificate_validity")
    return term.see_also[0] if term is not None and term.see_also else certifies(rules)


def pays_for_duplicate(rules: Rulebook) -> str:
    """The clause on the payment for a duplicate: the other part of the point that sets the term."""
    if "duplicate" not in rules.terms:
        return certifies(rules)
    own = rules.clauses[_clause(rules.terms["duplicate"])]
    parts = [clause.id for clause in rules.clauses.values() if clause.point == own.point]
    return parts[(parts.index(own.id) + 1) % len(parts)]


def has_stage(rules: Rulebook, name: str) -> bool:
    """Whether the procedure has such a stage."""
    return _stage(rules, name) is not None


def checks_report(rules: Rulebook) -> str | None:
    """The clause on the check of the panel's report and on the conclusion; None where the procedure has no such stage."""
    return _stage(rules, "report_check")


def presents(rules: Rulebook) -> str | None:
    """The clause on the presentation for the council; None where the procedure has none."""
    return _stage(rules, "presentation")


def share(rules: Rulebook, setting: str) -> Share | None:
    """A setting that is a share; None where it is unset and where the rulebook has none of that name."""
    return rules.share(setting) if setting in rules.settings else None


def package(rules: Rulebook) -> tuple[str, ...]:
    """The documents that must be before the council; none are named where the rulebook does not list them."""
    return tuple(rules.contents.get(PACKAGE, {}))


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
    return _setting(rules, setting) or considers(rules)


def _stage(rules: Rulebook, name: str) -> str | None:
    return next((stage.clause for stage in rules.stages if stage.id == name), None)


def _document(rules: Rulebook, name: str) -> str | None:
    found = rules.documents.get(name)
    return None if found is None else found.clause


def _setting(rules: Rulebook, name: str) -> str | None:
    found = rules.settings.get(name)
    return None if found is None else found.clause


def _clause(cited: Cited) -> str:
    assert cited.clause is not None, "a value on which a refusal rests is cited"
    return cited.clause
