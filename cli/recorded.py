"""Published events as the record that a what-if asks: who was bound to what since when, what was done, counted and voted.

A refused request leaves no event: what a change would have let through cannot be seen here, only what it would have stopped or moved.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar

from chassis.events import Catalogue, Event
from regulations import Rulebook, RulebookRef
from regulations.evidence import Attendance, Ballot, Evidence, Measure, Obligation, Record, Since, Stay, joined
from regulations.standstill import Standstill
from services.council import contract as council
from services.intake import contract as intake
from services.monitoring import contract as monitoring
from services.visits import contract as visits

CATALOGUES: Mapping[str, Catalogue] = {each.service: each for each in (intake.EVENTS, visits.EVENTS, council.EVENTS, monitoring.EVENTS)}

#: What is read, by service; none of it holds personal data.
READ: Mapping[str, tuple[str, ...]] = {
    "intake": ("ApplicationFiled", "ApplicationRegistered"),
    "visits": ("PanelFormed", "VisitAnnounced"),
    "council": ("MeetingConvened", "AttendanceRecorded", "DecisionAdopted", "CertificateIssued"),
    "monitoring": (
        "DeadlineSet",
        "DeadlineMet",
        "DeadlineExtended",
        "DeadlineRecomputed",
        "DeadlineSuspended",
        "DeadlineResumed",
        "DeadlineWithdrawn",
    ),
}

_VALIDITY, _RENEWAL, _WINDOW = "certificate_validity", "renewal_application", "renewal_window_opening"
_NOTICE, _LENGTH, _EARLY, _BAR, _PANEL = "visit_notice", "visit_length", "earliest_decision", "reapplication_bar", "panel_size_minimum"

E = TypeVar("E", monitoring.DeadlineSet, council.CertificateIssued)


@dataclass
class Recording:
    """The record, and what a reader must know of it."""

    record: Record
    left_out: Counter[str] = field(default_factory=Counter)
    other_versions: Counter[str] = field(default_factory=Counter)
    calendars: Counter[str] = field(default_factory=Counter)


@dataclass
class Story:
    """The events of one agency, or of one file, in the order in which they were published. `label` stands before each case's id."""

    label: str = ""
    applications: dict[str, intake.ApplicationFiled] = field(default_factory=dict)
    registered: dict[str, intake.ApplicationRegistered] = field(default_factory=dict)
    panels: dict[str, visits.PanelFormed] = field(default_factory=dict)
    announced: dict[str, visits.VisitAnnounced] = field(default_factory=dict)
    meetings: dict[str, council.MeetingConvened] = field(default_factory=dict)
    attendance: dict[str, council.AttendanceRecorded] = field(default_factory=dict)
    decisions: dict[str, council.DecisionAdopted] = field(default_factory=dict)
    certificates: dict[str, council.CertificateIssued] = field(default_factory=dict)
    deadlines: dict[str, monitoring.DeadlineSet] = field(default_factory=dict)
    met: dict[str, monitoring.DeadlineMet] = field(default_factory=dict)
    extended: dict[str, monitoring.DeadlineExtended] = field(default_factory=dict)
    stopped: dict[str, date] = field(default_factory=dict)
    standstills: dict[str, tuple[Standstill, ...]] = field(default_factory=dict)
    anchored: dict[str, date] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)

    def take(self, event: Event) -> None:
        """One event; those that no rule is asked about are passed over."""
        match event:
            case intake.ApplicationFiled():
                self.applications[event.case_id] = event
            case intake.ApplicationRegistered():
                self.registered[event.case_id] = event
            case visits.PanelFormed():
                self.panels[event.case_id] = event
            case visits.VisitAnnounced():
                self.announced[event.case_id] = event
            case council.MeetingConvened():
                self.meetings[event.meeting_id] = event
            case council.AttendanceRecorded():
                self.attendance[event.meeting_id] = event
            case council.DecisionAdopted():
                self.decisions[event.case_id] = event
            case council.CertificateIssued():
                self.certificates[event.certificate_id] = event
            case monitoring.DeadlineSet():
                self.deadlines[event.deadline_id] = event
            case monitoring.DeadlineMet():
                self.met[event.deadline_id] = event
            case monitoring.DeadlineExtended():
                self.extended[event.deadline_id] = event
            case monitoring.DeadlineRecomputed() if event.deadline_id in self.deadlines:
                self._recomputed(event)
            case monitoring.DeadlineSuspended():
                self.stopped[event.deadline_id] = event.suspended_on
            case monitoring.DeadlineResumed():
                self._resumed(event)
            case monitoring.DeadlineWithdrawn():
                self.withdrawn.add(event.deadline_id)

    def _recomputed(self, event: monitoring.DeadlineRecomputed) -> None:
        moved: dict[str, Any] = {} if event.extended else {"due_on": event.due_on}
        if event.anchor_on is not None:
            self.anchored[event.deadline_id] = moved["anchor_on"] = event.anchor_on
        if not event.extended:
            self.extended.pop(event.deadline_id, None)
        first = self.deadlines[event.deadline_id]
        self.deadlines[event.deadline_id] = first.model_copy(update={"calendar_version": event.calendar_version, **moved})

    def _resumed(self, event: monitoring.DeadlineResumed) -> None:
        """What a person gave has moved along; otherwise the end that is recorded has."""
        id_, held = event.deadline_id, self.extended if event.deadline_id in self.extended else self.deadlines
        since = self.stopped.pop(id_, event.resumed_on)
        self.standstills[id_] = (*self.standstills.get(id_, ()), (since, event.resumed_on))
        if id_ in held:
            held[id_] = held[id_].model_copy(update={"due_on": event.due_on})  # type: ignore[assignment]

    def _stood_still(self, id_: str, until: date | None) -> tuple[Standstill, ...]:
        """When the clock stood still; one that still does, until what was due was done. Nothing before a moved anchor counts."""
        since, stopped = self.anchored.get(id_, date.min), self.stopped.get(id_)
        stills = self.standstills.get(id_, ())
        if stopped is not None and until is not None:
            stills = (*stills, (stopped, until))
        return tuple((max(start, since), end) for start, end in stills if end > since)

    def recording(self, rules: Rulebook, known_until: date | None) -> Recording:
        """What of it is under the rulebook, whatever its version; the rest is counted as left out, by rulebook."""
        refs: dict[str, RulebookRef] = {each.case_id: each.rulebook for each in self.deadlines.values()}
        refs |= {each.case_id: each.rulebook for each in self.decisions.values()}
        refs |= {each.case_id: each.rulebook for each in self.applications.values()}
        cases = tuple(case for case in dict.fromkeys((*self.applications, *refs)) if refs[case].id == rules.id)
        deadlines, certificates = _by_case(self.deadlines.values()), _by_case(self.certificates.values())
        records = [self._case(rules, case, deadlines.get(case, ()), certificates.get(case, ()), known_until) for case in cases]
        found = Recording(joined([*records, Record((), (), tuple(self._meetings(rules)))]))
        found.left_out.update(ref.id for ref in refs.values() if ref.id != rules.id)
        found.other_versions.update(_version(refs[case], rules) for case in cases if refs[case] != rules.ref)
        found.calendars.update(each.calendar_version for case in cases for each in deadlines.get(case, ()))
        return found

    def _case(
        self,
        rules: Rulebook,
        case: str,
        deadlines: Iterable[monitoring.DeadlineSet],
        certificates: Iterable[council.CertificateIssued],
        known_until: date | None,
    ) -> Record:
        bound = [*(self._registered(rules, each, known_until) for each in deadlines), *self._acts(rules, case, certificates, known_until)]
        known = tuple(replace(each, case=self.label + case) for each in bound if each.rule in rules.terms)
        return Record((self.label + case,), known, tuple(self._evidence(rules, case)))

    def _registered(self, rules: Rulebook, fact: monitoring.DeadlineSet, known_until: date | None) -> Obligation:
        """A deadline of the register. What runs from a certificate's expiry moves with the certificate's validity."""
        certificate, met = self.certificates.get(fact.workflow_id), self.met.get(fact.deadline_id)
        extended = self.extended.get(fact.deadline_id)
        since, met_on = Since(fact.anchor_on), met.met_on if met else None
        if certificate and fact.anchor == "certificate_expiry" and _VALIDITY in rules.terms:
            since = Since(certificate.issued_on, (_VALIDITY,))
        return Obligation(
            case=fact.case_id,
            rule=fact.rule,
            since={fact.anchor: since},
            acted_on=met_on,
            known_until=known_until,
            recorded_due=fact.due_on,
            extended_to=extended.due_on if extended else None,
            standstills=self._stood_still(fact.deadline_id, met_on or known_until),
            withdrawn=fact.deadline_id in self.withdrawn,
        )

    def _acts(
        self, rules: Rulebook, case: str, certificates: Iterable[council.CertificateIssued], known_until: date | None
    ) -> Iterable[Obligation]:
        """Terms that a service enforces on an act and that the register does not hold."""

        def bound(rule: str, since: Since, acted_on: date | None, **more: Any) -> Obligation:
            anchor = rules.terms[rule].anchor if rule in rules.terms else ""
            return Obligation(case, rule, {anchor: since}, acted_on=acted_on, known_until=known_until, **more)

        visit, decision = self.announced.get(case), self.decisions.get(case)
        if visit:
            yield bound(_NOTICE, Since(visit.starts_on), visit.announced_on, waived=visit.waiver is not None)
        if decision and case in self.registered:
            yield bound(_EARLY, Since(self.registered[case].registered_on), decision.adopted_on)
        if decision and case in self.applications and _bars(rules, decision):
            yield bound(_BAR, Since(self.applications[case].filed_on), self._applied_again(decision))
        for issued in certificates:
            yield bound(_VALIDITY, Since(issued.issued_on), None)
            if _RENEWAL in rules.terms and _VALIDITY in rules.terms:
                yield bound(_WINDOW, Since(issued.issued_on, (_VALIDITY, _RENEWAL)), self._renewed(issued))

    def _applied_again(self, refused: council.DecisionAdopted) -> date | None:
        others = (each for each in self.applications.values() if each.case_id != refused.case_id)
        filed = [each.filed_on for each in others if each.institution_id == refused.institution_id]
        return min((day for day in filed if day >= refused.adopted_on), default=None)

    def _renewed(self, issued: council.CertificateIssued) -> date | None:
        renewing = (each for each in self.applications.values() if each.renews_certificate_id == issued.certificate_id)
        return min((each.filed_on for each in renewing), default=None)

    def _evidence(self, rules: Rulebook, case: str) -> Iterable[Evidence]:
        visit, panel, decision = self.announced.get(case), self.panels.get(case), self.decisions.get(case)
        if visit:
            yield Stay(self.label + case, _LENGTH, visit.starts_on, visit.ends_on)
        if panel and _PANEL in rules.settings:
            yield Measure(self.label + case, f"settings.{_PANEL}", len(panel.members))
        for each in decision.decisions if decision else ():
            yield Ballot(self.label + case, each.scope, each.votes_for, each.votes_against)

    def _meetings(self, rules: Rulebook) -> Iterable[Attendance]:
        for meeting in self.meetings.values():
            came = self.attendance.get(meeting.meeting_id)
            if came and meeting.rulebook.id == rules.id:
                yield Attendance(f"{self.label}meeting {meeting.meeting_id}", len(came.present), len(meeting.members))


def _by_case(events: Iterable[E]) -> dict[str, list[E]]:
    found: dict[str, list[E]] = {}
    for event in events:
        found.setdefault(event.case_id, []).append(event)
    return found


def _bars(rules: Rulebook, decision: council.DecisionAdopted) -> bool:
    entry = rules.vocabularies.get("decisions", {}).get(decision.outcome)
    return entry is not None and _BAR in entry.follows


def _version(ref: RulebookRef, rules: Rulebook) -> str:
    return ref.version if ref.version != rules.version else f"{ref.version} with other content"
