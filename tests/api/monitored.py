"""What the agency's monitoring of itself leads to, in a cycle that is there: its commission, and measures of improvement under control."""

from chassis.auth import Role
from regulations import load
from services.monitoring.contract_internal import ARTKI as REGULATION
from services.monitoring.domain.internal_rules import required
from tests.api.journey import Journey

OF = "/v1/internal-cycles/{internal_cycle_id}"


async def formed(case: Journey) -> None:
    """The standing commission."""
    body = {
        "members": [{"staff_id": case.ids["staff_id"], "head": True}],
        "order_number": "5",
        "formed_on": (await case.today()).isoformat(),
    }
    await case.post(Role.director, "monitoring", "/v1/internal-commission", body)


async def improving(case: Journey) -> None:
    """The cycle comes to two measures, one of them under way; another cycle of the year takes them over."""
    day, staff = (await case.today()).isoformat(), case.ids["staff_id"]

    async def act(name: str, body: object = None) -> None:
        await case.post(Role.coordinator, "monitoring", f"{OF}/{name}", body)

    told = {"activity": "Ask.", "object": "Visits", "due_on": day, "responsible": staff}
    methods = load(REGULATION).vocabulary("collection_methods")
    await act("plans", {"activities": [{"activity_id": method, "method": method, **told} for method in methods]})
    await act("findings", {"finding_id": "f-1", "kind": "shortcoming", "goals": ["2.1.2"], "text": "So."})
    for left in (await case.get(Role.coordinator, "monitoring", OF)).json()["undetermined"]:
        await act("fulfilments", {"recommendation_id": left, "degree": "In part."})
    await act("collection")
    await act("analysis", {"key_problems": "So.", "trends": "So."})
    await act("report-drafts", {"sections": [{"section": name, "text": "So."} for name in required(load(REGULATION), "final_report")]})
    await act("final-report", {})
    reported_on = (await case.get(Role.coordinator, "monitoring", OF)).json()["finalised_on"]  # the rulebook's day, not the case's
    await act("meetings", {"held_on": reported_on, "attendance": [staff], "outcome": "So."})
    measures = [{"measure_id": f"m-{number}", "removes": ["f-1"], "measure": "So.", "responsible": staff} for number in (1, 2)]
    await act("improvement-plans", {"measures": measures})
    await act("controls", {"measure_id": "m-1", "status": "under_way", "note": "So.", "controlled_by": staff})
    another = await case.post(Role.coordinator, "monitoring", "/v1/internal-cycles", {"reason": "Another one."})
    case.ids["next_internal_cycle_id"] = another["id"]
    somebody = {"staff_id": "bakyt", "name": "Bakyt", "post": "Analyst", "joined_on": day}
    await case.post(Role.coordinator, "monitoring", "/v1/staff", somebody)
