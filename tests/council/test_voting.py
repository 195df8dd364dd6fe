"""Who takes part in a case before the council, and how votes become a decision (order 109, p. 8 (b), 9.8, 9.9, 11, 19, 22)."""

import random
from datetime import date
from typing import get_args

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from chassis.problems import Conflict, Refused
from services.council.contract import DecisionAdopted, ScopeDecision, Vote, VoteCast
from services.council.domain.consideration import CONSIDERATION
from tests.council.cases import (
    A_YEAR_HAS_PASSED,
    COMBINED,
    INSTITUTION,
    LAW,
    MEMBERS,
    OPENED,
    ORDER_109,
    PREPARED,
    RULES,
    TODAY,
    adopt,
    adopted,
    case,
    cast,
    decided,
    recuse,
    recused,
    sitting,
    vote,
    votes,
)

READY = (OPENED, PREPARED)


@pytest.mark.clause(ORDER_109, "9.8")
class TestRecusal:
    def test_a_member_with_an_interest_takes_no_part(self) -> None:
        case(*READY).when(recuse("aigul")).then(recused("aigul"))
        case(*READY, recused("aigul")).when(cast("aigul")).then_refused(clause="9.8", words="recused")

    def test_an_interest_is_declared_before_voting(self) -> None:
        assert isinstance(case(*READY, vote("aigul", "for")).when(recuse("aigul")).then_refused(words="stands"), Conflict)

    def test_a_member_is_recused_once(self) -> None:
        assert isinstance(case(*READY, recused("aigul")).when(recuse("aigul")).then_refused(words="already"), Conflict)

    def test_only_members_recuse_themselves_and_only_from_the_agenda(self) -> None:
        case(*READY).when(recuse("stranger")).then_refused(clause="9.8", words="not a member")
        case(*READY).when(recuse("aigul", sitting(*MEMBERS, agenda=["case-2"]))).then_refused(clause="9.8", words="agenda")

    def test_nobody_is_recused_from_what_is_decided(self) -> None:
        assert isinstance(case(*READY, decided("accredit")).when(recuse("aigul")).then_refused(words="has decided"), Conflict)


@pytest.mark.clause(ORDER_109, "9.8")
class TestVote:
    @pytest.mark.parametrize("word", get_args(Vote))
    def test_a_present_member_votes_by_name_for_against_or_abstains(self, word: Vote) -> None:
        case(*READY).when(cast("aigul", word)).then(vote("aigul", word))

    def test_a_member_votes_once_on_each_scope(self) -> None:
        past = (COMBINED, PREPARED, vote("aigul", "for"))
        assert isinstance(case(*past).when(cast("aigul", "against")).then_refused(words="has voted on institution"), Conflict)
        case(*past).when(cast("aigul", "against", LAW)).then(vote("aigul", "against", LAW))

    def test_a_vote_is_on_a_scope_of_the_case(self) -> None:
        case(*READY).when(cast("aigul", scope=LAW)).then_refused(clause="9.8", words=LAW)

    @pytest.mark.clause(ORDER_109, "9.7")
    def test_nobody_votes_without_materials(self) -> None:
        case(OPENED).when(cast("aigul")).then_refused(clause="9.7", words="not ready")

    def test_the_absent_do_not_vote(self) -> None:
        case(*READY).when(cast("erlan", at_=sitting(*MEMBERS[:4]))).then_refused(clause="9.8", words="not present")

    def test_strangers_do_not_vote(self) -> None:
        case(*READY).when(cast("stranger")).then_refused(clause="9.8", words="not a member")

    def test_a_vote_needs_a_recorded_quorum(self) -> None:
        case(*READY).when(cast("aigul", at_=sitting(quorate=None))).then_refused(clause="9.8", words="not recorded")
        case(*READY).when(cast("aigul", at_=sitting("aigul", quorate=False))).then_refused(clause="6", words="no quorum")

    def test_a_vote_is_of_one_meeting(self) -> None:
        second = sitting(*MEMBERS, meeting_id="meeting-2")
        assert isinstance(case(*READY, vote("aigul", "for")).when(cast("berik", at_=second)).then_refused(words="meeting-1"), Conflict)

    def test_nobody_votes_on_what_is_decided(self) -> None:
        assert isinstance(case(*READY, decided("accredit")).when(cast("aigul")).then_refused(words="has decided"), Conflict)


@pytest.mark.clause(ORDER_109, "9.9", "19.1", "19.2")
class TestCount:
    def test_a_majority_of_the_votes_cast_accredits(self) -> None:
        decision = ScopeDecision(scope=INSTITUTION, outcome="accredit", votes_for=3, votes_against=2, abstained=0)
        expected = decided("accredit").model_copy(update={"decisions": (decision,)})
        case(*READY, *votes(3, 2)).when(adopt()).then(expected)

    def test_a_majority_against_refuses(self) -> None:
        assert adopted(adopt("Too few staff"), *READY, *votes(2, 3)).outcome == "refuse"

    def test_an_abstention_is_no_vote_cast(self) -> None:
        decision = adopted(adopt(), *READY, *votes(2, 1, 2))
        assert (decision.outcome, decision.decisions[0].abstained) == ("accredit", 2)

    @pytest.mark.clause(ORDER_109, "9.8")
    def test_only_votes_of_those_who_are_present_count(self) -> None:
        case(*READY, *votes(2, 3)).when(adopt()).then_refused(words="reasoned")
        decision = adopted(adopt(at_=sitting(*MEMBERS[:3])), *READY, *votes(2, 3)).decisions[0]
        assert (decision.outcome, decision.votes_for, decision.votes_against) == ("accredit", 2, 1)

    def test_votes_of_those_alone_who_are_no_longer_present_are_none(self) -> None:
        past = (*READY, vote("dana", "for"), vote("erlan", "for"), *(recused(member) for member in MEMBERS[:3]))
        case(*past).when(adopt(at_=sitting(*MEMBERS[:3]))).then_refused(clause="9.9", words="nobody has voted")

    @pytest.mark.parametrize("past", [votes(2, 2, 1), votes(0, 0, 5)], ids=["a tie", "all abstain"])
    def test_a_tie_decides_nothing_and_a_person_settles_it(self, past: tuple[VoteCast, ...]) -> None:
        problem = case(*READY, *past).when(adopt("Reasons")).then_refused(clause="6", words="decide nothing")
        assert problem.setting == "council_tie"
        assert "a person settles" in problem.accepts

    @pytest.mark.parametrize("outcome", ["accredit", "refuse"])
    def test_an_agency_may_settle_ties_in_advance(self, outcome: str) -> None:
        book = RULES.revised({"settings.council_tie": {"value": outcome}}, version="ties")
        assert adopted(adopt("Reasons"), *READY, *votes(2, 2, 1), rules=book).outcome == outcome

    def test_an_agency_may_ask_for_two_thirds(self) -> None:
        book = RULES.revised({"settings.council_majority": {"value": {"of": "2/3", "strictly": False}}}, version="two thirds")
        with pytest.raises(Refused, match="council_majority"):
            adopted(adopt("Reasons"), *READY, *votes(3, 2), rules=book)
        assert adopted(adopt(), *READY, *votes(4, 1), rules=book).outcome == "accredit"

    def test_without_a_majority_in_the_settings_no_count_decides(self) -> None:
        book = RULES.revised({"settings.council_majority": {"value": None}}, version="silent")
        with pytest.raises(Refused, match="council_majority"):
            adopted(adopt(), *READY, *votes(5), rules=book)

    @pytest.mark.clause(ORDER_109, "22 (a)")
    @pytest.mark.parametrize("reasons", ["", "  \n"])
    def test_a_refusal_is_reasoned(self, reasons: str) -> None:
        case(*READY, *votes(2, 3)).when(adopt(reasons)).then_refused(clause="22 (a)", words="reasoned")
        assert adopted(adopt(" Too few staff "), *READY, *votes(2, 3)).reasons == "Too few staff"


@pytest.mark.clause(ORDER_109, "8 (b)", "9.9")
class TestEveryScope:
    def test_each_scope_has_its_own_decision(self) -> None:
        decision = adopted(adopt("Law fails"), COMBINED, PREPARED, *votes(4, 1), *votes(1, 4, scope=LAW))
        assert [(each.scope, each.outcome) for each in decision.decisions] == [(INSTITUTION, "accredit"), (LAW, "refuse")]
        assert decision.outcome == "accredit"

    @pytest.mark.clause(ORDER_109, "22 (a)")
    def test_a_refusal_of_one_scope_is_reasoned_too(self) -> None:
        case(COMBINED, PREPARED, *votes(4, 1), *votes(1, 4, scope=LAW)).when(adopt()).then_refused(clause="22 (a)")

    def test_a_scope_without_votes_holds_the_case_up(self) -> None:
        problem = case(COMBINED, PREPARED, *votes(5)).when(adopt()).then_refused(clause="8 (b)", words=LAW)
        assert problem.scopes == [LAW]

    def test_everybody_present_without_an_interest_votes(self) -> None:
        problem = case(*READY, recused("aigul"), vote("berik", "for")).when(adopt()).then_refused(clause="9.9", words="chingiz")
        assert problem.waiting_for == ["chingiz", "dana", "erlan"]

    def test_a_case_from_which_all_are_recused_is_not_decided(self) -> None:
        case(*READY, *(recused(member) for member in MEMBERS)).when(adopt()).then_refused(clause="9.9", words="nobody has voted")

    def test_a_decision_needs_a_quorum_at_its_end(self) -> None:
        case(*READY, *votes(5)).when(adopt(at_=sitting("aigul", quorate=False))).then_refused(clause="6", words="no quorum")

    def test_a_decision_is_of_the_meeting_that_voted_and_is_taken_once(self) -> None:
        second = sitting(*MEMBERS, meeting_id="meeting-2")
        assert isinstance(case(*READY, *votes(5)).when(adopt(at_=second)).then_refused(words="meeting-1"), Conflict)
        assert isinstance(case(*READY, *votes(5), decided("accredit")).when(adopt()).then_refused(words="has decided"), Conflict)


@pytest.mark.clause(ORDER_109, "11")
class TestEarlyDecision:
    @pytest.mark.parametrize(("on", "early"), [(date(2010, 3, 2), True), (A_YEAR_HAS_PASSED, False), (TODAY, False)])
    def test_a_decision_before_a_year_from_the_registration_is_flagged(self, on: date, early: bool) -> None:
        assert adopted(adopt(on=on), COMBINED, PREPARED, *votes(5), *votes(5, scope=LAW)).before_first_year is early

    def test_an_agency_may_refuse_it(self) -> None:
        book = RULES.revised({"settings.early_decision": {"value": "refused"}}, version="strict")
        with pytest.raises(Refused, match="2010-03-03") as refusal:
            adopted(adopt(on=date(2010, 3, 2)), *READY, *votes(5), rules=book)
        assert refusal.value.clause == "11"
        assert not adopted(adopt(on=A_YEAR_HAS_PASSED), *READY, *votes(5), rules=book).before_first_year


attendance = st.lists(st.sampled_from(MEMBERS), unique=True, min_size=3)
attempts = st.lists(
    st.tuples(
        st.sampled_from(["vote", "vote", "vote", "recuse"]),
        st.sampled_from([*MEMBERS, "stranger"]),
        st.sampled_from([INSTITUTION, LAW]),
        st.sampled_from(get_args(Vote)),
    ),
    max_size=40,
)


@settings(deadline=None)
@for_all(attendance, attempts)
def test_no_more_votes_count_than_members_are_present_and_not_recused(present: list[str], tried: list[tuple[str, str, str, Vote]]) -> None:
    at_ = sitting(*present)
    state = CONSIDERATION.fold([COMBINED, PREPARED])
    for what, member, scope, word in tried:
        try:
            facts = CONSIDERATION.decide(recuse(member, at_) if what == "recuse" else cast(member, word, scope, at_), state, RULES)
        except (Refused, Conflict):
            continue
        state = CONSIDERATION.fold(facts, state)
    entitled = set(present) - state.recused
    for scope in COMBINED.scopes:
        voted = [each.member_id for each in state.votes if each.scope == scope]
        assert len(voted) == len(set(voted))
        assert set(voted) <= entitled
    try:
        (decision,) = CONSIDERATION.decide(adopt("Reasons", at_), state, RULES)
    except Refused:
        return
    assert isinstance(decision, DecisionAdopted)
    assert all(each.votes_for + each.votes_against + each.abstained == len(entitled) for each in decision.decisions)


@settings(deadline=None)
@for_all(st.lists(st.sampled_from(get_args(Vote)), min_size=10, max_size=10), st.randoms(use_true_random=False))
def test_the_order_of_votes_decides_nothing(words: list[Vote], shuffle: random.Random) -> None:
    def outcome(cast_votes: list[VoteCast]) -> DecisionAdopted | str:
        try:
            return adopted(adopt("Reasons"), COMBINED, PREPARED, *cast_votes)
        except Refused as refusal:
            return str(refusal)

    ballots = [vote(member, word) for member, word in zip(MEMBERS, words[:5], strict=True)]
    ballots += [vote(member, word, LAW) for member, word in zip(MEMBERS, words[5:], strict=True)]
    in_another_order = list(ballots)
    shuffle.shuffle(in_another_order)
    assert outcome(ballots) == outcome(in_another_order)
