"""The institution's report: what it lacks, whether it is late, rejection and changes, study, additional information."""

from datetime import date
from typing import Any

import pytest

from chassis.testing import given
from regulations import load
from services.monitoring.contract import (
    AdditionalInformationProvided,
    AdditionalInformationRequested,
    Attachment,
    InterimReportRejected,
    InterimReportSubmitted,
    ReportChangesRequested,
    ReportedMeasure,
    ReportStudied,
    ResultAssessed,
)
from services.monitoring.domain.cycle import CYCLE, SubmitReport
from services.monitoring.domain.report import Known
from tests.monitoring.cycles import (
    AAKR,
    DUE,
    PLAN,
    SAPATTUU,
    answering,
    asking,
    assessing,
    deciding,
    document,
    incomplete,
    lived,
    opened,
    opening,
    rejecting,
    requesting_changes,
    studying,
    submitting,
    telling,
)

BOTH = pytest.mark.parametrize("rulebook", [AAKR, SAPATTUU])


def submitted(rulebook: str, *commands: SubmitReport, **fields: Any) -> InterimReportSubmitted:
    """What came of the last of these reports, or of one with these fields."""
    told = given(CYCLE, [opened(rulebook)])
    for command in commands or (submitting(rulebook, **fields),):
        told = told.when(command)
    (fact,) = told.then_types(InterimReportSubmitted)
    assert isinstance(fact, InterimReportSubmitted)
    return fact


def under_study(rulebook: str, **fields: Any) -> list[Any]:
    return [opened(rulebook), submitted(rulebook, **fields)]


@pytest.mark.clause(AAKR, "II.3", "II.4.e")
@pytest.mark.clause(SAPATTUU, "2.5.p2.s1")
@BOTH
def test_a_cycle_opens_once_for_the_period_of_its_report(rulebook: str) -> None:
    given(CYCLE).when(opening(rulebook)).then(opened(rulebook))
    given(CYCLE, [opened(rulebook)]).when(opening(rulebook)).then()


@pytest.mark.clause(SAPATTUU, "2.5.p3")
@pytest.mark.parametrize("kind", ["full_5y", None])
def test_no_cycle_opens_for_an_accreditation_of_which_no_report_is_due(kind: str | None) -> None:
    given(CYCLE).when(opening(SAPATTUU, kind=kind)).then_refused(clause="2.5.p3", words="no report is due")


def test_a_period_does_not_end_before_it_begins() -> None:
    given(CYCLE).when(opening(AAKR, period_until=date(2026, 3, 1))).then_refused(words="no period")


@pytest.mark.clause(AAKR, "II.2", "II.3", "III.d", "III.e", "III.f")
@pytest.mark.clause(SAPATTUU, "2.5.p2.s1", "2.5.p2.s2", "2.5.p2.s3")
@BOTH
def test_a_report_with_every_section_and_proof_is_complete(rulebook: str) -> None:
    fact = submitted(rulebook)
    assert fact.complete
    assert (fact.missing, fact.unproved, fact.unreported, fact.unmet) == ((), (), (), ())
    assert (fact.round, fact.late_days, fact.due_on) == (1, 0, DUE[rulebook])


@pytest.mark.clause(AAKR, "II.2", "II.3", "III.e", "III.f")
@pytest.mark.parametrize(
    ("section", "clause"),
    [
        ("title_page", "III.e"),
        ("introduction_problem_analysis", "III.e"),
        ("conclusion_with_strategy", "III.e"),
        ("table_results", "III.f"),
        ("changes_over_the_year", "II.2"),
        ("measures_in_the_period", "II.3"),
    ],
)
def test_a_section_that_is_not_there_is_told_with_its_clause(section: str, clause: str) -> None:
    fact = submitted(AAKR, without=(section,))
    assert (fact.missing, fact.unmet, fact.complete) == ((section,), (clause,), False)


@pytest.mark.clause(AAKR, "II.2")
def test_documents_are_attached_only_where_they_were_updated() -> None:
    unchanged = Attachment(name="Statute", state="unchanged")
    attached = Attachment(name="Rules", state="attached", document=document("other"))
    fact = submitted(AAKR, without=("updated_documents",), attachments=(unchanged, attached))
    assert (fact.missing, fact.attachments) == ((), (unchanged, attached))


@pytest.mark.clause(AAKR, "II.2")
@pytest.mark.parametrize(
    "attachment",
    [
        Attachment(name="Statute", state="attached"),
        Attachment(name="Statute"),
        Attachment(name="Statute", state="unchanged", document=document("other")),
        Attachment(name="Statute", state="lost", document=document("other")),
    ],
)
def test_a_document_is_attached_or_marked_unchanged(attachment: Attachment) -> None:
    given(CYCLE, [opened(AAKR)]).when(submitting(AAKR, attachments=(attachment,))).then_refused()


@pytest.mark.clause(AAKR, "III.f")
@pytest.mark.clause(SAPATTUU, "2.5.p2.s1")
@BOTH
def test_a_measure_that_was_due_in_the_period_needs_proof(rulebook: str) -> None:
    table = tuple(ReportedMeasure(measure_id=each, result="Done.") for each, _ in PLAN)
    fact = submitted(rulebook, table=table)
    assert (fact.unproved, fact.complete) == (("m-1",), False)
    assert fact.unmet == (("III.f",) if rulebook == AAKR else ())


@pytest.mark.clause(AAKR, "III.f")
@BOTH
def test_every_measure_of_the_plan_has_a_row(rulebook: str) -> None:
    row = ReportedMeasure(measure_id="m-1", result="Done.", evidence=(document("evidence"),))
    fact = submitted(rulebook, table=(row,))
    assert (fact.unreported, fact.unproved, fact.complete) == (("m-2",), (), False)


@pytest.mark.clause(AAKR, "III.f")
def test_where_no_plan_is_known_rows_name_measures_freely_and_each_needs_proof() -> None:
    rows = (
        ReportedMeasure(measure_id="paper-7", result="Done."),
        ReportedMeasure(measure_id="paper-8", result="Done.", evidence=(document("x1"),)),
    )
    fact = submitted(AAKR, table=rows, known=Known())
    assert (fact.unproved, fact.unreported) == (("paper-7",), ())


def test_a_measure_that_is_not_in_the_plan_and_a_row_given_twice_are_no_table() -> None:
    row = ReportedMeasure(measure_id="m-9", result="Done.", evidence=(document("evidence"),))
    given(CYCLE, [opened(AAKR)]).when(submitting(AAKR, table=(row,))).then_refused(words="not in the plan: m-9")
    twice = (row.model_copy(update={"measure_id": "m-1"}),) * 2
    given(CYCLE, [opened(AAKR)]).when(submitting(AAKR, table=twice)).then_refused(words="reported twice: m-1")


@pytest.mark.clause(SAPATTUU, "2.5.p2.s2")
def test_changes_by_criterion_are_asked_for_only_where_nonconformity_was_shown() -> None:
    command = submitting(SAPATTUU, without=("changes_by_criterion",))
    assert submitted(SAPATTUU, command).complete
    shown = command.model_copy(update={"known": Known(measures=PLAN, nonconformity=True)})
    fact = submitted(SAPATTUU, shown)
    assert (fact.missing, fact.unmet) == (("changes_by_criterion",), ("2.5.p2.s2",))


@pytest.mark.clause(SAPATTUU, "2.5.p2.s3")
def test_supporting_documents_are_attached_of_whatever_kind() -> None:
    kinds = ("orders", "regulations", "instructions", "other_materials")
    bare = {"without": kinds, "table": (), "known": Known()}
    fact = submitted(SAPATTUU, **bare)
    assert (fact.missing, fact.unmet) == (kinds, ("2.5.p2.s3",))
    assert submitted(SAPATTUU, **bare, attachments=(Attachment(name="An order", document=document("orders")),)).complete
    assert submitted(SAPATTUU, without=kinds).complete, "the proofs of the table are supporting documents too"


def test_sections_and_the_report_itself_are_those_of_the_rulebook() -> None:
    past = [opened(SAPATTUU)]
    given(CYCLE, past).when(submitting(SAPATTUU, sections=("title_page",))).then_refused(words="no such sections: title_page")
    given(CYCLE, past).when(submitting(SAPATTUU, document=document("interim_report"))).then_refused(clause="2.5.p3")


@pytest.mark.clause(AAKR, "II.4.e", "III.h")
@pytest.mark.clause(SAPATTUU, "2.5.p3")
@pytest.mark.parametrize("days", [0, 1, 30])
@BOTH
def test_a_late_report_is_recorded_and_flagged(rulebook: str, days: int) -> None:
    """Two months before the expected date of the monitoring; three months before the certificate's expiry."""
    day = date.fromordinal(DUE[rulebook].toordinal() + days)
    fact = submitted(rulebook, submitting(rulebook, day=day))
    assert (fact.late_days, fact.due_on, fact.complete) == (days, DUE[rulebook], True)


@pytest.mark.clause(AAKR, "II.4.e")
def test_lateness_is_told_by_the_expected_date_of_today() -> None:
    moved = Known(measures=PLAN, expected_on=date(2027, 6, 30))
    assert submitted(AAKR, submitting(AAKR, day=date(2027, 4, 30), known=moved)).late_days == 0
    assert submitted(AAKR, submitting(AAKR, day=date(2027, 5, 1), known=moved)).late_days == 1


@pytest.mark.clause(SAPATTUU, "2.5.p3")
def test_of_two_alternatives_the_later_tells_lateness_but_never_after_the_expiry() -> None:
    visit = Known(measures=PLAN, expected_on=date(2029, 2, 15))
    assert submitted(SAPATTUU, submitting(SAPATTUU, day=date(2028, 12, 15), known=visit)).late_days == 0
    assert submitted(SAPATTUU, submitting(SAPATTUU, day=date(2028, 12, 16), known=visit)).late_days == 1
    after = Known(measures=PLAN, expected_on=date(2029, 9, 1))
    assert submitted(SAPATTUU, submitting(SAPATTUU, day=date(2029, 2, 28), known=after)).due_on == date(2029, 2, 27)

    restored = Known(measures=PLAN, valid_until=date(2029, 3, 31))
    assert submitted(SAPATTUU, submitting(SAPATTUU, known=restored)).due_on == date(2028, 12, 31)


@pytest.mark.clause(AAKR, "III.h")
@pytest.mark.parametrize(("medium", "unmet"), [("cd", ()), ("flash_drive", ()), ("other", ("III.h",)), (None, ("III.h",))])
def test_the_medium_is_kept_and_another_one_is_flagged(medium: str | None, unmet: tuple[str, ...]) -> None:
    fact = submitted(AAKR, medium=medium)
    assert (fact.medium, fact.unmet, fact.complete) == (medium, unmet, True)


@pytest.mark.clause(AAKR, "III.h")
def test_the_agency_records_a_report_on_the_day_on_which_it_came() -> None:
    came = submitting(AAKR, day=date(2027, 1, 5)).model_copy(update={"received_on": DUE[AAKR]})
    assert submitted(AAKR, came).late_days == 0
    to_come = came.model_copy(update={"received_on": date(2027, 1, 6)})
    given(CYCLE, [opened(AAKR)]).when(to_come).then_refused(words="no report came on 2027-01-06")


def test_a_complete_report_is_not_replaced_and_an_incomplete_one_is_completed() -> None:
    past = under_study(AAKR)
    given(CYCLE, past).when(submitting(AAKR)).then_refused(words="a complete report is under study")
    assert submitted(AAKR, incomplete(AAKR), submitting(AAKR)).round == 2


@pytest.mark.clause(AAKR, "III.i")
def test_a_report_is_rejected_by_the_requirement_that_it_does_not_meet_and_comes_again() -> None:
    past = [opened(AAKR), submitted(AAKR, incomplete(AAKR))]
    (fact,) = given(CYCLE, past).when(rejecting()).then_types(InterimReportRejected)
    assert isinstance(fact, InterimReportRejected)
    assert (fact.round, fact.grounds, fact.unmet, fact.due_on) == (1, ("content",), ("III.e",), date(2027, 1, 20))
    again = given(CYCLE, [*past, fact]).when(submitting(AAKR, day=date(2027, 1, 22))).then_types(InterimReportSubmitted)[0]
    assert isinstance(again, InterimReportSubmitted)
    assert (again.round, again.due_on, again.late_days) == (2, date(2027, 1, 20), 2)
    second = given(CYCLE, [*past, fact, again]).when(rejecting(due_on=date(2027, 3, 1))).then_types(InterimReportRejected)[0]
    assert isinstance(second, InterimReportRejected)
    assert second.round == 2


@pytest.mark.clause(AAKR, "III.i")
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"grounds": ()}, "a ground in content or layout"),
        ({"unmet": ()}, "none is named"),
        ({"unmet": ("II.4.e",)}, "no requirement of these grounds: II.4.e"),
        ({"grounds": ("layout",), "unmet": ("II.2",)}, "no requirement of these grounds: II.2"),
    ],
)
def test_a_rejection_names_a_requirement_on_content_or_layout(fields: dict[str, Any], words: str) -> None:
    given(CYCLE, under_study(AAKR)).when(rejecting(**fields)).then_refused(clause="III.i", words=words)


@pytest.mark.clause(AAKR, "III.h", "III.i")
def test_being_late_is_no_ground_of_rejection() -> None:
    late = [opened(AAKR), submitted(AAKR, submitting(AAKR, day=date(2027, 2, 1)))]
    command = rejecting(grounds=("layout",), unmet=("III.h",), due_on=date(2027, 4, 1))
    given(CYCLE, late).when(command).then_refused(clause="III.i", words="it is late, which is flagged and is no ground")
    other = [opened(AAKR), submitted(AAKR, medium="other")]
    given(CYCLE, other).when(command).then_types(InterimReportRejected)


def test_what_is_to_come_again_is_due_on_a_day_to_come() -> None:
    yesterday = date(2026, 12, 13)
    given(CYCLE, under_study(AAKR)).when(rejecting(due_on=yesterday)).then_refused(words="is over")
    given(CYCLE, under_study(SAPATTUU)).when(requesting_changes(due_on=yesterday)).then_refused(words="is over")


@pytest.mark.clause(SAPATTUU, "2.7")
def test_changes_are_asked_for_and_the_report_comes_again() -> None:
    past = under_study(SAPATTUU)
    (fact,) = given(CYCLE, past).when(requesting_changes()).then_types(ReportChangesRequested)
    given(CYCLE, [*past, fact]).when(studying(SAPATTUU)).then_refused(words="no report is under study")
    again = given(CYCLE, [*past, fact]).when(submitting(SAPATTUU)).then_types(InterimReportSubmitted)
    given(CYCLE, [*past, fact, *again]).when(studying(SAPATTUU)).then_types(ReportStudied)


@pytest.mark.clause(AAKR, "III.i")
@pytest.mark.clause(SAPATTUU, "2.7")
def test_each_regulation_has_its_own_way_to_send_a_report_back() -> None:
    given(CYCLE, under_study(SAPATTUU)).when(rejecting()).then_refused(clause="2.5.p3", words="no stage report_rejection")
    given(CYCLE, under_study(AAKR)).when(requesting_changes()).then_refused(clause="II.4.e", words="no stage report_revision")


@pytest.mark.clause(AAKR, "II.4.f", "II.4.g")
@pytest.mark.clause(SAPATTUU, "2.7")
@BOTH
def test_a_report_is_studied_once_from_the_day_of_its_receipt(rulebook: str) -> None:
    past = under_study(rulebook)
    (fact,) = given(CYCLE, past).when(studying(rulebook, day=date(2026, 12, 30))).then_types(ReportStudied)
    assert isinstance(fact, ReportStudied)
    assert (fact.round, fact.began_on, fact.studied_on) == (1, past[-1].submitted_on, date(2026, 12, 30))
    for command in (studying(rulebook), submitting(rulebook), rejecting() if rulebook == AAKR else requesting_changes()):
        given(CYCLE, [*past, fact]).when(command).then_refused(words="the report was studied; it stands")
    given(CYCLE, [opened(rulebook)]).when(studying(rulebook)).then_refused(words="no report is under study")


@pytest.mark.clause(AAKR, "III.g")
def test_the_reviewer_judges_every_quality_of_the_report() -> None:
    words = load(AAKR).vocabularies["report_qualities"]
    partly = {word: False for word in words if word != "objective"}
    given(CYCLE, under_study(AAKR)).when(studying(AAKR, qualities=partly)).then_refused(clause="III.g", words="not judged: objective")
    (fact,) = given(CYCLE, under_study(AAKR)).when(studying(AAKR, qualities=dict.fromkeys(words, False))).then_types(ReportStudied)
    assert isinstance(fact, ReportStudied)
    assert fact.qualities == tuple((word, False) for word in words)
    given(CYCLE, under_study(SAPATTUU)).when(studying(SAPATTUU, qualities={"reliable": True})).then_refused(words="no such words: reliable")


@pytest.mark.clause(AAKR, "II.4.g")
def test_an_incomplete_report_is_studied_only_with_a_persons_reason() -> None:
    past = [opened(AAKR), submitted(AAKR, incomplete(AAKR))]
    problem = given(CYCLE, past).when(studying(AAKR)).then_refused(clause="II.4.g", words="not complete")
    assert problem.missing == ["title_page"]
    (fact,) = given(CYCLE, past).when(studying(AAKR, reading_departure="It has a cover.")).then_types(ReportStudied)
    assert isinstance(fact, ReportStudied)
    assert fact.reading_departure == "It has a cover."
    given(CYCLE, [opened(SAPATTUU), submitted(SAPATTUU, incomplete(SAPATTUU))]).when(studying(SAPATTUU)).then_types(ReportStudied)


@pytest.mark.clause(AAKR, "II.1")
@BOTH
def test_additional_information_is_asked_for_given_and_waited_for(rulebook: str) -> None:
    past = under_study(rulebook)
    (asked,) = given(CYCLE, past).when(asking()).then_types(AdditionalInformationRequested)
    (answered,) = given(CYCLE, [*past, asked]).when(answering()).then_types(AdditionalInformationProvided)
    assert isinstance(asked, AdditionalInformationRequested)
    assert isinstance(answered, AdditionalInformationProvided)
    assert asked.request == answered.request == 1
    given(CYCLE, [*past, asked, answered]).when(answering()).then_refused(words="no information is asked for")
    given(CYCLE, [*past, asked]).when(answering(2)).then_refused(words="request 2 is not open; these are: 1")
    given(CYCLE, [opened(rulebook)]).when(asking()).then_refused(words="no report is there")
    given(CYCLE, past).when(asking(date(2026, 12, 13))).then_refused(words="is over")


@pytest.mark.clause(AAKR, "II.1", "III.0")
def test_the_result_waits_for_information_until_its_day_is_over() -> None:
    past = lived(AAKR, submitting(AAKR), asking(), studying(AAKR), deciding(), telling())
    given(CYCLE, past).when(assessing()).then_refused(words="expected until 2026-12-28")
    given(CYCLE, past).when(assessing(day=date(2026, 12, 29))).then_types(ResultAssessed)
    given(CYCLE, past).when(answering()).when(assessing()).then_types(ResultAssessed)
