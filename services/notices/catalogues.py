"""Every event of every service, by the service that publishes it."""

from collections.abc import Mapping

from chassis.events import Catalogue, Event
from services.notices.consumers import SOURCES
from services.notices.contract import EVENTS

CATALOGUES: Mapping[str, Catalogue] = {catalogue.service: catalogue for catalogue in (*SOURCES, EVENTS)}

EVERY_TYPE: tuple[type[Event], ...] = tuple(kind for catalogue in CATALOGUES.values() for kind in catalogue.types.values())
