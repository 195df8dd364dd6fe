"""What internal monitoring collects about an agency's real cases, through the routes alone."""

from uuid import uuid4

import httpx
import pytest

from chassis.auth import Role
from cli.skipping import LegalTime
from cli.supervisor import Stack
from tests.api.gathered import watched
from tests.api.journey import Journey


@pytest.mark.clause("artki-internal-monitoring", "3.3.2", "2.2.2")
async def test_a_sample_is_of_the_cases_that_intake_has_registered(stack: Stack, http: httpx.AsyncClient, legal_time: LegalTime) -> None:
    case = await Journey(stack, http, legal_time, agency=f"g-{uuid4().hex[:12]}").to("registered")
    await watched(case)
    sample = (await case.get(Role.auditor, "monitoring", "/v1/case-samples/{sample_id}")).json()
    assert [each["case_id"] for each in sample["drawn"]] == [case.ids["case_id"]]
    assert (sample["drawn"][0]["rulebook"], sample["population"], sample["repeats"]) == ("kz-109-2008-accreditation", 1, True)
    lists = ("interviews", "focus-groups", "document-analyses", "agency-recommendations", "trainings", "surveys/{survey_id}/answers")
    for name in lists:
        assert (await case.get(Role.auditor, "monitoring", f"/v1/{name}")).json()["items"], name
    shown = (await case.get(Role.auditor, "monitoring", "/v1/surveys/{survey_id}/results")).json()
    assert shown["results"][0]["questions"][0]["counts"] == {"1": 0, "2": 0, "3": 0, "4": 2, "5": 0}
