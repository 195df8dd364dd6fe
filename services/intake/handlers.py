"""Intake's commands: load, decide, append. What a decision needs from elsewhere is gathered here and given to it as facts."""

from datetime import date
from typing import Any

from sqlalchemy import select

from chassis.auth import Role
from chassis.context import Accepted, Context
from chassis.documents import Document
from chassis.ids import new_id
from chassis.problems import Conflict, Forbidden, Invalid, NotFound
from chassis.text import pointer
from regulations import RulebookRef, RulebookUnknown, load, resolve
from services.intake.contract import CloseCase
from services.intake.domain.adoption import ADOPTION, AdoptRulebook, adoption_id
from services.intake.domain.agreement import DrawUpContract, EarlierContract, RecordProcurement, SignContract
from services.intake.domain.application import (
    APPLICATION,
    AttachDocument,
    EndCase,
    FileApplication,
    RegisterApplication,
    WithdrawApplication,
)
from services.intake.domain.institution import INSTITUTION, DescribeInstitution, RecordSuccession, RegisterInstitution
from services.intake.domain.preparation import AppointCoordinator, RecordPreliminaryTrip, RecordSeminar, StateFirstTime
from services.intake.domain.renewal import CertificateFacts
from services.intake.domain.schedule import SCHEDULE, AdoptSchedule, ScheduleCase, schedule_id
from services.intake.readmodels import applications, certificates, decided, refusals
from services.intake.schemas import (
    Appointment,
    ContractSignature,
    ContractText,
    FirstTime,
    InstitutionDetails,
    NewAdoption,
    NewApplication,
    NewInstitution,
    NewSchedule,
    NewSeminar,
    Place,
    Procurement,
    Registration,
    Succession,
    Trip,
    Withdrawal,
)

_NUMBER_TAKEN = {"applications_number_once": Conflict("this registration number is given to another application")}


async def register_institution(ctx: Context, body: NewInstitution) -> Accepted:
    """Enters an institution under the id that its officers' tokens name."""
    command = ctx.command(RegisterInstitution, **body.model_dump())
    return await ctx.execute(INSTITUTION, body.institution_id, command, create=True)


async def describe_institution(ctx: Context, institution_id: str, body: InstitutionDetails) -> Accepted:
    """Replaces the details of an institution."""
    command = ctx.command(DescribeInstitution, **body.model_dump())
    return await ctx.execute(INSTITUTION, institution_id, command)


async def record_succession(ctx: Context, institution_id: str, body: Succession) -> Accepted:
    """Records who took an institution's place."""
    _, known = await ctx.load(INSTITUTION, body.successor_id)
    command = ctx.command(RecordSuccession, successor_known=bool(known), **body.model_dump())
    return await ctx.execute(INSTITUTION, institution_id, command)


async def adopt_rulebook(ctx: Context, body: NewAdoption) -> Accepted:
    """Adopts a rulebook's version for the agency."""
    ref = _rulebook(body.rulebook_id, body.rulebook_version)
    command = ctx.command(AdoptRulebook, rulebook=ref, reason=body.reason)
    return await ctx.execute(ADOPTION, adoption_id(ctx.agency, ref), command, create=True)


async def adopt_schedule(ctx: Context, body: NewSchedule) -> Accepted:
    """Adopts the schedule of a year."""
    command = ctx.command(AdoptSchedule, year=body.year, act=body.act, on=body.adopted_on)
    return await ctx.execute(SCHEDULE, schedule_id(ctx.agency, body.year), command, create=True)


async def file_application(ctx: Context, body: NewApplication) -> Accepted:
    """Files an application for the institution that the caller may speak for."""
    if not ctx.owns(body.institution_id):
        raise Forbidden("an institution's officer files for that institution alone")
    _, known = await ctx.load(INSTITUTION, body.institution_id)
    if not known:
        raise NotFound(f"there is no institution {body.institution_id}")
    ref = _accreditation(body.rulebook_id, body.rulebook_version)
    case_id = new_id()
    command = ctx.command(
        FileApplication,
        case_id=case_id,
        rulebook=ref,
        adopted=await _adopted(ctx, ref),
        certificate=await _certificate(ctx, body.renews_certificate_id),
        refused=await _refused(ctx, body.institution_id),
        **body.model_dump(exclude={"rulebook_id", "rulebook_version", "renews_certificate_id"}),
    )
    return await ctx.execute(APPLICATION, case_id, command, create=True)


async def attach_document(ctx: Context, case_id: str, body: Document) -> Accepted:
    """Adds a document to an application."""
    return await ctx.execute(APPLICATION, case_id, ctx.command(AttachDocument, document=body), guard=ctx.guard_institution)


async def register_application(ctx: Context, case_id: str, body: Registration) -> Accepted:
    """Registers a complete application."""
    command = ctx.command(RegisterApplication, number=body.number)
    return await ctx.execute(APPLICATION, case_id, command, unique=_NUMBER_TAKEN)


async def draw_up_contract(ctx: Context, case_id: str, body: ContractText) -> Accepted:
    """Settles the text of the contract."""
    fields = body.model_dump(exclude={"document"})
    return await ctx.execute(APPLICATION, case_id, ctx.command(DrawUpContract, document=body.document, **fields))


async def record_procurement(ctx: Context, case_id: str, body: Procurement) -> Accepted:
    """Records the public procurement before the contract."""
    return await ctx.execute(APPLICATION, case_id, ctx.command(RecordProcurement, **body.model_dump()))


async def sign_contract(ctx: Context, case_id: str, body: ContractSignature) -> Accepted:
    """Signs for the side that the caller's role speaks for."""
    officer = ctx.principal is not None and Role.institution_officer in ctx.principal.roles
    command = ctx.command(
        SignContract,
        contract_number=body.contract_number,
        side="institution" if officer else "accreditation_body",
        signatory_id=ctx.actor,
        signatory_name=body.signatory_name,
        **await _client(ctx, case_id),
    )
    return await ctx.execute(APPLICATION, case_id, command, guard=ctx.guard_institution)


async def appoint_coordinator(ctx: Context, case_id: str, body: Appointment) -> Accepted:
    """Appoints the coordinator of a case."""
    return await ctx.execute(APPLICATION, case_id, ctx.command(AppointCoordinator, **body.model_dump()))


async def state_first_time(ctx: Context, case_id: str, body: FirstTime) -> Accepted:
    """States otherwise than the history whether it is the first time."""
    return await ctx.execute(APPLICATION, case_id, ctx.command(StateFirstTime, first_time=body.client == "new", reason=body.reason))


async def record_trip(ctx: Context, case_id: str, body: Trip) -> Accepted:
    """Records the preliminary trip."""
    return await ctx.execute(APPLICATION, case_id, ctx.command(RecordPreliminaryTrip, **body.model_dump()))


async def record_seminar(ctx: Context, case_id: str, body: NewSeminar) -> Accepted:
    """Records a training seminar."""
    return await ctx.execute(APPLICATION, case_id, ctx.command(RecordSeminar, **body.model_dump()))


async def withdraw_application(ctx: Context, case_id: str, body: Withdrawal) -> Accepted:
    """Takes an application back for its institution."""
    found = await ctx.row(select(decided.c.decided_on).where(decided.c.case_id == case_id))
    command = ctx.command(
        WithdrawApplication, reason=body.reason, document=body.document, decided_on=found["decided_on"] if found else None
    )
    return await ctx.execute(APPLICATION, case_id, command, guard=ctx.guard_institution)


async def schedule_case(ctx: Context, case_id: str, body: Place) -> Accepted:
    """Gives a case its place in an adopted schedule."""
    state, _ = await ctx.load(SCHEDULE, schedule_id(ctx.agency, body.year))
    command = ctx.command(ScheduleCase, schedule_adopted=state.adopted, **body.model_dump())
    return await ctx.execute(APPLICATION, case_id, command)


async def close_case(ctx: Context, request: CloseCase) -> Accepted:
    """Closes a case at its lifecycle's end; once."""
    return await ctx.execute(APPLICATION, request.case_id, ctx.command(EndCase, outcome=request.outcome))


async def _client(ctx: Context, case_id: str) -> dict[str, Any]:
    """Whose institution a case is and what else was contracted with it, where the rulebook of the case asks that."""
    state, _ = await ctx.load(APPLICATION, case_id)
    if state.filed is None:
        return {}
    rules = resolve(state.filed.rulebook)
    facts: dict[str, Any] = {}
    if "ownership" in rules.vocabularies:
        institution, _ = await ctx.load(INSTITUTION, state.institution_id)
        facts["ownership"] = institution.ownership
    if "first_time_means" in rules.settings:
        c = applications.c
        others = select(c.case_id, c.kind).where(c.institution_id == state.institution_id, c.contracted_on.is_not(None))
        rows = await ctx.rows(others.where(c.case_id != case_id).order_by(c.case_id))
        facts["earlier"] = tuple(EarlierContract(**row) for row in rows)
    return facts


async def _adopted(ctx: Context, ref: RulebookRef) -> bool:
    state, _ = await ctx.load(ADOPTION, adoption_id(ctx.agency, ref))
    return state.adopted


async def _certificate(ctx: Context, certificate_id: str | None) -> CertificateFacts | None:
    if certificate_id is None:
        return None
    found = await ctx.row(select(certificates.table).where(certificates.c.certificate_id == certificate_id))
    if found is None or not ctx.owns(found["institution_id"]):
        raise NotFound(f"there is no certificate {certificate_id}")
    return CertificateFacts(certificate_id, found["institution_id"], found["valid_until"], bool(found["expired"]))


async def _refused(ctx: Context, institution_id: str) -> dict[str, date]:
    """The institution's refused scopes, each with the filing day of the last application for it that was refused."""
    query = (
        select(refusals.c.scope, applications.c.filed_on)
        .join(refusals.table, refusals.c.case_id == applications.c.case_id)
        .where(refusals.c.institution_id == institution_id)
        .order_by(applications.c.filed_on)
    )
    return {row["scope"]: row["filed_on"] for row in await ctx.rows(query)}


def _rulebook(rulebook_id: str, version: str) -> RulebookRef:
    """The rulebook that a body names; Invalid if there is none on the shelf."""
    try:
        return load(rulebook_id, version).ref
    except RulebookUnknown:
        errors = [{"pointer": pointer("rulebook_id"), "detail": "There is no such rulebook, or not in this version."}]
        raise Invalid(f"there is no rulebook {rulebook_id} of version {version}", errors) from None


def _accreditation(rulebook_id: str, version: str) -> RulebookRef:
    """The rulebook of an accreditation that a body names; Invalid for one of another procedure."""
    ref = _rulebook(rulebook_id, version)
    procedure = load(ref.id, ref.version).procedure
    if procedure != "accreditation":
        errors = [{"pointer": pointer("rulebook_id"), "detail": f"This is a rulebook of another procedure: {procedure}."}]
        raise Invalid(f"{rulebook_id} governs no accreditation", errors)
    return ref
