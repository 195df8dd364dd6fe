"""Forms between a person and the services: what a command asks is read from its service, what was filled in is sent to it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from chassis.ids import new_id
from console import forms_choices as choices
from console import forms_reading as reading
from console import labels
from console.client import Answer, Refused, together
from console.fields import Member
from console.forms import STATED_ANEW, Fault, Form, faults_of, told_of
from console.forms_choices import Listed, Option
from console.forms_operations import SERVICES, Operation, operations
from console.visit import Visit
from regulations.rulebook import Rulebook

_KEEP_SECONDS = 60.0
_documents: dict[str, tuple[float, dict[str, Operation]]] = {}

#: Who is asked by id, and makes the id himself: it is written, not chosen.
FRESH = frozenset(
    {
        "NewInstitution.institution_id",
        "NewExpert.expert_id",
        "NewStaff.staff_id",
        "NewMeasure.measure_id",
        "NewImprovement.measure_id",
        "Recommendation.recommendation_id",
        "FollowedRecommendation.recommendation_id",
    }
)


async def commands(visit: Visit, service: str) -> dict[str, Operation]:
    """What a service takes, by name; 404 for no service of ours."""
    if service not in SERVICES:
        raise HTTPException(404)
    url = visit.site.settings.url(service)
    known = _documents.get(url)
    if known is None or known[0] < time.monotonic():
        document = (await visit.services.get(service, "/openapi.json")).data
        known = _documents[url] = (time.monotonic() + _KEEP_SECONDS, operations(service, document))
    return known[1]


async def command(visit: Visit, service: str, name: str) -> Operation:
    """One command; 404 if there is none of that name."""
    found = (await commands(visit, service)).get(name)
    if found is None:
        raise HTTPException(404)
    return found


@dataclass(frozen=True)
class Subject:
    """What a command is about, as the person reads it now."""

    path: str | None
    data: Mapping[str, Any]
    etag: str | None

    @property
    def institution_id(self) -> str | None:
        """Whose it is."""
        return self.data.get("institution_id")


async def subject_of(visit: Visit, operation: Operation, ids: Sequence[str]) -> Subject:
    """Reads what the command is about. Refused where the person may not see it."""
    if len(ids) != len(operation.parameters):
        raise HTTPException(404)
    path = operation.of(ids)
    if path is None:
        return Subject(None, {}, None)
    answer = await visit.services.get(operation.service, path)
    data = answer.data if isinstance(answer.data, Mapping) else {}
    return Subject(path, data, answer.etag if operation.needs_version else None)


async def form_for(visit: Visit, operation: Operation, subject: Subject, values: Mapping[str, Any] | None = None) -> Form:
    """The form, as it is first shown or with what was filled in."""
    if values is None:
        begun = {**_own(visit, operation), **visit.request.query_params}
        values = reading.filled(
            operation.members, {**(subject.data if operation.name in STATED_ANEW else {}), **_fitting(operation, begun)}
        )
    return Form(operation, visit.language, values, visit.key, subject.etag, await _options(visit, operation, subject, values))


def _own(visit: Visit, operation: Operation) -> dict[str, str]:
    """Who begins something for his own institution need not choose it."""
    own = visit.person.institution
    return {"institution_id": own} if own and operation.resource is None else {}


def _fitting(operation: Operation, begun: Mapping[str, str]) -> dict[str, Any]:
    """What the address says of members that hold one text."""
    simple = {each.name: each for each in operation.members if each.kind in ("line", "date", "integer", "choice", "prose")}
    return {name: value for name, value in begun.items() if name in simple}


async def _options(visit: Visit, operation: Operation, subject: Subject, values: Mapping[str, Any]) -> dict[str, list[Option]]:
    wanted = {each.key: each for each in choices.wanted(operation.members)}
    every = _books_of(subject.data, operation)
    books = [book for book in every if book.id == values.get("rulebook_id")] or every
    found: dict[str, list[Option]] = {}
    lists: dict[str, Listed] = {}
    resource = await _with_council(visit, subject.data)
    for key, member in wanted.items():
        if member.kind in ("choice", "choices"):
            found[key] = choices.enumerated(member, visit.language)
        elif member.kind == "document":
            found[key] = choices.of_document(books, visit.language, operation.name)
        elif member.name in ("rulebook_id", "rulebooks", "rulebook_version"):
            found[key] = _rulebooks(member, every, visit.language)
        elif here := choices.within(member, resource, visit.language):
            found[key] = here
        elif (words := choices.from_rulebooks(member, every, visit.language)) or (member.kind == "map" and choices.is_named(member)):
            found[key] = words
        elif key not in FRESH and (where := choices.listed(member)) is not None:
            lists[key] = where
    asked = list(dict.fromkeys(lists.values()))
    answered = dict(zip(asked, await together(*(_listed(visit, each) for each in asked)), strict=True))
    return found | {key: answered[where] for key, where in lists.items() if answered[where]}


async def _with_council(visit: Visit, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """A meeting together with the council that meets: its members may be named."""
    if not data.get("council_id") or not data.get("meeting_id"):
        return data
    council = await visit.services.find("council", f"/v1/councils/{data['council_id']}")
    return {**data, "council": council.data} if council else data


def _books_of(data: Mapping[str, Any], operation: Operation) -> list[Rulebook]:
    """The rulebook of what the command is about; every one of its procedure where it is about nothing yet."""
    ref = data.get("rulebook")
    named = (ref.get("id"), ref.get("version")) if isinstance(ref, Mapping) else (data.get("rulebook_id"), None)
    procedure = choices.PROCEDURES.get(operation.name)
    return [book for book in labels.books(*named) if named[0] or procedure in (None, book.procedure)]


def _rulebooks(member: Member, books: Sequence[Rulebook], language: str) -> list[Option]:
    if member.name != "rulebook_version":
        return [Option(book.id, str(getattr(book.title, language))) for book in books]
    return [Option(book.version, book.version, str(getattr(book.title, language))) for each in books for book in labels.every(each.id)]


async def _listed(visit: Visit, where: Listed) -> list[Option]:
    """What a service lists for this person; nothing if that is more than anybody reads."""
    try:
        items = await visit.services.items(where.service, where.path, most=choices.MOST, **dict(where.query))
    except Refused:
        return []
    told: dict[str, str] = {}
    if "institution_id" in where.also:
        names = await visit.names.institutions(item.get("institution_id") for item in items)
        told = {key: str(each.get(visit.language) or next(iter(each.values()), key)) for key, each in names.items()}
    return choices.of_items(where, items, visit.language, told)


async def sent(visit: Visit, operation: Operation, ids: Sequence[str], subject: Subject, form: FormData) -> Answer | Form:
    """Sends what was filled in. The answer of the service, or the form again: for one more row, or with what is wrong.

    The files go first, so that nobody has to choose them again.
    """
    pairs, faults = await _with_files(visit, operation, subject, form)
    values = reading.read(operation.members, pairs)
    shown = replace(await form_for(visit, operation, subject, values), key=_text(form, "_key") or visit.key)
    shown = replace(shown, etag=_text(form, "_etag") or shown.etag)
    if more := _text(form, "_more"):
        reading.grown(operation.members, values, more)
        return replace(shown, values=values)
    if less := _text(form, "_less"):
        reading.shrunk(operation.members, values, less)
        return replace(shown, values=values)
    faults += [
        each for each in faults_of(reading.mistakes(operation.members, values), visit._) if each.name not in {f.name for f in faults}
    ]
    if faults:
        return shown.faulty(faults)
    try:
        return await _posted(visit, operation, ids, values, shown, form)
    except Refused as refused:
        if refused.status in (401, 403, 404):
            raise
        again = replace(shown, etag=subject.etag) if refused.status == 412 else shown
        faulty = again.faulty(told_of(refused.errors, visit.told), None if refused.status >= 500 else new_id())
        return replace(faulty, problem=refused.problem)


async def _posted(
    visit: Visit, operation: Operation, ids: Sequence[str], values: Mapping[str, Any], shown: Form, form: FormData
) -> Answer | Form:
    path = operation.at(ids)
    if not operation.media:
        body = reading.body(operation.members, values) if operation.members else None
        return await visit.services.post(operation.service, path, body, etag=shown.etag, key=shown.key)
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        return shown.faulty(faults_of({"file": "missing"}, visit._))
    more = {"If_Match": shown.etag} if shown.etag else {}
    media = _media(file, operation.media)
    return await visit.services.send(operation.service, path, await file.read(), media=media, key=shown.key, **more)


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _media(file: UploadFile, taken: Sequence[str]) -> str:
    """The type that the browser says, where the command takes it; by the ending where the browser does not know."""
    if file.content_type in taken:
        return str(file.content_type)
    ending = PurePath(file.filename or "").suffix.lower()
    by_ending = {".csv": "text/csv", ".tsv": "text/tab-separated-values", ".txt": "text/plain", ".p7s": "application/pkcs7-signature"}
    return by_ending.get(ending, file.content_type or taken[0])


async def _with_files(visit: Visit, operation: Operation, subject: Subject, form: FormData) -> tuple[list[tuple[str, str]], list[Fault]]:
    """What was filled in, with the documents that were chosen: each is stored, and told by its hash."""
    told: list[tuple[str, str]] = []
    faults: list[Fault] = []
    for name, value in form.multi_items() if not operation.media else []:
        if isinstance(value, UploadFile) and value.filename and (name == "file" or name.endswith(".file")):
            at = name.removesuffix("file").removesuffix(".")
            kind = _text(form, reading.join(at, "kind")) or next(
                (part for part in reversed(at.split(".")) if part and not part.isdigit()), "file"
            )
            try:
                stored = await _stored(visit, value, kind, subject)
            except Refused as refused:
                if refused.status in (401, 403):
                    raise
                detail = refused.problem.get("detail")
                faults.append(Fault(at, visit.told(detail) if detail else visit._("The file was not accepted.")))
            else:
                told += [(reading.join(at, each), text) for each, text in stored.items()]
    written = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    return told + written, faults


async def _stored(visit: Visit, file: UploadFile, kind: str, subject: Subject) -> dict[str, str]:
    """Files a document with the intake; what a command says of it."""
    name = PurePath((file.filename or "").replace("\\", "/")).name[:200]
    about = {"name": name, "kind": kind, "institution_id": subject.institution_id, "case_id": subject.data.get("case_id")}
    query = urlencode({key: value for key, value in about.items() if value})
    media = file.content_type or "application/octet-stream"
    answer = await visit.services.send("intake", f"/v1/documents?{query}", await file.read(), media=media)
    return {"kind": kind, "name": name, "sha256": answer.data["sha256"]}
