"""What visits shows: the pool of experts and every visit as it stands in its latest round; its panel stands in `readmodels_panel`."""

from sqlalchemy import Boolean, Column, Date, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Event, Recorded
from chassis.readmodels import ReadModel, Write
from services.visits.contract import (
    BriefingHeld,
    CompositionTold,
    ExpertDroppedOut,
    ExpertObjected,
    ExpertRegistered,
    ExpertReplaced,
    FactualCheckAnswered,
    FactualCheckClosed,
    MaterialsSent,
    ObjectionDecided,
    PanelContinued,
    PanelFormed,
    ReportSentForCheck,
    ReportStudied,
    VisitAnnounced,
    VisitClosed,
    VisitCompleted,
    VisitInterrupted,
    VisitOpened,
    VisitReportSubmitted,
    VisitResumed,
    VisitStarted,
    VisitSuspended,
    WebinarHeld,
)

experts = ReadModel(
    "experts",
    Column("expert_id", Text, primary_key=True),
    Column("name", Text),
    Column("email", Text),
    Column("competences", JSONB),
    Column("languages", JSONB),
    Column("affiliations", JSONB),
    Column("categories", JSONB),
    Column("employments", JSONB),
    Column("version", Integer),
)

visits = ReadModel(
    "visits",
    Column("case_id", Text, primary_key=True),
    Column("institution_id", Text),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("stage", Text),
    Column("round", Integer),
    Column("standing", Text),
    Column("standing_reason", Text),
    Column("standing_since", Date),
    Column("opened_on", Date),
    Column("statute_act", Text),
    Column("formed_on", Date),
    Column("told_on", Date),
    Column("panel_statement", Text),
    Column("panel_missing", JSONB),
    Column("panel_stated_on", Date),
    Column("starts_on", Date),
    Column("ends_on", Date),
    Column("announced_on", Date),
    Column("waiver", JSONB),
    Column("length_reason", Text),
    Column("mode", Text),
    Column("mode_reason", Text),
    Column("moved_because", Text),
    Column("programme", JSONB),
    Column("materials_sent_on", Date),
    Column("materials_due_on", Date),
    Column("materials_late", Boolean),
    Column("webinar_on", Date),
    Column("briefing_on", Date),
    Column("started_on", Date),
    Column("interruption", Text),
    Column("interrupted_on", Date),
    Column("ended_on", Date),
    Column("document", JSONB),
    Column("findings", Text),
    Column("recommendations", JSONB),
    Column("remarks", JSONB),
    Column("good_practice", JSONB),
    Column("purposes", JSONB),
    Column("findings_by_criterion", JSONB),
    Column("signed_by", JSONB),
    Column("dissent", Text),
    Column("submitted_on", Date),
    Column("check_sent_on", Date),
    Column("corrections", JSONB),
    Column("check_answered_on", Date),
    Column("rulings", JSONB),
    Column("corrected_report", JSONB),
    Column("check_without_answer", Text),
    Column("check_closed_on", Date),
    Column("version", Integer),
    indexes=[["opened_on", "case_id"], ["institution_id"], ["stage"]],
)

#: Filled from review's events alone (consumers.py): what the panel waits for. `first_version` is its place in review's stream.
self_assessments = ReadModel(
    "self_assessments",
    Column("case_id", Text, primary_key=True),
    Column("first_version", Integer),
    Column("first_version_on", Date),
    Column("final_version_on", Date),
)

ALL = [experts, visits, self_assessments]


@experts.on(ExpertRegistered)
def _expert(e: Recorded[ExpertRegistered]) -> Write:
    fact = e.event
    return experts.upsert(
        e,
        expert_id=fact.expert_id,
        name=fact.name,
        email=fact.email,
        competences=list(fact.competences),
        languages=list(fact.languages),
        affiliations=list(fact.affiliations),
        categories=list(fact.categories),
        employments=[job.model_dump(mode="json") for job in fact.employments],
        version=e.version,
    )


@visits.on(VisitOpened)
def _opened(e: Recorded[VisitOpened]) -> Write:
    """A later round begins with nothing of the earlier one, which stays in the history."""
    fact = e.event
    blank = {column.name: None for column in visits.table.columns if column.name != "agency"}
    known = {
        "case_id": fact.case_id,
        "institution_id": fact.institution_id,
        "rulebook": fact.rulebook.model_dump(),
        "rulebook_id": fact.rulebook.id,
        "stage": "opened",
        "round": fact.round,
        "standing": "open",
        "opened_on": fact.opened_on,
        "version": e.version,
    }
    return visits.upsert(e, **{**blank, **known})


@visits.on(PanelFormed)
def _formed(e: Recorded[PanelFormed]) -> Write:
    fact = e.event
    return _change(e, fact.case_id, stage="panel_formed", statute_act=fact.statute_act, formed_on=fact.formed_on)


@visits.on(VisitAnnounced)
def _announced(e: Recorded[VisitAnnounced]) -> Write:
    fact = e.event
    return _change(
        e,
        fact.case_id,
        stage="announced",
        starts_on=fact.starts_on,
        ends_on=fact.ends_on,
        announced_on=fact.announced_on,
        waiver=fact.waiver.model_dump() if fact.waiver else None,
        length_reason=fact.length_reason,
        mode=fact.mode,
        mode_reason=fact.mode_reason,
        moved_because=fact.moved_because,
        programme=[item.model_dump(mode="json") for item in fact.programme],
        briefing_on=None,
    )


@visits.on(CompositionTold)
def _told(e: Recorded[CompositionTold]) -> Write:
    return _change(e, e.event.case_id, told_on=e.event.told_on)


@visits.on(ExpertObjected, ObjectionDecided, ExpertDroppedOut, ExpertReplaced)
def _panel_changed(e: Recorded[ExpertObjected | ObjectionDecided | ExpertDroppedOut | ExpertReplaced]) -> Write:
    return _change(e, e.event.case_id)


@visits.on(PanelContinued)
def _panel_goes_on(e: Recorded[PanelContinued]) -> Write:
    fact = e.event
    return _change(e, fact.case_id, panel_statement=fact.reasons, panel_missing=fact.missing, panel_stated_on=fact.stated_on)


@visits.on(MaterialsSent)
def _supplied(e: Recorded[MaterialsSent]) -> Write:
    fact = e.event
    sent = {"materials_sent_on": fact.sent_on, "materials_due_on": fact.due_on, "materials_late": fact.late}
    return _change(e, fact.case_id, **sent)


@visits.on(WebinarHeld)
def _trained(e: Recorded[WebinarHeld]) -> Write:
    return _change(e, e.event.case_id, webinar_on=e.event.held_on)


@visits.on(BriefingHeld)
def _briefed(e: Recorded[BriefingHeld]) -> Write:
    return _change(e, e.event.case_id, briefing_on=e.event.held_on)


@visits.on(ReportStudied)
def _studied(e: Recorded[ReportStudied]) -> Write:
    return _change(e, e.event.case_id)


@visits.on(VisitStarted)
def _started(e: Recorded[VisitStarted]) -> Write:
    return _change(e, e.event.case_id, stage="started", started_on=e.event.started_on)


@visits.on(VisitInterrupted)
def _interrupted(e: Recorded[VisitInterrupted]) -> Write:
    """Its dates stand no more, nor does the briefing before them."""
    fact = e.event
    gone = dict.fromkeys(("starts_on", "ends_on", "announced_on", "waiver", "programme", "briefing_on", "started_on"))
    return _change(e, fact.case_id, stage="interrupted", interruption=fact.reason, interrupted_on=fact.interrupted_on, **gone)


@visits.on(VisitSuspended)
def _suspended(e: Recorded[VisitSuspended]) -> Write:
    return _change(e, e.event.case_id, standing="suspended", standing_reason=e.event.reason, standing_since=e.event.suspended_on)


@visits.on(VisitResumed)
def _resumed(e: Recorded[VisitResumed]) -> Write:
    return _change(e, e.event.case_id, standing="open", standing_reason=None, standing_since=None)


@visits.on(VisitClosed)
def _closed(e: Recorded[VisitClosed]) -> Write:
    return _change(e, e.event.case_id, standing="closed", standing_reason=e.event.reason, standing_since=e.event.closed_on)


@visits.on(VisitCompleted)
def _completed(e: Recorded[VisitCompleted]) -> Write:
    return _change(e, e.event.case_id, stage="completed", ended_on=e.event.ended_on)


@visits.on(VisitReportSubmitted)
def _reported(e: Recorded[VisitReportSubmitted]) -> Write:
    fact = e.event
    return _change(
        e,
        fact.case_id,
        stage="reported",
        document=fact.document.model_dump(),
        findings=fact.findings,
        recommendations=list(fact.recommendations),
        remarks=list(fact.remarks),
        good_practice=list(fact.good_practice),
        purposes=[each.model_dump() for each in fact.purposes],
        findings_by_criterion=[each.model_dump() for each in fact.findings_by_criterion],
        signed_by=list(fact.signed_by),
        dissent=fact.dissent,
        submitted_on=fact.submitted_on,
    )


@visits.on(ReportSentForCheck)
def _sent_for_check(e: Recorded[ReportSentForCheck]) -> Write:
    return _change(e, e.event.case_id, check_sent_on=e.event.sent_on)


@visits.on(FactualCheckAnswered)
def _answered(e: Recorded[FactualCheckAnswered]) -> Write:
    fact = e.event
    return _change(e, fact.case_id, corrections=[each.model_dump() for each in fact.corrections], check_answered_on=fact.answered_on)


@visits.on(FactualCheckClosed)
def _check_closed(e: Recorded[FactualCheckClosed]) -> Write:
    fact = e.event
    return _change(
        e,
        fact.case_id,
        rulings=[each.model_dump() for each in fact.rulings],
        corrected_report=fact.report.model_dump() if fact.report else None,
        check_without_answer=fact.without_answer,
        check_closed_on=fact.closed_on,
    )


def _change(e: Recorded[Event], case_id: str, **values: object) -> Write:
    return visits.update(e, {"case_id": case_id}, **values, version=e.version)
