"""The end of a certificate before its term, and its re-issue to the successor of a reorganised institution (order 109, p. 26, 27)."""

from datetime import date

from chassis.problems import Conflict, Refused
from regulations import Rulebook, enforces
from services.council.contract import (
    OVERTURNED,
    CertificateEnded,
    CertificateExtended,
    CertificateIssued,
    CertificateRecorded,
    CertificateReissued,
)
from services.council.domain.clauses import KZ, changes_register, may_be_appealed, register_changes

#: The fact by which there is a certificate.
Issue = CertificateIssued | CertificateReissued | CertificateRecorded | CertificateExtended

SUCCEEDED = "reorganisation"


@enforces(KZ, "26", "27")
def end(
    rules: Rulebook,
    issued: Issue,
    ground: str,
    act: str,
    ended_on: date,
    successor_id: str | None,
    successor_known: bool,
    overturned_on: date | None,
    today: date,
) -> CertificateEnded:
    """The end as a person records it, by an act that has taken effect; in the person's words where the rulebook lists no changes."""
    if ground != OVERTURNED and register_changes(rules) and ground not in register_changes(rules):
        raise _refused(rules, f"{ground} is no change of the register", f"one of: {', '.join(register_changes(rules))}")
    check_day(rules, issued, ground, ended_on, overturned_on, today)
    if successor_id is not None:
        _successor(rules, issued, ground, successor_id, successor_known)
    return CertificateEnded(
        certificate_id=issued.certificate_id,
        case_id=issued.case_id,
        institution_id=issued.institution_id,
        ground=ground,
        act=act,
        successor_id=successor_id,
        ended_on=ended_on,
    )


@enforces(KZ, "26", "27")
def check_day(rules: Rulebook, issued: Issue, ground: str, ended_on: date, overturned_on: date | None, today: date) -> None:
    """The day lies in the certificate's term, is not to come, and is not before an appeal that overturned the decision."""
    if ground == OVERTURNED:
        _overturned(rules, ended_on, overturned_on)
    if not issued.issued_on <= ended_on <= min(today, issued.valid_until):
        raise _refused(
            rules,
            f"the certificate of {issued.issued_on} did not end on {ended_on}",
            f"the day on which the change took effect, from {issued.issued_on} to {min(today, issued.valid_until)}",
        )


def check_running(issued: Issue, today: date) -> None:
    """Conflict for a certificate that lapsed at the end of its term."""
    if today > issued.valid_until:
        raise Conflict(f"the certificate lapsed after {issued.valid_until}")


@enforces(KZ, "26")
def reissue(
    rules: Rulebook, certificate_id: str, earlier: Issue, ended: CertificateEnded | None, number: str, blank_number: str, today: date
) -> CertificateReissued:
    """The successor's certificate: the same scopes, the same expiry, a number and a blank of its own."""
    if ended is None or ended.successor_id is None:
        raise _refused(
            rules,
            "the certificate did not pass to a successor",
            "a certificate that ended by reorganisation, with the successor named",
        )
    if today > earlier.valid_until:
        raise Conflict(f"the term of the earlier certificate ended on {earlier.valid_until}")
    return CertificateReissued(
        certificate_id=certificate_id,
        reissued_from=earlier.certificate_id,
        case_id=earlier.case_id,
        institution_id=ended.successor_id,
        rulebook=earlier.rulebook,
        number=number,
        blank_number=blank_number,
        scopes=earlier.scopes,
        issued_on=today,
        valid_until=earlier.valid_until,
    )


def _overturned(rules: Rulebook, ended_on: date, overturned_on: date | None) -> None:
    """A positive decision stays in force until it is overturned, and the certificate with it."""
    if overturned_on is None or ended_on < overturned_on:
        raise Refused(
            "the decision was not overturned" if overturned_on is None else f"the decision was in force until {overturned_on}",
            clause=may_be_appealed(rules),
            rulebook=rules.id,
            accepts="this ground after an appeal by which the decision was overturned"
            if overturned_on is None
            else f"an end on {overturned_on} or later",
        )


def _successor(rules: Rulebook, issued: Issue, ground: str, successor_id: str, known: bool) -> None:
    if ground != SUCCEEDED:
        raise _refused(rules, f"{ground} leaves no successor", "a successor in a reorganisation alone")
    if successor_id == issued.institution_id:
        raise _refused(rules, "an institution is not its own successor", "the institution that succeeds this one")
    if not known:
        raise _refused(rules, f"the agency knows no institution {successor_id}", "a successor that is registered with the agency")


def _refused(rules: Rulebook, reason: str, accepts: str) -> Refused:
    return Refused(reason, clause=changes_register(rules), rulebook=rules.id, accepts=accepts)
