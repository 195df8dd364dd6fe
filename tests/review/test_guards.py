"""What the guards tell a portal of a report is what is decided there, in every state and by both rulebooks."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from chassis.decider import Command
from chassis.documents import Document
from chassis.testing import guards_tell_the_truth
from regulations import load
from services.review.contract import ReportSection, SectionFinding, SectionRef, SelfAssessmentOpened
from services.review.domain.report import (
    REPORT,
    IssueRecommendations,
    OpenSelfAssessment,
    ReceiveElectronicReport,
    ReceivePaperReport,
    Report,
    ReviewReport,
)
from services.review.domain.standing import Close, Resume, Suspend
from services.review.domain.versions import (
    AcceptReport,
    ExamineVersion,
    HoldPreliminaryAudit,
    ResubmitVersion,
    SendResults,
    SetOutline,
    SubmitVersion,
)

ORDER_109, IQAA = "kz-109-2008-accreditation", "iqaa-accreditation"
TODAY = date(2024, 4, 15)
NOW: dict[str, Any] = {"at": datetime(2024, 4, 15, 6, tzinfo=UTC), "by": "somebody"}
FILE = Document(kind="report", name="report.pdf", sha256="a" * 64)
FIRST, SECOND = ReportSection(standard="1", criterion="1.1", text="So."), ReportSection(standard="2", text="So.")
WANTED = SectionRef(standard="2")


def opened(rulebook: str, kind: str | None) -> SelfAssessmentOpened:
    ids = {"case_id": "case-1", "institution_id": "kaznu", "standards": "institutional", "standards_version": "2020"}
    return SelfAssessmentOpened(**ids, rulebook=load(rulebook).ref, kind=kind, opened_on=TODAY)


def commands(rulebook: str) -> Any:
    """For each command bodies of which its state takes one, if it takes any."""
    opening = opened(rulebook, None).model_dump(exclude={"opened_on", "rulebook"})
    finding = SectionFinding(standard="2", finding="No section.")

    def fitting(state: Report) -> Sequence[Command]:
        return [
            OpenSelfAssessment(**NOW, rulebook=load(rulebook).ref, **opening),
            Suspend(**NOW, reason="A fire"),
            Resume(**NOW),
            Close(**NOW),
            ReceiveElectronicReport(**NOW, document=FILE),
            ReceivePaperReport(**NOW, incoming_number="17"),
            ReviewReport(**NOW, findings="Complete"),
            IssueRecommendations(**NOW, recommendations=("Describe the library",)),
            SetOutline(**NOW, sections=(WANTED,)),
            SubmitVersion(**NOW, sections=(FIRST,)),
            SubmitVersion(**NOW, sections=(FIRST, SECOND), annexes=(FILE,)),
            ExamineVersion(**NOW, summary="A gap.", findings=(finding,), rework_needed=True),
            ExamineVersion(**NOW, summary="Whole.", rework_needed=False),
            SendResults(**NOW),
            ResubmitVersion(**NOW),
            ResubmitVersion(**NOW, annexes=(FILE,)),
            AcceptReport(**NOW),
            HoldPreliminaryAudit(**NOW, held_on=state.final_on or TODAY, note="Seen."),
        ]

    return fitting


def alike(state: Report) -> Any:
    """States that differ in how often alone are one."""
    versions = (min(state.number, 2), min(state.rounds, 2), state.sections, state.annexed, state.rework_needed, state.final_on)
    return (state.stage, state.standing, frozenset(state.forms), state.outline, versions, state.audited_on)


@pytest.mark.parametrize(("rulebook", "kind"), [(ORDER_109, None), (IQAA, "institutional"), (IQAA, "programme"), (IQAA, None)])
@pytest.mark.clause(ORDER_109, "9.3", "9.4", "9.5", "13")
@pytest.mark.clause(IQAA, "S1.e", "S1.f.1", "S1.f.2", "S1.g", "S1.h")
def test_a_step_is_open_exactly_where_some_body_is_accepted(rulebook: str, kind: str | None) -> None:
    states = guards_tell_the_truth(REPORT, [opened(rulebook, kind)], commands(rulebook), alike=alike)
    by_forms = {"opened", "received", "reviewed", "recommended"}
    by_versions = {"opened", "submitted", "examined", "rework", "finalising", "final", "accepted"}
    assert {state.stage for state in states} == (by_forms if rulebook == ORDER_109 else by_versions)
    assert {state.standing for state in states} == {"open", "suspended", "closed"}
    assert any(state.audited_on for state in states) is (rulebook == IQAA and kind != "programme")


class TestOrder109AndIqaaDiffer:
    """In what is open of a report that has just been opened, by the steps and media of their own alone."""

    @staticmethod
    def open_steps(rulebook: str) -> set[str]:
        refusals = REPORT.refusals(REPORT.fold([opened(rulebook, "institutional")]), load(rulebook))
        return {kind.__name__ for kind, problem in refusals.items() if problem is None}

    @pytest.mark.clause(ORDER_109, "13")
    def test_forms_are_received_by_the_one(self) -> None:
        assert self.open_steps(ORDER_109) - self.open_steps(IQAA) == {"ReceiveElectronicReport", "ReceivePaperReport"}

    @pytest.mark.clause(IQAA, "S1.f.1")
    def test_a_first_version_is_submitted_by_the_other(self) -> None:
        assert self.open_steps(IQAA) - self.open_steps(ORDER_109) == {"SubmitVersion"}

    def test_each_says_why_in_its_own_words(self) -> None:
        for rulebook, kind in ((ORDER_109, ReviewReport), (IQAA, AcceptReport)):
            rules = load(rulebook)
            refusal = REPORT.refusals(REPORT.fold([opened(rulebook, None)]), rules)[kind]
            assert refusal is not None
            assert refusal.clause in rules.clauses
