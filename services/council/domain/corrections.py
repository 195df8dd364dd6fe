"""What of a case and of a certificate may be put right, and what a corrected one cannot be."""

from datetime import date

from chassis.corrections import Correctable
from chassis.problems import Conflict
from regulations import resolve
from services.council.contract import CertificateCorrected, ConsiderationCorrected
from services.council.domain import ending, followed, sanctions
from services.council.domain.certificate import CERTIFICATE
from services.council.domain.consideration import CONSIDERATION
from services.council.domain.standing import Certificate
from services.council.domain.state import Consideration


def of_case(today: date) -> Correctable:
    """How a case is corrected on a day: what follows a decision is not told before it, nor before it happened."""

    def check(state: Consideration) -> None:
        after = state.after
        days = {
            "the notice of the refusal": after.refusal.sent_on if after.refusal else None,
            "the publication of the report": after.published.published_on if after.published else None,
            "the submission to DEQAR": after.deqar.submitted_on if after.deqar else None,
            "the letter to the ministry": after.informed.informed_on if after.informed else None,
            **{f"the notice to {each.channel}": each.sent_on for each in after.told},
        }
        for name, day in days.items():
            if day is not None and state.decision is not None and not state.decision.adopted_on <= day <= today:
                raise Conflict(f"{name} was on a day from the decision of {state.decision.adopted_on} to {today}, not on {day}")

    return Correctable(
        CONSIDERATION, ConsiderationCorrected, lambda state: {"case_id": state.opened.case_id if state.opened else ""}, check
    )


def of_certificate(today: date, overturned_on: date | None) -> Correctable:
    """How a certificate is corrected on a day. Its term runs from its day of issue: neither is ever corrected."""

    def check(state: Certificate) -> None:
        issued, ended, paid = state.issued, state.ended, state.duplicates.paid
        if issued and ended:
            ending.check_day(resolve(issued.rulebook), issued, ended.ground, ended.ended_on, overturned_on, today)
        if paid and paid.paid_on > today:
            raise Conflict(f"{paid.paid_on} is still to come; today is {today}")
        if issued and state.notified_on and not issued.issued_on <= state.notified_on <= today:
            raise Conflict(f"the authorised body was told on a day from {issued.issued_on} to {today}")
        if issued:
            followed.check_received(resolve(issued.rulebook), state, today)
        if state.revoked and state.register_told_on:
            sanctions.check_told(state.revoked, state.register_told_on, today)

    ids = "certificate_id"
    return Correctable(CERTIFICATE, CertificateCorrected, lambda state: {ids: state.issued.certificate_id if state.issued else ""}, check)
