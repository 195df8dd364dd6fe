"""From a motion that the council voted on to a resolution (Sapattuu Bilim, 2.5.p4, 3.2.s1, 3.3, 3.3.a-3.3.c).

The text gives rights: to extend, to publish, to suspend, to withdraw. Where it is silent a person decides and the record says why; it
compels to one thing alone, the withdrawal after a repeated failure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from chassis.problems import Refused
from regulations import Rulebook, enforces
from services.council.contract import PresidingStatement, ResolutionAdopted, ResolutionItem, ResolutionOpened
from services.council.domain import powers
from services.council.domain.clauses import SAPATTUU, considers, setting_clause, share
from services.council.domain.meeting import same_number
from services.council.domain.voting import Sitting, require_quorum


@dataclass(frozen=True)
class Motion:
    """What was voted on, with the count. `decided_on` is the meeting's day, unless it is said that the decision came later."""

    decisions: tuple[ResolutionItem, ...]
    grounds: str
    protocol_number: str
    votes_for: int
    votes_against: int = 0
    abstained: int = 0
    recused: tuple[str, ...] = ()
    ground: str | None = None
    presiding_statement: PresidingStatement | None = None
    reading_departure: str | None = None
    decided_on: date | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """The decisions by their words."""
        return tuple(item.word for item in self.decisions)


@enforces(SAPATTUU, "2.5.p4", "3.2.s1", "3.3")
def adopt(rules: Rulebook, opened: ResolutionOpened, motion: Motion, sitting: Sitting, held_on: date, today: date) -> ResolutionAdopted:
    """The resolution of a quorate meeting on whose agenda the matter is; Refused with the clause that stands against it."""
    if opened.decision_id not in sitting.agenda:
        raise _refused(rules, "the matter is not on the agenda of this meeting", "a meeting that was convened with it on its agenda")
    require_quorum(rules, sitting)
    same_number(rules, motion.protocol_number, sitting.protocols)
    if not motion.grounds.strip():
        raise _refused(rules, "a resolution has its grounds", "the resolution with the grounds for it")
    day = _day(rules, opened, motion, held_on, today)
    ground = _ground(rules, opened, motion)
    _check_set(rules, opened, motion, ground, day)
    for item in motion.decisions:
        _check_item(rules, opened, item, day)
    statement = _carried(rules, motion, sitting)
    return ResolutionAdopted(
        **opened.model_dump(include={"decision_id", "followup_id", "cycle_id", "certificate_id", "institution_id"}),
        rulebook=opened.rulebook,
        meeting_id=sitting.meeting_id,
        protocol_number=motion.protocol_number,
        decisions=motion.decisions,
        grounds=motion.grounds,
        ground=ground,
        votes_for=motion.votes_for,
        votes_against=motion.votes_against,
        abstained=motion.abstained,
        recused=motion.recused,
        presiding_statement=statement,
        adopted_on=day,
        reading_departure=_departure(rules, opened, motion),
    )


def _day(rules: Rulebook, opened: ResolutionOpened, motion: Motion, held_on: date, today: date) -> date:
    """The decision is of the meeting's day, whenever it is recorded: the days in which it is delivered run from it."""
    first = max(held_on, opened.opened_on)
    day = motion.decided_on or first
    if not first <= day <= today:
        raise _refused(rules, f"the council did not decide on {day}", f"a day of decision from {first} to {today}")
    return day


@enforces(SAPATTUU, "2.5.p4", "3.3", "3.3.b.s3")
def _ground(rules: Rulebook, opened: ResolutionOpened, motion: Motion) -> str | None:
    """The ground of what is decided against the institution: that on which the matter came, or one that its fulfilment brings about."""
    held = sorted(powers.sanctions(rules).intersection(motion.words))
    stated = motion.ground
    if not held:
        if stated is not None:
            raise _refused(rules, "nothing is decided against the institution", "no ground, or a decision that it allows")
        return None
    fulfilled = powers.of_fulfilment(rules, [word for _, word in opened.fulfilment])
    known = tuple(dict.fromkeys(each for each in (opened.ground, *fulfilled) if each is not None))
    if opened.suspended_before and opened.ground is not None and powers.compelled(rules, opened.ground):
        known = (opened.ground,)
    ground = stated or opened.ground or (known[0] if len(known) == 1 else None)
    if ground is None or ground not in known:
        accepts = f"a ground of the matter: {', '.join(known)}" if known else "no decision against the institution"
        reason = f"{ground} is no ground in this matter" if ground else f"{', '.join(held)} needs a ground"
        raise Refused(reason, clause=powers.clause_of(rules, held[0]), rulebook=rules.id, accepts=accepts)
    if powers.compelled(rules, ground) and not opened.suspended_before:
        raise Refused(
            f"{ground}: there was no suspension before it in which to put things right",
            clause=powers.clause_of_ground(rules, ground),
            rulebook=rules.id,
            accepts="this ground once a suspension has ended without the shortcomings corrected",
        )
    return ground


@enforces(SAPATTUU, "2.5.p4", "3.3", "3.3.b.s3")
def _check_set(rules: Rulebook, opened: ResolutionOpened, motion: Motion, ground: str | None, day: date) -> None:
    """The decisions together: each once, of the council's competence, allowed by the ground, none against another."""
    words, lapsed = motion.words, day > opened.valid_until
    for word in words:
        powers.check_competence(rules, word)
    if len(set(words)) < len(words):
        twice = sorted({word for word in words if words.count(word) > 1})
        raise _refused(rules, f"decided twice: {', '.join(twice)}", "each decision once")
    compelled = powers.compelled(rules, opened.ground)
    if compelled and opened.ground and opened.suspended_before and compelled not in words and not lapsed:
        clause, accepts = powers.clause_of_ground(rules, opened.ground), f"the decision: {compelled}"
        raise Refused(f"after {opened.ground} the council withdraws", clause=clause, rulebook=rules.id, accepts=accepts)
    if not words and rules.setting_if_any("neither_extended_nor_sanctioned") is None:
        raise _refused(rules, "a resolution without a decision", f"one or more of: {', '.join(powers.powers(rules))}")
    if len(words) > 1 and rules.setting_if_any("decisions_combine") is not True:
        raise Refused("one decision at a time", clause=powers.combined(rules), rulebook=rules.id, accepts=f"one of: {', '.join(words)}")
    on_certificate = [word for word in words if powers.powers(rules)[word] in powers.ON_CERTIFICATE]
    if len(on_certificate) > 1:
        accepts = f"one of: {', '.join(on_certificate)}"
        raise Refused("these undo one another", clause=powers.combined(rules), rulebook=rules.id, accepts=accepts)
    if ground is not None:
        allowed = powers.allows(rules, ground)
        beyond = [word for word in words if word in powers.sanctions(rules) and word not in allowed]
        if beyond:
            clause, accepts = powers.clause_of_ground(rules, ground), f"of: {', '.join(allowed)}"
            raise Refused(f"{ground} does not allow: {', '.join(beyond)}", clause=clause, rulebook=rules.id, accepts=accepts)


def _check_item(rules: Rulebook, opened: ResolutionOpened, item: ResolutionItem, day: date) -> None:
    """One decision with what belongs to it, and nothing else."""
    match powers.powers(rules)[item.word]:
        case "extension":
            _extension(rules, opened, item)
        case "suspension":
            _suspension(rules, opened, item, day)
        case "publication":
            _publication(rules, item)
        case "withdrawal":
            _withdrawal(rules, opened, item, day)


@enforces(SAPATTUU, "3.2.s1")
def _extension(rules: Rulebook, opened: ResolutionOpened, item: ResolutionItem) -> None:
    """By one of the text's terms, of what was accredited on condition, on a report that the council has studied."""
    terms = powers.extensions(rules, item.word)
    if item.term not in terms:
        raise _of(rules, item, "an extension has its term", f"one of: {', '.join(terms)}")
    _only(rules, item, "term")
    scale = tuple(rules.vocabularies.get("fulfilment", {}))
    if opened.ground is not None and opened.ground not in powers.of_fulfilment(rules, scale):
        raise _of(rules, item, f"{opened.ground}: there is no report that the council has studied", "another decision, or none")
    if opened.kind is not None and not powers.extensions_of(rules, opened.kind):
        raise _of(rules, item, f"{opened.kind} is not extended on a follow-up", "another decision, or none")


@enforces(SAPATTUU, "2.5.p4", "3.3.b.s1")
def _suspension(rules: Rulebook, opened: ResolutionOpened, item: ResolutionItem, day: date) -> None:
    """For a definite term: its last day is stated, for the text has no number."""
    if item.until is None or item.until <= day:
        raise _of(rules, item, "a suspension is for a definite term", f"its last day, after {day}")
    _only(rules, item, "until")
    _still_valid(rules, opened, item, day)


@enforces(SAPATTUU, "3.3.a")
def _publication(rules: Rulebook, item: ResolutionItem) -> None:
    """With what is to stand on the site."""
    if not (item.text or "").strip():
        raise _of(rules, item, "nothing is said that could be published", "the information for the site")
    _only(rules, item, "text")


@enforces(SAPATTUU, "2.5.p4", "3.3.c")
def _withdrawal(rules: Rulebook, opened: ResolutionOpened, item: ResolutionItem, day: date) -> None:
    """Of a certificate that has not lapsed; no suspension is needed before it."""
    _only(rules, item)
    _still_valid(rules, opened, item, day)


def _still_valid(rules: Rulebook, opened: ResolutionOpened, item: ResolutionItem, day: date) -> None:
    if day > opened.valid_until:
        raise _of(rules, item, f"the certificate lapsed after {opened.valid_until}", "an extension, a publication, or no decision")


def _only(rules: Rulebook, item: ResolutionItem, *names: str) -> None:
    beside = [name for name in ("term", "until", "text") if name not in names and getattr(item, name) is not None]
    if beside:
        raise _of(rules, item, f"{', '.join(beside)} belongs to another decision", f"beside it only: {', '.join(names) or 'nothing'}")


@enforces(SAPATTUU, "3.2.s1", "3.3")
def _departure(rules: Rulebook, opened: ResolutionOpened, motion: Motion) -> str | None:
    """Why the council leaves the agency's reading, or does what the text leaves to a person; refused without, and where it does not."""
    stated = (motion.reading_departure or "").strip() or None
    left = [each for item in motion.decisions if (each := _left(rules, opened, item)) is not None]
    if left and stated is None:
        clause, reason, accepts = left[0]
        raise Refused(reason, clause=clause, rulebook=rules.id, accepts=accepts)
    if stated is not None and not left:
        raise _refused(rules, "the decision leaves no reading of the text", "the decision without a reason to leave one")
    return stated


def _left(rules: Rulebook, opened: ResolutionOpened, item: ResolutionItem) -> tuple[str, str, str] | None:
    """The clause of the reading that a decision leaves, in what, and what would be accepted."""
    paired = powers.extensions_of(rules, opened.kind)
    if powers.powers(rules)[item.word] == "extension":
        if item.term in paired or rules.setting_if_any("extension_by_kind") in (None, "council_chooses"):
            return None
        clause = setting_clause(rules, "extension_by_kind")
        if opened.kind is None:
            return clause, "nobody has said what the certificate was, so no term goes with it", "the council's reason for the term"
        return clause, f"with {opened.kind} goes {', '.join(paired)}", f"{', '.join(paired)}, or the council's reason for {item.term}"
    setting = rules.setting_if_any("decisions_for_five_years")
    if opened.kind is None or paired or setting in (None, True):
        return None
    clause = setting_clause(rules, "decisions_for_five_years")
    if setting is False:
        raise Refused(f"{opened.kind} has no such decisions", clause=clause, rulebook=rules.id, accepts="no decision")
    return clause, f"{item.word}: the text is silent for {opened.kind}", "the decision with the reason why it is taken all the same"


@enforces(SAPATTUU, "3.2.s1")
def _carried(rules: Rulebook, motion: Motion, sitting: Sitting) -> PresidingStatement | None:
    """Whether the motion was carried: by the agency's majority or tie, or as who presided states where the votes decide nothing."""
    recused = frozenset(motion.recused)
    strangers = sorted(recused.difference(sitting.present))
    if strangers:
        raise _refused(rules, f"not present: {', '.join(strangers)}", f"recusals of: {', '.join(sitting.present)}")
    voting = sitting.entitled(recused)
    cast = motion.votes_for + motion.votes_against
    if cast + motion.abstained != len(voting) or not motion.votes_for:
        reason = f"{cast + motion.abstained} votes of {len(voting)} members, {motion.votes_for} of them for it"
        raise _refused(rules, reason, f"as many votes as members without an interest are present: {len(voting)}; some of them for it")
    setting = "council_tie" if motion.votes_for == motion.votes_against else "council_majority"
    possible = motion.words or (str(rules.setting_if_any("neither_extended_nor_sanctioned")),)
    majority = share(rules, "council_majority") if setting == "council_majority" else None
    if majority is not None and not majority.met_by(motion.votes_for, cast):
        reason = f"{motion.votes_for} of {cast} votes are no majority"
        clause, accepts = setting_clause(rules, setting), "a motion that was carried"
        raise Refused(reason, clause=clause, rulebook=rules.id, accepts=accepts, setting=setting)
    statement = motion.presiding_statement
    if majority is not None or rules.setting_if_any(setting) in possible:
        if statement is not None:
            raise _refused(rules, "the votes decide", "no statement of the presiding person")
        return None
    return _stated(rules, statement, voting, possible, setting)


def _stated(
    rules: Rulebook, statement: PresidingStatement | None, voting: Sequence[str], possible: Sequence[str], setting: str
) -> PresidingStatement:
    accepts = f"the statement, with reasons, of the member who presided, for one of: {', '.join(possible)}"
    if statement is None:
        reason = f"the agency has set no {setting}: the votes alone decide nothing"
        raise Refused(reason, clause=setting_clause(rules, setting), rulebook=rules.id, accepts=accepts, setting=setting)
    if statement.presided_by not in voting or statement.outcome not in possible:
        raise _refused(rules, f"{statement.presided_by} cannot state {statement.outcome}", f"{accepts}; members: {', '.join(voting)}")
    return statement


def _of(rules: Rulebook, item: ResolutionItem, reason: str, accepts: str) -> Refused:
    return Refused(f"{item.word}: {reason}", clause=powers.clause_of(rules, item.word), rulebook=rules.id, accepts=accepts)


def _refused(rules: Rulebook, reason: str, accepts: str) -> Refused:
    return Refused(reason, clause=considers(rules), rulebook=rules.id, accepts=accepts)
