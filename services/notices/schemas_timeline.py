"""Answers of the timeline, the feeds and the search."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from chassis.citations import Citation
from chassis.documents import Document

Kind = Literal["institution", "case", "certificate", "attestation"]


class TimelineEvent(BaseModel):
    """A fact of any service. An institution's officer gets of its `data` only ids, and neither documents nor who did it."""

    event_id: str
    service: str
    type: str = Field(examples=["kepil.intake.application.ApplicationFiled"])
    name: str = Field(examples=["ApplicationFiled"])
    stream: str
    version: int = Field(description="Its place in its stream")
    occurred_at: datetime = Field(description="Legal time, UTC")
    recorded_at: datetime = Field(description="Wall clock, UTC")
    case_id: str | None = Field(description="Its own, or that of its stream or of its certificate")
    institution_id: str | None
    actor: str | None = Field(description="The subject of a token; `workflow:<id>`: a lifecycle; `public`: somebody without a token")
    roles: list[str] = Field(description="In which the actor did it, as far as it is recorded")
    rulebook: str | None
    clauses: list[Citation] = Field(description="The clauses of the rulebook that the fact records")
    documents: list[Document] = Field(description="Those that the fact names")
    data: dict[str, Any] = Field(description="The fact as it is published, in its present shape; personal data reads `[sealed]`")
    trace_id: str | None


class FeedEvent(TimelineEvent):
    """A fact with its place in the feed."""

    position: str = Field(description="What `after` and `Last-Event-ID` take; it stays good when read models are rebuilt")


class FeedPage(BaseModel):
    """What has arrived after a position."""

    items: list[FeedEvent]
    next: str = Field(description="The position to go on after, whether anything came or not")
    more: bool = Field(description="Whether there is more already")


class SearchHit(BaseModel):
    """Something that was found."""

    kind: Kind
    id: str
    title: str
    subtitle: str | None
    service: str = Field(description="The service that has it")
    path: Annotated[str, Field(description="Where that service shows it", examples=["/v1/applications/0190c3e4"])]
    case_id: str | None
    institution_id: str | None


class SearchHits(BaseModel):
    """What was found, the likeliest first."""

    items: list[SearchHit]
