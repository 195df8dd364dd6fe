"""The lifecycle of a certificate that a case of ours led to: its renewal window, its last year, its duplicates, its end.

Order 109, p. 20, 21, 25, 26, 28. What monitoring leads to moves or ends it too (Sapattuu Bilim, 3.2.s2, 3.3.b.s2, 3.3.c).
"""

from collections.abc import Callable
from datetime import datetime
from itertools import count

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from chassis.events import Event
    from regulations import enforces
    from services.council import contract as council
    from services.intake import contract as intake
    from services.monitoring import contract as monitoring
    from workflows.messages import EventReceived, IssuedCertificate

from workflows.lifecycle import Answering, Lifecycle
from workflows.standstill import whenever

INSTITUTION = "institution"
RULE = "renewal_application"
DUPLICATE = "duplicate"

#: What ends a certificate before its term, and as what.
ENDS: dict[type[Event], str] = {council.CertificateEnded: "ended", council.CertificateRevoked: "revoked"}


@enforces("kz-109-2008-accreditation", "20", "21", "25", "26", "28 (a)")
@enforces("sapattuu-bilim-monitoring", "3.2.s2", "3.3.b.s2", "3.3.c")
@workflow.defn
class CertificateLifecycle(Answering):
    """Workflow id = certificate id. Returns `expired`; `ended` or `revoked` if that came before its term."""

    @workflow.init
    def __init__(self, certificate: IssuedCertificate) -> None:
        self._certificate = certificate
        self._life = Lifecycle(certificate, workflow_id=certificate.certificate_id)

    @workflow.run
    async def run(self, certificate: IssuedCertificate) -> str:
        """From the issue to the end of the last local day."""
        async with self._life as life:
            issued = certificate.traceparent
            self._term = await self._read_term(issued)

            # p. 21: to extend, the institution applies not later than one year before the expiry
            extensible = self._extensible(self._term)
            if extensible:
                await life.deadlines.set(
                    RULE,
                    since=certificate.valid_until,
                    met_by=(intake.ApplicationRegistered,),
                    because=issued,
                    anchor=(council.CertificateRestored, "valid_until"),
                )
                life.beside(self._renewal())
                life.beside(self._extended())
            life.beside(self._duplicates())
            life.beside(whenever(life, self._is_restored, self._restored))
            if extensible and not await self._extended_or_not():
                return await self._ended()

            # p. 25: it lapses at the end of its term, without anybody's action
            if not await self._passes(lambda: self._term.expires_at, "last_year" if self._term.renewable else "valid"):
                return await self._ended()
            await self._step(council.EXPIRE_CERTIFICATE)
            await life.deadlines.withdraw_all("the certificate lapsed", because=None)
            life.enter("expired", "")
            return "expired"

    @workflow.signal
    def event(self, event: EventReceived) -> None:
        """A fact that a service published. Facts of a duplicate are kept by its round: several may come before they are looked at."""
        self._life.receive(
            event.model_copy(update={"type": _of_round(event.type, event.data["round"])}) if "round" in event.data else event
        )

    async def _read_term(self, because: str | None) -> monitoring.CertificateTerm:
        certificate = self._certificate
        question = monitoring.ReadCertificateTerm(
            agency=certificate.agency, rulebook=certificate.rulebook, valid_until=certificate.valid_until
        )
        term: monitoring.CertificateTerm = await self._life.once(
            monitoring.TASK_QUEUE,
            monitoring.READ_CERTIFICATE_TERM,
            question,
            monitoring.CertificateTerm,
            because=because,
            round=certificate.edition,
        )
        return term

    def _is_restored(self) -> bool:
        restored = self._life.memory.facts.get(council.CertificateRestored.type_name())
        return restored is not None and restored.day("valid_until") != self._certificate.valid_until

    async def _restored(self) -> None:
        """Sapattuu Bilim, 3.3.b.s2: the days that a suspension took are given back, and all that hangs on its last day moves with it."""
        restored = self._life.memory.facts[council.CertificateRestored.type_name()]
        self._certificate.valid_until = restored.day("valid_until")
        self._certificate.edition += 1
        self._term = await self._read_term(restored.traceparent)
        await self._life.deadlines.follow_anchors()

    def _extensible(self, term: monitoring.CertificateTerm) -> bool:
        """Not where the rulebook knows no renewal, nor one that was re-issued when the last day to apply was over."""
        over = term.renewal_closes_on is not None and term.renewal_closes_on < self._certificate.issued_on
        return term.renewable and not over

    async def _extended_or_not(self) -> bool:
        """The window, and then the year before the expiry; False if the certificate ends meanwhile.

        The opening of the window is the agency's practice; without one the institution may apply from the first day.
        """
        life = self._life
        if self._term.renewal_opens_at is not None:
            if not await self._passes(lambda: self._term.renewal_opens_at, "valid"):
                return False
            await self._step(council.OPEN_RENEWAL_WINDOW)
            await life.milestone("renewal_window")
        if not await self._passes(lambda: _earlier(life.deadlines.of(RULE).due_at, self._term.expires_at), "renewal_window", INSTITUTION):
            return False
        await self._step(council.CLOSE_RENEWAL_WINDOW)
        await life.milestone("last_year")
        return True

    async def _passes(self, instant: Callable[[], datetime | None], stage: str, waiting_on: str = "") -> bool:
        return await self._life.until(instant, unless=tuple(ENDS), stage=stage, waiting_on=waiting_on)

    async def _step(self, activity: str) -> None:
        step = council.CertificateStep(agency=self._certificate.agency, certificate_id=self._certificate.certificate_id)
        await self._life.once(council.TASK_QUEUE, activity, step)

    async def _renewal(self) -> None:
        """An application to extend it was filed and is registered."""
        application = await self._life.fact(intake.ApplicationRegistered)
        await self._life.deadlines.meet(RULE, application.day("filed_on"), because=application.traceparent)

    async def _extended(self) -> None:
        """Sapattuu Bilim, 3.2.s2: another certificate goes on after it, and nobody need apply; this one runs to its last day."""
        extended = await self._life.fact(council.CertificateExtended)
        await self._life.deadlines.withdraw(RULE, "the council has extended it", because=extended.traceparent)

    async def _duplicates(self) -> None:
        """p. 28: a duplicate of a lost certificate is due from the day of the written application; one after the other."""
        life = self._life
        for number in count(1):
            requested = await life.fact(_of_round(council.DuplicateRequested.type_name(), number))
            if life.has(*ENDS):
                return
            issue = _of_round(council.DuplicateIssued.type_name(), number)
            since = requested.day("requested_on")
            await life.deadlines.set(DUPLICATE, since=since, met_by=(issue,), because=requested.traceparent, round=number)
            issued = await life.fact(issue)
            await life.deadlines.meet(DUPLICATE, issued.day("issued_on"), because=issued.traceparent, round=number)

    async def _ended(self) -> str:
        facts = self._life.memory.facts
        ending, outcome = next((facts[kind.type_name()], word) for kind, word in ENDS.items() if self._life.has(kind))
        await self._life.deadlines.withdraw_all("the certificate ended before its term", because=ending.traceparent)
        self._life.enter(outcome, "")
        return outcome


def _of_round(type_name: str, number: int) -> str:
    return f"{type_name}:{number}"


def _earlier(closing: datetime | None, expiry: datetime) -> datetime:
    """However far a person moves the last day of applications, a certificate ends at its term."""
    return expiry if closing is None else min(closing, expiry)
