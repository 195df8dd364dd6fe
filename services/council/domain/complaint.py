"""A complaint of the institution about the visit or its report: filed before the decision, decided by whom a person names (IQAA, S2.i).

Two remedies are apart: a complaint is about the conduct, an appeal (appeal.py) about the decision. A complaint stays nothing of itself;
an open one is shown to the council.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from chassis.corrections import Correctable
from chassis.decider import Command, Decider, Guard
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Refused
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.council.contract import ComplaintCorrected, ComplaintDecided, ComplaintFiled
from services.council.domain.clauses import IQAA, has_stage, may_be_appealed, setting_clause

STAGE = "complaint"


@dataclass(frozen=True)
class Complaint:
    """A complaint as it stands."""

    filed: ComplaintFiled | None = None
    decided: ComplaintDecided | None = None

    @property
    def institution_id(self) -> str:
        """Whose complaint it is."""
        return self.filed.institution_id if self.filed else ""


class FileComplaint(Command):
    """Files a complaint. Whether the visit has begun and whether the council has decided come as facts."""

    records = (ComplaintFiled,)

    complaint_id: str
    case_id: str
    institution_id: str
    rulebook: RulebookRef
    visit_started_on: date | None
    decided_on: date | None
    against: str
    document: Document
    grounds: str


class DecideComplaint(Command):
    """Records the decision. `decided_by` may be left out where the agency's setting names the body."""

    records = (ComplaintDecided,)

    upheld: bool
    decided_by: str = ""
    reasons: str
    decided_on: date


AnyCommand = FileComplaint | DecideComplaint


def decide(command: AnyCommand, state: Complaint, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow, or a refusal with its clause."""
    today = local_date(command.at, rules.zone)
    match command:
        case FileComplaint():
            return [_file(command, rules, today)]
        case DecideComplaint():
            return [_decide(command, state, rules, today)]


@enforces(IQAA, "S2.i")
def _filing(state: Complaint, rules: Rulebook) -> None:
    """Once, where the rulebook knows complaints."""
    if state.filed:
        raise Conflict(f"complaint {state.filed.complaint_id} is filed already")
    if not has_stage(rules, STAGE):
        accepts = "an appeal against the decision, once the council has adopted it"
        raise Refused("the rulebook knows no complaint", clause=may_be_appealed(rules), rulebook=rules.id, accepts=accepts)


def _ruling(state: Complaint, _rules: Rulebook) -> None:
    """Once."""
    if state.decided:
        raise Conflict(f"the complaint was decided on {state.decided.decided_on} by {state.decided.decided_by}")


@enforces(IQAA, "S2.i")
def _file(command: FileComplaint, rules: Rulebook, today: date) -> ComplaintFiled:
    if command.visit_started_on is None:
        raise _refused(rules, "the visit has not begun", "a complaint from the first day of the visit until the decision")
    if command.decided_on is not None:
        accepts = "an appeal against the decision"
        reason = f"the council decided the case on {command.decided_on}"
        raise Refused(reason, clause=may_be_appealed(rules), rulebook=rules.id, accepts=accepts)
    fields = command.model_dump(include={"complaint_id", "case_id", "institution_id", "against", "grounds"})
    return ComplaintFiled(**fields, rulebook=command.rulebook, document=command.document, filed_on=today)


@enforces(IQAA, "S2.i")
def _decide(command: DecideComplaint, state: Complaint, rules: Rulebook, today: date) -> ComplaintDecided:
    assert state.filed is not None
    if not state.filed.filed_on <= command.decided_on <= today:
        reason = f"a complaint of {state.filed.filed_on} was not decided on {command.decided_on}"
        raise _refused(rules, reason, f"a decision on the complaint from {state.filed.filed_on} to {today}")
    return ComplaintDecided(
        complaint_id=state.filed.complaint_id,
        case_id=state.filed.case_id,
        institution_id=state.filed.institution_id,
        upheld=command.upheld,
        decided_by=named_body(rules, "complaint_body", command.decided_by, setting_clause(rules, "complaint_body")),
        reasons=command.reasons,
        decided_on=command.decided_on,
    )


def require_no_stay(rules: Rulebook, open_complaints: Sequence[str]) -> None:
    """A complaint stays nothing, unless the agency reads it otherwise: then the council decides after the complaint."""
    if open_complaints and rules.setting_if_any("complaint_suspends_procedure") is True:
        reason = f"by the agency's reading the procedure waits for the decision on a complaint: {', '.join(open_complaints)}"
        raise _refused(rules, reason, "the council's decision once the complaint is decided")


def named_body(rules: Rulebook, setting: str, named: str, clause: str) -> str:
    """The body of the agency's setting; else the one that a person names: the text names none. Refused without either, or for another."""
    body, named = rules.setting_if_any(setting), named.strip()
    if isinstance(body, str):
        if named not in ("", body):
            raise Refused(f"the agency's setting names {body}", clause=clause, rulebook=rules.id, accepts=body)
        return body
    if not named:
        accepts = f"the body that decides, named by a person, or one in the agency's setting {setting}"
        raise Refused("neither the text nor the agency names the body that decides", clause=clause, rulebook=rules.id, accepts=accepts)
    return named


def _refused(rules: Rulebook, reason: str, accepts: str) -> Refused:
    return Refused(reason, clause=setting_clause(rules, "complaint_suspends_procedure"), rulebook=rules.id, accepts=accepts)


def evolve(state: Complaint, event: Any) -> Complaint:
    """The state after a fact."""
    match event:
        case ComplaintFiled():
            return Complaint(filed=event)
        case ComplaintDecided():
            return replace(state, decided=event)
    return state


def _rules(command: AnyCommand, state: Complaint) -> Rulebook:
    source = command if isinstance(command, FileComplaint) else state.filed
    assert source is not None
    return resolve(source.rulebook)


GUARDS: Mapping[type[Command], Guard] = {FileComplaint: _filing, DecideComplaint: _ruling}

COMPLAINT: Decider[Complaint, Rulebook] = Decider("complaint", Complaint(), decide, evolve, _rules, GUARDS)


def corrections(today: date) -> Correctable:
    """How a complaint is corrected on a day."""

    def check(state: Complaint) -> None:
        if state.filed and state.decided and not state.filed.filed_on <= state.decided.decided_on <= today:
            raise Conflict(f"a complaint of {state.filed.filed_on} was decided on a day from then to {today}")

    return Correctable(
        COMPLAINT, ComplaintCorrected, lambda state: {"complaint_id": state.filed.complaint_id if state.filed else ""}, check
    )
