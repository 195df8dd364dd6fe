"""Institutions, adopted rulebooks and yearly schedules: each is entered once."""

from datetime import UTC, date, datetime
from typing import Any, ClassVar

import pytest

from chassis.problems import Conflict
from chassis.testing import given
from regulations import RulebookChanged, load
from services.intake.contract import (
    InstitutionClosed,
    InstitutionDescribed,
    InstitutionRegistered,
    InstitutionSucceeded,
    RulebookAdopted,
    ScheduleAdopted,
)
from services.intake.domain.adoption import ADOPTION, AdoptRulebook, adoption_id
from services.intake.domain.institution import INSTITUTION, CloseInstitution, DescribeInstitution, RecordSuccession, RegisterInstitution
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


class TestDescription:
    DETAILS: ClassVar[dict[str, Any]] = {"ownership": "state", "levels": ("higher",), "eter_id": "KZ0012", "national_id": "990140001154"}
    DESCRIBED = InstitutionDescribed(institution_id="kaznu", **DETAILS)

    def test_an_institution_is_described_as_a_whole(self) -> None:
        describe = DescribeInstitution(**NOW, **self.DETAILS)
        given(INSTITUTION, [KNOWN]).when(describe).then(self.DESCRIBED)
        bare = DescribeInstitution(**NOW)
        given(INSTITUTION, [KNOWN, self.DESCRIBED]).when(bare).then(InstitutionDescribed(institution_id="kaznu"))

    def test_what_is_known_already_is_no_news(self) -> None:
        describe = DescribeInstitution(**NOW, **self.DETAILS)
        registered = KNOWN.model_copy(update=self.DETAILS)
        for past in ([KNOWN, self.DESCRIBED], [registered]):
            assert isinstance(given(INSTITUTION, past).when(describe).then_refused(words="already"), Conflict)


class TestSuccession:
    SUCCEEDED = InstitutionSucceeded(institution_id="kaznu", successor_id="aknu", act="No. 641", succeeded_on=date(2020, 9, 1))

    def succeed(self, successor_id: str = "aknu", known: bool = True) -> RecordSuccession:
        told = {"successor_id": successor_id, "act": "No. 641", "succeeded_on": date(2020, 9, 1)}
        return RecordSuccession(**NOW, **told, successor_known=known)

    def test_another_institution_takes_the_place_once(self) -> None:
        given(INSTITUTION, [KNOWN]).when(self.succeed()).then(self.SUCCEEDED)
        assert isinstance(given(INSTITUTION, [KNOWN, self.SUCCEEDED]).when(self.succeed()).then_refused(words="already"), Conflict)

    def test_the_successor_is_another_one_that_the_agency_knows(self) -> None:
        assert isinstance(given(INSTITUTION, [KNOWN]).when(self.succeed("kaznu")).then_refused(words="itself"), Conflict)
        assert isinstance(given(INSTITUTION, [KNOWN]).when(self.succeed(known=False)).then_refused(words="register"), Conflict)


def test_an_institution_is_closed_once_by_an_act() -> None:
    closed = InstitutionClosed(institution_id="kaznu", act="No. 12", closed_on=date(2020, 9, 1))
    command = CloseInstitution(**NOW, act="No. 12", closed_on=date(2020, 9, 1))
    given(INSTITUTION, [KNOWN]).when(command).then(closed)
    assert isinstance(given(INSTITUTION, [KNOWN, closed]).when(command).then_refused(words="2020-09-01"), Conflict)


@pytest.mark.parametrize(("closed_on", "come"), [(date(2020, 9, 15), True), (date(2020, 9, 16), False)])
def test_an_institution_is_closed_by_then(closed_on: date, come: bool) -> None:
    outcome = given(INSTITUTION, [KNOWN]).when(CloseInstitution(**NOW, act="No. 12", closed_on=closed_on))
    if come:
        outcome.then_types(InstitutionClosed)
    else:
        assert isinstance(outcome.then_refused(words="not come"), Conflict)


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
