"""An organisation in the register of those that are attested: what is known of it, and what its interim controls bring about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from chassis.corrections import Correctable
from chassis.decider import Command, Decider, Guard, always
from chassis.events import Event
from chassis.problems import Conflict, Invalid, NotFound, Refused
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.intake.contract import (
    ATTESTATION,
    ExtraordinaryDue,
    InterimControlRecorded,
    Profile,
    Specialty,
    SubjectCorrected,
    SubjectEntered,
    SubjectRemoved,
)
from services.intake.domain.adoption import check_in_force, scope_clause
from services.intake.domain.interim_control import BELOW_THRESHOLD, SetLimit, found_by

#: What a later description is compared by.
_KNOWN_ANEW = {"entered_on"}


@dataclass(frozen=True)
class Attested:
    """What is known of an organisation, since when it is no more in the register, and the newest control of each limit."""

    entered: SubjectEntered | None = None
    removed_on: date | None = None
    controls: Mapping[str, InterimControlRecorded] = field(default_factory=dict)

    @property
    def institution_id(self) -> str:
        """Whose place in the register it is."""
        return self.entered.institution_id if self.entered else ""


class EnterSubject(Command):
    """Enters an organisation, or describes it anew. `attested_here_on`: when Kepil's own last attestation of it was decided."""

    records = (SubjectEntered,)

    institution_id: str
    rulebook: RulebookRef
    authority: str
    levels: tuple[str, ...]
    specialties: tuple[Specialty, ...] = ()
    state_owned: bool
    arts: bool = False
    profile: Profile = "ordinary"
    languages: tuple[str, ...] = ()
    foreign_branch: bool = False
    treaty: str | None = None
    learners: int | None = None
    founded_on: date | None = None
    last_attested_on: date | None = None
    adopted: bool
    attested_here_on: date | None = None
    institution_closed_on: date | None = None


class RemoveSubject(Command):
    """Takes an organisation out of the register, by an act."""

    records = (SubjectRemoved,)

    act: str
    reason: str
    removed_on: date
    open_attestation_id: str | None = None


class RecordInterimControl(Command):
    """Records what the interim state control of a year found. `limit` is the one that was set for its level and year, if any was."""

    records = (InterimControlRecorded,)

    year: int
    level: str | None = None
    took_part: int
    failed: int
    below_threshold: tuple[str, ...] = ()
    source: str
    limit: SetLimit | None


AnyCommand = EnterSubject | RemoveSubject | RecordInterimControl


def decide(command: AnyCommand, state: Attested, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow; none where all is known so already."""
    match command:
        case EnterSubject():
            return _enter(command, state, rules)
        case RemoveSubject():
            return _remove(command, state, rules)
        case RecordInterimControl():
            return _control(command, state, rules)


@enforces(ATTESTATION, "2", "3")
def _enter(command: EnterSubject, state: Attested, rules: Rulebook) -> Sequence[Event]:
    """Every level of the instruction's scope is attested, whoever owns the organisation (p. 2), and branches of foreign organisations too,
    unless a ratified treaty says otherwise (p. 3): such a one is entered with its treaty, and is no subject."""
    on = local_date(command.at, rules.zone)
    check_in_force(rules, on, command.adopted, "an organisation is entered")
    if command.institution_closed_on is not None and command.institution_closed_on <= on:
        raise Conflict(f"{command.institution_id} is closed since {command.institution_closed_on}", accepts="the organisation in its place")
    _check_levels(command, rules)
    _check_words(command, rules)
    if command.treaty is not None and not command.foreign_branch:
        fault = {"pointer": "#/treaty", "detail": "A treaty takes out a branch of a foreign or international organisation alone (p. 3)."}
        raise Invalid("a treaty is named of an organisation that is no foreign branch", [fault])
    for name in ("founded_on", "last_attested_on"):
        day = getattr(command, name)
        if day is not None and day > on:
            raise Conflict(f"{name}: {day} has not come yet")
    days = [each for each in (command.last_attested_on, command.attested_here_on) if each is not None]
    told = command.model_dump(exclude={"at", "by", "adopted", "attested_here_on", "institution_closed_on", "last_attested_on"})
    last = max(days, default=None)
    entered = SubjectEntered(**told, last_attested_on=last, subject=command.treaty is None, entered_on=on)
    if state.entered is not None and state.removed_on is None and _content(entered) == _content(state.entered):
        return []
    return [entered]


def _content(entered: SubjectEntered) -> dict[str, Any]:
    return entered.model_dump(exclude=_KNOWN_ANEW)


@enforces(ATTESTATION, "2")
def _check_levels(command: EnterSubject, rules: Rulebook) -> None:
    """An organisation outside the levels is no subject."""
    known = rules.vocabularies.get("education_levels", {})
    outside = [each for each in (*command.levels, *(s.level for s in command.specialties)) if each not in known]
    if outside or not command.levels:
        what = ", ".join(sorted(set(outside))) or "no level at all"
        raise Refused(
            f"outside the scope of the regulation: {what}",
            clause=scope_clause(rules),
            rulebook=rules.id,
            accepts="levels of " + ", ".join(known),
        )


@enforces(ATTESTATION, "4", "9")
def _check_words(command: EnterSubject, rules: Rulebook) -> None:
    """The languages of the attestation (p. 4) and the levels at which specialties are attested apart (p. 9) are the rulebook's words."""
    languages, apart = rules.vocabularies.get("working_languages", {}), rules.vocabularies.get("attested_by_specialty", {})
    strange = [each for each in command.languages if each not in languages]
    if strange:
        fault = {"pointer": "#/languages", "detail": f"The languages of {rules.id} are {', '.join(languages)}."}
        raise Invalid(f"by {rules.id} no attestation is held in: {', '.join(strange)}", [fault])
    codes = [each.code for each in command.specialties]
    if len(set(codes)) < len(codes):
        fault = {"pointer": "#/specialties", "detail": "Each code once."}
        raise Invalid("a specialty is named twice", [fault])
    for each in command.specialties:
        if each.level not in apart:
            raise Refused(
                f"specialty {each.code}: at the level {each.level} specialties are not attested apart",
                clause=next((entry.clause or "" for entry in apart.values()), scope_clause(rules)),
                rulebook=rules.id,
                accepts="specialties of " + ", ".join(apart),
            )
        if each.level not in command.levels:
            fault = {"pointer": "#/specialties", "detail": f"{each.code} is of the level {each.level}, which the organisation has not."}
            raise Invalid("a specialty is of a level that the organisation does not teach", [fault])


def _remove(command: RemoveSubject, state: Attested, rules: Rulebook) -> Sequence[Event]:
    if command.removed_on > local_date(command.at, rules.zone):
        raise Conflict(f"{command.removed_on} has not come yet")
    if command.open_attestation_id is not None:
        raise Conflict(
            f"attestation {command.open_attestation_id} is open",
            accepts="the removal after it is taken out of its schedule, or at its end",
        )
    told = command.model_dump(include={"act", "reason", "removed_on"})
    return [SubjectRemoved(institution_id=state.institution_id, **told)]


def _control(command: RecordInterimControl, state: Attested, rules: Rulebook) -> Sequence[Event]:
    """A later record of the same year and level takes the place of the earlier one."""
    entered = state.entered
    assert entered is not None
    on = local_date(command.at, rules.zone)
    if command.year > on.year:
        raise Conflict(f"{command.year} has not come yet")
    if command.level is not None and command.level not in entered.levels:
        fault = {"pointer": "#/level", "detail": f"The levels of {entered.institution_id} are {', '.join(entered.levels)}."}
        raise Invalid(f"{entered.institution_id} does not teach at the level {command.level}", [fault])
    strange = set(command.below_threshold) - {each.code for each in entered.specialties}
    if strange:
        fault = {"pointer": "#/below_threshold", "detail": f"Not in the register: {', '.join(sorted(strange))}."}
        raise Invalid("a specialty is named that the organisation does not teach", [fault])
    if command.failed > command.took_part:
        raise Invalid("more failed than took part", [{"pointer": "#/failed", "detail": f"At most {command.took_part}."}])
    told = command.model_dump(include={"year", "level", "took_part", "failed", "below_threshold", "source"})
    found = found_by(entered, rules, limit=command.limit, **told)
    others = [each for key, each in state.controls.items() if each.year == command.year and key != found.limit_id]
    fact = found.fact(recorded_on=on, due=together([*others, found.fact(recorded_on=on)]))
    before = state.controls.get(fact.limit_id)
    if before is not None and _same(before) == _same(fact):
        return []
    return [fact]


def _same(control: InterimControlRecorded) -> dict[str, Any]:
    return control.model_dump(exclude={"recorded_on", "due"})


@enforces(ATTESTATION, "5")
def together(controls: Sequence[InterimControlRecorded]) -> ExtraordinaryDue | None:
    """What the controls of one year bring about: one attestation, of the whole organisation if one of them asks for that."""
    asking = [(each.extraordinary_year, each) for each in controls if each.extraordinary_year is not None and each.ground is not None]
    if not asking:
        return None
    whole = [each for _, each in asking if each.ground != BELOW_THRESHOLD]
    year, first = asking[0]
    ground = (whole[0] if whole else first).ground or ""
    codes = () if whole else tuple(sorted({code for _, each in asking for code in each.below_threshold}))
    return ExtraordinaryDue(year=year, ground=ground, specialties=codes)


def evolve(state: Attested, event: Any) -> Attested:
    """The organisation after a fact."""
    match event:
        case SubjectEntered():
            return replace(state, entered=event, removed_on=None)
        case SubjectRemoved():
            return replace(state, removed_on=event.removed_on)
        case InterimControlRecorded():
            return replace(state, controls={**state.controls, event.limit_id: event})
    return state


def _in_register(state: Attested, _rules: Rulebook) -> None:
    if state.entered is None:
        raise NotFound("this organisation is not in the register of those that are attested")
    if state.removed_on is not None:
        raise Conflict(f"{state.institution_id} left the register on {state.removed_on}", accepts="its entry anew")


def _subject(state: Attested, rules: Rulebook) -> None:
    _in_register(state, rules)
    if state.entered is not None and not state.entered.subject:
        raise Conflict(f"{state.institution_id} is not attested: {state.entered.treaty}", accepts="its entry anew, without the treaty")


def _rules(command: AnyCommand, state: Attested) -> Rulebook:
    if isinstance(command, EnterSubject):
        return resolve(command.rulebook)
    if state.entered is None:
        raise NotFound("this organisation is not in the register of those that are attested")
    return resolve(state.entered.rulebook)


GUARDS: Mapping[type[Command], Guard] = {EnterSubject: always, RemoveSubject: _in_register, RecordInterimControl: _subject}

ATTESTED: Decider[Attested, Rulebook] = Decider("attested", Attested(), decide, evolve, _rules, GUARDS)


def corrections(on: date, attested_here_on: date | None) -> Correctable:
    """How what was told of an organisation's days is put right on a day."""

    def check(state: Attested) -> None:
        entered = state.entered
        if entered is None:
            return
        for name in ("founded_on", "last_attested_on"):
            day = getattr(entered, name)
            if day is not None and day > on:
                raise Conflict(f"{name}: {day} has not come yet")
        if attested_here_on is not None:
            raise Conflict(f"the years run from the attestation decided on {attested_here_on}, and no more from what was told before it")

    return Correctable(ATTESTED, SubjectCorrected, lambda state: {"institution_id": state.institution_id}, check)
