"""The council's resolution on a follow-up, by the regulation that gives it one: "Sapattuu Bilim", 2.5.p4 and 3.1 to 3.4."""

from datetime import date

import pytest

from chassis.problems import Conflict, Refused
from chassis.testing import given, guards_tell_the_truth
from regulations import Share, load
from services.council.contract import InformationPublished, ResolutionAdopted, ResolutionDelivered, ResolutionItem, ResolutionOpened
from services.council.domain.meeting import MEETING, AgendaItem, ConveneMeeting, RecordAttendance
from services.council.domain.powers import extensions_of, powers
from services.council.domain.resolution import RESOLUTION, Open, notice_due
from services.council.domain.voting import Sitting
from tests.council.cases import at
from tests.council.resolutions import (
    AGAIN,
    EXTENDED,
    HELD_ON,
    LAST_DAY,
    MEMBERS,
    MISSING,
    OPENED_ON,
    PUBLISHED,
    RULES,
    SAPATTUU,
    SITTING,
    SUSPENDED,
    UNFULFILLED,
    WITHDRAWN,
    adopt,
    adopted,
    decided,
    deliver,
    matter,
    opened,
    publish,
    revised,
    stated,
)

AAKR = "aakr-monitoring-2024"
FOUR_YEARS = EXTENDED.model_copy(update={"term": "extension_4y"})


def asked(**fields: object) -> Open:
    return Open(**at(OPENED_ON), **{**opened().model_dump(exclude={"opened_on"}), **fields})


class TestBeforeTheCouncil:
    @pytest.mark.clause(SAPATTUU, "3.1", "3.2.s1")
    def test_a_follow_up_comes_before_the_council_once(self) -> None:
        given(RESOLUTION).when(asked()).then(opened())
        given(RESOLUTION, [opened()]).when(asked()).then()

    @pytest.mark.clause(SAPATTUU, "I.3.a")
    def test_each_recommendation_that_the_council_endorsed_is_judged_once_in_the_rulebooks_words(self) -> None:
        given(RESOLUTION).when(asked(fulfilment=(("r-1", "fulfilled"), ("r-1", "not_fulfilled")))).then_refused(clause="3.2.s1")
        given(RESOLUTION).when(asked(fulfilment=(("r-1", "nearly"),))).then_refused(words="nearly")
        (fact,) = given(RESOLUTION).when(asked(fulfilment=(("r-1", "partly_fulfilled"),))).then_types(ResolutionOpened)
        assert isinstance(fact, ResolutionOpened)
        assert fact.fulfilment == (("r-1", "partly_fulfilled"),)

    @pytest.mark.clause(SAPATTUU, "2.5.p4", "3.3")
    def test_a_kind_or_ground_that_the_rulebook_has_not_is_refused(self) -> None:
        given(RESOLUTION).when(asked(ground="bad_luck")).then_refused(words="bad_luck")
        given(RESOLUTION).when(asked(kind="for_ever")).then_refused(words="for_ever")

    def test_where_the_council_has_no_part_in_the_follow_up_nothing_comes_before_it(self) -> None:
        aakr = load(AAKR)
        assert powers(aakr) == {}
        given(RESOLUTION).when(asked(rulebook=aakr.ref, kind=None, fulfilment=())).then_refused(words="decides nothing")

    @pytest.mark.clause(SAPATTUU, "3.2.s1")
    def test_a_meeting_is_convened_on_it_and_a_person_states_the_quorum_of_which_the_text_is_silent(self) -> None:
        met = {"meeting_id": "m", "council_id": "c", "rulebook": RULES.ref, "members": MEMBERS, "held_on": HELD_ON}
        item = AgendaItem("d-1", RULES.id, prepared=True)
        meeting = given(MEETING).when(ConveneMeeting(**at(OPENED_ON), **met, agenda=(item,)))
        meeting.when(RecordAttendance(**at(HELD_ON), present=MEMBERS)).then_refused(clause="3.2.s1", words="no quorum")
        over = AgendaItem("d-1", RULES.id, prepared=True, decided=True)
        assert isinstance(given(MEETING).when(ConveneMeeting(**at(OPENED_ON), **met, agenda=(over,))).outcome, Conflict)


class TestTheMeeting:
    @pytest.mark.clause(SAPATTUU, "3.2.s1")
    def test_the_matter_is_on_the_agenda_of_a_quorate_meeting(self) -> None:
        elsewhere = Sitting("meeting-1", MEMBERS, ("d-2",), MEMBERS, quorate=True)
        matter().when(adopt(EXTENDED, sitting=elsewhere)).then_refused(clause="3.2.s1", words="agenda")
        for quorate in (None, False):
            few = Sitting("meeting-1", MEMBERS, ("d-1",), MEMBERS[:1], quorate=quorate)
            matter().when(adopt(EXTENDED, sitting=few)).then_refused(clause="3.2.s1")

    def test_all_its_decisions_bear_one_protocol_number(self) -> None:
        seven = Sitting("meeting-1", MEMBERS, ("d-1",), MEMBERS, quorate=True, protocols=("7",))
        matter().when(adopt(EXTENDED, sitting=seven)).then_refused(words="number 7")

    @pytest.mark.clause(SAPATTUU, "3.2.s1")
    def test_everybody_present_without_an_interest_votes(self) -> None:
        matter().when(adopt(EXTENDED, votes_for=3)).then_refused(clause="3.2.s1", words="4 votes of 5")
        matter().when(adopt(EXTENDED, recused=("berik",))).then_refused(words="5 votes of 4")
        matter().when(adopt(EXTENDED, votes_for=3, recused=("berik",))).then_types(ResolutionAdopted)
        matter().when(adopt(EXTENDED, recused=("nobody",))).then_refused(words="nobody")
        matter().when(adopt(EXTENDED, votes_for=0, votes_against=5)).then_refused(words="0 of them for it")

    @pytest.mark.clause(SAPATTUU, "3.2.s1")
    def test_while_no_majority_is_set_the_member_who_presided_states_what_was_decided(self) -> None:
        matter().when(adopt(EXTENDED, presiding_statement=None)).then_refused(clause="3.2.s1", words="council_majority")
        tied = {"votes_for": 2, "votes_against": 2, "abstained": 1}
        matter().when(adopt(EXTENDED, presiding_statement=None, **tied)).then_refused(clause="3.2.s1", words="council_tie")
        other = stated(WITHDRAWN)
        matter().when(adopt(EXTENDED, presiding_statement=other)).then_refused(words="withdraw_accreditation")
        stranger = stated(EXTENDED).model_copy(update={"presided_by": "nobody"})
        matter().when(adopt(EXTENDED, presiding_statement=stranger)).then_refused(words="nobody")
        matter().when(adopt(EXTENDED)).then(adopted(EXTENDED))

    @pytest.mark.clause(SAPATTUU, "3.2.s1")
    def test_a_majority_that_the_agency_has_set_decides_alone(self) -> None:
        half = revised(council_majority=Share(of="1/2", strictly=True))
        assert decided(adopt(EXTENDED, presiding_statement=None), half).presiding_statement is None
        with pytest.raises(Refused, match="no majority"):
            decided(adopt(EXTENDED, votes_for=1, votes_against=4, presiding_statement=None), half)
        with pytest.raises(Refused, match="the votes decide"):
            decided(adopt(EXTENDED), half)

    @pytest.mark.clause(SAPATTUU, "3.4")
    def test_the_decision_is_of_the_meetings_day_whenever_it_is_recorded(self) -> None:
        later = date(2026, 2, 20)
        matter().when(adopt(EXTENDED, on=later)).then(adopted(EXTENDED, adopted_on=HELD_ON))
        matter().when(adopt(EXTENDED, on=later, decided_on=date(2026, 2, 11))).then(adopted(EXTENDED, adopted_on=date(2026, 2, 11)))
        matter().when(adopt(EXTENDED, held_on=date(2026, 1, 30))).then(adopted(EXTENDED, adopted_on=OPENED_ON))
        for wrong in (date(2026, 2, 8), date(2026, 2, 21)):
            matter().when(adopt(EXTENDED, on=later, decided_on=wrong)).then_refused(words="did not decide")

    def test_it_is_adopted_once(self) -> None:
        assert isinstance(matter(adopted(EXTENDED)).when(adopt(EXTENDED)).outcome, Conflict)


@pytest.mark.clause(SAPATTUU, "3.2.s1")
class TestExtension:
    @pytest.mark.parametrize(
        ("kind", "paired", "other"), [("conditional_3y", EXTENDED, FOUR_YEARS), ("conditional_1y", FOUR_YEARS, EXTENDED)]
    )
    def test_the_terms_make_five_years_and_the_council_may_leave_that_reading_with_a_reason(
        self, kind: str, paired: ResolutionItem, other: ResolutionItem
    ) -> None:
        matter(kind=kind).when(adopt(paired)).then(adopted(paired))
        matter(kind=kind).when(adopt(other)).then_refused(clause="3.2.s1", words=str(paired.term))
        why = {"reading_departure": "The programme closes."}
        matter(kind=kind).when(adopt(other, **why)).then(adopted(other, **why))

    def test_an_agency_that_lets_its_council_choose_asks_for_no_reason(self) -> None:
        free = revised(extension_by_kind="council_chooses")
        assert decided(adopt(FOUR_YEARS), free).decisions == (FOUR_YEARS,)

    def test_with_a_kind_that_nobody_has_said_goes_no_term_without_a_reason(self) -> None:
        matter(kind=None).when(adopt(EXTENDED)).then_refused(clause="3.2.s1", words="nobody")
        matter(kind=None).when(adopt(EXTENDED, reading_departure="It was of three years.")).then_types(ResolutionAdopted)

    def test_a_reason_where_no_reading_is_left_is_refused(self) -> None:
        matter().when(adopt(EXTENDED, reading_departure="Why not.")).then_refused(words="leaves no reading")

    def test_five_years_are_not_extended(self) -> None:
        assert extensions_of(RULES, "full_5y") == ()
        matter(kind="full_5y").when(adopt(EXTENDED, reading_departure="Why not.")).then_refused(clause="3.2.s1", words="full_5y")

    def test_it_is_by_one_of_the_two_terms_of_the_text(self) -> None:
        for term in (None, "extension_5y", "decision_notice"):
            item = EXTENDED.model_copy(update={"term": term})
            matter().when(adopt(item)).then_refused(clause="3.2.s1", words="its term")
        matter().when(adopt(EXTENDED.model_copy(update={"until": LAST_DAY}))).then_refused(clause="3.2.s1", words="until")

    def test_without_a_report_that_was_studied_there_is_none(self) -> None:
        matter(ground=MISSING).when(adopt(EXTENDED)).then_refused(clause="3.2.s1", words="no report")

    def test_to_sanction_is_a_right_so_what_is_not_fulfilled_does_not_forbid_it(self) -> None:
        (fact,) = matter(ground=UNFULFILLED).when(adopt(EXTENDED)).then_types(ResolutionAdopted)
        assert isinstance(fact, ResolutionAdopted)
        assert fact.ground is None

    def test_a_decision_after_the_expiry_still_extends(self) -> None:
        late = date(2026, 6, 2)
        matter().when(adopt(EXTENDED, on=late, held_on=late)).then(adopted(EXTENDED, adopted_on=late))

    @pytest.mark.clause(SAPATTUU, "3.3")
    def test_neither_extended_nor_sanctioned_the_certificate_is_left_to_its_day(self) -> None:
        matter(ground=MISSING).when(adopt()).then(adopted())
        with pytest.raises(Refused, match="without a decision"):
            decided(adopt(), revised(neither_extended_nor_sanctioned=None))


class TestSanctions:
    @pytest.mark.clause(SAPATTUU, "2.5.p4")
    def test_for_a_report_not_submitted_the_council_suspends_or_withdraws_and_nothing_else(self) -> None:
        for item in (SUSPENDED, WITHDRAWN):
            matter(ground=MISSING).when(adopt(item)).then(adopted(item, ground=MISSING))
        matter(ground=MISSING).when(adopt(PUBLISHED)).then_refused(clause="2.5.p4", words="does not allow")

    @pytest.mark.clause(SAPATTUU, "3.3")
    def test_a_decision_against_the_institution_needs_a_ground_of_the_matter(self) -> None:
        for item, of in ((PUBLISHED, "3.3.a"), (SUSPENDED, "3.3.b.s1"), (WITHDRAWN, "3.3.c")):
            matter().when(adopt(item)).then_refused(clause=of, words="needs a ground")
            matter().when(adopt(item, ground=UNFULFILLED)).then_refused(clause=of, words="no ground")
        matter(ground=MISSING).when(adopt(SUSPENDED, ground=UNFULFILLED)).then_refused(clause="3.3.b.s1", words="no ground")
        matter().when(adopt(EXTENDED, ground=UNFULFILLED)).then_refused(words="nothing is decided against")

    @pytest.mark.clause(SAPATTUU, "I.3.a", "3.3")
    def test_one_recommendation_judged_not_fulfilled_is_a_ground_and_one_partly_fulfilled_is_for_a_person_to_say(self) -> None:
        judged = (("r-1", "fulfilled"), ("r-2", "not_fulfilled"))
        matter(fulfilment=judged).when(adopt(SUSPENDED)).then(adopted(SUSPENDED, ground=UNFULFILLED))
        matter(fulfilment=(("r-1", "partly_fulfilled"),)).when(adopt(SUSPENDED, ground=UNFULFILLED)).then_refused(clause="3.3.b.s1")
        matter(fulfilment=(("r-1", "partly_fulfilled"),), ground=UNFULFILLED).when(adopt(SUSPENDED)).then_types(ResolutionAdopted)

    @pytest.mark.clause(SAPATTUU, "3.3.a")
    def test_a_publication_says_what_is_published(self) -> None:
        wordless = PUBLISHED.model_copy(update={"text": None})
        matter(ground=UNFULFILLED).when(adopt(wordless)).then_refused(clause="3.3.a", words="published")
        matter(ground=UNFULFILLED).when(adopt(PUBLISHED)).then(adopted(PUBLISHED, ground=UNFULFILLED))

    @pytest.mark.clause(SAPATTUU, "3.3.b.s1")
    def test_a_suspension_is_for_a_definite_term(self) -> None:
        for until in (None, HELD_ON):
            item = SUSPENDED.model_copy(update={"until": until})
            matter(ground=MISSING).when(adopt(item)).then_refused(clause="3.3.b.s1", words="definite term")

    @pytest.mark.clause(SAPATTUU, "3.3.c")
    def test_a_withdrawal_needs_no_suspension_before_it(self) -> None:
        matter(ground=UNFULFILLED, suspended_before=False).when(adopt(WITHDRAWN)).then(adopted(WITHDRAWN, ground=UNFULFILLED))

    @pytest.mark.clause(SAPATTUU, "3.3.b.s1", "3.3.c")
    def test_what_has_lapsed_is_neither_suspended_nor_withdrawn(self) -> None:
        late = date(2026, 6, 1)
        until = SUSPENDED.model_copy(update={"until": date(2026, 7, 1)})
        for item, of in ((until, "3.3.b.s1"), (WITHDRAWN, "3.3.c")):
            matter(ground=MISSING).when(adopt(item, on=late, held_on=late)).then_refused(clause=of, words="lapsed")
        matter(ground=MISSING).when(adopt(WITHDRAWN, on=LAST_DAY, held_on=LAST_DAY)).then_types(ResolutionAdopted)

    @pytest.mark.clause(SAPATTUU, "3.3")
    def test_the_decisions_combine_unless_one_undoes_the_other(self) -> None:
        both = (PUBLISHED, SUSPENDED)
        matter(ground=UNFULFILLED).when(adopt(*both)).then(adopted(*both, ground=UNFULFILLED))
        matter(ground=UNFULFILLED).when(adopt(EXTENDED, PUBLISHED)).then_types(ResolutionAdopted)
        for pair in ((EXTENDED, SUSPENDED), (EXTENDED, WITHDRAWN), (SUSPENDED, WITHDRAWN)):
            matter(ground=UNFULFILLED).when(adopt(*pair)).then_refused(clause="3.3", words="undo one another")
        matter(ground=UNFULFILLED).when(adopt(PUBLISHED, PUBLISHED)).then_refused(words="twice")
        with pytest.raises(Refused, match="one decision at a time"):
            decided(adopt(*both), revised(decisions_combine="in_order"), ground=UNFULFILLED)

    @pytest.mark.clause(SAPATTUU, "3.3.b.s3")
    def test_after_a_repeated_failure_the_council_withdraws_and_does_nothing_else(self) -> None:
        again = {"ground": AGAIN, "suspended_before": True}
        for items in ((SUSPENDED,), (EXTENDED,), (PUBLISHED,), ()):
            matter(**again).when(adopt(*items)).then_refused(clause="3.3.b.s3", words="withdraws")
        matter(**again).when(adopt(WITHDRAWN)).then(adopted(WITHDRAWN, ground=AGAIN))

    @pytest.mark.clause(SAPATTUU, "3.3.b.s3")
    def test_no_other_ground_is_put_in_the_place_of_a_repeated_failure(self) -> None:
        again = {"ground": AGAIN, "suspended_before": True, "fulfilment": (("r-1", "not_fulfilled"),)}
        matter(**again).when(adopt(SUSPENDED, ground=UNFULFILLED)).then_refused()
        matter(**again).when(adopt(WITHDRAWN, ground=UNFULFILLED)).then_refused(words="no ground")

    @pytest.mark.clause(SAPATTUU, "3.3.b.s3")
    def test_an_agency_may_read_it_as_a_right(self) -> None:
        right = revised(withdrawal_on_repeated_failure="may")
        assert decided(adopt(), right, ground=AGAIN, suspended_before=True).decisions == ()

    @pytest.mark.clause(SAPATTUU, "3.3.b.s3")
    def test_nothing_fails_again_that_was_not_suspended_before(self) -> None:
        matter(ground=AGAIN).when(adopt(WITHDRAWN)).then_refused(clause="3.3.b.s3", words="no suspension before")

    @pytest.mark.clause(SAPATTUU, "3.3.b.s3")
    def test_a_certificate_that_lapsed_meanwhile_is_left_as_it_is(self) -> None:
        late = date(2026, 6, 1)
        matter(ground=AGAIN, suspended_before=True).when(adopt(on=late, held_on=late)).then(adopted(adopted_on=late))

    @pytest.mark.clause(SAPATTUU, "3.3")
    def test_for_five_years_the_text_is_silent_and_a_person_says_why_it_is_decided_all_the_same(self) -> None:
        five = {"kind": "full_5y", "ground": UNFULFILLED}
        matter(**five).when(adopt(SUSPENDED)).then_refused(clause="3.3", words="silent")
        why = {"reading_departure": "The plan was never made."}
        matter(**five).when(adopt(SUSPENDED, **why)).then(adopted(SUSPENDED, ground=UNFULFILLED, **why))
        assert decided(adopt(SUSPENDED), revised(decisions_for_five_years=True), **five).reading_departure is None
        with pytest.raises(Refused, match="no such decisions"):
            decided(adopt(SUSPENDED, **why), revised(decisions_for_five_years=False), **five)

    @pytest.mark.clause(SAPATTUU, "3.3")
    def test_what_is_anothers_competence_the_council_does_not_decide(self) -> None:
        theirs = RULES.competences["suspension"].model_copy(update={"decided_by": "director"})
        rules = RULES.model_copy(update={"competences": {**RULES.competences, "suspension": theirs}})
        with pytest.raises(Refused, match="director") as refused:
            decided(adopt(SUSPENDED), rules, ground=MISSING)
        assert refused.value.clause == "3.3"
        matter(ground=MISSING).when(adopt(ResolutionItem(word="admonish"))).then_refused(words="admonish")

    @pytest.mark.clause(SAPATTUU, "3.3")
    def test_a_resolution_has_its_grounds(self) -> None:
        matter().when(adopt(EXTENDED, grounds="  ")).then_refused(words="grounds")


class TestAfterwards:
    @pytest.mark.clause(SAPATTUU, "3.4")
    def test_the_institution_has_the_decision_once_it_is_delivered(self) -> None:
        matter().when(deliver(HELD_ON, HELD_ON)).then_refused(clause="3.4", words="nothing is decided")
        past = adopted(EXTENDED)
        fact = {"outgoing_number": "01-7/55", "sent_on": date(2026, 2, 10), "delivered_on": date(2026, 2, 13)}
        ids = past.model_dump(include={"decision_id", "followup_id", "cycle_id", "institution_id"})
        told = ResolutionDelivered(**ids, **fact)
        matter(past).when(deliver(fact["sent_on"], fact["delivered_on"])).then(told)
        assert isinstance(matter(past, told).when(deliver(HELD_ON, HELD_ON)).outcome, Conflict)

    @pytest.mark.clause(SAPATTUU, "3.4")
    @pytest.mark.parametrize(("sent", "delivered"), [(8, 9), (12, 11), (10, 27)])
    def test_it_is_sent_after_the_decision_and_delivered_after_it_was_sent_and_not_tomorrow(self, sent: int, delivered: int) -> None:
        command = deliver(date(2026, 2, sent), date(2026, 2, delivered), on=date(2026, 2, 26))
        matter(adopted(EXTENDED)).when(command).then_refused(clause="3.4")

    @pytest.mark.clause(SAPATTUU, "3.4")
    def test_five_calendar_days_run_from_the_day_after_the_decision_and_end_on_no_day_off(self) -> None:
        friday, monday = date(2026, 2, 6), date(2026, 2, 9)
        assert (due := notice_due(RULES, friday)) is not None
        assert due.due_on == date(2026, 2, 11)
        assert (due := notice_due(RULES, monday)) is not None
        assert (due.due_on, due.rolled_from) == (date(2026, 2, 16), date(2026, 2, 14))
        assert notice_due(load("kz-109-2008-accreditation"), monday) is None

    @pytest.mark.clause(SAPATTUU, "3.3.a")
    def test_the_information_is_published_once_in_the_text_that_a_person_approved(self) -> None:
        past = adopted(PUBLISHED, ground=UNFULFILLED)
        (fact,) = matter(past, ground=UNFULFILLED).when(publish()).then_types(InformationPublished)
        assert isinstance(fact, InformationPublished)
        assert (fact.text, fact.approved_by, fact.published_on) == (PUBLISHED.text, "somebody", HELD_ON)
        (other,) = matter(past, ground=UNFULFILLED).when(publish(text="Shorter.")).then_types(InformationPublished)
        assert isinstance(other, InformationPublished)
        assert other.text == "Shorter."
        assert isinstance(matter(past, fact, ground=UNFULFILLED).when(publish()).outcome, Conflict)
        matter(past, ground=UNFULFILLED).when(publish(published_on=date(2026, 2, 8))).then_refused(clause="3.3.a")

    @pytest.mark.clause(SAPATTUU, "3.3.a")
    def test_what_the_council_did_not_decide_to_publish_is_not(self) -> None:
        matter().when(publish()).then_refused(clause="3.3.a")
        matter(adopted(SUSPENDED, ground=MISSING), ground=MISSING).when(publish()).then_refused(clause="3.3.a")


@pytest.mark.clause(SAPATTUU, "2.5.p4", "3.2.s1", "3.3.a", "3.3.b.s3", "3.4")
@pytest.mark.parametrize("brought", [opened(), opened(ground=UNFULFILLED), opened(ground=AGAIN, suspended_before=True)])
def test_a_command_on_a_resolution_is_open_exactly_where_some_body_is_accepted(brought: ResolutionOpened) -> None:
    sets = ((EXTENDED,), (PUBLISHED, SUSPENDED), (WITHDRAWN,), ())
    commands = [asked(), deliver(HELD_ON, HELD_ON), publish(), *(adopt(*items) for items in sets)]
    states = guards_tell_the_truth(RESOLUTION, [brought], lambda _: commands)
    assert any(state.delivered for state in states)
    assert any(state.published for state in states) is (brought.ground == UNFULFILLED)
    assert SITTING.quorate
