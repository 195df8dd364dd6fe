"""Every organisation of a country in the register: what it takes to propose five years of attestations for it, and to approve one of them.

Through the running services: institutions over REST, the register by the importer, a proposal, an approval; then a lifecycle for each
attestation of the year, all begun by one act. It fails where somebody has no place, is late, or has no lifecycle with its deadline.
"""

import asyncio
import csv
import io
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import httpx
import orjson

from bench.cases import Portals
from bench.certificates import until
from bench.lifecycles import StepsAreWrong, until_told
from bench.results import Result, Sizes
from bench.subject import institution
from chassis.auth import Role
from chassis.ids import new_id
from chassis.issuer import development_token
from chassis.migrations import admin_connection
from chassis.settings import Settings
from cli.supervisor import Stack, StackOptions
from regulations import load

RULEBOOK = "kz-109-2008-attestation"
YEARS = 5
_HEADINGS = ("institution", "authority", "levels", "state_owned", "last_attested_on")
_BODIES = 220  # a ministry, oblasts, cities, rayons: of very different sizes
_PATIENCE = 3_600.0
_NOTICE = timedelta(days=110)
_SPRING = 4
_TERMS = (2, 3, 4, 5, 9, 10, 11)  # when schools are attested: neither in holidays nor when the year ends

_COUNT = "SELECT count(*) FROM events WHERE agency = $1 AND type = $2"
_ONCE = "SELECT count(DISTINCT data->>'case_id') FROM events WHERE agency = $1 AND type = 'DeadlineSet' AND data->>'rule' = $2"
_LATE = "SELECT count(*) FROM proposed_attestations WHERE agency = $1 AND starts_on > due_by"
_LAST = "SELECT max(recorded_at) FROM events WHERE agency = $1 AND type = 'DeadlineSet' AND data->>'rule' = $2"
_FIRST = "SELECT min(recorded_at) FROM events WHERE agency = $1 AND type = $2"


async def measure(_using: Settings, sizes: Sizes) -> list[Result]:
    """A stack of its own."""
    with TemporaryDirectory(prefix="kepil-bench-", ignore_cleanup_errors=True) as folder:
        async with Stack(StackOptions(state_dir=Path(folder) / "state", ports="free")) as stack:
            return await run(stack.settings(), sizes)


async def run(using: Settings, sizes: Sizes) -> list[Result]:
    """From an empty register to the lifecycles of a year."""
    count = sizes.organisations
    body = Body(using, f"bench-{uuid4().hex[:12]}")
    today = datetime.now(UTC).date()
    first_year = first_year_of(today)
    what = f"attestations: {count:,} organisations"
    await body.open(count)
    took = await body.timed("attestation-subjects/imports", table(count, today), rulebook=RULEBOOK)
    results = [Result(f"{what}, read into the register", took[0], None, "", "s", None)]
    proposal = {"rulebook_id": RULEBOOK, "first_year": first_year, "years": YEARS}
    proposing, made = await body.timed("attestation-proposals", proposal)
    told = await body.read(f"attestation-proposals/{made['id']}")
    check(told, count, await body.value("intake", _LATE))
    results.append(Result(f"{what}, {YEARS} years proposed", proposing, None, "", "s", None))
    totals = [each["attestations"] for each in told["totals"]]
    results.append(Result(f"{what}, fullest year over emptiest", max(totals) / min(totals), None, "", "times", None))

    approval = {"rulebook_id": RULEBOOK, "year": first_year, "proposal_id": made["id"], "act": "Order No. 1"}
    year = f"{what}, a year of {totals[0]:,}"
    approving, _ = await body.timed("attestation-schedules", approval)
    results.append(Result(f"{year}, approved", approving, None, "", "s", None))
    await until(lambda: body.has("monitoring", _ONCE, totals[0], "dates_notice"), "every attestation has the deadline of its notice")
    await until_told(using)
    began, waits = await body.value("intake", _FIRST, "AttestationScheduled"), await body.value("monitoring", _LAST, "dates_notice")
    results.append(
        Result(f"{year}, begun, each with its deadline", totals[0] / (waits - began).total_seconds(), None, "", "lifecycles/s", None)
    )
    if (scheduled := await body.value("intake", _COUNT, "AttestationScheduled")) != totals[0]:
        raise StepsAreWrong(f"{scheduled} attestations instead of {totals[0]}")
    return [*results, Result(f"{year}, none lost or twice", totals[0], None, "", "lifecycles", None)]


def check(proposal: dict[str, Any], count: int, late: int) -> None:
    """StepsAreWrong where somebody has no place or is late, or where a body's years differ without a reason."""
    by_body: dict[str, Counter[int]] = {}
    for load_ in proposal["loads"]:
        by_body.setdefault(load_["authority"], Counter())[load_["year"]] = load_["attestations"]
    uneven = {each["authority"] for each in proposal["uneven"]}
    strange = [
        body
        for body, years in by_body.items()
        if body not in uneven and max(years.values()) - min(years.values()) > max(1, max(years.values()) / 10)
    ]
    if proposal["entries"] != count or proposal["overdue"] or late or strange:
        raise StepsAreWrong(f"{proposal['entries']} of {count} have a place, {proposal['overdue']} overdue, {late} late; uneven: {strange}")


class Body:
    """An authorised body's portal."""

    def __init__(self, using: Settings, agency: str) -> None:
        self._using, self._agency = using, agency
        self._token = development_token(using, subject="bench.director", roles=[Role.director], agency=agency, institution=None)

    async def open(self, count: int) -> None:
        """Adopts the order and registers institutions, sixteen at once."""
        portals = Portals(self._using, self._agency, 16)
        adoption = {"rulebook_id": RULEBOOK, "rulebook_version": load(RULEBOOK).version, "reason": "The body's own procedure"}
        try:
            await portals.command(Role.director, "intake", "/v1/rulebook-adoptions", adoption)
            bodies = [{**institution(name(number)), "names": {"en": f"School {number}"}} for number in range(count)]
            await asyncio.gather(*(portals.command(Role.coordinator, "intake", "/v1/institutions", each) for each in bodies))
        finally:
            portals.close()

    async def timed(self, path: str, body: Any, **params: str) -> tuple[float, dict[str, Any]]:
        """A command's seconds, and its answer."""
        media = "text/csv" if isinstance(body, bytes) else "application/json"
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": new_id(), "Content-Type": media}
        async with httpx.AsyncClient(timeout=_PATIENCE) as http:
            began = time.perf_counter()
            answer = await http.post(f"{self._using.url('intake')}/v1/{path}", params=params, content=content, headers=headers)
            took = time.perf_counter() - began
        found = answer.json()
        if answer.status_code >= 300 or found.get("refused"):
            raise RuntimeError(f"{path} was answered with {answer.status_code}: {answer.text[:2000]}")
        return took, found

    async def read(self, path: str) -> dict[str, Any]:
        """What is there."""
        async with httpx.AsyncClient(timeout=60) as http:
            answer = await http.get(f"{self._using.url('intake')}/v1/{path}", headers={"Authorization": f"Bearer {self._token}"})
        answer.raise_for_status()
        return dict(answer.json())

    async def has(self, service: str, query: str, count: int, *arguments: Any) -> bool:
        """Whether a count has come so far; StepsAreWrong if it went past."""
        found = await self.value(service, query, *arguments)
        if found > count:
            raise StepsAreWrong(f"{found} instead of {count}")
        return bool(found == count)

    async def value(self, service: str, query: str, *arguments: Any) -> Any:
        """One value, read as the databases' owner."""
        connection = await admin_connection(self._using, service)
        try:
            return await connection.fetchval(query, self._agency, *arguments)
        finally:
            await connection.close()


def name(number: int) -> str:
    """The id of an organisation."""
    return f"school-{number:05}"


def first_year_of(today: date) -> int:
    """The first year whose starts can all be told in time, or nearly so."""
    soon = today + _NOTICE
    return soon.year if soon.month < _SPRING else soon.year + 1


def table(count: int, today: date) -> bytes:
    """The register: everybody was attested on some day of a term since which five years end after the notice can be given, up to today.

    Each body's organisations as a schedule before would have had them, spread over those days.
    """
    content = io.StringIO(newline="")
    rows = csv.writer(content)
    rows.writerow(_HEADINGS)
    since = max(today + _NOTICE, date(first_year_of(today), 2, 1)) - timedelta(days=YEARS * 365)
    taught = [day for day in (since + timedelta(days=n) for n in range((today - since).days)) if day.month in _TERMS and day.weekday() < 5]
    bodies = [int((number * 7919 % count) ** 2 / count**2 * _BODIES) for number in range(count)]
    sizes, seen = Counter(bodies), Counter[int]()
    for number, body in enumerate(bodies):
        at = (seen[body] + (body * 377 % 610) / 610) / sizes[body]
        seen[body] += 1
        rows.writerow((name(number), f"body-{body:03}", "general_secondary", "yes", taught[int(at * len(taught))]))
    return content.getvalue().encode()
