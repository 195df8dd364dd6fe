"""A well-formed request for every command of every service, about the things of a finished case: each has the right shape and the right
caller, and is refused by a rule alone, or corrects what is right already. Tests spoil one thing of it at a time."""

from collections import defaultdict
from typing import Any
from uuid import uuid4

import httpx

from chassis.auth import Role
from tests.api.journey import MEMBERS, RULEBOOK, Journey, document
from tests.api.notified import letter_bodies, webhook_bodies
from tests.api.routes import Route


def body_of(case: Journey, path: str) -> Any:
    """A well-formed body; None where the route takes none."""
    ids = defaultdict(lambda: "none", case.ids)
    name = f"x-{uuid4().hex[:8]}"
    meeting = {"meeting_id": ids["meeting_id"]}
    measure = {"measure_id": "m-1", "criterion": "1", "measure": "So.", "responsible": "The dean", "due_on": "2090-03-06"}
    bodies: dict[str, Any] = {
        "/v1/institutions": case.university(name),
        "/v1/rulebook-adoptions": {**RULEBOOK, "reason": "Again"},
        "/v1/schedules": {"year": 2099, "act": "Order No. 99", "adopted_on": "2030-01-01"},
        "/v1/applications": case.application(),
        "/v1/applications/{case_id}/documents": document("other"),
        "/v1/documents/{document_id}/erasure": {"ground": "filed_by_mistake", "reason": "Why."},
        "/v1/applications/{case_id}/registration": {"number": name},
        "/v1/institutions/{institution_id}/details": {
            "ownership": "other",
            "levels": ["higher"],
            "eter_id": None,
            "deqar_id": None,
            "national_id": None,
        },
        "/v1/institutions/{institution_id}/succession": {"successor_id": name, "act": "Order No. 7", "succeeded_on": "2030-01-01"},
        "/v1/institutions/{institution_id}/closing": {"act": "Order No. 7", "closed_on": "2100-12-31"},
        "/v1/standards": case.standards(),
        "/v1/standards/{standards_id}/corrections": {"version": 1, "corrected": {"adopted_on": "2100-12-31"}, "reason": "A slip."},
        "/v1/schedules/{schedule_id}/corrections": {"version": 1, "corrected": {"act": "Order No. 12"}, "reason": "A slip."},
        "/v1/institutions/{institution_id}/corrections": {"version": 1, "corrected": {"names": {}}, "reason": "A slip."},
        "/v1/applications/{case_id}/corrections": {"version": 2, "corrected": {"number": f"No. {case.blank}"}, "reason": "A slip."},
        "/v1/applications/{case_id}/suspension": {"reason": "Why.", "act": "Order No. 7", "clock": "stops"},
        "/v1/applications/{case_id}/resumption": {"reason": "Why."},
        "/v1/applications/{case_id}/termination": {"by": "both", "grounds": "Why.", "document": document("termination")},
        "/v1/applications/{case_id}/discontinuation": {"ground": "institution_closed", "reason": "Why.", "act": "Order No. 7"},
        "/v1/applications/{case_id}/contract": {"contract_number": "14", "parts": {}},
        "/v1/applications/{case_id}/procurement": {"reference": "1186", "completed_on": "2030-01-01"},
        "/v1/applications/{case_id}/coordinator": {"coordinator_id": "agency.other", "coordinator_name": "Name", "act": "Order No. 8"},
        "/v1/applications/{case_id}/first-time": {"client": "new", "reason": "New."},
        "/v1/applications/{case_id}/preliminary-trip": {
            "traveller_id": "agency.other",
            "starts_on": "2030-01-01",
            "ends_on": "2030-01-02",
        },
        "/v1/applications/{case_id}/seminars": {"subject": "The report", "held_on": "2030-01-01", "attended": 30},
        "/v1/applications/{case_id}/withdrawal": {"reason": "Why."},
        "/v1/applications/{case_id}/contract-signatures": {"contract_number": "14", "signatory_name": "Name"},
        "/v1/applications/{case_id}/schedule": {"year": 2099, "month": 12},
        "/v1/reports": {"case_id": ids["case_id"]},
        "/v1/reports/{case_id}/corrections": {"version": 2, "corrected": {"received_on": "2100-12-31"}, "reason": "A slip."},
        "/v1/reports/{case_id}/electronic": document("self_assessment_report"),
        "/v1/reports/{case_id}/paper": {"incoming_number": "210"},
        "/v1/reports/{case_id}/review": {"findings": "Found."},
        "/v1/reports/{case_id}/recommendations": {"recommendations": ["Do."]},
        "/v1/reports/{case_id}/outline": {"sections": [{"standard": "1", "criterion": "1.1"}]},
        "/v1/reports/{case_id}/versions": {
            "sections": [{"standard": "1", "criterion": "1.1", "text": "It is so.", "evidence": [document("evidence")]}],
            "documents": [document("self_assessment_report")],
            "annexes": [document("annex")],
        },
        "/v1/reports/{case_id}/examination": {
            "summary": "A gap.",
            "findings": [{"standard": "1", "criterion": "1.1", "finding": "No source."}],
            "rework": "needed",
        },
        "/v1/reports/{case_id}/final-version": {"annexes": [document("annex")]},
        "/v1/reports/{case_id}/preliminary-audit": {"held_on": "2030-01-01", "note": "Seen.", "document": document("note")},
        "/v1/experts": case.expert(name),
        "/v1/experts/{expert_id}/corrections": {"version": 1, "corrected": {"languages": "kk"}, "reason": "A slip."},
        "/v1/visits/{case_id}/corrections": {"version": 7, "corrected": {"ended_on": "2100-12-31"}, "reason": "A slip."},
        "/v1/visits/{case_id}/panel": {"members": [{"expert_id": ids["expert_id"], "role": "chair"}], "statute_act": "Order"},
        "/v1/visits/{case_id}/announcement": {"starts_on": "2090-03-06", "ends_on": "2090-03-07", "waiver": document("waiver")},
        "/v1/visits/{case_id}/report": {"document": document("visit_report"), "findings": "Found.", "recommendations": ["Do."]},
        "/v1/visits/{case_id}/objections": {"expert_id": "nobody", "grounds": "Why.", "document": document("replacement_request")},
        "/v1/visits/{case_id}/objection-decision": {"expert_id": "nobody", "outcome": "upheld", "reasons": "Why."},
        "/v1/visits/{case_id}/dropouts": {"expert_id": "nobody", "reason": "Ill."},
        "/v1/visits/{case_id}/replacements": {"expert_id": "nobody", "successor": {"expert_id": ids["expert_id"], "role": "chair"}},
        "/v1/visits/{case_id}/panel-statement": {"reasons": "Why."},
        "/v1/visits/{case_id}/interruption": {"reason": "A flood."},
        "/v1/visits/{case_id}/materials": {"documents": [document("self_assessment_materials")]},
        "/v1/visits/{case_id}/webinar": {"attended": ["nobody"], "topics": ["training"]},
        "/v1/visits/{case_id}/briefing": {"attended": ["nobody"]},
        "/v1/visits/{case_id}/factual-check-answer": {"corrections": [{"passage": "900", "correction": "950"}]},
        "/v1/visits/{case_id}/factual-check-closing": {"without_answer": "None came."},
        "/v1/monitoring-visits/{cycle_id}/group": {"members": [{"expert_id": ids["expert_id"]}]},
        "/v1/monitoring-visits/{cycle_id}/group-notice": {"outgoing_number": "88", "document": document("visit_notice")},
        "/v1/monitoring-visits/{cycle_id}/objections": {"expert_id": "nobody", "grounds": "Why."},
        "/v1/monitoring-visits/{cycle_id}/objection-decisions": {"expert_id": "nobody", "outcome": "upheld", "reasons": "Why."},
        "/v1/monitoring-visits/{cycle_id}/replacements": {"expert_id": "nobody", "reason": "Ill."},
        "/v1/monitoring-visits/{cycle_id}/dates": {
            "starts_on": "2090-03-06",
            "ends_on": "2090-03-07",
            "agreed_by_agency_on": "2090-03-01",
            "agreed_by_institution_on": "2090-03-02",
        },
        "/v1/monitoring-visits/{cycle_id}/order": {"order_number": "17", "starts_on": "2090-03-06", "ends_on": "2090-03-07"},
        "/v1/monitoring-visits/{cycle_id}/invoice": {"amount": "1.00", "currency": "KGS", "payer": "nobody", "invoice_number": "112"},
        "/v1/monitoring-visits/{cycle_id}/holding": {"started_on": "2090-03-06", "ended_on": "2090-03-07"},
        "/v1/monitoring-visits/{cycle_id}/report": {"document": document("visit_act")},
        **commission_bodies(ids["expert_id"]),
        **conclusion_bodies(ids["expert_id"]),
        **attestation_decision_bodies(),
        **schedule_bodies(ids["institution_id"]),
        **register_bodies(ids["institution_id"]),
        **webhook_bodies(ids["institution_id"]),
        **letter_bodies(),
        "/v1/monitoring-visits/{cycle_id}/corrections": {"version": 3, "corrected": {"told_on": "2100-12-31"}, "reason": "A slip."},
        "/v1/councils": case.council(),
        "/v1/meetings": {"council_id": ids["council_id"], "held_on": "2090-03-06", "agenda": [ids["case_id"]]},
        "/v1/meetings/{meeting_id}/attendance": {"present": list(MEMBERS), "presiding_statement": "Competent."},
        "/v1/meetings/{meeting_id}/minutes": {
            "protocol_number": "No. 99",
            "document": document("minutes"),
            "presided_by": "nobody",
            "secretary": MEMBERS[0],
        },
        "/v1/councils/{council_id}/composition": {"left": [MEMBERS[0]], "act": "Order No. 9", "changed_on": "2090-03-06"},
        "/v1/considerations/{case_id}/report-check": {
            "document": document("external_evaluation_report"),
            "panel_version": document("external_evaluation_report"),
            "changes": "Style.",
            "experts_council_protocol": "No. 4",
        },
        "/v1/considerations/{case_id}/conclusion": {
            "document": document("accreditation_conclusion"),
            "text": "So.",
            "proposals": [{"scope": "institution", "outcome": "accredit", "grounds": "Why."}],
            "references": ["state_acts"],
        },
        "/v1/considerations/{case_id}/presentation": document("presentation"),
        "/v1/considerations/{case_id}/secret-ballots": {
            **meeting,
            "scope": "institution",
            "votes_for": 3,
            "votes_against": 1,
            "abstained": 0,
            "counted_by": [MEMBERS[0], MEMBERS[1]],
        },
        "/v1/considerations/{case_id}/materials": {"documents": [document("council_conclusion")], "conclusion": "So."},
        "/v1/considerations/{case_id}/recusals": {**meeting, "member_id": MEMBERS[0], "reason": "Taught there."},
        "/v1/considerations/{case_id}/votes": {**meeting, "scope": "institution", "vote": "for"},
        "/v1/considerations/{case_id}/decision": {**meeting, "protocol_number": "No. 5", "reasons": "Why."},
        "/v1/considerations/{case_id}/refusal-notice": {"reasons": "Why."},
        "/v1/considerations/{case_id}/report-publication": document("full_report"),
        "/v1/considerations/{case_id}/appeals": {
            "scopes": ["programme:none"],
            "addressed_to": "The court",
            "document": document("appeal"),
            "grounds": "Why.",
        },
        "/v1/considerations/{case_id}/appeal-outcome": {
            "outcome": "upheld",
            "decided_by": "The court",
            "act": "No. 3",
            "reasons": "Why.",
            "decided_on": "2090-03-06",
        },
        "/v1/considerations/{case_id}/appeal-commission": {"members": [{"member_id": "nobody", "name": "Name"}], "act": "No. 3"},
        "/v1/considerations/{case_id}/decision-notices": {"channel": "institution", "outgoing_number": "612"},
        "/v1/considerations/{case_id}/deqar-submission": {"submission": "084213"},
        "/v1/considerations/{case_id}/ministry-information": {"outgoing_number": "640"},
        "/v1/considerations/{case_id}/follow-up": {"period_months": 12, "reason": "Why."},
        "/v1/complaints": {"case_id": ids["case_id"], "against": "The panel", "document": document("complaint"), "grounds": "Why."},
        "/v1/complaints/{complaint_id}/decision": {
            "outcome": "upheld",
            "decided_by": "The director",
            "reasons": "Why.",
            "decided_on": "2090-03-06",
        },
        "/v1/councils/{council_id}/corrections": {"version": 1, "corrected": {"statute_act": "Order No. 2"}, "reason": "A slip."},
        "/v1/meetings/{meeting_id}/corrections": {"version": 3, "corrected": {"protocol_number": "No. 98"}, "reason": "A slip."},
        "/v1/considerations/{case_id}/corrections": {
            "version": 8,
            "corrected": {"protocol_number": "Protocol No. 4"},
            "reason": "A slip.",
        },
        "/v1/resolutions/{decision_id}/adoption": {
            **meeting,
            "protocol_number": "No. 6",
            "decisions": [{"word": "withdraw_accreditation"}],
            "grounds": "Why.",
            "votes_for": 3,
        },
        "/v1/resolutions/{decision_id}/delivery": {"outgoing_number": "55", "sent_on": "2090-03-06", "delivered_on": "2090-03-07"},
        "/v1/resolutions/{decision_id}/publication": {"text": "So."},
        "/v1/resolutions/{decision_id}/corrections": {"version": 3, "corrected": {"outgoing_number": "77"}, "reason": "A slip."},
        "/v1/complaints/{complaint_id}/corrections": {"version": 2, "corrected": {"decided_on": "2090-03-07"}, "reason": "A slip."},
        "/v1/certificates/{certificate_id}/corrections": {
            "version": 1,
            "corrected": {"number": f"KZ-A-{case.blank}"},
            "reason": "A slip.",
        },
        "/v1/blanks": {**RULEBOOK, "series": "ZZ", "first": 1, "last": 9, "digits": 6},
        "/v1/blanks/spoilage": {"blank_number": "KZ 000099", "reason": "Torn."},
        "/v1/certificates": {"case_id": ids["case_id"], "number": name, "blank_number": "KZ 000098"},
        "/v1/certificates/{certificate_id}/authorised-body-notice": {"outgoing_number": "319"},
        "/v1/certificates/{certificate_id}/end": {"ground": "liquidation", "act": "Order No. 7", "ended_on": "2090-03-06"},
        "/v1/certificates/recordings": {
            "rulebook_id": "aakr-monitoring-2024",
            "rulebook_version": "2024-09-06",
            "institution_id": ids["institution_id"],
            "number": name,
            "object": "institution",
            "issued_on": "2089-03-06",
            "valid_until": "2094-03-06",
            "origin": "The paper register.",
        },
        "/v1/certificates/{certificate_id}/receipt": {"received_on": "2090-03-06"},
        "/v1/certificates/{certificate_id}/restoration": {"corrected_on": "2090-03-06", "reason": "Why."},
        "/v1/certificates/{certificate_id}/extension": {"decision_id": name, "number": name},
        "/v1/certificates/{certificate_id}/national-register-notice": {"outgoing_number": "320", "told_on": "2090-03-06"},
        "/v1/certificates/reissues": {"certificate_id": ids["certificate_id"], "number": name, "blank_number": "KZ 000097"},
        "/v1/certificates/{certificate_id}/duplicate-application": {"application": document("duplicate_application")},
        "/v1/certificates/{certificate_id}/duplicate-payment": {"payment_reference": "No. 448", "paid_on": "2090-03-06"},
        "/v1/certificates/{certificate_id}/duplicate": {"blank_number": "KZ 000096"},
        "/v1/cycles/{cycle_id}/reports": {"document": document("interim_report"), "sections": ["title_page"], "medium": "cd"},
        "/v1/cycles/{cycle_id}/rejection": {
            "grounds": ["content"],
            "unmet": ["III.e"],
            "reasons": "Why.",
            "due_on": "2090-03-06",
            "due_reason": "Why.",
        },
        "/v1/cycles": {"followup_id": "followup-1"},
        "/v1/cycles/{cycle_id}/change-request": {"changes": "These.", "due_on": "2090-03-06"},
        "/v1/cycles/{cycle_id}/study": {"findings": "Found.", "qualities": {"reliable": True}},
        "/v1/cycles/{cycle_id}/information-requests": {"what": "This.", "due_on": "2090-03-06"},
        "/v1/cycles/{cycle_id}/information": {"request": 99, "information": "Here."},
        "/v1/cycles/{cycle_id}/experts": {"experts": ["expert.other"], "reasons": "Why."},
        "/v1/cycles/{cycle_id}/analysis": {
            "by": ["expert.other"],
            "case_officer": "agency.other",
            "verdicts": [{"recommendation_id": "r-1", "fulfilment": "fulfilled"}],
            "facts_checked": "All.",
        },
        "/v1/cycles/{cycle_id}/visit-decision": {"word": "visit", "reasons": "Why."},
        "/v1/cycles/{cycle_id}/visit-decision-notice": {"outgoing_number": "71", "told_on": "2090-03-06"},
        "/v1/cycles/{cycle_id}/assessment": {"findings": [{"criterion": "rising_quality", "finding": "So."}], "positive": True},
        "/v1/cycles/{cycle_id}/acceptance-notice": {"outgoing_number": "72", "told_on": "2090-03-06"},
        "/v1/cycles/{cycle_id}/outcome": {"ruling": "So."},
        "/v1/cycles/{cycle_id}/council-file": {"documents": [document("other")]},
        "/v1/cycles/{cycle_id}/referral": {"ground": "report_not_submitted"},
        "/v1/cycles/{cycle_id}/corrections": {"version": 9, "corrected": {"outgoing_number": "40"}, "reason": "A slip."},
        "/v1/follow-up-procedure": {"rulebook_id": "aakr-monitoring-2024", "accreditations": ["iqaa-accreditation"], "reason": "Why."},
        "/v1/follow-ups/{followup_id}/classification": {"kind": "conditional", "reason": "Why."},
        "/v1/follow-ups/{followup_id}/decision-letter": {"outgoing_number": "70", "sent_on": "2030-01-01"},
        "/v1/follow-ups/{followup_id}/expected-date": {"cycle": 1, "expected_on": "2090-03-06"},
        "/v1/follow-ups/{followup_id}/rulebook-adoption": {"rulebook_version": "2024-09-06", "reason": "Why."},
        "/v1/follow-ups/{followup_id}/corrections": {"version": 3, "corrected": {"outgoing_number": "17"}, "reason": "A slip."},
        "/v1/plans/{plan_id}/documents-received": {"order_received_on": "2030-01-01", "conclusion_received_on": "2030-01-02"},
        "/v1/plans/{plan_id}/submissions": {"measures": [measure], "document": document("action_plan")},
        "/v1/plans/{plan_id}/change-requests": {"changes": "These."},
        "/v1/plans/{plan_id}/amendments": {"measures": [measure], "reason": "Why."},
        "/v1/plans/{plan_id}/progress": {"measure_id": "m-1", "progress": "done", "evidence": [document("other")]},
        "/v1/plans/{plan_id}/corrections": {"version": 2, "corrected": {"order_received_on": "2030-01-01"}, "reason": "A slip."},
        **control_bodies(ids["attestation_id"]),
        **gathering_bodies(ids["internal_cycle_id"], ids["staff_id"]),
        **internal_bodies(ids["staff_id"]),
        "/v1/deadlines/{deadline_id}/extension": {"due_on": "2090-03-06", "reason": "Asked for."},
        "/v1/deadlines/{deadline_id}/withdrawal": {"reason": "Void."},
    }
    return bodies.get(path)


def conclusion_bodies(expert_id: str) -> dict[str, Any]:
    """Of the conclusion of an attestation's commission, and of the check at the end of a suspension."""
    day, of = "2030-01-01", "/v1/attestation-conclusions/{attestation_id}"
    seat = {"expert_id": expert_id, "groups": ["authorised_bodies"]}
    return {
        f"{of}/drafts": {
            "sections": [{"section": "staff", "text": "So."}],
            "recommendation": "attest",
            "specialties": [{"specialty": "5B030100", "recommendation": "attest", "text": "So."}],
            "attachments": [{"attachment": "charter", "document": document("charter")}],
            "document": document("conclusion"),
            "drawn_up_on": day,
        },
        f"{of}/signatures": {"expert_id": "nobody", "signed_on": day},
        f"{of}/second-copy": {"confirmed": True, "document": document("receipt"), "received_on": day},
        f"{of}/corrections": {"version": 5, "corrected": {"received_on": "2100-12-31"}, "reason": "A slip."},
        "/v1/rechecks/{recheck_id}/commission": {
            "members": [seat],
            "chair_id": expert_id,
            "order_number": "44",
            "sits_on": "2090-03-06",
            "formed_on": day,
        },
        "/v1/rechecks/{recheck_id}/holding": {"verdict": "removed", "findings": "So.", "document": document("act"), "held_on": day},
        "/v1/rechecks/{recheck_id}/corrections": {"version": 2, "corrected": {"order_number": "44"}, "reason": "A slip."},
    }


def attestation_decision_bodies() -> dict[str, Any]:
    """Of the decision on an attestation, and of what follows it."""
    day, letter = "2030-01-01", {"referred_to": "The court", "outgoing_number": "390", "referred_on": "2030-01-01"}
    acts: dict[str, Any] = {
        "decision": {
            "decision": "attest",
            "specialties": [{"specialty": "5B030100", "decision": "attest"}],
            "conforms": True,
            "grounds": "So.",
            "order_number": "21",
            "document": document("order"),
            "decided_on": day,
        },
        "notice": {"outgoing_number": "212", "document": document("notice"), "told_on": day},
        "suspension": {"order_number": "22", "reasons": "So.", "suspended_on": day, "until": "2030-06-01"},
        "fine-referral": {**letter, "addressee": "official"},
        "restoration": {"order_number": "46", "restored_on": day},
        "deprivation-referral": {**letter, "reasons": "So.", "document": document("referral")},
        "corrections": {"version": 3, "corrected": {"told_on": "2100-12-31"}, "reason": "A slip."},
    }
    return {f"/v1/attestation-decisions/{{attestation_id}}/{act}": body for act, body in acts.items()}


def commission_bodies(expert_id: str) -> dict[str, Any]:
    """Of the commission of an attestation."""
    seat = {"expert_id": expert_id, "groups": ["authorised_bodies"], "of_authorised_body": True}
    parts = {"methods": ["documents"], "indicators": "So.", "shortcomings": [], "recommendations": "So.", "conclusions": "So."}
    asked = {"group": "learners", "asked": 40, "answered": 31, "results": "So."}
    acts: dict[str, Any] = {
        "commission": {"members": [seat], "chair_id": expert_id, "order_number": "21", "approved_on": "2030-01-01"},
        "replacements": {"left": "nobody", "reasons": "Ill.", "order_number": "22", "changed_on": "2030-01-01"},
        "tasks": {
            "meeting": "Academic council",
            "meeting_on": "2030-01-01",
            "tasks": [{"object": "staff", "expert_id": "nobody"}],
            "acts": ["Law"],
        },
        "beginning": {"started_on": "2030-01-01"},
        "progress": {"expert_id": "nobody", "progress": "So.", "informed_on": "2030-01-01"},
        "notes": {"object": "staff", "expert_id": "nobody", "conforms": True, "handed_over_on": "2030-01-01", **parts},
        "joint-commission": {"member_id": "nobody", "teacher_id": "nobody", "teacher": "Name", "approved_on": "2030-01-01"},
        "questionnaires": {"respondents": [asked], "conducted_by": "The commission", "held_on": "2030-01-01"},
        "results-analysis": {"analysis": "So.", "analysed_on": "2030-01-01"},
        "end": {"ended_on": "2030-01-01"},
        "corrections": {"version": 2, "corrected": {"order_number": "21"}, "reason": "A slip."},
    }
    return {f"/v1/attestation-visits/{{attestation_id}}/{act}": body for act, body in acts.items()}


def control_bodies(attestation_id: str) -> dict[str, Any]:
    """Of the control of learners' knowledge."""
    result = {"learner_id": "nobody", "took_part": True, "right": 9, "questions": 10}
    acts: dict[str, Any] = {
        "discipline-proposal": {"disciplines": ["Civil law"], "outgoing_number": "17", "proposed_on": "2030-01-01"},
        "discipline-approval": {"act": "Order No. 9", "approved_on": "2030-01-01"},
        "learners": {"learners": [{"code": "L-1", "name": "Name", "standing": "splendid"}]},
        "sample": {"seed": "2030", "take": "all", "ruling": "Why."},
        "results": {"results": [result], "source": "Protocol No. 4"},
        "erasure": {"ground": "Why.", "learners": ["nobody"]},
        "corrections": {"version": 2, "corrected": {"outgoing_number": "17"}, "reason": "A slip."},
    }
    new = {"attestation_id": attestation_id, "specialty": "none", "unit": "Law", "level": "nobody", "form": "complex_testing"}
    return {"/v1/controls": new} | {f"/v1/controls/{{control_id}}/{act}": body for act, body in acts.items()}


def schedule_bodies(institution_id: str) -> dict[str, Any]:
    """Of schedules of attestation, and of an attestation's place in one."""
    book = {"rulebook_id": "kz-109-2008-attestation", "rulebook_version": "2008-03-05"}
    moved = {"ground": "reorganisation", "reasons": "So.", "act": "Order No. 3"}
    change = {"institution_id": institution_id, "starts_on": "2099-03-04", "reason": "So."}
    acts: dict[str, Any] = {
        "dates-notice": {"outgoing_number": "41", "told_on": "2030-01-01", "document": document("notice")},
        "change-requests": {"reasons": "So.", "wished_on": "2099-03-04", "requested_on": "2030-01-01"},
        "change-refusals": {"reasons": "So."},
        "amendments": {**moved, "starts_on": "2099-03-04", "ends_on": "2099-03-05"},
        "cancellation": {**moved, "ground": "interim_control"},
        "announcement": {"announcement": "So.", "announced_on": "2100-12-31"},
        "corrections": {"version": 2, "corrected": {"outgoing_number": "41"}, "reason": "A slip."},
    }
    return {
        "/v1/attestation-proposals": {**book, "first_year": 2000, "years": 5, "approval_on": "2030-01-01"},
        "/v1/attestation-schedules": {**book, "year": 2099, "act": "Order No. 4", "approved_on": "2030-01-01", "changes": [change]},
        "/v1/attestation-schedules/{year_schedule_id}/corrections": {
            "version": 1,
            "corrected": {"act": "Order No. 402"},
            "reason": "A slip.",
        },
        "/v1/attestations": {**book, **moved, "institution_id": institution_id, "starts_on": "2099-03-04", "ends_on": "2099-03-05"},
        **{f"/v1/attestations/{{attestation_id}}/{act}": body for act, body in acts.items()},
    }


def register_bodies(institution_id: str) -> dict[str, Any]:
    """Of the register of organisations that are attested, and of their self-assessment materials."""
    book = {"rulebook_id": "kz-109-2008-attestation", "rulebook_version": "2008-03-05"}
    told = {"institution_id": institution_id, "authority": "ministry", "levels": ["higher"], "state_owned": True}
    days = {"founded_on": "1934-01-15", "last_attested_on": "2030-01-01"}
    limit = {"year": 2030, "most_failed": "10", "unit": "percent", "act": "Order No. 4", "set_on": "2030-01-10"}
    register, materials = "/v1/attestation-subjects/{institution_id}", "/v1/attestation-materials/{attestation_id}"
    acts: dict[str, Any] = {
        "/v1/attestation-subjects": {**book, **told, **days},
        f"{register}/removal": {"act": "Order No. 9", "reason": "So.", "removed_on": "2100-12-31"},
        f"{register}/interim-controls": {"year": 2099, "took_part": 10, "failed": 1, "source": "A report"},
        f"{register}/corrections": {"version": 1, "corrected": {"founded_on": "1934-01-15"}, "reason": "A slip."},
        "/v1/interim-control-limits": {**book, **limit},
        "/v1/interim-control-limits/{limit_id}/corrections": {"version": 1, "corrected": {"act": "Order No. 4"}, "reason": "A slip."},
        f"{materials}/receipts": {"documents": [document("licence")], "received_on": "2030-01-01"},
        f"{materials}/missing-notice": {"outgoing_number": "44", "due_on": "2090-01-01"},
        f"{materials}/analysis": {"analysis": "So.", "document": document("analysis")},
        f"{materials}/corrections": {"version": 2, "corrected": {"received_on": "2100-12-31"}, "reason": "A slip."},
    }
    return acts


def gathering_bodies(cycle_id: str, staff_id: str) -> dict[str, Any]:
    """Of what internal monitoring collects."""
    question = {"question_id": "q-1", "text": {"en": "Clear?"}, "kind": "scale", "most": 5}
    day = "2090-03-06"
    talk = {"cycle_id": cycle_id, "held_by": [staff_id], "held_on": day}
    survey = {"cycle_id": cycle_id, "title": {"en": "A survey"}, "groups": ["student"], "anonymous": True}
    slips = {
        "surveys/{survey_id}": ("title", {"en": "A survey"}),
        "interviews/{interview_id}": ("notes", "So."),
        "focus-groups/{focus_group_id}": ("needs", "So."),
        "document-analyses/{analysis_id}": ("findings", "So."),
        "agency-recommendations/{recommendation_id}": ("text", "So."),
        "trainings/{training_id}": ("topic", "So."),
    }
    corrections = {
        f"/v1/{path}/corrections": {"version": 1, "corrected": {name: value}, "reason": "A slip."} for path, (name, value) in slips.items()
    }
    return corrections | {
        "/v1/surveys": {**survey, "questions": [question], "closes_on": "2000-01-01"},
        "/v1/surveys/{survey_id}/links": {"group": "nobody"},
        "/v1/surveys/{survey_id}/link-revocations": {"link_id": "none", "reason": "Why."},
        "/v1/interviews": {**talk, "group": "student", "interviewee": "A student", "notes": "So."},
        "/v1/focus-groups": {
            **talk,
            "groups": ["student"],
            "participants": 8,
            "expectations": "So.",
            "needs": "So.",
            "satisfaction": "So.",
        },
        "/v1/document-analyses": {"subject": "A report", "findings": "So.", "analysed_by": staff_id, "analysed_on": day},
        "/v1/case-samples": {"cycle_id": cycle_id, "size": 3, "opened_from": "2090-01-01", "opened_until": day},
        "/v1/agency-recommendations": {"source": "external_check", "source_detail": "A review", "text": "Do.", "received_on": day},
        "/v1/trainings": {"kind": "seminar", "topic": "So.", "attendance": ["nobody"], "held_on": day},
        "/v1/trainings/{training_id}/uses": {"cycle_id": "none", "use": "So."},
    }


def internal_bodies(staff_id: str) -> dict[str, Any]:
    """Of the agency's monitoring of itself."""
    day, of = "2030-01-01", "/v1/internal-cycles/{internal_cycle_id}"
    activity = {"activity_id": "a-1", "activity": "Ask.", "object": "Visits", "due_on": day, "responsible": staff_id}
    measure = {"measure_id": "none", "responsible": staff_id, "due_on": "2090-03-06"}
    acts: dict[str, Any] = {
        "plans": {"activities": [activity]},
        "findings": {"finding_id": "f-1", "kind": "shortcoming", "goals": ["3.1"], "text": "So."},
        "fulfilments": {"recommendation_id": "none", "degree": "In part."},
        "analysis": {"key_problems": "So.", "trends": "So."},
        "report-drafts": {"sections": [{"section": "nothing", "text": "So."}]},
        "final-report": {"published": False},
        "meetings": {"held_on": "2090-03-06", "attendance": [staff_id], "outcome": "So."},
        "improvement-plans": {"measures": [{**measure, "measure": "So."}]},
        "controls": {"measure_id": "none", "status": "done", "note": "So."},
        "measure-moves": {**measure, "reason": "Why."},
        "closing": {"reason": "Why."},
        "corrections": {"version": 3, "corrected": {"text": "So."}, "reason": "A slip."},
    }
    return {f"{of}/{act}": body for act, body in acts.items()} | {
        "/v1/internal-monitoring": {
            "rulebook_id": "artki-internal-monitoring",
            "approved_on": day,
            "act": "Order No. 3",
            "first_year": 2030,
        },
        "/v1/internal-monitoring/amendments": {"change": "So.", "act": "Order No. 4", "approved_on": "2090-03-06"},
        "/v1/internal-monitoring/corrections": {"version": 1, "corrected": {"act": "Order No. 3"}, "reason": "A slip."},
        "/v1/staff": {"staff_id": staff_id, "name": "Name", "post": "Analyst", "joined_on": day},
        "/v1/staff/{staff_id}/leaving": {"left_on": "2090-03-06"},
        "/v1/staff/{staff_id}/corrections": {"version": 1, "corrected": {"joined_on": "2100-12-31"}, "reason": "A slip."},
        "/v1/internal-commission": {"members": [{"staff_id": staff_id}], "order_number": "5", "formed_on": "2090-03-06"},
        "/v1/internal-commission/changes": {"left": ["nobody"], "order_number": "6", "changed_on": "2090-03-06"},
        "/v1/internal-commission/corrections": {"version": 1, "corrected": {"order_number": "5"}, "reason": "A slip."},
        "/v1/internal-cycles": {"reason": "Why."},
    }


async def send(case: Journey, route: Route, role: Role | None = None, **changes: Any) -> httpx.Response:
    """The well-formed command of a route. `changes`: `url`, `headers` (None takes one away), and the `json` or `content` of the body."""
    role = role or route.role
    headers: dict[str, str | None] = {**case.headers(role, version=1 if route.needs_version else None)}
    if route.path.endswith("/corrections"):
        headers["if-match"] = "*"  # what is right depends on the wrong event: it is looked at after the version
    headers |= changes.pop("headers", {})
    url = changes.pop("url", None) or case.url(route.service, route.path)
    if route.takes_file:
        changes = {"content": b"code,name,standing\nL-1,Name,good\n", "params": route.taking(source="Protocol No. 4"), **changes}
        headers["content-type"] = "text/csv"
    if "content" in changes:
        headers.setdefault("content-type", "application/json")
    elif "json" not in changes:
        changes["json"] = body_of(case, route.path)
    return await case.http.post(url, headers={name: value for name, value in headers.items() if value is not None}, **changes)
