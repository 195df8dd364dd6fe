"""Clauses of a regulation as answers name them. The chassis knows no regulation: a service hands over its rulebook."""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from pydantic import BaseModel, Field


class Provision(Protocol):
    """One clause: its text in short English."""

    @property
    def rule(self) -> str:
        """What it says."""


class Regulation(Protocol):
    """What the chassis asks of a rulebook."""

    @property
    def id(self) -> str:
        """The rulebook's id."""

    @property
    def clauses(self) -> Mapping[str, Provision]:
        """Its clauses by id."""


class Citation(BaseModel):
    """A clause with what it says in short."""

    id: str = Field(description="The clause's id in the rulebook of the resource")
    rule: str = Field(description="The clause in short English")


def cited(rules: Regulation | None, clauses: Callable[[str], Iterable[str]]) -> list[Citation]:
    """What `clauses` names for a rulebook's id, each once; none without a rulebook. A clause that this version lacks is passed over."""
    if rules is None:
        return []
    named = dict.fromkeys(clauses(rules.id))
    return [Citation(id=clause, rule=rules.clauses[clause].rule) for clause in named if clause in rules.clauses]
