"""What the order on attestation says of schedules and of whom they are, shared by what plans, approves and amends them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.ids import derived_id
from chassis.problems import Conflict, Invalid, NotFound, Refused
from regulations import Calendar, Rulebook, RulebookRef, calendar_for, enforces, latest_day, resolve
from services.intake.contract import ATTESTATION, Specialty
from services.intake.domain.scheduling import PLANNED, last_day_of_work

REQUEST, REORGANISATION, CONTROL = "reasoned_request", "reorganisation", "interim_control"
LATE = "amendment_notice"

#: Before what a repealed order is to be adopted.
BEFORE = "the schedule"


@dataclass(frozen=True)
class Rules:
    """A rulebook with its calendar."""

    rulebook: Rulebook
    calendar: Calendar


@dataclass(frozen=True)
class Subject:
    """An organisation of the register as an attestation of it needs it. `due`: it is to be attested, and no treaty takes it out."""

    institution_id: str
    authority: str
    levels: tuple[str, ...]
    specialties: tuple[Specialty, ...] = ()
    state_owned: bool = False
    arts: bool = False
    profile: Any = "ordinary"
    languages: tuple[str, ...] = ()
    due: bool = True
    treaty: str | None = None
    extraordinary_year: int | None = None
    extraordinary_ground: str | None = None
    extraordinary_specialties: tuple[str, ...] = ()


def rules_of(ref: RulebookRef | None) -> Rules:
    """The rules of an attestation; NotFound where there is none."""
    if ref is None:
        raise NotFound("there is no such attestation")
    book = resolve(ref)
    return Rules(book, calendar_for(book.country))


def attestation_id(institution_id: str, year: int, kind: str) -> str:
    """One attestation of a kind for an organisation and the year in which it was planned."""
    return derived_id("attestation", institution_id, str(year), kind)


def schedule_id(rulebook_id: str, year: int) -> str:
    """One schedule for each rulebook and calendar year."""
    return derived_id("attestation-schedule", rulebook_id, str(year))


@enforces(ATTESTATION, "2", "3")
def check_subject(subject: Subject, rules: Rulebook) -> None:
    """Who is in the register, is attested, and is not taken out by a treaty."""
    if subject.treaty:
        raise Refused(
            f"{subject.institution_id} is a branch that a treaty takes out: {subject.treaty}",
            clause="3",
            rulebook=rules.id,
            accepts="an organisation that no ratified treaty takes out of attestation",
        )
    if not subject.due:
        raise Refused(
            f"{subject.institution_id} is not attested: it left the register",
            clause="2",
            rulebook=rules.id,
            accepts="an organisation that is in the register",
        )


@enforces(ATTESTATION, "9")
def attested_apart(subject: Subject, rules: Rulebook) -> tuple[Specialty, ...]:
    """The specialties that are attested each by itself, besides the organisation as a whole.

    By the Russian text those of the levels that the rulebook names, wherever they are taught; by the Kazakh all of an organisation of such
    a level (`specialties_go_by`).
    """
    levels = rules.vocabularies.get("attested_by_specialty", {})
    if rules.setting("specialties_go_by") == "organisations":
        return subject.specialties if any(level in levels for level in subject.levels) else ()
    return tuple(each for each in subject.specialties if each.level in levels)


@enforces(ATTESTATION, "4", "5", "9")
def described(subject: Subject, kind: str, rules: Rulebook) -> dict[str, Any]:
    """What a scheduled attestation tells of whom it attests: whole, or by the specialties that an interim control found alone."""
    apart = attested_apart(subject, rules)
    only = frozenset(subject.extraordinary_specialties) if kind != PLANNED else frozenset()
    return {
        "authority": subject.authority,
        "levels": subject.levels,
        "specialties": tuple(each for each in subject.specialties if each.code in only) if only else apart,
        "whole": not only,
        "ground": subject.extraordinary_ground if kind != PLANNED else None,
        "state_owned": subject.state_owned,
        "arts": subject.arts,
        "profile": subject.profile,
        "languages": subject.languages,
    }


@enforces(ATTESTATION, "5")
def check_extraordinary(subject: Subject, kind: str, year: int, rules: Rulebook) -> None:
    """Extraordinarily only on the results of an interim control, and in the calendar year after it."""
    kinds = rules.vocabularies.get("kinds", {})
    if kind not in kinds:
        raise Invalid(f"{kind} is no kind of attestation", [{"pointer": "#/kind", "detail": f"one of {', '.join(kinds)}"}])
    if kind == PLANNED or subject.extraordinary_year == year:
        return
    due = f"in {subject.extraordinary_year}" if subject.extraordinary_year else "only after an interim control whose limit was exceeded"
    raise Refused(
        f"{subject.institution_id} is not to be attested extraordinarily in {year}",
        clause=kinds[kind].clause or "5",
        rulebook=rules.id,
        accepts=f"an extraordinary attestation {due}",
    )


def check_day(day: date, rules: Rules, pointer: str = "#/starts_on") -> None:
    """An attestation begins on a working day, for its length is counted in them."""
    if not rules.calendar.is_working_day(day):
        following = rules.calendar.next_working_day(day)
        raise Invalid(f"{day} is a day off", [{"pointer": pointer, "detail": f"a working day, such as {following}"}])


@enforces(ATTESTATION, "19")
def end_of_work(starts_on: date, ends_on: date | None, rules: Rules, pointer: str = "#/ends_on") -> date:
    """The last day of the commission's work: what was said, or the last that the text allows."""
    last = last_day_of_work(rules.rulebook, rules.calendar, starts_on)
    if ends_on is None:
        return last
    if ends_on < starts_on:
        raise Invalid("the work ends on or after the day it begins", [{"pointer": pointer, "detail": f"a day from {starts_on}"}])
    if ends_on > last:
        raise Refused(
            f"from {starts_on} to {ends_on} the commission would work longer than it may",
            clause="19",
            rulebook=rules.rulebook.id,
            accepts=f"an end up to {last}",
        )
    return ends_on


@enforces(ATTESTATION, "14")
def notify_by(starts_on: date, on: date, rules: Rulebook, *, pointer: str) -> tuple[date, bool]:
    """The last day for telling the organisation of an amendment, and whether it has passed; refused then, unless the agency flags it."""
    last = latest_day(rules, LATE, starts_on)
    if on <= last:
        return last, False
    if rules.setting("late_amendment") == "refused":
        raise Refused(
            f"the organisation would have to be told by {last} of an attestation that starts on {starts_on}",
            clause=rules.terms[LATE].clause or "14",
            rulebook=rules.id,
            accepts="a start that can still be told three months before",
            pointer=pointer,
        )
    return last, True


def grounds(rules: Rulebook) -> Sequence[str]:
    """The words for why a schedule is amended; there are no others."""
    return tuple(rules.vocabularies.get("schedule_change_grounds", {}))


@enforces(ATTESTATION, "13.1", "13.2", "13.3")
def check_ground(ground: str, rules: Rulebook) -> str:
    """Invalid for a ground that the text does not have; else its clause."""
    words = rules.vocabularies.get("schedule_change_grounds", {})
    if ground not in words:
        raise Invalid(f"{ground} is no ground for amending a schedule", [{"pointer": "#/ground", "detail": f"one of {', '.join(words)}"}])
    return words[ground].clause or ""


def refused_ground(why: str, clause: str, rules: Rulebook, accepts: str) -> Refused:
    """A ground that does not hold here."""
    return Refused(why, clause=clause, rulebook=rules.id, accepts=accepts)


def past(day: date | None, on: date, pointer: str, *, since: date | None = None) -> date:
    """The day of what has happened: `on` unless it was earlier, and not before what it follows."""
    if day is None:
        return on
    if day > on or (since is not None and day < since):
        accepts = f"a day up to {on}" if since is None else f"a day from {since} to {on}"
        raise Invalid(f"this cannot have happened on {day}", [{"pointer": pointer, "detail": accepts}])
    return day


def check_order(days: Sequence[date], on: date) -> None:
    """Conflict for days that have not come."""
    if days and max(days) > on:
        raise Conflict(f"{max(days)} has not come: what is recorded has happened", accepts=f"a day up to {on}")
