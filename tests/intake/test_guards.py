"""What the guards tell a portal of a case or an institution is what is decided there, in every state and by both rulebooks."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chassis.decider import Command
from chassis.documents import Document
from chassis.problems import Problem
from chassis.testing import given, guards_tell_the_truth
from regulations import Rulebook, load
from services.intake.contract import ApplicationFiled, ApplicationRegistered, ContractSigned, InstitutionRegistered, StandardArea
from services.intake.domain.adoption import ADOPTION, AdoptRulebook
from services.intake.domain.agreement import SIDES, DrawUpContract, RecordProcurement, SignContract, required_parts
from services.intake.domain.application import APPLICATION, AttachDocument, EndCase, FileApplication, RegisterApplication
from services.intake.domain.guards import missing_documents
from services.intake.domain.institution import (
    INSTITUTION,
    CloseInstitution,
    DescribeInstitution,
    Institution,
    RecordSuccession,
    RegisterInstitution,
)
from services.intake.domain.preparation import AppointCoordinator, RecordPreliminaryTrip, RecordSeminar, StateFirstTime
from services.intake.domain.schedule import SCHEDULE, AdoptSchedule, ScheduleCase
from services.intake.domain.standards import STANDARDS, AdoptStandards, references_of
from services.intake.domain.standing import (
    DiscontinueCase,
    ResumeCase,
    SuspendCase,
    TakeUpAgain,
    TerminateContract,
    WithdrawApplication,
)
from services.intake.domain.state import Application

ORDER_109, IQAA = "kz-109-2008-accreditation", "iqaa-accreditation"
BOTH = pytest.mark.parametrize("rulebook", [ORDER_109, IQAA])
TODAY = date(2010, 3, 2)
NOW = {"at": datetime(2010, 3, 2, 6, tzinfo=UTC), "by": "somebody"}


def document(kind: str) -> Document:
    return Document(kind=kind, name=kind, sha256="a" * 64)


def filed(rules: Rulebook, *documents: str) -> ApplicationFiled:
    return ApplicationFiled(
        case_id="case-1",
        institution_id="kaznu",
        kind="institutional",
        levels=("higher",),
        rulebook=rules.ref,
        standards="institutional",
        standards_version="1",
        documents=tuple(document(kind) for kind in documents),
        filed_on=TODAY,
    )


def commands(rules: Rulebook) -> Callable[[Application], list[Command]]:
    """For each command a body that its state takes, if there is one."""
    parts = dict.fromkeys(required_parts(rules), "As agreed.")
    grounds = list(rules.vocabularies.get("schedule_change_grounds", {}))

    def fitting(state: Application) -> list[Command]:
        missing = missing_documents(rules, "institutional", state.documents)
        new = document(missing[0]["kind"]) if missing else Document(kind="other", name="Other", sha256=f"{len(state.documents):064x}")
        known = state.contract.procurement is not None and state.contract.procurement.reference == "1"
        ground = grounds[0] if state.scheduled and grounds else None
        month = 12 if state.scheduled == (2010, 11) else 11
        other = "dana" if state.preparation.coordinator_id == "aigul" else "aigul"
        traveller = state.preparation.coordinator_id or "aigul"
        lately = TODAY - timedelta(days=1 + len(state.preparation.seminars))
        contract = {"contract_number": "K-5"}
        filing = {name: getattr(filed(rules), name) for name in ("case_id", "institution_id", "kind", "levels", "rulebook", "standards")}
        return [
            FileApplication(**NOW, **filing, programmes=(), standards_version="1", documents=(), adopted=True),
            AttachDocument(**NOW, document=new),
            RegisterApplication(**NOW, number="17"),
            DrawUpContract(**NOW, **contract, parts=parts, amount="1", currency="KZT"),
            RecordProcurement(**NOW, reference="2" if known else "1", completed_on=TODAY - timedelta(days=30)),
            *(SignContract(**NOW, **contract, side=s, signatory_id=s, signatory_name="Name", ownership="state") for s in SIDES),
            AppointCoordinator(**NOW, coordinator_id=other, coordinator_name="Name", act="Order 14", reason="Ill."),
            StateFirstTime(**NOW, first_time=not state.preparation.first_time, reason="New."),
            RecordPreliminaryTrip(**NOW, traveller_id=traveller, starts_on=TODAY, ends_on=TODAY),
            RecordSeminar(**NOW, subject="The report", held_on=lately, attended=30),
            ScheduleCase(**NOW, year=2010, month=month, schedule_adopted=True, ground=ground, reason="Asked for."),
            SuspendCase(**NOW, reason="A flood.", stops_clock=True),
            ResumeCase(**NOW, reason="It is over."),
            WithdrawApplication(**NOW, reason="Why."),
            TerminateContract(**NOW, terminated_by="both", grounds="Why."),
            DiscontinueCase(**NOW, ground="other", reason="Why."),
            TakeUpAgain(**NOW, appeal_id="a-1"),
            EndCase(**NOW, outcome="accredit"),
        ]

    # A state organisation's signature needs its procurement, which no guard knows: the ownership is the institution's.
    return lambda state: [
        command.model_copy(update={"ownership": "other"}) if isinstance(command, SignContract) else command for command in fitting(state)
    ]


def alike(rules: Rulebook) -> Callable[[Application], Any]:
    """States that differ in names and numbers alone are one."""

    def seen(state: Application) -> tuple[Any, ...]:
        preparation, contract = state.preparation, state.contract
        return (
            state.stage,
            (state.without_decision, state.closed_from),
            len(missing_documents(rules, "institutional", state.documents)),
            (contract.draft is None, contract.procurement is None, contract.signed),
            (preparation.first_time, bool(preparation.coordinator_id), preparation.trip, bool(preparation.seminars)),
            state.scheduled is None,
            state.suspended is None,
        )

    return seen


@BOTH
@pytest.mark.clause(ORDER_109, "8.1", "10")
@pytest.mark.clause(IQAA, "S1.a", "S1.b.2", "S1.b.3", "S1.c.1", "S1.c.2", "S1.d")
def test_a_command_of_a_case_is_open_exactly_where_some_body_is_accepted(rulebook: str) -> None:
    rules = load(rulebook)
    states = guards_tell_the_truth(APPLICATION, [filed(rules)], commands(rules), alike=alike(rules))
    stages = {state.stage for state in states}
    assert stages == {"filed", "registered", "contracted", "withdrawn", "terminated", "discontinued", "closed"}
    assert any(state.suspended for state in states)
    assert any(state.preparation.trip for state in states) is (rulebook == IQAA)


def test_a_command_of_an_institution_is_open_exactly_where_some_body_is_accepted() -> None:
    told = {"institution_id": "kaznu", "names": {"en": "University"}, "kind": "university", "city": "Almaty", "country": "KZ"}

    def fitting(state: Institution) -> list[Command]:
        ownership = "state" if state.ownership is None else None
        return [
            RegisterInstitution(**NOW, **told),
            DescribeInstitution(**NOW, ownership=ownership),
            RecordSuccession(**NOW, successor_id="kbtu", successor_known=True, act="Order 7", succeeded_on=TODAY),
            CloseInstitution(**NOW, act="Order 7", closed_on=TODAY),
        ]

    assert len(guards_tell_the_truth(INSTITUTION, [InstitutionRegistered(**told)], fitting)) == 8
    assert len(guards_tell_the_truth(INSTITUTION, [], fitting)) >= 8


@BOTH
@pytest.mark.clause(ORDER_109, "12")
@pytest.mark.clause(IQAA, "P.1", "P.2")
def test_an_agency_adopts_a_rulebook_a_schedule_and_a_version_of_its_standards_once(rulebook: str) -> None:
    rules = load(rulebook)
    adopt = AdoptRulebook(**NOW, rulebook=rules.ref, reason="The agency's own.")
    schedule = AdoptSchedule(**NOW, year=2010, act="Order 12", on=TODAY)
    area = StandardArea(code="1", title="Mission", esg=("1.1",))
    named = {"standards_id": "s-1", "standards": "institutional", "version": "1", "kind": "institutional", "rulebook": rules.ref}
    references = tuple(references_of(rules))
    standards = AdoptStandards(**NOW, **named, areas=(area,), references=references, act="No. 3", adopted_on=TODAY)
    for decider, command in ((ADOPTION, adopt), (SCHEDULE, schedule), (STANDARDS, standards)):
        assert len(guards_tell_the_truth(decider, [], lambda _, command=command: [command])) == 2


class TestOrder109AndIqaaDiffer:
    """In what is open, by their own words alone."""

    @staticmethod
    def refusals(rulebook: str, *documents: str) -> dict[str, Problem | None]:
        rules = load(rulebook)
        state = APPLICATION.fold([filed(rules, *documents)])
        return {kind.__name__: problem for kind, problem in APPLICATION.refusals(state, rules).items()}

    @pytest.mark.clause(ORDER_109, "8.1", "8.2")
    def test_an_application_is_ready_for_registration_with_the_documents_of_its_own_rulebook(self) -> None:
        papers = ("application", "state_licence", "licence_annexes")
        assert self.refusals(ORDER_109, *papers)["RegisterApplication"] is None
        refusal = self.refusals(IQAA, *papers)["RegisterApplication"]
        assert refusal is not None
        assert refusal.clause == "S1.a"


@BOTH
def test_what_a_state_refuses_it_refuses_whatever_the_body(rulebook: str) -> None:
    rules = load(rulebook)
    told = {"case_id": "case-1", "contract_number": "K-5", "signatory_id": "a", "signatory_name": "Name", "signed_on": TODAY}
    registered = ApplicationRegistered(
        **filed(rules).model_dump(include={"case_id", "institution_id", "kind", "standards", "standards_version", "filed_on"}),
        rulebook=rules.ref,
        scopes=("institution",),
        number="17",
        registered_on=TODAY,
    )
    past = [filed(rules), registered, ContractSigned(**told, side="institution")]
    for kind, words in (
        (AttachDocument, "before the application is registered"),
        (DrawUpContract, "text stands"),
        (RecordProcurement, "before"),
    ):
        (command,) = (each for each in commands(rules)(APPLICATION.fold(past)) if type(each) is kind)
        given(APPLICATION, past).when(command).then_refused(words=words)
