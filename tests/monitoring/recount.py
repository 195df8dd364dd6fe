"""What the follow-up picture must show, counted anew from the facts alone, one by one, without any table."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import mean, median
from typing import Any

from chassis.events import Event
from regulations import load, local_date
from services.council import contract as council
from services.monitoring import contract as of
from services.monitoring.domain.cycle import cycle_id
from services.monitoring.domain.followup import followup_id
from services.visits import contract as visits
from tests.monitoring.histories import REPORT_RULES, Told

GRADES = {"fulfilled": "fulfilled", "partly_fulfilled": "partly_fulfilled", "not_fulfilled": "not_fulfilled"}
BAD = {"fulfilled": 0, "partly_fulfilled": 1, "not_fulfilled": 2}


@dataclass
class Line:
    """A deadline."""

    set: of.DeadlineSet
    due_on: date
    state: str = "open"
    met_on: date | None = None
    missed_on: date | None = None
    alerted: bool = False


@dataclass
class Followed:
    """A follow-up with all that belongs to it."""

    opened: of.FollowUpOpened
    kind: str | None
    recommendations: tuple[of.FollowedRecommendation, ...]
    windows: tuple[of.CycleWindow, ...]
    state: str = "in_force"
    ended_on: date | None = None
    begun: set[int] = field(default_factory=set)
    closed: dict[str, date] = field(default_factory=dict)
    reported: set[str] = field(default_factory=set)
    lines: dict[str, Line] = field(default_factory=dict)
    measures: dict[str, str | None] = field(default_factory=dict)
    acts: list[tuple[date, Any, int, str, tuple[Any, ...]]] = field(default_factory=list)
    matters: dict[str, bool] = field(default_factory=dict)

    def is_open(self, day: date, past: bool) -> bool:
        if not past:
            return self.ended_on is None
        return self.opened.opened_on <= day and (self.ended_on is None or self.ended_on > day)

    def pending(self, day: date, past: bool) -> list[Line]:
        found = []
        for line in self.lines.values():
            closed = self.closed.get(line.set.workflow_id)
            waits = closed is None or (past and closed > day)
            not_met = line.state in ("open", "missed") or (past and line.met_on is not None and line.met_on > day)
            if waits and not_met and self.is_open(day, past):
                found.append(line)
        return found

    def verdict(self, id_: str, since: date, until: date) -> str | None:
        """The word; "" for none, None where nobody judged."""
        found = []
        for on, at, step, cycle, verdicts in self.acts:
            if not since <= on <= until:
                continue
            direct = [each.fulfilment for each in verdicts if each.recommendation_id == id_]
            indirect = [
                each.fulfilment for each in verdicts if each.recommendation_id is None and self.measures.get(each.measure_id) == id_
            ]
            direct_words, words = [w for w in direct if w], [w for w in indirect if w]
            told = max(direct_words or words, key=lambda word: BAD[word], default="") if direct or indirect else None
            if told is not None:
                found.append((bool(told), on, at, step, cycle, told))
        return max(found)[-1] if found else None


class Recount:
    """Everything of some histories."""

    def __init__(self, histories: list[list[Told]], at: Any) -> None:
        self.at = at
        self.of: dict[str, Followed] = {}
        self.facts: list[tuple[str, str, date, int]] = []
        for history in histories:
            for told in right(history):
                self._take(told.event, told.at[0])

    def today(self, each: Followed) -> date:
        return local_date(self.at, load(each.opened.rulebook.id).zone)

    def asked(self, institution: str | None, rulebook: str | None) -> list[Followed]:
        def wanted(each: Followed) -> bool:
            return institution in (None, each.opened.institution_id) and rulebook in (None, each.opened.rulebook.id)

        return [each for each in self.of.values() if wanted(each)]

    def _take(self, event: Event, at: Any) -> None:
        match event:
            case of.FollowUpOpened():
                self.of[event.followup_id] = Followed(event, event.kind, event.recommendations, event.windows)
            case of.FollowUpClassified():
                mine = self.of[event.followup_id]
                mine.kind, mine.recommendations, mine.windows = event.kind, event.recommendations, event.windows
            case of.CertificateFollowed():
                mine = self.of[event.followup_id]
                mine.state, mine.windows = event.status, event.windows
            case of.FollowUpEnded():
                self.of[event.followup_id].ended_on = event.ended_on
                self.of[event.followup_id].windows = ()
            case of.PlanSubmitted() | of.PlanAmended():
                self.of[event.followup_id].measures |= {each.measure_id: each.recommendation_id for each in event.measures}
            case of.CycleOpened():
                self.of[event.followup_id].begun.add(event.cycle)
            case of.CycleClosed():
                self.of[event.followup_id].closed[event.cycle_id] = event.closed_on
            case of.InterimReportSubmitted():
                self.of[event.followup_id].reported.add(event.cycle_id)
                what = "report" if event.round == 1 else "reports_again"
                self.facts.append((event.followup_id, what, event.submitted_on, event.late_days))
            case of.MeasuresAnalysed():
                self._judged(event, 1, event.analysed_on, at)
            case visits.MonitoringVisitReported():
                self._judged(event, 2, event.submitted_on, at)
            case of.ResultAssessed():
                self._judged(event, 3, event.assessed_on, at)
            case of.CouncilFileSent():
                self._judged(event, 4, event.sent_on, at)
            case council.ResolutionOpened() | council.ResolutionAdopted():
                if event.followup_id in self.of:
                    self.of[event.followup_id].matters[event.decision_id] = isinstance(event, council.ResolutionAdopted)
            case of.DirectorAlerted():
                self.of[event.followup_id].lines[event.deadline_id].alerted = True
            case _:
                self._deadline(event)
                self._happened(event)

    def _judged(self, event: Any, step: int, on: date, at: Any) -> None:
        self.of[event.followup_id].acts.append((on, at, step, event.cycle_id, event.verdicts))

    def _deadline(self, event: Any) -> None:
        if isinstance(event, of.DeadlineSet):
            self.of[event.case_id].lines[event.deadline_id] = Line(event, event.due_on)
            return
        if not hasattr(event, "deadline_id"):
            return
        line = self.of[event.case_id].lines[event.deadline_id]
        match event:
            case of.DeadlineExtended():
                line.due_on = event.due_on
            case of.DeadlineSuspended():
                line.state = "suspended"
            case of.DeadlineResumed():
                line.state, line.due_on = "open", event.due_on
            case of.DeadlineWithdrawn():
                line.state = "withdrawn"
            case of.DeadlineMissed():
                line.state, line.missed_on = "missed", event.missed_on
            case of.DeadlineMet():
                line.state, line.met_on = "met_late" if event.late_days else "met", event.met_on

    def _happened(self, event: Any) -> None:
        known: dict[Any, tuple[str, str]] = {
            of.InterimReportRejected: ("rejections", "rejected_on"),
            of.ReportChangesRequested: ("change_requests", "requested_on"),
            of.AcceptanceTold: ("acceptances", "told_on"),
            visits.MonitoringVisitHeld: ("visits", "ended_on"),
            council.CertificateExtended: ("extensions", "issued_on"),
            council.CertificateSuspended: ("suspensions", "suspended_on"),
            council.CertificateRestored: ("restorations", "restored_on"),
            council.CertificateRevoked: ("revocations", "revoked_on"),
        }
        told = known.get(type(event))
        if told:
            of_certificate = getattr(event, "extends", None) or getattr(event, "certificate_id", None)
            id_ = getattr(event, "followup_id", None) or followup_id(str(of_certificate))
            self.facts.append((id_, told[0], getattr(event, told[1]), 0))

    def late(self, as_of: date | None, institution: str | None = None, rulebook: str | None = None) -> dict[str, tuple[str, int]]:
        """Deadline to whom it binds, and the days."""
        found: dict[str, tuple[str, int]] = {}
        for each in self.asked(institution, rulebook):
            day = as_of or self.today(each)
            for line in each.pending(day, self._past(as_of)):
                if line.due_on < day:
                    found[line.set.deadline_id] = (line.set.binds, (day - line.due_on).days)
        return found

    def due(self, as_of: date | None, within: int, institution: str | None = None, rulebook: str | None = None) -> dict[str, date]:
        """Item to its day."""
        found: dict[str, date] = {}
        for each in self.asked(institution, rulebook):
            day = as_of or self.today(each)
            last = day + timedelta(days=within)
            found |= {line.set.deadline_id: line.due_on for line in each.pending(day, self._past(as_of)) if day <= line.due_on <= last}
            for window in each.windows if each.is_open(day, self._past(as_of)) else ():
                opens_on = local_date(window.opens_at, load(each.opened.rulebook.id).zone)
                if window.cycle not in each.begun and opens_on <= last:
                    found[f"{each.opened.followup_id}:{window.cycle}"] = opens_on
        return found

    def _past(self, as_of: date | None) -> bool:
        return as_of is not None and as_of < (self.at + timedelta(days=1)).date()

    def summary(self, as_of: date | None, institution: str | None = None, rulebook: str | None = None) -> dict[str, Any]:
        mine = [each for each in self.asked(institution, rulebook) if each.is_open(as_of or self.today(each), self._past(as_of))]
        opened = Counter((each.opened.rulebook.id, each.kind, each.state) for each in mine)
        late = self.late(as_of, institution, rulebook)
        parties: dict[str, list[int]] = {}
        for binds, days in late.values():
            parties.setdefault(binds, []).append(days)
        due = {days: self.due(as_of, days, institution, rulebook) for days in (30, 90, 365)}
        alerted = [
            each
            for each in mine
            if any(x.alerted and x.state == "missed" for x in each.pending(as_of or self.today(each), self._past(as_of)))
        ]
        return {
            "as_of": as_of and as_of.isoformat(),
            "open": sorted(map(repr, ((*key, number) for key, number in opened.items()))),
            "late": [
                {
                    "binds": binds,
                    "up_to_7": sum(1 <= day <= 7 for day in days),
                    "up_to_30": sum(8 <= day <= 30 for day in days),
                    "over_30": sum(day > 30 for day in days),
                    "most_days": max(days),
                }
                for binds, days in sorted(parties.items())
            ],
            "due": [
                {"days": days, "deadlines": sum(":" not in id_ for id_ in found), "windows": sum(":" in id_ for id_ in found)}
                for days, found in due.items()
            ],
            "awaiting": {
                "unclassified": sum(each.kind is None for each in mine),
                "alerted": len(alerted),
                "before_council": sum(not all(each.matters.values()) for each in mine),
                "suspended": sum(each.state == "suspended" for each in mine),
            },
        }

    def criteria(self, year: int | None, institution: str | None = None, rulebook: str | None = None) -> list[dict[str, Any]]:
        until = date(year or 9999, 12, 31)
        found: dict[str, Counter[str]] = {}
        for each in self.asked(institution, rulebook):
            for advice in each.recommendations if each.opened.opened_on <= until else ():
                row = found.setdefault(advice.criterion, Counter())
                row["remarks" if advice.remark else "recommendations"] += 1
                word = each.verdict(advice.recommendation_id, date.min, until)
                row["not_judged" if word is None else "noted" if word == "" else GRADES[word]] += 1
        names = ("recommendations", "remarks", *GRADES.values(), "noted", "not_judged")
        return [{"criterion": name, **{each: found[name][each] for each in names}} for name in sorted(found)]

    def years(self, last: int, institution: str | None = None, rulebook: str | None = None) -> list[dict[str, Any]]:
        mine = self.asked(institution, rulebook)
        ids = {each.opened.followup_id for each in mine}
        return [self._year(year, mine, ids) for year in range(self.at.year - last + 1, self.at.year + 1)]

    def _year(self, year: int, mine: list[Followed], ids: set[str]) -> dict[str, Any]:
        facts = [(what, late) for id_, what, on, late in self.facts if id_ in ids and on.year == year]
        counted, late = Counter(what for what, _ in facts), [days for what, days in facts if what == "report" and days]
        since, until = date(year, 1, 1), date(year, 12, 31)
        words = [each.verdict(one.recommendation_id, since, until) for each in mine for one in each.recommendations]
        judged = [word for word in words if word]
        fulfilled = judged.count("fulfilled")
        plain = ("reports_again", "rejections", "change_requests", "visits", "acceptances")
        of_council = ("extensions", "suspensions", "restorations", "revocations")
        return {
            "year": year,
            "reports_in_time": counted["report"] - len(late),
            "reports_late": len(late),
            "reports_missed": sum(self._missed(each, year) for each in mine),
            "mean_days_late": round(mean(late), 2) if late else None,
            "median_days_late": median(late) if late else None,
            **{name: counted[name] for name in (*plain, *of_council)},
            "recommendations_judged": len(judged),
            "recommendations_fulfilled": fulfilled,
            "share_fulfilled": round(fulfilled / len(judged), 4) if judged else None,
        }

    def _missed(self, each: Followed, year: int) -> int:
        found = 0
        for cycle in (cycle_id(each.opened.followup_id, n) for n in each.begun):
            lines = [x for x in each.lines.values() if x.set.workflow_id == cycle and x.set.rule in REPORT_RULES[each.opened.rulebook.id]]
            days = [x.missed_on for x in lines if x.state == "missed" and x.missed_on]
            waits = any(x.state in ("open", "suspended") for x in lines)
            found += bool(days) and not waits and cycle not in each.reported and max(days).year == year
        return found


def right(history: list[Told]) -> list[Told]:
    """Every fact as it was corrected last; the corrections themselves gone."""
    corrected: dict[int, dict[str, Any]] = {}
    for told in history:
        if told.corrects is not None:
            corrected.setdefault(id(told.corrects), {}).update(told.event.model_dump()["corrected"])
    found = []
    for told in history:
        if told.corrects is None:
            changes = corrected.get(id(told), {})
            event = type(told.event).model_validate({**told.event.model_dump(mode="json"), **changes})
            found.append(Told(told.service, told.stream, event, None, told.at, told.id))
    return found
