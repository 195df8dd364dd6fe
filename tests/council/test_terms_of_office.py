"""Who sits in a council when: terms of office, changes by act, a rulebook without groups (order 109, p. 6, 7; IQAA, S3.c.1)."""

from datetime import date
from typing import Any

import pytest

from chassis.problems import Conflict, Refused
from chassis.testing import given
from regulations import load
from services.council.contract import CompositionChanged, CouncilComposed, CouncilMember, Seat
from services.council.domain.council import COUNCIL, ChangeComposition, ComposeCouncil, groups_missing
from services.council.domain.meeting import MEETING, AgendaItem, ConveneMeeting
from tests.council.iqaa import RULES as IQAA_RULES
from tests.council.test_composition import COMPOSED, GROUPS, IDS, MEMBERS, ORDER_109, RULES, TODAY, at, compose, convene, item

IQAA = "iqaa-accreditation"

FIRST = date(2010, 6, 1)
NEW = CouncilMember(member_id="new", name="N. Member", group=GROUPS[0])


def change(*joined: CouncilMember, left: tuple[str, ...] = (), on: date = FIRST) -> ChangeComposition:
    return ChangeComposition(**at(TODAY), joined=joined, left=left, act="Order 12", changed_on=on)


def seats(*members: CouncilMember) -> tuple[Seat, ...]:
    return tuple(Seat(**member.model_dump(exclude={"name"})) for member in members)


@pytest.mark.clause(ORDER_109, "6", "7")
class TestChange:
    JOINED = NEW.model_copy(update={"from_on": FIRST})
    AFTER = (MEMBERS[0].model_copy(update={"until_on": date(2010, 5, 31)}), *MEMBERS[1:], JOINED)
    CHANGED = CompositionChanged(
        council_id="council-1", joined=(JOINED,), left=(IDS[0],), seats=seats(*AFTER), act="Order 12", changed_on=FIRST
    )

    def test_members_join_and_leave_by_an_act(self) -> None:
        given(COUNCIL, [COMPOSED]).when(change(NEW, left=(IDS[0],))).then(self.CHANGED)

    def test_before_the_change_the_earlier_sit_and_after_it_the_new(self) -> None:
        state = COUNCIL.fold([COMPOSED, self.CHANGED])
        assert state.member_ids_on(date(2010, 5, 31)) == IDS
        assert state.member_ids_on(FIRST) == (*IDS[1:], "new")

    @pytest.mark.parametrize("group", GROUPS)
    def test_the_last_member_of_a_group_does_not_leave_without_a_successor(self, group: str) -> None:
        problem = given(COUNCIL, [COMPOSED]).when(change(left=(f"m-{group}",))).then_refused(clause="7", words=group)
        assert problem.missing == [group]

    def test_only_members_leave_and_only_others_join(self) -> None:
        given(COUNCIL, [COMPOSED]).when(change(left=("stranger",))).then_refused(clause="6", words="stranger")
        assert isinstance(given(COUNCIL, [COMPOSED]).when(change(MEMBERS[1])).then_refused(words=IDS[1]), Conflict)
        assert isinstance(given(COUNCIL, [COMPOSED]).when(change(NEW, NEW)).then_refused(words="new"), Conflict)

    def test_somebody_joins_or_leaves(self) -> None:
        given(COUNCIL, [COMPOSED]).when(change()).then_refused(clause="6", words="nobody")

    def test_a_member_who_left_may_come_back(self) -> None:
        back = change(MEMBERS[0], left=("new",), on=date(2011, 1, 10))
        (event,) = given(COUNCIL, [COMPOSED, self.CHANGED]).when(back).then_types(CompositionChanged)
        state = COUNCIL.fold([COMPOSED, self.CHANGED, event])
        assert set(state.member_ids_on(date(2011, 1, 10))) == set(IDS)
        assert set(state.member_ids_on(date(2011, 1, 9))) == {*IDS[1:], "new"}


class TestTerm:
    ENDING = MEMBERS[0].model_copy(update={"until_on": date(2010, 3, 14)})

    @pytest.mark.clause(ORDER_109, "7")
    def test_a_member_whose_term_is_over_is_none_of_that_days_members(self) -> None:
        state = COUNCIL.fold([COMPOSED.model_copy(update={"members": (self.ENDING, *MEMBERS[1:])})])
        assert state.member_ids_on(date(2010, 3, 14)) == IDS
        assert state.member_ids_on(TODAY) == IDS[1:]
        assert groups_missing(RULES, state.seated_on(TODAY)) == (GROUPS[0],)

    @pytest.mark.clause(ORDER_109, "7")
    def test_a_council_that_lacks_a_group_on_the_day_does_not_sit(self) -> None:
        command = convene(item("case-1")).model_copy(update={"members": IDS[1:], "missing_groups": (GROUPS[0],)})
        problem = given(MEETING).when(command).then_refused(clause="7", words=GROUPS[0])
        assert problem.missing == [GROUPS[0]]
        lenient = RULES.revised({"settings.missing_council_group": {"value": "flagged"}}, version="flagging")
        assert MEETING.decide(command, MEETING.initial, lenient)

    @pytest.mark.clause(ORDER_109, "9.8")
    def test_nobody_sits_in_a_council_without_members(self) -> None:
        given(MEETING).when(convene(item("case-1")).model_copy(update={"members": ()})).then_refused(clause="9.8", words="2010-03-15")

    def test_a_term_does_not_end_before_it_begins(self) -> None:
        backwards = MEMBERS[0].model_copy(update={"from_on": FIRST, "until_on": TODAY})
        given(COUNCIL).when(compose(backwards, *MEMBERS[1:])).then_refused(clause="6", words=IDS[0])

    def test_every_member_stands_for_a_group_where_there_are_groups(self) -> None:
        groupless = MEMBERS[0].model_copy(update={"group": None})
        given(COUNCIL).when(compose(groupless, *MEMBERS[1:])).then_refused(clause="7", words=IDS[0])


@pytest.mark.clause(IQAA, "S3.c.1")
class TestWithoutGroups:
    """IQAA's text names neither groups nor acts: they are recorded where there are any."""

    COMMAND = ComposeCouncil(
        **at(date(2026, 1, 12)),
        council_id="council-1",
        rulebook=IQAA_RULES.ref,
        members=tuple(CouncilMember(member_id=name, name=name) for name in ("aigul", "berik")),
    )

    def test_it_is_composed_of_whoever_is_named(self) -> None:
        (event,) = given(COUNCIL).when(self.COMMAND).then_types(CouncilComposed)
        assert isinstance(event, CouncilComposed)
        assert (event.missing_groups, event.composition_act, event.statute_act) == ((), None, None)

    def test_what_is_refused_cites_its_own_text(self) -> None:
        state = COUNCIL.fold(COUNCIL.decide(self.COMMAND, COUNCIL.initial, IQAA_RULES))
        wrong: list[Any] = [change(), change(left=("stranger",))]
        for command in wrong:
            with pytest.raises(Refused) as refusal:
                COUNCIL.decide(command, state, IQAA_RULES)
            assert refusal.value.clause in IQAA_RULES.clauses

    def test_a_meeting_is_refused_under_its_own_text(self) -> None:
        fields = {"meeting_id": "m", "council_id": "council-1", "rulebook": IQAA_RULES.ref, "members": ("aigul",), "held_on": TODAY}
        agendas = [(AgendaItem("case-1", ORDER_109, prepared=True),), (AgendaItem("case-1", IQAA),)]
        for agenda in agendas:
            with pytest.raises(Refused) as refusal:
                MEETING.decide(ConveneMeeting(**at(TODAY), **fields, agenda=agenda), MEETING.initial, load(IQAA))
            assert refusal.value.clause in IQAA_RULES.clauses
