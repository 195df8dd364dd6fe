"""Commands on controls of learners' knowledge: load, decide, append. Who learners are never reaches a control: they get pseudonyms here."""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from chassis.auth import Role
from chassis.context import Accepted, Context
from chassis.corrections import Correctable, Correction
from chassis.ids import derived_id
from chassis.problems import Conflict, Invalid, NotFound, Problem, VersionConflict
from regulations import Rulebook, local_date, resolve
from services.visits.contract import ControlCorrected, ListedLearner, TestResult
from services.visits.domain.commission_state import AttestationVisit
from services.visits.domain.control import (
    CONTROL,
    ApproveDisciplines,
    ConcludeControl,
    ForgetLearners,
    ListLearners,
    OpenControl,
    ProposeDisciplines,
    check_codes,
    check_right,
)
from services.visits.domain.control_commission import COMMISSION, must_be_of_commission, open_still
from services.visits.domain.control_drawing import DrawSample
from services.visits.domain.control_learner import LEARNER, NameLearner
from services.visits.domain.control_results import RecordResults
from services.visits.domain.control_state import Control
from services.visits.readmodels_control import learner_names
from services.visits.schemas_control import (
    DisciplineApproval,
    Disciplines,
    Draw,
    Erasure,
    LearnerResult,
    NewControl,
    NewLearner,
)

BODY = (Role.authorised_body_officer, Role.coordinator, Role.director)
NOT_TAKEN = "The list was not taken."
_TOGETHER = 256
_AT_ONCE = 16  # of the few connections that the keys have


async def open_control(ctx: Context, body: NewControl) -> Accepted:
    """Opens a control of what the attestation attests."""
    visit = await _of_commission(ctx, body.attestation_id)
    control_id = derived_id("control", body.attestation_id, body.specialty or body.unit)
    facts = {name: getattr(visit, name) for name in ("institution_id", "rulebook", "levels", "specialties", "profile")}
    command = ctx.command(OpenControl, control_id=control_id, **dict(body), **facts)
    return await ctx.execute(CONTROL, control_id, command, create=True, guard=_while_open(visit))


async def propose_disciplines(ctx: Context, control_id: str, body: Disciplines) -> Accepted:
    """Records the proposal to the national testing centre."""
    return await ctx.execute(CONTROL, control_id, ctx.command(ProposeDisciplines, **dict(body)), guard=await _still_open(ctx, control_id))


async def approve_disciplines(ctx: Context, control_id: str, body: DisciplineApproval) -> Accepted:
    """Records the approval."""
    return await ctx.execute(CONTROL, control_id, ctx.command(ApproveDisciplines, **dict(body)), guard=await _still_open(ctx, control_id))


async def list_learners(ctx: Context, control_id: str, learners: Sequence[NewLearner], *file: str) -> Accepted:
    """Names every learner in a stream of his own, sealed, and lists their pseudonyms. `file` is the hash of the file they come from.

    Pseudonyms are random, and both the list and the streams go by them, so that neither a code nor a place in the file can be found again.
    """
    if given := await ctx.given(*file):
        await _forget_for_good(ctx, control_id)
        return given
    state, version = await ctx.load(CONTROL, control_id)
    if not version:
        raise NotFound(f"there is no control {control_id}")
    ctx.guard_institution(state)
    if ctx.expected_version not in (None, version):
        raise VersionConflict(f"you expect version {ctx.expected_version}, it stands at {version}")
    open_still((await commission_of(ctx, state.attestation_id))[0])
    check_codes([each.code for each in learners])
    named = dict(sorted((secrets.token_hex(12), each) for each in learners))
    listed = tuple(ListedLearner(learner_id=learner_id, standing=each.standing) for learner_id, each in named.items())
    command = ctx.command(ListLearners, learners=listed)
    CONTROL.decide(command, state, _book(state))  # what is refused names nobody
    await _name(ctx, state, named)
    try:
        accepted = await ctx.execute(CONTROL, control_id, command, guard=ctx.guard_institution)
    except Problem:
        unlisted = ctx.command(ForgetLearners, ground=NOT_TAKEN, learners=tuple(named), named=tuple(named))
        await ctx.apart().execute(CONTROL, control_id, unlisted)
        await _forget_for_good(ctx, control_id, besides=state.forgotten)
        raise
    await _forget_for_good(ctx, control_id, besides=state.forgotten)
    return accepted


async def _name(ctx: Context, state: Control, named: Mapping[str, NewLearner]) -> None:
    together = [*named.items()]
    for start in range(0, len(together), _TOGETHER):
        await asyncio.gather(
            *(
                ctx.apart().execute(
                    LEARNER,
                    learner_id,
                    ctx.command(NameLearner, **state.ids, learner_id=learner_id, code=each.code, name=each.name),
                    create=True,
                )
                for learner_id, each in together[start : start + _TOGETHER]
            )
        )


async def draw_sample(ctx: Context, control_id: str, body: Draw) -> Accepted:
    """Draws by the seed, one made here unless it is given."""
    visit = await _guard_commission(ctx, control_id)
    told = {"seed": body.seed or secrets.token_hex(16), "seed_given": body.seed is not None}
    command = ctx.command(DrawSample, **told, take=body.take, ruling=body.ruling)
    return await ctx.execute(CONTROL, control_id, command, guard=_while_open(visit))


async def record_results(
    ctx: Context, control_id: str, results: Sequence[LearnerResult], source: str, *, file_hash: str | None = None, lines: Sequence[int] = ()
) -> Accepted:
    """Records results of learners named by their codes or pseudonyms. `lines` are those of the file, for what is wrong with them."""
    if file_hash and (given := await ctx.given(file_hash, source)):
        return given
    visit = await _guard_commission(ctx, control_id)
    known = await _codes(ctx, control_id) if any(each.code for each in results) else {}
    found = tuple(_result(each, known) for each in results)
    told = {"source": source, "file_hash": file_hash, "joint_commission": visit.joint is not None}
    try:
        return await ctx.execute(CONTROL, control_id, ctx.command(RecordResults, results=found, **told), guard=_while_open(visit))
    except Invalid as problem:
        raise Invalid(str(problem.detail), [_placed(fault, results, lines) for fault in problem.errors]) from None


def _result(body: LearnerResult, known: Mapping[str, str]) -> TestResult:
    learner_id = body.learner_id or known.get(body.code or "", "unknown")
    return TestResult(learner_id=learner_id, **body.model_dump(include={"took_part", "right", "questions", "mark"}))


def _placed(fault: Mapping[str, Any], results: Sequence[LearnerResult], lines: Sequence[int]) -> dict[str, Any]:
    """A fault where the caller can find it: by the line of his file, and by the code that he named the learner with."""
    _, _, *place = fault["pointer"].split("/")
    if not place:
        return dict(fault)
    number, column = int(place[0]), place[1]
    named = "code" if column == "learner_id" and results[number].code else column
    return {**fault, "pointer": f"#/line/{lines[number]}/{named}" if lines else f"#/results/{number}/{named}"}


async def conclude_control(ctx: Context, control_id: str) -> Accepted:
    """Makes the figures final."""
    visit = await _guard_commission(ctx, control_id)
    return await ctx.execute(CONTROL, control_id, ctx.command(ConcludeControl), guard=_while_open(visit))


async def forget_learners(ctx: Context, control_id: str, body: Erasure) -> Accepted:
    """Records the erasure, which blanks the names that are shown, then deletes the keys. Asked again, it deletes what is left of them."""
    mine = learner_names.c.control_id == control_id
    named = await ctx.rows(select(learner_names.c.learner_id).where(mine, learner_names.c.forgotten.is_(False)))
    command = ctx.command(ForgetLearners, **dict(body), named=tuple(row["learner_id"] for row in named))
    accepted = await ctx.execute(CONTROL, control_id, command)
    await _forget_for_good(ctx, control_id)
    return accepted


async def _forget_for_good(ctx: Context, control_id: str, *, besides: frozenset[str] = frozenset()) -> None:
    """The keys of everybody who is recorded as forgotten, `besides` those who were before: also of a time that was cut short."""
    state, _ = await ctx.load(CONTROL, control_id)
    left = sorted(state.forgotten - besides)
    for start in range(0, len(left), _AT_ONCE):
        await asyncio.gather(*(ctx.forget([each]) for each in left[start : start + _AT_ONCE]))


async def correct_control(ctx: Context, control_id: str, body: Correction) -> Accepted:
    """Puts a wrongly recorded fact right, where the control could have come about so."""
    state = await control_of(ctx, control_id)
    on = local_date(ctx.at, _book(state).zone)
    how = Correctable(CONTROL, ControlCorrected, lambda found: {"control_id": found.control_id}, lambda right: check_right(right, on))
    return await ctx.correct(how, control_id, body, on)


async def control_of(ctx: Context, control_id: str) -> Control:
    """The control as the store has it. NotFound."""
    state, version = await ctx.load(CONTROL, control_id)
    if not version:
        raise NotFound(f"there is no control {control_id}")
    return state


async def commission_of(ctx: Context, attestation_id: str) -> tuple[AttestationVisit, bool]:
    """The commission of an attestation, and whether the caller sits there. NotFound where no visit is opened."""
    visit, version = await ctx.load(COMMISSION, attestation_id)
    if not version or visit.rulebook is None:
        raise NotFound(f"there is no visit of the attestation {attestation_id}")
    return visit, ctx.actor in visit.expert_ids


async def _still_open(ctx: Context, control_id: str) -> Callable[[Control], None]:
    visit, _ = await commission_of(ctx, (await control_of(ctx, control_id)).attestation_id)
    return _while_open(visit)


def _while_open(visit: AttestationVisit) -> Callable[[Control], None]:
    """For `execute`: no control takes anything more when its attestation is closed."""
    return lambda _: open_still(visit)


async def _guard_commission(ctx: Context, control_id: str) -> AttestationVisit:
    """The commission, to whom the caller belongs where he is not of the authorised body."""
    state = await control_of(ctx, control_id)
    return await _of_commission(ctx, state.attestation_id)


async def _of_commission(ctx: Context, attestation_id: str) -> AttestationVisit:
    visit, _ = await commission_of(ctx, attestation_id)
    if ctx.principal is not None and not ctx.principal.has(*BODY):
        must_be_of_commission(visit, ctx.actor)
    return visit


async def _codes(ctx: Context, control_id: str) -> dict[str, str]:
    """The pseudonym of each code of the list that stands; of whom nobody knows any more, none."""
    state = await control_of(ctx, control_id)
    c, listed = learner_names.c, {each.learner_id for each in state.learners}
    rows = await ctx.rows(select(c.code, c.learner_id).where(c.control_id == control_id, c.forgotten.is_(False)))
    codes = {row["code"]: row["learner_id"] for row in rows if row["learner_id"] in listed}
    if not codes:
        raise Conflict("nobody knows the codes of these learners any more", accepts="results by pseudonyms")
    return codes


def _book(state: Control) -> Rulebook:
    if state.rulebook is None:
        raise NotFound("no such control is opened")
    return resolve(state.rulebook)
