"""What council shows of complaints, of what follows a decision, and of decisions in public; and what it knows of cases elsewhere."""

from sqlalchemy import Boolean, Column, Date, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Recorded
from chassis.readmodels import ReadModel, Write
from services.council.contract import (
    AppealCommissionFormed,
    AppealDecided,
    ComplaintDecided,
    ComplaintFiled,
    DecisionAdopted,
    DecisionEntered,
    DecisionNoticeSent,
    DeqarSubmitted,
    FollowUpAgreed,
    MinistryInformed,
    ReportPublished,
)
from services.council.readmodels import appeals, considerations

complaints = ReadModel(
    "complaints",
    Column("complaint_id", Text, primary_key=True),
    Column("case_id", Text),
    Column("institution_id", Text),
    Column("rulebook_id", Text),
    Column("against", Text),
    Column("document", JSONB),
    Column("grounds", Text),
    Column("filed_on", Date),
    Column("upheld", Boolean),
    Column("decided_by", Text),
    Column("reasons", Text),
    Column("decided_on", Date),
    Column("version", Integer),
    indexes=[["filed_on", "complaint_id"], ["case_id"], ["institution_id"]],
)

commissions = ReadModel(
    "appeal_commissions",
    Column("appeal_id", Text, primary_key=True),
    Column("members", JSONB),
    Column("act", Text),
    Column("formed_on", Date),
)

decision_notices = ReadModel(
    "decision_notices",
    Column("case_id", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("outgoing_number", Text),
    Column("sent_on", Date),
)

after_decisions = ReadModel(
    "after_decisions",
    Column("case_id", Text, primary_key=True),
    Column("results", JSONB),
    Column("address", Text),
    Column("during_appeal", Boolean),
    Column("entered_on", Date),
    Column("entered_scopes", JSONB),
    Column("deqar_submission", Text),
    Column("deqar_document", JSONB),
    Column("deqar_submitted_on", Date),
    Column("ministry", Text),
    Column("ministry_number", Text),
    Column("ministry_scopes", JSONB),
    Column("ministry_informed_on", Date),
    Column("follow_up_scopes", JSONB),
    Column("follow_up_months", Integer),
    Column("follow_up_reason", Text),
    Column("follow_up_on", Date),
)

#: One row for each time that a scope was decided. `standing` is false once an appeal has set the decision aside.
decisions = ReadModel(
    "decisions",
    Column("case_id", Text, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("institution_id", Text),
    Column("rulebook_id", Text),
    Column("outcome", Text),
    Column("decided_on", Date),
    Column("standing", Boolean),
    Column("published_on", Date),
    Column("entered_on", Date),
    Column("report", JSONB),
    Column("results", JSONB),
    Column("address", Text),
    Column("during_appeal", Boolean),
    Column("set_aside_by", Text),
    Column("set_aside_on", Date),
    indexes=[["decided_on", "case_id", "scope", "round"], ["institution_id"]],
)

#: Filled from the events of intake and visits alone (consumers.py).
cases = ReadModel(
    "cases",
    Column("case_id", Text, primary_key=True),
    Column("institution_id", Text),
    Column("rulebook", JSONB),
    Column("kind", Text),
    Column("programmes", JSONB),
    Column("visit_started_on", Date),
    Column("visit_round", Integer),
    Column("visit_reported", Boolean),
)

case_people = ReadModel(
    "case_people",
    Column("case_id", Text, primary_key=True),
    Column("person_id", Text, primary_key=True),
    Column("part", Text),
)

ALL = [complaints, commissions, decision_notices, after_decisions, decisions, cases, case_people]


@complaints.on(ComplaintFiled)
def _filed(e: Recorded[ComplaintFiled]) -> Write:
    fact = e.event
    return complaints.upsert(e, **fact.model_dump(exclude={"rulebook"}), rulebook_id=fact.rulebook.id, version=e.version)


@complaints.on(ComplaintDecided)
def _complaint_decided(e: Recorded[ComplaintDecided]) -> Write:
    told = e.event.model_dump(include={"upheld", "decided_by", "reasons", "decided_on"})
    return complaints.update(e, {"complaint_id": e.event.complaint_id}, **told, version=e.version)


@considerations.on(AppealCommissionFormed, DecisionNoticeSent, DecisionEntered, DeqarSubmitted, MinistryInformed, FollowUpAgreed)
def _moved(
    e: Recorded[AppealCommissionFormed | DecisionNoticeSent | DecisionEntered | DeqarSubmitted | MinistryInformed | FollowUpAgreed],
) -> Write:
    return considerations.update(e, {"case_id": e.event.case_id}, version=e.version)


@appeals.on(AppealCommissionFormed)
def _appeal_moved(e: Recorded[AppealCommissionFormed]) -> Write:
    return appeals.update(e, {"appeal_id": e.event.appeal_id}, version=e.version)


@commissions.on(AppealCommissionFormed)
def _formed(e: Recorded[AppealCommissionFormed]) -> Write:
    fact = e.event
    members = [member.member_id for member in fact.members]
    return commissions.upsert(e, appeal_id=fact.appeal_id, members=members, act=fact.act, formed_on=fact.formed_on)


@decision_notices.on(DecisionNoticeSent)
def _told(e: Recorded[DecisionNoticeSent]) -> Write:
    return decision_notices.upsert(e, **e.event.model_dump())


@decision_notices.on(AppealDecided)
def _told_anew(e: Recorded[AppealDecided]) -> Write | None:
    """What is decided anew is told anew; what was told before stays in the case's history."""
    return decision_notices.delete(e, {"case_id": e.event.case_id}) if e.event.outcome == "remitted" else None


@after_decisions.on(ReportPublished)
def _published(e: Recorded[ReportPublished]) -> Write:
    fact = e.event
    results = fact.results.model_dump() if fact.results else None
    return after_decisions.upsert(e, case_id=fact.case_id, results=results, address=fact.address, during_appeal=fact.during_appeal)


@after_decisions.on(DecisionEntered)
def _entered(e: Recorded[DecisionEntered]) -> Write:
    return after_decisions.upsert(e, case_id=e.event.case_id, entered_on=e.event.entered_on, entered_scopes=list(e.event.scopes))


@after_decisions.on(DeqarSubmitted)
def _submitted(e: Recorded[DeqarSubmitted]) -> Write:
    fact = e.event
    return after_decisions.upsert(
        e,
        case_id=fact.case_id,
        deqar_submission=fact.submission,
        deqar_document=fact.document.model_dump() if fact.document else None,
        deqar_submitted_on=fact.submitted_on,
    )


@after_decisions.on(MinistryInformed)
def _informed(e: Recorded[MinistryInformed]) -> Write:
    fact = e.event
    return after_decisions.upsert(
        e,
        case_id=fact.case_id,
        ministry=fact.ministry,
        ministry_number=fact.outgoing_number,
        ministry_scopes=list(fact.scopes),
        ministry_informed_on=fact.informed_on,
    )


@after_decisions.on(FollowUpAgreed)
def _agreed(e: Recorded[FollowUpAgreed]) -> Write:
    fact = e.event
    return after_decisions.upsert(
        e,
        case_id=fact.case_id,
        follow_up_scopes=list(fact.scopes),
        follow_up_months=fact.period_months,
        follow_up_reason=fact.reason,
        follow_up_on=fact.agreed_on,
    )


@after_decisions.on(AppealDecided)
def _begun_anew(e: Recorded[AppealDecided]) -> Write | None:
    return after_decisions.delete(e, {"case_id": e.event.case_id}) if e.event.outcome == "remitted" else None


@decisions.on(DecisionAdopted)
def _decided(e: Recorded[DecisionAdopted]) -> list[Write]:
    """What was decided in this round; the rows of what an appeal has not remitted stay as they are."""
    fact = e.event
    latest = max(each.round for each in fact.decisions)
    return [
        decisions.upsert(
            e,
            case_id=fact.case_id,
            scope=each.scope,
            round=each.round,
            institution_id=fact.institution_id,
            rulebook_id=fact.rulebook.id,
            outcome=each.outcome,
            decided_on=fact.adopted_on,
            standing=True,
        )
        for each in fact.decisions
        if each.round == latest
    ]


@decisions.on(ReportPublished)
def _made_public(e: Recorded[ReportPublished]) -> Write:
    fact = e.event
    told = fact.model_dump(include={"published_on", "results", "address", "during_appeal"})
    return decisions.update(e, {"case_id": fact.case_id, "standing": True}, **told, report=fact.document.model_dump())


@decisions.on(DecisionEntered)
def _in_register(e: Recorded[DecisionEntered]) -> list[Write]:
    fact = e.event
    of = {"case_id": fact.case_id, "standing": True}
    return [decisions.update(e, {**of, "scope": scope}, entered_on=fact.entered_on) for scope in fact.scopes]


@decisions.on(AppealDecided)
def _set_aside(e: Recorded[AppealDecided]) -> list[Write]:
    fact = e.event
    scopes = () if fact.outcome == "upheld" else fact.scopes
    of = {"case_id": fact.case_id, "standing": True}
    aside = {"standing": False, "set_aside_by": fact.outcome, "set_aside_on": fact.decided_on}
    return [decisions.update(e, {**of, "scope": scope}, **aside) for scope in scopes]
