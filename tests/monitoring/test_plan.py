"""The plan of measures: for whom it is due, what it holds, who approves it, its review in rounds, its amendments, its progress."""

from datetime import date, timedelta
from typing import Any

import pytest

from chassis.problems import Conflict, Invalid, Refused
from chassis.testing import given
from regulations import load
from services.monitoring.contract import (
    AccreditationDocumentsReceived,
    MeasureProgressed,
    PlanAmended,
    PlanAwaited,
    PlanChangesRequested,
    PlanCorrected,
    PlanReviewed,
    PlanSubmitted,
)
from services.monitoring.domain.plan import PLAN, SubmitPlan, corrections
from services.monitoring.domain.plan_measures import beyond
from tests.monitoring.plans import (
    AAKR,
    APPROVERS,
    AWAITED,
    EXPIRES,
    KINDS,
    M1,
    M2,
    M3,
    MEASURES,
    RECOMMENDED,
    SAPATTUU,
    TODAY,
    amending,
    awaited,
    awaiting,
    certified,
    document,
    lived,
    measure,
    progressing,
    receiving,
    requesting,
    reviewing,
    standing,
    submitting,
)

BOTH = list(KINDS)
IDS = {"plan_id": "plan-1", "followup_id": "f-1", "institution_id": "jasu"}


@pytest.mark.clause(AAKR, "II.4.b")
@pytest.mark.clause(SAPATTUU, "2.4", "2.6.s1")
@pytest.mark.parametrize(
    ("rulebook", "kind", "approver"),
    [
        (AAKR, "conditional", None),
        (AAKR, "full_with_recommendations", None),
        (SAPATTUU, "conditional_3y", "collegial_body"),
        (SAPATTUU, "conditional_1y", "collegial_body"),
        (SAPATTUU, "full_5y", "institution_management"),
    ],
)
def test_a_plan_is_awaited_where_the_text_asks_for_one_and_from_whom_it_names(rulebook: str, kind: str, approver: str | None) -> None:
    expected = PlanAwaited(**{**dict(awaited(rulebook)), "kind": kind, "approved_by": approver})
    given(PLAN).when(awaiting(rulebook, kind)).then(expected)


@pytest.mark.clause(AAKR, "II.4.b")
@pytest.mark.clause(SAPATTUU, "2.6.s1")
def test_no_plan_is_awaited_where_there_is_nothing_to_remove() -> None:
    given(PLAN).when(awaiting(AAKR, "full_without_recommendations")).then_refused(clause="II.4.b")
    given(PLAN).when(awaiting(SAPATTUU, "full_5y", recommendations=())).then_refused(clause="2.4", words="full_5y")
    given(PLAN).when(awaiting(AAKR, "conditional", recommendations=())).then_types(PlanAwaited)


@pytest.mark.parametrize("rulebook", BOTH)
def test_a_certificate_that_nobody_has_classified_needs_no_plan_yet(rulebook: str) -> None:
    given(PLAN).when(awaiting(rulebook).model_copy(update={"kind": None})).then_refused(words="nobody has classified")


def test_a_plan_is_awaited_once() -> None:
    given(PLAN, [awaited(AAKR)]).when(awaiting(AAKR)).then()


@pytest.mark.clause(SAPATTUU, "2.3", "2.4")
@pytest.mark.parametrize(
    ("order", "conclusion", "first"),
    [
        (date(2026, 3, 5), date(2026, 3, 9), date(2026, 3, 9)),
        (date(2026, 3, 9), date(2026, 3, 5), date(2026, 3, 9)),
        (TODAY, TODAY, TODAY),
    ],
)
def test_the_month_runs_from_the_later_receipt(order: date, conclusion: date, first: date) -> None:
    fact = AccreditationDocumentsReceived(**IDS, order_received_on=order, conclusion_received_on=conclusion, counts_from=first)
    given(PLAN, [awaited(SAPATTUU)]).when(receiving(order, conclusion)).then(fact)


@pytest.mark.clause(SAPATTUU, "2.3", "2.4")
def test_receipt_is_recorded_once_and_not_ahead() -> None:
    tomorrow = TODAY + timedelta(days=1)
    assert isinstance(given(PLAN, [awaited(SAPATTUU)]).when(receiving(TODAY, tomorrow)).then_refused(words=str(tomorrow)), Invalid)
    assert isinstance(given(PLAN, lived(SAPATTUU, receiving())).when(receiving()).then_refused(words="2026-03-09"), Conflict)
    known = awaited(SAPATTUU, counts_from=AWAITED)
    assert isinstance(given(PLAN, [known]).when(receiving()).then_refused(words=str(AWAITED)), Conflict)


def test_where_no_term_runs_from_their_receipt_nobody_records_it() -> None:
    given(PLAN, [awaited(AAKR)]).when(receiving()).then_refused(clause="II.4.b")


@pytest.mark.clause(AAKR, "II.4.b")
@pytest.mark.clause(SAPATTUU, "2.3", "2.4")
@pytest.mark.parametrize("rulebook", BOTH)
def test_a_whole_plan_is_submitted(rulebook: str) -> None:
    approver = APPROVERS[KINDS[rulebook]]
    fact = PlanSubmitted(
        **IDS,
        round=1,
        measures=MEASURES,
        approved_by=approver,
        approval_act="Protocol No. 4" if approver else None,
        approved_on=date(2026, 4, 1) if approver else None,
        document=document(),
        submitted_on=TODAY,
    )
    given(PLAN, [awaited(rulebook)]).when(submitting(rulebook)).then(fact)


@pytest.mark.clause(SAPATTUU, "2.3")
def test_a_plan_has_a_measure_on_each_criterion_that_was_remarked_upon() -> None:
    past = [awaited(SAPATTUU)]
    lacking = given(PLAN, past).when(submitting(SAPATTUU, measures=(M1, M3))).then_refused(clause="2.3", words="Standard 3")
    assert isinstance(lacking, Refused)
    assert lacking.extensions["missing"] == ["r-2"]
    twofold = (*MEASURES, measure("m-4", "r-2"), M3)
    given(PLAN, past).when(submitting(SAPATTUU, measures=twofold)).then_types(PlanSubmitted)


@pytest.mark.clause(AAKR, "II.4.b", "II.4.c")
def test_where_the_text_does_not_say_what_a_plan_holds_its_gaps_are_recorded_for_the_review() -> None:
    [fact] = given(PLAN, [awaited(AAKR)]).when(submitting(AAKR, measures=(M1, M3))).then_types(PlanSubmitted)
    assert isinstance(fact, PlanSubmitted)
    assert fact.uncovered == ("r-2",)
    given(PLAN, [awaited(AAKR), fact]).when(requesting()).then_types(PlanChangesRequested)


@pytest.mark.clause(AAKR, "II.4.b")
@pytest.mark.clause(SAPATTUU, "2.3")
@pytest.mark.parametrize("rulebook", BOTH)
def test_no_text_forbids_a_measure_that_is_due_after_the_certificate_and_its_reader_is_told(rulebook: str) -> None:
    on_the_last_day, after = (measure(f"m-{days + 1}", "r-1", due_on=EXPIRES + timedelta(days=days)) for days in (0, 1))
    measures = (on_the_last_day, after, measure("m-3", "r-2"))
    given(PLAN, [awaited(rulebook)]).when(submitting(rulebook, measures=measures)).then_types(PlanSubmitted)
    assert beyond(measures, EXPIRES) == (after,)
    assert beyond(measures, None) == ()


def test_a_measure_has_an_id_of_its_own_and_is_against_what_was_recommended() -> None:
    twice = (M1, M2, measure("m-1", "r-2"))
    strange = (*MEASURES, measure("m-4", "r-9"))
    for measures, words in ((twice, "m-1"), (strange, "never recommended")):
        assert isinstance(given(PLAN, [awaited(AAKR)]).when(submitting(AAKR, measures=measures)).then_refused(words=words), Invalid)


def test_a_plan_is_filed_as_one() -> None:
    given(PLAN, [awaited(AAKR)]).when(submitting(AAKR, document=document("interim_report"))).then_refused(clause="II.4.b")


@pytest.mark.clause(SAPATTUU, "2.4", "2.6.s1")
@pytest.mark.parametrize(("kind", "clause", "other"), [("conditional_3y", "2.4", "full_5y"), ("full_5y", "2.6.s1", "conditional_3y")])
def test_a_plan_is_approved_by_the_body_that_the_text_names(kind: str, clause: str, other: str) -> None:
    past = [awaited(SAPATTUU, kind)]
    given(PLAN, past).when(submitting(SAPATTUU, kind=kind)).then_types(PlanSubmitted)
    given(PLAN, past).when(submitting(SAPATTUU, kind=other)).then_refused(clause=clause, words=str(APPROVERS[other]))
    for field in ("approved_by", "approval_act", "approved_on"):
        lacking = given(PLAN, past).when(submitting(SAPATTUU, kind=kind, **dict[str, Any]({field: None}))).then_refused(clause=clause)
        assert isinstance(lacking, Refused)
        assert lacking.extensions["missing"] == [field]
    ahead = submitting(SAPATTUU, kind=kind, approved_on=TODAY + timedelta(days=1))
    assert isinstance(given(PLAN, past).when(ahead).then_refused(words="not approved by"), Invalid)


@pytest.mark.clause(SAPATTUU, "2.6.s1")
def test_who_approves_it_hangs_on_the_kind_by_now() -> None:
    """Classified anew after the plan was awaited."""
    anew = certified("full_5y")
    given(PLAN, [awaited(SAPATTUU)]).when(submitting(SAPATTUU, kind="full_5y", known=anew)).then_types(PlanSubmitted)
    given(PLAN, [awaited(SAPATTUU)]).when(submitting(SAPATTUU, known=anew)).then_refused(clause="2.6.s1")


def test_an_approval_that_no_text_asks_for_is_recorded_all_the_same() -> None:
    [fact] = given(PLAN, [awaited(AAKR)]).when(submitting(AAKR, approval_act="Order No. 3")).then_types(PlanSubmitted)
    assert isinstance(fact, PlanSubmitted)
    assert (fact.approved_by, fact.approval_act) == (None, "Order No. 3")


@pytest.mark.parametrize("rulebook", BOTH)
def test_a_late_plan_is_recorded(rulebook: str) -> None:
    """The deadline register tells that it is late; nothing refuses it."""
    late = date(2028, 12, 1)
    [fact] = given(PLAN, [awaited(rulebook, counts_from=AWAITED)]).when(submitting(rulebook, late)).then_types(PlanSubmitted)
    assert isinstance(fact, PlanSubmitted)
    assert fact.submitted_on == late


def test_a_plan_came_on_no_day_ahead_and_not_before_changes_were_asked_for() -> None:
    def received(on: date) -> SubmitPlan:
        return submitting(AAKR).model_copy(update={"received_on": on})

    [fact] = given(PLAN, [awaited(AAKR)]).when(received(AWAITED)).then_types(PlanSubmitted)
    assert isinstance(fact, PlanSubmitted)
    assert fact.submitted_on == AWAITED
    for past, on in (([awaited(AAKR)], TODAY + timedelta(days=1)), (lived(AAKR, submitting(AAKR), requesting()), AWAITED)):
        assert isinstance(given(PLAN, past).when(received(on)).then_refused(words=str(on)), Invalid)


@pytest.mark.clause(AAKR, "II.4.c", "II.4.d")
def test_changes_are_asked_for_and_the_plan_comes_again_in_rounds() -> None:
    request = PlanChangesRequested(**IDS, round=1, changes="Name the terms.", due_on=None, requested_on=TODAY)
    given(PLAN, lived(AAKR, submitting(AAKR))).when(requesting()).then(request)
    past = lived(AAKR, submitting(AAKR), requesting(due_on=TODAY), submitting(AAKR), requesting(), submitting(AAKR))
    assert [fact.round for fact in past if isinstance(fact, PlanSubmitted | PlanChangesRequested)] == [1, 1, 2, 2, 3]
    given(PLAN, past).when(reviewing()).then(PlanReviewed(**IDS, round=3, reviewed_on=TODAY))
    yesterday = requesting(due_on=TODAY - timedelta(days=1))
    assert isinstance(given(PLAN, past).when(yesterday).then_refused(words="is over"), Invalid)


@pytest.mark.clause(AAKR, "II.4.c", "II.4.d")
def test_only_a_submitted_plan_is_reviewed_and_once() -> None:
    for command in (requesting(), reviewing()):
        for past in ([awaited(AAKR)], lived(AAKR, submitting(AAKR), requesting()), lived(AAKR, *standing(AAKR))):
            assert isinstance(given(PLAN, past).when(command).then_refused(), Conflict)
    assert isinstance(given(PLAN, lived(AAKR, submitting(AAKR))).when(submitting(AAKR)).then_refused(words="under review"), Conflict)
    assert isinstance(given(PLAN, lived(AAKR, *standing(AAKR))).when(submitting(AAKR)).then_refused(words="stands"), Conflict)


@pytest.mark.clause(SAPATTUU, "2.4")
def test_where_the_text_knows_no_review_the_plan_stands_as_it_was_submitted() -> None:
    past = lived(SAPATTUU, submitting(SAPATTUU))
    for command in (requesting(), reviewing()):
        given(PLAN, past).when(command).then_refused(clause="2.4", words="reviews no plan")
    assert isinstance(given(PLAN, past).when(submitting(SAPATTUU)).then_refused(words="stands"), Conflict)


@pytest.mark.parametrize("rulebook", BOTH)
def test_a_plan_that_stands_is_amended_with_a_reason(rulebook: str) -> None:
    fact = PlanAmended(**IDS, measures=(*MEASURES, M3), reason="The budget came later.", approval_act="Protocol No. 9", amended_on=TODAY)
    given(PLAN, lived(rulebook, *standing(rulebook))).when(amending()).then(fact)
    given(PLAN, lived(rulebook, *standing(rulebook))).when(amending(*MEASURES)).then()
    assert isinstance(given(PLAN, [awaited(rulebook)]).when(amending()).then_refused(words="does not stand"), Conflict)


def test_a_plan_under_review_is_not_amended() -> None:
    for past in (lived(AAKR, submitting(AAKR)), lived(AAKR, submitting(AAKR), requesting())):
        for command in (amending(), progressing()):
            assert isinstance(given(PLAN, past).when(command).then_refused(words="does not stand"), Conflict)


@pytest.mark.clause(SAPATTUU, "2.4")
def test_an_amendment_is_approved_anew_where_the_plan_is() -> None:
    past = lived(SAPATTUU, *standing(SAPATTUU))
    for act in (None, "Protocol No. 4"):
        given(PLAN, past).when(amending(act=act)).then_refused(clause="2.4", words="approval of its own")
    again = amending(*MEASURES, M3, measure("m-4", None))
    given(PLAN, [*past, *PLAN.decide(amending(), PLAN.fold(past), load(SAPATTUU))]).when(again).then_refused(clause="2.4")
    given(PLAN, lived(AAKR, *standing(AAKR))).when(amending(act=None)).then_types(PlanAmended)


@pytest.mark.clause(SAPATTUU, "2.3")
def test_an_amended_plan_is_a_whole_one() -> None:
    past = lived(SAPATTUU, *standing(SAPATTUU))
    given(PLAN, past).when(amending(M1)).then_refused(clause="2.3", words="r-2")


@pytest.mark.parametrize("rulebook", BOTH)
def test_what_stays_word_for_word_is_not_judged_anew(rulebook: str) -> None:
    """The certificate's end came nearer, and a remark was struck out, since the plan was submitted."""
    nearer = certified(valid_until=date(2026, 12, 31), recommendations=RECOMMENDED[:1])
    past = lived(rulebook, *standing(rulebook))
    given(PLAN, past).when(amending(*MEASURES, M3, known=nearer)).then_types(PlanAmended)
    changed = M2.model_copy(update={"responsible": "Rector"})
    given(PLAN, past).when(amending(M1, changed, known=nearer)).then_refused(words="never recommended")


@pytest.mark.parametrize("rulebook", BOTH)
def test_what_is_done_stays_as_it_is(rulebook: str) -> None:
    past = lived(rulebook, *standing(rulebook), progressing("m-1"), progressing("m-2", "under_way"))
    other = measure("m-4", "r-1")
    for measures in ((other, M2), (M1.model_copy(update={"due_on": date(2027, 1, 1)}), M2)):
        assert isinstance(given(PLAN, past).when(amending(*measures)).then_refused(words="m-1"), Conflict)
    given(PLAN, past).when(amending(M2.model_copy(update={"due_on": date(2027, 12, 1)}), M1)).then_types(PlanAmended)


@pytest.mark.clause(SAPATTUU, "2.5.p1")
@pytest.mark.parametrize("rulebook", BOTH)
def test_progress_is_told_of_a_measure_that_stands(rulebook: str) -> None:
    evidence = (document("orders", "b"),)
    fact = MeasureProgressed(**IDS, measure_id="m-1", progress="done", evidence=evidence, progressed_on=TODAY)
    past = lived(rulebook, *standing(rulebook))
    given(PLAN, past).when(progressing()).then(fact)
    given(PLAN, [*past, fact]).when(progressing()).then()
    assert isinstance(given(PLAN, past).when(progressing("m-9")).then_refused(words="m-9"), Invalid)
    assert isinstance(given(PLAN, past).when(progressing(on=TODAY + timedelta(days=1))).then_refused(words="to come"), Invalid)
    assert isinstance(given(PLAN, [awaited(rulebook)]).when(progressing()).then_refused(words="does not stand"), Conflict)
    struck = lived(rulebook, *standing(rulebook), amending(), amending(*MEASURES, act="Protocol No. 10"))
    assert isinstance(given(PLAN, struck).when(progressing("m-3")).then_refused(words="m-3"), Invalid)


@pytest.mark.clause(SAPATTUU, "2.5.p1")
def test_what_is_done_stays_done_and_may_get_more_evidence() -> None:
    past = lived(SAPATTUU, *standing(SAPATTUU), progressing(progress="under_way"), progressing())
    assert isinstance(given(PLAN, past).when(progressing(progress="under_way")).then_refused(words="done"), Conflict)
    given(PLAN, past).when(progressing(evidence=(document("orders", "c"),))).then_types(MeasureProgressed)


def test_a_slip_in_the_days_of_receipt_is_corrected_with_the_day_that_follows() -> None:
    later = {"conclusion_received_on": "2026-03-12"}
    right = lived(SAPATTUU, receiving())
    check = corrections(TODAY).check

    def corrected(values: dict[str, str]) -> PlanCorrected:
        previous = {"conclusion_received_on": "2026-03-09", "counts_from": "2026-03-09"}
        return PlanCorrected(
            plan_id="plan-1",
            corrects="0197f1de-7f3a-7000-8000-000000000001",
            fact="AccreditationDocumentsReceived",
            version=2,
            previous={name: previous[name] for name in values},
            corrected=values,
            reason="A slip.",
            corrected_on=TODAY,
        )

    with pytest.raises(Conflict, match="2026-03-12"):
        check(PLAN.fold([*right, corrected(later)]))
    check(PLAN.fold([*right, corrected({**later, "counts_from": "2026-03-12"})]))
    ahead = dict.fromkeys(("conclusion_received_on", "counts_from"), "2026-04-07")
    with pytest.raises(Conflict, match="by 2026-04-06"):
        check(PLAN.fold([*right, corrected(ahead)]))
