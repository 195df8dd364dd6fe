"""What rows of a table say of each certificate, before any rule is asked."""

from collections.abc import Mapping, Sequence
from datetime import date

import pytest

from chassis.columns import headings, template
from chassis.spreadsheet import Row
from chassis.tables import Institutions, Words, day, several
from regulations import load
from services.council.import_columns import COLUMNS
from services.council.import_rows import Advice, Entry, entries


def table(*cells: Mapping[str, str]) -> list[Entry]:
    return list(entries(Row(number, number, each) for number, each in enumerate(cells, 2)))


FIRST = {"number": "KG-1", "institution": "one", "issued_on": "2025-01-01"}


def advice(entry: Entry) -> Sequence[tuple[str, str]]:
    return [(each.criterion, each.text) for each in entry.advice]


def test_a_cell_has_a_recommendation_whose_criterion_stands_beside_it() -> None:
    [entry] = table({**FIRST, "criterion": "Standard 2", "recommendation": "Publish\nthe surveys", "remark": "None is shown"})
    assert entry.advice == [Advice("Standard 2", "Publish\nthe surveys"), Advice("Standard 2", "None is shown", remark=True)]


def test_a_cell_has_several_recommendations_a_line_each_and_a_line_without_criterion_goes_on() -> None:
    [entry] = table({**FIRST, "recommendation": "S 1 | One\nmore of it\n\nS 2| Two", "nonconformity": "S 3 |Three"})
    assert advice(entry) == [("S 1", "One\nmore of it"), ("S 2", "Two"), ("S 3", "Three")]
    assert [each.nonconformity for each in entry.advice] == [False, False, True]


@pytest.mark.parametrize("number", [{}, {"number": "KG-1"}])
@pytest.mark.parametrize("repeated", [{}, {"institution": "one", "issued_on": "2025-01-01"}])
def test_a_row_without_number_or_with_the_number_above_has_further_recommendations(
    number: Mapping[str, str], repeated: Mapping[str, str]
) -> None:
    rows = [{**number, **repeated, "criterion": f"S {each}", "recommendation": "Do"} for each in (2, 3)]
    [entry, other] = table({**FIRST, "criterion": "S 1", "recommendation": "Do"}, *rows, {"number": "KG-2"})
    assert advice(entry) == [("S 1", "Do"), ("S 2", "Do"), ("S 3", "Do")]
    assert (other.line, other.cells) == (5, {"number": "KG-2"})


def test_a_row_that_says_something_else_of_the_certificate_above_stands_for_itself() -> None:
    other = {"number": "KG-1", "institution": "another", "criterion": "S 2", "recommendation": "Do"}
    assert [entry.line for entry in table(FIRST, other)] == [2, 3]


@pytest.mark.parametrize("again", [{"number": "KG-1"}, {}])
def test_a_row_that_is_written_twice_stands_for_itself(again: Mapping[str, str]) -> None:
    row = {"criterion": "S 1", "recommendation": "Do"}
    assert [advice(entry) for entry in table({**FIRST, **row}, {**again, **row})] == [[("S 1", "Do")], [("S 1", "Do")]]


@pytest.mark.parametrize(("number", "whole"), [({}, False), ({"number": "KG-1"}, False), ({"number": "KG-2"}, True)])
def test_a_certificate_is_not_taken_without_a_further_row_that_cannot_be_read(number: Mapping[str, str], whole: bool) -> None:
    first, broken, last = entries(
        [
            Row(2, 2, {**FIRST, "recommendation": "S 1 | One"}),
            Row(3, 3, {**number, "recommendation": "S 2 | Two"}, "cell 30 stands under no heading"),
            Row(4, 4, {**FIRST, "number": "KG-3"}),
        ]
    )
    assert (not first.faults, bool(broken.faults), bool(last.faults)) == (whole, True, False)


def test_a_row_below_one_that_cannot_be_read_is_not_taken_for_its_continuation() -> None:
    rows = [Row(2, 2, {}, "torn"), Row(3, 3, {"criterion": "S 1", "recommendation": "Do"})]
    assert [entry.line for entry in entries(rows)] == [2, 3]


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        ({"recommendation": "Do"}, "recommendation"),
        ({"remark": "Do\nS 1 | It"}, "remark"),
        ({"recommendation": "S 1 |"}, "recommendation"),
        ({"criterion": "S 1"}, "criterion"),
    ],
)
def test_a_recommendation_needs_criterion_and_text(cells: Mapping[str, str], field: str) -> None:
    [entry] = table(FIRST, {**cells} if "criterion" in cells else {"number": "KG-1", **cells})
    [fault] = entry.faults
    assert (fault.line, fault.field) == (3, field)
    assert "criterion | text" in (fault.accepts or "")


def test_a_certificate_has_no_thousands_of_rows() -> None:
    rows = [{"criterion": f"S {each}", "recommendation": "Do"} for each in range(600)]
    [entry] = table(FIRST, *rows)
    assert {fault.problem for fault in entry.faults} == {"a certificate has 500 rows at most"}
    assert len(entry.advice) <= 500


@pytest.mark.parametrize("cell", ["2025-03-14", "14.03.2025", "2025-3-14", "14.3.2025", "2025-03-14 00:00:00", "14.03.2025 0:00"])
def test_a_day_is_written_in_iso_or_with_dots(cell: str) -> None:
    assert day(cell) == date(2025, 3, 14)


@pytest.mark.parametrize("cell", ["31.02.2025", "14/03/2025", "03-14-2025", "14.03.25", "45730", "2025", "yesterday", "14.03.2025 12:00"])
def test_what_could_be_another_day_is_none(cell: str) -> None:
    assert day(cell) is None


def test_a_list_is_parted_by_semicolons_or_lines_and_names_nobody_twice() -> None:
    assert several("a; b;a\n c ;") == ("a", "b", "c")


def test_a_word_of_a_rulebook_is_known_by_its_name_in_every_language() -> None:
    words = Words(load("sapattuu-bilim-monitoring"))
    for written in ("conditional_3y", "3 жылга шарттуу", "Условная на 3 года", "conditional for three years"):
        assert words.word(written, "kinds") == "conditional_3y"
    assert words.word("4 жылга", "kinds") is None
    fault = words.fault(7, "kind", "4 жылга", "kinds")
    assert (fault.line, fault.field, fault.clause) == (7, "kind", "2.5.p1")
    assert "conditional_3y (3 жылга шарттуу); conditional_1y" in (fault.accepts or "")
    assert words.word("organisation", "none", "objects") == "organisation"
    assert words.word("anything", "none") == "anything"


def test_an_institution_is_known_by_id_national_id_and_name() -> None:
    known = Institutions(
        [
            {"institution_id": "one", "names": {"ru": "Первый «Университет»", "en": "First"}, "national_id": "123"},
            {"institution_id": "two", "names": {"ru": "Колледж"}, "national_id": None},
            {"institution_id": "three", "names": {"ru": "Колледж"}, "national_id": None},
        ]
    )
    for written in ("one", "123", 'ПЕРВЫЙ  "университет"', "first"):
        assert known.named(written) == ["one"]
    assert known.named("Колледж") == ["three", "two"]
    assert known.named("Лицей") == []
    assert known.similar("Первый университетт") == ["Первый «Университет»"]


@pytest.mark.parametrize("language", ["ky", "kk", "ru", "en"])
def test_the_empty_table_has_every_column_under_a_heading_that_is_known(language: str) -> None:
    table_ = template(COLUMNS, language).decode("utf-8-sig").strip()  # type: ignore[arg-type]
    assert [headings(COLUMNS)[cell.casefold().replace("_", " ")] for cell in table_.split(",")] == [column.name for column in COLUMNS]
