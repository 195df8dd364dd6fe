"""The first page: the work queue for those who have one, and the ways on for everybody else."""

from fastapi import APIRouter
from starlette.responses import Response

from chassis.auth import Role
from console.nav import STAFF
from console.visit import Anybody

router = APIRouter()

#: Where the home of a role lies, without the language; the first that the person has.
HOMES: list[tuple[frozenset[Role], str]] = [
    (STAFF, "queue"),
    (frozenset({Role.institution_officer}), "institution"),
    (frozenset({Role.authorised_body_officer}), "attestation"),
    (frozenset({Role.council_member}), "meetings"),
    (frozenset({Role.expert}), "panels"),
]


@router.get("/{language}")
async def home(visit: Anybody) -> Response:
    """To the person's own work; a page of ways on for the others."""
    if visit.signed_in:
        for roles, path in HOMES:
            if visit.person.has(*roles):
                return visit.to(path)
    return visit.page("layout/home.html.jinja")
