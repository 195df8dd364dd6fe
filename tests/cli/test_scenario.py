"""Scenarios: what is refused before anything is played, and what is played on the real stack."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from chassis.messaging import Envelope
from cli.marked import FileRefused, read_marked
from cli.play import Play
from cli.reckoning import alike, filled, member, reckon
from cli.scenario import DateRule, ScenarioRefused, read_scenario
from cli.simulate import play_all, simulate, timeline_of
from cli.skipping import look
from cli.state import ROOT
from cli.supervisor import Stack
from regulations import load

KZ = "kz-109-2008-accreditation"
EXAMPLES = sorted((ROOT / "examples" / "scenarios").glob("*.yaml"))
SHORT = ROOT / "tests" / "scenarios" / "registration.yaml"


def written(folder: Path, text: str) -> Path:
    file = folder / "scenario.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def copied(source: Path, folder: Path, agency: str, *changes: tuple[str, str]) -> Path:
    """The scenario in an agency that no other test has seen, with some of its words changed."""
    text = source.read_text(encoding="utf-8")
    own = next(line for line in text.splitlines() if line.startswith("agency: "))
    for old, new in ((own, f"agency: {agency}"), *changes):
        assert old in text
        text = text.replace(old, new, 1)
    file = folder / source.name
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("file", [*EXAMPLES, SHORT], ids=lambda file: file.stem)
def test_every_scenario_that_is_delivered_is_one(file: Path) -> None:
    script = read_scenario(file)
    assert script.rulebook.procedure in ("accreditation", "attestation", "internal_monitoring", "post_accreditation_monitoring")
    assert script.scenario.about, "whoever lists the scenarios reads what each is about"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("title: An", "¦titel: An", "there is no key 'titel' (did you mean 'title'?)"),
        ("agency: registration", "agency: ¦The Agency", "expected a name of small letters, digits and -, found 'The Agency'"),
        ("agency: registration", "agency: registration\n¦agency: other", "'agency' stands here a second time; first in line 5"),
        ("rulebook: kz-109-2008-accreditation", "rulebook: ¦kz-110", "there is no rulebook 'kz-110'"),
        ("director: {role: director", "director: {role: ¦boss", "there is no role 'boss'"),
        (
            "{role: institution_officer, subject: officer, institution: example-university}",
            "¦{role: institution_officer, subject: o}",
            "has an `institution`",
        ),
        ("    actor: director", "    actor: ¦rector", "there is no actor 'rector' (did you mean 'director'?)"),
        ("    actor: director", "    actor: ¦coordinator", "'coordinator' is coordinator, and `adopt rulebook` is for director"),
        ("name: The agency prepares itself\n    actor: director\n", "¦name: The agency prepares itself\n", "expected `actor`: who does it"),
        ("do: adopt rulebook", "do: ¦adopt the rulebook", "there is no act 'adopt the rulebook' (did you mean 'adopt rulebook'?)"),
        ("do: attach document", "get: ¦intake/v1/nothing", "`with` goes with `do`"),
        ("- name: The agency", "- name: Somebody waits\n    ¦keep: {number: number}\n  - name: The agency", "`keep` goes with"),
        ("do: attach document", "¦do: attach document\n    shows: {stage: filed}", "`shows` goes with `get`"),
        ("do: attach document", "for_each: {each: [¦'{cases}']}\n    do: attach document", "there is no name 'cases'"),
        ("deadlines: {overall: open}", "deadlines: {overall: {state: ¦halted}}", "there is no state 'halted'"),
        ("do: attach document\n    with:", "post: ¦intake/v1/nothing\n    body:", "no service takes POST intake/v1/nothing"),
        ("reason: The agency", "¦because: The agency", "there is no member of `adopt rulebook` 'because'"),
        (
            '{rulebook_id: "{rulebook.id}", rulebook_version: "{rulebook.version}", ',
            "¦{",
            "`adopt rulebook` needs rulebook_id, rulebook_version",
        ),
        ('"{rulebook.version}"', '¦"{rulebook.edition}"', "there is no part of 'rulebook' 'edition'"),
        ('"{rulebook.version}"', '¦"{rulebok.version}"', "there is no name 'rulebok' (did you mean 'rulebook'?)"),
        ('"{rulebook.version}"', '¦"{rulebook"', "a brace stands alone"),
        ('"{rulebook.version}"', '¦"{rulebook!r}"', "expected a reference as {name}, found {rulebook!r}"),
        ('"{rulebook.version}"', '¦"{case}"', "'case' is not known here yet: it comes in line 37"),
        ("{days: 2, working: true}", "{days: ¦two}", "expected a whole number, found 'two'"),
        ("{days: 2, working: true}", "{day: ¦2027-02-30}", "expected a day of the calendar as YYYY-MM-DD, found '2027-02-30'"),
        ("{days: 2, working: true}", "¦{day: 2027-02-03, after: today}", "`day` is the date itself"),
        ("{days: 2, working: true}", "{¦weeks: 2}", "there is no key 'weeks'"),
        ("{days: 2, working: true}", "{days: 2, working: ¦perhaps}", "expected true or false, found 'perhaps'"),
        ("{days: 2, working: true}", "{after: ¦contract, days: 2}", "there is no name 'contract'"),
        ("{days: 2, working: true}", "{after: ¦agency, days: 2}", "'agency' is no date"),
        ("{days: 2, working: true}", "{term: ¦overal}", f"there is no rule of {KZ} 'overal' (did you mean 'overall'?)"),
        ("{applies_on: {days", "{¦today: {days", "'today' is a name that every scenario has already"),
        ("at: applies_on", "at: ¦yesterday", "there is no name 'yesterday'"),
        ("id: application\n", "¦id: application\n    when: {event: ContractSigned}\n", "a step has one time: `at`, `after` or `when`"),
        ("at: applies_on", "when: {event: ¦ContractSignd}", "there is no event 'ContractSignd' (did you mean 'ContractSigned'?)"),
        ("at: applies_on", "when: ¦{deadline: overall}", "expected `event`, or `deadline` with its `state`"),
        (
            "at: applies_on",
            "when: {deadline: overall, state: ¦late}",
            "there is no state 'late' (did you mean 'met_late'?); there are: open, suspended, met",
        ),
        ("clause: 8.2", "clause: ¦8.9", f"there is no clause of {KZ} '8.9'"),
        ("{clause: 8.2}", "{clause: 8.2, problem: ¦refusal}", "there is no problem 'refusal' (did you mean 'refused'?)"),
        ("step: application,", "step: ¦applications,", "there is no earlier step with the id 'applications'"),
        ("events: [ApplicationRegistered]", "events: [¦ApplicationRegisterd]", "there is no event 'ApplicationRegisterd'"),
        (
            "events: [ApplicationRegistered]",
            "events: [{event: ApplicationRegistered, with: {¦nummer: 1}}]",
            "there is no member of ApplicationRegistered 'nummer' (did you mean 'number'?)",
        ),
        ("deadlines: {overall: open}", "deadlines: {¦overal: open}", f"there is no rule of {KZ} 'overal'"),
        ("deadlines: {overall: open}", "deadlines: {overall: ¦late}", "there is no state 'late'"),
        ("deadlines: {overall: open}", "letters: [¦invitation]", "only letters that have a term in the deadline register"),
        ("deadlines: {overall: open}", "certificate: ¦{as_of: today}", "`as_of` and `valid` come together"),
        (
            "deadlines: {overall: open}",
            "deadlines: {¦'contract:visits': open}",
            f"there is no rule of {KZ} 'contract:visits' (did you mean",
        ),
        ("{days: 2, working: true}", "{term: ¦'contract:visit'}", f"there is no rule of {KZ} 'contract:visit'"),
        ('["{application}", "{licence}"]', '[¦"{application.size}", "{licence}"]', "there is no part of 'application' 'size'"),
        ("until: {days: 30}", "until: {event: ¦Nothing}", "there is no event 'Nothing'"),
        ("  none: [ContractSigned]", "  refused: ¦{clause: 8.2}", "a refusal is expected of a step, not at the end"),
        ("title: An application is registered once it is complete", "¦", "expected the key `title` here"),
        ("title: An application", "title: 'An¦ application", "this is no YAML"),
    ],
)
def test_wrong_scenario_is_refused_with_its_place(tmp_path: Path, old: str, new: str, reason: str) -> None:
    """`¦` stands where the refusal must point to."""
    text = SHORT.read_text(encoding="utf-8")
    assert old in text
    before, _, after = text.replace(old, new, 1).partition("¦")
    file = written(tmp_path, before + after)
    with pytest.raises(ScenarioRefused) as refused:
        read_scenario(file)
    assert reason in refused.value.reason
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    if not any(part in reason for part in ("goes with", "no YAML", "the key", "one time", "`actor`")):
        assert str(refused.value).startswith(f"{file}:{line}:{column}: ")
    assert (refused.value.place.file, refused.value.place.line > 0) == (str(file), True)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"\xff\xfe\x00", "the file is not UTF-8 text"),
        (b"[" * 60 + b"]" * 60, "this is nested too deeply"),
        (b"a: &a [*a]", "this is nested too deeply"),
        (b"? [1]\n: 2", "expected a plain word as key"),
        (b"- a scenario", "expected keys with values, found a list"),
    ],
)
def test_file_that_is_something_else_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_bytes(content)
    with pytest.raises(FileRefused, match=reason):
        read_scenario(file)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioRefused, match="cannot be read"):
        read_scenario(tmp_path / "nothing.yaml")


def test_plain_words_of_a_file_stay_what_they_look_like(tmp_path: Path) -> None:
    text = 'a: 8.2\nb: 2027-03-01\nc: no\nd: 12\ne: "12"\nf: true\ng: 007\non: 1\n'
    content = {"a": "8.2", "b": "2027-03-01", "c": "no", "d": 12, "e": "12", "f": True, "g": "007", "on": 1}
    assert read_marked(written(tmp_path, text)).content == content


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("2027-03-06", date(2027, 3, 6)),
        ("start", date(2027, 1, 29)),
        ({"day": "2027-03-06", "working": True}, date(2027, 3, 9)),  # Saturday, then Monday 8 March is a holiday
        ({"after": "start", "months": 1}, date(2027, 2, 28)),
        ({"after": "start", "years": -1, "days": 3}, date(2026, 2, 1)),
        ({"after": "start", "working_days": 2}, date(2027, 2, 2)),
        ({"after": "start", "next": "01-29"}, date(2027, 1, 29)),
        ({"after": "start", "next": "01-28", "days": -1}, date(2028, 1, 27)),
        ({"after": "start", "term": "visit_report"}, date(2027, 2, 3)),
        ({"after": "start", "term": "renewal_application"}, date(2026, 1, 29)),
        ({"after": "start", "term": "reapplication_bar"}, date(2028, 1, 30)),
        ({"after": "start", "term": "reapplication_bar", "days": -1}, date(2028, 1, 29)),
    ],
)
def test_date_rule_reckons(rule: Any, expected: date) -> None:
    assert reckon(DateRule.model_validate(rule), {"start": date(2027, 1, 29)}, load(KZ)) == expected


def test_part_of_a_name_is_a_member_of_a_document_or_of_a_date() -> None:
    names = {"report": {"kind": "full_report", "sha256": "ab"}, "starts": date(2027, 1, 29), "case": "7"}
    assert filled({"sha256": "{report.sha256}"}, names) == {"sha256": "ab"}
    assert filled(["{report}", "{starts.year}", "{report.kind} of {case}, {starts}"], names) == [
        names["report"],
        2027,
        "full_report of 7, 2027-01-29",
    ]


@pytest.mark.parametrize(("file", "clauses"), [("waived-notice", "14 (b)"), ("iqaa-visit-moved", "S2.f.1")])
def test_timeline_names_the_clauses_of_its_own_rulebook(file: str, clauses: str) -> None:
    timeline = timeline_of(read_scenario(ROOT / "examples" / "scenarios" / f"{file}.yaml"), Console(file=StringIO()))
    at = datetime(2027, 1, 29, tzinfo=UTC)
    where = {"id": "1", "source": "/kepil/visits", "subject": "visit-7", "dataschema": "", "agency": "a", "position": "1"}
    told = Envelope(**where, type="kepil.visits.visit.VisitAnnounced", time=at, recordedat=at, data={}, streamversion=1, schemaversion=1)
    assert timeline.clause_of(told) == clauses


def test_expected_data_names_only_what_matters() -> None:
    assert alike({"a": 1}, {"a": 1, "b": 2})
    assert alike("2027-03-01", "2027-03-01")
    assert not alike({"a": 1}, {"b": 2})
    assert not alike([1], [1, 2])
    assert not alike(True, "True")


def test_path_leads_to_what_stands_there_or_to_nothing() -> None:
    content = {"items": [{"number": 7, "none": None}]}
    assert member(content, "items.0.number") == 7
    assert member([{"type": "VisitOpened"}], "0.type") == "VisitOpened"
    for path in ("items.1.number", "items.first", "items.0.none", "items.0.number.part", "names.en"):
        assert member(content, path) is None


def history(*events: tuple[str, dict[str, Any]]) -> WorkflowHistory:
    made = []
    for number, (kind, attributes) in enumerate(events, 1):
        event = HistoryEvent(event_id=number, event_type=EventType.Value(f"EVENT_TYPE_{kind}"), **attributes)
        event.event_time.FromDatetime(datetime(2027, 1, 1, tzinfo=UTC))
        made.append(event)
    return WorkflowHistory("case", made)


Told = tuple[str, dict[str, Any]]
TASK: list[Told] = [("WORKFLOW_TASK_SCHEDULED", {}), ("WORKFLOW_TASK_STARTED", {}), ("WORKFLOW_TASK_COMPLETED", {})]


def timer(identity: str) -> tuple[str, dict[str, Any]]:
    return "TIMER_STARTED", {"timer_started_event_attributes": {"timer_id": identity, "start_to_fire_timeout": timedelta(days=3)}}


def test_look_at_a_lifecycle_sees_open_timers_and_open_work() -> None:
    fired = ("TIMER_FIRED", {"timer_fired_event_attributes": {"timer_id": "1"}})
    cancelled = ("TIMER_CANCELED", {"timer_canceled_event_attributes": {"timer_id": "2"}})
    fires_at = datetime(2027, 1, 4, tzinfo=UTC)
    assert look(history(*TASK, timer("1"), timer("2"))).timers == (fires_at, fires_at)
    assert look(history(*TASK, timer("1"), timer("2"), cancelled, fired, *TASK)).timers == ()
    assert not look(history(*TASK)).at_work
    assert look(history(*TASK, TASK[0])).at_work
    assert look(history(*TASK, ("ACTIVITY_TASK_SCHEDULED", {}))).at_work
    assert not look(history(*TASK, ("ACTIVITY_TASK_SCHEDULED", {}), ("ACTIVITY_TASK_COMPLETED", {}))).at_work
    assert look(history(*TASK, ("WORKFLOW_EXECUTION_COMPLETED", {}))).over


def test_lifecycle_that_continues_as_new_is_at_work() -> None:
    seen = look(history(*TASK, ("WORKFLOW_EXECUTION_CONTINUED_AS_NEW", {})))
    assert seen.at_work
    assert not seen.over


async def test_scenario_ends_where_it_says(stack: Stack, tmp_path: Path, agency: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One that plays longer beside it, and names the same agency, changes nothing."""
    short = copied(SHORT, tmp_path, agency)
    (tmp_path / "long").mkdir()
    long = copied(SHORT, tmp_path / "long", agency, ("until: {days: 30}", "until: {event: DeadlineReminded}"))
    scripts = [read_scenario(file) for file in (short, long)]
    assert await simulate(scripts, stack.settings(), stack.urls, Console(stderr=True), json=True) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    kinds = {file: {line["event"] for line in told if line["kind"] == "event" and line["scenario"] == str(file)} for file in (short, long)}
    assert kinds[long] - kinds[short] == {"DeadlineReminded"}


async def test_names_of_a_repeated_request_hold_for_it_alone(stack: Stack, tmp_path: Path, agency: str) -> None:
    """Its values may be references; afterwards a name is what it was before."""
    once = "  - actor: coordinator\n    do: register application\n    with: {number: 109/1}\n    refused"
    many = once.replace("    do:", "    for_each: {annexes: [one, two], number: ['{licence}', '{applies_on}']}\n    do:")
    file = copied(SHORT, tmp_path, agency, (once, many))
    play = Play(read_scenario(file), agency, stack.settings(), dict(stack.urls), timeline_of(read_scenario(file), Console(quiet=True)))
    await play_all([play])
    assert not play.failures
    assert play.timeline.refusals == 4
    assert play.names["annexes"]["kind"] == "licence_annexes"
    assert "number" not in play.names


@pytest.mark.parametrize(
    ("old", "new", "line", "expected", "seen"),
    [
        ("deadlines: {overall: open}", "deadlines: {overall: met}", 51, "overall state met", "overall state open"),
        ("events: [ApplicationRegistered]", "events: [{event: ApplicationRegistered, times: 2}]", 50, "2 times ", "ApplicationRegistered"),
        ("clause: 8.2", 'clause: "8.1"', 41, "refused: refused, p. 8.1", "refused, p. 8.2: the application is incomplete"),
        ("    refused: {clause: 8.2}\n", "", 39, "that it is accepted", "409 refused, p. 8.2"),
        (
            "until: {days: 30}",
            "  - {get: 'intake/v1/applications/{case}', actor: director, shows: {stage: closed}}\nuntil: {days: 30}",
            52,
            "stage closed",
            "stage registered",
        ),
        ("  none: [ContractSigned]", "  none: [ApplicationFiled]", 54, "no ApplicationFiled", "ApplicationFiled"),
        ("until: {days: 30}", "until: {event: ContractSigned, by: {days: 9}}", 52, "ContractSigned by 20", "it has not come"),
        ("after: {step: application, working_days: 3}", "at: {days: -1}", 42, "a day that is still to come", "which is past"),
    ],
)
async def test_wrong_expectation_fails(
    stack: Stack, tmp_path: Path, agency: str, capsys: pytest.CaptureFixture[str], old: str, new: str, line: int, expected: str, seen: str
) -> None:
    file = copied(SHORT, tmp_path, agency, (old, new))
    assert await simulate([read_scenario(file)], stack.settings(), stack.urls, Console()) == 1
    output = capsys.readouterr()
    [failure] = output.err.splitlines()
    assert failure.startswith(f"{file}:{line}:")
    assert f"expected {expected}" in failure
    assert f"seen: {seen}" in failure or seen in failure.partition("seen: ")[2]
    assert "Not as expected" in output.out


def test_wrong_files_end_the_command_with_2_before_anything_starts(tmp_path: Path) -> None:
    file = written(tmp_path, SHORT.read_text(encoding="utf-8").replace("clause: 8.2", "clause: 99"))
    state = tmp_path / "state"
    command = [sys.executable, "-m", "cli", "simulate", str(SHORT), str(file), "--state", str(state)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith(f"{file}:41:23: there is no clause of {KZ} '99'")
    assert not state.exists()
