"""The report of internal monitoring: written from the agency's own events and what was collected, edited, and read as a page."""

import httpx
import pytest

from chassis.auth import Role
from regulations import load
from services.monitoring.contract import InternalFindingRecorded, InternalInformationCollected
from services.monitoring.domain.internal_rules import required
from services.monitoring.report.text import Collected, sections
from services.monitoring.schemas_figures import InternalFigures
from tests.monitoring.test_internal_api import Agency, own

__all__ = ["own"]

ARTKI = "artki-internal-monitoring"
EVERY = ("document_analysis", "survey", "interview")


async def page(of: Agency, accept: str = "text/html", role: Role = Role.auditor, **query: str) -> httpx.Response:
    return await of.http.get(f"/v1/internal-cycles/{of.cycle_id}/report", params=query, headers={**of.headers(role), "accept": accept})


async def collected(own: Agency) -> None:
    await own.begun()
    assert (await page(own)).status_code == 404, "nobody has drafted one"
    await own.commissioned()
    await own.done(own.act("plans"), own.plan(*EVERY))
    script = {"finding_id": "f-1", "kind": "shortcoming", "goals": ["2.1.2"], "text": "Letters | go <script>alert(1)</script> late."}
    await own.done(own.act("findings"), script)
    await own.gathered()
    held = {"kind": "seminar", "topic": "Reading reports", "attendance": ["aida", "bakyt"], "held_on": "2026-02-25"}
    training = (await own.done("trainings", held))["id"]
    await own.done(f"trainings/{training}/uses", {"cycle_id": own.cycle_id, "use": "Reports are read by two."})
    await own.done(own.act("collection"))
    await own.done(own.act("analysis"), {"key_problems": "Letters.", "trends": "Slower."})


@pytest.mark.clause(ARTKI, "3.3.4", "2.1.2", "7.2", "7.1.s2")
async def test_a_draft_without_sections_is_written_from_what_is_known(own: Agency) -> None:
    await collected(own)
    await own.done(own.act("report-drafts"), {})
    draft = (await own.get(own.act("")))["drafts"][-1]
    told = {each["section"]: each["text"] for each in draft["sections"]}
    assert set(told) >= set(required(load(ARTKI), "final_report")), "so it can become final as it is"
    assert "Letters | go" in told["weaknesses"]
    assert "2.1.2" in told["weaknesses"]
    assert told["training_results"] == "- Reading reports: Reports are read by two."
    assert "2026-02-25: Reading reports (катышкандар: 2)" in told["trainings_held"]
    assert "Letters" in told["documents_analysed"]
    await own.done(own.act("final-report"), {})


async def test_the_page_runs_nothing_that_people_wrote_and_fetches_nothing(own: Agency) -> None:
    await collected(own)
    await own.done(own.act("report-drafts"), {"language": "en"})
    answer = await page(own, language="en")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "<script" not in answer.text
    assert "&lt;script&gt;" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "http" not in answer.text.replace("http-equiv", "")
    assert "<h2>Weaknesses</h2>" in answer.text


async def test_what_the_commission_edits_takes_the_place_of_what_was_written(own: Agency) -> None:
    await collected(own)
    await own.done(own.act("report-drafts"), {"language": "ru"})
    await own.done(own.act("report-drafts"), {"sections": [{"section": "weaknesses", "text": "Письма **поздно**."}]})
    shown = (await page(own, "application/json", language="ru")).json()
    assert (shown["number"], shown["final"]) == (2, False)
    assert "## Слабые стороны\n\nПисьма **поздно**." in shown["markdown"]
    assert "<strong>поздно</strong>" in (await page(own, language="ru")).text


async def test_an_institution_does_not_read_the_report(own: Agency) -> None:
    await own.begun()
    assert (await page(own, role=Role.institution_officer)).status_code == 403


def told(language: str = "en") -> dict[str, str]:
    """The sections of a report on a year with one deadline that a person set, and one by a term."""
    terms = [
        {"rulebook_id": ARTKI, "rule": "contract:control/m-1", "clause": None, "binds": "internal_monitoring_commission", "missed": 1},
        {"rulebook_id": "aakr-monitoring-2024", "rule": "interim_report", "clause": "II.4.e", "binds": "institution", "met": 1},
    ]
    counts = {"due": 1, "met": 0, "met_late": 0, "missed": 0, "open": 0, "extended": 0, "withdrawn": 0}
    deadlines = [{**counts, **each, "in_time": each.get("met", 0)} for each in terms]
    lists = dict.fromkeys(("stages", "letters", "rounds", "rulings", "factual_corrections", "deviations"), ())
    period = {"first": "2026-01-01", "last": "2026-12-31", "reckoned_at": "2026-12-31T00:00:00Z", "cases": 1}
    figures = InternalFigures.model_validate({**period, "deadlines": deadlines, **lists})
    strength = {"finding_id": "f-1", "kind": "strength", "goals": ["2.1.3"], "text": "Students are heard.", "recorded_on": "2026-03-01"}
    counted = {"uses": {"survey": 2, "interview": 0}, "not_reached": ["teacher"], "collected_on": "2026-03-01"}
    collected = Collected(
        findings=(InternalFindingRecorded.model_validate({"cycle_id": "c", **strength}),),
        gathered=InternalInformationCollected.model_validate({"cycle_id": "c", **counted}),
    )
    return {part.section: part.text for part in sections(load(ARTKI), figures, collected, language)}


@pytest.mark.clause(ARTKI, "3.3.2", "3.3.4", "6.1.s1")
def test_the_results_tell_what_was_used_who_was_not_reached_and_what_is_good() -> None:
    results = told()["results"]
    assert "- Methods used: survey: 2\n- Groups not reached: teachers" in results
    assert results.endswith("**Strengths**\n\n- Students are heard. (Goals: 2.1.3)")
    assert "2 ичинен 1 (50.0%)" in told("ky")["results"]


@pytest.mark.clause(ARTKI, "2.1.4", "3.3.4")
def test_conformity_names_each_term_by_its_clause_and_tells_whom_it_binds() -> None:
    conformity = told()["conformity"]
    assert "| Control of fulfilment: m-1 | internal monitoring commission | 1 | 0 (0.0%) | 0 | 1 | 0 |" in conformity
    assert "| Submission of the interim report (II.4.e) | institution | 1 | 1 (100.0%) | 0 | 0 | 0 |" in conformity
