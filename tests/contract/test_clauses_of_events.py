"""Every event says which clauses it records: clauses that its rulebook has, and those that its docstring names."""

import re
from collections.abc import Iterator

import pytest

from chassis.citations import cited
from chassis.events import Event
from regulations import load
from services.council import contract as council
from services.intake import contract as intake
from services.monitoring import contract as monitoring
from services.notices import contract as notices
from services.review import contract as review
from services.visits import contract as visits

ORDER_109, IQAA = "kz-109-2008-accreditation", "iqaa-accreditation"
EVENTS = [event for each in (intake, review, visits, council, monitoring, notices) for event in each.EVENTS.types.values()]
EVERY_EVENT = pytest.mark.parametrize("event", EVENTS, ids=lambda each: each.__name__)

_POINTS = re.compile(r"order 109, p\. ((?:\d+(?:\.\d+)?(?: \([a-z]\))?(?:, )?)+)")
_STEPS = re.compile(r"\b(?:P\.\d|S\d\.[a-z](?:\.\d)?)(?![\w.]\d)")


def told(event: type[Event]) -> Iterator[tuple[str, str]]:
    """Rulebook and clause, or point, of everything that a docstring cites."""
    words = " ".join((event.__doc__ or "").split())
    for points in _POINTS.findall(words):
        yield from ((ORDER_109, point) for point in points.strip(", ").split(", "))
    yield from ((IQAA, step) for step in _STEPS.findall(words))


@EVERY_EVENT
def test_the_clauses_of_an_event_are_in_the_rulebook(event: type[Event]) -> None:
    for rulebook, clauses in event.under.items():
        assert clauses, f"{event.__name__} names {rulebook} for nothing"
        assert [clause for clause in clauses if clause not in load(rulebook).clauses] == []
        assert len(clauses) == len(set(clauses))
        assert [cited_.id for cited_ in cited(load(rulebook), event.under.__getitem__)] == list(clauses)


@EVERY_EVENT
def test_an_event_records_every_clause_that_its_docstring_names(event: type[Event]) -> None:
    for rulebook, point in told(event):
        of_point = re.compile(rf"{re.escape(point)}(?:\.\d+| \([a-z]\))?")
        assert any(of_point.fullmatch(clause) for clause in event.under.get(rulebook, ())), f"{event.__name__}: {rulebook}, {point}"


def test_docstrings_are_read() -> None:
    """So that the test above means something."""
    assert list(told(intake.ContractConcluded)) == [(ORDER_109, "9.1"), (IQAA, "S1.b.1"), (IQAA, "S1.c.2")]
    assert len({event for event in EVENTS if list(told(event))}) > 60


def test_a_clause_that_a_version_lacks_is_passed_over() -> None:
    assert [each.id for each in cited(load(ORDER_109), lambda _: ["10", "99", "10", "9.1"])] == ["10", "9.1"]
    assert cited(None, lambda _: ["10"]) == []


def test_a_deadline_records_the_clause_of_its_term() -> None:
    terms = {"deadline_id": "d-1", "case_id": "case-1", "workflow_id": "w-1", "rulebook": load(IQAA).ref, "clause": "S2.d"}
    deadline = monitoring.DeadlineSet.model_construct(**terms)
    assert deadline.clauses_of(IQAA) == ("S2.d",)
    assert deadline.clauses_of(ORDER_109) == ()
