"""Certificates recorded from outside, received, extended (AAKR, I.1, II.3; Sapattuu Bilim, I.3.a, 2.5.p1, 2.6.s1, 3.2.s1, 3.2.s2)."""

from datetime import date, timedelta
from typing import Any

import pytest

from chassis.problems import Conflict, Refused
from chassis.testing import given
from regulations import calendar_for, load
from services.council.contract import CertificateExtended, CertificateIssued, CertificateReceived, ResolutionAdopted
from services.council.domain.certificate import CERTIFICATE
from services.council.domain.followed import ReceiveCertificate, recorded_id
from services.council.domain.standing import Certificate
from tests.council.cases import at
from tests.council.followed import AAKR, DECIDED_ON, ISSUED_ON, LAST_DAY, RECORDED, RECORDED_ON, certificate, extend, record, resolution
from tests.council.resolutions import EXTENDED, RULES, SAPATTUU, SUSPENDED, revised

DAY = timedelta(days=1)


def refused(problem: Any, clause: str) -> None:
    assert isinstance(problem, Refused), problem
    assert problem.clause == clause
    assert problem.accepts


class TestRecording:
    def test_it_is_recorded_as_it_stands_on_paper(self) -> None:
        given(CERTIFICATE, []).when(record()).then(RECORDED)

    def test_the_same_again_is_nothing_and_another_content_a_conflict(self) -> None:
        certificate().when(record(on=RECORDED_ON + DAY, origin="Another list", import_id="i")).then()
        with pytest.raises(Conflict):
            CERTIFICATE.decide(record(programme="Law"), CERTIFICATE.fold([RECORDED]), RULES)

    def test_an_id_is_that_of_a_number_of_an_agency_under_a_rulebook(self) -> None:
        assert recorded_id("x", "a", "1") == recorded_id("x", "a", "1")
        assert len({recorded_id("x", "a", "1"), recorded_id("x", "a", "2"), recorded_id("x", "b", "1"), recorded_id("y", "a", "1")}) == 4

    @pytest.mark.clause(SAPATTUU, "I.3.a", "2.5.p1", "2.6.s1")
    @pytest.mark.parametrize(
        ("kind", "last", "clause"),
        [
            ("conditional_1y", date(2024, 5, 31), "2.5.p1"),
            ("conditional_3y", date(2026, 5, 31), "2.5.p1"),
            ("full_5y", date(2028, 5, 31), "2.6.s1"),
        ],
    )
    def test_its_term_is_that_of_its_kind_on_whatever_day_it_ends(self, kind: str, last: date, clause: str) -> None:
        [made] = CERTIFICATE.decide(record(kind=kind, valid_until=last), Certificate(), RULES)
        assert made.valid_until == last  # type: ignore[attr-defined]
        for other in (last - DAY, last + DAY):
            with pytest.raises(Refused) as problem:
                CERTIFICATE.decide(record(kind=kind, valid_until=other), Certificate(), RULES)
            refused(problem.value, clause)
            assert str(last) in problem.value.accepts
            assert CERTIFICATE.decide(record(kind=kind, valid_until=other, term_reason="So it is printed"), Certificate(), RULES)

    @pytest.mark.clause(SAPATTUU, "2.6.s1", "3.2.s1")
    def test_a_term_is_never_moved_off_a_day_off(self) -> None:
        assert not calendar_for("KG").is_working_day(LAST_DAY)
        given(CERTIFICATE, []).when(record()).then(RECORDED)
        extended = CERTIFICATE.decide(extend(), Certificate(), RULES)[0]
        assert extended.valid_until == date(2028, 5, 31)  # type: ignore[attr-defined]

    @pytest.mark.clause(SAPATTUU, "3.2.s1")
    def test_one_that_was_extended_on_paper_has_the_term_of_its_extension(self) -> None:
        assert CERTIFICATE.decide(record(valid_until=date(2025, 5, 31)), Certificate(), RULES)

    @pytest.mark.clause("aakr-monitoring-2024", "I.1")
    def test_where_the_text_knows_no_term_the_certificate_says_it(self) -> None:
        fields = {"rulebook": AAKR.ref, "object": "programme", "kind": "conditional", "valid_until": date(2031, 1, 1)}
        assert CERTIFICATE.decide(record(**fields), Certificate(), AAKR)

    @pytest.mark.clause(SAPATTUU, "I.3.a")
    def test_one_that_nobody_has_classified_is_recorded_all_the_same(self) -> None:
        assert CERTIFICATE.decide(record(kind=None, valid_until=date(2027, 1, 1)), Certificate(), RULES)

    @pytest.mark.parametrize(
        "fields",
        [
            {"object": "department"},
            {"level": "kindergarten"},
            {"kind": "conditional_7y"},
            {"issued_on": RECORDED_ON + DAY, "term_reason": "x", "valid_until": date(2030, 1, 1)},
            {"valid_until": ISSUED_ON - DAY, "term_reason": "x"},
            {"received_on": ISSUED_ON - DAY},
            {"received_on": RECORDED_ON + DAY},
            {"plan_received_on": RECORDED_ON + DAY},
            {"plan_received_on": date(2023, 7, 1), "plan_accepted_on": date(2023, 6, 30)},
            {"recommendations": RECORDED.recommendations * 2},
        ],
    )
    def test_what_cannot_be_is_refused_with_a_clause(self, fields: dict[str, Any]) -> None:
        with pytest.raises(Refused) as problem:
            CERTIFICATE.decide(record(**fields), Certificate(), RULES)
        assert problem.value.clause in RULES.clauses

    def test_only_a_follow_up_keeps_certificates_from_outside(self) -> None:
        order_109 = load("kz-109-2008-accreditation")
        with pytest.raises(Refused, match="follows up no certificates"):
            CERTIFICATE.decide(record(rulebook=order_109.ref), Certificate(), order_109)


@pytest.mark.clause("aakr-monitoring-2024", "II.3")
class TestReceipt:
    def test_it_is_kept_apart_from_the_day_of_issue(self) -> None:
        got = ReceiveCertificate(**at(RECORDED_ON), received_on=date(2023, 6, 5))
        made = CertificateReceived(certificate_id="cert-1", case_id="cert-1", institution_id="oshgu", received_on=date(2023, 6, 5))
        certificate().when(got).then(made)
        with pytest.raises(Conflict):
            CERTIFICATE.decide(got, CERTIFICATE.fold([RECORDED, made]), RULES)

    @pytest.mark.parametrize("day", [ISSUED_ON - DAY, RECORDED_ON + DAY])
    def test_it_is_not_before_the_issue_nor_to_come(self, day: date) -> None:
        for rules, clause in ((RULES, "2.5.p2.s1"), (AAKR, "II.3")):
            with pytest.raises(Refused) as problem:
                CERTIFICATE.decide(ReceiveCertificate(**at(RECORDED_ON), received_on=day), CERTIFICATE.fold([RECORDED]), rules)
            refused(problem.value, clause)


@pytest.mark.clause(SAPATTUU, "3.2.s1", "3.2.s2")
class TestExtension:
    @staticmethod
    def made(**fields: Any) -> CertificateExtended:
        [fact] = CERTIFICATE.decide(extend(**fields), Certificate(), fields.get("rules", RULES))
        assert isinstance(fact, CertificateExtended)
        return fact

    def test_it_follows_without_a_gap_and_three_years_and_two_are_five(self) -> None:
        made = self.made()
        assert (made.extends, made.counts_from, made.valid_until, made.gap_days) == ("cert-1", LAST_DAY + DAY, date(2028, 5, 31), 0)
        assert made.issued_on == DECIDED_ON
        assert (made.object, made.term) == ("programme", "extension_2y")

    def test_on_the_last_day_there_is_still_no_gap(self) -> None:
        assert (self.made(on=LAST_DAY).gap_days, self.made(on=LAST_DAY).counts_from) == (0, LAST_DAY + DAY)
        assert self.made(on=LAST_DAY + DAY).gap_days == 0  # the very next day, by the decision
        assert self.made(on=LAST_DAY + DAY).valid_until == date(2028, 6, 1)

    def test_a_later_decision_leaves_a_gap_that_is_shown(self) -> None:
        made = self.made(on=date(2026, 6, 11))
        assert (made.counts_from, made.gap_days, made.valid_until) == (date(2026, 6, 11), 10, date(2028, 6, 11))

    def test_by_other_readings_it_counts_from_the_decision_or_from_the_issue(self) -> None:
        decided = extend(on=date(2026, 2, 20), adopted=resolution(EXTENDED, ground=None, adopted_on=DECIDED_ON))
        days = {"decision_taken": DECIDED_ON, "certificate_issued": date(2026, 2, 20)}
        for reading, day in days.items():
            [made] = CERTIFICATE.decide(decided, Certificate(), revised(extension_counts_from=reading))
            assert (made.counts_from, made.gap_days) == (day, 0)  # type: ignore[attr-defined]

    @pytest.mark.parametrize("decided", [None, resolution(SUSPENDED), resolution(EXTENDED, certificate_id="another")])
    def test_nothing_is_extended_that_the_council_did_not_extend(self, decided: ResolutionAdopted | None) -> None:
        with pytest.raises(Refused) as problem:
            CERTIFICATE.decide(extend(adopted=decided), Certificate(), RULES)
        refused(problem.value, "3.2.s1")

    @pytest.mark.parametrize("fields", [{"over": "was revoked on 2026-02-09"}, {"suspended": True}])
    def test_one_that_is_revoked_or_suspended_is_not_extended(self, fields: dict[str, Any]) -> None:
        with pytest.raises(Conflict):
            CERTIFICATE.decide(extend(**fields), Certificate(), RULES)

    def test_it_is_extended_once(self) -> None:
        with pytest.raises(Conflict, match="already"):
            CERTIFICATE.decide(extend(), CERTIFICATE.fold([self.made()]), RULES)

    def test_it_is_in_force_from_the_first_day_of_its_own_term(self) -> None:
        state = CERTIFICATE.fold([self.made()])
        days = [LAST_DAY, LAST_DAY + DAY, date(2028, 5, 31), date(2028, 6, 1)]
        assert [state.standing(day) for day in days] == ["not_yet_valid", "valid", "valid", "expired"]

    def test_a_certificate_of_a_case_of_ours_is_extended_too(self) -> None:
        order_109 = load("kz-109-2008-accreditation")
        own = CertificateIssued(
            certificate_id="cert-1",
            case_id="case-1",
            institution_id="oshgu",
            rulebook=order_109.ref,
            number="1",
            scopes=("programme:6B06",),
            issued_on=ISSUED_ON,
            valid_until=LAST_DAY,
        )
        made = self.made(earlier=own)
        assert (made.case_id, made.scopes, made.object, made.rulebook) == ("case-1", ("programme:6B06",), None, RULES.ref)
