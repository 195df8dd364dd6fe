"""A follow-up before a council of five, by a rulebook in which the council decides on it, for the tests of this folder."""

from datetime import date
from typing import Any

from chassis.events import Event
from chassis.testing import Given, given
from regulations import Rulebook, load
from services.council.contract import PresidingStatement, ResolutionAdopted, ResolutionItem, ResolutionOpened
from services.council.domain.resolution import RESOLUTION, AdoptResolution, DeliverResolution, PublishInformation, Resolution
from services.council.domain.resolution_adoption import Motion
from services.council.domain.voting import Sitting
from tests.council.cases import at

SAPATTUU = "sapattuu-bilim-monitoring"
RULES = load(SAPATTUU)
MEMBERS = ("aigul", "berik", "chingiz", "dana", "erlan")
OPENED_ON, HELD_ON, LAST_DAY = date(2026, 2, 2), date(2026, 2, 9), date(2026, 5, 31)
SITTING = Sitting("meeting-1", MEMBERS, ("d-1",), MEMBERS, quorate=True)

MISSING, UNFULFILLED, AGAIN = "report_not_submitted", "recommendations_not_fulfilled", "repeated_failure"

EXTENDED = ResolutionItem(word="extend_accreditation", term="extension_2y")
PUBLISHED = ResolutionItem(word="publish_information", text="Two recommendations of the commission are not fulfilled.")
SUSPENDED = ResolutionItem(word="suspend_accreditation", until=date(2026, 4, 30))
WITHDRAWN = ResolutionItem(word="withdraw_accreditation")

#: The lone vote of a member against is what the text does not say whether it matters.
STATED = PresidingStatement(presided_by="aigul", outcome="extend_accreditation", reasons="Four of five.")


def revised(**settings: Any) -> Rulebook:
    """The rulebook with other settings: those of an agency that reads it otherwise, or has set what the text leaves open."""
    changed = {name: RULES.settings[name].model_copy(update={"value": value}) for name, value in settings.items()}
    return RULES.model_copy(update={"settings": {**RULES.settings, **changed}})


def opened(**fields: Any) -> ResolutionOpened:
    known = {
        "decision_id": "d-1",
        "followup_id": "f-1",
        "cycle_id": "c-1",
        "certificate_id": "cert-1",
        "institution_id": "oshgu",
        "rulebook": RULES.ref,
        "kind": "conditional_3y",
        "ground": None,
        "fulfilment": (("r-1", "fulfilled"), ("r-2", "fulfilled")),
        "valid_until": LAST_DAY,
        "opened_on": OPENED_ON,
    }
    return ResolutionOpened(**{**known, **fields})


def stated(*items: ResolutionItem) -> PresidingStatement:
    """That the motion was carried; of no decision that the certificate lapses."""
    return STATED.model_copy(update={"outcome": items[0].word if items else "lapses_at_expiry"})


def adopt(
    *items: ResolutionItem, on: date = HELD_ON, sitting: Sitting = SITTING, held_on: date = HELD_ON, **fields: Any
) -> AdoptResolution:
    known: dict[str, Any] = {"grounds": "As studied.", "protocol_number": "4", "votes_for": 4, "votes_against": 1}
    motion = Motion(decisions=items, **{**known, "presiding_statement": stated(*items), **fields})
    return AdoptResolution(**at(on), sitting=sitting, held_on=held_on, motion=motion)


def adopted(*items: ResolutionItem, **fields: Any) -> ResolutionAdopted:
    known = opened().model_dump(include={"decision_id", "followup_id", "cycle_id", "certificate_id", "institution_id"})
    counted = {"votes_for": 4, "votes_against": 1, "abstained": 0, "presiding_statement": stated(*items)}
    of = {"rulebook": RULES.ref, "meeting_id": "meeting-1", "protocol_number": "4", "grounds": "As studied.", "adopted_on": HELD_ON}
    return ResolutionAdopted(**{**known, **of, **counted, "decisions": items, **fields})


def deliver(sent_on: date, delivered_on: date, on: date = date(2026, 3, 2)) -> DeliverResolution:
    return DeliverResolution(**at(on), outgoing_number="01-7/55", sent_on=sent_on, delivered_on=delivered_on)


def publish(on: date = HELD_ON, **fields: Any) -> PublishInformation:
    return PublishInformation(**at(on), **fields)


def matter(*past: Event, **fields: Any) -> Given[Resolution]:
    """A resolution that was opened with these fields and then lived through `past`."""
    return given(RESOLUTION, [opened(**fields), *past])


def decided(command: AdoptResolution, rules: Rulebook, **fields: Any) -> Any:
    """What follows by another rulebook; a refusal is raised."""
    (event,) = RESOLUTION.decide(command, RESOLUTION.fold([opened(**fields)]), rules)
    return event
