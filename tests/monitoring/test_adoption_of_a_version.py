"""A rulebook is amended in the middle of a year of monitoring: what is open stays as it is until the director adopts the new version."""

from datetime import date, timedelta
from typing import Any

import pytest

from chassis.auth import Role
from regulations import load
from regulations.deadlines import add_months
from services.monitoring import handlers
from services.monitoring.contract import DeadlineTerms, SetDeadline
from services.monitoring.domain.cycle import cycle_id
from tests.monitoring.shelf import AMENDED, amended
from tests.monitoring.test_followup_api import AAKR, COORDINATOR, DIRECTOR, FIRST, SAPATTUU, Certificates, certificates

__all__ = ["amended", "certificates"]

pytestmark = [pytest.mark.usefixtures("amended"), pytest.mark.clause(AAKR, "II.4.e")]

ADOPTION = {"rulebook_version": AMENDED, "reason": "Order No. 8."}


class Year:
    """A follow-up whose first report is awaited, two months before the monitoring by the version of its opening."""

    def __init__(self, of: Certificates, id_: str, received_on: date) -> None:
        self.of, self.id = of, id_
        self.cycle_id = cycle_id(id_, 1)
        self.expected_on = add_months(received_on, 12)

    async def deadline(self, version: str, rule: str = "interim_report", anchor_on: date | None = None) -> DeadlineTerms:
        """As the cycle's lifecycle sets it, by the version that it knows."""
        request = SetDeadline(
            agency=self.of.agency,
            case_id=self.id,
            workflow_id=self.cycle_id,
            institution_id="jasu",
            rulebook=load(AAKR, version).ref,
            rule=rule,
            anchor_on=anchor_on or self.expected_on,
        )
        return await handlers.set_deadline(await self.of.context(), request)

    async def shown(self, deadline: DeadlineTerms) -> Any:
        return (await self.of.get(f"deadlines/{deadline.deadline_id}")).json()

    async def history(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.of.get(f"{path}/history")).json()
        return found

    async def adopt(self, role: Role = DIRECTOR, **changes: Any) -> Any:
        return await self.of.post(f"follow-ups/{self.id}/rulebook-adoption", {**ADOPTION, **changes}, role)


async def year(of: Certificates) -> Year:
    """Its cycle is open; the report is due in some weeks, and by the amended version it was due ten days ago."""
    received_on = add_months(of.today, -9) - timedelta(days=10)
    id_ = await of.recorded(AAKR, version=FIRST, issued_on=received_on, received_on=received_on, plan_received_on=received_on)
    await of.due()
    return Year(of, id_, received_on)


async def test_what_is_open_stays_under_its_version_while_another_lies_on_the_shelf(certificates: Certificates) -> None:
    begun = await year(certificates)
    deadline = await begun.deadline(FIRST)
    assert load(AAKR).version == AMENDED, "the newest of the shelf"
    assert (await certificates.due()).done == 0
    assert (await certificates.shown(begun.id))["rulebook"]["version"] == FIRST
    assert (await certificates.get(f"cycles/{begun.cycle_id}")).json()["rulebook"]["version"] == FIRST
    shown = await begun.shown(deadline)
    assert (shown["rulebook"]["version"], shown["due_on"]) == (FIRST, add_months(begun.expected_on, -2).isoformat())
    assert [each["type"] for each in await begun.history(f"deadlines/{deadline.deadline_id}")] == ["DeadlineSet"]


async def test_a_certificate_that_is_recorded_under_the_amended_version_is_followed_up_under_it(certificates: Certificates) -> None:
    earlier = await year(certificates)
    later = await certificates.recorded(AAKR, "c-2", version=AMENDED)
    await certificates.due()
    versions = [(await certificates.shown(id_))["rulebook"]["version"] for id_ in (earlier.id, later)]
    assert versions == [FIRST, AMENDED]


async def test_adoption_moves_the_open_deadline_and_tells_both_days_the_version_and_the_reason(certificates: Certificates) -> None:
    begun = await year(certificates)
    deadline = await begun.deadline(FIRST)
    assert (await begun.adopt()).status_code == 200
    moved = (await begun.history(f"deadlines/{deadline.deadline_id}"))[-1]
    assert (moved["type"], moved["data"]["reason"]) == ("DeadlineRecomputed", "Order No. 8.")
    assert moved["data"]["rulebook"]["version"] == AMENDED
    days = moved["data"]["previous_due_on"], moved["data"]["due_on"]
    assert days == (add_months(begun.expected_on, -2).isoformat(), add_months(begun.expected_on, -3).isoformat())
    adopted = (await begun.history(f"follow-ups/{begun.id}"))[-1]["data"]
    assert (adopted["previous"]["version"], adopted["rulebook"]["version"]) == (FIRST, AMENDED)
    assert adopted["workflow_ids"] == [begun.cycle_id], "the lifecycle that is under way hears of it"


async def test_a_report_is_late_by_the_version_that_was_adopted(certificates: Certificates) -> None:
    """By the version of its opening it would be in time for weeks."""
    begun = await year(certificates)
    late_by = (certificates.today - add_months(begun.expected_on, -3)).days
    assert late_by > 0
    assert (await begun.adopt()).status_code == 200
    sections = list(load(AAKR, FIRST).contents["interim_report"])
    report = {"document": {"kind": "interim_report", "name": "report.pdf", "sha256": "a" * 64}, "sections": sections, "medium": "cd"}
    await certificates.done(f"cycles/{begun.cycle_id}/reports", report)
    told = (await certificates.get(f"cycles/{begun.cycle_id}")).json()["reports"][-1]
    assert (told["due_on"], told["late_days"]) == (add_months(begun.expected_on, -3).isoformat(), late_by)


async def test_deadlines_that_come_after_the_adoption_are_computed_by_it(certificates: Certificates) -> None:
    begun = await year(certificates)
    await begun.deadline(FIRST)
    assert (await begun.adopt()).status_code == 200
    study = await begun.deadline(AMENDED, "report_study", certificates.today)
    assert (await begun.shown(study))["rulebook"]["version"] == AMENDED
    assert [each["type"] for each in await begun.history(f"deadlines/{study.deadline_id}")] == ["DeadlineSet"]
    windows = (await certificates.shown(begun.id))["windows"]
    assert [each["report_due_on"] for each in windows] == [add_months(each, -3).isoformat() for each in _expected(begun, windows)]


async def test_only_the_director_adopts_a_version_and_only_with_a_reason_and_of_the_same_rulebook(certificates: Certificates) -> None:
    begun = await year(certificates)
    deadline = await begun.deadline(FIRST)
    assert (await begun.adopt(COORDINATOR)).status_code == 403
    assert (await begun.adopt(reason="")).status_code == 422
    assert (await begun.adopt(rulebook_version="undated")).status_code == 422, "a version of another rulebook"
    assert (await begun.adopt(rulebook_id=SAPATTUU)).status_code == 422
    assert len(await begun.history(f"deadlines/{deadline.deadline_id}")) == 1


async def test_a_version_is_adopted_once_and_the_way_back_is_a_decision_of_its_own(certificates: Certificates) -> None:
    begun = await year(certificates)
    deadline = await begun.deadline(FIRST)
    for _ in range(2):
        assert (await begun.adopt()).status_code == 200
    assert (await begun.adopt(rulebook_version=FIRST, reason="Order No. 8 is void.")).status_code == 200
    facts = await begun.history(f"deadlines/{deadline.deadline_id}")
    assert [each["type"] for each in facts] == ["DeadlineSet", "DeadlineRecomputed", "DeadlineRecomputed"]
    assert (await begun.shown(deadline))["due_on"] == add_months(begun.expected_on, -2).isoformat()
    assert len((await certificates.shown(begun.id))["adoptions"]) == 2


def _expected(begun: Year, windows: list[dict[str, Any]]) -> list[date]:
    return [add_months(begun.expected_on, 12 * (each["cycle"] - 1)) for each in windows]
