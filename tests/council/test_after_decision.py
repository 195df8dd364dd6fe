"""What follows a decision under either rulebook: notices, publication, registers, DEQAR, the ministry, monitoring."""

from datetime import timedelta
from typing import Any

import pytest

from chassis.decider import Command
from chassis.events import Event
from chassis.problems import Conflict, Refused
from regulations import Rulebook
from services.council.contract import (
    AppealDecided,
    AppealFiled,
    DecisionAdopted,
    DecisionEntered,
    DecisionNoticeSent,
    DeqarSubmitted,
    FollowUpAgreed,
    MinistryInformed,
    ReportPublished,
    ScopeDecision,
)
from services.council.domain.consideration import CONSIDERATION
from services.council.domain.notices import (
    AgreeFollowUp,
    EnterDecision,
    InformMinistry,
    PublishReport,
    SendDecisionNotice,
    SendRefusalNotice,
    SubmitToDeqar,
)
from tests.council import cases
from tests.council.cases import DOCUMENT, at
from tests.council.iqaa import INSTITUTION, LAW, OPENED, READY, RULES, TODAY, case

IQAA = "iqaa-accreditation"
ORDER_109 = "kz-109-2008-accreditation"

DAY = timedelta(days=1)
TO_THE_INSTITUTION = SendDecisionNotice(**at(TODAY), channel="institution", outgoing_number="612")
ENTER = EnterDecision(**at(TODAY))
DEQAR = SubmitToDeqar(**at(TODAY), submission="084213")
MINISTRY = InformMinistry(**at(TODAY), outgoing_number="640")
FOLLOW_UP = AgreeFollowUp(**at(TODAY), period_months=12, reason="Yearly")
PUBLISH = PublishReport(**at(TODAY), document=DOCUMENT, results=DOCUMENT, address="https://agency.example/1")
EVERY = (TO_THE_INSTITUTION, ENTER, DEQAR, MINISTRY, FOLLOW_UP, PUBLISH)


def decided(*outcomes: str, round_: int = 1) -> DecisionAdopted:
    decisions = tuple(
        ScopeDecision(scope=scope, outcome=outcome, votes_for=3, votes_against=0, abstained=0, round=round_)
        for scope, outcome in zip((INSTITUTION, LAW), outcomes, strict=False)
    )
    return DecisionAdopted(
        case_id="case-1",
        institution_id="kaznu",
        rulebook=RULES.ref,
        meeting_id="meeting-1",
        protocol_number="7",
        decisions=decisions,
        outcome="accredit" if "accredit" in outcomes else "not_accredit",
        before_first_year=False,
        adopted_on=TODAY,
    )


BOTH, PART, NEITHER = decided("accredit", "accredit"), decided("accredit", "not_accredit"), decided("not_accredit", "not_accredit")
APPEALED = AppealFiled(
    appeal_id="appeal-1",
    case_id="case-1",
    institution_id="kaznu",
    scopes=(INSTITUTION, LAW),
    addressed_to="Commission",
    document=DOCUMENT,
    grounds="Why",
    suspends=(),
    filed_on=TODAY,
)


def ruled(outcome: Any, new_visit: bool = False) -> AppealDecided:
    told = APPEALED.model_dump(include={"appeal_id", "case_id", "institution_id", "scopes"})
    return AppealDecided(**told, outcome=outcome, decided_by="C", act="1", reasons="So", decided_on=TODAY, new_visit=new_visit)


def refused(command: Command, *past: Event, **settings: Any) -> Refused:
    rules = RULES.revised({f"settings.{name}": {"value": value} for name, value in settings.items()}, version="own")
    with pytest.raises(Refused) as found:
        CONSIDERATION.decide(command, CONSIDERATION.fold(past), rules)
    return found.value


def follows(command: Command, *past: Event, rules: Rulebook = RULES) -> Event:
    (event,) = CONSIDERATION.decide(command, CONSIDERATION.fold(past), rules)
    return event


@pytest.mark.parametrize("command", EVERY, ids=lambda each: type(each).__name__)
def test_nothing_follows_before_the_decision(command: Command) -> None:
    assert refused(command, *READY).clause.startswith(("S3.", "S4."))


@pytest.mark.parametrize("command", EVERY, ids=lambda each: type(each).__name__)
def test_each_follows_a_decision_once(command: Command) -> None:
    event = follows(command, *READY, BOTH)
    assert isinstance(case(*READY, BOTH, event).when(command).then_refused(), Conflict)


@pytest.mark.clause(ORDER_109, "9.9")
@pytest.mark.parametrize("command", EVERY[:-1], ids=lambda each: type(each).__name__)
def test_what_a_rulebook_lacks_is_refused_with_what_it_has(command: Command) -> None:
    problem = cases.case(cases.OPENED, cases.decided("accredit")).when(command).then_refused(clause="9.9", words="the rulebook has no")
    assert problem.accepts == "what follows its decisions: certificate, register_notice, full_report, refusal_notice, reapplication_bar"


@pytest.mark.clause(IQAA, "S3.d")
def test_the_institution_and_the_panel_are_told_each_once() -> None:
    first = follows(TO_THE_INSTITUTION, *READY, NEITHER)
    assert first == DecisionNoticeSent(case_id="case-1", channel="institution", outgoing_number="612", sent_on=TODAY)
    to_the_panel = TO_THE_INSTITUTION.model_copy(update={"channel": "expert_panel"})
    case(*READY, NEITHER, first).when(to_the_panel).then_types(DecisionNoticeSent)
    problem = refused(TO_THE_INSTITUTION.model_copy(update={"channel": "press"}), *READY, BOTH)
    assert (problem.clause, problem.accepts) == ("S3.d", "one of: institution, expert_panel")


@pytest.mark.clause(IQAA, "S3.d")
def test_there_is_no_notice_of_a_refusal_apart_from_that_of_the_decision() -> None:
    assert "decision_notice" in (refused(SendRefusalNotice(**at(TODAY), reasons="Why"), *READY, NEITHER).accepts or "")


@pytest.mark.clause(IQAA, "S3.f.1")
class TestPublication:
    def test_report_and_results_stand_at_an_address(self) -> None:
        event = follows(PUBLISH, *READY, BOTH)
        assert isinstance(event, ReportPublished)
        assert (event.results, event.address, event.during_appeal) == (DOCUMENT, PUBLISH.address, False)
        for lacking in ("results", "address"):
            assert refused(PUBLISH.model_copy(update={lacking: None}), *READY, BOTH).clause == "S3.f.1"

    def test_order_109_asks_for_the_report_alone(self) -> None:
        bare = PublishReport(**at(TODAY), document=DOCUMENT)
        cases.case(cases.OPENED, cases.decided("accredit")).when(bare).then_types(ReportPublished)

    def test_an_open_appeal_is_flagged_or_holds_it_as_the_agency_reads(self) -> None:
        event = follows(PUBLISH, *READY, BOTH, APPEALED)
        assert isinstance(event, ReportPublished)
        assert event.during_appeal
        for command in (PUBLISH, DEQAR):
            problem = refused(command, *READY, BOTH, APPEALED, publication_during_appeal="held")
            assert problem.clause == "S3.f.1"
            assert "holds" in problem.reason

    @pytest.mark.clause(IQAA, "S3.g")
    def test_a_negative_outcome_is_public_unless_the_agency_reads_otherwise(self) -> None:
        for command in (PUBLISH, DEQAR):
            follows(command, *READY, NEITHER)
            assert "negative" in refused(command, *READY, NEITHER, negative_outcome_published=False).reason


@pytest.mark.clause(IQAA, "S3.f.2")
def test_only_what_is_accredited_and_in_force_is_entered() -> None:
    entered = follows(ENTER, *READY, PART)
    assert entered == DecisionEntered(case_id="case-1", institution_id="kaznu", scopes=(INSTITUTION,), entered_on=TODAY)
    assert refused(ENTER, *READY, NEITHER).clause == "S3.f.2"
    assert refused(ENTER, *READY, BOTH, APPEALED, ruled("overturned")).clause == "S3.e"
    assert refused(ENTER, *READY, BOTH, APPEALED, ruled("remitted")).clause == "S3.e"


@pytest.mark.clause(IQAA, "S3.g")
def test_the_report_goes_to_deqar_whatever_was_decided() -> None:
    event = follows(DEQAR, *READY, NEITHER)
    assert isinstance(event, DeqarSubmitted)
    assert (event.submission, event.submitted_on) == ("084213", TODAY)


@pytest.mark.clause(IQAA, "S3.h")
def test_the_ministry_is_told_of_the_accredited_institution() -> None:
    event = follows(MINISTRY, *READY, BOTH)
    assert isinstance(event, MinistryInformed)
    assert (event.ministry, event.scopes) == ("ҚР БҒМ", (INSTITUTION,))
    programme_alone = decided("not_accredit", "accredit")
    assert refused(MINISTRY, *READY, programme_alone).clause == "S3.h"
    with_programmes = RULES.revised({"settings.ministry_information_for": {"value": "institution_and_programmes"}}, version="own")
    told = follows(MINISTRY, *READY, programme_alone, rules=with_programmes)
    assert isinstance(told, MinistryInformed)
    assert told.scopes == (LAW,)
    assert refused(MINISTRY, *READY, NEITHER).clause == "S3.h"


@pytest.mark.clause(IQAA, "S4.a")
def test_the_period_of_the_monitoring_is_the_agency_s_or_a_person_s_with_a_reason() -> None:
    event = follows(FOLLOW_UP, *READY, PART)
    assert isinstance(event, FollowUpAgreed)
    assert (event.scopes, event.period_months, event.reason) == ((INSTITUTION,), 12, "Yearly")
    for lacking in ({"period_months": None}, {"reason": ""}):
        assert refused(FOLLOW_UP.model_copy(update=lacking), *READY, PART).clause == "S4.a"
    own = RULES.revised({"settings.follow_up_period_months": {"value": 24}}, version="own")
    set_by_agency = follows(AgreeFollowUp(**at(TODAY)), *READY, PART, rules=own)
    assert isinstance(set_by_agency, FollowUpAgreed)
    assert (set_by_agency.period_months, set_by_agency.reason) == (24, None)
    assert refused(FOLLOW_UP, *READY, PART, follow_up_period_months=24).clause == "S4.a"


@pytest.mark.clause(IQAA, "S3.e")
def test_what_is_decided_anew_is_followed_anew() -> None:
    past = [*READY, BOTH]
    past += [follows(command, *past) for command in EVERY]
    anew = [*past, APPEALED, ruled("remitted"), decided("accredit", "accredit", round_=2)]
    for command in EVERY:
        follows(command, *anew)


@pytest.mark.clause(IQAA, "S3.e")
def test_an_overturned_decision_takes_what_rested_on_it() -> None:
    state = CONSIDERATION.fold([OPENED, BOTH, APPEALED, ruled("overturned")])
    assert state.appeals.overturned_on([INSTITUTION, LAW]) == TODAY
    otherwise = CONSIDERATION.fold([OPENED, BOTH, APPEALED, ruled("remitted"), decided("not_accredit", "accredit", round_=2)])
    assert otherwise.appeals.overturned_on([INSTITUTION]) == TODAY
    assert otherwise.appeals.overturned_on([LAW]) is None
