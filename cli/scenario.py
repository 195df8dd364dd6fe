"""The demo's scenario: actors, and steps that they take through the public REST interface. A wrong file is refused with its place."""

import hashlib
import re
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cli.errors import Explained
from regulations import calendar_for
from regulations.deadlines import add_months

_ALONE = re.compile(r"\{([a-z_.]+)\}")
_STRICT = ConfigDict(extra="forbid", frozen=True)


class ScenarioRefused(Explained):
    """The file is no scenario; the message names the place."""


class Actor(BaseModel):
    """Somebody with a token: a role of the architecture, a subject, and the institution of an institution's officer."""

    model_config = _STRICT

    role: str
    subject: str
    institution: str | None = None


class DateRule(BaseModel):
    """A date reckoned from another: `after` is `today` or a name; `working` moves to the next working day."""

    model_config = _STRICT

    after: str = "today"
    years: int = 0
    months: int = 0
    days: int = 0
    working_days: int = 0
    working: bool = False


class Refusal(BaseModel):
    """What a refusal must be: its clause, or the slug of its problem type."""

    model_config = _STRICT

    clause: str | None = None
    problem: str = "refused"


class Paper(BaseModel):
    """A document of the case; its reference carries the hash of `text`."""

    model_config = _STRICT

    kind: str
    name: str
    text: str

    def reference(self) -> dict[str, str]:
        """As requests name it."""
        return {"kind": self.kind, "name": self.name, "sha256": hashlib.sha256(self.text.encode()).hexdigest()}


class Step(BaseModel):
    """One step: reckon dates, let time pass until a date, or one request; in this order where it has several. A GET needs no actor."""

    model_config = _STRICT

    name: str = ""
    dates: dict[str, DateRule] = {}
    until: str | None = None
    hour: Annotated[int, Field(ge=0, le=23)] = 10
    for_each: dict[str, list[str]] = Field({}, description="The request is made for every combination of these values")
    actor: str | None = None
    post: str | None = None
    get: str | None = None
    body: dict[str, Any] | str = {}
    save: str | None = None
    keep: dict[str, str] = Field({}, description="Name to the member of a GET's answer that it takes, as `items.0.number`")
    refused: Refusal | None = None


class Scenario(BaseModel):
    """A case from its beginning to its end, in real names of public record."""

    model_config = _STRICT

    title: str
    about: str
    agency: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    country: Literal["KZ", "KG"]
    zone: str
    actors: dict[str, Actor]
    documents: dict[str, Paper] = {}
    steps: list[Step]


def read_scenario(file: Path) -> Scenario:
    """The scenario in a YAML file. ScenarioRefused."""
    try:
        return Scenario.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise ScenarioRefused(f"{file}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ScenarioRefused(f"{file}: {place}: {first['msg']}") from error


def reckon(rule: DateRule, known: dict[str, date], country: Literal["KZ", "KG"]) -> date:
    """The date of a rule, given those that are known by name."""
    calendar = calendar_for(country)
    day = add_months(known[rule.after], rule.years * 12 + rule.months) + timedelta(days=rule.days)
    if rule.working_days:
        day = calendar.add_working_days(day, rule.working_days)
    return calendar.next_working_day(day) if rule.working else day


def filled(value: Any, names: dict[str, Any]) -> Any:
    """`value` with every `{name}` and `{date.year}` in its strings replaced; a string that is one name alone takes the value's own type."""
    if isinstance(value, dict):
        return {key: filled(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, names) for item in value]
    if not isinstance(value, str):
        return value
    alone = _ALONE.fullmatch(value)
    if alone is None:
        return value.format_map(names)
    found, _ = Formatter().get_field(alone[1], (), names)
    return found.isoformat() if isinstance(found, date) else found


def combinations(step: Step) -> list[dict[str, str]]:
    """The values of `for_each`, every combination; one empty one where there is nothing to repeat."""
    return [dict(zip(step.for_each, values, strict=True)) for values in product(*step.for_each.values())]
