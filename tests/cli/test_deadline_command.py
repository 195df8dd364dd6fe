"""`kepil deadline`: the day, its clause and every step, and what is refused when the question is wrong."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cli import deadline
from cli.deadline import WrongQuestion
from cli.shelf import find, ids
from tests.cli.test_commands import kepil
from tests.cli.test_rulebook_commands import ORDER_109, RULES, Out, draft


def answer(capsys: Out, rule: str, *anchors: str, rulebook: str = ORDER_109, variant: str | None = None) -> Any:
    assert deadline.run(rulebook, rule, anchors, variant=variant, json=True) == 0
    return json.loads(capsys.readouterr().out)


def test_a_deadline_comes_with_its_clause_its_wording_and_every_step(capsys: Out) -> None:
    """19 March 2027 is a Friday; 22 and 23 March are Nauryz, 24 March stands for the 21st, a Sunday; so 25, 26, 29 March are counted."""
    found = answer(capsys, "visit_report", "visit_end=2027-03-19")
    assert (found["due_on"], found["due_at"]) == ("2027-03-29", "2027-03-29T19:00:00+00:00")
    assert (found["clause"], found["kind"], found["variant"]) == ("17", "reading", "ru")
    assert found["quote"] == {"ru": "в течение двух-трех рабочих дней"}
    skipped = [step["on"] for step in found["steps"] if step["what"] == "skipped"]
    assert skipped == [f"2027-03-{day}" for day in (20, 21, 22, 23, 24, 27, 28)]
    assert [step["what"] for step in found["steps"]][-2:] == ["counted", "ends"]
    assert found["rulebook"]["content_hash"] == RULES.content_hash
    assert not found["estimated"]


def test_another_language_version_is_counted_when_asked(capsys: Out) -> None:
    """Two calendar days from Friday end on a Sunday and move to Thursday, past Nauryz."""
    found = answer(capsys, "visit_report", "visit_end=2027-03-19", variant="kk")
    assert (found["variant"], found["rolled_from"], found["due_on"]) == ("kk", "2027-03-21", "2027-03-25")
    assert "бір-екі күн ішінде" in found["quote"]["kk"]


def test_a_bar_says_from_when_the_act_is_possible(capsys: Out) -> None:
    found = answer(capsys, "reapplication_bar", "first_application_filed=2024-02-29")
    assert (found["due_on"], found["possible_from"]) == ("2025-02-28", "2025-03-01")


def test_what_people_read_has_the_same_in_words(capsys: Out) -> None:
    deadline.run(ORDER_109, "visit_report", ["visit_end=2027-03-19"])
    said = capsys.readouterr().out
    for words in ("2027-03-29 (Monday)", "00:00 of 2027-03-30 in Asia/Almaty", "17 (reading)", "2027-03-22 is not counted (Nowruz", "kk"):
        assert words in said


@pytest.fixture
def choices(tmp_path: Path) -> str:
    written = """
choices:
  first_of:
    names: {ky: а, kk: ә, ru: я, en: the first of both}
    of: [overall, duplicate]
    due: earliest
    missed_when: any
    clause: "11"
  last_of:
    names: {ky: а, kk: ә, ru: я, en: the last of both}
    of: [overall, duplicate]
    due: latest
    missed_when: all
    clause: "11"

ranges:
"""
    return str(draft(tmp_path, "\nranges:\n", written))


@pytest.mark.parametrize(("rule", "decides", "due_on"), [("first_of", "duplicate", "2027-02-15"), ("last_of", "overall", "2027-03-29")])
def test_a_choice_takes_an_anchor_for_each_of_its_terms(rule: str, decides: str, due_on: str, choices: str, capsys: Out) -> None:
    """Three years from 27 March 2024 end on Saturday, 27 March 2027; ten days from 5 February 2027 on Monday, the 15th."""
    found = answer(capsys, rule, "application_registered=2024-03-27", "duplicate_requested=2027-02-05", rulebook=choices)
    assert (found["term"], found["due_on"]) == (decides, due_on)
    assert [term["term"] for term in found["choice"]["terms"]] == ["overall", "duplicate"]
    assert found["choice"]["clause"] == "11"
    deadline.run(choices, rule, ["application_registered=2024-03-27", "duplicate_requested=2027-02-05"])
    assert "this one decides" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rule", "anchors", "said"),
    [
        ("overal", [], "did you mean 'overall'"),
        ("visit_length", [], "ranges.visit_length is no term"),
        ("overall", [], "the day of application_registered is needed: --anchor application_registered=YYYY-MM-DD"),
        ("overall", ["visit_end=2027-03-19"], "'visit_end' is no anchor of it; overall runs from: application_registered"),
        ("overall", ["application_registered=2027-02-29"], "'2027-02-29' is no day"),
        ("overall", ["application_registered"], "name=YYYY-MM-DD"),
        ("overall", ["application_registered=2027-02-01"] * 2, "given twice"),
        ("overall", ["application_registered=9998-01-01"], "leaves the years"),
        ("first_of", ["application_registered=2024-03-27"], "the day of duplicate_requested is needed"),
    ],
)
def test_a_wrong_question_is_refused_with_what_there_is(rule: str, anchors: list[str], said: str, choices: str) -> None:
    with pytest.raises(WrongQuestion, match=re.escape(said)):
        deadline.run(choices, rule, anchors)


def test_a_wrong_variant_is_refused_with_what_there_is() -> None:
    with pytest.raises(WrongQuestion, match="there are: ru, kk"):
        deadline.run(ORDER_109, "duplicate", ["duplicate_requested=2027-03-05"], variant="en")


@pytest.mark.parametrize("rulebook_id", ids())
def test_every_term_and_choice_has_an_answer(rulebook_id: str, capsys: Out) -> None:
    book = find(rulebook_id)
    for rule in [*book.terms, *book.choices]:
        terms = book.choices[rule].of if rule in book.choices else (rule,)
        anchors = [f"{anchor}=2028-02-29" for anchor in {book.terms[term].anchor for term in terms}]
        found = answer(capsys, rule, *anchors, rulebook=rulebook_id)
        assert found["due_on"] <= "2028-02-29" if book.terms[found["term"]].direction == "before" else found["due_on"] > "2028-02-29"
        deadline.run(rulebook_id, rule, anchors)
        assert found["due_on"] in capsys.readouterr().out


def test_the_terminal_and_the_exit_code() -> None:
    right = kepil("deadline", ORDER_109, "overall", "--anchor", "application_registered=2024-03-27")
    assert right.returncode == 0
    assert "2027-03-29 (Monday)" in right.stdout
    wrong = kepil("deadline", ORDER_109, "overall")
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("the day of application_registered is needed")
