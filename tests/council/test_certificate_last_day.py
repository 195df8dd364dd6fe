"""A certificate is valid to midnight of its last day in Bishkek, which is 18:00 of the same date in UTC."""

from datetime import UTC, date, datetime, timedelta

import pytest

from chassis.testing import given
from regulations import local_date
from services.council import handlers_followed
from services.council.contract import CertificateExpired, CertificateRecorded, RunDue
from services.council.domain.certificate import CERTIFICATE, ExpireCertificate
from tests.council.followed import AAKR, LAST_DAY, RECORDED
from tests.council.resolutions import RULES
from tests.council.test_followed_over_rest import Keeper, desk, keeper

__all__ = ["desk", "keeper"]

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
OF_AAKR = RECORDED.model_copy(update={"rulebook": AAKR.ref, "kind": "conditional"})


def midnight_after(day: date) -> datetime:
    """The first instant of the next day in Bishkek."""
    return datetime(day.year, day.month, day.day, 18, tzinfo=UTC)


@pytest.mark.parametrize("recorded", [RECORDED, OF_AAKR], ids=["sapattuu", "aakr"])
def test_it_expires_at_midnight_and_not_a_second_before(recorded: CertificateRecorded) -> None:
    over = midnight_after(LAST_DAY)
    last_second = ExpireCertificate(at=over - SECOND, by="workflow:calendar")
    given(CERTIFICATE, [recorded]).when(last_second).then_refused(words=f"to the end of {LAST_DAY}")
    first_second = ExpireCertificate(at=over, by="workflow:calendar")
    (fact,) = given(CERTIFICATE, [recorded]).when(first_second).then_types(CertificateExpired)
    assert isinstance(fact, CertificateExpired)
    assert fact.expired_on == LAST_DAY


def test_it_holds_in_its_last_local_second_though_utc_has_the_same_date_for_six_hours_more() -> None:
    certified = CERTIFICATE.fold([RECORDED])
    for instant, valid in ((midnight_after(LAST_DAY) - SECOND, True), (midnight_after(LAST_DAY), False)):
        assert instant.date() == LAST_DAY
        assert certified.in_force(local_date(instant, RULES.zone)) is valid


async def test_the_calendar_finds_it_at_midnight(keeper: Keeper) -> None:
    found = await keeper.recorded()
    last = date.fromisoformat(found["valid_until"])
    request = RunDue(agency=keeper.desk.agency)
    for instant, done in ((midnight_after(last) - SECOND, 0), (midnight_after(last), 1)):
        ctx = await keeper.desk.context()
        ctx.at = instant
        due = await handlers_followed.run_due(ctx, request)
        assert (due.done, due.next_at) == (done, None if done else midnight_after(last))
    assert (await keeper.read(found["certificate_id"], last))["standing"] == "valid"
    assert (await keeper.read(found["certificate_id"], last + DAY))["standing"] == "expired"
