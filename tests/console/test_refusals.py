"""Services refuse in English; the console says it in the reader's language, with the values that were filled in."""

import re

import pytest

from chassis.problems import LONGEST_DETAIL
from console import extraction_refusals, i18n, refusals

LANGUAGES = i18n.LANGUAGES[:-1]
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def say(message: str, language: str) -> str:
    return i18n.translations(language).gettext(message)


def test_what_the_services_say_is_found_by_whatever_way_it_reaches_the_problem() -> None:
    written = {
        "there is no meeting {meeting_id}",  # as it stands
        "the visit runs from {started_on} to {ends_on}, and today is {on}",  # by a parameter of a function
        "no report is under study",  # one branch of two
        "the materials are incomplete: {missing}",  # put together
        "Unknown heading {heading}. {accepts}",  # cut to a length
        "a visit does not last longer than a year",  # by the schema of a request
        "co-ordinates this case for the agency",  # a conflict of interest that the check found
        "no answer in time",  # why a webhook did not arrive
    }
    found = extraction_refusals.messages()
    assert written - set(found) == set()
    assert not [each for each in found if each.isidentifier() and "_" in each]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_recognised_with_its_values(language: str) -> None:
    wrong = []
    for message in extraction_refusals.messages():
        names = PLACEHOLDER.findall(message)
        if names and sum(map(str.isalpha, PLACEHOLDER.sub("", message))) < 3:
            continue  # recognises nothing alone
        values = {name: f"‹{number}›" for number, name in enumerate(dict.fromkeys(names))}
        english = PLACEHOLDER.sub(lambda found, by=values: by[found[1]], message)  # type: ignore[misc]
        told = refusals.told(english, language)
        if "lang=" in told or any(value not in told for value in values.values()):
            wrong.append((message, told))
    assert wrong == []


def test_values_are_days_words_of_the_regulations_and_texts_of_ours() -> None:
    message = "the visit runs from {started_on} to {ends_on}, and today is {on}"
    told = refusals.told("the visit runs from 2026-11-02 to 2026-11-05, and today is 2026-11-22", "ru")
    days = {"started_on": "2 ноября 2026 г.", "ends_on": "5 ноября 2026 г.", "on": "22 ноября 2026 г."}
    assert told == say(message, "ru").format(**days)

    assert refusals.told("one of: positive, negative", "ky") != refusals.told("one of: a, b", "ky")
    nothing, first = "nothing is decided yet", say("nothing is decided yet", "kk")
    assert refusals.told(f"{nothing}; there is no meeting m-1", "kk") == f"{first}; {say('there is no meeting {meeting_id}', 'kk')}".format(
        meeting_id="m-1"
    )


@pytest.mark.parametrize("text", ["quite another sentence", "there is no", "this was never; written by us"])
def test_what_nobody_has_translated_stays_english_and_says_so(text: str) -> None:
    assert refusals.told(text, "ky") == f'<span lang="en">{text}</span>'
    assert refusals.told(text, "en") == text


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_a_value_is_never_markup(language: str) -> None:
    told = refusals.told("there is no meeting <script>alert(1)</script>", language)
    assert "<script>" not in told
    assert "&lt;script&gt;" in told


def test_a_value_that_is_no_day_stays_as_it_is() -> None:
    assert "2026-02-31" in refusals.told("there is no meeting 2026-02-31", "ru")
    assert [refusals.told(text, "ru") for text in ("", "; ", "{x}", "AB 000018")] == ["", "; ", "{x}", "AB 000018"]


def test_the_length_of_a_text_makes_no_trouble() -> None:
    """No message is tried in more ways than one, and parts of parts come to an end."""
    for again in ("of the case ", "a: ", "a; ", "a, ", "a and ", "one of: ", "x is no "):
        text = "there is no " + again * (LONGEST_DETAIL // len(again))
        assert again.strip() in refusals.told(text, "ru")
