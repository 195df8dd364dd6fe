"""A monitoring visit as it stands, and how each fact changes it."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from regulations import RulebookRef
from services.visits.contract import (
    GroupFormed,
    GroupMember,
    GroupMemberObjected,
    GroupMemberReplaced,
    GroupObjectionDecided,
    GroupTold,
    MonitoringVisitHeld,
    MonitoringVisitOpened,
    MonitoringVisitReported,
    VisitCostsInvoiced,
    VisitDatesAgreed,
    VisitOrdered,
)

MonitoringStage = Literal["opened", "group_formed", "held", "reported"]


@dataclass(frozen=True)
class MonitoringVisit:
    """A monitoring visit as it stands: its stage, None before it is opened, and the group.

    `panel` and `referent` are those of the accreditation; `case_officer` is the referent who goes with the group. `vacancies` are places
    whose expert left upon an objection, `excluded` those whom an objection removed for good. `told` is the last
    notice; it, `agreements` and `orders` are of whatever group there was then. `days` has every day that a fact told of what had happened.
    """

    cycle_id: str = ""
    followup_id: str = ""
    certificate_id: str = ""
    institution_id: str = ""
    rulebook: RulebookRef | None = None
    kind: str | None = None
    stage: MonitoringStage | None = None
    panel: tuple[str, ...] = ()
    referent: str | None = None
    members: tuple[GroupMember, ...] = ()
    leader_id: str | None = None
    case_officer: str | None = None
    case_officer_leads: bool = False
    formed_on: date | None = None
    vacancies: tuple[GroupMember, ...] = ()
    excluded: frozenset[str] = frozenset()
    told: GroupTold | None = None
    objected: tuple[str, ...] = ()
    agreements: tuple[VisitDatesAgreed, ...] = ()
    orders: tuple[VisitOrdered, ...] = ()
    invoices: frozenset[str] = frozenset()
    held: MonitoringVisitHeld | None = None
    submitted_on: date | None = None
    days: tuple[date, ...] = ()

    @property
    def ids(self) -> dict[str, str]:
        """What every later fact of the visit carries."""
        return {"cycle_id": self.cycle_id, "followup_id": self.followup_id, "institution_id": self.institution_id}

    @property
    def expert_ids(self) -> tuple[str, ...]:
        """The experts of the group."""
        return tuple(member.expert_id for member in self.members)

    @property
    def vacant_ids(self) -> tuple[str, ...]:
        """The experts whose place is open."""
        return tuple(seat.expert_id for seat in self.vacancies)

    @property
    def agreed(self) -> VisitDatesAgreed | None:
        """The agreement that stands."""
        return self.agreements[-1] if self.agreements else None

    @property
    def order(self) -> VisitOrdered | None:
        """The order that stands."""
        return self.orders[-1] if self.orders else None

    @property
    def is_told(self) -> bool:
        """Whether the institution was told of the group as it is."""
        return self.told is not None and set(self.told.experts) == set(self.expert_ids)

    @property
    def is_agreed(self) -> bool:
        """Whether the group as it is was agreed with the days."""
        return self.agreed is not None and set(self.agreed.experts) == set(self.expert_ids)

    @property
    def is_ordered(self) -> bool:
        """Whether the last order is of the group as it is, and of the days that were agreed, where any were."""
        order, agreed = self.order, self.agreed
        if order is None or (agreed and (order.starts_on, order.ends_on) != (agreed.starts_on, agreed.ends_on)):
            return False
        group = (set(self.expert_ids), self.leader_id, self.case_officer, self.case_officer_leads)
        return (set(order.experts), order.leader_id, order.case_officer, order.case_officer_leads) == group


def evolve(state: MonitoringVisit, event: Any) -> MonitoringVisit:
    """The visit after a fact."""
    match event:
        case MonitoringVisitOpened():
            return MonitoringVisit(
                cycle_id=event.cycle_id,
                followup_id=event.followup_id,
                certificate_id=event.certificate_id,
                institution_id=event.institution_id,
                rulebook=event.rulebook,
                kind=event.kind,
                stage="opened",
                panel=event.panel,
                referent=event.case_officer,
                days=(event.opened_on,),
            )
        case GroupTold():
            return _after(state, event.told_on, told=event)
        case VisitDatesAgreed():
            return _after(state, event.agreed_by_agency_on, event.agreed_by_institution_on, agreements=(*state.agreements, event))
        case VisitOrdered():
            return _after(state, event.ordered_on, orders=(*state.orders, event))
        case VisitCostsInvoiced():
            return _after(state, event.invoiced_on, invoices=state.invoices | {event.invoice_number})
        case MonitoringVisitHeld():
            return _after(state, event.ended_on, stage="held", held=event)
        case MonitoringVisitReported():
            return _after(state, event.submitted_on, stage="reported", submitted_on=event.submitted_on)
    return _evolve_group(state, event)


def _evolve_group(state: MonitoringVisit, event: Any) -> MonitoringVisit:
    match event:
        case GroupFormed():
            officer = {"case_officer": event.case_officer, "case_officer_leads": event.case_officer_leads}
            group = {"members": event.members, "leader_id": event.leader_id, "formed_on": event.formed_on, **officer}
            return _after(state, event.formed_on, stage="group_formed", **group)
        case GroupMemberObjected():
            return _after(state, event.objected_on, objected=(*state.objected, event.expert_id))
        case GroupObjectionDecided():
            settled = _after(state, event.decided_on, objected=_without(state.objected, event.expert_id))
            return _vacated(settled, event.expert_id) if event.upheld else settled
        case GroupMemberReplaced():
            stay = tuple(member for member in state.members if member.expert_id != event.expert_id)
            members = (*stay, event.successor) if event.successor else stay
            open_matters = {
                "vacancies": tuple(seat for seat in state.vacancies if seat.expert_id != event.expert_id),
                "objected": _without(state.objected, event.expert_id),
            }
            return _after(state, event.replaced_on, members=members, leader_id=event.leader_id, **open_matters)
    return state


def _vacated(state: MonitoringVisit, expert_id: str) -> MonitoringVisit:
    left = tuple(member for member in state.members if member.expert_id == expert_id)
    return replace(
        state,
        members=tuple(member for member in state.members if member.expert_id != expert_id),
        leader_id=None if state.leader_id == expert_id else state.leader_id,
        vacancies=(*state.vacancies, *left),
        excluded=state.excluded | {expert_id},
    )


def _without(experts: tuple[str, ...], expert_id: str) -> tuple[str, ...]:
    return tuple(each for each in experts if each != expert_id)


def _after(state: MonitoringVisit, *days: date, **changes: Any) -> MonitoringVisit:
    return replace(state, days=(*state.days, *days), **changes)
