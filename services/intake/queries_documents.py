"""Who sees which documents, how much of them there is, and which are beyond their term. Read models alone, no rule of a document."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, and_, false, func, or_, select, true
from sqlalchemy.engine import RowMapping
from sqlalchemy.sql.elements import ColumnElement

from chassis.auth import Role
from chassis.context import Context
from services.intake.readmodels import applications
from services.intake.readmodels_attestation import attestations
from services.intake.readmodels_documents import case_members, document_filings, documents

STAFF = [Role.coordinator, Role.director, Role.auditor]
COUNCILS = [Role.council_member, Role.expert_council_member]
READERS = [*STAFF, Role.institution_officer, Role.expert, *COUNCILS, Role.authorised_body_officer]

_F, _D = document_filings.c, documents.c
#: What is over: of nothing in it anybody needs the evidence any more.
_OVER = ("withdrawn", "terminated", "discontinued", "closed", "cancelled")


def visible(ctx: Context) -> ColumnElement[bool]:
    """The filings that the caller may see (ADR 16). To everybody the rest is as good as absent."""
    who = ctx.principal
    if who is None or who.has(*STAFF):
        return true()
    seen: list[ColumnElement[bool]] = []
    if who.has(Role.institution_officer):
        seen.append(_F.institution_id == (who.institution or ""))
    if who.roles != {Role.institution_officer}:
        seen.append(_F.filed_by == ctx.actor)
    if who.has(Role.expert):
        seen.append(_F.case_id.in_(cases_of(ctx)))
    if who.has(*COUNCILS):
        personal = select(_D.document_id).where(_D.agency == ctx.agency, _D.personal)
        seen.append(and_(_F.case_id.is_not(None), _F.document_id.not_in(personal)))
    if who.has(Role.authorised_body_officer):
        a = attestations.c
        seen.append(_F.case_id.in_(select(a.attestation_id).where(a.agency == ctx.agency)))
    return or_(false(), *seen)


def cases_of(ctx: Context) -> Select[Any]:
    """The cases in whose panel or commission the caller sits."""
    m = case_members.c
    return select(m.case_id).where(m.agency == ctx.agency, m.expert_id == ctx.actor)


async def filings_of(ctx: Context, document_id: str) -> list[RowMapping]:
    """The filings of a document that the caller may see, oldest first."""
    query = select(document_filings.table).where(_F.document_id == document_id, visible(ctx))
    return list(await ctx.rows(query.order_by(_F.filing_id)))


async def room_taken(ctx: Context, case_id: str, besides: str) -> tuple[int, int]:
    """How many documents a case has besides one, and of how many bytes together."""
    there = (_F.case_id == case_id, _F.erased_on.is_(None), _F.document_id != besides)
    each = select(_F.document_id, _F.size).where(_F.agency == ctx.agency, *there).distinct().subquery()
    found = await ctx.row(select(func.count().label("files"), func.coalesce(func.sum(each.c.size), 0).label("bytes")).select_from(each))
    assert found is not None
    return int(found["files"]), int(found["bytes"])


def beyond_term(today: date, days: int | None) -> ColumnElement[bool]:
    """Of documents: personal evidence that is still there although its term is over. The words are those of its index."""
    if days is None:
        return false()
    return and_(_D.personal, _D.erased_on.is_(None), _D.stored_on < today - timedelta(days=days))


async def due_for_erasure(ctx: Context, days: int, most: int) -> list[str]:
    """What is beyond its term and of no case that goes on, the oldest first."""
    query = select(_D.document_id).where(beyond_term(ctx.at.date(), days), ~_needed(ctx)).order_by(_D.stored_on, _D.document_id)
    return [row["document_id"] for row in await ctx.rows(query.limit(most))]


async def oldest_personal(ctx: Context) -> tuple[date | None, bool]:
    """Of the personal evidence that is there: the earliest day of filing of what is of no case that goes on, and whether there is other."""
    there = and_(_D.personal, _D.erased_on.is_(None))
    free = await ctx.row(select(func.min(_D.stored_on).label("day")).where(there, ~_needed(ctx)))
    held = await ctx.row(select(_D.document_id).where(there, _needed(ctx)))
    return (free["day"] if free else None), held is not None


def _needed(ctx: Context) -> ColumnElement[bool]:
    """Whether a document was filed for a case that goes on."""
    a, t = applications.c, attestations.c
    cases = select(a.case_id).where(a.agency == ctx.agency, a.stage.not_in(_OVER))
    attested = select(t.attestation_id).where(t.agency == ctx.agency, t.stage.not_in(_OVER))
    goes_on = or_(_F.case_id.in_(cases), _F.case_id.in_(attested))
    return select(_F.document_id).where(_F.agency == ctx.agency, _F.document_id == _D.document_id, goes_on).exists()
