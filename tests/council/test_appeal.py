"""Appeals against decisions, and what each outcome does to them (order 109, p. 27)."""

from datetime import date, timedelta
from typing import Any

import pytest

from chassis.events import Event
from chassis.problems import Conflict, Refused
from regulations import Rulebook
from services.council.contract import (
    AppealDecided,
    AppealFiled,
    ConsiderationClosed,
    ConsiderationSuspended,
    DecisionAdopted,
    RefusalNoticeSent,
    ReportPublished,
)
from services.council.domain.appeal import DecideAppeal, FileAppeal
from services.council.domain.consideration import CONSIDERATION, Consideration
from services.council.domain.notices import PublishReport, SendRefusalNotice
from tests.council.cases import (
    COMBINED,
    DOCUMENT,
    INSTITUTION,
    LAW,
    OPENED,
    ORDER_109,
    PREPARED,
    RULES,
    TODAY,
    adopt,
    at,
    case,
    cast,
    decided,
    votes,
)

pytestmark = pytest.mark.clause(ORDER_109, "27")

LATER = TODAY + timedelta(days=40)
REFUSED = (OPENED, PREPARED, *votes(votes_against=5), decided("refuse", reasons="Standard 3"))
ACCREDITED = (OPENED, PREPARED, *votes(votes_for=5), decided("accredit"))
MIXED = (COMBINED, PREPARED, decided("accredit", "refuse", reasons="Standard 3"))
SUSPENDING = {"settings.appeal_suspends_refusal": {"value": True}, "settings.appeal_suspends_accreditation": {"value": True}}


def file(*scopes: str) -> FileAppeal:
    return FileAppeal(**at(TODAY), scopes=scopes, addressed_to="The court", document=DOCUMENT, grounds="Annex 4 was not read")


def rule(outcome: Any, decided_on: date = LATER, on: date = LATER, new_visit: bool = False) -> DecideAppeal:
    told = {"decided_by": "The court", "act": "No. 3-211", "reasons": "So.", "decided_on": decided_on}
    return DecideAppeal(**at(on), **told, outcome=outcome, new_visit=new_visit)


def after(command: Any, *past: Event, rules: Rulebook = RULES) -> list[Event]:
    """The past and what follows from one more command."""
    return [*past, *CONSIDERATION.decide(command, CONSIDERATION.fold(past), rules)]


def state(past: list[Event]) -> Consideration:
    return CONSIDERATION.fold(past)


@pytest.mark.parametrize("past", [REFUSED, ACCREDITED], ids=["refused", "accredited"])
def test_a_decision_may_be_appealed_and_stays_in_force_meanwhile(past: tuple[Event, ...]) -> None:
    *_, filed = after(file(), *past)
    assert isinstance(filed, AppealFiled)
    assert (filed.scopes, filed.suspends, filed.filed_on, filed.addressed_to) == ((INSTITUTION,), (), TODAY, "The court")
    assert not state([*past, filed]).appeals.resting


def test_the_agency_cannot_cut_an_appeal_off_by_suspending_the_case() -> None:
    suspended = ConsiderationSuspended(case_id="case-1", reason="An inquiry", suspended_on=TODAY)
    past = after(file(), *REFUSED, suspended)
    *_, decided_ = after(rule("remitted"), *past)
    assert isinstance(decided_, AppealDecided)
    closed = ConsiderationClosed(case_id="case-1", reason="Withdrawn", closed_on=TODAY)
    with pytest.raises(Conflict, match="closed on"):
        after(file(), *REFUSED, suspended, closed)


@pytest.mark.parametrize(
    ("past", "setting", "suspends"),
    [
        (REFUSED, "appeal_suspends_refusal", True),
        (ACCREDITED, "appeal_suspends_accreditation", True),
        (REFUSED, "appeal_suspends_accreditation", False),
        (ACCREDITED, "appeal_suspends_refusal", False),
    ],
)
def test_an_agency_may_read_that_it_suspends_a_decision(past: tuple[Event, ...], setting: str, suspends: bool) -> None:
    rules = RULES.revised({f"settings.{setting}": {"value": True}}, version="suspending")
    *_, filed = after(file(), *past, rules=rules)
    assert isinstance(filed, AppealFiled)
    assert filed.suspends == ((INSTITUTION,) if suspends else ())


def test_a_suspended_decision_is_published_once_the_appeal_is_decided() -> None:
    pending = after(file(), *ACCREDITED, rules=RULES.revised(SUSPENDING, version="suspending"))
    publish = PublishReport(**at(LATER), document=DOCUMENT)
    case(*pending).when(publish).then_refused(clause="27", words="suspends")
    case(*after(rule("upheld"), *pending)).when(publish).then_types(ReportPublished)
    case(*after(file(), *ACCREDITED)).when(publish).then_types(ReportPublished)


def test_there_is_nothing_to_appeal_before_the_decision() -> None:
    problem = case(OPENED, PREPARED).when(file()).then_refused(clause="27", words="no decision in force")
    assert problem.accepts == "an appeal after the council's decision"


def test_an_appeal_names_scopes_that_were_decided() -> None:
    problem = case(*MIXED).when(file("programme:none")).then_refused(clause="27", words="programme:none")
    assert problem.accepts == f"an appeal against the decision on: {INSTITUTION}, {LAW}"


def test_one_appeal_is_decided_before_the_next_is_filed() -> None:
    pending = after(file(), *REFUSED)
    assert isinstance(case(*pending).when(file()).then_refused(words="not decided yet"), Conflict)
    upheld = after(rule("upheld"), *pending)
    first, second = [event for event in after(file(), *upheld) if isinstance(event, AppealFiled)]
    assert first.appeal_id != second.appeal_id


def test_only_a_pending_appeal_is_decided_and_not_before_it_was_filed_nor_ahead_of_time() -> None:
    assert isinstance(case(*REFUSED).when(rule("upheld")).then_refused(words="no appeal is pending"), Conflict)
    pending = after(file(), *REFUSED)
    for day in (TODAY - timedelta(days=1), LATER + timedelta(days=1)):
        case(*pending).when(rule("upheld", decided_on=day)).then_refused(clause="27", words=str(day))
    (ruled,) = case(*pending).when(rule("overturned", decided_on=TODAY)).then_types(AppealDecided)
    assert isinstance(ruled, AppealDecided)
    assert (ruled.outcome, ruled.scopes, ruled.decided_on) == ("overturned", (INSTITUTION,), TODAY)


def test_an_upheld_decision_is_in_force() -> None:
    now = state(after(rule("upheld"), *after(file(), *ACCREDITED, rules=RULES.revised(SUSPENDING, version="suspending"))))
    assert now.decided
    assert not now.appeals.resting
    assert now.appeals.overturned_on([INSTITUTION]) is None


def test_a_positive_decision_stays_in_force_until_it_is_overturned() -> None:
    pending = after(file(), *ACCREDITED)
    assert state(pending).appeals.overturned_on([INSTITUTION]) is None
    overturned = state(after(rule("overturned"), *pending))
    assert overturned.appeals.resting == {INSTITUTION: "overturned"}
    assert overturned.appeals.overturned_on([INSTITUTION]) == LATER
    assert overturned.appeals.overturned_on([INSTITUTION, LAW]) is None


def test_an_overturned_decision_is_no_longer_before_the_council_nor_appealed_again() -> None:
    overturned = after(rule("overturned"), *after(file(), *REFUSED))
    assert isinstance(case(*overturned).when(cast("aigul")).then_refused(words="has decided"), Conflict)
    case(*overturned).when(file()).then_refused(clause="27")
    case(*overturned).when(SendRefusalNotice(**at(LATER), reasons="Why")).then_refused(clause="22 (a)", words="refused nothing")


def test_a_remitted_decision_is_taken_anew_by_new_votes() -> None:
    remitted = after(rule("remitted"), *after(file(), *REFUSED))
    assert not state(remitted).decided
    with pytest.raises(Refused, match=r"(nobody has|not all have) voted"):
        CONSIDERATION.decide(adopt(on=LATER), state(remitted), RULES)
    anew = after(adopt(on=LATER), *remitted, *votes(votes_for=5))
    adopted = anew[-1]
    assert isinstance(adopted, DecisionAdopted)
    assert (adopted.outcome, adopted.adopted_on) == ("accredit", LATER)
    assert state(anew).decided
    assert not state(anew).appeals.resting


def test_a_new_visit_waits_until_the_council_has_decided_on_what_is_remitted_already() -> None:
    """A case has one visit at a time: the council waited for a third one, which nobody opened."""
    remitted = after(rule("remitted", new_visit=True), *after(file(LAW), *MIXED))
    again = after(file(INSTITUTION), *remitted)
    problem = case(*again).when(rule("remitted", new_visit=True)).then_refused(clause="27", words="one visit at a time")
    assert problem.accepts == "this decision without a new visit, or once the council has decided anew"
    both = after(rule("remitted"), *again)
    assert (set(state(both).scopes), state(both).visits) == ({LAW, INSTITUTION}, 2)


def test_only_what_was_remitted_is_decided_anew_and_the_rest_is_kept() -> None:
    remitted = after(rule("remitted"), *after(file(LAW), *MIXED))
    case(*remitted).when(cast("aigul", scope=INSTITUTION)).then_refused(words="no scope")
    *_, adopted = after(adopt(on=LATER), *remitted, *votes(votes_for=5, scope=LAW))
    assert isinstance(adopted, DecisionAdopted)
    assert [(each.scope, each.outcome) for each in adopted.decisions] == [(INSTITUTION, "accredit"), (LAW, "accredit")]
    *_, refused = after(adopt("Again.", on=LATER), *remitted, *votes(votes_against=5, scope=LAW))
    assert isinstance(refused, DecisionAdopted)
    assert refused.outcome == "accredit"
    with pytest.raises(Refused, match="reasoned"):
        after(adopt(on=LATER), *remitted, *votes(votes_against=5, scope=LAW))


def test_a_refusal_that_was_taken_anew_is_told_anew() -> None:
    told = RefusalNoticeSent(case_id="case-1", reasons="Standard 3", reapplication_from=date(2010, 2, 21), sent_on=TODAY)
    remitted = after(rule("remitted"), *after(file(), *REFUSED, told))
    notice = SendRefusalNotice(**at(LATER), reasons="Standard 3 again")
    case(*remitted).when(notice).then_refused(clause="22 (a)")
    case(*after(adopt("Standard 3", on=LATER), *remitted, *votes(votes_against=5))).when(notice).then_types(RefusalNoticeSent)
