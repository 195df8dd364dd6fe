"""The services' activities as lifecycles meet them, without databases: every request is recorded, monitoring's rules are its own.

The deadlines run through the real handlers and the real decider of monitoring, over a store in memory.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import ModuleType
from typing import Any

from pydantic import BaseModel
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor, Worker

from chassis import telemetry
from chassis.clock import Clock
from chassis.decider import Decider
from chassis.events import Event
from chassis.ids import derived_id
from chassis.problems import NotFound
from regulations import Rulebook
from services.council import contract as council
from services.intake import contract as intake
from services.monitoring import contract as monitoring
from services.monitoring.activities import activities as monitoring_activities
from services.monitoring.domain import profile
from services.monitoring.domain.deadline import DEADLINE, ExtendDeadline, RecomputeDeadline, WithdrawDeadline
from services.review import contract as review
from services.visits import contract as visits
from tests.workflows.registers import Registers


@dataclass(frozen=True)
class Request:
    """What a lifecycle asked of a service, once answered."""

    activity: str
    at: datetime
    argument: Any
    attempt: int
    traceparent: str | None


class Context:
    """A unit of work over facts in memory: what monitoring's handlers use of `chassis.context.Context`."""

    def __init__(self, facts: dict[str, list[Event]], at: datetime, actor: str) -> None:
        self._facts = facts
        self.at = at
        self._actor = actor

    def command(self, kind: Callable[..., Any], /, **fields: Any) -> Any:
        """A command at this moment."""
        return kind(at=self.at, by=self._actor, **fields)

    async def load(self, decider: Decider[Any, Any], aggregate_id: str) -> tuple[Any, int]:
        """The aggregate as its facts tell it."""
        facts = self._facts[aggregate_id]
        return decider.fold(facts), len(facts)

    async def execute(self, decider: Decider[Any, Any], aggregate_id: str, command: Any, *, create: bool = False) -> list[Event]:
        """Decides, and keeps what follows."""
        if not create and not self._facts[aggregate_id]:
            raise NotFound("there is no such deadline")
        state, _ = await self.load(decider, aggregate_id)
        follows = list(decider.decide(command, state, decider.rules(command, state)))
        self._facts[aggregate_id] += follows
        return follows


class Services:
    """Five services: what lifecycles asked of them, and monitoring's facts."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self.clock = clock
        self._client = client
        self._facts: dict[str, list[Event]] = defaultdict(list)
        self._requests: dict[str, list[Request]] = defaultdict(list)
        self._tries: dict[str, list[str]] = defaultdict(list)
        self.behind = timedelta()
        self.cases: dict[str, council.CaseBeforeCouncil] = {}
        self._followups: dict[str, tuple[Rulebook, str]] = {}
        self.valid_until: dict[str, date] = {}
        self.internal: dict[str, monitoring.InternalCycleStanding] = {}
        self.not_missing: set[str] = set()
        self._faults: dict[tuple[str, str], list[Exception]] = {}
        self.registers = Registers(clock)

    def requests(self, workflow_id: str, *names: str) -> list[Request]:
        """Requests of one lifecycle that were answered, of these activities if any are named."""
        return [request for request in self._requests[workflow_id] if not names or request.activity in names]

    def tries(self, workflow_id: str, name: str) -> int:
        """How often an activity was begun, answered or not."""
        return self._tries[workflow_id].count(name)

    def facts(self, workflow_id: str, rule: str | None = None) -> list[Event]:
        """Monitoring's facts about one lifecycle's deadlines, or about one of them."""
        return [fact for facts in self._facts.values() if _about(facts, workflow_id, rule) for fact in facts]

    def knows(self, case_id: str, rules: Rulebook, *, remitted: bool = True, appeals: int = 1, certified: Sequence[str] = ()) -> None:
        """What the council knows of a case whose decision is sent back."""
        self.cases[case_id] = council.CaseBeforeCouncil(
            institution_id="kaznu",
            rulebook=rules.ref,
            scopes=("institution",),
            filed_on=date(2020, 1, 6),
            registered_on=date(2020, 1, 6),
            appeals=appeals,
            remitted=remitted,
            certified=tuple(certified),
        )

    def follows(self, followup_id: str, rules: Rulebook, kind: str) -> None:
        """What monitoring knows of a follow-up, until it is told otherwise."""
        self._followups[followup_id] = rules, kind

    def fail(self, workflow_id: str, name: str, *errors: Exception) -> None:
        """The next tries of an activity fail so, one after the other."""
        self._faults[workflow_id, name] = list(errors)

    async def extend(self, deadline_id: str, due_on: Any) -> monitoring.DeadlineExtended:
        """A person moves a deadline."""
        context = await self._person()
        command = context.command(ExtendDeadline, due_on=due_on, reason="the commission is ill")
        return (await context.execute(DEADLINE, deadline_id, command))[0]  # type: ignore[return-value]

    async def recompute(self, deadline_id: str) -> monitoring.DeadlineRecomputed:
        """A person has a deadline computed anew by the present calendar."""
        context = await self._person()
        return (await context.execute(DEADLINE, deadline_id, context.command(RecomputeDeadline)))[0]  # type: ignore[return-value]

    def version_of(self, event: Event) -> int:
        """The place of a fact in its deadline's stream; 1 for a fact of another kind."""
        facts = self._facts.get(getattr(event, "deadline_id", ""), [])
        return facts.index(event) + 1 if event in facts else 1

    async def withdraw(self, deadline_id: str) -> monitoring.DeadlineWithdrawn:
        """A person takes a deadline away."""
        context = await self._person()
        return (await context.execute(DEADLINE, deadline_id, context.command(WithdrawDeadline, reason="moot")))[0]  # type: ignore[return-value]

    async def workflow_context(self, _agency: str, info: activity.Info) -> Context:
        """As `chassis.service.Runtime` offers it to activities."""
        return Context(self._facts, await self.clock.now() - self.behind, f"workflow:{info.workflow_id}")

    def workers(self, *without: str) -> list[Worker]:
        """One activity worker on the task queue of each service, but for those `without`."""
        queues: dict[str, Sequence[Callable[..., Awaitable[Any]]]] = {
            intake.TASK_QUEUE: [
                *self.registers.activities("intake"),
                _silent(intake.CLOSE_CASE, intake.CloseCase),
                _silent(intake.REOPEN_CASE, intake.ReopenCase),
                _silent(intake.CLOSE_ATTESTATION, intake.CloseAttestation),
            ],
            review.TASK_QUEUE: [
                _silent(review.OPEN_SELF_ASSESSMENT, review.OpenSelfAssessment),
                _silent(review.OPEN_MATERIALS, review.OpenMaterials),
                _silent(review.CLOSE_MATERIALS, review.CloseMaterials),
                *_case_steps(review),
            ],
            visits.TASK_QUEUE: [
                _silent(visits.OPEN_VISIT, visits.OpenVisit),
                _silent(visits.OPEN_MONITORING_VISIT, visits.OpenMonitoringVisit),
                _silent(visits.OPEN_ATTESTATION_VISIT, visits.OpenAttestationVisit),
                _silent(visits.CLOSE_ATTESTATION_VISIT, visits.CloseAttestationVisit),
                _silent(visits.OPEN_RECHECK, visits.OpenRecheck),
                *_case_steps(visits),
            ],
            council.TASK_QUEUE: [
                _silent(council.OPEN_CONSIDERATION, council.OpenConsideration),
                self._read_case(),
                *_case_steps(council),
                *(_silent(name, council.CertificateStep) for name in CERTIFICATE_STEPS),
                _silent(council.OPEN_RESOLUTION, council.OpenResolution),
                _silent(council.OPEN_ATTESTATION_DECISION, council.OpenAttestationDecision),
                _silent(council.END_LICENCE_SUSPENSION, council.EndLicenceSuspension),
                *(_silent(name, council.CertificateSanction) for name in (council.SUSPEND_CERTIFICATE, council.REVOKE_CERTIFICATE)),
                *self.registers.activities("council"),
            ],
            monitoring.TASK_QUEUE: [
                *self._deadlines(),
                *self._of_followups(),
                self._read_internal_cycle(),
                _silent(monitoring.CLOSE_INTERNAL_CYCLE, monitoring.CloseInternalCycle),
                *self.registers.activities("monitoring"),
            ],
        }
        recorder = _Recorder(self)
        grace = timedelta(seconds=1)
        return [
            Worker(self._client, task_queue=queue, activities=does, interceptors=[recorder], graceful_shutdown_timeout=grace)
            for queue, does in queues.items()
            if queue not in without
        ]

    @asynccontextmanager
    async def working(self, *without: str) -> AsyncIterator[None]:
        """The workers run, but for those of the task queues `without`."""
        async with AsyncExitStack() as stack:
            for worker in self.workers(*without):
                await stack.enter_async_context(worker)
            yield

    def _read_case(self) -> Callable[..., Awaitable[Any]]:
        async def read_case(question: council.ReadCase) -> council.CaseBeforeCouncil:
            return self.cases[question.case_id]

        return activity.defn(name=council.READ_CASE)(read_case)

    def _read_internal_cycle(self) -> Callable[..., Awaitable[Any]]:
        async def read_internal_cycle(question: monitoring.ReadInternalCycle) -> monitoring.InternalCycleStanding:
            return self.internal[question.cycle_id]

        return activity.defn(name=monitoring.READ_INTERNAL_CYCLE)(read_internal_cycle)

    def _deadlines(self) -> list[Callable[..., Awaitable[Any]]]:
        """Monitoring's own, as far as they need no database."""
        names = {value for name, value in vars(monitoring).items() if name in _OF_DEADLINES}
        return [each for each in monitoring_activities(self) if getattr(each, "__temporal_activity_definition").name in names]  # type: ignore[arg-type]

    def _of_followups(self) -> list[Callable[..., Awaitable[Any]]]:
        async def read_followup(question: monitoring.ReadFollowUp) -> monitoring.FollowUpTerms:
            rules, kind = self._followups[question.followup_id]
            return _terms(rules, kind)

        async def refer_decision(step: monitoring.CycleStep) -> monitoring.CycleStanding:
            standing = await read_cycle(monitoring.ReadCycle(agency=step.agency, cycle_id=step.cycle_id))
            return standing.model_copy(update={"ground": step.ground} if step.cycle_id not in self.not_missing else {"round": 0})

        async def read_cycle(question: monitoring.ReadCycle) -> monitoring.CycleStanding:
            known = next(opened for opened in self._followups if derived_id("cycle", opened, "1") == question.cycle_id)
            rules, kind = self._followups[known]
            return monitoring.CycleStanding(
                cycle_id=question.cycle_id,
                followup_id=known,
                certificate_id="certificate",
                institution_id="kaznu",
                rulebook=rules.ref,
                kind=kind,
                cycle=1,
                expected_on=None,
                valid_until=self.valid_until[question.cycle_id],
                round=1,
                fulfilment=(("r1", "fulfilled"),),
            )

        return [
            activity.defn(name=monitoring.READ_FOLLOWUP)(read_followup),
            activity.defn(name=monitoring.READ_CYCLE)(read_cycle),
            _silent(monitoring.ALERT_DIRECTOR, monitoring.AlertDirector),
            activity.defn(name=monitoring.REFER_DECISION)(refer_decision),
            _silent(monitoring.CLOSE_CYCLE, monitoring.CycleStep),
        ]

    async def _person(self) -> Context:
        return Context(self._facts, await self.clock.now(), "coordinator")

    def begin(self, workflow_id: str, name: str) -> None:
        """Counts a try, and lets it fail if it is to."""
        self._tries[workflow_id].append(name)
        faults = self._faults.get((workflow_id, name))
        if faults:
            raise faults.pop(0)

    def record(self, workflow_id: str, request: Request) -> None:
        """Keeps a request that was answered."""
        self._requests[workflow_id].append(request)


_OF_DEADLINES = {
    "SET_DEADLINE",
    "REMIND",
    "MEET_DEADLINE",
    "MISS_DEADLINE",
    "WITHDRAW_DEADLINE",
    "MOVE_ANCHOR",
    "SUSPEND_DEADLINE",
    "RESUME_DEADLINE",
    "READ_OUTCOMES",
    "READ_PROCEDURE",
    "READ_CERTIFICATE_TERM",
}
CERTIFICATE_STEPS = (council.OPEN_RENEWAL_WINDOW, council.CLOSE_RENEWAL_WINDOW, council.EXPIRE_CERTIFICATE)


class _Recorder(Interceptor):
    def __init__(self, services: Services) -> None:
        self.services = services

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Recording(next, self.services)


class _Recording(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, services: Services) -> None:
        super().__init__(next)
        self._services = services

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        workflow_id = info.workflow_id or ""
        self._services.begin(workflow_id, info.activity_type)
        at = await self._services.clock.now()
        answer = await super().execute_activity(input)
        self._services.record(workflow_id, Request(info.activity_type, at, input.args[0], info.attempt, telemetry.current_traceparent()))
        return answer


def _case_steps(service: ModuleType) -> list[Callable[..., Awaitable[Any]]]:
    return [_silent(name, service.CaseStep) for name in (service.SUSPEND, service.RESUME, service.CLOSE)]


def _silent(name: str, argument: type[BaseModel]) -> Callable[..., Awaitable[Any]]:
    async def done(request: Any) -> None:
        return None

    done.__annotations__["request"] = argument
    return activity.defn(name=name)(done)


def _about(facts: Sequence[Event], workflow_id: str, rule: str | None) -> bool:
    first = facts[0] if facts else None
    return isinstance(first, monitoring.DeadlineSet) and first.workflow_id == workflow_id and rule in (None, first.rule)


def _terms(rules: Rulebook, kind: str) -> monitoring.FollowUpTerms:
    """As monitoring reads them off the rulebooks, of a certificate with a remark."""
    remark = monitoring.FollowedRecommendation(recommendation_id="r1", criterion="3", text="Describe the library.", remark=True)
    fields = profile.terms_of(rules, kind, (remark,))
    return monitoring.FollowUpTerms(rulebook=rules.ref, kind=kind, panel=("e1", "e2"), valid_until=date(2030, 1, 1), **fields)
