"""Plays one scenario against a running stack on the time-skipping server, through the public REST interface with tokens of real roles.

A play does not move time: it says what it waits for, so that several may share one legal clock (`cli.simulate`).
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx

from chassis.auth import Role
from chassis.issuer import development_token
from chassis.messaging import Envelope
from chassis.settings import Settings
from cli.acts import Act, commands, requested
from cli.errors import Explained
from cli.expecting import At, Checked, Examiner, matches, refusal_checked, shown
from cli.reckoning import filled, later, member, reckon
from cli.scenario import Actor, DateRule, Expect, Script, Step, When
from cli.skipping import LegalTime
from cli.timeline import Timeline
from regulations import end_of_local_day

_HOUR = 10
_AUDITOR = Actor(role=Role.auditor, subject="scenario.auditor")


class Unexpected(Explained):
    """A step went so otherwise than the scenario says that the story cannot go on."""

    def __init__(self, at: At, expected: str, seen: str) -> None:
        super().__init__(f"expected {expected}; seen: {seen}")
        self.checked = Checked(at, expected, seen, holds=False)


class NoAnswer(Explained):
    """What an expectation is about cannot be read."""


@dataclass(frozen=True)
class Wait:
    """Time must pass: until an instant, or until something has come, whichever is first."""

    until: datetime | None = None
    come: Callable[[], bool] | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether the play goes on."""
        return (self.until is not None and self.until <= now) or (self.come is not None and self.come())


@dataclass
class Deadline:
    """A deadline as its events told it so far."""

    rule: str
    case_id: str
    state: str = "open"


@dataclass
class Play:
    """One playing of one script in an agency of its own."""

    script: Script
    agency: str
    settings: Settings
    urls: dict[str, str]
    timeline: Timeline
    events: list[Envelope] = field(default_factory=list)
    failures: list[Checked] = field(default_factory=list)
    lifecycles: set[str] = field(default_factory=set)
    held: int = 0
    over: bool = False

    def __post_init__(self) -> None:
        scenario, rulebook = self.script.scenario, self.script.rulebook
        self._zone = ZoneInfo(rulebook.zone)
        self.names: dict[str, Any] = {alias: paper.reference() for alias, paper in scenario.documents.items()}
        self.names |= {"agency": self.agency, "rulebook": rulebook}
        self._tokens: dict[str, str] = {}
        self._deadlines: dict[str, Deadline] = {}
        self._taken: dict[str, date] = {}

    def hear(self, envelope: Envelope) -> None:
        """An event of this play's agency was published."""
        self.events.append(envelope)
        self._keep_deadline(envelope)
        self.timeline.event(envelope)

    async def story(self, http: httpx.AsyncClient, legal_time: LegalTime) -> AsyncIterator[Wait]:
        """Every step in order. Yields when time must pass; whoever resumes it has let everything settle."""
        self._http, self._time = http, legal_time
        try:
            for index, step in enumerate(self.script.scenario.steps):
                async for wait in self._step(step, ("steps", index)):
                    yield wait
            async for wait in self._end():
                yield wait
        except Unexpected as error:
            self._note([error.checked])
        await legal_time.settle()
        self.over = True
        for deadline in await self.register():
            self.timeline.deadline(deadline)

    async def register(self) -> list[dict[str, Any]]:
        """The deadline register of the agency."""
        path, found = "monitoring/v1/deadlines?limit=200", []
        cursor = ""
        while True:
            page = await self._read(path + cursor)
            found += page["items"]
            if not page.get("next"):
                return found
            cursor = f"&cursor={page['next']}"

    async def _step(self, step: Step, at: At) -> AsyncIterator[Wait]:
        since = len(self.events)
        await self._today()
        for name, rule in step.dates.items():
            self.names[name] = reckon(rule, self.names, self.script.rulebook)
        self.timeline.step(step.name)
        if step.at or step.after:
            day = reckon(step.at, self.names, self.script.rulebook) if step.at else self._after(step)
            async for wait in self._pass_to(day, step, (*at, "at" if step.at else "after")):
                yield wait
        elif step.when:
            async for wait in self._until_come(step.when, (*at, "when")):
                yield wait
        refused = await self._requests(step, at)
        await self._time.settle()
        await self._examine(step.expect, (*at, "expect"), self.events[since:])
        if step.id:
            self._taken[step.id] = self.names["today"]
        place = self.script.place(*at)
        traces = [event.traceparent.split("-")[1] for event in self.events[since:] if event.traceparent]
        self.timeline.traced(f"{place.file}:{place.line}", step.name, list(dict.fromkeys([*traces, *refused])))

    async def _end(self) -> AsyncIterator[Wait]:
        scenario = self.script.scenario
        await self._today()
        if isinstance(scenario.until, When):
            async for wait in self._until_come(scenario.until, ("until",)):
                yield wait
        elif isinstance(scenario.until, DateRule):
            day = reckon(scenario.until, self.names, self.script.rulebook)
            async for wait in self._pass_to(day, None, ("until",)):
                yield wait
        await self._examine(scenario.expect, ("expect",), self.events)

    def _after(self, step: Step) -> date:
        assert step.after is not None
        return later(self._taken[step.after.step], step.after, self.script.rulebook)

    async def _pass_to(self, day: date, step: Step | None, at: At) -> AsyncIterator[Wait]:
        today = self.names["today"]
        if day < today:
            raise Unexpected(at, f"a day that is still to come, or {today}", f"{day}, which is past")
        hour = step.hour if step and step.hour is not None else _HOUR
        instant = datetime.combine(day, time(hour), self._zone).astimezone(UTC)
        if await self._time.now() < instant:
            yield Wait(until=instant)
            await self._today()

    async def _until_come(self, when: When, at: At) -> AsyncIterator[Wait]:
        limit = end_of_local_day(reckon(when.by, self.names, self.script.rulebook), self._zone.key) if when.by else None
        data, case = filled(when.data, self.names), filled(when.case, self.names) if when.deadline else ""

        def come() -> bool:
            if when.event is not None:
                return any(matches(event, when.event, data) for event in self.events)
            wanted = (when.deadline, when.state, case)
            return any((known.rule, known.state, known.case_id) == wanted for known in self._deadlines.values())

        if not come():
            yield Wait(limit, come)
            await self._today()
        if not come():
            what = when.event or f"{when.deadline} {when.state}"
            by = f" by {limit.astimezone(self._zone).date() - timedelta(days=1)}" if limit else ""
            raise Unexpected(at, f"{what}{by}", f"it has not come, and it is {self.names['today']}")

    async def _requests(self, step: Step, at: At) -> list[str]:
        """Makes the step's requests; the traces of those that were refused."""
        traces = []
        before = {name: self.names[name] for name in step.for_each if name in self.names}
        for values in step.combinations():
            self.names |= filled(values, {**self.names, **before})
            actor = self.script.scenario.actors[filled(step.actor, self.names)] if step.actor else None
            if step.get:
                await self._get(step, actor, at)
            elif step.do or step.post:
                traces += await self._command(step, actor, at)
        self.names = {name: value for name, value in self.names.items() if name not in step.for_each} | before
        return traces

    async def _command(self, step: Step, actor: Actor | None, at: At) -> list[str]:
        act, path = self._asked(step)
        headers = {**self._authorization(actor), "idempotency-key": uuid4().hex}
        if act.versioned:
            headers["if-match"] = await self._version(actor, path) or "*"
        content = filled(step.content or {}, self.names)
        answer = await self._http.post(self._url(path), json=content, headers=headers)
        at = (*at, "do" if step.do else "post")
        if step.refusal is None:
            if answer.status_code >= 300:
                raise Unexpected(at, "that it is accepted", _told(answer))
            if step.save:
                self.names[step.save] = answer.json()["id"]
            self._keep(step, answer, at[:-1])
            return []
        wanted = (*at[:-1], "refused") if step.refused else (*at[:-1], "expect", "refused")
        if answer.status_code < 400:
            raise Unexpected(wanted, f"refused: {step.refusal.clause or step.refusal.problem}", "it was accepted")
        problem = answer.json()
        self.timeline.refused(await self._time.now(), actor.subject if actor else "anybody", problem)
        self._note([refusal_checked(step.refusal, problem, self.names, wanted)])
        return [problem["trace_id"]] if problem.get("trace_id") else []

    def _asked(self, step: Step) -> tuple[Act, str]:
        if step.post:
            act = requested("post", step.post)
            assert act is not None
            return act, filled(step.post, self.names)
        act = commands()[str(step.do).replace("_", " ")]
        things = {}
        for parameter in act.parameters:
            thing = parameter.removesuffix("_id")
            things[parameter] = filled(step.of[thing], self.names) if thing in step.of else self.names[thing]
        return act, act.service + act.path.format_map(things)

    async def _get(self, step: Step, actor: Actor | None, at: At) -> None:
        path = str(filled(step.get, self.names))
        answer = await self._http.get(self._url(path), headers=self._authorization(actor))
        if answer.status_code >= 300:
            raise Unexpected((*at, "get"), "an answer", _told(answer))
        content = answer.json()
        self._note(shown(content, step.shows, self.names, (*at, "shows")))
        self._keep(step, answer, at)
        kept = ", ".join(
            [f"{name.replace('_', ' ')} {self.names[name]}" for name in step.keep]
            + [f"{path} {member(content, path)}" for path in step.shows]
        )
        self.timeline.note(await self._time.now(), f"GET {path.partition('?')[0]} → {kept}")

    def _keep(self, step: Step, answer: httpx.Response, at: At) -> None:
        """Members of the answer by name."""
        for name, wanted in step.keep.items():
            try:
                self.names[name] = _dated(member(answer.json(), wanted))
            except (LookupError, ValueError):
                self.names[name] = None
            if self.names[name] is None:
                raise Unexpected((*at, "keep", name), f"{wanted} in the answer", answer.text[:300])

    async def _version(self, actor: Actor | None, path: str) -> str | None:
        """The ETag of the resource that a command is about: the path without its last part."""
        resource = path.rpartition("/")[0]
        read = requested("get", resource)
        reader = actor if actor and read and actor.role in read.roles else _AUDITOR
        answer = await self._http.get(self._url(resource), headers=self._authorization(reader))
        etag: str | None = answer.headers.get("etag")
        return etag

    async def _examine(self, expect: Expect, at: At, events: list[Envelope]) -> None:
        try:
            self._note(await Examiner(self._read, self.names, self.script.rulebook).check(expect, at, events))
        except NoAnswer as error:
            raise Unexpected(at, "something that can be looked at", str(error)) from error

    def _note(self, found: list[Checked]) -> None:
        for each in found:
            self.held += each.holds
            if not each.holds:
                self.failures.append(each)
            self.timeline.expectation(str(self.script.place(*each.at)), each.expected, each.seen, each.holds)

    def _keep_deadline(self, envelope: Envelope) -> None:
        data = envelope.data
        if envelope.type_name == "DeadlineSet":
            self._deadlines[data["deadline_id"]] = Deadline(data["rule"], data["case_id"])
            return
        known = self._deadlines.get(data.get("deadline_id", ""))
        states = {
            "DeadlineMissed": "missed",
            "DeadlineSuspended": "suspended",
            "DeadlineResumed": "open",
            "DeadlineWithdrawn": "withdrawn",
            "DeadlineMet": "met_late" if data.get("late_days") else "met",
        }
        if known and envelope.type_name in states:
            known.state = states[envelope.type_name]

    async def _today(self) -> None:
        self.names["today"] = (await self._time.now()).astimezone(self._zone).date()

    async def _read(self, path: str) -> Any:
        answer = await self._http.get(self._url(path), headers=self._authorization(_AUDITOR))
        if answer.status_code >= 300:
            raise NoAnswer(f"GET {path}: {_told(answer)}")
        return answer.json()

    def _url(self, path: str) -> str:
        service, _, rest = path.partition("/")
        return f"{self.urls[service]}/{rest}"

    def _authorization(self, actor: Actor | None) -> dict[str, str]:
        return {"authorization": f"Bearer {self._token(actor)}"} if actor else {}

    def _token(self, actor: Actor) -> str:
        known = self._tokens.get(actor.subject)
        if known is None:
            known = self._tokens[actor.subject] = development_token(
                self.settings, subject=actor.subject, roles=[actor.role], agency=self.agency, institution=actor.institution
            )
        return known


def _told(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
        clause = f", p. {problem['clause']}" if problem.get("clause") else ""
        faults = "; ".join(f"{fault['pointer']} {fault['detail']}" for fault in problem.get("errors", ()))
        told = f"{problem['detail']} {faults}".strip()
        return f"{answer.status_code} {str(problem['type']).rpartition(':')[2]}{clause}: {told}"
    except (ValueError, KeyError):
        return f"{answer.status_code} {answer.text[:300]}"


def _dated(value: Any) -> Any:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return value
