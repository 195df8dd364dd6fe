"""The follow-up of one certificate: opened by itself, classified by its term or a person, ended with the certificate.

It opens nothing: what comes when stands in its windows, and the calendar opens each cycle on its day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from chassis.corrections import Correctable
from chassis.decider import Command, Decider, Guard, always
from chassis.documents import Document
from chassis.events import Event
from chassis.ids import derived_id
from chassis.problems import Conflict, Invalid
from regulations import Rulebook, RulebookRef, enforces, local_date, resolve
from services.monitoring.contract import (
    CertificateFollowed,
    CycleWindow,
    DecisionLetterSent,
    DirectorAlerted,
    ExpectedDateSet,
    FollowedRecommendation,
    FollowUpClassified,
    FollowUpCorrected,
    FollowUpEnded,
    FollowUpOpened,
    FollowUpRulebookAdopted,
)
from services.monitoring.domain import followup_guards as guards
from services.monitoring.domain import profile
from services.monitoring.domain.agenda import Life, proposed, windows
from services.monitoring.domain.cycle_rules import AAKR, SAPATTUU, check_kind
from services.monitoring.domain.followup_state import IN_FORCE, FollowUp, evolve

#: What a certificate may have become, after which there is nothing to follow up.
OVER = ("expired", "ended", "revoked", "extended", "reissued")


@dataclass(frozen=True)
class Parts:
    """What has begun of a follow-up: its plan, its cycles up to a number, and the lifecycles that are under way."""

    begun: int = 0
    plan_awaited: bool = False
    workflow_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Certificate:
    """A certificate as it is known. `version` is that of its stream; `kind` as it was recorded with it."""

    certificate_id: str
    institution_id: str
    object: str
    issued_on: date
    valid_until: date
    version: int
    number: str | None = None
    programme: str | None = None
    level: str | None = None
    kind: str | None = None
    scopes: tuple[str, ...] = ()
    recommendations: tuple[FollowedRecommendation, ...] = ()
    panel: tuple[str, ...] = ()
    case_officer: str | None = None
    contract_reference: str | None = None
    received_on: date | None = None
    plan_received_on: date | None = None
    plan_accepted_on: date | None = None
    status: str = IN_FORCE


class OpenFollowUp(Command):
    """A certificate is in force that nobody follows up yet."""

    records = (FollowUpOpened,)

    followup_id: str
    rulebook: RulebookRef
    certificate: Certificate


class Classify(Command):
    """A person says of what kind the accreditation is and what was recommended; None leaves the recommendations as they are."""

    records = (FollowUpClassified,)

    kind: str
    recommendations: tuple[FollowedRecommendation, ...] | None = None
    contract_reference: str | None = None
    reason: str
    parts: Parts = Parts()


class FollowCertificate(Command):
    """Something became of the certificate."""

    records = (CertificateFollowed, FollowUpEnded)

    certificate: Certificate
    parts: Parts = Parts()


class SendLetter(Command):
    """The letter on the council's decision went out."""

    records = (DecisionLetterSent,)

    outgoing_number: str
    document: Document | None = None
    sent_on: date


class SetExpectedDate(Command):
    """The agency says when it expects a cycle's monitoring."""

    records = (ExpectedDateSet,)

    cycle: int
    expected_on: date
    reason: str | None = None
    parts: Parts = Parts()


class AdoptRulebook(Command):
    """The director has it go on under another version."""

    records = (FollowUpRulebookAdopted,)

    rulebook: RulebookRef
    reason: str
    parts: Parts = Parts()


class AlertDirector(Command):
    """A deadline was missed."""

    records = (DirectorAlerted,)

    deadline_id: str
    rule: str
    clause: str | None
    binds: str
    missed_on: date


AnyCommand = OpenFollowUp | Classify | FollowCertificate | SendLetter | SetExpectedDate | AdoptRulebook | AlertDirector


def followup_id(certificate_id: str) -> str:
    """The id of the follow-up of a certificate."""
    return derived_id("followup", certificate_id)


def decide(command: AnyCommand, state: FollowUp, rules: Rulebook) -> Sequence[Event]:
    """The facts that follow; none where what is asked is so already."""
    today = local_date(command.at, rules.zone)
    match command:
        case OpenFollowUp():
            return [] if state.opened else [_open(command, rules, today)]
        case Classify():
            return [_classify(command, state, rules, today)]
        case FollowCertificate():
            return _follow(command, state, rules, today)
        case SendLetter():
            return [_send(command, state, rules, today)]
        case SetExpectedDate():
            return _expect(command, state, rules, today)
        case AdoptRulebook():
            return _adopt(command, state, rules, today)
        case AlertDirector():
            return _alert(command, state, today)


@enforces(AAKR, "I.1", "I.2", "I.3", "II.4.b")
@enforces(SAPATTUU, "I.1", "I.3", "I.3.a", "I.3.b", "2.1", "2.5.p1", "2.6.s1")
def _open(command: OpenFollowUp, rules: Rulebook, today: date) -> FollowUpOpened:
    """With the recommendations by criterion, the contract and the kind that the certificate's term tells."""
    of = command.certificate
    kind = of.kind or profile.kind_of(rules, of.issued_on, of.valid_until)
    life = Life(kind, of.issued_on, of.received_on, of.valid_until, {}, today)
    return FollowUpOpened(
        followup_id=command.followup_id,
        rulebook=command.rulebook,
        kind=kind,
        certificate_id=of.certificate_id,
        institution_id=of.institution_id,
        number=of.number,
        object=of.object,
        programme=of.programme,
        level=of.level,
        scopes=of.scopes,
        recommendations=of.recommendations,
        panel=of.panel,
        case_officer=of.case_officer,
        contract_reference=of.contract_reference,
        issued_on=of.issued_on,
        received_on=of.received_on,
        valid_until=of.valid_until,
        plan_received_on=of.plan_received_on,
        plan_accepted_on=of.plan_accepted_on,
        certificate_version=of.version,
        plan_required=_plan_required(rules, kind, of.recommendations, of.plan_received_on),
        windows=windows(rules, life),
        opened_on=today,
    )


@enforces(AAKR, "I.1", "I.3", "II.4.b")
@enforces(SAPATTUU, "I.3.a", "2.5.p1", "2.6.s1")
def _classify(command: Classify, state: FollowUp, rules: Rulebook, today: date) -> FollowUpClassified:
    """The kind is a word of the rulebook's, and agrees with whether there are recommendations."""
    given = state.recommendations if command.recommendations is None else command.recommendations
    if len({each.recommendation_id for each in given}) != len(given):
        raise Invalid("a recommendation's id stands for one", errors=[{"pointer": "#/recommendations", "detail": "ids once each"}])
    profile.check_classified(rules, command.kind, given)
    opened = state.terms
    missing = not command.parts.plan_awaited and _plan_required(rules, command.kind, given, opened.plan_received_on)
    return FollowUpClassified(
        followup_id=opened.followup_id,
        institution_id=opened.institution_id,
        kind=command.kind,
        recommendations=given,
        contract_reference=command.contract_reference or state.contract_reference,
        reason=command.reason,
        classified_on=today,
        plan_required=missing,
        windows=_windows(state, rules, command.parts, kind=command.kind),
    )


def _follow(command: FollowCertificate, state: FollowUp, rules: Rulebook, today: date) -> list[Event]:
    """Windows follow what the certificate has become; what is over ends the follow-up."""
    if state.ended or state.opened is None:
        return []
    of, opened = command.certificate, state.opened
    facts: list[Event] = []
    if of.version > state.certificate_version or of.status != state.status:
        followed = {"received_on": of.received_on or state.received_on, "valid_until": of.valid_until}
        facts.append(
            CertificateFollowed(
                followup_id=opened.followup_id,
                institution_id=opened.institution_id,
                **followed,
                status=of.status,
                reason=_what_changed(state, of),
                followed_on=today,
                certificate_version=of.version,
                contract_reference=of.contract_reference,
                windows=() if of.status in OVER else _windows(state, rules, command.parts, **followed),
            )
        )
    if of.status in OVER:
        ids = {"followup_id": opened.followup_id, "institution_id": opened.institution_id}
        facts.append(FollowUpEnded(**ids, why=of.status, workflow_ids=command.parts.workflow_ids, ended_on=today))
    return facts


def _what_changed(state: FollowUp, of: Certificate) -> str:
    told = []
    if of.received_on not in (None, state.received_on):
        told.append(f"received on {of.received_on}")
    if of.valid_until != state.valid_until:
        told.append(f"valid until {of.valid_until}, before that {state.valid_until}")
    if of.status != state.status:
        told.append(f"{of.status}, before that {state.status}")
    return "The certificate: " + ("; ".join(told) or "recorded anew")


@enforces(AAKR, "II.4.a")
def _send(command: SendLetter, state: FollowUp, rules: Rulebook, today: date) -> DecisionLetterSent:
    """By today; what is filed is a letter."""
    if command.sent_on > today:
        raise Invalid("a sent letter's day is not in the future", errors=[{"pointer": "#/sent_on", "detail": f"{today} or before"}])
    if command.document is not None:
        check_kind(rules, command.document, [profile.LETTER])
    ids = {"followup_id": state.terms.followup_id, "institution_id": state.institution_id}
    return DecisionLetterSent(**ids, outgoing_number=command.outgoing_number, document=command.document, sent_on=command.sent_on)


@enforces(AAKR, "II.4.e", "I.2")
@enforces(SAPATTUU, "2.5.p3")
def _expect(command: SetExpectedDate, state: FollowUp, rules: Rulebook, today: date) -> list[Event]:
    """Of a cycle, in their order, while the certificate is in force; beside it stands the day that was proposed."""
    proposal = proposed(_life(state, command.parts), command.cycle) if profile.every_year(rules) else None
    if not profile.every_year(rules) and command.cycle > 1:
        raise Invalid("there is one cycle", errors=[{"pointer": "#/cycle", "detail": "1"}])
    days = state.expected_days
    if command.expected_on == days.get(command.cycle):
        return []
    if not today <= command.expected_on <= state.valid_until:
        fault = {"pointer": "#/expected_on", "detail": f"from {today} to {state.valid_until}, the certificate's last day"}
        raise Invalid("a monitoring is expected while the certificate is in force", errors=[fault])
    known = [(cycle, days.get(cycle) or proposed(_life(state, command.parts), cycle)) for cycle in (command.cycle - 1, command.cycle + 1)]
    before, after = known[0][1] if command.cycle > 1 else None, days.get(command.cycle + 1)
    if (before and command.expected_on <= before) or (after and command.expected_on >= after):
        told = (
            "cycles follow one another",
            f"the one before is expected on {before}" if before else "",
            f"the next one is expected on {after}" if after else "",
        )
        raise Conflict("; ".join(filter(None, told)))
    expected = {**days, command.cycle: command.expected_on}
    return [
        ExpectedDateSet(
            followup_id=state.terms.followup_id,
            institution_id=state.institution_id,
            cycle=command.cycle,
            expected_on=command.expected_on,
            proposed_on=proposal,
            reason=command.reason,
            set_on=today,
            windows=_windows(state, rules, command.parts, expected=expected),
        )
    ]


def _adopt(command: AdoptRulebook, state: FollowUp, rules: Rulebook, today: date) -> list[Event]:
    """Another version of the same rulebook, that is on the shelf. Days of cycles to come are computed anew."""
    if command.rulebook == state.rules:
        return []
    if command.rulebook.id != state.rules.id:
        raise Conflict(f"an open follow-up goes on under a version of {state.rules.id}; another procedure would be another follow-up")
    if state.kind is not None and state.kind not in profile.kinds(rules):
        raise Conflict(f"that version knows no {state.kind}; classify it anew first")
    missing = not command.parts.plan_awaited and _plan_required(rules, state.kind, state.recommendations, state.terms.plan_received_on)
    return [
        FollowUpRulebookAdopted(
            followup_id=state.terms.followup_id,
            institution_id=state.institution_id,
            previous=state.rules,
            rulebook=command.rulebook,
            workflow_ids=command.parts.workflow_ids,
            reason=command.reason,
            adopted_on=today,
            plan_required=missing,
            windows=_windows(state, rules, command.parts),
        )
    ]


def _alert(command: AlertDirector, state: FollowUp, today: date) -> list[Event]:
    """Once for each deadline."""
    if command.deadline_id in {alert.deadline_id for alert in state.alerts}:
        return []
    told = command.model_dump(exclude={"at", "by"})
    ids = {"followup_id": state.terms.followup_id, "institution_id": state.institution_id}
    return [DirectorAlerted(**ids, **told, alerted_on=today)]


def _plan_required(
    rules: Rulebook, kind: str | None, recommendations: Sequence[FollowedRecommendation], plan_received_on: date | None
) -> bool:
    return plan_received_on is None and profile.plan_is_due(rules, kind, recommendations)


def _life(state: FollowUp, parts: Parts, **changed: object) -> Life:
    opened = state.terms
    fields = {
        "kind": state.kind,
        "received_on": state.received_on,
        "valid_until": state.valid_until,
        "expected": state.expected_days,
        **changed,
    }
    return Life(issued_on=opened.issued_on, opened_on=opened.opened_on, begun=parts.begun, **fields)  # type: ignore[arg-type]


def _windows(state: FollowUp, rules: Rulebook, parts: Parts, **changed: object) -> tuple[CycleWindow, ...]:
    return windows(rules, _life(state, parts, **changed))


def _rules(command: AnyCommand, state: FollowUp) -> Rulebook:
    return resolve(command.rulebook if isinstance(command, OpenFollowUp | AdoptRulebook) else state.rules)


def corrections(today: date) -> Correctable:
    """How a fact of a follow-up is put right."""

    def check(state: FollowUp) -> None:
        if state.letter is not None and state.letter.sent_on > today:
            raise Conflict("a sent letter's day is not in the future", accepts="today or before")

    return Correctable(FOLLOWUP, FollowUpCorrected, lambda state: {"followup_id": state.terms.followup_id}, check)


GUARDS: Mapping[type[Command], Guard] = {
    OpenFollowUp: always,
    Classify: guards.still_open,
    FollowCertificate: always,
    SendLetter: guards.letter,
    SetExpectedDate: guards.expected_date,
    AdoptRulebook: guards.still_open,
    AlertDirector: guards.there,
}

FOLLOWUP: Decider[FollowUp, Rulebook] = Decider("followup", FollowUp(), decide, evolve, _rules, GUARDS)
