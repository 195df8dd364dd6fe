"""The end of a certificate before its term, and its re-issue to the successor (order 109, p. 26, 27)."""

from datetime import date, timedelta
from typing import Any

import pytest

from chassis.problems import Conflict
from services.council.contract import OVERTURNED, CertificateEnded, CertificateExpired, CertificateReissued
from services.council.domain.certificate import (
    CERTIFICATE,
    CloseRenewalWindow,
    EndCertificate,
    ExpireCertificate,
    OpenRenewalWindow,
    ReissueCertificate,
    reissued_id,
)
from services.council.domain.standing import valid_on
from tests.council.cases import INSTITUTION, ORDER_109, RULES, TODAY, at, decided
from tests.council.test_certificate import ID, ISSUED, VALID_UNTIL, certificate, issue

ON = date(2012, 9, 3)
DAY = timedelta(days=1)
SUCCESSOR_ID = reissued_id(ID)
ENDED = CertificateEnded(
    certificate_id=ID, case_id="case-1", institution_id="kaznu", ground="reorganisation", act="No. 641", successor_id="aknu", ended_on=ON
)
LIQUIDATED = ENDED.model_copy(update={"ground": "liquidation", "successor_id": None})


def end(ground: str = "liquidation", on: date = ON, recorded_on: date = ON, **changes: Any) -> EndCertificate:
    return EndCertificate(**at(recorded_on), ground=ground, act="No. 641", ended_on=on, **changes)


def reissue(ended: CertificateEnded | None = ENDED, on: date = ON + 9 * DAY, **changes: Any) -> ReissueCertificate:
    fields = {"certificate_id": SUCCESSOR_ID, "rulebook": RULES.ref, "earlier": ISSUED, "number": "057", "blank_number": "AB 000031"}
    return ReissueCertificate(**at(on), **{**fields, "ended": ended, "blank_received": True, "blank_spoiled": False, **changes})


@pytest.mark.clause(ORDER_109, "26")
class TestEnd:
    def test_liquidation_ends_it(self) -> None:
        certificate(ISSUED).when(end()).then(LIQUIDATED)

    def test_reorganisation_ends_it_and_names_the_successor(self) -> None:
        certificate(ISSUED).when(end("reorganisation", successor_id="aknu", successor_known=True)).then(ENDED)
        certificate(ISSUED).when(end("reorganisation")).then_types(CertificateEnded)

    def test_it_is_in_force_to_the_eve_of_its_end(self) -> None:
        days = [ON - DAY, ON, VALID_UNTIL]
        assert [valid_on(day, TODAY, VALID_UNTIL, ON) for day in days] == [True, False, False]
        state = CERTIFICATE.fold([ISSUED, LIQUIDATED])
        assert [state.in_force(day) for day in days] == [True, False, False]
        assert CERTIFICATE.fold([ISSUED]).in_force(ON)

    @pytest.mark.parametrize(
        ("command", "words"),
        [
            (end("closure"), "no change of the register"),
            (end(on=ON + DAY), "did not end on"),
            (end(on=TODAY - DAY), "did not end on"),
            (end(successor_id="aknu", successor_known=True), "leaves no successor"),
            (end("reorganisation", successor_id="kaznu", successor_known=True), "its own successor"),
            (end("reorganisation", successor_id="aknu", successor_known=False), "knows no institution"),
        ],
        ids=["another ground", "still to come", "before it was issued", "successor of nobody", "itself", "unknown successor"],
    )
    def test_what_is_no_such_change_does_not(self, command: EndCertificate, words: str) -> None:
        assert certificate(ISSUED).when(command).then_refused(clause="26", words=words).accepts

    def test_it_ends_once_and_not_after_its_term(self) -> None:
        assert isinstance(certificate(ISSUED, ENDED).when(end()).then_refused(words="ended on 2012-09-03"), Conflict)
        late = end(recorded_on=VALID_UNTIL + DAY)
        assert isinstance(certificate(ISSUED).when(late).then_refused(words="lapsed"), Conflict)
        certificate(ISSUED).when(end(on=VALID_UNTIL, recorded_on=VALID_UNTIL)).then_types(CertificateEnded)

    def test_nothing_more_is_due_of_it(self) -> None:
        for command in (OpenRenewalWindow(**at(date(2013, 9, 15))), CloseRenewalWindow(**at(date(2014, 4, 1)))):
            certificate(ISSUED, LIQUIDATED).when(command).then()
        certificate(ISSUED, LIQUIDATED).when(ExpireCertificate(**at(date(2015, 4, 1)))).then()


@pytest.mark.clause(ORDER_109, "26")
class TestReissue:
    def test_the_successor_s_certificate_keeps_the_scopes_and_the_expiry(self) -> None:
        reissued = CertificateReissued(
            certificate_id=SUCCESSOR_ID,
            reissued_from=ID,
            case_id="case-1",
            institution_id="aknu",
            rulebook=RULES.ref,
            number="057",
            blank_number="AB 000031",
            scopes=(INSTITUTION,),
            issued_on=ON + 9 * DAY,
            valid_until=VALID_UNTIL,
        )
        certificate().when(reissue()).then(reissued)
        assert isinstance(certificate(reissued).when(reissue()).then_refused(words="re-issued already"), Conflict)
        assert CERTIFICATE.fold([reissued]).institution_id == "aknu"
        certificate(reissued).when(ExpireCertificate(**at(VALID_UNTIL + DAY))).then_types(CertificateExpired)

    @pytest.mark.parametrize(
        "ended", [None, LIQUIDATED, ENDED.model_copy(update={"successor_id": None})], ids=["valid", "liquidated", "nobody"]
    )
    def test_without_a_successor_there_is_none(self, ended: CertificateEnded | None) -> None:
        certificate().when(reissue(ended)).then_refused(clause="26", words="did not pass")

    def test_it_is_not_issued_after_the_term(self) -> None:
        assert isinstance(certificate().when(reissue(on=VALID_UNTIL + DAY)).then_refused(words="term"), Conflict)

    @pytest.mark.clause(ORDER_109, "23")
    @pytest.mark.parametrize("facts", [{"blank_received": False}, {"blank_spoiled": True}], ids=["unknown", "spoiled"])
    def test_it_stands_on_a_blank_of_its_own(self, facts: dict[str, bool]) -> None:
        certificate().when(reissue(**facts)).then_refused(clause="23")

    def test_a_certificate_passes_on_once(self) -> None:
        assert reissued_id(ID) == SUCCESSOR_ID != reissued_id(SUCCESSOR_ID) != ID


@pytest.mark.clause(ORDER_109, "27")
class TestAppealed:
    def test_an_overturned_decision_ends_the_certificate_when_a_person_records_it(self) -> None:
        (ended,) = certificate(ISSUED).when(end(OVERTURNED, overturned_on=ON)).then_types(CertificateEnded)
        assert isinstance(ended, CertificateEnded)
        assert (ended.ground, ended.ended_on) == ("overturned", ON)

    def test_a_decision_in_force_does_not(self) -> None:
        certificate(ISSUED).when(end(OVERTURNED)).then_refused(clause="27", words="was not overturned")
        early = end(OVERTURNED, on=ON - DAY, overturned_on=ON)
        assert certificate(ISSUED).when(early).then_refused(clause="27", words="in force until").accepts == f"an end on {ON} or later"

    def test_no_certificate_on_a_decision_that_is_not_in_force(self) -> None:
        certificate().when(issue(not_in_force=(INSTITUTION,))).then_refused(clause="27", words="not in force")
        (issued,) = certificate().when(issue(decided("accredit", "accredit"), not_in_force=(INSTITUTION,))).then_types(type(ISSUED))
        assert issued.scopes == ("programme:5B030100",)  # type: ignore[attr-defined]
