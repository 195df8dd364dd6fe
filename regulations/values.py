"""The values of a rulebook: each with its clause, the original wording, and whether it is text, a reading or a practice."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Annotated, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

Country = Literal["KZ", "KG"]
Procedure = Literal["accreditation", "attestation", "post_accreditation_monitoring", "internal_monitoring"]
Kind = Literal["text", "reading", "practice"]
Unit = Literal["calendar_days", "working_days", "months", "years"]
Direction = Literal["after", "before"]
Roll = Literal["next_working_day", "never"]
Nature = Literal["deadline", "not_before", "validity", "recurrence"]
Level = Literal["must", "may", "criterion", "scope"]
Party = Annotated[str, Field(pattern=r"^[a-z][a-z_]{1,40}$", description="A word of the rulebook's `parties`; `nobody` is always one")]
Follows = Literal["person_decides", "flagged", "lapses", "new_case", "refused", "reminder_only"]
NOBODY = "nobody"
Quote = Mapping[Literal["ky", "kk", "ru", "en"], str]

T = TypeVar("T")


def fold(text: str) -> str:
    """The text with every run of whitespace made one space, so that quotations compare across line breaks."""
    return " ".join(text.split())


class Record(BaseModel):
    """A frozen value of a rulebook; an unknown key is an error, not a surprise."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Names(Record):
    """What a person reads, in the four languages of the product."""

    ky: str
    kk: str
    ru: str
    en: str


class Alternative(Record):
    """Another way to read the clause, selectable by the agency."""

    value: str
    why: str


class Cited(Record):
    """Where a value comes from: the clause, its original wording, and whether it is text, a reading or a practice.

    A `reading` or `practice` says why; a `practice` quotes nothing, since the text is silent (its clause, if any, is only
    the place where one would have looked).
    """

    clause: str | None = None
    quote: Quote = {}
    kind: Kind = "text"
    why: str | None = None
    alternatives: tuple[Alternative, ...] = ()
    see_also: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _cited(self) -> Self:
        if self.kind == "practice" and self.quote:
            raise ValueError("a practice value quotes nothing: the text is silent")
        if self.kind != "practice" and not (self.clause and self.quote):
            raise ValueError(f"a {self.kind} value needs a clause and its quotation")
        if self.kind != "text" and not self.why:
            raise ValueError(f"a {self.kind} value says why")
        return self


class Value(Cited, Generic[T]):
    """One cited value."""

    value: T
    names: Names | None = None


class Clause(Record):
    """One normative row: who must do what, with the original wording in every language the act was issued in."""

    id: str
    actor: Party
    rule: str
    level: Level = "must"
    record: str | None = None
    quote: Quote

    @property
    def point(self) -> str:
        """The number of the point without its part: `14` for `14 (b)`, `9` for `9.10`."""
        return self.id.split()[0].split(".")[0]


class Variant(Cited):
    """The term as one language version of the act states it."""

    amount: int = Field(gt=0)
    lower_amount: int | None = None
    unit: Unit
    names: Names


class Term(Cited):
    """A period: `amount` of `unit` after or before the day of `anchor` (that day is not counted).

    `nature` says what its end means: the last day to act, the day that must have passed before acting, the end of validity, or the next
    time that something comes round. `lower_amount` is the lower bound of "two to three days": information, no deadline. `reminders` are
    days before the end, a practice of the agency (`None`: the setting `reminder_distances`).
    """

    id: str
    names: Names
    nature: Nature
    amount: int = Field(gt=0)
    lower_amount: int | None = None
    unit: Unit
    direction: Direction
    anchor: str
    roll: Roll
    binds: Party
    follows: Follows
    reminders: tuple[int, ...] | None = None
    variants: Mapping[str, Variant] = {}
    default_variant: str | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if bool(self.variants) != (self.default_variant is not None):
            raise ValueError("variants and default_variant come together")
        if self.default_variant is not None:
            chosen = self.variants.get(self.default_variant)
            if chosen is None:
                raise ValueError(f"default_variant {self.default_variant!r} is not among {sorted(self.variants)}")
            if (chosen.amount, chosen.unit, chosen.lower_amount) != (self.amount, self.unit, self.lower_amount):
                raise ValueError(f"the term must state what its default variant {self.default_variant!r} states")
        if self.roll != "never" and (self.direction == "before" or self.nature != "deadline"):
            raise ValueError("only a forward deadline may move off a day off")
        if self.kind == "practice" and self.follows not in ("reminder_only", "flagged"):
            raise ValueError("nothing is sanctioned by a practice value")
        return self


class Range(Cited):
    """How long something lasts, both ends included."""

    id: str
    names: Names
    minimum: int = Field(gt=0)
    maximum: int = Field(gt=0)
    unit: Unit

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError(f"no length lies between {self.minimum} and {self.maximum}")
        return self

    def holds(self, amount: int) -> bool:
        """Whether `amount` (in `unit`) lies within the range."""
        return self.minimum <= amount <= self.maximum


class Entry(Cited):
    """One word of a vocabulary; `follows` names what it brings about, `includes` the words it stands for together."""

    names: Names
    follows: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()


class Document(Cited):
    """A document that is filed, for which of the rulebook's `kinds`, and what its absence means."""

    id: str
    names: Names
    required_for: tuple[str, ...]
    if_missing: Literal["incomplete", "refused", "person_decides"]


class Section(Cited):
    """A part that a document must have; `when` says in which case, where it is not always."""

    names: Names
    when: Names | None = None


class Choice(Cited):
    """Several terms for one act: which of their ends is the due day, and whether any or all must have passed for it to be missed."""

    names: Names
    of: tuple[str, ...] = Field(min_length=2)
    due: Literal["earliest", "latest"]
    missed_when: Literal["any", "all"]


class Requirement(Cited):
    """Who must sit in a body, and how many at least."""

    names: Names
    at_least: int = Field(1, ge=1)


class Composition(Cited):
    """How a commission, group or council is made up; the numbers are None where the text is silent."""

    names: Names
    body: Party
    formed_by: Party | None = None
    minimum: int | None = Field(None, ge=1)
    maximum: int | None = Field(None, ge=1)
    requires: Mapping[str, Requirement] = {}

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"nobody can form a body of at least {self.minimum} and at most {self.maximum}")
        return self


class Threshold(Cited):
    """A measure that must be reached or not be passed; both ends included, None is open."""

    names: Names
    unit: Literal["percent", "count"]
    minimum: Annotated[int, Field(ge=0)] | None = None
    maximum: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.minimum is None and self.maximum is None:
            raise ValueError("a threshold has a minimum, a maximum or both")
        return self

    def holds(self, measured: Fraction | int) -> bool:
        """Whether what was measured lies within; a percentage is exact as a Fraction, never rounded before."""
        return (self.minimum is None or measured >= self.minimum) and (self.maximum is None or measured <= self.maximum)


class Competence(Cited):
    """Who may decide something."""

    names: Names
    decided_by: Party


class Share(Record):
    """A part of a whole that must be reached, or exceeded when `strictly`; `of` is the fraction, such as `1/2`."""

    of: str = Field(pattern=r"^[0-9]{1,3}/[1-9][0-9]{0,2}$")
    strictly: bool

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if not 0 < Fraction(self.of) <= 1 or (self.strictly and Fraction(self.of) == 1):
            raise ValueError(f"{'more than ' if self.strictly else ''}{self.of} is no part of a whole that can be reached")
        return self

    def met_by(self, count: int, total: int) -> bool:
        """Whether `count` out of `total` suffices; nothing suffices out of nothing."""
        needed = Fraction(self.of) * total
        return total > 0 and (count > needed if self.strictly else count >= needed)


SettingValue = bool | int | str | Share | tuple[int, ...] | None


class Setting(Value[SettingValue]):
    """A value an agency may set: unset (`None`) or suggested where the text is silent, chosen where it is ambiguous."""

    names: Names


class Register(Cited):
    """A register or list to be kept or told, on which event, by whom."""

    names: Names
    kept_by: Party
    told_by: Party
    upon: tuple[str, ...]
    channels: tuple[str, ...] = ()


class Stage(Cited):
    """One stage of the procedure. It follows the one before it, or those in `after`; `when` says in which case an optional one comes."""

    id: str
    names: Names
    actor: Party
    optional: bool = False
    when: Names | None = None
    after: tuple[str, ...] = ()


class Repeal(Record):
    """The act that ended the regulation."""

    day: date
    by: str
    quote: Quote


class Instrument(Record):
    """The act itself: number, dates, who approved it, and the wording behind the day it came into force. None is unknown."""

    number: str | None = None
    adopted_on: date | None = None
    approved_by: str | None = None
    registered_on: date | None = None
    registered_number: str | None = None
    in_force_why: str
    quote: Quote


class RulebookRef(Record):
    """Which rulebook governs a case: kept in events, so that the same content can be proved years later."""

    id: str
    version: str
    content_hash: str
