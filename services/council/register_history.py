"""The public history of an entry of the register: what was decided and what became of it, day by day. No I/O."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from services.council.schemas_register import RegisterStep

Row = Mapping[Any, Any]


def steps(entry: Row, decisions: Iterable[Row], today: date) -> list[RegisterStep]:
    """Every step up to a day, oldest first; of one day in the order in which such things follow each other."""
    found = [step for row in decisions if row["scope"] in entry["scopes"] for step in _of_decision(row)]
    found += [*_of_certificate(entry, today), *_of_stays(entry["stays"] or ())]
    return sorted((step for step in found if step.on <= today), key=lambda step: step.on)


def _of_decision(row: Row) -> Iterator[RegisterStep]:
    """Of a decision that is public: one that was published, or entered in the register."""
    if row["published_on"] is None and row["entered_on"] is None:
        return
    scope = row["scope"]
    yield RegisterStep(on=row["decided_on"], what="decided", scope=scope, told={"outcome": row["outcome"], "round": row["round"]})
    if row["set_aside_on"]:
        yield RegisterStep(
            on=row["set_aside_on"], what="set_aside", scope=scope, told={"appeal": row["set_aside_by"], "round": row["round"]}
        )
    if row["published_on"]:
        told = {"report": row["report"], "address": row["address"], "during_appeal": row["during_appeal"]}
        yield RegisterStep(on=row["published_on"], what="published", scope=scope, told=_known(told))
    if row["entered_on"]:
        yield RegisterStep(on=row["entered_on"], what="entered", scope=scope)


def _of_certificate(entry: Row, today: date) -> Iterator[RegisterStep]:
    number, until = entry["number"], entry["valid_until"]
    told = {"number": number, "reissued_from": entry["reissued_from"], "extends": entry["extends"]}
    yield RegisterStep(on=entry["issued_on"], what="issued", told=_known(told))
    if entry["recorded_on"]:
        yield RegisterStep(on=entry["recorded_on"], what="recorded", told={"number": number})
    else:
        yield RegisterStep(on=entry["entered_on"], what="entered", told={"number": number})
    if entry["followed_on"]:
        told = {"extended_as": entry["extended_as"], "reissued_as": entry["reissued_as"]}
        yield RegisterStep(on=entry["followed_on"], what="followed", told=_known(told))
    if entry["revoked_on"]:
        yield RegisterStep(on=entry["revoked_on"], what="revoked", told=_known({"ground": entry["revocation_ground"]}))
    if entry["ended_on"]:
        yield RegisterStep(on=entry["ended_on"], what="ended", told=_known({"ground": entry["end_ground"]}))
    if entry["state"] == "expired" and until < today:
        yield RegisterStep(on=until, what="expired", told={"valid_until": until.isoformat()})


def _of_stays(stays: Iterable[Row]) -> Iterator[RegisterStep]:
    for stay in stays:
        told = _known({"until": stay["until"], "ground": stay["ground"]})
        yield RegisterStep(on=date.fromisoformat(stay["from"]), what="suspended", told=told)
        if stay["to"] and stay["valid_until"]:
            told = {"valid_until": stay["valid_until"], "before": stay["was"]}
            yield RegisterStep(on=date.fromisoformat(stay["to"]), what="restored", told=told)


def _known(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not None}
