"""Every quotation of a rulebook is in the act as it was issued, and every point of the act is in the rulebook.

`originals/<rulebook>.<language>.txt` is the act's text as published in the country's legal database; only white space may differ.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from regulations import Rulebook
from regulations.library import library
from regulations.values import Quote, fold

ORIGINALS = Path(__file__).parent / "originals"
RULEBOOKS = [rulebook for versions in library().values() for rulebook in versions]
every_rulebook = pytest.mark.parametrize("rulebook", RULEBOOKS, ids=lambda each: f"{each.id}-{each.version}")


@cache
def original(rulebook_id: str, language: str) -> str:
    return (ORIGINALS / f"{rulebook_id}.{language}.txt").read_text(encoding="utf-8")


def quotations(rulebook: Rulebook) -> Iterator[tuple[str, Quote]]:
    """Every quotation with its place in the rulebook."""
    yield "instrument", rulebook.instrument.quote
    if rulebook.repealed_by is not None:
        yield "repealed_by", rulebook.repealed_by.quote
    for clause in rulebook.clauses.values():
        yield f"clauses.{clause.id}", clause.quote
    for path, cited in rulebook.citations().items():
        yield path, cited.quote


@every_rulebook
def test_every_quotation_is_verbatim(rulebook: Rulebook) -> None:
    wrong = [
        f"{path} ({language}): {text}"
        for path, quote in quotations(rulebook)
        for language, text in quote.items()
        if fold(text) not in fold(original(rulebook.id, language))
    ]
    assert not wrong, "\n".join(wrong)


@every_rulebook
def test_every_clause_is_quoted_in_every_language_of_the_act(rulebook: Rulebook) -> None:
    assert {clause.id: set(clause.quote) for clause in rulebook.clauses.values()} == {
        clause_id: set(rulebook.languages) for clause_id in rulebook.clauses
    }


@pytest.mark.parametrize(("language", "heading"), [("ru", "1. Общие положения"), ("kk", "1. Жалпы ережелер")])
def test_every_point_of_order_109_is_in_the_rulebook(language: str, heading: str) -> None:
    """Point 1 says by which law the instruction was made and binds nobody."""
    (rulebook,) = library()["kz-109-2008-accreditation"]
    text = original(rulebook.id, language)
    assert text.count(heading) == 1
    points = re.findall(r"^[^\S\n]+(\d+)\. ", text.partition(heading)[2], flags=re.MULTILINE)
    assert points == [str(number) for number in range(1, 29)]
    assert [point for point in points if point not in {clause.point for clause in rulebook.clauses.values()}] == ["1"]
