"""Councils, their meetings and complaints live through random lives, by both rulebooks."""

from datetime import date, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from chassis.documents import Document
from regulations import load
from services.council.contract import (
    AttendanceRecorded,
    ComplaintDecided,
    ComplaintFiled,
    CouncilComposed,
    CouncilMember,
    MeetingConvened,
    MinutesSigned,
)
from services.council.domain.complaint import COMPLAINT, DecideComplaint
from services.council.domain.council import COUNCIL, ChangeComposition, ComposeCouncil
from services.council.domain.meeting import MEETING, AgendaItem, ConveneMeeting, RecordAttendance, SignMinutes
from tests.council.cases import at
from tests.council.machine import LIVES, Life

ORDER_109 = "kz-109-2008-accreditation"
IQAA = "iqaa-accreditation"
HELD_ON = date(2026, 3, 16)
MEMBERS = ("aigul", "berik", "chingiz")
DOCUMENT = Document(kind="minutes", name="Minutes", sha256="a" * 64)
DAYS = st.integers(-3, 3)


class MeetingLife(Life):
    decider = MEETING

    @initialize(prepared=st.booleans(), stopped=st.booleans(), decided=st.booleans(), known=st.booleans())
    def convened(self, prepared: bool, stopped: bool, decided: bool, known: bool) -> None:
        self.born()
        fields = {"meeting_id": "m", "council_id": "c", "rulebook": self.book.ref, "members": MEMBERS, "held_on": HELD_ON}
        item = AgendaItem("case-1", self.book.id if known else "", prepared, decided, stopped="suspended" if stopped else "")
        fit = prepared and known and not (stopped or decided)
        assert bool(self.ask(ConveneMeeting(**at(HELD_ON), **fields, agenda=(item,)))) is fit
        self.ask(ConveneMeeting(**at(HELD_ON), **fields, agenda=(AgendaItem("case-1", self.book.id, prepared=True),)))
        assert not self.ask(ConveneMeeting(**at(HELD_ON), **fields, agenda=()))

    @rule(days=DAYS, present=st.sets(st.sampled_from([*MEMBERS, "stranger"])), statement=st.sampled_from([None, "Competent"]))
    def attend(self, days: int, present: set[str], statement: str | None) -> None:
        on, presided_by = HELD_ON + timedelta(days=days), min(present, default=None)
        asked = RecordAttendance(**at(on), present=tuple(present), presiding_statement=statement, presided_by=presided_by)
        for fact in self.ask(asked):
            assert on >= HELD_ON
            assert set(fact.present) == present <= set(MEMBERS)
            assert statement or self.book.settings["council_quorum"].value is not None
            assert present or not fact.quorate

    @rule(presided_by=st.sampled_from(MEMBERS), secretary=st.sampled_from(["saule", "aigul"]), under=st.sampled_from([(), ("7",), ("8",)]))
    def sign(self, presided_by: str, secretary: str, under: tuple[str, ...]) -> None:
        names = {"presided_by": presided_by, "secretary": secretary}
        if self.ask(SignMinutes(**at(HELD_ON), protocol_number="7", document=DOCUMENT, decided_under=under, **names)):
            assert presided_by in self.state.present
            assert presided_by != secretary
            assert under != ("8",)

    @invariant()
    def nothing_follows_the_minutes(self) -> None:
        assert [type(fact) for fact in self.history if not isinstance(fact, AttendanceRecorded)] in (
            [MeetingConvened],
            [MeetingConvened, MinutesSigned],
        )
        assert not self.of(MinutesSigned) or isinstance(self.history[-1], MinutesSigned)

    @invariant()
    def built_anew_it_stands_as_it_stands(self) -> None:
        self.built_anew()


class CouncilLife(Life):
    decider = COUNCIL

    @initialize(acts=st.booleans())
    def composed(self, acts: bool) -> None:
        self.born()
        self.groups = list(self.book.vocabularies.get("council_groups", {})) or [None]
        self.number = len(self.groups)
        members = tuple(CouncilMember(member_id=f"m{n}", name="Name", group=group) for n, group in enumerate(self.groups))
        named = {"composition_act": "Order 1", "statute_act": "Order 2"}
        composing = {"council_id": "c", "rulebook": self.book.ref, "members": members}
        self.ask(ComposeCouncil(**at(HELD_ON), **composing, **(named if acts else {})))
        assert self.history or self.book.id == ORDER_109
        self.ask(ComposeCouncil(**at(HELD_ON), **composing, **named))
        assert len(self.of(CouncilComposed)) == 1

    @rule(who=st.integers(0, 12), group=st.integers(0, 12), joins=st.booleans(), leaves=st.booleans(), days=DAYS)
    def change(self, who: int, group: int, joins: bool, leaves: bool, days: int) -> None:
        on = HELD_ON + timedelta(days=days)
        newcomer = CouncilMember(member_id=f"m{self.number}", name="Name", group=self.groups[group % len(self.groups)])
        left = (f"m{who % self.number}",) if leaves else ()
        if self.ask(ChangeComposition(**at(HELD_ON), joined=(newcomer,) if joins else (), left=left, act="Order 9", changed_on=on)):
            self.number += joins
            assert joins or leaves
            assert not set(left) & set(self.state.member_ids_on(on))
            assert (newcomer.member_id in self.state.member_ids_on(on)) is joins
            if self.groups != [None] and self.book.settings["missing_council_group"].value == "cannot_decide":
                assert {member.group for member in self.state.seated_on(on)} == set(self.groups)

    @invariant()
    def built_anew_it_stands_as_it_stands(self) -> None:
        self.built_anew()


class ComplaintLife(Life):
    decider = COMPLAINT
    book = load(IQAA)

    @initialize()
    def filed(self) -> None:
        ids = {"complaint_id": "c", "case_id": "case-1", "institution_id": "kaznu", "rulebook": self.book.ref}
        self.born(ComplaintFiled(**ids, against="The panel", document=DOCUMENT, grounds="Why", filed_on=HELD_ON))

    @rule(on=DAYS, today=DAYS, by=st.sampled_from(["", "The board"]), upheld=st.booleans())
    def decide(self, on: int, today: int, by: str, upheld: bool) -> None:
        day, now = HELD_ON + timedelta(days=on), HELD_ON + timedelta(days=today)
        for fact in self.ask(DecideComplaint(**at(now), upheld=upheld, decided_by=by, reasons="Why", decided_on=day)):
            assert HELD_ON <= fact.decided_on <= now
            assert fact.decided_by == "The board"

    @invariant()
    def it_is_decided_once(self) -> None:
        assert len(self.of(ComplaintDecided)) <= 1
        self.built_anew()


class MeetingByOrder109(MeetingLife):
    book = load(ORDER_109)


class MeetingByIqaa(MeetingLife):
    book = load(IQAA)


class CouncilByOrder109(CouncilLife):
    book = load(ORDER_109)


class CouncilByIqaa(CouncilLife):
    book = load(IQAA)


@pytest.mark.clause(ORDER_109, "9.7", "9.8")
class TestMeetingByOrder109(MeetingByOrder109.TestCase):
    settings = LIVES


@pytest.mark.clause(IQAA, "S3.c.1", "S3.c.2")
class TestMeetingByIqaa(MeetingByIqaa.TestCase):
    settings = LIVES


@pytest.mark.clause(ORDER_109, "6", "7")
class TestCouncilByOrder109(CouncilByOrder109.TestCase):
    settings = LIVES


class TestCouncilByIqaa(CouncilByIqaa.TestCase):
    settings = LIVES


@pytest.mark.clause(IQAA, "S2.i")
class TestComplaint(ComplaintLife.TestCase):
    settings = LIVES
