"""What a survey has shown: counts by question, for each group and in all. Of an anonymous one nothing by which somebody could be found."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.monitoring.contract import Answer, Question

#: Of an anonymous survey: what fewer have said is not told of their group.
FEWEST = 5


@dataclass(frozen=True)
class Given:
    """An answer, of a group."""

    group: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Counted:
    """One question: how often each value was given, exact; `texts` in alphabetical order, so that none stands where it came."""

    question_id: str
    answered: int
    counts: dict[int, int]
    texts: tuple[str, ...]

    @property
    def mean(self) -> str | None:
        """Of a scale, to two digits (half up); None where nobody answered."""
        total = sum(value * times for value, times in self.counts.items())
        hundredths = (200 * total + self.answered) // (2 * self.answered) if self.counts else None
        return None if hundredths is None else f"{hundredths // 100}.{hundredths % 100:02d}"


@dataclass(frozen=True)
class GroupResult:
    """What a group said, or that it is too small for that to be told. `group` None: all whose answers are told."""

    group: str | None
    answers: int
    suppressed: bool
    questions: tuple[Counted, ...]


def results(questions: Sequence[Question], groups: Sequence[str], given: Sequence[Given], anonymous: bool) -> tuple[GroupResult, ...]:
    """In all and by group. The sum leaves a suppressed group out, so that no difference tells what it said."""
    by_group = {group: [each for each in given if each.group == group] for group in groups}
    hidden = {group for group, said in by_group.items() if anonymous and 0 < len(said) < FEWEST}
    told = [each for each in given if each.group not in hidden]
    whole = GroupResult(None, len(told), bool(given) and not told, _counted(questions, told))
    parts = [GroupResult(g, len(said), g in hidden, () if g in hidden else _counted(questions, said)) for g, said in by_group.items()]
    return (whole, *parts)


def _counted(questions: Sequence[Question], given: Iterable[Given]) -> tuple[Counted, ...]:
    said: dict[str, list[Answer]] = {question.question_id: [] for question in questions}
    for each in given:
        for answer in each.answers:
            said[answer.question_id].append(answer)
    return tuple(_count(question, said[question.question_id]) for question in questions)


def _count(question: Question, said: Sequence[Answer]) -> Counted:
    if question.kind == "text":
        return Counted(question.question_id, len(said), {}, tuple(sorted(answer.text for answer in said if answer.text)))
    found = Counter(answer.value for answer in said if answer.value is not None)
    most = question.most if question.kind == "scale" else len(question.choices)
    counts = {value: found[value] for value in range(1, (most or 0) + 1)}
    return Counted(question.question_id, len(said), counts if said else {}, ())
