"""A case under IQAA's rulebook before a council of five, for the tests of this folder."""

from datetime import date
from typing import Any

from chassis.documents import Document
from chassis.events import Event
from chassis.testing import Given, given
from regulations import load
from services.council.contract import (
    ConclusionDrafted,
    ConsiderationOpened,
    MaterialsPrepared,
    PresentationPrepared,
    Proposal,
    ReportChecked,
    Vote,
    VoteCast,
)
from services.council.domain.consideration import CONSIDERATION, AdoptDecision, Consideration
from services.council.domain.deviation import Grounds
from tests.council.cases import at, sitting

IQAA = "iqaa-accreditation"
RULES = load(IQAA)
OPENED_ON, TODAY = date(2026, 3, 2), date(2026, 3, 16)
INSTITUTION, LAW = "institution", "programme:6B04201"
SCOPES = (INSTITUTION, LAW)


def document(kind: str, letter: str = "a") -> Document:
    return Document(kind=kind, name=kind, sha256=letter * 64)


SELF_ASSESSMENT, EDITED = document("self_assessment_report"), document("external_evaluation_report", "b")
PANELS_OWN = document("external_evaluation_report", "c")
CONCLUSION, SLIDES = document("accreditation_conclusion"), document("presentation")

OPENED = ConsiderationOpened(
    case_id="case-1",
    institution_id="kaznu",
    rulebook=RULES.ref,
    scopes=SCOPES,
    filed_on=date(2025, 9, 1),
    registered_on=date(2025, 9, 3),
    opened_on=OPENED_ON,
)
CHECKED = ReportChecked(
    case_id="case-1",
    document=EDITED,
    panel_version=PANELS_OWN,
    changes="Style; figures of annex 2",
    checked_by="department.saule",
    experts_council_protocol="No. 4",
    checked_on=OPENED_ON,
)
PROPOSALS = (
    Proposal(scope=INSTITUTION, outcome="accredit", grounds="Conforms"),
    Proposal(scope=LAW, outcome="not_accredit", grounds="Too few staff"),
)
REFERENCES = ("esg", "state_acts", "international_standards")
DRAFTED = ConclusionDrafted(
    case_id="case-1", document=CONCLUSION, proposals=PROPOSALS, references=REFERENCES, text="Conforms in part", drafted_on=OPENED_ON
)
PRESENTED = PresentationPrepared(case_id="case-1", document=SLIDES, prepared_on=OPENED_ON)
PREPARED = MaterialsPrepared(
    case_id="case-1", documents=(EDITED, CONCLUSION, SLIDES, SELF_ASSESSMENT), conclusion="Conforms in part", prepared_on=OPENED_ON
)
LAID = (OPENED, CHECKED, DRAFTED, PRESENTED)
READY = (*LAID, PREPARED)
PRESENT = ("aigul", "berik", "chingiz")
MET = sitting(*PRESENT)


def case(*events: Event) -> Given[Consideration]:
    return given(CONSIDERATION, events)


def votes(*words: Vote, scope: str = INSTITUTION) -> tuple[VoteCast, ...]:
    """One vote of each present member."""
    return tuple(
        VoteCast(case_id="case-1", meeting_id="meeting-1", member_id=member, scope=scope, vote=word)
        for member, word in zip(PRESENT, words, strict=True)
    )


def grounds(scope: str = LAW, **changes: Any) -> Grounds:
    return Grounds(**{"scope": scope, "grounds": "Staff were hired", "opinions": "Two members saw it", **changes})


def adopt(**changes: Any) -> AdoptDecision:
    return AdoptDecision(**at(TODAY), **{"sitting": MET, "protocol_number": "7", **changes})
