"""The journey itself: what the other tests stand on."""

from chassis.auth import Role
from tests.api.journey import Journey


async def test_a_case_goes_through_the_rest_interfaces_from_application_to_register(case: Journey) -> None:
    application = (await case.get(Role.auditor, "intake", "/v1/applications/{case_id}")).json()
    assert (application["stage"], application["outcome"]) == ("closed", "accredit")
    register = await case.http.get(f"{case.stack.urls['council']}/v1/register", params={"agency": case.agency})
    assert [entry["certificate_id"] for entry in register.json()["items"]] == [case.ids["certificate_id"]]
