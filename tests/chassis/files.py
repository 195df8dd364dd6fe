"""Files as people send them, good ones and bad ones, made in memory."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String
from PIL import Image

OOXML = "application/vnd.openxmlformats-officedocument"
MAIN = {"docx": "wordprocessingml.document", "xlsx": "spreadsheetml.sheet", "pptx": "presentationml.presentation"}
FOLDER = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "pptx": "ppt/presentation.xml"}
RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def pdf(change: Callable[[pikepdf.Pdf], Any] | None = None, **saved: Any) -> bytes:
    """A PDF of one page; `change` adds what it has besides."""
    made = pikepdf.new()
    made.add_blank_page()
    if change is not None:
        change(made)
    out = io.BytesIO()
    made.save(out, **saved)
    return out.getvalue()


def acting(**action: Any) -> Callable[[pikepdf.Pdf], None]:
    """Something done when a PDF is opened."""

    def change(made: pikepdf.Pdf) -> None:
        made.Root.OpenAction = made.make_indirect(Dictionary(Type=Name.Action, **action))

    return change


def annotated(**annotation: Any) -> Callable[[pikepdf.Pdf], None]:
    """Something upon a page of a PDF."""

    def change(made: pikepdf.Pdf) -> None:
        made.pages[0].obj.Annots = Array([Dictionary(Type=Name.Annot, Rect=Array([0, 0, 9, 9]), **annotation)])

    return change


def archive(entries: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    """A ZIP archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as made:
        for name, content in entries.items():
            made.writestr(name, content)
        made.comment = comment
    return out.getvalue()


def content_types(kind: str, *more: str) -> bytes:
    """The list of an office document's parts."""
    types = (f"{OOXML}.{MAIN[kind]}.main+xml", *more)
    parts = "".join(f'<Override PartName="/part{number}.xml" ContentType="{each}"/>' for number, each in enumerate(types))
    return f'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{parts}</Types>'.encode()


def office(kind: str = "docx", more: Mapping[str, bytes] | None = None, *types: str) -> bytes:
    """A document of Word, Excel or PowerPoint."""
    body = b"<?xml version='1.0'?><w><t>Text</t></w>"
    return archive({"[Content_Types].xml": content_types(kind, *types), FOLDER[kind]: body, **(more or {})})


def link(kind: str, target: str, mode: str = "External") -> bytes:
    """A relationship of a part."""
    one = f'<Relationship Id="r1" Type="{RELS}/{kind}" Target="{target}" TargetMode="{mode}"/>'
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{one}</Relationships>'.encode()


def open_document(media: str = "text", more: Mapping[str, bytes] | None = None, manifest: bytes = b"<manifest/>") -> bytes:
    """A document of LibreOffice."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("mimetype", f"application/vnd.oasis.opendocument.{media}", zipfile.ZIP_STORED)
        for name, content in {"content.xml": b"<c/>", "META-INF/manifest.xml": manifest, **(more or {})}.items():
            made.writestr(name, content)
    return out.getvalue()


def picture(format_: str, size: tuple[int, int] = (8, 8)) -> bytes:
    """A picture of one colour."""
    out = io.BytesIO()
    Image.new("RGB", size, "navy").save(out, format_)
    return out.getvalue()


def huge_png(width: int, height: int) -> bytes:
    """The beginning and the end of a picture that would fill all memory."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def overlapping(copies: int = 20) -> bytes:
    """An office document whose directory names the same bytes many times."""
    whole = office("xlsx", {"xl/part00.xml": b"<" * 2_000})
    with zipfile.ZipFile(io.BytesIO(whole)) as made:
        start = made.start_dir
    directory = whole[start:-22]
    last = directory[directory.rfind(b"PK\x01\x02") :]
    for number in range(1, copies):
        directory += last.replace(b"part00", b"part%02d" % number)
    count = 3 + copies - 1
    return whole[:start] + directory + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(directory), start, 0)


def with_password() -> bytes:
    """An office document whose parts say that they are encrypted."""
    made = bytearray(office())
    at = 0
    while (at := made.find(b"PK\x01\x02", at)) >= 0:
        made[at + 8] |= 1
        at += 4
    at = 0
    while (at := made.find(b"PK\x03\x04", at)) >= 0:
        made[at + 6] |= 1
        at += 4
    return bytes(made)


def signature(data: bytes = b"data", *, detached: bool = True, pem: bool = False) -> bytes:
    """A signature in CMS by a key of its own."""
    from datetime import UTC, datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import pkcs7

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Signer")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    certificate = builder.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2040, 1, 1, tzinfo=UTC))
    signed = pkcs7.PKCS7SignatureBuilder().set_data(data).add_signer(certificate.sign(key, hashes.SHA256()), key, hashes.SHA256())
    options = [pkcs7.PKCS7Options.Binary, *([pkcs7.PKCS7Options.DetachedSignature] if detached else [])]
    return signed.sign(serialization.Encoding.PEM if pem else serialization.Encoding.DER, options)


def with_file(made: pikepdf.Pdf) -> None:
    """A file within a PDF."""
    made.attachments["a.txt"] = pikepdf.AttachedFileSpec(made, b"text", filename="a.txt")


def script() -> Callable[[pikepdf.Pdf], None]:
    """A PDF that runs a script when it is opened."""
    return acting(S=Name.JavaScript, JS=String("app.alert(1)"))
