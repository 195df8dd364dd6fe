"""Council's commands on resolutions on follow-ups; what they need of the meeting is gathered here as facts."""

from chassis.context import Accepted, Context
from chassis.corrections import Correction
from chassis.problems import NotFound
from regulations import local_date, resolve
from services.council.contract import OpenResolution, PresidingStatement, ResolutionItem
from services.council.domain import resolution
from services.council.domain.meeting import MEETING, AgendaItem
from services.council.domain.resolution import RESOLUTION, AdoptResolution, DeliverResolution, PublishInformation
from services.council.domain.resolution_adoption import Motion
from services.council.handlers_dossier import sitting_of
from services.council.schemas_resolutions import NewPublication, ResolutionAdoption, ResolutionDelivery


async def open_resolution(ctx: Context, request: OpenResolution) -> Accepted:
    """Brings a follow-up before the council; once."""
    command = ctx.command(resolution.Open, **request.model_dump(exclude={"agency"}))
    return await ctx.execute(RESOLUTION, request.decision_id, command, create=True)


async def adopt_resolution(ctx: Context, decision_id: str, body: ResolutionAdoption) -> Accepted:
    """Records what a meeting decided."""
    sitting = await sitting_of(ctx, body.meeting_id, deciding=True)
    met, _ = await ctx.load(MEETING, body.meeting_id)
    assert met.convened is not None
    presided = body.presiding_statement
    asked = {name: value for name, value in dict(body).items() if name not in ("meeting_id", "decisions", "presiding_statement")}
    motion = Motion(
        decisions=tuple(ResolutionItem(**dict(each)) for each in body.decisions),
        presiding_statement=PresidingStatement(**dict(presided)) if presided else None,
        **asked,
    )
    command = ctx.command(AdoptResolution, sitting=sitting, held_on=met.convened.held_on, motion=motion)
    return await ctx.execute(RESOLUTION, decision_id, command)


async def deliver_resolution(ctx: Context, decision_id: str, body: ResolutionDelivery) -> Accepted:
    """Records that the institution has the decision."""
    return await ctx.execute(RESOLUTION, decision_id, ctx.command(DeliverResolution, **body.model_dump()))


async def publish_information(ctx: Context, decision_id: str, body: NewPublication) -> Accepted:
    """Records that the information stands on the site, in the text that the caller approved."""
    command = ctx.command(PublishInformation, text=body.text or "", published_on=body.published_on)
    return await ctx.execute(RESOLUTION, decision_id, command)


async def correct_resolution(ctx: Context, decision_id: str, body: Correction) -> Accepted:
    """Puts a wrongly recorded fact of a resolution right."""
    state, _ = await ctx.load(RESOLUTION, decision_id)
    if state.opened is None:
        raise NotFound(f"there is no resolution {decision_id}")
    on = local_date(ctx.at, resolve(state.opened.rulebook).zone)
    return await ctx.correct(resolution.corrections(on), decision_id, body, on)


async def agenda_item(ctx: Context, decision_id: str) -> AgendaItem:
    """What a meeting must know of a resolution; of none where no such matter is before the council."""
    state, _ = await ctx.load(RESOLUTION, decision_id)
    if state.opened is None:
        return AgendaItem(decision_id)
    return AgendaItem(decision_id, state.opened.rulebook.id, prepared=True, decided=state.adopted is not None)
