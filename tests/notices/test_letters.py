"""A letter's life: numbered, drawn up, sent, received; and the letterhead."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from chassis.decider import Command, Decider
from chassis.events import Event
from chassis.problems import Conflict
from chassis.testing import guards_tell_the_truth
from services.notices.contract import LetterDispatched, LetterDrawnUp, LetterNumbered, LetterReceived
from services.notices.domain.letter import (
    LETTER,
    LETTER_BOOK,
    LETTERHEAD,
    DispatchLetter,
    DrawUpLetter,
    GiveNumber,
    Letter,
    RecordReceipt,
    SetLetterhead,
)
from services.notices.domain.letter_kind import SAPAT
from services.notices.domain.letter_kinds import KINDS
from tests.notices.letters import HEAD, letter, of_kind, sample_events

AT = datetime(2030, 1, 10, 3, tzinfo=UTC)
TODAY = date(2030, 1, 10)
[SUSPENDED, *_] = of_kind(KINDS["certificate_suspended"])
DRAWN = letter(KINDS["certificate_suspended"], SUSPENDED, SAPAT).model_copy(update={"dated_on": date(2030, 1, 3), "drawn_up_at": AT})
KNOWN = {"letter_id": DRAWN.letter_id, "institution_id": "kaznu"}
SENT = LetterDispatched(**KNOWN, dispatch=1, channel="post", language="ky", dispatched_on=date(2030, 1, 4), reference="RR 1")
EMAILED = LetterDispatched(**KNOWN, dispatch=2, channel="email", language="ru", dispatched_on=date(2030, 1, 5))
ARRIVED = LetterReceived(**KNOWN, dispatch=1, received_on=date(2030, 1, 9))


def when(decider: Decider[Any, None], command: type[Command], past: Sequence[Event], /, **fields: Any) -> Sequence[Event]:
    return decider.decide(command(at=AT, by="c", **fields), decider.fold(past), None)


def drawing() -> dict[str, Any]:
    return {name: getattr(DRAWN, name) for name in DrawUpLetter.model_fields if name not in ("at", "by")}


def test_numbers_of_a_year_follow_each_other() -> None:
    first = LetterNumbered(letter_id="a", year=2030, number=1)
    assert when(LETTER_BOOK, GiveNumber, [], letter_id="a", year=2030) == [first]
    assert when(LETTER_BOOK, GiveNumber, [first], letter_id="b", year=2030) == [LetterNumbered(letter_id="b", year=2030, number=2)]


def test_a_letter_is_drawn_up_once_however_often_its_event_comes() -> None:
    assert when(LETTER, DrawUpLetter, [], **drawing()) == [DRAWN]
    assert when(LETTER, DrawUpLetter, [DRAWN], **drawing()) == []


def test_a_person_sends_it_and_it_may_go_by_several_ways() -> None:
    by_post = {"channel": "post", "language": "ky", "dispatched_on": date(2030, 1, 4), "reference": "RR 1", "today": TODAY}
    assert when(LETTER, DispatchLetter, [DRAWN], **by_post) == [SENT]
    by_email = {"channel": "email", "language": "ru", "dispatched_on": date(2030, 1, 5), "today": TODAY}
    assert when(LETTER, DispatchLetter, [DRAWN, SENT], **by_email) == [EMAILED]


@pytest.mark.parametrize("day", [date(2030, 1, 2), date(2030, 1, 11)])
def test_it_is_sent_neither_before_its_date_nor_in_the_future(day: date) -> None:
    with pytest.raises(Conflict, match="2030-01-03"):
        when(LETTER, DispatchLetter, [DRAWN], channel="post", language="ky", dispatched_on=day, today=TODAY)


def test_it_arrives_by_the_dispatch_that_is_named_or_the_last() -> None:
    assert when(LETTER, RecordReceipt, [DRAWN, SENT], received_on=date(2030, 1, 9), today=TODAY) == [ARRIVED]
    assert when(LETTER, RecordReceipt, [DRAWN, SENT, EMAILED], dispatch=1, received_on=date(2030, 1, 9), today=TODAY) == [ARRIVED]
    [last] = when(LETTER, RecordReceipt, [DRAWN, SENT, EMAILED], received_on=date(2030, 1, 9), today=TODAY)
    assert last.dispatch == 2  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("past", "fields"),
    [
        ([DRAWN], {"received_on": TODAY}),
        ([DRAWN, SENT], {"received_on": date(2030, 1, 3)}),
        ([DRAWN, SENT], {"received_on": date(2030, 1, 11)}),
        ([DRAWN, SENT], {"received_on": TODAY, "dispatch": 2}),
        ([DRAWN, SENT, ARRIVED], {"received_on": TODAY}),
        ([DRAWN, SENT, EMAILED, ARRIVED], {"received_on": TODAY, "dispatch": 1}),
    ],
)
def test_it_does_not_arrive_before_it_is_sent_nor_twice(past: list[Event], fields: dict[str, Any]) -> None:
    with pytest.raises(Conflict):
        when(LETTER, RecordReceipt, past, **fields, today=TODAY)


def test_the_letterhead_is_set_anew_only_by_another() -> None:
    told = HEAD.model_dump(exclude={"set_at"})
    [made] = when(LETTERHEAD, SetLetterhead, [], **told)
    assert made.model_dump(exclude={"set_at"}) == told
    with pytest.raises(Conflict):
        when(LETTERHEAD, SetLetterhead, [made], **told)
    assert when(LETTERHEAD, SetLetterhead, [made], **{**told, "contacts": None})


def test_the_guards_say_what_is_decided() -> None:
    def commands(_state: Letter) -> list[Command]:
        asked = {"at": AT, "by": "c"}
        sent = {"channel": "post", "language": "ky", "dispatched_on": date(2030, 1, 4), "today": TODAY}
        return [
            DrawUpLetter(**asked, **drawing()),
            DispatchLetter(**asked, **sent),
            RecordReceipt(**asked, received_on=TODAY, today=TODAY),
            *(RecordReceipt(**asked, dispatch=number, received_on=TODAY, today=TODAY) for number in (1, 2, 3)),
        ]

    def alike(state: Letter) -> object:
        return state.drawn is not None, tuple(each.received_on is not None for each in state.dispatches)[:3]

    assert len(guards_tell_the_truth(LETTER, [], commands, alike=alike, most=50)) > 5


@pytest.mark.clause("kz-109-2008-accreditation", "19.1", "19.2", "27")
def test_a_decision_cites_what_was_decided_and_the_way_to_appeal() -> None:
    [decided, *_] = [e for e in sample_events("council.DecisionAdopted") if e.rulebook.id == "kz-109-2008-accreditation"]  # type: ignore[attr-defined]
    kind = KINDS["decision_notice"]
    outcomes = {each.outcome for each in decided.decisions}  # type: ignore[attr-defined]
    cited = kind.cites(decided, "kz-109-2008-accreditation")
    assert ("19.1" in cited, "19.2" in cited) == ("accredit" in outcomes, "refuse" in outcomes)
    assert cited[-1] == "27"


@pytest.mark.clause("sapattuu-bilim-monitoring", "2.5.p4", "3.3.b.s1")
def test_a_suspension_cites_why() -> None:
    kind = KINDS["certificate_suspended"]
    late = SUSPENDED.model_copy(update={"ground": "report_not_submitted"})
    unfulfilled = SUSPENDED.model_copy(update={"ground": "recommendations_not_fulfilled"})
    assert (kind.cites(late, SAPAT), kind.cites(unfulfilled, SAPAT)) == (("2.5.p4",), ("3.3.b.s1",))


def test_the_clauses_of_a_letter_are_in_its_history() -> None:
    assert DRAWN.clauses_of(SAPAT) == DRAWN.clauses
    assert isinstance(DRAWN, LetterDrawnUp)
    assert DRAWN.clauses_of("kz-109-2008-accreditation") == ()
