"""The rules of an application (order 109, p. 2, 5, 8, 9.1, 10, 12, 21, 22): 2 March 2009 is a Monday."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, NotFound
from chassis.testing import Given, given
from regulations import load
from services.intake.contract import (
    ApplicationFiled,
    ApplicationRegistered,
    CaseClosed,
    CaseKind,
    CaseScheduled,
    ContractConcluded,
    ContractSigned,
    DocumentAttached,
    Programme,
)
from services.intake.domain.agreement import Side, SignContract
from services.intake.domain.application import (
    APPLICATION,
    AttachDocument,
    EndCase,
    FileApplication,
    RegisterApplication,
)
from services.intake.domain.guards import missing_documents
from services.intake.domain.renewal import CertificateFacts
from services.intake.domain.schedule import ScheduleCase
from services.intake.domain.state import Application

ORDER_109 = "kz-109-2008-accreditation"
RULES = load(ORDER_109)
TODAY = date(2009, 3, 2)


def document(kind: str, digit: str = "a") -> Document:
    return Document(kind=kind, name=kind.replace("_", " "), sha256=digit * 64)


APPLICATION_FORM, LICENCE, ANNEXES = document("application"), document("state_licence"), document("licence_annexes")
CERTIFICATE_COPY = document("institutional_certificate")
COMPLETE = (APPLICATION_FORM, LICENCE, ANNEXES)
LAW = Programme(code="5B030100", name="Jurisprudence", level="higher")
PHYSICS = Programme(code="6M060400", name="Physics", level="postgraduate")

FILED = ApplicationFiled(
    case_id="case-1",
    institution_id="kaznu",
    kind="institutional",
    levels=("higher", "postgraduate"),
    rulebook=RULES.ref,
    standards="institutional",
    standards_version="1",
    documents=COMPLETE,
    filed_on=TODAY,
)
REGISTERED = ApplicationRegistered(
    case_id="case-1",
    institution_id="kaznu",
    kind="institutional",
    scopes=("institution",),
    rulebook=RULES.ref,
    standards="institutional",
    standards_version="1",
    number="17",
    filed_on=TODAY,
    registered_on=TODAY,
)
CONCLUDED = ContractConcluded(case_id="case-1", contract_number="K-5", concluded_on=TODAY)


def filed(kind: CaseKind, *programmes: Programme, documents: tuple[Document, ...] = COMPLETE) -> ApplicationFiled:
    return FILED.model_copy(update={"kind": kind, "programmes": programmes, "documents": documents})


def application(*events: Event) -> Given[Application]:
    return given(APPLICATION, events)


def at(day: date) -> dict[str, Any]:
    """A moment of which the local day is `day`."""
    return {"at": datetime.combine(day, time(6), UTC), "by": "somebody"}


def filing(on: date = TODAY, **changes: Any) -> FileApplication:
    fields = FILED.model_dump(exclude={"filed_on", "rulebook", "renews_certificate_id", "documents", "programmes"})
    told = {"documents": COMPLETE, "programmes": (), "adopted": False}
    return FileApplication(**at(on), **{**fields, "rulebook": RULES.ref, **told, **changes})


def register(on: date = TODAY) -> RegisterApplication:
    return RegisterApplication(**at(on), number="17")


def sign(side: Side, number: str = "K-5", on: date = TODAY) -> SignContract:
    return SignContract(**at(on), contract_number=number, side=side, signatory_id=f"{side}-1", signatory_name="A. Signatory")


def signed(side: Side) -> ContractSigned:
    return ContractSigned(
        case_id="case-1",
        contract_number="K-5",
        side=side,
        signatory_id=f"{side}-1",
        signatory_name="A. Signatory",
        signed_on=TODAY,
    )


def place(year: int = 2010, month: int = 5, adopted: bool = True) -> ScheduleCase:
    return ScheduleCase(**at(TODAY), year=year, month=month, schedule_adopted=adopted)


def test_nothing_is_done_with_an_application_that_was_never_filed() -> None:
    assert isinstance(application().when(register()).then_refused(), NotFound)


class TestFiling:
    def test_an_application_is_filed_complete_or_not(self) -> None:
        application().when(filing()).then(FILED)
        application().when(filing(documents=())).then(FILED.model_copy(update={"documents": ()}))

    @pytest.mark.clause(ORDER_109, "3")
    def test_a_case_names_the_standards_set_and_its_version_by_which_it_is_evaluated(self) -> None:
        past = filed("institutional", documents=COMPLETE)
        (event,) = application(past).when(register()).then_types(ApplicationRegistered)
        assert isinstance(event, ApplicationRegistered)
        assert (event.standards, event.standards_version) == (past.standards, past.standards_version)

    def test_an_application_is_filed_once(self) -> None:
        assert isinstance(application(FILED).when(filing()).then_refused(words="already"), Conflict)

    def test_the_day_of_filing_is_the_local_day(self) -> None:
        late_evening_in_utc = filing().model_copy(update={"at": datetime(2009, 3, 1, 18, 30, tzinfo=UTC)})
        application().when(late_evening_in_utc).then(FILED)

    @pytest.mark.clause(ORDER_109, "2")
    @pytest.mark.parametrize("outside", ["secondary", "preschool"])
    def test_levels_outside_the_scope_are_refused(self, outside: str) -> None:
        problem = application().when(filing(levels=("higher", outside))).then_refused(clause="2", words=outside)
        assert problem.accepts == "education levels higher, postgraduate"

    @pytest.mark.clause(ORDER_109, "2")
    def test_programmes_outside_the_scope_are_refused(self) -> None:
        school = Programme(code="1", name="Cook", level="vocational")
        application().when(filing(kind="combined", programmes=(LAW, school))).then_refused(clause="2", words="vocational")

    @pytest.mark.clause(ORDER_109, "5", "8 (b)")
    @pytest.mark.parametrize(("kind", "clause"), [("specialised", "5"), ("combined", "8 (b)")])
    def test_accreditation_of_programmes_names_them(self, kind: CaseKind, clause: str) -> None:
        application().when(filing(kind=kind)).then_refused(clause=clause, words="none is named")
        application().when(filing(kind=kind, programmes=(LAW,))).then(filed(kind, LAW))

    def test_a_programme_is_named_once(self) -> None:
        command = filing(kind="specialised", programmes=(LAW, PHYSICS, LAW))
        assert isinstance(application().when(command).then_refused(words=LAW.code), Conflict)


@pytest.mark.clause(ORDER_109, "2")
class TestRulebookInForce:
    LAST, REPEALED = date(2013, 7, 3), date(2013, 7, 4)

    def test_the_last_day_in_force_still_counts(self) -> None:
        application().when(filing(self.LAST)).then_types(ApplicationFiled)

    def test_a_repealed_rulebook_is_refused_and_the_repeal_named(self) -> None:
        problem = application().when(filing(self.REPEALED)).then_refused(clause="2", words="repealed on 2013-07-04")
        assert "No. 257" in str(problem)
        assert "adoption" in problem.accepts

    def test_a_rulebook_is_not_applied_before_it_is_in_force(self) -> None:
        application().when(filing(date(2008, 4, 6))).then_refused(clause="2", words="not in force")
        application().when(filing(date(2008, 4, 7))).then_types(ApplicationFiled)

    def test_an_agency_that_has_adopted_it_goes_on_using_it(self) -> None:
        application().when(filing(self.REPEALED, adopted=True)).then(FILED.model_copy(update={"filed_on": self.REPEALED}))


class TestCompleteness:
    @pytest.mark.clause(ORDER_109, "8.1", "8.2")
    @pytest.mark.parametrize(
        ("absent", "clause"), [(APPLICATION_FORM, "8.1"), (LICENCE, "8.2"), (ANNEXES, "8.2")], ids=["form", "licence", "annexes"]
    )
    @pytest.mark.parametrize("kind", ["institutional", "specialised", "combined"])
    def test_a_missing_document_is_named_with_its_clause(self, kind: CaseKind, absent: Document, clause: str) -> None:
        present = tuple(each for each in (*COMPLETE, CERTIFICATE_COPY) if each != absent)
        problem = application(filed(kind, LAW, documents=present)).when(register()).then_refused(clause=clause, words="incomplete")
        assert [(m["kind"], m["clause"]) for m in problem.missing] == [(absent.kind, clause)]
        assert absent.kind in problem.accepts

    @pytest.mark.clause(ORDER_109, "8.1", "8.2")
    def test_everything_that_is_missing_is_told_at_once(self) -> None:
        problem = application(filed("institutional", documents=())).when(register()).then_refused(clause="8.1")
        assert [m["kind"] for m in problem.missing] == ["application", "state_licence", "licence_annexes"]
        assert all(f"p. {m['clause']}" in str(problem) for m in problem.missing)

    @pytest.mark.clause(ORDER_109, "8 (a)")
    def test_specialised_accreditation_needs_the_institutional_certificate(self) -> None:
        problem = application(filed("specialised", LAW)).when(register()).then_refused(clause="8 (a)", words="institutional accreditation")
        assert [m["kind"] for m in problem.missing] == ["institutional_certificate"]
        whole = filed("specialised", LAW, documents=(*COMPLETE, CERTIFICATE_COPY))
        application(whole).when(register()).then_types(ApplicationRegistered)

    @pytest.mark.clause(ORDER_109, "8 (a)", "8 (b)")
    def test_combined_accreditation_needs_no_earlier_certificate(self) -> None:
        application(filed("combined", LAW)).when(register()).then_types(ApplicationRegistered)

    def test_documents_of_no_required_kind_complete_nothing(self) -> None:
        letter = document("cover_letter")
        assert missing_documents(RULES, "institutional", (APPLICATION_FORM, LICENCE, letter)) == [
            {"kind": "licence_annexes", "clause": "8.2", "name": "annexes of the licence"}
        ]

    @pytest.mark.clause(ORDER_109, "8.2")
    def test_an_application_is_completed_and_then_registered(self) -> None:
        incomplete = filed("institutional", documents=(APPLICATION_FORM, LICENCE))
        attached = DocumentAttached(case_id="case-1", document=ANNEXES)
        application(incomplete).when(AttachDocument(**at(TODAY), document=ANNEXES)).then(attached)
        application(incomplete, attached).when(register()).then(REGISTERED)

    def test_the_same_document_is_attached_once(self) -> None:
        assert isinstance(application(FILED).when(AttachDocument(**at(TODAY), document=ANNEXES)).then_refused(words="attached"), Conflict)
        newer = AttachDocument(**at(TODAY), document=document("licence_annexes", "b"))
        application(FILED).when(newer).then_types(DocumentAttached)

    def test_nothing_is_attached_after_the_registration(self) -> None:
        command = AttachDocument(**at(TODAY), document=CERTIFICATE_COPY)
        assert isinstance(application(FILED, REGISTERED).when(command).then_refused(words="before"), Conflict)


@pytest.mark.clause(ORDER_109, "10")
class TestRegistration:
    def test_the_case_opens_with_its_registration(self) -> None:
        later = date(2009, 3, 16)
        application(FILED).when(register(later)).then(REGISTERED.model_copy(update={"registered_on": later}))

    def test_an_application_is_registered_once(self) -> None:
        assert isinstance(application(FILED, REGISTERED).when(register()).then_refused(words="already"), Conflict)

    @pytest.mark.clause(ORDER_109, "5", "8 (b)")
    @pytest.mark.parametrize(
        ("kind", "scopes"),
        [
            ("institutional", ("institution",)),
            ("specialised", ("programme:5B030100", "programme:6M060400")),
            ("combined", ("institution", "programme:5B030100", "programme:6M060400")),
        ],
    )
    def test_the_kind_says_what_is_to_be_decided(self, kind: CaseKind, scopes: tuple[str, ...]) -> None:
        past = filed(kind, LAW, PHYSICS, documents=(*COMPLETE, CERTIFICATE_COPY))
        (event,) = application(past).when(register()).then_types(ApplicationRegistered)
        assert isinstance(event, ApplicationRegistered)
        assert event.scopes == scopes


@pytest.mark.clause(ORDER_109, "22 (b)")
class TestBar:
    """The bar counts from the filing of the application that was refused, not from the refusal."""

    FIRST = date(2009, 3, 2)

    @pytest.mark.parametrize("on", [date(2009, 3, 3), date(2010, 3, 1), date(2010, 3, 2)])
    def test_a_repeated_application_within_the_year_is_refused_with_the_first_possible_day(self, on: date) -> None:
        problem = application().when(filing(on, refused={"institution": self.FIRST})).then_refused(clause="22 (b)", words="2009-03-02")
        assert problem.accepts == "an application from 2010-03-03 on"

    def test_another_programme_than_the_refused_one_is_no_repeated_application(self) -> None:
        refused = {f"programme:{LAW.code}": self.FIRST}
        on = date(2009, 6, 1)
        application().when(filing(on, kind="specialised", programmes=(PHYSICS,), refused=refused)).then_types(ApplicationFiled)
        again = filing(on, kind="specialised", programmes=(LAW, PHYSICS), refused=refused)
        application().when(again).then_refused(clause="22 (b)", words=LAW.code)

    def test_it_is_possible_once_the_year_has_passed(self) -> None:
        application().when(filing(date(2010, 3, 3), refused={"institution": self.FIRST})).then_types(ApplicationFiled)

    def test_the_year_of_a_leap_day_ends_with_february(self) -> None:
        leap = date(2012, 2, 29)
        problem = application().when(filing(date(2013, 2, 28), refused={"institution": leap})).then_refused(clause="22 (b)")
        assert "2013-03-01" in problem.accepts
        application().when(filing(date(2013, 3, 1), refused={"institution": leap})).then_types(ApplicationFiled)


@pytest.mark.clause(ORDER_109, "21")
class TestRenewal:
    CERTIFICATE = CertificateFacts("cert-1", "kaznu", date(2014, 6, 10), expired=False)

    def renewal(self, on: date, certificate: CertificateFacts = CERTIFICATE) -> FileApplication:
        return filing(on, certificate=certificate, adopted=True)

    @pytest.mark.parametrize("on", [date(2012, 1, 10), date(2013, 6, 10)], ids=["early", "the last day"])
    def test_an_extension_is_applied_for_until_a_year_before_the_expiry(self, on: date) -> None:
        expected = FILED.model_copy(update={"renews_certificate_id": "cert-1", "filed_on": on})
        application().when(self.renewal(on)).then(expected)

    def test_a_later_application_extends_nothing(self) -> None:
        problem = application().when(self.renewal(date(2013, 6, 11))).then_refused(clause="21", words="until 2013-06-10")
        assert problem.accepts == "a new application that renews no certificate"

    def test_an_expired_certificate_is_not_extended(self) -> None:
        over = CertificateFacts("cert-1", "kaznu", date(2014, 6, 10), expired=True)
        application().when(self.renewal(date(2013, 1, 10), over)).then_refused(clause="21")

    def test_nobody_extends_the_certificate_of_another(self) -> None:
        foreign = CertificateFacts("cert-1", "other", date(2014, 6, 10), expired=False)
        assert isinstance(application().when(self.renewal(date(2013, 1, 10), foreign)).then_refused(words="another"), Conflict)

    def test_the_registration_carries_the_certificate_on(self) -> None:
        past = FILED.model_copy(update={"renews_certificate_id": "cert-1"})
        application(past).when(register()).then(REGISTERED.model_copy(update={"renews_certificate_id": "cert-1"}))


@pytest.mark.clause(ORDER_109, "9.1")
class TestContract:
    @pytest.mark.parametrize("sides", [("institution", "accreditation_body"), ("accreditation_body", "institution")])
    def test_the_contract_is_concluded_with_the_second_signature_in_either_order(self, sides: tuple[Side, Side]) -> None:
        first, second = sides
        application(FILED, REGISTERED).when(sign(first)).then(signed(first))
        application(FILED, REGISTERED, signed(first)).when(sign(second)).then(signed(second), CONCLUDED)

    def test_the_contract_is_of_the_day_of_the_second_signature(self) -> None:
        later = date(2009, 3, 20)
        past = (FILED, REGISTERED, signed("institution"))
        _, concluded = application(*past).when(sign("accreditation_body", on=later)).then_types(ContractSigned, ContractConcluded)
        assert isinstance(concluded, ContractConcluded)
        assert concluded.concluded_on == later

    def test_one_side_signs_once_and_never_for_the_other(self) -> None:
        past = (FILED, REGISTERED, signed("institution"))
        assert isinstance(application(*past).when(sign("institution")).then_refused(words="signed already"), Conflict)

    def test_both_sides_sign_the_same_contract(self) -> None:
        past = (FILED, REGISTERED, signed("institution"))
        assert isinstance(application(*past).when(sign("accreditation_body", "K-6")).then_refused(words="K-5"), Conflict)

    def test_there_is_no_contract_before_the_registration(self) -> None:
        assert isinstance(application(FILED).when(sign("institution")).then_refused(words="after the registration"), Conflict)

    def test_a_concluded_contract_is_not_signed_again(self) -> None:
        past = (FILED, REGISTERED, signed("institution"), signed("accreditation_body"), CONCLUDED)
        assert isinstance(application(*past).when(sign("institution")).then_refused(), Conflict)


@pytest.mark.clause(ORDER_109, "12")
class TestPlaceInTheSchedule:
    def test_a_case_takes_its_place_in_an_adopted_schedule(self) -> None:
        expected = CaseScheduled(case_id="case-1", year=2010, month=5)
        application(FILED, REGISTERED).when(place()).then(expected)
        application(FILED, REGISTERED, CONCLUDED).when(place()).then(expected)

    def test_there_is_no_place_in_a_schedule_that_is_not_adopted(self) -> None:
        problem = application(FILED, REGISTERED).when(place(adopted=False)).then_refused(clause="12", words="2010")
        assert "after the schedule of 2010 is adopted" in problem.accepts

    def test_a_place_may_move_and_is_not_taken_twice(self) -> None:
        past = (FILED, REGISTERED, CaseScheduled(case_id="case-1", year=2010, month=5))
        assert isinstance(application(*past).when(place()).then_refused(words="already"), Conflict)
        application(*past).when(place(month=6)).then(CaseScheduled(case_id="case-1", year=2010, month=6))

    @pytest.mark.parametrize("past", [(FILED,), (FILED, REGISTERED, CaseClosed(case_id="case-1", outcome="accredit", closed_on=TODAY))])
    def test_only_an_open_case_has_a_place(self, past: tuple[Event, ...]) -> None:
        assert isinstance(application(*past).when(place()).then_refused(words="open"), Conflict)


@pytest.mark.clause(ORDER_109, "10")
def test_a_case_is_closed_once_with_its_outcome() -> None:
    closed = CaseClosed(case_id="case-1", outcome="accredit", closed_on=TODAY)
    end = EndCase(**at(TODAY), outcome="accredit")
    application(FILED, REGISTERED, CONCLUDED).when(end).then(closed)
    application(FILED, REGISTERED, CONCLUDED, closed).when(end).then()
