"""Intake's commands about documents: what came is examined before any of it is kept, and what is given out is recorded first."""

from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from chassis.antivirus import scan
from chassis.auth import Role
from chassis.content.apart import examine_apart
from chassis.content.kinds import Kind, Limits, Unfit, kind_named, shown_name
from chassis.context import Accepted, Context
from chassis.due import Due
from chassis.logs import logger
from chassis.problems import BodyTooLarge, ConcurrentChange, Conflict, Invalid, NotFound, Problem, Unavailable, VersionConflict
from chassis.ranges import Part
from chassis.service import Runtime
from chassis.settings import Settings
from chassis.storage import Received, Storage
from services.intake.domain.document import (
    DOCUMENT,
    READINGS,
    EraseDocument,
    RecordReading,
    ScanDocument,
    StoreDocument,
    kept_until,
    readable,
)
from services.intake.queries_documents import due_for_erasure, oldest_personal, room_taken
from services.intake.readmodels import applications, institutions
from services.intake.readmodels_attestation import attestations
from services.intake.readmodels_documents import case_members, document_readings, documents
from services.intake.schemas_documents import DocumentErasure

#: Who files documents, the likelier role first: it is told of who has several.
UPLOADERS = [Role.institution_officer, Role.coordinator, Role.director, Role.expert, Role.authorised_body_officer]

#: How many documents one call of `run_due` erases.
TOGETHER = 100

_TRIES = 8
_ERASED_LATELY = timedelta(days=30)
_POINTERS = {"name": "#/query/name", "extension": "#/query/name"}
_log = logger("kepil.documents")


@dataclass(frozen=True, slots=True)
class Filed:
    """For whom, for which case and as what a document is filed."""

    name: str
    institution_id: str | None
    case_id: str | None
    kind: str | None
    personal: bool


async def store_document(ctx: Context, using: Settings, filed: Filed, chunks: AsyncIterable[bytes], headers: Mapping[str, str]) -> Accepted:
    """Keeps a document. Nothing of one that is refused is ever in the store. Invalid with the word of what is wrong with the file."""
    try:
        name = shown_name(filed.name)
        kind_named(name)
    except Unfit as unfit:
        raise _invalid(unfit) from None
    institution_id = await _institution_of(ctx, filed)
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > using.documents_max_bytes:
        raise BodyTooLarge(f"a file may have {using.documents_max_bytes} bytes here")
    received = await Received.take(chunks, using.documents_max_bytes)
    try:
        asked = (received.sha256, name, institution_id or "", filed.case_id or "", filed.kind or "", str(filed.personal))
        if (given := await ctx.given(*asked)) is not None:
            return given
        state, _ = await ctx.load(DOCUMENT, received.sha256)
        DOCUMENT.guards[StoreDocument](state, None)
        await _check_room(ctx, using, filed.case_id, received)
        kind = await _examined(received, name, headers.get("content-type"), using)
        verdict = await scan(received.file, using)
        if verdict.state == "infected":
            raise _invalid(Unfit("infected", f"the antivirus has found something in it: {verdict.signature}"))
        await storage_of(using).put(ctx.agency, received)
    finally:
        received.close()
    command = ctx.command(
        StoreDocument,
        document_id=received.sha256,
        size=received.size,
        media_type=kind.media_type,
        name=name,
        institution_id=institution_id,
        case_id=filed.case_id,
        kind=filed.kind,
        personal=filed.personal,
        scan=verdict.state,
        stored_by=_role(ctx),
        stored_on=ctx.at.date(),
    )
    try:
        return await ctx.execute(DOCUMENT, received.sha256, command, create=True)
    except Problem:
        state, _ = await ctx.load(DOCUMENT, received.sha256)
        if state.erased_on is not None:  # in the meantime: what is erased is not kept again
            await storage_of(using).delete(ctx.agency, received.sha256)
        raise


async def scan_document(ctx: Context, using: Settings, document_id: str) -> Accepted:
    """Asks the antivirus about a document as it is kept."""
    state, version = await ctx.load(DOCUMENT, document_id)
    if not version:
        raise NotFound(f"there is no document {document_id}")
    if ctx.expected_version not in (None, version):
        raise VersionConflict(f"you expect version {ctx.expected_version}, it stands at {version}")
    if using.documents_antivirus is None:
        raise Conflict("no antivirus is set for this installation (KEPIL_DOCUMENTS_ANTIVIRUS)")
    DOCUMENT.guards[ScanDocument](state, None)
    received = await storage_of(using).get(ctx.agency, document_id)
    try:
        verdict = await scan(received.file, using)
    finally:
        received.close()
    told = {"scan": verdict.state, "signature": verdict.signature, "scanned_on": ctx.at.date()}
    return await ctx.execute(DOCUMENT, document_id, ctx.command(ScanDocument, **told))


async def erase_document(ctx: Context, using: Settings, document_id: str, body: DocumentErasure) -> Accepted:
    """Erases personal evidence: first the fact, by which nobody is given it any more, then the bytes and the key of its name."""
    told = {**body.model_dump(), "kept_days": using.documents_personal_days, "erased_on": ctx.at.date()}
    accepted = await ctx.execute(DOCUMENT, document_id, ctx.command(EraseDocument, **told))
    await storage_of(using).delete(ctx.agency, document_id)
    await ctx.forget([document_id])
    return accepted


async def given_out(ctx: Context, using: Settings, document_id: str, purpose: str | None, part: Part | None) -> Received:
    """The bytes of a document that the caller may see, after it was recorded that he has them. The caller of this closes them.

    What is read in parts is one reading of the day: who goes on with what he has begun is not recorded again.
    """
    state, _ = await ctx.load(DOCUMENT, document_id)
    readable(state, unscanned=using.documents_unscanned == "give")
    received = await storage_of(using).get(ctx.agency, document_id)
    try:
        if part is None or not await _is_reading(ctx, document_id):
            await _record_reading(ctx, document_id, purpose)
    except BaseException:
        received.close()
        raise
    return received


async def _record_reading(ctx: Context, document_id: str, purpose: str | None) -> None:
    """Many may ask for the same document at once: each is recorded."""
    command = ctx.command(RecordReading, document_id=document_id, purpose=purpose, read_on=ctx.at.date())
    for left in reversed(range(_TRIES)):
        try:
            await ctx.execute(READINGS, document_id, command, create=True)
            return
        except ConcurrentChange:
            if not left:
                raise


async def _is_reading(ctx: Context, document_id: str) -> bool:
    r = document_readings.c
    mine = (r.document_id == document_id, r.read_by == ctx.actor, r.read_on == ctx.at.date())
    return await ctx.row(select(r.number).where(*mine)) is not None


async def run_due(ctx: Context, using: Settings, *, again: bool) -> Due:
    """Erases the personal evidence whose term is over, at most `TOGETHER`; what a case that goes on needs waits for its end.

    `again`: an earlier call ended in between, and may have left bytes of what it had erased.
    """
    days = using.documents_personal_days
    if days is None:
        return Due(done=0)
    if again:
        await _finish(ctx, using)
    due = await due_for_erasure(ctx, days, TOGETHER + 1)
    body = DocumentErasure(ground="term_ended", reason=f"The agency keeps personal evidence for {days} days.")
    done = sum([await _erased_by_itself(ctx, using, document_id, body) for document_id in due[:TOGETHER]])
    oldest, held = await oldest_personal(ctx)
    days_on = [kept_until(oldest, days)] if oldest is not None else []
    if held:
        days_on.append(ctx.at.date())  # looked at again every day until its case is over
    ends = [datetime.combine(day + timedelta(days=1), time(), UTC) for day in days_on]
    return Due(done=done, next_at=min(ends, default=None), more=len(due) > TOGETHER)


async def _erased_by_itself(ctx: Context, using: Settings, document_id: str, body: DocumentErasure) -> bool:
    """One document that is refused holds up no other: it stays due, and an operator is told."""
    try:
        await erase_document(ctx.apart(), using, document_id, body)
    except Unavailable:
        raise
    except Problem as problem:
        _log.warning("a document could not be erased", agency=ctx.agency, document_id=document_id, why=problem.detail)
        return False
    return True


async def _finish(ctx: Context, using: Settings) -> None:
    """What was erased since yesterday is gone from the store, and the key of its name with it."""
    lately = select(documents.c.document_id).where(documents.c.erased_on >= ctx.at.date() - timedelta(days=1))
    erased = [row["document_id"] for row in await ctx.rows(lately)]
    for document_id in erased:
        await storage_of(using).delete(ctx.agency, document_id)
    await ctx.forget(erased)


async def finish_erasures(runtime: Runtime) -> None:
    """When a process starts: what was erased lately and whose bytes or key were not deleted, as the process before ended in between."""
    since = (await runtime.clock.now()).date() - _ERASED_LATELY
    rows = await runtime.system.fetch("SELECT agency, document_id FROM documents WHERE erased_on IS NOT NULL AND erased_on >= $1", since)
    for row in rows:
        await storage_of(runtime.settings).delete(row["agency"], row["document_id"])
        await runtime.machinery.keys.forget(row["agency"], row["document_id"])


_STORES: dict[tuple[str | None, Path], Storage] = {}


def storage_of(using: Settings) -> Storage:
    """The store of the settings; one of a process."""
    place = using.documents_url, using.state_dir
    if place not in _STORES:
        _STORES[place] = Storage.of(using)
    return _STORES[place]


async def _examined(received: Received, name: str, content_type: str | None, using: Settings) -> Kind:
    limits = Limits(
        file_bytes=using.documents_max_bytes,
        entries=using.documents_max_entries,
        expanded_bytes=using.documents_max_expanded_bytes,
        ratio=using.documents_max_ratio,
    )
    declared = (content_type or "").partition(";")[0].strip().lower() or None
    try:
        return await examine_apart(received.file, name, declared, limits)
    except Unfit as unfit:
        raise _invalid(unfit) from None


def _invalid(unfit: Unfit) -> Invalid:
    fault = {"pointer": _POINTERS.get(unfit.word, "#"), "detail": unfit.why[:500]}
    return Invalid(f"the file is not taken: {unfit.why}"[:1_000], [fault], fault=unfit.word)


def _role(ctx: Context) -> str:
    has = ctx.principal.roles if ctx.principal is not None else frozenset()
    return next(role for role in UPLOADERS if role in has)


async def _institution_of(ctx: Context, filed: Filed) -> str | None:
    """The institution that a document is filed for: the one that is named, the one of the case, or the officer's own. NotFound."""
    institution_id = filed.institution_id or ctx.own_institution
    if filed.case_id is not None:
        await _may_file_for(ctx, filed.case_id)
        owner = await _owner_of_case(ctx, filed.case_id)
        if institution_id not in (None, owner):
            raise NotFound(f"there is no case {filed.case_id} of {institution_id}")
        institution_id = owner
    if institution_id is None:
        return None
    known = select(institutions.c.institution_id).where(institutions.c.institution_id == institution_id)
    if not ctx.owns(institution_id) or await ctx.row(known) is None:
        raise NotFound(f"there is no institution {institution_id}")
    return institution_id


async def _may_file_for(ctx: Context, case_id: str) -> None:
    """An expert files for the cases of his own panels and commissions alone."""
    who = ctx.principal
    if who is None or who.roles != {Role.expert}:
        return
    m = case_members.c
    if await ctx.row(select(m.case_id).where(m.case_id == case_id, m.expert_id == ctx.actor)) is None:
        raise NotFound(f"there is no case {case_id}")


async def _check_room(ctx: Context, using: Settings, case_id: str | None, received: Received) -> None:
    """Conflict where a case has no room for one document more. Two that come at once may both find the last of it."""
    if case_id is None:
        return
    files, taken = await room_taken(ctx, case_id, besides=received.sha256)
    if files >= using.documents_case_files:
        raise Conflict(f"the case has {files} other documents, and may have {using.documents_case_files}")
    if taken + received.size > using.documents_case_bytes:
        most = using.documents_case_bytes
        raise Conflict(f"the other documents of the case have {taken} bytes together, and with this one may have {most}")


async def _owner_of_case(ctx: Context, case_id: str) -> str:
    """Of an application or an attestation."""
    cases: Any = ((applications, "case_id"), (attestations, "attestation_id"))
    for model, key in cases:
        found = await ctx.row(select(model.c.institution_id).where(model.c[key] == case_id))
        if found is not None:
            return str(found["institution_id"])
    raise NotFound(f"there is no case {case_id}")
