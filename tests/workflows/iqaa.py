"""A case of IQAA as tests tell it: its facts, and the whole good way of it, each step with what it shows before."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from chassis.events import Event
from regulations import load
from services.council import contract as council
from services.intake import contract as intake
from services.review import contract as review
from services.visits import contract as visits
from tests.workflows import cases
from tests.workflows.cases import DAY, DOCUMENT, Running, World

RULES = load("iqaa-accreditation")


def registration(case_id: str, today: date, *, kind: str = "institutional", scopes: Sequence[str] = ("institution",)) -> Event:
    """The application that opens a case."""
    return intake.ApplicationRegistered(
        case_id=case_id,
        institution_id="kaznu",
        kind=kind,
        scopes=tuple(scopes),
        rulebook=RULES.ref,
        standards="iqaa",
        standards_version="1",
        number="17",
        filed_on=today,
        registered_on=today,
    )


async def begin(world: World, case_id: str, *, kind: str = "institutional", scopes: Sequence[str] = ("institution",)) -> Running:
    """A registered case."""
    return await world.begin(registration(case_id, await world.today(), kind=kind, scopes=scopes))


def contract(case_id: str, today: date, *, first_time: bool = False, due_dates: dict[str, date] | None = None) -> Event:
    """Both sides have signed."""
    dates = due_dates or {}
    return intake.ContractConcluded(case_id=case_id, contract_number="17", concluded_on=today, first_time=first_time, due_dates=dates)


def coordinator(case_id: str, today: date) -> Event:
    """The case has its coordinator."""
    return intake.CoordinatorAppointed(case_id=case_id, coordinator_id="aigul", coordinator_name="Aigul", act="Order 1", appointed_on=today)


def trip(case_id: str, today: date) -> Event:
    """The coordinator was at the institution."""
    return intake.PreliminaryTripMade(case_id=case_id, traveller_id="aigul", starts_on=today, ends_on=today, recorded_on=today)


def not_first_time(case_id: str, today: date) -> Event:
    """A person knows better than the history."""
    return intake.FirstTimeStated(case_id=case_id, first_time=False, reason="A merger.", stated_on=today)


def seminar(case_id: str, today: date) -> Event:
    """The working groups were trained."""
    return intake.TrainingSeminarHeld(case_id=case_id, subject="The report", held_on=today, attended=9, recorded_on=today)


def version(case_id: str, today: date, number: int = 1) -> Event:
    """A version of the report."""
    return review.ReportVersionSubmitted(case_id=case_id, number=number, documents=(DOCUMENT,), submitted_on=today)


def examined(case_id: str, today: date, number: int = 1) -> Event:
    """A version was examined, once."""
    return review.TechnicalExaminationHeld(
        case_id=case_id, number=number, round=number, summary="Gaps.", rework_needed=number == 1, examined_on=today
    )


def results(case_id: str, today: date, number: int = 1) -> Event:
    """The first version needs rework, a later one none."""
    return review.ExaminationResultsSent(case_id=case_id, number=number, rework_needed=number == 1, sent_on=today)


def accepted(case_id: str, today: date, number: int = 2, audit_needed: bool | None = True) -> Event:
    """The final version."""
    return review.SelfAssessmentReportAccepted(case_id=case_id, number=number, accepted_on=today, audit_needed=audit_needed)


def audit(case_id: str, today: date) -> Event:
    """The preliminary audit."""
    return review.PreliminaryAuditHeld(case_id=case_id, held_on=today, note="Ready.", recorded_on=today)


def panel(case_id: str, today: date) -> Event:
    """The experts."""
    return visits.PanelFormed(case_id=case_id, members=(visits.PanelMember(expert_id="e1", role="member"),), formed_on=today)


def told(case_id: str, today: date) -> Event:
    """The institution knows the panel."""
    return visits.CompositionTold(case_id=case_id, experts=("e1",), told_on=today)


def announced(case_id: str, today: date, in_days: int = 40) -> Event:
    """The days of the visit."""
    starts_on = today + in_days * DAY
    return visits.VisitAnnounced(case_id=case_id, starts_on=starts_on, ends_on=starts_on + 2 * DAY, announced_on=today)


def materials(case_id: str, today: date) -> Event:
    """The experts have them."""
    return visits.MaterialsSent(case_id=case_id, experts=("e1",), documents=(DOCUMENT,), sent_on=today)


def webinar(case_id: str, today: date) -> Event:
    """The experts were trained."""
    return visits.WebinarHeld(case_id=case_id, attended=("e1",), topics=(), held_on=today)


def briefing(case_id: str, today: date) -> Event:
    """Right before the trip."""
    return visits.BriefingHeld(case_id=case_id, attended=("e1",), held_on=today)


def checked(case_id: str, today: date) -> Event:
    """The institution found no mistake of fact."""
    return visits.FactualCheckClosed(case_id=case_id, closed_on=today)


def report_checked(case_id: str, today: date) -> Event:
    """The department has checked the report."""
    return council.ReportChecked(
        case_id=case_id, document=DOCUMENT, changes="None.", checked_by="dana", experts_council_protocol="1", checked_on=today
    )


def conclusion(case_id: str, today: date) -> Event:
    """The conclusion for the council."""
    return council.ConclusionDrafted(case_id=case_id, document=DOCUMENT, proposals=(), references=("esg",), text="Good.", drafted_on=today)


def presentation(case_id: str, today: date) -> Event:
    """The presentation for the council."""
    return council.PresentationPrepared(case_id=case_id, document=DOCUMENT, prepared_on=today)


def decision(case_id: str, today: date, decisions: dict[str, str] | None = None) -> Event:
    """The council decided each scope."""
    words = decisions or {"institution": "accredit"}
    return council.DecisionAdopted(
        case_id=case_id,
        institution_id="kaznu",
        rulebook=RULES.ref,
        meeting_id="meeting-1",
        protocol_number="3",
        decisions=tuple(
            council.ScopeDecision(scope=scope, outcome=word, votes_for=5, votes_against=0, abstained=0) for scope, word in words.items()
        ),
        outcome="accredit" if "accredit" in words.values() else "not_accredit",
        before_first_year=False,
        adopted_on=today,
    )


def notice(case_id: str, today: date, channel: str = "institution") -> Event:
    """The decision is told."""
    return council.DecisionNoticeSent(case_id=case_id, channel=channel, outgoing_number="4", sent_on=today)


def published(case_id: str, today: date) -> Event:
    """Report and results are on the site."""
    return council.ReportPublished(case_id=case_id, document=DOCUMENT, results=DOCUMENT, address="iqaa.kz/1", published_on=today)


def entered(case_id: str, today: date) -> Event:
    """In the register of decisions and reports."""
    return council.DecisionEntered(case_id=case_id, institution_id="kaznu", scopes=("institution",), entered_on=today)


def deqar(case_id: str, today: date) -> Event:
    """In DEQAR."""
    return council.DeqarSubmitted(case_id=case_id, institution_id="kaznu", submission="D-1", submitted_on=today)


def ministry(case_id: str, today: date) -> Event:
    """The ministry knows."""
    return council.MinistryInformed(case_id=case_id, institution_id="kaznu", outgoing_number="5", informed_on=today)


def follow_up(case_id: str, today: date) -> Event:
    """Monitoring takes over."""
    return council.FollowUpAgreed(case_id=case_id, institution_id="kaznu", scopes=("institution",), period_months=12, agreed_on=today)


def appeal(case_id: str, today: date, scopes: Sequence[str] = ("institution",), number: int = 1) -> Event:
    """Somebody does not agree."""
    return council.AppealFiled(
        appeal_id=f"appeal-{number}-of-{case_id}",
        case_id=case_id,
        institution_id="kaznu",
        scopes=tuple(scopes),
        addressed_to="the appeal commission",
        document=DOCUMENT,
        grounds="The report errs.",
        suspends=(),
        filed_on=today,
    )


def appeal_decided(
    case_id: str, today: date, outcome: Any, scopes: Sequence[str] = ("institution",), *, new_visit: bool = False, number: int = 1
) -> Event:
    """What became of it."""
    return council.AppealDecided(
        appeal_id=f"appeal-{number}-of-{case_id}",
        case_id=case_id,
        institution_id="kaznu",
        scopes=tuple(scopes),
        outcome=outcome,
        decided_by="the appeal commission",
        act="Protocol 1",
        reasons="It does.",
        decided_on=today,
        new_visit=new_visit,
    )


def suspended(case_id: str, today: date, *, stops_clock: bool = True) -> Event:
    """The agency lets the case rest."""
    return intake.CaseSuspended(case_id=case_id, institution_id="kaznu", reason="A flood.", stops_clock=stops_clock, suspended_on=today)


def resumed(case_id: str, since: date, today: date, *, stopped_clock: bool = True) -> Event:
    """It goes on."""
    return intake.CaseResumed(
        case_id=case_id, institution_id="kaznu", reason="Dry.", suspended_on=since, resumed_on=today, stopped_clock=stopped_clock
    )


def withdrawn(case_id: str, today: date) -> Event:
    """The institution takes its application back."""
    return intake.ApplicationWithdrawn(case_id=case_id, institution_id="kaznu", stage="contracted", reason="Not ready.", withdrawn_on=today)


def terminated(case_id: str, today: date) -> Event:
    """The contract is ended."""
    return intake.ContractTerminated(
        case_id=case_id, institution_id="kaznu", contract_number="17", by="both", grounds="Agreed.", terminated_on=today
    )


def discontinued(case_id: str, today: date) -> Event:
    """The director ends the case."""
    return intake.CaseDiscontinued(
        case_id=case_id, institution_id="kaznu", ground="other", reason="The licence was lost.", stage="contracted", discontinued_on=today
    )


#: The good way of an institutional case: the stage and the party that are shown before each fact, and the fact.
WAY: tuple[tuple[str, str, Any], ...] = (
    ("contract", "institution", contract),
    ("coordinator", "agency", coordinator),
    ("seminars", "agency", seminar),
    ("self_assessment", "institution", version),
    ("technical_examination", "agency", examined),
    ("examination_results", "agency", results),
    ("rework", "institution", lambda case_id, today: version(case_id, today, 2)),
    ("final_version", "agency", lambda case_id, today: examined(case_id, today, 2)),
    ("examination_results", "agency", lambda case_id, today: results(case_id, today, 2)),
    ("final_version", "institution", accepted),
    ("preliminary_audit", "agency", audit),
    ("panel_formation", "agency", panel),
    ("panel_notice", "agency", told),
    ("materials", "coordinator", announced),
    ("materials", "coordinator", materials),
    ("webinar", "coordinator", webinar),
    ("briefing", "coordinator", briefing),
    ("external_audit", "expert_panel", cases.visit_started),
    ("external_audit", "expert_panel", cases.visit_completed),
    ("external_report", "expert_panel", cases.visit_report),
    ("factual_check", "coordinator", checked),
    ("report_check", "analysis_department", report_checked),
    ("report_check", "analysis_department", conclusion),
    ("presentation", "coordinator", presentation),
    ("decision", "accreditation_council", decision),
    ("decision_notice", "agency", notice),
    ("decision_notice", "agency", lambda case_id, today: notice(case_id, today, "expert_panel")),
    ("site_publication", "agency", published),
    ("decision_register", "agency", entered),
    ("deqar_publication", "agency", deqar),
    ("ministry_information", "agency", ministry),
    ("follow_up", "agency", follow_up),
)

AFTER = (notice, published, entered, deqar, ministry, follow_up, lambda case_id, today: notice(case_id, today, "expert_panel"))


async def to(case: Running, stage: str) -> None:
    """All that comes before a stage is first shown, on one day."""
    today = await case.world.today()
    for shown, _, fact in WAY:
        if shown == stage:
            return
        await case.tell(fact(case.id, today))
