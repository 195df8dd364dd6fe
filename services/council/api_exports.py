"""Council's routes for what goes to other registers: DEQAR's submissions, and the notice to who keeps the national register."""

import csv
import io
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from chassis.auth import Role
from chassis.citations import cited
from chassis.context import Context
from chassis.events import Event
from chassis.problems import NotFound, Refused
from chassis.text import IsoDate
from chassis.web import Id, Reading, get
from regulations import Rulebook, RulebookRef, resolve
from services.council.api_remedies import AGENCY, deqar_report
from services.council.contract import AuthorisedBodyNotified, MinistryInformed, NationalRegisterTold
from services.council.deqar import table
from services.council.domain.aftermath import DEQAR, NATIONAL
from services.council.domain.clauses import adopts
from services.council.readmodels import considerations
from services.council.readmodels_certificates import certificates
from services.council.readmodels_remedies import after_decisions
from services.council.register import Wanted, entries
from services.council.schemas_register import NationalRegisterLetter
from services.council.schemas_remedies import DeqarReport

router = APIRouter(prefix="/v1")

Since = Annotated[IsoDate | None, Query(description="Only what was decided on this local day or later")]

#: The event that records the notice of an entry, in the order in which a rulebook is asked for its clause.
_ENTRIES: tuple[type[Event], ...] = (AuthorisedBodyNotified, MinistryInformed)


@get(router, "/deqar-submissions", roles=AGENCY, response_model=list[DeqarReport], response_model_exclude_none=True)
async def list_deqar_submissions(ctx: Reading, decided_since: Since = None) -> Any:
    """The decided cases as submission objects of DEQAR's API v2, the earliest first (IQAA, S3.g).

    Only what is published: DEQAR has the report with the decision.
    """
    return await _submissions(ctx, decided_since)


@get(router, "/deqar-submissions.csv", roles=AGENCY, media=["text/csv"], response_class=Response, response_model=None)
async def download_deqar_submissions(ctx: Reading, decided_since: Since = None) -> Response:
    """The same in DEQAR's CSV form. What Kepil does not know (`status`, where files are, `degree_outcome`) a person adds."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(table(await _submissions(ctx, decided_since)))
    name = f"deqar-{ctx.agency}-{ctx.at.date().isoformat()}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(text.getvalue().encode(), media_type="text/csv; charset=utf-8", headers=headers)


async def _submissions(ctx: Context, since: date | None) -> list[DeqarReport]:
    """One in which an appeal set the decision aside is before the council again, and not told until it is decided anew."""
    c = considerations.c
    query = select(considerations.table).where(c.stage == "decided", c.adopted_on.is_not(None), c.published_on.is_not(None))
    query = query if since is None else query.where(c.adopted_on >= since)
    found = await ctx.rows(query.order_by(c.adopted_on, c.case_id))
    known = [dict(row) for row in found if DEQAR in _rules(row["rulebook"]).registers]
    return [await deqar_report(ctx, row) for row in known]


@get(
    router,
    "/certificates/{certificate_id}/national-register-notice",
    roles=[*AGENCY, Role.authorised_body_officer],
    response_model=NationalRegisterLetter,
)
async def read_national_register_notice(ctx: Reading, certificate_id: Id) -> Any:
    """What the keeper of the national register is to be told (order 109, p. 24; IQAA, S3.h; Sapattuu Bilim, 3.3.c)."""
    entry = await ctx.row(entries(Wanted(agency=ctx.agency, certificate_id=certificate_id), ctx.at))
    certificate = await ctx.row(select(certificates.table).where(certificates.c.certificate_id == certificate_id))
    if entry is None or certificate is None:
        raise NotFound(f"the register has no certificate {certificate_id}")
    rules = _rules(entry["rulebook"])
    removed = entry["revoked_on"] is not None
    told = next((each for each in ((NationalRegisterTold,) if removed else _ENTRIES) if rules.id in each.under), None)
    if told is None:
        accepts = "the entry in the agency's own register"
        raise Refused("the rulebook has no notice to a national register", clause=adopts(rules), rulebook=rules.id, accepts=accepts)
    after = await ctx.row(select(after_decisions.table).where(after_decisions.c.case_id == entry["case_id"]))
    kept = rules.registers.get(NATIONAL)
    clauses = cited(rules, lambda book: told.under.get(book, ()))
    on, number = _told(told, certificate, after)
    return NationalRegisterLetter.model_validate(
        {
            "what": "removal" if removed else "entry",
            "kept_by": kept.kept_by if kept else None,
            "register_names": dict(kept.names) if kept else None,
            "clauses": clauses,
            "quote": dict(rules.clauses[clauses[-1].id].quote or {}),
            "told_on": on,
            "outgoing_number": number,
            "entry": dict(entry),
        }
    )


def _told(how: type[Event], certificate: Mapping[Any, Any], after: Mapping[Any, Any] | None) -> tuple[date | None, str | None]:
    """When the keeper was told, and by which letter."""
    if how is NationalRegisterTold:
        return certificate["national_register_told_on"], certificate["national_register_outgoing_number"]
    if how is AuthorisedBodyNotified:
        return certificate["notified_on"], certificate["outgoing_number"]
    return (after["ministry_informed_on"], after["ministry_number"]) if after else (None, None)


def _rules(ref: Any) -> Rulebook:
    return resolve(RulebookRef.model_validate(ref))
