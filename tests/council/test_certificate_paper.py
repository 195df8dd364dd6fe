"""A certificate as a sheet: every word in four languages, every letter in the face, PDF/A, a code that is read, a signature that holds."""

import io
import re
import string
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import zxingcpp
from PIL import Image

from chassis.problems import Unavailable
from chassis.settings import Settings
from chassis.signed import BadCredential, UnknownKey, certificates_of, examine_pdf, read_signed_json, signers_of
from chassis.signing import SigningKey, published_keys, signers, signing_key, trusted_certificates
from chassis.typeset import typeset
from services.council.certificate_document import TEMPLATE, address_of, made, qr_of, told_day, words
from services.council.credential import issuer_of

LANGUAGES = ("ky", "kk", "ru", "en")
#: Letters that Russian has not, with those of both alphabets.
LETTERS = "ӘәҒғҚқҢңӨөҰұҮүҺһІіЁё№«»–"
AT = datetime(2026, 3, 16, 6, tzinfo=UTC)
NUMBER = "KZ-A № 12/34"


@pytest.fixture(scope="module")
def using(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(state_dir=tmp_path_factory.mktemp("state"), public_url="https://register.example.kz")


@pytest.fixture(scope="module")
def key(using: Settings) -> SigningKey:
    return signing_key(using)


def content(using: Settings, language: str, **changes: Any) -> dict[str, Any]:
    word, address = words(language), address_of(using, "iqaa", NUMBER)
    return {
        "language": language,
        "title": word["title"],
        "agency_word": word["agency"],
        "agency": f"Агенттік {LETTERS}",
        "number": word["number"].format(number=NUMBER),
        "blank": word["blank"].format(blank="ИА 000018"),
        "duplicate": word["duplicate"],
        "duplicate_note": word["duplicate_note"].format(on=told_day(date(2028, 2, 1), language)),
        "given": word["given"],
        "institution": f"Университет {LETTERS}",
        "place": "Өскемен",
        "accredited": word["accredited"],
        "scopes": [word["whole"], word["programme"].format(name=LETTERS)],
        "facts": [[word[name], LETTERS, name == "valid_until"] for name in ("decided", "regulation", "extends", "reissued", "valid_until")],
        "qr": qr_of(address),
        "address": address,
        "verify": word["verify"],
        "rules": word["rules"],
        "signature": word["signature"],
        "signer": "IQAA",
        **changes,
    }


def test_the_words_are_there_in_all_languages_with_the_same_gaps() -> None:
    gaps = {name: _gaps(text) for name, text in words("en").items()}
    for language in LANGUAGES:
        said = words(language)
        assert {name: _gaps(text) for name, text in said.items()} == gaps
        if language != "en":
            left = {name: text for name, text in said.items() if re.search("[A-Za-z]", re.sub(r"{\w+}", "", text))}
            assert not left, f"{language}: Latin letters"
    assert len({words(language)["title"] for language in LANGUAGES}) == 4


def _gaps(text: str) -> set[str | None]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}


@pytest.mark.parametrize(
    ("language", "said"), [("ky", "16-март 2026-ж."), ("kk", "2026 ж. 16 наурыз"), ("ru", "16 марта 2026 г."), ("en", "16 March 2026")]
)
def test_days_are_written_as_the_language_writes_them(language: str, said: str) -> None:
    assert told_day(date(2026, 3, 16), language) == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sheet_is_one_page_of_pdf_a_whose_face_has_every_letter(using: Settings, key: SigningKey, language: str) -> None:
    document = made(content(using, language), key, AT)
    with pikepdf.open(io.BytesIO(document)) as pdf:
        assert len(pdf.pages) == 1
        assert pdf.open_metadata().pdfa_status == "2B"
        fonts, missing = _fonts(pdf)
    assert fonts <= {"LibertinusSerif", "DejaVuSansMono"}, "another face has come in for a letter"
    assert not missing, f"{missing} glyphs that the face has not"


def _fonts(pdf: pikepdf.Pdf) -> tuple[set[str], int]:
    """The families of the page, and how often the sign for a missing letter is drawn."""
    page = pdf.pages[0]
    families = {str(font["/BaseFont"]).rpartition("+")[2].lstrip("/").partition("-")[0] for font in page.resources["/Font"].values()}
    missing = 0
    for instruction in pikepdf.parse_content_stream(page):
        if str(instruction.operator) in ("Tj", "TJ"):
            for shown in instruction.operands[0] if str(instruction.operator) == "TJ" else instruction.operands:
                codes = bytes(shown) if isinstance(shown, pikepdf.String) else b""
                missing += sum(codes[at : at + 2] == b"\0\0" for at in range(0, len(codes), 2))
    return families, missing


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_code_leads_to_the_verification_of_its_number(using: Settings, language: str) -> None:
    picture = typeset(TEMPLATE, content(using, language), at=AT, form="png")
    [read] = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    assert read.text == "https://register.example.kz/verify/iqaa/KZ-A%20%E2%84%96%2012%2F34"


def test_the_same_words_are_the_same_sheet_before_it_is_signed(using: Settings) -> None:
    first, second = (typeset(TEMPLATE, content(using, "kk"), at=AT) for _ in range(2))
    assert first == second
    assert typeset(TEMPLATE, content(using, "kk", place="Алматы"), at=AT) != first


def test_what_it_says_cannot_become_the_template_s_source(using: Settings) -> None:
    strange = '#panic("x") $x$ *bold* @here \\ [#read("words.yaml")] <label>'
    assert typeset(TEMPLATE, content(using, "ru", institution=strange, scopes=[strange] * 3), at=AT)


def test_forty_programmes_do_not_break_the_sheet(using: Settings, key: SigningKey) -> None:
    document = made(content(using, "ru", scopes=[f"образовательная программа: 6B0{n}" for n in range(40)]), key, AT)
    assert examine_pdf(document, trusted_certificates(using), signers(using)).trusted


def test_a_signature_holds_until_a_single_byte_is_changed(using: Settings, key: SigningKey) -> None:
    document = made(content(using, "kk"), key, AT)
    known = trusted_certificates(using), signers(using)
    found = examine_pdf(document, *known)
    assert (found.signed, found.intact, found.trusted, found.signer) == (True, True, True, key.signer)
    for place in (40, len(document) // 4, len(document) // 2, 3 * len(document) // 4, len(document) - 300, len(document) - 4):
        changed = bytearray(document)
        changed[place] ^= 1
        assert not examine_pdf(bytes(changed), *known).intact, place
    assert not examine_pdf(document + b"% more", *known).intact
    assert not examine_pdf(document[:-40], *known).intact


def test_what_is_added_after_the_signature_is_told(using: Settings, key: SigningKey) -> None:
    with pikepdf.open(io.BytesIO(made(content(using, "kk"), key, AT))) as pdf:
        pdf.docinfo["/Title"] = "Another"
        rewritten = io.BytesIO()
        pdf.save(rewritten)
    assert not examine_pdf(rewritten.getvalue(), trusted_certificates(using), signers(using)).intact


def test_another_s_key_is_not_trusted(using: Settings, key: SigningKey, tmp_path: Path) -> None:
    stranger = signing_key(Settings(state_dir=tmp_path))
    found = examine_pdf(made(content(using, "kk"), stranger, AT), trusted_certificates(using), signers(using))
    assert (found.intact, found.trusted) == (True, False)
    token = stranger.sign_json(b'{"a": 1}', "vc+jwt")
    with pytest.raises(UnknownKey):
        read_signed_json(token, published_keys(using), "vc+jwt")
    borrowed = {**published_keys(using)["keys"][0], "kid": stranger.jwk["kid"]}
    with pytest.raises(BadCredential):
        read_signed_json(token, {"keys": [borrowed]}, "vc+jwt")


def test_whom_our_authority_certifies_besides_is_not_us(using: Settings, key: SigningKey) -> None:
    document = made(content(using, "kk"), key, AT)
    others = trusted_certificates(using), trusted_certificates(using)  # the authority's own, and not the key's
    assert (examine_pdf(document, *others).intact, examine_pdf(document, *others).trusted) == (True, False)
    known = published_keys(using)
    assert examine_pdf(document, certificates_of(known), signers_of(known)).trusted


def test_a_key_before_this_one_is_trusted_still_where_the_settings_say_so(using: Settings, key: SigningKey, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding

    document, token = made(content(using, "kk"), key, AT), key.sign_json(b'{"a": 1}', "vc+jwt")
    kept = tmp_path / "earlier.pem"
    kept.write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in (key.certificate, *key.chain)))
    later = Settings(state_dir=tmp_path, signing_trust_file=kept)
    assert signing_key(later).jwk["kid"] != key.jwk["kid"]
    assert examine_pdf(document, trusted_certificates(later), signers(later)).trusted
    assert read_signed_json(token, published_keys(later), "vc+jwt") == {"a": 1}
    assert published_keys(later)["keys"][0]["kid"] == signing_key(later).jwk["kid"]


def test_production_has_a_key_of_its_own(using: Settings, key: SigningKey) -> None:
    production = {"env": "production", "postgres_password": "another"}
    with pytest.raises(Unavailable):
        signing_key(Settings(state_dir=using.state_dir, **production))  # type: ignore[arg-type]
    file = using.state_dir / "signing" / "development.p12"
    named = {"signing_key_file": file, "signing_key_password": "kepil-development"}
    assert signing_key(Settings(state_dir=using.state_dir, **named)).jwk == key.jwk  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        signing_key(Settings(state_dir=using.state_dir, **production, **named))  # type: ignore[arg-type]


def test_production_prints_no_address_of_this_machine() -> None:
    production = Settings(env="production", postgres_password="another")
    with pytest.raises(Unavailable):
        address_of(production, "iqaa", NUMBER)
    with pytest.raises(Unavailable):
        issuer_of(production, "iqaa")
    assert address_of(Settings(), "iqaa", "1") == "http://127.0.0.1:8108/verify/iqaa/1"


def test_a_private_key_is_never_published(using: Settings) -> None:
    assert not {"d", "p", "q", "k"} & set().union(*published_keys(using)["keys"])
    assert (using.state_dir / "signing" / "development.p12").stat().st_mode & 0o077 == 0
