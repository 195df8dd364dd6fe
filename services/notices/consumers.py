"""What notices keeps of others: whose matter each is. An event that names an institution says it of its case and of its stream."""

from typing import Any

from chassis.events import Event, Recorded
from chassis.readmodels import Write
from services.council.contract import EVENTS as COUNCIL
from services.intake.contract import EVENTS as INTAKE
from services.intake.contract import InstitutionRegistered
from services.monitoring.contract import EVENTS as MONITORING
from services.notices.domain.told import TYPES
from services.notices.readmodels import cases, institutions, matters
from services.review.contract import EVENTS as REVIEW
from services.visits.contract import EVENTS as VISITS

SOURCES = (INTAKE, REVIEW, VISITS, COUNCIL, MONITORING)

#: Of the events that institutions are told of alone: others may name an institution beside a case that is not its own.
_NAMING: list[type[Event]] = [
    kind
    for source in SOURCES
    for name, kind in source.types.items()
    if source.subject(name) in TYPES and "institution_id" in kind.model_fields
]
_OF_A_CASE = [kind for kind in _NAMING if "case_id" in kind.model_fields]


@institutions.on(InstitutionRegistered)
def _registered(e: Recorded[InstitutionRegistered]) -> Write:
    return institutions.upsert(e, institution_id=e.event.institution_id)


@cases.on(*_OF_A_CASE)
def _of_case(e: Recorded[Any]) -> Write | None:
    if not e.event.case_id or not e.event.institution_id:
        return None
    return cases.upsert(e, case_id=e.event.case_id, institution_id=e.event.institution_id)


@matters.on(*_NAMING)
def _of_stream(e: Recorded[Any]) -> Write | None:
    if not e.event.institution_id:
        return None
    return matters.upsert(e, source=e.source, stream=e.stream, institution_id=e.event.institution_id)
