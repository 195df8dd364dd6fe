"""A letter's page in one language: made of the facts that stand in its event, the words of its kind and the rulebook's own; never kept.

The same letter makes the same page: its letterhead is the one of its time, its rulebook the very content that it was written under.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import yaml

from chassis.typeset import FACE, typeset
from regulations import Rulebook, resolve
from regulations.values import Names
from services.notices.contract import LetterDrawnUp, LetterheadSet
from services.notices.contract_letters import Language
from services.notices.domain.letter_facts import HOW, OF_AN_ITEM, How
from services.notices.domain.letter_kinds import KINDS

FOLDER = Path(__file__).parent / "letters"
LANGUAGES: tuple[Language, ...] = ("ky", "kk", "ru", "en")

#: Whose words come next where a language has none of its own.
_NEXT: Mapping[Language, tuple[Language, ...]] = {
    "ky": ("ky", "ru", "kk", "en"),
    "kk": ("kk", "ru", "ky", "en"),
    "ru": ("ru", "kk", "ky", "en"),
    "en": ("en", "ru", "kk", "ky"),
}
_INNER = str.maketrans({"«": "„", "»": "“"})
_STATE_LANGUAGE: Mapping[str, Language] = {"KZ": "kk", "KG": "ky"}


@cache
def words(language: Language) -> Mapping[str, Any]:
    """The words of letters in a language."""
    loaded: Mapping[str, Any] = yaml.safe_load((FOLDER / "words" / f"{language}.yaml").read_text(encoding="utf-8"))
    return loaded


def first(names: Mapping[Any, str], language: Language) -> str:
    """What there is of names in a language, or in the one that is read most likely instead."""
    return next((names[each] for each in _NEXT[language] if names.get(each)), "")


def own_language(letter: LetterDrawnUp) -> Language:
    """In which a letter is written unless another is asked for: the state language where its rulebook is in force."""
    return _STATE_LANGUAGE[resolve(letter.rulebook).country] if letter.rulebook else "ru"


@dataclass(frozen=True)
class Writing:
    """How facts are written in one language, under one rulebook."""

    language: Language
    book: Rulebook | None

    @property
    def phrases(self) -> Mapping[str, str]:
        """What every letter says."""
        found: Mapping[str, str] = words(self.language)["phrases"]
        return found

    def day(self, value: str | date) -> str:
        """A day as it is written out."""
        on = date.fromisoformat(str(value)[:10])
        told = words(self.language)
        return str(told["date"].format(day=on.day, month=told["months"][on.month - 1], year=on.year))

    def word(self, value: str) -> str:
        """A word of the rulebook, or of letters, as people say it; text that is no word stays as it is."""
        known = words(self.language)["values"]
        if value.startswith("programme:"):
            return self.phrases["programme_scope"].format(code=value.partition(":")[2])
        names = _named(self.book, value) if self.book else None
        return str(getattr(names, self.language) if names else known.get(value, value))

    def texts(self, how: How, value: Any) -> list[str]:
        """A fact as paragraphs or items of a list."""
        match how:
            case "day":
                return [self.day(value)]
            case "word":
                return [self.word(str(value))]
            case "words":
                return [self.word(str(each)) for each in value]
            case "flag":
                return [self.phrases["yes" if value else "no"]]
            case "month":
                return [words(self.language)["stands_alone"][int(value) - 1]]
            case "names":
                return [first(value, self.language)]
            case "texts" | "documents":
                return [str(each) for each in value]
            case "items":
                return [" — ".join(self._parts(each)) for each in value]
            case _:
                return [str(value)]

    def _parts(self, item: Mapping[str, Any]) -> Iterator[str]:
        for name, how in OF_AN_ITEM.items():
            if name in item:
                told = self.texts(how, item[name])[0]
                yield f"{words(self.language)['facts'][name].lower()} {told}" if name in ("until", "due_on") else told


def _named(book: Rulebook, word: str) -> Names | None:
    """The names of a word wherever the rulebook has it."""
    vocabularies = (entries[word].names for entries in book.vocabularies.values() if word in entries)
    contents = (entries[word].names for entries in book.contents.values() if word in entries)
    terms = (book.terms[each].names for each in (word,) if each in book.terms)
    documents = (book.documents[each].names for each in (word,) if each in book.documents)
    stages = (each.names for each in book.stages if each.id == word)
    parties = (book.parties[each] for each in (word,) if each in book.parties)
    return next(chain(vocabularies, contents, terms, documents, stages, parties), None)


def content(letter: LetterDrawnUp, head: LetterheadSet | None, agency: str, language: Language) -> dict[str, Any]:
    """Everything that a letter's page says, in the order in which it says it."""
    book = resolve(letter.rulebook) if letter.rulebook else None
    writing = Writing(language, book)
    told = words(language)
    subject, body = told["kinds"][letter.kind]
    institution = first(letter.institution.names, language) if letter.institution else ""
    return {
        "face": FACE,
        "language": language,
        "sender": _sender(letter, head, agency, language),
        "number": f"{writing.phrases['number']} {letter.number}/{letter.year}",
        "dated": writing.day(letter.dated_on),
        "to": told["addressees"][letter.addressee],
        "institution": institution,
        "city": (letter.institution.city or "") if letter.institution else "",
        "to_institution": letter.addressee.startswith("institution"),
        "subject": subject,
        "body": body,
        "facts": [
            {"label": told["facts"][name], "texts": writing.texts(HOW.get(name, "text"), value)} for name, value in letter.facts.items()
        ],
        "clauses": [_clause(book, each, writing) for each in letter.clauses] if book else [],
        "signatory": {"post": first(head.signatory_posts, language), "name": head.signatory_name} if head and _of_agency(letter) else None,
        "made": writing.phrases["made"].format(letter_id=letter.letter_id),
        "page": writing.phrases["page"],
    }


def _of_agency(letter: LetterDrawnUp) -> bool:
    return KINDS[letter.kind].sender == "agency"


def _sender(letter: LetterDrawnUp, head: LetterheadSet | None, agency: str, language: Language) -> dict[str, str]:
    if not _of_agency(letter) and letter.institution:
        return {"name": first(letter.institution.names, language), "address": letter.institution.city or "", "contacts": ""}
    if head is None:
        return {"name": agency, "address": "", "contacts": ""}
    return {"name": first(head.names, language), "address": first(head.addresses, language), "contacts": head.contacts or ""}


def _clause(book: Rulebook, clause_id: str, writing: Writing) -> dict[str, str]:
    clause = book.clause(clause_id)
    quoted = next((each for each in _NEXT[writing.language] if clause.quote.get(each)), writing.language)
    title = getattr(book.title, writing.language).translate(_INNER)  # it stands in quotation marks itself
    tongue = words(writing.language)["languages"][quoted]
    return {
        "intro": writing.phrases["clause"].format(clause=clause_id, title=title),
        "rule": clause.rule if writing.language == "en" else "",
        "original": "" if quoted == writing.language else writing.phrases["original"].format(language=tongue),
        "quote": clause.quote.get(quoted, ""),
        "quote_language": quoted,
    }


def page(letter: LetterDrawnUp, head: LetterheadSet | None, agency: str, language: Language, form: Literal["pdf", "png"] = "pdf") -> bytes:
    """The letter as PDF/A, or its first page as a picture. It takes tenths of a second of a processor: for a thread."""
    return typeset(FOLDER / "letter.typ", content(letter, head, agency, language), at=letter.drawn_up_at, form=form)


def plain(letter: LetterDrawnUp, head: LetterheadSet | None, agency: str, language: Language) -> str:
    """The letter as text."""
    told = content(letter, head, agency, language)
    lines = [each for each in told["sender"].values() if each]
    lines += ["", f"{told['number']}    {told['dated']}", "", told["to"], *(each for each in (told["institution"], told["city"]) if each)]
    lines += ["", told["subject"], "", told["body"], ""]
    for fact in told["facts"]:
        if len(fact["texts"]) == 1:
            lines.append(f"{fact['label']}: {fact['texts'][0]}")
        else:
            lines += [f"{fact['label']}:", *(f"  – {each}" for each in fact["texts"])]
    for each in told["clauses"]:
        quote = f"«{each['quote']}»" if each["quote"] else ""
        lines += ["", *(part for part in (each["intro"], each["rule"], each["original"], quote) if part)]
    if told["signatory"]:
        lines += ["", f"{told['signatory']['post']}    {told['signatory']['name']}"]
    return "\n".join([*lines, "", told["made"], ""])
