"""A table as a spreadsheet saves it: encodings, delimiters, quotation marks, and where each row stands."""

from collections.abc import AsyncIterator, Sequence

import pytest

from chassis.problems import Invalid
from chassis.spreadsheet import Row, Sheet, Upload, plain

NAMES = {plain(each): name for name, all_ in {"number": ["number", "Номер"], "text": ["text", "Текст"]}.items() for each in all_}


async def upload(content: bytes, charset: str | None = None, size: int = 7) -> Upload:
    async def pieces() -> AsyncIterator[bytes]:
        for begin in range(0, len(content), size):
            yield content[begin : begin + size]

    return await Upload().take(pieces(), charset)


async def sheet(content: str | bytes) -> Sheet:
    return Sheet(await upload(content.encode() if isinstance(content, str) else content), NAMES)


async def rows(content: str | bytes) -> Sequence[Row]:
    return list((await sheet(content)).rows())


CELLS = [{"number": "1", "text": "Сунуш, бир"}, {"number": "2"}]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
async def test_a_table_has_any_of_the_usual_delimiters_and_ends_of_line(delimiter: str, end: str) -> None:
    content = end.join(["number{0}text", '1{0}"Сунуш, бир"', "2{0}", ""]).format(delimiter)
    assert [row.cells for row in await rows(content)] == CELLS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
async def test_a_table_has_any_of_the_usual_encodings(encoding: str) -> None:
    content = 'Номер;Текст\n1;"Сунуш, бир"\n2;\n'.encode(encoding)
    assert [row.cells for row in await rows(content)] == CELLS


async def test_a_letter_cut_in_two_by_the_network_is_utf_8() -> None:
    content = "number,text\n1,Өкүм\n".encode()
    for size in range(1, 9):
        found = await upload(content, size=size)
        assert found.encoding == "utf-8"


async def test_the_encoding_that_the_request_names_is_taken_and_others_are_told() -> None:
    content = "number,text\n1,Да\n".encode("cp1251")
    for name in ("windows-1251", "CP1251", '"windows-1251"'):
        assert (await upload(content, name)).encoding == "windows-1251"
    for name in ("koi8-r", "none"):
        with pytest.raises(Invalid, match="not taken") as refused:
            await upload(content, name)
        assert "utf-8, utf-16, windows-1251" in refused.value.errors[0]["detail"]


async def test_a_workbook_and_an_empty_file_are_told_from_a_table() -> None:
    for content in (b"PK\x03\x04 and more", b"\xd0\xcf\x11\xe0 and more"):
        with pytest.raises(Invalid, match="workbook") as refused:
            await upload(content)
        assert "CSV UTF-8" in refused.value.errors[0]["detail"]
    with pytest.raises(Invalid, match="empty"):
        await upload(b"")


async def test_headings_are_known_whatever_their_case_and_marks_and_others_are_named() -> None:
    assert (await sheet("  NUMBER ,«Текст»,# own,\n")).columns == ["number", "text", None, None]
    with pytest.raises(Invalid) as refused:
        await sheet("number,texts\n")
    [fault] = refused.value.errors
    assert fault["pointer"] == "#/line/1/2"
    assert "'texts'" in fault["detail"]
    assert "number, text" in fault["detail"]
    with pytest.raises(Invalid) as twice:
        await sheet("number,text,Номер\n")
    assert twice.value.errors == [{"pointer": "#/line/1/3", "detail": "A second column number."}]
    for nothing in ("\n1,2\n", "#a,#b\n1,2\n"):
        with pytest.raises(Invalid):
            await sheet(nothing)


async def test_a_row_tells_its_line_in_the_file_and_its_row_in_the_spreadsheet() -> None:
    found = await rows('number,text\n1,"one\ntwo"\n\n  ,\n2,three\n')
    assert [(row.line, row.row, row.cells) for row in found] == [
        (2, 2, {"number": "1", "text": "one\ntwo"}),
        (6, 5, {"number": "2", "text": "three"}),
    ]


async def test_the_line_by_which_a_spreadsheet_tells_its_delimiter_is_no_heading() -> None:
    found = await sheet("sep=;\r\nnumber;text\r\n1;a,b\r\n")
    assert found.delimiter == ";"
    assert [(row.line, row.cells) for row in found.rows()] == [(3, {"number": "1", "text": "a,b"})]


async def test_a_row_that_cannot_be_read_is_told_and_the_next_is_read() -> None:
    found = await rows('number,text\n1,"a" b\n2,c\n3,d,e\n4,f\n')
    assert [(row.line, row.fault is None) for row in found] == [(2, False), (3, True), (4, False), (5, True)]
    assert "written twice" in (found[0].fault or "")
    assert "stands under no heading" in (found[2].fault or "")


async def test_a_quotation_mark_that_is_not_closed_is_told_with_the_lines_that_it_swallows() -> None:
    [good, bad] = await rows('number,text\n1,a\n2,"b\n3,c\n4,d\n')
    assert good.fault is None
    assert (bad.line, bad.fault) == (3, "a quotation mark that is opened is not closed: lines 3 to 5 are read as one row")


async def test_a_quotation_mark_that_is_not_closed_takes_no_more_memory_than_a_cell_may_have() -> None:
    found = await rows('number,text\n1,"b\n' + "2,c\n" * 100_000)
    assert found[0].fault is not None
    assert all(row.fault is None for row in found[1:])
    assert len(found) > 60_000


async def test_letters_that_windows_1251_has_not_are_told_as_lost() -> None:
    lost = "number,text\n1,Жаңы ?күм\n".encode("cp1251", errors="replace")
    [row] = await rows(lost)
    assert "has lost letters" in (row.fault or "")
    [asked] = await rows("number,text\n1,Есть ли план? Да\n".encode("cp1251"))
    assert asked.fault is None
    [strange] = await rows(b"number,text\n1,\xc4 \x98\n")
    assert "not windows-1251" in (strange.fault or "")
