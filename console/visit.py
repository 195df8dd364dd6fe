"""One request of a person: who, in which language, with which services behind; and how a page or a way on is answered."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

from fastapi import Depends
from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from chassis import telemetry
from chassis.auth import Role
from chassis.ids import new_id
from console import i18n, refusals, titles
from console.client import Services
from console.deadlines import Due
from console.names import Names
from console.security import check_form
from console.session import Person, Session
from console.site import Site, site_of


class SignInNeeded(Exception):
    """The page is for somebody who is signed in."""


@dataclass
class Visit:
    """A request with everything that a view needs. `session` is None for somebody who has not signed in."""

    request: Request
    site: Site
    language: str
    session: Session | None

    def __post_init__(self) -> None:
        token = self.session.access if self.session else None
        self.services = Services(self.site.http, self.site.settings, token, self.language, self.site.long)
        self.names = Names(self.site.known_names, self.services, self.session.person if self.session else None)
        self._words = i18n.translations(self.language)

    @property
    def person(self) -> Person:
        """Who is signed in; SignInNeeded."""
        if self.session is None:
            raise SignInNeeded
        return self.session.person

    @property
    def signed_in(self) -> bool:
        """Whether somebody is."""
        return self.session is not None

    def _(self, message: str, /, **values: object) -> str:
        """A message in the language of the visit, with `%(name)s` filled."""
        text = self._words.gettext(message)
        return text % values if values else text

    def ngettext(self, one: str, many: str, number: int, /, **values: object) -> str:
        """A message of a number, which it may name as `%(num)s`."""
        return self._words.ngettext(one, many, number) % {"num": number, **values}

    def url(self, path: str = "", **query: object) -> str:
        """The address of a page of the console in this language; `path` without the language and a leading slash."""
        return i18n_url(self.language, path, query)

    def here(self, language: str | None = None, **query: object) -> str:
        """This page, in another language, or with other query parameters (None takes one away)."""
        rest = self.request.url.path.strip("/").partition("/")[2]
        kept = {name: value for name, value in self.request.query_params.items() if name not in query}
        return i18n_url(language or self.language, rest, {**kept, **query})

    def absolute(self, path: str) -> str:
        """The address that others reach the page by."""
        return self.site.settings.console_url() + path

    def page(self, template: str, status: int = 200, **context: Any) -> Response:
        """A page, rendered; `said` of the last step is shown on it once."""
        said = self.session.said if self.session else None
        if said and self.session:
            self.keep(self.session.saying(None))
        text = self.site.pages.render(template, self, {"said": said, "problem": None, **context})
        return HTMLResponse(text, status)

    def to(self, path: str, said: str | None = None, **query: object) -> Response:
        """The way on after something was done (303); `said` is shown on the next page."""
        if said and self.session:
            self.keep(self.session.saying(said))
        return RedirectResponse(self.url(path, **query), 303)

    def keep(self, session: Session | None) -> None:
        """Writes another session into the answer; None ends it."""
        self.session = session
        self.request.state.session = session
        self.request.state.session_changed = True

    async def form(self) -> FormData:
        """The form that was sent. A form that our own page did not send is refused (403)."""
        return await check_form(self.request, self.session)

    async def now(self) -> dt.datetime:
        """Legal time, UTC."""
        return await self.site.clock.now()

    def date(self, value: dt.date | str | None) -> Markup:
        """A day as `<time>`."""
        return i18n.day_tag(value, self.language)

    def instant(self, value: dt.datetime | str | None, zone: str | None = None) -> Markup:
        """An instant as `<time>` in local time."""
        return i18n.instant_tag(value, self.language, zone or self.site.settings.console_zone)

    def named(self, names: Mapping[str, str] | None, fallback: str = "") -> Markup:
        """A name given in several languages, in this one where it has it."""
        return i18n.named(names, self.language, fallback)

    def plain(self, names: Mapping[str, str] | None, fallback: str = "") -> str:
        """The same as plain text, where no markup may stand."""
        given = names or {}
        return next((given[each] for each in (self.language, "ru", "en", *i18n.LANGUAGES) if given.get(each)), fallback)

    def left(self, one: Due) -> str:
        """How near a deadline is, in words."""
        if one.group == "still":
            return ""
        if one.days_late:
            return self.ngettext("%(num)s day late", "%(num)s days late", one.days_late)
        if one.due_on == one.today:
            return self._("today")
        if (one.due_on - one.today).days == 1:
            return self._("tomorrow")
        if not one.days_left:
            return self._("before the next working day")
        return self.ngettext("%(num)s working day left", "%(num)s working days left", one.days_left)

    def role(self, role: str) -> str:
        """A role in the language of the visit."""
        return self._(titles.ROLES[Role(role)])

    def problem_title(self, problem: Mapping[str, Any]) -> str:
        """What kind of problem it is, in the language of the visit."""
        return self._(titles.title_of(problem))

    def told(self, text: str) -> Markup:
        """What a service said of a problem, in the language of the visit."""
        return refusals.told(text, self.language)

    def within(self, path: str) -> bool:
        """Whether this page belongs to the area at `path`."""
        here = self.request.url.path.strip("/").partition("/")[2]
        return here == path or here.startswith(path + "/")

    def twin(self, path: str, extension: str) -> str:
        """The same list, with the same filters, as a file."""
        kept = {name: value for name, value in self.request.query_params.items() if name != "cursor"}
        return i18n_url(self.language, f"{path}.{extension}", kept)

    def sign_in_url(self) -> str:
        """Where one signs in, to come back to this page."""
        return f"/signin?{urlencode({'to': self.here()})}"

    @property
    def key(self) -> str:
        """A new Idempotency-Key, for the hidden field of a form."""
        return new_id()


def i18n_url(language: str, path: str, query: Mapping[str, object]) -> str:
    """A path of the console with a query; empty and missing values are left out."""
    given = {name: value for name, value in query.items() if value not in (None, "")}
    return "/".join(filter(None, (f"/{language}", path.strip("/")))) + (f"?{urlencode(given, doseq=True)}" if given else "")


def language_of(request: Request) -> str:
    """The language that the path begins with, or that the browser asks for."""
    first = urlsplit(request.url.path).path.strip("/").partition("/")[0]
    return first if first in i18n.LANGUAGES else i18n.preferred(request.headers.get("accept-language"))


async def anybody(request: Request) -> Visit:
    """A visit, of a person signed in or not. 404 where the path begins with no language of ours."""
    language = request.path_params.get("language")
    if language is not None and language not in i18n.LANGUAGES:
        raise HTTPException(404)
    site = site_of(request)
    kept = site.sessions.read(request.cookies)
    session = await site.login.fresh(kept)
    visit = Visit(request, site, language or language_of(request), session)
    if session != kept:
        visit.keep(session)
    if session is not None:
        telemetry.annotate(agency=session.person.agency)
    return visit


async def signed_in(visit: Annotated[Visit, Depends(anybody)]) -> Visit:
    """A visit of somebody signed in; SignInNeeded."""
    if visit.session is None:
        raise SignInNeeded
    return visit


#: Parameters of views.
Anybody = Annotated[Visit, Depends(anybody)]
SignedIn = Annotated[Visit, Depends(signed_in)]
