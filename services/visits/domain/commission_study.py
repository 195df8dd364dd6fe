"""What the commission of an attestation does on the spot: tasks, notes, questionnaires, the analysis (attestation, p. 6-8, 20, 22, 23,
27-29)."""

from collections.abc import Sequence
from datetime import date

from chassis.decider import Command
from chassis.documents import Document
from chassis.events import Event
from regulations import enforces
from services.visits.contract import (
    AttestationResultsAnalysed,
    AttestationTasksAssigned,
    ChairInformed,
    InvitedOrganisation,
    NoteHandedOver,
    QuestionnairesHeld,
    Respondents,
    Shortcoming,
    Task,
)
from services.visits.domain.commission_rules import (
    ATTESTATION,
    INVITED,
    OBJECTS,
    Faults,
    check_covered,
    check_note,
    check_replaces,
    invalid,
    note_clause,
    past,
    refused,
    strange_methods,
    testing_replaced,
    words,
)
from services.visits.domain.commission_state import AttestationVisit
from services.visits.domain.dates import Rules

PARTS = ("indicators", "shortcomings", "recommendations", "conclusions")


class AssignTasks(Command):
    """The chair presents the members to the council, gives each what he studies, and provides the acts."""

    records = (AttestationTasksAssigned,)

    meeting: str
    meeting_on: date | None = None
    tasks: tuple[Task, ...]
    acts: tuple[str, ...]


class InformChair(Command):
    """A member tells how the study goes."""

    records = (ChairInformed,)

    expert_id: str
    progress: str
    informed_on: date | None = None


class HandOverNote(Command):
    """A member's note. None is a part that is not in it; no shortcomings at all are an empty list of them."""

    records = (NoteHandedOver,)

    object: str
    expert_id: str
    methods: tuple[str, ...]
    indicators: str | None = None
    shortcomings: tuple[Shortcoming, ...] | None = None
    recommendations: str | None = None
    conclusions: str | None = None
    conforms: bool
    document: Document | None = None
    handed_over_on: date | None = None


class HoldQuestionnaires(Command):
    """Questionnaires of groups. `replaces_testing`: None leaves it to the organisation's levels."""

    records = (QuestionnairesHeld,)

    respondents: tuple[Respondents, ...]
    organisations: tuple[InvitedOrganisation, ...] = ()
    conducted_by: str
    replaces_testing: bool | None = None
    document: Document | None = None
    held_on: date | None = None


class AnalyseResults(Command):
    """The commission's analysis of testing, other control and questionnaires."""

    records = (AttestationResultsAnalysed,)

    analysis: str
    document: Document | None = None
    analysed_on: date | None = None


@enforces(ATTESTATION, "20", "22")
def assign(command: AssignTasks, state: AttestationVisit, rules: Rules, on: date) -> Sequence[Event]:
    """At a meeting after the commission was approved, with the acts; every object of study has a member who studies it."""
    book = rules.rulebook
    meeting_on = past(command.meeting_on or on, on, "#/meeting_on")
    faults: Faults = []
    known = words(book, OBJECTS)
    for index, task in enumerate(command.tasks):
        place = f"#/tasks/{index}"
        if task.object not in known:
            faults.append({"pointer": f"{place}/object", "detail": f"{task.object} is none of: {', '.join(known)}"})
        if task.expert_id not in state.expert_ids:
            faults.append({"pointer": f"{place}/expert_id", "detail": f"{task.expert_id} does not sit in the commission"})
        if (task.object, task.expert_id) in {(each.object, each.expert_id) for each in command.tasks[:index]}:
            faults.append({"pointer": place, "detail": f"{task.object} is assigned to {task.expert_id} twice"})
        faults += strange_methods(f"{place}/methods", task.methods, book)
    if not command.acts:
        faults.append({"pointer": "#/acts", "detail": "the chair provides the members with the normative acts: at least one"})
    if state.approved_on and meeting_on < state.approved_on:
        faults.append({"pointer": "#/meeting_on", "detail": f"the commission was approved on {state.approved_on}"})
    invalid(faults)
    check_covered(command.tasks, book)
    told = {"meeting": command.meeting, "meeting_on": meeting_on, "tasks": command.tasks, "acts": command.acts}
    return [AttestationTasksAssigned(**state.ids, **told, assigned_on=on)]


@enforces(ATTESTATION, "23")
def inform(command: InformChair, state: AttestationVisit, on: date) -> Sequence[Event]:
    """By one who sits in the commission."""
    informed_on = _of_the_work(command.informed_on or on, state, on, "#/informed_on")
    if command.expert_id not in state.expert_ids:
        invalid([{"pointer": "#/expert_id", "detail": f"{command.expert_id} does not sit in the commission"}])
    return [ChairInformed(**state.ids, expert_id=command.expert_id, progress=command.progress, informed_on=informed_on)]


@enforces(ATTESTATION, "6", "23", "8.1", "8.2", "8.3", "8.4", "8.5", "8.6", "8.7", "8.8")
def hand_over(command: HandOverNote, state: AttestationVisit, rules: Rules, on: date) -> Sequence[Event]:
    """By the member to whom the object is assigned, with every part, the methods, and whether it conforms to the standards."""
    book, shortcomings = rules.rulebook, command.shortcomings or ()
    handed_over_on = _of_the_work(command.handed_over_on or on, state, on, "#/handed_over_on")
    faults = strange_methods("#/methods", command.methods, book)
    if command.object not in words(book, OBJECTS):
        faults.append({"pointer": "#/object", "detail": f"{command.object} is none of: {', '.join(words(book, OBJECTS))}"})
    if not command.methods:
        faults.append({"pointer": "#/methods", "detail": "name at least one method that was used"})
    codes = {specialty.code for specialty in state.specialties}
    for index, each in enumerate(shortcomings):
        if each.specialty is not None and codes and each.specialty not in codes:
            place = f"#/shortcomings/{index}/specialty"
            faults.append({"pointer": place, "detail": f"{each.specialty} is none of those attested: {', '.join(sorted(codes))}"})
    invalid(faults)
    if command.object not in state.assigned_to(command.expert_id):
        to = ", ".join(task.expert_id for task in state.tasks if task.object == command.object) or "nobody"
        why = f"{command.object} is not assigned to {command.expert_id} but to {to}"
        raise refused(why, note_clause(book), book, "the note of the member to whom it is assigned")
    check_note({part: getattr(command, part) for part in PARTS}, shortcomings, book)
    fields = command.model_dump(include={"object", "expert_id", "methods", "indicators", "recommendations", "conclusions", "conforms"})
    told = {"shortcomings": shortcomings, "document": command.document, "handed_over_on": handed_over_on}
    return [NoteHandedOver(**state.ids, **fields, **told)]


@enforces(ATTESTATION, "27", "28", "29")
def hold(command: HoldQuestionnaires, state: AttestationVisit, rules: Rules, on: date) -> Sequence[Event]:
    """With whom the text has the commission invite; who was not, is shown. Pre-school they stand for the testing."""
    book, invited = rules.rulebook, words(rules.rulebook, INVITED)
    held_on = _of_the_work(command.held_on or on, state, on, "#/held_on")
    faults = [
        {"pointer": f"#/organisations/{n}/kind", "detail": f"{each.kind} is none of: {', '.join(invited)}"}
        for n, each in enumerate(command.organisations)
        if each.kind not in invited
    ]
    for n, each in enumerate(command.respondents):
        if each.answered > each.asked:
            faults.append({"pointer": f"#/respondents/{n}/answered", "detail": f"of {each.asked} who were asked, {each.answered} answered"})
    invalid(faults)
    setting = book.settings.get("questionnaires_by_commission")
    if book.setting_if_any("questionnaires_by_commission") in (True, "true") and command.conducted_by not in state.expert_ids:
        raise refused(f"{command.conducted_by} would conduct the questionnaires", setting, book, "a member of the commission")
    replaces = command.replaces_testing if command.replaces_testing is not None else testing_replaced(state.levels)
    if replaces:
        check_replaces([each.group for each in command.respondents], state.levels, book)
    present = {each.kind for each in command.organisations}
    return [
        QuestionnairesHeld(
            **state.ids,
            round=len(state.questionnaires) + 1,
            respondents=command.respondents,
            organisations=command.organisations,
            uninvited=tuple(kind for kind in invited if kind not in present),
            conducted_by=command.conducted_by,
            replaces_testing=replaces,
            document=command.document,
            held_on=held_on,
        )
    ]


@enforces(ATTESTATION, "28")
def analyse(command: AnalyseResults, state: AttestationVisit, on: date) -> Sequence[Event]:
    """As often as there is more to say."""
    analysed_on = _of_the_work(command.analysed_on or on, state, on, "#/analysed_on")
    return [AttestationResultsAnalysed(**state.ids, analysis=command.analysis, document=command.document, analysed_on=analysed_on)]


def _of_the_work(day: date, state: AttestationVisit, on: date, pointer: str) -> date:
    """A day that has come, and not before the work began."""
    if state.started_on and past(day, on, pointer) < state.started_on:
        invalid([{"pointer": pointer, "detail": f"the commission began its work on {state.started_on}"}])
    return day
