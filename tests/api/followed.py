"""Drives the follow-up of a certificate through the REST interfaces, by the rulebooks of two agencies, as the journey of a case does."""

from datetime import timedelta
from typing import Any, ClassVar

from chassis.auth import Role
from regulations.deadlines import add_months
from tests.api.journey import CHAIR, EXPERT, MEMBERS, Journey, document

SAPATTUU = {"rulebook_id": "sapattuu-bilim-monitoring", "rulebook_version": "undated"}
AAKR = {"rulebook_id": "aakr-monitoring-2024", "rulebook_version": "2024-09-06"}
COUNCIL = MEMBERS[:3]
RECOMMENDATIONS = [
    {"recommendation_id": "r-1", "criterion": "6", "text": "Renew the holdings.", "remark": True},
    {"recommendation_id": "r-2", "criterion": "9", "text": "Survey graduates every year."},
]
CYCLE, PLAN, VISIT = "/v1/cycles/{cycle_id}", "/v1/plans/{plan_id}", "/v1/monitoring-visits/{cycle_id}"
RESOLUTION, CERTIFICATES = "/v1/resolutions/{decision_id}", "/v1/certificates"


class FollowedJourney(Journey):
    """The follow-up of one recorded certificate whose report is due in a month: what both rulebooks have in common."""

    rulebook: ClassVar[dict[str, str]]
    kind: ClassVar[str]
    paper: ClassVar[str]
    sections: ClassVar[tuple[str, ...]]

    async def _prepared(self) -> None:
        await self.once("intake", "/v1/institutions", self.institution, self.university(self.institution))
        for expert in (CHAIR, EXPERT):
            await self.once("visits", "/v1/experts", expert, self.expert(expert))
        self.ids |= {"institution_id": self.institution, "expert_id": CHAIR}

    async def record(self, **days: str) -> None:
        """A certificate from before Kepil; the calendar opens its follow-up, its plan and its cycle."""
        recording = {
            **self.rulebook,
            **days,
            "institution_id": self.institution,
            "number": f"{self.kind}-{self.blank}",
            "object": "programme",
            "programme": "Philology",
            "kind": self.kind,
            "recommendations": RECOMMENDATIONS,
            "panel": [CHAIR, "expert.gone"],
            "case_officer": "agency.referent",
            "contract_reference": "Contract No. 14",
            "origin": "The paper register, folder 12",
        }
        self.ends = days["valid_until"]
        self.ids["certificate_id"] = (await self.post(Role.coordinator, "council", f"{CERTIFICATES}/recordings", recording))["id"]
        await self.followed()

    def measures(self) -> list[dict[str, Any]]:
        """A measure on every recommendation."""
        of = [{name: each[name] for name in ("recommendation_id", "criterion")} for each in RECOMMENDATIONS]
        done = {"measure": "So it is done.", "responsible": "The library", "due_on": self.ends}
        return [{"measure_id": f"m-{number}", **each, **done} for number, each in enumerate(of, 1)]

    async def submit_plan(self, **approved: Any) -> None:
        """The institution's plan."""
        plan = {"document": document("action_plan"), "measures": self.measures(), **approved}
        await self.post(Role.institution_officer, "monitoring", f"{PLAN}/submissions", plan)

    async def progress(self) -> None:
        """One measure is done and proved."""
        done = {"measure_id": "m-1", "progress": "done", "evidence": [document("order")]}
        await self.post(Role.institution_officer, "monitoring", f"{PLAN}/progress", done)

    async def report(self, **more: Any) -> None:
        """The institution's report, with proof of every measure."""
        table = [{"measure_id": each["measure_id"], "result": "Done.", "evidence": [document("order")]} for each in self.measures()]
        report = {"document": document(self.paper), "sections": self.sections, "table": table, **more}
        await self.post(Role.institution_officer, "monitoring", f"{CYCLE}/reports", report)
        await self.time.settle()

    async def visit(self, leads: bool) -> None:
        """The group, an objection to one of it, the days, the order, the visit itself."""
        group = {"members": [{"expert_id": CHAIR}, {"expert_id": EXPERT}], "case_officer_leads": leads}
        await self.post(Role.director, "visits", f"{VISIT}/group", group)
        await self.post(Role.coordinator, "visits", f"{VISIT}/group-notice", {"outgoing_number": "41"})
        objection = {"expert_id": EXPERT, "grounds": "He taught there."}
        await self.post(Role.institution_officer, "visits", f"{VISIT}/objections", objection)
        upheld = {"expert_id": EXPERT, "outcome": "upheld", "reasons": "He did."}
        await self.post(Role.director, "visits", f"{VISIT}/objection-decisions", upheld)
        await self.post(Role.director, "visits", f"{VISIT}/replacements", {"expert_id": EXPERT, "reason": "The other is enough."})
        await self.post(Role.coordinator, "visits", f"{VISIT}/group-notice", {"outgoing_number": "42"})
        today = await self.today()
        days = {"starts_on": (today + timedelta(days=10)).isoformat(), "ends_on": (today + timedelta(days=11)).isoformat()}
        agreed = dict.fromkeys(("agreed_by_agency_on", "agreed_by_institution_on"), today.isoformat())
        await self.post(Role.coordinator, "visits", f"{VISIT}/dates", {**days, **agreed})
        await self.post(Role.director, "visits", f"{VISIT}/order", {**days, "order_number": "Order 27"})
        await self.until(today + timedelta(days=12))
        held = {"started_on": days["starts_on"], "ended_on": days["ends_on"]}
        await self.post(Role.coordinator, "visits", f"{VISIT}/holding", held)

    async def decide_visit(self) -> None:
        """The director decides that there is a visit."""
        await self.post(Role.director, "monitoring", f"{CYCLE}/visit-decision", {"word": "visit", "reasons": "To see it."})
        told = {"outgoing_number": "40", "told_on": (await self.today()).isoformat()}
        await self.post(Role.coordinator, "monitoring", f"{CYCLE}/visit-decision-notice", told)
        await self.time.settle()


class SapattuuJourney(FollowedJourney):
    """By Sapattuu Bilim's rulebook, where the council resolves: a conditional certificate of three years is extended."""

    years: ClassVar = 3
    fulfilment: ClassVar = "fulfilled"

    rulebook: ClassVar = SAPATTUU
    kind: ClassVar = "conditional_3y"
    paper: ClassVar = "monitoring_report"
    sections: ClassVar = ("plan_fulfilment", "remarks_removed", "measures_of_whole_period", "changes_by_criterion")
    stages: ClassVar = ("prepared", "recorded", "planned", "reported", "analysed", "visited", "filed", "resolved", "extended")

    def council(self) -> dict[str, Any]:
        """A council: this rulebook names no groups."""
        return {**SAPATTUU, "members": [{"member_id": member, "name": f"Name of {member}"} for member in COUNCIL]}

    def verdicts(self) -> list[dict[str, str]]:
        """One on every recommendation."""
        return [{"recommendation_id": each["recommendation_id"], "fulfilment": self.fulfilment} for each in RECOMMENDATIONS]

    async def resolve(self, *decisions: dict[str, str]) -> None:
        """The council meets and adopts its resolution."""
        meeting = {"council_id": self.ids["council_id"], "held_on": (await self.today()).isoformat(), "agenda": [self.ids["decision_id"]]}
        self.ids["meeting_id"] = (await self.post(Role.coordinator, "council", "/v1/meetings", meeting))["id"]
        attendance = {"present": list(COUNCIL), "presided_by": COUNCIL[0], "presiding_statement": "All are present."}
        await self.post(Role.coordinator, "council", "/v1/meetings/{meeting_id}/attendance", attendance)
        statement = {"presided_by": COUNCIL[0], "outcome": decisions[0]["word"], "reasons": "All were for it."}
        motion = {"protocol_number": f"Protocol {self.blank}", "grounds": "The report.", "votes_for": len(COUNCIL)}
        resolution = {"meeting_id": self.ids["meeting_id"], **motion, "decisions": decisions, "presiding_statement": statement}
        await self.post(Role.coordinator, "council", f"{RESOLUTION}/adoption", resolution)
        await self.time.settle()

    async def deliver(self) -> None:
        """The institution has the decision."""
        today = (await self.today()).isoformat()
        sent = {"outgoing_number": "77", "sent_on": today, "delivered_on": today}
        await self.post(Role.coordinator, "council", f"{RESOLUTION}/delivery", sent)

    async def _prepared(self) -> None:
        await super()._prepared()
        self.ids["council_id"] = (await self.post(Role.director, "council", "/v1/councils", self.council()))["id"]

    async def _recorded(self) -> None:
        issued = add_months(await self.today(), 4 - 12 * self.years)
        ends = add_months(issued, 12 * self.years).isoformat()
        await self.record(issued_on=issued.isoformat(), received_on=issued.isoformat(), valid_until=ends, level="higher_professional")

    async def _planned(self) -> None:
        today = (await self.today()).isoformat()
        papers = {"order_received_on": today, "conclusion_received_on": today}
        await self.post(Role.institution_officer, "monitoring", f"{PLAN}/documents-received", papers)
        await self.submit_plan(approved_by="collegial_body", approval_act="Minutes No. 3", approved_on=today)
        amended = {"measures": self.measures(), "reason": "Another library.", "approval_act": "Minutes No. 4"}
        await self.post(Role.institution_officer, "monitoring", f"{PLAN}/amendments", amended)
        await self.progress()

    async def _reported(self) -> None:
        await self.report()
        again = {"changes": "Add the orders.", "due_on": (await self.today() + timedelta(days=5)).isoformat()}
        await self.post(Role.coordinator, "monitoring", f"{CYCLE}/change-request", again)
        await self.report()
        await self.post(Role.director, "monitoring", f"{CYCLE}/experts", {"experts": [CHAIR], "reasons": "To study it."})

    async def _analysed(self) -> None:
        await self.post(Role.coordinator, "monitoring", f"{CYCLE}/study", {"findings": "No changes are needed."})
        analysis = {"by": [CHAIR], "case_officer": "agency.referent", "facts_checked": "Invoices.", "verdicts": self.verdicts()}
        await self.post(Role.coordinator, "monitoring", f"{CYCLE}/analysis", analysis)

    async def _visited(self) -> None:
        await self.decide_visit()
        await self.visit(leads=True)
        cost = {"amount": "18500.00", "currency": "KGS", "payer": "institution", "invoice_number": "9"}
        await self.post(Role.coordinator, "visits", f"{VISIT}/invoice", cost)
        findings = [{"section": section, "text": "So it is."} for section in ("adequacy", "conformity", "results")]
        act = {"document": document("visit_act"), "findings": findings, "signed_by": [CHAIR]}
        await self.post(Role.expert, "visits", f"{VISIT}/report", act)
        await self.time.settle()

    async def _filed(self) -> None:
        await self.post(Role.coordinator, "monitoring", f"{CYCLE}/council-file", {"verdicts": self.verdicts()})
        await self.time.settle()
        listed = await self.get(Role.coordinator, "council", "/v1/resolutions?cycle_id={cycle_id}")
        self.ids["decision_id"] = listed.json()["items"][0]["decision_id"]

    async def _resolved(self) -> None:
        await self.resolve({"word": "extend_accreditation", "term": "extension_2y"})

    async def _extended(self) -> None:
        further = {"decision_id": self.ids["decision_id"], "number": f"{self.kind}-{self.blank}/2"}
        await self.post(Role.coordinator, "council", f"{CERTIFICATES}/{{certificate_id}}/extension", further)
        await self.time.settle()
        await self.deliver()


class SuspendedJourney(SapattuuJourney):
    """A certificate of one year is suspended without a visit, told of on the site, and restored."""

    kind: ClassVar = "conditional_1y"
    years: ClassVar = 1
    fulfilment: ClassVar = "not_fulfilled"
    stages: ClassVar = ("prepared", "recorded", "planned", "reported", "analysed", "left", "filed", "resolved", "published", "restored")

    async def _left(self) -> None:
        await self.post(Role.director, "monitoring", f"{CYCLE}/visit-decision", {"word": "no_visit", "reasons": "It is clear."})

    async def _resolved(self) -> None:
        until = (await self.today() + timedelta(days=60)).isoformat()
        published = {"word": "publish_information", "text": "The recommendations are not fulfilled."}
        await self.resolve({"word": "suspend_accreditation", "until": until}, published)
        await self.deliver()

    async def _published(self) -> None:
        await self.post(Role.director, "council", f"{RESOLUTION}/publication", {"text": "The recommendations are not fulfilled."})

    async def _restored(self) -> None:
        await self.until(await self.today() + timedelta(days=7))
        put_right = {"corrected_on": (await self.today()).isoformat(), "reason": "The holdings are renewed."}
        await self.post(Role.director, "council", f"{CERTIFICATES}/{{certificate_id}}/restoration", put_right)


class WithdrawnJourney(SuspendedJourney):
    """The same certificate is withdrawn, and the national register is told."""

    stages: ClassVar = ("prepared", "recorded", "planned", "reported", "analysed", "left", "filed", "resolved", "told")

    async def _resolved(self) -> None:
        await self.resolve({"word": "withdraw_accreditation"})
        await self.deliver()

    async def _told(self) -> None:
        told = {"outgoing_number": "78", "told_on": (await self.today()).isoformat()}
        await self.post(Role.coordinator, "council", f"{CERTIFICATES}/{{certificate_id}}/national-register-notice", told)


class AakrJourney(FollowedJourney):
    """By AAKR's rulebook, where the agency assesses: the report of a year is accepted."""

    rulebook: ClassVar = AAKR
    kind: ClassVar = "full_with_recommendations"
    paper: ClassVar = "interim_report"
    sections: ClassVar = (
        "title_page",
        "introduction_rationale",
        "introduction_description",
        "introduction_problem_analysis",
        "main_changes_and_achievements",
        "main_recommendations",
        "main_remarks",
        "conclusion_with_strategy",
        "table_measures",
        "table_results",
        "table_evidence",
        "changes_over_the_year",
        "measures_in_the_period",
    )
    stages: ClassVar = ("prepared", "recorded", "planned", "rejected", "reported", "studied", "visited", "assessed", "accepted")

    async def _recorded(self) -> None:
        expected = add_months(await self.today(), 3)
        received = add_months(expected, -12).isoformat()
        await self.record(issued_on=received, received_on=received, valid_until=add_months(expected, 48).isoformat())
        letter = {"outgoing_number": "17", "document": document("decision_letter"), "sent_on": received}
        await self.post(Role.coordinator, "monitoring", "/v1/follow-ups/{followup_id}/decision-letter", letter)
        day = {"cycle": 2, "expected_on": add_months(expected, 13).isoformat(), "reason": "Holidays."}
        await self.post(Role.coordinator, "monitoring", "/v1/follow-ups/{followup_id}/expected-date", day)

    async def _planned(self) -> None:
        await self.submit_plan()
        await self.post(Role.coordinator, "monitoring", f"{PLAN}/change-requests", {"changes": "Name the holdings."})
        await self.submit_plan()
        await self.post(Role.coordinator, "monitoring", f"{PLAN}/review")
        await self.progress()

    async def _rejected(self) -> None:
        await self.report(medium="flash_drive")
        due = {"due_on": (await self.today() + timedelta(days=10)).isoformat(), "due_reason": "Ten days are enough."}
        rejection = {"grounds": ["content"], "unmet": ["III.e"], "reasons": "Nothing is concluded.", **due}
        await self.post(Role.coordinator, "monitoring", f"{CYCLE}/rejection", rejection)

    async def _reported(self) -> None:
        await self.report(medium="flash_drive", attachments=[{"name": "Charter", "state": "unchanged"}])
        wanted = {"what": "The invoices.", "due_on": (await self.today() + timedelta(days=5)).isoformat()}
        await self.post(Role.coordinator, "monitoring", f"{CYCLE}/information-requests", wanted)
        answer = {"request": 1, "information": "Here they are.", "documents": [document("invoice")]}
        await self.post(Role.institution_officer, "monitoring", f"{CYCLE}/information", answer)

    async def _studied(self) -> None:
        qualities = dict.fromkeys(("reliable", "objective", "structured", "concise", "substantial"), True)
        await self.post(Role.coordinator, "monitoring", f"{CYCLE}/study", {"findings": "It is fulfilled.", "qualities": qualities})

    async def _visited(self) -> None:
        await self.decide_visit()
        await self.visit(leads=False)
        await self.post(Role.expert, "visits", f"{VISIT}/report", {"document": document("visit_report")})
        await self.time.settle()

    async def _assessed(self) -> None:
        criteria = ("conformity_of_measures", "positive_dynamics", "rising_quality")
        findings = [{"criterion": criterion, "finding": "So it is."} for criterion in criteria]
        assessment = {"positive": True, "findings": findings}
        await self.post(Role.coordinator, "monitoring", f"{CYCLE}/assessment", assessment)

    async def _accepted(self) -> None:
        told = {"outgoing_number": "61", "document": document("acceptance_notice"), "told_on": (await self.today()).isoformat()}
        await self.post(Role.coordinator, "monitoring", f"{CYCLE}/acceptance-notice", told)
