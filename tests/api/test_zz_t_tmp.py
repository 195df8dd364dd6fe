from uuid import uuid4

from tests.api.attested import ANOTHER, AttestedJourney


async def test_walk(stack, http, legal_time) -> None:
    agency=f"w-{uuid4().hex[:8]}"
    one = await AttestedJourney(stack, http, legal_time, agency).to("suspended")
    two = AttestedJourney(stack, http, legal_time, agency, institution=ANOTHER)
    two.ids = dict(one.ids)
    await two.to("suspended")
