"""The agency's own acts, asked for in random order: a schedule of a year, a version of the standards, a rulebook."""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from regulations import load
from services.intake.contract import StandardArea
from services.intake.domain import standards as standards_of
from services.intake.domain.adoption import ADOPTION, AdoptRulebook
from services.intake.domain.schedule import SCHEDULE, SCHEDULE_CORRECTIONS, AdoptSchedule
from services.intake.domain.standards import STANDARDS, AdoptStandards
from services.intake.readmodels_agency import adoptions, schedules, standards
from tests.intake.machine import DAY, SETTINGS, Life

ORDER_109, IQAA = "kz-109-2008-accreditation", "iqaa-accreditation"
OF = st.sampled_from([ORDER_109, IQAA])
WHEN = st.sampled_from([-2, -1, 0, 1, 30])
ESG = st.sampled_from([(), ("1.1",), ("1.3", "1.4"), ("1.10",)])
REFERENCES = ("esg", "state_acts", "international_standards")


class Adopted(Life):
    """What is adopted at most once."""

    @rule(days=st.integers(1, 40))
    def days_pass(self, days: int) -> None:
        self.today += days * DAY

    @invariant()
    def it_is_adopted_once_and_reads_as_it_stands(self) -> None:
        kinds = [type(fact).__name__ for fact in self.history]
        assert [kind for kind in kinds if kind.endswith("Adopted")] == kinds[:1]
        assert self.decider.fold(self.history) == self.state
        assert self.row.get("version", 0) == len(self.history)


class ScheduleMachine(Adopted):
    """A schedule of one year."""

    decider, model = SCHEDULE, schedules

    @rule(year=st.just(2010), act=st.sampled_from(["No. 1", "No. 2"]), ago=WHEN)
    def adopt(self, year: int, act: str, ago: int) -> None:
        facts = self.ask(AdoptSchedule, year=year, act=act, on=self.today - ago * DAY)
        assert bool(facts) is (len(self.history) == 1 and facts == self.history)

    @rule(act=st.sampled_from(["No. 1", "No. 2"]), field=st.sampled_from(["act", "act", "year"]))
    def put_right(self, act: str, field: str) -> None:
        """Its act, never its year."""
        if self.history:
            differs = self.row["act"] != act
            done = self.correct(SCHEDULE_CORRECTIONS, 1, {field: act if field == "act" else 2011})
            assert done is (field == "act" and differs)
            assert (self.row["year"], self.state.year) == (2010, 2010)
            assert field == "year" or self.row["act"] == act


class StandardsMachine(Adopted):
    """One version of the standards."""

    decider, model = STANDARDS, standards

    @initialize(rulebook=OF)
    def under(self, rulebook: str) -> None:
        self.rules = load(rulebook)

    @rule(ago=WHEN, esg=ESG, references=st.sampled_from([REFERENCES, REFERENCES, REFERENCES[1:], ()]))
    def adopt(self, ago: int, esg: tuple[str, ...], references: tuple[str, ...]) -> None:
        """Each area is mapped to the ESG (IQAA P.1), and what else is taken into account is named (P.2)."""
        before = bool(self.history)
        named: dict[str, Any] = {"standards_id": "s-1", "standards": "institutional", "version": "1", "kind": "institutional"}
        areas = (StandardArea(code="1", title="Mission", esg=esg), StandardArea(code="2", title="Students", esg=("1.3",)))
        act = {"act": "No. 3", "adopted_on": self.today - ago * DAY}
        facts = self.ask(AdoptStandards, **named, rulebook=self.rules.ref, areas=areas, references=references, **act)
        whole = (esg and references == REFERENCES) if self.rules.id == IQAA else references == ()
        assert bool(facts) is bool(whole and ago >= 0 and not before)

    @rule(ago=WHEN, field=st.sampled_from(["adopted_on", "adopted_on", "areas"]))
    def put_right(self, ago: int, field: str) -> None:
        """The day of the act; other standards are another version."""
        if self.history:
            on = self.today - ago * DAY
            differs = self.row["adopted_on"] != on
            done = self.correct(standards_of.corrections(self.today), 1, {field: on.isoformat() if field == "adopted_on" else []})
            assert done is (field == "adopted_on" and ago >= 0 and differs)
            assert self.row["adopted_on"] <= self.today


class AdoptionMachine(Adopted):
    """One version of a rulebook."""

    decider, model = ADOPTION, adoptions

    @initialize(rulebook=OF)
    def of(self, rulebook: str) -> None:
        self.rules = load(rulebook)

    @rule(reason=st.sampled_from(["Ours.", "Used before."]))
    def adopt(self, reason: str) -> None:
        before = bool(self.history)
        assert bool(self.ask(AdoptRulebook, rulebook=self.rules.ref, reason=reason)) is not before
        assert (self.row["rulebook_id"], self.state.adopted) == (self.rules.id, True)


@pytest.mark.clause(ORDER_109, "12")
@pytest.mark.clause(IQAA, "P.1", "P.2")
@pytest.mark.parametrize("machine", [ScheduleMachine, StandardsMachine, AdoptionMachine])
def test_it_is_adopted_once_and_as_the_rulebook_wants_it(machine: type[Life]) -> None:
    run_state_machine_as_test(machine, settings=SETTINGS)
