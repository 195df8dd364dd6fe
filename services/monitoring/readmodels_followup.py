"""What monitoring shows of follow-ups, when each moves next, and what it knows of certificates elsewhere."""

from collections.abc import Sequence

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Event, Recorded
from chassis.readmodels import ReadModel, Write
from services.monitoring.contract import (
    CertificateFollowed,
    CycleOpened,
    CycleWindow,
    DecisionLetterSent,
    DirectorAlerted,
    ExpectedDateSet,
    FollowUpClassified,
    FollowUpEnded,
    FollowUpOpened,
    FollowUpProcedureChosen,
    FollowUpRulebookAdopted,
    PlanAwaited,
)

AWAITING = "awaits_plan"
ADOPTED = "adopted_on IS NOT NULL AND ended_on IS NULL"

followups = ReadModel(
    "followups",
    Column("followup_id", Text, primary_key=True),
    Column("certificate_id", Text),
    Column("institution_id", Text),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("number", Text),
    Column("object", Text),
    Column("programme", Text),
    Column("level", Text),
    Column("kind", Text),
    Column("scopes", JSONB),
    Column("contract_reference", Text),
    Column("recommendations", Integer),
    Column("issued_on", Date),
    Column("received_on", Date),
    Column("valid_until", Date),
    Column("status", Text),
    Column("awaits_plan", Boolean),
    Column("letter_sent_on", Date),
    Column("alerted_on", Date),
    Column("adopted_on", Date),
    Column("opened_on", Date),
    Column("ended_on", Date),
    Column("why", Text),
    Column("certificate_version", Integer),
    Column("version", Integer),
    indexes=[
        ["opened_on", "followup_id"],
        ["certificate_id"],
        ["institution_id", "opened_on"],
        ["valid_until", "followup_id"],
    ],
    partial=[(["followup_id"], AWAITING), (["certificate_id"], ADOPTED)],
)

agenda = ReadModel(
    "followup_agenda",
    Column("followup_id", Text, primary_key=True),
    Column("cycle", Integer, primary_key=True),
    Column("opens_at", DateTime(timezone=True)),
    Column("report_due_on", Date),
    Column("expected_on", Date),
    Column("period_from", Date),
    Column("period_until", Date),
    indexes=[["opens_at"]],
)

procedures = ReadModel(
    "followup_procedures",
    Column("accreditation", Text, primary_key=True),
    Column("rulebook", JSONB),
    Column("reason", Text),
    Column("chosen_on", Date),
    Column("version", Integer),
)

#: Nobody follows it up yet, or its follow-up has not heard what became of it.
UNHEARD = """(followed IS NULL AND NOT is_over
 OR followed = 'open' AND (followed_version < version OR followed_status IS DISTINCT FROM status))"""

#: The columns from `followup_id` on are told by monitoring's own events, all others by council's; whichever come first.
known_certificates = ReadModel(
    "known_certificates",
    Column("certificate_id", Text, primary_key=True),
    Column("institution_id", Text),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("number", Text),
    Column("object", Text),
    Column("programme", Text),
    Column("level", Text),
    Column("kind", Text),
    Column("scopes", JSONB),
    Column("recommendations", JSONB),
    Column("panel", JSONB),
    Column("case_officer", Text),
    Column("contract_reference", Text),
    Column("issued_on", Date),
    Column("received_on", Date),
    Column("valid_until", Date),
    Column("plan_received_on", Date),
    Column("plan_accepted_on", Date),
    Column("reissued_from", Text),
    Column("status", Text),
    Column("is_over", Boolean),
    Column("version", Integer),
    Column("followup_id", Text),
    Column("followed", Text),
    Column("followed_status", Text),
    Column("followed_version", Integer),
    indexes=[["followup_id"]],
    partial=[(["rulebook_id", "certificate_id"], UNHEARD)],
)

ALL = [followups, agenda, procedures, known_certificates]


@followups.on(FollowUpOpened)
def _opened(e: Recorded[FollowUpOpened]) -> Write:
    fact = e.event
    told = set(followups.c.keys()) & set(type(fact).model_fields)
    plain = fact.model_dump(include=told - {"rulebook", "scopes", "recommendations"})
    return followups.upsert(
        e,
        **plain,
        rulebook=fact.rulebook.model_dump(),
        rulebook_id=fact.rulebook.id,
        scopes=list(fact.scopes),
        recommendations=len(fact.recommendations),
        status="in_force",
        awaits_plan=fact.plan_required,
        version=e.version,
    )


@followups.on(FollowUpClassified)
def _classified(e: Recorded[FollowUpClassified]) -> Write:
    fact = e.event
    contract = {} if fact.contract_reference is None else {"contract_reference": fact.contract_reference}
    told = {"recommendations": len(fact.recommendations), "awaits_plan": fact.plan_required, **contract}
    return _change(e, fact.followup_id, kind=fact.kind, **told)


@followups.on(CertificateFollowed)
def _followed(e: Recorded[CertificateFollowed]) -> Write:
    fact = e.event
    contract = {} if fact.contract_reference is None else {"contract_reference": fact.contract_reference}
    told = fact.model_dump(include={"received_on", "valid_until", "status", "certificate_version"})
    return _change(e, fact.followup_id, **contract, **told)


@followups.on(DecisionLetterSent)
def _letter(e: Recorded[DecisionLetterSent]) -> Write:
    return _change(e, e.event.followup_id, letter_sent_on=e.event.sent_on)


@followups.on(ExpectedDateSet)
def _expected(e: Recorded[ExpectedDateSet]) -> Write:
    return _change(e, e.event.followup_id)


@followups.on(FollowUpRulebookAdopted)
def _adopted(e: Recorded[FollowUpRulebookAdopted]) -> Write:
    fact = e.event
    of = {"rulebook": fact.rulebook.model_dump(), "rulebook_id": fact.rulebook.id}
    return _change(e, fact.followup_id, **of, awaits_plan=fact.plan_required, adopted_on=fact.adopted_on)


@followups.on(DirectorAlerted)
def _alerted(e: Recorded[DirectorAlerted]) -> Write:
    return _change(e, e.event.followup_id, alerted_on=e.event.alerted_on)


@followups.on(FollowUpEnded)
def _ended(e: Recorded[FollowUpEnded]) -> Write:
    return _change(e, e.event.followup_id, ended_on=e.event.ended_on, why=e.event.why, awaits_plan=False)


@followups.on(PlanAwaited)
def _awaited(e: Recorded[PlanAwaited]) -> Write:
    return followups.update(e, {"followup_id": e.event.followup_id}, awaits_plan=False)


@agenda.on(FollowUpOpened)
def _windows_of_opening(e: Recorded[FollowUpOpened]) -> Sequence[Write]:
    return [_window(e, e.event.followup_id, each) for each in e.event.windows]


@agenda.on(FollowUpClassified, CertificateFollowed, ExpectedDateSet, FollowUpRulebookAdopted)
def _windows(e: Recorded[FollowUpClassified | CertificateFollowed | ExpectedDateSet | FollowUpRulebookAdopted]) -> Sequence[Write]:
    """All windows that are still to come, in the place of those before."""
    before = agenda.delete(e, {"followup_id": e.event.followup_id})
    return [before, *(_window(e, e.event.followup_id, each) for each in e.event.windows)]


@agenda.on(FollowUpEnded)
def _no_windows(e: Recorded[FollowUpEnded]) -> Write:
    return agenda.delete(e, {"followup_id": e.event.followup_id})


@agenda.on(CycleOpened)
def _begun(e: Recorded[CycleOpened]) -> Write:
    return agenda.delete(e, {"followup_id": e.event.followup_id, "cycle": e.event.cycle})


@procedures.on(FollowUpProcedureChosen)
def _chosen(e: Recorded[FollowUpProcedureChosen]) -> Sequence[Write]:
    fact = e.event
    told = {"rulebook": fact.rulebook.model_dump(), "reason": fact.reason, "chosen_on": fact.chosen_on, "version": e.version}
    return [procedures.upsert(e, accreditation=each, **told) for each in fact.accreditations]


@known_certificates.on(FollowUpOpened)
def _followed_up(e: Recorded[FollowUpOpened]) -> Write:
    fact = e.event
    of = {"certificate_id": fact.certificate_id, "followup_id": fact.followup_id}
    return known_certificates.upsert(e, **of, followed="open", followed_status="in_force", followed_version=fact.certificate_version)


@known_certificates.on(CertificateFollowed)
def _heard(e: Recorded[CertificateFollowed]) -> Write:
    fact = e.event
    told = {"followed_status": fact.status, "followed_version": fact.certificate_version}
    return known_certificates.update(e, {"followup_id": fact.followup_id}, **told)


@known_certificates.on(FollowUpEnded)
def _followed_no_more(e: Recorded[FollowUpEnded]) -> Write:
    return known_certificates.update(e, {"followup_id": e.event.followup_id}, followed="ended")


def _window(e: Recorded[Event], followup_id: str, window: CycleWindow) -> Write:
    return agenda.upsert(e, followup_id=followup_id, **window.model_dump())


def _change(e: Recorded[Event], followup_id: str, **values: object) -> Write:
    return followups.update(e, {"followup_id": followup_id}, **values, version=e.version)
