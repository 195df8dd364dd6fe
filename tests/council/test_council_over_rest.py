"""A case by IQAA's rules over REST, from the composition of the council to its decision by secret ballot and the signed minutes."""

import hashlib
from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from chassis.auth import Role
from chassis.context import Context
from chassis.issuer import development_token, issuer_app
from chassis.service import Runtime, build_app, migrate_all, open_runtime
from cli.supervisor import Stack
from regulations import load
from services.council import contract, handlers, handlers_dossier
from services.council.app import SERVICE
from tests.chassis.servers import free_port, serving

IQAA = "iqaa-accreditation"
RULES = load(IQAA)
SCOPES = ("institution", "programme:6B04201")
MEMBERS = ("aigul", "berik", "chingiz")


def file(kind: str, name: str = "") -> dict[str, str]:
    return {"kind": kind, "name": f"{name or kind}.pdf", "sha256": hashlib.sha256((name or kind).encode()).hexdigest()}


class Case:
    """One case of one agency before council's REST interface."""

    def __init__(self, runtime: Runtime, http: httpx.AsyncClient, agency: str) -> None:
        self.runtime = runtime
        self.http = http
        self.agency = agency
        self.case_id = str(uuid4())

    def headers(self, role: Role) -> dict[str, str]:
        token = development_token(self.runtime.settings, subject=role, roles=[role], agency=self.agency, institution="kaznu")
        return {"authorization": f"Bearer {token}"}

    async def context(self) -> Context:
        return await self.runtime.context(agency=self.agency, actor="workflow:test")

    async def get(self, path: str, role: Role = Role.auditor) -> dict[str, Any]:
        answer = await self.http.get(f"/v1/{path}", headers=self.headers(role))
        assert answer.status_code == 200, answer.text
        return {**answer.json(), "etag": answer.headers["etag"]}

    async def listed(self, path: str) -> Any:
        answer = await self.http.get(f"/v1/{path}", headers=self.headers(Role.auditor))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any, role: Role = Role.coordinator) -> httpx.Response:
        headers = {**self.headers(role), "idempotency-key": str(uuid4())}
        if "/" in path:
            headers["if-match"] = (await self.get(path.rpartition("/")[0]))["etag"]
        return await self.http.post(f"/v1/{path}", json=body, headers=headers)

    async def accepted(self, path: str, body: Any, role: Role = Role.coordinator) -> str:
        answer = await self.post(path, body, role)
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json()["id"])

    async def refused(self, path: str, body: Any, clause: str, role: Role = Role.coordinator) -> dict[str, Any]:
        answer = await self.post(path, body, role)
        assert (answer.status_code, answer.json().get("clause")) == (409, clause), answer.text
        return dict(answer.json())


@pytest_asyncio.fixture
async def case(servers: Stack, agency: str) -> AsyncIterator[Case]:
    """Council in this process, before real servers and a real issuer; a case has come before it."""
    settings = servers.settings()
    settings = settings.model_copy(update={"ports": {**settings.ports, "issuer": free_port()}})
    await migrate_all([SERVICE], settings)
    app = build_app(SERVICE, settings)
    async with open_runtime(SERVICE, settings) as runtime, serving(issuer_app(settings), settings.port("issuer")):
        app.state.runtime, app.state.authenticator = runtime, runtime.authenticator
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://council") as http:
            case = Case(runtime, http, agency)
            request = contract.OpenConsideration(
                agency=agency,
                case_id=case.case_id,
                institution_id="kaznu",
                rulebook=RULES.ref,
                scopes=SCOPES,
                filed_on=date(2024, 1, 10),
                registered_on=date(2024, 1, 12),
            )
            await handlers.open_consideration(await case.context(), request)
            yield case


def conclusion() -> dict[str, Any]:
    outcomes = zip(SCOPES, ("accredit", "not_accredit"), strict=True)
    return {
        "document": file("accreditation_conclusion"),
        "text": "Conforms in part.",
        "proposals": [{"scope": scope, "outcome": outcome, "grounds": "Why."} for scope, outcome in outcomes],
        "references": ["esg", "state_acts", "international_standards"],
    }


@pytest.mark.clause(IQAA, "S3.a", "S3.b", "S3.c.1", "S3.c.2", "S3.c.3")
async def test_a_case_is_laid_before_the_council_and_decided_by_secret_ballot(case: Case) -> None:
    about = f"considerations/{case.case_id}"
    today = (await case.context()).at.date()
    members = [{"member_id": member, "name": f"Name of {member}"} for member in MEMBERS]
    book = {"rulebook_id": IQAA, "rulebook_version": RULES.version}
    council = await case.accepted("councils", {**book, "members": members[:2]}, Role.director)
    change = {"joined": members[2:], "act": "Order No. 9", "changed_on": "2024-01-01"}
    await case.accepted(f"councils/{council}/composition", change, Role.director)
    seated = await case.get(f"councils/{council}")
    assert [each["member_id"] for each in seated["seats"]] == [each["member_id"] for each in seated["members"]] == list(MEMBERS)
    assert seated["members"][2]["name"] == "Name of chingiz"

    meeting: dict[str, Any] = {"council_id": council, "held_on": today.isoformat(), "agenda": [case.case_id], "ballot": "secret"}
    missing = (await case.refused("meetings", meeting, "S3.c.2"))["missing"][case.case_id]
    assert missing == ["self_assessment_report", "external_evaluation_report", "accreditation_conclusion", "presentation"]

    check = {"document": file("external_evaluation_report", "edited"), "changes": "Style.", "experts_council_protocol": "No. 4"}
    await case.refused(f"{about}/report-check", check, "S3.a")
    check["panel_version"] = file("external_evaluation_report", "panel")
    await case.accepted(f"{about}/report-check", check, Role.expert_council_member)
    await case.accepted(f"{about}/conclusion", conclusion())
    await case.accepted(f"{about}/presentation", file("presentation"))
    await case.accepted(f"{about}/materials", {"documents": [file("self_assessment_report")]})
    laid = await case.get(about)
    assert (laid["stage"], laid["conclusion"], len(laid["materials"])) == ("prepared", "Conforms in part.", 4)
    assert laid["report_check"]["panel_version"]["name"] == "panel.pdf"
    assert laid["report_check"]["checked_by"] == Role.expert_council_member
    assert [each["outcome"] for each in laid["drafted_conclusion"]["proposals"]] == ["accredit", "not_accredit"]
    told = await case.get(about, Role.institution_officer)
    assert (told["report_check"], told["drafted_conclusion"], told["secret_ballots"]) == (None, None, None)

    met = await case.accepted("meetings", meeting)
    attendance = {"present": list(MEMBERS), "presiding_statement": "All are present.", "presided_by": "aigul"}
    await case.accepted(f"meetings/{met}/attendance", attendance)
    await case.refused(f"{about}/votes", {"meeting_id": met, "scope": SCOPES[0], "vote": "for"}, "S3.c.1", Role.council_member)
    ballot = {"meeting_id": met, "votes_for": 2, "votes_against": 1, "abstained": 0, "counted_by": ["berik", "chingiz"]}
    for scope in SCOPES:
        await case.accepted(f"{about}/secret-ballots", {**ballot, "scope": scope})
    stated = [{"scope": scope, "presided_by": "aigul", "outcome": "accredit", "reasons": "By the statute."} for scope in SCOPES]
    decision: dict[str, Any] = {"meeting_id": met, "protocol_number": "5"}
    await case.refused(f"{about}/decision", decision, "S3.c.1", Role.director)
    decision["presiding_statements"] = stated
    await case.refused(f"{about}/decision", decision, "S3.c.3", Role.director)
    decision["deviations"] = [{"scope": SCOPES[1], "grounds": "Staff were hired.", "information": "The staff list."}]
    await case.accepted(f"{about}/decision", decision, Role.director)
    decided = await case.get(about)
    assert (decided["stage"], decided["outcome"], decided["deviations"][0]["proposed"]) == ("decided", "accredit", "not_accredit")
    assert [each["votes_for"] for each in decided["secret_ballots"]] == [2, 2]

    minutes = {"protocol_number": "6", "document": file("minutes"), "presided_by": "aigul", "secretary": "zarina"}
    await case.refused(f"meetings/{met}/minutes", minutes, "S3.c.1")
    await case.accepted(f"meetings/{met}/minutes", {**minutes, "protocol_number": "5"})
    held = await case.get(f"meetings/{met}")
    assert (held["ballot"], held["protocol_number"], held["signed_by"]) == ("secret", "5", ["aigul", "zarina"])

    early = {"version": 3, "corrected": {"signed_on": "2020-01-01"}, "reason": "A slip in typing"}
    assert "cannot have been signed before it" in (await case.post(f"meetings/{met}/corrections", early, Role.director)).json()["detail"]
    number = {"corrected": {"protocol_number": "15"}, "reason": "A slip in typing"}
    await case.accepted(f"meetings/{met}/corrections", {**number, "version": 3}, Role.director)
    history = await case.listed(f"{about}/history")
    adopted = next(each for each in history if each["type"] == "DecisionAdopted")
    assert [each["id"] for each in adopted["clauses"]] == ["S3.c.1", "S3.c.3"]
    await case.accepted(f"{about}/corrections", {**number, "version": adopted["version"]}, Role.director)
    listed = (await case.listed(f"meetings?council_id={council}&sort=-held_on"))["items"]
    shown = [await case.get(f"meetings/{met}"), *listed, await case.get(about)]
    assert [each["protocol_number"] for each in shown] == ["15", "15", "15"]
    correction = (await case.listed(f"{about}/history"))[-1]
    assert (correction["type"], correction["data"]["previous"]) == ("ConsiderationCorrected", {"protocol_number": "5"})
    assert (await case.post(f"{about}/corrections", {**number, "version": 1}, Role.director)).status_code == 409


async def test_a_detail_offers_what_its_caller_may_do(case: Case) -> None:
    about = f"considerations/{case.case_id}"

    async def offered(role: Role) -> set[str]:
        return {action["name"] for action in (await case.get(about, role))["allowed_actions"]}

    assert await offered(Role.coordinator) == {"check_report", "recuse_member"}
    assert await offered(Role.council_member) == {"recuse_member"}
    assert await offered(Role.director) == await offered(Role.institution_officer) == set()
    check = {"document": file("external_evaluation_report", "edited"), "changes": "Style.", "experts_council_protocol": "No. 4"}
    await case.accepted(f"{about}/report-check", {**check, "panel_version": file("external_evaluation_report", "panel")})
    assert await offered(Role.coordinator) == {"check_report", "draft_conclusion", "recuse_member"}
    offers = (await case.get(about, Role.coordinator))["allowed_actions"]
    [action] = [each for each in offers if each["name"] == "draft_conclusion"]
    assert (action["path"], action["needs_version"]) == (f"/v1/considerations/{case.case_id}/conclusion", True)
    assert [clause["id"] for clause in action["clauses"]] == ["P.2", "S3.a"]


async def test_a_case_that_is_suspended_or_closed_takes_nothing_and_says_why(case: Case) -> None:
    about = f"considerations/{case.case_id}"
    step = contract.CaseStep(agency=case.agency, case_id=case.case_id, reason="A court's order")
    nowhere = step.model_copy(update={"case_id": str(uuid4())})
    for activity in (handlers_dossier.suspend, handlers_dossier.resume, handlers_dossier.close):
        await activity(await case.context(), nowhere)  # nothing, and no fault
    await handlers_dossier.suspend(await case.context(), step)
    await handlers_dossier.suspend(await case.context(), step)
    stopped = await case.post(f"{about}/conclusion", conclusion())
    assert (stopped.status_code, stopped.json()["type"]) == (409, "urn:kepil:problem:conflict")
    assert "A court's order" in stopped.json()["detail"]
    assert (await case.get(about, Role.institution_officer))["suspension_reason"] == "A court's order"
    await handlers_dossier.resume(await case.context(), step)
    assert (await case.get(about))["suspended_on"] is None
    await handlers_dossier.close(await case.context(), step.model_copy(update={"reason": ""}))
    closed = await case.get(about)
    assert (closed["closed_on"] is not None, closed["closing_reason"]) == (True, "No reason was given.")
    assert "No reason was given." in (await case.post(f"{about}/conclusion", conclusion())).json()["detail"]
