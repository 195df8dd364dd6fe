"""State attestations as tests tell them: the facts of one organisation's attestation, as services publish them."""

from datetime import date
from decimal import Decimal
from typing import Any

from chassis.events import Event
from chassis.ids import derived_id
from regulations import load
from regulations.deadlines import add_months
from services.council import contract as council
from services.intake import contract as intake
from services.review import contract as review
from services.visits import contract as visits
from tests.workflows.cases import DAY, Running, World

RULES = load("kz-109-2008-attestation")
LAW, MEDICINE = "5B030100", "5B130100"
FIGURES: dict[str, Any] = {
    "control_id": "control-1",
    "specialty": LAW,
    "unit": "4",
    "form": "complex_testing",
    "sample": 50,
    "took_part": 48,
    "positive": 34,
    "base": 48,
    "participation": Decimal("96.00"),
    "positive_marks": Decimal("70.83"),
    "participation_met": True,
    "positive_met": True,
}


class Attested:
    """The attestation of an organisation of higher education with two specialties, and the facts of it."""

    def __init__(self, world: World, *, whole: bool = True) -> None:
        self.world = world
        self.whole = whole
        self.attestation_id = derived_id("attestation", "kaznu", "2031", "planned")
        self.recheck_id = derived_id("recheck", self.attestation_id)

    async def scheduled(self, starts_on: date) -> Running:
        """It has its place in the approved schedule."""
        specialties = tuple(intake.Specialty(code=code, name=code, level="higher") for code in (LAW, MEDICINE))
        fact = self.fact(
            intake.AttestationScheduled,
            schedule_id="schedule-1",
            authority="ministry",
            kind="planned" if self.whole else "extraordinary",
            ground=None if self.whole else "specialty_below_threshold",
            year=starts_on.year,
            levels=("higher",),
            specialties=specialties,
            whole=self.whole,
            state_owned=True,
            starts_on=starts_on,
            ends_on=starts_on + 8 * DAY,
            act="Order 5",
            scheduled_on=await self.world.today(),
        )
        return await self.world.begin(fact)

    def fact(self, kind: type[Event], /, **fields: Any) -> Event:
        """A fact of this attestation."""
        of = {"attestation_id": self.attestation_id, "institution_id": "kaznu", "rulebook": RULES.ref, "recheck_id": self.recheck_id}
        return kind(**{name: value for name, value in {**of, **fields}.items() if name in kind.model_fields})

    def told(self, today: date, starts_on: date, *, changed: bool = False) -> Event:
        """The organisation knows its dates."""
        return self.fact(intake.AttestationDatesTold, starts_on=starts_on, changed=changed, outgoing_number="7", told_on=today)

    def rescheduled(self, today: date, starts_on: date, number: int = 1) -> Event:
        """The schedule is amended."""
        return self.fact(
            intake.AttestationRescheduled,
            amendment=number,
            ground="reasoned_request",
            reasons="The building is repaired.",
            previous_starts_on=starts_on,
            starts_on=starts_on,
            ends_on=starts_on + 8 * DAY,
            year=starts_on.year,
            act="Order 6",
            notify_by=add_months(starts_on, -3),
            amended_on=today,
        )

    def cancelled(self, today: date) -> Event:
        """The organisation is no more."""
        return self.fact(intake.AttestationCancelled, ground="reorganisation", reasons="Joined.", act="Order 8", cancelled_on=today)

    def materials(self, today: date, number: int = 1, *, complete: bool = True) -> Event:
        """The self-assessment."""
        missing = () if complete else ("licence",)
        return self.fact(review.MaterialsReceived, round=number, missing=missing, complete=complete, received_on=today)

    def missing(self, today: date, due_on: date | None, number: int = 1) -> Event:
        """The organisation is told what its materials lack."""
        told: dict[str, Any] = {"missing": ("licence",), "outgoing_number": "8", "due_on": due_on, "told_on": today}
        return self.fact(review.MissingPartsTold, round=number, **told)

    def commission(self, today: date) -> Event:
        """The commission is approved."""
        chair = visits.Commissioner(expert_id="e1", groups=("authorised_bodies",), of_authorised_body=True)
        return self.fact(visits.AttestationCommissionFormed, members=(chair,), chair_id="e1", order_number="9", approved_on=today)

    def began(self, today: date) -> Event:
        """The commission is there."""
        return self.fact(visits.AttestationWorkBegan, started_on=today)

    def ended(self, today: date) -> Event:
        """The commission leaves."""
        return self.fact(visits.AttestationWorkEnded, started_on=today, ended_on=today)

    def concluded(self, today: date, word: str = "attest") -> Event:
        """All have signed."""
        apart = tuple(visits.SpecialtyRecommendation(specialty=code, recommendation=word, text="Names.") for code in (LAW, MEDICINE))
        return self.fact(
            visits.ConclusionCompleted,
            round=1,
            copies=2,
            recommendation=word,
            specialties=apart,
            figures=(visits.ControlFigures(**FIGURES),),
            signed_on=today,
        )

    def decided(self, today: date, word: str | None = "attest", law: str = "attest", medicine: str = "attest") -> Event:
        """The authorised body decides, of the organisation and of each specialty."""
        apart = tuple(
            council.SpecialtyDecision(specialty=code, decision=each, grounds="Names.") for code, each in ((LAW, law), (MEDICINE, medicine))
        )
        return self.fact(
            council.AttestationDecided,
            kind="planned",
            decision=word,
            specialties=apart,
            conforms=True,
            grounds="The conclusion.",
            order_number="10",
            decided_on=today,
        )

    def suspended(self, today: date, until: date) -> Event:
        """The licence is suspended."""
        return self.fact(council.LicenceSuspended, order_number="11", reasons="Defects.", suspended_on=today, until=until)

    def rechecked(self, today: date, verdict: str) -> Event:
        """The commission has looked whether the defects are gone."""
        document = {"kind": "report", "name": "Report", "sha256": "a" * 64}
        return self.fact(visits.RecheckHeld, verdict=verdict, findings="Seen.", document=document, held_on=today)

    def restored(self, today: date) -> Event:
        """The licence is in force again."""
        return self.fact(council.LicenceRestored, order_number="12", restored_on=today)

    def referred(self, today: date) -> Event:
        """The licence is for the procedure of the law."""
        return self.fact(
            council.DeprivationReferred, referred_to="The court", outgoing_number="13", reasons="Not removed.", referred_on=today
        )

    async def to_the_work(self, running: Running, starts_on: date) -> None:
        """Told, sent and approved in time; the commission is there on the day."""
        today = await self.world.today()
        for fact in (self.told(today, starts_on), self.materials(today), self.commission(today)):
            await running.tell(fact)
        await self.world.until(starts_on)
        await running.tell(self.began(starts_on))

    async def to_the_conclusion(self, running: Running, starts_on: date, word: str = "attest") -> None:
        """The work is over and the conclusion signed, on one day."""
        await self.to_the_work(running, starts_on)
        await running.tell(self.ended(starts_on))
        await running.tell(self.concluded(starts_on, word))
