"""Certificates under a rulebook that has no term and no blanks, and the certificates of a case that is decided more than once."""

from datetime import date, timedelta
from typing import Any

import pytest

from chassis.events import Event
from chassis.problems import Conflict
from chassis.testing import Given, given
from services.council.contract import CertificateEnded, CertificateIssued, CertificateReissued, RenewalWindowClosed
from services.council.domain.blanks import BLANKS, ReceiveBlanks
from services.council.domain.certificate import (
    CERTIFICATE,
    Certificate,
    EndCertificate,
    EnterRegister,
    IssueCertificate,
    NotifyAuthorisedBody,
    OpenRenewalWindow,
    ReissueCertificate,
    RequestDuplicate,
    certificate_id,
)
from services.council.domain.issuing import last_day
from tests.council import cases
from tests.council.cases import DOCUMENT, at
from tests.council.iqaa import INSTITUTION, LAW, RULES, TODAY
from tests.council.test_after_decision import BOTH, NEITHER, PART
from tests.council.test_certificate import ISSUED as UNDER_ORDER_109

IQAA = "iqaa-accreditation"
ORDER_109 = "kz-109-2008-accreditation"

pytestmark = pytest.mark.clause(IQAA, "S3.c.1")

UNTIL = date(2031, 3, 15)


def certificate(*events: Event) -> Given[Certificate]:
    return given(CERTIFICATE, events)


def issue(**changes: Any) -> IssueCertificate:
    fields = {"certificate_id": "c-1", "case_id": "case-1", "rulebook": RULES.ref, "decision": PART, "number": "IQAA-1"}
    return IssueCertificate(**at(TODAY), **{**fields, "valid_until": UNTIL, "term_reason": "By the decision", **changes})


def issued() -> CertificateIssued:
    (event,) = certificate().when(issue()).then_types(CertificateIssued)
    assert isinstance(event, CertificateIssued)
    return event


def test_a_person_states_its_last_day_with_a_reason() -> None:
    event = issued()
    assert (event.valid_until, event.term_reason, event.blank_number, event.scopes) == (UNTIL, "By the decision", "", (INSTITUTION,))
    for lacking in ({"valid_until": None}, {"term_reason": None}, {"term_reason": " "}):
        certificate().when(issue(**lacking)).then_refused(clause="S3.c.1", words="no term")
    certificate().when(issue(valid_until=TODAY)).then_refused(clause="S3.c.1", words="not valid until")
    certificate().when(issue(decision=NEITHER)).then_refused(clause="S3.c.1", words="no positive decision")


def test_the_agency_may_set_its_years() -> None:
    rules = RULES.revised({"settings.certificate_years": {"value": 5}}, version="own")
    assert last_day(rules, None, None, date(2024, 2, 29)) == date(2029, 2, 28)
    assert last_day(rules, None, None, TODAY) == date(2031, 3, 16)


@pytest.mark.clause(ORDER_109, "20")
@pytest.mark.parametrize("stated", [{"valid_until": UNTIL}, {"term_reason": "Why"}], ids=["day", "reason"])
def test_where_the_text_has_a_term_nobody_states_one(stated: dict[str, Any]) -> None:
    given_ = {"rulebook": cases.RULES.ref, "decision": cases.decided("accredit"), "blank_number": "AB 000007", "blank_received": True}
    certificate().when(issue(**{**given_, "valid_until": None, "term_reason": None, **stated})).then_refused(clause="20", words="is set")


@pytest.mark.clause(ORDER_109, "23")
def test_a_blank_is_named_where_the_rulebook_keeps_them_and_only_there() -> None:
    certificate().when(issue(blank_number="AB 000007", blank_received=True)).then_refused(clause="S3.c.1", words="keeps no blanks")
    bare = issue(rulebook=cases.RULES.ref, decision=cases.decided("accredit"), valid_until=None, term_reason=None)
    certificate().when(bare).then_refused(clause="23", words="stands on a blank")
    batch = ReceiveBlanks(**at(TODAY), rulebook=RULES.ref, series="AB", first=1, last=9, digits=6)
    given(BLANKS, []).when(batch).then_refused(clause="S3.c.1", words="keeps no blanks")


@pytest.mark.clause(ORDER_109, "24", "28 (a)")
def test_what_the_rulebook_has_not_is_refused_or_does_not_come() -> None:
    there = issued()
    problem = certificate(there).when(EnterRegister(**at(TODAY))).then_refused(clause="S3.c.1", words="body site list")
    assert "decision_register" in problem.accepts
    certificate(there).when(NotifyAuthorisedBody(**at(TODAY), outgoing_number="1")).then_refused(clause="S3.c.1")
    certificate(there).when(RequestDuplicate(**at(TODAY), application=DOCUMENT)).then_refused(clause="S3.c.1", words="no duplicate")
    certificate(there).when(OpenRenewalWindow(**at(TODAY))).then()


@pytest.mark.clause(ORDER_109, "26")
def test_it_ends_for_what_a_person_names_by_an_act() -> None:
    closing = EndCertificate(**at(TODAY), ground="liquidation", act="No. 641", ended_on=TODAY)
    certificate(issued()).when(closing).then_types(CertificateEnded)


@pytest.mark.clause(ORDER_109, "27")
def test_a_case_decided_anew_has_a_certificate_of_what_none_stands_for_yet() -> None:
    assert certificate_id("case-1", 1) == certificate_id("case-1") != certificate_id("case-1", 2)
    (event,) = certificate().when(issue(decision=BOTH, certified={INSTITUTION: "IQAA-1"}, number="IQAA-2")).then_types(CertificateIssued)
    assert isinstance(event, CertificateIssued)
    assert event.scopes == (LAW,)
    problem = certificate().when(issue(certified={INSTITUTION: "IQAA-1"})).then_refused(words="IQAA-1 already")
    assert isinstance(problem, Conflict)


@pytest.mark.clause(ORDER_109, "21", "26")
@pytest.mark.parametrize(("on", "closed"), [(date(2014, 3, 15), False), (date(2014, 3, 16), True)])
def test_what_is_re_issued_in_its_last_year_can_no_longer_be_extended(on: date, closed: bool) -> None:
    ended = CertificateEnded(
        certificate_id=UNDER_ORDER_109.certificate_id,
        case_id="case-1",
        institution_id="kaznu",
        ground="reorganisation",
        act="No. 1",
        successor_id="other",
        ended_on=on - timedelta(days=1),
    )
    command = ReissueCertificate(
        **at(on),
        certificate_id="c-2",
        rulebook=UNDER_ORDER_109.rulebook,
        earlier=UNDER_ORDER_109,
        ended=ended,
        number="2",
        blank_number="AB 000008",
        blank_received=True,
    )
    certificate().when(command).then_types(CertificateReissued, *([RenewalWindowClosed] if closed else []))
