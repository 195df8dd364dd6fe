"""The search: one line of text, and what of the agency it may mean."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from console.client import Refused
from console.i18n import N_
from console.visit import SignedIn, Visit

router = APIRouter()

KINDS = {
    "institution": N_("Institutions"),
    "case": N_("Cases"),
    "certificate": N_("Certificates"),
    "attestation": N_("Attestations"),
}
ONE = {"institution": N_("Institution"), "case": N_("Case"), "certificate": N_("Certificate"), "attestation": N_("Attestation")}
LEAST = 2


@router.get("/{language}/search")
async def search(visit: SignedIn, q: str = "", kind: str = "") -> Response:
    """The form and what it finds."""
    sought = " ".join(q.split())
    hits: list[dict[str, Any]] = []
    problem = None
    if len(sought) >= LEAST:
        try:
            asked = await visit.services.get("notices", "/v1/search", q=sought[:100], kind=kind if kind in KINDS else None, limit=50)
            hits = asked.data["items"]
        except Refused as refused:
            if refused.status in (401, 404):
                raise
            problem = refused.problem
    return visit.page(
        "knowledge/search.html.jinja",
        q=q,
        sought=sought,
        kind=kind,
        kinds=KINDS,
        one=ONE,
        hits=[(hit, _page(visit, hit)) for hit in hits],
        short=0 < len(sought) < LEAST,
        problem=problem,
    )


def _page(visit: Visit, hit: dict[str, Any]) -> str:
    """The page of what was found."""
    if hit["kind"] == "case":
        return visit.url(f"cases/{hit['id']}")
    return visit.url(f"records/{hit['service']}/{hit['path'].removeprefix('/v1/')}")
