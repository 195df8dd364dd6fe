"""What was recorded wrongly of a case, an institution, a schedule or standards is put right, as far as it could have been so."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from chassis.corrected import FactCorrected
from chassis.corrections import Correctable, CorrectFact
from chassis.events import Event
from chassis.problems import Conflict, Invalid, Problem, Refused
from chassis.testing import given
from regulations import load
from services.intake.contract import (
    ApplicationCorrected,
    InstitutionClosed,
    InstitutionRegistered,
    ScheduleAdopted,
    ScheduleCorrected,
    StandardsCorrected,
)
from services.intake.domain import corrections, institution, standards
from services.intake.domain.application import APPLICATION
from services.intake.domain.institution import INSTITUTION
from services.intake.domain.schedule import SCHEDULE_CORRECTIONS
from tests.intake.test_iqaa import (
    APPOINTED,
    CONTRACTED,
    DRAWN_UP,
    FILED,
    OTHER_RULES,
    PROCURED,
    REGISTERED,
    SEMINAR,
    TRIP,
    seminar,
    signed,
)
from tests.intake.test_standards import ADOPTED

IQAA = "iqaa-accreditation"
TODAY = date(2024, 2, 20)
PREPARED = (*CONTRACTED, APPOINTED, TRIP, SEMINAR)
UNIVERSITY = InstitutionRegistered(institution_id="kaznu", names={"en": "Univercity"}, kind="university", city="Alamty", country="KZ")


def corrected(how: Correctable, past: Sequence[Event], wrong: Event, **right: Any) -> FactCorrected | Problem | None:
    """The correction of an event of the past, or why there is none; None where it is right already."""
    at = datetime.combine(TODAY, time(6), UTC)
    told = {"corrects": "e-1", "version": past.index(wrong) + 1, "corrected": right, "reason": "A slip.", "corrected_on": TODAY}
    command = CorrectFact(at=at, by="director", **told)
    try:
        facts = how.decider.decide(command, how.decider.fold(past), None)
    except Problem as problem:
        return problem
    if not facts:
        return None
    (fact,) = facts
    assert isinstance(fact, FactCorrected)
    return fact


def of_case(past: Sequence[Event], wrong: Event, ownership: str | None = "state", **right: Any) -> FactCorrected | Problem | None:
    state = APPLICATION.fold(past)
    assert state.filed is not None
    rules = load(state.filed.rulebook.id)
    return corrected(corrections.corrections(state, ownership, rules, TODAY), past, wrong, **right)


class TestCase:
    def test_the_number_of_the_registration_is_put_right_and_the_log_keeps_both(self) -> None:
        fact = of_case(CONTRACTED, REGISTERED, number="71")
        assert isinstance(fact, ApplicationCorrected)
        assert (fact.case_id, fact.previous, fact.corrected) == ("case-1", {"number": "17"}, {"number": "71"})
        assert of_case((*CONTRACTED, fact), REGISTERED, number="71") is None

    @pytest.mark.clause(IQAA, "S1.c.2")
    def test_a_trip_is_made_by_now_and_ends_after_it_starts(self) -> None:
        fact = of_case(PREPARED, TRIP, starts_on="2024-02-01", ends_on="2024-02-02")
        assert isinstance(fact, ApplicationCorrected)
        assert APPLICATION.fold([*PREPARED, fact]).preparation.trip_days == (date(2024, 2, 1), date(2024, 2, 2))
        for days in ({"starts_on": "2024-02-06"}, {"ends_on": "2024-02-21"}):
            assert isinstance(of_case(PREPARED, TRIP, **days), Conflict)

    @pytest.mark.clause(IQAA, "S1.d")
    def test_a_seminar_is_held_by_now_told_once_and_attended(self) -> None:
        fact = of_case(PREPARED, SEMINAR, held_on="2024-02-01", attended=34)
        assert isinstance(fact, ApplicationCorrected)
        given(APPLICATION, [*PREPARED, fact]).when(seminar(date(2024, 2, 1))).then_refused(words="recorded already")
        given(APPLICATION, [*PREPARED, fact]).when(seminar()).then(SEMINAR)
        other = SEMINAR.model_copy(update={"held_on": date(2024, 2, 1)})
        assert isinstance(of_case((*PREPARED, other), SEMINAR, held_on="2024-02-01"), Conflict)
        assert isinstance(of_case(PREPARED, SEMINAR, held_on="2024-02-21"), Conflict)
        for strange in ({"attended": 0}, {"attended": 10**12}, {"held_on": "1999-12-31"}, {"held_on": 0}, {"subject": "Other"}):
            assert isinstance(of_case(PREPARED, SEMINAR, **strange), Invalid)

    @pytest.mark.clause(IQAA, "S1.b.3")
    def test_a_procurement_is_over_by_now_and_before_the_first_signature_of_a_state_organisation(self) -> None:
        open_ = (FILED, REGISTERED, DRAWN_UP, PROCURED)
        fact = of_case(open_, PROCURED, completed_on="2024-02-20", reference="1187")
        assert isinstance(fact, ApplicationCorrected)
        assert isinstance(of_case(open_, PROCURED, completed_on="2024-02-21"), Conflict)
        past = (*open_, signed("institution"))
        refused = of_case(past, PROCURED, completed_on="2024-02-05")
        assert isinstance(refused, Refused)
        assert refused.clause == "S1.b.3"
        assert isinstance(of_case(past, PROCURED, completed_on="2024-02-04"), ApplicationCorrected)
        assert isinstance(of_case(past, PROCURED, ownership="other", completed_on="2024-02-05"), ApplicationCorrected)

    def test_another_correction_does_not_ask_for_the_procurement_again(self) -> None:
        late = PROCURED.model_copy(update={"completed_on": date(2024, 2, 6)})
        past = (FILED, REGISTERED, DRAWN_UP, late, signed("institution"))
        assert isinstance(of_case(past, REGISTERED, number="71"), ApplicationCorrected)

    def test_a_rulebook_that_tells_no_owners_apart_lets_a_procurement_end_later(self) -> None:
        filed = FILED.model_copy(update={"rulebook": OTHER_RULES.ref})
        past = (filed, REGISTERED, PROCURED, signed("institution"))
        assert isinstance(of_case(past, PROCURED, ownership=None, completed_on="2024-02-12"), ApplicationCorrected)

    @pytest.mark.parametrize("event", [FILED, DRAWN_UP, signed("institution"), CONTRACTED[-1]], ids=lambda each: type(each).__name__)
    def test_what_others_rest_on_is_undone_by_another_act(self, event: Event) -> None:
        assert isinstance(of_case(CONTRACTED, event, contract_number="K-7"), Conflict)


class TestInstitution:
    CLOSED = InstitutionClosed(institution_id="kaznu", act="No. 7", closed_on=date(2024, 2, 1))

    def of(self, wrong: Event, **right: Any) -> FactCorrected | Problem | None:
        how = institution.corrections(datetime.combine(TODAY, time(6), UTC))
        return corrected(how, (UNIVERSITY, self.CLOSED), wrong, **right)

    def test_its_names_and_its_place_are_put_right(self) -> None:
        fact = self.of(UNIVERSITY, names={"en": "University", "kk": "Университет"}, city="Almaty")
        assert isinstance(fact, FactCorrected)
        assert INSTITUTION.fold([UNIVERSITY, fact]).names == {"en": "University", "kk": "Университет"}
        assert isinstance(self.of(UNIVERSITY, names={}), Conflict)
        assert isinstance(self.of(UNIVERSITY, country="Kazakhstan"), Invalid)

    def test_it_was_closed_by_now_wherever_it_is(self) -> None:
        assert isinstance(self.of(self.CLOSED, closed_on="2024-02-20", act="No. 8"), FactCorrected)
        assert isinstance(self.of(self.CLOSED, closed_on="2024-02-22"), Conflict)


@pytest.mark.clause("kz-109-2008-accreditation", "12")
def test_the_act_of_a_schedule_is_put_right() -> None:
    adopted = ScheduleAdopted(year=2024, act="Order 12", adopted_on=date(2024, 1, 10))
    fact = corrected(SCHEDULE_CORRECTIONS, (adopted,), adopted, act="Order 21")
    assert isinstance(fact, ScheduleCorrected)
    assert fact.year == 2024
    assert isinstance(corrected(SCHEDULE_CORRECTIONS, (adopted,), adopted, year=2025), Invalid)


@pytest.mark.clause(IQAA, "P.1")
def test_the_adoption_of_standards_is_put_right_and_the_standards_are_not() -> None:
    how = standards.corrections(TODAY)
    fact = corrected(how, (ADOPTED,), ADOPTED, adopted_on="2024-02-01", act="No. 4")
    assert isinstance(fact, StandardsCorrected)
    assert fact.standards_id == "s-1"
    assert isinstance(corrected(how, (ADOPTED,), ADOPTED, adopted_on="2024-02-21"), Conflict)
    assert isinstance(corrected(how, (ADOPTED,), ADOPTED, areas=[]), Invalid)
