"""Commands on proposed and approved schedules of attestation, and on attestations: load, decide, append."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import select

from chassis.context import Accepted, Context
from chassis.corrections import Correction
from chassis.ids import new_id
from chassis.problems import Conflict, Invalid, NotFound, Problem, Refused
from chassis.text import pointer
from regulations import RulebookRef, local_date, resolve
from services.intake.contract import ApprovedChange, CloseAttestation, Specialty
from services.intake.domain import attestation_schedule as year_schedules
from services.intake.domain.attestation import (
    ATTESTATION_PLACE,
    AmendSchedule,
    AnnounceAttestation,
    CancelAttestation,
    DeclineScheduleChange,
    EndAttestation,
    RequestScheduleChange,
    ScheduleAttestation,
    TellAttestationDates,
    corrections,
)
from services.intake.domain.attestation_rules import Subject, attestation_id, rules_of, schedule_id
from services.intake.domain.attestation_schedule import ATTESTATION_SCHEDULE, PROPOSAL, ApproveSchedule, ProposeSchedule
from services.intake.domain.scheduling import PLANNED, Candidate
from services.intake.handlers_attested import attested_rulebook, is_adopted
from services.intake.readmodels_attestation import attestations, begun, proposals, proposed
from services.intake.readmodels_attested import attested_subjects
from services.intake.schemas_attestation import (
    Amendment,
    Announcement,
    Cancellation,
    ChangeRefusal,
    ChangeRequest,
    DatesNotice,
    EntryChange,
    NewAttestation,
    NewProposal,
    NewYearSchedule,
)

_TOGETHER = 512
_SHOWN = 20
_S, _A = attested_subjects.c, attestations.c

Place = tuple[str, str]


async def propose_schedule(ctx: Context, body: NewProposal) -> Accepted:
    """Generates the schedules of some years from the register."""
    ref = attested_rulebook(body.rulebook_id, body.rulebook_version)
    register = await ctx.rows(select(attested_subjects.table).where(_S.rulebook_id == ref.id, _S.subject).order_by(_S.institution_id))
    places = await ctx.rows(select(_A.institution_id, _A.kind).where(_A.stage == "scheduled", _A.rulebook_id == ref.id))
    placed = {(row["institution_id"], row["kind"]) for row in places}
    candidates = tuple(
        Candidate(
            institution_id=row["institution_id"],
            authority=row["authority"],
            due_by=row["due_by"],
            planned=(row["institution_id"], PLANNED) not in placed,
            extraordinary_year=row["extraordinary_year"],
            ground=row["extraordinary_ground"],
            specialties=tuple(row["extraordinary_specialties"] or ()),
        )
        for row in register
    )
    proposal_id = new_id()
    told = body.model_dump(exclude={"rulebook_id", "rulebook_version"})
    known = {"proposal_id": proposal_id, "rulebook": ref, "candidates": candidates, "adopted": await is_adopted(ctx, ref)}
    return await ctx.execute(PROPOSAL, proposal_id, ctx.command(ProposeSchedule, **told, **known), create=True)


async def approve_schedule(ctx: Context, body: NewYearSchedule) -> Accepted:
    """Approves the schedule of a year and gives everybody their place in it.

    Every place is decided before anything is recorded. What breaks off later is gone on with by the same request.
    """
    ref = attested_rulebook(body.rulebook_id, body.rulebook_version)
    starts = await _starts(ctx, ref, body)
    id_ = schedule_id(ref.id, body.year)
    approval = ctx.command(
        ApproveSchedule,
        schedule_id=id_,
        rulebook=ref,
        starts=tuple((institution_id, day) for (institution_id, _), day in starts.items()),
        changes=tuple(_change(each) for each in body.changes),
        adopted=await is_adopted(ctx, ref),
        **body.model_dump(include={"year", "proposal_id", "act", "despite_notice", "approved_on"}),
    )
    state, version = await ctx.load(ATTESTATION_SCHEDULE, id_)
    ATTESTATION_SCHEDULE.decide(approval, state, rules_of(ref))
    commands = await _places(ctx, ref, body, starts, id_, approval.adopted)
    if not version:
        await ctx.apart().execute(ATTESTATION_SCHEDULE, id_, approval, create=True)
    for at in range(0, len(commands), _TOGETHER):
        together = commands[at : at + _TOGETHER]
        await asyncio.gather(*(ctx.apart().execute(ATTESTATION_PLACE, each.attestation_id, each, create=True) for each in together))
    return await ctx.execute(ATTESTATION_SCHEDULE, id_, approval)  # nothing new; the answer is kept under the request's key


async def _starts(ctx: Context, ref: RulebookRef, body: NewYearSchedule) -> dict[Place, date]:
    """The first day of each entry: as proposed, unless a person changed it."""
    starts: dict[Place, date] = {}
    if body.proposal_id is not None:
        found = await ctx.row(select(proposals.table).where(proposals.c.proposal_id == body.proposal_id))
        if found is None or found["rulebook_id"] != ref.id:
            raise Invalid("there is no such proposal", [{"pointer": "#/proposal_id", "detail": f"a proposal under {ref.id}"}])
        p = proposed.c
        query = select(p.institution_id, p.kind, p.starts_on).where(p.proposal_id == body.proposal_id, p.year == body.year)
        starts = {(row["institution_id"], row["kind"]): row["starts_on"] for row in await ctx.rows(query.order_by(p.starts_on))}
    faults = []
    named: set[Place] = set()
    for number, each in enumerate(body.changes):
        place = (each.institution_id, each.kind)
        if place in named:
            detail = "an institution is changed once in a request"
            faults.append({"pointer": pointer("changes", number, "institution_id"), "detail": detail})
        elif each.leave_out and place not in starts:
            detail = f"the proposal has no such attestation of it in {body.year}"
            faults.append({"pointer": pointer("changes", number, "leave_out"), "detail": detail})
        elif each.starts_on is None:
            del starts[place]
        else:
            starts[place] = each.starts_on
        named.add(place)
    if faults:
        raise Invalid("these changes do not fit the proposal", faults[:50])
    return starts


async def _places(
    ctx: Context, ref: RulebookRef, body: NewYearSchedule, starts: Mapping[Place, date], id_: str, adopted: bool
) -> Sequence[ScheduleAttestation]:
    """A command for each entry that is not recorded yet; Refused or Conflict where one would be, with all that are."""
    subjects = await _subjects(ctx, ref, {institution_id for institution_id, _ in starts})
    missing = sorted({institution_id for institution_id, _ in starts if institution_id not in subjects})
    if missing:
        raise NotFound(f"not in the register: {', '.join(missing[:_SHOWN])}", institutions=missing[:_SHOWN])
    common = {"rulebook": ref, "schedule_id": id_, "schedule_act": body.act, "act": body.act, "year": body.year, "adopted": adopted}
    commands = [
        ctx.command(
            ScheduleAttestation,
            **common,
            attestation_id=attestation_id(institution_id, body.year, kind),
            subject=subjects[institution_id],
            kind=kind,
            starts_on=day,
        )
        for (institution_id, kind), day in starts.items()
    ]
    past = await ctx.histories(ATTESTATION_PLACE, [each.attestation_id for each in commands])
    rules, new, against = rules_of(ref), [], []
    for each in commands:
        state = ATTESTATION_PLACE.fold(e.event for e in past.get(each.attestation_id, []))
        try:
            if ATTESTATION_PLACE.decide(each, state, rules):
                new.append(each)
        except Problem as problem:
            against.append((each, problem))
    if against:
        raise _all_of(against)
    return new


def _all_of(against: Sequence[tuple[ScheduleAttestation, Problem]]) -> Problem:
    """The first refusal, with everybody whom any meets."""
    _, first = against[0]
    told = [
        {"institution_id": each.subject.institution_id, "kind": each.kind, "starts_on": str(each.starts_on), "detail": str(problem.detail)}
        for each, problem in against[:_SHOWN]
    ]
    why = f"{len(against)} of the entries cannot be scheduled; the first: {first.detail}"
    if isinstance(first, Refused):
        accepts = f"{first.accepts}; or leave them out" if first.accepts else "leave them out"
        return Refused(why, clause=first.clause, rulebook=first.rulebook, accepts=accepts, entries=told)
    return Conflict(why, accepts="another day for them, or leave them out", entries=told)


async def schedule_attestation(ctx: Context, body: NewAttestation) -> Accepted:
    """Gives one organisation its place in an approved schedule, by an amendment."""
    ref = attested_rulebook(body.rulebook_id, body.rulebook_version)
    subjects = await _subjects(ctx, ref, [body.institution_id])
    if body.institution_id not in subjects:
        raise NotFound(f"{body.institution_id} is not in the register of those that are attested under {ref.id}")
    year = body.starts_on.year
    schedule, _ = await ctx.load(ATTESTATION_SCHEDULE, schedule_id(ref.id, year))
    id_ = attestation_id(body.institution_id, year, body.kind)
    command = ctx.command(
        ScheduleAttestation,
        attestation_id=id_,
        rulebook=ref,
        schedule_id=schedule_id(ref.id, year),
        schedule_act=schedule.approved.act if schedule.approved else None,
        subject=subjects[body.institution_id],
        year=year,
        amendment=body.ground,
        adopted=await is_adopted(ctx, ref),
        **body.model_dump(include={"kind", "starts_on", "ends_on", "reasons", "act"}),
    )
    return await ctx.execute(ATTESTATION_PLACE, id_, command, create=True)


async def tell_attestation_dates(ctx: Context, id_: str, body: DatesNotice) -> Accepted:
    """Records that the organisation was told of its dates."""
    return await ctx.execute(ATTESTATION_PLACE, id_, ctx.command(TellAttestationDates, **dict(body)))


async def request_schedule_change(ctx: Context, id_: str, body: ChangeRequest) -> Accepted:
    """Takes the organisation's request, from itself or as it came on paper."""
    return await ctx.execute(ATTESTATION_PLACE, id_, ctx.command(RequestScheduleChange, **dict(body)), guard=ctx.guard_institution)


async def decline_schedule_change(ctx: Context, id_: str, body: ChangeRefusal) -> Accepted:
    """Leaves the schedule as it is."""
    return await ctx.execute(ATTESTATION_PLACE, id_, ctx.command(DeclineScheduleChange, reasons=body.reasons))


async def amend_schedule(ctx: Context, id_: str, body: Amendment) -> Accepted:
    """Gives the attestation other dates."""
    state, _ = await ctx.load(ATTESTATION_PLACE, id_)
    found = await ctx.row(select(_S.extraordinary_year).where(_S.institution_id == state.institution_id))
    found_here = state.scheduled is not None and state.scheduled.ground is not None
    known = {"control_found": found_here or bool(found and found["extraordinary_year"]), "began_on": await began_on(ctx, id_)}
    return await ctx.execute(ATTESTATION_PLACE, id_, ctx.command(AmendSchedule, **dict(body), **known))


async def cancel_attestation(ctx: Context, id_: str, body: Cancellation) -> Accepted:
    """Takes the attestation out of the schedule."""
    command = ctx.command(CancelAttestation, **dict(body), began_on=await began_on(ctx, id_))
    return await ctx.execute(ATTESTATION_PLACE, id_, command)


async def announce_attestation(ctx: Context, id_: str, body: Announcement) -> Accepted:
    """Records the announcement of the organisation's head."""
    return await ctx.execute(ATTESTATION_PLACE, id_, ctx.command(AnnounceAttestation, **dict(body)), guard=ctx.guard_institution)


async def correct_attestation(ctx: Context, id_: str, body: Correction) -> Accepted:
    """Puts a fact of an attestation right."""
    state, _ = await ctx.load(ATTESTATION_PLACE, id_)
    if state.rulebook is None:
        raise NotFound(f"there is no attestation {id_}")
    today = local_date(ctx.at, resolve(state.rulebook).zone)
    return await ctx.correct(corrections(today), id_, body, today)


async def correct_attestation_schedule(ctx: Context, id_: str, body: Correction) -> Accepted:
    """Puts the act of an approval right."""
    state, _ = await ctx.load(ATTESTATION_SCHEDULE, id_)
    how = year_schedules.corrections(state)
    assert state.rulebook is not None
    return await ctx.correct(how, id_, body, local_date(ctx.at, resolve(state.rulebook).zone))


async def close_attestation(ctx: Context, request: CloseAttestation) -> Accepted:
    """Closes an attestation at its lifecycle's end; once."""
    command = ctx.command(EndAttestation, outcome=request.outcome, attested_on=request.attested_on)
    return await ctx.execute(ATTESTATION_PLACE, request.attestation_id, command)


async def began_on(ctx: Context, id_: str) -> date | None:
    """When the commission began its work, if it has said so."""
    found = await ctx.row(select(begun.c.started_on).where(begun.c.attestation_id == id_))
    return found["started_on"] if found else None


async def _subjects(ctx: Context, ref: RulebookRef, institutions: Iterable[str]) -> dict[str, Subject]:
    """Those of them that are in the register under a rulebook, as they are described there."""
    query = select(attested_subjects.table).where(_S.institution_id.in_(list(institutions)), _S.rulebook_id == ref.id)
    return {
        row["institution_id"]: Subject(
            institution_id=row["institution_id"],
            authority=row["authority"],
            levels=tuple(row["levels"]),
            specialties=tuple(Specialty.model_validate(each) for each in row["specialties"]),
            state_owned=row["state_owned"],
            arts=row["arts"],
            profile=row["profile"],
            languages=tuple(row["languages"]),
            due=row["subject"],
            treaty=row["treaty"] if not row["subject"] and row["removed_on"] is None else None,
            extraordinary_year=row["extraordinary_year"],
            extraordinary_ground=row["extraordinary_ground"],
            extraordinary_specialties=tuple(row["extraordinary_specialties"] or ()),
        )
        for row in await ctx.rows(query)
    }


def _change(each: EntryChange) -> ApprovedChange:
    return ApprovedChange(institution_id=each.institution_id, kind=each.kind, starts_on=each.starts_on, reason=each.reason)
