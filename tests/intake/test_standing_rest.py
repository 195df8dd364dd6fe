"""What can befall a case, standards, and cases side by side through intake's REST interface, with its read models."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
import pytest_asyncio

from chassis.auth import Role
from cli.supervisor import Stack
from regulations import load
from services.council.contract import AppealDecided, DecisionAdopted, ScopeDecision
from services.intake import handlers
from services.intake.contract import CloseCase, ReopenCase
from tests.intake.desk import AREAS, IQAA, REFERENCES, RULEBOOK, Desk, open_desk, paper

ORDER_109 = "kz-109-2008-accreditation"
LAW = {"code": "6B04201", "name": "Law", "level": "higher"}
PHYSICS = {"code": "6B05301", "name": "Physics", "level": "higher"}


@pytest_asyncio.fixture
async def desk(servers: Stack, agency: str) -> AsyncIterator[Desk]:
    """An agency that knows one institution."""
    async with open_desk(servers, agency) as desk:
        await desk.post(
            Role.coordinator,
            "/v1/institutions/kaznu/details",
            {"ownership": "other", "levels": [], "eter_id": None, "deqar_id": None, "national_id": None},
        )
        yield desk


def decision(path: str, rulebook: str, **outcomes: str) -> DecisionAdopted:
    """Council's decision on a case, scope by scope."""
    decisions = tuple(
        ScopeDecision(scope=scope.replace("__", ":"), outcome=outcome, votes_for=3, votes_against=2, abstained=0)
        for scope, outcome in outcomes.items()
    )
    return DecisionAdopted(
        case_id=path.rsplit("/", 1)[1],
        institution_id="kaznu",
        rulebook=load(rulebook).ref,
        meeting_id="m-1",
        protocol_number="3",
        decisions=decisions,
        outcome=decisions[0].outcome,
        reasons="For reasons",
        before_first_year=False,
        adopted_on=date(2026, 1, 12),
    )


def remitted(path: str, *scopes: str) -> AppealDecided:
    told = {"decided_by": "The commission", "act": "No. 3", "reasons": "For reasons", "decided_on": date(2026, 2, 1)}
    return AppealDecided(appeal_id="a-1", case_id=path.rsplit("/", 1)[1], institution_id="kaznu", scopes=scopes, outcome="remitted", **told)


async def test_a_case_is_suspended_shown_as_such_and_resumed(desk: Desk) -> None:
    path = await desk.filed("institutional")
    body = {"reason": "A flood.", "act": "Order 41"}
    unsaid = await desk.post(Role.director, f"{path}/suspension", body, 422)
    assert unsaid["errors"][0]["pointer"] == "#/clock"
    await desk.post(Role.institution_officer, f"{path}/suspension", body | {"clock": "stops"}, 403)
    await desk.post(Role.director, f"{path}/suspension", body | {"clock": "stops"})
    shown = (await desk.get(path)).json()
    assert (shown["stage"], shown["suspension_reason"], shown["suspension_stops_clock"]) == ("registered", "A flood.", True)
    (item,) = (await desk.get("/v1/applications")).json()["items"]
    assert item["suspended_on"] == shown["suspended_on"] == shown["filed_on"]
    refused = await desk.post(Role.coordinator, f"{path}/schedule", {"year": 2030, "month": 5}, 409)
    assert "A flood." in refused["detail"]
    await desk.post(Role.coordinator, f"{path}/resumption", {"reason": "It is over."})
    shown = (await desk.get(path)).json()
    assert (shown["suspended_on"], shown["suspension_reason"], shown["suspension_stops_clock"]) == (None, None, None)
    await desk.post(Role.coordinator, f"{path}/schedule", {"year": 2030, "month": 5})


async def test_a_contract_is_terminated_once_it_is_concluded(desk: Desk) -> None:
    path = await desk.filed("institutional")
    body = {"by": "both", "grounds": "A merger.", "document": paper("termination")}
    refused = await desk.post(Role.director, f"{path}/termination", body, 409)
    assert refused["accepts"] == "the withdrawal of the application"
    await desk.contracted(path)
    await desk.post(Role.director, f"{path}/suspension", {"reason": "Talks.", "clock": "runs"})
    await desk.post(Role.director, f"{path}/termination", body)
    shown = (await desk.get(path)).json()
    assert (shown["stage"], shown["terminated_by"], shown["termination_grounds"]) == ("terminated", "both", "A merger.")
    assert (shown["suspended_on"], shown["procedure_stage"]) == (None, None)


async def test_no_case_of_a_closed_institution_is_forgotten(desk: Desk) -> None:
    paths = [await desk.filed("institutional"), await desk.filed("programme", LAW)]
    ended = await desk.filed("programme", PHYSICS)
    await desk.post(Role.institution_officer, f"{ended}/withdrawal", {"reason": "Why."})
    body = {"ground": "institution_closed", "reason": "It is no more.", "act": "Order 9"}
    refused = await desk.post(Role.director, f"{paths[0]}/discontinuation", body, 409)
    assert "recorded" in refused["accepts"]
    await desk.post(Role.director, "/v1/institutions/kaznu/closing", {"act": "No. 12", "closed_on": "2026-01-10"})
    for count, path in ((2, paths[0]), (1, paths[1])):
        shown = (await desk.get("/v1/institutions/kaznu")).json()
        assert shown["closed_on"] == "2026-01-10"
        assert len(shown["open_cases"]) == count
        assert path.endswith(shown["open_cases"][0]["case_id"])
        await desk.post(Role.director, f"{path}/discontinuation", body)
        assert (await desk.get(path)).json()["stage"] == "discontinued"
    assert (await desk.get("/v1/institutions/kaznu")).json()["open_cases"] == []
    refused = await desk.post(Role.coordinator, "/v1/applications", desk.application("institutional"), 409)
    assert "closed since 2026-01-10" in refused["detail"]


@pytest.mark.clause(IQAA, "S3.e")
async def test_a_case_is_reopened_for_an_appeal_and_withdrawn_or_closed_again(desk: Desk) -> None:
    path = await desk.filed("institutional")
    await desk.contracted(path)
    case = {"agency": desk.agency, "case_id": path.rsplit("/", 1)[1]}
    await desk.told(decision(path, IQAA, institution="not_accredit"))
    assert (await desk.get(path)).json()["procedure_stage"] == "stage_3"
    refused = await desk.post(Role.institution_officer, f"{path}/withdrawal", {"reason": "Why."}, 409)
    assert "decided on 2026-01-12" in refused["detail"]
    assert (
        "decided on 2026-01-12" in (await desk.post(Role.director, f"{path}/termination", {"by": "both", "grounds": "Why."}, 409))["detail"]
    )

    reopen = ReopenCase(**case, appeal_id="a-1")
    assert not (await handlers.reopen_case(await desk.lifecycle(), reopen)).events
    await handlers.close_case(await desk.lifecycle(), CloseCase(**case, outcome="not_accredit"))
    assert (await desk.get(path)).json()["outcome"] == "not_accredit"
    for events in (1, 0):
        assert len((await handlers.reopen_case(await desk.lifecycle(), reopen)).events) == events
    shown = (await desk.get(path)).json()
    assert (shown["stage"], shown["outcome"], shown["closed_on"], shown["reopened_for"]) == ("contracted", None, None, "a-1")
    await handlers.close_case(await desk.lifecycle(), CloseCase(**case, outcome="accredit"))
    shown = (await desk.get(path)).json()
    assert (shown["stage"], shown["outcome"]) == ("closed", "accredit")
    assert [each["type"] for each in (await desk.get(f"{path}/history")).json()][-3:] == ["CaseClosed", "CaseReopened", "CaseClosed"]

    await desk.told(remitted(path, "institution"))
    await handlers.reopen_case(await desk.lifecycle(), ReopenCase(**case, appeal_id="a-2"))
    await desk.post(Role.institution_officer, f"{path}/withdrawal", {"reason": "Why."})


@pytest.mark.clause(IQAA, "P.1", "P.2", "P.3")
async def test_standards_are_adopted_listed_and_asked_for(desk: Desk) -> None:
    told = {"standards": "new", "version": "1", "kind": "institutional", "areas": AREAS, "references": REFERENCES}
    body: dict[str, Any] = {**RULEBOOK, **told, "act": "Order 4", "adopted_on": "2021-01-16"}
    application = desk.application("institutional") | {"standards": "new", "standards_version": "1"}
    refused = await desk.post(Role.institution_officer, "/v1/applications", application, 409)
    assert (refused["clause"], refused["rulebook"]) == ("P.1", IQAA)
    assert refused["accepts"] == "an application under: institutional, version 2026"

    outside = [AREAS[0] | {"esg": ["1.11"]}]
    assert "esg" in (await desk.post(Role.director, "/v1/standards", body | {"areas": outside}, 422))["errors"][0]["pointer"]
    refused = await desk.post(Role.director, "/v1/standards", body | {"references": ["esg"]}, 409)
    assert (refused["clause"], [each["kind"] for each in refused["missing"]]) == ("P.2", REFERENCES[1:])
    id_ = (await desk.post(Role.director, "/v1/standards", body, 201))["id"]
    await desk.post(Role.director, "/v1/standards", body, 409)
    shown = (await desk.get(f"/v1/standards/{id_}", Role.institution_officer)).json()
    assert (shown["areas"], shown["references"], shown["standards_version"]) == (AREAS, REFERENCES, "1")
    assert shown["esg_without_area"] == [f"1.{number}" for number in range(2, 10)]
    assert [each["type"] for each in (await desk.get(f"/v1/standards/{id_}/history")).json()] == ["StandardsAdopted"]
    listed = (await desk.get("/v1/standards?kind=institutional")).json()["items"]
    assert [each["standards"] for each in listed] == ["institutional", "new"]
    path = await desk.filed("institutional", standards="new", standards_version="1")
    assert (await desk.get(path)).json()["procedure_stage"] == "stage_1"


async def test_a_coordinator_sees_other_open_cases_of_the_same_scope(desk: Desk) -> None:
    one, other = await desk.filed("programme", LAW), await desk.filed("programme", PHYSICS)
    both = await desk.filed("programme", LAW, PHYSICS)
    seen = {path: (await desk.get(path)).json()["open_cases_of_scope"] for path in (one, other, both)}
    assert [(each["case_id"], each["scopes"]) for each in seen[one]] == [(both.rsplit("/", 1)[1], ["programme:6B04201"])]
    assert [each["scopes"] for each in seen[both]] == [["programme:6B04201"], ["programme:6B05301"]]
    await desk.post(Role.institution_officer, f"{both}/withdrawal", {"reason": "Why."})
    assert (await desk.get(one)).json()["open_cases_of_scope"] == []


@pytest.mark.clause(ORDER_109, "8 (b)", "22 (b)")
async def test_a_refusal_bars_its_scope_alone_and_leaves_a_case_that_is_open_alone(desk: Desk) -> None:
    rulebook = {"rulebook_id": ORDER_109, "rulebook_version": "2008-03-05"}
    await desk.post(Role.director, "/v1/rulebook-adoptions", {**rulebook, "reason": "Ours."}, 201)
    papers = [paper(each) for each in ("application", "state_licence", "licence_annexes", "institutional_certificate")]
    told: dict[str, Any] = {**rulebook, "documents": papers}
    first = await desk.filed("combined", LAW, PHYSICS, **told)
    second = await desk.filed("specialised", LAW, **told)
    await desk.told(decision(first, ORDER_109, institution="accredit", programme__6B04201="refuse", programme__6B05301="accredit"))
    on = await desk.today(first)
    barred = await desk.post(Role.coordinator, "/v1/applications", desk.application("specialised", LAW) | told, 409)
    assert (barred["clause"], barred["detail"].split(" was ")[0]) == ("22 (b)", f"the application of {on} for programme:6B04201")
    await desk.filed("specialised", PHYSICS, **told)
    assert (await desk.get(second)).json()["stage"] == "registered"
    await desk.signed(second)
    assert (await desk.get(second)).json()["stage"] == "contracted"
