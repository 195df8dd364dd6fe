"""An institution's own first page: what is waited from it and till when, its cases, certificates and letters; and how a new case begins."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from chassis.auth import Role
from console import deadlines, labels, tables
from console.client import together
from console.i18n import N_
from console.views import verification
from console.views.letters import STATUSES
from console.visit import SignedIn, Visit
from regulations.rulebook import Rulebook

router = APIRouter()

#: Whom a deadline binds when it is the institution's turn.
OWN = frozenset({"institution", "institution_head", "parties"})
_OPEN = ("missed", "open", "suspended")
_ENDED = frozenset({"closed", "withdrawn", "terminated", "discontinued"})
_FEW = 5
_MOST = 200


@router.get("/{language}/institution")
async def own(visit: SignedIn) -> Response:
    """What an officer wants to know first."""
    mine = visit.person.institution
    lists: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("monitoring", "/v1/deadlines", {}),
        ("intake", "/v1/applications", {}),
        ("council", "/v1/certificates", {"sort": "valid_until"}),
        ("notices", "/v1/letters", {}),
        ("notices", "/v1/webhook-endpoints", {}),
        ("notices", "/v1/letter-kinds", {}),
    )
    now, names, due, cases, certificates, letters, addresses, kinds = await together(
        visit.now(), visit.names.institutions([mine]), *(_read(visit, *each) for each in lists)
    )
    open_ = [each for each in due if each["state"] in _OPEN]
    waited = deadlines.grouped([each for each in open_ if each["binds"] in OWN], now)
    others = deadlines.grouped([each for each in open_ if each["binds"] not in OWN and each["binds"] != "nobody"], now)
    running = [each for each in cases if each["stage"] not in _ENDED]
    return visit.page(
        "own/home.html.jinja",
        institution=names.get(mine or "", {}),
        mine=mine or "",
        waited=waited,
        titles=deadlines.GROUPS,
        next_of={one.item["case_id"]: one for dues in reversed(list(others.values())) for one in reversed(dues)},
        mine_of={one.item["case_id"]: one for dues in reversed(list(waited.values())) for one in reversed(dues)},
        running=running,
        ended=len(cases) - len(running),
        certificates=[each for each in certificates if each["state"] in ("valid", "suspended", "not_yet_valid")],
        letters=letters[:_FEW],
        kinds={each["kind"]: each["names"] for each in kinds},
        disabled=[each for each in addresses if each["status"] == "disabled"],
        addresses=len([each for each in addresses if each["status"] != "removed"]),
        states=verification.STATES,
        statuses=STATUSES,
        words=labels,
        book=tables.book_of,
        title=tables.title_of,
        officer=visit.person.has(Role.institution_officer),
    )


async def _read(visit: Visit, service: str, path: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A list, or what a service answers as one; empty where there is none for this person."""
    if path == "/v1/letter-kinds":
        answer = await visit.services.find(service, path)
        return list(answer.data) if answer else []
    return await tables.whole(visit, service, path, **params)


#: What follows upon an application, in the order in which an institution meets it.
STEPS = (
    N_("File the application: what is asked to be accredited, and by which regulation and standards."),
    N_("Send the documents that it needs. The page of the case says which are missing, and by which clause."),
    N_("The agency registers it. From that day terms run, and the page of the case counts them."),
    N_("Your own part – the self-assessment, the visit, the answers – appears on your first page when it is your turn."),
)


@router.get("/{language}/apply")
async def apply(visit: SignedIn) -> Response:
    """How a case begins: by which regulations one may apply, what each needs; the form itself is the command's."""
    books = [book for book in labels.books() if book.procedure == "accreditation"]
    return visit.page(
        "own/apply.html.jinja",
        books=[
            {
                "book": book,
                "kinds": [names[visit.language] for names in labels.vocabulary(book, "kinds").values() if isinstance(names, Mapping)],
                "documents": _needed(book),
                "form": visit.url("new/intake/file_application", rulebook_id=book.id, institution_id=visit.person.institution),
            }
            for book in books
        ],
        steps=STEPS,
        may=visit.person.has(Role.institution_officer, Role.coordinator),
    )


def _needed(book: Rulebook) -> list[Any]:
    """The documents without which an application is not registered; of some kind of accreditation at least."""
    return [each for each in book.documents.values() if each.required_for]
