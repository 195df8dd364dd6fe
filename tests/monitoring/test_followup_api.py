"""Follow-ups over HTTP and by the calendar: they open by themselves from council's certificates, and end with them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from chassis.auth import Role
from chassis.context import Context
from chassis.events import Event, Recorded
from chassis.issuer import development_token, issuer_app
from chassis.problems import Conflict
from chassis.readmodels import ReadModel, project
from chassis.rebuild import compare
from chassis.service import Runtime, build_app, key_ring, migrate_all, open_runtime
from cli.supervisor import Stack
from regulations import end_of_local_day, load, local_date
from regulations.deadlines import add_months
from services.council.contract import (
    CertificateCorrected,
    CertificateEnded,
    CertificateExpired,
    CertificateExtended,
    CertificateIssued,
    CertificateReceived,
    CertificateRecorded,
    CertificateReissued,
    CertificateRevoked,
    Recommendation,
)
from services.monitoring import due, handlers, handlers_followup
from services.monitoring.app import SERVICE
from services.monitoring.contract import AlertDirector, DeadlineStep, Due, ReadFollowUp, SetDeadline
from services.monitoring.domain.cycle import cycle_id
from services.monitoring.domain.followup import followup_id
from services.monitoring.domain.plan import plan_id
from services.monitoring.readmodels import deadlines
from services.monitoring.readmodels_followup import agenda, followups
from tests.chassis.servers import free_port, serving
from tests.monitoring.shelf import AMENDED, amended

__all__ = ["amended"]

AAKR, SAPATTUU, IQAA = "aakr-monitoring-2024", "sapattuu-bilim-monitoring", "iqaa-accreditation"
FIRST = "2024-09-06"
OFFICER, COORDINATOR, DIRECTOR = Role.institution_officer, Role.coordinator, Role.director
DAY = timedelta(days=1)
ADVICE = (
    Recommendation(recommendation_id="r-1", criterion="Standard 2", text="No books.", remark=True),
    Recommendation(recommendation_id="r-2", criterion="Standard 5", text="Renew the aims."),
)


class Certificates:
    """Certificates of one agency as council tells of them, and their follow-ups over HTTP."""

    def __init__(self, runtime: Runtime, http: httpx.AsyncClient, agency: str, at: datetime) -> None:
        self.runtime, self.http, self.agency = runtime, http, agency
        self.today = local_date(at, "Asia/Bishkek")
        self.versions: dict[str, int] = {}

    async def context(self) -> Context:
        return await self.runtime.context(agency=self.agency, actor="workflow:calendar")

    async def told(self, event: Event, stream: str | None = None) -> None:
        """Council told a fact, as the subscription would project it."""
        now, id_ = datetime.now(UTC), stream or str(event.model_dump()["certificate_id"])
        self.versions[id_] = self.versions.get(id_, 0) + 1
        recorded = Recorded(event, str(uuid4()), "council", self.agency, f"certificate-{id_}", self.versions[id_], now, now, {})
        async with self.runtime.system.acquire() as connection:
            for write in project(SERVICE.read_models, recorded):
                sql, values = write.rendered()
                await connection.execute(sql, *values)

    async def recorded(self, rulebook: str, certificate_id: str = "c-1", version: str | None = None, **changes: Any) -> str:
        """A certificate from outside, received today unless said otherwise; the id of its follow-up to come."""
        told = {
            "institution_id": "jasu",
            "rulebook": load(rulebook, version).ref,
            "number": certificate_id,
            "object": "programme",
            "kind": "conditional" if rulebook == AAKR else "conditional_3y",
            "scopes": (),
            "issued_on": self.today,
            "received_on": self.today,
            "valid_until": add_months(self.today, 36),
            "recommendations": ADVICE,
            "origin": "The paper register",
            "recorded_on": self.today,
        }
        await self.told(CertificateRecorded(certificate_id=certificate_id, case_id=certificate_id, **{**told, **changes}))
        return followup_id(certificate_id)

    async def due(self) -> Due:
        return await due.run_due(await self.context())

    def headers(self, role: Role, institution: str = "jasu") -> dict[str, str]:
        token = development_token(self.runtime.settings, subject=role, roles=[role], agency=self.agency, institution=institution)
        return {"authorization": f"Bearer {token}"}

    async def get(self, path: str, role: Role = COORDINATOR, institution: str = "jasu") -> Any:
        return await self.http.get(f"/v1/{path}", headers=self.headers(role, institution))

    async def shown(self, id_: str) -> dict[str, Any]:
        answer = await self.get(f"follow-ups/{id_}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def post(self, path: str, body: Any, role: Role = COORDINATOR, if_match: str | None = "*") -> httpx.Response:
        headers = {**self.headers(role), "idempotency-key": str(uuid4()), **({"if-match": if_match} if if_match else {})}
        return await self.http.post(f"/v1/{path}", json=body, headers=headers)

    async def done(self, path: str, body: Any, role: Role = COORDINATOR, if_match: str | None = "*") -> None:
        answer = await self.post(path, body, role, if_match)
        assert answer.status_code == 200, answer.text

    async def types(self, path: str) -> list[str]:
        return [each["type"] for each in (await self.get(f"{path}/history")).json()]

    async def served_is_rebuilt(self, *models: ReadModel) -> None:
        using = self.runtime.settings
        for model in models:
            served, rebuilt = await compare(using, SERVICE.events, SERVICE.catalogues, model, lambda pool: key_ring(using, pool))
            own = [[row for row in rows if row["agency"] == self.agency] for rows in (served, rebuilt)]
            assert own[0] == own[1], model.name  # other tests tell of certificates without a log behind them


@pytest_asyncio.fixture
async def certificates(servers: Stack, agency: str) -> AsyncIterator[Certificates]:
    """Monitoring in this process, before real servers and a real issuer."""
    settings = servers.settings()
    settings = settings.model_copy(update={"ports": {**settings.ports, "issuer": free_port()}})
    await migrate_all([SERVICE], settings)
    app = build_app(SERVICE, settings)
    async with open_runtime(SERVICE, settings) as runtime, serving(issuer_app(settings), settings.port("issuer")):
        app.state.runtime, app.state.authenticator = runtime, runtime.authenticator
        at = (await runtime.context(agency=agency, actor="w")).at
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://monitoring") as http:
            yield Certificates(runtime, http, agency, at)


@pytest.mark.clause(AAKR, "I.1", "I.2", "I.3", "II.3", "II.4.b", "II.4.e")
async def test_a_follow_up_opens_by_itself_and_awaits_the_plan_and_the_first_window(certificates: Certificates) -> None:
    of = certificates
    id_ = await of.recorded(AAKR, contract_reference="No. 14")
    done = await of.due()
    assert (done.done, done.more) == (2, False)
    shown = await of.shown(id_)
    assert (shown["kind"], shown["contract_reference"], shown["needs"]) == ("conditional", "No. 14", [])
    assert (shown["plan_id"], shown["awaits_plan"]) == (plan_id(id_), False)
    expected = [add_months(of.today, 12 * year) for year in (1, 2, 3)]
    assert [each["expected_on"] for each in shown["windows"]] == [day.isoformat() for day in expected]
    first = add_months(expected[0], -2) - 61 * DAY
    assert done.next_at == end_of_local_day(first, "Asia/Bishkek")
    assert [each["criterion"] for each in shown["criteria"]] == ["Standard 2", "Standard 5"]
    assert [each["id"] for each in shown["basis"]] == ["I.1"]
    again = await of.due()
    assert (again.done, again.next_at) == (0, done.next_at)
    assert await of.types(f"follow-ups/{id_}") == ["FollowUpOpened"]
    assert await of.types(f"plans/{plan_id(id_)}") == ["PlanAwaited"]


@pytest.mark.clause(AAKR, "I.2", "II.4.e")
async def test_a_cycle_opens_when_its_day_has_come_and_only_once(certificates: Certificates) -> None:
    of = certificates
    received = add_months(of.today, -9)
    id_ = await of.recorded(AAKR, issued_on=received, received_on=received, plan_received_on=received)
    assert (await of.due()).done == 2
    shown = (await of.get(f"cycles/{cycle_id(id_, 1)}")).json()
    assert (shown["cycle"], shown["period_from"], shown["stage"]) == (1, received.isoformat(), "report_due")
    assert shown["expected_on"] == add_months(received, 12).isoformat()
    assert [each["cycle"] for each in (await of.shown(id_))["windows"]] == [2, 3]
    later = add_months(received, 13).isoformat()
    await of.done(f"follow-ups/{id_}/expected-date", {"cycle": 1, "expected_on": later, "reason": "Ill."}, DIRECTOR)
    assert (await of.due()).done == 0, "its cycle is open"
    assert (await of.get(f"plans/{plan_id(id_)}")).status_code == 404, "it came on paper"
    await of.served_is_rebuilt(followups, agenda)


@pytest.mark.clause(AAKR, "II.4.e")
@pytest.mark.clause(SAPATTUU, "2.5.p3")
@pytest.mark.parametrize("rulebook", [AAKR, SAPATTUU])
async def test_a_report_may_come_before_its_window_opens(certificates: Certificates, rulebook: str) -> None:
    of = certificates
    id_ = await of.recorded(rulebook, plan_received_on=of.today)
    await of.due()
    windows = [each["cycle"] for each in (await of.shown(id_))["windows"]]
    body, key = {"followup_id": id_}, {"idempotency-key": str(uuid4())}
    begun = await of.http.post("/v1/cycles", json=body, headers={**of.headers(OFFICER), **key})
    assert (begun.status_code, begun.json()["id"]) == (201, cycle_id(id_, 1)), begun.text
    assert (await of.http.post("/v1/cycles", json=body, headers={**of.headers(OFFICER), **key})).json() == begun.json()
    assert (await of.shown(id_))["windows"] == [each for each in (await of.shown(id_))["windows"] if each["cycle"] in windows[1:]]
    assert (await of.due()).done == 0
    strange = await of.http.post("/v1/cycles", json=body, headers={**of.headers(OFFICER, "osh-school"), "idempotency-key": str(uuid4())})
    assert strange.status_code == 404
    assert (await of.post("cycles", body, if_match=None)).status_code == 409, "the first is under way"


async def test_what_was_refused_for_now_is_due_still(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    of = certificates
    await of.recorded(AAKR, plan_received_on=of.today)

    async def busy(*_: Any, **__: Any) -> None:
        raise Conflict("somebody else was faster")

    with monkeypatch.context() as patch:
        patch.setattr(Context, "execute", busy)
        refused = await of.due()
    assert (refused.done, refused.next_at is not None and refused.next_at <= (await of.context()).at) == (0, True)
    again = await of.due()
    assert (again.done, again.next_at is not None and again.next_at > (await of.context()).at) == (1, True)


@pytest.mark.clause(SAPATTUU, "I.3.a", "2.1", "2.5.p3", "2.6.s1", "2.6.s2")
async def test_five_years_have_a_plan_and_no_cycle(certificates: Certificates) -> None:
    of = certificates
    id_ = await of.recorded(SAPATTUU, kind=None, valid_until=add_months(of.today, 60))
    other = await of.recorded(SAPATTUU, "c-2", kind=None, institution_id="osh-school")
    assert (await of.due()).done == 4
    shown = await of.shown(id_)
    assert (shown["kind"], shown["windows"], shown["terms"]["report_rules"]) == ("full_5y", [], [])
    assert (await of.get(f"plans/{plan_id(id_)}")).json()["approved_by"] == "institution_management"
    conditional = await of.shown(other)
    assert (conditional["kind"], len(conditional["windows"])) == ("conditional_3y", 1)
    assert [each["id"] for each in conditional["basis"]] == ["I.1", "I.2", "I.2.a", "I.2.b", "I.2.c", "I.3", "I.3.b", "I.3.c"]
    assert (await of.post(f"follow-ups/{id_}/expected-date", {"cycle": 1, "expected_on": str(of.today)})).json()["clause"] == "2.6.s1"


@pytest.mark.clause(AAKR, "II.3", "II.4.a", "II.4.e")
async def test_what_becomes_of_the_certificate_is_followed_until_it_is_over(certificates: Certificates) -> None:
    of = certificates
    id_ = await of.recorded(AAKR, received_on=None)
    await of.due()
    shown = await of.shown(id_)
    assert (shown["needs"], shown["windows"]) == (["receipt", "contract"], [])
    ids = {"certificate_id": "c-1", "case_id": "c-1", "institution_id": "jasu"}
    await of.told(CertificateReceived(**ids, received_on=of.today - DAY))
    corrects = {"corrects": str(uuid4()), "version": 2, "corrected_on": of.today, "reason": "A slip."}
    right = {"previous": {"received_on": str(of.today - DAY)}, "corrected": {"received_on": str(of.today)}}
    await of.told(CertificateCorrected(certificate_id="c-1", fact="CertificateReceived", **corrects, **right))
    assert (await of.due()).done == 1
    assert (await of.shown(id_))["received_on"] == str(of.today)
    letter = {"outgoing_number": "17", "sent_on": of.today.isoformat()}
    await of.done(f"follow-ups/{id_}/decision-letter", letter)
    assert (await of.post(f"follow-ups/{id_}/decision-letter", letter)).status_code == 409

    reasons = {"decision_id": "d-1", "ground": "recommendations_not_fulfilled", "reasons": "Why."}
    await of.told(CertificateRevoked(**ids, **reasons, revoked_on=of.today))
    ended = await of.due()
    assert (ended.done, ended.next_at) == (2, None)
    shown = await of.shown(id_)
    assert (shown["why"], shown["status"], shown["allowed_actions"]) == ("revoked", "revoked", [])
    history = (await of.get(f"follow-ups/{id_}/history")).json()
    assert [each["type"] for each in history][-2:] == ["CertificateFollowed", "FollowUpEnded"]
    assert history[-1]["data"]["workflow_ids"] == [plan_id(id_)], "the plan's lifecycle is under way"
    assert (await of.due()).done == 0
    await of.served_is_rebuilt(followups, agenda)


async def test_expiry_extension_and_an_end_end_it_and_what_is_over_opens_none(certificates: Certificates) -> None:
    of = certificates
    of_ids = {name: {"certificate_id": name, "case_id": name, "institution_id": "jasu"} for name in ("c-1", "c-2", "c-3", "c-4")}
    for name in of_ids:
        await of.recorded(SAPATTUU, name)
    await of.told(CertificateExpired(**of_ids["c-4"], expired_on=of.today))
    await of.recorded(SAPATTUU, "c-5", valid_until=of.today - DAY)
    await of.due()
    assert {each["certificate_id"] for each in (await of.get("follow-ups")).json()["items"]} == {"c-1", "c-2", "c-3"}
    await of.told(CertificateExpired(**of_ids["c-1"], expired_on=of.today))
    of_extension = {"rulebook": load(SAPATTUU).ref, "number": "2", "scopes": (), "term": "extension_2y", "gap_days": 0}
    days = {"counts_from": of.today, "issued_on": of.today, "valid_until": add_months(of.today, 60)}
    of_case = {"case_id": "c-2", "institution_id": "jasu", "decision_id": "d-1"}
    await of.told(CertificateExtended(certificate_id="c-6", extends="c-2", **of_case, **of_extension, **days))
    await of.told(CertificateEnded(**of_ids["c-3"], ground="liquidation", act="Order No. 7", ended_on=of.today))
    await of.due()
    assert {each["certificate_id"]: each["why"] for each in (await of.get("follow-ups?ended=true")).json()["items"]} == {
        "c-1": "expired",
        "c-2": "extended",
        "c-3": "ended",
    }
    assert (await of.due()).done == 0


@pytest.mark.clause(SAPATTUU, "I.3.a")
async def test_a_successor_goes_on_with_what_was_recommended(certificates: Certificates) -> None:
    of = certificates
    await of.recorded(SAPATTUU, contract_reference="No. 14")
    await of.due()
    days = {"issued_on": of.today, "valid_until": add_months(of.today, 36)}
    ids = {"case_id": "c-1", "institution_id": "successor", "rulebook": load(SAPATTUU).ref, "number": "3", "scopes": ()}
    await of.told(CertificateReissued(certificate_id="c-9", reissued_from="c-1", **ids, **days))
    ended = {"certificate_id": "c-1", "case_id": "c-1", "institution_id": "jasu", "ground": "reorganisation", "act": "Order No. 7"}
    await of.told(CertificateEnded(**ended, successor_id="successor", ended_on=of.today))
    await of.due()
    shown = await of.shown(followup_id("c-9"))
    assert (shown["recommendations"], shown["kind"], shown["contract_reference"]) == (2, "conditional_3y", "No. 14")
    assert (shown["institution_id"], shown["object"]) == ("successor", "programme")


@pytest.mark.clause(IQAA, "S4.a")
async def test_certificates_of_another_procedure_are_followed_where_the_director_says_so(certificates: Certificates) -> None:
    of = certificates
    ids = {"certificate_id": "c-1", "case_id": "case-1", "institution_id": "jasu"}
    days = {"issued_on": of.today, "valid_until": add_months(of.today, 60)}
    await of.told(CertificateIssued(**ids, rulebook=load(IQAA).ref, number="1", scopes=("institution",), **days))
    assert (await of.due()).done == 0
    body = {"rulebook_id": AAKR, "accreditations": [IQAA], "reason": "Its text names no procedure."}
    assert (await of.post("follow-up-procedure", body, COORDINATOR, None)).status_code == 403
    assert (await of.post("follow-up-procedure", {**body, "accreditations": [AAKR]}, DIRECTOR, None)).status_code == 422
    assert (await of.post("follow-up-procedure", {**body, "rulebook_id": IQAA}, DIRECTOR, None)).status_code == 422
    assert (await of.post("follow-up-procedure", {**body, "rulebook_version": "1900"}, DIRECTOR, None)).status_code == 422
    await of.done("follow-up-procedure", body, DIRECTOR, None)
    await of.done("follow-up-procedure", body, DIRECTOR, None)
    assert [each["accreditation"] for each in (await of.get("follow-up-procedure")).json()["items"]] == [IQAA]
    assert (await of.due()).done == 1
    id_ = followup_id("c-1")
    shown = await of.shown(id_)
    assert (shown["rulebook"]["id"], shown["object"], shown["needs"]) == (AAKR, "institution", ["classification", "receipt", "contract"])

    advice = [each.model_dump() for each in ADVICE]
    told = {"kind": "full_with_recommendations", "recommendations": advice, "contract_reference": "No. 3", "reason": "By the decision."}
    await of.done(f"follow-ups/{id_}/classification", told)
    assert (await of.due()).done == 1
    shown = await of.shown(id_)
    assert (shown["plan_id"], shown["needs"], shown["kind"]) == (plan_id(id_), ["receipt"], "full_with_recommendations")
    assert (await of.get("follow-ups?classified=false")).json()["items"] == []


@pytest.mark.clause(AAKR, "II.4.e")
@pytest.mark.usefixtures("amended")
async def test_an_adopted_version_moves_open_deadlines_visibly(certificates: Certificates) -> None:
    of = certificates
    id_ = await of.recorded(AAKR, version=FIRST)
    await of.due()
    expected = add_months(of.today, 12)
    request = SetDeadline(
        agency=of.agency,
        case_id=id_,
        workflow_id=cycle_id(id_, 1),
        institution_id="jasu",
        rulebook=load(AAKR, FIRST).ref,
        rule="interim_report",
        anchor_on=expected,
    )
    before = await handlers.set_deadline(await of.context(), request)
    over = await handlers.set_deadline(await of.context(), request.model_copy(update={"round": 2}))
    step = DeadlineStep(agency=of.agency, deadline_id=over.deadline_id)
    await handlers.meet_deadline(await of.context(), step, of.today)

    body = {"rulebook_version": AMENDED, "reason": "Order No. 8."}
    assert (await of.post(f"follow-ups/{id_}/rulebook-adoption", body, COORDINATOR)).status_code == 403
    assert (await of.post(f"follow-ups/{id_}/rulebook-adoption", {**body, "rulebook_version": "1900"}, DIRECTOR)).status_code == 422
    await of.done(f"follow-ups/{id_}/rulebook-adoption", body, DIRECTOR)
    shown = (await of.get(f"deadlines/{before.deadline_id}")).json()
    assert (shown["due_on"], shown["first_due_on"]) == (add_months(expected, -3).isoformat(), add_months(expected, -2).isoformat())
    assert (shown["rulebook"]["version"], shown["recomputation_reason"]) == (AMENDED, "Order No. 8.")
    assert (await of.get(f"deadlines/{over.deadline_id}")).json()["rulebook"]["version"] == FIRST
    assert (await of.types(f"deadlines/{before.deadline_id}"))[-1] == "DeadlineRecomputed"
    followed = await of.shown(id_)
    assert (followed["rulebook"]["version"], len(followed["adoptions"]), followed["terms"]["rulebook"]["version"]) == (AMENDED, 1, AMENDED)
    assert followed["windows"][0]["report_due_on"] == add_months(expected, -3).isoformat()

    third = await handlers.set_deadline(await of.context(), request.model_copy(update={"round": 3}))
    assert (await of.due()).done == 1, "one that a lifecycle set by the version before, not knowing better"
    assert (await of.get(f"deadlines/{third.deadline_id}")).json()["rulebook"]["version"] == AMENDED
    assert (await of.due()).done == 0
    await of.served_is_rebuilt(followups, agenda, deadlines)


async def test_the_director_is_alerted_once_of_what_was_missed_and_never_of_what_was_not(certificates: Certificates) -> None:
    of = certificates
    id_ = await of.recorded(AAKR)
    await of.due()
    late, coming = [
        await handlers.set_deadline(
            await of.context(),
            SetDeadline(
                agency=of.agency,
                case_id=id_,
                workflow_id=id_,
                institution_id="jasu",
                rulebook=load(AAKR).ref,
                rule="interim_report",
                anchor_on=add_months(of.today, months),
                round=months,
            ),
        )
        for months in (1, 12)
    ]
    await handlers.miss_deadline(await of.context(), DeadlineStep(agency=of.agency, deadline_id=late.deadline_id))
    for deadline in (late, late, coming):
        alert = AlertDirector(agency=of.agency, followup_id=id_, deadline_id=deadline.deadline_id)
        await handlers_followup.alert_director(await of.context(), alert)
    (told,) = (await of.shown(id_))["alerts"]
    assert (told["rule"], told["clause"], told["binds"]) == ("interim_report", "II.4.e", "institution")
    assert told["missed_on"] == (add_months(of.today, -1) + DAY).isoformat()
    terms = await handlers_followup.read_followup(await of.context(), ReadFollowUp(agency=of.agency, followup_id=id_))
    assert (terms.kind, terms.report_rules, terms.valid_until) == ("conditional", ("interim_report",), add_months(of.today, 36))


async def test_very_many_are_opened_in_turns_and_none_twice(certificates: Certificates) -> None:
    of = certificates
    count = due.MOST + 100
    for number in range(count):
        await of.recorded(SAPATTUU, f"c-{number}", plan_received_on=of.today)
    first = await of.due()
    assert (first.done, first.more) == (due.MOST, True)
    second = await of.due()
    assert (second.done, second.more) == (100, False)
    rows = await (await of.context()).rows(followups.table.select())
    assert len(rows) == count
    assert {row["version"] for row in rows} == {1}


async def test_an_institution_sees_its_own_and_a_slip_is_corrected(certificates: Certificates) -> None:
    of = certificates
    id_ = await of.recorded(AAKR)
    await of.due()
    assert (await of.get(f"follow-ups/{id_}", OFFICER, "other")).status_code == 404
    assert (await of.get(f"follow-ups/{id_}/history", OFFICER, "other")).status_code == 404
    assert (await of.get("follow-ups", OFFICER, "other")).json()["items"] == []
    assert (await of.get(f"follow-ups/{id_}", OFFICER)).json()["allowed_actions"] == []
    offered = {each["path"].rsplit("/", 1)[1] for each in (await of.get(f"follow-ups/{id_}", DIRECTOR)).json()["allowed_actions"]}
    assert offered == {"classification", "expected-date", "rulebook-adoption"}
    letter = {"outgoing_number": "17", "sent_on": of.today.isoformat()}
    await of.done(f"follow-ups/{id_}/decision-letter", letter)
    right = {"version": 2, "corrected": {"sent_on": (of.today - DAY).isoformat()}, "reason": "A slip."}
    late = {**right, "corrected": {"sent_on": (of.today + DAY).isoformat()}}
    assert (await of.post(f"follow-ups/{id_}/corrections", late, DIRECTOR)).status_code == 409
    await of.done(f"follow-ups/{id_}/corrections", right, DIRECTOR)
    shown = await of.shown(id_)
    assert (shown["letter_sent_on"], shown["letter"]["sent_on"]) == ((of.today - DAY).isoformat(),) * 2
    await of.served_is_rebuilt(followups, agenda)
