"""The calendar: a month of deadlines, visits and meetings, the same as a list and as files, and an address for calendar programs."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from chassis.subject_keys import master_key
from console import agenda, i18n, tables
from console.agenda import AHEAD, BEHIND, KINDS, WHAT, Entry
from console.feeds import Feeds
from console.i18n import N_
from console.login import NotSignedIn
from console.session import Session
from console.site import Site, site_of
from console.visit import SignedIn, Visit

router = APIRouter()

#: What a sign-in is for that an address will use.
ADDRESS = "calendar"


def feeds_of(site: Site) -> Feeds:
    """The addresses for calendar programs."""
    return Feeds(site.settings.state_dir / "console" / "calendars", master_key(site.settings))


def _kinds(visit: Visit) -> tuple[str, ...]:
    what = visit.request.query_params.get("what", "")
    return (what,) if what in WHAT else WHAT


@router.get("/{language}/calendar")
async def month(visit: SignedIn) -> Response:
    """One month as weeks, or as a list."""
    today = await agenda.today_of(visit)
    first = agenda.month_of(visit.request.query_params.get("month"), today)
    weeks = agenda.weeks(first)
    found = await agenda.entries(visit, weeks[0][0], weeks[-1][-1], _kinds(visit))
    feed = feeds_of(visit.site).of(visit.person)
    return visit.page(
        "agency/calendar.html.jinja",
        today=today,
        first=first,
        weeks=[[(day, [each for each in found if each.covers(day)]) for day in week] for week in weeks],
        listed=[each for each in found if each.last >= first and each.first < agenda.beside(first, 1)],
        title=i18n.month_text(first, visit.language),
        weekdays=agenda.weekdays(visit.language),
        before=agenda.beside(first, -1).strftime("%Y-%m"),
        after=agenda.beside(first, 1).strftime("%Y-%m"),
        now=today.strftime("%Y-%m"),
        kinds=KINDS,
        what=visit.request.query_params.get("what", ""),
        as_list=visit.request.query_params.get("view") == "list",
        feed=feed,
        feed_until=datetime.fromtimestamp(feed.until, UTC) if feed else None,
        lasting=visit.session is not None and visit.session.refresh is not None,
    )


@router.get("/{language}/calendar.{kind}")
async def month_as_file(visit: SignedIn, kind: Literal["csv", "json", "ics"]) -> Response:
    """The month as CSV, JSON or ICS."""
    first = agenda.month_of(visit.request.query_params.get("month"), await agenda.today_of(visit))
    found = await agenda.entries(visit, first, agenda.beside(first, 1) - timedelta(days=1), _kinds(visit))
    name = first.strftime("calendar-%Y-%m")
    if kind == "ics":
        return agenda.as_calendar(visit, found, await visit.now(), name)
    return tables.as_file([_row(visit, each) for each in found], name, kind)


def _row(visit: Visit, each: Entry) -> dict[str, Any]:
    return {
        "first": each.first.isoformat(),
        "last": each.last.isoformat(),
        "kind": each.kind,
        "what": each.title,
        "about": each.about,
        "clause": each.clause,
        "overdue": each.late,
        "url": visit.absolute(f"/{visit.language}/{each.path}"),
        "uid": each.uid,
    }


def address_made(request: Request, site: Site, language: str, present: Session | None, own: Session) -> Response:
    """Back to the calendar with a new address, shown this once; the one before it ends. `own` is the sign-in that only the address uses."""
    if present is None or _whose(present) != _whose(own):
        raise NotSignedIn(N_("You signed in as somebody else, so no address was made."))
    if own.refresh is None:
        raise HTTPException(403)
    visit = Visit(request, site, language, present)
    address = visit.absolute(visit.url(f"calendar/feed/{feeds_of(site).make(own)}.ics"))
    told = visit._("The address, shown this once:")
    warning = visit._("Whoever has it reads your calendar: give it to your calendar program alone.")
    return visit.to("calendar", said=f"{told} {address} – {warning}")


def _whose(session: Session) -> tuple[str, str | None, str]:
    return session.person.agency, session.person.institution, session.person.subject


@router.post("/{language}/calendar/address/end")
async def end_address(visit: SignedIn) -> Response:
    """The address serves no more."""
    await visit.form()
    feeds_of(visit.site).end(visit.person)
    return visit.to("calendar", said=visit._("The address is ended: calendar programs get nothing by it any more."))


@router.get("/{language}/calendar/feed/{word}.ics")
async def feed(request: Request, language: str, word: str) -> Response:
    """A person's calendar for a program that knows the address; 404 once the address or the person's sign-in has ended."""
    site = site_of(request)
    feeds = feeds_of(site)
    opened = feeds.opened(word) if language in i18n.LANGUAGES else None
    session = await site.login.fresh(opened.session) if opened else None
    if opened is None or session is None:
        raise HTTPException(404)
    if session != opened.session:
        feeds.renewed(opened, session)
    visit = Visit(request, site, language, session)
    today = await agenda.today_of(visit)
    found = await agenda.entries(visit, today - BEHIND, today + AHEAD)
    made = agenda.as_calendar(visit, found, await visit.now(), "kepil")
    made.headers.update({"Cache-Control": "private, max-age=900", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"})
    return made
