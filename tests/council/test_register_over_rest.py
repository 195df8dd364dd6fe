"""The public register over REST: searched in any language, of one agency or of all, as of a day, with its history, files and exports."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from chassis.auth import Role
from chassis.commit import apply_writes
from chassis.events import Event, Recorded
from chassis.readmodels import ReadModel, project
from chassis.rebuild import compare
from chassis.service import key_ring
from chassis.storage import Received, Storage
from regulations import local_date
from services.council.app import SERVICE
from services.council.contract import CertificateRecorded
from services.council.readmodels_register import published_files, register_entries
from services.intake.contract import DocumentScanned, DocumentStored, InstitutionCorrected, InstitutionRegistered
from tests.council.resolutions import RULES, SAPATTUU, SUSPENDED, WITHDRAWN
from tests.council.test_followed_over_rest import Keeper, desk, keeper
from tests.council.test_remedies_over_rest import BOOK, Case, case, document

__all__ = ["case", "desk", "keeper"]

DAY = timedelta(days=1)
NAMES = {"kk": "Әл-Фараби атындағы Қазақ ұлттық университеті", "ru": "Казахский национальный университет", "en": "KazNU"}


async def entered(at: Case, **publication: Any) -> str:
    """The case is decided, its report published, its certificate issued and in the register; the certificate's id."""
    await at.decided()
    report = {**document("external_evaluation_report"), **publication}
    await at.done(f"{at.path}/report-publication", {**report, "results": document("results"), "address": "https://agency.example/1"})
    body = {"case_id": at.case_id, "number": f"IQAA-{at.case_id}", "valid_until": "2090-01-01", "term_reason": "So decided."}
    certificate_id = str((await at.done("/v1/certificates", body))["id"])
    assert await at.public("/v1/register") == [], "what is not entered is not public"
    await at.done(f"{at.path}/register-entry")
    return certificate_id


async def today(case: Case) -> date:
    """The day by the legal clock."""
    return local_date((await case.runtime.context(agency=case.agency, actor="test")).at, BOOK.zone)


async def true_to_the_events(runtime: Any, *models: ReadModel) -> None:
    for model in models or (register_entries, published_files):
        keys = lambda pool: key_ring(runtime.settings, pool)  # noqa: E731
        served, made = await compare(runtime.settings, SERVICE.events, SERVICE.catalogues, model, keys)
        assert served == made


def named(**names: str) -> InstitutionRegistered:
    return InstitutionRegistered(
        institution_id="kaznu", names=names, kind="university", city="Almaty", country="KZ", deqar_id="DEQARINST4102"
    )


@pytest.mark.clause("kz-109-2008-accreditation", "24")
@pytest.mark.clause("iqaa-accreditation", "S3.f.2")
async def test_an_entry_is_found_by_its_institution_in_any_language_its_programme_and_its_number(case: Case) -> None:
    certificate_id = await entered(case)
    await case.told(named(**NAMES), "intake")  # known only after the certificate was issued
    for asked in (
        *({"q": words} for words in ("казак улттык", "ҚАЗАҚ", "kaznu", "казахский almaty", "law", "6b04201", "6B", "IQAA")),
        *({"institution": "Фараби"}, {"programme": "Law"}, {"programme": "6B04201"}, {"institution_id": "kaznu"}),
        *({"number": f"IQAA-{case.case_id}"}, {"outcome": "accredit"}, {"kind": "programme"}, {"rulebook_id": "iqaa-accreditation"}),
        *(
            {"country": "KZ"},
            {"state": "valid"},
            {"year": str((await today(case)).year)},
            {"scope": "programme:6B04201"},
        ),
    ):
        assert [each["certificate_id"] for each in await case.public("/v1/register", **asked)] == [certificate_id], asked
    nothing = ({"q": "казак медицина"}, {"q": "---"}, {"institution": "Law"}, {"programme": "KazNU"}, {"kind": "institutional"})
    for asked in (*nothing, {"year": "2001"}):
        assert await case.public("/v1/register", **asked) == [], asked
    [found] = await case.public("/v1/register", q="Фараби")
    assert (found["institution_names"], found["deqar_id"], found["agency"]) == (NAMES, "DEQARINST4102", case.agency)
    assert found["programmes"] == [{"code": "6B04201", "name": "Law", "qf_ehea_cycle": "first_cycle"}]
    wrong = {
        "corrected": {"names": {"en": "Al-Farabi University"}},
        "reason": "A slip.",
        "version": 1,
        "corrects": str(uuid4()),
        "previous": {"names": NAMES},
    }
    told = InstitutionCorrected(institution_id="kaznu", fact="InstitutionRegistered", corrected_on=date(2026, 1, 1), **wrong)
    await case.told(told, "intake")
    assert (await case.public("/v1/register", q="казахский"), len(await case.public("/v1/register", q="al farabi"))) == ([], 1)


async def test_without_an_agency_the_registers_of_all_are_searched_and_with_one_its_own(case: Case) -> None:
    certificate_id = await entered(case)
    word = f"w{uuid4().hex[:10]}"
    await case.told(named(en=word), "intake")
    everywhere = (await case.http.get("/v1/register", params={"q": word})).json()["items"]
    assert [(each["agency"], each["certificate_id"]) for each in everywhere] == [(case.agency, certificate_id)]
    assert (await case.http.get("/v1/register", params={"q": word, "agency": "another"})).json()["items"] == []
    answer = await case.http.get(f"/v1/register/{case.agency}/{certificate_id}")
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
    assert (await case.http.get(f"/v1/register/another/{certificate_id}")).status_code == 404
    counted = (await case.http.get("/v1/register/facets", params={"q": word})).json()
    assert (counted["entries"], counted["exact"]) == (1, True)
    facets = {name: [(each["value"], each["entries"]) for each in values] for name, values in counted["facets"].items()}
    assert facets == {
        "agency": [(case.agency, 1)],
        "country": [("KZ", 1)],
        "decision": [("accredit", 1)],
        "kind": [("programme", 1)],
        "level": [],
        "rulebook_id": [("iqaa-accreditation", 1)],
        "state": [("valid", 1)],
        "year": [(str((await today(case)).year), 1)],
    }


@pytest.mark.clause("iqaa-accreditation", "S3.f.1")
async def test_the_published_report_is_given_to_everybody_unless_it_is_infected_or_about_a_person(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    bytes_ = b"%PDF-1.7 " + uuid4().bytes

    async def chunks() -> AsyncIterator[bytes]:
        yield bytes_

    received = await Received.take(chunks(), 1_000)
    sha = received.sha256
    await Storage.of(case.runtime.settings).put(case.agency, received)
    certificate_id = await entered(case, sha256=sha)
    path = f"/v1/register/{case.agency}/{certificate_id}"

    async def given() -> tuple[str | None, int]:
        detail, file = await case.http.get(path), await case.http.get(f"{path}/report")
        return detail.json()["report_path"], file.status_code

    assert await given() == (None, 404)
    stored = {"document_id": sha, "sha256": sha, "size": len(bytes_), "media_type": "application/pdf", "name": "r.pdf", "scan": "clean"}
    await case.told(DocumentStored(**stored, stored_by="coordinator", stored_on=date(2026, 1, 1)), "intake")
    assert await given() == (f"{path}/report", 200)
    file = await case.http.get(f"{path}/report")
    assert (file.content, file.headers["content-type"]) == (bytes_, "application/pdf")
    await case.told(DocumentScanned(document_id=sha, scan="infected", scanned_on=date(2026, 1, 2)), "intake")
    assert await given() == (None, 404)
    await case.told(DocumentScanned(document_id=sha, scan="unscanned", scanned_on=date(2026, 1, 3)), "intake")
    assert await given() == (f"{path}/report", 200)
    monkeypatch.setattr(case.runtime.settings, "documents_unscanned", "hold")
    assert await given() == (None, 404)
    await case.told(DocumentScanned(document_id=sha, scan="clean", scanned_on=date(2026, 1, 3)), "intake")
    assert await given() == (f"{path}/report", 200)
    await case.told(DocumentStored(**stored, personal=True, stored_by="coordinator", stored_on=date(2026, 1, 4)), "intake")
    assert await given() == (None, 404)


@pytest.mark.clause("iqaa-accreditation", "S3.f.2", "S3.g", "S3.h")
async def test_what_is_public_and_what_goes_to_other_registers_is_downloaded(case: Case) -> None:
    certificate_id = await entered(case)
    await case.told(named(en='=HYPERLINK("http://x")', ru="КазНУ"), "intake")
    params = {"agency": case.agency, "as_of": (await today(case)).isoformat()}
    listed = (await case.http.get("/v1/register", params=params)).json()["items"]
    told = (await case.http.get("/v1/register.json", params=params)).json()
    assert (told["items"], told["as_of"]) == (listed, params["as_of"])
    table = (await case.http.get("/v1/register.csv", params=params)).content.decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(table))
    assert (row["certificate_id"], row["as_of"], row["institution_names_ru"]) == (certificate_id, params["as_of"], "КазНУ")
    assert row["institution_names_en"] == '\'=HYPERLINK("http://x")'
    assert (await case.http.get("/v1/register.json", params={**params, "as_of": "2020-01-01"})).json()["items"] == []
    decisions = (await case.http.get("/v1/register/decisions.json", params=params)).json()["items"]
    assert decisions == await case.public("/v1/register/decisions", as_of=params["as_of"])
    rows = csv.DictReader(io.StringIO((await case.http.get("/v1/register/decisions.csv", params=params)).content.decode("utf-8-sig")))
    assert [each["scope"] for each in rows] == ["institution", "programme:6B04201"]

    [submission] = await case.get("/v1/deqar-submissions")
    assert submission == await case.get(f"{case.path}/deqar-export")
    assert await case.get("/v1/deqar-submissions?decided_since=2095-01-01") == []
    form = await case.http.get("/v1/deqar-submissions.csv", headers=case._headers(Role.coordinator))
    [line] = csv.DictReader(io.StringIO(form.text))
    assert (line["local_identifier"], line["institution[1].deqar_id"], line["valid_to"]) == (case.case_id, "DEQARINST4102", "2090-01-01")
    assert (await case.http.get("/v1/deqar-submissions.csv")).status_code == 401

    path = f"/v1/certificates/{certificate_id}/national-register-notice"
    notice = await case.get(path)
    assert (notice["what"], notice["kept_by"], [each["id"] for each in notice["clauses"]]) == ("entry", "ministry", ["S3.h"])
    assert (notice["told_on"], notice["entry"]["number"], bool(notice["quote"])) == (None, f"IQAA-{case.case_id}", True)
    await case.done(f"{case.path}/ministry-information", {"outgoing_number": "640"})
    assert (await case.get(path))["outgoing_number"] == "640"
    await true_to_the_events(case.runtime, register_entries)


@pytest.mark.clause(SAPATTUU, "3.3.b.s2", "3.3.c")
async def test_a_past_day_has_the_last_day_that_was_known_then(keeper: Keeper) -> None:
    found = await keeper.recorded()
    id_, until = found["certificate_id"], found["valid_until"]
    ends = keeper.today + 10 * DAY
    await keeper.sanction(found, await keeper.resolved(found, SUSPENDED.model_copy(update={"until": ends}), days_ago=20))
    act = {"corrected_on": keeper.today.isoformat(), "reason": "The act of the check."}
    await keeper.did(f"certificates/{id_}/restoration", act, Role.director)
    extended = (date.fromisoformat(until) + 20 * DAY).isoformat()
    known = {keeper.today - 30 * DAY: until, keeper.today - DAY: until, keeper.today: extended, keeper.today + DAY: extended}
    for day, last in known.items():
        assert [each["valid_until"] for each in await keeper.register(as_of=day.isoformat())] == [last], day
    [before] = await keeper.register(as_of=(keeper.today - 30 * DAY).isoformat())
    assert (before["state"], before["suspended_on"]) == ("valid", None)
    other = await keeper.recorded()
    await keeper.sanction(other, await keeper.resolved(other, WITHDRAWN), suspends=False)
    notice = await keeper.desk.get(f"certificates/{other['certificate_id']}/national-register-notice")
    assert (notice["what"], [each["id"] for each in notice["clauses"]]) == ("removal", ["3.3.c"])
    detail = await keeper.desk.http.get(f"/v1/register/{keeper.desk.agency}/{id_}")
    assert [each["what"] for each in detail.json()["history"]] == ["issued", "suspended", "recorded", "restored"]
    yesterday = {"as_of": (keeper.today - DAY).isoformat()}
    earlier = await keeper.desk.http.get(f"/v1/register/{keeper.desk.agency}/{id_}", params=yesterday)
    assert ([each["what"] for each in earlier.json()["history"]], earlier.json()["valid_until"]) == (["issued", "suspended"], until)
    await true_to_the_events(keeper.desk.runtime, register_entries)


async def test_a_correction_of_a_certificate_is_in_the_register_at_once(keeper: Keeper) -> None:
    found = await keeper.recorded()
    number = f"KG-{uuid4().hex[:8]}"
    wrong = {"version": 1, "corrected": {"number": number}, "reason": "A slip."}
    await keeper.did(f"certificates/{found['certificate_id']}/corrections", wrong, Role.director)
    assert [each["certificate_id"] for each in await keeper.register(q=number)] == [found["certificate_id"]]
    assert await keeper.register(number=found["number"]) == []
    await true_to_the_events(keeper.desk.runtime, register_entries)


async def test_what_two_transactions_write_at_once_of_one_entry_is_all_in_it(keeper: Keeper) -> None:
    """One learns the institution's name, the other records its certificate; neither sees what the other has not committed yet."""
    runtime, agency = keeper.desk.runtime, keeper.desk.agency
    name, id_ = f"n{uuid4().hex[:8]}", f"certificate-{uuid4().hex[:8]}"
    fields = {
        "certificate_id": id_,
        "case_id": id_,
        "institution_id": "late",
        "number": id_,
        "object": "programme",
        "scopes": ("institution",),
    }
    days = {"issued_on": keeper.today, "valid_until": keeper.today + 900 * DAY, "recorded_on": keeper.today}

    async def write(event: Event, held: asyncio.Event | None, under_way: asyncio.Event) -> None:
        now = datetime.now(UTC)
        fact = Recorded(event, str(uuid4()), "x", agency, "x-1", 1, now, now, {})
        async with runtime.system.acquire() as connection, connection.transaction():
            await apply_writes(connection, project(SERVICE.read_models, fact))
            under_way.set()
            if held is not None:
                await held.wait()

    held, first, second = asyncio.Event(), asyncio.Event(), asyncio.Event()
    institution = InstitutionRegistered(institution_id="late", names={"en": name}, kind="university", city="Osh", country="KG")
    one = asyncio.create_task(write(institution, held, first))
    await first.wait()
    two = asyncio.create_task(write(CertificateRecorded(**fields, **days, rulebook=RULES.ref, origin="Paper"), None, second))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(second.wait(), 0.3)
    held.set()
    await asyncio.gather(one, two)
    assert [each["certificate_id"] for each in await keeper.register(q=name)] == [id_]
    async with runtime.system.acquire() as connection:  # no event stands behind these rows
        for table in ("certificates", "register_entries"):
            await connection.execute(f"DELETE FROM {table} WHERE agency = $1 AND certificate_id = $2", agency, id_)


async def test_a_strange_cursor_sort_or_day_is_refused_and_pages_are_whole(keeper: Keeper) -> None:
    numbers = sorted([(await keeper.recorded())["number"] for _ in range(3)])
    for wrong in (
        {"cursor": "x"},
        {"sort": "secret"},
        {"as_of": "2026-02-30"},
        {"year": "1"},
        {"state": "x"},
        {"q": ""},
        {"colour": "red"},
    ):
        answer = await keeper.desk.http.get("/v1/register", params=wrong)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), wrong
    for sought in ({}, {"q": "osh"}):  # the last page of a word that is frequent is found as a rare one is
        for sort, expected in (("-number", numbers[::-1]), ("number", numbers)):
            seen, cursor = [], None
            while cursor is not None or not seen:
                params = {"agency": keeper.desk.agency, "sort": sort, "limit": 2, **sought, **({"cursor": cursor} if cursor else {})}
                page: httpx.Response = await keeper.desk.http.get("/v1/register", params=params)
                seen += [each["number"] for each in page.json()["items"]]
                cursor = page.json()["next"]
            assert seen == expected
