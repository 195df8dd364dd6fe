"""The Accreditation Council and its meetings (order 109, p. 6, 7, 9.7, 9.8): 15 March 2010 is a Monday."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from chassis.events import Event
from chassis.problems import Conflict, NotFound, Refused
from chassis.testing import Given, given
from regulations import RulebookChanged, load
from services.council.contract import AttendanceRecorded, CouncilComposed, CouncilMember, MeetingConvened
from services.council.domain.council import COUNCIL, ComposeCouncil
from services.council.domain.meeting import MEETING, AgendaItem, ConveneMeeting, Meeting, RecordAttendance

ORDER_109 = "kz-109-2008-accreditation"
RULES = load(ORDER_109)
GROUPS = tuple(RULES.vocabulary("council_groups"))
TODAY = date(2010, 3, 15)

MEMBERS = tuple(CouncilMember(member_id=f"m-{group}", name="A. Member", group=group) for group in GROUPS)
IDS = tuple(member.member_id for member in MEMBERS)
COMPOSED = CouncilComposed(
    council_id="council-1",
    rulebook=RULES.ref,
    members=MEMBERS,
    composition_act="Order 4",
    statute_act="Order 5",
    composed_on=TODAY,
)
CONVENED = MeetingConvened(
    meeting_id="meeting-1",
    council_id="council-1",
    rulebook=RULES.ref,
    members=IDS,
    held_on=TODAY,
    agenda=("case-1", "case-2"),
)


def at(day: date) -> dict[str, Any]:
    """A moment of which the local day is `day`."""
    return {"at": datetime.combine(day, time(6), UTC), "by": "somebody"}


def compose(*members: CouncilMember, **changes: Any) -> ComposeCouncil:
    acts = {"composition_act": "Order 4", "statute_act": "Order 5"}
    return ComposeCouncil(**at(TODAY), council_id="council-1", rulebook=RULES.ref, members=members, **{**acts, **changes})


def item(case_id: str, **changes: Any) -> AgendaItem:
    return AgendaItem(case_id, **{"rulebook_id": ORDER_109, "prepared": True, **changes})


def convene(*agenda: AgendaItem) -> ConveneMeeting:
    fields = {"meeting_id": "meeting-1", "council_id": "council-1", "rulebook": RULES.ref, "members": IDS, "held_on": TODAY}
    return ConveneMeeting(**at(date(2010, 3, 1)), **fields, agenda=agenda)


def attend(*present: str, on: date = TODAY, statement: str | None = None) -> RecordAttendance:
    return RecordAttendance(**at(on), present=present, presiding_statement=statement)


def attended(*present: str, quorate: bool = True) -> AttendanceRecorded:
    return AttendanceRecorded(meeting_id="meeting-1", present=present, quorate=quorate)


def meeting(*events: Event) -> Given[Meeting]:
    return given(MEETING, events)


@pytest.mark.clause(ORDER_109, "7")
class TestGroups:
    def test_the_text_names_five(self) -> None:
        assert len(GROUPS) == 5

    def test_a_council_of_all_groups_is_composed(self) -> None:
        given(COUNCIL).when(compose(*MEMBERS)).then(COMPOSED)

    @pytest.mark.parametrize("group", GROUPS)
    def test_a_council_that_lacks_a_group_is_refused_and_the_group_named(self, group: str) -> None:
        problem = given(COUNCIL).when(compose(*(m for m in MEMBERS if m.group != group))).then_refused(clause="7", words=group)
        assert problem.missing == [group]

    def test_many_members_of_one_group_stand_for_no_other(self) -> None:
        crowd = tuple(CouncilMember(member_id=f"m-{n}", name="A. Member", group=GROUPS[0]) for n in range(9))
        problem = given(COUNCIL).when(compose(*crowd)).then_refused(clause="7")
        assert problem.missing == list(GROUPS[1:])

    def test_there_is_no_sixth_group(self) -> None:
        guest = CouncilMember(member_id="guest", name="A. Guest", group="employers")
        given(COUNCIL).when(compose(*MEMBERS, guest)).then_refused(clause="7", words="employers")

    def test_an_agency_may_read_the_lack_as_a_flag(self) -> None:
        book = RULES.revised({"settings.missing_council_group": {"value": "flagged"}}, version="flagging")
        (event,) = COUNCIL.decide(compose(*MEMBERS[1:]), COUNCIL.initial, book)
        assert isinstance(event, CouncilComposed)
        assert event.missing_groups == (GROUPS[0],)

    def test_a_member_sits_once(self) -> None:
        assert isinstance(given(COUNCIL).when(compose(*MEMBERS, MEMBERS[2])).then_refused(words=IDS[2]), Conflict)


@pytest.mark.clause(ORDER_109, "6")
class TestActs:
    @pytest.mark.parametrize(("absent", "words"), [("composition_act", "composition"), ("statute_act", "statute")])
    def test_the_body_approves_composition_and_statute(self, absent: str, words: str) -> None:
        given(COUNCIL).when(compose(*MEMBERS, **{absent: "  "})).then_refused(clause="6", words=f"not named: the act on its {words}")

    def test_a_council_is_composed_once(self) -> None:
        assert isinstance(given(COUNCIL, [COMPOSED]).when(compose(*MEMBERS)).then_refused(words="already"), Conflict)

    def test_nothing_is_decided_under_an_altered_rulebook(self) -> None:
        altered = RULES.ref.model_copy(update={"content_hash": "0" * 64})
        with pytest.raises(RulebookChanged):
            given(COUNCIL).when(compose(*MEMBERS).model_copy(update={"rulebook": altered}))


@pytest.mark.clause(ORDER_109, "9.8")
class TestConvening:
    def test_a_meeting_is_convened_on_prepared_cases(self) -> None:
        meeting().when(convene(item("case-1"), item("case-2"))).then(CONVENED)

    def test_a_case_stands_on_the_agenda_once(self) -> None:
        meeting().when(convene(item("case-1"), item("case-2"), item("case-1"))).then(CONVENED)

    @pytest.mark.clause(ORDER_109, "9.7", "18")
    def test_a_case_without_materials_is_not_considered(self) -> None:
        meeting().when(convene(item("case-1"), item("case-2", prepared=False))).then_refused(clause="9.7", words="case-2")

    def test_a_decided_case_is_not_considered_again(self) -> None:
        assert isinstance(meeting().when(convene(item("case-1", decided=True))).then_refused(words="case-1"), Conflict)

    def test_a_case_that_is_not_before_the_council_is_unknown(self) -> None:
        assert isinstance(meeting().when(convene(AgendaItem("case-9"))).then_refused(words="case-9"), NotFound)

    @pytest.mark.clause(ORDER_109, "7")
    def test_a_council_sits_on_cases_of_its_own_rulebook(self) -> None:
        meeting().when(convene(item("case-1", rulebook_id="kg-2024"))).then_refused(clause="7", words="case-1")

    def test_a_meeting_is_convened_once(self) -> None:
        assert isinstance(meeting(CONVENED).when(convene(item("case-1"))).then_refused(words="already"), Conflict)


@pytest.mark.clause(ORDER_109, "9.8")
class TestAttendance:
    def test_more_than_half_of_the_members_are_a_quorum(self) -> None:
        meeting(CONVENED).when(attend(*IDS[:3])).then(attended(*IDS[:3]))
        meeting(CONVENED).when(attend(*IDS[:2])).then(attended(*IDS[:2], quorate=False))

    def test_exactly_half_is_none(self) -> None:
        even = CONVENED.model_copy(update={"members": IDS[:4]})
        meeting(even).when(attend(*IDS[:2])).then(attended(*IDS[:2], quorate=False))

    def test_nobody_is_counted_twice(self) -> None:
        meeting(CONVENED).when(attend(IDS[1], IDS[0], IDS[1], IDS[1])).then(attended(IDS[0], IDS[1], quorate=False))

    def test_only_members_are_present(self) -> None:
        meeting(CONVENED).when(attend(*IDS, "visitor")).then_refused(clause="9.8", words="visitor")

    def test_nobody_is_present_before_the_day(self) -> None:
        problem = meeting(CONVENED).when(attend(*IDS, on=date(2010, 3, 14))).then_refused(clause="9.8", words="2010-03-15")
        assert "2010-03-15 or later" in problem.accepts

    def test_the_last_record_counts(self) -> None:
        state = MEETING.fold([CONVENED, attended(*IDS), attended(*IDS[:2], quorate=False)])
        assert (state.present, state.quorate) == (IDS[:2], False)


class TestQuorumUnset:
    """The text is silent about the quorum; an agency that sets none leaves it to the presiding person."""

    BOOK = RULES.revised({"settings.council_quorum": {"value": None}}, version="silent")
    STATE = MEETING.fold([CONVENED])

    def test_the_presiding_person_states_that_the_meeting_is_competent(self) -> None:
        with pytest.raises(Refused, match="sets no quorum") as refusal:
            MEETING.decide(attend(*IDS), self.STATE, self.BOOK)
        assert "statement of the presiding person" in str(refusal.value.accepts)

    def test_the_statement_is_kept_as_the_reason(self) -> None:
        (event,) = MEETING.decide(attend(IDS[0], statement="Competent by the statute, p. 12"), self.STATE, self.BOOK)
        assert event == AttendanceRecorded(
            meeting_id="meeting-1", present=(IDS[0],), quorate=True, presiding_statement="Competent by the statute, p. 12"
        )

    def test_no_statement_makes_an_empty_room_competent(self) -> None:
        (event,) = MEETING.decide(attend(statement="Competent"), self.STATE, self.BOOK)
        assert isinstance(event, AttendanceRecorded)
        assert not event.quorate
