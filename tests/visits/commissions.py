"""An attestation's commission for tests: who may sit in it, and its past by step. 2 March 2009 is a Monday, 9 March 2009 a day off."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from chassis.documents import Document
from regulations import Rulebook, load
from services.visits.contract import (
    AttestationCommissionFormed,
    AttestationTasksAssigned,
    AttestationVisitOpened,
    AttestationWorkBegan,
    AttestedSpecialty,
    Commissioner,
    NoteHandedOver,
    Respondents,
    Shortcoming,
    Task,
)

ATTESTATION = "kz-109-2008-attestation"
BOOK = load(ATTESTATION)
OBJECTS = tuple(BOOK.vocabulary("objects_of_study"))
TODAY, STARTS, ENDS = date(2009, 2, 16), date(2009, 3, 2), date(2009, 3, 11)
IDS = {"attestation_id": "attestation-1", "institution_id": "almu"}
FILE = Document(kind="member_note", name="note.pdf", sha256="a" * 64)
GROUPS = {
    "chair": ("authorised_bodies",),
    "owner": ("body_in_charge",),
    "teacher": ("leading_teachers",),
    "rector": ("education_organisations",),
    "union": ("associations",),
}
POOL = frozenset({*GROUPS, "spare"})


def at(day: date = TODAY, by: str = "body.officer") -> dict[str, Any]:
    """A moment of which the local day is `day`."""
    return {"at": datetime.combine(day, time(6), UTC), "by": by}


def member(name: str, *groups: str, body: bool | None = None) -> Commissioner:
    """One of those above; an employee of the authorised body is the chair alone."""
    of_body = name == "chair" if body is None else body
    return Commissioner(expert_id=name, groups=groups or GROUPS.get(name, ("leading_teachers",)), of_authorised_body=of_body)


def opened(book: Rulebook = BOOK, **fields: Any) -> AttestationVisitOpened:
    """A state university, of two specialties."""
    told: dict[str, Any] = {
        "kind": "planned",
        "levels": ("higher",),
        "specialties": tuple(AttestedSpecialty(code=code, name=code, level="higher") for code in ("5B011", "5B070")),
        "state_owned": True,
        "starts_on": STARTS,
        "ends_on": ENDS,
        "opened_on": TODAY,
    }
    return AttestationVisitOpened(**IDS, rulebook=book.ref, **{**told, **fields})


def formed(*names: str, **fields: Any) -> AttestationCommissionFormed:
    """The chair, the body in charge and a teacher, on the sixteenth."""
    members = tuple(map(member, names or ("chair", "owner", "teacher")))
    told = {"chair_id": "chair", "order_number": "21", "approved_on": TODAY}
    return AttestationCommissionFormed(**IDS, members=members, **{**told, **fields})


def tasks(*names: str) -> tuple[Task, ...]:
    """Every object of study, by turns."""
    turns = names or ("chair", "owner", "teacher")
    return tuple(Task(object=word, expert_id=turns[n % len(turns)], methods=("documents",)) for n, word in enumerate(OBJECTS))


def assigned(*names: str, **fields: Any) -> AttestationTasksAssigned:
    """At the academic council on the first day."""
    told = {"meeting": "Academic council", "meeting_on": STARTS, "acts": ("Law on education",), "assigned_on": STARTS}
    return AttestationTasksAssigned(**IDS, tasks=tasks(*names), **{**told, **fields})


def began(**fields: Any) -> AttestationWorkBegan:
    """On the day of the schedule."""
    return AttestationWorkBegan(**IDS, **{"started_on": STARTS, **fields})


def parts(**fields: Any) -> dict[str, Any]:
    """What a note says, whole."""
    told = {
        "methods": ("documents", "interviews"),
        "indicators": "31 of 40 have a degree.",
        "shortcomings": (Shortcoming(text="No register of practice.", provision="Standard 5.04, p. 12", specialty="5B011"),),
        "recommendations": "Keep the register.",
        "conclusions": "Satisfactory.",
        "conforms": True,
    }
    return {**told, **fields}


def noted(word: str, by: str, **fields: Any) -> NoteHandedOver:
    """A note of the fourth of March."""
    return NoteHandedOver(**IDS, object=word, expert_id=by, **{**parts(handed_over_on=date(2009, 3, 4)), **fields})


def all_noted(*left_out: str) -> list[NoteHandedOver]:
    """On every object of study but these, each by the member who has it."""
    return [noted(task.object, task.expert_id) for task in tasks() if task.object not in left_out]


def at_work() -> list[Any]:
    """The past up to the first day."""
    return [opened(), formed(), assigned(), began()]


def respondents(*groups: str) -> tuple[Respondents, ...]:
    """Each group of forty, of whom thirty-one answered."""
    return tuple(Respondents(group=group, asked=40, answered=31, results="Content.") for group in groups)


def revised(**settings: Any) -> Rulebook:
    """Another reading of the instruction."""
    changes: Mapping[str, Any] = {f"settings.{name}": {"value": value} for name, value in settings.items()}
    return BOOK.revised(changes, "2008-03-05-other")
