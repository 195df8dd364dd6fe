"""A case before the council: materials, then the notice of refusal and the published report (order 109, p. 9.7, 9.10, 18, 22)."""

from datetime import date

import pytest

from chassis.documents import Document
from chassis.problems import Conflict
from services.council.contract import ConsiderationOpened, MaterialsPrepared, RefusalNoticeSent, ReportPublished
from services.council.domain.consideration import CONSIDERATION, Open, PrepareMaterials
from services.council.domain.notices import PublishReport, SendRefusalNotice
from tests.council.cases import (
    DOCUMENT,
    FILED_ON,
    OPENED,
    OPENED_ON,
    ORDER_109,
    PREPARED,
    REGISTERED_ON,
    RULES,
    TODAY,
    at,
    case,
    decided,
    vote,
)

REPORT = Document(kind="full_report", name="Full report", sha256="e" * 64)
REFUSED = decided("refuse", reasons="Too few staff")
NOTICE = RefusalNoticeSent(case_id="case-1", reasons="Too few staff", reapplication_from=date(2010, 2, 21), sent_on=TODAY)
PUBLISHED = ReportPublished(case_id="case-1", document=REPORT, published_on=TODAY)


def notice(reasons: str = "Too few staff") -> SendRefusalNotice:
    return SendRefusalNotice(**at(TODAY), reasons=reasons)


def materials(on: date = OPENED_ON, conclusion: str = "Conforms") -> PrepareMaterials:
    return PrepareMaterials(**at(on), documents=(DOCUMENT,), conclusion=conclusion)


def publication() -> PublishReport:
    return PublishReport(**at(TODAY), document=REPORT)


def test_a_consideration_is_opened_once_and_asking_again_changes_nothing() -> None:
    command = Open(
        **at(OPENED_ON),
        case_id="case-1",
        institution_id="kaznu",
        rulebook=RULES.ref,
        scopes=("institution",),
        filed_on=FILED_ON,
        registered_on=REGISTERED_ON,
    )
    case().when(command).then(OPENED)
    case(OPENED).when(command).then()


@pytest.mark.clause(ORDER_109, "9.7", "18")
class TestMaterials:
    def test_the_body_prepares_them(self) -> None:
        case(OPENED).when(materials()).then(PREPARED)

    def test_they_may_be_corrected_until_the_vote_begins(self) -> None:
        (event,) = case(OPENED, PREPARED).when(materials(TODAY, "Conforms in part")).then_types(MaterialsPrepared)
        assert CONSIDERATION.fold([OPENED, PREPARED, event]).materials == event

    @pytest.mark.parametrize("later", [vote("aigul", "for"), decided("accredit")], ids=["a vote", "the decision"])
    def test_they_stand_from_the_first_vote_on(self, later: ConsiderationOpened) -> None:
        assert isinstance(case(OPENED, PREPARED, later).when(materials()).then_refused(words="no longer change"), Conflict)


@pytest.mark.clause(ORDER_109, "22 (a)")
class TestNoticeOfRefusal:
    @pytest.mark.clause(ORDER_109, "22 (b)")
    def test_it_gives_the_reasons_and_the_day_from_which_a_repeated_application_is_possible(self) -> None:
        case(OPENED, PREPARED, REFUSED).when(notice()).then(NOTICE)

    @pytest.mark.parametrize("reasons", ["", " \n "])
    def test_a_letter_without_reasons_is_refused(self, reasons: str) -> None:
        case(OPENED, PREPARED, REFUSED).when(notice(reasons)).then_refused(clause="22 (a)", words="gives the reasons")

    def test_there_is_no_notice_of_what_was_not_refused(self) -> None:
        case(OPENED, PREPARED).when(notice()).then_refused(clause="22 (a)", words="refused nothing")
        case(OPENED, PREPARED, decided("accredit", "accredit")).when(notice()).then_refused(clause="22 (a)", words="refused nothing")

    def test_the_refusal_of_one_scope_is_told_too(self) -> None:
        case(OPENED, PREPARED, decided("accredit", "refuse", reasons="Law fails")).when(notice()).then(NOTICE)

    def test_it_is_sent_once(self) -> None:
        assert isinstance(case(OPENED, PREPARED, REFUSED, NOTICE).when(notice()).then_refused(words="2010-03-15"), Conflict)


@pytest.mark.clause(ORDER_109, "9.10")
class TestPublication:
    @pytest.mark.parametrize("decision", [decided("accredit"), REFUSED], ids=["accredited", "refused"])
    def test_the_full_report_is_published_after_either_decision(self, decision: ConsiderationOpened) -> None:
        case(OPENED, PREPARED, decision).when(publication()).then(PUBLISHED)

    def test_not_before(self) -> None:
        case(OPENED, PREPARED).when(publication()).then_refused(clause="9.10", words="after the decision")

    def test_once(self) -> None:
        assert isinstance(case(OPENED, PREPARED, REFUSED, PUBLISHED).when(publication()).then_refused(words="2010-03-15"), Conflict)
