"""The follow-up picture over HTTP: its figures are those that one counts from the facts by hand, and those of a rebuild."""

from datetime import date, timedelta
from typing import Any

import pytest

from chassis.auth import Role
from services.monitoring import readmodels_picture
from tests.monitoring.histories import AAKR, SAPATTUU, Random_, history, store_all
from tests.monitoring.recount import Recount
from tests.monitoring.test_followup_api import Certificates, certificates

__all__ = ["certificates"]

DAY = timedelta(days=1)
PICTURE = "follow-up-picture"


async def pages(of: Certificates, path: str, role: Role = Role.auditor, **query: Any) -> list[dict[str, Any]]:
    """Every item of a list, three at a time."""
    found: list[dict[str, Any]] = []
    asked: dict[str, Any] = {name: value for name, value in query.items() if value is not None} | {"limit": 3}
    while True:
        answer = await of.http.get(f"/v1/{PICTURE}/{path}", params=asked, headers=of.headers(role))
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        if answer.json()["next"] is None:
            return found
        asked["cursor"] = answer.json()["next"]


async def one(of: Certificates, path: str, role: Role = Role.auditor, **query: Any) -> dict[str, Any]:
    asked = {name: value for name, value in query.items() if value is not None}
    answer = await of.http.get(f"/v1/{PICTURE}{path}", params=asked, headers=of.headers(role))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def living(of: Certificates, seed: int, certificates_: int = 30) -> Recount:
    """The facts of some certificates, stored; and what is counted from them."""
    told = [history(n, Random_(f"{seed}-{n}"), of.today, of.agency) for n in range(certificates_)]
    await store_all(of.runtime, of.agency, told)
    return Recount(told, (await of.context()).at)


async def agrees(of: Certificates, count: Recount, as_of: date | None, role: Role = Role.auditor, **only: str | None) -> None:
    """Every answer, on one day and of some follow-ups, is what is counted from the facts."""
    mine = (only.get("institution_id"), only.get("rulebook_id"))
    filters = {} if role == Role.institution_officer else only
    shown = await one(of, "", role, as_of=as_of, **filters)
    shown["open"] = sorted(repr((row["rulebook_id"], row["kind"], row["state"], row["followups"])) for row in shown["open"])
    assert shown == count.summary(as_of, *mine)
    late = await pages(of, "late", role, as_of=as_of, **filters)
    assert {row["deadline_id"]: (row["binds"], row["late_days"]) for row in late} == count.late(as_of, *mine)
    assert [row["due_on"] for row in late] == sorted(row["due_on"] for row in late)
    for within in (1, 30, 365, 1830):
        due = await pages(of, "due", role, as_of=as_of, within=within, **filters)
        assert {row["item_id"]: date.fromisoformat(row["on"]) for row in due} == count.due(as_of, within, *mine)
        assert [row["on"] for row in due] == sorted(row["on"] for row in due)
    for year in (None, count.at.year, count.at.year - 1):
        assert await pages(of, "recommendations", role, year=year, **filters) == count.criteria(year, *mine)
    assert (await one(of, "/trends", role, last=6, **filters))["years"] == count.years(6, *mine)


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_figure_is_the_one_counted_from_the_facts_and_that_of_a_rebuild(certificates: Certificates, seed: int) -> None:
    count = await living(certificates, seed)
    for as_of in (None, certificates.today - 100 * DAY, certificates.today + 200 * DAY):
        await agrees(certificates, count, as_of)
    some: list[dict[str, Any]] = [{"institution_id": "jasu"}, {"rulebook_id": SAPATTUU}, {"institution_id": "oshgu", "rulebook_id": AAKR}]
    for only in some:
        await agrees(certificates, count, None, **only)
    await certificates.served_is_rebuilt(*readmodels_picture.ALL)


async def test_an_institution_s_officer_sees_its_own_and_another_agency_nothing(certificates: Certificates) -> None:
    of, count = certificates, await living(certificates, 3)
    await agrees(of, count, None, Role.institution_officer, institution_id="jasu")
    asked = await one(of, "", Role.institution_officer, institution_id="ksu")
    assert asked["open"] == []
    of.agency = f"{of.agency}-other"
    await agrees(of, Recount([], count.at), None)


async def test_what_is_late_names_its_term_and_clause_and_is_searched(certificates: Certificates) -> None:
    of, count = certificates, await living(certificates, 4)
    late, counted = await pages(of, "late"), count.late(None)
    assert late
    assert all(set(row["names"]) == {"ky", "kk", "ru", "en"} and row["clause"] and row["number"] for row in late)
    for binds in ("institution", "agency"):
        found = await pages(of, "late", binds=binds)
        assert {row["deadline_id"] for row in found} == {id_ for id_, (whom, _) in counted.items() if whom == binds}
    found = await pages(of, "late", late_by=31, sort="-due_on")
    assert {row["deadline_id"] for row in found} == {id_ for id_, (_, days) in counted.items() if days >= 31}
    assert [row["due_on"] for row in found] == sorted((row["due_on"] for row in found), reverse=True)
    found = await pages(of, "late", rule="interim_report")
    assert {row["deadline_id"] for row in found} == {row["deadline_id"] for row in late if row["rule"] == "interim_report"}


async def test_a_window_to_come_tells_the_report_that_it_opens_for(certificates: Certificates) -> None:
    of, count = certificates, await living(certificates, 5)
    windows = await pages(of, "due", within=1830, what="window")
    assert {row["item_id"] for row in windows} == {id_ for id_ in count.due(None, 1830) if ":" in id_}
    known = [row for row in windows if row["rulebook_id"] == AAKR and row["kind"] == "conditional"]
    assert known
    assert all((row["rule"], row["binds"], bool(row["names"])) == ("interim_report", "institution", True) for row in known)
    assert all(row["cycle"] and row["report_due_on"] for row in windows)
    deadlines = await pages(of, "due", within=1830, what="deadline")
    assert {row["item_id"] for row in deadlines} == {id_ for id_ in count.due(None, 1830) if ":" not in id_}


@pytest.mark.parametrize(
    "asked",
    ["/due?within=0", "/due?within=1831", "/due?what=nothing", "/late?late_by=0", "/recommendations?year=1", "/trends?last=0", "?as_of=x"],
)
async def test_a_question_that_has_no_sense_is_refused(certificates: Certificates, asked: str) -> None:
    answer = await certificates.get(f"{PICTURE}{asked}")
    assert answer.status_code == 422
