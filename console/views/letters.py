"""Official letters: the list, one with its words, its sheet in four languages, and the ways that it went."""

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from chassis.auth import Role
from console import labels, tables
from console.client import together
from console.files import passed_on
from console.i18n import LANGUAGES, N_, NAMES
from console.nav import STAFF
from console.views import papers
from console.visit import SignedIn

router = APIRouter()

FILTERS = ("status", "kind", "addressee", "institution_id", "case_id", "year")
STATUSES = {"drawn_up": (N_("to be sent"), "soon"), "dispatched": (N_("sent"), ""), "received": (N_("received"), "good")}
ADDRESSEES = {
    "institution": N_("head of the institution"),
    "institution_community": N_("staff, learners and parents of the institution"),
    "expert_panel": N_("members of the panel"),
    "ministry": N_("ministry in charge of education"),
    "authorised_body": N_("authorised body"),
    "national_accreditation_council": N_("National Accreditation Council"),
    "testing_centre": N_("national testing centre"),
    "competent_body": N_("competent body"),
    "coordinator": N_("coordinator"),
    "team": N_("agency's staff"),
    "stakeholders": N_("stakeholders"),
}
_COLUMNS = (
    *("letter_id", "year", "number", "kind", "dated_on", "addressee", "institution_id", "case_id"),
    *("clauses", "status", "dispatched_on", "received_on"),
)


@router.get("/{language}/letters")
async def letters(visit: SignedIn, cursor: str | None = None) -> Response:
    """The letters that this person may read, the latest first."""
    given = tables.asked(visit, *FILTERS)
    page, kinds = await together(
        visit.services.get("notices", "/v1/letters", cursor=cursor, **given), visit.services.get("notices", "/v1/letter-kinds")
    )
    items = page.data["items"]
    named = {each["kind"]: each["names"] for each in kinds.data}
    return visit.page(
        "council/letters.html.jinja",
        items=items,
        following=page.data.get("next"),
        kinds=dict(sorted(named.items(), key=lambda each: visit.plain(each[1]))),
        names=await visit.names.institutions([*(each["institution_id"] for each in items), given.get("institution_id")]),
        asked=dict.fromkeys(FILTERS, "") | given,
        narrowed=bool(given),
        statuses=STATUSES,
        addressees=ADDRESSEES,
        words=labels,
        staff=visit.person.has(*STAFF),
        director=visit.person.has(Role.director),
    )


@router.get("/{language}/letters.{extension}")
async def letters_as_file(visit: SignedIn, extension: tables.Kind) -> Response:
    """The same list for spreadsheets and programs."""
    return await tables.twin(visit, "notices", "/v1/letters", FILTERS, "letters", extension, columns=_COLUMNS)


@router.get("/{language}/letters/{letter_id}")
async def letter(visit: SignedIn, letter_id: str) -> Response:
    """One letter in the language of the page, or in the one that `in` names."""
    path = f"/v1/letters/{letter_id}"
    wanted = visit.request.query_params.get("in", visit.language)
    if wanted not in LANGUAGES:
        raise HTTPException(404)
    found = (await visit.services.get("notices", path)).data
    text, doing, entries = await together(
        visit.services.get("notices", f"{path}/text", language=wanted),
        papers.doing(visit, "notices", path, found, back=f"letters/{letter_id}"),
        tables.history(visit, "notices", path, found["rulebook_id"]),
    )
    return visit.page(
        "council/letter.html.jinja",
        one=found,
        subject=found["subjects"],
        text=text.content.decode(),
        written=wanted,
        languages_of=NAMES,
        book=tables.books([found["rulebook_id"]]).get(found["rulebook_id"] or ""),
        statuses=STATUSES,
        addressees=ADDRESSEES,
        clauses=[(each, *labels.quoted(found["rulebook_id"], each, visit.language)) for each in found["clauses"]],
        doing=doing,
        entries=entries,
        words=labels,
        title=tables.title_of,
    )


@router.get("/{language}/letters/{letter_id}/pdf")
async def letter_sheet(visit: SignedIn, letter_id: str) -> Response:
    """The letter as PDF/A, in the language that `in` names."""
    wanted = visit.request.query_params.get("in", visit.language)
    if wanted not in LANGUAGES:
        raise HTTPException(404)
    return await passed_on(visit, "notices", f"/v1/letters/{letter_id}/pdf", language=wanted)
