"""A monitoring visit over REST, from its group to the act, and through its activity: real servers, today's clock."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from chassis.auth import Role
from chassis.ids import derived_id
from cli.supervisor import Stack
from regulations import load, local_date
from services.visits import contract
from services.visits.activities import activities
from services.visits.handlers_monitoring import open_monitoring_visit
from tests.visits.test_iqaa_over_rest import Audit, document, visits_here

AAKR, SAPATTUU = "aakr-monitoring-2024", "sapattuu-bilim-monitoring"
POOL = ("aida", "bakyt", "cholpon", "daniyar", "agency.referent")
PAST_JOB = {"institution_id": "kaznu", "since": "2020-09-01", "until": "2025-06-30"}
ACT = {"document": document("visit_act"), "findings": [{"section": word, "text": "So"} for word in ("adequacy", "conformity", "results")]}
DIRECTOR, OFFICER = {"role": Role.director}, {"role": Role.institution_officer}


class Monitoring(Audit):
    """The visit of one cycle."""

    def path(self, act: str) -> str:
        return f"/v1/monitoring-visits/{self.case_id}" + (f"/{act}" if act else "")

    async def opens(self, rulebook: str = SAPATTUU, **fields: Any) -> date:
        """As the lifecycle opens it; the local day."""
        context = await self._as_lifecycle()
        self.case_id = derived_id("cycle", uuid4().hex, "1")
        ids = {"agency": self._agency, "cycle_id": self.case_id, "followup_id": f"f-{self.case_id}", "certificate_id": "cert"}
        told = {"kind": "conditional_3y" if rulebook == SAPATTUU else "conditional", "panel": ("aida", "bakyt"), **fields}
        request = contract.OpenMonitoringVisit(**ids, institution_id="kaznu", rulebook=load(rulebook).ref, **told)
        for _ in range(2):
            await open_monitoring_visit(context, request)
        return local_date(context.at, load(rulebook).zone)

    async def done(self, act: str, body: Any = None, **who: Any) -> None:
        answer = await self.post(self.path(act), {} if body is None else body, **who)
        assert answer.status_code == 200, answer.text

    async def refused(self, act: str, body: Any = None, **who: Any) -> dict[str, Any]:
        answer = await self.post(self.path(act), {} if body is None else body, **who)
        assert answer.status_code == 409, answer.text
        return dict(answer.json())

    async def get(self, act: str = "", *, role: Role = Role.auditor, subject: str | None = None) -> httpx.Response:
        return await self._http.get(self.path(act), headers=self._headers(role, subject))

    async def open_to(self, role: Role, subject: str | None = None) -> set[str]:
        """The actions that the detail offers."""
        return {each["path"].rpartition("/")[2] for each in (await self.get(role=role, subject=subject)).json()["allowed_actions"]}


@pytest_asyncio.fixture
async def monitoring(servers: Stack, agency: str) -> AsyncIterator[Monitoring]:
    """A monitoring visit, with a pool of experts."""
    async with visits_here(servers) as (runtime, http):
        found = Monitoring(runtime, http, agency)
        for expert_id in POOL:
            expert = {"expert_id": expert_id, "name": f"Name of {expert_id}"}
            answer = await found.post("/v1/experts", {**expert, "employments": [PAST_JOB] if expert_id == "cholpon" else []})
            assert answer.status_code == 201, answer.text
        yield found


def group(*names: str, **fields: Any) -> dict[str, Any]:
    return {"members": [{"expert_id": name} for name in names], **fields}


def days(today: date, ahead: int = 0) -> dict[str, str]:
    day = (today + timedelta(days=ahead)).isoformat()
    return {"starts_on": day, "ends_on": day}


def consents(today: date) -> dict[str, str]:
    return {"agreed_by_agency_on": today.isoformat(), "agreed_by_institution_on": today.isoformat()}


@pytest.mark.clause(SAPATTUU, "2.8", "2.9.s1", "2.10", "2.11.p1.s1", "2.11.p1.s2", "2.11.p1.s3", "2.11.p2", "3.1")
async def test_a_visit_by_sapattuu_from_its_group_to_the_act(monitoring: Monitoring) -> None:
    today = await monitoring.opens(case_officer="agency.referent")
    assert await monitoring.open_to(Role.coordinator) == {"invoice"}, "the director forms the group"
    assert await monitoring.open_to(Role.director) == {"group"}
    assert (await monitoring.refused("group", group("aida")))["clause"] == "2.11.p1.s1"
    seated = group("aida", "cholpon", case_officer_leads=True)
    problem = await monitoring.refused("group", seated, **DIRECTOR)
    assert (problem["clause"], [each["ground"] for each in problem["conflicts"]]) == ("2.11.p1.s1", ["employment"])
    await monitoring.done("group", {**seated, "despite_conflicts": "Long ago"}, **DIRECTOR)
    await monitoring.done("group-notice", {"outgoing_number": "88", "programme": [{"day": today.isoformat(), "subject": "Meeting"}]})

    await monitoring.done("objections", {"expert_id": "cholpon", "grounds": "A dispute"}, **OFFICER)
    await monitoring.done("objection-decisions", {"expert_id": "cholpon", "outcome": "upheld", "reasons": "So"}, **DIRECTOR)
    assert (await monitoring.get(role=Role.expert, subject="cholpon")).status_code == 404
    await monitoring.done("replacements", {"expert_id": "cholpon", "successor": {"expert_id": "daniyar"}, "reason": "So"}, **DIRECTOR)
    await monitoring.done("group-notice")
    assert "not agreed" in (await monitoring.get()).json()["awaits"]
    await monitoring.done("dates", {**days(today), **consents(today)})
    assert (await monitoring.refused("holding", {"started_on": str(today), "ended_on": str(today)}))["clause"] == "2.11.p1.s3"
    await monitoring.done("order", {**days(today), "order_number": "17"}, **DIRECTOR)
    await monitoring.done("invoice", {"amount": "48000.00", "currency": "KGS", "payer": "institution", "invoice_number": "112"})
    assert (await monitoring.get()).json()["awaits"] is None
    await monitoring.done("holding", {"started_on": str(today), "ended_on": str(today)})

    expert = {"role": Role.expert, "subject": "daniyar"}
    assert await monitoring.open_to(Role.expert, "daniyar") == {"report"}
    assert (await monitoring.post(monitoring.path("report"), ACT, role=Role.expert, subject="bakyt")).status_code == 403
    assert (await monitoring.refused("report", {**ACT, "findings": []}, **expert))["clause"] == "3.1"
    await monitoring.done("report", {**ACT, "signed_by": ["aida", "daniyar"]}, **expert)

    shown = (await monitoring.get()).json()
    assert (shown["stage"], shown["submitted_on"], shown["flags"]) == ("reported", str(today), [])
    assert [(each["expert_id"], each["former_member"], bool(each["left_on"])) for each in shown["group"]] == [
        ("aida", True, False),
        ("cholpon", False, True),
        ("daniyar", False, False),
    ]
    assert [each["invoice_number"] for each in shown["invoices"]] == ["112"]
    assert [(each["expert_id"], each["upheld"]) for each in shown["objections"]] == [("cholpon", True)]
    as_expert = (await monitoring.get(role=Role.expert, subject="daniyar")).json()
    assert (as_expert["objections"], as_expert["invoices"]) == (None, None)
    assert [each["conflicts"] for each in as_expert["group"]] == [None, None, None]
    assert [each["cycle_id"] for each in await monitoring.listed("monitoring-visits")] == [monitoring.case_id]
    entries = (await monitoring.get("history", role=Role.expert, subject="daniyar")).json()
    assert not {"GroupMemberObjected", "GroupObjectionDecided", "VisitCostsInvoiced"} & {entry["type"] for entry in entries}
    assert [each["id"] for each in entries[-1]["clauses"]] == ["3.1"]
    assert await monitoring.served_and_rebuilt_differ() == []


@pytest.mark.clause(AAKR, "II.4.h", "II.4.i")
async def test_a_visit_by_aakr_needs_the_agreement_and_no_order(monitoring: Monitoring) -> None:
    today = await monitoring.opens(AAKR)
    await monitoring.done("group", group("daniyar", leader_id="daniyar"))
    assert (await monitoring.refused("holding", {"started_on": str(today), "ended_on": str(today)}))["clause"] == "II.4.h"
    await monitoring.done("dates", {**days(today), **consents(today)})
    await monitoring.done("holding", {"started_on": str(today), "ended_on": str(today)})
    await monitoring.done("report", {"document": document("visit_report")})
    assert (await monitoring.get(role=Role.institution_officer)).json()["stage"] == "reported"


async def test_a_day_is_put_right_and_the_models_with_it(monitoring: Monitoring) -> None:
    today = await monitoring.opens(AAKR)
    yesterday = today - timedelta(days=1)
    await monitoring.done("group", group("daniyar", formed_on=str(yesterday)))
    await monitoring.done("dates", {"starts_on": str(yesterday), "ends_on": str(today), **consents(yesterday)})
    await monitoring.done("holding", {"started_on": str(yesterday), "ended_on": str(today)})
    wrong = {"version": 4, "corrected": {"ended_on": str(yesterday)}, "reason": "Typed"}
    assert (await monitoring.post(monitoring.path("corrections"), wrong)).status_code == 403
    await monitoring.done("corrections", wrong, **DIRECTOR)
    assert (await monitoring.get()).json()["ended_on"] == str(yesterday)
    ahead = {"version": 4, "corrected": {"ended_on": "2099-01-01"}, "reason": "Typed"}
    assert (await monitoring.refused("corrections", ahead, **DIRECTOR))["type"].endswith("conflict")
    assert await monitoring.served_and_rebuilt_differ() == []


async def test_the_lifecycle_opens_it_and_none_where_no_visit_is_provided_for(monitoring: Monitoring) -> None:
    assert contract.OPEN_MONITORING_VISIT in {act.__temporal_activity_definition.name for act in activities(monitoring._runtime)}  # type: ignore[attr-defined]
    with pytest.raises(Exception, match="five years"):
        await monitoring.opens(kind="full_5y")
    assert (await monitoring.get()).status_code == 404
    assert (await monitoring.post(monitoring.path("order"), {**days(date(2026, 9, 1)), "order_number": "1"}, **DIRECTOR)).status_code == 404


async def test_another_institution_sees_and_says_nothing(monitoring: Monitoring) -> None:
    await monitoring.opens()
    for act in ("", "history"):
        elsewhere = await monitoring._http.get(monitoring.path(act), headers=monitoring._headers(Role.expert, "elsewhere"))
        assert elsewhere.status_code == 404
