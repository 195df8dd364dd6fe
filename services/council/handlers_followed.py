"""Council's commands on certificates that are followed up, and what comes about by the time alone."""

import asyncio
import logging
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ColumnElement, and_, func, literal_column, or_, select

from chassis.context import Accepted, Context
from chassis.decider import Command
from chassis.problems import Conflict, Invalid, NotFound, Problem, VersionConflict
from chassis.text import pointer
from regulations import RulebookUnknown, load
from services.council.contract import CertificateSanction, Due, ResolutionAdopted, RunDue
from services.council.domain.certificate import CERTIFICATE, CloseRenewalWindow, ExpireCertificate, OpenRenewalWindow
from services.council.domain.followed import ExtendCertificate, ReceiveCertificate, RecordCertificate, extended_id, recorded_id
from services.council.domain.resolution import RESOLUTION, Resolution
from services.council.domain.sanctions import (
    EndSuspensionTerm,
    RestoreCertificate,
    RevokeCertificate,
    SuspendCertificate,
    TellNationalRegister,
)
from services.council.domain.standing import Certificate
from services.council.readmodels_certificates import OURS, UNCLOSED, UNOPENED, certificates, institutions
from services.council.readmodels_followed import suspensions
from services.council.readmodels_resolutions import resolutions
from services.council.schemas_followed import NationalRegisterNotice, NewExtension, NewRecording, Receipt, Restoration

log = logging.getLogger(__name__)

#: How many certificates one call of `run_due` moves.
TOGETHER = 500

UNIQUE: dict[str, Problem] = {
    "certificates_number_once": Conflict("the number is given to another certificate"),
    "certificates_extends_once": Conflict("the certificate was extended already"),
}


async def record_certificate(ctx: Context, body: NewRecording) -> Accepted:
    """Records a certificate that was given outside; again with the same content, nothing follows."""
    try:
        rulebook = load(body.rulebook_id, body.rulebook_version).ref
    except RulebookUnknown:
        raise _invalid("rulebook_id", "There is no such rulebook, or not in this version.") from None
    c = institutions.c
    if await ctx.row(select(c.institution_id).where(c.institution_id == body.institution_id)) is None:
        raise _invalid("institution_id", "No such institution is registered with the agency.")
    certificate_id = recorded_id(ctx.agency, body.rulebook_id, body.number)
    told = {name: value for name, value in dict(body).items() if name not in ("rulebook_id", "rulebook_version")}
    command = ctx.command(RecordCertificate, certificate_id=certificate_id, rulebook=rulebook, **told)
    return await ctx.execute(CERTIFICATE, certificate_id, command, create=True, unique=UNIQUE)


async def receive_certificate(ctx: Context, certificate_id: str, body: Receipt) -> Accepted:
    """Records the receipt; an institution's officer that of its own certificate alone."""
    command = ctx.command(ReceiveCertificate, received_on=body.received_on)
    return await ctx.execute(CERTIFICATE, certificate_id, command, guard=ctx.guard_institution)


async def restore_certificate(ctx: Context, certificate_id: str, body: Restoration) -> Accepted:
    """Records that a suspended certificate is valid again."""
    return await ctx.execute(CERTIFICATE, certificate_id, ctx.command(RestoreCertificate, **body.model_dump()))


async def extend_certificate(ctx: Context, earlier_id: str, body: NewExtension) -> Accepted:
    """Issues the further certificate. The version that the caller has read is that of the earlier one."""
    read, ctx.expected_version = ctx.expected_version, None
    earlier, known = await ctx.load(CERTIFICATE, earlier_id)
    if not known or earlier.issued is None:
        raise NotFound(f"there is no certificate {earlier_id}")
    if read not in (None, known):
        raise VersionConflict(f"you expect version {read} of the earlier certificate, it stands at {known}")
    resolution, adopted = await _resolution(ctx, body.decision_id)
    issued_as = extended_id(earlier_id, body.decision_id)
    _, there = await ctx.load(CERTIFICATE, issued_as)
    assert resolution.opened is not None
    command = ctx.command(
        ExtendCertificate,
        certificate_id=issued_as,
        rulebook=resolution.opened.rulebook,
        earlier=earlier.issued,
        over="" if earlier.expired else earlier.over,
        suspended=earlier.suspended is not None and not earlier.expired,
        adopted=adopted,
        number=body.number,
    )
    return await ctx.execute(CERTIFICATE, issued_as, command, create=not there, unique=UNIQUE)


async def can_be_extended(ctx: Context, certificate: Certificate) -> bool:
    """Whether a resolution extends it, and that is not done; one that is suspended is restored before."""
    if certificate.issued is None or certificate.suspended is not None or (certificate.over and not certificate.expired):
        return False
    r, c = resolutions.c, certificates.c
    id_ = certificate.issued.certificate_id
    done = await ctx.row(select(c.certificate_id).where(c.certificate_id == id_, c.extended_as.is_not(None)))
    adopted = await ctx.rows(select(r.decisions).where(r.certificate_id == id_, r.adopted_on.is_not(None)))
    return done is None and any(item["term"] for row in adopted for item in row["decisions"])


async def tell_national_register(ctx: Context, certificate_id: str, body: NationalRegisterNotice) -> Accepted:
    """Records the letter to who keeps the national register."""
    return await ctx.execute(CERTIFICATE, certificate_id, ctx.command(TellNationalRegister, **body.model_dump()))


async def suspend_certificate(ctx: Context, sanction: CertificateSanction) -> Accepted:
    """Does what the council adopted; once."""
    return await _sanction(ctx, sanction, SuspendCertificate)


async def revoke_certificate(ctx: Context, sanction: CertificateSanction) -> Accepted:
    """Does what the council adopted; once."""
    return await _sanction(ctx, sanction, RevokeCertificate)


async def _sanction(ctx: Context, sanction: CertificateSanction, kind: type[SuspendCertificate] | type[RevokeCertificate]) -> Accepted:
    """The resolution itself is asked: a lifecycle only says that it is time."""
    resolution, adopted = await _resolution(ctx, sanction.decision_id)
    assert resolution.opened is not None
    command = ctx.command(
        kind,
        rulebook=resolution.opened.rulebook,
        decision_id=sanction.decision_id,
        adopted=adopted,
        reasons=sanction.reasons,
    )
    return await ctx.execute(CERTIFICATE, sanction.certificate_id, command)


async def _resolution(ctx: Context, decision_id: str) -> tuple[Resolution, ResolutionAdopted | None]:
    resolution, known = await ctx.load(RESOLUTION, decision_id)
    if not known or resolution.opened is None:
        raise NotFound(f"there is no resolution {decision_id}")
    return resolution, resolution.adopted


async def run_due(ctx: Context, request: RunDue) -> Due:
    """What has come about by now, at most `TOGETHER` of it, side by side; a certificate of a case of ours has its own lifecycle."""
    found: list[tuple[str, type[Command]]] = []
    for kind, column, where in _MOVES:
        room = TOGETHER + 1 - len(found)
        if room <= 0:
            break
        table = suspensions if kind is EndSuspensionTerm else certificates
        query = select(table.c.certificate_id).where(column <= ctx.at, where).order_by(column, table.c.certificate_id).limit(room)
        found += [(row["certificate_id"], kind) for row in await ctx.rows(query)]
    now = found[:TOGETHER]
    done = sum(await asyncio.gather(*(_moved(ctx.apart(), certificate_id, kind) for certificate_id, kind in now)))
    return Due(done=done, next_at=await _next(ctx), more=len(found) > TOGETHER)


async def _moved(ctx: Context, certificate_id: str, kind: type[Command]) -> bool:
    """Whether anything followed. One certificate that is refused holds up no other: it stays due, and an operator is told."""
    try:
        accepted = await ctx.execute(CERTIFICATE, certificate_id, ctx.command(kind))
    except Problem as problem:
        log.warning("%s of certificate %s was refused: %s", kind.__name__, certificate_id, problem.detail)
        return False
    return bool(accepted.events)


async def _next(ctx: Context) -> datetime | None:
    """What was refused for now is due still: its instant is over."""
    instants: list[Any] = []
    for _, column, where in _MOVES:
        row = await ctx.row(select(func.min(column).label("at")).where(where))
        instants.append(row["at"] if row else None)
    return min((at for at in instants if at is not None), default=None)


def _moves() -> list[tuple[type[Command], ColumnElement[Any], ColumnElement[bool]]]:
    """What moves by itself: the command, the instant, and where that is still to come."""
    c, s = certificates.c, suspensions.c
    gone = select(c.certificate_id).where(
        c.agency == s.agency,
        c.certificate_id == s.certificate_id,
        or_(c.expired_on.is_not(None), c.ended_on.is_not(None), c.revoked_on.is_not(None)),
    )
    return [
        (ExpireCertificate, c.lapses_at, literal_column(OURS, Boolean)),
        (CloseRenewalWindow, c.window_closes_at, literal_column(UNCLOSED, Boolean)),
        (OpenRenewalWindow, c.window_opens_at, and_(literal_column(UNOPENED, Boolean), c.window_closes_at > c.window_opens_at)),
        (EndSuspensionTerm, s.ends_at, and_(s.term_ended_on.is_(None), s.restored_on.is_(None), ~gone.exists())),
    ]


_MOVES = _moves()


def _invalid(field: str, detail: str) -> Invalid:
    return Invalid(detail, [{"pointer": pointer(field), "detail": detail}])
