"""What intake concludes from council's facts: the words are the rulebook's, never the code's."""

from datetime import UTC, date, datetime

import pytest

from chassis.events import Event, Recorded
from regulations import load
from services.council.contract import (
    AppealDecided,
    AppealOutcome,
    CertificateEnded,
    CertificateExpired,
    CertificateIssued,
    CertificateReissued,
    CertificateRestored,
    CertificateRevoked,
    DecisionAdopted,
    ScopeDecision,
)
from services.intake import consumers
from services.intake.readmodels import certificates, decided, refusals

ORDER_109 = "kz-109-2008-accreditation"
RULES = load(ORDER_109)
AT = datetime(2010, 3, 15, 6, 0, tzinfo=UTC)


def recorded(event: Event) -> Recorded[Event]:
    return Recorded(event, "e-1", "council", "iqaa", "consideration-case-1", 5, AT, AT, {})


def decision(outcome: str) -> Recorded[Event]:
    fact = DecisionAdopted(
        case_id="case-1",
        institution_id="kaznu",
        rulebook=RULES.ref,
        meeting_id="m-1",
        protocol_number="3",
        decisions=(ScopeDecision(scope="institution", outcome=outcome, votes_for=3, votes_against=2, abstained=0),),
        outcome=outcome,
        reasons="For reasons",
        before_first_year=False,
        adopted_on=date(2010, 3, 15),
    )
    return recorded(fact)


@pytest.mark.clause(ORDER_109, "19.1", "19.2", "22 (b)")
@pytest.mark.parametrize("outcome", list(RULES.vocabulary("decisions")))
def test_the_decision_from_which_the_bar_follows_is_kept_as_a_refusal(outcome: str) -> None:
    writes = refusals.projectors[DecisionAdopted](decision(outcome))
    barred = consumers.BAR in RULES.vocabulary("decisions")[outcome].follows
    assert [(w.statement.kind, w.values["case_id"], w.values["scope"], w.values["refused_on"]) for w in writes] == (
        [("upsert", "case-1", "institution", date(2010, 3, 15))] if barred else []
    )


def test_a_case_of_which_something_is_decided_is_known_as_decided() -> None:
    (write,) = decided.projectors[DecisionAdopted](decision("accredit"))
    assert write.values | {"agency": ""} == {"agency": "", "case_id": "case-1", "scope": "institution", "decided_on": date(2010, 3, 15)}


@pytest.mark.parametrize(("outcome", "open_again"), [("upheld", []), ("overturned", []), ("remitted", ["institution"])])
def test_what_an_appeal_remits_is_not_decided_again_yet(outcome: AppealOutcome, open_again: list[str]) -> None:
    fact = AppealDecided(
        appeal_id="a-1",
        case_id="case-1",
        institution_id="kaznu",
        scopes=("institution",),
        outcome=outcome,
        decided_by="The commission",
        act="No. 3",
        reasons="For reasons",
        decided_on=date(2010, 4, 1),
    )
    assert [w.values["where_scope"] for w in decided.projectors[AppealDecided](recorded(fact))] == open_again


def test_of_a_mixed_decision_only_the_refused_scopes_are_kept() -> None:
    scopes = (
        ScopeDecision(scope="institution", outcome="accredit", votes_for=5, votes_against=0, abstained=0),
        ScopeDecision(scope="programme:LAW", outcome="refuse", votes_for=1, votes_against=4, abstained=0),
    )
    mixed = decision("accredit")
    fact = mixed.event.model_copy(update={"decisions": scopes})
    assert [w.values["scope"] for w in refusals.projectors[DecisionAdopted](recorded(fact))] == ["programme:LAW"]


def test_the_bar_is_a_term_of_the_rulebook_and_follows_from_one_decision() -> None:
    assert consumers.BAR in RULES.terms
    assert [word for word, entry in RULES.vocabulary("decisions").items() if consumers.BAR in entry.follows] == ["refuse"]


def test_an_expired_certificate_stays_known_as_expired() -> None:
    issued = CertificateIssued(
        certificate_id="cert-1",
        case_id="case-1",
        institution_id="kaznu",
        rulebook=RULES.ref,
        number="1",
        blank_number="AB 000001",
        scopes=("institution",),
        issued_on=date(2009, 6, 10),
        valid_until=date(2014, 6, 10),
    )
    expired = CertificateExpired(certificate_id="cert-1", case_id="case-1", institution_id="kaznu", expired_on=date(2014, 6, 10))
    first, second = (certificates.projectors[type(fact)](recorded(fact)) for fact in (issued, expired))
    assert first.values["valid_until"] == date(2014, 6, 10)
    assert (first.values["expired"], second.values["expired"]) == (False, True)


@pytest.mark.clause(ORDER_109, "26")
def test_what_ended_is_not_renewed_and_the_successor_s_certificate_is() -> None:
    ended = CertificateEnded(
        certificate_id="cert-1",
        case_id="case-1",
        institution_id="kaznu",
        ground="reorganisation",
        act="No. 641",
        successor_id="aknu",
        ended_on=date(2012, 9, 3),
    )
    write = certificates.projectors[CertificateEnded](recorded(ended))
    assert (write.values["where_certificate_id"], write.values["expired"]) == ("cert-1", True)
    reissued = CertificateReissued(
        certificate_id="cert-2",
        reissued_from="cert-1",
        case_id="case-1",
        institution_id="aknu",
        rulebook=RULES.ref,
        number="2",
        blank_number="AB 000002",
        scopes=("institution",),
        issued_on=date(2012, 9, 12),
        valid_until=date(2015, 3, 15),
    )
    write = certificates.projectors[CertificateReissued](recorded(reissued))
    told = [write.values[name] for name in ("certificate_id", "institution_id", "valid_until", "expired")]
    assert told == ["cert-2", "aknu", date(2015, 3, 15), False]


@pytest.mark.clause(ORDER_109, "27")
@pytest.mark.parametrize(("outcome", "falls"), [("upheld", False), ("remitted", True), ("overturned", True)])
def test_a_refusal_that_an_appeal_sets_aside_bars_nothing(outcome: AppealOutcome, falls: bool) -> None:
    ruled = AppealDecided(
        appeal_id="appeal-1",
        case_id="case-1",
        institution_id="kaznu",
        scopes=("programme:LAW",),
        outcome=outcome,
        decided_by="The court",
        act="No. 3",
        reasons="So.",
        decided_on=date(2010, 5, 1),
    )
    writes = refusals.projectors[AppealDecided](recorded(ruled))
    assert [(w.statement.kind, w.values["where_scope"]) for w in writes] == ([("delete", "programme:LAW")] if falls else [])


def test_what_a_follow_up_does_to_a_certificate_is_known() -> None:
    """A revoked one is not renewed; a restored one may be renewed by its longer term."""
    of = {"certificate_id": "c", "case_id": "case-1", "institution_id": "kaznu"}
    revoked = CertificateRevoked(**of, decision_id="d", ground="repeated_failure", reasons="Why", revoked_on=date(2010, 4, 1))
    assert certificates.projectors[CertificateRevoked](recorded(revoked)).values["expired"] is True
    last, longer = date(2011, 3, 15), date(2011, 4, 15)
    days = {"corrected_on": date(2010, 4, 1), "restored_on": date(2010, 4, 1), "previous_valid_until": last, "lost_days": 31}
    restored = CertificateRestored(**of, **days, proposed_valid_until=longer, valid_until=longer, reason="Why")
    assert certificates.projectors[CertificateRestored](recorded(restored)).values["valid_until"] == longer
