"""What a rulebook file must be before it is believed, and the hash by which its content is known."""

import copy
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from regulations import RulebookChanged, RulebookRef, RulebookRefused, RulebookUnknown, Share, load, resolve, versions
from regulations import library as shelf
from regulations.library import SHELF, library, read
from regulations.rulebook import Rulebook

ORDER_109 = "kz-109-2008-accreditation"
RULES = load(ORDER_109)
FILE = SHELF / ORDER_109 / f"{RULES.version}.yaml"
CONTENT: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))

Path_ = tuple[str | int, ...]


def written(folder: Path, text: str) -> Path:
    file = folder / ORDER_109 / f"{RULES.version}.yaml"
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    return file


def place(content: Any, path: Path_) -> Any:
    for key in path:
        content = content[key]
    return content


def changed(path: str, **fields: Any) -> Callable[[dict[str, Any]], None]:
    return lambda content: place(content, tuple(path.split("."))).update(fields)


def without(path: str, key: str) -> Callable[[dict[str, Any]], None]:
    return lambda content: place(content, tuple(path.split("."))).pop(key)


def test_a_setting_is_asked_for_by_name_and_one_that_the_rulebook_lacks_is_unset() -> None:
    assert RULES.setting_if_any("council_quorum") == RULES.setting("council_quorum")
    assert RULES.setting_if_any("no_such_setting") is None


def test_a_stage_is_asked_for_by_the_ids_that_rulebooks_give_it() -> None:
    second = RULES.stages[1]
    assert RULES.stage("no_such_step", second.id) is second
    assert RULES.stage("no_such_step") is None


def test_the_shelf_is_read_whole_and_the_newest_version_is_meant_unless_one_is_named() -> None:
    for rulebook_id, books in library().items():
        assert [book.version for book in books] == list(versions(rulebook_id)) == sorted(versions(rulebook_id))
        assert load(rulebook_id) is books[-1]
        assert all(load(rulebook_id, book.version) is book for book in books)


@pytest.mark.parametrize(("rulebook_id", "version"), [("kz-110", None), (ORDER_109, "1999-01-01"), ("", None), ("../rulebooks", "x")])
def test_what_is_not_on_the_shelf_is_unknown(rulebook_id: str, version: str | None) -> None:
    with pytest.raises(RulebookUnknown):
        load(rulebook_id, version)


def test_a_folder_without_a_rulebook_is_none_and_a_new_one_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "drafts").mkdir()
    monkeypatch.setattr(shelf, "SHELF", tmp_path)

    assert library() == {}
    assert shelf.every("drafts") == ()
    written(tmp_path, FILE.read_text(encoding="utf-8"))
    assert {name: [book.content_hash for book in books] for name, books in library().items()} == {ORDER_109: [RULES.content_hash]}


def test_a_file_that_is_as_it_should_be_is_read(tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert read(written(tmp_path, text)).content_hash == RULES.content_hash


@pytest.mark.parametrize(
    ("spoil", "where", "what"),
    [
        (changed("terms.overall", amont=3), "terms.overall.amont", "Extra inputs"),
        (changed("terms.overall", amount=0), "terms.overall.amount", "greater than 0"),
        (changed("terms.overall", unit="weeks"), "terms.overall.unit", "calendar_days"),
        (without("terms.overall", "binds"), "terms.overall.binds", "Field required"),
        (without("terms.overall.names", "ky"), "terms.overall.names.ky", "Field required"),
        (without("terms.overall", "why"), "terms.overall", "a reading value says why"),
        (without("terms.overall", "clause"), "terms.overall", "needs a clause"),
        (changed("terms.overall", clause="99"), "(rulebook)", "terms.overall: no clause '99'"),
        (changed("terms.overall", anchor="sunrise"), "(rulebook)", "terms.overall: no anchor 'sunrise'"),
        (changed("terms.overall.quote", ru="от одного до пяти лет"), "(rulebook)", "terms.overall: the ru quotation is not in clause '11'"),
        (changed("terms.overall", direction="before"), "terms.overall", "only a forward deadline may move"),
        (changed("terms.certificate_issue", follows="refused"), "terms.certificate_issue", "nothing is sanctioned by a practice"),
        (changed("terms.certificate_issue", quote={"ru": "оформляет"}), "terms.certificate_issue", "the text is silent"),
        (changed("terms.duplicate", amount=12), "terms.duplicate", "what its default variant 'ru' states"),
        (changed("terms.duplicate", default_variant="en"), "terms.duplicate", "is not among ['kk', 'ru']"),
        (without("terms.duplicate", "default_variant"), "terms.duplicate", "come together"),
        (changed("terms.duplicate.variants.kk", amount=-1), "terms.duplicate.variants.kk.amount", "greater than 0"),
        (changed("ranges.visit_length", minimum=5), "ranges.visit_length", "no length lies between 5 and 4"),
        (changed("documents.application", required_for=["partial"]), "(rulebook)", "documents.application: no kind 'partial'"),
        (changed("settings.council_quorum", value={"of": "3/2", "strictly": True}), "settings.council_quorum.value", "no part of a whole"),
        (changed("settings.council_quorum", value={"of": "half", "strictly": True}), "settings.council_quorum.value", "pattern"),
        (lambda content: content.update(country="XX"), "country", "KZ"),
        (lambda content: content.update(zone="Asia/Nowhere"), "zone", "no zone 'Asia/Nowhere'"),
        (lambda content: content.update(version="2009-01-01"), "id, version", "do not agree with the file's place"),
    ],
)
def test_a_refusal_names_the_file_the_place_and_what_is_wrong(
    tmp_path: Path, spoil: Callable[[dict[str, Any]], None], where: str, what: str
) -> None:
    content = copy.deepcopy(CONTENT)
    spoil(content)
    file = written(tmp_path, yaml.safe_dump(content, allow_unicode=True))
    with pytest.raises(RulebookRefused) as refusal:
        read(file)
    assert refusal.value.file == file
    lines = [line for line in str(refusal.value).splitlines() if line.startswith(f"{file}: {where}") and what in line]
    assert lines, str(refusal.value)


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda text: "- a list\n", "a rulebook is a mapping"),
        (lambda text: "", "a rulebook is a mapping"),
        (lambda text: text.replace("country: KZ", "country: [KZ"), "line 12, column 10"),
        (lambda text: text.replace("country: KZ", "country: KZ\ncountry: KG"), "'country' is written twice"),
        (lambda text: text.replace("\n  visit_notice:\n", "\n  overall:\n"), "'overall' is written twice"),
        (lambda text: "!!python/object/apply:os.getcwd []\n", "could not determine a constructor"),
    ],
    ids=["a list", "empty", "broken", "a value twice", "a term twice", "code"],
)
def test_what_is_no_plain_yaml_is_refused_with_its_line(tmp_path: Path, spoil: Callable[[str], str], what: str) -> None:
    with pytest.raises(RulebookRefused) as refusal:
        read(written(tmp_path, spoil(FILE.read_text(encoding="utf-8"))))
    assert what in str(refusal.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RulebookRefused, match="No such file"):
        read(tmp_path / "absent.yaml")


def leaves(content: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    if isinstance(content, dict | list):
        members = content.items() if isinstance(content, dict) else enumerate(content)
        for key, value in members:
            yield from leaves(value, (*path, key))
    else:
        yield path, content


def altered(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return value + " "
        case _:
            return "something"


def test_the_hash_changes_with_every_value() -> None:
    content = RULES.model_dump(mode="json", exclude_unset=True)
    hashes = {RULES.content_hash}
    told, groups = 0, set()
    for path, value in leaves(content):
        home = place(content, path[:-1])
        home[path[-1]] = altered(value)
        try:
            other = Rulebook.model_validate(content)
        except ValidationError:
            continue
        finally:
            home[path[-1]] = value
        assert other.content_hash not in hashes, path
        hashes.add(other.content_hash)
        groups.add(path[0])
        told += 1
    assert told > 700
    assert {"clauses", "terms", "ranges", "vocabularies", "documents", "settings", "registers", "stages", "anchors"} <= groups


def test_the_hash_does_not_depend_on_the_order_of_writing() -> None:
    def turned(value: Any) -> Any:
        return {key: turned(value[key]) for key in reversed(value)} if isinstance(value, dict) else value

    assert Rulebook.model_validate(turned(RULES.model_dump(mode="json", exclude_unset=True))).content_hash == RULES.content_hash


def test_a_field_that_a_later_schema_adds_changes_no_hash() -> None:
    class Later(Rulebook):
        added_later: tuple[str, ...] = ()

    assert Later.model_validate(RULES.model_dump(mode="json", exclude_unset=True)).content_hash == RULES.content_hash


def test_a_reference_leads_back_to_the_very_content() -> None:
    assert resolve(RULES.ref) is RULES
    with pytest.raises(RulebookChanged, match="content 000"):
        resolve(RulebookRef(id=RULES.id, version=RULES.version, content_hash="0" * 64))


def test_a_what_if_is_checked_and_leaves_the_rulebook_as_it_is() -> None:
    revised = RULES.revised({"terms.certificate_issue": {"amount": 20}}, version="what-if")
    assert (revised.terms["certificate_issue"].amount, RULES.terms["certificate_issue"].amount) == (20, 10)
    assert (revised.version, revised.content_hash != RULES.content_hash) == ("what-if", True)
    with pytest.raises(ValidationError):
        RULES.revised({"terms.certificate_issue": {"amount": 0}}, version="what-if")


@pytest.mark.parametrize(
    ("of", "strictly", "count", "total", "met"),
    [
        ("1/2", True, 3, 5, True),
        ("1/2", True, 2, 4, False),
        ("1/2", False, 2, 4, True),
        ("2/3", False, 4, 6, True),
        ("2/3", False, 3, 5, False),
        ("1/1", False, 5, 5, True),
        ("1/2", False, 0, 0, False),
    ],
)
def test_a_share_is_reached_or_exceeded(of: str, strictly: bool, count: int, total: int, met: bool) -> None:
    assert Share(of=of, strictly=strictly).met_by(count, total) is met


@pytest.mark.clause(ORDER_109, "2")
def test_a_rulebook_is_in_force_from_its_first_to_its_last_day() -> None:
    days = [date(2008, 4, 6), date(2008, 4, 7), date(2013, 7, 3), date(2013, 7, 4)]
    assert [RULES.in_force_on(day) for day in days] == [False, True, True, False]
