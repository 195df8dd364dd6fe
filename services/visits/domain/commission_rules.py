"""What a rulebook says of an attestation's commission: of whom it is made up, what it studies and how, how long it works, and under
which clause.

What a rulebook lacks is not required. Where it is silent a person decides, and what was decided is recorded.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from chassis.problems import Invalid, Refused
from regulations import Cited, Entry, Rulebook, compute, enforces, length
from services.visits.contract import Commissioner, NoteHandedOver, Shortcoming, Task
from services.visits.domain.commission_state import AttestationVisit
from services.visits.domain.dates import Rules, clause_of

ATTESTATION = "kz-109-2008-attestation"

COMMISSION, JOINT, NOTE, WORK, APPROVAL = "commission", "joint_commission", "member_note", "commission_work", "commission_approval"
CHAIR, IN_CHARGE = "chair", "body_in_charge"
OBJECTS, METHODS, GROUPS, INVITED = "objects_of_study", "methods", "member_groups", "invited_organisations"
FORMING, NOTICE, PRESENTING, STUDYING = "commission_formation", "dates_notice", "presentation", "study"
LANGUAGES = "working_languages"
PRESCHOOL = "preschool"
ASKED_INSTEAD = ("staff", "parents")

Faults = list[dict[str, str]]


def words(book: Rulebook, vocabulary: str) -> Mapping[str, Entry]:
    """A vocabulary; none of its words where the rulebook has it not."""
    return book.vocabularies.get(vocabulary, {})


def stage_clause(book: Rulebook, *stages: str) -> str:
    """The clause of the first of these steps that the rulebook has."""
    return first(*(book.stage(stage) for stage in stages))


def first(*cited: Cited | None) -> str:
    """The clause of the first value that the rulebook has."""
    return next((clause_of(each) for each in cited if each and each.clause), "")


def commission_clause(book: Rulebook) -> str:
    """The clause by which the commission is formed."""
    return first(book.stage(FORMING), book.compositions.get(COMMISSION))


def note_clause(book: Rulebook) -> str:
    """The clause on the notes of the members."""
    return first(book.documents.get(NOTE), book.stage(STUDYING))


def task_clause(book: Rulebook) -> str:
    """The clause by which the chair presents the members and gives them their tasks."""
    return first(book.stage(PRESENTING), book.competences.get("task_assignment"))


def refused(why: str, cited: Cited | str | None, book: Rulebook, accepts: str, **more: Any) -> Refused:
    """A refusal under the clause of a value, or under this clause."""
    clause = cited if isinstance(cited, str) else first(cited)
    return Refused(why, clause=clause, rulebook=book.id, accepts=accepts, **more)


def invalid(faults: Faults) -> None:
    """Invalid where there are faults."""
    if faults:
        raise Invalid("; ".join(fault["detail"] for fault in faults), errors=faults)


def past(day: date, on: date, pointer: str) -> date:
    """The day, which has come by the day `on`; else Invalid."""
    if day > on:
        invalid([{"pointer": pointer, "detail": f"{day} has not come yet; accepted is a day up to {on}"}])
    return day


def strange(pointer: str, field: str, found: Sequence[str], known: Iterable[str]) -> Faults:
    """The words that are unknown, or named twice."""
    known = list(known)
    accepted = ", ".join(known) or "none: this rulebook prescribes none"
    return [
        {"pointer": f"{pointer}/{n}" + (f"/{field}" if field else ""), "detail": f"{word} is named twice or unknown; accepted: {accepted}"}
        for n, word in enumerate(found)
        if word not in known or word in found[:n]
    ]


@enforces(ATTESTATION, "17 (b)")
def check_chair(members: Sequence[Commissioner], chair_id: str, book: Rulebook) -> tuple[str, ...]:
    """An employee of the authorised body chairs; where the agency's reading takes another, he is shown as lacking."""
    composition, setting = book.compositions.get(COMMISSION), book.settings.get("chair_not_of_the_body")
    wanted = composition.requires.get(CHAIR) if composition else None
    if wanted is None or any(member.expert_id == chair_id and member.of_authorised_body for member in members):
        return ()
    if setting is None or setting.value == "refused":
        who = "an employee of the authorised body that forms the commission"
        raise refused(f"{chair_id} would chair the commission and is not {who}", wanted, book, f"{who}, as its chair")
    return (CHAIR,)


@enforces(ATTESTATION, "18.1", "18.2", "18.3")
def check_groups(members: Sequence[Commissioner], state_owned: bool, book: Rulebook) -> tuple[str, ...]:
    """Each group that the text names is represented; what lacks is shown, or refused where the agency reads the text so.

    The body in charge is asked for where the organisation is the state's. Groups of one item of the text stand for each other.
    """
    composition = book.compositions.get(COMMISSION)
    if composition is None:
        return ()
    groups = words(book, GROUPS)
    lacking = {}
    for name, wanted in composition.requires.items():
        if name == CHAIR or (name == IN_CHARGE and not state_owned):
            continue
        meant = {word for word, entry in groups.items() if entry.clause == wanted.clause}
        if sum(bool(meant & set(member.groups)) for member in members) < wanted.at_least:
            lacking[name] = wanted
    if lacking and book.setting_if_any("missing_member_group") == "refused":
        told = "; ".join(wanted.names.en for wanted in lacking.values())
        raise refused(f"the commission lacks: {told}", next(iter(lacking.values())), book, "a commission with them", missing=list(lacking))
    return tuple(lacking)


@enforces(ATTESTATION, "16")
def check_size(members: Sequence[Commissioner], book: Rulebook) -> None:
    """As many as the agency asks for, if it does: the text gives no number."""
    least, composition = book.setting_if_any("commission_size_minimum"), book.compositions.get(COMMISSION)
    least = least if isinstance(least, int) else composition.minimum if composition else None
    if least is not None and len(members) < least:
        raise refused(f"the commission would have {len(members)} members", commission_clause(book), book, f"at least {least} members")


@enforces(ATTESTATION, "17 (a)")
def check_act(act: str, book: Rulebook) -> None:
    """The composition is approved by the act that the rulebook asks for, where it asks for one."""
    setting = book.settings.get("commission_approval_act")
    if setting is not None and setting.value not in (None, "any", act):
        raise refused(f"the composition would be approved by: {act}", setting, book, f"an act of this kind: {setting.value}")


@enforces(ATTESTATION, "17 (a)")
def approval_due_on(state: AttestationVisit, rules: Rules) -> date | None:
    """The last day on which the composition is approved in time; None where the rulebook has no such term."""
    if state.starts_on is None or APPROVAL not in rules.rulebook.terms:
        return None
    return compute(rules.rulebook, APPROVAL, state.starts_on, calendar=rules.calendar).due_on


@enforces(ATTESTATION, "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "7.7", "7.8", "7.9", "7.10", "7.11")
def check_covered(tasks: Sequence[Task], book: Rulebook) -> None:
    """Every object of study has somebody who studies it."""
    given = {task.object for task in tasks}
    missing = {word: entry for word, entry in words(book, OBJECTS).items() if word not in given}
    if missing:
        told = ", ".join(missing)
        raise refused(f"nobody would study: {told}", next(iter(missing.values())), book, "a task for each of them", missing=list(missing))


@enforces(ATTESTATION, "23", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "7.7", "7.8", "7.9", "7.10", "7.11")
def check_noted(state: AttestationVisit, book: Rulebook) -> None:
    """On every object of study there is a note."""
    missing = {word: entry for word, entry in words(book, OBJECTS).items() if word not in state.noted}
    if missing:
        told = ", ".join(missing)
        accepts = "the notes of the members to whom they are assigned first"
        raise refused(f"there is no note on: {told}", next(iter(missing.values())), book, accepts, missing=list(missing))


@enforces(ATTESTATION, "8.1", "8.2", "8.3", "8.4", "8.5", "8.6", "8.7", "8.8")
def strange_methods(pointer: str, methods: Sequence[str], book: Rulebook) -> Faults:
    """The words that are no methods: any other may be one too where the agency reads the list as open, but none is named twice."""
    known = words(book, METHODS)
    is_open = book.setting_if_any("interviews_open") in (True, "true")
    return strange(pointer, "", methods, dict.fromkeys((*known, *methods)) if is_open else known)


@enforces(ATTESTATION, "23")
def check_note(told: Mapping[str, object], shortcomings: Sequence[Shortcoming], book: Rulebook) -> None:
    """A note has every part that the text names, and for each shortcoming the provision that it violates."""
    missing = [part for part, text in told.items() if text is None]
    if missing:
        cited = first(*(book.contents.get(NOTE, {}).get(part) for part in missing)) or note_clause(book)
        raise refused(f"the note lacks: {', '.join(missing)}", cited, book, "a note with all of its parts", missing=missing)
    setting = book.settings.get("note_names_provision")
    bare = [number for number, each in enumerate(shortcomings, 1) if each.provision is None]
    if bare and setting is not None and setting.value in (True, "true"):
        numbers = ", ".join(map(str, bare))
        raise refused(f"no provision is named for shortcoming {numbers}", setting, book, "the very provision that each of them violates")


@enforces(ATTESTATION, "19")
def check_stay(started_on: date, ended_on: date, rules: Rules) -> None:
    """The work lasts no longer than the text says that the agency follows."""
    book = rules.rulebook
    chosen = f"{WORK}_{book.setting_if_any('commission_work_text')}"
    name = chosen if chosen in book.ranges else WORK
    if name not in book.ranges:
        return
    most, unit = book.ranges[name].maximum, book.ranges[name].unit.replace("_", " ")
    lasted = length(book, name, started_on, ended_on, calendar=rules.calendar).amount
    if lasted > most:
        why = f"the work would have lasted {lasted} {unit}, from {started_on} to {ended_on}"
        raise refused(why, book.ranges[name], book, f"an end after at most {most} {unit}")


@enforces(ATTESTATION, "12")
def check_start(started_on: date, state: AttestationVisit, book: Rulebook) -> None:
    """The work does not begin before the day of which the organisation was told, nor before there is a commission."""
    if state.starts_on and started_on < state.starts_on:
        why = f"the attestation starts on {state.starts_on}, and would have begun on {started_on}"
        raise refused(why, stage_clause(book, NOTICE), book, f"a day from {state.starts_on}, or a change of the schedule first")
    if state.approved_on and started_on < state.approved_on:
        why = f"the commission was approved on {state.approved_on}, and would have begun its work on {started_on}"
        raise refused(why, book.terms.get(APPROVAL) or commission_clause(book), book, f"a day from {state.approved_on}")


def testing_replaced(levels: Sequence[str]) -> bool:
    """Whether there is no testing at all here: an organisation of this level alone has questionnaires in its place."""
    return set(levels) == {PRESCHOOL}


@enforces(ATTESTATION, "27")
def check_replaces(asked: Iterable[str], levels: Sequence[str], book: Rulebook) -> None:
    """Questionnaires stand for the testing at the pre-school level alone, and there of the staff and the parents."""
    entry = words(book, "other_control_forms").get("questionnaires")
    if entry is None or PRESCHOOL not in levels:
        raise refused(
            "questionnaires replace the testing of pre-school organisations alone", entry, book, "questionnaires beside the testing"
        )
    missing = [group for group in ASKED_INSTEAD if group not in asked]
    if missing:
        why = f"in place of the testing nobody would ask: {', '.join(missing)}"
        raise refused(why, entry, book, f"questionnaires of: {', '.join(ASKED_INSTEAD)}", missing=missing)


@enforces(ATTESTATION, "6")
def unmet(notes: Iterable[NoteHandedOver]) -> tuple[str, ...]:
    """The objects of study of which a note says that they do not conform to the standards."""
    return tuple(dict.fromkeys(note.object for note in notes if not note.conforms))
