"""What a value of a rulebook says, in the words of the reader's language: names and figures, no page."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from console import labels
from console.i18n import N_
from regulations.rulebook import Rulebook
from regulations.values import (
    NOBODY,
    Choice,
    Cited,
    Competence,
    Composition,
    Document,
    Entry,
    Range,
    Register,
    Requirement,
    Section,
    Setting,
    Share,
    Stage,
    Term,
    Threshold,
    Variant,
    fold,
)

if TYPE_CHECKING:
    from console.visit import Visit

Rows = list[tuple[str, Any]]

GROUPS = {
    "terms": N_("Term"),
    "choices": N_("Choice between terms"),
    "ranges": N_("Length"),
    "thresholds": N_("Threshold"),
    "compositions": N_("Composition"),
    "competences": N_("Competence"),
    "documents": N_("Document"),
    "contents": N_("Part of a document"),
    "settings": N_("Setting"),
    "registers": N_("Register or notice"),
    "stages": N_("Stage"),
    "vocabularies": N_("Word of the regulation"),
}
KINDS = {"text": N_("text"), "reading": N_("reading"), "practice": N_("practice")}
KIND_TAGS = {"text": "good", "reading": "soon", "practice": "quiet"}
LEVELS = {"must": N_("must"), "may": N_("may"), "criterion": N_("criterion"), "scope": N_("scope")}
_NATURES = {
    "deadline": N_("last day to act"),
    "not_before": N_("the act is possible only after it"),
    "validity": N_("end of validity"),
    "recurrence": N_("it comes round again"),
}
_FOLLOWS = {
    "person_decides": N_("a person decides"),
    "flagged": N_("it is flagged"),
    "lapses": N_("the right lapses"),
    "new_case": N_("a new case is needed"),
    "refused": N_("the act is refused"),
    "reminder_only": N_("only a reminder"),
}
_MISSING = {
    "incomplete": N_("the filing is incomplete"),
    "refused": N_("the filing is refused"),
    "person_decides": N_("a person decides"),
}
_ROLLS = {"next_working_day": N_("it moves to the next working day"), "never": N_("it stays")}


@dataclass(frozen=True)
class Told:
    """One value of a rulebook. `narrow` are quotations that say less than their whole clause; `rows` are what it says."""

    path: str
    group: str
    name: Any
    cited: Cited
    narrow: dict[str, str]
    rows: Rows

    @property
    def anchor(self) -> str:
        """Where it stands in its page."""
        return slug("v", self.path)


def slug(kind: str, name: str) -> str:
    """A place in a page, of a clause (`c`) or a value (`v`); letters, figures and hyphens only, so that it is a CSS selector too."""
    return f"{kind}-{re.sub(r'[^0-9A-Za-z]+', '-', name).strip('-')}"


def told(visit: "Visit", book: Rulebook) -> list[Told]:
    """Every value of a rulebook in its order."""
    return [_told(visit, book, path, cited) for path, cited in book.citations().items()]


def _told(visit: "Visit", book: Rulebook, path: str, cited: Cited) -> Told:
    whole = {} if cited.clause is None else {language: fold(text) for language, text in book.clauses[cited.clause].quote.items()}
    narrow: dict[str, str] = {language: fold(text) for language, text in cited.quote.items() if fold(text) != whole.get(language)}
    names = getattr(cited, "names", None)
    name = visit.named(names.model_dump() if names else None, labels.humane(path.rpartition(".")[2]))
    return Told(path, path.partition(".")[0], name, cited, narrow, list(_rows(visit, book, cited)))


def amount(visit: "Visit", number: int, unit: str, least: int | None = None) -> str:
    """A period in words; `least` is its lower bound."""
    match unit:
        case "calendar_days":
            text = visit.ngettext("%(num)s calendar day", "%(num)s calendar days", number)
        case "working_days":
            text = visit.ngettext("%(num)s working day", "%(num)s working days", number)
        case "months":
            text = visit.ngettext("%(num)s month", "%(num)s months", number)
        case "years":
            text = visit.ngettext("%(num)s year", "%(num)s years", number)
        case "percent":
            text = f"{number} %"
        case _:
            text = str(number)
    return text if least in (None, number) else f"{least}–{text}"


def party(visit: "Visit", book: Rulebook, word: str | None) -> Any:
    """Who it is, as the rulebook calls him."""
    if word is None:
        return None
    return visit._("nobody") if word == NOBODY else visit.named(book.parties[word].model_dump(), word)


def _rows(visit: "Visit", book: Rulebook, cited: Cited) -> Iterator[tuple[str, Any]]:
    match cited:
        case Term():
            yield from _term(visit, book, cited)
        case Variant():
            yield visit._("Length"), amount(visit, cited.amount, cited.unit, cited.lower_amount)
        case Choice():
            yield visit._("Between"), _list(visit.named(book.terms[each].names.model_dump(), each) for each in cited.of)
            yield visit._("Due is"), visit._("the earliest of them") if cited.due == "earliest" else visit._("the latest of them")
            missed = visit._("any of them has passed") if cited.missed_when == "any" else visit._("all of them have passed")
            yield visit._("Missed when"), missed
        case Range():
            yield visit._("Length"), amount(visit, cited.maximum, cited.unit, cited.minimum)
        case Threshold():
            yield visit._("At least"), None if cited.minimum is None else amount(visit, cited.minimum, cited.unit)
            yield visit._("At most"), None if cited.maximum is None else amount(visit, cited.maximum, cited.unit)
        case Composition():
            yield visit._("Which body"), party(visit, book, cited.body)
            yield visit._("Formed by"), party(visit, book, cited.formed_by)
            yield visit._("Members at least"), cited.minimum
            yield visit._("Members at most"), cited.maximum
            yield visit._("Among them"), _list(visit.named(each.names.model_dump()) for each in cited.requires.values())
        case Requirement():
            yield visit._("At least"), cited.at_least
        case Competence():
            yield visit._("Decided by"), party(visit, book, cited.decided_by)
        case Document():
            yield visit._("Required for"), _words(visit, book, cited.required_for)
            yield visit._("Where it is missing"), visit._(_MISSING[cited.if_missing])
        case Section():
            yield visit._("When"), visit.named(cited.when.model_dump()) if cited.when else None
        case Register():
            yield visit._("Kept by"), party(visit, book, cited.kept_by)
            yield visit._("Told by"), party(visit, book, cited.told_by)
            yield visit._("Upon"), _words(visit, book, cited.upon)
            yield visit._("Channels"), _words(visit, book, cited.channels)
        case Stage():
            yield visit._("Who acts"), party(visit, book, cited.actor)
            yield visit._("When"), visit.named(cited.when.model_dump()) if cited.when else None
        case Entry():
            yield visit._("Brings about"), _words(visit, book, cited.follows)
            yield visit._("Stands for"), _words(visit, book, cited.includes)
        case Setting():
            yield visit._("Value"), setting(visit, book, cited.value)


def _term(visit: "Visit", book: Rulebook, term: Term) -> Iterator[tuple[str, Any]]:
    yield visit._("Length"), amount(visit, term.amount, term.unit, term.lower_amount)
    anchor = visit.named(book.anchors[term.anchor].model_dump(), term.anchor)
    yield (visit._("Counted after") if term.direction == "after" else visit._("Counted back from")), anchor
    yield visit._("Its end is"), visit._(_NATURES[term.nature])
    yield visit._("Binds"), party(visit, book, term.binds)
    yield visit._("If it passes"), visit._(_FOLLOWS[term.follows])
    yield visit._("On a day off"), visit._(_ROLLS[term.roll]) if term.nature == "deadline" else None
    yield visit._("Reminders, days before"), ", ".join(map(str, term.reminders)) if term.reminders else None


def setting(visit: "Visit", book: Rulebook, value: Any) -> Any:
    """The value of a setting in words."""
    match value:
        case None:
            return visit._("not set: a person decides")
        case bool():
            return visit._("Yes") if value else visit._("No")
        case Share(of=of, strictly=strictly):
            return visit._("more than %(share)s", share=of) if strictly else visit._("at least %(share)s", share=of)
        case tuple():
            return ", ".join(map(str, value))
        case str():
            return labels.entry(book, value, visit.language) or Markup('<span lang="en">{}</span>').format(value.replace("_", " "))
    return str(value)


def _words(visit: "Visit", book: Rulebook, words: tuple[str, ...]) -> Any:
    return _list(_word(visit, book, each) for each in words)


def _word(visit: "Visit", book: Rulebook, word: str) -> Any:
    for group in (book.parties, book.anchors):
        if word in group:
            return visit.named(group[word].model_dump(), word)
    return labels.entry(book, word, visit.language) or Markup('<span lang="en">{}</span>').format(word.replace("_", " "))


def _list(parts: Any) -> Any:
    return Markup("; ").join(parts) or None
