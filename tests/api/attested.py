"""Drives a state attestation through the REST interfaces: the register, the schedule, the commission, the control, the decision not to
attest, the suspension."""

from datetime import date, timedelta
from typing import Any, ClassVar

from chassis.auth import Role
from chassis.ids import derived_id
from regulations import calendar_for, load
from tests.api.journey import CHAIR, EXPERT, Journey, document
from workflows.messages import within

BOOK = {"rulebook_id": "kz-109-2008-attestation", "rulebook_version": "2008-03-05"}
HEAD = "institution,authority,levels,state_owned,founded_on,last_attested_on"
ROW = "ministry,higher,yes,1934-01-15,2024-03-04"
ANOTHER = "fourth-university"
MATERIALS, VISIT = "/v1/attestation-materials/{attestation_id}", "/v1/attestation-visits/{attestation_id}"
CONTROL, RECHECK = "/v1/controls/{control_id}", "/v1/rechecks/{recheck_id}"
CONCLUSION, DECISION = "/v1/attestation-conclusions/{attestation_id}", "/v1/attestation-decisions/{attestation_id}"
BODY, COORDINATOR, DIRECTOR, OFFICER = Role.authorised_body_officer, Role.coordinator, Role.director, Role.institution_officer


async def registered(case: Journey, row: str = f"first-university,{ROW}", *, year: int = 2026) -> None:
    """An organisation of a table is entered, and the limit of a year is set; the first one adopts the instruction."""
    if "limit_id" not in case.ids:
        await case.post(DIRECTOR, "intake", "/v1/rulebook-adoptions", {**BOOK, "reason": "Attestations go on by it."})
    limit = {"year": year, "most_failed": "10", "unit": "percent", "act": "Order No. 4", "set_on": f"{year}-01-10"}
    case.ids["limit_id"] = (await case.post(DIRECTOR, "intake", "/v1/interim-control-limits", {**BOOK, **limit}))["id"]
    url, headers = case.url("intake", "/v1/attestation-subjects/imports"), case.headers(COORDINATOR) | {"content-type": "text/csv"}
    answer = await case.http.post(url, params={"rulebook": BOOK["rulebook_id"]}, content=f"{HEAD}\n{row}\n", headers=headers)
    assert answer.json()["entered"] == 1, answer.text
    case.ids["subject_import_id"] = answer.json()["import_id"]


async def proposed(case: Journey) -> None:
    """Schedules of the next years are proposed."""
    proposal = {**BOOK, "first_year": (await case.today()).year + 1, "years": 5}
    case.ids["proposal_id"] = (await case.post(DIRECTOR, "intake", "/v1/attestation-proposals", proposal))["id"]


async def approved(case: Journey, starts_on: date, *institutions: str) -> None:
    """The schedule of the year, with a place for these organisations on one day: too soon for those that are to be told before."""
    places = [{"institution_id": each, "starts_on": starts_on.isoformat(), "reason": "As agreed."} for each in institutions]
    act = {"year": starts_on.year, "act": "Order No. 402", "changes": places, "despite_notice": "They asked for it."}
    case.ids["year_schedule_id"] = (await case.post(DIRECTOR, "intake", "/v1/attestation-schedules", {**BOOK, **act}))["id"]


class AttestedJourney(Journey):
    """The attestation of one organisation of higher education, which begins as soon as it is scheduled."""

    stages: ClassVar = ("entered", "scheduled", "informed", "formed", "begun", "controlled", "studied", "concluded", "refused", "suspended")

    async def _entered(self) -> None:
        for name in (self.institution, ANOTHER):
            await self.once("intake", "/v1/institutions", name, self.university(name))
        for expert in (CHAIR, EXPERT):
            await self.once("visits", "/v1/experts", expert, self.expert(expert))
        self.ids |= {"institution_id": self.institution, "expert_id": CHAIR}
        if "year_schedule_id" not in self.ids:
            await registered(self, f"{ANOTHER},{ROW}", year=2025)
            await registered(self, f"{self.institution},{ROW}")

    async def _scheduled(self) -> None:
        """Together with another one: the schedule of a year is approved once."""
        if "year_schedule_id" not in self.ids:
            await proposed(self)
            starts_on = calendar_for("KZ").next_working_day(await self.today() + timedelta(days=1))
            await approved(self, starts_on, self.institution, ANOTHER)
        places = (await self.get(COORDINATOR, "intake", f"/v1/attestations?institution_id={self.institution}")).json()["items"]
        self.starts_on = date.fromisoformat(places[0]["starts_on"])
        attestation_id = self.ids["attestation_id"] = places[0]["attestation_id"]
        self.ids["recheck_id"] = derived_id("recheck", attestation_id)
        self.time.follow(within(self.agency, attestation_id))

    async def _informed(self) -> None:
        """The organisation is told; some of its materials come, and the rest."""
        attestation = "/v1/attestations/{attestation_id}"
        told = {"outgoing_number": "41", "document": document("notice")}
        await self.post(COORDINATOR, "intake", f"{attestation}/dates-notice", told)
        await self.post(OFFICER, "intake", f"{attestation}/change-requests", {"reasons": "A move.", "requested_on": None})
        await self.post(BODY, "intake", f"{attestation}/change-refusals", {"reasons": "It is over by then."})
        await self.post(OFFICER, "intake", f"{attestation}/announcement", {"announcement": "The commission comes."})
        await self.post(OFFICER, "review", f"{MATERIALS}/receipts", {"documents": [document("licence")]})
        await self.post(COORDINATOR, "review", f"{MATERIALS}/missing-notice", {"outgoing_number": "44"})
        parts = [{"part": word, "document": document(word)} for word in load(BOOK["rulebook_id"]).contents["self_assessment_materials"]]
        rest = {"parts": parts, "documents": [document("self_assessment_materials"), document("founding_documents")]}
        await self.post(OFFICER, "review", f"{MATERIALS}/receipts", rest)
        await self.post(BODY, "review", f"{MATERIALS}/analysis", {"analysis": "They tell enough."})

    async def _formed(self) -> None:
        members = [
            {"expert_id": CHAIR, "groups": ["authorised_bodies"], "of_authorised_body": True},
            {"expert_id": EXPERT, "groups": ["education_organisations"]},
        ]
        await self.post(BODY, "visits", f"{VISIT}/commission", {"members": members, "chair_id": CHAIR, "order_number": "21"})

    async def _begun(self) -> None:
        await self.until(self.starts_on)
        words = load(BOOK["rulebook_id"]).vocabulary("objects_of_study")
        tasks = [{"object": word, "expert_id": EXPERT if n % 2 else CHAIR, "methods": ["documents"]} for n, word in enumerate(words)]
        meeting = {"meeting": "Academic council", "tasks": tasks, "acts": ["Law on education"]}
        await self.post(Role.expert, "visits", f"{VISIT}/tasks", meeting)
        await self.post(Role.expert, "visits", f"{VISIT}/beginning", {"languages": ["state"]})
        joint = {"member_id": EXPERT, "teacher_id": "s.umarova", "teacher": "Saule Umarova"}
        await self.post(Role.expert, "visits", f"{VISIT}/joint-commission", joint)

    async def _controlled(self) -> None:
        """Three learners of a unit, all of them drawn: the text says nothing of so few."""
        unit = {"attestation_id": self.ids["attestation_id"], "unit": "Law", "level": "higher", "form": "complex_testing"}
        self.ids["control_id"] = (await self.post(COORDINATOR, "visits", "/v1/controls", unit))["id"]
        proposal = {"disciplines": ["Civil law"], "outgoing_number": "17"}
        await self.post(BODY, "visits", f"{CONTROL}/discipline-proposal", proposal)
        await self.post(BODY, "visits", f"{CONTROL}/discipline-approval", {"act": "Order No. 9"})
        standings = {"L-1": "excellent", "L-2": "good", "L-3": "satisfactory"}
        learners = [{"code": code, "name": f"Name of {code}", "standing": standing} for code, standing in standings.items()]
        await self.post(OFFICER, "visits", f"{CONTROL}/learners", {"learners": learners})
        await self.post(Role.expert, "visits", f"{CONTROL}/sample", {"seed": "2026", "take": "all", "ruling": "There are three."})
        results = [{"code": code, "took_part": True, "right": 3, "questions": 10} for code in standings]
        await self.post(Role.expert, "visits", f"{CONTROL}/results", {"results": results, "source": "Protocol No. 4"})
        await self.post(Role.expert, "visits", f"{CONTROL}/conclusion")

    async def _studied(self) -> None:
        await self.post(Role.expert, "visits", f"{VISIT}/progress", {"progress": "Half of it."}, subject=EXPERT)
        parts = {"methods": ["documents"], "indicators": "So.", "shortcomings": [], "recommendations": "None.", "conclusions": "So."}
        for task in (await self.get(COORDINATOR, "visits", VISIT)).json()["tasks"]:
            note = {"object": task["object"], "conforms": task["object"] != "staff", **parts}
            await self.post(Role.expert, "visits", f"{VISIT}/notes", note, subject=task["expert_id"])
        asked = {"group": "learners", "asked": 40, "answered": 31, "results": "So."}
        await self.post(Role.expert, "visits", f"{VISIT}/questionnaires", {"respondents": [asked], "conducted_by": "The commission"})
        await self.post(Role.expert, "visits", f"{VISIT}/results-analysis", {"analysis": "They know too little."})
        await self.post(Role.expert, "visits", f"{VISIT}/end", {})

    async def _concluded(self) -> None:
        awaited = await self.get(COORDINATOR, "visits", CONCLUSION)
        assert awaited.status_code == 200, awaited.text
        sections = [{"section": word, "text": "So."} for word in awaited.json()["asked"]]
        draft: dict[str, Any] = {"sections": sections, "recommendation": "not_attest"}
        await self.post(Role.expert, "visits", f"{CONCLUSION}/drafts", {**draft, "document": document("conclusion")})
        for expert in (CHAIR, EXPERT):
            await self.post(Role.expert, "visits", f"{CONCLUSION}/signatures", {}, subject=expert)
        handed = {"confirmed": True, "document": document("receipt")}
        await self.post(BODY, "visits", f"{CONCLUSION}/second-copy", handed)

    async def _refused(self) -> None:
        order = {"decision": "not_attest", "conforms": False, "grounds": "The staff.", "order_number": "21"}
        await self.post(BODY, "council", f"{DECISION}/decision", order)
        await self.post(COORDINATOR, "council", f"{DECISION}/notice", {"outgoing_number": "212"})

    async def _suspended(self) -> None:
        """The commission of the check at its end is formed already."""
        until = (await self.today() + timedelta(days=150)).isoformat()
        await self.post(BODY, "council", f"{DECISION}/suspension", {"order_number": "22", "reasons": "The staff.", "until": until})
        fine = {"referred_to": "The court", "addressee": "official", "outgoing_number": "213"}
        await self.post(BODY, "council", f"{DECISION}/fine-referral", fine)
        members = [{"expert_id": name, "groups": ["authorised_bodies"]} for name in (CHAIR, EXPERT)]
        check = {"members": members, "chair_id": CHAIR, "order_number": "44"}
        await self.post(BODY, "visits", f"{RECHECK}/commission", check)
