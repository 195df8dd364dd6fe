"""What the measures of a plan are held against: the recommendations and remarks of the follow-up, and the certificate's end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from chassis.problems import Invalid
from regulations import Rulebook, enforces
from services.monitoring.contract import FollowedRecommendation, Measure
from services.monitoring.domain import cycle_rules as of
from services.monitoring.domain import plan_rules
from services.monitoring.domain.cycle_rules import SAPATTUU


@dataclass(frozen=True)
class Certified:
    """What is known of the follow-up when a plan comes: the kind by now, what was recommended and remarked, the certificate's last day."""

    kind: str | None = None
    recommendations: tuple[FollowedRecommendation, ...] = ()
    valid_until: date | None = None


def check(rules: Rulebook, measures: Sequence[Measure], certified: Certified, before: Sequence[Measure] = ()) -> None:
    """A plan has measures, each once, and one at least against all that was recommended or remarked, if the text says so.

    What stood `before` and stays word for word is not judged anew.
    """
    if not measures:
        of.refuse(rules, plan_rules.content(rules, plan_rules.MEASURE), "the plan has no measure", "measures, one at least", ["measures"])
    ids = [each.measure_id for each in measures]
    twice = sorted({each for each in ids if ids.count(each) > 1})
    if twice:
        raise Invalid(
            f"planned twice: {', '.join(twice)}", errors=[{"pointer": "#/measures", "detail": "an id of its own for each measure"}]
        )
    fresh = [(index, each) for index, each in enumerate(measures) if each not in before]
    _check_known(fresh, certified)
    _check_covered(rules, measures, certified.recommendations)


def _check_known(measures: Sequence[tuple[int, Measure]], certified: Certified) -> None:
    """A measure is against something that was recommended or remarked, or is the institution's own."""
    known = [each.recommendation_id for each in certified.recommendations]
    errors = [
        {"pointer": f"#/measures/{index}/recommendation_id", "detail": f"none, or one of: {', '.join(known)}"}
        for index, each in measures
        if each.recommendation_id is not None and each.recommendation_id not in known
    ]
    if errors and known:
        raise Invalid("a measure is against what was never recommended", errors=errors)


def beyond(measures: Sequence[Measure], valid_until: date | None) -> tuple[Measure, ...]:
    """What is to be done after the certificate's end only: no text forbids it, and its review should see it."""
    return tuple(each for each in measures if valid_until is not None and each.due_on > valid_until)


def uncovered(measures: Sequence[Measure], recommendations: Sequence[FollowedRecommendation]) -> tuple[FollowedRecommendation, ...]:
    """What was recommended and remarked and has no measure against it."""
    met = {each.recommendation_id for each in measures}
    return tuple(each for each in recommendations if each.recommendation_id not in met)


@enforces(SAPATTUU, "2.3")
def _check_covered(rules: Rulebook, measures: Sequence[Measure], recommendations: Sequence[FollowedRecommendation]) -> None:
    """On each criterion that was remarked upon there is a measure. Where the text does not say what a plan holds, its review judges."""
    missing, clause = uncovered(measures, recommendations), plan_rules.asked(rules, plan_rules.AGAINST)
    if missing and clause is not None:
        reason = f"no measure against: {', '.join(f'{each.recommendation_id} ({each.criterion})' for each in missing)}"
        accepts = "for each recommendation and remark a measure on its criterion, at least one"
        of.refuse(rules, clause, reason, accepts, [each.recommendation_id for each in missing])
