"""Council's routes for certificates that are followed up: recorded from outside, received, restored, extended, told of."""

from fastapi import APIRouter

from chassis.auth import Role
from chassis.context import Accepted
from chassis.web import Commanding, Id, post
from services.council import handlers_followed as handlers
from services.council.domain.followed import ExtendCertificate, ReceiveCertificate
from services.council.domain.sanctions import RestoreCertificate, TellNationalRegister
from services.council.schemas_followed import NationalRegisterNotice, NewExtension, NewRecording, Receipt, Restoration

router = APIRouter(prefix="/v1")

CERTIFICATE = "/certificates/{certificate_id}"


@post(router, "/certificates/recordings", roles=[Role.coordinator, Role.director], status=201, if_match=False)
async def record_certificate(ctx: Commanding, body: NewRecording) -> Accepted:
    """Records a certificate that was given outside, so that it is followed up (AAKR, I.1; Sapattuu Bilim, I.3.a, 2.6.s1).

    Recorded again with the same content, nothing follows; with another one it is a conflict.
    """
    return await handlers.record_certificate(ctx, body)


@post(router, f"{CERTIFICATE}/receipt", roles=[Role.coordinator, Role.institution_officer], command=ReceiveCertificate)
async def receive_certificate(ctx: Commanding, certificate_id: Id, body: Receipt) -> Accepted:
    """Records that the institution received its certificate: its follow-up counts from then (AAKR, II.3)."""
    return await handlers.receive_certificate(ctx, certificate_id, body)


@post(router, f"{CERTIFICATE}/restoration", roles=[Role.director], command=RestoreCertificate)
async def restore_certificate(ctx: Commanding, certificate_id: Id, body: Restoration) -> Accepted:
    """Gives a suspended certificate its validity back, longer by what the suspension took (Sapattuu Bilim, 3.3.b.s2)."""
    return await handlers.restore_certificate(ctx, certificate_id, body)


@post(router, f"{CERTIFICATE}/extension", roles=[Role.coordinator], status=201, command=ExtendCertificate)
async def extend_certificate(ctx: Commanding, certificate_id: Id, body: NewExtension) -> Accepted:
    """Issues the certificate of two or four years that goes on after this one, by the council's resolution (Sapattuu Bilim, 3.2)."""
    return await handlers.extend_certificate(ctx, certificate_id, body)


@post(router, f"{CERTIFICATE}/national-register-notice", roles=[Role.coordinator], command=TellNationalRegister)
async def tell_national_register(ctx: Commanding, certificate_id: Id, body: NationalRegisterNotice) -> Accepted:
    """Records the letter by which a revoked certificate is taken off the national register (Sapattuu Bilim, 3.3.c)."""
    return await handlers.tell_national_register(ctx, certificate_id, body)
