"""Whatever rulebook on the shelf a request names, it is answered: taken, or refused with what is wrong."""

import httpx
import pytest

from chassis.auth import Role
from cli.supervisor import Stack
from regulations.library import library
from tests.api.journey import Journey

BOOKS = [(book.id, book.version, book.procedure) for versions in library().values() for book in versions]


@pytest.mark.parametrize(("rulebook_id", "version", "procedure"), BOOKS, ids=[book[0] for book in BOOKS])
async def test_every_rulebook_is_answered(stack: Stack, agency: str, rulebook_id: str, version: str, procedure: str) -> None:
    named = {"rulebook_id": rulebook_id, "rulebook_version": version}
    async with httpx.AsyncClient(timeout=30) as http:
        journey = Journey(stack, http, None, agency)  # type: ignore[arg-type]  # no time passes
        await journey.post(Role.coordinator, "intake", "/v1/institutions", journey.university(journey.institution))
        requests = [
            (Role.director, "intake", "/v1/rulebook-adoptions", {"reason": "The agency's own procedure"}),
            (Role.institution_officer, "intake", "/v1/applications", journey.application()),
            (Role.director, "council", "/v1/councils", journey.council()),
            (Role.coordinator, "council", "/v1/blanks", {"series": "KZ", "first": 1, "last": 9, "digits": 6}),
        ]
        for role, service, path, body in requests:
            answer = await http.post(journey.url(service, path), json={**body, **named}, headers=journey.headers(role))
            assert answer.status_code < 500, f"{path}: {answer.text}"
            if procedure != "accreditation" and path in ("/v1/applications", "/v1/blanks"):  # a council decides on follow-ups too
                assert answer.status_code == 422, f"{path}: {answer.text}"
                assert answer.json()["errors"][0]["pointer"] == "#/rulebook_id"
