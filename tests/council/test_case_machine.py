"""A case before the council lives through random lives: whatever is asked of it, by whomever, at whatever meeting, by both rulebooks."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from regulations import load
from services.council.contract import (
    AppealCommissionFormed,
    AppealDecided,
    ConsiderationClosed,
    DecisionAdopted,
    DecisionEntered,
    FollowUpAgreed,
    MaterialsPrepared,
    MinistryInformed,
    ReportPublished,
    VoteCast,
)
from services.council.domain.appeal import DecideAppeal, FileAppeal
from services.council.domain.clauses import outcomes
from services.council.domain.consideration import CONSIDERATION, CastVote, Close, CountSecretBallot, RecuseMember, Resume, Suspend
from services.council.domain.voting import Sitting
from tests.council.cases import at
from tests.council.commands import TODAY, appealing, deciding, following, opened, preparing
from tests.council.machine import LIVES, Life

MEMBERS = ("aigul", "berik", "chingiz")
SCOPES = ("institution", "programme:6B04201")
WORDS = st.sampled_from(["for", "against", "abstained"])
SOMEBODY, SOMETHING = st.sampled_from([*MEMBERS, "stranger"]), st.sampled_from(SCOPES)
MEETINGS = st.sampled_from(["open", "open", "secret"])

#: Or most cases would be closed before they are decided.
late = precondition(lambda life: len(life.history) > 10)
decided = precondition(lambda life: life.state.decision is not None)


class CaseLife(Life):
    """A case of two scopes, and two meetings that have it on their agenda: one votes openly, one by secret ballot."""

    decider = CONSIDERATION

    @initialize()
    def opened(self) -> None:
        self.today, self.reported = TODAY, 1
        self.there = {"open": MEMBERS, "secret": MEMBERS}
        self.quorate = {"open": True, "secret": True}
        self.born(opened(self.book, *SCOPES))

    def sitting(self, name: str) -> Sitting:
        ballot: Any = "secret" if name == "secret" else "open"
        return Sitting(name, MEMBERS, ("case-1",), self.there[name], self.quorate[name], ballot)

    @rule(name=MEETINGS, members=st.sets(st.sampled_from(MEMBERS)), quorate=st.sampled_from([True, True, None, False]))
    def they_come_and_go(self, name: str, members: set[str], quorate: bool | None) -> None:
        self.there[name], self.quorate[name] = tuple(sorted(members)), quorate

    @rule(name=MEETINGS, words=st.tuples(WORDS, WORDS))
    def a_council_meets_and_decides(self, name: str, words: tuple[Any, Any]) -> None:
        self.all_come(name)
        self.all_is_laid_before_the_council()
        self.count_all(name, len(words[0]) % 4) if name == "secret" else self.all_vote(name, words)
        self.adopt(name)

    @rule(members=st.sets(st.sampled_from(MEMBERS), max_size=2))
    def a_council_meets_and_some_come_late_or_have_an_interest(self, members: set[str]) -> None:
        self.all_is_laid_before_the_council()
        self.all_come("open")
        for member in MEMBERS[:1] if len(members) == 1 else ():
            self.recuse("open", member)
        self.there["open"] = tuple(sorted(members)) or MEMBERS
        self.all_vote("open", ("for", "for"))
        self.all_come("open")
        self.adopt("open")

    @rule(name=MEETINGS)
    def all_come(self, name: str) -> None:
        self.there[name], self.quorate[name] = MEMBERS, True

    @rule()
    def a_day_passes(self) -> None:
        self.today += timedelta(days=1)

    @rule(step=st.integers(0, 3), reported=st.integers(1, 2))
    def something_is_laid_before_the_council(self, step: int, reported: int) -> None:
        self.reported = max(self.reported, reported)
        asked = preparing(self.book, self.state, at(self.today))[step]
        if "visits_reported" in type(asked).model_fields:
            asked = asked.model_copy(update={"visits_reported": self.reported})
        for fact in self.ask(asked):
            assert not self.state.votes
            assert not self.state.ballots
            assert self.reported >= self.state.visits or not isinstance(fact, MaterialsPrepared)

    @rule()
    def all_is_laid_before_the_council(self) -> None:
        self.reported = max(self.reported, self.state.visits)
        for step in range(4):
            self.ask(preparing(self.book, self.state, at(self.today))[step])

    @rule(name=MEETINGS, member=SOMEBODY)
    def recuse(self, name: str, member: str) -> None:
        self.ask(RecuseMember(**at(self.today), sitting=self.sitting(name), member_id=member, reason="Teaches there"))

    @rule(name=MEETINGS, member=SOMEBODY, scope=SOMETHING, word=WORDS)
    def vote(self, name: str, member: str, scope: str, word: Any) -> None:
        self._vote(name, member, scope, word)

    @rule(name=MEETINGS, words=st.tuples(WORDS, WORDS))
    def all_vote(self, name: str, words: tuple[Any, Any]) -> None:
        for scope, word in zip(SCOPES, words, strict=True):
            for member in self.there[name]:
                self._vote(name, member, scope, word)

    def _vote(self, name: str, member: str, scope: str, word: Any) -> None:
        sitting, prepared = self.sitting(name), self.state.materials is not None
        if self.ask(CastVote(**at(self.today), sitting=sitting, member_id=member, scope=scope, vote=word)):
            assert prepared
            assert (sitting.ballot, sitting.quorate) == ("open", True)
            assert member in self.there[name]
            assert member not in self.state.recused

    @rule(name=MEETINGS, scope=SOMETHING, counts=st.tuples(*[st.integers(0, 3)] * 3))
    def count(self, name: str, scope: str, counts: tuple[int, int, int]) -> None:
        self._count(name, scope, counts)

    @rule(name=MEETINGS, against=st.integers(0, 3))
    def count_all(self, name: str, against: int) -> None:
        voting = len(self.sitting(name).entitled(self.state.recused))
        for scope in SCOPES:
            self._count(name, scope, (max(0, voting - against), min(voting, against), 0))

    def _count(self, name: str, scope: str, counts: tuple[int, int, int]) -> None:
        sitting, votes = self.sitting(name), dict(zip(("votes_for", "votes_against", "abstained"), counts, strict=True))
        if self.ask(CountSecretBallot(**at(self.today), sitting=sitting, scope=scope, counted_by=("dana", "erlan"), **votes)):
            assert (sitting.ballot, sitting.quorate) == ("secret", True)
            assert sum(counts) == len(sitting.entitled(self.state.recused))

    @rule(name=MEETINGS)
    def adopt(self, name: str) -> None:
        sitting, before = self.sitting(name), self.state
        for fact in self.ask_for_one(deciding(self.book, self.state, sitting, at(self.today))):
            assert isinstance(fact, DecisionAdopted)
            self._legitimate(fact, sitting, before)

    def _legitimate(self, fact: DecisionAdopted, sitting: Sitting, before: Any) -> None:
        entitled = set(sitting.entitled(before.recused))
        assert sitting.quorate
        assert entitled
        assert {each.scope for each in fact.decisions} == set(SCOPES)
        for each in fact.decisions:
            if each.scope not in before.scopes:
                assert each in before.decision.decisions
                continue
            votes = [vote for vote in before.votes if vote.scope == each.scope]
            assert each.votes_for + each.votes_against + each.abstained == len(entitled)
            assert sitting.ballot == "secret" or {vote.member_id for vote in votes} >= entitled
            assert not {vote.member_id for vote in votes} & before.recused
            assert each.outcome in self.book.vocabulary("decisions")

    @decided
    @rule(data=st.data())
    def something_follows(self, data: st.DataObject) -> None:
        before = self.state
        for fact in self.ask(data.draw(st.sampled_from(following(self.book, at(self.today))))):
            assert before.decision is not None
            if isinstance(fact, DecisionEntered | MinistryInformed | FollowUpAgreed):
                positive = outcomes(self.book).positive
                accredited = {each.scope for each in before.decision.decisions if each.outcome == positive}
                assert set(fact.scopes) <= accredited - set(before.appeals.resting)
            if isinstance(fact, ReportPublished):
                assert "suspended" not in before.appeals.resting.values()

    @decided
    @rule(data=st.data())
    def something_is_done_about_an_appeal(self, data: st.DataObject) -> None:
        asked = data.draw(st.sampled_from(appealing(self.state, at(self.today), self.today)))
        before = self.state
        if self.ask(asked):
            assert before.decision is not None
            assert (before.appeals.pending is None) is isinstance(asked, FileAppeal)
            if isinstance(asked, DecideAppeal) and asked.new_visit:
                assert self.state.materials is None

    @decided
    @rule(way=st.integers(-4, -1))
    def an_appeal_runs_its_course(self, way: int) -> None:
        for asked in (0, -5, way):
            self.ask(appealing(self.state, at(self.today), self.today)[asked])

    @late
    @rule(resumed=st.booleans())
    def it_rests_or_goes_on(self, resumed: bool) -> None:
        self.ask(Resume(**at(self.today)) if resumed else Suspend(**at(self.today), reason="A flood"))
        self.ask(Resume(**at(self.today)))

    @late
    @rule()
    def it_ends(self) -> None:
        self.ask(Close(**at(self.today), reason="Withdrawn"))

    @invariant()
    def built_anew_it_stands_as_it_stands(self) -> None:
        self.built_anew()

    @invariant()
    def nothing_follows_its_end(self) -> None:
        assert [number for number, fact in enumerate(self.history, 1) if isinstance(fact, ConsiderationClosed)] in ([], [len(self.history)])

    @invariant()
    def it_is_decided_once_for_each_time_that_it_is_remitted(self) -> None:
        """What two appeals have remitted is decided at once."""
        waits = True
        for fact in self.history:
            if isinstance(fact, DecisionAdopted):
                assert waits
            waits = not isinstance(fact, DecisionAdopted) and (waits or (isinstance(fact, AppealDecided) and fact.outcome == "remitted"))

    @invariant()
    def nobody_votes_twice_on_what_is_decided_once(self) -> None:
        cast = [(vote.member_id, vote.scope) for vote in self.state.votes]
        assert len(cast) == len(set(cast)) <= len(self.of(VoteCast))

    @invariant()
    def an_appeal_is_decided_by_its_commission_where_the_agency_forms_one(self) -> None:
        ruled = {fact.appeal_id for fact in self.of(AppealDecided)}
        formed = {fact.appeal_id for fact in self.of(AppealCommissionFormed)}
        assert formed == set() if self.book.id == ORDER_109 else ruled <= formed


ORDER_109 = "kz-109-2008-accreditation"
IQAA = "iqaa-accreditation"


class ByOrder109(CaseLife):
    book = load(ORDER_109)


class ByIqaa(CaseLife):
    book = load(IQAA)


@pytest.mark.clause(ORDER_109, "8 (b)", "9.7", "9.8", "9.9", "9.10", "27")
class TestCaseByOrder109(ByOrder109.TestCase):
    settings = LIVES


@pytest.mark.clause(IQAA, "S3.a", "S3.b", "S3.c.1", "S3.c.2", "S3.d", "S3.e", "S3.f.2", "S4.a")
class TestCaseByIqaa(ByIqaa.TestCase):
    settings = LIVES
