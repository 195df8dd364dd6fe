"""The route of the search: one line of text, and what of the agency it may mean."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Query, Request
from sqlalchemy import RowMapping, select, tuple_

from chassis.context import Context
from chassis.web import Reading, get
from services.notices.api_timeline import READERS
from services.notices.readmodels_search import ID, findings
from services.notices.schemas_timeline import Kind, SearchHit, SearchHits

router = APIRouter(prefix="/v1")

_F = findings.c
_SHOWN_BY = {
    "institution": ("intake", "/v1/institutions"),
    "case": ("intake", "/v1/applications"),
    "certificate": ("council", "/v1/certificates"),
    "attestation": ("intake", "/v1/attestations"),
}
_TITLES = ("number", "name.ru", "name.en", "name.kk", "name.ky", "contract_number", ID)

# Asked as the service's own jobs, for likeness uses no index under row-level security; of what is found only keys are taken.
_SOUGHT = """
SELECT kind, id
FROM findings
WHERE agency = $1 AND {} AND ($4::text IS NULL OR kind = $4) AND ($5::text IS NULL OR institution_id = $5)
GROUP BY kind, id
ORDER BY max(CASE WHEN words = $2 THEN 3 WHEN starts_with(words, $2) THEN 2 WHEN words LIKE $3 THEN 1 ELSE 0 END) DESC,
         max(word_similarity($2, words)) DESC, kind DESC, id
LIMIT $6
"""
_WITHIN = _SOUGHT.format("words LIKE $3")
_ALIKE = _SOUGHT.format("(kind, id, field) IN (SELECT kind, id, field FROM findings WHERE agency = $1 AND words %> $2 LIMIT 500)")


@get(router, "/search", roles=READERS, response_model=SearchHits)
async def search_everything(
    ctx: Reading,
    request: Request,
    q: Annotated[str, Query(min_length=2, max_length=100, description="A name, a number or an id, or their beginning")],
    kind: Kind | None = None,
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
) -> Any:
    """Institutions by a name in any language, cases, certificates and attestations by a number or an id: what is said so first, what
    begins so next, then what has it within; if there is none, what is like it. An officer finds his own institution's."""
    keys = await _likely(request.app.state.runtime.system, ctx, " ".join(q.casefold().split()), kind, limit)
    return SearchHits(items=await _hits(ctx, keys))


async def _likely(pool: asyncpg.Pool, ctx: Context, sought: str, kind: str | None, limit: int) -> list[tuple[str, str]]:
    if not sought:
        return []
    escaped = sought.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    asked = (ctx.agency, sought, f"%{escaped}%", kind, ctx.own_institution, limit)
    rows = await pool.fetch(_WITHIN, *asked)
    return [(row["kind"], row["id"]) for row in rows or await pool.fetch(_ALIKE, *asked)]


async def _hits(ctx: Context, keys: Iterable[tuple[str, str]]) -> list[SearchHit]:
    """What is shown is read under row-level security, as everything is."""
    keys = list(keys)
    if not keys:
        return []
    said = await _said(ctx, keys)
    owners = {("institution", row["institution_id"]) for rows in said.values() for row in rows.values() if row["institution_id"]}
    names = await _said(ctx, sorted(owners - set(keys))) | said
    return [_hit(key, said[key], names) for key in keys if key in said]


async def _said(ctx: Context, keys: list[tuple[str, str]]) -> dict[tuple[str, str], dict[str, RowMapping]]:
    """Everything said of each, by what it is."""
    found: dict[tuple[str, str], dict[str, RowMapping]] = defaultdict(dict)
    if keys:
        for row in await ctx.rows(select(findings.table).where(tuple_(_F.kind, _F.id).in_(keys))):
            found[row["kind"], row["id"]][row["field"]] = row
    return dict(found)


def _hit(key: tuple[str, str], said: Mapping[str, RowMapping], names: Mapping[tuple[str, str], Mapping[str, RowMapping]]) -> SearchHit:
    kind, id = key
    service, path = _SHOWN_BY[kind]
    institution_id = _first(said, "institution_id")
    owner = names.get(("institution", institution_id or ""), {})
    return SearchHit(
        kind=kind,
        id=id,
        title=_title(said),
        subtitle=id if kind == "institution" else _title(owner) if owner else institution_id,
        service=service,
        path=f"{path}/{id}",
        case_id=_first(said, "case_id"),
        institution_id=institution_id,
    )


def _title(said: Mapping[str, RowMapping]) -> str:
    return str(next(said[field]["said"] for field in _TITLES if field in said))


def _first(said: Mapping[str, RowMapping], column: str) -> str | None:
    return next((row[column] for row in said.values() if row[column]), None)
