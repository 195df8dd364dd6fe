"""Follow-ups as tests tell them: plans, cycles, visits, resolutions, by two agencies' rulebooks."""

from datetime import date
from typing import Any

from chassis.events import Event
from chassis.ids import derived_id
from regulations import Rulebook, RulebookRef, load
from services.council import contract as council
from services.monitoring import contract as monitoring
from services.visits import contract as visits
from tests.workflows.cases import DOCUMENT, Running, World

AAKR = load("aakr-monitoring-2024")
SAPATTUU = load("sapattuu-bilim-monitoring")


class Followed:
    """The follow-up of one certificate, and the facts of it as services publish them."""

    def __init__(self, world: World, rules: Rulebook, kind: str, name: str = "") -> None:
        self.world = world
        self.rules = rules
        self.kind = kind
        self.certificate_id = f"certificate-of-{name or world.agency}"
        self.followup_id = derived_id("followup", self.certificate_id)
        self.plan_id = derived_id("plan", self.followup_id)
        self.cycle_id = derived_id("cycle", self.followup_id, "1")
        world.services.follows(self.followup_id, rules, kind)

    async def plan(self, *, counts_from: date | None = None) -> Running:
        """The plan is awaited."""
        awaited = monitoring.PlanAwaited(
            plan_id=self.plan_id,
            followup_id=self.followup_id,
            certificate_id=self.certificate_id,
            institution_id="kaznu",
            rulebook=self.rules.ref,
            kind=self.kind,
            counts_from=counts_from,
            awaited_on=await self.world.today(),
        )
        return await self.world.begin(awaited)

    async def cycle(self, *, valid_until: date, expected_on: date | None = None) -> Running:
        """The cycle is opened."""
        today = await self.world.today()
        self.world.services.valid_until[self.cycle_id] = valid_until
        opened = monitoring.CycleOpened(
            cycle_id=self.cycle_id,
            followup_id=self.followup_id,
            certificate_id=self.certificate_id,
            institution_id="kaznu",
            rulebook=self.rules.ref,
            kind=self.kind,
            cycle=1,
            period_from=today,
            period_until=today,
            expected_on=expected_on,
            valid_until=valid_until,
            opened_on=today,
        )
        return await self.world.begin(opened)

    def of_plan(self, kind: type[Event], **fields: Any) -> Event:
        """A fact of the plan."""
        return _made(kind, plan_id=self.plan_id, followup_id=self.followup_id, institution_id="kaznu", **fields)

    def of_cycle(self, kind: type[Event], **fields: Any) -> Event:
        """A fact of the cycle, of its visit, or of a certificate because of it."""
        return _made(
            kind,
            cycle_id=self.cycle_id,
            followup_id=self.followup_id,
            certificate_id=self.certificate_id,
            case_id=self.certificate_id,
            institution_id="kaznu",
            rulebook=self.rules.ref,
            **fields,
        )

    def decision_id(self, number: int = 1) -> str:
        """Of the council's resolution in a round."""
        return derived_id("resolution", self.cycle_id, str(number))

    def documents_received(self, today: date) -> Event:
        """The order and the conclusion reached the institution."""
        return self.of_plan(
            monitoring.AccreditationDocumentsReceived, order_received_on=today, conclusion_received_on=today, counts_from=today
        )

    def plan_submitted(self, today: date, number: int = 1) -> Event:
        """The institution's plan."""
        return self.of_plan(
            monitoring.PlanSubmitted,
            round=number,
            measures=(),
            approved_by="collegial_body",
            approval_act="Protocol 1",
            approved_on=today,
            document=DOCUMENT,
            submitted_on=today,
        )

    def changes_requested(self, today: date, number: int = 1, due_on: date | None = None) -> Event:
        """The agency wants another plan."""
        return self.of_plan(monitoring.PlanChangesRequested, round=number, changes="Name dates.", due_on=due_on, requested_on=today)

    def plan_reviewed(self, today: date, number: int = 1) -> Event:
        """No changes are needed."""
        return self.of_plan(monitoring.PlanReviewed, round=number, reviewed_on=today)

    def report(self, today: date, number: int = 1, *, complete: bool = True) -> Event:
        """The institution's report."""
        return self.of_cycle(
            monitoring.InterimReportSubmitted, round=number, document=DOCUMENT, sections=(), complete=complete, submitted_on=today
        )

    def rejected(self, today: date, due_on: date, number: int = 1) -> Event:
        """The report does not do."""
        return self.of_cycle(
            monitoring.InterimReportRejected,
            round=number,
            grounds=("content",),
            unmet=("III.e",),
            reasons="No conclusion.",
            due_on=due_on,
            due_reason="Three weeks.",
            rejected_on=today,
        )

    def report_changes(self, today: date, due_on: date, number: int = 1) -> Event:
        """Additions are needed."""
        return self.of_cycle(monitoring.ReportChangesRequested, round=number, changes="Orders.", due_on=due_on, requested_on=today)

    def studied(self, today: date, number: int = 1) -> Event:
        """The report stands."""
        return self.of_cycle(monitoring.ReportStudied, round=number, findings="Good.", began_on=today, studied_on=today)

    def analysed(self, today: date) -> Event:
        """Experts and the referent."""
        return self.of_cycle(
            monitoring.MeasuresAnalysed, by=("e1",), case_officer="dana", verdicts=(), facts_checked="All.", analysed_on=today
        )

    def visit_decided(self, today: date, *, holds: bool) -> Event:
        """Whether there is a visit."""
        word = "visit" if holds else "no_visit"
        return self.of_cycle(monitoring.VisitDecided, word=word, holds=holds, reasons="So.", decided_on=today)

    def told(self, today: date) -> Event:
        """The institution knows of the visit, or that there is none."""
        return self.of_cycle(monitoring.VisitDecisionTold, outgoing_number="1", told_on=today)

    def group(self, today: date) -> Event:
        """The experts of the visit."""
        return self.of_cycle(visits.GroupFormed, members=(visits.GroupMember(expert_id="e1", former_member=True),), formed_on=today)

    def dates(self, today: date) -> Event:
        """Both sides agree to the days."""
        days: dict[str, Any] = {"starts_on": today, "ends_on": today}
        return self.of_cycle(visits.VisitDatesAgreed, **days, agreed_by_agency_on=today, agreed_by_institution_on=today)

    def held(self, today: date) -> Event:
        """The group leaves."""
        return self.of_cycle(visits.MonitoringVisitHeld, started_on=today, ended_on=today)

    def visit_report(self, today: date) -> Event:
        """The group's report or act."""
        return self.of_cycle(visits.MonitoringVisitReported, document=DOCUMENT, submitted_on=today)

    def assessed(self, today: date, *, positive: bool) -> Event:
        """By the criteria."""
        word = "report_accepted" if positive else "not_positive"
        return self.of_cycle(monitoring.ResultAssessed, findings=(), positive=positive, word=word, assessed_on=today)

    def acceptance(self, today: date) -> Event:
        """The institution knows that its report is accepted."""
        return self.of_cycle(monitoring.AcceptanceTold, outgoing_number="2", told_on=today)

    def ruled(self, today: date) -> Event:
        """The director says what follows."""
        return self.of_cycle(monitoring.OutcomeRuled, ruling="A talk.", ruled_by="aida", ruled_on=today)

    def file(self, today: date) -> Event:
        """The council has it."""
        return self.of_cycle(monitoring.CouncilFileSent, documents=(DOCUMENT,), verdicts=(), sent_on=today)

    def referred(self, today: date, ground: str) -> Event:
        """A failure comes before the council."""
        return self.of_cycle(monitoring.DecisionReferred, ground=ground, referred_on=today)

    def adopted(self, today: date, *items: dict[str, Any], number: int = 1, ground: str | None = None) -> Event:
        """The council decides."""
        return self.of_cycle(
            council.ResolutionAdopted,
            decision_id=self.decision_id(number),
            meeting_id="meeting-1",
            protocol_number="3",
            decisions=tuple(council.ResolutionItem(**item) for item in items),
            grounds="The act.",
            ground=ground,
            votes_for=5,
            votes_against=0,
            abstained=0,
            adopted_on=today,
        )

    def delivered(self, today: date, number: int = 1) -> Event:
        """The institution has the decision."""
        return self.of_cycle(
            council.ResolutionDelivered, decision_id=self.decision_id(number), outgoing_number="4", sent_on=today, delivered_on=today
        )

    def published(self, today: date, number: int = 1) -> Event:
        """It stands on the site."""
        return self.of_cycle(
            council.InformationPublished,
            decision_id=self.decision_id(number),
            text="Not fulfilled.",
            approved_by="aida",
            published_on=today,
        )

    def extended(self, today: date, number: int = 1) -> Event:
        """There is another certificate."""
        fact = self.of_cycle(
            council.CertificateExtended,
            decision_id=self.decision_id(number),
            extends=self.certificate_id,
            number="18",
            object="programme",
            programme="Law",
            scopes=("programme",),
            term="extension_2y",
            counts_from=today,
            issued_on=today,
            valid_until=date(today.year + 2, today.month, 1),
            gap_days=0,
        )
        return fact.model_copy(update={"certificate_id": "certificate-2"})

    def restored(self, today: date, valid_until: date) -> Event:
        """The shortcomings are corrected."""
        return self.of_cycle(
            council.CertificateRestored,
            corrected_on=today,
            restored_on=today,
            previous_valid_until=valid_until,
            lost_days=0,
            proposed_valid_until=valid_until,
            valid_until=valid_until,
            reason="Corrected.",
        )

    def term_ended(self, today: date, number: int = 1) -> Event:
        """The suspension's last day has passed."""
        return self.of_cycle(council.SuspensionTermEnded, decision_id=self.decision_id(number), ended_on=today)

    def register_told(self, today: date) -> Event:
        """The National Accreditation Council knows."""
        return self.of_cycle(council.NationalRegisterTold, outgoing_number="5", told_on=today)

    def expected(self, today: date, expected_on: date) -> Event:
        """A person says when the monitoring is expected."""
        return _made(
            monitoring.ExpectedDateSet,
            followup_id=self.followup_id,
            institution_id="kaznu",
            cycle=1,
            expected_on=expected_on,
            proposed_on=expected_on,
            reason="Agreed.",
            set_on=today,
        )

    def adoption(self, today: date, rulebook: RulebookRef) -> Event:
        """The director adopts another edition for what is open."""
        return _made(
            monitoring.FollowUpRulebookAdopted,
            followup_id=self.followup_id,
            institution_id="kaznu",
            previous=self.rules.ref,
            rulebook=rulebook,
            reason="Amended.",
            adopted_on=today,
            workflow_ids=(self.plan_id, self.cycle_id),
        )

    def ended(self, today: date, why: str = "expired") -> Event:
        """The certificate is over."""
        return _made(
            monitoring.FollowUpEnded,
            followup_id=self.followup_id,
            institution_id="kaznu",
            why=why,
            ended_on=today,
            workflow_ids=(self.cycle_id,),
        )


async def shown(running: Running) -> tuple[str, str]:
    """The stage, and who is waited for."""
    view = await running.view()
    return view.stage, view.waiting_on


def names(facts: list[Event]) -> list[str]:
    """The types of facts, in order."""
    return [fact.type_name() for fact in facts]


async def missed(running: Running, rule: str) -> bool:
    """Whether a deadline was missed."""
    return "DeadlineMissed" in names(running.deadline_facts(rule))


def _made(kind: type[Event], **fields: Any) -> Event:
    """A fact with those of these fields that it has."""
    return kind(**{name: value for name, value in fields.items() if name in kind.model_fields})
