"""Drives a real case through the five REST interfaces, with the tokens of the real roles, to any stage of order 109."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar, Self
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx

from chassis.auth import Role
from chassis.ids import derived_id
from chassis.issuer import development_token
from cli.skipping import LegalTime
from cli.supervisor import Stack
from regulations import calendar_for
from regulations.deadlines import add_months
from tests.waiting import eventually
from workflows.messages import calendar_id

SERVICES = ("intake", "review", "visits", "council", "monitoring", "notices")
RULEBOOK = {"rulebook_id": "kz-109-2008-accreditation", "rulebook_version": "2008-03-05"}
GROUPS = ("authorised_body", "accreditation_body", "education_organisations", "non_governmental_organisations", "student_organisations")
MEMBERS = tuple(f"member.{number}" for number in range(1, 6))
CHAIR, EXPERT = "expert.chair", "expert.member"
_ZONE = ZoneInfo("Asia/Almaty")


@dataclass(frozen=True)
class Actor:
    """Somebody with a token of one role."""

    role: Role
    subject: str
    institution: str | None = None


def document(kind: str) -> dict[str, str]:
    """A reference to a document that nobody else has."""
    return {"kind": kind, "name": f"{kind}.pdf", "sha256": hashlib.sha256(uuid4().bytes).hexdigest()}


def new_key() -> str:
    """An idempotency key."""
    return uuid4().hex


@dataclass
class Journey:
    """One agency's case. `ids` holds what the routes' path parameters are called, once it is there."""

    stages: ClassVar[tuple[str, ...]] = (
        "prepared",
        "filed",
        "registered",
        "contracted",
        "recommended",
        "announced",
        "visited",
        "reported",
        "voted",
        "decided",
        "certified",
        "appealed",
    )

    stack: Stack
    http: httpx.AsyncClient
    time: LegalTime
    agency: str
    institution: str = "first-university"
    blank: int = 1
    ids: dict[str, str] = field(default_factory=dict)
    reached: int = -1
    _tokens: dict[Actor, str] = field(default_factory=dict)

    def actor(self, role: Role, *, institution: str | None = None, subject: str | None = None) -> Actor:
        """The case's own person of a role: a member of its commission, of its council, of its institution."""
        own = {Role.expert: CHAIR, Role.council_member: MEMBERS[0]}
        if role is Role.institution_officer:
            return Actor(role, subject or "university.officer", institution or self.institution)
        return Actor(role, subject or own.get(role, f"agency.{role}"))

    def token(self, actor: Actor, **options: Any) -> str:
        """An access token for this agency."""
        if options:
            return self._signed(actor, **options)
        if actor not in self._tokens:
            self._tokens[actor] = self._signed(actor)
        return self._tokens[actor]

    def _signed(self, actor: Actor, **options: Any) -> str:
        settings = self.stack.settings()
        return development_token(
            settings, subject=actor.subject, roles=[actor.role], agency=self.agency, institution=actor.institution, **options
        )

    def headers(self, role: Role, *, version: int | str | None = None, key: str | None = None, **who: Any) -> dict[str, str]:
        """The headers of a command by the case's own person of a role."""
        headers = {"authorization": f"Bearer {self.token(self.actor(role, **who))}", "idempotency-key": key or new_key()}
        return headers if version is None else {**headers, "if-match": f'"{version}"'}

    def url(self, service: str, path: str) -> str:
        """A route with the ids of this case in its place."""
        return self.stack.urls[service] + path.format(**self.ids)

    async def get(self, role: Role, service: str, path: str, **who: Any) -> httpx.Response:
        """A read by the case's own person of a role."""
        return await self.http.get(self.url(service, path), headers=self.headers(role, **who))

    async def version(self, service: str, resource: str) -> int:
        """The version of a resource, waited for: a lifecycle may be about to make it."""

        async def there() -> str | None:
            answer = await self.get(Role.coordinator, service, resource)
            return answer.headers.get("etag") if answer.status_code == 200 else None

        return int((await eventually(there, f"{resource} in {service} for {self.agency}", 60)).strip('"'))

    async def post(self, role: Role, service: str, path: str, body: Any = None, **who: Any) -> dict[str, Any]:
        """A command that must be accepted; `If-Match` is read first where the path names a resource."""
        resource = path.rpartition("/")[0]
        version = await self.version(service, resource) if "{" in resource else None
        answer = await self.http.post(self.url(service, path), json=body, headers=self.headers(role, version=version, **who))
        assert answer.status_code in (200, 201), f"POST {service}{path}: {answer.status_code} {answer.text}"
        return dict(answer.json())

    async def once(self, service: str, path: str, name: str, body: Any) -> None:
        """What the agency may have already."""
        if (await self.get(Role.coordinator, service, f"{path}/{name}")).status_code == 404:
            await self.post(Role.coordinator, service, path, body)

    async def to(self, stage: str) -> Self:
        """Everything up to `stage`, then waits until nothing is under way."""
        while self.reached < self.stages.index(stage):
            self.reached += 1
            await getattr(self, f"_{self.stages[self.reached]}")()
        await self.time.settle()
        return self

    async def today(self) -> date:
        """The legal day in the agency's zone."""
        return (await self.time.now()).astimezone(_ZONE).date()

    async def until(self, day: date) -> None:
        """Legal time passes to ten o'clock of a day, if that is still to come."""
        await self.time.advance_to(datetime.combine(day, time(10), _ZONE).astimezone(UTC))

    async def _prepared(self) -> None:
        today = await self.today()
        adoption = {**RULEBOOK, "reason": "The agency's own procedure"}
        self.ids["adoption_id"] = (await self.post(Role.director, "intake", "/v1/rulebook-adoptions", adoption))["id"]
        for year in (today.year + 1, today.year):  # the case may well go on after the new year
            schedule = {"year": year, "act": "Order No. 12", "adopted_on": today.isoformat()}
            self.ids["schedule_id"] = (await self.post(Role.director, "intake", "/v1/schedules", schedule))["id"]
        self.ids["standards_id"] = (await self.post(Role.director, "intake", "/v1/standards", self.standards()))["id"]
        self.ids["council_id"] = (await self.post(Role.director, "council", "/v1/councils", self.council()))["id"]
        await self.post(Role.coordinator, "council", "/v1/blanks", {**RULEBOOK, "series": "KZ", "first": 1, "last": 99, "digits": 6})
        for expert in (CHAIR, EXPERT):
            await self.post(Role.coordinator, "visits", "/v1/experts", self.expert(expert))
        self.ids["expert_id"] = CHAIR
        await self.post(Role.coordinator, "intake", "/v1/institutions", self.university(self.institution))
        self.ids["institution_id"] = self.institution

    def council(self) -> dict[str, Any]:
        """A council with every group."""
        members = [{"member_id": m, "name": f"Name of {m}", "group": g} for m, g in zip(MEMBERS, GROUPS, strict=True)]
        return {**RULEBOOK, "members": members, "composition_act": "Order No. 3", "statute_act": "Order No. 2"}

    def expert(self, expert_id: str) -> dict[str, Any]:
        """An expert of the pool."""
        return {"expert_id": expert_id, "name": f"Name of {expert_id}", "email": "expert@example.org", "languages": ["ru"]}

    def university(self, institution_id: str) -> dict[str, Any]:
        """An institution."""
        names = {"en": f"University {institution_id}", "ru": "Университет"}
        known = {"kind": "university", "city": "Almaty", "country": "KZ", "ownership": "other", "levels": ["higher"]}
        return {"institution_id": institution_id, "names": names, **known}

    def standards(self) -> dict[str, Any]:
        """The agency's own standards."""
        area = {"code": "1", "title": "Governance", "criteria": ["1.1"], "esg": ["1.1"]}
        named = {"standards": "Standards of the agency", "version": "2026", "kind": "institutional", "areas": [area]}
        return {**RULEBOOK, **named, "references": [], "act": "Order No. 4", "adopted_on": "2010-01-11"}

    def application(self) -> dict[str, Any]:
        """A complete application."""
        papers = [document(kind) for kind in ("application", "state_licence", "licence_annexes")]
        standards = {"standards": "Standards of the agency", "standards_version": "2026"}
        return {
            **RULEBOOK,
            **standards,
            "institution_id": self.institution,
            "kind": "institutional",
            "levels": ["higher"],
            "documents": papers,
        }

    async def _filed(self) -> None:
        filed = await self.post(Role.institution_officer, "intake", "/v1/applications", self.application())
        self.ids["case_id"] = filed["id"]
        self.ids["document_id"] = await self.file("licence_copies")

    async def _registered(self) -> None:
        await self.post(Role.coordinator, "intake", "/v1/applications/{case_id}/registration", {"number": f"No. {self.blank}"})
        self.time.follow(self.ids["case_id"])

    async def _contracted(self) -> None:
        for role in (Role.institution_officer, Role.director):
            body = {"contract_number": "14", "signatory_name": f"Name of the {role}"}
            await self.post(role, "intake", "/v1/applications/{case_id}/contract-signatures", body)
        place = {"year": (await self.today()).year, "month": 12}
        await self.post(Role.coordinator, "intake", "/v1/applications/{case_id}/schedule", place)

    async def _recommended(self) -> None:
        report = "/v1/reports/{case_id}"
        await self.post(Role.institution_officer, "review", f"{report}/electronic", document("self_assessment_report"))
        await self.post(Role.coordinator, "review", f"{report}/paper", {"incoming_number": "209"})
        await self.post(Role.coordinator, "review", f"{report}/review", {"findings": "It follows the standards."})
        await self.post(Role.coordinator, "review", f"{report}/recommendations", {"recommendations": ["Show graduate surveys."]})

    async def _announced(self) -> None:
        members = [{"expert_id": CHAIR, "role": "chair"}, {"expert_id": EXPERT, "role": "member"}]
        await self.post(Role.coordinator, "visits", "/v1/visits/{case_id}/panel", {"members": members, "statute_act": "Order No. 21"})
        calendar = calendar_for("KZ")
        self.starts_on = calendar.next_working_day(await self.today() + timedelta(days=1))
        self.ends_on = calendar.next_working_day(self.starts_on + timedelta(days=1))
        days = {"starts_on": self.starts_on.isoformat(), "ends_on": self.ends_on.isoformat(), "waiver": document("visit_notice_waiver")}
        await self.post(Role.coordinator, "visits", "/v1/visits/{case_id}/announcement", days)

    async def _visited(self) -> None:
        for expert in (CHAIR, EXPERT):
            await self.post(Role.expert, "visits", "/v1/visits/{case_id}/studied", subject=expert)
        await self.until(self.starts_on)
        await self.post(Role.expert, "visits", "/v1/visits/{case_id}/start")
        await self.until(self.ends_on)
        await self.post(Role.coordinator, "visits", "/v1/visits/{case_id}/completion")

    async def _reported(self) -> None:
        report = {"document": document("visit_report"), "findings": "It conforms.", "recommendations": ["Publish the surveys."]}
        await self.post(Role.expert, "visits", "/v1/visits/{case_id}/report", report)

    async def _voted(self) -> None:
        case = "/v1/considerations/{case_id}"
        materials = {"documents": [document("council_conclusion")], "conclusion": "Accreditation is proposed."}
        await self.post(Role.coordinator, "council", f"{case}/materials", materials)
        meeting = {"council_id": self.ids["council_id"], "held_on": (await self.today()).isoformat(), "agenda": [self.ids["case_id"]]}
        self.ids["meeting_id"] = (await self.post(Role.coordinator, "council", "/v1/meetings", meeting))["id"]
        await self.post(Role.coordinator, "council", "/v1/meetings/{meeting_id}/attendance", {"present": list(MEMBERS)})
        interest = {"meeting_id": self.ids["meeting_id"], "reason": "Taught there."}
        await self.post(Role.council_member, "council", f"{case}/recusals", interest, subject=MEMBERS[4])
        ballot = {"meeting_id": self.ids["meeting_id"], "scope": "institution", "vote": "for"}
        for member in MEMBERS[:4]:
            await self.post(Role.council_member, "council", f"{case}/votes", ballot, subject=member)

    async def _decided(self) -> None:
        protocol = {"meeting_id": self.ids["meeting_id"], "protocol_number": "Protocol No. 4"}
        await self.post(Role.director, "council", "/v1/considerations/{case_id}/decision", protocol)

    async def _certified(self) -> None:
        body = {"case_id": self.ids["case_id"], "number": f"KZ-A-{self.blank}", "blank_number": f"KZ {self.blank:06}"}
        self.ids["certificate_id"] = (await self.post(Role.coordinator, "council", "/v1/certificates", body))["id"]
        self.time.follow(self.ids["certificate_id"])
        certificate = "/v1/certificates/{certificate_id}"
        await self.post(Role.coordinator, "council", f"{certificate}/register-entry")
        await self.post(Role.coordinator, "council", f"{certificate}/authorised-body-notice", {"outgoing_number": "318-out"})
        report = {**document("full_report"), "sha256": await self.file("full_report")}
        await self.post(Role.coordinator, "council", "/v1/considerations/{case_id}/report-publication", report)
        await self.time.settle()
        listed = await self.get(Role.coordinator, "monitoring", "/v1/deadlines?case_id={case_id}&limit=200")
        open_ones = [each for each in listed.json()["items"] if each["state"] == "open"]
        self.ids["deadline_id"] = (open_ones or listed.json()["items"])[0]["deadline_id"]

    async def _appealed(self) -> None:
        self.ids["appeal_id"] = await self.appeal("The court")
        await self.uphold("The court")

    async def file(self, kind: str) -> str:
        """A document of the case is filed, and read twice; its id."""
        headers = self.headers(Role.institution_officer) | {"content-type": "text/plain"}
        url = self.url("intake", f"/v1/documents?name={kind}.txt&kind={kind}&case_id={{case_id}}")
        answer = await self.http.post(url, content=f"{kind} {uuid4()}\n", headers=headers)
        assert answer.status_code == 201, answer.text
        for role in (Role.coordinator, Role.council_member):
            read = await self.http.get(
                f"{self.url('intake', '/v1/documents')}/{answer.json()['document_id']}/content", headers=self.headers(role)
            )
            assert read.status_code == 200, read.text
        return str(answer.json()["document_id"])

    async def import_certificate(self, name: str = "earlier") -> str:
        """A certificate that was issued before comes in with a table; its report is late by a month. The certificate's id."""
        received = add_months(await self.today(), -11)
        columns = "number,institution,rulebook,object,kind,issued_on,received_on,valid_until,criterion,recommendation"
        known = f"{name},{self.institution},aakr-monitoring-2024,institution,full_with_recommendations"
        row = f"{known},{received},{received},{add_months(received, 60)},1,Publish the surveys."
        headers = self.headers(Role.coordinator) | {"content-type": "text/csv"}
        answer = await self.http.post(self.url("council", "/v1/certificates/imports"), content=f"{columns}\n{row}\n", headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.json()["created"] == 1, answer.text
        self.ids["import_id"] = answer.json()["import_id"]
        listed = await self.get(Role.coordinator, "council", "/v1/certificates?limit=200")
        made = next(each for each in listed.json()["items"] if each["number"] == name)
        await self.followed(made["certificate_id"], keep=False)
        return str(made["certificate_id"])

    async def followed(self, certificate_id: str | None = None, *, keep: bool = True) -> None:
        """The calendar has opened the follow-up of a certificate, with the lifecycles of its plan and its cycle."""
        followup_id = derived_id("followup", certificate_id or self.ids["certificate_id"])
        plan_id, cycle_id = derived_id("plan", followup_id), derived_id("cycle", followup_id, "1")
        for lifecycle in (calendar_id(self.agency), plan_id, cycle_id):
            self.time.follow(lifecycle)
        await self.time.settle()
        if keep:
            self.ids |= {"followup_id": followup_id, "plan_id": plan_id, "cycle_id": cycle_id}

    async def appeal(self, addressed_to: str) -> str:
        """The institution appeals against the decision on everything; the appeal's id."""
        paper = {"document": document("appeal"), "grounds": "The report errs."}
        appeal = {"scopes": [], "addressed_to": addressed_to, **paper}
        await self.post(Role.institution_officer, "council", "/v1/considerations/{case_id}/appeals", appeal)
        await self.time.settle()
        listed = await self.get(Role.coordinator, "council", "/v1/appeals?case_id={case_id}")
        return str(listed.json()["items"][-1]["appeal_id"])

    async def uphold(self, decided_by: str) -> None:
        """The decision that was appealed against stands."""
        ruling = {"outcome": "upheld", "decided_by": decided_by, "act": "No. 3", "reasons": "It does not."}
        decided = {**ruling, "decided_on": (await self.today()).isoformat()}
        await self.post(Role.director, "council", "/v1/considerations/{case_id}/appeal-outcome", decided)
