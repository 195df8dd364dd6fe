"""The journeys themselves: what the other tests stand on."""

from importlib import import_module

import httpx

from chassis.auth import Role
from cli.skipping import LegalTime
from cli.supervisor import Stack
from tests.api.commands import body_of, send
from tests.api.iqaa import IqaaJourney
from tests.api.journey import Journey
from tests.api.routes import COMMANDS


async def test_a_case_goes_through_the_rest_interfaces_from_application_to_register(case: Journey) -> None:
    application = (await case.get(Role.auditor, "intake", "/v1/applications/{case_id}")).json()
    assert (application["stage"], application["outcome"]) == ("closed", "accredit")
    register = await case.http.get(f"{case.stack.urls['council']}/v1/register", params={"agency": case.agency})
    assert {entry["number"]: entry["certificate_id"] for entry in register.json()["items"]}["KZ-A-1"] == case.ids["certificate_id"]


async def test_an_iqaa_case_goes_through_them_from_application_to_follow_up(
    stack: Stack, http: httpx.AsyncClient, legal_time: LegalTime, agency: str
) -> None:
    case = await IqaaJourney(stack, http, legal_time, agency).to("published")
    application = (await case.get(Role.auditor, "intake", "/v1/applications/{case_id}")).json()
    assert (application["stage"], application["outcome"]) == ("closed", "accredit")
    exported = await case.get(Role.coordinator, "council", "/v1/considerations/{case_id}/deqar-export")
    assert (exported.status_code, exported.json()["decision"]) == (200, "positive")
    decisions = await http.get(f"{stack.urls['council']}/v1/register/decisions", params={"agency": agency})
    assert [entry["case_id"] for entry in decisions.json()["items"]] == [case.ids["case_id"]]


async def test_the_examples_of_corrections_are_about_facts_that_can_be_corrected(case: Journey) -> None:
    """So that what is spoilt in them is what is refused."""
    for route in COMMANDS:
        if route.path.endswith("/corrections"):
            body = body_of(case, route.path)
            entries = (await case.get(Role.director, route.service, route.path.replace("/corrections", "/history"))).json()
            if body["version"] <= len(entries):
                wrong = import_module(f"services.{route.service}.contract").EVENTS.types[entries[body["version"] - 1]["type"]]
                assert set(body["corrected"]) <= wrong.correctable, f"{route}: {wrong.__name__}"
            answer = await send(case, route)
            assert answer.json().get("events", []) == [], f"{route}: {answer.text}"
