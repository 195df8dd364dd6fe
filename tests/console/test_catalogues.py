"""Every message of the console in every language: none missing, none left over, none doubtful, none with another placeholder."""

import re
from datetime import date

import pytest

from console import i18n
from console.extraction import conflicts, kept, messages, missing

PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[a-z%]|\{[^}]*\}")


def first(message: object) -> str:
    """The singular of a message."""
    return str(message[0]) if isinstance(message, (list, tuple)) else str(message)


@pytest.mark.parametrize("language", ["ky", "kk", "ru"])
def test_every_message_is_translated(language: str) -> None:
    assert missing(language) == []


def test_no_translation_is_left_of_what_is_gone() -> None:
    source = {first(each) for each in messages()}
    left = {
        f"{path.parent.name}/{path.name}: {first(message.id)}"
        for path, _, catalogue in kept()
        for message in catalogue
        if message.id and first(message.id) not in source
    }

    assert left == set()


def test_no_two_areas_translate_a_message_differently() -> None:
    assert conflicts() == []


def test_no_translation_is_doubtful_or_has_other_placeholders() -> None:
    wrong = []
    for path, language, catalogue in kept():
        for message in catalogue:
            if not message.id:
                continue
            texts = list(message.string) if isinstance(message.string, (list, tuple)) else [message.string]
            expected = (2 if language != "ru" else 3) if isinstance(message.id, (list, tuple)) else 1
            placeholders = sorted(PLACEHOLDER.findall(first(message.id)))
            if message.fuzzy or len(texts) != expected or any(sorted(PLACEHOLDER.findall(text)) != placeholders for text in texts):
                wrong.append(f"{path.parent.name}/{path.name}: {first(message.id)}")

    assert wrong == []


@pytest.mark.parametrize(
    ("language", "number", "words"),
    [("ru", 1, "1 срок"), ("ru", 2, "2 срока"), ("ru", 5, "5 сроков"), ("ru", 21, "21 срок"), ("ky", 1, "1 мөөнөт"), ("kk", 3, "3 мерзім")],
)
def test_numbers_have_the_form_of_their_language(language: str, number: int, words: str) -> None:
    text = i18n.translations(language).ngettext("%(num)s deadline", "%(num)s deadlines", number)

    assert text % {"num": number} == words


def test_a_day_is_written_as_each_language_writes_it() -> None:
    written = {language: i18n.day_text(date(2026, 11, 21), language) for language in i18n.LANGUAGES}

    assert written == {"ky": "21-ноябрь 2026-ж.", "kk": "2026 ж. 21 қараша", "ru": "21 ноября 2026 г.", "en": "21 November 2026"}


@pytest.mark.parametrize(
    ("accepted", "language"),
    [(None, "ky"), ("kk-KZ,ru;q=0.5", "kk"), ("de, ru;q=0.8, en;q=0.9", "en"), ("en;q=0, ru", "ru"), ("fr", "ky"), ("ru;q=x", "ky")],
)
def test_the_language_is_the_best_that_the_browser_asks_for(accepted: str | None, language: str) -> None:
    assert i18n.preferred(accepted) == language
