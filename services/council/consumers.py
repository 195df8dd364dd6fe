"""What council takes from other services: institutions for register and DEQAR; of each case its programmes, its visit, its people;
how the agency calls itself."""

from chassis.events import Recorded
from chassis.readmodels import Write
from services.council.readmodels_certificates import institutions
from services.council.readmodels_papers import agency_names
from services.council.readmodels_remedies import case_people, cases
from services.intake.contract import (
    ApplicationFiled,
    ApplicationRegistered,
    CoordinatorAppointed,
    InstitutionCorrected,
    InstitutionDescribed,
    InstitutionRegistered,
)
from services.notices.contract import LetterheadSet
from services.visits.contract import ExpertReplaced, PanelFormed, VisitOpened, VisitReportSubmitted, VisitStarted

EXPERT, COORDINATOR = "an expert of the panel", "the coordinator"


_KNOWN = {"institution_id", "names", "city", "country", "website", "eter_id", "deqar_id", "national_id"}


@institutions.on(InstitutionRegistered)
def _registered(e: Recorded[InstitutionRegistered]) -> Write:
    return institutions.upsert(e, **e.event.model_dump(include=_KNOWN))


@institutions.on(InstitutionCorrected)
def _corrected(e: Recorded[InstitutionCorrected]) -> Write | None:
    right = {name: value for name, value in e.event.corrected.items() if name in _KNOWN}
    if e.event.fact != InstitutionRegistered.type_name() or not right:
        return None
    return institutions.update(e, {"institution_id": e.event.institution_id}, **right)


@institutions.on(InstitutionDescribed)
def _described(e: Recorded[InstitutionDescribed]) -> Write:
    fact = e.event
    told = fact.model_dump(include={"eter_id", "deqar_id", "national_id"})
    return institutions.update(e, {"institution_id": fact.institution_id}, **told)


@cases.on(ApplicationFiled)
def _filed(e: Recorded[ApplicationFiled]) -> Write:
    fact = e.event
    return cases.upsert(e, case_id=fact.case_id, kind=fact.kind, programmes=[each.model_dump() for each in fact.programmes])


@cases.on(ApplicationRegistered)
def _opened(e: Recorded[ApplicationRegistered]) -> Write:
    fact = e.event
    return cases.upsert(e, case_id=fact.case_id, institution_id=fact.institution_id, rulebook=fact.rulebook.model_dump())


@cases.on(VisitStarted)
def _visited(e: Recorded[VisitStarted]) -> Write:
    return cases.upsert(e, case_id=e.event.case_id, visit_started_on=e.event.started_on)


@cases.on(VisitOpened)
def _visit_opened(e: Recorded[VisitOpened]) -> Write:
    """A later visit of a case has no report yet."""
    return cases.upsert(e, case_id=e.event.case_id, visit_round=e.event.round, visit_reported=False)


@cases.on(VisitReportSubmitted)
def _visit_reported(e: Recorded[VisitReportSubmitted]) -> Write:
    return cases.upsert(e, case_id=e.event.case_id, visit_reported=True)


@case_people.on(PanelFormed)
def _seated(e: Recorded[PanelFormed]) -> list[Write]:
    """Who was ever in the panel took part in the case, whoever replaced him."""
    return [case_people.upsert(e, case_id=e.event.case_id, person_id=each.expert_id, part=EXPERT) for each in e.event.members]


@case_people.on(ExpertReplaced)
def _replaced(e: Recorded[ExpertReplaced]) -> Write:
    return case_people.upsert(e, case_id=e.event.case_id, person_id=e.event.successor.expert_id, part=EXPERT)


@case_people.on(CoordinatorAppointed)
def _appointed(e: Recorded[CoordinatorAppointed]) -> Write:
    return case_people.upsert(e, case_id=e.event.case_id, person_id=e.event.coordinator_id, part=COORDINATOR)


@agency_names.on(LetterheadSet)
def _named(e: Recorded[LetterheadSet]) -> Write:
    return agency_names.upsert(e, letterhead_id=e.subject_id, names=dict(e.event.names))
