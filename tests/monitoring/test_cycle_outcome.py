"""What is made of a studied report: experts, analysis, visit or no visit, assessment, the council's file, referral, closing."""

from datetime import date, timedelta

import pytest

from chassis.events import Event
from chassis.testing import given
from regulations import load
from services.monitoring.contract import (
    AcceptanceTold,
    CouncilFileSent,
    CriterionFinding,
    CycleClosed,
    DecisionReferred,
    ExpertsEngaged,
    MeasuresAnalysed,
    MeasureVerdict,
    OutcomeRuled,
    ResultAssessed,
    VisitDecided,
    VisitDecisionTold,
)
from services.monitoring.domain.cycle import CYCLE
from services.monitoring.domain.report import Known
from tests.monitoring.cycles import (
    AAKR,
    DUE,
    EXPIRES,
    SAPATTUU,
    TODAY,
    accepting,
    analysing,
    answering,
    asking,
    assessing,
    closing,
    deciding,
    document,
    engaging,
    filing,
    lived,
    opened,
    referring,
    requesting_changes,
    ruling,
    studying,
    submitting,
    telling,
    verdicts,
)

DAY = timedelta(days=1)
BOTH = pytest.mark.parametrize("rulebook", [AAKR, SAPATTUU])


def studied(rulebook: str) -> list[Event]:
    return lived(rulebook, submitting(rulebook), studying(rulebook))


def analysed(word: str = "fulfilled") -> list[Event]:
    return lived(SAPATTUU, submitting(SAPATTUU), studying(SAPATTUU), analysing(word))


def told(rulebook: str, word: str = "no_visit") -> list[Event]:
    between = [analysing()] if rulebook == SAPATTUU else []
    return lived(rulebook, submitting(rulebook), studying(rulebook), *between, deciding(word), telling())


@pytest.mark.clause(SAPATTUU, "2.8")
def test_experts_are_brought_in_and_former_members_of_the_commission_are_told_apart() -> None:
    (fact,) = given(CYCLE, studied(SAPATTUU)).when(engaging()).then_types(ExpertsEngaged)
    assert isinstance(fact, ExpertsEngaged)
    assert [(each.expert_id, each.former_member) for each in fact.experts] == [("expert.old", True), ("expert.new", False)]
    given(CYCLE, [*studied(SAPATTUU), fact]).when(engaging("expert.old")).then_refused(words="engaged already: expert.old")
    given(CYCLE, studied(SAPATTUU)).when(engaging("expert.old", "expert.old")).then_refused(words="once each")
    given(CYCLE, [opened(SAPATTUU)]).when(engaging()).then_refused(words="no report is there")


@pytest.mark.clause(SAPATTUU, "2.8")
def test_the_study_needs_no_experts() -> None:
    given(CYCLE, analysed()).when(deciding()).then_types(VisitDecided)


@pytest.mark.clause(SAPATTUU, "2.9.s3")
def test_experts_and_referent_analyse_and_check_the_facts() -> None:
    (fact,) = given(CYCLE, studied(SAPATTUU)).when(analysing()).then_types(MeasuresAnalysed)
    assert isinstance(fact, MeasuresAnalysed)
    assert (fact.by, fact.case_officer, fact.facts_checked) == (("expert.old",), "agency.referent", "All of them.")
    alone = analysing(by=("agency.referent",))
    given(CYCLE, studied(SAPATTUU)).when(alone).then_refused(clause="2.9.s3", words="an expert analyses beside the referent")
    given(CYCLE, [*studied(SAPATTUU), fact]).when(analysing()).then_refused(words="the measures were analysed")
    given(CYCLE, lived(SAPATTUU, submitting(SAPATTUU))).when(analysing()).then_refused(words="the report is not studied")


@pytest.mark.clause(SAPATTUU, "2.9.s3")
def test_every_recommendation_gets_a_verdict_in_the_words_of_the_rulebook() -> None:
    past = studied(SAPATTUU)
    given(CYCLE, past).when(analysing(verdicts=verdicts("fulfilled", "r-1"))).then_refused(clause="2.9.s3", words="no verdict on: r-2")
    given(CYCLE, past).when(analysing(verdicts=())).then_refused(clause="2.9.s3", words="nothing is judged")
    given(CYCLE, past).when(analysing(verdicts=verdicts("done"))).then_refused(words="no such words: done")
    given(CYCLE, past).when(analysing(verdicts=verdicts("fulfilled", "r-1", "r-2", "r-3"))).then_refused(words="r-3")
    given(CYCLE, past).when(analysing(verdicts=verdicts("fulfilled", "r-1", "r-2", "r-2"))).then_refused(words="judged twice")
    wordless = (*verdicts("fulfilled", "r-1"), MeasureVerdict(recommendation_id="r-2", note="Unclear."))
    given(CYCLE, past).when(analysing(verdicts=wordless)).then_refused(words="no verdict on: r-2")


@pytest.mark.clause(SAPATTUU, "2.9.s3")
@pytest.mark.clause(AAKR, "II.4.h")
def test_the_analysis_comes_before_the_decision_on_a_visit_where_the_text_has_one() -> None:
    given(CYCLE, studied(SAPATTUU)).when(deciding()).then_refused(clause="2.9.s3", words="not analysed")
    given(CYCLE, studied(AAKR)).when(deciding()).then_types(VisitDecided)
    given(CYCLE, studied(AAKR)).when(analysing()).then_refused(words="no stage analysis")
    given(CYCLE, studied(AAKR)).when(engaging()).then_refused(words="no stage experts_brought_in")


@pytest.mark.clause(AAKR, "II.4.h")
@pytest.mark.clause(SAPATTUU, "2.9.s2")
@pytest.mark.parametrize(("word", "holds"), [("visit", True), ("no_visit", False)])
@BOTH
def test_visit_or_no_visit_is_decided_once_with_reasons(rulebook: str, word: str, holds: bool) -> None:
    past = studied(AAKR) if rulebook == AAKR else analysed()
    (fact,) = given(CYCLE, past).when(deciding(word)).then_types(VisitDecided)
    assert isinstance(fact, VisitDecided)
    assert (fact.word, fact.holds, fact.reasons, fact.decided_by) == (word, holds, "The papers say enough.", "agency.coordinator")
    given(CYCLE, [*past, fact]).when(deciding()).then_refused(words="it was decided on 2026-12-14")
    given(CYCLE, past).when(deciding("perhaps")).then_refused(words="no such word")


@pytest.mark.clause(AAKR, "II.4.h")
def test_a_visit_is_decided_after_the_study() -> None:
    given(CYCLE, lived(AAKR, submitting(AAKR))).when(deciding()).then_refused(words="the report is not studied")


@pytest.mark.clause(SAPATTUU, "2.9.s2")
@pytest.mark.clause(AAKR, "II.4.h")
def test_only_the_director_decides_on_the_trip_where_the_text_says_so() -> None:
    given(CYCLE, analysed()).when(deciding(director=False)).then_refused(clause="2.9.s2", words="the Director decides")
    given(CYCLE, studied(AAKR)).when(deciding(director=False)).then_types(VisitDecided)


@pytest.mark.clause(AAKR, "II.4.h")
@pytest.mark.clause(SAPATTUU, "2.9.s1")
@BOTH
def test_the_institution_is_told_of_the_decision_once_and_after_it(rulebook: str) -> None:
    past = told(rulebook, "visit")[:-1]
    (fact,) = given(CYCLE, past).when(telling(TODAY + 2 * DAY)).then_types(VisitDecisionTold)
    given(CYCLE, [*past, fact]).when(telling()).then_refused(words="was told on 2026-12-16")
    given(CYCLE, past).when(telling(TODAY - DAY)).then_refused(words="is not a day from 2026-12-14")
    early = telling().model_copy(update={"told_on": TODAY + DAY})
    given(CYCLE, past).when(early).then_refused(words="is not a day from")
    given(CYCLE, past[:-1]).when(telling()).then_refused(words="nothing is decided")
    letter = telling().model_copy(update={"document": document("action_plan")})
    given(CYCLE, past).when(letter).then_refused(words="the document is a action_plan")


@pytest.mark.clause(AAKR, "II.4.h")
@pytest.mark.parametrize("word", ["visit", "no_visit"])
def test_nothing_is_assessed_before_the_institution_knows_whether_it_is_visited(word: str) -> None:
    given(CYCLE, studied(AAKR)).when(assessing()).then_refused(clause="II.4.h", words="not decided")
    given(CYCLE, told(AAKR, word)[:-1]).when(assessing()).then_refused(clause="II.4.h", words="not told")


@pytest.mark.clause(SAPATTUU, "2.9.s1", "3.2.s1")
def test_the_file_waits_for_the_notice_of_a_visit_and_for_none_of_no_visit() -> None:
    given(CYCLE, told(SAPATTUU, "visit")[:-1]).when(filing()).then_refused(clause="2.9.s1", words="not told")
    given(CYCLE, told(SAPATTUU, "no_visit")[:-1]).when(filing()).then_types(CouncilFileSent)


@pytest.mark.clause(AAKR, "II.1", "III.0")
@pytest.mark.clause(SAPATTUU, "3.1")
def test_after_a_decision_for_a_visit_its_report_is_waited_for() -> None:
    given(CYCLE, told(AAKR, "visit")).when(assessing(reported=False)).then_refused(clause="II.4.i", words="report on the visit")
    given(CYCLE, told(AAKR, "visit")).when(assessing()).then_types(ResultAssessed)
    given(CYCLE, told(AAKR)).when(assessing(reported=False)).then_types(ResultAssessed)
    given(CYCLE, told(SAPATTUU, "visit")).when(filing(reported=False)).then_refused(clause="3.1")


@pytest.mark.clause(AAKR, "III.0", "III.a", "III.b", "III.c")
@pytest.mark.parametrize(
    ("criterion", "clause"), [("conformity_of_measures", "III.a"), ("positive_dynamics", "III.b"), ("rising_quality", "III.c")]
)
def test_the_result_is_assessed_by_each_criterion_once(criterion: str, clause: str) -> None:
    findings = tuple(CriterionFinding(criterion=word, finding="Good.") for word in load(AAKR).vocabularies["criteria"])
    lacking = tuple(each for each in findings if each.criterion != criterion)
    given(CYCLE, told(AAKR)).when(assessing(findings=lacking)).then_refused(clause=clause, words=criterion)
    again = (*findings, CriterionFinding(criterion=criterion, finding="Bad."))
    given(CYCLE, told(AAKR)).when(assessing(findings=again)).then_refused(clause=clause, words=criterion)
    other = (*findings, CriterionFinding(criterion="beauty", finding="Bad."))
    given(CYCLE, told(AAKR)).when(assessing(findings=other)).then_refused(words="no such words: beauty")


@pytest.mark.clause(AAKR, "III.0", "II.4.j")
@pytest.mark.parametrize(("positive", "word"), [(True, "report_accepted"), (False, "not_positive")])
def test_a_person_says_whether_the_result_is_positive(positive: bool, word: str) -> None:
    (fact,) = given(CYCLE, told(AAKR)).when(assessing(positive)).then_types(ResultAssessed)
    assert isinstance(fact, ResultAssessed)
    assert (fact.positive, fact.word) == (positive, word)
    given(CYCLE, [*told(AAKR), fact]).when(assessing()).then_refused(words="the result is assessed")
    for command in (submitting(AAKR), studying(AAKR), asking(), deciding()):
        given(CYCLE, [*told(AAKR), fact]).when(command).then_refused(words="the result is assessed")


def test_where_the_council_decides_nothing_is_assessed_and_the_other_way_round() -> None:
    given(CYCLE, told(SAPATTUU)).when(assessing()).then_refused(words="no stage assessment")
    given(CYCLE, told(AAKR)).when(filing()).then_refused(words="no stage council_study")


@pytest.mark.clause(AAKR, "II.4.j")
def test_a_positive_result_is_told_to_the_institution() -> None:
    past = lived(AAKR, submitting(AAKR), studying(AAKR), deciding(), telling(), assessing())
    (fact,) = given(CYCLE, past).when(accepting(TODAY + 9 * DAY)).then_types(AcceptanceTold)
    given(CYCLE, [*past, fact]).when(accepting()).then_refused(words="was told on 2026-12-23")
    given(CYCLE, past).when(accepting(TODAY - DAY)).then_refused(words="is not a day from")
    given(CYCLE, past[:-1]).when(accepting()).then_refused(words="not assessed")
    given(CYCLE, past).when(ruling()).then_refused(words="no result is there that is not positive")


@pytest.mark.clause(AAKR, "II.4.j")
def test_what_follows_a_result_that_is_not_positive_a_person_rules() -> None:
    past = lived(AAKR, submitting(AAKR), studying(AAKR), deciding(), telling(), assessing(positive=False))
    given(CYCLE, past).when(accepting()).then_refused(words="a person rules what follows")
    (fact,) = given(CYCLE, past).when(ruling()).then_types(OutcomeRuled)
    assert isinstance(fact, OutcomeRuled)
    assert fact.ruled_by == "agency.coordinator"
    given(CYCLE, [*past, fact]).when(ruling()).then_refused(words="that was ruled on")


@pytest.mark.clause(SAPATTUU, "3.1", "3.2.s1", "3.3")
def test_the_councils_file_has_report_materials_and_act_with_the_verdicts() -> None:
    steps = [submitting(SAPATTUU), asking(), answering(), studying(SAPATTUU), analysing("partly_fulfilled")]
    past = lived(SAPATTUU, *steps, deciding("visit"), telling())
    (fact,) = given(CYCLE, past).when(filing(documents=(document("other", "e"),))).then_types(CouncilFileSent)
    assert isinstance(fact, CouncilFileSent)
    assert [each.kind for each in fact.documents] == ["monitoring_report", "visit_act", "orders", "other"]
    assert fact.verdicts == verdicts("partly_fulfilled")
    (other,) = given(CYCLE, past).when(filing(verdicts=verdicts("not_fulfilled"))).then_types(CouncilFileSent)
    assert isinstance(other, CouncilFileSent)
    assert other.verdicts == verdicts("not_fulfilled")
    given(CYCLE, past).when(filing(verdicts=verdicts("fulfilled", "r-2"))).then_refused(clause="3.2.s1", words="no verdict on: r-1")
    given(CYCLE, [*past, fact]).when(filing()).then_refused(words="the file is before the council")


@pytest.mark.clause(SAPATTUU, "2.5.p3")
def test_a_missing_report_is_referred_only_when_every_day_for_it_has_passed() -> None:
    past, last = [opened(SAPATTUU)], DUE[SAPATTUU]
    given(CYCLE, past).when(referring("report_not_submitted", last)).then_refused(clause="2.5.p4", words=f"may report until {last}")
    (fact,) = given(CYCLE, past).when(referring("report_not_submitted", last + DAY)).then_types(DecisionReferred)
    given(CYCLE, [*past, fact]).when(referring("report_not_submitted", last + DAY)).then()
    visit = {"known": Known(expected_on=date(2029, 2, 15))}
    given(CYCLE, past).when(referring("report_not_submitted", date(2028, 12, 15), **visit)).then_refused(clause="2.5.p4")
    given(CYCLE, past).when(referring("report_not_submitted", date(2028, 12, 16), **visit)).then_types(DecisionReferred)
    after = {"known": Known(expected_on=date(2029, 9, 1))}
    given(CYCLE, past).when(referring("report_not_submitted", EXPIRES, **after)).then_refused(words="until 2029-02-27")
    given(CYCLE, past).when(referring("report_not_submitted", EXPIRES + DAY, **after)).then_types(DecisionReferred)
    none = {"known": Known(due=False)}
    given(CYCLE, past).when(referring("report_not_submitted", EXPIRES + DAY, **none)).then_refused(clause="2.5.p4", words="is due")


@pytest.mark.clause(SAPATTUU, "2.5.p3", "2.7")
def test_a_report_that_is_there_is_not_missing_and_one_sent_back_is_missed_after_its_own_day() -> None:
    late = DUE[SAPATTUU] + DAY
    given(CYCLE, lived(SAPATTUU, submitting(SAPATTUU))).when(referring("report_not_submitted", late)).then_refused(
        words="nothing has failed"
    )
    back = lived(SAPATTUU, submitting(SAPATTUU), requesting_changes())
    given(CYCLE, back).when(referring("report_not_submitted", date(2027, 1, 20))).then_refused(words="until 2027-01-20")
    given(CYCLE, back).when(referring("report_not_submitted", date(2027, 1, 21))).then_types(DecisionReferred)


@pytest.mark.clause(SAPATTUU, "3.3")
def test_non_fulfilment_is_referred_only_where_a_person_judged_so() -> None:
    ground = "recommendations_not_fulfilled"
    given(CYCLE, analysed()).when(referring(ground)).then_refused(clause="2.5.p4", words="nothing has failed")
    given(CYCLE, analysed("partly_fulfilled")).when(referring(ground)).then_refused(words="nothing has failed")
    (fact,) = given(CYCLE, analysed("not_fulfilled")).when(referring(ground)).then_types(DecisionReferred)
    given(CYCLE, [*analysed("not_fulfilled"), fact]).when(referring("repeated_failure")).then_types(DecisionReferred)
    given(CYCLE, analysed("not_fulfilled")).when(referring("repeated_failure")).then_refused(clause="3.3.b.s3")
    given(CYCLE, analysed("not_fulfilled")).when(referring("bad_taste")).then_refused(words="no such ground")


def test_nothing_is_referred_where_the_regulation_knows_no_sanction() -> None:
    given(CYCLE, [opened(AAKR)]).when(referring("report_not_submitted", DUE[AAKR] + DAY)).then_refused(words="knows no sanction")


@BOTH
def test_a_report_is_taken_after_a_referral_and_nothing_after_the_closing(rulebook: str) -> None:
    if rulebook == SAPATTUU:
        late = DUE[SAPATTUU] + DAY
        assert lived(SAPATTUU, referring("report_not_submitted", late), submitting(SAPATTUU, day=late + DAY))
    past = lived(rulebook, closing())
    assert isinstance(past[-1], CycleClosed)
    given(CYCLE, past).when(closing()).then()
    for command in (submitting(rulebook), referring("report_not_submitted", DUE[SAPATTUU] + DAY), telling(), accepting(), ruling()):
        given(CYCLE, past).when(command).then_refused(words="closed on 2026-12-14")
