"""`kepil import`: tables that an agency has already go into a running stack, through its public REST interface."""

import asyncio
import json as jsonlib
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from pydantic import ValidationError
from rich.console import Console

from chassis.auth import Role
from chassis.issuer import development_token
from chassis.problems import Invalid
from chassis.settings import settings
from chassis.spreadsheet import Row, Sheet, Upload, plain
from cli.errors import Explained
from cli.running import adopt
from services.intake.schemas import NewInstitution

_PIECE = 256 * 1024
_SHOWN = 100
_AT_ONCE = 8

#: The columns of a table of institutions, by the headings that they may have.
INSTITUTION_COLUMNS = {
    "institution_id": ("institution_id", "id", "код"),
    "name_ky": ("name_ky", "аталышы"),
    "name_kk": ("name_kk", "атауы"),
    "name_ru": ("name_ru", "название", "наименование"),
    "name_en": ("name_en", "name"),
    "kind": ("kind", "вид", "түрү", "түрі"),
    "city": ("city", "город", "шаар", "қала"),
    "country": ("country", "страна", "өлкө", "ел"),
    "website": ("website", "сайт"),
    "ownership": ("ownership",),
    "levels": ("levels",),
    "eter_id": ("eter_id",),
    "deqar_id": ("deqar_id",),
    "national_id": ("national_id", "инн", "бсн"),
}

console = Console()
errors = Console(stderr=True)


class NotImported(Explained):
    """The file or the stack is such that nothing was looked at line by line."""


async def certificates(
    file: Path, state: Path, agency: str, rulebook: str | None, dry_run: bool, json: bool, token: str | None, template: str | None
) -> int:
    """Imports certificates and prints what became of each line; 1 where one was refused or differs from what is recorded."""
    adopt(state)
    told_of = {"file_name": file.name} | ({"rulebook": rulebook} if rulebook else {})
    answer = await _sent(f"{settings().url('council')}/v1/certificates/imports", file, agency, token, template, dry_run, told_of)
    return 0 if answer is None else _reported(answer, told(file.name, answer.json()), json)


async def subjects(
    file: Path, state: Path, agency: str, rulebook: str | None, dry_run: bool, json: bool, token: str | None, template: str | None
) -> int:
    """Enters the organisations of a table in the register of those that are attested; 1 where a line was refused."""
    adopt(state)
    told_of = {"rulebook": rulebook} if rulebook else {}
    answer = await _sent(f"{settings().url('intake')}/v1/attestation-subjects/imports", file, agency, token, template, dry_run, told_of)
    return 0 if answer is None else _reported(answer, told_of_subjects(file.name, answer.json()), json)


async def _sent(
    url: str, file: Path, agency: str, token: str | None, template: str | None, dry_run: bool, params: Mapping[str, str]
) -> httpx.Response | None:
    """The answer to a table; None where the empty table was written instead."""
    headers = {"authorization": f"Bearer {token or _token(agency)}"}
    async with httpx.AsyncClient(timeout=httpx.Timeout(30, read=None)) as http:
        if template is not None:
            answer = await http.get(f"{url}/template", params={"language": template}, headers=headers | {"accept": "text/csv"})
            _require_success(answer)
            file.write_bytes(answer.content)
            return None
        headers |= {"idempotency-key": uuid4().hex, "content-type": "text/csv"}
        asked = {"dry_run": str(dry_run).lower(), **params}
        answer = await http.post(url, params=asked, headers=headers, content=_pieces(file))
    _require_success(answer)
    return answer


def _reported(answer: httpx.Response, lines: Iterable[str], json: bool) -> int:
    if json:
        sys.stdout.write(answer.text + "\n")
    else:
        for line in lines:
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    report = answer.json()
    return 1 if report["refused"] or report.get("differs") else 0


def told_of_subjects(name: str, report: Mapping[str, Any]) -> list[str]:
    """The report of a table of organisations for people: the counts, then what is wrong with which line."""
    would = "would be " if report["dry_run"] else ""
    unknown = sum(1 for each in report["report"] if each["outcome"] != "refused" and each["due_by"] is None)
    lines = [
        f"{name}: {report['lines']} organisations: {report['entered']} {would}entered, {report['same']} known so,"
        f" {report['refused']} refused"
    ]
    if unknown:
        lines.append(f"  {unknown} of them: nobody has told when they were attested last or founded, so a person must schedule them")
    return lines + _faults(report, "institution")


def told(name: str, report: Mapping[str, Any]) -> list[str]:
    """The report for people: the counts, what is wrong with which line, and what is unknown."""
    would = "would be " if report["dry_run"] else ""
    lines = [
        f"{name}: {report['lines']} certificates: {report['created']} {would}recorded, {report['same']} recorded before,"
        f" {report['differs']} differ from what is recorded, {report['refused']} refused"
    ]
    lines += _faults(report, "number")
    for unknown in report["unknown_institutions"]:
        alike = f"; written much alike: {', '.join(unknown['similar'])}" if unknown["similar"] else ""
        where = f"1 certificate, on line {unknown['first_line']}"
        if unknown["lines"] > 1:
            where = f"{unknown['lines']} certificates, first on line {unknown['first_line']}"
        lines.append(f"  not registered: {unknown['institution']} ({where}){alike}")
    return lines


def _faults(report: Mapping[str, Any], named: str) -> list[str]:
    """What is wrong with which line, the first of them; `named` is what a line is known by."""
    lines = []
    faults = [(each, problem) for each in report["report"] for problem in each["problems"]]
    for each, problem in faults[:_SHOWN]:
        where = f"line {problem['line']}" + (f" ({each[named]})" if each[named] else "")
        column = f", {problem['heading'] or problem['field']}" if problem["field"] else ""
        clause = f" [{problem['rulebook'] or ''} {problem['clause']}]".replace("[ ", "[") if problem["clause"] else ""
        accepts = f"; accepted: {problem['accepts']}" if problem["accepts"] else ""
        lines.append(f"  {each['outcome']}: {where}{column}: {problem['problem']}{clause}{accepts}")
    if len(faults) > _SHOWN:
        lines.append(f"  … and {len(faults) - _SHOWN} more: --json has them all")
    return lines


@dataclass
class Institutions:
    """What became of a table of institutions."""

    lines: int = 0
    created: int = 0
    same: int = 0
    differs: int = 0
    refused: int = 0
    dry_run: bool = False
    report: list[dict[str, Any]] = field(default_factory=list)


async def institutions(file: Path, state: Path, agency: str, dry_run: bool, json: bool, token: str | None) -> int:
    """Registers institutions and prints what became of each line; 1 where one was refused or differs from what is registered."""
    adopt(state)
    upload = Upload()
    try:
        await upload.take(_pieces(file))
        rows = list(Sheet(upload, {plain(heading): name for name, all_ in INSTITUTION_COLUMNS.items() for heading in all_}).rows())
    except Invalid as problem:
        raise NotImported(_problem(problem.document())) from None
    finally:
        upload.close()
    found = Institutions(dry_run=dry_run)
    headers = {"authorization": f"Bearer {token or _token(agency)}"}
    async with httpx.AsyncClient(base_url=settings().url("intake"), timeout=30, headers=headers) as http:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def settle(row: Row) -> dict[str, Any]:
            async with gate:
                return await _register(http, row, dry_run)

        found.report = list(await asyncio.gather(*(settle(row) for row in rows)))
    for each in found.report:
        found.lines += 1
        setattr(found, each["outcome"], getattr(found, each["outcome"]) + 1)
    if json:
        sys.stdout.write(jsonlib.dumps(asdict(found), ensure_ascii=False) + "\n")
    else:
        would = "would be " if dry_run else ""
        console.print(
            f"{file.name}: {found.lines} institutions: {found.created} {would}registered, {found.same} registered before,"
            f" {found.differs} differ from what is registered, {found.refused} refused",
            soft_wrap=True,
        )
        for each in [each for each in found.report if each["problem"]][:_SHOWN]:
            console.print(f"  {each['outcome']}: line {each['line']}: {each['problem']}", markup=False, highlight=False, soft_wrap=True)
    return 1 if found.refused or found.differs else 0


async def _register(http: httpx.AsyncClient, row: Row, dry_run: bool) -> dict[str, Any]:
    told = {"line": row.line, "row": row.row, "institution_id": row.cells.get("institution_id")}
    if row.fault is not None:
        return {**told, "outcome": "refused", "problem": row.fault}
    try:
        body = NewInstitution.model_validate(_body(row.cells)).model_dump(mode="json")
    except ValidationError as error:
        faults = [f"{'.'.join(str(each) for each in fault['loc'])}: {fault['msg']}" for fault in error.errors()]
        return {**told, "outcome": "refused", "problem": "; ".join(faults)}
    known = await http.get(f"/v1/institutions/{body['institution_id']}")
    if known.status_code == 200:
        other = [name for name in body if _given(row, name) and known.json().get(name) != body[name]]
        return {**told, "outcome": "differs" if other else "same", "problem": f"other {', '.join(other)}" if other else None}
    if known.status_code != 404:
        _require_success(known)
    if dry_run:
        return {**told, "outcome": "created", "problem": None}
    answer = await http.post("/v1/institutions", json=body, headers={"idempotency-key": uuid4().hex})
    if answer.is_success:
        return {**told, "outcome": "created", "problem": None}
    if answer.status_code in (401, 403):
        _require_success(answer)
    return {**told, "outcome": "refused", "problem": _problem(answer.json())}


def _body(cells: Mapping[str, str]) -> dict[str, Any]:
    body: dict[str, Any] = {name: cell for name, cell in cells.items() if not name.startswith("name_")}
    body["names"] = {name.removeprefix("name_"): cell for name, cell in cells.items() if name.startswith("name_")}
    if "levels" in cells:
        body["levels"] = [each.strip() for each in cells["levels"].split(";") if each.strip()]
    return body


def _given(row: Row, name: str) -> bool:
    return name in row.cells or name == "names"


async def _pieces(file: Path) -> AsyncIterator[bytes]:
    try:
        with file.open("rb") as opened:
            while piece := opened.read(_PIECE):
                yield piece
    except OSError as error:
        raise NotImported(f"{file}: {error.strerror}") from None


def _token(agency: str) -> str:
    return development_token(settings(), subject="import", roles=[Role.coordinator], agency=agency)


def _require_success(answer: httpx.Response) -> None:
    if not answer.is_success:
        raise NotImported(_problem(answer.json()))


def _problem(document: Mapping[str, Any]) -> str:
    faults = "; ".join(each["detail"] for each in document.get("errors", []))
    return f"{document['detail']} {faults}".strip()
