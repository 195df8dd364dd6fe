"""The results of a control (attestation, p. 24 (a), 25, 26 (a), 26 (b)): everybody of the sample once, each marked as the text has it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from chassis.decider import Command
from chassis.events import Event
from chassis.problems import Invalid, Refused
from regulations import Rulebook, enforces
from services.visits.contract import ResultsRecorded, TestResult
from services.visits.domain.control_guards import TESTING
from services.visits.domain.control_state import Control
from services.visits.domain.marking import ATTESTATION, is_positive, mark_of, mark_of_answers, marks

Fault = dict[str, str]


class RecordResults(Command):
    """What the learners of the sample did, from `source`; `joint_commission` is whether the chair has approved one."""

    records = (ResultsRecorded,)

    results: tuple[TestResult, ...]
    source: str
    file_hash: str | None = None
    joint_commission: bool = False


@enforces(ATTESTATION, "24 (a)", "26 (a)")
def record(command: RecordResults, state: Control, book: Rulebook, on: date) -> Sequence[Event]:
    """All of the sample or nothing; tests are marked here, other works were marked by the joint commission."""
    tested = state.form == TESTING
    if not tested and not command.joint_commission:
        raise Refused(
            "other works than tests are marked by a joint commission, and none is approved",
            clause="26 (a)",
            rulebook=book.id,
            accepts="the joint commission of the chair, a member and a teacher first",
        )
    faults = [*_faults_of_who(command.results, state)]
    marked = []
    for place, result in enumerate(command.results):
        found = list(_faults_of(result, tested, book))
        faults += [{"pointer": f"#/results/{place}/{name}", "detail": detail} for name, detail in found]
        if not found:
            marked.append(_marked(result, tested, book))
    if faults:
        raise Invalid("These results are not of this sample, or cannot be marked; nothing is recorded.", errors=faults[:200])
    fact = ResultsRecorded(
        **state.ids,
        round=state.rounds + 1,
        results=tuple(sorted(marked, key=lambda each: each.learner_id)),
        file_hash=command.file_hash,
        by_joint_commission=not tested,
        source=command.source,
        recorded_on=on,
    )
    return [fact]


def _faults_of_who(results: Sequence[TestResult], state: Control) -> Iterator[Fault]:
    """Who is not of the sample, stands twice or is missing."""
    times = Counter(result.learner_id for result in results)
    drawn = set(state.drawn)
    for place, result in enumerate(results):
        if result.learner_id not in drawn:
            yield {"pointer": f"#/results/{place}/learner_id", "detail": "nobody of the sample"}
        elif times[result.learner_id] > 1:
            yield {"pointer": f"#/results/{place}/learner_id", "detail": "stands there more than once"}
    for learner in state.drawn:
        if learner not in times:
            yield {"pointer": "#/results", "detail": f"{learner} of the sample is missing; who did not take part is told so"}


def _faults_of(result: TestResult, tested: bool, book: Rulebook) -> Iterator[tuple[str, str]]:
    answered = (result.right, result.questions)
    if not result.took_part:
        if result.mark is not None or answered != (None, None):
            yield "took_part", "who did not take part has no answers and no mark"
        return
    if (result.right is None) != (result.questions is None):
        yield "questions", "right answers and the number of questions are told together"
    elif result.right is not None and result.questions is not None and result.right > result.questions:
        yield "right", f"not more than the {result.questions} questions"
    elif tested:
        yield from _faults_of_test(result)
    else:
        yield from _faults_of_work(result, book)


def _faults_of_test(result: TestResult) -> Iterator[tuple[str, str]]:
    if result.right is None:
        yield "right", "the number of right answers"
    if result.mark is not None:
        yield "mark", "the mark of a test follows from its answers; leave it out"


@enforces(ATTESTATION, "26 (b)")
def _faults_of_work(result: TestResult, book: Rulebook) -> Iterator[tuple[str, str]]:
    """A mark of the four-point scale; of five questions three right answers are a positive one, and fewer are not."""
    by_answers = mark_of_answers(result.right, result.questions, book) if result.right is not None and result.questions else None
    scale = ", ".join(marks(book))
    if result.mark is None and by_answers is None:
        yield "mark", f"one of {scale}"
    elif result.mark is not None and result.mark not in marks(book):
        yield "mark", f"{result.mark} is none; one of {scale}"
    elif result.mark and by_answers and is_positive(result.mark, book) != is_positive(by_answers, book):
        found = "positive" if is_positive(by_answers, book) else "not positive"
        yield "mark", f"{result.right} right answers of {result.questions} are {found} (26 (b))"


def _marked(result: TestResult, tested: bool, book: Rulebook) -> TestResult:
    if result.mark is not None or result.right is None or result.questions is None:
        return result
    mark = mark_of(result.right, result.questions, book) if tested else mark_of_answers(result.right, result.questions, book)
    return result.model_copy(update={"mark": mark})
