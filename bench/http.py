"""Commands over HTTP, through a real service process with real tokens, against raw inserts."""

from uuid import uuid4

from bench.client import Client
from bench.rates import Step, rate, raw_writers
from bench.results import Result, Sizes, middle
from bench.subject import institution, open_subject
from chassis.auth import Role
from chassis.ids import new_id
from chassis.issuer import development_token
from chassis.settings import Settings

TARGET = 0.4
CLIENTS = 32


async def measure(using: Settings, sizes: Sizes) -> list[Result]:
    """Requests a second that enter an institution, on keep-alive connections."""
    agency = f"bench-{uuid4().hex[:12]}"
    token = development_token(using, subject="bench", roles=[Role.coordinator], agency=agency)
    clients = [Client(using.url("intake")) for _ in range(CLIENTS)]
    steps = [_step(client, token) for client in clients]
    ours, theirs = [], []
    try:
        async with open_subject(using), raw_writers(using, CLIENTS) as raw:
            await rate(steps, sizes.seconds / 2)
            await rate(raw, sizes.seconds / 4)
            for _ in range(sizes.rounds):
                ours.append(await rate(steps, sizes.seconds))
                theirs.append(await rate(raw, sizes.seconds))
    finally:
        for client in clients:
            client.close()
    name = f"http: POST /v1/institutions, {CLIENTS} clients"
    return [Result(name, middle(ours), middle(theirs), f"asyncpg, bare table ×{CLIENTS}", "requests/s", TARGET)]


def _step(client: Client, token: str) -> Step:
    """Enters a new institution; anything but 201 is an error of the measurement."""

    async def register() -> None:
        answer = await client.post("/v1/institutions", institution(new_id()), token)
        if answer.status != 201:
            raise RuntimeError(f"intake answered {answer.status}: {answer.body.decode()}")

    return register
