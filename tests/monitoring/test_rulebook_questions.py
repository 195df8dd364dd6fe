"""What lifecycles ask the rulebook through monitoring: what a decision brings about, when a certificate's instants come."""

from datetime import UTC, date, datetime

import pytest

from regulations import load
from services.monitoring.contract import Outcomes, ReadCertificateTerm, ReadOutcomes
from services.monitoring.handlers import certificate_term, outcomes

ORDER_109 = "kz-109-2008-accreditation"
REF = load(ORDER_109).ref


@pytest.mark.clause(ORDER_109, "20", "22 (a)")
def test_one_decision_brings_a_certificate_and_the_other_a_notice() -> None:
    assert outcomes(ReadOutcomes(agency="iqaa", rulebook=REF)) == Outcomes(certified=("accredit",), refused=("refuse",))


@pytest.mark.clause(ORDER_109, "21", "25")
def test_the_window_opens_six_months_before_its_last_day_and_the_certificate_lapses_at_local_midnight() -> None:
    """Valid to 15 March 2015; last day to apply 15 March 2014; the practice opens the window on 15 September 2013, 00:00 local."""
    term = certificate_term(ReadCertificateTerm(agency="iqaa", rulebook=REF, valid_until=date(2015, 3, 15)))
    assert term.renewal_opens_at == datetime(2013, 9, 14, 18, 0, tzinfo=UTC)
    assert term.expires_at == datetime(2015, 3, 15, 18, 0, tzinfo=UTC)
