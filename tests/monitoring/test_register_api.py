"""The deadline register as a person searches it: by state, source and lateness, with what stood still."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from chassis.auth import Role
from services.monitoring import contract, handlers
from services.monitoring.contract import DeadlineStep, DeadlineTerms
from tests.monitoring.test_recomputation_api import Register, register
from tests.monitoring.test_suspension import OTHERS

__all__ = ["register"]

DAY = timedelta(days=1)


async def contract_day(of: Register, due_on: date) -> DeadlineTerms:
    """A day that a contract sets, as a lifecycle asks for it."""
    request = contract.SetDeadline(
        agency=of.agency,
        case_id=str(uuid4()),
        workflow_id=str(uuid4()),
        institution_id="kaznu",
        rulebook=OTHERS.ref,
        rule="contract:first_version",
        anchor_on=due_on - 60 * DAY,
        due_on=due_on,
    )
    ctx = await of.runtime.context(agency=of.agency, actor="workflow:case-1")
    return await handlers.set_deadline(ctx, request)


async def found(of: Register, **query: Any) -> list[str]:
    return [item["deadline_id"] for item in (await of.get("/v1/deadlines", **query)).json()["items"]]


async def test_it_is_searched_by_source_and_by_how_late_it_is(register: Register) -> None:
    today = (await register.runtime.context(agency=register.agency, actor="w")).at.date()
    recent, old = await contract_day(register, today - 10 * DAY), await contract_day(register, today - 40 * DAY)
    coming = await contract_day(register, today + 40 * DAY)
    by_rules = await register.set(today + 30 * DAY)
    assert set(await found(register, source="contract")) == {recent.deadline_id, old.deadline_id, coming.deadline_id}
    assert await found(register, late_by=1) == [old.deadline_id, recent.deadline_id]
    assert await found(register, late_by=30) == [old.deadline_id]
    assert await found(register, late_by=1, sort="-due_on") == [recent.deadline_id, old.deadline_id]
    page = (await register.get("/v1/deadlines", sort="-due_on", limit=3)).json()
    rest = await found(register, sort="-due_on", limit=3, cursor=page["next"])
    assert [item["deadline_id"] for item in page["items"]] + rest == [
        coming.deadline_id,
        by_rules,
        recent.deadline_id,
        old.deadline_id,
    ]
    assert (await register.get("/v1/deadlines", sort="zone")).status_code == 422
    assert by_rules not in await found(register, source="contract")
    assert (await register.get("/v1/deadlines", late_by=0)).status_code == 422


async def test_what_the_contract_sets_is_named_by_its_step_and_rests_on_no_calendar(register: Register) -> None:
    terms = await contract_day(register, date(2026, 5, 29))
    shown = (await register.get(f"/v1/deadlines/{terms.deadline_id}")).json()
    assert (shown["source"], shown["clause"], shown["rule"]) == ("contract", "S1.b.2", "contract:first_version")
    assert set(shown["names"]) == {"ky", "kk", "ru", "en"}
    assert shown["quote"]["kk"].startswith("Шартта")
    assert terms.deadline_id not in await register.outdated(True)


async def test_suspended_and_resumed_by_a_lifecycle_however_often_it_asks(register: Register) -> None:
    today = (await register.runtime.context(agency=register.agency, actor="w")).at.date()
    terms = await contract_day(register, today + 20 * DAY)
    step = DeadlineStep(agency=register.agency, deadline_id=terms.deadline_id, reason="Flood")
    for on, ask, state in (
        (today, handlers.suspend_deadline, "suspended"),
        (today + 5 * DAY, handlers.resume_deadline, "open"),
    ):
        answers = [await ask(await register.runtime.context(agency=register.agency, actor="workflow:case-1"), step, on) for _ in range(2)]
        assert answers[0] == answers[1]
        assert answers[0].state == state
        assert await found(register, state=state) == [terms.deadline_id]
    shown = (await register.get(f"/v1/deadlines/{terms.deadline_id}")).json()
    assert (shown["due_on"], shown["lost_days"], shown["suspended_on"]) == ((today + 25 * DAY).isoformat(), 5, None)
    assert shown["version"] == 3
    unset = await handlers.move_anchor(
        await register.runtime.context(agency=register.agency, actor="w"), DeadlineStep(agency=register.agency, deadline_id=""), today
    )
    assert unset.state == "unset"


async def test_each_role_is_offered_what_it_may_do_and_a_deadline_that_is_over_offers_nothing(register: Register) -> None:
    today = (await register.runtime.context(agency=register.agency, actor="w")).at.date()
    by_rules, by_contract = await register.set(today + 30 * DAY), (await contract_day(register, today + 40 * DAY)).deadline_id

    async def offered(id_: str, role: Role) -> set[str]:
        answer = await register.get(f"/v1/deadlines/{id_}", role)
        return {action["name"] for action in answer.json()["allowed_actions"]}

    assert await offered(by_rules, Role.director) == {"extend_deadline", "recompute_deadline", "withdraw_deadline"}
    assert await offered(by_rules, Role.coordinator) == {"extend_deadline", "recompute_deadline"}
    assert await offered(by_contract, Role.coordinator) == {"extend_deadline"}
    for role in (Role.auditor, Role.institution_officer):
        assert await offered(by_rules, role) == set()
    step = DeadlineStep(agency=register.agency, deadline_id=by_rules)
    await handlers.meet_deadline(await register.runtime.context(agency=register.agency, actor="workflow:case-1"), step, today)
    assert await offered(by_rules, Role.director) == set()


async def test_the_history_cites_the_clause_of_the_term_or_of_the_contract_s_days(register: Register) -> None:
    today = (await register.runtime.context(agency=register.agency, actor="w")).at.date()
    ids = {"17": await register.set(today + 30 * DAY), "S1.b.2": (await contract_day(register, today + 40 * DAY)).deadline_id}
    for clause, id_ in ids.items():
        (entry,) = (await register.get(f"/v1/deadlines/{id_}/history")).json()
        assert [each["id"] for each in entry["clauses"]] == [clause]
        assert entry["clauses"][0]["rule"]
