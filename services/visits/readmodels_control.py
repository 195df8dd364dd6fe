"""What visits shows of the control of learners' knowledge: each control with its figures, its learners as pseudonyms, and apart from them
who they are."""

from sqlalchemy import Boolean, Column, Date, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.events import Event, Recorded
from chassis.privacy import FORGOTTEN
from chassis.readmodels import ReadModel, Write
from services.visits.contract import (
    ControlConcluded,
    ControlOpened,
    DisciplinesApproved,
    DisciplinesProposed,
    LearnerNamed,
    LearnersForgotten,
    LearnersListed,
    ResultsRecorded,
    SampleDrawn,
)

controls = ReadModel(
    "controls",
    Column("control_id", Text, primary_key=True),
    Column("attestation_id", Text),
    Column("institution_id", Text),
    Column("rulebook", JSONB),
    Column("rulebook_id", Text),
    Column("specialty", Text),
    Column("unit", Text),
    Column("level", Text),
    Column("form", Text),
    Column("stage", Text),
    Column("opened_on", Date),
    Column("disciplines", JSONB),
    Column("outgoing_number", Text),
    Column("proposed_on", Date),
    Column("act", Text),
    Column("approved_on", Date),
    Column("learners", Integer),
    Column("listed_on", Date),
    Column("seed", Text),
    Column("seed_given", Boolean),
    Column("whole", Boolean),
    Column("shares", JSONB),
    Column("ruling", Text),
    Column("drawn_on", Date),
    Column("round", Integer),
    Column("source", Text),
    Column("file_hash", Text),
    Column("by_joint_commission", Boolean),
    Column("recorded_on", Date),
    Column("sample", Integer),
    Column("took_part", Integer),
    Column("positive", Integer),
    Column("base", Integer),
    Column("participation", Text),
    Column("positive_marks", Text),
    Column("participation_met", Boolean),
    Column("positive_met", Boolean),
    Column("marks", JSONB),
    Column("concluded_on", Date),
    Column("version", Integer),
    indexes=[["opened_on", "control_id"], ["attestation_id"], ["institution_id"]],
)

control_learners = ReadModel(
    "control_learners",
    Column("control_id", Text, primary_key=True),
    Column("learner_id", Text, primary_key=True),
    Column("standing", Text),
    Column("drawn", Boolean),
    Column("took_part", Boolean),
    Column("right_answers", Integer),
    Column("questions", Integer),
    Column("mark", Text),
)

learner_names = ReadModel(
    "learner_names",
    Column("learner_id", Text, primary_key=True),
    Column("control_id", Text),
    Column("code", Text),
    Column("name", Text),
    Column("forgotten", Boolean),
    indexes=[["control_id"]],
)

ALL = [controls, control_learners, learner_names]


@controls.on(ControlOpened)
def _opened(e: Recorded[ControlOpened]) -> Write:
    fact = e.event
    told = {name: getattr(fact, name) for name in ("attestation_id", "institution_id", "specialty", "unit", "level", "form", "opened_on")}
    book = {"rulebook": fact.rulebook.model_dump(), "rulebook_id": fact.rulebook.id}
    return controls.upsert(e, control_id=fact.control_id, stage="opened", **told, **book, version=e.version)


@controls.on(DisciplinesProposed)
def _proposed(e: Recorded[DisciplinesProposed]) -> Write:
    fact = e.event
    return _change(e, disciplines=list(fact.disciplines), outgoing_number=fact.outgoing_number, proposed_on=fact.proposed_on)


@controls.on(DisciplinesApproved)
def _approved(e: Recorded[DisciplinesApproved]) -> Write:
    return _change(e, act=e.event.act, approved_on=e.event.approved_on)


@controls.on(LearnersListed)
def _listed(e: Recorded[LearnersListed]) -> Write:
    return _change(e, stage="listed", learners=len(e.event.learners), listed_on=e.event.listed_on)


@controls.on(SampleDrawn)
def _drawn(e: Recorded[SampleDrawn]) -> Write:
    fact = e.event
    told = {name: getattr(fact, name) for name in ("seed", "seed_given", "whole", "ruling", "drawn_on")}
    return _change(e, stage="drawn", sample=len(fact.drawn), shares=[each.model_dump() for each in fact.shares], **told)


@controls.on(ResultsRecorded)
def _recorded(e: Recorded[ResultsRecorded]) -> Write:
    fact = e.event
    told = {name: getattr(fact, name) for name in ("round", "source", "file_hash", "by_joint_commission", "recorded_on")}
    return _change(e, stage="recorded", **told)


@controls.on(ControlConcluded)
def _concluded(e: Recorded[ControlConcluded]) -> Write:
    fact = e.event
    names = ("sample", "took_part", "positive", "base", "participation_met", "positive_met", "marks", "concluded_on")
    shares = {name: str(getattr(fact, name)) for name in ("participation", "positive_marks")}
    return _change(e, stage="concluded", **{name: getattr(fact, name) for name in names}, **shares)


@controls.on(LearnersForgotten)
def _forgot(e: Recorded[LearnersForgotten]) -> Write:
    return _change(e)


def _change(e: Recorded[Event], **values: object) -> Write:
    return controls.update(e, {"control_id": e.subject_id}, **values, version=e.version)


@control_learners.on(LearnersListed)
def _learners(e: Recorded[LearnersListed]) -> list[Write]:
    """A later list replaces an earlier one."""
    of = {"control_id": e.event.control_id}
    blank = {"drawn": False, "took_part": None, "right_answers": None, "questions": None, "mark": None}
    rows = [control_learners.upsert(e, **of, learner_id=each.learner_id, standing=each.standing, **blank) for each in e.event.learners]
    return [control_learners.delete(e, of), *rows]


@control_learners.on(SampleDrawn)
def _of_sample(e: Recorded[SampleDrawn]) -> list[Write]:
    return [control_learners.update(e, {"control_id": e.event.control_id, "learner_id": each}, drawn=True) for each in e.event.drawn]


@control_learners.on(ResultsRecorded)
def _results(e: Recorded[ResultsRecorded]) -> list[Write]:
    return [
        control_learners.update(
            e,
            {"control_id": e.event.control_id, "learner_id": each.learner_id},
            took_part=each.took_part,
            right_answers=each.right,
            questions=each.questions,
            mark=each.mark,
        )
        for each in e.event.results
    ]


@learner_names.on(LearnerNamed)
def _named(e: Recorded[LearnerNamed]) -> Write:
    fact = e.event
    told = {"code": fact.code, "name": fact.name, "forgotten": False}
    return learner_names.upsert(e, learner_id=fact.learner_id, control_id=fact.control_id, **told)


@learner_names.on(LearnersForgotten)
def _forgotten(e: Recorded[LearnersForgotten]) -> list[Write]:
    nobody = {"code": FORGOTTEN, "name": FORGOTTEN, "forgotten": True}
    return [learner_names.update(e, {"learner_id": each}, **nobody) for each in e.event.learners]
