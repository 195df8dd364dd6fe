"""Events on a real JetStream stream, as relays publish them: one service, of the test's own, that publishes what all five do."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from nats.aio.client import Client as Nats
from nats.js.errors import NotFoundError

from chassis.events import Catalogue, Event
from chassis.ids import new_id
from chassis.messaging import Envelope, ensure_stream, stream_name
from tests.waiting import eventually
from workflows.conductor import CATALOGUES, DURABLE

#: Where two services have facts of one name, the wire has those of the last.
_LAST = {name: kind for catalogue in CATALOGUES.values() for name, kind in catalogue.types.items()}


class Wire:
    """The stream, and how far the conductor has read it."""

    def __init__(self, nats: Nats, agency: str) -> None:
        self._jetstream = nats.jetstream()
        self._nats = nats
        self._agency = agency
        self.service = f"wire{uuid4().hex[:12]}"
        together = {
            f"{name}{aggregate}": [kind for kind in types if _LAST[kind.type_name()] is kind]
            for name, catalogue in CATALOGUES.items()
            for aggregate, types in catalogue.aggregates.items()
        }
        self.catalogue = Catalogue(self.service, together)
        self.catalogues = {self.service: self.catalogue}

    async def open(self) -> None:
        """Makes the stream."""
        await ensure_stream(self._nats, self.service, 1)

    async def close(self) -> None:
        """Takes it away."""
        await self._jetstream.delete_stream(stream_name(self.service))

    async def publish(self, event: Event, *, stream: str = "case-1", event_id: str | None = None) -> str:
        """Publishes an event; its id."""
        return await self.publish_raw(event.type_name(), event.model_dump(mode="json"), stream=stream, event_id=event_id)

    async def publish_raw(
        self, name: str, data: dict[str, Any], *, stream: str = "case-1", event_id: str | None = None, position: str = "1.1"
    ) -> str:
        """Publishes whatever a service of another version may publish."""
        now = datetime.now(UTC)
        id_ = event_id or new_id()
        subject = self.catalogue.subject(name) if name in self.catalogue.types else f"kepil.{self.service}.other.{name}"
        envelope = Envelope(
            id=id_,
            source=f"/kepil/{self.service}",
            type=subject,
            subject=stream,
            time=now,
            dataschema=f"urn:kepil:schema:{self.service}:{name}:1",
            data=data,
            agency=self._agency,
            streamversion=1,
            schemaversion=1,
            recordedat=now,
            position=position,
        )
        await self._jetstream.publish(subject, envelope.model_dump_json().encode(), stream=stream_name(self.service))
        return id_

    async def unread(self) -> tuple[int, int, int]:
        """Of the conductor: messages not delivered, delivered and not acknowledged, delivered more than once and still so."""
        try:
            info = await self._jetstream.consumer_info(stream_name(self.service), DURABLE)
        except NotFoundError:  # the conductor has not begun to read
            return (await self._jetstream.stream_info(stream_name(self.service))).state.messages, 0, 0
        return info.num_pending or 0, info.num_ack_pending or 0, info.num_redelivered or 0

    async def read(self) -> None:
        """Waits until the conductor has acknowledged everything."""

        async def all_read() -> bool:
            return (await self.unread())[:2] == (0, 0)

        await eventually(all_read, "the conductor has read everything")
