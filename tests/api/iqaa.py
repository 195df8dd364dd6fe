"""Drives a real case of IQAA's rulebook through the five REST interfaces, as the journey of order 109 does."""

from datetime import timedelta
from typing import Any, ClassVar

from chassis.auth import Role
from regulations import calendar_for
from tests.api.journey import Actor, Journey, document

IQAA = {"rulebook_id": "iqaa-accreditation", "rulebook_version": "undated"}
REFERENCES = ["esg", "state_acts", "international_standards"]
CATEGORIES = {
    "expert.anna": "national_academic",
    "expert.berik": "national_academic",
    "expert.curt": "employer",
    "expert.dana": "student",
    "expert.emil": "international",
}
EXPERTS = tuple(CATEGORIES)
REVIEWED = {"standard": "1", "criterion": "1.1"}
COUNCIL = ("member.1", "member.2", "member.3")


class IqaaJourney(Journey):
    """One agency's case under IQAA's rulebook."""

    stages: ClassVar = (
        "prepared",
        "filed",
        "registered",
        "contracted",
        "trained",
        "examined",
        "accepted",
        "composed",
        "announced",
        "started",
        "complained",
        "reported",
        "drafted",
        "decided",
        "appealed",
        "upheld",
        "published",
    )

    def actor(self, role: Role, *, institution: str | None = None, subject: str | None = None) -> Actor:
        """The case's own person of a role."""
        return super().actor(role, institution=institution, subject=subject or (EXPERTS[0] if role is Role.expert else None))

    def standards(self) -> dict[str, Any]:
        """The agency's standards under this rulebook."""
        return {**super().standards(), **IQAA, "standards": "Standards by ESG", "references": REFERENCES}

    def application(self) -> dict[str, Any]:
        """A complete application."""
        papers = [document(kind) for kind in ("application", "activity_description", "licence_copies")]
        return {**super().application(), **IQAA, "standards": "Standards by ESG", "documents": papers}

    def council(self) -> dict[str, Any]:
        """A council: this rulebook names no groups."""
        return {**IQAA, "members": [{"member_id": member, "name": f"Name of {member}"} for member in COUNCIL]}

    def expert(self, expert_id: str) -> dict[str, Any]:
        """An expert of the pool, with the category that he represents."""
        return {**super().expert(expert_id), "categories": [CATEGORIES.get(expert_id, "employer")]}

    async def _prepared(self) -> None:
        self.ids["standards_id"] = (await self.post(Role.director, "intake", "/v1/standards", self.standards()))["id"]
        self.ids["council_id"] = (await self.post(Role.director, "council", "/v1/councils", self.council()))["id"]
        for expert in EXPERTS:
            await self.post(Role.coordinator, "visits", "/v1/experts", self.expert(expert))
        self.ids |= {"expert_id": EXPERTS[0], "institution_id": self.institution}
        if (await self.get(Role.coordinator, "intake", "/v1/institutions/{institution_id}")).status_code == 404:
            await self.post(Role.coordinator, "intake", "/v1/institutions", self.university(self.institution))

    async def _contracted(self) -> None:
        case = "/v1/applications/{case_id}"
        parts = dict.fromkeys(("rights_and_duties", "cost", "stages", "time_limits"), "As agreed.")
        drawn_up = {"contract_number": "K-7", "parts": parts, "amount": "1250000.00", "currency": "KZT"}
        await self.post(Role.coordinator, "intake", f"{case}/contract", drawn_up)
        for role in (Role.institution_officer, Role.director):
            body = {"contract_number": "K-7", "signatory_name": f"Name of the {role}"}
            await self.post(role, "intake", f"{case}/contract-signatures", body)

    async def _trained(self) -> None:
        case, today = "/v1/applications/{case_id}", (await self.today()).isoformat()
        appointment = {"coordinator_id": "agency.coordinator", "coordinator_name": "Name", "act": "Order No. 14"}
        await self.post(Role.director, "intake", f"{case}/coordinator", appointment)
        trip = {"traveller_id": "agency.coordinator", "starts_on": today, "ends_on": today}
        await self.post(Role.coordinator, "intake", f"{case}/preliminary-trip", trip)
        await self.post(Role.coordinator, "intake", f"{case}/seminars", {"subject": "The report", "held_on": today, "attended": 30})

    async def _examined(self) -> None:
        report = "/v1/reports/{case_id}"
        rework = {"summary": "A gap.", "findings": [{**REVIEWED, "finding": "No source."}], "rework": "needed"}
        for examination in (rework, {"summary": "Complete.", "rework": "not_needed"}):
            section = {**REVIEWED, "text": "It is published."}
            papers = {"documents": [document("self_assessment_report")], "annexes": [document("annex")]}
            version = {"sections": [section], **papers}
            await self.post(Role.institution_officer, "review", f"{report}/versions", version)
            await self.post(Role.coordinator, "review", f"{report}/examination", examination)
            await self.post(Role.coordinator, "review", f"{report}/examination-results")

    async def _accepted(self) -> None:
        report, today = "/v1/reports/{case_id}", (await self.today()).isoformat()
        await self.post(Role.institution_officer, "review", f"{report}/final-version", {"annexes": [document("annex")]})
        await self.post(Role.coordinator, "review", f"{report}/acceptance")
        await self.post(Role.coordinator, "review", f"{report}/preliminary-audit", {"held_on": today, "note": "Ready."})

    async def _composed(self) -> None:
        members = [{"expert_id": each, "role": "member", "category": category} for each, category in CATEGORIES.items()]
        await self.post(Role.coordinator, "visits", "/v1/visits/{case_id}/panel", {"members": members})
        await self.post(Role.coordinator, "visits", "/v1/visits/{case_id}/composition-notice")

    async def _announced(self) -> None:
        visit, calendar = "/v1/visits/{case_id}", calendar_for("KZ")
        self.starts_on = calendar.next_working_day(await self.today() + timedelta(days=35))
        self.ends_on = self.starts_on + timedelta(days=2)
        days = {"starts_on": self.starts_on.isoformat(), "ends_on": self.ends_on.isoformat()}
        await self.post(Role.coordinator, "visits", f"{visit}/announcement", days)
        papers = [document("self_assessment_materials"), document("methodological_support")]
        await self.post(Role.coordinator, "visits", f"{visit}/materials", {"documents": papers})
        webinar = {"attended": list(EXPERTS), "topics": ["training", "organisational_matters"]}
        await self.post(Role.coordinator, "visits", f"{visit}/webinar", webinar)

    async def _started(self) -> None:
        await self.until(self.starts_on)
        await self.post(Role.coordinator, "visits", "/v1/visits/{case_id}/briefing", {"attended": list(EXPERTS)})
        await self.post(Role.expert, "visits", "/v1/visits/{case_id}/start")
        await self.time.settle()

    async def _complained(self) -> None:
        paper = {"document": document("complaint"), "grounds": "The panel did not hear the students."}
        complaint = {"case_id": self.ids["case_id"], "against": "The panel", **paper}
        self.ids["complaint_id"] = (await self.post(Role.institution_officer, "council", "/v1/complaints", complaint))["id"]
        ruling = {"outcome": "rejected", "decided_by": "The director", "reasons": "They were heard."}
        decided = {**ruling, "decided_on": (await self.today()).isoformat()}
        await self.post(Role.director, "council", "/v1/complaints/{complaint_id}/decision", decided)

    async def _reported(self) -> None:
        visit = "/v1/visits/{case_id}"
        await self.until(self.ends_on)
        await self.post(Role.expert, "visits", f"{visit}/completion")
        self.report = document("external_evaluation_report")
        purposes = ("truth_of_report", "state_of_affairs")
        told = {
            "document": self.report,
            "findings": "In order.",
            "remarks": ["Two rooms are closed."],
            "recommendations": ["Renew the library."],
            "good_practice": ["Open lessons."],
            "purposes": [{"purpose": purpose, "finding": "So it is."} for purpose in purposes],
        }
        await self.post(Role.expert, "visits", f"{visit}/report", told)
        await self.post(Role.coordinator, "visits", f"{visit}/factual-check")
        await self.post(Role.institution_officer, "visits", f"{visit}/factual-check-answer", {"corrections": []})
        await self.post(Role.coordinator, "visits", f"{visit}/factual-check-closing", {})
        await self.time.settle()

    async def _drafted(self) -> None:
        case = "/v1/considerations/{case_id}"
        edited, conclusion, slides = (document(kind) for kind in ("external_evaluation_report", "accreditation_conclusion", "presentation"))
        check = {"document": edited, "panel_version": self.report, "changes": "Style.", "experts_council_protocol": "No. 4"}
        await self.post(Role.coordinator, "council", f"{case}/report-check", check)
        proposals = [{"scope": "institution", "outcome": "accredit", "grounds": "It conforms."}]
        draft = {"document": conclusion, "text": "What is proposed.", "proposals": proposals, "references": REFERENCES}
        await self.post(Role.coordinator, "council", f"{case}/conclusion", draft)
        await self.post(Role.coordinator, "council", f"{case}/presentation", slides)
        materials = {"documents": [document("self_assessment_report")]}
        await self.post(Role.coordinator, "council", f"{case}/materials", materials)

    async def _decided(self) -> None:
        case, today = "/v1/considerations/{case_id}", (await self.today()).isoformat()
        agenda = {"council_id": self.ids["council_id"], "held_on": today, "agenda": [self.ids["case_id"]]}
        self.ids["meeting_id"] = meeting_id = (await self.post(Role.coordinator, "council", "/v1/meetings", agenda))["id"]
        attendance = {"present": list(COUNCIL), "presided_by": COUNCIL[0], "presiding_statement": "All are present."}
        await self.post(Role.coordinator, "council", "/v1/meetings/{meeting_id}/attendance", attendance)
        for member in COUNCIL:
            ballot = {"meeting_id": meeting_id, "scope": "institution", "vote": "for"}
            await self.post(Role.council_member, "council", f"{case}/votes", ballot, subject=member)
        statement = {"scope": "institution", "presided_by": COUNCIL[0], "outcome": "accredit", "reasons": "All voted for it."}
        protocol = {"meeting_id": meeting_id, "protocol_number": "8", "presiding_statements": [statement]}
        await self.post(Role.director, "council", f"{case}/decision", protocol)

    async def _appealed(self) -> None:
        self.ids["appeal_id"] = await self.appeal("The appeal commission")
        commission = {"members": [{"member_id": "outsider", "name": "Name"}], "act": "Order No. 31"}
        await self.post(Role.director, "council", "/v1/considerations/{case_id}/appeal-commission", commission)

    async def _upheld(self) -> None:
        await self.uphold("The appeal commission")

    async def _published(self) -> None:
        case = "/v1/considerations/{case_id}"
        for channel in ("institution", "expert_panel"):
            notice = {"channel": channel, "outgoing_number": "612"}
            await self.post(Role.coordinator, "council", f"{case}/decision-notices", notice)
        publication = {**document("external_evaluation_report"), "results": document("results"), "address": "https://agency.example/612"}
        await self.post(Role.coordinator, "council", f"{case}/report-publication", publication)
        await self.post(Role.coordinator, "council", f"{case}/register-entry")
        await self.post(Role.coordinator, "council", f"{case}/deqar-submission", {"submission": "08612"})
        await self.post(Role.coordinator, "council", f"{case}/ministry-information", {"outgoing_number": "640"})
        await self.post(Role.coordinator, "council", f"{case}/follow-up", {"period_months": 12, "reason": "Once a year."})
