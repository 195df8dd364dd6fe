"""Which event starts or signals which lifecycle, and what of it enters a workflow's history."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from chassis.events import Event, Recorded
from chassis.ids import derived_id
from services.council import contract as council
from services.intake import contract as intake
from services.monitoring import contract as monitoring
from services.visits import contract as visits
from tests.workflows import attested, cases, followups, internals, iqaa
from workflows.accreditation import AccreditationLifecycle
from workflows.appeal import AppealLifecycle
from workflows.attestation import AttestationLifecycle
from workflows.certificate import CertificateLifecycle
from workflows.conductor import CATALOGUES
from workflows.facts import FIELDS, HEARD
from workflows.internal import InternalMonitoringCycle
from workflows.messages import AccreditationCase, FollowedUp, InternalCycle, IssuedCertificate, ScheduledAttestation
from workflows.monitoring import MonitoringLifecycle
from workflows.routes import Signal, Start, orders, thinned

TODAY = date(2009, 3, 2)
NOON = datetime(2009, 3, 2, 6, 0, tzinfo=UTC)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def _recorded(event: Event) -> Recorded[Any]:
    return Recorded(event, "event-1", "test", "kaz", "stream-1", 1, NOON, NOON, {})


def test_a_registered_application_starts_the_lifecycle_of_its_case() -> None:
    [start] = orders(_recorded(cases.registration("case-1", TODAY, scopes=("programme:1", "programme:2"))), TRACE)
    assert start == Start(
        AccreditationLifecycle,
        "case-1",
        AccreditationCase(
            agency="kaz",
            case_id="case-1",
            institution_id="kaznu",
            scopes=("programme:1", "programme:2"),
            rulebook=cases.RULES.ref,
            standards="institutional",
            standards_version="1",
            filed_on=TODAY,
            registered_on=TODAY,
            kind="institutional",
            traceparent=TRACE,
        ),
    )


def test_an_application_that_renews_is_told_to_its_certificate_too() -> None:
    start, signal = orders(_recorded(cases.registration("case-1", TODAY, renews="certificate-0")), TRACE)
    assert isinstance(start, Start)
    assert start.workflow_id == "case-1"
    assert isinstance(signal, Signal)
    assert signal.workflow_id == "certificate-0"
    assert signal.event.data["filed_on"] == TODAY.isoformat()


def test_an_issued_certificate_starts_its_lifecycle_and_is_told_to_its_case() -> None:
    start, signal = orders(_recorded(cases.issue("certificate-1", "case-1", TODAY, date(2014, 3, 2))), TRACE)
    assert isinstance(start, Start)
    assert (start.workflow, start.workflow_id) == (CertificateLifecycle, "certificate-1")
    assert isinstance(start.argument, IssuedCertificate)
    assert (start.argument.case_id, start.argument.valid_until) == ("case-1", date(2014, 3, 2))
    assert isinstance(signal, Signal)
    assert signal.workflow_id == "case-1"


@pytest.mark.parametrize("moved", ["extended", "recomputed", "withdrawn"])
def test_a_deadline_that_a_person_moves_is_told_to_the_lifecycle_that_waits(moved: str) -> None:
    fields: dict[str, Any] = {"deadline_id": "deadline-1", "case_id": "case-1", "workflow_id": "certificate-1", "reason": "illness"}
    event: Event = monitoring.DeadlineWithdrawn(**fields)
    if moved == "extended":
        event = monitoring.DeadlineExtended(**fields, previous_due_on=TODAY, due_on=TODAY, due_at=NOON, reminders_at=(NOON,))
    if moved == "recomputed":
        ends: dict[str, Any] = {"previous_due_on": TODAY, "due_on": TODAY, "due_at": NOON, "reminders_at": (NOON,)}
        by: dict[str, Any] = {"previous_calendar_version": "KZ+1", "calendar_version": "KZ+2", "estimated": False}
        event = monitoring.DeadlineRecomputed(**fields, **ends, **by, falls_on_day_off=False, extended=False)
    [signal] = orders(Recorded(event, "event-1", "test", "kaz", "stream-1", 4, NOON, NOON, {}), TRACE)
    assert isinstance(signal, Signal)
    assert (signal.workflow_id, signal.event.version) == ("certificate-1", 4)
    assert signal.event.data["deadline_id"] == "deadline-1"
    assert "reason" not in signal.event.data


@pytest.mark.parametrize(
    "make",
    [
        cases.contract,
        cases.report_received,
        cases.recommendations,
        cases.visit_announced,
        cases.visit_started,
        cases.visit_completed,
        cases.visit_report,
        cases.decision,
        cases.published,
        cases.refusal_notice,
    ],
)
def test_a_fact_of_a_case_is_told_to_the_lifecycle_of_that_case(make: Any) -> None:
    event = make("case-1", TODAY)
    [signal] = orders(_recorded(event), TRACE)
    assert isinstance(signal, Signal)
    assert (signal.workflow_id, signal.event.type, signal.event.traceparent) == ("case-1", event.type_name(), TRACE)


@pytest.mark.parametrize("make", [cases.registered, cases.notified])
def test_what_is_done_about_a_certificate_is_told_to_its_case(make: Any) -> None:
    [signal] = orders(_recorded(make("certificate-1", "case-1", TODAY)), TRACE)
    assert isinstance(signal, Signal)
    assert signal.workflow_id == "case-1"


@pytest.mark.parametrize("make", [cases.ended, cases.duplicate_requested, cases.duplicate_issued])
def test_what_befalls_a_certificate_is_told_to_its_lifecycle(make: Any) -> None:
    [signal] = orders(_recorded(make("certificate-1", TODAY)), TRACE)
    assert isinstance(signal, Signal)
    assert signal.workflow_id == "certificate-1"


def test_a_certificate_that_is_re_issued_has_a_lifecycle_of_its_own() -> None:
    reissued = council.CertificateReissued(
        certificate_id="certificate-2",
        reissued_from="certificate-1",
        case_id="case-1",
        institution_id="aknu",
        rulebook=cases.RULES.ref,
        number="18",
        blank_number="KZ 0000018",
        scopes=("institution",),
        issued_on=TODAY,
        valid_until=date(2012, 3, 2),
    )
    [start] = orders(_recorded(reissued), TRACE)
    assert isinstance(start, Start)
    assert isinstance(start.argument, IssuedCertificate)
    assert (start.workflow, start.workflow_id) == (CertificateLifecycle, "certificate-2")
    assert (start.argument.institution_id, start.argument.valid_until) == ("aknu", date(2012, 3, 2))


def test_an_appeal_begins_a_lifecycle_and_is_told_to_its_case() -> None:
    start, signal = orders(_recorded(iqaa.appeal("case-1", TODAY)), TRACE)
    assert isinstance(start, Start)
    assert (start.workflow, start.workflow_id) == (AppealLifecycle, "appeal-1-of-case-1")
    assert isinstance(signal, Signal)
    assert signal.workflow_id == "case-1"


def test_the_outcome_of_an_appeal_is_told_to_its_case_before_it_may_begin_the_case_anew() -> None:
    to_case, start, to_appeal = orders(_recorded(iqaa.appeal_decided("case-1", TODAY, "remitted", new_visit=True)), TRACE)
    assert isinstance(to_case, Signal)
    assert isinstance(start, Start)
    assert isinstance(to_appeal, Signal)
    assert [to_case.workflow_id, start.workflow_id, to_appeal.workflow_id] == ["case-1", "appeal-1-of-case-1", "appeal-1-of-case-1"]
    assert to_appeal.event.data == {
        "appeal_id": "appeal-1-of-case-1",
        "scopes": ["institution"],
        "outcome": "remitted",
        "new_visit": True,
        "decided_on": TODAY.isoformat(),
    }


@pytest.mark.parametrize("make", [iqaa.withdrawn, iqaa.discontinued])
def test_what_ends_before_it_is_registered_has_no_lifecycle_that_could_hear_of_it(make: Any) -> None:
    ended = make("case-1", TODAY)
    assert [order.workflow_id for order in orders(_recorded(ended), TRACE)] == ["case-1"]
    assert orders(_recorded(ended.model_copy(update={"stage": "filed"})), TRACE) == []


def test_a_correction_is_told_where_it_concerns_what_a_lifecycle_knows() -> None:
    told = {"case_id": "case-1", "corrects": "event-0", "version": 3, "reason": "A slip.", "corrected_on": TODAY}
    day = {"previous": {"ended_on": "2009-03-01"}, "corrected": {"ended_on": "2009-03-02", "note": "x"}}
    [signal] = orders(_recorded(visits.VisitCorrected(**told, fact="VisitCompleted", **day)), TRACE)
    assert isinstance(signal, Signal)
    assert signal.event.data == {"corrects": "event-0", "fact": "VisitCompleted", "corrected": {"ended_on": "2009-03-02"}}
    act = {"previous": {"statute_act": "1"}, "corrected": {"statute_act": "2"}}
    assert orders(_recorded(visits.VisitCorrected(**told, fact="PanelFormed", **act)), TRACE) == []


def test_of_a_decision_a_lifecycle_sees_scopes_and_words_and_no_count_of_votes() -> None:
    signal = thinned(_recorded(cases.decision("case-1", TODAY)), TRACE)
    assert signal.data["decisions"] == [{"scope": "programme:0", "outcome": "accredit"}]


def test_most_events_concern_no_lifecycle() -> None:
    closed = intake.CaseClosed(case_id="case-1", outcome="accredit", closed_on=TODAY)
    expired = council.CertificateExpired(certificate_id="c", case_id="case-1", institution_id="kaznu", expired_on=TODAY)
    assert orders(_recorded(closed), TRACE) == orders(_recorded(expired), TRACE) == []


def test_a_signal_carries_no_name_no_text_and_no_number_of_votes_but_what_a_lifecycle_may_see() -> None:
    signal = thinned(_recorded(cases.visit_report("case-1", TODAY)), TRACE)
    assert signal.data == {"submitted_on": TODAY.isoformat()}
    assert signal.event_id == "event-1"
    assert signal.occurred_at == NOON


def test_every_event_that_a_lifecycle_hears_is_published_with_the_fields_that_it_may_see() -> None:
    published = {name: kind for catalogue in CATALOGUES.values() for name, kind in catalogue.types.items()}
    assert set(FIELDS) <= set(published)
    for name, fields in FIELDS.items():
        assert set(fields) <= set(published[name].model_fields)


def test_a_fact_that_another_service_calls_alike_reaches_no_lifecycle() -> None:
    for name in FIELDS:
        heard = [catalogue.types[name] for catalogue in CATALOGUES.values() if name in catalogue.types and catalogue.types[name] in HEARD]
        assert len(heard) == 1
    adopted = intake.RulebookAdopted.model_construct()
    assert orders(_recorded(adopted), TRACE) == []


def test_an_awaited_plan_and_an_opened_cycle_begin_lifecycles_of_their_own() -> None:
    ids: dict[str, Any] = {"followup_id": "followup-1", "certificate_id": "certificate-1", "institution_id": "kaznu"}
    by: dict[str, Any] = {"rulebook": followups.SAPATTUU.ref, "kind": "conditional_3y"}
    awaited = monitoring.PlanAwaited(plan_id="plan-1", **ids, **by, counts_from=TODAY, awaited_on=TODAY)
    days: dict[str, Any] = {"period_from": TODAY, "period_until": TODAY, "valid_until": TODAY, "opened_on": TODAY}
    opened = monitoring.CycleOpened(cycle_id="cycle-1", **ids, **by, cycle=1, **days)
    for event, part, since, until in ((awaited, "plan", TODAY, None), (opened, "cycle", None, TODAY)):
        [start] = orders(_recorded(event), TRACE)
        assert isinstance(start, Start)
        assert isinstance(start.argument, FollowedUp)
        assert (start.workflow, start.workflow_id) == (MonitoringLifecycle, f"{part}-1")
        assert (start.argument.part, start.argument.part_id, start.argument.case_id) == (part, f"{part}-1", "followup-1")
        assert (start.argument.counts_from, start.argument.valid_until) == (since, until)


def test_what_befalls_a_certificate_because_of_a_cycle_is_told_to_both_and_the_certificate_may_have_no_lifecycle() -> None:
    fields: dict[str, Any] = {"certificate_id": "certificate-1", "case_id": "case-1", "institution_id": "kaznu"}
    days: dict[str, Any] = {"corrected_on": TODAY, "restored_on": TODAY, "previous_valid_until": TODAY, "lost_days": 3}
    ends: dict[str, Any] = {"proposed_valid_until": TODAY, "valid_until": TODAY, "reason": "Corrected.", "decision_id": "decision-1"}
    known = council.CertificateRestored.model_fields
    given = {name: value for name, value in {**fields, **days, **ends}.items() if name in known}
    to_cycle, to_certificate = orders(_recorded(council.CertificateRestored(**given, cycle_id="cycle-1")), TRACE)
    assert isinstance(to_cycle, Signal)
    assert isinstance(to_certificate, Signal)
    assert (to_cycle.workflow_id, to_cycle.optional) == ("cycle-1", False)
    assert (to_certificate.workflow_id, to_certificate.optional) == ("certificate-1", True)
    [alone] = orders(_recorded(council.CertificateRestored(**given)), TRACE)
    assert alone.workflow_id == "certificate-1"
    given["case_id"] = "certificate-1"  # from outside: there never is a lifecycle, and none is looked for
    [to_cycle] = orders(_recorded(council.CertificateRestored(**given, cycle_id="cycle-1")), TRACE)
    assert to_cycle.workflow_id == "cycle-1"
    assert orders(_recorded(council.CertificateRestored(**given)), TRACE) == []


def test_an_expected_date_is_told_to_the_cycle_that_may_not_be_open_yet() -> None:
    expected = monitoring.ExpectedDateSet(followup_id="followup-1", institution_id="kaznu", cycle=2, expected_on=TODAY, set_on=TODAY)
    [signal] = orders(_recorded(expected), TRACE)
    assert isinstance(signal, Signal)
    assert (signal.workflow_id, signal.optional) == (derived_id("cycle", "followup-1", "2"), True)


def test_an_adopted_rulebook_is_told_to_the_lifecycles_that_monitoring_names() -> None:
    ids: dict[str, Any] = {"followup_id": "followup-1", "institution_id": "kaznu", "workflow_ids": ("plan-1", "cycle-2")}
    by: dict[str, Any] = {"previous": followups.AAKR.ref, "rulebook": followups.SAPATTUU.ref, "reason": "Amended."}
    found = orders(_recorded(monitoring.FollowUpRulebookAdopted(**ids, **by, adopted_on=TODAY)), TRACE)
    assert [order.workflow_id for order in found] == ["plan-1", "cycle-2"]
    ended = orders(_recorded(monitoring.FollowUpEnded(**ids, why="expired", ended_on=TODAY)), TRACE)
    assert [order.workflow_id for order in ended] == ["plan-1", "cycle-2"]


def test_of_a_resolution_a_lifecycle_sees_words_and_days_and_no_grounds() -> None:
    item = council.ResolutionItem(word="suspend_accreditation", until=TODAY, text="Names.")
    signal = thinned(
        _recorded(
            council.ResolutionAdopted(
                decision_id="decision-1",
                followup_id="followup-1",
                cycle_id="cycle-1",
                certificate_id="certificate-1",
                institution_id="kaznu",
                rulebook=followups.SAPATTUU.ref,
                meeting_id="meeting-1",
                protocol_number="3",
                decisions=(item,),
                grounds="Names.",
                ground="report_not_submitted",
                votes_for=5,
                votes_against=0,
                abstained=0,
                adopted_on=TODAY,
            )
        ),
        TRACE,
    )
    assert signal.data["decisions"] == [{"word": "suspend_accreditation", "term": None, "until": TODAY.isoformat()}]
    assert "Names." not in str(signal.data)


def test_a_place_in_the_schedule_begins_the_lifecycle_of_an_attestation() -> None:
    specialty = intake.Specialty(code="5B030100", name="Law", level="higher")
    of: dict[str, Any] = {"attestation_id": "attestation-1", "institution_id": "kaznu", "rulebook": attested.RULES.ref}
    scheduled = intake.AttestationScheduled(
        **of,
        schedule_id="schedule-1",
        authority="ministry",
        kind="extraordinary",
        year=2009,
        levels=("higher",),
        specialties=(specialty,),
        whole=False,
        state_owned=True,
        profile="special",
        starts_on=TODAY,
        ends_on=TODAY,
        act="Order 5",
        scheduled_on=TODAY,
    )
    [start] = orders(_recorded(scheduled), TRACE)
    assert isinstance(start, Start)
    assert isinstance(start.argument, ScheduledAttestation)
    assert (start.workflow, start.workflow_id) == (AttestationLifecycle, "kaz:attestation-1")
    assert (start.argument.case_id, start.argument.whole, start.argument.profile) == ("attestation-1", False, "special")
    assert [each.code for each in start.argument.specialties] == ["5B030100"]


def test_what_befalls_an_attestation_is_told_to_its_lifecycle_without_grounds_and_texts() -> None:
    of: dict[str, Any] = {"attestation_id": "attestation-1", "institution_id": "kaznu"}
    decided = council.AttestationDecided(
        **of,
        rulebook=attested.RULES.ref,
        kind="planned",
        decision="attest",
        specialties=(council.SpecialtyDecision(specialty="5B030100", decision="not_attest", grounds="Names."),),
        conforms=True,
        grounds="Names.",
        order_number="10",
        decided_on=TODAY,
    )
    rechecked = visits.RecheckHeld(
        **of, recheck_id="recheck-1", verdict="removed", findings="Names.", document=cases.DOCUMENT, held_on=TODAY
    )
    for fact in (decided, rechecked):
        [signal] = orders(_recorded(fact), TRACE)
        assert isinstance(signal, Signal)
        assert signal.workflow_id == "kaz:attestation-1"
        assert "Names." not in str(signal.event.data)
    assert thinned(_recorded(decided), TRACE).data == {
        "decision": "attest",
        "specialties": [{"specialty": "5B030100", "decision": "not_attest"}],
        "decided_on": TODAY.isoformat(),
    }


def test_a_cycle_of_internal_monitoring_begins_and_is_told_to_those_whose_measures_it_carries() -> None:
    before, origin = derived_id("internal-cycle", "2008", "1"), "cycle-of-2006"
    measure = monitoring.CarriedMeasure(measure_id="m1", cycle_id=origin, measure="Names.", responsible="s1", due_on=TODAY)
    fields: dict[str, Any] = {"cycle_id": "cycle-1", "rulebook": internals.RULES.ref, "year": 2009, "number": 1, "opened_on": TODAY}
    [alone] = orders(_recorded(monitoring.InternalCycleOpened(**fields)), TRACE)
    assert isinstance(alone, Start)
    assert isinstance(alone.argument, InternalCycle)
    assert (alone.workflow, alone.workflow_id, alone.argument.institution_id) == (InternalMonitoringCycle, "kaz:cycle-1", "kaz")
    start, *told = orders(_recorded(monitoring.InternalCycleOpened(**fields, carried=(measure,))), TRACE)
    assert isinstance(start, Start)
    assert {(each.workflow_id, each.optional) for each in told if isinstance(each, Signal)} == {
        (f"kaz:{before}", True),
        (f"kaz:{origin}", True),
    }
    _, only = orders(_recorded(monitoring.InternalCycleOpened(**fields, carried=(measure,), takes_over=("cycle-0",))), TRACE)
    assert isinstance(only, Signal)
    assert only.workflow_id == "kaz:cycle-0"
    assert only.event.data["carried"] == [{"measure_id": "m1"}]


def test_a_final_report_is_told_to_the_first_cycle_of_its_year_too() -> None:
    first = derived_id("internal-cycle", "2009", "1")
    for cycle_id, told in (("cycle-1", ["kaz:cycle-1", f"kaz:{first}"]), (first, [f"kaz:{first}"])):
        report = monitoring.InternalReportFinalised(cycle_id=cycle_id, number=1, year=2009, finalised_on=TODAY)
        assert [order.workflow_id for order in orders(_recorded(report), TRACE)] == told
