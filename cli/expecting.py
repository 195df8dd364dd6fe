"""Compares what a scenario expects with what came: events, the deadline register, certificates, letters, refusals."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.messaging import Envelope
from cli.reckoning import alike, filled, member, reckon
from cli.scenario import CertificateExpected, DeadlineExpected, EventExpected, Expect, Refusal
from regulations import Rulebook

#: Letters that have a term, and with it a place in the deadline register: due is what is open or missed there.
LETTERS = ("refusal_notice", "register_notice")
_OWED = ("open", "missed")

Read = Callable[[str], Awaitable[Any]]
At = tuple[str | int, ...]


@dataclass(frozen=True)
class Checked:
    """One expectation that was looked at, and where in the scenario it stands."""

    at: At
    expected: str
    seen: str
    holds: bool


@dataclass(frozen=True)
class Examiner:
    """Looks at what came, through the public interface: `read` is a GET as the agency's auditor."""

    read: Read
    names: Mapping[str, Any]
    rulebook: Rulebook

    async def check(self, expect: Expect, at: At, events: Sequence[Envelope]) -> list[Checked]:
        """All of it but the refusal, which belongs to a request."""
        found = [self._event(event, (*at, "events", index), events) for index, event in enumerate(expect.events)]
        found += [self._no_event(event, (*at, "none", index), events) for index, event in enumerate(expect.none)]
        found += [await self._deadline(rule, wanted, expect, (*at, "deadlines", rule)) for rule, wanted in expect.deadlines.items()]
        if expect.certificate:
            found += [each async for each in self._certificate(expect.certificate, (*at, "certificate"))]
        if expect.letters is not None:
            found.append(await self._letters(expect.letters, str(filled(expect.case, self.names)), (*at, "letters")))
        return found

    def _event(self, wanted: EventExpected, at: At, events: Sequence[Envelope]) -> Checked:
        data = filled(wanted.data, self.names)
        matching = [event for event in events if matches(event, wanted.event, data)]
        holds = len(matching) == wanted.times if wanted.times else bool(matching)
        times = f"{wanted.times} times " if wanted.times else ""
        return Checked(at, times + _said(wanted.event, data), _seen(wanted, data, matching, events), holds)

    def _no_event(self, wanted: EventExpected, at: At, events: Sequence[Envelope]) -> Checked:
        data = filled(wanted.data, self.names)
        matching = [event for event in events if matches(event, wanted.event, data)]
        return Checked(at, "no " + _said(wanted.event, data), _seen(wanted, data, matching, events), not matching)

    async def _deadline(self, rule: str, wanted: DeadlineExpected, expect: Expect, at: At) -> Checked:
        case = filled(wanted.case or expect.case, self.names)
        found = [each for each in await self._register(case) if each["rule"] == rule]
        seen = max(found, key=lambda each: str(each["due_on"]), default={"state": "none", "due_on": None})
        expected = {name: filled(value, self.names) for name, value in (("state", wanted.state), ("due_on", wanted.due_on)) if value}
        told = {name: seen[name] for name in expected} if expected else {"state": seen["state"]}
        holds = alike(expected, seen) if expected else seen["state"] != "none"
        return Checked(at, f"{rule} {_plain(expected)}".strip(), f"{rule} {_plain(told)}", holds)

    async def _certificate(self, wanted: CertificateExpected, at: At) -> AsyncIterator[Checked]:
        path = f"council/v1/certificates/{filled(wanted.of, self.names)}"
        now = await self.read(path)
        for name, value in (("state", wanted.state), ("valid_until", wanted.valid_until)):
            if value is not None:
                expected = filled(value, self.names)
                yield Checked((*at, name), f"{name} {expected}", f"{name} {now[name]}", alike(expected, now[name]))
        if wanted.as_of is not None:
            day = reckon(wanted.as_of, self.names, self.rulebook)
            then = await self.read(f"{path}?as_of={day}")
            words = {True: "valid", False: "not valid"}
            yield Checked(
                (*at, "valid"), f"{words[bool(wanted.valid)]} on {day}", f"{words[then['valid']]} on {day}", then["valid"] == wanted.valid
            )

    async def _letters(self, wanted: Sequence[str], case: str, at: At) -> Checked:
        due = sorted(each["rule"] for each in await self._register(case) if each["rule"] in LETTERS and each["state"] in _OWED)
        told = [", ".join(letters) or "no letter" for letters in (sorted(wanted), due)]
        return Checked(at, f"due: {told[0]}", f"due: {told[1]}", sorted(wanted) == due)

    async def _register(self, case: str) -> list[dict[str, Any]]:
        answer = await self.read(f"monitoring/v1/deadlines?case_id={case}&limit=200")
        return list(answer["items"])


def refusal_checked(wanted: Refusal, problem: Mapping[str, Any], names: Mapping[str, Any], at: At) -> Checked:
    """A refusal as it came, against the one that was expected."""
    says = filled(wanted.says, names) if wanted.says else None
    slug = str(problem.get("type", "")).rpartition(":")[2]
    words = f"{problem.get('detail', '')} → {problem.get('accepts', '')}"
    holds = slug == wanted.problem and wanted.clause in (None, problem.get("clause")) and (says is None or says in words)
    told = ", ".join(part for part in (wanted.problem, wanted.clause and f"p. {wanted.clause}", says and f"that says {says!r}") if part)
    clause = f", p. {problem['clause']}" if problem.get("clause") else ""
    return Checked(at, f"refused: {told}", f"{slug}{clause}: {words.removesuffix(' → ')}", holds)


def shown(content: Any, wanted: Mapping[str, Any], names: Mapping[str, Any], at: At) -> list[Checked]:
    """Members of a GET's answer, by their paths, against those that were expected."""
    found = []
    for path, value in wanted.items():
        expected, seen = filled(value, names), member(content, path)
        found.append(Checked((*at, path), _plain({path: expected}), _plain({path: seen}), alike(expected, seen)))
    return found


def matches(event: Envelope, name: str, data: Mapping[str, Any]) -> bool:
    """Whether an event is of a type and has this data."""
    return event.type_name == name and all(alike(value, member(event.data, path)) for path, value in data.items())


def _seen(wanted: EventExpected, data: Mapping[str, Any], matching: Sequence[Envelope], events: Sequence[Envelope]) -> str:
    if matching:
        return _times(wanted.event, len(matching))
    same = [event for event in events if event.type_name == wanted.event]
    if same:
        return "; ".join(_said(wanted.event, {path: member(event.data, path) for path in data}) for event in same[:3])
    return ", ".join(_times(name, times) for name, times in Counter(event.type_name for event in events).items()) or "no event"


def _times(name: str, times: int) -> str:
    return name if times == 1 else f"{times} times {name}"


def _said(name: str, data: Mapping[str, Any]) -> str:
    return f"{name} with {_plain(data)}" if data else name


def _plain(data: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}" for name, value in data.items())
