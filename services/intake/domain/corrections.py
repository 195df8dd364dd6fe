"""How the facts of a case are put right: so that the case could have been as it is read from then on."""

from datetime import date

from chassis.corrections import Correctable
from regulations import Rulebook
from services.intake.contract import ApplicationCorrected
from services.intake.domain.agreement import Contract, check_completed, check_procurement
from services.intake.domain.application import APPLICATION
from services.intake.domain.preparation import check_days
from services.intake.domain.state import Application


def corrections(before: Application, ownership: str | None, rules: Rulebook, today: date) -> Correctable:
    """The corrections of a case that stands as `before`; the `ownership` of its institution comes as a fact."""

    def check(after: Application) -> None:
        check_days(after.preparation, today)
        if after.contract.procurement != before.contract.procurement:
            _check_procurement(after.contract, ownership, rules, today)

    return Correctable(APPLICATION, ApplicationCorrected, lambda state: {"case_id": state.case_id}, check)


def _check_procurement(contract: Contract, ownership: str | None, rules: Rulebook, today: date) -> None:
    """It was over by now, and before the first signature where one had to wait for it."""
    if contract.procurement is not None:
        check_completed(contract.procurement.completed_on, today)
    if contract.first_signed_on is not None:
        check_procurement(ownership, contract.procurement, rules, contract.first_signed_on)
