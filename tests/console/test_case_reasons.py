"""Where a case stands and why a day is what it is: by facts and the regulation's own values. No server."""

from datetime import date, timedelta
from typing import Any

import pytest

from console import labels, stages, timeline, why
from console.i18n import LANGUAGES, translations
from regulations import calendar_for, compute
from regulations.values import fold
from tests.console.published import published

KZ = labels.books("kz-109-2008-accreditation")[0]
IQAA = labels.books("iqaa-accreditation")[0]


def fact(name: str, day: int = 1, **other: Any) -> dict[str, Any]:
    return {"event_id": name, "name": name, "service": "intake", "version": 1, "occurred_at": f"2026-11-{day:02}T09:00:00Z", **other}


WORKING = [(book, name) for book in labels.books() for name, term in book.terms.items() if term.unit == "working_days"]


def deadline(term: str, anchor: date, book: Any = IQAA, **other: Any) -> dict[str, Any]:
    due = compute(book, term, anchor)
    return {
        "deadline_id": "d",
        "rulebook": book.ref.model_dump(),
        "rule": term,
        "clause": due.clause,
        "source": due.kind,
        "anchor": due.anchor,
        "anchor_on": anchor.isoformat(),
        "first_due_on": due.due_on.isoformat(),
        "due_on": due.due_on.isoformat(),
        "extended": False,
        "lost_days": 0,
        "quote": dict(due.quote),
        "calendar_version": due.calendar_version,
        **other,
    }


def test_a_long_timeline_looks_its_rulebook_and_each_clause_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def books(rulebook: str | None = None, version: str | None = None) -> tuple[Any, ...]:
        asked.append(str(rulebook))
        return (KZ,)

    monkeypatch.setattr(labels, "books", books)
    one = {**fact("ApplicationFiled"), "rulebook": KZ.id, "clauses": [{"id": "10"}], "data": {"kind": "institutional"}}
    told = timeline.entries([one] * 300, "ru")

    assert len(asked) == 2
    assert {(each.clauses[0]["text"], each.facts) for each in told} == {(fold(KZ.clauses["10"].quote["ru"]), told[0].facts)}
    assert told[0].facts[0][1] == labels.entry(KZ, "institutional", "ru")


def test_a_stage_is_done_by_its_fact_and_the_next_one_is_under_way() -> None:
    way = stages.way(KZ, [fact("ApplicationFiled"), fact("ContractConcluded", 2)], closed=False)

    assert [stage.state for stage in way[:3]] == ["done", "now", "next"]
    assert way[0].fact is not None
    assert (way[0].fact["name"], way[0].clause) == ("ContractConcluded", "9.1")
    found = stages.here(way)
    assert found is not None
    assert found.names["en"] == "Self-assessment"


def test_a_closed_case_has_no_stage_under_way() -> None:
    way = stages.way(KZ, [fact("ContractConcluded")], closed=True)

    assert {stage.state for stage in way} == {"done", "passed"}


def test_an_optional_stage_that_was_passed_over_was_not_needed() -> None:
    way = stages.way(IQAA, [fact("ApplicationRegistered"), fact("ContractConcluded", 3)], closed=False)
    states = {stage.names["en"]: stage.state for stage in way}

    assert states["Public procurement"] == "passed"
    assert [stage.state for stage in way].count("now") == 1


@pytest.mark.parametrize("book", labels.books("iqaa-accreditation") + labels.books("kz-109-2008-accreditation"), ids=lambda book: book.id)
def test_every_stage_of_an_accreditation_ends_with_facts_that_are_published(book: Any) -> None:
    types = published()

    assert [stage.id for stage in book.stages if not stages.ENDS.get(stage.id, frozenset()) & types] == []
    assert {name for names in stages.ENDS.values() for name in names} - types == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_steps_of_the_counting_are_told_in_each_language(language: str) -> None:
    book, term = WORKING[0]
    reasons = why.why(deadline(term, date(2026, 12, 14), book), language)
    say = translations(language).gettext
    told = [say(message) % values for message, values in reasons.steps]

    assert reasons.anchor[language]
    assert reasons.quotes
    assert len(told) > 3
    if language != "en":
        assert not any(message == say(message) for message, _ in reasons.steps)


def test_a_holiday_that_was_left_out_is_named() -> None:
    book, term = next(each for each in WORKING if each[0].country == "KG" and each[0].terms[each[1]].direction == "after")
    reasons = why.why(deadline(term, date(2026, 12, 30), book), "ru")

    assert any("Новый год" in values["why"] for _, values in reasons.steps)


def test_what_moved_a_deadline_is_told_with_its_reason() -> None:
    moved = deadline(
        next(iter(IQAA.terms)), date(2026, 11, 2), extended=True, extension_reason="Flood", lost_days=4, suspension_reason="Court"
    )
    reasons = why.why(moved, "en")

    assert [(message % values, reason) for message, values, reason in reasons.moved][1] == ("The clock stood still for 4 days.", "Court")
    assert reasons.moved[0][2] == "Flood"


def test_a_day_of_the_contract_has_no_counting() -> None:
    assert why.why({**deadline(next(iter(IQAA.terms)), date(2026, 11, 2)), "rule": "contract:contract"}, "en").steps == []


def test_an_event_is_told_in_words_and_its_ids_and_sealed_names_are_not() -> None:
    data = {"case_id": "c", "kind": "institutional", "name": "[sealed]", "sha256": "f" * 64, "number": "14", "unknown_thing": "x"}
    item = fact("ApplicationFiled", actor="workflow:case-1", rulebook=KZ.id, data=data, clauses=[{"id": "10", "rule": "r"}])
    entry = timeline.entries([item], "ru")[0]

    assert (entry.title, entry.actor, entry.by_name) == ("Подано заявление", timeline.PROGRAM, True)
    assert dict(entry.facts) == {"Вид": "институциональная", "Номер": "14"}
    assert [(each["id"], each["language"]) for each in entry.clauses] == [("10", "ru")]
    assert entry.clauses[0]["text"] in {fold(quote) for quote in KZ.clauses["10"].quote.values()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_holiday_has_its_name_in_each_language(language: str) -> None:
    days = [date(2024, 1, 1) + timedelta(days=each) for each in range(8 * 365)]
    english = {
        name
        for country in ("KG", "KZ")
        for day in days
        if (name := calendar_for(country).holiday_name(day)) and "order" not in name.lower()
    }
    parts = {part.partition(" (")[0] for name in english for part in name.split("; ")}

    assert parts - labels.words("holidays").keys() == set()
    assert all(labels.holiday(name, language) for name in english)
