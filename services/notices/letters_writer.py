"""From published events to letters: each kind that is due upon an event, once, however often the event comes.

An event is acknowledged when its letters stand in the book. One whose matter is not known yet is asked for again: another service, of which
it follows, may be read later.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel
from sqlalchemy import and_, or_, select

from chassis import telemetry
from chassis.context import Context
from chassis.events import Recorded, UnknownEvent
from chassis.ids import derived_id
from chassis.messaging import Delivery, consume, recorded
from chassis.service import Runtime
from regulations import RulebookRef, load, local_date
from services.notices.consumers import SOURCES
from services.notices.contract import EVENTS, LetterInstitution, LetterSource
from services.notices.domain.letter import LETTER, LETTER_BOOK, LETTERHEAD_ID, DrawUpLetter, GiveNumber
from services.notices.domain.letter_facts import of_deadline, taken
from services.notices.domain.letter_kind import LetterKind
from services.notices.domain.letter_kinds import UPON
from services.notices.readmodels_letters import letter_institutions, letter_matters, letter_numbers, letterheads

log = logging.getLogger(__name__)

DURABLE, ACTOR = "notices-letters", "service:notices"

#: About a day, at last five minutes apart: a service may be away, and what it knows comes then. Not for ever: what waits holds up others.
LOOKS = 312
_LONGEST_WAIT = 300.0
#: So many looks take half a minute, and an hour and a half.
_WARNED, _LATE = 6, 24
_AGAIN_SECONDS = 2.0

#: Fields that name a matter, the one that knows best by which rulebook it goes first.
_MATTERS = ("deadline_id", "case_id", "attestation_id", "followup_id", "certificate_id", "cycle_id")
_CASES = frozenset({"case_id", "attestation_id"})


class Early(LookupError):
    """What an event follows is not known here yet."""


@dataclass(frozen=True)
class Matter:
    """What is known of what a letter is about."""

    institution: LetterInstitution | None = None
    rulebook: RulebookRef | None = None
    facts: Mapping[str, Any] | None = None
    about: Mapping[str, Any] | None = None
    case_id: str | None = None


class LetterWriter:
    """One reader of every service's events; several share the work by the same durable consumers."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._looks: dict[str, int] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`."""
        async with asyncio.TaskGroup() as readers:
            for source in (*SOURCES, EVENTS):
                readers.create_task(consume(self._runtime.nats, source.service, DURABLE, self.write, stop))

    async def write(self, batch: Sequence[Delivery]) -> None:
        """The letters that these events call for, in their order."""
        for delivery in batch:
            kinds = UPON.get(_upon(delivery.envelope.type), ())
            if kinds:
                await self._written(delivery, kinds)
            else:
                await delivery.message.ack()

    async def _written(self, delivery: Delivery, kinds: Sequence[LetterKind]) -> None:
        envelope = delivery.envelope
        try:
            with telemetry.consumer_span(
                envelope.type, envelope.traceparent, message_id=envelope.id, group=DURABLE, kepil__agency=envelope.agency
            ):
                e = await recorded(envelope, {each.service: each for each in (*SOURCES, EVENTS)})
                await self.draw_up(e, kinds)
        except Early as missing:
            looks = self._looks[envelope.id] = self._looks.get(envelope.id, 0) + 1
            if looks in (_WARNED, _LATE):
                level = logging.WARNING if looks == _WARNED else logging.ERROR
                log.log(level, "the letter upon %s %s waits: %s", envelope.type, envelope.id, missing)
            if looks < LOOKS:
                await delivery.message.nak(delay=min(_LONGEST_WAIT, 0.25 * 2**looks))
                return
            log.error("no letter upon %s %s: %s", envelope.type, envelope.id, missing)
        except UnknownEvent:
            log.warning("%s is unknown to this version", envelope.type)
        except Exception as error:
            log.warning("no letter yet upon %s %s: %s", envelope.type, envelope.id, error or type(error).__name__)
            await delivery.message.nak(delay=_AGAIN_SECONDS)
            return
        self._looks.pop(envelope.id, None)
        await delivery.message.ack()

    async def draw_up(self, e: Recorded[Any], kinds: Sequence[LetterKind]) -> None:
        """The letters of these kinds upon one event. Early."""
        due = [kind for kind in kinds if kind.when is None or kind.when(e.event)]
        if not due:
            return
        context = await self._context(e, "look")
        matter = await self._matter(context, e)
        for kind in due:
            clauses = self._clauses(kind, e.event, matter)
            if clauses is not None:
                await self._draw_up(e, kind, matter, clauses)

    def _clauses(self, kind: LetterKind, event: Any, matter: Matter) -> tuple[str, ...] | None:
        """The clauses cited, or None where this is no letter of the matter's rulebook."""
        about = matter.about or {}
        if "binds" in about:
            own = about["binds"] == "institution" and matter.institution is not None
            return tuple(each for each in (about.get("clause"),) if each) if own else None
        if not kind.clauses:
            return ()
        if matter.rulebook is None:
            raise Early("by which rulebook the matter goes is not known")
        return kind.cites(event, matter.rulebook.id) if matter.rulebook.id in kind.clauses else None

    async def _draw_up(self, e: Recorded[Any], kind: LetterKind, matter: Matter, clauses: tuple[str, ...]) -> None:
        letter_id = derived_id("letter", e.agency, e.event_id, kind.name)
        context = await self._context(e, letter_id, "draw")
        book = load(matter.rulebook.id, matter.rulebook.version) if matter.rulebook else None
        happened = local_date(e.occurred_at, book.zone) if book else e.occurred_at.date()
        dated_on: date = getattr(e.event, kind.day) if kind.day else happened
        year, number = await self._number(e, letter_id, happened.year)
        headed = await context.row(select(letterheads.c.version).where(letterheads.c.letterhead_id == LETTERHEAD_ID))
        command = context.command(
            DrawUpLetter,
            letter_id=letter_id,
            kind=kind.name,
            year=year,
            number=number,
            dated_on=dated_on,
            source=LetterSource(event_id=e.event_id, type=kind.on, stream=e.stream, version=e.version, occurred_at=e.occurred_at),
            addressee=kind.to,
            institution=matter.institution,
            case_id=matter.case_id,
            rulebook=matter.rulebook,
            clauses=clauses,
            letterhead_version=headed["version"] if headed else 0,
            facts={**(matter.facts or {}), **of_deadline(book, matter.about, happened), **taken(kind, e.event)},
        )
        await context.execute(LETTER, letter_id, command, create=True)

    async def _number(self, e: Recorded[Any], letter_id: str, year: int) -> tuple[int, int]:
        """The letter's number in its year, given once."""
        context = await self._context(e, letter_id, "number")
        query = select(letter_numbers.table).where(letter_numbers.c.letter_id == letter_id)
        given = await context.row(query)
        if given is None:
            command = context.command(GiveNumber, letter_id=letter_id, year=year)
            accepted = await context.execute(LETTER_BOOK, str(year), command, create=True)
            return year, accepted.version
        return given["year"], given["number"]

    async def _matter(self, context: Context, e: Recorded[Any]) -> Matter:
        event = e.event
        found = await self._rows(
            context, {name: value for name in _MATTERS if isinstance(value := getattr(event, name, None), str) and value}
        )
        if "deadline_id" in found:
            about = found["deadline_id"]["about"]
            if about.get("binds", "institution") != "institution":  # the agency's own is no institution's, and has none
                return Matter(about=about)
            fields = ("case_id", "attestation_id", "followup_id", "certificate_id")
            found = {**await self._rows(context, dict.fromkeys(fields, about["case_id"])), **found}
        elif hasattr(event, "deadline_id"):
            raise Early(f"deadline {event.deadline_id} is not known")
        institution_id = getattr(event, "institution_id", None) or next((row["institution_id"] for row in found.values()), None)
        own = getattr(event, "rulebook", None)
        known = [found[name]["rulebook"] for name in _MATTERS if name in found and found[name]["rulebook"]]
        internal = await self._rows(context, {"agency": "internal"}) if not known and institution_id is None else {}
        known += [row["rulebook"] for row in internal.values()]
        if isinstance(own, RulebookRef):
            rulebook: RulebookRef | None = own
        else:
            rulebook = RulebookRef.model_validate(known[0]) if known else None
        if institution_id is None and any(hasattr(event, name) for name in _MATTERS if name != "cycle_id"):
            raise Early("whose matter it is is not known")
        numbers = {"application_number" if name in _CASES else "certificate_number": row["number"] for name, row in found.items()}
        return Matter(
            institution=await self._institution(context, institution_id) if institution_id else None,
            rulebook=rulebook,
            facts={name: number for name, number in numbers.items() if number},
            about={**found["deadline_id"]["about"], "due_on": found["deadline_id"]["due_on"]} if "deadline_id" in found else None,
            case_id=_case(event, found),
        )

    async def _rows(self, context: Context, ids: Mapping[str, str]) -> dict[str, Any]:
        if not ids:
            return {}
        c = letter_matters.c
        query = select(letter_matters.table).where(or_(*(and_(c.field == name, c.matter_id == value) for name, value in ids.items())))
        return {row["field"]: row for row in await context.rows(query)}

    async def _institution(self, context: Context, institution_id: str) -> LetterInstitution:
        c = letter_institutions.c
        row = await context.row(select(letter_institutions.table).where(c.institution_id == institution_id))
        if row is None:
            raise Early(f"institution {institution_id} is not known")
        return LetterInstitution(institution_id=institution_id, names=row["names"], city=row["city"])

    async def _context(self, e: Recorded[Any], *what: str) -> Context:
        command_id = derived_id(DURABLE, e.agency, e.event_id, *what)
        return await self._runtime.context(agency=e.agency, actor=ACTOR, command_id=command_id, causation_id=e.event_id)


def _upon(event_type: str) -> str:
    """`<service>.<EventType>` of a published type."""
    _, service, _, name = event_type.split(".")
    return f"{service}.{name}"


def _case(event: BaseModel, found: Mapping[str, Any]) -> str | None:
    about = found["deadline_id"]["about"] if "deadline_id" in found else None
    if about is not None:
        return str(about["case_id"])
    value = getattr(event, "case_id", None) or getattr(event, "attestation_id", None) or getattr(event, "followup_id", None)
    return value if isinstance(value, str) and value else None
