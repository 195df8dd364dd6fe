"""Plans of measures over HTTP, as the institution, the coordinator and the Director live them; and what the agency's calendar asks."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from chassis.auth import Role
from chassis.context import Context
from chassis.decider import Command, Decider, no_rules
from chassis.events import Event
from chassis.issuer import development_token, issuer_app
from chassis.problems import Refused
from chassis.rebuild import compare
from chassis.service import Runtime, build_app, key_ring, migrate_all, open_runtime
from cli.supervisor import Stack
from regulations import RulebookRef, load, local_date
from services.monitoring import handlers_plan as handlers
from services.monitoring.app import SERVICE
from services.monitoring.contract import FollowUpClassified, FollowUpOpened, FollowUpRulebookAdopted
from services.monitoring.domain.plan import plan_id
from services.monitoring.readmodels_plan import plans
from services.monitoring.schemas_plan import AwaitPlanRequest
from tests.chassis.servers import free_port, serving
from tests.monitoring.plans import AAKR, KINDS, RECOMMENDED, SAPATTUU

OFFICER, COORDINATOR, DIRECTOR = Role.institution_officer, Role.coordinator, Role.director
DAY = timedelta(days=1)


class Record(Command):
    """Facts as they are, into the stream of whoever owns them."""

    facts: tuple[Any, ...]


FOLLOWUPS: Decider[None, None] = Decider(
    "followup", None, lambda command, _state, _rules: command.facts, lambda _state, _event: None, no_rules
)


class Plan:
    """A plan of one agency, asked and told over HTTP."""

    def __init__(self, runtime: Runtime, http: httpx.AsyncClient, agency: str) -> None:
        self.runtime, self.http, self.agency = runtime, http, agency
        self.followup_id = f"f-{uuid4().hex[:8]}"
        self.id = plan_id(self.followup_id)
        self.path = f"/v1/plans/{self.id}"
        self.today = date.min

    async def context(self) -> Context:
        return await self.runtime.context(agency=self.agency, actor="workflow:calendar")

    async def awaited(self, rulebook: str, kind: str | None = None) -> None:
        """A follow-up is open, and its plan is awaited."""
        ctx = await self.context()
        rules, kind = load(rulebook), kind or KINDS[rulebook]
        self.today = local_date(ctx.at, rules.zone)
        self.ids = {"followup_id": self.followup_id, "institution_id": "jasu"}
        whose = {**self.ids, "certificate_id": "c-1", "rulebook": rules.ref, "kind": kind, "recommendations": RECOMMENDED}
        days = {"issued_on": self.today, "valid_until": self.today + 900 * DAY, "opened_on": self.today}
        await self.followed(FollowUpOpened(**whose, object="programme", **days))
        await handlers.await_plan(ctx, AwaitPlanRequest(**whose))

    async def followed(self, *facts: Event) -> None:
        ctx = await self.context()
        await ctx.execute(FOLLOWUPS, self.followup_id, ctx.command(Record, facts=facts), create=True)

    def headers(self, role: Role, institution: str = "jasu") -> dict[str, str]:
        token = development_token(self.runtime.settings, subject=role, roles=[role], agency=self.agency, institution=institution)
        return {"authorization": f"Bearer {token}"}

    async def post(self, step: str, body: Any = None, role: Role = OFFICER, institution: str = "jasu") -> httpx.Response:
        headers = {**self.headers(role, institution), "idempotency-key": str(uuid4()), "if-match": "*"}
        return await self.http.post(f"{self.path}/{step}", json=body, headers=headers)

    async def done(self, step: str, body: Any = None, role: Role = OFFICER) -> None:
        answer = await self.post(step, body, role)
        assert answer.status_code == 200, answer.text

    async def get(self, path: str = "", role: Role = COORDINATOR, institution: str = "jasu") -> httpx.Response:
        return await self.http.get(path if path.startswith("/v1") else self.path + path, headers=self.headers(role, institution))

    async def shown(self) -> Any:
        return (await self.get()).json()

    async def actions(self, role: Role) -> set[str]:
        """The last parts of the paths that are open to a role."""
        found = (await self.get(role=role)).json()["allowed_actions"]
        return {each["path"].rsplit("/", 1)[1] for each in found} - {"corrections"}

    def measure(self, id_: str, against: str | None, days: int = 200) -> dict[str, Any]:
        told = {"criterion": "Standard 1", "measure": "Six posts.", "responsible": "Vice-rector"}
        return {"measure_id": id_, "recommendation_id": against, **told, "due_on": (self.today + days * DAY).isoformat()}

    def measures(self) -> list[dict[str, Any]]:
        return [self.measure("m-1", "r-1"), self.measure("m-2", "r-2")]

    def body(self, approved_by: str | None = None, **changes: Any) -> dict[str, Any]:
        approval = {"approved_by": approved_by, "approval_act": "Protocol No. 4", "approved_on": self.today.isoformat()}
        return {"measures": self.measures(), "document": document("action_plan"), **(approval if approved_by else {}), **changes}


def document(kind: str, mark: str = "e") -> dict[str, str]:
    return {"kind": kind, "name": f"{kind}.pdf", "sha256": mark * 64}


@pytest_asyncio.fixture
async def plan(servers: Stack, agency: str) -> AsyncIterator[Plan]:
    """Monitoring in this process, before real servers and a real issuer."""
    settings = servers.settings()
    settings = settings.model_copy(update={"ports": {**settings.ports, "issuer": free_port()}})
    await migrate_all([SERVICE], settings)
    app = build_app(SERVICE, settings)
    async with open_runtime(SERVICE, settings) as runtime, serving(issuer_app(settings), settings.port("issuer")):
        app.state.runtime, app.state.authenticator = runtime, runtime.authenticator
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://monitoring") as http:
            yield Plan(runtime, http, agency)


@pytest.mark.clause(AAKR, "II.4.b", "II.4.c", "II.4.d")
async def test_a_plan_is_submitted_changed_reviewed_amended_and_carried_out(plan: Plan) -> None:
    await plan.awaited(AAKR)
    assert await plan.actions(OFFICER) == {"submissions"}
    assert (await plan.post("submissions", plan.body(), institution="other")).status_code == 404
    after_the_end = [*plan.measures()[:1], plan.measure("m-3", None, days=901)]
    await plan.done("submissions", plan.body(measures=after_the_end))
    shown = await plan.shown()
    assert (shown["uncovered"], shown["beyond_term"]) == (["r-2"], ["m-3"])
    assert await plan.actions(COORDINATOR) == {"change-requests", "review"}
    assert await plan.actions(OFFICER) == set()
    due_on = (plan.today + 10 * DAY).isoformat()
    await plan.done("change-requests", {"changes": "Name the terms.", "due_on": due_on}, COORDINATOR)
    shown = await plan.shown()
    assert (shown["stage"], shown["due_on"], shown["stands"]) == ("changes_requested", due_on, False)
    await plan.done("submissions", plan.body())
    await plan.done("review", role=COORDINATOR)
    assert await plan.actions(OFFICER) == {"amendments", "progress"}

    await plan.done("progress", {"measure_id": "m-1", "progress": "done", "evidence": [document("orders")]})
    changed = [{**plan.measure("m-1", "r-1"), "responsible": "Rector"}, plan.measures()[1]]
    assert (await plan.post("amendments", {"measures": changed, "reason": "Why not."})).status_code == 409
    await plan.done("amendments", {"measures": [*plan.measures(), plan.measure("m-3", None)], "reason": "The budget came."})
    shown = await plan.shown()
    assert (shown["stage"], shown["round"], shown["measures"], shown["stands"]) == ("reviewed", 2, 3, True)
    assert [(each["measure_id"], each["progress"]) for each in shown["planned"]] == [("m-1", "done"), ("m-2", None), ("m-3", None)]
    history = (await plan.get("/history")).json()
    assert [each["type"] for each in history] == [
        "PlanAwaited",
        "PlanSubmitted",
        "PlanChangesRequested",
        "PlanSubmitted",
        "PlanReviewed",
        "MeasureProgressed",
        "PlanAmended",
    ]
    assert {clause["id"] for each in history for clause in each["clauses"]} == {"II.4.b", "II.4.c", "II.4.d"}


@pytest.mark.clause(SAPATTUU, "2.3", "2.4", "2.5.p1")
async def test_a_plan_that_a_collegial_body_approved_stands_without_a_review(plan: Plan) -> None:
    await plan.awaited(SAPATTUU)
    assert await plan.actions(OFFICER) == {"documents-received", "submissions"}
    yesterday = (plan.today - DAY).isoformat()
    await plan.done("documents-received", {"order_received_on": yesterday, "conclusion_received_on": plan.today.isoformat()})
    assert (await plan.shown())["counts_from"] == plan.today.isoformat()
    unapproved = await plan.post("submissions", plan.body())
    assert (unapproved.status_code, unapproved.json()["clause"]) == (409, "2.4")
    assert unapproved.json()["missing"] == ["approved_by", "approval_act", "approved_on"]
    lacking = await plan.post("submissions", plan.body("collegial_body", measures=plan.measures()[:1]))
    assert (lacking.status_code, lacking.json()["clause"], lacking.json()["missing"]) == (409, "2.3", ["r-2"])
    await plan.done("submissions", plan.body("collegial_body"))
    assert (await plan.shown())["stands"]
    assert await plan.actions(COORDINATOR) == {"amendments", "progress"}
    for step, body in (("review", None), ("change-requests", {"changes": "More."})):
        refused = await plan.post(step, body, COORDINATOR)
        assert (refused.status_code, refused.json()["clause"]) == (409, "2.4")
    amendment = {"measures": [*plan.measures(), plan.measure("m-3", None)], "reason": "So.", "approval_act": "Protocol No. 4"}
    assert (await plan.post("amendments", amendment)).json()["clause"] == "2.4"
    await plan.done("amendments", {**amendment, "approval_act": "Protocol No. 9"})
    await plan.done("progress", {"measure_id": "m-3", "progress": "under_way", "note": "Begun."})


@pytest.mark.clause(SAPATTUU, "2.6.s1")
async def test_for_five_years_the_management_approves_as_the_certificate_is_classified_by_now(plan: Plan) -> None:
    await plan.awaited(SAPATTUU)
    anew = FollowUpClassified(**plan.ids, kind="full_5y", recommendations=RECOMMENDED[:1], reason="A slip.", classified_on=plan.today)
    await plan.followed(anew)
    only = [plan.measure("m-1", "r-1")]
    assert (await plan.post("submissions", plan.body("collegial_body", measures=only))).json()["clause"] == "2.6.s1"
    await plan.done("submissions", plan.body("institution_management", measures=only))


async def test_an_open_plan_goes_on_under_the_rulebook_that_its_follow_up_adopted(plan: Plan) -> None:
    """It knows no review, so the coordinator is offered none."""
    await plan.awaited(AAKR)
    await plan.done("submissions", plan.body())
    assert "review" in await plan.actions(COORDINATOR)
    previous, other = (RulebookRef.model_validate(load(each).ref) for each in (AAKR, SAPATTUU))
    await plan.followed(FollowUpRulebookAdopted(**plan.ids, previous=previous, rulebook=other, reason="By order.", adopted_on=plan.today))
    assert await plan.actions(COORDINATOR) == {"documents-received", "amendments", "progress"}
    assert (await plan.post("review", role=COORDINATOR)).status_code == 409


async def test_only_the_agency_says_on_which_day_a_plan_came(plan: Plan) -> None:
    await plan.awaited(AAKR)
    earlier = (plan.today - 3 * DAY).isoformat()
    assert (await plan.post("submissions", plan.body(received_on=earlier))).status_code == 403
    await plan.done("submissions", plan.body(received_on=earlier), COORDINATOR)
    assert (await plan.shown())["submitted_on"] == earlier


@pytest.mark.parametrize("field", ["criterion", "responsible", "due_on"])
async def test_a_measure_without_criterion_responsible_or_term_is_no_measure(plan: Plan, field: str) -> None:
    await plan.awaited(SAPATTUU)
    lacking = [{name: value for name, value in each.items() if name != field} for each in plan.measures()]
    answer = await plan.post("submissions", plan.body("collegial_body", measures=lacking))
    assert answer.status_code == 422
    assert {each["pointer"] for each in answer.json()["errors"]} == {f"#/measures/{index}/{field}" for index in (0, 1)}


async def test_a_plan_is_awaited_once_and_only_where_one_is_due(plan: Plan) -> None:
    await plan.awaited(SAPATTUU)
    request = AwaitPlanRequest(
        followup_id=plan.followup_id, certificate_id="c-1", institution_id="jasu", rulebook=load(SAPATTUU).ref, kind=KINDS[SAPATTUU]
    )
    await handlers.await_plan(await plan.context(), request)
    assert (await plan.shown())["version"] == 1
    with pytest.raises(Refused):
        await handlers.await_plan(await plan.context(), request.model_copy(update={"followup_id": "f-other", "kind": "full_5y"}))


async def test_plans_are_listed_and_an_institution_sees_its_own(plan: Plan) -> None:
    await plan.awaited(AAKR)
    [listed] = (await plan.get(f"/v1/plans?followup_id={plan.followup_id}&stage=awaited&sort=-awaited_on")).json()["items"]
    assert (listed["plan_id"], listed["kind"], listed["round"]) == (plan.id, "conditional", 0)
    assert (await plan.get("/v1/plans?stage=reviewed")).json()["items"] == []
    assert (await plan.get("/v1/plans", OFFICER, "other")).json()["items"] == []
    for path in ("", "/history"):
        assert (await plan.get(path, OFFICER, "other")).status_code == 404


async def test_slips_are_corrected_and_what_is_served_is_what_is_rebuilt(plan: Plan) -> None:
    await plan.awaited(SAPATTUU)
    day = plan.today.isoformat()
    await plan.done("documents-received", {"order_received_on": day, "conclusion_received_on": day})
    await plan.done("submissions", plan.body("collegial_body"))
    await plan.done("progress", {"measure_id": "m-1", "progress": "done"})
    yesterday = (plan.today - DAY).isoformat()
    days = dict.fromkeys(("order_received_on", "conclusion_received_on"), yesterday)
    wrong = {"version": 2, "corrected": days, "reason": "A slip."}
    assert (await plan.post("corrections", wrong, DIRECTOR)).status_code == 409
    await plan.done("corrections", {**wrong, "corrected": {**days, "counts_from": yesterday}}, DIRECTOR)
    await plan.done("corrections", {"version": 4, "corrected": {"progress": "under_way"}, "reason": "A slip."}, DIRECTOR)
    shown = await plan.shown()
    assert (shown["counts_from"], shown["planned"][0]["progress"], shown["version"]) == (yesterday, "under_way", 6)
    using = plan.runtime.settings
    served, rebuilt = await compare(using, SERVICE.events, SERVICE.catalogues, plans, lambda pool: key_ring(using, pool))
    assert served == rebuilt
