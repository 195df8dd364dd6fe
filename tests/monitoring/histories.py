"""Random histories of follow-ups as facts of monitoring, visits and council, in order, stored as the services store them."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar
from uuid import uuid4

from chassis.commit import apply_writes
from chassis.context import Context
from chassis.decider import Command, Decider, no_rules
from chassis.events import Event, Recorded
from chassis.messaging import Envelope
from chassis.readmodels import project
from chassis.service import Runtime
from regulations import end_of_local_day, load
from services.council import contract as council
from services.monitoring import contract as of
from services.monitoring.app import SERVICE
from services.monitoring.domain.cycle import cycle_id
from services.monitoring.domain.followup import followup_id
from services.visits import contract as visits

AAKR, SAPATTUU = "aakr-monitoring-2024", "sapattuu-bilim-monitoring"
REPORT_RULES = {AAKR: ["interim_report"], SAPATTUU: ["report_before_expiry", "report_before_visit"]}
OTHER_RULES = {AAKR: ["visit_report", "report_study"], SAPATTUU: ["decision_notice", "visit_act"]}
WORDS: dict[str, list[str | None]] = {AAKR: [None], SAPATTUU: [None, "fulfilled", "partly_fulfilled", "not_fulfilled"]}
JUDGING: list[tuple[type[Event], str]] = [
    (of.MeasuresAnalysed, "analysed_on"),
    (of.ResultAssessed, "assessed_on"),
    (of.CouncilFileSent, "sent_on"),
]
RETURNS: list[tuple[type[Event], str]] = [(of.InterimReportRejected, "rejected_on"), (of.ReportChangesRequested, "requested_on")]
DAY = timedelta(days=1)
_SAMPLES = Path(__file__).parents[1] / "contract" / "events"

E = TypeVar("E", bound=Event)


def sample(service: str, kind: type[E], /, **changes: Any) -> E:
    """The contract's sample of an event with other fields."""
    told = json.loads((_SAMPLES / service / f"{kind.type_name()}.v1.json").read_text())
    return kind.model_validate({**{name: value for name, value in told.items() if name in kind.model_fields}, **changes})


@dataclass(frozen=True)
class Told:
    """A fact as it is stored: of which service, in which stream, when; `corrects` points to what it puts right."""

    service: str
    stream: tuple[str, str]
    event: Event
    corrects: "Told | None" = None
    at: list[datetime] = field(default_factory=list)
    id: list[str] = field(default_factory=list)


class Random_(Random):
    """With days."""

    def day(self, around: date, before: int, after: int) -> date:
        return around + self.randint(-before, after) * DAY


def history(n: int, r: Random_, today: date, agency: str) -> list[Told]:
    """Everything of one certificate."""
    return [*_History(n, r, today, agency).facts()]


class _History:
    def __init__(self, n: int, r: Random_, today: date, agency: str) -> None:
        self.r, self.today = r, today
        self.certificate = f"{agency}-{n}"
        self.id = followup_id(self.certificate)
        self.rulebook = r.choice([AAKR, SAPATTUU])
        self.institution = r.choice(["jasu", "oshgu", "ksu"])
        self.recommended = [f"r-{number}" for number in range(r.randint(0, 4))]
        self.ids = {"followup_id": self.id, "institution_id": self.institution}

    def facts(self) -> Iterator[Told]:
        r, opened_on = self.r, self.r.day(self.today, 1500, 0)
        followed = r.random() > 0.1  # of the others only council tells
        if followed:
            yield self._own("followup", self.id, of.FollowUpOpened, **self._opening(opened_on))
            if r.random() < 0.4:
                told = {"kind": r.choice(["conditional", "other_kind"]), "recommendations": self._recommendations()}
                yield self._own("followup", self.id, of.FollowUpClassified, **told, windows=self._windows())
            yield from self._plan()
        for n in range(1, r.randint(1, 4)):
            if followed:
                yield from self._cycle(n)
        yield from self._council()
        if followed and r.random() < 0.5:
            status = r.choice(["in_force", "suspended"])
            yield self._own("followup", self.id, of.CertificateFollowed, status=status, windows=self._windows())
        if followed and r.random() < 0.2:
            yield self._own("followup", self.id, of.FollowUpEnded, why="expired", ended_on=r.day(self.today, 400, 0))

    def _own(self, category: str, id_: str, kind: type[Event], /, **changes: Any) -> Told:
        ids = {name: value for name, value in self.ids.items() if name in kind.model_fields}
        return Told("monitoring", (category, id_), sample("monitoring", kind, **{**ids, **changes}))

    def _opening(self, opened_on: date) -> dict[str, Any]:
        kind = self.r.choice([None, "conditional", "full"])
        told = {"certificate_id": self.certificate, "kind": kind, "opened_on": opened_on, "windows": self._windows()}
        return {**told, "rulebook": load(self.rulebook).ref, "number": self.certificate, "recommendations": self._recommendations()}

    def _recommendations(self) -> list[dict[str, Any]]:
        some = self.r.sample(self.recommended, self.r.randint(0, len(self.recommended)))
        criteria = ["Standard 1", "Standard 2", "Standard 5"]
        return [
            {"recommendation_id": each, "criterion": self.r.choice(criteria), "text": "Do.", "remark": self.r.random() < 0.4}
            for each in some
        ]

    def _windows(self) -> list[dict[str, Any]]:
        first, found = self.r.day(self.today, 5, 200), []
        for n in range(self.r.randint(0, 3)):
            opens = first + n * self.r.randint(100, 500) * DAY
            days = {"report_due_on": opens + 60 * DAY, "expected_on": None, "period_from": opens, "period_until": opens}
            found.append({"cycle": n + 1, "opens_at": end_of_local_day(opens - DAY, load(self.rulebook).zone), **days})
        return found

    def _plan(self) -> Iterator[Told]:
        both: list[type[Event]] = [of.PlanSubmitted, of.PlanAmended]
        for kind in self.r.sample(both, self.r.randint(0, 2)):
            against = [self.r.choice([None, *self.recommended]) for _ in range(4)]
            common = {"criterion": "Standard 1", "measure": "Buy.", "responsible": "Library", "due_on": self.today}
            measures = [{"measure_id": f"m-{n}", "recommendation_id": each, **common} for n, each in enumerate(against)]
            yield self._own("plan", f"plan-{self.id}", kind, measures=measures[self.r.randint(0, 2) :])

    def _verdicts(self) -> list[dict[str, Any]]:
        found = []
        for _ in range(self.r.randint(0, 5)):
            direct = self.r.random() < 0.5 and bool(self.recommended)
            target = {"recommendation_id": self.r.choice(self.recommended)} if direct else {"measure_id": f"m-{self.r.randint(0, 4)}"}
            found.append({**target, "fulfilment": self.r.choice(WORDS[self.rulebook]), "note": "Seen."})
        return found

    def _cycle(self, n: int) -> Iterator[Told]:
        r, id_ = self.r, cycle_id(self.id, n)
        self.ids["cycle_id"] = id_
        yield self._own("cycle", id_, of.CycleOpened, cycle=n, rulebook=load(self.rulebook).ref, opened_on=r.day(self.today, 900, 0))
        reported = r.random() < 0.7
        for rule in REPORT_RULES[self.rulebook]:
            yield from self._deadline(rule, id_, "institution")
        yield from self._deadline(r.choice(OTHER_RULES[self.rulebook]), id_, r.choice(["agency", "monitoring_panel"]))
        for round_ in range(1, r.randint(2, 4) if reported else 1):
            late, on = max(0, r.randint(-90, 90)), r.day(self.today, 1100, 0)
            yield self._own("cycle", id_, of.InterimReportSubmitted, round=round_, submitted_on=on, late_days=late)
            kind, day = r.choice(RETURNS)
            yield self._own("cycle", id_, kind, round=round_, **{day: on})
        for step, on_what in JUDGING:
            if r.random() < 0.5:
                yield self._own("cycle", id_, step, verdicts=self._verdicts(), **{on_what: r.day(self.today, 900, 0)})
        yield from self._visit(id_)
        if r.random() < 0.5:
            told = self._own("cycle", id_, of.AcceptanceTold, told_on=r.day(self.today, 900, 0))
            yield told
            if r.random() < 0.4:
                yield self._corrected("monitoring", told, of.CycleCorrected, "told_on", cycle_id=id_)
        if r.random() < 0.3:
            yield self._own("cycle", id_, of.CycleClosed, outcome="positive", closed_on=r.day(self.today, 300, 0))

    def _visit(self, id_: str) -> Iterator[Told]:
        stream = ("monitoring-visit", id_)
        for kind, day in ((visits.MonitoringVisitHeld, "ended_on"), (visits.MonitoringVisitReported, "submitted_on")):
            changes = {"verdicts": self._verdicts()} if kind is visits.MonitoringVisitReported else {}
            if self.r.random() < 0.6:
                on = self.r.day(self.today, 900, 0)
                told = Told("visits", stream, sample("visits", kind, **{**self.ids, **changes, day: on}))
                yield told
                if self.r.random() < 0.4:
                    yield self._corrected("visits", told, visits.MonitoringVisitCorrected, day, cycle_id=id_, followup_id=self.id)

    def _corrected(self, service: str, wrong: Told, kind: type[Any], name: str, /, **ids: str) -> Told:
        right = {name: self.r.day(self.today, 900, 0).isoformat()}
        told = {"fact": wrong.event.type_name(), "previous": {}, "corrected": right, "version": 1, "corrects": "?"}
        return Told(service, wrong.stream, sample(service, kind, **told, **ids), corrects=wrong)

    def _deadline(self, rule: str, workflow: str, binds: str) -> Iterator[Told]:
        r, id_ = self.r, str(uuid4())
        rules = load(self.rulebook)
        common = {"deadline_id": id_, "case_id": self.id, "workflow_id": workflow, "rulebook": rules.ref, "zone": rules.zone}
        due_on = r.day(self.today, 120, 400)

        def fact(kind: type[Event], /, **changes: Any) -> Told:
            changes = {**common, **changes}
            return self._own("deadline", id_, kind, **{name: value for name, value in changes.items() if name in kind.model_fields})

        yield fact(of.DeadlineSet, rule=rule, binds=binds, clause="II.4.e", due_on=due_on)
        if r.random() < 0.3:
            due_on = due_on + r.randint(1, 60) * DAY
            yield fact(of.DeadlineExtended, due_on=due_on)
        if r.random() < 0.1:
            yield fact(of.DeadlineSuspended)
            if r.random() < 0.6:
                yield fact(of.DeadlineResumed, due_on=due_on + 5 * DAY)
                due_on += 5 * DAY
        if r.random() < 0.1:
            yield fact(of.DeadlineWithdrawn)
            return
        if due_on < self.today and r.random() < 0.8:
            yield fact(of.DeadlineMissed, missed_on=due_on)
            if r.random() < 0.6:
                yield self._own("followup", self.id, of.DirectorAlerted, deadline_id=id_, rule=rule, alerted_on=due_on + DAY)
        if r.random() < 0.3:
            met_on = r.day(self.today, 60, 0)
            yield fact(of.DeadlineMet, met_on=met_on, late_days=max(0, (met_on - due_on).days))

    def _council(self) -> Iterator[Told]:
        r, stream = self.r, ("certificate", self.certificate)
        common = {"certificate_id": self.certificate, "institution_id": self.institution}
        if r.random() < 0.4:
            for kind, day in (
                (council.CertificateSuspended, "suspended_on"),
                (council.CertificateRestored, "restored_on"),
                (council.CertificateRevoked, "revoked_on"),
            ):
                if r.random() < 0.6:
                    yield Told("council", stream, sample("council", kind, **common, **{day: r.day(self.today, 1500, 0)}))
        if r.random() < 0.3:
            changed = {**common, "certificate_id": f"{self.certificate}-new", "extends": self.certificate}
            extended = sample("council", council.CertificateExtended, **changed, issued_on=r.day(self.today, 1500, 0))
            yield Told("council", ("certificate", f"{self.certificate}-new"), extended)
        for n in range(r.randint(0, 2)):
            ids = {"decision_id": f"{self.certificate}-{n}", "followup_id": self.id, "institution_id": self.institution}
            resolution = ("resolution", ids["decision_id"])
            yield Told("council", resolution, sample("council", council.ResolutionOpened, **ids))
            if r.random() < 0.5:
                yield Told("council", resolution, sample("council", council.ResolutionAdopted, **ids))


class _Record(Command):
    events: tuple[Event, ...]


_VISITS_AND_COUNCIL = {"visits": visits.EVENTS, "council": council.EVENTS}
_TAKE = "INSERT INTO inbox (source, agency, event_id, type, envelope) VALUES ($1, $2, $3, $4, $5)"


async def store(runtime: Runtime, agency: str, facts: list[Told]) -> None:
    """As the service's own commands and its subscriptions do it: those of one list after one another."""
    begun: set[tuple[str, str]] = set()
    for told in facts:
        event, create = told.event, told.stream not in begun
        begun.add(told.stream)
        if told.corrects is not None:
            where = {
                "corrects": told.corrects.id[0],
                "version": 1 if told.service != "monitoring" else await _place(runtime, agency, told.corrects),
            }
            event = event.model_copy(update=where)
        context = await runtime.context(agency=agency, actor="w")
        await (_recorded(context, told, event, create) if told.service == "monitoring" else _taken(runtime, context, told, event))


async def _recorded(context: Context, told: Told, event: Event, create: bool) -> None:
    category, id_ = told.stream
    decider = Decider(category, (), lambda command, _s, _r: command.events, lambda _s, _e: (), no_rules)
    accepted = await context.execute(decider, id_, context.command(_Record, events=(event,)), create=create)
    told.at.append(context.at)
    told.id.append(accepted.events[0].id)


async def _place(runtime: Runtime, agency: str, told: Told) -> int:
    context = await runtime.context(agency=agency, actor="w")
    decider = Decider(told.stream[0], (), lambda *_: [], lambda _s, _e: (), no_rules)
    return next(each.version for each in await context.history(decider, told.stream[1]) if each.event_id == told.id[0])


async def _taken(runtime: Runtime, context: Context, told: Told, event: Event) -> None:
    id_, now = str(uuid4()), datetime.now(UTC)
    stream = "-".join(told.stream)
    recorded = Recorded(event, id_, told.service, context.agency, stream, 1, context.at, now, {})
    envelope = Envelope(
        id=id_,
        source=f"/kepil/{told.service}",
        type=f"kepil.{told.service}.{told.stream[0]}.{event.type_name()}",
        subject=stream,
        time=context.at,
        dataschema="",
        data=event.model_dump(mode="json"),
        agency=context.agency,
        streamversion=1,
        schemaversion=event.schema_version,
        recordedat=now,
        position="1-1",
    )
    async with runtime.system.acquire() as connection, connection.transaction():
        await connection.execute(_TAKE, told.service, context.agency, id_, event.type_name(), envelope.model_dump(mode="json"))
        await apply_writes(connection, project(SERVICE.read_models, recorded))
    told.at.append(context.at)
    told.id.append(id_)


async def store_all(runtime: Runtime, agency: str, histories: list[list[Told]]) -> None:
    """All histories side by side."""
    await asyncio.gather(*(store(runtime, agency, each) for each in histories))
