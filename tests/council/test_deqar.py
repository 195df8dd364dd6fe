"""The report as a submission object of DEQAR's API v2 (IQAA, S3.g)."""

from datetime import date
from typing import Any

import pytest

from chassis.problems import Refused
from services.council.deqar import report_of
from tests.council import cases
from tests.council.iqaa import INSTITUTION, LAW, RULES, TODAY

IQAA = "iqaa-accreditation"

pytestmark = pytest.mark.clause(IQAA, "S3.g")

CONSIDERATION: dict[str, Any] = {
    "case_id": "case-1",
    "institution_id": "kaznu",
    "rulebook": RULES.ref.model_dump(),
    "adopted_on": TODAY,
    "outcome": "accredit",
    "decisions": [{"scope": INSTITUTION, "outcome": "accredit"}, {"scope": LAW, "outcome": "accredit"}],
    "report": {"kind": "external_evaluation_report", "name": "report.pdf", "sha256": "a" * 64},
}
CASE: dict[str, Any] = {
    "kind": "programme",
    "programmes": [
        {"code": "6B04201", "name": "Law", "qf_ehea_cycle": "first_cycle"},
        {"code": "7M04201", "name": "Law (master's)", "qf_ehea_cycle": "second_cycle"},
    ],
}
KNOWN: dict[str, Any] = {"country": "KZ", "deqar_id": "DEQARINST4102", "eter_id": "KZ0012", "national_id": "990240001234"}
AFTER = {"address": "https://agency.example/reports/1"}
CERTIFICATE = {"valid_until": date(2031, 3, 15)}


def export(consideration: dict[str, Any] = CONSIDERATION, **changes: Any) -> dict[str, Any]:
    beside = {"case": CASE, "institution": KNOWN, "after": AFTER, "certificate": CERTIFICATE, **changes}
    return report_of("iqaa", consideration, **beside).model_dump(exclude_none=True)


def test_it_has_the_shape_of_a_submission_and_says_what_is_known() -> None:
    assert export() == {
        "agency": "iqaa",
        "local_identifier": "case-1",
        "activities": [{"local_identifier": "programme"}],
        "decision": "positive",
        "valid_from": "2026-03-16",
        "valid_to": "2031-03-15",
        "date_format": "%Y-%m-%d",
        "report_links": [{"link": "https://agency.example/reports/1", "link_display_name": "iqaa"}],
        "report_files": [{"display_name": "report.pdf"}],
        "institutions": [
            {
                "deqar_id": "DEQARINST4102",
                "eter_id": "KZ0012",
                "identifiers": [{"identifier": "990240001234", "resource": "KZ-ETER.NatID"}],
            }
        ],
        "programmes": [
            {"identifiers": [{"identifier": "6B04201", "resource": "iqaa"}], "name_primary": "Law", "qf_ehea_level": "first cycle"}
        ],
    }


def test_what_is_not_known_is_absent() -> None:
    bare = export({**CONSIDERATION, "report": None}, case={}, institution={}, after={}, certificate={})
    assert set(bare) == {"agency", "local_identifier", "activities", "decision", "valid_from", "date_format", "institutions"}
    assert bare["institutions"] == [{"identifiers": [{"identifier": "kaznu", "resource": "iqaa"}]}]


def test_a_negative_decision_is_told_too() -> None:
    refused = [{"scope": INSTITUTION, "outcome": "not_accredit"}]
    assert export({**CONSIDERATION, "outcome": "not_accredit", "decisions": refused})["decision"] == "negative"


def test_of_a_case_decided_in_part_the_programmes_of_its_outcome_are_named() -> None:
    part = [{"scope": INSTITUTION, "outcome": "accredit"}, {"scope": LAW, "outcome": "not_accredit"}]
    assert "programmes" not in export({**CONSIDERATION, "decisions": part})


def test_it_is_refused_before_the_decision_and_where_the_rulebook_knows_no_deqar() -> None:
    with pytest.raises(Refused) as early:
        export({**CONSIDERATION, "adopted_on": None})
    assert early.value.clause == "S3.g"
    with pytest.raises(Refused) as elsewhere:
        export({**CONSIDERATION, "rulebook": cases.RULES.ref.model_dump()})
    assert elsewhere.value.clause == "9.9"
