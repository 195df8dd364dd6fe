"""From the register of organisations to a schedule of years: pure, and the same for the same register.

Two steps. Years: each organisation goes to the year that has least of its authorised body so far, of those in which it is not late yet; who
may wait least chooses first, which over such nested choices leaves the loads as even as the due dates let them be. Days: within a year the
starts follow the straightest curve that is late for nobody (the least concave majorant of what falls due), each body's shifted against the
others', so that bodies with few attestations do not all begin on one day.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

from regulations import Calendar, Rulebook, earliest_anchor, enforces
from services.intake.contract import ATTESTATION, ProposedEntry, YearLoad

NOTICE = "dates_notice"
PLANNED: Literal["planned"] = "planned"
EXTRAORDINARY: Literal["extraordinary"] = "extraordinary"

_DAY = timedelta(days=1)
_TURN = Fraction(610, 987)  # a golden turn: phases that are far from each other, however many there are


@dataclass(frozen=True, slots=True)
class Candidate:
    """An organisation of the register, as far as its next attestations go. `due_by` None: nobody knows; it may come in any year.

    `planned` False: its planned attestation has its place already. `extraordinary_year`: when it is attested extraordinarily besides.
    """

    institution_id: str
    authority: str
    due_by: date | None = None
    planned: bool = True
    extraordinary_year: int | None = None
    ground: str | None = None
    specialties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Uneven:
    """Where the years differ by more than a tenth, and what keeps them so. `authority` None: all together."""

    authority: str | None
    least: int
    most: int
    year: int
    why: str


@dataclass(frozen=True, slots=True)
class Generated:
    """Entries in the order of their start, loads by year and body, and how many fall due before they can start."""

    entries: tuple[ProposedEntry, ...]
    loads: tuple[YearLoad, ...]
    overdue: int


@dataclass(frozen=True, slots=True)
class _Task:
    candidate: Candidate
    kind: Literal["planned", "extraordinary"]
    earliest: int
    latest: int
    start_by: date
    overdue: bool

    @property
    def order(self) -> tuple[date, str, str]:
        return self.start_by, self.candidate.institution_id, self.kind


class Days:
    """The days on which an attestation can begin, and how long its commission then works."""

    def __init__(self, rules: Rulebook, calendar: Calendar, first_year: int, years: int, approved_on: date) -> None:
        self._days = [day for day in _between(date(first_year - 1, 12, 1), date(first_year + years, 1, 31)) if calendar.is_working_day(day)]
        self._rules, self._calendar = rules, calendar
        self.first = max(earliest_anchor(rules, NOTICE, approved_on), date(first_year, 1, 1))

    def starts(self, year: int) -> list[date]:
        """Those of a year, from the first that can still be told in time; the work ends in the year too."""
        first = max(date(year, 1, 1), self.first)
        last = self.latest_start(date(year, 12, 31))
        return self._days[bisect_left(self._days, first) : bisect_right(self._days, last)]

    def latest_start(self, by: date) -> date:
        """The last day on which to begin what is to be over on `by`."""
        if by >= self._days[-1]:
            return self._days[-1]
        day = self._calendar.add_working_days(by + _DAY, -1) if by < self._days[0] else self._days[bisect_right(self._days, by) - 1]
        while last_day_of_work(self._rules, self._calendar, day) > by:
            day = self._calendar.add_working_days(day, -1)
        return day


def last_day_of_work(rules: Rulebook, calendar: Calendar, starts_on: date) -> date:
    """The last day that the commission may work if it begins on that day: the day itself counts (attestation, p. 19)."""
    text = rules.setting("commission_work_text")
    allowed = rules.ranges.get(f"commission_work_{text}") or rules.ranges["commission_work"]
    if allowed.unit == "calendar_days":
        return starts_on + timedelta(days=allowed.maximum - 1)
    return calendar.add_working_days(starts_on - _DAY, allowed.maximum)


@enforces(ATTESTATION, "4", "5", "11", "12")
def generate(
    candidates: Iterable[Candidate], rules: Rulebook, calendar: Calendar, *, first_year: int, years: int, approved_on: date
) -> Generated:
    """A schedule of `years` calendar years, meant to be approved on `approved_on`. Only who falls due within them is in it."""
    days = Days(rules, calendar, first_year, years, approved_on)
    tasks = sorted((task for each in candidates for task in _tasks(each, days, first_year, years)), key=lambda task: task.order)
    placed = _years(tasks, range(first_year, first_year + years))
    entries = [entry for year in sorted(placed) for entry in _entries(year, placed[year], days)]
    return Generated(tuple(entries), _loads(placed, range(first_year, first_year + years)), sum(task.overdue for task in tasks))


def _tasks(each: Candidate, days: Days, first_year: int, years: int) -> Iterable[_Task]:
    last_year = first_year + years - 1
    if each.planned:
        start_by = date(last_year, 12, 31) if each.due_by is None else days.latest_start(each.due_by)
        overdue = start_by < days.first
        latest = first_year if overdue else start_by.year
        if each.due_by is None or each.due_by.year <= last_year or latest <= last_year:
            yield _Task(each, PLANNED, first_year, min(latest, last_year), start_by, overdue)
    year = each.extraordinary_year
    if year is not None and year <= last_year:
        late = year < first_year or not days.starts(year)
        held = max(year, first_year)
        yield _Task(each, EXTRAORDINARY, held, held, days.latest_start(date(year, 12, 31)), late)


def _years(tasks: Sequence[_Task], years: range) -> dict[int, list[_Task]]:
    """Which year each has. Those of one year alone first; then who may wait least; then, with numbers settled, in the order of due days."""
    load: Counter[tuple[str, int]] = Counter()
    total: Counter[int] = Counter()
    placed: dict[int, list[_Task]] = {year: [] for year in years}
    movable: dict[str, list[_Task]] = defaultdict(list)
    for task in tasks:
        if task.kind == EXTRAORDINARY:
            placed[task.earliest].append(task)
            load[task.candidate.authority, task.earliest] += 1
            total[task.earliest] += 1
        else:
            movable[task.candidate.authority].append(task)
    room: Counter[tuple[str, int]] = Counter()
    for authority, own in sorted(movable.items(), key=lambda each: (-len(each[1]), each[0])):
        for task in sorted(own, key=lambda task: (task.latest, task.order)):
            year = min(range(task.earliest, task.latest + 1), key=lambda y: (load[authority, y], total[y], -y))
            load[authority, year] += 1
            total[year] += 1
            room[authority, year] += 1
    _even_out(movable, room, load, total, years)
    for authority, own in movable.items():
        queue = iter(own)
        for year in years:
            placed[year] += [next(queue) for _ in range(room[authority, year])]
    return placed


def _even_out(
    movable: Mapping[str, Sequence[_Task]],
    room: Counter[tuple[str, int]],
    load: Counter[tuple[str, int]],
    total: Counter[int],
    years: range,
) -> None:
    """Takes from the fullest year for the emptiest, as long as all together differ by more than a tenth, from bodies that stay even."""
    due = {name: Counter(task.latest for task in own) for name, own in movable.items()}

    def slack(name: str, first: int, last: int) -> bool:
        """Whether one fewer by the end of each of these years leaves everybody in time."""
        held = sum(room[name, y] - due[name][y] for y in range(years.start, first))
        return all((held := held + room[name, y] - due[name][y]) > 0 for y in range(first, last))

    def stays_even(name: str, giver: int, taker: int) -> bool:
        sizes = [load[name, y] - (y == giver) + (y == taker) for y in years]
        before = [load[name, y] for y in years]
        return max(sizes) - min(sizes) <= max(1, max(sizes) // 10, max(before) - min(before))

    names = sorted(movable, key=lambda name: (-len(movable[name]), name))
    while True:
        giver, taker = max(years, key=lambda y: (total[y], -y)), min(years, key=lambda y: (total[y], y))
        if (total[giver] - total[taker]) * 20 <= total[giver]:
            return
        moved = False
        for name in names:
            late = giver < taker and not slack(name, giver, taker)
            if total[giver] > total[taker] + 1 and room[name, giver] and not late and stays_even(name, giver, taker):
                for counts, sign, year in ((room, -1, giver), (load, -1, giver), (room, 1, taker), (load, 1, taker)):
                    counts[name, year] += sign
                total[giver] -= 1
                total[taker] += 1
                moved = True
        if not moved:
            return


def _entries(year: int, tasks: Sequence[_Task], days: Days) -> list[ProposedEntry]:
    starts = days.starts(year) or [days.first]
    by_authority: dict[str, list[_Task]] = defaultdict(list)
    for task in sorted(tasks, key=lambda task: task.order):
        by_authority[task.candidate.authority].append(task)
    entries = []
    for number, (_, own) in enumerate(sorted(by_authority.items())):
        last = [len(starts) - 1 if task.overdue else max(bisect_right(starts, task.start_by) - 1, 0) for task in own]
        phase = (Fraction(1, 2) + number * _TURN) % 1
        entries += [_entry(task, year, starts[at]) for task, at in zip(own, spread(last, len(starts), phase), strict=True)]
    return sorted(_apart(entries, starts), key=lambda entry: (entry.starts_on, entry.institution_id, entry.kind))


def spread(latest: Sequence[int], slots: int, phase: Fraction) -> list[int]:
    """A slot for each, no later than its own latest one, as evenly as that lets them be; the order of `latest` is kept.

    The curve of how many have begun is the least concave one above what falls due; the i-th begins where it reaches `i + phase`.
    """
    ends = [*latest]
    for at in range(len(ends) - 2, -1, -1):  # who comes before another is never later
        ends[at] = min(ends[at], ends[at + 1])
    corners: list[tuple[int, int]] = [(0, 0)]
    due = {end + 1: number for number, end in enumerate(ends, 1)}
    due[slots] = len(ends)
    for point in sorted(due.items()):
        while len(corners) > 1 and _steeper(corners[-2], corners[-1], point):
            corners.pop()
        corners.append(point)
    found, leg = [], 1
    for number in range(len(ends)):
        height = number + phase
        while corners[leg][1] <= height:
            leg += 1
        (x, y), (to_x, to_y) = corners[leg - 1], corners[leg]
        found.append(int(x + (height - y) * (to_x - x) / (to_y - y)))
    return found


def _steeper(first: tuple[int, int], middle: tuple[int, int], last: tuple[int, int]) -> bool:
    """Whether the middle one lies on or below the line from the first to the last."""
    return (middle[1] - first[1]) * (last[0] - first[0]) <= (last[1] - first[1]) * (middle[0] - first[0])


def _apart(entries: list[ProposedEntry], starts: Sequence[date]) -> list[ProposedEntry]:
    """Two attestations of one organisation in a year do not fall together: the extraordinary one goes half a year away."""
    planned = {entry.institution_id: entry for entry in entries if entry.kind == PLANNED}
    result = []
    for entry in entries:
        other = planned.get(entry.institution_id)
        if entry.kind == EXTRAORDINARY and other is not None and abs((entry.starts_on - other.starts_on).days) < len(starts) // 5:
            at = (bisect_left(starts, other.starts_on) + len(starts) // 2) % len(starts)
            result.append(entry.model_copy(update={"starts_on": starts[at]}))
        else:
            result.append(entry)
    return result


def _entry(task: _Task, year: int, starts_on: date) -> ProposedEntry:
    own = task.candidate
    extraordinary = task.kind == EXTRAORDINARY
    return ProposedEntry.model_construct(  # thousands of what is right by its making
        institution_id=own.institution_id,
        authority=own.authority,
        kind=task.kind,
        ground=own.ground if extraordinary else None,
        specialties=own.specialties if extraordinary else (),
        year=year,
        starts_on=starts_on,
        due_by=date(own.extraordinary_year, 12, 31) if extraordinary and own.extraordinary_year else own.due_by,
    )


def _loads(placed: dict[int, list[_Task]], years: range) -> tuple[YearLoad, ...]:
    tasks = [task for each in placed.values() for task in each]
    held = Counter((task.candidate.authority, year) for year, each in placed.items() for task in each)
    due = Counter((task.candidate.authority, task.latest) for task in tasks)
    fixed = Counter((task.candidate.authority, task.latest) for task in tasks if task.kind == EXTRAORDINARY)
    return tuple(
        YearLoad(year=year, authority=name, attestations=held[name, year], due=due[name, year], fixed=fixed[name, year])
        for name in sorted({task.candidate.authority for task in tasks})
        for year in years
    )


def unevenness(loads: Iterable[YearLoad]) -> list[Uneven]:
    """Each authorised body, and all together, whose years differ by more than a tenth of the most and by more than one; with the reason."""
    by: dict[str | None, dict[int, list[YearLoad]]] = defaultdict(lambda: defaultdict(list))
    for load in loads:
        for authority in (load.authority, None):
            by[authority][load.year].append(load)
    found = []
    for authority, years in sorted(by.items(), key=lambda each: each[0] or ""):
        sizes = {year: sum(load.attestations for load in each) for year, each in years.items()}
        most, least = max(sizes.values()), min(sizes.values())
        if most - least > 1 and (most - least) * 10 > most:
            year = max(sizes, key=lambda each: (sizes[each], -each))
            found.append(Uneven(authority, least, most, year, _why(year, sizes, years)))
    return found


def _why(year: int, sizes: dict[int, int], years: dict[int, list[YearLoad]]) -> str:
    """What fills the fullest year: what is of that year alone, or what falls due by the end of it or of the next year that has no slack."""
    fixed = sum(load.fixed for load in years[year])
    reasons = [f"{fixed} extraordinary attestations are of {year} alone"] if fixed else []
    held = due = 0
    for each in sorted(years):
        held += sizes[each]
        due += sum(load.due for load in years[each])
        if each >= year and held == due and each != max(sizes):
            reasons.append(f"all {due} of the years up to {each} fall due by its end, so none of them can come later")
            break
    emptiest = min(sizes, key=lambda each: (sizes[each], -each))
    if emptiest > year:
        later = sum(load.due for each in years for load in years[each] if each >= emptiest)
        reasons.append(f"only {later} of all may still be held in {emptiest} or later")
    return "; ".join(reasons) or "each authorised body is even by itself as far as whole numbers can be"


def _between(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))
