"""An application to extend a certificate (order 109, p. 21)."""

from dataclasses import dataclass
from datetime import date

from chassis.problems import Conflict, Refused
from regulations import Rulebook, compute, enforces

_ORDER_109 = "kz-109-2008-accreditation"
_RENEWAL = "renewal_application"


@dataclass(frozen=True)
class CertificateFacts:
    """What the application to extend a certificate rests on."""

    certificate_id: str
    institution_id: str
    valid_until: date
    expired: bool


@enforces(_ORDER_109, "21")
def check_renewal(certificate: CertificateFacts, institution_id: str, rules: Rulebook, on: date) -> None:
    """In time by the rulebook; where it sets no term, whoever registers the application decides."""
    if certificate.institution_id != institution_id:
        raise Conflict(f"certificate {certificate.certificate_id} is another institution's")
    if _RENEWAL not in rules.terms:
        return
    last = compute(rules, _RENEWAL, certificate.valid_until).due_on
    if certificate.expired or on > last:
        raise Refused(
            f"the certificate is valid until {certificate.valid_until}; its extension could be applied for until {last}",
            clause=rules.terms[_RENEWAL].clause or "",
            rulebook=rules.id,
            accepts="a new application that renews no certificate",
        )
