"""Internal monitoring's figures of real cases are those that one counts from the raw events of all services, one by one."""

from datetime import date

import httpx
import pytest

from chassis.auth import Role
from cli.skipping import LegalTime
from tests.api.journey import Journey
from tests.api.ledger import Ledger
from tests.monitoring.recount_figures import Recount, rows, told

RAW = "SELECT event_id, type, data FROM events WHERE agency = $1 ORDER BY xid, position"
ARTKI = "artki-internal-monitoring"


@pytest.mark.clause(ARTKI, "2.1.1")
@pytest.mark.clause(ARTKI, "2.2.2")
async def test_every_figure_equals_a_recount_of_the_raw_events(
    case: Journey, ledger: Ledger, http: httpx.AsyncClient, legal_time: LegalTime
) -> None:
    await legal_time.settle()
    stored = rows([row for each in ledger.connections.values() for row in await each.fetch(RAW, case.agency)])
    today = await case.today()
    for first, last in ((date(2000, 1, 1), date(2100, 12, 31)), (date(today.year, 1, 1), today), (today, today)):
        shown = (await case.get(Role.auditor, "monitoring", f"/v1/internal-figures?first={first}&last={last}")).json()
        counted = Recount(stored, first, last).all()
        assert told(shown) == counted
        if last.year == 2100:
            assert all(counted[name] for name in ("stages", "letters", "rulings", "deviations", "deadlines"))
            assert len(counted["stages"]) > 10
