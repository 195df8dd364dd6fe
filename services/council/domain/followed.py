"""A certificate that is followed up: recorded from outside, received, extended by a further one
(AAKR, I.1, II.3; Sapattuu Bilim, I.3.a, 2.5.p1, 2.6.s1, 3.2.s1, 3.2.s2)."""

from collections.abc import Sequence
from datetime import date, timedelta

from chassis.decider import Command
from chassis.ids import derived_id
from chassis.problems import Conflict, Refused
from regulations import Rulebook, RulebookRef, compute, enforces
from services.council.contract import (
    CertificateExtended,
    CertificateReceived,
    CertificateRecorded,
    Recommendation,
    ResolutionAdopted,
)
from services.council.domain import powers
from services.council.domain.clauses import AAKR, SAPATTUU, adopts, setting_clause
from services.council.domain.ending import Issue
from services.council.domain.standing import Certificate, valid_from

DAY = timedelta(days=1)

#: Where a rulebook lists them, the words that a certificate is recorded with; the first vocabulary of each that there is.
WORDS = {"object": ("objects", "scopes"), "level": ("education_levels",), "kind": ("kinds",)}

#: What two recordings of the same certificate may differ in.
_OF_THE_RECORDING = {"rulebook", "origin", "import_id", "recorded_on"}


class RecordCertificate(Command):
    """Records a certificate that was given outside; again with the same content, nothing follows."""

    records = (CertificateRecorded,)

    certificate_id: str
    institution_id: str
    rulebook: RulebookRef
    number: str
    object: str
    programme: str | None = None
    level: str | None = None
    kind: str | None = None
    scopes: tuple[str, ...] = ()
    issued_on: date
    received_on: date | None = None
    valid_until: date
    term_reason: str | None = None
    recommendations: tuple[Recommendation, ...] = ()
    panel: tuple[str, ...] = ()
    case_officer: str | None = None
    contract_reference: str | None = None
    plan_received_on: date | None = None
    plan_accepted_on: date | None = None
    origin: str
    import_id: str | None = None


class ReceiveCertificate(Command):
    """The institution has its certificate."""

    records = (CertificateReceived,)

    received_on: date


class ExtendCertificate(Command):
    """Issues the certificate that goes on after an earlier one. What is known of that and of the resolution comes as facts."""

    records = (CertificateExtended,)

    certificate_id: str
    rulebook: RulebookRef
    earlier: Issue
    over: str = ""
    suspended: bool = False
    adopted: ResolutionAdopted | None = None
    number: str


def recorded_id(agency: str, rulebook_id: str, number: str) -> str:
    """One certificate for each number that an agency keeps under a rulebook."""
    return derived_id("recorded", agency, rulebook_id, number)


def extended_id(earlier_id: str, decision_id: str) -> str:
    """A decision extends a certificate once."""
    return derived_id("certificate", "extended", earlier_id, decision_id)


def record(command: RecordCertificate, state: Certificate, rules: Rulebook, today: date) -> Sequence[CertificateRecorded]:
    """The fact; nothing where it is known; Conflict where it is known otherwise."""
    made = CertificateRecorded(**command.model_dump(exclude={"at", "by"}), case_id=command.certificate_id, recorded_on=today)
    if state.recorded is not None:
        if made.model_dump(exclude=_OF_THE_RECORDING) != state.recorded.model_dump(exclude=_OF_THE_RECORDING):
            raise Conflict(f"certificate {state.recorded.number} is recorded with another content; a correction of it is something else")
        return []
    _check_words(made, rules)
    _check_days(made, rules, today)
    _check_term(made, rules)
    told = [each.recommendation_id for each in made.recommendations]
    if len(set(told)) < len(told):
        raise _refused(rules, "two recommendations have one id", "each recommendation with an id of its own")
    return [made]


@enforces(AAKR, "I.1")
@enforces(SAPATTUU, "I.3.a", "2.5.p1", "2.6.s1")
def _check_words(made: CertificateRecorded, rules: Rulebook) -> None:
    """A follow-up's rulebook has kinds of accreditation; what it lists is told in its words."""
    if "kinds" not in rules.vocabularies or rules.procedure != "post_accreditation_monitoring":
        raise _refused(rules, "this rulebook follows up no certificates", "a rulebook of post-accreditation monitoring")
    for name, vocabularies in WORDS.items():
        word, known = getattr(made, name), next((rules.vocabularies[each] for each in vocabularies if each in rules.vocabularies), None)
        if word is not None and known is not None and word not in known:
            clause = next(iter(known.values())).clause or adopts(rules)
            raise Refused(f"{word!r} is no {name}", clause=clause, rulebook=rules.id, accepts=f"one of: {', '.join(known)}")


def _check_days(made: CertificateRecorded, rules: Rulebook, today: date) -> None:
    if not made.issued_on <= min(made.valid_until, today):
        reason = f"a certificate of {made.issued_on} is not recorded on {today} as valid until {made.valid_until}"
        raise _refused(rules, reason, f"a day of issue not after its last day, nor after {today}")
    days = {"received": made.received_on, "its plan received": made.plan_received_on, "its plan accepted": made.plan_accepted_on}
    for what, day in days.items():
        if day is not None:
            _check_day(rules, what, made.issued_on, day, today)
    if made.plan_accepted_on and made.plan_received_on and made.plan_accepted_on < made.plan_received_on:
        raise _refused(rules, "a plan is not accepted before it is received", f"a day from {made.plan_received_on} on")


def terms_of(rules: Rulebook, kind: str | None) -> tuple[str, ...]:
    """The terms for which a certificate of a kind may stand, by what follows from the kind: its own one, and that of an extension."""
    entry = rules.vocabularies.get("kinds", {}).get(kind or "")
    return tuple(name for name in entry.follows if name in rules.terms and rules.terms[name].nature == "validity") if entry else ()


@enforces(SAPATTUU, "I.3.a", "2.5.p1", "2.6.s1")
def _check_term(made: CertificateRecorded, rules: Rulebook) -> None:
    """One year, three or five by its kind, or as it was extended; another last day has its reason. No day off moves it."""
    terms = terms_of(rules, made.kind)
    days = {compute(rules, term, made.issued_on).due_on: term for term in terms}
    if not terms or made.valid_until in days or (made.term_reason or "").strip():
        return
    raise Refused(
        f"a certificate {made.kind} of {made.issued_on} is not valid until {made.valid_until}",
        clause=rules.terms[terms[0]].clause or adopts(rules),
        rulebook=rules.id,
        accepts=f"{', or '.join(f'{day} ({term})' for day, term in days.items())}; or the reason for another last day",
    )


@enforces(AAKR, "II.3")
def receive(command: ReceiveCertificate, issued: Issue, rules: Rulebook, today: date) -> CertificateReceived:
    """From its day of issue on, and not before it has come."""
    _check_day(rules, "received", issued.issued_on, command.received_on, today)
    return CertificateReceived(
        certificate_id=issued.certificate_id,
        case_id=issued.case_id,
        institution_id=issued.institution_id,
        received_on=command.received_on,
    )


def receipt(state: Certificate, _rules: Rulebook) -> None:
    """Once."""
    if state.received_on:
        raise Conflict(f"the certificate was received on {state.received_on}")


def recording(state: Certificate, _rules: Rulebook) -> None:
    """Of a certificate that no case of ours led to."""
    if state.issued and state.recorded is None:
        raise Conflict(f"certificate {state.issued.number} was issued here")


@enforces(SAPATTUU, "3.2.s1", "3.2.s2")
def extend(command: ExtendCertificate, rules: Rulebook, today: date) -> CertificateExtended:
    """By the term that the council decided; it follows the earlier one without a gap, unless the decision came too late for that."""
    earlier, adopted = command.earlier, command.adopted
    known = powers.powers(rules)
    items = adopted.decisions if adopted and adopted.certificate_id == earlier.certificate_id else ()
    item = next((each for each in items if known.get(each.word) == "extension"), None)
    if adopted is None or item is None or item.term is None:
        clause = next((powers.clause_of(rules, word) for word, power in known.items() if power == "extension"), adopts(rules))
        accepts = "a certificate after the council's decision to extend this one"
        raise Refused("the council has not decided to extend the certificate", clause=clause, rulebook=rules.id, accepts=accepts)
    if command.over:
        raise Conflict(f"the certificate {command.over}")
    if command.suspended:
        raise Conflict("the certificate is suspended; it is restored before it is extended")
    counts_from, anchor = _counts(rules, earlier, adopted.adopted_on, today)
    told = earlier if isinstance(earlier, CertificateRecorded | CertificateExtended) else None
    return CertificateExtended(
        certificate_id=command.certificate_id,
        extends=earlier.certificate_id,
        case_id=earlier.case_id,
        institution_id=earlier.institution_id,
        cycle_id=adopted.cycle_id,
        decision_id=adopted.decision_id,
        rulebook=command.rulebook,
        number=command.number,
        object=told.object if told else None,
        programme=told.programme if told else None,
        scopes=earlier.scopes,
        term=item.term,
        counts_from=counts_from,
        issued_on=today,
        valid_until=compute(rules, item.term, anchor).due_on,
        gap_days=max(0, (counts_from - earlier.valid_until).days - 1),
        reason=adopted.reading_departure,
    )


def _counts(rules: Rulebook, earlier: Issue, adopted_on: date, today: date) -> tuple[date, date]:
    """The first day of the further term, and the day from which its years are counted: with those before they make whole years."""
    reading = rules.setting_if_any("extension_counts_from")
    if reading == "certificate_issued":
        return today, today
    if reading == "decision_taken" or adopted_on > earlier.valid_until:
        return adopted_on, adopted_on
    return earlier.valid_until + DAY, earlier.valid_until


def check_received(rules: Rulebook, state: Certificate, today: date) -> None:
    """What a corrected receipt cannot be."""
    if state.issued and state.received_on:
        _check_day(rules, "received", valid_from(state.issued) if state.recorded else state.issued.issued_on, state.received_on, today)


def _check_day(rules: Rulebook, what: str, issued_on: date, day: date, today: date) -> None:
    if not issued_on <= day <= today:
        raise _refused(rules, f"a certificate of {issued_on} was not {what} on {day}", f"a day from {issued_on} to {today}")


def _refused(rules: Rulebook, reason: str, accepts: str) -> Refused:
    """By the clause on what counts from the receipt, else by that on the first step."""
    counts = next((name for name in ("implementation_period_from", "reporting_period") if name in rules.settings), None)
    clause = setting_clause(rules, counts) if counts else (rules.stages[0].clause or adopts(rules))
    return Refused(reason, clause=clause, rulebook=rules.id, accepts=accepts)
