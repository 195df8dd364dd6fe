"""A small story in events, as the demo and the simulation write it: what `kepil whatif` is asked about in the tests."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from chassis.events import Event
from cli.recorded import READ
from regulations import load
from services.council.contract import AttendanceRecorded, CertificateIssued, DecisionAdopted, MeetingConvened, ScopeDecision
from services.intake.contract import ApplicationFiled, ApplicationRegistered
from services.monitoring.contract import DeadlineMet, DeadlineSet
from services.visits.contract import VisitAnnounced

ORDER_109 = "kz-109-2008-accreditation"
RULES = load(ORDER_109)


def application(case: str, filed_on: date, rulebook: Any = RULES.ref) -> ApplicationFiled:
    return ApplicationFiled(
        case_id=case,
        institution_id="kaznu",
        kind="institutional",
        levels=("higher",),
        rulebook=rulebook,
        standards="Standards",
        standards_version="1",
        filed_on=filed_on,
    )


def deadline(case: str, rule: str, anchor_on: date, due_on: date, workflow_id: str | None = None) -> DeadlineSet:
    term = RULES.terms[rule]
    return DeadlineSet(
        deadline_id=f"{case} {rule}",
        case_id=case,
        workflow_id=workflow_id or case,
        institution_id="kaznu",
        rulebook=RULES.ref,
        rule=rule,
        clause=term.clause,
        source=term.kind,
        binds=term.binds,
        anchor=term.anchor,
        anchor_on=anchor_on,
        due_on=due_on,
        due_at=f"{due_on + timedelta(days=1)}T00:00:00+06:00",  # type: ignore[arg-type]
        zone=RULES.zone,
        calendar_version="KZ",
        estimated=False,
        falls_on_day_off=False,
    )


def met(case: str, rule: str, on: date, late: int = 0) -> DeadlineMet:
    return DeadlineMet(deadline_id=f"{case} {rule}", case_id=case, met_on=on, late_days=late)


#: A refused case whose report came two days late, its renewal of the year after, and the certificate of another.
STORY: list[tuple[date, Event]] = [
    (date(2009, 3, 2), application("a", date(2009, 3, 2))),
    (
        date(2009, 3, 9),
        ApplicationRegistered(
            **application("a", date(2009, 3, 2)).model_dump(exclude={"levels", "programmes", "documents"}),
            scopes=("institution",),
            number="1",
            registered_on=date(2009, 3, 9),
        ),
    ),
    (
        date(2009, 12, 9),
        VisitAnnounced(case_id="a", starts_on=date(2010, 3, 16), ends_on=date(2010, 3, 19), announced_on=date(2009, 12, 9)),
    ),
    (date(2010, 3, 19), deadline("a", "visit_report", date(2010, 3, 19), date(2010, 3, 29))),
    (date(2010, 3, 31), met("a", "visit_report", date(2010, 3, 31), late=2)),
    (
        date(2010, 4, 1),
        MeetingConvened(
            meeting_id="m",
            council_id="c",
            rulebook=RULES.ref,
            members=("1", "2", "3", "4", "5"),
            held_on=date(2010, 4, 8),
            agenda=("a",),
        ),
    ),
    (date(2010, 4, 8), AttendanceRecorded(meeting_id="m", present=("1", "2", "3"), quorate=True)),
    (
        date(2010, 4, 8),
        DecisionAdopted(
            case_id="a",
            institution_id="kaznu",
            rulebook=RULES.ref,
            meeting_id="m",
            protocol_number="1",
            decisions=(ScopeDecision(scope="institution", outcome="refuse", votes_for=1, votes_against=2, abstained=0),),
            outcome="refuse",
            reasons="Reasons",
            before_first_year=False,
            adopted_on=date(2010, 4, 8),
        ),
    ),
    (date(2010, 5, 3), application("b", date(2010, 5, 3))),
    (
        date(2011, 6, 1),
        CertificateIssued(
            certificate_id="cert",
            case_id="b",
            institution_id="kaznu",
            rulebook=RULES.ref,
            number="1",
            blank_number="KZ 1",
            scopes=("institution",),
            issued_on=date(2011, 6, 1),
            valid_until=date(2016, 6, 1),
        ),
    ),
    (date(2011, 6, 1), deadline("b", "renewal_application", date(2016, 6, 1), date(2015, 6, 1), "cert")),
]


def write(file: Path, story: list[tuple[date, Event]] = STORY) -> Path:
    """The story as a file of JSON lines."""
    service = {name: each for each, names in READ.items() for name in names}
    lines = [{"kind": "summary", "events": 0}]
    for day, event in story:
        name = event.type_name()
        lines.append(
            {"kind": "event", "date": day.isoformat(), "service": service[name], "event": name, "data": event.model_dump(mode="json")}
        )
    file.write_text("\n".join(json.dumps(line) for line in lines) + "\n", encoding="utf-8")
    return file
