"""The joint commission, questionnaires and analysis of an attestation (attestation, p. 8.5, 26-29), and what the guards tell of them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from chassis.decider import Command
from chassis.problems import Invalid, Refused
from chassis.testing import Given, given, guards_tell_the_truth
from regulations import calendar_for
from services.visits.contract import (
    AttestationCommissionChanged,
    AttestationResultsAnalysed,
    AttestationWorkEnded,
    InvitedOrganisation,
    JointCommissionFormed,
    QuestionnairesHeld,
    Respondents,
)
from services.visits.domain.commission import ATTESTATION_VISIT, BeginWork, CloseVisitOfAttestation, EndWork, OpenVisitOfAttestation
from services.visits.domain.commission_members import ChangeAttestationCommission, FormAttestationCommission, FormJointCommission
from services.visits.domain.commission_state import AttestationVisit
from services.visits.domain.commission_study import AnalyseResults, AssignTasks, HandOverNote, HoldQuestionnaires, InformChair, hold
from services.visits.domain.dates import Rules
from tests.visits.commissions import (
    ATTESTATION,
    ENDS,
    IDS,
    OBJECTS,
    POOL,
    STARTS,
    TODAY,
    all_noted,
    assigned,
    at,
    at_work,
    began,
    formed,
    member,
    opened,
    parts,
    respondents,
    revised,
    tasks,
)

DAY = timedelta(days=1)


CLAUSE = pytest.mark.clause


def past(*events: Any) -> Given[AttestationVisit]:
    return given(ATTESTATION_VISIT, events)


def joint(**fields: Any) -> FormJointCommission:
    return FormJointCommission(**{**at(STARTS), "member_id": "owner", "teacher_id": "s.umarova", "teacher": "Umarova S.", **fields})


class TestJointCommission:
    @CLAUSE(ATTESTATION, "26 (a)")
    def test_the_chair_a_member_and_a_teacher_mark_other_works(self) -> None:
        told = {"chair_id": "chair", "member_id": "owner", "teacher_id": "s.umarova", "teacher": "Umarova S.", "approved_on": STARTS}
        fact = JointCommissionFormed(**IDS, **told)
        past(*at_work()).when(joint()).then(fact)
        past(*at_work()).when(joint(chair_id="chair")).then(fact)
        past(*at_work(), fact).when(joint()).then_refused(words="so already")
        past(*at_work(), fact).when(joint(member_id="teacher")).then_types(JointCommissionFormed)

    @CLAUSE(ATTESTATION, "26 (a)")
    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"chair_id": "owner", "member_id": "teacher"}, "chair does"),
            ({"member_id": "chair"}, "no other member"),
            ({"member_id": "stranger"}, "no other member"),
            ({"teacher_id": "teacher"}, "no teacher of the organisation"),
        ],
    )
    def test_nobody_else_does(self, fields: dict[str, str], words: str) -> None:
        past(*at_work()).when(joint(**fields)).then_refused(clause="26 (a)", words=words)

    @CLAUSE(ATTESTATION, "26 (a)")
    def test_a_chair_alone_has_nobody_to_mark_with(self) -> None:
        past(opened(), formed("chair")).when(joint()).then_refused(clause="26 (a)", words="nobody but the chair")

    @CLAUSE(ATTESTATION, "26 (a)")
    def test_who_left_the_commission_marks_no_more(self) -> None:
        (fact,) = past(*at_work()).when(joint()).then_types(JointCommissionFormed)
        told = {"chair_id": "chair", "reasons": "Ill.", "order_number": "22", "changed_on": STARTS}
        assert ATTESTATION_VISIT.fold([*at_work(), fact, AttestationCommissionChanged(**IDS, left="teacher", **told)]).joint == fact
        assert ATTESTATION_VISIT.fold([*at_work(), fact, AttestationCommissionChanged(**IDS, left="owner", **told)]).joint is None


def asks(*groups: str, **fields: Any) -> HoldQuestionnaires:
    told = {"respondents": respondents(*(groups or ("learners",))), "conducted_by": "The commission"}
    return HoldQuestionnaires(**{**at(STARTS), **told, **fields})


def kindergarten(*levels: str) -> list[Any]:
    return [opened(levels=levels or ("preschool",), specialties=()), formed(), assigned(), began()]


class TestQuestionnaires:
    @CLAUSE(ATTESTATION, "8.5", "29")
    def test_who_was_asked_and_who_was_involved_is_recorded_and_who_was_not_is_shown(self) -> None:
        unions = (InvitedOrganisation(kind="student", name="Students' union"),)
        (fact,) = past(*at_work()).when(asks("learners", "employers", organisations=unions)).then_types(QuestionnairesHeld)
        assert isinstance(fact, QuestionnairesHeld)
        assert (fact.round, fact.organisations, fact.uninvited, fact.replaces_testing) == (1, unions, ("youth", "public"), False)
        (second,) = past(*at_work(), fact).when(asks("parents")).then_types(QuestionnairesHeld)
        assert isinstance(second, QuestionnairesHeld)
        assert second.round == 2

    @CLAUSE(ATTESTATION, "27")
    def test_pre_school_they_stand_for_the_testing_and_ask_staff_and_parents(self) -> None:
        (fact,) = past(*kindergarten()).when(asks("staff", "parents")).then_types(QuestionnairesHeld)
        assert isinstance(fact, QuestionnairesHeld)
        assert fact.replaces_testing
        problem = past(*kindergarten()).when(asks("staff")).then_refused(clause="27", words="parents")
        assert problem.extensions["missing"] == ["parents"]

    @CLAUSE(ATTESTATION, "27")
    def test_elsewhere_they_replace_nothing(self) -> None:
        past(*at_work()).when(asks("staff", "parents", replaces_testing=True)).then_refused(clause="27", words="pre-school")

    @CLAUSE(ATTESTATION, "27")
    def test_where_there_are_other_levels_too_a_person_says_what_they_replace(self) -> None:
        complex_of_both = kindergarten("preschool", "primary")
        for told, replaced in ((None, False), (True, True), (False, False)):
            (fact,) = past(*complex_of_both).when(asks("staff", "parents", replaces_testing=told)).then_types(QuestionnairesHeld)
            assert isinstance(fact, QuestionnairesHeld)
            assert fact.replaces_testing is replaced

    @CLAUSE(ATTESTATION, "28")
    def test_who_conducts_them_is_open_unless_the_agency_reads_the_kazakh_text(self) -> None:
        past(*at_work()).when(asks(conducted_by="A sociologist")).then_types(QuestionnairesHeld)
        kazakh = Rules(revised(questionnaires_by_commission="true"), calendar_for("KZ"))
        state = ATTESTATION_VISIT.fold(at_work())
        with pytest.raises(Refused) as refusal:
            hold(asks(conducted_by="A sociologist"), state, kazakh, STARTS)
        assert refusal.value.clause == "28"
        assert hold(asks(conducted_by="owner"), state, kazakh, STARTS)

    def test_what_cannot_be_is_invalid(self) -> None:
        more = (Respondents(group="learners", asked=10, answered=11, results="So."),)
        wrong = asks(respondents=more, organisations=(InvitedOrganisation(kind="party", name="A party"),))
        problem = past(*at_work()).when(wrong).then_refused()
        assert isinstance(problem, Invalid)
        assert [fault["pointer"] for fault in problem.errors or ()] == ["#/organisations/0/kind", "#/respondents/0/answered"]
        past(opened(), formed()).when(asks()).then_refused(clause="19", words="not begun")


class TestAnalysis:
    @CLAUSE(ATTESTATION, "28")
    def test_the_commission_analyses_the_results_while_it_works_and_after(self) -> None:
        analysis = AnalyseResults(**at(ENDS), analysis="Three in four know their subject.")
        fact = AttestationResultsAnalysed(**IDS, analysis="Three in four know their subject.", analysed_on=ENDS)
        past(*at_work()).when(analysis).then(fact)
        past(*at_work(), *all_noted(), AttestationWorkEnded(**IDS, started_on=STARTS, ended_on=STARTS)).when(analysis).then(fact)
        past(opened(), formed()).when(analysis).then_refused(clause="19")

    @CLAUSE(ATTESTATION, "27", "28")
    def test_pre_school_there_is_nothing_to_analyse_before_the_questionnaires(self) -> None:
        analysis = AnalyseResults(**at(STARTS), analysis="So.")
        past(*kindergarten()).when(analysis).then_refused(clause="27", words="not held yet")
        (fact,) = past(*kindergarten()).when(asks("staff", "parents")).then_types(QuestionnairesHeld)
        past(*kindergarten(), fact).when(analysis).then_types(AttestationResultsAnalysed)


def commands(levels: tuple[str, ...]) -> Any:
    """For each command bodies of which its state takes one, if it takes any."""

    def fitting(state: AttestationVisit) -> Sequence[Command]:
        when, experts = at(STARTS), state.expert_ids or ("nobody",)
        free = [name for name in ("chair", "owner", "teacher", "rector", "union") if name not in experts]
        task = next((task for task in state.tasks if task.object not in state.noted), None) or next(iter(state.tasks), tasks()[0])
        leaving = [name for name in experts if name != state.chair_id]
        others = [name for name in experts if name != state.chair_id and (state.joint is None or name != state.joint.member_id)]
        told = opened(levels=levels).model_dump(exclude={"opened_on"})
        act = {**when, "reasons": "Ill.", "order_number": "22", "pool": POOL}
        spare = member("spare", "authorised_bodies", body=True)
        shift = {"left": state.chair_id, "joined": spare, "chair_id": "spare"} if state.chair_id != "spare" else {"left": "nobody"}
        return [
            OpenVisitOfAttestation(**when, **told),
            FormAttestationCommission(
                **when, members=tuple(map(member, ("chair", "owner"))), chair_id="chair", order_number="21", approved_on=TODAY, pool=POOL
            ),
            ChangeAttestationCommission(**act, **shift),
            *(ChangeAttestationCommission(**act, joined=member(name)) for name in free[:1]),
            *(ChangeAttestationCommission(**act, left=name) for name in leaving),
            AssignTasks(**when, meeting="Academic council", tasks=tasks(experts[-1]), acts=("Law",)),
            BeginWork(**when),
            InformChair(**when, expert_id=experts[0], progress="So."),
            HandOverNote(**when, object=task.object, expert_id=task.expert_id, **parts(shortcomings=())),
            *(joint(chair_id=state.chair_id, member_id=name) for name in others or leaving or ["nobody"]),
            joint(chair_id=state.chair_id, member_id=leaving[0] if leaving else "nobody", teacher_id="another"),
            asks("staff", "parents"),
            AnalyseResults(**when, analysis="So."),
            EndWork(**when),
            CloseVisitOfAttestation(**when, reason="So."),
        ]

    return fitting


def seen(state: AttestationVisit) -> tuple[Any, ...]:
    """States that differ in names and numbers alone are one."""
    alone = state.expert_ids == (state.chair_id,)
    given_all = {task.object for task in state.tasks} >= set(OBJECTS)
    noted = len(state.noted)
    facts = (bool(state.meeting_on), bool(state.questionnaires), bool(state.analysed_on))
    return (state.stage, alone, len(state.expert_ids), state.chair_id, given_all, bool(state.tasks), noted, bool(state.joint), *facts)


@pytest.mark.parametrize("levels", [("higher",), ("preschool",)])
@CLAUSE(ATTESTATION, "16", "17 (a)", "19", "20", "23", "26 (a)", "27", "28")
def test_a_step_is_open_exactly_where_some_body_is_accepted(levels: tuple[str, ...]) -> None:
    states = guards_tell_the_truth(ATTESTATION_VISIT, [opened(levels=levels)], commands(levels), alike=seen, most=20_000)
    assert {state.stage for state in states} == {"opened", "formed", "working", "ended", "closed"}
    assert any(state.joint for state in states)
    assert any(state.meeting_on and not state.tasks for state in states)
