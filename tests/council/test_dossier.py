"""What is laid before the council under IQAA's rulebook: checked report, conclusion, presentation (P.2, S3.a to S3.c.2)."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from chassis.events import Event
from chassis.problems import Conflict, Refused
from services.council.contract import ConsiderationClosed, ConsiderationResumed, ConsiderationSuspended, MeetingConvened, Proposal
from services.council.domain import consideration as domain
from services.council.domain.consideration import (
    CONSIDERATION,
    CheckReport,
    Close,
    DraftConclusion,
    PrepareMaterials,
    PreparePresentation,
    Resume,
    Suspend,
)
from services.council.domain.dossier import Check, Draft, lacking
from services.council.domain.meeting import MEETING, AgendaItem, ConveneMeeting
from tests.council import cases
from tests.council.cases import MEMBERS, at
from tests.council.iqaa import (
    CHECKED,
    CONCLUSION,
    DRAFTED,
    EDITED,
    INSTITUTION,
    LAID,
    LAW,
    MET,
    OPENED,
    OPENED_ON,
    PANELS_OWN,
    PREPARED,
    PRESENTED,
    PROPOSALS,
    READY,
    REFERENCES,
    RULES,
    SELF_ASSESSMENT,
    SLIDES,
    TODAY,
    case,
    document,
    votes,
)
from tests.council.test_after_decision import APPEALED, PART
from tests.council.test_after_decision import ruled as ruling

IQAA = "iqaa-accreditation"


def checking(**changes: Any) -> CheckReport:
    given = {"document": EDITED, "panel_version": PANELS_OWN, "changes": CHECKED.changes, "checked_by": CHECKED.checked_by}
    return CheckReport(**at(OPENED_ON), check=Check(**{**given, "experts_council_protocol": "No. 4", **changes}))


def drafting(**changes: Any) -> DraftConclusion:
    given = {"document": CONCLUSION, "text": DRAFTED.text, "proposals": PROPOSALS, "references": REFERENCES}
    return DraftConclusion(**at(OPENED_ON), draft=Draft(**{**given, **changes}))


def presenting(kind: str = "presentation") -> PreparePresentation:
    return PreparePresentation(**at(OPENED_ON), document=document(kind))


def materials(*documents: Any, conclusion: str = "") -> PrepareMaterials:
    return PrepareMaterials(**at(OPENED_ON), documents=documents or (SELF_ASSESSMENT,), conclusion=conclusion)


@pytest.mark.clause(IQAA, "S3.a")
class TestReportCheck:
    def test_the_department_edits_the_report_and_the_panels_own_is_kept(self) -> None:
        case(OPENED).when(checking()).then(CHECKED)

    def test_it_is_checked_together_with_the_experts_council(self) -> None:
        problem = case(OPENED).when(checking(experts_council_protocol=" ")).then_refused(clause="S3.a", words="experts' council")
        assert "protocol" in problem.accepts

    def test_without_the_panels_own_version_it_is_refused(self) -> None:
        case(OPENED).when(checking(panel_version=None)).then_refused(clause="S3.a", words="own version")

    def test_an_agency_may_read_that_the_edited_report_alone_is_kept(self) -> None:
        book = RULES.revised({"settings.panel_version_kept": {"value": False}}, version="edited alone")
        (event,) = CONSIDERATION.decide(checking(panel_version=None), CONSIDERATION.fold([OPENED]), book)
        assert event.panel_version is None  # type: ignore[attr-defined]

    def test_a_document_of_another_kind_is_refused(self) -> None:
        problem = case(OPENED).when(checking(document=CONCLUSION)).then_refused(clause="S3.a")
        assert "external_evaluation_report" in problem.accepts

    def test_a_report_that_is_checked_again_calls_for_all_that_rests_on_it_anew(self) -> None:
        again = CHECKED.model_copy(update={"changes": "Once more"})
        state = CONSIDERATION.fold([*READY, again])
        assert (state.dossier.report, state.dossier.conclusion, state.dossier.presentation, state.materials) == (again, None, None, None)


@pytest.mark.clause(IQAA, "S3.a")
class TestConclusion:
    def test_it_proposes_a_result_on_every_scope(self) -> None:
        case(OPENED, CHECKED).when(drafting()).then(DRAFTED)

    def test_it_comes_after_the_check(self) -> None:
        case(OPENED).when(drafting()).then_refused(clause="S3.a", words="not checked")

    @pytest.mark.parametrize("proposals", [PROPOSALS[:1], (*PROPOSALS, PROPOSALS[0])], ids=["one is missing", "one is there twice"])
    def test_each_scope_has_one_proposal(self, proposals: tuple[Proposal, ...]) -> None:
        problem = case(OPENED, CHECKED).when(drafting(proposals=proposals)).then_refused(clause="S3.a", words="every scope")
        assert LAW in problem.accepts

    def test_after_a_new_visit_it_proposes_on_what_an_appeal_has_remitted(self) -> None:
        appealed = APPEALED.model_copy(update={"scopes": (LAW,)})
        ruled = ruling("remitted", new_visit=True).model_copy(update={"scopes": (LAW,)})
        remitted = (*READY, PART, appealed, ruled, CHECKED)
        case(*remitted).when(drafting()).then_refused(clause="S3.a", words="every scope that the council decides")
        case(*remitted).when(drafting(proposals=PROPOSALS[1:])).then(DRAFTED.model_copy(update={"proposals": PROPOSALS[1:]}))

    def test_a_proposal_is_one_of_the_rulebooks_decisions(self) -> None:
        strange = (PROPOSALS[0], PROPOSALS[1].model_copy(update={"outcome": "postpone"}))
        problem = case(OPENED, CHECKED).when(drafting(proposals=strange)).then_refused(clause="S3.a", words="postpone")
        assert "not_accredit" in problem.accepts

    @pytest.mark.clause(IQAA, "P.2")
    @pytest.mark.parametrize("left_out", ["state_acts", "international_standards"])
    def test_state_acts_and_international_standards_are_taken_into_account(self, left_out: str) -> None:
        rest = tuple(word for word in REFERENCES if word != left_out)
        problem = case(OPENED, CHECKED).when(drafting(references=rest)).then_refused(clause="P.2", words=left_out.split("_")[0])
        assert problem.missing == [left_out]

    @pytest.mark.clause(IQAA, "P.2")
    def test_references_are_words_of_the_rulebook(self) -> None:
        case(OPENED, CHECKED).when(drafting(references=(*REFERENCES, "hearsay"))).then_refused(words="hearsay")


@pytest.mark.clause(IQAA, "S3.b")
class TestPresentation:
    def test_it_rests_on_the_conclusion(self) -> None:
        case(OPENED, CHECKED, DRAFTED).when(presenting()).then(PRESENTED)
        case(OPENED, CHECKED).when(presenting()).then_refused(clause="S3.b", words="not drafted")

    def test_it_is_a_presentation(self) -> None:
        case(OPENED, CHECKED, DRAFTED).when(presenting("accreditation_conclusion")).then_refused(clause="S3.b")


@pytest.mark.clause(IQAA, "S3.c.2")
class TestFourInputs:
    def test_what_came_by_steps_of_its_own_is_there_and_the_rest_is_added(self) -> None:
        case(*LAID).when(materials()).then(PREPARED)

    @pytest.mark.parametrize(
        ("past", "given", "missing"),
        [
            (LAID, (document("other"),), ["self_assessment_report"]),
            (LAID[:3], (SELF_ASSESSMENT,), ["presentation"]),
            (LAID[:3], (SELF_ASSESSMENT, SLIDES), ["presentation"]),
            (LAID[:2], (SELF_ASSESSMENT,), ["accreditation_conclusion", "presentation"]),
            (LAID[:1], (SELF_ASSESSMENT, EDITED), ["external_evaluation_report", "accreditation_conclusion", "presentation"]),
        ],
        ids=["no self-assessment", "no presentation", "a presentation beside its stage", "no conclusion", "no check"],
    )
    def test_the_refusal_names_what_is_missing(self, past: tuple[Event, ...], given: tuple[Any, ...], missing: list[str]) -> None:
        problem = case(*past).when(materials(*given)).then_refused(clause="S3.c.2", words="not before the council")
        assert problem.missing == missing

    def test_no_other_document_takes_the_place_of_a_recorded_one(self) -> None:
        other = document("accreditation_conclusion", "f")
        assert isinstance(case(*LAID).when(materials(SELF_ASSESSMENT, other)).then_refused(words="accreditation_conclusion"), Conflict)

    def test_a_case_that_lacks_an_input_is_not_convened_on(self) -> None:
        state = CONSIDERATION.fold(LAID[:3])
        item = AgendaItem("case-1", IQAA, missing=lacking(RULES, state.dossier))
        with pytest.raises(Refused) as refusal:
            MEETING.decide(convene(item), MEETING.initial, RULES)
        assert (refusal.value.clause, refusal.value.missing) == ("S3.c.2", {"case-1": ["self_assessment_report", "presentation"]})

    @pytest.mark.clause(IQAA, "S3.c.1")
    def test_a_case_with_all_four_is(self) -> None:
        (event,) = MEETING.decide(convene(AgendaItem("case-1", IQAA, prepared=True)), MEETING.initial, RULES)
        assert isinstance(event, MeetingConvened)

    def test_nobody_votes_before_they_are_there(self) -> None:
        vote = cases.cast("aigul", at_=MET).model_copy(update=at(TODAY))
        case(*LAID).when(vote).then_refused(clause="S3.c.2", words="not ready")

    def test_all_stands_once_the_council_votes(self) -> None:
        for command in (checking(), drafting(), presenting(), materials()):
            assert isinstance(case(*READY, *votes("for", "for", "for")).when(command).then_refused(words="no longer change"), Conflict)


def convene(*agenda: AgendaItem) -> ConveneMeeting:
    fields = {"meeting_id": "meeting-1", "council_id": "council-1", "rulebook": RULES.ref, "members": MEMBERS, "held_on": TODAY}
    return ConveneMeeting(at=datetime(2026, 3, 2, 6, tzinfo=UTC), by="somebody", **fields, agenda=agenda)


class TestOrder109:
    """Order 109 knows no check of the report and no presentation, and lists no documents for the council."""

    @pytest.mark.parametrize("command", [checking(), drafting(), presenting()])
    def test_its_procedure_has_no_such_stage(self, command: Any) -> None:
        cases.case(cases.OPENED).when(command).then_refused(clause="9.7", words="has no stage")

    @pytest.mark.clause(cases.ORDER_109, "9.7", "18")
    def test_its_materials_have_a_conclusion(self) -> None:
        cases.case(cases.OPENED).when(materials(cases.DOCUMENT)).then_refused(clause="9.7", words="no conclusion")


SUSPENDED = ConsiderationSuspended(case_id="case-1", reason="A court's order", suspended_on=TODAY)
RESUMED = ConsiderationResumed(case_id="case-1", resumed_on=date(2026, 4, 1))
CLOSED = ConsiderationClosed(case_id="case-1", reason="Withdrawn", closed_on=TODAY)


class TestRest:
    """A case that the agency suspended, and one that has ended."""

    def test_it_is_suspended_once_and_goes_on(self) -> None:
        suspend = Suspend(**at(TODAY), reason="A court's order")
        case(*READY).when(suspend).then(SUSPENDED)
        case(*READY, SUSPENDED).when(suspend).then()
        case(*READY, SUSPENDED).when(Resume(**at(date(2026, 4, 1)))).then(RESUMED)
        case(*READY).when(Resume(**at(TODAY))).then()
        case(*READY, SUSPENDED, RESUMED).when(suspend).then(SUSPENDED)

    def test_it_is_closed_once_and_for_good(self) -> None:
        close = Close(**at(TODAY), reason="Withdrawn")
        case(*READY, SUSPENDED).when(close).then(CLOSED)
        for command in (close, Resume(**at(TODAY)), Suspend(**at(TODAY), reason="Late")):
            case(*READY, CLOSED).when(command).then()

    @pytest.mark.parametrize(("stopped", "why"), [(SUSPENDED, "A court's order"), (CLOSED, "Withdrawn")], ids=["suspended", "closed"])
    @pytest.mark.parametrize(
        "command",
        [checking(), drafting(), presenting(), materials(), cases.cast("aigul"), cases.recuse("aigul"), cases.adopt()],
        ids=lambda command: type(command).__name__,
    )
    def test_nothing_else_is_done_and_the_answer_says_why(self, stopped: Event, why: str, command: Any) -> None:
        assert isinstance(case(*READY, stopped).when(command).then_refused(words=why), Conflict)

    def test_it_goes_on_where_it_stood(self) -> None:
        state = CONSIDERATION.fold([*READY, *votes("for", "for", "for"), SUSPENDED, RESUMED])
        assert state == domain.CONSIDERATION.fold([*READY, *votes("for", "for", "for")])

    def test_no_meeting_is_convened_on_it(self) -> None:
        item = AgendaItem("case-1", IQAA, prepared=True, stopped=CONSIDERATION.fold([*READY, SUSPENDED]).stopped)
        with pytest.raises(Conflict, match="A court's order"):
            MEETING.decide(convene(item), MEETING.initial, RULES)


def test_only_the_scopes_of_the_case_are_proposed_on() -> None:
    alone = OPENED.model_copy(update={"scopes": (INSTITUTION,)})
    case(alone, CHECKED).when(drafting()).then_refused(clause="S3.a")
