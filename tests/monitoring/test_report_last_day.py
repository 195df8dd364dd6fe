"""A day ends at midnight in Bishkek, which is 18:00 of the same date in UTC: to its last second it is in time, then it is late."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis.testing import given
from regulations import load
from services.monitoring.contract import DeadlineMet, DeadlineMissed, DeadlineSet, InterimReportSubmitted
from services.monitoring.domain.cycle import CYCLE, SubmitReport
from services.monitoring.domain.deadline import DEADLINE, MeetDeadline, MissDeadline, SetDeadline
from services.monitoring.domain.report import Known
from tests.monitoring.cycles import AAKR, DUE, EXPECTED, EXPIRES, PLAN, SAPATTUU, opened, report

RULES = {AAKR: "interim_report", SAPATTUU: "report_before_expiry"}
ANCHORS = {AAKR: EXPECTED, SAPATTUU: EXPIRES}
BOTH = pytest.mark.parametrize("rulebook", [AAKR, SAPATTUU])


def midnight_after(rulebook: str) -> datetime:
    """The first instant of the day after the last one: 00:00:00 in Bishkek."""
    return datetime(DUE[rulebook].year, DUE[rulebook].month, DUE[rulebook].day, 18, tzinfo=UTC)


def deadline(rulebook: str) -> DeadlineSet:
    command = SetDeadline(
        at=datetime(2026, 10, 1, 6, tzinfo=UTC),
        by="workflow:cycle-1",
        deadline_id="d-1",
        case_id="f-1",
        workflow_id="cycle-1",
        institution_id="jasu",
        rulebook=load(rulebook).ref,
        rule=RULES[rulebook],
        anchor_on=ANCHORS[rulebook],
    )
    (fact,) = DEADLINE.decide(command, DEADLINE.initial, load(rulebook))
    assert isinstance(fact, DeadlineSet)
    return fact


@pytest.mark.clause(AAKR, "II.4.e", "III.h")
@pytest.mark.clause(SAPATTUU, "2.5.p3")
@BOTH
@pytest.mark.parametrize(("before_midnight", "late_days", "days_on"), [(1, 0, 0), (0, 1, 1), (-86_399, 1, 1), (-86_400, 2, 2)])
def test_a_report_is_in_time_to_the_last_second_of_its_last_local_day(
    rulebook: str, before_midnight: int, late_days: int, days_on: int
) -> None:
    at = midnight_after(rulebook) - timedelta(seconds=before_midnight)
    handed_in = SubmitReport(at=at, by="jasu.officer", report=report(rulebook), known=Known(measures=PLAN))
    (fact,) = given(CYCLE, [opened(rulebook)]).when(handed_in).then_types(InterimReportSubmitted)
    assert isinstance(fact, InterimReportSubmitted)
    assert (fact.submitted_on, fact.due_on) == (DUE[rulebook] + timedelta(days=days_on), DUE[rulebook])
    assert fact.late_days == late_days


@pytest.mark.clause(AAKR, "II.4.e")
@pytest.mark.clause(SAPATTUU, "2.5.p3")
@BOTH
def test_a_deadline_runs_to_midnight_of_its_last_local_day(rulebook: str) -> None:
    fact = deadline(rulebook)
    assert (fact.due_on, fact.due_at) == (DUE[rulebook], midnight_after(rulebook))
    at_the_last_second = MissDeadline(at=fact.due_at - timedelta(seconds=1), by="workflow:cycle-1")
    given(DEADLINE, [fact]).when(at_the_last_second).then_refused(words="not missed yet")
    (missed,) = given(DEADLINE, [fact]).when(MissDeadline(at=fact.due_at, by="workflow:cycle-1")).then_types(DeadlineMissed)
    assert isinstance(missed, DeadlineMissed)
    assert missed.missed_on == DUE[rulebook] + timedelta(days=1)


@pytest.mark.clause(AAKR, "II.4.e")
@BOTH
def test_what_was_handed_in_on_the_last_day_is_in_time_though_it_is_recorded_after_midnight(rulebook: str) -> None:
    fact = deadline(rulebook)
    told_later = MeetDeadline(at=fact.due_at + timedelta(seconds=1), by="workflow:cycle-1", on=DUE[rulebook])
    (met,) = given(DEADLINE, [fact]).when(told_later).then_types(DeadlineMet)
    assert isinstance(met, DeadlineMet)
    assert (met.met_on, met.late_days) == (DUE[rulebook], 0)
