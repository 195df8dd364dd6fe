"""The decision under IQAA's rulebook: what the votes do not decide a person does, and what differs from the conclusion has its grounds."""

from collections.abc import Sequence
from typing import Any

import pytest

from chassis.events import Event
from chassis.problems import Refused
from regulations import Rulebook
from services.council.contract import DecisionAdopted, Deviation, PresidingStatement, ScopeDecision
from services.council.domain.adoption import Statement
from services.council.domain.consideration import CONSIDERATION, AdoptDecision
from tests.council import cases
from tests.council.cases import ORDER_109, sitting
from tests.council.iqaa import INSTITUTION, LAW, MET, PRESENT, READY, RULES, adopt, case, grounds, votes

IQAA = "iqaa-accreditation"

MAJORITY = RULES.revised({"settings.council_majority": {"value": {"of": "1/2", "strictly": True}}}, version="majority")
VOTED = (*READY, *votes("for", "for", "against"), *votes("against", "against", "for", scope=LAW))
CHANGED = (*READY, *votes("for", "for", "against"), *votes("for", "for", "for", scope=LAW))
OPINIONS = {"opinions": "Two members saw it", "information": None}
INFORMATION = {"opinions": None, "information": "The new staff list"}


def stated(scope: str, outcome: str, **changes: Any) -> Statement:
    return Statement(**{"scope": scope, "presided_by": "aigul", "outcome": outcome, "reasons": "As the statute says", **changes})


ALL_STATED = (stated(INSTITUTION, "accredit"), stated(LAW, "not_accredit"))


def decision(command: AdoptDecision, past: Sequence[Event], rules: Rulebook = MAJORITY) -> DecisionAdopted:
    (event,) = CONSIDERATION.decide(command, CONSIDERATION.fold(past), rules)
    assert isinstance(event, DecisionAdopted)
    return event


@pytest.mark.clause(IQAA, "S3.c.1")
class TestMajorityUnset:
    """The text sets no majority; an agency that sets none leaves the result to the presiding person, and that is recorded."""

    def test_no_count_decides_by_itself(self) -> None:
        problem = case(*VOTED).when(adopt()).then_refused(clause="S3.c.1", words="decide nothing")
        assert problem.setting == "council_majority"
        assert "accredit, not_accredit" in problem.accepts

    def test_who_presided_states_the_result_of_each_scope_with_reasons(self) -> None:
        (event,) = case(*VOTED).when(adopt(presiding_statements=ALL_STATED)).then_types(DecisionAdopted)
        assert isinstance(event, DecisionAdopted)
        assert event.decisions == (
            ScopeDecision(
                scope=INSTITUTION,
                outcome="accredit",
                votes_for=2,
                votes_against=1,
                abstained=0,
                presiding_statement=PresidingStatement(presided_by="aigul", outcome="accredit", reasons="As the statute says"),
                round=1,
            ),
            ScopeDecision(
                scope=LAW,
                outcome="not_accredit",
                votes_for=1,
                votes_against=2,
                abstained=0,
                presiding_statement=PresidingStatement(presided_by="aigul", outcome="not_accredit", reasons="As the statute says"),
                round=1,
            ),
        )
        assert not event.before_first_year

    def test_one_scope_stated_leaves_the_other_open(self) -> None:
        case(*VOTED).when(adopt(presiding_statements=ALL_STATED[:1])).then_refused(words=LAW)

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"presided_by": "dana"}, "dana"),
            ({"outcome": "postpone"}, "postpone"),
            ({"reasons": "  "}, "no reasons"),
            ({"scope": "programme:none"}, "not before the council"),
        ],
    )
    def test_a_statement_is_of_a_present_member_on_a_decision_with_reasons(self, change: dict[str, Any], words: str) -> None:
        wrong = stated(**{"scope": INSTITUTION, "outcome": "accredit", **change})
        case(*VOTED).when(adopt(presiding_statements=(wrong, ALL_STATED[1]))).then_refused(clause="S3.c.1", words=words)


class TestStatementOnATie:
    TIED = (cases.OPENED, cases.PREPARED, *cases.votes(2, 2, 1))

    @pytest.mark.clause(ORDER_109, "9.9")
    def test_the_presiding_person_settles_it_on_the_record(self) -> None:
        command = cases.adopt("Reasons").model_copy(update={"presiding_statements": (stated(INSTITUTION, "refuse"),)})
        event = cases.adopted(command, *self.TIED)
        assert event.outcome == "refuse"
        assert event.decisions[0].presiding_statement == PresidingStatement(
            presided_by="aigul", outcome="refuse", reasons="As the statute says"
        )

    @pytest.mark.clause(ORDER_109, "9.9")
    def test_a_statement_never_takes_the_place_of_votes_that_decide(self) -> None:
        command = cases.adopt("Reasons").model_copy(update={"presiding_statements": (stated(INSTITUTION, "refuse"),)})
        past = (cases.OPENED, cases.PREPARED, *cases.votes(3, 2))
        cases.case(*past).when(command).then_refused(clause="9.8", words="the votes decide on institution: accredit")

    def test_it_gives_nothing_for_which_a_set_majority_was_not_reached(self) -> None:
        book = cases.RULES.revised({"settings.council_majority": {"value": {"of": "2/3", "strictly": False}}}, version="two thirds")
        past = (cases.OPENED, cases.PREPARED, *cases.votes(3, 2))
        for outcome, allowed in (("accredit", False), ("refuse", True)):
            command = cases.adopt("Reasons").model_copy(update={"presiding_statements": (stated(INSTITUTION, outcome),)})
            if allowed:
                assert cases.adopted(command, *past, rules=book).outcome == outcome
            else:
                with pytest.raises(Refused, match="cannot be stated"):
                    cases.adopted(command, *past, rules=book)


@pytest.mark.clause(IQAA, "S3.c.3")
class TestDeviation:
    def test_what_the_conclusion_proposed_needs_no_grounds(self) -> None:
        assert decision(adopt(), VOTED).deviations == ()

    def test_another_result_is_recorded_with_its_grounds(self) -> None:
        expected = Deviation(scope=LAW, proposed="not_accredit", grounds="Staff were hired", opinions="Two members saw it")
        assert decision(adopt(grounds=(grounds(),)), CHANGED).deviations == (expected,)

    @pytest.mark.parametrize("given", [(), (grounds(grounds=" "),)], ids=["none", "blank"])
    def test_without_grounds_it_is_refused(self, given: tuple[Any, ...]) -> None:
        with pytest.raises(Refused, match="no grounds are given") as refusal:
            decision(adopt(grounds=given), CHANGED)
        assert (refusal.value.clause, refusal.value.scope) == ("S3.c.3", LAW)

    @pytest.mark.parametrize("heard", [OPINIONS, INFORMATION], ids=["opinions", "information"])
    def test_members_opinions_or_additional_information_led_to_it(self, heard: dict[str, Any]) -> None:
        assert len(decision(adopt(grounds=(grounds(**heard),)), CHANGED).deviations) == 1
        with pytest.raises(Refused, match="not all is given") as refusal:
            decision(adopt(grounds=(grounds(opinions=None, information=None),)), CHANGED)
        assert "opinions or the additional information" in str(refusal.value.accepts)

    @pytest.mark.parametrize("heard", [OPINIONS, INFORMATION], ids=["opinions", "information"])
    def test_an_agency_may_ask_for_all_three(self, heard: dict[str, Any]) -> None:
        book = MAJORITY.revised({"settings.result_change_needs": {"value": "all_three"}}, version="all")
        with pytest.raises(Refused, match="not all is given"):
            decision(adopt(grounds=(grounds(**heard),)), CHANGED, book)
        both = grounds(opinions="Two members saw it", information="The new staff list")
        assert len(decision(adopt(grounds=(both,)), CHANGED, book).deviations) == 1

    def test_an_agency_may_leave_the_council_free(self) -> None:
        change = {"settings.reasons_when_result_differs": {"value": False}, "settings.result_change_needs": {"value": "any_of_the_three"}}
        assert decision(adopt(), CHANGED, MAJORITY.revised(change, version="free")).deviations == ()

    def test_grounds_are_for_what_differs_alone(self) -> None:
        with pytest.raises(Refused, match=INSTITUTION):
            decision(adopt(grounds=(grounds(), grounds(INSTITUTION))), CHANGED)

    def test_a_stated_result_may_differ_too(self) -> None:
        statements = (stated(INSTITUTION, "accredit"), stated(LAW, "accredit"))
        command = adopt(presiding_statements=statements)
        case(*VOTED).when(command).then_refused(clause="S3.c.3", words=LAW)
        assert case(*VOTED).when(command.model_copy(update={"grounds": (grounds(),)})).then_types(DecisionAdopted)

    def test_order_109_knows_no_proposals(self) -> None:
        cases.case(cases.OPENED, cases.PREPARED, *cases.votes(3, 2)).when(
            cases.adopt().model_copy(update={"grounds": (grounds(INSTITUTION),)})
        ).then_refused(words="nothing differs")


@pytest.mark.clause(ORDER_109, "9.9")
class TestOneProtocol:
    @pytest.mark.parametrize("number", ["3", "4"])
    def test_every_decision_of_a_meeting_bears_the_number_of_its_protocol(self, number: str) -> None:
        past = (cases.OPENED, cases.PREPARED, *cases.votes(3, 2))
        at_ = sitting(*cases.MEMBERS)
        command = cases.adopt(at_=type(at_)(at_.meeting_id, at_.members, at_.agenda, at_.present, at_.quorate, "open", (number,)))
        if number == "3":
            assert cases.adopted(command, *past).protocol_number == "3"
        else:
            problem = cases.case(*past).when(command).then_refused(clause="9.9", words="number 4, not 3")
            assert problem.accepts == "the number 4"


class TestNoForeignClause:
    """Whatever is refused under a rulebook names a clause of that rulebook: no number of another text is in the code."""

    COMMANDS = (
        adopt(),
        adopt(grounds=(grounds(),)),
        adopt(presiding_statements=ALL_STATED),
        adopt(sitting=sitting(quorate=None)),
        adopt(sitting=sitting(quorate=False)),
        cases.cast("aigul"),
        cases.cast("stranger"),
        cases.cast("dana", at_=MET),
        cases.cast("aigul", scope="programme:none"),
        cases.cast("aigul", at_=sitting(*PRESENT, agenda=["case-2"])),
        cases.recuse("stranger"),
    )

    @pytest.mark.clause(IQAA, "S3.c.1")
    @pytest.mark.parametrize("past", [READY, READY[:2], VOTED, CHANGED], ids=["prepared", "unprepared", "voted", "changed"])
    @pytest.mark.parametrize("command", COMMANDS, ids=range(len(COMMANDS)))
    def test_iqaa_cites_iqaa(self, past: tuple[Event, ...], command: Any) -> None:
        given = case(*past).when(command)
        refused = given.outcome if isinstance(given.outcome, Refused) else None
        assert refused is None or (refused.clause in RULES.clauses and refused.rulebook == IQAA)
