"""Bodies and answers of council's routes for certificates that are followed up."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from chassis.text import Day, Identifier, InstitutionId, ShortText, Text, Word
from services.council.contract import Recommendation
from services.council.schemas import RulebookId, RulebookVersion

_IN = ConfigDict(extra="forbid", frozen=True)

Scope = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]


class NewRecording(BaseModel):
    """A certificate that was given outside: what stands on it, and what is known of its follow-up so far.

    `object`, `level` and `kind` in the words of the rulebook of its follow-up. A last day that is not the end of the kind's term has its
    `term_reason`.
    """

    model_config = _IN

    rulebook_id: RulebookId
    rulebook_version: RulebookVersion
    institution_id: InstitutionId
    number: ShortText
    object: Annotated[Word, Field(examples=["programme"])]
    programme: ShortText | None = None
    level: Word | None = None
    kind: Annotated[Word | None, Field(examples=["conditional_3y"])] = None
    scopes: Annotated[tuple[Scope, ...], Field(max_length=100)] = ()
    issued_on: Day
    received_on: Day | None = None
    valid_until: Day
    term_reason: Text | None = None
    recommendations: Annotated[tuple[Recommendation, ...], Field(max_length=500)] = ()
    panel: Annotated[tuple[Identifier, ...], Field(max_length=50)] = ()
    case_officer: Identifier | None = None
    contract_reference: ShortText | None = None
    plan_received_on: Day | None = None
    plan_accepted_on: Day | None = None
    origin: Text


class Receipt(BaseModel):
    """When the institution received its certificate."""

    model_config = _IN

    received_on: Day


class Restoration(BaseModel):
    """The shortcomings were corrected: on which day, until when the certificate is valid now, and why so.

    Without `valid_until` the proposed day is taken: the earlier one and the days of the suspension.
    """

    model_config = _IN

    corrected_on: Day
    valid_until: Day | None = None
    reason: Text


class NewExtension(BaseModel):
    """The further certificate by a resolution of the council, with a number of its own."""

    model_config = _IN

    decision_id: Identifier
    number: ShortText


class NationalRegisterNotice(BaseModel):
    """The letter to who keeps the national register."""

    model_config = _IN

    outgoing_number: ShortText
    told_on: Day


class SuspensionItem(BaseModel):
    """A suspension from its first day until it was lifted, or gave way to another one. It lasts beyond `until` unless it is lifted."""

    decision_id: str
    cycle_id: str | None
    ground: str
    reasons: str
    suspended_on: date
    until: date
    term_ended_on: date | None
    corrected_on: date | None
    restored_on: date | None
    lost_days: int | None
    previous_valid_until: date | None
    proposed_valid_until: date | None
    valid_until: date | None
    reason: str | None
