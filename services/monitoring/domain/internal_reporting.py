"""The report of a cycle, its versions and the final one, and the general meeting that discusses it (3.3.4, 4.1)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from chassis.events import Event
from regulations import Rulebook, Share, enforces
from services.monitoring.contract import GeneralMeetingHeld, InternalReportDrafted, InternalReportFinalised
from services.monitoring.domain import internal_rules as of
from services.monitoring.domain.cycle_rules import check_kind
from services.monitoring.domain.internal_rules import ARTKI
from services.monitoring.domain.internal_state import InternalCycle

if TYPE_CHECKING:
    from services.monitoring.domain import internal_cycle as commands


@enforces(ARTKI, "3.3.4")
def draft(command: commands.DraftInternalReport, state: InternalCycle, rules: Rulebook, today: date) -> list[Event]:
    """Sections of the final report; a draft may lack some. The same as the version before is none."""
    known, named = rules.contents.get(of.REPORT, {}), [each.section for each in command.sections]
    strange = sorted(set(named) - set(known))
    if strange:
        raise of.invalid("#/sections", f"no sections of the report: {', '.join(strange)}", f"sections: {', '.join(known)}")
    if not named:
        raise of.invalid("#/sections", "it has no section", f"sections: {', '.join(known)}")
    of.check_once(named, "#/sections")
    before = state.drafts[-1] if state.drafts else None
    if before is not None and (before.sections, before.generated, before.figures) == (command.sections, command.generated, command.figures):
        return []
    return [
        InternalReportDrafted(
            cycle_id=state.terms.cycle_id,
            number=len(state.drafts) + 1,
            generated=command.generated,
            sections=command.sections,
            figures=command.figures,
            figures_as_of=command.figures_as_of,
            drafted_on=today,
        )
    ]


@enforces(ARTKI, "1.2", "2.2.3", "3.1", "3.3.4")
def final(command: commands.FinaliseInternalReport, state: InternalCycle, rules: Rulebook, today: date) -> InternalReportFinalised:
    """Its day is in the year in which the cycle was held. Published only where the agency says so: the text has no such duty."""
    left = [each for each in command.undetermined if each not in state.fulfilments]
    if left:
        of.refuse_undetermined(rules, left)
    if command.document is not None:
        check_kind(rules, command.document, [of.REPORT])
    published = bool(rules.setting_if_any("report_published")) if command.published is None else command.published
    return InternalReportFinalised(
        cycle_id=state.terms.cycle_id,
        number=len(state.drafts),
        year=today.year,
        document=command.document,
        published=published,
        finalised_on=today,
    )


@enforces(ARTKI, "4.1")
def meeting(command: commands.HoldGeneralMeeting, state: InternalCycle, rules: Rulebook, today: date) -> GeneralMeetingHeld:
    """Of the team: its day and who was there, and minutes where the agency asks for them. On quorum a person decides where none is set."""
    assert state.final
    first, told = state.final.finalised_on, of.setting_clause(rules, "meeting_evidence")
    if not first <= command.held_on <= today:
        raise of.invalid("#/held_on", f"no meeting discussed the report on {command.held_on}", f"a day from {first} to {today}")
    of.check_once(command.attendance, "#/attendance")
    if not command.attendance:
        of.refuse(rules, told, "nobody was there", "the day of the meeting and who was there", ["attendance"])
    of.check_staff(command.body, command.attendance, "#/attendance")
    if command.chair is not None and command.chair not in command.attendance:
        raise of.invalid("#/chair", "who presided was not there", "one of `attendance`, or none")
    if rules.setting_if_any("meeting_evidence") == "minutes" and command.minutes is None:
        of.refuse(rules, told, "the meeting has no minutes", "its minutes", ["minutes"])
    quorum = rules.setting_if_any("meeting_quorum")
    if isinstance(quorum, Share) and not quorum.met_by(len(command.attendance), len(command.body.staff)):
        reason = f"{len(command.attendance)} of {len(command.body.staff)} were there"
        of.refuse(rules, of.setting_clause(rules, "meeting_quorum"), reason, f"a quorum of {quorum.of} of the team")
    return GeneralMeetingHeld(
        cycle_id=state.terms.cycle_id,
        held_on=command.held_on,
        attendance=command.attendance,
        chair=command.chair,
        outcome=command.outcome,
        minutes=command.minutes,
        statement=command.statement,
    )
