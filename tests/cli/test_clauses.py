"""`kepil clauses`: where each clause is held, enforced and tested, and that no clause loses what once kept it."""

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from cli import clauses
from cli.shelf import NoSuchRulebook, find, ids
from cli.state import ROOT
from regulations import enforced
from regulations.clauses import Marks, covers, lost, marks_in, traces

ORDER_109 = "kz-109-2008-accreditation"
MARKS = marks_in(ROOT)

Out = pytest.CaptureFixture[str]


def checkout(root: Path, **files: str) -> Marks:
    """A checkout of these files; `__` in a name stands for a folder."""
    for name, text in files.items():
        file = root / f"{name.replace('__', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return marks_in(root)


def found(marks: Marks) -> dict[str, tuple[str | None, tuple[str, ...]]]:
    return {mark.name: (mark.rulebook, mark.clauses) for mark in (*marks.code, *marks.tests)}


# the marks


@pytest.mark.parametrize(
    "written",
    [
        'from regulations import enforces\n\n@enforces("kz", "1", "2")\ndef act(): ...\n',
        'import regulations\n\n@regulations.enforces("kz", "1", "2")\ndef act(): ...\n',
        'KZ = "kz"\nBOTH = ("1", "2")\n\n@enforces(KZ, *BOTH)\ndef act(): ...\n',
        'KZ: str = "kz"\n\ndef act():\n    enforces(KZ, "1", "2")\n',
        'from services.a.domain.words import KZ\n\n@enforces(KZ, "1", "2")\ndef act(): ...\n',
        'from services.a.domain.words import KZ as BOOK\n\n@enforces(BOOK, "1", "2")\ndef act(): ...\n',
        'from services.a.domain import words\n\n@enforces(words.KZ, "1", "2")\ndef act(): ...\n',
        'from .words import KZ\n\n@enforces(KZ, "1", "2")\nasync def act(): ...\n',
    ],
)
def test_a_mark_in_code_is_read_without_running_it(written: str, tmp_path: Path) -> None:
    marks = checkout(tmp_path, services__a__domain__words='KZ = "kz"\n', services__a__domain__rules=f"raise SystemExit\n{written}")
    assert found(marks) == {"act": ("kz", ("1", "2"))}
    assert marks.code[0].place.startswith("services/a/domain/rules.py:")


def test_the_line_of_a_mark_is_its_own(tmp_path: Path) -> None:
    marks = checkout(tmp_path, workflows__a='\n\n@enforces("kz", "1")\n@other\ndef act(): ...\n')
    assert marks.code[0].place == "workflows/a.py:3"


@pytest.mark.parametrize(
    ("written", "test"),
    [
        ('@pytest.mark.clause("kz", "1")\ndef test_it(): ...\n', "tests/test_a.py::test_it"),
        ('class TestAll:\n    @pytest.mark.clause("kz", "1")\n    def test_it(self): ...\n', "tests/test_a.py::TestAll::test_it"),
        ('@pytest.mark.clause("kz", "1")\nclass TestAll:\n    def test_it(self): ...\n', "tests/test_a.py::TestAll"),
        ('pytestmark = [pytest.mark.slow, pytest.mark.clause("kz", "1")]\n', "tests/test_a.py"),
        (
            '@pytest.mark.parametrize("a", [pytest.param(1, marks=pytest.mark.clause("kz", "1"))])\ndef test_it(a): ...\n',
            "tests/test_a.py::test_it",
        ),
    ],
)
def test_a_mark_of_a_test_names_it_as_pytest_does(written: str, test: str, tmp_path: Path) -> None:
    (mark,) = checkout(tmp_path, tests__test_a=written).tests
    assert (mark.rulebook, mark.clauses, mark.test, mark.runs) == ("kz", ("1",), test, True)


def test_a_mark_on_what_pytest_does_not_collect_shows_nothing(tmp_path: Path) -> None:
    marks = checkout(tmp_path, tests__test_a=f'@pytest.mark.clause("{ORDER_109}", "2")\ndef helper(): ...\n')
    assert not traces(find(ORDER_109), marks)[0].tested


@pytest.mark.parametrize(
    "written", ['@enforces(book(), "1")\ndef act(): ...\n', '@enforces("kz", *ALL)\ndef act(): ...\n', "enforces(UNKNOWN)\n"]
)
def test_a_mark_that_only_runs_is_told_and_not_passed_over(written: str, tmp_path: Path) -> None:
    marks = checkout(tmp_path, services__a=written)
    assert marks.unreadable() == list(marks.code)
    assert len(marks.code) == 1


def test_a_mark_of_what_there_is_not_is_stray(tmp_path: Path) -> None:
    marks = checkout(tmp_path, services__a='@enforces("kz", "1", "9")\ndef act(): ...\n\n@enforces("moon", "1")\ndef other(): ...\n')
    assert [problem for _, problem in marks.stray({"kz": ["1"]})] == ["kz has no clause '9'", "there is no rulebook 'moon'"]


def test_what_is_read_of_the_code_is_what_python_has_when_it_runs() -> None:
    files = {mark.file for mark in MARKS.code}
    for file in files:
        import_module(file.removesuffix(".py").replace("/", "."))
    read = {(mark.rulebook, clause) for mark in MARKS.code for clause in mark.clauses}
    assert read == {(book, clause) for book in ids() for clause in enforced(book)}


def test_every_mark_of_this_checkout_can_be_read_and_names_a_clause_that_there_is() -> None:
    assert [mark.place for mark in MARKS.unreadable()] == []
    known = {rulebook_id: find(rulebook_id).clauses for rulebook_id in ids()}
    assert [f"{mark.place}: {problem}" for mark, problem in MARKS.stray(known)] == []


# the trace


def test_a_clause_is_traced_to_its_values_its_code_and_its_tests() -> None:
    (trace,) = [trace for trace in traces(find(ORDER_109), MARKS) if trace.clause.id == "14 (b)"]
    assert "terms.visit_notice" in trace.held
    assert {"services/visits/domain/dates.py", "services/visits/domain/visit.py"} <= {mark.file for mark in trace.enforced}
    assert any(test.startswith("tests/visits/test_visit.py::") for test in trace.tested)
    assert not trace.gaps


def test_a_clause_without_code_or_test_is_a_gap() -> None:
    for trace in traces(find(ORDER_109), Marks((), ())):
        assert trace.gaps == ("enforced", "tested")
    (half,) = [trace for trace in traces(find(ORDER_109), Marks((), MARKS.tests)) if trace.clause.id == "14 (b)"]
    assert half.gaps == ("enforced",)


def test_every_clause_is_shown_and_the_figures_add_up(capsys: Out) -> None:
    assert clauses.run(ORDER_109, json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert [clause["id"] for clause in told["clauses"]] == list(find(ORDER_109).clauses)
    gaps = [clause["id"] for clause in told["clauses"] if clause["gaps"]]
    assert told["summary"]["gaps"] == gaps
    assert told["summary"]["complete"] + len(gaps) == told["summary"]["clauses"] == 43
    assert told["stray"] == []
    clauses.run(ORDER_109)
    said = capsys.readouterr().out
    assert all(clause in said for clause in find(ORDER_109).clauses)
    assert said.count("gap: ") == sum(len(clause["gaps"]) for clause in told["clauses"])


def test_the_figures_of_all_rulebooks_are_shown_together(capsys: Out) -> None:
    assert clauses.run(json=True) == 0
    assert [each["rulebook"]["id"] for each in json.loads(capsys.readouterr().out)] == ids()


def test_an_unknown_rulebook_is_refused() -> None:
    with pytest.raises(NoSuchRulebook, match="there are: "):
        clauses.run("moon")


# the record


def test_no_clause_has_lost_its_cover() -> None:
    record = clauses.recorded()
    gone: dict[str, Any] = {}
    for rulebook_id, before in record.items():
        now = covers(traces(find(rulebook_id), MARKS)) if rulebook_id in ids() else {}
        if missing := lost(before, now):
            gone[rulebook_id] = missing
    told = "\n".join(
        f"  {book}, clause {clause}: no longer {' nor '.join(kinds)}" for book, each in gone.items() for clause, kinds in each.items()
    )
    assert not gone, (
        f"These clauses were covered and are not any more:\n{told}\n"
        "Put the value, the @enforces or the pytest.mark.clause back. To give a cover up on purpose, remove it from"
        " tests/regulations/coverage.json in the same commit and say why; what is newly covered is added by ./kepil clauses --record."
    )


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "coverage.json"
    monkeypatch.setattr(clauses, "RECORD", file)
    return file


def kept(file: Path) -> Mapping[str, Mapping[str, list[str]]]:
    content: Mapping[str, Mapping[str, list[str]]] = json.loads(file.read_text(encoding="utf-8"))
    return content


def test_recording_adds_what_is_newly_covered(record: Path, capsys: Out) -> None:
    record.write_text(json.dumps({ORDER_109: {"14 (b)": ["held"]}}), encoding="utf-8")
    assert clauses.run(ORDER_109, record=True, json=True) == 0
    added = json.loads(capsys.readouterr().out)["added"]
    assert {"rulebook": ORDER_109, "clause": "14 (b)", "covers": ["enforced", "tested"]} in added
    assert kept(record) == {ORDER_109: covers(traces(find(ORDER_109), MARKS))}
    assert list(kept(record)[ORDER_109]) == [clause for clause in find(ORDER_109).clauses if clause in kept(record)[ORDER_109]]
    clauses.run(ORDER_109, record=True, json=True)
    assert json.loads(capsys.readouterr().out)["added"] == []


def test_recording_anew_does_not_forget_what_was_lost(record: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    assert clauses.run(ORDER_109, record=True) == 0
    before = kept(record)
    monkeypatch.setattr(clauses, "marks_in", lambda root: Marks((), MARKS.tests))
    assert clauses.run(ORDER_109, record=True) == 1
    assert kept(record) == before
    assert "14 (b) (enforced)" in capsys.readouterr().out


def test_recording_one_rulebook_leaves_the_others_as_they_are(record: Path) -> None:
    record.write_text(json.dumps({"other": {"1": ["held"]}}), encoding="utf-8")
    clauses.run(ORDER_109, record=True)
    assert kept(record)["other"] == {"1": ["held"]}


def test_a_cover_that_is_gone_is_named_by_clause() -> None:
    assert lost({"1": ["held", "tested"], "2": ["tested"], "3": ["held"]}, {"1": ["held"], "3": ["held", "tested"]}) == {
        "1": ["tested"],
        "2": ["tested"],
    }
