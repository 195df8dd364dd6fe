"""What the pages of the council, the panels, certificates, letters and documents share: what may be done, and details of many ids."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chassis.auth import Role
from console import labels
from console.client import together
from console.forms_sending import commands
from console.views.cases import Offer, offered
from console.visit import Visit


@dataclass(frozen=True)
class Doing:
    """What the person may do to a record: its own actions, and the correction of what was recorded wrongly."""

    offers: list[Offer]
    corrections: list[tuple[str, str]]


async def doing(visit: Visit, service: str, path: str, data: Mapping[str, Any], back: str) -> Doing:
    """What a detail offers, each with the address of its form; the form leads back to `back`."""
    offers = await offered(visit, service, data.get("allowed_actions") or (), back=back)
    if not visit.person.has(Role.director):
        return Doing(offers, [])
    found = [
        (labels.action(each.name, visit.language), visit.url("/".join(["act", service, each.name, *ids]), back=back))
        for each in (await commands(visit, service)).values()
        if each.name.startswith("correct_") and (ids := each.ids_in(f"{path}/corrections")) is not None
    ]
    return Doing(offers, found)


async def may_begin(visit: Visit, service: str, *names: str) -> list[tuple[str, str]]:
    """Those of the commands that this person's role may begin with: their names and the addresses of their forms."""
    known = await commands(visit, service)
    roles = {str(role) for role in visit.person.roles}
    return [
        (labels.action(name, visit.language), visit.url(f"new/{service}/{name}"))
        for name in names
        if name in known and known[name].roles & roles
    ]


async def found_of(visit: Visit, service: str, path: str, ids: Iterable[str]) -> dict[str, Any]:
    """The details of these ids that the person may read; `path` with `{}` in the id's place."""
    wanted = list(dict.fromkeys(ids))
    answers = await together(*(visit.services.find(service, path.format(each)) for each in wanted))
    return {each: answer.data for each, answer in zip(wanted, answers, strict=True) if answer is not None}
