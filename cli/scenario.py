"""The words of a scenario file: actors, documents, steps with their time, and what is expected. `docs/scenarios.md` explains them."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from chassis.auth import Role
from cli.marked import FileRefused, Marked, Place, read_marked
from cli.shelf import unknown
from regulations import Rulebook

State = Literal["open", "suspended", "met", "missed", "met_late", "withdrawn"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]

_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DAY_OF_EVERY_YEAR = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31")


class ScenarioRefused(FileRefused):
    """The file is no scenario; the message names file, line and column, and what was expected."""


class Spoken(BaseModel):
    """A part of a scenario: an unknown key is refused with those that there are."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for key in given:
            if key not in known:
                raise PydanticCustomError("unknown_key", "{reason}", {"key": key, "reason": unknown("key", key, known)})
        return given


class Actor(Spoken):
    """Somebody with a token: a role of the architecture, a subject, and the institution of an institution's officer."""

    role: Role
    subject: Annotated[str, Field(min_length=1, max_length=100)]
    institution: str | None = None

    @model_validator(mode="after")
    def _officer_of_something(self) -> "Actor":
        if (self.role == Role.institution_officer) != (self.institution is not None):
            raise PydanticCustomError("actor", "an institution_officer, and nobody else, has an `institution`")
        return self


class Paper(Spoken):
    """A document of the case; its reference carries the hash of `text`."""

    kind: str
    name: str
    text: str

    def reference(self) -> dict[str, str]:
        """As requests name it."""
        return {"kind": self.kind, "name": self.name, "sha256": hashlib.sha256(self.text.encode()).hexdigest()}


class Amount(Spoken):
    """So much time, in the units of terms; `days` are calendar days. `working` moves the end to the next working day."""

    years: int = 0
    months: int = 0
    days: int = 0
    working_days: int = 0
    working: bool = False


class DateRule(Amount):
    """A date: `day` itself, or what is reckoned from the date `after` (default `today`), by a `term` of the rulebook first if named.

    `next` is a day of the year such as 05-31: the first one from `after` on.
    """

    day: date | None = None
    after: str = "today"
    next: str | None = None
    term: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, given: Any) -> Any:
        if isinstance(given, str):
            return {"day": given} if _ISO_DATE.fullmatch(given) else {"after": given}
        return given

    @model_validator(mode="after")
    def _one_beginning(self) -> "DateRule":
        if self.day and self.model_fields_set & {"after", "next", "term"}:
            raise PydanticCustomError("date_rule", "`day` is the date itself: it has neither `after` nor `next` nor `term`")
        if self.next and not _DAY_OF_EVERY_YEAR.fullmatch(self.next):
            raise PydanticCustomError("date_rule", "`next` is a day that every year has, as MM-DD")
        return self


class AfterStep(Amount):
    """So much time after the day on which an earlier step was taken."""

    step: Name

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, given: Any) -> Any:
        return {"step": given} if isinstance(given, str) else given


class When(Spoken):
    """What must have come, at any time since the beginning: an event, or the state of a deadline. `by` is the last day to wait."""

    event: str | None = None
    data: dict[str, Any] = Field({}, alias="with")
    deadline: str | None = None
    state: State | None = None
    case: str = "{case}"
    by: DateRule | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> "When":
        if (self.event is None) == (self.deadline is None) or (self.deadline is None) != (self.state is None):
            raise PydanticCustomError("when", "expected `event`, or `deadline` with its `state`")
        return self


class Refusal(Spoken):
    """What a refusal must be: its clause or the slug of its problem type, and words that it must say."""

    clause: str | None = None
    problem: str = "refused"
    says: str | None = Field(None, description="Part of the detail or of what would be accepted")


class EventExpected(Spoken):
    """An event with some of its data; `times` counts it, without it once is enough."""

    event: str
    data: dict[str, Any] = Field({}, alias="with")
    times: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, given: Any) -> Any:
        return {"event": given} if isinstance(given, str) else given


class DeadlineExpected(Spoken):
    """How a deadline stands in the register; `none`: there is no such deadline."""

    state: State | Literal["none"] | None = None
    due_on: str | None = None
    case: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, given: Any) -> Any:
        return {"state": given} if isinstance(given, str) else given


class CertificateExpected(Spoken):
    """A certificate: its state by the clock, and whether it is valid on the day `as_of`."""

    of: str = "{certificate}"
    state: Literal["valid", "suspended", "revoked", "expired", "ended"] | None = None
    as_of: DateRule | None = None
    valid: bool | None = None
    valid_until: str | None = None

    @model_validator(mode="after")
    def _something(self) -> "CertificateExpected":
        if (self.as_of is None) != (self.valid is None):
            raise PydanticCustomError("certificate", "`as_of` and `valid` come together: on that day it is valid, or it is not")
        if self.state is None and self.valid is None and self.valid_until is None:
            raise PydanticCustomError("certificate", "expected `state`, `valid_until`, or `as_of` with `valid`")
        return self


class Expect(Spoken):
    """What must be so after a step (its events: those since the step before it), or at the end (all events)."""

    events: list[EventExpected] = []
    none: list[EventExpected] = []
    refused: Refusal | None = None
    deadlines: dict[str, DeadlineExpected] = {}
    certificate: CertificateExpected | None = None
    letters: list[str] | None = Field(None, description="The letters that are due, all of them")
    case: str = Field("{case}", description="Whose deadlines and letters")


def _kind_of_end(given: Any) -> str:
    return "when" if isinstance(given, dict) and given.keys() & {"event", "deadline"} else "date"


class Step(Spoken):
    """One step: dates are reckoned, time passes, then one request; in this order where it has several. A GET needs no actor, nor does
    what whoever comes may do."""

    id: Name | None = None
    name: str = ""
    dates: dict[Name, DateRule] = {}
    at: DateRule | None = None
    after: AfterStep | None = None
    when: When | None = None
    hour: Annotated[int, Field(ge=0, le=23)] | None = None
    for_each: dict[Name, list[str]] = Field({}, description="The request is made for every combination of these values")
    actor: str | None = None
    do: str | None = None
    of: dict[str, str] = {}
    data: dict[str, Any] | str | None = Field(None, alias="with")
    post: str | None = None
    get: str | None = None
    body: dict[str, Any] | str | None = None
    save: Name | None = None
    keep: dict[Name, str] = Field({}, description="Name to the member of the answer that it takes, as `items.0.number`")
    shows: dict[str, Any] = Field({}, description="Member of a GET's answer, as `items.0.number`, to what must stand there")
    refused: Refusal | None = None
    expect: Expect = Expect()

    @model_validator(mode="after")
    def _whole(self) -> "Step":
        asked = [key for key in ("do", "post", "get") if getattr(self, key)]
        timed = [key for key in ("at", "after", "when") if getattr(self, key) is not None]
        faults = (
            (len(asked) > 1, "a step makes one request: `do`, `post` or `get`"),
            (len(timed) > 1, "a step has one time: `at`, `after` or `when`"),
            (self.hour is not None and not {"at", "after"} & set(timed), "`hour` goes with `at` or `after`"),
            (self.data is not None and "do" not in asked, "`with` goes with `do`"),
            (bool(self.of) and "do" not in asked, "`of` goes with `do`"),
            (self.body is not None and "post" not in asked, "`body` goes with `post`"),
            (self.save is not None and not {"do", "post"} & set(asked), "`save` goes with `do` or `post`"),
            (bool(self.keep) and not asked, "`keep` goes with `get`, `do` or `post`"),
            (bool(self.shows) and "get" not in asked, "`shows` goes with `get`"),
            (self.refused is not None and self.expect.refused is not None, "`refused` stands twice: in the step and in `expect`"),
            (self.refusal is not None and not {"do", "post"} & set(asked), "a refusal is expected of `do` or `post`"),
        )
        for fault, reason in faults:
            if fault:
                raise PydanticCustomError("step", "{reason}", {"reason": reason})
        return self

    @property
    def refusal(self) -> Refusal | None:
        """The refusal that is expected."""
        return self.refused or self.expect.refused

    @property
    def content(self) -> dict[str, Any] | str | None:
        """What the request carries."""
        return self.data if self.do else self.body

    def combinations(self) -> Iterator[dict[str, str]]:
        """The values of `for_each`, every combination; one empty one where there is nothing to repeat."""
        return (dict(zip(self.for_each, values, strict=True)) for values in product(*self.for_each.values()))


End = Annotated[Annotated[When, Tag("when")] | Annotated[DateRule, Tag("date")], Discriminator(_kind_of_end)]


class Scenario(Spoken):
    """A story from its beginning to its end, under one rulebook."""

    title: str
    about: str = ""
    rulebook: str
    agency: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,55}$")]
    actors: dict[Name, Actor]
    documents: dict[Name, Paper] = {}
    steps: Annotated[list[Step], Field(min_length=1)]
    until: End | None = None
    expect: Expect = Expect()


@dataclass(frozen=True)
class Script:
    """A scenario as it stands in its file, with the rulebook that it is played under."""

    file: Path
    scenario: Scenario
    rulebook: Rulebook
    marked: Marked

    def place(self, *path: str | int) -> Place:
        """Where a part of it stands."""
        return self.marked.place(path)


def read_scenario(file: Path) -> Script:
    """The scenario in a YAML file, looked through from beginning to end. ScenarioRefused."""
    from cli.scenario_check import check

    try:
        marked = read_marked(file)
    except FileRefused as error:
        raise ScenarioRefused(error.place, error.reason) from error
    try:
        scenario = Scenario.model_validate(marked.content)
    except ValidationError as error:
        raise refusal(marked, error) from error
    return check(file, scenario, marked)


def refusal(marked: Marked, error: ValidationError) -> ScenarioRefused:
    """The first fault of the file, in its words."""
    found = [_told(marked, fault) for fault in error.errors()]
    return min(found, key=lambda refused: refused.place)


def _told(marked: Marked, fault: ErrorDetails) -> ScenarioRefused:
    path = tuple(part for part in fault["loc"] if part != "[key]")
    context = fault.get("ctx", {})
    last = path[-1] if path else ""
    match fault["type"]:
        case "unknown_key":
            return ScenarioRefused(marked.key((*path, context["key"])), context["reason"])
        case "missing":
            return ScenarioRefused(marked.place(path[:-1]), f"expected the key `{last}` here")
        case "string_pattern_mismatch":
            reason = f"expected a name of small letters, digits and {'-' if last == 'agency' else '_'}, found {fault['input']!r}"
            return ScenarioRefused(marked.key(path) if "[key]" in fault["loc"] else marked.place(path), reason)
        case "enum" | "literal_error":
            there = list(Role) if fault["type"] == "enum" else _choices(context)
            what = "state" if "met_late" in there else str(last)
            return ScenarioRefused(marked.place(path), unknown(what, str(fault["input"]), there))
        case "date_from_datetime_parsing" | "date_parsing" | "date_from_datetime_inexact":
            return ScenarioRefused(marked.place(path), f"expected a day of the calendar as YYYY-MM-DD, found {fault['input']!r}")
        case "int_type" | "int_parsing" | "int_from_float":
            return ScenarioRefused(marked.place(path), f"expected a whole number, found {fault['input']!r}")
        case "bool_type" | "bool_parsing":
            return ScenarioRefused(marked.place(path), f"expected true or false, found {fault['input']!r}")
        case "string_type":
            return ScenarioRefused(marked.place(path), f"expected text, found {_kind(fault['input'])}")
        case "dict_type" | "model_type" | "model_attributes_type":
            return ScenarioRefused(marked.place(path), f"expected keys with values, found {_kind(fault['input'])}")
        case "list_type":
            return ScenarioRefused(marked.place(path), f"expected a list, found {_kind(fault['input'])}")
    return ScenarioRefused(marked.place(path), fault["msg"][0].lower() + fault["msg"][1:])


def _choices(context: dict[str, Any]) -> list[str]:
    expected = str(context.get("expected", ""))
    return list(get_args(State)) if "met_late" in expected else re.findall(r"'([^']+)'", expected)


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return "keys with values" if isinstance(value, dict) else "a list"
    return f"the text {value!r}" if isinstance(value, str) else repr(value)
