"""An agency with deadlines on every side of today, as its lifecycles would have set them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import uuid4

import httpx

from chassis.issuer import development_token
from chassis.service import Runtime, open_runtime
from cli.supervisor import Stack
from regulations import load, local_date
from services.monitoring import handlers
from services.monitoring.app import SERVICE
from services.monitoring.contract import SetDeadline

DAY = timedelta(days=1)
RULES = load("iqaa-accreditation")
NAMES: dict[str, Mapping[str, str]] = {
    "kaznu": {
        "kk": "Әл-Фараби атындағы Қазақ ұлттық университеті",
        "ru": "Казахский национальный университет",
        "en": "Kazakh National University",
    },
    "oshsu": {"ky": "Ош мамлекеттик университети", "ru": "Ошский государственный университет", "en": "Osh State University"},
}


@dataclass
class Agenda:
    """What was set: case ids by the day that they are due, relative to today."""

    agency: str
    today: date
    cases: dict[int, str] = field(default_factory=dict)


async def agenda(stack: Stack, agency: str, days: tuple[int, ...] = (-12, 0, 1, 3, 20)) -> Agenda:
    """Deadlines due so many days from today, in turn of two institutions."""
    await _institutions(stack, agency)
    async with open_runtime(SERVICE, stack.settings()) as runtime:
        made = Agenda(agency, local_date(await runtime.clock.now(), RULES.zone))
        for number, days_off in enumerate(days):
            made.cases[days_off] = await _deadline(runtime, made, made.today + days_off * DAY, list(NAMES)[number % 2])
    return made


async def _institutions(stack: Stack, agency: str) -> None:
    token = development_token(stack.settings(), subject="coordinator", roles=["coordinator"], agency=agency)
    async with httpx.AsyncClient(base_url=stack.urls["intake"], headers={"Authorization": f"Bearer {token}"}) as http:
        for institution, names in NAMES.items():
            body = {"institution_id": institution, "names": names, "kind": "university", "city": "Almaty", "country": "KZ"}
            body |= {"ownership": "other", "levels": ["higher"]}
            answer = await http.post("/v1/institutions", json=body, headers={"Idempotency-Key": uuid4().hex})
            assert answer.status_code in (201, 409), answer.text  # 409: it is there from before


async def _deadline(runtime: Runtime, made: Agenda, due_on: date, institution: str) -> str:
    case = str(uuid4())
    request = SetDeadline(
        agency=made.agency,
        case_id=case,
        workflow_id=case,
        institution_id=institution,
        rulebook=RULES.ref,
        rule="contract:first_version",
        anchor_on=due_on - 60 * DAY,
        due_on=due_on,
    )
    await handlers.set_deadline(await runtime.context(agency=made.agency, actor=f"workflow:{case}"), request)
    return case
