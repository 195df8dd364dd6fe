"""Cases and certificates as tests drive them: facts are told as the conductor tells them, and time is let pass."""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle, WorkflowHistory
from temporalio.common import SearchAttributeKey, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from chassis.documents import Document
from chassis.events import Event, Recorded
from chassis.ids import new_id
from chassis.temporal import described
from regulations import RulebookRef, compute, load
from regulations.deadlines import add_months
from services.council import contract as council
from services.intake import contract as intake
from services.monitoring import contract as monitoring
from services.review import contract as review
from services.visits import contract as visits
from tests.replay.replaying import replayer
from tests.waiting import eventually
from tests.workflows.recording import Services
from tests.workflows.skipping import SkippedTime
from workflows.messages import TASK_QUEUE, EventReceived, LifecycleView
from workflows.routes import Start, orders, thinned

RULES = load("kz-109-2008-accreditation")
ALMATY = ZoneInfo(RULES.zone)
DAY = timedelta(days=1)
QUEUES = tuple(contract.TASK_QUEUE for contract in (council, intake, monitoring, review, visits))
DOCUMENT = Document(kind="report", name="Report", sha256="a" * 64)


class World:
    """One Temporal server with its clock, the services beside it, and the lifecycles that a test began."""

    def __init__(self, client: Client, services: Services, agency: str) -> None:
        self.client = client
        self.services = services
        self.agency = agency
        self.time = SkippedTime(client, services.clock)
        self.running: list[Running] = []

    async def today(self) -> date:
        """The local day of the legal clock."""
        return (await self.time.now()).astimezone(ALMATY).date()

    async def until(self, day: date, hour: int = 12) -> None:
        """Lets time pass to an hour of a local day."""
        await self.time.advance_to(datetime(day.year, day.month, day.day, hour, tzinfo=ALMATY).astimezone(UTC))

    async def case(
        self, case_id: str | None = None, *, scopes: Sequence[str] = ("institution",), registered_on: date | None = None
    ) -> "Running":
        """An application was registered, today if no day is given."""
        day = registered_on or await self.today()
        return await self.begin(registration(case_id or f"case-{uuid4()}", day, scopes=scopes))

    async def certificate(self, valid_until: date, certificate_id: str | None = None) -> "Running":
        """A certificate was issued, five years before it will end."""
        id_ = certificate_id or f"certificate-{uuid4()}"
        return await self.begin(issue(id_, f"case-of-{id_}", add_months(valid_until, -60), valid_until))

    async def reissued(self, valid_until: date, certificate_id: str | None = None, *, rulebook: RulebookRef = RULES.ref) -> "Running":
        """The certificate of a successor, issued today."""
        id_ = certificate_id or f"certificate-{uuid4()}"
        return await self.begin(reissue(id_, await self.today(), valid_until, rulebook=rulebook))

    async def begin(self, event: Event, traceparent: str | None = None) -> "Running":
        """Starts the lifecycle that the event begins, as the conductor does."""
        start = orders(await self.recorded(event), traceparent)[0]
        handle = await self.client.start_workflow(
            start.workflow.__name__,  # type: ignore[union-attr]
            start.argument,  # type: ignore[union-attr]
            id=start.workflow_id,
            task_queue=TASK_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        )
        running = Running(self, handle.id)
        self.running.append(running)
        self.time.follow(handle.id)
        await self.time.settle()
        return running

    async def publish(self, event: Event) -> None:
        """All that the conductor does about an event, in its order."""
        for order in orders(await self.recorded(event), None):
            if isinstance(order, Start):
                with suppress(WorkflowAlreadyStartedError):
                    await self.client.start_workflow(
                        order.workflow.__name__,
                        order.argument,
                        id=order.workflow_id,
                        task_queue=TASK_QUEUE,
                        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                    )
                    self.running.append(Running(self, order.workflow_id))
                    self.time.follow(order.workflow_id)
            else:
                with suppress(RPCError):  # its lifecycle is over
                    await self.client.get_workflow_handle(order.workflow_id).signal("event", order.event)
            await self.time.settle()

    async def recorded(self, event: Event, at: datetime | None = None, event_id: str | None = None) -> Recorded[Any]:
        """The event as a log keeps it."""
        now = await self.time.now()
        version = self.services.version_of(event)
        return Recorded(event, event_id or new_id(), "test", self.agency, "stream-1", version, at or now, now, {})

    async def close(self) -> None:
        """Nothing goes on after a test, and whatever went on in it replays."""
        for running in self.running:
            if await running.status() is WorkflowExecutionStatus.RUNNING:
                await running.handle.terminate("the test is over")
            for run in await running.runs():
                await replayer().replay_workflow(run)


class Running:
    """One lifecycle, whatever run it is in."""

    def __init__(self, world: World, workflow_id: str) -> None:
        self.world = world
        self.id = workflow_id

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        """Of the current run."""
        return self.world.client.get_workflow_handle(self.id)

    async def tell(self, event: Event, *, at: datetime | None = None, traceparent: str | None = None) -> EventReceived:
        """The fact reaches the lifecycle, and what follows from it is done."""
        signal = await self.signal(event, at=at, traceparent=traceparent)
        await self.world.time.settle()
        return signal

    async def signal(self, event: Event, *, at: datetime | None = None, traceparent: str | None = None) -> EventReceived:
        """The fact is sent; nothing is waited for."""
        signal = thinned(await self.world.recorded(event, at), traceparent)
        await self.repeat(signal)
        return signal

    async def repeat(self, signal: EventReceived) -> None:
        """The same message once more."""
        await self.handle.signal("event", signal)

    async def view(self) -> LifecycleView:
        """What it waits for."""
        view: LifecycleView = await self.handle.query("view", result_type=LifecycleView)
        return view

    async def stage(self) -> str:
        """Where it is."""
        stage: str = await self.handle.query("stage", result_type=str)
        return stage

    async def shows(self, key: SearchAttributeKey[Any]) -> Any:
        """A search attribute as the Temporal UI has it."""
        found = (await self._described()).workflow_execution_info.search_attributes.indexed_fields.get(key.name)
        return json.loads(found.data) if found is not None and found.data else None

    async def status(self) -> WorkflowExecutionStatus:
        """Of the current run."""
        return WorkflowExecutionStatus((await self._described()).workflow_execution_info.status)

    async def run_id(self) -> str:
        """Of the current run."""
        return (await self._described()).workflow_execution_info.execution.run_id

    async def _described(self) -> DescribeWorkflowExecutionResponse:
        return await described(self.world.client, self.id)

    async def result(self) -> str:
        """What it returned; it must have ended."""
        await eventually(self._ended, f"{self.id} is over")
        return str(await self.handle.result())

    async def _ended(self) -> bool:
        return await self.status() is not WorkflowExecutionStatus.RUNNING

    def requests(self, *names: str) -> list[str]:
        """The names of what it asked of the services, in order."""
        return [request.activity for request in self.world.services.requests(self.id, *names)]

    def deadline_facts(self, rule: str) -> list[Event]:
        """Monitoring's facts about one deadline."""
        return self.world.services.facts(self.id, rule)

    async def runs(self) -> list[WorkflowHistory]:
        """The histories of all its runs, the first first."""
        found: list[WorkflowHistory] = []
        run_id: str | None = await self.run_id()
        while run_id:
            history = await self.world.client.get_workflow_handle(self.id, run_id=run_id).fetch_history()
            found.insert(0, history)
            run_id = history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id or None
        return found


def registration(case_id: str, today: date, *, scopes: Sequence[str] = ("institution",), renews: str | None = None) -> Event:
    """The application that opens a case."""
    return intake.ApplicationRegistered(
        case_id=case_id,
        institution_id="kaznu",
        kind="institutional",
        scopes=tuple(scopes),
        rulebook=RULES.ref,
        standards="institutional",
        standards_version="1",
        renews_certificate_id=renews,
        number="17",
        filed_on=today,
        registered_on=today,
    )


def contract(case_id: str, today: date) -> Event:
    """Both sides have signed."""
    return intake.ContractConcluded(case_id=case_id, contract_number="17", concluded_on=today)


def report_received(case_id: str, today: date) -> Event:
    """The self-assessment report is there in both forms."""
    return review.SelfAssessmentReportReceived(case_id=case_id, received_on=today)


def recommendations(case_id: str, today: date) -> Event:
    """The body has answered to the report."""
    return review.RecommendationsIssued(case_id=case_id, recommendations=("Describe the library.",), issued_on=today)


def visit_announced(case_id: str, today: date) -> Event:
    """The dates are told three months before."""
    return visits.VisitAnnounced(case_id=case_id, starts_on=today + 95 * DAY, ends_on=today + 97 * DAY, announced_on=today)


def visit_started(case_id: str, today: date) -> Event:
    """The commission is there."""
    return visits.VisitStarted(case_id=case_id, started_on=today)


def visit_completed(case_id: str, today: date) -> Event:
    """The commission leaves."""
    return visits.VisitCompleted(case_id=case_id, ended_on=today)


def visit_report(case_id: str, today: date) -> Event:
    """The commission's report."""
    return visits.VisitReportSubmitted(case_id=case_id, document=DOCUMENT, findings="Good.", recommendations=(), submitted_on=today)


def decision(case_id: str, today: date, *outcomes: str) -> Event:
    """The council decided each scope."""
    words = outcomes or ("accredit",)
    scopes = tuple(
        council.ScopeDecision(scope=f"programme:{i}", outcome=word, votes_for=5, votes_against=0, abstained=0)
        for i, word in enumerate(words)
    )
    return council.DecisionAdopted(
        case_id=case_id,
        institution_id="kaznu",
        rulebook=RULES.ref,
        meeting_id="meeting-1",
        protocol_number="3",
        decisions=scopes,
        outcome="accredit" if "accredit" in words else words[0],
        reasons="Standard 3 is not met." if "refuse" in words else None,
        before_first_year=False,
        adopted_on=today,
    )


def published(case_id: str, today: date) -> Event:
    """The full report is on the website."""
    return council.ReportPublished(case_id=case_id, document=DOCUMENT, published_on=today)


def refusal_notice(case_id: str, today: date) -> Event:
    """The institution knows why."""
    later = compute(RULES, "reapplication_bar", today).due_on
    return council.RefusalNoticeSent(case_id=case_id, reasons="Standard 3 is not met.", reapplication_from=later, sent_on=today)


def issue(certificate_id: str, case_id: str, issued_on: date, valid_until: date) -> Event:
    """The certificate."""
    return council.CertificateIssued(
        certificate_id=certificate_id,
        case_id=case_id,
        institution_id="kaznu",
        rulebook=RULES.ref,
        number="17",
        blank_number="KZ 0000017",
        scopes=("institution",),
        issued_on=issued_on,
        valid_until=valid_until,
    )


def reissue(certificate_id: str, issued_on: date, valid_until: date, *, rulebook: RulebookRef = RULES.ref) -> Event:
    """In the place of one that passed to a successor."""
    return council.CertificateReissued(
        certificate_id=certificate_id,
        reissued_from="certificate-0",
        case_id=f"case-of-{certificate_id}",
        institution_id="aknu",
        rulebook=rulebook,
        number="18",
        blank_number="KZ 0000018",
        scopes=("institution",),
        issued_on=issued_on,
        valid_until=valid_until,
    )


def ended(certificate_id: str, today: date) -> Event:
    """The institution was liquidated."""
    return council.CertificateEnded(
        certificate_id=certificate_id,
        case_id=f"case-of-{certificate_id}",
        institution_id="kaznu",
        ground="liquidation",
        act="Order No. 7",
        ended_on=today,
    )


def revoked(certificate_id: str, today: date) -> Event:
    """The council has cancelled it."""
    return council.CertificateRevoked(
        certificate_id=certificate_id,
        case_id=f"case-of-{certificate_id}",
        institution_id="kaznu",
        decision_id="decision-1",
        cycle_id="cycle-1",
        ground="report_not_submitted",
        reasons="No report.",
        revoked_on=today,
    )


def restored(certificate_id: str, today: date, valid_until: date, previous: date) -> Event:
    """What a suspension took is given back."""
    fields: dict[str, Any] = {
        "certificate_id": certificate_id,
        "case_id": f"case-of-{certificate_id}",
        "institution_id": "kaznu",
        "decision_id": "decision-1",
        "cycle_id": "cycle-1",
        "corrected_on": today,
        "restored_on": today,
        "previous_valid_until": previous,
        "lost_days": (valid_until - previous).days,
        "proposed_valid_until": valid_until,
        "valid_until": valid_until,
        "reason": "Corrected.",
    }
    return council.CertificateRestored(
        **{name: value for name, value in fields.items() if name in council.CertificateRestored.model_fields}
    )


def extended(certificate_id: str, today: date) -> Event:
    """Another certificate goes on after it."""
    return council.CertificateExtended(
        certificate_id="certificate-2",
        extends=certificate_id,
        case_id=f"case-of-{certificate_id}",
        institution_id="kaznu",
        cycle_id="cycle-1",
        decision_id="decision-1",
        rulebook=RULES.ref,
        number="18",
        object="institution",
        scopes=("institution",),
        term="extension_2y",
        counts_from=today,
        issued_on=today,
        valid_until=add_months(today, 24),
        gap_days=0,
    )


def duplicate_requested(certificate_id: str, today: date, round: int = 1) -> Event:
    """The certificate is lost."""
    return council.DuplicateRequested(
        certificate_id=certificate_id,
        case_id=f"case-of-{certificate_id}",
        institution_id="kaznu",
        round=round,
        application=DOCUMENT,
        requested_on=today,
    )


def duplicate_issued(certificate_id: str, today: date, round: int = 1) -> Event:
    """The duplicate of the same round."""
    return council.DuplicateIssued(
        certificate_id=certificate_id,
        case_id=f"case-of-{certificate_id}",
        institution_id="kaznu",
        round=round,
        blank_number="KZ 0000018",
        issued_on=today,
    )


def registered(certificate_id: str, case_id: str, today: date) -> Event:
    """The entry in the body's register."""
    return council.RegisterEntryMade(certificate_id=certificate_id, case_id=case_id, entered_on=today)


def notified(certificate_id: str, case_id: str, today: date) -> Event:
    """The authorised body knows."""
    return council.AuthorisedBodyNotified(certificate_id=certificate_id, case_id=case_id, outgoing_number="9", notified_on=today)
