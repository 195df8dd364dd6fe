"""What a council may decide on a follow-up, by a rulebook's own words: which of its decisions extends, publishes, suspends or withdraws,
whose competence that is, and which grounds allow it (Sapattuu Bilim, 2.5.p4, 3.2.s1, 3.3)."""

from collections.abc import Mapping, Sequence
from typing import Literal

from chassis.problems import Refused
from regulations import Rulebook, enforces
from services.council.domain.clauses import SAPATTUU, adopts, considers, setting_clause

#: What a decision does, by the name of the competence to take it.
Power = Literal["extension", "publication", "suspension", "withdrawal"]

#: Of two of these in one resolution one would undo the other.
ON_CERTIFICATE: frozenset[Power] = frozenset({"extension", "suspension", "withdrawal"})

#: Whose competence a decision of the council may be: its own, or the agency's, for which it acts.
DECIDING = ("accreditation_council", "agency")


def powers(rules: Rulebook) -> Mapping[str, Power]:
    """What each decision of the rulebook does that does one of these; none where the council has no part in the follow-up."""
    found = {word: _power(rules, word) for word in rules.vocabularies.get("decisions", {})}
    return {word: power for word, power in found.items() if power is not None and power in rules.competences}


def _power(rules: Rulebook, word: str) -> Power | None:
    follows = rules.vocabularies["decisions"][word].follows
    if any(name in rules.terms and rules.terms[name].nature == "validity" for name in follows):
        return "extension"
    if "withdrawn" in follows:
        return "withdrawal"
    if "suspended" in follows:
        return "suspension"
    return "publication" if any(name in rules.registers for name in follows) else None


def clause_of(rules: Rulebook, word: str) -> str:
    """The clause of a decision."""
    return rules.vocabularies["decisions"][word].clause or adopts(rules)


@enforces(SAPATTUU, "3.2.s1", "3.3")
def check_competence(rules: Rulebook, word: str) -> None:
    """Refused for what is no decision of the council, or somebody else's."""
    known = powers(rules)
    if word not in known:
        raise Refused(
            f"{word} is no decision on a follow-up", clause=considers(rules), rulebook=rules.id, accepts=f"of: {', '.join(known)}"
        )
    competence = rules.competences[known[word]]
    if competence.decided_by not in DECIDING:
        raise Refused(
            f"{word} is decided by another: {competence.decided_by}",
            clause=competence.clause or clause_of(rules, word),
            rulebook=rules.id,
            accepts=f"the decision of: {competence.decided_by}",
        )


def extensions(rules: Rulebook, word: str) -> tuple[str, ...]:
    """The terms by which a decision extends."""
    follows = rules.vocabularies["decisions"][word].follows
    return tuple(name for name in follows if name in rules.terms and rules.terms[name].nature == "validity")


def extensions_of(rules: Rulebook, kind: str | None) -> tuple[str, ...]:
    """The terms of extension that the rulebook ties to a kind of accreditation; none where it is never extended."""
    entry = rules.vocabularies.get("kinds", {}).get(kind or "")
    every = {term for word, power in powers(rules).items() if power == "extension" for term in extensions(rules, word)}
    return tuple(name for name in entry.follows if name in every) if entry else ()


def allows(rules: Rulebook, ground: str) -> tuple[str, ...]:
    """The decisions that a ground allows."""
    return tuple(word for word in rules.vocabularies["sanction_grounds"][ground].follows if word in powers(rules))


def clause_of_ground(rules: Rulebook, ground: str) -> str:
    """The clause of a ground."""
    return rules.vocabularies["sanction_grounds"][ground].clause or adopts(rules)


def sanctions(rules: Rulebook) -> frozenset[str]:
    """The decisions that need a ground."""
    return frozenset(word for ground in rules.vocabularies.get("sanction_grounds", {}) for word in allows(rules, ground))


def of_fulfilment(rules: Rulebook, words: Sequence[str]) -> tuple[str, ...]:
    """The grounds that these words on the fulfilment of recommendations bring about."""
    grounds, scale = rules.vocabularies.get("sanction_grounds", {}), rules.vocabularies.get("fulfilment", {})
    return tuple(dict.fromkeys(name for word in words if word in scale for name in scale[word].follows if name in grounds))


@enforces(SAPATTUU, "3.3.b.s3")
def compelled(rules: Rulebook, ground: str | None) -> str | None:
    """The one decision that a ground compels to; None where it leaves the council its right to decide."""
    if ground is None or rules.setting_if_any("withdrawal_on_repeated_failure") in (None, False, "may"):
        return None
    allowed = allows(rules, ground)
    return allowed[0] if len(allowed) == 1 else None


def combined(rules: Rulebook) -> str:
    """The clause on whether decisions may be combined."""
    return setting_clause(rules, "decisions_combine")
