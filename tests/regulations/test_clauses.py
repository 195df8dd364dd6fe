"""The clauses of order 109 and where they are kept: in the rulebook, in code that enforces them, in tests that show it."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from regulations import enforced, load
from regulations.clauses import marks_in
from regulations.coverage import _places

ORDER_109 = "kz-109-2008-accreditation"
RULES = load(ORDER_109)
ROOT = Path(__file__).parents[2]

# The clause table of the agency's page on order 109, kz-109-2008-accreditation.md.
CLAUSES = """
2; 3; 4; 5; 6; 7; 8.1; 8.2; 8 (a); 8 (b); 9.1; 9.2; 9.3; 9.4; 9.5; 9.6; 9.7; 9.8; 9.9; 9.10; 10; 11; 12; 13; 14 (a); 14 (b); 15; 16; 17; 18;
19.1; 19.2; 20; 21; 22 (a); 22 (b); 23; 24; 25; 26; 27; 28 (a); 28 (b)
"""
TABLE = [clause.strip() for clause in CLAUSES.split(";")]

# Who must act, as the table says it.
ACTORS = {
    "institution": {"8.1", "8.2", "8 (a)", "9.2", "9.3", "13", "21", "22 (b)", "27", "28 (b)"},
    "expert_commission": {"9.6", "15", "16", "17"},
    "accreditation_council": {"9.8", "19.1", "19.2"},
    "authorised_body": {"4", "26"},
    "parties": {"9.1"},
    "nobody": {"2", "8 (b)", "10", "25"},
}


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def strings(file: Path) -> Iterator[tuple[int, str]]:
    """The string constants of a module that are no docstrings, with their lines."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    bare = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in bare:
            yield node.lineno, node.value


def test_the_rulebook_has_the_clauses_of_the_table_in_its_order() -> None:
    assert list(RULES.clauses) == TABLE


def test_every_clause_has_the_actor_of_the_table() -> None:
    for clause in RULES.clauses.values():
        expected = next((actor for actor, clauses in ACTORS.items() if clause.id in clauses), "accreditation_body")
        assert clause.actor == expected, clause.id


@pytest.mark.parametrize(("clause", "point"), [("2", "2"), ("8.1", "8"), ("9.10", "9"), ("14 (b)", "14"), ("28 (a)", "28")])
def test_a_clause_knows_its_point(clause: str, point: str) -> None:
    assert RULES.clause(clause).point == point


def test_code_enforces_only_clauses_that_there_are() -> None:
    for file in modules("services"):
        if file.name == "consumers.py" or file.parent.name == "domain":
            import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
    books = {book for book, _ in _places}
    assert ORDER_109 in books
    assert {book: enforced(book).keys() - load(book).clauses.keys() for book in books} == {book: set() for book in books}
    assert len(enforced(ORDER_109)) > len(TABLE) / 2


def test_tests_show_only_clauses_that_there_are() -> None:
    marks = [mark for mark in marks_in(ROOT).tests if mark.rulebook is not None]
    assert len(marks) > len(TABLE)
    wrong = [
        f"{mark.place}: {mark.rulebook} {clause}" for mark in marks for clause in mark.clauses if clause not in load(mark.rulebook).clauses
    ]
    assert not wrong


def test_no_decision_of_the_rulebook_is_a_word_of_the_code() -> None:
    words = RULES.vocabulary("decisions")
    found = [
        f"{file.relative_to(ROOT)}:{line}: {text}"
        for folder in ("chassis", "regulations", "services", "workflows")
        for file in modules(folder)
        for line, text in strings(file)
        if text in words
    ]
    assert not found
