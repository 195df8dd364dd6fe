"""The decision on a state attestation as it stands, and how each fact changes it."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from services.council.contract import (
    AttestationDecided,
    AttestationDecisionOpened,
    AttestationDecisionTold,
    DeprivationReferred,
    FineReferred,
    LicenceRestored,
    LicenceSuspended,
    LicenceSuspensionEnded,
)


@dataclass(frozen=True)
class Attestation:
    """What was decided, and what followed. `fines` are the numbers of the letters by which fines were referred."""

    opened: AttestationDecisionOpened | None = None
    decided: AttestationDecided | None = None
    told_on: date | None = None
    suspended: LicenceSuspended | None = None
    fines: frozenset[str] = frozenset()
    suspension_ended_on: date | None = None
    restored_on: date | None = None
    referred_on: date | None = None

    @property
    def institution_id(self) -> str:
        """Whose attestation it is."""
        return self.opened.institution_id if self.opened else ""

    @property
    def ids(self) -> dict[str, str]:
        """What every later fact carries."""
        return {"attestation_id": self.opened.attestation_id, "institution_id": self.opened.institution_id} if self.opened else {}

    @property
    def refused(self) -> tuple[str, ...]:
        """The specialties that were not attested."""
        return tuple(each.specialty for each in self.decided.specialties if each.decision == "not_attest") if self.decided else ()

    @property
    def is_refused(self) -> bool:
        """Whether anything was not attested."""
        return self.decided is not None and (self.decided.decision == "not_attest" or bool(self.refused))


def evolve(state: Attestation, event: Any) -> Attestation:
    """The decision after a fact."""
    match event:
        case AttestationDecisionOpened():
            return Attestation(opened=event)
        case AttestationDecided():
            return replace(state, decided=event)
        case AttestationDecisionTold():
            return replace(state, told_on=event.told_on)
        case LicenceSuspended():
            return replace(state, suspended=event)
        case FineReferred():
            return replace(state, fines=state.fines | {event.outgoing_number})
        case LicenceSuspensionEnded():
            return replace(state, suspension_ended_on=event.ended_on)
        case LicenceRestored():
            return replace(state, restored_on=event.restored_on)
        case DeprivationReferred():
            return replace(state, referred_on=event.referred_on)
    return state
