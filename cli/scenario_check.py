"""Looks through a scenario before it is played: every name is known where it is used, every rule, clause, event and act exists."""

from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from string import Formatter
from typing import Any, NoReturn

from chassis.events import Catalogue
from chassis.problems import PROBLEM_TYPES
from cli.acts import Act, commands, requested
from cli.expecting import LETTERS
from cli.marked import Marked, Place
from cli.scenario import AfterStep, DateRule, EventExpected, Expect, Refusal, Scenario, ScenarioRefused, Script, Step, When
from cli.serve import SERVICES
from cli.shelf import NoSuchRulebook, RulebookNotReadable, find, unknown
from regulations import Rulebook
from services.monitoring.contract import CONTRACT

#: Names that every scenario has, and what may be asked of them.
GIVEN = {"today": "date", "agency": "text", "rulebook": "rulebook"}
_ATTRIBUTES = {
    "date": ("year", "month", "day"),
    "kept": ("year", "month", "day"),
    "rulebook": ("id", "version"),
    "document": ("kind", "name", "sha256"),
}

At = tuple[str | int, ...]


@cache
def catalogues() -> dict[str, Catalogue]:
    """What each service publishes."""
    return {name: import_module(f"services.{name}.contract").EVENTS for name in SERVICES}


def check(file: Path, scenario: Scenario, marked: Marked) -> Script:
    """The scenario with its rulebook. ScenarioRefused."""
    try:
        rulebook = find(scenario.rulebook)
    except (NoSuchRulebook, RulebookNotReadable) as error:
        raise ScenarioRefused(marked.place(("rulebook",)), str(error)) from error
    _Check(scenario, rulebook, marked).whole()
    return Script(file, scenario, rulebook, marked)


class _Check:
    def __init__(self, scenario: Scenario, rulebook: Rulebook, marked: Marked) -> None:
        self._scenario = scenario
        self._rulebook = rulebook
        self._marked = marked
        self._known: dict[str, str] = {**GIVEN, **dict.fromkeys(scenario.documents, "document")}
        self._steps: list[str] = []
        self._later = dict(self._named())

    def whole(self) -> None:
        """From the first step to the end."""
        for name in self._scenario.documents:
            self._not_given(name, ("documents", name))
        for index, step in enumerate(self._scenario.steps):
            self._step(step, ("steps", index))
        match self._scenario.until:
            case When() as when:
                self._when(when, ("until",))
            case DateRule() as rule:
                self._date(rule, ("until",))
        if self._scenario.expect.refused:
            self._refuse(("expect", "refused"), "a refusal is expected of a step, not at the end")
        self._expect(self._scenario.expect, ("expect",))

    def _named(self) -> Iterator[tuple[str, Place]]:
        for index, step in enumerate(self._scenario.steps):
            at = ("steps", index)
            yield from ((name, self._marked.key((*at, "dates", name))) for name in step.dates)
            yield from ((name, self._marked.key((*at, "keep", name))) for name in step.keep)
            if step.save:
                yield step.save, self._marked.place((*at, "save"))

    def _step(self, step: Step, at: At) -> None:
        for name, rule in step.dates.items():
            self._not_given(name, (*at, "dates", name))
            self._date(rule, (*at, "dates", name))
            self._known[name] = "date"
        if step.at:
            self._date(step.at, (*at, "at"))
        if step.after:
            self._after(step.after, (*at, "after"))
        if step.when:
            self._when(step.when, (*at, "when"))
        if step.id:
            if step.id in self._steps:
                self._refuse((*at, "id"), f"there is a step {step.id!r} already")
            self._steps.append(step.id)
        before = dict(self._known)
        self._references(step.for_each, (*at, "for_each"))
        self._known |= dict.fromkeys(step.for_each, "text")
        self._request(step, at)
        self._references(step.shows, (*at, "shows"))
        self._known = before
        for name in step.keep:
            self._not_given(name, (*at, "keep", name))
            self._known[name] = "kept"
        if step.save:
            self._not_given(step.save, (*at, "save"))
            self._known[step.save] = "saved"
        self._expect(step.expect, (*at, "expect"))
        self._refusal(step.refused, (*at, "refused"))

    def _request(self, step: Step, at: At) -> None:
        if step.actor is not None:
            self._references(step.actor, (*at, "actor"))
        act = self._act(step, at)
        self._references(step.of, (*at, "of"))
        content = (*at, "with" if step.do else "body")
        self._references(step.content, content)
        if act is not None and act.method == "post" and step.actor is None and not act.public:
            self._refuse(at, "expected `actor`: who does it")
        if act is None or step.refusal is not None:
            return
        for actor in self._actors(step, at):
            role = self._scenario.actors[actor].role
            if act.roles and role not in act.roles:
                self._refuse((*at, "actor"), f"{actor!r} is {role}, and `{act.words}` is for {', '.join(sorted(act.roles))}")
        if isinstance(step.content, str) or act.members is None:
            return
        given = set(step.content or {})
        for member in given - act.members:
            self._refuse_key((*content, member), unknown(f"member of `{act.words}`", member, sorted(act.members)))
        if missing := sorted(act.required - given):
            self._refuse(content if step.content else at, f"`{act.words}` needs {', '.join(missing)}")

    def _actors(self, step: Step, at: At) -> list[str]:
        if step.actor is None:
            return []
        alike = [step.actor.format_map({**dict.fromkeys(self._known, ""), **values}) for values in step.combinations()]
        for actor in alike:
            if actor not in self._scenario.actors:
                self._refuse((*at, "actor"), unknown("actor", actor, self._scenario.actors))
        return alike

    def _act(self, step: Step, at: At) -> Act | None:
        self._actors(step, at)
        if step.do:
            words = step.do.replace("_", " ")
            act = commands().get(words)
            if act is None:
                self._refuse((*at, "do"), unknown("act", words, commands()))
            things = [parameter.removesuffix("_id") for parameter in act.parameters]
            for thing in step.of:
                if thing not in things:
                    self._refuse_key((*at, "of", thing), unknown(f"thing that `{words}` is about", thing, things))
            for thing in set(things) - set(step.of):
                self._name(thing, (*at, "do"), f"`{words}` is about a {thing}: say which with `of`, or save it as `{thing}`")
            return act
        for method, path in (("post", step.post), ("get", step.get)):
            if path is None:
                continue
            self._references(path, (*at, method))
            act = requested(method, path)
            if act is None:
                self._refuse((*at, method), f"no service takes {method.upper()} {path}: expected <service>/v1/… of its OpenAPI document")
            return act
        return None

    def _date(self, rule: DateRule, at: At) -> None:
        if rule.day is None:
            where = (*at, "after")
            if self._known.get(rule.after) not in ("date", "kept"):
                self._name(rule.after, where, "expected YYYY-MM-DD, or the name of a date")
                self._refuse(where, f"{rule.after!r} is no date")
        if rule.term is not None:
            self._rule(rule.term, (*at, "term"), is_term=True)

    def _after(self, after: AfterStep, at: At) -> None:
        if after.step not in self._steps:
            self._refuse((*at, "step"), unknown("earlier step with the id", after.step, self._steps))

    def _when(self, when: When, at: At) -> None:
        if when.event is not None:
            self._event(EventExpected.model_validate({"event": when.event, "with": when.data}), at)
        else:
            self._rule(str(when.deadline), (*at, "deadline"))
            self._references(when.case, (*at, "case"))
        if when.by:
            self._date(when.by, (*at, "by"))

    def _expect(self, expect: Expect, at: At) -> None:
        for member, events in (("events", expect.events), ("none", expect.none)):
            for index, event in enumerate(events):
                self._event(event, (*at, member, index))
        for rule, deadline in expect.deadlines.items():
            self._rule(rule, (*at, "deadlines", rule), is_key=True)
            self._references(deadline.model_dump(exclude_none=True), (*at, "deadlines", rule))
        if expect.certificate:
            where = (*at, "certificate")
            self._references(expect.certificate.of, (*where, "of"))
            self._references(expect.certificate.valid_until, (*where, "valid_until"))
            if expect.certificate.as_of:
                self._date(expect.certificate.as_of, (*where, "as_of"))
        for index, letter in enumerate(expect.letters or ()):
            self._letter(letter, (*at, "letters", index))
        if any(deadline.case is None for deadline in expect.deadlines.values()) or expect.letters is not None:
            self._references(expect.case, (*at, "case"))
        self._refusal(expect.refused, (*at, "refused"))

    def _letter(self, letter: str, at: At) -> None:
        there = [name for name in LETTERS if name in self._rulebook.terms]
        if letter not in there:
            self._refuse(at, "only letters that have a term in the deadline register can be looked up: " + unknown("letter", letter, there))

    def _event(self, event: EventExpected, at: At) -> None:
        there = {name: kind for catalogue in catalogues().values() for name, kind in catalogue.types.items()}
        if event.event not in there:
            self._refuse((*at, "event"), unknown("event", event.event, sorted(there)))
        for member in event.data:
            fields = there[event.event].model_fields
            if member.partition(".")[0] not in fields:
                self._refuse_key((*at, "with", member), unknown(f"member of {event.event}", member, fields))
        self._references(event.data, (*at, "with"))

    def _refusal(self, refusal: Refusal | None, at: At) -> None:
        if refusal is None:
            return
        if refusal.clause is not None and refusal.clause not in self._rulebook.clauses:
            self._refuse((*at, "clause"), unknown(f"clause of {self._rulebook.id}", refusal.clause, self._rulebook.clauses))
        slugs = [problem.slug for problem in PROBLEM_TYPES]
        if refusal.problem not in slugs:
            self._refuse((*at, "problem"), unknown("problem", refusal.problem, slugs))
        self._references(refusal.says, (*at, "says"))

    def _rule(self, rule: str, at: At, *, is_key: bool = False, is_term: bool = False) -> None:
        """A deadline's rule: a term, or a step whose last day the contract or a plan sets, or the same of one thing in it, as a measure."""
        set_apart = [] if is_term else [f"{CONTRACT}{stage.id}" for stage in self._rulebook.stages]
        rules = [*self._rulebook.terms, *set_apart]
        if rule not in rules and rule.partition("/")[0] not in set_apart:
            refuse = self._refuse_key if is_key else self._refuse
            refuse(at, unknown(f"rule of {self._rulebook.id}", rule, rules))

    def _references(self, value: Any, at: At) -> None:
        """Every `{name}` in the strings of a value."""
        if isinstance(value, dict):
            for key, item in value.items():
                self._references(item, (*at, key))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self._references(item, (*at, index))
        elif isinstance(value, str):
            self._text(value, at)

    def _text(self, text: str, at: At) -> None:
        try:
            fields = [(field, spec, conversion) for _, field, spec, conversion in Formatter().parse(text) if field is not None]
        except ValueError:
            self._refuse(at, f"a brace stands alone in {text!r}: a reference is {{name}}, and a brace that is none is written twice")
        for field, spec, conversion in fields:
            name, _, attribute = field.partition(".")
            if spec or conversion or not name:
                self._refuse(at, f"expected a reference as {{name}}, found {{{field}{'!' + conversion if conversion else ''}}}")
            self._name(name, at)
            there = _ATTRIBUTES.get(self._known[name], ())
            if attribute and attribute not in there:
                self._refuse(at, unknown(f"part of {name!r}", attribute, there))

    def _name(self, name: str, at: At, instead: str = "") -> None:
        if name in self._known:
            return
        if name in self._later:
            self._refuse(at, f"{name!r} is not known here yet: it comes in line {self._later[name].line}")
        self._refuse(at, unknown("name", name, sorted(self._known)) + (f". {instead[0].upper()}{instead[1:]}" if instead else ""))

    def _not_given(self, name: str, at: At) -> None:
        if name in GIVEN:
            self._refuse_key(at, f"{name!r} is a name that every scenario has already")

    def _refuse(self, at: Sequence[str | int], reason: str) -> NoReturn:
        raise ScenarioRefused(self._marked.place(at), reason)

    def _refuse_key(self, at: Sequence[str | int], reason: str) -> NoReturn:
        raise ScenarioRefused(self._marked.key(at), reason)
