"""The pool of experts."""

from datetime import UTC, datetime

from chassis.problems import Conflict
from chassis.testing import given
from services.visits.contract import ExpertRegistered
from services.visits.domain.expert import EXPERT, RegisterExpert

REGISTER = RegisterExpert(
    at=datetime(2009, 3, 2, 6, 0, tzinfo=UTC),
    by="coordinator",
    expert_id="expert-1",
    name="An Expert",
    email="expert@example.org",
    competences=("chemistry",),
    languages=("kk", "ru"),
    affiliations=("kaznu",),
)
REGISTERED = ExpertRegistered(**REGISTER.model_dump(exclude={"at", "by"}))


def test_an_expert_joins_the_pool() -> None:
    given(EXPERT).when(REGISTER).then(REGISTERED)


def test_an_expert_joins_the_pool_once() -> None:
    assert isinstance(given(EXPERT, [REGISTERED]).when(REGISTER).then_refused(words="expert-1"), Conflict)
