"""The words of the field in four languages: what a member of a form, an action, an event, a word of an enumeration is called.

They are data (`console/words/*.yaml`), since no template names them: what there is to say comes from the services' own documents.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from console.i18n import LANGUAGES
from regulations import library as shelf
from regulations.rulebook import Rulebook
from regulations.values import fold

_WORDS = Path(__file__).parent / "words"
Names = Mapping[str, str]


@cache
def words(of: str) -> Mapping[str, Names]:
    """A file of words: each by its key, in four languages."""
    read: Mapping[str, Names] = yaml.safe_load((_WORDS / f"{of}.yaml").read_text(encoding="utf-8"))
    return read


def _told(of: str, keys: tuple[str, ...], language: str) -> str | None:
    known = words(of)
    return next((known[key][language] for key in keys if key in known), None)


def humane(name: str) -> str:
    """What to show of a name that has no words: better than nothing, and seen by the tests."""
    return name.replace("_", " ").strip().capitalize()


def known_field(name: str) -> bool:
    """Whether a member has words of its own."""
    return name in words("fields")


def field(name: str, language: str, owner: str = "") -> str:
    """The name of a member; where it means something else in one schema, by `Schema.name`."""
    return _told("fields", (f"{owner}.{name}", name), language) or humane(name)


def action(name: str, language: str) -> str:
    """The name of a command, as an imperative."""
    general = "correct_*" if name.startswith("correct_") else name
    return _told("actions", (name, general), language) or humane(name)


def event(kind: str, language: str, service: str = "") -> str:
    """What a coordinator says has happened. Two services may have the same word for two facts."""
    return _told("events", (f"{service}.{kind}", kind), language) or humane(kind)


def enumerated(field_name: str, word: str, language: str) -> str | None:
    """A word of an enumeration; None if it has no names here."""
    return _told("enums", (f"{field_name}.{word}", word), language)


def books(rulebook: str | None = None, version: str | None = None) -> tuple[Rulebook, ...]:
    """The rulebook that is named, or the newest of every one."""
    if rulebook is None:
        return tuple(versions[-1] for versions in shelf.library().values())
    versions = shelf.every(rulebook)
    named = [book for book in versions if book.version == version]
    return tuple(named or versions[-1:])


def vocabulary(book: Rulebook, name: str) -> dict[str, str | Names]:
    """The words of one list of a rulebook with their names: a vocabulary, or what `choices.yaml` says besides."""
    kind, _, inner = name.partition(".")
    if kind == "channels":
        register = book.registers.get(inner)
        return {word: _names(book, word) for word in getattr(register, "channels", None) or ()}
    if kind == "contents":
        return {word: section.names.model_dump() for word, section in book.contents.get(inner, {}).items()}
    lists: Mapping[str, Mapping[str, Any]] = {
        "documents": book.documents,
        "parties": book.parties,
        "stages": {stage.id: stage for stage in book.stages},
    }
    found = lists[kind] if kind in lists else book.vocabularies.get(kind, {})
    return {word: (named.names if hasattr(named, "names") else named).model_dump() for word, named in found.items()}


def _names(book: Rulebook, word: str) -> str | Names:
    return book.parties[word].model_dump() if word in book.parties else word


def entry(book: Rulebook, word: str, language: str) -> str | None:
    """What a rulebook calls a word of any of its vocabularies, documents, parties, stages or parts of documents."""
    named = _entries(book).get(word)
    return named[language] if named else None


#: By the content of a rulebook: every word that it names. They are few, and asked for at every fact of a page.
_known: dict[str, Mapping[str, Names]] = {}


def _entries(book: Rulebook) -> Mapping[str, Names]:
    """Every word of a rulebook with its names; of a word that several lists have, those of the first."""
    found = _known.get(book.content_hash)
    if found is None:
        lists = (*book.vocabularies, "documents", "parties", "stages", *(f"contents.{each}" for each in book.contents))
        named = [(word, names) for name in reversed(lists) for word, names in vocabulary(book, name).items()]
        found = _known[book.content_hash] = {word: names for word, names in named if isinstance(names, Mapping)}
    return found


def value(name: str, found: Any, language: str, book: Rulebook | None = None) -> str:
    """A word as people read it: the rulebook's own name of it, else ours, else the word."""
    text = str(found)
    told = (entry(book, text, language) if book is not None else None) or enumerated(name, text, language)
    if told is None and book is not None and name == "kind" and known_field(text):
        return field(text, language)  # a document without a word in its rulebook is told by what it was sent as
    if told is None:
        told = next((each for each in (entry(other, text, language) for other in books()) if each), None)
    return told or text


def called(name: str, found: str, language: str) -> str | None:
    """What a service's English text calls by an English name, by its word or by that with spaces; None for what nobody has named."""
    named = _by_english().get(found.casefold())
    if named is not None:
        return named[language]
    word = found.replace(" ", "_")
    told = value(name, word, language)
    return None if told == word else told


@cache
def _by_english() -> Mapping[str, Names]:
    """All that the newest rulebooks name, by the English names."""
    return {names["en"].casefold(): names for book in books() for names in _named(book.model_dump())}


def _named(content: Any) -> Iterator[Names]:
    if isinstance(content, Mapping):
        if content.keys() >= set(LANGUAGES):
            yield content
        else:
            yield from (names for each in content.values() for names in _named(each))
    elif isinstance(content, (list, tuple)):
        yield from (names for each in content for names in _named(each))


def every(rulebook: str) -> tuple[Rulebook, ...]:
    """All versions of a rulebook, the newest first."""
    return tuple(reversed(shelf.every(rulebook)))


def collection(name: str, language: str) -> str:
    """What the things of a path are called, such as `council-meetings`."""
    return _told("collections", (name,), language) or humane(name.replace("-", " "))


def holiday(name: str, language: str) -> str:
    """A holiday by its English name; several fall on one day, and a name may say that its date is an estimate or was moved."""
    told = (_told("holidays", (each.partition(" (")[0],), language) or each for each in name.split("; "))
    return "; ".join(told)


def quoted(rulebook: str | None, clause: str, language: str) -> tuple[str, str]:
    """The wording of a clause and the language that it is in; our English paraphrase of it, where the act has no wording."""
    for book in books(rulebook) if rulebook else ():
        found = book.clauses.get(clause)
        quote: Mapping[Any, str] = found.quote if found else {}
        for each in (language, "ru", "kk", "ky"):
            if each in quote:
                return fold(quote[each]), each
        if found:
            return found.rule, "en"
    return "", language
