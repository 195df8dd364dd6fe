"""A what-if over facts found by hand in a printed calendar, the laws it keeps, and that it judges as the services do."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import assume, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from chassis.problems import Refused
from regulations import Rulebook, calendar_for, compute, load
from regulations.evidence import Attendance, Ballot, BeyondCalendar, Evidence, Measure, Obligation, Record, Since, Stay
from regulations.library import library
from regulations.revision import ChangeRefused, changeable, revise
from regulations.simulated import simulate
from regulations.whatif import UNDECIDED, Comparison, compare, governed, outcome, standing
from services.council.contract import ConsiderationOpened, VoteCast
from services.council.domain.adoption import Protocol, adopt
from services.council.domain.voting import Docket, Sitting
from services.visits.domain.dates import Rules, check_length, check_notice

ORDER_109 = "kz-109-2008-accreditation"
RULES = load(ORDER_109)
SAPATTUU = load("sapattuu-bilim-monitoring")
CALENDAR = calendar_for("KZ")
BOOKS = [versions[-1] for versions in library().values()]
DAY = timedelta(days=1)
LAW = settings(max_examples=150, deadline=None)

TWO_THIRDS = {"of": "2/3", "strictly": False}


def changed(values: dict[str, Any], rules: Rulebook = RULES) -> Rulebook:
    return revise(rules, values)[0]


def asked(values: dict[str, Any], *facts: Obligation | Evidence) -> Comparison:
    bound = tuple(fact for fact in facts if isinstance(fact, Obligation))
    evidence = tuple(fact for fact in facts if not isinstance(fact, Obligation))
    return compare(RULES, changed(values), Record(("case",), bound, evidence))


def bound(rule: str, since: date, acted_on: date | None = None, **more: Any) -> Obligation:
    return Obligation("case", rule, {RULES.terms[rule].anchor: Since(since)}, acted_on=acted_on, **more)


class TestDeadlines:
    """The visit ends on Friday 19 March 2010; Nauryz is 22 to 24 March. Three working days end on Monday 29 March."""

    VISIT_END = date(2010, 3, 19)

    def test_a_longer_term_forgives_a_report_that_came_late(self) -> None:
        answer = asked({"terms.visit_report.amount": 5}, bound("visit_report", self.VISIT_END, date(2010, 3, 31)))
        (moved,) = answer.touched
        assert (moved.before.due_on, moved.after.due_on, moved.days) == (date(2010, 3, 29), date(2010, 3, 31), 2)
        assert (moved.before.state, moved.after.state, moved.flip) == ("met_late", "met", "newly_met")
        assert (answer.newly_met, answer.newly_missed, moved.clause) == (1, 0, "17")

    def test_a_shorter_term_finds_a_report_late_that_came_in_time(self) -> None:
        answer = asked({"terms.visit_report.amount": 2}, bound("visit_report", self.VISIT_END, date(2010, 3, 29)))
        (moved,) = answer.touched
        assert (moved.after.due_on, moved.after.state, moved.flip) == (date(2010, 3, 26), "met_late", "newly_missed")

    def test_calendar_days_end_on_the_holiday_and_roll_over_it(self) -> None:
        (moved,) = asked({"terms.visit_report.unit": "calendar_days"}, bound("visit_report", self.VISIT_END)).touched
        assert moved.after.due_on == date(2010, 3, 25)  # counted to 22 March, a holiday

    def test_the_other_language_version_is_one_change(self) -> None:
        (moved,) = asked({"terms.visit_report.default_variant": "kk"}, bound("visit_report", date(2010, 3, 1))).touched
        assert (moved.before.due_on, moved.after.due_on) == (date(2010, 3, 4), date(2010, 3, 3))

    def test_what_was_never_done_stays_missed(self) -> None:
        answer = asked({"terms.visit_report.amount": 5}, bound("visit_report", self.VISIT_END))
        assert [(moved.before.state, moved.after.state, moved.flip) for moved in answer.touched] == [("missed", "missed", "")]

    def test_what_is_not_over_yet_is_open(self) -> None:
        fact = bound("visit_report", self.VISIT_END, known_until=date(2010, 3, 30))
        (moved,) = asked({"terms.visit_report.amount": 5}, fact).touched
        assert (moved.before.state, moved.after.state, moved.flip) == ("missed", "open", "newly_met")

    def test_the_last_day_itself_is_not_over(self) -> None:
        on_its_last_day = bound("visit_report", self.VISIT_END, known_until=date(2010, 3, 29))
        assert standing(RULES, on_its_last_day, CALENDAR).state == "open"

    @pytest.mark.parametrize(
        ("changes", "due_on", "state"),
        [
            ({}, date(2026, 3, 15), "met"),
            ({"choices.monitoring_report.missed_when": "any"}, date(2026, 3, 15), "met_late"),
            ({"choices.monitoring_report.due": "latest"}, date(2026, 3, 30), "met"),
            ({"terms.report_before_expiry.amount": 4}, date(2026, 2, 28), "met_late"),
        ],
    )
    def test_a_choice_is_broken_when_all_its_terms_have_passed_or_any(self, changes: dict[str, Any], due_on: date, state: str) -> None:
        """The certificate expires on 30 June 2026, a visit is expected on 15 May: 30 March and 15 March; the report came on 20 March."""
        since = {"certificate_expiry": Since(date(2026, 6, 30)), "expected_visit": Since(date(2026, 5, 15))}
        report = Obligation("case", "monitoring_report", since, acted_on=date(2026, 3, 20))
        stands = standing(changed(changes, SAPATTUU), report, calendar_for("KG"))
        assert (stands.due_on, stands.state) == (due_on, state)

    def test_an_extension_that_a_person_gave_stays(self) -> None:
        fact = bound("visit_report", self.VISIT_END, date(2010, 4, 9), extended_to=date(2010, 4, 9))
        assert asked({"terms.visit_report.amount": 5}, fact).nothing
        (moved,) = asked({"terms.visit_report.amount": 20}, fact).touched
        assert moved.before.due_on == date(2010, 4, 9) < moved.after.due_on

    def test_a_withdrawn_deadline_moves_and_binds_nobody(self) -> None:
        (moved,) = asked({"terms.visit_report.amount": 5}, bound("visit_report", self.VISIT_END, withdrawn=True)).touched
        assert (moved.before.state, moved.after.state, moved.flip) == ("withdrawn", "withdrawn", "")

    def test_switching_the_roll_off_moves_ends_on_days_off_only(self) -> None:
        on_saturday, on_monday = bound("duplicate", date(2010, 5, 5)), bound("duplicate", date(2010, 5, 7))
        (moved,) = asked({"settings.forward_term_on_day_off.value": "never"}, on_saturday, on_monday).touched
        assert (moved.before.due_on, moved.after.due_on) == (date(2010, 5, 17), date(2010, 5, 15))

    def test_what_rests_on_the_end_of_a_term_moves_with_it(self) -> None:
        """A certificate of 1 June 2010 for four years expires on 1 June 2014, so its renewal closes on 1 June 2013."""
        renewal = Obligation("case", "renewal_application", {"certificate_expiry": Since(date(2010, 6, 1), ("certificate_validity",))})
        (moved,) = asked({"terms.certificate_validity.amount": 4}, renewal).touched
        assert (moved.before.due_on, moved.after.due_on) == (date(2014, 6, 1), date(2013, 6, 1))

    def test_a_recorded_day_that_the_calendar_no_longer_gives_is_counted(self) -> None:
        facts = [bound("visit_report", self.VISIT_END, recorded_due=day) for day in (date(2010, 3, 29), date(2010, 3, 30))]
        assert asked({"terms.duplicate.amount": 11}, *facts).recorded_otherwise == 1

    def test_a_term_beyond_the_calendar_is_said_so(self) -> None:
        with pytest.raises(BeyondCalendar, match="certificate_validity"):
            asked({"terms.certificate_validity.amount": 9000}, bound("certificate_validity", date(2010, 6, 1)))


class TestOutcomes:
    def test_a_higher_quorum_undoes_a_meeting(self) -> None:
        answer = asked({"settings.council_quorum.value": TWO_THIRDS}, Attendance("meeting", 3, 5), Attendance("other", 4, 5))
        assert [(each.case, each.on, each.before, each.after) for each in answer.turned] == [
            ("meeting", "3 of 5 present", "quorate", "not quorate")
        ]

    def test_a_higher_majority_leaves_a_vote_undecided(self) -> None:
        answer = asked({"settings.council_majority.value": TWO_THIRDS}, Ballot("case", "institution", 3, 2))
        assert [(each.before, each.after) for each in answer.turned] == [("accredit", UNDECIDED)]

    def test_a_tie_is_decided_where_the_agency_says_how(self) -> None:
        answer = asked({"settings.council_tie.value": "refuse"}, Ballot("case", "institution", 2, 2))
        assert [(each.value, each.before, each.after) for each in answer.turned] == [("settings.council_tie", UNDECIDED, "refuse")]

    def test_a_visit_of_four_days_is_too_long_for_three(self) -> None:
        answer = asked({"ranges.visit_length.maximum": 3}, Stay("case", "visit_length", date(2010, 3, 9), date(2010, 3, 12)))
        assert [(each.on, each.after) for each in answer.turned] == [("2010-03-09 to 2010-03-12, 4 working days", "refused")]

    def test_a_visit_told_three_months_before_is_refused_under_four(self) -> None:
        told = bound("visit_notice", date(2010, 6, 9), date(2010, 3, 9))
        (turned,) = asked({"terms.visit_notice.amount": 4}, told).turned
        assert (turned.value, turned.clause, turned.before, turned.after) == ("terms.visit_notice", "14 (b)", "met", "refused")

    def test_a_waiver_helps_as_long_as_it_may(self) -> None:
        told = bound("visit_notice", date(2010, 6, 9), date(2010, 5, 9), waived=True)
        assert asked({"terms.visit_notice.amount": 4}, told).turned == ()
        (turned,) = asked({"settings.visit_notice_waiver.value": False}, told).turned
        assert (turned.before, turned.after) == ("waived", "refused")

    def test_an_application_after_a_year_is_refused_under_a_bar_of_two(self) -> None:
        again = bound("reapplication_bar", date(2010, 3, 9), date(2011, 3, 10))
        (turned,) = asked({"terms.reapplication_bar.amount": 2}, again).turned
        assert (turned.clause, turned.before, turned.after) == ("22 (b)", "possible", "refused")
        assert asked({"terms.reapplication_bar.amount": 2}, bound("reapplication_bar", date(2010, 3, 9), date(2012, 3, 10))).turned == ()

    def test_an_early_decision_is_refused_where_the_agency_reads_it_so(self) -> None:
        early = bound("earliest_decision", date(2010, 3, 9), date(2011, 3, 9))
        answer = asked({"settings.early_decision.value": "refused"}, early, bound("earliest_decision", date(2010, 3, 9), date(2011, 3, 10)))
        assert [(each.before, each.after) for each in answer.turned] == [("flagged", "refused")]
        assert answer.touched == ()

    def test_an_extension_applied_for_too_late_would_be_a_new_case(self) -> None:
        filed = bound("renewal_application", date(2015, 6, 1), date(2014, 5, 1))
        (turned,) = asked({"terms.renewal_application.amount": 2}, filed).turned
        assert (turned.clause, turned.after) == ("21", "new_case")

    def test_a_commission_under_the_minimum_is_refused(self) -> None:
        answer = asked({"settings.panel_size_minimum.value": 3}, Measure("case", "settings.panel_size_minimum", 2))
        assert [(each.before, each.after) for each in answer.turned] == [(UNDECIDED, "refused")]


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.id)
class TestEveryRulebook:
    def test_a_change_that_changes_nothing_shows_nothing(self, book: Rulebook) -> None:
        record = simulate(book, 20)
        same, changes = revise(book, changeable(book))
        answer = compare(book, same, record)
        assert answer.nothing
        assert not answer.before
        assert not answer.after
        assert answer.cases == 20
        assert not any(change.departs for change in changes)

    def test_one_more_of_any_amount_moves_only_what_rests_on_it(self, book: Rulebook) -> None:
        record = simulate(book, 20)
        for term in book.terms.values():
            path = f"terms.{term.id}.amount"
            answer = compare(book, changed({path: term.amount + 1}, book), record)
            assert bool(answer.touched) == governed(book, record, path)
            for moved in answer.touched:
                chosen = book.choices[moved.of.rule].of if moved.of.rule in book.choices else (moved.of.rule,)
                assert term.id in {*chosen, *(each for since in moved.of.since.values() for each in since.through)}

    def test_simulated_cases_are_the_same_each_time_and_other_with_another_seed(self, book: Rulebook) -> None:
        assert simulate(book, 5) == simulate(book, 5)
        assert simulate(book, 5) == Record(*_first(simulate(book, 9), 5))
        assert simulate(book, 5, seed=1) != simulate(book, 5)

    def test_in_a_simulated_case_nothing_happens_that_a_rule_refuses(self, book: Rulebook) -> None:
        record, calendar = simulate(book, 150), calendar_for(book.country)
        stands = [standing(book, each, calendar) for each in record.obligations if each.acted_on]
        assert stands
        assert {each.consequence for each in stands}.isdisjoint({"refused"})
        assert "refused" not in {outcome(book, each, calendar) for each in record.evidence}
        assert "not quorate" not in {outcome(book, each, calendar) for each in record.evidence}

    def test_simulated_deadlines_are_kept_broken_and_met_on_the_last_day(self, book: Rulebook) -> None:
        record, calendar = simulate(book, 150), calendar_for(book.country)
        stands = [(each, standing(book, each, calendar)) for each in record.obligations]
        assert {"met", "missed"} <= {stood.state for _, stood in stands}
        assert any(each.acted_on == stood.due_on for each, stood in stands)
        anchors = [since.on for each in record.obligations for since in each.since.values()]
        only_visits = {name for each in record.obligations for name in each.since} <= {"visit_start", "visit_end"}
        assert only_visits or any(not calendar.is_working_day(day) for day in anchors)
        assert only_visits or sum((day + DAY).day == 1 for day in anchors) > len(anchors) / 20
        assert max(anchors) - min(anchors) > timedelta(days=4 * 365)


def _first(record: Record, number: int) -> tuple[Any, ...]:
    cases = record.cases[:number]
    return (
        cases,
        tuple(each for each in record.obligations if each.case in cases),
        tuple(each for each in record.evidence if each.case in cases),
    )


FORWARD = [(book, term) for book in BOOKS for term in book.terms.values() if term.nature == "deadline" and term.direction == "after"]


class TestLaws:
    @LAW
    @for_all(st.sampled_from(FORWARD), st.dates(date(2008, 1, 1), date(2027, 12, 31)), st.integers(-5, 40), st.integers(1, 30))
    def test_a_longer_forward_term_never_makes_a_deadline_missed(self, of: Any, anchor: date, late: int, more: int) -> None:
        book, term = of
        acted = compute(book, term.id, anchor).due_on + late * DAY
        fact = Obligation("case", term.id, {term.anchor: Since(anchor)}, acted_on=max(acted, anchor))
        answer = compare(book, changed({f"terms.{term.id}.amount": term.amount + more}, book), Record(("case",), (fact,)))
        assert answer.newly_missed == 0
        assert all(moved.days >= 0 for moved in answer.touched)

    @LAW
    @for_all(
        st.integers(0, 9),
        st.integers(0, 9),
        st.sampled_from(["1/2", "2/3", "3/4", "1/3"]),
        st.booleans(),
        st.sampled_from(["refuse", None]),
    )
    def test_votes_decide_here_what_they_decide_in_the_council(
        self, votes_for: int, votes_against: int, of: str, strictly: bool, tie: str | None
    ) -> None:
        rules = changed({"settings.council_majority.value": {"of": of, "strictly": strictly}, "settings.council_tie.value": tie})
        assume(votes_for + votes_against > 0)
        told = outcome(rules, Ballot("case", "institution", votes_for, votes_against), CALENDAR)
        assert told == _council(rules, votes_for, votes_against)

    @LAW
    @for_all(st.dates(date(2009, 1, 1), date(2027, 1, 1)), st.integers(0, 200), st.integers(0, 12), st.integers(1, 6), st.booleans())
    def test_visits_are_judged_here_as_they_are_when_they_are_announced(
        self, told: date, ahead: int, stay: int, months: int, waived: bool
    ) -> None:
        rules = changed({"terms.visit_notice.amount": months})
        start = CALENDAR.next_working_day(told + ahead * DAY)
        end = CALENDAR.next_working_day(start + stay * DAY)
        length = outcome(rules, Stay("case", "visit_length", start, end), CALENDAR)
        notice = standing(rules, bound("visit_notice", start, told, waived=waived), CALENDAR)
        assert (length == "allowed") == _passes(lambda: check_length(start, end, Rules(rules, CALENDAR)))
        assert (not notice.consequence) == _passes(lambda: check_notice(start, told, Rules(rules, CALENDAR), waived=waived))


def _passes(check: Any) -> bool:
    try:
        check()
    except Refused:
        return False
    return True


def _council(rules: Rulebook, votes_for: int, votes_against: int) -> str:
    members = tuple(f"member-{number}" for number in range(votes_for + votes_against))
    opened = ConsiderationOpened(
        case_id="case",
        institution_id="kaznu",
        rulebook=RULES.ref,
        scopes=("institution",),
        filed_on=date(2009, 1, 5),
        registered_on=date(2009, 1, 5),
        opened_on=date(2010, 3, 1),
    )
    sides = ["for"] * votes_for + ["against"] * votes_against
    votes = [
        VoteCast(case_id="case", meeting_id="m", member_id=member, scope="institution", vote=side)
        for member, side in zip(members, sides, strict=True)
    ]
    docket = Docket(prepared=True, recused=frozenset(), votes=votes, decided=False)
    try:
        return adopt(
            rules, opened, Sitting("m", members, ("case",), members, True), docket, Protocol("1", "Reasons"), date(2010, 3, 15), {}
        ).outcome
    except Refused:
        return UNDECIDED


class TestRevision:
    def test_a_change_of_the_text_is_told_as_one_with_its_quotation(self) -> None:
        _, (change,) = revise(RULES, {"terms.certificate_validity.amount": 4})
        assert change.departs
        assert change.standing.startswith("departs from the text of clause 20")
        assert change.quote["ru"] == "действующее в течение пяти лет"

    @pytest.mark.parametrize(
        ("path", "value", "told"),
        [
            ("settings.council_quorum.value", TWO_THIRDS, "the text is silent"),
            ("settings.early_decision.value", "refused", "another reading of clause 11 that the rulebook names"),
            ("terms.visit_report.default_variant", "kk", "another reading of clause 17"),
            ("terms.visit_report.amount", 9, "departs from the reading of clause 17"),
            ("terms.visit_report.amount", 3, "this is its value already"),
        ],
    )
    def test_how_a_change_stands_to_the_regulation(self, path: str, value: Any, told: str) -> None:
        _, (change,) = revise(RULES, {path: value})
        assert not change.departs
        assert change.standing.startswith(told)

    @pytest.mark.parametrize(
        ("path", "value", "reason", "accepts"),
        [
            ("terms.visit_reprot.amount", 5, "terms has no 'visit_reprot' (did you mean 'visit_report'?)", "terms.visit_report"),
            ("terms.visit_report", 5, "no single value", "terms.visit_report.amount"),
            ("terms.visit_report.clause", "18", "has no 'clause'", "terms.visit_report.amount"),
            ("terms.visit_report.amount.x", 5, "is one value", "terms.visit_report.amount=…"),
            ("clauses.17", "", "changes no 'clauses'", "terms, ranges, settings"),
            ("terms.visit_report.amount", 0, "0 is no value", "a whole number of at least 1 (it is 3)"),
            ("terms.visit_report.amount", True, "true is no value", "a whole number"),
            ("terms.visit_report.amount", "5", "'5' is no value", "a whole number"),
            ("terms.visit_report.unit", "days", "'days' is no value", "calendar_days, working_days, months, years (it is working_days)"),
            ("terms.visit_report.default_variant", "en", "'en' is no value", "one of ru, kk"),
            ("settings.council_quorum.value", "2/3", "'2/3' is no value", "a share such as {of: 2/3, strictly: false}, or null"),
            ("settings.council_quorum.value", {"of": "3/2", "strictly": False}, "{of: 3/2, strictly: false} is no value", "a share"),
            ("settings.forward_term_on_day_off.value", "nevr", "'nevr' is no value", "one of next_working_day, never"),
            ("settings.council_tie.value", "appeal", "'appeal' is no value", "one of accredit, refuse, null"),
            ("ranges.visit_length.minimum", 9, "no length lies between 9 and 4", "does not contradict itself"),
            ("terms.visit_notice.roll", "next_working_day", "only a forward deadline", "does not contradict itself"),
        ],
    )
    def test_what_no_what_if_can_make_says_what_is_wrong_and_what_there_is(self, path: str, value: Any, reason: str, accepts: str) -> None:
        with pytest.raises(ChangeRefused) as refusal:
            revise(RULES, {path: value})
        assert refusal.value.path == path
        assert reason in refusal.value.reason
        assert accepts in refusal.value.accepts

    def test_a_variant_that_is_not_the_default_moves_nothing_and_that_is_known(self) -> None:
        record = simulate(RULES, 5)
        assert not governed(RULES, record, "terms.duplicate.variants.kk.amount")
        assert governed(RULES, record, "terms.duplicate.variants.ru.amount")
        assert not governed(RULES, record, "settings.appeal_suspends_refusal.value")
        assert not governed(RULES, record, "terms.visit_report.lower_amount")
