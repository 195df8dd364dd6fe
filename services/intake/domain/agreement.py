"""The contract of a case: its text, the public procurement before it, its two signatures (order 109, p. 9.1; IQAA S1.b, S1.c.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from pydantic import Field

from chassis.decider import Command
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Invalid, Refused
from chassis.text import pointer
from regulations import Rulebook, enforces, local_date
from regulations.values import Section
from services.intake.contract import ContractConcluded, ContractDrawnUp, ContractSigned, ProcurementCompleted

Side = Literal["institution", "accreditation_body"]
SIDES: tuple[Side, ...] = ("institution", "accreditation_body")

_ORDER_109 = "kz-109-2008-accreditation"
_IQAA = "iqaa-accreditation"

#: What an institution's ownership brings about in its rulebook when a contract needs public procurement before it.
PROCUREMENT = "public_procurement"


@dataclass(frozen=True)
class Contract:
    """The contract as it stands."""

    number: str = ""
    draft: ContractDrawnUp | None = None
    procurement: ProcurementCompleted | None = None
    signed: tuple[Side, ...] = ()
    first_signed_on: date | None = None


@dataclass(frozen=True)
class EarlierContract:
    """Another case of the same institution for which the agency concluded a contract."""

    case_id: str
    kind: str


class DrawUpContract(Command):
    """Settles the text of the contract before anybody signs; a later draft replaces an earlier one."""

    records = (ContractDrawnUp,)

    contract_number: str
    parts: Mapping[str, str]
    amount: str | None = None
    currency: str | None = None
    due_dates: Mapping[str, date] = Field(default_factory=dict)
    document: Document | None = None


class RecordProcurement(Command):
    """Records the public procurement, as a person read it on the portal."""

    records = (ProcurementCompleted,)

    reference: str
    completed_on: date


class SignContract(Command):
    """One side signs the bilateral contract; the other must name the same number. The institution's `ownership` and the contracts that
    the agency concluded with it `earlier` come as facts."""

    records = (ContractSigned, ContractConcluded)

    contract_number: str
    side: Side
    signatory_id: str
    signatory_name: str
    ownership: str | None = None
    earlier: tuple[EarlierContract, ...] = ()


def required_parts(rules: Rulebook) -> dict[str, Section]:
    """The parts that every contract must have by the rulebook; none where it does not say."""
    return {name: section for name, section in rules.contents.get("contract", {}).items() if section.when is None}


@enforces(_IQAA, "S1.b.2")
def draw_up(command: DrawUpContract, contract: Contract, case_id: str, rules: Rulebook) -> Sequence[Event]:
    """A draft with every part that the rulebook requires; Refused names what is missing."""
    _check_words(command, rules)
    required = required_parts(rules)
    given = {name for name, said in command.parts.items() if said and (name != "cost" or command.amount is not None)}
    missing = [
        {"kind": name, "clause": section.clause or "", "name": section.names.en} for name, section in required.items() if name not in given
    ]
    if missing:
        raise Refused(
            "the contract is incomplete: " + "; ".join(f"{m['name']} (p. {m['clause']}) is missing" for m in missing),
            clause=missing[0]["clause"],
            rulebook=rules.id,
            accepts=f"a contract with {', '.join(required)}; the cost as an amount in a currency too",
            missing=missing,
        )
    return [
        ContractDrawnUp(
            case_id=case_id,
            contract_number=command.contract_number,
            parts=dict(command.parts),
            amount=command.amount,
            currency=command.currency,
            due_dates=dict(command.due_dates),
            document=command.document,
            drawn_up_on=local_date(command.at, rules.zone),
        )
    ]


def _check_words(command: DrawUpContract, rules: Rulebook) -> None:
    """The parts and steps that are named are those of the rulebook; an amount has its currency."""
    parts, stages = required_parts(rules), {stage.id for stage in rules.stages}
    strange = [pointer("parts", name) for name in command.parts if name not in parts]
    strange += [pointer("due_dates", name) for name in command.due_dates if name not in stages]
    errors = [{"pointer": place, "detail": f"{rules.id} has nothing of this name."} for place in strange]
    if (command.amount is None) != (command.currency is None):
        errors.append({"pointer": "#/currency", "detail": "An amount and its currency come together."})
    if errors:
        raise Invalid("The contract cannot be read by the rulebook of the case.", errors)


@enforces(_IQAA, "S1.b.3")
def record_procurement(command: RecordProcurement, contract: Contract, case_id: str, rules: Rulebook) -> Sequence[Event]:
    """The procurement's end, before the first signature; a later record corrects an earlier one."""
    on = local_date(command.at, rules.zone)
    check_completed(command.completed_on, on)
    known = contract.procurement
    if known is not None and (known.reference, known.completed_on) == (command.reference, command.completed_on):
        raise Conflict("this procurement is recorded already")
    return [ProcurementCompleted(case_id=case_id, reference=command.reference, completed_on=command.completed_on, recorded_on=on)]


@enforces(_ORDER_109, "9.1")
@enforces(_IQAA, "S1.b.1")
def sign(command: SignContract, contract: Contract, case_id: str, kind: str, rules: Rulebook) -> Sequence[Event]:
    """A signature, and with the second one the contract."""
    check_side(contract, command.side)
    if contract.number and contract.number != command.contract_number:
        raise Conflict(f"the other side has signed contract {contract.number}")
    if contract.draft is not None and contract.draft.contract_number != command.contract_number:
        raise Conflict(f"the contract that was drawn up is {contract.draft.contract_number}")
    on = local_date(command.at, rules.zone)
    check_procurement(command.ownership, contract.procurement, rules, on)
    signature = ContractSigned(
        case_id=case_id,
        contract_number=command.contract_number,
        side=command.side,
        signatory_id=command.signatory_id,
        signatory_name=command.signatory_name,
        signed_on=on,
    )
    if len(contract.signed) + 1 < len(SIDES):
        return [signature]
    concluded = ContractConcluded(
        case_id=case_id,
        contract_number=command.contract_number,
        concluded_on=on,
        first_time=_first_time(command.earlier, kind, rules),
        due_dates=contract.draft.due_dates if contract.draft else {},
    )
    return [signature, concluded]


def check_completed(completed_on: date, today: date) -> None:
    """Conflict for a procurement that is still to end."""
    if completed_on > today:
        raise Conflict(f"{completed_on} has not come yet")


def check_side(contract: Contract, side: Side) -> None:
    """Conflict for a side that has signed."""
    if side in contract.signed:
        raise Conflict("this side has signed already")


@enforces(_IQAA, "S1.b.3")
def check_procurement(ownership: str | None, procurement: ProcurementCompleted | None, rules: Rulebook, on: date) -> None:
    """Where the rulebook tells owners apart: the ownership must be known, and one that needs procurement has it behind it."""
    owners = rules.vocabularies.get("ownership", {})
    if not owners:
        return
    owner = owners.get(ownership or "")
    if owner is None:
        raise Refused(
            "the ownership of the institution is not known",
            clause=next(iter(owners.values())).clause or "",
            rulebook=rules.id,
            accepts=f"a signature after the institution is described with the ownership {' or '.join(owners)}",
        )
    if PROCUREMENT not in owner.follows:
        return
    if procurement is None:
        raise Refused(
            f"the institution is a {owner.names.en}, and no public procurement is recorded",
            clause=owner.clause or "",
            rulebook=rules.id,
            accepts="a signature after the reference of the procurement and its day of completion are recorded",
        )
    same_day = rules.settings.get("contract_on_day_of_procurement")
    possible = procurement.completed_on if same_day is not None and same_day.value is True else procurement.completed_on + timedelta(days=1)
    if on < possible:
        raise Refused(
            f"procurement {procurement.reference} was completed on {procurement.completed_on}; the contract comes only after it",
            clause=(same_day.clause if same_day else owner.clause) or "",
            rulebook=rules.id,
            accepts=f"a signature from {possible} on",
        )


@enforces(_IQAA, "S1.c.2")
def _first_time(earlier: Sequence[EarlierContract], kind: str, rules: Rulebook) -> bool | None:
    """Whether no earlier contract counts by the agency's reading; None where the rulebook does not ask."""
    meaning = rules.settings.get("first_time_means")
    if meaning is None:
        return None
    if meaning.value == "first_contract_of_this_kind":
        return all(each.kind != kind for each in earlier)
    return not earlier
