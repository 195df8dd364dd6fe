"""Every form of every command, as a page shows it: each field has a label, and what is sent untouched is what was shown."""

from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

import pytest

from chassis.service import build_app
from chassis.settings import Settings
from cli.serve import SERVICES, service
from console import forms_reading as reading
from console import labels
from console.fields import Member
from console.forms import Form
from console.forms_choices import enumerated, from_rulebooks, wanted
from console.forms_operations import Operation, operations
from console.i18n import LANGUAGES
from console.pages import environment

PAGE = '{% from "forms/fields.html.jinja" import members with context %}{{ members(form, form.members, form.values, "") }}'
TEXTS: Mapping[str, str] = {
    "date": "2026-11-21",
    "instant": "2026-11-21T09:00:00Z",
    "integer": "7",
    "number": "7.5",
    "yes_no": "no",
    "any": "words",
}


class Fields(HTMLParser):
    """What a browser would send of a page, and which fields nobody has named."""

    def __init__(self) -> None:
        super().__init__()
        self.pairs: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.asked: set[str] = set()
        self._select = ""
        self._area = ""
        self._in_label = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids += [given["id"]] if "id" in given else []
        name = given.get("name", "")
        if tag == "label":
            self.labelled.add(given.get("for", ""))
            self._in_label = True
        elif tag == "input" and given.get("type") != "file":
            if given.get("type") != "checkbox" or "checked" in given:
                self.pairs.append((name, given.get("value", "")))
            if given.get("type") != "hidden" and not self._in_label:
                self.asked.add(given.get("id", name))
        elif tag == "select":
            self._select = name
            self.asked.add(given.get("id", name))
        elif tag == "option" and "selected" in given:
            self.pairs.append((self._select, given.get("value", "")))
        elif tag == "textarea":
            self._area = name
            self.asked.add(given.get("id", name))

    def handle_data(self, data: str) -> None:
        if self._area:
            self.pairs.append((self._area, data))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        if tag == "label":
            self._in_label = False


def commands() -> Iterator[Operation]:
    for name in SERVICES:
        yield from operations(name, build_app(service(name), Settings()).openapi()).values()


def filled(member: Member, chosen: Mapping[str, str]) -> Any:
    """Something in every field."""
    match member.kind:
        case "group":
            return {each.name: filled(each, chosen) for each in member.members}
        case "document":
            return {"kind": "licence", "name": "a <b>.pdf", "sha256": "a" * 64}
        case "list":
            assert member.item is not None
            return [filled(member.item, {**chosen, member.item.key: chosen.get(member.key, "")})] * (1 if member.key in chosen else 2)
        case "map":
            assert member.item is not None
            return [{"key": chosen.get(member.key, "a part"), "value": filled(member.item, chosen)}]
        case "choices":
            return list(member.words[:2])
        case "flag":
            return True
        case "choice":
            return member.words[-1]
    return chosen.get(member.key) or TEXTS.get(member.kind, 'words "of" <us>')


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_sent_untouched_is_what_was_shown(language: str) -> None:
    template = environment(language).from_string(PAGE)
    seen = 0
    for operation in commands():
        options = {
            each.key: found
            for each in wanted(operation.members)
            if (found := enumerated(each, language) or from_rulebooks(each, labels.books(), language))
        }
        chosen = {key: found[0].value for key, found in options.items()}
        values = {each.name: filled(each, chosen) for each in operation.members}
        fields = Fields()
        fields.feed(template.render(form=Form(operation, language, values, "key", options=options)))

        assert reading.read(operation.members, fields.pairs) == values, operation.name
        assert fields.asked - fields.labelled == set(), operation.name
        assert len(fields.ids) == len(set(fields.ids)), operation.name
        seen += 1
    assert seen > 250
