"""One calendar for all certificates of an agency: it wakes when one of them moves by itself, loses none and does not spin."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from chassis.problems import Refused, Unavailable
from services.council import contract as council
from services.intake import contract as intake
from services.monitoring import contract as monitoring
from tests.waiting import eventually
from tests.workflows.cases import Running, World
from tests.workflows.registers import Register
from workflows import lifecycle
from workflows.calendar import LONGEST_PAUSE, CertificateCalendar
from workflows.conductor import tell_calendar
from workflows.messages import TASK_QUEUE, AgencyCalendar, CalendarView, Look, calendar_id
from workflows.routes import CALENDAR, moves_calendar

SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
YEAR = 365 * DAY


class Calendar(Running):
    """The calendar of a test's agency, and the registers that it asks."""

    def __init__(self, world: World) -> None:
        super().__init__(world, calendar_id(world.agency))
        self.council = world.services.registers.of["council", world.agency]
        self.intake = world.services.registers.of["intake", world.agency]
        self.monitoring = world.services.registers.of["monitoring", world.agency]

    async def look(self, seen: dict[str, str] | None = None) -> None:
        """Something happened; what follows from it is done."""
        await tell_calendar(self.world.client, self.world.agency, Look(seen=seen or {}))
        if self not in self.world.running:
            self.world.running.append(self)
            self.world.time.follow(self.id)
        await self.world.time.settle()

    async def sees(self) -> CalendarView:
        """What it waits for."""
        return await self.handle.query("view", result_type=CalendarView)

    async def in_(self, length: timedelta) -> datetime:
        """An instant from now."""
        return await self.world.time.now() + length


@pytest_asyncio.fixture
async def calendar(world: World) -> AsyncIterator[Calendar]:
    yield Calendar(world)


def late(register: Register, due: dict[str, datetime]) -> list[timedelta]:
    """How late each thing was done."""
    return [at - due[name] for name, at in register.done]


async def test_it_does_what_is_due_and_waits_for_what_is_due_next(calendar: Calendar) -> None:
    calendar.council.due = {"old": await calendar.in_(-DAY), "next": (soon := await calendar.in_(YEAR))}
    calendar.monitoring.due = {"cycle": (later := await calendar.in_(3 * YEAR))}
    await calendar.look()
    assert [name for name, _ in calendar.council.done] == ["old"]
    assert (await calendar.sees()).next_at == {"council": soon, "monitoring": later}


async def test_each_thing_is_done_once_at_its_instant(calendar: Calendar) -> None:
    due = {f"certificate-{n}": await calendar.in_(n * 40 * DAY) for n in range(1, 8)}
    calendar.council.due = dict(due)
    await calendar.look()
    await calendar.world.time.advance_to(await calendar.in_(YEAR))
    assert sorted(name for name, _ in calendar.council.done) == sorted(due)
    assert all(timedelta() <= lateness < SECOND for lateness in late(calendar.council, due))


async def test_what_is_due_at_one_instant_is_done_in_batches_one_after_the_other(calendar: Calendar) -> None:
    at = await calendar.in_(DAY)
    calendar.council.due, calendar.council.batch = {f"certificate-{n}": at for n in range(1_050)}, 100
    await calendar.look()
    before = len(calendar.council.calls)
    await calendar.world.time.advance_to(at + HOUR)
    assert len(calendar.council.done) == len({name for name, _ in calendar.council.done}) == 1_050
    assert len(calendar.council.calls) - before == 11
    assert all(done - at < 10 * SECOND for _, done in calendar.council.done)


async def test_what_comes_earlier_moves_the_timer(calendar: Calendar) -> None:
    calendar.council.due = {"late": await calendar.in_(2 * YEAR)}
    await calendar.look()
    calendar.council.due["early"] = early = await calendar.in_(YEAR)
    await calendar.look()
    await calendar.world.time.advance_to(early + MINUTE)
    assert [name for name, _ in calendar.council.done] == ["early"]


async def test_an_agency_with_nothing_to_come_waits_without_a_timer(calendar: Calendar) -> None:
    await calendar.look()
    assert (await calendar.sees()).next_at == {"council": None, "monitoring": None}
    calls = len(calendar.council.calls)
    await calendar.world.time.advance_to(await calendar.in_(20 * YEAR))
    assert len(calendar.council.calls) == calls


async def test_the_services_are_told_how_far_they_must_have_seen_and_no_longer_than_needed(calendar: Calendar) -> None:
    await calendar.look({"council": "90.7"})
    calls = len(calendar.monitoring.calls)
    await calendar.look({"council": "100.2"})
    assert calendar.monitoring.calls[calls][1] == {"council": "100.2"}
    await calendar.look({"intake": "5.5"})
    assert calendar.monitoring.calls[-1][1] == {"intake": "5.5"}
    assert (await calendar.sees()).seen == {}


async def test_intake_is_asked_from_the_first_evidence_on(calendar: Calendar) -> None:
    await calendar.look({"council": "90.7"})
    assert calendar.intake.calls == []
    calendar.intake.due = {"diploma": (at := await calendar.in_(YEAR))}
    await calendar.look({"intake": "5.5"})
    assert [seen for _, seen in calendar.intake.calls] == [{"intake": "5.5"}]
    assert (await calendar.sees()).next_at == {"council": None, "monitoring": None, "intake": at}
    await calendar.look({"council": "100.2"})
    assert calendar.intake.calls[-1][1] == {"council": "100.2"}
    await calendar.world.time.advance_to(at + MINUTE)
    assert [name for name, _ in calendar.intake.done] == ["diploma"]
    assert (await calendar.sees()).seen == {}


async def test_a_run_that_goes_on_from_another_knows_of_the_evidence(calendar: Calendar) -> None:
    calendar.intake.due = {"diploma": (at := await calendar.in_(YEAR))}
    begun = AgencyCalendar(agency=calendar.world.agency, evidence=True)
    await calendar.world.client.start_workflow(CertificateCalendar.__name__, begun, id=calendar.id, task_queue=TASK_QUEUE)
    await calendar.look()
    assert (await calendar.sees()).next_at["intake"] == at


async def test_of_several_positions_the_furthest_counts(calendar: Calendar) -> None:
    calendar.monitoring.open = asyncio.Event()
    await tell_calendar(calendar.world.client, calendar.world.agency, Look())
    for position in ("90.7", "100.2", "99.900"):
        await tell_calendar(calendar.world.client, calendar.world.agency, Look(seen={"council": position}))
    calendar.monitoring.open.set()
    await calendar.look()
    assert calendar.monitoring.calls[-1][1] in ({"council": "100.2"}, {})
    assert {"council": "100.2"} in [seen for _, seen in calendar.monitoring.calls]
    assert {"council": "99.900"} not in [seen for _, seen in calendar.monitoring.calls]


async def test_a_look_that_comes_while_a_service_is_asked_is_not_lost(calendar: Calendar) -> None:
    calendar.council.open = asyncio.Event()
    await tell_calendar(calendar.world.client, calendar.world.agency, Look())

    async def asked() -> bool:
        return bool(calendar.council.calls)

    await eventually(asked, "council is asked")
    for n in range(20):
        await tell_calendar(calendar.world.client, calendar.world.agency, Look(seen={"monitoring": f"1.{n}"}))
    calendar.council.open.set()
    await calendar.look()
    assert "1.19" in [seen.get("monitoring") for _, seen in calendar.council.calls]
    assert len(calendar.council.calls) <= 6


async def test_what_cannot_be_done_is_not_asked_for_again_and_again(calendar: Calendar) -> None:
    calendar.council.due, calendar.council.refused = {"broken": await calendar.in_(-DAY)}, {"broken"}
    await calendar.look()
    await calendar.world.time.advance_to(await calendar.in_(HOUR))
    assert len(calendar.council.calls) < 16
    calls = len(calendar.council.calls)
    await calendar.world.time.advance_to(await calendar.in_(DAY))
    assert len(calendar.council.calls) - calls <= DAY / LONGEST_PAUSE + 1


async def test_what_cannot_be_done_holds_up_nothing_else_for_longer_than_a_pause(calendar: Calendar) -> None:
    calendar.council.due = due = {"broken": await calendar.in_(-DAY), "sound": await calendar.in_(30 * DAY)}
    calendar.council.refused, instant = {"broken"}, due["sound"]
    await calendar.look()
    await calendar.world.time.advance_to(instant + 2 * HOUR)
    [(name, done)] = calendar.council.done
    assert name == "sound"
    assert done - instant <= LONGEST_PAUSE


async def test_a_service_that_is_away_holds_up_no_other(calendar: Calendar) -> None:
    calendar.monitoring.open = asyncio.Event()
    await tell_calendar(calendar.world.client, calendar.world.agency, Look())
    calendar.council.due = {"certificate": await calendar.in_(-DAY)}
    await tell_calendar(calendar.world.client, calendar.world.agency, Look())

    async def done() -> bool:
        return bool(calendar.council.done)

    await eventually(done, "council did what was due while monitoring was still at work")
    calendar.monitoring.open.set()
    await calendar.look()


@pytest.mark.parametrize("error", [Unavailable("not yet", retry_after=1)], ids=["unavailable"])
async def test_a_service_that_has_not_seen_enough_is_asked_until_it_has(calendar: Calendar, error: Exception) -> None:
    calendar.world.services.fail(calendar.id, monitoring.RUN_DUE, error, error)
    calendar.monitoring.due = {"cycle": await calendar.in_(-DAY)}
    await calendar.look({"council": "1.1"})
    assert [name for name, _ in calendar.monitoring.done] == ["cycle"]
    assert calendar.world.services.tries(calendar.id, monitoring.RUN_DUE) >= 3


async def test_a_refusal_does_not_end_it_and_an_operator_finds_it(calendar: Calendar) -> None:
    refusals = [Refused("the rulebook has changed", clause="1") for _ in range(3)]
    calendar.world.services.fail(calendar.id, council.RUN_DUE, *refusals)
    calendar.council.due = {"certificate": await calendar.in_(-DAY)}
    await tell_calendar(calendar.world.client, calendar.world.agency, Look())
    calendar.world.running.append(calendar)
    calendar.world.time.follow(calendar.id)

    async def shown() -> bool:
        return await calendar.shows(lifecycle.WAITING_ON) == "operator" and "rulebook" in str((await calendar.sees()).trouble)

    await eventually(shown, "the refusal is shown")
    await calendar.world.time.advance_to(await calendar.in_(MINUTE))
    assert [name for name, _ in calendar.council.done] == ["certificate"]
    assert await calendar.shows(lifecycle.WAITING_ON) is None
    assert (await calendar.sees()).trouble is None


async def test_a_clock_that_is_behind_is_asked_a_few_times_and_not_in_a_loop(calendar: Calendar) -> None:
    calendar.council.due = {"certificate": (at := await calendar.in_(DAY))}
    calendar.council.behind = 10 * MINUTE
    await calendar.look()
    await calendar.world.time.advance_to(at + HOUR)
    assert len(calendar.council.done) == 1
    assert len(calendar.council.calls) < 16


@pytest.mark.slow
async def test_a_long_history_is_continued_and_nothing_is_dropped(calendar: Calendar) -> None:
    due = {f"certificate-{n}": await calendar.in_(n * HOUR) for n in range(1, 1_000)}
    calendar.council.due = dict(due)
    await calendar.look()
    await calendar.world.time.skip(1_000 * HOUR)

    async def all_done() -> bool:
        return not calendar.council.due

    await eventually(all_done, "all is done", seconds=120)
    await calendar.world.time.settle()
    assert len(calendar.council.done) == len(due)
    assert len(await calendar.runs()) > 1


@pytest.mark.slow
async def test_a_long_history_is_continued_only_between_requests_and_takes_along_what_is_still_to_be_seen(calendar: Calendar) -> None:
    calendar.council.due, calendar.council.batch = {f"certificate-{n}": await calendar.in_(-DAY) for n in range(1_000)}, 1
    calendar.monitoring.open = asyncio.Event()
    await tell_calendar(calendar.world.client, calendar.world.agency, Look())

    async def council_done() -> bool:
        return not calendar.council.due and (await calendar.sees()).next_at.get("council", 0) is None

    await eventually(council_done, "council has done everything", seconds=55)
    calls = len(calendar.council.calls)
    await tell_calendar(calendar.world.client, calendar.world.agency, Look(seen={"council": "7.7"}))

    async def council_looked() -> bool:
        return len(calendar.council.calls) > calls and (await calendar.sees()).next_at["council"] is None

    await eventually(council_looked, "council has looked")
    assert len(calendar.monitoring.calls) == len(await calendar.runs()) == 1
    calendar.monitoring.open.set()

    async def continued() -> bool:
        return len(await calendar.runs()) == 2 and len(calendar.monitoring.calls) == 2

    await eventually(continued, "a new run has asked monitoring again")
    assert calendar.monitoring.calls[1][1] == {"council": "7.7"}
    calendar.world.running.append(calendar)
    calendar.world.time.follow(calendar.id)
    await calendar.world.time.settle()  # an activity of a lifecycle that is ended in the middle holds the clock of whoever comes next


def test_a_certificate_that_is_put_right_is_looked_at_anew() -> None:
    assert council.CertificateCorrected in CALENDAR


def test_a_fact_of_the_same_name_from_another_service_does_not_concern_it() -> None:
    assert monitoring.FollowUpRulebookAdopted in CALENDAR
    assert intake.RulebookAdopted not in CALENDAR


def test_of_documents_personal_evidence_alone_is_looked_at() -> None:
    assert moves_calendar(intake.DocumentStored, {"personal": True})
    assert not moves_calendar(intake.DocumentStored, {"personal": False})
    assert not moves_calendar(intake.DocumentStored, {})
    assert not moves_calendar(intake.DocumentErased, {"personal": True})
