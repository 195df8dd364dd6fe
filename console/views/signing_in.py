"""Signing in and out, and the way from `/` to a language."""

from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.i18n import LANGUAGES, preferred
from console.login import ATTEMPT_SECONDS, CALLBACK, Attempt, local_path
from console.site import Site, site_of
from console.views import calendar
from console.visit import Anybody, SignedIn

router = APIRouter()


def _cookie(state: str, secure: bool) -> str:
    return f"{'__Host-' if secure else ''}kepil-signin-{state[:8]}"


@router.get("/")
async def root(request: Request) -> Response:
    """In the language that the browser asks for."""
    return RedirectResponse(f"/{preferred(request.headers.get('accept-language'))}", 303, {"Vary": "Accept-Language"})


@router.get("/verify/{agency}/{number:path}")
async def verify(request: Request, agency: str, number: str) -> Response:
    """The address that certificates carry, in the language that the browser asks for."""
    language = preferred(request.headers.get("accept-language"))
    return RedirectResponse(f"/{language}/verify/{quote(agency)}/{quote(number)}", 303, {"Vary": "Accept-Language"})


@router.get("/signin")
async def sign_in(request: Request, to: str = "/") -> Response:
    """To the issuer; first to the address that the issuer knows us by, where the cookie must lie."""
    site = site_of(request)
    base = site.settings.console_url()
    if request.headers.get("host") != base.partition("://")[2].partition("/")[0] and "again" not in request.query_params:
        return RedirectResponse(f"{base}/signin?{request.url.include_query_params(again=1).query}", 303)
    to = local_path(to)
    language = to.strip("/").partition("/")[0]
    attempt = await site.login.begin(to, language if language in LANGUAGES else preferred(request.headers.get("accept-language")))
    return _remembering(RedirectResponse(attempt.url, 303), attempt, site)


@router.post("/{language}/calendar/address")
async def ask_for_an_address(visit: SignedIn) -> Response:
    """An address is read by a sign-in of its own, so that it outlives this session and neither spends what the other needs."""
    await visit.form()
    attempt = await visit.site.login.begin(f"/{visit.language}/calendar", visit.language, calendar.ADDRESS)
    page = visit.page("agency/calendar_address.html.jinja", onward=attempt.url)
    return _remembering(page, attempt, visit.site)


def _remembering(response: Response, attempt: Attempt, site: Site) -> Response:
    """A form may not lead to another site (CSP), so not every way to the issuer is a redirect; the browser remembers each."""
    secure = site.settings.console_secure()
    name = _cookie(attempt.state, secure)
    response.set_cookie(name, attempt.sealed, ATTEMPT_SECONDS, path="/", secure=secure, httponly=True, samesite="lax")
    return response


@router.get(CALLBACK)
async def signed_in_at_the_issuer(visit: Anybody) -> Response:
    """Back from the issuer with its answer."""
    answer = dict(visit.request.query_params)
    secure = visit.site.settings.console_secure()
    name = _cookie(answer.get("state", ""), secure)
    session, to, purpose = await visit.site.login.finish(answer, visit.request.cookies.get(name))
    if purpose == calendar.ADDRESS:
        response = calendar.address_made(visit.request, visit.site, to.strip("/").partition("/")[0], visit.session, session)
    else:
        visit.keep(session)
        response = RedirectResponse(to, 303)
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")
    return response


@router.post("/{language}/signout")
async def sign_out(visit: Anybody) -> Response:
    """Ends the session here."""
    await visit.form()
    visit.keep(None)
    return visit.to("signed-out")


@router.get("/{language}/signed-out")
async def signed_out(visit: Anybody) -> Response:
    """Says so, and where to end it at the issuer."""
    return visit.page("layout/signed_out.html.jinja", leave=await visit.site.login.leave())
