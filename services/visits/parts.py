"""What events of a visit are made of. Other services take these names from the contract."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.privacy import Personal
from chassis.text import ShortText, Text

Category = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,60}$", description="A word of the rulebook's panel categories")]
Conflicting = Literal["affiliation", "employment", "coordination", "earlier_visit"]
VisitMode = Literal["on_site", "remote", "mixed"]

_PART = ConfigDict(frozen=True, extra="forbid")


class PanelMember(BaseModel):
    """An expert's place in a commission."""

    model_config = _PART

    expert_id: str
    role: Literal["chair", "member"]
    category: Category | None = Field(default=None, description="Whom the expert represents there, where the rulebook composes the panel")


class Employment(BaseModel):
    """Where an expert works or has worked; `until` is None while he does."""

    model_config = _PART

    institution_id: str
    since: date | None = None
    until: date | None = None


class ConflictFound(BaseModel):
    """What the automatic check found of an expert who was seated all the same, for the reasons that stand beside it."""

    model_config = _PART

    expert_id: str
    ground: Conflicting
    detail: Annotated[ShortText, Personal("expert_id")]


class PurposeFinding(BaseModel):
    """What the panel found for one purpose of the visit, a word of the rulebook (IQAA, S2.f.2)."""

    model_config = _PART

    purpose: Category
    finding: Text


class CriterionFinding(BaseModel):
    """What the panel remarks, recommends or praises under one criterion; `kind` is a word of the rulebook's findings (IQAA, S2.g)."""

    model_config = _PART

    standard: ShortText
    criterion: ShortText | None = None
    kind: Category
    text: Text


class ProgrammeItem(BaseModel):
    """What the panel does at a visit: when, what, and with whom it meets."""

    model_config = _PART

    day: date
    begins: Annotated[str | None, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="Local time")] = None
    subject: ShortText
    meets: ShortText | None = None


class Inaccuracy(BaseModel):
    """A factual inaccuracy that the institution sees in the report, and what would be right."""

    model_config = _PART

    passage: Text
    correction: Text


class Ruling(BaseModel):
    """What becomes of one correction, counted from 1 in the order of the institution's answer."""

    model_config = _PART

    number: int = Field(ge=1, le=1_000)
    accepted: bool
    reasons: Text
