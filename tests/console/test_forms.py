"""A form out of a schema and back: what it asks, what was filled in, what body that makes, what is wrong with it. No server."""

from typing import Any

import pytest

from console import forms_reading as reading
from console import labels
from console.fields import Member, members_of
from console.forms import Form, told_of
from console.forms_choices import Option, enumerated, from_rulebooks, of_document, within
from console.forms_operations import Operation, operations

WORD, LINE, PROSE = r"^[a-z_]{2,40}$", r"^[^\x00-\x1f\x7f-\x9f]*$", r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$"
COMPONENTS: dict[str, Any] = {
    "Document": {
        "type": "object",
        "properties": {"kind": {"type": "string", "pattern": WORD}, "name": {"type": "string"}, "sha256": {"type": "string"}},
        "required": ["kind", "name", "sha256"],
    },
    "Seat": {
        "type": "object",
        "properties": {
            "expert_id": {"type": "string"},
            "role": {"enum": ["chair", "member"], "type": "string"},
            "levels": {"type": "array", "items": {"type": "string", "pattern": WORD}},
        },
        "required": ["expert_id", "role"],
    },
    "Body": {
        "type": "object",
        "properties": {
            "names": {"type": "object", "additionalProperties": {"type": "string"}, "propertyNames": {"enum": ["ky", "kk", "ru", "en"]}},
            "held_on": {"type": "string", "format": "date"},
            "attended": {"type": "integer", "minimum": 0},
            "amount": {"anyOf": [{"type": "number"}, {"type": "string"}]},
            "reasons": {"type": "string", "pattern": PROSE},
            "conforms": {"type": "boolean"},
            "arts": {"type": "boolean", "default": False},
            "note": {"anyOf": [{"type": "string", "pattern": LINE, "maxLength": 5}, {"type": "null"}]},
            "ownership": {"anyOf": [{"type": "string", "pattern": WORD}, {"type": "null"}]},
            "members": {"type": "array", "items": {"$ref": "#/components/schemas/Seat"}},
            "document": {"$ref": "#/components/schemas/Document"},
            "annexes": {"type": "array", "items": {"$ref": "#/components/schemas/Document"}},
            "qualities": {"type": "object", "additionalProperties": {"type": "boolean"}},
        },
        "required": ["names", "held_on", "attended", "reasons", "conforms", "ownership", "members", "document"],
    },
    "Publication": {
        "type": "object",
        "properties": {**{name: {"type": "string"} for name in ("kind", "name", "sha256")}, "address": {"type": "string"}},
        "required": ["kind", "name", "sha256"],
    },
}
MEMBERS = members_of({"$ref": "#/components/schemas/Body"}, COMPONENTS)
HASH = "a" * 64
FILLED = [
    ("names.ky", "КазУУ"),
    ("names.ru", " КазНУ "),
    ("held_on", "2026-11-21"),
    ("attended", "12"),
    ("amount", "1 200,50"),
    ("reasons", "One\r\ntwo"),
    ("conforms", "no"),
    ("members.2.expert_id", "b"),
    ("members.2.role", "member"),
    ("members.0.expert_id", "a"),
    ("members.0.role", "chair"),
    ("members.0.levels", "higher"),
    ("members.0.levels", "postgraduate"),
    ("members.1.role", ""),
    ("document.kind", "licence"),
    ("document.name", "a.pdf"),
    ("document.sha256", HASH),
    ("qualities.0.key", "reliable"),
    ("qualities.0.value", "yes"),
    ("qualities.1.key", ""),
]


def of(name: str, members: tuple[Member, ...] = MEMBERS) -> Member:
    return next(each for each in members if each.name == name)


def test_each_member_is_asked_in_its_own_way() -> None:
    kinds = {each.name: each.kind for each in MEMBERS}

    assert kinds == {
        "names": "group",
        "held_on": "date",
        "attended": "integer",
        "amount": "number",
        "reasons": "prose",
        "conforms": "yes_no",
        "arts": "flag",
        "note": "line",
        "ownership": "line",
        "members": "list",
        "document": "document",
        "annexes": "list",
        "qualities": "map",
    }
    assert [each.name for each in of("names").members] == ["ky", "kk", "ru", "en"]
    item = of("members").item
    assert item is not None
    assert [(each.key, each.kind) for each in item.members] == [
        ("Seat.expert_id", "line"),
        ("Seat.role", "choice"),
        ("Seat.levels", "list"),
    ]
    assert of("note").nullable
    assert not of("note").required


def test_a_body_that_describes_a_file_asks_for_a_file() -> None:
    members = members_of({"$ref": "#/components/schemas/Publication"}, COMPONENTS)

    assert [(each.name, each.kind) for each in members] == [("", "document"), ("address", "line")]
    values = reading.read(members, [("sha256", HASH), ("name", "a.pdf"), ("kind", "report"), ("address", "")])
    assert reading.body(members, values) == {"kind": "report", "name": "a.pdf", "sha256": HASH}


def test_what_was_filled_in_makes_the_body() -> None:
    body = reading.body(MEMBERS, reading.read(MEMBERS, FILLED))

    assert body == {
        "names": {"ky": "КазУУ", "ru": "КазНУ"},
        "held_on": "2026-11-21",
        "attended": 12,
        "amount": "1200.50",
        "reasons": "One\ntwo",
        "conforms": False,
        "arts": False,
        "ownership": None,
        "members": [{"expert_id": "a", "role": "chair", "levels": ["higher", "postgraduate"]}, {"expert_id": "b", "role": "member"}],
        "document": {"kind": "licence", "name": "a.pdf", "sha256": HASH},
        "qualities": {"reliable": True},
    }


def test_an_empty_form_lacks_what_must_be_said_and_nothing_else() -> None:
    found = reading.mistakes(MEMBERS, reading.blank(MEMBERS))

    assert found == dict.fromkeys(["names", "held_on", "attended", "reasons", "conforms", "members", "document"], "missing")


@pytest.mark.parametrize(
    ("name", "text", "mistake"),
    [
        ("held_on", "21.11.2026", "no_day"),
        ("held_on", "2026-02-30", "no_day"),
        ("held_on", "20261121", "no_day"),
        ("attended", "twelve", "no_integer"),
        ("attended", "٣", "no_integer"),
        ("amount", "12,5 сом", "no_number"),
        ("note", "longer", "too_long"),
        ("members.0.expert_id", "", "missing"),
    ],
)
def test_a_mistake_is_at_its_field(name: str, text: str, mistake: str) -> None:
    pairs = [(given, value) for given, value in FILLED if given != name] + [(name, text)]
    found = reading.mistakes(MEMBERS, reading.read(MEMBERS, pairs))

    assert found[name] == mistake


def test_rows_are_added_and_taken_away_at_their_place() -> None:
    values = reading.read(MEMBERS, FILLED)
    reading.grown(MEMBERS, values, "members")
    reading.grown(MEMBERS, values, "members.0.levels")
    reading.grown(MEMBERS, values, "annexes")
    reading.shrunk(MEMBERS, values, "members.1")

    assert [row["expert_id"] for row in values["members"]] == ["a", "b", ""]
    assert values["members"][0]["levels"] == ["higher", "postgraduate", ""]
    assert values["annexes"] == [{"kind": "", "name": "", "sha256": ""}]


@pytest.mark.parametrize("at", ["", "nothing", "held_on", "members.x", "members.9.levels", "members.0", "document.kind", "names.ky.0"])
def test_a_row_of_what_has_no_rows_changes_nothing(at: str) -> None:
    values, same = (reading.read(MEMBERS, FILLED) for _ in range(2))
    reading.grown(MEMBERS, values, at)
    if at != "members.0":
        reading.shrunk(MEMBERS, values, at)

    assert values == same


def test_a_form_begins_with_what_is_so_already() -> None:
    body = reading.body(MEMBERS, reading.read(MEMBERS, FILLED))

    assert reading.body(MEMBERS, reading.filled(MEMBERS, body)) == body


def test_errors_of_a_service_are_told_at_the_fields_by_their_labels() -> None:
    operation = Operation(
        "visits", "form_panel", "/v1/visits/{case_id}/panel", frozenset(), MEMBERS, (), True, "/v1/visits/{case_id}", True
    )
    form = Form(operation, "ru", reading.blank(MEMBERS), "key")
    errors = [
        {"pointer": "#/members/0/role", "detail": "no role"},
        {"pointer": "#/held_on", "detail": "too early"},
        {"detail": "all of it"},
    ]
    faulty = form.faulty(told_of(errors, str))

    assert [(each.name, each.label) for each in faulty.faults] == [
        ("members.0.role", "Члены – 1 – Роль"),
        ("held_on", "Дата проведения"),
        ("", ""),
    ]
    assert faulty.wrong("members.0.role") == ["no role"]
    assert faulty.key == "key"
    assert form.title == "Сформировать группу экспертов"


def test_words_are_chosen_by_the_names_of_the_rulebook_and_under_it_where_there_are_several() -> None:
    levels = Member("levels", "list", "NewApplication", item=Member("levels", "line", "NewApplication", pattern=WORD))
    book = labels.books("kz-109-2008-accreditation")
    one = from_rulebooks(levels, book, "kk")
    several = from_rulebooks(levels, [*book, *labels.books("kz-109-2008-attestation")], "kk")

    assert [each.value for each in one] == ["higher", "postgraduate"]
    assert {each.group for each in one} == {""}
    assert str(book[0].title.kk) in {each.group for each in several}
    assert len({(each.value, each.label) for each in several}) == len(several)
    assert from_rulebooks(Member("levels", "line", "X", pattern=LINE), book, "kk") == []


def test_a_word_that_every_rulebook_has_is_offered_once_and_under_none() -> None:
    levels = Member("levels", "list", "NewApplication", item=Member("levels", "line", "NewApplication", pattern=WORD))
    both = [*labels.books("kz-109-2008-accreditation"), *labels.books("iqaa-accreditation")]

    assert from_rulebooks(levels, both, "en") == [Option("higher", "higher"), Option("postgraduate", "postgraduate")]


def test_a_document_is_offered_the_words_of_its_own_command() -> None:
    order_109, iqaa = labels.books("kz-109-2008-accreditation"), labels.books("iqaa-accreditation")

    assert [each.value for each in of_document(order_109, "en", "attach_document")][:2] == ["application", "state_licence"]
    assert of_document(order_109, "en", "prepare_materials") == []
    package = [each.value for each in of_document(iqaa, "en", "prepare_materials")]
    assert package[:4] == ["self_assessment_report", "external_evaluation_report", "accreditation_conclusion", "presentation"]
    assert "licence_copies" not in package
    assert len(package) == len(set(package))
    assert "methodological_support" in {each.value for each in of_document(iqaa, "en", "send_materials")}


def test_a_document_without_a_word_of_the_rulebook_is_told_by_what_it_was_sent_as() -> None:
    (order_109,) = labels.books("kz-109-2008-accreditation")

    assert labels.value("kind", "state_licence", "ru", order_109) == "копия государственной лицензии"
    assert labels.value("kind", "documents", "ru", order_109) == "Документы"


def test_parts_by_their_names_may_be_none_where_the_service_names_no_least_number() -> None:
    words = {"type": "object", "additionalProperties": {"type": "string"}}
    body = {"type": "object", "properties": {"parts": words, "names": {**words, "minProperties": 1}}, "required": ["parts", "names"]}
    members = members_of(body, {})
    values = reading.blank(members)

    assert reading.mistakes(members, values) == {"names": "missing"}
    assert reading.body(members, values) == {"parts": {}, "names": {}}


def test_the_services_own_words_have_names_too() -> None:
    assert enumerated(Member("vote", "choice", "Ballot", words=("for", "against")), "ky") == [
        Option("for", "Макул"),
        Option("against", "Каршы"),
    ]


def test_what_stands_in_the_record_is_chosen_from_it() -> None:
    plan = {"measures": [{"measure_id": "m1", "measure": "Mend the roof"}], "submissions": [{"measures": [{"measure_id": "m1"}]}]}
    consideration = {"scopes": ["institution", "6B01"]}

    assert within(Member("measure_id", "line", "NewProgress"), {"measures": plan["measures"]}, "en") == [Option("m1", "m1 · Mend the roof")]
    assert [each.value for each in within(Member("scope", "line", "Ballot"), consideration, "en")] == ["institution", "6B01"]
    assert within(Member("reason", "line", "X"), plan, "en") == []


def test_a_command_knows_what_it_is_about_and_its_own_path() -> None:
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}}}
    told = {"operationId": "form_panel", "x-kepil-action": "form_panel", "x-kepil-roles": ["coordinator"], "requestBody": body}
    document = {
        "paths": {
            "/v1/visits": {"get": {}},
            "/v1/visits/{case_id}": {"get": {}},
            "/v1/visits/{case_id}/panel": {"post": {**told, "parameters": [{"name": "If-Match", "in": "header"}]}},
            "/v1/open/{agency}": {"post": {"operationId": "answer", "security": []}},
        },
        "components": {"schemas": COMPONENTS},
    }
    found = operations("visits", document)
    panel = found["form_panel"]

    assert set(found) == {"form_panel"}
    assert (panel.resource, panel.needs_version, panel.parameters) == ("/v1/visits/{case_id}", True, ("case_id",))
    assert panel.ids_in("/v1/visits/abc/panel") == ("abc",)
    assert panel.ids_in("/v1/visits/abc/other") is None
    assert panel.at(["abc"]) == "/v1/visits/abc/panel"


def test_an_id_of_an_address_stays_one_part_of_the_path() -> None:
    operation = Operation("intake", "withdraw", "/v1/a/{a_id}/withdrawal", frozenset(), (), (), True, "/v1/a/{a_id}", True)

    assert operation.at(["1%2Fdecision?"]) == "/v1/a/1%252Fdecision%3F/withdrawal"
    assert operation.of(["../b#"]) == "/v1/a/..%2Fb%23"
