"""What binds an expert to the institution or to the case: found by comparison of dates and ids, judged by the rulebook or by a person."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from chassis.problems import Refused
from regulations import Rulebook, enforces
from services.visits.contract import ConflictFound, Employment
from services.visits.domain.dates import IQAA, ORDER_109, Rules, clause_of

PANEL = "expert_panel"
REPLACEMENT = "expert_replacement"
BOUND = "affiliated_expert"
RECENT = "conflict_employment_years"


@dataclass(frozen=True)
class Known:
    """What the pool and the case tell of those who are to be seated."""

    affiliations: Mapping[str, tuple[str, ...]]
    categories: Mapping[str, tuple[str, ...]]
    employments: Mapping[str, tuple[Employment, ...]]
    coordinators: frozenset[str]
    earlier: frozenset[str] = frozenset()


def panel_clause(book: Rulebook) -> str:
    """The clause on the panel: of its composition, else of what the rulebook leaves to the agency about its size."""
    cited = (book.compositions.get(PANEL), book.settings.get("panel_size_minimum"))
    return next((clause_of(each) for each in cited if each), "")


def conflict_clause(book: Rulebook) -> str:
    """The clause on conflicts of interest: of the institution's right to another expert, else of the panel."""
    stage = book.stage(REPLACEMENT)
    return clause_of(stage) if stage else panel_clause(book)


def bars_the_bound(book: Rulebook) -> bool:
    """Whether an expert bound to the institution is refused outright.

    The agency's setting decides; without it, a rulebook in which the institution can ask for another expert leaves the matter to
    persons, and one that knows only an external commission has no place for him.
    """
    chosen = book.setting_if_any(BOUND)
    return chosen == "refused" if chosen is not None else book.stage(REPLACEMENT) is None


@enforces(ORDER_109, "14 (a)")
@enforces(IQAA, "S2.c.2")
def judge(
    experts: Sequence[str], institution_id: str, known: Known, despite: str | None, rules: Rules, on: date
) -> tuple[ConflictFound, ...]:
    """The conflicts that a person accepts for the reason `despite`; Refused where the rulebook bars them, or nobody gave a reason."""
    book = rules.rulebook
    found = found_of(experts, institution_id, known, rules, on)
    bound = list(dict.fromkeys(conflict.expert_id for conflict in found if conflict.ground == "affiliation"))
    if bound and bars_the_bound(book):
        raise Refused(
            f"the commission is external, and {', '.join(bound)} is bound to {institution_id}",
            clause=panel_clause(book),
            rulebook=book.id,
            accepts="experts without an affiliation with the institution",
            experts=bound,
        )
    if found and not despite:
        told = "; ".join(f"{conflict.expert_id}: {conflict.detail}" for conflict in found)
        raise Refused(
            f"there may be a conflict of interest ({told})",
            clause=conflict_clause(book),
            rulebook=book.id,
            accepts="other experts, or the reasons for these in spite of it",
            conflicts=[conflict.model_dump() for conflict in found],
        )
    return found


def found_of(experts: Sequence[str], institution_id: str, known: Known, rules: Rules, on: date) -> tuple[ConflictFound, ...]:
    """What the comparison of dates and ids finds, expert by expert; what follows from it is for a rulebook or a person to say."""
    return tuple(conflict for expert in experts for conflict in _of_expert(expert, institution_id, known, rules, on))


def _of_expert(expert_id: str, institution_id: str, known: Known, rules: Rules, on: date) -> Iterable[ConflictFound]:
    """An employment that goes on is an affiliation; one that ended is recent as long as the agency's setting says, else always.

    Whether who took part in a visit that was appealed against may judge again, the texts do not say: a person does.
    """
    jobs = [job for job in known.employments.get(expert_id, ()) if job.institution_id == institution_id]
    present = [job for job in jobs if job.until is None or job.until >= on]
    if institution_id in known.affiliations.get(expert_id, ()) or present:
        yield ConflictFound(expert_id=expert_id, ground="affiliation", detail=f"bound to {institution_id}")
    years = rules.rulebook.setting_if_any(RECENT)
    for job in jobs:
        if job.until is None or job.until >= on or (isinstance(years, int) and _years_on(job.until, years) < on):
            continue
        since = f" from {job.since}" if job.since else ""
        yield ConflictFound(expert_id=expert_id, ground="employment", detail=f"employed at {institution_id}{since} until {job.until}")
    if expert_id in known.coordinators:
        yield ConflictFound(expert_id=expert_id, ground="coordination", detail="co-ordinates this case for the agency")
    if expert_id in known.earlier:
        yield ConflictFound(expert_id=expert_id, ground="earlier_visit", detail="took part in the visit that this one follows")


def _years_on(day: date, years: int) -> date:
    """The same day so many years on; 29 February becomes the 28th where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=day.day - 1)
