"""Council's commands: load, decide, append. What a decision needs from other aggregates is gathered here and given to it as facts."""

from sqlalchemy import select

from chassis.auth import Role
from chassis.context import Accepted, Context
from chassis.ids import new_id
from chassis.problems import Conflict, Forbidden, Invalid, NotFound, Problem, Refused
from chassis.text import pointer
from regulations import RulebookRef, RulebookUnknown, load, resolve
from services.council import contract
from services.council.contract import CaseBeforeCouncil, CertificateStep, CouncilMember, ReadCase
from services.council.domain import consideration as case
from services.council.domain import notices
from services.council.domain.adoption import Statement
from services.council.domain.blanks import BLANKS, ReceiveBlanks, SpoilBlank
from services.council.domain.certificate import (
    CERTIFICATE,
    CloseRenewalWindow,
    EndCertificate,
    EnterRegister,
    ExpireCertificate,
    IssueCertificate,
    IssueDuplicate,
    NotifyAuthorisedBody,
    OpenRenewalWindow,
    PayDuplicate,
    ReissueCertificate,
    RequestDuplicate,
    certificate_id,
    reissued_id,
)
from services.council.domain.clauses import keeps_blanks
from services.council.domain.consideration import CONSIDERATION
from services.council.domain.council import COUNCIL, ComposeCouncil, groups_missing
from services.council.domain.deviation import Grounds
from services.council.domain.dossier import lacking
from services.council.domain.meeting import MEETING, AgendaItem, ConveneMeeting, RecordAttendance
from services.council.domain.powers import powers
from services.council.handlers_dossier import sitting_of
from services.council.handlers_remedies import require_no_stay, visits_reported
from services.council.handlers_resolutions import agenda_item
from services.council.readmodels_certificates import (
    institutions,
)
from services.council.schemas import (
    Attendance,
    Ballot,
    Materials,
    NewCouncil,
    NewMeeting,
    Protocol,
    Recusal,
    RefusalNotice,
)
from services.council.schemas_certificates import (
    AuthorisedBodyNotice,
    CertificateEnding,
    DuplicateApplication,
    DuplicatePayment,
    NewBlanks,
    NewCertificate,
    NewDuplicate,
    NewReissue,
    SpoiledBlank,
)


async def compose_council(ctx: Context, body: NewCouncil) -> Accepted:
    """Composes a council by the body's acts."""
    council_id = new_id()
    command = ctx.command(
        ComposeCouncil,
        council_id=council_id,
        rulebook=_council_rulebook(body.rulebook_id, body.rulebook_version),
        members=tuple(CouncilMember(**member.model_dump()) for member in body.members),
        composition_act=body.composition_act or "",
        statute_act=body.statute_act or "",
    )
    return await ctx.execute(COUNCIL, council_id, command, create=True)


async def convene_meeting(ctx: Context, body: NewMeeting) -> Accepted:
    """Convenes a council on cases whose materials are ready."""
    council, known = await ctx.load(COUNCIL, body.council_id)
    if not known or council.rulebook is None:
        raise NotFound(f"there is no council {body.council_id}")
    meeting_id = new_id()
    command = ctx.command(
        ConveneMeeting,
        meeting_id=meeting_id,
        council_id=body.council_id,
        rulebook=council.rulebook,
        members=council.member_ids_on(body.held_on),
        missing_groups=groups_missing(resolve(council.rulebook), council.seated_on(body.held_on)),
        ballot=body.ballot,
        held_on=body.held_on,
        agenda=tuple([await _agenda_item(ctx, case_id) for case_id in body.agenda]),
    )
    return await ctx.execute(MEETING, meeting_id, command, create=True)


async def record_attendance(ctx: Context, meeting_id: str, body: Attendance) -> Accepted:
    """Records who is present."""
    return await ctx.execute(MEETING, meeting_id, ctx.command(RecordAttendance, **body.model_dump()))


async def open_consideration(ctx: Context, request: contract.OpenConsideration) -> Accepted:
    """Opens the consideration of a case; once."""
    command = ctx.command(case.Open, **request.model_dump(exclude={"agency"}))
    return await ctx.execute(CONSIDERATION, request.case_id, command, create=True)


async def prepare_materials(ctx: Context, case_id: str, body: Materials) -> Accepted:
    """Records that the council's materials are ready."""
    given = {"documents": body.documents, "conclusion": body.conclusion or ""}
    command = ctx.command(case.PrepareMaterials, **given, visits_reported=await visits_reported(ctx, case_id))
    return await ctx.execute(CONSIDERATION, case_id, command)


async def recuse_member(ctx: Context, case_id: str, body: Recusal) -> Accepted:
    """Recuses the caller, or the member whom a coordinator names."""
    coordinator = ctx.principal is not None and ctx.principal.has(Role.coordinator)
    member_id = body.member_id or ctx.actor
    if member_id != ctx.actor and not coordinator:
        raise Forbidden("a council member recuses nobody else")
    sitting = await sitting_of(ctx, body.meeting_id)
    command = ctx.command(case.RecuseMember, sitting=sitting, member_id=member_id, reason=body.reason)
    return await ctx.execute(CONSIDERATION, case_id, command)


async def cast_vote(ctx: Context, case_id: str, body: Ballot) -> Accepted:
    """Casts the caller's own vote."""
    sitting = await sitting_of(ctx, body.meeting_id)
    command = ctx.command(case.CastVote, sitting=sitting, member_id=ctx.actor, scope=body.scope, vote=body.vote)
    return await ctx.execute(CONSIDERATION, case_id, command)


async def adopt_decision(ctx: Context, case_id: str, body: Protocol) -> Accepted:
    """Counts the votes and records the decision."""
    await require_no_stay(ctx, case_id)
    command = ctx.command(
        case.AdoptDecision,
        sitting=await sitting_of(ctx, body.meeting_id, deciding=True),
        protocol_number=body.protocol_number,
        reasons=body.reasons or "",
        presiding_statements=tuple(Statement(**each.model_dump()) for each in body.presiding_statements),
        grounds=tuple(Grounds(**each.model_dump()) for each in body.deviations),
    )
    return await ctx.execute(CONSIDERATION, case_id, command)


async def send_refusal_notice(ctx: Context, case_id: str, body: RefusalNotice) -> Accepted:
    """Records the written notice of a refusal."""
    return await ctx.execute(CONSIDERATION, case_id, ctx.command(notices.SendRefusalNotice, reasons=body.reasons or ""))


async def receive_blanks(ctx: Context, body: NewBlanks) -> Accepted:
    """Enters a batch in the agency's book of blanks."""
    rulebook = _accreditation(body.rulebook_id, body.rulebook_version)
    command = ctx.command(ReceiveBlanks, rulebook=rulebook, **body.model_dump(exclude={"rulebook_id", "rulebook_version"}))
    _, known = await ctx.load(BLANKS, ctx.agency)
    return await ctx.execute(BLANKS, ctx.agency, command, create=not known)


async def spoil_blank(ctx: Context, body: SpoiledBlank) -> Accepted:
    """Writes off a blank that no certificate stands on."""
    state, known = await ctx.load(BLANKS, ctx.agency)
    if not known:
        raise NotFound("the agency's book of blanks is empty")
    taken = _blank_taken(body.blank_number, state.received[-1].rulebook)
    return await ctx.execute(BLANKS, ctx.agency, ctx.command(SpoilBlank, **body.model_dump()), unique=taken)


async def issue_certificate(ctx: Context, body: NewCertificate) -> Accepted:
    """Issues the certificate of a case; the blank's one fate and the number are settled in the same transaction."""
    decided, known = await ctx.load(CONSIDERATION, body.case_id)
    if not known or decided.opened is None:
        raise NotFound(f"case {body.case_id} is not before the council")
    book, _ = await ctx.load(BLANKS, ctx.agency)
    issued_as = certificate_id(body.case_id, max(decided.rounds, 1))
    _, there = await ctx.load(CERTIFICATE, issued_as)
    command = ctx.command(
        IssueCertificate,
        certificate_id=issued_as,
        rulebook=decided.opened.rulebook,
        decision=decided.decision,
        not_in_force=tuple(decided.appeals.resting),
        stopped=decided.stopped,
        certified=await _certified(ctx, body.case_id, decided.rounds),
        blank_received=book.knows(body.blank_number or ""),
        blank_spoiled=body.blank_number in book.spoiled,
        **body.model_dump(exclude={"blank_number"}),
        blank_number=body.blank_number or "",
    )
    taken = _blank_taken(body.blank_number, decided.opened.rulebook) | _number_taken(body.number)
    return await ctx.execute(CERTIFICATE, issued_as, command, create=not there, unique=taken)


async def read_case(ctx: Context, question: ReadCase) -> CaseBeforeCouncil:
    """What a lifecycle needs to take up again a case whose decision was sent back."""
    decided, known = await ctx.load(CONSIDERATION, question.case_id)
    if not known or decided.opened is None:
        raise NotFound(f"case {question.case_id} is not before the council")
    return CaseBeforeCouncil(
        **decided.opened.model_dump(include={"institution_id", "rulebook", "scopes", "filed_on", "registered_on"}),
        appeals=decided.appeals.filed,
        remitted=bool(decided.appeals.remitted),
        certified=tuple(await _certified(ctx, question.case_id, decided.rounds + 1)),
    )


async def end_certificate(ctx: Context, certificate: str, body: CertificateEnding) -> Accepted:
    """Records the end of a certificate before its term."""
    state, known = await ctx.load(CERTIFICATE, certificate)
    if not known or state.issued is None:
        raise NotFound(f"there is no certificate {certificate}")
    decided, _ = await ctx.load(CONSIDERATION, state.issued.case_id)
    command = ctx.command(
        EndCertificate,
        successor_known=await _known_institution(ctx, body.successor_id),
        overturned_on=decided.appeals.overturned_on(state.issued.scopes),
        **body.model_dump(),
    )
    return await ctx.execute(CERTIFICATE, certificate, command)


async def reissue_certificate(ctx: Context, body: NewReissue) -> Accepted:
    """Issues the certificate of the successor."""
    earlier, known = await ctx.load(CERTIFICATE, body.certificate_id)
    if not known or earlier.issued is None:
        raise NotFound(f"there is no certificate {body.certificate_id}")
    book, _ = await ctx.load(BLANKS, ctx.agency)
    issued_as = reissued_id(body.certificate_id)
    _, there = await ctx.load(CERTIFICATE, issued_as)
    command = ctx.command(
        ReissueCertificate,
        certificate_id=issued_as,
        rulebook=earlier.issued.rulebook,
        earlier=earlier.issued,
        ended=earlier.ended,
        number=body.number,
        blank_number=body.blank_number or "",
        blank_received=book.knows(body.blank_number or ""),
        blank_spoiled=body.blank_number in book.spoiled,
    )
    taken = _blank_taken(body.blank_number, earlier.issued.rulebook) | _number_taken(body.number)
    return await ctx.execute(CERTIFICATE, issued_as, command, create=not there, unique=taken)


async def request_duplicate(ctx: Context, certificate: str, body: DuplicateApplication) -> Accepted:
    """Records the written application for a duplicate; an institution's officer applies for its own certificate alone."""
    command = ctx.command(RequestDuplicate, application=body.application)
    return await ctx.execute(CERTIFICATE, certificate, command, guard=ctx.guard_institution)


async def pay_duplicate(ctx: Context, certificate: str, body: DuplicatePayment) -> Accepted:
    """Records the payment for a duplicate."""
    return await ctx.execute(CERTIFICATE, certificate, ctx.command(PayDuplicate, **body.model_dump()))


async def issue_duplicate(ctx: Context, certificate: str, body: NewDuplicate) -> Accepted:
    """Issues a duplicate; the blank's one fate is settled in the same transaction."""
    state, known = await ctx.load(CERTIFICATE, certificate)
    if not known or state.issued is None:
        raise NotFound(f"there is no certificate {certificate}")
    book, _ = await ctx.load(BLANKS, ctx.agency)
    command = ctx.command(
        IssueDuplicate,
        blank_number=body.blank_number or "",
        blank_received=book.knows(body.blank_number or ""),
        blank_spoiled=body.blank_number in book.spoiled,
    )
    return await ctx.execute(CERTIFICATE, certificate, command, unique=_blank_taken(body.blank_number, state.issued.rulebook))


async def enter_register(ctx: Context, certificate: str) -> Accepted:
    """Enters the accreditation in the public register."""
    return await ctx.execute(CERTIFICATE, certificate, ctx.command(EnterRegister))


async def notify_authorised_body(ctx: Context, certificate: str, body: AuthorisedBodyNotice) -> Accepted:
    """Records the letter to the authorised body."""
    command = ctx.command(NotifyAuthorisedBody, outgoing_number=body.outgoing_number)
    return await ctx.execute(CERTIFICATE, certificate, command)


async def open_renewal_window(ctx: Context, request: CertificateStep) -> Accepted:
    """Opens the time in which the certificate can be extended; once."""
    return await ctx.execute(CERTIFICATE, request.certificate_id, ctx.command(OpenRenewalWindow))


async def close_renewal_window(ctx: Context, request: CertificateStep) -> Accepted:
    """Closes it after its last day; once."""
    return await ctx.execute(CERTIFICATE, request.certificate_id, ctx.command(CloseRenewalWindow))


async def expire_certificate(ctx: Context, request: CertificateStep) -> Accepted:
    """Records that the certificate lapsed; once."""
    return await ctx.execute(CERTIFICATE, request.certificate_id, ctx.command(ExpireCertificate))


async def _agenda_item(ctx: Context, case_id: str) -> AgendaItem:
    state, _ = await ctx.load(CONSIDERATION, case_id)
    if state.opened is None:
        return await agenda_item(ctx, case_id)
    return AgendaItem(
        case_id,
        state.opened.rulebook.id,
        prepared=state.materials is not None,
        decided=state.decided,
        missing=() if state.materials else lacking(resolve(state.opened.rulebook), state.dossier),
        stopped=state.stopped,
    )


async def _known_institution(ctx: Context, institution_id: str | None) -> bool:
    if institution_id is None:
        return False
    return await ctx.row(select(institutions.table).where(institutions.c.institution_id == institution_id)) is not None


def _number_taken(number: str) -> dict[str, Problem]:
    return {"certificates_number_once": Conflict(f"number {number} is given to another certificate")}


async def _certified(ctx: Context, case_id: str, rounds: int) -> dict[str, str]:
    """The scopes that stand on a certificate of an earlier round which is still in force, with its number."""
    standing: dict[str, str] = {}
    for number in range(1, rounds):
        earlier, _ = await ctx.load(CERTIFICATE, certificate_id(case_id, number))
        if earlier.issued is not None and not earlier.over:
            standing |= dict.fromkeys(earlier.issued.scopes, earlier.issued.number)
    return standing


def _blank_taken(blank_number: str | None, rulebook: RulebookRef) -> dict[str, Problem]:
    clause = keeps_blanks(load(rulebook.id, rulebook.version))
    if clause is None:
        return {}
    return {
        "blank_fates_blank_number_once": Refused(
            f"blank {blank_number} was used or spoiled already",
            clause=clause,
            rulebook=rulebook.id,
            accepts="an unused blank from the book of blanks",
        )
    }


def _rulebook(rulebook_id: str, version: str) -> RulebookRef:
    """The rulebook that a body names; Invalid if there is none on the shelf."""
    try:
        return load(rulebook_id, version).ref
    except RulebookUnknown:
        errors = [{"pointer": pointer("rulebook_id"), "detail": "There is no such rulebook, or not in this version."}]
        raise Invalid(f"there is no rulebook {rulebook_id} of version {version}", errors) from None


def _council_rulebook(rulebook_id: str, version: str) -> RulebookRef:
    """The rulebook under which a council sits: of an accreditation, or of a follow-up in which it decides."""
    ref = _rulebook(rulebook_id, version)
    return ref if powers(load(ref.id, ref.version)) else _accreditation(rulebook_id, version)


def _accreditation(rulebook_id: str, version: str) -> RulebookRef:
    """The rulebook of an accreditation that a body names; Invalid for one of another procedure."""
    ref = _rulebook(rulebook_id, version)
    procedure = load(ref.id, ref.version).procedure
    if procedure != "accreditation":
        errors = [{"pointer": pointer("rulebook_id"), "detail": f"This is a rulebook of another procedure: {procedure}."}]
        raise Invalid(f"{rulebook_id} governs no accreditation", errors)
    return ref
