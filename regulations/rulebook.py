"""The shape of a rulebook: an agency's rules as cited values, one frozen model per version of a regulation.

No file is read here and nothing is decided here; `library` reads, `deadlines` computes.
"""

import hashlib
import json
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import model_validator

from regulations.values import (
    NOBODY,
    Choice,
    Cited,
    Clause,
    Competence,
    Composition,
    Country,
    Document,
    Entry,
    Instrument,
    Names,
    Procedure,
    Range,
    Record,
    Register,
    Repeal,
    RulebookRef,
    Section,
    Setting,
    SettingValue,
    Share,
    Stage,
    Term,
    Threshold,
    fold,
)


class Rulebook(Record):
    """One version of one regulation. `in_force_from` is the first day in force (None: not stated), `in_force_until` the first no longer."""

    id: str
    version: str
    title: Names
    procedure: Procedure
    country: Country
    zone: str
    languages: tuple[Literal["ky", "kk", "ru", "en"], ...]
    instrument: Instrument
    in_force_from: date | None = None
    in_force_until: date | None = None
    repealed_by: Repeal | None = None
    parties: Mapping[str, Names]
    clauses: Mapping[str, Clause]
    anchors: Mapping[str, Names]
    terms: Mapping[str, Term]
    choices: Mapping[str, Choice] = {}
    ranges: Mapping[str, Range] = {}
    thresholds: Mapping[str, Threshold] = {}
    vocabularies: Mapping[str, Mapping[str, Entry]]
    compositions: Mapping[str, Composition] = {}
    competences: Mapping[str, Competence] = {}
    documents: Mapping[str, Document] = {}
    contents: Mapping[str, Mapping[str, Section]] = {}
    settings: Mapping[str, Setting] = {}
    registers: Mapping[str, Register] = {}
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
        found += self._unknown_words()
        return found

    def _unknown_words(self) -> list[str]:
        """Places that name something which the rulebook does not have."""
        stages = [stage.id for stage in self.stages]
        places: list[tuple[str, str, Iterable[str], Container[str]]] = [
            *((f"terms.{t.id}", "anchor", [t.anchor], self.anchors) for t in self.terms.values()),
            *((f"choices.{name}", "term", choice.of, self.terms) for name, choice in self.choices.items()),
            *((f"documents.{d.id}", "kind", d.required_for, self.vocabularies.get("kinds", {})) for d in self.documents.values()),
            *((f"contents.{name}", "document", [name], self.documents) for name in self.contents),
            *((f"stages.{stage.id}", "stage", stage.after, stages) for stage in self.stages),
            *((path, "party", parties, {*self.parties, NOBODY}) for path, parties in self._parties_named()),
        ]
        return [f"{path}: no {what} {word!r}" for path, what, words, known in places for word in words if word not in known]

    def _parties_named(self) -> Iterator[tuple[str, list[str]]]:
        for clause in self.clauses.values():
            yield f"clauses.{clause.id}", [clause.actor]
        for path, cited in self.citations().items():
            named = [getattr(cited, name, None) for name in ("actor", "binds", "body", "formed_by", "decided_by", "kept_by", "told_by")]
            yield path, [party for party in named if party]

    def citations(self) -> dict[str, Cited]:
        """Every cited value with its path, such as `terms.duplicate.variants.kk`."""
        found: dict[str, Cited] = {}
        groups: dict[str, Mapping[str, Cited]] = {
            "terms": self.terms,
            "choices": self.choices,
            "ranges": self.ranges,
            "thresholds": self.thresholds,
            "compositions": self.compositions,
            "competences": self.competences,
            "documents": self.documents,
            "settings": self.settings,
            "registers": self.registers,
            "stages": {stage.id: stage for stage in self.stages},
            **{f"vocabularies.{name}": entries for name, entries in self.vocabularies.items()},
            **{f"contents.{name}": sections for name, sections in self.contents.items()},
            **{f"compositions.{name}.requires": body.requires for name, body in self.compositions.items()},
        }
        for group, members in groups.items():
            for name, cited in members.items():
                found[f"{group}.{name}"] = cited
                if isinstance(cited, Term):
                    found.update({f"{group}.{name}.variants.{key}": variant for key, variant in cited.variants.items()})
        return found

    @cached_property
    def content_hash(self) -> str:
        """sha256 over the canonical JSON of what the rulebook says, in hex. A field that a later schema adds changes no hash."""
        canonical = json.dumps(self.model_dump(mode="json", exclude_unset=True), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @cached_property
    def ref(self) -> RulebookRef:
        """The reference that an event keeps."""
        return RulebookRef(id=self.id, version=self.version, content_hash=self.content_hash)

    def in_force_on(self, day: date) -> bool:
        """Whether the regulation was in force on the local `day`."""
        return (self.in_force_from is None or self.in_force_from <= day) and (self.in_force_until is None or day < self.in_force_until)

    def clause(self, clause_id: str) -> Clause:
        """The clause; raises `KeyError` for an id the rulebook does not have."""
        return self.clauses[clause_id]

    def setting(self, name: str) -> SettingValue:
        """The bare value of a setting; `None` is unset, which means that a person decides."""
        return self.settings[name].value

    def setting_if_any(self, name: str) -> SettingValue:
        """The bare value of a setting; `None` too where the rulebook has none of that name."""
        found = self.settings.get(name)
        return None if found is None else found.value

    def stage(self, *ids: str) -> Stage | None:
        """The procedure's first stage of one of these ids; `None` where it has no such step."""
        return next((each for each in self.stages if each.id in ids), None)

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
        content = self.model_dump(mode="json", exclude_unset=True)
        for path, fields in changes.items():
            place: Any = content
            for key in path.split("."):
                place = place[key]
            place.update(fields)
        content["version"] = version
        return Rulebook.model_validate(content)
