"""Bodies and answers of monitoring's routes for follow-ups."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from chassis.actions import Action
from chassis.citations import Citation
from chassis.documents import Document
from chassis.text import Day, ShortText, Text, Word
from regulations import RulebookRef
from services.monitoring.contract import (
    CycleWindow,
    DecisionLetterSent,
    DirectorAlerted,
    ExpectedDateSet,
    FollowedRecommendation,
    FollowUpRulebookAdopted,
    FollowUpTerms,
)

_IN = ConfigDict(extra="forbid", frozen=True)

RulebookId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,99}$")]
RulebookVersion = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$")]


class NewProcedure(BaseModel):
    """The rulebook under which certificates of these accreditation rulebooks are followed up; without a version the newest."""

    model_config = _IN

    rulebook_id: RulebookId
    rulebook_version: RulebookVersion | None = None
    accreditations: Annotated[tuple[RulebookId, ...], Field(min_length=1, max_length=50)]
    reason: Text


class NewClassification(BaseModel):
    """The kind by a word of the rulebook's `kinds`; without recommendations those that are known stay."""

    model_config = _IN

    kind: Word
    recommendations: Annotated[tuple[FollowedRecommendation, ...] | None, Field(max_length=1000)] = None
    contract_reference: ShortText | None = None
    reason: Text


class NewLetter(BaseModel):
    """The agency's official letter on the decision."""

    model_config = _IN

    outgoing_number: ShortText
    document: Document | None = None
    sent_on: Day


class NewExpectedDate(BaseModel):
    """When the monitoring of a cycle is expected; `reason` where it differs from the proposal."""

    model_config = _IN

    cycle: int = Field(strict=True, ge=1, le=50)
    expected_on: Day
    reason: Text | None = None


class NewAdoption(BaseModel):
    """The version of the follow-up's rulebook under which it goes on."""

    model_config = _IN

    rulebook_version: RulebookVersion
    reason: Text


class ProcedureItem(BaseModel):
    """Under which rulebook certificates of an accreditation rulebook are followed up."""

    accreditation: str
    rulebook: RulebookRef
    reason: str
    chosen_on: date
    version: int


class FollowUpItem(BaseModel):
    """A follow-up of the list."""

    followup_id: str
    certificate_id: str
    institution_id: str
    rulebook: RulebookRef
    number: str | None
    object: str
    programme: str | None
    level: str | None
    kind: str | None = Field(description="None: a person is to classify it")
    scopes: list[str]
    contract_reference: str | None
    recommendations: int
    issued_on: date
    received_on: date | None
    valid_until: date
    status: str = Field(description="What the certificate has become")
    awaits_plan: bool
    letter_sent_on: date | None
    alerted_on: date | None = Field(description="When the director was told last of a missed deadline")
    opened_on: date
    ended_on: date | None
    why: str | None
    version: int


class CriterionFollowed(BaseModel):
    """What was recommended on one criterion, and how far the plan's measures on it are."""

    criterion: str
    recommendations: list[FollowedRecommendation]
    measures: int
    done: int


class FollowUpDetail(FollowUpItem):
    """A follow-up with what is recommended, what comes next, and what the regulation rests on and asks for."""

    allowed_actions: list[Action]
    needs: list[str] = Field(description="What a person is still to tell: classification, receipt, contract")
    criteria: list[CriterionFollowed]
    panel: list[str]
    case_officer: str | None
    plan_id: str | None
    plan_received_on: date | None
    plan_accepted_on: date | None
    windows: list[CycleWindow] = Field(description="The cycles that are still to open")
    expected: list[ExpectedDateSet]
    letter: DecisionLetterSent | None
    alerts: list[DirectorAlerted]
    adoptions: list[FollowUpRulebookAdopted]
    terms: FollowUpTerms
    basis: list[Citation] = Field(description="What the regulation is about, what it rests on, what it aims at")
