"""A case on one page: where it stands, what is due and why, what may be done, everything that has happened, its papers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from chassis.auth import Role
from console import deadlines, labels, stages, timeline, why
from console.client import Answer, Refused, together
from console.files import passed_on
from console.forms_operations import Operation
from console.forms_sending import commands
from console.i18n import N_
from console.visit import SignedIn, Visit

router = APIRouter()

#: The records of a case, one of each service, by what they are called.
PARTS = {
    "intake": (N_("Application"), "/v1/applications/{}"),
    "review": (N_("Self-assessment"), "/v1/reports/{}"),
    "visits": (N_("Visit"), "/v1/visits/{}"),
    "council": (N_("Consideration by the council"), "/v1/considerations/{}"),
}
#: Those lists of the council whose items have actions of their own.
_ALSO = {"complaints": ("complaint_id", N_("Complaint")), "appeals": ("appeal_id", N_("Appeal"))}
_MOST_EVENTS = 1_000
_ENDED = frozenset({"closed", "withdrawn", "terminated", "discontinued"})


@dataclass(frozen=True)
class Offer:
    """An action that the person may take now, with the page of its form."""

    title: str
    path: str
    clauses: tuple[Mapping[str, str], ...]


@router.get("/{language}/cases/{case_id}")
async def show(visit: SignedIn, case_id: str) -> Response:
    """The case as this person sees it; 404 where none of its records is for him."""
    whole, due, letters, documents, now, *found = await together(
        visit.services.find("notices", f"/v1/cases/{case_id}/timeline", limit=_MOST_EVENTS),
        _items(visit, "monitoring", "/v1/deadlines", case_id=case_id),
        _items(visit, "notices", "/v1/letters", case_id=case_id),
        _items(visit, "intake", "/v1/documents", case_id=case_id),
        visit.now(),
        *(visit.services.find(service, path.format(case_id)) for service, (_, path) in PARTS.items()),
    )
    parts: dict[str, Answer] = {service: answer for service, answer in zip(PARTS, found, strict=True) if answer}
    if not parts:
        raise HTTPException(404)
    head = next(iter(parts.values())).data
    told, certificates, names, reasons = await together(
        _timeline(visit, case_id, parts, whole),
        _certificates(visit, head, case_id),
        visit.names.institutions([head.get("institution_id")]),
        _reasons(visit, due),
    )
    book = _book(head)
    closed = parts["intake"].data.get("stage") in _ENDED if "intake" in parts else False
    return visit.page(
        "cases/show.html.jinja",
        case_id=case_id,
        head=head,
        parts=parts,
        titles=PARTS,
        book=book,
        institution=names.get(head.get("institution_id"), {}),
        facts=_facts(visit, parts),
        way=stages.way(book, told, closed=closed) if book else [],
        due=[(each, reasons.get(each.item["deadline_id"])) for each in sorted(_dues(due, now), key=lambda one: one.due_on)],
        entries=timeline.entries(reversed(told), visit.language),
        offers=await _offers(visit, case_id, parts, certificates),
        letters=letters,
        documents=documents,
        certificates=certificates,
        words=labels,
        staff=visit.person.has(Role.coordinator, Role.director, Role.auditor),
    )


@router.get("/{language}/documents/{document_id}")
async def document(visit: SignedIn, document_id: str) -> Response:
    """The bytes of a document, as a file to keep."""
    return await passed_on(visit, "intake", f"/v1/documents/{document_id}/content")


def _dues(items: list[dict[str, Any]], now: Any) -> list[deadlines.Due]:
    return [deadlines.due(item, now) for item in items if item["state"] != "withdrawn"]


async def _items(visit: Visit, service: str, path: str, **narrowed: Any) -> list[dict[str, Any]]:
    """A list; empty where the person may not read it, or the service has none."""
    try:
        return await visit.services.items(service, path, **narrowed)
    except Refused as refused:
        if refused.status in (403, 404, 405, 422):
            return []
        raise


async def _timeline(visit: Visit, case_id: str, parts: Mapping[str, Answer], whole: Answer | None) -> list[dict[str, Any]]:
    """Every event of the case, oldest first; of those services whose history he may read, where there is no whole timeline for him."""
    if whole is not None:
        return sorted(whole.data["items"], key=lambda item: (item["occurred_at"], item["recorded_at"]))
    read = await together(*(visit.services.find(service, f"{PARTS[service][1].format(case_id)}/history") for service in parts))
    events = [
        each
        for service, answer in zip(parts, read, strict=True)
        if answer is not None
        for each in timeline.of_history(answer.data, service)
    ]
    return sorted(events, key=lambda item: item["occurred_at"])


async def _certificates(visit: Visit, head: Mapping[str, Any], case_id: str) -> list[dict[str, Any]]:
    institution = head.get("institution_id")
    if institution is None:
        return []
    listed = await _items(visit, "council", "/v1/certificates", institution_id=institution)
    return [each for each in listed if each.get("case_id") == case_id]


async def _reasons(visit: Visit, items: list[dict[str, Any]]) -> dict[str, why.Why]:
    """Why each deadline that is shown is on its day."""
    shown = [each["deadline_id"] for each in items if each["state"] != "withdrawn"]
    answers = await together(*(visit.services.find("monitoring", f"/v1/deadlines/{each}") for each in shown))
    return {each.data["deadline_id"]: why.why(each.data, visit.language) for each in answers if each is not None}


def _book(head: Mapping[str, Any]) -> Any:
    ref = head.get("rulebook") or {}
    return next(iter(labels.books(ref.get("id") or head.get("rulebook_id"), ref.get("version"))), None)


def _facts(visit: Visit, parts: Mapping[str, Answer]) -> list[tuple[str, str, list[tuple[str, Any]]]]:
    """What each record says in single values, by the service that keeps it."""
    told = []
    for service, answer in parts.items():
        rows = [row for name, value in answer.data.items() if (row := _fact(visit, name, value, answer.data))]
        told.append((service, PARTS[service][0], rows))
    return told


_UNTOLD = frozenset({"case_id", "version", "institution_id", "rulebook_id", "sha256"})


def _fact(visit: Visit, name: str, value: Any, of: Mapping[str, Any]) -> tuple[str, Any] | None:
    if value in (None, "", [], {}) or name in _UNTOLD or not labels.known_field(name):
        return None
    label = labels.field(name, visit.language)
    if isinstance(value, bool):
        return label, visit._("Yes") if value else visit._("No")
    if isinstance(value, str) and name.endswith("_on"):
        return label, visit.date(value)
    if isinstance(value, str | int | float):
        return label, labels.value(name, value, visit.language, _book(of))
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return label, ", ".join(labels.value(name, each, visit.language, _book(of)) for each in value)
    return None


async def _offers(
    visit: Visit, case_id: str, parts: Mapping[str, Answer], certificates: list[dict[str, Any]]
) -> list[tuple[str, list[Offer]]]:
    """What the person may do now, by the record that it is about."""
    records = [(PARTS[service][0], service, answer.data) for service, answer in parts.items()]
    paths = [(N_("Certificate"), f"/v1/certificates/{each['certificate_id']}") for each in certificates]
    if "council" in parts:
        for name, (key, title) in _ALSO.items():
            paths += [(title, f"/v1/{name}/{each[key]}") for each in await _items(visit, "council", f"/v1/{name}", case_id=case_id)]
    answers = await together(*(visit.services.find("council", path) for _, path in paths))
    records += [(title, "council", answer.data) for (title, _), answer in zip(paths, answers, strict=True) if answer]
    groups: dict[str, dict[str, Offer]] = {}
    for title, service, data in records:
        for each in await offered(visit, service, data.get("allowed_actions") or (), back=f"cases/{case_id}"):
            groups.setdefault(title, {})[each.path] = each
    return [(title, list(offers.values())) for title, offers in groups.items()]


async def offered(visit: Visit, service: str, actions: Any, back: str) -> list[Offer]:
    """Links to the forms of the actions that a detail offers."""
    if not actions:
        return []
    known = await commands(visit, service)
    found = []
    for each in actions:
        operation: Operation | None = known.get(each["name"])
        ids = operation.ids_in(each["path"]) if operation else None
        if ids is not None:
            at = "/".join(["act", service, each["name"], *ids])
            found.append(Offer(labels.action(each["name"], visit.language), visit.url(at, back=back), tuple(each.get("clauses") or ())))
    return found
