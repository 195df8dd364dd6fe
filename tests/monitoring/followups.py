"""Commands and facts of follow-ups for tests, by either regulation."""

from datetime import UTC, date, datetime, time
from typing import Any

from chassis.documents import Document
from regulations import load
from services.monitoring.contract import FollowedRecommendation, FollowUpOpened
from services.monitoring.domain.followup import (
    FOLLOWUP,
    AdoptRulebook,
    AlertDirector,
    Certificate,
    Classify,
    FollowCertificate,
    OpenFollowUp,
    Parts,
    SendLetter,
    SetExpectedDate,
)

AAKR, SAPATTUU = "aakr-monitoring-2024", "sapattuu-bilim-monitoring"
KINDS = {AAKR: "conditional", SAPATTUU: "conditional_3y"}
ISSUED, RECEIVED, EXPIRES = date(2026, 2, 27), date(2026, 3, 2), date(2029, 2, 27)
TODAY = date(2026, 3, 10)
REMARK = FollowedRecommendation(recommendation_id="r-1", criterion="Standard 2", text="No books.", remark=True, nonconformity=True)
ADVICE = FollowedRecommendation(recommendation_id="r-2", criterion="Standard 5", text="Renew the aims.")


def at(day: date = TODAY) -> dict[str, Any]:
    return {"at": datetime.combine(day, time(6), UTC), "by": "agency.coordinator"}


def certificate(rulebook: str, **changes: Any) -> Certificate:
    told = {
        "certificate_id": "c-1",
        "institution_id": "jasu",
        "object": "programme",
        "issued_on": ISSUED,
        "received_on": RECEIVED,
        "valid_until": EXPIRES,
        "version": 1,
        "number": "KG-0001",
        "kind": KINDS[rulebook],
        "recommendations": (REMARK, ADVICE),
        "panel": ("expert.old",),
        "contract_reference": "No. 14",
    }
    return Certificate(**{**told, **changes})


def opening(rulebook: str, day: date = TODAY, **changes: Any) -> OpenFollowUp:
    return OpenFollowUp(**at(day), followup_id="f-1", rulebook=load(rulebook).ref, certificate=certificate(rulebook, **changes))


def opened(rulebook: str, day: date = TODAY, **changes: Any) -> FollowUpOpened:
    command = opening(rulebook, day, **changes)
    (fact,) = FOLLOWUP.decide(command, FOLLOWUP.initial, load(rulebook))
    assert isinstance(fact, FollowUpOpened)
    return fact


def classifying(kind: str, day: date = TODAY, parts: Parts | None = None, **changes: Any) -> Classify:
    return Classify(**at(day), **{"kind": kind, "reason": "By the decision.", **changes}, parts=parts or Parts())


def following(rulebook: str, day: date = TODAY, parts: Parts | None = None, **changes: Any) -> FollowCertificate:
    return FollowCertificate(**at(day), certificate=certificate(rulebook, **{"version": 2, **changes}), parts=parts or Parts())


def sending(day: date = TODAY, sent_on: date = TODAY) -> SendLetter:
    document = Document(kind="decision_letter", name="letter.pdf", sha256="a" * 64)
    return SendLetter(**at(day), outgoing_number="17", document=document, sent_on=sent_on)


def expecting(expected_on: date, cycle: int = 1, day: date = TODAY, parts: Parts | None = None) -> SetExpectedDate:
    return SetExpectedDate(**at(day), cycle=cycle, expected_on=expected_on, reason="Agreed.", parts=parts or Parts())


def adopting(rulebook: str, day: date = TODAY, parts: Parts | None = None) -> AdoptRulebook:
    return AdoptRulebook(**at(day), rulebook=load(rulebook).ref, reason="Order No. 8.", parts=parts or Parts())


def alerting(deadline_id: str = "d-1") -> AlertDirector:
    told = {"rule": "interim_report", "clause": "II.4.e", "binds": "institution"}
    return AlertDirector(**at(), deadline_id=deadline_id, **told, missed_on=date(2027, 1, 3))
