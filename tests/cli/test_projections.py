"""`kepil projections`: what there is, rebuilding under load, and finding a row that no event stands behind."""

import asyncio
import re
import sys

import httpx
import pytest

from bench.subject import institution
from chassis.auth import Role
from chassis.ids import new_id
from chassis.issuer import development_token
from chassis.migrations import admin_connection
from cli.projections import UnknownProjection, differences, named, projections
from cli.state import ROOT
from cli.supervisor import Stack
from services.intake.readmodels import institutions
from tests.waiting import eventually


def test_a_read_model_is_named_with_its_service() -> None:
    assert named("intake.institutions", projections()).name == "intake.institutions"


def test_the_service_may_be_left_out_where_one_alone_has_it() -> None:
    assert named("applications", projections()).name == "intake.applications"


def test_a_name_of_several_services_is_asked_back() -> None:
    with pytest.raises(UnknownProjection, match=r"intake\.institutions or council\.institutions"):
        named("institutions", projections())


def test_an_unknown_name_tells_what_there_is() -> None:
    with pytest.raises(UnknownProjection, match=r"monitoring\.deadlines"):
        named("emperors", projections())


def test_a_read_model_names_the_services_that_feed_it() -> None:
    assert named("intake.institutions", projections()).sources == ("intake",)
    assert named("council.institutions", projections()).sources == ("intake",)


def test_differences_tell_the_row_and_the_columns_but_no_values() -> None:
    row = {"agency": "iqaa", "institution_id": "kaznu", "city": "Almaty"}
    assert list(differences(institutions, [row], [row])) == []
    assert list(differences(institutions, [row], [{**row, "city": "Astana"}])) == ["agency iqaa, institution_id kaznu: city"]
    assert list(differences(institutions, [row], [])) == ["agency iqaa, institution_id kaznu: served, but no event says so"]
    assert list(differences(institutions, [], [row])) == ["agency iqaa, institution_id kaznu: missing"]


async def kepil(stack: Stack, *arguments: str) -> tuple[int, str]:
    """A command beside this loop, so that what the test sends meanwhile goes on."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", *arguments, "--state", str(stack.state.path)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=ROOT,
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


def client(stack: Stack, service: str, agency: str) -> httpx.AsyncClient:
    token = development_token(stack.settings(), subject="c", roles=[Role.coordinator], agency=agency)
    return httpx.AsyncClient(base_url=stack.urls[service], headers={"Authorization": f"Bearer {token}"}, timeout=30)


async def entered(http: httpx.AsyncClient) -> int:
    answer = await http.post("/v1/institutions", json=institution(new_id()), headers={"Idempotency-Key": new_id()})
    return answer.status_code


@pytest.mark.slow
async def test_a_read_model_is_rebuilt_while_its_service_serves(stack: Stack, agency: str) -> None:
    async with client(stack, "intake", agency) as http:
        assert [await entered(http) for _ in range(5)] == [201] * 5
        rebuilding = asyncio.create_task(kepil(stack, "projections", "rebuild", "intake.institutions"))
        meanwhile: list[int] = []
        while not rebuilding.done():
            meanwhile.append(await entered(http))
        code, said = await rebuilding
        assert code == 0, said
        assert re.search(r"intake\.institutions is made anew from [\d,]+ events", said)
        assert meanwhile
        assert set(meanwhile) == {201}
        listed, cursor = 0, ""
        while cursor is not None:
            page = (await http.get("/v1/institutions", params={"limit": 200} | ({"cursor": cursor} if cursor else {}))).json()
            listed, cursor = listed + len(page["items"]), page["next"]
        assert listed == 5 + len(meanwhile)
    code, said = await kepil(stack, "projections", "check", "intake.institutions")
    assert code == 0, said


@pytest.mark.slow
async def test_a_row_that_no_event_stands_behind_is_found_and_a_rebuild_removes_it(stack: Stack, agency: str) -> None:
    connection = await admin_connection(stack.settings(), "council")
    try:
        await connection.execute("INSERT INTO institutions (agency, institution_id, city) VALUES ($1, 'invented', 'Nowhere')", agency)
    finally:
        await connection.close()
    code, said = await kepil(stack, "projections", "check", "council.institutions")
    assert code == 1
    assert f"agency {agency}, institution_id invented: served, but no event says so" in said
    assert "Nowhere" not in said
    code, said = await kepil(stack, "projections", "rebuild", "council.institutions")
    assert code == 0, said
    code, said = await kepil(stack, "projections", "check", "council.institutions")
    assert code == 0, said


@pytest.mark.slow
async def test_the_list_shows_every_read_model_and_none_stays_behind(stack: Stack, agency: str) -> None:
    async with client(stack, "intake", agency) as http:
        assert await entered(http) == 201

    async def caught_up() -> bool:
        code, said = await kepil(stack, "projections", "list")
        assert code == 0, said
        line = next(line for line in said.splitlines() if "council.institutions" in line)
        return line.split("│")[-2].strip() == "0" and line.split("│")[3].strip() != "0"

    await eventually(caught_up, "council has applied what intake published")
    _, said = await kepil(stack, "projections", "list")
    assert all(each.name in said for each in projections())
