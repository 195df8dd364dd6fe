"""An organisation for the tests of the register of those that are attested."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from regulations import load
from services.intake.contract import ATTESTATION, InterimControlLimitSet, Specialty, SubjectEntered
from services.intake.domain.attested import EnterSubject, RecordInterimControl
from services.intake.domain.interim_control import SetInterimControlLimit, SetLimit

RULES = load(ATTESTATION)
TODAY = date(2011, 6, 10)
NOW: dict[str, Any] = {"at": datetime(2011, 6, 10, 6, tzinfo=UTC), "by": "somebody"}
LANGUAGE = Specialty(code="5B011700", name="Kazakh language", level="higher")
PHYSICS = Specialty(code="5B060400", name="Physics", level="higher")
TEN_PERCENT = SetLimit("limit-1", Decimal(10), "percent")


def enter(**changes: Any) -> EnterSubject:
    told = {
        "institution_id": "kaznu",
        "rulebook": RULES.ref,
        "authority": "ministry",
        "levels": ("higher",),
        "specialties": (LANGUAGE, PHYSICS),
        "state_owned": True,
        "languages": ("state", "russian"),
        "last_attested_on": date(2008, 2, 29),
        "adopted": True,
    }
    return EnterSubject(**NOW, **{**told, **changes})


def entered(**changes: Any) -> SubjectEntered:
    told = enter().model_dump(include=set(SubjectEntered.model_fields))
    return SubjectEntered(**{**told, "subject": True, "entered_on": TODAY, **changes})


def school(**changes: Any) -> SubjectEntered:
    return entered(**{"institution_id": "school", "levels": ("primary", "basic_secondary"), "specialties": (), **changes})


def control(**changes: Any) -> RecordInterimControl:
    told = {"year": 2010, "took_part": 200, "failed": 20, "source": "Report 1", "limit": TEN_PERCENT}
    return RecordInterimControl(**NOW, **{**told, **changes})


def set_limit(**changes: Any) -> SetInterimControlLimit:
    told = {"limit_id": "limit-1", "rulebook": RULES.ref, "year": 2010, "most_failed": Decimal(10), "unit": "percent"}
    return SetInterimControlLimit(**NOW, **{**told, "act": "Order 4", "set_on": date(2010, 1, 10), "adopted": True, **changes})


def limit_set(**changes: Any) -> InterimControlLimitSet:
    return InterimControlLimitSet(**{**set_limit().model_dump(exclude={"at", "by", "adopted"}), **changes})
