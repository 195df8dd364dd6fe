"""Every command of every service as a form, made of what the service says that it takes."""

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from console import labels
from console.client import Answer
from console.forms import Form
from console.forms_operations import SERVICES, Operation
from console.forms_sending import Subject, command, commands, form_for, sent, subject_of
from console.i18n import N_
from console.visit import SignedIn, Visit

router = APIRouter()

#: What each service is about.
OF = {
    "intake": N_("Institutions and applications"),
    "review": N_("Self-assessment"),
    "visits": N_("Experts and visits"),
    "council": N_("Council and certificates"),
    "monitoring": N_("Deadlines and monitoring"),
    "notices": N_("Letters and webhooks"),
}

#: The services whose records of one case are shown together, on the case's page.
OF_CASES = {
    "intake": "/v1/applications/",
    "review": "/v1/reports/",
    "visits": "/v1/visits/",
    "council": "/v1/considerations/",
}

#: Records that have a page of their own, by service and collection.
OF_PAGES = {
    ("council", "meetings"): "meetings/{}",
    ("council", "certificates"): "certificates/{}",
    ("notices", "letters"): "letters/{}",
    ("intake", "documents"): "documents/{}/about",
}
_LISTS = frozenset({"imports"})


@router.get("/{language}/new")
async def begin(visit: SignedIn) -> Response:
    """What a person may make that was not there, by service."""
    made = [(service, await commands(visit, service)) for service in SERVICES]
    groups = [
        (
            service,
            sorted((each for each in found.values() if _begins(each, visit)), key=lambda each: labels.action(each.name, visit.language)),
        )
        for service, found in made
    ]
    return visit.page("forms/new.html.jinja", groups=[group for group in groups if group[1]], action=labels.action, services=OF)


def _begins(operation: Operation, visit: Visit) -> bool:
    roles = {str(role) for role in visit.person.roles}
    return operation.resource is None and not operation.parameters and bool(roles & operation.roles)


@router.get("/{language}/new/{service}/{name}")
async def ask_new(visit: SignedIn, service: str, name: str) -> Response:
    """The form of a command that makes something."""
    return await _ask(visit, service, name, ())


@router.post("/{language}/new/{service}/{name}")
async def make(visit: SignedIn, service: str, name: str) -> Response:
    """Makes it, or shows the form again."""
    return await _do(visit, service, name, ())


@router.get("/{language}/act/{service}/{name}/{ids:path}")
async def ask(visit: SignedIn, service: str, name: str, ids: str) -> Response:
    """The form of a command on what there is."""
    return await _ask(visit, service, name, _ids(ids))


@router.post("/{language}/act/{service}/{name}/{ids:path}")
async def act(visit: SignedIn, service: str, name: str, ids: str) -> Response:
    """Sends the command, or shows the form again."""
    return await _do(visit, service, name, _ids(ids))


def _ids(path: str) -> tuple[str, ...]:
    return tuple(each for each in path.split("/") if each)


async def _ask(visit: Visit, service: str, name: str, ids: tuple[str, ...]) -> Response:
    operation = await command(visit, service, name)
    subject = await subject_of(visit, operation, ids)
    return _page(visit, await form_for(visit, operation, subject), ids, subject)


async def _do(visit: Visit, service: str, name: str, ids: tuple[str, ...]) -> Response:
    operation = await command(visit, service, name)
    given = await visit.form()
    subject = await subject_of(visit, operation, ids)
    done = await sent(visit, operation, ids, subject, given)
    if isinstance(done, Answer):
        said = visit._("Recorded: %(action)s.", action=labels.action(name, visit.language))
        back = given.get("_back")
        return visit.to(back if isinstance(back, str) and _is_ours(back) else way_on(operation, ids, done), said=said)
    return _page(visit, done, ids, subject)


def _is_ours(path: str) -> bool:
    """Whether a way back is a page of this console."""
    return bool(path) and "//" not in path and ":" not in path and "\\" not in path and not path.startswith("/")


def way_on(operation: Operation, ids: tuple[str, ...], done: Answer) -> str:
    """The page of what the command was about, or of what it has made."""
    path = operation.of(ids)
    if operation.resource is None and operation.made:
        told = done.data if isinstance(done.data, dict) else {}
        made = (done.headers.get("location") or "").rpartition("/")[2] or told.get("id") or told.get("import_id")
        path = operation.made.format(made) if made or "{}" not in operation.made else None
    return page_of(operation.service, path) if path else ""


def page_of(service: str, path: str) -> str:
    """The console's page of what a service has under a path."""
    start = OF_CASES.get(service)
    if start and path.startswith(start) and "/" not in path.removeprefix(start):
        return f"cases/{path.removeprefix(start)}"
    kind, _, one = path.removeprefix("/v1/").partition("/")
    if (service, kind) in OF_PAGES and one and "/" not in one and one not in _LISTS:
        return OF_PAGES[service, kind].format(one)
    return f"records/{service}/{path.removeprefix('/v1/')}"


def _page(visit: Visit, form: Form, ids: tuple[str, ...], subject: Subject) -> Response:
    status = int(form.problem["status"]) if form.problem else 422 if form.faults else 200
    back = visit.request.query_params.get("back", "")
    where = page_of(form.operation.service, subject.path) if subject.path else "new"
    if len(ids) != len(form.operation.parameters):
        raise HTTPException(404)
    return visit.page(
        "forms/form.html.jinja",
        status=status,
        form=form,
        problem=form.problem and {**form.problem, "errors": []},
        back=back if _is_ours(back) else "",
        where=where,
        here=visit.request.url.path,
    )
