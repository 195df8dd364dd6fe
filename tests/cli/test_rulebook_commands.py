"""`kepil rulebook …` as a lawyer meets them: what they say, where they point, and what they refuse."""

import json
import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema_rs
import pytest
import yaml
from typer.main import get_command

from cli import differences, graph, proofreading
from cli import rulebook as command
from cli.commands import app
from cli.shelf import NoSuchRulebook, RulebookNotReadable, find, ids
from cli.state import ROOT
from regulations import library
from tests.cli.test_commands import kepil

ORDER_109 = "kz-109-2008-accreditation"
RULES = find(ORDER_109)
FILE = library.SHELF / ORDER_109 / f"{RULES.version}.yaml"
TEXT = FILE.read_text(encoding="utf-8")

Out = pytest.CaptureFixture[str]


def printed(capsys: Out) -> Any:
    return json.loads(capsys.readouterr().out)


def draft(folder: Path, old: str = "", new: str = "", after: str = "") -> Path:
    """A copy of order 109 in which `old` reads `new`, once, the first time that it comes after `after`."""
    place = TEXT.index(old, TEXT.index(after))
    file = folder / "draft.yaml"
    file.write_text(TEXT[:place] + new + TEXT[place + len(old) :], encoding="utf-8")
    return file


def line_of(file: Path, words: str, after: str = "") -> int:
    text = file.read_text(encoding="utf-8")
    return text.count("\n", 0, text.index(words, text.index(after))) + 1


def shelf(folder: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> None:
    for name, text in files.items():
        place = folder / name / "2008-03-05.yaml"
        place.parent.mkdir(parents=True)
        place.write_text(text, encoding="utf-8")
    monkeypatch.setattr(library, "SHELF", folder)
    monkeypatch.setattr(library, "_load", cache(library._load.__wrapped__))


# list and show


def test_every_rulebook_on_the_shelf_is_listed(capsys: Out) -> None:
    assert command.list_all(json=True) == 0
    listed = printed(capsys)
    assert [each["id"] for each in listed] == [path.parent.name for path in sorted(library.SHELF.glob("*/*.yaml"))]
    (order_109,) = [each for each in listed if each["id"] == ORDER_109]
    assert order_109["clauses"] == 43
    assert order_109["content_hash"] == RULES.content_hash
    assert (ROOT / order_109["file"]).read_text(encoding="utf-8") == TEXT


def test_a_rulebook_that_cannot_be_read_hides_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    shelf(tmp_path, monkeypatch, **{ORDER_109: TEXT, "broken": "id: broken\n"})
    assert command.list_all(json=True) == 1
    broken, good = printed(capsys)
    assert (broken["id"], good["id"]) == ("broken", ORDER_109)
    assert "rulebook check broken@2008-03-05" in broken["refused"]
    assert command.list_all() == 1
    assert "broken" in capsys.readouterr().out


def test_a_rulebook_is_shown_whole(capsys: Out) -> None:
    command.show(ORDER_109)
    shown = capsys.readouterr().out
    assert all(path.partition(".")[2] in shown for path in RULES.citations())
    assert all(clause in shown for clause in RULES.clauses)
    command.show(ORDER_109, json=True)
    assert printed(capsys) == {**RULES.model_dump(mode="json"), "content_hash": RULES.content_hash}


@pytest.mark.parametrize("path", ["terms.duplicate", "duplicate"])
def test_one_value_is_shown_with_all_that_stands_behind_it(path: str, capsys: Out) -> None:
    command.show(ORDER_109, path, language="ru")
    shown = capsys.readouterr().out
    assert "Дубликат свидетельства" in shown
    assert "10 calendar days after «запрошен дубликат»" in shown
    assert "«в течение десяти календарных дней»" in shown
    assert "reading" in shown
    assert "kk: the Kazakh text: ten working days" in shown
    assert f"2008-03-05.yaml:{line_of(FILE, '  duplicate:', after='terms:')}" in shown


def test_a_clause_is_shown_by_its_number(capsys: Out) -> None:
    command.show(ORDER_109, "14 (b)", json=True)
    assert printed(capsys)["value"] == RULES.clause("14 (b)").model_dump(mode="json")


def test_what_is_not_there_is_refused_with_what_is() -> None:
    with pytest.raises(command.NoSuchValue, match=r"did you mean 'terms\.duplicate'"):
        command.show(ORDER_109, "terms.duplicat")
    with pytest.raises(command.NoSuchValue, match=r"'ru' is several values .*terms\.visit_report\.variants\.ru, terms\.duplicate"):
        command.show(ORDER_109, "ru")
    with pytest.raises(command.NoSuchValue, match="there are: ky, kk, ru, en"):
        command.show(ORDER_109, language="de")
    with pytest.raises(NoSuchRulebook, match=f"did you mean '{ORDER_109}'"):
        find("kz-109-2008-acreditation")
    with pytest.raises(NoSuchRulebook, match=r"there are: 2008-03-05"):
        find(f"{ORDER_109}@1999-01-01")
    with pytest.raises(NoSuchRulebook, match=r"there is no file nowhere\.yaml"):
        find("nowhere.yaml")


# check


@pytest.mark.parametrize("rulebook_id", ids())
def test_every_rulebook_on_the_shelf_passes(rulebook_id: str) -> None:
    for version in library.versions(rulebook_id):
        assert proofreading.proofread(library.SHELF / rulebook_id / f"{version}.yaml").problems == ()


@pytest.mark.parametrize(
    ("old", "new", "after", "clause", "path", "said"),
    [
        ("amount: 10", "amount: 0", "  duplicate:", "28 (a)", "terms.duplicate.amount", "must be greater than 0; it is 0"),
        ("amount: 10", "amount: ten", "  duplicate:", "28 (a)", "terms.duplicate.amount", "a whole number belongs here, not 'ten'"),
        (
            "unit: calendar_days",
            "unit: weeks",
            "  duplicate:",
            "28 (a)",
            "terms.duplicate.unit",
            "'weeks' is not possible here; possible: ",
        ),
        ("binds:", "bind:", "  duplicate:", "28 (a)", "terms.duplicate.bind", "is `binds` meant?"),
        ("anchor: visit_start", "anchor: visit_begin", "", "14 (b)", "terms.visit_notice", "anchor 'visit_begin', which stands nowhere"),
        ('clause: "15"', 'clause: "150"', "ranges:", "150", "ranges.visit_length", "is '15' meant?"),
        ("actor: institution", "actor: institutoin", "", "8.1", "clauses.8.1", "is 'institution' meant?"),
        ("десяти календарных", "пяти календарных", "  duplicate:", "28 (a)", "terms.duplicate.quote.ru", "«пяти», the text «десяти"),
        ("value: flagged", "value: {of: 3/2}", "settings:", "11", "settings.early_decision.value", "a share {of: 1/2, strictly: true}"),
        ('version: "2008-03-05"', "version: 2008-03-05", "", None, "version", "put 2008-03-05 in quotation marks"),
        ("in_force_from: 2008-04-07", "in_force_from: 2008-04-31", "", None, "in_force_from", "is no day: write it as YYYY-MM-DD"),
        ("zone: Asia/Almaty", "zone: Asia/Alma", "", None, "zone", "there is no zone 'Asia/Alma'"),
        ("послевузовского образования.", "послевузовского обучения.", "clauses:", "2", "clauses.2.quote.ru", "it says «обучения.»"),
        ("names: {ky: аккр", "name: {ky: аккр", "decisions:", "19.1", "vocabularies.decisions.accredit.name", "is `names` meant?"),
    ],
)
def test_what_is_wrong_is_told_by_line_and_clause(
    tmp_path: Path, old: str, new: str, after: str, clause: str | None, path: str, said: str
) -> None:
    file = draft(tmp_path, old, new, after)
    verdict = proofreading.proofread(file)
    (found,) = [each for each in verdict.problems if each.path == path]
    assert said in found.problem
    assert found.clause == clause
    words, after = ("ru: >-", '\n  "2":') if path == "clauses.2.quote.ru" else (new, after)  # a key stands above its folded text
    assert found.line == line_of(file, words, after)
    assert verdict.rulebook is None


def test_everything_that_is_wrong_is_told_at_once_and_in_the_order_of_the_file(tmp_path: Path) -> None:
    file = draft(tmp_path, "anchor: visit_start", "anchor: visit_begin")
    file.write_text(file.read_text(encoding="utf-8").replace("  - id: visit\n", "  - id: visit\n    after: [moon]\n"), encoding="utf-8")
    first, second = proofreading.proofread(file).problems
    assert (first.path, second.path) == ("terms.visit_notice", "stages.visit")
    assert second.clause == "9.6"
    assert second.line == line_of(file, "after: [moon]")


@pytest.mark.parametrize(
    ("old", "new", "at", "said"),
    [
        ("title:\n", "title: a: b\n", "title: a", "quotation marks"),
        ("title:\n", "title:\n\tx: 1\n", "\tx: 1", "spaces"),
        ("languages: [ru, kk]", "languages: [ru, kk]\nlanguages: [ru]", "languages: [ru]", "'languages' is written twice"),
    ],
)
def test_a_file_that_is_not_well_formed_is_told_by_line(tmp_path: Path, old: str, new: str, at: str, said: str) -> None:
    file = draft(tmp_path, old, new)
    (found,) = proofreading.proofread(file).problems
    assert said in found.problem
    assert found.line == line_of(file, at)


def test_a_setting_that_the_computation_needs_is_missed(tmp_path: Path) -> None:
    (found,) = proofreading.proofread(draft(tmp_path, "forward_term_on_day_off:", "other:", "settings:")).problems
    assert "`forward_term_on_day_off` is missing" in found.problem


def test_a_draft_may_lie_anywhere_and_is_told_its_place(tmp_path: Path, capsys: Out) -> None:
    file = draft(tmp_path)
    assert proofreading.run(str(file), json=True) == 0
    told = printed(capsys)
    assert told["accepted"]
    assert told["rulebook"]["content_hash"] == RULES.content_hash
    assert any(f"regulations/rulebooks/{ORDER_109}/2008-03-05.yaml" in note for note in told["notes"])
    assert any("word for word in the original (Kazakh, Russian)" in note for note in told["notes"])


def test_a_draft_under_the_version_of_another_content_is_told_to_take_its_own(tmp_path: Path) -> None:
    file = draft(tmp_path, "amount: 3", "amount: 2", "  visit_notice:")
    assert any("needs a `version` of its own" in note for note in proofreading.proofread(file).notes)
    file.write_text(file.read_text(encoding="utf-8").replace('version: "2008-03-05"', 'version: "2030-01-01"'), encoding="utf-8")
    assert any(f"it lies at regulations/rulebooks/{ORDER_109}/2030-01-01.yaml" in note for note in proofreading.proofread(file).notes)


def test_the_exit_code_says_whether_it_may_be_adopted(tmp_path: Path) -> None:
    wrong = kepil("rulebook", "check", str(draft(tmp_path, "unit: calendar_days", "unit: weeks")))
    assert wrong.returncode == 1
    assert "1 thing is wrong" in wrong.stdout
    right = kepil("rulebook", "check", ORDER_109)
    assert right.returncode == 0
    assert "good" in right.stdout
    with pytest.raises(RulebookNotReadable, match="rulebook check"):
        find(str(tmp_path / "draft.yaml"))


# diff


def test_a_changed_term_is_told_with_its_clause_before_and_after(tmp_path: Path, capsys: Out) -> None:
    file = draft(tmp_path, "amount: 3\n    unit: months", "amount: 4\n    unit: months", "  visit_notice:")
    differences.run(ORDER_109, str(file), json=True)
    told = printed(capsys)
    assert told["a"]["content_hash"] != told["b"]["content_hash"]
    assert told["changes"] == [
        {"path": "terms.visit_notice", "clause": "14 (b)", "change": "changed", "field": "amount", "old": 3, "new": 4}
    ]
    differences.run(ORDER_109, str(file))
    assert re.search(r"clause 14 \(b\) +terms\.visit_notice\.amount  3 → 4", capsys.readouterr().out)


def test_what_came_and_what_went_is_told_whole(tmp_path: Path) -> None:
    file = draft(tmp_path, "  visit_length:", "  length_of_visit:", "ranges:")
    removed, added = differences.differences(RULES, find(str(file)))
    assert (removed.change, removed.path, removed.clause) == ("removed", "ranges.visit_length", "15")
    assert (added.change, added.path, added.new["maximum"]) == ("added", "ranges.length_of_visit", 4)


def test_the_order_of_stages_and_a_clause_are_compared_too(tmp_path: Path) -> None:
    text = TEXT.replace("  - id: contract\n", "  - id: agreement\n").replace(
        "    actor: accreditation_council\n", "    actor: parties\n", 1
    )
    file = tmp_path / "draft.yaml"
    file.write_text(text, encoding="utf-8")
    found = {change.path: change for change in differences.differences(RULES, find(str(file)))}
    assert set(found) == {"clauses.9.8", "stages", "stages.contract", "stages.agreement"}
    assert found["clauses.9.8"].clause == "9.8"


def test_nothing_differs_from_itself(capsys: Out) -> None:
    differences.run(ORDER_109, f"{ORDER_109}@{RULES.version}")
    assert capsys.readouterr().out == "no difference\n"


# graph


@pytest.mark.parametrize("rulebook_id", ids())
@pytest.mark.parametrize("language", ["en", "ky"])
def test_every_stage_is_drawn_with_its_clause_and_no_two_overlap(rulebook_id: str, language: str, tmp_path: Path) -> None:
    book = find(rulebook_id)
    assert graph.run(rulebook_id, svg=tmp_path / "flow.svg", language=language) == 0
    root = ElementTree.parse(tmp_path / "flow.svg").getroot()
    said = " ".join(text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text"))
    for stage in book.stages:
        assert getattr(stage.names, language) in said
        assert stage.clause is None or stage.clause in said
    boxes = [each for each in root.iter("{http://www.w3.org/2000/svg}rect") if each.get("class") != "paper"]
    assert len(boxes) == len(book.stages)
    places = [tuple(float(box.get(key, "")) for key in ("x", "y", "width", "height")) for box in boxes]
    for number, (x, y, width, height) in enumerate(places):
        for other_x, other_y, other_width, other_height in places[:number]:
            assert x + width <= other_x or other_x + other_width <= x or y + height <= other_y or other_y + other_height <= y


@pytest.mark.parametrize("rulebook_id", ids())
def test_every_stage_is_reached_from_the_start(rulebook_id: str) -> None:
    flow = graph.flow_of(find(rulebook_id))
    reached = {graph.START}
    while new := {edge.target for edge in flow.edges if edge.source in reached} - reached:
        reached |= new
    assert reached == {graph.START, graph.END, *(step.id for step in flow.steps)}


def test_an_optional_stage_is_dashed_with_its_condition_and_can_be_passed_by(tmp_path: Path) -> None:
    when = "{ky: керек болсо, kk: қажет болса, ru: при необходимости, en: where needed}"
    file = draft(tmp_path, "  - id: recommendations\n", f"  - id: recommendations\n    optional: true\n    when: {when}\n")
    flow = graph.flow_of(find(str(file)))
    ways = {(edge.source, edge.target): edge.optional for edge in flow.edges}
    assert ways["report_review", "recommendations"]
    assert not ways["recommendations", "visit"]
    assert not ways["report_review", "visit"]
    drawn = graph.mermaid(flow)
    assert '"]:::optional' in drawn
    assert 's_report_review -.->|"where needed"| s_recommendations' in drawn
    picture = graph.picture(flow)
    assert picture.count('<rect class="optional"') == 1
    assert picture.count('<path class="optional"') == 1
    assert ">where needed<" in picture


def test_a_way_back_is_drawn(tmp_path: Path) -> None:
    file = draft(tmp_path, "  - id: report_submission\n", "  - id: report_submission\n    after: [self_assessment, recommendations]\n")
    flow = graph.flow_of(find(str(file)))
    assert ("recommendations", "report_submission") in {(edge.source, edge.target) for edge in flow.edges}
    assert graph.picture(flow).count('marker-end="url(#tip)"') == len(flow.edges)


def test_signs_that_mermaid_reads_are_written_as_entities() -> None:
    step = graph.Step("a", 'the "report" <b> #1', "1", "", False, "")
    drawn = graph.mermaid(graph.Flow('a "title"', (step,), ()))
    assert 's_a["<b>the #34;report#34; #60;b#62; #35;1</b><br/>clause 1"]' in drawn
    assert 'title: "a \\"title\\""' in drawn


# schema


def plain(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: plain(member) for key, member in content.items()}
    if isinstance(content, list):
        return [plain(member) for member in content]
    return content.isoformat() if isinstance(content, date) else content


@pytest.mark.parametrize("rulebook_id", ids())
def test_the_schema_accepts_every_rulebook_file_as_it_is_written(rulebook_id: str) -> None:
    validator = jsonschema_rs.validator_for(command.file_schema())
    for file in (library.SHELF / rulebook_id).glob("*.yaml"):
        content = plain(yaml.safe_load(file.read_text(encoding="utf-8")))
        assert [f"{each.instance_path}: {each.message}" for each in validator.iter_errors(content)] == []
        content["terms"][next(iter(content["terms"]))]["amont"] = 3
        assert not validator.is_valid(content)


def test_the_schema_in_the_documentation_is_the_present_one(capsys: Out) -> None:
    command.schema()
    kept = (ROOT / "docs" / "rulebook.schema.json").read_text(encoding="utf-8")
    assert kept == capsys.readouterr().out, "write it anew: ./kepil rulebook schema > docs/rulebook.schema.json"


# the documentation


def commands(group: Any, words: tuple[str, ...] = ("./kepil",)) -> list[str]:
    found = []
    for name, each in group.commands.items():
        if hasattr(each, "commands"):
            found += commands(each, (*words, name))
        elif not each.hidden:
            found.append(" ".join((*words, name)))
    return found


def test_every_command_is_in_the_reference() -> None:
    headings = re.findall(r"^#+ `(\./kepil[^`]*)`", (ROOT / "docs" / "cli.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    for each in commands(get_command(app)):
        assert any(heading == each or heading.startswith(f"{each} ") for heading in headings), f"docs/cli.md has no section on {each}"
