"""What the council's resolutions do to a certificate: it is suspended for a term, restored with the days lost proposed, or revoked
(Sapattuu Bilim, 2.5.p4, 3.3.b.s1-3.3.b.s3, 3.3.c). Nothing happens here that the council has not adopted."""

from collections.abc import Sequence
from datetime import date, timedelta

from chassis.decider import Command
from chassis.events import Event
from chassis.problems import Conflict, Refused
from regulations import Rulebook, RulebookRef, enforces, resolve
from services.council.contract import (
    CertificateRestored,
    CertificateRevoked,
    CertificateSuspended,
    NationalRegisterTold,
    ResolutionAdopted,
    ResolutionItem,
    SuspensionTermEnded,
)
from services.council.domain import powers
from services.council.domain.clauses import SAPATTUU, adopts, setting_clause
from services.council.domain.standing import Certificate

NATIONAL_REGISTER = "national_register"
VALIDITY = "validity_after_suspension"
SILENT = "suspension_for_missing_report_ends"


class SuspendCertificate(Command):
    """Does what the council adopted; once, and nothing where the certificate is not in force any more."""

    records = (CertificateSuspended,)

    rulebook: RulebookRef
    decision_id: str
    adopted: ResolutionAdopted | None
    reasons: str


class EndSuspensionTerm(Command):
    """The term of the suspension is over."""

    records = (SuspensionTermEnded,)


class RestoreCertificate(Command):
    """The shortcomings are corrected. Without a last day of the person's the proposed one is taken."""

    records = (CertificateRestored,)

    corrected_on: date
    valid_until: date | None = None
    reason: str


class RevokeCertificate(Command):
    """Does what the council adopted; once, and nothing where the certificate was not in force on the day of the decision."""

    records = (CertificateRevoked,)

    rulebook: RulebookRef
    decision_id: str
    adopted: ResolutionAdopted | None
    reasons: str


class TellNationalRegister(Command):
    """Records the letter to who keeps the national register."""

    records = (NationalRegisterTold,)

    outgoing_number: str
    told_on: date


@enforces(SAPATTUU, "2.5.p4", "3.3.b.s1")
def suspend(command: SuspendCertificate, state: Certificate, rules: Rulebook) -> Sequence[Event]:
    """For the definite term that the council stated."""
    adopted, item = _adopted(command.adopted, state, rules, "suspension")
    if command.decision_id in state.done or state.over or not _in_term(state, adopted.adopted_on):
        return []
    if item.until is None:
        raise _of(rules, "suspension", "a suspension is for a definite term", "a resolution that states its last day")
    return [
        CertificateSuspended(
            **_ids(state),
            rulebook=command.rulebook,
            decision_id=adopted.decision_id,
            cycle_id=adopted.cycle_id,
            ground=adopted.ground or item.word,
            reasons=command.reasons,
            suspended_on=adopted.adopted_on,
            until=item.until,
            replaces=state.suspended.decision_id if state.suspended else None,
            lapses_on=_put_off(state, item.until),
        )
    ]


@enforces(SAPATTUU, "3.3.b.s2")
def _put_off(state: Certificate, until: date) -> date | None:
    """What is corrected in the set term is to be extended: until its end the certificate does not lapse. None: it lapses on its own day."""
    assert state.issued is not None
    own = state.issued.valid_until
    return max(own, until) if max(until, state.lapses_on) > own else None


@enforces(SAPATTUU, "3.3.b.s1", "3.3.b.s3")
def end_term(state: Certificate, rules: Rulebook, today: date) -> Sequence[Event]:
    """Nothing is lifted and nothing is withdrawn by the time alone: a person decides."""
    suspended = state.suspended
    if suspended is None or state.term_ended or state.over:
        return []
    if today <= suspended.until:
        rules = _rules(state, rules)
        raise _of(rules, "suspension", f"it is suspended to the end of {suspended.until}", f"the end of the term after {suspended.until}")
    told = suspended.model_dump(include={"decision_id", "cycle_id"})
    return [SuspensionTermEnded(**_ids(state), **told, ended_on=suspended.until)]


@enforces(SAPATTUU, "3.3.b.s2")
def restore(command: RestoreCertificate, state: Certificate, rules: Rulebook, today: date) -> Sequence[Event]:
    """Its validity is extended, not merely given back: the days of the suspension are proposed, and a person enters the last day."""
    rules, suspended, since, issued = _rules(state, rules), state.suspended, state.suspended_since, state.issued
    assert suspended is not None
    assert since is not None
    assert issued is not None
    if today > state.lapses_on:
        raise Conflict(f"the certificate lapsed after {state.lapses_on}")
    _check_corrected(rules, suspended, command.corrected_on, since, today)
    lost = (today - since).days
    extends = rules.setting_if_any(VALIDITY) != "restored"
    proposed = issued.valid_until + timedelta(days=lost if extends else 0)
    last = command.valid_until or proposed
    if last < today:
        raise Conflict(f"the certificate would be valid until {last}, which is over")
    if last < issued.valid_until or (extends and lost and last == issued.valid_until):
        accepts = f"{proposed}, which is proposed, or another day after {issued.valid_until}"
        reason = f"the validity is extended by what the suspension took; {last} gives nothing back"
        raise Refused(reason, clause=setting_clause(rules, VALIDITY), rulebook=rules.id, accepts=accepts)
    return [
        CertificateRestored(
            **_ids(state),
            decision_id=suspended.decision_id,
            cycle_id=suspended.cycle_id,
            corrected_on=command.corrected_on,
            restored_on=today,
            previous_valid_until=issued.valid_until,
            lost_days=lost,
            proposed_valid_until=proposed,
            valid_until=last,
            reason=command.reason,
            rulebook=issued.rulebook,
        )
    ]


@enforces(SAPATTUU, "3.3.b.s2")
def _check_corrected(rules: Rulebook, suspended: CertificateSuspended, corrected_on: date, since: date, today: date) -> None:
    """In the term, for otherwise the requirements are again not fulfilled; where the text is silent on the way out, when a person says."""
    last = today if _silent(rules, suspended.ground) else min(today, suspended.until)
    if since <= corrected_on <= last:
        return
    raise Refused(
        f"the shortcomings were to be corrected from {since} to the end of {last}, not on {corrected_on}",
        clause=setting_clause(rules, VALIDITY),
        rulebook=rules.id,
        accepts=f"a day from {since} to {last}; of what was corrected later the council decides",
    )


def _silent(rules: Rulebook, ground: str) -> bool:
    """Whether the agency has set nothing for a ground on which the text says nothing of the end of a suspension."""
    setting, entry = rules.settings.get(SILENT), rules.vocabularies.get("sanction_grounds", {}).get(ground)
    return setting is not None and entry is not None and setting.value is None and setting.clause == entry.clause


@enforces(SAPATTUU, "2.5.p4", "3.3.b.s3", "3.3.c")
def revoke(command: RevokeCertificate, state: Certificate, rules: Rulebook) -> Sequence[Event]:
    """Off the agency's list on the day of the decision; no suspension is needed before it."""
    adopted, item = _adopted(command.adopted, state, rules, "withdrawal")
    if state.revoked or state.ended or not _in_term(state, adopted.adopted_on):
        return []
    return [
        CertificateRevoked(
            **_ids(state),
            rulebook=command.rulebook,
            decision_id=adopted.decision_id,
            cycle_id=adopted.cycle_id,
            ground=adopted.ground or item.word,
            reasons=command.reasons,
            revoked_on=adopted.adopted_on,
        )
    ]


@enforces(SAPATTUU, "3.3.c")
def tell(command: TellNationalRegister, state: Certificate, today: date) -> Sequence[Event]:
    """Once it is revoked."""
    revoked = state.revoked
    assert revoked is not None
    check_told(revoked, command.told_on, today)
    told = {"outgoing_number": command.outgoing_number, "told_on": command.told_on}
    return [NationalRegisterTold(**_ids(state), cycle_id=revoked.cycle_id, **told)]


def check_told(revoked: CertificateRevoked, told_on: date, today: date) -> None:
    """Conflict for a day before there was anything to tell, and for one to come."""
    if not revoked.revoked_on <= told_on <= today:
        raise Conflict(f"who keeps the national register was told on a day from {revoked.revoked_on} to {today}")


def restoration(state: Certificate, _rules: Rulebook) -> None:
    """Of a certificate that is suspended."""
    if state.over:
        raise Conflict(f"the certificate {state.over}")
    if state.suspended is None:
        raise Conflict("the certificate is not suspended")


@enforces(SAPATTUU, "3.3.c")
def telling(state: Certificate, rules: Rulebook) -> None:
    """Once, of a certificate that was revoked, where the follow-up's rulebook has such a register."""
    if state.revoked is None:
        raise Conflict("the certificate is not revoked")
    rules = resolve(state.revoked.rulebook) if state.revoked.rulebook else rules
    if NATIONAL_REGISTER not in rules.registers:
        accepts = "nothing: the rulebook knows no such register"
        raise Refused("nobody is told of it", clause=adopts(rules), rulebook=rules.id, accepts=accepts)
    if state.register_told_on:
        raise Conflict(f"who keeps the national register was told on {state.register_told_on}")


def _adopted(
    adopted: ResolutionAdopted | None, state: Certificate, rules: Rulebook, power: powers.Power
) -> tuple[ResolutionAdopted, ResolutionItem]:
    assert state.issued is not None
    items = adopted.decisions if adopted and adopted.certificate_id == state.issued.certificate_id else ()
    item = next((each for each in items if powers.powers(rules).get(each.word) == power), None)
    if adopted is None or item is None:
        raise _of(rules, power, f"the council has decided on no {power} of this certificate", f"the {power} that the council adopted")
    return adopted, item


def _of(rules: Rulebook, power: powers.Power, reason: str, accepts: str) -> Refused:
    word = next((word for word, each in powers.powers(rules).items() if each == power), None)
    clause = powers.clause_of(rules, word) if word else adopts(rules)
    return Refused(reason, clause=clause, rulebook=rules.id, accepts=accepts)


def _in_term(state: Certificate, day: date) -> bool:
    return state.issued is not None and day <= state.issued.valid_until


def _rules(state: Certificate, rules: Rulebook) -> Rulebook:
    """Those of the resolution that suspended it; an own certificate stands under others."""
    return resolve(state.suspended.rulebook) if state.suspended and state.suspended.rulebook else rules


def _ids(state: Certificate) -> dict[str, str]:
    assert state.issued is not None
    return {name: getattr(state.issued, name) for name in ("certificate_id", "case_id", "institution_id")}
