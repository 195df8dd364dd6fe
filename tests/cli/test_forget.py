"""Forgetting a person: the name is gone from reads, events and read models; what was decided stays, and the chain is whole."""

import httpx

from chassis.auth import Role
from chassis.eventstore import verify_chains
from chassis.issuer import development_token
from chassis.migrations import admin_connection
from cli.forget import forget
from cli.supervisor import Stack

NAME = "Aigerim Example"


async def test_a_forgotten_person_is_gone_from_every_read(stack: Stack, agency: str) -> None:
    using = stack.settings()
    token = development_token(using, subject="agency.coordinator", roles=[Role.coordinator], agency=agency)
    headers = {"authorization": f"Bearer {token}", "idempotency-key": "first"}
    async with httpx.AsyncClient(base_url=stack.urls["visits"], headers=headers) as http:
        for expert, name in (("expert.gone", NAME), ("expert.stays", "Bolot Example")):
            body = {"expert_id": expert, "name": name, "email": f"{expert}@example.org"}
            answer = await http.post("/v1/experts", json=body, headers={"idempotency-key": expert})
            assert answer.status_code == 201, answer.text
        assert (await http.get("/v1/experts/expert.gone")).json()["name"] == NAME

        rebuilt = await forget(using, agency, "expert.gone")

        assert "visits.experts" in rebuilt
        gone = (await http.get("/v1/experts/expert.gone")).json()
        assert (gone["name"], gone["email"]) == ("[forgotten]", "[forgotten]")
        assert (await http.get("/v1/experts/expert.stays")).json()["name"] == "Bolot Example"
    database = await admin_connection(using, "visits")
    try:
        _, broken = await verify_chains(database)
        assert broken == []
        assert not await database.fetchval("SELECT count(*) FROM events WHERE data::text LIKE $1", f"%{NAME}%")
        assert not await database.fetchval("SELECT count(*) FROM experts WHERE to_jsonb(experts)::text LIKE $1", f"%{NAME}%")
        assert not await database.fetchval("SELECT count(*) FROM idempotency_keys WHERE answer::text LIKE $1", f"%{NAME}%")
    finally:
        await database.close()
