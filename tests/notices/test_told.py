"""Which events leave the house, and how little they say."""

import pytest

from services.notices.consumers import SOURCES
from services.notices.domain.told import IDS, TYPES, body, chosen, unknown
from services.notices.readmodels import cases, matters

KINDS = {source.subject(name): kind for source in SOURCES for name, kind in source.types.items()}
KINDS_BY_TYPE = {kind: subject for subject, kind in KINDS.items()}
KEPT_BACK = (
    "kepil.review.report.TechnicalExaminationHeld",
    "kepil.council.consideration.VoteCast",
    "kepil.council.consideration.SecretBallotCounted",
    "kepil.council.consideration.MemberRecused",
    "kepil.council.consideration.ConclusionDrafted",
    "kepil.visits.visit.PanelFormed",
    "kepil.visits.visit.VisitReportSubmitted",
    "kepil.visits.conclusion.ConclusionDrawnUp",
    "kepil.monitoring.cycle.OutcomeRuled",
    "kepil.monitoring.followup.DirectorAlerted",
    "kepil.monitoring.survey_answer.SurveyAnswered",
)


def test_what_is_told_is_published() -> None:
    assert set(KINDS) >= TYPES


@pytest.mark.parametrize("type_name", sorted(TYPES))
def test_whose_an_event_is_can_be_found_out(type_name: str) -> None:
    """It names its institution or its case, or an earlier event of its stream does."""
    fields = set(KINDS[type_name].model_fields)
    aggregate = type_name.rpartition(".")[0]
    beside = {
        name for other, kind in KINDS.items() if other in TYPES and other.rpartition(".")[0] == aggregate for name in kind.model_fields
    }
    assert fields & {"institution_id", "case_id"} or "institution_id" in beside


@pytest.mark.parametrize("type_name", KEPT_BACK)
def test_what_an_institution_may_not_read_is_not_told(type_name: str) -> None:
    assert type_name in KINDS
    assert type_name not in TYPES


@pytest.mark.parametrize(
    ("types", "passes"),
    [
        ((), True),
        (("kepil.council.certificate.CertificateIssued",), True),
        (("kepil.council.certificate",), True),
        (("kepil.council",), True),
        (("kepil.review", "kepil.council"), True),
        (("kepil.council.cert",), False),
        (("kepil.council.certificate.CertificateIssue",), False),
        (("kepil.review",), False),
    ],
)
def test_a_filter_names_types_or_their_beginnings(types: tuple[str, ...], passes: bool) -> None:
    assert chosen("kepil.council.certificate.CertificateIssued", types) is passes


def test_a_filter_that_lets_nothing_pass_is_a_slip() -> None:
    vote = "kepil.council.consideration.VoteCast"
    assert unknown(["kepil.council", "kepil.nobody", vote]) == ["kepil.nobody", vote]


def test_a_body_says_ids_and_no_more() -> None:
    data = {"case_id": "c-1", "institution_id": "x", "expert_id": "p-1", "signatory_name": "N", "deadline_id": None, "note": "secret"}
    told = body("kepil.a.b.C", "2030-01-01T00:00:00Z", "kaznu", "application-c-1", 7, data)
    assert told == {
        "type": "kepil.a.b.C",
        "timestamp": "2030-01-01T00:00:00Z",
        "data": {"institution_id": "kaznu", "case_id": "c-1", "resource": "application-c-1", "sequence": 7},
    }
    assert not {"expert_id", "member_id", "signatory_id", "leader_id", "chair_id"} & set(IDS)


def test_whose_a_case_is_no_other_event_says() -> None:
    """A document may be stored with a case and an institution that have nothing to do with each other."""
    for model in (cases, matters):
        assert {KINDS_BY_TYPE[kind] for kind in model.projectors} <= TYPES
