"""Every kind of letter in every language: nothing is missing, nothing is left untranslated, the clause is cited and quoted."""

import re
from datetime import date
from string import Formatter
from typing import Any

import pytest

from regulations import load
from regulations.values import fold
from services.notices.consumers import SOURCES
from services.notices.contract import EVENTS, LetterDrawnUp
from services.notices.contract_letters import Language
from services.notices.domain.letter_facts import HOW, OF_AN_ITEM, of_deadline
from services.notices.domain.letter_kind import AAKR, ARTKI, IQAA, KZ, KZ_ATTESTATION, SAPAT
from services.notices.domain.letter_kinds import KINDS
from services.notices.letters_pages import LANGUAGES, Writing, content, own_language, page, plain, words
from tests.notices.letters import AT, HEAD, every_letter, letter, of_kind

IN_EVERY_LANGUAGE = pytest.mark.parametrize("language", LANGUAGES)
LETTERS = list(every_letter())
EVERY_LETTER = pytest.mark.parametrize("drawn", LETTERS, ids=lambda each: f"{each.kind}-{each.rulebook.id}")


def citing(rulebook: str) -> set[str]:
    """The clauses of a rulebook that some kind of letter cites."""
    return {clause for kind in KINDS.values() for clause in kind.clauses.get(rulebook, ())}


def leaves(value: Any, path: str = "") -> dict[str, str]:
    """Every text of the words of a language, by its path."""
    if isinstance(value, dict):
        return {k: v for name, each in value.items() for k, v in leaves(each, f"{path}/{name}").items()}
    if isinstance(value, list):
        return {k: v for number, each in enumerate(value) for k, v in leaves(each, f"{path}/{number}").items()}
    return {path: value}


@EVERY_LETTER
@IN_EVERY_LANGUAGE
def test_a_letter_says_everything_in_its_language(drawn: LetterDrawnUp, language: Language) -> None:
    told = content(drawn, HEAD, "agency", language)
    text = plain(drawn, HEAD, "agency", language)
    assert not re.search(r"[{}]|\bNone\b|\[sealed\]", text), text
    assert [fact["label"] for fact in told["facts"]] == [words(language)["facts"][name] for name in drawn.facts]
    assert all(each.strip() for fact in told["facts"] for each in fact["texts"]), told["facts"]
    assert told["subject"] in text
    assert told["signatory"] is None or HEAD.signatory_name in text
    for clause in told["clauses"]:
        assert clause["quote"], "the rulebook's own words"
        assert clause["quote"] in text


@EVERY_LETTER
@IN_EVERY_LANGUAGE
def test_no_word_of_the_system_is_left_in_a_letter(drawn: LetterDrawnUp, language: Language) -> None:
    writing = Writing(language, load(drawn.rulebook.id) if drawn.rulebook else None)
    for name, value in drawn.facts.items():
        if HOW.get(name) in ("word", "words"):
            for told in writing.texts(HOW[name], value):
                assert not re.fullmatch(r"[a-z0-9_:]+", told) or language == "en", f"{name}: {told}"
    machine = re.findall(r"\b[a-z]+_[a-z_]+\b", plain(drawn, HEAD, "agency", language))
    assert machine == []


def test_every_kind_has_a_letter_here() -> None:
    assert {drawn.kind for drawn in LETTERS} == set(KINDS), "so that the tests above mean something"
    cited = {(drawn.rulebook.id, drawn.kind) for drawn in LETTERS if drawn.rulebook}
    lacking = {(rulebook, kind.name) for kind in KINDS.values() for rulebook in kind.clauses} - cited
    assert {name for _, name in lacking} <= {name for _, name in cited}


@IN_EVERY_LANGUAGE
def test_the_languages_have_the_same_words(language: Language) -> None:
    english, own = leaves(words("en")), leaves(words(language))
    assert set(own) == set(english)
    assert [path for path, text in own.items() if not str(text).strip()] == []
    fields = {path: {name for _, name, _, _ in Formatter().parse(text) if name} for path, text in english.items()}
    assert {path: {name for _, name, _, _ in Formatter().parse(text) if name} for path, text in own.items()} == fields


@pytest.mark.parametrize("language", ["ky", "kk", "ru"])
def test_no_english_is_left_in_another_language(language: Language) -> None:
    texts = {path: re.sub(r"\{\w+\}", "", text) for path, text in leaves(words(language)).items()}
    assert {path: text for path, text in texts.items() if re.search(r"[A-Za-z]{2}", text)} == {}


def test_kyrgyz_and_kazakh_are_no_russian() -> None:
    kinds = {language: words(language)["kinds"] for language in LANGUAGES}
    for language in ("ky", "kk"):
        same = [kind for kind in KINDS if kinds[language][kind][1] == kinds["ru"][kind][1] or kinds["ky"][kind] == kinds["kk"][kind]]
        assert same == []


def test_the_words_are_of_kinds_and_facts_that_there_are() -> None:
    assert set(words("en")["kinds"]) == set(KINDS)
    assert set(words("en")["addressees"]) == {kind.to for kind in KINDS.values()}
    taken = {name for kind in KINDS.values() for name, _ in kind.taken()}
    of_matters = {"application_number", "certificate_number", "term", "due_on", "working_days_left", "calendar_days_left"}
    assert set(words("en")["facts"]) == taken | of_matters
    assert set(HOW) <= set(words("en")["facts"])


def test_a_kind_takes_fields_that_its_event_has_and_cites_clauses_that_there_are() -> None:
    catalogues = {each.service: each for each in (*SOURCES, EVENTS)}
    for kind in KINDS.values():
        service, name = kind.on.split(".")
        fields = set(catalogues[service].types[name].model_fields)
        assert {field for _, field in kind.taken()} | ({kind.day} if kind.day else set()) <= fields, kind.name
        for rulebook, clauses in kind.clauses.items():
            assert set(clauses) <= set(load(rulebook).clauses), kind.name
            for event in of_kind(kind):
                assert set(kind.cites(event, rulebook)) <= set(clauses)


@pytest.mark.clause("kz-109-2008-accreditation", "9.5", "9.10", "10", "12", "14 (b)", "20", "21", "22 (a)", "24", "25", "27", "28 (a)")
def test_every_notice_of_order_109_on_accreditation_has_its_letter() -> None:
    assert {"9.5", "9.10", "10", "12", "14 (b)", "20", "21", "22 (a)", "24", "25", "27", "28 (a)"} <= citing(KZ)


@pytest.mark.clause("kz-109-2008-attestation", "12", "13.1", "14", "15", "21", "24 (b)", "31", "33", "34", "36", "37", "38")
def test_every_notice_of_order_109_on_attestation_has_its_letter() -> None:
    assert {"12", "13.1", "14", "15", "21", "24 (b)", "31", "33", "34", "36", "37", "38"} <= citing(KZ_ATTESTATION)


@pytest.mark.clause(
    "iqaa-accreditation", "S1.c.1", "S1.f.2", "S2.c.1", "S2.c.2", "S2.d", "S2.h", "S2.i", "S3.d", "S3.e", "S3.f.1", "S3.f.2"
)
@pytest.mark.clause("iqaa-accreditation", "S3.f.2", "S3.h", "S4.a")
def test_every_notice_of_iqaa_has_its_letter() -> None:
    of_iqaa = {"S1.c.1", "S1.f.2", "S2.c.1", "S2.c.2", "S2.d", "S2.h", "S2.i", "S3.d", "S3.e", "S3.f.1", "S3.f.2", "S3.h", "S4.a"}
    assert of_iqaa <= citing(IQAA)


@pytest.mark.clause("aakr-monitoring-2024", "II.1", "II.4.a", "II.4.c", "II.4.d", "II.4.h", "II.4.j", "III.i")
def test_every_notice_of_aakr_has_its_letter() -> None:
    assert {"II.1", "II.4.a", "II.4.c", "II.4.d", "II.4.h", "II.4.j", "III.i"} <= citing(AAKR)


@pytest.mark.clause("sapattuu-bilim-monitoring", "2.7", "2.9.s1", "2.10", "2.11.p1.s3", "3.3.a", "3.3.b.s1", "3.3.b.s3", "3.3.c", "3.4")
def test_every_notice_of_sapattuu_bilim_has_its_letter() -> None:
    assert {"2.7", "2.9.s1", "2.10", "2.11.p1.s3", "3.3.a", "3.3.b.s1", "3.3.b.s3", "3.3.c", "3.4"} <= citing(SAPAT)


@pytest.mark.clause("artki-internal-monitoring", "3.2.s1", "3.3.4", "4.1", "4.3.s1", "6.2")
def test_the_agency_tells_its_own_people_of_internal_monitoring() -> None:
    assert {"3.2.s1", "3.3.4", "4.1", "4.3.s1", "6.2"} <= citing(ARTKI)


def test_a_clause_is_quoted_in_the_language_of_the_letter_where_the_act_has_it() -> None:
    kind = KINDS["refusal_notice"]
    drawn = letter(kind, next(of_kind(kind)), KZ)
    quotes = {language: content(drawn, HEAD, "a", language)["clauses"][0] for language in LANGUAGES}
    act = load(KZ).clause("22 (a)").quote
    assert (quotes["kk"]["quote"], quotes["kk"]["original"]) == (act["kk"], "")
    assert (quotes["ru"]["quote"], quotes["ru"]["original"]) == (act["ru"], "")
    assert quotes["ky"]["quote"] == act["ru"]
    assert "орусча" in quotes["ky"]["original"]
    assert "On refusal a written notice" in quotes["en"]["rule"]


@pytest.mark.parametrize(
    ("language", "written"),
    [("ky", "21-ноябрь 2026-ж."), ("kk", "2026 ж. 21 қараша"), ("ru", "21 ноября 2026 г."), ("en", "21 November 2026")],
)
def test_days_are_written_as_each_language_writes_them(language: Language, written: str) -> None:
    assert Writing(language, None).day("2026-11-21") == written


@pytest.mark.clause("aakr-monitoring-2024", "II.4.j")
def test_days_left_are_counted_as_the_rulebook_counts_them() -> None:
    about = {"due_on": date(2026, 12, 1), "rule": "acceptance_notice"}
    assert of_deadline(load(AAKR), about, date(2026, 11, 20))["working_days_left"] == 7
    study = {**about, "rule": "report_study"}
    assert of_deadline(load(AAKR), study, date(2026, 11, 20))["calendar_days_left"] == 11
    assert of_deadline(load(AAKR), about, date(2026, 12, 2)) == {"term": "acceptance_notice", "due_on": "2026-12-01"}


def test_a_letter_is_in_the_state_language_unless_another_is_asked_for() -> None:
    kind = KINDS["resolution_notice"]
    assert own_language(letter(kind, next(of_kind(kind)), SAPAT)) == "ky"
    assert own_language(letter(KINDS["refusal_notice"], next(of_kind(KINDS["refusal_notice"])), KZ)) == "kk"


def test_without_a_letterhead_the_agency_is_named_by_its_id_and_nobody_signs() -> None:
    drawn = LETTERS[0]
    told = content(drawn, None, "iqaa", "ru")
    assert told["sender"] == {"name": "iqaa", "address": "", "contacts": ""}
    assert told["signatory"] is None


@pytest.mark.clause("kz-109-2008-attestation", "21")
def test_the_announcement_of_an_attestation_is_the_institutions_own() -> None:
    kind = KINDS["attestation_announcement"]
    told = content(letter(kind, next(of_kind(kind)), KZ_ATTESTATION), HEAD, "a", "kk")
    assert told["sender"]["name"] == "Қазақ ұлттық университеті"
    assert told["signatory"] is None


@IN_EVERY_LANGUAGE
def test_the_page_is_pdf_a_and_the_same_each_time(language: Language) -> None:
    drawn = next(each for each in LETTERS if each.kind == "visit_announced")
    made = page(drawn, HEAD, "agency", language)
    assert made == page(drawn, HEAD, "agency", language)
    assert made.startswith(b"%PDF-")
    assert b"pdfaid:part" in made
    assert AT.strftime("D:%Y%m%d").encode() in made


def test_every_kind_is_typeset() -> None:
    seen: set[str] = set()
    for drawn in LETTERS:
        if drawn.kind not in seen:
            seen.add(drawn.kind)
            assert page(drawn, HEAD, "agency", LANGUAGES[len(seen) % 4]).startswith(b"%PDF-")
    assert seen == set(KINDS)


def test_what_a_sealed_field_says_is_in_no_letter() -> None:
    drawn = [each for each in LETTERS if each.kind in ("objection_decided", "group_objection_decided", "coordinator_appointed")]
    assert len(drawn) >= 3
    assert all("[sealed]" not in str(each.facts) for each in drawn)


def test_items_are_written_by_what_is_known_of_their_parts() -> None:
    assert set(OF_AN_ITEM) >= {"scope", "outcome", "until"}
    assert fold(" — ".join(Writing("ru", load(SAPAT)).texts("items", [{"word": "suspend_accreditation", "until": "2027-01-02"}]))) == (
        f"{load(SAPAT).vocabularies['decisions']['suspend_accreditation'].names.ru} — до 2 января 2027 г."
    )
