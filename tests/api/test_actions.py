"""What a detail offers its caller (`allowed_actions`) is what the caller can do there: a portal needs no copy of the rules."""

from typing import Any

import httpx
import pytest
import pytest_asyncio

from chassis.auth import Role
from cli.skipping import LegalTime
from cli.supervisor import Stack
from tests.api.commands import send
from tests.api.journey import Journey
from tests.api.problems import problem
from tests.api.routes import COMMANDS, openapi

APPLICATION = "/v1/applications/{case_id}"
OFFICER, COORDINATOR, DIRECTOR, AUDITOR = Role.institution_officer, Role.coordinator, Role.director, Role.auditor
INVOLVED = [OFFICER, COORDINATOR, DIRECTOR, AUDITOR]
ENDINGS = {OFFICER: {"withdraw_application"}, COORDINATOR: {"withdraw_application"}, DIRECTOR: {"discontinue_case"}, AUDITOR: set()}
CORRECTIONS = "/corrections"  # of what was recorded, in whatever state: no action
OF_CASE = [
    route
    for route in COMMANDS
    if route.service == "intake" and route.path.startswith(f"{APPLICATION}/") and not route.path.endswith(CORRECTIONS)
]


async def offered(case: Journey, role: Role, path: str = APPLICATION) -> dict[str, dict[str, Any]]:
    answer = await case.get(role, "intake", path)
    assert answer.status_code == 200, answer.text
    return {action["name"]: action for action in answer.json()["allowed_actions"]}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def filed(stack: Stack, http: httpx.AsyncClient, legal_time: LegalTime) -> Journey:
    """An application that is complete and not registered."""
    journey = await Journey(stack, http, legal_time, agency="actions").to("filed")
    journey.ids |= dict.fromkeys(("meeting_id", "certificate_id"), "none")  # what well-formed bodies of other services name
    return journey


@pytest.mark.parametrize("role", INVOLVED, ids=str)
async def test_a_filed_application_offers_each_role_its_own_commands(filed: Journey, role: Role) -> None:
    own: dict[Role, set[str]] = {OFFICER: {"attach_document"}, COORDINATOR: {"attach_document", "register_application"}}
    assert set(await offered(filed, role)) == own.get(role, set()) | ENDINGS[role]


@pytest.mark.parametrize("role", INVOLVED, ids=str)
async def test_what_is_not_offered_is_refused(filed: Journey, role: Role) -> None:
    names = set(await offered(filed, role))
    version = (await filed.get(role, "intake", APPLICATION)).headers["etag"]
    for route in OF_CASE:
        operation = openapi("intake")["paths"][route.path]["post"]
        if operation["x-kepil-action"] not in names:
            answer = await send(filed, route, role, headers={"if-match": version})
            problem(answer, 409 if role in route.roles else 403)


@pytest.mark.parametrize("role", INVOLVED, ids=str)
async def test_a_finished_case_offers_nothing(case: Journey, role: Role) -> None:
    assert await offered(case, role) == {}


async def test_an_action_is_an_operation_of_the_document_and_is_accepted(filed: Journey) -> None:
    action = (await offered(filed, COORDINATOR))["register_application"]
    operation = openapi("intake")["paths"][f"{APPLICATION}/registration"]["post"]
    assert (action["method"], operation["x-kepil-action"]) == ("POST", action["name"])
    assert action["path"] == f"{APPLICATION}/registration".format(**filed.ids)
    assert action["needs_version"] is True
    assert [clause["id"] for clause in action["clauses"]] == ["10"]
    assert action["clauses"][0]["rule"]
    version = (await filed.get(COORDINATOR, "intake", APPLICATION)).headers["etag"]
    headers = {**filed.headers(COORDINATOR), "if-match": version}
    answer = await filed.http.post(filed.url("intake", action["path"]), json={"number": "No. 1"}, headers=headers)
    assert answer.status_code == 200, answer.text
    after = await offered(filed, COORDINATOR)
    assert "register_application" not in after
    assert {"schedule_case", "suspend_case", "draw_up_contract"} <= set(after)


async def test_a_side_that_has_signed_is_not_asked_again(filed: Journey) -> None:
    await filed.post(OFFICER, "intake", f"{APPLICATION}/contract-signatures", {"contract_number": "14", "signatory_name": "Name"})
    assert "sign_contract" not in await offered(filed, OFFICER)
    assert "sign_contract" in await offered(filed, DIRECTOR)
    assert "draw_up_contract" not in await offered(filed, DIRECTOR)


async def test_an_institution_offers_its_commands_to_the_agency_alone(filed: Journey) -> None:
    path = "/v1/institutions/{institution_id}"
    assert set(await offered(filed, COORDINATOR, path)) == {"describe_institution", "record_succession", "close_institution"}
    assert set(await offered(filed, DIRECTOR, path)) == {"close_institution"}
    assert await offered(filed, OFFICER, path) == {}


async def test_every_command_of_an_application_or_institution_is_an_action() -> None:
    for path, methods in openapi("intake")["paths"].items():
        if "post" in methods and "{" in path and not path.endswith(CORRECTIONS):
            assert "x-kepil-action" in methods["post"], path


async def test_a_history_cites_the_clauses_of_the_rulebook_of_the_case(case: Journey) -> None:
    entries = (await case.get(AUDITOR, "intake", f"{APPLICATION}/history")).json()
    cited = {entry["type"]: [clause["id"] for clause in entry["clauses"]] for entry in entries}
    assert cited["ApplicationRegistered"] == ["10"]
    assert cited["ContractConcluded"] == ["9.1"]
    assert all(clause["rule"] for entry in entries for clause in entry["clauses"])
    assert all(entry["actor"] and entry["occurred_at"] for entry in entries)
