"""The follow-up of a certificate as its facts have made it."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from chassis.problems import NotFound
from regulations import RulebookRef
from services.monitoring.contract import (
    CertificateFollowed,
    CycleWindow,
    DecisionLetterSent,
    DirectorAlerted,
    ExpectedDateSet,
    FollowedRecommendation,
    FollowUpClassified,
    FollowUpEnded,
    FollowUpOpened,
    FollowUpRulebookAdopted,
)

IN_FORCE = "in_force"


@dataclass(frozen=True)
class FollowUp:
    """A follow-up as it stands. `terms` is the fact that opened it; what follows may have changed since."""

    opened: FollowUpOpened | None = None
    rulebook: RulebookRef | None = None
    kind: str | None = None
    recommendations: tuple[FollowedRecommendation, ...] = ()
    contract_reference: str | None = None
    received_on: date | None = None
    valid_until: date = date.min
    status: str = IN_FORCE
    certificate_version: int = 0
    letter: DecisionLetterSent | None = None
    expected: dict[int, ExpectedDateSet] = field(default_factory=dict)
    adopted: tuple[FollowUpRulebookAdopted, ...] = ()
    alerts: tuple[DirectorAlerted, ...] = ()
    windows: tuple[CycleWindow, ...] = ()
    ended: FollowUpEnded | None = None

    @property
    def institution_id(self) -> str:
        """Whose it is."""
        return self.opened.institution_id if self.opened else ""

    @property
    def terms(self) -> FollowUpOpened:
        """The fact that opened it; NotFound if none did."""
        if self.opened is None:
            raise NotFound("there is no such follow-up")
        return self.opened

    @property
    def rules(self) -> RulebookRef:
        """The rulebook that it runs under by now."""
        return self.rulebook or self.terms.rulebook

    @property
    def expected_days(self) -> dict[int, date]:
        """The days that persons set, by cycle."""
        return {cycle: fact.expected_on for cycle, fact in self.expected.items()}


def evolve(state: FollowUp, event: Any) -> FollowUp:
    """The state after a fact."""
    match event:
        case FollowUpOpened():
            return FollowUp(
                opened=event,
                rulebook=event.rulebook,
                kind=event.kind,
                recommendations=event.recommendations,
                contract_reference=event.contract_reference,
                received_on=event.received_on,
                valid_until=event.valid_until,
                certificate_version=event.certificate_version,
                windows=event.windows,
            )
        case FollowUpClassified():
            return replace(
                state,
                kind=event.kind,
                recommendations=event.recommendations,
                contract_reference=event.contract_reference or state.contract_reference,
                windows=event.windows,
            )
        case CertificateFollowed():
            return replace(
                state,
                received_on=event.received_on,
                valid_until=event.valid_until,
                status=event.status,
                contract_reference=event.contract_reference or state.contract_reference,
                certificate_version=event.certificate_version,
                windows=event.windows,
            )
        case DecisionLetterSent():
            return replace(state, letter=event)
        case ExpectedDateSet():
            return replace(state, expected={**state.expected, event.cycle: event}, windows=event.windows)
        case FollowUpRulebookAdopted():
            return replace(state, rulebook=event.rulebook, adopted=(*state.adopted, event), windows=event.windows)
        case DirectorAlerted():
            return replace(state, alerts=(*state.alerts, event))
        case FollowUpEnded():
            return replace(state, ended=event, windows=())
    return state
