"""Intake's commands: load, decide, append. What a decision needs from elsewhere is gathered here and given to it as facts."""

from datetime import date
from typing import Any

from sqlalchemy import select

from chassis.auth import Principal, Role
from chassis.context import Accepted, Context
from chassis.corrections import Correction
from chassis.documents import Document
from chassis.ids import new_id
from chassis.problems import Conflict, Forbidden, Invalid, NotFound
from chassis.text import pointer
from regulations import RulebookRef, RulebookUnknown, load, local_date, resolve
from services.intake.contract import CloseCase, ReopenCase
from services.intake.domain import corrections, institution, standards
from services.intake.domain.adoption import ADOPTION, AdoptRulebook, adoption_id
from services.intake.domain.agreement import DrawUpContract, EarlierContract, RecordProcurement, Side, SignContract
from services.intake.domain.application import (
    APPLICATION,
    AttachDocument,
    EndCase,
    FileApplication,
    RegisterApplication,
)
from services.intake.domain.institution import INSTITUTION, CloseInstitution, DescribeInstitution, RecordSuccession, RegisterInstitution
from services.intake.domain.preparation import AppointCoordinator, RecordPreliminaryTrip, RecordSeminar, StateFirstTime
from services.intake.domain.renewal import CertificateFacts
from services.intake.domain.schedule import SCHEDULE, SCHEDULE_CORRECTIONS, AdoptSchedule, ScheduleCase, schedule_id
from services.intake.domain.standards import STANDARDS, AdoptedStandards, AdoptStandards, references_of, standards_id
from services.intake.domain.standing import (
    DiscontinueCase,
    ResumeCase,
    SuspendCase,
    TakeUpAgain,
    TerminateContract,
    WithdrawApplication,
)
from services.intake.readmodels import applications, certificates, decided, refusals
from services.intake.readmodels_agency import standards as adopted_sets
from services.intake.schemas import (
    Appointment,
    Closing,
    ContractSignature,
    ContractText,
    Discontinuation,
    FirstTime,
    InstitutionDetails,
    NewAdoption,
    NewApplication,
    NewInstitution,
    NewSchedule,
    NewSeminar,
    NewStandards,
    Place,
    Procurement,
    Registration,
    Resumption,
    Succession,
    Suspension,
    Termination,
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


async def close_institution(ctx: Context, institution_id: str, body: Closing) -> Accepted:
    """Records that an institution ceased to be."""
    return await ctx.execute(INSTITUTION, institution_id, ctx.command(CloseInstitution, **body.model_dump()))


async def correct_institution(ctx: Context, institution_id: str, body: Correction) -> Accepted:
    """Puts a fact of an institution right."""
    return await ctx.correct(institution.corrections(ctx.at), institution_id, body, ctx.at.date())


async def adopt_standards(ctx: Context, body: NewStandards) -> Accepted:
    """Adopts a version of the agency's standards."""
    adopted = standards_id(ctx.agency, body.standards, body.version)
    ref = _accreditation(body.rulebook_id, body.rulebook_version)
    told = body.model_dump(exclude={"rulebook_id", "rulebook_version", "areas"})
    command = ctx.command(AdoptStandards, standards_id=adopted, rulebook=ref, areas=body.areas, **told)
    return await ctx.execute(STANDARDS, adopted, command, create=True)


async def correct_standards(ctx: Context, id_: str, body: Correction) -> Accepted:
    """Puts the adoption of standards right."""
    state, _ = await ctx.load(STANDARDS, id_)
    if state.fact is None:
        raise NotFound(f"there are no standards {id_}")
    today = local_date(ctx.at, resolve(state.fact.rulebook).zone)
    return await ctx.correct(standards.corrections(today), id_, body, today)


async def adopt_rulebook(ctx: Context, body: NewAdoption) -> Accepted:
    """Adopts a rulebook's version for the agency."""
    ref = _rulebook(body.rulebook_id, body.rulebook_version)
    command = ctx.command(AdoptRulebook, rulebook=ref, reason=body.reason)
    return await ctx.execute(ADOPTION, adoption_id(ctx.agency, ref), command, create=True)


async def adopt_schedule(ctx: Context, body: NewSchedule) -> Accepted:
    """Adopts the schedule of a year."""
    command = ctx.command(AdoptSchedule, year=body.year, act=body.act, on=body.adopted_on)
    return await ctx.execute(SCHEDULE, schedule_id(ctx.agency, body.year), command, create=True)


async def correct_schedule(ctx: Context, id_: str, body: Correction) -> Accepted:
    """Puts the adoption of a schedule right."""
    return await ctx.correct(SCHEDULE_CORRECTIONS, id_, body, ctx.at.date())


async def file_application(ctx: Context, body: NewApplication) -> Accepted:
    """Files an application for the institution that the caller may speak for."""
    if not ctx.owns(body.institution_id):
        raise Forbidden("an institution's officer files for that institution alone")
    applicant, known = await ctx.load(INSTITUTION, body.institution_id)
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
        adopted_standards=await _adopted_standards(ctx, ref),
        institution_closed_on=applicant.closed_on,
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
    command = ctx.command(
        SignContract,
        contract_number=body.contract_number,
        side=side_of(ctx.principal),
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
    known = await decided_on(ctx, case_id)
    command = ctx.command(WithdrawApplication, reason=body.reason, document=body.document, decided_on=known)
    return await ctx.execute(APPLICATION, case_id, command, guard=ctx.guard_institution)


async def suspend_case(ctx: Context, case_id: str, body: Suspension) -> Accepted:
    """Suspends an open case."""
    stops = None if body.clock is None else body.clock == "stops"
    return await ctx.execute(APPLICATION, case_id, ctx.command(SuspendCase, reason=body.reason, act=body.act, stops_clock=stops))


async def resume_case(ctx: Context, case_id: str, body: Resumption) -> Accepted:
    """Takes a suspended case up again."""
    return await ctx.execute(APPLICATION, case_id, ctx.command(ResumeCase, reason=body.reason))


async def terminate_contract(ctx: Context, case_id: str, body: Termination) -> Accepted:
    """Records the termination of a concluded contract."""
    known = await decided_on(ctx, case_id)
    told = {"terminated_by": body.by, "grounds": body.grounds, "document": body.document, "decided_on": known}
    return await ctx.execute(APPLICATION, case_id, ctx.command(TerminateContract, **told))


async def discontinue_case(ctx: Context, case_id: str, body: Discontinuation) -> Accepted:
    """Ends an open case by the director's word."""
    state, _ = await ctx.load(APPLICATION, case_id)
    applicant, _ = await ctx.load(INSTITUTION, state.institution_id)
    known = {"institution_closed_on": applicant.closed_on, "decided_on": await decided_on(ctx, case_id)}
    command = ctx.command(DiscontinueCase, **known, **body.model_dump())
    return await ctx.execute(APPLICATION, case_id, command)


async def schedule_case(ctx: Context, case_id: str, body: Place) -> Accepted:
    """Gives a case its place in an adopted schedule."""
    state, _ = await ctx.load(SCHEDULE, schedule_id(ctx.agency, body.year))
    command = ctx.command(ScheduleCase, schedule_adopted=state.adopted, **body.model_dump())
    return await ctx.execute(APPLICATION, case_id, command)


async def correct_application(ctx: Context, case_id: str, body: Correction) -> Accepted:
    """Puts a fact of a case right, as far as the case could have been so."""
    state, _ = await ctx.load(APPLICATION, case_id)
    if state.filed is None:
        raise NotFound(f"there is no application {case_id}")
    rules = resolve(state.filed.rulebook)
    known, _ = await ctx.load(INSTITUTION, state.institution_id)
    today = local_date(ctx.at, rules.zone)
    how = corrections.corrections(state, known.ownership, rules, today)
    return await ctx.correct(how, case_id, body, today, unique=_NUMBER_TAKEN)


async def close_case(ctx: Context, request: CloseCase) -> Accepted:
    """Closes a case at its lifecycle's end; once, and once more after a reopening."""
    return await ctx.execute(APPLICATION, request.case_id, ctx.command(EndCase, outcome=request.outcome))


async def reopen_case(ctx: Context, request: ReopenCase) -> Accepted:
    """Opens a closed case again for an appeal; nothing where it is not closed."""
    return await ctx.execute(APPLICATION, request.case_id, ctx.command(TakeUpAgain, appeal_id=request.appeal_id))


def side_of(caller: Principal | None) -> Side:
    """For which side of the contract a caller speaks."""
    return "institution" if caller is not None and Role.institution_officer in caller.roles else "accreditation_body"


async def decided_on(ctx: Context, case_id: str) -> date | None:
    """The day of the council's decision that stands on a case, if there is one."""
    c = decided.c
    found = await ctx.row(select(c.decided_on).where(c.case_id == case_id).order_by(c.decided_on.desc()))
    return found["decided_on"] if found else None


async def _client(ctx: Context, case_id: str) -> dict[str, Any]:
    """Whose institution a case is and what else was contracted with it, where the rulebook of the case asks that."""
    state, _ = await ctx.load(APPLICATION, case_id)
    if state.filed is None:
        return {}
    rules = resolve(state.filed.rulebook)
    facts: dict[str, Any] = {}
    if "ownership" in rules.vocabularies:
        applicant, _ = await ctx.load(INSTITUTION, state.institution_id)
        facts["ownership"] = applicant.ownership
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


async def _adopted_standards(ctx: Context, ref: RulebookRef) -> tuple[AdoptedStandards, ...]:
    """The standards that the agency has adopted under a rulebook, where the rulebook says by what they go."""
    if not references_of(resolve(ref)):
        return ()
    c = adopted_sets.c
    query = select(c.standards, c.standards_version.label("version"), c.kind).where(c.rulebook_id == ref.id)
    return tuple(AdoptedStandards(**row) for row in await ctx.rows(query.order_by(c.adopted_on, c.standards_id)))


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
