"""What a file is, by its bytes: every kind that is taken, and everything that is refused, with the word of what is wrong."""

import io
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import IO

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from chassis.content import apart
from chassis.content.apart import examine_apart
from chassis.content.examine import examine
from chassis.content.kinds import KINDS, Limits, Unfit, shown_name
from tests.chassis import files
from tests.chassis.files import acting, annotated, archive, office, open_document, pdf, picture

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
TEXT = "Отчёт о самооценке; Өзін-өзі бағалау; өзүн-өзү баалоо\n"

GOOD = {
    "pdf": [pdf(), pdf(encryption=pikepdf.Encryption(owner="o", user=""))],
    "docx": [office("docx"), office("docx", {"word/embeddings/table.xlsx": office("xlsx"), "word/embeddings/oleObject1.bin": OLE})],
    "xlsx": [office("xlsx", {"xl/_rels/w.rels": files.link("hyperlink", "https://example.org")})],
    "pptx": [office("pptx", {"ppt/media/image1.png": picture("PNG")})],
    "odt": [open_document("text")],
    "ods": [open_document("spreadsheet")],
    "jpg": [picture("JPEG"), picture("JPEG") + b"SEFT\0\0 a camera's own notes"],
    "png": [picture("PNG")],
    "csv": [b"a;b\n-5;=SUM(A1:A2)\n", TEXT.encode("windows-1251", "replace"), TEXT.encode("utf-16")],
    "txt": [TEXT.encode(), TEXT.encode("utf-8-sig"), b"a < b and <b> is > c\r\n"],
    "p7s": [files.signature(), files.signature(pem=True)],
}
every_good = pytest.mark.parametrize(("extension", "content"), [(kind, each) for kind, those in GOOD.items() for each in those])

BOMB = b" " * 3_000_000
ZIP = archive({"run.js": b"evil()"})
HTML = b"<html><script>evil()</script></html>"

#: What is sent, under which name, and the word of what is wrong with it.
BAD = {
    "nothing": (b"", "a.pdf", "empty"),
    "a program": (b"MZ\x90\0" + b"\0" * 200, "a.pdf", "unknown_type"),
    "a program called a text": (b"MZ\x90\0" + b"\0" * 200, "a.txt", "not_text"),
    "a picture called a PDF": (picture("PNG"), "a.pdf", "wrong_type"),
    "a workbook called a document": (office("xlsx"), "a.docx", "wrong_type"),
    "a PDF called a text": (pdf(), "a.txt", "wrong_type"),
    "an archive": (ZIP, "a.docx", "unknown_type"),
    "an archive under its own name": (ZIP, "a.zip", "extension"),
    "a page": (HTML, "a.html", "extension"),
    "a page called a text": (HTML, "a.txt", "polyglot"),
    "a page far down in a text": (b"line\n" * 300_000 + HTML, "a.csv", "polyglot"),
    "a page in an old encoding": (TEXT.encode("windows-1251", "replace") + HTML, "a.txt", "polyglot"),
    "a drawing called a text": (b'<svg onload="evil()"/>', "a.txt", "polyglot"),
    "a script called a text": (b"#!/bin/sh\nrm -rf /\n", "a.txt", "polyglot"),
    "a text with control characters": (b"a\0b", "a.txt", "not_text"),
    "a cell that starts a program": (b"a;b\n1;=cmd|'/C calc'!A0\n", "a.csv", "active"),
    "a PDF with an archive behind it": (pdf() + ZIP, "a.pdf", "polyglot"),
    "a PDF with an archive behind it that ends as a PDF does": (
        pdf() + archive({"run.js": b"evil()"}, comment=b"\n%%EOF\n"),
        "a.pdf",
        "polyglot",
    ),
    "a PDF with a page behind it": (pdf() + HTML, "a.pdf", "polyglot"),
    "a PDF that begins as a page": (b"%PDF-1.7\n" + HTML + pdf()[9:], "a.pdf", "polyglot"),
    "a PDF after something else": (b"junk\n" + pdf(), "a.pdf", "unknown_type"),
    "a PDF cut off": (pdf()[:-40], "a.pdf", "damaged"),
    "a PDF with broken insides": (b"%PDF-1.7\n1 0 obj\n%%EOF\n", "a.pdf", "damaged"),
    "a PDF with a script": (pdf(files.script()), "a.pdf", "active"),
    "a PDF with a script in a packed object": (
        pdf(files.script(), object_stream_mode=pikepdf.ObjectStreamMode.generate),
        "a.pdf",
        "active",
    ),
    "a PDF with scripts by name": (
        pdf(lambda made: made.Root.update({"/Names": Dictionary(JavaScript=Dictionary(Names=Array([])))})),
        "a.pdf",
        "active",
    ),
    "a PDF that starts a program": (pdf(acting(S=Name.Launch, F=String("calc.exe"))), "a.pdf", "active"),
    "a PDF that sends data away": (pdf(acting(S=Name.SubmitForm, F=String("https://example.org"))), "a.pdf", "active"),
    "a PDF that launches from a link": (pdf(annotated(Subtype=Name.Link, A=Dictionary(S=Name.Launch))), "a.pdf", "active"),
    "a PDF with a film": (pdf(annotated(Subtype=Name.RichMedia)), "a.pdf", "active"),
    "a PDF with a file in it": (pdf(files.with_file), "a.pdf", "active"),
    "a PDF with a password": (pdf(encryption=pikepdf.Encryption(owner="o", user="u")), "a.pdf", "encrypted"),
    "macros by their part": (office("docx", {"word/vbaProject.bin": OLE}), "a.docx", "active"),
    "macros by their type": (office("docx", {}, "application/vnd.ms-word.document.macroEnabled.main+xml"), "a.docx", "active"),
    "macros of old Excel": (office("xlsx", {"xl/macrosheets/sheet1.xml": b"<a/>"}), "a.xlsx", "active"),
    "macros in an object": (office("docx", {"word/embeddings/o.bin": OLE + "_VBA_PROJECT".encode("utf-16-le")}), "a.docx", "active"),
    "a file packed in an object": (
        office("docx", {"word/embeddings/o.bin": OLE + "\x01Ole10Native".encode("utf-16-le")}),
        "a.docx",
        "active",
    ),
    "macros of LibreOffice": (open_document("text", {"Basic/Standard/Module1.xml": b"<m/>"}), "a.odt", "active"),
    "a template from elsewhere": (
        office("docx", {"word/_rels/settings.xml.rels": files.link("attachedTemplate", "https://example.org/t.dotm")}),
        "a.docx",
        "active",
    ),
    "a picture from elsewhere": (office("docx", {"word/_rels/d.rels": files.link("image", "https://example.org/i")}), "a.docx", "active"),
    "a field that starts a program": (office("docx", {"word/footer.xml": b"<w>DDEAUTO c:\\calc</w>"}), "a.docx", "active"),
    "entities": (office("docx", {"word/x.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'}), "a.docx", "active"),
    "a program in a document": (office("docx", {"word/media/image1.png": b"MZ\x90\0"}), "a.docx", "active"),
    "a script in a document": (office("docx", {"word/evil.js": b"evil()"}), "a.docx", "active"),
    "a bomb": (office("xlsx", {"xl/big.xml": BOMB}), "a.xlsx", "bomb"),
    "a bomb in a document in it": (office("docx", {"word/embeddings/t.xlsx": office("xlsx", {"xl/b.xml": BOMB})}), "a.docx", "bomb"),
    "a bomb of parts that overlap": (files.overlapping(), "a.xlsx", "bomb"),
    "documents in documents in documents": (
        office("docx", {"word/e/a.docx": office("docx", {"word/e/b.docx": office("docx")})}),
        "a.docx",
        "nested",
    ),
    "an archive in a document": (office("docx", {"word/media/a.bin": ZIP}), "a.docx", "nested"),
    "another archive in a document": (office("docx", {"word/media/a.bin": b"7z\xbc\xaf\x27\x1c"}), "a.docx", "nested"),
    "a PDF in a document": (office("docx", {"word/embeddings/a.bin": pdf()}), "a.docx", "nested"),
    "a document with a password": (files.with_password(), "a.docx", "encrypted"),
    "an old document with a password": (OLE, "a.docx", "unknown_type"),
    "a LibreOffice document with a password": (open_document("text", manifest=b"<m:encryption-data/>"), "a.odt", "encrypted"),
    "a path in an archive": (office("docx", {"../../etc/cron.d/evil": b"x"}), "a.docx", "path"),
    "an absolute path in an archive": (office("docx", {"/etc/evil": b"x"}), "a.docx", "path"),
    "an archive with something before it": (b"PK\x03\x04" + office(), "a.docx", "polyglot"),
    "an archive with something behind it": (office() + b"GIF89a", "a.docx", "polyglot"),
    "an archive cut off": (office()[:-30], "a.docx", "polyglot"),
    "a picture with an archive behind it": (picture("JPEG") + ZIP, "a.jpg", "polyglot"),
    "a picture with a page behind it": (picture("JPEG") + HTML, "a.jpg", "polyglot"),
    "a picture with a page in it": (picture("JPEG")[:2] + b"\xff\xfe\0\x2a" + HTML + picture("JPEG")[2:], "a.jpg", "polyglot"),
    "a picture with a PDF in it": (picture("JPEG")[:2] + b"\xff\xfe\0\x0a%PDF-1.7" + picture("JPEG")[2:], "a.jpg", "polyglot"),
    "a picture with a program behind it": (picture("JPEG") + b"MZ\x90\0", "a.jpeg", "polyglot"),
    "a picture with anything behind it": (picture("PNG") + b"x", "a.png", "polyglot"),
    "a picture cut off": (picture("PNG")[:-20], "a.png", "damaged"),
    "a photograph cut off": (picture("JPEG")[:-2], "a.jpg", "damaged"),
    "a picture that fills all memory": (files.huge_png(60_000, 60_000), "a.png", "damaged"),
    "a picture larger than is taken": (files.huge_png(12_000, 12_000), "a.png", "bomb"),
    "a signature with its document": (files.signature(detached=False), "a.p7s", "attached"),
    "no signature": (b"\x30\x03\x02\x01\x01", "a.p7s", "damaged"),
    "a certificate for a signature": (b"-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n", "a.p7s", "unknown_type"),
}
every_bad = pytest.mark.parametrize(("content", "name", "word"), BAD.values(), ids=list(BAD))

#: So that what is too large need not be large here.
LIMITS = replace(Limits(), pixels=100_000_000)


def kept(content: bytes) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the test closes it)
    file.write(content)
    return file


@every_good
def test_every_kind_of_document_is_known_by_its_bytes(extension: str, content: bytes) -> None:
    kind = examine(io.BytesIO(content), f"Отчёт 1.{extension.upper()}")
    assert extension in kind.extensions
    assert examine(io.BytesIO(content), f"a.{extension}", kind.media_type) is kind


def test_every_kind_that_is_taken_has_been_seen() -> None:
    assert {examine(io.BytesIO(those[0]), f"a.{name}").word for name, those in GOOD.items()} == set(KINDS)


@every_bad
def test_what_is_no_document_is_refused_with_what_is_wrong(content: bytes, name: str, word: str) -> None:
    with pytest.raises(Unfit) as refused:
        examine(io.BytesIO(content), name, limits=LIMITS)
    assert refused.value.word == word, refused.value.why
    assert refused.value.why


def test_what_it_is_sent_as_is_what_it_is() -> None:
    with pytest.raises(Unfit, match="image/png"):
        examine(io.BytesIO(pdf()), "a.pdf", "image/png")
    assert examine(io.BytesIO(b"a;b\n"), "a.csv", "text/plain").word == "csv"


@pytest.mark.parametrize(
    ("limit", "content", "name", "word"),
    [
        ({"file_bytes": 100}, pdf(), "a.pdf", "too_large"),
        ({"entries": 3}, office("docx", {f"word/p{n}.xml": b"<a/>" for n in range(2)}), "a.docx", "bomb"),
        ({"expanded_bytes": 1_000_000}, office("xlsx", {f"xl/p{n}.bin": os.urandom(600_000) for n in range(2)}), "a.xlsx", "bomb"),
        ({"objects": 3}, pdf(), "a.pdf", "bomb"),
        ({"depth": 1}, office("docx", {"word/embeddings/t.xlsx": office("xlsx")}), "a.docx", "nested"),
    ],
)
def test_a_limit_is_a_setting(limit: dict[str, int], content: bytes, name: str, word: str) -> None:
    assert examine(io.BytesIO(content), name)
    with pytest.raises(Unfit) as refused:
        examine(io.BytesIO(content), name, limits=replace(Limits(), **limit))
    assert refused.value.word == word


@pytest.mark.parametrize(
    "name",
    [
        "",
        "  ",
        "../../etc/passwd",
        "a/b.pdf",
        "C:a.pdf",
        "C:\\a.pdf",
        ".htaccess",
        "a.pdf.",
        "a\0.pdf",
        "a\n.pdf",
        "fdp.\u202egpj.exe",
        "x" * 201,
    ],
)
def test_a_name_is_no_path_and_reads_as_it_is_written(name: str) -> None:
    with pytest.raises(Unfit) as refused:
        shown_name(name)
    assert refused.value.word == "name"


def test_a_name_in_any_alphabet_is_shown() -> None:
    assert shown_name(" Өзін-өзі бағалау (2-нұсқа), №5.pdf ") == "Өзін-өзі бағалау (2-нұсқа), №5.pdf"


class TestApart:
    """In a process of its own: the same answers, and nothing that overcomes it overcomes this one."""

    async def test_the_answers_are_the_same(self) -> None:
        with kept(content := pdf()) as file:
            file.seek(0)
            file.read(10)
            assert (await examine_apart(file, "a.pdf", "application/pdf")) is KINDS["pdf"]
            file.seek(0)
            assert file.read() == content
        content, name, word = BAD["a PDF with a script in a packed object"]
        with kept(content) as file, pytest.raises(Unfit) as refused:
            await examine_apart(file, name)
        assert (refused.value.word, "script" in refused.value.why) == (word, True)

    async def test_one_that_takes_too_much_memory_or_time_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with kept(pdf()) as file:
            monkeypatch.setattr(apart, "MEMORY", 30_000_000)
            with pytest.raises(Unfit) as refused:
                await examine_apart(file, "a.pdf")
            assert refused.value.word == "too_costly"
            monkeypatch.undo()
            monkeypatch.setattr(apart, "SECONDS", 0)
            with pytest.raises(Unfit) as refused:
                await examine_apart(file, "a.pdf")
            assert refused.value.word == "too_costly"

    async def test_it_leaves_no_file_behind_and_knows_no_setting(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        for content, name, _ in (BAD["a bomb"], BAD["a PDF with a file in it"]):
            with kept(content) as file, pytest.raises(Unfit):
                await examine_apart(file, name)
        assert list(tmp_path.iterdir()) == []
