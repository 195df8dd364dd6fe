"""A table as a coordinator saves it from a spreadsheet: which encoding and which delimiter it has is found out, and every row tells
where it stands. What the cells mean is not known here."""

import codecs
import csv
import io
import re
from collections.abc import AsyncIterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from tempfile import SpooledTemporaryFile
from typing import IO, Self

from chassis.problems import Invalid

DELIMITERS = (",", ";", "\t")
ENCODINGS = ("utf-8", "utf-16", "windows-1251")
_IN_MEMORY = 1_000_000
_LONGEST_HEADING = 64 * 1024
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_LOST_LETTER = re.compile(r"[а-яё]\?[а-яё]|(?:^|\s)\?[а-яё]", re.IGNORECASE)  # a question mark at the end of a word may be meant
_AS_CSV = "Save it as CSV UTF-8 (comma delimited)."


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line of the file where it begins, its number in the spreadsheet (the headings are row 1), its cells that are not empty.

    `fault` is why it cannot be read.
    """

    line: int
    row: int
    cells: Mapping[str, str]
    fault: str | None = None


class Upload:
    """A file as it comes in: in memory while it is small, then on disk. Its hash and its encoding are known when it is there."""

    def __init__(self) -> None:
        self.file: IO[bytes] = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 (closed by `close`)
        self.hash = ""
        self.encoding = ""

    def close(self) -> None:
        """Drops the file."""
        self.file.close()

    async def take(self, chunks: AsyncIterable[bytes], charset: str | None = None) -> Self:
        """Keeps what comes. Invalid where it is empty or a workbook, or where `charset` is none of ENCODINGS."""
        digest, decoder, utf8 = sha256(), codecs.getincrementaldecoder("utf-8")(), True
        head = b""
        async for chunk in chunks:
            self.file.write(chunk)
            digest.update(chunk)
            head = head if len(head) >= 4 else (head + chunk)[:4]
            utf8 = utf8 and _decodes(decoder, chunk, final=False)
        utf8 = utf8 and _decodes(decoder, b"", final=True)
        if not head:
            raise Invalid("The file is empty.", [{"pointer": "#", "detail": "A table with a line of headings is expected."}])
        if head.startswith(_WORKBOOKS):
            raise Invalid("This is a workbook, not a CSV file.", [{"pointer": "#", "detail": _AS_CSV}])
        self.hash = digest.hexdigest()
        self.encoding = _known(charset) if charset else _encoding(head, utf8)
        self.file.seek(0)
        return self


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _encoding(head: bytes, utf8: bool) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8" if utf8 else "windows-1251"


def _known(charset: str) -> str:
    try:
        name = codecs.lookup(charset.strip("\"' ")).name
    except LookupError:
        name = ""
    known = {codecs.lookup(each).name: each for each in ENCODINGS}
    if name not in known:
        detail = f"One of these is expected: {', '.join(ENCODINGS)}."
        raise Invalid(f"The encoding {charset[:40]} is not taken.", [{"pointer": "#/headers/content-type", "detail": detail}])
    return known[name]


class Sheet:
    """The rows of a file, read as they are asked for. `names` has the column for each heading as people write it (`plain`); `headings`
    what stands above each column in this file."""

    def __init__(self, upload: Upload, names: Mapping[str, str]) -> None:
        """Reads the headings. Invalid where one is unknown, comes twice, or there are none."""
        self.encoding = upload.encoding
        decoder = "utf-8-sig" if upload.encoding == "utf-8" else upload.encoding
        self._text = io.TextIOWrapper(upload.file, encoding=decoder, errors="replace", newline="")
        first = self._text.readline(_LONGEST_HEADING)
        self._above = 0
        if told := re.fullmatch(r"sep=(.)\s*", first):
            first, self._above = self._text.readline(_LONGEST_HEADING), 1
        self.delimiter = told[1] if told else max(DELIMITERS, key=lambda each: (_recognised(first, each, names), first.count(each)))
        self._reader = csv.reader(chain([first], self._text), delimiter=self.delimiter, strict=True)
        found = self._first_row()
        self.columns = _columns(found, names)
        self.headings = {name: heading.strip() for name, heading in zip(self.columns, found, strict=True) if name}

    def _first_row(self) -> list[str]:
        try:
            return next(self._reader, [])
        except csv.Error as error:
            raise Invalid("The line of headings cannot be read.", [{"pointer": "#/line/1", "detail": _said(error)}]) from None

    def rows(self) -> Iterator[Row]:
        """Every row that is not blank, in order. One that cannot be read has a `fault`; the next begins after it."""
        row = 1
        while True:
            line, row = self._above + self._reader.line_num + 1, row + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                until = self._above + self._reader.line_num
                yield Row(line, row, {}, f"{_said(error)}: lines {line} to {until} are read as one row" if until > line else _said(error))
                continue
            if any(cell.strip() for cell in cells):
                yield self._row(line, row, cells)

    def _row(self, line: int, row: int, cells: list[str]) -> Row:
        named: dict[str, str] = {}
        for index, cell in enumerate(cells):
            if not (cell := cell.strip()):
                continue
            if index >= len(self.columns):
                quoting = f"a text with {self.delimiter!r} in it is quoted"
                return Row(line, row, named, f"cell {index + 1} stands under no heading: {cell[:40]!r}; {quoting}")
            if (name := self.columns[index]) is None:
                continue
            if "\ufffd" in cell:
                return Row(line, row, named, f"{name} has a character that is not {self.encoding}. {_AS_CSV}")
            if self.encoding == "windows-1251" and _LOST_LETTER.search(cell):
                return Row(line, row, named, f"{name} has lost letters that windows-1251 has not: {cell[:40]!r}. {_AS_CSV}")
            named[name] = cell
        return Row(line, row, named)


def plain(text: str) -> str:
    """A heading, a word or a name as it is compared: whatever its case, its quotation marks and its spaces."""
    return " ".join(re.sub(r"[«»\"'“”„‟’`_*]", " ", text.casefold().replace("ё", "е").replace("\u00a0", " ")).split())


def _recognised(first: str, delimiter: str, names: Mapping[str, str]) -> int:
    return sum(plain(cell) in names for cell in first.split(delimiter))


def _columns(headings: list[str], names: Mapping[str, str]) -> list[str | None]:
    """The column of each heading; None under one that is empty or begins with #: such a column is the agency's own."""
    columns: list[str | None] = []
    faults: list[dict[str, str]] = []
    for number, heading in enumerate(headings, 1):
        own = not heading.strip() or heading.lstrip().startswith("#")
        column = None if own else names.get(plain(heading))
        if column is None and not own:
            known = ", ".join(dict.fromkeys(names.values()))
            accepts = f"There are: {known}. A column whose heading begins with # is left aside."
            faults.append({"pointer": f"#/line/1/{number}", "detail": f"Unknown heading {heading.strip()[:60]!r}. {accepts}"[:500]})
        elif column is not None and column in columns:
            faults.append({"pointer": f"#/line/1/{number}", "detail": f"A second column {column}."})
        columns.append(column)
    if not any(columns):
        faults = faults or [{"pointer": "#/line/1", "detail": "The first line has no headings."}]
    if faults:
        raise Invalid("The headings of the file are not all known.", faults[:50])
    return columns


def _said(error: csv.Error) -> str:
    """What is wrong with a row, in words for people who know no CSV."""
    text = str(error)
    if "end of data" in text or "field larger" in text:
        return "a quotation mark that is opened is not closed"
    if "expected after" in text:
        return "within a quoted text a quotation mark is written twice"
    return text
