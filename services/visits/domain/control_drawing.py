"""The draw of the sample (attestation, p. 24 (c), 24 (d)): 50 of a specialty in proportion to the marks, all of a small one, and where the
text is silent what a person decides. The arithmetic stands in `sampling`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from chassis.decider import Command
from chassis.events import Event
from chassis.problems import Refused
from regulations import Rulebook, enforces
from services.visits.contract import ListedLearner, SampleDrawn, StandingShare
from services.visits.domain.control_guards import SAMPLE, TESTING, WHOLE
from services.visits.domain.control_state import Control
from services.visits.domain.marking import ATTESTATION, marks, positive_marks
from services.visits.domain.sampling import Stratum, draw, everybody

Take = Literal["proportional", "all", "positive", "filled"]
TAKES: tuple[Take, ...] = get_args(Take)


class DrawSample(Command):
    """The commission draws who is controlled; where the text is silent, a person has said whom it `take`s, and why (`ruling`)."""

    records = (SampleDrawn,)

    seed: str
    seed_given: bool = False
    take: Take | None = None
    ruling: str | None = None


@dataclass(frozen=True)
class Silence:
    """On what the text is silent: the setting that an agency may have set, and the words."""

    setting: str
    why: str


def draw_sample(command: DrawSample, state: Control, book: Rulebook) -> dict[str, object]:
    """Who is controlled, for the fact. Refused where the text is silent and nobody decided, or where it is not and somebody did."""
    silence = silence_of(state, book)
    take = _ruled(command, silence, book) if silence else _by_the_text(command, state, book)
    strata = _taken(take, state, command.seed, book)
    shares = tuple(
        StandingShare(standing=each.standing, learners=each.learners, quota=str(each.quota), drawn=len(each.drawn)) for each in strata
    )
    drawn = tuple(sorted(learner for each in strata for learner in each.drawn))
    ruling = command.ruling if silence else None
    told = {"seed": command.seed, "seed_given": command.seed_given, "ruling": ruling}
    return {**told, "whole": take == "all", "shares": shares, "drawn": drawn}


def decided(command: DrawSample, state: Control, book: Rulebook, on: date) -> Sequence[Event]:
    """The fact of the draw."""
    return [SampleDrawn.model_validate({**state.ids, **draw_sample(command, state, book), "drawn_on": on})]


@enforces(ATTESTATION, SAMPLE, WHOLE)
def silence_of(state: Control, book: Rulebook) -> Silence | None:
    """What a person decides, for the text does not; None where it does."""
    if state.form != TESTING and book.setting_if_any("control_wider") is False:
        return Silence("control_wider", "whether the sample is for other kinds of control too")
    if state.specialty is None:
        return Silence("sample_without_specialties", "the sample of a class or group that is of no specialty")
    if not _is_small(state, book) and _passing(state.learners, book) < _size(book):
        return Silence("specialty_control_of_fewer", f"a specialty of more learners, fewer than {_size(book)} of them with positive marks")
    return None


def _ruled(command: DrawSample, silence: Silence, book: Rulebook) -> Take:
    value = book.setting_if_any(silence.setting)
    usual = next((take for take in TAKES if take == value), None)
    if usual is not None and command.take is None:
        return usual
    if command.take is None or command.ruling is None:
        raise Refused(
            f"the text is silent on {silence.why}: a person decides",
            clause=SAMPLE,
            rulebook=book.id,
            accepts=f"take, one of {', '.join(TAKES)}, and the ruling that says why",
            setting=silence.setting,
        )
    return command.take


def _by_the_text(command: DrawSample, state: Control, book: Rulebook) -> Take:
    small = _is_small(state, book)
    if command.take is not None or command.ruling is not None:
        raise Refused(
            "the text itself says who is controlled here, and leaves nothing to decide",
            clause=WHOLE if small else SAMPLE,
            rulebook=book.id,
            accepts="no take and no ruling",
        )
    return "all" if small else "proportional"


@enforces(ATTESTATION, SAMPLE)
def _taken(take: Take, state: Control, seed: str, book: Rulebook) -> tuple[Stratum, ...]:
    """Learners by their marks, the better mark first where remainders are equal, unless the agency reads it otherwise."""
    strata, size = _strata(state.learners, book), _size(book)
    passing = {word: each for word, each in strata.items() if word in positive_marks(book)}
    order = tie_order(book)
    many = sum(map(len, passing.values()))
    match take:
        case "all":
            return everybody({word: sorted(each) for word, each in strata.items()})
        case "proportional" if many >= size:
            return draw(passing, size, seed, order)
        case "positive" if 0 < many <= size:
            return everybody({word: sorted(each) for word, each in passing.items()})
        case "filled" if many < size <= len(state.learners):
            rest = {word: each for word, each in strata.items() if word not in passing}
            return (*everybody({word: sorted(each) for word, each in passing.items()}), *draw(rest, size - many, seed, order))
    raise Refused(
        f"of {len(state.learners)} learners {many} have positive marks: a sample of {size} cannot be taken as {take}",
        clause=SAMPLE,
        rulebook=book.id,
        accepts=_possible(many, size, len(state.learners)),
    )


def tie_order(book: Rulebook) -> tuple[str, ...]:
    """The marks in the order in which equal remainders are filled."""
    words = marks(book)
    return words[::-1] if book.setting_if_any("sample_rounding") == "worse_mark_first" else words


def _possible(many: int, size: int, learners: int) -> str:
    fitting = {"all": True, "proportional": many >= size, "positive": 0 < many <= size, "filled": many < size <= learners}
    return "one of " + ", ".join(take for take, fits in fitting.items() if fits)


def _strata(learners: Sequence[ListedLearner], book: Rulebook) -> Mapping[str, list[str]]:
    """The learners of each mark, the best mark first; marks that nobody has are left out."""
    found = {word: [each.learner_id for each in learners if each.standing == word] for word in marks(book)}
    return {word: each for word, each in found.items() if each}


def _passing(learners: Sequence[ListedLearner], book: Rulebook) -> int:
    return sum(each.standing in positive_marks(book) for each in learners)


def _size(book: Rulebook) -> int:
    threshold = book.thresholds.get("sample_size")
    return (threshold.minimum if threshold else None) or 0


@enforces(ATTESTATION, WHOLE)
def _is_small(state: Control, book: Rulebook) -> bool:
    """Whether all of a specialty are controlled: not more than 50, or fewer than 50 where the agency goes by the Kazakh text."""
    kazakh = book.setting_if_any("whole_specialty_text") == "kk"
    threshold = book.thresholds.get("whole_specialty_kk" if kazakh else "whole_specialty")
    return threshold is None or threshold.holds(len(state.learners))
