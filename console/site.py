"""What one console process holds: settings, connections, words and templates. Made once, found through the app's state."""

from dataclasses import dataclass, field

import httpx
from starlette.requests import Request

from chassis.clock import Clock
from chassis.settings import Settings
from console.login import Login
from console.names import KnownNames
from console.pages import Pages
from console.session import Sessions


@dataclass
class Site:
    """Everything that visits share."""

    settings: Settings
    http: httpx.AsyncClient
    long: httpx.AsyncClient
    clock: Clock
    sessions: Sessions
    login: Login
    pages: Pages
    known_names: KnownNames = field(default_factory=KnownNames)


def site_of(request: Request) -> Site:
    """The site that the request came to."""
    found = request.app.state.site
    assert isinstance(found, Site)
    return found
