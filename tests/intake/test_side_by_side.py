"""Two applications of one institution at once, and a combined case of which one part is refused (order 109, p. 8 (b), 22)."""

from datetime import date

import pytest

from chassis.testing import given
from regulations import load
from services.council.contract import AppealDecided, DecisionAdopted, ScopeDecision
from services.intake.contract import ApplicationFiled, ApplicationRegistered
from services.intake.domain.application import APPLICATION, scopes_of
from services.intake.readmodels import decided, refusals
from tests.intake.test_application import COMPLETE, LAW, PHYSICS, filed, filing, register
from tests.intake.test_consumers import recorded

ORDER_109 = "kz-109-2008-accreditation"
RULES = load(ORDER_109)
FIRST, SECOND = date(2009, 3, 2), date(2009, 6, 1)
LAW_SCOPE, PHYSICS_SCOPE = f"programme:{LAW.code}", f"programme:{PHYSICS.code}"


@pytest.mark.clause(ORDER_109, "22 (b)")
class TestTwoAtOnce:
    def test_a_second_application_is_filed_while_the_first_is_open(self) -> None:
        given(APPLICATION).when(filing(SECOND)).then_types(ApplicationFiled)
        given(APPLICATION).when(filing(SECOND, kind="specialised", programmes=(LAW,))).then_types(ApplicationFiled)

    def test_the_refusal_of_the_first_leaves_the_second_that_is_open_alone(self) -> None:
        second = filed("institutional", documents=COMPLETE).model_copy(update={"filed_on": SECOND})
        given(APPLICATION, [second]).when(register(date(2009, 12, 1))).then_types(ApplicationRegistered)

    @pytest.mark.parametrize(("on", "possible"), [(date(2010, 3, 2), False), (date(2010, 3, 3), True)])
    def test_a_third_is_barred_from_the_filing_of_the_one_that_was_refused(self, on: date, possible: bool) -> None:
        """Not from the second one, which was filed later and is open still."""
        third = given(APPLICATION).when(filing(on, refused={"institution": FIRST}))
        if possible:
            third.then_types(ApplicationFiled)
        else:
            assert third.then_refused(clause="22 (b)").accepts == "an application from 2010-03-03 on"

    def test_once_the_second_is_refused_too_the_bar_counts_from_its_filing(self) -> None:
        on = date(2010, 3, 3)
        problem = given(APPLICATION).when(filing(on, refused={"institution": SECOND})).then_refused(clause="22 (b)")
        assert problem.accepts == "an application from 2010-06-02 on"

    def test_applications_for_different_scopes_have_nothing_in_common(self) -> None:
        one, other = (set(scopes_of("specialised", [programme], RULES)) for programme in (LAW, PHYSICS))
        assert not one & other
        assert set(scopes_of("combined", [LAW], RULES)) & one == {LAW_SCOPE}


@pytest.mark.clause(ORDER_109, "8 (b)", "22 (b)")
class TestCombinedWithOneScopeRefused:
    def fact(self) -> DecisionAdopted:
        accredited, refused = RULES.vocabulary("decisions")
        outcomes = {"institution": accredited, LAW_SCOPE: refused, PHYSICS_SCOPE: accredited}
        return DecisionAdopted(
            case_id="case-1",
            institution_id="kaznu",
            rulebook=RULES.ref,
            meeting_id="m-1",
            protocol_number="3",
            decisions=tuple(
                ScopeDecision(scope=scope, outcome=outcome, votes_for=3, votes_against=2, abstained=0)
                for scope, outcome in outcomes.items()
            ),
            outcome=accredited,
            reasons="For reasons",
            before_first_year=False,
            adopted_on=date(2010, 3, 15),
        )

    def test_the_refused_part_alone_is_kept_as_a_refusal_and_every_part_as_decided(self) -> None:
        event = recorded(self.fact())
        assert [w.values["scope"] for w in refusals.projectors[DecisionAdopted](event)] == [LAW_SCOPE]
        assert [w.values["scope"] for w in decided.projectors[DecisionAdopted](event)] == ["institution", LAW_SCOPE, PHYSICS_SCOPE]

    def test_an_appeal_against_the_refused_part_takes_up_that_part_alone(self) -> None:
        appeal = AppealDecided(
            appeal_id="a-1",
            case_id="case-1",
            institution_id="kaznu",
            scopes=(LAW_SCOPE,),
            outcome="remitted",
            decided_by="The commission",
            act="No. 3",
            reasons="For reasons",
            decided_on=date(2010, 4, 1),
        )
        for model in (refusals, decided):
            assert [w.values["where_scope"] for w in model.projectors[AppealDecided](recorded(appeal))] == [LAW_SCOPE]

    def test_the_bar_is_for_the_refused_part_and_for_what_asks_for_it_too(self) -> None:
        on, refused = date(2010, 3, 1), {LAW_SCOPE: FIRST}
        for free in ({}, {"kind": "specialised", "programmes": (PHYSICS,)}, {"kind": "combined", "programmes": (PHYSICS,)}):
            given(APPLICATION).when(filing(on, refused=refused, **free)).then_types(ApplicationFiled)
        for barred in ({"kind": "specialised", "programmes": (LAW,)}, {"kind": "combined", "programmes": (LAW, PHYSICS)}):
            problem = given(APPLICATION).when(filing(on, refused=refused, **barred)).then_refused(clause="22 (b)", words=LAW_SCOPE)
            assert problem.accepts == "an application from 2010-03-03 on"
