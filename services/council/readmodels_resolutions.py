"""What council shows of its resolutions on follow-ups."""

from sqlalchemy import Boolean, Column, Date, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Recorded
from chassis.readmodels import ReadModel, Write
from services.council.contract import InformationPublished, ResolutionAdopted, ResolutionDelivered, ResolutionOpened

#: `brought_on` is the ground on which the matter came, `ground` that of the decision.
resolutions = ReadModel(
    "resolutions",
    Column("decision_id", Text, primary_key=True),
    Column("followup_id", Text),
    Column("cycle_id", Text),
    Column("certificate_id", Text),
    Column("institution_id", Text),
    Column("rulebook_id", Text),
    Column("kind", Text),
    Column("brought_on", Text),
    Column("fulfilment", JSONB),
    Column("valid_until", Date),
    Column("suspended_before", Boolean),
    Column("opened_on", Date),
    Column("meeting_id", Text),
    Column("protocol_number", Text),
    Column("decisions", JSONB),
    Column("grounds", Text),
    Column("ground", Text),
    Column("votes_for", Integer),
    Column("votes_against", Integer),
    Column("abstained", Integer),
    Column("recused", JSONB),
    Column("presiding_statement", JSONB),
    Column("reading_departure", Text),
    Column("adopted_on", Date),
    Column("outgoing_number", Text),
    Column("sent_on", Date),
    Column("delivered_on", Date),
    Column("published_text", Text),
    Column("approved_by", Text),
    Column("published_on", Date),
    Column("version", Integer),
    indexes=[["opened_on", "decision_id"], ["institution_id"], ["certificate_id"], ["cycle_id"]],
)

ALL = [resolutions]


@resolutions.on(ResolutionOpened)
def _opened(e: Recorded[ResolutionOpened]) -> Write:
    fact = e.event
    told = fact.model_dump(exclude={"rulebook", "ground", "fulfilment"})
    judged = [list(each) for each in fact.fulfilment]
    return resolutions.upsert(e, **told, rulebook_id=fact.rulebook.id, brought_on=fact.ground, fulfilment=judged, version=e.version)


@resolutions.on(ResolutionAdopted)
def _adopted(e: Recorded[ResolutionAdopted]) -> Write:
    counted = {"votes_for", "votes_against", "abstained"}
    told = e.event.model_dump(include={"meeting_id", "protocol_number", "grounds", "ground", "reading_departure", "adopted_on", *counted})
    laid = e.event.model_dump(mode="json", include={"decisions", "recused", "presiding_statement"})
    return resolutions.update(e, {"decision_id": e.event.decision_id}, **told, **laid, version=e.version)


@resolutions.on(ResolutionDelivered)
def _delivered(e: Recorded[ResolutionDelivered]) -> Write:
    told = e.event.model_dump(include={"outgoing_number", "sent_on", "delivered_on"})
    return resolutions.update(e, {"decision_id": e.event.decision_id}, **told, version=e.version)


@resolutions.on(InformationPublished)
def _published(e: Recorded[InformationPublished]) -> Write:
    fact = e.event
    told = {"published_text": fact.text, "approved_by": fact.approved_by, "published_on": fact.published_on}
    return resolutions.update(e, {"decision_id": fact.decision_id}, **told, version=e.version)
