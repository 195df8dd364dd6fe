"""The first stage of IQAA up to the self-assessment (S1.a to S1.d), and what any case can meet: 5 February 2024 is a Monday."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Invalid
from chassis.testing import Given, given
from regulations import Rulebook, load
from services.intake.contract import (
    ApplicationFiled,
    ApplicationRegistered,
    ApplicationWithdrawn,
    CaseClosed,
    ContractConcluded,
    ContractDrawnUp,
    ContractSigned,
    CoordinatorAppointed,
    FirstTimeStated,
    PreliminaryTripMade,
    ProcurementCompleted,
    Programme,
    TrainingSeminarHeld,
)
from services.intake.domain import agreement, preparation
from services.intake.domain.agreement import DrawUpContract, EarlierContract, RecordProcurement, Side, SignContract
from services.intake.domain.application import (
    APPLICATION,
    EndCase,
    FileApplication,
    RegisterApplication,
)
from services.intake.domain.guards import missing_documents
from services.intake.domain.preparation import AppointCoordinator, RecordPreliminaryTrip, RecordSeminar, StateFirstTime
from services.intake.domain.renewal import CertificateFacts
from services.intake.domain.standards import AdoptedStandards
from services.intake.domain.standing import WithdrawApplication
from services.intake.domain.state import Application

IQAA = "iqaa-accreditation"
ORDER_109 = "kz-109-2008-accreditation"
RULES, OTHER_RULES = load(IQAA), load(ORDER_109)
TODAY = date(2024, 2, 5)
PARTS = {"rights_and_duties": "As agreed.", "cost": "As agreed.", "stages": "Four.", "time_limits": "This year."}


def document(kind: str) -> Document:
    return Document(kind=kind, name=kind, sha256="a" * 64)


COMPLETE = tuple(document(kind) for kind in ("application", "activity_description", "licence_copies"))
LAW = Programme(code="6B04201", name="Law", level="higher", qf_ehea_cycle="first_cycle", isced_field="0421")

FILED = ApplicationFiled(
    case_id="case-1",
    institution_id="kaznu",
    kind="institutional",
    levels=("higher",),
    rulebook=RULES.ref,
    standards="institutional",
    standards_version="1",
    documents=COMPLETE,
    filed_on=TODAY,
)
REGISTERED = ApplicationRegistered(
    **FILED.model_dump(include={"case_id", "institution_id", "kind", "standards", "standards_version", "filed_on"}),
    rulebook=RULES.ref,
    scopes=("institution",),
    number="17",
    registered_on=TODAY,
)
DRAWN_UP = ContractDrawnUp(case_id="case-1", contract_number="K-5", parts=PARTS, amount="1250000", currency="KZT", drawn_up_on=TODAY)
PROCURED = ProcurementCompleted(case_id="case-1", reference="1186", completed_on=date(2024, 2, 2), recorded_on=TODAY)
CONCLUDED = ContractConcluded(case_id="case-1", contract_number="K-5", concluded_on=TODAY, first_time=True)
APPOINTED = CoordinatorAppointed(case_id="case-1", coordinator_id="aigul", coordinator_name="A. Bekova", act="Order 14", appointed_on=TODAY)
TRIP = PreliminaryTripMade(case_id="case-1", traveller_id="aigul", starts_on=TODAY, ends_on=TODAY, recorded_on=TODAY)
SEMINAR = TrainingSeminarHeld(case_id="case-1", subject="Writing the report", held_on=TODAY, attended=30, recorded_on=TODAY)


def at(day: date = TODAY) -> dict[str, Any]:
    """A moment of which the local day is `day`."""
    return {"at": datetime.combine(day, time(6), UTC), "by": "somebody"}


def application(*events: Event) -> Given[Application]:
    return given(APPLICATION, events)


def filing(**changes: Any) -> FileApplication:
    fields = FILED.model_dump(exclude={"filed_on", "rulebook", "renews_certificate_id", "documents", "programmes"})
    facts = {
        "adopted": False,
        "adopted_standards": tuple(AdoptedStandards("institutional", "1", kind) for kind in RULES.vocabulary("kinds")),
    }
    return FileApplication(**at(), **{**fields, "rulebook": RULES.ref, "documents": COMPLETE, "programmes": (), **facts, **changes})


def draft(parts: Mapping[str, str] = PARTS, **changes: Any) -> DrawUpContract:
    return DrawUpContract(**at(), **{"contract_number": "K-5", "parts": parts, "amount": "1250000", "currency": "KZT", **changes})


def sign(side: Side, on: date = TODAY, number: str = "K-5", ownership: str | None = "other", **facts: Any) -> SignContract:
    named = {"contract_number": number, "side": side, "signatory_id": side, "signatory_name": "A. Signatory", "ownership": ownership}
    return SignContract(**at(on), **named, **facts)


def signed(side: Side) -> ContractSigned:
    return ContractSigned(
        case_id="case-1", contract_number="K-5", side=side, signatory_id=side, signatory_name="A. Signatory", signed_on=TODAY
    )


def appoint(coordinator_id: str = "aigul", reason: str | None = None) -> AppointCoordinator:
    return AppointCoordinator(**at(), coordinator_id=coordinator_id, coordinator_name="A. Bekova", act="Order 14", reason=reason)


def trip(traveller_id: str = "aigul", starts_on: date = TODAY, ends_on: date = TODAY) -> RecordPreliminaryTrip:
    return RecordPreliminaryTrip(**at(), traveller_id=traveller_id, starts_on=starts_on, ends_on=ends_on)


def seminar(held_on: date = TODAY) -> RecordSeminar:
    return RecordSeminar(**at(), subject="Writing the report", held_on=held_on, attended=30)


def revised(**settings: Any) -> Rulebook:
    """The rulebook with other readings."""
    return RULES.revised({f"settings.{name}": {"value": value} for name, value in settings.items()}, "revised")


@pytest.mark.clause(IQAA, "S1.a")
class TestApplication:
    def test_an_application_is_filed_and_registered(self) -> None:
        application().when(filing()).then(FILED)
        application(FILED).when(RegisterApplication(**at(), number="17")).then(REGISTERED)

    @pytest.mark.parametrize("absent", COMPLETE, ids=lambda each: each.kind)
    def test_a_missing_document_is_named(self, absent: Document) -> None:
        past = FILED.model_copy(update={"documents": tuple(each for each in COMPLETE if each != absent)})
        problem = application(past).when(RegisterApplication(**at(), number="17")).then_refused(clause="S1.a", words="incomplete")
        assert [m["kind"] for m in problem.missing] == [absent.kind]

    def test_a_programme_is_accredited_by_itself(self) -> None:
        assert application().when(filing(kind="programme")).then_refused(words="none is named").clause == "S3.f.2"
        past = FILED.model_copy(update={"kind": "programme", "programmes": (LAW,)})
        application().when(filing(kind="programme", programmes=(LAW,))).then(past)
        (event,) = application(past).when(RegisterApplication(**at(), number="17")).then_types(ApplicationRegistered)
        assert isinstance(event, ApplicationRegistered)
        assert event.scopes == ("programme:6B04201",)

    @pytest.mark.parametrize("kind", ["specialised", "combined", "unheard_of"])
    def test_a_kind_of_another_rulebook_is_none_of_this_one(self, kind: str) -> None:
        assert isinstance(application().when(filing(kind=kind, programmes=(LAW,))).then_refused(words=kind), Invalid)

    def test_what_the_rulebook_has_no_term_for_bars_nothing(self) -> None:
        application().when(filing(refused={"institution": TODAY})).then(FILED)
        certificate = CertificateFacts("cert-1", "kaznu", TODAY, expired=True)
        application().when(filing(certificate=certificate)).then_types(ApplicationFiled)

    def test_documents_of_another_rulebook_complete_nothing(self) -> None:
        assert len(missing_documents(RULES, "programme", [document("state_licence")])) == 3


@pytest.mark.clause(IQAA, "S1.b.2")
class TestContractText:
    def test_the_contract_shows_every_part(self) -> None:
        application(FILED, REGISTERED).when(draft()).then(DRAWN_UP)

    @pytest.mark.parametrize("absent", PARTS)
    def test_a_missing_part_is_named(self, absent: str) -> None:
        parts = {name: said for name, said in PARTS.items() if name != absent}
        problem = application(FILED, REGISTERED).when(draft(parts)).then_refused(clause="S1.b.2", words="incomplete")
        assert [m["kind"] for m in problem.missing] == [absent]

    def test_the_cost_is_an_amount_in_a_currency(self) -> None:
        past = application(FILED, REGISTERED)
        assert [m["kind"] for m in past.when(draft(amount=None, currency=None)).then_refused(clause="S1.b.2").missing] == ["cost"]
        for half in ({"amount": None}, {"currency": None}):
            assert isinstance(application(FILED, REGISTERED).when(draft(**half)).then_refused(), Invalid)

    def test_everything_that_is_missing_is_told_at_once(self) -> None:
        problem = application(FILED, REGISTERED).when(draft({}, amount=None, currency=None)).then_refused(clause="S1.b.2")
        assert [m["kind"] for m in problem.missing] == list(PARTS)

    def test_due_days_are_of_the_rulebook_s_steps(self) -> None:
        days = {"external_audit": date(2024, 10, 18)}
        application(FILED, REGISTERED).when(draft(due_dates=days)).then(DRAWN_UP.model_copy(update={"due_dates": days}))
        for strange in (draft(due_dates={"party": TODAY}), draft({**PARTS, "secret": "So."})):
            assert isinstance(application(FILED, REGISTERED).when(strange).then_refused(), Invalid)

    def test_nobody_signs_what_is_not_drawn_up(self) -> None:
        application(FILED, REGISTERED).when(sign("institution")).then_refused(clause="S1.b.2", words="not drawn up")

    def test_the_draft_is_what_is_signed_and_stands_with_the_first_signature(self) -> None:
        past = (FILED, REGISTERED, DRAWN_UP)
        assert isinstance(application(*past).when(sign("institution", number="K-6")).then_refused(words="K-5"), Conflict)
        newer = draft(contract_number="K-6")
        application(*past).when(newer).then(DRAWN_UP.model_copy(update={"contract_number": "K-6"}))
        assert isinstance(application(*past, signed("institution")).when(newer).then_refused(words="stands"), Conflict)

    def test_a_rulebook_without_parts_requires_none(self) -> None:
        assert not agreement.required_parts(OTHER_RULES)
        filed = FILED.model_copy(update={"rulebook": OTHER_RULES.ref})
        bare = draft({}, amount=None, currency=None)
        application(filed, REGISTERED).when(bare).then_types(ContractDrawnUp)


@pytest.mark.clause(IQAA, "S1.b.1")
def test_the_contract_is_concluded_with_the_second_signature() -> None:
    past = (FILED, REGISTERED, DRAWN_UP)
    application(*past).when(sign("institution")).then(signed("institution"))
    application(*past, signed("institution")).when(sign("accreditation_body")).then(signed("accreditation_body"), CONCLUDED)


@pytest.mark.clause(IQAA, "S1.b.3")
class TestProcurement:
    PAST = (FILED, REGISTERED, DRAWN_UP)

    def procure(self, completed_on: date = PROCURED.completed_on, reference: str = "1186") -> RecordProcurement:
        return RecordProcurement(**at(), reference=reference, completed_on=completed_on)

    @pytest.mark.parametrize("side", agreement.SIDES)
    def test_nobody_signs_with_a_state_organisation_before_the_procurement(self, side: Side) -> None:
        problem = application(*self.PAST).when(sign(side, ownership="state")).then_refused(clause="S1.b.3", words="no public procurement")
        assert "reference" in problem.accepts
        application(*self.PAST, PROCURED).when(sign(side, ownership="state")).then(signed(side))

    @pytest.mark.parametrize("ownership", [None, "unheard_of"])
    def test_whose_ownership_is_not_known_signs_nothing(self, ownership: str | None) -> None:
        problem = application(*self.PAST, PROCURED).when(sign("institution", ownership=ownership)).then_refused(clause="S1.b.3")
        assert "state or other" in problem.accepts

    def test_any_other_organisation_signs_without_procurement(self) -> None:
        application(*self.PAST).when(sign("institution", ownership="other")).then(signed("institution"))

    def test_the_contract_comes_on_a_later_day(self) -> None:
        today = PROCURED.model_copy(update={"completed_on": TODAY})
        problem = application(*self.PAST, today).when(sign("institution", ownership="state")).then_refused(clause="S1.b.3")
        assert problem.accepts == "a signature from 2024-02-06 on"
        application(*self.PAST, today).when(sign("institution", date(2024, 2, 6), ownership="state")).then_types(ContractSigned)

    def test_an_agency_may_read_the_same_day_as_later(self) -> None:
        today = PROCURED.model_copy(update={"completed_on": TODAY})
        contract = agreement.Contract(draft=DRAWN_UP, procurement=today)
        rules = revised(contract_on_day_of_procurement=True)
        assert agreement.sign(sign("institution", ownership="state"), contract, "case-1", "institutional", rules)

    def test_a_procurement_that_was_completed_is_recorded_and_corrected_before_the_first_signature(self) -> None:
        application(*self.PAST).when(self.procure()).then(PROCURED)
        assert isinstance(application(*self.PAST).when(self.procure(date(2024, 2, 6))).then_refused(words="not come"), Conflict)
        past = (*self.PAST, PROCURED)
        assert isinstance(application(*past).when(self.procure()).then_refused(words="already"), Conflict)
        application(*past).when(self.procure(reference="1187")).then(PROCURED.model_copy(update={"reference": "1187"}))
        assert isinstance(application(*past, signed("institution")).when(self.procure(reference="1187")).then_refused(), Conflict)

    def test_a_rulebook_that_tells_no_owners_apart_asks_for_none(self) -> None:
        filed = FILED.model_copy(update={"rulebook": OTHER_RULES.ref})
        application(filed, REGISTERED).when(sign("institution", ownership=None)).then(signed("institution"))


CONTRACTED = (FILED, REGISTERED, DRAWN_UP, signed("institution"), signed("accreditation_body"), CONCLUDED)


@pytest.mark.clause(IQAA, "S1.c.1")
class TestCoordinator:
    def test_a_coordinator_is_appointed_after_the_contract(self) -> None:
        application(*CONTRACTED).when(appoint()).then(APPOINTED)
        application(FILED, REGISTERED).when(appoint()).then_refused(clause="S1.b.1", words="comes after")

    def test_another_one_takes_the_place_with_a_reason(self) -> None:
        past = (*CONTRACTED, APPOINTED)
        assert isinstance(application(*past).when(appoint(reason="Again.")).then_refused(words="already"), Conflict)
        assert isinstance(application(*past).when(appoint("other")).then_refused(words="say why"), Conflict)
        application(*past).when(appoint("other", "On leave.")).then_types(CoordinatorAppointed)

    def test_a_rulebook_without_the_step_leaves_its_time_open(self) -> None:
        filed = FILED.model_copy(update={"rulebook": OTHER_RULES.ref})
        application(filed, REGISTERED).when(appoint()).then_types(CoordinatorAppointed)

    def test_only_an_open_case_has_a_coordinator(self) -> None:
        assert isinstance(application(FILED).when(appoint()).then_refused(words="open case"), Conflict)


@pytest.mark.clause(IQAA, "S1.c.2")
class TestFirstTime:
    @pytest.mark.parametrize(("kinds", "first"), [((), True), (("programme",), False), (("institutional",), False)])
    def test_the_history_tells_whether_it_is_the_first_time(self, kinds: tuple[str, ...], first: bool) -> None:
        earlier = tuple(EarlierContract(f"case-0-{kind}", kind) for kind in kinds)
        told = application(*CONTRACTED[:4]).when(sign("accreditation_body", earlier=earlier))
        told.then(signed("accreditation_body"), CONCLUDED.model_copy(update={"first_time": first}))

    @pytest.mark.parametrize(("kind", "first"), [("programme", True), ("institutional", False)])
    def test_an_agency_may_count_contracts_of_the_same_kind_alone(self, kind: str, first: bool) -> None:
        rules = revised(first_time_means="first_contract_of_this_kind")
        contract = agreement.Contract("K-5", DRAWN_UP, None, ("institution",))
        command = sign("accreditation_body", earlier=(EarlierContract("case-0", kind),))
        _, concluded = agreement.sign(command, contract, "case-1", "institutional", rules)
        assert isinstance(concluded, ContractConcluded)
        assert concluded.first_time is first

    def test_a_person_may_state_otherwise_with_a_reason(self) -> None:
        command = StateFirstTime(**at(), first_time=False, reason="We worked with its predecessor.")
        stated = FirstTimeStated(case_id="case-1", first_time=False, reason="We worked with its predecessor.", stated_on=TODAY)
        application(*CONTRACTED).when(command).then(stated)
        assert isinstance(application(*CONTRACTED, stated).when(command).then_refused(words="already"), Conflict)
        assert isinstance(application(FILED, REGISTERED).when(command).then_refused(words="with the contract"), Conflict)
        assert isinstance(application(*CONTRACTED, APPOINTED, TRIP).when(command).then_refused(words="is made"), Conflict)

    def test_a_rulebook_that_does_not_ask_has_no_first_time(self) -> None:
        filed = FILED.model_copy(update={"rulebook": OTHER_RULES.ref})
        command = sign("accreditation_body", ownership=None)
        _, concluded = application(filed, REGISTERED, signed("institution")).when(command).then_types(ContractSigned, ContractConcluded)
        assert isinstance(concluded, ContractConcluded)
        assert concluded.first_time is None


@pytest.mark.clause(IQAA, "S1.c.2")
class TestTrip:
    def test_the_coordinator_goes_to_a_new_client(self) -> None:
        application(*CONTRACTED, APPOINTED).when(trip()).then(TRIP)
        problem = application(*CONTRACTED, APPOINTED).when(trip("other")).then_refused(clause="S1.c.2", words="not the coordinator")
        assert problem.accepts == "a trip of aigul"
        application(*CONTRACTED).when(trip()).then_refused(clause="S1.c.1", words="comes after")

    def test_an_agency_may_send_anyone(self) -> None:
        state = preparation.Preparation(first_time=True, coordinator_id="aigul")
        assert preparation.prepare(trip("other"), state, "case-1", revised(preliminary_trip_traveller="anyone_of_the_agency"))

    @pytest.mark.parametrize(("starts_on", "ends_on"), [(TODAY, date(2024, 2, 6)), (TODAY, date(2024, 2, 4))])
    def test_a_trip_that_was_made_has_its_days_behind_it(self, starts_on: date, ends_on: date) -> None:
        command = trip(starts_on=starts_on, ends_on=ends_on)
        assert isinstance(application(*CONTRACTED, APPOINTED).when(command).then_refused(), Conflict)

    def test_no_trip_is_due_to_a_known_client_and_one_to_a_new_one(self) -> None:
        known = (*CONTRACTED[:-1], CONCLUDED.model_copy(update={"first_time": False}), APPOINTED)
        assert isinstance(application(*known).when(trip()).then_refused(words="no preliminary trip"), Conflict)
        assert isinstance(application(*CONTRACTED, APPOINTED, TRIP).when(trip()).then_refused(words="made already"), Conflict)


@pytest.mark.clause(IQAA, "S1.d")
class TestSeminars:
    def test_seminars_follow_the_trip_where_one_is_due(self) -> None:
        application(*CONTRACTED, APPOINTED).when(seminar()).then_refused(clause="S1.c.2", words="comes after")
        application(*CONTRACTED, APPOINTED, TRIP).when(seminar()).then(SEMINAR)
        known = (*CONTRACTED[:-1], CONCLUDED.model_copy(update={"first_time": False}))
        application(*known, APPOINTED).when(seminar()).then(SEMINAR)
        application(*known).when(seminar()).then_refused(clause="S1.c.1", words="comes after")

    def test_there_may_be_several_and_each_is_told_once(self) -> None:
        past = (*CONTRACTED, APPOINTED, TRIP, SEMINAR)
        assert isinstance(application(*past).when(seminar()).then_refused(words="already"), Conflict)
        application(*past).when(seminar(date(2024, 2, 2))).then_types(TrainingSeminarHeld)
        assert isinstance(application(*past).when(seminar(date(2024, 2, 6))).then_refused(words="not come"), Conflict)


class TestWithdrawal:
    WITHDRAW = WithdrawApplication(**at(), reason="Reorganised.")

    def withdrawn(self, stage: str) -> ApplicationWithdrawn:
        facts = {"case_id": "case-1", "institution_id": "kaznu", "stage": stage, "reason": "Reorganised.", "withdrawn_on": TODAY}
        return ApplicationWithdrawn.model_validate(facts)

    @pytest.mark.parametrize(("past", "stage"), [((FILED,), "filed"), ((FILED, REGISTERED), "registered"), (CONTRACTED, "contracted")])
    def test_the_institution_withdraws_at_every_stage_with_its_reason(self, past: tuple[Event, ...], stage: str) -> None:
        application(*past).when(self.WITHDRAW).then(self.withdrawn(stage))

    def test_what_is_decided_or_closed_is_not_withdrawn(self) -> None:
        late = self.WITHDRAW.model_copy(update={"decided_on": TODAY})
        assert isinstance(application(*CONTRACTED).when(late).then_refused(words="decided"), Conflict)
        closed = CaseClosed(case_id="case-1", outcome="x", closed_on=TODAY)
        assert isinstance(application(*CONTRACTED, closed).when(self.WITHDRAW).then_refused(words="closed"), Conflict)

    @pytest.mark.parametrize("command", [WITHDRAW, RegisterApplication(**at(), number="1"), draft(), appoint(), seminar()])
    def test_nothing_is_done_with_a_withdrawn_application(self, command: Any) -> None:
        past = (*CONTRACTED, self.withdrawn("contracted"))
        assert isinstance(application(*past).when(command).then_refused(words="withdrawn"), Conflict)

    def test_its_lifecycle_still_closes_the_case(self) -> None:
        end = EndCase(**at(), outcome="withdrawn")
        application(FILED, self.withdrawn("filed")).when(end).then_types(CaseClosed)
