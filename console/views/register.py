"""The public register: whom the agencies accredited, for what, until when; as of any day. No sign-in, and fit for any page."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from babel import Locale
from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from console import i18n, labels, tables
from console.client import Refused, together
from console.files import passed_on
from console.i18n import N_
from console.security import POLICY
from console.views import verification
from console.visit import Anybody, Visit

router = APIRouter()

#: What narrows the list; those that are counted can be chosen from what there is.
COUNTED = {
    "state": N_("State"),
    "outcome": N_("Decision"),
    "kind": N_("Kind"),
    "level": N_("Level"),
    "country": N_("Country"),
    "rulebook_id": N_("Regulation"),
    "year": N_("Year of issue"),
    "agency": N_("Agency"),
}
WRITTEN = ("q", "institution_id", "as_of")
ORDERS = {
    "-issued_on": N_("the latest first"),
    "issued_on": N_("the earliest first"),
    "valid_until": N_("the next to expire first"),
}
#: What each step of an entry's history is called.
STEPS = {
    "decided": N_("Decided"),
    "published": N_("Decision and report published"),
    "entered": N_("Entered in the register"),
    "set_aside": N_("Decision set aside on appeal"),
    "issued": N_("Certificate issued"),
    "recorded": N_("Recorded from outside"),
    "suspended": N_("Suspended"),
    "restored": N_("Restored"),
    "revoked": N_("Revoked"),
    "ended": N_("Ended before its term"),
    "expired": N_("Expired"),
    "followed": N_("Another certificate goes on from it"),
}
_COUNTED_AS = {"outcome": "decision"}
_SHOWN_FIRST = 6
EMBEDDED = POLICY.replace("frame-ancestors 'none'", "frame-ancestors *")


@router.get("/{language}/register")
async def register(visit: Anybody) -> Response:
    """Of every agency of this installation."""
    return await _list(visit, None)


@router.get("/{language}/register.{extension}")
async def register_as_file(visit: Anybody, extension: str) -> Response:
    """Everything that is found, as a file."""
    if extension not in ("csv", "json"):
        raise HTTPException(404)
    return await passed_on(visit, "council", f"/v1/register.{extension}", **_asked(visit, None))


@router.get("/{language}/register/{agency}")
async def register_of_an_agency(visit: Anybody, agency: str) -> Response:
    """Of one agency."""
    return await _list(visit, agency)


@router.get("/{language}/register/{agency}/decisions")
async def decisions(visit: Anybody, agency: str) -> Response:
    """What an agency decided, refusals too."""
    asked = tables.asked(visit, "outcome", "as_of", "institution_id", "cursor")
    page = (await visit.services.get("council", "/v1/register/decisions", **({"sort": "-decided_on"} | asked), agency=agency)).data
    return visit.page(
        "public/decisions.html.jinja",
        agency=agency,
        items=page["items"],
        following=page.get("next"),
        asked={"as_of": "", "outcome": ""} | asked,
        outcomes=sorted({each["outcome"] for each in page["items"]}),
        words=labels,
        book=_book,
    )


@router.get("/{language}/register/{agency}/decisions.{extension}")
async def decisions_as_file(visit: Anybody, agency: str, extension: str) -> Response:
    """Every public decision of an agency, as a file."""
    if extension not in ("csv", "json"):
        raise HTTPException(404)
    return await passed_on(visit, "council", f"/v1/register/decisions.{extension}", agency=agency, **_of_day(visit))


@router.get("/{language}/register/{agency}/{certificate_id}")
async def entry(visit: Anybody, agency: str, certificate_id: str) -> Response:
    """One entry with the history of its decisions."""
    found = (await visit.services.get("council", _path(agency, certificate_id), **_of_day(visit))).data
    page = visit.page(
        "public/entry.html.jinja",
        one=found,
        embedded=_embedded(visit),
        state=verification.STATES[found["state"]],
        verify=verification.address(visit, agency, found["number"]),
        steps=[(each, _told(visit, found, each)) for each in reversed(found["history"])],
        names=STEPS,
        words=labels,
        book=_book(found),
        title=tables.title_of,
        country=country,
    )
    return _allowed(visit, page)


@router.get("/{language}/register/{agency}/{certificate_id}/report")
async def report(visit: Anybody, agency: str, certificate_id: str) -> Response:
    """The full report, as it was published."""
    return await passed_on(visit, "council", f"{_path(agency, certificate_id)}/report")


@router.get("/{language}/register/{agency}/{certificate_id}/entry.json")
async def entry_as_json(visit: Anybody, agency: str, certificate_id: str) -> Response:
    """The entry for programs, as the service tells it."""
    return await passed_on(visit, "council", _path(agency, certificate_id), **_of_day(visit))


def _path(agency: str, certificate_id: str) -> str:
    return f"/v1/register/{quote(agency, safe='')}/{quote(certificate_id, safe='')}"


def _asked(visit: Visit, agency: str | None) -> dict[str, Any]:
    return tables.asked(visit, *WRITTEN, *COUNTED, "sort") | ({"agency": agency} if agency else {})


def _of_day(visit: Visit) -> dict[str, Any]:
    return {**tables.asked(visit, "as_of")}


async def _list(visit: Visit, agency: str | None) -> Response:
    asked = _asked(visit, agency)
    counted = {name: value for name, value in asked.items() if name != "sort"}
    problem: Mapping[str, Any] | None = None
    try:
        listed, found = await together(
            visit.services.get("council", "/v1/register", cursor=visit.request.query_params.get("cursor"), limit=25, **asked),
            visit.services.get("council", "/v1/register/facets", **counted),
        )
        items, following, facets = listed.data["items"], listed.data.get("next"), found.data
    except Refused as refused:
        if refused.status != 422:
            raise
        problem, items, following, facets = refused.problem, [], None, {"entries": 0, "exact": True, "facets": {}}
    here = f"register/{agency}" if agency else "register"
    page = visit.page(
        "public/register.html.jinja",
        status=422 if problem else 200,
        problem=problem,
        agency=agency,
        agencies={each["value"]: visit.plain(each.get("names"), each["value"]) for each in facets["facets"].get("agency", ())},
        here=here,
        items=items,
        following=following,
        facets=facets,
        groups=_facets(visit, facets["facets"], counted, agency),
        asked=dict.fromkeys((*WRITTEN, *COUNTED), "") | {"sort": "-issued_on"} | asked,
        kept={name: value for name, value in asked.items() if name in COUNTED and name != "state" and not (agency and name == "agency")},
        narrowed=bool(counted.keys() - {"agency"}) or (agency is None and "agency" in counted),
        states=verification.STATES,
        orders=ORDERS,
        files={each: visit.url(f"register.{each}", **asked) for each in ("csv", "json")},
        snippet=_snippet(visit, here),
        embedded=_embedded(visit),
        words=labels,
        book=_book,
        shown_first=_SHOWN_FIRST,
    )
    return _allowed(visit, page)


def _facets(visit: Visit, facets: Mapping[str, Any], asked: Mapping[str, str], agency: str | None) -> list[dict[str, Any]]:
    """Each sort with its values, how many entries have them, and the address that narrows to one or opens it again."""
    groups = []
    for name, title in COUNTED.items():
        if agency and name == "agency":
            continue
        values = [
            {
                "name": visit.plain(each.get("names"), facet_name(visit, name, each["value"])),
                "entries": each["entries"],
                "chosen": asked.get(name) == each["value"],
                "to": visit.here(**{name: None if asked.get(name) == each["value"] else each["value"], "cursor": None}),
            }
            for each in facets.get(_COUNTED_AS.get(name, name), [])
        ]
        if len(values) > 1 or any(each["chosen"] for each in values):
            groups.append({"name": name, "title": title, "values": values})
    return groups


def facet_name(visit: Visit, name: str, value: str) -> str:
    """What a value of a facet is called."""
    if name == "state":
        return visit._(verification.STATES[value][0])
    if name == "country":
        return country(value, visit.language)
    if name == "rulebook_id":
        return tables.title_of(value, visit.language)
    return labels.value(name, value, visit.language)


def country(code: str | None, language: str) -> str:
    """A country by its name."""
    return str(Locale.parse(language).territories.get(code or "", code or ""))


def _book(item: Mapping[str, Any]) -> Any:
    return tables.book_of(item)


def _told(visit: Visit, found: Mapping[str, Any], step: Mapping[str, Any]) -> list[str]:
    """What is known of a step, in words."""
    told, book = step["told"], _book(found)
    lines: Iterable[str] = (
        labels.value("outcome", told["outcome"], visit.language, book) if "outcome" in told else "",
        labels.value("ground", told["ground"], visit.language, book) if "ground" in told else "",
        labels.value("outcome", told["appeal"], visit.language, book) if "appeal" in told else "",
        visit._("until %(day)s", day=i18n.day_text(i18n.as_date(told["until"]), visit.language)) if told.get("until") else "",
        visit._("valid until %(day)s", day=i18n.day_text(i18n.as_date(told["valid_until"]), visit.language))
        if told.get("valid_until")
        else "",
        visit._("while an appeal is pending") if told.get("during_appeal") else "",
    )
    return [each for each in lines if each]


def _embedded(visit: Visit) -> bool:
    return visit.request.query_params.get("embed") == "1"


def _allowed(visit: Visit, page: Response) -> Response:
    """The embedded page alone may stand in a frame of another's page: it has no person's session in it."""
    if _embedded(visit):
        page.headers["Content-Security-Policy"] = EMBEDDED
        page.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return page


def _snippet(visit: Visit, here: str) -> str:
    """What another page is given to show this list."""
    source = visit.absolute(visit.url(here, embed="1"))
    return (
        f'<iframe src="{source}" title="{visit._("Public register")}" width="100%" height="720" loading="lazy" style="border:0"></iframe>'
    )
