"""A case's place in the yearly schedule, by rulebooks that have one and by those that have none."""

import pytest

from chassis.problems import Invalid, Refused
from regulations import load
from services.intake.contract import CaseScheduled
from services.intake.domain.schedule import ScheduleCase, place
from tests.intake.test_iqaa import FILED, REGISTERED, application, at


def move(ground: str | None = None, adopted: bool = True) -> ScheduleCase:
    return ScheduleCase(**at(), year=2025, month=5, schedule_adopted=adopted, ground=ground)


def test_a_rulebook_without_a_schedule_asks_for_none() -> None:
    application(FILED, REGISTERED).when(move(adopted=False)).then(CaseScheduled(case_id="case-1", year=2025, month=5))


def test_a_change_has_one_of_the_grounds_where_the_rulebook_lists_them() -> None:
    rules = load("kz-109-2008-attestation")
    assert place(move(), None, "case-1", rules)
    with pytest.raises(Refused, match="on a ground alone") as refused:
        place(move(), (2024, 5), "case-1", rules)
    assert (refused.value.clause, refused.value.rulebook) == ("13.1", rules.id)
    with pytest.raises(Invalid, match="no ground"):
        place(move("a_whim"), (2024, 5), "case-1", rules)
    (event,) = place(move("reorganisation"), (2024, 5), "case-1", rules)
    assert isinstance(event, CaseScheduled)
    assert event.ground == "reorganisation"


def test_a_ground_that_no_rulebook_has_is_none() -> None:
    assert isinstance(application(FILED, REGISTERED).when(move("reorganisation")).then_refused(), Invalid)
