"""Every scenario that is delivered is played, all at once on one legal clock; each is a test of its own."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from rich.console import Console

from cli.scenario import Script, read_scenario
from cli.simulate import simulate
from cli.state import ROOT
from cli.supervisor import Stack

pytestmark = pytest.mark.timeout(1200)  # the first test waits for all to be played

KZ, IQAA, AAKR = "kz-109-2008-accreditation", "iqaa-accreditation", "aakr-monitoring-2024"
SAPATTUU, INTERNAL = "sapattuu-bilim-monitoring", "artki-internal-monitoring"
ATTESTATION = "kz-109-2008-attestation"
FILES = sorted((ROOT / "examples" / "scenarios").glob("*.yaml"))

#: Every scenario, with the clauses that it shows: by its refusals, and by what it expects of events and deadlines.
SCENARIOS = [
    pytest.param(
        "aakr-good-year",
        marks=pytest.mark.clause(
            *(AAKR, "I.2", "I.3", "II.2", "II.3", "II.4.a", "II.4.b", "II.4.e", "II.4.g", "II.4.h", "II.4.j"),
            *("III.0", "III.a", "III.b", "III.c", "III.e", "III.f", "III.g"),
        ),
    ),
    pytest.param("aakr-late-report", marks=pytest.mark.clause(AAKR, "II.4.e", "III.h", "III.i")),
    pytest.param("aakr-not-positive", marks=pytest.mark.clause(AAKR, "II.1", "II.4.j", "III.0")),
    pytest.param("aakr-plan-sent-back", marks=pytest.mark.clause(AAKR, "II.4.b", "II.4.c", "II.4.d")),
    pytest.param("aakr-report-completed", marks=pytest.mark.clause(AAKR, "II.4.e", "II.4.g", "III.e")),
    pytest.param("aakr-report-rejected-twice", marks=pytest.mark.clause(AAKR, "II.4.g", "III.d", "III.e", "III.f", "III.h", "III.i")),
    pytest.param("aakr-study-overdue", marks=pytest.mark.clause(AAKR, "II.4.f", "II.4.g", "II.4.j", "III.h")),
    pytest.param("aakr-two-programmes", marks=pytest.mark.clause(AAKR, "I.1", "I.2", "II.2", "II.3", "II.4.b")),
    pytest.param("aakr-visit-over-new-year", marks=pytest.mark.clause(AAKR, "II.1", "II.4.e", "II.4.h", "II.4.i", "II.4.j")),
    pytest.param("appeal-leads-to-new-visit", marks=pytest.mark.clause(IQAA, "S2.b", "S2.c.2", "S3.e", "S3.f.1", "S3.f.2")),
    pytest.param("appeal-without-new-visit", marks=pytest.mark.clause(KZ, "19.1", "20", "27")),
    pytest.param("attestation-amended", marks=pytest.mark.clause(ATTESTATION, "12", "13.1", "13.3", "14", "15")),
    pytest.param(
        "attestation-attested",
        marks=pytest.mark.clause(
            *(ATTESTATION, "2", "4", "7.11", "9", "11", "12", "15", "16", "17 (a)", "17 (b)", "18.1", "18.2", "18.3", "19", "20", "21"),
            *("22", "23", "24 (a)", "24 (b)", "24 (c)", "28", "29", "30.15", "31", "33", "35"),
        ),
    ),
    pytest.param("attestation-cancelled", marks=pytest.mark.clause(ATTESTATION, "13.1", "13.2")),
    pytest.param("attestation-edges", marks=pytest.mark.clause(ATTESTATION, "9", "24 (d)", "25", "33", "35")),
    pytest.param("attestation-extraordinary", marks=pytest.mark.clause(ATTESTATION, "5", "9", "11", "24 (b)", "33")),
    pytest.param("attestation-fifty-and-fifty-one", marks=pytest.mark.clause(ATTESTATION, "19", "24 (c)", "24 (d)")),
    pytest.param("attestation-preschool", marks=pytest.mark.clause(ATTESTATION, "27", "28", "29", "33")),
    pytest.param("attestation-referred", marks=pytest.mark.clause(ATTESTATION, "24 (c)", "34", "35", "36", "37", "38")),
    pytest.param("attestation-restored", marks=pytest.mark.clause(ATTESTATION, "26 (a)", "26 (b)", "34", "35", "36", "37")),
    pytest.param("attestation-specialty-fails", marks=pytest.mark.clause(ATTESTATION, "9", "33", "34", "35", "36", "37")),
    pytest.param("combined-one-scope-refused", marks=pytest.mark.clause(KZ, "8 (b)", "19.1", "19.2", "20", "22 (a)", "22 (b)")),
    pytest.param("contract-terminated", marks=pytest.mark.clause(KZ, "9.1", "11")),
    pytest.param("expert-drops-out-during-visit", marks=pytest.mark.clause(KZ, "14 (a)", "17")),
    pytest.param("institution-closes-in-the-middle", marks=pytest.mark.clause(KZ, "10")),
    pytest.param("internal-independence", marks=pytest.mark.clause(INTERNAL, "1.2", "3.2.s1", "3.3.2", "4.1", "4.2", "4.3.s1", "4.3.s2")),
    pytest.param(
        "internal-measure-carried-on",
        marks=pytest.mark.clause(INTERNAL, "2.2.3", "3.1", "3.3.2", "3.3.4", "4.1", "4.2", "4.3.s1", "4.3.s2"),
    ),
    pytest.param("internal-regulation-amended", marks=pytest.mark.clause(INTERNAL, "3.1", "5.1", "5.2")),
    pytest.param(
        "internal-whole-year",
        marks=pytest.mark.clause(
            *(INTERNAL, "1.1", "1.2", "2.1", "2.1.2", "2.1.3", "2.2.1", "2.2.2", "2.2.3", "2.2.4", "3.1", "3.2.s1", "3.2.s2", "3.3"),
            *("3.3.1", "3.3.2", "3.3.3", "3.3.4", "4.1", "4.2", "4.3.s1", "4.3.s2", "5.2", "6.1.s1", "6.1.s2", "6.2"),
            *("7.1.s1", "7.1.s2", "7.2"),
        ),
    ),
    pytest.param("internal-year-missed", marks=pytest.mark.clause(INTERNAL, "2.2.1", "3.1", "3.2.s1", "3.3.2", "3.3.4")),
    pytest.param("iqaa-contract-days", marks=pytest.mark.clause(IQAA, "S1.b.2", "S2.i", "S3.e")),
    pytest.param(
        "iqaa-institutional-first-time",
        marks=pytest.mark.clause(
            *(IQAA, "P.1", "P.2", "S1.a", "S1.b.1", "S1.b.2", "S1.b.3", "S1.c.1", "S1.c.2", "S1.d", "S1.e", "S1.f.1", "S1.f.2", "S1.g"),
            *("S1.h", "S2.a", "S2.b", "S2.c.1", "S2.c.2", "S2.d", "S2.e.1", "S2.e.2", "S2.f.1", "S2.f.2", "S2.g", "S2.h"),
            *("S3.a", "S3.b", "S3.c.1", "S3.c.2", "S3.d", "S3.f.1", "S3.f.2", "S3.g", "S3.h", "S4.a"),
        ),
    ),
    pytest.param("iqaa-programme-deviation", marks=pytest.mark.clause(IQAA, "S1.c.2", "S1.g", "S1.h", "S3.c.1", "S3.c.3", "S3.h")),
    pytest.param("iqaa-visit-moved", marks=pytest.mark.clause(IQAA, "S2.a", "S2.d", "S2.e.2", "S2.f.1", "S2.h")),
    pytest.param("iqaa-withdrawn-and-suspended", marks=pytest.mark.clause(IQAA, "S1.b.2")),
    pytest.param("kaznu-accreditation", marks=pytest.mark.clause(KZ, "8.2", "11", "14 (b)", "16", "17", "20", "21", "24", "25")),
    pytest.param("no-quorum-then-split-vote", marks=pytest.mark.clause(KZ, "6", "9.8", "9.9", "19.1")),
    pytest.param("overdue-everywhere", marks=pytest.mark.clause(KZ, "9.10", "11", "17", "20", "22 (a)", "24", "28 (a)")),
    pytest.param("refusal-and-reapplication", marks=pytest.mark.clause(KZ, "9.10", "11", "19.2", "22 (a)", "22 (b)")),
    pytest.param("renewal-in-time", marks=pytest.mark.clause(KZ, "20", "21", "25")),
    pytest.param("sapattuu-expired-while-decided", marks=pytest.mark.clause(SAPATTUU, "3.2.s1", "3.3.b.s1")),
    pytest.param("sapattuu-five-years-plan-only", marks=pytest.mark.clause(SAPATTUU, "2.4", "2.6.s1", "2.6.s2")),
    pytest.param("sapattuu-late-plan", marks=pytest.mark.clause(SAPATTUU, "2.3", "2.4")),
    pytest.param(
        "sapattuu-no-report-suspended-restored",
        marks=pytest.mark.clause(SAPATTUU, "2.5.p3", "2.5.p4", "3.2.s1", "3.3", "3.3.b.s1", "3.3.b.s2"),
    ),
    pytest.param("sapattuu-no-report-withdrawn", marks=pytest.mark.clause(SAPATTUU, "2.5.p4", "3.3.c", "3.4")),
    pytest.param("sapattuu-one-year-without-visit", marks=pytest.mark.clause(SAPATTUU, "2.5.p3", "2.9.s2", "3.2.s1")),
    pytest.param("sapattuu-pairing-left-and-published", marks=pytest.mark.clause(SAPATTUU, "3.2.s1", "3.3", "3.3.a")),
    pytest.param("sapattuu-report-sent-back-twice", marks=pytest.mark.clause(SAPATTUU, "2.5.p2.s2", "2.5.p2.s3", "2.7")),
    pytest.param(
        "sapattuu-three-years-extended",
        marks=pytest.mark.clause(
            *(SAPATTUU, "I.3.a", "2.2", "2.3", "2.4", "2.5.p1", "2.5.p2.s1", "2.5.p3", "2.7", "2.9.s1", "2.9.s2", "2.9.s3", "2.10"),
            *("2.11.p1.s1", "2.11.p1.s2", "2.11.p1.s3", "2.11.p2", "3.1", "3.2.s1", "3.2.s2", "3.4"),
        ),
    ),
    pytest.param("sapattuu-unfulfilled-suspended-revoked", marks=pytest.mark.clause(SAPATTUU, "3.3", "3.3.b.s1", "3.3.b.s3", "3.3.c")),
    pytest.param(
        "sapattuu-visit-group-objected",
        marks=pytest.mark.clause(SAPATTUU, "2.9.s1", "2.11.p1.s1", "2.11.p1.s2", "2.11.p1.s3", "2.11.p2", "3.1"),
    ),
    pytest.param("suspended-with-clock-stopped", marks=pytest.mark.clause(KZ, "11", "17")),
    pytest.param("two-applications-at-once", marks=pytest.mark.clause(KZ, "8 (a)", "11")),
    pytest.param("visit-moved-by-force-majeure", marks=pytest.mark.clause(KZ, "14 (b)", "15", "16", "17")),
    pytest.param("waived-notice", marks=pytest.mark.clause(KZ, "14 (b)", "17")),
    pytest.param("withdrawal-at-every-stage", marks=pytest.mark.clause(KZ, "10")),
    pytest.param("wrongly-recorded-fact", marks=pytest.mark.clause(KZ, "17")),
]


@dataclass
class Told:
    """What the playing of all has told: the lines of each scenario, the failures, and the local dates of events by zone."""

    status: int = 0
    failures: str = ""
    lines: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    dates: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def of(self, scenario: str, kind: str) -> list[dict[str, Any]]:
        """Its lines of one kind."""
        return [line for line in self.lines[scenario] if line["kind"] == kind]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def told(stack: Stack) -> AsyncIterator[Told]:
    """All of them, each in an agency that no other test has seen."""
    run = uuid4().hex[:8]
    scripts = [_in_agency(read_scenario(file), f"{file.stem[:40]}-{run}") for file in FILES]
    zones = {script.file.stem: script.rulebook.zone for script in scripts}
    output, errors, told = StringIO(), StringIO(), Told()
    with redirect_stdout(output), redirect_stderr(errors):
        told.status = await simulate(scripts, stack.settings(), stack.urls, Console(file=StringIO()), json=True, trace=True)
    told.failures = errors.getvalue()
    for line in map(json.loads, output.getvalue().splitlines()):
        told.lines[Path(line["scenario"]).stem].append(line)
        if line["kind"] == "event":
            told.dates[zones[Path(line["scenario"]).stem]].append(line["date"])
    yield told


def _in_agency(script: Script, agency: str) -> Script:
    return Script(script.file, script.scenario.model_copy(update={"agency": agency}), script.rulebook, script.marked)


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_scenario_plays_as_it_says(told: Told, scenario: str) -> None:
    assert not [line for line in told.failures.splitlines() if f"/{scenario}.yaml:" in line]
    assert told.of(scenario, "expectation"), "it expects nothing"
    assert all(line["holds"] for line in told.of(scenario, "expectation"))
    assert len(told.of(scenario, "summary")) == 1, "it was not played to its end"


async def test_all_play_on_one_legal_clock(told: Told) -> None:
    assert told.status == 0, told.failures
    assert all(dates == sorted(dates) for dates in told.dates.values())
    kinds = {line["kind"] for lines in told.lines.values() for line in lines}
    assert kinds == {"event", "refusal", "deadline", "expectation", "note", "step", "summary"}
    assert all(len(trace) == 32 for lines in told.lines.values() for line in lines if line["kind"] == "step" for trace in line["trace_ids"])


@pytest.mark.parametrize(
    ("scenario", "rule", "state"),
    [
        ("aakr-late-report", "interim_report", "met_late"),
        ("aakr-study-overdue", "report_study", "met_late"),
        ("sapattuu-no-report-suspended-restored", "report_before_visit", "met_late"),
        ("waived-notice", "visit_report", "met_late"),
        ("renewal-in-time", "renewal_application", "met"),
        ("kaznu-accreditation", "renewal_application", "missed"),
        ("refusal-and-reapplication", "refusal_notice", "met"),
        ("overdue-everywhere", "overall", "met_late"),
        ("contract-terminated", "overall", "withdrawn"),
        ("attestation-cancelled", "commission_approval", "withdrawn"),
        ("attestation-referred", "removal_of_violations", "missed"),
        ("attestation-restored", "removal_of_violations", "met"),
    ],
)
async def test_register_stands_at_the_end_as_the_story_left_it(told: Told, scenario: str, rule: str, state: str) -> None:
    assert (rule, state) in {(line["rule"], line["state"]) for line in told.of(scenario, "deadline")}


def test_every_scenario_is_played() -> None:
    assert [scenario.values[0] for scenario in SCENARIOS] == [file.stem for file in FILES]
