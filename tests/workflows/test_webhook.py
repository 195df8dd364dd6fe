"""The schedule of a delivery, in skipped time."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.exceptions import WorkflowAlreadyStartedError

from chassis.clock import TemporalTestClock
from services.notices.contract import DELIVERY, DELIVERY_QUEUE, PRUNING, RESEND, STOP, Attempted
from tests.waiting import eventually
from tests.workflows.deliveries import ARRIVES, FAILS, GONE, LOST, Notices, Pruning, Sending, sending
from tests.workflows.skipping import SkippedTime
from workflows.messages import TASK_QUEUE
from workflows.webhook import JITTER, SCHEDULE, WebhookDelivery, WebhookPruning

WHOLE = timedelta(seconds=sum(SCHEDULE) * (1 + JITTER) + 60)

Begin = Callable[..., Sending]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def notices(temporal: Client) -> AsyncIterator[Notices]:
    """Notices with a worker."""
    made = Notices(TemporalTestClock(temporal))
    async with made.working(temporal):
        yield made


@pytest.fixture
def delivery(temporal: Client, notices: Notices, lifecycles: None) -> Begin:
    """A delivery with its script; its timers are stopped at."""

    def make(*script: str | Attempted) -> Sending:
        made = sending(temporal, notices, SkippedTime(temporal, notices.clock), *script)
        made.time.follow(made.workflow_id)
        return made

    return make


def test_notices_names_the_workflow_and_its_queue_as_they_are() -> None:
    assert WebhookDelivery.__name__ == DELIVERY
    assert WebhookPruning.__name__ == PRUNING
    assert TASK_QUEUE == DELIVERY_QUEUE


def test_the_schedule_is_that_of_standard_webhooks() -> None:
    assert SCHEDULE == (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)


async def test_what_arrives_at_once_is_done_with(delivery: Begin) -> None:
    sent = delivery(ARRIVES)
    await sent.begin()
    await eventually(sent.over, "it is over")
    assert len(sent.asked) == 1


async def test_what_fails_is_tried_by_the_schedule_with_some_chance_in_it_and_then_no_more(delivery: Begin) -> None:
    sent = delivery(FAILS)
    await sent.begin()
    await sent.time.advance_to(await sent.time.now() + WHOLE)
    assert await sent.over()
    assert len(sent.asked) == len(SCHEDULE)
    assert sent.asked[-1].following is None
    for planned, passed in zip(SCHEDULE[1:], sent.pauses, strict=True):
        assert planned <= passed <= planned * (1 + JITTER) + 5
    assert [each.following for each in sent.asked[:-1]] != [float(each) for each in SCHEDULE[1:]]


async def test_a_receiver_says_when_it_wants_to_be_asked_again(delivery: Begin) -> None:
    sent = delivery(Attempted(wait=3600.0), ARRIVES)
    await sent.begin()
    await sent.time.advance_to(await sent.time.now() + timedelta(hours=1, seconds=5))
    assert await sent.over()
    assert 3600 <= sent.pauses[0] < 3610


async def test_what_is_gone_is_not_tried_again(delivery: Begin) -> None:
    sent = delivery(GONE)
    await sent.begin()
    await eventually(sent.over, "it is over")
    assert len(sent.asked) == 1


async def test_an_attempt_whose_sender_died_counts_as_failed(delivery: Begin) -> None:
    sent = delivery(LOST, ARRIVES)
    await sent.begin()
    await sent.time.advance_to(await sent.time.now() + timedelta(seconds=10))
    assert await sent.over()
    assert len(sent.asked) == 2
    assert sent.notices.given_up == []


async def test_when_the_last_sender_died_somebody_writes_it_down(delivery: Begin) -> None:
    sent = delivery(*([FAILS] * (len(SCHEDULE) - 1)), LOST)
    await sent.begin()
    await sent.time.advance_to(await sent.time.now() + WHOLE)
    assert await sent.over()
    assert sent.notices.given_up == [sent.id]


async def test_a_person_need_not_wait_for_the_next_attempt(delivery: Begin) -> None:
    sent = delivery(FAILS, FAILS, FAILS, ARRIVES)
    await sent.begin()
    await sent.time.advance_to(await sent.time.now() + timedelta(seconds=10))
    assert len(sent.asked) == 2
    await sent.handle.signal(RESEND)
    await eventually(lambda: _count(sent, 3), "it is tried at once")
    await sent.begin(again=True)
    await eventually(sent.over, "it is over")
    assert len(sent.asked) == 4


async def test_what_is_over_begins_anew_at_the_word_of_a_person_alone(delivery: Begin) -> None:
    sent = delivery(ARRIVES)
    await sent.begin()
    await eventually(sent.over, "it is over")
    with pytest.raises(WorkflowAlreadyStartedError):
        await sent.begin()
    await sent.begin(again=True)
    await eventually(lambda: _count(sent, 2), "it is tried again")


async def test_a_stopped_one_ends_where_it_waits(delivery: Begin) -> None:
    sent = delivery(Attempted(wait=3600.0))
    await sent.begin()
    await eventually(lambda: _count(sent, 1), "it is tried")
    await sent.handle.signal(STOP)
    await eventually(sent.over, "it is over")
    assert len(sent.asked) == 1


async def test_what_was_tried_before_it_began_waits_for_the_second_attempt(delivery: Begin) -> None:
    sent = delivery(FAILS)
    begun = await sent.time.now()
    await sent.begin(tried=1, wait=5.5)
    await sent.time.advance_to(await sent.time.now() + WHOLE)
    assert await sent.over()
    assert len(sent.asked) == len(SCHEDULE) - 1
    assert 5 <= (sent.asked[0].at - begun).total_seconds() < 10
    assert sent.asked[0].following is not None
    assert SCHEDULE[2] <= sent.asked[0].following <= SCHEDULE[2] * (1 + JITTER)


async def test_one_that_waits_to_begin_may_be_woken_or_stopped(delivery: Begin) -> None:
    woken, stopped = delivery(ARRIVES), delivery(ARRIVES)
    for sent in (woken, stopped):
        await sent.begin(wait=3600.0)
    await woken.handle.signal(RESEND)
    await stopped.handle.signal(STOP)
    await eventually(woken.over, "it is over")
    await eventually(stopped.over, "it is over")
    assert (len(woken.asked), len(stopped.asked)) == (1, 0)


async def test_the_pruning_goes_on_until_nothing_is_left(temporal: Client, notices: Notices, lifecycles: None) -> None:
    notices.old[:] = [5_000, 5_000, 12]
    await Pruning(temporal, uuid4().hex).begin()
    assert notices.old == []


async def test_an_endpoint_with_its_hands_full_costs_no_attempt(delivery: Begin) -> None:
    busy = Attempted(busy=True, wait=2.0)
    sent = delivery(busy, busy, FAILS, ARRIVES)
    await sent.begin()
    await sent.time.advance_to(await sent.time.now() + timedelta(minutes=2))
    assert await sent.over()
    assert [each.following is not None and 5 <= each.following <= 6 for each in sent.asked[:3]] == [True, True, True]


async def _count(sent: Sending, count: int) -> bool:
    return len(sent.asked) >= count
