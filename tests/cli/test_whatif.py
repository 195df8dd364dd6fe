"""`kepil whatif` on files of events, on simulated cases and on the running stack; what it refuses, and its picture."""

import asyncio
import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.errors import Explained
from cli.histogram import bars, svg
from cli.recorded import CATALOGUES, READ
from cli.skipping import LegalTime
from cli.state import ROOT
from cli.supervisor import Stack
from cli.whatif import run
from regulations import load
from regulations.library import library
from regulations.whatif import Comparison
from services.monitoring.contract import DeadlineExtended, DeadlineResumed, DeadlineSuspended
from tests.api.conftest import http, legal_time
from tests.api.journey import Journey
from tests.cli.story import ORDER_109, RULES, STORY, application, write
from tests.waiting import eventually

__all__ = ["http", "legal_time"]

FIVE = "terms.visit_report.amount=5"
TWO_THIRDS = "settings.council_quorum.value={of: 2/3, strictly: false}"
CASES = "simulated:20"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def events(tmp_path: Path) -> Path:
    return write(tmp_path / "events.jsonl")


async def ask(capsys: pytest.CaptureFixture[str], *changes: str, on: Path | str = CASES, rulebook: str = ORDER_109, **options: Any) -> Any:
    assert await run(rulebook, changes, ROOT / "none", on=str(on), json=True, **options) == 0
    return json.loads(capsys.readouterr().out)


async def refused(
    *changes: str, on: Path | str | None = CASES, rulebook: str = ORDER_109, state: Path = ROOT / "none", **options: Any
) -> str:
    with pytest.raises(Explained) as refusal:
        await run(rulebook, changes, state, on=None if on is None else str(on), **options)
    return str(refusal.value)


class TestRecordedCases:
    async def test_a_longer_term_forgives_the_report_that_came_late(self, events: Path, capsys: pytest.CaptureFixture[str]) -> None:
        answer = await ask(capsys, FIVE, on=events)
        assert answer["summary"] == {
            "cases": 2,
            "deadlines": 7,
            "deadlines_touched": 1,
            "newly_missed": 0,
            "newly_met": 1,
            "outcomes": 7,
            "outcomes_flipped": 0,
        }
        (moved,) = answer["deadlines"]
        assert (moved["case"], moved["rule"], moved["clause"], moved["days"], moved["flip"]) == ("a", "visit_report", "17", 2, "newly_met")
        assert moved["before"] == {"due_on": "2010-03-29", "state": "met_late", "consequence": "person_decides"}
        assert moved["after"] == {"due_on": "2010-03-31", "state": "met", "consequence": None}
        assert answer["states"] == {"before": {"met_late": 1}, "after": {"met": 1}}

    async def test_a_higher_quorum_undoes_the_meeting(self, events: Path, capsys: pytest.CaptureFixture[str]) -> None:
        answer = await ask(capsys, TWO_THIRDS, on=events)
        assert answer["deadlines"] == []
        (turned,) = answer["outcomes"]
        assert turned["case"] == "meeting m"
        assert (turned["on"], turned["before"], turned["after"]) == ("3 of 5 present", "quorate", "not quorate")

    async def test_every_act_that_a_rule_governs_is_judged_again(self, events: Path, capsys: pytest.CaptureFixture[str]) -> None:
        answer = await ask(
            capsys,
            "terms.visit_notice.amount=4",
            "ranges.visit_length.maximum=3",
            "terms.reapplication_bar.amount=2",
            "terms.earliest_decision.amount=2",
            "settings.council_majority.value={of: 3/4, strictly: false}",
            on=events,
        )
        found = {each["value"]: (each["before"], each["after"]) for each in answer["outcomes"]}
        assert found == {
            "terms.visit_notice": ("met", "refused"),
            "ranges.visit_length": ("allowed", "refused"),
            "terms.reapplication_bar": ("possible", "refused"),
            "terms.earliest_decision": ("possible", "flagged"),
            "settings.council_majority": ("refuse", "a person decides"),
        }

    async def test_the_renewal_moves_with_the_validity_of_the_certificate(self, events: Path, capsys: pytest.CaptureFixture[str]) -> None:
        answer = await ask(capsys, "terms.certificate_validity.amount=4", on=events)
        due = {each["rule"]: each["after"]["due_on"] for each in answer["deadlines"]}
        assert due == {"certificate_validity": "2015-06-01", "renewal_application": "2014-06-01", "renewal_window_opening": "2013-12-01"}
        assert answer["changes"][0]["departs_from_text"]

    async def test_an_extension_stays(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        moved = DeadlineExtended(
            deadline_id="a visit_report",
            case_id="a",
            workflow_id="a",
            previous_due_on=date(2010, 3, 29),
            due_on=date(2010, 4, 9),
            due_at="2010-04-09T18:00:00Z",  # type: ignore[arg-type]
            reason="Illness",
        )
        file = write(tmp_path / "extended.jsonl", [*STORY, (date(2010, 3, 20), moved)])
        assert (await ask(capsys, FIVE, on=file))["deadlines"] == []

    async def test_days_on_which_the_clock_stood_still_count_by_both_rulebooks(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The clock stood from Friday to Monday: 29 March + 3 days = 1 April; 31 March + 3 days is a Saturday, so Monday, 5 April."""
        ids = {"deadline_id": "a visit_report", "case_id": "a", "workflow_id": "a"}
        resumed = DeadlineResumed(
            **ids,
            previous_due_on=date(2010, 3, 29),
            due_on=date(2010, 4, 1),
            due_at="2010-04-01T18:00:00Z",  # type: ignore[arg-type]
            lost_days=3,
            resumed_on=date(2010, 3, 29),
        )
        friday, monday = date(2010, 3, 26), date(2010, 3, 29)
        stopped = DeadlineSuspended(**ids, reason="Flood", suspended_on=friday)
        file = write(tmp_path / "stopped.jsonl", [*STORY[:4], (friday, stopped), (monday, resumed), *STORY[4:]])
        (moved,) = (await ask(capsys, FIVE, on=file))["deadlines"]
        assert (moved["before"]["state"], moved["after"]["state"]) == ("met", "met")
        assert (moved["before"]["due_on"], moved["after"]["due_on"], moved["recorded_due"]) == ("2010-04-01", "2010-04-05", "2010-04-01")

    async def test_what_is_open_at_the_end_of_the_record_is_open(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = write(tmp_path / "short.jsonl", STORY[:4])
        (moved,) = (await ask(capsys, FIVE, on=file))["deadlines"]
        assert (moved["before"]["state"], moved["after"]["state"]) == ("open", "open")

    async def test_a_folder_is_all_its_files(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        write(tmp_path / "first.jsonl")
        write(tmp_path / "second.jsonl")
        answer = await ask(capsys, FIVE, on=tmp_path)
        assert answer["summary"]["cases"] == 4
        assert sorted(each["case"] for each in answer["deadlines"]) == ["first/a", "second/a"]

    async def test_scenarios_of_one_file_are_apart(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """In one the institution is refused; that another of the same name applies in the other is no repeated application."""
        lines = [json.loads(line) for line in write(tmp_path / "whole.jsonl").read_text(encoding="utf-8").splitlines()]
        of_b = [line for line in lines if line.get("data", {}).get("case_id") == "b"]
        told = [{"scenario": "x/b.yaml" if line in of_b else "x/a.yaml", **line} for line in lines]
        file = tmp_path / "two.jsonl"
        file.write_text("\n".join(json.dumps(line) for line in told), encoding="utf-8")
        answer = await ask(capsys, "terms.reapplication_bar.amount=2", FIVE, on=file)
        assert answer["outcomes"] == []
        assert {(each["case"], each["rule"], each["after"]["state"]) for each in answer["deadlines"]} == {
            ("a/a", "visit_report", "met"),
            ("a/a", "reapplication_bar", "waiting"),
        }

    async def test_cases_under_another_rulebook_are_left_out_and_said_so(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        other = application("z", date(2010, 1, 5), rulebook=RULES.ref.model_copy(update={"id": "another"}))
        older = application("y", date(2010, 1, 5), rulebook=RULES.ref.model_copy(update={"version": "1999"}))
        file = write(tmp_path / "mixed.jsonl", [*STORY, (date(2010, 1, 5), other), (date(2010, 1, 5), older)])
        answer = await ask(capsys, FIVE, on=file)
        assert answer["summary"]["cases"] == 3
        assert any("1 case under another" in note for note in answer["cases"]["notes"])
        assert any("1 case begun under version 1999" in note for note in answer["cases"]["notes"])

    async def test_another_calendar_is_named(self, events: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert any("other calendars (KZ)" in note for note in (await ask(capsys, FIVE, on=events))["cases"]["notes"])


class TestSimulatedCases:
    @pytest.mark.parametrize("rulebook", sorted(library()))
    async def test_every_rulebook_can_be_asked(self, rulebook: str, capsys: pytest.CaptureFixture[str]) -> None:
        book = load(rulebook)
        term = next(iter(book.terms.values()))
        answer = await ask(capsys, f"terms.{term.id}.amount={term.amount + 1}", rulebook=rulebook)
        assert answer["summary"]["cases"] == 20
        assert answer["summary"]["deadlines_touched"] > 0

    async def test_what_changes_nothing_shows_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        answer = await ask(capsys, "terms.visit_report.amount=3")
        assert (answer["deadlines"], answer["outcomes"], answer["states"]) == ([], [], {"before": {}, "after": {}})

    async def test_what_no_case_rests_on_is_said_so(self, capsys: pytest.CaptureFixture[str]) -> None:
        answer = await ask(capsys, "settings.appeal_suspends_refusal.value=true", FIVE)
        assert [each["asked_of_anything"] for each in answer["changes"]] == [False, True]

    async def test_a_seed_gives_other_cases(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert await ask(capsys, FIVE) == await ask(capsys, FIVE)
        assert (await ask(capsys, FIVE, on=f"{CASES}:1"))["deadlines"] != (await ask(capsys, FIVE))["deadlines"]


class TestRefusals:
    async def test_a_wrong_path_says_what_there_is(self) -> None:
        told = await refused("terms.visit_reprot.amount=5")
        assert "terms.visit_reprot.amount" in told
        assert "did you mean 'visit_report'?" in told
        assert "terms.reapplication_bar" in told

    async def test_a_wrong_value_says_what_would_be_accepted(self) -> None:
        assert "accepted: a whole number of at least 1 (it is 3)" in await refused("terms.visit_report.amount=five")
        assert "one of calendar_days, working_days, months, years" in await refused("terms.visit_report.unit=weeks")
        assert "a share such as {of: 2/3, strictly: false}" in await refused("settings.council_quorum.value=0.66")

    async def test_what_asks_nothing_says_how_to_ask(self) -> None:
        assert "--set path=value" in await refused()
        assert "write path=value" in await refused("terms.visit_report.amount")
        assert "is set twice" in await refused(FIVE, FIVE)
        assert "is no value" in await refused("terms.visit_report.reminders=[1,")

    async def test_a_term_that_no_calendar_reaches_is_refused(self) -> None:
        assert "no calendar has" in await refused("terms.certificate_validity.amount=9000")

    async def test_cases_that_are_not_there(self, tmp_path: Path, events: Path) -> None:
        assert "Kepil does not run on" in await refused(FIVE, on=None, state=tmp_path)
        assert "there is no file or folder" in await refused(FIVE, on=tmp_path / "nothing.jsonl")
        assert "has no file of events" in await refused(FIVE, on=_folder(tmp_path / "empty"))
        assert "write simulated:N" in await refused(FIVE, on="simulated:many")
        assert "write simulated:N" in await refused(FIVE, on="simulated:0")
        assert "--agency chooses among the cases of the running stack" in await refused(FIVE, agency="iqaa")
        told = await refused("terms.materials_to_experts.amount=7", on=events, rulebook="iqaa-accreditation")
        assert "no case of iqaa-accreditation" in told
        assert f"there are cases under: {ORDER_109}" in told

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("{", "broken.jsonl:1: this is no JSON"),
            ("[1]", "broken.jsonl:1: expected is one JSON object a line"),
            ('{"kind": "summary"}', "holds no events"),
            ('{"date": "March"}', "broken.jsonl:1: 'March' is no day"),
            (
                '{"event": "DeadlineMet", "data": {"deadline_id": "d"}}',
                "broken.jsonl:1: DeadlineMet is not what monitoring publishes: case_id",
            ),
        ],
    )
    async def test_a_file_that_cannot_be_read_says_where(self, tmp_path: Path, text: str, told: str) -> None:
        (tmp_path / "broken.jsonl").write_text(text, encoding="utf-8")
        assert told in await refused(FIVE, on=tmp_path / "broken.jsonl")


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


class TestPicture:
    def test_few_shifts_have_a_bar_each_and_many_share_them_by_sign(self) -> None:
        assert [(bar.label, bar.count) for bar in bars([2, 2, -1, 0])] == [("-1", 1), ("0", 1), ("+2", 2)]
        many = bars(range(-100, 101))
        assert sum(bar.count for bar in many) == 201
        assert len(many) <= 17
        assert all(bar.first * bar.last > 0 or bar.first == bar.last == 0 for bar in many)
        assert [bar.last + 1 for bar in many[:-1]] == [bar.first for bar in many[1:]]

    async def test_the_drawing_has_a_bar_for_every_figure(self, events: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        await ask(capsys, FIVE, on=events, picture=tmp_path / "whatif.svg")
        drawing = ElementTree.parse(tmp_path / "whatif.svg").getroot()
        said = [text.text for text in drawing.iter(f"{SVG}text")]
        assert "+2" in said
        assert {"met", "met late"} <= set(said)
        widths = Counter(float(each.get("width", "0")) > 0 for each in drawing.iter(f"{SVG}rect") if each.get("x"))
        assert widths == {True: 3, False: 2}  # one shift; met late before, met after; none of the others

    def test_nothing_is_drawn_as_nothing(self) -> None:
        nothing = Comparison(cases=0, deadlines=0, outcomes=0, touched=(), turned=())
        assert "No deadline moves." in svg(nothing, "a < b", ["x"], [])
        ElementTree.fromstring(svg(nothing, "a < b & c", ["<"], ["&"]))


def kepil(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "cli", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)


def test_the_command_prints_the_change_its_clause_the_table_and_the_picture(events: Path) -> None:
    answer = kepil("whatif", ORDER_109, "--set", FIVE, "--set", "terms.certificate_validity.amount=4", "--on", str(events))
    assert answer.returncode == 0, answer.stderr
    for told in ("departs from the text of clause 20", "«действующее в течение пяти лет»", "newly met", "in time now", "█"):
        assert told in answer.stdout


def test_the_command_refuses_in_one_line() -> None:
    answer = kepil("whatif", ORDER_109, "--set", "terms.visit_reprot.amount=5", "--on", CASES)
    assert answer.returncode == 1
    assert len(answer.stderr.splitlines()) == 1


def test_what_is_read_holds_no_personal_data() -> None:
    for service, names in READ.items():
        for name in names:
            assert "Personal(" not in repr(CATALOGUES[service].type_of(name).model_fields)


@pytest.mark.slow
async def test_the_cases_of_the_running_stack(
    stack: Stack,
    agency: str,
    http: httpx.AsyncClient,
    legal_time: LegalTime,
) -> None:
    journey = await Journey(stack, http, legal_time, agency=agency).to("registered")
    case = journey.ids["case_id"]

    async def asked() -> Any:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cli", "whatif", ORDER_109, "--set", "terms.overall.amount=4", "--json"),
            *("--agency", agency, "--state", str(stack.state.path)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=ROOT,
        )
        out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        answer = json.loads(out)
        return answer if answer["deadlines"] else None

    answer = await eventually(asked, "the case's deadline in the record", 60)
    (moved,) = answer["deadlines"]
    assert (moved["case"], moved["rule"], moved["before"]["state"], moved["after"]["state"]) == (case, "overall", "open", "open")
    assert moved["recorded_due"] == moved["before"]["due_on"]
    assert 363 <= moved["days"] <= 369

    wrong = await asyncio.to_thread(kepil, "whatif", ORDER_109, "--set", FIVE, "--agency", "nobody", "--state", str(stack.state.path))
    assert wrong.returncode == 1
    assert agency in wrong.stderr
