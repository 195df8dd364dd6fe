"""A rulebook's values in words: one line for each, for whoever reads a rulebook at the terminal."""

from collections.abc import Iterable, Mapping
from typing import Literal, cast

from regulations.rulebook import Rulebook
from regulations.values import (
    Choice,
    Cited,
    Competence,
    Composition,
    Document,
    Entry,
    Names,
    Range,
    Register,
    Requirement,
    Section,
    Setting,
    Share,
    Stage,
    Term,
    Threshold,
    Unit,
    Variant,
)

Language = Literal["ky", "kk", "ru", "en"]
LANGUAGES: Mapping[Language, str] = {"ky": "Kyrgyz", "kk": "Kazakh", "ru": "Russian", "en": "English"}

_NATURE = {"deadline": "", "not_before": "not before ", "validity": "valid for ", "recurrence": "every "}
_FOLLOWS = {
    "person_decides": "when it is missed, a person decides",
    "flagged": "when it is missed, that is flagged",
    "lapses": "at its end it lapses",
    "new_case": "after it, a new case is needed",
    "refused": "what breaks it is refused",
    "reminder_only": "it only reminds",
}
_MISSING = {
    "incomplete": "without it the application is incomplete",
    "refused": "without it, refused",
    "person_decides": "without it a person decides",
}


def spoken(names: Names | None, language: Language, otherwise: str = "") -> str:
    """The name in one language."""
    return cast(str, getattr(names, language)) if names else otherwise


def amount(number: int, unit: Unit, lower: int | None = None) -> str:
    """`2 to 3 working days`, `1 year`."""
    words = unit.replace("_", " ")
    return f"{f'{lower} to ' if lower is not None else ''}{number} {words if number != 1 else words[:-1]}"


def in_words(rulebook: Rulebook, value: Cited, language: Language = "en") -> str:
    """What a value says, in one line of English around the names in `language`."""

    def party(word: str | None) -> str:
        return spoken(rulebook.parties.get(word or ""), language, word or "")

    def people(words: Iterable[str]) -> str:
        return ", ".join(party(word) for word in words)

    match value:
        case Term():
            anchor = spoken(rulebook.anchors.get(value.anchor), language, value.anchor)
            counted = f"{_NATURE[value.nature]}{amount(value.amount, value.unit, value.lower_amount)} {value.direction} «{anchor}»"
            bound = "" if value.binds == "nobody" else f"; binds {party(value.binds)}"
            return f"{counted}{bound}; {_FOLLOWS[value.follows]}"
        case Variant():
            return amount(value.amount, value.unit, value.lower_amount)
        case Choice():
            ends = " or ".join(spoken(rulebook.terms[term].names, language) for term in value.of)
            return f"the {value.due} of: {ends}; missed when {value.missed_when} of them has passed"
        case Range():
            return amount(value.maximum, value.unit, value.minimum)
        case Threshold():
            return f"{_between(value.minimum, value.maximum)} {'%' if value.unit == 'percent' else ''}".strip()
        case Composition():
            formed = f"; formed by {party(value.formed_by)}" if value.formed_by else ""
            size = _between(value.minimum, value.maximum)
            sits = ", ".join(f"{spoken(each.names, language)} (at least {each.at_least})" for each in value.requires.values())
            return f"{party(value.body)}{f': {size} people' if size else ''}{formed}{f'; with {sits}' if sits else ''}"
        case Requirement():
            return f"at least {value.at_least}"
        case Competence():
            return f"decided by {party(value.decided_by)}"
        case Document():
            return f"for {', '.join(value.required_for)}; {_MISSING[value.if_missing]}"
        case Section():
            return f"when: {spoken(value.when, language)}" if value.when else ""
        case Setting():
            return setting(value.value)
        case Register():
            return f"kept by {party(value.kept_by)}, told by {party(value.told_by)}, upon {', '.join(value.upon)}"
        case Stage():
            after = f"; after {', '.join(value.after)}" if value.after else ""
            when = f": {spoken(value.when, language)}" if value.when else ""
            return f"{party(value.actor)}{'; optional' if value.optional else ''}{when}{after}"
        case Entry():
            said = [f"brings about {', '.join(value.follows)}"] if value.follows else []
            said += [f"stands for {' and '.join(value.includes)}"] if value.includes else []
            return "; ".join(said)
    return ""


def _between(minimum: int | None, maximum: int | None) -> str:
    if minimum is not None and maximum is not None:
        return str(minimum) if minimum == maximum else f"{minimum} to {maximum}"
    return f"at least {minimum}" if minimum is not None else f"at most {maximum}" if maximum is not None else ""


def setting(value: object) -> str:
    """A setting's bare value."""
    match value:
        case None:
            return "not set: a person decides"
        case bool():
            return "yes" if value else "no"
        case Share():
            return f"{'more than' if value.strictly else 'at least'} {value.of}"
        case tuple():
            return ", ".join(str(each) for each in value)
    return str(value)
