"""A secret ballot, counted by tellers, and the minutes of a meeting (order 109, p. 9.8, 19; IQAA, S3.c.1)."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict
from chassis.testing import given
from services.council.contract import AttendanceRecorded, MeetingConvened, MinutesSigned, SecretBallotCounted
from services.council.domain.consideration import CONSIDERATION, CountSecretBallot
from services.council.domain.meeting import MEETING, AgendaItem, ConveneMeeting, RecordAttendance, SignMinutes
from services.council.domain.voting import Sitting
from tests.council.cases import (
    COMBINED,
    INSTITUTION,
    LAW,
    MEMBERS,
    OPENED,
    ORDER_109,
    PREPARED,
    RULES,
    SITTING,
    TODAY,
    adopt,
    adopted,
    at,
    case,
    cast,
    recuse,
    recused,
    sitting,
)

SECRET = replace(SITTING, ballot="secret")
READY = (OPENED, PREPARED)


def ballot(votes_for: int = 3, votes_against: int = 2, abstained: int = 0, scope: str = INSTITUTION) -> SecretBallotCounted:
    counts = {"votes_for": votes_for, "votes_against": votes_against, "abstained": abstained}
    return SecretBallotCounted(case_id="case-1", meeting_id="meeting-1", scope=scope, counted_by=("dana", "erlan"), **counts)


def count(fact: SecretBallotCounted, at_: Sitting = SECRET, tellers: tuple[str, ...] = ("dana", "erlan")) -> CountSecretBallot:
    told = fact.model_dump(include={"scope", "votes_for", "votes_against", "abstained"})
    return CountSecretBallot(**at(TODAY), sitting=at_, counted_by=tellers, **told)


@pytest.mark.clause(ORDER_109, "9.8", "19.1", "19.2")
class TestSecretBallot:
    def test_two_tellers_count_it(self) -> None:
        case(*READY).when(count(ballot())).then(ballot())

    def test_nobody_votes_by_name_in_it_and_nobody_counts_an_open_vote(self) -> None:
        case(*READY).when(cast("aigul", at_=SECRET)).then_refused(clause="9.8", words="secret ballot")
        case(*READY).when(count(ballot(), SITTING)).then_refused(clause="9.8", words="openly")

    @pytest.mark.parametrize("tellers", [(), ("dana",), ("dana", "dana")])
    def test_nobody_counts_alone(self, tellers: tuple[str, ...]) -> None:
        problem = case(*READY).when(count(ballot(), tellers=tellers)).then_refused(clause="9.8", words="alone")
        assert "2 tellers" in problem.accepts

    @pytest.mark.parametrize("fact", [ballot(3, 1), ballot(3, 3), ballot(0, 0), ballot(3, 2, 1)])
    def test_as_many_votes_as_members_are_present_without_an_interest(self, fact: SecretBallotCounted) -> None:
        problem = case(*READY).when(count(fact)).then_refused(clause="9.8", words="5 members are present")
        assert problem.accepts.endswith(": 5")

    def test_who_is_recused_or_absent_is_not_counted(self) -> None:
        four = replace(SECRET, present=MEMBERS[:4])
        case(*READY, recused("aigul")).when(count(ballot(2, 1), four)).then(ballot(2, 1))
        case(*READY, recused("aigul")).when(count(ballot(3, 1), four)).then_refused(words="3 members")

    def test_a_scope_is_counted_once(self) -> None:
        assert isinstance(case(*READY, ballot()).when(count(ballot(4, 1))).then_refused(words="is counted"), Conflict)

    def test_a_count_that_a_corrected_attendance_made_wrong_is_made_again(self) -> None:
        four = replace(SECRET, present=MEMBERS[:4])
        case(*READY, ballot()).when(adopt(at_=four)).then_refused(clause="9.9", words="not counted for 4")
        case(*READY, ballot()).when(count(ballot(3, 1), four)).then(ballot(3, 1))
        assert adopted(adopt(at_=four), *READY, ballot(), ballot(3, 1)).decisions[0].votes_against == 1

    def test_nobody_is_recused_once_it_is_counted(self) -> None:
        assert isinstance(case(*READY, ballot()).when(recuse("aigul", SECRET)).then_refused(words="counted"), Conflict)

    def test_it_needs_materials_a_quorum_and_the_agenda(self) -> None:
        case(OPENED).when(count(ballot())).then_refused(clause="9.7")
        case(*READY).when(count(ballot(), replace(SECRET, quorate=False))).then_refused(clause="6")
        case(*READY).when(count(ballot(), replace(SECRET, agenda=("case-2",)))).then_refused(words="agenda")
        case(*READY).when(count(ballot(scope=LAW))).then_refused(words=LAW)

    @pytest.mark.clause(ORDER_109, "8 (b)", "9.9")
    def test_every_scope_is_decided_by_its_count(self) -> None:
        past = (COMBINED, PREPARED, ballot(4, 1))
        case(*past).when(adopt("Law fails", SECRET)).then_refused(clause="8 (b)", words=LAW)
        event = adopted(adopt("Law fails", SECRET), *past, ballot(1, 3, 1, LAW))
        assert [(each.outcome, each.votes_for, each.abstained) for each in event.decisions] == [("accredit", 4, 0), ("refuse", 1, 1)]

    def test_it_is_of_one_meeting(self) -> None:
        second = replace(SECRET, meeting_id="meeting-2")
        assert isinstance(
            case(COMBINED, PREPARED, ballot()).when(count(ballot(scope=LAW), second)).then_refused(words="meeting-1"), Conflict
        )
        assert isinstance(case(*READY, ballot()).when(adopt(at_=second)).then_refused(words="meeting-1"), Conflict)

    def test_the_counts_stand_in_the_state_by_scope(self) -> None:
        state = CONSIDERATION.fold([COMBINED, PREPARED, ballot(), ballot(1, 4, 0, LAW)])
        assert {scope: fact.votes_for for scope, fact in state.ballots.items()} == {INSTITUTION: 3, LAW: 1}


CONVENED = MeetingConvened(
    meeting_id="meeting-1", council_id="council-1", rulebook=RULES.ref, members=MEMBERS, held_on=TODAY, agenda=("case-1",)
)
ATTENDED = AttendanceRecorded(meeting_id="meeting-1", present=MEMBERS[:4], quorate=True)
DOCUMENT = Document(kind="minutes", name="Minutes", sha256="9" * 64)
MINUTES = MinutesSigned(
    meeting_id="meeting-1", protocol_number="3", document=DOCUMENT, signed_by=("aigul", "agency.zarina"), signed_on=TODAY
)


def sign(**changes: Any) -> SignMinutes:
    told = {"protocol_number": "3", "document": DOCUMENT, "presided_by": "aigul", "secretary": "agency.zarina"}
    return SignMinutes(**at(TODAY), **{**told, **changes})


def attend(on: date = TODAY) -> RecordAttendance:
    return RecordAttendance(**at(on), present=MEMBERS[:4])


@pytest.mark.clause(ORDER_109, "9.8")
class TestMinutes:
    def meeting(self, *past: Event) -> Any:
        return given(MEETING, (CONVENED, *past))

    def test_who_presided_and_the_secretary_sign_them_after_the_meeting(self) -> None:
        self.meeting(ATTENDED).when(sign()).then(MINUTES)
        self.meeting().when(sign()).then_refused(clause="9.8", words="not recorded")

    def test_once(self) -> None:
        assert isinstance(self.meeting(ATTENDED, MINUTES).when(sign()).then_refused(words="number 3"), Conflict)

    def test_who_presided_was_present(self) -> None:
        self.meeting(ATTENDED).when(sign(presided_by="erlan")).then_refused(clause="9.8", words="erlan")

    def test_two_sign(self) -> None:
        self.meeting(ATTENDED).when(sign(secretary="aigul")).then_refused(clause="9.8", words="one person")

    def test_they_bear_the_number_of_the_decisions(self) -> None:
        self.meeting(ATTENDED).when(sign(decided_under=("3",))).then(MINUTES)
        self.meeting(ATTENDED).when(sign(decided_under=("4",))).then_refused(clause="9.9", words="number 4, not 3")

    def test_after_them_who_was_present_no_longer_changes(self) -> None:
        assert isinstance(self.meeting(ATTENDED, MINUTES).when(attend()).then_refused(words="no longer changes"), Conflict)


def test_a_meeting_is_convened_with_its_kind_of_ballot() -> None:
    command = ConveneMeeting(
        **at(date(2010, 3, 1)),
        meeting_id="meeting-1",
        council_id="council-1",
        rulebook=RULES.ref,
        members=MEMBERS,
        held_on=TODAY,
        agenda=(AgendaItem("case-1", ORDER_109, prepared=True),),
        ballot="secret",
    )
    given(MEETING).when(command).then(CONVENED.model_copy(update={"ballot": "secret"}))


def test_who_states_the_quorum_is_present() -> None:
    silent = RULES.revised({"settings.council_quorum": {"value": None}}, version="silent")
    state, command = MEETING.fold([CONVENED]), attend().model_copy(update={"presiding_statement": "Competent"})
    (event,) = MEETING.decide(command.model_copy(update={"presided_by": "aigul"}), state, silent)
    assert event == ATTENDED.model_copy(update={"presiding_statement": "Competent", "presided_by": "aigul"})
    with pytest.raises(Exception, match="erlan is not present"):
        MEETING.decide(command.model_copy(update={"presided_by": "erlan"}), state, silent)


def test_an_open_sitting_is_the_default() -> None:
    assert sitting(*MEMBERS).ballot == "open"
