"""At every stage of a case of each rulebook, for every detail and every role: what `allowed_actions` offers is an operation of the
document that lets the role in, what is accepted next was offered, and what is not offered is refused."""

from typing import Any

import httpx
import pytest

from chassis.auth import Role
from cli.skipping import LegalTime
from cli.supervisor import Stack
from tests.api.attested import AttestedJourney
from tests.api.commands import send
from tests.api.followed import AakrJourney, SapattuuJourney, SuspendedJourney, WithdrawnJourney
from tests.api.iqaa import IqaaJourney
from tests.api.journey import Journey
from tests.api.problems import problem
from tests.api.routes import COMMANDS, READS, Route, openapi


def _answer_schema(route: Route) -> dict[str, Any]:
    document = openapi(route.service)
    told = document["paths"][route.path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    named: dict[str, Any] = document["components"]["schemas"].get(told.get("$ref", "").rpartition("/")[2], {})
    return named.get("properties", {})


def _action(route: Route) -> str | None:
    name: str | None = openapi(route.service)["paths"][route.path]["post"].get("x-kepil-action")
    return name


DETAILS = [route for route in READS if "allowed_actions" in _answer_schema(route)]
ACTIONS = {(route.service, _action(route)): route for route in COMMANDS if _action(route)}
#: Where the actions of commands stand whose path is not below their resource.
ELSEWHERE = {"/v1/blanks": "/v1/blanks/book"}


def _resource(route: Route) -> str:
    return ELSEWHERE.get(route.resource, route.resource)


def test_every_resource_that_takes_commands_tells_which() -> None:
    assert {(route.service, _resource(route)) for route in ACTIONS.values()} <= {(route.service, route.path) for route in DETAILS}
    unnamed = {route.path for route in COMMANDS if route.needs_version and _action(route) is None}
    assert {path.rpartition("/")[2] for path in unnamed} == {"corrections"}  # of what was recorded, in whatever state
    reads = {route.path for route in READS if "{" in route.path and not route.is_list}
    without = {path for path in reads - {route.path for route in DETAILS} if not path.endswith("/history")}
    reports = {
        "/v1/visits/{case_id}/objections",
        "/v1/considerations/{case_id}/deqar-export",
        "/v1/certificates/imports/{import_id}",
        "/v1/certificates/{certificate_id}/national-register-notice",
        "/v1/controls/{control_id}/sample",
        "/v1/attestation-subjects/imports/{subject_import_id}",
        "/v1/surveys/{survey_id}/results",
        "/v1/internal-cycles/{internal_cycle_id}/report",
        *("/v1/interviews/{interview_id}", "/v1/focus-groups/{focus_group_id}", "/v1/document-analyses/{analysis_id}"),
        *("/v1/case-samples/{sample_id}", "/v1/agency-recommendations/{recommendation_id}"),
    }
    assert without == reports


def test_who_may_send_a_command_on_something_may_read_it() -> None:
    """All but the experts' council: it is shown the case by the department, and names any version (`If-Match: *`)."""
    readers = {(route.service, route.path): route.roles for route in DETAILS}
    blind = {role for route in ACTIONS.values() for role in route.roles - readers[route.service, _resource(route)]}
    assert blind == {Role.expert_council_member}


async def _detail(case: Journey, route: Route, role: Role) -> httpx.Response | None:
    """The detail as a role reads it; None if the case has no such thing yet."""
    try:
        url = case.url(route.service, route.path)
    except KeyError:
        return None
    answer = await case.http.get(url, headers=case.headers(role))
    return answer if answer.status_code == 200 else None


def _told(case: Journey, detail: Route, role: Role, answer: httpx.Response) -> set[str]:
    """The names of what is offered, each of which is looked up in the document."""
    named = set()
    for action in answer.json()["allowed_actions"]:
        operation = ACTIONS[detail.service, action["name"]]
        assert role in operation.roles, f"{detail} offers {action['name']} to {role}"
        assert (action["method"], action["path"]) == ("POST", operation.path.format(**case.ids)), f"{detail}: {action}"
        assert action["needs_version"] is operation.needs_version
        assert all(clause["id"] and clause["rule"] for clause in action["clauses"])
        assert action["name"] not in named, f"{detail} offers {action['name']} twice"
        named.add(action["name"])
    return named


class _Watched(Journey):
    """Before every step it looks whether the step is offered."""

    async def post(self, role: Role, service: str, path: str, body: Any = None, **who: Any) -> dict[str, Any]:
        """A command that was offered to who sends it."""
        route = next(route for route in COMMANDS if (route.service, route.path) == (service, path))
        if (name := _action(route)) is not None:
            await self.version(service, _resource(route))
            await self.time.settle()
            seen = await self.get(role, service, _resource(route), **who)
            assert seen.status_code == 200, f"{role} sends {route} and may not read {_resource(route)}: {seen.text}"
            assert name in {action["name"] for action in seen.json()["allowed_actions"]}, f"{name} is not offered to {role}"
        return await super().post(role, service, path, body, **who)


class _WatchedIqaa(_Watched, IqaaJourney):
    """The same under IQAA's rulebook."""


class _WatchedAakr(_Watched, AakrJourney):
    """The same on a follow-up by AAKR's rulebook."""


class _WatchedSapattuu(_Watched, SapattuuJourney):
    """The same on one by Sapattuu Bilim's."""


class _WatchedSuspended(_Watched, SuspendedJourney):
    """The same where the council suspends."""


class _WatchedWithdrawn(_Watched, WithdrawnJourney):
    """The same where it withdraws."""


class _WatchedAttested(_Watched, AttestedJourney):
    """The same on a state attestation."""


WATCHED = [_Watched, _WatchedIqaa, _WatchedAakr, _WatchedSapattuu, _WatchedSuspended, _WatchedWithdrawn, _WatchedAttested]


async def _look(case: Journey) -> int:
    """Every detail as every role; how much is offered."""
    listed = await case.get(Role.coordinator, "monitoring", "/v1/deadlines?limit=200")
    for deadline in sorted(listed.json()["items"], key=lambda each: bool(each["state"] == "open")):
        case.ids["deadline_id"] = deadline["deadline_id"]
    offered = 0
    for detail in DETAILS:
        for role in detail.roles:
            answer = await _detail(case, detail, role)
            if answer is None:
                continue
            named = _told(case, detail, role, answer)
            offered += len(named)
            for route in COMMANDS:
                here = (route.service, _resource(route)) == (detail.service, detail.path)
                if here and role in route.roles and _action(route) not in {None, *named}:
                    headers = {"if-match": answer.headers["etag"] if route.needs_version else None}
                    problem(await send(case, route, role, headers=headers), 404, 409, 422)
    return offered


@pytest.mark.parametrize("journey", WATCHED, ids=["order 109", "IQAA", "AAKR", "Sapattuu Bilim", "suspended", "withdrawn", "attestation"])
async def test_what_is_offered_is_what_can_be_done_at_every_stage(
    stack: Stack, http: httpx.AsyncClient, legal_time: LegalTime, agency: str, journey: type[Journey]
) -> None:
    case = journey(stack, http, legal_time, agency)
    offered = {stage: await _look(await case.to(stage)) for stage in journey.stages}
    assert all(offered[stage] > 0 for stage in journey.stages[1:-1]), offered
