"""The lifecycle of a certificate (order 109): its renewal window, its last year, its duplicates, its end (p. 20, 21, 25, 26, 28)."""

from collections.abc import Callable
from datetime import datetime
from itertools import count

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from regulations import enforces
    from services.council import contract as council
    from services.intake import contract as intake
    from services.monitoring import contract as monitoring
    from workflows.messages import EventReceived, IssuedCertificate

from workflows.lifecycle import Answering, Lifecycle

INSTITUTION = "institution"
RULE = "renewal_application"
DUPLICATE = "duplicate"


@enforces("kz-109-2008-accreditation", "20", "21", "25", "26", "28 (a)")
@workflow.defn
class CertificateLifecycle(Answering):
    """Workflow id = certificate id. Returns `expired`, or `ended` if it ended before its term."""

    @workflow.init
    def __init__(self, certificate: IssuedCertificate) -> None:
        self._certificate = certificate
        self._life = Lifecycle(certificate, workflow_id=certificate.certificate_id)

    @workflow.run
    async def run(self, certificate: IssuedCertificate) -> str:
        """From the issue to the end of the last local day."""
        async with self._life as life:
            issued = certificate.traceparent
            question = monitoring.ReadCertificateTerm(
                agency=certificate.agency, rulebook=certificate.rulebook, valid_until=certificate.valid_until
            )
            term: monitoring.CertificateTerm = await life.once(
                monitoring.TASK_QUEUE, monitoring.READ_CERTIFICATE_TERM, question, monitoring.CertificateTerm, because=issued
            )

            # p. 21: to extend, the institution applies not later than one year before the expiry
            extensible = self._extensible(term)
            if extensible:
                await life.deadlines.set(RULE, since=certificate.valid_until, met_by=(intake.ApplicationRegistered,), because=issued)
                life.beside(self._renewal())
            life.beside(self._duplicates())
            if extensible and not await self._extended_or_not(term):
                return await self._ended()

            # p. 25: it lapses at the end of its term, without anybody's action
            if not await self._passes(lambda: term.expires_at, "last_year" if term.renewable else "valid"):
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

    def _extensible(self, term: monitoring.CertificateTerm) -> bool:
        """Not where the rulebook knows no renewal, nor one that was re-issued when the last day to apply was over."""
        over = term.renewal_closes_on is not None and term.renewal_closes_on < self._certificate.issued_on
        return term.renewable and not over

    async def _extended_or_not(self, term: monitoring.CertificateTerm) -> bool:
        """The window, and then the year before the expiry; False if the certificate ends meanwhile.

        The opening of the window is the agency's practice; without one the institution may apply from the first day.
        """
        life = self._life
        if term.renewal_opens_at is not None:
            if not await self._passes(lambda: term.renewal_opens_at, "valid"):
                return False
            await self._step(council.OPEN_RENEWAL_WINDOW)
            await life.milestone("renewal_window")
        if not await self._passes(lambda: _earlier(life.deadlines.of(RULE).due_at, term.expires_at), "renewal_window", INSTITUTION):
            return False
        await self._step(council.CLOSE_RENEWAL_WINDOW)
        await life.milestone("last_year")
        return True

    async def _passes(self, instant: Callable[[], datetime | None], stage: str, waiting_on: str = "") -> bool:
        return await self._life.until(instant, unless=(council.CertificateEnded,), stage=stage, waiting_on=waiting_on)

    async def _step(self, activity: str) -> None:
        step = council.CertificateStep(agency=self._certificate.agency, certificate_id=self._certificate.certificate_id)
        await self._life.once(council.TASK_QUEUE, activity, step)

    async def _renewal(self) -> None:
        """An application to extend it was filed and is registered."""
        application = await self._life.fact(intake.ApplicationRegistered)
        await self._life.deadlines.meet(RULE, application.day("filed_on"), because=application.traceparent)

    async def _duplicates(self) -> None:
        """p. 28: a duplicate of a lost certificate is due from the day of the written application; one after the other."""
        life = self._life
        for number in count(1):
            requested = await life.fact(_of_round(council.DuplicateRequested.type_name(), number))
            if life.has(council.CertificateEnded):
                return
            issue = _of_round(council.DuplicateIssued.type_name(), number)
            since = requested.day("requested_on")
            await life.deadlines.set(DUPLICATE, since=since, met_by=(issue,), because=requested.traceparent, round=number)
            issued = await life.fact(issue)
            await life.deadlines.meet(DUPLICATE, issued.day("issued_on"), because=issued.traceparent, round=number)

    async def _ended(self) -> str:
        ending = self._life.memory.facts[council.CertificateEnded.type_name()]
        await self._life.deadlines.withdraw_all("the certificate ended before its term", because=ending.traceparent)
        self._life.enter("ended", "")
        return "ended"


def _of_round(type_name: str, number: int) -> str:
    return f"{type_name}:{number}"


def _earlier(closing: datetime | None, expiry: datetime) -> datetime:
    """However far a person moves the last day of applications, a certificate ends at its term."""
    return expiry if closing is None else min(closing, expiry)
