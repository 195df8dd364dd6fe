"""The timeline: every event of every service, in its case, to those who may read it."""

import statistics
import time
from uuid import uuid4

import pytest

from chassis.auth import Role
from chassis.rebuild import Rebuild, compare
from chassis.service import key_ring
from cli.supervisor import Stack
from services.notices.app import SERVICE
from services.notices.domain.told import IDS, TYPES
from services.notices.readmodels_search import findings
from services.notices.readmodels_timeline import NOBODY, streams, timeline
from tests.notices.conftest import housed
from tests.notices.house import COORDINATOR, OFFICER, House
from tests.notices.published import envelope, publish
from tests.notices.receivers import receiving
from tests.waiting import eventually


@pytest.fixture
def house(heard: House) -> House:
    return heard


async def told(house: House, case_id: str, *names: str, query: str = "?sort=occurred_at", role: Role = COORDINATOR) -> list[dict]:
    """The timeline of a case, once it has these events."""

    async def there() -> list[dict] | None:
        answer = await house.read(f"/v1/cases/{case_id}/timeline{query}", role)
        found = answer.json()["items"] if answer.status_code == 200 else []
        return found if set(names) <= {each["name"] for each in found} else None

    found = await eventually(there, f"the timeline of {case_id} has {names}")
    assert found is not None
    return found


async def test_an_event_is_told_with_who_did_it_under_which_clause_and_with_its_documents(house: House) -> None:
    case_id = await house.files()
    [filed] = await told(house, case_id, "ApplicationFiled")
    assert filed["type"] == "kepil.intake.application.ApplicationFiled"
    assert (filed["service"], filed["stream"], filed["version"]) == ("intake", f"application-{case_id}", 1)
    assert (filed["case_id"], filed["institution_id"]) == (case_id, "kaznu")
    assert (filed["actor"], filed["roles"]) == ("institution_officer.kaznu", ["institution_officer"])
    assert filed["rulebook"] == "kz-109-2008-accreditation"
    assert filed["clauses"]
    assert all(each["rule"] for each in filed["clauses"])
    assert {each["kind"] for each in filed["documents"]} == {"application", "state_licence", "licence_annexes"}
    assert filed["data"]["case_id"] == case_id
    assert len(filed["trace_id"]) == 32


async def test_an_event_that_names_neither_case_nor_institution_has_those_of_its_stream(house: House) -> None:
    case_id = await house.files()
    of = {"case_id": case_id, "institution_id": "kaznu"}
    certificate_id = uuid4().hex
    stream = f"certificate-{certificate_id}"
    await publish(
        house.stack,
        envelope(house.agency, "council", "CertificateIssued", stream, certificate_id=certificate_id, **of),
        envelope(house.agency, "council", "CertificateCorrected", stream, 2, certificate_id=certificate_id),
        envelope(house.agency, "council", "RenewalWindowOpened", stream, 3, certificate_id=certificate_id, institution_id="kaznu"),
    )
    found = await told(house, case_id, "CertificateIssued", "CertificateCorrected", "RenewalWindowOpened")
    assert {(each["case_id"], each["institution_id"]) for each in found} == {(case_id, "kaznu")}
    assert {each["rulebook"] for each in found} == {"kz-109-2008-accreditation"}


async def test_what_follows_from_a_certificate_is_in_its_cases_timeline_whichever_came_first(house: House) -> None:
    case_id = await house.files()
    certificate_id, cycle_id = uuid4().hex, uuid4().hex
    ids = {"cycle_id": cycle_id, "followup_id": uuid4().hex, "institution_id": "kaznu"}
    opened = envelope(house.agency, "monitoring", "CycleOpened", f"cycle-{cycle_id}", certificate_id=certificate_id, **ids)
    closed = envelope(house.agency, "monitoring", "CycleClosed", f"cycle-{cycle_id}", 2, **ids)
    await publish(house.stack, opened, closed)
    of = {"certificate_id": certificate_id, "case_id": case_id, "institution_id": "kaznu"}
    await publish(house.stack, envelope(house.agency, "council", "CertificateIssued", f"certificate-{certificate_id}", **of))
    found = await told(house, case_id, "CycleOpened", "CycleClosed", "CertificateIssued")
    assert {each["case_id"] for each in found} == {case_id}
    certificate = (await house.read(f"/v1/timeline?case_id={case_id}&type=kepil.monitoring", COORDINATOR)).json()["items"]
    assert {each["name"] for each in certificate} == {"CycleOpened", "CycleClosed"}


async def test_an_institution_reads_what_it_is_told_of_its_own_and_of_that_ids_alone(house: House) -> None:
    case_id = await house.files()
    await house.attaches(case_id)
    of = {"case_id": case_id, "institution_id": "kaznu"}
    draft = envelope(house.agency, "council", "ConclusionDrafted", f"consideration-{case_id}", 2, case_id=case_id)
    await publish(house.stack, envelope(house.agency, "council", "DecisionAdopted", f"consideration-{case_id}", **of), draft)
    everything = await told(house, case_id, "ApplicationFiled", "DocumentAttached", "DecisionAdopted", "ConclusionDrafted")
    mine = await told(house, case_id, "DecisionAdopted", role=OFFICER)
    assert {each["name"] for each in mine} == {each["name"] for each in everything if each["type"] in TYPES}
    assert "ConclusionDrafted" not in {each["name"] for each in mine}
    for each in mine:
        assert set(each["data"]) <= set(IDS)
        assert (each["actor"], each["roles"], each["documents"], each["trace_id"]) == (None, [], [], None)
    assert (await house.read(f"/v1/cases/{case_id}/timeline", OFFICER, institution="other")).status_code == 404
    theirs = await house.items("/v1/timeline?limit=200", OFFICER, institution="other")
    assert {each["institution_id"] for each in theirs} == {"other"}
    asked = await house.items("/v1/timeline?institution_id=kaznu", OFFICER, institution="other")
    assert asked == []


@pytest.mark.parametrize(
    "role", [Role.expert, Role.council_member, Role.expert_council_member, Role.authorised_body_officer, Role.operator]
)
async def test_others_read_no_timeline(house: House, role: Role) -> None:
    case_id = await house.files()
    for path in (f"/v1/cases/{case_id}/timeline", "/v1/timeline", "/v1/events", "/v1/events/stream", "/v1/search?q=kaznu"):
        assert (await house.read(path, role)).status_code == 403


async def test_another_agency_knows_of_none_of_it(house: House) -> None:
    case_id = await house.files()
    await told(house, case_id, "ApplicationFiled")
    assert (await house.read(f"/v1/cases/{case_id}/timeline", COORDINATOR, agency="elsewhere")).status_code == 404
    assert await house.items("/v1/timeline", COORDINATOR, agency="elsewhere") == []
    assert (await house.read("/v1/events", COORDINATOR, agency="elsewhere")).json()["items"] == []
    assert await house.items("/v1/search?q=kaznu", COORDINATOR, agency="elsewhere") == []


async def test_nobody_sees_when_an_anonymous_answer_came(house: House) -> None:
    answer_id, cycle_id = uuid4().hex, uuid4().hex
    given = envelope(house.agency, "monitoring", "SurveyAnswered", f"survey_answer-{answer_id}", actor=NOBODY, answer_id=answer_id)
    after = envelope(house.agency, "monitoring", "InternalCycleOpened", f"internal_cycle-{cycle_id}", cycle_id=cycle_id)
    await publish(house.stack, given, after)

    async def come() -> list[str]:
        return [each["name"] for each in await house.items("/v1/timeline?service=monitoring", COORDINATOR)]

    assert await eventually(come, "the cycle is in the timeline") == ["InternalCycleOpened"]
    fed = (await house.read("/v1/events?type=kepil.monitoring&limit=200", COORDINATOR)).json()["items"]
    assert [each["name"] for each in fed] == ["InternalCycleOpened"]


async def test_personal_data_stays_sealed(house: House) -> None:
    expert_id = uuid4().hex
    mark = {"$sealed": {"subject": expert_id, "nonce": "AAAA", "box": "AAAA"}}
    sent = envelope(house.agency, "visits", "ExpertRegistered", f"expert-{expert_id}", expert_id=expert_id, name=mark, email=mark)
    await publish(house.stack, sent)

    async def come() -> list[dict]:
        return await house.items(f"/v1/timeline?stream=expert-{expert_id}", COORDINATOR)

    [registered] = await eventually(come, "the expert is in the timeline")
    assert (registered["data"]["name"], registered["data"]["email"]) == ("[sealed]", "[sealed]")


async def test_the_pages_of_a_timeline_have_everything_once_in_its_order(house: House) -> None:
    case_id = await house.files()
    sent = [envelope(house.agency, "review", "ReportOutlineSet", f"report-{case_id}", number, case_id=case_id) for number in range(1, 8)]
    await publish(house.stack, *sent)

    async def whole() -> list[dict] | None:
        found = await house.items(f"/v1/cases/{case_id}/timeline?service=review", COORDINATOR)
        return found if len(found) == len(sent) else None

    found = await eventually(whole, "all seven have come")
    assert found is not None
    assert [each["version"] for each in found] == [7, 6, 5, 4, 3, 2, 1], "newest first"
    paged, cursor = [], ""
    while True:
        answer = await house.read(f"/v1/cases/{case_id}/timeline?service=review&limit=3{cursor}", COORDINATOR)
        assert answer.status_code == 200, answer.text
        paged += answer.json()["items"]
        if answer.json()["next"] is None:
            break
        assert 'rel="next"' in answer.headers["link"]
        cursor = f"&cursor={answer.json()['next']}"
    assert paged == found


async def test_notices_own_events_are_there_too(notified: Stack, agency: str) -> None:
    async with housed(notified, agency) as house, receiving() as receiver:
        made = await house.endpoint(receiver)
        found = await house.items(f"/v1/timeline?stream=endpoint-{made['id']}&sort=occurred_at", COORDINATOR)
    assert [each["name"] for each in found] == ["EndpointRegistered", "EndpointVerified"]
    assert found[0]["roles"] == ["institution_officer"]
    assert found[0]["data"]["institution_id"] == "kaznu"


async def test_a_rebuild_makes_the_same_timeline_and_moves_no_position(house: House) -> None:
    case_id = await house.files()
    await told(house, case_id, "ApplicationFiled")
    before = (await house.read("/v1/events?limit=200", COORDINATOR)).json()
    using = house.stack.settings()
    for model in (timeline, streams, findings):
        served, rebuilt = await compare(using, SERVICE.events, SERVICE.catalogues, model, lambda pool: key_ring(using, pool))
        mine, again = ([row for row in rows if row["agency"] == house.agency] for rows in (served, rebuilt))
        assert mine == again
        assert mine
        await Rebuild(using, SERVICE.events, SERVICE.catalogues, lambda pool: key_ring(using, pool)).rebuild(model)
    assert (await house.read("/v1/events?limit=200", COORDINATOR)).json() == before


async def test_a_timeline_of_three_hundred_events_comes_at_once(house: House) -> None:
    case_id = await house.files()
    sent = [envelope(house.agency, "review", "ReportOutlineSet", f"report-{case_id}", number, case_id=case_id) for number in range(1, 300)]
    await publish(house.stack, *sent)

    async def whole() -> bool:
        return len(await house.items(f"/v1/cases/{case_id}/timeline?limit=1000", COORDINATOR)) == 300

    await eventually(whole, "all three hundred have come")
    taken = []
    for _ in range(9):
        began = time.perf_counter()
        await house.read(f"/v1/cases/{case_id}/timeline?limit=1000", COORDINATOR)
        taken.append(time.perf_counter() - began)
    print(f"300 events in {statistics.median(taken) * 1000:.0f} ms")
    assert statistics.median(taken) < 0.5
