"""The terms of state attestation by order 109, to the day by a printed calendar of Kazakhstan."""

from datetime import UTC, date, datetime, timedelta

import pytest

from regulations import Rulebook, compute, earliest_anchor, length, load

ATTESTATION = "kz-109-2008-attestation"
RULES = load(ATTESTATION)
DAY = timedelta(days=1)


def due(term: str, anchor: date, variant: str | None = None, rules: Rulebook = RULES) -> date:
    return compute(rules, term, anchor, variant=variant).due_on


@pytest.mark.clause(ATTESTATION, "4")
class TestPlannedAttestation:
    @pytest.mark.parametrize(
        ("decided", "expected"),
        [(date(2008, 5, 15), date(2013, 5, 15)), (date(2008, 2, 29), date(2013, 2, 28)), (date(2008, 12, 16), date(2013, 12, 16))],
        ids=["an ordinary day", "decided on a leap day", "Independence Day stays"],
    )
    def test_once_in_five_years(self, decided: date, expected: date) -> None:
        assert due("planned_attestation", decided) == expected
        assert (RULES.terms["planned_attestation"].nature, RULES.terms["planned_attestation"].roll) == ("recurrence", "never")

    def test_the_day_ends_by_the_time_of_almaty(self) -> None:
        assert compute(RULES, "planned_attestation", date(2008, 5, 15)).due_at == datetime(2013, 5, 15, 18, tzinfo=UTC)
        assert compute(RULES, "planned_attestation", date(2020, 5, 15)).due_at == datetime(2025, 5, 15, 19, tzinfo=UTC)


@pytest.mark.clause(ATTESTATION, "5")
class TestExtraordinaryAttestation:
    @pytest.mark.parametrize(
        ("control_year_end", "expected", "day_off"),
        [
            (date(2009, 12, 31), date(2010, 12, 31), False),
            (date(2010, 12, 31), date(2011, 12, 31), True),
            (date(2011, 12, 31), date(2012, 12, 31), True),
        ],
        ids=["a Friday", "a Saturday stays", "a swapped Monday stays"],
    )
    def test_by_the_last_day_of_the_following_calendar_year(self, control_year_end: date, expected: date, day_off: bool) -> None:
        computed = compute(RULES, "extraordinary_attestation", control_year_end)
        assert (computed.due_on, computed.falls_on_day_off, computed.rolled_from) == (expected, day_off, None)

    def test_the_text_leaves_the_limits_to_the_authorised_body(self) -> None:
        assert (RULES.setting("interim_control_limit"), RULES.setting("specialty_threshold_level")) == (None, None)
        assert RULES.competences["interim_control_limit"].decided_by == "authorised_body"
        assert list(RULES.vocabulary("extraordinary_grounds")) == ["limit_exceeded", "specialty_below_threshold"]


@pytest.mark.clause(ATTESTATION, "11")
def test_a_schedule_is_for_one_calendar_year() -> None:
    computed = compute(RULES, "yearly_schedule", date(2010, 1, 1))
    assert (computed.due_on, computed.falls_on_day_off) == (date(2011, 1, 1), True)
    assert RULES.competences["schedule"].decided_by == "authorised_body"


@pytest.mark.clause(ATTESTATION, "12", "14")
@pytest.mark.parametrize("term", ["dates_notice", "amendment_notice"])
class TestThreeMonthsBefore:
    @pytest.mark.parametrize(
        ("start", "expected", "day_off"),
        [
            (date(2010, 3, 15), date(2009, 12, 15), False),
            (date(2010, 5, 31), date(2010, 2, 28), True),
            (date(2012, 5, 31), date(2012, 2, 29), False),
            (date(2010, 1, 15), date(2009, 10, 15), False),
            (date(2010, 6, 22), date(2010, 3, 22), True),
        ],
        ids=["over New Year", "a shorter month, a Sunday", "a leap year", "in the year before", "Nauryz stays"],
    )
    def test_by_hand(self, term: str, start: date, expected: date, day_off: bool) -> None:
        computed = compute(RULES, term, start)
        assert (computed.due_on, computed.falls_on_day_off, computed.rolled_from) == (expected, day_off, None)

    @pytest.mark.parametrize(
        ("told", "start"),
        [(date(2010, 2, 28), date(2010, 5, 28)), (date(2009, 11, 30), date(2010, 3, 1)), (date(2009, 12, 1), date(2010, 3, 1))],
    )
    def test_the_earliest_start_after_a_notice(self, term: str, told: date, start: date) -> None:
        assert earliest_anchor(RULES, term, told) == start
        assert due(term, start) >= told > due(term, start - DAY)


@pytest.mark.clause(ATTESTATION, "15")
class TestSelfAssessment:
    @pytest.mark.parametrize(
        ("start", "expected"),
        [
            (date(2010, 3, 31), date(2010, 2, 28)),
            (date(2012, 3, 31), date(2012, 2, 29)),
            (date(2010, 1, 15), date(2009, 12, 15)),
            (date(2010, 5, 31), date(2010, 4, 30)),
            (date(2010, 4, 22), date(2010, 3, 22)),
        ],
        ids=["February", "February of a leap year", "over New Year", "a shorter month", "Nauryz stays"],
    )
    def test_not_later_than_one_month_before(self, start: date, expected: date) -> None:
        assert due("self_assessment_materials", start) == expected

    def test_eleven_parts_of_which_the_kazakh_list_leaves_out_one(self) -> None:
        parts = RULES.contents["self_assessment_materials"]
        assert list(parts) == list(RULES.vocabulary("objects_of_study"))
        assert len(parts) == 11
        assert [name for name, part in parts.items() if "kk" not in part.quote] == ["methodical_work"]
        assert "оқу-әдістемелік" not in RULES.clause("15").quote["kk"]
        assert parts["methodical_work"].kind == "reading"

    @pytest.mark.parametrize("kind", ["planned", "extraordinary"])
    def test_the_organisation_files_the_materials_and_two_copies(self, kind: str) -> None:
        filed = RULES.documents_for(kind)
        assert {document.id: document.if_missing for document in filed} == {
            "self_assessment_materials": "incomplete",
            "founding_documents": "incomplete",
            "licence": "incomplete",
        }
        assert RULES.setting("incomplete_materials") == "incomplete"


@pytest.mark.clause(ATTESTATION, "16", "17 (a)")
class TestApprovalOfTheCommission:
    @pytest.mark.parametrize(
        ("start", "expected", "day_off"),
        [
            (date(2010, 3, 5), date(2010, 2, 23), False),
            (date(2012, 3, 5), date(2012, 2, 24), False),
            (date(2010, 1, 5), date(2009, 12, 26), True),
            (date(2010, 4, 1), date(2010, 3, 22), True),
        ],
        ids=["over February", "over a leap day", "a Saturday stays", "Nauryz stays"],
    )
    def test_ten_calendar_days_before(self, start: date, expected: date, day_off: bool) -> None:
        computed = compute(RULES, "commission_approval", start)
        assert (computed.due_on, computed.falls_on_day_off, computed.rolled_from) == (expected, day_off, None)

    def test_the_kazakh_text_wants_an_order(self) -> None:
        assert "бұйрықтарымен" in RULES.clause("17 (a)").quote["kk"]
        assert RULES.setting("commission_approval_act") == "order"


@pytest.mark.clause(ATTESTATION, "19")
class TestLengthOfTheWork:
    @pytest.mark.parametrize(
        ("start", "russian", "kazakh"),
        [
            (date(2010, 4, 5), date(2010, 4, 13), date(2010, 4, 11)),
            (date(2010, 3, 18), date(2010, 3, 31), date(2010, 3, 24)),
            (date(2017, 3, 15), date(2017, 3, 28), date(2017, 3, 21)),
            (date(2012, 3, 5), date(2012, 3, 14), date(2012, 3, 11)),
        ],
        ids=["from a Monday", "over Nauryz of 2010", "over the worked Saturday and Nauryz of 2017", "over the worked Sunday of 2012"],
    )
    def test_seven_working_days_in_russian_and_seven_days_in_kazakh(self, start: date, russian: date, kazakh: date) -> None:
        eve = start - DAY
        assert due("commission_work", eve) == due("commission_work", eve, "ru") == russian
        assert due("commission_work", eve, "kk") == kazakh
        for name, last in (("commission_work", russian), ("commission_work_kk", kazakh)):
            measured = length(RULES, name, start, last)
            assert (measured.amount, measured.allowed) == (7, True)

    def test_an_eighth_day_is_too_long(self) -> None:
        start = date(2010, 4, 5)
        assert not length(RULES, "commission_work", start, date(2010, 4, 14)).allowed
        assert not length(RULES, "commission_work_kk", start, date(2010, 4, 12)).allowed
        assert length(RULES, "commission_work", start, start).allowed
        assert RULES.setting("commission_work_text") == RULES.terms["commission_work"].default_variant == "ru"

    def test_the_length_is_not_stretched_over_a_day_off(self) -> None:
        computed = compute(RULES, "commission_work", date(2010, 4, 4), variant="kk")
        assert (computed.due_on.strftime("%A"), computed.falls_on_day_off, computed.rolled_from) == ("Sunday", True, None)


@pytest.mark.clause(ATTESTATION, "33")
class TestDecision:
    @pytest.mark.parametrize(
        ("signed", "expected", "rolled_from"),
        [
            (date(2009, 6, 1), date(2009, 6, 11), None),
            (date(2009, 6, 3), date(2009, 6, 15), date(2009, 6, 13)),
            (date(2010, 3, 12), date(2010, 3, 25), date(2010, 3, 22)),
            (date(2012, 2, 19), date(2012, 2, 29), None),
            (date(2009, 12, 10), date(2009, 12, 20), None),
        ],
        ids=["a working day", "a Saturday moves to Monday", "Nauryz moves to Thursday", "a leap day", "a worked Sunday stays"],
    )
    def test_within_ten_calendar_days(self, signed: date, expected: date, rolled_from: date | None) -> None:
        computed = compute(RULES, "decision", signed)
        assert (computed.due_on, computed.rolled_from) == (expected, rolled_from)

    def test_it_is_in_time_until_midnight_of_almaty(self) -> None:
        computed = compute(RULES, "decision", date(2009, 6, 1))
        assert computed.met_by(datetime(2009, 6, 11, 17, 59, 59, tzinfo=UTC))
        assert not computed.met_by(datetime(2009, 6, 11, 18, tzinfo=UTC))

    def test_an_agency_may_leave_the_end_where_the_count_ends(self) -> None:
        strict = RULES.revised({"settings.forward_term_on_day_off": {"value": "never"}}, version="strict")
        assert due("decision", date(2009, 6, 3), rules=strict) == date(2009, 6, 13)

    def test_there_are_two_and_the_authorised_body_takes_them(self) -> None:
        assert list(RULES.vocabulary("decisions")) == ["attest", "not_attest"]
        assert RULES.competences["decision"].decided_by == "authorised_body"


@pytest.mark.clause(ATTESTATION, "34")
@pytest.mark.parametrize(
    ("suspended", "expected"),
    [
        (date(2010, 3, 1), date(2010, 9, 1)),
        (date(2010, 8, 31), date(2011, 2, 28)),
        (date(2011, 8, 31), date(2012, 2, 29)),
        (date(2009, 6, 19), date(2009, 12, 19)),
    ],
    ids=["an ordinary day", "a shorter month", "a leap year", "a Saturday stays"],
)
def test_a_licence_is_suspended_for_at_most_six_months(suspended: date, expected: date) -> None:
    computed = compute(RULES, "licence_suspension", suspended)
    assert (computed.due_on, computed.rolled_from) == (expected, None)
    assert RULES.terms["licence_suspension"].nature == "validity"


@pytest.mark.clause(ATTESTATION, "36")
@pytest.mark.parametrize(
    ("suspension_end", "expected"),
    [
        (date(2010, 9, 1), date(2010, 9, 2)),
        (date(2010, 9, 3), date(2010, 9, 6)),
        (date(2010, 3, 19), date(2010, 3, 25)),
        (date(2009, 12, 15), date(2009, 12, 20)),
    ],
    ids=["the next day", "over a weekend", "over Nauryz", "on a worked Sunday"],
)
def test_the_recheck_sits_on_the_next_working_day(suspension_end: date, expected: date) -> None:
    assert due("recheck", suspension_end) == expected
    assert (RULES.terms["recheck"].kind, RULES.setting("recheck_commission_formed")) == ("reading", "before_the_end")


@pytest.mark.clause(ATTESTATION, "37", "38")
class TestRemovalOfTheViolations:
    @pytest.mark.parametrize(
        ("suspended", "expected", "rolled_from"),
        [
            (date(2010, 3, 1), date(2010, 9, 1), None),
            (date(2011, 8, 31), date(2012, 2, 29), None),
            (date(2009, 9, 22), date(2010, 3, 25), date(2010, 3, 22)),
            (date(2009, 6, 19), date(2009, 12, 20), date(2009, 12, 19)),
        ],
        ids=["an ordinary day", "a leap year", "Nauryz moves to Thursday", "a Saturday moves to the worked Sunday"],
    )
    def test_within_six_months(self, suspended: date, expected: date, rolled_from: date | None) -> None:
        computed = compute(RULES, "removal_of_violations", suspended)
        assert (computed.due_on, computed.rolled_from) == (expected, rolled_from)

    def test_what_follows_is_restoration_by_decision_or_a_referral(self) -> None:
        verdicts = RULES.vocabulary("recheck_verdicts")
        assert {name: verdict.follows for name, verdict in verdicts.items()} == {
            "removed": ("licence_restoration",),
            "not_removed": ("licence_deprivation",),
        }
        assert RULES.setting("restoration_needs_decision") is True
        assert "уәкілетті органдардың шешімімен" in RULES.clause("37").quote["kk"]
        assert RULES.terms["removal_of_violations"].follows == "person_decides"


@pytest.mark.parametrize("term", list(RULES.terms))
def test_every_term_computes_in_every_variant(term: str) -> None:
    for variant in (None, *RULES.terms[term].variants):
        computed = compute(RULES, term, date(2012, 2, 29), variant=variant)
        assert (computed.clause, bool(computed.quote)) == (RULES.terms[term].clause, True)
