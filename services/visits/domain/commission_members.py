"""Who sits in an attestation's commission: how it is formed, how it changes, and whom its chair lets mark other works with him
(attestation, p. 16-18, 26 (a))."""

from collections.abc import Sequence
from datetime import date

from chassis.decider import Command
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict
from regulations import Rulebook, enforces
from services.visits.contract import (
    AttestationCommissionChanged,
    AttestationCommissionFormed,
    Commissioner,
    JointCommissionFormed,
)
from services.visits.domain.commission_rules import (
    ATTESTATION,
    GROUPS,
    JOINT,
    Faults,
    check_act,
    check_chair,
    check_groups,
    check_size,
    first,
    invalid,
    past,
    refused,
    words,
)
from services.visits.domain.commission_state import AttestationVisit
from services.visits.domain.dates import Rules


class FormAttestationCommission(Command):
    """The authorised body approves the commission, by an act of this day unless it names another. `pool` are the experts it knows."""

    records = (AttestationCommissionFormed,)

    members: tuple[Commissioner, ...]
    chair_id: str
    order_number: str
    approved_by: str = "order"
    approved_on: date | None = None
    document: Document | None = None
    pool: frozenset[str]


class ChangeAttestationCommission(Command):
    """`left` gives way to `joined`; or one leaves, or comes, or another member chairs."""

    records = (AttestationCommissionChanged,)

    left: str | None = None
    joined: Commissioner | None = None
    chair_id: str | None = None
    reasons: str
    order_number: str
    approved_by: str = "order"
    changed_on: date | None = None
    pool: frozenset[str]


class FormJointCommission(Command):
    """The chair approves who marks other works: himself, a member and a teacher of the organisation."""

    records = (JointCommissionFormed,)

    chair_id: str | None = None
    member_id: str
    teacher_id: str
    teacher: str
    approved_on: date | None = None


@enforces(ATTESTATION, "16", "17 (a)", "17 (b)", "18.1", "18.2", "18.3")
def form(command: FormAttestationCommission, state: AttestationVisit, rules: Rules, on: date) -> Sequence[Event]:
    """Of experts of the pool, under an employee of the body, with each group; a late approval counts and is shown."""
    book = rules.rulebook
    approved_on = past(command.approved_on or on, on, "#/approved_on")
    faults: Faults = []
    names = [member.expert_id for member in command.members]
    for index, member in enumerate(command.members):
        place = f"#/members/{index}"
        if member.expert_id in names[:index]:
            faults.append({"pointer": f"{place}/expert_id", "detail": f"{member.expert_id} is named twice"})
        faults += _faults(member, command.pool, place, book)
    if command.chair_id not in names:
        faults.append({"pointer": "#/chair_id", "detail": f"{command.chair_id} is none of the members"})
    invalid(faults)
    lacking = _judge(command.members, command.chair_id, command.approved_by, state, book)
    fields = command.model_dump(include={"chair_id", "order_number", "approved_by"})
    return [
        AttestationCommissionFormed(
            **state.ids, members=command.members, document=command.document, lacking=lacking, approved_on=approved_on, **fields
        )
    ]


def change(command: ChangeAttestationCommission, state: AttestationVisit, rules: Rules, on: date) -> Sequence[Event]:
    """What comes of it is judged as the first commission was."""
    book = rules.rulebook
    changed_on = past(command.changed_on or on, on, "#/changed_on")
    invalid(_faults_of_change(command, state, changed_on, book))
    stay = tuple(member for member in state.members if member.expert_id != command.left)
    members = (*stay, command.joined) if command.joined else stay
    chair_id = command.chair_id or (state.chair_id if state.chair_id != command.left else None)
    if chair_id is None or chair_id not in {member.expert_id for member in members}:
        invalid([{"pointer": "#/chair_id", "detail": "of those who then sit in the commission, one is its chair: say who"}])
    if members == state.members and chair_id == state.chair_id:
        raise Conflict("the commission is so already")
    lacking = _judge(members, str(chair_id), command.approved_by, state, book)
    fields = command.model_dump(include={"left", "reasons", "order_number", "approved_by"})
    told = {"joined": command.joined, "chair_id": chair_id, "lacking": lacking, "changed_on": changed_on}
    return [AttestationCommissionChanged(**state.ids, **fields, **told)]


def _judge(members: Sequence[Commissioner], chair_id: str, act: str, state: AttestationVisit, book: Rulebook) -> tuple[str, ...]:
    check_act(act, book)
    check_size(members, book)
    return check_chair(members, chair_id, book) + check_groups(members, state.state_owned, book)


def _faults(member: Commissioner, pool: frozenset[str], place: str, book: Rulebook) -> Faults:
    known = words(book, GROUPS)
    faults = [
        {"pointer": f"{place}/groups/{n}", "detail": f"{group} is none of: {', '.join(known)}"}
        for n, group in enumerate(member.groups)
        if group not in known
    ]
    if member.expert_id not in pool:
        faults.append({"pointer": f"{place}/expert_id", "detail": f"{member.expert_id} is not in the pool of experts"})
    return faults


def _faults_of_change(command: ChangeAttestationCommission, state: AttestationVisit, changed_on: date, book: Rulebook) -> Faults:
    faults: Faults = []
    if command.left is not None and command.left not in state.expert_ids:
        faults.append({"pointer": "#/left", "detail": f"{command.left} does not sit in the commission"})
    if command.joined and command.joined.expert_id in state.expert_ids:
        faults.append({"pointer": "#/joined/expert_id", "detail": f"{command.joined.expert_id} sits in the commission already"})
    elif command.joined:
        faults += _faults(command.joined, command.pool, "#/joined", book)
    if state.approved_on and changed_on < state.approved_on:
        faults.append({"pointer": "#/changed_on", "detail": f"the commission was approved on {state.approved_on}"})
    return faults


@enforces(ATTESTATION, "26 (a)")
def form_joint(command: FormJointCommission, state: AttestationVisit, rules: Rules, on: date) -> Sequence[Event]:
    """Three persons: the chair, another member, and a teacher who is none of the commission."""
    approved_on, composition = past(command.approved_on or on, on, "#/approved_on"), rules.rulebook.compositions.get(JOINT)
    chair_id, experts = command.chair_id or str(state.chair_id), state.expert_ids
    requires = composition.requires if composition else {}
    wrong = {
        "chair": None if chair_id == state.chair_id else f"{chair_id} does not chair the commission: {state.chair_id} does",
        "member": None
        if command.member_id in experts and command.member_id != chair_id
        else f"{command.member_id} is no other member of it",
        "teacher": f"{command.teacher_id} is of the commission, and no teacher of the organisation"
        if command.teacher_id in experts
        else None,
    }
    for name, why in wrong.items():
        if why is not None:
            cited = first(requires.get(name), composition)
            raise refused(why, cited, rules.rulebook, "the chair, another member of the commission and a teacher of the organisation")
    formed = JointCommissionFormed(
        **state.ids,
        chair_id=chair_id,
        member_id=command.member_id,
        teacher_id=command.teacher_id,
        teacher=command.teacher,
        approved_on=approved_on,
    )
    if formed == state.joint:
        raise Conflict("the joint commission is so already")
    return [formed]
