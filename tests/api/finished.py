"""The finished case that most tests stand on: everything that a route can be about is there once."""

import httpx

from chassis.auth import Role
from chassis.ids import derived_id
from cli.skipping import LegalTime
from cli.supervisor import Stack
from tests.api.attested import AttestedJourney
from tests.api.followed import SapattuuJourney
from tests.api.gathered import watched
from tests.api.iqaa import IqaaJourney
from tests.api.journey import Journey
from tests.api.monitored import formed, improving
from tests.api.notified import lettered, notified


async def finished(stack: Stack, http: httpx.AsyncClient, time: LegalTime, agency: str) -> Journey:
    """A case of order 109 from its application to the register, with an appeal that was decided; its institution's case of IQAA's
    rulebook, which stands at the visit, has a complaint: order 109 knows none. Two earlier certificates of it are followed up: an imported
    one whose report is late, and a recorded one that the council has extended. It was attested by the state, too: its licence is suspended.

    The agency monitors itself, and has collected some of everything: the measures of its first cycle are in the hands of the next."""
    journey = await Journey(stack, http, time, agency).to("prepared")
    other = await IqaaJourney(stack, http, time, agency, blank=2).to("complained")
    journey.ids["complaint_id"] = other.ids["complaint_id"]
    followed = await SapattuuJourney(stack, http, time, agency).to("extended")
    journey.ids |= {name: followed.ids[name] for name in ("plan_id", "cycle_id", "decision_id")}
    await journey.to("appealed")
    chosen = {"rulebook_id": "aakr-monitoring-2024", "accreditations": ["iqaa-accreditation"], "reason": "As agreed."}
    await journey.post(Role.director, "monitoring", "/v1/follow-up-procedure", chosen)
    imported = await journey.import_certificate()
    journey.ids["followup_id"] = derived_id("followup", imported)
    letter = {"outgoing_number": "17", "sent_on": (await journey.today()).isoformat()}
    await journey.post(Role.coordinator, "monitoring", "/v1/follow-ups/{followup_id}/decision-letter", letter)
    attested = await AttestedJourney(stack, http, time, agency).to("suspended")
    journey.ids |= {name: value for name, value in attested.ids.items() if name not in journey.ids}
    await watched(journey)
    await formed(journey)
    await improving(journey)
    await notified(journey)
    await lettered(journey)
    journey.ids |= {"purpose": "revocation", "status_list": "1", "number": f"KZ-A-{journey.blank}"}
    return journey
