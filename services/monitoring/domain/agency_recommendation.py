"""The register of recommendations to the agency itself, from its own monitoring and from checks by others. How far each was fulfilled a
cycle says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.corrections import Correctable
from chassis.decider import Command, Decider, Guard
from chassis.events import Event
from chassis.problems import Conflict, NotFound
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.monitoring.contract import AgencyRecommendationCorrected, AgencyRecommendationReceived
from services.monitoring.domain.gathering_rules import ARTKI, check_past, check_source


@dataclass(frozen=True)
class AgencyRecommendation:
    """A recommendation, if it was received."""

    fact: AgencyRecommendationReceived | None = None

    @property
    def recommendation_id(self) -> str:
        """Its id; NotFound if it was not received."""
        if self.fact is None:
            raise NotFound("there is no such recommendation")
        return self.fact.recommendation_id


class ReceiveAgencyRecommendation(Command):
    """A check left it; `source` is a word of `check_sources`."""

    records = (AgencyRecommendationReceived,)

    rulebook: RulebookRef
    recommendation_id: str
    source: str
    source_detail: str
    text: str
    received_on: date


@enforces(ARTKI, "2.2.3")
def decide(command: ReceiveAgencyRecommendation, _state: AgencyRecommendation, rules: Rulebook) -> Sequence[Event]:
    """Of a check that counts by the rulebook, by today."""
    check_source(command.source, rules)
    check_past(command.received_on, local_date(command.at, rules.zone), "#/received_on")
    return [AgencyRecommendationReceived(**command.model_dump(exclude={"at", "by", "rulebook"}))]


def evolve(_state: AgencyRecommendation, event: Any) -> AgencyRecommendation:
    """The state after a fact."""
    return AgencyRecommendation(event)


def once(state: AgencyRecommendation, _rules: Rulebook) -> None:
    """It is received once."""
    if state.fact is not None:
        raise Conflict("it is recorded; a slip is corrected")


def _rules(command: ReceiveAgencyRecommendation, _state: AgencyRecommendation) -> Rulebook:
    return resolve(command.rulebook)


GUARDS: Mapping[type[Command], Guard] = {ReceiveAgencyRecommendation: once}

AGENCY_RECOMMENDATION: Decider[AgencyRecommendation, Rulebook] = Decider(
    "agency_recommendation", AgencyRecommendation(), decide, evolve, _rules, GUARDS
)

CORRECTIONS = Correctable(
    AGENCY_RECOMMENDATION, AgencyRecommendationCorrected, lambda state: {"recommendation_id": state.recommendation_id}
)
