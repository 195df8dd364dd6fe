"""Complaints about the visit or its report (IQAA, S2.i)."""

from datetime import date, timedelta
from typing import Any

import pytest

from chassis.events import Event
from chassis.problems import Conflict, Refused
from chassis.testing import Given, given
from services.council.contract import ComplaintDecided, ComplaintFiled
from services.council.domain.complaint import COMPLAINT, Complaint, DecideComplaint, FileComplaint, named_body, require_no_stay
from tests.council import cases
from tests.council.cases import DOCUMENT, at
from tests.council.iqaa import RULES, TODAY

IQAA = "iqaa-accreditation"
ORDER_109 = "kz-109-2008-accreditation"

pytestmark = pytest.mark.clause(IQAA, "S2.i")

DAY = timedelta(days=1)
BODY = "Deputy director"
FILED = ComplaintFiled(
    complaint_id="complaint-1",
    case_id="case-1",
    institution_id="kaznu",
    rulebook=RULES.ref,
    against="The panel",
    document=DOCUMENT,
    grounds="They left a day early",
    filed_on=TODAY,
)


def complaint(*events: Event) -> Given[Complaint]:
    return given(COMPLAINT, events)


def file(**changes: Any) -> FileComplaint:
    fields = {
        "complaint_id": "complaint-1",
        "case_id": "case-1",
        "institution_id": "kaznu",
        "rulebook": RULES.ref,
        "visit_started_on": TODAY,
        "decided_on": None,
        "against": "The panel",
        "document": DOCUMENT,
        "grounds": "They left a day early",
    }
    return FileComplaint(**at(TODAY), **{**fields, **changes})


def rule(decided_on: date = TODAY, on: date = TODAY, **changes: Any) -> DecideComplaint:
    return DecideComplaint(**at(on), **{"upheld": True, "decided_by": BODY, "reasons": "So.", "decided_on": decided_on, **changes})


def test_an_institution_complains_from_the_first_day_of_the_visit_on() -> None:
    complaint().when(file()).then(FILED)
    problem = complaint().when(file(visit_started_on=None)).then_refused(clause="S2.i", words="not begun")
    assert "first day of the visit" in problem.accepts


@pytest.mark.clause(IQAA, "S3.e")
def test_after_the_decision_the_remedy_is_an_appeal() -> None:
    problem = complaint().when(file(decided_on=TODAY)).then_refused(clause="S3.e", words=str(TODAY))
    assert problem.accepts == "an appeal against the decision"


@pytest.mark.clause(ORDER_109, "27")
def test_a_rulebook_without_complaints_names_its_appeal() -> None:
    problem = complaint().when(file(rulebook=cases.RULES.ref)).then_refused(clause="27", words="knows no complaint")
    assert problem.accepts.startswith("an appeal")


def test_it_is_decided_once_by_whom_a_person_names() -> None:
    (event,) = complaint(FILED).when(rule()).then_types(ComplaintDecided)
    assert isinstance(event, ComplaintDecided)
    assert (event.decided_by, event.upheld, event.institution_id) == (BODY, True, "kaznu")
    assert isinstance(complaint(FILED, event).when(rule()).then_refused(words=BODY), Conflict)
    complaint(FILED).when(rule(decided_by=" ")).then_refused(clause="S2.i", words="names the body")


def test_it_is_not_decided_before_it_is_filed_nor_ahead_of_time() -> None:
    for day in (TODAY - DAY, TODAY + DAY):
        complaint(FILED).when(rule(day)).then_refused(clause="S2.i", words=str(day))
    complaint(FILED).when(rule(TODAY, on=TODAY + DAY)).then_types(ComplaintDecided)


def test_the_agency_may_set_the_body() -> None:
    rules = RULES.revised({"settings.complaint_body": {"value": "Ethics board"}}, version="own")
    assert named_body(rules, "complaint_body", "", "S2.i") == "Ethics board"
    assert named_body(rules, "complaint_body", "Ethics board", "S2.i") == "Ethics board"
    with pytest.raises(Refused, match="Ethics board"):
        named_body(rules, "complaint_body", BODY, "S2.i")


def test_an_open_complaint_stays_nothing_unless_the_agency_reads_it_so() -> None:
    require_no_stay(RULES, ["complaint-1"])
    rules = RULES.revised({"settings.complaint_suspends_procedure": {"value": True}}, version="staying")
    require_no_stay(rules, [])
    with pytest.raises(Refused, match="complaint-1") as refused:
        require_no_stay(rules, ["complaint-1"])
    assert refused.value.clause == "S2.i"
