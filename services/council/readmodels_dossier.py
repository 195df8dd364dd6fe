"""What council shows of a case before the decision: checked report, conclusion, presentation, secret ballots, whether it rests."""

from sqlalchemy import Column, Date, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Recorded
from chassis.readmodels import ReadModel, Write
from services.council.contract import (
    AppealDecided,
    ConclusionDrafted,
    ConsiderationClosed,
    ConsiderationResumed,
    ConsiderationSuspended,
    PresentationPrepared,
    ReportChecked,
    SecretBallotCounted,
)

dossiers = ReadModel(
    "dossiers",
    Column("case_id", Text, primary_key=True),
    Column("checked", JSONB),
    Column("drafted", JSONB),
    Column("presentation", JSONB),
    Column("suspended_on", Date),
    Column("suspension_reason", Text),
    Column("closed_on", Date),
    Column("closing_reason", Text),
)

secret_ballots = ReadModel(
    "secret_ballots",
    Column("case_id", Text, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("meeting_id", Text),
    Column("votes_for", Integer),
    Column("votes_against", Integer),
    Column("abstained", Integer),
    Column("counted_by", JSONB),
)

ALL = [dossiers, secret_ballots]


@dossiers.on(ReportChecked)
def _checked(e: Recorded[ReportChecked]) -> Write:
    """What rested on an earlier version is made anew."""
    told = e.event.model_dump(mode="json", exclude={"case_id"})
    return dossiers.upsert(e, case_id=e.event.case_id, checked=told, drafted=None, presentation=None)


@dossiers.on(ConclusionDrafted)
def _drafted(e: Recorded[ConclusionDrafted]) -> Write:
    return dossiers.upsert(e, case_id=e.event.case_id, drafted=e.event.model_dump(mode="json", exclude={"case_id"}), presentation=None)


@dossiers.on(PresentationPrepared)
def _presented(e: Recorded[PresentationPrepared]) -> Write:
    return dossiers.upsert(e, case_id=e.event.case_id, presentation=e.event.model_dump(mode="json", exclude={"case_id"}))


@dossiers.on(ConsiderationSuspended)
def _suspended(e: Recorded[ConsiderationSuspended]) -> Write:
    return dossiers.upsert(e, case_id=e.event.case_id, suspended_on=e.event.suspended_on, suspension_reason=e.event.reason)


@dossiers.on(ConsiderationResumed)
def _resumed(e: Recorded[ConsiderationResumed]) -> Write:
    return dossiers.upsert(e, case_id=e.event.case_id, suspended_on=None, suspension_reason=None)


@dossiers.on(ConsiderationClosed)
def _closed(e: Recorded[ConsiderationClosed]) -> Write:
    return dossiers.upsert(e, case_id=e.event.case_id, closed_on=e.event.closed_on, closing_reason=e.event.reason)


@dossiers.on(AppealDecided)
def _remitted(e: Recorded[AppealDecided]) -> Write | None:
    """After a new visit everything is laid before the council anew."""
    if e.event.outcome != "remitted" or not e.event.new_visit:
        return None
    return dossiers.update(e, {"case_id": e.event.case_id}, checked=None, drafted=None, presentation=None)


@secret_ballots.on(SecretBallotCounted)
def _counted(e: Recorded[SecretBallotCounted]) -> Write:
    return secret_ballots.upsert(e, **e.event.model_dump(mode="json"))


@secret_ballots.on(AppealDecided)
def _counted_again(e: Recorded[AppealDecided]) -> list[Write]:
    """The council votes anew on what is remitted."""
    fact = e.event
    scopes = fact.scopes if fact.outcome == "remitted" else ()
    return [secret_ballots.delete(e, {"case_id": fact.case_id, "scope": scope}) for scope in scopes]
