"""What an answer is worth (attestation, p. 25, 26 (b)), and the figures of a control (p. 35). Every number is the rulebook's; shares are
exact, and rounded down to two places only where they are shown."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

from regulations import Rulebook, enforces
from services.visits.contract import TestResult

ATTESTATION = "kz-109-2008-attestation"

POSITIVE = "positive"
ROUNDED = "rounded_half_up"
OF_SAMPLE = "sample"


@enforces(ATTESTATION, "25")
def mark_of(right: int, questions: int, book: Rulebook) -> str:
    """The highest mark whose lower end is reached by the share of right answers."""
    percent = Fraction(100 * right, questions)
    if book.setting_if_any("score_between_bands") == ROUNDED:
        percent = Fraction(floor(percent + Fraction(1, 2)))
    bands = {name: book.thresholds[name].minimum or 0 for name in marks(book) if name in book.thresholds}
    return max((name for name, least in bands.items() if percent >= least), key=bands.__getitem__)


@enforces(ATTESTATION, "26 (b)")
def mark_of_answers(right: int, questions: int, book: Rulebook) -> str | None:
    """Positive or not, of a work of as many questions as the text has; None for one of another number."""
    rule = book.thresholds.get("positive_answers")
    if rule is None or questions != rule.maximum:
        return None
    return POSITIVE if rule.holds(right) else next(word for word in marks(book) if not is_positive(word, book))


def marks(book: Rulebook) -> tuple[str, ...]:
    """The marks of the scale, the best one first; what stands for several of them is none."""
    return tuple(word for word, entry in book.vocabularies.get("marks", {}).items() if not entry.includes)


def positive_marks(book: Rulebook) -> tuple[str, ...]:
    """The marks with which somebody has passed, the best one first."""
    entry = book.vocabularies.get("marks", {}).get(POSITIVE)
    return entry.includes if entry else ()


def is_positive(mark: str | None, book: Rulebook) -> bool:
    """Whether it is a positive mark, whichever one."""
    return mark == POSITIVE or mark in positive_marks(book)


@dataclass(frozen=True)
class Figures:
    """What a control found: exact shares in percent, and whether they suffice."""

    sample: int
    took_part: int
    positive: int
    base: int
    participation: Fraction
    positive_marks: Fraction
    participation_met: bool
    positive_met: bool
    marks: dict[str, int]

    def told(self) -> dict[str, Any]:
        """As a fact tells them: shares to two places, rounded down, so that none looks as if it were reached."""
        shares = {name: shown(getattr(self, name)) for name in ("participation", "positive_marks")}
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | shares


@enforces(ATTESTATION, "35")
def figures(results: Sequence[TestResult], sample: int, book: Rulebook) -> Figures:
    """Who of the sample took part, and who of the base has a positive mark. Of nobody, nobody passed."""
    came = [result for result in results if result.took_part]
    positive = sum(is_positive(result.mark, book) for result in came)
    base = sample if book.setting_if_any("positive_marks_base") == OF_SAMPLE else len(came)
    participation, passed = _percent(len(came), sample), _percent(positive, base)
    order = {word: place for place, word in enumerate(book.vocabularies.get("marks", {}))}
    counted = Counter(result.mark for result in came if result.mark)
    return Figures(
        sample=sample,
        took_part=len(came),
        positive=positive,
        base=base,
        participation=participation,
        positive_marks=passed,
        participation_met=_holds(book, "participation", participation),
        positive_met=_holds(book, "positive_marks", passed),
        marks={word: counted[word] for word in sorted(counted, key=lambda word: order.get(word, len(order)))},
    )


def _percent(part: int, whole: int) -> Fraction:
    return Fraction(100 * part, whole) if whole else Fraction(0)


def _holds(book: Rulebook, name: str, measured: Fraction) -> bool:
    threshold = book.thresholds.get(name)
    return threshold is None or threshold.holds(measured)


def shown(share: Fraction) -> Decimal:
    """To two places, rounded down."""
    return Decimal(floor(share * 100)).scaleb(-2)
