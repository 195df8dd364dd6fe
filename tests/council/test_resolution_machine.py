"""A follow-up before the council lives through random lives, whatever the agency reads and sets."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from regulations import Share
from services.council.contract import InformationPublished, ResolutionAdopted, ResolutionDelivered, ResolutionItem, ResolutionOpened
from services.council.domain.powers import ON_CERTIFICATE, compelled, extensions_of, of_fulfilment, powers, sanctions
from services.council.domain.resolution import RESOLUTION, Open
from services.council.domain.voting import Sitting
from tests.council.cases import at
from tests.council.machine import LIVES, Life
from tests.council.resolutions import LAST_DAY, MEMBERS, OPENED_ON, RULES, SAPATTUU, adopt, deliver, opened, publish, revised, stated

DAYS = st.integers(-3, 8)
KINDS = st.sampled_from([None, *RULES.vocabularies["kinds"]])
GROUNDS = st.sampled_from([None, *RULES.vocabularies["sanction_grounds"]])
JUDGED = st.lists(st.sampled_from(list(RULES.vocabularies["fulfilment"])), max_size=3)
WORDS = list(RULES.vocabularies["decisions"])
ITEMS = st.builds(
    ResolutionItem,
    word=st.sampled_from(WORDS),
    term=st.sampled_from([None, "extension_2y", "extension_4y"]),
    until=st.sampled_from([None, OPENED_ON, LAST_DAY]),
    text=st.sampled_from([None, "Not fulfilled."]),
)


def fitting(word: str, term: str) -> ResolutionItem:
    """A decision with what belongs to it."""
    return {
        "extension": ResolutionItem(word=word, term=term),
        "suspension": ResolutionItem(word=word, until=LAST_DAY + timedelta(days=90)),
        "publication": ResolutionItem(word=word, text="Not fulfilled."),
        "withdrawal": ResolutionItem(word=word),
    }[powers(RULES)[word]]


WHOLE = st.builds(fitting, st.sampled_from(WORDS), st.sampled_from(["extension_2y", "extension_4y"]))
SETS = st.lists(WHOLE, min_size=1, max_size=2) | st.lists(ITEMS | WHOLE, max_size=3)


class ResolutionLife(Life):
    decider = RESOLUTION
    book = RULES
    near_the_end = False

    @initialize(kind=KINDS, ground=GROUNDS, judged=JUDGED, before=st.booleans())
    def brought(self, kind: str | None, ground: str | None, judged: list[str], before: bool) -> None:
        self.born()
        self.today = LAST_DAY - timedelta(days=3) if self.near_the_end else OPENED_ON
        fulfilment = tuple((f"r-{number}", word) for number, word in enumerate(judged))
        fields = opened(kind=kind, ground=ground, fulfilment=fulfilment, suspended_before=before).model_dump(exclude={"opened_on"})
        assert len(self.ask(Open(**at(self.today), **fields))) == 1
        assert not self.ask(Open(**at(self.today), **fields))

    @rule(days=st.integers(0, 3))
    def pass_time(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule(
        items=SETS,
        ground=GROUNDS,
        votes=st.sampled_from([(4, 1, 0), (2, 2, 1), (0, 5, 0), (3, 1, 0)]),
        recused=st.sampled_from([(), ("erlan",)]),
        states=st.booleans(),
        why=st.sampled_from([None, "A reason."]),
        held=DAYS,
        decided=st.none() | DAYS,
        quorate=st.sampled_from([True, True, None, False]),
    )
    def adopt(
        self,
        items: list[ResolutionItem],
        ground: str | None,
        votes: tuple[int, int, int],
        recused: tuple[str, ...],
        states: bool,
        why: str | None,
        held: int,
        decided: int | None,
        quorate: bool | None,
    ) -> None:
        held_on = OPENED_ON + timedelta(days=held) if not self.near_the_end else self.today - timedelta(days=abs(held))
        sitting = Sitting("meeting-1", MEMBERS, ("d-1",), MEMBERS, quorate)
        counted = dict(zip(("votes_for", "votes_against", "abstained"), votes, strict=True))
        fields: dict[str, Any] = {**counted, "recused": recused, "ground": ground, "reading_departure": why}
        fields["presiding_statement"] = stated(*items) if states else None
        fields["decided_on"] = None if decided is None else held_on + timedelta(days=decided)
        if not self.ask(adopt(*items, on=self.today, sitting=sitting, held_on=held_on, **fields)):
            return
        assert quorate
        assert sum(votes) == len(MEMBERS) - len(recused)
        assert max(held_on, self.of(ResolutionOpened)[0].opened_on) <= self.state.adopted.adopted_on <= self.today

    @rule(items=st.lists(WHOLE, min_size=1, max_size=2, unique_by=lambda item: item.word))
    def adopt_somehow(self, items: list[ResolutionItem]) -> None:
        """With every ground, statement and reason in turn: what can be adopted, is."""
        grounds, reasons = [None, *RULES.vocabularies["sanction_grounds"]], (None, "A reason.")
        ways = product(grounds, reasons, (stated(*items), None))
        self.ask_for_one(
            adopt(*items, on=self.today, held_on=self.today, ground=ground, reading_departure=why, presiding_statement=statement)
            for ground, why, statement in ways
        )

    @rule(sent=DAYS, took=st.integers(-1, 7))
    def deliver(self, sent: int, took: int) -> None:
        day = self.today - timedelta(days=sent)
        for fact in self.ask(deliver(day, day + timedelta(days=took), on=self.today)):
            assert self.state.adopted.adopted_on <= fact.sent_on <= fact.delivered_on <= self.today

    @rule(days=st.integers(-1, 3), text=st.sampled_from(["", "Shorter."]))
    def publish(self, days: int, text: str) -> None:
        for fact in self.ask(publish(self.today, text=text, published_on=self.today - timedelta(days=days))):
            assert self.state.adopted.adopted_on <= fact.published_on <= self.today
            assert fact.text
            assert "publish_information" in [item.word for item in self.state.adopted.decisions]

    @invariant()
    def each_step_is_taken_once_and_none_before_the_decision(self) -> None:
        kinds = [type(fact) for fact in self.history]
        assert len(kinds) == len(set(kinds))
        assert ResolutionAdopted in kinds or not {ResolutionDelivered, InformationPublished} & set(kinds)

    @invariant()
    def nobody_is_sanctioned_without_a_ground_of_the_matter(self) -> None:
        for fact in self.of(ResolutionAdopted):
            brought = self.of(ResolutionOpened)[0]
            held = [item.word for item in fact.decisions if item.word in sanctions(self.book)]
            assert bool(held) is bool(fact.ground)
            if fact.ground:
                assert fact.ground in (brought.ground, *of_fulfilment(self.book, [word for _, word in brought.fulfilment]))
                assert set(held) <= set(self.book.vocabularies["sanction_grounds"][fact.ground].follows)

    @invariant()
    def a_decision_holds_what_belongs_to_it(self) -> None:
        for fact in self.of(ResolutionAdopted):
            brought = self.of(ResolutionOpened)[0]
            on_certificate = [item for item in fact.decisions if powers(self.book)[item.word] in ON_CERTIFICATE]
            assert len(on_certificate) <= 1
            assert len(fact.decisions) <= 1 or self.book.settings["decisions_combine"].value is True
            for item in fact.decisions:
                power = powers(self.book)[item.word]
                assert (item.term is not None, item.until is not None, item.text is not None) == tuple(
                    power == each for each in ("extension", "suspension", "publication")
                )
                assert item.until is None or item.until > fact.adopted_on
                assert power not in ("suspension", "withdrawal") or fact.adopted_on <= brought.valid_until
                if power == "extension" and item.term not in extensions_of(self.book, brought.kind):
                    assert fact.reading_departure or self.book.settings["extension_by_kind"].value == "council_chooses"
                if power == "extension":
                    assert brought.ground != "report_not_submitted"
                    assert brought.kind != "full_5y"

    @invariant()
    def a_repeated_failure_leaves_no_choice(self) -> None:
        for fact in self.of(ResolutionAdopted):
            brought = self.of(ResolutionOpened)[0]
            word = compelled(self.book, brought.ground)
            if word and brought.suspended_before and fact.adopted_on <= brought.valid_until:
                assert [item.word for item in fact.decisions] == [word]

    @invariant()
    def built_anew_it_stands_as_it_stands(self) -> None:
        self.built_anew()


class AsRead(ResolutionLife):
    """By the readings of the rulebook."""


class AtTheEnd(ResolutionLife):
    """A certificate that lapses meanwhile."""

    near_the_end = True


class ReadOtherwise(ResolutionLife):
    """By an agency that has set a majority, lets its council choose the term, and takes one decision at a time."""

    book = revised(
        council_majority=Share(of="1/2", strictly=True),
        extension_by_kind="council_chooses",
        decisions_combine="in_order",
        decisions_for_five_years=True,
        withdrawal_on_repeated_failure="may",
    )


@pytest.mark.clause(SAPATTUU, "2.5.p4", "3.2.s1", "3.3", "3.3.a", "3.3.b.s1", "3.3.b.s3", "3.3.c", "3.4")
class TestAsRead(AsRead.TestCase):
    settings = LIVES


@pytest.mark.clause(SAPATTUU, "3.2.s1", "3.3.b.s1", "3.3.c")
class TestAtTheEnd(AtTheEnd.TestCase):
    settings = LIVES


@pytest.mark.clause(SAPATTUU, "3.2.s1", "3.3")
class TestReadOtherwise(ReadOtherwise.TestCase):
    settings = LIVES
