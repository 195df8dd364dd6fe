"""The shape of a rulebook: an agency's rules as cited values, one frozen model per version of a regulation.

No file is read here and nothing is decided here; `library` reads, `deadlines` computes.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

Country = Literal["KZ", "KG"]
Kind = Literal["text", "reading", "practice"]
Unit = Literal["calendar_days", "working_days", "months", "years"]
Direction = Literal["after", "before"]
Roll = Literal["next_working_day", "never"]
Nature = Literal["deadline", "not_before", "validity"]
Party = Literal[
    "institution",
    "accreditation_body",
    "expert_commission",
    "accreditation_council",
    "authorised_body",
    "parties",
    "nobody",
]
Follows = Literal["person_decides", "flagged", "lapses", "new_case", "refused", "reminder_only"]
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

    `nature` says what its end means: the last day to act, the day that must have passed before acting, or the end of
    validity. `lower_amount` is the lower bound of "two to three days": information, never a deadline. `reminders` are
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
    """A document the institution files, for which kinds of application, and what its absence means."""

    id: str
    names: Names
    required_for: tuple[str, ...]
    if_missing: Literal["incomplete", "refused"]


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
    """One stage of the procedure, in the order of the regulation."""

    id: str
    names: Names
    actor: Party


class Repeal(Record):
    """The act that ended the regulation."""

    day: date
    by: str
    quote: Quote


class Instrument(Record):
    """The act itself: number, dates, and the wording behind the day it came into force."""

    number: str
    adopted_on: date
    registered_on: date | None = None
    registered_number: str | None = None
    in_force_why: str
    quote: Quote


class RulebookRef(Record):
    """Which rulebook governs a case: kept in events, so that the same content can be proved years later."""

    id: str
    version: str
    content_hash: str


class Rulebook(Record):
    """One version of one regulation. `in_force_from` is the first day in force, `in_force_until` the first day no longer."""

    id: str
    version: str
    title: Names
    country: Country
    zone: str
    languages: tuple[Literal["ky", "kk", "ru", "en"], ...]
    instrument: Instrument
    in_force_from: date
    in_force_until: date | None = None
    repealed_by: Repeal | None = None
    clauses: Mapping[str, Clause]
    anchors: Mapping[str, Names]
    terms: Mapping[str, Term]
    ranges: Mapping[str, Range]
    vocabularies: Mapping[str, Mapping[str, Entry]]
    documents: Mapping[str, Document]
    settings: Mapping[str, Setting]
    registers: Mapping[str, Register]
    stages: tuple[Stage, ...]

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        problems = list(self._problems())
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _problems(self) -> list[str]:
        found: list[str] = []
        clause_text = {(clause.id, language): fold(text) for clause in self.clauses.values() for language, text in clause.quote.items()}
        for path, cited in self.citations().items():
            for clause_id in (cited.clause, *cited.see_also):
                if clause_id is not None and clause_id not in self.clauses:
                    found.append(f"{path}: no clause {clause_id!r}")
            sources = [clause_id for clause_id in (cited.clause, *cited.see_also) if clause_id is not None]
            for language, text in cited.quote.items():
                if not any(fold(text) in clause_text.get((source, language), "") for source in sources):
                    found.append(f"{path}: the {language} quotation is not in clause {cited.clause!r}")
        for term in self.terms.values():
            if term.anchor not in self.anchors:
                found.append(f"terms.{term.id}: no anchor {term.anchor!r}")
        for document in self.documents.values():
            for kind in document.required_for:
                if kind not in self.vocabularies.get("kinds", {}):
                    found.append(f"documents.{document.id}: no application kind {kind!r}")
        return found

    def citations(self) -> dict[str, Cited]:
        """Every cited value with its path, such as `terms.duplicate.variants.kk`."""
        found: dict[str, Cited] = {}
        groups: dict[str, Mapping[str, Cited]] = {
            "terms": self.terms,
            "ranges": self.ranges,
            "documents": self.documents,
            "settings": self.settings,
            "registers": self.registers,
            "stages": {stage.id: stage for stage in self.stages},
            **{f"vocabularies.{name}": entries for name, entries in self.vocabularies.items()},
        }
        for group, members in groups.items():
            for name, cited in members.items():
                found[f"{group}.{name}"] = cited
                if isinstance(cited, Term):
                    found.update({f"{group}.{name}.variants.{key}": variant for key, variant in cited.variants.items()})
        return found

    @cached_property
    def content_hash(self) -> str:
        """sha256 over the canonical JSON of everything in the rulebook, in hex."""
        canonical = json.dumps(self.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @cached_property
    def ref(self) -> RulebookRef:
        """The reference that an event keeps."""
        return RulebookRef(id=self.id, version=self.version, content_hash=self.content_hash)

    def in_force_on(self, day: date) -> bool:
        """Whether the regulation was in force on the local `day`."""
        return self.in_force_from <= day and (self.in_force_until is None or day < self.in_force_until)

    def clause(self, clause_id: str) -> Clause:
        """The clause; raises `KeyError` for an id the rulebook does not have."""
        return self.clauses[clause_id]

    def setting(self, name: str) -> SettingValue:
        """The bare value of a setting; `None` is unset, which means that a person decides."""
        return self.settings[name].value

    def share(self, name: str) -> Share | None:
        """A setting that is a share, such as the council's quorum; `None` when unset."""
        value = self.setting(name)
        if value is not None and not isinstance(value, Share):
            raise TypeError(f"setting {name!r} is no share but {value!r}")
        return value

    def vocabulary(self, name: str) -> Mapping[str, Entry]:
        """The words of one vocabulary by id, in the order of the regulation."""
        return self.vocabularies[name]

    def documents_for(self, kind: str) -> tuple[Document, ...]:
        """The documents an application of this kind must carry."""
        if kind not in self.vocabularies["kinds"]:
            raise KeyError(kind)
        return tuple(document for document in self.documents.values() if kind in document.required_for)

    def revised(self, changes: Mapping[str, Mapping[str, Any]], version: str) -> "Rulebook":
        """A checked copy with fields replaced by dotted path (`terms.duplicate` -> `{"amount": 20}`): an agency's what-if."""
        content = self.model_dump(mode="json")
        for path, fields in changes.items():
            place: Any = content
            for key in path.split("."):
                place = place[key]
            place.update(fields)
        content["version"] = version
        return Rulebook.model_validate(content)
