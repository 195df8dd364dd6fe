"""An agency's table of certificates comes in over REST: formats, refusals by line, repetition, dry run, other agencies, many lines."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio

from chassis.auth import Role
from chassis.issuer import development_token
from chassis.postgres import open_connection
from cli.supervisor import Stack, StackOptions
from tests.waiting import eventually

EXAMPLES = Path(__file__).parents[2] / "examples" / "import"
SAPATTUU, AAKR = "sapattuu-bilim-monitoring", "aakr-monitoring-2024"
Answer = httpx.Response
IMPORTS = "/v1/certificates/imports"
HEAD = "number,institution,rulebook,object,kind,issued_on,valid_until,programme,criterion,recommendation"


def line(
    number: str, *, institution: str = "one", until: str = "2027-05-14", programme: str = "P", criterion: str = "S 1", text: str = "Do it"
) -> str:
    return f"{number},{institution},{SAPATTUU},programme,conditional_3y,2024-05-14,{until},{programme},{criterion},{text}"


def table(*lines: str, head: str = HEAD) -> bytes:
    return "\n".join([head, *lines, ""]).encode()


@dataclass
class Agency:
    """A coordinator of an agency, with a file in his hand."""

    stack: Stack
    http: httpx.AsyncClient
    agency: str
    database: asyncpg.Connection

    def headers(self, role: Role = Role.coordinator, **more: str) -> dict[str, str]:
        token = development_token(self.stack.settings(), subject=f"the.{role}", roles=[role], agency=self.agency, institution="one")
        return {"authorization": f"Bearer {token}", "idempotency-key": uuid4().hex, **more}

    async def send(
        self, content: Any, *, role: Role = Role.coordinator, media: str = "text/csv", key: str = "", **params: Any
    ) -> httpx.Response:
        headers = self.headers(role) | {"content-type": media} | ({"idempotency-key": key} if key else {})
        return await self.http.post(self.stack.urls["council"] + IMPORTS, params=params, content=content, headers=headers)

    async def imported(self, content: Any, **options: Any) -> dict[str, Any]:
        answer = await self.send(content, **options)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def get(self, path: str) -> Answer:
        return await self.http.get(self.stack.urls["council"] + path, headers=self.headers())

    async def register(self, *bodies: dict[str, Any]) -> None:
        for body in bodies:
            answer = await self.http.post(self.stack.urls["intake"] + "/v1/institutions", json=body, headers=self.headers())
            assert answer.status_code == 201, answer.text
        count = "SELECT count(*) FROM institutions WHERE agency = $1"

        async def known() -> bool:
            return bool(await self.database.fetchval(count, self.agency) >= len(bodies))

        await eventually(known, "council knows the institutions")

    async def log(self) -> list[tuple[int, str]]:
        """Where the log of the agency stands, and what is in it. Another test may have moved the stack's clock: the calendar expires."""
        query = "SELECT position, type FROM events WHERE agency = $1 AND type <> 'CertificateExpired' ORDER BY position"
        rows = await self.database.fetch(query, self.agency)
        return [(row["position"], row["type"]) for row in rows]

    async def rows(self) -> Any:
        """Digests of what tables of the agency hold."""
        row = "(to_jsonb(t) - ARRAY['expired_on', 'version'])::text"
        query = f"SELECT count(*), md5(string_agg({row}, '|' ORDER BY {row})) FROM {{}} t WHERE agency = $1"
        tables = ("certificates", "imports", "idempotency_keys")
        return [await self.database.fetch(query.format(each), self.agency) for each in tables]


def university(institution_id: str, **more: Any) -> dict[str, Any]:
    names = {"ru": f"Университет {institution_id}"}
    return {"institution_id": institution_id, "names": names, "kind": "university", "city": "Osh", "country": "KG", **more}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """Nobody follows what is imported here: five thousand certificates would keep everybody busy for long."""
    options = StackOptions(state_dir=tmp_path_factory.mktemp("imported"), time_skipping=True, ports="free", services=["intake", "council"])
    async with Stack(options) as running:
        yield running


@pytest.fixture
async def coordinator(stack: Stack, agency: str) -> AsyncIterator[Agency]:
    """An agency with two institutions."""
    database = await open_connection(stack.settings(), "kepil_system", "council")
    async with httpx.AsyncClient(timeout=60) as http:
        found = Agency(stack, http, agency, database)
        await found.register(university("one", national_id="0147"), university("two"))
        yield found
    await database.close()


def outcomes(report: dict[str, Any]) -> list[str]:
    return [each["outcome"] for each in report["report"]]


def counts(report: dict[str, Any]) -> dict[str, int]:
    return {name: report[name] for name in ("lines", "created", "same", "differs", "refused")}


def problems(report: dict[str, Any]) -> list[tuple[int, str, str]]:
    return [(p["line"], p["field"], p["problem"]) for each in report["report"] for p in each["problems"]]


async def test_certificates_are_recorded_with_their_recommendations(coordinator: Agency) -> None:
    more = ",,,,,,,,S 2,Do that"
    report = await coordinator.imported(
        table(line("SB-1"), more, line("SB-2", institution="0147"), line("SB-3", institution="университет TWO"))
    )
    assert counts(report) == {"lines": 3, "created": 3, "same": 0, "differs": 0, "refused": 0}
    first = report["report"][0]
    assert (first["line"], first["row"], first["number"], first["recommendations"]) == (2, 2, "SB-1", 2)
    history = (await coordinator.get(f"/v1/certificates/{first['certificate_id']}/history")).json()
    fact, *_ = history
    assert (fact["type"], fact["actor"]) == ("CertificateRecorded", "the.coordinator")
    assert (fact["data"]["institution_id"], fact["data"]["kind"], fact["data"]["import_id"]) == (
        "one",
        "conditional_3y",
        report["import_id"],
    )
    assert [(each["criterion"], each["text"]) for each in fact["data"]["recommendations"]] == [("S 1", "Do it"), ("S 2", "Do that")]
    listed = (await coordinator.get("/v1/certificates?limit=10")).json()["items"]
    assert {(item["number"], item["institution_id"]) for item in listed} == {("SB-1", "one"), ("SB-2", "one"), ("SB-3", "two")}


async def test_the_import_is_told_with_what_it_has_added(coordinator: Agency) -> None:
    report = await coordinator.imported(table(line("SB-1"), line("SB-2", until="soon")), file_name="our list.csv")
    [item] = (await coordinator.get(IMPORTS)).json()["items"]
    assert {**counts(report), "file_name": "our list.csv", "import_id": report["import_id"], "version": 1}.items() <= item.items()
    one = await coordinator.get(f"{IMPORTS}/{report['import_id']}")
    assert (one.json(), one.headers["etag"]) == (item, '"1"')
    [fact] = (await coordinator.get(f"{IMPORTS}/{report['import_id']}/history")).json()
    assert (fact["type"], fact["data"]["file_hash"]) == ("CertificatesImported", report["file_hash"])
    assert (await coordinator.get(f"{IMPORTS}/none")).status_code == 404


@pytest.mark.parametrize(
    ("encoding", "told"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("cp1251", "windows-1251"), ("utf-16", "utf-16")]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
async def test_the_table_has_any_of_the_usual_forms(coordinator: Agency, encoding: str, told: str, delimiter: str) -> None:
    headings = ["Номер свидетельства", "Организация образования", "Объект аккредитации", "Вид аккредитации", "Дата выдачи", "Действует до"]
    cells = ["СБ-1", "университет one", "образовательная программа", "Условная на 3 года", "14.05.2024", "14.05.2027"]
    content = (
        delimiter.join([*headings, "Рекомендации"])
        + "\r\n"
        + delimiter.join([*cells, '"Стандарт 1 | Да, ""так""\nСтандарт 2 | И так; тоже"'])
    )
    report = await coordinator.imported(content.encode(encoding), rulebook=SAPATTUU)
    assert (outcomes(report), report["encoding"], report["delimiter"]) == (["created"], told, delimiter)
    fact, *_ = (await coordinator.get(f"/v1/certificates/{report['report'][0]['certificate_id']}/history")).json()
    wanted = ("programme", "conditional_3y", "2024-05-14", "2027-05-14")
    assert tuple(fact["data"][name] for name in ("object", "kind", "issued_on", "valid_until")) == wanted
    assert [each["text"] for each in fact["data"]["recommendations"]] == ['Да, "так"', "И так; тоже"]


async def test_the_samples_of_the_guide_import_cleanly(coordinator: Agency) -> None:
    import csv

    with (EXAMPLES / "institutions.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        names = {name.removeprefix("name_"): row.pop(name) for name in list(row) if name.startswith("name_")}
        await coordinator.register({**row, "names": {language: name for language, name in names.items() if name}})

    async def known() -> bool:
        report = await coordinator.imported((EXAMPLES / "certificates.csv").read_bytes(), dry_run=True)
        return not report["unknown_institutions"]

    await eventually(known, "every institution is known")
    report = await coordinator.imported((EXAMPLES / "certificates.csv").read_bytes())
    assert problems(report) == []
    assert counts(report) == {"lines": 6, "created": 6, "same": 0, "differs": 0, "refused": 0}
    assert [each["recommendations"] for each in report["report"]] == [3, 3, 1, 4, 3, 0]


# ---- what is refused


async def test_a_line_is_refused_by_itself_with_line_column_and_what_is_accepted(coordinator: Agency) -> None:
    bad = [
        line("", criterion="S 1"),
        line("SB-2", institution="three"),
        line("SB-3", until="31.02.2027"),
        line("SB-4").replace(SAPATTUU, "no-such-rulebook"),
        line("SB-5", criterion=""),
        line("SB-6").replace("conditional_3y", "for ever"),
        f"{line('SB-7')},one cell more",
        line("SB-8").replace("Do it", '"Do" it'),
    ]
    report = await coordinator.imported(table(line("SB-1"), *bad, line("SB-9")))
    assert outcomes(report) == ["created", *["refused"] * 8, "created"]
    found = {each["line"]: each["problems"] for each in report["report"]}
    assert [(p["field"], p["problem"]) for p in found[3]] == [("number", "number is missing")]
    [unknown] = found[4]
    assert (unknown["field"], unknown["heading"]) == ("institution", "institution")
    assert "registered" in unknown["accepts"]
    [no_day] = found[5]
    assert (no_day["field"], no_day["problem"]) == ("valid_until", "'31.02.2027' is no day")
    assert "14.03.2025" in no_day["accepts"]
    assert [p["field"] for p in found[6]] == ["rulebook"]
    [no_criterion] = found[7]
    assert no_criterion["field"] == "recommendation"
    assert "criterion | text" in no_criterion["accepts"]
    [kind] = found[8]
    assert kind["rulebook"] == SAPATTUU
    assert (kind["field"], kind["clause"]) == ("kind", "2.5.p1")
    assert "conditional_3y" in kind["accepts"]
    assert "under no heading" in found[9][0]["problem"]
    assert "written twice" in found[10][0]["problem"]
    assert [type_ for _, type_ in await coordinator.log()].count("CertificateRecorded") == 2


@pytest.mark.clause(SAPATTUU, "2.5.p1")
async def test_a_rule_refuses_a_line_with_its_clause_and_what_it_accepts(coordinator: Agency) -> None:
    [refused] = (await coordinator.imported(table(line("SB-1", until="2027-06-14"))))["report"]
    [problem] = refused["problems"]
    assert (problem["line"], problem["rulebook"]) == (2, SAPATTUU)
    assert problem["clause"]
    assert "2027-05-14 (validity_conditional_3y)" in problem["accepts"]
    head = f"{HEAD},term_reason"
    with_reason = f"{line('SB-1', until='2027-06-14')},Extended by the council's act No. 4"
    assert outcomes(await coordinator.imported(table(with_reason, head=head))) == ["created"]


async def test_a_certificate_is_followed_up_under_a_rulebook_of_follow_ups(coordinator: Agency) -> None:
    [refused] = (await coordinator.imported(table(line("SB-1").replace(SAPATTUU, "kz-109-2008-accreditation"))))["report"]
    assert refused["outcome"] == "refused"
    assert refused["problems"][0]["rulebook"] == "kz-109-2008-accreditation"


async def test_everything_that_is_wrong_with_a_line_is_told_at_once(coordinator: Agency) -> None:
    report = await coordinator.imported(table(line("SB-1", institution="three", until="never", criterion="")))
    assert {p[1] for p in problems(report)} == {"institution", "valid_until", "recommendation"}


async def test_institutions_that_are_not_registered_are_told_with_those_that_are_written_alike(coordinator: Agency) -> None:
    lines = [line("SB-1", institution="Университет ttwo"), line("SB-2", institution="x"), line("SB-3", institution="Университет ttwo")]
    report = await coordinator.imported(table(*lines))
    written, nothing = report["unknown_institutions"]
    assert {"institution": "Университет ttwo", "lines": 2, "first_line": 2}.items() <= written.items()
    assert written["similar"][0] == "Университет two"
    assert nothing == {"institution": "x", "lines": 1, "first_line": 3, "similar": []}


async def test_a_name_that_two_institutions_have_is_none(coordinator: Agency) -> None:
    twins = [university(name) | {"names": {"ru": "Колледж"}} for name in ("left", "right")]
    await coordinator.register(*twins)

    async def both() -> bool:
        report = await coordinator.imported(table(line("SB-1", institution="Колледж")), dry_run=True)
        return "left, right" in str(report)

    await eventually(both, "both colleges are known")


async def test_a_number_that_another_certificate_has_is_refused(coordinator: Agency) -> None:
    other = line("SB-1").replace(SAPATTUU, AAKR).replace("conditional_3y", "conditional")
    content = table(line("SB-1"), other)
    for _ in range(2):
        dry = await coordinator.imported(content, dry_run=True)
        report = await coordinator.imported(content)
        assert outcomes(dry) == outcomes(report)
        assert (outcomes(report)[1], problems(report)[0][1]) == ("refused", "number")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"PK\x03\x04....", "workbook"),
        (b"number,institutoin\n", "headings"),
        (b"number,Number\n", "headings"),
        (b"1,2,3\n", "headings"),
    ],
)
async def test_a_file_that_is_no_such_table_is_refused_as_a_whole(coordinator: Agency, content: bytes, words: str) -> None:
    answer = await coordinator.send(content)
    assert answer.status_code == 422, answer.text
    assert words in answer.json()["detail"]
    assert answer.json()["errors"]


async def test_another_type_of_body_no_key_and_too_large_a_file_are_refused(coordinator: Agency) -> None:
    for media in ("application/json", "text/html", ""):
        assert (await coordinator.send(table(line("SB-1")), media=media)).status_code == 415
    assert (await coordinator.send(table(line("SB-1")), media="text/csv; charset=koi8-r")).status_code == 422
    assert (await coordinator.send(table(line("SB-1")), key="two words")).status_code == 400
    assert (await coordinator.send(table(line("SB-1")), rulebook="../etc")).status_code == 422
    assert (await coordinator.send(table(line("SB-1")), dryrun=True)).status_code == 422
    limit = coordinator.stack.settings().max_upload_bytes

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(limit // 1_000_000 + 2):
            yield b" " * 1_000_000

    answer = await coordinator.send(endless())
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:kepil:problem:body-too-large")
    assert await coordinator.log() == []


async def test_a_coordinator_and_the_director_import_and_nobody_else(coordinator: Agency) -> None:
    for role in Role:
        answer = await coordinator.send(table(line("SB-1")), role=role, dry_run=True)
        assert answer.status_code == (200 if role in (Role.coordinator, Role.director) else 403), role


# ---- again, and without writing


async def test_the_same_file_again_is_the_same_and_nothing_is_written(coordinator: Agency) -> None:
    content = table(line("SB-1"), ",,,,,,,,S 2,Do that", line("SB-2"), line("SB-2"), line("SB-1"), line("SB-4", until="soon"))
    first = await coordinator.imported(content)
    assert outcomes(first) == ["created", "created", "same", "differs", "refused"]
    before = await coordinator.log(), (await coordinator.rows())[:2]
    again = await coordinator.imported(content)
    assert outcomes(again) == ["same", "same", "same", "differs", "refused"]
    assert (await coordinator.log(), (await coordinator.rows())[:2]) == before
    saved_otherwise = content.replace(b",", b";").replace(b"\n", b"\r\n")
    assert outcomes(await coordinator.imported(saved_otherwise)) == ["same", "same", "same", "differs", "refused"]
    assert await coordinator.log() == before[0]


async def test_a_changed_line_differs_and_is_told_and_changes_nothing(coordinator: Agency) -> None:
    first = await coordinator.imported(table(line("SB-1"), line("SB-2")))
    before = await coordinator.log()
    changed = await coordinator.imported(table(line("SB-1", programme="Q", text="Do more"), line("SB-2"), line("SB-3")))
    assert outcomes(changed) == ["differs", "same", "created"]
    assert [(p[0], p[1]) for p in problems(changed)] == [(2, "programme"), (2, "recommendation")]
    assert problems(changed)[0][2] == "what is recorded has 'P'; this line has 'Q'"
    assert [type_ for _, type_ in (await coordinator.log())[len(before) :]] == ["CertificateRecorded", "CertificatesImported"]
    history = (await coordinator.get(f"/v1/certificates/{first['report'][0]['certificate_id']}/history")).json()
    assert [each["type"] for each in history if each["type"] != "CertificateExpired"] == ["CertificateRecorded"]


async def test_a_column_that_a_later_file_leaves_out_does_not_differ(coordinator: Agency) -> None:
    await coordinator.imported(table(line("SB-1")))
    short = f"SB-1,one,{SAPATTUU},programme,2024-05-14,2027-05-14"
    assert outcomes(await coordinator.imported(table(short, head="number,institution,rulebook,object,issued_on,valid_until"))) == ["same"]


async def test_a_file_that_is_completed_adds_what_was_missing_and_counts_in_all(coordinator: Agency) -> None:
    content = table(line("SB-1"), line("SB-2", institution="three"))
    first = await coordinator.imported(content)
    await coordinator.register(university("three"))

    async def taken() -> bool:
        return outcomes(await coordinator.imported(content))[1] != "refused"

    await eventually(taken, "the third institution is known")
    [item] = (await coordinator.get(IMPORTS)).json()["items"]
    assert (item["import_id"], item["created"], item["version"]) == (first["import_id"], 2, 2)


async def test_a_dry_run_tells_the_same_and_writes_nothing(coordinator: Agency) -> None:
    await coordinator.imported(table(line("SB-1")))
    changed = line("SB-2", programme="Q")
    ends = [line("SB-3", institution="no"), line("SB-4"), line("SB-5"), '5,"x']  # the torn row may be of the certificate above it
    content = table(line("SB-1", text="Other"), line("SB-2"), line("SB-2"), changed, *ends)
    before = await coordinator.log(), await coordinator.rows()
    dry = await coordinator.imported(content, dry_run=True)
    assert (await coordinator.log(), await coordinator.rows()) == before
    real = await coordinator.imported(content)
    assert dry == {**real, "dry_run": True}
    assert outcomes(real) == ["differs", "created", "same", "differs", "refused", "created", "refused", "refused"]


async def test_a_repeated_key_does_nothing_twice_and_is_refused_for_another_file(coordinator: Agency) -> None:
    content, key = table(line("SB-1")), uuid4().hex
    assert outcomes(await coordinator.imported(content, key=key)) == ["created"]
    before = await coordinator.log()
    assert outcomes(await coordinator.imported(content, key=key)) == ["same"]
    answer = await coordinator.send(table(line("SB-2")), key=key)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:kepil:problem:idempotency-key-reused")
    assert await coordinator.log() == before


async def test_the_same_file_sent_twice_at_once_is_recorded_once(coordinator: Agency) -> None:
    content = table(*(line(f"SB-{number}") for number in range(600)))
    reports = await asyncio.gather(*(coordinator.imported(content) for _ in range(3)))
    made = [sum(report[name] for report in reports) for name in ("created", "same", "refused", "differs")]
    assert made == [600, 1200, 0, 0]
    types = [type_ for _, type_ in await coordinator.log()]
    assert types.count("CertificateRecorded") == 600
    listed = (await coordinator.get(IMPORTS)).json()["items"]
    assert [item["created"] for item in listed] == [600]


async def test_an_agency_sees_and_meets_nothing_of_another(coordinator: Agency, stack: Stack) -> None:
    report = await coordinator.imported(table(line("SB-1")))
    other = Agency(stack, coordinator.http, f"other-{uuid4().hex[:8]}", coordinator.database)
    assert outcomes(await other.imported(table(line("SB-1")))) == ["refused"]  # it has no such institution
    await other.register(university("one"))
    assert outcomes(await other.imported(table(line("SB-1", text="Other")))) == ["created"]
    assert (await other.get(f"{IMPORTS}/{report['import_id']}")).status_code == 404
    assert len((await other.get(IMPORTS)).json()["items"]) == 1


async def test_the_empty_table_can_be_had_and_is_taken(coordinator: Agency) -> None:
    told = (await coordinator.get(f"{IMPORTS}/template")).json()["columns"]
    assert {each["name"] for each in told if each["required"]} == {"number", "institution", "object", "issued_on", "valid_until"}
    headers = coordinator.headers() | {"accept": "text/csv"}
    for language in ("ky", "kk", "ru", "en"):
        url = f"{coordinator.stack.urls['council']}{IMPORTS}/template"
        answer = await coordinator.http.get(url, params={"language": language}, headers=headers)
        assert answer.headers["content-type"].startswith("text/csv")
        assert counts(await coordinator.imported(answer.content))["lines"] == 0


async def test_five_thousand_certificates_are_recorded_once(coordinator: Agency) -> None:
    def lines() -> Sequence[str]:
        return [line(f"SB-{number:05}", institution=("one", "two")[number % 2], text=f"Do {number}") for number in range(5_000)]

    content = table(*lines())
    assert len(content) < coordinator.stack.settings().max_body_bytes
    report = await coordinator.imported(content)
    assert counts(report) == {"lines": 5_000, "created": 5_000, "same": 0, "differs": 0, "refused": 0}
    again = await coordinator.imported(content)
    assert again["same"] == 5_000
    count = "SELECT count(*) FROM events WHERE agency = $1 AND type = 'CertificateRecorded'"
    assert await coordinator.database.fetchval(count, coordinator.agency) == 5_000
