"""What the guards tell a portal of council's resources is what is decided there, in every state and by both rulebooks."""

from datetime import date
from typing import Any

import pytest

from chassis.decider import Command
from chassis.documents import Document
from chassis.problems import Problem
from chassis.testing import guards_tell_the_truth
from regulations import Rulebook, load
from services.council.contract import CertificateIssued, ComplaintFiled, CouncilComposed, CouncilMember, DecisionAdopted, MeetingConvened
from services.council.domain.blanks import BLANKS, Blanks, ReceiveBlanks, SpoilBlank
from services.council.domain.certificate import (
    CERTIFICATE,
    CloseRenewalWindow,
    EndCertificate,
    EnterRegister,
    ExpireCertificate,
    IssueCertificate,
    IssueDuplicate,
    NotifyAuthorisedBody,
    OpenRenewalWindow,
    PayDuplicate,
    ReissueCertificate,
    RequestDuplicate,
)
from services.council.domain.complaint import COMPLAINT, Complaint, DecideComplaint, FileComplaint
from services.council.domain.consideration import CONSIDERATION
from services.council.domain.council import COUNCIL, ChangeComposition, ComposeCouncil, Council
from services.council.domain.followed import ReceiveCertificate
from services.council.domain.meeting import MEETING, AgendaItem, ConveneMeeting, Meeting, RecordAttendance, SignMinutes
from services.council.domain.sanctions import EndSuspensionTerm, TellNationalRegister
from services.council.domain.standing import Certificate
from services.council.domain.state import Consideration
from tests.council.cases import at, decided
from tests.council.commands import TODAY, every_command, opened
from tests.council.followed import AAKR, LAST_DAY, RECORDED, RECORDED_ON, extend, record, resolution, restore, revoke, suspend
from tests.council.resolutions import RULES, SAPATTUU, SUSPENDED, WITHDRAWN

ORDER_109 = "kz-109-2008-accreditation"
IQAA = "iqaa-accreditation"
BOTH = pytest.mark.parametrize("rulebook", [ORDER_109, IQAA])
DOCUMENT = Document(kind="minutes", name="Minutes", sha256="a" * 64)


def alike(state: Consideration) -> Any:
    """Cases that differ in names, days and counts alone are one; what follows a decision is told apart where nothing else happens."""
    after, dossier, appeals = state.after, state.dossier, state.appeals
    followed = (after.refusal, after.published, after.entered, after.deqar, after.informed, after.follow_up)
    done = (*(bool(each) for each in followed), *sorted(each.channel for each in after.told))
    plain = state.decision and not (appeals.filed or state.stopped or state.recused or state.ballots)
    return (
        (bool(state.suspended), bool(state.closed)),
        tuple(bool(each) for each in (dossier.report, dossier.conclusion, dossier.presentation, dossier.materials)),
        (bool(state.recused), bool(state.votes), bool(state.ballots)),
        tuple(each.outcome for each in state.decision.decisions) if state.decision else None,
        (bool(appeals.pending), bool(appeals.commission), tuple(appeals.resting.items()), bool(appeals.filed)),
        done if plain else any(done),
    )


@BOTH
@pytest.mark.clause(ORDER_109, "8 (b)", "9.7", "9.8", "9.9", "9.10", "22 (a)", "27")
@pytest.mark.clause(IQAA, "S3.a", "S3.b", "S3.c.1", "S3.c.2", "S3.d", "S3.e", "S3.f.1", "S3.f.2", "S3.g", "S3.h", "S4.a")
def test_a_command_on_a_case_is_open_exactly_where_some_body_is_accepted(rulebook: str) -> None:
    rules = load(rulebook)
    states = guards_tell_the_truth(CONSIDERATION, [opened(rules)], lambda state: every_command(rules, state), alike=alike)
    assert any(state.closed for state in states)
    assert any(state.decided for state in states)
    assert any(state.visits > 1 for state in states)
    assert any(state.after.follow_up for state in states) is (rulebook == IQAA)
    assert any(state.after.refusal for state in states) is (rulebook == ORDER_109)


def council(rules: Rulebook) -> CouncilComposed:
    groups = list(rules.vocabularies.get("council_groups", {})) or [None]
    members = tuple(CouncilMember(member_id=f"member-{n}", name="Name", group=group) for n, group in enumerate(groups))
    return CouncilComposed(council_id="council-1", rulebook=rules.ref, members=members, composed_on=TODAY)


@BOTH
@pytest.mark.clause(ORDER_109, "6", "7")
def test_a_command_on_a_council_is_open_exactly_where_some_body_is_accepted(rulebook: str) -> None:
    rules = load(rulebook)
    composed = council(rules)

    def fitting(state: Council) -> list[Command]:
        newcomer = composed.members[0].model_copy(update={"member_id": f"newcomer-{len(state.members)}"})
        acts = {"composition_act": "Order 1", "statute_act": "Order 2"}
        return [
            ComposeCouncil(**at(TODAY), council_id="council-1", rulebook=rules.ref, members=composed.members, **acts),
            ChangeComposition(**at(TODAY), joined=(newcomer,), act="Order 9", changed_on=TODAY),
        ]

    assert len(guards_tell_the_truth(COUNCIL, [composed], fitting, alike=lambda state: bool(state.council_id))) == 1


@BOTH
@pytest.mark.clause(ORDER_109, "9.8")
@pytest.mark.clause(IQAA, "S3.c.1")
def test_a_command_on_a_meeting_is_open_exactly_where_some_body_is_accepted(rulebook: str) -> None:
    rules = load(rulebook)
    met = {"meeting_id": "m", "council_id": "c", "rulebook": rules.ref, "members": ("aigul", "berik"), "held_on": TODAY}

    def fitting(state: Meeting) -> list[Command]:
        signed = {"protocol_number": "7", "document": DOCUMENT, "presided_by": "aigul", "secretary": "saule"}
        return [
            ConveneMeeting(**at(TODAY), **met, agenda=(AgendaItem("case-1", rules.id, prepared=True),)),
            RecordAttendance(**at(TODAY), present=("aigul", "berik"), presiding_statement="Competent"),
            RecordAttendance(**at(TODAY), present=(), presiding_statement="Nobody came"),
            SignMinutes(**at(TODAY), **signed),
        ]

    states = guards_tell_the_truth(MEETING, [MeetingConvened(**met, agenda=("case-1",))], fitting)
    assert any(state.minutes for state in states)
    assert any(state.quorate is False for state in states)


@BOTH
@pytest.mark.clause(IQAA, "S2.i")
def test_a_command_on_a_complaint_is_open_exactly_where_some_body_is_accepted(rulebook: str) -> None:
    rules = load(rulebook)
    filed = {"complaint_id": "c", "case_id": "case-1", "institution_id": "kaznu", "against": "The panel", "grounds": "Why"}
    fact = ComplaintFiled(**filed, rulebook=rules.ref, document=DOCUMENT, filed_on=TODAY)

    def fitting(_state: Complaint) -> list[Command]:
        ruling = {"upheld": True, "decided_by": "The board", "reasons": "Why", "decided_on": TODAY}
        visited = {"visit_started_on": TODAY, "decided_on": None}
        return [
            FileComplaint(**at(TODAY), **filed, **visited, rulebook=rules.ref, document=DOCUMENT),
            DecideComplaint(**at(TODAY), **ruling),
        ]

    assert len(guards_tell_the_truth(COMPLAINT, [fact], fitting)) == 2


@BOTH
@pytest.mark.clause(ORDER_109, "23")
def test_a_command_on_blanks_is_open_exactly_where_some_body_is_accepted(rulebook: str) -> None:
    rules, order_109 = load(rulebook), load(ORDER_109)

    def fitting(state: Blanks) -> list[Command]:
        numbers = {"first": 2 * len(state.received) + 1, "last": 2 * len(state.received) + 2, "digits": 6}
        left = next((n for n in range(1, 2 * len(state.received) + 1) if f"AB {n:06}" not in state.spoiled), 1)
        return [
            ReceiveBlanks(**at(TODAY), rulebook=rules.ref, series="AB", **numbers),
            SpoilBlank(**at(TODAY), blank_number=f"AB {left:06}", reason="Torn"),
        ]

    past = BLANKS.decide(ReceiveBlanks(**at(TODAY), rulebook=order_109.ref, series="AB", first=1, last=2, digits=6), Blanks(), order_109)
    if rulebook == ORDER_109:
        states = guards_tell_the_truth(BLANKS, past, fitting, alike=lambda state: min(4, 2 * len(state.received) - len(state.spoiled)))
        assert len(states) == 5
    else:
        assert BLANKS.refusals(Blanks(), rules)[ReceiveBlanks] is not None


ISSUED_ON, EXPIRES_ON = date(2026, 3, 16), date(2031, 3, 16)


def sanctioning(certificate_id: str, on: date, late: date) -> list[Command]:
    """What a follow-up leads to, each with a body that fits if any does."""
    of = {"certificate_id": certificate_id, "adopted_on": on}
    return [
        record(),
        ReceiveCertificate(**at(on), received_on=on),
        extend(),
        suspend(on=on, adopted=resolution(SUSPENDED, **of)),
        EndSuspensionTerm(**at(late)),
        restore(on, on),
        revoke(on=on, adopted=resolution(WITHDRAWN, **of, decision_id="d-2")),
        TellNationalRegister(**at(on), outgoing_number="1", told_on=on),
    ]


def sanctioned(state: Certificate) -> tuple[bool, ...]:
    """What a follow-up has done to a certificate."""
    done = (state.suspended, state.term_ended, state.stays, state.revoked, state.register_told_on, state.received_on)
    return tuple(bool(each) for each in done)


@BOTH
@pytest.mark.clause(ORDER_109, "20", "21", "24", "25", "26", "27", "28 (a)", "28 (b)")
def test_a_command_on_a_certificate_is_open_exactly_where_some_body_is_accepted(rulebook: str) -> None:
    rules = load(rulebook)
    ids = {"certificate_id": "c", "case_id": "case-1", "rulebook": rules.ref}
    issued = CertificateIssued(
        **ids, institution_id="kaznu", number="1", scopes=("institution",), issued_on=ISSUED_ON, valid_until=EXPIRES_ON
    )
    decision: DecisionAdopted = decided("accredit", scopes=("institution",))

    def fitting(_state: Certificate) -> list[Command]:
        now, late = at(ISSUED_ON), at(date(2031, 3, 17))
        return [
            IssueCertificate(**now, **ids, decision=decision, number="1", blank_number="AB 1", blank_received=True),
            ReissueCertificate(**now, certificate_id="c", rulebook=rules.ref, earlier=issued, ended=None, number="2"),
            EnterRegister(**now),
            NotifyAuthorisedBody(**now, outgoing_number="1"),
            OpenRenewalWindow(**now),
            CloseRenewalWindow(**late),
            ExpireCertificate(**late),
            EndCertificate(**now, ground="liquidation", act="Order 7", ended_on=ISSUED_ON),
            RequestDuplicate(**now, application=DOCUMENT),
            PayDuplicate(**now, payment_reference="1", paid_on=ISSUED_ON),
            IssueDuplicate(**now, blank_number="AB 2", blank_received=True),
            *sanctioning("c", ISSUED_ON, date(2031, 3, 17)),
        ]

    def same(state: Certificate) -> Any:
        """After a sanction it is told apart by what puts an end to it alone."""
        if any(followed := sanctioned(state)):
            return followed, bool(state.over), bool(state.duplicates.requested), bool(state.duplicates.paid)
        made = state.duplicates
        flags = (state.entered, bool(state.notified_on), bool(state.window), state.window_closed, state.expired, bool(state.ended))
        return (*flags, bool(made.requested), bool(made.paid))

    states = guards_tell_the_truth(CERTIFICATE, [issued], fitting, alike=same)
    assert any(state.ended for state in states)
    assert any(state.duplicates.paid for state in states) is (rulebook == ORDER_109)
    assert any(state.revoked and state.register_told_on for state in states)


@pytest.mark.parametrize("rules", [RULES, AAKR], ids=lambda rules: rules.id)
@pytest.mark.clause(SAPATTUU, "2.5.p4", "3.2.s1", "3.3.b.s1", "3.3.b.s2", "3.3.b.s3", "3.3.c")
@pytest.mark.clause("aakr-monitoring-2024", "II.3")
def test_a_command_on_a_recorded_certificate_is_open_exactly_where_some_body_is_accepted(rules: Rulebook) -> None:
    recorded = RECORDED.model_copy(update={"rulebook": rules.ref, "kind": None})
    decision: DecisionAdopted = decided("accredit", scopes=("institution",))
    ids = {"certificate_id": "c", "case_id": "case-1", "rulebook": rules.ref}

    def fitting(_state: Certificate) -> list[Command]:
        now, late = at(RECORDED_ON), at(date(2026, 6, 1))
        return [
            record(kind=None, rulebook=rules.ref),
            *sanctioning("cert-1", RECORDED_ON, date(2026, 6, 1))[1:],
            IssueCertificate(**now, **ids, decision=decision, number="1"),
            ReissueCertificate(**now, certificate_id="c", rulebook=rules.ref, earlier=recorded, ended=None, number="2"),
            EnterRegister(**now),
            NotifyAuthorisedBody(**now, outgoing_number="1"),
            OpenRenewalWindow(**now),
            CloseRenewalWindow(**late),
            ExpireCertificate(**late),
            EndCertificate(**now, ground="liquidation", act="Order 7", ended_on=RECORDED_ON),
            RequestDuplicate(**now, application=DOCUMENT),
            PayDuplicate(**now, payment_reference="1", paid_on=RECORDED_ON),
            IssueDuplicate(**now),
        ]

    def same(state: Certificate) -> Any:
        return (*sanctioned(state), state.expired, bool(state.ended), bool(state.duplicates.requested), bool(state.duplicates.paid))

    states = guards_tell_the_truth(CERTIFICATE, [recorded], fitting, alike=same)
    assert any(state.term_ended for state in states)
    assert any(state.stays and state.revoked for state in states)
    assert all(state.issued and state.issued.valid_until == LAST_DAY for state in states)


class TestOrder109AndIqaaDiffer:
    """In what is open, by their own words alone."""

    @staticmethod
    def refusals(rulebook: str) -> dict[str, Problem | None]:
        rules = load(rulebook)
        return {kind.__name__: problem for kind, problem in CONSIDERATION.refusals(CONSIDERATION.fold([opened(rules)]), rules).items()}

    @pytest.mark.clause(ORDER_109, "9.7")
    def test_order_109_asks_for_materials_at_once(self) -> None:
        refusals = self.refusals(ORDER_109)
        assert refusals["PrepareMaterials"] is None
        assert refusals["CheckReport"] is not None

    @pytest.mark.clause(IQAA, "S3.a", "S3.c.2")
    def test_iqaa_checks_the_report_before_anything_else(self) -> None:
        refusals = self.refusals(IQAA)
        assert refusals["CheckReport"] is None
        materials = refusals["PrepareMaterials"]
        assert materials is not None
        assert materials.clause == "S3.c.2"
