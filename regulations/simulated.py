"""Synthetic cases for a what-if: legal ones, the same for the same rulebook, number and seed. They stand for no institution.

How they are spread:

- A case begins on a day drawn evenly from five years, beginning with the regulation's first day in force (2021 where it is not stated).
- Its anchors follow one another in the order in which the rulebook lists them, each 10 to 120 days after the one before. Of all anchors
  about one in eight is moved to the last day of its month, one in eight onto a holiday or weekend, one in eight to the day before one.
  Days on which a visit begins or ends are working days; one that is expected lies about the certificate's expiry.
- What is due is done, on the average, a little before its last day: the distance is triangular, from seven tenths of the term's length
  before to four tenths after it, most often a tenth before. One in eight is done on the last day itself, one in sixteen on the day
  after, one in twelve never.
- What must not come before a day comes as often after it as a deadline is kept, and as seldom before it.
- What a rule would have refused did not happen: such acts, lengths, compositions and quorums lie on the legal side, close to it too.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from regulations.calendar import DAY, Calendar, calendar_for
from regulations.deadlines import add_months
from regulations.evidence import Attendance, Ballot, Evidence, Measure, Obligation, Record, Since, Stay, joined
from regulations.rulebook import Rulebook
from regulations.values import Range, Share, Term, Threshold
from regulations.whatif import standing

YEARS = 5
SEED = 109
FIRST_DAY = date(2021, 1, 1)

#: Anchors that are themselves the end of a term.
_EXPIRY, _ISSUED, _CLOSING, _RENEWAL = "certificate_expiry", "certificate_issued", "renewal_closing", "renewal_application"
_EXPECTED = "expected_visit"
_VISIT = ("visit_start", "visit_end", "attestation_start")


def simulate(rules: Rulebook, number: int, seed: int = SEED, calendar: Calendar | None = None) -> Record:
    """`number` legal cases under these rules, each with every term and every bound that the rulebook has."""
    calendar = calendar or calendar_for(rules.country)
    cases = [_Case(rules, f"case-{each:05}", random.Random(f"{seed}/{each}"), calendar).record() for each in range(1, number + 1)]  # noqa: S311
    return joined(cases)


@dataclass
class _Case:
    rules: Rulebook
    name: str
    chance: random.Random
    calendar: Calendar

    def record(self) -> Record:
        since = self._anchors()
        chosen = {term for choice in self.rules.choices.values() for term in choice.of}
        names = [*self.rules.choices, *(term for term in self.rules.terms if term not in chosen)]
        return Record((self.name,), tuple(self._obligation(name, since) for name in names), tuple(self._evidence(since)))

    def _anchors(self) -> dict[str, Since]:
        first = self.rules.in_force_from or FIRST_DAY
        span = (add_months(first, 12 * YEARS) - first).days
        day = first + DAY * self.chance.randrange(span)
        found: dict[str, Since] = {}
        for name in self.rules.anchors:
            resting = self._resting(name, found)
            if resting is not None:
                found[name] = resting
                continue
            if name == _EXPECTED and _EXPIRY in found:
                day = found[_EXPIRY].day(self.rules, self.calendar) + DAY * self.chance.randint(-150, 60)
            day = day if name == "visit_end" and "visit_start" in found else self._edged(day)
            if name in _VISIT:
                day = self._working(day)
            found[name] = Since(day)
            stay = self.rules.ranges.get("visit_length") if name == "visit_start" else None
            day = self._last_of(stay, day) if stay else day + DAY * self.chance.randint(10, 120)
        return found

    def _resting(self, name: str, found: Mapping[str, Since]) -> Since | None:
        terms = self.rules.terms
        if name == _EXPIRY and _ISSUED in found:
            validities = [term.id for term in terms.values() if term.nature == "validity" and term.anchor == _ISSUED]
            return Since(found[_ISSUED].on, (self.chance.choice(validities),)) if validities else None
        if name == _CLOSING and _EXPIRY in found and _RENEWAL in terms:
            expiry = found[_EXPIRY]
            return Since(expiry.on, (*expiry.through, _RENEWAL))
        return None

    def _edged(self, day: date) -> date:
        """The day, or sometimes one of those on which terms are counted wrongly."""
        edge = self.chance.randrange(8)
        if edge == 0:
            return add_months(day.replace(day=1), 1) - DAY
        if edge in (1, 2):
            while self.calendar.is_working_day(day):
                day += DAY
            return day - DAY * (edge - 1)
        return day

    def _working(self, day: date) -> date:
        return self.calendar.next_working_day(day)

    def _last_of(self, stay: Range, start: date) -> date:
        """A last day on which the stay has an allowed length; a working day."""
        wanted = self.chance.randint(stay.minimum, stay.maximum)
        if stay.unit == "working_days":
            return self.calendar.add_working_days(start, wanted - 1)
        return start + DAY * (wanted - 1)

    def _obligation(self, rule: str, since: Mapping[str, Since]) -> Obligation:
        choice = self.rules.choices.get(rule)
        term = self.rules.terms[choice.of[0] if choice else rule]
        anchors = {name: since[name] for name in (self.rules.terms[each].anchor for each in (choice.of if choice else (rule,)))}
        undone = Obligation(self.name, rule, anchors)
        if term.nature == "validity":
            return undone
        due_on = standing(self.rules, undone, self.calendar).due_on
        anchor = anchors[term.anchor].day(self.rules, self.calendar)
        return Obligation(self.name, rule, anchors, acted_on=self._acted(term, due_on, anchor))

    def _acted(self, term: Term, due_on: date, anchor: date) -> date | None:
        """When it was done: about the last day, after what it runs from, and never where it would have been refused."""
        refused = term.follows == "refused"
        if self.chance.randrange(12) == 0 and not refused:
            return None
        long = max(abs((due_on - anchor).days), 5)
        edge = self.chance.randrange(16)
        off = 0 if edge in (0, 1) else 1 if edge == 2 else round(self.chance.triangular(-0.7 * long, 0.4 * long, -0.1 * long))
        if term.nature == "not_before":
            first = due_on if term.direction == "before" else due_on + DAY
            return first + DAY * (abs(off) if refused else -off)
        day = due_on + DAY * (min(off, 0) if refused else off)
        return min(day, anchor - DAY) if term.direction == "before" else max(day, anchor)

    def _evidence(self, since: Mapping[str, Since]) -> Iterator[Evidence]:
        yield from self._stays(since)
        for name, threshold in self.rules.thresholds.items():
            yield Measure(self.name, f"thresholds.{name}", self._measured(threshold))
        for name, body in self.rules.compositions.items():
            least = max(body.minimum or 1, sum(each.at_least for each in body.requires.values()))
            yield Measure(self.name, f"compositions.{name}", self.chance.randint(least, max(least, body.maximum or least + 4)))
            for who, required in body.requires.items():
                yield Measure(self.name, f"compositions.{name}.requires.{who}", required.at_least + self.chance.choice((0, 0, 1)))
        for quorum in (name for name in self.rules.settings if name.endswith("_quorum")):
            yield from self._meeting(quorum, quorum.replace("_quorum", "_majority"))

    def _stays(self, since: Mapping[str, Since]) -> Iterator[Evidence]:
        for name, stay in self.rules.ranges.items():
            start = self._working(next(iter(since.values())).on)
            end = self._last_of(stay, start)
            if name == "visit_length" and {"visit_start", "visit_end"} <= set(since):
                start, end = since["visit_start"].on, since["visit_end"].on
            yield Stay(self.name, name, start, end)

    def _measured(self, threshold: Threshold) -> int | Fraction:
        """Around the bounds, on either side: to lie outside is no offence."""
        low = threshold.minimum if threshold.minimum is not None else 0
        high = threshold.maximum if threshold.maximum is not None else low * 2
        room = max(2, (high - low) // 2, low // 10)
        measured = max(0, self.chance.randint(low - room, high + room))
        return min(measured, 100) if threshold.unit == "percent" else measured

    def _meeting(self, quorum: str, majority: str) -> Iterator[Evidence]:
        """A quorate meeting whose votes decide, as far as the rulebook says what that takes."""
        needed, deciding = self.rules.setting(quorum), self.rules.settings.get(majority)
        members = self.chance.randint(5, 15)
        enough = [count for count in range(1, members + 1) if not isinstance(needed, Share) or needed.met_by(count, members)]
        present = self.chance.choice(enough)
        yield Attendance(self.name, present, members, quorum)
        if deciding is None:
            return
        cast = present - min(present - 1, self.chance.choice((0, 0, 0, 1, 2)))
        share = deciding.value
        sides = [count for count in range(cast + 1) if not isinstance(share, Share) or share.met_by(max(count, cast - count), cast)]
        for_it = self.chance.choice([count for count in sides if count * 2 != cast] or sides)
        yield Ballot(self.name, "institution", for_it, cast - for_it, majority, quorum.replace("_quorum", "_tie"))
