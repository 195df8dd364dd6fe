"""The public register without a server: how names are compared, what is told of a day, how files are written."""

from datetime import date
from typing import Any

import pytest

from services.council.deqar import table
from services.council.domain.lettering import lettered, parts
from services.council.register import MOST_COUNTED, _told_facets
from services.council.register_files import _cell
from services.council.register_history import steps
from services.council.schemas_remedies import DeqarActivity, DeqarIdentifier, DeqarInstitution, DeqarProgramme, DeqarReport


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Қазақ ұлттық университеті", "казак улттык"),
        ("Ош мамлекеттик университети «Өнөр»", "ОНОР"),
        ("Манас", "manas"),
        ("Al-Farabi", "al farabi"),
        ("Ёлка, им. Щусева", "елка щусева"),
        ("İstanbul Üniversitesi", "universitesi"),
        ("6B04201 Право", "6b04201"),
    ],
)
def test_a_name_is_found_whatever_alphabet_case_and_punctuation_it_is_asked_in(written: str, asked: str) -> None:
    text = lettered(written)
    assert all(part.strip("%") in text for part in parts(asked)), (text, parts(asked))


def test_a_short_word_begins_a_word_and_a_longer_one_may_stand_anywhere() -> None:
    assert parts("Ош универ") == ["% ow%", "%univer%"]


def test_what_has_no_letter_asks_for_no_word_and_the_pattern_is_never_the_askers() -> None:
    assert parts("«—» %_\\") == []
    assert parts("100%_") == ["%100%"]


def entry(**fields: Any) -> dict[str, Any]:
    known = {
        "number": "N-1",
        "scopes": ["institution"],
        "issued_on": date(2024, 3, 1),
        "valid_until": date(2029, 3, 1),
        "entered_on": date(2024, 3, 2),
        "state": "valid",
        "stays": None,
        **dict.fromkeys(("reissued_from", "extends", "recorded_on", "followed_on", "extended_as", "reissued_as")),
        **dict.fromkeys(("revoked_on", "revocation_ground", "ended_on", "end_ground")),
    }
    return {**known, **fields}


def decision(**fields: Any) -> dict[str, Any]:
    day = date(2024, 2, 1)
    absent = dict.fromkeys(("entered_on", "report", "address", "during_appeal", "set_aside_on", "set_aside_by"))
    return {"scope": "institution", "outcome": "accredit", "round": 1, "decided_on": day, "published_on": day, **absent, **fields}


def test_the_history_has_decisions_suspensions_and_restorations_in_order_up_to_the_day() -> None:
    stay = {"from": "2025-01-10", "until": "2025-04-10", "to": "2025-03-01", "ground": "unfulfilled"}
    stays = [{**stay, "was": "2029-03-01", "valid_until": "2029-04-20"}]
    told = steps(entry(stays=stays), [decision(set_aside_on=date(2024, 2, 20), set_aside_by="remitted")], date(2026, 1, 1))
    assert [each.what for each in told] == ["decided", "published", "set_aside", "issued", "entered", "suspended", "restored"]
    assert told[-1].told == {"valid_until": "2029-04-20", "before": "2029-03-01"}
    assert [each.what for each in steps(entry(stays=stays), [], date(2025, 2, 1))] == ["issued", "entered", "suspended"]


def test_a_decision_that_was_neither_published_nor_entered_and_one_on_another_scope_are_not_told() -> None:
    hidden = [decision(published_on=None), decision(scope="programme:6B04201")]
    assert [each.what for each in steps(entry(), hidden, date(2026, 1, 1))] == ["issued", "entered"]


def test_more_entries_than_are_counted_are_told_to_be_more() -> None:
    rows = [
        {"which": 0b11, "a": None, "b": None, "entries": MOST_COUNTED + 1},
        {"which": 0b01, "a": "x", "b": None, "entries": 3},
        {"which": 0b10, "a": None, "b": "y", "entries": 5},
        {"which": 0b10, "a": None, "b": "z", "entries": 9},
        {"which": 0b10, "a": None, "b": None, "entries": 1},
    ]
    assert _told_facets(["a", "b"], rows) == {
        "entries": MOST_COUNTED,
        "exact": False,
        "facets": {"a": [{"value": "x", "entries": 3}], "b": [{"value": "z", "entries": 9}, {"value": "y", "entries": 5}]},
    }


@pytest.mark.parametrize("formula", ["=1+1", "+7 700", "-5", "@SUM(A1)", "\tx"])
def test_no_cell_is_a_formula(formula: str) -> None:
    assert _cell(formula) == f"'{formula}"


@pytest.mark.clause("iqaa-accreditation", "S3.g")
def test_the_csv_form_of_deqar_has_a_column_for_each_place() -> None:
    institution = DeqarInstitution(deqar_id="DEQARINST1", identifiers=[DeqarIdentifier(identifier="9", resource="KZ-ETER.NatID")])
    programmes = [
        DeqarProgramme(identifiers=[DeqarIdentifier(identifier=code, resource="iqaa")], name_primary=code, qf_ehea_level="first cycle")
        for code in ("6B1", "6B2")
    ]
    common: dict[str, Any] = {"agency": "iqaa", "activities": [DeqarActivity(local_identifier="programme")], "decision": "positive"}
    dates = {"valid_from": "2026-03-16", "date_format": "%Y-%m-%d"}
    alone = DeqarReport(local_identifier="1", institutions=[institution], **common, **dates)
    both = DeqarReport(local_identifier="2", institutions=[institution], programmes=programmes, **common, **dates)
    headings, first, second = table([alone, both])
    assert headings[:3] == ["agency", "local_identifier", "activity_local_identifier[1]"]
    assert len(headings) == len(set(headings)) == len(first) == len(second)
    told = dict(zip(headings, second, strict=True))
    assert (told["programme[2].identifier[1]"], told["programme[2].resource[1]"]) == ("6B2", "iqaa")
    assert (told["institution[1].deqar_id"], told["institution[1].identifier[1]"]) == ("DEQARINST1", "9")
    assert dict(zip(headings, first, strict=True))["programme[1].name_primary"] == ""
