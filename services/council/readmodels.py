"""What council shows of councils, meetings and cases. No member's name stands here: it is sealed in its event."""

from sqlalchemy import Boolean, Column, Date, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Event, Recorded
from chassis.readmodels import ReadModel, Write
from services.council.contract import (
    AppealDecided,
    AppealFiled,
    AttendanceRecorded,
    CompositionChanged,
    ConclusionDrafted,
    ConsiderationClosed,
    ConsiderationOpened,
    ConsiderationResumed,
    ConsiderationSuspended,
    CouncilComposed,
    DecisionAdopted,
    MaterialsPrepared,
    MeetingConvened,
    MemberRecused,
    MinutesSigned,
    PresentationPrepared,
    RefusalNoticeSent,
    ReportChecked,
    ReportPublished,
    SecretBallotCounted,
    VoteCast,
)

councils = ReadModel(
    "councils",
    Column("council_id", Text, primary_key=True),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("seats", JSONB),
    Column("composition_act", Text),
    Column("statute_act", Text),
    Column("composed_on", Date),
    Column("changed_on", Date),
    Column("version", Integer),
    indexes=[["composed_on", "council_id"]],
)

meetings = ReadModel(
    "meetings",
    Column("meeting_id", Text, primary_key=True),
    Column("council_id", Text),
    Column("held_on", Date),
    Column("agenda", JSONB),
    Column("members", JSONB),
    Column("present", JSONB),
    Column("quorate", Boolean),
    Column("presiding_statement", Text),
    Column("presided_by", Text),
    Column("ballot", Text),
    Column("protocol_number", Text),
    Column("minutes", JSONB),
    Column("signed_by", JSONB),
    Column("signed_on", Date),
    Column("version", Integer),
    indexes=[["held_on", "meeting_id"]],
)

considerations = ReadModel(
    "considerations",
    Column("case_id", Text, primary_key=True),
    Column("institution_id", Text),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("scopes", JSONB),
    Column("stage", Text),
    Column("filed_on", Date),
    Column("registered_on", Date),
    Column("opened_on", Date),
    Column("materials", JSONB),
    Column("conclusion", Text),
    Column("prepared_on", Date),
    Column("meeting_id", Text),
    Column("protocol_number", Text),
    Column("decisions", JSONB),
    Column("outcome", Text),
    Column("reasons", Text),
    Column("before_first_year", Boolean),
    Column("deviations", JSONB),
    Column("adopted_on", Date),
    Column("notice_sent_on", Date),
    Column("reapplication_from", Date),
    Column("report", JSONB),
    Column("published_on", Date),
    Column("version", Integer),
    indexes=[["opened_on", "case_id"], ["stage"], ["institution_id"]],
)

votes = ReadModel(
    "votes",
    Column("case_id", Text, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("member_id", Text, primary_key=True),
    Column("meeting_id", Text),
    Column("vote", Text),
)

recusals = ReadModel(
    "recusals",
    Column("case_id", Text, primary_key=True),
    Column("member_id", Text, primary_key=True),
    Column("meeting_id", Text),
    Column("reason", Text),
)

appeals = ReadModel(
    "appeals",
    Column("appeal_id", Text, primary_key=True),
    Column("case_id", Text),
    Column("institution_id", Text),
    Column("scopes", JSONB),
    Column("addressed_to", Text),
    Column("document", JSONB),
    Column("grounds", Text),
    Column("suspends", JSONB),
    Column("filed_on", Date),
    Column("outcome", Text),
    Column("decided_by", Text),
    Column("act", Text),
    Column("reasons", Text),
    Column("decided_on", Date),
    Column("new_visit", Boolean),
    Column("version", Integer),
    indexes=[["case_id"]],
)

ALL = [councils, meetings, considerations, votes, recusals, appeals]


@councils.on(CouncilComposed)
def _composed(e: Recorded[CouncilComposed]) -> Write:
    fact = e.event
    return councils.upsert(
        e,
        council_id=fact.council_id,
        rulebook=fact.rulebook.model_dump(),
        rulebook_id=fact.rulebook.id,
        seats=[member.model_dump(mode="json", exclude={"name"}) for member in fact.members],
        composition_act=fact.composition_act,
        statute_act=fact.statute_act,
        composed_on=fact.composed_on,
        version=e.version,
    )


@councils.on(CompositionChanged)
def _changed(e: Recorded[CompositionChanged]) -> Write:
    fact = e.event
    seats = [seat.model_dump(mode="json") for seat in fact.seats]
    return councils.update(e, {"council_id": fact.council_id}, seats=seats, changed_on=fact.changed_on, version=e.version)


@meetings.on(MeetingConvened)
def _convened(e: Recorded[MeetingConvened]) -> Write:
    fact = e.event
    return meetings.upsert(
        e,
        meeting_id=fact.meeting_id,
        council_id=fact.council_id,
        held_on=fact.held_on,
        agenda=list(fact.agenda),
        members=list(fact.members),
        ballot=fact.ballot,
        version=e.version,
    )


@meetings.on(AttendanceRecorded)
def _attended(e: Recorded[AttendanceRecorded]) -> Write:
    fact = e.event
    return meetings.update(
        e,
        {"meeting_id": fact.meeting_id},
        present=list(fact.present),
        quorate=fact.quorate,
        presiding_statement=fact.presiding_statement,
        presided_by=fact.presided_by,
        version=e.version,
    )


@meetings.on(MinutesSigned)
def _signed(e: Recorded[MinutesSigned]) -> Write:
    fact = e.event
    return meetings.update(
        e,
        {"meeting_id": fact.meeting_id},
        protocol_number=fact.protocol_number,
        minutes=fact.document.model_dump(),
        signed_by=list(fact.signed_by),
        signed_on=fact.signed_on,
        version=e.version,
    )


@considerations.on(ConsiderationOpened)
def _opened(e: Recorded[ConsiderationOpened]) -> Write:
    fact = e.event
    return considerations.upsert(
        e,
        case_id=fact.case_id,
        institution_id=fact.institution_id,
        rulebook=fact.rulebook.model_dump(),
        rulebook_id=fact.rulebook.id,
        scopes=list(fact.scopes),
        stage="opened",
        filed_on=fact.filed_on,
        registered_on=fact.registered_on,
        opened_on=fact.opened_on,
        version=e.version,
    )


@considerations.on(MaterialsPrepared)
def _prepared(e: Recorded[MaterialsPrepared]) -> Write:
    fact = e.event
    return _of_case(
        e,
        fact.case_id,
        stage="prepared",
        materials=[document.model_dump() for document in fact.documents],
        conclusion=fact.conclusion,
        prepared_on=fact.prepared_on,
    )


@considerations.on(ReportChecked, ConclusionDrafted, PresentationPrepared)
def _laid_before(e: Recorded[ReportChecked | ConclusionDrafted | PresentationPrepared]) -> Write:
    """The materials rest on each of them, and are prepared after them."""
    return _of_case(e, e.event.case_id, stage="opened", materials=None, conclusion=None, prepared_on=None)


@considerations.on(ConsiderationSuspended, ConsiderationResumed, ConsiderationClosed)
def _stopped(e: Recorded[ConsiderationSuspended | ConsiderationResumed | ConsiderationClosed]) -> Write:
    return _of_case(e, e.event.case_id)


@considerations.on(MemberRecused, VoteCast, SecretBallotCounted)
def _moved(e: Recorded[MemberRecused | VoteCast | SecretBallotCounted]) -> Write:
    return _of_case(e, e.event.case_id, meeting_id=e.event.meeting_id)


@considerations.on(DecisionAdopted)
def _decided(e: Recorded[DecisionAdopted]) -> Write:
    fact = e.event
    return _of_case(
        e,
        fact.case_id,
        stage="decided",
        meeting_id=fact.meeting_id,
        protocol_number=fact.protocol_number,
        decisions=[each.model_dump() for each in fact.decisions],
        outcome=fact.outcome,
        reasons=fact.reasons,
        before_first_year=fact.before_first_year,
        deviations=[each.model_dump() for each in fact.deviations],
        adopted_on=fact.adopted_on,
    )


@considerations.on(RefusalNoticeSent)
def _noticed(e: Recorded[RefusalNoticeSent]) -> Write:
    return _of_case(e, e.event.case_id, notice_sent_on=e.event.sent_on, reapplication_from=e.event.reapplication_from)


@considerations.on(ReportPublished)
def _published(e: Recorded[ReportPublished]) -> Write:
    return _of_case(e, e.event.case_id, report=e.event.document.model_dump(), published_on=e.event.published_on)


@considerations.on(AppealFiled)
def _appealed(e: Recorded[AppealFiled]) -> Write:
    return _of_case(e, e.event.case_id)


@considerations.on(AppealDecided)
def _appeal_decided(e: Recorded[AppealDecided]) -> Write:
    """What is remitted is before the council again."""
    fact = e.event
    if fact.outcome != "remitted":
        return _of_case(e, fact.case_id)
    anew: dict[str, object] = {"stage": "prepared", "notice_sent_on": None, "reapplication_from": None}
    if fact.new_visit:
        anew |= {"stage": "opened", "materials": None, "conclusion": None, "prepared_on": None}
    return _of_case(e, fact.case_id, **anew)


def _of_case(e: Recorded[Event], case_id: str, **values: object) -> Write:
    return considerations.update(e, {"case_id": case_id}, **values, version=e.version)


@votes.on(VoteCast)
def _vote(e: Recorded[VoteCast]) -> Write:
    return votes.upsert(e, **e.event.model_dump())


@votes.on(AppealDecided)
def _votes_again(e: Recorded[AppealDecided]) -> list[Write]:
    """The council votes anew on what is remitted; how it voted before stays in the case's history."""
    fact = e.event
    scopes = fact.scopes if fact.outcome == "remitted" else ()
    return [votes.delete(e, {"case_id": fact.case_id, "scope": scope}) for scope in scopes]


@appeals.on(AppealFiled)
def _filed(e: Recorded[AppealFiled]) -> Write:
    fact = e.event
    told = fact.model_dump(include={"appeal_id", "case_id", "institution_id", "addressed_to", "document", "grounds", "filed_on"})
    return appeals.upsert(e, **told, scopes=list(fact.scopes), suspends=list(fact.suspends), version=e.version)


@appeals.on(AppealDecided)
def _ruled(e: Recorded[AppealDecided]) -> Write:
    fact = e.event
    told = fact.model_dump(include={"outcome", "decided_by", "act", "reasons", "decided_on", "new_visit"})
    return appeals.update(e, {"appeal_id": fact.appeal_id}, **told, version=e.version)


@recusals.on(MemberRecused)
def _recusal(e: Recorded[MemberRecused]) -> Write:
    return recusals.upsert(e, **e.event.model_dump())
