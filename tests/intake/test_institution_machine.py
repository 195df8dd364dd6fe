"""An institution lives through random lives: described, succeeded, closed, and put right, in whatever order and on whatever day."""

from collections import Counter
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test

from services.intake.contract import InstitutionClosed, InstitutionCorrected, InstitutionRegistered, InstitutionSucceeded
from services.intake.domain.institution import (
    INSTITUTION,
    CloseInstitution,
    DescribeInstitution,
    RecordSuccession,
    RegisterInstitution,
    corrections,
)
from services.intake.readmodels import institutions
from tests.intake.machine import DAY, SETTINGS, Life

REACHED: Counter[str] = Counter()
AGO = st.sampled_from([-3, -1, 0, 2, 30])
OWNERSHIP = st.sampled_from([None, "state", "other"])
FIRST = st.sampled_from([{"en": "University"}, {"kk": "Университет", "ru": "Университет"}])
NAMES = st.one_of(FIRST, st.just({}), st.just({"en": "University of Almaty"}))

#: Or most lives would be over before anything has happened in them.
late_in_life = precondition(lambda life: life.asked > 5)


class InstitutionMachine(Life):
    """One institution; what it is called and whose it is, a clerk remembers beside it."""

    decider, model = INSTITUTION, institutions

    @initialize(names=FIRST, ownership=OWNERSHIP)
    def register(self, names: dict[str, str], ownership: str | None) -> None:
        told = {"institution_id": "kaznu", "kind": "university", "city": "Almaty", "country": "KZ"}
        assert self.ask(RegisterInstitution, **told, names=names, ownership=ownership)
        self.names, self.ownership = names, ownership

    @rule()
    def register_again(self) -> None:
        told = {"institution_id": "kaznu", "kind": "school", "city": "Astana", "country": "KZ"}
        assert not self.ask(RegisterInstitution, **told, names={"en": "Other"})

    @rule(ownership=OWNERSHIP, levels=st.sampled_from([(), ("higher",)]))
    def describe(self, ownership: str | None, levels: tuple[str, ...]) -> None:
        """As a whole; nothing is told twice in a row."""
        same = (self.state.ownership, self.state.levels) == (ownership, levels)
        assert bool(self.ask(DescribeInstitution, ownership=ownership, levels=levels)) is not same
        self.ownership = ownership

    @late_in_life
    @rule(successor=st.sampled_from(["kaznu", "kbtu", "aknu"]), known=st.booleans())
    def succeed(self, successor: str, known: bool) -> None:
        succeeded = bool(self.told(InstitutionSucceeded))
        facts = self.ask(RecordSuccession, successor_id=successor, successor_known=known, act="No. 641", succeeded_on=self.today)
        assert bool(facts) is (known and successor != "kaznu" and not succeeded)

    @late_in_life
    @rule(ago=AGO)
    def close(self, ago: int) -> None:
        """Once, and by a day that has begun somewhere."""
        closed, on = self.state.closed_on, self.today - ago * DAY
        assert bool(self.ask(CloseInstitution, act="No. 7", closed_on=on)) is (closed is None and ago >= 0)

    @rule(place=st.integers(0, 9), names=NAMES, ago=AGO, city=st.sampled_from(["Almaty", "Astana"]))
    def put_right(self, place: int, names: dict[str, str], ago: int, city: str) -> None:
        """It keeps a name, and its end is no day that is still to come."""
        place %= len(self.history)
        on = (self.today - ago * DAY).isoformat()
        told: dict[type, dict[str, Any]] = {
            InstitutionRegistered: {"names": names, "city": city},
            InstitutionSucceeded: {"succeeded_on": on, "act": f"No. {ago}"},
            InstitutionClosed: {"closed_on": on},
        }
        wrong = type(self.history[place])
        if self.correct(corrections(self.now()["at"]), place + 1, told.get(wrong, {"institution_id": "other"})):
            assert wrong in told
            if wrong is InstitutionRegistered:
                self.names = names
                assert names
                assert self.row["city"] == city

    @rule(days=st.integers(1, 40))
    def days_pass(self, days: int) -> None:
        self.today += days * DAY

    @invariant()
    def it_reads_as_it_stands(self) -> None:
        assert INSTITUTION.fold(self.history) == self.state
        if self.history:
            assert (self.state.names, self.state.ownership) == (self.names, self.ownership)
            shown = ("names", "ownership", "successor_id", "closed_on")
            assert [self.row.get(name) for name in shown] == [getattr(self.state, name) for name in shown]
            assert self.row["version"] == len(self.history)

    @invariant()
    def it_is_known_once_succeeded_once_and_closed_once(self) -> None:
        for kind in (InstitutionRegistered, InstitutionSucceeded, InstitutionClosed):
            assert len(self.told(kind)) <= 1
        assert self.state.closed_on is None or self.state.closed_on <= self.today

    def teardown(self) -> None:
        REACHED.update(type(fact).__name__ for fact in self.history)


def test_an_institution_is_what_its_facts_say_whatever_is_asked_of_it() -> None:
    REACHED.clear()
    run_state_machine_as_test(InstitutionMachine, settings=SETTINGS)
    every = {kind for command in INSTITUTION.guards for kind in command.records} | {InstitutionCorrected}
    assert set(REACHED) == {kind.__name__ for kind in every}
