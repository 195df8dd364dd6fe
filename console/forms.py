"""A form for a command: what it asks, what was filled in, what is wrong with it. Pages show it; `forms_sending` sends it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from console import forms_reading as reading
from console import labels
from console.fields import Member
from console.forms_choices import Option
from console.forms_operations import Operation
from console.i18n import N_

#: What is said of a mistake that needs no service to be seen.
MISTAKES = {
    "missing": N_("This must be filled in."),
    "no_day": N_("This is no day. Write it as 2026-11-21."),
    "no_instant": N_("This is no date and time."),
    "no_integer": N_("This is no whole number."),
    "no_number": N_("This is no number."),
    "too_long": N_("This is too long."),
    "no_file": N_("The file was not accepted."),
}

#: What begins with what is so already, since the command states all of it anew.
STATED_ANEW = frozenset({"describe_institution", "change_webhook_endpoint"})


@dataclass(frozen=True)
class Fault:
    """What is wrong, and with which field; the empty name is the whole form."""

    name: str
    text: str
    label: str = ""


@dataclass(frozen=True)
class Form:
    """`options` are by the key of a member, `faults` by the name of a field. `key` makes a second sending the same command, `etag` is of
    what the person has read, `problem` what the service said when it refused the command."""

    operation: Operation
    language: str
    values: Mapping[str, Any]
    key: str
    etag: str | None = None
    options: Mapping[str, Sequence[Option]] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    problem: Mapping[str, Any] | None = None

    @property
    def members(self) -> tuple[Member, ...]:
        """What it asks for."""
        return self.operation.members

    @property
    def title(self) -> str:
        """The command, by its name."""
        return labels.action(self.operation.name, self.language)

    @property
    def has_files(self) -> bool:
        """Whether it must be sent in parts."""
        return bool(self.operation.media) or any(each.kind == "document" for member in self.members for each in member.walk())

    def label(self, member: Member) -> str:
        """What a member is called."""
        if member.name == "":
            return labels.field("document", self.language)
        if member.owner == "language":
            return labels.field(f"language_{member.name}", self.language)
        return labels.field(member.name, self.language, member.owner)

    def choices(self, member: Member) -> Sequence[Option]:
        """What may be chosen for it; nothing where it is written."""
        return self.options.get(member.key, ())

    def wordless(self, member: Member) -> bool:
        """Whether its parts are named by the regulation, and this one names none."""
        return member.kind == "map" and member.key in self.options and not self.options[member.key]

    def wrong(self, name: str) -> list[str]:
        """What is wrong with a field of this name."""
        return [each.text for each in self.faults if each.name == name]

    def faulty(self, faults: Sequence[Fault], key: str | None = None) -> "Form":
        """The same form with what is wrong about it, and with another key where the command was answered."""
        return replace(self, faults=tuple(replace(each, label=self._called(each.name)) for each in faults), key=key or self.key)

    def _called(self, name: str) -> str:
        """The label of a field by its name, with those of what it stands in."""
        told: list[str] = []
        members: Sequence[Member] = self.members
        parts = [part for part in name.split(".") if part]
        for part in parts:
            if part.isdigit():
                told.append(str(int(part) + 1))
                continue
            member = next((each for each in members if each.name == part), None)
            if member is None:
                break
            told.append(self.label(member))
            inner = member.item if member.kind in ("list", "map") and member.item else member
            members = inner.members
        return " – ".join(told)


def faults_of(found: reading.Mistakes, say: Any) -> list[Fault]:
    """Mistakes in the words of a language; `say` translates."""
    return [Fault(name, say(MISTAKES[word])) for name, word in found.items()]


def told_of(errors: Sequence[Mapping[str, str]], say: Callable[[str], str]) -> list[Fault]:
    """The errors of a problem at the fields that their pointers name: `#/programmes/0/code` is `programmes.0.code`; `say` translates."""
    found = []
    for error in errors:
        path = error.get("pointer", "").removeprefix("#").strip("/").replace("~1", "/").replace("~0", "~")
        found.append(Fault(path.replace("/", "."), say(error.get("detail", ""))))
    return found
