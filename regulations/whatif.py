"""What another rulebook would have made of the same facts: recorded days and counts in, moved deadlines and turned outcomes out.

Pure. Both sides are computed with one calendar, so that only the rulebooks differ. Nothing here decides: a what-if is a question.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from regulations.calendar import DAY, Calendar, calendar_for
from regulations.deadlines import length
from regulations.evidence import Attendance, Ballot, Evidence, Measure, Obligation, Record, Stay, term_end
from regulations.rulebook import Rulebook
from regulations.standstill import end_after_all
from regulations.values import Choice, Cited, Kind, Share, Term

State = Literal["open", "met", "met_late", "missed", "withdrawn", "waived", "waiting", "possible", "too_early", "valid", "lapsed"]
Flip = Literal["", "newly_missed", "newly_met"]
LATE: frozenset[State] = frozenset({"met_late", "missed"})
BAD: frozenset[State] = LATE | {"too_early"}
UNDECIDED = "a person decides"

#: Terms of whose breach the consequence is a setting of its own, in the rulebooks that have it.
CONSEQUENCES: Mapping[str, str] = {
    "earliest_decision": "early_decision",
    "materials_to_experts": "materials_late",
    "interim_report": "late_report",
    "amendment_notice": "late_amendment",
}
#: What only informs; a breach of anything else is an outcome.
_WITHOUT_CONSEQUENCE = ("person_decides", "reminder_only", "lapses")
#: Fields of a term that move nothing by themselves.
_INFORMS = ("lower_amount", "reminders")
WAIVERS: Mapping[str, str] = {"visit_notice": "visit_notice_waiver"}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a deadline stands by one rulebook; `consequence` is what its breach brings, empty while there is none."""

    due_on: date
    state: State
    consequence: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """A deadline that stands otherwise."""

    of: Obligation
    clause: str | None
    kind: Kind
    before: Standing
    after: Standing

    @property
    def days(self) -> int:
        """By how many calendar days the last day moves; positive is later."""
        return (self.after.due_on - self.before.due_on).days

    @property
    def flip(self) -> Flip:
        """Whether what was in time would have been too late, or the other way about."""
        was, becomes = self.before.state in LATE, self.after.state in LATE
        return "" if was == becomes else "newly_missed" if becomes else "newly_met"


@dataclass(frozen=True, slots=True)
class Turned:
    """An outcome that would have been another: of an act, a count, a length or a vote. `on` says on what facts."""

    case: str
    value: str
    clause: str | None
    kind: Kind
    on: str
    before: str
    after: str


@dataclass(frozen=True)
class Comparison:
    """What changes. `before` and `after` count the states of all deadlines under the rules that moved any.

    `recorded_otherwise`: deadlines whose recorded last day is not what the present calendar and rulebook give.
    """

    cases: int
    deadlines: int
    outcomes: int
    touched: tuple[Moved, ...]
    turned: tuple[Turned, ...]
    before: Counter[State] = field(default_factory=Counter)
    after: Counter[State] = field(default_factory=Counter)
    recorded_otherwise: int = 0

    @property
    def newly_missed(self) -> int:
        """Deadlines that were kept, or are still open, and would have been too late."""
        return sum(moved.flip == "newly_missed" for moved in self.touched)

    @property
    def newly_met(self) -> int:
        """Deadlines that were broken and would have been kept."""
        return sum(moved.flip == "newly_met" for moved in self.touched)

    @property
    def nothing(self) -> bool:
        """Whether the change changes nothing in these cases."""
        return not self.touched and not self.turned


def compare(before: Rulebook, after: Rulebook, record: Record, calendar: Calendar | None = None) -> Comparison:
    """Every deadline and every outcome of the record by both rulebooks. BeyondCalendar."""
    calendar = calendar or calendar_for(before.country)
    stood = [(each, standing(before, each, calendar), standing(after, each, calendar)) for each in record.obligations]
    differing = [Moved(each, *_cited(before, each.rule), was, becomes) for each, was, becomes in stood if was != becomes]
    touched = [moved for moved in differing if moved.days or moved.before.state != moved.after.state]
    turned = [turn for moved in differing if (turn := _turned_by_act(moved))]
    judged = [(each, outcome(before, each, calendar), outcome(after, each, calendar)) for each in record.evidence]
    known = [pair for pair in judged if pair[1] or pair[2]]
    turned += [_turned(before, each, was, becomes, calendar) for each, was, becomes in known if was != becomes]
    rules = {moved.of.rule for moved in touched}
    return Comparison(
        cases=len(record.cases),
        deadlines=len(stood),
        outcomes=len(known) + sum(each.acted_on is not None for each in record.obligations),
        touched=tuple(touched),
        turned=tuple(turned),
        before=Counter(was.state for each, was, _ in stood if each.rule in rules),
        after=Counter(becomes.state for each, _, becomes in stood if each.rule in rules),
        recorded_otherwise=sum(_recorded_otherwise(before, each, was, calendar) for each, was, _ in stood),
    )


def standing(rules: Rulebook, of: Obligation, calendar: Calendar) -> Standing:
    """The last day by these rules, and how what was done, or not done, stands to it."""
    choice = rules.choices.get(of.rule)
    terms = [rules.terms[name] for name in (choice.of if choice else (of.rule,))]
    ends = [term_end(rules, term.id, of.since[term.anchor].day(rules, calendar), calendar) for term in terms]
    ends = [end_after_all(end, of.standstills, term, rules, calendar) for end, term in zip(ends, terms, strict=True)]
    if of.extended_to is not None:
        ends = [max(end, of.extended_to) for end in ends]
    due_on = max(ends) if choice and choice.due == "latest" else min(ends)
    state = _state(rules, of, terms[0], ends, choice)
    return Standing(due_on, state, _consequence(rules, terms[0]) if state in BAD else "")


def _recorded_otherwise(rules: Rulebook, of: Obligation, was: Standing, calendar: Calendar) -> bool:
    if of.recorded_due is None:
        return False
    first = was if of.extended_to is None else standing(rules, replace(of, extended_to=None), calendar)
    return of.recorded_due != first.due_on


def _state(rules: Rulebook, of: Obligation, term: Term, ends: list[date], choice: Choice | None) -> State:
    if of.withdrawn:
        return "withdrawn"
    if of.waived and rules.setting(WAIVERS[of.rule]):
        return "waived"
    if term.nature == "not_before":
        first = ends[0] if term.direction == "before" else ends[0] + DAY
        return "waiting" if of.acted_on is None else "possible" if of.acted_on >= first else "too_early"
    passed = any if choice and choice.missed_when == "any" else all
    if of.acted_on is None:
        over = of.known_until is None or passed(end < of.known_until for end in ends)
        if term.nature == "validity":
            return "lapsed" if over else "valid"
        return "missed" if over else "open"
    return "met_late" if passed(end < of.acted_on for end in ends) else "met"


def _consequence(rules: Rulebook, term: Term) -> str:
    setting = rules.settings.get(CONSEQUENCES.get(term.id, ""))
    return str(setting.value) if setting else term.follows


def outcome(rules: Rulebook, of: Evidence, calendar: Calendar) -> str:
    """What these rules make of the facts, in a word; empty where the rulebook has no rule for it."""
    match of:
        case Stay():
            return _allowed(length(rules, of.range, of.start, of.end, calendar=calendar).allowed) if of.range in rules.ranges else ""
        case Measure():
            return _measured(rules, of)
        case Attendance():
            share = _share(rules, of.quorum)
            return "" if of.quorum not in rules.settings else _quorate(share, of.present, of.members)
        case Ballot():
            return _decided(rules, of)


def _allowed(allowed: bool) -> str:
    return "allowed" if allowed else "refused"


def _measured(rules: Rulebook, of: Measure) -> str:
    group, _, name = of.bound.partition(".")
    cited = rules.citations().get(of.bound) if ".requires." in name else None
    if cited is not None:
        return _allowed(of.measured >= getattr(cited, "at_least", 0))
    if group == "thresholds" and name in rules.thresholds:
        return "within" if rules.thresholds[name].holds(of.measured) else "outside"
    if group == "compositions" and name in rules.compositions:
        body = rules.compositions[name]
        if body.minimum is None and body.maximum is None:
            return UNDECIDED
        return _allowed((body.minimum or 0) <= of.measured and (body.maximum is None or of.measured <= body.maximum))
    least = rules.setting(name) if group == "settings" and name in rules.settings else None
    return _allowed(of.measured >= least) if isinstance(least, int) else UNDECIDED


def _share(rules: Rulebook, name: str) -> Share | None:
    value = rules.setting(name) if name in rules.settings else None
    return value if isinstance(value, Share) else None


def _quorate(share: Share | None, present: int, members: int) -> str:
    return UNDECIDED if share is None else "quorate" if share.met_by(present, members) else "not quorate"


def _decided(rules: Rulebook, of: Ballot) -> str:
    """As the council counts: an abstention is no vote cast; a tie is the setting's, else a person's."""
    words = rules.vocabularies.get("decisions", {})
    positive = next((word for word, entry in words.items() if "certificate" in entry.follows), "for")
    negative = next((word for word in words if word != positive), "against")
    if of.majority not in rules.settings:
        return ""
    if of.votes_for == of.votes_against:
        tie = rules.setting(of.tie) if of.tie in rules.settings else None
        return str(tie) if tie in (positive, negative) else UNDECIDED
    share, cast = _share(rules, of.majority), of.votes_for + of.votes_against
    if share is not None and share.met_by(of.votes_for, cast):
        return positive
    return negative if share is not None and share.met_by(of.votes_against, cast) else UNDECIDED


def _turned_by_act(moved: Moved) -> Turned | None:
    """An act that a rule would have refused, flagged or led elsewhere; or no longer."""
    if moved.of.acted_on is None or moved.before.consequence == moved.after.consequence:
        return None
    if {moved.before.consequence, moved.after.consequence} <= {"", *_WITHOUT_CONSEQUENCE}:
        return None
    told = [each.consequence or each.state for each in (moved.before, moved.after)]
    return Turned(moved.of.case, f"terms.{moved.of.rule}", moved.clause, moved.kind, f"done on {moved.of.acted_on}", *told)


def _turned(rules: Rulebook, of: Evidence, before: str, after: str, calendar: Calendar) -> Turned:
    match of:
        case Stay():
            amount = length(rules, of.range, of.start, of.end, calendar=calendar).amount
            value, on = f"ranges.{of.range}", f"{of.start} to {of.end}, {amount} {rules.ranges[of.range].unit.replace('_', ' ')}"
        case Measure():
            value, on = of.bound, f"{of.measured}"
        case Attendance():
            value, on = f"settings.{of.quorum}", f"{of.present} of {of.members} present"
        case Ballot():
            value = f"settings.{of.tie if of.votes_for == of.votes_against else of.majority}"
            on = f"{of.scope}: {of.votes_for} for, {of.votes_against} against"
    cited = rules.citations()[value]
    return Turned(of.case, value, cited.clause, cited.kind, on, before, after)


def _cited(rules: Rulebook, rule: str) -> tuple[str | None, Kind]:
    cited: Cited = rules.choices.get(rule) or rules.terms[rule]
    return cited.clause, cited.kind


def governed(rules: Rulebook, record: Record, path: str) -> bool:
    """Whether any deadline or outcome of the record rests on the changed value: if not, that nothing changed says nothing."""
    value, _, last = path.rpartition(".")
    value, _, variant = value.partition(".variants.")
    if last in _INFORMS or (variant and variant != rules.terms[value.removeprefix("terms.")].default_variant):
        return False
    return any(value in _bounds(each) for each in record.evidence) or any(value in _rests_on(rules, each) for each in record.obligations)


def _bounds(of: Evidence) -> set[str]:
    match of:
        case Stay():
            return {f"ranges.{of.range}"}
        case Measure():
            return {of.bound}
        case Attendance():
            return {f"settings.{of.quorum}"}
        case Ballot():
            return {f"settings.{of.majority}", f"settings.{of.tie}"}


def _rests_on(rules: Rulebook, of: Obligation) -> set[str]:
    choice = rules.choices.get(of.rule)
    terms = choice.of if choice else (of.rule,)
    through = [term for since in of.since.values() for term in since.through]
    settings = [CONSEQUENCES.get(term) for term in terms] + [WAIVERS.get(of.rule) if of.waived else None]
    rolls = any(rules.terms[term].roll == "next_working_day" for term in (*terms, *through))
    found = {f"terms.{term}" for term in (*terms, *through)} | {f"settings.{name}" for name in settings if name}
    return found | ({f"choices.{of.rule}"} if choice else set()) | ({"settings.forward_term_on_day_off"} if rolls else set())
