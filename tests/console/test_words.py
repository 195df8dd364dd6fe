"""The words of the field: what forms ask, every command and every event have names in four languages, and nothing is left over."""

from collections.abc import Mapping
from typing import Any

import pytest

from chassis.service import build_app
from chassis.settings import Settings
from cli.serve import SERVICES, service
from console import labels
from console.forms_choices import from_rulebooks, wanted
from console.forms_operations import Operation, operations
from console.i18n import LANGUAGES
from console.labels import words
from tests.console.published import published

FILES = ["actions", "fields", "events", "enums", "collections", "holidays"]


@pytest.fixture(scope="module")
def commands() -> dict[str, Operation]:
    """Every command of every service, by its name."""
    found: dict[str, Operation] = {}
    for name in SERVICES:
        for key, operation in operations(name, build_app(service(name), Settings()).openapi()).items():
            assert key not in found, f"two services have a command {key}"
            found[key] = operation
    return found


@pytest.mark.parametrize("file", FILES)
def test_every_word_is_there_in_four_languages(file: str) -> None:
    lacking = {key: named for key, named in words(file).items() if set(named) != set(LANGUAGES) or not all(map(str.strip, named.values()))}
    assert lacking == {}


@pytest.mark.parametrize("file", FILES)
def test_no_kyrgyz_kazakh_or_russian_word_is_left_in_latin_letters(file: str) -> None:
    """But for names and abbreviations that are the same everywhere."""
    same = {"DEQAR", "ETER", "ESG", "ISCED", "QF-EHEA", "URL", "SHA-256", "CSV", "HMAC", "Ed25519"}
    english = {
        f"{key}.{language}": text
        for key, named in words(file).items()
        for language, text in named.items()
        if language != "en" and any(word.strip("().,«»") not in same and word[:1].isascii() and word[:1].isalpha() for word in text.split())
    }
    assert english == {}


def test_every_command_has_its_name_and_none_is_left(commands: Mapping[str, Operation]) -> None:
    named = {name for name in commands if not name.startswith("correct_")}
    assert named - words("actions").keys() == set()
    assert words("actions").keys() - named == {"correct_*"}


def test_every_member_of_every_form_has_its_name(commands: Mapping[str, Operation]) -> None:
    asked = {
        (each.key, each.name) for operation in commands.values() for member in operation.members for each in member.walk() if each.name
    }
    known = words("fields")
    unnamed = {key for key, name in asked if name not in known and key not in known and not key.startswith("language.") and name != "value"}
    assert unnamed == set()


def test_every_published_event_has_its_title_and_none_is_left() -> None:
    titled = {key.rpartition(".")[2] for key in words("events")}
    types = published()
    assert types - titled == set()
    assert titled - types == set()


def test_every_word_of_an_enumeration_has_its_name(commands: Mapping[str, Operation]) -> None:
    known = words("enums")
    members = [each for operation in commands.values() for member in operation.members for each in member.walk()]
    unnamed = {f"{each.name}.{word}" for each in members for word in each.words if f"{each.name}.{word}" not in known}
    assert unnamed == set()


def test_every_vocabulary_that_is_named_is_of_some_rulebook_and_of_some_form(commands: Mapping[str, Operation]) -> None:
    books = labels.books()
    for key, vocabularies in words("choices").items():
        for name in vocabularies:
            assert any(labels.vocabulary(book, name) for book in books), (key, name)
    asked: set[str] = {word for operation in commands.values() for each in wanted(operation.members) for word in (each.key, each.name)}
    assert words("choices").keys() - asked - {"Document.kind"} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_that_a_rulebook_lists_can_be_chosen_by_its_own_name(commands: Mapping[str, Operation], language: str) -> None:
    """A member that takes machine's words and for which nothing can be chosen would have to be written in machine's words."""
    machine: dict[str, Any] = {}
    for operation in commands.values():
        for each in wanted(operation.members):
            of = each.item or each if each.kind == "list" else each
            if (of.pattern or "").startswith(("^[a-z_]{2,40}", "^[a-z0-9_]{2,60}", "^[a-z][a-z0-9_]{1,60}", "^[a-z][a-z_]{1,60}")):
                machine[each.key] = from_rulebooks(each, labels.books(), language)
    assert {key for key, options in machine.items() if not options} <= {"InstitutionDetails.kind"}
