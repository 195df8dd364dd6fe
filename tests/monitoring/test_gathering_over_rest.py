"""What internal monitoring collects, over REST on the whole stack: who may, what is seen, and that an anonymous answer is nobody's."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import pytest
import pytest_asyncio

from chassis.auth import Role
from chassis.decider import Command, Decider, no_rules
from chassis.events import Event
from chassis.issuer import development_token
from chassis.messaging import envelope_of
from chassis.postgres import open_connection
from chassis.rebuild import compare
from chassis.service import Runtime, key_ring, open_runtime
from cli.supervisor import Stack
from regulations import load, local_date
from services.monitoring.app import SERVICE
from services.monitoring.contract import (
    FollowUpOpened,
    InternalCycleClosed,
    InternalCycleOpened,
    InternalMonitoringAdopted,
    StaffRegistered,
)
from services.monitoring.gathered import gathered
from services.monitoring.readmodels_gathering import ALL
from tests.monitoring.gatherings import ARTKI, QUESTIONS, TITLE
from tests.waiting import eventually

COORDINATOR, DIRECTOR, AUDITOR = Role.coordinator, Role.director, Role.auditor
RULES = load(ARTKI)


class Record(Command):
    """Facts as they are, into the stream of whoever owns them."""

    facts: tuple[Any, ...]


class Agency:
    """An agency with a regulation on internal monitoring, a cycle that is open, and one that is closed."""

    def __init__(self, stack: Stack, runtime: Runtime, http: httpx.AsyncClient, agency: str) -> None:
        self.stack, self.runtime, self.http, self.agency = stack, runtime, http, agency
        self.today = date.min

    async def record(self, category: str, id_: str, *facts: Event) -> None:
        owner: Decider[None, None] = Decider(category, None, lambda command, _s, _r: command.facts, lambda _s, _e: None, no_rules)
        ctx = await self.runtime.context(agency=self.agency, actor="workflow:calendar")
        await ctx.execute(owner, id_, ctx.command(Record, facts=facts), create=True)

    async def begin(self) -> None:
        ctx = await self.runtime.context(agency=self.agency, actor="nobody")
        self.today = today = local_date(ctx.at, RULES.zone)
        told = {"rulebook": RULES.ref, "act": "Order 3", "approved_on": today, "first_year": today.year, "adopted_on": today}
        await self.record("internal_procedure", "internal-monitoring", InternalMonitoringAdopted(**told))
        for number, cycle_id in ((1, "c-1"), (2, "c-2")):
            opened = InternalCycleOpened(cycle_id=cycle_id, rulebook=RULES.ref, year=today.year, number=number, opened_on=today)
            await self.record("internal_cycle", cycle_id, opened)
        await self.record("internal_closing", "c-2", InternalCycleClosed(cycle_id="c-2", outcome="done", closed_on=today))
        await self.record("staff", "aida", StaffRegistered(staff_id="aida", name="Aida", post="Analyst", joined_on=today))

    def headers(self, role: Role, agency: str | None = None) -> dict[str, str]:
        told = {"subject": f"agency.{role}", "roles": [role], "agency": agency or self.agency}
        return {"authorization": f"Bearer {development_token(self.stack.settings(), **told)}"}

    def url(self, path: str) -> str:
        return self.stack.urls["monitoring"] + path

    async def post(self, path: str, body: Any = None, role: Role | None = COORDINATOR, **headers: str) -> httpx.Response:
        sent = {"idempotency-key": str(uuid4()), "if-match": "*", **(self.headers(role) if role else {}), **headers}
        return await self.http.post(self.url(path), json=body, headers=sent)

    async def made(self, path: str, body: Any = None, role: Role = COORDINATOR) -> dict[str, Any]:
        answer = await self.post(path, body, role)
        assert answer.status_code in (200, 201), answer.text
        return dict(answer.json())

    async def get(self, path: str, role: Role | None = COORDINATOR) -> Any:
        answer = await self.http.get(self.url(path), headers=self.headers(role) if role else {})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def survey(self, **changes: Any) -> str:
        questions = [question.model_dump(mode="json") for question in QUESTIONS]
        body = {"cycle_id": "c-1", "title": TITLE, "groups": ["student", "staff"], "anonymous": True, "questions": questions}
        return str((await self.made("/v1/surveys", {**body, "closes_on": self.today.isoformat(), **changes}))["id"])

    async def drafted(self) -> str:
        """A version of the report, as it is written now."""
        await self.made("/v1/internal-cycles/c-1/report-drafts", {"language": "en"})
        answer = await self.http.get(self.url("/v1/internal-cycles/c-1/report"), headers=self.headers(COORDINATOR))
        assert answer.status_code == 200, answer.text
        return answer.text

    async def secret(self, survey_id: str, group: str = "student", single: bool = False) -> str:
        return str((await self.made(f"/v1/surveys/{survey_id}/links", {"group": group, "single": single}))["secret"])

    async def answer(self, survey_id: str, secret: str, clear: int = 4, text: str = "", **more: Any) -> httpx.Response:
        said = [{"question_id": "clear", "value": clear}, *([{"question_id": "more", "text": text}] if text else [])]
        headers = {"idempotency-key": more.pop("key", str(uuid4())), **more.pop("headers", {})}
        body = {"secret": secret, "language": "en", "answers": said, **more}
        return await self.http.post(self.url(f"/v1/open-surveys/{self.agency}/{survey_id}/answers"), json=body, headers=headers)


@pytest_asyncio.fixture
async def internal(stack: Stack, agency: str) -> AsyncIterator[Agency]:
    """The stack, and beside it a hand of our own on monitoring's log, for the facts of others."""
    async with open_runtime(SERVICE, stack.settings()) as runtime, httpx.AsyncClient(timeout=30) as http:
        made = Agency(stack, runtime, http, agency)
        await made.begin()
        yield made


def problem(answer: httpx.Response, status: int, pointer: str = "") -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    document: dict[str, Any] = answer.json()
    assert not pointer or [each["pointer"] for each in document["errors"]] == [pointer]
    return document


async def stored(stack: Stack, query: str, *arguments: Any) -> list[asyncpg.Record]:
    connection = await open_connection(stack.settings(), "kepil_system", "monitoring")
    try:
        return list(await connection.fetch(query, *arguments))
    finally:
        await connection.close()


@pytest.mark.clause(ARTKI, "3.3.2", "6.1.s1", "6.1.s2")
async def test_people_without_an_account_answer_by_a_link_and_groups_are_counted(internal: Agency) -> None:
    survey_id = await internal.survey()
    secret, of_staff = await internal.secret(survey_id), await internal.secret(survey_id, "staff")
    page = await internal.get(f"/v1/open-surveys/{internal.agency}/{survey_id}", role=None)
    assert (page["takes_answers"], page["anonymous"], len(page["questions"])) == (True, True, 3)
    for clear, text in ((5, "Zeal"), (4, "Air"), (4, ""), (1, ""), (1, "")):
        assert (await internal.answer(survey_id, secret, clear, text)).status_code == 200
    assert (await internal.answer(survey_id, of_staff, 2)).status_code == 200
    shown = await internal.get(f"/v1/surveys/{survey_id}/results")
    assert (shown["final"], shown["answers"], shown["results"]) == (False, 6, []), "nobody watches anonymous answers come"
    assert "3.00" not in await internal.drafted(), "nor in a report that is written meanwhile"
    await internal.made(f"/v1/surveys/{survey_id}/closing")
    shown = await internal.get(f"/v1/surveys/{survey_id}/results", AUDITOR)
    whole, student, staff = shown["results"]
    assert student["questions"][0]["counts"] == {"1": 2, "2": 0, "3": 0, "4": 2, "5": 1}
    assert student["questions"][0]["mean"] == "3.00"
    assert "3.00" in await internal.drafted()
    assert student["questions"][2]["texts"] == ["Air", "Zeal"]
    assert (staff["suppressed"], staff["questions"], whole["answers"]) == (True, [], 5)
    problem(await internal.answer(survey_id, secret), 409)
    problem(await internal.http.get(internal.url(f"/v1/surveys/{survey_id}/answers"), headers=internal.headers(COORDINATOR)), 404)
    detail = await internal.get(f"/v1/surveys/{survey_id}")
    assert (detail["stage"], detail["answers"], detail["allowed_actions"]) == ("closed", 6, [])
    assert "secret" not in json.dumps(detail)


async def test_a_link_serves_until_it_is_revoked_and_no_other_secret_does(internal: Agency) -> None:
    survey_id = await internal.survey()
    key = str(uuid4())
    issued = await internal.post(f"/v1/surveys/{survey_id}/links", {"group": "student"}, **{"idempotency-key": key})
    again = await internal.post(f"/v1/surveys/{survey_id}/links", {"group": "student"}, **{"idempotency-key": key})
    link = issued.json()
    assert again.json() == {**link, "secret": None}, "the secret is shown once"
    assert (await internal.answer(survey_id, link["secret"])).status_code == 200
    problem(await internal.answer(survey_id, "x" * 43), 404)
    problem(await internal.answer(await internal.survey(), link["secret"]), 404)
    problem(await internal.post(f"/v1/surveys/{survey_id}/links", {"group": "teacher"}), 422, "#/group")
    problem(await internal.post(f"/v1/surveys/{survey_id}/links", {"group": "student", "single": True}), 422, "#/single")
    await internal.made(f"/v1/surveys/{survey_id}/link-revocations", {"link_id": link["link_id"], "reason": "It went astray."})
    problem(await internal.answer(survey_id, link["secret"]), 404)
    stranger = f"/v1/open-surveys/other-{internal.agency}/{survey_id}"
    assert (await internal.http.get(internal.url(stranger))).status_code == 404
    secrets = await stored(
        internal.stack, "SELECT 1 FROM events WHERE agency = $1 AND data::text LIKE $2", internal.agency, f"%{link['secret']}%"
    )
    kept = await stored(
        internal.stack, "SELECT 1 FROM idempotency_keys WHERE agency = $1 AND answer::text LIKE $2", internal.agency, f"%{link['secret']}%"
    )
    assert (secrets, kept) == ([], [])


async def test_an_anonymous_answer_is_nobody_s_wherever_one_looks(internal: Agency) -> None:
    survey_id = await internal.survey()
    secret = await internal.secret(survey_id)
    trace = uuid4().hex
    who = {"traceparent": f"00-{trace}-{uuid4().hex[:16]}-01", "user-agent": f"browser-{trace}", "x-forwarded-for": "203.0.113.7"}
    who |= internal.headers(COORDINATOR)  # a token that came along is not looked at
    key = str(uuid4())
    answer = await internal.answer(survey_id, secret, text="Time", key=key, headers=who)
    assert answer.status_code == 200, answer.text
    assert (await internal.answer(survey_id, secret, text="Time", key=key)).json()["id"] == answer.json()["id"]
    problem(await internal.answer(survey_id, secret, text="Other", key=key), 422)
    problem(await internal.answer(survey_id, secret, respondent="Aida"), 422, "#/respondent")
    (row,) = await stored(internal.stack, "SELECT * FROM events WHERE agency = $1 AND type = 'SurveyAnswered'", internal.agency)
    day = datetime.combine(internal.today, time(), ZoneInfo(RULES.zone)).astimezone(UTC)
    assert row["metadata"] == {"actor": "anonymous", "agency": internal.agency}
    assert (row["occurred_at"], row["recorded_at"]) == (day, day)
    assert UUID(str(row["event_id"])).version == 4, "an id of ours would tell the time"
    assert row["data"] == {
        "survey_id": survey_id,
        "cycle_id": "c-1",
        "answer_id": answer.json()["id"],
        "group": "student",
        "language": "en",
        "answers": [{"question_id": "clear", "value": 4, "text": None}, {"question_id": "more", "value": None, "text": "Time"}],
        "respondent_id": None,
        "respondent": None,
        "answered_on": internal.today.isoformat(),
    }
    assert key not in str(dict(row))
    for table in ("idempotency_keys", "subject_keys"):
        found = await stored(internal.stack, f"SELECT t::text AS row FROM {table} t WHERE agency = $1", internal.agency)
        assert not [each for each in found if key in each["row"] or answer.json()["id"] in each["row"] or "public" in each["row"]]

    async def published() -> Any:
        jetstream = internal.runtime.nats.jetstream()
        message = await jetstream.get_last_msg("KEPIL_MONITORING", "kepil.monitoring.survey_answer.SurveyAnswered")
        found = envelope_of(message.data or b"")
        return found if found and found.agency == internal.agency else None

    envelope = await eventually(published, "the answer is published")
    assert (envelope.time, envelope.recordedat, envelope.actor) == (day, day, "anonymous")
    assert envelope.correlationid is envelope.causationid is None
    marker = f"marker-{trace}"  # a request that does leave a span, so that the spans were written by then
    await internal.http.get(
        internal.url(f"/v1/surveys/{survey_id}"), headers={**internal.headers(COORDINATOR), "traceparent": who["traceparent"]}
    )
    folder = internal.stack.settings().state_dir / "traces"

    async def spans() -> str:
        text = "".join(file.read_text() for file in folder.glob("monitoring*.jsonl*"))
        return text if trace in text else ""

    text = await eventually(spans, "the spans are written")
    assert "open-surveys" not in text
    assert marker not in text
    assert not [line for line in text.splitlines() if answer.json()["id"] in line], "no span knows the stream of an answer"


async def test_a_survey_by_name_knows_the_link_and_the_name_and_one_answer_of_a_link_for_one(internal: Agency) -> None:
    survey_id = await internal.survey(anonymous=False)
    single, many = await internal.secret(survey_id, single=True), await internal.secret(survey_id)
    assert (await internal.answer(survey_id, single, respondent="Aida")).status_code == 200
    problem(await internal.answer(survey_id, single, 1, respondent="Aida"), 409)
    for clear in (1, 2):
        assert (await internal.answer(survey_id, many, clear)).status_code == 200
    items = (await internal.get(f"/v1/surveys/{survey_id}/answers"))["items"]
    assert len(items) == 3
    assert sorted(str(each["respondent"]) for each in items) == ["Aida", "None", "None"]
    assert (await internal.get(f"/v1/surveys/{survey_id}/results"))["results"][1]["questions"][0]["counts"]["4"] == 1
    (row, *_) = await stored(
        internal.stack, "SELECT * FROM events WHERE agency = $1 AND type = 'SurveyAnswered' ORDER BY position", internal.agency
    )
    assert row["metadata"]["actor"].startswith("link:")
    assert "$sealed" in row["data"]["respondent"]


async def test_what_comes_from_anybody_is_bounded(internal: Agency) -> None:
    survey_id = await internal.survey()
    secret = await internal.secret(survey_id)
    problem(await internal.answer(survey_id, secret, text="a" * 70_000), 413)
    problem(await internal.answer(survey_id, secret, text="a" * 4_001), 422)
    url = internal.url(f"/v1/open-surveys/{internal.agency}/{survey_id}/answers")
    assert (await internal.http.post(url, json={})).status_code == 400, "without a key"
    codes = [(await internal.answer(survey_id, "y" * 43)).status_code for _ in range(70)]
    assert codes[0] == 404
    assert codes[-1] == 429
    answer = await internal.answer(survey_id, "y" * 43)
    assert int(answer.headers["retry-after"]) >= 1
    assert (await internal.answer(survey_id, secret)).status_code == 200, "strangers do not shut the door before those who have a link"


@pytest.mark.clause(ARTKI, "3.3.2", "2.2.1", "2.2.3", "6.2", "7.1.s2", "7.2")
async def test_talks_analyses_recommendations_and_trainings_are_recorded_listed_and_corrected(internal: Agency) -> None:
    day = internal.today.isoformat()
    talk = {"cycle_id": "c-1", "held_by": ["aida"], "held_on": day}
    bodies = {
        "interviews": {**talk, "group": "teacher", "interviewee": "Dean", "notes": "Fair.", "goals": ["2.1.1"]},
        "focus-groups": {**talk, "groups": ["student"], "participants": 8, "expectations": "E.", "needs": "N.", "satisfaction": "S."},
        "document-analyses": {"subject": "A report", "findings": "In order.", "analysed_by": "aida", "analysed_on": day},
        "agency-recommendations": {"source": "external_check", "source_detail": "ENQA", "text": "Do.", "received_on": day},
        "trainings": {"kind": "seminar", "topic": "ESG", "attendance": ["aida"], "held_on": day},
    }
    fixes = {
        "interviews": "notes",
        "focus-groups": "needs",
        "document-analyses": "findings",
        "agency-recommendations": "text",
        "trainings": "topic",
    }
    for name, body in bodies.items():
        id_ = (await internal.made(f"/v1/{name}", body))["id"]
        wrong = {"version": 1, "corrected": {fixes[name]: "Better."}, "reason": "A slip."}
        assert (await internal.post(f"/v1/{name}/{id_}/corrections", wrong)).status_code == 403
        await internal.made(f"/v1/{name}/{id_}/corrections", wrong, DIRECTOR)
        (item,) = (await internal.get(f"/v1/{name}", AUDITOR))["items"]
        assert (item[fixes[name]], item["version"]) == ("Better.", 2)
        assert (await internal.get(f"/v1/{name}/{id_}"))[fixes[name]] == "Better."
        past = await internal.get(f"/v1/{name}/{id_}/history")
        assert len(past) == 2
        assert past[0]["clauses"]
        if "cycle_id" in body:
            problem(await internal.post(f"/v1/{name}", {**body, "cycle_id": "c-2"}), 409)
            problem(await internal.post(f"/v1/{name}", {**body, "cycle_id": "c-9"}), 422, "#/cycle_id")
        assert (await internal.post(f"/v1/{name}", body, Role.institution_officer)).status_code in (401, 403)
    problem(await internal.post("/v1/trainings", {**bodies["trainings"], "attendance": ["nobody"]}), 422, "#/attendance")
    training_id = (await internal.get("/v1/trainings"))["items"][0]["training_id"]
    shown = await internal.get(f"/v1/trainings/{training_id}")
    assert [each["name"] for each in shown["allowed_actions"]] == ["use_training_result"]
    await internal.made(f"/v1/trainings/{training_id}/uses", {"cycle_id": "c-1", "use": "The questions."})
    assert (await internal.get(f"/v1/trainings/{training_id}"))["uses"][0]["use"] == "The questions."
    await internal.made("/v1/document-analyses", {**bodies["document-analyses"], "cycle_id": "c-1"})
    ctx = await internal.runtime.context(agency=internal.agency, actor="nobody")
    found = await gathered(ctx, "c-1")
    assert found.uses == {"interview": 1, "focus_group": 1, "document_analysis": 1}
    assert found.reached == {"teacher", "student"}


async def test_without_a_regulation_nothing_is_registered(internal: Agency) -> None:
    stranger = f"other-{internal.agency}"
    body = {"source": "external_check", "source_detail": "ENQA", "text": "Do.", "received_on": internal.today.isoformat()}
    headers = {**internal.headers(COORDINATOR, stranger), "idempotency-key": str(uuid4())}
    problem(await internal.http.post(internal.url("/v1/agency-recommendations"), json=body, headers=headers), 409)


@pytest.mark.clause(ARTKI, "3.3.2", "2.2.2")
async def test_a_sample_is_drawn_from_the_real_cases_and_can_be_drawn_again(internal: Agency) -> None:
    today = internal.today
    rulebook = load("sapattuu-bilim-monitoring").ref
    for number in range(8):
        whose = {"followup_id": f"f-{number}", "certificate_id": f"k-{number}", "institution_id": "jasu", "object": "institution"}
        days = {"issued_on": today, "valid_until": today + timedelta(days=900), "opened_on": today - timedelta(days=number)}
        await internal.record("followup", f"f-{number}", FollowUpOpened(**whose, rulebook=rulebook, **days))
    window = {"cycle_id": "c-1", "opened_from": (today - timedelta(days=5)).isoformat(), "opened_until": today.isoformat()}
    first = (await internal.made("/v1/case-samples", {**window, "size": 3, "seed": "spring"}))["id"]
    other = (await internal.made("/v1/case-samples", {**window, "size": 3, "seed": "spring"}))["id"]
    shown, again = await internal.get(f"/v1/case-samples/{first}"), await internal.get(f"/v1/case-samples/{other}")
    assert (shown["population"], shown["size"], shown["repeats"]) == (6, 3, True)
    assert shown["drawn"] == again["drawn"]
    assert shown["population_hash"] == again["population_hash"]
    assert {each["case_id"] for each in shown["drawn"]} <= {f"f-{n}" for n in range(6)}
    unseeded = (await internal.made("/v1/case-samples", {**window, "size": 3}))["id"]
    assert len((await internal.get(f"/v1/case-samples/{unseeded}"))["seed"]) == 32
    problem(await internal.post("/v1/case-samples", {**window, "size": 3, "rulebooks": ["iqaa-accreditation"]}), 409)
    analysis = {"subject": "File", "findings": "F.", "analysed_by": "aida", "analysed_on": today.isoformat(), "sample_id": first}
    drawn = shown["drawn"][0]["case_id"]
    await internal.made("/v1/document-analyses", {**analysis, "case_id": drawn, "conforms": False})
    problem(await internal.post("/v1/document-analyses", {**analysis, "case_id": "f-7"}), 422, "#/case_id")
    await internal.record(
        "followup", "f-late", FollowUpOpened(**{**whose, "followup_id": "f-late"}, rulebook=rulebook, **{**days, "opened_on": today})
    )
    assert (await internal.get("/v1/case-samples"))["items"][0]["population"] == 6


async def test_what_is_served_is_what_a_rebuild_makes(internal: Agency) -> None:
    survey_id = await internal.survey(anonymous=False)
    await internal.answer(survey_id, await internal.secret(survey_id), respondent="Aida")
    await internal.made(
        f"/v1/surveys/{survey_id}/corrections",
        {"version": 1, "corrected": {"title": {**TITLE, "en": "New"}}, "reason": "A slip."},
        DIRECTOR,
    )
    assert (await internal.get(f"/v1/surveys/{survey_id}"))["title"]["en"] == "New"
    page = await internal.get(f"/v1/open-surveys/{internal.agency}/{survey_id}", role=None)
    assert page["title"]["en"] == "New"
    settings = internal.stack.settings()
    for model in ALL:
        served, rebuilt = await compare(settings, SERVICE.events, SERVICE.catalogues, model, lambda pool: key_ring(settings, pool))
        assert served == rebuilt, model.name
