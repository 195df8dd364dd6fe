"""What can befall a case besides its course. The texts are silent on it: a person decides, and only a contradiction is refused."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from chassis.decider import Command
from chassis.documents import Document
from chassis.events import Event
from chassis.problems import Conflict, Invalid, Refused
from chassis.testing import Given, given
from regulations import Rulebook, load
from services.intake.contract import (
    ApplicationFiled,
    ApplicationRegistered,
    ApplicationWithdrawn,
    CaseClosed,
    CaseDiscontinued,
    CaseReopened,
    CaseResumed,
    CaseSuspended,
    ContractConcluded,
    ContractDrawnUp,
    ContractSigned,
    ContractTerminated,
    CoordinatorAppointed,
)
from services.intake.domain.agreement import DrawUpContract, RecordProcurement, SignContract
from services.intake.domain.application import APPLICATION, AttachDocument, EndCase, FileApplication, RegisterApplication
from services.intake.domain.preparation import AppointCoordinator, RecordPreliminaryTrip, RecordSeminar, StateFirstTime
from services.intake.domain.schedule import ScheduleCase
from services.intake.domain.standing import (
    DiscontinueCase,
    ResumeCase,
    SuspendCase,
    TakeUpAgain,
    TerminateContract,
    WithdrawApplication,
    befall,
)
from services.intake.domain.state import Application

ORDER_109 = "kz-109-2008-accreditation"
IQAA = "iqaa-accreditation"
TODAY, LATER = date(2012, 4, 9), date(2012, 5, 2)
PAPER = Document(kind="letter", name="Letter", sha256="a" * 64)
CASE = {"case_id": "case-1", "institution_id": "kaznu"}


def past(rules: Rulebook) -> dict[str, tuple[Event, ...]]:
    """A case at each stage of intake's."""
    told = {"kind": "institutional", "rulebook": rules.ref, "standards": "institutional", "standards_version": "1"}
    filed = ApplicationFiled(**CASE, **told, levels=("higher",), filed_on=TODAY)
    registered = ApplicationRegistered(**CASE, **told, scopes=("institution",), number="17", filed_on=TODAY, registered_on=TODAY)
    concluded = ContractConcluded(case_id="case-1", contract_number="K-5", concluded_on=TODAY)
    return {"filed": (filed,), "registered": (filed, registered), "contracted": (filed, registered, concluded)}


PAST = past(load(ORDER_109))
SUSPENDED = CaseSuspended(**CASE, reason="A flood.", stops_clock=True, suspended_on=TODAY)
RESUMED = CaseResumed(**CASE, reason="It is over.", suspended_on=TODAY, resumed_on=LATER, stopped_clock=True)
CLOSED = CaseClosed(case_id="case-1", outcome="accredit", closed_on=TODAY)
REOPENED = CaseReopened(**CASE, appeal_id="a-1", stage="contracted", reopened_on=LATER)
WITHDRAWN = ApplicationWithdrawn(**CASE, stage="contracted", reason="Why.", withdrawn_on=TODAY)
TERMINATED = ContractTerminated(**CASE, contract_number="K-5", by="both", grounds="Why.", terminated_on=TODAY)
DISCONTINUED = CaseDiscontinued(**CASE, ground="other", reason="Why.", stage="contracted", discontinued_on=TODAY)


def at(day: date = TODAY) -> dict[str, Any]:
    """A moment of which the local day is `day`."""
    return {"at": datetime.combine(day, time(6), UTC), "by": "somebody"}


def case(*events: Event) -> Given[Application]:
    return given(APPLICATION, events)


def suspend(stops_clock: bool | None = True) -> SuspendCase:
    return SuspendCase(**at(), reason="A flood.", stops_clock=stops_clock)


RESUME = ResumeCase(**at(LATER), reason="It is over.")
END = EndCase(**at(), outcome="accredit")
TAKE_UP = TakeUpAgain(**at(LATER), appeal_id="a-1")


def withdraw(decided_on: date | None = None) -> WithdrawApplication:
    return WithdrawApplication(**at(), reason="Why.", decided_on=decided_on)


def terminate(decided_on: date | None = None) -> TerminateContract:
    return TerminateContract(**at(), terminated_by="both", grounds="Why.", decided_on=decided_on)


def discontinue(ground: str = "other", closed_on: date | None = None, decided_on: date | None = None) -> DiscontinueCase:
    return DiscontinueCase(**at(), ground=ground, reason="Why.", institution_closed_on=closed_on, decided_on=decided_on)


class TestSuspension:
    @pytest.mark.parametrize("rulebook", [ORDER_109, IQAA])
    @pytest.mark.parametrize("stage", ["registered", "contracted"])
    @pytest.mark.parametrize("stops", [True, False])
    def test_whoever_suspends_an_open_case_says_whether_the_clock_stops(self, rulebook: str, stage: str, stops: bool) -> None:
        events = past(load(rulebook))[stage]
        case(*events).when(suspend(stops)).then(SUSPENDED.model_copy(update={"stops_clock": stops}))
        problem = case(*events).when(suspend(None)).then_refused(words="says whether")
        assert isinstance(problem, Invalid)

    @pytest.mark.parametrize("events", [PAST["filed"], (*PAST["contracted"], CLOSED)], ids=["not registered", "closed"])
    def test_only_an_open_case_is_suspended(self, events: tuple[Event, ...]) -> None:
        assert isinstance(case(*events).when(suspend()).then_refused(words="open case"), Conflict)

    @pytest.mark.parametrize("by_setting", [True, False])
    def test_a_setting_of_the_agency_binds_whoever_suspends(self, by_setting: bool) -> None:
        rules, state = load(IQAA), APPLICATION.fold(past(load(IQAA))["contracted"])
        content = rules.model_dump(mode="json", exclude_unset=True)
        setting = content["settings"]["complaint_suspends_procedure"] | {"value": by_setting}
        content["settings"] = {**content["settings"], "suspension_stops_clock": setting}
        rules = Rulebook.model_validate(content)
        for said in (None, by_setting):
            (fact,) = befall(suspend(said), state, rules)
            assert isinstance(fact, CaseSuspended)
            assert fact.stops_clock is by_setting
        with pytest.raises(Refused, match="for every case alike") as refused:
            befall(suspend(not by_setting), state, rules)
        assert refused.value.clause == setting["clause"]

    def test_a_suspended_case_is_taken_up_again_and_told_how_long_it_stood_still(self) -> None:
        case(*PAST["contracted"], SUSPENDED).when(RESUME).then(RESUMED)
        assert isinstance(case(*PAST["contracted"]).when(RESUME).then_refused(words="not suspended"), Conflict)
        assert isinstance(case(*PAST["contracted"], SUSPENDED, RESUMED).when(RESUME).then_refused(words="not suspended"), Conflict)
        case(*PAST["contracted"], SUSPENDED, RESUMED).when(suspend()).then(SUSPENDED)


OTHERS: list[Command] = [
    AttachDocument(**at(), document=PAPER),
    RegisterApplication(**at(), number="18"),
    DrawUpContract(**at(), contract_number="K-5", parts={}),
    RecordProcurement(**at(), reference="1186", completed_on=TODAY),
    SignContract(**at(), contract_number="K-5", side="institution", signatory_id="a", signatory_name="A. B."),
    AppointCoordinator(**at(), coordinator_id="a", coordinator_name="A. B.", act="No. 1"),
    StateFirstTime(**at(), first_time=True, reason="Why."),
    RecordPreliminaryTrip(**at(), traveller_id="a", starts_on=TODAY, ends_on=TODAY),
    RecordSeminar(**at(), subject="The report", held_on=TODAY, attended=3),
    ScheduleCase(**at(), year=2012, month=5, schedule_adopted=True),
    suspend(),
]


class TestWhileItStandsStill:
    @pytest.mark.parametrize("stage", ["registered", "contracted"])
    @pytest.mark.parametrize("command", [*OTHERS, END], ids=lambda each: type(each).__name__)
    def test_nothing_goes_on_in_a_suspended_case(self, stage: str, command: Command) -> None:
        problem = case(*PAST[stage], SUSPENDED).when(command).then_refused(words="suspended since 2012-04-09: A flood.")
        assert isinstance(problem, Conflict)
        assert "resumption" in problem.accepts

    @pytest.mark.parametrize(
        ("command", "end"),
        [(withdraw(), WITHDRAWN), (terminate(), TERMINATED), (discontinue(), DISCONTINUED)],
        ids=["withdrawal", "termination", "discontinuation"],
    )
    def test_a_suspended_case_can_be_ended_and_is_no_longer_suspended(self, command: Command, end: Event) -> None:
        case(*PAST["contracted"], SUSPENDED).when(command).then(end)
        case(*PAST["contracted"], SUSPENDED, end).when(END).then(CLOSED)

    @pytest.mark.parametrize("command", OTHERS, ids=lambda each: type(each).__name__)
    def test_a_resumed_case_goes_on_as_before(self, command: Command) -> None:
        before, after = (case(*PAST["contracted"], *more).when(command).outcome for more in ((), (SUSPENDED, RESUMED)))
        assert str(before) == str(after)


class TestEnds:
    @pytest.mark.parametrize("stage", PAST)
    def test_the_institution_withdraws_at_every_stage_before_the_decision(self, stage: str) -> None:
        case(*PAST[stage]).when(withdraw()).then(WITHDRAWN.model_copy(update={"stage": stage}))
        assert isinstance(case(*PAST[stage]).when(withdraw(TODAY)).then_refused(words="decided on 2012-04-09"), Conflict)

    def test_a_concluded_contract_is_terminated_before_the_decision(self) -> None:
        case(*PAST["contracted"]).when(terminate()).then(TERMINATED)
        assert isinstance(case(*PAST["contracted"]).when(terminate(TODAY)).then_refused(words="decided on 2012-04-09"), Conflict)

    @pytest.mark.parametrize("stage", ["filed", "registered"])
    def test_what_is_not_contracted_is_withdrawn_and_not_terminated(self, stage: str) -> None:
        problem = case(*PAST[stage]).when(terminate()).then_refused(words="no contract is concluded")
        assert problem.accepts == "the withdrawal of the application"

    @pytest.mark.parametrize("stage", PAST)
    def test_the_director_discontinues_a_case_of_an_institution_that_is_no_more(self, stage: str) -> None:
        expected = DISCONTINUED.model_copy(update={"stage": stage})
        case(*PAST[stage]).when(discontinue()).then(expected)
        closed = expected.model_copy(update={"ground": "institution_closed"})
        case(*PAST[stage]).when(discontinue("institution_closed", TODAY)).then(closed)

    @pytest.mark.parametrize(("closed_on", "words"), [(None, "not known as closed"), (LATER, "closes on 2012-05-02")])
    def test_that_ground_needs_the_closing_of_the_institution(self, closed_on: date | None, words: str) -> None:
        problem = case(*PAST["contracted"]).when(discontinue("institution_closed", closed_on)).then_refused(words=words)
        assert isinstance(problem, Conflict)

    def test_what_is_decided_is_discontinued_only_for_an_institution_that_is_no_more(self) -> None:
        refused = case(*PAST["contracted"]).when(discontinue(decided_on=TODAY)).then_refused(words="decided on 2012-04-09")
        assert isinstance(refused, Conflict)
        case(*PAST["contracted"]).when(discontinue("institution_closed", TODAY, TODAY)).then_types(CaseDiscontinued)

    @pytest.mark.parametrize("end", [WITHDRAWN, TERMINATED, DISCONTINUED], ids=lambda each: type(each).__name__)
    def test_nothing_follows_the_end_but_the_closing(self, end: Event) -> None:
        for closed in ((), (CLOSED,)):
            for command in (*OTHERS, RESUME, withdraw(), terminate(), discontinue()):
                assert isinstance(case(*PAST["contracted"], end, *closed).when(command).then_refused(), Conflict)
            case(*PAST["contracted"], end, *closed).when(TAKE_UP).then()
        case(*PAST["contracted"], end).when(END).then(CLOSED)

    @pytest.mark.parametrize("command", [withdraw(), terminate(), discontinue()], ids=lambda each: type(each).__name__)
    def test_a_closed_case_is_not_ended_again(self, command: Command) -> None:
        assert isinstance(case(*PAST["contracted"], CLOSED).when(command).then_refused(words="closed"), Conflict)


class TestReopening:
    @pytest.mark.clause(ORDER_109, "27")
    @pytest.mark.clause(IQAA, "S3.e")
    def test_an_appeal_opens_a_closed_case_again(self) -> None:
        case(*PAST["contracted"], CLOSED).when(TAKE_UP).then(REOPENED)

    @pytest.mark.parametrize("stage", PAST)
    def test_what_is_not_closed_is_not_opened(self, stage: str) -> None:
        case(*PAST[stage]).when(TAKE_UP).then()
        case(*PAST["contracted"], CLOSED, REOPENED).when(TAKE_UP).then()

    def test_a_reopened_case_is_open_and_closes_once_more_with_the_new_outcome(self) -> None:
        events = (*PAST["contracted"], CLOSED, REOPENED)
        again = CLOSED.model_copy(update={"outcome": "refuse", "closed_on": LATER})
        end = EndCase(**at(LATER), outcome="refuse")
        case(*events).when(end).then(again)
        case(*events, again).when(end).then()
        case(*events).when(suspend()).then(SUSPENDED)
        case(*events).when(withdraw()).then(WITHDRAWN)


class TestClosedInstitution:
    def file(self, on: date) -> FileApplication:
        fields = PAST["filed"][0].model_dump(exclude={"filed_on", "rulebook", "renews_certificate_id", "documents", "programmes"})
        told = {"rulebook": load(ORDER_109).ref, "documents": (), "programmes": (), "adopted": True}
        return FileApplication(**at(on), **fields, **told, institution_closed_on=LATER)

    def test_it_files_no_application_from_the_day_of_its_closing_on(self) -> None:
        problem = case().when(self.file(LATER)).then_refused(words="closed since 2012-05-02")
        assert isinstance(problem, Conflict)
        assert "took its place" in problem.accepts
        case().when(self.file(date(2012, 5, 1))).then_types(ApplicationFiled)


@pytest.mark.clause(IQAA, "S1.b.2")
def test_the_concluded_contract_tells_the_days_that_were_signed() -> None:
    days = {"external_audit": date(2012, 10, 18)}
    filed, registered, _ = past(load(IQAA))["contracted"]
    drafts = [ContractDrawnUp(case_id="case-1", contract_number="K-5", parts={}, due_dates=due, drawn_up_on=TODAY) for due in ({}, days)]
    signed = ContractSigned(
        case_id="case-1", contract_number="K-5", side="institution", signatory_id="a", signatory_name="A. B.", signed_on=TODAY
    )
    command = SignContract(
        **at(), contract_number="K-5", side="accreditation_body", signatory_id="b", signatory_name="C. D.", ownership="other"
    )
    _, concluded = case(filed, registered, *drafts, signed).when(command).then_types(ContractSigned, ContractConcluded)
    assert isinstance(concluded, ContractConcluded)
    assert concluded.due_dates == days
    appointed = AppointCoordinator(**at(), coordinator_id="a", coordinator_name="A. B.", act="No. 1")
    case(filed, registered, *drafts, signed, concluded).when(appointed).then_types(CoordinatorAppointed)
