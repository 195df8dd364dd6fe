"""Institutions, adopted rulebooks and yearly schedules: each is entered once."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from chassis.problems import Conflict
from chassis.testing import given
from regulations import RulebookChanged, load
from services.intake.contract import InstitutionRegistered, RulebookAdopted, ScheduleAdopted
from services.intake.domain.adoption import ADOPTION, AdoptRulebook, adoption_id
from services.intake.domain.institution import INSTITUTION, RegisterInstitution
from services.intake.domain.schedule import SCHEDULE, AdoptSchedule, schedule_id

ORDER_109 = "kz-109-2008-accreditation"
REF = load(ORDER_109).ref
NOW: dict[str, Any] = {"at": datetime(2020, 9, 14, 19, 0, tzinfo=UTC), "by": "director"}
"""An evening in UTC that is the 15th in Almaty."""

INSTITUTION_FIELDS: dict[str, Any] = {
    "institution_id": "kaznu",
    "names": {"en": "Al-Farabi Kazakh National University"},
    "kind": "university",
    "city": "Almaty",
    "country": "KZ",
}
KNOWN = InstitutionRegistered(**INSTITUTION_FIELDS)
ADOPTED = RulebookAdopted(rulebook=REF, reason="It is in our statute", adopted_on=date(2020, 9, 15))
SCHEDULED = ScheduleAdopted(year=2021, act="Order 31", adopted_on=date(2020, 12, 1))


def test_an_institution_is_registered_once() -> None:
    command = RegisterInstitution(**NOW, **INSTITUTION_FIELDS)
    given(INSTITUTION).when(command).then(KNOWN)
    assert isinstance(given(INSTITUTION, [KNOWN]).when(command).then_refused(words="kaznu"), Conflict)


class TestAdoption:
    COMMAND = AdoptRulebook(**NOW, rulebook=REF, reason="It is in our statute")

    def test_a_repealed_rulebook_is_adopted_with_a_reason_on_the_local_day(self) -> None:
        assert load(ORDER_109).repealed_by is not None
        given(ADOPTION).when(self.COMMAND).then(ADOPTED)

    def test_a_version_is_adopted_once(self) -> None:
        assert isinstance(given(ADOPTION, [ADOPTED]).when(self.COMMAND).then_refused(words="adopted already"), Conflict)

    def test_nothing_is_adopted_but_the_content_that_is_on_the_shelf(self) -> None:
        altered = self.COMMAND.model_copy(update={"rulebook": REF.model_copy(update={"content_hash": "0" * 64})})
        with pytest.raises(RulebookChanged):
            given(ADOPTION).when(altered)

    def test_every_agency_adopts_for_itself(self) -> None:
        assert adoption_id("iqaa", REF) == adoption_id("iqaa", REF)
        assert adoption_id("iqaa", REF) != adoption_id("iaar", REF)
        assert adoption_id("iqaa", REF) != adoption_id("iqaa", REF.model_copy(update={"version": "2013-01-01"}))


@pytest.mark.clause(ORDER_109, "12")
class TestSchedule:
    COMMAND = AdoptSchedule(**NOW, year=2021, act="Order 31", on=date(2020, 12, 1))

    def test_a_year_has_one_schedule(self) -> None:
        given(SCHEDULE).when(self.COMMAND).then(SCHEDULED)
        assert isinstance(given(SCHEDULE, [SCHEDULED]).when(self.COMMAND).then_refused(words="2021"), Conflict)

    def test_every_agency_and_year_has_its_own(self) -> None:
        ids = {schedule_id(agency, year) for agency in ("iqaa", "iaar") for year in (2020, 2021)}
        assert len(ids) == 4
