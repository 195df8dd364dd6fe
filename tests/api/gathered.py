"""Some of everything that internal monitoring collects, in a cycle that is there."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from chassis.auth import Role
from tests.api.journey import Journey
from tests.waiting import eventually


async def watched(case: Journey) -> None:
    """The agency monitors itself: a regulation, somebody of its staff, a cycle of this year, and some of what is collected in it."""
    today = await case.today()
    taken = {"rulebook_id": "artki-internal-monitoring", "approved_on": today.isoformat(), "act": "Order No. 3", "first_year": today.year}
    await case.post(Role.director, "monitoring", "/v1/internal-monitoring", taken)
    somebody = {"staff_id": "aida", "name": "Aida", "post": "Analyst", "joined_on": today.isoformat()}
    await case.post(Role.coordinator, "monitoring", "/v1/staff", somebody)

    async def opened() -> str:
        """The calendar opens the cycle of the year by itself."""
        listed = await case.get(Role.coordinator, "monitoring", "/v1/internal-cycles")
        return next((each["cycle_id"] for each in listed.json()["items"]), "")

    await gather(case, await eventually(opened, f"a cycle of {case.agency}", 60), "aida")


async def gather(case: Journey, cycle_id: str, staff_id: str) -> None:
    """One of each in the cycle, with its id; a survey that is not anonymous, with two answers. It may be called again for more."""
    today = await case.today()
    day, since = today.isoformat(), (today - timedelta(days=600)).isoformat()
    case.ids |= {"internal_cycle_id": cycle_id, "staff_id": staff_id, "agency": case.agency}
    talk = {"cycle_id": cycle_id, "held_by": [staff_id], "held_on": day}
    question = {"question_id": "q-1", "text": {"en": "Clear?"}, "kind": "scale", "most": 5}
    survey = {"cycle_id": cycle_id, "title": {"en": "A survey"}, "groups": ["student"], "anonymous": False, "questions": [question]}
    bodies: dict[str, tuple[str, dict[str, Any]]] = {
        "survey_id": ("surveys", {**survey, "closes_on": (today + timedelta(days=9000)).isoformat()}),
        "interview_id": ("interviews", {**talk, "group": "student", "interviewee": "A student", "notes": "So."}),
        "focus_group_id": (
            "focus-groups",
            {**talk, "groups": ["student"], "participants": 8, "expectations": "So.", "needs": "So.", "satisfaction": "So."},
        ),
        "analysis_id": ("document-analyses", {"subject": "A report", "findings": "So.", "analysed_by": staff_id, "analysed_on": day}),
        "sample_id": ("case-samples", {"cycle_id": cycle_id, "size": 3, "opened_from": since, "opened_until": day}),
        "recommendation_id": (
            "agency-recommendations",
            {"source": "external_check", "source_detail": "A review", "text": "So.", "received_on": day},
        ),
        "training_id": ("trainings", {"kind": "seminar", "topic": "So.", "attendance": [staff_id], "held_on": day}),
    }
    for name, (path, body) in bodies.items():
        case.ids[name] = (await case.post(Role.coordinator, "monitoring", f"/v1/{path}", body))["id"]
    for _ in range(2):
        link = await case.post(Role.coordinator, "monitoring", "/v1/surveys/{survey_id}/links", {"group": "student"})
        body = {"secret": link["secret"], "language": "en", "answers": [{"question_id": "q-1", "value": 4}]}
        url = case.url("monitoring", "/v1/open-surveys/{agency}/{survey_id}/answers")
        answer = await case.http.post(url, json=body, headers={"idempotency-key": uuid4().hex})
        assert answer.status_code == 200, answer.text
