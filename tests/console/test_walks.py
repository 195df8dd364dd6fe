"""A whole case of order 109 in the console: every person signs in, and works by pages and forms alone.

The main path of each role goes through a browser's window; who does the same once more sends the same forms without one.
"""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser

from chassis.auth import Role
from cli.skipping import LegalTime
from cli.supervisor import Stack
from console import labels
from regulations import calendar_for
from tests.console.walking import Given, Person, Window, paper, passing, sending, sitting, strolling
from tests.waiting import eventually

RULES = {"rulebook_id": "kz-109-2008-accreditation", "rulebook_version": "2008-03-05"}
GROUPS = ("authorised_body", "accreditation_body", "education_organisations", "non_governmental_organisations", "student_organisations")
MEMBERS = tuple(f"member.{number}" for number in range(1, 6))
EXPERTS = ("expert.chair", "expert.member")
UNIVERSITY = "kaznu"
ZONE = ZoneInfo("Asia/Almaty")


@pytest.mark.timeout(600)
async def test_a_case_is_run_in_the_browser_from_application_to_verified_certificate(stack: Stack, agency: str, browser: Browser) -> None:
    async with AsyncExitStack() as people:
        enter = people.enter_async_context
        clock = await enter(passing(stack))
        director = await enter(sitting(browser, stack, Role.director, agency=agency))
        coordinator = await enter(sitting(browser, stack, Role.coordinator, agency=agency))
        officer = await enter(sitting(browser, stack, Role.institution_officer, agency=agency, institution=UNIVERSITY, language="kk"))
        chair = await enter(sitting(browser, stack, Role.expert, agency=agency, subject=EXPERTS[0], language="ru"))
        expert = await enter(sending(stack, Role.expert, agency=agency, subject=EXPERTS[1]))
        member = await enter(sitting(browser, stack, Role.council_member, agency=agency, subject=MEMBERS[0], language="ru"))
        others = [await enter(sending(stack, Role.council_member, agency=agency, subject=each)) for each in MEMBERS[1:]]
        clerk = await enter(sending(stack, Role.coordinator, agency=agency))

        await prepared(director, clerk, (await clock.now()).year)
        case = await filed(officer)
        await contracted(case, coordinator, officer, director, clock)
        await assessed(case, officer, coordinator)
        await visited(case, coordinator, (chair, expert), clock)
        await decided(case, coordinator, member, others, director, clock)
        await certified(case, coordinator, clerk)
        await clock.settle()
        await verified(browser, stack, agency, await read_at_the_university(officer, case))


async def prepared(director: Window, clerk: Person, year: int) -> None:
    """What an agency has before its first case: its rulebook, its council, its experts, its blanks, who may apply."""
    await director.do("adopt_rulebook", {**RULES, "reason": "Our own procedure until we have issued another"}, at="new")
    for each in (year, year + 1):
        await director.do("adopt_schedule", {"year": str(each), "act": "Order No. 1", "adopted_on": f"{year}-01-05"}, at="new")
    members: Given = {
        f"members.{row}.{name}": value
        for row, (member, group) in enumerate(zip(MEMBERS, GROUPS, strict=True))
        for name, value in (("member_id", member), ("name", f"Member {row + 1}"), ("group", group))
    }
    acts = {"composition_act": "Order No. 3", "statute_act": "Order No. 2"}
    await director.do("compose_council", {**RULES, **members, **acts}, at="new")
    names = {"names.ky": "КазУУ", "names.kk": "ҚазҰУ", "names.ru": "КазНУ", "names.en": "Kazakh National University"}
    await clerk.do(
        "register_institution",
        {"institution_id": UNIVERSITY, **names, "kind": "university", "city": "Almaty", "country": "KZ"},
        at="new",
    )
    for each in EXPERTS:
        await clerk.do("register_expert", {"expert_id": each, "name": f"Name of {each}"}, at="new")
    await clerk.do("receive_blanks", {**RULES, "series": "KZ", "first": "1", "last": "50", "digits": "6"}, at="new")


async def filed(officer: Window) -> str:
    """The institution applies, and sends its papers; the path of the case without the language."""
    known = {**RULES, "institution_id": UNIVERSITY, "kind": "institutional", "levels": ["higher"]}
    about: Given = {**known, "standards": "Standards of the agency", "standards_version": "2026"}
    await officer.form("file_application", at="new")
    await officer.shot("form-new-application")
    way = await officer.do("file_application", about, at="new")
    for kind in ("application", "state_licence", "licence_annexes"):
        assert await officer.do("attach_document", {"kind": kind, "file": paper(kind.replace("_", " ").capitalize())}) == way
    assert "application.pdf" in await officer.page.content()
    return way.partition("/")[2].partition("/")[2]


async def contracted(case: str, coordinator: Window, officer: Window, director: Window, clock: LegalTime) -> None:
    """Registered, signed by both, and given a place in the schedule."""
    await coordinator.do("register_application", {"number": "109/1"}, at=case)
    clock.follow(case.rpartition("/")[2])
    await officer.do("sign_contract", {"contract_number": "14", "signatory_name": "Rector"}, at=case)
    await director.do("sign_contract", {"contract_number": "14", "signatory_name": "Director of the agency"}, at=case)
    today = (await clock.now()).astimezone(ZONE).date()
    await coordinator.do("schedule_case", {"year": str(today.year), "month": "12"}, at=case)
    await clock.settle()
    await coordinator.at("queue")
    await coordinator.shot("queue")


async def assessed(case: str, officer: Window, coordinator: Window) -> None:
    """The self-assessment comes electronically and on paper, and is examined."""
    await officer.do("submit_electronic_report", {"file": paper("Self assessment report")}, at=case)
    await coordinator.do("receive_paper_report", {"incoming_number": "209"}, at=case)
    await coordinator.do("review_report", {"findings": "The report follows the standards."}, at=case)
    await coordinator.do("issue_recommendations", {"recommendations.0": "Show graduate surveys."}, at=case)
    await coordinator.at(case)
    await coordinator.shot("case")


async def visited(case: str, coordinator: Window, experts: tuple[Window, Person], clock: LegalTime) -> None:
    """Panel, announcement with a waiver, study of the report, the days themselves, the report."""
    seats = {"members.0.expert_id": EXPERTS[0], "members.0.role": "chair", "members.1.expert_id": EXPERTS[1], "members.1.role": "member"}
    await coordinator.form("form_panel", at=case)
    await coordinator.shot("form")
    await coordinator.do("form_panel", {**seats, "statute_act": "Order No. 21"}, at=case)
    calendar = calendar_for("KZ")
    today = (await clock.now()).astimezone(ZONE).date()
    starts = calendar.next_working_day(today + timedelta(days=1))
    ends = calendar.next_working_day(starts + timedelta(days=1))
    days: Given = {"starts_on": starts.isoformat(), "ends_on": ends.isoformat(), "waiver.file": paper("Waiver of the notice")}
    await coordinator.do("announce_visit", days, at=case)
    chair, other = experts
    for each in (chair, other):
        await each.do("confirm_report_studied", at=case)
    await clock.advance_to(datetime.combine(starts, time(10), ZONE).astimezone(UTC))
    await chair.do("start_visit", at=case)
    await clock.advance_to(datetime.combine(ends, time(10), ZONE).astimezone(UTC))
    await chair.do("complete_visit", at=case)
    report: Given = {
        "document.file": paper("Report on the visit"),
        "findings": "The university conforms to the standards.",
        "recommendations.0": "Publish the results of graduate surveys.",
    }
    await chair.do("submit_visit_report", report, at=case)


async def decided(case: str, coordinator: Window, member: Window, others: Sequence[Person], director: Window, clock: LegalTime) -> None:
    """Materials, meeting, a member who stands aside, four votes, the decision."""
    case_id = case.rpartition("/")[2]
    papers: Given = {"documents.0.file": paper("Conclusion"), "conclusion": "Accreditation is proposed."}
    await coordinator.do("prepare_materials", papers, at=case)
    council = await _offered(coordinator, "convene_meeting", "council_id")
    today = (await clock.now()).astimezone(ZONE).date()
    meeting = {"council_id": council, "held_on": today.isoformat(), "agenda": [case_id]}
    way = await coordinator.do("convene_meeting", meeting, at="new")
    await coordinator.do("record_attendance", {"present": MEMBERS})
    meeting_id = way.rpartition("/")[2]
    *voting, biased = others
    await biased.do("recuse_member", {"meeting_id": meeting_id, "reason": "Taught there."}, at=case)
    for each in (member, *voting):
        await each.do("cast_vote", {"meeting_id": meeting_id, "scope": "institution", "vote": "for"}, at=case)
    await director.do("adopt_decision", {"meeting_id": meeting_id, "protocol_number": "4"}, at=case)
    await coordinator.at(way)
    await coordinator.shot("meeting")


async def _offered(window: Window, action: str, name: str) -> str:
    """The first of what may be chosen in a form."""
    await window.form(action, at="new")
    options = window.page.locator(f'select[name="{name}"] option:not([value=""])')
    return str(await options.first.get_attribute("value"))


async def certified(case: str, coordinator: Window, clerk: Person) -> None:
    """The certificate, its entry in the register, the letter to the authorised body, the published report."""
    case_id = case.rpartition("/")[2]
    issued = {"case_id": case_id, "number": "109-1", "blank_number": "KZ 000001"}
    await coordinator.do("issue_certificate", issued, at="new")
    await coordinator.do("enter_register")
    await clerk.do("notify_authorised_body", {"outgoing_number": "318"}, at=case)
    await clerk.do("publish_report", {"file": paper("Full report")}, at=case)

    async def closed() -> bool:
        return "Certificate 109-1" in await clerk.at(case)

    await eventually(closed, "the certificate is among the papers of the case")


async def read_at_the_university(officer: Window, case: str) -> bytes:
    """The institution sees what was decided, has the letter about it and the certificate; the certificate as a PDF."""
    await officer.at("institution")
    await officer.shot("institution")
    page = officer.page
    await page.get_by_role("link", name="109-1", exact=True).click()
    certificate = await officer.kept(page.locator('main a[href*="/pdf"][hreflang=kk]'))
    await officer.at("institution")
    await page.locator('main a[href*="/letters/"]').first.click()
    letter = page.locator('main a[href*="/pdf"][hreflang=kk]')
    await letter.evaluate("each => each.download = 'letter.pdf'")  # a browser without a window shows no PDF
    assert (await officer.kept(letter)).startswith(b"%PDF-")
    assert labels.event("DecisionAdopted", "kk", "council") in await officer.at(case)
    assert certificate.startswith(b"%PDF-")
    return certificate


async def verified(browser: Browser, stack: Stack, agency: str, certificate: bytes) -> None:
    """A visitor finds the entry in the register; the number is valid, and the file is what the agency has given out."""
    async with strolling(browser, stack) as visitor:
        page = visitor.page
        await visitor.at(f"register/{agency}")
        await visitor.shot("register")
        await page.get_by_role("link", name="Kazakh National University").first.click()
        await page.wait_for_url("**/register/*/*")
        await visitor.at(f"verify/{agency}/109-1")
        assert await page.locator(".verdict h2").all_inner_texts() == ["Valid"]
        await visitor.shot("verify")
        await visitor.at("verify")
        await page.set_input_files("#file", {"name": "certificate.pdf", "mimeType": "application/pdf", "buffer": certificate})
        await page.locator("select#of").select_option(agency)
        await page.get_by_role("button", name="Check the file").click()
        await page.get_by_role("heading", name="Genuine document").wait_for()
