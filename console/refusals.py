"""What a service said when it refused, in the language of its reader.

Services speak English (RFC 9457). What they can say is known from their source (`console.extraction_refusals`) and translated in the
catalogues of the area `refusals`; here a text is recognised as one of these messages with its values. What is not known stays English.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from markupsafe import Markup

from chassis.auth import Role
from console import i18n, labels, titles
from console.i18n import N_

#: What pydantic says of a request whose shape is another (its own words, in `errors`).
OF_SHAPES = (
    N_("Field required"),
    N_("Extra inputs are not permitted"),
    N_("Value error, {error}"),
    N_("Input should be {expected}"),
    N_("Input should be a valid string"),
    N_("Input should be a valid integer"),
    N_("Input should be a valid integer, unable to parse string as an integer"),
    N_("Input should be a valid integer, got a number with a fractional part"),
    N_("Input should be a valid number"),
    N_("Input should be a valid number, unable to parse string as a number"),
    N_("Input should be a valid decimal"),
    N_("Input should be a finite number"),
    N_("Input should be a valid boolean"),
    N_("Input should be a valid boolean, unable to interpret input"),
    N_("Input should be a valid list"),
    N_("Input should be a valid dictionary"),
    N_("Input should be a valid dictionary or object to extract fields from"),
    N_("Input should be a valid date"),
    N_("Input should be a valid date in the format YYYY-MM-DD, {error}"),
    N_("Input should be a valid date or datetime, {error}"),
    N_("Input should be a valid datetime"),
    N_("Input should be a valid datetime, {error}"),
    N_("Input should have timezone info"),
    N_("Input should be a valid UUID, {error}"),
    N_("Input should be a valid URL, {error}"),
    N_("URL scheme should be {expected_schemes}"),
    N_("Input should be greater than {gt}"),
    N_("Input should be greater than or equal to {ge}"),
    N_("Input should be less than {lt}"),
    N_("Input should be less than or equal to {le}"),
    N_("String should have at least {min_length} character"),
    N_("String should have at least {min_length} characters"),
    N_("String should have at most {max_length} character"),
    N_("String should have at most {max_length} characters"),
    N_("String should match pattern '{pattern}'"),
    N_("List should have at least {min_length} item after validation, not {actual_length}"),
    N_("List should have at least {min_length} items after validation, not {actual_length}"),
    N_("List should have at most {max_length} item after validation, not {actual_length}"),
    N_("List should have at most {max_length} items after validation, not {actual_length}"),
    N_("Tuple should have at least {min_length} item after validation, not {actual_length}"),
    N_("Tuple should have at least {min_length} items after validation, not {actual_length}"),
    N_("Tuple should have at most {max_length} item after validation, not {actual_length}"),
    N_("Tuple should have at most {max_length} items after validation, not {actual_length}"),
    N_("Decimal input should have no more than {max_digits} digits in total"),
    N_("Decimal input should have no more than {decimal_places} decimal places"),
    N_("Unable to extract tag using discriminator {discriminator}"),
)
#: In what somebody took part who may not be of a commission: the council finds it in its read models, out of the extraction's sight.
OF_PARTS = (N_("an expert of the panel"), N_("the coordinator"), N_("voted in the council"), N_("checked the report"))

_AREA = i18n.LOCALE / "refusals" / "ru.po"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
#: What a value has that another follows without a word between them.
_WORD = re.compile(r"[^\s:;,]*")
#: Words of English one after the other, which no name of anything is.
_SENTENCE = re.compile(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
#: Between texts of which one problem is put together, and between the values of a list.
_TOGETHER, _LISTED = "; ", (", ", " and ", " or ")
#: Between a word and what is said of it.
_SAID_OF = ": "
#: Fewer signs of its own recognise nothing.
_LEAST_SIGNS = 3
_DEEPEST = 4
_MOST_PARTS = 200
_ROLES = frozenset(Role)


@dataclass(frozen=True)
class _Template:
    """A message with placeholders: the words between them, one more than there are names."""

    message: str
    words: tuple[str, ...]
    names: tuple[str, ...]

    def values(self, text: str) -> dict[str, str] | None:
        """What is filled in, if `text` is this message."""
        first, *middle, last = self.words
        at, end = len(first), len(text) - len(last)
        if at > end or not text.startswith(first) or not text.endswith(last):
            return None
        found = []
        for words in middle:
            until = text.find(words, at, end) if words else _WORD.match(text, at, end).end()  # type: ignore[union-attr]
            if until < 0:
                return None
            found.append(text[at:until])
            at = until + len(words)
        return dict(zip(self.names, (*found, text[at:end]), strict=True)) if at <= end else None


def told(text: str, language: str) -> Markup:
    """A text of a problem in a language; as it is, marked as English, where nobody has translated it."""
    if language == "en":
        return Markup("{}").format(text)
    said = _Reader(language).filled("word", text, 0)
    return Markup("{}").format(said.text) if said.known or said.text != text else Markup('<span lang="en">{}</span>').format(text)


@dataclass(frozen=True)
class _Said:
    """A text in the reader's language; `known` unless a part of it may be English still."""

    text: str
    known: bool


class _Reader:
    """Reads one text for a language. It looks at so many parts of it and no more: what people wrote stands in it too."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._say = i18n.translations(language).gettext
        self._left = _MOST_PARTS

    def filled(self, name: str, value: str, depth: int) -> _Said:
        """A value as the language has it: a day, a word of a rulebook or an enumeration, a text of ours, or several of them.

        What is nothing of these stays as it is: known, unless it reads like a sentence.
        """
        if _DAY.fullmatch(value):
            return _Said(_day(value, self._language), True)
        named = labels.called(name, value, self._language) or self._role(value)
        if named is not None:
            return _Said(named, True)
        said = self._whole(value, depth)
        if said is not None:
            return said
        for between in _LISTED:
            if between in value and depth < _DEEPEST:
                each = [self.filled(name, part, depth + 1) for part in value.split(between)]
                if between == _LISTED[0] or all(part.known for part in each):
                    return _Said(_LISTED[0].join(part.text for part in each), all(part.known for part in each))
        return _Said(value, not _SENTENCE.search(value))

    def _whole(self, text: str, depth: int) -> _Said | None:
        """A text, or several in one: as one message whose values are all known, else as several of which some are ours."""
        one = self._one(text, depth)
        if _TOGETHER not in text or (one is not None and one.known):
            return one
        parts = [(part, self._one(part, depth)) for part in text.split(_TOGETHER)]
        if all(said is None for _, said in parts):
            return one
        known = all(said is not None and said.known for _, said in parts)
        return _Said(_TOGETHER.join(part if said is None else said.text for part, said in parts), known)

    def _one(self, text: str, depth: int) -> _Said | None:
        """The message that a text is: the first of which every value is known, else the first."""
        plain, templates = _known()
        if text in plain:
            return _Said(self._say(text), True)
        first: _Said | None = None
        for template in templates if depth < _DEEPEST and self._left > 0 else ():
            values = template.values(text)
            if values is None:
                continue
            self._left -= 1
            filled = {name: self.filled(name, value, depth + 1) for name, value in values.items()}
            words = _PLACEHOLDER.sub(lambda found, by=filled: by[found[1]].text, self._say(template.message))  # type: ignore[misc]
            said = _Said(words, all(each.known for each in filled.values()))
            if said.known:
                return said
            first = first or said
        word, colon, rest = text.partition(_SAID_OF)
        told = self._one(rest, depth + 1) if colon and first is None and depth < _DEEPEST else None
        if told is None:
            return first
        of = self.filled("word", word, depth + 1)
        return _Said(of.text + _SAID_OF + told.text, of.known and told.known)

    def _role(self, value: str) -> str | None:
        return self._say(titles.ROLES[Role(value)]) if value in _ROLES else None


def _day(value: str, language: str) -> str:
    try:
        return i18n.day_text(date.fromisoformat(value), language)
    except ValueError:
        return value


@cache
def _known() -> tuple[frozenset[str], Sequence[_Template]]:
    """The messages without a placeholder, and those with, which have most words of their own first."""
    messages = [str(message.id) for message in i18n.read_catalogue(_AREA, "ru") if message.id]
    templates = []
    for message in messages:
        first, *rest = _PLACEHOLDER.split(message)
        templates.append(_Template(message, (first, *rest[1::2]), tuple(rest[::2])))
    plain = frozenset(each.message for each in templates if not each.names)
    filled = [each for each in templates if each.names and len("".join(each.words).replace(" ", "")) >= _LEAST_SIGNS]
    return plain, sorted(filled, key=lambda each: len("".join(each.words)), reverse=True)
