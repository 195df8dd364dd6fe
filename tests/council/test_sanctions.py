"""A certificate is suspended, restored, revoked, by what the council adopted alone (Sapattuu Bilim, 2.5.p4, 3.3.b, 3.3.c)."""

from datetime import date, timedelta
from typing import Any

import pytest

from chassis.events import Event
from chassis.problems import Conflict, Refused
from regulations import Rulebook, load
from services.council.contract import (
    CertificateExpired,
    CertificateIssued,
    CertificateRestored,
    CertificateRevoked,
    CertificateSuspended,
    NationalRegisterTold,
    SuspensionTermEnded,
)
from services.council.domain.certificate import CERTIFICATE, ExpireCertificate
from services.council.domain.sanctions import EndSuspensionTerm, RestoreCertificate, TellNationalRegister
from tests.council.cases import at
from tests.council.followed import DECIDED_ON, IDS, LAST_DAY, RECORDED, UNTIL, certificate, resolution, restore, revoke, suspend, suspended
from tests.council.resolutions import AGAIN, EXTENDED, MISSING, RULES, SAPATTUU, SUSPENDED, UNFULFILLED, WITHDRAWN, revised

DAY = timedelta(days=1)
CORRECTED, RESTORED = date(2026, 3, 25), date(2026, 3, 31)
LOST = (RESTORED - DECIDED_ON).days
EXPIRED = CertificateExpired(**IDS, expired_on=LAST_DAY)
REVOKED = CertificateRevoked(
    **IDS, rulebook=RULES.ref, decision_id="d-1", cycle_id="c-1", ground=UNFULFILLED, reasons="As decided", revoked_on=DECIDED_ON
)


def refusal(command: Any, *past: Event, rules: Rulebook = RULES) -> Refused:
    with pytest.raises(Refused) as problem:
        CERTIFICATE.decide(command, CERTIFICATE.fold([RECORDED, *past]), rules)
    assert problem.value.accepts
    return problem.value


@pytest.mark.clause(SAPATTUU, "2.5.p4", "3.3.b.s1")
class TestSuspension:
    def test_it_is_for_the_definite_term_that_the_council_stated(self) -> None:
        certificate().when(suspend(on=DECIDED_ON + DAY)).then(suspended())

    def test_a_missing_report_is_a_ground_too(self) -> None:
        certificate().when(suspend(ground=MISSING)).then(suspended(ground=MISSING))

    @pytest.mark.parametrize("decided", [resolution(EXTENDED, ground=None), resolution(WITHDRAWN)])
    def test_nothing_is_suspended_that_the_council_did_not_suspend(self, decided: Any) -> None:
        assert refusal(suspend(adopted=decided)).clause == "3.3.b.s1"

    def test_a_resolution_on_another_certificate_suspends_nothing_here(self) -> None:
        assert refusal(suspend(certificate_id="another")).clause == "3.3.b.s1"

    def test_the_same_resolution_suspends_once(self) -> None:
        certificate(suspended()).when(suspend()).then()
        restored = CERTIFICATE.decide(restore(RESTORED, CORRECTED), CERTIFICATE.fold([RECORDED, suspended()]), RULES)
        certificate(suspended(), *restored).when(suspend(on=RESTORED)).then()

    @pytest.mark.parametrize("past", [EXPIRED, REVOKED])
    def test_what_is_over_is_not_suspended(self, past: Event) -> None:
        certificate(past).when(suspend(decision_id="d-9")).then()

    def test_it_is_not_valid_from_that_day_on_though_the_term_be_over(self) -> None:
        state = CERTIFICATE.fold([RECORDED, suspended()])
        days = [DECIDED_ON - DAY, DECIDED_ON, UNTIL, UNTIL + DAY, LAST_DAY + DAY]
        assert [state.standing(day) for day in days] == ["valid", "suspended", "suspended", "suspended", "expired"]
        assert not state.in_force(DECIDED_ON)

    def test_another_suspension_takes_the_place_of_one_that_is_still_on(self) -> None:
        again = suspended(decision_id="d-2", suspended_on=UNTIL + DAY, replaces="d-1", until=UNTIL)
        certificate(suspended()).when(suspend(on=UNTIL + DAY, decision_id="d-2", adopted_on=UNTIL + DAY)).then(again)
        state = CERTIFICATE.fold([RECORDED, suspended(), again])
        assert state.suspended_since == DECIDED_ON

    def test_it_lapses_on_its_day_all_the_same(self) -> None:
        certificate(suspended()).when(ExpireCertificate(**at(LAST_DAY + DAY))).then(EXPIRED)


@pytest.mark.clause(SAPATTUU, "3.3.b.s1", "3.3.b.s3")
class TestTermOfASuspension:
    def test_it_ends_after_its_last_day_and_nothing_else_happens(self) -> None:
        ended = SuspensionTermEnded(**IDS, decision_id="d-1", cycle_id="c-1", ended_on=UNTIL)
        assert refusal(EndSuspensionTerm(**at(UNTIL)), suspended()).clause == "3.3.b.s1"
        certificate(suspended()).when(EndSuspensionTerm(**at(UNTIL + DAY))).then(ended)
        certificate(suspended(), ended).when(EndSuspensionTerm(**at(UNTIL + DAY))).then()
        assert CERTIFICATE.fold([RECORDED, suspended(), ended]).standing(UNTIL + DAY) == "suspended"

    @pytest.mark.parametrize("past", [(), (suspended(), REVOKED), (suspended(), EXPIRED)])
    def test_of_what_is_not_suspended_or_over_nothing_ends(self, past: tuple[Event, ...]) -> None:
        certificate(*past).when(EndSuspensionTerm(**at(UNTIL + DAY))).then()


@pytest.mark.clause(SAPATTUU, "3.3.b.s2")
class TestRestoration:
    @staticmethod
    def made(command: RestoreCertificate, *past: Event, rules: Rulebook = RULES) -> CertificateRestored:
        [fact] = CERTIFICATE.decide(command, CERTIFICATE.fold([RECORDED, *past]), rules)
        assert isinstance(fact, CertificateRestored)
        return fact

    def test_the_days_lost_are_proposed_and_taken_unless_a_person_enters_others(self) -> None:
        made = self.made(restore(RESTORED, CORRECTED), suspended())
        assert (made.previous_valid_until, made.lost_days) == (LAST_DAY, LOST)
        assert made.valid_until == made.proposed_valid_until == LAST_DAY + LOST * DAY
        entered = self.made(restore(RESTORED, CORRECTED, LAST_DAY + 7 * DAY), suspended())
        assert (entered.proposed_valid_until, entered.valid_until) == (made.valid_until, LAST_DAY + 7 * DAY)

    def test_a_mere_lifting_is_not_what_the_text_says(self) -> None:
        for last in (LAST_DAY, LAST_DAY - DAY):
            assert refusal(restore(RESTORED, CORRECTED, last), suspended()).clause == "3.3.b.s2"

    def test_by_the_other_reading_its_day_stays(self) -> None:
        rules = revised(validity_after_suspension="restored")
        past = suspended(rulebook=None)
        assert self.made(restore(RESTORED, CORRECTED), past, rules=rules).valid_until == LAST_DAY

    def test_of_the_same_day_nothing_was_lost(self) -> None:
        assert self.made(restore(DECIDED_ON, DECIDED_ON), suspended()).valid_until == LAST_DAY

    @pytest.mark.parametrize("corrected", [DECIDED_ON - DAY, UNTIL + DAY])
    def test_it_is_corrected_in_the_term(self, corrected: date) -> None:
        assert refusal(restore(UNTIL + 2 * DAY, corrected), suspended()).clause == "3.3.b.s2"
        assert self.made(restore(UNTIL + 2 * DAY, UNTIL), suspended()).corrected_on == UNTIL

    def test_it_is_not_corrected_in_days_to_come(self) -> None:
        assert refusal(restore(RESTORED, RESTORED + DAY), suspended()).clause == "3.3.b.s2"

    @pytest.mark.clause(SAPATTUU, "2.5.p4")
    def test_the_text_is_silent_on_the_way_out_after_a_missing_report_and_a_person_says(self) -> None:
        late = restore(UNTIL + 2 * DAY, UNTIL + DAY)
        assert self.made(late, suspended(ground=MISSING)).corrected_on == UNTIL + DAY
        past = suspended(ground=MISSING, rulebook=None)
        assert refusal(late, past, rules=revised(suspension_for_missing_report_ends="report_submitted")).clause == "3.3.b.s2"

    def test_from_then_on_it_is_valid_to_its_new_day_and_the_suspension_stays_in_its_history(self) -> None:
        made = self.made(restore(RESTORED, CORRECTED), suspended())
        state = CERTIFICATE.fold([RECORDED, suspended(), made])
        days = [DECIDED_ON - DAY, DECIDED_ON, RESTORED - DAY, RESTORED, made.valid_until, made.valid_until + DAY]
        assert [state.standing(day) for day in days] == ["valid", "suspended", "suspended", "valid", "valid", "expired"]
        with pytest.raises(Refused):
            CERTIFICATE.decide(ExpireCertificate(**at(LAST_DAY + DAY)), state, RULES)
        certificate(suspended(), made).when(ExpireCertificate(**at(made.valid_until + DAY))).then(
            CertificateExpired(**IDS, expired_on=made.valid_until)
        )

    @pytest.mark.parametrize("past", [(), (suspended(), REVOKED), (suspended(), EXPIRED)])
    def test_what_is_not_suspended_or_over_is_not_restored(self, past: tuple[Event, ...]) -> None:
        with pytest.raises(Conflict):
            CERTIFICATE.decide(restore(RESTORED, CORRECTED), CERTIFICATE.fold([RECORDED, *past]), RULES)

    def test_while_its_set_term_runs_it_does_not_lapse_and_what_is_corrected_in_it_is_extended(self) -> None:
        until, corrected = LAST_DAY + 30 * DAY, LAST_DAY + 20 * DAY
        past = suspended(until=until, lapses_on=until)
        certificate().when(suspend(adopted=resolution(SUSPENDED.model_copy(update={"until": until})))).then(past)
        for day in (LAST_DAY + DAY, until):
            certificate(past).when(ExpireCertificate(**at(day))).then()
        state = CERTIFICATE.fold([RECORDED, past])
        assert [state.standing(day) for day in (LAST_DAY, LAST_DAY + DAY, until, until + DAY)] == [*["suspended"] * 3, "expired"]
        made = self.made(restore(corrected, corrected), past)
        assert made.valid_until == corrected + (LAST_DAY - DECIDED_ON)
        with pytest.raises(Conflict, match="is over"):
            CERTIFICATE.decide(restore(corrected, corrected, corrected - DAY), state, RULES)
        assert CERTIFICATE.fold([RECORDED, past, made]).standing(corrected) == "valid"

    def test_after_that_term_both_are_over(self) -> None:
        until = LAST_DAY + 30 * DAY
        ended = SuspensionTermEnded(**IDS, decision_id="d-1", cycle_id="c-1", ended_on=until)
        lapsed = CertificateExpired(**IDS, expired_on=until)
        past = suspended(until=until, lapses_on=until)
        certificate(past).when(ExpireCertificate(**at(until + DAY))).then(ended, lapsed)
        certificate(past, ended).when(ExpireCertificate(**at(until + DAY))).then(lapsed)
        with pytest.raises(Conflict, match="lapsed"):
            CERTIFICATE.decide(restore(until + DAY, until), CERTIFICATE.fold([RECORDED, past, ended]), RULES)

    def test_another_suspension_tells_anew_when_it_lapses(self) -> None:
        until = LAST_DAY + 30 * DAY
        command = suspend(on=UNTIL, decision_id="d-2", adopted_on=UNTIL, adopted=None)
        [again] = CERTIFICATE.decide(command, CERTIFICATE.fold([RECORDED, suspended(until=until, lapses_on=until)]), RULES)
        assert again.lapses_on == LAST_DAY  # type: ignore[attr-defined]

    def test_nor_after_its_day_though_nobody_has_recorded_that_it_lapsed(self) -> None:
        with pytest.raises(Conflict, match="lapsed"):
            CERTIFICATE.decide(restore(LAST_DAY + DAY, CORRECTED), CERTIFICATE.fold([RECORDED, suspended()]), RULES)


@pytest.mark.clause(SAPATTUU, "2.5.p4", "3.3.b.s3", "3.3.c")
class TestRevocation:
    def test_no_suspension_is_needed_before_it(self) -> None:
        certificate().when(revoke(on=DECIDED_ON + DAY)).then(REVOKED)

    def test_after_a_suspension_it_is_for_the_repeated_failure(self) -> None:
        again = REVOKED.model_copy(update={"ground": AGAIN, "decision_id": "d-2", "revoked_on": UNTIL + DAY})
        certificate(suspended()).when(revoke(ground=AGAIN, decision_id="d-2", adopted_on=UNTIL + DAY, on=UNTIL + DAY)).then(again)

    def test_from_its_day_on_it_is_off_the_list(self) -> None:
        state = CERTIFICATE.fold([RECORDED, REVOKED])
        assert [state.standing(day) for day in (DECIDED_ON - DAY, DECIDED_ON, LAST_DAY + DAY)] == ["valid", "revoked", "revoked"]
        certificate(REVOKED).when(ExpireCertificate(**at(LAST_DAY + DAY))).then()

    def test_nothing_is_revoked_that_the_council_did_not_withdraw(self) -> None:
        assert refusal(revoke(adopted=resolution(EXTENDED, ground=None))).clause == "3.3.c"
        assert refusal(revoke(certificate_id="another")).clause == "3.3.c"

    def test_it_happens_once_and_to_nothing_that_is_over(self) -> None:
        certificate(REVOKED).when(revoke()).then()
        late = resolution(WITHDRAWN, adopted_on=LAST_DAY + DAY)
        certificate(EXPIRED).when(revoke(on=LAST_DAY + DAY, adopted=late)).then()

    def test_what_the_council_withdrew_in_its_term_is_revoked_though_it_is_recorded_after_the_expiry(self) -> None:
        past = [RECORDED, EXPIRED]
        made = CERTIFICATE.decide(revoke(on=LAST_DAY + DAY), CERTIFICATE.fold(past), RULES)
        assert made == [REVOKED]
        assert CERTIFICATE.fold([*past, *made]).standing(LAST_DAY) == "revoked"

    def test_who_keeps_the_national_register_is_told(self) -> None:
        told = NationalRegisterTold(**IDS, cycle_id="c-1", outgoing_number="7", told_on=DECIDED_ON)
        command = TellNationalRegister(**at(DECIDED_ON + DAY), outgoing_number="7", told_on=DECIDED_ON)
        certificate(REVOKED).when(command).then(told)
        for past in ((), (REVOKED, told), (suspended(),)):
            with pytest.raises(Conflict):
                CERTIFICATE.decide(command, CERTIFICATE.fold([RECORDED, *past]), RULES)
        for day in (DECIDED_ON - DAY, DECIDED_ON + 2 * DAY):
            with pytest.raises(Conflict):
                CERTIFICATE.decide(command.model_copy(update={"told_on": day}), CERTIFICATE.fold([RECORDED, REVOKED]), RULES)

    def test_where_the_rulebook_knows_no_such_register_nobody_is_told(self) -> None:
        aakr = load("aakr-monitoring-2024")
        past = REVOKED.model_copy(update={"rulebook": aakr.ref})
        with pytest.raises(Refused, match="nobody is told"):
            CERTIFICATE.decide(
                TellNationalRegister(**at(DECIDED_ON), outgoing_number="7", told_on=DECIDED_ON), CERTIFICATE.fold([RECORDED, past]), RULES
            )


class TestOfACaseOfOurs:
    """What stands under the rulebook of an accreditation is sanctioned by that of its follow-up, which comes with the resolution."""

    OWN = CertificateIssued(
        certificate_id="cert-1",
        case_id="case-1",
        institution_id="oshgu",
        rulebook=load("kz-109-2008-accreditation").ref,
        number="1",
        scopes=("institution",),
        issued_on=date(2024, 5, 31),
        valid_until=date(2029, 5, 31),
    )

    @pytest.mark.clause(SAPATTUU, "3.3.b.s1", "3.3.b.s2", "3.3.c")
    def test_it_is_suspended_restored_and_revoked(self) -> None:
        past: list[Event] = [self.OWN]
        commands = [
            suspend(),
            restore(RESTORED, CORRECTED),
            revoke(decision_id="d-2", adopted_on=RESTORED + DAY, on=RESTORED + DAY),
            TellNationalRegister(**at(RESTORED + DAY), outgoing_number="7", told_on=RESTORED + DAY),
        ]
        for command in commands:
            state = CERTIFICATE.fold(past)
            past += CERTIFICATE.decide(command, state, CERTIFICATE.rules(command, state))
        assert [type(fact) for fact in past[1:]] == [CertificateSuspended, CertificateRestored, CertificateRevoked, NationalRegisterTold]
        assert {fact.case_id for fact in past} == {"case-1"}  # type: ignore[attr-defined]
        assert past[2].valid_until == self.OWN.valid_until + LOST * DAY  # type: ignore[attr-defined]
