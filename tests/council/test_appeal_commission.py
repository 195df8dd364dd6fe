"""An appeal within the agency: its body, its commission, a new visit (IQAA, S3.e)."""

from datetime import timedelta
from typing import Any

import pytest

from chassis.problems import Conflict
from services.council.contract import (
    AppealCommissionFormed,
    AppealDecided,
    AppealFiled,
    Commissioner,
    DecisionAdopted,
    ReportChecked,
    VoteCast,
)
from services.council.domain.appeal import DecideAppeal, FileAppeal, FormAppealCommission
from services.council.domain.consideration import CONSIDERATION, CheckReport
from services.council.domain.dossier import Check
from services.council.handlers_remedies import parts_of
from tests.council import cases
from tests.council.cases import DOCUMENT, at
from tests.council.iqaa import CHECKED, INSTITUTION, LAW, READY, RULES, TODAY, adopt, case, votes
from tests.council.test_after_decision import APPEALED, NEITHER

IQAA = "iqaa-accreditation"
ORDER_109 = "kz-109-2008-accreditation"

pytestmark = pytest.mark.clause(IQAA, "S3.e")

PENDING = (*READY, NEITHER, APPEALED)
TOOK_PART = {"nurlan": "an expert of the panel", "aigul": "voted in the council", "Saule Bekova": "checked the report"}


def member(member_id: str, name: str = "Name") -> Commissioner:
    return Commissioner(member_id=member_id, name=name)


def form(*members: Commissioner) -> FormAppealCommission:
    return FormAppealCommission(**at(TODAY), members=members or (member("viktor"), member("saule")), act="No. 41", took_part=TOOK_PART)


FORMED = AppealCommissionFormed(
    appeal_id="appeal-1", case_id="case-1", members=(member("viktor"), member("saule")), act="No. 41", formed_on=TODAY
)


def rule(**changes: Any) -> DecideAppeal:
    fields = {"outcome": "remitted", "decided_by": "The commission", "act": "No. 2", "reasons": "So.", "decided_on": TODAY}
    return DecideAppeal(**at(TODAY), **{**fields, **changes})


def test_a_person_states_the_body_where_the_agency_has_set_none() -> None:
    appeal = FileAppeal(**at(TODAY), document=DOCUMENT, grounds="Why")
    problem = case(*READY, NEITHER).when(appeal).then_refused(clause="S3.e", words="names the body")
    assert "appeal_body" in problem.accepts
    (filed,) = case(*READY, NEITHER).when(appeal.model_copy(update={"addressed_to": "Appeals board"})).then_types(AppealFiled)
    assert isinstance(filed, AppealFiled)
    assert (filed.addressed_to, filed.suspends) == ("Appeals board", ())
    own: dict[str, dict[str, Any]] = {"settings.appeal_body": {"value": "Board"}, "settings.appeal_suspends_decision": {"value": True}}
    (by_setting,) = CONSIDERATION.decide(appeal, CONSIDERATION.fold([*READY, NEITHER]), RULES.revised(own, version="own"))
    assert isinstance(by_setting, AppealFiled)
    assert (by_setting.addressed_to, by_setting.suspends) == ("Board", (INSTITUTION, LAW))


def test_its_commission_has_nobody_who_took_part_in_the_case() -> None:
    case(*PENDING).when(form()).then(FORMED)
    problem = (
        case(*PENDING).when(form(member("viktor"), member("nurlan"))).then_refused(clause="S3.e", words="nurlan: an expert of the panel")
    )
    assert problem.took_part == {"nurlan": "an expert of the panel"}
    case(*PENDING).when(form(member("aigul"))).then_refused(words="voted in the council")
    case(*PENDING).when(form(member("s.b", "saule bekova"))).then_refused(words="checked the report")
    case(*PENDING).when(form(member("viktor"), member("viktor"))).then_refused(words="named twice")


def test_the_case_s_own_facts_tell_who_took_part() -> None:
    class Told:
        actor = "department.clerk"

        def __init__(self, event: Any) -> None:
            self.event = event

    cast = VoteCast(case_id="case-1", meeting_id="meeting-1", member_id="berik", scope=INSTITUTION, vote="for")
    history: Any = [Told(CHECKED), Told(cast)]
    assert parts_of(history) == {"department.saule": "checked the report", "berik": "voted in the council"}


def test_a_commission_is_formed_for_a_pending_appeal_and_may_be_formed_anew() -> None:
    assert isinstance(case(*READY, NEITHER).when(form()).then_refused(), Conflict)
    case(*PENDING, FORMED).when(form(member("viktor"))).then_types(AppealCommissionFormed)


@pytest.mark.clause(ORDER_109, "27")
def test_where_others_decide_by_law_the_agency_forms_none() -> None:
    appealed = APPEALED.model_copy(update={"scopes": (INSTITUTION,)})
    past = (cases.OPENED, cases.decided("refuse"), appealed)
    cases.case(*past).when(form()).then_refused(clause="27", words="under the law")
    cases.case(*past).when(rule(outcome="upheld")).then_types(AppealDecided)


def test_it_is_decided_by_its_commission_and_not_before_it_was_formed() -> None:
    case(*PENDING).when(rule()).then_refused(clause="S3.e", words="no commission")
    case(*PENDING, FORMED).when(rule()).then_types(AppealDecided)
    case(*PENDING, FORMED).when(rule(decided_on=TODAY - timedelta(days=1))).then_refused(clause="S3.e")


def test_a_new_visit_is_for_what_is_remitted() -> None:
    for outcome in ("upheld", "overturned"):
        case(*PENDING, FORMED).when(rule(outcome=outcome, new_visit=True)).then_refused(clause="S3.e", words="new visit")
    (ruled,) = case(*PENDING, FORMED).when(rule(new_visit=True)).then_types(AppealDecided)
    assert isinstance(ruled, AppealDecided)
    assert ruled.new_visit


@pytest.mark.parametrize("new_visit", [False, True])
def test_after_a_new_visit_the_council_is_given_everything_anew(new_visit: bool) -> None:
    past = (*PENDING, FORMED, *case(*PENDING, FORMED).when(rule(new_visit=new_visit)).then_types(AppealDecided))
    state = CONSIDERATION.fold(past)
    assert not state.decided
    assert not state.votes
    assert (state.materials is None) is new_visit
    assert state.appeals.remitted == (INSTITUTION, LAW)


def test_after_a_new_visit_nothing_is_laid_before_the_council_until_its_report_is_there() -> None:
    past = (*PENDING, FORMED, *case(*PENDING, FORMED).when(rule(new_visit=True)).then_types(AppealDecided))
    check = Check(CHECKED.document, "Style", "saule", "No. 5", CHECKED.panel_version)
    asked = CheckReport(**at(TODAY), check=check, visits_reported=1)
    problem = case(*past).when(asked).then_refused(clause="S3.a", words="visit 2")
    assert "submitted its report" in problem.accepts
    case(*past).when(asked.model_copy(update={"visits_reported": 2})).then_types(ReportChecked)


def test_the_next_decision_is_of_the_second_round() -> None:
    remitted = (*PENDING, FORMED, *case(*PENDING, FORMED).when(rule()).then_types(AppealDecided))
    cast = [*votes("for", "for", "for"), *votes("against", "against", "against", scope=LAW)]
    statements = RULES.revised(
        {"settings.council_majority": {"value": {"of": "1/2", "strictly": True}}},
        version="own",
    )
    (adopted,) = CONSIDERATION.decide(adopt(reasons="Why"), CONSIDERATION.fold([*remitted, *cast]), statements)
    assert isinstance(adopted, DecisionAdopted)
    assert [each.round for each in adopted.decisions] == [2, 2]
